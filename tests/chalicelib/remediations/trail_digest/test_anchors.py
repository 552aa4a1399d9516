"""What a run verified stays known: evidence that disappears between two runs is missed by name."""

from dataclasses import replace
from datetime import timedelta

import pytest
from freezegun import freeze_time

from chalicelib.ledger.anchors import ANCHORS_KEPT, read_anchors, write_anchors
from chalicelib.ledger.ledger import Ledger
from chalicelib.remediations.trail_digest import audit as trail_audit
from chalicelib.remediations.trail_digest.audit import audit_trail
from tests.chalicelib.remediations.trail_on_s3 import (
    ARN,
    BEGAN,
    BUCKET,
    HOME,
    HOUR,
    LEDGER,
    MINUTE,
    NOW,
    World,
)
from tests.moto_alone import moto_alone

DAY = timedelta(days=1)


@pytest.fixture
def world():
    with freeze_time(BEGAN) as time, moto_alone():
        yield World(time)


@pytest.fixture
def ledger(world):
    return Ledger(world.dynamodb, LEDGER)


def anchors_of(result):
    return {anchor.chain: anchor for anchor in result.anchors}


def run(world, now=NOW, before=None):
    """One hourly run, going on from an earlier one."""
    return audit_trail(world, ARN, BUCKET, now, anchors_of(before) if before else {})


def told(result):
    return sorted(finding.what.name for finding in result.findings)


def ends(result):
    return [anchor.ends_at for anchor in result.anchors]


def after(hours):
    """A quarter of an hour after so many hours were delivered."""
    return BEGAN + hours * HOUR + 15 * MINUTE


@pytest.mark.slow
def test_a_run_leaves_the_newest_digest_it_verified(world):
    world.delivers()

    assert ends(run(world)) == [world.chains[HOME][-1].ends_at]


@pytest.mark.slow
def test_a_sound_trail_is_silent_from_run_to_run(world):
    world.delivers(hours=range(5))
    first = run(world, after(5))
    world.delivers(hours=range(5, 6))

    second = run(world, after(6), first)

    assert (second.findings, second.could_not_read) == ((), ())
    assert ends(second) == [ends(first)[0] + HOUR]


def destroy_newest_and_its_logs(world):
    for key in (world.chains[HOME][-1].key, *world.logs[HOME][-2:]):
        world.destroys(key)


def stop_and_destroy_newest(world):
    world.cloudtrail.status.update(IsLogging=False, StopLoggingTime=NOW + MINUTE)
    destroy_newest_and_its_logs(world)


def strip_newest(world):
    newest = world.chains[HOME][-1]
    world.replaces(newest.key, newest.body)


def older_in_its_place(world):
    newest, older = world.chains[HOME][-1], world.chains[HOME][-2]
    world.replaces(newest.key, older.body, older.metadata)


BETWEEN_TWO_RUNS = [
    pytest.param(destroy_newest_and_its_logs, ["DIGEST_DELETED"], id="newest digest and its log files gone"),
    pytest.param(stop_and_destroy_newest, ["DIGEST_DELETED"], id="trail stopped, then the newest gone"),
    pytest.param(strip_newest, ["DIGEST_UNSIGNED"], id="uploaded again without its signature"),
    pytest.param(older_in_its_place, ["DIGEST_MOVED"], id="an older digest in its place"),
]


@pytest.mark.slow
@pytest.mark.parametrize(("tamper", "kinds"), BETWEEN_TWO_RUNS)
def test_what_changed_behind_the_anchor_is_told_although_nothing_newer_names_it(world, tamper, kinds):
    world.delivers()
    first = run(world)
    tamper(world)

    second = run(world, NOW + 30 * MINUTE, first)

    assert told(second) == kinds
    assert ends(second) == ends(first)


@pytest.mark.slow
def test_a_digest_that_links_elsewhere_than_to_the_anchor_breaks_the_chain(world):
    world.delivers(hours=range(5))
    first = run(world, after(5))
    other = replace(first.anchors[0], sha256="0" * 64)
    world.destroys(other.key)
    world.delivers(hours=range(5, 6))

    result = audit_trail(world, ARN, BUCKET, after(6), {other.chain: other})

    assert "CHAIN_BROKEN" in told(result)


