"""The judgement over a trail: windows, anchors, gaps, listings, versions, several chains."""

import gzip
import hashlib
import random
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.trail.integrity.digest import MOST_VALUES, LogReference, UnusableDigest, parse_digest
from chalicelib.trail.integrity.evidence import StoredObject, Unreadable, Window
from chalicelib.trail.integrity.findings import Anchor, Weight, What
from chalicelib.trail.integrity.keys import Chain
from chalicelib.trail.integrity.logs import check_log, most_in_a_function
from chalicelib.trail.integrity.public_keys import KeyRing
from chalicelib.trail.integrity.verdict import judge
from scenarios.cloud.cloudtrail.delivery.digests import SigningKey, list_public_keys, simulated_key
from tests.chalicelib.trail.integrity.trail_in_a_bucket import (
    BUCKET,
    CHAIN,
    HOUR,
    MINUTE,
    START,
    Bucket,
    Trail,
    log_key,
    rewrite,
    six_hours,
    told,
    versions,
    window,
)

# The window and the clock.


def test_a_digest_is_missed_two_hours_after_the_one_before_it_and_not_earlier():
    trail = six_hours()
    last = START + 6 * HOUR

    def at(now):
        return told(trail.judge(window=window(until=now, now=now)))

    assert at(last + 2 * HOUR - timedelta(seconds=1)) == []
    assert at(last + 2 * HOUR) == ["DIGEST_MISSING"]


def test_a_missing_digest_is_the_same_finding_an_hour_later():
    trail = six_hours()

    first, second = (
        trail.judge(window=window(until=now, now=now)).findings[0]
        for now in (START + 8 * HOUR, START + 9 * HOUR)
    )

    assert first.identity == second.identity
    assert first.until < second.until


@pytest.mark.parametrize(
    ("stopped_at", "kinds"),
    [
        pytest.param(START + 6 * HOUR + 10 * MINUTE, [], id="after the newest digest"),
        pytest.param(START + 5 * HOUR, [], id="before the newest digest"),
        pytest.param(START + 9 * HOUR, ["DIGEST_MISSING"], id="three hours after the newest digest"),
    ],
)
def test_no_digest_is_expected_to_end_after_logging_was_stopped(stopped_at, kinds):
    trail = six_hours()

    verdict = trail.judge(window=window(until=START + 24 * HOUR, stopped_at=stopped_at))

    assert told(verdict) == kinds


def test_what_ended_before_the_window_is_not_missed():
    trail = six_hours()
    trail.bucket.drop(*trail.digests[:3])

    assert told(trail.judge(window=window(since=START + 3 * HOUR))) == []
    assert told(trail.judge(window=window(since=START + 3 * HOUR - timedelta(seconds=1)))) == [
        "DIGEST_DELETED"
    ]


def test_a_window_that_ends_before_it_starts_is_refused():
    with pytest.raises(ValueError, match="after its end"):
        Window(since=START, until=START - HOUR, now=START)


def test_a_chain_that_nobody_expects_is_not_missed():
    trail = six_hours()
    trail.bucket.drop(*trail.digests)

    assert told(trail.judge(expected=None)) == []


# Gaps.


def stopped_for_two_hours(*, logs=0):
    trail = Trail()
    for hour in (0, 1):
        trail.hour(START + hour * HOUR)
    for hour in (2, 3):
        trail.hour(START + hour * HOUR, logs, digested=False)
    trail.previous = None
    for hour in (4, 5):
        trail.hour(START + hour * HOUR)
    return trail


def test_a_chain_that_starts_anew_is_a_gap_and_still_sound():
    trail = stopped_for_two_hours()

    verdict = trail.judge()

    (finding,) = verdict.findings
    assert (finding.what, finding.weight) == (What.GAP, Weight.NOTICE)
    assert (finding.since, finding.until) == (START + 2 * HOUR, START + 4 * HOUR)
    assert verdict.sound


def test_log_files_in_a_gap_are_told_and_counted_as_unverifiable():
    verdict = stopped_for_two_hours(logs=2).judge()

    assert told(verdict) == ["GAP", "UNDIGESTED"]
    assert verdict.findings[1].found == "4 log files"
    assert (verdict.logs_sound, verdict.logs_unverifiable) == (12, 4)
    assert verdict.sound


