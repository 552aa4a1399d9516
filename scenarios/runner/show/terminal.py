"""Lines for people: wrapped and coloured on a terminal, whole in a pipe, so that they can be searched."""

import textwrap
from typing import IO

from rich.console import Console
from rich.text import Text

_NARROWEST = 20


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

    def wrapped(self, head: str, words: str, style: str = "", *, indent: str = "") -> None:
        """`words` behind `head`; what doesn't fit goes on below their beginning, a bar of the head's too."""
        lines = [words]
        if self.width:
            lines = textwrap.wrap(
                words,
                max(self.width - len(head), _NARROWEST),
                break_on_hyphens=False,
                replace_whitespace=False,
                subsequent_indent=indent,
            ) or [""]
        below = "".join(char if char == "│" else " " for char in head)
        for index, line in enumerate(lines):
            self.print((head if index == 0 else below, "dim"), (line, style))

    def cut(self, words: str, head: int) -> str:
        """The words on one line behind a head of that length."""
        room = self.width - head if self.width else len(words)
        return words if len(words) <= room else f"{words[: room - 1]}…"
