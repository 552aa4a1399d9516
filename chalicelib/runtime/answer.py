"""The way every event goes: parse, suppress, claim, look, decide, gate, store, act, alert.

1. parse at the edge, by the way of the trigger that woke the function: a payload that no way takes, or that
   can't be read, raises, and the queue behind the function keeps it;
2. suppress actions of principals that settings name, and our own: recorded, without an alert;
3. claim, by a conditional write on (remediation, account, event key): a claim that a crashed run left lapses
   when that run's time is up, so that Lambda's retry a minute later gets in; a claim on an event that was
   handled outlives the longest redrive;
4. look, then decide: pure, with `now` handed in;
5. gate by mode, the hour's cap and the kill switch;
6. store the plan, its facts and its inverses, before the first call;
7. act, marking each call; a retry that finds a stored plan resumes it and does not decide again;
8. send the alerts, marking each alert as sent. A call that failed is reported at once, with the reason, and
   then its error rises, so that Lambda tries again: one alert says that it failed, and one how it ended.

What the ledger holds counts only under the function's own seal. Whatever else was met there on the way is
reported at the end.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from aws_lambda_powertools import Logger
from botocore.exceptions import ClientError

from chalicelib.aws import Aws
from chalicelib.errors import foreseen
from chalicelib.ledger.claims import Claim, under_claim
from chalicelib.ledger.entries import LedgerEntry, Mark, entry_of
from chalicelib.ledger.ledger import ledger_of
from chalicelib.remediation import Alert, CallProgress, Event, Outcome, Plan, Remediation, Severity, Way
from chalicelib.runtime import execute, limits, notify, tampering
from chalicelib.seal import Oddity, Seal
from chalicelib.settings import Mode, Settings
from chalicelib.wording import span

log = Logger(service="trailwarden")
MOST_TOLD = 20  # alerts about the ledger itself, for one event
AWS = Aws()  # clients are made when first asked for, and kept while the function is warm


def answer(remediation: Remediation, raw: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Handle a payload of Lambda's; returns the outcome of each event in it.

    One bad event never fails the others of its batch: all are tried, then the first error rises.
    """
    way = remediation.way_of(raw)
    run = Invocation(remediation, way, Settings.read(), AWS, context)
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
    if errors:
        raise errors[0]
    return {"remediation": remediation.name, "events": outcomes}


