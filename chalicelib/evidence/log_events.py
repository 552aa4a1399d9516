"""The log events behind an alarm. The alarm says that something happened, the events say who did it.

If they can't be read and trying again would not help, the result holds a sentence with the reason: the alert
goes out without a name.

Source: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Generic, TypeVar

from botocore.exceptions import ClientError

from chalicelib.errors import AWS_ERRORS, MalformedEvent, NotAllowed, foreseen
from chalicelib.events import AlarmChange, ApiCallEvent, api_call
from chalicelib.looking import Unseen, unseen
from chalicelib.wording import aws_command

# CloudTrail reaches a log group within 5 minutes on average, at times 15.
TRAIL_DELAY = timedelta(minutes=15)
# A busy trail's group may answer page after page without a match; a function has 50 seconds.
MOST_PAGES = 50
# A finding is one DynamoDB item of at most 400 KB.
MOST_KEPT = 500

Kept = TypeVar("Kept")


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """One question to a log group: which events between two moments, both counted, match a pattern.

    `came_after`: only those that came into the log after this moment; None: whenever they came.
    """

    group: str
    pattern: str
    since: datetime
    until: datetime
    came_after: datetime | None = None

    @classmethod
    def behind(
        cls, alarm: AlarmChange, group: str, pattern: str, *, delay: timedelta = TRAIL_DELAY
    ) -> "Search":
        """What may lie behind an alarm: its period, and the time that log lines may need to arrive."""
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

    def wants(self, event: Mapping[str, Any]) -> bool:
        """Whether the event came into the log late enough."""
        return self.came_after is None or event["ingestionTime"] > _milliseconds(self.came_after)

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


class LogEvents:
    """The log events that a search finds, read page after page while somebody iterates, once.

    Afterwards `more` tells whether the log holds, or may hold, more than was read, and `could_not_read` why
    reading stopped early; None if it didn't. What may pass rises from the iteration.
    """

    def __init__(self, logs: Any, search: Search) -> None:
        self._logs = logs
        self._search = search
        self.more = False
        self.could_not_read: Unseen | None = None

    def __iter__(self) -> Iterator[Mapping[str, Any]]:
        try:
            pages = iter(self._search.pages(self._logs))
            for page in islice(pages, MOST_PAGES):
                yield from (each for each in page.get("events", ()) if self._search.wants(each))
            self.more = next(pages, None) is not None
        except AWS_ERRORS as error:
            self.more, self.could_not_read = True, _why_unread(error, self._search.group)


def _why_unread(error: Exception, group: str) -> Unseen:
    code = error.response["Error"].get("Code") if isinstance(error, ClientError) else ""
    if code == "ResourceNotFoundException":
        return Unseen(why=f"there is no log group {group}")
    if isinstance(foreseen(error), NotAllowed):
        return unseen(error, f"not allowed to read the log group {group} ({{}})")
    return unseen(error, f"reading the log group {group}: {{}}")


def unread(what: str, why: Unseen, *, after_some: bool) -> tuple[str, str]:
    """The fact that says what could not be read: in place of `what`, or beside it where some of it was."""
    return (
        ("Not all", f"the rest could not be read: {why}")
        if after_some
        else (what, f"could not be read: {why}")
    )


def text_of(group: str) -> tuple[str, str]:
    """The fact that says what the others are worth: a line may name whomever its writer likes."""
    return "Known from", f"text in the log group {group}; whoever may write there can name anybody"


def proving(event_id: str, region: str) -> str:
    """The command that asks CloudTrail itself whether a record is genuine: nobody else writes its history."""
    options = {"--lookup-attributes": f"AttributeKey=EventId,AttributeValue={event_id}", "--region": region}
    return aws_command("cloudtrail", "lookup-events", options)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallsFound(Generic[Kept]):
    """What a search came to, oldest first; `more` and `could_not_read` as a `LogEvents` has them."""

    kept: tuple[Kept, ...] = ()
    more: bool = False
    could_not_read: Unseen | None = None


def calls_found(logs: Any, search: Search, keep: Callable[[ApiCallEvent], Kept | None]) -> CallsFound[Kept]:
    """CloudTrail's records in a log group, as `keep` makes them.

    Each record once, though CloudTrail may deliver it twice. `keep` gives None for what isn't wanted.
    """
    reading = LogEvents(logs, search)
    known: dict[str, tuple[datetime, Kept]] = {}
    for event in _calls(reading):
        kept = keep(event)
        if kept is None:
            continue
        if len(known) == MOST_KEPT and event.key not in known:
            return CallsFound(kept=_oldest_first(known), more=True)
        known[event.key] = (event.at, kept)
    return CallsFound(kept=_oldest_first(known), more=reading.more, could_not_read=reading.could_not_read)


def _oldest_first(known: Mapping[str, tuple[datetime, Kept]]) -> tuple[Kept, ...]:
    ordered = sorted(known.items(), key=lambda item: (item[1][0], item[0]))
    return tuple(kept for _, (_, kept) in ordered)


def _calls(events: Iterable[Mapping[str, Any]]) -> Iterator[ApiCallEvent]:
    for event in events:
        try:
            yield from api_call({"detail": json.loads(event.get("message", ""))})
        except (ValueError, RecursionError, MalformedEvent):
            continue  # no record, should the pattern have let it through


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
