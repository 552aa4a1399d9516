"""S3: what a bucket tells EventBridge about its objects.

Only buckets with EventBridge switched on tell anything. A deletion in a versioned bucket
without a version id makes a delete marker; the bucket's own lifecycle says so in `reason`.
What S3 refuses, and does of itself, is in the package `s3`. That an event of a permanent deletion has neither
size nor ETag is how those who recorded some show it.

Sources: https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html,
https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventBridge.html
"""

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from scenarios.cloud.calls import Asked
from scenarios.cloud.kernel import moto_state
from scenarios.cloud.kernel.caller import ApiCall
from scenarios.cloud.kernel.deliveries import Object
from scenarios.cloud.kernel.emitted import EmittedEvents
from scenarios.cloud.kernel.errors import NotSimulated
from scenarios.cloud.kernel.stack import Stack
from scenarios.cloud.s3.encryption import ObjectEncryption
from scenarios.cloud.s3.lifecycle import Lifecycle
from scenarios.cloud.s3.object_lock import ObjectLock
from scenarios.cloud.s3.objects import Buckets
from scenarios.cloud.s3.restores import COMPLETED, EXPIRED, INITIATED, Restores
from scenarios.cloud.setting import Setting

CREATED, DELETED, MOVED = "Object Created", "Object Deleted", "Object Storage Class Changed"
TAGGED, UNTAGGED, ACL = "Object Tags Added", "Object Tags Deleted", "Object ACL Updated"
# The tiers of Intelligent-Tiering are not simulated.
RESTORES = (INITIATED, COMPLETED, EXPIRED)
EVENTS = (
    EmittedEvents(source="aws.s3", detail_types=(CREATED, DELETED, MOVED, TAGGED, UNTAGGED, ACL, *RESTORES)),
)
SIZED = (CREATED, MOVED, INITIATED, COMPLETED)  # these tell an object's size
MARKER, GONE = "Delete Marker Created", "Permanently Deleted"
MARKER_ETAG = "d41d8cd98f00b204e9800998ecf8427e"  # of nothing
EVENT_SECONDS = 1.0
ITSELF = "s3.amazonaws.com"


