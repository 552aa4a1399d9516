"""What DescribeAlarms answers where composite alarms are among the alarms."""

import pytest
from botocore.exceptions import ClientError

from tests.scenarios.cloud.cloudwatch.alarms.composite_worlds import (
    alarm_arn,
    combine,
    described,
    names,
    watching,
)
from tests.scenarios.cloud.small_worlds import admin, arn


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
        pytest.param(
            {"AlarmTypes": ["MetricAlarm", "CompositeAlarm"], "AlarmNames": ["calm", "disk", "none"]},
            ["disk", "calm"],
            id="names of both",
        ),
        pytest.param({"AlarmNames": ["calm", "disk"]}, ["disk"], id="a composite's name without its kind"),
        pytest.param(
            {"AlarmTypes": ["MetricAlarm", "CompositeAlarm"], "ActionPrefix": "arn:aws:sns"},
            ["calm", "pressure"],
            id="an action",
        ),
        pytest.param(
            {"AlarmTypes": ["CompositeAlarm"], "ActionPrefix": "arn:aws:ssm"}, [], id="no such action"
        ),
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


@pytest.mark.parametrize(
    ("which", "more"),
    [
        pytest.param("ChildrenOfAlarmName", {"AlarmNamePrefix": "c"}, id="children by a prefix"),
        pytest.param("ChildrenOfAlarmName", {"AlarmTypes": ["MetricAlarm"]}, id="children of a kind"),
        pytest.param("ChildrenOfAlarmName", {"ParentsOfAlarmName": "cpu"}, id="children and parents"),
        pytest.param("ParentsOfAlarmName", {"StateValue": "OK"}, id="parents in a state"),
    ],
)
def test_kinship_excludes_other_questions(which, more):
    with watching() as cloud, pytest.raises(ClientError, match=f"{which} excludes all but MaxRecords"):
        admin(cloud, "cloudwatch").describe_alarms(**{which: "pressure"}, **more)


def test_a_child_that_is_named_twice_is_described_once():
    with watching() as cloud:
        combine(cloud, alarm_rule=f"ALARM(cpu) OR INSUFFICIENT_DATA({alarm_arn('cpu')}) OR NOT OK(cpu)")

        assert names(cloud, ChildrenOfAlarmName="pressure") == ["cpu"]
        assert names(cloud, ParentsOfAlarmName="cpu") == ["pressure"]


def test_names_and_a_prefix_exclude_each_other_whether_there_are_alarms_or_not():
    with watching() as cloud, pytest.raises(ClientError, match=r"ValidationError.*exclude each other"):
        names(cloud, AlarmTypes=["CompositeAlarm"], AlarmNames=["calm"], AlarmNamePrefix="c")


@pytest.mark.parametrize(
    ("size", "pages"),
    [
        pytest.param(1, [["calm"], ["cpu"], ["deploying"], ["disk"], ["pressure"]], id="one by one"),
        pytest.param(2, [["cpu", "calm"], ["deploying", "disk"], ["pressure"]], id="two and two"),
        pytest.param(5, [["cpu", "deploying", "disk", "calm", "pressure"]], id="as many as there are"),
    ],
)
def test_alarms_of_both_kinds_share_their_pages(size, pages):
    with watching() as cloud:
        combine(cloud)
        combine(cloud, "calm", "OK(pressure)")
        paginator = admin(cloud, "cloudwatch").get_paginator("describe_alarms")
        answers = paginator.paginate(
            AlarmTypes=["MetricAlarm", "CompositeAlarm"], PaginationConfig={"PageSize": size}
        )

        assert [
            [
                each["AlarmName"]
                for kind in ("MetricAlarms", "CompositeAlarms")
                for each in answer.get(kind, ())
            ]
            for answer in answers
        ] == pages


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
