"""When a scheduled rule of EventBridge fires: `rate(...)` and `cron(...)`, always in UTC.

    >>> Schedule("cron(0 18 ? * MON-FRI *)").next_after(datetime(2024, 3, 1, 18, tzinfo=UTC))
    datetime.datetime(2024, 3, 4, 18, 0, tzinfo=datetime.timezone.utc)

Six cron fields, separated by white space: minutes, hours, day of month, month, day of week, year. One of the
two day fields is `?`. What each field may hold is in `_FIELDS`; ranges wrap around (`20-2`, `FRI-MON`), years
do not. `L` is the last day (of the month, of the week), `LW` the month's last weekday, `L-2` two days before
its last, `15W` the weekday nearest the 15th within the month, `6L` the last Friday, `3#2` the second Tuesday.

Names of days and months may be written in small letters, as AWS's own workshop does. Where AWS's page is
silent, the stricter reading is taken, so that what passes here passes there: `L`, `W` and `#` stand alone in
their field, nothing pads the parentheses.

Sources: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html; small
letters, https://event-driven-architecture.workshop.aws
"""

import re
from bisect import bisect_left
from calendar import monthrange
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

_LONGEST_EXPRESSION: Final = 256
_RATE = re.compile(r"([0-9]+)\s+(minutes?|hours?|days?)")
_ITEM = re.compile(r"(?P<low>\*|\w+)(?:-(?P<high>\w+))?(?:/(?P<step>[0-9]+))?")

_Days = Callable[[int, int], list[int]]
"""(year, month) -> the days of that month on which a schedule fires, in order."""


class InvalidSchedule(ValueError):
    """EventBridge would refuse this expression; retrying does not help.

    `reason` says what is wrong with it, which AWS does not; `AWS_MESSAGE` is what AWS says.
    """

    AWS_MESSAGE: Final = "Parameter ScheduleExpression is not valid."

    def __init__(self, expression: str, reason: str) -> None:
        super().__init__(f"{expression!r} is not a schedule: {reason}")
        self.expression = expression
        self.reason = reason


