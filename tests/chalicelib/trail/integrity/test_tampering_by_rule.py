"""Tamperings whose whole verdict `tampering_rules` works out: kinds, objects, weight, sound log files.

What `test_tampering_matrix` leaves: other chains' valid digests, archives, backfill, keys, versions, what can
be deleted unseen. Nobody here holds a key of AWS's.
"""

import gzip
import json

import pytest

from scenarios.cloud.cloudtrail.delivery.digests import simulated_key
from tests.chalicelib.trail.integrity import tampering_deeds as deeds
from tests.chalicelib.trail.integrity.tampering_rules import GONE, Lost, assert_told, expected
from tests.chalicelib.trail.integrity.trail_in_a_bucket import (
    BUCKET,
    CHAIN,
    HOUR,
    MINUTE,
    START,
    log_key,
    told,
)
from tests.chalicelib.trail.integrity.two_runs import (
    END,
    LOGS,
    OTHERS,
    POSITIONS,
    RESTART,
    abroad,
    at_every_position,
    tampered,
    two_runs,
)

PARTNER = 3
"""A place in the chain that no position takes: what is swapped or copied comes from there."""


def test_the_trail_that_is_tampered_with_is_sound_and_its_gap_a_notice():
    trail = two_runs()

    verdict = trail.judge()

    assert_told(verdict, expected(trail))
    assert told(verdict) == ["GAP"]
    assert (verdict.digests_sound, verdict.logs_sound, verdict.logs_unverifiable) == (10, LOGS, 0)


# Log files.


LOG_DEEDS = [
    ("log without its records", deeds.with_content(lambda text: b'{"Records":[]}'), "LOG_MODIFIED"),
    ("log with a blank after it", deeds.with_content(lambda text: text + b"\n"), "LOG_MODIFIED"),
    ("log with Records twice", deeds.with_content(lambda text: b'{"Records":[],' + text[1:]), "LOG_MODIFIED"),
    ("log spelled otherwise", deeds.with_content(lambda text: text.replace(b": ", b":")), "LOG_MODIFIED"),
    ("log not packed", deeds.with_body(gzip.decompress), "LOG_MALFORMED"),
    ("log with a wrong checksum", deeds.with_body(lambda body: body[:-8] + bytes(8)), "LOG_MALFORMED"),
    ("log put into an archive", deeds.archive, "LOG_UNREADABLE"),
]


@pytest.mark.parametrize(("n", "deed", "kind"), at_every_position(LOG_DEEDS))
def test_a_log_file_tampered_with_is_told_by_its_name(n, deed, kind):
    key = two_runs().logs[n][1]
    trail = tampered(deed, key)

    assert_told(trail.judge(), expected(trail, logs={key: kind}))


NEW_PLACES = [
    ("under a name that is none", lambda key: CHAIN.log_folder + "2024/02/29/copy.json.gz", "LOG_ADDED"),
    ("in the future", lambda key: log_key(CHAIN, END + 30 * HOUR), "LOG_ADDED"),
    ("named for another account", lambda key: key.replace("_CloudTrail_", "0_CloudTrail_"), "LOG_ADDED"),
    ("named for another region", lambda key: key.replace("_eu-west-1_", "_us-east-1_"), "LOG_ADDED"),
    ("in another day's folder", lambda key: key.replace("/02/2", "/03/2"), "LOG_ADDED"),
    ("among another region's", lambda key: key.replace("eu-west-1", "us-east-1"), None),
    ("out of the trail", lambda key: f"elsewhere/{key}", None),
]


@pytest.mark.parametrize(("n", "name", "kind"), at_every_position(NEW_PLACES))
@pytest.mark.parametrize("moved", [False, True], ids=["copied", "moved"])
def test_a_log_file_elsewhere_is_told_there_and_missed_here(n, name, kind, moved):
    key = two_runs().logs[n][1]
    trail = tampered((deeds.move_to if moved else deeds.copy_to)(name), key)

    beside = {(kind, name(key))} if kind else ()
    assert_told(trail.judge(), expected(trail, logs={key: "LOG_DELETED"} if moved else None, beside=beside))


PLANTED = [
    *(
        (position, START + 30 * MINUTE + (n + 2 * (n >= RESTART)) * HOUR, "LOG_ADDED")
        for position, n in POSITIONS.items()
    ),
    ("in the gap", START + 6 * HOUR, "UNDIGESTED"),
    ("in the future", END + 30 * HOUR, "LOG_ADDED"),
    ("before the time judged", START - HOUR, None),
]


@pytest.mark.parametrize(("moment", "kind"), [pytest.param(*row, id=name) for name, *row in PLANTED])
def test_a_log_file_planted_is_told_where_a_digest_should_name_it(moment, kind):
    key = log_key(CHAIN, moment)
    trail = tampered(lambda trail: trail.bucket.put(key, gzip.compress(b'{"Records":[]}')))

    subject = {"LOG_ADDED": key, "UNDIGESTED": trail.digests[RESTART]}
    assert_told(trail.judge(), expected(trail, beside={(kind, subject[kind])} if kind else ()))


