"""Who is told when an administrator blinds Trailwarden and no archive account watches: deeds, and pairs."""

import pytest

from scenarios.runner import silencing
from scenarios.runner.silencing import in_the_guide, listed, pairs, quiet_world, tried
from scenarios.runner.words.blinding_ways import ALL_DEEDS
from tests.sample import ALL, sample

LISTED = in_the_guide()
OTHERS = [pair for pair in pairs() if pair not in LISTED]
OF_OTHERS = OTHERS[::6] if ALL else OTHERS[:: len(OTHERS) // 20]
PARTS = 8 if ALL else 1  # so that each worker takes some


@pytest.fixture(scope="module")
def alone():
    with quiet_world() as world:
        yield world


def test_where_nothing_is_done_nothing_is_told(alone):
    """Else every deed would seem to be told."""
    assert tried(alone, ()) == []


def test_every_single_deed_is_told(alone):
    untold = [name for name in sample(ALL_DEEDS, of=5) if not tried(alone, (name,))]

    assert untold == []


def test_every_pair_that_the_guide_lists_silences_us(alone):
    told = {pair: tried(alone, pair) for pair in sample(LISTED, of=max(1, len(LISTED) // 6))}

    assert {pair: mail for pair, mail in told.items() if mail} == {}, "python -m scenarios.runner.silencing"


@pytest.mark.parametrize("part", range(PARTS))
def test_every_other_pair_is_told(alone, part):
    untold = [pair for pair in OF_OTHERS[part::PARTS] if not tried(alone, pair)]

    assert untold == [], "python -m scenarios.runner.silencing --write"


def test_the_guides_list_is_read_as_it_is_written(monkeypatch, tmp_path):
    guide = tmp_path / "guide.md"
    guide.write_text(f"before\n{silencing._BEGIN}{silencing._END}\nafter\n")
    monkeypatch.setattr(silencing, "GUIDE", guide)

    silencing.write([("one", "other"), ("one", "third")])

    assert in_the_guide() == [("one", "other"), ("one", "third")]
    assert guide.read_text().startswith("before\n")
    assert guide.read_text().endswith(f"{silencing._END}\nafter\n")
    assert listed([]) == "None.\n"


def test_the_guide_names_deeds_that_there_are():
    assert {name for pair in LISTED for name in pair} <= set(ALL_DEEDS)
