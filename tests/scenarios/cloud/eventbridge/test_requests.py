"""What EventBridge's API takes and refuses."""

import json
from datetime import timedelta, timezone

import pytest
from botocore.exceptions import ClientError

from scenarios.cloud.deployment import ACCOUNT, START
from scenarios.cloud.eventbridge.requests import LARGEST_REQUEST_BYTES, entry_bytes
from scenarios.cloud.kernel import moto_state
from scenarios.cloud.kernel.errors import NotSimulated
from tests.scenarios.cloud.small_worlds import HOME, admin, arn, heard, queue, role, rule, world

HEARS = {**queue(), **rule()}
PATTERN = json.dumps({"source": ["shop"]})


def entry(**changes):
    return {"Source": "shop", "DetailType": "Order", "Detail": '{"n": 1}', **changes}


def put(world, *entries):
    answer = admin(world, "events").put_events(Entries=list(entries))
    world.run(5)
    return answer


# ---- PutEvents ----------------------------------------------------------------------------------


def test_an_entry_becomes_an_event_with_its_envelope():
    with world(HEARS) as cloud:
        answer = put(cloud, entry(Resources=["arn:aws:s3:::b"]))

        (event,) = heard(cloud)
        assert answer["FailedEntryCount"] == 0
        assert event == {
            "version": "0",
            "id": answer["Entries"][0]["EventId"],
            "detail-type": "Order",
            "source": "shop",
            "account": ACCOUNT,
            "time": "2026-03-02T03:00:00Z",
            "region": HOME,
            "resources": ["arn:aws:s3:::b"],
            "detail": {"n": 1},
        }


@pytest.mark.parametrize(
    ("given", "told"),
    [
        pytest.param(START.replace(hour=1), "2026-03-02T01:00:00Z", id="in UTC"),
        pytest.param(
            START.astimezone(timezone(timedelta(hours=9))), "2026-03-02T03:00:00Z", id="in another zone"
        ),
        pytest.param(START.replace(tzinfo=None), "2026-03-02T03:00:00Z", id="without a zone"),
        pytest.param("2026-03-02T01:00:00Z", "2026-03-02T01:00:00Z", id="as text"),
        pytest.param(START.timestamp(), "2026-03-02T03:00:00Z", id="as a number"),
    ],
)
def test_an_entry_may_name_its_own_time(given, told):
    with world(HEARS) as cloud:
        put(cloud, entry(Time=given))

        assert heard(cloud)[0]["time"] == told


REFUSED = [
    pytest.param({"Source": ""}, "InvalidArgument", "Source is a required argument", id="no source"),
    pytest.param(
        {"DetailType": ""}, "InvalidArgument", "DetailType is a required argument", id="no detail type"
    ),
    pytest.param({"Detail": ""}, "InvalidArgument", "Detail is a required argument", id="no detail"),
    pytest.param({"Detail": "{"}, "MalformedDetail", "Detail is malformed", id="detail not JSON"),
    pytest.param({"Detail": "[1]"}, "MalformedDetail", "Detail is malformed", id="detail not an object"),
    pytest.param(
        {"Source": "aws.s3"},
        "NotAuthorizedForSourceException",
        "Not authorized for the source.",
        id="one of AWS's own sources",
    ),
]


@pytest.mark.parametrize(("changes", "code", "message"), REFUSED)
def test_an_entry_is_refused_beside_others_that_are_taken(changes, code, message):
    with world(HEARS) as cloud:
        answer = put(cloud, entry(), entry(**changes), entry(Detail='{"n": 2}'))

        assert answer["FailedEntryCount"] == 1
        assert answer["Entries"][1]["ErrorCode"] == code
        assert message in answer["Entries"][1]["ErrorMessage"]
        assert sorted(event["detail"]["n"] for event in heard(cloud)) == [1, 2]


def test_a_source_that_only_looks_like_aws_is_taken():
    with world(HEARS) as cloud:
        answer = put(cloud, entry(Source="awsome.shop"))

        assert answer["FailedEntryCount"] == 0


def test_ten_entries_are_taken_and_eleven_refused():
    with world(HEARS) as cloud:
        put(cloud, *[entry()] * 10)
        with pytest.raises(ClientError, match="less than or equal to 10"):
            put(cloud, *[entry()] * 11)

        assert len(heard(cloud)) == 10


