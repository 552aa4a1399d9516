"""AWS::Lambda: functions, who may invoke them, what becomes of failed events, queues they read.

Sources: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/AWS_Lambda.html; CreateFunction,
AddPermission, PutFunctionEventInvokeConfig and CreateEventSourceMapping of the Lambda API.
"""

import io
import re
import zipfile
from collections.abc import Mapping
from functools import cache
from typing import Any

from botocore.exceptions import ClientError

from scenarios.cloud.cloudformation.resources.access import require_assumable, role_may
from scenarios.cloud.cloudformation.resources.kind import Identity, Kind, Order
from scenarios.cloud.cloudformation.resources.shapes import (
    TAGS,
    Flag,
    Inert,
    Many,
    Refused,
    Shape,
    Table,
    Text,
    Whole,
    arn,
)
from scenarios.cloud.functions.queue_batches import DEFAULT_BATCH_SIZE, objection

# https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html; handlers run in this interpreter.
_RUNTIMES = ("python3.10", "python3.11", "python3.12", "python3.13", "python3.14")
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
_RESERVED = re.compile(
    r"_HANDLER|_X_AMZN_TRACE_ID|AWS_DEFAULT_REGION|AWS_REGION|AWS_EXECUTION_ENV|AWS_LAMBDA_(?!EXEC_WRAPPER).*"
    r"|AWS_ACCESS_KEY(_ID)?|AWS_SECRET_ACCESS_KEY|AWS_SESSION_TOKEN|AWS_XRAY_.*|LAMBDA_TASK_ROOT|LAMBDA_RUNTIME_DIR"
)
_SEND = {
    "sqs": "sqs:SendMessage",
    "sns": "sns:Publish",
    "lambda": "lambda:InvokeFunction",
    "events": "events:PutEvents",
}

_CODE = Shape(
    fields={
        "ImageUri": Refused(because="functions in containers"),
        "S3Bucket": Text(),
        "S3Key": Text(),
        "S3ObjectVersion": Text(),
        "ZipFile": Refused(because="code in the template"),
    },
    required=("S3Bucket", "S3Key"),
)
_LEVEL = Text(choices=("DEBUG", "ERROR", "FATAL", "INFO", "TRACE", "WARN"))
_LOGGING = Shape(
    fields={
        "ApplicationLogLevel": _LEVEL,
        "LogFormat": Text(choices=("JSON", "Text")),
        "LogGroup": Text(pattern=r"[.\-_/#A-Za-z0-9]{1,512}"),
        "SystemLogLevel": Text(choices=("DEBUG", "INFO", "WARN")),
    }
)

FUNCTION = Shape(
    fields={
        "Architectures": Many(of=Text(choices=("arm64", "x86_64")), least=1, most=1),
        "Code": Inert(because="the code that runs is the checkout", form=_CODE),
        "DeadLetterConfig": Shape(fields={"TargetArn": arn("sqs", "sns")}),
        "Description": Text(longest=256),
        "Environment": Shape(fields={"Variables": Table(of=Text())}),
        "EphemeralStorage": Shape(fields={"Size": Whole(low=512, high=10240)}, required=("Size",)),
        "FunctionName": Text(pattern=r"[a-zA-Z0-9_-]{1,64}"),
        "Handler": Text(pattern=r"[^\s]{1,128}"),
        "KmsKeyArn": arn("kms"),
        "Layers": Refused(because="layers hold code that is not in the checkout"),
        "LoggingConfig": Inert(
            because="the law of functions reads it from the stack: moto keeps no logging config",
            form=_LOGGING,
        ),
        "MemorySize": Whole(low=128, high=10240),
        "PackageType": Text(choices=("Zip",)),
        "ReservedConcurrentExecutions": Whole(),
        "Role": arn("iam"),
        "Runtime": Text(choices=_RUNTIMES),
        "Tags": TAGS,
        "Timeout": Whole(low=1, high=900),
        "TracingConfig": Shape(fields={"Mode": Text(choices=("Active", "PassThrough"))}),
    },
    required=("Code", "Handler", "Role", "Runtime"),
)

