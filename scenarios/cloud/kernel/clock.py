"""The clock of a world; nothing else moves its time.

A heap of `(time, sequence, callback)`: each callback is due at its time. The clock pops the
next one, moves frozen time to its moment, and calls it. The sequence makes ties first in,
first out, so every run is the same run. Time is freezegun's, started once for each world;
nothing else in the simulated AWS may move it. A callback that fails stops the simulation.

A callback may itself take time (a handler that waits between retries): `pass_time` moves
frozen time on. Callbacks that were due meanwhile run late, as on a machine with one processor.
Time never goes backwards.
"""

import heapq
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import ModuleType, SimpleNamespace, TracebackType
from typing import Any, Self, cast

import freezegun
import freezegun.api

from scenarios.cloud.kernel.errors import WorldError

Callback = Callable[[], object]

# Modules that freezegun need not look through. The last three hold what only stands for a module: it can't be
# remembered what these have.
_LEFT_ALONE = (
    *("threading", "rich", "hypothesis", "_pytest", "pluggy", "samtranslator", "cfnlint", "networkx"),
    *("typing.", "_openssl", "cryptography.hazmat.primitives"),
)


_freezegun: Any = freezegun.api  # its private names are in no types
_REAL = frozenset(_freezegun._real_time_object_ids)  # noqa: SLF001
_Looked = tuple[ModuleType, int, list[str]]
_WithTime = dict[str, tuple[Any, list[str] | None]]
_LOOKED_THROUGH: dict[str, _Looked] = {}
"""By a module's name: the module, how many names it had, and which of them are of real time."""


def real_seconds() -> float:
    """Real time, as a count of seconds that never goes back, inside of a world too."""
    return float(_freezegun.real_monotonic())


def real_now() -> datetime:
    """The real moment in UTC, inside of a world too."""
    return cast("datetime", _freezegun.real_datetime.fromtimestamp(_freezegun.real_time(), UTC))


@contextmanager
def _few_modules_to_look_through() -> Iterator[None]:
    """Inside, freezegun starts with the modules that have something of real time, a tenth of all.

    It walks every attribute of every module in sys.modules when it starts: botocore and moto together have
    thousands of them. As it does, a module that has as many names as before is not looked through again.
    """
    own, look_through = _freezegun.sys, _freezegun._get_cached_module_attributes  # noqa: SLF001
    found = _with_real_time()
    names_in = {id(module): names for module, names in found.values()}

    def time_in(module: Any) -> list[tuple[str, Any]]:
        names = names_in[id(module)]
        if names is None:
            return list(_freezegun._get_module_attributes(module))  # noqa: SLF001
        return [(name, vars(module)[name]) for name in names if name in vars(module)]

    _freezegun.sys = SimpleNamespace(modules={name: module for name, (module, _) in found.items()})
    _freezegun._get_cached_module_attributes = time_in  # noqa: SLF001
    try:
        yield
    finally:
        _freezegun.sys = own
        _freezegun._get_cached_module_attributes = look_through  # noqa: SLF001


_LAST: list[tuple[list[Any], list[dict[str, Any]], list[int], _WithTime]] = []
"""Among which modules something was found last, their names, how many these were, and what was found."""


def _with_real_time() -> _WithTime:
    """Modules by name, each with which of its names are of real time; None where that can't be remembered."""
    modules = list(sys.modules.values())
    if _LAST and _LAST[0][0] == modules and _LAST[0][2] == list(map(len, _LAST[0][1])):
        return _LAST[0][3]
    names = [vars(module) for module in modules if type(module) is ModuleType]
    _LAST[:] = [(modules, names, list(map(len, names)), _found_with_real_time())]
    return _LAST[0][3]


def _found_with_real_time() -> _WithTime:
    found: _WithTime = {}
    for name, module in list(sys.modules.items()):
        known = _LOOKED_THROUGH.get(name)
        if known is None or known[0] is not module or known[1] != len(module.__dict__):
            known = _look_through(name, module)
        if known is None:
            found[name] = module, None
        elif known[2]:
            found[name] = module, known[2]
    return found


def _look_through(name: str, module: Any) -> _Looked | None:
    if name.startswith(_LEFT_ALONE):
        return (module, 0, [])
    if type(module) is not ModuleType:  # what only stands for one may make its attributes when asked
        return None
    names = vars(module)
    _LOOKED_THROUGH[name] = module, len(names), [each for each, value in names.items() if id(value) in _REAL]
    return _LOOKED_THROUGH[name]