@pytest.mark.parametrize(
    ("given", "size"),
    [
        pytest.param(entry(), 4 + 5 + 8, id="source, type and detail"),
        pytest.param(entry(Time=START), 4 + 5 + 8 + 14, id="a time"),
        pytest.param(entry(Resources=["abc", "de"]), 4 + 5 + 8 + 5, id="resources"),
        pytest.param(entry(DetailType="Größe"), 4 + 7 + 8, id="bytes, not characters"),
        pytest.param(entry(EventBusName="orders"), 4 + 5 + 8, id="the bus's name is free"),
    ],
)
def test_an_entry_takes_as_much_of_the_limit_as_aws_counts(given, size):
    assert entry_bytes(given) == size


@pytest.mark.parametrize(
    ("short_of", "taken"),
    [pytest.param(1, True, id="just below"), pytest.param(0, False, id="at the limit")],
)
def test_a_request_over_the_size_limit_is_refused_whole(short_of, taken):
    rest = 2 * (4 + 5) + 2 * len('{"t": ""}')
    text = "x" * (LARGEST_REQUEST_BYTES - rest - short_of)
    entries = [entry(Detail=json.dumps({"t": ""})), entry(Detail=json.dumps({"t": text}))]
    with world(HEARS) as cloud:
        if taken:
            put(cloud, *entries)
        else:
            with pytest.raises(ClientError, match="Total size of the entries in the request is over"):
                put(cloud, *entries)

        assert len(heard(cloud)) == 2 * taken


def test_a_bus_that_is_not_there_takes_events_that_nobody_sees():
    with world(HEARS) as cloud:
        answer = put(cloud, entry(EventBusName="nowhere"))

        assert answer["FailedEntryCount"] == 0
        assert heard(cloud) == []


def test_the_default_bus_may_be_named_by_its_arn():
    with world(HEARS) as cloud:
        put(cloud, entry(EventBusName=arn("events", "event-bus/default")))

        assert len(heard(cloud)) == 1


def test_another_accounts_bus_is_not_simulated():
    theirs = f"arn:aws:events:{HOME}:999999999999:event-bus/default"
    with world(HEARS) as cloud:
        with pytest.raises(ClientError, match="no resource-based policy allows"):
            put(cloud, entry(EventBusName=theirs))
        moto_state.backend("events", "999999999999", HOME).put_permission(
            "default", "events:PutEvents", ACCOUNT, "us", None, None
        )
        with pytest.raises(NotSimulated, match="another account"):
            put(cloud, entry(EventBusName=theirs))


# ---- PutRule ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        pytest.param(
            {"EventPattern": '{"source": "shop"}'},
            r"InvalidEventPatternException.*Event pattern is not valid. Reason: .*must be an object or an",
            id="a pattern that is none",
        ),
        pytest.param(
            {"EventPattern": '{"source": [{"prefx": "a"}]}'},
            "Unrecognized match type prefx",
            id="an operator",
        ),
        pytest.param(
            {"EventPattern": json.dumps({"source": ["x" * 2048]})}, "2048 characters", id="a pattern too long"
        ),
        pytest.param(
            {"ScheduleExpression": "rate(1 minutes)"}, "Parameter ScheduleExpression is not valid", id="rate"
        ),
        pytest.param(
            {"ScheduleExpression": "cron(0 1 * * * *)"},
            "Parameter ScheduleExpression is not valid",
            id="cron",
        ),
        pytest.param(
            {"ScheduleExpression": "rate(1 hour)", "EventBusName": "orders"},
            "only on the default event bus",
            id="a schedule on a custom bus",
        ),
        pytest.param({}, "EventPattern or ScheduleExpression must be specified", id="neither"),
    ],
)
def test_a_rule_that_aws_refuses_is_refused(parameters, message):
    with world({"Bus": {"Type": "AWS::Events::EventBus", "Properties": {"Name": "orders"}}}) as cloud:
        events = admin(cloud, "events")
        with pytest.raises(ClientError, match=message):
            events.put_rule(Name="r", **parameters)

        assert events.list_rules()["Rules"] == []


# ---- PutTargets ---------------------------------------------------------------------------------


def target(number=0, **more):
    return {"Id": f"t{number}", "Arn": arn("sqs", "Heard"), **more}


TRANSFORMER = {"InputPathsMap": {"n": "$.detail.n"}, "InputTemplate": '{"n": <n>}'}


