"""Each form provisions and fires: the function really ran, with the event that AWS's documentation shows.

A tenth of the hundred is tried a day; all of them in `.ci/run`.
"""

import json
import re

import pytest

from scenarios.cloud.kernel.errors import NotSimulated
from scenarios.runner.imperative import open_world
from tests.forms.hundred import FORMS
from tests.forms.page import PAGE, page
from tests.sample import in_turn

TRIED = in_turn(FORMS, of=10)


def at(event, path):
    """The value at a path such as `Records.0.body`."""
    for part in path.split("."):
        event = event[int(part) if part.isdecimal() else part]
    return event


def seen(world):
    """The events that the function was handed."""
    told = (*world.simulated.earlier, *world.simulated.setting.trace)
    answers = [moment.facts["outcome"] for moment in told if moment.kind == "ran"]
    return [json.loads(each["body"]) for each in answers if isinstance(each, dict) and "body" in each]


def fits(event, form):
    try:
        found = {path: at(event, path) for path in form.sees}
    except (KeyError, IndexError, TypeError):
        return False
    return all(
        isinstance(found[path], wanted) if isinstance(wanted, type) else found[path] == wanted
        for path, wanted in form.sees.items()
    )


@pytest.mark.slow
@pytest.mark.parametrize("form", TRIED, ids=lambda form: form.name)
def test_a_form_provisions_and_fires_or_says_what_is_missing(form):
    if form.loud:
        with pytest.raises(NotSimulated, match=form.loud), open_world(template=form.template) as world:
            form.fires(world)
        return
    with open_world(template=form.template) as world:
        form.fires(world)

        events = seen(world)
        assert any(fits(event, form) for event in events), json.dumps(events, indent=1)[:3000]


def test_there_are_a_hundred_and_no_two_are_alike():
    assert len(FORMS) == 100
    assert len({form.name for form in FORMS}) == 100
    assert len({json.dumps(form.template, sort_keys=True) for form in FORMS}) == 100
    assert all(form.sees or form.loud for form in FORMS)


def test_the_page_has_the_table():
    """`python -m tests.forms.page` writes it anew."""
    assert page(PAGE.read_text()) == PAGE.read_text()
    assert re.search(r"\d+ of the hundred fire", PAGE.read_text())
