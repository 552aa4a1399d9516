"""Which rules see an event: their bus, their region, their state, their pattern, their schedule."""

import json
from datetime import UTC, datetime

import pytest
from botocore.exceptions import ClientError

from scenarios.cloud.deployment import ACCOUNT
from scenarios.cloud.kernel.faults import PROFILES
from tests.scenarios.cloud.small_worlds import (
    HOME,
    admin,
    arn,
    document,
    heard,
    may,
    noted,
    queue,
    role,
    rule,
    world,
)

FAR = "eu-west-1"
ALL = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"


def event(detail=None, **changes):
    return {
        "version": "0",
        "id": "e-1",
        "detail-type": "Order",
        "source": "shop",
        "account": ACCOUNT,
        "time": "2026-03-02T03:00:00Z",
        "region": HOME,
        "resources": [],
        "detail": detail or {},
        **changes,
    }


def call(name):
    return event({"eventName": name}, **{"detail-type": "AWS API Call via CloudTrail"})


def emit(world, *events, region=HOME, seconds=5, **more):
    for each in events:
        world.eventbridge.emit(region, each, **more)
    world.run(seconds)


# ---- patterns and states ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pattern", "hears"),
    [
        pytest.param({"source": ["shop"]}, True, id="the source"),
        pytest.param({"source": ["other"]}, False, id="another source"),
        pytest.param({"detail": {"n": [{"numeric": [">", 2]}]}}, True, id="a number"),
        pytest.param({"detail": {"n": [{"numeric": [">", 3]}]}}, False, id="another number"),
        pytest.param({"detail": {"items": {"id": ["b"]}}}, True, id="within an array of objects"),
        pytest.param({"detail": {"absent": [{"exists": True}]}}, False, id="what is absent"),
    ],
)
def test_a_rule_hears_what_its_pattern_matches(pattern, hears):
    with world({**queue(), **rule(pattern=pattern)}) as cloud:
        emit(cloud, event({"n": 3, "items": [{"id": "a"}, {"id": "b"}]}))

        assert len(heard(cloud)) == hears


@pytest.mark.parametrize(
    ("state", "name", "hears"),
    [
        pytest.param("ENABLED", "DeleteTable", True, id="a change"),
        pytest.param("ENABLED", "DescribeTable", False, id="Describe"),
        pytest.param("ENABLED", "GetObject", False, id="Get"),
        pytest.param("ENABLED", "ListTables", False, id="List"),
        pytest.param("ENABLED", "GetSessionToken", True, id="GetSessionToken"),
        pytest.param("ENABLED", "GetFederationToken", True, id="GetFederationToken"),
        pytest.param("ENABLED", "LookupEvents", True, id="read-only by another verb"),
        pytest.param(ALL, "DescribeTable", True, id="all management events"),
        pytest.param("DISABLED", "DeleteTable", False, id="disabled"),
    ],
)
def test_a_rules_state_decides_about_management_events(state, name, hears):
    with world({**queue(), **rule()}) as cloud:
        with cloud.calls.muted():
            admin(cloud, "events").put_rule(
                Name="Rule", EventPattern=json.dumps({"account": [ACCOUNT]}), State=state
            )
        emit(cloud, call(name))

        assert len(heard(cloud)) == hears


def test_describe_in_an_event_of_ones_own_is_nothing_special():
    with world({**queue(), **rule()}) as cloud:
        emit(cloud, event({"eventName": "DescribeTable"}))

        assert len(heard(cloud)) == 1


def test_a_rule_switched_off_and_on_hears_again():
    with world({**queue(), **rule()}) as cloud:
        events = admin(cloud, "events")
        events.disable_rule(Name="Rule")
        emit(cloud, event())
        off = len(heard(cloud))
        events.enable_rule(Name="Rule")
        emit(cloud, event())

        assert (off, len(heard(cloud))) == (0, 1)


def test_every_rule_that_matches_delivers():
    with world({**queue(), **rule("A"), **rule("B"), **rule("C", pattern={"source": ["x"]})}) as cloud:
        emit(cloud, event())

        assert len(heard(cloud)) == 2
        assert noted(cloud, "matched") == [f"rule A in {HOME}", f"rule B in {HOME}"]