def test_a_log_file_outside_the_gap_is_judged_as_everywhere():
    trail = stopped_for_two_hours()
    trail.bucket.put(log_key(CHAIN, START + 6 * HOUR - 5 * MINUTE), b"")
    assert told(trail.judge()) == ["GAP"]

    trail.bucket.put(log_key(CHAIN, START + 5 * HOUR), b"")
    verdict = trail.judge()

    assert told(verdict) == ["GAP", "LOG_ADDED"]
    assert verdict.weight is Weight.BROKEN


def test_a_gap_is_seen_by_the_run_that_remembers_what_came_before_it():
    trail = stopped_for_two_hours()
    before = trail.judge(window=window(until=START + 2 * HOUR, now=START + 2 * HOUR))
    evidence = trail.evidence()

    after = judge(
        **{
            **evidence,
            "digests": [digest for digest in evidence["digests"] if digest.key in trail.digests[2:]],
            "anchors": [replace(before.anchors[0], key=trail.digests[1], ends_at=START + 2 * HOUR)],
            "window": window(since=START + 2 * HOUR),
        }
    )

    assert told(after) == ["GAP"]


def test_the_first_digest_of_a_trail_is_no_gap():
    assert told(six_hours().judge()) == []


def test_a_gap_without_a_starting_digest_is_a_finding():
    trail = Trail().hour(START)
    trail.hour(START + 3 * HOUR)

    verdict = trail.judge(window=window(until=START + 4 * HOUR))

    assert told(verdict) == []  # the chain itself says that the hours belong together
    trail.bucket.drop(trail.digests[0])
    assert told(trail.judge(window=window(until=START + 4 * HOUR))) == ["DIGEST_DELETED"]


# Anchors: what an earlier run verified.


def hourly(trail, hour, anchors, **changes):
    """What an hourly run sees: only the digest that is new."""
    key = trail.digests[hour]
    found = [parse_digest(BUCKET, key, *trail.bucket.objects[key])] if key in trail.bucket.objects else []
    now = START + (hour + 1) * HOUR + 5 * MINUTE
    since = anchors[0].ends_at if anchors else START + hour * HOUR
    return trail.judge(
        **{
            "digests": found,
            "anchors": anchors,
            "window": window(since=since, until=now, now=now),
            "listing": None,
            **changes,
        }
    )


def test_hour_by_hour_each_run_goes_on_where_the_last_one_stopped():
    trail, anchors = six_hours(), ()

    for hour in range(6):
        verdict = hourly(trail, hour, anchors)
        assert (told(verdict), verdict.digests_sound, verdict.logs_sound) == ([], 1, 3)
        anchors = verdict.anchors

    assert anchors == trail.judge().anchors
    assert (anchors[0].key, anchors[0].ends_at) == (trail.digests[5], START + 6 * HOUR)


def test_a_digest_deleted_between_two_runs_is_missed_by_the_next_one():
    trail = six_hours()
    anchors = hourly(trail, 2, ()).anchors
    trail.bucket.drop(trail.digests[3])

    nothing_new = hourly(trail, 3, anchors)
    verdict = hourly(trail, 4, nothing_new.anchors)

    assert told(nothing_new) == []
    assert nothing_new.anchors == anchors
    assert [(finding.what, finding.key) for finding in verdict.findings] == [
        (What.DIGEST_DELETED, trail.digests[3])
    ]
    assert (verdict.findings[0].since, verdict.findings[0].until) == (START + 3 * HOUR, START + 4 * HOUR)


@pytest.mark.parametrize("part", ["sha256", "signature"])
def test_a_digest_that_does_not_follow_what_was_remembered_breaks_the_chain(part):
    trail = six_hours()
    (anchor,) = hourly(trail, 2, ()).anchors

    verdict = hourly(trail, 3, [replace(anchor, **{part: "00"})])

    assert told(verdict) == ["CHAIN_BROKEN"]
    assert verdict.findings[0].found == "00"


def test_a_run_without_any_digest_still_hears_the_silence():
    trail = six_hours()
    anchors = hourly(trail, 2, ()).anchors
    trail.bucket.drop(*trail.digests[3:])

    verdict = hourly(trail, 5, anchors)

    assert [(finding.what, finding.key) for finding in verdict.findings] == [
        (What.DIGEST_MISSING, trail.digests[3])
    ]


