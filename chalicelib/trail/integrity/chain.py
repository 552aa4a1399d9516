"""The digests themselves: each one's own faults, and the links, gaps and holes between them.

The checks are stricter than those of `aws cloudtrail validate-logs`: the previous hash and the
previous signature are both compared, and the newest digest with the clock. A digest whose own signature
doesn't hold is still believed when a believed successor recorded the very hash of its content:
AWS's signature then vouches for it, and its log files can be checked although its metadata was tampered with.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from types import MappingProxyType
from typing import Self

from chalicelib.trail.integrity import sentences
from chalicelib.trail.integrity.digest import (
    HASH_ALGORITHM,
    AnyDigest,
    Digest,
    Link,
    SignatureFault,
    UnusableDigest,
    verify_signature,
)
from chalicelib.trail.integrity.evidence import CLOCK_SKEW, DIGEST_PERIOD, Window
from chalicelib.trail.integrity.findings import Anchor, IntegrityFinding, What
from chalicelib.trail.integrity.keys import Chain, DigestKey, MalformedKey
from chalicelib.trail.integrity.public_keys import KeyRing

ObjectAddress = tuple[str, str]
"""Bucket and key."""

Span = tuple[datetime, datetime]
"""From and to, aware."""

_FAULTS: Mapping[SignatureFault, What] = MappingProxyType(
    {
        SignatureFault.UNSIGNED: What.DIGEST_UNSIGNED,
        SignatureFault.ALGORITHM_REFUSED: What.ALGORITHM_REFUSED,
        SignatureFault.KEY_UNKNOWN: What.KEY_UNKNOWN,
        SignatureFault.KEY_UNUSABLE: What.KEYS_UNAVAILABLE,
        SignatureFault.WRONG: What.DIGEST_MODIFIED,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A digest in its place in a chain, with what is wrong with it.

    Attributes:
        chain: The chain its key says it belongs to.
        starts_at: Start of its hour; for one that isn't believed, an hour before the end.
        ends_at: End of its hour; for one that isn't believed, the time in its key.
        object: What was found there.
        fault: What is wrong with it by itself; None when it is sound.
        vouched: SHA-256 that a believed successor or the anchor recorded for it; None when there is none.
    """

    chain: Chain
    starts_at: datetime
    ends_at: datetime
    object: AnyDigest
    fault: What | None
    vouched: str | None = None

    @property
    def place(self) -> ObjectAddress:
        """Where it was found."""
        return self.object.bucket, self.object.key

    @property
    def believed(self) -> Digest | None:
        """The digest, when its signature or a believed successor's hash says it is CloudTrail's."""
        if isinstance(self.object, UnusableDigest):
            return None
        return self.object if self.fault is None or self.vouched == self.object.sha256 else None

    @property
    def may_start(self) -> bool:
        """Whether it may start a chain for all that is known: its bytes or the keys could not be read."""
        if isinstance(self.object, UnusableDigest):
            return self.object.unreadable
        return self.object.previous is None and self.fault in (None, What.KEYS_UNAVAILABLE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a chain is judged among: a trail whose bucket or prefix was changed goes on in another chain.

    Attributes:
        slots: The digests of all chains by place.
        named: The places of the predecessors that believed digests name.
        window: The time judged.
    """

    slots: Mapping[ObjectAddress, Slot]
    named: frozenset[ObjectAddress]
    window: Window

    @classmethod
    def of(cls, slots: Iterable[Slot], window: Window) -> Self:
        """Look around once for all chains."""
        by_place = {slot.place: slot for slot in slots}
        links = (digest.previous for slot in by_place.values() if (digest := slot.believed))
        return cls(
            slots=by_place, named=frozenset((link.bucket, link.key) for link in links if link), window=window
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainReport:
    """What a chain came to.

    Attributes:
        chain: The chain.
        findings: Links, gaps, holes, and the newest digest missing.
        covered: The time whose digests are believed, oldest first, hours that touch joined.
        lost: The time whose digest is gone or not believed.
        gaps: The time in which no digest was made, each with the place of the digest that starts anew.
        anchor: The newest digest whose own signature held, or the anchor there was before.
    """

    chain: Chain
    findings: tuple[IntegrityFinding, ...]
    covered: tuple[Span, ...]
    lost: tuple[Span, ...]
    gaps: tuple[tuple[Span, ObjectAddress], ...]
    anchor: Anchor | None


def own_fault(found: AnyDigest, ring: KeyRing) -> What | None:
    """Say what is wrong with a digest by itself; None when it is signed, whole, and where it should be."""
    if isinstance(found, UnusableDigest):
        return What.DIGEST_UNREADABLE if found.unreadable else What.DIGEST_MALFORMED
    if (found.bucket, found.key) != (found.recorded_bucket, found.recorded_key):
        return What.DIGEST_MOVED
    if not len(ring):
        return What.KEYS_UNAVAILABLE
    fault = verify_signature(found, ring)
    return _FAULTS[fault] if fault else None


def place_digests(
    digests: Iterable[AnyDigest], ring: KeyRing, anchors: Iterable[Anchor]
) -> tuple[list[Slot], list[IntegrityFinding]]:
    """Put digests in their places, newest first, and settle which of them are believed.

    Returns:
        The slots, and a finding for each object whose key is no digest's.
    """
    slots, strays = [], []
    for found in digests:
        try:
            name = DigestKey.parse(found.key)
        except MalformedKey:
            strays.append(sentences.stray(found))
            continue
        slots.append(
            Slot(
                chain=name.chain,
                starts_at=name.ends_at - DIGEST_PERIOD,
                ends_at=name.ends_at,
                object=found,
                fault=own_fault(found, ring),
            )
        )
    slots.sort(key=lambda slot: (slot.ends_at, slot.object.key, slot.object.bucket), reverse=True)
    return _vouch(slots, {(anchor.bucket, anchor.key): anchor.sha256 for anchor in anchors}), strays


def _vouch(newest_first: list[Slot], recorded: dict[ObjectAddress, str]) -> list[Slot]:
    """Carry belief from each digest to the one it names, by the hash it recorded."""
    slots = []
    for slot in newest_first:
        vouched = replace(slot, vouched=recorded.get(slot.place))
        if digest := vouched.believed:
            vouched = replace(vouched, starts_at=digest.starts_at)
            link = digest.previous
            if link and link.algorithm == HASH_ALGORITHM:
                recorded.setdefault((link.bucket, link.key), link.sha256)
        slots.append(vouched)
    return slots


def judge_chain(
    chain: Chain,
    slots: list[Slot],
    *,
    around: Surroundings,
    anchor: Anchor | None,
    bucket: str | None = None,
) -> ChainReport:
    """Judge the links of one chain.

    Args:
        chain: The chain.
        slots: Its digests, newest first.
        around: What it is judged among.
        anchor: What an earlier run verified, if anything.
        bucket: The bucket its digests are expected in; None when none is expected.
    """
    believed = [slot for slot in reversed(slots) if slot.believed]
    known = bool(believed or bucket is not None or anchor)
    walk = _Walk(chain, around, anchor, known=known)
    for slot, older in pairwise([*slots, None]):
        if slot:
            walk.step(slot, older)
    if known:
        walk.newest(slots, bucket)
    signed = next((slot.object for slot in reversed(believed) if slot.fault is None), None)
    return ChainReport(
        chain=chain,
        findings=tuple(walk.findings),
        covered=tuple(_joined((slot.starts_at, slot.ends_at) for slot in believed)),
        lost=tuple(sorted(walk.lost)),
        gaps=tuple(sorted(walk.gaps)),
        anchor=_later(anchor, Anchor.of(chain, signed) if isinstance(signed, Digest) else None),
    )


def _joined(spans: Iterable[Span]) -> list[Span]:
    """Join spans, oldest first, that touch."""
    joined: list[Span] = []
    for since, until in spans:
        if joined and since <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(until, joined[-1][1]))
        else:
            joined.append((since, until))
    return joined


def _later(before: Anchor | None, now: Anchor | None) -> Anchor | None:
    """What was verified once stays verified: an anchor never goes back."""
    if before and now:
        return max(before, now, key=lambda anchor: anchor.ends_at)
    return now or before


class _Walk:
    """One pass over a chain, from its newest digest to its oldest.

    A chain is `known` when it must have digests; any other may hold only junk that somebody put there.
    """

    def __init__(self, chain: Chain, around: Surroundings, anchor: Anchor | None, *, known: bool) -> None:
        self.chain, self.around, self.window, self.anchor = chain, around, around.window, anchor
        self.known = known
        self.findings: list[IntegrityFinding] = []
        self.lost: list[Span] = []
        self.gaps: list[tuple[Span, ObjectAddress]] = []

    def step(self, slot: Slot, older: Slot | None) -> None:
        """Judge what lies between a digest and the next older one that is there."""
        before = older.ends_at if older else None
        if before is None and self.anchor and self.anchor.ends_at < slot.ends_at:
            before = self.anchor.ends_at
        digest = slot.believed
        if digest is None:
            self.lost.append((slot.starts_at, slot.ends_at))
            self._hole(slot, before)
        elif digest.previous is None:
            self._start(digest, before)
        else:
            self.findings += self._link(digest, digest.previous, before)

    def _hole(self, slot: Slot, before: datetime | None) -> None:
        """Before a digest that says nothing that counts, time alone tells of others.

        Where it may start a chain nothing is reported, since what would be missed may never have been made.
        """
        before = before or (self.window.since if self.known else None)
        if self.chain.backfill or before is None or slot.starts_at - before < DIGEST_PERIOD - CLOCK_SKEW:
            return
        self.lost.append((before, slot.starts_at))
        if slot.may_start:
            return
        key = str(self.chain.digest_at(before + DIGEST_PERIOD))
        self.findings.append(sentences.hole(slot.object.bucket, key, (before, slot.starts_at)))

    def _start(self, digest: Digest, before: datetime | None) -> None:
        """A validly signed starting digest: the time before it is a gap, in which logging was stopped."""
        if self.chain.backfill:
            return
        gone = self.anchor and (self.anchor.bucket, self.anchor.key) not in self.around.slots
        if self.anchor and gone and self.window.since < self.anchor.ends_at <= digest.starts_at:
            self.findings.append(sentences.forgotten(self.anchor))
        if before is not None:
            self.findings.append(sentences.gap(digest, before))
        since = before or self.window.since
        if since < digest.starts_at:
            self.gaps.append(((since, digest.starts_at), (digest.bucket, digest.key)))

    def _link(self, digest: Digest, link: Link, before: datetime | None) -> Iterator[IntegrityFinding]:
        if link.algorithm != HASH_ALGORITHM:
            yield sentences.link_algorithm(digest, link)
            return
        slot = self.around.slots.get((link.bucket, link.key))
        if slot:
            if slot.fault is None and isinstance(slot.object, Digest):
                yield from _compare(digest, link, slot.object.sha256, slot.object.signature or "")
            return
        if self.anchor and (self.anchor.bucket, self.anchor.key) == (link.bucket, link.key):
            yield from _compare(digest, link, self.anchor.sha256, self.anchor.signature)
        if digest.starts_at > self.window.since:
            since = before or digest.starts_at - DIGEST_PERIOD
            self.lost.append((before or self.window.since, digest.starts_at))
            yield sentences.deleted(digest, link, (min(since, digest.starts_at), digest.starts_at))

    def newest(self, slots: list[Slot], bucket: str | None) -> None:
        """Compare the newest digest with the clock: no later digest would name a missing one."""
        if self.chain.backfill or any(slot.place in self.around.named for slot in slots[:1]):
            return  # backfill has no cadence; a chain that another chain goes on from has ended
        newest = next((slot for slot in slots if slot.ends_at <= self.window.now + CLOCK_SKEW), None)
        if newest:
            last, bucket = newest.ends_at, newest.object.bucket
        elif self.anchor:
            last, bucket = self.anchor.ends_at, self.anchor.bucket
        else:
            last = self.window.since
        due = self.window.expects_after(last)
        if due is None:
            return
        until = min(self.window.until, self.window.now)
        self.lost.append((last, until))
        known = bool(newest or self.anchor)
        key = str(self.chain.digest_at(due)) if known else self.chain.digest_folder
        self.findings.append(sentences.silence(self.chain, bucket or "", key, (last, until)))


def _compare(digest: Digest, link: Link, sha256: str, signature: str) -> Iterator[IntegrityFinding]:
    """Hold what a digest recorded of its predecessor against the predecessor; one finding at most."""
    if link.sha256 != sha256:
        yield sentences.broken_link(digest, link, "hash", link.sha256, sha256)
    elif link.signature.lower() != signature.lower():
        yield sentences.broken_link(digest, link, "signature", link.signature, signature)


def own_finding(slot: Slot) -> IntegrityFinding | None:
    """Tell a digest's own fault, with what its successor recorded of it as evidence."""
    if slot.fault is None:
        return None
    return sentences.own(slot.object, slot.fault, (slot.starts_at, slot.ends_at), slot.vouched)
