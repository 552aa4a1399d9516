import json
from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.errors import LedgerUnreachable
from chalicelib.ledger.entries import entry_of
from chalicelib.ledger.ledger import LEASE_SECONDS, Ledger, Right
from chalicelib.remediation import CallProgress, Outcome, Plan, Quiet, Sighting
from chalicelib.template.functions import TIMEOUT_SECONDS
from tests.chalicelib.runtime.house import NOON, TABLE, Happening, alert, built, creates, later


@pytest.fixture
def house():
    with built() as house:
        yield house


@pytest.fixture
def ledger(house):
    return house.ledger


def finding(key="e-1", outcome=Outcome.ACTED, at=NOON, **more):
    plan = Plan.alert(alert(quiet=Quiet(subject="x", seconds=9)), alert(), calls=[creates("a"), creates("b")])
    return entry_of("remedy", Happening(key=key, at=at), plan, outcome, **more)


# ---- findings ------------------------------------------------------------------------------------


def test_a_finding_reads_back_as_it_was_written(ledger):
    written = finding(facts='{"size": 3}')

    ledger.store(written)

    assert ledger.stored("remedy", Happening()) == written


def test_nothing_is_stored_about_an_event_nobody_saw(ledger):
    ledger.store(finding())

    assert ledger.stored("remedy", Happening(key="e-2")) is None
    assert ledger.stored("another", Happening()) is None
    assert ledger.stored("remedy", Happening(account="999988887777")) is None


def test_the_first_plan_about_an_event_stands(ledger):
    first = ledger.store(finding())
    first = ledger.did(first, 0, CallProgress.DONE)

    assert ledger.store(replace(finding(outcome=Outcome.SUPPRESSED), plan=Plan.nothing())) == first
    assert ledger.stored("remedy", Happening()) == first


@pytest.mark.slow
def test_every_mark_is_remembered(ledger):
    one = ledger.store(finding())

    one = ledger.did(one, 0, CallProgress.BEGUN)
    one = ledger.did(one, 0, CallProgress.DONE)
    one = ledger.did(one, 1, CallProgress.UNSURE)
    for what, index in (("told", 1), ("told", 0), ("told", 0), ("warned", 1), ("quiet", 0)):
        one = ledger.mark(one, what, index)
    one = ledger.settle(one, Outcome.FAILED, "no")

    assert ledger.stored("remedy", Happening()) == one
    assert one.progress == {0: CallProgress.DONE, 1: CallProgress.UNSURE}
    assert (one.told, one.warned, one.quiet) == ({0, 1}, {1}, {0})
    assert (one.outcome, one.failure) == (Outcome.FAILED, "no")


def test_a_finding_copied_from_another_ledger_keeps_all_its_marks(ledger):
    one = ledger.mark(ledger.did(ledger.store(finding()), 1, CallProgress.FOUND), "told", 0)
    ledger.mark(ledger.settle(one, Outcome.FAILED, "overwritten"), "warned", 1)

    ledger.copy(one)

    assert ledger.stored("remedy", Happening()) == one


def test_a_finding_for_machines_is_plain_json(ledger):
    one = ledger.mark(ledger.did(ledger.store(finding()), 1, CallProgress.FOUND), "told", 0)

    shown = json.loads(json.dumps(one.as_json()))

    assert shown["deeds"] == {"1": "found"}
    assert (shown["told"], shown["warned"], shown["quiet"]) == ([0], [], [])
    assert shown["id"] == one.id == f"remedy:2026-03-02T12:00:00.000Z:{one.sort_key[-12:]}"


def test_an_id_needs_no_quoting_in_a_shell():
    assert all(char.isalnum() or char in "_:.-" for char in finding(key="'; rm -rf / #").id)


def test_the_newest_findings_come_first(ledger):
    for seconds in (5, 1, 3):
        ledger.store(finding(key=str(seconds), at=later(seconds)))

    assert [one.event_key for one in ledger.newest("remedy", 2)] == ["5", "3"]


def test_a_finding_expires_after_four_hundred_days(house, ledger):
    ledger.store(finding())

    assert house.items("finding#")[0]["expires"]["N"] == str(int(later(400 * 86_400).timestamp()))


# ---- sightings -----------------------------------------------------------------------------------


def sighting(number, at=NOON, subject="203.0.113.7"):
    return Sighting(subject=subject, id=f"line-{number}", at=at, detail={"user": "root"})


def test_a_sighting_seen_twice_counts_once(ledger):
    for _ in range(2):
        ledger.note("remedy", [sighting(1), sighting(1), sighting(2)], timedelta(hours=2))

    assert ledger.sightings("remedy", "203.0.113.7", NOON, NOON) == [sighting(1), sighting(2)]


@pytest.mark.slow
def test_more_sightings_than_a_batch_takes_are_all_noted(ledger):
    many = [sighting(f"{number:03}") for number in range(60)]

    ledger.note("remedy", many, timedelta(hours=2))

    assert ledger.sightings("remedy", "203.0.113.7", NOON, NOON) == many


