"""How an alarm came to go off: its metric, its threshold, its states and its messages over time.

The metric is asked of the simulated AWS by the calls that one asks the real one with.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from scenarios.cloud.alarms import AlarmCondition
from scenarios.cloud.world import World

# get_metric_statistics answers at most so many datapoints.
MOST_POINTS = 1440
# describe_alarms takes at most so many names.
MOST_NAMES = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmCourse:
    """One alarm's course through a run.

    `points`: (start of the period, value) of the metric, oldest first; empty for a composite alarm, whose
    `rule` stands instead. `states`: (time of the change, new state). `messages`: when its mail left.
    """

    name: str
    metric: str = ""
    rule: str = ""
    statistic: str = ""
    threshold: float | None = None
    comparison: str = ""
    period: timedelta = timedelta(minutes=1)
    points: tuple[tuple[datetime, float], ...] = ()
    states: tuple[tuple[datetime, str], ...] = ()
    messages: tuple[datetime, ...] = ()

    @property
    def breached(self) -> datetime | None:
        """The start of the first period whose value lies beyond the threshold."""
        return next((at for at, value in self.points if self.beyond(value)), None)

    @property
    def changed(self) -> datetime | None:
        """When it first went into ALARM."""
        return next((at for at, state in self.states if state == "ALARM"), None)

    @property
    def message_left(self) -> datetime | None:
        """When its first message left."""
        return min(self.messages, default=None)

    def beyond(self, value: float) -> bool:
        """Whether a value breaches the threshold; never for a composite alarm."""
        if self.threshold is None:
            return False
        condition = AlarmCondition(threshold=self.threshold, comparison=self.comparison, evaluation_periods=1)
        return condition.breaches(value)


def courses(world: World, since: datetime) -> tuple[AlarmCourse, ...]:
    """The alarms that went into ALARM since a moment, the first first."""
    if not any(moment.kind == "alarm" for moment in world.setting.trace):
        return ()
    found = [course for region in world.setting.regions for course in _in_region(world, region, since)]
    return tuple(sorted(found, key=lambda course: (course.changed, course.name)))


def _in_region(world: World, region: str, since: datetime) -> Iterable[AlarmCourse]:
    went_off = [each.alarm for each in world.cloudwatch.changes if each.after == "ALARM" and each.at >= since]
    names = list(dict.fromkeys(went_off))
    for start in range(0, len(names), MOST_NAMES):
        cloudwatch = world.client(world.user("reader"), "cloudwatch", region)
        for page in cloudwatch.get_paginator("describe_alarms").paginate(
            AlarmNames=names[start : start + MOST_NAMES], AlarmTypes=["MetricAlarm", "CompositeAlarm"]
        ):
            for alarm in page.get("MetricAlarms", ()):
                yield _metric_alarm(world, cloudwatch, alarm, since)
            for alarm in page.get("CompositeAlarms", ()):
                yield AlarmCourse(
                    name=alarm["AlarmName"], rule=alarm["AlarmRule"], **_happened(world, alarm, since)
                )


def _metric_alarm(world: World, cloudwatch: Any, alarm: Mapping[str, Any], since: datetime) -> AlarmCourse:
    happened = _happened(world, alarm, since)
    if "MetricName" not in alarm:  # over metric math: its parts can't be told as one
        return AlarmCourse(name=alarm["AlarmName"], threshold=alarm.get("Threshold"), **happened)
    period = timedelta(seconds=alarm["Period"])
    return AlarmCourse(
        name=alarm["AlarmName"],
        metric=f"{alarm['Namespace']} {alarm['MetricName']}",
        statistic=alarm.get("Statistic") or alarm["ExtendedStatistic"],
        threshold=alarm["Threshold"],
        comparison=alarm["ComparisonOperator"],
        period=period,
        points=tuple(_points(cloudwatch, alarm, since, world.clock.now)),
        **happened,
    )


def _happened(world: World, alarm: Mapping[str, Any], since: datetime) -> dict[str, Any]:
    name = alarm["AlarmName"]
    return {
        "states": tuple(
            (change.at, change.after)
            for change in world.cloudwatch.changes
            if change.alarm == name and change.at >= since
        ),
        "messages": tuple(sorted(message.at for message in world.topics.inbox if _of(message.text, name))),
    }


def _of(text: str, alarm: str) -> bool:
    """Whether a message is an alarm's own, or an alert that names it."""
    try:
        return bool(json.loads(text)["AlarmName"] == alarm)
    except (ValueError, KeyError, TypeError):
        return alarm in text


def _points(
    cloudwatch: Any, alarm: Mapping[str, Any], since: datetime, until: datetime
) -> Iterable[tuple[datetime, float]]:
    """The metric as the alarm looks at it, in as many questions as its length asks for."""
    period, statistic = alarm["Period"], alarm.get("Statistic")
    asked = {"Statistics": [statistic]} if statistic else {"ExtendedStatistics": [alarm["ExtendedStatistic"]]}
    found: dict[datetime, float] = {}
    step = timedelta(seconds=period * MOST_POINTS)
    while since < until:
        answer = cloudwatch.get_metric_statistics(
            Namespace=alarm["Namespace"],
            MetricName=alarm["MetricName"],
            Dimensions=alarm["Dimensions"],
            StartTime=since,
            EndTime=min(since + step, until),
            Period=period,
            **asked,
        )
        for point in answer["Datapoints"]:
            value = point[statistic] if statistic else point["ExtendedStatistics"][alarm["ExtendedStatistic"]]
            found[point["Timestamp"]] = float(value)
        since += step
    return sorted(found.items())
