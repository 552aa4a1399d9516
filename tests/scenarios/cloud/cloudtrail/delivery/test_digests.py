"""The simulated CloudTrail's digests, taken apart with nothing but the documentation at hand."""

import base64
import gzip
import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from chalicelib.trail.integrity.keys import Chain
from scenarios.cloud.cloudtrail.delivery.digests import (
    DeliveredLog,
    SigningKey,
    list_public_keys,
    simulated_key,
    write_digest,
)

CHAIN = Chain(account="111122223333", region="eu-west-1", trail="main", home_region="us-east-1")
THREE = datetime(2024, 2, 29, 23, 4, 4, tzinfo=UTC)
HOUR = timedelta(hours=1)
EARLY = DeliveredLog(
    bucket="logs", key="early", sha256="aa" * 32, oldest_event=THREE - 3 * HOUR, newest_event=THREE
)
LATE = DeliveredLog(
    bucket="logs", key="late", sha256="bb" * 32, oldest_event=THREE, newest_event=THREE + HOUR / 2
)


def written(chain=CHAIN, **changes):
    return write_digest(chain, **{"bucket": "logs", "starts_at": THREE, "ends_at": THREE + HOUR, **changes})


def fields(digest):
    return json.loads(gzip.decompress(digest.body))


FIRST = written(starts_at=THREE - HOUR, ends_at=THREE)
SECOND = written(previous=FIRST, logs=[LATE, EARLY])


def test_a_digest_lies_where_its_end_puts_it():
    assert SECOND.key == (
        "AWSLogs/111122223333/CloudTrail-Digest/eu-west-1/2024/03/01/"
        "111122223333_CloudTrail-Digest_eu-west-1_main_us-east-1_20240301T000404Z.json.gz"
    )


@pytest.mark.parametrize(
    ("changes", "begins", "ends"),
    [
        pytest.param({"prefix": "audit/all"}, "audit/all/AWSLogs/1111", "0404Z.json.gz", id="prefix"),
        pytest.param(
            {"organization": "o-abcdefghij"}, "AWSLogs/o-abcdefghij/1111", "0404Z.json.gz", id="organization"
        ),
        pytest.param({"backfill": True}, "AWSLogs/1111", "0404Z_backfill.json.gz", id="backfill"),
    ],
)
def test_prefix_organization_and_backfill_show_in_the_key(changes, begins, ends):
    digest = written(replace(CHAIN, **changes))

    assert digest.key.startswith(begins)
    assert digest.key.endswith(ends)
    assert fields(digest)["digestS3Object"] == digest.key


def test_a_digest_holds_the_documented_fields_in_cloudtrails_order():
    assert list(fields(SECOND)) == [
        "awsAccountId",
        "digestStartTime",
        "digestEndTime",
        "digestS3Bucket",
        "digestS3Object",
        "digestPublicKeyFingerprint",
        "digestSignatureAlgorithm",
        "newestEventTime",
        "oldestEventTime",
        "previousDigestS3Bucket",
        "previousDigestS3Object",
        "previousDigestHashValue",
        "previousDigestHashAlgorithm",
        "previousDigestSignature",
        "logFiles",
    ]
    assert fields(SECOND)["logFiles"][1] == {
        "s3Bucket": "logs",
        "s3Object": "early",
        "hashValue": "aa" * 32,
        "hashAlgorithm": "SHA-256",
        "newestEventTime": "2024-02-29T23:04:04Z",
        "oldestEventTime": "2024-02-29T20:04:04Z",
    }


def test_the_events_times_span_all_log_files():
    assert fields(SECOND)["newestEventTime"] == "2024-02-29T23:34:04Z"
    assert fields(SECOND)["oldestEventTime"] == "2024-02-29T20:04:04Z"


def test_a_quiet_hour_has_a_digest_without_log_files_and_without_events_times():
    quiet = fields(written(previous=FIRST))

    assert quiet["logFiles"] == []
    assert quiet["newestEventTime"] is quiet["oldestEventTime"] is None


def test_a_starting_digest_names_no_predecessor():
    names = [name for name in fields(FIRST) if name.startswith("previousDigest")]

    assert len(names) == 5
    assert {fields(FIRST)[name] for name in names} == {None}


def test_a_digest_records_hash_and_signature_of_the_one_before():
    link = fields(SECOND)

    assert link["previousDigestS3Object"] == FIRST.key
    assert link["previousDigestHashValue"] == hashlib.sha256(gzip.decompress(FIRST.body)).hexdigest()
    assert link["previousDigestSignature"] == FIRST.metadata["signature"]


