"""`trailwarden run --faults walk`: what it says while it walks."""

import json
from dataclasses import replace

import pytest

from scenarios.commands.walk import Extent, time_left, walk_all
from scenarios.runner.scenario import Check, Scenario, at_the_end
from scenarios.runner.walk import course
from scenarios.runner.walk.course import Course


@pytest.mark.parametrize(
    ("share", "says"), [(0, ""), (0.25, "; at most 3 h left"), (0.5, "; at most 1 h left"), (1, "")]
)
def test_how_long_it_goes_on_is_told_from_what_is_done(share, says):
    assert time_left(3600, share) == says


def fails(_world):
    raise KeyError("Subnets")


WHOLE = Scenario(name="whole", title="W", when=(), then=())
RAISING = Scenario(name="raising", title="R", when=(), then=at_the_end(Check("it has a subnet", fails)))
STOPPED = replace(WHOLE, name="stopped")
UNMADE = replace(WHOLE, name="unmade")
EVERY = Extent(jobs=1, share=1, minutes=0, of_the_day=1)


@pytest.fixture
def played(monkeypatch):
    """Plays without a world, in which no function is given anything."""

    def play(scenario, **_):
        if scenario is UNMADE:
            raise ValueError("it can't be made")
        return Course(
            scenario=scenario,
            point=None,
            checks={each.check.words: course._judged(each.check, None) for each in scenario.expectations},
            struck=False,
            stopped="KeyError: 1" if scenario is STOPPED else "",
            **dict.fromkeys(("calls", "mail", "trace", "ledger", "dead_letters"), ()),
        )

    monkeypatch.setattr("scenarios.runner.walk.walk.play", play)


@pytest.mark.parametrize(
    ("scenario", "why"),
    [
        (RAISING, "the check 'it has a subnet': it raises KeyError: 'Subnets' (test_walk_command.py:"),
        (STOPPED, "KeyError: 1"),
        (UNMADE, "ValueError: it can't be made"),
    ],
    ids=lambda given: getattr(given, "name", ""),
)
def test_a_scenario_that_fails_by_itself_is_named_and_the_others_are_walked(played, capsys, scenario, why):
    code = walk_all([scenario, WHOLE], seed=3, extent=EVERY, form="text")

    first, replay, second, summary = capsys.readouterr().out.splitlines()
    assert code == 1
    assert first.startswith(f"✗ {scenario.name}: not walked, it fails without any fault: {why}")
    assert replay.endswith(f"run {scenario.name} --seed 3 --faults walk --trace")
    assert second.startswith("✓ whole: 0 points tried")
    assert ", 1 scenario not walked;" in summary


def test_a_scenario_that_fails_by_itself_is_named_in_json_too(played, capsys):
    code = walk_all([RAISING, WHOLE], seed=3, extent=EVERY, form="json")

    raising, whole = map(json.loads, capsys.readouterr().out.splitlines())
    assert code == 1
    assert (raising["passed"], whole["passed"]) == (False, True)
    assert "KeyError" in raising["stopped"]
    assert whole["stopped"] == ""
