"""Alarms made of alarms: when they change, what they tell, what can be asked and what is refused."""

import json

import pytest
from botocore.exceptions import ClientError
from composite_worlds import become, combine, described, events, part, parts, state, watching
from small_worlds import HOME, admin, arn, topic, world

from scenarios.cloud.world import ACCOUNT

NEITHER, ONE, BOTH = ("OK", "OK"), ("ALARM", "OK"), ("ALARM", "ALARM")


def alarm_arn(name):
    return arn("cloudwatch", f"alarm:{name}")


# ---- rules --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("alarm_rule", "expected"),
    [
        pytest.param("ALARM(cpu) AND ALARM(disk)", ["OK", "OK", "ALARM"], id="and"),
        pytest.param("ALARM(cpu) OR ALARM(disk)", ["OK", "ALARM", "ALARM"], id="or"),
        pytest.param("ALARM(cpu) AND NOT ALARM(disk)", ["OK", "ALARM", "OK"], id="not"),
        pytest.param("OK(disk)", ["ALARM", "ALARM", "OK"], id="OK"),
        pytest.param("INSUFFICIENT_DATA(deploying)", ["ALARM"] * 3, id="INSUFFICIENT_DATA"),
        pytest.param("NOT INSUFFICIENT_DATA(deploying)", ["OK"] * 3, id="NOT INSUFFICIENT_DATA"),
        pytest.param("TRUE", ["ALARM"] * 3, id="TRUE"),
        pytest.param("FALSE", ["OK"] * 3, id="FALSE"),
        pytest.param("FALSE OR (TRUE AND ALARM(cpu))", ["OK", "ALARM", "ALARM"], id="parentheses"),
        pytest.param('ALARM("cpu") AND ALARM("disk")', ["OK", "OK", "ALARM"], id="quoted"),
        pytest.param(
            f"ALARM({alarm_arn('cpu')}) AND ALARM({alarm_arn('disk')})", ["OK", "OK", "ALARM"], id="ARNs"
        ),
    ],
)
def test_a_rule_makes_the_state_of_its_children_its_own(alarm_rule, expected):
    with watching() as cloud:
        combine(cloud, alarm_rule=alarm_rule)
        seen = []
        for cpu, disk in (NEITHER, ONE, BOTH):
            become(cloud, "cpu", cpu)
            become(cloud, "disk", disk)
            seen.append(state(cloud))

    assert seen == expected


def test_a_composite_begins_without_data_and_is_looked_at_within_a_second():
    with watching() as cloud:
        admin(cloud, "cloudwatch").put_composite_alarm(AlarmName="pressure", AlarmRule="ALARM(cpu)")
        before = state(cloud)
        cloud.run(1)

        assert (before, state(cloud)) == ("INSUFFICIENT_DATA", "OK")


def test_a_change_runs_up_through_every_level_at_once():
    with watching() as cloud:
        combine(cloud, "inner", "ALARM(cpu)")
        combine(cloud, "middle", "ALARM(inner) OR ALARM(disk)")
        combine(cloud, "outer", "NOT OK(middle)")
        become(cloud, "cpu", "ALARM")

        assert [state(cloud, name) for name in ("inner", "middle", "outer")] == ["ALARM"] * 3
        assert "alarm:middle transitioned to ALARM" in described(cloud, "outer")["StateReason"]


def test_a_rule_that_leads_back_to_itself_is_not_evaluated_until_the_circle_is_broken():
    with watching() as cloud:
        combine(cloud, "first", "ALARM(cpu)")
        combine(cloud, "second", "ALARM(first)")
        combine(cloud, "first", "ALARM(second) OR ALARM(cpu)")
        become(cloud, "cpu", "ALARM")
        assert (state(cloud, "first"), state(cloud, "second")) == ("OK", "OK")

        combine(cloud, "first", "ALARM(cpu)")
        assert (state(cloud, "first"), state(cloud, "second")) == ("ALARM", "ALARM")


def test_a_child_in_another_region_is_another_alarm():
    with world(parts(), regions=(HOME, "eu-west-1")) as cloud:
        elsewhere = admin(cloud, "cloudwatch", "eu-west-1")

        with pytest.raises(ClientError, match="cpu, which does not exist"):
            elsewhere.put_composite_alarm(AlarmName="a", AlarmRule="ALARM(cpu)")


def test_a_state_set_by_hand_stays_until_a_child_changes():
    with watching() as cloud:
        combine(cloud)
        become(cloud, "pressure", "ALARM")
        cloud.run(600)
        before = state(cloud)
        become(cloud, "cpu", "ALARM")

        assert (before, state(cloud)) == ("ALARM", "OK")


# ---- what it tells ------------------------------------------------------------------------------


