"""Who made a gap: the calls that end a trail's digests, found in CloudTrail records.

Source of what a gap is made by: StopLogging, DeleteTrail, and UpdateTrail that switches validation off;
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-validation-intro.html
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from chalicelib.trail.description import TrailArn
from chalicelib.trail.integrity.gunzip import MalformedGzip, inflate

NAMES = ("StopLogging", "DeleteTrail", "UpdateTrail")
BEFORE = timedelta(minutes=75)
"""How long before a gap the call may have been made: its hour's digest may still come."""

_SOUGHT = tuple(f'"{name}"'.encode() for name in NAMES)
_LONGEST = max(map(len, _SOUGHT))
_LARGEST_BYTES = 1 << 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """A call after which a trail makes no digests.

    Attributes:
        name: The event's name.
        at: When it was made, aware.
        who: The caller's ARN, or what else the record says of them.
        address: Where it came from.
        event_id: The record's id.
    """

    name: str
    at: datetime
    who: str
    address: str
    event_id: str

    @classmethod
    def of(cls, record: Mapping[str, Any], arn: TrailArn) -> Self | None:
        """Read a record; None when it is no such call, failed, or was about another trail."""
        asked = _mapping(record.get("requestParameters"))
        if (
            record.get("eventSource") != "cloudtrail.amazonaws.com"
            or record.get("eventName") not in NAMES
            or record.get("errorCode")
            or asked.get("name") not in (arn.name, arn.text)
            or record.get("awsRegion") != arn.region
            or record.get("recipientAccountId", arn.account) != arn.account
            or (record["eventName"] == "UpdateTrail" and asked.get("enableLogFileValidation") is not False)
        ):
            return None
        identity = _mapping(record.get("userIdentity"))
        who = identity.get("arn") or identity.get("invokedBy") or identity.get("type")
        try:
            at = datetime.fromisoformat(str(record.get("eventTime")))
        except ValueError:
            return None
        return cls(
            name=str(record["eventName"]),
            at=at if at.tzinfo else at.replace(tzinfo=UTC),
            who=str(who or "an unnamed caller"),
            address=str(record.get("sourceIPAddress") or "an unnamed address"),
            event_id=str(record.get("eventID") or ""),
        )

    def __str__(self) -> str:
        return (
            f"{self.name} by {self.who} from {self.address} at {self.at:%Y-%m-%d %H:%M:%S} UTC "
            f"(event {self.event_id})"
        )


def stops_among(records: Iterable[object], arn: TrailArn, since: datetime, until: datetime) -> list[Stop]:
    """The calls that may have made a gap, each once, oldest first.

    Args:
        records: CloudTrail records.
        arn: The trail.
        since: The gap's start, which is the end of the last digest before it.
        until: Its end.
    """
    found = (Stop.of(record, arn) for record in records if isinstance(record, dict))
    kept = {stop.event_id: stop for stop in found if stop and since - BEFORE <= stop.at <= until}
    return sorted(kept.values(), key=lambda stop: (stop.at, stop.event_id))


def records_of(packed: bytes) -> Iterator[object]:
    """The records of a log file, if it names one of the calls at all: most don't, and aren't parsed."""
    try:
        if not _mentions(inflate(packed, _LARGEST_BYTES)):
            return
        data = json.loads(b"".join(inflate(packed, _LARGEST_BYTES)))
        yield from data["Records"]
    except (MalformedGzip, ValueError, KeyError, TypeError, RecursionError):
        return  # judged elsewhere


def _mentions(pieces: Iterable[bytes]) -> bool:
    before = b""
    for piece in pieces:
        text = before + piece
        if any(name in text for name in _SOUGHT):
            return True
        before = text[-_LONGEST:]
    return False


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
