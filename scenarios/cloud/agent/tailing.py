"""How the agent tails files: which it opens, how lines become events, what it remembers.

It looks for files each second, and of those that an entry's path matches takes the newest, or all of them
with publish_multi_logs. It reads what a file gets until the file is renamed, deleted or cut: of a renamed
one it reads the rest and forgets it, a cut one it reads from the beginning. Lines after one that begins an
event belong to it; an event is complete when the next begins, or after five seconds. How far a file has been
sent is kept on disk under its path, beyond restarts.

Sources: https://github.com/aws/amazon-cloudwatch-agent/blob/main/plugins/inputs/logfile/logfile.go,
https://github.com/aws/amazon-cloudwatch-agent/blob/main/plugins/inputs/logfile/tailersrc.go,
https://github.com/aws/amazon-cloudwatch-agent/blob/main/plugins/inputs/logfile/tail/tail.go
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from scenarios.cloud.agent.log_files import TailedFile
from scenarios.cloud.ec2.machine import HostFile, HostFiles, Machine

READ_SECONDS, FIND_SECONDS, COMPLETE_SECONDS = 0.25, 1, 5

After = Callable[[float, Callable[[], object], str], object]
"""(seconds, what, words): do it later, unless the agent has ended by then."""


# Logs takes events of 1 MiB with the 26 bytes that it adds; the agent counts 200.
MOST_BYTES = 1024**2 - 200
TRUNCATED = "[Truncated...]"


@dataclass(slots=True)
class SentState:
    """How far a file has been sent, which is kept under its path: bytes from its beginning.

    `memory`: the host's disk, which outlives the agent. Once the file is another one nothing is kept.
    """

    memory: dict[str, int]
    path: str
    kept: bool = True

    def remember(self, size: int) -> None:
        """So much was sent."""
        if self.kept:
            self.memory[self.path] = max(size, self.memory.get(self.path, 0))

    def forget(self) -> None:
        """The file is another one, or was cut."""
        self.memory.pop(self.path, None)
        self.kept = False


class Event(NamedTuple):
    """One event of a file, complete. `size`: how far the file has been sent with it."""

    entry: TailedFile
    path: str
    message: str
    state: SentState
    size: int


@dataclass(slots=True, kw_only=True)
class _Tail:
    """A file that is open. `read`: bytes; `lines`: of an event that isn't complete; `size`: where it ends."""

    entry: TailedFile
    path: str
    file: HostFile
    state: SentState
    read: int = 0
    lines: list[str] = field(default_factory=list)
    size: int = 0
    number: int = 0  # of the event

    def is_cut(self) -> bool:
        """Whether less is in the file than was read."""
        return self.file.size < self.read

    def new_lines(self) -> Iterator[str]:
        """What the file got since; in the middle of a line its rest, as after a restart."""
        if self.is_cut():
            self.read = 0
            self.state.forget()
            self.state = SentState(self.state.memory, self.path)
        first = bisect_left(self.file.ends, self.read + 1)
        for number in range(first, len(self.file.lines)):
            line, end = self.file.lines[number], self.file.ends[number]
            missing = len(line) + 1 - (end - self.read)
            self.read = end
            yield line[missing:].decode(self.entry.encoding, "replace")


class Tails:
    """What one run of the agent tails, and has sent by `send`."""

    def __init__(
        self,
        machine: Machine,
        entries: tuple[TailedFile, ...],
        memory: dict[str, int],
        after: After,
        send: Callable[[Event], object],
    ) -> None:
        self._files: HostFiles = machine.files
        self._entries = entries
        self._memory = memory  # on the host's disk: how far each path was sent
        self._after = after
        self._send = send
        self._open: dict[tuple[int, str], _Tail] = {}
        self._waiting: set[str] = set()
        if entries:
            machine.files.watch(self._changed)
            self._later(FIND_SECONDS, self._find, "the agent looks for files")

    def _changed(self, path: str) -> None:
        if any(entry.takes(path) for entry in self._entries):
            self._later(READ_SECONDS, self._read, "the agent reads")
            self._later(FIND_SECONDS, self._find, "the agent looks for files")

    def _later(self, seconds: float, do: Callable[[], object], words: str) -> None:
        """Do it once, however often it is asked for until then."""
        if words in self._waiting:
            return

        def due() -> None:
            self._waiting.discard(words)
            do()

        self._waiting.add(words)
        self._after(seconds, due, words)

    # ---- files ----------------------------------------------------------------------------------

    def _find(self) -> None:
        self._read()
        for number, entry in enumerate(self._entries):
            for path in self._wanted(entry):
                if (number, path) not in self._open:
                    self._open_file(number, entry, path)
        self._read()

    def _wanted(self, entry: TailedFile) -> list[str]:
        """The newest file, or every one."""
        found = [path for path in self._files.paths() if entry.takes(path)]
        if entry.every or not found:
            return found
        return [max(found, key=lambda path: self._files[path].modified)]

    def _open_file(self, number: int, entry: TailedFile, path: str) -> None:
        """With auto_removal a newly found file ends the others of its entry, which are deleted."""
        if entry.removes:
            for other in [key for key in self._open if key[0] == number]:
                self._close(other)
        self._open[number, path] = _Tail(
            entry=entry,
            path=path,
            file=self._files[path],
            state=SentState(self._memory, path),
            read=self._memory.get(path, 0),
        )

    def _close(self, key: tuple[int, str]) -> None:
        """Send what is left. The agent removes by name: a new file in the place of a renamed one goes too."""
        tail = self._open.pop(key)
        self._complete(tail)
        if tail.entry.removes:
            self._files.remove(tail.path)

    # ---- lines ----------------------------------------------------------------------------------

    def _read(self) -> None:
        for key, tail in list(self._open.items()):
            for line in tail.new_lines():
                self._take(tail, line)
            if self._files.get(tail.path) is not tail.file:
                tail.state.forget()
                self._close(key)

    def _take(self, tail: _Tail, line: str) -> None:
        if tail.lines and not tail.entry.starts.search(line):
            tail.lines.append(line)
            tail.size = tail.read
            return
        self._complete(tail)
        if line:
            self._begin(tail, line)

    def _begin(self, tail: _Tail, line: str) -> None:
        tail.lines, tail.size = [line], tail.read
        tail.number += 1
        number = tail.number

        def waited() -> None:
            if tail.number == number:
                self._complete(tail)

        self._after(COMPLETE_SECONDS, waited, "the agent waits for the next event")

    def _complete(self, tail: _Tail) -> None:
        if not tail.lines:
            return
        message, tail.lines = "\n".join(tail.lines), []
        self._send(Event(tail.entry, tail.path, _cut(message), tail.state, tail.size))


def _cut(message: str) -> str:
    """An event that is too large ends with a word that says so."""
    if len(message.encode()) <= MOST_BYTES:
        return message
    return message.encode()[: MOST_BYTES - len(TRUNCATED)].decode(errors="ignore") + TRUNCATED