# Digests.


def other_digest(trail, key):
    return trail.digests[PARTNER]


def digest_before(trail, key):
    at = trail.digests.index(key)
    return trail.digests[at - 1 if at else PARTNER]


def replay(name):
    """A deed that puts the digest of the same hour of another chain there."""

    def deed(trail, key):
        other = abroad(OTHERS[name])
        source = other.digests[trail.digests.index(key)]
        trail.bucket.put(key, other.bucket.body(source), other.bucket.metadata(source))

    return deed


A_LINK = {
    "previousDigestS3Bucket": BUCKET,
    "previousDigestS3Object": str(CHAIN.digest_at(START)),
    "previousDigestHashValue": "0" * 64,
    "previousDigestHashAlgorithm": "SHA-256",
    "previousDigestSignature": "00" * 256,
}
CONTENT, SIGNATURE, BYTES = Lost.CONTENT, Lost.SIGNATURE, Lost.BYTES

DIGEST_DEEDS = [
    ("digest deleted", deeds.delete, *GONE),
    ("digest put into an archive", deeds.archive, BYTES, "DIGEST_UNREADABLE"),
    # The signature.
    ("signature taken away", deeds.with_metadata(signature=...), SIGNATURE, "DIGEST_UNSIGNED"),
    (
        "signature's algorithm taken away",
        deeds.with_metadata(signature_algorithm=...),
        SIGNATURE,
        "DIGEST_UNSIGNED",
    ),
    ("signature over SHA-1", deeds.sign_weakly(deeds.SHA1), SIGNATURE, "DIGEST_MODIFIED"),
    ("signature over MD5", deeds.sign_weakly(deeds.MD5), SIGNATURE, "DIGEST_MODIFIED"),
    ("signature cut", deeds.with_metadata(signature=lambda text: text[:-2]), SIGNATURE, "DIGEST_MODIFIED"),
    ("signature not hex", deeds.with_metadata(signature="trust me"), SIGNATURE, "DIGEST_MODIFIED"),
    (
        "signature backwards",
        deeds.with_metadata(signature=lambda text: text[::-1]),
        SIGNATURE,
        "DIGEST_MODIFIED",
    ),
    (
        "signature by a key of one's own",
        deeds.with_metadata(signature=lambda _: deeds.mallory().sign("")),
        SIGNATURE,
        "DIGEST_MODIFIED",
    ),
    # The content.
    ("a log file forgotten", deeds.with_fields(logFiles=lambda found: found[1:]), CONTENT, "DIGEST_MODIFIED"),
    (
        "hashes of log files edited",
        deeds.with_fields(logFiles=lambda found: [{**each, "hashValue": "0" * 64} for each in found]),
        CONTENT,
        "DIGEST_MODIFIED",
    ),
    (
        "hash algorithm of log files edited",
        deeds.with_fields(logFiles=lambda found: [{**each, "hashAlgorithm": "MD5"} for each in found]),
        CONTENT,
        "DIGEST_MODIFIED",
    ),
    ("its link edited", deeds.with_fields(**A_LINK), CONTENT, "DIGEST_MODIFIED"),
    (
        "its link nulled, to look like a first digest",
        deeds.with_fields(**deeds.NULL_LINK),
        CONTENT,
        "DIGEST_MODIFIED",
    ),
    ("its account edited", deeds.with_fields(awsAccountId="444455556666"), CONTENT, "DIGEST_MODIFIED"),
    (
        "its time moved into the future",
        deeds.with_fields(digestStartTime=deeds.later(9000), digestEndTime=deeds.later(9000)),
        CONTENT,
        "DIGEST_MODIFIED",
    ),
    (
        "its time moved into the past",
        deeds.with_fields(digestStartTime=deeds.later(-9000), digestEndTime=deeds.later(-9000)),
        CONTENT,
        "DIGEST_MODIFIED",
    ),
    (
        "its hour stretched over the ones before",
        deeds.with_fields(digestStartTime=deeds.later(-9000)),
        CONTENT,
        "DIGEST_MODIFIED",
    ),
    (
        "logFiles twice",
        deeds.with_content(lambda text: b'{"logFiles":[],' + text[1:]),
        CONTENT,
        "DIGEST_MODIFIED",
    ),
    (
        "spelled otherwise",
        deeds.with_content(lambda text: json.dumps(json.loads(text)).encode()),
        CONTENT,
        "DIGEST_MODIFIED",
    ),
    (
        "its fingerprint edited",
        deeds.with_fields(digestPublicKeyFingerprint="0" * 32),
        CONTENT,
        "KEY_UNKNOWN",
    ),
    ("signed with a key of one's own", deeds.signed_by(deeds.mallory, deeds.mallory), CONTENT, "KEY_UNKNOWN"),
    (
        "signed with a key of one's own in AWS's name",
        deeds.signed_by(deeds.mallory, simulated_key),
        CONTENT,
        "DIGEST_MODIFIED",
    ),
    (
        "its link nulled and signed in AWS's name",
        deeds.signed_by(deeds.mallory, simulated_key, **deeds.NULL_LINK),
        CONTENT,
        "DIGEST_MODIFIED",
    ),
    ("another bucket recorded", deeds.with_fields(digestS3Bucket="another"), CONTENT, "DIGEST_MOVED"),
    ("a field taken away", deeds.with_fields(digestStartTime=...), CONTENT, "DIGEST_MALFORMED"),
    ("half a link", deeds.with_fields(previousDigestHashValue=7), CONTENT, "DIGEST_MALFORMED"),
    ("not JSON", deeds.with_content(lambda text: text[:-1]), CONTENT, "DIGEST_MALFORMED"),
    ("digest not packed", deeds.with_body(gzip.decompress), CONTENT, "DIGEST_MALFORMED"),
    # Digests that CloudTrail did sign, for another place.
    ("the digest before it put there", deeds.replace_by(digest_before), CONTENT, "DIGEST_MOVED"),
    *((f"the digest of {name} put there", replay(name), CONTENT, "DIGEST_MOVED") for name in OTHERS),
]


