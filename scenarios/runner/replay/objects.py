"""What S3 itself tells of an object in the trail's bucket, from the data event that records the call.

The stack is told by S3's own events, which no log file has; a trail that records data events has the call.

Sources: https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html,
https://docs.aws.amazon.com/AmazonS3/latest/userguide/DeletingObjectVersions.html
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from scenarios.cloud.kernel.errors import NotSimulated
from scenarios.cloud.s3.happenings import CREATED, DELETED, GONE, MARKER
from scenarios.cloud.world import World
from scenarios.runner.replay.watched import DELETING, WRITING


def told_by_s3(event: Mapping[str, Any], bucket: str) -> dict[str, Any] | None:
    """The event that S3 sends, of a recorded call's event; None for any other call."""
    record = event.get("detail")
    if not isinstance(record, dict) or record.get("errorCode"):
        return None
    given, name = record.get("requestParameters"), record.get("eventName")
    if record.get("eventSource") != "s3.amazonaws.com" or name not in (*DELETING, *WRITING):
        return None
    if not isinstance(given, dict) or given.get("bucketName") != bucket or not given.get("key"):
        return None
    answered = record.get("responseElements")
    answer = answered if isinstance(answered, dict) else {}
    version = given.get("versionId") or answer.get("x-amz-version-id")
    deleted = name in DELETING
    marked = deleted and not given.get("versionId")
    return {
        "version": "0",
        "id": event["id"],
        "detail-type": DELETED if deleted else CREATED,
        "source": "aws.s3",
        "account": event["account"],
        "time": event["time"],
        "region": event["region"],
        "resources": [f"arn:aws:s3:::{bucket}"],
        "detail": {
            "version": "0",
            "bucket": {"name": bucket},
            "object": {
                "key": str(given["key"]),
                "sequencer": str(event["id"]),
                **({"version-id": str(version)} if version else {}),
            },
            "request-id": str(record.get("requestID", "")),
            "requester": _requester(record, str(event["account"])),
            "source-ip-address": str(record.get("sourceIPAddress", "")),
            "reason": str(name),
            **({"deletion-type": MARKER if marked else GONE} if deleted else {}),
        },
    }


def _requester(record: Mapping[str, Any], account: str) -> str:
    """An AWS service, or the account of whoever called."""
    identity = record.get("userIdentity")
    who = identity if isinstance(identity, dict) else {}
    return str(who.get("invokedBy") or who.get("accountId") or account)


def happen(world: World, told: Mapping[str, Any]) -> None:
    """The bucket is as S3's event says: an object that CloudTrail wrote once, and what was done to it.

    Where that can't be, since the bucket is gone by now, only the event is left.
    """
    with world.calls.muted(), suppress(ClientError, BotoCoreError, NotSimulated):
        _change(world.client(world.user("replay"), "s3", told["region"]), told)


def _change(s3: Any, told: Mapping[str, Any]) -> None:
    bucket, key = told["detail"]["bucket"]["name"], told["detail"]["object"]["key"]
    where = {"Bucket": bucket, "Key": key}
    if not _versions(s3, bucket, key):
        s3.put_object(**where, Body=b"")
    if told["detail-type"] == CREATED:
        s3.put_object(**where, Body=b"another")
    elif told["detail"]["deletion-type"] == MARKER:
        s3.delete_object(**where)
    else:
        for each in _versions(s3, bucket, key)[-1:]:
            s3.delete_object(**where, VersionId=each["VersionId"])


def _versions(s3: Any, bucket: str, key: str) -> Sequence[Mapping[str, Any]]:
    listed: Sequence[Mapping[str, Any]] = s3.list_object_versions(Bucket=bucket, Prefix=key).get(
        "Versions", ()
    )
    return [each for each in listed if each["Key"] == key]