def test_under_duplicates_everything_comes_twice():
    with world({**queue(), **rule()}, faults=PROFILES["duplicates"]) as cloud:
        emit(cloud, event(), seconds=60)

        assert heard(cloud) == [event(), event()]


# ---- buses and regions --------------------------------------------------------------------------


@pytest.mark.slow
def test_a_rule_sees_only_its_own_regions_bus():
    hears = {**queue(), **rule()}
    with world(hears, spoke=hears, regions=(HOME, FAR)) as cloud:
        emit(cloud, event(), region=FAR)

        assert heard(cloud) == []
        assert len(heard(cloud, region=FAR)) == 1


def custom_bus(**properties):
    return {"Bus": {"Type": "AWS::Events::EventBus", "Properties": {"Name": "orders", **properties}}}


@pytest.mark.slow
def test_a_custom_bus_and_the_default_one_hear_apart():
    resources = {
        **custom_bus(),
        **queue(),
        **queue("Default"),
        **rule(EventBusName={"Ref": "Bus"}),
        **rule("Plain", to="Default"),
    }
    with world(resources) as cloud:
        emit(cloud, event(), bus="orders")

        assert len(heard(cloud)) == 1
        assert heard(cloud, "Default") == []


@pytest.mark.parametrize(
    ("bus_policy", "own_policy", "allowed"),
    [
        pytest.param(None, (may("events:PutEvents"),), True, id="the caller's policy"),
        pytest.param(None, (), False, id="no policy at all"),
        pytest.param("Allow", (), True, id="the bus's policy"),
        pytest.param("Deny", (may("events:PutEvents"),), False, id="the bus's policy denies"),
    ],
)
def test_a_bus_is_put_to_by_whom_policies_let(bus_policy, own_policy, allowed):
    statement = {
        "Sid": "bob",
        "Effect": bus_policy,
        "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:user/bob"},
        "Action": "events:PutEvents",
        "Resource": arn("events", "event-bus/orders"),
    }
    with world({**custom_bus(), **queue(), **rule(EventBusName={"Ref": "Bus"})}) as cloud:
        if bus_policy:
            admin(cloud, "events").put_permission(
                EventBusName="orders", Policy=json.dumps(document(statement))
            )
        bob = cloud.client(cloud.user("bob", policies=(document(*own_policy),)), "events")
        entry = {"Source": "s", "DetailType": "d", "Detail": "{}", "EventBusName": "orders"}
        if allowed:
            bob.put_events(Entries=[entry])
        else:
            with pytest.raises(ClientError, match="AccessDenied"):
                bob.put_events(Entries=[entry])
        cloud.run(5)

        assert len(heard(cloud)) == allowed


def spoke(*statements):
    """What forwards everything from another region to the home bus."""
    target = {"Arn": arn("events", "event-bus/default")}
    target["RoleArn"] = {"Fn::GetAtt": ["forward", "Arn"]}
    return {
        **role("forward", "events", *statements),
        **queue("Here", by=""),
        **rule("Forward", to="Here", target=target),
    }


def test_an_event_is_forwarded_to_another_region_and_stays_what_it_was():
    with world({**queue(), **rule()}, spoke=spoke(may("events:PutEvents")), regions=(HOME, FAR)) as cloud:
        emit(cloud, event(region=FAR), region=FAR)

        assert heard(cloud) == [event(region=FAR)]
        assert noted(cloud, "forwarded") == [f"from {FAR} to {HOME}"]


@pytest.mark.parametrize(
    "statements",
    [
        pytest.param((), id="no permission"),
        pytest.param((may("events:PutRule"),), id="another permission"),
        pytest.param((may("events:PutEvents", "arn:aws:events:*:*:event-bus/other"),), id="another bus"),
    ],
)
def test_an_event_is_not_forwarded_under_a_role_that_may_not(statements):
    with world({**queue(), **rule()}, spoke=spoke(*statements), regions=(HOME, FAR)) as cloud:
        emit(cloud, event(), region=FAR)

        assert heard(cloud) == []
        assert any("NO_PERMISSIONS" in words for words in noted(cloud, "undelivered"))


