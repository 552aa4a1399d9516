"""Alarms made of alarms: when they change, and what is refused."""

import pytest
from botocore.exceptions import ClientError

from tests.scenarios.cloud.cloudwatch.alarms.composite_worlds import (
    alarm_arn,
    become,
    combine,
    described,
    mailed,
    names,
    parts,
    state,
    watching,
)
from tests.scenarios.cloud.small_worlds import HOME, admin, topic, world

NEITHER, ONE, BOTH = ("OK", "OK"), ("ALARM", "OK"), ("ALARM", "ALARM")


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
        pytest.param("NOT ALARM(cpu) AND NOT ALARM(disk)", ["ALARM", "OK", "OK"], id="neither"),
        pytest.param("AT_LEAST(50%, ALARM, (cpu, disk))", ["OK", "ALARM", "ALARM"], id="half of them"),
        pytest.param(
            "AT_LEAST(2, NOT ALARM, (cpu, disk, deploying))", ["ALARM", "ALARM", "OK"], id="two not"
        ),
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


@pytest.mark.parametrize(
    ("name", "reference"),
    [
        pytest.param("disk, web (1)", '"disk, web (1)"', id="marks and blanks"),
        pytest.param('the "big" one', r'"the \"big\" one"', id="quotes"),
        pytest.param("ALARM", "ALARM", id="a word of the rules"),
        pytest.param("AND", '"AND"', id="an operator"),
        pytest.param("web:alarm:cpu", "web:alarm:cpu", id="the middle of an ARN"),
        pytest.param("web:alarm:cpu", alarm_arn("web:alarm:cpu"), id="the middle of an ARN in an ARN"),
        pytest.param("two words", f'"{alarm_arn("two words")}"', id="blanks in an ARN"),
    ],
)
def test_a_child_may_be_called_anything(name, reference):
    with world(parts("cpu", name)) as cloud:
        combine(cloud, alarm_rule=f"ALARM({reference}) OR ALARM(cpu)")
        become(cloud, name, "ALARM")

        assert state(cloud) == "ALARM"
        assert names(cloud, ChildrenOfAlarmName="pressure") == sorted(["cpu", name])
        assert names(cloud, ParentsOfAlarmName=name) == ["pressure"]
        with pytest.raises(ClientError, match="Cannot delete"):
            admin(cloud, "cloudwatch").delete_alarms(AlarmNames=[name])


def test_a_composite_begins_without_data_and_is_looked_at_within_a_second():
    with watching() as cloud:
        admin(cloud, "cloudwatch").put_composite_alarm(AlarmName="pressure", AlarmRule="ALARM(cpu)")
        before = state(cloud)
        cloud.run(1)

        assert (before, state(cloud)) == ("INSUFFICIENT_DATA", "OK")


@pytest.mark.parametrize(
    ("alarm_rule", "expected"),
    [
        pytest.param("ALARM(cpu)", "OK", id="as not in ALARM"),
        pytest.param("NOT OK(cpu)", "ALARM", id="as not in OK"),
    ],
)
def test_a_composite_whose_children_have_no_data_is_in_a_state_all_the_same(alarm_rule, expected):
    with watching() as cloud:
        become(cloud, "cpu", "OK")
        combine(cloud, alarm_rule=alarm_rule)
        become(cloud, "cpu", "INSUFFICIENT_DATA")

        assert state(cloud) == expected


def test_a_composite_that_is_put_again_keeps_its_state_until_it_is_looked_at():
    with watching() as cloud:
        combine(cloud)
        put = {"AlarmName": "pressure", "AlarmRule": "NOT ALARM(cpu)"}
        admin(cloud, "cloudwatch").put_composite_alarm(**put)
        before = state(cloud)
        cloud.run(1)

        assert (before, state(cloud)) == ("OK", "ALARM")
        assert described(cloud)["StateReason"] == (
            f"{alarm_arn('pressure')} was updated and its alarm rule evaluates to ALARM"
        )


