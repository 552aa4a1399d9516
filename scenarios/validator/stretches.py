"""The judgement over one chain, a stretch of digests at a time: days in, findings out.

Digests are fed oldest first. Belief is carried from a digest back to the one before it (the newer records the
older's hash), so a stretch is cut only before a digest whose own signature holds. The last digests of a
stretch stay at hand for the next one: its first digest is linked to them, and log files near the edge may be
theirs. Everything older is forgotten, which is what bounds the memory.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from chalicelib.trail.integrity import sentences
from chalicelib.trail.integrity.chain import (
    ChainReport,
    ObjectAddress,
    Slot,
    Surroundings,
    judge_chain,
    own_fault,
    own_finding,
    place_digests,
)
from chalicelib.trail.integrity.digest import AnyDigest, Digest, Link, LogReference
from chalicelib.trail.integrity.evidence import DIGEST_PERIOD, StoredObject, Window
from chalicelib.trail.integrity.findings import IntegrityFinding, What
from chalicelib.trail.integrity.keys import Chain, DigestKey, LogFileKey, MalformedKey
from chalicelib.trail.integrity.logs import judge_listing
from chalicelib.trail.integrity.public_keys import KeyRing

MOST_WAITING_DIGESTS = 400
"""Where no signature holds, a stretch is cut all the same; belief is then not carried over the cut."""
MOST_WAITING_LOGS = 50_000
"""Log files that wait for a digest to name them; more are counted as unverifiable at once."""

_AT_HAND = timedelta(hours=2.5)
_EDGE = timedelta(minutes=80)
_NEAR = timedelta(minutes=30)
_LATE = 2 * DIGEST_PERIOD


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """What a stretch came to.

    Attributes:
        findings: What is wrong or worth knowing, oldest first.
        checks: The log files to be held against the digests that name them.
        digests: The digests that were judged, oldest first, each with whether it is sound.
        unverifiable: How many log files nothing can be said about.
        added: How many log files were added.
    """

    findings: tuple[IntegrityFinding, ...] = ()
    checks: tuple[tuple[LogReference, Digest], ...] = ()
    digests: tuple[tuple[Slot, bool], ...] = ()
    unverifiable: int = 0
    added: int = 0


class Stretches:
    """Judges one chain, its backfill digests, and what lies in its folders besides.

    Args:
        chain: The chain, not of backfill digests.
        bucket: The bucket its digests are expected in; None when none is expected.
        keys: The public keys of its region.
        window: The time judged, and the time it is now.
        delivered_at: When CloudTrail says it delivered this chain's newest digest; None when it doesn't say.
        goes_on: Whether the newest digest is held against the clock; not where the chain may rightly end.
    """

    def __init__(
        self,
        chain: Chain,
        *,
        bucket: str | None,
        keys: KeyRing,
        window: Window,
        delivered_at: datetime | None = None,
        goes_on: bool = True,
    ) -> None:
        self._chain, self._bucket, self._keys, self._window = chain, bucket, keys, window
        self._mine = (chain, replace(chain, backfill=True))
        self._delivered_at, self._goes_on = delivered_at, goes_on
        self.newest: datetime | None = None  # the end of the newest digest of the chain that was fed
        self._waiting: dict[ObjectAddress, AnyDigest] = {}
        self._at_hand: dict[ObjectAddress, AnyDigest] = {}
        self._logs: list[StoredObject] = []
        self._told: frozenset[str] = frozenset()
        self._keyless = False

    def strangers(self, digests: Iterable[AnyDigest]) -> list[Link]:
        """The predecessors that digests name and that were not fed: deleted, or in another place."""
        known = {(found.bucket, found.key) for found in digests} | {*self._waiting, *self._at_hand}
        return [
            link
            for found in digests
            if isinstance(found, Digest)
            and (link := found.previous)
            and self._window.since < found.starts_at < self._window.until
            and (link.bucket, link.key) not in known
            and own_fault(found, self._keys) is None
        ]

    def know(self, found: AnyDigest) -> None:
        """Take a digest that is judged elsewhere or not at all: it is linked to, and no more."""
        if (found.bucket, found.key) not in self._waiting:
            self._at_hand[found.bucket, found.key] = found

    def feed(self, digests: Iterable[AnyDigest], listing: Iterable[StoredObject]) -> Stretch:
        """Take a day's digests and log files, and judge as far as possible.

        Args:
            digests: Everything that lies in digests' places of the next day.
            listing: Everything in the log folder of that day.
        """
        strays = []
        for found in digests:
            try:
                name = DigestKey.parse(found.key)
            except MalformedKey:
                strays.append(sentences.stray(found))
                continue
            self._waiting.setdefault((found.bucket, found.key), found)
            if name.chain == self._chain:
                self.newest = max(self.newest or name.ends_at, name.ends_at)
        self._logs += listing
        before = self._cut()
        stretch = self._settle(before) if before else Stretch()
        overdue = len(self._logs) - MOST_WAITING_LOGS
        if overdue > 0:
            self._logs = self._logs[overdue:]
            stretch = replace(stretch, unverifiable=stretch.unverifiable + overdue)
        return replace(stretch, findings=(*strays, *stretch.findings))

    def finish(self) -> Stretch:
        """Judge what is left, and hold the newest digest against the clock."""
        return self._settle(None)

    def _cut(self) -> datetime | None:
        """The end of the newest digest whose own signature holds; what ended before it can be judged."""
        mine = sorted(
            (name.ends_at, place)
            for place in self._waiting
            if (name := DigestKey.parse(place[1])).chain == self._chain
        )
        for ends_at, place in reversed(mine):
            if own_fault(self._waiting[place], self._keys) is None:
                return ends_at
        return mine[-1][0] if len(mine) > MOST_WAITING_DIGESTS else None

    def _settle(self, before: datetime | None) -> Stretch:
        """Judge the digests that ended before a time, or all."""
        slots, _ = place_digests([*self._at_hand.values(), *self._waiting.values()], self._keys, ())
        reports = self._reports(slots, final=before is None)
        fresh = [slot for slot in reversed(slots) if self._due(slot, before)]
        findings = [*self._own(slots, fresh), *self._links(reports)]
        if before is None:
            findings += self._undelivered(slots, findings)
        believed, claimed = _named(slots), _claimed(slots)
        logs = self._ripe(before, believed)
        beside = judge_listing(
            logs,
            named=believed,
            claimed=claimed,
            reports=[report for report in reports if report.covered or report.chain in self._mine],
            window=self._window,
        )
        findings += beside.findings
        stretch = Stretch(
            findings=self._new(findings),
            checks=tuple((log, digest) for slot in fresh if (digest := slot.believed) for log in digest.logs),
            digests=tuple((slot, slot.fault is None) for slot in fresh),
            unverifiable=len(_claimed(fresh) - believed) + beside.unverifiable,
            added=beside.added,
        )
        self._forget(slots, before)
        return stretch

    def _due(self, slot: Slot, before: datetime | None) -> bool:
        """Whether a digest is the chain's, of the time asked for, and not judged yet."""
        window = self._window
        return (
            slot.chain in self._mine
            and slot.place not in self._at_hand
            and (before is None or slot.ends_at < before)
            and window.since < slot.ends_at
            and slot.starts_at < window.until
        )

    def _reports(self, slots: Sequence[Slot], *, final: bool) -> list[ChainReport]:
        by_chain: dict[Chain, list[Slot]] = defaultdict(list)
        for slot in slots:
            by_chain[slot.chain].append(slot)
        if final:
            by_chain.setdefault(self._chain, [])
        around = Surroundings.of(slots, self._window)
        return [
            judge_chain(
                chain,
                found,
                around=replace(around, window=self._window_of(found, final=final)),
                anchor=None,
                bucket=self._bucket if final and chain == self._chain else None,
            )
            for chain, found in sorted(by_chain.items())
        ]

    def _window_of(self, newest_first: Sequence[Slot], *, final: bool) -> Window:
        """The window of one chain in this stretch: nothing is missed before what is at hand, nor after it."""
        if not newest_first:
            return self._window
        oldest, newest = newest_first[-1], newest_first[0]
        early = oldest.place in self._at_hand or oldest.ends_at <= self._window.since
        since = oldest.starts_at if early else self._window.since
        until = self._window.until if final and self._goes_on else newest.ends_at
        return replace(self._window, since=min(since, until), until=until)

    def _own(self, slots: Sequence[Slot], fresh: Sequence[Slot]) -> Iterator[IntegrityFinding]:
        """Digests' own faults; a key that could not be read is reported once."""
        moved = [slot for slot in slots if slot.place in self._waiting and self._moved_away(slot)]
        for slot in (*fresh, *moved):
            finding = own_finding(slot)
            if finding is None or (finding.what is What.KEYS_UNAVAILABLE and self._keyless):
                continue
            self._keyless = self._keyless or finding.what is What.KEYS_UNAVAILABLE
            yield finding

    def _moved_away(self, slot: Slot) -> bool:
        """Whether a digest that lies under another trail's name says it is this chain's."""
        if (
            slot.chain in self._mine
            or slot.fault is not What.DIGEST_MOVED
            or not isinstance(slot.object, Digest)
        ):
            return False
        try:
            return DigestKey.parse(slot.object.recorded_key).chain in self._mine
        except MalformedKey:
            return False

    def _links(self, reports: Iterable[ChainReport]) -> Iterator[IntegrityFinding]:
        """Links, gaps and holes of this chain, as far as they are of the time asked for."""
        for report in reports:
            if report.chain in self._mine:
                for finding in report.findings:
                    if finding.since is None or finding.since < self._window.until:
                        yield finding

    def _undelivered(
        self, slots: Sequence[Slot], findings: Iterable[IntegrityFinding]
    ) -> Iterator[IntegrityFinding]:
        """Hold the newest digest against CloudTrail's word, where the clock says nothing."""
        told = any(finding.what is What.DIGEST_MISSING for finding in findings)
        if self._delivered_at is None or told or self._delivered_at > self._window.until:
            return
        ends = (slot.ends_at for slot in slots if slot.chain == self._chain)
        newest = max(ends, default=self._window.since)
        if newest + _LATE <= self._delivered_at:
            key = str(self._chain.digest_at(newest + DIGEST_PERIOD))
            yield sentences.silence(self._chain, self._bucket or "", key, (newest, self._delivered_at))

    def _ripe(self, before: datetime | None, named: frozenset[ObjectAddress]) -> list[StoredObject]:
        """The log files that no digest names and that can be judged now; the others stay."""
        ripe, unripe = [], []
        for found in self._logs:
            if (found.bucket, found.key) in named:
                continue
            at = _delivered_at(found.key)
            if at and before and at >= before - _EDGE:
                unripe.append(found)
            elif at is None or at <= self._window.until or at > self._window.now:
                ripe.append(found)
        self._logs = unripe
        return ripe

    def _new(self, findings: Iterable[IntegrityFinding]) -> tuple[IntegrityFinding, ...]:
        """Each thing is reported once, though what is at hand is looked at twice."""
        now = {finding.identity: finding for finding in findings}
        before, self._told = self._told, frozenset(now)
        fresh = (finding for identity, finding in now.items() if identity not in before)
        return tuple(sorted(fresh, key=IntegrityFinding.order))

    def _forget(self, slots: Sequence[Slot], before: datetime | None) -> None:
        if before is None:
            self._waiting, self._at_hand = {}, {}
            return
        judged = [slot for slot in slots if slot.ends_at < before]
        newest = {slot.chain: slot for slot in reversed(judged)}
        kept = [*newest.values(), *(slot for slot in judged if slot.ends_at > before - _AT_HAND)]
        self._at_hand = {slot.place: slot.object for slot in kept}
        self._waiting = {slot.place: slot.object for slot in slots if slot.ends_at >= before}


def _named(slots: Iterable[Slot]) -> frozenset[ObjectAddress]:
    """The places of the log files that believed digests name."""
    return frozenset(
        (log.bucket, log.key) for slot in slots if (digest := slot.believed) for log in digest.logs
    )


def _claimed(slots: Iterable[Slot]) -> frozenset[ObjectAddress]:
    """The places of the log files that the other digests name, as far as they are of their own hour.

    A forged digest may name anything: what is of another hour is judged there.
    """
    return frozenset(
        (log.bucket, log.key)
        for slot in slots
        if isinstance(slot.object, Digest) and not slot.believed
        for log in slot.object.logs
        if (at := _delivered_at(log.key)) and slot.starts_at - _NEAR <= at <= slot.ends_at + _NEAR
    )


def _delivered_at(key: str) -> datetime | None:
    try:
        return LogFileKey.parse(key).delivered_at
    except MalformedKey:
        return None
