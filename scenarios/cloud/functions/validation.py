"""What Lambda refuses of functions, permissions, destinations and mappings, beyond the limits of its model.

The words are Lambda's own, but for reserved names in the environment and a handler's window.

Sources: https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html,
https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html,
https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html,
https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
"""

import re
from collections.abc import Mapping
from functools import cache, partial
from typing import Any, Final

from scenarios.cloud.authorization.policy_rules import resource_policy
from scenarios.cloud.authorization.rows import document
from scenarios.cloud.authorization.trust import can_be_assumed, role_may
from scenarios.cloud.functions import event_filters
from scenarios.cloud.functions.queue_batches import DEFAULT_BATCH_SIZE, objection
from scenarios.cloud.functions.stream_records import is_there
from scenarios.cloud.functions.versions import LATEST, standing, weights_of
from scenarios.cloud.kernel import moto_ec2, moto_lambda, moto_messages
from scenarios.cloud.kernel.arns import account_of, function_arn, function_name, qualifier_of, service_of
from scenarios.cloud.kernel.errors import NotSimulated, Refused
from scenarios.cloud.kernel.service_models import operation_model
from scenarios.cloud.kernel.validation import Request, Validation

SEND: Final[Mapping[str, str]] = {
    "sqs": "sqs:SendMessage",
    "sns": "sns:Publish",
    "lambda": "lambda:InvokeFunction",
    "events": "events:PutEvents",
}
# What reading a stream takes.
# https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-create.html
STREAM_ACTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    service: tuple(f"{service}:{action}" for action in ("GetRecords", "GetShardIterator", "DescribeStream"))
    for service in ("dynamodb", "kinesis")
}
_OF_KAFKA: Final = frozenset({"AmazonManagedKafkaEventSourceConfig", "SourceAccessConfigurations", "Topics"})
_OF_STREAMS: Final = frozenset(
    {
        "BisectBatchOnFunctionError",
        "DestinationConfig",
        "MaximumRecordAgeInSeconds",
        "MaximumRetryAttempts",
        "ParallelizationFactor",
        "StartingPosition",
        "StartingPositionTimestamp",
        "TumblingWindowInSeconds",
    }
)
# Above these a function runs on instances of its own (CapacityProviderConfig).
_MOST: Final[Mapping[str, int]] = {"Timeout": 900, "MemorySize": 10_240}
_SERVICES = re.compile(r"[a-z0-9.-]+\.amazonaws\.com|alexa-appkit\.amazon\.com")
_LARGEST_ENVIRONMENT: Final = 4096
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
_RESERVED = re.compile(
    r"_HANDLER|_X_AMZN_TRACE_ID|AWS_DEFAULT_REGION|AWS_REGION|AWS_EXECUTION_ENV|AWS_LAMBDA_(?!EXEC_WRAPPER).*"
    r"|AWS_ACCESS_KEY(_ID)?|AWS_SECRET_ACCESS_KEY|AWS_SESSION_TOKEN|AWS_XRAY_.*|LAMBDA_TASK_ROOT|LAMBDA_RUNTIME_DIR"
)
# Those that neither a new function nor a changed one may have; later ones have dates that move.
_ENDED: Final = frozenset(
    {
        *("dotnetcore1.0", "dotnetcore2.0", "dotnetcore2.1", "dotnetcore3.1"),
        *("nodejs", "nodejs4.3", "nodejs4.3-edge", "nodejs6.10", "nodejs8.10", "nodejs10.x", "nodejs12.x"),
        *("python2.7", "python3.6", "ruby2.5"),
    }
)
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
_ACCOUNT_CONCURRENCY: Final = 1000
_UNRESERVED: Final = 100
# What only provisioned pollers do for topics.
_PROVISIONED: Final = (
    *("BisectBatchOnFunctionError", "FunctionResponseTypes", "MaximumRecordAgeInSeconds"),
    "MaximumRetryAttempts",
)
_MAPPING: Final = frozenset(
    {
        "AmazonManagedKafkaEventSourceConfig",
        "BatchSize",
        "BisectBatchOnFunctionError",
        "DestinationConfig",
        "Enabled",
        "EventSourceArn",
        "FilterCriteria",
        "FunctionName",
        "FunctionResponseTypes",
        "MaximumBatchingWindowInSeconds",
        "MaximumRecordAgeInSeconds",
        "MaximumRetryAttempts",
        "ParallelizationFactor",
        "ScalingConfig",
        "SourceAccessConfigurations",
        "StartingPosition",
        "StartingPositionTimestamp",
        "Tags",
        "Topics",
        "TumblingWindowInSeconds",
        "UUID",
    }
)


