"""What an event says leads to an act only once it is proven."""

from dataclasses import replace
from datetime import timedelta

import pytest
from botocore.exceptions import ClientError
from freezegun import freeze_time

from chalicelib import delayed
from chalicelib.catalog import CATALOG
from chalicelib.errors import MalformedEvent, NotAllowed, Throttled, Unavailable
from chalicelib.events import api_call
from chalicelib.remediation import Outcome, Plan, Proof, ProvenBy, Severity
from chalicelib.runtime.answer import Invocation
from chalicelib.runtime.gate import Ruling
from chalicelib.runtime.verify import asked_again_after, judged, verdict_on
from chalicelib.settings import Mode
from chalicelib.triggers import OnQueue
from tests.chalicelib.runtime.house import (
    NOON,
    Context,
    Happening,
    Remedy,
    Stubborn,
    alert,
    built,
    creates,
    later,
)
from tests.chalicelib.runtime.test_expected import RECORD, History

DELETION = {
    **RECORD,
    "eventName": "DeleteTable",
    "eventSource": "dynamodb.amazonaws.com",
    "requestParameters": {"tableName": "orders"},
    "responseElements": {"tableDescription": {"tableId": "1"}},
}
(CALL,) = api_call({"detail": DELETION})
HISTORY = Proof(by=ProvenBy.HISTORY, because="a test")
(WAY,) = Remedy(Plan.nothing()).remediation.ways
BY_HISTORY = replace(WAY, proof=HISTORY)


def verdict(event=CALL, *records, way=BY_HISTORY, minutes=1):
    return verdict_on(event, way, History(*records), NOON + timedelta(minutes=minutes))


# ---- the verdict ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"eventName": "CreateTable"}, id="another call"),
        pytest.param({"eventSource": "glue.amazonaws.com"}, id="of another service"),
        pytest.param({"eventTime": "2026-03-02T11:00:00Z"}, id="at another time"),
        pytest.param({"userIdentity": {"type": "Root"}}, id="by somebody else"),
        pytest.param({"errorCode": "AccessDenied"}, id="that was refused"),
        pytest.param({"requestParameters": {"tableName": "invoices"}}, id="about something else"),
        pytest.param({"responseElements": {}}, id="with another answer"),
        pytest.param({"recipientAccountId": "999988887777"}, id="in another account"),
        pytest.param({"awsRegion": "eu-west-3"}, id="in another region"),
    ],
)
def test_event_history_must_hold_this_very_call(change):
    assert verdict(CALL, DELETION).confirmed
    other = verdict(CALL, {**DELETION, **change})
    assert (other.confirmed, other.refused) == (False, True)


@pytest.mark.parametrize(
    ("minutes", "refused"), [pytest.param(20, False, id="in time"), pytest.param(21, True, id="overdue")]
)
def test_what_event_history_does_not_know_is_made_up_after_twenty_minutes(minutes, refused):
    found = verdict(CALL, minutes=minutes)

    assert (found.confirmed, found.refused, found.error) == (False, refused, None)


def test_what_is_older_than_any_queue_keeps_an_event_never_acts():
    """A genuine call of long ago, that somebody hands in again when its claim is gone."""
    assert verdict(CALL, DELETION, minutes=14 * 1440).confirmed
    assert verdict(CALL, DELETION, minutes=16 * 1440).refused


def test_what_is_no_call_is_not_proven_by_history():
    assert verdict(Happening()).refused


def test_a_way_without_a_proof_is_proven_by_history():
    assert not verdict(way=replace(WAY, proof=None)).confirmed


def test_where_the_state_is_proof_nobody_is_asked():
    history = History()

    assert verdict_on(CALL, WAY, history, NOON).confirmed
    assert history.asked == []


@pytest.mark.parametrize(("minutes", "rises"), [(1, False), (21, True)])
def test_where_history_can_not_be_asked_nothing_is_refused_and_the_error_rises_in_the_end(minutes, rises):
    aws = Stubborn({"lookup_events": "AccessDeniedException"})

    found = verdict_on(CALL, BY_HISTORY, aws, NOON + timedelta(minutes=minutes))

    assert (found.confirmed, found.refused, isinstance(found.error, NotAllowed)) == (False, False, rises)
    assert "could not be asked" in found.why