@pytest.mark.parametrize(
    ("targets", "message"),
    [
        pytest.param([target(n) for n in range(6)], "LimitExceeded", id="six at once"),
        pytest.param([target(n) for n in range(1, 5)] + [target(9)], "LimitExceeded", id="one too many"),
        pytest.param(
            [target(Input="{}", InputPath="$.detail")],
            "Only one of Input, InputPath",
            id="two forms of input",
        ),
        pytest.param(
            [target(InputPath="$", InputTransformer=TRANSFORMER)],
            "Only one of",
            id="a path and a transformer",
        ),
        pytest.param([target(Input="{")], "JSON syntax error in input for target t0", id="input not JSON"),
        pytest.param(
            [target(InputTransformer={"InputTemplate": '{"n": <n>}'})],
            "invalid placeholder n",
            id="a variable nobody defines",
        ),
        pytest.param(
            [target(Arn=arn("kinesis", "stream/s"))],
            "RoleArn is required for target",
            id="no role for a stream",
        ),
        pytest.param(
            [target(Arn=arn("events", "event-bus/b"))], "RoleArn is required for target", id="none for a bus"
        ),
        pytest.param(
            [target(Arn=arn("events", "event-bus/b"), RoleArn=f"arn:aws:iam::{ACCOUNT}:role/r", Input="{}")],
            "Modifying the input for target t0 is not supported",
            id="another input for a bus",
        ),
        pytest.param(
            [target(RetryPolicy={"MaximumRetryAttempts": 186})],
            "targets.1.member.retryPolicy.maximumRetryAttempts.*less than or equal to 185",
            id="too many attempts",
        ),
        pytest.param(
            [target(RetryPolicy={"MaximumEventAgeInSeconds": 86_401})],
            "maximumEventAgeInSeconds.*less than or equal to 86400",
            id="too old",
        ),
        pytest.param([target(Arn="nonsense")], "not in correct format", id="no ARN"),
    ],
)
def test_targets_that_aws_refuses_are_refused(targets, message):
    with world({**HEARS, **role("r", "events")}) as cloud:
        events = admin(cloud, "events")
        events.put_rule(Name="r", EventPattern=PATTERN)
        events.put_targets(Rule="r", Targets=[target()])
        with pytest.raises(ClientError, match=message):
            events.put_targets(Rule="r", Targets=targets)

        assert events.list_targets_by_rule(Rule="r")["Targets"] == [target()]


def test_five_targets_are_taken_and_one_may_be_replaced():
    with world(HEARS) as cloud:
        events = admin(cloud, "events")
        events.put_rule(Name="r", EventPattern=PATTERN)
        events.put_targets(Rule="r", Targets=[target(n) for n in range(5)])
        policy = {"MaximumRetryAttempts": 0, "MaximumEventAgeInSeconds": 60}
        events.put_targets(Rule="r", Targets=[target(Input="null", RetryPolicy=policy)])

        assert len(events.list_targets_by_rule(Rule="r")["Targets"]) == 5


def test_a_target_in_another_region_is_not_simulated():
    with world(HEARS) as cloud, pytest.raises(NotSimulated, match="another region"):
        admin(cloud, "events").put_targets(
            Rule="Rule", Targets=[target(Arn=arn("sqs", "Heard", "eu-west-1"))]
        )


# ---- TestEventPattern ---------------------------------------------------------------------------

FULL = {
    "id": "1",
    "account": ACCOUNT,
    "source": "shop",
    "time": "2026-03-02T03:00:00Z",
    "region": HOME,
    "resources": [],
    "detail-type": "Order",
    "detail": {},
}


def trial(world, pattern, event):
    return admin(world, "events").test_event_pattern(EventPattern=pattern, Event=event)["Result"]


@pytest.mark.parametrize(
    ("pattern", "result"),
    [
        pytest.param({"source": ["shop"]}, True, id="matches"),
        pytest.param({"source": ["other"]}, False, id="does not"),
    ],
)
def test_a_pattern_can_be_tried_on_an_event(pattern, result):
    with world(HEARS) as cloud:
        assert trial(cloud, json.dumps(pattern), json.dumps(FULL)) is result


@pytest.mark.parametrize(
    ("pattern", "event", "message"),
    [
        pytest.param('{"source": "s"}', json.dumps(FULL), "InvalidEventPatternException", id="pattern"),
        pytest.param(PATTERN, "{", "Parameter Event is not valid", id="event not JSON"),
        pytest.param(PATTERN, "[]", "Parameter Event is not valid", id="event not an object"),
        *(
            pytest.param(
                PATTERN,
                json.dumps({name: value for name, value in FULL.items() if name != missing}),
                "Parameter Event is not valid",
                id=f"event without {missing}",
            )
            for missing in FULL
            if missing not in ("detail", "resources")
        ),
    ],
)
def test_a_trial_is_refused_as_aws_does(pattern, event, message):
    with world(HEARS) as cloud, pytest.raises(ClientError, match=message):
        trial(cloud, pattern, event)


def test_a_trial_needs_no_resources():
    event = {name: value for name, value in FULL.items() if name != "resources"}
    with world(HEARS) as cloud:
        assert trial(cloud, json.dumps({"source": [FULL["source"]]}), json.dumps(event)) is True
