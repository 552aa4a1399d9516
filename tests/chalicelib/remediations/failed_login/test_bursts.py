"""The densest window: late, early and out of order make no difference."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.remediations.failed_login.bursts import Attempt, Burst, densest

START = datetime(2026, 3, 3, 10, tzinfo=UTC)
WINDOW = timedelta(seconds=300)


def attempt(second: float, name: str = "", *, host: str = "web-1", user: str = "root") -> Attempt:
    return Attempt(process=name or f"at {second}", at=START + timedelta(seconds=second), host=host, user=user)


def count(seconds: list[float], including: float) -> int:
    burst = densest([attempt(second) for second in seconds], WINDOW, frozenset({f"at {including}"}))
    return len(burst.attempts) if burst else 0


WINDOWS = [
    pytest.param([], 0, 0, id="nothing"),
    pytest.param([0], 0, 1, id="one alone"),
    pytest.param([0, 300], 0, 2, id="both ends of the window belong to it"),
    pytest.param([0, 300.001], 0, 1, id="a moment too far apart"),
    pytest.param([0, 100, 200, 300, 400, 500], 300, 4, id="a slow drip"),
    pytest.param([0, 1, 2, 250, 600], 2, 4, id="the dense end, seen from its middle"),
    pytest.param([0, 1, 2, 250, 600], 600, 1, id="a late one is not counted with a burst out of its reach"),
    pytest.param([250, 2, 600, 0, 1], 0, 4, id="whatever order they come in"),
    pytest.param([0, 1, 2], 7, 0, id="the event's own attempt isn't among them"),
]


@pytest.mark.parametrize(("seconds", "including", "most"), WINDOWS)
def test_the_most_that_fit_into_a_window_with_this_attempt(seconds, including, most):
    assert count(seconds, including) == most


@pytest.mark.slow
@given(st.lists(st.integers(0, 2000), min_size=1, max_size=30), st.data())
def test_it_is_what_trying_every_window_finds(seconds, data):
    attempts = [attempt(second, f"{number}") for number, second in enumerate(seconds)]
    mine = data.draw(st.sampled_from(attempts))

    burst = densest(data.draw(st.permutations(attempts)), WINDOW, frozenset({mine.process}))

    windows = ([one for one in attempts if begin.at <= one.at <= begin.at + WINDOW] for begin in attempts)
    assert burst
    assert len(burst.attempts) == max(len(window) for window in windows if mine in window)


def test_a_burst_names_hosts_and_users_the_most_tried_first():
    burst = Burst(
        attempts=(
            attempt(0, user="admin", host="web-2"),
            attempt(10, user=""),
            attempt(20),
            attempt(60),
        )
    )

    assert burst.users == ("root", "admin")
    assert burst.hosts == ("web-1", "web-2")
    assert burst.a_minute == pytest.approx(4)


def test_attempts_within_one_second_count_as_a_second():
    assert Burst(attempts=(attempt(0), attempt(0.1, "b"))).a_minute == pytest.approx(120)