@pytest.mark.slow
def test_a_region_that_is_wiped_whole_is_missed(world):
    world.delivers()
    world.delivers("us-east-1")
    first = run(world)
    for digest in world.chains["us-east-1"]:
        world.destroys(digest.key)

    second = run(world, NOW + MINUTE, first)

    assert {finding.key for finding in second.findings if finding.what.name == "DIGEST_DELETED"} == {
        world.chains["us-east-1"][-1].key
    }


@pytest.mark.slow
def test_a_run_that_is_late_catches_up_from_the_anchor(world):
    world.delivers(hours=range(2))
    first = run(world, after(2))
    world.delivers(hours=range(2, 12))
    world.destroys(world.logs[HOME][4])  # of the third hour: nine hours ago, out of the usual sight

    late = run(world, after(12), first)

    assert told(late) == ["LOG_DELETED"]
    assert ends(late) == [BEGAN + 12 * HOUR]


@pytest.mark.slow
def test_a_run_that_is_behind_verifies_the_oldest_first_and_goes_no_further_than_it_read(world, monkeypatch):
    world.delivers(hours=range(2))
    result = run(world, after(2))
    world.delivers(hours=range(2, 12))
    monkeypatch.setattr(trail_audit, "MOST_LOGS", 9)

    result = run(world, after(12), result)
    assert (ends(result), result.unverified) == ([BEGAN + 6 * HOUR], 20 - 9)
    result = run(world, after(12), result)
    assert ends(result) == [BEGAN + 10 * HOUR]
    result = run(world, after(12), result)

    assert (ends(result), result.unverified) == ([BEGAN + 12 * HOUR], 0)


@pytest.mark.slow
def test_what_no_run_will_catch_up_with_is_told(world):
    world.delivers()
    first = run(world)
    world.chains[HOME].clear()

    result = run(world, NOW + 5 * DAY, first)

    assert "no run verified" in " ".join(map(str, result.could_not_read))
    assert "DIGEST_DELETED" not in told(result)  # the bucket's lifecycle may have expired it


@pytest.mark.slow
def test_the_ledger_gives_back_what_it_was_given(world, ledger):
    world.delivers()
    world.delivers("us-east-1")
    anchors = run(world).anchors

    write_anchors(ledger, ARN, anchors, NOW)

    assert read_anchors(ledger, ARN, NOW) == {anchor.chain: anchor for anchor in anchors}
    assert read_anchors(ledger, f"{ARN}-other", NOW) == {}


WRITTEN_AFTER = [
    pytest.param({"ends_at": BEGAN - HOUR}, "first", id="a slower run's older one"),
    pytest.param({"sha256": "f" * 64}, "first", id="another digest of the same end"),
    pytest.param({"ends_at": BEGAN + 9 * HOUR}, "second", id="a newer one"),
]


@pytest.mark.slow
@pytest.mark.parametrize(("change", "stands"), WRITTEN_AFTER)
def test_an_anchor_never_goes_back(world, ledger, change, stands):
    world.delivers()
    (first,) = run(world).anchors
    second = replace(first, **change)

    for anchor in (first, second, first):
        write_anchors(ledger, ARN, [anchor], NOW)

    assert read_anchors(ledger, ARN, NOW)[first.chain] == {"first": first, "second": second}[stands]


@pytest.mark.slow
def test_every_run_that_sees_a_chain_keeps_its_anchor_alive(world, ledger):
    world.delivers()
    anchors = run(world).anchors
    write_anchors(ledger, ARN, anchors, NOW)
    write_anchors(ledger, ARN, anchors, NOW + 300 * DAY)

    assert read_anchors(ledger, ARN, NOW + ANCHORS_KEPT + DAY)
    assert not read_anchors(ledger, ARN, NOW + ANCHORS_KEPT + 301 * DAY)