def test_an_anchor_never_goes_back_and_never_onto_a_spoilt_digest():
    trail = six_hours()
    trail.bucket.put(trail.digests[5], b"hello")
    late = Anchor(chain=CHAIN, bucket=BUCKET, key="later", sha256="", signature="", ends_at=START + 9 * HOUR)

    assert [anchor.key for anchor in trail.judge().anchors] == [trail.digests[4]]
    assert trail.judge(anchors=[late]).anchors == (late,)


def test_an_overlap_with_what_was_verified_changes_nothing_but_sees_it_deleted():
    trail = six_hours()
    anchors = hourly(trail, 3, ()).anchors

    assert told(trail.judge(anchors=anchors)) == []

    trail.bucket.drop(trail.digests[3])
    assert told(trail.judge(anchors=anchors)) == ["DIGEST_DELETED"]


# What could not be looked at.


def test_a_log_file_that_cannot_be_read_leaves_the_verdict_open():
    trail = six_hours()

    def read(bucket, key):
        if key == trail.logs[1][0]:
            raise Unreadable("InvalidObjectState: the object is archived")
        return trail.bucket.read(bucket, key)

    verdict = trail.judge(read=read)

    (finding,) = verdict.findings
    assert (finding.what, verdict.weight, verdict.sound) == (What.LOG_UNREADABLE, Weight.UNDECIDED, False)
    assert "archived" in finding.sentence
    assert (verdict.logs_sound, verdict.logs_unverifiable) == (17, 1)


def test_any_other_error_of_the_reader_rises():
    def read(bucket, key):
        raise ConnectionError(bucket)

    with pytest.raises(ConnectionError):
        six_hours().judge(read=read)


def test_a_digest_that_cannot_be_read_leaves_the_verdict_open():
    trail = six_hours()
    digests = trail.evidence()["digests"]
    digests[2] = UnusableDigest(bucket=BUCKET, key=trail.digests[2], problem="AccessDenied", unreadable=True)

    verdict = trail.judge(digests=digests)

    assert told(verdict) == ["DIGEST_UNREADABLE"]
    assert (verdict.weight, verdict.logs_unverifiable) == (Weight.UNDECIDED, 3)


def test_without_any_public_key_the_verdict_is_open_and_says_so_once():
    verdict = six_hours().judge(keys=KeyRing({}))

    assert told(verdict) == ["KEYS_UNAVAILABLE"]
    assert (verdict.weight, verdict.digests_sound, verdict.logs_unverifiable) == (Weight.UNDECIDED, 0, 18)


def test_an_unknown_key_beside_known_ones_is_broken():
    verdict = six_hours().judge(keys=KeyRing.of([{"Value": b"other"}]))

    assert told(verdict) == ["KEY_UNKNOWN"] * 6
    assert verdict.weight is Weight.BROKEN


@pytest.mark.parametrize(
    ("kind", "weight"),
    [
        *((what, Weight.NOTICE) for what in (What.GAP, What.UNDIGESTED)),
        *(
            (what, Weight.UNDECIDED)
            for what in (What.LOG_UNREADABLE, What.DIGEST_UNREADABLE, What.KEYS_UNAVAILABLE)
        ),
        *((what, Weight.BROKEN) for what in (What.LOG_ADDED, What.CHAIN_BROKEN, What.KEY_UNKNOWN)),
    ],
)
def test_a_kind_of_finding_has_its_weight(kind, weight):
    (finding,) = six_hours().judge(keys=KeyRing({})).findings

    assert replace(finding, what=kind).weight is weight


# The listing.


def with_added(moment, **changes):
    """What a log file that no digest names comes to, delivered (or so it says) at a moment."""
    trail = six_hours()
    trail.bucket.put(log_key(CHAIN, moment), b"")
    return told(trail.judge(**changes))


@pytest.mark.parametrize(
    ("moment", "kinds"),
    [
        pytest.param(START + 90 * MINUTE, ["LOG_ADDED"], id="inside"),
        pytest.param(START + 2 * HOUR, ["LOG_ADDED"], id="where one digest follows another"),
        pytest.param(START + 6 * HOUR - 5 * MINUTE, [], id="the next digest may name it"),
        pytest.param(START + 6 * HOUR + 5 * MINUTE, [], id="after the newest digest"),
        pytest.param(START + 9 * HOUR + 5 * MINUTE, [], id="a few minutes ahead of our clock"),
        pytest.param(START + 30 * HOUR, ["LOG_ADDED"], id="from the future"),
        pytest.param(START - HOUR, [], id="before the window"),
        pytest.param(START + 5 * MINUTE, [], id="a digest before the window may name it"),
    ],
)
def test_an_unnamed_log_file_is_added_only_where_a_digest_should_have_named_it(moment, kinds):
    assert with_added(moment) == kinds