PERMISSION = Shape(
    fields={
        "Action": Text(pattern=r"lambda:[*]|lambda:[a-zA-Z]+|[*]"),
        "EventSourceToken": Refused(because="Alexa's tokens"),
        "FunctionName": Text(),
        "FunctionUrlAuthType": Refused(because="function URLs"),
        "InvokedViaFunctionUrl": Refused(because="function URLs"),
        "Principal": Text(),
        "PrincipalOrgID": Text(pattern=r"o-[a-z0-9]{10,32}"),
        "SourceAccount": Text(pattern=r"\d{12}"),
        "SourceArn": arn(),
    },
    required=("Action", "FunctionName", "Principal"),
)

_DESTINATION = Shape(fields={"Destination": arn(*_SEND)}, required=("Destination",))
EVENT_INVOKE_CONFIG = Shape(
    fields={
        "DestinationConfig": Shape(fields={"OnFailure": _DESTINATION, "OnSuccess": _DESTINATION}),
        "FunctionName": Text(),
        "MaximumEventAgeInSeconds": Whole(low=60, high=21600),
        "MaximumRetryAttempts": Whole(low=0, high=2),
        "Qualifier": Text(choices=("$LATEST",)),
    },
    required=("FunctionName", "Qualifier"),
)

EVENT_SOURCE_MAPPING = Shape(
    fields={
        "BatchSize": Whole(low=1, high=10000),
        "Enabled": Flag(),
        "EventSourceArn": arn("sqs"),
        "FilterCriteria": Refused(because="filters of an event source"),
        "FunctionName": Text(),
        "FunctionResponseTypes": Many(of=Text(choices=("ReportBatchItemFailures",)), most=1),
        "MaximumBatchingWindowInSeconds": Whole(low=0, high=300),
        "ProvisionedPollerConfig": Refused(because="provisioned pollers"),
        "ScalingConfig": Shape(fields={"MaximumConcurrency": Whole(low=2, high=1000)}),
        "Tags": TAGS,
    },
    required=("EventSourceArn", "FunctionName"),
)


def create_function(order: Order) -> Identity:
    """Create a function; its zip holds nothing, since handlers are imported from the checkout."""
    name = order.name("FunctionName", 64)
    role = order.properties["Role"]
    require_assumable(order.site, role, "lambda.amazonaws.com", f"{order.logical_id}.Role")
    _check_environment(order)
    target = order.properties.get("DeadLetterConfig", {}).get("TargetArn")
    if target:
        _require_send(order, role, target, "DeadLetterConfig.TargetArn")
    given = order.pick(
        "Architectures",
        "DeadLetterConfig",
        "Description",
        "Environment",
        "EphemeralStorage",
        "Handler",
        "MemorySize",
        "PackageType",
        "Role",
        "Runtime",
        "Timeout",
        "TracingConfig",
    )
    if "KmsKeyArn" in order.properties:
        given["KMSKeyArn"] = order.properties["KmsKeyArn"]
    client = order.client("lambda")
    created = client.create_function(FunctionName=name, Code={"ZipFile": _placeholder()}, **given)
    if "ReservedConcurrentExecutions" in order.properties:
        reserved = order.properties["ReservedConcurrentExecutions"]
        client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=reserved)
    return Identity(ref=name, attributes={"Arn": created["FunctionArn"]})


def create_permission(order: Order) -> Identity:
    """Let a principal invoke a function."""
    statement = order.generated_name(100)
    if "." in order.properties["Principal"] and not order.properties["Principal"].endswith(".amazonaws.com"):
        raise order.refuse(
            "Principal", "The provided principal was invalid. Please check the principal and try again."
        )
    order.client("lambda").add_permission(
        StatementId=statement,
        **order.pick("Action", "FunctionName", "Principal", "PrincipalOrgID", "SourceAccount", "SourceArn"),
    )
    return Identity(ref=statement, attributes={"Id": statement})


