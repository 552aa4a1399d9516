"""The log events behind an alarm: an alarm says that something happened, these say who did it.

Source: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, TypeVar

from chalicelib.aws_command import aws_command
from chalicelib.errors import MalformedEvent
from chalicelib.events import AlarmChange, ApiCallEvent, api_call

# CloudTrail reaches a log group within 5 minutes on average, at times 15.
TRAIL_DELAY = timedelta(minutes=15)
# A busy trail's group may answer page after page without a match; a function has 50 seconds.
MOST_PAGES = 50
# A finding is one DynamoDB item of at most 400 KB.
MOST_KEPT = 500

Kept = TypeVar("Kept")


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """One question to a log group: which events between two moments, both counted, match a pattern."""

    group: str
    pattern: str
    since: datetime
    until: datetime

    @classmethod
    def behind(
        cls, alarm: AlarmChange, group: str, pattern: str, *, delay: timedelta = TRAIL_DELAY
    ) -> "Search":
        """What may lie behind an alarm: its period, and as long before as lines take to get here."""
        period = timedelta(seconds=alarm.period_seconds)
        return cls(group=group, pattern=pattern, since=alarm.at - period - delay, until=alarm.at + period)

    def pages(self, logs: Any) -> Iterable[Mapping[str, Any]]:
        """What FilterLogEvents answers, page after page; raises what boto3 raises."""
        pages: Iterable[Mapping[str, Any]] = logs.get_paginator("filter_log_events").paginate(
            logGroupName=self.group,
            filterPattern=self.pattern,
            startTime=_milliseconds(self.since),
            endTime=_milliseconds(self.until),
        )
        return pages

    def command(self, region: str) -> str:
        """The AWS CLI command that asks the same again."""
        return aws_command(
            "logs",
            "filter-log-events",
            {
                "--log-group-name": self.group,
                "--filter-pattern": self.pattern,
                "--start-time": str(_milliseconds(self.since)),
                "--end-time": str(_milliseconds(self.until)),
                "--region": region,
            },
        )


def calls_found(
    logs: Any, search: Search, keep: Callable[[ApiCallEvent], Kept | None]
) -> tuple[tuple[Kept, ...], bool]:
    """CloudTrail's records in a log group as `keep` makes them, oldest first; and whether there are more.

    Each record once, though CloudTrail may deliver it twice. `keep` gives None for what isn't wanted.
    Raises what boto3 raises.
    """
    pages = iter(search.pages(logs))
    known: dict[str, tuple[datetime, Kept]] = {}
    for event in _calls(islice(pages, MOST_PAGES)):
        kept = keep(event)
        if kept is None:
            continue
        if len(known) == MOST_KEPT and event.key not in known:
            return _oldest_first(known), True
        known[event.key] = (event.at, kept)
    return _oldest_first(known), next(pages, None) is not None


def _oldest_first(known: Mapping[str, tuple[datetime, Kept]]) -> tuple[Kept, ...]:
    ordered = sorted(known.items(), key=lambda item: (item[1][0], item[0]))
    return tuple(kept for _, (_, kept) in ordered)


def _calls(pages: Iterable[Mapping[str, Any]]) -> Iterator[ApiCallEvent]:
    for page in pages:
        for event in page.get("events", ()):
            try:
                yield from api_call({"detail": json.loads(event.get("message", ""))})
            except (ValueError, RecursionError, MalformedEvent):
                continue  # no record, should the pattern have let it through


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
