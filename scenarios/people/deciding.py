"""Approve, refuse, undo: what is about to be done is shown, then asked for, then waited for."""

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import click

from chalicelib.remediation import Call
from chalicelib.wording import safe
from scenarios.people.api import Api
from scenarios.people.options import path_of
from scenarios.people.show import calls_of, title_of

_WAITED_SECONDS = 30
_BETWEEN_SECONDS = 1
# What the instruction came to, where it isn't what was asked for.
_NOT_DONE = ("rejected", "replanned")

Finding = Mapping[str, Any]


def decide(
    api: Api,
    verb: str,
    identity: str,
    *,
    plan: str = "",
    reason: str = "",
    dry: bool = False,
    form: str = "text",
    wait: Callable[[float], None] = time.sleep,
) -> int:
    """Ask for it through the API; returns the exit code: 1 where it was not done. Raises ApiError."""
    found = api.get(path_of(identity))
    if form == "text":
        for line in before(verb, found):
            click.echo(line)
    body: dict[str, Any] = {"plan": plan or found["plan_digest"] or "0" * 8, "reason": reason}
    asked = api.post(path_of(identity, verb), {**body, "dry_run": True} if dry else body)
    decision = _waited_for(api, identity, asked["id"], wait)
    if form == "json":
        click.echo(json.dumps({**asked, "decision": decision}))
    elif decision is None:
        click.echo(f"noted, and not done yet; look with: trailwarden show {safe(identity)}")
    else:
        click.echo(f"{decision['ruling']}: {safe(decision['words'], 4000)}")
    return 1 if decision and decision["ruling"] in _NOT_DONE else 0


def before(verb: str, found: Finding) -> Iterator[str]:
    """What is about to be done, and what can't come back."""
    yield title_of(found, 400)
    calls = calls_of(found)
    if verb == "undo":
        done = [
            call for index, call in enumerate(calls) if found["deeds"].get(str(index)) in ("done", "undoing")
        ]
        yield from _listed("would be undone by:", [call.undo for call in done[::-1] if call.undo])
        yield from (f"  has no undo: {safe(call.command)}" for call in done if not call.undo)
    else:
        yield from _listed(f"plan {found['plan_digest'][:12]}:", calls)


def in_person(direct: Any, calls: Sequence[Call], *, dry: bool) -> int:
    """Make calls under the caller's own name; raises ApiError."""
    for line in _listed("under your own name:", calls):
        click.echo(line)
    if not dry:
        for call in calls:
            direct.make(call)
            click.echo(f"done: {safe(call.command)}")
        click.echo("the ledger doesn't know of it: only Trailwarden's functions write there")
    return 0


def _listed(heading: str, calls: Sequence[Call]) -> Iterator[str]:
    yield heading
    for call in calls:
        yield f"  {safe(call.command)}"
        if call.lost:
            yield f"    can't bring back: {safe(call.lost)}"


def _waited_for(api: Api, identity: str, asked: str, wait: Callable[[float], None]) -> Finding | None:
    """What became of it, once the function has ruled on it and is through; None where that takes too long."""
    for _ in range(_WAITED_SECONDS // _BETWEEN_SECONDS):
        found = api.get(path_of(identity))
        for each in found["decisions"]:
            if each["id"] == asked and each["told"]:
                decision: Finding = each
                return decision
        wait(_BETWEEN_SECONDS)
    return None
