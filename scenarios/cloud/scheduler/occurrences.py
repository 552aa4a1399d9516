"""When a schedule of EventBridge Scheduler comes due: `rate(...)`, `cron(...)` and `at(...)`, in a time zone.

A local time that a clock change leaves out is left out; one that comes twice counts once. A day of a rate has
24 hours. The zones are those of python-dateutil, the same on every machine.

    >>> paris = Occurrences("cron(30 2 * * ? *)", zone="Europe/Paris")
    >>> paris.next_after(datetime(2026, 3, 28, 12, tzinfo=UTC))  # no 02:30 on the 29th
    datetime.datetime(2026, 3, 30, 0, 30, tzinfo=datetime.timezone.utc)

Source: https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
"""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, Final

from dateutil.tz import datetime_exists
from dateutil.zoneinfo import get_zonefile_instance

from scenarios.cloud.schedules import InvalidSchedule, Schedule

_AT = re.compile(r"at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)")
_UTC_NAMES: Final = ("", "UTC")
_HOUR: Final = timedelta(hours=1)


class InvalidZone(ValueError):
    """There is no such time zone."""


@dataclass(frozen=True, slots=True)
class Occurrences:
    """The moments at which a schedule comes due.

    Args:
        expression: `rate(value unit)`, `cron(fields)` or `at(yyyy-mm-ddThh:mm:ss)`.
        zone: a name of the IANA data base, such as `Europe/Paris`.
        start: a recurring schedule doesn't come due before, and a rate counts from here.
        end: it doesn't come due after.

    Raises:
        InvalidSchedule: Scheduler would refuse the expression.
        InvalidZone: there is no such zone.
    """

    expression: str
    zone: str = "UTC"
    start: datetime | None = None
    end: datetime | None = None
    _zone: tzinfo = field(init=False, repr=False, compare=False)
    _once: datetime | None = field(init=False, repr=False, compare=False)
    _recurring: Schedule | None = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_zone", _zone(self.zone))
        once = _once(self.expression)
        object.__setattr__(self, "_once", once)
        object.__setattr__(self, "_recurring", None if once else Schedule(self.expression))

    @property
    def single(self) -> bool:
        """Whether it comes due once at most."""
        return self._once is not None

    @property
    def by_rate(self) -> bool:
        """Whether it counts from its beginning."""
        return self.expression.startswith("rate(")

    def next_after(self, moment: datetime) -> datetime | None:
        """When it comes due next, later than `moment` (for a rate, its last time); None for never."""
        if self._once is not None:
            due = self._in_utc(self._once)
            return due if due is not None and due > moment else None
        if self.by_rate:
            due = self._next_by_rate(moment)
        else:
            due = self._next_by_cron(max(moment, self.start - timedelta(seconds=1)) if self.start else moment)
        return due if due is None or self.end is None or due <= self.end else None

    def _next_by_rate(self, moment: datetime) -> datetime | None:
        if self.start is not None and self.start > moment:
            return self.start
        return self._recurring.next_after(moment) if self._recurring else None

    def _next_by_cron(self, moment: datetime) -> datetime | None:
        """Cron fields are local time: they are read as if that were UTC, and then set into the zone."""
        local: datetime | None = moment.astimezone(self._zone).replace(tzinfo=UTC) - _HOUR
        while local is not None and self._recurring is not None:
            local = self._recurring.next_after(local)
            due = None if local is None else self._in_utc(local.replace(tzinfo=None))
            if due is not None and due > moment:
                return due
        return None

    def _in_utc(self, local: datetime) -> datetime | None:
        """A local time in UTC, the earlier of two; None for one that a clock change leaves out."""
        if not datetime_exists(local, self._zone):
            return None
        return local.replace(tzinfo=self._zone).astimezone(UTC)


def _zone(name: str) -> tzinfo:
    if name in _UTC_NAMES:
        return UTC
    zones: Any = get_zonefile_instance()
    found = zones.get(name)
    if found is None:
        raise InvalidZone(name)
    zone: tzinfo = found
    return zone


def _once(expression: str) -> datetime | None:
    if not expression.startswith("at("):
        return None
    match = _AT.fullmatch(expression)
    try:
        return datetime.fromisoformat(match[1]) if match else _refuse(expression)
    except ValueError:
        return _refuse(expression)


def _refuse(expression: str) -> datetime:
    raise InvalidSchedule(expression, "a single time is at(yyyy-mm-ddThh:mm:ss)")
