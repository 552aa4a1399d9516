"""What can become of each thing that people ask: the scenario that shows it, or why it can't come to that."""

import pytest

from scenarios.runner.library import library

VERBS = ("approve", "refuse", "undo", "redrive")
CONDITIONS = (
    "granted",
    "refused",
    "expired",
    "replanned",
    "by the actor",
    "twice",
    "undone",
    "undone too late",
)
SHOWN = {
    ("approve", "granted"): "people.approve",
    ("approve", "refused"): "people.approve_refused",
    ("approve", "expired"): "people.approve_expired",
    ("approve", "replanned"): "people.approve_replanned",
    ("approve", "by the actor"): "people.approve_by_the_actor",
    ("approve", "twice"): "people.approve_twice",
    ("approve", "undone"): "people.undo_approved",
    ("refuse", "granted"): "people.refuse",
    ("refuse", "expired"): "people.approve_and_refuse_ruled_late",
    ("refuse", "replanned"): "people.refuse_replanned",
    ("refuse", "by the actor"): "people.approve_by_the_actor",
    ("refuse", "twice"): "people.refuse",
    ("undo", "granted"): "people.undo",
    ("undo", "refused"): "people.undo_refused",
    ("undo", "expired"): "people.undo_expired",
    ("undo", "by the actor"): "people.undo_by_the_actor",
    ("undo", "twice"): "people.undo_twice",
    ("undo", "undone"): "people.undo_twice",
    ("undo", "undone too late"): "people.undo_too_late",
    ("redrive", "granted"): "people.redrive",
    ("redrive", "refused"): "people.redrive_one_some_all",
    ("redrive", "replanned"): "people.redrive_replanned",
    ("redrive", "by the actor"): "people.redrive_one_some_all",
    ("redrive", "twice"): "people.redrive_twice",
    ("redrive", "undone"): "people.undo_redriven",
}
CANNOT = {
    ("approve", "undone too late"): "only an undo is held against the state of what was done",
    ("refuse", "refused"): "nobody refuses a refusal: it is final",
    ("refuse", "undone"): "a refused plan was never carried out",
    ("refuse", "undone too late"): "a refused plan was never carried out",
    ("undo", "replanned"): "an undo plans nothing: it makes the undos that were recorded",
    ("redrive", "expired"): "SQS keeps a dead letter for 14 days, and after that there is none",
    ("redrive", "undone too late"): "a redrive undoes nothing by itself",
}


def test_every_pair_is_shown_by_a_scenario_or_cannot_be():
    assert SHOWN.keys() | CANNOT.keys() == {(verb, each) for verb in VERBS for each in CONDITIONS}
    assert SHOWN.keys().isdisjoint(CANNOT)


@pytest.mark.parametrize("pair", SHOWN, ids=" ".join)
def test_the_scenario_is_there_and_somebody_asks_for_that(pair):
    scenarios = {scenario.name: scenario for scenario in library()}

    typed = [each.action.words for each in scenarios[SHOWN[pair]].actions]

    assert [words for words in typed if f"types trailwarden {pair[0]}" in words]
