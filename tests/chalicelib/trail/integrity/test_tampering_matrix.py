"""Tamperings made from object x deed x position by somebody who may write and delete in the bucket.

What the verdict must say follows from three rules, none of which asks the code:

1. An object that a believed digest names is reported by what was done to it.
2. A digest's content is believed for its signature, or for its successor's record of it. Only the newest one
   and the last before a gap have no successor.
3. A starting digest excuses the gap before it only while it is believed.
"""

import gzip
import json
from itertools import product

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from chalicelib.trail.integrity.findings import Weight
from scenarios.cloud.cloudtrail.delivery.digests import SigningKey
from tests.chalicelib.trail.integrity.trail_in_a_bucket import (
    BUCKET,
    CHAIN,
    HOUR,
    START,
    Trail,
    log_key,
    rewrite,
    told,
    window,
)

HOURS = (0, 1, 2, 5, 6, 7)
"""Logging was off, by AWS's own word, for the two hours between."""

POSITIONS = {"first": 0, "middle": 1, "last before a gap": 2, "first after a restart": 3, "newest": 5}
UNNAMED = ("last before a gap", "newest")


def a_trail_with_a_gap():
    trail = Trail()
    for hour in HOURS:
        if hour == 5:
            trail.previous = None
        trail.hour(START + hour * HOUR)
    return trail


def judge(trail):
    return trail.judge(window=window(until=START + 8 * HOUR))


@pytest.fixture(scope="module")
def own_key():
    private = rsa.generate_private_key(65537, 2048)
    kind = serialization.PrivateFormat.PKCS8
    pem = private.private_bytes(serialization.Encoding.PEM, kind, serialization.NoEncryption())
    return SigningKey(pem.decode())


# What can be done to any object: (bucket, key, another object of the kind).


def delete(bucket, key, other):
    bucket.drop(key)


def edit(bucket, key, other):
    bucket.put(key, gzip.compress(bucket.content(key) + b" "), bucket.metadata(key))


def append(bucket, key, other):
    bucket.put(key, bucket.body(key) + b"more", bucket.metadata(key))


def append_member(bucket, key, other):
    bucket.put(key, bucket.body(key) + gzip.compress(b"{}"), bucket.metadata(key))


def truncate(bucket, key, other):
    bucket.put(key, bucket.body(key)[:-5], bucket.metadata(key))


def empty(bucket, key, other):
    bucket.put(key, b"", bucket.metadata(key))


def replace_by_another(bucket, key, other):
    bucket.objects[key] = bucket.objects[other]


def swap(bucket, key, other):
    bucket.objects[key], bucket.objects[other] = bucket.objects[other], bucket.objects[key]


def move(bucket, key, other):
    copy(bucket, key, other)
    bucket.drop(key)


def copy(bucket, key, other):
    """Beside the original: a log file under another name, a digest in another folder."""
    elsewhere = f"elsewhere/{key}" if "CloudTrail-Digest" in key else key.replace(".json", "0.json")
    bucket.objects[elsewhere] = bucket.objects[key]


def recompress(bucket, key, other):
    bucket.put(key, gzip.compress(bucket.content(key), 1, mtime=1), bucket.metadata(key))


def upload_again(bucket, key, other):
    bucket.put(key, bucket.body(key))


def name_another_algorithm(bucket, key, other):
    bucket.put(key, bucket.body(key), {**bucket.metadata(key), "signature-algorithm": "SHA1withRSA"})


def take_anothers_signature(bucket, key, other):
    bucket.put(
        key, bucket.body(key), {**bucket.metadata(key), "signature": bucket.metadata(other)["signature"]}
    )


