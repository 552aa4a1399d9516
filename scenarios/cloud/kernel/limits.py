"""The limits that AWS's own models set on parameters: length, number, pattern, enumeration.

botocore carries them (`min`, `max`, `pattern`, `enum` of a shape) and checks nothing but `min` before it
sends a call; the services check them all, and name every parameter that fails:

    1 validation error detected: Value '901' at 'timeout' failed to satisfy constraint: Member must have value
    less than or equal to 900

A value that the model calls sensitive, and bytes, are not shown: `Value at 'plaintext' failed to...`.

An operation's limits are read from its model once; one without any costs nothing. A pattern that Python's
`re` can't read is left out.

Source: https://smithy.io/2.0/spec/constraint-traits.html
"""

import re
import warnings
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

from scenarios.cloud.kernel.service_models import operation_model

Complaint = tuple[str, Any, str]
"""(path, value, what the member must do)."""
Limit = Callable[[Any, str, list[Complaint]], None]
"""(value, its path, what was found so far): adds what is wrong with the value."""

_MUST = "failed to satisfy constraint: Member must"
_HIDDEN = "a value that no message shows"
_LENGTHS = frozenset({"string", "list", "map", "blob"})


def complaints(service: str, operation: str, parameters: Mapping[str, Any]) -> list[Complaint]:
    """Every parameter outside its model's limits."""
    limit = _of_operation(service, operation)
    found: list[Complaint] = []
    if limit is not None:
        limit(parameters, "", found)
    return found


def complaint(service: str, operation: str, parameters: Mapping[str, Any]) -> str | None:
    """What the service would say of parameters outside its model's limits, or None."""
    found = complaints(service, operation, parameters)
    if not found:
        return None
    errors = "error" if len(found) == 1 else "errors"
    texts = (f"Value{_shown(value)} at '{at}' {_MUST} {must}" for at, value, must in found)
    return f"{len(found)} validation {errors} detected: {'; '.join(texts)}"


@cache
def _of_operation(service: str, operation: str) -> Limit | None:
    shape = operation_model(service, operation).input_shape
    return _limit(shape, ()) if shape is not None else None


def _limit(shape: Shape, above: tuple[str, ...]) -> Limit | None:
    """The limits on a shape and on all in it, or None. `above`: the shapes that it is part of."""
    if shape.name in above:
        return None  # a shape within itself (DynamoDB's AttributeValue): its limits are checked once
    above = (*above, shape.name)
    inside: Limit | None = None
    if isinstance(shape, StructureShape):
        inside = _of_structure(shape, above)
    elif isinstance(shape, ListShape):
        inside = _of_list(shape, above)
    elif isinstance(shape, MapShape):
        inside = _of_map(shape, above)
    own = _own(shape)
    if own is None or inside is None:
        return own or inside
    first, second = own, inside

    def both(value: Any, at: str, found: list[Complaint]) -> None:
        first(value, at, found)
        second(value, at, found)

    return both


def _of_structure(shape: StructureShape, above: tuple[str, ...]) -> Limit | None:
    limits = {name: _limit(each, above) for name, each in shape.members.items()}
    members = {name: each for name, each in limits.items() if each is not None}
    if not members:
        return None

    def limit(value: Any, at: str, found: list[Complaint]) -> None:
        if not isinstance(value, Mapping):
            return
        for name, given in value.items():
            if name in members and given is not None:
                members[name](given, f"{at}.{_spelled(name)}" if at else _spelled(name), found)

    return limit


def _of_list(shape: ListShape, above: tuple[str, ...]) -> Limit | None:
    each = _limit(shape.member, above)
    if each is None:
        return None

    def limit(value: Any, at: str, found: list[Complaint]) -> None:
        if isinstance(value, list | tuple):
            for number, item in enumerate(value, 1):
                each(item, f"{at}.{number}.member", found)

    return limit


def _of_map(shape: MapShape, above: tuple[str, ...]) -> Limit | None:
    key, each = _limit(shape.key, above), _limit(shape.value, above)
    if key is None and each is None:
        return None

    def limit(value: Any, at: str, found: list[Complaint]) -> None:
        for name, item in value.items() if isinstance(value, Mapping) else ():
            if key is not None:
                key(name, at, found)
            if each is not None:
                each(item, f"{at}.{name}.member", found)

    return limit


def _own(shape: Shape) -> Limit | None:
    """What a shape says of the value itself."""
    limits = shape.metadata
    low, high, choices = limits.get("min"), limits.get("max"), limits.get("enum")
    pattern = _compiled(limits["pattern"]) if "pattern" in limits else None
    if low is None and high is None and not choices and pattern is None:
        return None
    hidden = limits.get("sensitive") or shape.type_name == "blob"
    measured = len if shape.type_name in _LENGTHS else _itself
    what = "length" if shape.type_name in _LENGTHS else "value"

    def limit(value: Any, at: str, found: list[Complaint]) -> None:
        shown = _HIDDEN if hidden else value
        try:
            size = measured(value)
            if high is not None and size > high:
                found.append((at, shown, f"have {what} less than or equal to {high}"))
            if low is not None and size < low:
                found.append((at, shown, f"have {what} greater than or equal to {low}"))
        except TypeError:
            return  # of another type than the model's: botocore says so
        if choices and value not in choices:
            found.append((at, shown, f"satisfy enum value set: [{', '.join(choices)}]"))
        if pattern is not None and isinstance(value, str) and not pattern.fullmatch(value):
            found.append((at, shown, f"satisfy regular expression pattern: {limits['pattern']}"))

    return limit


def _itself(value: Any) -> Any:
    return value


def _compiled(pattern: str) -> re.Pattern[str] | None:
    r"""A pattern of Java's; `\p{L}`, `\p{N}` and `\p{Z}` (letters, digits, blanks) are written as re can."""
    text = pattern.replace(r"\p{L}", r"\w").replace(r"\p{N}", r"\d").replace(r"\p{Z}", r"\s")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            return re.compile(text)
    except re.error:
        return None


@cache
def _spelled(name: str) -> str:
    return name[0].lower() + name[1:]


def _shown(value: Any) -> str:
    if value is _HIDDEN:
        return ""
    return f" '[{', '.join(map(str, value))}]'" if isinstance(value, list | tuple) else f" '{value}'"
