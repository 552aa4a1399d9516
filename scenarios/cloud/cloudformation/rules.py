"""A template's rules: what must hold of its parameters' values, or CloudFormation makes no stack.

`cdk synth` writes one into every template, about the version of the bootstrap.

Sources: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/rules-section-structure.html,
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference-rules.html
"""

from collections.abc import Callable, Mapping
from typing import Any

from scenarios.cloud.cloudformation.intrinsics import Intrinsics
from scenarios.cloud.kernel.errors import InvalidTemplate, NotSimulated

_OF_THE_ACCOUNT = frozenset({"Fn::RefAll", "Fn::ValueOf", "Fn::ValueOfAll"})
_SECTION = frozenset({"Assertions", "RuleCondition"})


def check_rules(rules: Mapping[str, Any], intrinsics: Intrinsics) -> None:
    """Hold the parameters against every rule.

    Raises:
        InvalidTemplate: an assertion does not hold, in its own words, or a rule makes no sense.
        NotSimulated: a rule looks up values in the account.
    """
    for name, rule in rules.items():
        at = f"Rules.{name}"
        if not isinstance(rule, dict) or not rule.get("Assertions") or rule.keys() - _SECTION:
            raise InvalidTemplate(at, "a rule has Assertions, and perhaps a RuleCondition")
        if "RuleCondition" in rule and not _holds(rule["RuleCondition"], at, intrinsics):
            continue
        for number, each in enumerate(rule["Assertions"]):
            if not isinstance(each, dict) or "Assert" not in each:
                raise InvalidTemplate(f"{at}.Assertions[{number}]", "an assertion has an Assert")
            if not _holds(each["Assert"], at, intrinsics):
                raise InvalidTemplate(at, str(each.get("AssertDescription", "the assertion does not hold")))


def _holds(value: Any, at: str, intrinsics: Intrinsics) -> bool:
    if isinstance(value, dict) and len(value) == 1:
        [(function, argument)] = value.items()
        if function in _OF_THE_ACCOUNT:
            raise NotSimulated("CloudFormation", f"{function} ({at})")
        if function == "Fn::Not" and isinstance(argument, list) and len(argument) == 1:
            return not _holds(argument[0], at, intrinsics)
        if function in {"Fn::And", "Fn::Or"} and isinstance(argument, list):
            parts = [_holds(part, at, intrinsics) for part in argument]
            return all(parts) if function == "Fn::And" else any(parts)
        if function in _COMPARED and isinstance(argument, list) and len(argument) == 2:
            left, right = (_resolved(part, at, intrinsics) for part in argument)
            return _COMPARED[function](left, right)
    raise InvalidTemplate(at, f"{value!r} is no condition of a rule")


def _resolved(value: Any, at: str, intrinsics: Intrinsics) -> Any:
    if isinstance(value, dict) and value.keys() & _OF_THE_ACCOUNT:
        raise NotSimulated("CloudFormation", f"{next(iter(value))} ({at})")
    return intrinsics.resolve(value, at, {})


def _many(value: Any) -> list[str]:
    return [str(each) for each in (value if isinstance(value, list) else [value])]


_COMPARED: Mapping[str, Callable[[Any, Any], bool]] = {
    "Fn::Contains": lambda known, value: str(value) in _many(known),
    "Fn::EachMemberEquals": lambda values, wanted: all(each == str(wanted) for each in _many(values)),
    "Fn::EachMemberIn": lambda values, known: set(_many(values)) <= set(_many(known)),
    "Fn::Equals": lambda left, right: str(left) == str(right),
}