LOG_RULES = {
    delete: ["LOG_DELETED"],
    edit: ["LOG_MODIFIED"],
    append: ["LOG_MALFORMED"],
    append_member: ["LOG_MALFORMED"],
    truncate: ["LOG_MALFORMED"],
    empty: ["LOG_MALFORMED"],
    replace_by_another: ["LOG_MODIFIED"],
    swap: ["LOG_MODIFIED", "LOG_MODIFIED"],
    move: ["LOG_ADDED", "LOG_DELETED"],
    copy: ["LOG_ADDED"],
    recompress: [],
}
CONTENT_RULES = {
    edit: "DIGEST_MODIFIED",
    append: "DIGEST_MALFORMED",
    append_member: "DIGEST_MALFORMED",
    truncate: "DIGEST_MALFORMED",
    empty: "DIGEST_MALFORMED",
    replace_by_another: "DIGEST_MOVED",
}
METADATA_RULES = {
    upload_again: "DIGEST_UNSIGNED",
    name_another_algorithm: "ALGORITHM_REFUSED",
    take_anothers_signature: "DIGEST_MODIFIED",
}
FIELD_RULES = {
    "edit a link": {"previousDigestHashValue": "0" * 64},
    "null a link": {
        f"previousDigest{part}": None
        for part in ("S3Bucket", "S3Object", "HashValue", "HashAlgorithm", "Signature")
    },
    "edit the list": {"logFiles": []},
    "another algorithm": {"digestSignatureAlgorithm": "SHA1withRSA"},
    "another hour": {"digestStartTime": "2024-02-28T00:00:00Z"},
}


def rows(deeds):
    """Each deed at each position, by name."""
    return [
        pytest.param(deed, position, id=f"{getattr(deed, '__name__', deed)}, {position}".replace("_", " "))
        for deed, position in product(deeds, POSITIONS)
    ]


def with_gap(kinds, position, *, believed=False):
    """The third rule."""
    excused = position != "first after a restart" or believed
    return sorted([*kinds, "GAP" if excused else "DIGEST_MISSING"])


def hold(trail, before, expected):
    assert trail.bucket.objects != before, "the deed did nothing"
    verdict = judge(trail)
    assert sorted(told(verdict)) == sorted(expected)
    notices = {"GAP", "UNDIGESTED"}
    assert verdict.weight is (Weight.NOTICE if set(expected) <= notices else Weight.BROKEN)
    return verdict


def test_the_untouched_trail_is_sound_and_tells_its_gap():
    verdict = judge(a_trail_with_a_gap())

    assert (told(verdict), verdict.weight) == (["GAP"], Weight.NOTICE)
    assert (verdict.digests_sound, verdict.logs_sound) == (6, 18)


@pytest.mark.parametrize(("deed", "position"), rows(LOG_RULES))
def test_what_is_done_to_a_log_file_is_told_at_every_position(deed, position):
    trail, at = a_trail_with_a_gap(), POSITIONS[position]
    before = dict(trail.bucket.objects)

    deed(trail.bucket, trail.logs[at][1], trail.logs[4][1])

    verdict = hold(trail, before, [*LOG_RULES[deed], "GAP"])
    keys = {finding.key for finding in verdict.findings if finding.what.name != "LOG_ADDED"}
    assert LOG_RULES[deed] in ([], ["LOG_ADDED"]) or trail.logs[at][1] in keys


@pytest.mark.parametrize(("deed", "position"), rows(CONTENT_RULES))
def test_a_digest_whose_content_is_lost_is_told_at_every_position(deed, position):
    trail, at = a_trail_with_a_gap(), POSITIONS[position]
    before = dict(trail.bucket.objects)

    deed(trail.bucket, trail.digests[at], trail.digests[4])

    verdict = hold(trail, before, with_gap([CONTENT_RULES[deed]], position))
    assert trail.digests[at] in {finding.key for finding in verdict.findings}
    assert verdict.logs_unverifiable == 3


@pytest.mark.parametrize(("deed", "position"), rows(METADATA_RULES))
def test_a_digest_whose_signature_is_lost_is_told_at_every_position(deed, position):
    trail, at = a_trail_with_a_gap(), POSITIONS[position]
    before = dict(trail.bucket.objects)

    deed(trail.bucket, trail.digests[at], trail.digests[4])

    verdict = hold(trail, before, with_gap([METADATA_RULES[deed]], position, believed=True))
    assert verdict.logs_unverifiable == (3 if position in UNNAMED else 0)


@pytest.mark.parametrize(("change", "position"), rows(FIELD_RULES))
@pytest.mark.parametrize("signed", [False, True], ids=["unsigned", "signed with a key of one's own"])
def test_a_field_of_a_digest_that_is_changed_is_told_at_every_position(change, position, signed, own_key):
    trail, at = a_trail_with_a_gap(), POSITIONS[position]
    before = dict(trail.bucket.objects)

    fields = FIELD_RULES[change] | ({"digestPublicKeyFingerprint": own_key.fingerprint} if signed else {})
    rewrite(trail, trail.digests[at], by=own_key if signed else None, **fields)

    broken = "KEY_UNKNOWN" if signed else "DIGEST_MODIFIED"
    if change == "edit a link" and at in (0, 3):
        broken = "DIGEST_MALFORMED"  # a starting digest links to nothing: half a link is none of AWS's
    elif change == "another algorithm":
        broken = "ALGORITHM_REFUSED"
    hold(trail, before, with_gap([broken], position))


