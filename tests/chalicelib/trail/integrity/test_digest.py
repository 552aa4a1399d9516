"""Digests read from what lies in a bucket, whoever put it there."""

import gzip
import hashlib
import json
import random
import zlib
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.trail.integrity.digest import (
    LARGEST_DIGEST_BYTES,
    Digest,
    SignatureFault,
    UnusableDigest,
    parse_digest,
    verify_signature,
)
from chalicelib.trail.integrity.gunzip import PIECE_BYTES, SLICE_BYTES, MalformedGzip, inflate
from chalicelib.trail.integrity.keys import Chain
from chalicelib.trail.integrity.public_keys import KeyRing
from scenarios.cloud.cloudtrail.delivery.digests import (
    DeliveredLog,
    list_public_keys,
    simulated_key,
    write_digest,
)

CHAIN = Chain(account="111122223333", region="eu-west-1", trail="main", home_region="us-east-1")
NINE = datetime(2024, 1, 1, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
RING = KeyRing.of(list_public_keys(NINE, NINE)["PublicKeyList"])
LOG = DeliveredLog(bucket="b", key="log", sha256="0F" * 32, oldest_event=NINE - 2 * HOUR, newest_event=NINE)
FIRST = write_digest(CHAIN, bucket="b", starts_at=NINE - HOUR, ends_at=NINE)
SECOND = write_digest(CHAIN, bucket="b", starts_at=NINE, ends_at=NINE + HOUR, logs=[LOG], previous=FIRST)


def parsed(signed, **metadata):
    """Parse a written digest; `metadata` replaces its own, None takes an entry away."""
    told = {**signed.metadata, **{name.replace("_", "-"): value for name, value in metadata.items()}}
    told = {name: value for name, value in told.items() if value is not None}
    return parse_digest(signed.bucket, signed.key, signed.body, told)


def rewritten(**changes):
    """The second digest's bytes with fields changed; `...` takes a field away."""
    fields = {**json.loads(gzip.decompress(SECOND.body)), **changes}
    return json.dumps({name: value for name, value in fields.items() if value is not ...}).encode()


def unusable(content, *, key=SECOND.key, packed=False):
    """What is wrong with a digest of this content."""
    found = parse_digest("b", key, content if packed else gzip.compress(content), SECOND.metadata)
    assert isinstance(found, UnusableDigest), found
    assert not found.unreadable
    return found.problem


def test_a_digest_tells_its_hour_its_log_files_and_its_predecessor():
    digest = parsed(SECOND)

    assert isinstance(digest, Digest)
    assert (digest.starts_at, digest.ends_at) == (NINE, NINE + HOUR)
    assert [(log.key, log.sha256) for log in digest.logs] == [("log", "0f" * 32)]
    assert (digest.previous.key, digest.previous.sha256) == (FIRST.key, FIRST.sha256)
    assert parsed(FIRST).previous is None


def test_the_hash_is_over_the_exact_bytes_and_not_over_their_meaning():
    content = gzip.decompress(SECOND.body)
    spelled_otherwise = json.dumps(json.loads(content)).encode()

    digest = parse_digest("b", SECOND.key, gzip.compress(spelled_otherwise), SECOND.metadata)

    assert parsed(SECOND).sha256 == hashlib.sha256(content).hexdigest()
    assert digest.sha256 != SECOND.sha256
    assert verify_signature(digest, RING) is SignatureFault.WRONG


def test_the_string_to_sign_is_end_place_hash_and_the_signature_before():
    assert parsed(SECOND).string_to_sign().decode().split("\n") == [
        "2024-01-01T10:00:00Z",
        f"b/{SECOND.key}",
        SECOND.sha256,
        FIRST.signature,
    ]


def test_a_starting_digest_signs_the_word_null():
    assert parsed(FIRST).string_to_sign().endswith(b"\nnull")


def test_a_signature_holds():
    assert verify_signature(parsed(FIRST), RING) is None
    assert verify_signature(parsed(SECOND), RING) is None


def test_a_digest_packed_again_is_the_same_digest():
    again = gzip.compress(gzip.decompress(SECOND.body), 1)

    digest = parse_digest("b", SECOND.key, again, SECOND.metadata)

    assert digest == parsed(SECOND)


OTHER = rsa.generate_private_key(65537, 2048)


def signed_otherwise(key=None, algorithm=None):
    """The second digest's own string, signed by another key or with another hash."""
    key = key or serialization.load_pem_private_key(simulated_key().pem.encode(), None)
    return key.sign(parsed(SECOND).string_to_sign(), padding.PKCS1v15(), algorithm or hashes.SHA256()).hex()


SIGNATURES = [
    pytest.param({"signature": SECOND.signature.upper()}, None, id="upper-case hex"),
    pytest.param({"signature": None}, SignatureFault.UNSIGNED, id="none"),
    pytest.param({"signature": ""}, SignatureFault.UNSIGNED, id="empty"),
    pytest.param({"signature_algorithm": None}, SignatureFault.UNSIGNED, id="no algorithm"),
    pytest.param({"signature": SECOND.signature[:-2]}, SignatureFault.WRONG, id="a byte short"),
    pytest.param({"signature": SECOND.signature[:-1]}, SignatureFault.WRONG, id="a digit short"),
    pytest.param({"signature": SECOND.signature + "00"}, SignatureFault.WRONG, id="a byte long"),
    pytest.param({"signature": "00" * 256}, SignatureFault.WRONG, id="zeros"),
    pytest.param({"signature": "ff" * 256}, SignatureFault.WRONG, id="larger than the modulus"),
    pytest.param({"signature": "signed, CloudTrail"}, SignatureFault.WRONG, id="not hex"),
    pytest.param({"signature": SECOND.signature + " "}, SignatureFault.WRONG, id="space after it"),
    pytest.param({"signature": "٣" * 512}, SignatureFault.WRONG, id="digits that are not ASCII"),
    pytest.param({"signature": FIRST.signature}, SignatureFault.WRONG, id="another digest's"),
    pytest.param({"signature": signed_otherwise(OTHER)}, SignatureFault.WRONG, id="another key"),
    pytest.param({"signature": signed_otherwise(None, hashes.SHA1())}, SignatureFault.WRONG, id="SHA-1"),
    pytest.param({"signature": signed_otherwise(None, hashes.MD5())}, SignatureFault.WRONG, id="MD5"),
    pytest.param({"signature": signed_otherwise(None, hashes.SHA512())}, SignatureFault.WRONG, id="SHA-512"),
    *(
        pytest.param({"signature_algorithm": name}, SignatureFault.ALGORITHM_REFUSED, id=f"called {name}")
        for name in ("SHA1withRSA", "MD5withRSA", "sha256withrsa", "SHA256withRSA ", "none", "NONEwithRSA")
    ),
]


@pytest.mark.parametrize(("metadata", "fault"), SIGNATURES)
def test_only_cloudtrails_own_signature_holds(metadata, fault):
    assert verify_signature(parsed(SECOND, **metadata), RING) is fault


def test_the_algorithm_that_the_content_names_is_held_to_as_well():
    content = rewritten(digestSignatureAlgorithm="SHA1withRSA")
    digest = parse_digest("b", SECOND.key, gzip.compress(content), SECOND.metadata)

    assert verify_signature(digest, RING) is SignatureFault.ALGORITHM_REFUSED


def test_a_key_that_aws_does_not_name_is_unknown():
    assert verify_signature(parsed(SECOND), KeyRing({})) is SignatureFault.KEY_UNKNOWN


def test_a_key_that_is_none_is_unusable_and_no_proof_of_tampering():
    ring = KeyRing.of([{"Value": b"no key", "Fingerprint": simulated_key().fingerprint}])

    assert verify_signature(parsed(SECOND), ring) is SignatureFault.KEY_UNUSABLE


MALFORMED = [
    pytest.param(b"", "not JSON", id="empty content"),
    pytest.param(b"{nope", "not JSON", id="not JSON"),
    pytest.param(b"\xff\xfe{}", "not JSON", id="not UTF-8"),
    pytest.param(b"[" * 100_000, "not JSON", id="nested without end"),
    pytest.param(b'{"digestStartTime": ' + b"9" * 5000 + b"}", "not JSON", id="a number of 5,000 digits"),
    pytest.param(b"[]", "not an object", id="a list"),
    pytest.param(b"{}", "it has no digestStartTime", id="an empty object"),
    *(
        pytest.param(rewritten(**{name: ...}), f"it has no {name}", id=f"without {name}")
        for name in json.loads(gzip.decompress(SECOND.body))
        if name not in ("newestEventTime", "oldestEventTime", "logFiles")
    ),
    *(
        pytest.param(rewritten(**{name: 7}), f"its {name} is not text", id=f"{name} a number")
        for name in ("awsAccountId", "digestEndTime", "digestS3Object", "digestPublicKeyFingerprint")
    ),
    pytest.param(rewritten(previousDigestHashValue=None), "HashValue is not text", id="half a predecessor"),
    pytest.param(rewritten(digestS3Bucket="b\nb"), "can't be printed", id="a line end in the bucket"),
    pytest.param(rewritten(digestS3Object="\ud800"), "can't be printed", id="half a character in the key"),
    pytest.param(rewritten(digestEndTime="2024-01-01 10:00"), "is not a time", id="a time AWS doesn't spell"),
    pytest.param(rewritten(digestEndTime="2024-02-30T10:00:00Z"), "is not a time", id="no such day"),
    pytest.param(
        rewritten(digestStartTime="2024-01-01T10:00:01Z"), "after its", id="an hour that runs backwards"
    ),
    pytest.param(rewritten(logFiles=...), "logFiles is not a list", id="without logFiles"),
    pytest.param(rewritten(logFiles={}), "logFiles is not a list", id="logFiles an object"),
    pytest.param(rewritten(logFiles=["log"]), "logFiles is not a list of objects", id="a log file as text"),
    pytest.param(rewritten(logFiles=[{"s3Bucket": "b"}]), "it has no s3Object", id="a log file without key"),
]


@pytest.mark.parametrize(("content", "why"), MALFORMED)
def test_a_digest_cloudtrail_would_not_write_is_unusable_and_says_why(content, why):
    assert why in unusable(content)


BOMB = gzip.compress(bytes(LARGEST_DIGEST_BYTES + 1))
BAD_GZIP = [
    pytest.param(b"", "empty", id="no bytes"),
    pytest.param(b"hello", "not gzip", id="not gzip"),
    pytest.param(SECOND.body[:5], "cut short", id="half a header"),
    pytest.param(SECOND.body[:-12], "cut short", id="cut short"),
    pytest.param(SECOND.body[:-1], "cut short", id="a byte short"),
    pytest.param(SECOND.body[:-8] + bytes(8), "damaged", id="wrong checksum"),
    pytest.param(SECOND.body + b"junk", "4 bytes follow", id="bytes after it"),
    pytest.param(SECOND.body + SECOND.body, "bytes follow", id="a second member"),
    pytest.param(SECOND.body + bytes(3 * SLICE_BYTES), f"{3 * SLICE_BYTES} bytes follow", id="much after it"),
    pytest.param(zlib.compress(b"{}"), "not gzip", id="zlib"),
    pytest.param(BOMB, f"swells to more than {LARGEST_DIGEST_BYTES} bytes", id="a bomb"),
]


@pytest.mark.parametrize(("body", "why"), BAD_GZIP)
def test_bytes_that_are_not_one_whole_gzip_stream_are_unusable(body, why):
    assert why in unusable(body, packed=True)


@pytest.mark.slow
def test_a_bomb_is_defused_before_it_fills_the_memory():
    bomb, limit, held = gzip.compress(bytes(50 << 20)), 4 << 20, 0

    def defuse():
        nonlocal held
        for piece in inflate(bomb, limit):
            assert len(piece) <= PIECE_BYTES
            held += len(piece)

    with pytest.raises(MalformedGzip, match="swells"):
        defuse()
    assert held <= limit


@settings(deadline=None)
@given(st.binary(max_size=4 * SLICE_BYTES), st.integers(0, 9))
def test_what_was_packed_is_inflated(content, level):
    assert b"".join(inflate(gzip.compress(content, level), len(content))) == content


def test_bytes_after_a_long_stream_are_counted():
    packed = gzip.compress(random.Random(1).randbytes(2 * SLICE_BYTES))

    with pytest.raises(MalformedGzip, match=r"^3 bytes follow"):
        list(inflate(packed + b"end", 1 << 20))


def test_a_backfill_digest_without_its_generation_time_is_unusable():
    chain = Chain(account="1" * 12, region="eu-west-1", trail="main", home_region="eu-west-1", backfill=True)
    signed = write_digest(chain, bucket="b", starts_at=NINE, ends_at=NINE + HOUR)

    assert isinstance(parsed(signed), Digest)
    assert "generation-timestamp" in parsed(signed, backfill_generation_timestamp=None).problem


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@settings(deadline=None)
@given(st.binary())
def test_arbitrary_bytes_are_unusable_and_never_an_error(body):
    assert isinstance(parse_digest("b", SECOND.key, body, {}), UnusableDigest)


@settings(deadline=None)
@given(st.binary())
def test_arbitrary_content_is_unusable_and_never_an_error(content):
    assert isinstance(parse_digest("b", SECOND.key, gzip.compress(content), {}), UnusableDigest)


@pytest.mark.slow
@settings(deadline=None)
@given(st.sampled_from(sorted(json.loads(gzip.decompress(SECOND.body)))), json_values, st.text())
def test_an_arbitrary_value_in_any_field_is_read_or_unusable_and_never_signed(field, value, signature):
    content = rewritten(**{field: value})

    found = parse_digest("b", SECOND.key, gzip.compress(content), {**SECOND.metadata, "signature": signature})

    if isinstance(found, Digest):
        assert verify_signature(found, RING) is not None
