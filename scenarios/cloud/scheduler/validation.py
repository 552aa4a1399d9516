"""What EventBridge Scheduler refuses of a schedule, and what of it is not simulated.

Sources: https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateSchedule.html,
https://docs.aws.amazon.com/scheduler/latest/UserGuide/setting-up.html (the execution role)
"""

import json
from collections.abc import Mapping
from typing import Any, Final

from scenarios.cloud.authorization.trust import can_be_assumed
from scenarios.cloud.kernel.errors import NotSimulated, Refused
from scenarios.cloud.kernel.validation import Request, Validation
from scenarios.cloud.schedules import InvalidSchedule, Schedule

SERVICE: Final = "scheduler.amazonaws.com"
DEFAULT_GROUP: Final = "default"
UTC: Final = "UTC"


def schedule(request: Request) -> None:
    """A schedule: when, what for, and under which role."""
    given = request.parameters
    _is_simulated(request.operation, given)
    try:
        Schedule(given["ScheduleExpression"])
    except InvalidSchedule as error:
        raise _refused(f"Invalid Schedule Expression {given['ScheduleExpression']}.") from error
    target = given["Target"]
    if not _is_object(target.get("Input", "{}")):
        raise _refused("Input is not a valid JSON object.")
    role = target["RoleArn"]
    if not can_be_assumed(role, SERVICE, account=request.account, region=request.region):
        raise _refused(
            "The execution role you provide must allow AWS EventBridge Scheduler to assume the role."
        )


def _is_simulated(operation: str, given: Mapping[str, Any]) -> None:
    """Raises NotSimulated for whatever would happen otherwise, or at another time, than the law does."""
    target = given["Target"]
    holes = {
        "a target other than an event bus": "EventBridgeParameters" not in target,
        "a group": given.get("GroupName", DEFAULT_GROUP) != DEFAULT_GROUP,
        "a time zone": given.get("ScheduleExpressionTimezone", UTC) != UTC,
        "a flexible time window": given["FlexibleTimeWindow"]["Mode"] != "OFF",
        "a single time": given["ScheduleExpression"].startswith("at("),
        "StartDate and EndDate": bool({"StartDate", "EndDate"} & given.keys()),
        "KmsKeyArn": "KmsKeyArn" in given,
        "DeadLetterConfig": "DeadLetterConfig" in target,
    }
    for what, asked in holes.items():
        if asked:
            raise NotSimulated("scheduler", f"{operation} with {what}")


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False


def _refused(why: str) -> Refused:
    return Refused("ValidationException", why)


def group(request: Request) -> None:
    """A group of schedules; only the one that every account has is simulated."""
    raise NotSimulated("scheduler", request.operation)


VALIDATION = Validation(
    code="ValidationException",
    rules={"CreateSchedule": (schedule,), "UpdateSchedule": (schedule,), "CreateScheduleGroup": (group,)},
)
