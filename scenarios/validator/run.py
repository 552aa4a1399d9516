"""A validation from end to end: places and days one after another, read ahead, log files by many threads."""

import math
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import date, datetime, timedelta
from threading import BoundedSemaphore, Lock, Semaphore
from typing import NoReturn, Protocol

from chalicelib.trail.integrity import sentences
from chalicelib.trail.integrity.chain import Slot
from chalicelib.trail.integrity.digest import AnyDigest, Digest, Link, LogReference
from chalicelib.trail.integrity.evidence import Unreadable, Window
from chalicelib.trail.integrity.findings import IntegrityFinding, What
from chalicelib.trail.integrity.keys import Chain, DigestKey, MalformedKey
from chalicelib.trail.integrity.logs import LogFault, check_log, log_finding
from scenarios.validator.ask import YOUNG
from scenarios.validator.explain import Explainer
from scenarios.validator.places import ChainLocation, Question
from scenarios.validator.reading import DayReader, next_day, read_digest
from scenarios.validator.source import CouldNotRead, Source
from scenarios.validator.stretches import Stretch, Stretches
from scenarios.validator.tally import Tally

READERS = 32
"""Threads that list, and read digests."""
DAYS_AHEAD = 4
MOST_LOGS_AHEAD = 20_000
"""Names of log files in memory, beyond which one day is read ahead and no more."""
WAITING_EACH = 4
"""Log files that wait for each of the threads that check them."""

WANTED_PER_SECOND = 4000
"""Log files that would be fetched if nothing but the network took time."""
FEWEST_CHECKERS = 16

FEW_DAYS = 7
"""So many are listed without asking first where anything lies."""

_NOTHING = (
    "no digest covers the time that is asked for: the trail, its logging or its validation began later "
    "or was off"
)
_UNTOLD = (What.LOG_UNREADABLE, What.ALGORITHM_REFUSED)


class Observer(Protocol):
    """Is told of each result when it is known. Called under a lock, from any thread."""

    def finding(self, finding: IntegrityFinding) -> None:
        """Something is wrong or worth knowing."""

    def warning(self, sentence: str) -> None:
        """Something is worth knowing about the run itself."""

    def valid(self, kind: str, bucket: str, key: str) -> None:
        """A digest or a log file is what CloudTrail delivered."""

    def progress(self, tally: Tally) -> None:
        """A log file was checked, or a day was judged."""


