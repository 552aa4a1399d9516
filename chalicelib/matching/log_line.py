"""How a log line is cut into fields for space-delimited filter patterns.

Blanks of any kind and number separate fields. What stands in ``[...]`` or ``"..."`` is one field, without the
brackets or quotes, if the closing one ends a word; otherwise they are characters like any other, as in
``sshd[2101]:`` and in a line with a quote that is never closed.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html; that blanks
merge and unclosed quotes are ordinary is not on that page, but others saw the service do it.
"""

import re
from bisect import bisect_left
from dataclasses import dataclass
from functools import cached_property
from typing import Final

_WORD: Final = re.compile(r"[^ \t\r\n]+")
_CLOSING: Final = {"[": re.compile(r"\]"), '"': re.compile(r'(?<!\\)"')}
_BLANKS: Final = frozenset(" \t\r\n")


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a line, and where it starts there (with its bracket or quote)."""

    start: int
    text: str


class _Line:
    """A line that is being cut; every character is looked at a bounded number of times."""

    def __init__(self, line: str) -> None:
        self.line = line

    @cached_property
    def _brackets(self) -> list[int]:
        return [found.start() for found in _CLOSING["["].finditer(self.line)]

    @cached_property
    def _quotes(self) -> list[int]:
        return [found.start() for found in _CLOSING['"'].finditer(self.line)]

    def closing(self, start: int) -> int | None:
        """Where the bracket or quote at this place closes, if it does and ends a word there."""
        char = self.line[start]
        if char not in _CLOSING:
            return None
        places = self._brackets if char == "[" else self._quotes
        index = bisect_left(places, start + 1)
        if index == len(places):
            return None
        place = places[index]
        ends_word = place + 1 == len(self.line) or self.line[place + 1] in _BLANKS
        return place if ends_word else None


def split_line(line: str) -> list[Field]:
    """The fields of a line, in order."""
    cut = _Line(line)
    fields: list[Field] = []
    position = 0
    while word := _WORD.search(line, position):
        start = word.start()
        closed = cut.closing(start)
        if closed is None:
            fields.append(Field(start, word.group()))
            position = word.end()
        else:
            fields.append(Field(start, line[start + 1 : closed]))
            position = closed + 1
    return fields
