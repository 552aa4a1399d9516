"""What is known of executions and of their steps, as they go on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from scenarios.cloud.kernel.caller import Caller
from scenarios.cloud.kernel.processes import Process, Signal
from scenarios.cloud.ssm.automation.documents import Runbook, Step

_OVER: Final = frozenset({"Success", "Failed", "TimedOut", "Cancelled"})


@dataclass(slots=True, kw_only=True)
class StepRun:
    """A step of an execution, from the beginning of its first attempt."""

    step: Step
    identity: str
    started: datetime
    status: str = "InProgress"
    ended: datetime | None = None
    inputs: Mapping[str, Any] = field(default_factory=dict)
    outputs: Mapping[str, Any] = field(default_factory=dict)
    response: Any = None
    failure: str = ""
    next_step: str = ""
    signal: Signal = field(default_factory=Signal)


@dataclass(slots=True, kw_only=True)
class Execution:
    """One execution of a runbook.

    `given`: the parameters as they were given; `known`: what `{{ }}` may name.
    """

    identity: str
    region: str
    document: str
    version: str
    runbook: Runbook
    given: Mapping[str, Sequence[str]]
    known: dict[str, Any]
    role: str
    by: Caller
    caller: Caller
    started: datetime
    token: str = ""
    tags: Sequence[Mapping[str, str]] = ()
    status: str = "InProgress"
    ended: datetime | None = None
    failure: str = ""
    outputs: Mapping[str, Any] = field(default_factory=dict)
    runs: list[StepRun] = field(default_factory=list)
    ends_soon: bool = False
    process: Process | None = None

    @property
    def over(self) -> bool:
        """Whether nothing more happens in it."""
        return self.status in _OVER

    @property
    def current(self) -> StepRun | None:
        """The step that is under way."""
        return self.runs[-1] if self.runs and self.runs[-1].ended is None else None
