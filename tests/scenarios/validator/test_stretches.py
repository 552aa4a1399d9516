"""Judged a stretch at a time, a trail comes to the same as judged at once, wherever the cuts fall."""

from collections import Counter

import pytest

from chalicelib.trail.integrity.keys import LogFileKey
from chalicelib.trail.integrity.logs import check_log, log_finding
from chalicelib.trail.integrity.public_keys import KeyRing
from scenarios.validator.stretches import MOST_WAITING_LOGS, Stretches
from tests.chalicelib.trail.integrity import test_tampering as deeds
from tests.chalicelib.trail.integrity.trail_in_a_bucket import (
    BUCKET,
    CHAIN,
    HOUR,
    MINUTE,
    RING,
    START,
    Trail,
    log_key,
    six_hours,
    told,
    window,
)


class Judged:
    """What all stretches together came to."""

    def __init__(self, stretches, read):
        self.digests = sum(len(stretch.digests) for stretch in stretches)
        self.digests_sound = sum(sound for stretch in stretches for _, sound in stretch.digests)
        checks = [(log, digest) for stretch in stretches for log, digest in stretch.checks]
        faults = [(log, digest, fault) for log, digest in checks if (fault := check_log(log, read))]
        unverifiable = sum(stretch.unverifiable for stretch in stretches)
        self.logs = len(checks) + unverifiable + sum(stretch.added for stretch in stretches)
        self.logs_sound, self.logs_unverifiable = len(checks) - len(faults), unverifiable
        self.findings = [finding for stretch in stretches for finding in stretch.findings]
        self.findings += [log_finding(log, fault, digest) for log, digest, fault in faults]
        self.findings.sort(key=lambda finding: finding.order())


def judge_by(trail, size, **changes):
    """Feed `size` digests at a time, each with the log files of its hour."""
    evidence = {**trail.evidence(), **changes}
    stretches = Stretches(
        trail.chain,
        bucket=BUCKET,
        keys=evidence["keys"],
        window=evidence["window"],
        delivered_at=changes.get("delivered_at"),
    )
    digests = sorted(evidence["digests"], key=lambda found: found.key.rpartition("/")[2])
    logs = sorted((entry for entry in evidence["listing"] if "/CloudTrail/" in entry.key), key=by_time)
    done = []
    while digests or logs:
        some, digests = digests[:size], digests[size:]
        share = 4 * size if digests else len(logs)
        done.append(stretches.feed(some, logs[:share]))
        logs = logs[share:]
    return Judged([*done, stretches.finish()], evidence["read"])


def by_time(entry):
    try:
        return LogFileKey.parse(entry.key).delivered_at
    except ValueError:
        return entry.modified_at


def summary(judged):
    return {
        "findings": [(finding.what, finding.key, finding.since) for finding in judged.findings],
        "digests": (judged.digests, judged.digests_sound),
        "logs": (judged.logs, judged.logs_sound, judged.logs_unverifiable),
    }


SIZES = pytest.mark.parametrize("size", [1, 2, 6], ids=["one by one", "two by two", "all at once"])


@SIZES
@pytest.mark.parametrize(("hour", "deed", "what"), deeds.LOG_DEEDS)
def test_a_log_file_tampered_with_is_told_wherever_the_cut_is(hour, deed, what, size):
    trail = six_hours()
    deed(trail.bucket, trail.logs[hour][1])

    assert summary(judge_by(trail, size)) == summary(trail.judge())


@SIZES
@pytest.mark.parametrize(("hour", "deed", "what"), [*deeds.CONTENT_LOST, *deeds.SIGNATURE_LOST])
def test_a_digest_tampered_with_is_told_wherever_the_cut_is(hour, deed, what, size):
    trail = six_hours()
    deed(trail, trail.digests[hour])

    assert summary(judge_by(trail, size)) == summary(trail.judge())


@SIZES
@pytest.mark.parametrize("gone", [(0,), (3,), (5,), (2, 3), (4, 5), (0, 1), tuple(range(6))], ids=str)
@pytest.mark.parametrize("with_logs", [False, True], ids=["alone", "with their log files"])
def test_deleted_digests_are_told_wherever_the_cut_is(gone, with_logs, size):
    trail = six_hours()
    for hour in gone:
        trail.bucket.drop(trail.digests[hour], *(trail.logs[hour] if with_logs else ()))

    assert summary(judge_by(trail, size)) == summary(trail.judge())


