"""What the edge makes of raw events: typed records, or MalformedEvent and nothing else."""

import base64
import gzip
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib import events
from chalicelib.errors import MalformedEvent
from chalicelib.events import alarm_change, api_call, log_batch, object_event, tick


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def without(value: dict[str, Any], *path: str) -> dict[str, Any]:
    """A copy that lacks what the path leads to."""
    name, *rest = path
    if rest:
        return {**value, name: without(value[name], *rest)}
    return {key: held for key, held in value.items() if key != name}


def having(value: dict[str, Any], new: Any, *path: str) -> dict[str, Any]:
    """A copy that holds `new` where the path leads to."""
    name, *rest = path
    return {**value, name: having(value[name], new, *rest) if rest else new}


CALL = {
    "id": "envelope-1",
    "account": "111122223333",
    "region": "eu-west-1",
    "time": "2026-03-02T03:00:05Z",
    "detail": {
        "eventID": "record-1",
        "eventTime": "2026-03-02T03:00:00Z",
        "eventSource": "dynamodb.amazonaws.com",
        "eventName": "DeleteTable",
        "awsRegion": "eu-central-1",
        "recipientAccountId": "444455556666",
        "sourceIPAddress": "203.0.113.7",
        "userAgent": "aws-cli/2",
        "userIdentity": {
            "type": "AssumedRole",
            "arn": "arn:aws:sts::444455556666:assumed-role/admin/bob",
            "accountId": "444455556666",
            "accessKeyId": "ASIA",
            "sessionContext": {
                "sessionIssuer": {"arn": "arn:aws:iam::444455556666:role/admin", "userName": "admin"}
            },
        },
        "requestParameters": {"tableName": "orders"},
        "responseElements": None,
    },
}


def test_a_record_is_named_by_its_own_id_account_and_region_not_the_envelopes():
    (event,) = api_call(CALL)

    assert (event.key, event.account, event.region) == ("record-1", "444455556666", "eu-central-1")
    assert event.at == at("2026-03-02T03:00:00")
    assert event.principal == "arn:aws:iam::444455556666:role/admin"
    assert event.actor.label == "arn:aws:sts::444455556666:assumed-role/admin/bob"
    assert event.actor.name == "admin"
    assert event.response == {}
    assert not event.failed


def halved(value: Any) -> Any:
    """The same with half of a surrogate pair behind each text and each name; times stay."""
    if isinstance(value, dict):
        named = {
            name: held if name in ("eventTime", "time") else halved(held) for name, held in value.items()
        }
        return {f"{name}\ud800" if name == "tableName" else name: held for name, held in named.items()}
    return f"{value}\ud800" if isinstance(value, str) else value


def test_half_of_a_surrogate_pair_is_spelt_out_since_no_aws_service_takes_one():
    (plain,), (event,) = api_call(CALL), api_call(halved(CALL))

    assert event.key == rf"{plain.key}\ud800"
    assert event.actor.arn == rf"{plain.actor.arn}\ud800"
    assert event.user_agent == rf"{plain.user_agent}\ud800"
    assert event.parameters == {r"tableName\ud800": r"orders\ud800"}
    repr(event).encode()


def test_a_whole_surrogate_pair_stays_the_character_that_it_is():
    (event,) = api_call(having(CALL, "\U0001f600 é", "detail", "userAgent"))

    assert event.user_agent == "\U0001f600 é"


def test_what_a_record_says_is_the_first_text_of_some_names():
    asked = {"roleName": "", "name": "audit", "url": "https://x", "groupName": ["no", "text"]}
    detail = {"eventID": "e", "eventTime": "2026-03-02T03:00:00Z", "eventSource": "iam", "eventName": "x"}
    (call,) = api_call({"detail": {**detail, "requestParameters": asked}})

    assert call.said("userName", "roleName", "name", "url") == "audit"
    assert call.said("userName") == ""
    assert call.said("groupName") == ""


@pytest.mark.parametrize("text", ["no JSON", "{}", '"text"', "[" * 100_000])
def test_what_event_history_cannot_tell_of_a_call_is_no_call(text):
    assert events.call_of_history({"CloudTrailEvent": text}) == ()
    assert events.call_of_history({}) == ()


def test_a_record_that_lacks_almost_everything_takes_the_envelopes_word():
    bare = {**CALL, "detail": {"eventSource": "s.amazonaws.com", "eventName": "E"}}

    (event,) = api_call(bare)

    assert (event.key, event.account, event.region) == ("envelope-1", "111122223333", "eu-west-1")
    assert event.at == at("2026-03-02T03:00:05")
    assert event.principal == ""
    assert event.actor.label == "unknown"


LABELS = [
    pytest.param({"type": "Root", "accountId": "1"}, "root of account 1", id="root"),
    pytest.param({"type": "Root"}, "root", id="root of nobody knows what"),
    pytest.param({"type": "IAMUser", "userName": "ann"}, "ann", id="a user without an ARN"),
    pytest.param({"type": "AWSService", "invokedBy": "s.amazonaws.com"}, "s.amazonaws.com", id="a service"),
    pytest.param({"type": "Unknown"}, "Unknown", id="only a type"),
    pytest.param(["not", "an", "object"], "unknown", id="not an object"),
]


