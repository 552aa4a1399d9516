"""Tamperings by somebody who may write and delete in the bucket but holds no AWS key.

Object x deed x position in the chain, then campaigns of several steps.
"""

import gzip
import json
from contextlib import suppress

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.trail.integrity.digest import Digest, parse_digest
from chalicelib.trail.integrity.findings import What
from scenarios.cloud.cloudtrail.delivery.digests import SigningKey, simulated_key
from tests.chalicelib.trail.integrity.trail_in_a_bucket import (
    BUCKET,
    CHAIN,
    HOUR,
    MINUTE,
    START,
    Trail,
    log_key,
    rewrite,
    six_hours,
    told,
)

HOURS = {"oldest": 0, "middle": 3, "newest": 5}


@pytest.fixture(scope="session")
def mallory():
    """A key of one's own, as anybody can make."""
    private = rsa.generate_private_key(65537, 2048)
    return SigningKey(
        private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode()
    )


def every_hour(*deeds):
    """Each deed with its expectation, at the oldest, a middle and the newest hour."""
    return [
        pytest.param(hour, deed, what, id=f"{deed.__name__.replace('_', ' ')}, {position}")
        for deed, what in deeds
        for position, hour in HOURS.items()
    ]


# Deeds done to the second log file of an hour.


def edited(bucket, key):
    bucket.put(key, gzip.compress(bucket.content(key).replace(b"eventID", b"eventid")))


def emptied(bucket, key):
    bucket.put(key, gzip.compress(b'{"Records":[]}'))


def truncated(bucket, key):
    bucket.put(key, bucket.body(key)[:-9])


def made_zero_bytes(bucket, key):
    bucket.put(key, b"")


def unpacked(bucket, key):
    bucket.put(key, bucket.content(key))


def followed_by_bytes(bucket, key):
    bucket.put(key, bucket.body(key) + b"junk")


def followed_by_a_member(bucket, key):
    bucket.put(key, bucket.body(key) + gzip.compress(b'{"Records":[{}]}'))


def replaced_by_another(bucket, key):
    bucket.put(
        key, bucket.body(next(other for other in bucket.objects if "/CloudTrail/" in other and other != key))
    )


def deleted(bucket, key):
    bucket.drop(key)


LOG_DEEDS = every_hour(
    (edited, What.LOG_MODIFIED),
    (emptied, What.LOG_MODIFIED),
    (replaced_by_another, What.LOG_MODIFIED),
    (truncated, What.LOG_MALFORMED),
    (made_zero_bytes, What.LOG_MALFORMED),
    (unpacked, What.LOG_MALFORMED),
    (followed_by_bytes, What.LOG_MALFORMED),
    (followed_by_a_member, What.LOG_MALFORMED),
    (deleted, What.LOG_DELETED),
)


@pytest.mark.parametrize(("hour", "deed", "what"), LOG_DEEDS)
def test_a_log_file_tampered_with_is_named_with_its_hour_and_nothing_else_is(hour, deed, what):
    trail = six_hours()
    key = trail.logs[hour][1]
    deed(trail.bucket, key)

    verdict = trail.judge()

    (finding,) = verdict.findings
    assert (finding.what, finding.bucket, finding.key) == (what, BUCKET, key)
    assert (finding.since, finding.until) == (START + hour * HOUR, START + (hour + 1) * HOUR)
    assert finding.expected.startswith("SHA-256 ")
    assert finding.found not in ("", finding.expected)
    assert key in finding.sentence
    assert (verdict.digests_sound, verdict.logs_sound, verdict.logs_unverifiable) == (6, 17, 0)


@pytest.mark.parametrize("hour", HOURS.values(), ids=HOURS)
def test_a_log_file_added_is_named(hour):
    trail = six_hours()
    key = log_key(CHAIN, START + hour * HOUR + 30 * MINUTE)
    trail.bucket.put(key, trail.bucket.body(trail.logs[0][0]))

    verdict = trail.judge()

    assert [(finding.what, finding.key) for finding in verdict.findings] == [(What.LOG_ADDED, key)]
    assert (verdict.logs, verdict.logs_sound) == (19, 18)


# Deeds done to the digest of an hour.


def signature(change):
    """A deed that changes the metadata `signature`."""

    def deed(trail, key):
        metadata = trail.bucket.metadata(key)
        trail.bucket.put(
            key, trail.bucket.body(key), {**metadata, "signature": change(metadata["signature"])}
        )

    return deed


