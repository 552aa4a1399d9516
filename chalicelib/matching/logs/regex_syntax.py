r"""The regular expressions of CloudWatch Logs filter patterns, as they are written.

AWS allows a small language between two percent signs: letters, digits, blanks and ``: _ # = @ / ; , -``, the
operators ``^ $ ? [ ] { } | \ * + .``, the classes ``\d \D \s \S \w \W`` and ``\xhh``. There are no
parentheses, hence no groups: a regex is a choice of flat rows of character classes, each with a number of
times.

Characters are those of the message. Classes know ASCII only; ``.`` takes anything but a line feed (AWS says
"any single character"; that a line feed is none of them is what every regex engine does by default).

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/regex-expressions.html
"""

import string
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from chalicelib.matching.logs.scanner import Scanner

# A class of characters is an integer: a bit for each ASCII character, and one for all others together.
OTHERS: Final = 128
_EVERYTHING: Final = (1 << (OTHERS + 1)) - 1


def _charset(characters: str) -> int:
    return sum(1 << ord(char) for char in set(characters))


_DIGITS: Final = _charset(string.digits)
_WORD: Final = _charset(string.ascii_letters + string.digits + "_")
_SPACE: Final = _charset(" \t\n\r\f\v")
_DOT: Final = _EVERYTHING ^ _charset("\n")
_CLASSES: Final = {
    "d": _DIGITS,
    "D": _EVERYTHING ^ _DIGITS,
    "s": _SPACE,
    "S": _EVERYTHING ^ _SPACE,
    "w": _WORD,
    "W": _EVERYTHING ^ _WORD,
}
_SYMBOLS: Final = frozenset(":_#=@/;,- ")
_OPERATORS: Final = frozenset("^$?[]{}|\\*+.")
_PLAIN: Final = frozenset(string.ascii_letters + string.digits) | _SYMBOLS
_REPEATS: Final = frozenset("*+?{")
_HEX: Final = frozenset(string.hexdigits)
_COUNT: Final = frozenset(string.digits)

MAX_PLACES: Final = 4096


@dataclass(frozen=True, slots=True)
class Item:
    """A class of characters, and how often it may stand here (``most`` None: without end)."""

    charset: int
    least: int
    most: int | None


@dataclass(frozen=True, slots=True)
class Branch:
    """One side of a ``|``."""

    items: tuple[Item, ...]
    at_start: bool
    at_end: bool

    def literal(self) -> str:
        """The longest text that every match of this branch holds; empty when there is none."""
        runs = [""]
        for item in self.items:
            single = item.charset.bit_count() == 1 and not item.charset >> OTHERS
            if single and item.least == 1 == item.most:
                runs[-1] += chr(item.charset.bit_length() - 1)
            else:
                runs.append("")
        return max(runs, key=len)


