"""Metrics that log events carry themselves: CloudWatch's embedded metric format.

An event that is one JSON object with `_aws.CloudWatchMetrics` says which of its members are metrics, and by
which members they are divided. One that says so and doesn't keep the format gives none, and is counted in
`EMFValidationErrors`. Text before the object, which the page grants Lambda, is not looked past.

Sources: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html,
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch-Logs-Monitoring-CloudWatch-Metrics.html
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from scenarios.cloud.cloudwatch.metrics.metrics import InvalidMetric
from scenarios.cloud.cloudwatch.service import CloudWatch
from scenarios.cloud.logs.emitted import NAMESPACE
from scenarios.cloud.logs.events import LogEvent
from scenarios.cloud.setting import Setting

MOST_METRICS: Final = 100
MOST_VALUES: Final = 100
MOST_DIMENSIONS: Final = 30
_SIGN: Final = '"_aws"'


class NotInFormat(ValueError):
    """An event that is to carry metrics, and doesn't keep the format."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Embedded:
    """One metric of an event, under one set of dimensions."""

    namespace: str
    name: str
    dimensions: Mapping[str, str]
    values: Sequence[float]
    unit: str
    at: datetime
    resolution: int


class EmbeddedMetrics:
    """What log events of every group carry."""

    def __init__(self, setting: Setting, cloudwatch: CloudWatch) -> None:
        self._setting = setting
        self._cloudwatch = cloudwatch

    def take(self, region: str, group: str, events: Sequence[LogEvent]) -> None:
        """Put in the metrics of what just arrived in a log group."""
        for event in events:
            if _SIGN not in event.message:
                continue
            try:
                for each in embedded(event.message):
                    self._put(region, each)
            except (NotInFormat, InvalidMetric) as error:
                self._setting.note("lost", f"metrics of a line of {group}: {error}")
                self._setting.measured(region, NAMESPACE, {"EMFValidationErrors": 1}, {"LogGroupName": group})

    def _put(self, region: str, each: Embedded) -> None:
        self._cloudwatch.store(region).put(
            each.namespace,
            each.name,
            each.dimensions,
            values=each.values,
            unit=each.unit,
            timestamp=each.at,
            resolution=each.resolution,
            now=self._setting.clock.now,
        )


def embedded(message: str) -> list[Embedded]:
    """The metrics that a log event carries; none if it is no JSON object with `_aws`. Raises NotInFormat."""
    try:
        root = json.loads(message)
    except ValueError:
        return []
    about = root.get("_aws") if isinstance(root, dict) else None
    if not isinstance(about, dict) or "CloudWatchMetrics" not in about:
        return []
    stamp = about.get("Timestamp")
    if not isinstance(stamp, int) or isinstance(stamp, bool):
        raise NotInFormat("_aws.Timestamp is no number of milliseconds")
    directives = about["CloudWatchMetrics"]
    if not isinstance(directives, list):
        raise NotInFormat("_aws.CloudWatchMetrics is no array")
    try:
        at = datetime.fromtimestamp(stamp / 1000, UTC)
    except (OverflowError, OSError, ValueError) as error:
        raise NotInFormat("_aws.Timestamp is no time") from error
    return [each for directive in directives for each in _of_directive(directive, root, at)]


def _of_directive(directive: Any, root: Mapping[str, Any], at: datetime) -> Iterator[Embedded]:
    if not isinstance(directive, dict) or not isinstance(directive.get("Namespace"), str):
        raise NotInFormat("a directive has no Namespace")
    sets, metrics = directive.get("Dimensions"), directive.get("Metrics")
    if not isinstance(sets, list) or not sets or not isinstance(metrics, list):
        raise NotInFormat("a directive has no Dimensions or no Metrics")
    if len(metrics) > MOST_METRICS:
        raise NotInFormat(f"a directive has more than {MOST_METRICS} Metrics")
    for names in sets:
        dimensions = _dimensions(names, root)
        for metric in metrics:
            if not isinstance(metric, dict) or not isinstance(metric.get("Name"), str):
                raise NotInFormat("a metric has no Name")
            yield Embedded(
                namespace=directive["Namespace"],
                name=metric["Name"],
                dimensions=dimensions,
                values=_values(metric["Name"], root),
                unit=str(metric.get("Unit", "None")),
                at=at,
                resolution=metric.get("StorageResolution", 60),
            )


def _dimensions(names: Any, root: Mapping[str, Any]) -> dict[str, str]:
    if not isinstance(names, list) or len(names) > MOST_DIMENSIONS:
        raise NotInFormat(f"a set of dimensions is no array of at most {MOST_DIMENSIONS}")
    found = {}
    for name in names:
        value = root.get(name) if isinstance(name, str) else None
        if not isinstance(value, str):
            raise NotInFormat(f"the dimension {name} is no text in the event")
        found[name] = value
    return found


def _values(name: str, root: Mapping[str, Any]) -> list[float]:
    given: Any = root.get(name)
    values: list[Any] = given if isinstance(given, list) else [given]
    if not 1 <= len(values) <= MOST_VALUES or not all(
        isinstance(each, int | float) and not isinstance(each, bool) for each in values
    ):
        raise NotInFormat(f"the metric {name} is no number in the event, nor 1 to {MOST_VALUES} of them")
    return [float(each) for each in values]