class Invocation:
    """One invocation of one remediation's function, which goes one of its ways."""

    def __init__(
        self, remediation: Remediation, way: Way[Any, Any], settings: Settings, aws: Aws, context: Any
    ) -> None:
        self.remediation = remediation
        self.way = way
        self.aws = aws
        self.context = context
        self.seal = Seal(partial(aws.client, "kms"), settings.seal_key, remediation.name)
        self.settings = replace(settings, seal=self.seal)
        self.ledger = ledger_of(aws, self.settings)

    def handle(self, event: Event) -> Outcome:
        """Take one event the whole way, once. Raises the errors of chalicelib.errors, and unforeseen ones."""
        try:
            outcome = self._handled(event)
        except ClientError as error:
            known = foreseen(error, **self._about(event))
            raise known from (None if known is error else error)
        finally:
            self._tell_tampering(event)
        return outcome

    def _handled(self, event: Event) -> Outcome:
        if self._suppressed(event):
            return self._recorded(event)
        work = partial(self._work, event)
        return under_claim(self.ledger, self.remediation.name, event, work, context=self.context)

    def _work(self, event: Event, claim: Claim) -> Outcome:
        stored = self.ledger.stored(self.remediation.name, event)
        if stored and claim.first and tampering.should_be_claimed(stored, datetime.now(UTC)):
            self.ledger.rows.notice(Oddity.GONE, claim.key)
        entry = stored or self._decided(event)
        if entry.plan.empty:
            return Outcome.NOTHING
        entry, error = self._acted(entry)
        entry = self._tell(entry)
        if error:
            raise error
        return entry.outcome

    def _decided(self, event: Event) -> LedgerEntry:
        """Look, decide, gate, and store the plan; an empty plan leaves no finding."""
        now = datetime.now(UTC)
        name = self.remediation.name
        if self.way.sightings:
            self.ledger.note(name, self.way.sightings(event), self.way.sightings_kept)
        facts = self.way.look(self.aws, event, self.settings)
        self._remember(event, facts, now, expected=False)
        plan = limits.fitting(self.way.decide(event, facts, now, self.settings))
        entry = self._entry(event, plan, Outcome.TOLD, facts=limits.facts_as_text(facts))
        if not plan.empty:
            entry = self.ledger.store(replace(entry, outcome=self._gate(entry, now)))
        if self.way.records:
            self.way.records(self.aws, event, facts, self.settings)
        return entry

    def _recorded(self, event: Event) -> Outcome:
        """Note what is not told. What settings expect may be the new good state, once: not a redelivery's."""
        entry = self._entry(event, Plan.nothing(), Outcome.SUPPRESSED)
        expected = self.settings.ignores(event.principal)
        if self.way.remembers and expected and not self.ledger.stored(entry.remediation, event):
            facts = self.way.look(self.aws, event, self.settings)
            self._remember(event, facts, datetime.now(UTC), expected=True)
        self.ledger.store(entry)
        return Outcome.SUPPRESSED

    def _remember(self, event: Event, facts: Any, now: datetime, *, expected: bool) -> None:
        if self.way.remembers:
            state = self.way.remembers(event, facts, expected)
            if state is not None:
                self.ledger.remember(self.remediation.name, state, now)

    def _gate(self, entry: LedgerEntry, now: datetime) -> Outcome:
        if not entry.plan.calls:
            return Outcome.TOLD
        if self.settings.mode is Mode.OBSERVE:
            return Outcome.OBSERVED
        if self.settings.mode is Mode.APPROVE:
            return Outcome.AWAITING_APPROVAL
        if self.ledger.switched_off():
            return Outcome.CAPPED
        if not self.ledger.may_act(entry, now, self.settings.acts_per_hour):
            return Outcome.CAPPED
        return Outcome.ACTED

    def _acted(self, entry: LedgerEntry) -> tuple[LedgerEntry, Exception | None]:
        """Make the calls that the gate let through, now or at an earlier try; the kill switch comes first."""
        if entry.outcome not in (Outcome.ACTED, Outcome.FAILED) or _all_settled(entry):
            return entry, None
        if self.ledger.switched_off():
            return self.ledger.settle(entry, Outcome.CAPPED), None
        return execute.carry_out(
            self.aws, self.ledger, entry, remediation=self.remediation, settings=self.settings
        )

    def _tell(self, entry: LedgerEntry) -> LedgerEntry:
        """Send the alerts not sent yet: that a call failed, and how it ended, are two of them."""
        mark: Mark = "warned" if entry.outcome is Outcome.FAILED else "told"
        for index, alert in enumerate(_alerts(entry)):
            if index in getattr(entry, mark) | entry.quiet:
                continue
            heard = self._heard(entry, alert)
            if heard is None:
                entry = self.ledger.mark(entry, "quiet", index)
                continue
            self._publish(entry, heard, warned=index in entry.warned)
            entry = self.ledger.mark(entry, mark, index)
        if entry.outcome is Outcome.TOLD and not entry.told:
            return self.ledger.settle(entry, Outcome.QUIET)
        return entry

    def _tell_tampering(self, event: Event) -> None:
        """Report what was met in the ledger that isn't ours; each by a finding of its own, told once."""
        noticed, self.seal.noticed = self.seal.noticed[:MOST_TOLD], []
        for each in noticed:
            log.critical(str(each), extra=self._about(event))
            found = tampering.Tampering.of(each, event, datetime.now(UTC))
            self._tell(self.ledger.store(self._entry(found, tampering.plan(found), Outcome.TOLD)))

    def _heard(self, entry: LedgerEntry, alert: Alert) -> Alert | None:
        """The alert as it is sent; None where its subject has had enough alerts lately."""
        if alert.quiet is None:
            return alert
        now = datetime.now(UTC)
        place = self.ledger.may_speak(entry.remediation, alert.quiet, entry.event_key, now)
        if not place:
            return None
        if place < alert.quiet.most or place == 1:
            return alert
        lull = span(timedelta(seconds=alert.quiet.seconds))
        goes_on = f"this is number {place} within {lull}; more of it goes to the ledger without an alert"
        return replace(alert, facts=(*alert.facts, ("And on", goes_on)))

    def _publish(self, entry: LedgerEntry, alert: Alert, *, warned: bool) -> None:
        message = notify.message_of(
            alert,
            entry.id,
            entry.outcome,
            entry.plan.calls,
            entry.progress,
            failure=entry.failure,
            warned=warned,
        )
        sns = self.aws.client("sns")
        notify.publish(
            sns, self.settings.topic_arn, remediation=entry.remediation, alert=alert, message=message
        )

    def _suppressed(self, event: Event) -> bool:
        principal = event.principal
        if not principal:
            return False
        if self.settings.ignores(principal):
            return True
        # A session's issuer is the role itself, so a session that is named like us does not count as us.
        return ":role/" in principal and principal == self.aws.role

    def _entry(self, event: Event, plan: Plan, outcome: Outcome, facts: str = "{}") -> LedgerEntry:
        # A log subscription doesn't name its region: it is the function's own.
        return entry_of(self.remediation.name, event, plan, outcome, facts=facts, region=self.aws.region)

    def _about(self, event: Event) -> dict[str, str]:
        return {"remediation": self.remediation.name, "event_key": event.key}


def _all_settled(entry: LedgerEntry) -> bool:
    progress = [entry.progress.get(index, CallProgress.BEGUN) for index in range(len(entry.plan.calls))]
    return entry.outcome is Outcome.ACTED and CallProgress.BEGUN not in progress


def _alerts(entry: LedgerEntry) -> tuple[Alert, ...]:
    """The plan's alerts; a plan without alerts still sends one when it failed."""
    if entry.plan.alerts or entry.outcome is not Outcome.FAILED:
        return entry.plan.alerts
    return (Alert(severity=Severity.HIGH, title=f"{entry.remediation} could not do what it planned"),)
