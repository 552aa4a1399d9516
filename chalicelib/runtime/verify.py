"""An event is verified before what it says leads to an act.

Whoever may invoke a function, or put events on its bus, can make up a call of anybody's. So a way that acts
says how its events are proven. By state: what is done is right for the state that the look has found,
whatever the event says. By history: CloudTrail's event history, which only AWS writes, holds this very call.

Event history has a call some minutes after it (5 on average, AWS says; up to 15), takes two questions a
second in each account and region, and keeps 90 days of management events. So what isn't there yet is reported
as unconfirmed, put off, and asked again; what isn't there after 20 minutes was made up.

Sources: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/view-cloudtrail-events.html,
https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from chalicelib.aws import Aws
from chalicelib.errors import AWS_ERRORS, foreseen
from chalicelib.events import ApiCallEvent
from chalicelib.ledger.claims import CLAIMS_KEPT
from chalicelib.ledger.entries import LedgerEntry
from chalicelib.remediation import Alert, Event, Outcome, ProvenBy, Severity, Way
from chalicelib.runtime.expected import SETTLED, known_calls
from chalicelib.runtime.gate import Ruling, Verdict
from chalicelib.wording import span, when

# Between two questions; event history is asked four times or so.
ASKED_AGAIN_SECONDS = 300
_LABELS = ("Unconfirmed", "Refused", "Confirmed")
# A reader of subject lines is to know it from what was done.
_NOT_YET = "Unconfirmed: "
_MADE_UP = (
    "Somebody who may invoke this function or put events on its bus made it up: look for Invoke (a data "
    "event) and PutEvents in CloudTrail, take the permission away, and stop the principal that had it."
)


def verdict_on(event: Event, way: Way[Any, Any], aws: Aws, now: datetime) -> Verdict:
    """Whether the event may lead to an act.

    Event history is asked unless the way says that the state is proof enough.
    """
    if way.proof and way.proof.by is ProvenBy.STATE:
        return Verdict(confirmed=True)
    if not isinstance(event, ApiCallEvent):
        return Verdict(why="event history knows calls, and this is none", refused=True)
    if now - event.at > CLAIMS_KEPT:
        old = f"it says that it is of {when(event.at)}: no queue keeps an event so long"
        return Verdict(why=old, refused=True)
    try:
        calls = known_calls(aws, event.region or aws.region, event.key)
    except AWS_ERRORS as error:
        known = foreseen(error)
        why = f"CloudTrail's event history could not be asked: {known}"
        return Verdict(why=why, error=known if now - event.at > SETTLED else None, not_asked=known)
    return _of_history(event, calls, now - event.at)


def _of_history(event: ApiCallEvent, calls: Sequence[ApiCallEvent], age: timedelta) -> Verdict:
    """What event history says of a call of this age."""
    if any(_told(call) == _told(event) for call in calls):
        return Verdict(confirmed=True)
    if calls:
        return Verdict(why="CloudTrail's event history has another call under this id", refused=True)
    if age > SETTLED:
        why = f"CloudTrail's event history does not know this call, {span(age)} later"
        return Verdict(why=why, refused=True)
    return Verdict(why="CloudTrail's event history does not know this call yet; it is asked for 20 minutes")


def _told(call: ApiCallEvent) -> tuple[object, ...]:
    """What of a call leads to an act."""
    return (
        call.key,
        call.account,
        call.region,
        call.source,
        call.name,
        call.principal,
        call.at,
        call.failed,
        call.parameters,
        call.response,
    )


def judged(entry: LedgerEntry, ruling: Ruling) -> LedgerEntry:
    """The finding with what was found about its event in its alerts."""
    if ruling.outcome is Outcome.UNCONFIRMED:
        return _said(entry, ("Unconfirmed", ruling.why), before=_NOT_YET)
    if ruling.outcome is Outcome.REFUSED:
        refused = _said(entry, ("Refused", f"{ruling.why}. {_MADE_UP}"))
        return replace(
            refused, quiet=frozenset(), plan=replace(refused.plan, alerts=_made_up(refused.plan.alerts))
        )
    if entry.outcome is Outcome.UNCONFIRMED:
        known = _said(entry, ("Confirmed", "CloudTrail's event history knows this call"))
        return replace(known, quiet=frozenset())
    return entry


def _said(entry: LedgerEntry, fact: tuple[str, str], before: str = "") -> LedgerEntry:
    """The finding with this one of our facts in its alerts. `before`: what their titles begin with."""
    alerts = tuple(
        replace(
            each,
            title=f"{before}{each.title.removeprefix(_NOT_YET)}",
            facts=(fact, *(known for known in each.facts if known[0] not in _LABELS)),
        )
        for each in entry.plan.alerts
    )
    return replace(entry, plan=replace(entry.plan, alerts=alerts))


def _made_up(alerts: Sequence[Alert]) -> tuple[Alert, ...]:
    return tuple(
        replace(each, severity=Severity.CRITICAL, title=f"Refused, for it is made up: {each.title}")
        for each in alerts
    )


def asked_again_after(event: Event, now: datetime) -> timedelta:
    """How long to wait before event history is asked again: at the last, when it would know the call."""
    left = event.at + SETTLED + timedelta(seconds=5) - now
    soonest, latest = timedelta(seconds=60), timedelta(seconds=ASKED_AGAIN_SECONDS)
    return min(latest, max(left, soonest))
