"""Moments in a call's parameters: boto3 takes datetimes, numbers and texts, and AWS gets moments.

A law that answers in moto's place reads parameters before botocore has written them down; so it gets aware
datetimes for every type the caller used. Where AWS gets a floating-point number, boto3 also takes a Decimal,
which can't be written as JSON, nor always compared: a law gets the float.

Sources: the shape `timestamp`, https://smithy.io/2.0/spec/simple-types.html#timestamp; what boto3 takes for
one, `parse_timestamp` in https://github.com/boto/botocore/blob/develop/botocore/utils.py
"""

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from botocore.exceptions import ParamValidationError
from botocore.model import ListShape, MapShape, Shape, StructureShape
from botocore.utils import parse_to_aware_datetime

_TIMESTAMP = "timestamp"
_CONVERTED = frozenset({_TIMESTAMP, "double", "float"})


def with_moments(parameters: Mapping[str, Any], shape: Shape | None) -> Mapping[str, Any]:
    """The parameters of a call with every moment in them as an aware datetime, and every Decimal as a float.

    Raises:
        ParamValidationError: a moment is before the year 1 or after 9999.
    """
    if shape is None or not _holds_moments(shape):
        return parameters
    converted: Mapping[str, Any] = _converted(parameters, shape)
    return converted


def _converted(value: Any, shape: Shape) -> Any:
    if value is None or not _holds_moments(shape):
        return value
    if isinstance(shape, StructureShape):
        members = shape.members
        return {
            name: _converted(each, members[name]) if name in members else each for name, each in value.items()
        }
    if isinstance(shape, ListShape):
        return [_converted(each, shape.member) for each in value]
    if isinstance(shape, MapShape):
        return {name: _converted(each, shape.value) for name, each in value.items()}
    return _asked(value) if shape.type_name == _TIMESTAMP else _float(value)


def _float(value: Any) -> Any:
    if isinstance(value, Decimal):
        return math.nan if value.is_nan() else float(value)
    return value


def _asked(value: Any) -> datetime:
    try:
        return moment(value)
    except (OverflowError, RuntimeError, ValueError) as error:
        raise ParamValidationError(report=f"Invalid value for a timestamp: {value!r} ({error})") from None


def moment(value: Any) -> datetime:
    """A datetime, seconds since 1970 or a text as an aware moment in UTC, as botocore reads them."""
    read: datetime = parse_to_aware_datetime(value).astimezone(UTC)
    return read


def iso_milliseconds(at: datetime) -> str:
    """A moment as AWS's services write it into JSON: `2026-03-02T03:00:00.000Z`."""
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"


@lru_cache(maxsize=4096)
def _shapes_with_moments(shape: Shape) -> bool:
    return _reaches_a_moment(shape, set())


def _holds_moments(shape: Shape) -> bool:
    return shape.type_name in _CONVERTED or _shapes_with_moments(shape)


def _reaches_a_moment(shape: Shape, seen: set[str]) -> bool:
    """Whether a moment or a float stands somewhere within a shape, which may hold itself."""
    if shape.type_name in _CONVERTED:
        return True
    if shape.name in seen:
        return False
    seen.add(shape.name)
    inner: list[Shape] = []
    if isinstance(shape, StructureShape):
        inner = list(shape.members.values())
    elif isinstance(shape, ListShape):
        inner = [shape.member]
    elif isinstance(shape, MapShape):
        inner = [shape.value]
    return any(_reaches_a_moment(each, seen) for each in inner)