def runtime(request: Request) -> None:
    """A runtime that Lambda knows, and still takes: it has another code for that than for other values.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
    """
    given = request.parameters.get("Runtime")
    if given is None or request.operation not in {"CreateFunction", "UpdateFunctionConfiguration"}:
        return
    known = _runtimes()
    if given not in known:
        raise invalid(
            f"Value {given} at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: "
            f"[{', '.join(known)}] or be a valid ARN"
        )
    if given in _ENDED:
        raise invalid(
            f"The runtime parameter of {given} is no longer supported for creating or updating AWS Lambda "
            "functions. We recommend you use a supported runtime while creating or updating functions."
        )


@cache
def _runtimes() -> tuple[str, ...]:
    shape: Any = operation_model("lambda", "CreateFunction").input_shape
    return tuple(shape.members["Runtime"].enum)


def configuration(request: Request) -> None:
    """A function's configuration, as it is created or updated."""
    given = request.parameters
    if "CapacityProviderConfig" not in given:
        _check_limits(given)
    _check_environment(given.get("Environment", {}).get("Variables", {}))
    role = given.get("Role")
    if role and not can_be_assumed(
        role, "lambda.amazonaws.com", account=request.account, region=request.region
    ):
        raise invalid("The role defined for the function cannot be assumed by Lambda.")
    target = given.get("DeadLetterConfig", {}).get("TargetArn")
    if not role:
        known = moto_lambda.lambda_function(request.account, request.region, given["FunctionName"])
        role = known.role if known is not None else ""
    if target:
        _check_sends(role, target, ("sqs", "sns"))
    for layer in given.get("Layers", ()):
        if account_of(layer) == request.account and moto_lambda.layer_version(layer) is None:
            raise invalid(f"Layer version {layer} does not exist.")
    if given.get("VpcConfig", {}).get("SubnetIds"):
        _check_network(request, given["VpcConfig"], role)


def _check_network(request: Request, network: Mapping[str, Any], role: str) -> None:
    """A function in a network: subnets and groups are there, and its role may make its interfaces.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions
    """
    for action in ("CreateNetworkInterface", "DescribeNetworkInterfaces", "DeleteNetworkInterface"):
        if not role_may(role, f"ec2:{action}", "*"):
            raise invalid(f"The provided execution role does not have permissions to call {action} on EC2")
    for kind, name, code in (
        ("subnet", "SubnetIds", "InvalidSubnetID.NotFound"),
        ("group", "SecurityGroupIds", "InvalidGroup.NotFound"),
    ):
        there = moto_ec2.network_names(request.account, request.region, kind)
        missing = [each for each in network.get(name) or () if each not in there]
        if missing:
            raise invalid(
                f"Error occurred while DescribeVpcs. EC2 Error Code: {code}. EC2 Error Message: "
                f"The {kind} '{missing[0]}' does not exist"
            )
    if not network.get("SecurityGroupIds"):
        raise invalid("SecurityGroupIds must be provided with SubnetIds")


