"""What a trail is read from."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from chalicelib.trail.integrity.evidence import StoredObject

MOST_BYTES = 64 << 20
"""CloudTrail's files are at most 50 MB; what is longer is read so far and then judged cut short."""


MOST_LISTED = 50_000
"""Objects of one listing: a day's log files of one account and region are hundreds, and rarely thousands."""
MOST_PAGES = 1000
"""Of one listing: S3 puts a thousand objects on each, but may put fewer."""


class CouldNotRead(Exception):
    """Something that all else depends on could not be read: one sentence, without its full stop."""


class Source(Protocol):
    """A bucket, or a copy of one. Safe to be used by several threads at once."""

    def folders(self, bucket: str, prefix: str) -> tuple[str, ...]:
        """The names of the folders right below `prefix`, without slashes; raises CouldNotRead."""

    def listed(self, bucket: str, prefix: str, *, after: str = "") -> Iterator[StoredObject]:
        """What lies below `prefix`, in the order of keys, from behind `after`; raises CouldNotRead."""

    def get(self, bucket: str, key: str) -> tuple[bytes, Mapping[str, str]] | None:
        """An object's bytes and user metadata; None when it isn't there.

        Raises:
            Unreadable: it is there, or may be, and can't be read.
        """

    def advice(self) -> Sequence[str]:
        """What would let more be read, a sentence each; asked for at the end."""


class Versioned(Protocol):
    """A bucket that may keep versions of what was deleted or overwritten."""

    def versions(self, bucket: str, prefix: str, *, after: str = "") -> Iterator[StoredObject]:
        """Versions and delete markers below `prefix`, from behind the key `after`; raises CouldNotRead."""

    def get_version(self, bucket: str, key: str, version: str) -> tuple[bytes, Mapping[str, str]] | None:
        """A version's bytes and user metadata, as `Source.get`."""
