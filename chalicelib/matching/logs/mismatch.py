"""Why a message did not match a log filter pattern."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Mismatch:
    """One condition of a pattern that a message does not satisfy.

    Attributes:
        condition: The condition as the pattern writes it.
        position: Where it starts in the pattern, counted in characters from 0.
        value: What the message has in its place, as text; None when it has nothing there.
        reason: The same in one sentence, for a person.
    """

    condition: str
    position: int
    value: str | None
    reason: str
