"""CloudTrail's event history: management and Insights events of the last 90 days, by region, trail or not.

LookupEvents is answered where botocore's own retries see it, since it is limited to two requests a second in
each region; what is beyond is throttled.

Source: https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from botocore.awsrequest import AWSResponse

from scenarios.cloud.asked import Asked
from scenarios.cloud.cloudtrail.delivery.digests import list_public_keys
from scenarios.cloud.cloudtrail.delivery.signing_keys import keys_of
from scenarios.cloud.cloudtrail.history.resources import resources
from scenarios.cloud.kernel.errors import Refused
from scenarios.cloud.kernel.moto_hooks import answer_of
from scenarios.cloud.kernel.recorded import Records
from scenarios.cloud.setting import Setting

KEPT: Final = timedelta(days=90)
MOST_A_PAGE: Final = 50
MOST_A_SECOND: Final = 2

Record = Mapping[str, Any]

_OPERATION: Final = "LookupEvents"
_OF_INSIGHTS: Final = ("EventId", "EventName", "EventSource")


class EventHistory:
    """What LookupEvents and ListPublicKeys answer."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._records: list[tuple[datetime, Record]] = []
        self._insights: list[tuple[datetime, Record]] = []
        self._asked: dict[str, list[datetime]] = {}
        setting.calls.answer("cloudtrail", "ListPublicKeys", self._list_public_keys)
        setting.calls.by_the_long_way("cloudtrail", _OPERATION)

    def add(self, record: Record, *, visible_from: datetime) -> None:
        """Remember a management or Insights event; it is found from `visible_from` on."""
        kept = self._insights if record.get("eventCategory") == "Insight" else self._records
        kept.append((visible_from, record))

    def records(self) -> Iterator[Record]:
        """The management events so far, found already or not."""
        return (record for _, record in self._records)

    # ---- LookupEvents ---------------------------------------------------------------------------

    def answer(self, service: str, request: Any) -> AWSResponse | None:
        """Answer a request in moto's place if it is LookupEvents; None lets it through."""
        target = request.headers.get("X-Amz-Target", b"")
        if service != "cloudtrail" or _OPERATION not in (
            target.decode() if isinstance(target, bytes) else target
        ):
            return None
        try:
            region = str(request.url).split("cloudtrail.")[1].split(".")[0]
            self._limit(region)
            body, status = self._look_up(json.loads(request.body), region), 200
        except Refused as refused:
            body, status = {"__type": refused.code, "message": refused.message}, refused.status
        headers = {"content-type": "application/x-amz-json-1.1"}
        return answer_of(request, status, headers, json.dumps(body))

    def _limit(self, region: str) -> None:
        now = self._setting.clock.now
        recent = [at for at in self._asked.get(region, ()) if now - at < timedelta(seconds=1)]
        if len(recent) >= MOST_A_SECOND:
            raise Refused("ThrottlingException", "Rate exceeded")
        self._asked[region] = [*recent, now]

    def _look_up(self, parameters: Mapping[str, Any], region: str) -> dict[str, Any]:
        """This region's, newest first."""
        wanted = self._wanted(parameters)
        of_insights = _of_insights(parameters)
        found = [
            record
            for visible_from, record in reversed(self._insights if of_insights else self._records)
            if visible_from <= self._setting.clock.now and record["awsRegion"] == region and wanted(record)
        ]
        found.sort(key=lambda record: str(record["eventTime"]), reverse=True)
        begin, size = _page(parameters)
        rows = [_row(record, self._setting.records) for record in found[begin : begin + size]]
        page: dict[str, Any] = {"Events": rows}
        if begin + size < len(found):
            page["NextToken"] = f"{_fingerprint(parameters)}-{begin + size}"
        return page

    def _wanted(self, parameters: Mapping[str, Any]) -> Callable[[Record], bool]:
        """What the time range and the one attribute pick."""
        now = self._setting.clock.now
        since = max(_aware(parameters.get("StartTime"), now - KEPT), now - KEPT)
        until = _aware(parameters.get("EndTime"), now)
        if _aware(parameters.get("StartTime"), since) > until:
            raise Refused("InvalidTimeRangeException", "End time cannot be less than start time.")
        attribute, records = _attribute(parameters), self._setting.records

        def wanted(record: Record) -> bool:
            if not since <= datetime.fromisoformat(record["eventTime"]) <= until:
                return False
            return attribute is None or attribute[1] in _ATTRIBUTES[attribute[0]](record, records)

        return wanted

    # ---- ListPublicKeys -------------------------------------------------------------------------

    def _list_public_keys(self, asked: Asked) -> dict[str, Any]:
        now = self._setting.clock.now
        since = _aware(asked.parameters.get("StartTime"), now)
        until = _aware(asked.parameters.get("EndTime"), now)
        if until < since:
            raise Refused("InvalidTimeRangeException", "End time cannot be less than start time.")
        return list_public_keys(since, until, keys=keys_of(asked.region, since, min(until, now)))


