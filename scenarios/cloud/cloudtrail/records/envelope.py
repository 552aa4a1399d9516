"""A CloudTrail record as EventBridge carries it.

Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html
"""

from collections.abc import Mapping
from typing import Any, Final

from scenarios.cloud.kernel.errors import NotSimulated

_DETAIL_TYPES: Final[Mapping[str, str]] = {
    "AwsApiCall": "AWS API Call via CloudTrail",
    "AwsConsoleAction": "AWS Console Action via CloudTrail",
    # AWS prints both spellings, of the event type and of the detail-type; this is what arrives.
    "AwsConsoleSignIn": "AWS Console Sign In via CloudTrail",
    "AwsConsoleSignin": "AWS Console Sign In via CloudTrail",
    "AwsCloudTrailInsight": "AWS Insight via CloudTrail",
    "AwsServiceEvent": "AWS Service Event via CloudTrail",
}


DETAIL_TYPES: Final = tuple(dict.fromkeys(_DETAIL_TYPES.values()))


def event_bridge_envelope(record: Mapping[str, Any], event_id: str) -> dict[str, Any]:
    """The event that a rule matches: `record` is its `detail`, `event_id` its own `id` (not the record's).

    A record from elsewhere may lack what CloudTrail always writes: account, time and region are then "".

    Raises:
        NotSimulated: for a record of a kind that EventBridge is not documented to deliver.
    """
    return {
        "version": "0",
        "id": event_id,
        "detail-type": _detail_type(record),
        "source": source_of(record),
        "account": _account(record),
        "time": record.get("eventTime", ""),
        "region": record.get("awsRegion", ""),
        "resources": [],
        "detail": record,
    }


def _detail_type(record: Mapping[str, Any]) -> str:
    found = detail_type_of(record)
    if found is None:
        raise NotSimulated("events", f"CloudTrail records of type {record.get('eventType')}")
    return found


def detail_type_of(record: Mapping[str, Any]) -> str | None:
    """The detail-type of a record's event; None for records that EventBridge is not documented to deliver."""
    event_type = record.get("eventType", "AwsApiCall")
    return _DETAIL_TYPES.get(event_type) if isinstance(event_type, str) else None


def source_of(record: Mapping[str, Any]) -> str:
    """`aws.` and the event source's first part; an Insights record has none and comes from CloudTrail."""
    source: str = record.get("eventSource", "cloudtrail.amazonaws.com")
    return f"aws.{source.removesuffix('.amazonaws.com')}"


def _account(record: Mapping[str, Any]) -> str:
    account: str = record.get("recipientAccountId") or record.get("userIdentity", {}).get("accountId", "")
    return account
