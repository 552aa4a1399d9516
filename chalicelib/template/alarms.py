"""Metric filters on log groups, and the alarms on what they count."""

from typing import Any

from chalicelib.remediation import LogAlarm
from chalicelib.remediations.cis_alarms.controls import CIS_CONTROLS
from chalicelib.remediations.error_burst import ERROR_BURST
from chalicelib.remediations.failed_login import CONSOLE_FAILURES
from chalicelib.template.keeping import told_by_alarms
from chalicelib.template.parts import Template

# Told to the alert topic as well, by CloudWatch itself: what silences our functions does not silence this.
TOLD_TWICE = ("RootUsage",)


def alarms() -> Template:
    """A filter and an alarm for each, and the topic that the benchmark's alarms tell.

    Security Hub asks of those that their topic has a subscriber; it has cis_alarms. An alarm without actions
    wakes its remediation by a rule.
    """
    resources = told_by_alarms("CisTopic")
    for control in CIS_CONTROLS:
        topics = ["CisTopic", *(["AlertTopic"] if control.name in TOLD_TWICE else [])]
        resources |= _alarm(control.alarm, actions=[{"Ref": topic} for topic in topics])
    for alarm in (CONSOLE_FAILURES, ERROR_BURST):
        resources |= _alarm(alarm, actions=[])
    return resources


def _alarm(alarm: LogAlarm, actions: list[Any]) -> Template:
    namespace = {"Fn::Sub": alarm.namespace}
    told = {"AlarmActions": actions} if actions else {}
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
                **told,
            },
        },
    }
