"""Metric filters: CloudWatch metrics made of log events.

A match adds its value: a number, or what a selector finds, if that is one. A default value is reported for a
minute in which events arrived and none matched; without events nothing is reported. Only events that arrive
after the filter was made count. Filters that Logs refuses are in validation.py.

Sources: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntaxForMetricFilters.html,
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib.matching import LogPattern
from scenarios.cloud.cloudwatch.service import CloudWatch
from scenarios.cloud.kernel import moto_state
from scenarios.cloud.logs.events import LogEvent, pattern_of
from scenarios.cloud.setting import Setting


@dataclass(slots=True, kw_only=True)
class _Minute:
    """A minute in which events arrived at a filter that has a default value."""

    matched: bool = False


class MetricFilters:
    """Every metric filter of the account."""

    def __init__(self, setting: Setting, cloudwatch: CloudWatch) -> None:
        self._setting = setting
        self._cloudwatch = cloudwatch
        self._minutes: dict[tuple[str, str, str], _Minute] = {}

    def take(self, region: str, group: str, events: Sequence[LogEvent]) -> None:
        """Measure what just arrived in a log group."""
        for metric_filter in moto_state.metric_filters(self._setting.account, region, group):
            self._measure(region, group, metric_filter, events)

    def _measure(
        self, region: str, group: str, metric_filter: Mapping[str, Any], events: Sequence[LogEvent]
    ) -> None:
        pattern = pattern_of(metric_filter["filterPattern"])
        (transformation,) = metric_filter["metricTransformations"]
        matched = False
        for event in events:
            if not pattern.matches(event.message):
                continue
            value = _value(transformation["metricValue"], pattern, event.message)
            if value is None:
                continue
            matched = True
            dimensions = {
                name: found
                for name, selector in (transformation.get("dimensions") or {}).items()
                if (found := pattern.value_of(selector, event.message)) is not None
            }
            self._cloudwatch.record(region, transformation, dimensions, value, event.at)
        if events and transformation.get("defaultValue") is not None:
            key = (region, group, metric_filter["filterName"])
            self._remember(key, transformation, matched=matched)

    def _remember(
        self, key: tuple[str, str, str], transformation: Mapping[str, Any], *, matched: bool
    ) -> None:
        """Whether anything matched shows when the minute is over."""
        minute = self._minutes.get(key)
        if minute is None:
            minute = self._minutes[key] = _Minute()
            now = self._setting.clock.now
            left = 60 - now.second - now.microsecond / 1_000_000
            self._setting.clock.after(left, lambda: self._over(key, transformation, now), "default values")
        minute.matched = minute.matched or matched

    def _over(self, key: tuple[str, str, str], transformation: Mapping[str, Any], began: datetime) -> None:
        if not self._minutes.pop(key).matched:
            default = float(transformation["defaultValue"])
            self._cloudwatch.record(key[0], transformation, {}, default, began)


def _value(wanted: str, pattern: LogPattern, message: str) -> float | None:
    """A number, or what a selector finds, if that is one."""
    text = pattern.value_of(wanted, message) if wanted.startswith("$") else wanted
    try:
        return float(text) if text is not None else None
    except ValueError:
        return None
