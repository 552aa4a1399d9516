"""The inside of an instance: what runs there, what its files hold. Scenarios set it, monitoring reads it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from scenarios.cloud.kernel.errors import WorldError

GIB = 1024**3


@dataclass(slots=True, kw_only=True)
class Disk:
    """A file system of a machine. `used` and `inodes_used`: percent; `size`: bytes; `inodes`: how many."""

    path: str = "/"
    device: str = "nvme0n1p1"
    file_system: str = "xfs"
    used: float = 20.0
    size: int = 8 * GIB
    inodes: int = 4_000_000
    inodes_used: float = 2.0


class HostFile:
    """A file on the disk: lines, and where each ends in bytes. A renamed file is the same file."""

    def __init__(self, made: datetime) -> None:
        self.modified = made
        self.lines: list[bytes] = []
        self.ends: list[int] = []

    @property
    def size(self) -> int:
        """Bytes, with the newline of every line."""
        return self.ends[-1] if self.ends else 0

    def append(self, line: bytes, at: datetime) -> None:
        """Write a line."""
        self.ends.append(self.size + len(line) + 1)
        self.lines.append(line)
        self.modified = at

    def empty(self, at: datetime) -> None:
        """Cut it to nothing, as copytruncate does."""
        self.lines, self.ends, self.modified = [], [], at


class HostFiles:
    """The files of a machine, by path. Whoever watches them hears of every change at once."""

    def __init__(self) -> None:
        self._files: dict[str, HostFile] = {}
        self._watching: list[Callable[[str], object]] = []

    def __getitem__(self, path: str) -> HostFile:
        """The file; raises WorldError where there is none."""
        try:
            return self._files[path]
        except KeyError:
            raise WorldError(f"the machine has no file {path}") from None

    def get(self, path: str) -> HostFile | None:
        """The file, or None."""
        return self._files.get(path)

    def paths(self) -> list[str]:
        """Every path, in the order in which the files were made."""
        return list(self._files)

    def watch(self, told: Callable[[str], object]) -> None:
        """Tell of each path that is written, made, renamed, cut or removed from now on."""
        self._watching.append(told)

    def write(self, path: str, line: str, at: datetime, *, encoding: str = "utf-8") -> None:
        """Append a line, to a new file where there is none."""
        self._files.setdefault(path, HostFile(at)).append(line.encode(encoding), at)
        self._changed(path)

    def rotate(self, path: str, to: str, at: datetime) -> None:
        """Rename a file and make an empty one in its place, as logrotate does with `create`."""
        self._files[to] = self[path]
        self._files[path] = HostFile(at)
        self._changed(to)
        self._changed(path)

    def truncate(self, path: str, at: datetime) -> None:
        """Cut a file to nothing, as logrotate does with `copytruncate`."""
        self[path].empty(at)
        self._changed(path)

    def remove(self, path: str) -> None:
        """Delete a file."""
        self._files.pop(path, None)
        self._changed(path)

    def _changed(self, path: str) -> None:
        for told in self._watching:
            told(path)


@dataclass(slots=True, kw_only=True)
class Process:
    """A process of a machine. `command`: its whole line; `cpu`: percent; `memory`: bytes that it holds."""

    name: str
    pid: int
    command: str = ""
    pid_file: str = ""
    cpu: float = 0.0
    memory: float = 8 * 1024 * 1024
    threads: int = 1
    files: int = 8


def _usual() -> list[Process]:
    """What runs on a Linux host of EC2, as far as somebody might miss it."""
    names = ("systemd", "rsyslogd", "sshd", "crond", "auditd", "amazon-ssm-agent")
    return [Process(name=name, pid=1 + 500 * number, command=name) for number, name in enumerate(names)]


@dataclass(slots=True, kw_only=True)
class Machine:
    """What goes on inside an instance. `cpu` and `memory`: percent.

    `counts`: what else its operating system counts, by the CloudWatch agent's names, such as
    `netstat_tcp_established`; of a disk or a network interface, in a second. What is not in it is as on an
    idle machine. `processes`: those that may be told apart. `zone`: its clock's time zone, which EC2's images
    set to UTC.
    """

    instance: str
    region: str
    cpu: float = 5.0
    memory: float = 30.0
    disk: Disk = field(default_factory=Disk)
    more_disks: list[Disk] = field(default_factory=list)
    counts: dict[str, float] = field(default_factory=dict)
    processes: list[Process] = field(default_factory=_usual)
    files: HostFiles = field(default_factory=HostFiles)
    zone: str = "UTC"
    interface: str = "ens5"
    runs: int = 0  # how often it came up
    system_check_fails: bool = False
    instance_check_fails: bool = False
