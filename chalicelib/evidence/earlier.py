"""Earlier calls of one name, as CloudTrail's event history knows them: what was set before.

It has a call some minutes after it, keeps it for 90 days, and is asked for one page.

Source: https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from chalicelib.aws import Aws
from chalicelib.events import ApiCallEvent, call_of_history


def earlier_calls(
    aws: Aws, event: ApiCallEvent, name: str, *, since: datetime | None = None
) -> Iterator[ApiCallEvent]:
    """The calls of this name before an event that succeeded, in its region, the newest first.

    `since`: from then on. Raises what CloudTrail raises.
    """
    asked: dict[str, Any] = {"StartTime": since} if since else {}
    found = aws.client("cloudtrail", event.region).lookup_events(
        LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": name}],
        EndTime=event.at - timedelta(seconds=1),
        **asked,
    )
    for call in (call for each in found["Events"] for call in call_of_history(each)):
        if not call.failed and call.key != event.key:
            yield call
