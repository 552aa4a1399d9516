"""What CloudWatch says when an alarm changes: the SNS message, EventBridge's event, Lambda's event.

Pure functions of the alarm, as moto keeps it, and of the change.

Sources: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html,
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-actions-Lambda.html
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

import botocore.session

from scenarios.cloud.cloudwatch.alarms.words import timestamp
from scenarios.cloud.kernel.emitted import EmittedEvents

STATE_CHANGE, CONFIGURATION_CHANGE = "CloudWatch Alarm State Change", "CloudWatch Alarm Configuration Change"
EVENTS = (EmittedEvents(source="aws.cloudwatch", detail_types=(STATE_CHANGE, CONFIGURATION_CHANGE)),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppression:
    """Why a composite alarm's actions wait: `by` is WaitPeriod, ExtensionPeriod or Alarm."""

    by: str

    @property
    def reason(self) -> str:
        """As CloudWatch words it."""
        return f"Actions suppressed by {self.by}"

    @property
    def told(self) -> dict[str, str]:
        """As a state in an event tells it."""
        return {"actionsSuppressedBy": self.by, "actionsSuppressedReason": self.reason}


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change of an alarm's state. `data`: what StateReasonData holds, as an object.

    `held` and `let_at`: what held its actions back until then, where something did.
    """

    at: datetime
    alarm: str
    before: str
    after: str
    reason: str
    data: Mapping[str, Any] = field(default_factory=dict)
    before_reason: str = ""
    before_data: str = "{}"
    before_at: datetime | None = None
    held: Suppression | None = None
    let_at: datetime | None = None


class Place(NamedTuple):
    """Where an alarm is."""

    account: str
    region: str


def notification(place: Place, alarm: Any, change: Change) -> dict[str, Any]:
    """The Message of an alarm's SNS notification; a composite's leaves out when it was configured.

    Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html
    """
    configured = {"AlarmConfigurationUpdatedTimestamp": timestamp(alarm.configuration_updated_timestamp)}
    return {
        "AlarmName": alarm.name,
        "AlarmDescription": alarm.description,
        **({"AlarmRule": alarm.rule} if alarm.rule is not None else {}),
        "AWSAccountId": place.account,
        **(configured if alarm.rule is None else {}),
        "NewStateValue": change.after,
        "NewStateReason": change.reason,
        "StateChangeTime": timestamp(change.at),
        "Region": long_name(place.region),
        "AlarmArn": alarm.alarm_arn,
        "OldStateValue": change.before,
        "OKActions": list(alarm.ok_actions),
        "AlarmActions": list(alarm.alarm_actions or ()),
        "InsufficientDataActions": list(alarm.insufficient_data_actions),
        **_cause(alarm, change),
    }


def _cause(alarm: Any, change: Change) -> dict[str, Any]:
    """A metric alarm's trigger, or the children that made a composite change."""
    if alarm.rule is not None:
        children = change.data.get("triggeringAlarms", ())
        return {
            "TriggeringChildren": [
                {
                    "Arn": child["arn"],
                    "State": {
                        "Value": child["state"]["value"],
                        "Timestamp": child["state"]["timestamp"],
                    },
                }
                for child in children
            ]
        }
    condition = {
        "Period": int(alarm.period or 0),
        "EvaluationPeriods": int(alarm.evaluation_periods),
        **({"DatapointsToAlarm": int(alarm.datapoints_to_alarm)} if alarm.datapoints_to_alarm else {}),
        "ComparisonOperator": alarm.comparison_operator,
        "Threshold": float(alarm.threshold),
        "TreatMissingData": alarm.treat_missing_data or "missing",
        "EvaluateLowSampleCountPercentile": alarm.evaluate_low_sample_count_percentile or "",
    }
    if alarm.metric_data_queries:
        return {
            "Trigger": {**condition, "Metrics": [_query_told(each) for each in alarm.metric_data_queries]}
        }
    statistic = (
        {"StatisticType": "Statistic", "Statistic": str(alarm.statistic).upper()}
        if alarm.statistic
        else {"StatisticType": "ExtendedStatistic", "ExtendedStatistic": alarm.extended_statistic}
    )
    metric = {
        "MetricName": alarm.metric_name,
        "Namespace": alarm.namespace,
        **statistic,
        "Unit": alarm.unit,
        "Dimensions": [{"value": each.value, "name": each.name} for each in alarm.dimensions],
    }
    return {"Trigger": {**metric, **condition}}


def _query_told(query: Any) -> dict[str, Any]:
    told: dict[str, Any] = {"Id": query.id, "ReturnData": query.return_data is not False}
    if query.label:
        told["Label"] = query.label
    if query.expression:
        return {**told, "Expression": query.expression}
    stat = query.metric_stat
    metric = {
        "Namespace": stat.metric.namespace,
        "MetricName": stat.metric.metric_name,
        "Dimensions": [{"value": each.value, "name": each.name} for each in stat.metric.dimensions],
    }
    return {**told, "MetricStat": {"Metric": metric, "Period": int(stat.period), "Stat": stat.stat}}


def state_change_event(
    place: Place, alarm: Any, change: Change, event_id: str, suppression: Suppression | None = None
) -> dict[str, Any]:
    """EventBridge's `CloudWatch Alarm State Change`."""
    envelope = _envelope(place, alarm, change.at, event_id)
    detail = _detail(alarm, change, suppression)
    return {**envelope, "detail-type": STATE_CHANGE, "detail": detail}


