"""What S3 said of buckets and still says: one setting is read again where a call has changed it, not all.

An item of a bucket takes some twenty reads, and most calls change one setting. Forgotten are the read that
a call changes, everything of a bucket that another call names, and all where the role's rights may have
changed, since a read that was allowed may be denied then. A look at everything begins with nothing.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

from scenarios.cloud.config.resource_types.names import names
from scenarios.cloud.kernel.caller import ApiCall
from scenarios.cloud.kernel.texts import texts_of

# The calls that change no more of a bucket than one read shows. PutBucketPolicy is none: it may deny reads.
_CHANGES: Final[Mapping[str, str]] = {
    "DeleteBucketCors": "GetBucketCors",
    "DeleteBucketEncryption": "GetBucketEncryption",
    "DeleteBucketLifecycle": "GetBucketLifecycleConfiguration",
    "DeleteBucketReplication": "GetBucketReplication",
    "DeleteBucketTagging": "GetBucketTagging",
    "DeleteBucketWebsite": "GetBucketWebsite",
    "DeletePublicAccessBlock": "GetPublicAccessBlock",
    "PutBucketAccelerateConfiguration": "GetBucketAccelerateConfiguration",
    "PutBucketAcl": "GetBucketAcl",
    "PutBucketCors": "GetBucketCors",
    "PutBucketEncryption": "GetBucketEncryption",
    "PutBucketLifecycleConfiguration": "GetBucketLifecycleConfiguration",
    "PutBucketLogging": "GetBucketLogging",
    "PutBucketNotificationConfiguration": "GetBucketNotificationConfiguration",
    "PutBucketReplication": "GetBucketReplication",
    "PutBucketTagging": "GetBucketTagging",
    "PutBucketVersioning": "GetBucketVersioning",
    "PutBucketWebsite": "GetBucketWebsite",
    "PutObjectLockConfiguration": "GetObjectLockConfiguration",
    "PutPublicAccessBlock": "GetPublicAccessBlock",
}
_OF_ALL: Final = ""  # where the list of buckets is kept: no bucket has this name


class Remembered:
    """S3's answers in one region, by bucket and by what was asked."""

    def __init__(self) -> None:
        self._answers: dict[str, dict[str, Any]] = {}

    def get(self, service: str, operation: str, parameters: Mapping[str, Any]) -> Any | None:
        """An answer that holds still; None where there is none."""
        kept = self._answers.get(parameters.get("Bucket", _OF_ALL)) if service == "s3" else None
        return kept.get(_key(operation, parameters)) if kept else None

    def keep(self, service: str, operation: str, parameters: Mapping[str, Any], answer: Any) -> None:
        """Keep an answer of S3; those of other services are read each time."""
        if service == "s3":
            kept = self._answers.setdefault(parameters.get("Bucket", _OF_ALL), {})
            kept[_key(operation, parameters)] = answer

    def forget(self, call: ApiCall) -> None:
        """Drop what a call that writes may have changed."""
        if call.service in ("iam", "organizations") or call.operation == "PutConfigurationRecorder":
            self.clear()
        elif call.service == "s3":
            read, bucket = _CHANGES.get(call.operation), call.parameters.get("Bucket", _OF_ALL)
            if read is not None and bucket in self._answers:
                self._answers[bucket].pop(read, None)
                return
            texts = (*texts_of(call.parameters), *texts_of(call.response))
            for each in [each for each in self._answers if any(names(text, each) for text in texts)]:
                del self._answers[each]
            self._answers.pop(_OF_ALL, None)

    def clear(self) -> None:
        """Drop all."""
        self._answers.clear()


def _key(operation: str, parameters: Mapping[str, Any]) -> str:
    more = {name: value for name, value in parameters.items() if name != "Bucket"}
    return f"{operation} {json.dumps(more, sort_keys=True)}" if more else operation
