"""S3: what happens to its objects, and what a bucket tells EventBridge of it.

Only buckets with EventBridge switched on tell it; whom a bucket tells by itself is in `notifications`.
A deletion in a versioned bucket without a version id makes a delete marker; the bucket's own lifecycle says
so in `reason`. What S3 refuses, and does of itself, is in the package `s3`. That an event of a permanent
deletion has neither size nor ETag is how those who recorded some show it.

Sources: https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html,
https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventBridge.html
"""

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from scenarios.cloud.asked import Asked
from scenarios.cloud.kernel import moto_s3
from scenarios.cloud.kernel.caller import ApiCall, Caller
from scenarios.cloud.kernel.deliveries import Object
from scenarios.cloud.kernel.emitted import EmittedEvents
from scenarios.cloud.kernel.errors import NotSimulated
from scenarios.cloud.kernel.stack import Stack
from scenarios.cloud.s3.encryption import ObjectEncryption
from scenarios.cloud.s3.happenings import (
    ACL,
    CREATED,
    DELETED,
    DETAIL_TYPES,
    EVENT_SECONDS,
    EXPIRATION,
    GONE,
    MARKER,
    MOVED,
    SIZED,
    TAGGED,
    UNTAGGED,
    Happening,
)
from scenarios.cloud.s3.lifecycle import Lifecycle
from scenarios.cloud.s3.notifications import Notifications
from scenarios.cloud.s3.object_lock import ObjectLock
from scenarios.cloud.s3.objects import Buckets
from scenarios.cloud.s3.restores import Restores
from scenarios.cloud.setting import Setting

EVENTS = (EmittedEvents(source="aws.s3", detail_types=DETAIL_TYPES),)
MARKER_ETAG = "d41d8cd98f00b204e9800998ecf8427e"  # of nothing
ITSELF = "s3.amazonaws.com"


