"""Alarms in time: how they begin, when they are evaluated, what they tell and whom."""

import json
from datetime import timedelta

import pytest
from botocore.exceptions import ClientError

from scenarios.cloud.deployment import ACCOUNT, START
from tests.scenarios.cloud.small_worlds import HOME, admin, arn, heard, noted, queue, rule, topic, world

ALARM_ARN = arn("cloudwatch", "alarm:many-guesses")


def alarm(**properties):
    given = {
        "AlarmName": "many-guesses",
        "Namespace": "tw",
        "MetricName": "guesses",
        "Statistic": "Sum",
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 3,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "TreatMissingData": "notBreaching",
        "AlarmActions": [{"Ref": "Alerts"}],
    }
    return {"Alarm": {"Type": "AWS::CloudWatch::Alarm", "Properties": given | properties}}


WATCHED = {**topic("cloudwatch"), **alarm()}
HEARD = {**queue(), **rule(pattern={"source": ["aws.cloudwatch"]})}


def put(world, value=5, at=None):
    admin(world, "cloudwatch").put_metric_data(
        Namespace="tw",
        MetricData=[{"MetricName": "guesses", "Value": value, "Timestamp": at or world.clock.now}],
    )


def states(world):
    return [(change.before, change.after) for change in world.cloudwatch.changes]


def state(world):
    (found,) = admin(world, "cloudwatch").describe_alarms()["MetricAlarms"]
    return found["StateValue"]


# ---- evaluation ---------------------------------------------------------------------------------


def test_an_alarm_begins_without_data_whatever_it_makes_of_missing_data():
    with world(WATCHED) as cloud:
        (found,) = admin(cloud, "cloudwatch").describe_alarms()["MetricAlarms"]

        assert found["StateValue"] == "INSUFFICIENT_DATA"
        assert found["StateReason"] == "Unchecked: Initial alarm creation"
        cloud.run(120)
        assert state(cloud) == "OK"


def test_an_alarm_put_later_begins_without_data_too():
    with world(WATCHED) as cloud:
        admin(cloud, "cloudwatch").put_metric_alarm(
            AlarmName="later",
            Namespace="tw",
            MetricName="other",
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=1,
            ComparisonOperator="GreaterThanThreshold",
        )
        found = admin(cloud, "cloudwatch").describe_alarms(AlarmNames=["later"])["MetricAlarms"]

        assert found[0]["StateValue"] == "INSUFFICIENT_DATA"


def test_changing_an_alarm_keeps_its_state():
    with world(WATCHED) as cloud:
        put(cloud)
        cloud.run(90)
        before = state(cloud)
        admin(cloud, "cloudwatch").put_metric_alarm(
            AlarmName="many-guesses",
            AlarmDescription="changed",
            Namespace="tw",
            MetricName="guesses",
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=3,
            ComparisonOperator="GreaterThanOrEqualToThreshold",
            TreatMissingData="notBreaching",
        )

        assert (before, state(cloud)) == ("ALARM", "ALARM")


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        pytest.param([2], "OK", id="below"),
        pytest.param([3], "ALARM", id="at the threshold"),
        pytest.param([1, 2], "ALARM", id="summed within the minute"),
        pytest.param([], "OK", id="nothing, which does not breach"),
    ],
)
def test_an_alarm_judges_each_minute(values, expected):
    with world(WATCHED) as cloud:
        for value in values:
            put(cloud, value)
        cloud.run(80)

        assert state(cloud) == expected


def test_an_alarm_speaks_within_a_minute_and_a_half_and_then_goes_back():
    with world(WATCHED) as cloud:
        cloud.run(60)
        put(cloud)
        cloud.run(10 * 60)

        (first, second, third) = cloud.cloudwatch.changes
        assert [change.after for change in (first, second, third)] == ["OK", "ALARM", "OK"]
        assert second.at - START <= timedelta(seconds=60 + 90)
        assert states(cloud)[-1] == ("ALARM", "OK")


def test_a_longer_period_slides_by_the_minute():
    with world({**topic("cloudwatch"), **alarm(Period=300)}) as cloud:
        cloud.run(4 * 60)
        for _ in range(3):
            put(cloud, 1)
            cloud.run(60)
        cloud.run(15)

        assert ("OK", "ALARM") in states(cloud)


def test_a_datapoint_that_comes_late_still_counts():
    with world(WATCHED) as cloud:
        cloud.run(150)
        put(cloud, at=START + timedelta(seconds=70))
        cloud.run(60)

        assert states(cloud)[-1] == ("OK", "ALARM")


def test_a_datapoint_that_comes_too_late_does_not():
    with world(WATCHED) as cloud:
        cloud.run(600)
        put(cloud, at=START + timedelta(seconds=70))
        cloud.run(60)

        assert states(cloud) == [("INSUFFICIENT_DATA", "OK")]


def test_an_alarm_hears_only_its_own_metric_and_dimensions():
    dimensions = [{"Name": "host", "Value": "a"}]
    with world({**topic("cloudwatch"), **alarm(Dimensions=dimensions)}) as cloud:
        put(cloud)
        cloud.run(90)
        without = state(cloud)
        admin(cloud, "cloudwatch").put_metric_data(
            Namespace="tw", MetricData=[{"MetricName": "guesses", "Value": 5, "Dimensions": dimensions}]
        )
        cloud.run(90)

        assert (without, state(cloud)) == ("OK", "ALARM")


# ---- actions ------------------------------------------------------------------------------------


