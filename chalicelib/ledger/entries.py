"""One event as the ledger remembers it, and the item it is kept as."""

import base64
import hashlib
import json
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Literal, Self, get_args

from chalicelib.ledger.table import EXPIRES, VERSION, Kind, expiry, key, partition, stamp, version_of
from chalicelib.remediation import CallProgress, Event, Outcome, Plan
from chalicelib.seal import Item

FINDINGS_KEPT = timedelta(days=400)
# An item holds 400 KB; facts, alerts and calls have 340,000 bytes of it.
MOST_RAW_BYTES = 24_000
_ID = re.compile(r"([a-z0-9_]+):(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z):([0-9a-f]{12})", re.ASCII)

_UNSETTLED = (None, CallProgress.BEGUN, CallProgress.REFUSED)
Mark = Literal["told", "warned", "unconfirmed", "quiet"]


class Ruling(StrEnum):
    """What became of a person's instruction."""

    REJECTED = "rejected"  # it counts for nothing; the words say why
    COUNTED = "counted"  # an approval, and another one is needed
    REPLANNED = "replanned"  # approved, and the plan is another one by now: it waits for a new approval
    GRANTED = "granted"  # approved, and carried out
    DECLINED = "declined"  # refused: the plan is never carried out
    WOULD_UNDO = "would undo"  # a dry run: nothing stands against it
    UNDONE = "undone"  # undone, or about to be


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """An instruction of a person, and what became of it. `told`: the alert about it was sent.

    `plan`: the digest of the plan it was about. `words`: one sentence. `warned`: told that it had failed.
    """

    id: str
    verb: str
    who: str
    at: datetime
    plan: str
    ruling: Ruling
    words: str
    reason: str = ""
    told: bool = False
    warned: bool = False

    def as_json(self) -> dict[str, Any]:
        """For the ledger and the HTTP side."""
        return {**asdict(self), "at": stamp(self.at)}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """The decision that `as_json` wrote."""
        return cls(**{**value, "at": datetime.fromisoformat(value["at"]), "ruling": Ruling(value["ruling"])})


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEntry:
    """One event as the ledger remembers it.

    By index into the plan's calls: `progress`, how far each has come. By index into its alerts: those `told`,
    those told while a call had failed (`warned`) or while nothing was confirmed (`unconfirmed`), those kept
    `quiet`. `failure`: what failed, or what held the calls back. `to_record`: what the remediation has yet to
    write now that the plan is stored, as its own text. `reached`: the channels that an alert has reached,
    where it has yet to reach others. `version`: how often it was written since the first time. `raw`: what
    woke the function, as `kept` keeps it, so that the plan can be decided anew; "" where nobody will.
    `decisions`: what people asked, the oldest first; where there are too many, of some only the number is
    kept (`forgotten`), and the time up to which all was ruled on, as a stamp (`ruled_until`).
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
    unconfirmed: frozenset[int] = frozenset()
    quiet: frozenset[int] = frozenset()
    failure: str = ""
    to_record: str = ""
    reached: frozenset[str] = frozenset()
    version: int = 0
    raw: str = ""
    decisions: tuple[Decision, ...] = ()
    forgotten: int = 0
    ruled_until: str = ""

    @property
    def ruled(self) -> int:
        """How many instructions were ruled on."""
        return self.forgotten + len(self.decisions)

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
            "unconfirmed": sorted(self.unconfirmed),
            "quiet": sorted(self.quiet),
            "plan_digest": self.plan.digest if self.plan.calls else "",
            "decisions": [decision.as_json() for decision in self.decisions],
        }


def mark_of(outcome: Outcome) -> Mark:
    """How an alert is marked that is sent at this outcome: it comes again when that is another one."""
    match outcome:
        case Outcome.FAILED:
            return "warned"
        case Outcome.UNCONFIRMED:
            return "unconfirmed"
    return "told"


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
        **({"raw": {"S": entry.raw}} if entry.raw else {}),
        **({"decisions": {"S": decisions_as_text(entry.decisions)}} if entry.decisions else {}),
        **(
            {"forgotten": {"N": str(entry.forgotten)}, "ruled_until": {"S": entry.ruled_until}}
            if entry.forgotten
            else {}
        ),
        **({"reached": {"SS": sorted(entry.reached)}} if entry.reached else {}),
        VERSION: {"N": str(entry.version)},
        EXPIRES: expiry(entry.at + FINDINGS_KEPT),
    }


def decisions_as_text(decisions: Iterable[Decision]) -> str:
    """As the item has them."""
    return json.dumps([each.as_json() for each in decisions], ensure_ascii=False)


def kept(raw: Mapping[str, Any]) -> str:
    """What woke a function, as text for the ledger; "" where it is too large to keep beside the rest."""
    packed = base64.b64encode(zlib.compress(json.dumps(raw, default=str).encode())).decode()
    return packed if len(packed) <= MOST_RAW_BYTES else ""


def raw_of(entry: LedgerEntry) -> Mapping[str, Any] | None:
    """What `kept` kept; None for nothing."""
    if not entry.raw:
        return None
    raw: Mapping[str, Any] = json.loads(zlib.decompress(base64.b64decode(entry.raw)))
    return raw


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
        reached=frozenset(item.get("reached", {}).get("SS", ())),
        version=version_of(item),
        raw=item.get("raw", {"S": ""})["S"],
        decisions=tuple(map(Decision.from_json, json.loads(item.get("decisions", {"S": "[]"})["S"]))),
        forgotten=int(item.get("forgotten", {"N": "0"})["N"]),
        ruled_until=item.get("ruled_until", {"S": ""})["S"],
        **{mark: frozenset(map(int, item.get(mark, {}).get("NS", ()))) for mark in get_args(Mark)},
    )
