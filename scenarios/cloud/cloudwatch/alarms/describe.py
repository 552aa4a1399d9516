"""What DescribeAlarms and DescribeAlarmsForMetric answer.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from scenarios.cloud.asked import Asked
from scenarios.cloud.cloudwatch.alarms.composites import children, dependants
from scenarios.cloud.cloudwatch.alarms.telling import Suppression
from scenarios.cloud.kernel.errors import Refused
from scenarios.cloud.kernel.paging import of_alarms
from scenarios.cloud.setting import Setting

PAGING = of_alarms(default=50)
_RELATED = {"ChildrenOfAlarmName", "ParentsOfAlarmName"}


def describe_alarms(
    alarms: Iterable[Any], asked: Mapping[str, Any], held: Callable[[Any], Suppression | None]
) -> dict[str, Any]:
    """Metric alarms, and composite ones where AlarmTypes asks for them; by name, a page at a time.

    `held`: what holds a composite's actions back at present.
    """
    known = {each.name: each for each in alarms}
    if related := _RELATED & asked.keys():
        return _related(known, asked, related)
    if asked.get("AlarmNames") and asked.get("AlarmNamePrefix"):
        raise Refused("ValidationError", "AlarmNames and AlarmNamePrefix exclude each other")
    types = asked.get("AlarmTypes") or ["MetricAlarm"]
    found = sorted(
        (each for each in known.values() if kind_of(each) in types and _wanted(each, asked)),
        key=lambda each: each.name,
    )
    page, more = PAGING.page(found, asked)
    return {
        "MetricAlarms": [_metric_alarm(each) for each in page if each.rule is None],
        "CompositeAlarms": [_composite_alarm(each, held(each)) for each in page if each.rule is not None],
        **more,
    }


def told_kinds(setting: Setting, asked: Asked) -> frozenset[str]:
    """The kinds of alarms that a caller is told of; composites only under a permission for all resources.

    That is written of DescribeAlarms and of DescribeAlarmHistory; that both leave them out silently is not.
    """
    action = f"cloudwatch:{asked.operation}"
    allowed = setting.identity.judge(asked.caller, action, "*").allowed
    return frozenset(("MetricAlarm", "CompositeAlarm") if allowed else ("MetricAlarm",))


def describe_alarms_for_metric(alarms: Iterable[Any], asked: Mapping[str, Any]) -> dict[str, Any]:
    """The alarms on exactly this metric, all its dimensions given; those over metric math are not among them.

    Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarmsForMetric.html
    """
    dimensions = {each["Name"]: each["Value"] for each in asked.get("Dimensions", ())}
    told = (_metric_alarm(each) for each in alarms if each.rule is None and not each.metric_data_queries)
    wanted = ("MetricName", "Namespace", "Statistic", "ExtendedStatistic", "Period", "Unit")
    found = [
        each
        for each in told
        if {one["Name"]: one["Value"] for one in each["Dimensions"]} == dimensions
        and all(each.get(name) == asked[name] for name in wanted if name in asked)
    ]
    return {"MetricAlarms": sorted(found, key=lambda each: str(each["AlarmName"]))}


def _related(known: Mapping[str, Any], asked: Mapping[str, Any], related: set[str]) -> dict[str, Any]:
    """The children of a composite, or the composites above an alarm: little is told of them."""
    if len(related) > 1 or asked.keys() - related - {"MaxRecords", "NextToken"}:
        raise Refused("ValidationError", f"{min(related)} excludes all but MaxRecords and NextToken")
    (kind,) = related
    of = known.get(asked[kind])
    if kind == "ChildrenOfAlarmName":
        names = children(of) if of is not None else []
    else:
        names = dependants(known.values(), asked[kind])
    page, more = PAGING.page([known[name] for name in sorted(names)], asked)
    told: dict[str, list[dict[str, Any]]] = {"MetricAlarms": [], "CompositeAlarms": []}
    for each in page:
        state = {
            "StateValue": each.state_value,
            "StateUpdatedTimestamp": _aware(each.state_updated_timestamp),
        }
        told[f"{kind_of(each)}s"].append(
            {
                "AlarmName": each.name,
                "AlarmArn": each.alarm_arn,
                **(state if kind == "ChildrenOfAlarmName" else {}),
            }
        )
    return {**told, **more}


def kind_of(alarm: Any) -> str:
    """What AlarmTypes calls it."""
    return "MetricAlarm" if alarm.rule is None else "CompositeAlarm"


def _wanted(alarm: Any, asked: Mapping[str, Any]) -> bool:
    actions = (*(alarm.alarm_actions or ()), *alarm.ok_actions, *alarm.insufficient_data_actions)
    return (
        (not asked.get("AlarmNames") or alarm.name in asked["AlarmNames"])
        and alarm.name.startswith(asked.get("AlarmNamePrefix", ""))
        and asked.get("StateValue", alarm.state_value) == alarm.state_value
        and any(action.startswith(asked.get("ActionPrefix", "")) for action in actions or ("",))
    )


def _common(alarm: Any) -> dict[str, Any]:
    return _given(
        AlarmName=alarm.name,
        AlarmArn=alarm.alarm_arn,
        AlarmDescription=alarm.description,
        AlarmConfigurationUpdatedTimestamp=_aware(alarm.configuration_updated_timestamp),
        ActionsEnabled=alarm.actions_enabled,
        OKActions=list(alarm.ok_actions),
        AlarmActions=list(alarm.alarm_actions or ()),
        InsufficientDataActions=list(alarm.insufficient_data_actions),
        StateValue=alarm.state_value,
        StateReason=alarm.state_reason,
        StateReasonData=alarm.state_reason_data if alarm.state_reason_data != "{}" else None,
        StateUpdatedTimestamp=_aware(alarm.state_updated_timestamp),
        StateTransitionedTimestamp=_aware(alarm.state_updated_timestamp),
    )


def _metric_alarm(alarm: Any) -> dict[str, Any]:
    condition = _given(
        EvaluationPeriods=int(alarm.evaluation_periods),
        DatapointsToAlarm=int(alarm.datapoints_to_alarm) if alarm.datapoints_to_alarm else None,
        Threshold=float(alarm.threshold) if alarm.threshold is not None else None,
        ComparisonOperator=alarm.comparison_operator,
        TreatMissingData=alarm.treat_missing_data,
        EvaluateLowSampleCountPercentile=alarm.evaluate_low_sample_count_percentile,
    )
    if alarm.metric_data_queries:
        return {
            **_common(alarm),
            **condition,
            "Metrics": [_query(each) for each in alarm.metric_data_queries],
        }
    metric = _given(
        MetricName=alarm.metric_name,
        Namespace=alarm.namespace,
        Statistic=alarm.statistic,
        ExtendedStatistic=alarm.extended_statistic,
        Dimensions=[{"Name": each.name, "Value": each.value} for each in alarm.dimensions],
        Period=int(alarm.period),
        Unit=alarm.unit,
    )
    return {**_common(alarm), **condition, **metric}


def _query(query: Any) -> dict[str, Any]:
    stat = query.metric_stat
    told = _given(
        Id=query.id,
        Label=query.label,
        Expression=query.expression,
        ReturnData=query.return_data is not False,
        Period=int(query.period) if query.period else None,
    )
    if not stat:
        return told
    metric = {
        "Namespace": stat.metric.namespace,
        "MetricName": stat.metric.metric_name,
        "Dimensions": [{"Name": each.name, "Value": each.value} for each in stat.metric.dimensions],
    }
    return {
        **told,
        "MetricStat": _given(Metric=metric, Period=int(stat.period), Stat=stat.stat, Unit=stat.unit),
    }


def _composite_alarm(alarm: Any, held: Suppression | None) -> dict[str, Any]:
    suppressor = (
        {
            "ActionsSuppressor": alarm.actions_suppressor,
            "ActionsSuppressorWaitPeriod": alarm.actions_suppressor_wait_period,
            "ActionsSuppressorExtensionPeriod": alarm.actions_suppressor_extension_period,
        }
        if alarm.actions_suppressor
        else {}
    )
    waiting = {"ActionsSuppressedBy": held.by, "ActionsSuppressedReason": held.reason} if held else {}
    return {**_common(alarm), "AlarmRule": alarm.rule, **suppressor, **waiting}


def _given(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _aware(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
