"""A template's parameters, held against what the template says about them.

Source: Parameters section, https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html
"""

import re
from collections.abc import Mapping
from typing import Any

from scenarios.cloud.kernel.errors import InvalidTemplate, NotSimulated

_SCALARS = frozenset({"String", "Number"})
_LISTS = frozenset({"CommaDelimitedList", "List<Number>"})
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


def parameter_values(declared: Mapping[str, Any], given: Mapping[str, str]) -> dict[str, Any]:
    """Return what `Ref` gives for each declared parameter: a string, or a list of strings.

    Raises:
        InvalidTemplate: naming a parameter that is unknown, missing, or not allowed.
        NotSimulated: a type that AWS looks up in the account (`AWS::SSM::Parameter::Value<String>`).
    """
    unknown = sorted(given.keys() - declared.keys())
    if unknown:
        raise InvalidTemplate("Parameters", f"{', '.join(unknown)} do not exist in the template")
    return {name: _value(name, definition, given) for name, definition in declared.items()}


def _value(name: str, definition: Any, given: Mapping[str, str]) -> Any:
    at = f"Parameters.{name}"
    if not isinstance(definition, dict):
        raise InvalidTemplate(at, "a parameter is an object with a Type")
    for attribute in sorted(definition.keys() - _ATTRIBUTES):
        raise InvalidTemplate(at, f"Invalid template parameter property '{attribute}'")
    kind = definition.get("Type")
    if not isinstance(kind, str) or (
        kind not in _SCALARS | _LISTS and not kind.startswith(("AWS::", "List<AWS"))
    ):
        raise InvalidTemplate(at, f"{kind!r} is not a parameter type")
    if kind not in _SCALARS | _LISTS:
        raise NotSimulated("CloudFormation", f"the type {kind} of parameter {name}")
    if name not in given and "Default" not in definition:
        raise InvalidTemplate(at, "the parameter must have a value: it has no default and none was given")
    text = _text(given[name] if name in given else definition["Default"])
    if kind in _SCALARS:
        _check(at, kind, definition, text)
        return text
    items = [item.strip() for item in text.split(",")] if text else []
    for item in items:
        _check(at, "Number" if kind == "List<Number>" else "String", definition, item)
    return items


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