@pytest.mark.slow
def test_a_change_runs_up_through_every_level_at_once():
    with watching() as cloud:
        combine(cloud, "inner", "ALARM(cpu)")
        combine(cloud, "middle", "ALARM(inner) OR ALARM(disk)")
        combine(cloud, "outer", "NOT OK(middle)")
        become(cloud, "cpu", "ALARM")

        assert [state(cloud, name) for name in ("inner", "middle", "outer")] == ["ALARM"] * 3
        assert "alarm:middle transitioned to ALARM" in described(cloud, "outer")["StateReason"]


@pytest.mark.slow
def test_where_a_change_arrives_by_two_ways_the_last_word_is_right():
    with watching() as cloud:
        combine(cloud, "busy", "ALARM(cpu)")
        combine(cloud, "calm", "NOT ALARM(cpu)")
        combine(cloud, "never", "ALARM(busy) AND ALARM(calm)")
        combine(cloud, "always", "ALARM(busy) OR ALARM(calm)")
        for value in ("ALARM", "OK", "ALARM"):
            become(cloud, "cpu", value)

            assert (state(cloud, "never"), state(cloud, "always")) == ("OK", "ALARM")


@pytest.mark.slow
def test_a_rule_that_leads_back_to_itself_is_not_evaluated_until_the_circle_is_broken():
    with watching() as cloud:
        combine(cloud, "first", "ALARM(cpu)")
        combine(cloud, "second", "ALARM(first)")
        combine(cloud, "first", "ALARM(second) OR ALARM(cpu)")
        become(cloud, "cpu", "ALARM")
        assert (state(cloud, "first"), state(cloud, "second")) == ("OK", "OK")

        combine(cloud, "first", "ALARM(cpu)")
        assert (state(cloud, "first"), state(cloud, "second")) == ("ALARM", "ALARM")


@pytest.mark.parametrize(
    "reference",
    [
        pytest.param("cpu", id="by name"),
        pytest.param(alarm_arn("cpu"), id="by ARN"),
    ],
)
def test_a_child_in_another_region_is_another_alarm(reference):
    with world(parts(), regions=(HOME, "eu-west-1")) as cloud:
        elsewhere = admin(cloud, "cloudwatch", "eu-west-1")

        with pytest.raises(ClientError, match=rf"as alarms \[{reference}\] in the alarm rule do not exist"):
            elsewhere.put_composite_alarm(AlarmName="a", AlarmRule=f"ALARM({reference})")


def test_an_arn_of_another_region_is_no_alarm_of_the_same_name_here():
    elsewhere = alarm_arn("cpu").replace(HOME, "eu-west-1")
    periods = {"ActionsSuppressorWaitPeriod": 1, "ActionsSuppressorExtensionPeriod": 1}
    with watching() as cloud:
        with pytest.raises(ClientError, match="in the alarm rule do not exist"):
            combine(cloud, alarm_rule=f"ALARM({elsewhere})")
        with pytest.raises(ClientError, match=f"The ActionsSuppressor {elsewhere} does not exist"):
            combine(cloud, ActionsSuppressor=elsewhere, **periods)


def test_a_state_set_by_hand_stays_until_a_child_changes():
    with watching() as cloud:
        combine(cloud)
        become(cloud, "pressure", "ALARM")
        cloud.run(600)
        before = state(cloud)
        become(cloud, "cpu", "ALARM")

        assert (before, state(cloud)) == ("ALARM", "OK")


def test_a_state_set_by_hand_stays_until_the_composite_is_put_again():
    with watching() as cloud:
        combine(cloud)
        become(cloud, "pressure", "ALARM")
        combine(cloud)

        assert state(cloud) == "OK"


