"""When schedules come due, under which role, and what of them is refused or not simulated."""

import json
from base64 import b64decode

import pytest
from botocore.exceptions import ClientError

from scenarios.cloud.deployment import ACCOUNT
from scenarios.cloud.kernel import moto_streams
from scenarios.cloud.kernel.errors import NotSimulated
from tests.scenarios.cloud.small_worlds import (
    HOME,
    admin,
    arn,
    arrived,
    document,
    function,
    heard,
    may,
    noted,
    queue,
    refusal,
    role,
    rule,
    topic,
    total,
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


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.slow
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


def last(world, queue_name="Heard"):
    """The attributes of the one message in a queue."""
    (attributes,) = world.queues.attributes(arn("sqs", queue_name))
    return attributes


def test_a_target_that_refuses_is_tried_again_until_it_takes_it():
    trying = target(RetryPolicy={"MaximumRetryAttempts": 20}, RoleArn={"Fn::GetAtt": ["beats", "Arn"]})
    once = "at(2026-03-02T03:05:00)"
    with beating("sqs:SendMessage", Target=trying, ScheduleExpression=once) as each:
        each.run(60 * 8)
        assert heard(each) == []
        allow(each, "events:PutEvents")
        each.run(60 * 8)

        assert [event["time"] for event in heard(each)] == ["2026-03-02T03:05:00Z"]
        assert total(each, "AWS/Scheduler", "TargetErrorCount", ScheduleGroup="default") > 3


def allow(world, action):
    admin(world, "iam").put_role_policy(
        RoleName="beats", PolicyName="more", PolicyDocument=json.dumps(document(may(action)))
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("policy", "attempts", "condition"),
    [
        pytest.param({"MaximumRetryAttempts": 2}, "2", "MaximumRetryAttempts", id="tries"),
        pytest.param(
            {"MaximumRetryAttempts": 185, "MaximumEventAgeInSeconds": 60},
            None,
            "MaximumEventAgeInSeconds",
            id="age",
        ),
    ],
)
def test_what_nobody_took_lies_in_the_dead_letter_queue_with_why(policy, attempts, condition):
    failing = target(
        RetryPolicy=policy,
        RoleArn={"Fn::GetAtt": ["beats", "Arn"]},
        DeadLetterConfig={"Arn": {"Fn::GetAtt": ["Dead", "Arn"]}},
    )
    once = "at(2026-03-02T03:05:00)"
    with world(
        {
            **queue("Dead", by=""),
            **role("beats", "scheduler", may("sqs:SendMessage")),
            **schedule(Target=failing, ScheduleExpression=once),
        }
    ) as each:
        each.run(3600)

        assert heard(each, "Dead") == [{"n": 1}]
        why = last(each, "Dead")
    assert why["ERROR_CODE"] == "NO_PERMISSIONS"
    assert why["EXHAUSTED_RETRY_CONDITION"] == condition
    assert attempts in (None, why["RETRY_ATTEMPTS"])
    assert why["SCHEDULED_TIME"] == "2026-03-02T03:05:00Z"
    assert why["SCHEDULE_ARN"] == arn("scheduler", "schedule/default/Beats")
    assert why["TARGET_ARN"] == BUS


# ---- when ---------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_single_time_comes_once_in_its_zone_and_the_schedule_may_go_with_it():
    with beating(State="DISABLED") as each:
        scheduler = admin(each, "scheduler")
        scheduler.create_schedule(
            **given(
                ScheduleExpression="at(2026-03-02T05:00:00)",
                ScheduleExpressionTimezone="Europe/Paris",
                ActionAfterCompletion="DELETE",
            )
        )
        each.run(3600)
        names = [each["Name"] for each in scheduler.list_schedules()["Schedules"]]
        each.run(24 * 3600)
        left = [each["Name"] for each in scheduler.list_schedules()["Schedules"]]

        assert "Again" in names
        assert [event["time"] for event in heard(each)] == ["2026-03-02T04:00:00Z"]
        assert left == ["Beats"]


@pytest.mark.slow
def test_a_flexible_window_lets_it_come_later():
    flexible = {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 30}
    once = "at(2026-03-02T03:05:00)"
    with beating(ScheduleExpression=once, FlexibleTimeWindow=flexible) as each:
        each.run(60 * 7)
        early = heard(each)
        each.run(60 * 30)

        assert early == []
        assert len(heard(each)) == 1


@pytest.mark.slow
def test_a_rate_counts_from_its_start_and_stops_at_its_end():
    with beating(State="DISABLED") as each:
        admin(each, "scheduler").create_schedule(
            **given(StartDate="2026-03-02T04:00:00Z", EndDate="2026-03-02T04:11:00Z")
        )
        each.run(7200)

        times = [event["time"][11:16] for event in heard(each)]
    assert times == ["04:00", "04:05", "04:10"]


# ---- what for -----------------------------------------------------------------------------------


def to(where, **more):
    return {
        "Arn": where,
        "RoleArn": {"Fn::GetAtt": ["beats", "Arn"]},
        "RetryPolicy": {"MaximumRetryAttempts": 0},
        **more,
    }


ONCE = "at(2026-03-02T03:05:00)"


@pytest.mark.slow
def test_a_queue_gets_the_input_with_its_keywords_replaced():
    text = "<aws.scheduler.schedule-arn> <aws.scheduler.scheduled-time> <aws.scheduler.attempt-number>"
    heard_by = to({"Fn::GetAtt": ["Heard", "Arn"]}, Input=text)
    with beating("sqs:SendMessage", Target=heard_by, ScheduleExpression=ONCE) as each:
        each.run(600)

        (body,) = each.queues.bodies(arn("sqs", "Heard"))
    assert body == f"{arn('scheduler', 'schedule/default/Beats')} 2026-03-02T03:05:00Z 1"


@pytest.mark.slow
def test_a_function_without_an_input_is_told_of_the_schedule():
    resources = {
        **function(),
        **role("beats", "scheduler", may("lambda:InvokeFunction")),
        **schedule(Target=to({"Fn::GetAtt": ["look", "Arn"]}), ScheduleExpression=ONCE),
    }
    with world(resources) as each:
        each.run(600)

        (event,) = arrived(each)
    assert (event["source"], event["detail-type"]) == ("aws.scheduler", "Scheduled Event")
    assert event["resources"] == [arn("scheduler", "schedule/default/Beats")]


@pytest.mark.slow
def test_a_topic_and_a_stream_get_the_input():
    records = {"Clicks": {"Type": "AWS::Kinesis::Stream", "Properties": {"Name": "clicks", "ShardCount": 1}}}
    key = {"KinesisParameters": {"PartitionKey": "k"}}
    into = schedule(
        Target=to({"Fn::GetAtt": ["Clicks", "Arn"]}, Input="click", **key), ScheduleExpression=ONCE
    )
    mails = schedule(Name="Mails", Target=to({"Ref": "Alerts"}, Input="mail"), ScheduleExpression=ONCE)
    permitted = may(["sns:Publish", "kinesis:PutRecord"])
    with world(
        {**topic(), **records, **role("beats", "scheduler", permitted), **into, "Mails": mails["Beats"]}
    ) as each:
        each.run(600)
        (shard,) = moto_streams.kinesis_stream(arn("kinesis", "stream/clicks")).shards.values()
        data = [b64decode(record.data) for record in shard.records.values()]

        assert [mail.text for mail in each.topics.inbox] == ["mail"]
    assert data == [b"click"]


def calling(action, asked, allowed):
    """A schedule that calls AWS's API, and the role that it calls as."""
    universal = to(f"arn:aws:scheduler:::aws-sdk:{action}", Input=json.dumps(asked))
    return world(
        {
            **role("beats", "scheduler", may(allowed)),
            **schedule(Target=universal, ScheduleExpression=ONCE),
        }
    )


def test_a_universal_target_is_a_call_by_the_role():
    with calling("sqs:createQueue", {"QueueName": "made"}, "sqs:CreateQueue") as each:
        each.run(600)
        urls = admin(each, "sqs").list_queues()["QueueUrls"]

        assert [url.rpartition("/")[2] for url in urls] == ["made"]


def test_a_universal_target_may_do_no_more_than_its_role():
    with calling("sqs:createQueue", {"QueueName": "made"}, "sqs:DeleteQueue") as each:
        each.run(600)

        assert noted(each, "undelivered") == ["schedule Beats: AccessDenied"]
        assert admin(each, "sqs").list_queues().get("QueueUrls", []) == []


# ---- what is refused ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"ScheduleExpression": "at(2026-03-32T00:00:00)"}, "Invalid Schedule Expression"),
        ({"ScheduleExpression": "at(tomorrow)"}, "Invalid Schedule Expression"),
        ({"ScheduleExpression": "rate(10 seconds)"}, "Invalid Schedule Expression"),
        ({"ScheduleExpressionTimezone": "Europe/Atlantis"}, "time zone"),
        ({"FlexibleTimeWindow": {"Mode": "FLEXIBLE"}}, "MaximumWindowInMinutes"),
        ({"FlexibleTimeWindow": {"Mode": "OFF", "MaximumWindowInMinutes": 5}}, "MaximumWindowInMinutes"),
        ({"GroupName": "nobodys"}, "does not exist"),
        ({"Target": {"Arn": BUS, "RoleArn": ROLE}}, "EventBridgeParameters"),
        ({"Target": {"Arn": "arn:aws:scheduler:::aws-sdk:sqs:listQueues", "RoleArn": ROLE}}, "read-only"),
        ({"Target": {"Arn": "arn:aws:scheduler:::aws-sdk:sqs:sing", "RoleArn": ROLE}}, "not a supported"),
        ({"Target": {"Arn": "arn:aws:scheduler:::aws-sdk:opera:sing", "RoleArn": ROLE}}, "not a supported"),
    ],
)
def test_what_scheduler_refuses_is_refused(change, message):
    with beating() as each, pytest.raises(ClientError, match=message):
        admin(each, "scheduler").create_schedule(**given(**change))


