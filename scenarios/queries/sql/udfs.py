"""Functions of Trino's on texts that DuckDB has none for, in Python.

Sources: https://trino.io/docs/current/functions/string.html, https://trino.io/docs/current/functions/url.html,
https://trino.io/docs/current/functions/math.html, https://trino.io/docs/current/functions/json.html; of
format(), https://docs.oracle.com/en/java/javase/21/docs/api/java.base/java/util/Formatter.html. The words of
errors are Trino's own source's, as far as known.
"""

import json
import math
import re
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final
from urllib.parse import unquote_plus, urlsplit

from scenarios.queries.sql.errors import QueryFailed
from scenarios.queries.sql.shown import java_double

SPEC: Final = re.compile(r"%([-0,]*)(\d*)(?:\.(\d+))?([sdf])")
_DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"
_LARGEST: Final = 1 << 63


def _invalid(words: str) -> QueryFailed:
    return QueryFailed("INVALID_FUNCTION_ARGUMENT", words)


def strpos(value: str, part: str, instance: int) -> int:
    """Where the n-th instance begins, from 1; counted from the end below zero; 0 where there is none."""
    if instance == 0:
        raise _invalid("'instance' must not be a positive or negative number.")
    places = [found.start() for found in re.finditer(f"(?={re.escape(part)})", value)]
    index = instance - 1 if instance > 0 else len(places) + instance
    return places[index] + 1 if 0 <= index < len(places) else 0


def split(value: str, delimiter: str, limit: int) -> list[str]:
    """At most so many parts; the last one has all the rest."""
    if limit < 1:
        raise _invalid("Limit must be positive")
    if not delimiter:
        raise _invalid("The delimiter may not be the empty string")
    return value.split(delimiter, limit - 1)


def pairs(value: str, between: str, sign: str) -> list[str]:
    """The keys and the values of split_to_map in turn."""
    if not between or not sign:
        raise _invalid("entryDelimiter is empty" if not between else "keyValueDelimiter is empty")
    if between == sign:
        raise _invalid("entryDelimiter and keyValueDelimiter must not be the same")
    found: dict[str, str] = {}
    for entry in value.split(between) if value else ():
        if entry.count(sign) != 1:
            raise _invalid(
                f"Key-value delimiter must appear exactly once in each entry. Bad input: '{entry}'"
            )
        key, _, each = entry.partition(sign)
        if key in found:
            raise _invalid(f"Duplicate keys ({key}) are not allowed")
        found[key] = each
    return [text for pair in found.items() for text in pair]


def parameter(url: str, name: str) -> list[str]:
    """The first value of a parameter of a URL's query, or nothing."""
    try:
        query = urlsplit(url).query
    except ValueError:
        return []
    for each in query.split("&"):
        key, _, value = each.partition("=")
        if query and key == name:
            return [unquote_plus(value)]
    return []


def from_base(value: str, radix: int) -> int:
    """A number that is written to a base."""
    _must_be_radix(radix)
    try:
        found = int(value, radix)
    except ValueError:
        raise _invalid(f"Not a valid base-{radix} number: {value}") from None
    if not -_LARGEST <= found < _LARGEST or not re.fullmatch(r"[+-]?[0-9A-Za-z]+", value):
        raise _invalid(f"Not a valid base-{radix} number: {value}")
    return found


def to_base(value: int, radix: int) -> str:
    """A number as it is written to a base."""
    _must_be_radix(radix)
    digits, left = "", abs(value)
    while left:
        left, digit = divmod(left, radix)
        digits = _DIGITS[digit] + digits
    return f"{'-' * (value < 0)}{digits or '0'}"


def _must_be_radix(radix: int) -> None:
    if not 2 <= radix <= 36:
        raise _invalid("Radix must be between 2 and 36")


def formatted(spec: str, value: str) -> str:
    """One value of format(): `%05d`, `%,.2f`, `%-10s`; of a decimal fraction halves go away from zero."""
    found = SPEC.fullmatch(spec)
    assert found is not None
    flags, width, places, letter = found.groups()
    if letter == "s":
        text = value[: int(places)] if places else value
    else:
        number = Decimal(value)
        exact = Decimal(1).scaleb(-int(places or 6)) if letter == "f" else Decimal(1)
        text = f"{number.quantize(exact, ROUND_HALF_UP):{',' if ',' in flags else ''}f}"
    if "0" in flags and letter != "s":
        sign = "-" if text.startswith("-") else ""
        return sign + text.removeprefix("-").rjust(int(width or 0) - len(sign), "0")
    return text.ljust(int(width or 0)) if "-" in flags else text.rjust(int(width or 0))


def cbrt(value: float) -> float:
    """The cube root; of a cube the whole number itself, as Java has it, whatever the C library says."""
    found = math.cbrt(value)
    near = float(round(found)) if math.isfinite(found) else found
    return near if near**3 == value else found


class _Number(float):
    """A fraction, which JSON of Trino's writes as Java writes a double."""

    __slots__ = ()


def canonical(value: str) -> str:
    """JSON as json_parse keeps it: no blanks, keys in their order, fractions as doubles."""
    return _written(json.loads(value, parse_float=_Number))


def _written(value: Any) -> str:
    if isinstance(value, dict):
        parts = (f"{_written(key)}:{_written(value[key])}" for key in sorted(value))
        return f"{{{','.join(parts)}}}"
    if isinstance(value, list):
        return f"[{','.join(map(_written, value))}]"
    if isinstance(value, _Number):
        return java_double(value)
    return json.dumps(value, ensure_ascii=False)
