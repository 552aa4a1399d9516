"""What a composite alarm tells: by mail, to EventBridge, in its history."""

import json

import pytest

from scenarios.cloud.deployment import ACCOUNT
from tests.scenarios.cloud.cloudwatch.alarms.composite_worlds import (
    alarm_arn,
    become,
    combine,
    events,
    part,
    parts,
    watching,
)
from tests.scenarios.cloud.small_worlds import admin, arn, topic, world

SUPPRESSED = {
    "ActionsSuppressor": "deploying",
    "ActionsSuppressorWaitPeriod": 20,
    "ActionsSuppressorExtensionPeriod": 30,
}


def triggered(value, at):
    """What StateReasonData says of the one child."""
    state = {"value": value, "timestamp": f"2026-03-02T{at}.000+0000"}
    return {"triggeringAlarms": [{"arn": alarm_arn("cpu"), "state": state}]}


@pytest.mark.parametrize(
    "more",
    [
        pytest.param({}, id="at once"),
        pytest.param(SUPPRESSED, id="after waiting for a suppressor, of which nothing is said"),
    ],
)
def test_a_mail_tells_which_child_made_a_composite_change_and_when(more):
    with watching() as cloud:
        combine(cloud, AlarmDescription="both at once", InsufficientDataActions=[], **more)
        become(cloud, "disk", "ALARM")
        cloud.run(60)
        become(cloud, "cpu", "ALARM")
        cloud.run(60)

        (mail,) = [each for each in cloud.topics.inbox if each.subject.startswith("ALARM")]
        assert mail.subject == 'ALARM: "pressure" in US East (N. Virginia)'
        assert json.loads(mail.text) == {
            "AlarmName": "pressure",
            "AlarmDescription": "both at once",
            "AlarmRule": "ALARM(cpu) AND ALARM(disk)",
            "AWSAccountId": ACCOUNT,
            "NewStateValue": "ALARM",
            "NewStateReason": (
                f"{alarm_arn('cpu')} transitioned to ALARM at Monday 02 March, 2026 03:01:01 UTC"
            ),
            "StateChangeTime": "2026-03-02T03:01:01.000+0000",
            "Region": "US East (N. Virginia)",
            "AlarmArn": alarm_arn("pressure"),
            "OldStateValue": "OK",
            "OKActions": [arn("sns", "Alerts")],
            "AlarmActions": [arn("sns", "Alerts")],
            "InsufficientDataActions": [],
            "TriggeringChildren": [
                {
                    "Arn": alarm_arn("cpu"),
                    "State": {"Value": "ALARM", "Timestamp": "2026-03-02T03:01:01.000+0000"},
                }
            ],
        }


@pytest.mark.slow
def test_a_mail_from_europe_says_eu():
    with world({**topic("cloudwatch"), **parts()}, regions=("eu-west-1",)) as cloud:
        become(cloud, "cpu", "OK")
        client = cloud.client(cloud.user("alice"), "cloudwatch", "eu-west-1")
        actions = [arn("sns", "Alerts", "eu-west-1")]
        client.put_composite_alarm(AlarmName="pressure", AlarmRule="OK(cpu)", AlarmActions=actions)
        cloud.run(1)

        (mail,) = cloud.topics.inbox
        assert mail.subject == 'ALARM: "pressure" in EU (Ireland)'
        assert json.loads(mail.text)["Region"] == "EU (Ireland)"


def test_eventbridge_hears_of_a_composites_first_state_with_all_its_children():
    with watching() as cloud:
        become(cloud, "cpu", "ALARM")
        combine(cloud)
        cloud.run(5)

        (event,) = events(cloud)
        assert event["resources"] == [alarm_arn("pressure")]
        assert event["detail"]["configuration"] == {"alarmRule": "ALARM(cpu) AND ALARM(disk)"}
        told = event["detail"]["state"]
        assert told["reason"] == f"{alarm_arn('pressure')} was created and its alarm rule evaluates to OK"
        children = {
            each["arn"]: each["state"]["value"] for each in json.loads(told["reasonData"])["triggeringAlarms"]
        }
        assert children == {alarm_arn("cpu"): "ALARM", alarm_arn("disk"): "INSUFFICIENT_DATA"}
        assert event["detail"]["previousState"]["value"] == "INSUFFICIENT_DATA"


