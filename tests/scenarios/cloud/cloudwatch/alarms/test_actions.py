"""What alarms do: when each list of actions runs, topics, functions, and what of it fails."""

import json

import pytest

from scenarios.cloud.deployment import ACCOUNT
from scenarios.cloud.kernel.errors import NotSimulated
from tests.scenarios.cloud.cloudtrail.trail_worlds import EVERYBODY
from tests.scenarios.cloud.cloudwatch.alarms.action_worlds import history, put
from tests.scenarios.cloud.cloudwatch.alarms.composite_worlds import (
    become,
    combine,
    described,
    state,
    watching,
)
from tests.scenarios.cloud.small_worlds import (
    HOME,
    admin,
    arn,
    arrived,
    bucket,
    document,
    function,
    noted,
    permission,
    topic,
    world,
)

LOOK = arn("lambda", "function:look")
BY_ALARMS = permission("alarms", Principal="lambda.alarms.cloudwatch.amazonaws.com")


# ---- when ---------------------------------------------------------------------------------------


TO_TOPICS = {
    "AlarmActions": [arn("sns", "Alerts")],
    "OKActions": [arn("sns", "Calm")],
    "InsufficientDataActions": [arn("sns", "Blind")],
}
TOPICS = {
    key: value
    for name in ("Alerts", "Calm", "Blind")
    for key, value in topic("cloudwatch", name=name).items()
}


def told(cloud):
    """Which topic was told of which state, in order."""
    return [
        (message.topic_arn.rpartition(":")[2], message.subject.partition(":")[0])
        for message in cloud.topics.inbox
    ]


@pytest.mark.slow
def test_each_list_of_actions_runs_on_its_own_change_and_not_while_the_state_stays():
    with world(TOPICS) as cloud:
        put(cloud, **TO_TOPICS)
        for state in ("ALARM", "ALARM", "OK", "OK", "INSUFFICIENT_DATA", "INSUFFICIENT_DATA", "ALARM"):
            become(cloud, "idle", state)

        assert told(cloud) == [
            ("Alerts", "ALARM"),
            ("Calm", "OK"),
            ("Blind", "INSUFFICIENT_DATA"),
            ("Alerts", "ALARM"),
        ]


def test_actions_can_be_switched_off_and_on_again():
    with world(TOPICS) as cloud:
        put(cloud, **TO_TOPICS)
        cloudwatch = admin(cloud, "cloudwatch")
        cloudwatch.disable_alarm_actions(AlarmNames=["idle"])
        become(cloud, "idle", "ALARM")
        off = told(cloud), history(cloud)
        cloudwatch.enable_alarm_actions(AlarmNames=["idle"])
        on = told(cloud)
        become(cloud, "idle", "OK")

        assert (off, on) == (([], []), [])
        assert told(cloud) == [("Calm", "OK")]


@pytest.mark.parametrize(
    "switch",
    [
        pytest.param("put", id="as it was put"),
        pytest.param("disable", id="afterwards"),
    ],
)
def test_a_composite_whose_actions_are_off_changes_and_does_nothing(switch):
    with watching() as cloud:
        combine(cloud, ActionsEnabled=switch != "put")
        if switch == "disable":
            admin(cloud, "cloudwatch").disable_alarm_actions(AlarmNames=["pressure"])
        before = len(cloud.topics.inbox)
        become(cloud, "cpu", "ALARM")
        become(cloud, "disk", "ALARM")

        assert (state(cloud), described(cloud)["ActionsEnabled"]) == ("ALARM", False)
        assert len(cloud.topics.inbox) == before


def test_an_action_that_fails_stops_no_other_and_shows_in_the_history():
    with world(TOPICS) as cloud:
        gone, alerts = arn("sns", "gone"), arn("sns", "Alerts")
        put(cloud, gone, alerts)
        become(cloud, "idle", "ALARM")

        assert told(cloud) == [("Alerts", "ALARM")]
        assert history(cloud) == [
            f"Failed to execute action {gone}",
            f"Successfully executed action {alerts}",
        ]
        assert any(gone in words for words in noted(cloud, "lost"))


