"""What a person's instruction comes to: pure, values in, a ruling and its sentence out.

Nobody may approve, refuse or undo what answers their own act, and nobody counts twice. A role counts as one
person, whatever a session of it is called: who assumes a role chooses the session's name.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from chalicelib.ledger.entries import Decision, LedgerEntry, Ruling
from chalicelib.ledger.instructions import Instruction, Verb
from chalicelib.remediation import Alert, Call, CallProgress, Outcome, Plan, Severity
from chalicelib.wording import span, when

WAITING = (Outcome.AWAITING_APPROVAL, Outcome.CAPPED)
HIMSELF = "who did it can't decide about it"
_OURS = (CallProgress.DONE, CallProgress.UNDOING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """So many different people must approve or undo, and each approval holds for so many hours."""

    needed: int
    hours: int

    @property
    def lasts(self) -> timedelta:
        """How long an approval holds."""
        return timedelta(hours=self.hours)


def ruling(entry: LedgerEntry, asked: Instruction, rules: Rules, now: datetime) -> tuple[Ruling, str]:
    """What an instruction comes to, as far as the finding itself can say: GRANTED and UNDONE may yet fail.

    The facts and the resources are not looked at here.
    """
    if now - asked.at > rules.lasts:
        return Ruling.REJECTED, f"it expired: it is {span(now - asked.at)} old, and holds {rules.hours} h"
    if entry.principal and person(asked.who) == person(entry.principal):
        return Ruling.REJECTED, HIMSELF
    return _BY_VERB[asked.verb](entry, asked, rules, now)


def _refused(entry: LedgerEntry, *_: object) -> tuple[Ruling, str]:
    if entry.outcome not in WAITING:
        return Ruling.REJECTED, f"nothing waits for a decision: the finding is {entry.outcome!s}"
    return Ruling.DECLINED, "the plan is never carried out"


def _approved(entry: LedgerEntry, asked: Instruction, rules: Rules, now: datetime) -> tuple[Ruling, str]:
    if entry.outcome not in WAITING:
        return Ruling.REJECTED, f"nothing waits for approval: the finding is {entry.outcome!s}"
    return _counted(entry, asked, rules, now, Ruling.GRANTED)


def _to_be_undone(entry: LedgerEntry, asked: Instruction, rules: Rules, now: datetime) -> tuple[Ruling, str]:
    if entry.outcome is Outcome.UNDONE:
        return Ruling.REJECTED, "it is undone already"
    if not ours(entry):
        return Ruling.REJECTED, f"nothing was done that could be undone: the finding is {entry.outcome!s}"
    if asked.dry and asked.plan == entry.plan.digest:
        return Ruling.UNDONE, ""
    return _counted(entry, asked, rules, now, Ruling.UNDONE)


_BY_VERB: dict[Verb, Callable[[LedgerEntry, Instruction, Rules, datetime], tuple[Ruling, str]]] = {
    Verb.REFUSE: _refused,
    Verb.APPROVE: _approved,
    Verb.UNDO: _to_be_undone,
}


def _counted(
    entry: LedgerEntry, asked: Instruction, rules: Rules, now: datetime, enough: Ruling
) -> tuple[Ruling, str]:
    """Whether enough different people have asked for the same, of this very plan, and lately."""
    if asked.plan != entry.plan.digest:
        return Ruling.REJECTED, "the plan is another one by now: look at it, and decide about that one"
    alike = [
        each
        for each in entry.decisions
        if each.ruling is Ruling.COUNTED and (each.verb, each.plan) == (asked.verb, asked.plan)
    ]
    before = [each for each in alike if now - each.at <= rules.lasts]
    if any(person(each.who) == person(asked.who) for each in before):
        return Ruling.REJECTED, "the same person has asked for it before, and counts once"
    people = [*(each.who for each in before), asked.who]
    if len(people) < rules.needed:
        expired = f"; {len(alike) - len(before)} before have expired" if len(alike) > len(before) else ""
        words = f"{len(people)} of {rules.needed}{expired}: somebody else has to ask for it too"
        return Ruling.COUNTED, words
    return enough, f"by {' and '.join(people)}"


def person(arn: str) -> str:
    """Who an ARN is of: of a role's session, the role."""
    head, assumed, session = arn.partition(":assumed-role/")
    if not assumed:
        head, is_role, path = arn.partition(":role/")
        # A session's ARN leaves out the path of its role.
        return f"{head}:role/{path.rpartition('/')[2]}" if is_role else arn
    return f"{head.replace(':sts:', ':iam:')}:role/{session.partition('/')[0]}"


