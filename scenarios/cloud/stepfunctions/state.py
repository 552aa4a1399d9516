"""What is known of an execution as it goes on, and its history.

Source: https://docs.aws.amazon.com/step-functions/latest/apireference/API_HistoryEvent.html
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from scenarios.cloud.kernel.caller import Caller
from scenarios.cloud.kernel.processes import Process
from scenarios.cloud.stepfunctions.definitions import Machine
from scenarios.cloud.stepfunctions.errors import StateError

MOST_EVENTS: Final = 25_000
RUNNING: Final = "RUNNING"


def text_of(value: Any) -> str:
    """A value as Step Functions writes it."""
    return json.dumps(value, separators=(",", ":"))


@dataclass(slots=True)
class Line:
    """The last event of a branch or an iteration, which the next one names; and the item of an iteration."""

    previous: int = 0
    item: Mapping[str, Any] | None = None


@dataclass(slots=True, kw_only=True)
class Execution:
    """One execution. `machine_arn`: as it was started, with a version where one was named."""

    arn: str
    name: str
    machine_arn: str
    machine_name: str
    machine: Machine
    definition: str
    role: str
    caller: Caller
    region: str
    started: datetime
    input: str
    express: bool = False
    status: str = RUNNING
    stopped: datetime | None = None
    output: str | None = None
    error: str | None = None
    cause: str | None = None
    history: list[dict[str, Any]] = field(default_factory=list)
    process: Process | None = None

    def log(
        self, line: Line, at: datetime, kind: str, details: tuple[str, Mapping[str, Any]] | None = None
    ) -> None:
        """Add an event to the history; an express workflow keeps none.

        Raises StateError where the history is full.
        """
        if self.express:
            return
        if len(self.history) >= MOST_EVENTS - 1 and not kind.startswith("Execution"):
            why = f"The execution reached the maximum number of history events ({MOST_EVENTS})."
            raise StateError("States.Runtime", why)
        identity = len(self.history) + 1
        event: dict[str, Any] = {
            "timestamp": at,
            "type": kind,
            "id": identity,
            "previousEventId": line.previous,
        }
        if details is not None:
            event[details[0]] = dict(details[1])
        self.history.append(event)
        line.previous = identity


TokenMaker = Callable[[], str]
