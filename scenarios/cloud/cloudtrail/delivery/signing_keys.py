"""The key pairs that digests are signed with: CloudTrail's own, different in each region, and rotated.

A key comes into use every twenty days and is listed for thirty, so that several are valid at once, as in
AWS's examples; a digest is signed with the newest one that is valid at its end. Regions rotate at different
times of day. After eleven rotations, a good half year, a region's keys come again.

Sources: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-validation-intro.html,
https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_ListPublicKeys.html
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property, lru_cache
from itertools import combinations

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from scenarios.cloud.cloudtrail.delivery.simulated_key import SIMULATED_PRIMES
from scenarios.cloud.kernel.private_keys import rsa_key_of

VALID_FROM = datetime(2020, 1, 1, tzinfo=UTC)
VALID_UNTIL = datetime(2040, 1, 1, tzinfo=UTC)

ROTATED_EVERY = timedelta(days=20)
LISTED_FOR = timedelta(days=30)
# Noon of the day most worlds start on: a chain of that day crosses a rotation.
A_ROTATION = datetime(2026, 3, 2, 12, tzinfo=UTC)
# Log files are digested since October 2015.
_OLDEST = datetime(2015, 10, 1, tzinfo=UTC)

_KEYS_A_REGION = 11
_PAIRS = tuple(combinations(range(len(SIMULATED_PRIMES)), 2))

# The order gives each region its own keys: append, never insert.
_IN_ORDER = """
us-east-1 us-east-2 us-west-1 us-west-2 eu-west-1 eu-west-2 eu-west-3 eu-central-1 eu-central-2 eu-north-1
eu-south-1 eu-south-2 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-southeast-1 ap-southeast-2
ap-southeast-3 ap-southeast-4 ap-south-1 ap-south-2 ap-east-1 ca-central-1 ca-west-1 sa-east-1 me-south-1
me-central-1 il-central-1 af-south-1 ap-southeast-5 ap-southeast-7 mx-central-1 ap-east-2
"""
_REGIONS = tuple(_IN_ORDER.split())


@dataclass(frozen=True)
class SigningKey:
    """A key pair that signs digests, with its validity.

    Attributes:
        pem: The private key, PEM.
        valid_from: Start of its validity, aware.
        valid_until: End of its validity, aware.
    """

    pem: str
    valid_from: datetime = VALID_FROM
    valid_until: datetime = VALID_UNTIL

    @cached_property
    def _private(self) -> rsa.RSAPrivateKey:
        """Load the key once, and not before something is signed."""
        key = serialization.load_pem_private_key(
            self.pem.encode(), password=None, unsafe_skip_rsa_key_validation=True
        )
        if not isinstance(key, rsa.RSAPrivateKey):
            raise TypeError(f"CloudTrail signs with RSA, not with {type(key).__name__}")
        return key

    @cached_property
    def value(self) -> bytes:
        """The public key as ListPublicKeys gives it: DER, PKCS#1."""
        return self._private.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.PKCS1
        )

    @cached_property
    def fingerprint(self) -> str:
        """The MD5 of `value`, by which digests name the key."""
        return hashlib.md5(self.value, usedforsecurity=False).hexdigest()

    def sign(self, text: str) -> str:
        """Sign as CloudTrail does; the signature in lower-case hex."""
        return self._private.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256()).hex()


@lru_cache(maxsize=1)
def simulated_key() -> SigningKey:
    """Give the one key of those who write digests by themselves, without a region or a clock."""
    return SigningKey(_pem(len(_PAIRS) - 1))


def keys_of(region: str, since: datetime, until: datetime) -> tuple[SigningKey, ...]:
    """The keys of a region whose validity touches a span, oldest first."""
    first = _rotation(region, since - LISTED_FOR)
    found = (_key(region, number) for number in range(first, _rotation(region, until) + 1))
    listed = (key for key in found if key.valid_from <= until and since <= key.valid_until)
    return tuple(key for key in listed if key.valid_from >= _OLDEST)


def key_at(region: str, at: datetime) -> SigningKey:
    """The newest key of a region that is valid at a time: what signs then."""
    return _key(region, _rotation(region, at))


def _rotation(region: str, at: datetime) -> int:
    """The number of the latest rotation at a time."""
    return (at - _first(region)) // ROTATED_EVERY


def _first(region: str) -> datetime:
    """A region's rotation number 0; regions follow each other every half an hour."""
    return A_ROTATION + timedelta(minutes=30) * _index(region)


def _index(region: str) -> int:
    return _REGIONS.index(region)


@lru_cache(maxsize=512)
def _key(region: str, number: int) -> SigningKey:
    valid_from = _first(region) + number * ROTATED_EVERY
    pem = _pem(_index(region) * _KEYS_A_REGION + number % _KEYS_A_REGION)
    return SigningKey(pem, valid_from=valid_from, valid_until=valid_from + LISTED_FOR)


@lru_cache(maxsize=512)
def _pem(pair: int) -> str:
    """The private key that two of the primes make."""
    p, q = (SIMULATED_PRIMES[each] for each in _PAIRS[pair])
    return (
        rsa_key_of(p, q)
        .private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )
        .decode()
    )
