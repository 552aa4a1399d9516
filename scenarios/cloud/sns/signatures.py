"""SNS's signatures: what an endpoint that gets messages over HTTP can tell real ones from forged ones by.

Version 1 signs with SHA1, version 2 with SHA256, as the topic's SignatureVersion says. The key is a fixed
one, of these two primes; it signs nothing but what the simulated SNS sends. Only messages over HTTP and HTTPS
are signed: in queues and functions the signature says `simulated`.

Sources: https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html,
https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message-verify-message-signature.html
"""

import base64
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

from scenarios.cloud.kernel.private_keys import rsa_key_of

_SIMULATED_PRIMES: Final = (
    (
        "ff7525c73fb988303d2edf419bcc76cf69de466e47c7b51821c0a29fc95b13d64c30cd84730879540b2631eba051f9ca"
        "4686455f9cc4b027d06e87a6a9e8cf03d90a7a769d0f91786490e2407622f2d3683dc71ef58dc4e1837214be0da46943"
        "a25bd9c74241aae06f1e0996ffd267c290f2b9aa2ad3339c29e970bbbea9efe3"
    ),
    (
        "c0a2ae7886b8e4e4659b4716a7170a360545dc90323f6a27bf4993dfd5a27ba1956c71f4d2d5f595213d9b11ddb8eaa8"
        "2cdf51d1c1e67774e45a086d051123c420a1b1269f2643ad22d4d55905dc9288fa996d492949d70a2d1463524a55dcf9"
        "f8d4dd081efaa6bbac681a3e3b731b1ef84a0eafb9b84a5702f56d7be752de17"
    ),
)
_CONFIRMATION: Final = ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")
_SIGNED: Final[Mapping[str, tuple[str, ...]]] = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": _CONFIRMATION,
    "UnsubscribeConfirmation": _CONFIRMATION,
}


def signed(envelope: Mapping[str, Any], version: str = "1") -> dict[str, Any]:
    """An envelope with its signature, made by a version that SNS has."""
    text = string_to_sign(envelope)
    signature = _key().sign(text.encode(), padding.PKCS1v15(), _digest(version))
    region = str(envelope["TopicArn"]).split(":")[3]
    return {
        **envelope,
        "SignatureVersion": version,
        "Signature": base64.b64encode(signature).decode(),
        "SigningCertURL": certificate_url(region),
    }


def is_genuine(envelope: Mapping[str, Any]) -> bool:
    """Whether SNS signed an envelope as it is, and names its own certificate; what an endpoint should ask."""
    try:
        region = str(envelope["TopicArn"]).split(":")[3]
        if envelope["SigningCertURL"] != certificate_url(region):
            return False
        _key().public_key().verify(
            base64.b64decode(envelope["Signature"]),
            string_to_sign(envelope).encode(),
            padding.PKCS1v15(),
            _digest(str(envelope["SignatureVersion"])),
        )
    except (InvalidSignature, KeyError, IndexError, ValueError):
        return False
    return True


def string_to_sign(envelope: Mapping[str, Any]) -> str:
    """The names and values that are signed, in the order of their names, each on a line of its own."""
    names = [name for name in _SIGNED[envelope["Type"]] if envelope.get(name) is not None]
    return "".join(f"{name}\n{envelope[name]}\n" for name in names)


def certificate_url(region: str) -> str:
    """Where SNS has the certificate of a region."""
    return f"https://sns.{region}.amazonaws.com/SimpleNotificationService-simulated.pem"


@lru_cache(maxsize=1)
def certificate() -> str:
    """The certificate that lies there, as PEM."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(_key().public_key())
        .serial_number(1)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2040, 1, 1, tzinfo=UTC))
    )
    return builder.sign(_key(), hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


def _digest(version: str) -> hashes.HashAlgorithm:
    return hashes.SHA256() if version == "2" else hashes.SHA1()  # noqa: S303 - SNS's version 1 is SHA1


@lru_cache(maxsize=1)
def _key() -> rsa.RSAPrivateKey:
    return rsa_key_of(*(int(each, 16) for each in _SIMULATED_PRIMES))
