"""Which trigger woke a function is read off the payload's envelope, and never in doubt."""

from dataclasses import replace
from itertools import combinations, product

import pytest

from chalicelib.catalog import CATALOG
from chalicelib.remediation import Plan, UnclearWays
from chalicelib.triggers import (
    OnEvent,
    OnLogs,
    OnQueue,
    OnSchedule,
    OnTopic,
    may_be_confused,
    successful_calls,
)
from tests.chalicelib.runtime.house import Remedy

CALL = "AWS API Call via CloudTrail"
STOPPED = OnEvent(
    pattern={
        "source": ["aws.cloudtrail"],
        "detail-type": [CALL],
        "detail": {"eventName": ["StopLogging", "DeleteTrail"], "errorCode": [{"exists": False}]},
    }
)
HOURLY = OnSchedule(expression="rate(1 hour)")
LINES = OnLogs(log_group="SecureGroup", pattern="x")
TOPIC, QUEUE = OnTopic(topic="CisTopic"), OnQueue(queue="Jobs")
TRIGGERS = {"event": STOPPED, "schedule": HOURLY, "logs": LINES, "topic": TOPIC, "queue": QUEUE}


def event(source="aws.cloudtrail", kind=CALL, name="StopLogging", **more) -> dict:
    return {"source": source, "detail-type": kind, "detail": {"eventName": name}, **more}


TICK = event("aws.events", "Scheduled Event", detail={})
# As AWS documents them, cut to their envelopes; SNS writes EventSource, SQS eventSource.
PAYLOADS = {
    "event": event(),
    "schedule": TICK,
    "logs": {"awslogs": {"data": "H4sI"}},
    "topic": {"Records": [{"EventSource": "aws:sns", "EventVersion": "1.0", "Sns": {"Message": "{}"}}]},
    "queue": {"Records": [{"messageId": "m", "body": "{}", "eventSource": "aws:sqs"}] * 2},
}


@pytest.mark.parametrize(("sent", "trigger"), [*product(PAYLOADS, TRIGGERS)])
def test_a_payload_is_its_own_triggers_and_no_other_kinds(sent, trigger):
    assert TRIGGERS[trigger].woke(PAYLOADS[sent]) == (sent == trigger)


@pytest.mark.parametrize(
    ("raw", "woken"),
    [
        pytest.param(event(name="DeleteTrail"), True, id="another name that it asks for"),
        pytest.param(event(name="StartLogging"), False, id="a name it doesn't ask for"),
        pytest.param(event("aws.s3"), False, id="another source"),
        pytest.param(event(kind="AWS Service Event via CloudTrail"), False, id="another kind"),
        pytest.param(event(detail=None), False, id="no detail"),
        pytest.param(event(name=["StopLogging"]), False, id="a name that is a list"),
        pytest.param({"detail": {"eventName": "StopLogging"}}, False, id="no envelope"),
        pytest.param(event(source=None), False, id="no source"),
    ],
)
def test_an_event_is_a_rules_if_it_bears_the_names_that_the_pattern_lists(raw, woken):
    assert STOPPED.woke(raw) == woken


@pytest.mark.parametrize(
    "asked",
    [
        pytest.param([{"prefix": "Stop"}], id="by condition"),
        pytest.param(["StopLogging", {"prefix": "Delete"}], id="by name or condition"),
        pytest.param([{"anything-but": "StartLogging"}], id="by what it isn't"),
    ],
)
def test_names_that_a_pattern_asks_for_otherwise_are_left_to_the_rule(asked):
    pattern = {"source": ["aws.cloudtrail"], "detail": {"eventName": asked}}

    assert OnEvent(pattern=pattern).woke(event(name="DeleteTrail"))


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param({"Records": []}, id="none"),
        pytest.param({"Records": "aws:sqs"}, id="no list"),
        pytest.param({"Records": ["aws:sqs"]}, id="no objects"),
        pytest.param({"Records": [{"eventSource": ["aws:sqs"]}]}, id="a service that is a list"),
        pytest.param({"Records": [{"eventSource": "aws:sqs"}, {}]}, id="one that doesn't say"),
        pytest.param({"Records": [{"eventSource": "aws:sqs"}, {"EventSource": "aws:sns"}]}, id="of both"),
        pytest.param({"Records": [{"eventSource": "aws:s3"}]}, id="S3's own notification"),
    ],
)
def test_records_that_do_not_all_name_one_service_are_nobodys(raw):
    assert not QUEUE.woke(raw)
    assert not TOPIC.woke(raw)


