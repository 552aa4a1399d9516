"""What else the same credentials did in the hour before, as CloudTrail's event history knows it.

Event history is asked once, for one page: it has a call some minutes after it, takes two questions a second
in each account and region, and holds management events only, each in the region that recorded it. So this is
a help for who reads the alert, and nothing is decided by it. Where it can't be read, the alert says so.

Source: https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from chalicelib.aws import Aws
from chalicelib.errors import AWS_ERRORS, foreseen
from chalicelib.events import ApiCallEvent
from chalicelib.looking import Unseen
from chalicelib.remediation import Grant
from chalicelib.wording import aws_command, most_first, some

LOOKED_BACK = timedelta(hours=1)
GRANTS = (Grant(action="cloudtrail:LookupEvents", resource="*", because="event history takes no resource"),)
_TIME = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lately:
    """Calls by name, each with how often, the most frequent first; `more`: there were more than one page."""

    calls: tuple[tuple[str, int], ...] = ()
    more: bool = False
    could_not_read: Unseen | None = None


def lately(aws: Aws, event: ApiCallEvent) -> Lately:
    """What event history holds of these credentials; no error rises, whatever becomes of the question."""
    asked = _attribute(event)
    if asked is None:
        return Lately(could_not_read=Unseen(why="the record names no credentials"))
    name, value = asked
    try:
        found = aws.client("cloudtrail", event.region).lookup_events(
            LookupAttributes=[{"AttributeKey": name, "AttributeValue": value}],
            StartTime=event.at - LOOKED_BACK,
            EndTime=event.at,
        )
    except AWS_ERRORS as error:
        return Lately(could_not_read=Unseen.of(foreseen(error)))
    names = [str(each["EventName"]) for each in found["Events"] if each.get("EventId") != event.key]
    return Lately(calls=tuple(most_first(names)), more="NextToken" in found)


def lately_facts(event: ApiCallEvent, found: Lately) -> Iterator[tuple[str, str]]:
    """What of it an alert says: the calls, or why they could not be read, and how to look again."""
    if found.could_not_read:
        yield "Hour before", f"Could not look: {found.could_not_read}"
    elif found.calls:
        counted = [name if count == 1 else f"{name} ({count})" for name, count in found.calls]
        yield "Hour before", some(counted) + (", and more" if found.more else "")
    else:
        yield "Hour before", "no other call by these credentials is known yet"
    asked = _attribute(event)
    if asked is not None:
        yield "Look again with", _command(event, *asked)


def _attribute(event: ApiCallEvent) -> tuple[str, str] | None:
    """One attribute is all that event history takes: the access key, of a session too, else the name."""
    if event.actor.access_key_id:
        return "AccessKeyId", event.actor.access_key_id
    name = event.actor.session or event.actor.name
    return ("Username", name) if name else None


def _command(event: ApiCallEvent, name: str, value: str) -> str:
    return aws_command(
        "cloudtrail",
        "lookup-events",
        {
            "--lookup-attributes": f"AttributeKey={name},AttributeValue={value}",
            "--start-time": (event.at - LOOKED_BACK).strftime(_TIME),
            "--region": event.region,
        },
    )