@pytest.mark.parametrize(("hours", "kinds"), [(9, ["LOG_ADDED"]), (30, [])], ids=["before", "after"])
def test_what_was_delivered_after_the_moment_judged_is_left_alone(hours, kinds):
    """A judgement of a past moment, such as a queue's step that waited, meets what has come since."""
    later = StoredObject(
        bucket=BUCKET, key=log_key(CHAIN, START + 30 * HOUR), modified_at=START + hours * HOUR
    )
    trail = six_hours()

    assert told(trail.judge(listing=[*trail.evidence()["listing"], later])) == kinds


def test_an_unnamed_log_file_in_a_lost_hour_is_unverifiable_and_not_called_added():
    trail = six_hours()
    trail.bucket.drop(trail.digests[3])
    trail.bucket.put(log_key(CHAIN, START + 3 * HOUR + 30 * MINUTE), b"")

    verdict = trail.judge()

    assert told(verdict) == ["DIGEST_DELETED"]
    assert (verdict.logs, verdict.logs_unverifiable) == (19, 4)


FOREIGN = [
    pytest.param(CHAIN.log_folder + "notes.txt", ["LOG_ADDED"], id="a foreign file"),
    pytest.param(CHAIN.log_folder + "2024/02/29/x_CloudTrail_y.json.gz", ["LOG_ADDED"], id="nearly a name"),
    pytest.param(CHAIN.log_folder, [], id="the folder itself"),
    pytest.param(CHAIN.log_folder + "2024/", [], id="a folder made by the console"),
    pytest.param("AWSLogs/111122223333/Config/eu-west-1/2024/x.json.gz", [], id="another service's"),
    pytest.param(log_key(replace(CHAIN, region="us-east-1"), START + HOUR), [], id="another region's"),
    pytest.param(log_key(replace(CHAIN, prefix="p"), START + HOUR), [], id="another prefix's"),
]


@pytest.mark.parametrize(("key", "kinds"), FOREIGN)
def test_whatever_lies_among_the_log_files_must_be_one(key, kinds):
    trail = six_hours()
    trail.bucket.put(key, b"")

    assert told(trail.judge()) == kinds


def test_log_files_of_a_second_trail_in_the_same_folder_are_its_own():
    trail = six_hours()
    second = Trail(replace(CHAIN, trail="second"), trail.bucket)
    for hour in range(6):
        second.hour(START + hour * HOUR + 7 * MINUTE)

    verdict = trail.judge(expected={CHAIN: BUCKET, second.chain: BUCKET})

    assert told(verdict) == []
    assert (verdict.digests_sound, verdict.logs_sound) == (12, 36)
    assert [anchor.chain for anchor in verdict.anchors] == [CHAIN, second.chain]


def test_log_files_that_a_lost_digest_of_another_trail_may_name_are_not_called_added():
    trail = six_hours()
    second = Trail(replace(CHAIN, trail="second"), trail.bucket)
    for hour in range(6):
        second.hour(START + hour * HOUR)
    trail.bucket.drop(second.digests[3])

    verdict = trail.judge()

    assert told(verdict) == ["DIGEST_DELETED"]
    assert verdict.logs_unverifiable == 3


# Versions and delete markers.

LATE = START + 5 * HOUR
VERSIONS = [
    pytest.param(lambda key: versions(key, START), None, id="one version"),
    pytest.param(lambda key: versions(key, START, LATE), "OVERWRITTEN", id="two versions"),
    pytest.param(lambda key: versions(key, START, LATE, deleted=True), "DELETED", id="delete marker"),
    pytest.param(
        lambda key: versions(key, START, LATE, LATE + MINUTE, put_back=True), "OVERWRITTEN", id="put back"
    ),
    pytest.param(
        lambda key: versions(key, START - 9 * HOUR, START - HOUR), None, id="rewritten before the window"
    ),
]


