"""CloudWatch: metrics kept, alarms evaluated every minute, actions on each change of state.

A new alarm is INSUFFICIENT_DATA until its first evaluation. Its window slides by the
minute, whatever its period, and looks at two periods more than it evaluates, so that a
datapoint that arrives late still counts.

Sources: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html,
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import botocore.session

from scenarios.cloud import moto_hooks
from scenarios.cloud.alarms import INSUFFICIENT_DATA, AlarmCondition, evaluation_range
from scenarios.cloud.caller import ApiCall
from scenarios.cloud.calls import Asked, Refused
from scenarios.cloud.cloudwatch.alarm_words import INITIAL_REASON, Datapoint, state_reason, timestamp
from scenarios.cloud.cloudwatch.metrics import InvalidMetric, MetricStore, StatisticSet
from scenarios.cloud.errors import NotSimulated
from scenarios.cloud.messaging import Messaging
from scenarios.cloud.setting import Setting

EVALUATED_AT_SECOND = 15

Emit = Callable[[str, Mapping[str, Any]], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change of an alarm's state."""

    at: datetime
    alarm: str
    before: str
    after: str
    reason: str


class CloudWatch:
    """Metrics and alarms of every region."""

    def __init__(self, setting: Setting, messaging: Messaging, emit: Emit) -> None:
        self._setting = setting
        self._messaging = messaging
        self._emit = emit
        self._stores: dict[str, MetricStore] = {}
        self._replaced: Any | None = None
        self.changes: list[Change] = []
        calls = setting.calls
        calls.answer("cloudwatch", "PutMetricData", self._put_metric_data)
        calls.answer("cloudwatch", "GetMetricStatistics", self._get_metric_statistics)
        calls.answer("cloudwatch", "SetAlarmState", self._set_alarm_state)
        calls.check("cloudwatch", "PutMetricAlarm", self._about_to_put)
        calls.after("cloudwatch", "PutMetricAlarm", self._alarm_put)
        for operation in ("GetMetricData", "ListMetrics", "PutCompositeAlarm", "PutAnomalyDetector"):
            calls.check("cloudwatch", operation, self._not_yet)

    def start(self) -> None:
        """Let every alarm begin as AWS begins them, and set the evaluations going."""
        for region in self._setting.regions:
            for alarm in moto_hooks.alarms(self._setting.account, region).values():
                _set(alarm, INSUFFICIENT_DATA, INITIAL_REASON, self._setting.clock.now)
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
            for alarm in moto_hooks.alarms(self._setting.account, region).values():
                self._evaluate(region, alarm)
        self._next_evaluation()

    def _evaluate(self, region: str, alarm: Any) -> None:
        condition = _condition(alarm)
        points = self._datapoints(region, alarm, condition)
        assessment = condition.assess([point.value for point in points], alarm.state_value)
        if assessment.state != alarm.state_value:
            self._change(region, alarm, assessment.state, state_reason(condition, points, assessment))

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

    def _change(self, region: str, alarm: Any, state: str, reason: str) -> None:
        now, before, before_reason = self._setting.clock.now, alarm.state_value, alarm.state_reason
        before_at = alarm.state_updated_timestamp
        _set(alarm, state, reason, now)
        self.changes.append(Change(at=now, alarm=alarm.name, before=before, after=state, reason=reason))
        self._setting.note("alarm", f"{alarm.name}: {before} -> {state}", reason=reason)
        event = self._state_change_event(region, alarm, before, before_reason, before_at)
        self._setting.clock.after(1.0, lambda: self._emit(region, event), "alarm state change event")
        if not alarm.actions_enabled:
            return
        actions = {
            "ALARM": alarm.alarm_actions,
            "OK": alarm.ok_actions,
            INSUFFICIENT_DATA: alarm.insufficient_data_actions,
        }[state]
        for action in actions or ():
            self._act(region, alarm, action, before)

    def _act(self, region: str, alarm: Any, action: str, before: str) -> None:
        if ":sns:" not in action:
            raise NotSimulated("cloudwatch", f"the alarm action {action} of {alarm.name}")
        why = self._messaging.publish_by_service(
            "cloudwatch.amazonaws.com",
            action,
            subject=f'{alarm.state_value}: "{alarm.name}" in {_long_name(region)}'[:100],
            message=json.dumps(self._notification(region, alarm, before)),
            source_arn=alarm.alarm_arn,
        )
        if why:
            self._setting.note("lost", f"the alarm {alarm.name} could not reach {action} ({why})")

    def _notification(self, region: str, alarm: Any, before: str) -> dict[str, Any]:
        """The Message of an alarm's SNS notification."""
        return {
            "AlarmName": alarm.name,
            "AlarmDescription": alarm.description,
            "AWSAccountId": self._setting.account,
            "AlarmConfigurationUpdatedTimestamp": timestamp(alarm.configuration_updated_timestamp),
            "NewStateValue": alarm.state_value,
            "NewStateReason": alarm.state_reason,
            "StateChangeTime": timestamp(self._setting.clock.now),
            "Region": _long_name(region),
            "AlarmArn": alarm.alarm_arn,
            "OldStateValue": before,
            "OKActions": list(alarm.ok_actions),
            "AlarmActions": list(alarm.alarm_actions or ()),
            "InsufficientDataActions": list(alarm.insufficient_data_actions),
            "Trigger": {
                "MetricName": alarm.metric_name,
                "Namespace": alarm.namespace,
                "StatisticType": "Statistic",
                "Statistic": str(alarm.statistic).upper(),
                "Unit": alarm.unit,
                "Dimensions": [
                    {"value": dimension.value, "name": dimension.name} for dimension in alarm.dimensions
                ],
                "Period": int(alarm.period),
                "EvaluationPeriods": int(alarm.evaluation_periods),
                "ComparisonOperator": alarm.comparison_operator,
                "Threshold": float(alarm.threshold),
                "TreatMissingData": alarm.treat_missing_data or "missing",
                "EvaluateLowSampleCountPercentile": alarm.evaluate_low_sample_count_percentile or "",
            },
        }

    def _state_change_event(
        self, region: str, alarm: Any, before: str, before_reason: str, before_at: datetime
    ) -> dict[str, Any]:
        now = self._setting.clock.now
        return {
            "version": "0",
            "id": self._setting.new_uuid("events.id"),
            "detail-type": "CloudWatch Alarm State Change",
            "source": "aws.cloudwatch",
            "account": self._setting.account,
            "time": f"{now:%Y-%m-%dT%H:%M:%SZ}",
            "region": region,
            "resources": [alarm.alarm_arn],
            "detail": {
                "alarmName": alarm.name,
                "configuration": {
                    "description": alarm.description or "",
                    "metrics": [
                        {
                            "id": "m1",
                            "metricStat": {
                                "metric": {
                                    "namespace": alarm.namespace,
                                    "name": alarm.metric_name,
                                    "dimensions": {each.name: each.value for each in alarm.dimensions},
                                },
                                "period": int(alarm.period),
                                "stat": alarm.statistic or alarm.extended_statistic,
                            },
                            "returnData": True,
                        }
                    ],
                },
                "state": {
                    "value": alarm.state_value,
                    "reason": alarm.state_reason,
                    "timestamp": timestamp(now),
                },
                "previousState": {
                    "value": before,
                    "reason": before_reason,
                    "timestamp": timestamp(before_at),
                },
            },
        }

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
            self._change(asked.region, alarm, asked.parameters["StateValue"], asked.parameters["StateReason"])
        return {}

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


def _set(alarm: Any, state: str, reason: str, now: datetime) -> None:
    alarm.state_value = state
    alarm.state_reason = reason
    alarm.state_updated_timestamp = now.replace(tzinfo=None)


def _told_state(value: str, reason: str, at: datetime) -> dict[str, str]:
    return {"value": value, "reason": reason, "timestamp": timestamp(at)}


def _statistic_set(given: Mapping[str, float]) -> StatisticSet:
    return StatisticSet(
        minimum=given["Minimum"],
        maximum=given["Maximum"],
        sample_count=given["SampleCount"],
        total=given["Sum"],
    )


@lru_cache(maxsize=1)
def _region_names() -> Mapping[str, str]:
    """AWS's own long names of its regions, from botocore's endpoint data."""
    data = botocore.session.get_session().get_component("data_loader").load_data("endpoints")
    return {
        name: region["description"]
        for partition in data["partitions"]
        for name, region in partition["regions"].items()
    }


def _long_name(region: str) -> str:
    return _region_names().get(region, region)
