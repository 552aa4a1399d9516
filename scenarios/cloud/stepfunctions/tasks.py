"""What a Task state calls: functions, the services with an integration of their own, and AWS's API.

Every call is made by the machine's role. Errors come by the names that Step Functions gives them; where a
service's model has no such error, the name of its general exception is unconfirmed.

Sources: https://docs.aws.amazon.com/step-functions/latest/dg/connect-to-resource.html,
https://docs.aws.amazon.com/step-functions/latest/dg/connect-lambda.html,
https://docs.aws.amazon.com/step-functions/latest/dg/connect-dynamodb.html,
https://docs.aws.amazon.com/step-functions/latest/dg/connect-sqs.html,
https://docs.aws.amazon.com/step-functions/latest/dg/connect-sns.html,
https://docs.aws.amazon.com/step-functions/latest/dg/connect-eventbridge.html,
https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from botocore.exceptions import ClientError, ParamValidationError
from botocore.model import ListShape, MapShape, OperationModel, Shape, StructureShape

from scenarios.cloud.api_calls import as_json, call, in_botocore, operation_of
from scenarios.cloud.kernel.caller import Caller
from scenarios.cloud.kernel.errors import NotSimulated
from scenarios.cloud.kernel.service_models import operation_model
from scenarios.cloud.setting import Setting
from scenarios.cloud.stepfunctions.errors import StateError, runtime

_STATES: Final = "arn:aws:states:::"
_SDK: Final = "aws-sdk:"
WAIT: Final = ".waitForTaskToken"
# Integrations of their own: the service in botocore, the beginning of its errors' names, and which parameters
# may be an object that is sent as text.
_OPTIMIZED: Final[Mapping[str, tuple[str, str, tuple[str, ...]]]] = {
    "lambda:invoke": ("lambda", "Lambda", ("Payload", "ClientContext")),
    "dynamodb:getItem": ("dynamodb", "DynamoDB", ()),
    "dynamodb:putItem": ("dynamodb", "DynamoDB", ()),
    "dynamodb:updateItem": ("dynamodb", "DynamoDB", ()),
    "dynamodb:deleteItem": ("dynamodb", "DynamoDB", ()),
    "sqs:sendMessage": ("sqs", "SQS", ("MessageBody",)),
    "sns:publish": ("sns", "SNS", ("Message",)),
    "events:putEvents": ("events", "EventBridge", ("Detail",)),
    "states:startExecution": ("stepfunctions", "StepFunctions", ("Input",)),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Integration:
    """What a task's Resource means.

    Args:
        operation: of AWS's API.
        service: botocore's name of it.
        prefix: what the names of its errors begin with.
        as_text: parameters that are sent as text, wherever they stand.
        waits: for a task token.
        direct: a function's ARN stands for it, whose answer is the result.
        names: service and operation, as the execution history has them.
    """

    operation: OperationModel
    service: str
    prefix: str
    as_text: tuple[str, ...] = ()
    waits: bool = False
    direct: str = ""
    optimized: bool = False
    names: tuple[str, str] = ("", "")


def integration(resource: str) -> Integration:
    """The integration that a Resource names; raises NotSimulated for one that isn't simulated."""
    if ":function:" in resource and resource.startswith("arn:aws:lambda:"):
        invoke = operation_model("lambda", "Invoke")
        return Integration(operation=invoke, service="lambda", prefix="Lambda", direct=resource)
    name = resource.removeprefix(_STATES)
    waits = name.endswith(WAIT)
    bare = name.removesuffix(WAIT)
    if name == resource or ".sync" in bare:
        raise NotSimulated("states", f"the task {resource}")
    service, _, action = bare.removeprefix(_SDK).partition(":")
    if bare in _OPTIMIZED:
        known, prefix, texts = _OPTIMIZED[bare]
        operation = operation_of(known, action)
        assert operation is not None
        return Integration(
            operation=operation,
            service=known,
            prefix=prefix,
            as_text=texts,
            waits=waits,
            optimized=True,
            names=(service, name.partition(":")[2]),
        )
    found = operation_of(in_botocore(service), action) if bare.startswith(_SDK) else None
    if found is None:
        raise NotSimulated("states", f"the task {resource}")
    return Integration(
        operation=found,
        service=in_botocore(service),
        prefix=service[:1].upper() + service[1:],
        waits=waits,
        names=("aws-sdk:" + service, name.removeprefix(_SDK).partition(":")[2]),
    )


