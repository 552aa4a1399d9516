"""Campaigns of several steps, told in a sentence, by somebody without AWS's key, and what must be said."""

import gzip
import json
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from chalicelib.trail.integrity.findings import Weight
from chalicelib.trail.integrity.keys import DigestKey
from scenarios.cloud.cloudtrail.delivery.digests import SigningKey
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
    versions,
    window,
)

NO_LINK = {
    f"previousDigest{part}": None
    for part in ("S3Bucket", "S3Object", "HashValue", "HashAlgorithm", "Signature")
}


@pytest.fixture(scope="module")
def own_key():
    private = rsa.generate_private_key(65537, 2048)
    kind = serialization.PrivateFormat.PKCS8
    pem = private.private_bytes(serialization.Encoding.PEM, kind, serialization.NoEncryption())
    return SigningKey(pem.decode())


def stopped_and_restarted():
    """Logging for three hours, none for two, and for three again."""
    trail = Trail()
    for hour in (0, 1, 2):
        trail.hour(START + hour * HOUR)
    trail.previous = None
    for hour in (5, 6, 7):
        trail.hour(START + hour * HOUR)
    return trail


def judged_after_eight_hours(trail, **changes):
    return trail.judge(window=window(until=START + 8 * HOUR), **changes)


def places(verdict):
    return [(finding.what.name, finding.key) for finding in verdict.findings]


def test_stop_logging_delete_the_two_newest_digests_and_restart_hides_behind_the_gap_but_not_its_log_files():
    trail = stopped_and_restarted()
    trail.bucket.drop(*trail.digests[1:3])

    verdict = judged_after_eight_hours(trail)

    assert told(verdict) == ["GAP", "UNDIGESTED"]
    assert (verdict.findings[0].since, verdict.findings[0].until) == (START + HOUR, START + 5 * HOUR)
    assert verdict.logs_unverifiable == 6


def test_stop_logging_delete_the_newest_digest_and_restart_is_told_by_the_versions_it_left():
    trail = stopped_and_restarted()
    key = trail.digests[2]
    trail.bucket.drop(key)

    left = versions(key, START + 3 * HOUR, START + 4 * HOUR, deleted=True)

    verdict = judged_after_eight_hours(trail, listing=[*trail.evidence()["listing"], *left])

    assert ("DIGEST_DELETED", key) in places(verdict)
    assert verdict.weight is Weight.BROKEN


def test_stop_logging_delete_the_newest_digest_and_restart_is_told_by_who_remembers_it():
    before = six_hours()
    anchors = before.judge().anchors
    trail = Trail(bucket=before.bucket)
    trail.hour(START + 8 * HOUR).hour(START + 9 * HOUR)
    trail.bucket.drop(before.digests[5])

    verdict = trail.judge(anchors=anchors, window=window(until=START + 10 * HOUR))

    assert ("DIGEST_DELETED", before.digests[5]) in places(verdict)
    assert verdict.weight is Weight.BROKEN


@pytest.mark.slow
def test_the_whole_chain_replaced_by_a_self_signed_one_is_believed_nowhere(own_key):
    trail = six_hours()
    forged = Trail(bucket=trail.bucket)
    for hour in range(6):
        forged.hour(START + hour * HOUR, key=own_key)

    verdict = trail.judge()

    assert set(told(verdict)) == {"KEY_UNKNOWN"}
    assert (verdict.digests_sound, verdict.logs_sound, verdict.anchors) == (0, 0, ())


def test_a_log_and_its_digest_deleted_and_an_older_digest_planted_in_its_place_is_a_moved_one():
    trail = six_hours()
    key, older = trail.digests[3], trail.digests[1]
    trail.bucket.drop(trail.logs[3][1])
    trail.bucket.objects[key] = trail.bucket.objects[older]

    verdict = trail.judge()

    assert places(verdict) == [("DIGEST_MOVED", key)]
    assert verdict.logs_unverifiable == 2


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"region": "us-east-1"}, id="region"),
        pytest.param({"account": "444455556666"}, id="account"),
        pytest.param({"trail": "other"}, id="trail"),
    ],
)
def test_the_valid_chain_of_another_copied_over_ours_is_moved_in_every_hour(change):
    ours, theirs = six_hours(), Trail(replace(CHAIN, **change))
    for hour in range(6):
        theirs.hour(START + hour * HOUR)
    for our_key, their_key in zip(ours.digests, theirs.digests, strict=True):
        ours.bucket.objects[our_key] = theirs.bucket.objects[their_key]

    verdict = ours.judge()

    assert places(verdict) == [("DIGEST_MOVED", key) for key in ours.digests]
    assert verdict.logs_sound == 0


