"""A digest as it lies in S3: parsed strictly, its signature verified.

Hash and signature cover the exact bytes after decompression, so nothing here re-serialises. What can't be
read becomes an `UnusableDigest` that says why; nothing in a bucket can make this module raise.

Sources:
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-validation-digest-file-structure.html,
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-custom-validation.html; that a
starting digest signs the word `null` is read from the AWS CLI.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from chalicelib.trail.integrity.gunzip import MalformedGzip, inflate
from chalicelib.trail.integrity.public_keys import KeyRing, UnusableKey

LARGEST_DIGEST_BYTES = 16 << 20
"""Some 30,000 log files in one hour of one region."""
MOST_VALUES = 400_000
"""In its JSON, of which a log file has six: an empty list takes two bytes here, and sixty of memory."""
SIGNATURE_ALGORITHM = "SHA256withRSA"
HASH_ALGORITHM = "SHA-256"

_TIME = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)Z", re.ASCII)
_HEX = re.compile(r"(?:[0-9a-fA-F]{2})+", re.ASCII)
_PREVIOUS = (
    "previousDigestS3Bucket",
    "previousDigestS3Object",
    "previousDigestHashValue",
    "previousDigestHashAlgorithm",
    "previousDigestSignature",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogReference:
    """A log file as a digest names it.

    Attributes:
        bucket: Its bucket.
        key: Its key.
        sha256: SHA-256 of its uncompressed content, lower-case hex.
        algorithm: The hash algorithm the digest names; anything but SHA-256 is refused.
    """

    bucket: str
    key: str
    sha256: str
    algorithm: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """What a digest says about the one before it.

    Attributes:
        bucket: The predecessor's bucket.
        key: Its key.
        sha256: SHA-256 of its uncompressed content, lower-case hex.
        algorithm: The hash algorithm; anything but SHA-256 is refused.
        signature: Its signature in hex, spelled as in the JSON since it is signed again.
    """

    bucket: str
    key: str
    sha256: str
    algorithm: str
    signature: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """A digest that could be read; it is not verified yet.

    Attributes:
        bucket: The bucket it was found in.
        key: The key it was found under.
        recorded_bucket: The bucket it says it was delivered to.
        recorded_key: The key it says it was delivered under.
        account: The account it covers.
        starts_at: Start of the hour of delivery it covers, aware.
        ends_at: End of that hour, aware.
        end_text: The end as spelled in the JSON; it is signed in this spelling.
        sha256: SHA-256 of the uncompressed content, lower-case hex.
        fingerprint: Names the public key.
        algorithm: The signature algorithm the JSON names.
        previous: The predecessor; None in a starting digest.
        logs: The log files, in the digest's order.
        signature: The object's metadata `signature`; None when it has none.
        signature_algorithm: The object's metadata `signature-algorithm`; None when it has none.
    """

    bucket: str
    key: str
    recorded_bucket: str
    recorded_key: str
    account: str
    starts_at: datetime
    ends_at: datetime
    end_text: str
    sha256: str
    fingerprint: str
    algorithm: str
    previous: Link | None
    logs: tuple[LogReference, ...]
    signature: str | None
    signature_algorithm: str | None

    def string_to_sign(self) -> bytes:
        """Give the bytes that CloudTrail signed for this digest."""
        previous = self.previous.signature if self.previous else "null"
        return (
            f"{self.end_text}\n{self.recorded_bucket}/{self.recorded_key}\n{self.sha256}\n{previous}".encode()
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class UnusableDigest:
    """An object in a digest's place that could not be read as one.

    Attributes:
        bucket: The bucket it was found in.
        key: The key it was found under.
        problem: What is wrong with it, a clause that follows "the digest is unusable:".
        unreadable: True when its bytes could not be read (access denied, archived): nothing is said about
            its content then. False when they could be read, and are not those of a digest.
    """

    bucket: str
    key: str
    problem: str
    unreadable: bool = False


class _Problem(Exception):
    """A clause that says what is wrong with a digest."""


AnyDigest = Digest | UnusableDigest


def parse_digest(bucket: str, key: str, body: bytes, metadata: Mapping[str, str]) -> AnyDigest:
    """Read a digest from an S3 object.

    Args:
        bucket: The bucket it was found in.
        key: The key it was found under.
        body: The object's bytes, gzip and all.
        metadata: The object's user metadata as boto3 gives it (lower-case names without `x-amz-meta-`).

    Returns:
        The digest, or what kept it from being one. Never raises for anything that can lie in a bucket.
    """
    try:
        content = b"".join(inflate(body, LARGEST_DIGEST_BYTES))
        data = _json_object(content)
        _dated_if_backfill(key, metadata)
        return _digest(bucket, key, content, data, metadata)
    except (_Problem, MalformedGzip) as problem:
        return UnusableDigest(bucket=bucket, key=key, problem=str(problem))


def _dated_if_backfill(key: str, metadata: Mapping[str, str]) -> None:
    """Hold a backfill digest to its metadata, without which its public key can't be looked up."""
    if key.endswith("_backfill.json.gz") and "backfill-generation-timestamp" not in metadata:
        raise _Problem("it is a backfill digest without the metadata backfill-generation-timestamp")


