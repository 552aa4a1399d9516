"""Approve, refuse, undo: what is about to be done is shown, then asked for, then waited for."""

import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import click

from chalicelib.remediation import Call
from chalicelib.wording import PERHAPS_DONE, safe
from scenarios.people.answers import finding, noted
from scenarios.people.api import AnswerIsNo, Api
from scenarios.people.options import complain, path_of
from scenarios.people.show import WAITING, calls_of, title_of

_WAITED_SECONDS = 30
_BETWEEN_SECONDS = 1
# What the instruction came to, where it isn't what was asked for.
_NOT_DONE = ("rejected", "replanned")
# How far a call has come that is ours to undo.
_OURS = ("done", "undoing")

Finding = Mapping[str, Any]


def decide(
    api: Api,
    verb: str,
    identity: str,
    *,
    plan: str = "",
    reason: str = "",
    dry: bool = False,
    yes: bool = False,
    form: str = "text",
    wait: Callable[[float], None] | None = None,
) -> int:
    """Show it, ask, have it done through the API; returns the exit code. Raises ApiError.

    0: it is done, or it counts. 1: it counts for nothing, or the person said no. 2: nobody knows yet.
    """
    path = path_of(identity)
    found = finding(api.get(path))
    _check(verb, plan, found)
    aside = form == "json"
    for line in before(verb, found):
        click.echo(line, err=aside)
    if not dry and not _agreed(verb, yes=yes):
        return 1
    body: dict[str, Any] = {"plan": plan or found["plan_digest"], "reason": reason}
    asked = noted(api.post(path_of(identity, verb), {**body, "dry_run": True} if dry else body))
    newest, decision = _waited_for(api, path, asked["id"], wait or time.sleep)
    through = bool(decision and decision["told"])
    if form == "json":
        click.echo(json.dumps({**asked, "decision": decision}))
    elif decision and through:
        now = f"; the finding is {safe(newest['outcome'])}" if decision["ruling"] == "granted" else ""
        click.echo(f"{safe(decision['ruling'])}: {safe(decision['words'], 4000)}{now}")
    if not decision or not through:
        complain(_so_far(newest, decision))
        return 2
    return 1 if decision["ruling"] in _NOT_DONE else 0


def check_that_one_can_ask(verb: str, *, dry: bool, yes: bool) -> None:
    """Nothing is done without a yes; raises UsageError where nobody could give one."""
    if not (dry or yes or _at_a_terminal()):
        raise click.UsageError(f"{verb} asks before it acts; without a terminal it needs --yes")


def _at_a_terminal() -> bool:
    return sys.stdin.isatty()


def _agreed(verb: str, *, yes: bool) -> bool:
    if yes or click.confirm(f"{verb} it?", err=True):
        return True
    complain("nothing was done")
    return False


def _check(verb: str, plan: str, found: Finding) -> None:
    """Ask nobody about what can't be done; the API checks the same again. Raises AnswerIsNo."""
    outcome = found["outcome"]
    if verb != "undo" and outcome not in WAITING:
        raise AnswerIsNo(409, f"Nothing waits for a decision: the finding is {outcome}")
    if verb == "undo" and not _done(found):
        nothing = f"Nothing was done that could be undone: the finding is {outcome}"
        raise AnswerIsNo(409, PERHAPS_DONE if "unsure" in found["deeds"].values() else nothing)
    if not found["plan_digest"].startswith(plan):
        raise AnswerIsNo(409, "The plan is another one by now: look at the finding again")


def _so_far(found: Finding, decision: Finding | None) -> str:
    """What is known of an instruction that is not through yet."""
    look = f"look again with: trailwarden show {found['id']}"
    if decision is None:
        return f"noted, and not done yet; {look}"
    why = f" ({found['failure']})" if found["failure"] else ""
    return (
        f"{decision['ruling']}, and not finished yet: {decision['words']}; the finding is "
        f"{found['outcome']}{why}, and the alert about it is not sent yet; {look}"
    )


def before(verb: str, found: Finding) -> Iterator[str]:
    """What is about to be done, and what can't come back."""
    yield title_of(found, 400)
    if verb == "undo":
        done = _done(found)
        yield from _listed("would be undone by:", [call.undo for call in done[::-1] if call.undo])
        yield from (f"  has no undo: {safe(call.command)}" for call in done if not call.undo)
    else:
        yield from _listed(f"plan {safe(found['plan_digest'][:12])}:", calls_of(found))


def in_person(direct: Any, verb: str, calls: Sequence[Call], *, dry: bool, yes: bool) -> int:
    """Make calls under the caller's own name, once the caller says yes; raises ApiError."""
    heading = f"with --direct {verb} would make these calls" if dry else "these calls are made"
    for line in _listed(f"{heading} under your own name:", calls):
        click.echo(line)
    if not dry:
        if not _agreed(verb, yes=yes):
            return 1
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


def _done(found: Finding) -> list[Call]:
    """The calls that Trailwarden made and that were not undone."""
    deeds = found["deeds"]
    return [call for index, call in enumerate(calls_of(found)) if deeds.get(str(index)) in _OURS]


def _waited_for(
    api: Api, path: str, asked: str, wait: Callable[[float], None]
) -> tuple[Finding, Finding | None]:
    """The finding, and what became of the instruction on it; None where nothing did in that time."""
    for _ in range(_WAITED_SECONDS // _BETWEEN_SECONDS):
        found = finding(api.get(path))
        decision = next((each for each in found["decisions"] if each["id"] == asked), None)
        if decision and decision["told"]:
            break
        wait(_BETWEEN_SECONDS)
    return found, decision
