"""A record as the event that EventBridge would have carried it in, and as the line of a log group."""

import json
from collections.abc import Mapping
from typing import Any

from scenarios.cloud.cloudtrail.records.envelope import detail_type_of, event_bridge_envelope
from scenarios.cloud.kernel.errors import NotSimulated
from scenarios.records.record import FoundRecord

SIGN_IN = "signin.amazonaws.com"


def event_of(found: FoundRecord, now: str) -> dict[str, Any] | None:
    """The event that EventBridge would have carried; None for what it doesn't carry.

    An envelope that came with the record stays; what it or the record lacks is filled in as AWS would have,
    the time with `now`. Its id is ours: it serves as the event's key where the record has none.
    """
    if found.envelope is not None and found.envelope.get("detail-type") and found.envelope.get("source"):
        return {"time": now, **_present(found.envelope), "id": found.event_id}
    known = _present(found.record)
    if not isinstance(known.get("userIdentity"), dict):
        known.pop("userIdentity", None)
    if "eventType" not in known and known.get("eventSource") == SIGN_IN:
        known["eventType"] = "AwsConsoleSignIn"
    try:
        event = event_bridge_envelope(known, found.event_id)
    except NotSimulated:
        return None
    return {**event, "time": event["time"] or now, "detail": found.record}


def carried_as(event_type: object, source: object) -> str | None:
    """The detail-type of a record's event, from two of the record's fields; None where there is no event."""
    if event_type is None and source == SIGN_IN:
        event_type = "AwsConsoleSignIn"
    return detail_type_of({} if event_type is None else {"eventType": event_type})


def line_of(found: FoundRecord) -> str:
    """What CloudTrail writes of it to a log group."""
    return json.dumps(found.record, separators=(",", ":"), ensure_ascii=False)


def _present(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
