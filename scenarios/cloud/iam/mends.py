"""What moto gets wrong in IAM: it refuses policies that AWS accepts, and accepts some that AWS refuses.

A policy without Version is one of 2008; all of SAM's policy templates are such. Only managed policies must
have that of 2012. A condition's value may be a number. A role's trust policy is looked at when the role is
made, as it is when the policy changes, and may name every action of STS. Sources:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_version.html,
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html (condition_value) and
https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html (MalformedPolicyDocument)
"""

import json
from typing import Any

import moto.iam.models as iam_models
from moto.iam import policy_validation
from moto.iam.exceptions import MalformedPolicyDocument

from scenarios.cloud.kernel.moto_mends import Mend

_Validator = policy_validation.BaseIAMPolicyValidator
_TrustValidator = policy_validation.IAMTrustPolicyDocumentValidator
_MANAGED_VERSION = "2012-10-17"
_VERSIONS = {"2008-10-17", "2012-10-17"}
_validate_condition: Any = _Validator._validate_condition_syntax  # noqa: SLF001


def _any_version(validator: Any) -> None:
    assert validator._policy_json.get("Version", "2008-10-17") in _VERSIONS  # noqa: SLF001


def _with_numbers(statement: dict[str, Any]) -> None:
    """What moto checks of conditions, numbers written as text; the document that is kept stays as it is."""
    conditions = statement.get("Condition")
    for keys in conditions.values() if isinstance(conditions, dict) else ():
        for key, value in keys.items() if isinstance(keys, dict) else ():
            keys[key] = [_text(each) for each in value] if isinstance(value, list) else _text(value)
    _validate_condition(statement)


def _text(value: Any) -> Any:
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _any_of_sts(action: str) -> None:
    assert action.lower().startswith("sts:")


_Backend = iam_models.IAMBackend
_create_role: Any = _Backend.create_role
_create_policy: Any = _Backend.create_policy
_create_policy_version: Any = _Backend.create_policy_version


def _create_trusted_role(
    backend: Any, role_name: str, assume_role_policy_document: str, *more: Any, **named: Any
) -> Any:
    _TrustValidator(assume_role_policy_document).validate()
    return _create_role(backend, role_name, assume_role_policy_document, *more, **named)


def _create_managed_policy(
    backend: Any, description: str, path: str, policy_document: str, *more: Any, **named: Any
) -> Any:
    _must_be_of_2012(policy_document)
    return _create_policy(backend, description, path, policy_document, *more, **named)


def _create_managed_version(
    backend: Any, policy_arn: str, policy_document: str, *more: Any, **named: Any
) -> Any:
    _must_be_of_2012(policy_document)
    return _create_policy_version(backend, policy_arn, policy_document, *more, **named)


def _must_be_of_2012(document: str) -> None:
    try:
        parsed = json.loads(document)
    except ValueError:
        return  # moto says so
    if isinstance(parsed, dict) and parsed.get("Version", "2008-10-17") == "2008-10-17":
        raise MalformedPolicyDocument(f"Policy document must be version {_MANAGED_VERSION} or greater.")


_PREFIXES = {iam_models.Group: "AGPA", iam_models.User: "AIDA"}


def _with_id_of_aws(kind: Any) -> Any:
    """Ids of users and groups begin as AWS's do; the rest is what moto drew.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
    """
    made = kind.__init__

    def init(self: Any, *given: Any, **named: Any) -> None:
        made(self, *given, **named)
        self.id = f"{_PREFIXES[kind]}{self.id[:17].upper()}"

    return init


MENDS: tuple[Mend, ...] = (
    *((kind, "__init__", _with_id_of_aws(kind)) for kind in _PREFIXES),
    (_Backend, "create_role", _create_trusted_role),
    (_Backend, "create_policy", _create_managed_policy),
    (_Backend, "create_policy_version", _create_managed_version),
    (_TrustValidator, "_validate_trust_policy_action", staticmethod(_any_of_sts)),
    (_Validator, "_validate_version", _any_version),
    (_Validator, "_validate_condition_syntax", staticmethod(_with_numbers)),
)
