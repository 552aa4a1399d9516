"""The way every event goes: parse, suppress, claim, look, decide, gate, store, act, tell.

1. parse at the edge: what can't be read raises, and the queue behind the function keeps it;
2. suppress what settings name and what we did ourselves: recorded, not told;
3. claim, by a conditional write on (remediation, account, event key). Powertools' idempotency does it: a
   claim that a crashed run left lapses when that run's time is up, so that Lambda's retry a minute later
   gets in; a claim on an event that was handled outlives the longest redrive;
4. look, then decide: pure, with `now` handed in;
5. gate by mode, the hour's cap and the kill switch;
6. store the plan, its facts and its inverses, before the first call;
7. act, marking each call; a retry that finds a stored plan resumes it and does not decide again;
8. tell, marking each alert told.
"""

import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)
from aws_lambda_powertools.utilities.idempotency.exceptions import (
    IdempotencyAlreadyInProgressError,
    IdempotencyPersistenceLayerError,
)
from botocore.exceptions import ClientError

from chalicelib import execute, notify
from chalicelib.aws import Aws
from chalicelib.errors import StillUnderWay, foreseen
from chalicelib.ledger import EXPIRES, PK, SK, Finding, Ledger, finding_of
from chalicelib.remediation import Event, Mode, Outcome, Plan, Remediation
from chalicelib.settings import Settings

# Dead-letter queues keep an event 14 days; a redrive on the last of them must still find its claim.
CLAIMS_KEPT = timedelta(days=15)

log = Logger(service="trailwarden")
AWS = Aws()  # clients are made when first asked for, and kept while the function is warm


