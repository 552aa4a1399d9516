"""Object Lock: a locked version can't be deleted.

In governance mode a caller that may bypass it, and asks for that, still can; in compliance mode no caller
can, not even the root user, until the retention ends. A bucket's default retention is put on every new
version, however it came. moto keeps modes and dates and refuses some of this; what it lets through is refused
here.

Sources: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html,
https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock-managing.html
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from scenarios.cloud.asked import Asked
from scenarios.cloud.kernel import moto_s3
from scenarios.cloud.kernel.errors import Refused
from scenarios.cloud.setting import Setting

LOCKED = "Access Denied because object protected by object lock."


class ObjectLock:
    """What the locks of every bucket refuse."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        calls = setting.calls
        calls.check("s3", "DeleteObject", self._may_delete)
        calls.check("s3", "PutObjectRetention", self._may_retain)
        calls.answer("s3", "GetObjectRetention", self._retention)
        calls.answer("s3", "GetObjectLockConfiguration", self._configuration)
        calls.check("s3", "PutBucketVersioning", self._may_change_versioning)

    def _may_delete(self, asked: Asked) -> None:
        """Without a version id there is only a delete marker, which a lock doesn't forbid."""
        parameters = asked.parameters
        if "VersionId" not in parameters:
            return
        found = self._version(parameters)
        if found is not None and found.is_locked(bool(parameters.get("BypassGovernanceRetention"))):
            raise Refused("AccessDenied", LOCKED, 403)

    def _may_retain(self, asked: Asked) -> None:
        parameters = asked.parameters
        wanted = parameters.get("Retention") or {}
        until = wanted.get("RetainUntilDate")
        if until is not None and _aware(until) <= self._setting.clock.now:
            raise Refused("InvalidArgument", "The retain until date must be in the future!")
        found = self._version(parameters)
        if found is None or not self._retained(found):
            return
        longer = (
            wanted.get("Mode") == found.lock_mode
            and until is not None
            and _aware(until) >= _aware(found.lock_until)
        )
        bypassed = found.lock_mode == "GOVERNANCE" and parameters.get("BypassGovernanceRetention")
        if not longer and not bypassed:
            raise Refused("AccessDenied", LOCKED, 403)

    def _configuration(self, asked: Asked) -> dict[str, Any]:
        """As S3 tells it: days or years, where moto tells both."""
        bucket = moto_s3.bucket(self._setting.account, asked.parameters["Bucket"])
        if bucket is None:
            raise Refused("NoSuchBucket", "The specified bucket does not exist", 404)
        if not bucket.object_lock_enabled:
            why = "Object Lock configuration does not exist for this bucket"
            raise Refused("ObjectLockConfigurationNotFoundError", why, 404)
        told: dict[str, Any] = {"ObjectLockEnabled": "Enabled"}
        if bucket.default_lock_mode:
            period = {"Days": bucket.default_lock_days, "Years": bucket.default_lock_years}
            retention = {"Mode": bucket.default_lock_mode, **{k: v for k, v in period.items() if v}}
            told["Rule"] = {"DefaultRetention": retention}
        return {"ObjectLockConfiguration": told}

    def _retention(self, asked: Asked) -> dict[str, Any]:
        """Answer GetObjectRetention, which moto doesn't."""
        found = self._version(asked.parameters)
        if found is None:
            raise Refused("NoSuchKey", "The specified key does not exist.", 404)
        if not found.lock_mode:
            why = "The specified object does not have a ObjectLock configuration"
            raise Refused("NoSuchObjectLockConfiguration", why, 404)
        return {"Retention": {"Mode": found.lock_mode, "RetainUntilDate": _aware(found.lock_until)}}

    def _retained(self, version: Any) -> bool:
        """Whether a retention is running; a legal hold is another matter."""
        return bool(version.lock_mode) and _aware(version.lock_until) > self._setting.clock.now

    def _may_change_versioning(self, asked: Asked) -> None:
        bucket = moto_s3.bucket(self._setting.account, asked.parameters["Bucket"])
        wanted = asked.parameters["VersioningConfiguration"].get("Status")
        if bucket is not None and bucket.object_lock_enabled and wanted != "Enabled":
            why = "An Object Lock configuration is present on this bucket"
            raise Refused("InvalidBucketState", f"{why}, so the versioning state cannot be changed.", 409)

    def _version(self, parameters: Mapping[str, Any]) -> Any | None:
        """The version meant, the newest where none is named; None for a delete marker and for nothing."""
        return moto_s3.object_version(
            self._setting.account, parameters["Bucket"], parameters["Key"], parameters.get("VersionId")
        )


def _aware(given: datetime | str) -> datetime:
    moment = datetime.fromisoformat(given) if isinstance(given, str) else given
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