def named(name, deed):
    deed.__name__ = name
    return deed


def log_file_dropped_from_it(trail, key):
    rewrite(trail, key, logFiles=json.loads(trail.bucket.content(key))["logFiles"][1:])


def log_file_added_to_it(trail, key):
    extra = json.loads(trail.bucket.content(trail.digests[1]))["logFiles"]
    rewrite(trail, key, logFiles=[*json.loads(trail.bucket.content(key))["logFiles"], *extra])


def predecessor_forgotten(trail, key):
    """Dressed up as a starting digest, to pass a deletion off as a gap."""
    part = ("S3Bucket", "S3Object", "HashValue", "HashAlgorithm", "Signature")
    rewrite(trail, key, **{f"previousDigest{name}": None for name in part})


def spelled_otherwise(trail, key):
    rewrite(trail, key)


def uploaded_again(trail, key):
    trail.bucket.put(key, trail.bucket.body(key))


def algorithm_taken_away(trail, key):
    metadata = trail.bucket.metadata(key)
    del metadata["signature-algorithm"]
    trail.bucket.put(key, trail.bucket.body(key), metadata)


def algorithm_weakened(trail, key):
    trail.bucket.put(
        key,
        trail.bucket.body(key),
        {**trail.bucket.metadata(key), "signature-algorithm": "SHA1withRSA"},
    )


def signed_with_sha1(trail, key):
    digest = parse_digest(BUCKET, key, trail.bucket.body(key), trail.bucket.metadata(key))
    if not isinstance(digest, Digest):
        return  # spoilt by an earlier step of a campaign
    private = serialization.load_pem_private_key(simulated_key().pem.encode(), None)
    weak = private.sign(digest.string_to_sign(), padding.PKCS1v15(), hashes.SHA1()).hex()
    signature(lambda _: weak)(trail, key)


def cut_short(trail, key):
    trail.bucket.put(key, trail.bucket.body(key)[:-9], trail.bucket.metadata(key))


def bytes_put_after_it(trail, key):
    trail.bucket.put(key, trail.bucket.body(key) + b"junk", trail.bucket.metadata(key))


def not_json(trail, key):
    trail.bucket.put(key, gzip.compress(b"{nope"), trail.bucket.metadata(key))


def not_gzip(trail, key):
    trail.bucket.put(key, b"hello", trail.bucket.metadata(key))


def field_taken_away(trail, key):
    rewrite(trail, key, digestStartTime=...)


def copied_over_by_another(trail, key):
    other = trail.digests[2]
    trail.bucket.put(key, trail.bucket.body(other), trail.bucket.metadata(other))


CONTENT_LOST = every_hour(
    (log_file_dropped_from_it, What.DIGEST_MODIFIED),
    (log_file_added_to_it, What.DIGEST_MODIFIED),
    (predecessor_forgotten, What.DIGEST_MODIFIED),
    (spelled_otherwise, What.DIGEST_MODIFIED),
    (cut_short, What.DIGEST_MALFORMED),
    (bytes_put_after_it, What.DIGEST_MALFORMED),
    (not_json, What.DIGEST_MALFORMED),
    (not_gzip, What.DIGEST_MALFORMED),
    (field_taken_away, What.DIGEST_MALFORMED),
    (copied_over_by_another, What.DIGEST_MOVED),
)


@pytest.mark.parametrize(("hour", "deed", "what"), CONTENT_LOST)
def test_a_digest_whose_content_was_changed_is_named_and_its_log_files_are_unverifiable(hour, deed, what):
    trail = six_hours()
    deed(trail, trail.digests[hour])

    verdict = trail.judge()

    (finding,) = verdict.findings
    assert (finding.what, finding.key) == (what, trail.digests[hour])
    assert (finding.since, finding.until) == (START + hour * HOUR, START + (hour + 1) * HOUR)
    assert verdict.digests_sound == 5
    assert (verdict.logs, verdict.logs_sound, verdict.logs_unverifiable) == (18, 15, 3)


