"""What takes long to make and comes from nothing but its input, kept in a folder from process to process.

What is kept may be a pickle, and to read that is to run code. So the folder has to be as trusted as Python's
own `__pycache__`. It is the user's cache directory (`$XDG_CACHE_HOME/trailwarden`, else
`~/.cache/trailwarden`), made with mode 0700. Where it or a file in it belongs to somebody else, or can be
written by others, it is left alone, and all is made anew; so it is where a file is broken, and where
nothing can be written. `TRAILWARDEN_CACHE` names another folder, or is `off`.

Nothing is stale. A file's name holds what was asked for, the state of every source that has a say in it
(path, size, times), the interpreter, and every distribution that is installed beside moto and botocore. A
process whose sources were changed since it began, or shortly before, neither reads nor writes: it may have
loaded what they said earlier. Who replaces parts of the simulated AWS in a process switches this off
there (`switched_off`).

Source: https://specifications.freedesktop.org/basedir-spec/latest/
"""

import hashlib
import os
import stat
import sys
import sysconfig
import time
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from importlib.util import find_spec
from pathlib import Path

VARIABLE = "TRAILWARDEN_CACHE"
OFF = "off"
_PROJECT = Path(__file__).resolve().parents[3]
# What scenarios.cloud is, what packages the stack, and all of ours that they import. A test holds it against
# what is imported.
SOURCES = (
    *("app.py", ".chalice/config.json", "chalicelib"),
    *("scenarios/__init__.py", "scenarios/packaging"),
    *("scenarios/cloud", "scenarios/dashboards", "scenarios/queries", "scenarios/records"),
    *("scenarios/service_logs", "scenarios/validator", "scenarios/files.py"),
    "scenarios/runner/library.py",  # which keeps what it says of other files
)
_LIBRARIES = ("moto", "botocore", "samtranslator")  # found, not loaded
_SUFFIX = ".kept"
_MOST_BYTES = 64_000_000
_MOST_FILES = 2000
_LOADED = time.clock_gettime_ns(time.CLOCK_REALTIME)  # which nobody freezes
_LONG_ENOUGH = 60_000_000_000  # nanoseconds in which a process has surely loaded its modules

_switched_off: list[object] = []  # by whom


@contextmanager
def switched_off() -> Iterator[None]:
    """Inside, nothing is read and nothing kept: for whoever replaces what the results come from."""
    somebody, those = object(), _switched_off
    those.append(somebody)
    try:
        yield
    finally:
        those.remove(somebody)


def read(asked: str) -> bytes | None:
    """What was kept for this text; None where nothing was, or what there is can't be trusted."""
    name = _name(asked)
    if name is None:
        return None
    with suppress(OSError, zlib.error), _folder() as folder, _file(name, folder) as file:
        if not _is_ours(file):
            return None
        with os.fdopen(file, "rb", closefd=False) as opened:
            content = zlib.decompress(opened.read())  # which has a checksum
        os.utime(file)  # what nobody uses goes first
        return content
    return None


def write(asked: str, content: bytes) -> None:
    """Keep this for whoever asks so; where that can't be, nothing happens."""
    name = _name(asked)
    if name is None or _FOLDER is None:
        return
    packed = zlib.compress(content, 1)
    with suppress(OSError):
        _FOLDER.parent.mkdir(mode=0o700, exist_ok=True)
        _FOLDER.mkdir(mode=0o700, exist_ok=True)
        with _folder() as folder:
            draft = f"{name}.{os.getpid()}.{time.clock_gettime_ns(time.CLOCK_REALTIME)}{_SUFFIX}"
            file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600, dir_fd=folder)
            try:
                with os.fdopen(file, "wb") as opened:
                    opened.write(packed)
                os.replace(draft, name, src_dir_fd=folder, dst_dir_fd=folder)
            except BaseException:
                os.unlink(draft, dir_fd=folder)
                raise
            _make_room(folder)


# ---- the name -----------------------------------------------------------------------------------


