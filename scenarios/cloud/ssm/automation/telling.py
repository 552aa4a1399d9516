"""What EventBridge hears of executions and their steps, each time that a status changes.

Source: https://docs.aws.amazon.com/systems-manager/latest/userguide/monitoring-systems-manager-event-examples.html
(both, of what has ended; that AWS tells of the beginning too, without the end's fields, is unconfirmed)
"""

from datetime import datetime
from functools import partial
from typing import Any, Final

from scenarios.cloud.kernel.emitted import EmittedEvents
from scenarios.cloud.setting import Setting
from scenarios.cloud.ssm.automation.state import Execution, StepRun

EXECUTION: Final = "EC2 Automation Execution Status-change Notification"
STEP: Final = "EC2 Automation Step Status-change Notification"
EVENTS = EmittedEvents(source="aws.ssm", detail_types=(EXECUTION, STEP))
EVENT_SECONDS: Final = 1.0


def execution(setting: Setting, of: Execution) -> None:
    """An execution's status changed."""
    detail = {**_common(of, of.status, of.started, of.ended), "ExecutedBy": of.by.arn or of.by.service}
    _tell(setting, of, EXECUTION, detail)


def step(setting: Setting, of: Execution, run: StepRun) -> None:
    """A step's status changed."""
    detail = {
        **_common(of, run.status, run.started, run.ended),
        "StepName": run.step.name,
        "Action": run.step.action,
    }
    _tell(setting, of, STEP, detail)


def _common(of: Execution, status: str, started: datetime, ended: datetime | None) -> dict[str, Any]:
    detail: dict[str, Any] = {
        "ExecutionId": of.identity,
        "Definition": of.document,
        "DefinitionVersion": float(of.version),
        "Status": status,
        "StartTime": _written(started),
    }
    if ended is not None:
        detail["EndTime"] = _written(ended)
        detail["Time"] = float(round((ended - started).total_seconds() * 1000))
    return detail


def _written(at: datetime) -> str:
    """A moment as in `Nov 29, 2024 7:43:25 PM`."""
    hour = at.hour % 12 or 12
    return f"{at:%b} {at.day}, {at.year} {hour}:{at:%M:%S} {at:%p}"


def _tell(setting: Setting, of: Execution, detail_type: str, detail: dict[str, Any]) -> None:
    begin = f"arn:aws:ssm:{of.region}:{setting.account}"
    resources = [
        f"{begin}:automation-execution/{of.identity}",
        f"{begin}:automation-definition/{of.document}:{of.version}",
    ]
    event = setting.service_event(of.region, "aws.ssm", detail_type, resources, detail)
    tell = partial(setting.announce, of.region, event, by="ssm.amazonaws.com")
    setting.clock.after(EVENT_SECONDS, tell, detail_type)
