"""CloudWatch: metrics kept, alarms evaluated every minute, actions on each change of state.

A new alarm is INSUFFICIENT_DATA until its first evaluation. Its window slides by the
minute, whatever its period, and looks at two periods more than it evaluates, so that a
datapoint that arrives late still counts.

Sources: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html,
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html
"""

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from types import MappingProxyType
from typing import Any

from scenarios.cloud import moto_hooks
from scenarios.cloud.alarm_rules import CompositeRule, InvalidAlarmRule
from scenarios.cloud.alarms import INSUFFICIENT_DATA, AlarmCondition, evaluation_range
from scenarios.cloud.caller import ApiCall
from scenarios.cloud.calls import Asked
from scenarios.cloud.cloudwatch.actions import Actions, ec2_action
from scenarios.cloud.cloudwatch.alarm_words import INITIAL_REASON, Datapoint, reason_data, state_reason
from scenarios.cloud.cloudwatch.composites import Composites
from scenarios.cloud.cloudwatch.describe import describe_alarms
from scenarios.cloud.cloudwatch.metrics import InvalidMetric, MetricStore, StatisticSet
from scenarios.cloud.cloudwatch.questions import Questions
from scenarios.cloud.cloudwatch.telling import Change, Place, state_change_event
from scenarios.cloud.errors import NotSimulated, Refused
from scenarios.cloud.setting import Setting

EVALUATED_AT_SECOND = 15

Emit = Callable[[str, Mapping[str, Any]], None]


