"""Console sign-ins that failed: the log events behind a metric, which only counts them.

Source: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from chalicelib.aws_command import aws_command
from chalicelib.errors import MalformedEvent
from chalicelib.events import ApiCallEvent, api_call
from chalicelib.sign_in import in_words, mfa_used, succeeded, who

# Wider than CIS 4.6, whose `$.errorMessage = "Failed authentication"` misses failures without a message.
PATTERN = (
    '{ ($.eventSource = "signin.amazonaws.com") && ($.eventName = "ConsoleLogin") && '
    '(($.responseElements.ConsoleLogin = "Failure") || ($.errorMessage = "*")) }'
)

# A busy trail's group may answer page after page without a match; a function has 50 seconds.
MOST_PAGES = 50
# A finding is one DynamoDB item of at most 400 KB.
MOST_KEPT = 500
LONGEST_TEXT = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInFailure:
    """One sign-in that failed, in words: what people typed and AWS recorded, cut to a sensible length."""

    event_id: str
    at: datetime
    who: str
    root: bool
    address: str
    mfa: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInFailures:
    """What was found, oldest first. `more`: the log held more than was read."""

    found: tuple[SignInFailure, ...] = ()
    more: bool = False
    could_not_look: str = ""


def search_command(group: str, region: str, since: datetime, until: datetime) -> str:
    """The AWS CLI command that asks the same again."""
    return aws_command(
        "logs",
        "filter-log-events",
        {
            "--log-group-name": group,
            "--filter-pattern": PATTERN,
            "--start-time": str(_milliseconds(since)),
            "--end-time": str(_milliseconds(until)),
            "--region": region,
        },
    )


def read_failures(logs: Any, group: str, since: datetime, until: datetime) -> SignInFailures:
    """Ask the trail's log group for the span, both ends counted; raises what boto3 raises."""
    pages = iter(
        logs.get_paginator("filter_log_events").paginate(
            logGroupName=group,
            filterPattern=PATTERN,
            startTime=_milliseconds(since),
            endTime=_milliseconds(until),
        )
    )
    known: dict[str, SignInFailure] = {}
    for failure in _failures(islice(pages, MOST_PAGES)):
        if len(known) == MOST_KEPT and failure.event_id not in known:
            return _sorted(known, more=True)
        known[failure.event_id] = failure  # CloudTrail may deliver a record twice
    return _sorted(known, more=next(pages, None) is not None)


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def _sorted(known: Mapping[str, SignInFailure], *, more: bool) -> SignInFailures:
    found = sorted(known.values(), key=lambda failure: (failure.at, failure.event_id))
    return SignInFailures(found=tuple(found), more=more)


def _failures(pages: Iterator[Mapping[str, Any]]) -> Iterator[SignInFailure]:
    for page in pages:
        for event in page.get("events", ()):
            failure = _failure(event.get("message", ""))
            if failure:
                yield failure


def _failure(message: str) -> SignInFailure | None:
    """None for what isn't a failed sign-in, should the filter have let it through."""
    try:
        (event,) = api_call({"detail": json.loads(message)})
    except (ValueError, RecursionError, MalformedEvent):
        return None
    if event.name != "ConsoleLogin" or succeeded(event) is not False:
        return None
    return _of(event)


def _of(event: ApiCallEvent) -> SignInFailure:
    return SignInFailure(
        event_id=event.key,
        at=event.at,
        who=who(event)[:LONGEST_TEXT],
        root=event.actor.type == "Root",
        address=event.source_ip[:LONGEST_TEXT],
        mfa=in_words(mfa_used(event)),
        reason=event.error_message[:LONGEST_TEXT],
    )
