"""A gap is a notice; what matters about it is who made it.

The trail's own log files are asked first: those of the digests around the gap's start, in the region the
trail lives in, as far as these digests vouch for them. That works on a copy and beyond ninety days as well.
Then the event history, where there is an account to ask.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from chalicelib.trail.description import TrailArn
from chalicelib.trail.integrity.chain import own_fault
from chalicelib.trail.integrity.digest import Digest, LogReference
from chalicelib.trail.integrity.evidence import Unreadable
from chalicelib.trail.integrity.findings import IntegrityFinding
from chalicelib.trail.integrity.keys import Chain, DigestKey, MalformedKey
from chalicelib.trail.integrity.logs import check_log
from chalicelib.trail.integrity.public_keys import KeyRing
from scenarios.validator.places import ChainLocation
from scenarios.validator.reading import read_digest
from scenarios.validator.source import CouldNotRead, Source
from scenarios.validator.stops import BEFORE, NAMES, Stop, records_of, stops_among

HISTORY = timedelta(days=90)
_AROUND = timedelta(minutes=65)
_A_DAY = timedelta(days=1)  # the names of several trails in one folder sort by day, then by trail
_MOST_TOLD = 5

AskHistory = Callable[[Iterable[str], datetime, datetime], list[Mapping[str, Any]]]
"""Names of events, since, until -> their records; raises CouldNotRead."""


class Gaps:
    """Says who made a gap.

    Args:
        source: What the trail is read from.
        arn: The trail.
        now: The time it is, aware.
        rings: The public keys by region.
        history: Asks the event history of the trail's home region; None where there is no account to ask.
    """

    def __init__(
        self,
        source: Source,
        arn: TrailArn,
        now: datetime,
        rings: Mapping[str, KeyRing],
        history: AskHistory | None,
    ) -> None:
        self._source, self._arn, self._now, self._rings = source, arn, now, rings
        self._history = history
        self._in_logs = lru_cache(maxsize=64)(self._look_in_logs)

    def explain(self, gap: IntegrityFinding, place: ChainLocation) -> IntegrityFinding:
        """The finding, with who stopped logging, or why that isn't known."""
        if gap.since is None or gap.until is None:
            return gap
        home = replace(place.chain, account=self._arn.account, region=place.chain.home_region, backfill=False)
        stops: Iterable[Stop] = self._in_logs(place.bucket, home, gap.since, gap.until)
        source = "as the trail's log files tell"
        if not stops:
            source = "as the event history tells"
            try:
                stops = self._in_history(gap.since, gap.until)
            except CouldNotRead as reason:
                return _with_source(gap, f"unexplained: its log files don't say who stopped it, and {reason}")
        if not stops:
            return _with_source(gap, f"unexplained: {self._asked(gap.since)} who stopped it")
        named = ", ".join(str(stop) for stop in list(stops)[:_MOST_TOLD])
        return _with_source(gap, f"{named}, {source}")

    def _asked(self, since: datetime) -> str:
        if self._history is None:
            return "the trail's log files don't say"
        if since < self._now - HISTORY:
            return "the trail's log files don't say, and the event history goes back 90 days:"
        return "neither the trail's log files nor the event history say"

    def _in_history(self, since: datetime, until: datetime) -> list[Stop]:
        if self._history is None or until < self._now - HISTORY:
            return []
        earliest = max(since - BEFORE, self._now - HISTORY)
        return stops_among(self._history(NAMES, earliest, until), self._arn, since, until)

    def _look_in_logs(self, bucket: str, home: Chain, since: datetime, until: datetime) -> tuple[Stop, ...]:
        return tuple(stops_among(self._records(bucket, home, since), self._arn, since, until))

    def _records(self, bucket: str, home: Chain, since: datetime) -> Iterator[object]:
        ring = self._rings.get(home.region, KeyRing({}))
        try:
            for digest in self._digests(bucket, home, since):
                for log in digest.logs if own_fault(digest, ring) is None else ():
                    yield from records_of(self._vouched(log) or b"")
        except CouldNotRead:
            return  # judged elsewhere

    def _vouched(self, log: LogReference) -> bytes | None:
        """A log file's bytes, if it is what its digest says."""
        try:
            got = self._source.get(log.bucket, log.key)
        except Unreadable:
            return None
        packed = got and got[0]
        return packed if check_log(log, lambda _bucket, _key: packed) is None else None

    def _digests(self, bucket: str, home: Chain, since: datetime) -> Iterator[Digest]:
        """The digests of the home region that end around a time: the call is in the log files of one."""
        first = str(home.digest_at(since - _AROUND))
        for found in self._source.listed(bucket, home.digest_folder, after=first):
            try:
                name = DigestKey.parse(found.key)
            except MalformedKey:
                continue
            if name.ends_at > since + (_AROUND if name.chain == home else _A_DAY):
                return
            if name.chain == home:
                digest = read_digest(self._source, bucket, found.key)
                if isinstance(digest, Digest):
                    yield digest


def _with_source(gap: IntegrityFinding, by: str) -> IntegrityFinding:
    return replace(gap, found=by, sentence=f"{gap.sentence}; {by}")
