"""A trail copied to a folder, such as by `aws s3 sync s3://BUCKET FOLDER`.

Such a copy has no user metadata, in which CloudTrail puts a digest's signature. It is taken from
`NAME.head.json` beside the digest, where that is (the output of `aws s3api head-object`), and else from the
digest after it, which records it. Only the newest digest of a chain needs the file.
"""

import json
import os
import stat
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from chalicelib.trail.integrity.digest import SIGNATURE_ALGORITHM, Digest, parse_digest
from chalicelib.trail.integrity.evidence import StoredObject, Unreadable
from chalicelib.trail.integrity.keys import DigestKey, MalformedKey
from scenarios.validator.source import MOST_BYTES, CouldNotRead

HEAD = ".head.json"
_UNSIGNED = (
    "its signature was not archived, and no later digest records it: "
    f"keep what `aws s3api head-object` says of it beside it, as NAME.json.gz{HEAD}"
)


class FolderSource:
    """Reads keys as paths below a folder, for every bucket that is asked for: there is one copy."""

    def __init__(self, root: Path) -> None:
        self._root = os.fspath(root)

    def folders(self, bucket: str, prefix: str) -> tuple[str, ...]:
        """See `Source`."""
        del bucket
        return tuple(entry.name for entry in self._entries(prefix) if entry.is_dir())

    def listed(self, bucket: str, prefix: str, *, after: str = "") -> Iterator[StoredObject]:
        """See `Source`; `prefix` ends with a slash. Links are not followed."""
        for entry in self._entries(prefix):
            key = prefix + entry.name
            if entry.is_dir(follow_symlinks=False):
                if f"{key}/" >= after[: len(key) + 1]:
                    yield from self.listed(bucket, f"{key}/", after=after)
            elif key > after and not key.endswith(HEAD):
                modified_at = datetime.fromtimestamp(entry.stat().st_mtime, UTC)
                yield StoredObject(bucket=bucket, key=key, modified_at=modified_at)

    def _entries(self, prefix: str) -> list[os.DirEntry[str]]:
        """Files and folders in the order of S3's keys, in which a folder's name ends with a slash."""
        try:
            with os.scandir(os.path.join(self._root, prefix)) as found:  # noqa: PTH118  # a path a file: pathlib takes twice as long
                return sorted(found, key=lambda entry: f"{entry.name}/" if entry.is_dir() else entry.name)
        except FileNotFoundError:
            return []
        except OSError as error:
            raise CouldNotRead(f"{error.filename} could not be listed: {error.strerror}") from error

    def get(self, bucket: str, key: str) -> tuple[bytes, Mapping[str, str]] | None:
        """See `Source`."""
        body = self._bytes(key)
        if body is None:
            return None
        return body, self._metadata(bucket, key) if "/CloudTrail-Digest/" in key else {}

    def advice(self) -> tuple[str, ...]:
        """See `Source`: what lies in a folder can be read."""
        return ()

    def _bytes(self, key: str) -> bytes | None:
        if ".." in key.split("/"):
            return None  # no key of S3's that a copy can hold, and none of ours to leave the folder by
        try:
            name = os.path.join(self._root, key)  # noqa: PTH118  # see above
            with open(name, "rb", buffering=0, opener=_without_waiting) as file:
                if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                    raise Unreadable("it is no regular file")
                return file.read(MOST_BYTES)
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            return None
        except (OSError, ValueError) as error:
            raise Unreadable(getattr(error, "strerror", None) or str(error)) from error

    def _metadata(self, bucket: str, key: str) -> Mapping[str, str]:
        if head := self._bytes(f"{key}{HEAD}"):
            try:
                return dict(json.loads(head)["Metadata"])
            except (ValueError, KeyError, TypeError, RecursionError) as error:
                raise Unreadable(f"{key}{HEAD} is not what `aws s3api head-object` prints") from error
        try:
            name = DigestKey.parse(key)
        except MalformedKey:
            return {}
        for signature in self._recorded(bucket, name):
            return {
                "signature": signature,
                "signature-algorithm": SIGNATURE_ALGORITHM,
                "backfill-generation-timestamp": "",
            }
        raise Unreadable(_UNSIGNED)

    def _recorded(self, bucket: str, name: DigestKey) -> Iterator[str]:
        """The signature as the next digest of the chain records it; this day's, or of the day after."""
        key = str(name)
        for day in (name.ends_at, name.ends_at + timedelta(days=1)):
            for found in self.listed(bucket, f"{name.chain.digest_folder}{day:%Y/%m/%d}/", after=key):
                if not _of_chain(found.key, name):
                    continue
                digest = parse_digest(bucket, found.key, self._bytes(found.key) or b"", _DATED)
                link = digest.previous if isinstance(digest, Digest) else None
                if link and link.key == key:
                    yield link.signature
                return


def _without_waiting(name: str, flags: int) -> int:
    """Open a file, and a FIFO too without waiting for somebody to write to it."""
    return os.open(name, flags | os.O_NONBLOCK)


_DATED = {"backfill-generation-timestamp": ""}


def _of_chain(key: str, name: DigestKey) -> bool:
    try:
        return DigestKey.parse(key).chain == name.chain
    except MalformedKey:
        return False
