"""Text for people: text made safe, times, spans, sizes, lists, and commands to paste."""

import shlex
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

LONGEST_FACT = 1000


def safe(text: str, longest: int = LONGEST_FACT) -> str:
    """The text on one line, limited in length; characters that don't print are shown as escapes."""
    shown = "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)
    return shown if len(shown) <= longest else f"{shown[: longest - 1]}…"


_UNITS = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))


_SIZES = ("bytes", "KB", "MB", "GB", "TB")


# People don't read more names than these in an alert.
MOST_NAMED = 10


Counted = TypeVar("Counted")


def when(moment: datetime) -> str:
    """`2026-03-02 03:00:00 UTC`."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def span(duration: timedelta) -> str:
    """`2 d 4 h`, `5 min 3 s`: the two largest units; never below `0 s`."""
    left, parts = max(0, int(duration.total_seconds())), []
    for unit, seconds in _UNITS:
        count, left = divmod(left, seconds)
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2]) or "0 s"


def size(count: int) -> str:
    """`123 bytes`, `4.6 MB`; powers of 1024."""
    amount, unit = float(count), _SIZES[0]
    for larger in _SIZES[1:]:
        if amount < 1024:
            break
        amount, unit = amount / 1024, larger
    return f"{amount:.0f} {unit}" if unit == _SIZES[0] else f"{amount:.1f} {unit}"


def some(names: Sequence[str]) -> str:
    """`web-1, web-2`, or the first ten `and 3 more`."""
    shown = ", ".join(names[:MOST_NAMED])
    return f"{shown} and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else shown


def most_first(things: Iterable[Counted]) -> list[tuple[Counted, int]]:
    """Each thing with how often it was there: the most frequent first, then in their own order."""

    def rank(item: tuple[Any, int]) -> tuple[int, Any]:
        return -item[1], item[0]

    return sorted(Counter(things).items(), key=rank)


def aws_command(service: str, operation: str, options: Mapping[str, str], *positional: str) -> str:
    """Quoted for a shell; a value that looks like an option is bound to its own with `=`.

    `--no-verify-ssl`, say, is a legal name of a table.
    """
    words = ["aws", service, operation, *positional]
    for option, value in options.items():
        words += [f"{option}={value}"] if value.startswith("-") else [option, value]
    return " ".join(map(_in_shell, words))


def _in_shell(word: str) -> str:
    """Quoted for a shell, on one line: what doesn't print is written as bash's `$'...'` has it.

    Source: https://www.gnu.org/software/bash/manual/html_node/ANSI_002dC-Quoting.html
    """
    if word.isprintable():
        return shlex.quote(word)
    return "$'" + "".join(map(_escaped, word)) + "'"


def _escaped(char: str) -> str:
    if char in "'\\":
        return f"\\{char}"
    return char if char.isprintable() else f"\\U{ord(char):08x}"
