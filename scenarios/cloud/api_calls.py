"""Calls of AWS's API that a document names: the target of a schedule, a step of a runbook, a task.

They are made in a role's name, or in that of whoever set the service to work: IAM judges them, CloudTrail
records them, and laws act on them as on any call.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from botocore import xform_name
from botocore.exceptions import UnknownServiceError
from botocore.model import OperationModel, OperationNotFoundError

from scenarios.cloud.clients import ClientsOf
from scenarios.cloud.kernel.caller import Caller
from scenarios.cloud.kernel.moments import iso_milliseconds
from scenarios.cloud.kernel.service_models import operation_model, service_model
from scenarios.cloud.setting import Setting

# Where AWS's name of a service in a document isn't botocore's.
_IN_BOTOCORE: Final[Mapping[str, str]] = {
    "applicationautoscaling": "application-autoscaling",
    "cloudwatchlogs": "logs",
    "cognitoidentityprovider": "cognito-idp",
    "configservice": "config",
    "eventbridge": "events",
    "sfn": "stepfunctions",
}


def in_botocore(service: str) -> str:
    """A service's name in botocore."""
    return _IN_BOTOCORE.get(service, service)


def operation_of(service: str, name: str) -> OperationModel | None:
    """The operation that somebody writes as `StopInstances`, `stopInstances` or `stop_instances`."""
    try:
        return operation_model(service, name[:1].upper() + name[1:])
    except OperationNotFoundError:
        every = service_model(service).operation_names
        found = next((each for each in every if xform_name(each) == name), "")
        return operation_model(service, found) if found else None
    except (UnknownServiceError, ValueError):
        return None


def call(
    setting: Setting,
    caller: Caller,
    operation: OperationModel,
    region: str,
    parameters: Mapping[str, Any],
    *,
    service: str = "",
) -> dict[str, Any]:
    """Make the call, and return its answer without metadata.

    Raises:
        ClientError: AWS refuses it.
        ParamValidationError: botocore does.
    """
    named = service or operation.service_model.service_name
    client = ClientsOf(setting=setting, caller=caller).client(named, region)
    with setting.calls.aloud():
        answer: dict[str, Any] = getattr(client, xform_name(operation.name))(**parameters)
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"}


def as_json(value: Any) -> Any:
    """An answer as JSON can hold it: moments as ISO 8601, bytes and bodies as text."""
    if isinstance(value, Mapping):
        return {str(name): as_json(each) for name, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [as_json(each) for each in value]
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, datetime):
        return iso_milliseconds(value)
    read = value.read() if hasattr(value, "read") else value
    return read.decode(errors="replace") if isinstance(read, bytes) else str(read)
