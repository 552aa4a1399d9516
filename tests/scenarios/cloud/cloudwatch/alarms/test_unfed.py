"""An alarm on a metric that nothing here emits is told once, and answered by whoever puts the metric."""

import pytest

from tests.scenarios.cloud.small_worlds import admin, noted, queue, world

UNFED = {
    "AlarmName": "unhealthy",
    "Namespace": "AWS/ELB",
    "MetricName": "UnHealthyHostCount",
    "Dimensions": [{"Name": "LoadBalancerName", "Value": "web"}],
    "Statistic": "Maximum",
    "Period": 60,
    "EvaluationPeriods": 1,
    "Threshold": 1,
    "ComparisonOperator": "GreaterThanOrEqualToThreshold",
}
FED = {
    **UNFED,
    "AlarmName": "errors",
    "Namespace": "AWS/Lambda",
    "MetricName": "Errors",
    "Dimensions": [{"Name": "FunctionName", "Value": "look"}],
}
SAID = (
    "the alarm unhealthy watches AWS/ELB UnHealthyHostCount by LoadBalancerName, "
    "which the simulated AWS never emits"
)


def alarms(*several):
    return {
        f"Alarm{number}": {"Type": "AWS::CloudWatch::Alarm", "Properties": each}
        for number, each in enumerate(several)
    }


def test_an_alarm_of_the_stack_is_told_once():
    with world(alarms(UNFED, FED)) as cloud:
        admin(cloud, "cloudwatch").put_metric_alarm(**UNFED)
        cloud.run(600)

        assert noted(cloud, "no data") == [SAID]
        assert [str(each) for each in cloud.never_emitted()] == [SAID]


@pytest.mark.parametrize(
    "given",
    [
        pytest.param({"Dimensions": [{"Name": "Function", "Value": "look"}]}, id="a dimension is wrong"),
        pytest.param({"MetricName": "Error"}, id="a metric's name is wrong"),
        pytest.param({"Namespace": "AWS/lambda"}, id="a namespace is wrong"),
    ],
)
def test_a_slip_of_the_pen_is_such_an_alarm_too(given):
    with world(queue()) as cloud:
        admin(cloud, "cloudwatch").put_metric_alarm(**{**FED, **given})

        assert [each.name for each in cloud.never_emitted()] == ["errors"]


def test_ones_own_namespace_is_ones_own_business():
    with world(alarms({**UNFED, "Namespace": "App"})) as cloud:
        assert cloud.never_emitted() == ()


def test_metric_math_is_looked_through():
    stat = {"Metric": {key: UNFED[key] for key in ("Namespace", "MetricName", "Dimensions")}}
    given = {
        key: value for key, value in UNFED.items() if key not in {*stat["Metric"], "Statistic", "Period"}
    }
    queries = [
        {"Id": "m", "MetricStat": {**stat, "Period": 60, "Stat": "Sum"}, "ReturnData": False},
        {"Id": "e", "Expression": "m * 2", "ReturnData": True},
    ]
    with world(queue()) as cloud:
        admin(cloud, "cloudwatch").put_metric_alarm(**given, Metrics=queries)

        assert noted(cloud, "no data") == [SAID]


def test_a_state_set_by_hand_answers_for_the_alarm():
    with world(alarms(UNFED)) as cloud:
        client = admin(cloud, "cloudwatch")
        client.set_alarm_state(AlarmName="unhealthy", StateValue="ALARM", StateReason="a drill")

        assert cloud.never_emitted() == ()