def answer(remediation: Remediation, raw: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Handle what Lambda was handed; returns what became of each event in it.

    One bad event never fails the others of its batch: all are tried, then the first error rises.
    """
    run = Run(remediation, Settings.read(), AWS, context)
    outcomes: list[dict[str, str]] = []
    errors: list[Exception] = []
    for event in remediation.parse(raw):
        try:
            outcome = run.handle(event)
        except Exception as error:  # noqa: BLE001 - the first one rises below, after the others had their turn
            log.error(str(error), extra={"remediation": remediation.name, "event_key": event.key})
            errors.append(error)
        else:
            log.info(outcome, extra={"remediation": remediation.name, "event_key": event.key})
            outcomes.append({"event": event.key, "outcome": outcome})
    if errors:
        raise errors[0]
    return {"remediation": remediation.name, "events": outcomes}


class Run:
    """One invocation of one remediation's function."""

    def __init__(self, remediation: Remediation, settings: Settings, aws: Aws, context: Any) -> None:
        self.remediation = remediation
        self.settings = settings
        self.aws = aws
        self.context = context
        self.ledger = Ledger(aws.client("dynamodb"), settings.ledger)

    def handle(self, event: Event) -> Outcome:
        """Take one event the whole way, once."""
        if self._suppressed(event):
            self.ledger.store(finding_of(self.remediation.name, event, Plan.nothing(), Outcome.SUPPRESSED))
            return Outcome.SUPPRESSED
        return self._claimed(event)

    def _claimed(self, event: Event) -> Outcome:
        """Run `_work` under the claim on this event; a second delivery finds it taken."""
        store = DynamoDBPersistenceLayer(
            table_name=self.settings.ledger,
            key_attr=PK,
            sort_key_attr=SK,
            static_pk_value=f"claim#{self.remediation.name}",
            expiry_attr=EXPIRES,
            boto3_client=self.aws.client("dynamodb"),
        )
        config = IdempotencyConfig(
            # Without a key Powertools only warns; every typed event has one, and this makes a hole an error.
            event_key_jmespath="key",
            raise_on_no_idempotency_key=True,
            expires_after_seconds=int(CLAIMS_KEPT.total_seconds()),
            hash_function="sha256",
            lambda_context=self.context,
        )
        mine: list[Outcome] = []

        def once(*, claim: dict[str, str]) -> dict[str, str]:
            mine.append(self._work(event))
            return {"outcome": mine[0], **claim}

        guarded = idempotent_function(
            once, data_keyword_argument="claim", persistence_store=store, config=config
        )
        try:
            guarded(claim={"key": f"{event.account}|{event.key}"})
        except IdempotencyAlreadyInProgressError as error:
            raise StillUnderWay(
                "another invocation holds the claim", remediation=self.remediation.name, event_key=event.key
            ) from error
        except IdempotencyPersistenceLayerError as error:
            raise self._foreseen(error.__cause__, event) from error
        except ClientError as error:
            raise self._foreseen(error, event) from error
        return mine[0] if mine else Outcome.DUPLICATE

    def _work(self, event: Event) -> Outcome:
        finding = self.ledger.stored(self.remediation.name, event) or self._decided(event)
        if finding.plan.empty:
            return Outcome.NOTHING
        if finding.outcome is Outcome.ACTED:
            finding = execute.carry_out(self.aws, self.ledger, finding)
        self._tell(finding)
        return finding.outcome

    def _decided(self, event: Event) -> Finding:
        """Look, decide, gate, and store the plan; an empty plan leaves no finding."""
        now = datetime.now(UTC)
        name = self.remediation.name
        if self.remediation.sightings:
            self.ledger.note(name, self.remediation.sightings(event), self.remediation.sightings_kept)
        facts = self.remediation.look(self.aws, event, self.settings)
        plan = self.remediation.decide(event, facts, now, self.settings)
        finding = finding_of(name, event, plan, Outcome.TOLD, facts=_as_text(facts))
        if plan.empty:
            return finding
        finding = replace(finding, outcome=self._gate(finding, now))
        self.ledger.store(finding)
        return finding

    def _gate(self, finding: Finding, now: datetime) -> Outcome:
        if not finding.plan.calls:
            return Outcome.TOLD
        if self.settings.mode is Mode.OBSERVE:
            return Outcome.OBSERVED
        if self.settings.mode is Mode.APPROVE:
            return Outcome.AWAITING_APPROVAL
        if not self.ledger.may_act(finding, now, self.settings.acts_per_hour):
            return Outcome.CAPPED
        return Outcome.ACTED

    def _tell(self, finding: Finding) -> None:
        for index, alert in enumerate(finding.plan.alerts):
            if index in finding.told:
                continue
            if alert.quiet and not self.ledger.may_speak(
                finding.remediation, alert.quiet, finding.event_key, datetime.now(UTC)
            ):
                continue
            notify.publish(
                self.aws.client("sns"),
                self.settings.topic_arn,
                remediation=finding.remediation,
                alert=alert,
                message=notify.message_of(alert, finding.id, finding.outcome, finding.plan.calls),
            )
            finding = self.ledger.mark(finding, "told", index)

    def _suppressed(self, event: Event) -> bool:
        principal = event.principal
        if not principal:
            return False
        if self.settings.ignores(principal):
            return True
        return ":role/" in principal and principal == _own_role(self.aws)

    def _foreseen(self, error: BaseException | None, event: Event) -> Exception:
        cause = error if isinstance(error, Exception) else RuntimeError("the ledger failed")
        return foreseen(cause, remediation=self.remediation.name, event_key=event.key)


@lru_cache(maxsize=1)
def _own_role(aws: Aws) -> str:
    """The role this function runs under, as CloudTrail's sessionIssuer names it; asked once a cold start.

    GetCallerIdentity needs no permission. A role under a path is not told by it, so such a
    role is compared without: the account and the role's name.
    """
    arn = str(aws.client("sts").get_caller_identity()["Arn"])
    head, _, session = arn.partition(":assumed-role/")
    return f"{head.replace(':sts:', ':iam:')}:role/{session.partition('/')[0]}"


def _as_text(facts: Any) -> str:
    """Facts for the ledger: JSON where they are JSON, words where they are not."""
    if dataclasses.is_dataclass(facts) and not isinstance(facts, type):
        facts = dataclasses.asdict(facts)
    elif isinstance(facts, Sequence) and not isinstance(facts, str):
        facts = [dataclasses.asdict(fact) if dataclasses.is_dataclass(fact) else fact for fact in facts]  # type: ignore[arg-type]  # instances only
    return json.dumps(facts, default=str)
