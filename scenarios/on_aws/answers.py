"""What both engines have in common: a price that is said first, an answer, and what ends without one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

Clients = Callable[[str, str], Any]
"""Makes a boto3 client: service, region."""


class NoAnswer(Exception):
    """AWS gave no answer; the message is a sentence. `start`: where a query is malformed, if AWS says so."""

    def __init__(self, words: str, start: int | None = None) -> None:
        super().__init__(words)
        self.start = start


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What a query may cost. `bytes`: that it may scan, None where nobody knows; `words`: a sentence."""

    bytes: int | None
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """Rows of texts, None for what is absent, and a line about what was read for what price."""

    names: Sequence[str]
    rows: Sequence[Sequence[str | None]]
    words: str


class Engine(Protocol):
    """One of AWS's engines with a query for it."""

    def estimate(self) -> Estimate:
        """What it may cost; asks for nothing that costs."""

    def ask(self) -> Answered:
        """Have it answered. Raises NoAnswer; KeyboardInterrupt stops the query, too."""