def _name(asked: str) -> str | None:
    """The name of the file for this text; None where nothing is kept."""
    if _switched_off or _FOLDER is None:
        return None
    state = state_of_sources(_PROJECT)
    if state is None:
        return None
    settings = sorted(each for each in os.environ.items() if each[0].startswith("MOTO_"))
    return f"{hashlib.sha256(repr((state, settings, asked)).encode()).hexdigest()}{_SUFFIX}"


@cache
def state_of_sources(project: Path) -> str | None:
    """A digest of all but the input that has a say; None where it can't be told, or has just changed.

    It is taken once for a process. What changes later has another digest, for which this one never asks.
    """
    try:
        found = [line for each in SOURCES for line in _stats(project / each)]
        beside = sorted({each.name for folder in _libraries() for each in folder.iterdir()})
    except OSError:
        return None
    if max(max(times) for _, _, *times in found) > _LOADED - _LONG_ENOUGH:
        return None
    installed = [name for name in beside if name.endswith((".dist-info", ".egg-info"))]
    about = (sys.version, sys.flags.optimize, str(project), installed, found)
    return hashlib.sha256(repr(about).encode()).hexdigest()


def _stats(path: Path) -> Iterator[tuple[str, int, int, int]]:
    """Path, size and times of a file, or of all files below a folder."""
    if not path.is_dir():
        yield _line(str(path), path.stat())
        return
    with os.scandir(path) as entries:
        for entry in sorted(entries, key=lambda each: each.name):
            if not entry.is_dir():
                yield _line(entry.path, entry.stat())
            elif entry.name != "__pycache__":
                yield from _stats(Path(entry.path))


def _line(path: str, status: os.stat_result) -> tuple[str, int, int, int]:
    """The second time is that of any change: a file that is copied may keep the first."""
    return path, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def _libraries() -> set[Path]:
    """The folders in which distributions are installed."""
    found = [each.origin for name in _LIBRARIES if (each := find_spec(name)) is not None]
    installed = {Path(sysconfig.get_path(name)) for name in ("purelib", "platlib")}
    return {Path(str(origin)).parents[1] for origin in found} | set(filter(Path.is_dir, installed))


# ---- the folder ---------------------------------------------------------------------------------


def folder_of(variables: Mapping[str, str]) -> Path | None:
    """Where things are kept; None where they aren't."""
    named = variables.get(VARIABLE)
    if named is not None:
        return Path(named).absolute() if named not in {OFF, ""} else None
    above = Path(variables.get("XDG_CACHE_HOME", ""))
    if not above.is_absolute():  # then it doesn't count, as the specification has it
        try:
            above = Path.home() / ".cache"
        except RuntimeError:  # nobody's
            return None
    return above / "trailwarden"


_FOLDER = folder_of(os.environ)  # once: a function that runs has other variables


@contextmanager
def _folder() -> Iterator[int]:
    """The folder, opened; raises OSError where there is none that can be trusted."""
    if _FOLDER is None:
        raise FileNotFoundError
    folder = os.open(_FOLDER, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        if not _is_ours(folder):
            raise PermissionError
        yield folder
    finally:
        os.close(folder)


@contextmanager
def _file(name: str, folder: int) -> Iterator[int]:
    file = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
    try:
        yield file
    finally:
        os.close(file)


def _is_ours(opened: int) -> bool:
    """Whether nobody else can have written what is opened."""
    status = os.fstat(opened)
    return status.st_uid == os.geteuid() and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def _make_room(folder: int) -> None:
    """Delete what was not used for longest, where there is too much; what isn't ours stays."""
    with os.scandir(folder) as entries:
        found = [
            (status.st_mtime_ns, status.st_size, entry.name)
            for entry in entries
            if entry.name.endswith(_SUFFIX) and (status := entry.stat(follow_symlinks=False))
        ]
    kept = 0
    for number, (_, size, name) in enumerate(sorted(found, reverse=True)):
        kept += size
        if kept > _MOST_BYTES or number >= _MOST_FILES:
            with suppress(FileNotFoundError):
                os.unlink(name, dir_fd=folder)