@pytest.mark.parametrize(
    ("change", "hole"),
    [
        ({"Target": {"Arn": arn("ecs", "cluster/c"), "RoleArn": ROLE}}, "a target in ecs"),
        ({"Target": {"Arn": arn("sns", "Heard.fifo"), "RoleArn": ROLE}}, "a FIFO target"),
        ({"KmsKeyArn": arn("kms", "key/1")}, "CreateSchedule with KmsKeyArn"),
    ],
)
def test_what_is_not_simulated_is_loud(change, hole):
    with beating() as each, pytest.raises(NotSimulated, match=hole):
        admin(each, "scheduler").create_schedule(**given(**change))


@pytest.mark.slow
def test_a_group_goes_with_its_schedules():
    group = {"Mine": {"Type": "AWS::Scheduler::ScheduleGroup", "Properties": {"Name": "mine"}}}
    resources = {
        **queue(),
        **rule(pattern={"source": ["shop"]}),
        **role("beats", "scheduler", may("events:PutEvents")),
        **group,
        **schedule(GroupName={"Ref": "Mine"}),
    }
    with world(resources) as each:
        each.run(120)
        before = len(heard(each))
        admin(each, "scheduler").delete_schedule_group(Name="mine")
        each.run(600)

        assert before
        assert len(heard(each)) == before
        assert total(each, "AWS/Scheduler", "InvocationAttemptCount", ScheduleGroup="mine") == before


@pytest.mark.parametrize(
    ("operation", "name", "code"),
    [
        pytest.param("delete_schedule_group", "default", "ValidationException", id="default"),
        pytest.param("delete_schedule_group", "none", "ResourceNotFoundException", id="missing"),
        pytest.param("create_schedule_group", "default", "ConflictException", id="twice"),
    ],
)
def test_a_group_that_can_not_be_made_or_deleted_is_refused(operation, name, code):
    with beating() as each:
        assert refusal(getattr(admin(each, "scheduler"), operation), Name=name) == code


def test_two_schedules_of_one_name_are_refused():
    with beating() as each:
        assert refusal(admin(each, "scheduler").create_schedule, **given(Name="Beats")) == "ConflictException"
