"""The ledger under attack: items written, put back and taken away by somebody who may do it to the table."""

from dataclasses import replace

import pytest

from chalicelib.ledger.table import key
from chalicelib.remediation import CallProgress, Outcome, Quiet, Sighting
from chalicelib.seal import SEAL, Oddity
from tests.chalicelib.ledger.test_ledger import finding
from tests.chalicelib.runtime.house import NOON, TABLE, Happening, built, later

QUIET = Quiet(subject="203.0.113.7", seconds=3600)


@pytest.fixture
def house():
    with built() as house:
        yield house


@pytest.fixture
def ledger(house):
    return house.ledger


def items(house, prefix):
    return house.items(prefix)


def put(house, item, **changes):
    """What dynamodb:PutItem alone can do."""
    house.ledger.client.put_item(TableName=TABLE, Item={**item, **changes})


def take_away(house, item):
    house.ledger.client.delete_item(TableName=TABLE, Key=key(item["pk"]["S"], item["sk"]["S"]))


def unsealed(item):
    return {name: value for name, value in item.items() if name != SEAL}


def odd(ledger):
    return [each.oddity for each in ledger.seal.noticed]


def test_what_is_ours_is_not_odd(house, ledger):
    one = ledger.settle(ledger.did(ledger.store(finding()), 0, CallProgress.DONE), Outcome.ACTED)
    ledger.remember("remedy", "sound", NOON)
    ledger.may_speak("remedy", QUIET, "e-1", NOON)

    assert ledger.stored("remedy", Happening()) == one
    assert ledger.remembered("remedy") == "sound"
    assert odd(ledger) == []


@pytest.mark.parametrize("changed", [False, True], ids=["unsealed", "changed"])
def test_a_planted_finding_is_as_good_as_none_and_is_noticed(house, ledger, changed):
    ledger.store(finding(outcome=Outcome.OBSERVED))
    (item,) = items(house, "finding#")
    put(house, item if changed else unsealed(item), outcome={"S": "acted"})

    assert ledger.stored("remedy", Happening()) is None
    assert odd(ledger) == [Oddity.FORGED]

    kept = ledger.store(finding())
    assert ledger.stored("remedy", Happening()) == kept


def test_a_finding_under_another_events_key_is_not_believed(house, ledger):
    """Genuine, but of another event."""
    other = finding(key="e-2")
    ledger.store(other)
    (item,) = items(house, "finding#")
    put(house, item, sk={"S": finding().sort_key})

    assert ledger.stored("remedy", Happening()) is None


def test_an_older_finding_put_back_meanwhile_is_noticed_and_written_over(house, ledger):
    one = ledger.store(finding())
    (older,) = items(house, "finding#")
    one = ledger.did(one, 0, CallProgress.DONE)
    put(house, older)

    one = ledger.settle(one, Outcome.FAILED, "no")

    assert odd(ledger) == [Oddity.OLDER]
    assert ledger.stored("remedy", Happening()) == one
    assert one.progress == {0: CallProgress.DONE}


def test_a_finding_taken_away_meanwhile_is_noticed_and_written_again(house, ledger):
    one = ledger.store(finding())
    (item,) = items(house, "finding#")
    take_away(house, item)

    one = ledger.did(one, 0, CallProgress.DONE)

    assert odd(ledger) == [Oddity.GONE]
    assert ledger.stored("remedy", Happening()) == one


def test_what_another_run_has_noted_meanwhile_is_kept(house, ledger):
    one = ledger.store(finding())
    ledger.mark(ledger.did(one, 0, CallProgress.DONE), "told", 0)

    one = ledger.mark(one, "told", 1)

    assert (one.told, one.progress) == ({0, 1}, {0: CallProgress.DONE})
    assert ledger.stored("remedy", Happening()) == one
    assert odd(ledger) == []


def test_a_forged_right_to_be_quiet_keeps_nobody_quiet(house, ledger):
    ledger.may_speak("remedy", QUIET, "e-1", NOON)
    (item,) = items(house, "quiet#")
    far = {"N": str(int(later(10**6).timestamp()))}
    put(house, unsealed(item), until=far, holder={"S": "e-0"})

    assert ledger.may_speak("remedy", QUIET, "e-2", later(5))
    assert odd(ledger) == [Oddity.FORGED]


def test_forged_places_to_act_hold_nothing_back(house, ledger):
    ledger.may_act(finding(), NOON, 2)
    (item,) = items(house, "acts#")
    take_away(house, item)
    for place in ("0000", "0001"):
        put(house, unsealed(item), sk={"S": place}, holder={"S": "nobody"})

    assert ledger.may_act(finding(key="e-2"), later(5), 2)
    assert set(odd(ledger)) == {Oddity.FORGED}


def test_a_forged_sighting_does_not_count(house, ledger):
    seen = Sighting(subject="203.0.113.7", id="line-1", at=NOON, detail={"user": "root"})
    ledger.note("remedy", [seen], later(3600) - NOON)
    (item,) = items(house, "sighting#")
    put(house, unsealed(item), sk={"S": item["sk"]["S"].replace("line-1", "line-2")})

    assert ledger.sightings("remedy", "203.0.113.7", NOON, NOON) == [seen]
    assert odd(ledger) == [Oddity.FORGED]


def test_a_poisoned_good_state_is_none_and_is_noticed(house, ledger):
    ledger.remember("remedy", "sound", NOON)
    (item,) = [each for each in items(house, "state#") if "state" in each]
    put(house, item, state={"S": "deliver to the stranger's bucket"})

    assert ledger.remembered("remedy") == ""
    assert Oddity.FORGED in odd(ledger)


def test_a_good_state_that_vanished_is_noticed(house, ledger):
    nothing_yet = ledger.remembered("remedy")
    ledger.remember("remedy", "sound", NOON)
    (item,) = [each for each in items(house, "state#") if "state" in each]
    take_away(house, item)

    assert (nothing_yet, ledger.remembered("remedy")) == ("", "")
    assert odd(ledger) == [Oddity.GONE]


def test_another_functions_item_is_not_ours(house, ledger):
    replace(ledger, seal=house.sealed_by("another")).store(finding())

    assert ledger.stored("remedy", Happening()) is None
    assert odd(ledger) == [Oddity.FORGED]


def test_who_has_no_seal_reads_all_there_is(house, ledger):
    """The HTTP side shows findings and vouches for none."""
    ledger.store(finding())

    assert len(replace(ledger, seal=None).newest("remedy", 9)) == 1
