"""Who handles an event now, or that it was handled: Powertools' idempotency, kept in the ledger's table.

A claim that a crashed run left lapses when that run's time is up, so that Lambda's retry a minute later gets
in; a claim on an event that was handled outlives the longest redrive.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)

from chalicelib.ledger.ledger import Ledger
from chalicelib.ledger.table import EXPIRES, PK, SK, Kind, partition
from chalicelib.remediation import Event, Outcome

# Dead-letter queues keep an event 14 days; a redrive on the last of them must still find its claim.
CLAIMS_KEPT = timedelta(days=15)


def under_claim(
    ledger: Ledger, remediation: str, event: Event, work: Callable[[], Outcome], *, context: Any
) -> Outcome:
    """Do the work that an event asks for, unless the event was handled before: then it is a DUPLICATE.

    `context`: Lambda's, which says how long this run may take. Raises Powertools' errors:
    IdempotencyAlreadyInProgressError while another run handles the event, IdempotencyPersistenceLayerError.
    """
    mine: list[Outcome] = []

    def once(*, claim: dict[str, str]) -> dict[str, str]:
        mine.append(work())
        return {"outcome": mine[0], **claim}

    guarded = idempotent_function(
        once,
        data_keyword_argument="claim",
        persistence_store=_store(ledger, remediation),
        config=_rules(context),
        # The default is the name of the function `once`: renaming it would lose every claim.
        key_prefix="event",
    )
    guarded(claim={"key": f"{event.account}|{event.key}"})
    return mine[0] if mine else Outcome.DUPLICATE


def _store(ledger: Ledger, remediation: str) -> DynamoDBPersistenceLayer:
    return DynamoDBPersistenceLayer(
        table_name=ledger.table,
        key_attr=PK,
        sort_key_attr=SK,
        static_pk_value=partition(Kind.CLAIM, remediation),
        expiry_attr=EXPIRES,
        boto3_client=ledger.client,
    )


def _rules(context: Any) -> IdempotencyConfig:
    return IdempotencyConfig(
        # Every typed event has a key. Without one Powertools only warns; this setting makes it an error.
        event_key_jmespath="key",
        raise_on_no_idempotency_key=True,
        expires_after_seconds=int(CLAIMS_KEPT.total_seconds()),
        hash_function="sha256",
        lambda_context=context,
    )