class CloudWatch:
    """Metrics and alarms of every region."""

    def __init__(self, setting: Setting, emit: Emit) -> None:
        self._setting = setting
        self._emit = emit
        self._stores: dict[str, MetricStore] = {}
        self._replaced: Any | None = None
        self._actions: Actions | None = None
        self._composites = Composites(setting, self._become, self._act)
        self.changes: list[Change] = []
        Questions(setting, self.store)
        calls = setting.calls
        calls.answer("cloudwatch", "PutMetricData", self._put_metric_data)
        calls.answer("cloudwatch", "GetMetricStatistics", self._get_metric_statistics)
        calls.answer("cloudwatch", "SetAlarmState", self._set_alarm_state)
        calls.check("cloudwatch", "PutMetricAlarm", self._about_to_put)
        calls.after("cloudwatch", "PutMetricAlarm", self._alarm_put)
        calls.check("cloudwatch", "PutCompositeAlarm", self._about_to_put_composite)
        calls.after("cloudwatch", "PutCompositeAlarm", self._composite_put)
        calls.answer("cloudwatch", "DescribeAlarms", self._describe_alarms)
        for operation in ("PutAnomalyDetector", "DescribeAlarmHistory"):
            calls.check("cloudwatch", operation, self._not_yet)

    def connect(self, actions: Actions) -> None:
        """Let alarms act."""
        self._actions = actions

    def start(self) -> None:
        """Let every alarm begin as AWS begins them, and set the evaluations going."""
        for region in self._setting.regions:
            for alarm in moto_hooks.alarms(self._setting.account, region).values():
                _set(alarm, INSUFFICIENT_DATA, INITIAL_REASON, self._setting.clock.now)
            self._setting.clock.after(1.0, partial(self._composites.evaluate_all, region), "composite alarms")
        self._next_evaluation()

    def store(self, region: str) -> MetricStore:
        """A region's metrics."""
        return self._stores.setdefault(region, MetricStore())

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

    # ---- evaluation -----------------------------------------------------------------------------

    def _next_evaluation(self) -> None:
        now = self._setting.clock.now
        minute = now.replace(second=0, microsecond=0) + timedelta(minutes=1, seconds=EVALUATED_AT_SECOND)
        self._setting.clock.at(minute, self._evaluate_all, "alarms are evaluated")

    def _evaluate_all(self) -> None:
        for region in self._setting.regions:
            for alarm in list(moto_hooks.alarms(self._setting.account, region).values()):
                if alarm.rule is None:
                    self._evaluate(region, alarm)
        self._next_evaluation()

    def _evaluate(self, region: str, alarm: Any) -> None:
        condition = _condition(alarm)
        points = self._datapoints(region, alarm, condition)
        assessment = condition.assess([point.value for point in points], alarm.state_value)
        if assessment.state == alarm.state_value:
            return
        data = reason_data(
            condition,
            points,
            assessment,
            query_date=self._setting.clock.now,
            period=int(alarm.period),
            statistic=alarm.statistic or alarm.extended_statistic,
            unit=alarm.unit,
        )
        self._become(region, alarm, assessment.state, state_reason(condition, points, assessment), data)

    def _datapoints(self, region: str, alarm: Any, condition: AlarmCondition) -> list[Datapoint]:
        if alarm.metric_data_queries:
            raise NotSimulated("cloudwatch", f"metric math in the alarm {alarm.name}")
        period = int(alarm.period)
        if period % 60:
            raise NotSimulated("cloudwatch", f"an alarm with a period of {period} s ({alarm.name})")
        count = evaluation_range(condition.evaluation_periods)
        end = self._setting.clock.now.replace(second=0, microsecond=0)
        start = end - timedelta(seconds=period * count)
        found = dict(
            self.store(region).statistic(
                alarm.namespace,
                alarm.metric_name,
                {dimension.name: dimension.value for dimension in alarm.dimensions},
                alarm.statistic or alarm.extended_statistic,
                period=period,
                start=start,
                end=end,
                unit=alarm.unit,
            )
        )
        times = (start + timedelta(seconds=period * number) for number in range(count))
        return [Datapoint(timestamp=at, value=found.get(at)) for at in times]

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
        _set(alarm, state, reason, now, data)
        self.changes.append(change)
        self._setting.note("alarm", f"{alarm.name}: {change.before} -> {state}", reason=reason)
        composite = alarm.rule is not None
        held = self._composites.suppression(region, alarm) if composite else None
        place = Place(self._setting.account, region)
        event = state_change_event(place, alarm, change, self._setting.new_uuid("events.id"), held)
        self._setting.clock.after(1.0, lambda: self._emit(region, event), "alarm state change event")
        if composite:
            self._composites.changed(region, alarm, change)
        else:
            self._act(region, alarm, change)
        self._composites.child_changed(region, alarm, change)

    def _act(self, region: str, alarm: Any, change: Change) -> None:
        assert self._actions is not None, "connect() comes first"
        self._actions.run(region, alarm, change)

    # ---- the API --------------------------------------------------------------------------------

    def _put_metric_data(self, asked: Asked) -> dict[str, Any]:
        for datum in asked.parameters["MetricData"]:
            given = datum.get("StatisticValues")
            try:
                self.store(asked.region).put(
                    asked.parameters["Namespace"],
                    datum["MetricName"],
                    {each["Name"]: each["Value"] for each in datum.get("Dimensions", ())},
                    value=datum.get("Value"),
                    statistics=_statistic_set(given) if given else None,
                    values=datum.get("Values"),
                    counts=datum.get("Counts"),
                    unit=datum.get("Unit", "None"),
                    timestamp=datum.get("Timestamp", self._setting.clock.now),
                    resolution=datum.get("StorageResolution", 60),
                    now=self._setting.clock.now,
                )
            except InvalidMetric as error:
                raise Refused("InvalidParameterValue", str(error)) from error
        return {}

    def _get_metric_statistics(self, asked: Asked) -> dict[str, Any]:
        parameters = asked.parameters
        dimensions = {each["Name"]: each["Value"] for each in parameters.get("Dimensions", ())}
        rows: dict[datetime, dict[str, Any]] = {}
        try:
            for statistic in parameters.get("Statistics", ()):
                for at, value in self.store(asked.region).statistic(
                    parameters["Namespace"],
                    parameters["MetricName"],
                    dimensions,
                    statistic,
                    period=parameters["Period"],
                    start=parameters["StartTime"],
                    end=parameters["EndTime"],
                    unit=parameters.get("Unit"),
                    now=self._setting.clock.now,
                ):
                    rows.setdefault(at, {"Timestamp": at, "Unit": parameters.get("Unit", "None")})[
                        statistic
                    ] = value
        except InvalidMetric as error:
            raise Refused("InvalidParameterValue", str(error)) from error
        return {"Label": parameters["MetricName"], "Datapoints": [rows[at] for at in sorted(rows)]}

    def _set_alarm_state(self, asked: Asked) -> dict[str, Any]:
        name = asked.parameters["AlarmName"]
        alarm = moto_hooks.alarms(self._setting.account, asked.region).get(name)
        if alarm is None:
            raise Refused("ResourceNotFound", f"Alarm {name} does not exist", 404)
        if asked.parameters["StateValue"] != alarm.state_value:
            data = json.loads(asked.parameters.get("StateReasonData", "{}"))
            state, reason = asked.parameters["StateValue"], asked.parameters["StateReason"]
            self._become(asked.region, alarm, state, reason, data)
        return {}

    def _about_to_put_composite(self, asked: Asked) -> None:
        """The rule must be one, and name alarms that are there."""
        self._about_to_put(asked)
        parameters = asked.parameters
        try:
            children = CompositeRule(parameters["AlarmRule"]).children
        except InvalidAlarmRule as error:
            raise Refused("ValidationError", str(error)) from error
        alarms = moto_hooks.alarms(self._setting.account, asked.region)
        for child in children:
            if child.rpartition(":alarm:")[2] not in alarms:
                raise Refused("ValidationError", f"AlarmRule must not refer to {child}, which does not exist")
        periods = {"ActionsSuppressorWaitPeriod", "ActionsSuppressorExtensionPeriod"}
        if parameters.get("ActionsSuppressor") and not periods <= parameters.keys():
            raise Refused("ValidationError", f"ActionsSuppressor needs {' and '.join(sorted(periods))}")
        for action in (*parameters.get("AlarmActions", ()), *parameters.get("OKActions", ())):
            if ec2_action(action) or ":autoscaling:" in action:
                raise Refused("ValidationError", f"A composite alarm can't do {action}")

    def _composite_put(self, call: ApiCall) -> None:
        self._alarm_put(call)
        alarm = moto_hooks.alarms(self._setting.account, call.region)[call.parameters["AlarmName"]]
        evaluate = partial(self._composites.evaluate, call.region, alarm)
        self._setting.clock.after(1.0, evaluate, "a composite alarm is evaluated")

    def _describe_alarms(self, asked: Asked) -> dict[str, Any]:
        alarms = moto_hooks.alarms(self._setting.account, asked.region)
        return describe_alarms(alarms.values(), asked.parameters)

    def _about_to_put(self, asked: Asked) -> None:
        alarms = moto_hooks.alarms(self._setting.account, asked.region)
        self._replaced = alarms.get(asked.parameters["AlarmName"])

    def _alarm_put(self, call: ApiCall) -> None:
        """A new alarm begins without data; "when you update an existing alarm, its state is left unchanged".

        Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
        """
        alarm = moto_hooks.alarms(self._setting.account, call.region)[call.parameters["AlarmName"]]
        before, self._replaced = self._replaced, None
        if before is None:
            _set(alarm, INSUFFICIENT_DATA, INITIAL_REASON, self._setting.clock.now)
            return
        alarm.state_value, alarm.state_reason = before.state_value, before.state_reason
        alarm.state_reason_data = before.state_reason_data
        alarm.state_updated_timestamp = before.state_updated_timestamp

    def _not_yet(self, asked: Asked) -> None:
        raise NotSimulated("cloudwatch", asked.operation)


def _condition(alarm: Any) -> AlarmCondition:
    return AlarmCondition(
        threshold=float(alarm.threshold),
        comparison=alarm.comparison_operator,
        evaluation_periods=int(alarm.evaluation_periods),
        datapoints_to_alarm=int(alarm.datapoints_to_alarm) if alarm.datapoints_to_alarm else None,
        treat_missing_data=alarm.treat_missing_data or "missing",
    )


def _set(
    alarm: Any, state: str, reason: str, now: datetime, data: Mapping[str, Any] = MappingProxyType({})
) -> None:
    alarm.state_value = state
    alarm.state_reason = reason
    alarm.state_reason_data = json.dumps(dict(data)) if data else "{}"
    alarm.state_updated_timestamp = now.replace(tzinfo=None)


def _statistic_set(given: Mapping[str, float]) -> StatisticSet:
    return StatisticSet(
        minimum=given["Minimum"],
        maximum=given["Maximum"],
        sample_count=given["SampleCount"],
        total=given["Sum"],
    )
