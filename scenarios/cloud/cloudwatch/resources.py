"""AWS::CloudWatch: alarms.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/AWS_CloudWatch.html
"""

from collections.abc import Mapping
from typing import Any

from scenarios.cloud.alarm_rules import CompositeRule, InvalidAlarmRule
from scenarios.cloud.cloudformation.resources.kind import Identity, Kind, Order
from scenarios.cloud.cloudformation.resources.shapes import (
    TAGS,
    Flag,
    Inert,
    Many,
    Number,
    Refused,
    Shape,
    Text,
    Whole,
)

_ACTION = (
    r"arn:aws[a-z-]*:(?:(?:sns|lambda|ssm|swf|autoscaling):[a-z0-9-]*:\d{12}:\S+"
    r"|automate:[a-z0-9-]+:ec2:\w+)"
)
_ACTIONS = Many(of=Text(pattern=_ACTION), most=5)
_COMPARISONS = (
    "GreaterThanOrEqualToThreshold",
    "GreaterThanThreshold",
    "LessThanOrEqualToThreshold",
    "LessThanThreshold",
)

_DIMENSIONS = Many(
    of=Shape(fields={"Name": Text(longest=255), "Value": Text(longest=1024)}, required=("Name", "Value")),
    most=30,
)
_QUERY = Shape(
    fields={
        "AccountId": Refused(because="metrics of other accounts"),
        "Expression": Text(longest=2048),
        "Id": Text(pattern=r"[a-z][a-zA-Z0-9_]{0,254}"),
        "Label": Text(),
        "MetricStat": Shape(
            fields={
                "Metric": Shape(
                    fields={
                        "Dimensions": _DIMENSIONS,
                        "MetricName": Text(longest=255),
                        "Namespace": Text(pattern=r"[^:].{0,254}"),
                    },
                    required=("MetricName", "Namespace"),
                ),
                "Period": Whole(low=1),
                "Stat": Text(),
                "Unit": Text(),
            },
            required=("Metric", "Period", "Stat"),
        ),
        "Period": Whole(low=1),
        "ReturnData": Flag(),
    },
    required=("Id",),
)

ALARM = Shape(
    fields={
        "ActionsEnabled": Flag(),
        "AlarmActions": _ACTIONS,
        "AlarmDescription": Text(longest=1024),
        "AlarmName": Text(longest=255),
        "ComparisonOperator": Text(choices=_COMPARISONS),
        "DatapointsToAlarm": Whole(low=1),
        "Dimensions": _DIMENSIONS,
        "EvaluateLowSampleCountPercentile": Text(choices=("evaluate", "ignore")),
        "EvaluationPeriods": Whole(low=1),
        "ExtendedStatistic": Text(pattern=r"p\d{1,3}(\.\d{1,10})?"),
        "InsufficientDataActions": _ACTIONS,
        "MetricName": Text(longest=255),
        "Metrics": Many(of=_QUERY, most=20),
        "Namespace": Text(pattern=r"[^:].{0,254}"),
        "OKActions": _ACTIONS,
        "Period": Whole(low=10),
        "Statistic": Text(choices=("Average", "Maximum", "Minimum", "SampleCount", "Sum")),
        "Tags": TAGS,
        "Threshold": Number(),
        "ThresholdMetricId": Refused(because="anomaly detection"),
        "TreatMissingData": Text(choices=("breaching", "ignore", "missing", "notBreaching")),
        "Unit": Text(),
    },
    required=("ComparisonOperator", "EvaluationPeriods", "Threshold"),
)

COMPOSITE_ALARM = Shape(
    fields={
        "ActionsEnabled": Flag(),
        "AlarmActions": _ACTIONS,
        "AlarmDescription": Text(longest=1024),
        "AlarmName": Text(longest=255),
        "AlarmRule": Text(longest=10240),
        "InsufficientDataActions": _ACTIONS,
        "OKActions": _ACTIONS,
        "Tags": Inert(because=TAGS.because),
        "ActionsSuppressor": Text(longest=1600),
        "ActionsSuppressorExtensionPeriod": Whole(),
        "ActionsSuppressorWaitPeriod": Whole(),
    },
    required=("AlarmRule",),
)


def create_alarm(order: Order) -> Identity:
    """Create an alarm on one metric, or on an expression; periods are those of PutMetricAlarm."""
    properties = dict(order.properties)
    name = order.name("AlarmName", 255)
    period, periods = _period(order, properties), properties["EvaluationPeriods"]
    if period not in (10, 20, 30) and period % 60:
        raise order.refuse("Period", "The period must be 10, 20, 30 or a multiple of 60 seconds")
    week = 604_800
    if period * periods > (week if period >= 3600 else 86_400):
        raise order.refuse(
            "EvaluationPeriods", "Metrics cannot be checked across more than a day, or a week by the hour"
        )
    if properties.get("DatapointsToAlarm", periods) > periods:
        raise order.refuse("DatapointsToAlarm", "at most as many as EvaluationPeriods")
    order.client("cloudwatch").put_metric_alarm(**{**properties, "AlarmName": name})
    return Identity(ref=name, attributes={"Arn": order.site.arn("cloudwatch", f"alarm:{name}")})


def _period(order: Order, properties: Mapping[str, Any]) -> int:
    """The period of the metric, or of the metrics that an expression is made of."""
    if "Metrics" in properties:
        periods = [query["MetricStat"]["Period"] for query in properties["Metrics"] if "MetricStat" in query]
        periods += [query["Period"] for query in properties["Metrics"] if "Period" in query]
        if not periods:
            raise order.refuse("Metrics", "an expression without metrics names its period")
        return int(max(periods))
    for name in ("MetricName", "Namespace", "Period"):
        if name not in properties:
            raise order.refuse(name, "is missing")
    if ("Statistic" in properties) == ("ExtendedStatistic" in properties):
        raise order.refuse("Statistic", "either Statistic or ExtendedStatistic is given")
    return int(properties["Period"])


def create_composite_alarm(order: Order) -> Identity:
    """Create an alarm on other alarms; its rule must be one."""
    name = order.name("AlarmName", 255)
    try:
        CompositeRule(order.properties["AlarmRule"])
    except InvalidAlarmRule as error:
        raise order.refuse("AlarmRule", str(error)) from error
    order.client("cloudwatch").put_composite_alarm(**{**order.properties, "AlarmName": name})
    return Identity(ref=name, attributes={"Arn": order.site.arn("cloudwatch", f"alarm:{name}")})


KINDS: Mapping[str, Kind] = {
    "AWS::CloudWatch::Alarm": Kind(shape=ALARM, create=create_alarm),
    "AWS::CloudWatch::CompositeAlarm": Kind(shape=COMPOSITE_ALARM, create=create_composite_alarm),
}
