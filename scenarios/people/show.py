"""Findings and dead letters as text for a terminal."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from chalicelib.remediation import Call, Severity
from chalicelib.wording import safe

Finding = Mapping[str, Any]
_WIDEST_TITLE = 70
# The outcomes of a finding whose plan waits for a person.
WAITING = ("awaiting approval", "capped")


def rows(findings: Sequence[Finding]) -> Iterator[str]:
    """A line each: when, how grave, what became of it, who; then the id and the title."""
    for each in findings:
        alert = loudest(each)
        severity = alert["severity"] if alert else "-"
        who = safe(each["principal"].rpartition(":")[2]) or "-"
        yield f"{moment(each['at'])}  {severity:<8}  {safe(each['outcome']):<17}  {who}"
        yield f"  {title_of(each, _WIDEST_TITLE)}"
        yield f"  {safe(each['id'])}"


def page(found: Finding) -> Iterator[str]:
    """Everything about one finding."""
    yield title_of(found, 400)
    yield ""
    yield from _facts(
        ("Finding", found["id"]),
        ("When", moment(found["at"])),
        ("Who", found["principal"] or "not recorded"),
        ("Where", f"{found['account'] or 'not recorded'} / {found['region']}"),
        ("Outcome", found["outcome"]),
        ("Because", found["failure"]),
    )
    for alert in found["plan"]["alerts"]:
        yield ""
        yield f"[{safe(alert['severity'])}] {safe(alert['title'])}"
        yield from _facts(*((f"  {label}", fact) for label, fact in alert["facts"]))
        yield from (f"  {safe(line)}" for line in alert["advice"].splitlines())
    yield from _calls(found)
    yield from _decisions(found["decisions"])
    yield from _how_to(found)


def loudest(found: Finding) -> Mapping[str, Any] | None:
    """The gravest of its alerts."""
    order = list(Severity)
    alerts: list[Mapping[str, Any]] = found["plan"]["alerts"]
    return max(alerts, key=lambda each: order.index(Severity(each["severity"])), default=None)


def title_of(found: Finding, longest: int) -> str:
    """The title of the gravest alert."""
    alert = loudest(found)
    return safe(alert["title"], longest) if alert else "Recorded, no alert sent"


def moment(text: str) -> str:
    """`2026-03-02 03:00:00 UTC`."""
    return f"{safe(text)[:19].replace('T', ' ')} UTC"


def calls_of(found: Finding) -> list[Call]:
    """The calls of its plan."""
    return [Call.from_json(each) for each in found["plan"]["calls"]]


def letters(listed: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """A dead letter each: when, where to, why; then the id."""
    for each in listed:
        yield f"{moment(each['at'])}  {safe(each['to']) or 'nowhere'}"
        yield f"  {safe(each['reason'])}"
        yield f"  {safe(json.dumps(each['event']), 160)}"
        yield f"  {safe(each['id'])}"


def _facts(*facts: tuple[str, Any]) -> Iterator[str]:
    given = [(safe(str(label)), safe(str(fact))) for label, fact in facts if fact]
    width = max((len(label) for label, _ in given), default=0)
    yield from (f"{label + ':':<{width + 1}} {fact}" for label, fact in given)


def _calls(found: Finding) -> Iterator[str]:
    calls = calls_of(found)
    if calls:
        yield ""
        yield f"Plan {safe(found['plan_digest'][:12])}:"
    for index, call in enumerate(calls):
        how_far = found["deeds"].get(str(index), "not done")
        yield f"  {safe(how_far)}: {call.command}"
        if call.lost:
            yield f"    can't bring back: {safe(call.lost)}"
        if call.undo and how_far == "done":
            yield f"    undo: {call.undo.command}"


def _decisions(decisions: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    if decisions:
        yield ""
        yield "Decided:"
    for each in decisions:
        why = f", saying {safe(each['reason'])!r}" if each["reason"] else ""
        who, ruling = safe(each["who"]), safe(each["ruling"])
        yield f"  {moment(each['at'])}  {safe(each['verb'])} by {who}{why}: {ruling}"
        yield f"    {safe(each['words'])}"


def _how_to(found: Finding) -> Iterator[str]:
    identity = safe(found["id"])
    if found["outcome"] in WAITING:
        yield ""
        yield f"To approve: trailwarden approve {identity}"
        yield f"To refuse:  trailwarden refuse {identity}"
    elif "done" in found["deeds"].values():
        yield ""
        yield f"To undo it: trailwarden undo {identity}"
