"""One event as the ledger remembers it, and the item it is kept as."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, get_args

from chalicelib.ledger.table import EXPIRES, VERSION, Kind, expiry, key, partition, stamp, version_of
from chalicelib.remediation import CallProgress, Event, Outcome, Plan
from chalicelib.seal import Item

FINDINGS_KEPT = timedelta(days=400)
_ID = re.compile(r"([a-z0-9_]+):(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z):([0-9a-f]{12})", re.ASCII)

_UNSETTLED = (None, CallProgress.BEGUN, CallProgress.REFUSED)
Mark = Literal["told", "warned", "quiet"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEntry:
    """One event as the ledger remembers it.

    By index into the plan's calls: `progress`, how far each has come. By index into its alerts: those `told`,
    those told while a call had failed (`warned`), those kept `quiet`. `failure`: what failed, or what held
    the calls back. `to_record`: what the remediation has yet to write now that the plan is stored, as its own
    text. `version`: how often it was written since the first time.
    """

    remediation: str
    event_key: str
    account: str
    region: str
    at: datetime
    principal: str
    outcome: Outcome
    plan: Plan
    facts: str = "{}"
    progress: Mapping[int, CallProgress] = field(default_factory=dict)
    told: frozenset[int] = frozenset()
    warned: frozenset[int] = frozenset()
    quiet: frozenset[int] = frozenset()
    failure: str = ""
    to_record: str = ""
    version: int = 0

    @property
    def unsettled(self) -> tuple[int, ...]:
        """Of the plan's calls, those that are still to be made or of which no answer is known."""
        return tuple(index for index in range(len(self.plan.calls)) if self.progress.get(index) in _UNSETTLED)

    @property
    def sort_key(self) -> str:
        """Orders findings by time; the hash tells apart what happened in the same second."""
        digest = hashlib.sha256(f"{self.account}|{self.event_key}".encode()).hexdigest()[:12]
        return f"{stamp(self.at)}#{digest}"

    @property
    def id(self) -> str:
        """What a person types to name this finding."""
        return f"{self.remediation}:{self.sort_key.replace('#', ':')}"

    def as_json(self) -> dict[str, Any]:
        """For the HTTP side and for machines."""
        return {
            "id": self.id,
            "remediation": self.remediation,
            "event": self.event_key,
            "account": self.account,
            "region": self.region,
            "at": stamp(self.at),
            "principal": self.principal,
            "outcome": self.outcome,
            "plan": self.plan.as_json(),
            "deeds": {str(index): how_far for index, how_far in sorted(self.progress.items())},
            "failure": self.failure,
            "told": sorted(self.told),
            "warned": sorted(self.warned),
            "quiet": sorted(self.quiet),
        }


def entry_of(
    remediation: str, event: Event, plan: Plan, outcome: Outcome, *, facts: str = "{}", region: str = ""
) -> LedgerEntry:
    """A fresh finding about an event: nothing done, nothing told. `region`: where the event names none."""
    return LedgerEntry(
        remediation=remediation,
        event_key=event.key,
        account=event.account,
        region=event.region or region,
        at=event.at,
        principal=event.principal,
        outcome=outcome,
        plan=plan,
        facts=facts,
    )


def key_of(entry: LedgerEntry) -> dict[str, Any]:
    """The key of its item."""
    return key(entries_of(entry.remediation), entry.sort_key)


def entries_of(remediation: str) -> str:
    """The partition that holds one remediation's entries."""
    return partition(Kind.FINDING, remediation)


def key_named(identity: str) -> dict[str, Any] | None:
    """The key of the entry that people know by this id; None for an id that no entry could have."""
    named = _ID.fullmatch(identity)
    if not named:
        return None
    remediation, moment, digest = named.groups()
    return key(entries_of(remediation), f"{moment}#{digest}")


def item_of(entry: LedgerEntry) -> Item:
    """The item it is kept as."""
    return {
        **key_of(entry),
        "remediation": {"S": entry.remediation},
        "event_key": {"S": entry.event_key},
        "account": {"S": entry.account},
        "region": {"S": entry.region},
        "at": {"S": stamp(entry.at)},
        "principal": {"S": entry.principal},
        "outcome": {"S": entry.outcome},
        "failure": {"S": entry.failure},
        "plan": {"S": json.dumps(entry.plan.as_json())},
        "facts": {"S": entry.facts},
        "to_record": {"S": entry.to_record},
        "deeds": {"M": {str(index): {"S": how_far} for index, how_far in entry.progress.items()}},
        # A set in DynamoDB is never empty.
        **{mark: {"NS": [str(index) for index in marked]} for mark, marked in _marks(entry) if marked},
        VERSION: {"N": str(entry.version)},
        EXPIRES: expiry(entry.at + FINDINGS_KEPT),
    }


def _marks(entry: LedgerEntry) -> Iterator[tuple[str, list[int]]]:
    for mark in get_args(Mark):
        yield mark, sorted(getattr(entry, mark))


def entry_from(item: Item) -> LedgerEntry:
    """The finding that `item_of` wrote."""
    return LedgerEntry(
        remediation=item["remediation"]["S"],
        event_key=item["event_key"]["S"],
        account=item["account"]["S"],
        region=item["region"]["S"],
        at=datetime.fromisoformat(item["at"]["S"]),
        principal=item["principal"]["S"],
        outcome=Outcome(item["outcome"]["S"]),
        plan=Plan.from_json(json.loads(item["plan"]["S"])),
        facts=item["facts"]["S"],
        progress={int(index): CallProgress(how_far["S"]) for index, how_far in item["deeds"]["M"].items()},
        failure=item["failure"]["S"],
        to_record=item.get("to_record", {"S": ""})["S"],
        version=version_of(item),
        **{mark: frozenset(map(int, item.get(mark, {}).get("NS", ()))) for mark in get_args(Mark)},
    )