def permission(request: Request) -> None:
    """A statement of a function's policy."""
    given = request.parameters
    principal, statement = given["Principal"], given["StatementId"]
    if "." in principal and not principal.startswith("arn:") and not _SERVICES.fullmatch(principal):
        raise invalid("The provided principal was invalid. Please check the principal and try again.")
    named = str(given["FunctionName"])
    function = moto_lambda.lambda_function(request.account, request.region, named)
    known = moto_lambda.lambda_policy(function) if function is not None else None
    if known is None or function is None:
        return
    arn, qualifier = str(function.function_arn), given.get("Qualifier") or qualifier_of(named)
    about = f"{arn}:{qualifier}" if qualifier else arn
    if statement in {each.get("Sid") for each in known["Statement"] if each.get("Resource", about) == about}:
        raise Refused(
            "ResourceConflictException",
            f"The statement id ({statement}) provided already exists. Please provide a new statement id, or "
            "remove the existing statement.",
            409,
        )


def alias(request: Request) -> None:
    """An alias: a second version gets a part of its invocations, and both are published and fit each other.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/configuring-alias-routing.html
    """
    given, account, region = request.parameters, request.account, request.region
    weights = weights_of(given.get("RoutingConfig"))
    if not weights:
        return
    name = function_name(str(given["FunctionName"]))
    standing = moto_lambda.lambda_alias(account, region, name, given["Name"])
    own = given.get("FunctionVersion") or (standing.function_version if standing is not None else "")
    if LATEST in {own, *weights}:
        raise invalid("$LATEST is not supported for an alias pointing to more than 1 version")
    if len(weights) > 1:
        raise invalid("Number of items in AdditionalVersionWeights cannot be greater than 1")
    found = {each: moto_lambda.lambda_version(account, region, name, str(each)) for each in (own, *weights)}
    for version, model in found.items():
        if model is None:
            raise Refused("ResourceNotFoundException", f"Function not found: {name}:{version}", 404)
    if len({each.role for each in found.values() if each is not None}) > 1:
        raise invalid("Both versions of an alias with weights must have the same execution role")


def concurrency(request: Request) -> None:
    """What is reserved for a function leaves the account's other functions a hundred."""
    given = request.parameters
    reserved = {
        each.function_name: int(each.reserved_concurrency or 0)
        for each in moto_lambda.lambda_functions(request.account, request.region)
    }
    reserved[function_name(given["FunctionName"])] = given["ReservedConcurrentExecutions"]
    if sum(reserved.values()) > _ACCOUNT_CONCURRENCY - _UNRESERVED:
        raise invalid(
            "Specified ReservedConcurrentExecutions for function decreases account's "
            f"UnreservedConcurrentExecution below its minimum value of [{_UNRESERVED}]."
        )


def destinations(request: Request) -> None:
    """Where a function's asynchronous events end."""
    given = request.parameters
    function = standing(request.account, _arn(request, given["FunctionName"], given.get("Qualifier", "")))
    for destination in given.get("DestinationConfig", {}).values():
        if function is not None and destination.get("Destination"):
            _check_sends(function.role, destination["Destination"], tuple(SEND))


def event_source_mapping(request: Request) -> None:
    """A function that reads a queue or a stream: both are there, and fit each other."""
    for name in sorted(request.parameters.keys() - _MAPPING):
        raise NotSimulated("lambda", f"{request.operation} with {name}")
    given = dict(request.parameters)
    mappings = moto_lambda.event_source_mappings(request.account, request.region)
    if request.operation == "UpdateEventSourceMapping":
        known = next((each for each in mappings if each.uuid == given["UUID"]), None)
        if known is None:
            raise Refused("ResourceNotFoundException", "The resource you requested does not exist.", 404)
        given = {**_described(known), **given}
    filtered = event_filters.refusal(given.get("FilterCriteria"))
    if filtered is not None:
        raise invalid(filtered)
    arn, reader = str(given.get("EventSourceArn", "")), _arn(request, given["FunctionName"])
    function = _function(request, reader)
    if request.operation == "CreateEventSourceMapping":
        _refuse_twins(mappings, arn, reader)
    of_kafka = sorted(request.parameters.keys() & _OF_KAFKA)
    if of_kafka and service_of(arn) != "kafka":
        raise NotSimulated("lambda", f"{', '.join(of_kafka)} of {arn}, which is no cluster of Kafka")
    if service_of(arn) == "kafka":
        _check_topic(request, function)
    elif service_of(arn) in STREAM_ACTIONS:
        if int(given.get("ParallelizationFactor") or 1) > 1 and given.get("TumblingWindowInSeconds"):
            raise NotSimulated("lambda", "several batches of a shard at once in tumbling windows")
        _check_stream(request, arn, function)
    else:
        _check_queue(given, arn, function)


