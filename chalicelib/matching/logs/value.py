"""What a log filter pattern compares with: a text with wildcards, a number or a regular expression.

One grammar serves JSON selectors and space-delimited fields: ``= != < <= > >=``, then a bare word, a quoted
string or ``%regex%``. A bare number compares with numbers by value and with other text as it is written; a
quoted one compares only as it is written, so that ``"1"`` is not 1.0.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from operator import eq, ge, gt, le, lt, ne

from chalicelib.matching.logs.regex import LogRegex
from chalicelib.matching.logs.scanner import NAME, Scanner

MAX_REGEXES = 2
_BARE = NAME | frozenset("*.+")
_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_INTEGER = re.compile(r"[+-]?\d{1,30}", re.ASCII)
_COMPARE = {"=": eq, "!=": ne, "<": lt, "<=": le, ">": gt, ">=": ge}
# Operators of other languages, the longest first, and the operator to write here.
_FOREIGN = {
    "===": "=",
    "!==": "!=",
    "==": "=",
    "<>": "!=",
    "=!": "!=",
    "=>": ">=",
    "=<": "<=",
    "=~": "= %regex%",
    "!~": "!= %regex%",
    ":": "=",
    "~": "= %regex%",
}


def number_of(text: str) -> float | None:
    """The number that a text writes, as AWS writes numbers in patterns; None when it is not one.

    An int where the text writes one, so that long identifiers compare exactly.
    """
    if not _NUMBER.fullmatch(text):
        return None
    return int(text) if _INTEGER.fullmatch(text) else float(text)


def glob(pattern: str) -> Callable[[str], bool]:
    """Whether a text fits a pattern where each ``*`` stands for any text; one pass over the text."""
    first, *rest = pattern.split("*")
    if not rest:
        return pattern.__eq__
    last = rest.pop()
    middle = [part for part in rest if part]
    shortest = len(first) + len(last)

    def fits(text: str) -> bool:
        if len(text) < shortest or not text.startswith(first) or not text.endswith(last):
            return False
        position, end = len(first), len(text) - len(last)
        for part in middle:
            position = text.find(part, position, end)
            if position < 0:
                return False
            position += len(part)
        return True

    return fits


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """An operator and what stands to its right.

    Attributes:
        operator: One of ``= != < <= > >=``.
        text: The right side as it is meant: without quotes or percent signs.
        bare: Whether the right side has neither quotes nor percent signs.
        number: The right side as a number, if it is a bare one.
        regex: The right side, if it is a regular expression.
        fits: Whether a text is equal to the right side; the operator does not matter.
    """

    operator: str
    text: str
    bare: bool
    number: float | None
    regex: LogRegex | None
    fits: Callable[[str], bool]

    def holds(self, text: str, number: float | None) -> bool:
        """Whether a value satisfies the comparison, given as it is written and, if it is one, as a number."""
        if self.number is not None and number is not None:
            return bool(_COMPARE[self.operator](number, self.number))
        if self.operator == "=":
            return self.fits(text)
        return self.operator == "!=" and not self.fits(text)

    def holds_for(self, text: str) -> bool:
        """The same for a text that counts as a number whenever it looks like one."""
        return self.holds(text, None if self.number is None else number_of(text))

    @property
    def literal(self) -> str | None:
        """The one text that satisfies the comparison, if there is just one."""
        plain = self.regex is None and self.number is None and "*" not in self.text
        return self.text if plain and self.operator == "=" else None


def read_comparison(scanner: Scanner, left: str) -> Comparison:
    """Read an operator and its right side; ``left`` is what stands before it, for the sentence of a refusal.

    Raises:
        InvalidPattern: The operator or the right side is none of AWS's.
    """
    operator = _read_operator(scanner, left)
    scanner.skip_blanks()
    start = scanner.position
    if scanner.peek() == '"':
        text, bare, regex = scanner.quoted(), False, None
    elif scanner.peek() == "%":
        text, offset = scanner.between_percents()
        bare, regex = False, LogRegex(text, pattern=scanner.text, offset=offset)
    else:
        text, bare, regex = _read_bare(scanner, left, operator), True, None
    number = number_of(text) if bare else None
    if operator not in ("=", "!=") and number is None:
        raise scanner.refuse(
            f"{operator} compares numbers only: write a number without quotes after it", start
        )
    fits = regex.search if regex else glob(text)
    return Comparison(operator=operator, text=text, bare=bare, number=number, regex=regex, fits=fits)


def _read_operator(scanner: Scanner, left: str) -> str:
    for foreign, ours in _FOREIGN.items():
        if scanner.next_is(foreign):
            raise scanner.refuse(f"{foreign} is not an operator of filter patterns: write {left} {ours} ...")
    for operator in ("!=", "<=", ">=", "=", "<", ">"):
        if scanner.take(operator):
            return operator
    raise scanner.refuse(f"{left} must be followed by an operator: one of = != < <= > >=")


def _read_bare(scanner: Scanner, left: str, operator: str) -> str:
    start = scanner.position
    text = scanner.run(_BARE)
    char = scanner.peek()
    if char == "'":
        raise scanner.refuse(f'Strings must be in double quotes: {left} {operator} "..."')
    if char and char not in " \t\r\n,]}()&|":
        raise scanner.refuse(
            f"Invalid character(s) in term '{char}': a value with other characters than letters, digits"
            " and _ - . + * must be in double quotes",
        )
    if not text:
        raise scanner.refuse(f"{left} {operator} must be followed by a value", start)
    return text