@pytest.mark.parametrize(("n", "deed", "lost", "kind"), at_every_position(DIGEST_DEEDS))
def test_a_digest_tampered_with_is_told_and_vouches_for_no_more_than_its_successor_does(n, deed, lost, kind):
    key = two_runs().digests[n]
    trail = tampered(deed, key)

    assert_told(trail.judge(), expected(trail, {n: (lost, kind)}))


@pytest.mark.parametrize("n", POSITIONS.values(), ids=POSITIONS)
def test_a_digest_deleted_with_its_log_files_is_told_as_if_they_were_there(n):
    key, logs = two_runs().digests[n], two_runs().logs[n]
    trail = tampered(lambda trail: trail.bucket.drop(key, *logs))

    assert_told(trail.judge(), expected(trail, {n: GONE}, logs=dict.fromkeys(logs, "")))


@pytest.mark.parametrize("n", POSITIONS.values(), ids=POSITIONS)
def test_digests_swapped_are_both_told(n):
    trail = tampered(deeds.swap_with(other_digest), two_runs().digests[n])

    assert_told(trail.judge(), expected(trail, dict.fromkeys((n, PARTNER), (CONTENT, "DIGEST_MOVED"))))


DIGEST_PLACES = [  # each with whether the log files of its own folder may then be its
    ("elsewhere", lambda key: f"elsewhere/{key}", False),
    ("under a name that is none", lambda key: f"{CHAIN.digest_folder}copy of one.json.gz", False),
    ("under another region's name", lambda key: key.replace("/eu-west-1/", "/us-east-1/"), False),
    ("under another trail's name", lambda key: key.replace("_main_", "_other_"), True),
    ("dressed up as a backfill digest", lambda key: key.replace("Z.json", "Z_backfill.json"), True),
]


@pytest.mark.parametrize(("n", "name", "shares"), at_every_position(DIGEST_PLACES))
@pytest.mark.parametrize("moved", [False, True], ids=["copied", "moved"])
def test_a_digest_elsewhere_is_told_there_and_missed_here(n, name, shares, moved):
    key = two_runs().digests[n]
    trail = tampered((deeds.move_to if moved else deeds.copy_to)(name), key)

    # A backfill digest has one entry of metadata more, without which it is none.
    kind = "DIGEST_MALFORMED" if name(key).endswith("_backfill.json.gz") else "DIGEST_MOVED"
    deeds_done, beside = {n: GONE} if moved else {}, {(kind, name(key))}
    assert_told(trail.judge(), expected(trail, deeds_done, beside=beside, dark={n} if shares else ()))


# Backfill digests: a chain of their own, without cadence.

LATE_DEEDS = [(name, *row) for name, *row in DIGEST_DEEDS if not name.startswith("the digest ")]
BACKFILL_ROWS = [
    pytest.param(n, *row, id=f"{name}, {position} backfill digest")
    for name, *row in (
        *LATE_DEEDS,
        (
            "generation time taken away",
            deeds.with_metadata(backfill_generation_timestamp=...),
            CONTENT,
            "DIGEST_MALFORMED",
        ),
        (
            "put again without metadata",
            lambda trail, key: trail.bucket.put(key, trail.bucket.body(key)),
            CONTENT,
            "DIGEST_MALFORMED",
        ),
    )
    for n, position in enumerate(("the first", "the newest"))
]


@pytest.mark.parametrize(("n", "deed", "lost", "kind"), BACKFILL_ROWS)
def test_a_backfill_digest_tampered_with_is_told(n, deed, lost, kind):
    key = two_runs().late_digests[n]
    trail = tampered(deed, key)

    assert_told(trail.judge(), expected(trail, late={n: (lost, kind)}))


@pytest.mark.parametrize(("deed", "kind"), [pytest.param(*row, id=name) for name, *row in LOG_DEEDS])
def test_a_log_file_that_a_backfill_digest_names_is_told_like_any_other(deed, kind):
    key = two_runs().late_logs[0]
    trail = tampered(deed, key)

    assert_told(trail.judge(), expected(trail, logs={key: kind}))