class Storage:
    """Every bucket of the account."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._sequence = 0
        self._notifications = Notifications(setting)
        ObjectLock(setting)
        self._encryption = setting.laws.add(ObjectEncryption(setting))
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
        for operation in ("CopyObject", "UploadPartCopy"):
            calls.by_the_long_way("s3", operation)
        Restores(setting, self._tell)

    def start(self, stacks: Iterable[Stack]) -> None:
        """Schedule the lifecycle of every bucket, and try whom it tells."""
        standing = tuple(stacks)
        self._lifecycle.start(_smallest_moved(standing))
        self._notifications.start(standing)

    def _write(self, bucket: str, key: str, given: Object, by: str) -> None:
        """An AWS service writes an object; it has been allowed by now."""
        encrypted = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": given.kms_key} if given.kms_key else {}
        body = given.body
        with self._setting.calls.muted():
            answer = self._setting.session.client("s3").put_object(
                Bucket=bucket, Key=key, Body=body, Metadata=dict(given.metadata), **encrypted
            )
        self._encryption.written(bucket, key, answer.get("VersionId", "null"), given.encryption_context)
        self._tell(CREATED, bucket, key, answer.get("VersionId"), by=by, reason="PutObject", source=by)
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
            by=ITSELF,
            reason=EXPIRATION,
            deletion_type=MARKER if answer.get("DeleteMarker") and not version else GONE,
        )

    def _moved(self, bucket: str, key: str, version: str, storage_class: str) -> None:
        self._tell(
            MOVED,
            bucket,
            key,
            version,
            by=ITSELF,
            more={"destination-storage-class": storage_class},
        )

    def _put(self, call: ApiCall) -> None:
        parameters = call.parameters
        self._tell(
            CREATED,
            parameters["Bucket"],
            parameters["Key"],
            (call.response or {}).get("VersionId"),
            by=call.caller,
            reason=call.operation,
        )

    def _changed(self, what: str, call: ApiCall) -> None:
        """An object's tags or its ACL were changed."""
        self._tell(
            what,
            call.parameters["Bucket"],
            call.parameters["Key"],
            call.parameters.get("VersionId") or (call.response or {}).get("VersionId"),
            by=call.caller,
        )

    def _deleted(self, call: ApiCall) -> None:
        response = call.response or {}
        named_version = "VersionId" in call.parameters
        self._tell(
            DELETED,
            call.parameters["Bucket"],
            call.parameters["Key"],
            call.parameters.get("VersionId") or response.get("VersionId"),
            by=call.caller,
            reason="DeleteObject",
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
                by=call.caller,
                reason="DeleteObject",
                deletion_type=MARKER if marker else GONE,
            )

    def _tell(
        self,
        what: str,
        bucket: str,
        key: str,
        version: str | None,
        *,
        by: Caller | str,
        reason: str = "",
        source: str = "",
        deletion_type: str = "",
        more: Mapping[str, str] | None = None,
    ) -> None:
        """Tell whom the bucket tells. `by`: who did it, or which AWS service, from `source`."""
        found = moto_s3.bucket(self._setting.account, bucket)
        if found is None or found.notification_configuration is None:
            return
        named = version if version and version != "null" else None
        model = moto_s3.object_version(self._setting.account, bucket, key, named)
        if model is not None and named is None and model.version_id not in (None, "null"):
            named = model.version_id  # not every answer names it
        caller = by if isinstance(by, Caller) else None
        happening = Happening(
            what=what,
            at=self._setting.clock.now,
            bucket=bucket,
            region=found.region_name,
            key=key,
            version=named,
            size=model.size if model is not None and what in SIZED else None,
            etag=_etag(model, deletion_type),
            sequencer=self._next() if what in (CREATED, DELETED) else "",
            request_id=self._setting.new_uuid("s3.request")[:16].upper(),
            requester=caller.account if caller else str(by),
            principal=f"AWS:{caller.principal_id}" if caller else str(by),
            source_ip=caller.source_ip if caller else source,
            reason=reason,
            deletion_type=deletion_type,
            more=more or {},
        )
        if found.notification_configuration.event_bridge is not None:
            self._announce(happening)
        self._notifications.tell(happening)

    def _announce(self, happening: Happening) -> None:
        """Tell EventBridge."""
        event = self._setting.service_event(
            happening.region,
            "aws.s3",
            happening.what,
            [f"arn:aws:s3:::{happening.bucket}"],
            _detail(happening),
        )
        tell = partial(self._setting.announce, happening.region, event, by=ITSELF)
        self._setting.clock.after(EVENT_SECONDS, tell, happening.what)

    def _next(self) -> str:
        self._sequence += 1
        return f"{self._sequence:018X}"

    def _not_yet(self, asked: Asked) -> None:
        raise NotSimulated("s3", asked.operation)


def _etag(version: Any | None, deletion_type: str) -> str:
    """Without its quotes; a deletion has none but for that of its marker."""
    if deletion_type:
        return MARKER_ETAG if deletion_type == MARKER else ""
    return version.etag.strip('"') if version is not None else ""


def _detail(happening: Happening) -> dict[str, Any]:
    """The `detail` of EventBridge's event: each type of event has its own fields."""
    subject = {
        "key": happening.key,
        "size": happening.size,
        "etag": happening.etag,
        "version-id": happening.version,
        "sequencer": happening.sequencer,
    }
    return {
        "version": "0",
        "bucket": {"name": happening.bucket},
        "object": {name: value for name, value in subject.items() if value not in (None, "")},
        "request-id": happening.request_id,
        "requester": happening.requester,
        **({"source-ip-address": happening.source_ip} if happening.source_ip else {}),
        **({"reason": happening.reason} if happening.reason else {}),
        **happening.more,
        **({"deletion-type": happening.deletion_type} if happening.deletion_type else {}),
    }


def _smallest_moved(stacks: Iterable[Stack]) -> dict[str, str]:
    """From which size on a bucket's lifecycle moves objects, by bucket: moto keeps none of it."""
    name = "TransitionDefaultMinimumObjectSize"
    return {
        resource.physical_id: resource.properties["LifecycleConfiguration"][name]
        for stack in stacks
        for resource in stack.of_type("AWS::S3::Bucket")
        if name in resource.properties.get("LifecycleConfiguration", {})
    }
