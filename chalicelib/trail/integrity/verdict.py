"""The judgement over a trail: every digest, every link, every log file, and what lies beside them."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from functools import partial

from chalicelib.trail.integrity.chain import (
    ChainReport,
    ObjectAddress,
    Slot,
    Surroundings,
    judge_chain,
    own_finding,
    place_digests,
)
from chalicelib.trail.integrity.digest import AnyDigest, Digest, LogReference
from chalicelib.trail.integrity.evidence import ReadLog, StoredObject, Window
from chalicelib.trail.integrity.findings import Anchor, IntegrityFinding, Verdict, What
from chalicelib.trail.integrity.keys import Chain
from chalicelib.trail.integrity.logs import (
    LogFault,
    check_log,
    judge_listing,
    judge_versions,
    log_finding,
    most_in_a_function,
)
from chalicelib.trail.integrity.public_keys import KeyRing

CheckLogs = Callable[
    [Callable[[LogReference], LogFault | None], list[LogReference]], Iterable[LogFault | None]
]
"""What runs the checks of log files: `map`, or an executor's `map`. Order is kept."""


def judge(
    digests: Iterable[AnyDigest],
    *,
    keys: KeyRing,
    read: ReadLog,
    window: Window,
    anchors: Iterable[Anchor] = (),
    expected: Mapping[Chain, str] | None = None,
    listing: Iterable[StoredObject] | None = None,
    run: CheckLogs = map,
    most_unpacked: Callable[[int], int] = most_in_a_function,
) -> Verdict:
    """Judge a trail, or a stretch of one.

    Args:
        digests: What was found in digests' places, in any order and of any chains: all that end after
            `window.since`, and better one more on either side.
        keys: The public keys of the regions whose digests these are, valid around the window.
        read: Gives a log file's bytes; see `ReadLog`.
        window: The time judged, and the time it is now.
        anchors: What an earlier judgement verified, one for each chain at most; the oldest digest handed over
            is linked to it.
        expected: Chains that must have digests, and the bucket these go to. Without it a chain whose digests
            are all gone is not missed.
        listing: What is in the bucket. With versions (ListObjectVersions) overwriting and deletion are
            reported too; without a listing, added log files are not seen.
        run: How the checks of log files are run; `map` runs them one after another.
        most_unpacked: How many bytes a log file may unpack to; see `check_log`.

    Returns:
        The verdict; the same for the same input in any order.
    """
    anchors, expected, objects = list(anchors), expected or {}, list(listing or ())
    slots, strays = place_digests(digests, keys, anchors)
    reports = _judge_chains(slots, {anchor.chain: anchor for anchor in anchors}, expected, window)
    found = [*strays, *_own_findings(slots), *(finding for report in reports for finding in report.findings)]
    checks = [(log, digest) for slot in slots if (digest := slot.believed) for log in digest.logs]
    faults = list(run(partial(check_log, read=read, most=most_unpacked), [log for log, _ in checks]))
    found += [
        log_finding(log, fault, digest) for (log, digest), fault in zip(checks, faults, strict=True) if fault
    ]
    named = _named(slots, believed=True)
    claimed = _named(slots, believed=False) - named
    beside = judge_listing(objects, named=named, claimed=claimed, reports=reports, window=window)
    found += [*beside.findings, *judge_versions(objects, reports, window)]
    unread = sum(fault is not None and fault.what in _UNTOLD for fault in faults)
    return Verdict(
        digests=len(slots) + len(strays),
        digests_sound=sum(slot.fault is None for slot in slots),
        logs=len(checks) + len(claimed) + beside.unverifiable + beside.added,
        logs_sound=faults.count(None),
        logs_unverifiable=len(claimed) + unread + beside.unverifiable,
        findings=_settled(found),
        anchors=tuple(report.anchor for report in reports if report.anchor),
    )


_UNTOLD = (What.LOG_UNREADABLE, What.ALGORITHM_REFUSED)


def _judge_chains(
    slots: list[Slot], anchors: Mapping[Chain, Anchor], expected: Mapping[Chain, str], window: Window
) -> list[ChainReport]:
    by_chain: dict[Chain, list[Slot]] = defaultdict(list)
    for slot in slots:
        by_chain[slot.chain].append(slot)
    around = Surroundings.of(slots, window)
    return [
        judge_chain(
            chain,
            by_chain[chain],
            around=around,
            anchor=anchors.get(chain),
            bucket=expected.get(chain),
        )
        for chain in sorted({*by_chain, *anchors, *expected})
    ]


def _own_findings(slots: list[Slot]) -> list[IntegrityFinding]:
    """Tell the digests' own faults; a key that could not be read is reported once, not for each."""
    findings = [finding for slot in reversed(slots) if (finding := own_finding(slot))]
    keyless = [finding for finding in findings if finding.what is What.KEYS_UNAVAILABLE]
    return [finding for finding in findings if finding.what is not What.KEYS_UNAVAILABLE] + keyless[:1]


def _named(slots: list[Slot], *, believed: bool) -> frozenset[ObjectAddress]:
    """Give the places of the log files that digests name: the believed digests, or the others."""
    return frozenset(
        (log.bucket, log.key)
        for slot in slots
        if isinstance(slot.object, Digest) and bool(slot.believed) is believed
        for log in slot.object.logs
    )


def _settled(findings: Iterable[IntegrityFinding]) -> tuple[IntegrityFinding, ...]:
    """Put findings in order, each thing told once: a later telling knows more (S3's versions)."""
    distinct = {finding.identity: finding for finding in findings}
    deleted = {
        (finding.bucket, finding.key) for finding in distinct.values() if finding.what is What.DIGEST_DELETED
    }
    return tuple(
        sorted(
            (
                finding
                for finding in distinct.values()
                if not (finding.what is What.DIGEST_MISSING and (finding.bucket, finding.key) in deleted)
            ),
            key=IntegrityFinding.order,
        )
    )