@pytest.mark.parametrize(("identity", "label"), LABELS)
def test_everybody_has_a_label(identity, label):
    (event,) = api_call(having(CALL, identity, "detail", "userIdentity"))

    assert event.actor.label == label


ALARM = {
    "account": "111122223333",
    "region": "eu-west-1",
    "time": "2026-03-02T03:00:01Z",
    "resources": ["arn:aws:cloudwatch:eu-west-1:111122223333:alarm:ConsoleFailures"],
    "detail": {
        "alarmName": "ConsoleFailures",
        "state": {
            "value": "ALARM",
            "reason": "Threshold Crossed",
            "timestamp": "2026-03-02T03:00:00.003+0000",
        },
        "configuration": {
            "metrics": [
                {"metricStat": {"metric": {"namespace": "Trailwarden", "name": "Failures"}, "period": 60}}
            ]
        },
    },
}


def test_an_alarm_is_named_by_its_arn_and_the_moment_of_the_change():
    event = alarm_change(ALARM)

    assert event.key == f"{ALARM['resources'][0]}@2026-03-02T03:00:00.003+0000"
    assert event.at == datetime(2026, 3, 2, 3, 0, 0, 3000, tzinfo=UTC)
    assert (event.state, event.period_seconds, event.metric_name) == ("ALARM", 60, "Failures")


PERIODS = [
    pytest.param(having(ALARM, {}, "detail", "configuration"), id="a composite alarm has no metrics"),
    pytest.param(
        having(ALARM, {"metrics": [{"expression": "m1"}]}, "detail", "configuration"), id="an expression"
    ),
    *(
        pytest.param(
            having(ALARM, {"metrics": [{"metricStat": {"period": period}}]}, "detail", "configuration"),
            id=f"a period of {period!r}",
        )
        for period in (None, True, -1, "60", 10**30)
    ),
]


@pytest.mark.parametrize("raw", PERIODS)
def test_an_alarm_without_a_sensible_period_has_the_usual_one(raw):
    assert alarm_change(raw).period_seconds == 300


OBJECT = {
    "id": "envelope-1",
    "detail-type": "Object Deleted",
    "account": "111122223333",
    "region": "eu-west-1",
    "time": "2026-03-02T03:00:00Z",
    "detail": {
        "bucket": {"name": "trail"},
        "object": {"key": "AWSLogs/a.json.gz", "sequencer": "00A", "version-id": "v1"},
        "reason": "DeleteObject",
        "deletion-type": "Permanently Deleted",
        "requester": "111122223333",
        "source-ip-address": "203.0.113.7",
    },
}


def test_an_object_event_is_named_by_bucket_key_sequencer_and_what_happened():
    event = object_event(OBJECT)

    assert event.key == "trail/AWSLogs/a.json.gz/00A/Object Deleted"
    assert (event.version_id, event.deletion_type) == ("v1", "Permanently Deleted")


TICK = {"resources": ["arn:aws:events:eu-west-1:1:rule/hourly"], "time": "2026-03-02T03:00:00Z"}


def test_a_tick_is_named_by_its_rule_and_its_time():
    assert tick(TICK).key == "arn:aws:events:eu-west-1:1:rule/hourly@2026-03-02T03:00:00Z"


LINE = {"id": "36" * 28, "timestamp": 1_772_420_400_003, "message": "a line"}
BATCH = {
    "messageType": "DATA_MESSAGE",
    "owner": "111122223333",
    "logGroup": "secure",
    "logStream": "i-0abc",
    "subscriptionFilters": ["f"],
    "logEvents": [LINE],
}


def subscribed(body: Any) -> dict[str, Any]:
    return packed(json.dumps(body).encode())


def packed(data: bytes) -> dict[str, Any]:
    return {"awslogs": {"data": base64.b64encode(gzip.compress(data, mtime=0)).decode()}}


def test_a_subscriptions_lines_are_unpacked():
    batch = log_batch(subscribed(BATCH))

    assert batch
    assert (batch.account, batch.log_group, batch.log_stream) == ("111122223333", "secure", "i-0abc")
    assert batch.lines[0].message == "a line"
    assert batch.lines[0].at == datetime(2026, 3, 2, 3, 0, 0, 3000, tzinfo=UTC)


def test_a_control_message_holds_nothing():
    assert log_batch(subscribed({**BATCH, "messageType": "CONTROL_MESSAGE"})) is None


def test_what_unpacks_to_too_much_is_refused(monkeypatch):
    monkeypatch.setattr(events, "MOST_LOG_BYTES", 1000)

    with pytest.raises(MalformedEvent, match="more than 1000 bytes"):
        log_batch(packed(b"[" + b" " * 100_000 + b"]"))


