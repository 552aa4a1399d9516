"""CloudTrail's event history: management events of the last 90 days, by region, trail or not.

Source: https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from scenarios.cloud.calls import Asked, Refused
from scenarios.cloud.cloudtrail.digests import list_public_keys
from scenarios.cloud.errors import NotSimulated
from scenarios.cloud.setting import Setting

KEPT = timedelta(days=90)
MOST_A_PAGE = 50

Record = Mapping[str, Any]


class EventHistory:
    """What LookupEvents and ListPublicKeys answer."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._records: list[tuple[datetime, Record]] = []
        setting.calls.answer("cloudtrail", "LookupEvents", self._lookup_events)
        setting.calls.answer("cloudtrail", "ListPublicKeys", self._list_public_keys)

    def add(self, record: Record, *, visible_from: datetime) -> None:
        """Remember a record; it is found from `visible_from` on."""
        self._records.append((visible_from, record))

    def _lookup_events(self, asked: Asked) -> dict[str, Any]:
        """This region's, newest first."""
        parameters, now = asked.parameters, self._setting.clock.now
        since = max(_aware(parameters.get("StartTime"), now - KEPT), now - KEPT)
        until = _aware(parameters.get("EndTime"), now)
        if until < since:
            raise Refused("InvalidTimeRangeException", "End time cannot be less than start time.")
        attributes = {
            each["AttributeKey"]: each["AttributeValue"] for each in parameters.get("LookupAttributes", ())
        }
        if len(attributes) > 1:
            raise Refused(
                "InvalidLookupAttributesException", "You can specify only one lookup attribute at a time."
            )
        found = [
            record
            for visible_from, record in reversed(self._records)
            if visible_from <= now
            and record["awsRegion"] == asked.region
            and since <= datetime.fromisoformat(record["eventTime"]) <= until
            and all(_attribute(record, name) == value for name, value in attributes.items())
        ]
        begin = int(parameters.get("NextToken", "0"))
        end = begin + int(parameters.get("MaxResults", MOST_A_PAGE))
        answer: dict[str, Any] = {"Events": [_row(record) for record in found[begin:end]]}
        return {**answer, "NextToken": str(end)} if end < len(found) else answer

    def _list_public_keys(self, asked: Asked) -> dict[str, Any]:
        now = self._setting.clock.now
        since = _aware(asked.parameters.get("StartTime"), now)
        until = _aware(asked.parameters.get("EndTime"), now)
        if until < since:
            raise Refused("InvalidTimeRangeException", "End time cannot be less than start time.")
        return list_public_keys(since, until)


def _aware(given: Any, default: datetime) -> datetime:
    if given is None:
        return default
    if not isinstance(given, datetime):
        return datetime.fromtimestamp(float(given), UTC)
    return given.replace(tzinfo=UTC) if given.tzinfo is None else given


def _attribute(record: Record, name: str) -> Any:
    match name:
        case "EventId":
            return record.get("eventID")
        case "EventName":
            return record.get("eventName")
        case "EventSource":
            return record.get("eventSource")
        case "ReadOnly":
            return str(record.get("readOnly", False)).lower()
        case "AccessKeyId":
            return record.get("userIdentity", {}).get("accessKeyId")
        case "Username":
            return _username(record)
        case _:
            raise NotSimulated("cloudtrail", f"LookupEvents by {name}")


def _username(record: Record) -> str:
    identity = record.get("userIdentity", {})
    if identity.get("type") == "Root":
        return "root"
    return str(identity.get("userName") or str(identity.get("principalId", "")).rpartition(":")[2])


def _row(record: Record) -> dict[str, Any]:
    return {
        "EventId": record["eventID"],
        "EventName": record["eventName"],
        "ReadOnly": _attribute(record, "ReadOnly"),
        "AccessKeyId": _attribute(record, "AccessKeyId") or "",
        "EventTime": datetime.fromisoformat(record["eventTime"]),
        "EventSource": record["eventSource"],
        "Username": _username(record),
        "Resources": [],
        "CloudTrailEvent": json.dumps(record),
    }
