"""What PutLogEvents takes, and how long a group keeps it."""

from datetime import timedelta

import pytest
from botocore.exceptions import ClientError

from tests.scenarios.cloud.logs.log_worlds import HOST, NOW, put_subscription, subscribed, told, write
from tests.scenarios.cloud.small_worlds import admin, arn, arrived, function, group, noted, permission, world

HOUR, DAY = 3_600_000, 86_400_000
MEGABYTE = 1_048_576


def put(world, *events, stream="s", group_name=HOST):
    """Put (timestamp, message) pairs."""
    logs = admin(world, "logs")
    with world.calls.muted():
        if stream == "s" and not logs.describe_log_streams(logGroupName=HOST)["logStreams"]:
            logs.create_log_stream(logGroupName=HOST, logStreamName="s")
    return logs.put_log_events(
        logGroupName=group_name,
        logStreamName=stream,
        logEvents=[{"timestamp": at, "message": text} for at, text in events],
    )


def found(world, **parameters):
    answer = admin(world, "logs").filter_log_events(logGroupName=HOST, **parameters)
    return [event["message"] for event in answer["events"]]


def read(world, **parameters):
    answer = admin(world, "logs").get_log_events(
        logGroupName=HOST, logStreamName="s", startFromHead=True, **parameters
    )
    return [event["message"] for event in answer["events"]]


def keeping(days):
    properties = {"LogGroupName": HOST, "RetentionInDays": days}
    return {"Group": {"Type": "AWS::Logs::LogGroup", "Properties": properties}}


