"""Log files: each against the digest that names it, and those in the bucket that no digest names.

The AWS CLI looks only at what digests name, so a log file that somebody added passes there.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType

from chalicelib.trail.integrity.chain import ChainReport, ObjectAddress, Span
from chalicelib.trail.integrity.digest import HASH_ALGORITHM, Digest, LogReference
from chalicelib.trail.integrity.evidence import (
    CLOCK_SKEW,
    NAME_SLACK,
    ReadLog,
    StoredObject,
    Unreadable,
    Window,
)
from chalicelib.trail.integrity.findings import IntegrityFinding, What
from chalicelib.trail.integrity.gunzip import MalformedGzip, TooLarge, inflate
from chalicelib.trail.integrity.keys import Chain, LogFileKey, MalformedKey
from chalicelib.trail.integrity.sentences import hour
from chalicelib.wording import size

LARGEST_LOG_BYTES = 2 << 30
"""CloudTrail's files are at most 50 MB of gzip; real ones swell ten to twenty-five times."""

_MB = 1 << 20
_SMALL_BYTES, _LARGE_BYTES, _SWELLS = 16 * _MB, 256 * _MB, 100


def most_in_a_function(packed: int) -> int:
    """How many bytes a log file of so many may unpack to in a function, which has a sixth of a processor.

    What swells a hundred times is made to take its time; the largest files take too long.
    """
    return min(_LARGE_BYTES, max(_SMALL_BYTES, _SWELLS * packed))


def most_anywhere(packed: int) -> int:
    """How many bytes a log file may unpack to if CloudTrail delivered it."""
    del packed
    return LARGEST_LOG_BYTES


_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class LogFault:
    """What is wrong with a log file: the kind, and what was expected and found."""

    what: What
    expected: str
    found: str


def check_log(
    reference: LogReference, read: ReadLog, most: Callable[[int], int] = most_anywhere
) -> LogFault | None:
    """Hold one log file against what its digest says; None when it is the one CloudTrail delivered.

    Args:
        reference: The digest's word.
        read: Gives the object's bytes. Every error it raises, except `Unreadable`, rises from here.
        most: How many bytes so many of gzip may unpack to; of a file that is larger, nothing is known.
    """
    expected = f"SHA-256 {reference.sha256}"
    if reference.algorithm != HASH_ALGORITHM:
        return LogFault(What.ALGORITHM_REFUSED, HASH_ALGORITHM, reference.algorithm)
    try:
        packed = read(reference.bucket, reference.key)
    except Unreadable as reason:
        return LogFault(What.LOG_UNREADABLE, expected, str(reason))
    if packed is None:
        return LogFault(What.LOG_DELETED, expected, "no such object")
    return _content_fault(packed, reference.sha256, most(len(packed)))


def _content_fault(packed: bytes, sha256: str, limit: int) -> LogFault | None:
    """Unpack and hash it, at most a megabyte at a time."""
    expected, content = f"SHA-256 {sha256}", hashlib.sha256()
    try:
        for piece in inflate(packed, limit):
            content.update(piece)
    except MalformedGzip as problem:
        if isinstance(problem, TooLarge) and limit < LARGEST_LOG_BYTES:
            return LogFault(What.LOG_UNREADABLE, expected, _too_large(len(packed), limit))
        return LogFault(What.LOG_MALFORMED, expected, str(problem))
    if content.hexdigest() != sha256:
        return LogFault(What.LOG_MODIFIED, expected, f"SHA-256 {content.hexdigest()}")
    return None


def _too_large(packed: int, limit: int) -> str:
    return (
        f"{size(packed)} that unpack to more than {size(limit)}, too large for a function; "
        "trailwarden validate-trail reads it"
    )


_CLAUSES: Mapping[What, str] = MappingProxyType(
    {
        What.ALGORITHM_REFUSED: "is named by a digest with a hash algorithm that CloudTrail doesn't use",
        What.LOG_UNREADABLE: "could not be read, so nothing is known about it",
        What.LOG_DELETED: "was deleted",
        What.LOG_MALFORMED: "is not the file that CloudTrail delivered",
        What.LOG_MODIFIED: "was modified: its content is not what CloudTrail delivered",
    }
)