@pytest.mark.slow
def test_a_state_set_by_hand_acts_and_is_a_change_for_those_above():
    with watching() as cloud:
        combine(cloud)
        combine(cloud, "outer", "ALARM(pressure)")
        before = len(mailed(cloud))
        become(cloud, "pressure", "ALARM")
        become(cloud, "pressure", "ALARM")

        assert [state for _, state in mailed(cloud)[before:]] == ["ALARM", "ALARM"]
        assert state(cloud, "outer") == "ALARM"
        assert described(cloud)["StateReason"] == "rehearsal"


# ---- what is refused ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "words"),
    [
        pytest.param({"AlarmRule": "ALARM(cpu"}, r"Error in AlarmRule \[.* at char 9\]", id="no rule"),
        pytest.param(
            {"AlarmRule": "ALARM(cpu)\n"},
            "must not contain leading or trailing whitespace",
            id="a line's end",
        ),
        pytest.param(
            {"AlarmRule": " ALARM(cpu)"},
            "must not contain leading or trailing whitespace",
            id="a blank before",
        ),
        pytest.param(
            {"AlarmRule": "ALARM(memory) OR OK(cpu) OR OK(swap)"},
            r"as alarms \[memory, swap\] in the alarm rule do not exist",
            id="children not there",
        ),
        pytest.param(
            {"AlarmRule": "ALARM(pressure)"}, r"as alarms \[pressure\] in the", id="itself before it is there"
        ),
        pytest.param(
            {"ActionsSuppressor": "deploying"},
            "ActionsSuppressor needs ActionsSuppressorExtensionPeriod and ActionsSuppressorWaitPeriod",
            id="a suppressor without periods",
        ),
        pytest.param(
            {"ActionsSuppressor": "deploying", "ActionsSuppressorWaitPeriod": 60},
            "ActionsSuppressor needs ActionsSuppressorExtensionPeriod",
            id="a suppressor without one of them",
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
    ],
)
def test_a_composite_that_cannot_be_is_refused(more, words):
    with watching() as cloud, pytest.raises(ClientError, match=f"ValidationError.*{words}"):
        admin(cloud, "cloudwatch").put_composite_alarm(
            **{"AlarmName": "pressure", "AlarmRule": "ALARM(cpu)", **more}
        )


@pytest.mark.parametrize(
    ("alarms", "words"),
    [
        pytest.param(
            ["cpu"], r"Cannot delete cpu as there are composite alarm\(s\) depending on it\.", id="a child"
        ),
        pytest.param(
            ["disk", "deploying", "cpu"],
            r"Cannot delete disk,cpu as there are composite alarm\(s\) depending on them\.",
            id="children among others",
        ),
        pytest.param(["pressure"], "Cannot delete pressure as there are", id="a composite that is one"),
        pytest.param(["pressure", "calm"], "At most one composite", id="two composites"),
        pytest.param(
            [f"a{number}" for number in range(101)],
            "'alarmNames' .* less than or equal to 100",
            id="too many",
        ),
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


@pytest.mark.slow
def test_a_composite_goes_with_its_children_or_before_them():
    with watching() as cloud:
        cloudwatch = admin(cloud, "cloudwatch")
        combine(cloud)
        cloudwatch.delete_alarms(AlarmNames=["pressure", "cpu"])
        combine(cloud, alarm_rule="ALARM(disk)")
        cloudwatch.delete_alarms(AlarmNames=["pressure"])
        cloudwatch.delete_alarms(AlarmNames=["disk"])

        assert names(cloud, AlarmTypes=["MetricAlarm", "CompositeAlarm"]) == ["deploying"]


@pytest.mark.slow
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


def test_a_composite_that_names_itself_is_a_circle_of_one():
    with watching() as cloud:
        combine(cloud, alarm_rule="ALARM(cpu)")
        combine(cloud, alarm_rule="NOT ALARM(pressure)")
        become(cloud, "cpu", "ALARM")
        assert state(cloud) == "OK"

        with pytest.raises(ClientError, match="Cannot delete pressure"):
            admin(cloud, "cloudwatch").delete_alarms(AlarmNames=["pressure"])


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
