"""Calls of the function's own role are held against the plans that made them.

A call of ours comes back to us as an event. One that a stored plan holds, begun or done, is recorded. One
that no plan holds was made by somebody who has our role, or by changed code: CRITICAL, and then it is handled
like anybody's.

Held are the operation, every plain parameter that the record tells, and a bucket's policy: CloudTrail's
records write larger documents in shapes of their own, and leave secrets out.

Source: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from chalicelib.events import ApiCallEvent
from chalicelib.ledger.entries import LedgerEntry
from chalicelib.remediation import Alert, Call, CallProgress, Severity
from chalicelib.wording import when

MOST_LOOKED_THROUGH = 50  # findings, beside those that took a place of the hour's
_UNDO_BEGUN = (CallProgress.UNDOING, CallProgress.UNDONE, CallProgress.PERHAPS_UNDONE)
_NOT_BEGUN = (None, CallProgress.DROPPED)
# boto3's name of a service, where its event source has another one.
_SERVICES = {"monitoring": "cloudwatch"}
_RENAMED = {("s3", "Bucket"): "bucketName"}
_LEFT_OUT = "HIDDEN_DUE_TO_SECURITY_REASONS"
_ADVICE = """\
Only the function itself uses this role, and it notes each call before it makes it. Either somebody has \
credentials of the role (who may pass it, assume it, or run code under it?), or the function's code is not \
the deployed one. End the role's sessions: attach a policy that denies all to tokens issued before now; then \
deploy the stack again."""


def holder(event: ApiCallEvent, entries: Iterable[LedgerEntry]) -> LedgerEntry | None:
    """The first finding with a call, begun or done, that this event is the record of.

    What was planned in answer to this event has not made it: a retry meets such a plan.
    """
    others = (each for each in entries if each.event_key != event.key)
    return next((each for each in others if any(_is_it(call, event) for call in _made(each))), None)


def _made(entry: LedgerEntry) -> Iterator[Call]:
    for index, call in enumerate(entry.plan.calls):
        how_far = entry.progress.get(index)
        if how_far not in _NOT_BEGUN:
            yield call
        if how_far in _UNDO_BEGUN and call.undo:
            yield call.undo


def _is_it(call: Call, event: ApiCallEvent) -> bool:
    source = event.source.partition(".")[0]
    service = _SERVICES.get(source, source)
    if (service, _plain(service, event.name)) != _recorded_as(call):
        return False
    told = {name.lower(): value for name, value in event.parameters.items()}
    return all(_fits(service, name, value, told) for name, value in call.parameters.items())


def _recorded_as(call: Call) -> tuple[str, str]:
    """The service and the plain name that records have; S3 Control's calls are S3's, about the account."""
    if call.service == "s3control":
        return "s3", _plain("s3", call.operation).replace("public", "accountpublic")
    return call.service, _plain(call.service, call.operation)


def _plain(service: str, operation: str) -> str:
    """`put_bucket_lifecycle_configuration` and `PutBucketLifecycle` are one; so are Lambda's dated names."""
    name = re.sub(r"\d{8}(v\d+)?$", "", operation.replace("_", "").lower())
    return re.sub("bucket|configuration", "", name) if service == "s3" else name


def _fits(service: str, name: str, value: Any, told: Mapping[str, Any]) -> bool:
    """Whether the record tells the same of a parameter, or nothing that can be compared."""
    if (service, name) == ("s3", "Policy") and isinstance(told.get("bucketpolicy"), Mapping):
        return bool(json.loads(value) == told["bucketpolicy"])
    known = told.get(_RENAMED.get((service, name), name).lower())
    if not isinstance(value, str | bool | int) or not isinstance(known, str | bool | int):
        return True
    return known == _LEFT_OUT or str(known).lower() == str(value).lower()


def alert(event: ApiCallEvent) -> Alert:
    """Somebody made a call with our own role."""
    return Alert(
        severity=Severity.CRITICAL,
        title=f"Trailwarden's own role made a call that no plan of it holds: {event.name}",
        facts=(
            ("Call", f"{event.name} of {event.source}"),
            ("Role", event.principal),
            ("Session", event.actor.arn or "not recorded"),
            ("From", event.source_ip or "not recorded"),
            ("Agent", event.user_agent or "not recorded"),
            ("When", when(event.at)),
            ("Account", event.account or "not recorded"),
            ("Region", event.region or "not recorded"),
            ("CloudTrail event", event.key),
        ),
        advice=_ADVICE,
    )
