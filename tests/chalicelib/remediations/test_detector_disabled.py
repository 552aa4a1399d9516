"""What each call switches off, and what switches it on again: values in, a plan out."""

import pytest

from chalicelib.events import api_call
from chalicelib.evidence.seen import Seen
from chalicelib.looking import Unseen
from chalicelib.remediations.detector_disabled import (
    DECLARED_CALLS,
    DELETES,
    SUSPENDS,
    TELLS,
    UNDOING,
    WATCHERS,
    Off,
    _counts,
    decide,
)
from chalicelib.settings import Settings

SETTINGS = Settings(topic_arn="t", ledger="l", values={})
UNDOS = {each.operation for each in (*DECLARED_CALLS, *UNDOING.calls)}


def event(source, name, **parameters):
    (one,) = api_call(
        {
            "detail": {
                "eventID": "e",
                "eventTime": "2026-03-02T03:00:00Z",
                "eventSource": source,
                "eventName": name,
                "recipientAccountId": "123456789012",
                "awsRegion": "us-east-1",
                "requestParameters": parameters,
            }
        }
    )
    return one


def decided(key, seen, **parameters):
    called = event(*key, **parameters)
    return decide(called, seen, called.at, SETTINGS)


@pytest.mark.parametrize("key", [*SUSPENDS, *DELETES], ids=" ".join)
def test_what_is_off_is_switched_on_again_by_a_declared_call(key):
    (call,) = decided(key, Seen(state=Off(id="d-1"))).calls

    assert f"{call.service}.{call.operation}" in {each.operation for each in DECLARED_CALLS}
    assert call.undo is None or f"{call.undo.service}.{call.undo.operation}" in UNDOS
    assert call.lost == WATCHERS[key].lost


def test_a_deleted_detector_comes_back_empty_and_that_is_said_before():
    (call,) = decided(("guardduty.amazonaws.com", "DeleteDetector"), Seen(state=Off())).calls

    assert (call.parameters, call.undo) == ({"Enable": True}, None)
    assert "findings" in call.lost


@pytest.mark.parametrize("key", TELLS, ids=" ".join)
def test_what_cannot_come_back_is_told(key):
    plan = decided(key, Seen(state=Off()))

    assert (len(plan.alerts), plan.calls) == (1, ())


@pytest.mark.parametrize("key", WATCHERS, ids=" ".join)
def test_what_could_not_be_read_is_told_as_grave_and_nothing_is_done(key):
    plan = decided(key, Seen(unread=Unseen(why="denied", denied=True)))

    assert (plan.alerts[0].severity, plan.calls) == (WATCHERS[key].severity, ())


@pytest.mark.parametrize(("action", "counts"), [("ARCHIVE", True), ("NOOP", False), (None, False)])
def test_a_filter_counts_where_it_archives(action, counts):
    assert _counts(event("guardduty.amazonaws.com", "CreateFilter", action=action)) is counts