@pytest.mark.parametrize("kind", ["LOG", "DIGEST"])
@pytest.mark.parametrize(("make", "what"), VERSIONS)
def test_cloudtrail_writes_each_object_once_and_deletes_none(kind, make, what):
    trail = six_hours()
    key = trail.logs[1][1] if kind == "LOG" else trail.digests[1]

    verdict = trail.judge(listing=make(key)[::-1])

    assert told(verdict) == ([f"{kind}_{what}"] if what else [])
    if what:
        assert verdict.findings[0].key == key
        assert "v0" in verdict.findings[0].sentence
        assert "v1" in verdict.findings[0].found


def test_a_deletion_that_versions_show_is_told_once_with_the_version_to_restore():
    trail = six_hours()
    key = trail.logs[1][1]
    trail.bucket.drop(key)

    (finding,) = trail.judge(listing=versions(key, START, LATE, deleted=True)).findings

    assert finding.what is What.LOG_DELETED
    assert "delete marker v1" in finding.found
    assert "v0 may still be readable" in finding.sentence


@pytest.mark.parametrize(
    ("key", "kinds"),
    [
        pytest.param(log_key(CHAIN, START + HOUR), ["LOG_DELETED"], id="a log file no digest names"),
        pytest.param("AWSLogs/111122223333/Config/x.json.gz", [], id="another service's"),
        pytest.param(CHAIN.log_folder, [], id="the folder itself"),
    ],
)
def test_what_was_added_and_deleted_again_leaves_its_marker(key, kinds):
    trail = six_hours()

    assert told(trail.judge(listing=versions(key, START, LATE, deleted=True))) == kinds


def test_a_newest_digest_hidden_by_a_marker_is_deleted_and_not_just_missing():
    trail = six_hours()
    key = trail.digests[5]
    trail.bucket.drop(key)

    assert told(trail.judge(listing=versions(key, START, LATE, deleted=True))) == ["DIGEST_DELETED"]


# Several chains.


def test_hex_in_a_link_may_be_in_upper_case():
    trail = six_hours()
    digest = parse_digest(BUCKET, trail.digests[5], *trail.bucket.objects[trail.digests[5]])
    rewrite(
        trail,
        trail.digests[5],
        by=simulated_key(),
        previousDigestHashValue=digest.previous.sha256.upper(),
        previousDigestSignature=digest.previous.signature.upper(),
    )

    assert told(trail.judge()) == []


def test_regions_and_member_accounts_are_judged_each_by_itself():
    bucket = Bucket()
    chains = [
        Chain(
            organization="o-abcdefghij", account=account, region=region, trail="main", home_region="us-east-1"
        )
        for account in ("111122223333", "444455556666")
        for region in ("us-east-1", "eu-west-1")
    ]
    trails = [Trail(chain, bucket) for chain in chains]
    for hour in range(3):
        for trail in trails:
            trail.hour(START + hour * HOUR, logs=1)
    bucket.drop(trails[2].digests[2])

    verdict = trails[0].judge(expected=dict.fromkeys(chains, BUCKET), window=window(until=START + 3 * HOUR))

    assert [(finding.what, finding.key) for finding in verdict.findings] == [
        (What.DIGEST_MISSING, trails[2].digests[2])
    ]
    assert len(verdict.anchors) == 4


def test_a_trail_whose_prefix_was_changed_goes_on_in_another_folder():
    before = Trail().hour(START)
    after = Trail(replace(CHAIN, prefix="audit"), before.bucket)
    after.previous = before.previous
    after.hour(START + HOUR).hour(START + 2 * HOUR)

    verdict = after.judge(window=window(until=START + 3 * HOUR))

    assert told(verdict) == []
    assert verdict.digests_sound == 3


def test_backfill_digests_have_a_chain_of_their_own_and_no_cadence():
    trail = six_hours()
    backfill = Trail(replace(CHAIN, backfill=True), trail.bucket)
    backfill.hour(START).hour(START + 4 * HOUR)

    verdict = trail.judge()

    assert told(verdict) == []
    assert verdict.digests_sound == 8
    trail.bucket.drop(backfill.digests[0])
    assert told(trail.judge()) == ["DIGEST_DELETED"]


@pytest.fixture(scope="session")
def second_key():
    private = rsa.generate_private_key(65537, 2048)
    return SigningKey(
        private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode()
    )