def test_it_is_asked_every_five_minutes_and_last_when_history_would_know():
    assert asked_again_after(CALL, NOON) == timedelta(minutes=5)
    assert asked_again_after(CALL, NOON + timedelta(minutes=18)) == timedelta(seconds=125)
    assert asked_again_after(CALL, NOON + timedelta(minutes=40)) == timedelta(minutes=1)


def test_what_is_made_up_is_critical_and_says_so(house):
    run = house.run(Remedy(Plan.nothing()))
    entry = run._entry(CALL, Plan.alert(alert("gone"), calls=[creates("orders")]), Outcome.UNCONFIRMED)

    refused = judged(entry, Ruling(outcome=Outcome.REFUSED, why="unknown"))

    (only,) = refused.plan.alerts
    assert only.severity is Severity.CRITICAL
    assert "made up" in only.title
    assert [label for label, _ in only.facts] == ["Refused"]


# ---- put off, and then done or refused -----------------------------------------------------------


@pytest.fixture
def house():
    with built() as house:
        yield house


class Wary(Remedy):
    """A remedy whose events are proven by history; the queue shows them again."""

    def way(self, trigger):
        return replace(super().way(trigger), proof=HISTORY)


class Remembering(Stubborn):
    """AWS with an event history, and a queue that keeps what is put off."""

    def __init__(self, *records) -> None:
        super().__init__()
        self.history, self.kept, self.fails = History(*records), [], False

    def client(self, service, region=""):
        if service == "cloudtrail":
            return self.history.client(service, region)
        return self if service == "sqs" else super().client(service, region)

    def send_message(self, **message):
        if self.fails:
            raise ClientError(
                {"Error": {"Code": "InternalError"}, "ResponseMetadata": {"HTTPStatusCode": 500}},
                "SendMessage",
            )  # type: ignore[typeddict-item]  # all that is read
        self.kept.append(message)


def handle(house, aws, remedy, **settings):
    configured = replace(house.settings, values={delayed.PUT_OFF_URL: "put-off"}, **settings)
    (way,) = remedy.remediation.ways
    run = Invocation(remedy.remediation, way, configured, aws, Context())
    run.raw = {"id": "as it came"}
    return run.handle(CALL)


def wary() -> Wary:
    return Wary(Plan.alert(alert(), calls=[creates("orders")]), facts=1)


@pytest.mark.slow
def test_what_is_not_confirmed_is_told_at_once_put_off_and_then_done(house):
    aws, remedy = Remembering(), wary()
    with freeze_time(NOON):
        first = handle(house, aws, remedy)
        before = (house.tables(), len(house.mail))
        again = handle(house, aws, remedy)
    aws.history.records = [DELETION]
    with freeze_time(later(300)):
        last = handle(house, aws, remedy)
        after = handle(house, aws, remedy)

    assert (first, again, last, after) == (
        Outcome.UNCONFIRMED,
        Outcome.UNCONFIRMED,
        Outcome.ACTED,
        Outcome.DUPLICATE,
    )
    assert before == ([], 1)
    assert house.tables() == ["orders"]
    with freeze_time(later(300)):
        told, ended = (each.text for each in house.mail)
        subjects = [each.subject for each in house.mail]
    assert "once CloudTrail's event history knows the call:\n  - aws dynamodb create-table" in told
    assert subjects == ["HIGH: Unconfirmed: Something happened", "HIGH: Something happened"]
    assert "You were told of this before it was over" in ended
    assert "Confirmed" in ended
    assert "Unconfirmed" not in ended
    assert aws.kept[0] == {"QueueUrl": "put-off", "MessageBody": '{"id": "as it came"}', "DelaySeconds": 300}


