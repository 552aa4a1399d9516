"""Values as Athena writes them in results: the text of every value, of arrays, maps and rows too.

Recorded on AWS: `[1, 2]`, `{k=1}`, `{id=1, name=x}`, `{1, x}` for a row without names. NULL in them is
`null`; no record of that is known.
"""

import math
import struct
from collections.abc import Callable, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

from scenarios.queries.sql.types import Type


def as_text(value: Any, kind: Type) -> str | None:
    """A value's text; None for NULL."""
    if value is None:
        return None
    return _SHOWN.get(kind.name, _plain)(value, kind)


def _inside(value: Any, kind: Type) -> str:
    found = as_text(value, kind)
    return "null" if found is None else found


def _plain(value: Any, _: Type) -> str:
    return str(value)


def _truth(value: Any, _: Type) -> str:
    return "true" if value else "false"


def java_double(value: float) -> str:
    """A floating-point number as Java's Double.toString writes it."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    if value == 0:
        return "-0.0" if math.copysign(1, value) < 0 else "0.0"
    sign = "-" if value < 0 else ""
    digits, exponent = _digits(abs(value))
    if -3 <= exponent < 7:
        if exponent < 0:
            return f"{sign}0.{'0' * (-exponent - 1)}{digits}"
        whole = digits[: exponent + 1].ljust(exponent + 1, "0")
        return f"{sign}{whole}.{digits[exponent + 1 :] or '0'}"
    return f"{sign}{digits[0]}.{digits[1:] or '0'}E{exponent}"


def _digits(value: float) -> tuple[str, int]:
    """The shortest digits that say the number, and the power of ten of the first one."""
    _, digits, exponent = Decimal(repr(value)).as_tuple()
    text = "".join(str(each) for each in digits)
    power = len(text) - 1 + int(exponent)
    return text.rstrip("0") or "0", power


def _double(value: Any, _: Type) -> str:
    return java_double(float(value))


def _real(value: Any, _: Type) -> str:
    """A float of 32 bits: the fewest digits that say it."""
    for digits in range(1, 10):
        shortest = float(f"{value:.{digits}g}")
        if struct.pack("f", shortest) == struct.pack("f", value):
            return java_double(shortest)
    return java_double(float(value))


def _decimal(value: Any, kind: Type) -> str:
    return f"{Decimal(value):.{kind.scale}f}"


def _moment(value: Any, _: Type) -> str:
    return f"{value:%Y-%m-%d %H:%M:%S}.{value.microsecond // 1000:03}"


def _zoned(value: Any, kind: Type) -> str:
    return f"{_moment(value, kind)} UTC"


def _bytes(value: Any, _: Type) -> str:
    return " ".join(f"{each:02x}" for each in bytes(value))


def _days(value: Any, _: Type) -> str:
    """An interval, which DuckDB hands out in whole microseconds, as `1 02:00:00.000`."""
    length = value if isinstance(value, timedelta) else timedelta(microseconds=int(value))
    sign, milliseconds = ("-" if length < timedelta(0) else ""), abs(length) // timedelta(milliseconds=1)
    seconds, rest = divmod(milliseconds, 1000)
    hours, minutes = seconds // 3600 % 24, seconds // 60 % 60
    return f"{sign}{seconds // 86_400} {hours:02}:{minutes:02}:{seconds % 60:02}.{rest:03}"


def _array(value: Any, kind: Type) -> str:
    return f"[{', '.join(_inside(each, kind.of[0]) for each in value)}]"


def _map(value: Any, kind: Type) -> str:
    pairs = value.items() if isinstance(value, Mapping) else value
    return (
        f"{{{', '.join(f'{_inside(key, kind.of[0])}={_inside(each, kind.of[1])}' for key, each in pairs)}}}"
    )


def _row(value: Any, kind: Type) -> str:
    values = value.values() if isinstance(value, Mapping) else value
    parts = [
        _inside(each, of) if name is None else f"{name}={_inside(each, of)}"
        for each, of, name in zip(values, kind.of, kind.names, strict=True)
    ]
    return f"{{{', '.join(parts)}}}"


_SHOWN: Final[Mapping[str, Callable[[Any, Type], str]]] = {
    "boolean": _truth,
    "double": _double,
    "real": _real,
    "decimal": _decimal,
    "timestamp": _moment,
    "timestamp with time zone": _zoned,
    "varbinary": _bytes,
    "interval day to second": _days,
    "array": _array,
    "map": _map,
    "row": _row,
}
