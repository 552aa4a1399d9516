"""S3: what a bucket tells EventBridge about its objects.

Only buckets with EventBridge switched on tell anything. A deletion in a versioned bucket
without a version id makes a delete marker; the bucket's own lifecycle says so in `reason`.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
"""

from collections.abc import Callable, Mapping
from typing import Any

import boto3

from scenarios.cloud import moto_hooks
from scenarios.cloud.caller import ApiCall
from scenarios.cloud.calls import Asked
from scenarios.cloud.errors import NotSimulated
from scenarios.cloud.setting import Setting

Emit = Callable[[str, Mapping[str, Any]], None]

CREATED, DELETED = "Object Created", "Object Deleted"
MARKER, GONE = "Delete Marker Created", "Permanently Deleted"
EVENT_SECONDS = 1.0


class Storage:
    """Every bucket of the account."""

    def __init__(self, setting: Setting, emit: Emit) -> None:
        self._setting = setting
        self._emit = emit
        self._sequence = 0
        calls = setting.calls
        for operation in ("PutObject", "CopyObject", "CompleteMultipartUpload"):
            calls.after("s3", operation, self._put)
        calls.after("s3", "DeleteObject", self._deleted)
        calls.after("s3", "DeleteObjects", self._several_deleted)
        for operation in ("RestoreObject", "SelectObjectContent"):
            calls.check("s3", operation, self._not_yet)

    def write(
        self,
        session: boto3.Session,
        bucket: str,
        key: str,
        body: bytes,
        metadata: Mapping[str, str],
        *,
        by: str,
    ) -> None:
        """An AWS service writes an object; whether it may is asked by whoever writes."""
        with self._setting.calls.muted():
            answer = session.client("s3").put_object(
                Bucket=bucket, Key=key, Body=body, Metadata=dict(metadata)
            )
        self._tell(CREATED, bucket, key, answer.get("VersionId"), requester=by, reason="PutObject", source=by)

    def expire(self, session: boto3.Session, bucket: str, key: str) -> None:
        """The bucket's own lifecycle removes an object: a delete marker, and its reason says whose doing."""
        with self._setting.calls.muted():
            answer = session.client("s3").delete_object(Bucket=bucket, Key=key)
        self._tell(
            DELETED,
            bucket,
            key,
            answer.get("VersionId"),
            requester="s3.amazonaws.com",
            reason="Lifecycle Expiration",
            source="s3.amazonaws.com",
            deletion_type=MARKER if answer.get("DeleteMarker") else GONE,
        )

    def _put(self, call: ApiCall) -> None:
        parameters = call.parameters
        self._tell(
            CREATED,
            parameters["Bucket"],
            parameters["Key"],
            (call.response or {}).get("VersionId"),
            requester=call.caller.account,
            reason=call.operation,
            source=call.caller.source_ip,
        )

    def _deleted(self, call: ApiCall) -> None:
        response = call.response or {}
        named_version = "VersionId" in call.parameters
        self._tell(
            DELETED,
            call.parameters["Bucket"],
            call.parameters["Key"],
            call.parameters.get("VersionId") or response.get("VersionId"),
            requester=call.caller.account,
            reason="DeleteObject",
            source=call.caller.source_ip,
            deletion_type=MARKER if response.get("DeleteMarker") and not named_version else GONE,
        )

    def _several_deleted(self, call: ApiCall) -> None:
        for each in (call.response or {}).get("Deleted", ()):
            marker = each.get("DeleteMarker") and not each.get("VersionId")
            self._tell(
                DELETED,
                call.parameters["Bucket"],
                each["Key"],
                each.get("DeleteMarkerVersionId") or each.get("VersionId"),
                requester=call.caller.account,
                reason="DeleteObject",
                source=call.caller.source_ip,
                deletion_type=MARKER if marker else GONE,
            )

    def _tell(
        self,
        what: str,
        bucket: str,
        key: str,
        version: str | None,
        *,
        requester: str,
        reason: str,
        source: str,
        deletion_type: str = "",
    ) -> None:
        found = moto_hooks.bucket(self._setting.account, bucket)
        configured = found.notification_configuration if found is not None else None
        if found is None or configured is None:
            return
        if configured.topic or configured.queue or configured.cloud_function:
            raise NotSimulated("s3", f"notifications of {bucket} that do not go through EventBridge")
        if configured.event_bridge is None:
            return
        self._sequence += 1
        subject: dict[str, Any] = {"key": key, "sequencer": f"{self._sequence:018X}"}
        if version and version != "null":
            subject["version-id"] = version
        event = {
            "version": "0",
            "id": self._setting.new_uuid("events.id"),
            "detail-type": what,
            "source": "aws.s3",
            "account": self._setting.account,
            "time": f"{self._setting.clock.now:%Y-%m-%dT%H:%M:%SZ}",
            "region": found.region_name,
            "resources": [f"arn:aws:s3:::{bucket}"],
            "detail": {
                "version": "0",
                "bucket": {"name": bucket},
                "object": subject,
                "request-id": self._setting.new_uuid("s3.request")[:16].upper(),
                "requester": requester,
                "source-ip-address": source,
                "reason": reason,
                **({"deletion-type": deletion_type} if deletion_type else {}),
            },
        }
        self._setting.clock.after(EVENT_SECONDS, lambda: self._emit(found.region_name, event), what)

    def _not_yet(self, asked: Asked) -> None:
        raise NotSimulated("s3", asked.operation)
