"""What alarms do: instances, functions, topics; who did it, in which record, and what is refused."""

import json

import pytest
from botocore.exceptions import ClientError
from composite_worlds import become
from small_worlds import (
    HOME,
    admin,
    arn,
    arrived,
    bucket,
    function,
    heard,
    noted,
    permission,
    queue,
    rule,
    topic,
    world,
)
from small_worlds import trail as trail_of

from scenarios.cloud.errors import NotSimulated
from scenarios.cloud.world import ACCOUNT

STOP = f"arn:aws:automate:{HOME}:ec2:stop"
SWF = f"arn:aws:swf:{HOME}:{ACCOUNT}:action/actions/AWS_EC2.InstanceId."
LOOK = arn("lambda", "function:look")
BY_ALARMS = permission("alarms", Principal="lambda.alarms.cloudwatch.amazonaws.com")


def launched(cloud):
    """An instance that runs."""
    answer = admin(cloud, "ec2").run_instances(ImageId="ami-12c6146b", MinCount=1, MaxCount=1)
    cloud.run(120)
    return answer["Instances"][0]["InstanceId"]


def put(cloud, *actions, metric="CPUUtilization", instance="", **more):
    """An alarm that keeps the state it is given."""
    given = {
        "AlarmName": "idle",
        "Namespace": "AWS/EC2",
        "MetricName": metric,
        "Dimensions": [{"Name": "InstanceId", "Value": instance}] if instance else [],
        "Statistic": "Average",
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 1000,
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "ignore",
        "AlarmActions": list(actions),
    }
    admin(cloud, "cloudwatch").put_metric_alarm(**given | more)


def condition(cloud, instance):
    """The instance's state, as EC2 describes it."""
    (reservation,) = admin(cloud, "ec2").describe_instances(InstanceIds=[instance])["Reservations"]
    return reservation["Instances"][0]["State"]["Name"]


def history(cloud):
    asked = {"AlarmName": "idle", "HistoryItemType": "Action", "ScanBy": "TimestampAscending"}
    items = admin(cloud, "cloudwatch").describe_alarm_history(**asked)["AlarmHistoryItems"]
    return [item["HistorySummary"] for item in items]


# ---- instances ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("action", "states", "lasting"),
    [
        pytest.param(STOP, ["stopping", "stopped"], "stopped", id="stop"),
        pytest.param(
            f"arn:aws:automate:{HOME}:ec2:terminate",
            ["shutting-down", "terminated"],
            "terminated",
            id="terminate",
        ),
        pytest.param(f"arn:aws:automate:{HOME}:ec2:reboot", [], "running", id="reboot"),
        pytest.param(f"{SWF}Stop/1.0", ["stopping", "stopped"], "stopped", id="stop, by the older ARN"),
        pytest.param(
            f"{SWF}Terminate/1.0", ["shutting-down", "terminated"], "terminated", id="older terminate"
        ),
        pytest.param(f"{SWF}Reboot/1.0", [], "running", id="older reboot"),
    ],
)
def test_an_alarm_acts_on_the_instance_it_watches(action, states, lasting):
    with world({**queue(), **rule(pattern={"source": ["aws.ec2"]})}) as cloud:
        instance = launched(cloud)
        before = len(heard(cloud))
        put(cloud, action, instance=instance)
        become(cloud, "idle", "ALARM")
        cloud.run(600)

        assert sorted(each["detail"]["state"] for each in heard(cloud)[before:]) == sorted(states)
        assert condition(cloud, instance) == lasting
        assert history(cloud) == [f"Successfully executed action {action}"]


def test_an_instance_recovers_on_sound_hardware():
    with world(bucket()) as cloud:
        instance = launched(cloud)
        machine = cloud.instances.machine(instance)
        machine.system_check_fails = True
        put(
            cloud,
            f"arn:aws:automate:{HOME}:ec2:recover",
            metric="StatusCheckFailed_System",
            instance=instance,
        )
        before = machine.runs
        become(cloud, "idle", "ALARM")

        assert (machine.system_check_fails, condition(cloud, instance)) == (False, "running")
        assert machine.runs == before + 1  # it restarts there


RECORDED = [
    pytest.param("stop", "StopInstances", id="stop"),
    pytest.param("terminate", "TerminateInstances", id="terminate"),
    pytest.param("reboot", "RebootInstances", id="reboot"),
]


@pytest.mark.parametrize(("deed", "operation"), RECORDED)
def test_the_trail_shows_the_alarms_own_role_behind_the_call(deed, operation):
    pattern = {"detail-type": ["AWS API Call via CloudTrail"], "detail": {"eventName": [operation]}}
    with world({**trail_of(), **queue(), **rule(pattern=pattern)}) as cloud:
        instance = launched(cloud)
        put(cloud, f"arn:aws:automate:{HOME}:ec2:{deed}", instance=instance)
        become(cloud, "idle", "ALARM")
        cloud.run(900)

        (event,) = heard(cloud)
        record = event["detail"]
        assert record["requestParameters"]["instancesSet"]["items"] == [{"instanceId": instance}]
        identity = record["userIdentity"]
        assert identity["type"] == "AssumedRole"
        assert identity["sessionContext"]["sessionIssuer"]["userName"] == "AWSServiceRoleForCloudWatchEvents"
        assert (record["sourceIPAddress"], record["userAgent"]) == ("events.amazonaws.com",) * 2


def test_an_instance_that_is_down_already_is_left_alone():
    with world(bucket()) as cloud:
        instance = launched(cloud)
        admin(cloud, "ec2").stop_instances(InstanceIds=[instance])
        cloud.run(300)
        put(cloud, STOP, instance=instance)
        become(cloud, "idle", "ALARM")
        cloud.run(300)

        assert condition(cloud, instance) == "stopped"
        assert [words for words in noted(cloud, "instance") if words.endswith("stopping")] == [
            f"{instance} is stopping"
        ]


def test_a_stopped_instance_is_terminated_at_once():
    with world({**queue(), **rule(pattern={"source": ["aws.ec2"]})}) as cloud:
        instance = launched(cloud)
        admin(cloud, "ec2").stop_instances(InstanceIds=[instance])
        cloud.run(300)
        put(cloud, f"arn:aws:automate:{HOME}:ec2:terminate", instance=instance)
        become(cloud, "idle", "ALARM")
        cloud.run(60)

        states = [each["detail"]["state"] for each in sorted(heard(cloud), key=lambda each: each["time"])]
        assert states == ["pending", "running", "stopping", "stopped", "terminated"]


@pytest.mark.parametrize(
    ("action", "more", "words"),
    [
        pytest.param(STOP, {}, "needs a metric with the dimension InstanceId", id="no instance"),
        pytest.param(
            f"arn:aws:automate:{HOME}:ec2:recover",
            {"instance": "i-0123456789abcdef0"},
            "needs the metric StatusCheckFailed_System",
            id="recover, on another metric",
        ),
    ],
)
def test_an_action_that_the_alarm_cannot_have_is_refused(action, more, words):
    with world(bucket()) as cloud, pytest.raises(ClientError, match=f"ValidationError.*{words}"):
        put(cloud, action, **more)


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
        for message in cloud.messaging.inbox
    ]


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


# ---- functions ----------------------------------------------------------------------------------


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

        (mail,) = cloud.messaging.inbox
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
