"""Periods of time, and the moments that they cut time at.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-operations-functions.html:
milliseconds are capped at 1000, seconds and minutes at 60, hours at 24.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from scenarios.queries.insights.values import EPOCH, Moment, in_calendar

_CAPS: Final = {"ms": 1000, "s": 60, "m": 60, "h": 24}
_MILLISECONDS: Final = {
    "ms": 1,
    "s": 1000,
    "m": 60_000,
    "h": 3_600_000,
    "d": 86_400_000,
    "w": 7 * 86_400_000,
}
_MONTHS: Final = {"mo": 1, "q": 3, "y": 12}
_MONDAY = 4 * 86_400_000  # the first one after the epoch, which was a Thursday

Cut = Callable[[int], Moment | None]
_Begin = Callable[..., Moment | None]
"""The beginning of the period that a moment is in, or of one so many `further`."""


def floor(count: int, unit: str, *, week_begins_monday: bool) -> Cut:
    """What cuts a moment down to the beginning of its period."""
    return _begin(count, unit, week_begins_monday=week_begins_monday)


def ceil(count: int, unit: str, *, week_begins_monday: bool) -> Cut:
    """What lifts a moment up to the end of its period; a beginning stays."""
    begin = _begin(count, unit, week_begins_monday=week_begins_monday)

    def up(moment: int) -> Moment | None:
        below = begin(moment)
        return below if below == moment else begin(moment, 1)

    return up


def _begin(count: int, unit: str, *, week_begins_monday: bool) -> _Begin:
    count = max(1, min(count, _CAPS.get(unit, count)))
    if unit in _MONTHS:
        months = count * _MONTHS[unit]
        return lambda moment, further=0: _month(moment, months, further)
    width = count * _MILLISECONDS[unit]
    shift = _MONDAY if unit == "w" and week_begins_monday else 0
    return lambda moment, further=0: Moment(((moment - shift) // width + further) * width + shift)


def _month(moment: int, months: int, further: int) -> Moment | None:
    """The first moment of the so many months that hold this one, counted from the year 0."""
    try:
        date = in_calendar(moment)
        number = (date.year * 12 + date.month - 1) // months * months + further * months
        first = datetime(number // 12, number % 12 + 1, 1, tzinfo=UTC)
    except (OverflowError, ValueError):
        return None
    return Moment(int((first - EPOCH).total_seconds()) * 1000)
