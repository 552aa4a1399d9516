"""Work of a service that goes on over simulated time: steps of a runbook, states of a state machine.

Such work is a generator. It yields what it waits for (`Pause`, `Answer`, `Together`) and is resumed from the
clock, so that the code of a step reads from top to bottom and nothing waits in real time:

    def work():
        yield Pause(30)                       # half a minute later
        said = yield Answer(signal, 3600)     # what somebody says within an hour, else UNANSWERED
        both = yield Together([one(), two()]) # the results of both, or the first error of one

An error that the work raises is its outcome. What derives from BaseException alone, such as NotSimulated,
fails the run at once.
"""

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from scenarios.cloud.kernel.clock import Clock, Entry

Work = Generator["Pause | Answer | Together", Any, Any]
UNANSWERED: Final = object()


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait so many seconds."""

    seconds: float


@dataclass(slots=True, eq=False)
class Signal:
    """Something that others say, once or several times: an approval, the outcome of a task."""

    _waiting: Callable[[Any], None] | None = None
    _said: list[Any] = field(default_factory=list)

    def say(self, what: Any) -> None:
        """Say it to who waits, or to who will."""
        if self._waiting is None:
            self._said.append(what)
            return
        waiting, self._waiting = self._waiting, None
        waiting(what)

    def hear(self, hear: Callable[[Any], None]) -> None:
        """Be told of the next thing that is said."""
        if self._said:
            hear(self._said.pop(0))
        else:
            self._waiting = hear

    def forget(self) -> None:
        """Nobody waits any more."""
        self._waiting = None


@dataclass(frozen=True, slots=True)
class Answer:
    """Wait for what is said, `seconds` at most, then UNANSWERED; None: for ever."""

    signal: Signal
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Together:
    """Wait for several works that go on side by side, `at_once` at most; 0: all of them.

    Their results come in the order of `works`. The first that raises an error stops the others.
    """

    works: Sequence[Work]
    at_once: int = 0


class Process:
    """Work under way.

    `done(result, error)` is called when it is over, unless it was stopped.
    """

    def __init__(
        self, clock: Clock, work: Work, done: Callable[[Any, Exception | None], None], what: str = ""
    ) -> None:
        self._clock = clock
        self._work = work
        self._done = done
        self._what = what
        self._entry: Entry | None = None
        self._signal: Signal | None = None
        self._children: list[Process] = []
        self.over = False

    def start(self, seconds: float = 0) -> None:
        """Begin, so many seconds from now."""
        self._later(seconds, lambda: self._go_on(None))

    def stop(self) -> None:
        """End it where it is; nothing of it happens any more."""
        self.over = True
        self._nothing_awaited()
        self._work.close()

    def _later(self, seconds: float, resume: Callable[[], None]) -> None:
        self._entry = self._clock.after(seconds, resume, self._what)

    def _nothing_awaited(self) -> None:
        if self._entry is not None:
            self._entry.cancelled = True
        if self._signal is not None:
            self._signal.forget()
        for child in self._children:
            if not child.over:
                child.stop()
        self._entry, self._signal, self._children = None, None, []

    def _go_on(self, value: Any, error: Exception | None = None) -> None:
        if self.over:
            return
        self._nothing_awaited()
        try:
            awaited = self._work.send(value) if error is None else self._work.throw(error)
        except StopIteration as end:
            self.over = True
            self._done(end.value, None)
        except Exception as raised:  # noqa: BLE001 - whatever fails the work is its outcome
            self.over = True
            self._done(None, raised)
        else:
            self._wait(awaited)

    def _wait(self, awaited: Any) -> None:
        if isinstance(awaited, Pause):
            self._later(awaited.seconds, lambda: self._go_on(None))
        elif isinstance(awaited, Answer):
            self._hear(awaited)
        else:
            self._gather(awaited)

    def _hear(self, awaited: Answer) -> None:
        if awaited.seconds is not None:
            self._later(awaited.seconds, lambda: self._go_on(UNANSWERED))
        self._signal = awaited.signal
        awaited.signal.hear(self._resume)

    def _resume(self, value: Any, error: Exception | None = None) -> None:
        """Go on from the clock, not inside of whatever ended."""
        if self.over:
            return
        self._nothing_awaited()
        self._later(0, lambda: self._go_on(value, error))

    def _gather(self, awaited: Together) -> None:
        results: list[Any] = [None] * len(awaited.works)
        left = len(awaited.works)
        waiting = iter(enumerate(awaited.works))

        def ended(place: int) -> Callable[[Any, Exception | None], None]:
            def end(result: Any, error: Exception | None) -> None:
                nonlocal left
                left -= 1
                results[place] = result
                if error is not None:
                    self._resume(None, error)
                elif left == 0:
                    self._resume(results)
                else:
                    self._begin_next(waiting, ended)

            return end

        if left == 0:
            self._resume(results)
        for _ in range(awaited.at_once or len(awaited.works)):
            self._begin_next(waiting, ended)

    def _begin_next(
        self,
        waiting: Iterator[tuple[int, Work]],
        ended: Callable[[int], Callable[[Any, Exception | None], None]],
    ) -> None:
        place, work = next(waiting, (0, None))
        if work is not None:
            child = Process(self._clock, work, ended(place), self._what)
            self._children.append(child)
            child.start()


def run_now(clock: Clock, work: Work, hole: Callable[[], BaseException]) -> Any:
    """Carry out work while somebody waits for its result: its pauses pass, its parts go one after another.

    Args:
        clock: whose time passes.
        work: the work.
        hole: the error for work that waits for what others say, which can't be carried out like this.
    """
    value: Any = None
    error: Exception | None = None
    while True:
        try:
            awaited = work.send(value) if error is None else work.throw(error)
        except StopIteration as end:
            return end.value
        value, error = None, None
        if isinstance(awaited, Pause):
            clock.pass_time(awaited.seconds)
        elif isinstance(awaited, Answer):
            raise hole()
        else:
            try:
                value = [run_now(clock, each, hole) for each in awaited.works]
            except Exception as raised:  # noqa: BLE001 - the first error of a part is the work's to handle
                error = raised