def _json_object(content: bytes) -> dict[str, Any]:
    if sum(map(content.count, (b",", b"[", b"{"))) > MOST_VALUES:
        raise _Problem(f"its content holds more than {MOST_VALUES} values")
    try:
        data = json.loads(content.decode())
    except (ValueError, RecursionError) as error:
        raise _Problem("its content is not JSON") from error
    if not isinstance(data, dict):
        raise _Problem("its content is JSON, but not an object")
    return data


def _digest(
    bucket: str, key: str, content: bytes, data: dict[str, Any], metadata: Mapping[str, str]
) -> Digest:
    starts_at, ends_at = _time(data, "digestStartTime"), _time(data, "digestEndTime")
    if starts_at > ends_at:
        raise _Problem("its digestStartTime is after its digestEndTime")
    return Digest(
        bucket=bucket,
        key=key,
        recorded_bucket=_text(data, "digestS3Bucket"),
        recorded_key=_text(data, "digestS3Object"),
        account=_text(data, "awsAccountId"),
        starts_at=starts_at,
        ends_at=ends_at,
        end_text=_text(data, "digestEndTime"),
        sha256=hashlib.sha256(content).hexdigest(),
        fingerprint=_text(data, "digestPublicKeyFingerprint"),
        algorithm=_text(data, "digestSignatureAlgorithm"),
        previous=_link(data),
        logs=_logs(data),
        signature=metadata.get("signature"),
        signature_algorithm=metadata.get("signature-algorithm"),
    )


def _text(data: Mapping[str, Any], name: str) -> str:
    if name not in data:
        raise _Problem(f"it has no {name}")
    value = data[name]
    if not isinstance(value, str):
        raise _Problem(f"its {name} is not text")
    if not value.isprintable():  # lone surrogates can't be encoded; line ends would shift what is signed
        raise _Problem(f"its {name} holds characters that can't be printed")
    return value


def _time(data: Mapping[str, Any], name: str) -> datetime:
    text = _text(data, name)
    match = _TIME.fullmatch(text)
    try:
        if match:
            year, month, day, hour, minute, second = map(int, match.groups())
            return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        pass  # told below: no such day or hour
    raise _Problem(f"its {name} is not a time: {text[:40]!r}")


def _link(data: Mapping[str, Any]) -> Link | None:
    """Read the five fields about the predecessor: all null in a starting digest, else all text."""
    missing = [name for name in _PREVIOUS if name not in data]
    if missing:
        raise _Problem(f"it has no {missing[0]}")
    if all(data[name] is None for name in _PREVIOUS):
        return None
    bucket, key, sha256, algorithm, signature = (_text(data, name) for name in _PREVIOUS)
    return Link(bucket=bucket, key=key, sha256=sha256.lower(), algorithm=algorithm, signature=signature)


def _logs(data: Mapping[str, Any]) -> tuple[LogReference, ...]:
    entries = data.get("logFiles")
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise _Problem("its logFiles is not a list of objects")
    return tuple(
        LogReference(
            bucket=_text(entry, "s3Bucket"),
            key=_text(entry, "s3Object"),
            sha256=_text(entry, "hashValue").lower(),
            algorithm=_text(entry, "hashAlgorithm"),
        )
        for entry in entries
    )


class SignatureFault(StrEnum):
    """Why a digest's signature does not hold."""

    UNSIGNED = "unsigned"
    ALGORITHM_REFUSED = "algorithm refused"
    KEY_UNKNOWN = "key unknown"
    KEY_UNUSABLE = "key unusable"
    WRONG = "wrong"


def verify_signature(digest: Digest, ring: KeyRing) -> SignatureFault | None:
    """Verify a digest's signature over its recorded location and content; None when it holds.

    Only SHA256withRSA is accepted, in the metadata and in the digest: another algorithm would be somebody
    else's choice. Hex may be in either case. Whether the digest lies where it says is not checked here.
    """
    if not digest.signature or not digest.signature_algorithm:
        return SignatureFault.UNSIGNED
    if {digest.signature_algorithm, digest.algorithm} != {SIGNATURE_ALGORITHM}:
        return SignatureFault.ALGORITHM_REFUSED
    key = ring.find(digest.fingerprint)
    if key is None:
        return SignatureFault.KEY_UNKNOWN
    if not _HEX.fullmatch(digest.signature):
        return SignatureFault.WRONG
    try:
        holds = key.verifies(bytes.fromhex(digest.signature), digest.string_to_sign())
    except UnusableKey:
        return SignatureFault.KEY_UNUSABLE
    return None if holds else SignatureFault.WRONG