@pytest.mark.parametrize(
    ("digest", "before"),
    [pytest.param(FIRST, "null", id="start"), pytest.param(SECOND, FIRST.signature, id="next")],
)
def test_the_signature_verifies_with_the_public_key_as_documented(digest, before):
    (entry,) = list_public_keys(THREE, THREE)["PublicKeyList"]
    key = serialization.load_der_public_key(entry["Value"])
    content = gzip.decompress(digest.body)
    lines = [
        fields(digest)["digestEndTime"],
        f"logs/{digest.key}",
        hashlib.sha256(content).hexdigest(),
        before,
    ]
    signature = bytes.fromhex(digest.metadata["signature"])

    key.verify(signature, "\n".join(lines).encode(), padding.PKCS1v15(), hashes.SHA256())
    with pytest.raises(InvalidSignature):
        key.verify(signature, "\n".join([*lines, ""]).encode(), padding.PKCS1v15(), hashes.SHA256())
    assert (
        digest.metadata["signature-algorithm"]
        == fields(digest)["digestSignatureAlgorithm"]
        == "SHA256withRSA"
    )


def test_the_same_delivery_makes_the_same_bytes():
    assert written(previous=FIRST, logs=[LATE, EARLY]) == SECOND
    assert SECOND.body[4:8] == bytes(4), "gzip's time"


def test_slashes_are_escaped_so_that_spelling_it_again_breaks_the_signature():
    content = gzip.decompress(SECOND.body)

    assert b"AWSLogs\\/111122223333" in content
    assert json.dumps(json.loads(content)).encode() != content


def test_only_a_backfill_digest_tells_when_it_was_made():
    chain = replace(CHAIN, backfill=True)

    assert "backfill-generation-timestamp" not in SECOND.metadata
    assert written(chain).metadata["backfill-generation-timestamp"] == "2024-03-01T00:04:04Z"
    late = written(chain, generated_at=THREE + 9 * HOUR)
    assert late.metadata["backfill-generation-timestamp"] == "2024-03-01T08:04:04Z"


def test_times_are_told_in_utc_wherever_they_come_from():
    east = datetime.fromisoformat("2024-03-01T01:04:04+01:00")

    assert written(ends_at=east).key == SECOND.key


def test_the_list_of_public_keys_is_what_digests_name():
    (entry,) = list_public_keys(THREE, THREE + HOUR)["PublicKeyList"]

    assert entry["Fingerprint"] == fields(SECOND)["digestPublicKeyFingerprint"]
    assert entry["Fingerprint"] == hashlib.md5(entry["Value"]).hexdigest()
    assert base64.b64encode(entry["Value"]).startswith(b"MIIB"), "PKCS#1, 2048 bits"


ROTATION = [
    SigningKey(simulated_key().pem, THREE - 30 * 24 * HOUR, THREE),
    SigningKey(simulated_key().pem, THREE - 24 * HOUR, THREE + 30 * 24 * HOUR),
]


@pytest.mark.parametrize(
    ("since", "until", "found"),
    [
        pytest.param(THREE - 9 * 24 * HOUR, THREE - 8 * 24 * HOUR, [0], id="the old one"),
        pytest.param(THREE - HOUR, THREE, [0, 1], id="both, while they overlap"),
        pytest.param(THREE, THREE, [0, 1], id="an instant at the edge"),
        pytest.param(THREE - 48 * HOUR, THREE - 24 * HOUR, [0, 1], id="up to the instant of the new one"),
        pytest.param(THREE + HOUR, THREE + 2 * HOUR, [1], id="the new one"),
        pytest.param(THREE + 99 * 24 * HOUR, THREE + 100 * 24 * HOUR, [], id="none"),
    ],
)
def test_keys_are_listed_by_their_validity(since, until, found):
    entries = list_public_keys(since, until, keys=ROTATION)["PublicKeyList"]

    assert [entry["ValidityStartTime"] for entry in entries] == [ROTATION[n].valid_from for n in found]


@pytest.mark.slow
def test_another_key_signs_in_its_own_name():
    private = rsa.generate_private_key(65537, 2048)
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    other = SigningKey(pem.decode())

    digest = written(key=other)

    assert fields(digest)["digestPublicKeyFingerprint"] == other.fingerprint != simulated_key().fingerprint