# ---- what is asked ------------------------------------------------------------------------------


def _of_insights(parameters: Mapping[str, Any]) -> bool:
    category = parameters.get("EventCategory")
    if category not in (None, "insight"):
        raise Refused("InvalidEventCategoryException", f"The event category {category} is not valid.")
    return category == "insight"


def _attribute(parameters: Mapping[str, Any]) -> tuple[str, str] | None:
    given = parameters.get("LookupAttributes") or []
    if len(given) > 1:
        raise Refused(
            "InvalidLookupAttributesException", "You can specify only one lookup attribute at a time."
        )
    if not given:
        return None
    key, value = given[0]["AttributeKey"], given[0]["AttributeValue"]
    if key not in (_OF_INSIGHTS if _of_insights(parameters) else _ATTRIBUTES):
        raise Refused("InvalidLookupAttributesException", f"The lookup attribute {key} is not valid.")
    return key, value


def _page(parameters: Mapping[str, Any]) -> tuple[int, int]:
    """Where a page begins, and how many it holds. A token belongs to the request it was the answer to."""
    size = int(parameters.get("MaxResults", MOST_A_PAGE))
    if not 1 <= size <= MOST_A_PAGE:
        raise Refused(
            "InvalidMaxResultsException",
            f"A max results value of {size} is invalid. Specify max results between 1 and {MOST_A_PAGE}.",
        )
    token = str(parameters.get("NextToken", f"{_fingerprint(parameters)}-0"))
    of_request, _, begin = token.rpartition("-")
    if of_request != _fingerprint(parameters) or not begin.isdecimal():
        raise Refused("InvalidNextTokenException", "Invalid token.")
    return int(begin), size


def _fingerprint(parameters: Mapping[str, Any]) -> str:
    same = {key: value for key, value in parameters.items() if key not in ("NextToken", "MaxResults")}
    return hashlib.sha256(json.dumps(same, sort_keys=True).encode()).hexdigest()[:32]


def _aware(given: Any, default: datetime) -> datetime:
    if given is None:
        return default
    if not isinstance(given, datetime):
        return datetime.fromtimestamp(float(given), UTC)
    return given.replace(tzinfo=UTC) if given.tzinfo is None else given


# ---- what is answered ---------------------------------------------------------------------------


def _username(record: Record) -> str:
    identity = record.get("userIdentity", {})
    if identity.get("type") == "Root":
        return "root"
    return str(identity.get("userName") or str(identity.get("principalId", "")).rpartition(":")[2])


def _about(record: Record, name: str) -> str:
    """`eventName` or `eventSource`, which an Insights event has in its details."""
    return str(record.get(name) or record.get("insightDetails", {}).get(name, ""))


def _read_only(record: Record) -> str:
    return str(record.get("readOnly", False)).lower()


def _access_key(record: Record) -> str:
    return str(record.get("userIdentity", {}).get("accessKeyId", ""))


# What the record has for each attribute; letter case counts.
_ATTRIBUTES: Final[Mapping[str, Callable[[Record, Records], Sequence[str]]]] = {
    "AccessKeyId": lambda record, _: [_access_key(record)],
    "EventId": lambda record, _: [record["eventID"]],
    "EventName": lambda record, _: [_about(record, "eventName")],
    "EventSource": lambda record, _: [_about(record, "eventSource")],
    "ReadOnly": lambda record, _: [_read_only(record)],
    "ResourceName": lambda record, records: [name for _, name in resources(record, records)],
    "ResourceType": lambda record, records: [kind for kind, _ in resources(record, records)],
    "Username": lambda record, _: [_username(record)],
}


def _row(record: Record, records: Records) -> dict[str, Any]:
    row = {
        "EventId": record["eventID"],
        "EventName": _about(record, "eventName"),
        "EventTime": datetime.fromisoformat(record["eventTime"]).timestamp(),
        "EventSource": _about(record, "eventSource"),
        "Resources": [
            {"ResourceType": kind, "ResourceName": name} for kind, name in resources(record, records)
        ],
        "CloudTrailEvent": json.dumps(record),
    }
    if record.get("eventCategory") == "Insight":
        return row
    row |= {"ReadOnly": _read_only(record), "Username": _username(record)}
    key = _access_key(record)
    return {**row, "AccessKeyId": key} if key else row
