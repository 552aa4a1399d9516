"""A template's parameters, held against what the template says of them, and against the account.

Sources: Parameters section, https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html;
types that AWS supplies, https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-supplied-parameter-types.html
"""

import re
from collections.abc import Mapping
from typing import Any

from scenarios.cloud.cloudformation.account_values import SUPPLIED, AccountValues
from scenarios.cloud.kernel.errors import InvalidTemplate

_SCALARS = frozenset({"String", "Number"})
_LISTS = frozenset({"CommaDelimitedList", "List<Number>"})
# `AWS::SSM::Parameter::Value<TYPE>`: the value names a parameter, whose own value is of the type.
_IN_STORE = re.compile(r"AWS::SSM::Parameter::Value<(.+)>")
_OF_STORE = frozenset({"String", "CommaDelimitedList", "List<String>"})
_LIST_OF = re.compile(r"List<(.+)>")
_ATTRIBUTES = frozenset(
    {
        "AllowedPattern",
        "AllowedValues",
        "ConstraintDescription",
        "Default",
        "Description",
        "MaxLength",
        "MaxValue",
        "MinLength",
        "MinValue",
        "NoEcho",
        "Type",
    }
)


def parameter_values(
    declared: Mapping[str, Any], given: Mapping[str, str], account: AccountValues
) -> dict[str, Any]:
    """Return what `Ref` gives for each declared parameter: a string, or a list of strings.

    Raises:
        InvalidTemplate: naming a parameter that is unknown, missing, or not allowed, or whose value names
            what isn't in the account.
        NotSimulated: what the value names is published by AWS, and not here.
    """
    unknown = sorted(given.keys() - declared.keys())
    if unknown:
        raise InvalidTemplate("Parameters", f"{', '.join(unknown)} do not exist in the template")
    return {name: _value(name, definition, given, account) for name, definition in declared.items()}


def _value(name: str, definition: Any, given: Mapping[str, str], account: AccountValues) -> Any:
    at = f"Parameters.{name}"
    if not isinstance(definition, dict):
        raise InvalidTemplate(at, "a parameter is an object with a Type")
    for attribute in sorted(definition.keys() - _ATTRIBUTES):
        raise InvalidTemplate(at, f"Invalid template parameter property '{attribute}'")
    kind = definition.get("Type")
    if not isinstance(kind, str) or not _is_type(kind):
        raise InvalidTemplate(at, f"{kind!r} is not a parameter type")
    if name not in given and "Default" not in definition:
        raise InvalidTemplate(at, "the parameter must have a value: it has no default and none was given")
    text = _text(given[name] if name in given else definition["Default"])
    if stored := _IN_STORE.fullmatch(kind):
        _check(at, "String", definition, text)
        return _parsed(name, stored[1], {}, account.of_parameter(text, at), account)
    return _parsed(name, kind, definition, text, account)


def _is_type(kind: str) -> bool:
    stored = _IN_STORE.fullmatch(kind)
    if stored:
        kind = stored[1]
        return kind in _OF_STORE or _supplied(kind) is not None
    return kind in _SCALARS | _LISTS or _supplied(kind) is not None


def _supplied(kind: str) -> str | None:
    """The type of AWS's that each value is of: of a list's items, too."""
    of = _LIST_OF.fullmatch(kind)
    name = of[1] if of else kind
    return name if name in SUPPLIED else None


def _parsed(
    name: str, kind: str, definition: Mapping[str, Any], text: str, account: AccountValues
) -> str | list[str]:
    """The value of a type: a string, or a list of strings."""
    at, supplied = f"Parameters.{name}", _supplied(kind)
    is_list = kind in _LISTS or _LIST_OF.fullmatch(kind) is not None
    values = [item.strip() for item in text.split(",")] if is_list and text else [] if is_list else [text]
    for value in values:
        _check(at, "Number" if kind in {"Number", "List<Number>"} else "String", definition, value)
        if supplied is not None:
            account.require(supplied, value, name)
    return values if is_list else text


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _check(at: str, kind: str, definition: Mapping[str, Any], text: str) -> None:
    hint = f" ({definition['ConstraintDescription']})" if "ConstraintDescription" in definition else ""
    if kind == "Number":
        _check_number(at, definition, text, hint)
    allowed = definition.get("AllowedValues")
    if allowed is not None and text not in [_text(value) for value in allowed]:
        raise InvalidTemplate(at, f"{text!r} is not one of the allowed values {allowed}{hint}")
    pattern = definition.get("AllowedPattern")
    if pattern is not None and not re.fullmatch(pattern, text):
        raise InvalidTemplate(at, f"{text!r} does not match the allowed pattern {pattern}{hint}")
    if "MinLength" in definition and len(text) < int(definition["MinLength"]):
        raise InvalidTemplate(at, f"{text!r} is shorter than {definition['MinLength']}{hint}")
    if "MaxLength" in definition and len(text) > int(definition["MaxLength"]):
        raise InvalidTemplate(at, f"{text!r} is longer than {definition['MaxLength']}{hint}")


def _check_number(at: str, definition: Mapping[str, Any], text: str, hint: str) -> None:
    try:
        number = float(text)
    except ValueError as error:
        raise InvalidTemplate(at, f"{text!r} is not a number{hint}") from error
    if "MinValue" in definition and number < float(definition["MinValue"]):
        raise InvalidTemplate(at, f"{text} is less than {definition['MinValue']}{hint}")
    if "MaxValue" in definition and number > float(definition["MaxValue"]):
        raise InvalidTemplate(at, f"{text} is more than {definition['MaxValue']}{hint}")