def test_an_alarm_sends_aws_own_message():
    with world({**topic("cloudwatch"), **alarm(AlarmDescription="somebody guesses")}) as cloud:
        put(cloud)
        cloud.run(90)

        (message,) = cloud.topics.inbox
        assert message.subject == 'ALARM: "many-guesses" in US East (N. Virginia)'
        assert message.sender == "cloudwatch.amazonaws.com"
        body = json.loads(message.text)
        assert body.pop("NewStateReason").startswith(
            "Threshold Crossed: 1 datapoint [5.0 (02/03/26 03:00:00)]"
        )
        assert body.pop("AlarmConfigurationUpdatedTimestamp").endswith("+0000")
        assert body == {
            "AlarmName": "many-guesses",
            "AlarmDescription": "somebody guesses",
            "AWSAccountId": ACCOUNT,
            "NewStateValue": "ALARM",
            "StateChangeTime": "2026-03-02T03:01:15.000+0000",
            "Region": "US East (N. Virginia)",
            "AlarmArn": ALARM_ARN,
            "OldStateValue": "INSUFFICIENT_DATA",
            "OKActions": [],
            "AlarmActions": [arn("sns", "Alerts")],
            "InsufficientDataActions": [],
            "Trigger": {
                "MetricName": "guesses",
                "Namespace": "tw",
                "StatisticType": "Statistic",
                "Statistic": "SUM",
                "Unit": None,
                "Dimensions": [],
                "Period": 60,
                "EvaluationPeriods": 1,
                "ComparisonOperator": "GreaterThanOrEqualToThreshold",
                "Threshold": 3.0,
                "TreatMissingData": "notBreaching",
                "EvaluateLowSampleCountPercentile": "",
            },
        }


@pytest.mark.parametrize(
    ("actions", "mails"),
    [
        pytest.param({"AlarmActions": [{"Ref": "Alerts"}]}, ["ALARM"], id="when it alarms"),
        pytest.param({"OKActions": [{"Ref": "Alerts"}], "AlarmActions": []}, ["OK"], id="when it is well"),
        pytest.param({"ActionsEnabled": False}, [], id="switched off"),
    ],
)
def test_actions_run_on_the_change_they_are_for(actions, mails):
    with world({**topic("cloudwatch"), **alarm(**actions)}) as cloud:
        put(cloud)
        cloud.run(600)

        assert [message.subject.partition(":")[0] for message in cloud.topics.inbox] == mails
        assert len(cloud.cloudwatch.changes) == 2


def test_an_alarm_that_may_not_publish_is_lost_and_says_so():
    with world({**topic("events"), **alarm()}) as cloud:
        put(cloud)
        cloud.run(90)

        assert cloud.topics.inbox == []
        assert any("many-guesses could not reach" in words for words in noted(cloud, "lost"))


# ---- set by hand --------------------------------------------------------------------------------


def test_a_state_set_by_hand_acts_like_a_change_and_lasts_until_the_next_evaluation():
    with world({**WATCHED}) as cloud:
        cloud.run(90)
        cloudwatch = admin(cloud, "cloudwatch")
        cloudwatch.set_alarm_state(AlarmName="many-guesses", StateValue="ALARM", StateReason="a drill")
        mails = len(cloud.topics.inbox)
        cloud.run(60)

        assert mails == 1
        assert states(cloud)[1:] == [("OK", "ALARM"), ("ALARM", "OK")]


def test_setting_the_state_it_has_does_nothing():
    with world(WATCHED) as cloud:
        cloud.run(90)
        admin(cloud, "cloudwatch").set_alarm_state(
            AlarmName="many-guesses", StateValue="OK", StateReason="a drill"
        )

        assert states(cloud) == [("INSUFFICIENT_DATA", "OK")]


def test_an_alarm_that_is_not_there_cannot_be_set():
    with world(WATCHED) as cloud, pytest.raises(ClientError, match="ResourceNotFound"):
        admin(cloud, "cloudwatch").set_alarm_state(AlarmName="x", StateValue="OK", StateReason="y")


# ---- the event ----------------------------------------------------------------------------------


def test_a_change_is_an_event_on_the_bus():
    with world({**WATCHED, **HEARD}) as cloud:
        put(cloud)
        cloud.run(90)

        (event,) = heard(cloud)
        assert event["detail-type"] == "CloudWatch Alarm State Change"
        assert event["source"] == "aws.cloudwatch"
        assert event["region"] == HOME
        assert event["resources"] == [ALARM_ARN]
        detail = event["detail"]
        assert detail["alarmName"] == "many-guesses"
        assert detail["state"]["value"] == "ALARM"
        assert detail["previousState"]["value"] == "INSUFFICIENT_DATA"
        assert detail["configuration"]["metrics"] == [
            {
                "id": "m1",
                "metricStat": {
                    "metric": {"namespace": "tw", "name": "guesses", "dimensions": {}},
                    "period": 60,
                    "stat": "Sum",
                },
                "returnData": True,
            }
        ]


def test_a_change_is_an_event_whether_actions_are_on_or_not():
    with world({**topic("cloudwatch"), **alarm(ActionsEnabled=False), **HEARD}) as cloud:
        put(cloud)
        cloud.run(90)

        assert len(heard(cloud)) == 1


# ---- limits -------------------------------------------------------------------------------------


def test_a_metric_that_aws_refuses_is_refused():
    with world(WATCHED) as cloud, pytest.raises(ClientError, match="InvalidParameterValue"):
        put(cloud, at=START - timedelta(days=15))