def create_event_invoke_config(order: Order) -> Identity:
    """Say what becomes of events that a function failed on."""
    properties = order.properties
    role = _configuration(order, properties["FunctionName"])["Role"]
    for outcome, destination in properties.get("DestinationConfig", {}).items():
        _require_send(order, role, destination["Destination"], f"DestinationConfig.{outcome}.Destination")
    order.client("lambda").put_function_event_invoke_config(**properties)
    return Identity(ref=f"{properties['FunctionName']}|{properties['Qualifier']}")


def create_event_source_mapping(order: Order) -> Identity:
    """Have a function read a queue.

    As Lambda does, it is checked that the role may read the queue, and that a message stays hidden for at
    least as long as the function may run.
    """
    properties = dict(order.properties)
    source = properties["EventSourceArn"]
    configuration = _configuration(order, properties["FunctionName"])
    objected = objection(
        lambda action: role_may(order.site, configuration["Role"], action, source),
        visibility_seconds=_visibility_seconds(order, source),
        timeout_seconds=configuration["Timeout"],
        batch_size=properties.get("BatchSize", DEFAULT_BATCH_SIZE),
        window_seconds=properties.get("MaximumBatchingWindowInSeconds", 0),
    )
    if objected is not None:
        raise order.refuse(*objected)
    created = order.client("lambda").create_event_source_mapping(**properties)
    attributes = {"Id": created["UUID"], "EventSourceMappingArn": created["EventSourceMappingArn"]}
    return Identity(ref=created["UUID"], attributes=attributes)


def _visibility_seconds(order: Order, source: str) -> int:
    """How long the queue hides a message that somebody received."""
    sqs = order.client("sqs")
    try:
        url = sqs.get_queue_url(QueueName=source.rsplit(":", 1)[-1])["QueueUrl"]
    except ClientError as error:
        raise order.refuse("EventSourceArn", f"the queue {source} does not exist") from error
    asked = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])
    return int(asked["Attributes"]["VisibilityTimeout"])


def _check_environment(order: Order) -> None:
    variables: Mapping[str, str] = order.properties.get("Environment", {}).get("Variables", {})
    for name in variables:
        if _RESERVED.fullmatch(name):
            raise order.refuse(f"Environment.Variables.{name}", "the name is reserved by Lambda")
        if not re.fullmatch(r"[a-zA-Z][a-zA-Z0-9_]+", name):
            raise order.refuse(f"Environment.Variables.{name}", "not a name that Lambda allows")
    if sum(len(name.encode()) + len(value.encode()) for name, value in variables.items()) > 4096:
        raise order.refuse("Environment", "environment variables take at most 4 KB")


def _require_send(order: Order, role: str, target: str, at: str) -> None:
    service = target.split(":")[2]
    action = _SEND[service]
    if not role_may(order.site, role, action, target):
        verb = action.split(":")[1]
        why = f"The function execution role does not have permissions to call {verb} on {service.upper()}"
        raise order.refuse(at, f"{why} ({target})")


def _configuration(order: Order, function: str) -> dict[str, Any]:
    configuration: dict[str, Any] = order.client("lambda").get_function_configuration(FunctionName=function)
    return configuration


@cache
def _placeholder() -> bytes:
    """Return a zip with one empty file, the same bytes every time."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(zipfile.ZipInfo("app.py"), "")
    return buffer.getvalue()


KINDS: Mapping[str, Kind] = {
    "AWS::Lambda::EventInvokeConfig": Kind(shape=EVENT_INVOKE_CONFIG, create=create_event_invoke_config),
    "AWS::Lambda::EventSourceMapping": Kind(shape=EVENT_SOURCE_MAPPING, create=create_event_source_mapping),
    "AWS::Lambda::Function": Kind(shape=FUNCTION, create=create_function),
    "AWS::Lambda::Permission": Kind(shape=PERMISSION, create=create_permission, grants=True),
}
