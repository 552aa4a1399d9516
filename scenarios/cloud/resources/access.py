"""The checks AWS makes when a resource is created that needs somebody's leave.

A function whose role nobody may assume, a subscription to a function that does not accept it: AWS refuses to
create these. Here it is looked up whether some statement allows it, by service, action and resource with
their wildcards. Conditions other than the source's ARN are taken as met, and Deny is not weighed: that is for
the law of identity, once the stack stands.
"""

import json
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from botocore.exceptions import ClientError

from scenarios.cloud.errors import InvalidTemplate
from scenarios.cloud.resources.kind import Site

_SOURCE_OPERATORS = ("ArnLike", "ArnEquals", "StringLike", "StringEquals")


def allows(
    policy: Mapping[str, Any],
    *,
    action: str,
    resource: str | None = None,
    service: str | None = None,
    source: str | None = None,
) -> bool:
    """Tell whether some statement of a policy allows `action`, on `resource`, to a service principal."""
    return any(
        statement.get("Effect") == "Allow"
        and _named(statement.get("Action"), action, ignore_case=True)
        and (resource is None or _named(statement.get("Resource"), resource))
        and (service is None or _names_service(statement.get("Principal"), service))
        and (source is None or _from(statement.get("Condition", {}), source))
        for statement in _listed(policy.get("Statement"))
    )


def require_assumable(site: Site, role_arn: str, service: str, at: str) -> None:
    """Refuse a role that does not exist or whose trust policy leaves out the service.

    Raises:
        InvalidTemplate: the role cannot be assumed.
    """
    try:
        role = site.client("iam").get_role(RoleName=role_arn.rsplit("/", 1)[-1])["Role"]
    except ClientError as error:
        raise InvalidTemplate(at, f"The role {role_arn} does not exist.") from error
    if not allows(role["AssumeRolePolicyDocument"], action="sts:AssumeRole", service=service):
        raise InvalidTemplate(at, f"The role {role_arn} cannot be assumed by {service}.")


def role_may(site: Site, role_arn: str, action: str, resource: str) -> bool:
    """Tell whether a role's policies, as they stand at this moment, allow it an action."""
    return any(
        allows(policy, action=action, resource=resource)
        for policy in _role_policies(site, role_arn.rsplit("/", 1)[-1])
    )


def function_accepts(site: Site, function: str, service: str, source: str) -> bool:
    """Tell whether a function's own policy lets a service invoke it on behalf of `source`."""
    try:
        policy = json.loads(site.client("lambda").get_policy(FunctionName=function)["Policy"])
    except ClientError:
        return False
    return allows(policy, action="lambda:InvokeFunction", service=service, source=source)


def _role_policies(site: Site, role: str) -> Iterable[Mapping[str, Any]]:
    iam = site.client("iam")
    for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
        yield iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
    for attached in iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]:
        arn = attached["PolicyArn"]
        version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        yield iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _named(patterns: Any, name: str, *, ignore_case: bool = False) -> bool:
    fold = str.lower if ignore_case else str
    return any(_wildcard(fold(pattern)).fullmatch(fold(name)) for pattern in _listed(patterns))


def _names_service(principal: Any, service: str) -> bool:
    if principal == "*":
        return True
    return isinstance(principal, dict) and any(
        name in {"*", service} for kind in ("Service", "AWS") for name in _listed(principal.get(kind))
    )


def _from(conditions: Mapping[str, Mapping[str, Any]], source: str) -> bool:
    wanted = [
        arns
        for operator in _SOURCE_OPERATORS
        for key, arns in conditions.get(operator, {}).items()
        if key.lower() == "aws:sourcearn"
    ]
    return all(_named(arns, source) for arns in wanted)


@lru_cache(maxsize=256)
def _wildcard(pattern: str) -> re.Pattern[str]:
    parts = {"*": ".*", "?": "."}
    return re.compile("".join(parts.get(char) or re.escape(char) for char in pattern), re.DOTALL)
