"""Console sign-ins that failed: the log events behind a metric, which only counts them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib.events import ApiCallEvent
from chalicelib.evidence.log_events import Search, calls_found
from chalicelib.evidence.sign_in import in_words, mfa_used, succeeded, who
from chalicelib.looking import Unseen

# Wider than CIS 4.6, whose `$.errorMessage = "Failed authentication"` misses failures without a message.
PATTERN = (
    '{ ($.eventSource = "signin.amazonaws.com") && ($.eventName = "ConsoleLogin") && '
    '(($.responseElements.ConsoleLogin = "Failure") || ($.errorMessage = "*")) }'
)

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
    region: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInFailures:
    """What was found, oldest first; `more` and `could_not_read` as a `LogEvents` has them."""

    found: tuple[SignInFailure, ...] = ()
    more: bool = False
    could_not_read: Unseen | None = None


def read_failures(logs: Any, search: Search) -> SignInFailures:
    """Ask the trail's log group."""
    found = calls_found(logs, search, _failure)
    return SignInFailures(found=found.kept, more=found.more, could_not_read=found.could_not_read)


def _failure(event: ApiCallEvent) -> SignInFailure | None:
    """None for what isn't a failed sign-in, should the filter have let it through."""
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
        region=event.region,
    )
