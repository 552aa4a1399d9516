"""Metric filters on log groups, and the alarms on what they count."""

from collections.abc import Iterable

from chalicelib.stack import LogAlarm
from chalicelib.template.parts import Template, union


def alarms(declared: Iterable[LogAlarm]) -> Template:
    """A filter and an alarm for each."""
    return union(*(_alarm(each) for each in declared))


def _alarm(alarm: LogAlarm) -> Template:
    namespace = {"Fn::Sub": alarm.namespace}
    notified = {"AlarmActions": alarm.notifies, "OKActions": alarm.tells_its_end}
    given = {name: [{"Ref": topic} for topic in topics] for name, topics in notified.items() if topics}
    named = {"AlarmName": {"Fn::Sub": alarm.alarm_name}} if alarm.alarm_name else {}
    where = {"Condition": alarm.condition} if alarm.condition else {}
    return {
        f"{alarm.name}Filter": {
            "Type": "AWS::Logs::MetricFilter",
            **where,
            "Properties": {
                "LogGroupName": alarm.log_group,
                "FilterPattern": alarm.pattern,
                "MetricTransformations": [
                    {"MetricName": alarm.metric, "MetricNamespace": namespace, "MetricValue": "1"}
                ],
            },
        },
        f"{alarm.name}Alarm": {
            "Type": "AWS::CloudWatch::Alarm",
            **where,
            "Properties": {
                **named,
                "AlarmDescription": alarm.description,
                "MetricName": alarm.metric,
                "Namespace": namespace,
                "Statistic": "Sum",
                "Period": alarm.period_seconds,
                "EvaluationPeriods": 1,
                "Threshold": alarm.threshold,
                "ComparisonOperator": "GreaterThanOrEqualToThreshold",
                "TreatMissingData": "notBreaching",
                **given,
            },
        },
    }