@pytest.mark.slow
def test_digests_signed_before_and_after_a_rotation_hold(second_key):
    new = SigningKey(second_key.pem, valid_from=START + 2 * HOUR)
    old = SigningKey(simulated_key().pem, valid_until=START + 3 * HOUR)
    trail = Trail()
    for hour in range(6):
        trail.hour(START + hour * HOUR, key=old if hour < 3 else new)

    answer = list_public_keys(START, START + 6 * HOUR, keys=[old, new])["PublicKeyList"]

    assert told(trail.judge(keys=KeyRing.of(answer))) == []
    assert told(trail.judge(keys=KeyRing.of(answer[:1]))) == ["KEY_UNKNOWN"] * 3


def test_a_stray_object_in_a_digests_place_is_told():
    trail = six_hours()
    key = CHAIN.digest_folder + "copy of a digest.json.gz"
    trail.bucket.put(key, trail.bucket.body(trail.digests[0]), trail.bucket.metadata(trail.digests[0]))
    trail.bucket.put(CHAIN.digest_folder + "junk", b"junk")

    verdict = trail.judge(listing=None)

    assert sorted(told(verdict)) == ["DIGEST_MALFORMED", "DIGEST_MOVED"]
    assert (verdict.digests, verdict.digests_sound) == (8, 6)


# One verdict, whatever the order.


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(st.randoms(use_true_random=False))
def test_the_verdict_does_not_depend_on_the_order_of_the_evidence(rng: random.Random):
    trail = six_hours()
    trail.bucket.drop(trail.digests[1], trail.logs[3][1], trail.digests[5])
    rewrite(trail, trail.digests[3])
    evidence = trail.evidence()
    straight = judge(**evidence)

    for name in ("digests", "listing"):
        rng.shuffle(evidence[name])

    assert judge(**evidence) == straight
    assert judge(**{**evidence, "run": lambda check, logs: [check(log) for log in logs]}) == straight


def test_the_same_trail_may_be_judged_without_a_listing_or_versions():
    trail = six_hours()

    assert trail.judge(listing=None) == trail.judge()
    assert trail.judge(listing=[StoredObject(bucket="b", key="k", modified_at=START)]).sound


# What was made to take a function's memory and time.


@pytest.mark.parametrize(
    ("packed", "most"),
    [
        pytest.param(400, 16 << 20, id="a small file may be one thing many times"),
        pytest.param(2 << 20, 200 << 20, id="a hundred times"),
        pytest.param(50 << 20, 256 << 20, id="the largest that CloudTrail delivers"),
    ],
)
def test_how_far_a_log_file_may_swell_in_a_function(packed, most):
    assert most_in_a_function(packed) == most


@pytest.mark.slow
def test_a_log_file_too_large_for_a_function_leaves_the_verdict_open_even_if_it_is_genuine():
    content = b'{"Records": [' + b" " * (17 << 20) + b"]}"
    packed = gzip.compress(content, 1)
    reference = LogReference(
        bucket=BUCKET, key="k", sha256=hashlib.sha256(content).hexdigest(), algorithm="SHA-256"
    )

    fault = check_log(reference, lambda *_: packed, most_in_a_function)

    assert fault is not None
    assert fault.what is What.LOG_UNREADABLE
    assert "more than 16.0 MB, too large for a function" in fault.found
    assert check_log(reference, lambda *_: packed) is None


@pytest.mark.slow
def test_a_function_judges_a_bomb_unknown_and_never_sound():
    trail = six_hours()
    bomb = gzip.compress(bytes(17 << 20), 1)

    def read(bucket, key):
        return bomb if key == trail.logs[1][0] else trail.bucket.read(bucket, key)

    verdict = trail.judge(read=read)

    (finding,) = verdict.findings
    assert (finding.what, verdict.weight) == (What.LOG_UNREADABLE, Weight.UNDECIDED)
    assert "trailwarden validate-trail reads it" in finding.sentence


def test_a_digest_of_millions_of_empty_values_is_no_digest():
    body = gzip.compress(b'{"logFiles": [' + b"[]," * MOST_VALUES + b"[]]}")

    found = parse_digest(BUCKET, "key", body, {})

    assert isinstance(found, UnusableDigest)
    assert "more than 400000 values" in found.problem
