"""How far long work has come: one line on a terminal that nothing stays of, and none in a pipe.

A terminal that can't take a line back, such as an editor's (TERM=dumb), gets none either.
"""

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from scenarios.runner.show.terminal import COLUMNS, cut

_CLEAR = "\r\x1b[2K"


class Progress:
    """The line, on standard error. No thread draws it: a world allows none."""

    def __init__(self) -> None:
        self._shown = sys.stderr is not None and sys.stderr.isatty() and os.environ.get("TERM") != "dumb"

    def say(self, words: str) -> None:
        """Put these words in the line's place."""
        if self._shown:
            room = shutil.get_terminal_size((COLUMNS, 24)).columns - 3
            sys.stderr.write(f"{_CLEAR}  {cut(words, room)}")
            sys.stderr.flush()

    def gone(self) -> None:
        """Take the line away, before something is printed that stays."""
        if self._shown:
            sys.stderr.write(_CLEAR)
            sys.stderr.flush()


@contextmanager
def progress() -> Iterator[Progress]:
    """The line while something runs; however that ends, nothing of it stays."""
    line = Progress()
    try:
        yield line
    finally:
        line.gone()
