"""Where remediations are kept, which moto has no place for: beside the rule; and Config's role for them.

Sources: https://docs.aws.amazon.com/config/latest/APIReference/API_PutRemediationConfigurations.html,
https://docs.aws.amazon.com/config/latest/developerguide/setup-autoremediation.html
"""

import json
from collections.abc import Mapping
from typing import Any, Final

from scenarios.cloud.kernel import moto_iam, moto_state
from scenarios.cloud.kernel.errors import Refused

SERVICE: Final = "remediation.config.amazonaws.com"
ROLE_NAME: Final = "AWSServiceRoleForConfigRemediation"
POLICY: Final = "arn:aws:iam::aws:policy/aws-service-role/AWSConfigRemediationServiceRolePolicy"
_PATH: Final = f"/aws-service-role/{SERVICE}/"
_KEPT: Final = "_remediation"  # an attribute of moto's rule, which it leaves out of its answers


def kept(account: str, region: str, rule: str) -> Mapping[str, Any] | None:
    """A rule's remediation as the API shows it; None where there is none."""
    found = moto_state.backend("config", account, region).config_rules.get(rule)
    remediation: Mapping[str, Any] | None = getattr(found, _KEPT, None)
    return remediation


def keep(account: str, region: str, given: Mapping[str, Any], *, delete: bool = False) -> str:
    """Keep a remediation, or drop it; its ARN. Raises Refused for what Config refuses."""
    name = given["ConfigRuleName"]
    rule = moto_state.backend("config", account, region).config_rules.get(name)
    if rule is None:
        raise Refused(
            "InvalidParameterValueException", f"The ConfigRule '{name}' provided in the request is invalid."
        )
    if delete:
        setattr(rule, _KEPT, None)
        return ""
    _check(given)
    arn = f"arn:aws:config:{region}:{account}:remediation-configuration/{name}/{rule.config_rule_id[-6:]}"
    setattr(rule, _KEPT, {**given, "Arn": arn})
    return arn


def _check(given: Mapping[str, Any]) -> None:
    parameters = given.get("Parameters", {})
    by_resource = [name for name, value in parameters.items() if "ResourceValue" in value]
    if any(("ResourceValue" in value) == ("StaticValue" in value) for value in parameters.values()):
        raise Refused(
            "InvalidParameterValueException", "A parameter is either a ResourceValue or a StaticValue."
        )
    if len(by_resource) > 1:
        raise Refused("InvalidParameterValueException", "Only one parameter can be a ResourceValue.")
    if given.get("Automatic") and "AutomationAssumeRole" not in parameters:
        raise Refused(
            "InvalidParameterValueException",
            "AutomationAssumeRole is a required parameter for automatic remediation.",
        )


def role_arn(account: str) -> str:
    """The role under which Config remediates automatically."""
    return f"arn:aws:iam::{account}:role{_PATH}{ROLE_NAME}"


def make_role(account: str) -> None:
    """Make that role, where it isn't there yet: Config does so itself."""
    if moto_iam.role(account, ROLE_NAME) is not None:
        return
    trusts = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": SERVICE}, "Action": "sts:AssumeRole"}],
    }
    iam = moto_state.backend("iam", account, "global")
    moto_iam.know_managed_policy_of_aws(account, POLICY)
    iam.create_role(ROLE_NAME, json.dumps(trusts), _PATH, None, "", [], "3600")
    iam.attach_role_policy(POLICY, ROLE_NAME)
