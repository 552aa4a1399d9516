"""Findings about digests, in the words of the person on call."""

from datetime import datetime

from chalicelib.trail.integrity.digest import SIGNATURE_ALGORITHM, AnyDigest, Digest, Link, UnusableDigest
from chalicelib.trail.integrity.evidence import DIGEST_PERIOD
from chalicelib.trail.integrity.findings import Anchor, IntegrityFinding, What
from chalicelib.trail.integrity.keys import Chain

Span = tuple[datetime, datetime]


def hour(span: Span) -> str:
    """Write a span of time: `2024-01-01 02:00:00 to 03:00:00 UTC`."""
    since, until = span
    same_day = since.date() == until.date()
    return f"{since:%Y-%m-%d %H:%M:%S} to {until:{'%H:%M:%S' if same_day else '%Y-%m-%d %H:%M:%S'}} UTC"


def _of(found: AnyDigest, span: Span) -> str:
    return f"the digest of {hour(span)}, s3://{found.bucket}/{found.key},"


def own(found: AnyDigest, fault: What, span: Span, vouched: str | None) -> IntegrityFinding:
    """Tell what is wrong with a digest by itself.

    Args:
        found: The object in the digest's place.
        fault: What is wrong with it.
        span: The hour it covers.
        vouched: The hash its successor recorded for it, if one did that is believed.
    """
    expected, held, clause = (
        _unusable(found) if isinstance(found, UnusableDigest) else _faulty(found, fault, vouched)
    )
    return IntegrityFinding(
        what=fault,
        bucket=found.bucket,
        key=found.key,
        since=span[0],
        until=span[1],
        expected=expected,
        found=held,
        sentence=f"{_of(found, span)} {clause}",
    )


def _unusable(found: UnusableDigest) -> tuple[str, str, str]:
    if found.unreadable:
        clause = f"could not be read: {found.problem}; nothing is known about its log files"
    else:
        clause = f"is not one that CloudTrail made: {found.problem}; its log files can't be verified"
    return "", found.problem, clause


def _faulty(digest: Digest, fault: What, vouched: str | None) -> tuple[str, str, str]:
    """Expected, found, and a clause, for a digest that could be read."""
    match fault:
        case What.DIGEST_MOVED:
            home = f"s3://{digest.recorded_bucket}/{digest.recorded_key}"
            return home, f"s3://{digest.bucket}/{digest.key}", f"was moved or copied here from {home}"
        case What.DIGEST_UNSIGNED:
            clause = "has no signature in its metadata: it was uploaded again by somebody"
            return "metadata signature and signature-algorithm", "none", clause
        case What.ALGORITHM_REFUSED:
            held = f"{digest.signature_algorithm} in its metadata, {digest.algorithm} in its content"
            return SIGNATURE_ALGORITHM, held, f"names a signature algorithm CloudTrail doesn't use: {held}"
        case What.KEY_UNKNOWN:
            clause = f"is signed with the key {digest.fingerprint[:64]}, which is none of CloudTrail's"
            return "a key that ListPublicKeys gives", digest.fingerprint, clause
        case What.KEYS_UNAVAILABLE:
            clause = f"can't be verified: the public key {digest.fingerprint[:64]} could not be read"
            return digest.fingerprint, "", clause
        case _:
            return _wrong_signature(digest, vouched)


def _wrong_signature(digest: Digest, vouched: str | None) -> tuple[str, str, str]:
    """Say, where the successor's record allows it, whether content or signature was changed."""
    if vouched is None:
        clause = "was modified: its signature does not fit its content; its log files can't be verified"
        return "CloudTrail's signature", (digest.signature or "")[:64], clause
    if vouched == digest.sha256:
        clause = "had its signature metadata changed; its content is still what the next digest recorded"
        return "CloudTrail's signature", (digest.signature or "")[:64], clause
    clause = "was modified: the next digest recorded another content; its log files can't be verified"
    return f"SHA-256 {vouched}", f"SHA-256 {digest.sha256}", clause


def stray(found: AnyDigest) -> IntegrityFinding:
    """Tell of a digest whose key is none that CloudTrail gives."""
    where = f"s3://{found.bucket}/{found.key}"
    if isinstance(found, UnusableDigest):
        return IntegrityFinding(
            what=What.DIGEST_UNREADABLE if found.unreadable else What.DIGEST_MALFORMED,
            bucket=found.bucket,
            key=found.key,
            since=None,
            until=None,
            found=found.problem,
            sentence=f"{where} lies in a digest's place, but is none by name or content: {found.problem}",
        )
    home = f"s3://{found.recorded_bucket}/{found.recorded_key}"
    return IntegrityFinding(
        what=What.DIGEST_MOVED,
        bucket=found.bucket,
        key=found.key,
        since=found.starts_at,
        until=found.ends_at,
        expected=home,
        found=where,
        sentence=f"{where} is a digest that was moved or copied from {home}",
    )


