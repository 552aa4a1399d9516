r"""Regular expressions as Trino reads them, Java's, written for Python and, where that is safe, for RE2.

RE2, which DuckDB has, answers fast whether a text matches; Python's `re` answers everything else. What one of
them means differently is written out: `\s` is six characters in Java, `$` also stands before a last newline.
What neither has (`\p{..}`, `&&` in a class, `\G`...) is SqlNotSimulated.

Sources: https://trino.io/docs/current/functions/regexp.html,
https://docs.oracle.com/javase/8/docs/api/java/util/regex/Pattern.html
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from scenarios.queries.sql.errors import QueryFailed, SqlNotSimulated

_CLASSES: Final = {
    "d": r"0-9",
    "w": r"A-Za-z0-9_",
    "s": r" \t\n\x0b\f\r",
}
_ALIKE: Final = frozenset("tnrf")  # escapes that all three read alike
_PIECE: Final = re.compile(
    r"""(?P<quoted>\\Q(?P<inner>.*?)(?:\\E|\Z))|(?P<hex>\\x[0-9A-Fa-f]{2}|\\u[0-9A-Fa-f]{4})|(?P<k>\\k<(?P<name>\w+)>)
    |(?P<escape>\\.)|(?P<named>\(\?<(?=[A-Za-z]))|(?P<flags>\(\?[a-zA-Z-]+[:)])|(?P<special>\(\?(?:<?[=!]|>|:))
    |(?P<counted>\{\d+(?:,\d*)?\}[?+]?|[*+?][?+]?)|(?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Regex:
    """One pattern: for Python, compiled; for RE2 as text, where a search there finds the same; else None."""

    python: re.Pattern[str]
    re2: str | None


@lru_cache(maxsize=1024)
def compiled(pattern: str) -> Regex:
    """The pattern in both forms.

    Raises:
        QueryFailed: INVALID_FUNCTION_ARGUMENT, where Java can't read it either.
        SqlNotSimulated: what neither Python nor RE2 means as Java does.
    """
    python, re2 = _written(pattern)
    try:
        found = re.compile(python)
    except (re.error, OverflowError) as error:
        if _unbalanced(pattern):
            raise QueryFailed("INVALID_FUNCTION_ARGUMENT", f"{error}: {pattern}") from error
        raise SqlNotSimulated(f"the regular expression {pattern!r} ({error})") from error
    return Regex(found, re2)


def _unbalanced(pattern: str) -> bool:
    bare = re.sub(r"\\.|\[(?:\\.|[^\]\\])*\]", "", pattern, flags=re.DOTALL)
    return bare.count("(") != bare.count(")") or "[" in bare


class _Writer:
    """Goes through a pattern, and keeps what it is in both forms."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.python: list[str] = []
        self.re2: list[str] = []
        self.fast = True
        self.in_class = False
        self.class_begins = False
        self.depth = 0

    def both(self, python: str, re2: str | None = None) -> None:
        self.python.append(python)
        self.re2.append(python if re2 is None else re2)

    def slow(self, python: str) -> None:
        self.fast = False
        self.python.append(python)

    def refuse(self, what: str) -> None:
        raise SqlNotSimulated(f"{what} in the regular expression {self.pattern!r}")


def _written(pattern: str) -> tuple[str, str | None]:
    writer = _Writer(pattern)
    for found in _PIECE.finditer(pattern):
        kind = found.lastgroup if found.lastgroup not in ("inner", "name") else None
        kind = kind or next(name for name, value in found.groupdict().items() if value is not None)
        if writer.in_class:
            _in_class(writer, found, kind)
        else:
            _STEPS[kind](writer, found)
    return "".join(writer.python), "".join(writer.re2) if writer.fast else None


def _in_class(writer: _Writer, found: re.Match[str], kind: str) -> None:
    written, begins = found[0], writer.class_begins
    writer.class_begins = written == "^" and begins and writer.python[-1] == "["
    if kind == "escape":
        _escape_in_class(writer, written[1])
    elif kind == "hex":
        writer.both(written, f"\\x{{{written[2:]}}}")
    elif kind in ("quoted", "k"):
        writer.refuse(r"\Q or \k in a class")
    elif "[" in written or "&&" in writer.pattern[found.start() : found.end() + 1]:
        writer.refuse("a class in a class")
    elif written == "]" and begins:
        writer.refuse("an empty class")
    elif "]" in written:
        writer.in_class = False
        writer.both(written)
    else:
        writer.both(written)


def _escape_in_class(writer: _Writer, letter: str) -> None:
    if letter in _CLASSES:
        writer.both(_CLASSES[letter])
    elif letter in _ALIKE or not letter.isalnum():
        writer.both(f"\\{letter}")
    else:
        writer.refuse(f"\\{letter} in a class")


def _escape(writer: _Writer, found: re.Match[str]) -> None:
    letter = found[0][1]
    if letter.lower() in _CLASSES:
        writer.both(f"[{'^' if letter.isupper() else ''}{_CLASSES[letter.lower()]}]")
    elif letter in _ALIKE or not letter.isalnum():
        writer.both(f"\\{letter}")
    elif letter == "A":
        writer.both(r"\A")
    elif letter == "z":
        writer.both(r"\Z", r"\z")
    elif letter == "Z":
        writer.slow(r"(?=\n?\Z)")
    elif letter in "bB123456789":
        writer.slow(f"\\{letter}")
    else:
        writer.refuse(f"\\{letter}")


def _quoted(writer: _Writer, found: re.Match[str]) -> None:
    writer.both(re.escape(found["inner"]))


def _hex(writer: _Writer, found: re.Match[str]) -> None:
    writer.both(found[0], f"\\x{{{found[0][2:]}}}")


def _back(writer: _Writer, found: re.Match[str]) -> None:
    writer.slow(f"(?P={found['name']})")


def _named(writer: _Writer, _: re.Match[str]) -> None:
    writer.depth += 1
    writer.slow("(?P<")


def _flags(writer: _Writer, found: re.Match[str]) -> None:
    letters = found[0][2:-1]
    if set(letters) - set("imsx-") or (found[0].endswith(")") and found.start() > 0):
        writer.refuse(f"the flags {found[0]}")
    if letters == "i":
        writer.both(found[0])
    else:
        writer.slow(found[0])
    writer.depth += found[0].endswith(":")


def _special(writer: _Writer, found: re.Match[str]) -> None:
    writer.depth += 1
    if found[0] == "(?:":
        writer.both(found[0])
    else:
        writer.slow(found[0])


def _counted(writer: _Writer, found: re.Match[str]) -> None:
    if found[0].endswith("+") and len(found[0]) > 1:
        writer.slow(found[0])
    else:
        if any(int(each) > 999 for each in re.findall(r"\d+", found[0])):
            writer.fast = False
        writer.both(found[0])


def _other(writer: _Writer, found: re.Match[str]) -> None:
    letter, rest = found[0], writer.pattern[found.end() :]
    if letter == "[":
        writer.in_class = writer.class_begins = True
    writer.depth += {"(": 1, ")": -1}.get(letter, 0)
    if letter == "$":
        if rest and not (rest.startswith("|") and writer.depth == 0):
            writer.fast = False
        writer.both("$", r"(?:\n?\z)")
    else:
        writer.both(letter)


_STEPS: Final[dict[str, Callable[[_Writer, re.Match[str]], None]]] = {
    "quoted": _quoted,
    "hex": _hex,
    "k": _back,
    "escape": _escape,
    "named": _named,
    "flags": _flags,
    "special": _special,
    "counted": _counted,
    "other": _other,
}

# ---- what DuckDB calls --------------------------------------------------------------------------------


def like(value: str, pattern: str) -> bool:
    """regexp_like: whether the pattern is found anywhere."""
    return compiled(pattern).python.search(value) is not None


def extract(value: str, pattern: str, group: int) -> list[str]:
    """regexp_extract: a list of the one text found, or an empty one; DuckDB's functions can't answer NULL."""
    found = compiled(pattern).python.search(value)
    if found is None:
        return []
    text = _group(found, group)
    return [] if text is None else [text]


def extract_all(value: str, pattern: str, group: int) -> list[str | None]:
    """regexp_extract_all: each text found."""
    return [_group(found, group) for found in compiled(pattern).python.finditer(value)]


def _group(found: re.Match[str], group: int) -> str | None:
    if not 0 <= group <= found.re.groups:
        why = f"Pattern has {found.re.groups} groups. Cannot access group {group}"
        raise QueryFailed("INVALID_FUNCTION_ARGUMENT", why)
    text: str | None = found[group]
    return text


def replace(value: str, pattern: str, replacement: str) -> str:
    """regexp_replace: each match by the replacement, in which $1 and ${name} are groups."""
    pieces = list(_replacement(replacement))

    def one(found: re.Match[str]) -> str:
        return "".join(piece if isinstance(piece, str) else _of_group(found, piece[0]) for piece in pieces)

    return compiled(pattern).python.sub(one, value)


def _of_group(found: re.Match[str], group: int | str) -> str:
    try:
        return found[group] or ""
    except IndexError:
        raise QueryFailed(
            "INVALID_FUNCTION_ARGUMENT", f"Illegal replacement sequence: unknown group {group}"
        ) from None


def _replacement(text: str) -> Iterator[str | tuple[int | str]]:
    for found in re.finditer(r"\\(.)|\$(\d)|\$\{(\w+)\}|([^\\$]+|.)", text, re.DOTALL):
        escaped, number, name, plain = found.groups()
        if number is not None:
            yield (int(number),)
        elif name is not None:
            yield (int(name) if name.isdigit() else name,)
        elif plain in ("$", "\\"):
            raise QueryFailed("INVALID_FUNCTION_ARGUMENT", f"Illegal replacement sequence: {text}")
        else:
            yield escaped or plain or ""


def split(value: str, pattern: str) -> list[str]:
    """regexp_split: the texts between the matches, the last one even when it is empty."""
    pieces, last = [], 0
    for found in compiled(pattern).python.finditer(value):
        pieces.append(value[last : found.start()])
        last = found.end()
    return [*pieces, value[last:]]


def count(value: str, pattern: str) -> int:
    """regexp_count: how often the pattern is found."""
    return sum(1 for _ in compiled(pattern).python.finditer(value))


def groups(value: str, pattern: str) -> list[str | None]:
    """What Hive's RegexSerDe makes of a line: its groups where all of the line matches, else nothing."""
    found = compiled(pattern).python.fullmatch(value)
    return list(found.groups()) if found else []
