"""How the simulated CloudTrail writes digests.

The counterpart of `chalicelib.trail.integrity`; the two share no code.

Bytes, signature and metadata are those that CloudTrail documents. JSON is spelled as CloudTrail spells it (no
spaces, slashes escaped), so that code that re-serialises before verifying fails here as well. Gzip carries no
time: the same delivery makes the same bytes.

Sources:
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-validation-digest-file-structure.html,
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-custom-validation.html,
https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_ListPublicKeys.html
"""

import gzip
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from chalicelib.trail.integrity.keys import Chain
from scenarios.cloud.cloudtrail.delivery.signing_keys import SigningKey, simulated_key

__all__ = ["DeliveredLog", "SignedDigest", "SigningKey", "list_public_keys", "simulated_key", "write_digest"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveredLog:
    """A log file that was delivered in the hour.

    Attributes:
        bucket: Its bucket.
        key: Its key.
        sha256: SHA-256 of its uncompressed content, lower-case hex.
        oldest_event: Time of the oldest event in it, aware.
        newest_event: Time of the newest event in it, aware.
    """

    bucket: str
    key: str
    sha256: str
    oldest_event: datetime
    newest_event: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedDigest:
    """A digest ready to be put into the bucket.

    Attributes:
        bucket: Its bucket.
        key: Its key.
        body: Its bytes, gzip.
        metadata: Its user metadata, as boto3's `Metadata` takes it.
        sha256: SHA-256 of its uncompressed content, lower-case hex; the next digest records it.
        signature: Its signature in hex; the next digest records it.
        ends_at: The end of its hour, aware; the next digest starts there.
    """

    bucket: str
    key: str
    body: bytes
    metadata: Mapping[str, str]
    sha256: str
    signature: str
    ends_at: datetime


def write_digest(
    chain: Chain,
    *,
    bucket: str,
    starts_at: datetime,
    ends_at: datetime,
    logs: Sequence[DeliveredLog] = (),
    previous: SignedDigest | None = None,
    generated_at: datetime | None = None,
    key: SigningKey | None = None,
) -> SignedDigest:
    """Write and sign one digest.

    Args:
        chain: The chain it belongs to: prefix, organization, account, region, trail, home region, backfill.
        bucket: The trail's bucket.
        starts_at: Start of the hour of delivery, aware: the end of the previous digest.
        ends_at: End of the hour, aware.
        logs: The log files delivered in it; none in a quiet hour, for which there is a digest too.
        previous: The digest before; None after logging or validation was switched on.
        generated_at: When a backfill digest was made, aware; its end by default.
        key: What signs it; by default the one key of those who write digests by themselves.
    """
    key = key or simulated_key()
    name = str(chain.digest_at(ends_at))
    content = _spell(
        {
            "awsAccountId": chain.account,
            "digestStartTime": _time(starts_at),
            "digestEndTime": _time(ends_at),
            "digestS3Bucket": bucket,
            "digestS3Object": name,
            "digestPublicKeyFingerprint": key.fingerprint,
            "digestSignatureAlgorithm": "SHA256withRSA",
            **_others(previous, logs),
        }
    )
    sha256 = hashlib.sha256(content).hexdigest()
    before = previous.signature if previous else "null"
    signature = key.sign(f"{_time(ends_at)}\n{bucket}/{name}\n{sha256}\n{before}")
    metadata = {"signature": signature, "signature-algorithm": "SHA256withRSA"}
    if chain.backfill:
        metadata["backfill-generation-timestamp"] = _time(generated_at or ends_at)
    return SignedDigest(
        bucket=bucket,
        key=name,
        body=gzip.compress(content, mtime=0),
        metadata=MappingProxyType(metadata),
        sha256=sha256,
        signature=signature,
        ends_at=ends_at,
    )


def _others(previous: SignedDigest | None, logs: Sequence[DeliveredLog]) -> dict[str, Any]:
    """Fill in what a digest says about others: the events' times, the predecessor, the log files."""
    return {
        "newestEventTime": _time(max(log.newest_event for log in logs)) if logs else None,
        "oldestEventTime": _time(min(log.oldest_event for log in logs)) if logs else None,
        "previousDigestS3Bucket": previous.bucket if previous else None,
        "previousDigestS3Object": previous.key if previous else None,
        "previousDigestHashValue": previous.sha256 if previous else None,
        "previousDigestHashAlgorithm": "SHA-256" if previous else None,
        "previousDigestSignature": previous.signature if previous else None,
        "logFiles": [
            {
                "s3Bucket": log.bucket,
                "s3Object": log.key,
                "hashValue": log.sha256,
                "hashAlgorithm": "SHA-256",
                "newestEventTime": _time(log.newest_event),
                "oldestEventTime": _time(log.oldest_event),
            }
            for log in logs
        ],
    }


def _spell(fields: dict[str, Any]) -> bytes:
    """Write JSON as CloudTrail does."""
    return json.dumps(fields, separators=(",", ":")).replace("/", "\\/").encode()


def _time(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def list_public_keys(
    start_time: datetime, end_time: datetime, *, keys: Sequence[SigningKey] | None = None
) -> dict[str, Any]:
    """Answer ListPublicKeys: the keys whose validity touches the time asked for.

    Args:
        start_time: StartTime, aware.
        end_time: EndTime, aware; InvalidTimeRange is the caller's to raise when it lies before the start.
        keys: The keys there are, oldest first; by default the one that signs where no key is named.
    """
    return {
        "PublicKeyList": [
            {
                "Value": key.value,
                "ValidityStartTime": key.valid_from,
                "ValidityEndTime": key.valid_until,
                "Fingerprint": key.fingerprint,
            }
            for key in (keys if keys is not None else (simulated_key(),))
            if key.valid_from <= end_time and start_time <= key.valid_until
        ]
    }