class _Refused(Exception):
    """Why a part of an expression is refused; caught where the whole expression is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Field:
    """What one of the six may hold: numbers from `low` to `high`, names for them, and which wildcards."""

    label: str
    low: int
    high: int
    names: tuple[str, ...] = ()
    steps: bool = True
    wraps: bool = True

    def values(self, text: str) -> tuple[int, ...]:
        """All numbers that `text` (a list of values, ranges and steps) means, in order."""
        return tuple(sorted({value for item in text.split(",") for value in self._item(item)}))

    def _item(self, text: str) -> Iterator[int]:
        match = _ITEM.fullmatch(text)
        if match is None or (match["low"] == "*" and match["high"]):
            raise _Refused(f"{text!r} is not a value, a range or a step in {self.label}")
        step = self._step(match["step"])
        if match["low"] == "*":
            return iter(range(self.low, self.high + 1, step))
        low = self.number(match["low"])
        # A step without an end runs to the end of the field: 5/20 minutes are 5, 25, 45.
        high = self.number(match["high"]) if match["high"] else (self.high if match["step"] else low)
        return self._run(low, high, step)

    def _step(self, text: str | None) -> int:
        if text is None:
            return 1
        if not self.steps:
            raise _Refused(f"{self.label} takes no step (/)")
        if not 1 <= int(text) <= self.high:
            raise _Refused(f"a step of {text} in {self.label} is not within 1 to {self.high}")
        return int(text)

    def _run(self, low: int, high: int, step: int) -> Iterator[int]:
        if low <= high:
            return iter(range(low, high + 1, step))
        if not self.wraps:
            raise _Refused(f"{self.label} {low}-{high} runs backwards")
        count = self.high - self.low + 1
        return (self.low + (value - self.low) % count for value in range(low, high + count + 1, step))

    def number(self, text: str) -> int:
        """The number that a number or a name stands for."""
        if text.isascii() and text.upper() in self.names:
            return self.low + self.names.index(text.upper())
        if not (text.isascii() and text.isdigit()):
            raise _Refused(f"{text!r} is no value of {self.label}")
        if not self.low <= int(text) <= self.high:
            raise _Refused(f"{text} in {self.label} is not within {self.low} to {self.high}")
        return int(text)


_MONTHS: Final = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_WEEKDAYS: Final = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_FIELDS: Final = (
    _Field(label="minutes", low=0, high=59),
    _Field(label="hours", low=0, high=23),
    _Field(label="day-of-month", low=1, high=31),
    _Field(label="month", low=1, high=12, names=_MONTHS),
    _Field(label="day-of-week", low=1, high=7, names=_WEEKDAYS, steps=False),
    _Field(label="year", low=1970, high=2199, wraps=False),
)
_MINUTES, _HOURS, _DAY_OF_MONTH, _MONTH, _DAY_OF_WEEK, _YEAR = _FIELDS


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rate:
    period: timedelta

    def next_after(self, moment: datetime) -> datetime | None:
        try:
            return moment + self.period
        except OverflowError:  # beyond the year 9999, the last one datetime has
            return None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cron:
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: _Days
    months: tuple[int, ...]
    years: tuple[int, ...]

    def next_after(self, moment: datetime) -> datetime | None:
        if moment.year > self.years[-1]:
            return None
        earliest = moment.replace(second=0, microsecond=0) + timedelta(minutes=1)
        for day in self._days_from(earliest):
            fires = self._first_of(day, earliest)
            if fires is not None:
                return fires
        return None

    def _days_from(self, earliest: datetime) -> Iterator[datetime]:
        """Midnights of the matching days, the earliest's own included: at most 2,760 months are looked at."""
        for year in self.years[bisect_left(self.years, earliest.year) :]:
            for month in self.months:
                if (year, month) < (earliest.year, earliest.month):
                    continue
                for day in self.days(year, month):
                    midnight = datetime(year, month, day, tzinfo=UTC)
                    if midnight.date() >= earliest.date():
                        yield midnight

    def _first_of(self, day: datetime, earliest: datetime) -> datetime | None:
        if day > earliest:
            return day.replace(hour=self.hours[0], minute=self.minutes[0])
        for hour in self.hours[bisect_left(self.hours, earliest.hour) :]:
            first = earliest.minute if hour == earliest.hour else 0
            at = bisect_left(self.minutes, first)
            if at < len(self.minutes):
                return day.replace(hour=hour, minute=self.minutes[at])
        return None


@dataclass(frozen=True)
class Schedule:
    """A schedule of an EventBridge rule.

    Args:
        expression: `rate(value unit)` or `cron(fields)`, up to 256 characters.

    Raises:
        InvalidSchedule: PutRule would refuse it.
    """

    expression: str
    _plan: _Rate | _Cron = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        try:
            plan = _parse(self.expression)
        except _Refused as refused:
            raise InvalidSchedule(self.expression, str(refused)) from None
        object.__setattr__(self, "_plan", plan)

    def next_after(self, moment: datetime) -> datetime | None:
        """When the rule fires next.

        Args:
            moment: an aware time. For a cron any time; for a rate the rule's last firing or, before any, its
                creation, since a rate counts from there.

        Returns:
            Aware UTC, later than `moment`: for a cron the start of the minute within which AWS fires. None
            when it can never fire again (its years are over, or there is no such day as 30 February).
        """
        if moment.tzinfo is None:
            raise ValueError(f"{moment} has no time zone; schedules run in UTC")
        return self._plan.next_after(moment.astimezone(UTC))


def _parse(expression: str) -> _Rate | _Cron:
    if len(expression) > _LONGEST_EXPRESSION:
        raise _Refused(f"it is longer than {_LONGEST_EXPRESSION} characters")
    match = re.fullmatch(r"(rate|cron)\((.*)\)", expression, re.DOTALL)
    if match is None:
        raise _Refused("it is neither rate(value unit) nor cron(fields)")
    kind, inner = match.groups()
    if inner != inner.strip():
        raise _Refused("there is white space next to a parenthesis")
    return _rate(inner) if kind == "rate" else _cron(inner)