@pytest.mark.parametrize(
    ("more", "configured", "held"),
    [
        pytest.param({}, {}, {}, id="without a suppressor"),
        pytest.param(
            SUPPRESSED,
            {
                "actionsSuppressor": "deploying",
                "actionsSuppressorWaitPeriod": 20,
                "actionsSuppressorExtensionPeriod": 30,
            },
            {
                "actionsSuppressedBy": "WaitPeriod",
                "actionsSuppressedReason": "Actions suppressed by WaitPeriod",
            },
            id="with a suppressor",
        ),
    ],
)
def test_eventbridge_hears_of_a_change_with_the_state_before(more, configured, held):
    with watching() as cloud:
        become(cloud, "cpu", "OK")
        combine(cloud, alarm_rule="ALARM(cpu)", AlarmDescription="too busy", **more)
        cloud.run(59)
        become(cloud, "cpu", "ALARM")
        cloud.run(5)

        (event,) = [each for each in events(cloud) if each["detail"]["state"]["value"] == "ALARM"]
        assert len(event.pop("id")) == len("d3dfc86d-384d-24c8-0345-9f7986db0b80")
        assert event == {
            "version": "0",
            "detail-type": "CloudWatch Alarm State Change",
            "source": "aws.cloudwatch",
            "account": ACCOUNT,
            "time": "2026-03-02T03:01:00Z",
            "region": "us-east-1",
            "resources": [alarm_arn("pressure")],
            "detail": {
                "alarmName": "pressure",
                "configuration": {"description": "too busy", "alarmRule": "ALARM(cpu)", **configured},
                "state": {
                    "value": "ALARM",
                    "reason": (
                        f"{alarm_arn('cpu')} transitioned to ALARM at Monday 02 March, 2026 03:01:00 UTC"
                    ),
                    "reasonData": json.dumps(triggered("ALARM", "03:01:00")),
                    "timestamp": "2026-03-02T03:01:00.000+0000",
                    **held,
                },
                "previousState": {
                    "value": "OK",
                    "reason": f"{alarm_arn('pressure')} was created and its alarm rule evaluates to OK",
                    "reasonData": json.dumps(triggered("OK", "03:00:00")),
                    "timestamp": "2026-03-02T03:00:01.000+0000",
                },
            },
        }


def configurations(cloud, name):
    return {
        event["detail"]["operation"]: event["detail"]
        for event in events(cloud, "CloudWatch Alarm Configuration Change", name)
    }


@pytest.mark.slow
def test_eventbridge_hears_what_a_composite_was_and_what_it_is():
    with watching() as cloud:
        combine(cloud, AlarmDescription="both at once")
        combine(cloud, alarm_rule="ALARM(cpu)", ActionsEnabled=False, OKActions=[])
        admin(cloud, "cloudwatch").delete_alarms(AlarmNames=["pressure"])
        cloud.run(5)

        topic_arn = arn("sns", "Alerts")
        told = configurations(cloud, "pressure")
        first = {
            "alarmRule": "ALARM(cpu) AND ALARM(disk)",
            "alarmName": "pressure",
            "description": "both at once",
            "actionsEnabled": True,
            "timestamp": "2026-03-02T03:00:00.000+0000",
            "okActions": [topic_arn],
            "alarmActions": [topic_arn],
            "insufficientDataActions": [],
        }
        second = first | {
            "alarmRule": "ALARM(cpu)",
            "actionsEnabled": False,
            "timestamp": "2026-03-02T03:00:01.000+0000",
            "okActions": [],
        }
        del second["description"]
        assert told["create"]["configuration"] == first
        assert told["create"]["state"] == {
            "value": "INSUFFICIENT_DATA",
            "timestamp": "2026-03-02T03:00:00.000+0000",
        }
        assert (told["update"]["previousConfiguration"], told["update"]["configuration"]) == (first, second)
        assert told["delete"]["configuration"] == second
        assert "previousConfiguration" not in told["create"] | told["delete"]


