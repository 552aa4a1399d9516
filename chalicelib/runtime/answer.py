"""The way every event goes: parse, suppress, claim, look, decide, gate, store, act, alert.

1. parse at the edge, by the way of the trigger that woke the function: a payload that no way takes, or that
   can't be read, raises, and the queue behind the function keeps it;
2. suppress actions of principals that settings name, and our own that a plan holds: recorded, no alert;
3. claim, by a conditional write on (remediation, account, event key): a claim that a crashed run left lapses
   when that run's time is up, so that Lambda's retry a minute later gets in; a claim on an event that was
   handled outlives the longest redrive;
4. look, then decide: pure, with `now` handed in;
5. gate by mode, the hour's cap and the brakes, which are the kill switch and lowered modes;
6. store the plan, its facts and its inverses, before the first call: under way, until it is acted or told;
7. act, marking each call; a retry that finds a stored plan resumes it, after it was held against fresh facts;
8. send the alerts, marking each alert as sent. A call that failed is reported at once, with the reason, and
   then its error rises, so that Lambda tries again: one alert says that it failed, and one how it ended.

Every failure is reported at least once, and then its error rises. If a look fails, the alert says what is
known without it; the retry looks again. Without a ledger each try sends its alerts, without a claim and a
count, and nothing acts: an alert may come twice, but is not lost.

An item of the ledger counts only under the function's own seal. Other items that a run meets are reported at
its end.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

from aws_lambda_powertools import Logger

from chalicelib.aws import Aws
from chalicelib.errors import AWS_ERRORS, LedgerUnreachable, StillUnderWay, foreseen, in_own_words
from chalicelib.events import AlarmChange, ApiCallEvent, Tick
from chalicelib.ledger.claims import Claim, under_claim
from chalicelib.ledger.entries import LedgerEntry, Mark, entry_of, kept, mark_of
from chalicelib.ledger.ledger import ledger_of
from chalicelib.looking import Unseen, denials
from chalicelib.remediation import Alert, Call, Event, Outcome, Plan, Remediation, Severity, Way
from chalicelib.runtime import execute, limits, tampering
from chalicelib.runtime.expected import Pending, is_known, overdue, waiting
from chalicelib.runtime.forged import Forgery, forgery
from chalicelib.runtime.gate import Gate, Ruling, Verdict
from chalicelib.runtime.measures import of_finding
from chalicelib.runtime.voice import Facts, denied, folding, voice_of
from chalicelib.seal import Oddity, Seal
from chalicelib.settings import Settings
from chalicelib.triggers import OnQueue, OnSchedule
from chalicelib.wording import when

log = Logger(service="trailwarden")
_NOT_IN_HISTORY = "CloudTrail's event history does not know it"
MOST_LOOKED_THROUGH = 50  # findings, for calls of expected principals that wait to be confirmed
MOST_TOLD = 20  # alerts about the ledger itself, for one event
AWS = Aws()  # clients are made when first asked for, and kept while the function is warm


def answer(remediation: Remediation, raw: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Handle a payload of Lambda's; returns the outcome of each event in it.

    One bad event never fails the others of its batch: all are tried, then the first error rises.
    """
    way = remediation.way_of(raw)
    run = Invocation(remediation, way, Settings.read(), AWS, context)
    run.raw = raw
    outcomes: list[dict[str, str]] = []
    errors: list[Exception] = []
    for event in way.parse(raw):
        try:
            outcome = run.handle(event)
        except Exception as error:
            # The first one rises below, after the others had their turn.
            log.exception(
                "an event could not be handled",
                extra={"remediation": remediation.name, "event_key": event.key},
            )
            errors.append(error)
        else:
            log.info(outcome, extra={"remediation": remediation.name, "event_key": event.key})
            outcomes.append({"event": event.key, "outcome": outcome})
    if isinstance(way.on, OnSchedule):
        try:
            run.count()
        except Exception as error:
            log.exception("floods could not be counted", extra={"remediation": remediation.name})
            errors.append(error)
    if errors:
        raise errors[0]
    return {"remediation": remediation.name, "events": outcomes}


