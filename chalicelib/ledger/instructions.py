"""What people ask about findings, in the ledger: approve, refuse, undo.

An instruction is written by the HTTP side alone, into a partition that nothing else may write to, with a MAC
that only the HTTP side can make (`chalicelib.seal.Voucher`). A function that may act reads the instructions
of its own findings, checks the MAC, and notes what became of each in the finding, under its own seal.
"""

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from chalicelib.ledger.ledger import Ledger
from chalicelib.ledger.table import EXPIRES, Kind, expiry, key, partition, stamp
from chalicelib.seal import Item, Oddity, Voucher, Vouching

INSTRUCTIONS_KEPT = timedelta(days=400)
# So many of one finding are read; more than a person would ask.
MOST_READ = 100
_FIRST = datetime.min.replace(tzinfo=UTC)


class Verb(StrEnum):
    """What can be asked about a finding."""

    APPROVE = "approve"
    REFUSE = "refuse"
    UNDO = "undo"


@dataclass(frozen=True, slots=True, kw_only=True)
class Instruction:
    """What a person asks about one finding.

    `finding`: its id. `plan`: the digest of the plan that the person saw. `who`: the ARN of the caller, as
    API Gateway's IAM authorizer told it. `dry`: only say what would be done. `reason`: the person's words.
    """

    id: str
    finding: str
    verb: Verb
    plan: str
    who: str
    at: datetime
    dry: bool = False
    reason: str = ""

    def as_json(self) -> dict[str, Any]:
        """Plain values for the ledger and for HTTP."""
        return {**asdict(self), "at": stamp(self.at)}


def instruction(
    finding: str, verb: Verb, plan: str, who: str, at: datetime, *, dry: bool, reason: str, after: int
) -> Instruction:
    """A new one. Who asks for the same again, before anything became of it, asks once.

    `after`: how many instructions on the finding were ruled on before.
    """
    named = hashlib.sha256(f"{finding}|{verb}|{dry}|{plan}|{who}|{after}".encode()).hexdigest()[:16]
    return Instruction(
        id=named, finding=finding, verb=verb, plan=plan, who=who, at=at, dry=dry, reason=reason
    )


def note(ledger: Ledger, asked: Instruction, voucher: Vouching) -> None:
    """Write an instruction; raises LedgerUnreachable, and Unsealed."""
    _unsealed(ledger).rows.put(voucher.on(_item(asked)))


def instructions_on(ledger: Ledger, finding: str) -> list[tuple[Instruction | None, Item]]:
    """What was asked about a finding, the oldest first, unproven; None for an item that can't be read."""
    remediation, sort_key = _place(finding)
    items = _unsealed(ledger).rows.all(
        partition(Kind.INSTRUCTION, remediation), f"{sort_key}#", f"{sort_key}#~"
    )
    found = [(_read(item), item) for item in items]
    return sorted(found, key=lambda each: each[0].at if each[0] else _FIRST)[-MOST_READ:]


def genuine(ledger: Ledger, found: Instruction | None, item: Item, voucher: Voucher) -> bool:
    """Whether the HTTP side wrote this; one that it didn't is noticed. Raises Unsealed."""
    if found is not None and voucher.holds(item):
        return True
    ledger.rows.notice(Oddity.FORGED, item)
    return False


def _unsealed(ledger: Ledger) -> Ledger:
    return replace(ledger, seal=None)


def _place(finding: str) -> tuple[str, str]:
    """The partition's owner and the sort key of a finding, by its id."""
    remediation, _, rest = finding.partition(":")
    moment, _, digest = rest.rpartition(":")
    return remediation, f"{moment}#{digest}"


def _item(asked: Instruction) -> Item:
    remediation, sort_key = _place(asked.finding)
    return {
        **key(partition(Kind.INSTRUCTION, remediation), f"{sort_key}#{asked.id}"),
        "body": {"S": json.dumps(asked.as_json())},
        EXPIRES: expiry(asked.at + INSTRUCTIONS_KEPT),
    }


def _read(item: Item) -> Instruction | None:
    try:
        body = json.loads(item["body"]["S"])
        found = Instruction(**{**body, "verb": Verb(body["verb"]), "at": datetime.fromisoformat(body["at"])})
    except (KeyError, TypeError, ValueError, RecursionError):
        return None
    return found
