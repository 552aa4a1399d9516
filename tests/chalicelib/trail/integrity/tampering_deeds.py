"""Deeds of somebody who may put and delete objects in the trail's bucket and holds no key of AWS's.

Each takes the trail and a key in its bucket, and does one thing to what lies there.
"""

import gzip
import hashlib
import json
from datetime import datetime
from functools import lru_cache

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from scenarios.cloud.cloudtrail.delivery.digests import SigningKey, simulated_key
from tests.chalicelib.trail.integrity.trail_in_a_bucket import HOUR, rewrite


@lru_cache(maxsize=1)
def mallory():
    """A key of one's own, as anybody can make."""
    private = rsa.generate_private_key(65537, 2048)
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return SigningKey(pem.decode())


NULL_LINK = dict.fromkeys(
    f"previousDigest{part}" for part in ("S3Bucket", "S3Object", "HashValue", "HashAlgorithm", "Signature")
)
"""What a starting digest says of its predecessor."""


def with_body(change):
    """A deed that puts other bytes under the same name and metadata."""

    def deed(trail, key):
        trail.bucket.put(key, change(trail.bucket.body(key)), trail.bucket.metadata(key))

    return deed


def with_content(change):
    """A deed that packs other content under the same name and metadata."""
    return with_body(lambda body: gzip.compress(change(gzip.decompress(body))))


def with_metadata(**changes):
    """A deed that changes metadata; `...` takes an entry away, a function changes what is there."""

    def deed(trail, key):
        metadata = trail.bucket.metadata(key)
        for name, value in changes.items():
            old = metadata.pop(name.replace("_", "-"), "")
            if value is not ...:
                metadata[name.replace("_", "-")] = value(old) if callable(value) else value
        trail.bucket.put(key, trail.bucket.body(key), metadata)

    return deed


def with_fields(**changes):
    """A deed that changes a digest's fields; a function is given what is there."""

    def deed(trail, key):
        fields = json.loads(trail.bucket.content(key))
        new = {name: value(fields[name]) if callable(value) else value for name, value in changes.items()}
        rewrite(trail, key, **new)

    return deed


def signed_by(key_of, fingerprint_of, **changes):
    """A deed that empties a digest's list, or changes other fields, and signs it with a key of one's own."""

    def deed(trail, key):
        changed = {
            "digestPublicKeyFingerprint": fingerprint_of().fingerprint,
            **(changes or {"logFiles": []}),
        }
        rewrite(trail, key, by=key_of(), **changed)

    return deed


def delete(trail, key):
    trail.bucket.drop(key)


def archive(trail, key):
    """Put it again in an archive's storage class, or under a KMS key that nobody else may use."""
    trail.archived.add(key)


def copy_to(name):
    """A deed that leaves a copy under another name; `name` makes it of the key."""

    def deed(trail, key):
        trail.bucket.put(name(key), trail.bucket.body(key), trail.bucket.metadata(key))

    return deed


def move_to(name):
    def deed(trail, key):
        copy_to(name)(trail, key)
        delete(trail, key)

    return deed


def replace_by(other):
    """A deed that puts another object of the bucket there; `other` gives its key."""

    def deed(trail, key):
        source = other(trail, key)
        trail.bucket.put(key, trail.bucket.body(source), trail.bucket.metadata(source))

    return deed


def swap_with(other):
    def deed(trail, key):
        objects, source = trail.bucket.objects, other(trail, key)
        objects[key], objects[source] = objects[source], objects[key]

    return deed


def sign_weakly(algorithm):
    """CloudTrail's own key with a weaker hash: a signature that might have been forged by a collision."""

    def deed(trail, key):
        fields, content = json.loads(trail.bucket.content(key)), trail.bucket.content(key)
        place = f"{fields['digestS3Bucket']}/{fields['digestS3Object']}"
        before = fields["previousDigestSignature"] or "null"
        text = f"{fields['digestEndTime']}\n{place}\n{hashlib.sha256(content).hexdigest()}\n{before}"
        private = serialization.load_pem_private_key(simulated_key().pem.encode(), None)
        assert isinstance(private, rsa.RSAPrivateKey)
        with_metadata(signature=private.sign(text.encode(), padding.PKCS1v15(), algorithm()).hex())(
            trail, key
        )

    return deed


def later(hours):
    """A change of a time as CloudTrail writes it."""
    return lambda text: f"{datetime.fromisoformat(text) + hours * HOUR:%Y-%m-%dT%H:%M:%SZ}"


SHA1, MD5 = hashes.SHA1, hashes.MD5
