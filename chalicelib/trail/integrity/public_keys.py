"""CloudTrail's public keys: loaded from DER, found by fingerprint.

ListPublicKeys answers with entries of `Value` (DER), `ValidityStartTime`, `ValidityEndTime` and
`Fingerprint`. The documentation calls `Value` a PKCS#1 RSAPublicKey; keys in an X.509 SubjectPublicKeyInfo
wrapping have been seen as well, so both are read. The fingerprint is the MD5 of `Value`, in hex. Keys belong
to a region: ask the one in which the digest was signed.

Source:
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-custom-validation.html
"""

import base64
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

SMALLEST_MODULUS_BITS = 2048


class UnusableKey(ValueError):
    """A public key that can't be used: not DER, not RSA, or too short. Retrying doesn't help."""


def fingerprint(der: bytes) -> str:
    """Give the name that digests call a key by: the MD5 of its DER, in lower-case hex."""
    return hashlib.md5(der, usedforsecurity=False).hexdigest()


@lru_cache(maxsize=64)
def _load(der: bytes) -> "RSAPublicKey":
    """Load an RSA key from PKCS#1 or SubjectPublicKeyInfo."""
    # Imported here: every function of the app would pay some 25 ms for it at its cold start.
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import load_der_public_key  # noqa: PLC0415

    try:
        key = load_der_public_key(der)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise UnusableKey(
            f"the {len(der)} bytes of the key are neither PKCS#1 nor SubjectPublicKeyInfo"
        ) from error
    if not isinstance(key, RSAPublicKey):
        raise UnusableKey(f"the key is a {type(key).__name__}, not an RSA key")
    if key.key_size < SMALLEST_MODULUS_BITS:
        raise UnusableKey(f"the key has {key.key_size} bits, fewer than {SMALLEST_MODULUS_BITS}")
    return key


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicKey:
    """One of CloudTrail's public keys.

    Attributes:
        fingerprint: Lower-case hex, as digests name it.
        der: The key's bytes as ListPublicKeys gave them.
        valid_from: Start of its validity, aware; None when not told.
        valid_until: End of its validity, aware; None when not told.
    """

    fingerprint: str
    der: bytes
    valid_from: datetime | None = None
    valid_until: datetime | None = None

    def verifies(self, signature: bytes, message: bytes) -> bool:
        """Say whether this key made the signature (RSASSA-PKCS1-v1_5 with SHA-256).

        Raises:
            UnusableKey: the key can't be loaded, so nothing can be said.
        """
        key = _load(self.der)
        # Imported here for the same reason as in _load.
        from cryptography.exceptions import InvalidSignature  # noqa: PLC0415
        from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15  # noqa: PLC0415
        from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415

        try:
            key.verify(signature, message, PKCS1v15(), SHA256())
        except InvalidSignature:
            return False
        return True


def _der(value: bytes | str) -> bytes:
    """Take the blob that boto3 gives, or the base64 that the AWS CLI prints."""
    if isinstance(value, bytes):
        return value
    try:
        return base64.b64decode(value, validate=True)
    except ValueError as error:
        raise UnusableKey("the Value of a public key is not base64") from error


@dataclass(frozen=True, slots=True)
class KeyRing:
    """Public keys by fingerprint.

    Attributes:
        keys: The keys, each under its fingerprint in lower case.
    """

    keys: Mapping[str, PublicKey]

    @classmethod
    def of(cls, entries: Iterable[Mapping[str, Any]]) -> Self:
        """Make a ring of ListPublicKeys' entries, whose Value is bytes (boto3) or base64 (AWS CLI).

        Raises:
            UnusableKey: an entry has no Value, or one that is not base64.
        """
        keys = {}
        for entry in entries:
            if not isinstance(entry.get("Value"), bytes | str):
                raise UnusableKey("an entry of the public key list has no Value")
            der = _der(entry["Value"])
            name = str(entry.get("Fingerprint") or fingerprint(der)).lower()
            keys[name] = PublicKey(
                fingerprint=name,
                der=der,
                valid_from=_time(entry.get("ValidityStartTime")),
                valid_until=_time(entry.get("ValidityEndTime")),
            )
        return cls(keys)

    def find(self, fingerprint: str) -> PublicKey | None:
        """Look a key up by the fingerprint a digest names."""
        return self.keys.get(fingerprint.lower())

    def __or__(self, other: "KeyRing") -> "KeyRing":
        """Join two rings, as a trail of several regions needs."""
        return KeyRing({**self.keys, **other.keys})

    def __len__(self) -> int:
        return len(self.keys)


def _time(value: object) -> datetime | None:
    """Take a time as boto3 gives it; as text or a number (AWS CLI, files) it is not needed."""
    return value if isinstance(value, datetime) else None
