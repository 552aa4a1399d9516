import json
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from chalicelib.remediation import Alert, Plan, Severity
from chalicelib.runtime.limits import (
    MOST_ALERTS,
    MOST_ALERTS_BYTES,
    MOST_CALLS_BYTES,
    MOST_FACTS_BYTES,
    facts_as_text,
    fitting,
)
from tests.chalicelib.runtime.house import alert, creates


@dataclass(frozen=True)
class Seen:
    name: str
    at: datetime = datetime(2026, 3, 2, tzinfo=UTC)


CIRCLE: list = []
CIRCLE.append(CIRCLE)


@pytest.mark.parametrize(
    ("facts", "text"),
    [
        pytest.param(None, "null", id="nothing"),
        pytest.param(Seen("a"), '{"name": "a", "at": "2026-03-02 00:00:00+00:00"}', id="a record"),
        pytest.param((Seen("a"),), '[{"name": "a", "at": "2026-03-02 00:00:00+00:00"}]', id="records"),
        pytest.param({"a": 1}, '{"a": 1}', id="a mapping"),
        pytest.param("words", '"words"', id="words"),
        pytest.param({("a", 1): 2}, "\"{('a', 1): 2}\"", id="keys that JSON doesn't have"),
        pytest.param(CIRCLE, '"[[...]]"', id="a circle"),
    ],
)
def test_facts_become_json_whatever_they_are(facts, text):
    assert facts_as_text(facts) == text


@pytest.mark.parametrize(
    "facts",
    [
        pytest.param(["x" * 1000] * 1000, id="many"),
        pytest.param('"' * 200_000, id="quotes, escaped twice"),
        pytest.param("\x00" * 200_000, id="control characters"),
        pytest.param("😀" * 200_000, id="beyond the basic plane"),
    ],
)
def test_facts_that_are_too_many_are_cut_and_say_so(facts):
    text = facts_as_text(facts)

    assert len(text) <= MOST_FACTS_BYTES
    assert json.loads(text)["cut"].split(", of which the first: ")[0].endswith("bytes")


def size(values) -> int:
    return len(json.dumps([value.as_json() for value in values]))


def test_a_plan_that_fits_is_left_alone():
    plan = Plan.alert(alert(facts=(("Who", "x" * 5000),) * 10), calls=[creates("a")] * 10)

    assert fitting(plan) is plan


@pytest.mark.parametrize(
    "alerts",
    [
        pytest.param([alert(facts=(("Host", "x" * 1000),) * 1000)], id="many facts"),
        pytest.param([alert(facts=(("Host", "😀" * 100_000),))], id="one long fact"),
        pytest.param([alert("\x00" * 200_000)], id="a long title"),
        pytest.param([alert(advice="é" * 200_000)], id="long advice"),
        pytest.param([alert(facts=(("l" * 200_000, "f"),))], id="a long label"),
        pytest.param([alert("t" * 900, facts=(("Host", "x" * 900),) * 9)] * 400, id="many alerts"),
    ],
)
def test_alerts_that_are_too_long_are_cut_and_say_so(alerts):
    cut = fitting(Plan(alerts=tuple(alerts))).alerts

    assert 0 < size(cut) <= MOST_ALERTS_BYTES
    assert len(cut) <= MOST_ALERTS
    assert cut[0].severity is Severity.HIGH
    told = json.dumps([one.as_json() for one in cut], ensure_ascii=False)
    assert "…" in told or "left out" in told


def test_of_too_many_alerts_the_first_are_told_and_the_worst_of_the_rest_is_named():
    many = [alert(f"{number} {'x' * 500}") for number in range(300)]
    many[250] = Alert(severity=Severity.CRITICAL, title="the worst")

    cut = fitting(Plan(alerts=tuple(many))).alerts

    assert cut[-1].title == f"{300 - MOST_ALERTS + 1} more alerts of the same event are left out"
    assert cut[-1].severity is Severity.CRITICAL


def test_facts_that_are_left_out_are_counted():
    (cut,) = fitting(Plan.alert(alert(facts=(("Host", "x" * 1000),) * 1000))).alerts

    kept = [fact for fact in cut.facts if fact[0] == "Host"]
    assert 10 < len(kept) < 1000
    assert cut.facts[-1] == ("And", f"{1000 - len(kept)} more facts, left out")


def test_a_long_label_costs_nobody_their_fact():
    (cut,) = fitting(Plan.alert(alert(facts=(("l" * 200_000, "kept"), ("Who", "mallory"))))).alerts

    assert [fact for _, fact in cut.facts] == ["kept", "mallory"]
    assert cut.facts[0][0].endswith("l…")


@pytest.mark.slow
def test_nothing_is_done_that_the_ledger_can_not_note_first():
    plan = fitting(Plan.alert(alert(facts=(("Who", "mallory"),)), calls=[creates("t" * 900)] * 900))

    assert plan.calls == ()
    assert plan.alerts[0].facts == (
        ("Not done", "900 calls: too many for the ledger to note before acting"),
        ("Who", "mallory"),
    )


def test_many_calls_that_fit_are_kept():
    calls = [creates(f"t-{number}") for number in range(100)]

    plan = fitting(Plan.alert(alert(), calls=calls))

    assert size(calls) < MOST_CALLS_BYTES
    assert plan.calls == tuple(calls)
