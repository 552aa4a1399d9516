"""Who made a resource so: the calls about it that CloudTrail's event history has, between its two items.

An item shows what every call had done by then, so the calls after the earlier item count. One that names the
resource counts first. Where there is none, calls count that name what came to the resource or left it: a
security group is unused because an instance was terminated.

Event history has the calls of 90 days, management events alone, each some minutes after it was made.

Source: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/view-cloudtrail-events.html
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib.aws import Aws
from chalicelib.events import call_of_history
from chalicelib.evidence.event_history import EventHistory

MOST_ASKED = 4  # names, each a question to event history
MOST_DEEDS = 5
LONGEST_TEXT = 256
# IAM stands in no region, and its calls are recorded in this one.
_GLOBAL, _OF_GLOBAL = "AWS::IAM::", "us-east-1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """A call that may have made it so."""

    id: str
    at: datetime
    name: str
    who: str
    principal: str
    address: str
    about: str


def region_of(kind: str, region: str) -> str:
    """Where calls about resources of a type are recorded."""
    return _OF_GLOBAL if kind.startswith(_GLOBAL) else region


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is asked for: calls about a resource, by its id or its name, or else about what is `related`.

    `kind`: its type, since resources of several types may have one name. `since`: when its earlier item was
    captured; None where it has none. `until`: when its later one was.
    """

    region: str
    kind: str
    id: str
    name: str
    related: Sequence[str]
    since: datetime | None
    until: datetime


def deeds_of(aws: Aws, wanted: Wanted) -> tuple[Deed, ...]:
    """The calls, newest first; raises what CloudTrail raises."""
    history = EventHistory(aws, wanted.region)
    own = list(dict.fromkeys(filter(None, (wanted.id, wanted.name))))
    found = [each for name in own for each in _asked(history, wanted, name)]
    if not found:
        others = [each for each in wanted.related if each not in own][: MOST_ASKED - len(own)]
        found = [each for name in others for each in _asked(history, wanted, name)]
    by_id = {each.id: each for each in found}
    return tuple(sorted(by_id.values(), key=lambda each: (each.at, each.id), reverse=True)[:MOST_DEEDS])


def _asked(history: EventHistory, wanted: Wanted, name: str) -> Iterator[Deed]:
    begin = {"StartTime": wanted.since} if wanted.since else {}
    answer = history.look_up(
        LookupAttributes=[{"AttributeKey": "ResourceName", "AttributeValue": name}],
        EndTime=wanted.until,
        **begin,
    )
    for each in answer["Events"]:
        if name == wanted.name != wanted.id and not _names(each, wanted.kind, name):
            continue
        for call in call_of_history(each):
            if not call.failed and each.get("ReadOnly") != "true" and call.at <= wanted.until:
                yield Deed(
                    id=call.key,
                    at=call.at,
                    name=call.name,
                    who=call.actor.label[:LONGEST_TEXT],
                    principal=call.principal,
                    address=call.source_ip[:LONGEST_TEXT],
                    about=name,
                )


def _names(found: Any, kind: str, name: str) -> bool:
    """Whether a call is about a resource of this type and name."""
    named = [(each.get("ResourceType"), each.get("ResourceName")) for each in found.get("Resources", ())]
    return (kind, name) in named