# ---- limits -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("events", "words"),
    [
        pytest.param([(NOW + 1, "b"), (NOW, "a")], "chronological order", id="out of order"),
        pytest.param([(NOW, "x")] * 10_001, "less than or equal to 10000", id="too many"),
        pytest.param([(NOW, "x" * (MEGABYTE - 25))], "Log event too large", id="one too large"),
        pytest.param([(NOW, "x" * (MEGABYTE // 2))] * 2, "Upload too large", id="together too large"),
        pytest.param([(NOW, "é" * (MEGABYTE // 2))], "Log event too large", id="counted in UTF-8"),
        pytest.param([(NOW - DAY - 1, "a"), (NOW, "b")], "more than 24 hours", id="too long a span"),
    ],
)
def test_a_batch_that_breaks_a_limit_is_refused_whole(events, words):
    with world(group()) as cloud:
        with pytest.raises(ClientError, match=f"InvalidParameterException.*{words}"):
            put(cloud, *events)

        assert found(cloud) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    "events",
    [
        pytest.param([(NOW, "x")] * 10_000, id="ten thousand"),
        pytest.param([(NOW, "x" * (MEGABYTE - 26))], id="a megabyte less what each event costs"),
        pytest.param([(NOW - DAY, "a"), (NOW, "b")], id="a day"),
        pytest.param([(NOW - 20 * DAY, "old"), (NOW, "b")], id="what is left out doesn't count for the span"),
    ],
)
def test_a_batch_at_the_limit_is_taken(events):
    with world(group()) as cloud:
        put(cloud, *events)

        assert found(cloud, limit=1)


@pytest.mark.parametrize(
    ("stream", "name", "words"),
    [
        pytest.param("none", HOST, "The specified log stream does not exist", id="stream"),
        pytest.param("s", "/none", "The specified log group does not exist", id="group"),
    ],
)
def test_lines_for_what_is_not_there_are_refused(stream, name, words):
    with world(group()) as cloud, pytest.raises(ClientError, match=f"ResourceNotFoundException.*{words}"):
        put(cloud, (NOW, "x"), stream=stream, group_name=name)


OLD, TOO_OLD, EXPIRED = (NOW - 13 * DAY, "old"), (NOW - 14 * DAY - 1, "too old"), (NOW - 2 * DAY, "expired")
NEW, TOO_NEW = (NOW + 2 * HOUR, "new"), (NOW + 2 * HOUR + 1, "too new")


@pytest.mark.parametrize(
    ("days", "events", "rejected", "kept"),
    [
        pytest.param(0, [OLD], {}, ["old"], id="all taken"),
        pytest.param(0, [TOO_OLD, TOO_OLD, OLD], {"tooOldLogEventEndIndex": 2}, ["old"], id="too old"),
        pytest.param(0, [NEW, TOO_NEW, TOO_NEW], {"tooNewLogEventStartIndex": 1}, ["new"], id="too new"),
        pytest.param(
            0,
            [TOO_OLD, NEW, TOO_NEW],
            {"tooOldLogEventEndIndex": 1, "tooNewLogEventStartIndex": 2},
            ["new"],
            id="at both ends",
        ),
        pytest.param(0, [TOO_NEW], {"tooNewLogEventStartIndex": 0}, [], id="nothing taken"),
        pytest.param(1, [EXPIRED, NEW], {"expiredLogEventEndIndex": 1}, ["new"], id="past the retention"),
        pytest.param(3, [EXPIRED], {}, ["expired"], id="within it"),
    ],
)
def test_events_too_old_too_new_or_expired_are_left_out_alone_and_named(days, events, rejected, kept):
    with world(keeping(days) if days else group()) as cloud:
        answer = put(cloud, *events)

        assert answer.get("rejectedLogEventsInfo", {}) == rejected
        assert found(cloud) == kept
        assert len(noted(cloud, "lost")) == bool(rejected)


@pytest.mark.slow
def test_subscribers_hear_of_what_was_taken_and_of_nothing_else():
    with world(subscribed()) as cloud:
        put(cloud, (NOW, "first"), (NOW, "second"))
        put(cloud, TOO_OLD, (NOW, "third"), TOO_NEW)
        put(cloud, TOO_OLD)
        cloud.run(20)

        messages = [[each["message"] for each in told(event)["logEvents"]] for event in arrived(cloud)]
        assert sorted(messages) == [["first", "second"], ["third"]]


# ---- retention ----------------------------------------------------------------------------------


@pytest.mark.slow
def test_what_is_past_its_retention_is_neither_found_nor_read():
    with world(keeping(1)) as cloud:
        put(cloud, (NOW, "first"), (NOW + HOUR, "second"))
        cloud.run(timedelta(days=1).total_seconds())
        assert (found(cloud), read(cloud)) == (["first", "second"], ["first", "second"])

        cloud.run(1)
        assert (found(cloud), read(cloud)) == (["second"], ["second"])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("hours", "messages"),
    [pytest.param(72, ["first"], id="not yet deleted"), pytest.param(73, [], id="deleted by then")],
)
@pytest.mark.parametrize(
    ("operation", "more"),
    [
        pytest.param("put_retention_policy", {"retentionInDays": 30}, id="longer"),
        pytest.param("delete_retention_policy", {}, id="forever"),
    ],
)
def test_a_longer_retention_brings_back_only_what_was_not_deleted(hours, messages, operation, more):
    with world(keeping(1)) as cloud:
        put(cloud, (NOW, "first"))
        cloud.run(timedelta(days=1, hours=hours).total_seconds())
        assert found(cloud) == []

        getattr(admin(cloud, "logs"), operation)(logGroupName=HOST, **more)
        assert found(cloud) == messages


def test_a_retention_that_logs_does_not_offer_is_refused():
    with world(group()) as cloud, pytest.raises(ClientError, match=r"Value '2' at 'retentionInDays'.*3653"):
        admin(cloud, "logs").put_retention_policy(logGroupName=HOST, retentionInDays=2)


# ---- reading a stream ---------------------------------------------------------------------------


def test_a_stream_is_read_page_by_page():
    with world(group()) as cloud:
        put(cloud, *((NOW + number, str(number)) for number in range(3)))
        logs = admin(cloud, "logs")
        first = logs.get_log_events(logGroupName=HOST, logStreamName="s", startFromHead=True, limit=2)
        token = first["nextForwardToken"]

        assert [event["message"] for event in first["events"]] == ["0", "1"]
        assert read(cloud, nextToken=token) == ["2"]


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        pytest.param({"logStreamName": "none"}, "log stream does not exist", id="stream"),
        pytest.param({"logStreamName": "s", "nextToken": "f/1"}, "nextToken is invalid", id="token"),
    ],
)
def test_a_stream_that_cannot_be_read_says_why(parameters, words):
    with world(group()) as cloud:
        put(cloud, (NOW, "x"))
        with pytest.raises(ClientError, match=words):
            admin(cloud, "logs").get_log_events(logGroupName=HOST, **parameters)


def test_a_group_is_named_by_its_arn_too():
    with world(group()) as cloud:
        write(cloud, "hello", stream="s")
        named = arn("logs", f"log-group:{HOST}")
        logs = admin(cloud, "logs")

        assert logs.filter_log_events(logGroupIdentifier=named)["events"]
        assert logs.get_log_events(logGroupIdentifier=named, logStreamName="s")["events"]


@pytest.mark.slow
def test_a_function_that_the_group_gained_later_hears_of_later_lines_only():
    with world({**group(), **function(), **permission("logs")}) as cloud:
        put(cloud, (NOW, "before"))
        put_subscription(cloud, arn("lambda", "function:look"))
        put(cloud, (NOW, "after"))
        cloud.run(10)

        (event,) = arrived(cloud)
        assert [each["message"] for each in told(event)["logEvents"]] == ["after"]