def log_finding(reference: LogReference, fault: LogFault, digest: Digest) -> IntegrityFinding:
    """Tell what is wrong with a log file that a digest names."""
    span = (digest.starts_at, digest.ends_at)
    reason = f" ({fault.found})" if fault.what in (What.LOG_MALFORMED, What.LOG_UNREADABLE) else ""
    return IntegrityFinding(
        what=fault.what,
        bucket=reference.bucket,
        key=reference.key,
        since=span[0],
        until=span[1],
        expected=fault.expected,
        found=fault.found,
        sentence=f"the log file s3://{reference.bucket}/{reference.key}, delivered {hour(span)}, "
        f"{_CLAUSES[fault.what]}{reason}",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ListingReport:
    """What the log files came to that no digest names.

    Attributes:
        findings: Those that were added, and those that lie in a gap.
        unverifiable: How many may have been named by a digest that is lost, or lie in a gap.
        added: How many were added.
    """

    findings: tuple[IntegrityFinding, ...]
    unverifiable: int
    added: int


def judge_listing(
    listing: Iterable[StoredObject],
    *,
    named: frozenset[ObjectAddress],
    claimed: frozenset[ObjectAddress],
    reports: Sequence[ChainReport],
    window: Window,
) -> ListingReport:
    """Judge the log files that are there and that no believed digest names.

    One that was delivered well inside the hours of believed digests was added by somebody else. Near the
    edges of what was handed over it may be named by a digest outside, and is left to the next judgement;
    so hand over one digest more on either side of what matters. CloudTrail's own late backfill digests,
    where they come, name files this function calls added until then.

    Args:
        listing: Everything in the log folders, from any time.
        named: The places of the log files that believed digests name.
        claimed: The places that other digests name, which are counted as unverifiable already.
        reports: The chains; those of several trails that share a folder all have a say.
        window: The time judged.
    """
    folders: dict[str, list[ChainReport]] = defaultdict(list)
    for report in reports:
        folders[report.chain.log_folder].append(report)
    findings: list[IntegrityFinding] = []
    in_gaps: dict[tuple[Span, ObjectAddress], int] = defaultdict(int)
    lost = 0
    for found in listing:
        if found.delete_marker or not found.latest or (found.bucket, found.key) in named:
            continue
        chains = next((chains for folder, chains in folders.items() if found.key.startswith(folder)), None)
        if not chains or found.key.endswith("/"):  # the console and CloudTrail make empty folder objects
            continue
        match _stand(found, chains, window):
            case "added":
                findings.append(_added(found, chains[0].chain))
            case "lost":
                lost += (found.bucket, found.key) not in claimed
            case (_, _) as gap:
                in_gaps[gap] += 1
    added = len(findings)
    findings += [_undigested(gap, count) for gap, count in in_gaps.items()]
    return ListingReport(findings=tuple(findings), unverifiable=lost + sum(in_gaps.values()), added=added)


def _stand(
    found: StoredObject, chains: Sequence[ChainReport], window: Window
) -> str | tuple[Span, ObjectAddress] | None:
    """Say how a log file without a digest stands: added, lost, in a gap, or None for not to be judged."""
    try:
        at = LogFileKey.parse(found.key).delivered_at
    except MalformedKey:
        return "added" if found.modified_at >= window.since else None
    if at > window.now + CLOCK_SKEW:
        # Named later than it is now. What was delivered since, a judgement of a past moment leaves alone.
        return "added" if found.modified_at <= window.now + CLOCK_SKEW else None
    if at < window.since - NAME_SLACK:
        return None
    return _among((at - NAME_SLACK, at + _MINUTE + NAME_SLACK), chains)


def _among(around: Span, chains: Sequence[ChainReport]) -> str | tuple[Span, ObjectAddress] | None:
    """Hold the time a log file may have been delivered in against what is known of the digests."""
    regular = [report for report in chains if not report.chain.backfill]
    late_ones = [span for report in chains if report.chain.backfill for span in report.lost]
    covered = all(_inside(around, report.covered) for report in regular)
    if regular and covered and not any(_touches(around, span) for span in late_ones):
        return "added"
    if any(_touches(around, span) for report in chains for span in report.lost):
        return "lost"  # also at the edge of a gap: a digest was made for it, and is reported already
    return next((gap for report in regular for gap in report.gaps if _touches(around, gap[0])), None)


def _inside(span: Span, spans: Iterable[Span]) -> bool:
    return any(since <= span[0] and span[1] <= until for since, until in spans)


def _touches(span: Span, other: Span) -> bool:
    return span[0] <= other[1] and other[0] <= span[1]


def _added(found: StoredObject, chain: Chain) -> IntegrityFinding:
    return IntegrityFinding(
        what=What.LOG_ADDED,
        bucket=found.bucket,
        key=found.key,
        since=found.modified_at,
        until=found.modified_at,
        expected="to be named by a digest",
        found=f"an object of {found.modified_at:%Y-%m-%d %H:%M:%S} UTC that none names",
        sentence=f"s3://{found.bucket}/{found.key} lies among the log files of {chain}, "
        "but no digest names it: nothing shows that CloudTrail delivered it",
    )


def _undigested(gap: tuple[Span, ObjectAddress], count: int) -> IntegrityFinding:
    span, (bucket, key) = gap
    return IntegrityFinding(
        what=What.UNDIGESTED,
        bucket=bucket,
        key=key,
        since=span[0],
        until=span[1],
        found=f"{count} log files",
        sentence=f"{count} log files of {hour(span)} are named by no digest, since none was made then: "
        "whether CloudTrail delivered them is unknown",
    )


def judge_versions(
    listing: Iterable[StoredObject], reports: Sequence[ChainReport], window: Window
) -> Iterator[IntegrityFinding]:
    """Tell what versions and delete markers betray: CloudTrail writes each object once and deletes none.

    A lifecycle rule leaves delete markers too; keep `window.since` within what the rule keeps.
    """
    folders = tuple(
        {name for report in reports for name in (report.chain.digest_folder, report.chain.log_folder)}
    )
    digests = tuple({report.chain.digest_folder for report in reports})
    history: dict[ObjectAddress, list[StoredObject]] = defaultdict(list)
    for found in listing:
        if found.version is not None and found.key.startswith(folders) and not found.key.endswith("/"):
            history[found.bucket, found.key].append(found)
    for (_, key), versions in history.items():
        versions.sort(key=lambda version: (version.modified_at, version.latest))
        kinds = (
            (What.DIGEST_DELETED, What.DIGEST_OVERWRITTEN)
            if key.startswith(digests)
            else (
                What.LOG_DELETED,
                What.LOG_OVERWRITTEN,
            )
        )
        if len(versions) > 1 and versions[-1].modified_at >= window.since:
            yield _rewritten(versions, *kinds)


def _rewritten(versions: Sequence[StoredObject], deleted: What, overwritten: What) -> IntegrityFinding:
    """Tell of an object with a history; `versions` oldest first."""
    last = next((version for version in versions if version.latest), versions[-1])
    first = versions[0]
    what, verb = (deleted, "deleted") if last.delete_marker else (overwritten, "overwritten")
    return IntegrityFinding(
        what=what,
        bucket=first.bucket,
        key=first.key,
        since=first.modified_at,
        until=last.modified_at,
        expected=f"version {first.version} alone",
        found=", ".join(
            f"{'delete marker' if version.delete_marker else 'version'} {version.version} "
            f"of {version.modified_at:%Y-%m-%d %H:%M:%S} UTC"
            for version in versions
        ),
        sentence=f"s3://{first.bucket}/{first.key} was {verb} at {last.modified_at:%Y-%m-%d %H:%M:%S} UTC; "
        f"its version {first.version} may still be readable",
    )
