import sys
import time
from datetime import UTC, date, datetime, timedelta, timezone
from types import ModuleType

import freezegun.api
import pytest

from scenarios.cloud.kernel.clock import Clock
from scenarios.cloud.kernel.errors import WorldError

START = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)


def seconds(count):
    return timedelta(seconds=count)


@pytest.fixture
def clock():
    with Clock(START) as each:
        yield each


def test_callbacks_run_in_the_order_of_time(clock):
    log = []
    for due in (3, 1, 2):
        clock.after(due, lambda due=due: log.append((due, clock.now)))

    clock.run(START + seconds(10))

    assert log == [(due, START + seconds(due)) for due in (1, 2, 3)]


def test_callbacks_of_one_moment_run_in_the_order_they_were_planned(clock):
    log = []
    for name in "abcde":
        clock.at(START, lambda name=name: log.append(name))

    clock.run(START)

    assert log == list("abcde")


def test_a_callback_planned_by_a_callback_for_now_comes_after_what_was_due_already(clock):
    log = []
    clock.at(START, lambda: (log.append("first"), clock.at(START, lambda: log.append("planned"))))
    clock.at(START, lambda: log.append("second"))

    clock.run(START)

    assert log == ["first", "second", "planned"]


def test_what_is_due_at_the_end_of_a_run_happens_and_what_comes_later_waits(clock):
    log = []
    clock.after(5, lambda: log.append(5))
    clock.after(5.000001, lambda: log.append(6))

    clock.run(START + seconds(5))

    assert log == [5]
    assert clock.pending == 1
    assert clock.now == START + seconds(5)


def test_a_cancelled_callback_does_not_happen_and_pulls_nothing_later_forward(clock):
    log = []
    cancelled = clock.after(1, lambda: log.append("cancelled"))
    clock.after(100, lambda: log.append("later"))
    cancelled.cancelled = True

    clock.run(START + seconds(10))

    assert log == []
    assert clock.now == START + seconds(10)
    assert clock.pending == 1


def test_a_moment_that_is_past_means_now(clock):
    clock.run(START + seconds(60))
    moments = []
    clock.at(START, lambda: moments.append(clock.now))

    clock.run(START + seconds(60))

    assert moments == [START + seconds(60)]


def test_what_is_due_while_a_callback_takes_its_time_runs_late(clock):
    moments = {}
    clock.after(1, lambda: clock.pass_time(30))
    clock.after(2, lambda: moments.setdefault("late", clock.now))
    clock.after(60, lambda: moments.setdefault("in time", clock.now))

    clock.run(START + seconds(10))
    assert clock.now == START + seconds(31)  # what runs is not cut short

    clock.run(START + seconds(60))
    assert moments == {"late": START + seconds(31), "in time": START + seconds(60)}


def test_a_callback_that_fails_stops_the_run_at_its_moment(clock):
    clock.after(1, lambda: 1 / 0)
    clock.after(2, lambda: None)

    with pytest.raises(ZeroDivisionError):
        clock.run(START + seconds(10))

    assert clock.now == START + seconds(1)
    assert clock.pending == 1


def test_a_step_is_one_callback_and_says_when_there_is_none(clock):
    clock.after(1, lambda: None)
    clock.after(2, lambda: None).cancelled = True

    assert clock.step() is True
    assert clock.step() is False


def test_time_never_goes_backwards(clock):
    clock.run(START + seconds(60))

    with pytest.raises(WorldError, match="backwards"):
        clock.pass_time(-1)
    clock.run(START)

    assert clock.now == START + seconds(60)


def test_who_has_until_a_moment_is_stopped_there(clock):
    class OverError(BaseException):
        pass

    clock.pass_time(20)
    with pytest.raises(OverError), clock.no_later_than(START + seconds(50), OverError):
        clock.pass_time(1000)

    assert clock.now == START + seconds(50)


