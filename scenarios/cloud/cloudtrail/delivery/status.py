"""GetTrailStatus: how a trail's deliveries went.

An error is shown until the next delivery of its kind succeeds. The fields that AWS no longer uses are filled
the way its own examples fill them.

Source: https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_GetTrailStatus.html
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any


@dataclass(slots=True)
class Attempts:
    """The deliveries of one kind: when one last succeeded, and why the last one didn't ("" where it did)."""

    succeeded_at: datetime | None = None
    attempted_at: datetime | None = None
    error: str = ""

    def note(self, at: datetime, error: str) -> bool:
        """Remember one; tell whether this error is news."""
        news = bool(error) and error != self.error
        self.attempted_at, self.error = at, error
        if not error:
            self.succeeded_at = at
        return news


@dataclass(slots=True)
class Deliveries:
    """All the deliveries of one trail."""

    log_files: Attempts = field(default_factory=Attempts)
    digests: Attempts = field(default_factory=Attempts)
    notifications: Attempts = field(default_factory=Attempts)
    log_group: Attempts = field(default_factory=Attempts)

    def answer(self, *, logging: bool, started: datetime | None, stopped: datetime | None) -> dict[str, Any]:
        """Answer GetTrailStatus; `started` and `stopped` may be naive, in UTC."""
        optional = {
            "LatestDeliveryTime": self.log_files.succeeded_at,
            "LatestDeliveryError": self.log_files.error,
            "LatestDigestDeliveryTime": self.digests.succeeded_at,
            "LatestDigestDeliveryError": self.digests.error,
            "LatestNotificationTime": self.notifications.succeeded_at,
            "LatestNotificationError": self.notifications.error,
            "LatestCloudWatchLogsDeliveryTime": self.log_group.succeeded_at,
            "LatestCloudWatchLogsDeliveryError": self.log_group.error,
            "StartLoggingTime": _aware(started),
            "StopLoggingTime": _aware(stopped),
        }
        return {
            "IsLogging": logging,
            **{name: value for name, value in optional.items() if value},
            "LatestDeliveryAttemptTime": _text(self.log_files.attempted_at),
            "LatestDeliveryAttemptSucceeded": _text(self.log_files.succeeded_at),
            "LatestNotificationAttemptTime": _text(self.notifications.attempted_at),
            "LatestNotificationAttemptSucceeded": _text(self.notifications.succeeded_at),
            "TimeLoggingStarted": _text(_aware(started)),
            "TimeLoggingStopped": _text(_aware(stopped)),
        }


def _aware(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment


def _text(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}" if moment is not None else ""
