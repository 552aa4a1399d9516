"""A log event as CloudWatch Logs keeps it, and the patterns that it is matched with.

Source of the days: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from chalicelib.matching import InvalidPattern, LogPattern
from scenarios.cloud.kernel.errors import Refused

RETENTION_DAYS = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545),
    *(731, 1096, 1827, 2192, 2557, 2922, 3288, 3653),
)
"""How many days a group may be told to keep its events."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEvent:
    """One event as it was ingested. `id` is 56 digits, as AWS writes it."""

    id: str
    at: datetime
    ingested_at: datetime
    message: str
    stream: str

    @property
    def timestamp(self) -> int:
        """Milliseconds since the epoch."""
        return milliseconds(self.at)


def milliseconds(moment: datetime) -> int:
    """Milliseconds since the epoch, as the API of CloudWatch Logs counts time."""
    return int(moment.timestamp() * 1000)


def event_of(stream: str, stored: Any) -> LogEvent:
    """The event that moto stored in a stream."""
    return LogEvent(
        id=f"{stored.event_id:056d}",
        at=datetime.fromtimestamp(stored.timestamp / 1000, UTC),
        ingested_at=datetime.fromtimestamp(stored.ingestion_time / 1000, UTC),
        message=stored.message,
        stream=stream,
    )


def pattern_of(text: str) -> LogPattern:
    """A filter pattern, read; Logs refuses one that is none."""
    try:
        return _compiled(text)
    except InvalidPattern as error:
        raise Refused("InvalidParameterException", f"Invalid filter pattern: {error}") from error


@lru_cache(maxsize=256)
def _compiled(text: str) -> LogPattern:
    return LogPattern(text)


def group_named(name_or_arn: str) -> str:
    """The name of a log group that is given by name or by ARN, with or without `:*` behind it."""
    return name_or_arn.removesuffix(":*").rpartition(":log-group:")[2]


def no_such_group() -> Refused:
    """What Logs answers when a group isn't there."""
    return Refused("ResourceNotFoundException", "The specified log group does not exist.")


def no_such_stream() -> Refused:
    """What Logs answers when a stream isn't there."""
    return Refused("ResourceNotFoundException", "The specified log stream does not exist.")


def invalid(why: str) -> Refused:
    """What Logs answers to a parameter that it doesn't take."""
    return Refused("InvalidParameterException", why)
