"""Threads inside a world: one runs at a time, and hands over only where it waits or ends.

A started thread runs when the thread that started it waits for something (a join, a result, a queue, an
event, a sleep). It runs until it waits itself or ends; then the next thread that can go on does, in the order
of their start. So the same run takes the same course every time, on the same clock, as the same caller. If no
thread can go on, time passes until the first wait is over. If no wait ever ends, a function runs into its
timeout, and other code gets a WorldError. Threads that a handler leaves behind get their turn as it returns.

An error that is no Exception, such as NotSimulated, ends the thread and rises in the world's own thread, even
where an executor would have kept it in a future that is never read.

An event loop of asyncio waits in the same way: for its next timer, or until something is there to read.

Left out: calls to AWS take their time one after the other; a thread hangs if it wants a plain `Lock` that
another thread holds while it waits; processes are not simulated.

How Python's own waits are made (all of a Condition, but a join and SimpleQueue):
https://github.com/python/cpython/blob/3.11/Lib/threading.py, Lib/queue.py, Lib/concurrent/futures/thread.py
"""

import _thread
import concurrent.futures.thread as pool
import queue
import selectors
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

from scenarios.cloud.kernel.clock import Clock
from scenarios.cloud.kernel.errors import WorldError
from scenarios.cloud.kernel.replaced import replaced

Ready = Callable[[], bool]

_FOREVER = timedelta(days=3650).total_seconds()
_RESOLUTION = 1e-6  # of the world's clock, in seconds
_Thread: Any = threading.Thread
_Condition: Any = threading.Condition
_WorkItem: Any = pool._WorkItem  # noqa: SLF001 - what an executor's thread runs
_queue: Any = queue

_start = _Thread.start
_join = _Thread.join
_is_alive = _Thread.is_alive
_wait = _Condition.wait
_run_item = _WorkItem.run
_Selector: Any = selectors.DefaultSelector  # what asyncio's event loops wait with
_select = _Selector.select


class _Ended(BaseException):
    """The world is left: threads that still wait in it end."""


def _always() -> bool:
    return True


def _clock_info(_name: str) -> SimpleNamespace:
    return SimpleNamespace(
        implementation="the world's clock", monotonic=True, adjustable=False, resolution=_RESOLUTION
    )


def _locked() -> _thread.LockType:
    lock = _thread.allocate_lock()
    lock.acquire()
    return lock


@dataclass(slots=True, eq=False)
class _Strand:
    """One thread. `turn`: released when it may go on; `ready`, `until`: what it waits for, and how long."""

    owner: str
    thread: threading.Thread | None = None
    turn: _thread.LockType = field(default_factory=_locked)
    ready: Ready = _always
    until: datetime | None = None
    done: bool = False