class ValidationRun:
    """One validation.

    Args:
        source: What is read from.
        places: The chains, each judged by itself.
        question: The time that is asked for.
        observer: Is told everything at once; the tally keeps only counts.
        checkers: How many log files are read and hashed at once.
        explainer: Adds to findings what is known besides.
    """

    def __init__(
        self,
        source: Source,
        places: Iterable[ChainLocation],
        question: Question,
        observer: Observer,
        *,
        checkers: int,
        explainer: Explainer | None = None,
    ) -> None:
        self._explainer = explainer or Explainer()
        self._source, self._question, self._observer = source, question, observer
        self._places = deque(places)
        self._seen = {(place.bucket, place.chain) for place in self._places}
        self._readers = ThreadPoolExecutor(READERS, "reader")
        self._most_checkers, self._quickest_seconds = checkers, float("inf")
        self._checkers: ThreadPoolExecutor | None = None
        self._room = BoundedSemaphore(checkers * WAITING_EACH)
        self._capacity = checkers * WAITING_EACH
        self._unpacking = Semaphore((os.cpu_count() or 1) + 1)
        self._lock = Lock()
        self._error: BaseException | None = None
        self._off_told = False
        self._not_before: dict[tuple[str, Chain], date] = {}
        self.tally = Tally(days_asked=sum(1 for place in self._places for _ in place.days(question)))

    def run(self) -> Tally:
        """Judge everything. Ctrl-C ends it early: the tally then holds what was done so far."""
        try:
            while self._places:
                self._judge_all()
            if not self.tally.digests and not self.tally.weights:
                self._could_not(_NOTHING)
            for _ in range(self._capacity):  # all came back
                self._room.acquire()
        except KeyboardInterrupt:
            with self._lock:
                self.tally.interrupted = True
        finally:
            for pool in (self._readers, self._checkers):
                if pool:
                    pool.shutdown(wait=False, cancel_futures=True)
        if self._error and not self.tally.interrupted:
            raise self._error
        return self.tally

    def _judge_all(self) -> None:
        days = self._days()
        ahead: deque[DayReader] = deque()
        stretches: Stretches | None = None
        place: ChainLocation | None = None
        while True:
            self._read_ahead(days, ahead)
            if not ahead:
                break
            reading = ahead.popleft()
            if reading.place is not place:
                if place and stretches:
                    self._finish(place, stretches)
                place, stretches = reading.place, self._stretches(reading.place)
            if stretches and not self._judge(reading, stretches):
                stretches = None  # what can't be listed can't be judged
            self.tally.days += 1
            self._tell_progress()
        if place and stretches:
            self._finish(place, stretches)

    def _days(self) -> Iterator[tuple[ChainLocation, date]]:
        while self._places:
            place = self._places.popleft()
            yield from self._days_of(place)

    def _days_of(self, place: ChainLocation) -> Iterator[tuple[ChainLocation, date]]:
        """The days that hold something, and some more: a range may begin years before the trail."""
        days = list(place.days(self._question))
        if len(days) > FEW_DAYS:
            self._skip(place, days[0] - timedelta(days=1))
        for day in days:
            if day < self._not_before.get((place.bucket, place.chain), day):
                self.tally.days_asked -= 1
            else:
                yield place, day

    def _skip(self, place: ChainLocation, empty: date) -> None:
        """Find the next day that holds a digest or a log file: the days between aren't listed."""
        here = (place.bucket, place.chain)
        if empty < self._not_before.get(here, empty):
            return

        def after(folder: str) -> date | None:
            return next_day(self._source, place.bucket, folder, empty)

        try:
            found = list(self._readers.map(after, (place.chain.digest_folder, place.chain.log_folder)))
        except CouldNotRead:
            return  # the day's own listing says so
        self._not_before[here] = min((day for day in found if day), default=date.max)

    def _read_ahead(self, days: Iterator[tuple[ChainLocation, date]], ahead: deque[DayReader]) -> None:
        while len(ahead) < DAYS_AHEAD and not (ahead and sum(day.size for day in ahead) > MOST_LOGS_AHEAD):
            coming = next(days, None)
            if coming is None:
                return
            ahead.append(DayReader(self._source, self._readers, *coming))

    def _stretches(self, place: ChainLocation) -> Stretches:
        question = self._question
        at_home = place.chain.region == place.chain.home_region and place.expected
        return Stretches(
            place.chain,
            bucket=place.bucket if place.expected else None,
            keys=place.keys,
            window=Window(
                since=question.since,
                until=max(place.until, question.since),
                now=question.now,
                stopped_at=question.stopped_at,
            ),
            delivered_at=question.delivered_at if at_home else None,
            goes_on=place.goes_on,
        )

    def _judge(self, reading: DayReader, stretches: Stretches) -> bool:
        try:
            digests, logs = reading.result()
            self._quickest_seconds = min(self._quickest_seconds, reading.quickest_seconds)
            for link in stretches.strangers(digests):
                self._follow(link, reading.place, stretches)
        except CouldNotRead as reason:
            self._could_not(str(reason))
            return False
        if not digests and not logs:
            self._skip(reading.place, reading.day)
        self._take(stretches.feed(digests, logs), reading.place)
        return True

    def _finish(self, place: ChainLocation, stretches: Stretches) -> None:
        """The digest after the time asked for says whether a silence at its end is a gap or a deletion."""
        try:
            if later := self._later(place):
                stretches.know(later)
        except CouldNotRead as reason:
            self._could_not(str(reason))
            return
        self._take(stretches.finish(), place)
        self._say_what_is_not_missed(place, stretches.newest)
        if off := self._off(place):
            with self._lock:
                self._tell(off)

    def _say_what_is_not_missed(self, place: ChainLocation, newest: datetime | None) -> None:
        """Where digests may rightly be absent, say that nothing was missed there, and why."""
        if newest is None:
            if place.may_lack:
                self._could_not(f"{place.may_lack}: it holds no digest, so nothing there could be verified")
            return
        if newest > min(place.until, self._question.now) - YOUNG:
            return
        if place.ended:
            sentence = f"{place.ended}: no digest is missed there after {newest:%Y-%m-%d %H:%M:%S} UTC"
            with self._lock:
                self.tally.warnings.append(sentence)
                self._observer.warning(sentence)
        elif place.may_end:
            self._could_not(
                f"{place.may_end}: digests end at {newest:%Y-%m-%d %H:%M:%S} UTC, and it can't be told "
                "whether later ones were deleted"
            )

    def _off(self, place: ChainLocation) -> IntegrityFinding | None:
        """That logging is switched off now, told once for a trail; later digests would tell of it else."""
        stopped_at, until = self._question.stopped_at, min(place.until, self._question.now)
        at_home = place.chain.region == place.chain.home_region and place.expected
        if stopped_at is None or not at_home or stopped_at >= until or self._off_told:
            return None
        self._off_told = True
        return self._explainer.chain(sentences.off(place.chain, place.bucket, (stopped_at, until)), place)

    def _later(self, place: ChainLocation) -> AnyDigest | None:
        if place.until >= self._question.now:
            return None
        after = str(place.chain.digest_at(place.until))
        for found in self._source.listed(place.bucket, place.chain.digest_folder, after=after):
            try:
                if DigestKey.parse(found.key).chain == place.chain:
                    return read_digest(self._source, place.bucket, found.key)
            except MalformedKey:
                continue
        return None

    def _follow(self, link: Link, place: ChainLocation, stretches: Stretches) -> None:
        """Look for a predecessor that wasn't listed: the trail may have delivered elsewhere before."""
        found = read_digest(self._source, link.bucket, link.key)
        if found is None:
            return
        stretches.know(found)
        chain = _chain_of(link.key)
        before = (link.bucket, chain)
        if chain is None or isinstance(found, Digest) is False or before in self._seen:
            return
        if isinstance(found, Digest) and not chain.backfill and found.ends_at > self._question.since:
            self._seen.add((link.bucket, chain))
            older = replace(place, bucket=link.bucket, chain=chain, until=found.ends_at, expected=False)
            self.tally.days_asked += sum(1 for _ in older.days(self._question))
            self._places.append(older)

    def _take(self, stretch: Stretch, place: ChainLocation) -> None:
        findings = [self._explainer.chain(finding, place) for finding in stretch.findings]
        with self._lock:
            for slot, sound in stretch.digests:
                self._count(slot, sound=sound)
            self.tally.logs += stretch.unverifiable + stretch.added
            self.tally.logs_unverifiable += stretch.unverifiable
            for finding in findings:
                self._tell(finding)
        for reference, digest in stretch.checks:
            self._room.acquire()
            if self._error:
                raise self._error
            future = self._pool().submit(self._check, reference, digest)
            future.add_done_callback(self._checked(reference))

    def _pool(self) -> ThreadPoolExecutor:
        """As many threads as S3's latency makes useful: more would only slow each other down."""
        if self._checkers is None:
            wanted = max(FEWEST_CHECKERS, math.ceil(min(self._quickest_seconds, 1) * WANTED_PER_SECOND))
            self._checkers = ThreadPoolExecutor(min(wanted, self._most_checkers), "checker")
        return self._checkers

    def _check(self, reference: LogReference, digest: Digest) -> IntegrityFinding | None:
        fault = self._fault(reference)
        if fault is None:
            return None
        return self._explainer.log(log_finding(reference, fault, digest), reference)

    def _fault(self, reference: LogReference) -> LogFault | None:
        """Read by many threads, unpack and hash by as many as there are processors: memory stays small."""
        try:
            got = self._source.get(reference.bucket, reference.key)
        except Unreadable as reason:
            unreadable = reason  # Python forgets the name of a caught error
            return check_log(reference, lambda _bucket, _key: _raise(unreadable))
        with self._unpacking:
            return check_log(reference, lambda _bucket, _key: got[0] if got else None)

    def _checked(self, reference: LogReference) -> Callable[[Future[IntegrityFinding | None]], None]:
        def take(future: Future[IntegrityFinding | None]) -> None:
            try:
                if not future.cancelled():
                    self._take_check(reference, future.result())
            except BaseException as error:  # noqa: BLE001  # a fault of ours: raised again by the main thread
                self._error = error
            finally:
                self._room.release()

        return take

    def _take_check(self, reference: LogReference, finding: IntegrityFinding | None) -> None:
        with self._lock:
            if self.tally.interrupted:
                return  # the summary is being told
            self.tally.logs += 1
            if finding is None:
                self.tally.logs_sound += 1
                self._observer.valid("Log file", reference.bucket, reference.key)
            else:
                self.tally.logs_unverifiable += finding.what in _UNTOLD
                self._tell(finding)
            self._observer.progress(self.tally)

    def _tell_progress(self) -> None:
        with self._lock:
            self._observer.progress(self.tally)

    def _count(self, slot: Slot, *, sound: bool) -> None:
        self.tally.digest(slot.starts_at, slot.ends_at, sound=sound)
        if sound:
            self._observer.valid("Digest file", *slot.place)

    def _tell(self, finding: IntegrityFinding) -> None:
        self.tally.finding(finding)
        self._observer.finding(finding)

    def _could_not(self, sentence: str) -> None:
        if sentence not in self.tally.problems:
            self.tally.problems.append(sentence)


def _raise(error: Exception) -> NoReturn:
    raise error


def _chain_of(key: str) -> Chain | None:
    try:
        return DigestKey.parse(key).chain
    except MalformedKey:
        return None
