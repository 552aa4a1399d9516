"""What happens to an object, as one value, in the words that S3's two ways to tell it share.

Sources: https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventBridge.html,
https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-event-types-and-destinations.html
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from scenarios.cloud.s3.restores import COMPLETED, EXPIRED, INITIATED

CREATED, DELETED, MOVED = "Object Created", "Object Deleted", "Object Storage Class Changed"
TAGGED, UNTAGGED, ACL = "Object Tags Added", "Object Tags Deleted", "Object ACL Updated"
# The tiers of Intelligent-Tiering are not simulated.
DETAIL_TYPES = (CREATED, DELETED, MOVED, TAGGED, UNTAGGED, ACL, INITIATED, COMPLETED, EXPIRED)
SIZED = (CREATED, MOVED, INITIATED, COMPLETED)  # these tell an object's size
MARKER, GONE = "Delete Marker Created", "Permanently Deleted"
EXPIRATION = "Lifecycle Expiration"
EVENT_SECONDS = 1.0

_NAMES = {
    MOVED: "LifecycleTransition",
    TAGGED: "ObjectTagging:Put",
    UNTAGGED: "ObjectTagging:Delete",
    ACL: "ObjectAcl:Put",
    INITIATED: "ObjectRestore:Post",
    COMPLETED: "ObjectRestore:Completed",
    EXPIRED: "ObjectRestore:Delete",
}
_CREATED_BY = {
    "PutObject": "Put",
    "CopyObject": "Copy",
    "CompleteMultipartUpload": "CompleteMultipartUpload",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """Something that happened to an object.

    Args:
        what: one of `DETAIL_TYPES`.
        at: when.
        bucket: its name.
        region: the bucket's.
        key: as it is, not URL-encoded.
        version: the version's id; None in a bucket that keeps none.
        size: in bytes; None where S3 tells none.
        etag: without quotes; "" where S3 tells none.
        sequencer: hexadecimal, and greater for what came later; "" where S3 tells none.
        request_id: of the request that did it.
        requester: an account, or the AWS service that did it.
        principal: the unique id of who did it, as `AWS:AIDA...`, or the AWS service.
        source_ip: where the request came from; "" where there was none.
        reason: the API's operation, or `Lifecycle Expiration`.
        deletion_type: `MARKER` or `GONE` for a deletion, otherwise "".
        more: further fields of EventBridge's detail, such as `restore-expiry-time`.
    """

    what: str
    at: datetime
    bucket: str
    region: str
    key: str
    version: str | None
    size: int | None
    etag: str
    sequencer: str
    request_id: str
    requester: str
    principal: str
    source_ip: str = ""
    reason: str = ""
    deletion_type: str = ""
    more: Mapping[str, str] = field(default_factory=dict)

    @property
    def expiration(self) -> bool:
        """Whether the bucket's lifecycle deleted it."""
        return self.what == DELETED and self.reason == EXPIRATION

    @property
    def event_name(self) -> str:
        """The event's name in the bucket's own notifications, without `s3:`."""
        if self.what == CREATED:
            return f"ObjectCreated:{_CREATED_BY[self.reason]}"
        if self.what == DELETED:
            kind = "LifecycleExpiration" if self.expiration else "ObjectRemoved"
            return f"{kind}:{'DeleteMarkerCreated' if self.deletion_type == MARKER else 'Delete'}"
        return _NAMES[self.what]
