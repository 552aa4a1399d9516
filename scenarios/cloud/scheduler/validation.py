"""What EventBridge Scheduler refuses of schedules and groups, and what of them is not simulated.

The words about zones, windows and targets are unconfirmed.

Sources: https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateSchedule.html,
https://docs.aws.amazon.com/scheduler/latest/UserGuide/setting-up.html (the execution role)
"""

import json
from collections.abc import Mapping
from typing import Any, Final

from botocore.exceptions import UnknownServiceError
from botocore.model import OperationNotFoundError

from scenarios.cloud.authorization.trust import can_be_assumed
from scenarios.cloud.kernel import moto_events
from scenarios.cloud.kernel.arns import service_of
from scenarios.cloud.kernel.errors import NotSimulated, Refused
from scenarios.cloud.kernel.service_models import operation_model
from scenarios.cloud.kernel.validation import Request, Validation
from scenarios.cloud.scheduler.occurrences import InvalidZone, Occurrences
from scenarios.cloud.scheduler.targets import READ_ONLY, SERVICE, UNIVERSAL, named_in, refuse_unknown
from scenarios.cloud.schedules import InvalidSchedule

DEFAULT_GROUP: Final = "default"
# A target in one of these services says more about itself in this parameter.
_PARAMETERS: Final[Mapping[str, str]] = {
    "events": "EventBridgeParameters",
    "kinesis": "KinesisParameters",
    "ecs": "EcsParameters",
    "sagemaker": "SageMakerPipelineParameters",
}


def schedule(request: Request) -> None:
    """A schedule: when, what for, and under which role."""
    given = request.parameters
    if "KmsKeyArn" in given:
        raise NotSimulated("scheduler", f"{request.operation} with KmsKeyArn")
    group_name = given.get("GroupName", DEFAULT_GROUP)
    if group_name not in moto_events.schedule_groups(request.account, request.region):
        raise Refused("ResourceNotFoundException", f"Schedule group {group_name} does not exist.", 404)
    _when(given)
    _window(given["FlexibleTimeWindow"])
    _target(given["Target"])
    role = given["Target"]["RoleArn"]
    if not can_be_assumed(role, SERVICE, account=request.account, region=request.region):
        raise _refused(
            "The execution role you provide must allow AWS EventBridge Scheduler to assume the role."
        )


def _when(given: Mapping[str, Any]) -> None:
    try:
        Occurrences(given["ScheduleExpression"], given.get("ScheduleExpressionTimezone", "UTC"))
    except InvalidSchedule as error:
        raise _refused(f"Invalid Schedule Expression {given['ScheduleExpression']}.") from error
    except InvalidZone as error:
        raise _refused(f"Invalid time zone {error}.") from error


def _window(window: Mapping[str, Any]) -> None:
    flexible = window["Mode"] == "FLEXIBLE"
    if flexible != ("MaximumWindowInMinutes" in window):
        raise _refused("MaximumWindowInMinutes is required for a flexible time window, and for no other.")
    if flexible and not 1 <= int(window["MaximumWindowInMinutes"]) <= 1440:
        raise _refused("MaximumWindowInMinutes is between 1 and 1440.")


def _target(target: Mapping[str, Any]) -> None:
    arn, service = target["Arn"], service_of(target["Arn"])
    refuse_unknown(target)
    if UNIVERSAL in arn:
        _check_operation(arn)
        service = ""
    needed = _PARAMETERS.get(service)
    if needed is not None and needed not in target:
        raise _refused(f"{needed} must be set for a target in {service}.")
    in_json = service in ("events", "lambda", "")
    if in_json and not _is_json(target.get("Input", "{}"), must_be_object=service != "lambda"):
        raise _refused("Input is not a valid JSON object.")
    dead_letters = target.get("DeadLetterConfig", {}).get("Arn", "")
    if dead_letters.endswith(".fifo"):
        raise _refused("A dead-letter queue is a standard queue.")


def _check_operation(arn: str) -> None:
    """A universal target names an operation of AWS's API that does something."""
    service, operation = named_in(arn)
    action = arn.rpartition(":")[2]
    if action.startswith(READ_ONLY):
        raise _refused(f"{action} is a read-only API action, which is not supported.")
    try:
        operation_model(service, operation)
    except (OperationNotFoundError, UnknownServiceError):
        raise _refused(f"{arn} is not a supported target.") from None


def _is_json(text: str, *, must_be_object: bool) -> bool:
    try:
        return isinstance(json.loads(text), dict) or not must_be_object
    except ValueError:
        return False


def _refused(why: str) -> Refused:
    return Refused("ValidationException", why)


def group(request: Request) -> None:
    """A group of schedules; moto would replace one of the same name."""
    name = request.parameters["Name"]
    if name in moto_events.schedule_groups(request.account, request.region):
        raise Refused("ConflictException", f"Schedule group {name} already exists.", 409)


def deleted_group(request: Request) -> None:
    """The group that every account has stays."""
    name = request.parameters["Name"]
    if name == DEFAULT_GROUP:
        raise _refused("Default schedule group cannot be deleted.")
    if name not in moto_events.schedule_groups(request.account, request.region):
        raise Refused("ResourceNotFoundException", f"Schedule group {name} does not exist.", 404)


VALIDATION = Validation(
    code="ValidationException",
    rules={
        "CreateSchedule": (schedule,),
        "UpdateSchedule": (schedule,),
        "CreateScheduleGroup": (group,),
        "DeleteScheduleGroup": (deleted_group,),
    },
)