SIGNATURE_LOST = every_hour(
    (uploaded_again, What.DIGEST_UNSIGNED),
    (algorithm_taken_away, What.DIGEST_UNSIGNED),
    (algorithm_weakened, What.ALGORITHM_REFUSED),
    (signed_with_sha1, What.DIGEST_MODIFIED),
    (named("signature_emptied", signature(lambda _: "")), What.DIGEST_UNSIGNED),
    (named("signature_cut", signature(lambda text: text[:-2])), What.DIGEST_MODIFIED),
    (named("signature_not_hex", signature(lambda _: "trust me")), What.DIGEST_MODIFIED),
    (named("signature_of_another", signature(lambda text: text[::-1])), What.DIGEST_MODIFIED),
)


@pytest.mark.parametrize(("hour", "deed", "what"), SIGNATURE_LOST)
def test_a_digest_without_its_signature_is_named_and_the_digest_after_it_still_vouches(hour, deed, what):
    trail = six_hours()
    deed(trail, trail.digests[hour])

    verdict = trail.judge()

    (finding,) = verdict.findings
    assert (finding.what, finding.key) == (what, trail.digests[hour])
    newest = hour == HOURS["newest"]
    assert verdict.logs_sound == (15 if newest else 18)
    assert verdict.logs_unverifiable == (3 if newest else 0)


@pytest.mark.parametrize(
    ("hour", "what"),
    [
        pytest.param(0, What.DIGEST_DELETED, id="oldest"),
        pytest.param(3, What.DIGEST_DELETED, id="middle"),
        pytest.param(5, What.DIGEST_MISSING, id="newest"),
    ],
)
@pytest.mark.parametrize("with_logs", [False, True], ids=["alone", "with its log files"])
def test_a_digest_deleted_is_missed(hour, what, with_logs):
    trail = six_hours()
    trail.bucket.drop(trail.digests[hour], *(trail.logs[hour] if with_logs else ()))

    verdict = trail.judge()

    (finding,) = verdict.findings
    assert (finding.what, finding.key) == (what, trail.digests[hour])
    assert (finding.since, finding.until) == (START + hour * HOUR, START + (hour + 1) * HOUR)
    assert verdict.logs_unverifiable == (0 if with_logs else 3)


@pytest.mark.parametrize("hour", HOURS.values(), ids=HOURS)
def test_a_digest_signed_with_a_key_of_ones_own_is_named(hour, mallory):
    for fingerprint, what in ((mallory, What.KEY_UNKNOWN), (simulated_key(), What.DIGEST_MODIFIED)):
        trail = six_hours()
        rewrite(
            trail,
            trail.digests[hour],
            by=mallory,
            digestPublicKeyFingerprint=fingerprint.fingerprint,
            logFiles=[],
        )

        verdict = trail.judge()

        assert [(finding.what, finding.key) for finding in verdict.findings] == [(what, trail.digests[hour])]


@pytest.mark.parametrize("hour", HOURS.values(), ids=HOURS)
def test_a_digest_copied_elsewhere_is_named_beside_the_one_that_stayed(hour):
    trail = six_hours()
    key = trail.digests[hour]
    trail.bucket.put(f"elsewhere/{key}", trail.bucket.body(key), trail.bucket.metadata(key))

    verdict = trail.judge()

    (finding,) = verdict.findings
    assert (finding.what, finding.key) == (What.DIGEST_MOVED, f"elsewhere/{key}")
    assert finding.expected == f"s3://{BUCKET}/{key}"
    assert verdict.logs_sound == 18


@pytest.mark.parametrize("hour", HOURS.values(), ids=HOURS)
def test_a_digest_moved_elsewhere_is_named_there_and_missed_here(hour):
    trail = six_hours()
    key = trail.digests[hour]
    trail.bucket.put(f"elsewhere/{key}", trail.bucket.body(key), trail.bucket.metadata(key))
    trail.bucket.drop(key)

    verdict = trail.judge()

    missed = "DIGEST_MISSING" if hour == HOURS["newest"] else "DIGEST_DELETED"
    assert sorted(told(verdict)) == sorted(["DIGEST_MOVED", missed])


HARMLESS = [
    pytest.param(lambda trail, key: None, id="nothing"),
    pytest.param(signature(str.upper), id="signature in upper-case hex"),
    pytest.param(
        lambda trail, key: trail.bucket.put(
            key, gzip.compress(trail.bucket.content(key), 1), trail.bucket.metadata(key)
        ),
        id="digest packed again",
    ),
    pytest.param(
        lambda trail, key: trail.bucket.put(
            trail.logs[2][0], gzip.compress(trail.bucket.content(trail.logs[2][0]), 1)
        ),
        id="log file packed again",
    ),
]


