"""JSON web tokens that are signed with RSA, as issuers of identities make them and as others verify them.

The keys are fixed, of these primes, so that the same run has the same tokens. They sign nothing but what the
simulated AWS, or an issuer that a scenario plays, hands out.

Sources: https://www.rfc-editor.org/rfc/rfc7519 (tokens), https://www.rfc-editor.org/rfc/rfc7515 (signatures),
https://www.rfc-editor.org/rfc/rfc7517 (sets of keys)
"""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from scenarios.cloud.kernel.private_keys import rsa_key_of

_SIMULATED_PRIMES: Final = (
    (
        "fcf00f42595eb596a1bf3a5dc16a6d7791efbb8aab0aff3b8a6c4055a50c061614fa8b73b862981a5e779f35d9daca34"
        "4abd86ce913025f6197e714d5f6edb5213f5f63c0bbb93de87ac2e570c9b34ca0f22e33ffcb982b94ea0d38cd7aff751"
        "7493b419e97e3d861fb859bff1c30d039d8564eddb3f5caa1a0effe49da4078b"
    ),
    (
        "dc5d1c3591812dde9b6fb1fbe74ca45ee17cbc2c6287a000870521af736a9a750be823d1fcdb55a26001d27f8149f3d8"
        "935b6afb3bc5636f015eabb92c0f6c66ec2c5d42ebfc334f1258b47f88277c40cfdfcb88d2db8848322bc7ae56c37ee4"
        "9c7bfd1707ed3a3e6d592994d71d68caeced5903e89388072e1f39632b6c5705"
    ),
    (
        "fdd2452c478ea7cd163736cc5617265b9379e71241fa11855524c134bd4278b0b77626fc52bfa3e86481786b4162ee5f"
        "b95eea14f2785b16be9b6cbed5cbe1d38ffeeebeb784618e5f1e8059538492395ce1fc505e144c49e15b92caa3fb4afd"
        "2c267d1a9d2976479bb63cee646357d6da629d3ddccbb381a5230603c3936835"
    ),
    (
        "e6f6389b78a7aeb2269d4c08c360968281a1c8c197691678660e465df216c76d7b07c62c30e8c857d8805b584cf8ee2c"
        "a7c3859f9a4cda246523961e3c21593ed5750ebe9928a9f9c32d3204f58961a33599073ab55a3f07ba19ceadcac981c0"
        "c8618d380ff35923d8ba661315bf724748f8d064ed2a73ed98fc089dfd274f43"
    ),
)
_HASHES: Final[Mapping[str, hashes.HashAlgorithm]] = {
    "RS256": hashes.SHA256(),
    "RS384": hashes.SHA384(),
    "RS512": hashes.SHA512(),
}


class InvalidToken(Exception):
    """What was handed in is no token, or none that these keys have signed; the message says why."""


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs tokens with the simulated key of this number. `kid`: the key's name in its set."""

    number: int
    kid: str

    def token(self, claims: Mapping[str, Any], **header: Any) -> str:
        """A signed token; `header`: beside, or in the place of, what it usually has."""
        head = {"alg": "RS256", "kid": self.kid, "typ": "JWT", **header}
        said = f"{_written(head)}.{_written(claims)}"
        signature = _key(self.number).sign(said.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{said}.{_encoded(signature)}"

    @property
    def keys(self) -> Mapping[str, Any]:
        """The public key, as a set of one."""
        numbers = _key(self.number).public_key().public_numbers()
        key = {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": self.kid}
        return {"keys": [{**key, "n": _encoded(_bytes(numbers.n)), "e": _encoded(_bytes(numbers.e))}]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A token, read and not verified yet."""

    header: Mapping[str, Any]
    claims: Mapping[str, Any]
    said: bytes
    signature: bytes

    def verify(self, keys: Mapping[str, Any]) -> None:
        """Raise InvalidToken where none of these keys has signed it, by a way that RSA has."""
        algorithm = _HASHES.get(str(self.header.get("alg")))
        if algorithm is None:
            raise InvalidToken("unsupported algorithm")
        kid = self.header.get("kid")
        key = next(
            (each for each in keys.get("keys", ()) if kid is not None and each.get("kid") == kid), None
        )
        if key is None:
            raise InvalidToken("unknown key")
        try:
            public = rsa.RSAPublicNumbers(e=_number(key["e"]), n=_number(key["n"])).public_key()
            public.verify(self.signature, self.said, padding.PKCS1v15(), algorithm)
        except (InvalidSignature, KeyError, ValueError):
            raise InvalidToken("invalid signature") from None


def read(text: str) -> Token:
    """A token from its text; raises InvalidToken."""
    parts = text.split(".")
    try:
        head, claims, signature = (_decoded(part) for part in parts)
        header, said = json.loads(head), json.loads(claims)
    except (ValueError, binascii.Error):
        raise InvalidToken("malformed token") from None
    if not isinstance(header, dict) or not isinstance(said, dict):
        raise InvalidToken("malformed token")
    signed = text.rpartition(".")[0].encode()
    return Token(header=header, claims=said, said=signed, signature=signature)


@lru_cache
def _key(number: int) -> rsa.RSAPrivateKey:
    p, q = (int(each, 16) for each in _SIMULATED_PRIMES[2 * number : 2 * number + 2])
    return rsa_key_of(p, q)


def _written(part: Mapping[str, Any]) -> str:
    return _encoded(json.dumps(part, separators=(",", ":")).encode())


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _decoded(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def _bytes(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def _number(text: str) -> int:
    return int.from_bytes(_decoded(text), "big")
