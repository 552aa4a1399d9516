"""One part of a full validation: one chain, one day or less, judged as if the whole span had been.

A part is judged with its neighbours: the digests around it, out to the next one on either side whose
signature holds, since belief and gaps reach so far. It is judged in the window of the whole, and keeps what
falls into its own time; so the parts' findings together are those of one big judgement.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta

from chalicelib.aws import Aws
from chalicelib.looking import Unseen
from chalicelib.trail.integrity.digest import Digest
from chalicelib.trail.integrity.evidence import StoredObject, Unreadable, Window
from chalicelib.trail.integrity.findings import IntegrityFinding, What
from chalicelib.trail.integrity.keys import Chain, DigestKey, LogFileKey, MalformedKey
from chalicelib.trail.integrity.verdict import judge
from chalicelib.trail.reader import TrailBucket
from chalicelib.trail.stretch import MOST_DIGESTS, Stretch, gather

# At 25 ms each these take half of a function's 50 seconds; what is more goes to the next slice.
LOGS_A_SLICE = 1000
MOST_KEPT = 20  # findings of one slice in the ledger
# So much beyond a part's ends that no log file near them lacks the digest that may name it.
AROUND = timedelta(minutes=135)
DAY = timedelta(days=1)
_NOT_MINE = "another slice reads it"
_OF_LOGS = (What.LOG_MODIFIED, What.LOG_MALFORMED, What.LOG_DELETED, What.LOG_UNREADABLE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One chain's time after `since` and up to `until`, of a whole; aware UTC. `slice`: which log files."""

    chain: Chain
    since: datetime
    until: datetime
    slice: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PartResult:
    """What a slice of a part came to. `kinds` counts all findings; `findings` holds the heaviest of them.

    `could_not_read`: what could not be looked at. `last`: no slice comes after it.
    """

    findings: tuple[IntegrityFinding, ...] = ()
    kinds: Mapping[What, int]
    could_not_read: tuple[Unseen, ...] = ()
    digests: int = 0
    logs: int = 0
    last: bool = True


def parts_of(chain: Chain, since: datetime, until: datetime) -> list[Part]:
    """Cut a span at every midnight UTC."""
    cuts = [since]
    while (midnight := datetime.combine(cuts[-1].astimezone(UTC).date() + DAY, time(), UTC)) < until:
        cuts.append(midnight)
    return [
        Part(chain=chain, since=start, until=end)
        for start, end in zip(cuts, [*cuts[1:], until], strict=True)
        if start < end
    ]


def validate_part(aws: Aws, bucket: TrailBucket, part: Part, whole: Window) -> PartResult:
    """Read and judge one slice of a part; MayPass, and a listing's errors, rise."""
    stretch = _with_neighbours(aws, bucket, part, whole)
    core = _Core(part, whole)
    mine = [digest for digest in stretch.digests.values() if core.holds(digest.key)]
    # Forged digests come last, so that they can't keep real log files waiting.
    ordered = sorted(
        (digest for digest in mine if isinstance(digest, Digest)),
        key=lambda digest: (not stretch.verified(digest), digest.key),
    )
    named = list(dict.fromkeys((log.bucket, log.key) for digest in ordered for log in digest.logs))
    start = part.slice * LOGS_A_SLICE
    chosen = frozenset(named[start : start + LOGS_A_SLICE])

    def read(name: str, key: str) -> bytes | None:
        if (name, key) not in chosen:
            raise Unreadable(_NOT_MINE)
        got = bucket.get(name, key)
        return got[0] if got else None

    verdict = judge(
        stretch.digests.values(),
        keys=stretch.ring,
        read=read,
        window=whole,
        expected={part.chain: bucket.name},
        listing=[stored for stored in stretch.listing if core.holds(stored.key, stored)],
    )
    findings = [each for each in verdict.findings if _of_slice(each, core, part, chosen)]
    return _result(findings, stretch, part, (len(mine), len(chosen)), last=start + LOGS_A_SLICE >= len(named))


def _result(
    findings: list[IntegrityFinding], stretch: Stretch, part: Part, looked_at: tuple[int, int], *, last: bool
) -> PartResult:
    findings.sort(key=lambda finding: (-finding.weight, finding.order()))
    digests, logs = looked_at
    return PartResult(
        findings=tuple(findings[:MOST_KEPT]),
        kinds=dict(sorted(Counter(finding.what for finding in findings).items())),
        could_not_read=() if part.slice else tuple(stretch.could_not_read[:MOST_KEPT]),
        digests=0 if part.slice else digests,
        logs=logs,
        last=last,
    )


def _of_slice(
    finding: IntegrityFinding, core: "_Core", part: Part, chosen: frozenset[tuple[str, str]]
) -> bool:
    if finding.found == _NOT_MINE:
        return False
    if (finding.bucket, finding.key) in chosen and finding.what in _OF_LOGS:
        return True
    if part.slice or finding.what in (What.LOG_MODIFIED, What.LOG_MALFORMED, What.LOG_UNREADABLE):
        return False
    # Log files of a gap are counted where they lie, and the digest after the gap may be days later.
    return finding.what is What.UNDIGESTED or core.holds(finding.key)


@dataclass(frozen=True, slots=True)
class _Core:
    """A part's own time. What was before the whole is the first part's, what came after it the last's."""

    part: Part
    whole: Window

    def holds(self, key: str, stored: StoredObject | None = None) -> bool:
        at = _time_of(key) or (stored.modified_at if stored else self.whole.since)
        first, last = self.part.since <= self.whole.since, self.part.until >= self.whole.until
        return (first or at > self.part.since) and (last or at <= self.part.until)


def _time_of(key: str) -> datetime | None:
    for parsed in (_digest_time, _log_time):
        try:
            return parsed(key)
        except MalformedKey:
            continue
    return None


def _digest_time(key: str) -> datetime:
    return DigestKey.parse(key).ends_at


def _log_time(key: str) -> datetime:
    return LogFileKey.parse(key).delivered_at


def _with_neighbours(aws: Aws, bucket: TrailBucket, part: Part, whole: Window) -> Stretch:
    """Widen the sight until a digest that verifies lies beyond either end, or the whole ends."""
    outer = (whole.since - AROUND, min(whole.until + AROUND, whole.now))
    since, until = max(part.since - AROUND, outer[0]), min(part.until + AROUND, outer[1])
    while True:
        stretch = gather(aws, bucket, part.chain, whole, sight=(since, until))
        ends = list(_verified_ends(stretch))
        enough_before = since <= outer[0] or any(end <= part.since for end in ends)
        enough_after = until >= outer[1] or any(end > part.until for end in ends)
        if (enough_before and enough_after) or len(stretch.digests) >= MOST_DIGESTS:
            return stretch
        since = since if enough_before else max(since - DAY, outer[0])
        until = until if enough_after else min(until + DAY, outer[1])


def _verified_ends(stretch: Stretch) -> Iterator[datetime]:
    for digest in stretch.digests.values():
        if isinstance(digest, Digest) and stretch.verified(digest):
            yield digest.ends_at


def undecided(result: PartResult) -> bool:
    """Whether something of it could not be looked at."""
    kinds = (What.LOG_UNREADABLE, What.DIGEST_UNREADABLE, What.KEYS_UNAVAILABLE)
    return bool(result.could_not_read) or any(result.kinds.get(kind) for kind in kinds)


def next_slice(part: Part) -> Part:
    """The part's log files after these."""
    return replace(part, slice=part.slice + 1)
