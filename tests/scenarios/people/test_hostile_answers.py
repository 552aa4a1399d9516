"""Whatever a URL answers in the shape of a finding, no terminal is told what to do by it."""

import json

import click
import pytest
from click.testing import CliRunner

from scenarios.people import deciding
from scenarios.people.answers import finding as fitting
from scenarios.people.api import ApiError
from scenarios.people.options import one_sentence
from scenarios.people.show import letters, page, rows

AN_ID = "table_deleted:2026-03-02T03:00:00.000Z:0123456789ab"
ESCAPE = "\x1b]0;owned\x07\x1b[2J\u202e"
HOSTILE = {
    **dict.fromkeys(("id", "at", "principal", "account", "region", "outcome", "failure"), ESCAPE),
    "plan_digest": ESCAPE,
    "deeds": {"0": ESCAPE},
    "decisions": [
        {
            **dict.fromkeys(("verb", "who", "at", "reason", "ruling", "words"), ESCAPE),
            "id": "asked",
            "told": True,
        }
    ],
    "plan": {
        "alerts": [{"severity": "HIGH", "title": ESCAPE, "facts": [[ESCAPE, ESCAPE]], "advice": ESCAPE}],
        "calls": [
            {
                **dict.fromkeys(("service", "operation", "account", "region"), ESCAPE),
                "parameters": {"Name": ESCAPE},
                "already": [],
                "undo": None,
                "lost": ESCAPE,
            }
        ],
    },
}


def shown(line):
    return [char for char in line if not char.isprintable() and char != "\n"] == []


def test_a_refusal_tells_a_terminal_nothing():
    @click.command()
    def asks():
        with one_sentence():
            raise ApiError(ESCAPE)

    ran = CliRunner().invoke(asks)
    assert "owned" in ran.output
    assert shown(ran.output)


class Strange:
    """An API that answers with the finding, and notes what it is asked to."""

    def __init__(self, found) -> None:
        self.found = found

    def get(self, _path, _query=None):
        return self.found

    def post(self, _path, _body):
        return {"id": "asked"}


@pytest.mark.parametrize("outcome", [ESCAPE, "awaiting approval", "acted"])
def test_a_finding_shown_tells_a_terminal_nothing(outcome):
    found = fitting({**HOSTILE, "outcome": outcome})

    lines = [
        *rows([found]),
        *page(found),
        *deciding.before("approve", found),
        *deciding.before("undo", found),
    ]
    assert sum("owned" in line for line in lines) > 15
    assert [line for line in lines if not shown(line)] == []


def test_a_dead_letter_shown_tells_a_terminal_nothing():
    letter = {**dict.fromkeys(("id", "at", "to", "reason"), ESCAPE), "event": {ESCAPE: ESCAPE}}

    lines = list(letters([letter]))
    assert len(lines) == 4
    assert all(map(shown, lines))


@pytest.mark.parametrize(
    ("outcome", "told", "code"),
    [
        pytest.param("awaiting approval", True, 0, id="ruled"),
        pytest.param("awaiting approval", False, 2, id="ruled, and not told yet"),
        pytest.param(ESCAPE, True, 1, id="nothing that waits"),
    ],
)
def test_a_decision_tells_a_terminal_nothing(outcome, told, code):
    found = json.loads(json.dumps({**HOSTILE, "outcome": outcome}))
    found["decisions"][0]["told"] = told

    @click.command()
    @click.pass_context
    def asks(ctx):
        with one_sentence():
            ctx.exit(deciding.decide(Strange(found), "approve", AN_ID, yes=True, wait=lambda _: None))

    ran = CliRunner().invoke(asks)
    assert ran.exit_code == code, ran.output
    assert "owned" in ran.output
    assert shown(ran.output)


def test_a_long_command_is_shown_whole():
    """The alert is too short for it, and says to look here."""
    calls = [{**HOSTILE["plan"]["calls"][0], "parameters": {"Policy": "x" * 5000}}]

    lines = list(page(fitting({**HOSTILE, "plan": {**HOSTILE["plan"], "calls": calls}})))

    assert sum(f"--policy {'x' * 5000} " in line for line in lines) == 1