def run(setting: Setting, caller: Caller, region: str, of: Integration, given: Any) -> Any:
    """Make a task's call; its result.

    Raises:
        StateError: it fails, by the name that Step Functions gives the error.
    """
    if of.direct:
        given = {"FunctionName": of.direct, "Payload": given}
    if not isinstance(given, Mapping):
        raise runtime(f"The Parameters '{json.dumps(given)}' could not be used to start the Task: no object")
    shape = of.operation.input_shape
    texts = ("Payload",) if of.direct else of.as_text
    asked = _for_botocore(_as_texts(given, texts), shape) if shape is not None else {}
    try:
        answer = call(setting, caller, of.operation, region, asked, service=of.service)
    except ParamValidationError as error:
        raise runtime(f"The Parameters could not be used to start the Task: [{error}]") from error
    except ClientError as error:
        raise _named(of, error) from error
    if of.service == "lambda" and of.operation.name == "Invoke":
        return _of_function(setting, of, answer)
    output = of.operation.output_shape
    told = _as_told(as_json(answer), output) if output is not None else {}
    if of.optimized and of.service == "events" and told.get("FailedEntryCount"):
        raise StateError("EventBridge.FailedEntry", json.dumps(told), of_task=True)
    return {**told, **_metadata(setting)} if of.optimized and of.service != "stepfunctions" else told


def _of_function(setting: Setting, of: Integration, answer: Mapping[str, Any]) -> Any:
    """What a function returned, or the error that it ended with."""
    text = answer["Payload"].read().decode() if "Payload" in answer else ""
    if "FunctionError" in answer:
        error = json.loads(text)
        name = error.get("errorType", "Lambda.Unknown") if isinstance(error, dict) else "Lambda.Unknown"
        raise StateError(str(name), text, of_task=True)
    payload = json.loads(text) if text else None
    if of.direct:
        return payload
    told = {name: answer[name] for name in ("ExecutedVersion", "StatusCode") if name in answer}
    return {**told, "Payload": payload, **_metadata(setting)}


def _metadata(setting: Setting) -> dict[str, Any]:
    request = setting.new_uuid("states.request")
    return {
        "SdkHttpMetadata": {"HttpStatusCode": 200},
        "SdkResponseMetadata": {"RequestId": request},
    }


def _named(of: Integration, error: ClientError) -> StateError:
    """The error's name: `DynamoDB.ConditionalCheckFailedException`, `S3.NoSuchBucketException`."""
    code, message = error.response["Error"]["Code"], error.response["Error"]["Message"]
    status = error.response["ResponseMetadata"]["HTTPStatusCode"]
    cause = f"{message} (Service: {of.prefix}, Status Code: {status})"
    known = _error_of(of.operation, {code, code.rpartition(".")[2], type(error).__name__})
    if known:
        name = known if known.endswith("Exception") else f"{known}Exception"
    elif of.service == "lambda":
        name = "AWSLambdaException" if not of.names[0].startswith("aws-sdk") else "LambdaException"
    else:
        name = f"Amazon{of.prefix}Exception" if of.optimized else f"{of.prefix}Exception"
    return StateError(f"{of.prefix}.{name}", cause, of_task=True)


def _error_of(operation: OperationModel, codes: set[str]) -> str:
    """The error of an operation's model that one of these stands for; "" for none."""
    shapes: list[Any] = list(operation.error_shapes)
    return next((each.name for each in shapes if codes & {each.name, each.error_code}), "")


# ---- parameters and results -----------------------------------------------------------------------


def _as_texts(value: Any, names: tuple[str, ...]) -> Any:
    """Objects at these names as JSON."""
    if isinstance(value, Mapping):
        return {
            name: json.dumps(each) if name in names and not _is_text(name, each) else _as_texts(each, names)
            for name, each in value.items()
        }
    return [_as_texts(each, names) for each in value] if isinstance(value, list) else value


def _is_text(name: str, value: Any) -> bool:
    """A payload is JSON always: a text becomes a JSON string."""
    return isinstance(value, str) and name != "Payload"


def _for_botocore(value: Any, shape: Shape) -> Any:
    """Parameters by botocore's names: Step Functions writes all of them with a capital at the beginning."""
    if isinstance(shape, StructureShape) and isinstance(value, Mapping):
        members = {name[:1].upper() + name[1:]: name for name in shape.members}
        found: dict[str, Any] = {}
        for name, each in value.items():
            member = str(name) if name in shape.members else members.get(str(name), str(name))
            inner = shape.members.get(member)
            found[member] = each if inner is None else _for_botocore(each, inner)
        return found
    if isinstance(shape, ListShape) and isinstance(value, list):
        return [_for_botocore(each, shape.member) for each in value]
    if isinstance(shape, MapShape) and isinstance(value, Mapping):
        return {name: _for_botocore(each, shape.value) for name, each in value.items()}
    return value


def _as_told(value: Any, shape: Shape) -> Any:
    """A result with all names of members capitalised."""
    if isinstance(shape, StructureShape) and isinstance(value, Mapping):
        return {
            name[:1].upper() + name[1:]: _as_told(each, shape.members[name])
            if name in shape.members
            else each
            for name, each in value.items()
        }
    if isinstance(shape, ListShape) and isinstance(value, list):
        return [_as_told(each, shape.member) for each in value]
    if isinstance(shape, MapShape) and isinstance(value, Mapping):
        return {name: _as_told(each, shape.value) for name, each in value.items()}
    return value
