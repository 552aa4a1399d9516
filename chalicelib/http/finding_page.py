"""The page of one finding: facts, plan, what was done, what was told, who decided, and what to type next.

Nothing acts on a page: to approve, refuse or undo takes a signed POST, which the commands send.
"""

import json
from collections.abc import Iterable, Iterator

from chalicelib.http.html import badge, document, facts, long_text, table, text
from chalicelib.http.listing import loudest
from chalicelib.ledger.entries import Decision, LedgerEntry
from chalicelib.remediation import Alert, Call, CallProgress
from chalicelib.runtime.rulings import WAITING, ours, undos
from chalicelib.wording import when

_LONGEST = 4000
_LONGEST_JSON = 20_000


def finding_page(
    found: LedgerEntry, *, prefix: str = "", links: Iterable[tuple[str, str]] = (), more: str = ""
) -> str:
    """The whole document. `more`: HTML that a local stage adds below what to do next."""
    alert = loudest(found)
    body = "\n".join([*_summary(found), _next(found), more, *_alerts(found), _plan(found), *_rest(found)])
    title = alert.title if alert else "Recorded, no alert sent"
    return document(title, body, prefix=prefix, links=(("All findings", "/"), *links))


def _summary(found: LedgerEntry) -> Iterator[str]:
    alert = loudest(found)
    yield facts(
        [
            ("Finding", f"<code>{text(found.id)}</code>"),
            ("Severity", badge(alert.severity) if alert else "none"),
            ("When", text(when(found.at))),
            ("Who", long_text(found.principal or "not recorded", _LONGEST)),
            ("Account, region", text(f"{found.account or 'not recorded'}, {found.region}")),
            ("Found by", f"<code>{text(found.remediation)}</code>"),
            ("Event", long_text(found.event_key, _LONGEST)),
            ("Outcome", text(found.outcome)),
            *([("Because", long_text(found.failure, _LONGEST))] if found.failure else []),
        ]
    )


def _next(found: LedgerEntry) -> str:
    """What to type, and what can't come back."""
    lines: list[str] = []
    if found.outcome in WAITING and found.plan.calls:
        lines += [f"trailwarden approve {found.id}", f"trailwarden refuse {found.id}"]
        lost = [call.lost for call in found.plan.calls if call.lost]
    else:
        lost = [call.lost for call in undos(found) if call.lost]
        lines += (
            [f"trailwarden undo {found.id} --dry-run", f"trailwarden undo {found.id}"] if undos(found) else []
        )
    if not lines:
        return ""
    commands = "\n".join(text(line) for line in lines)
    notes = "".join(f"<p>Can't come back: {long_text(each, _LONGEST)}</p>" for each in lost)
    return f"<h2>What you can do</h2>\n<pre>{commands}</pre>{notes}"


def _alerts(found: LedgerEntry) -> Iterator[str]:
    if not found.plan.alerts:
        return
    yield "<h2>Told</h2>"
    for index, alert in enumerate(found.plan.alerts):
        yield f"<h3>{badge(alert.severity)} {long_text(alert.title, _LONGEST)}</h3>"
        yield f"<p>{_how_told(found, index)}</p>"
        yield from _facts_of(alert)


def _how_told(found: LedgerEntry, index: int) -> str:
    if index in found.told:
        return "An alert was sent."
    if index in found.quiet:
        return "Not sent: the same was said lately, or it is counted."
    failed = " That it had failed was sent." if index in found.warned else ""
    unconfirmed = " That it was not confirmed yet was sent." if index in found.unconfirmed else ""
    return f"Not sent yet.{unconfirmed}{failed}"


def _facts_of(alert: Alert) -> Iterator[str]:
    if alert.facts:
        yield facts((text(label), long_text(fact, _LONGEST)) for label, fact in alert.facts)
    yield from (f"<p>{long_text(line, _LONGEST)}</p>" for line in alert.advice.splitlines())


def _plan(found: LedgerEntry) -> str:
    if not found.plan.calls:
        return ""
    heads = (("How far", "middle"), ("Call", ""), ("Undo", ""))
    rows = (
        (_how_far(found, index), _command(call), _undo(call)) for index, call in enumerate(found.plan.calls)
    )
    named = f"<h2>Plan</h2>\n<p>Its name: <code>{text(found.plan.digest[:12])}</code></p>\n"
    return named + table(heads, rows)


def _how_far(found: LedgerEntry, index: int) -> str:
    how_far = found.progress.get(index)
    mine = "by Trailwarden" if how_far in (CallProgress.DONE, CallProgress.UNDONE) else ""
    return text(f"{how_far or 'not done'} {mine}".strip())


def _command(call: Call) -> str:
    lost = f"<p>Can't bring back: {long_text(call.lost, _LONGEST)}</p>" if call.lost else ""
    return f"<code>{long_text(call.command, len(call.command))}</code>{lost}"  # half would do something else


def _undo(call: Call) -> str:
    return _command(call.undo) if call.undo else "none"


def _rest(found: LedgerEntry) -> Iterator[str]:
    if found.decisions:
        yield "<h2>Decided</h2>"
        yield facts((text(when(each.at)), _decided(each)) for each in found.decisions)
    if found.facts not in ("", "{}", "null"):
        yield "<h2>Facts that it was decided from</h2>"
        yield f"<pre>{_pretty(found.facts)}</pre>"


def _decided(decision: Decision) -> str:
    reason = f", saying: {text(decision.reason)}" if decision.reason else ""
    who = f"{text(decision.verb)} by {long_text(decision.who, _LONGEST)}{reason}"
    return f"{who}<p>{text(decision.ruling)}: {long_text(decision.words, _LONGEST)}</p>"


def _pretty(stored: str) -> str:
    """JSON, indented: its own line breaks are the only ones."""
    try:
        shown = json.dumps(json.loads(stored), indent=2)
    except (ValueError, RecursionError):
        shown = stored
    return "\n".join(_indented(line) for line in shown[:_LONGEST_JSON].splitlines())


def _indented(line: str) -> str:
    """A line of JSON with the spaces it begins with, which `safe` would spell out."""
    words = line.lstrip(" ")
    return " " * (len(line) - len(words)) + long_text(words, _LONGEST)


def can_be_decided(found: LedgerEntry) -> bool:
    """Whether a person can do anything about it."""
    return bool(found.plan.calls) and (found.outcome in WAITING or bool(ours(found)))