def _check_stream(request: Request, arn: str, function: Any) -> None:
    """A stream has a starting position, and the role may read it."""
    given = request.parameters
    if request.operation == "CreateEventSourceMapping" and "StartingPosition" not in given:
        raise Refused(
            "ValidationException",
            "1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: "
            "Member must not be null.",
        )
    if "ScalingConfig" in given:
        raise invalid("ScalingConfig is for queues alone")
    if service_of(arn) == "dynamodb" and given.get("StartingPosition") == "AT_TIMESTAMP":
        raise invalid("Unsupported starting position for the stream of a table: AT_TIMESTAMP")
    if not is_there(arn):
        raise invalid(f"Stream not found: {arn}")
    for action in STREAM_ACTIONS[service_of(arn)]:
        if not role_may(function.role, action, arn):
            raise invalid(
                f"Cannot access stream {arn}. Please ensure the role can perform the GetRecords, "
                "GetShardIterator, DescribeStream, and ListStreams Actions on your stream in IAM."
            )
    target = ((given.get("DestinationConfig") or {}).get("OnFailure") or {}).get("Destination")
    if target and service_of(target) == "s3":
        raise NotSimulated("lambda", "a bucket as the destination of a stream's failed batches")
    if target:
        _check_sends(function.role, target, ("sqs", "sns"))


def _check_topic(request: Request, function: Any) -> None:
    """A topic of Kafka has a starting position, and its failures a place that the role may write to.

    https://docs.aws.amazon.com/lambda/latest/dg/msk-esm-parameters.html
    """
    given = request.parameters
    for name in _PROVISIONED:
        if given.get(name) not in {None, False} and given.get(name) != -1:
            raise NotSimulated("lambda", f"{name} of a topic, which takes provisioned pollers")
    if request.operation == "CreateEventSourceMapping":
        for name, shown in (("StartingPosition", "startingPosition"), ("Topics", "topics")):
            if not given.get(name):
                why = f"1 validation error detected: Value null at '{shown}' failed to satisfy constraint"
                raise Refused("ValidationException", f"{why}: Member must not be null.")
    for name in ("ParallelizationFactor", "TumblingWindowInSeconds", "ScalingConfig"):
        if given.get(name):
            raise invalid(f"{name} is not for topics of Kafka")
    target = ((given.get("DestinationConfig") or {}).get("OnFailure") or {}).get("Destination")
    if target and service_of(target) not in {"sqs", "sns"}:
        raise NotSimulated("lambda", f"{target} as the destination of a topic's failed batches")
    if target:
        _check_sends(function.role, target, ("sqs", "sns"))


def _check_queue(given: Mapping[str, Any], arn: str, function: Any) -> None:
    of_streams = given.keys() & _OF_STREAMS
    if of_streams:
        raise invalid(f"{', '.join(sorted(of_streams))}: for streams alone")
    queue = _queue(arn)
    policy = document(queue.policy) if queue.policy else None
    objected = objection(
        partial(role_may, function.role, resource=queue.queue_arn, policy=policy),
        visibility_seconds=int(queue.visibility_timeout),
        timeout_seconds=int(function.timeout),
        batch_size=int(given.get("BatchSize") or DEFAULT_BATCH_SIZE),
        window_seconds=int(given.get("MaximumBatchingWindowInSeconds") or 0),
        in_order=queue.fifo_queue,
    )
    if objected is not None:
        raise invalid(objected)


def invalid(why: str) -> Refused:
    """What Lambda answers to a parameter that it doesn't take."""
    return Refused("InvalidParameterValueException", why)


