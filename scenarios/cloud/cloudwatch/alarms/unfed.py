"""Alarms on metrics in AWS's own namespaces that no service of the simulated AWS emits.

Such an alarm could never go off here, and a scenario that expects nothing of it would pass. So it is reported
once, unless the scenario puts the metric or sets the alarm's state itself.
"""

import math
from collections.abc import Callable, Iterator
from typing import Any

from scenarios.cloud.cloudwatch.alarms.watched import Source, wanted_of
from scenarios.cloud.cloudwatch.metrics.metrics import MetricStore
from scenarios.cloud.kernel.caller import ApiCall
from scenarios.cloud.kernel.emitted import NeverEmitted
from scenarios.cloud.setting import Setting

AWS = "AWS/"


class UnfedAlarms:
    """Finds them as they are made. `store`: a region's metrics."""

    def __init__(self, setting: Setting, store: Callable[[str], MetricStore]) -> None:
        self._setting = setting
        self._store = store
        self._found: dict[NeverEmitted, Source] = {}
        self._set_by_hand: set[tuple[str, str]] = set()
        setting.calls.after("cloudwatch", "SetAlarmState", self._set)

    def look(self, region: str, alarm: Any) -> None:
        """An alarm is there, or was changed."""
        if alarm.rule is not None or not (alarm.metric_data_queries or str(alarm.namespace).startswith(AWS)):
            return
        for source in wanted_of(alarm).sources.values():
            if self._is_emitted(source):
                continue
            found = NeverEmitted(kind="alarm", name=alarm.name, region=region, wants=_in_words(source))
            if found not in self._found:
                self._found[found] = source
                self._setting.note("no data", str(found))

    def unanswered(self) -> Iterator[NeverEmitted]:
        """Those whose metric was not put, and whose state was not set."""
        for found, source in self._found.items():
            store = self._store(found.region)
            has_data = store.newest(source.metric) > -math.inf
            if not has_data and (found.region, found.name) not in self._set_by_hand:
                yield found

    def _is_emitted(self, source: Source) -> bool:
        emitted = self._setting.measurements.emitted
        return not source.namespace.startswith(AWS) or emitted.has_metric(
            source.namespace, source.name, source.dimensions
        )

    def _set(self, call: ApiCall) -> None:
        self._set_by_hand.add((call.region, call.parameters["AlarmName"]))


def _in_words(source: Source) -> str:
    by = f" by {', '.join(sorted(source.dimensions))}" if source.dimensions else ""
    return f"{source.namespace} {source.name}{by}"
