"""Items of the ledger that somebody else wrote or deleted, reported as findings of their own.

An item without our seal stopped no alert and caused no action; somebody put it there for that purpose.
Reported at most once an hour for each item.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

from chalicelib.ledger.claims import CLAIMS_KEPT
from chalicelib.ledger.entries import LedgerEntry
from chalicelib.remediation import Alert, Event, Outcome, Plan, Severity
from chalicelib.seal import Noticed, Oddity

_MEANS: Mapping[Oddity, str] = MappingProxyType(
    {
        Oddity.FORGED: "It counted for nothing: it stopped no alert, and caused no action.",
        Oddity.OLDER: "What this run knew of it was written over it.",
        Oddity.UNDECLARED: "None of it was done.",
        Oddity.GONE: "What it kept us from telling or doing again may be told or done again.",
    }
)
_ADVICE = (
    "Only Trailwarden's functions write there. Look for PutItem, UpdateItem and DeleteItem on the table in "
    "CloudTrail (they are data events), take the permission away, and stop the principal that had it.\n"
    "If you took the item away yourself, nothing is wrong."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tampering:
    """A typed event: what was noticed about an item, within an hour, while another event was handled."""

    key: str
    at: datetime
    account: str
    region: str
    noticed: Noticed
    principal: str = ""

    @classmethod
    def of(cls, noticed: Noticed, event: Event, now: datetime) -> "Tampering":
        """What was noticed while this event was handled."""
        hour = now.replace(minute=0, second=0, microsecond=0)
        return cls(
            key=f"ledger: {noticed} {noticed.seal[:16]}",
            at=hour,
            account=event.account,
            region=event.region,
            noticed=noticed,
        )


def plan(found: Tampering) -> Plan:
    """One alert about it."""
    noticed = found.noticed
    return Plan.alert(
        Alert(
            severity=Severity.CRITICAL,
            title=f"An item of Trailwarden's own ledger {noticed.oddity}",
            facts=(
                ("Item", f"{noticed.partition_key}, {noticed.sort_key}"),
                ("What", f"it {noticed.oddity}"),
                ("So", _MEANS[noticed.oddity]),
            ),
            advice=_ADVICE,
        )
    )


def should_be_claimed(entry: LedgerEntry, now: datetime) -> bool:
    """Whether an entry is of an event that was handled to the end, and lately: then its claim is still there.

    What is suppressed is recorded without a claim; a run that fails gives its claim back.
    """
    if entry.outcome in (Outcome.SUPPRESSED, Outcome.UNSEEN, Outcome.UNCONFIRMED, Outcome.UNDER_WAY):
        return False
    over = entry.outcome not in (Outcome.FAILED, Outcome.ACTED) or not entry.unsettled
    told = all(index in entry.told | entry.quiet for index in range(len(entry.plan.alerts)))
    return over and told and now - entry.at < CLAIMS_KEPT - timedelta(days=1)
