"""What moto gets wrong in IAM: it refuses policies that AWS accepts.

A policy without Version is one of 2008; all of SAM's policy templates are such. A condition's value may be a
number. Sources:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_version.html and
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html (condition_value)
"""

from typing import Any

from moto.iam import policy_validation

from scenarios.cloud.kernel.moto_mends import Mend

_Validator = policy_validation.BaseIAMPolicyValidator
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


MENDS: tuple[Mend, ...] = (
    (_Validator, "_validate_version", _any_version),
    (_Validator, "_validate_condition_syntax", staticmethod(_with_numbers)),
)
