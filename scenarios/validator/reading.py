"""One day of one place, read ahead: its digests and the names of its log files."""

import time
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from datetime import date, datetime
from itertools import islice
from threading import Event

from chalicelib.trail.integrity.digest import AnyDigest, UnusableDigest, parse_digest
from chalicelib.trail.integrity.evidence import StoredObject, Unreadable
from scenarios.validator.places import ChainLocation
from scenarios.validator.source import Source

_PAGE = 1000  # keys of a listing


def read_digest(source: Source, bucket: str, key: str) -> AnyDigest | None:
    """Read a digest; None when it isn't there."""
    try:
        got = source.get(bucket, key)
    except Unreadable as reason:
        return UnusableDigest(bucket=bucket, key=key, problem=str(reason), unreadable=True)
    return parse_digest(bucket, key, *got) if got else None


def next_day(source: Source, bucket: str, folder: str, day: date) -> date | None:
    """The first day after this one whose folder holds anything; None where none does; raises CouldNotRead.

    Objects that lie in no day's folder are passed over, as far as one page of a listing goes.
    """
    for found in islice(source.listed(bucket, folder, after=f"{folder}{day:%Y/%m/%d}0"), _PAGE):
        with suppress(ValueError):
            return datetime.strptime(found.key[len(folder) :][:10], "%Y/%m/%d").date()  # noqa: DTZ007  # a day
    return None


class DayReader:
    """Begins to read when it is made; the listing first, then each digest it shows.

    Args:
        source: What is read from.
        readers: What reads; digests are read by it as soon as they are listed.
        place: The place.
        day: The day.
    """

    def __init__(self, source: Source, readers: ThreadPoolExecutor, place: ChainLocation, day: date) -> None:
        self.place, self.day = place, day
        self._source, self._readers = source, readers
        self.quickest_seconds = float("inf")
        self._fetching: list[Future[AnyDigest | None]] = []
        self._fetched = Event()
        below = f"{day:%Y/%m/%d}/"
        self._logs = readers.submit(self._list, place.chain.log_folder + below)
        self._digests = readers.submit(self._list, place.chain.digest_folder + below)
        self._digests.add_done_callback(self._fetch)

    @property
    def size(self) -> int:
        """How many log files are known to wait in memory."""
        return len(self._logs.result()) if self._logs.done() and not self._logs.exception() else 0

    def result(self) -> tuple[list[AnyDigest], list[StoredObject]]:
        """Wait for the digests, oldest first, and the listing of log files; raises CouldNotRead."""
        self._digests.result()
        self._fetched.wait()
        found = (future.result() for future in self._fetching)
        return [digest for digest in found if digest], self._logs.result()

    def _read(self, bucket: str, key: str) -> AnyDigest | None:
        began = time.perf_counter()
        found = read_digest(self._source, bucket, key)
        self.quickest_seconds = min(self.quickest_seconds, time.perf_counter() - began)
        return found

    def _list(self, prefix: str) -> list[StoredObject]:
        # The console and CloudTrail make empty objects that stand for folders.
        listed: Iterable[StoredObject] = self._source.listed(self.place.bucket, prefix)
        return [found for found in listed if not found.key.endswith("/")]

    def _fetch(self, listed: Future[list[StoredObject]]) -> None:
        try:
            if not listed.cancelled() and not listed.exception():
                self._fetching = [
                    self._readers.submit(self._read, found.bucket, found.key) for found in listed.result()
                ]
        except RuntimeError:
            pass  # the readers were stopped meanwhile: the result is no longer needed
        finally:
            self._fetched.set()
