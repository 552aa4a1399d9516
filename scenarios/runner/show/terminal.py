"""Lines for people: wrapped and coloured on a terminal, whole in a pipe, so that they can be searched."""

import os
import shutil
import sys
import textwrap
from pathlib import Path
from typing import IO

from rich.console import Console
from rich.text import Text

COLUMNS = 80  # of a terminal that doesn't say
_NARROWEST = 20
_PROGRAM = "trailwarden"


class Terminal:
    """Writes to a stream. `width` is None where lines stay whole."""

    def __init__(self, stream: IO[str]) -> None:
        self._console = Console(file=stream, highlight=False, markup=False, emoji=False, soft_wrap=True)
        self.width = self._console.width if self._console.is_terminal else None

    def print(self, *parts: str | tuple[str, str]) -> None:
        """One line out of texts, each plain or with a style."""
        line = Text.assemble(*parts)
        line.rstrip()
        self._console.print(line)

    def wrapped(
        self,
        head: str,
        words: str,
        style: str = "",
        *,
        indent: str = "",
        head_style: str = "dim",
        width: int | None = None,
    ) -> None:
        """`words` behind `head`; what doesn't fit goes on below their beginning, a bar of the head's too.

        `width`: where to wrap in a pipe, too. A word longer than the room, such as an ARN, stays whole on a
        line of its own: it is to be copied.
        """
        lines = [words]
        if columns := self.width or width:
            lines = textwrap.wrap(
                words,
                max(columns - len(head), _NARROWEST),
                break_long_words=False,
                break_on_hyphens=False,
                replace_whitespace=False,
                subsequent_indent=indent,
            ) or [""]
        below = "".join(char if char == "│" else " " for char in head)
        for index, line in enumerate(lines):
            self.print((head if index == 0 else below, head_style), (line, style))

    def cut(self, words: str, head: int) -> str:
        """The words on one line behind a head of that length."""
        return cut(words, self.width - head) if self.width else words


def cut(words: str, room: int) -> str:
    """As many whole words as there is room for, and `…` for the rest."""
    if len(words) <= room:
        return words
    fits = words[: max(room - 1, 1)]
    whole = fits.rpartition(" ")[0] if words[len(fits)] != " " else fits
    return f"{whole or fits}…"


def called() -> str:
    """How to call the command from here: by its name, or by its path where the shell would not find it."""
    path = Path(sys.argv[0])
    return _by_name_or_path(path) if path.name == _PROGRAM else _PROGRAM


def called_from_pytest() -> str:
    """The same where pytest runs, or a worker of it: the command lies beside their Python."""
    return _by_name_or_path(Path(sys.executable).with_name(_PROGRAM))


def beside_the_command(program: str) -> str:
    """How to call another program of our environment, such as pytest."""
    return called().removesuffix(_PROGRAM) + program


def _by_name_or_path(path: Path) -> str:
    found = shutil.which(_PROGRAM)
    if not path.is_file() or (found and path.samefile(found)):
        return _PROGRAM
    return min(str(path), os.path.relpath(path), key=len)
