"""What an expected principal changes is good only when CloudTrail's event history knows the call.

Who may invoke a function can make up a call of anybody's. So what such a call says is noted, and the next
hourly look asks event history, which AWS writes: minutes late, and two questions a second. Until it is there,
the look judges nothing; what isn't there after 20 minutes was forged.

Source: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/view-cloudtrail-events.html
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from chalicelib.aws import Aws
from chalicelib.events import ApiCallEvent, call_of_history
from chalicelib.ledger.entries import LedgerEntry
from chalicelib.remediation import Outcome

# Event history has a call some minutes after it; AWS promises no time.
SETTLED = timedelta(minutes=20)
MOST_ASKED = 10  # entries for one look: event history takes two questions a second


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """What a call is to change of the good state: `change`, by field; `source`, `name`: of the call."""

    source: str
    name: str
    change: Mapping[str, Any]

    @classmethod
    def between(cls, event: ApiCallEvent, good: str, state: str) -> "Pending":
        """What is in the state and not in the good one; both are JSON objects, or empty."""
        known = json.loads(good or "{}")
        wanted = json.loads(state)
        return cls(
            source=event.source,
            name=event.name,
            change={name: value for name, value in wanted.items() if known.get(name) != value},
        )

    def as_text(self) -> str:
        """As an entry keeps it in its facts."""
        return json.dumps({"pending": self.change, "source": self.source, "name": self.name})

    def over(self, good: str) -> str:
        """The good state with this change."""
        return json.dumps({**json.loads(good or "{}"), **self.change}, sort_keys=True)


def pending_of(entry: LedgerEntry) -> Pending | None:
    """What an entry has noted to be confirmed; None where there is nothing."""
    facts = json.loads(entry.facts)
    if entry.outcome is not Outcome.SUPPRESSED or "pending" not in facts:
        return None
    return Pending(source=facts["source"], name=facts["name"], change=facts["pending"])


def waiting(entries: Iterable[LedgerEntry]) -> list[tuple[LedgerEntry, Pending]]:
    """The entries that wait, the oldest first."""
    found = [(entry, pending) for entry in entries if (pending := pending_of(entry))]
    return sorted(found, key=lambda each: each[0].sort_key)[:MOST_ASKED]


def is_known(aws: Aws, entry: LedgerEntry, pending: Pending) -> bool:
    """Whether event history holds this very call by this principal; raises what CloudTrail raises."""
    return any(_is_it(call, entry, pending) for call in known_calls(aws, entry.region, entry.event_key))


def known_calls(aws: Aws, region: str, event_id: str) -> list[ApiCallEvent]:
    """What event history holds under a CloudTrail event's id, as of now; raises what CloudTrail raises."""
    asked = {"AttributeKey": "EventId", "AttributeValue": event_id}
    found = aws.client("cloudtrail", region).lookup_events(LookupAttributes=[asked])
    return [call for each in found["Events"] for call in call_of_history(each)]


def _is_it(call: ApiCallEvent, entry: LedgerEntry, pending: Pending) -> bool:
    where = (call.account, call.region) == (entry.account, entry.region)
    what = (call.source, call.name, call.failed) == (pending.source, pending.name, False)
    told = (call.key, call.principal, call.at) == (entry.event_key, entry.principal, entry.at)
    return where and what and told


def overdue(entry: LedgerEntry, now: datetime) -> bool:
    """Whether event history would know the call by now."""
    return now - entry.at > SETTLED
