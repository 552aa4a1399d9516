"""Who did it, when, from where and in which account: as a record says it, whatever it leaves out."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from scenarios.records.record import FoundRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Who:
    """When, who, from where, in which account and region: as a record has it, whatever it has there."""

    time: object
    actor: str
    address: object
    account: str
    region: object

    def as_json(self) -> dict[str, object]:
        """The names are those of a record, but for `actor` and `account`."""
        return {
            "eventTime": self.time,
            "actor": self.actor,
            "sourceIPAddress": self.address,
            "account": self.account,
            "awsRegion": self.region,
        }


def who_of(found: FoundRecord) -> Who:
    """The same of a whole record."""
    record, envelope = found.record, found.envelope or {}
    return Who(
        time=record.get("eventTime") or envelope.get("time"),
        actor=actor_of(record),
        address=record.get("sourceIPAddress"),
        account=account_of(found),
        region=record.get("awsRegion") or envelope.get("region"),
    )


def actor_of(record: Mapping[str, Any]) -> str:
    """Who did it, as a record has it: an ARN, a name, or a service."""
    identity = record.get("userIdentity")
    if not isinstance(identity, dict):
        return ""
    if identity.get("type") == "Root":
        return "root"
    names = (identity.get(name) for name in ("arn", "userName", "invokedBy", "principalId", "type"))
    return next((name for name in names if isinstance(name, str) and name), "")


def account_of(found: FoundRecord) -> str:
    """The account whose record it is."""
    record, identity = found.record, found.record.get("userIdentity")
    given = record.get("recipientAccountId") or (found.envelope or {}).get("account")
    if not given and isinstance(identity, dict):
        given = identity.get("accountId")
    return given if isinstance(given, str) else ""


def time_of(found: FoundRecord) -> datetime | None:
    """A record's own time; None where it has none that can be read."""
    given = found.record.get("eventTime") or (found.envelope or {}).get("time")
    try:
        moment = datetime.fromisoformat(given) if isinstance(given, str) else None
    except ValueError:
        return None
    return moment if moment is None or moment.tzinfo else moment.replace(tzinfo=UTC)


def details_of(found: FoundRecord) -> str:
    """When, who, from where, in which account and region, what: what a line has behind it."""
    record, envelope = found.record, found.envelope or {}
    at, address = time_of(found), record.get("sourceIPAddress")
    place = " ".join(
        part
        for part in (account_of(found), record.get("awsRegion") or envelope.get("region"))
        if isinstance(part, str) and part
    )
    source = str(record.get("eventSource") or envelope.get("source") or "").removesuffix(".amazonaws.com")
    who = actor_of(record) + (f" from {address}" if isinstance(address, str) and address else "")
    parts = (f"{at:%Y-%m-%dT%H:%M:%SZ}" if at else "", who, place, f"{source} {found.name}".strip())
    return ", ".join(part for part in parts if part)