class RegexReader:
    """Reads a regex; every refusal tells the place in the filter pattern around it."""

    def __init__(self, source: str, *, pattern: str, offset: int) -> None:
        self._scanner = Scanner(pattern)
        self._scanner.position = offset
        self._end = offset + len(source)
        self._places = 0

    def branches(self) -> tuple[Branch, ...]:
        """The whole regex, as a choice of rows."""
        return tuple(self._branches())

    def _branches(self) -> Iterator[Branch]:
        yield self._branch()
        while self._take("|"):
            yield self._branch()

    def _peek(self) -> str:
        return self._scanner.peek() if self._scanner.position < self._end else ""

    def _take(self, char: str) -> bool:
        found = self._peek() == char
        self._scanner.position += found
        return found

    def _branch(self) -> Branch:
        start = self._scanner.position
        at_start = self._take("^")
        items: list[Item] = []
        at_end = False
        while (char := self._peek()) and char != "|":
            if at_end:
                raise self._scanner.refuse(
                    "Nothing can follow $, the end of the text; a plain $ is written \\$"
                )
            at_end = self._take("$")
            if not at_end:
                items.append(self._item())
        if self._scanner.position == start:
            raise self._scanner.refuse("A regular expression, or one side of its |, is empty")
        return Branch(tuple(items), at_start, at_end)

    def _item(self) -> Item:
        charset = self._atom()
        start = self._scanner.position
        least, most = self._repeat()
        # A trailing ? makes a repeat lazy, which changes what is captured, never whether it is found.
        if (least, most) != (1, 1):
            self._take("?")
        if self._peek() in _REPEATS and self._peek():
            raise self._scanner.refuse("There is nothing to repeat: one repeat follows another")
        self._places += max(least, 1) if most is None else most
        if self._places > MAX_PLACES:
            raise self._scanner.refuse(f"The regular expression has more than {MAX_PLACES:,} places", start)
        return Item(charset, least, most)

    def _atom(self) -> int:
        char = self._peek()
        if char == "[":
            return self._bracket()
        if char == "\\":
            return self._escape()
        if char == ".":
            self._scanner.position += 1
            return _DOT
        if char in "*+?{":
            raise self._scanner.refuse(
                f"There is nothing to repeat before {char}; a plain {char} is written \\{char}"
            )
        if char == "^":
            raise self._scanner.refuse("^ is allowed only at the start; a plain ^ is written \\^")
        return 1 << self._character()

    def _character(self) -> int:
        char = self._peek()
        if char not in _PLAIN and char not in _OPERATORS:
            raise self._unsupported(char)
        self._scanner.position += 1
        return ord(char)

    def _unsupported(self, char: str) -> Exception:
        if not char.isascii():
            return self._scanner.refuse(
                f"Multi-byte characters are not supported in a regular expression: {char}"
            )
        code = f"\\x{ord(char):02X}"
        if char in "()":
            return self._scanner.refuse(
                f"Parentheses are not supported in a regular expression; a plain {char} is written {code}"
            )
        return self._scanner.refuse(f"{char} is not supported in a regular expression; write {code}")

    def _escape(self) -> int:
        start = self._scanner.position
        self._scanner.position += 1
        char = self._peek()
        if char in _CLASSES:
            self._scanner.position += 1
            return _CLASSES[char]
        if char == "x":
            return 1 << self._hexadecimal(start)
        if char and (char in _OPERATORS or char in _SYMBOLS):
            self._scanner.position += 1
            return 1 << ord(char)
        if not char:
            raise self._scanner.refuse("Nothing follows the last \\; a plain \\ is written \\\\", start)
        if char.isascii() and char.isalnum():
            hint = {"t": "; a tab is \\x09", "n": "; a line feed is \\x0A", "b": ""}.get(char, "")
            raise self._scanner.refuse(f"\\{char} is not supported in a regular expression{hint}", start)
        raise self._unsupported(char)

    def _hexadecimal(self, start: int) -> int:
        digits = self._scanner.text[self._scanner.position + 1 : min(self._scanner.position + 3, self._end)]
        if len(digits) < len("hh") or not _HEX.issuperset(digits) or int(digits, 16) >= OTHERS:
            raise self._scanner.refuse("\\x takes two hexadecimal digits from 00 to 7F", start)
        self._scanner.position += len("xhh")
        return int(digits, 16)

    def _bracket(self) -> int:
        opened = self._scanner.position
        self._scanner.position += 1
        negated = self._take("^")
        charset = 0
        while not self._take("]"):
            if not self._peek():
                raise self._scanner.refuse("A class that was opened with [ is not closed by ]", opened)
            charset |= self._bracket_part()
        if not charset:
            raise self._scanner.refuse("The class [] is empty; a plain ] is written \\]", opened)
        return _EVERYTHING ^ charset if negated else charset

    def _bracket_part(self) -> int:
        start = self._scanner.position
        low = self._bracket_character()
        if (
            self._peek() != "-"
            or self._scanner.text[self._scanner.position + 1 : self._scanner.position + 2] == "]"
        ):
            return low
        self._scanner.position += 1
        if not self._peek():
            return low
        high = self._bracket_character()
        if low.bit_count() != 1 or high.bit_count() != 1 or low > high:
            raise self._scanner.refuse("A range goes from a character to a later one, as in a-z", start)
        return (high << 1) - low

    def _bracket_character(self) -> int:
        return self._escape() if self._peek() == "\\" else 1 << self._character()

    def _repeat(self) -> tuple[int, int | None]:
        if self._take("*"):
            return 0, None
        if self._take("+"):
            return 1, None
        if self._take("?"):
            return 0, 1
        if self._peek() == "{":
            return self._braces()
        return 1, 1

    def _braces(self) -> tuple[int, int | None]:
        opened = self._scanner.position
        self._scanner.position += 1
        least = self._scanner.run(_COUNT)
        comma = self._take(",")
        most = self._scanner.run(_COUNT) if comma else least
        if not self._take("}") or not (least or most) or len(least + most) > len("40964096"):
            raise self._scanner.refuse(
                "A number of times is {n}, {n,}, {,m} or {n,m}, without blanks; a plain { is written \\{",
                opened,
            )
        bounds = int(least or 0), int(most) if most else None
        if bounds[1] is not None and bounds[1] < bounds[0]:
            raise self._scanner.refuse("The second number of times is less than the first", opened)
        return bounds