class Threads:
    """All threads of one world. `owner`: the function that runs now; threads of others stand still."""

    def __init__(self, clock: Clock, owner: Callable[[], str]) -> None:
        self._clock = clock
        self._owner = owner
        self._inside = 0
        self._root = _Strand(owner="")
        self._current = self._root
        self._strands: list[_Strand] = []  # in the order of their start, without those that ended
        self._starting = False
        self._closing = False
        self._loud: BaseException | None = None

    @contextmanager
    def one_at_a_time(self) -> Iterator[None]:
        """Inside, threads are started and waited for in this way; those that are left then, end."""
        # Functions of this class would not be bound to the thread: hence the lambdas.
        those: tuple[tuple[Any, str, Any], ...] = (
            (_Thread, "start", lambda thread: self._begin(thread)),  # noqa: PLW0108
            (_Thread, "join", lambda thread, timeout=None: self._joined(thread, timeout)),
            (_Thread, "is_alive", lambda thread: self._alive(thread)),  # noqa: PLW0108
            (_Condition, "wait", lambda condition, timeout=None: self._waited(condition, timeout)),
            (_WorkItem, "run", lambda item: self._worked(item)),  # noqa: PLW0108
            (_Selector, "select", lambda selector, timeout=None: self._selected(selector, timeout)),
            (time, "get_clock_info", _clock_info),  # a loop takes what is due within it for due
            (_queue, "SimpleQueue", _queue._PySimpleQueue),  # noqa: SLF001 - the other one waits in C
        )
        self._inside = threading.get_ident()
        with replaced(those):
            try:
                yield
            finally:
                self._close()

    def sleep(self, seconds: float) -> None:
        """Wait in simulated time, while other threads may go on."""
        if self._is_ours() and self._others(self._current) and not self._closing:
            self._block(lambda: False, seconds)
        else:
            self._clock.pass_time(seconds)

    def give_turns(self) -> None:
        """Let every thread that can go on do so, until all of them wait or are over."""
        while (following := self._next_of(self._others(self._root))) is not None:
            self._root.ready, self._root.until = _always, None
            self._hand_over(following)

    # ---- what stands in place of Python's own ------------------------------------------------------

    def _begin(self, thread: threading.Thread) -> None:
        if not self._is_ours():  # a server's, which takes its next request meanwhile
            _start(thread)
            return
        if self._closing:
            raise WorldError(f"a thread ({thread.name}) was started as the world was left")
        strand = _Strand(owner=self._owner(), thread=thread)
        run = thread.run
        thread.run = lambda: self._live(strand, run)  # type: ignore[method-assign]
        self._starting = True
        try:
            _start(thread)  # which waits, in real time, until the thread stands at its first turn
        finally:
            self._starting = False
        self._strands.append(strand)

    def _joined(self, thread: threading.Thread, timeout: float | None) -> None:
        strand = self._of(thread)
        if strand is not None and self._is_ours():
            self._block(lambda: strand.done, timeout)
        elif not self._is_over(thread):
            _join(thread, timeout)

    def _alive(self, thread: threading.Thread) -> bool:
        strand = self._of(thread)
        return not strand.done if strand is not None else bool(_is_alive(thread))

    def _waited(self, condition: Any, timeout: float | None) -> bool:
        if not self._waits_in_turn():
            return bool(_wait(condition, timeout))
        if not condition._is_owned():  # noqa: SLF001 - as the method that this stands for
            raise RuntimeError("cannot wait on un-acquired lock")
        waiter = _locked()
        condition._waiters.append(waiter)  # noqa: SLF001
        saved = condition._release_save()  # noqa: SLF001
        try:
            return self._block(lambda: not waiter.locked(), timeout)
        finally:
            condition._acquire_restore(saved)  # noqa: SLF001
            if waiter.locked() and waiter in condition._waiters:  # noqa: SLF001
                condition._waiters.remove(waiter)  # noqa: SLF001

    def _selected(self, selector: Any, timeout: float | None) -> list[Any]:
        """Frozen time would have a loop ask for ever whether its next timer is due."""
        in_turn = self._is_ours() if timeout is not None else self._waits_in_turn()
        if not in_turn or self._starting:
            return list(_select(selector, timeout))
        found: list[Any] = []

        def is_found() -> bool:
            found.extend(() if found else _select(selector, 0))
            return bool(found)

        # A loop also asks for what is left of a microsecond, in which the clock would stand still.
        self._block(is_found, max(timeout, _RESOLUTION) if timeout else timeout)
        return found

    def _worked(self, item: Any) -> None:
        """An executor keeps a task's error in the future; an error that is no Exception rises as well."""
        future = item.future
        _run_item(item)
        error = getattr(future, "_exception", None)
        if error is not None and not isinstance(error, Exception):
            self._loud = self._loud or error

    # ---- taking turns ------------------------------------------------------------------------------

    def _is_ours(self) -> bool:
        ident = threading.get_ident()
        return ident == self._inside or any(
            each.thread and each.thread.ident == ident for each in self._strands
        )

    def _waits_in_turn(self) -> bool:
        """Whether a wait belongs to the simulation: a function waits, or the world has threads."""
        if self._starting or not self._is_ours():
            return False
        return self._clock.limited or self._current is not self._root or bool(self._others(self._root))

    def _of(self, thread: threading.Thread) -> _Strand | None:
        return next((each for each in self._strands if each.thread is thread), None)

    def _is_over(self, thread: threading.Thread) -> bool:
        return thread.ident is not None and not _is_alive(thread)

    def _others(self, strand: _Strand) -> list[_Strand]:
        """Which threads may go on while a strand waits: the world's own, and those of the same owner."""
        owner = self._owner() if strand is self._root else strand.owner
        mine = [each for each in self._strands if each.owner == owner or self._closing]
        return [each for each in (self._root, *mine) if each is not strand and not each.done]

    def _block(self, ready: Ready, timeout: float | None) -> bool:
        """Wait until `ready`, or for so long; whether it is ready."""
        strand, clock = self._current, self._clock
        limited = timeout is not None and timeout < _FOREVER
        until = clock.now + timedelta(seconds=max(0.0, timeout or 0)) if limited else None
        while not ready():
            if until is not None and clock.now >= until:
                return False
            strand.ready, strand.until = ready, until
            others = self._others(strand)
            following = self._next_of(others)
            if following is not None:
                self._hand_over(following)
                continue
            moments = [each.until for each in (strand, *others) if each.until is not None]
            self._pass_time_to(min(moments, default=None))
        return True

    def _next_of(self, others: list[_Strand]) -> _Strand | None:
        now = self._clock.now
        return next(
            (each for each in others if each.ready() or (each.until is not None and each.until <= now)), None
        )

    def _pass_time_to(self, moment: datetime | None) -> None:
        if moment is None and not self._clock.limited:
            raise WorldError("every thread waits for another, and nothing will end that")
        seconds = (moment - self._clock.now).total_seconds() if moment is not None else _FOREVER
        self._clock.pass_time(max(0.0, seconds))

    def _hand_over(self, other: _Strand) -> None:
        """Let another go on; return when it is our turn again."""
        strand, self._current = self._current, other
        other.turn.release()
        strand.turn.acquire()
        self._reap()
        if strand is not self._root and self._closing:
            raise _Ended
        if strand is self._root and self._loud is not None:
            error, self._loud = self._loud, None
            raise error

    def _live(self, strand: _Strand, run: Callable[[], None]) -> None:
        """A thread's whole life, from its first turn on."""
        strand.turn.acquire()
        try:
            if not self._closing:
                run()
        except _Ended:
            pass
        except SystemExit:
            pass  # ends this thread and nothing else, as in Python
        except Exception:  # noqa: BLE001 - a thread's failure is printed, and affects no other thread
            name = strand.thread.name if strand.thread else ""
            print(f"Exception in thread {name}:\n{traceback.format_exc()}", file=sys.stderr)  # noqa: T201
        except BaseException as error:  # noqa: BLE001 - rises in the world's own thread
            self._loud = self._loud or error
        strand.done = True
        others = self._others(strand)
        following = self._root if self._loud is not None else (self._next_of(others) or self._root)
        self._current = following
        following.turn.release()

    def _reap(self) -> None:
        """Threads that are done are removed before another one goes on."""
        for strand in [each for each in self._strands if each.done]:
            if strand.thread is not None:
                _join(strand.thread)
            self._strands.remove(strand)

    def _close(self) -> None:
        self._closing = True
        self._root.ready, self._root.until = _always, None
        while self._strands:
            self._hand_over(self._strands[0])