def test_a_limit_holds_for_those_inside_and_for_nobody_after_them(clock):
    with clock.no_later_than(START + seconds(50), TimeoutError):
        clock.pass_time(20)
    clock.pass_time(1000)

    assert clock.now == START + seconds(1020)


def test_a_clock_needs_to_know_where_its_start_is():
    with pytest.raises(WorldError, match="aware"):
        Clock(datetime(2026, 3, 2))  # noqa: DTZ001 - the point


def test_a_start_elsewhere_is_the_same_moment_here():
    assert Clock(datetime(2026, 3, 2, 5, 0, tzinfo=timezone(timedelta(hours=2)))).now == START


CLOCKS = {
    "time.time": lambda: datetime.fromtimestamp(time.time(), UTC),
    "time.time_ns": lambda: datetime.fromtimestamp(time.time_ns() / 1e9, UTC),
    "time.gmtime": lambda: datetime(*time.gmtime()[:6], tzinfo=UTC),
    "time.strftime": lambda: datetime.fromisoformat(time.strftime("%Y-%m-%dT%H:%M:%S+00:00")),
    "datetime.now": lambda: datetime.now(UTC),
    "datetime.utcnow": lambda: datetime.utcnow().replace(tzinfo=UTC),  # noqa: DTZ003 - old code asks so
    "date.today": lambda: datetime(*date.today().timetuple()[:3], 3, 0, 9, tzinfo=UTC),  # noqa: DTZ011
}


@pytest.mark.parametrize("tell", CLOCKS.values(), ids=CLOCKS)
def test_every_clock_of_python_tells_the_simulated_time(clock, tell, monkeypatch):
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    clock.run(START + seconds(9))

    assert tell() == START + seconds(9)


@pytest.mark.parametrize("name", ["monotonic", "perf_counter", "monotonic_ns", "perf_counter_ns"])
def test_stopwatches_stand_between_moves_and_move_with_the_clock(clock, name):
    watch = getattr(time, name)
    before = watch()
    assert watch() == before

    clock.pass_time(5)

    assert watch() - before == (5_000_000_000 if name.endswith("_ns") else 5)


def test_no_caller_sees_real_time(clock):
    """freezegun lets some modules see it, and whatever runs within five frames of them."""
    for module in ("threading", "queue", "rich.console", "hypothesis.core", "_pytest.runner."):
        seen = {}
        exec("import time\nnow = time.time()\nticks = time.monotonic()", {"__name__": module}, seen)

        assert seen["now"] == START.timestamp(), module
        assert seen["ticks"] == START.timestamp(), module


def test_leaving_gives_real_time_back():
    before = (time.time, time.monotonic, datetime, freezegun.api.call_stack_inspection_limit)
    with Clock(START):
        frozen = datetime.now(UTC)

    assert (time.time, time.monotonic, datetime, freezegun.api.call_stack_inspection_limit) == before
    assert frozen == START
    assert abs(datetime.now(UTC).timestamp() - time.clock_gettime(time.CLOCK_REALTIME)) < 60


def test_what_is_planned_meanwhile_takes_the_cause_along(clock):
    seen = []

    def begins():
        clock.cause = 7
        clock.after(1, follows)

    def follows():
        seen.append(clock.cause)
        clock.after(1, lambda: seen.append(clock.cause))

    clock.at(START, begins)
    clock.after(1.5, lambda: seen.append(clock.cause))
    clock.run(START + timedelta(seconds=5))

    assert seen == [7, None, 7]
    assert clock.cause is None


@pytest.mark.slow
def test_a_module_that_takes_up_a_time_later_sees_frozen_time_in_the_next_world(monkeypatch):
    """What each module has of real time is remembered, but only while the module has no more than before."""
    module = ModuleType("later")
    monkeypatch.setitem(sys.modules, "later", module)
    with Clock(START):
        pass
    module.datetime = datetime

    with Clock(START):
        frozen = module.datetime.now(UTC)

    assert frozen == START
    assert module.datetime is datetime
