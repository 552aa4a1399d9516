"""Bytes of files that somebody else may have made: of a kind that ends, and only so many.

A device never ends, and a FIFO with a name waits for somebody to write to it.
"""

import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import IO

from chalicelib.wording import size

_PIECE_BYTES = 1 << 20


class NotRead(Exception):
    """A file of a kind that is not read, or too large; the message is a clause that says which."""


def why_not(error: Exception) -> str:
    """Why a file can't be read: from NotRead or OSError, as a clause."""
    if isinstance(error, OSError):
        return (error.strerror or str(error)).lower()
    return str(error)


def bounded_bytes(name: str, most: int) -> bytes:
    """All bytes of a regular file or a shell's pipe; raises NotRead and OSError.

    Args:
        name: The file.
        most: How many bytes it may have.
    """
    with opened(name) as file:
        return bounded(file, most)


@contextmanager
def opened(name: str) -> Iterator[IO[bytes]]:
    """A regular file or a shell's pipe, to be read; raises NotRead and OSError."""
    # Without O_NONBLOCK, opening a FIFO waits until somebody writes to it.
    number = os.open(name, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(number, "rb", buffering=0) as file:  # noqa: PTH123  # a descriptor has no path
        mode = os.fstat(number).st_mode
        if stat.S_ISDIR(mode):
            file.read()  # says what is wrong
        if not stat.S_ISREG(mode) and not _is_a_shells_pipe(name, mode):
            raise NotRead("it is neither a regular file nor a pipe")
        os.set_blocking(number, True)
        yield file


def bounded(file: IO[bytes], most: int) -> bytes:
    """All bytes of an open file; raises NotRead where there are more than `most`."""
    return joined(pieces_of(file, _PIECE_BYTES), most)


def pieces_of(file: IO[bytes], length: int) -> Iterator[bytes]:
    """All bytes of an open file in pieces of at most `length`."""
    while piece := file.read(length):
        yield piece


def joined(pieces: Iterable[bytes], most: int) -> bytes:
    """All bytes of some pieces; raises NotRead, and asks for no more, where there are more than `most`."""
    found, total = [], 0
    for piece in pieces:
        found.append(piece)
        total += len(piece)
        if total > most:
            raise NotRead(f"it is larger than {size(most)}")
    return b"".join(found)


def _is_a_shells_pipe(name: str, mode: int) -> bool:
    """Whether it is a pipe without a name, as `<(...)` makes it: its writer is already there."""
    return stat.S_ISFIFO(mode) and "/pipe:[" in os.path.realpath(name)