@pytest.mark.slow
def test_a_call_that_fails_after_it_was_confirmed_is_told_and_so_is_how_it_ended(house):
    aws, remedy = Remembering(), wary()
    with freeze_time(NOON):
        handle(house, aws, remedy)
    aws.history.records, aws.refused["create_table"] = [DELETION], "ThrottlingException"
    with freeze_time(later(300)):
        for _ in range(2):
            with pytest.raises(Throttled):
                handle(house, aws, remedy)
    aws.refused.clear()
    with freeze_time(later(600)):
        handle(house, aws, remedy)
        told = [each.text for each in house.mail]

    assert len(told) == 3
    assert "Trailwarden could not do:" in told[1]
    assert "before it was over" not in told[1]
    assert "before it was over" in told[2]


@pytest.mark.slow
def test_what_history_never_knows_is_refused_and_takes_nobodys_place(house):
    aws, remedy = Remembering(), wary()
    with freeze_time(NOON):
        handle(house, aws, remedy)
    with freeze_time(later(1201)):
        ended = handle(house, aws, remedy)
        again = handle(house, aws, remedy)
        subjects = [each.subject for each in house.mail]

    assert (ended, again) == (Outcome.REFUSED, Outcome.DUPLICATE)
    assert subjects == [
        "HIGH: Unconfirmed: Something happened",
        "CRITICAL: Refused, for it is made up: Something happened",
    ]
    assert house.tables() == house.items("acts#") == []


@pytest.mark.slow
def test_what_changed_while_an_event_was_put_off_is_decided_anew(house):
    aws, remedy = Remembering(), wary()
    with freeze_time(NOON):
        handle(house, aws, remedy)
    aws.history.records = [DELETION]
    remedy.facts, remedy.plan = 2, Plan.alert(alert(), calls=[creates("newer")])
    with freeze_time(later(300)):
        handle(house, aws, remedy)

    assert house.tables() == ["newer"]


@pytest.mark.slow
@pytest.mark.parametrize("mode", [Mode.OBSERVE, Mode.APPROVE])
def test_where_nothing_acts_history_is_not_asked(house, mode):
    aws = Remembering()

    with freeze_time(NOON):
        handle(house, aws, wary(), mode=mode)

    assert aws.history.asked == aws.kept == []


@pytest.mark.slow
def test_a_queue_that_takes_nothing_is_told_and_lambda_tries_again(house):
    aws, remedy = Remembering(), wary()
    aws.fails = True

    with freeze_time(NOON):
        with pytest.raises(Unavailable):
            handle(house, aws, remedy)
        mail = house.mail

    assert len(mail) == 1


@pytest.mark.slow
def test_an_act_that_waits_is_held_back_by_the_kill_switch(house):
    aws, remedy = Remembering(), wary()
    with freeze_time(NOON):
        handle(house, aws, remedy)
    aws.history.records = [DELETION]
    house.throw_the_switch()
    with freeze_time(later(300)):
        ended = handle(house, aws, remedy)

    assert ended is Outcome.CAPPED
    assert house.tables() == []


# ---- the queue -----------------------------------------------------------------------------------


def test_a_queue_shows_what_first_woke_the_function():
    way = delayed.delayed(WAY, "PutOff")
    message = {"Records": [{"eventSource": "aws:sqs", "body": '{"events": ["as it came"]}'}]}

    assert way.on == OnQueue(queue="PutOff")
    assert list(way.parse(message)) == ["as it came"]


@pytest.mark.parametrize("body", ["", "[]", "{", None])
def test_what_the_queue_should_not_hold_is_malformed(body):
    with pytest.raises(MalformedEvent):
        delayed.originals({"Records": [{"body": body}]})


# ---- the catalogue -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "remediation", [each for each in CATALOG if each.declared_calls], ids=lambda each: each.name
)
def test_each_way_that_may_act_says_how_it_is_proven(remediation):
    """Add `proof=Proof(by=..., because=...)` to the way; by history it also needs `delayed`."""
    names = [type(way.on).__name__ for way in remediation.ways if way.proof]
    assert names, f"{remediation.name} may act, and no way of it says how its events are proven"
    assert all(way.proof.because for way in remediation.ways if way.proof)
    if any(way.proof and way.proof.by is ProvenBy.HISTORY for way in remediation.ways):
        assert "OnQueue" in names
        assert delayed.PUT_OFF_URL in remediation.settings
