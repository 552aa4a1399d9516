"""Errors by name, as a state fails with them: the States Language's own, and those of tasks.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
"""

from collections.abc import Sequence
from typing import Final

ALL: Final = "States.ALL"
TIMEOUT: Final = "States.Timeout"
TASK_FAILED: Final = "States.TaskFailed"
RUNTIME: Final = "States.Runtime"
TOO_MUCH_DATA: Final = "States.DataLimitExceeded"
# These end the execution: States.ALL doesn't stand for them.
_TERMINAL: Final = frozenset({RUNTIME, TOO_MUCH_DATA})


class StateError(Exception):
    """A state fails with an error's name and its cause."""

    def __init__(self, name: str, cause: str = "", *, of_task: bool = False) -> None:
        self.name, self.cause, self.of_task = name, cause, of_task
        super().__init__(f"{name}: {cause}")

    def is_one_of(self, names: Sequence[str]) -> bool:
        """Whether a retrier or a catcher that names these is meant."""
        if self.name in names:
            return True
        if ALL in names:
            return self.name not in _TERMINAL
        return TASK_FAILED in names and self.of_task and self.name != TIMEOUT


def runtime(cause: str) -> StateError:
    """An error that the definition and the data come to together."""
    return StateError(RUNTIME, cause)
