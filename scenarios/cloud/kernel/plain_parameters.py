"""Whether parameters are plainly what botocore takes, found out in one call of a function for each value.

botocore's own look takes seven, and is taken twice at every call. Where this one says no, botocore is asked:
it knows what is wrong, and takes some values that are not plain, such as a text in place of a time.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from botocore.validate import ParamValidator, ValidationErrors

_SCALARS: Any = ParamValidator.SCALAR_TYPES
_CONTAINERS: Any = ParamValidator.CONTAINER_TYPES
_validate: Any = ParamValidator.validate


def validated(validator: Any, params: Any, shape: Any) -> Any:
    """As `ParamValidator.validate`: what is wrong with the parameters."""
    return ValidationErrors() if is_plain(params, shape) else _validate(validator, params, shape)


def is_plain(value: Any, shape: Any) -> bool:
    """Whether botocore takes the value. False also says that it has to be asked."""
    return _LOOKS.get(shape.type_name, _is_not)(value, shape)


def _is_not(_: Any, __: Any) -> bool:
    return False


def _structure(value: Any, shape: Any) -> bool:
    rules, members = shape.metadata, shape.members
    if not isinstance(value, _CONTAINERS["structure"]) or rules.get("document"):
        return False
    if rules.get("union") and len(value) != 1:
        return False
    for name in rules.get("required", ()):
        if name not in value:
            return False
    for name, each in value.items():
        member = members.get(name)
        if member is None or not _LOOKS.get(member.type_name, _is_not)(each, member):
            return False
    return True


def _map(value: Any, shape: Any) -> bool:
    if not isinstance(value, _CONTAINERS["map"]):
        return False
    named, given = shape.key, shape.value
    look = _LOOKS.get(given.type_name, _is_not)
    for name, each in value.items():  # noqa: SIM110 - a generator would be one more call for each
        if not _string(name, named) or not look(each, given):
            return False
    return True


def _list(value: Any, shape: Any) -> bool:
    if not isinstance(value, _CONTAINERS["list"]) or len(value) < shape.metadata.get("min", 0):
        return False
    member = shape.member
    look = _LOOKS.get(member.type_name, _is_not)
    for each in value:  # noqa: SIM110 - likewise
        if not look(each, member):
            return False
    return True


def _string(value: Any, shape: Any) -> bool:
    """One that goes into a header as JSON is looked at in another way."""
    return (
        isinstance(value, _SCALARS["string"])
        and len(value) >= shape.metadata.get("min", 0)
        and "jsonvalue" not in getattr(shape, "serialization", ())
    )


def _number(value: Any, shape: Any) -> bool:
    return isinstance(value, _SCALARS[shape.type_name]) and value >= shape.metadata.get("min", value)


def _boolean(value: Any, _: Any) -> bool:
    return isinstance(value, _SCALARS["boolean"])


def _blob(value: Any, _: Any) -> bool:
    return isinstance(value, (bytes, bytearray, str))


def _timestamp(value: Any, _: Any) -> bool:
    return isinstance(value, datetime) and value.tzinfo is not None


_LOOKS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "structure": _structure,
    "map": _map,
    "list": _list,
    "string": _string,
    **dict.fromkeys(("integer", "long", "float", "double"), _number),
    "boolean": _boolean,
    "blob": _blob,
    "timestamp": _timestamp,
}