DELETED = {
    "first": ["DIGEST_DELETED", "GAP"],
    "middle": ["DIGEST_DELETED", "GAP"],
    "last before a gap": ["GAP", "UNDIGESTED"],  # no digest names it: only versions or StopLogging tell
    "first after a restart": ["DIGEST_DELETED"],
    "newest": ["DIGEST_MISSING", "GAP"],
}


@pytest.mark.parametrize("position", POSITIONS)
@pytest.mark.parametrize("moved", [False, True], ids=["deleted", "moved"])
def test_a_digest_taken_away_is_missed_where_anything_names_it(position, moved):
    trail, at = a_trail_with_a_gap(), POSITIONS[position]
    before = dict(trail.bucket.objects)

    (move if moved else delete)(trail.bucket, trail.digests[at], None)

    hold(trail, before, [*DELETED[position], *(["DIGEST_MOVED"] if moved else [])])


@pytest.mark.parametrize("position", POSITIONS)
@pytest.mark.parametrize(
    ("deed", "kinds"), [(copy, ["DIGEST_MOVED"]), (recompress, [])], ids=["copy", "pack"]
)
def test_a_digest_that_stays_is_believed_whatever_lies_beside_it(position, deed, kinds):
    trail = a_trail_with_a_gap()
    before = dict(trail.bucket.objects)

    deed(trail.bucket, trail.digests[POSITIONS[position]], None)

    assert hold(trail, before, [*kinds, "GAP"]).logs_sound == 18


FOLDERS = {
    "digests": (lambda key: "CloudTrail-Digest" in key, {delete: ["DIGEST_MISSING"], recompress: ["GAP"]}),
    "log files": (
        lambda key: "CloudTrail-Digest" not in key,
        {
            delete: ["LOG_DELETED"] * 18 + ["GAP"],
            truncate: ["LOG_MALFORMED"] * 18 + ["GAP"],
            recompress: ["GAP"],
        },
    ),
    "everything": (lambda key: True, {delete: ["DIGEST_MISSING"], recompress: ["GAP"]}),
}


@pytest.mark.parametrize(
    ("folder", "deed"),
    [
        pytest.param(name, deed, id=f"{deed.__name__} {name}")
        for name, (_, deeds) in FOLDERS.items()
        for deed in deeds
    ],
)
def test_what_is_done_to_a_whole_folder_is_told(folder, deed):
    trail, (chosen, deeds) = a_trail_with_a_gap(), FOLDERS[folder]
    before = dict(trail.bucket.objects)

    for key in filter(chosen, before):
        deed(trail.bucket, key, None)

    hold(trail, before, deeds[deed])


@pytest.mark.parametrize("position", POSITIONS)
def test_a_log_file_planted_is_told_though_a_forged_digest_names_it(position, own_key):
    trail, at = a_trail_with_a_gap(), POSITIONS[position]
    before = dict(trail.bucket.objects)
    moment = START + (HOURS[at] + 0.4) * HOUR
    planted, forged = log_key(CHAIN, moment, "planted000000000"), str(CHAIN.digest_at(moment))
    trail.bucket.put(planted, gzip.compress(b"{}"))
    trail.bucket.objects[forged] = trail.bucket.objects[trail.digests[at]]
    entry = json.loads(trail.bucket.content(forged))["logFiles"][0] | {
        "s3Bucket": BUCKET,
        "s3Object": planted,
    }
    rewrite(
        trail,
        forged,
        by=own_key,
        digestS3Object=forged,
        logFiles=[entry],
        digestPublicKeyFingerprint=own_key.fingerprint,
    )

    verdict = judge(trail)

    assert trail.bucket.objects != before
    assert ("LOG_ADDED", planted) in {(finding.what.name, finding.key) for finding in verdict.findings}
    assert ("KEY_UNKNOWN", forged) in {(finding.what.name, finding.key) for finding in verdict.findings}
    assert verdict.weight is Weight.BROKEN