@pytest.mark.slow
def test_a_forwarded_event_is_not_forwarded_again():
    onward = {
        **custom_bus(),
        **queue(),
        **queue("Dead"),
        **role("onward", "events", may("events:PutEvents")),
        **rule(
            "Onward",
            target={
                "Arn": {"Fn::GetAtt": ["Bus", "Arn"]},
                "RoleArn": {"Fn::GetAtt": ["onward", "Arn"]},
                "DeadLetterConfig": {"Arn": {"Fn::GetAtt": ["Dead", "Arn"]}},
            },
        ),
        **rule("Third", EventBusName={"Ref": "Bus"}),
    }
    with world(onward, spoke=spoke(may("events:PutEvents")), regions=(HOME, FAR)) as cloud:
        emit(cloud, event(), region=HOME)
        once = len(heard(cloud))
        emit(cloud, event(), region=FAR)

        assert (once, len(heard(cloud))) == (1, 1)
        assert heard(cloud, "Dead") == [event()]
        (attributes,) = cloud.queues.attributes(arn("sqs", "Dead"))
        assert attributes["ERROR_CODE"] == "THIRD_ACCOUNT_HOP_DETECTED"


# ---- schedules ----------------------------------------------------------------------------------


def fired(world):
    return [datetime.fromisoformat(each["time"]) for each in heard(world)]


def test_a_schedule_fires_with_the_scheduled_event():
    with world({**queue(), **rule(ScheduleExpression="rate(5 minutes)")}) as cloud:
        cloud.run(16 * 60)

        assert [at.minute for at in fired(cloud)] == [5, 10, 15]
        body = heard(cloud)[0]
        assert body["detail-type"] == "Scheduled Event"
        assert body["source"] == "aws.events"
        assert body["resources"] == [arn("events", "rule/Rule")]
        assert body["detail"] == {}


def test_a_cron_fires_in_utc_some_time_within_its_minute():
    with world({**queue(), **rule(ScheduleExpression="cron(0 4 * * ? *)")}) as cloud:
        cloud.run(3600 - 1)
        before = len(heard(cloud))
        cloud.run(61)

        assert before == 0
        assert fired(cloud) == [datetime(2026, 3, 2, 4, tzinfo=UTC)]


def test_a_disabled_schedule_does_not_fire_until_it_is_enabled():
    with world({**queue(), **rule(ScheduleExpression="rate(5 minutes)", State="DISABLED")}) as cloud:
        cloud.run(11 * 60)
        off = len(heard(cloud))
        admin(cloud, "events").enable_rule(Name="Rule")
        cloud.run(5 * 60)

        assert (off, len(heard(cloud))) == (0, 1)


def test_a_schedule_put_again_does_not_fire_twice():
    with world({**queue(), **rule(ScheduleExpression="rate(5 minutes)")}) as cloud:
        cloud.run(60)
        admin(cloud, "events").put_rule(Name="Rule", ScheduleExpression="rate(5 minutes)")
        cloud.run(10 * 60)

        assert [at.minute for at in fired(cloud)] == [6]
        cloud.run(60)
        assert [at.minute for at in fired(cloud)] == [6, 11]


def test_a_schedule_that_was_changed_fires_only_by_the_new_one():
    with world({**queue(), **rule(ScheduleExpression="rate(5 minutes)")}) as cloud:
        admin(cloud, "events").put_rule(Name="Rule", ScheduleExpression="rate(1 hour)")
        cloud.run(62 * 60)

        assert fired(cloud) == [datetime(2026, 3, 2, 4, tzinfo=UTC)]


def test_a_scheduled_rule_does_not_hear_events():
    with world({**queue(), **rule(ScheduleExpression="rate(1 day)")}) as cloud:
        emit(cloud, event())

        assert heard(cloud) == []


def test_a_deleted_rule_is_silent():
    with world({**queue(), **rule(ScheduleExpression="rate(5 minutes)")}) as cloud:
        events = admin(cloud, "events")
        events.remove_targets(Rule="Rule", Ids=["t"])
        events.delete_rule(Name="Rule")
        cloud.run(11 * 60)

        assert heard(cloud) == []