ANY_OF_CLOUDTRAIL = OnEvent(pattern={"source": ["aws.cloudtrail"]})


def called(*names, source="aws.cloudtrail") -> OnEvent:
    return OnEvent(pattern={"source": [source], "detail-type": [CALL], "detail": {"eventName": list(names)}})


def managing(is_management: bool) -> OnEvent:  # noqa: FBT001 - it is the field's value
    return OnEvent(pattern={"source": ["aws.cloudtrail"], "detail": {"managementEvent": [is_management]}})


@pytest.mark.parametrize(
    ("one", "other", "confused"),
    [
        pytest.param(called("A"), called("A", source="aws.s3"), False, id="of two sources"),
        pytest.param(called("A"), called("B"), False, id="two names"),
        pytest.param(called("A", "B"), called("B", "C"), True, id="names in common"),
        pytest.param(called("A"), ANY_OF_CLOUDTRAIL, True, id="one asks for any"),
        pytest.param(called("A"), HOURLY, False, id="a call and the clock"),
        pytest.param(managing(True), managing(False), False, id="management and data events"),
        pytest.param(managing(True), called("A"), True, id="management events and any"),
        pytest.param(OnEvent(pattern={"account": ["1"]}), HOURLY, True, id="a pattern without names"),
        pytest.param(HOURLY, OnSchedule(expression="rate(1 day)"), True, id="two schedules"),
        pytest.param(QUEUE, OnQueue(queue="Others"), True, id="two queues"),
        pytest.param(QUEUE, TOPIC, False, id="a queue and a topic"),
        pytest.param(LINES, called("A"), False, id="lines and a call"),
    ],
)
def test_two_triggers_can_be_confused_where_no_name_tells_them_apart(one, other, confused):
    assert may_be_confused(one, other) == may_be_confused(other, one) == confused


@pytest.mark.parametrize(
    ("said", "of_management", "of_data"),
    [
        pytest.param({"managementEvent": True}, True, False, id="a management event"),
        pytest.param({"managementEvent": False}, False, True, id="a data event"),
        pytest.param({}, True, False, id="a record from before there was the field"),
    ],
)
def test_a_record_that_says_nothing_is_of_a_management_event(said, of_management, of_data):
    raw = {**event(name="StopLogging"), "detail": said}

    assert (managing(True).woke(raw), managing(False).woke(raw)) == (of_management, of_data)


def test_ways_that_can_be_confused_are_refused_when_they_are_declared():
    remedy = Remedy(Plan.nothing())

    with pytest.raises(UnclearWays, match=r"remedy: .*OnQueue\(queue='Jobs'.*OnQueue\(queue='Others'"):
        replace(remedy.remediation, ways=(remedy.way(QUEUE), remedy.way(OnQueue(queue="Others"))))


@pytest.mark.parametrize("remediation", CATALOG, ids=lambda each: each.name)
def test_what_its_own_triggers_send_goes_one_way_each(remediation):
    for way in remediation.ways:
        assert remediation.way_of(sample(way.on)) is way
    assert not any(may_be_confused(one, other) for one, other in combinations(remediation.triggers, 2))


def sample(trigger) -> dict:
    """A payload that the trigger may send: for a rule, the first of each name it lists."""
    if not isinstance(trigger, OnEvent):
        return next(sent for sent in PAYLOADS.values() if trigger.woke(sent))
    pattern = trigger.pattern
    detail = pattern.get("detail", {})
    (name, *_), managing = detail.get("eventName", [None]), detail.get("managementEvent", [None])[0]
    source = pattern.get("source", [None])[0]
    raw = event(source if isinstance(source, str) else "aws.any", pattern["detail-type"][0], name)
    return raw if managing is None else {**raw, "detail": {**raw["detail"], "managementEvent": managing}}


def test_the_pattern_of_successful_calls_asks_for_services_names_and_no_error():
    assert successful_calls(("iam", "kms"), ("DisableKey",)) == {
        "source": ["aws.iam", "aws.kms"],
        "detail-type": [CALL],
        "detail": {
            "eventSource": ["iam.amazonaws.com", "kms.amazonaws.com"],
            "eventName": ["DisableKey"],
            "errorCode": [{"exists": False}],
        },
    }
