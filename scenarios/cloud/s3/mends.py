"""What moto gets wrong in a bucket: suspended versioning, locks, restores, markers on unknown keys, events.

Sources: https://docs.aws.amazon.com/AmazonS3/latest/userguide/AddingObjectstoVersionSuspendedBuckets.html,
https://docs.aws.amazon.com/AmazonS3/latest/userguide/DeletingObjectsfromVersionSuspendedBuckets.html,
https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock-configure.html,
https://docs.aws.amazon.com/AmazonS3/latest/userguide/DeleteMarker.html
"""

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from types import SimpleNamespace
from typing import Any

import moto.s3.models as s3_models
import moto.s3.responses as s3_responses

from scenarios.cloud.kernel.moto_mends import Mend

_put_object = s3_models.S3Backend.put_object
_delete_object = s3_models.S3Backend.delete_object


@contextmanager
def _as_versioned(bucket: Any) -> Iterator[None]:
    """Let moto keep what a bucket's suspended versioning keeps."""
    status, bucket.versioning_status = bucket.versioning_status, "Enabled"
    try:
        yield
    finally:
        bucket.versioning_status = status


def _renamed_null(bucket: Any, key: str) -> None:
    """The version just added is the null version, and the null version that was there is gone."""
    *before, added = bucket.keys.getlist(key)
    added._version_id = "null"  # noqa: SLF001 - its property has no setter
    bucket.keys.setlist(key, [*(each for each in before if each.version_id != "null"), added])


def _put_with_default_lock(backend: Any, bucket_name: str, key_name: str, *args: Any, **more: Any) -> Any:
    """Put an object; moto forgets what a suspended bucket keeps, and the default lock of copies and parts."""
    bucket = backend.get_bucket(bucket_name)
    if bucket.object_lock_enabled and bucket.default_lock_mode and not more.get("lock_mode"):
        more |= {"lock_mode": bucket.default_lock_mode, "lock_until": bucket.default_retention()}
    if bucket.versioning_status != "Suspended":
        return _put_object(backend, bucket_name, key_name, *args, **more)
    with _as_versioned(bucket):
        added = _put_object(backend, bucket_name, key_name, *args, **more)
    _renamed_null(bucket, key_name)
    return added


def _mark_deleted(backend: Any, bucket_name: str, key_name: str) -> Any:
    """A versioned bucket gets a marker for a key that never was there, too; moto makes none."""
    keys = backend.get_bucket(bucket_name).keys
    marker = s3_models.FakeDeleteMarker(key=keys.get(key_name) or SimpleNamespace(name=key_name))
    keys[key_name] = marker
    return marker


def _delete_suspended(
    backend: Any, bucket_name: str, key_name: str, version_id: str | None = None, bypass: Any = None
) -> Any:
    """Delete an object; in a suspended bucket moto would delete every version."""
    bucket = backend.get_bucket(bucket_name)
    if bucket.versioning_status != "Suspended":
        return _delete_object(backend, bucket_name, key_name, version_id, bypass)
    with _as_versioned(bucket):
        answer = _delete_object(backend, bucket_name, key_name, version_id, bypass)
    if version_id is None and answer[0]:
        _renamed_null(bucket, key_name)
        answer[1]["version-id"] = "null"
    return answer


def _status(key: Any) -> Any:
    """How far the restore of an archived object has come; moto would have it ready at the second look."""
    return key._status  # noqa: SLF001 - the property that is replaced keeps it there


def _set_status(key: Any, status: str | None) -> None:
    key._status = status  # noqa: SLF001


def _configure_lock(backend: Any, bucket_name: str, lock_enabled: Any, *default: Any) -> None:
    """Configure a bucket's object lock; moto takes none for a bucket that has objects, as AWS once did."""
    bucket = backend.get_bucket(bucket_name)
    if not bucket.is_versioned:
        raise s3_models.InvalidBucketState(
            "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration"
        )
    bucket.object_lock_enabled = bucket.object_lock_enabled or lock_enabled
    bucket.default_lock_mode, bucket.default_lock_days, bucket.default_lock_years = default


def _tell_nobody(*_: Any, **__: Any) -> None:
    """Moto would hand over events of its own form at once, and ask no policy: see `notifications`."""


def _log(bucket: Any, logging: Any, _: Any) -> None:
    """Keep where a bucket logs to; moto judges the target's policy by the letter: see `access_logs`."""
    bucket.logging = logging or {}


def _log_nothing(*_: Any) -> None:
    """Moto would write a file for each request, with lines of its own."""


def _the_same(versions: Any) -> Any:
    """Moto copies each object with its content, to say in a list which version is a key's latest.

    It says it anew in each list, and only there: so it may as well say it of the object.
    """
    return versions


_by_subdomain: Any = s3_responses.S3Response.subdomain_based_buckets


@cache
def _names_a_bucket(host: str) -> bool:
    return bool(_by_subdomain(SimpleNamespace(headers={"host": host})))


def _subdomain_based_buckets(request: Any) -> bool:
    """Whether the host names the bucket, looked at once for each host."""
    return _names_a_bucket(request.environ["HTTP_HOST"])


MENDS: tuple[Mend, ...] = (
    (s3_models, "copy", SimpleNamespace(copy=copy.copy, deepcopy=_the_same)),
    (s3_responses.S3Response, "subdomain_based_buckets", staticmethod(_subdomain_based_buckets)),
    (s3_models.notifications, "send_event", _tell_nobody),
    (s3_models.notifications, "send_test_event", _tell_nobody),
    # Moto would ask a checksum of copies, tags and retentions too; the default lock is put on below.
    (s3_models.FakeBucket, "has_default_lock", False),
    (s3_models.FakeBucket, "set_logging", _log),
    (s3_models.S3Backend, "log_incoming_request", _log_nothing),
    (s3_models.FakeKey, "status", property(_status, _set_status)),
    (s3_models.S3Backend, "put_object", _put_with_default_lock),
    (s3_models.S3Backend, "delete_object", _delete_suspended),
    (s3_models.S3Backend, "_set_delete_marker", _mark_deleted),
    (s3_models.S3Backend, "put_object_lock_configuration", _configure_lock),
)
