"""Metric filters: what becomes of a log event in CloudWatch's metrics.

A match adds its value: a number, or what a selector finds, if that is one. A default value is reported for a
minute in which events arrived and none matched; without events nothing is reported. Only events that arrive
after the filter was made count. A log group has at most 100 filters.

Sources: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntaxForMetricFilters.html,
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib.matching import LogPattern
from scenarios.cloud.calls import Asked
from scenarios.cloud.cloudwatch.service import CloudWatch
from scenarios.cloud.kernel import moto_hooks
from scenarios.cloud.kernel.errors import Refused
from scenarios.cloud.logs.events import LogEvent, invalid, no_such_group, pattern_of
from scenarios.cloud.setting import Setting

MOST_FILTERS = 100
MOST_DIMENSIONS = 3


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
        setting.calls.check("logs", "PutMetricFilter", self._about_to_put)

    def take(self, region: str, group: str, events: Sequence[LogEvent]) -> None:
        """Measure what just arrived in a log group."""
        for metric_filter in moto_hooks.metric_filters(self._setting.account, region, group):
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

    def _about_to_put(self, asked: Asked) -> None:
        parameters = asked.parameters
        pattern = pattern_of(parameters["filterPattern"])
        if len(parameters["metricTransformations"]) != 1:
            raise invalid("a metric filter has one transformation")
        (transformation,) = parameters["metricTransformations"]
        dimensions = transformation.get("dimensions") or {}
        if dimensions and transformation.get("defaultValue") is not None:
            raise invalid("a default value and dimensions exclude each other")
        if len(dimensions) > MOST_DIMENSIONS:
            raise invalid(f"a metric filter has at most {MOST_DIMENSIONS} dimensions")
        if dimensions and pattern.language not in ("json", "space-delimited"):
            raise invalid("dimensions need a pattern that names fields")
        group, name = parameters["logGroupName"], parameters["filterName"]
        if moto_hooks.log_group(self._setting.account, asked.region, group) is None:
            raise no_such_group()
        known = {
            each["filterName"]
            for each in moto_hooks.metric_filters(self._setting.account, asked.region, group)
        }
        if name not in known and len(known) >= MOST_FILTERS:
            raise Refused("LimitExceededException", "Resource limit exceeded.")


def _value(wanted: str, pattern: LogPattern, message: str) -> float | None:
    """A number, or what a selector finds, if that is one."""
    text = pattern.value_of(wanted, message) if wanted.startswith("$") else wanted
    try:
        return float(text) if text is not None else None
    except ValueError:
        return None
