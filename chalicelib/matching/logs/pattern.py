"""CloudWatch Logs filter patterns, as metric filters, subscription filters and FilterLogEvents share them.

Three languages, told apart by the first character: ``{`` JSON, ``[`` space-delimited fields, anything else
terms; a blank pattern matches everything.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
"""

from typing import Final, Protocol

from chalicelib.matching.logs.expression import Expression
from chalicelib.matching.logs.fields_pattern import FieldsPattern
from chalicelib.matching.logs.json_pattern import JsonPattern
from chalicelib.matching.logs.json_syntax import JsonCondition
from chalicelib.matching.logs.mismatch import Mismatch
from chalicelib.matching.logs.scanner import BLANKS, refusal
from chalicelib.matching.logs.terms_pattern import TermsPattern

MAX_LENGTH: Final = 1024


class _Language(Protocol):
    """What each of the three languages can do; LogPattern tells what it means."""

    @property
    def language(self) -> str: ...
    @property
    def selectors(self) -> tuple[str, ...]: ...
    def matches(self, message: str) -> bool: ...
    def extract(self, message: str) -> dict[str, str] | None: ...
    def value_of(self, selector: str, message: str) -> str | None: ...
    def explain(self, message: str) -> tuple[Mismatch, ...]: ...


class LogPattern:
    """A filter pattern, compiled once for any number of messages.

    Args:
        text: The pattern, of at most 1,024 characters.

    Raises:
        InvalidPattern: AWS would refuse the pattern; the error tells why and where, and for what is often
            written by mistake, what to write instead.
    """

    __slots__ = ("_pattern", "text")

    def __init__(self, text: str) -> None:
        if len(text) > MAX_LENGTH:
            reason = f"A filter pattern has at most {MAX_LENGTH:,} characters; this one has {len(text):,}"
            raise refusal(text, reason, MAX_LENGTH)
        self.text = text
        first = text.lstrip(BLANKS)[:1]
        self._pattern: _Language
        if first == "{":
            self._pattern = JsonPattern(text)
        elif first == "[":
            self._pattern = FieldsPattern(text)
        else:
            self._pattern = TermsPattern(text)

    def __repr__(self) -> str:
        return f"LogPattern({self.text!r})"

    @property
    def language(self) -> str:
        """``json``, ``space-delimited`` or ``terms``."""
        return self._pattern.language

    @property
    def conditions(self) -> Expression[JsonCondition] | None:
        """The conditions of a JSON pattern, as they are joined; None for the other two languages."""
        return self._pattern.expression if isinstance(self._pattern, JsonPattern) else None

    @property
    def selectors(self) -> tuple[str, ...]:
        """What the pattern names: ``$.errorCode``, or ``$status`` in a space-delimited one; each once."""
        return self._pattern.selectors

    def matches(self, message: str) -> bool:
        """Whether the message matches; for a message of any kind, without an error."""
        return self._pattern.matches(message)

    def fields(self, message: str) -> dict[str, str]:
        """What a matching message holds for the pattern's names, as AWS's TestMetricFilter shows it.

        Returns:
            For a JSON pattern its selectors (``$.latency``), for a space-delimited one every field of the
            line (``$bytes``, and ``$3`` where it has no name), each with its value as it is written.
            Selectors that lead to nothing, to null, or to an array or object, are left out. Empty when the
            message does not match.
        """
        return self._pattern.extract(message) or {}

    def value_of(self, selector: str, message: str) -> str | None:
        """The value of any selector, also of one not in the pattern; for a metric's value or dimension.

        Whether the message matches is not asked.

        Raises:
            InvalidPattern: It is no selector of the pattern's language, or names no field of the pattern.
        """
        return self._pattern.value_of(selector, message)

    def explain(self, message: str) -> tuple[Mismatch, ...]:
        """Which conditions keep the message from matching, in the pattern's order; empty when it matches."""
        return self._pattern.explain(message)
