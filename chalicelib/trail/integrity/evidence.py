"""What a caller hands to the judge besides digests and keys."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

DIGEST_PERIOD = timedelta(hours=1)
"""CloudTrail delivers one digest an hour for each region, also when nothing happened."""

DIGEST_GRACE = timedelta(hours=1)
"""How long after its end a digest may take to arrive before it is called missing."""

NAME_SLACK = timedelta(minutes=10)
"""How far a log file's name may be off its delivery: names carry the turn of delivery, rounded to minutes."""

CLOCK_SKEW = timedelta(minutes=10)
"""How far AWS's clock and ours may differ."""

ReadLog = Callable[[str, str], bytes | None]
"""Gives a log file's bytes (gzip and all) for bucket and key; None when there is no such object.

Raises `Unreadable` when it is there, or may be, but can't be read.
"""


class Unreadable(Exception):
    """An object whose bytes can't be read now: access denied, archived. Its log file counts as unverifiable.

    The message is a clause that names the reason, such as AWS's error code. A throttled or broken connection
    is better left to rise: the whole judgement can be retried.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The time that is judged; all aware.

    Attributes:
        since: Digests that end at or before this are not judged. Not earlier than the bucket's lifecycle
            keeps objects: an object that the lifecycle expired is no attack.
        until: Digests that end by this time are expected.
        now: The time of judging; a digest is expected only an hour after its end.
        stopped_at: When logging was stopped, if it is (GetTrailStatus: IsLogging false, StopLoggingTime):
            no digest is expected to end after it.
    """

    since: datetime
    until: datetime
    now: datetime
    stopped_at: datetime | None = None

    def __post_init__(self) -> None:
        if self.since > self.until:
            raise ValueError(f"the window's start {self.since} is after its end {self.until}")

    def expects_after(self, newest_end: datetime) -> datetime | None:
        """Say when the digest after the newest one should have ended, if it should be there by now."""
        next_end = newest_end + DIGEST_PERIOD
        last = min(self.until, self.now - DIGEST_GRACE, self.stopped_at or self.until)
        return next_end if next_end <= last else None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredObject:
    """One line of a listing: an object, one version of it, or a delete marker.

    Attributes:
        bucket: Its bucket.
        key: Its key.
        modified_at: S3's LastModified, aware.
        version: The version id; None when the listing shows none (ListObjectsV2).
        latest: Whether it is the version that a plain GET sees.
        delete_marker: Whether it is a delete marker, which hides the versions below it.
    """

    bucket: str
    key: str
    modified_at: datetime
    version: str | None = None
    latest: bool = True
    delete_marker: bool = False