def test_a_composite_tells_which_child_made_it_change():
    with watching() as cloud:
        combine(cloud)
        become(cloud, "disk", "ALARM")
        cloud.run(60)
        become(cloud, "cpu", "ALARM")
        cloud.run(5)

        (mail,) = [each for each in cloud.messaging.inbox if each.subject.startswith("ALARM")]
        message = json.loads(mail.text)
        assert mail.subject == 'ALARM: "pressure" in US East (N. Virginia)'
        assert message["AlarmRule"] == "ALARM(cpu) AND ALARM(disk)"
        assert message["NewStateReason"] == (
            f"{alarm_arn('cpu')} transitioned to ALARM at Monday 02 March, 2026 03:01:01 UTC"
        )
        assert message["TriggeringChildren"] == [
            {
                "Arn": alarm_arn("cpu"),
                "State": {"Value": "ALARM", "Timestamp": "2026-03-02T03:01:01.000+0000"},
            }
        ]
        assert "Trigger" not in message


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


def configurations(cloud, name):
    return {
        event["detail"]["operation"]: event["detail"]
        for event in events(cloud, "CloudWatch Alarm Configuration Change", name)
    }


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


# ---- what is asked ------------------------------------------------------------------------------


def names(cloud, **asked):
    answer = admin(cloud, "cloudwatch").describe_alarms(**asked)
    return [each["AlarmName"] for kind in ("MetricAlarms", "CompositeAlarms") for each in answer[kind]]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        pytest.param({}, ["cpu", "deploying", "disk"], id="metric alarms unless said otherwise"),
        pytest.param({"AlarmTypes": ["CompositeAlarm"]}, ["calm", "pressure"], id="composites"),
        pytest.param(
            {"AlarmTypes": ["MetricAlarm", "CompositeAlarm"], "AlarmNamePrefix": "c"},
            ["cpu", "calm"],
            id="a prefix of both",
        ),
        pytest.param({"AlarmTypes": ["CompositeAlarm"], "StateValue": "ALARM"}, ["calm"], id="a state"),
        pytest.param({"ChildrenOfAlarmName": "pressure"}, ["cpu", "disk"], id="children"),
        pytest.param({"ChildrenOfAlarmName": "calm"}, ["pressure"], id="a composite among the children"),
        pytest.param({"ChildrenOfAlarmName": "cpu"}, [], id="of one that has none"),
        pytest.param({"ChildrenOfAlarmName": "none"}, [], id="of one that is not there"),
        pytest.param({"ParentsOfAlarmName": "cpu"}, ["pressure"], id="parents"),
        pytest.param({"ParentsOfAlarmName": "calm"}, [], id="of one at the top"),
    ],
)
def test_alarms_are_described_by_kind_name_state_and_kinship(asked, expected):
    with watching() as cloud:
        combine(cloud)
        combine(cloud, "calm", "OK(pressure)")

        assert names(cloud, **asked) == expected


def test_of_children_little_is_told_and_of_parents_less():
    with watching() as cloud:
        combine(cloud)
        cloudwatch = admin(cloud, "cloudwatch")
        (child, _) = cloudwatch.describe_alarms(ChildrenOfAlarmName="pressure")["MetricAlarms"]
        (parent,) = cloudwatch.describe_alarms(ParentsOfAlarmName="cpu")["CompositeAlarms"]

        assert child.keys() == {"AlarmName", "AlarmArn", "StateValue", "StateUpdatedTimestamp"}
        assert (child["AlarmArn"], child["StateValue"]) == (alarm_arn("cpu"), "INSUFFICIENT_DATA")
        assert parent == {"AlarmName": "pressure", "AlarmArn": alarm_arn("pressure")}


def test_kinship_excludes_other_questions():
    with watching() as cloud:
        for more in ({"AlarmNamePrefix": "c"}, {"ParentsOfAlarmName": "cpu"}):
            with pytest.raises(ClientError, match="ChildrenOfAlarmName excludes all but MaxRecords"):
                admin(cloud, "cloudwatch").describe_alarms(ChildrenOfAlarmName="pressure", **more)


def test_kin_are_described_page_by_page():
    with watching() as cloud:
        combine(cloud)
        cloudwatch = admin(cloud, "cloudwatch")
        first = cloudwatch.describe_alarms(ChildrenOfAlarmName="pressure", MaxRecords=1)
        rest = cloudwatch.describe_alarms(ChildrenOfAlarmName="pressure", NextToken=first["NextToken"])

        assert [[each["AlarmName"] for each in page["MetricAlarms"]] for page in (first, rest)] == [
            ["cpu"],
            ["disk"],
        ]
        assert "NextToken" not in rest


def test_a_composite_is_described_as_it_was_put():
    with watching() as cloud:
        combine(cloud, AlarmDescription="both", ActionsEnabled=False)

        told = described(cloud)
        assert (told["AlarmRule"], told["AlarmDescription"]) == ("ALARM(cpu) AND ALARM(disk)", "both")
        assert (told["ActionsEnabled"], told["AlarmActions"]) == (False, [arn("sns", "Alerts")])
        assert "ActionsSuppressor" not in told


