"""Who is told when an administrator blinds Trailwarden and an archive account watches: three deeds at once.

A few at a desk, others each day; many more where TRAILWARDEN_ALL is set.
"""

import pytest

from scenarios.runner.silencing import in_the_guide, orders_of_three, quiet_world, tried
from scenarios.runner.words.archive_account import WATCHING_PERSON
from scenarios.runner.words.blinding_ways import FORWARDING_DEEDS
from tests.sample import ALL, TODAY, in_turn

LISTED = in_the_guide()
ORDERS = orders_of_three(80 if ALL else 4, seed=TODAY)
PARTS = 8 if ALL else 1  # so that each worker takes some


@pytest.fixture(scope="module")
def watched():
    with quiet_world(archive_account=True) as world:
        yield world


@pytest.mark.slow
def test_where_nothing_is_done_nothing_is_told(watched):
    assert tried(watched, ()) == []


@pytest.mark.slow
def test_what_silences_us_in_pairs_is_told(watched):
    untold = [pair for pair in in_turn(LISTED, of=max(1, len(LISTED) // 2)) if not tried(watched, pair)]

    assert untold == []


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_three_deeds_in_any_order_are_told(watched, part):
    untold = [deeds for deeds in ORDERS[part::PARTS] if not tried(watched, deeds)]

    assert untold == []


@pytest.mark.slow
@pytest.mark.parametrize("name", in_turn(FORWARDING_DEEDS, of=2))
def test_the_archive_account_tells_who_stops_the_forwarding(watched, name):
    """Also where both ways of the watched account are gone."""
    mail = tried(watched, ("unsubscribed", "plain_unsubscribed", name))

    assert [each for each in mail if WATCHING_PERSON in each]
