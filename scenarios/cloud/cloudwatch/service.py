"""CloudWatch: keeps metrics, evaluates alarms, and does what follows from each change of state.

Sources: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html,
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from scenarios.cloud.alarms import INSUFFICIENT_DATA
from scenarios.cloud.asked import Asked
from scenarios.cloud.cloudwatch.alarms.actions import SERVICE, Actions
from scenarios.cloud.cloudwatch.alarms.composites import Composites
from scenarios.cloud.cloudwatch.alarms.evaluation import Evaluations
from scenarios.cloud.cloudwatch.alarms.history import AlarmHistory
from scenarios.cloud.cloudwatch.alarms.requests import AlarmRequests, set_state
from scenarios.cloud.cloudwatch.alarms.telling import (
    Change,
    Place,
    configuration_change_event,
    state_change_event,
)
from scenarios.cloud.cloudwatch.alarms.unfed import UnfedAlarms
from scenarios.cloud.cloudwatch.alarms.words import INITIAL_REASON
from scenarios.cloud.cloudwatch.dashboards.images import WidgetImages
from scenarios.cloud.cloudwatch.dashboards.validation import with_warnings
from scenarios.cloud.cloudwatch.metrics.metric_data import MetricData
from scenarios.cloud.cloudwatch.metrics.metric_puts import put_metric_data
from scenarios.cloud.cloudwatch.metrics.metrics import MetricStore
from scenarios.cloud.cloudwatch.metrics.questions import Questions
from scenarios.cloud.cloudwatch.streams.service import MetricStreams
from scenarios.cloud.kernel import moto_state
from scenarios.cloud.kernel.errors import NotSimulated
from scenarios.cloud.kernel.stack import Stack
from scenarios.cloud.setting import Setting


class CloudWatch:
    """Metrics and alarms of every region."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._stores: dict[str, MetricStore] = {}
        self.actions = Actions(setting)
        self._composites = Composites(setting, self._become, self._act)
        self._history = AlarmHistory(setting)
        self._evaluations = Evaluations(setting, self.store, self._become)
        setting.measurements.store = self.store
        self.unfed = UnfedAlarms(setting, self.store)
        self.changes: list[Change] = []
        Questions(setting, self.store)
        WidgetImages(setting, MetricData(setting, self.store).answer)
        AlarmRequests(setting, self._become, self._configured, self._composites.held)
        calls = setting.calls
        calls.answer("cloudwatch", "PutMetricData", self._put_metric_data)
        calls.tell("cloudwatch", "PutDashboard", with_warnings)
        self._streams = MetricStreams(setting, self.store)
        calls.check("cloudwatch", "PutAnomalyDetector", self._not_yet)

    def start(self, _: Sequence[Stack]) -> None:
        """Let every alarm begin as AWS begins them, or as it is in a stack that stands."""
        for region in self._setting.regions:
            for alarm in moto_state.alarms(self._setting.account, region).values():
                set_state(alarm, INSUFFICIENT_DATA, INITIAL_REASON, self._setting.clock.now)
                if self._setting.stands and alarm.rule is None and alarm.treat_missing_data == "notBreaching":
                    self._evaluations.settle(region, alarm)
                self.unfed.look(region, alarm)
            self._setting.clock.after(1.0, partial(self._composites.evaluate_all, region), "composite alarms")
        self._evaluations.begin()
        self._streams.start()

    def store(self, region: str) -> MetricStore:
        """A region's metrics."""
        found = self._stores.get(region)
        if found is None:
            found = self._stores[region] = MetricStore(partial(self._settle, region))
        return found

    def _settle(self, region: str, namespace: str | None) -> None:
        """Put in what the services measured since the last question."""
        self._setting.measurements.settle(region, namespace, self._stores[region])

    def record(
        self,
        region: str,
        transformation: Mapping[str, Any],
        dimensions: Mapping[str, str],
        value: float,
        at: datetime,
    ) -> None:
        """What a metric filter makes of one log event."""
        self.store(region).put(
            transformation["metricNamespace"],
            transformation["metricName"],
            dimensions,
            value=value,
            unit=transformation.get("unit") or "None",
            timestamp=at,
            now=self._setting.clock.now,
        )

    # ---- changes --------------------------------------------------------------------------------

    def _become(self, region: str, alarm: Any, state: str, reason: str, data: Mapping[str, Any]) -> None:
        """An alarm changes its state: kept, told to EventBridge, acted on, and to whom it is a child."""
        now = self._setting.clock.now
        change = Change(
            at=now,
            alarm=alarm.name,
            before=alarm.state_value,
            after=state,
            reason=reason,
            data=data,
            before_reason=alarm.state_reason,
            before_data=alarm.state_reason_data,
            before_at=alarm.state_updated_timestamp,
        )
        set_state(alarm, state, reason, now, data)
        self.changes.append(change)
        self._history.changed(region, alarm, change)
        self._setting.note("alarm", f"{alarm.name}: {change.before} -> {state}", reason=reason)
        composite = alarm.rule is not None
        held = self._composites.suppression(region, alarm) if composite else None
        place = Place(self._setting.account, region)
        event = state_change_event(place, alarm, change, self._setting.new_uuid("events.id"), held)
        self._announce(region, event, "alarm state change event")
        if composite:
            self._composites.changed(region, alarm, change)
        else:
            self._act(region, alarm, change)
        self._composites.child_changed(region, alarm, change)

    def _announce(self, region: str, event: Mapping[str, Any], what: str) -> None:
        self._setting.clock.after(1.0, partial(self._setting.announce, region, event, by=SERVICE), what)

    def _act(self, region: str, alarm: Any, change: Change) -> None:
        for action, why in self.actions.run(region, alarm, change):
            self._history.acted(region, alarm, action, why)

    # ---- the API --------------------------------------------------------------------------------

    def _put_metric_data(self, asked: Asked) -> dict[str, Any]:
        put_metric_data(self.store(asked.region), asked.parameters, self._setting.clock.now)
        return {}

    def _configured(self, region: str, alarm: Any, operation: str, before: Any) -> None:
        """An alarm was created, updated or deleted: kept, told to EventBridge, and looked at from now on."""
        self._history.configured(region, alarm, operation)
        event = configuration_change_event(
            Place(self._setting.account, region),
            alarm,
            operation,
            self._setting.clock.now,
            self._setting.new_uuid("events.id"),
            before=before,
            suppression=self._composites.held(alarm),
        )
        self._announce(region, event, "alarm configuration change event")
        if operation == "delete":
            self._composites.deleted(alarm)
        elif alarm.rule is None:
            self.unfed.look(region, alarm)
            self._evaluations.begin()
        else:
            if before is not None:
                self._composites.reconfigured(alarm, before)
            evaluate = partial(self._composites.evaluate, region, alarm, f"{operation}d")
            self._setting.clock.after(1.0, evaluate, "a composite alarm is evaluated")

    def _not_yet(self, asked: Asked) -> None:
        raise NotSimulated("cloudwatch", asked.operation)