def test_yesterdays_signed_digest_replayed_as_todays_newest_is_moved():
    trail = six_hours()
    yesterday = Trail()
    yesterday.hour(START - 24 * HOUR)
    trail.bucket.objects[trail.digests[5]] = yesterday.bucket.objects[yesterday.digests[0]]

    verdict = trail.judge()

    assert places(verdict) == [("DIGEST_MOVED", trail.digests[5])]
    assert verdict.logs_sound == 15


def test_an_hour_deleted_and_the_next_digest_dressed_as_a_starting_one_is_no_gap(own_key):
    trail = six_hours()
    trail.bucket.drop(trail.digests[2], *trail.logs[2])
    rewrite(trail, trail.digests[3], by=own_key, **NO_LINK, digestPublicKeyFingerprint=own_key.fingerprint)

    verdict = trail.judge()

    assert places(verdict) == [("DIGEST_MISSING", trail.digests[2]), ("KEY_UNKNOWN", trail.digests[3])]


def test_everything_before_a_starting_digest_deleted_is_no_finding_unless_an_earlier_run_remembers_it():
    trail = stopped_and_restarted()
    seen = Trail()
    for hour in (0, 1, 2):
        seen.hour(START + hour * HOUR)
    anchors = seen.judge().anchors
    trail.bucket.drop(*trail.digests[:3], *(key for keys in trail.logs[:3] for key in keys))

    forgetful = judged_after_eight_hours(trail)
    remembering = judged_after_eight_hours(trail, anchors=anchors)

    assert told(forgetful) == []
    assert told(remembering) == ["DIGEST_DELETED", "GAP"]


def test_the_first_digests_deleted_so_that_a_later_one_looks_like_the_first_are_named_by_it():
    trail = six_hours()
    trail.bucket.drop(*trail.digests[:3], *(key for keys in trail.logs[:3] for key in keys))

    verdict = trail.judge()

    assert places(verdict) == [("DIGEST_DELETED", trail.digests[2])]
    assert verdict.weight is Weight.BROKEN


def test_a_backfill_digest_forged_to_name_a_planted_log_file_shields_it_from_nobody(own_key):
    trail = six_hours()
    planted = log_key(CHAIN, START + 90 * MINUTE, "planted000000000")
    backfill = Trail(replace(CHAIN, backfill=True), trail.bucket)
    backfill.hour(START + HOUR, key=own_key)
    forged = backfill.digests[0]
    named = json.loads(trail.bucket.content(forged))["logFiles"]
    trail.bucket.put(planted, gzip.compress(b"{}"))
    rewrite(trail, forged, by=own_key, logFiles=[named[0] | {"s3Object": planted}])

    verdict = trail.judge()

    assert ("KEY_UNKNOWN", forged) in places(verdict)
    assert verdict.weight is Weight.BROKEN
    assert verdict.logs_sound == 18


def test_a_log_file_planted_and_named_by_a_digest_forged_over_the_hours_own_is_unverifiable(own_key):
    trail = six_hours()
    planted = log_key(CHAIN, START + 150 * MINUTE, "planted000000000")
    trail.bucket.put(planted, gzip.compress(b"{}"))
    entries = json.loads(trail.bucket.content(trail.digests[2]))["logFiles"]
    rewrite(
        trail,
        trail.digests[2],
        by=own_key,
        digestPublicKeyFingerprint=own_key.fingerprint,
        logFiles=[*entries, entries[0] | {"s3Bucket": BUCKET, "s3Object": planted}],
    )

    verdict = trail.judge()

    assert places(verdict) == [("KEY_UNKNOWN", trail.digests[2])]
    assert (verdict.logs_sound, verdict.logs_unverifiable) == (15, 4)


def test_each_hours_digest_deleted_before_the_next_one_comes_is_missed_by_each_run():
    trail, anchors, missed = Trail(), (), []
    for hour in range(6):
        trail.hour(START + hour * HOUR)
        if hour > 1:
            trail.bucket.drop(trail.digests[-1], *trail.logs[-1])
        now = START + (hour + 3) * HOUR
        verdict = trail.judge(anchors=anchors, window=window(until=START + (hour + 1) * HOUR, now=now))
        anchors = verdict.anchors
        missed.append(told(verdict))

    assert missed == [[], [], *[["DIGEST_MISSING"]] * 4]
    assert DigestKey.parse(anchors[0].key).ends_at == START + 2 * HOUR