@pytest.mark.parametrize("deed", HARMLESS)
def test_what_leaves_the_content_as_it_was_is_sound(deed):
    trail = six_hours()
    deed(trail, trail.digests[2])

    verdict = trail.judge()

    assert verdict.findings == ()
    assert verdict.sound
    assert (verdict.digests, verdict.digests_sound, verdict.logs, verdict.logs_sound) == (6, 6, 18, 18)


# What only somebody with AWS's key could do is reported as well: each link is compared.

LINKS = [
    pytest.param({"previousDigestHashValue": "0" * 64}, ["CHAIN_BROKEN"], id="previous hash"),
    pytest.param({"previousDigestSignature": "00" * 256}, ["CHAIN_BROKEN"], id="previous signature"),
    pytest.param(
        {"previousDigestHashAlgorithm": "MD5"}, ["ALGORITHM_REFUSED"], id="hash algorithm of the link"
    ),
    pytest.param({"previousDigestS3Bucket": "another"}, ["DIGEST_DELETED"], id="previous bucket"),
    pytest.param(
        {"digestSignatureAlgorithm": "MD5withRSA"}, ["ALGORITHM_REFUSED"], id="algorithm in the content"
    ),
]


@pytest.mark.parametrize(("changes", "kinds"), LINKS)
def test_a_link_that_does_not_fit_is_told(changes, kinds):
    trail = six_hours()
    rewrite(trail, trail.digests[-1], by=simulated_key(), **changes)

    assert told(trail.judge()) == kinds


def test_a_replaced_predecessor_is_told_at_the_link_and_its_forgotten_log_file_as_added():
    trail = six_hours()
    logs = json.loads(trail.bucket.content(trail.digests[3]))["logFiles"]
    rewrite(trail, trail.digests[3], by=simulated_key(), logFiles=[logs[0], logs[2]])

    verdict = trail.judge()

    assert told(verdict) == ["LOG_ADDED", "CHAIN_BROKEN"]
    assert verdict.findings[1].key == trail.digests[4]


# Campaigns of several steps.


def test_the_newest_hours_deleted_with_their_log_files_are_one_finding():
    trail = six_hours()
    trail.bucket.drop(*trail.digests[-2:], *trail.logs[-1], *trail.logs[-2])

    (finding,) = trail.judge().findings

    assert finding.what is What.DIGEST_MISSING
    assert (finding.since, finding.until) == (START + 4 * HOUR, START + 6 * HOUR)


def test_two_middle_digests_deleted_with_their_log_files_are_one_finding_over_both_hours():
    trail = six_hours()
    trail.bucket.drop(*trail.digests[2:4], *trail.logs[2], *trail.logs[3])

    (finding,) = trail.judge().findings

    assert (finding.what, finding.key) == (What.DIGEST_DELETED, trail.digests[3])
    assert (finding.since, finding.until) == (START + 2 * HOUR, START + 4 * HOUR)


def test_all_digests_deleted_is_told_though_nothing_is_left_to_judge():
    trail = six_hours()
    trail.bucket.drop(*trail.digests)

    verdict = trail.judge()

    (finding,) = verdict.findings
    assert (finding.what, finding.key) == (What.DIGEST_MISSING, CHAIN.digest_folder)
    assert (verdict.logs_sound, verdict.logs_unverifiable) == (0, 18)


def test_everything_deleted_is_told():
    trail = six_hours()
    trail.bucket.objects.clear()

    assert told(trail.judge()) == ["DIGEST_MISSING"]


def test_a_whole_chain_signed_by_somebody_else_is_believed_nowhere(mallory):
    trail = Trail()
    for hour in range(6):
        trail.hour(START + hour * HOUR, key=mallory)

    verdict = trail.judge()

    assert told(verdict) == ["KEY_UNKNOWN"] * 6
    assert (verdict.digests_sound, verdict.logs_sound, verdict.logs_unverifiable) == (0, 0, 18)
    assert verdict.anchors == ()


def test_a_digest_deleted_behind_one_that_was_spoilt_is_missed_by_the_clock():
    trail = six_hours()
    not_json(trail, trail.digests[3])
    trail.bucket.drop(trail.digests[2])

    verdict = trail.judge()

    assert told(verdict) == ["DIGEST_MISSING", "DIGEST_MALFORMED"]
    assert verdict.findings[0].key == trail.digests[2]
    assert (verdict.findings[0].since, verdict.findings[0].until) == (START + 2 * HOUR, START + 3 * HOUR)
    assert verdict.logs_unverifiable == 6


