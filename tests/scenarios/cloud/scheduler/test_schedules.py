"""When schedules come due, under which role, and what of them is refused or not simulated."""

import json

import pytest

from scenarios.cloud.kernel.errors import NotSimulated
from scenarios.cloud.world import ACCOUNT
from tests.scenarios.cloud.small_worlds import (
    HOME,
    admin,
    arn,
    document,
    heard,
    may,
    noted,
    queue,
    refusal,
    role,
    rule,
    world,
)

BUS = arn("events", "event-bus/default")
ROLE = f"arn:aws:iam::{ACCOUNT}:role/beats"


def target(**more):
    return {
        "Arn": BUS,
        "RoleArn": ROLE,
        "EventBridgeParameters": {"DetailType": "Beat", "Source": "shop"},
        "RetryPolicy": {"MaximumRetryAttempts": 0},
        "Input": '{"n": 1}',
        **more,
    }


def schedule(**more):
    properties = {
        "Name": "Beats",
        "ScheduleExpression": "rate(1 minute)",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "Target": target(RoleArn={"Fn::GetAtt": ["beats", "Arn"]}),
        **more,
    }
    return {"Beats": {"Type": "AWS::Scheduler::Schedule", "Properties": properties}}


def beating(allowed="events:PutEvents", **more):
    """A schedule, the role that it is run under, and a rule that hears its events."""
    return world(
        {
            **queue(),
            **rule(pattern={"source": ["shop"]}),
            **role("beats", "scheduler", may(allowed)),
            **schedule(**more),
        }
    )


def given(**more):
    return {
        "Name": "Again",
        "ScheduleExpression": "rate(5 minutes)",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "Target": target(),
        **more,
    }


def test_a_schedule_puts_an_event_on_the_bus_within_each_of_its_minutes():
    with beating() as each:
        each.run(60 * 5 + 55)

        events = heard(each)

    assert [event["time"] for event in events] == [f"2026-03-02T03:0{n}:00Z" for n in range(1, 6)]
    assert events[0] == {
        "version": "0",
        "id": events[0]["id"],
        "detail-type": "Beat",
        "source": "shop",
        "account": ACCOUNT,
        "time": "2026-03-02T03:01:00Z",
        "region": HOME,
        "resources": [arn("scheduler", "schedule/default/Beats")],
        "detail": {"n": 1},
    }


def test_a_schedule_that_is_made_by_its_rate_begins_at_once():
    with beating(State="DISABLED") as each:
        admin(each, "scheduler").create_schedule(**given())
        each.run(10)

        assert len(heard(each)) == 1


@pytest.mark.parametrize(
    "stop",
    [
        pytest.param(
            lambda client: client.update_schedule(**given(Name="Beats", State="DISABLED")), id="disabled"
        ),
        pytest.param(lambda client: client.delete_schedule(Name="Beats"), id="deleted"),
        pytest.param(
            lambda client: client.update_schedule(
                **given(Name="Beats", ScheduleExpression="cron(0 12 * * ? *)")
            ),
            id="at noon only",
        ),
    ],
)
def test_a_schedule_that_is_stopped_puts_no_more_events(stop):
    with beating() as each:
        each.run(120)
        before = len(heard(each))
        stop(admin(each, "scheduler"))
        each.run(600)

        assert before
        assert len(heard(each)) == before


@pytest.mark.parametrize(
    ("change", "why"),
    [
        pytest.param({"allowed": "sqs:SendMessage"}, "NO_PERMISSIONS", id="no right to put events"),
        pytest.param({"State": "ENABLED"}, "FAILED_TO_ASSUME_ROLE", id="a role that trusts it no more"),
    ],
)
def test_what_the_role_may_not_do_is_not_done(change, why):
    nobody = {"Effect": "Deny", "Action": "sts:AssumeRole", "Principal": "*"}
    with beating(**change) as each:
        if why == "FAILED_TO_ASSUME_ROLE":
            admin(each, "iam").update_assume_role_policy(
                RoleName="beats", PolicyDocument=json.dumps(document(nobody))
            )
        each.run(115)

        assert heard(each) == []
        assert noted(each, "undelivered") == [f"schedule Beats: {why}"]


def test_another_try_is_not_simulated():
    trying = target(RetryPolicy={"MaximumRetryAttempts": 3}, RoleArn={"Fn::GetAtt": ["beats", "Arn"]})
    with beating("sqs:SendMessage", Target=trying) as each, pytest.raises(NotSimulated, match="another try"):
        each.run(115)


@pytest.mark.parametrize(
    ("change", "hole"),
    [
        ({"Target": {"Arn": arn("sqs", "Heard"), "RoleArn": ROLE}}, "a target other than an event bus"),
        ({"GroupName": "mine"}, "a group"),
        ({"ScheduleExpressionTimezone": "Europe/Paris"}, "a time zone"),
        ({"FlexibleTimeWindow": {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 5}}, "a flexible time window"),
        ({"ScheduleExpression": "at(2026-03-03T00:00:00)"}, "a single time"),
        ({"StartDate": "2026-04-01T00:00:00Z"}, "StartDate and EndDate"),
        ({"KmsKeyArn": arn("kms", "key/1")}, "KmsKeyArn"),
        ({"Target": target(DeadLetterConfig={"Arn": arn("sqs", "Heard")})}, "DeadLetterConfig"),
    ],
)
def test_what_is_not_simulated_is_loud(change, hole):
    with beating() as each, pytest.raises(NotSimulated, match=f"CreateSchedule with {hole}"):
        admin(each, "scheduler").create_schedule(**given(**change))


def test_groups_are_not_simulated():
    with beating() as each, pytest.raises(NotSimulated, match="CreateScheduleGroup"):
        admin(each, "scheduler").create_schedule_group(Name="mine")


def test_two_schedules_of_one_name_are_refused():
    with beating() as each:
        assert refusal(admin(each, "scheduler").create_schedule, **given(Name="Beats")) == "ConflictException"
