"""CloudTrail Insights: what counts, what is unusual, and the record of it. Pure.

ApiCallRateInsight looks at management calls that write, ApiErrorRateInsight at the errors of all management
calls, each by region, API and (for errors) error code, in whole minutes. AWS tells what an Insights event
says and that the baseline is the seven days before it; the model that finds activity unusual is unpublished.
Ours, chosen to stay quiet where a peak has been seen before: a minute is unusual with at least ten calls, and
more than twice as many as the busiest minute of those seven days. Real Insights may tell of less: AWS's own
example has 0.6 calls a minute over a baseline of 0.00009.

Sources:
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-insights-events-with-cloudtrail.html,
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-insight-details.html
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from scenarios.cloud.cloudtrail.records.user_identity import iso

Record = Mapping[str, Any]

CALL_RATE, ERROR_RATE = "ApiCallRateInsight", "ApiErrorRateInsight"
BASELINE: Final = timedelta(days=7)
FEWEST_UNUSUAL: Final = 10
TIMES_THE_BUSIEST: Final = 2
MINUTE: Final = timedelta(minutes=1)

_MOST_ATTRIBUTED: Final = 5
_EVENT_VERSION: Final = "1.11"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What is counted. `error_code` is "" where calls are, not errors."""

    kind: str
    region: str
    source: str
    name: str
    error_code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """The calls of some minutes."""

    calls: Sequence[Record]
    minutes: int

    @property
    def average(self) -> float:
        """Calls per minute."""
        return per_minute(len(self.calls), self.minutes)

    def busiest(self) -> int:
        """The calls of the busiest minute."""
        return max(Counter(call["eventTime"][:16] for call in self.calls).values(), default=0)


def subjects(record: Record) -> Iterator[Subject]:
    """What a record counts for; nothing but API calls that manage counts."""
    if record.get("eventType") != "AwsApiCall" or record.get("eventCategory") != "Management":
        return
    about = {
        "region": record["awsRegion"],
        "source": record["eventSource"],
        "name": record["eventName"],
    }
    if not record.get("readOnly", False):
        yield Subject(kind=CALL_RATE, **about)
    if "errorCode" in record:
        yield Subject(kind=ERROR_RATE, error_code=record["errorCode"], **about)


def is_unusual(calls: int, baseline: Activity) -> bool:
    """Whether so many calls in a minute stand out from the seven days before."""
    return calls >= FEWEST_UNUSUAL and calls > TIMES_THE_BUSIEST * baseline.busiest()


def per_minute(calls: int, minutes: int) -> float:
    """An average as CloudTrail prints it, to ten places."""
    return round(calls / minutes, 10)


def insight_record(
    subject: Subject,
    state: Literal["Start", "End"],
    *,
    at: datetime,
    insight: Activity,
    baseline: Activity,
    account: str,
    event_id: str,
    shared_id: str,
) -> dict[str, Any]:
    """The record of one end of unusual activity.

    Args:
        subject: What is unusual.
        state: Which end this is.
        at: When it began or ended, aware.
        insight: The first minute for a Start, the whole activity for an End.
        baseline: The seven days before it began.
        account: The account.
        event_id: Of this record.
        shared_id: Of the two together.
    """
    about = {"state": state, "eventSource": subject.source, "eventName": subject.name}
    if subject.error_code:
        about["errorCode"] = subject.error_code
    context = {
        "statistics": {
            "baseline": {"average": baseline.average},
            "insight": {"average": insight.average},
            "insightDuration": insight.minutes,
            "baselineDuration": baseline.minutes,
        },
        "attributions": [
            {"attribute": name, "insight": _top(value, insight), "baseline": _top(value, baseline)}
            for name, value in _ATTRIBUTES.items()
        ],
    }
    return {
        "eventVersion": _EVENT_VERSION,
        "eventTime": iso(at),
        "awsRegion": subject.region,
        "eventID": event_id,
        "eventType": "AwsCloudTrailInsight",
        "recipientAccountId": account,
        "sharedEventID": shared_id,
        "insightDetails": {**about, "insightType": subject.kind, "insightContext": context},
        "eventCategory": "Insight",
    }


def _top(value: Callable[[Record], str], activity: Activity) -> list[dict[str, Any]]:
    """The five values seen most, the most frequent first; those seen alike in the order of their names."""
    counted = Counter(map(value, activity.calls))
    most = sorted(counted.items(), key=lambda item: (-item[1], item[0]))[:_MOST_ATTRIBUTED]
    return [{"value": name, "average": per_minute(calls, activity.minutes)} for name, calls in most]


def _user(record: Record) -> str:
    """A user's ARN, a role's without its session, or the service that called."""
    identity = record.get("userIdentity", {})
    arn: str = identity.get("arn") or identity.get("invokedBy") or "null"
    return arn.rpartition("/")[0] if ":assumed-role/" in arn else arn


_ATTRIBUTES: Final[Mapping[str, Callable[[Record], str]]] = {
    "userIdentityArn": _user,
    "userAgent": lambda record: str(record.get("userAgent", "null")),
    "errorCode": lambda record: str(record.get("errorCode", "null")),
}
