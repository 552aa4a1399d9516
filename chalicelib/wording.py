"""Text for people: text made safe, times, spans, sizes, lists, and commands to paste."""

import re
import shlex
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

LONGEST_FACT = 1000
PERHAPS_DONE = (
    "A try that died may have done it, or somebody else: look, and undo it yourself as the alert says"
)

# Letters, signs and marks that Unicode calls printable, and that show nothing: with a row of them, as with a
# row of spaces, a name could push its own end to where the next line seems to begin.
# Source: https://www.unicode.org/reports/tr36/ (Default_Ignorable_Code_Point)
_SHOW_NOTHING = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0"
    + "".join(map(chr, (*range(0x180B, 0x180E), *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))
)
_MANY_SPACES = re.compile(" {3,}")


def safe(text: str, longest: int = LONGEST_FACT) -> str:
    """The text on one line, limited in length; what doesn't show, and a row of spaces, is spelt out."""
    text = text[: longest + 3]  # each shows as one character or more, and three spaces are a row
    plain = text.isascii() and text.isprintable()
    shown = text if plain else "".join(char if _shows(char) else ascii(char)[1:-1] for char in text)
    shown = _MANY_SPACES.sub(_spelt, shown)
    return shown if len(shown) <= longest else f"{shown[: longest - 1]}…"


def no_json(error: Exception) -> str:
    """Why a text is no JSON, from what `json.loads` raised; of a number too long Python says how to allow it.

    Source: https://docs.python.org/3/library/stdtypes.html#integer-string-conversion-length-limitation
    """
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    if "integer string conversion" in str(error):
        return f"a number in it has more than {sys.get_int_max_str_digits():,} digits"
    return str(error)


def encodable(text: str) -> str:
    r"""The text with halves of surrogate pairs spelt out, `\ud800`: DynamoDB and SNS take UTF-8 only.

    JSON can hold such a half (as an escape), and Python's text too.
    """
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()


def _shows(char: str) -> bool:
    return char.isprintable() and char not in _SHOW_NOTHING


def _spelt(spaces: re.Match[str]) -> str:
    return r"\x20" * len(spaces[0])


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
    return number_of(int(amount), "byte") if unit == _SIZES[0] else f"{amount:.1f} {unit}"


def last_name(arn: str) -> str:
    """`user/alice` of an ARN; any other text as it is."""
    return arn.split(":", 5)[5] if arn.startswith("arn:") and arn.count(":") >= 5 else arn


def number_of(count: int, what: str, *, or_more: bool = False) -> str:
    """`1 line`, `2 lines`, `3 or more lines`; `what` is one of them."""
    more = " or more" if or_more else ""
    return f"{count}{more} {what}{'' if count == 1 and not or_more else 's'}"


def some(names: Sequence[str]) -> str:
    """`web-1, web-2`, or the first ten `and 3 more`."""
    shown = ", ".join(names[:MOST_NAMED])
    return f"{shown} and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else shown


def most_first(things: Iterable[Counted]) -> list[tuple[Counted, int]]:
    """Each thing with how often it was there: the most frequent first, then in their own order."""

    def rank(item: tuple[Any, int]) -> tuple[int, Any]:
        return -item[1], item[0]

    return sorted(Counter(things).items(), key=rank)


# The AWS CLI reads what such a value names, where an option takes text; its version 1 does so with pages too.
# Source: https://docs.aws.amazon.com/cli/latest/userguide/cli-usage-parameters-file.html,
# https://docs.aws.amazon.com/cli/latest/userguide/cliv2-migration-changes.html
_READ_BY_THE_CLI = ("file://", "fileb://", "http://", "https://")
_NEVER_READ = ("--queue-url",)


def aws_command(service: str, operation: str, options: Mapping[str, str], *positional: str) -> str:
    """Quoted for a shell; a value that looks like an option is bound to its own with `=`.

    `--no-verify-ssl`, say, is a legal name of a table. `file:///etc/passwd` is a legal key of an object, and
    the CLI would read that file: then this is a sentence that says so.
    """
    for option, value in options.items():
        if value.startswith(_READ_BY_THE_CLI) and option not in _NEVER_READ:
            return f"no command: the AWS CLI would take the value of {option} for a file or a page to read"
    words = ["aws", service, operation, *positional]
    for option, value in options.items():
        words += [f"{option}={value}"] if value.startswith("-") else [option, value]
    return command_line(*words)


def command_line(*words: str) -> str:
    """Words for a shell, each quoted where it must be, all on one line."""
    return " ".join(map(_in_shell, words))


def _in_shell(word: str) -> str:
    """Quoted for a shell, on one line: what `safe` would change is written as bash's `$'...'` has it.

    Source: https://www.gnu.org/software/bash/manual/html_node/ANSI_002dC-Quoting.html
    """
    if all(map(_shows, word)) and not _MANY_SPACES.search(word):
        return shlex.quote(word)
    return "$'" + _MANY_SPACES.sub(_spelt, "".join(map(_escaped, word))) + "'"


def _escaped(char: str) -> str:
    if char in "'\\":
        return f"\\{char}"
    return char if _shows(char) else f"\\U{ord(char):08x}"


def whole(command: str) -> str:
    """The command as a fact, unless it is longer than a fact: half of one would do something else."""
    return command if len(command) <= LONGEST_FACT else "a command that is too long to show here"
