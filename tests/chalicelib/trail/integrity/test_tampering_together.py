"""Keys, versions, whole folders, what passes unseen, and any combination of losses, by `tampering_rules`."""

import gzip
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.trail.integrity.digest import parse_digest
from chalicelib.trail.integrity.findings import Weight
from chalicelib.trail.integrity.public_keys import KeyRing
from scenarios.cloud.cloudtrail.delivery.digests import simulated_key
from tests.chalicelib.trail.integrity import tampering_deeds as deeds
from tests.chalicelib.trail.integrity.tampering_rules import NOTICES, Lost, assert_told, expected
from tests.chalicelib.trail.integrity.trail_in_a_bucket import (
    CHAIN,
    HOUR,
    MINUTE,
    RING,
    START,
    log_key,
    told,
    versions,
)
from tests.chalicelib.trail.integrity.two_runs import (
    BEFORE_GAP,
    END,
    LOGS,
    NEWEST,
    OTHERS,
    WINDOW,
    abroad,
    at_every_position,
    deliver,
    tampered,
    two_runs,
)

# Public keys. Nobody in the bucket can change ListPublicKeys' answer; a file of keys is another matter.


def entry(key=None, **changes):
    key = key or simulated_key()
    return {"Value": key.value, "Fingerprint": key.fingerprint, **changes}


OWN_KINDS = {
    "no key at all": ([], Lost.KEY, "KEYS_UNAVAILABLE"),
    "a key that can't be loaded": ([entry(Value=b"no key")], Lost.KEY, "KEYS_UNAVAILABLE"),
    "only somebody else's key": ([entry(deeds.mallory())], Lost.CONTENT, "KEY_UNKNOWN"),
    "somebody else's key in AWS's name": (
        [entry(deeds.mallory(), Fingerprint=simulated_key().fingerprint)],
        Lost.CONTENT,
        "DIGEST_MODIFIED",
    ),
}


@pytest.mark.parametrize(
    ("keys", "lost", "kind"), [pytest.param(*row, id=name) for name, row in OWN_KINDS.items()]
)
def test_without_the_right_keys_nothing_is_believed(keys, lost, kind):
    trail, row = two_runs(), (lost, kind)

    verdict = trail.judge(keys=KeyRing.of(keys))

    expectation = expected(trail, dict.fromkeys(range(8), row), late=dict.fromkeys(range(2), row))
    if kind == "KEYS_UNAVAILABLE":  # told once, of the oldest digest
        expectation = replace(expectation, told=frozenset({(kind, trail.digests[0])}))
    assert_told(verdict, expectation)


# The listing and its versions.

DELIVERED, LATELY = START + HOUR, END - HOUR
HISTORIES = [
    ("overwritten", lambda key: versions(key, DELIVERED, LATELY), "OVERWRITTEN"),
    ("hidden by a delete marker", lambda key: versions(key, DELIVERED, LATELY, deleted=True), "DELETED"),
    ("deleted and put back", lambda key: versions(key, DELIVERED, LATELY, END, put_back=True), "OVERWRITTEN"),
]


@pytest.mark.parametrize(("n", "history", "kind"), at_every_position(HISTORIES))
@pytest.mark.parametrize("of", ["LOG", "DIGEST"])
def test_a_version_too_many_is_told_though_the_content_is_as_it_was(n, history, kind, of):
    trail = two_runs()
    key = trail.logs[n][1] if of == "LOG" else trail.digests[n]

    verdict = trail.judge(listing=history(key))

    assert_told(verdict, expected(trail, beside={(f"{of}_{kind}", key)}))


# The whole folder.


def put_all_again(trail):
    for key in list(trail.bucket.objects):
        trail.bucket.put(key, trail.bucket.body(key))


def test_a_bucket_emptied_and_filled_again_without_metadata_is_told():
    trail = tampered(put_all_again)

    unsigned, malformed = (Lost.SIGNATURE, "DIGEST_UNSIGNED"), (Lost.CONTENT, "DIGEST_MALFORMED")
    late = dict.fromkeys(range(2), malformed)
    assert_told(trail.judge(), expected(trail, dict.fromkeys(range(8), unsigned), late=late))


def test_a_bucket_copied_whole_into_another_is_told_by_the_names_recorded_inside():
    trail = two_runs()
    found = [
        parse_digest("copy", key, *trail.bucket.objects[key]) for key in (*trail.digests, *trail.late_digests)
    ]

    verdict = trail.judge(digests=found, read=lambda bucket, key: None)

    moved = (Lost.CONTENT, "DIGEST_MOVED")
    assert_told(verdict, expected(trail, dict.fromkeys(range(8), moved), late=dict.fromkeys(range(2), moved)))