def hole(bucket: str, key: str, span: Span) -> IntegrityFinding:
    """Tell of time between two digests that none covers, where the newer can't be believed."""
    return IntegrityFinding(
        what=What.DIGEST_MISSING,
        bucket=bucket,
        key=key,
        since=span[0],
        until=span[1],
        expected="a digest for every hour",
        found="none",
        sentence=f"there is no digest for {hour(span)}, and the one after it can't be believed",
    )


def silence(chain: Chain, bucket: str, key: str, span: Span) -> IntegrityFinding:
    """Tell that the newest digests are not there."""
    return IntegrityFinding(
        what=What.DIGEST_MISSING,
        bucket=bucket,
        key=key,
        since=span[0],
        until=span[1],
        expected="a digest every hour",
        found=f"none after {span[0]:%Y-%m-%d %H:%M:%S} UTC",
        sentence=f"{chain} has no digest for {hour(span)}: deleted, or CloudTrail stopped delivering",
    )


def gap(digest: Digest, before: datetime) -> IntegrityFinding:
    """Tell of a chain that starts anew."""
    span = (min(before, digest.starts_at), digest.starts_at)
    return IntegrityFinding(
        what=What.GAP,
        bucket=digest.bucket,
        key=digest.key,
        since=span[0],
        until=span[1],
        sentence=f"logging or its validation was off from {hour(span)}: a new chain of digests starts then",
    )


def off(chain: Chain, bucket: str, span: Span) -> IntegrityFinding:
    """Tell that logging is switched off, so that no digest can be expected."""
    return IntegrityFinding(
        what=What.GAP,
        bucket=bucket,
        key=str(chain.digest_at(span[0])),
        since=span[0],
        until=span[1],
        sentence=f"logging is switched off: {chain} makes no digests since {span[0]:%Y-%m-%d %H:%M:%S} UTC",
    )


def deleted(digest: Digest, link: Link, span: Span) -> IntegrityFinding:
    """Tell of a predecessor that is named and not there."""
    return IntegrityFinding(
        what=What.DIGEST_DELETED,
        bucket=link.bucket,
        key=link.key,
        since=span[0],
        until=span[1],
        expected=f"SHA-256 {link.sha256}",
        found="no such object",
        sentence=f"the digest s3://{link.bucket}/{link.key} was deleted: the one that ends at "
        f"{digest.end_text} names it; nothing vouches for the log files of {hour(span)}",
    )


def forgotten(anchor: Anchor) -> IntegrityFinding:
    """Tell of a digest that an earlier run verified, and that no later one names: a new chain starts."""
    return IntegrityFinding(
        what=What.DIGEST_DELETED,
        bucket=anchor.bucket,
        key=anchor.key,
        since=anchor.ends_at - DIGEST_PERIOD,
        until=anchor.ends_at,
        expected=f"SHA-256 {anchor.sha256}",
        found="no such object",
        sentence=f"the digest s3://{anchor.bucket}/{anchor.key} was deleted: an earlier run verified it",
    )


def broken_link(digest: Digest, link: Link, part: str, expected: str, found: str) -> IntegrityFinding:
    """Tell of a predecessor that is not the one that was recorded."""
    return IntegrityFinding(
        what=What.CHAIN_BROKEN,
        bucket=digest.bucket,
        key=digest.key,
        since=digest.starts_at,
        until=digest.ends_at,
        expected=expected,
        found=found,
        sentence=f"{_of(digest, (digest.starts_at, digest.ends_at))} recorded another {part} for the digest "
        f"before it, s3://{link.bucket}/{link.key}: one of the two was replaced",
    )


def link_algorithm(digest: Digest, link: Link) -> IntegrityFinding:
    """Report a link whose hash algorithm is not accepted."""
    return IntegrityFinding(
        what=What.ALGORITHM_REFUSED,
        bucket=digest.bucket,
        key=digest.key,
        since=digest.starts_at,
        until=digest.ends_at,
        expected="SHA-256",
        found=link.algorithm,
        sentence=f"{_of(digest, (digest.starts_at, digest.ends_at))} names its predecessor by the hash "
        f"algorithm {link.algorithm!r}, which CloudTrail doesn't use",
    )
