"""The result of a judgement: findings, each a sentence with its evidence, and the verdict over them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum, StrEnum
from types import MappingProxyType
from typing import Self

from chalicelib.trail.integrity.digest import Digest
from chalicelib.trail.integrity.keys import Chain


class Weight(IntEnum):
    """What a finding does to the verdict."""

    NOTICE = 0
    """Worth knowing; the trail is still sound."""
    UNDECIDED = 1
    """Something could not be looked at; the trail can't be called sound."""
    BROKEN = 2
    """What lies in the bucket is not what CloudTrail delivered, or not all of it."""


class What(StrEnum):
    """The kinds of findings."""

    LOG_MODIFIED = "log file modified"
    LOG_MALFORMED = "log file malformed"
    LOG_DELETED = "log file deleted"
    LOG_ADDED = "log file added"
    LOG_OVERWRITTEN = "log file overwritten"
    LOG_UNREADABLE = "log file unreadable"
    DIGEST_MODIFIED = "digest modified"
    DIGEST_MALFORMED = "digest malformed"
    DIGEST_UNSIGNED = "digest unsigned"
    DIGEST_MOVED = "digest moved or copied"
    DIGEST_DELETED = "digest deleted"
    DIGEST_MISSING = "digest missing"
    DIGEST_OVERWRITTEN = "digest overwritten"
    DIGEST_UNREADABLE = "digest unreadable"
    CHAIN_BROKEN = "chain broken"
    ALGORITHM_REFUSED = "algorithm refused"
    KEY_UNKNOWN = "public key unknown"
    KEYS_UNAVAILABLE = "public keys unavailable"
    UNDIGESTED = "log files without a digest"
    GAP = "gap"


_WEIGHTS: Mapping[What, Weight] = MappingProxyType(
    {
        What.GAP: Weight.NOTICE,
        What.UNDIGESTED: Weight.NOTICE,
        What.LOG_UNREADABLE: Weight.UNDECIDED,
        What.DIGEST_UNREADABLE: Weight.UNDECIDED,
        What.KEYS_UNAVAILABLE: Weight.UNDECIDED,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class IntegrityFinding:
    """One thing that is not as CloudTrail left it, or that could not be read.

    Attributes:
        what: Its kind.
        bucket: The bucket of the object it is about; empty when no object is known.
        key: The key of that object; the chain's digest folder when no object is known.
        since: Start of the hour of delivery concerned, aware; None when unknown.
        until: End of that hour, aware; None when unknown.
        expected: What AWS's signature says should be there, in short; empty when there is nothing to quote.
        found: What was there instead, in short; empty when there is nothing to quote.
        sentence: The whole of it for the person on call, one sentence without the final stop.
    """

    what: What
    bucket: str
    key: str
    since: datetime | None
    until: datetime | None
    expected: str = ""
    found: str = ""
    sentence: str

    @property
    def weight(self) -> Weight:
        """What it does to the verdict."""
        return _WEIGHTS.get(self.what, Weight.BROKEN)

    @property
    def identity(self) -> str:
        """A name that is the same whenever the same thing is found again: one alert a finding."""
        return f"{self.what.name}:{self.bucket}/{self.key}"

    def order(self) -> tuple[datetime, str, str, str]:
        """Sort key: by time, then by place."""
        return (self.since or datetime.min.replace(tzinfo=UTC), self.bucket, self.key, self.what.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """The newest digest of a chain that was verified: where the next judgement goes on.

    Attributes:
        chain: Its chain.
        bucket: Its bucket.
        key: Its key.
        sha256: SHA-256 of its uncompressed content, lower-case hex.
        signature: Its signature, hex.
        ends_at: Its end, aware; the next window's `since`.
    """

    chain: Chain
    bucket: str
    key: str
    sha256: str
    signature: str
    ends_at: datetime

    @classmethod
    def of(cls, chain: Chain, digest: Digest) -> Self:
        """Make the anchor of a digest whose own signature held."""
        return cls(
            chain=chain,
            bucket=digest.bucket,
            key=digest.key,
            sha256=digest.sha256,
            signature=digest.signature or "",
            ends_at=digest.ends_at,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a judgement came to.

    Attributes:
        digests: How many digests were looked at.
        digests_sound: How many of them are what CloudTrail delivered.
        logs: How many log files the looked-at digests name, and the listing shows besides.
        logs_sound: How many of them are what CloudTrail delivered.
        logs_unverifiable: How many can be neither called sound nor not: their digest is lost or not to be
            believed, they were delivered outside of any digest, or they can't be read.
        findings: What is wrong or worth knowing, oldest first.
        anchors: For each chain the newest digest whose own signature held, to be remembered.
    """

    digests: int
    digests_sound: int
    logs: int
    logs_sound: int
    logs_unverifiable: int
    findings: tuple[IntegrityFinding, ...]
    anchors: tuple[Anchor, ...]

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong and everything could be looked at; notices don't count."""
        return self.weight is Weight.NOTICE

    @property
    def weight(self) -> Weight:
        """The heaviest of its findings."""
        return max((finding.weight for finding in self.findings), default=Weight.NOTICE)
