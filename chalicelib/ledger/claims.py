"""Who handles an event now, or that it was handled: a conditional write, kept in the ledger's table.

A claim that a crashed run left lapses when that run's time is up, so that Lambda's retry a minute later gets
in; a run that fails gives its claim back; a claim on an event that was handled outlives the longest redrive.
Powertools' idempotency does the same, but its record carries no seal.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from chalicelib.errors import StillUnderWay
from chalicelib.ledger.ledger import Ledger
from chalicelib.ledger.table import EXPIRES, OVER, Kind, Taken, expiry, key, partition
from chalicelib.remediation import Event, Outcome
from chalicelib.seal import Item

# Dead-letter queues keep an event 14 days; a redrive on the last of them must still find its claim.
CLAIMS_KEPT = timedelta(days=15)
_STATUS = "status"
UNTIL = "until"  # in milliseconds: when a claim lapses; in the past for one that is over
_UNDER_WAY, _DONE = "under way", "done"
_LAPSED = "#expires <= :now OR (#status = :under_way AND #until <= :now_in_milliseconds)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A claim that is held. `first`: no run has held it before, as far as the ledger knows."""

    key: Item
    first: bool


def under_claim(
    ledger: Ledger, remediation: str, event: Event, work: Callable[[Claim], Outcome], *, context: Any
) -> Outcome:
    """Do the work that an event asks for, unless the event was handled before: then it is a DUPLICATE.

    `context`: Lambda's, which says how long this run may take. Raises StillUnderWay while another run handles
    the event, and what the work raises.
    """
    now, item_key = datetime.now(UTC), _key_of(remediation, event)
    taken = _taken(ledger, item_key, now, context)
    if not taken.written:
        if taken.other is not None and taken.other[_STATUS]["S"] == _DONE:
            return Outcome.DUPLICATE
        raise StillUnderWay(
            "another invocation holds the claim", remediation=remediation, event_key=event.key
        )
    over = {OVER: {"S": taken.over}} if taken.over is not None else {}
    try:
        outcome = work(Claim(key=item_key, first=taken.other is None))
    except Exception:
        # It is given back and not taken away: a claim that is gone would read as one that somebody deleted.
        given_back = datetime.now(UTC)
        ledger.rows.put({**_item(item_key, _UNDER_WAY, given_back, given_back), **over})
        raise
    if outcome is Outcome.UNCONFIRMED:
        # It is not handled yet: the event comes again, and must get in.
        ledger.rows.delete(item_key)
        return outcome
    ledger.rows.put({**handled(remediation, event, now), **over})
    return outcome


def exclusively(
    ledger: Ledger, remediation: str, event: Event, work: Callable[[], Outcome], *, context: Any
) -> Outcome:
    """Do work that no other run does at the same time. Nothing is noted as handled: the work itself is.

    Raises StillUnderWay while another run does it, and what the work raises.
    """
    now, item_key = datetime.now(UTC), _key_of(remediation, event)
    taken = _taken(ledger, item_key, now, context)
    if not taken.written:
        raise StillUnderWay(
            "another invocation holds the claim", remediation=remediation, event_key=event.key
        )
    try:
        outcome = work()
    except Exception:
        ledger.rows.delete(item_key)
        raise
    ledger.rows.delete(item_key)
    return outcome


def _taken(ledger: Ledger, item_key: Item, now: datetime, context: Any) -> Taken:
    """Take a claim until this run's time is up, from nobody or from a run whose time is up."""
    remaining = timedelta(milliseconds=context.get_remaining_time_in_millis())
    return ledger.rows.take(
        _item(item_key, _UNDER_WAY, now + remaining, now),
        _LAPSED,
        names={"#expires": EXPIRES, "#status": _STATUS, "#until": UNTIL},
        values={
            ":now": expiry(now),
            ":now_in_milliseconds": _milliseconds(now),
            ":under_way": {"S": _UNDER_WAY},
        },
    )


def handled(remediation: str, event: Event, now: datetime) -> Item:
    """The item that says that an event was handled."""
    return _item(_key_of(remediation, event), _DONE, now, now)


def _key_of(remediation: str, event: Event) -> Item:
    named = hashlib.sha256(f"{event.account}|{event.key}".encode()).hexdigest()
    return key(partition(Kind.CLAIM, remediation), f"event#{named}")


def _item(item_key: Item, status: str, until: datetime, now: datetime) -> Item:
    return {
        **item_key,
        _STATUS: {"S": status},
        UNTIL: _milliseconds(until),
        EXPIRES: expiry(now + CLAIMS_KEPT),
    }


def _milliseconds(moment: datetime) -> dict[str, str]:
    return {"N": str(int(moment.timestamp() * 1000))}
