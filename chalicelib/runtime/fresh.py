"""A plan that waited is held against what is there now, before its next call. Pure: values in, a finding out.

A retry a minute later and a redrive days later find a stored plan. What it was made from may have changed
since: by our own calls of an earlier try, by another run that restored the same, by people who did on purpose
what the plan would take back. So each call that is left is only made if fresh facts call for the very same
call, its undo included; else the fresh plan takes the place of what is left.

A call that was begun, and of which no answer is known, is as good as done where the remediation knows again
what it makes (`Undoing.made`): then it can be undone. Else it stays unsure.

A call that follows another (`Call.follows`) is called for too while what that one did still is so: our own
call is then what took the reason away.
"""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from chalicelib.ledger.entries import LedgerEntry
from chalicelib.remediation import Alert, Call, CallProgress, Outcome, Plan, Severity

# How far calls have come that are, or may be, in effect.
_IN_EFFECT = (CallProgress.DONE, CallProgress.FOUND, CallProgress.UNSURE)
_NOTHING_LEFT = (
    "what it was planned from has changed meanwhile, and nothing of the plan is called for any more"
)
_IN_PART = "what it was planned from has changed meanwhile; what is not called for any more is not done"
_ANEW = "what it was planned from has changed meanwhile; this is decided from what is there now"


def known_again(entry: LedgerEntry, made: Callable[[Call], Mapping[str, Any] | None]) -> LedgerEntry:
    """The finding in which a call that was begun is done where what it makes is there, and is ours.

    `made`: that of `Undoing`. Raises what it raises.
    """
    for index in entry.unsettled:
        if entry.progress.get(index) is not CallProgress.BEGUN:
            continue
        answer = made(entry.plan.calls[index])
        if answer is not None:
            progress = {**entry.progress, index: CallProgress.DONE}
            entry = replace(entry, progress=progress, plan=entry.plan.knowing(index, answer))
    return entry


def following(entry: LedgerEntry, moved: Callable[[Call], str]) -> list[Call]:
    """The calls that are left and follow one that is, or may be, in effect. `moved`: that of `Undoing`.

    Raises what `moved` raises.
    """
    left = [index for index in entry.unsettled if entry.plan.calls[index].follows]
    return [
        entry.plan.calls[index]
        for index in left
        if any(_stands(entry, earlier, moved) for earlier in range(index))
    ]


def _stands(entry: LedgerEntry, index: int, moved: Callable[[Call], str]) -> bool:
    """Whether the thing is as a call would have it: by us, perhaps by us, or found so when it was made."""
    how_far = entry.progress.get(index)
    if how_far is CallProgress.FOUND:
        return True
    return how_far in (*_IN_EFFECT, CallProgress.BEGUN) and not moved(entry.plan.calls[index])


def held_against(entry: LedgerEntry, fresh: Plan, also: Collection[Call] = ()) -> LedgerEntry:
    """The finding as it stands now, given what would be planned from fresh facts. `also`: see `following`.

    SUPERSEDED where nothing is left to do and nothing was done. Calls that are left keep their order.
    """
    done = [entry.plan.calls[at] for at, how_far in entry.progress.items() if how_far is CallProgress.DONE]
    wanted = [call for call in map(stored, fresh.calls) if not (call.once and call in done)]
    wanted += [call for call in also if call not in wanted]
    left = {index: entry.plan.calls[index] for index in entry.unsettled}
    if all(call in left.values() for call in wanted):
        return _continued(entry, {index for index, call in left.items() if call not in wanted})
    return _taken_over(entry, fresh, wanted)


def _continued(entry: LedgerEntry, dropped: set[int]) -> LedgerEntry:
    """The same plan, without the calls that nothing calls for any more."""
    if not dropped:
        return entry
    progress = {**entry.progress, **{index: _dropped(entry.progress.get(index)) for index in dropped}}
    done = any(each in _IN_EFFECT for each in progress.values())
    over = not done and all(progress.get(index) for index in range(len(entry.plan.calls)))
    why = _NOTHING_LEFT if over else _IN_PART
    return replace(
        entry,
        plan=replace(entry.plan, alerts=_with_reason(entry.plan.alerts, why)),
        progress=progress,
        outcome=Outcome.SUPERSEDED if over else entry.outcome,
    )


def _taken_over(entry: LedgerEntry, fresh: Plan, wanted: Sequence[Call]) -> LedgerEntry:
    """What was done stays; what was left gives way to the fresh plan, which is no less severe."""
    before = [
        (call, entry.progress.get(index))
        for index, call in enumerate(entry.plan.calls)
        if entry.progress.get(index) is not CallProgress.DROPPED
    ]
    kept = [
        (call, how_far if how_far in _IN_EFFECT else _dropped(None if _again(call, wanted) else how_far))
        for call, how_far in before
    ]
    begun = [call for call, how_far in before if how_far is CallProgress.BEGUN]
    progress = {index: how_far for index, (_, how_far) in enumerate(kept) if how_far}
    progress |= {len(kept) + at: CallProgress.BEGUN for at, call in enumerate(wanted) if _again(call, begun)}
    alerts = _no_less_severe(fresh.alerts, entry.plan.alerts)
    return replace(
        entry,
        plan=Plan(alerts=_with_reason(alerts, _ANEW), calls=(*(call for call, _ in kept), *wanted)),
        progress=progress,
        warned=frozenset(index for index in entry.warned if index < len(alerts)),
        unconfirmed=frozenset(index for index in entry.unconfirmed if index < len(alerts)),
        quiet=frozenset(),
    )


def _dropped(how_far: CallProgress | None) -> CallProgress:
    """A call that was begun and that nothing calls for any more has perhaps been made by us."""
    return CallProgress.UNSURE if how_far is CallProgress.BEGUN else CallProgress.DROPPED


def _again(call: Call, calls: Sequence[Call]) -> bool:
    """Whether one of these does the same, whatever would undo it."""
    return any(replace(call, undo=None) == replace(each, undo=None) for each in calls)


def stored(call: Call) -> Call:
    """The call as the ledger gives it back, where JSON knows lists and no tuples."""
    return Call.from_json(json.loads(json.dumps(call.as_json())))


def _with_reason(alerts: Sequence[Alert], why: str) -> tuple[Alert, ...]:
    """The alerts, each with the reason why the plan is another; once, however often that happens."""
    reason = ("Superseded", why)
    return tuple(
        replace(each, facts=(reason, *(fact for fact in each.facts if fact[0] != reason[0])))
        for each in alerts
    )


def _no_less_severe(alerts: Sequence[Alert], before: Sequence[Alert]) -> tuple[Alert, ...]:
    """Fresh alerts; the first is as severe as the gravest before, since that has happened all the same."""
    if not alerts or not before:
        return tuple(alerts or before)
    first, *rest = alerts
    grade = list(Severity).index
    worst = max((each.severity for each in (first, *before)), key=grade)
    return (replace(first, severity=worst), *rest)