@pytest.mark.parametrize("name", OTHERS)
def test_a_folder_filled_with_the_valid_chain_of_another_is_told(name):
    def deed(trail):
        other = abroad(OTHERS[name])
        for key, source in zip(trail.digests, other.digests, strict=True):
            trail.bucket.put(key, other.bucket.body(source), other.bucket.metadata(source))

    trail = tampered(deed)

    assert_told(trail.judge(), expected(trail, dict.fromkeys(range(8), (Lost.CONTENT, "DIGEST_MOVED"))))


@pytest.mark.parametrize("name", OTHERS)
def test_the_valid_chain_of_another_in_its_own_folder_stands_in_for_nothing(name):
    def deed(trail):
        trail.bucket.objects.clear()
        trail.bucket.objects.update(abroad(OTHERS[name]).bucket.objects)

    trail = tampered(deed)
    verdict = trail.judge()

    assert ("DIGEST_MISSING", CHAIN.digest_folder) in {
        (finding.what.name, finding.key) for finding in verdict.findings
    }
    assert verdict.weight is Weight.BROKEN


# What leaves the content as it was is sound; what leaves nothing to hold it against passes, and must not do
# so unnoticed by whoever reads this.


def upper_case(text):
    return text.upper()


def packed_again(body):
    return gzip.compress(gzip.decompress(body), 1, mtime=1_000_000)


HARMLESS = [
    ("log packed again", lambda trail, n: deeds.with_body(packed_again)(trail, trail.logs[n][0])),
    ("log with metadata", lambda trail, n: deeds.with_metadata(note="hello")(trail, trail.logs[n][0])),
    ("digest packed again", lambda trail, n: deeds.with_body(packed_again)(trail, trail.digests[n])),
    (
        "digest with more metadata",
        lambda trail, n: deeds.with_metadata(note="hello")(trail, trail.digests[n]),
    ),
    (
        "signature in upper case",
        lambda trail, n: deeds.with_metadata(signature=upper_case)(trail, trail.digests[n]),
    ),
    (
        "a folder made by the console",
        lambda trail, n: trail.bucket.put(CHAIN.log_folder + "2024/02/29/", b""),
    ),
    (
        "another service's file",
        lambda trail, n: trail.bucket.put("AWSLogs/111122223333/Config/x.json.gz", b""),
    ),
]


@pytest.mark.parametrize(("n", "deed"), at_every_position(HARMLESS))
def test_what_leaves_the_content_as_it_was_is_sound(n, deed):
    trail = tampered(deed, n)

    assert_told(trail.judge(), expected(trail))


def last_hour_of_a_run(trail):
    """It looks as if logging had been stopped an hour earlier."""
    trail.bucket.drop(trail.digests[BEFORE_GAP], *trail.logs[BEFORE_GAP])


def newest_backfill_digest(trail):
    """It looks as if it had never been made: backfill digests have no cadence."""
    trail.bucket.drop(trail.late_digests[1], trail.late_logs[1])


def all_backfill_digests(trail):
    trail.bucket.drop(*trail.late_digests, *trail.late_logs)


PASSES = [
    pytest.param(last_hour_of_a_run, ["GAP"], id="the last hour before a gap, with its log files"),
    pytest.param(newest_backfill_digest, ["GAP"], id="the newest backfill digest, with its log files"),
    pytest.param(all_backfill_digests, ["GAP"], id="all backfill digests, with their log files"),
]


@pytest.mark.parametrize(("deed", "kinds"), PASSES)
def test_what_nothing_names_can_be_deleted_unseen(deed, kinds):
    """Remembered anchors or the bucket's versions tell these; digests alone can't."""
    verdict = tampered(deed).judge()

    assert told(verdict) == kinds
    assert {finding.what.name for finding in verdict.findings} <= NOTICES
    assert verdict.logs_sound < LOGS


def test_without_a_listing_what_was_added_is_not_seen():
    trail = tampered(lambda trail: trail.bucket.put(log_key(CHAIN, START + 30 * MINUTE), b""))

    assert told(trail.judge(listing=None)) == ["GAP"]
    assert "LOG_ADDED" in told(trail.judge())


def test_with_keys_from_somebody_else_a_chain_of_his_own_is_sound():
    """Public keys prove nothing when they come with the copy: fetch them from AWS."""
    trail = deliver(key=deeds.mallory())

    verdict = trail.judge(keys=KeyRing.of([entry(deeds.mallory())]), window=WINDOW)

    assert told(verdict) == ["GAP"]
    assert told(trail.judge(keys=RING, window=WINDOW)).count("KEY_UNKNOWN") == NEWEST + 1


# Any combination.

LOSSES = {
    Lost.NOTHING: (lambda trail, key: None, ""),
    Lost.SIGNATURE: (deeds.with_metadata(signature=...), "DIGEST_UNSIGNED"),
    Lost.CONTENT: (deeds.with_fields(**deeds.NULL_LINK, logFiles=[]), "DIGEST_MODIFIED"),
    Lost.BYTES: (deeds.archive, "DIGEST_UNREADABLE"),
    Lost.OBJECT: (deeds.delete, ""),
}


