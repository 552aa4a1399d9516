"""Events that AWS can't have sent: ahead of the clock, or older than any queue keeps them."""

from datetime import timedelta

import pytest

from chalicelib.events import InstanceState, Tick
from chalicelib.remediation import Outcome, Plan
from chalicelib.runtime.forged import forgery
from tests.chalicelib.runtime.house import ACCOUNT, NOON, Happening, Remedy, alert, built

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def tick(at, key="rule@then"):
    return Tick(key=key, at=at, account=ACCOUNT, region="eu-west-1")


def change(at):
    return InstanceState(
        key="i/stopped", at=at, account=ACCOUNT, region="eu-west-1", instance="i", state="stopped"
    )


@pytest.mark.parametrize("made", [tick, change])
@pytest.mark.parametrize(
    ("after", "forged"),
    [
        pytest.param(timedelta(0), False, id="now"),
        pytest.param(MINUTE, False, id="within what clocks differ"),
        pytest.param(MINUTE * 1.1, True, id="ahead"),
        pytest.param(DAY, True, id="far ahead"),
        pytest.param(-14 * DAY, False, id="redriven on the last day"),
        pytest.param(-16 * DAY, True, id="long ago"),
    ],
)
def test_a_time_far_from_the_clock_shows_a_forgery(made, after, forged):
    assert bool(forgery(made(NOON + after), NOON)) == forged


def test_an_event_whose_key_nobody_can_guess_may_be_of_any_time():
    assert forgery(Happening(at=NOON + DAY), NOON) is None


@pytest.mark.slow
def test_a_forged_tick_is_reported_once_and_leaves_the_genuine_one_alone():
    with built() as house:
        remedy = Remedy(Plan.alert(alert()))
        far = tick(NOON.replace(year=2100))

        outcomes = [house.handle(remedy, far), house.handle(remedy, tick(far.at + MINUTE, "another"))]

        assert outcomes == [Outcome.REFUSED, Outcome.REFUSED]
        assert remedy.looked == []
        assert [message.subject for message in house.mail] == [
            "CRITICAL: Somebody woke a function of Trailwarden's with a forged event"
        ]
        assert house.items("claim#") == []