# ---- plans ----------------------------------------------------------------------------------------


def ours(entry: LedgerEntry) -> list[Call]:
    """The calls that we made and that were not undone, the last one first."""
    made = [call for index, call in enumerate(entry.plan.calls) if entry.progress.get(index) in _OURS]
    return made[::-1]


def undos(entry: LedgerEntry) -> list[Call]:
    """The calls that undo them, in the order in which they are made."""
    return [call.undo for call in ours(entry) if call.undo]


def would(entry: LedgerEntry) -> str:
    """What an undo would do, in one sentence."""
    return "; ".join(call.command for call in undos(entry)) or "nothing: no call has an undo"


def difference(before: Plan, after: Plan) -> str:
    """What is in one plan and not in the other."""
    old, new = ([call.command for call in plan.calls] for plan in (before, after))
    gone = [f"no longer: {each}" for each in old if each not in new]
    more = [f"new: {each}" for each in new if each not in old]
    if not new:
        return "nothing is left to do"
    return "; ".join((*gone, *more)) or "the same calls, with another undo"


def replanned(entry: LedgerEntry, plan: Plan) -> dict[str, object]:
    """What changes of a finding when its plan is decided anew; what is new is told with the decision.

    An alert that could not be sent yet stays to be sent, whoever decides meanwhile; so does one that says
    something else by now, see `told_with`.
    """
    told = frozenset(
        index
        for index, (new, old) in enumerate(zip(plan.alerts, entry.plan.alerts, strict=False))
        if index in entry.told and (new.severity, new.title) == (old.severity, old.title)
    )
    over = Outcome.TOLD if len(told | entry.quiet) >= len(plan.alerts) else Outcome.UNDER_WAY
    return {
        "plan": plan,
        "outcome": Outcome.AWAITING_APPROVAL if plan.calls else over,
        "told": told,
        "failure": "",
    }


# ---- what is told ---------------------------------------------------------------------------------

_TITLES = {
    Ruling.COUNTED: "One more approval is needed",
    Ruling.REPLANNED: "The plan has changed since it was approved",
    Ruling.GRANTED: "Approved",
    Ruling.DECLINED: "Refused",
    Ruling.UNDONE: "Undone",
    Ruling.REJECTED: "Who did it tried to decide about it",
}


def told_with(entry: LedgerEntry, decision: Decision) -> dict[str, object]:
    """What changes of a finding once a decision was told: the alert of its new plan was told with it."""
    first = _gravest(entry)
    if decision.ruling is not Ruling.REPLANNED or first is None:
        return {}
    told = entry.told | {entry.plan.alerts.index(first)}
    over = entry.outcome is Outcome.UNDER_WAY and len(told | entry.quiet) >= len(entry.plan.alerts)
    return {"told": told, **({"outcome": Outcome.TOLD} if over else {})}


def _gravest(entry: LedgerEntry) -> Alert | None:
    order = list(Severity)
    return max(entry.plan.alerts, key=lambda alert: order.index(alert.severity), default=None)


def told_as(entry: LedgerEntry, decision: Decision) -> Alert:
    """The alert about a decision: the finding's own, after who decided what."""
    alert = _gravest(entry) or Alert(severity=Severity.INFO, title=f"{entry.remediation}: {entry.event_key}")
    title = _TITLES[decision.ruling]
    if decision.ruling is Ruling.COUNTED and decision.verb == Verb.UNDO:
        title = "One more person has to ask for the undo"
    facts = (
        ("Decision", f"{decision.verb} by {decision.who}, {when(decision.at)}"),
        *((("Reason", decision.reason),) if decision.reason else ()),
        ("So", decision.words),
    )
    return replace(
        alert, title=f"{title}: {alert.title}", facts=(*facts, *alert.facts), quiet=None, flood=None
    )