def configuration_change_event(
    place: Place,
    alarm: Any,
    operation: str,
    at: datetime,
    event_id: str,
    *,
    before: Any = None,
    suppression: Suppression | None = None,
) -> dict[str, Any]:
    """EventBridge's `CloudWatch Alarm Configuration Change`.

    `operation`: create, update or delete; `before`: the alarm as it was, for an update.
    """
    state = {"value": alarm.state_value, "timestamp": timestamp(alarm.state_updated_timestamp)}
    detail = {
        "alarmName": alarm.name,
        "operation": operation,
        "state": state | ({"actionsSuppressedBy": suppression.by} if suppression else {}),
        "configuration": _whole_configuration(alarm),
        **({"previousConfiguration": _whole_configuration(before)} if before is not None else {}),
    }
    envelope = _envelope(place, alarm, at, event_id)
    return {**envelope, "detail-type": CONFIGURATION_CHANGE, "detail": detail}


def lambda_event(place: Place, alarm: Any, change: Change) -> dict[str, Any]:
    """What a function is handed that an alarm invokes; where actions were held back, from what to what."""
    detail = _detail(alarm, change, None)
    if change.held and change.let_at:
        state = detail["state"]
        detail["previousState"] = {**state, **change.held.told}
        detail["state"] = {**state, "timestamp": timestamp(change.let_at)}
    return {
        "source": "aws.cloudwatch",
        "alarmArn": alarm.alarm_arn,
        "accountId": place.account,
        "time": timestamp(change.let_at or change.at),
        "region": place.region,
        "alarmData": detail,
    }


def _envelope(place: Place, alarm: Any, at: datetime, event_id: str) -> dict[str, Any]:
    return {
        "version": "0",
        "id": event_id,
        "source": "aws.cloudwatch",
        "account": place.account,
        "time": f"{at:%Y-%m-%dT%H:%M:%SZ}",
        "region": place.region,
        "resources": [alarm.alarm_arn],
    }


def _detail(alarm: Any, change: Change, suppression: Suppression | None) -> dict[str, Any]:
    return {
        "alarmName": alarm.name,
        "configuration": _configuration(alarm),
        "state": {
            "value": change.after,
            "reason": change.reason,
            **({"reasonData": json.dumps(change.data)} if change.data else {}),
            "timestamp": timestamp(change.at),
            **(suppression.told if suppression else {}),
        },
        "previousState": {
            "value": change.before,
            "reason": change.before_reason,
            **({"reasonData": change.before_data} if change.before_data not in ("", "{}") else {}),
            **({"timestamp": timestamp(change.before_at)} if change.before_at else {}),
        },
    }


def _configuration(alarm: Any) -> dict[str, Any]:
    described = {"description": alarm.description} if alarm.description else {}
    if alarm.rule is not None:
        suppressor = {
            "actionsSuppressor": alarm.actions_suppressor,
            "actionsSuppressorWaitPeriod": alarm.actions_suppressor_wait_period,
            "actionsSuppressorExtensionPeriod": alarm.actions_suppressor_extension_period,
        }
        return {**described, "alarmRule": alarm.rule, **(suppressor if alarm.actions_suppressor else {})}
    return {**described, "metrics": _metrics(alarm)}


def _whole_configuration(alarm: Any) -> dict[str, Any]:
    """All that was put, where its change is what the event tells."""
    condition: dict[str, Any] = {}
    if alarm.rule is None:
        condition = {
            "evaluationPeriods": int(alarm.evaluation_periods),
            **({"datapointsToAlarm": int(alarm.datapoints_to_alarm)} if alarm.datapoints_to_alarm else {}),
            "threshold": float(alarm.threshold),
            "comparisonOperator": alarm.comparison_operator,
            "treatMissingData": alarm.treat_missing_data or "missing",
        }
    return {
        **condition,
        **_configuration(alarm),
        "alarmName": alarm.name,
        "actionsEnabled": bool(alarm.actions_enabled),
        "timestamp": timestamp(alarm.configuration_updated_timestamp),
        "okActions": list(alarm.ok_actions),
        "alarmActions": list(alarm.alarm_actions or ()),
        "insufficientDataActions": list(alarm.insufficient_data_actions),
    }


def _metrics(alarm: Any) -> list[dict[str, Any]]:
    if not alarm.metric_data_queries:
        stat = alarm.statistic or alarm.extended_statistic
        metric = _metric_stat(alarm.namespace, alarm.metric_name, alarm.dimensions, alarm.period, stat)
        return [{"id": "m1", "metricStat": metric, "returnData": True}]
    told = []
    for query in alarm.metric_data_queries:
        one: dict[str, Any] = {"id": query.id, "returnData": query.return_data is not False}
        if query.label:
            one["label"] = query.label
        if query.expression:
            one["expression"] = query.expression
        else:
            stat, metric = query.metric_stat, query.metric_stat.metric
            one["metricStat"] = _metric_stat(
                metric.namespace, metric.metric_name, metric.dimensions, stat.period, stat.stat
            )
        told.append(one)
    return told


def _metric_stat(namespace: str, name: str, dimensions: Any, period: Any, stat: str) -> dict[str, Any]:
    return {
        "metric": {
            "namespace": namespace,
            "name": name,
            "dimensions": {each.name: each.value for each in dimensions},
        },
        "period": int(period),
        "stat": stat,
    }


@lru_cache(maxsize=1)
def _region_names() -> Mapping[str, str]:
    """AWS's own long names of its regions, from botocore's endpoint data."""
    data = botocore.session.get_session().get_component("data_loader").load_data("endpoints")
    return {
        name: region["description"]
        for partition in data["partitions"]
        for name, region in partition["regions"].items()
    }


def long_name(region: str) -> str:
    """`US East (N. Virginia)`, `EU (Ireland)`: alarms go on saying EU where the rest of AWS says Europe."""
    return _region_names().get(region, region).replace("Europe (", "EU (")