def _check_limits(given: Mapping[str, Any]) -> None:
    for name, most in _MOST.items():
        if given.get(name, 0) > most:
            raise Refused(
                "ValidationException",
                f"1 validation error detected: Value '{given[name]}' at '{name[0].lower()}{name[1:]}' failed "
                f"to satisfy constraint: Member must have value less than or equal to {most}",
            )


def _check_environment(variables: Mapping[str, str]) -> None:
    cannot = "Lambda was unable to configure your environment variables because the environment variables you"
    reserved = [name for name in variables if _RESERVED.fullmatch(name)]
    if reserved:
        raise invalid(
            f"{cannot} have provided contains reserved keys that are currently not supported for "
            f"modification. Reserved keys used in this request: {', '.join(reserved)}"
        )
    if (
        sum(len(name.encode()) + len(value.encode()) for name, value in variables.items())
        > _LARGEST_ENVIRONMENT
    ):
        raise invalid(f"{cannot} provided exceeded the 4KB limit.")


def _check_sends(role: str, target: str, services: tuple[str, ...]) -> None:
    service = target.split(":")[2] if target.startswith("arn:") else ""
    if service not in services:
        raise invalid(f"{target} is none of {', '.join(services)}, where failed events can go")
    if not role_may(role, SEND[service], target):
        verb = SEND[service].split(":")[1]
        raise invalid(
            f"The provided execution role does not have permissions to call {verb} on {service.upper()}"
        )


def _queue(arn: str) -> Any:
    if ":sqs:" not in arn:
        raise NotSimulated("lambda", f"an event source mapping for {arn}")
    queue = moto_messages.queue(arn)
    if queue is None:
        code = "AWS.SimpleQueueService.NonExistentQueue"
        raise invalid(f"Error occurred while ReceiveMessage. SQS Error Code: {code}: {arn}")
    return queue


def _arn(request: Request, name: str, qualifier: str = "") -> str:
    return function_arn(request.account, request.region, name, qualifier)


def _function(request: Request, arn: str) -> Any:
    found = standing(request.account, arn)
    if found is None:
        raise Refused("ResourceNotFoundException", f"Function not found: {arn}", 404)
    return found


def _refuse_twins(mappings: list[Any], queue_arn: str, reader: str) -> None:
    for known in mappings:
        if known.event_source_arn == queue_arn and known.function_arn == reader:
            raise Refused(
                "ResourceConflictException",
                f'The event source arn (" {queue_arn} ") and function (" {function_name(reader)} ") '
                "provided mapping already exists. Please update or delete the existing mapping with "
                f"UUID {known.uuid}",
                409,
            )


def _described(mapping: Any) -> dict[str, Any]:
    """What an update leaves as it is."""
    return {
        "BatchSize": mapping.batch_size,
        "EventSourceArn": mapping.event_source_arn,
        "FunctionName": mapping.function_arn,
        "MaximumBatchingWindowInSeconds": mapping.max_batch_window,
        **(
            {"ParallelizationFactor": mapping.parallelization_factor}
            if mapping.parallelization_factor
            else {}
        ),
        **({"TumblingWindowInSeconds": mapping.tumbling_window} if mapping.tumbling_window else {}),
    }


VALIDATION = Validation(
    code="ValidationException",
    every=(runtime,),
    rules={
        "CreateFunction": (configuration,),
        "UpdateFunctionConfiguration": (configuration,),
        "AddPermission": (permission,),
        "CreateAlias": (alias,),
        "UpdateAlias": (alias,),
        "PutFunctionConcurrency": (concurrency,),
        "PutResourcePolicy": (resource_policy("Policy", "InvalidParameterValueException"),),
        "PutFunctionEventInvokeConfig": (destinations,),
        "UpdateFunctionEventInvokeConfig": (destinations,),
        "CreateEventSourceMapping": (event_source_mapping,),
        "UpdateEventSourceMapping": (event_source_mapping,),
    },
)