def _rate(text: str) -> _Rate:
    match = _RATE.fullmatch(text)
    if match is None:
        raise _Refused("a rate is a whole number and minute(s), hour(s) or day(s)")
    value, unit = int(match[1]), match[2]
    if value < 1:
        raise _Refused("a rate is at least 1")
    if (value == 1) == unit.endswith("s"):
        raise _Refused(f"{value} takes {unit.rstrip('s')}{'' if value == 1 else 's'}, not {unit}")
    try:
        return _Rate(period=timedelta(**{f"{unit.rstrip('s')}s": value}))
    except OverflowError:
        raise _Refused(f"{value} {unit} is longer than the calendar") from None


def _cron(text: str) -> _Cron:
    parts = text.split()
    if len(parts) != len(_FIELDS):
        raise _Refused(f"it has {len(parts)} fields instead of six ({', '.join(f.label for f in _FIELDS)})")
    minutes, hours, day_of_month, month, day_of_week, year = parts
    if (day_of_month == "?") == (day_of_week == "?"):
        raise _Refused("exactly one of day-of-month and day-of-week is ?")
    return _Cron(
        minutes=_MINUTES.values(minutes),
        hours=_HOURS.values(hours),
        days=_days_of_month(day_of_month) if day_of_week == "?" else _days_of_week(day_of_week),
        months=_MONTH.values(month),
        years=_YEAR.values(year),
    )


def _days_of_month(text: str) -> _Days:
    if text == "LW":
        return _last_weekday
    if match := re.fullmatch(r"L(?:-([0-9]{1,2}))?", text):
        back = int(match[1] or 0)
        if back >= _DAY_OF_MONTH.high:
            raise _Refused(f"no month has a day {back} before its last")
        return partial(_days_before_last, back)
    if match := re.fullmatch(r"([0-9]+)W", text):
        return partial(_nearest_weekday, _DAY_OF_MONTH.number(match[1]))
    return partial(_days_listed, _DAY_OF_MONTH.values(text))


def _days_of_week(text: str) -> _Days:
    if text == "L":
        return partial(_weekdays_listed, (_DAY_OF_WEEK.high,))
    if match := re.fullmatch(r"(\w+)L", text):
        return partial(_last_of_weekday, _DAY_OF_WEEK.number(match[1]))
    if match := re.fullmatch(r"(\w+)#([0-9]+)", text):
        nth = int(match[2])
        if not 1 <= nth <= 5:
            raise _Refused(f"no month has a {match[1]} number {nth}")
        return partial(_nth_of_weekday, _DAY_OF_WEEK.number(match[1]), nth)
    if "#" in text:
        raise _Refused("a # stands alone in day-of-week")
    return partial(_weekdays_listed, _DAY_OF_WEEK.values(text))


def _shape(year: int, month: int) -> tuple[int, int]:
    """The weekday of the month's first day (1 is Sunday, as AWS counts) and its number of days."""
    monday_is_0, length = monthrange(year, month)
    return (monday_is_0 + 1) % 7 + 1, length


def _days_listed(days: tuple[int, ...], year: int, month: int) -> list[int]:
    _, length = _shape(year, month)
    return [day for day in days if day <= length]


def _days_before_last(back: int, year: int, month: int) -> list[int]:
    _, length = _shape(year, month)
    return [length - back] if back < length else []


def _last_weekday(year: int, month: int) -> list[int]:
    return _nearest_weekday(_shape(year, month)[1], year, month)


def _nearest_weekday(day: int, year: int, month: int) -> list[int]:
    """The weekday nearest `day`, never in another month: a Saturday the 1st gives Monday the 3rd."""
    first, length = _shape(year, month)
    if day > length:
        return []
    weekday = (first + day - 2) % 7 + 1
    if weekday == 7:
        return [day - 1 if day > 1 else day + 2]
    if weekday == 1:
        return [day + 1 if day < length else day - 2]
    return [day]


def _weekdays_listed(weekdays: tuple[int, ...], year: int, month: int) -> list[int]:
    first, length = _shape(year, month)
    return [day for day in range(1, length + 1) if (first + day - 2) % 7 + 1 in weekdays]


def _last_of_weekday(weekday: int, year: int, month: int) -> list[int]:
    return _weekdays_listed((weekday,), year, month)[-1:]


def _nth_of_weekday(weekday: int, nth: int, year: int, month: int) -> list[int]:
    return _weekdays_listed((weekday,), year, month)[nth - 1 : nth]