def test_a_spoilt_digest_cannot_stand_in_for_the_newest_ones():
    trail = six_hours()
    trail.bucket.drop(*trail.digests[3:5])
    not_gzip(trail, trail.digests[5])

    assert told(trail.judge()) == ["DIGEST_MISSING", "DIGEST_MALFORMED"]


def test_a_digest_dated_into_the_future_does_not_hide_that_the_newest_is_gone():
    trail = six_hours()
    trail.bucket.drop(trail.digests[5])
    trail.bucket.put(str(CHAIN.digest_at(START + 60 * HOUR)), b"hello")

    assert "DIGEST_MISSING" in told(trail.judge())


def test_a_forged_digest_does_not_shield_the_log_file_it_names():
    trail = six_hours()
    key = log_key(CHAIN, START + 90 * MINUTE)
    trail.bucket.put(key, trail.bucket.body(trail.logs[0][0]))
    forged = str(CHAIN.digest_at(START + 100 * MINUTE))
    trail.bucket.put(forged, trail.bucket.body(trail.digests[1]), trail.bucket.metadata(trail.digests[1]))
    rewrite(
        trail,
        forged,
        digestS3Object=forged,
        logFiles=[{"s3Bucket": BUCKET, "s3Object": key, "hashValue": "00", "hashAlgorithm": "SHA-256"}],
    )

    kinds = told(trail.judge())

    assert "LOG_ADDED" in kinds
    assert "DIGEST_MODIFIED" in kinds


def test_log_files_swapped_with_each_other_are_both_named():
    trail = six_hours()
    one, two = trail.logs[1][0], trail.logs[4][0]
    trail.bucket.objects[one], trail.bucket.objects[two] = (
        trail.bucket.objects[two],
        trail.bucket.objects[one],
    )

    verdict = trail.judge()

    assert [finding.key for finding in verdict.findings] == [one, two]
    assert told(verdict) == ["LOG_MODIFIED", "LOG_MODIFIED"]


def test_a_log_file_renamed_is_missed_and_found_again():
    trail = six_hours()
    key = trail.logs[2][1]
    trail.bucket.put(log_key(CHAIN, START + 150 * MINUTE, "renamed000000000"), trail.bucket.body(key))
    trail.bucket.drop(key)

    assert sorted(told(trail.judge())) == ["LOG_ADDED", "LOG_DELETED"]


def test_everything_at_once_is_told_in_order_of_time():
    trail = six_hours()
    edited(trail.bucket, trail.logs[0][0])
    trail.bucket.drop(trail.digests[1], trail.logs[3][2], trail.digests[5])
    uploaded_again(trail, trail.digests[4])

    assert told(trail.judge()) == [
        "LOG_MODIFIED",
        "DIGEST_DELETED",
        "LOG_DELETED",
        "DIGEST_UNSIGNED",
        "DIGEST_MISSING",
    ]


LOG_STEPS = [(deed, hour, "log") for deed in (row.values[1] for row in LOG_DEEDS) for hour in range(6)]
DIGEST_STEPS = [
    (row.values[1], hour, "digest") for row in (*CONTENT_LOST, *SIGNATURE_LOST) for hour in (0, 1, 3, 4, 5)
]


@pytest.mark.slow
@given(
    st.lists(
        st.sampled_from([*LOG_STEPS, *DIGEST_STEPS]),
        min_size=1,
        max_size=6,
        unique_by=lambda step: (step[0].__name__, step[1]),
    )
)
def test_no_campaign_of_whatever_steps_makes_an_error_or_passes_as_sound(steps):
    trail = six_hours()
    for deed, hour, kind in steps:
        # A step on what an earlier step deleted or spoilt may have nothing left to do.
        with suppress(KeyError, ValueError, OSError, EOFError):
            if kind == "log":
                deed(trail.bucket, trail.logs[hour][hour % 3])
            else:
                deed(trail, trail.digests[hour])

    verdict = trail.judge()

    assert not verdict.sound
    assert verdict.logs_sound < 18 or verdict.digests_sound < 6
    assert all(finding.sentence for finding in verdict.findings)
