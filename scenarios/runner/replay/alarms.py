"""The slower path: metric filters count records, alarms go off, and a remediation says who was behind it.

The records' own time is the clock here. A period is in ALARM when it counts as many as the threshold; an
alarm goes off where the period before was not in ALARM. The remediation's own `look` and `decide` are asked,
and the records stand for the log group that it searches.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html
"""

import json
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from chalicelib.aws import Aws
from chalicelib.events import AlarmChange
from chalicelib.matching import EventPattern, LogPattern
from chalicelib.remediation import Plan, Way
from chalicelib.settings import Settings
from chalicelib.template.parts import logical_id
from chalicelib.triggers import OnEvent, OnTopic
from scenarios.packaging.sam import application
from scenarios.runner.replay.watched import Watched, WatchedAlarm, made

MOST_BEHIND = 500  # records that a search hands out, as a remediation keeps no more
_PAGE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """A record that filters counted: when, which record (its number among those kept), and which filters."""

    at: datetime
    number: int
    filters: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class WentOff:
    """An alarm that went off: by the record `number`, and what `remediation` would tell."""

    alarm: WatchedAlarm
    at: datetime
    number: int
    count: int
    remediation: str = ""
    plan: Plan = field(default_factory=Plan)

    def as_json(self) -> dict[str, Any]:
        """As `replay --format json` has it."""
        return {
            "alarm": self.alarm.label,
            "at": f"{self.at:%Y-%m-%dT%H:%M:%SZ}",
            "counted": self.count,
            "remediation": self.remediation,
            "alerts": [{"severity": each.severity, "title": each.title} for each in self.plan.alerts],
        }


@dataclass(frozen=True, slots=True)
class AlarmCourse:
    """What became of all alarms: those that went off, and for each record those it was counted in."""

    went_off: Sequence[WentOff]
    in_alarm: Mapping[int, tuple[str, ...]]


Lines = Callable[[int], str]
"""From a record's number to its line in the log group."""


def course_of(watched: Watched, counted: Sequence[Counted], line: Lines) -> AlarmCourse:
    """Let the alarms go through the records, in the order of their time."""
    ordered = sorted(counted, key=lambda each: (each.at, each.number))
    group = _Records(ordered, line)
    went_off: list[WentOff] = []
    in_alarm: dict[int, list[str]] = {}
    for name, alarm in watched.alarms.items():
        mine = [each for each in ordered if name in each.filters]
        counts = Counter(_period(each.at, alarm) for each in mine)
        before = Counter[int]()
        for each in mine:
            period = _period(each.at, alarm)
            if counts[period] < alarm.threshold:
                continue
            in_alarm.setdefault(each.number, []).append(alarm.label)
            before[period] += 1
            if before[period] == max(1, int(alarm.threshold)) and counts[period - 1] < alarm.threshold:
                went_off.append(_told(watched, alarm, each, counts[period], group))
    went_off.sort(key=lambda each: (each.at, each.alarm.label))
    return AlarmCourse(went_off, {number: tuple(labels) for number, labels in in_alarm.items()})


def _period(at: datetime, alarm: WatchedAlarm) -> int:
    return int(at.timestamp()) // alarm.period_seconds


def _told(watched: Watched, alarm: WatchedAlarm, by: Counted, count: int, group: "_Records") -> WentOff:
    """Ask the remediation that the alarm wakes what it would tell."""
    change = AlarmChange(
        key=f"{alarm.name} {by.at.isoformat()}",
        at=by.at,
        account="",
        region="",
        arn=alarm.name,
        name=alarm.name,
        state="ALARM",
        reason=f"{count} within {alarm.period_seconds // 60} minutes, threshold {alarm.threshold:g}",
        metric_namespace=alarm.namespace,
        metric_name=alarm.metric,
        period_seconds=alarm.period_seconds,
    )
    told = WentOff(alarm=alarm, at=by.at, number=by.number, count=count)
    for name, way in _woken_by(watched, alarm):
        settings = Settings.read(watched.environments[logical_id(name)])
        plan = way.decide(change, way.look(_Logs(group), change, settings), by.at, settings)
        if plan.alerts or not told.remediation:
            told = WentOff(alarm=alarm, at=by.at, number=by.number, count=count, remediation=name, plan=plan)
    return told


def _woken_by(watched: Watched, alarm: WatchedAlarm) -> Iterator[tuple[str, Way[Any, Any]]]:
    event = {
        "source": "aws.cloudwatch",
        "detail-type": "CloudWatch Alarm State Change",
        "resources": [made(alarm.name)],
        "detail": {"alarmName": alarm.name, "state": {"value": "ALARM"}},
    }
    for remediation in application().remediations:
        for number, way in enumerate(remediation.ways, 1):
            if isinstance(way.on, OnTopic) and way.on.topic in alarm.topics:
                yield remediation.name, way
            elif isinstance(way.on, OnEvent) and _names(way.on.pattern, alarm):
                pattern = watched.rules.get(f"{logical_id(remediation.name)}Trigger{number}")
                if pattern is not None and EventPattern(dict(pattern)).matches(event):
                    yield remediation.name, way


def _names(pattern: Mapping[str, Any], alarm: WatchedAlarm) -> bool:
    """Whether a pattern asks for this very alarm, by the name that the template has for it."""
    return f'"{alarm.name}"' in json.dumps(pattern.get("resources", ""))


# ---- the log group that a remediation searches ---------------------------------------------------


class _Records:
    """The records that filters counted, as a log group that can be searched."""

    def __init__(self, ordered: Sequence[Counted], line: Lines) -> None:
        self._ordered, self._line = ordered, line
        self._times = [each.at for each in ordered]

    def between(self, since: datetime, until: datetime) -> Iterator[tuple[Counted, str]]:
        """Records and their lines, oldest first."""
        first, last = bisect_left(self._times, since), bisect_right(self._times, until)
        return ((each, self._line(each.number)) for each in self._ordered[first:last])


class _Logs(Aws):
    """The one client that a look behind an alarm asks for."""

    def __init__(self, records: _Records) -> None:
        super().__init__()
        self._records = records

    def client(self, service: str, region: str = "") -> Any:
        """CloudWatch Logs, as far as it is asked here."""
        assert service == "logs", service
        del region
        return self

    def get_paginator(self, operation: str) -> "_Logs":
        """The pages of FilterLogEvents."""
        assert operation == "filter_log_events", operation
        return self

    def paginate(
        self,
        *,
        logGroupName: str,  # noqa: N803 - boto3's names
        filterPattern: str,  # noqa: N803
        startTime: int,  # noqa: N803
        endTime: int,  # noqa: N803 - boto3's names
    ) -> Iterator[Mapping[str, Any]]:
        """The records of that time that match, in one page."""
        del logGroupName
        pattern = LogPattern(filterPattern)
        since, until = (datetime.fromtimestamp(each / 1000, UTC) for each in (startTime, endTime))
        found = []
        for each, line in self._records.between(since, until + timedelta(milliseconds=1)):
            if pattern.matches(line):
                found.append({"eventId": str(each.number), "timestamp": startTime, "message": line})
                if len(found) > MOST_BEHIND:
                    break
        yield {"events": found}
