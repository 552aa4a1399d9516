"""`@ptr`: what leads from a row of an answer back to its event. On AWS, too, it says nothing to a reader."""

import base64
import binascii
import json
from dataclasses import dataclass

from scenarios.cloud.logs.events import LogEvent, invalid


@dataclass(frozen=True, slots=True, kw_only=True)
class Pointed:
    """Where an event is."""

    account: str
    region: str
    group: str
    stream: str
    event_id: str


def pointer(account: str, region: str, group: str, event: LogEvent) -> str:
    """What leads back to an event."""
    return base64.b64encode(json.dumps([account, region, group, event.stream, event.id]).encode()).decode()


def pointed_at(text: str) -> Pointed:
    """Where a pointer leads. Raises Refused for a text that is none."""
    try:
        account, region, group, stream, event_id = map(str, json.loads(base64.b64decode(text, validate=True)))
    except (binascii.Error, ValueError, TypeError) as error:
        raise invalid("The specified logRecordPointer is invalid.") from error
    return Pointed(account=account, region=region, group=group, stream=stream, event_id=event_id)
