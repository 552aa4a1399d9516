"""Snapshots of a play: the process forks before a point, and the child goes on with the fault.

The play itself stands still while all jobs are taken. A child reports in JSON through a pipe and ends at
once: no `finally` and no exit handler of its parent's runs in it. Forks need a process without threads.
"""

import json
import os
import select
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from scenarios.cloud.kernel.errors import WorldError
from scenarios.cloud.kernel.fault_points import FaultPoint
from scenarios.cloud.kernel.randomness import fork

LONGEST_SECONDS = 300  # real ones; a child that takes longer hangs
_PIPE_BYTES = 60_000  # what a pipe holds while nobody reads


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a child reports: sentences about what doesn't hold, and the processor's seconds it took."""

    point: FaultPoint
    broken: Sequence[str]
    struck: bool = True
    cpu_seconds: float = 0.0


@dataclass(slots=True)
class Snapshots:
    """The children of one play, `jobs` at a time. `tell`: is given each report as it comes."""

    jobs: int
    tell: Callable[[Told], object]
    mine: FaultPoint | None = None  # of a child: its point
    _pipe: int = -1
    _children: dict[int, tuple[int, FaultPoint]] = field(default_factory=dict)  # by the end that is read

    def go_on_with(self, point: FaultPoint) -> bool:
        """Fork; True in the child, which is to go on with the fault."""
        if threading.active_count() > 1:
            raise WorldError("snapshots need a process without threads")
        while len(self._children) >= self.jobs:
            self._collect_one()
        sys.stdout.flush()
        sys.stderr.flush()
        reading, writing = os.pipe()
        child = fork()
        if child:
            os.close(writing)
            self._children[reading] = child, point
            return False
        os.close(reading)
        signal.alarm(LONGEST_SECONDS)
        self.mine, self._pipe, self._children = point, writing, {}
        return True

    @contextmanager
    def open(self) -> Iterator["Snapshots"]:
        """Collect every child at the end; a child never leaves."""
        try:
            yield self
        except BaseException as error:
            if self.mine is not None:
                self.end(broken=[f"the play stopped: {type(error).__name__}: {error}"])
            self._kill()
            raise
        if self.mine is not None:
            self.end(broken=["the play ended without a verdict"])
        while self._children:
            self._collect_one()

    def end(self, *, broken: Sequence[str], struck: bool = True) -> None:
        """End this child with its report."""
        try:
            text = json.dumps({"broken": [each[:2000] for each in broken][:20], "struck": struck})
            os.write(self._pipe, text.encode()[:_PIPE_BYTES])
        finally:
            os._exit(0)

    def _collect_one(self) -> None:
        waiting = select.poll()
        for reading in self._children:
            waiting.register(reading, select.POLLIN | select.POLLHUP)
        reading = waiting.poll()[0][0]
        child, point = self._children.pop(reading)
        with os.fdopen(reading, "rb") as pipe:
            text = pipe.read()
        _, status, used = os.wait4(child, 0)
        self.tell(_told(point, text, status, used.ru_utime + used.ru_stime))

    def _kill(self) -> None:
        for reading, (child, _) in self._children.items():
            os.close(reading)
            os.kill(child, signal.SIGKILL)
            os.wait4(child, 0)
        self._children = {}


def _told(point: FaultPoint, text: bytes, status: int, cpu_seconds: float) -> Told:
    if not text:
        hung = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGALRM
        why = (
            f"it took longer than {LONGEST_SECONDS} s" if hung else f"its process ended with status {status}"
        )
        return Told(point=point, broken=[why], cpu_seconds=cpu_seconds)
    said: Mapping[str, Any] = json.loads(text)
    return Told(point=point, broken=said["broken"], struck=said["struck"], cpu_seconds=cpu_seconds)