MALFORMED = [
    pytest.param(api_call, {}, id="call: empty"),
    pytest.param(api_call, [], id="call: a list"),
    pytest.param(api_call, having(CALL, "text", "detail"), id="call: detail is a text"),
    pytest.param(api_call, without(CALL, "detail", "eventName"), id="call: no name"),
    pytest.param(api_call, without(CALL, "detail", "eventSource"), id="call: no source"),
    pytest.param(api_call, having(CALL, 7, "detail", "eventName"), id="call: the name is a number"),
    pytest.param(api_call, without(without(CALL, "id"), "detail", "eventID"), id="call: no id"),
    pytest.param(api_call, having(CALL, "yesterday", "detail", "eventTime"), id="call: no time"),
    pytest.param(
        api_call, having(CALL, "0001-01-01T00:00:00+23:59", "detail", "eventTime"), id="call: before all time"
    ),
    pytest.param(alarm_change, {}, id="alarm: empty"),
    pytest.param(alarm_change, without(ALARM, "detail", "alarmName"), id="alarm: no name"),
    pytest.param(alarm_change, without(ALARM, "detail", "state"), id="alarm: no state"),
    pytest.param(
        alarm_change, without(without(ALARM, "time"), "detail", "state", "timestamp"), id="alarm: no time"
    ),
    pytest.param(object_event, {}, id="object: empty"),
    pytest.param(object_event, without(OBJECT, "detail-type"), id="object: what happened is missing"),
    pytest.param(object_event, without(OBJECT, "detail", "bucket"), id="object: no bucket"),
    pytest.param(object_event, without(OBJECT, "detail", "object", "key"), id="object: no key"),
    pytest.param(tick, {}, id="tick: empty"),
    pytest.param(tick, None, id="tick: nothing"),
    pytest.param(log_batch, {}, id="lines: empty"),
    pytest.param(log_batch, {"awslogs": {"data": 7}}, id="lines: data is a number"),
    pytest.param(log_batch, {"awslogs": {"data": "?"}}, id="lines: not base64"),
    pytest.param(log_batch, {"awslogs": {"data": "é"}}, id="lines: not ASCII"),
    pytest.param(
        log_batch, {"awslogs": {"data": base64.b64encode(b"plain").decode()}}, id="lines: not packed"
    ),
    pytest.param(
        log_batch,
        {"awslogs": {"data": base64.b64encode(gzip.compress(b"{}")[:-12]).decode()}},
        id="lines: cut short",
    ),
    pytest.param(log_batch, packed(b"not json"), id="lines: not JSON"),
    pytest.param(log_batch, packed(b"\xff\xfe\xfd"), id="lines: not text"),
    pytest.param(log_batch, packed(b"[" * 100_000), id="lines: nested without end"),
    pytest.param(log_batch, subscribed([]), id="lines: a list"),
    pytest.param(log_batch, subscribed(without(BATCH, "logGroup")), id="lines: no group"),
    pytest.param(log_batch, subscribed(without(BATCH, "logEvents")), id="lines: no events"),
    pytest.param(log_batch, subscribed({**BATCH, "logEvents": [without(LINE, "id")]}), id="lines: no id"),
    pytest.param(
        log_batch, subscribed({**BATCH, "logEvents": [without(LINE, "timestamp")]}), id="lines: no timestamp"
    ),
    *(
        pytest.param(
            log_batch,
            subscribed({**BATCH, "logEvents": [{**LINE, "timestamp": stamp}]}),
            id=f"lines: a timestamp of {stamp!r}",
        )
        for stamp in (True, "1772420400003", 1e12, 10**30, -(10**30))
    ),
]


@pytest.mark.parametrize(("parse", "raw"), MALFORMED)
def test_what_can_not_be_read_is_told_as_malformed(parse, raw):
    with pytest.raises(MalformedEvent) as told:
        parse(raw)

    assert str(told.value)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=10,
)
places = st.sampled_from(
    [
        *(
            (api_call, CALL, path)
            for path in [("detail",), ("time",), *(("detail", one) for one in CALL["detail"])]
        ),
        *((alarm_change, ALARM, ("detail", one)) for one in ALARM["detail"]),
        (alarm_change, ALARM, ("resources",)),
        *((object_event, OBJECT, ("detail", one)) for one in OBJECT["detail"]),
        (tick, TICK, ("resources",)),
        (tick, TICK, ("time",)),
    ]
)


@pytest.mark.slow
@given(place=places, value=anything)
def test_whatever_stands_anywhere_nothing_but_malformed_is_raised(place, value):
    parse, raw, path = place

    try:
        parse(having(raw, value, *path))
    except MalformedEvent as error:
        assert str(error)  # noqa: PT017 - a pass without an error is as good


@pytest.mark.slow
@given(body=anything)
def test_whatever_a_subscription_delivers_nothing_but_malformed_is_raised(body):
    lines = {**BATCH, "logEvents": [body, LINE]}

    for sent in (body, lines, {**BATCH, "logEvents": body}):
        try:
            log_batch(subscribed(sent))
        except MalformedEvent as error:
            assert str(error)  # noqa: PT017 - likewise


def test_a_line_that_can_not_be_read_does_not_take_the_others_with_it():
    batch = log_batch(subscribed({**BATCH, "logEvents": [without(LINE, "timestamp"), LINE]}))

    assert [line.id for line in batch.lines] == [LINE["id"]]
    assert "no timestamp" in str(batch.unreadable)
