"""Work over simulated time: it pauses, hears, runs side by side, fails and is stopped."""

import pytest

from scenarios.cloud.deployment import START
from scenarios.cloud.kernel.clock import Clock
from scenarios.cloud.kernel.errors import NotSimulated
from scenarios.cloud.kernel.processes import UNANSWERED, Answer, Pause, Process, Signal, Together


class Log:
    """A process, and when it said what; the seconds since the beginning."""

    def __init__(self, work):
        self.clock, self.said, self.outcome = Clock(START), [], []
        self.process = Process(self.clock, work(self), lambda *ended: self.outcome.append(ended))
        self.process.start()

    @property
    def seconds(self):
        return (self.clock.now - START).total_seconds()

    def say(self, what):
        self.said.append((self.seconds, what))

    def go_on(self):
        while self.clock.step():
            pass
        return self


def test_work_goes_on_after_each_pause_and_returns_its_result():
    def work(log):
        yield Pause(30)
        log.say("one")
        yield Pause(5)
        return "done"

    log = Log(work).go_on()
    assert (log.said, log.outcome, log.seconds) == ([(30, "one")], [("done", None)], 35)


def test_an_error_is_the_outcome_and_a_hole_in_the_simulation_is_none():
    def fails(_):
        yield Pause(1)
        raise ValueError("no")

    def hole(_):
        yield Pause(1)
        raise NotSimulated("x", "y")

    (_, error) = Log(fails).go_on().outcome[0]
    assert isinstance(error, ValueError)
    with pytest.raises(NotSimulated):
        Log(hole).go_on()


def test_what_is_said_is_heard_also_when_it_was_said_before():
    signal = Signal()

    def work(log):
        log.say((yield Answer(signal)))
        log.say((yield Answer(signal, 60)))
        log.say((yield Answer(signal, 60)) is UNANSWERED)

    log = Log(work)
    signal.say("early")
    log.clock.after(10, lambda: signal.say("in time"))
    assert log.go_on().said == [(0, "early"), (10, "in time"), (70, True)]


def test_works_go_on_side_by_side_and_their_results_keep_their_order():
    def part(seconds):
        yield Pause(seconds)
        return seconds

    def work(log):
        log.say((yield Together([part(3), part(1), part(2)])))
        log.say((yield Together([part(3), part(1), part(2)], at_once=1)))
        log.say((yield Together([])))

    assert Log(work).go_on().said == [(3, [3, 1, 2]), (9, [3, 1, 2]), (9, [])]


def test_the_first_error_stops_the_others():
    def part(log, seconds):
        yield Pause(seconds)
        if seconds == 1:
            raise ValueError("no")
        log.say(seconds)

    def work(log):
        try:
            yield Together([part(log, 3), part(log, 1)])
        except ValueError:
            log.say("caught")

    log = Log(work).go_on()
    assert log.said == [(1, "caught")]


def test_stopped_work_does_nothing_more_and_its_parts_neither():
    def part(log):
        yield Pause(5)
        log.say("no")

    def work(log):
        yield Together([part(log), part(log)])
        log.say("no")

    log = Log(work)
    log.clock.after(1, log.process.stop)
    log.go_on()
    assert (log.said, log.outcome, log.process.over) == ([], [], True)
