"""How a scenario is written: lists of `at` and `by`, or what they return."""

from dataclasses import replace

import pytest

from scenarios.runner.run import deployment_of
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


@pytest.mark.parametrize(
    ("parts", "around"),
    [({"when": [STOPS]}, r'at\("02:00", ...\)'), ({"then": [QUIET]}, r'by\("02:30", ...\) or at_the_end')],
    ids=["an action", "a check"],
)
def test_what_has_no_time_is_refused(parts, around):
    with pytest.raises(ValueError, match=f"has no time: write {around}"):
        written(**parts)


def test_parameters_may_be_a_mapping_and_regions_a_list():
    mapped = replace(written(), parameters={"AlertEmail": "me@example.com"}, spokes=["eu-west-1"])
    paired = replace(written(), parameters=(("AlertEmail", "me@example.com"),), spokes=("eu-west-1",))

    assert deployment_of(mapped) == deployment_of(paired)
    assert ("AlertEmail", "me@example.com") in deployment_of(mapped).parameters


def test_nothing_may_come_after_the_end():
    with pytest.raises(ValueError, match="one lasts 15:00, and something in it comes after that"):
        written(when=[at("00:10", STOPS), at("15:01", STARTS)])