@pytest.mark.parametrize(
    ("seconds", "inside"),
    [
        pytest.param(-0.001, False, id="a millisecond before"),
        pytest.param(0, True, id="at the beginning"),
        pytest.param(60, True, id="at the end"),
        pytest.param(60.001, False, id="a millisecond after"),
    ],
)
def test_both_ends_of_a_span_belong_to_it(ledger, seconds, inside):
    ledger.note("remedy", [sighting(1, at=later(seconds))], timedelta(hours=2))

    assert bool(ledger.sightings("remedy", "203.0.113.7", NOON, later(60))) == inside


def test_sightings_of_others_are_not_counted(ledger):
    ledger.note("remedy", [sighting(1, subject="203.0.113.70")], timedelta(hours=2))
    ledger.note("another", [sighting(2)], timedelta(hours=2))

    assert ledger.sightings("remedy", "203.0.113.7", NOON, NOON) == []


class LeavingOver:
    """A DynamoDB that takes so many items of each batch, and remembers how often it was asked."""

    def __init__(self, takes) -> None:
        self.takes, self.asked, self.taken = takes, 0, 0

    def batch_write_item(self, RequestItems):  # noqa: N803 - boto3's name
        self.asked += 1
        items = RequestItems[TABLE]
        taken = self.takes[min(self.asked, len(self.takes)) - 1]
        self.taken += len(items[:taken])
        return {"UnprocessedItems": {TABLE: items[taken:]} if items[taken:] else {}}


def test_what_dynamodb_leaves_over_is_asked_again():
    dynamodb = LeavingOver([10, 0, 5, 25])

    Ledger(dynamodb, TABLE).note("remedy", map(sighting, range(30)), timedelta(hours=2))

    assert dynamodb.taken == 30


def test_a_dynamodb_that_takes_nothing_is_not_asked_forever():
    dynamodb = LeavingOver([0])

    with pytest.raises(LedgerUnreachable, match="BatchWriteItem left items over"):
        Ledger(dynamodb, TABLE).note("remedy", [sighting(1)], timedelta(hours=2))

    assert dynamodb.asked < 10


# ---- quiet ---------------------------------------------------------------------------------------

QUIET = Quiet(subject="203.0.113.7", seconds=60)


@pytest.mark.parametrize(
    ("event", "subject", "seconds", "right"),
    [
        pytest.param("e-2", "203.0.113.7", 59, Right.QUIET, id="another event, too soon"),
        pytest.param("e-2", "203.0.113.7", 60, Right.SPEAK, id="another event, when its time is up"),
        pytest.param("e-1", "203.0.113.7", 1, Right.SPEAK, id="a retry of the event that spoke"),
        pytest.param("e-2", "203.0.113.8", 1, Right.SPEAK, id="another subject"),
    ],
)
def test_a_subject_is_told_once_in_a_while(ledger, event, subject, seconds, right):
    assert ledger.may_speak("remedy", QUIET, "e-1", NOON) is Right.SPEAK
    ledger.spoke("remedy", QUIET, "e-1", NOON)

    assert ledger.may_speak("remedy", replace(QUIET, subject=subject), event, later(seconds)) is right


@pytest.mark.parametrize(
    ("seconds", "right"),
    [
        pytest.param(LEASE_SECONDS - 1, Right.WAIT, id="while it may still be sent"),
        pytest.param(LEASE_SECONDS, Right.SPEAK, id="when it was not"),
    ],
)
def test_a_right_that_was_not_used_lapses(ledger, seconds, right):
    ledger.may_speak("remedy", QUIET, "e-1", NOON)

    assert ledger.may_speak("remedy", QUIET, "e-2", later(seconds)) is right


def test_a_lease_lasts_longer_than_a_run_and_shorter_than_lambda_waits():
    assert TIMEOUT_SECONDS < LEASE_SECONDS < 60


# ---- places to act -------------------------------------------------------------------------------


def takes_a_place(ledger, number, seconds=0, most=2):
    return ledger.may_act(finding(key=str(number)), later(seconds), most)


def test_an_hour_has_so_many_places_to_act(ledger):
    assert [takes_a_place(ledger, number) for number in range(3)] == [True, True, False]


def test_a_place_is_free_again_after_an_hour(ledger):
    for number in range(2):
        takes_a_place(ledger, number)

    assert not takes_a_place(ledger, "3", seconds=3599)
    assert takes_a_place(ledger, "3", seconds=3600)


def test_a_retry_keeps_its_place_and_takes_no_second(ledger):
    assert [takes_a_place(ledger, "same", seconds) for seconds in range(3)] == [True] * 3
    assert takes_a_place(ledger, "another")


@pytest.mark.slow
def test_events_that_come_at_once_share_no_place(house, ledger):
    """Each has read the places before any of them took one: only the conditional write tells them apart."""

    class Stale:
        """DynamoDB, with reads of the moment before anything was written."""

        def __getattr__(self, name):
            return getattr(ledger.client, name)

        def get_paginator(self, _):
            return self

        def paginate(self, **_):
            return [{"Items": []}]

    stale = Ledger(Stale(), TABLE)

    assert sum(takes_a_place(stale, number, most=3) for number in range(10)) == 3
    assert len(house.items("acts#")) == 3
