"""What people ask of a finding: approve, refuse, undo. The function that may act is woken and judges it.

The HTTP side writes an instruction into the ledger and wakes the function with the finding's id, and nothing
else: what wakes the function is not believed. The function reads the instructions on the finding, holds each
against the HTTP side's MAC, and rules (`rulings`); then, in this order, it notes the ruling in the finding,
carries it out, sends an alert, and marks it as told. A try that died is taken up where it stopped.

An approval is of a plan's digest. Before anything is done the plan is decided anew, from facts read now;
where its digest differs, the difference is told and waits for a new approval. An undo makes the undo of each
call that was ours, the last one first, and only where every one of them still is as we made it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from chalicelib.aws import Aws
from chalicelib.errors import LedgerUnreachable, MayPass, NotAllowed, NotDeclared, in_own_words
from chalicelib.ledger.claims import exclusively
from chalicelib.ledger.entries import Decision, LedgerEntry, Ruling, raw_of
from chalicelib.ledger.instructions import Instruction, genuine, instructions_on
from chalicelib.ledger.table import stamp
from chalicelib.looking import Unseen, denials
from chalicelib.remediation import CallProgress, Event, Outcome, Plan, Remediation
from chalicelib.runtime import declared, execute, fresh, rulings
from chalicelib.runtime.answer import Invocation
from chalicelib.runtime.forged import Forgery
from chalicelib.runtime.gate import Gate, Verdict
from chalicelib.seal import Voucher
from chalicelib.settings import APPROVAL_HOURS, APPROVALS, INSTRUCTION_KEY, Mode, Settings

_UNTOLD = (Ruling.REJECTED, Ruling.WOULD_UNDO)
_MOST_WORDS = 4_000
_OBSERVES = "its mode is observe"


@dataclass(frozen=True, slots=True, kw_only=True)
class Woken:
    """That a function was woken for a finding, as a typed event."""

    key: str
    at: datetime
    account: str
    region: str
    principal: str = ""


class People(Invocation):
    """One invocation that a person's instruction on a finding caused."""

    def __init__(
        self, finding: str, remediation: Remediation, settings: Settings, aws: Aws, context: Any
    ) -> None:
        super().__init__(remediation, remediation.ways[0], settings, aws, context)
        self.finding = finding
        self._event: Event | None = None
        self._unseen: tuple[Unseen, ...] = ()  # what could not be looked at when the plan was decided anew
        self._gate = self._gate_after_a_yes()
        self.woken = Woken(
            key=f"instructions on {finding}",
            at=datetime.now(UTC),
            account=aws.account,
            region=aws.region,
        )

    def follow(self) -> Outcome:
        """Follow every instruction on the finding that was not followed yet; returns the finding's outcome.

        Raises the errors of chalicelib.errors, and unforeseen ones: then Lambda tries again.
        """
        try:
            with in_own_words(**self._about(self.woken)):
                outcome = exclusively(
                    self.ledger, self.remediation.name, self.woken, self._follow, context=self.context
                )
        finally:
            unnoted = self._tell_tampering(self.woken)
        if unnoted:
            raise unnoted
        return outcome

    def _follow(self) -> Outcome:
        entry = self.ledger.find(self.finding)
        if entry is None or entry.remediation != self.remediation.name:
            return self._forged("it asks about a finding that there is not")
        new = self._new(entry)
        if not new and not entry.decisions:
            return self._forged("nobody has asked anything about the finding that it names")
        entry = self._finished(self._still_called_for(entry))
        for asked in new:
            entry = self._finished(self._ruled(entry, asked))
        return entry.outcome

    def _forged(self, why: str) -> Outcome:
        self._refuse(Forgery.of(self.woken.key, self.woken, why, self.woken.at))
        return Outcome.REFUSED

    def _new(self, entry: LedgerEntry) -> list[Instruction]:
        """The genuine instructions that nothing was noted of yet, the oldest first."""
        voucher = Voucher(lambda: self.aws.client("kms"), self.settings.text(INSTRUCTION_KEY))
        known = {decision.id for decision in entry.decisions}
        # What is older has expired for long. What was ruled on may have been forgotten again.
        oldest = datetime.now(UTC) - 2 * self._rules.lasts

        def is_new(asked: Instruction) -> bool:
            return asked.id not in known and asked.at > oldest and stamp(asked.at) > entry.ruled_until

        return [
            asked
            for asked, item in instructions_on(self.ledger, self.finding)
            if asked is None or is_new(asked)
            if genuine(self.ledger, asked, item, voucher) and asked is not None
        ]

    @property
    def _rules(self) -> rulings.Rules:
        return rulings.Rules(
            needed=self.settings.number(APPROVALS), hours=self.settings.number(APPROVAL_HOURS)
        )

    # ---- ruling ---------------------------------------------------------------------------------

    def _ruled(self, entry: LedgerEntry, asked: Instruction) -> LedgerEntry:
        """The finding with what becomes of this instruction, before anything is done."""
        ruling, words = rulings.ruling(entry, asked, self._rules, datetime.now(UTC))
        changes: Mapping[str, Any] = {}
        if ruling is Ruling.GRANTED:
            ruling, words, changes = self._decided_anew(entry, words)
        elif ruling is Ruling.UNDONE:
            ruling, words = self._may_be_undone(entry, asked, words)
        elif ruling is Ruling.DECLINED:
            changes = {"outcome": Outcome.DECLINED}
        decision = Decision(
            id=asked.id,
            verb=asked.verb,
            who=asked.who,
            at=asked.at,
            plan=asked.plan,
            ruling=ruling,
            words=words[:_MOST_WORDS],
            reason=asked.reason,
            told=ruling in _UNTOLD and words != rulings.HIMSELF,
        )
        return self.ledger.decided(entry, decision, **changes)

    def _decided_anew(self, entry: LedgerEntry, words: str) -> tuple[Ruling, str, Mapping[str, Any]]:
        """Look and decide again: the same plan may be carried out, another one waits for a new approval."""
        raw = raw_of(entry)
        if raw is None:
            return Ruling.REJECTED, "its event was too large to be kept: make the calls yourself", {}
        plan = self._plan_now(entry, raw)
        if plan.digest != entry.plan.digest and self._unseen:
            # What can't be looked at is no reason to drop a plan that waits.
            return Ruling.REJECTED, f"{self._unseen[0]}; approve it again when that is over", {}
        if plan.digest != entry.plan.digest:
            return Ruling.REPLANNED, rulings.difference(entry.plan, plan), rulings.replanned(entry, plan)
        self._gate = self._gate_after_a_yes()
        gate = self._gate.ruling(entry, datetime.now(UTC))
        if gate.error:
            raise gate.error
        if gate.outcome is not Outcome.UNDER_WAY:
            return Ruling.REJECTED, f"{gate.why or _OBSERVES}; approve it again when that is over", {}
        return Ruling.GRANTED, words, {"outcome": Outcome.UNDER_WAY, "failure": ""}

    def _plan_now(self, entry: LedgerEntry, raw: Mapping[str, Any]) -> Plan:
        self.way = self.remediation.way_of(raw)
        (event,) = (
            each
            for each in self.way.parse(raw)
            if (each.key, each.account) == (entry.event_key, entry.account)
        )
        self._event = event
        facts = self.way.look(self.aws, event, self.settings)
        self._unseen = denials(facts)
        return self._whole(self.way.decide(event, facts, datetime.now(UTC), self.settings), event, ())

    def _gate_after_a_yes(self) -> Gate:
        return Gate(self.aws, self.ledger, self.settings, self._proven_now, approved=True)

    def _proven_now(self, now: datetime) -> Verdict:
        """Whether the finding's event is proven; one that was not read again is not.

        Where event history could not be asked and may be soon, the try fails, so that Lambda tries again: an
        approval is not put off, and who gave it would have to give it again.
        """
        if self._event is None:
            return Verdict(why="its event is not known")
        verdict = self._proven(self._event, now)
        may_pass = isinstance(verdict.not_asked, MayPass)
        return replace(verdict, error=verdict.not_asked) if may_pass else verdict

    def _still_called_for(self, entry: LedgerEntry) -> LedgerEntry:
        """What an earlier try left of an approved plan, without what nothing calls for any more.

        Never with anything new: that nobody has approved. Raises NotAllowed where the function may not look:
        what it can't see is no reason to drop a call.
        """
        raw = raw_of(entry)
        if entry.outcome not in (Outcome.UNDER_WAY, Outcome.FAILED) or not entry.unsettled or raw is None:
            return entry
        plan = self._plan_now(entry, raw)
        held = fresh.known_again(entry, self._made)
        left = [held.plan.calls[index] for index in held.unsettled]
        still = [call for call in map(fresh.stored, plan.calls) if call in left]
        still += [call for call in fresh.following(held, self._moved) if call not in still]
        if self._unseen and len(still) < len(left):
            raise NotAllowed(f"the rest of an approved plan waits: {self._unseen[0]}")
        return self.ledger.replan(entry, fresh.held_against(held, replace(plan, calls=tuple(still))))

    # ---- carrying out ---------------------------------------------------------------------------

    def _finished(self, entry: LedgerEntry) -> LedgerEntry:
        """Carry out and tell what an instruction asked for; at a retry, what is left of it.

        Raises what stopped it, once that was told.
        """
        for decision in entry.decisions:
            if decision.told:
                continue
            entry, error = self._carried_out(entry, decision)
            if isinstance(error, LedgerUnreachable) or (error and decision.warned):
                raise error
            self.voice.publish(entry, rulings.told_as(entry, decision), -1)
            marked = replace(decision, warned=True) if error else replace(decision, told=True)
            entry = self.ledger.decided(entry, marked, **rulings.told_with(entry, decision))
            if error:
                raise error
        return entry

    def _carried_out(self, entry: LedgerEntry, decision: Decision) -> tuple[LedgerEntry, Exception | None]:
        if decision.ruling is Ruling.GRANTED:
            return self._acted(entry, self.woken)
        if decision.ruling is Ruling.UNDONE:
            return self._undone(entry)
        return entry, None

    # ---- undoing --------------------------------------------------------------------------------

    def _may_be_undone(self, entry: LedgerEntry, asked: Instruction, words: str) -> tuple[Ruling, str]:
        """Whether every call still is as we made it, and its undo is one that is declared."""
        undoing = self.remediation.undoing
        if undoing is None or not rulings.undos(entry):
            return Ruling.REJECTED, "Trailwarden can't undo this: the alert says how you can"
        gate = self._gate_after_a_yes().brakes(self.remediation.name)
        if gate and gate.error:
            raise gate.error
        if gate or self.settings.mode is Mode.OBSERVE:
            return Ruling.REJECTED, f"{gate.why if gate else _OBSERVES}: nothing is undone"
        try:
            declared.check_undos(rulings.undos(entry), entry, self.remediation, self.settings, self.aws)
        except NotDeclared as error:
            return Ruling.REJECTED, str(error)
        for call in rulings.ours(entry):
            if moved := self._moved(call):
                return Ruling.REJECTED, f"the state has moved on since, so nothing was undone: {moved}"
        return (Ruling.WOULD_UNDO, rulings.would(entry)) if asked.dry else (Ruling.UNDONE, words)

    def _undone(self, entry: LedgerEntry) -> tuple[LedgerEntry, Exception | None]:
        """Make the undo of each call that was ours, the last one first; a retry goes on where it stopped."""
        if entry.outcome is Outcome.UNDONE:
            return entry, None
        undoing = self.remediation.undoing
        if undoing is None:
            return entry, None

        entry, error = execute.undo(self.aws, self.ledger, entry, self._moved)
        if error:
            return entry, error
        if undoing.accepted:
            undone = [
                call
                for index, call in enumerate(entry.plan.calls)
                if entry.progress.get(index) in (CallProgress.UNDONE, CallProgress.PERHAPS_UNDONE)
            ]
            state = undoing.accepted(self.aws, undone, self.settings)
            if state is not None:
                self.ledger.remember(self.remediation.name, state, datetime.now(UTC))
        return self.ledger.settle(entry, Outcome.UNDONE), None