class Invocation:
    """One invocation of one remediation's function, which goes one of its ways."""

    def __init__(
        self,
        remediation: Remediation,
        way: Way[Any, Any],
        settings: Settings,
        aws: Aws,
        context: Any,
    ) -> None:
        self.remediation = remediation
        self.way = way
        self.aws = aws
        self.context = context
        self.seal = Seal(partial(aws.client, "kms"), settings.seal_key, remediation.name)
        self.settings = replace(settings, seal=self.seal)
        self.ledger = ledger_of(aws, self.settings)
        self.voice = voice_of(aws, settings, remediation.name, self.ledger)
        # Of the event that is handled now: how far it came, which alerts were sent in this try, and whether
        # calls may be made.
        self._so_far: LedgerEntry | None = None
        self._sent: set[int] = set()
        self._gate: Gate | None = None
        self._unconfirmed: Unseen | None = (
            None  # why CloudWatch could not be asked whether the alarm went off
        )
        self.raw: Mapping[str, Any] = {}  # what woke the function

    def handle(self, event: Event) -> Outcome:
        """Take one event the whole way, once. Raises the errors of chalicelib.errors, and unforeseen ones."""
        self._so_far, self._sent = None, set()
        self._gate, self._unconfirmed = None, None
        try:
            outcome = self._once(event)
        except LedgerUnreachable as error:
            failure = LedgerUnreachable(error.what, **self._about(event))
            self._tell_without_ledger(event, failure)
            raise failure from error
        finally:
            unnoted = self._tell_tampering(event)
        if unnoted:
            raise LedgerUnreachable(unnoted.what, **self._about(event)) from unnoted
        return outcome

    @property
    def _counts(self) -> bool:
        """Whether an hourly look of this function tells what floods left over."""
        return any(isinstance(trigger, OnSchedule) for trigger in self.remediation.triggers)

    def count(self) -> None:
        """Tell what of this function's floods is left over; raises LedgerUnreachable, what SNS raises."""
        self.voice.say_what_is_left()

    def _once(self, event: Event) -> Outcome:
        with in_own_words(**self._about(event)):
            if forged := forgery(event, datetime.now(UTC)) or self._contradicted(event):
                self._refuse(forged)
                return Outcome.REFUSED
            if self._suppressed(event) or self._held(event):
                return self._recorded(event)
            work = partial(self._work, event)
            return under_claim(self.ledger, self.remediation.name, event, work, context=self.context)

    def _contradicted(self, event: Event) -> Forgery | None:
        """An alarm that CloudWatch contradicts; where it can't be asked, the alert says so.

        Raises StillUnderWay where CloudWatch may not show the change yet: Lambda tries again.
        """
        if not isinstance(event, AlarmChange) or event.state != "ALARM":
            return None
        from chalicelib.evidence.alarm import SETTLED, contradiction  # noqa: PLC0415 - most starts never need it

        try:
            why = contradiction(self.aws.client("cloudwatch"), event)
        except AWS_ERRORS as error:
            self._unconfirmed = Unseen.of(foreseen(error))
            return None
        now = datetime.now(UTC)
        if why and now - event.at < SETTLED:
            raise StillUnderWay(f"CloudWatch may not show the change yet: {why}")
        return Forgery.of(event.key, event, why, now) if why else None

    def _work(self, event: Event, claim: Claim) -> Outcome:
        stored = self.ledger.stored(self.remediation.name, event)
        if stored and claim.first and tampering.should_be_claimed(stored, datetime.now(UTC)):
            self.ledger.rows.notice(Oddity.GONE, claim.key)
        undecided = stored is not None and stored.outcome is Outcome.UNSEEN
        if stored and not undecided:
            entry, error = self._resumed(event, stored)
        else:
            entry, error = self._decided(event), None
        if entry.plan.empty:
            return self._found_nothing(event, stored) if stored else Outcome.NOTHING
        self._so_far = entry
        if not error:
            entry, error = self._acted(entry, event)
        self._so_far = entry
        if isinstance(error, LedgerUnreachable):
            raise error
        error = error or self._put_off(event, entry)
        entry = self._tell(entry, _NOW_SEEN if undecided else ())
        if error:
            raise error
        return entry.outcome

    def _decided(self, event: Event) -> LedgerEntry:
        """Look, decide, gate, and store the plan; an empty plan leaves no finding."""
        now = datetime.now(UTC)
        name = self.remediation.name
        if self.way.sightings:
            self.ledger.note(name, self.way.sightings(event), self.way.sightings_kept)
        try:
            if self.way.remembers and isinstance(event, Tick) and not self._confirmed(now):
                log.info("a call that is expected is not confirmed yet: the next look judges")
                return self._entry(event, Plan.nothing(), Outcome.NOTHING)
            facts = self.way.look(self.aws, event, self.settings)
            plan = self._explained(self.way.decide(event, facts, now, self.settings), event)
        except LedgerUnreachable:
            raise
        except Exception as error:
            self._tell_unseen(event, error)
            raise
        # Before a new good state is written over one that somebody else has put there.
        if unnoted := self._tell_tampering(event):
            raise unnoted
        self._remember(event, facts, now, expected=False)
        plan = self._whole(plan, event, denials(facts))
        entry = self._entry(event, plan, Outcome.UNDER_WAY, facts=limits.facts_as_text(facts))
        self._so_far = replace(entry, outcome=Outcome.UNRECORDED)
        if not plan.empty:
            entry = self._gated(replace(entry, to_record=self._to_record(facts)), event, now)
            self._so_far = entry = self.ledger.store(_with_raw(entry, self.raw))
        if self.way.records:
            self.way.records(self.aws, event, facts, self.settings)
        return replace(entry, to_record="")

    def _found_nothing(self, event: Event, stored: LedgerEntry) -> Outcome:
        """An earlier look failed, and there is nothing to see: who was told of it is told this, too."""
        if not stored.told:
            outcome = Outcome.TOLD if stored.quiet else Outcome.NOTHING
            return self.ledger.settle(stored, outcome).outcome
        from chalicelib.runtime.seen_at_last import nothing_found  # noqa: PLC0415 - most starts never need it

        told = [stored.plan.alerts[index] for index in sorted(stored.told)]
        plan = self._whole(nothing_found(told, datetime.now(UTC)), event, ())
        self._so_far = entry = self.ledger.store(self._entry(event, plan, Outcome.UNDER_WAY))
        return self._tell(entry).outcome

    def _to_record(self, facts: Any) -> str:
        kept = self.way.kept
        return limits.record_fitting(kept.text(facts)) if kept else ""

    def _resumed(self, event: Event, stored: LedgerEntry) -> tuple[LedgerEntry, Exception | None]:
        """What an earlier try decided; what it had yet to record is recorded first.

        That this is done is noted with the next mark. A try that dies before that records it again. Where
        calls are left, the plan is held against what is there now; the error is that of a look that failed.
        """
        self._so_far = stored
        if stored.to_record and self.way.records and self.way.kept:
            self.way.records(self.aws, event, self.way.kept.facts(stored.to_record), self.settings)
        entry, now = replace(stored, to_record=""), datetime.now(UTC)
        if entry.outcome not in _TO_BE_DONE or not entry.unsettled:
            return entry, None
        gated = self._gated(entry, event, now)
        if gated.outcome is not Outcome.UNDER_WAY:
            error = self._ruling(entry, event, now).error
            return self.ledger.replan(entry, _with_raw(gated, self.raw)), error
        return self._held_against_now(event, entry, gated)

    def _held_against_now(
        self, event: Event, entry: LedgerEntry, gated: LedgerEntry
    ) -> tuple[LedgerEntry, Exception | None]:
        """Look again before the next call of a plan that waited."""
        from chalicelib.runtime import fresh  # noqa: PLC0415 - most starts never need it

        now = datetime.now(UTC)
        try:
            facts = self.way.look(self.aws, event, self.settings)
            text = limits.facts_as_text(facts)
            held = gated
            if text != entry.facts:
                plan = self.way.decide(event, facts, now, self.settings)
                whole = self._whole(plan, event, denials(facts))
                held = fresh.known_again(gated, self._made)
                held = fresh.held_against(held, whole, fresh.following(held, self._moved))
                held = replace(held, plan=limits.fitting(held.plan), facts=text)
        except LedgerUnreachable:
            raise
        except Exception as error:  # noqa: BLE001 - any error is reported and then rises
            known = foreseen(error, **self._about(event))
            why = f"whether the plan still holds could not be looked at: {known}"
            return self.ledger.settle(entry, Outcome.FAILED, why), known
        return self.ledger.replan(entry, held), None

    def _moved(self, call: Call) -> str:
        """Why what a call made is no longer as it made it; "" where it is. Raises what AWS raises."""
        undoing = self.remediation.undoing
        return undoing.moved(self.aws, call, self.settings) if undoing else "nothing looks at it again"

    def _made(self, call: Call) -> Mapping[str, Any] | None:
        """What a call has made that was begun; None where that can't be told. Raises what AWS raises."""
        undoing = self.remediation.undoing
        return undoing.made(self.aws, call, self.settings) if undoing and undoing.made else None

    def _whole(self, plan: Plan, event: Event, unseen: tuple[Unseen, ...]) -> Plan:
        """The plan as it is kept: with an alert of its own for what was denied, and within the limits."""
        alerts = (*plan.alerts, denied(event, unseen, self.remediation.name)) if unseen else plan.alerts
        return limits.fitting(folding(replace(plan, alerts=alerts), event, counts=self._counts))

    # ---- what is told when something fails ------------------------------------------------------

    def _tell_unseen(self, event: Event, error: Exception) -> None:
        """Tell at once what is known without the look that failed; the retry looks again."""
        why = Unseen.of(foreseen(error))
        blind = replace(
            self._explained(self._blind_plan(event, why), event), calls=()
        )  # nothing is certain: nothing is done
        plan = self._whole(blind, event, (why,) if why.denied else ())
        if plan.empty:
            return
        self._so_far = self.ledger.store(self._entry(event, plan, Outcome.UNSEEN))
        if self._so_far.outcome is Outcome.UNSEEN:
            self._tell(self._so_far, (("Could not look", f"{why}; {_LOOKS_AGAIN}"),))

    def _tell_without_ledger(self, event: Event, error: LedgerUnreachable) -> None:
        """Tell what can be told: without claim or count, so perhaps again. Nothing is done.

        Raises what SNS raises.
        """
        if self._suppressed(event):
            return
        entry = self._so_far or self._noted_before(event)
        if entry is None:
            entry = self._entry(event, self._plan_without_ledger(event, error), Outcome.UNRECORDED)
        for index, alert in enumerate(_alerts(entry)):
            if index in self._sent | entry.told | entry.quiet:
                continue
            no_ledger = ("No ledger", f"{error.what}: nothing is done, and you may be told this again")
            self.voice.publish(entry, replace(alert, facts=(no_ledger, *alert.facts)), index)
            self._sent.add(index)

    def _noted_before(self, event: Event) -> LedgerEntry | None:
        """What an earlier try noted, where the ledger can be read and not written; None where it can't."""
        if self.context.get_remaining_time_in_millis() <= _TIME_TO_LOOK:
            return None
        try:
            stored = self.ledger.stored(self.remediation.name, event)
        except LedgerUnreachable:
            return None
        return stored if stored and stored.outcome is not Outcome.UNSEEN else None

    def _plan_without_ledger(self, event: Event, error: LedgerUnreachable) -> Plan:
        """What a look comes to, where there is time for one; else what is known without it."""
        why = Unseen(why=error.what)
        if self.context.get_remaining_time_in_millis() > _TIME_TO_LOOK:
            try:
                facts = self.way.look(self.aws, event, self.settings)
                plan = self.way.decide(event, facts, datetime.now(UTC), self.settings)
                return self._whole(plan, event, denials(facts))
            except Exception as failed:  # noqa: BLE001 - for every error the event is reported without it
                log.warning("could not look: %s", failed)
                why = Unseen(why=str(failed))
        return limits.fitting(self._blind_plan(event, why))

    def _blind_plan(self, event: Event, why: Unseen) -> Plan:
        """What is to be reported of an event that could not be looked at, and what it asks for by itself."""
        try:
            if self.way.blind:
                facts = self.way.blind(event, why, self.settings)
                return self.way.decide(event, facts, datetime.now(UTC), self.settings)
        except Exception:
            log.exception("nothing could be decided without a look")
        return Plan.alert(
            Alert(
                severity=Severity.HIGH,
                title=f"{self.remediation.title}: it could not be looked at",
                facts=(
                    ("Event", event.key),
                    ("Who", event.principal or "not recorded"),
                    ("When", when(event.at)),
                    ("Account", event.account or "not recorded"),
                    ("Region", event.region or self.aws.region),
                    ("Why", why.why),
                ),
            )
        )

    # ---- remembering, gating, acting, telling ---------------------------------------------------

    def _recorded(self, event: Event) -> Outcome:
        """Note what is not told. What settings expect may be the new good state, once: not a redelivery's."""
        entry = self._entry(event, Plan.nothing(), Outcome.SUPPRESSED)
        expected = self.settings.ignores(event.principal)
        if self.way.remembers and expected and not self.ledger.stored(entry.remediation, event):
            facts = self.way.look(self.aws, event, self.settings)
            state = self.way.remembers(event, facts, True)
            if state is not None and isinstance(event, ApiCallEvent):
                change = Pending.between(event, self.ledger.remembered(entry.remediation), state)
                entry = replace(entry, facts=change.as_text())
            elif state is not None:
                self.ledger.remember(entry.remediation, state, datetime.now(UTC))
        self.ledger.store(entry)
        return Outcome.SUPPRESSED

    def _confirmed(self, now: datetime) -> bool:
        """Make good what event history knows, report what it should know and doesn't; False while any waits.

        Raises what CloudTrail raises: the look is made again.
        """
        name, all_settled = self.remediation.name, True
        for entry, pending in waiting(self.ledger.newest(name, MOST_LOOKED_THROUGH)):
            if is_known(self.aws, entry, pending):
                self.ledger.remember(name, pending.over(self.ledger.remembered(name)), now)
                self.ledger.noted(entry, "{}")
            elif overdue(entry, now):
                self._refuse(Forgery.of(entry.event_key, entry, _NOT_IN_HISTORY, now))
                self.ledger.settle(entry, Outcome.REFUSED)
            else:
                all_settled = False
        return all_settled

    def _refuse(self, forged: Forgery) -> None:
        self._tell(self.ledger.store(self._entry(forged, forged.plan(), Outcome.UNDER_WAY)))

    def _remember(self, event: Event, facts: Any, now: datetime, *, expected: bool) -> None:
        if self.way.remembers:
            state = self.way.remembers(event, facts, expected)
            if state is not None:
                self.ledger.remember(self.remediation.name, state, now)

    def _gated(self, entry: LedgerEntry, event: Event, now: datetime) -> LedgerEntry:
        """The finding as the gate lets it be; that we may not read the brakes is an alert of its own."""
        ruling = self._ruling(entry, event, now)
        if ruling.proven is not None:
            from chalicelib.runtime import verify  # noqa: PLC0415 - most starts never need it

            entry = verify.judged(entry, ruling)
        denial = (ruling.unseen,) if ruling.unseen and ruling.unseen.denied else ()
        plan = self._whole(entry.plan, event, denial)
        return replace(entry, plan=plan, outcome=ruling.outcome, failure=ruling.why)

    def _ruling(self, entry: LedgerEntry, event: Event, now: datetime) -> Ruling:
        """Whether the plan's calls may be made: asked once in a try."""
        self._gate = self._gate or Gate(self.aws, self.ledger, self.settings, partial(self._proven, event))
        return self._gate.ruling(entry, now)

    def _proven(self, event: Event, now: datetime) -> Verdict:
        from chalicelib.runtime import verify  # noqa: PLC0415 - most starts never need it

        return verify.verdict_on(event, self.way, self.aws, now)

    def _put_off(self, event: Event, entry: LedgerEntry) -> Exception | None:
        """Have an event that is not confirmed yet come again; the error is SQS's, and Lambda tries again."""
        if entry.outcome is not Outcome.UNCONFIRMED:
            return None
        from chalicelib.delayed import originals, put_off  # noqa: PLC0415 - most starts never need it
        from chalicelib.runtime import verify  # noqa: PLC0415 - likewise

        original = originals(self.raw)[0] if isinstance(self.way.on, OnQueue) else self.raw
        delay = verify.asked_again_after(event, datetime.now(UTC))
        try:
            put_off(self.aws, self.settings, original, delay)
        except AWS_ERRORS as error:
            return foreseen(error, **self._about(event))
        return None

    def _acted(self, entry: LedgerEntry, event: Event) -> tuple[LedgerEntry, Exception | None]:
        """Make the calls that the gate lets through, now or at a later try."""
        if not entry.plan.calls or entry.outcome not in (Outcome.UNDER_WAY, Outcome.FAILED):
            return entry, None
        if entry.unsettled:
            ruling = self._ruling(entry, event, datetime.now(UTC))
            if ruling.outcome is not Outcome.UNDER_WAY:
                return self.ledger.settle(entry, ruling.outcome, ruling.why), ruling.error
        return execute.carry_out(
            self.aws, self.ledger, entry, remediation=self.remediation, settings=self.settings
        )

    def _tell(self, entry: LedgerEntry, more: Facts = ()) -> LedgerEntry:
        """Send the alerts not sent yet: nothing confirmed, a call that failed, how it ended, are three.

        `more`: facts that each of them begins with.
        """
        mark = mark_of(entry.outcome)
        waits: StillUnderWay | None = None
        is_new = not (entry.told | entry.warned | entry.unconfirmed | entry.quiet)
        for index, alert in enumerate(_alerts(entry)):
            if index in getattr(entry, mark) | entry.quiet:
                continue
            try:
                said = self.voice.say(entry, index, alert, self._sent, more)
            except StillUnderWay as error:
                waits = error
                continue
            if is_new:  # before the mark: a run that dies between them counts it again, rather than never
                self._measure(entry, sent=said)
                is_new = False
            entry = self._marked(entry, mark if said else "quiet", index)
        if waits:
            raise waits
        return entry

    def _measure(self, entry: LedgerEntry, *, sent: bool) -> None:
        """Count a finding, by a line of the log."""
        if self.settings.metrics:
            now = datetime.now(UTC)
            about = {"remediation": entry.remediation, "event_key": entry.event_key}
            measured = of_finding(self.settings.metrics, entry, _alerts(entry), sent=sent, now=now)
            log.info("a finding", extra={**about, **measured})

    def _marked(self, entry: LedgerEntry, mark: Mark, index: int) -> LedgerEntry:
        """Note what became of an alert, and with the last one of a plan without calls that it is over."""
        over = entry.told | entry.quiet | {index} == set(range(len(entry.plan.alerts)))
        if entry.outcome is not Outcome.UNDER_WAY or not over:
            return self.ledger.mark(entry, mark, index)
        said = mark == "told" or entry.told
        return self.ledger.mark(entry, mark, index, Outcome.TOLD if said else Outcome.QUIET)

    def _tell_tampering(self, event: Event) -> LedgerUnreachable | None:
        """Report what was met in the ledger that isn't ours; each by a finding of its own, told once.

        Returns why that could not be noted: then it was told all the same, and is to rise, so that the retry
        meets the items again and notes it.
        """
        noticed, self.seal.noticed = self.seal.noticed[:MOST_TOLD], []
        sent_of_event, unnoted = self._sent, None
        for each in noticed:
            log.critical(str(each), extra=self._about(event))
            found = tampering.Tampering.of(each, event, datetime.now(UTC))
            plan = folding(tampering.plan(found), found, counts=self._counts)
            entry, self._sent = self._entry(found, plan, Outcome.UNDER_WAY), set()
            try:
                self._tell(self.ledger.stored(entry.remediation, found) or self.ledger.store(entry))
            except LedgerUnreachable as error:
                unnoted = error
                if not self._sent:
                    self.voice.publish(entry, entry.plan.alerts[0], 0)
        self._sent = sent_of_event
        return unnoted

    def _suppressed(self, event: Event) -> bool:
        principal = event.principal
        if not principal:
            return False
        # Our own role's calls are ours to explain, whomever settings name.
        return not self._is_ours(event) and self.settings.ignores(principal)

    def _is_ours(self, event: Event) -> bool:
        """Whether our own role did it.

        A session's issuer is the role itself, so a session that is named like us does not count as us.
        """
        principal = event.principal
        return ":role/" in principal and principal == self.aws.role

    def _held(self, event: Event) -> bool:
        """Whether it is a call of our own role, and one that a plan of ours has made."""
        if not self._is_ours(event):
            return False
        if not isinstance(event, ApiCallEvent) or not self.remediation.declared_calls:
            return True
        from chalicelib.runtime import own  # noqa: PLC0415 - most starts never need it

        entries = self.ledger.lately_acting(self.remediation.name, own.MOST_LOOKED_THROUGH)
        return own.holder(event, entries) is not None

    def _explained(self, plan: Plan, event: Event) -> Plan:
        """The plan; of a call of our own role that comes so far, with an alert that no plan holds it.

        Of an alarm that CloudWatch could not be asked about, each alert says so.
        """
        if self._unconfirmed:
            fact = ("Could not look", f"whether CloudWatch knows of this alarm: {self._unconfirmed}")
            told = tuple(replace(each, facts=(*each.facts, fact)) for each in plan.alerts)
            also = denied(event, (self._unconfirmed,), self.remediation.name)
            return replace(plan, alerts=(*told, also) if self._unconfirmed.denied else told)
        if not isinstance(event, ApiCallEvent) or not self._is_ours(event):
            return plan
        from chalicelib.runtime import own  # noqa: PLC0415 - most starts never need it

        return replace(plan, alerts=(own.alert(event), *plan.alerts))

    def _entry(self, event: Event, plan: Plan, outcome: Outcome, facts: str = "{}") -> LedgerEntry:
        # A log subscription doesn't name its region: it is the function's own.
        return entry_of(self.remediation.name, event, plan, outcome, facts=facts, region=self.aws.region)

    def _about(self, event: Event) -> dict[str, str]:
        return {"remediation": self.remediation.name, "event_key": event.key}


_TO_BE_DONE = (Outcome.UNDER_WAY, Outcome.FAILED, Outcome.UNCONFIRMED)
_NOW_SEEN = (("Told before", "that Trailwarden could not look; this is what it has seen now"),)
_LOOKS_AGAIN = "it looks again one minute later, and two minutes after that; then the event is a dead letter"
# Milliseconds: a service that hangs takes 30 seconds, and then there must be time to say so.
_TIME_TO_LOOK = 40_000


def _with_raw(entry: LedgerEntry, raw: Mapping[str, Any]) -> LedgerEntry:
    """The finding with what woke the function, where a person may have its plan decided anew."""
    waits = entry.outcome in (Outcome.AWAITING_APPROVAL, Outcome.CAPPED)
    return replace(entry, raw=kept(raw)) if waits else entry


def _alerts(entry: LedgerEntry) -> tuple[Alert, ...]:
    """The plan's alerts; a plan without alerts still sends one when it failed."""
    if entry.plan.alerts or entry.outcome is not Outcome.FAILED:
        return entry.plan.alerts
    return (Alert(severity=Severity.HIGH, title=f"{entry.remediation} could not do what it planned"),)
