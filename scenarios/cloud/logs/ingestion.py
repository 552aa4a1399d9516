"""PutLogEvents: which events it takes, and which it leaves out.

A batch that breaks a limit fails as a whole; events that are too old, too new or past the group's retention
are left out alone, and the answer says which.

Source: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html; the words
of the refusals are taken from users' reports.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from scenarios.cloud.logs.events import invalid, milliseconds

Lines = Sequence[Mapping[str, Any]]
"""Events as PutLogEvents takes them: {timestamp: milliseconds, message: text}, in the order of time."""

MOST_EVENTS = 10_000
MOST_BYTES = 1_048_576
EVENT_BYTES = 26  # what each event counts beside its message
LONGEST_SPAN = timedelta(hours=24)
OLDEST, NEWEST = timedelta(days=14), timedelta(hours=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """The result for a batch. `rejected` is the answer's rejectedLogEventsInfo, empty when all were taken.

    Its ends are exclusive, its start inclusive: `tooOldLogEventEndIndex` is the first that is not too old.
    """

    accepted: Lines
    rejected: Mapping[str, int]


def take(lines: Lines, now: datetime, oldest_kept: int) -> Taken:
    """Tell which events of a batch are ingested.

    Args:
        lines: the batch.
        now: when it arrives.
        oldest_kept: from which timestamp on the group keeps events, in milliseconds; 0: all.

    Raises:
        Refused: the batch as a whole breaks a limit.
    """
    _within_limits(lines)
    too_old, too_new = milliseconds(now - OLDEST), milliseconds(now + NEWEST)
    times = [int(line["timestamp"]) for line in lines]
    begin_old = sum(time < too_old for time in times)
    begin_kept = sum(time < oldest_kept for time in times)
    end = sum(time <= too_new for time in times)
    rejected = {
        name: index
        for name, index, holds in (
            ("tooOldLogEventEndIndex", begin_old, begin_old > 0),
            ("expiredLogEventEndIndex", begin_kept, begin_kept > 0),
            ("tooNewLogEventStartIndex", end, end < len(times)),
        )
        if holds
    }
    begin = max(begin_old, begin_kept)
    if begin < end and times[end - 1] - times[begin] > LONGEST_SPAN.total_seconds() * 1000:
        raise invalid(
            "The batch of log events in a single PutLogEvents request cannot span more than 24 hours."
        )
    return Taken(accepted=lines[begin:end], rejected=rejected)


def batches(lines: Lines) -> Iterator[Lines]:
    """Cut lines into batches that PutLogEvents takes, as agents and services do."""
    batch: list[Mapping[str, Any]] = []
    size = 0
    for line in lines:
        more = len(line["message"].encode()) + EVENT_BYTES
        span = line["timestamp"] - batch[0]["timestamp"] if batch else 0
        if batch and (
            len(batch) == MOST_EVENTS
            or size + more > MOST_BYTES
            or span > LONGEST_SPAN.total_seconds() * 1000
        ):
            yield batch
            batch, size = [], 0
        batch.append(line)
        size += more
    if batch:
        yield batch


def _within_limits(lines: Lines) -> None:
    if len(lines) > MOST_EVENTS:
        raise invalid(
            f"1 validation error detected: Value at 'logEvents' failed to satisfy constraint: "
            f"Member must have length less than or equal to {MOST_EVENTS}"
        )
    sizes = [len(line["message"].encode()) + EVENT_BYTES for line in lines]
    if max(sizes) > MOST_BYTES:
        raise invalid(f"Log event too large: {max(sizes)} bytes exceeds limit of {MOST_BYTES}")
    if sum(sizes) > MOST_BYTES:
        raise invalid(f"Upload too large: {sum(sizes)} bytes exceeds limit of {MOST_BYTES}")
    if any(line["timestamp"] > after["timestamp"] for line, after in pairwise(lines)):
        raise invalid("Log events in a single PutLogEvents request must be in chronological order.")
