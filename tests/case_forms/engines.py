"""Rows that ask one engine one question: an event pattern, a rule's schedule, an input transformer.

A row may also give a pattern and only some fields of an event, as `event.account`: the others are as the
pattern asks.
"""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from chalicelib.matching import EventPattern, InvalidPattern
from scenarios.cloud.inputs import InputTransformer
from scenarios.cloud.schedules import InvalidSchedule, Schedule
from tests.case_forms.judging import Cannot, Verdict

Row = dict[str, Any]
_FIELD = "event."


def takes(row: Row) -> bool:
    """Whether the row names an engine."""
    asked = row["input"]
    return isinstance(asked, dict) and ("engine" in asked or _gives_fields(asked))


def judge(row: Row) -> Verdict:
    """Ask the engine."""
    if _gives_fields(row["input"]):
        return _pattern_on_fields(row)
    ask = _ENGINES.get(row["input"]["engine"])
    if ask is None:
        raise Cannot(f"no engine is called {row['input']['engine']}")
    return ask(row)


def _pattern(row: Row) -> Verdict:
    try:
        got: bool | str = EventPattern(_as_text(row["input"]["pattern"])).matches(
            _as_text(row["input"]["event"])
        )
    except InvalidPattern as refused:
        got = f"refused: {refused}"
    expected = row["expected"]
    foretold = isinstance(expected, str) and expected.startswith("refused")
    return Verdict(got == expected or (foretold and isinstance(got, str)), str(got))


def _gives_fields(asked: Row) -> bool:
    return "pattern" in asked and any(name.startswith(_FIELD) for name in asked)


def _pattern_on_fields(row: Row) -> Verdict:
    asked = row["input"]
    given = {name.removeprefix(_FIELD): value for name, value in asked.items() if name.startswith(_FIELD)}
    wanted = {name: values[0] for name, values in asked["pattern"].items() if isinstance(values, list)}
    got = EventPattern(json.dumps(asked["pattern"])).matches({"detail": {}, **wanted, **given})
    return Verdict(got == row["expected"]["matches"], str(got))


def _schedule(row: Row) -> Verdict:
    expected = str(row["expected"])
    try:
        schedule = Schedule(row["input"]["expression"])
    except InvalidSchedule as refused:
        return Verdict(expected.startswith("refused"), f"refused: {refused}")
    if expected.startswith("refused"):
        return Verdict(right=False, got="accepted")
    hours = re.search(r"fires Mon-Fri (\d\d):(\d\d) UTC", expected)
    if hours:
        fires = schedule.next_after(datetime(2026, 3, 1, tzinfo=UTC))
        monday = datetime(2026, 3, 2, int(hours[1]), int(hours[2]), tzinfo=UTC)
        return Verdict(fires == monday, f"fires {fires}")
    return Verdict(expected.startswith("accepted"), "accepted")


def _transformer(row: Row) -> Verdict:
    asked = row["input"]
    try:
        got = InputTransformer(asked["paths"], asked["template"]).render({"detail": asked["detail"]})
    except ValueError as refused:
        got = f"refused: {refused}"
    return Verdict(got == row["expected"], got)


def _as_text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


_ENGINES: dict[str, Callable[[Row], Verdict]] = {
    "EventPattern": _pattern,
    "rule schedule": _schedule,
    "InputTransformer": _transformer,
}