class Storage:
    """Every bucket of the account."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._sequence = 0
        ObjectLock(setting)
        self._encryption = ObjectEncryption(setting)
        Buckets(setting, self._encryption, self._write)
        self._lifecycle = Lifecycle(setting, self._remove, self._moved)
        calls = setting.calls
        for operation in ("PutObject", "CopyObject", "CompleteMultipartUpload"):
            calls.after("s3", operation, self._put)
        calls.after("s3", "PutObjectTagging", partial(self._changed, TAGGED))
        calls.after("s3", "DeleteObjectTagging", partial(self._changed, UNTAGGED))
        calls.after("s3", "PutObjectAcl", partial(self._changed, ACL))
        calls.after("s3", "DeleteObject", self._deleted)
        calls.after("s3", "DeleteObjects", self._several_deleted)
        calls.check("s3", "SelectObjectContent", self._not_yet)
        Restores(setting, self._tell)

    def start(self, stacks: Iterable[Stack]) -> None:
        """Schedule the lifecycle of every bucket."""
        self._lifecycle.start(_smallest_moved(stacks))

    def _write(self, bucket: str, key: str, given: Object, by: str) -> None:
        """An AWS service writes an object; it has been allowed by now."""
        encrypted = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": given.kms_key} if given.kms_key else {}
        body = given.body
        with self._setting.calls.muted():
            answer = self._setting.session.client("s3").put_object(
                Bucket=bucket, Key=key, Body=body, Metadata=dict(given.metadata), **encrypted
            )
        self._encryption.written(bucket, key, answer.get("VersionId", "null"), given.encryption_context)
        self._tell(CREATED, bucket, key, answer.get("VersionId"), requester=by, reason="PutObject", source=by)
        self._setting.calls.by_service(
            by,
            "s3",
            "PutObject",
            {"Bucket": bucket, "Key": key, "Body": body, **encrypted},
            region=self._setting.home,
            response={name: value for name, value in answer.items() if name != "ResponseMetadata"},
        )

    def expire(self, bucket: str, key: str) -> None:
        """The bucket's own lifecycle removes an object: a delete marker, and its reason says whose doing."""
        self._remove(bucket, key, None)

    def _remove(self, bucket: str, key: str, version: str | None) -> None:
        named = {"VersionId": version} if version else {}
        with self._setting.calls.muted():
            answer = self._setting.session.client("s3").delete_object(Bucket=bucket, Key=key, **named)
        self._tell(
            DELETED,
            bucket,
            key,
            version or answer.get("VersionId"),
            requester=ITSELF,
            reason="Lifecycle Expiration",
            deletion_type=MARKER if answer.get("DeleteMarker") and not version else GONE,
        )

    def _moved(self, bucket: str, key: str, version: str, storage_class: str) -> None:
        self._tell(
            MOVED,
            bucket,
            key,
            version,
            requester=ITSELF,
            more={"destination-storage-class": storage_class},
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

    def _changed(self, what: str, call: ApiCall) -> None:
        """An object's tags or its ACL were changed."""
        self._tell(
            what,
            call.parameters["Bucket"],
            call.parameters["Key"],
            call.parameters.get("VersionId") or (call.response or {}).get("VersionId"),
            requester=call.caller.account,
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
        reason: str = "",
        source: str = "",
        deletion_type: str = "",
        more: Mapping[str, str] | None = None,
    ) -> None:
        found = moto_state.bucket(self._setting.account, bucket)
        configured = found.notification_configuration if found is not None else None
        if found is None or configured is None:
            return
        if configured.topic or configured.queue or configured.cloud_function:
            raise NotSimulated("s3", f"notifications of {bucket} that do not go through EventBridge")
        if configured.event_bridge is None:
            return
        named = version if version and version != "null" else None
        detail = {
            "version": "0",
            "bucket": {"name": bucket},
            "object": self._object(what, bucket, key, named, deletion_type),
            "request-id": self._setting.new_uuid("s3.request")[:16].upper(),
            "requester": requester,
            **({"source-ip-address": source} if source else {}),
            **({"reason": reason} if reason else {}),
            **(more or {}),
            **({"deletion-type": deletion_type} if deletion_type else {}),
        }
        event = self._setting.service_event(
            found.region_name, "aws.s3", what, [f"arn:aws:s3:::{bucket}"], detail
        )
        tell = partial(self._setting.announce, found.region_name, event, by=ITSELF)
        self._setting.clock.after(EVENT_SECONDS, tell, what)

    def _object(
        self, what: str, bucket: str, key: str, version: str | None, deletion_type: str
    ) -> dict[str, Any]:
        """The `object` of an event: each type of event has its own fields."""
        subject: dict[str, Any] = {"key": key}
        model = moto_state.object_version(self._setting.account, bucket, key, version)
        if model is not None and what in SIZED:
            subject["size"] = model.size
        if deletion_type:
            subject |= {"etag": MARKER_ETAG} if deletion_type == MARKER else {}
        elif model is not None:
            subject["etag"] = model.etag.strip('"')
        if model is not None and version is None and model.version_id not in (None, "null"):
            version = model.version_id  # not every answer names it
        if version:
            subject["version-id"] = version
        if what in (CREATED, DELETED):
            self._sequence += 1
            subject["sequencer"] = f"{self._sequence:018X}"
        return subject

    def _not_yet(self, asked: Asked) -> None:
        raise NotSimulated("s3", asked.operation)


def _smallest_moved(stacks: Iterable[Stack]) -> dict[str, str]:
    """From which size on a bucket's lifecycle moves objects, by bucket: moto keeps none of it."""
    name = "TransitionDefaultMinimumObjectSize"
    return {
        resource.physical_id: resource.properties["LifecycleConfiguration"][name]
        for stack in stacks
        for resource in stack.of_type("AWS::S3::Bucket")
        if name in resource.properties.get("LifecycleConfiguration", {})
    }