# ---- what is refused ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "words"),
    [
        pytest.param({"AlarmRule": "ALARM(cpu"}, "ValidationError", id="no rule"),
        pytest.param({"AlarmRule": "ALARM(memory)"}, "memory, which does not exist", id="a child not there"),
        pytest.param(
            {"ActionsSuppressor": "deploying"},
            "ActionsSuppressor needs ActionsSuppressorExtensionPeriod and ActionsSuppressorWaitPeriod",
            id="a suppressor without periods",
        ),
        pytest.param(
            {
                "ActionsSuppressor": "none",
                "ActionsSuppressorWaitPeriod": 1,
                "ActionsSuppressorExtensionPeriod": 1,
            },
            "The ActionsSuppressor none does not exist",
            id="a suppressor not there",
        ),
        pytest.param(
            {"AlarmActions": [f"arn:aws:automate:{HOME}:ec2:stop"]}, "can't do arn:aws:automate", id="EC2"
        ),
        pytest.param(
            {"OKActions": [f"arn:aws:autoscaling:{HOME}:{ACCOUNT}:scalingPolicy:1"]},
            "can't do arn:aws:autoscaling",
            id="scaling",
        ),
    ],
)
def test_a_composite_that_cannot_be_is_refused(more, words):
    with watching() as cloud, pytest.raises(ClientError, match=words):
        admin(cloud, "cloudwatch").put_composite_alarm(
            **{"AlarmName": "pressure", "AlarmRule": "ALARM(cpu)", **more}
        )


@pytest.mark.parametrize(
    ("alarms", "words"),
    [
        pytest.param(["cpu"], "Cannot delete cpu as there are existing composite", id="a child"),
        pytest.param(["pressure"], "Cannot delete pressure as there are", id="a composite that is one"),
        pytest.param(["pressure", "calm"], "At most one composite", id="two composites"),
        pytest.param([f"a{number}" for number in range(101)], "At most 100", id="too many"),
    ],
)
def test_what_others_depend_on_is_not_deleted(alarms, words):
    with watching() as cloud:
        combine(cloud)
        combine(cloud, "calm", "OK(pressure)")
        with pytest.raises(ClientError, match=f"ValidationError.*{words}"):
            admin(cloud, "cloudwatch").delete_alarms(AlarmNames=alarms)

        assert names(cloud, AlarmTypes=["MetricAlarm", "CompositeAlarm"]) == [
            *("cpu", "deploying", "disk"),
            *("calm", "pressure"),
        ]


def test_a_composite_goes_with_its_children_or_before_them():
    with watching() as cloud:
        cloudwatch = admin(cloud, "cloudwatch")
        combine(cloud)
        cloudwatch.delete_alarms(AlarmNames=["pressure", "cpu"])
        combine(cloud, alarm_rule="ALARM(disk)")
        cloudwatch.delete_alarms(AlarmNames=["pressure"])
        cloudwatch.delete_alarms(AlarmNames=["disk"])

        assert names(cloud, AlarmTypes=["MetricAlarm", "CompositeAlarm"]) == ["deploying"]


def test_no_composite_of_a_circle_can_be_deleted():
    with watching() as cloud:
        combine(cloud, "first", "ALARM(cpu)")
        combine(cloud, "second", "ALARM(first)")
        combine(cloud, "first", "ALARM(second)")
        cloudwatch = admin(cloud, "cloudwatch")
        for name in ("first", "second"):
            with pytest.raises(ClientError, match=f"Cannot delete {name}"):
                cloudwatch.delete_alarms(AlarmNames=[name])

        combine(cloud, "first", "FALSE")
        cloudwatch.delete_alarms(AlarmNames=["second"])


def test_a_template_declares_a_composite_and_its_suppressor():
    properties = {
        "AlarmName": "pressure",
        "AlarmRule": "ALARM(cpu) AND ALARM(disk)",
        "AlarmActions": [{"Ref": "Alerts"}],
        "ActionsSuppressor": {"Ref": "Partdeploying"},
        "ActionsSuppressorWaitPeriod": 60,
        "ActionsSuppressorExtensionPeriod": 90,
    }
    made = {"Pressure": {"Type": "AWS::CloudWatch::CompositeAlarm", "Properties": properties}}
    with world({**topic("cloudwatch"), **parts(), **made}) as cloud:
        cloud.run(1)
        told = described(cloud)

        assert (told["StateValue"], told["ActionsSuppressor"]) == ("OK", "deploying")
        periods = told["ActionsSuppressorWaitPeriod"], told["ActionsSuppressorExtensionPeriod"]
        assert periods == (60, 90)