@pytest.mark.parametrize(
    ("course", "by"),
    [
        pytest.param([("cpu", "ALARM")], "WaitPeriod", id="it waits"),
        pytest.param([("deploying", "ALARM"), ("cpu", "ALARM")], "Alarm", id="it is suppressed"),
        pytest.param(
            [("deploying", "ALARM"), ("cpu", "ALARM"), ("deploying", "OK")],
            "ExtensionPeriod",
            id="it is over",
        ),
    ],
)
def test_eventbridge_hears_of_an_update_what_holds_actions_back(course, by):
    with watching() as cloud:
        combine(cloud, alarm_rule="ALARM(cpu)", **SUPPRESSED)
        cloud.run(20)
        for name, value in course:
            become(cloud, name, value)
        combine(cloud, alarm_rule="(ALARM(cpu))", **SUPPRESSED)
        cloud.run(5)

        told = configurations(cloud, "pressure")["update"]
        assert (told["state"]["value"], told["state"]["actionsSuppressedBy"]) == ("ALARM", by)
        assert told["configuration"]["alarmRule"] == "(ALARM(cpu))"
        assert told["configuration"]["actionsSuppressorExtensionPeriod"] == 30


def test_eventbridge_hears_what_a_metric_alarm_was_and_what_it_is():
    with watching() as cloud:
        given = part("cpu")["Partcpu"]["Properties"]
        admin(cloud, "cloudwatch").put_metric_alarm(**given | {"Threshold": 2, "DatapointsToAlarm": 1})
        cloud.run(5)

        (told,) = configurations(cloud, "cpu").values()
        before, now = told["previousConfiguration"], told["configuration"]
        assert (before["threshold"], now["threshold"]) == (1, 2)
        assert ("datapointsToAlarm" in before, now["datapointsToAlarm"]) == (False, 1)
        assert (now["evaluationPeriods"], now["treatMissingData"]) == (1, "ignore")
        assert now["comparisonOperator"] == "GreaterThanThreshold"
        assert now["metrics"][0]["metricStat"]["metric"]["name"] == "cpu"


def test_a_composites_history_holds_its_configurations_its_states_and_its_actions():
    with watching() as cloud:
        combine(cloud, alarm_rule="ALARM(cpu)")
        become(cloud, "cpu", "ALARM")
        asked = {"AlarmName": "pressure", "ScanBy": "TimestampAscending"}
        cloudwatch = admin(cloud, "cloudwatch")

        items = cloudwatch.describe_alarm_history(**asked, AlarmTypes=["CompositeAlarm"])["AlarmHistoryItems"]
        assert [(item["HistoryItemType"], item["HistorySummary"]) for item in items] == [
            ("ConfigurationUpdate", 'Alarm "pressure" created'),
            ("StateUpdate", "Alarm updated from INSUFFICIENT_DATA to OK"),
            ("Action", f"Successfully executed action {arn('sns', 'Alerts')}"),
            ("StateUpdate", "Alarm updated from OK to ALARM"),
            ("Action", f"Successfully executed action {arn('sns', 'Alerts')}"),
        ]
        assert cloudwatch.describe_alarm_history(**asked)["AlarmHistoryItems"] == []


def test_a_change_of_a_composite_is_kept_with_the_children_behind_it():
    with watching() as cloud:
        become(cloud, "cpu", "OK")
        combine(cloud, alarm_rule="ALARM(cpu)")
        cloud.run(59)
        become(cloud, "cpu", "ALARM")

        asked = {"AlarmName": "pressure", "AlarmTypes": ["CompositeAlarm"], "HistoryItemType": "StateUpdate"}
        item, _ = admin(cloud, "cloudwatch").describe_alarm_history(**asked)["AlarmHistoryItems"]
        assert item["AlarmType"] == "CompositeAlarm"
        assert json.loads(item["HistoryData"]) == {
            "version": "1.0",
            "oldState": {
                "stateValue": "OK",
                "stateReason": f"{alarm_arn('pressure')} was created and its alarm rule evaluates to OK",
                "stateReasonData": triggered("OK", "03:00:00"),
            },
            "newState": {
                "stateValue": "ALARM",
                "stateReason": (
                    f"{alarm_arn('cpu')} transitioned to ALARM at Monday 02 March, 2026 03:01:00 UTC"
                ),
                "stateReasonData": triggered("ALARM", "03:01:00"),
            },
        }
