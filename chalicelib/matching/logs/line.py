"""How a log line is cut into fields for space-delimited filter patterns.

Blanks of any kind and number separate fields. Text in ``[...]`` or ``"..."`` is one field, without the
brackets or quotes, if the closing one ends a word; otherwise they are characters like any other, as in
``sshd[2101]:`` and in a line with a quote that is never closed.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html; that blanks
merge and unclosed quotes are ordinary is not on that page, but others saw the service do it.
"""

import re
from bisect import bisect_left
from typing import Final

from chalicelib.matching.logs.scanner import BLANKS

_WORD: Final = re.compile(r"[^ \t\r\n]+")
_CLOSING: Final = {"[": re.compile(r"\]"), '"': re.compile(r'(?<!\\)"')}


class _Closings:
    """Where the brackets and quotes of a line close; each kind is looked for once, when first needed."""

    def __init__(self, line: str) -> None:
        self._line = line
        self._places: dict[str, list[int]] = {}

    def after(self, start: int) -> int | None:
        """Where the bracket or quote at this place closes, if it ends a word there."""
        line, char = self._line, self._line[start]
        places = self._places.get(char)
        if places is None:
            places = self._places[char] = [found.start() for found in _CLOSING[char].finditer(line)]
        index = bisect_left(places, start + 1)
        if index == len(places):
            return None
        following = line[places[index] + 1 : places[index] + 2]
        return places[index] if not following or following in BLANKS else None


def split_line(line: str, at_most: int | None = None) -> list[str]:
    """The fields of a line, in order, in time linear in its length.

    Args:
        line: The message.
        at_most: If the line has more fields, the last one given is the rest of the line as it stands.
    """
    closings = _Closings(line)
    fields: list[str] = []
    position = 0
    while word := _WORD.search(line, position):
        start, position = word.span()
        field = word.group()
        if field[0] in _CLOSING and (closed := closings.after(start)) is not None:
            field, position = line[start + 1 : closed], closed + 1
        if len(fields) + 1 == at_most and _WORD.search(line, position):
            fields.append(line[start:].rstrip(BLANKS))
            break
        fields.append(field)
    return fields
