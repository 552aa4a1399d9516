"""Why a target did not take an event."""

from dataclasses import dataclass
from typing import Final

# The target's own trouble, not the rule's: EventBridge tries again.
RETRIABLE: Final = frozenset({"THROTTLING", "TIMEOUT", "CONNECTION_FAILURE", "INTERNAL_ERROR"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """AWS's ERROR_CODE, and its message.

    `again`: whether EventBridge tries again, where the code doesn't say so. `after`: the seconds that the
    target wants it to wait at least.
    """

    code: str
    message: str
    again: bool | None = None
    after: float = 0.0

    @property
    def retriable(self) -> bool:
        """Whether EventBridge tries again."""
        return self.code in RETRIABLE if self.again is None else self.again
