"""Who is told when an administrator blinds Trailwarden and no archive account watches: deeds, and pairs."""

from datetime import date

import pytest

from scenarios.runner import silencing
from scenarios.runner.silencing import (
    in_the_guide,
    listed,
    pairs,
    quiet_world,
    tried,
    tried_by_the_guide,
)
from scenarios.runner.words.blinding_ways import ALL_DEEDS
from tests.sample import ALL, in_turn

LISTED = in_the_guide()
OTHERS = [pair for pair in pairs() if pair not in LISTED]
DAYS = 10  # within which each pair has its turn in `.ci/run`
OF_OTHERS = in_turn(OTHERS, of=len(OTHERS) // 4, in_ci=DAYS)
PARTS = 8 if ALL else 1  # so that each worker takes some


@pytest.fixture(scope="module")
def alone():
    with quiet_world() as world:
        yield world


@pytest.mark.slow
def test_where_nothing_is_done_nothing_is_told(alone):
    """Else every deed would seem to be told."""
    assert tried(alone, ()) == []


@pytest.mark.slow
def test_every_single_deed_is_told(alone):
    untold = [name for name in in_turn(ALL_DEEDS, of=20) if not tried(alone, (name,))]

    assert untold == []


@pytest.mark.slow
def test_every_pair_that_the_guide_lists_silences_us(alone):
    told = {pair: tried(alone, pair) for pair in in_turn(LISTED, of=max(1, len(LISTED) // 2))}

    assert {pair: mail for pair, mail in told.items() if mail} == {}, "python -m scenarios.runner.silencing"


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_every_other_pair_is_told(alone, part):
    untold = [pair for pair in OF_OTHERS[part::PARTS] if not tried(alone, pair)]

    assert untold == [], "python -m scenarios.runner.silencing --write"


def test_all_pairs_were_tried_since_the_last_deed_was_added():
    assert tried_by_the_guide() == len(pairs()), "python -m scenarios.runner.silencing --write"


def test_each_pair_has_its_turn():
    tried_on = [in_turn(OTHERS, of=DAYS, in_ci=DAYS, day=day) for day in range(DAYS)]

    assert set().union(*tried_on) == set(OTHERS)


def test_the_guides_list_is_read_as_it_is_written(monkeypatch, tmp_path):
    guide = tmp_path / "guide.md"
    guide.write_text(f"before\n{silencing._BEGIN}{silencing._END}\nafter\n")
    monkeypatch.setattr(silencing, "GUIDE", guide)

    pairs = [("one", "other"), ("one", "third")]

    silencing.write(pairs, pairs[1:], number=1234, on=date(2026, 3, 2))

    assert tried_by_the_guide() == 1234
    assert "All 1,234 pairs were last tried on 2 March 2026.\n" in guide.read_text()
    assert in_the_guide() == pairs
    assert in_the_guide(enforced=True) == [("one", "third")]
    assert guide.read_text().startswith("before\n")
    assert guide.read_text().endswith(f"{silencing._END}\nafter\n")
    assert listed([]) == "None.\n"


def test_the_guide_names_deeds_that_there_are():
    assert {name for pair in LISTED for name in pair} <= set(ALL_DEEDS)