@pytest.mark.slow
@given(
    st.lists(st.sampled_from(list(LOSSES)), min_size=8, max_size=8),
    st.sets(st.tuples(st.integers(0, 7), st.integers(0, 2)), max_size=4),
)
def test_whatever_is_lost_together_is_told_as_the_rules_say(losses, gone):
    trail = two_runs()
    for key, lost in zip(trail.digests, losses, strict=True):
        LOSSES[lost][0](trail, key)
    logs = {trail.logs[n][nth]: "LOG_DELETED" for n, nth in gone}
    trail.bucket.drop(*logs)

    digests = {n: (lost, LOSSES[lost][1]) for n, lost in enumerate(losses)}
    assert_told(trail.judge(), expected(trail, digests, logs=logs))


@pytest.mark.slow
@given(st.integers(0, 7), st.sampled_from(["digest", "log"]), st.data())
def test_a_byte_changed_anywhere_is_not_sound_unless_the_content_is_the_same(n, of, data):
    trail = two_runs()
    key = trail.digests[n] if of == "digest" else trail.logs[n][1]
    body, content = trail.bucket.body(key), trail.bucket.content(key)
    at, other = data.draw(st.integers(0, len(body) - 1)), data.draw(st.integers(1, 255))
    trail.bucket.put(key, body[:at] + bytes([body[at] ^ other]) + body[at + 1 :], trail.bucket.metadata(key))

    verdict = trail.judge()

    assert verdict.weight is Weight.BROKEN or trail.bucket.content(key) == content


@pytest.mark.slow
@given(st.integers(0, 7), st.sampled_from(["digest", "log"]), st.data())
def test_a_byte_of_content_changed_anywhere_is_told(n, of, data):
    trail = two_runs()
    key = trail.digests[n] if of == "digest" else trail.logs[n][1]
    content = trail.bucket.content(key)
    at, other = data.draw(st.integers(0, len(content) - 1)), data.draw(st.integers(1, 255))
    spoilt = content[:at] + bytes([content[at] ^ other]) + content[at + 1 :]
    trail.bucket.put(key, gzip.compress(spoilt), trail.bucket.metadata(key))

    verdict = trail.judge()

    assert verdict.weight is Weight.BROKEN
    assert key in {finding.key for finding in verdict.findings}


@pytest.mark.slow
@given(st.integers(0, 7), st.integers(0, 511), st.sampled_from("0123456789abcdef "))
def test_a_digit_of_a_signature_changed_anywhere_is_told(n, at, digit):
    trail = two_runs()
    key = trail.digests[n]
    signature = trail.bucket.metadata(key)["signature"]
    deeds.with_metadata(signature=signature[:at] + digit + signature[at + 1 :])(trail, key)

    kind = (Lost.SIGNATURE, "DIGEST_MODIFIED") if signature[at] != digit else (Lost.NOTHING, "")
    assert_told(trail.judge(), expected(trail, {n: kind}))


# What the rules were found to ask for.


def test_digests_deleted_before_one_that_was_spoilt_are_missed_though_nothing_older_is_left():
    trail = two_runs()
    trail.bucket.drop(*trail.digests[:3])
    deeds.with_content(lambda text: text[:-1])(trail, trail.digests[3])

    verdict = trail.judge()

    missing = next(finding for finding in verdict.findings if finding.what.name == "DIGEST_MISSING")
    assert (missing.key, missing.since, missing.until) == (two_runs().digests[0], START, START + 3 * HOUR)
    assert verdict.logs_unverifiable == 12


def test_junk_in_a_place_where_no_digest_is_expected_is_told_alone():
    trail = two_runs()
    junk = str(OTHERS["another region"].digest_at(START + 5 * HOUR))
    trail.bucket.put(junk, b"junk")

    assert_told(trail.judge(), expected(trail, beside={("DIGEST_MALFORMED", junk)}))


@pytest.mark.parametrize("keys", [KeyRing({}), RING], ids=["without keys", "archived"])
def test_a_gap_in_what_cannot_be_looked_at_is_no_proof_of_a_deletion(keys):
    trail = two_runs()
    if len(keys):
        trail.archived = {*trail.digests, *trail.late_digests}

    verdict = trail.judge(keys=keys)

    assert verdict.weight is Weight.UNDECIDED
    assert "DIGEST_MISSING" not in told(verdict)


def test_a_deletion_is_missed_without_keys_too_where_what_follows_names_a_predecessor():
    """Whether that is CloudTrail's or forged: the trail is not what it was."""
    trail = two_runs()
    trail.bucket.drop(trail.digests[2])

    verdict = trail.judge(keys=KeyRing({}))

    assert verdict.weight is Weight.BROKEN
    assert ("DIGEST_MISSING", two_runs().digests[2]) in {
        (finding.what.name, finding.key) for finding in verdict.findings
    }
