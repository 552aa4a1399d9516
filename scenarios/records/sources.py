"""Where texts are: a file, a folder, a bucket in S3, standard input.

Folders and buckets are read in the order of their names, which is the order of time in a trail's bucket. Keys
of a trail name the day: with a range, other days are neither listed nor read.

Source: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/get-and-view-cloudtrail-log-files.html
"""

import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from chalicelib.wording import safe
from scenarios.files import NotRead, bounded_bytes, joined, opened, pieces_of, why_not
from scenarios.records.packing import PIECE_BYTES, Text, hidden, texts

STANDARD_INPUT = "-"
S3 = "s3://"
_DAY = re.compile(r"/(\d{4})/(\d{2})/(\d{2})/")
_FOLDER_OF_TIME = re.compile(r"/(\d{4})/(?:(\d{2})/)?(?:(\d{2})/)?$")
_LATE = timedelta(days=1)  # a log file's key has the time of its delivery, which is after its records'


@dataclass(frozen=True, slots=True)
class Range:
    """The time that is asked for; either end may be open. `until` is included."""

    since: datetime | None = None
    until: datetime | None = None

    def has(self, day: date) -> bool:
        """Whether log files of a day may hold records of the time."""
        return self._overlaps(day, day)

    def may_have(self, folder: str) -> bool:
        """Whether a folder such as `.../2026/` or `.../2026/03/` may hold such files."""
        found = _FOLDER_OF_TIME.search(folder)
        if not found:
            return True
        year, month, day = (int(part) if part else 0 for part in found.groups())
        try:
            first = date(year, month or 1, day or 1)
            last = first if day else _last_day(year, month)
        except ValueError:
            return True
        return self._overlaps(first, last)

    def has_time(self, text: object) -> bool:
        """Whether an eventTime lies in it; what has none that can be read does."""
        if not isinstance(text, str) or (self.since is None and self.until is None):
            return True
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            return True
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        after = self.since is None or moment >= self.since
        return after and (self.until is None or moment <= self.until)

    def _overlaps(self, first: date, last: date) -> bool:
        begun = self.since is None or last >= self.since.date()
        return begun and (self.until is None or first <= (self.until + _LATE).date())

    @property
    def is_open(self) -> bool:
        """Whether nothing is asked of the time."""
        return self.since is None and self.until is None


EVER = Range()


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file, or a part of one, that can't be read, and why."""

    name: str
    why: str


@dataclass(frozen=True, slots=True)
class File:
    """One file that was found: what to call it, where it is, and how many bytes it has (0: not known)."""

    shown: str
    name: str
    size: int = 0


def files(names: Iterable[str], within: Range = EVER) -> Iterator[File | Unreadable]:
    """The files that names stand for: themselves, or what lies below a folder or a prefix."""
    for name in names:
        if name == STANDARD_INPUT:
            yield File("standard input", name)
        elif name.startswith(S3):
            yield from _in_bucket(name, within)
        elif name and os.path.isdir(name):  # noqa: PTH112 - a name with a NUL is no path
            yield from _in_folder(name, within)
        else:
            yield _file(name)


def read_texts(file: File, came: Callable[[int], object] = lambda _: None) -> Iterator[Text]:
    """The texts in a file. Raises NotRead and OSError, also while a text is read.

    `came` hears how many bytes were read, as they lie there.
    """
    if file.name == STANDARD_INPUT:
        yield from texts(file.shown, _noted(pieces_of(sys.stdin.buffer, PIECE_BYTES), came))
    elif file.name.startswith(S3):
        yield from texts(file.shown, _noted(_object(file.name), came))
    else:
        with opened(file.name) as opened_file:
            yield from texts(file.shown, _noted(pieces_of(opened_file, PIECE_BYTES), came))


def read_bytes(name: str, most: int) -> bytes:
    """All bytes of a file or an object, as they lie there. Raises NotRead and OSError."""
    return joined(_object(name), most) if name.startswith(S3) else bounded_bytes(name, most)


def _noted(pieces: Iterator[bytes], came: Callable[[int], object]) -> Iterator[bytes]:
    for piece in pieces:
        came(len(piece))
        yield piece


# ---- folders -------------------------------------------------------------------------------------


def _file(name: str) -> File | Unreadable:
    if not name:
        return Unreadable("''", "the name of a file is empty")
    try:
        size = os.stat(name).st_size  # noqa: PTH116 - likewise
    except OSError as error:
        return Unreadable(safe(name), why_not(error))
    except ValueError as error:
        return Unreadable(ascii(name), str(error))
    return File(safe(Path(name).name), name, size)


def _in_folder(top: str, within: Range) -> Iterator[File | Unreadable]:
    any_yet = False
    for folder, below, names in os.walk(top):
        below.sort()
        for name in sorted(names):
            path = os.path.join(folder, name)  # noqa: PTH118 - as above
            if hidden(path):
                continue
            any_yet = True
            if _is_of_time(path, within):
                shown = safe(os.path.relpath(path, top))
                yield File(shown, path, os.path.getsize(path) if os.path.isfile(path) else 0)  # noqa: PTH113, PTH202
    if not any_yet:
        yield Unreadable(safe(top), "is a directory without files")


def _is_of_time(path: str, within: Range) -> bool:
    if within.is_open:
        return True
    found = _DAY.search(path.replace(os.sep, "/"))
    try:
        return not found or within.has(date(*map(int, found.groups())))
    except ValueError:
        return True


# ---- S3 ------------------------------------------------------------------------------------------


def _client() -> Any:
    import boto3  # noqa: PLC0415 - only those wait for it who name a bucket

    return boto3.client("s3")


def _in_bucket(uri: str, within: Range) -> Iterator[File | Unreadable]:
    bucket, _, prefix = uri.removeprefix(S3).partition("/")
    if not bucket:
        yield Unreadable(safe(uri), "it names no bucket; a place in S3 is s3://BUCKET/PREFIX")
        return
    any_yet = False
    try:
        for key, size in _keys(_client(), bucket, prefix, within):
            any_yet = True
            yield File(safe(key), f"{S3}{bucket}/{key}", size)
    except _errors() as error:
        yield Unreadable(safe(uri), f"S3 says: {error}")
        return
    if not any_yet:
        yield Unreadable(safe(uri), "there is no object" + ("" if within.is_open else " of that time"))


def _keys(client: Any, bucket: str, prefix: str, within: Range) -> Iterator[tuple[str, int]]:
    """Keys and sizes. With a range the listing goes folder by folder, so that other days cost nothing."""
    separator = {} if within.is_open else {"Delimiter": "/"}
    below: list[str] = []
    for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix, **separator):
        for each in page.get("Contents", ()):
            if not each["Key"].endswith("/") and _is_of_time(f"/{each['Key']}", within):
                yield each["Key"], each["Size"]
        below += [each["Prefix"] for each in page.get("CommonPrefixes", ())]
    for folder in below:
        if within.may_have(f"/{folder}"):
            yield from _keys(client, bucket, folder, within)


def _object(uri: str) -> Iterator[bytes]:
    bucket, _, key = uri.removeprefix(S3).partition("/")
    try:
        body = _client().get_object(Bucket=bucket, Key=key)["Body"]
        yield from body.iter_chunks(PIECE_BYTES)
    except _errors() as error:
        raise NotRead(f"S3 says: {error}") from error


def _errors() -> tuple[type[Exception], ...]:
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - likewise

    return (BotoCoreError, ClientError)


def _last_day(year: int, month: int) -> date:
    if not month:
        return date(year, 12, 31)
    return (date(year, month, 28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
