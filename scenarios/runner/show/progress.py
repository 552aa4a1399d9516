"""How far long work has come: one line on a terminal that nothing stays of, and none in a pipe.

A terminal that can't take a line back, such as an editor's (TERM=dumb), gets none either. Work that takes
many minutes asks for a line there now and then (`every_seconds`), for whoever reads the log of a CI.
"""

import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

from scenarios.runner.show.terminal import COLUMNS, cut

_CLEAR = "\r\x1b[2K"


class Progress:
    """The line, on standard error. No thread draws it: a world allows none."""

    def __init__(self, every_seconds: float = 0, seconds: Callable[[], float] = time.monotonic) -> None:
        self._shown = sys.stderr is not None and sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
        self._seconds, self._every, self._told = seconds, every_seconds, seconds()

    def say(self, words: str) -> None:
        """Put these words in the line's place; where there is none, write them if it is time to."""
        if self._shown:
            room = shutil.get_terminal_size((COLUMNS, 24)).columns - 3
            sys.stderr.write(f"{_CLEAR}  {cut(words, room)}")
            sys.stderr.flush()
        elif self._every and self._seconds() >= self._told + self._every:
            self._told = self._seconds()
            click.echo(words, err=True)

    def gone(self) -> None:
        """Take the line away, before something is printed that stays."""
        if self._shown:
            sys.stderr.write(_CLEAR)
            sys.stderr.flush()


@contextmanager
def progress(every_seconds: float = 0, seconds: Callable[[], float] = time.monotonic) -> Iterator[Progress]:
    """The line while something runs; however that ends, nothing of it stays on a terminal.

    `seconds` counts real time, for work inside of a world, where the clocks of `time` are simulated.
    """
    line = Progress(every_seconds, seconds)
    try:
        yield line
    finally:
        line.gone()
