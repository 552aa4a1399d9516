"""Metric filters on log groups, and the alarms on what they count."""

from typing import Any

from chalicelib.alarm_path import LogAlarm
from chalicelib.remediations.failed_login import CONSOLE_FAILURES
from chalicelib.remediations.root_login import ROOT_USAGE
from chalicelib.stack.parts import Template

# Alarms that tell the topic themselves; the others wake a remediation, which tells more.
TELLING_ALARMS = (ROOT_USAGE,)
WAKING_ALARMS = (CONSOLE_FAILURES,)


def alarms() -> Template:
    """A filter and an alarm for each; those that wake nobody tell the topic."""
    resources: Template = {}
    for alarm in TELLING_ALARMS:
        resources |= _alarm(alarm, actions=[{"Ref": "AlertTopic"}])
    for alarm in WAKING_ALARMS:
        resources |= _alarm(alarm, actions=[])
    return resources


def _alarm(alarm: LogAlarm, actions: list[Any]) -> Template:
    namespace = {"Fn::Sub": alarm.namespace}
    told = {"AlarmActions": actions} if actions else {}
    return {
        f"{alarm.name}Filter": {
            "Type": "AWS::Logs::MetricFilter",
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
            "Properties": {
                "AlarmDescription": alarm.description,
                "MetricName": alarm.metric,
                "Namespace": namespace,
                "Statistic": "Sum",
                "Period": alarm.period_seconds,
                "EvaluationPeriods": 1,
                "Threshold": alarm.threshold,
                "ComparisonOperator": "GreaterThanOrEqualToThreshold",
                "TreatMissingData": "notBreaching",
                **told,
            },
        },
    }
