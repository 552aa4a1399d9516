"""Rows that ask one engine one question: an event pattern, a rule's schedule, an input transformer."""

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


def takes(row: Row) -> bool:
    """Whether the row names an engine."""
    return isinstance(row["input"], dict) and "engine" in row["input"]


def judge(row: Row) -> Verdict:
    """Ask the engine."""
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
