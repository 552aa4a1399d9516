"""A query's text as tokens, each with its place.

A slash is division or begins a regex: only whoever reads the tokens knows which may stand there. So tokens
are made one at a time, and `regex` is asked for where the language has one.
"""

import re
from collections.abc import Callable, Container
from dataclasses import dataclass
from typing import Final, TypeVar

from scenarios.queries.errors import MalformedQuery

KEYWORDS: Final = frozenset({"and", "or", "not", "in", "like", "as", "by", "asc", "desc", "into", "where"})
UNITS: Final = {
    **dict.fromkeys(("ms", "msec", "millisecond"), "ms"),
    **dict.fromkeys(("s", "sec", "second"), "s"),
    **dict.fromkeys(("m", "min", "minute"), "m"),
    **dict.fromkeys(("h", "hr", "hour"), "h"),
    **dict.fromkeys(("d", "day"), "d"),
    **dict.fromkeys(("w", "week"), "w"),
    **dict.fromkeys(("mo", "mon", "month"), "mo"),
    **dict.fromkeys(("q", "qtr", "quarter"), "q"),
    **dict.fromkeys(("y", "yr", "year"), "y"),
}
"""The units of a period by their names, without the plural's s."""

_BLANK = re.compile(r"(?:\s+|#[^\n]*)*")
_STRING = re.compile(r'"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'', re.DOTALL)
_REGEX = re.compile(r"/((?:\\.|[^/\\])*)/", re.DOTALL)
_DIGITS = r"\d{1,4000}"  # Python reads no number of more than 4,300
_PERIOD = re.compile(rf"({_DIGITS})([A-Za-z]+)\b")
_NUMBER = re.compile(rf"{_DIGITS}(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])")
_SYMBOL = re.compile(r"!=|<=|>=|=~|[=<>+\-*/%^(),\[\]|.:]")
_WORD = r"(?:[^\W\d]\w*|`[^`]*`)"
_NAME = re.compile(rf"@{{0,2}}{_WORD}(?:\.(?:@{{0,2}}{_WORD}|\d+)|\[{_DIGITS}\])*")
_FIRST_WORD = re.compile(rf"@{{0,2}}{_WORD}")
_STEP = re.compile(r"(@{0,2}`[^`]*`)|\[(\d+)\]|([^.`\[\]]+)")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "'": "'", "\\": "\\"}

Steps = tuple[str | int, ...]
Part = TypeVar("Part")


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A token from `start` up to, and without, `end`. Kinds: name, string, number, period, symbol, end."""

    kind: str
    text: str
    start: int
    end: int

    @property
    def word(self) -> str:
        """A keyword or symbol, in small letters; empty for what is neither."""
        return self.text.lower() if self.kind in ("name", "symbol") else ""

    @property
    def steps(self) -> Steps:
        """A name's steps: `a.b`, `` a.`b.c` `` and `a[1]` have two each; a number in brackets is one."""
        return tuple(
            quoted.replace("`", "") if quoted else int(number) if number else plain
            for quoted, number, plain in _STEP.findall(self.text)
        )

    @property
    def string(self) -> str:
        """What a string says."""
        return _ESCAPED.sub(lambda found: _ESCAPES.get(found[1], found[0]), self.text[1:-1])


def flat(steps: Steps) -> str:
    """Steps as the name that is shown: joined by dots."""
    return ".".join(map(str, steps))


def known_part(steps: Steps, known: Container[str]) -> int:
    """How many steps from the first on are one of the known names: as many as can be; 0: none are."""
    return next((end for end in range(len(steps), 0, -1) if flat(steps[:end]) in known), 0)


def unexpected(token: Token) -> MalformedQuery:
    """AWS's words for a token that may not stand where it does."""
    shown = token.text if token.kind != "end" else "<EOF>"
    return MalformedQuery(f"unexpected symbol found {shown}", token.start, max(token.start, token.end - 1))


class Scanner:
    """The tokens of a text, one at a time."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0
        self._next: Token | None = None
        self.last_end = 0

    def peek(self) -> Token:
        """The next token, which stays."""
        if self._next is None:
            self._next = self._scan(self._after_blanks(self.position))
        return self._next

    def take(self) -> Token:
        """The next token. Raises MalformedQuery where none begins."""
        token = self.peek()
        self._next, self.position = None, token.end
        self.last_end = token.end
        return token

    def takes(self, *words: str) -> str:
        """Take the next token if it is one of these words or symbols, and return which; else nothing."""
        word = self.peek().word
        if word and word in words:
            self.take()
            return word
        return ""

    def need(self, *words: str) -> str:
        """Take one of these words or symbols. Raises MalformedQuery for another."""
        return self.takes(*words) or self.fail()

    def fail(self) -> str:
        """Raise MalformedQuery for the next token."""
        raise unexpected(self.peek())

    def string(self) -> str:
        """What the next token says, which must be a string."""
        if self.peek().kind != "string":
            self.fail()
        return self.take().string

    def listed(self, read: Callable[[], Part]) -> tuple[Part, ...]:
        """Parts with commas between them, each read by `read`; at least one."""
        found = [read()]
        while self.takes(","):
            found.append(read())
        return tuple(found)

    def regex(self) -> Token | None:
        """Take the regex that begins here, without its slashes; None where none does."""
        start = self._after_blanks(self.position)
        found = _REGEX.match(self.text, start)
        if not found:
            return None
        self._next, self.position = None, found.end()
        self.last_end = found.end()
        return Token(kind="regex", text=found[1], start=start, end=found.end())

    def regex_is_next(self) -> bool:
        """Whether a slash is the next thing."""
        return self.text.startswith("/", self._after_blanks(self.position))

    def _after_blanks(self, position: int) -> int:
        found = _BLANK.match(self.text, position)
        return found.end() if found else position

    def _scan(self, start: int) -> Token:
        text = self.text
        if start >= len(text):
            return Token(kind="end", text="", start=len(text), end=len(text))
        period = _PERIOD.match(text, start)
        if period and unit_of(period[2]):
            return Token(kind="period", text=period[0], start=start, end=period.end())
        for kind, pattern in (("number", _NUMBER), ("string", _STRING), ("name", _NAME), ("symbol", _SYMBOL)):
            found = pattern.match(text, start)
            if found:
                first = _FIRST_WORD.match(text, start) if kind == "name" else None
                end = first.end() if first and first[0].lower() in KEYWORDS else found.end()
                return Token(kind=kind, text=text[start:end], start=start, end=end)
        raise MalformedQuery(f"unexpected symbol found {text[start]}", start, start)


def unit_of(name: str) -> str:
    """The unit that a name stands for, with or without a plural's s; empty: none."""
    name = name.lower()
    return UNITS.get(name) or (UNITS.get(name[:-1], "") if len(name) > 2 and name.endswith("s") else "")
