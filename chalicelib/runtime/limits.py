"""Limits of what is kept of an event: a ledger item holds 400 KB, and names in events may be very long.

A note marks the place of what is left out. Sizes are of JSON in ASCII, so characters are bytes.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html#limits-items
"""

import dataclasses
import json
from collections.abc import Sequence
from typing import Any

from chalicelib.remediation import Alert, Plan, Severity
from chalicelib.wording import number_of

# Together well below 400 KB: the rest of an item is short.
MOST_FACTS_BYTES = 60_000
MOST_TO_RECORD_BYTES = 60_000
MOST_ALERTS_BYTES = 120_000
MOST_CALLS_BYTES = 120_000
# A person on call reads no more; each is reported on its own.
MOST_ALERTS = 20


def facts_as_text(facts: Any) -> str:
    """Facts for the ledger, always JSON: values where they are values, words where they are not."""
    try:
        text = json.dumps(_plain(facts), default=str)
    except (TypeError, ValueError, RecursionError):  # keys that JSON doesn't have, circles
        text = json.dumps(repr(facts))
    if len(text) <= MOST_FACTS_BYTES:
        return text
    # Quoting the beginning escapes its quotes again, at most doubling it.
    return json.dumps(
        {"cut": f"{len(text)} bytes, of which the first: {text[: MOST_FACTS_BYTES // 2 - 100]}"}
    )


def record_fitting(text: str) -> str:
    """The text itself where a ledger item holds it, else "": a retry then has nothing to write."""
    return text if _size(text) <= MOST_TO_RECORD_BYTES else ""


def fitting(plan: Plan) -> Plan:
    """The plan itself where a ledger item holds it; otherwise what of it fits, and a word about the rest.

    Calls are kept all or none: nothing is done that could not be noted first.
    """
    needed = _size([call.as_json() for call in plan.calls])
    if needed > MOST_CALLS_BYTES:
        held_back = ("Not done", f"{len(plan.calls)} calls: too many for the ledger to note before acting")
        alerts = tuple(dataclasses.replace(one, facts=(held_back, *one.facts)) for one in plan.alerts)
        return fitting(Plan(alerts=alerts))
    if _size([alert.as_json() for alert in plan.alerts]) <= MOST_ALERTS_BYTES:
        return plan
    kept = _fewer(plan.alerts)
    room = MOST_ALERTS_BYTES // len(kept)
    return dataclasses.replace(plan, alerts=tuple(_shorter(alert, room) for alert in kept))


def _plain(facts: Any) -> Any:
    if dataclasses.is_dataclass(facts) and not isinstance(facts, type):
        return dataclasses.asdict(facts)
    if isinstance(facts, Sequence) and not isinstance(facts, str):
        return [_plain(fact) for fact in facts]
    return facts


def _fewer(alerts: Sequence[Alert]) -> tuple[Alert, ...]:
    if len(alerts) <= MOST_ALERTS:
        return tuple(alerts)
    first, rest = alerts[: MOST_ALERTS - 1], alerts[MOST_ALERTS - 1 :]
    worst = max((alert.severity for alert in rest), key=list(Severity).index)
    return (*first, Alert(severity=worst, title=f"{len(rest)} more alerts of the same event are left out"))


def _shorter(alert: Alert, room: int) -> Alert:
    """The alert within so many bytes: title and advice first, then facts as long as they fit.

    Of its questions those are left that fit whatever a principal does.
    """
    title, advice = _cut(alert.title, room // 8), _cut(alert.advice, room // 4)
    room = room // 2 - 200  # for the last line, and what JSON itself needs
    facts: list[tuple[str, str]] = []
    for label, fact in alert.facts:
        line = (_cut(label, 200), _cut(fact, max(room // 2, 200)))
        room -= _size(line) + 2
        if room < 0:
            facts.append(("And", f"{number_of(len(alert.facts) - len(facts), 'more fact')}, left out"))
            break
        facts.append(line)
    return dataclasses.replace(alert, title=title, advice=advice, facts=tuple(facts), asks=())


def _cut(text: str, most: int) -> str:
    shown = text
    while _size(shown) > most:
        # JSON writes a character with up to twelve.
        shown = shown[: min(len(shown) - 1, len(shown) * most // _size(shown))]
    return text if shown == text else f"{shown[:-1]}…"


def _size(value: Any) -> int:
    return len(json.dumps(value))
