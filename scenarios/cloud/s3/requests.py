"""Which requests one S3 call is, for CloudTrail's data events and server access logs, and where it goes.

A DeleteObjects is recorded itself, without its keys, and (since June 2025) each object it deleted as a
DeleteObject. A call about a bucket is recorded in the bucket's region, wherever it was sent first.

Sources:
https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudtrail-logging-s3-info.html,
https://aws.amazon.com/about-aws/whats-new/2025/06/aws-cloudtrail-logging-amazon-s3-deleteobjects-api/
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from scenarios.cloud.kernel.caller import ApiCall


def host(call: ApiCall) -> str:
    """The host the request was sent to: the bucket's own in its region, or the region's."""
    bucket = call.parameters.get("Bucket")
    region = call.region
    return f"{bucket}.s3.{region}.amazonaws.com" if bucket else f"s3.{region}.amazonaws.com"


def recorded_calls(call: ApiCall) -> Iterator[ApiCall]:
    """The calls that are recorded of one: itself, and what it did to each of several objects."""
    yield call
    if (call.service, call.operation) != ("s3", "DeleteObjects") or call.response is None:
        return
    answered = {_which(each): each for each in call.response.get("Deleted", ())}
    failed = {_which(each): each for each in call.response.get("Errors", ())}
    for each in call.parameters["Delete"]["Objects"]:
        error = failed.get(_which(each))
        yield replace(
            call,
            operation="DeleteObject",
            parameters={"Bucket": call.parameters["Bucket"], **each},
            response=None if error else _answer(answered.get(_which(each), {})),
            error=(error["Code"], error["Message"]) if error else None,
        )


def _which(each: Mapping[str, Any]) -> tuple[str, str]:
    return each["Key"], each.get("VersionId", "")


def _answer(deleted: Mapping[str, Any]) -> dict[str, Any]:
    """What DeleteObject would have answered; a quiet DeleteObjects leaves it out."""
    marker = {"DeleteMarker": True} if deleted.get("DeleteMarker") else {}
    version = deleted.get("DeleteMarkerVersionId") or deleted.get("VersionId")
    return {**marker, **({"VersionId": version} if version else {})}
