"""The ledger's table: its keys, its times, and what its errors mean."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

PK, SK, EXPIRES = "pk", "sk", "expires"


Item = Mapping[str, Any]


def lost(error: ClientError) -> bool:
    """A conditional write found that somebody else was there before."""
    return bool(error.response["Error"]["Code"] == "ConditionalCheckFailedException")


def stamp(moment: datetime) -> str:
    """ISO 8601 in UTC with milliseconds, so that text order is time order."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def expiry(moment: datetime) -> dict[str, str]:
    """As DynamoDB's time to live wants it: seconds since 1970."""
    return {"N": str(int(moment.timestamp()))}
