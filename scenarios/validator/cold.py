"""What S3 keeps in archives: there, but not to be read before it is restored.

GLACIER_IR is read like any other; GLACIER, DEEP_ARCHIVE and the archive tiers of INTELLIGENT_TIERING answer
InvalidObjectState. https://docs.aws.amazon.com/AmazonS3/latest/userguide/restoring-objects.html
"""

from collections import Counter
from dataclasses import dataclass
from threading import Lock

from chalicelib.wording import aws_command

_TIERING = "INTELLIGENT_TIERING"


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchivedObject:
    """An object that can't be read now.

    Attributes:
        bucket: Its bucket.
        key: Its key.
        storage_class: Its storage class, as S3 tells it; empty when it doesn't.
        tier: Its access tier, where its class has some.
        coming: Whether a restore was begun.
    """

    bucket: str
    key: str
    storage_class: str
    tier: str
    coming: bool

    @property
    def where(self) -> str:
        """`DEEP_ARCHIVE`, or `INTELLIGENT_TIERING, ARCHIVE_ACCESS`."""
        return ", ".join(name for name in (self.storage_class, self.tier) if name) or "an archive"

    @property
    def command(self) -> str:
        """What restores it: for a week, or from Intelligent-Tiering for good."""
        request = "{}" if self.storage_class == _TIERING else '{"Days": 7}'
        options = {"--bucket": self.bucket, "--key": self.key, "--restore-request": request}
        return aws_command("s3api", "restore-object", options)

    def __str__(self) -> str:
        return f"archived in {self.where}, " + ("a restore is in progress" if self.coming else "not restored")


class ColdStorage:
    """Counts what is archived, and keeps one of each kind to show how it is restored."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._counts: Counter[str] = Counter()
        self._coming = 0
        self._examples: dict[str, ArchivedObject] = {}

    def add(self, kept: ArchivedObject) -> None:
        """Count an object; safe to be called by several threads."""
        with self._lock:
            self._counts[kept.where] += 1
            self._coming += kept.coming
            if not kept.coming:
                self._examples.setdefault(kept.where, kept)

    def advice(self) -> tuple[str, ...]:
        """What to do about it, in a sentence; nothing where nothing is archived."""
        if not self._counts:
            return ()
        counts = ", ".join(f"{count:,} in {where}" for where, count in sorted(self._counts.items()))
        sentence = f"objects that are archived could not be verified: {counts}"
        if self._coming:
            sentence += f"; {self._coming:,} of them are being restored already"
        commands = [kept.command for _, kept in sorted(self._examples.items())]
        if commands:
            sentence += "; restore each and validate again: " + " or ".join(commands)
        return (sentence,)
