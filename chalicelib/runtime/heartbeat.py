"""The heartbeat: an event of our own each minute, which goes the way of an alert to its end.

Scheduler puts it on the bus, a rule wakes this function, which writes one sealed item of the ledger and
publishes to the alert topic. A queue takes it there; the subscriptions of people leave it out by its
attribute. An alarm counts what comes into that queue: whatever of the way is broken, it counts nothing.

Nothing is tried again: an event that comes late is no sign of life.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any

from chalicelib.aws import Aws
from chalicelib.ledger.ledger import ledger_of
from chalicelib.remediation import Alert, Severity
from chalicelib.runtime.notify import publish
from chalicelib.seal import Seal
from chalicelib.settings import Settings
from chalicelib.stack import HEARTBEAT

AWS = Aws()

_ALERT = Alert(severity=Severity.INFO, title="Trailwarden is awake")


def beat(raw: Mapping[str, Any]) -> dict[str, str]:
    """Take one heartbeat its way; raises LedgerUnreachable, Unsealed, and what SNS raises."""
    settings, at = Settings.read(), str(raw["time"])
    seal = Seal(partial(AWS.client, "kms"), settings.seal_key, HEARTBEAT)
    ledger_of(AWS, settings.sealed_by(seal)).beat(HEARTBEAT, at, datetime.now(UTC))
    publish(AWS.client("sns"), settings.topic_arn, remediation=HEARTBEAT, alert=_ALERT, message=at)
    return {"heartbeat": at}
