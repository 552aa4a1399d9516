"""Unstructured filter patterns: ``ERROR -ARGUMENTS``, ``?ERROR ?WARN``, ``"SERVER ERROR"``, ``%regex%``.

A term is found anywhere in a message, also inside a word, and case counts. All plain terms have to be there
and no excluded one (``-``). Of optional terms (``?``) one has to be there, but next to any other kind of term
AWS ignores them. A term with other characters than letters, digits and _ must be in double quotes.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html; the wording of
refusals is the service's own.
"""

import string
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from chalicelib.matching.errors import InvalidPattern
from chalicelib.matching.logs.mismatch import Mismatch
from chalicelib.matching.logs.regex import LogRegex
from chalicelib.matching.logs.scanner import BLANKS, Scanner, refusal

_BARE: Final = frozenset(string.ascii_letters + string.digits + "_")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Term:
    """A term: its sign (``-``, ``?`` or none), the text it looks for, and whether a message has it."""

    sign: str
    text: str
    position: int
    in_message: Callable[[str], bool]


class TermsPattern:
    """A pattern of terms, ready to match many messages.

    Raises:
        InvalidPattern: The text is not a list of terms.
    """

    language = "terms"
    selectors: tuple[str, ...] = ()

    def __init__(self, text: str) -> None:
        terms = _read(text)
        self._optional = tuple(term for term in terms if term.sign == "?")
        self._decisive = tuple(term for term in terms if term.sign != "?")
        self._wanted = tuple(term.in_message for term in terms if not term.sign)
        self._unwanted = tuple(term.in_message for term in terms if term.sign == "-")
        self._any_of = () if self._decisive else tuple(term.in_message for term in self._optional)

    def matches(self, message: str) -> bool:
        """Whether the message has the terms it needs, and none it must not have."""
        for wanted in self._wanted:
            if not wanted(message):
                return False
        for unwanted in self._unwanted:
            if unwanted(message):
                return False
        return not self._any_of or any(optional(message) for optional in self._any_of)

    def extract(self, message: str) -> dict[str, str] | None:
        """Nothing is extracted by terms; None when the message does not match."""
        return {} if self.matches(message) else None

    def value_of(self, selector: str, message: str) -> str | None:  # noqa: ARG002 - same words in each language
        """Terms have no values.

        Raises:
            InvalidPattern: Always; only JSON and space-delimited patterns have selectors.
        """
        raise refusal(selector, "A pattern of terms has no values; a JSON or a space-delimited one has", 0)

    def explain(self, message: str) -> tuple[Mismatch, ...]:
        """The terms to blame; none when the message matches."""
        if self.matches(message):
            return ()
        terms = self._decisive or self._optional
        return tuple(_mismatch(term) for term in terms if term.in_message(message) == (term.sign == "-"))


def _mismatch(term: _Term) -> Mismatch:
    excluded = term.sign == "-"
    return Mismatch(
        condition=term.sign + term.text,
        position=term.position,
        value=term.text if excluded else None,
        reason=f"the message has {term.text}" if excluded else f"the message does not have {term.text}",
    )


def _read(text: str) -> tuple[_Term, ...]:
    scanner = Scanner(text)
    terms: list[_Term] = []
    scanner.skip_blanks()
    while scanner.peek():
        terms.append(_read_term(scanner))
        scanner.skip_blanks()
    return tuple(terms)


def _read_term(scanner: Scanner) -> _Term:
    start = scanner.position
    sign = scanner.peek() if scanner.peek() in "-?" else ""
    scanner.position += len(sign)
    in_message: Callable[[str], bool]
    if scanner.peek() == '"':
        text = scanner.quoted()
        # AWS documents " " as the pattern for everything, the empty message included.
        in_message = (lambda _: True) if not text.strip(BLANKS) else _contains(text)
    elif scanner.peek() == "%":
        text, offset = scanner.between_percents()
        in_message = LogRegex(text, pattern=scanner.text, offset=offset).search
    else:
        text = scanner.run(_BARE)
        in_message = _contains(text)
        if not text and (not scanner.peek() or scanner.peek() in BLANKS):
            raise scanner.refuse(f"A term must follow {sign} directly, without a blank", start)
    if scanner.peek() and scanner.peek() not in BLANKS:
        raise _unexpected(scanner)
    return _Term(sign=sign, text=text, position=start, in_message=in_message)


def _contains(text: str) -> Callable[[str], bool]:
    return lambda message: text in message


def _unexpected(scanner: Scanner) -> InvalidPattern:
    char = scanner.peek()
    hint = "a term with other characters than letters, digits and _ must be in double quotes"
    if char == "$" or scanner.text[scanner.position :].startswith("{"):
        hint = 'a JSON pattern stands whole in braces: { $.eventName = "ConsoleLogin" }'
    elif char in "&|":
        hint = "terms that stand side by side are joined by and; for or write ?A ?B"
    elif char == "'":
        hint = 'a phrase must be in double quotes: "Failed password"'
    return scanner.refuse(f"Invalid character(s) in term '{char}': {hint}")
