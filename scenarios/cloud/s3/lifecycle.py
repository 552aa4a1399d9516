"""A bucket's lifecycle: at midnight UTC its rules move objects to a colder class, or expire them.

An age of N days is reached at the first midnight after N times 24 hours. What expires in a versioned bucket
gets a delete marker; old versions go by the rule for noncurrent ones; a locked version stays. What is smaller
than 128 KB is not moved, save to Glacier classes where the bucket says `varies_by_storage_class`. An object
in GLACIER or DEEP_ARCHIVE can't be read until it is restored (restores.py). CloudTrail records nothing of
what lifecycle does; EventBridge is told.

Sources: https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html,
https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html,
https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-and-other-bucket-config.html,
https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from scenarios.cloud.asked import Asked
from scenarios.cloud.kernel import moto_s3
from scenarios.cloud.kernel.caller import ApiCall
from scenarios.cloud.kernel.errors import NotSimulated, Refused
from scenarios.cloud.s3.restores import ARCHIVED, readable
from scenarios.cloud.setting import Setting

SMALLEST_BYTES = 128 * 1024
ALL_128K, VARIES = "all_storage_classes_128K", "varies_by_storage_class"
# From warm to cold; lifecycle moves objects only downwards.
_COLDER = (
    "STANDARD",
    "STANDARD_IA",
    "INTELLIGENT_TIERING",
    "ONEZONE_IA",
    "GLACIER_IR",
    "GLACIER",
    "DEEP_ARCHIVE",
)


class Removal(Protocol):
    """How S3 itself removes an object or, where a version is named, that version for good."""

    def __call__(self, bucket: str, key: str, version: str | None) -> None:
        """Remove it, and say so."""


class Move(Protocol):
    """How S3 tells that it moved an object to another storage class."""

    def __call__(self, bucket: str, key: str, version: str, storage_class: str) -> None:
        """Say so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Aged:
    """One version of an object. `noncurrent_since`: when a newer one took its place; None for the newest."""

    version: Any
    noncurrent_since: datetime | None


