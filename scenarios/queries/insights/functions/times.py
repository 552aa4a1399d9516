"""Functions of moments: from numbers, to numbers, to texts and back.

`parseDate` takes patterns of Java's DateTimeFormatter, `formatDate` those of strftime.

Source: https://docs.oracle.com/en/java/javase/21/docs/api/java.base/java/time/format/DateTimeFormatter.html
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo

from scenarios.queries.insights.functions.function import Function
from scenarios.queries.insights.values import EPOCH, Moment, Values, in_calendar, number_of

_LETTERS = re.compile(r"'((?:[^']|'')*)'|([A-Za-z])\2*|[^A-Za-z']+")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NUMBERS: Final = {"y": "year", "u": "year", "M": "month", "L": "month", "d": "day"}
_NUMBERS_OF_TIME: Final = {"H": "hour", "h": "half_hour", "m": "minute", "s": "second"}
_ZONES: Final = {"X": r"Z|[+-]\d{2}(?::?\d{2})?", "x": r"[+-]\d{2}(?::?\d{2})?", "Z": r"[+-]\d{4}"}


def functions(values: Values) -> dict[str, Function]:
    """By name."""
    formatted = _formatted(values)
    return {
        "frommillis": Function(_of_number(Moment), 1, 1),
        "tomillis": Function(_of_number(int), 1, 1),
        "parsedate": Function(_parsed(values), 2, 3),
        "formatdate": Function(formatted, 2, 3),
        "strftime": Function(formatted, 2, 3),
    }


def _of_number(kind: type[int]) -> Callable[[Any], int | None]:
    def of_number(value: Any) -> int | None:
        number = number_of(value)
        return None if number is None else kind(number)

    return of_number


def _formatted(values: Values) -> Callable[..., str | None]:
    def formatted(value: Any, pattern: Any, zone: Any = "UTC") -> str | None:
        milliseconds, where = number_of(value), _zone(values.plain_text(zone) or "")
        form = values.plain_text(pattern)
        if milliseconds is None or where is None or form is None:
            return None
        try:
            moment = in_calendar(milliseconds).astimezone(where)
            return moment.strftime(form.replace("%L", f"{moment.microsecond // 1000:03}"))
        except (OverflowError, ValueError):  # no calendar has it, or no text can say it
            return None

    return formatted


def _parsed(values: Values) -> Callable[..., int | None]:
    def parsed(value: Any, pattern: Any, zone: Any = "UTC") -> int | None:
        text, where = values.plain_text(value), _zone(values.plain_text(zone) or "")
        form = _regex(values.plain_text(pattern) or "")
        found = form.fullmatch(text) if form and text is not None else None
        if found is None or where is None:
            return None
        try:
            moment = _moment(found.groupdict(), where)
        except (ValueError, OverflowError):
            return None
        return round((moment - EPOCH).total_seconds() * 1000)

    return parsed


@lru_cache(maxsize=64)
def _zone(name: str) -> tzinfo | None:
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        return None


@lru_cache(maxsize=64)
def _regex(pattern: str) -> re.Pattern[str] | None:
    """A pattern of DateTimeFormatter as a regex; None for letters that aren't read here."""
    parts = []
    for found in _LETTERS.finditer(pattern):
        part = _part(found)
        if part is None:
            return None
        parts.append(part)
    try:
        return re.compile("".join(parts))
    except re.error:  # a part that comes twice
        return None


def _part(found: re.Match[str]) -> str | None:
    letter, length = found[2], len(found[0])
    if not letter:
        return re.escape(found[1].replace("''", "'") or "'" if found[1] is not None else found[0])
    if letter in "ML" and length >= 3:
        return "(?P<month_name>[A-Za-z]+)"
    if letter in _NUMBERS or letter in _NUMBERS_OF_TIME:
        name = _NUMBERS.get(letter) or _NUMBERS_OF_TIME[letter]
        return rf"(?P<{name}>\d{{{length}}})" if length > 1 else rf"(?P<{name}>\d+)"
    others = {
        "S": rf"(?P<fraction>\d{{{length}}})",
        "E": "[A-Za-z]+",
        "a": "(?P<half>[AaPp][Mm])",
        **{each: f"(?P<zone>{zone})" for each, zone in _ZONES.items()},
    }
    return others.get(letter)


def _moment(parts: dict[str, str | None], zone: tzinfo) -> datetime:
    year = int(parts.get("year") or 1970)
    if len(parts.get("year") or "0000") == 2:
        year += 2000
    name = (parts.get("month_name") or "").lower()[:3]
    month = _MONTHS.index(name) + 1 if name else int(parts.get("month") or 1)
    hour = int(parts.get("hour") or 0)
    if parts.get("half_hour"):
        hour = int(parts["half_hour"] or 0) % 12 + 12 * ((parts.get("half") or "").lower() == "pm")
    micros = int((parts.get("fraction") or "0").ljust(6, "0")[:6])
    written = parts.get("zone")
    return datetime(
        year,
        month,
        int(parts.get("day") or 1),
        hour,
        int(parts.get("minute") or 0),
        int(parts.get("second") or 0),
        micros,
        tzinfo=_offset(written) if written else zone,
    )


def _offset(text: str) -> tzinfo:
    return datetime.strptime(text if text == "Z" or len(text) > 3 else f"{text}00", "%z").tzinfo or UTC
