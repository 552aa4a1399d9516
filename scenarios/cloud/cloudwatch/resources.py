"""AWS::CloudWatch: alarms, dashboards, metric streams.

The shapes say which properties there are; what CloudWatch refuses of them stands in `validation`.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/AWS_CloudWatch.html
"""

from collections.abc import Mapping

from scenarios.cloud.cloudformation.resources.kind import Identity, Kind, Order, Removal, made_again
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

_ACTIONS = Many(of=Text())
_DIMENSIONS = Many(of=Shape(fields={"Name": Text(), "Value": Text()}, required=("Name", "Value")))
_QUERY = Shape(
    fields={
        "AccountId": Refused(because="metrics of other accounts"),
        "Expression": Text(),
        "Id": Text(),
        "Label": Text(),
        "MetricStat": Shape(
            fields={
                "Metric": Shape(
                    fields={
                        "Dimensions": _DIMENSIONS,
                        "MetricName": Text(),
                        "Namespace": Text(),
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
        "AlarmDescription": Text(),
        "AlarmName": Text(),
        "ComparisonOperator": Text(),
        "DatapointsToAlarm": Whole(low=1),
        "Dimensions": _DIMENSIONS,
        "EvaluateLowSampleCountPercentile": Text(),
        "EvaluationPeriods": Whole(low=1),
        "ExtendedStatistic": Text(),
        "InsufficientDataActions": _ACTIONS,
        "MetricName": Text(),
        "Metrics": Many(of=_QUERY),
        "Namespace": Text(),
        "OKActions": _ACTIONS,
        "Period": Whole(low=1),
        "Statistic": Text(),
        "Tags": TAGS,
        "Threshold": Number(),
        "ThresholdMetricId": Refused(because="anomaly detection"),
        "TreatMissingData": Text(),
        "Unit": Text(),
    },
    required=("ComparisonOperator", "EvaluationPeriods", "Threshold"),
)

COMPOSITE_ALARM = Shape(
    fields={
        "ActionsEnabled": Flag(),
        "AlarmActions": _ACTIONS,
        "AlarmDescription": Text(),
        "AlarmName": Text(),
        "AlarmRule": Text(),
        "InsufficientDataActions": _ACTIONS,
        "OKActions": _ACTIONS,
        "Tags": Inert(because=TAGS.because),
        "ActionsSuppressor": Text(),
        "ActionsSuppressorExtensionPeriod": Whole(),
        "ActionsSuppressorWaitPeriod": Whole(),
    },
    required=("AlarmRule",),
)

DASHBOARD = Shape(
    fields={"DashboardBody": Text(), "DashboardName": Text(), "Tags": Inert(because=TAGS.because)},
    required=("DashboardBody",),
)

_FILTERS = Many(
    of=Shape(fields={"MetricNames": Many(of=Text()), "Namespace": Text()}, required=("Namespace",))
)
METRIC_STREAM = Shape(
    fields={
        "ExcludeFilters": _FILTERS,
        "FirehoseArn": Text(),
        "IncludeFilters": _FILTERS,
        "IncludeLinkedAccountsMetrics": Flag(),
        "Name": Text(),
        "OutputFormat": Text(),
        "RoleArn": Text(),
        "StatisticsConfigurations": Many(
            of=Shape(
                fields={
                    "AdditionalStatistics": Many(of=Text()),
                    "IncludeMetrics": Many(
                        of=Shape(
                            fields={"MetricName": Text(), "Namespace": Text()},
                            required=("MetricName", "Namespace"),
                        )
                    ),
                },
                required=("AdditionalStatistics", "IncludeMetrics"),
            )
        ),
        "Tags": Inert(because=TAGS.because),
    },
    required=("FirehoseArn", "OutputFormat", "RoleArn"),
)


def create_alarm(order: Order) -> Identity:
    """Create an alarm on one metric, or on an expression."""
    name = order.name("AlarmName", 255)
    order.client("cloudwatch").put_metric_alarm(**{**order.properties, "AlarmName": name})
    return Identity(ref=name, attributes={"Arn": order.site.arn("cloudwatch", f"alarm:{name}")})


def create_composite_alarm(order: Order) -> Identity:
    """Create an alarm on other alarms."""
    name = order.name("AlarmName", 255)
    order.client("cloudwatch").put_composite_alarm(**{**order.properties, "AlarmName": name})
    return Identity(ref=name, attributes={"Arn": order.site.arn("cloudwatch", f"alarm:{name}")})


def delete_alarm(removal: Removal) -> None:
    """Delete an alarm of either kind."""
    removal.client("cloudwatch").delete_alarms(AlarmNames=[removal.ref])


def create_dashboard(order: Order) -> Identity:
    """Create a dashboard, or put another text into it."""
    name = order.name("DashboardName", 255)
    body = order.properties["DashboardBody"]
    order.client("cloudwatch").put_dashboard(DashboardName=name, DashboardBody=body)
    return Identity(ref=name)


def delete_dashboard(removal: Removal) -> None:
    """Delete a dashboard."""
    removal.client("cloudwatch").delete_dashboards(DashboardNames=[removal.ref])


def create_metric_stream(order: Order) -> Identity:
    """Create a metric stream, or say other things of one."""
    name = order.name("Name", 255)
    arn = order.client("cloudwatch").put_metric_stream(**{**order.properties, "Name": name})["Arn"]
    return Identity(ref=name, attributes={"Arn": arn})


def delete_metric_stream(removal: Removal) -> None:
    """Delete a metric stream."""
    removal.client("cloudwatch").delete_metric_stream(Name=removal.ref)


KINDS: Mapping[str, Kind] = {
    "AWS::CloudWatch::Alarm": Kind(
        shape=ALARM, create=create_alarm, delete=delete_alarm, update=made_again(create_alarm)
    ),
    "AWS::CloudWatch::CompositeAlarm": Kind(
        shape=COMPOSITE_ALARM,
        create=create_composite_alarm,
        delete=delete_alarm,
        update=made_again(create_composite_alarm),
    ),
    "AWS::CloudWatch::Dashboard": Kind(
        shape=DASHBOARD,
        create=create_dashboard,
        delete=delete_dashboard,
        update=made_again(create_dashboard),
    ),
    "AWS::CloudWatch::MetricStream": Kind(
        shape=METRIC_STREAM,
        create=create_metric_stream,
        delete=delete_metric_stream,
        update=made_again(create_metric_stream),
    ),
}