@SIZES
@pytest.mark.parametrize("hour", range(6))
def test_a_log_file_added_is_told_wherever_the_cut_is(hour, size):
    trail = six_hours()
    key = log_key(CHAIN, START + hour * HOUR + 30 * MINUTE)
    trail.bucket.put(key, trail.bucket.body(trail.logs[0][0]))

    assert told(judge_by(trail, size)) == ["LOG_ADDED"]


@SIZES
def test_a_gap_is_one_notice_and_counts_what_was_delivered_in_it(size):
    trail = Trail()
    for hour in range(6):
        if hour == 2:
            trail.previous = None
        trail.hour(START + hour * HOUR, digested=hour not in (2, 3))
        if hour == 3:
            trail.previous = None

    judged = judge_by(trail, size)

    assert Counter(told(judged)) == {"GAP": 1, "UNDIGESTED": 1}
    assert judged.logs_unverifiable == 6


@SIZES
def test_that_no_key_could_be_had_is_told_once(size):
    trail = six_hours()

    judged = judge_by(trail, size, keys=KeyRing({}))

    assert told(judged) == ["KEYS_UNAVAILABLE"]
    assert judged.digests_sound == 0


@SIZES
def test_digests_outside_of_the_window_are_linked_to_and_not_judged(size):
    trail = six_hours()
    trail.bucket.drop(trail.logs[0][0], trail.logs[5][0])

    judged = judge_by(trail, size, window=window(since=START + 2 * HOUR, until=START + 4 * HOUR))

    assert (judged.digests, judged.logs_sound, judged.findings) == (2, 6, [])


def test_a_digest_after_the_window_says_that_a_silence_at_its_end_is_a_gap():
    trail = six_hours()
    trail.previous = None
    later = Trail(bucket=trail.bucket).hour(START + 30 * HOUR).digests[0]
    evidence = trail.evidence()
    whole = window(until=START + 20 * HOUR, now=START + 60 * HOUR)
    found = {digest.key: digest for digest in evidence["digests"]}
    stretches = Stretches(CHAIN, bucket=BUCKET, keys=RING, window=whole)
    first = stretches.feed([digest for key, digest in found.items() if key != later], ())

    stretches.know(found[later])

    assert [finding.what.name for stretch in (first, stretches.finish()) for finding in stretch.findings] == [
        "GAP"
    ]


def test_the_last_digest_before_logging_was_stopped_is_missed_when_cloudtrail_says_it_delivered_one():
    trail = six_hours()
    trail.bucket.drop(trail.digests[5], *trail.logs[5])
    stopped = window(until=START + 12 * HOUR, stopped_at=START + 5.4 * HOUR)

    judged = judge_by(trail, 1, window=stopped, delivered_at=START + 7.1 * HOUR)

    assert told(judge_by(trail, 1, window=stopped)) == []
    assert told(judged) == ["DIGEST_MISSING"]


@pytest.mark.slow
def test_log_files_that_no_digest_comes_to_name_do_not_pile_up():
    trail = six_hours()
    stretches = Stretches(CHAIN, bucket=BUCKET, keys=RING, window=window(until=START + 500 * HOUR))
    entry = trail.evidence()["listing"][0]
    many = [
        type(entry)(
            bucket=BUCKET,
            key=log_key(CHAIN, START + 8 * HOUR, f"{number:016d}"),
            modified_at=START + 8 * HOUR,
        )
        for number in range(MOST_WAITING_LOGS + 5)
    ]

    stretch = stretches.feed([], many)

    assert stretch.unverifiable == 5


def test_a_predecessor_that_was_not_fed_is_asked_for():
    trail = six_hours()
    evidence = trail.evidence()
    stretches = Stretches(CHAIN, bucket=BUCKET, keys=RING, window=evidence["window"])

    strangers = stretches.strangers([evidence["digests"][3]])

    assert [(link.bucket, link.key) for link in strangers] == [(BUCKET, trail.digests[2])]
