"""Somebody else's hand in the ledger, as it reaches the person on call."""

from datetime import UTC, datetime, timedelta
from unittest import mock

import pytest
from freezegun import freeze_time

from chalicelib.errors import LedgerUnreachable
from chalicelib.ledger.ledger import Ledger
from chalicelib.ledger.table import key
from chalicelib.remediation import Outcome, Plan
from chalicelib.seal import SEAL
from chalicelib.settings import Mode
from tests.chalicelib.runtime.house import NOON, TABLE, Happening, Remedy, alert, built, creates


@pytest.fixture
def house():
    with built() as house:
        yield house


def told(**more):
    return Remedy(Plan.alert(alert(), **more))


def take_away(house, prefix):
    for item in house.items(prefix):
        house.ledger.client.delete_item(TableName=TABLE, Key=key(item["pk"]["S"], item["sk"]["S"]))


def forge(house, prefix, **changes):
    for item in house.items(prefix):
        house.ledger.client.put_item(TableName=TABLE, Item={**item, **changes})


def subjects(house):
    return [message.subject for message in house.mail]


TAKEN = "CRITICAL: An item of Trailwarden's own ledger was taken away"
FORGED = "CRITICAL: An item of Trailwarden's own ledger is not from Trailwarden"


def recent():
    """Of today: a claim of long ago has expired."""
    return Happening(at=datetime.now(UTC))


@pytest.mark.slow
def test_a_claim_that_vanished_is_reported_and_nothing_is_done_again(house):
    remedy, event = told(calls=[creates("orders")]), recent()
    house.handle(remedy, event)
    take_away(house, "claim#")

    outcome = house.handle(remedy, event)

    assert outcome is Outcome.ACTED
    assert subjects(house) == ["HIGH: Something happened", TAKEN]
    assert "claim#remedy, event#" in house.mail[1].text
    assert house.aws.asked.count("create_table") == 1


@pytest.mark.slow
def test_a_claim_given_back_by_a_failed_run_is_nobodys_deed(house):
    remedy, event = told(calls=[creates("orders")]), recent()
    house.aws.refused["create_table"] = "InternalServerError"
    with pytest.raises(Exception, match="create_table"):
        house.handle(remedy, event)
    house.aws.refused.clear()

    house.handle(remedy, event)

    assert TAKEN not in subjects(house)


@pytest.mark.slow
def test_a_claim_of_long_ago_has_expired(house):
    remedy = told()
    house.handle(remedy, Happening(at=NOON.replace(year=2020)))
    take_away(house, "claim#")

    house.handle(remedy, Happening(at=NOON.replace(year=2020)))

    assert TAKEN not in subjects(house)


@pytest.mark.slow
@pytest.mark.parametrize("seal", [{"S": "0" * 64}, {"N": "1"}], ids=["a wrong seal", "none"])
def test_a_forged_claim_keeps_nobody_quiet_and_is_reported_once(house, seal):
    remedy, event = told(), recent()
    house.handle(remedy, event)
    take_away(house, "finding#")
    forge(house, "claim#", **{SEAL: seal})

    outcome = house.handle(remedy, event)
    again = house.handle(remedy, event)

    assert (outcome, again) == (Outcome.TOLD, Outcome.DUPLICATE)
    assert subjects(house).count("HIGH: Something happened") == 2
    assert subjects(house).count(FORGED) == 1


class Died(BaseException):
    """The execution environment went away."""


@pytest.mark.slow
@pytest.mark.parametrize("deaths", [1, 2])
def test_a_forged_claim_is_reported_though_the_run_that_met_it_died(house, deaths):
    """It has written its own claim over the forged one by then."""
    remedy, event = told(), recent()
    house.handle(remedy, event)
    take_away(house, "finding#")
    forge(house, "claim#", **{SEAL: {"S": "0" * 64}})
    remedy.facts = Died()
    for number in range(deaths):
        run = house.run(remedy)
        run._tell_tampering = lambda _: None  # it is dead
        with freeze_time(event.at + timedelta(seconds=60 * number)), pytest.raises(Died):
            run.handle(event)
    remedy.facts = None

    with freeze_time(event.at + timedelta(seconds=60 * deaths)):
        house.handle(remedy, event)
        reported = subjects(house)

    assert reported.count(FORGED) == 1


@pytest.mark.slow
def test_a_planted_finding_is_not_carried_out(house):
    """Its claim is planted away too, as by somebody who may write and delete."""
    remedy, event = told(calls=[creates("orders")]), recent()
    house.handle(remedy, event, mode=Mode.OBSERVE)
    take_away(house, "claim#")
    forge(house, "finding#", outcome={"S": "acted"})

    outcome = house.handle(remedy, event, mode=Mode.OBSERVE)

    assert outcome is Outcome.OBSERVED
    assert house.tables() == []
    assert FORGED in subjects(house)


@pytest.mark.slow
@pytest.mark.parametrize("step", ["store", "mark"])
def test_what_the_ledger_could_not_note_is_told_and_noted_by_the_retry(house, step):
    remedy, event = told(), recent()
    house.handle(remedy, event)
    forge(house, "claim#", **{SEAL: {"S": "0" * 64}})

    def unreachable(*_):
        raise LedgerUnreachable("throttled")

    with mock.patch.object(Ledger, step, unreachable), pytest.raises(LedgerUnreachable, match="throttled"):
        house.handle(remedy, event)
    assert subjects(house).count(FORGED) == 1

    assert house.handle(remedy, event) is Outcome.DUPLICATE

    assert subjects(house).count(FORGED) == 2
    assert {each.outcome for each in house.findings} == {Outcome.TOLD}


@pytest.mark.slow
def test_a_claim_that_is_given_back_still_says_what_it_was_written_over(house):
    remedy, event = told(), recent()
    house.handle(remedy, event)
    take_away(house, "finding#")
    forge(house, "claim#", **{SEAL: {"S": "0" * 64}})

    def unreachable(*_):
        raise LedgerUnreachable("throttled")

    with mock.patch.object(Ledger, "mark", unreachable), pytest.raises(LedgerUnreachable):
        house.handle(remedy, event)
    assert house.handle(remedy, event) is Outcome.TOLD

    assert subjects(house).count(FORGED) == 2
    assert {each.outcome for each in house.findings} == {Outcome.TOLD}


@pytest.mark.slow
def test_what_is_told_of_the_ledger_is_not_what_is_told_of_the_event(house):
    """The event's own alert has the same number."""
    remedy, event = told(), recent()
    house.handle(remedy, event)
    take_away(house, "finding#")
    forge(house, "claim#", **{SEAL: {"S": "0" * 64}})
    run = house.run(remedy)

    def unreachable(_ledger, entry):
        if not entry.event_key.startswith("ledger:"):
            raise LedgerUnreachable("throttled")
        return store(run.ledger, entry)

    store = Ledger.store
    with mock.patch.object(Ledger, "store", unreachable), pytest.raises(LedgerUnreachable):
        run.handle(event)

    assert subjects(house).count(FORGED) == 1
    assert subjects(house).count("HIGH: Something happened") == 2