KEY = {"Key": {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": document(EVERYBODY)}}}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("resources", "why"),
    [
        pytest.param(topic("events"), "NO_PERMISSIONS", id="the topic lets in another service"),
        pytest.param(
            {**KEY, **topic("cloudwatch", key="Key")},
            "KMS_ACCESS_DENIED",
            id="the topic's key is not CloudWatch's",
        ),
        pytest.param(bucket(), "NO_RESOURCE", id="no topic"),
    ],
)
def test_a_topic_that_does_not_let_the_alarm_in_is_told_nothing_and_that_is_told(resources, why):
    with world(resources) as cloud:
        put(cloud, arn("sns", "Alerts"))
        become(cloud, "idle", "ALARM")

        asked = {"AlarmName": "idle", "HistoryItemType": "Action"}
        (item,) = admin(cloud, "cloudwatch").describe_alarm_history(**asked)["AlarmHistoryItems"]
        data = json.loads(item["HistoryData"])
        assert item["HistorySummary"] == f"Failed to execute action {arn('sns', 'Alerts')}"
        assert (data["actionState"], data["notificationResource"]) == ("Failed", arn("sns", "Alerts"))
        assert (data["error"], told(cloud)) == (why, [])


# ---- functions ----------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_function_is_invoked_with_the_alarm_its_state_and_the_one_before():
    with world({**function(), **BY_ALARMS}) as cloud:
        put(cloud, LOOK, instance="i-1", AlarmDescription="idle host")
        become(cloud, "idle", "ALARM")
        cloud.run(5)

        (event,) = arrived(cloud)
        data = event.pop("alarmData")
        assert event == {
            "source": "aws.cloudwatch",
            "alarmArn": arn("cloudwatch", "alarm:idle"),
            "accountId": ACCOUNT,
            "time": "2026-03-02T03:00:00.000+0000",
            "region": HOME,
        }
        assert (data["alarmName"], data["configuration"]["description"]) == ("idle", "idle host")
        assert data["state"] == {
            "value": "ALARM",
            "reason": "rehearsal",
            "timestamp": "2026-03-02T03:00:00.000+0000",
        }
        assert data["previousState"]["value"] == "INSUFFICIENT_DATA"
        assert data["configuration"]["metrics"][0]["metricStat"]["metric"]["dimensions"] == {
            "InstanceId": "i-1"
        }


@pytest.mark.parametrize(
    ("resources", "why"),
    [
        pytest.param({**function()}, "NO_PERMISSIONS", id="nobody let in"),
        pytest.param({**function(), **permission("cloudwatch")}, "NO_PERMISSIONS", id="another service"),
        pytest.param(
            {
                **function(),
                **permission(
                    "alarms",
                    Principal="lambda.alarms.cloudwatch.amazonaws.com",
                    SourceArn=arn("cloudwatch", "alarm:other"),
                ),
            },
            "NO_PERMISSIONS",
            id="another alarm",
        ),
        pytest.param(bucket(), "NO_RESOURCE", id="no function"),
    ],
)
def test_a_function_that_does_not_let_the_alarm_in_is_not_invoked_and_that_is_told(resources, why):
    with world(resources) as cloud:
        put(cloud, LOOK)
        become(cloud, "idle", "ALARM")
        cloud.run(60)

        (words,) = noted(cloud, "lost")
        assert (LOOK in words, why in words) == (True, True)
        assert history(cloud) == [f"Failed to execute action {LOOK}"]
        (item,) = admin(cloud, "cloudwatch").describe_alarm_history(HistoryItemType="Action")[
            "AlarmHistoryItems"
        ]
        assert json.loads(item["HistoryData"])["error"] == why


# ---- the rest -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "action",
    [
        pytest.param(f"arn:aws:ssm:{HOME}:{ACCOUNT}:opsitem:3", id="an OpsItem"),
        pytest.param(f"arn:aws:ssm-incidents::{ACCOUNT}:response-plan/plan", id="an incident"),
        pytest.param(f"arn:aws:aiops:{HOME}:{ACCOUNT}:investigation-group/g", id="an investigation"),
    ],
)
def test_other_actions_are_not_simulated(action):
    with world(bucket()) as cloud:
        put(cloud, action)
        with pytest.raises(NotSimulated, match="the alarm action"):
            become(cloud, "idle", "ALARM")


QUERIES = [
    {
        "Id": "bad",
        "MetricStat": {
            "Metric": {
                "Namespace": "tw",
                "MetricName": "errors",
                "Dimensions": [{"Name": "host", "Value": "web-1"}],
            },
            "Period": 60,
            "Stat": "Sum",
        },
        "ReturnData": False,
    },
    {"Id": "rate", "Expression": "bad / 60", "Label": "errors a second", "ReturnData": True},
]


@pytest.mark.slow
def test_an_alarm_over_an_expression_is_told_and_described_with_its_parts():
    with world({**TOPICS, **function(), **BY_ALARMS}) as cloud:
        cloudwatch = admin(cloud, "cloudwatch")
        cloudwatch.put_metric_alarm(
            AlarmName="idle",
            EvaluationPeriods=1,
            Threshold=1,
            ComparisonOperator="GreaterThanThreshold",
            TreatMissingData="ignore",
            AlarmActions=[arn("sns", "Alerts"), LOOK],
            Metrics=QUERIES,
        )
        become(cloud, "idle", "ALARM")
        cloud.run(5)

        (mail,) = cloud.topics.inbox
        trigger = json.loads(mail.text)["Trigger"]
        assert trigger["Metrics"] == [
            {
                "Id": "bad",
                "ReturnData": False,
                "MetricStat": {
                    "Metric": {
                        "Namespace": "tw",
                        "MetricName": "errors",
                        "Dimensions": [{"value": "web-1", "name": "host"}],
                    },
                    "Period": 60,
                    "Stat": "Sum",
                },
            },
            {"Id": "rate", "ReturnData": True, "Label": "errors a second", "Expression": "bad / 60"},
        ]
        (event,) = arrived(cloud)
        assert event["alarmData"]["configuration"]["metrics"] == [
            {
                "id": "bad",
                "returnData": False,
                "metricStat": {
                    "metric": {"namespace": "tw", "name": "errors", "dimensions": {"host": "web-1"}},
                    "period": 60,
                    "stat": "Sum",
                },
            },
            {"id": "rate", "returnData": True, "label": "errors a second", "expression": "bad / 60"},
        ]
        (described,) = cloudwatch.describe_alarms()["MetricAlarms"]
        assert described["Metrics"] == QUERIES
