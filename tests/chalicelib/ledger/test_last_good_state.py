"""The last good state: what a remediation has the ledger keep, and whose deeds may change it."""

from dataclasses import replace

import pytest

from chalicelib.ledger.ledger import state_key
from chalicelib.remediation import Outcome, Plan
from tests.chalicelib.runtime.house import Happening, Remedy, alert, built, later

MALLORY = ("arn:aws:iam::123456789012:user/mallory",)


@pytest.fixture
def house():
    with built() as made:
        yield made


class Keeper(Remedy):
    """Remembers what it sees, where it is expected or calm; None stands for not remembering."""

    calm = True

    def way(self, trigger):
        return replace(super().way(trigger), remembers=self._remembers)

    def _remembers(self, event, facts, expected):
        return f"{facts} by {event.key}" if expected or self.calm else None


def keeper(facts="sound", *, calm=True):
    made = Keeper(Plan.alert(alert()), facts=facts)
    made.calm = calm
    return made


def test_there_is_no_state_at_first(house):
    assert house.ledger.remembered("remedy") == ""


def test_a_state_replaces_the_one_before(house):
    house.ledger.remember("remedy", "first", later(0))
    house.ledger.remember("remedy", "second", later(1))

    assert house.ledger.remembered("remedy") == "second"
    assert house.ledger.remembered("another") == ""


def test_taking_the_item_away_forgets_it(house):
    house.ledger.remember("remedy", "first", later(0))
    house.ledger.client.delete_item(TableName=house.ledger.table, Key=state_key("remedy"))

    assert house.ledger.remembered("remedy") == ""


def test_a_state_outlives_any_outage_and_expires_at_last(house):
    house.ledger.remember("remedy", "first", later(0))

    expire = {int(item["expires"]["N"]) for item in house.items("state#")}
    assert expire == {int(later(400 * 86_400).timestamp())}


@pytest.mark.slow
def test_what_is_seen_is_remembered(house):
    house.handle(keeper())

    assert house.ledger.remembered("remedy") == "sound by e-1"


def test_what_the_remediation_refuses_is_not(house):
    house.handle(keeper(calm=False))

    assert house.ledger.remembered("remedy") == ""


def test_an_expected_deed_is_looked_at_remembered_and_not_told(house):
    outcome = house.handle(keeper(calm=False), ignored_principals=MALLORY)

    assert outcome is Outcome.SUPPRESSED
    assert house.ledger.remembered("remedy") == "sound by e-1"
    assert house.mail == []


def test_a_redelivery_of_an_expected_deed_remembers_nothing_more(house):
    """Else what was changed since by somebody else would slip in under an old event."""
    house.handle(keeper(), ignored_principals=MALLORY)
    house.handle(keeper("tampered with"), ignored_principals=MALLORY)

    assert house.ledger.remembered("remedy") == "sound by e-1"


def test_our_own_deeds_are_not_even_looked_at(house):
    house.aws.__dict__["_identity"] = {
        "Account": "123456789012",
        "Arn": "arn:aws:sts::123456789012:assumed-role/remedy-role/remedy",
    }
    remedy = keeper()

    house.handle(remedy, Happening(principal="arn:aws:iam::123456789012:role/remedy-role"))

    assert remedy.looked == []
    assert house.ledger.remembered("remedy") == ""


def test_who_remembers_nothing_does_not_look_at_what_is_expected(house):
    remedy = Remedy(Plan.alert(alert()))

    house.handle(remedy, ignored_principals=MALLORY)

    assert remedy.looked == []