@dataclass(slots=True, eq=False)
class Entry:
    """One callback that is due; `cancelled` entries are skipped when their time comes."""

    moment: datetime
    callback: Callback
    what: str
    cause: int | None = None
    cancelled: bool = False


class Clock:
    """Frozen time and what is due in it. Moments are aware datetimes in UTC; spans are seconds.

    `cause`: the number of the scenario's action that led to the callback running now; None where it has none.
    Callbacks put on the heap meanwhile inherit it, so an alert knows its action even after many steps.
    """

    def __init__(self, start: datetime) -> None:
        if start.tzinfo is None:
            raise WorldError("the clock starts at an aware datetime")
        self._now = start.astimezone(UTC)
        self._heap: list[tuple[datetime, int, Entry]] = []  # by moment, then as they were put there
        self._sequence = 0
        self._limit: tuple[datetime, type[BaseException]] | None = None
        self._freezer: Any = None
        self._frames = 0
        self._frozen: Any = None
        self.cause: int | None = None

    def __enter__(self) -> Self:
        self._freezer = freezegun.freeze_time(self._now, tz_offset=0, ignore=list(_LEFT_ALONE))
        with _few_modules_to_look_through():
            self._frozen = self._freezer.start()
        self._freezer.modules_at_start = set(sys.modules)  # it looks through later ones when it stops
        self._frames = freezegun.api.call_stack_inspection_limit
        freezegun.api.call_stack_inspection_limit = 0  # no caller sees real time
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        freezegun.api.call_stack_inspection_limit = self._frames
        self._freezer.stop()
        self._freezer = self._frozen = None

    @property
    def now(self) -> datetime:
        """The simulated moment, in UTC."""
        return self._now

    @property
    def pending(self) -> int:
        """The number of callbacks that are still due."""
        return sum(not entry.cancelled for _, _, entry in self._heap)

    @property
    def next_moment(self) -> datetime | None:
        """When the next callback is due; None when nothing is due any more."""
        entry = self._next()
        return entry.moment if entry is not None else None

    @property
    def limited(self) -> bool:
        """Whether the code that runs now has a deadline, as a function has. Nothing else runs beside it."""
        return self._limit is not None

    def at(self, moment: datetime, callback: Callback, what: str = "") -> Entry:
        """Have `callback` run at `moment`; a moment that is past means now, after what is due already."""
        self._sequence += 1
        entry = Entry(max(moment, self._now), callback, what, self.cause)
        heapq.heappush(self._heap, (entry.moment, self._sequence, entry))
        return entry

    def after(self, seconds: float, callback: Callback, what: str = "") -> Entry:
        """Have `callback` run `seconds` from now."""
        return self.at(self._now + timedelta(seconds=seconds), callback, what)

    def or_sooner(self, known: Entry | None, moment: datetime, callback: Callback, what: str = "") -> Entry:
        """The same; where `known` is due by then, it stays alone, and a later one is cancelled."""
        if known is not None and known.moment <= moment:
            return known
        if known is not None:
            known.cancelled = True
        return self.at(moment, callback, what)

    def pass_time(self, seconds: float) -> None:
        """Let the callback that runs now take `seconds`; inside `no_later_than`, as many as it has left."""
        if seconds < 0:
            raise WorldError("time can't go backwards")
        moment = self._now + timedelta(seconds=seconds)
        if self._limit is not None and moment >= self._limit[0]:
            self._move(max(self._limit[0], self._now))
            raise self._limit[1]
        self._move(moment)

    @contextmanager
    def no_later_than(self, moment: datetime, past: type[BaseException]) -> Iterator[None]:
        """The code inside has until `moment`; if it still waits then, `past` is raised."""
        kept, self._limit = self._limit, (moment, past)
        try:
            yield
        finally:
            self._limit = kept

    def step(self) -> bool:
        """Run the next callback; False when nothing is due any more."""
        if self._next() is None:
            return False
        _, _, entry = heapq.heappop(self._heap)
        self._move(max(entry.moment, self._now))
        kept, self.cause = self.cause, entry.cause
        entry.callback()
        self.cause = kept
        return True

    def run(self, until: datetime) -> None:
        """Run everything that is due up to and including `until`, then stand there."""
        while (entry := self._next()) is not None and entry.moment <= until:
            self.step()
        self._move(max(until, self._now))

    def _next(self) -> Entry | None:
        """The next entry; cancelled ones before it are thrown away."""
        while self._heap and self._heap[0][2].cancelled:
            heapq.heappop(self._heap)
        return self._heap[0][2] if self._heap else None

    def _move(self, moment: datetime) -> None:
        if moment != self._now:
            self._now = moment
            if self._frozen is not None:
                self._frozen.move_to(moment)
