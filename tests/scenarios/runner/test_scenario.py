"""How a scenario is written: lists of `at` and `by`, or what they return."""

import pytest

from scenarios.runner.scenario import Action, Check, Scenario, at, at_the_end, by

STOPS, STARTS = Action("stops", lambda _: None), Action("starts", lambda _: None)
QUIET, LOUD = Check("quiet", lambda _: None), Check("loud", lambda _: None)


def written(when=(), then=()):
    return Scenario(name="one", title="One", when=when, then=then)


@pytest.mark.parametrize("kind", [list, tuple])
def test_lists_and_tuples_are_taken_apart_in_order(kind):
    scenario = written(
        when=kind([at("00:10", STOPS, STARTS), at("00:05", STOPS)]),
        then=kind([by("01:00", QUIET), at_the_end(LOUD, QUIET)]),
    )

    assert [timed.action for timed in scenario.actions] == [STOPS, STARTS, STOPS]
    assert [each.check for each in scenario.expectations] == [QUIET, LOUD, QUIET]


def test_one_part_needs_no_list():
    scenario = written(when=at("00:10", STOPS), then=by("01:00", QUIET))

    assert [timed.action for timed in scenario.actions] == [STOPS]
    assert [each.check for each in scenario.expectations] == [QUIET]


def test_something_else_is_refused():
    with pytest.raises(ValueError, match="is neither TimedAction nor a list or tuple of them"):
        written(when=[STOPS])


def test_nothing_may_come_after_the_end():
    with pytest.raises(ValueError, match="one lasts 15:00, and something in it comes after that"):
        written(when=[at("00:10", STOPS), at("15:01", STARTS)])