class Lifecycle:
    """The lifecycle rules of every bucket."""

    def __init__(self, setting: Setting, remove: Removal, moved: Move) -> None:
        self._setting = setting
        self._remove = remove
        self._moved = moved
        self._smallest: dict[str, str] = {}
        self._turning = False
        calls = setting.calls
        calls.check("s3", "PutBucketLifecycleConfiguration", self._known)
        calls.after("s3", "PutBucketLifecycleConfiguration", self._configured)
        calls.check("s3", "GetObject", self._readable)

    def start(self, smallest: Mapping[str, str]) -> None:
        """Begin; `smallest`: TransitionDefaultMinimumObjectSize by bucket, which moto doesn't keep."""
        self._smallest.update(smallest)
        if any(bucket.rules for bucket in moto_s3.buckets(self._setting.account)):
            self._begin()

    def _begin(self) -> None:
        if not self._turning:
            self._turning = True
            self._setting.clock.at(_midnight_after(self._setting.clock.now), self._turn, "S3 lifecycle")

    def _known(self, asked: Asked) -> None:
        for rule in asked.parameters.get("LifecycleConfiguration", {}).get("Rules", ()):
            within = {**rule.get("Filter", {}), **rule.get("Filter", {}).get("And", {})}
            unknown = [name for name in ("ObjectSizeGreaterThan", "ObjectSizeLessThan") if name in within]
            noncurrent = rule.get("NoncurrentVersionExpiration", {})
            unknown += [name for name in ("NewerNoncurrentVersions",) if name in noncurrent]
            if unknown:
                raise NotSimulated("s3", f"lifecycle rules with {unknown[0]}")

    def _configured(self, call: ApiCall) -> None:
        asked = call.parameters.get("TransitionDefaultMinimumObjectSize", ALL_128K)
        self._smallest[call.parameters["Bucket"]] = asked
        self._begin()

    def _readable(self, asked: Asked) -> None:
        parameters = asked.parameters
        found = moto_s3.object_version(
            self._setting.account, parameters["Bucket"], parameters["Key"], parameters.get("VersionId")
        )
        if found is not None and not readable(found):
            why = "The operation is not valid for the object's storage class"
            raise Refused("InvalidObjectState", why, 403)

    # ---- the turn of the day --------------------------------------------------------------------

    def _turn(self) -> None:
        for bucket in moto_s3.buckets(self._setting.account):
            for rule in bucket.rules:
                if rule.status == "Enabled":
                    self._apply(bucket, rule)
        self._setting.clock.after(timedelta(days=1).total_seconds(), self._turn, "S3 lifecycle")

    def _apply(self, bucket: Any, rule: Any) -> None:
        for aged in _meant(bucket, rule):
            if aged.noncurrent_since is not None:
                self._apply_to_old(bucket, rule, aged)
            elif moto_s3.is_delete_marker(aged.version):
                self._tidy(bucket, rule, aged.version)
            elif self._reached(_utc(aged.version.last_modified), rule.expiration_days, rule.expiration_date):
                self._remove(bucket.name, aged.version.name, None)
            else:
                since = _utc(aged.version.last_modified)
                for each in rule.transitions or ():
                    if self._reached(since, each.days, each.date):
                        self._move(bucket, aged.version, each.storage_class)

    def _apply_to_old(self, bucket: Any, rule: Any, aged: Aged) -> None:
        version, since = aged.version, aged.noncurrent_since
        assert since is not None
        if self._reached(since, rule.nve_noncurrent_days, None):
            if moto_s3.is_delete_marker(version) or not version.is_locked(governance_bypass=False):
                self._remove(bucket.name, version.name, version.version_id)
            return
        for each in rule.noncurrent_version_transitions or ():
            if not moto_s3.is_delete_marker(version) and self._reached(since, each.days, None):
                self._move(bucket, version, each.storage_class)

    def _tidy(self, bucket: Any, rule: Any, marker: Any) -> None:
        """Remove a delete marker that hides no version any more, if a rule of the bucket expires anything."""
        alone = len(bucket.keys.getlist(marker.name, [])) == 1
        wanted = str(rule.expired_object_delete_marker).lower() == "true" or rule.expiration_days
        if alone and wanted:
            self._remove(bucket.name, marker.name, marker.version_id)

    def _move(self, bucket: Any, version: Any, storage_class: str) -> None:
        small = version.size < SMALLEST_BYTES
        any_size = self._smallest.get(bucket.name, ALL_128K) == VARIES and storage_class in ARCHIVED
        colder = _COLDER.index(storage_class) > _COLDER.index(version.storage_class)
        if colder and (any_size or not small):
            version.set_storage_class(storage_class)
            self._moved(bucket.name, version.name, version.version_id, storage_class)

    def _reached(self, since: datetime, days: Any, date: Any) -> bool:
        if date:
            return _utc(datetime.fromisoformat(str(date))) <= self._setting.clock.now
        if days in (None, ""):
            return False
        return since + timedelta(days=int(days)) <= self._setting.clock.now  # which is a midnight


def _meant(bucket: Any, rule: Any) -> Iterator[Aged]:
    """The versions that a rule applies to, each key's newest first."""
    within = rule.filter.and_filter or rule.filter if rule.filter else None
    if within is not None and (getattr(within, "tags", None) or getattr(within, "tag_key", None)):
        raise NotSimulated("s3", f"lifecycle rules by tag ({bucket.name})")
    prefix = (within.prefix if within is not None else rule.prefix) or ""
    for key in sorted(bucket.keys):
        if key.startswith(prefix):
            newer: datetime | None = None
            for version in reversed(list(bucket.keys.getlist(key))):
                yield Aged(version=version, noncurrent_since=newer)
                newer = _utc(version.last_modified)


def _midnight_after(moment: datetime) -> datetime:
    """The next midnight UTC; midnight itself is its own."""
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight if midnight == moment else midnight + timedelta(days=1)


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
