"""Groups and filters that CloudWatch Logs refuses, beyond the limits of its model.

The words are AWS's own where people have published them (dimensions, a function without permission).

Sources: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutMetricFilter.html,
https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_MetricTransformation.html,
https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutSubscriptionFilter.html,
https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html,
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html
"""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from chalicelib.matching import InvalidPattern, LogPattern
from scenarios.cloud.authorization.policy_rules import resource_policy
from scenarios.cloud.authorization.rows import document
from scenarios.cloud.authorization.trust import can_be_assumed, role_may, service_may
from scenarios.cloud.kernel import moto_lambda, moto_secrets, moto_state, moto_streams
from scenarios.cloud.kernel.arns import account_of
from scenarios.cloud.kernel.errors import Refused
from scenarios.cloud.kernel.validation import Request, Validation
from scenarios.cloud.logs.events import RETENTION_DAYS, group_named, invalid, no_such_group, pattern_of

MOST_FILTERS = 100
MOST_DIMENSIONS = 3
STREAMS = {"kinesis": "Kinesis", "firehose": "Firehose"}
LOGS = "logs.amazonaws.com"
_ON_KEY = ("kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey")


def retention(request: Request) -> None:
    """How long a group keeps its events: one of a few numbers of days."""
    days = request.parameters["retentionInDays"]
    if days not in RETENTION_DAYS:
        among = ", ".join(str(each) for each in RETENTION_DAYS)
        raise invalid(
            f"1 validation error detected: Value '{days}' at 'retentionInDays' failed to satisfy "
            f"constraint: Member must satisfy enum value set: [{among}]"
        )


def metric_filter(request: Request) -> None:
    """A filter that counts into a metric."""
    given = request.parameters
    pattern = pattern_of(given["filterPattern"])
    (transformation,) = given["metricTransformations"]
    _check_dimensions(transformation, pattern)
    for selector in _selectors(transformation):
        try:
            pattern.value_of(selector, "")
        except InvalidPattern as error:
            raise invalid(f"Invalid metric transformation: {error}") from error
    group = group_named(given["logGroupName"])
    if moto_state.log_group(request.account, request.region, group) is None:
        raise no_such_group()
    known = {each["filterName"] for each in moto_state.metric_filters(request.account, request.region, group)}
    if given["filterName"] not in known and len(known) >= MOST_FILTERS:
        raise Refused("LimitExceededException", "Resource limit exceeded.")


def subscription_filter(request: Request) -> None:
    """A filter that sends on: the pattern is one, a function lets Logs in, a stream has a role."""
    given = request.parameters
    pattern_of(given["filterPattern"])
    arn = given["destinationArn"]
    service = arn.split(":")[2] if arn.startswith("arn:") else ""
    if service == "lambda" and not _lets_in(request, arn):
        raise invalid(
            "Could not execute the lambda function. Make sure you have given CloudWatch Logs permission to "
            "execute your function."
        )
    if service not in STREAMS:
        return
    if not given.get("roleArn"):
        raise invalid(f"destinationArn for vendor {service} cannot be used without roleArn")
    group = f"log-group:{group_named(given['logGroupName'])}:*"
    if not _takes_a_test_message(request, arn, given["roleArn"], group):
        raise invalid(
            f"Could not deliver test message to specified {STREAMS[service]} stream. Check if the given "
            f"{service} stream is in ACTIVE state."
        )


def destination(request: Request) -> None:
    """A destination for other accounts: its stream and its role are its own account's, and work."""
    given = request.parameters
    target, role = given["targetArn"], given["roleArn"]
    if any(account_of(arn) != request.account for arn in (target, role)):
        raise invalid("A destination's target and role belong to the account that puts it.")
    own = f"destination:{given['destinationName']}"
    if not _takes_a_test_message(request, target, role, own):
        raise invalid(
            "Could not deliver test message to specified destination. Check if the destination is valid."
        )


def group_key(request: Request) -> None:
    """A group's key: it is there, enabled, and lets Logs encrypt and decrypt for this group.

    Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
    """
    given = request.parameters
    name = given.get("logGroupName") or given.get("resourceIdentifier", "")
    if not given.get("kmsKeyId"):
        return
    arn = f"arn:aws:logs:{request.region}:{request.account}:log-group:{group_named(name)}"
    key = moto_secrets.kms_key(given["kmsKeyId"], request.account, request.region)
    if key is None or not key.enabled or not all(_key_lets(request, key, each, arn) for each in _ON_KEY):
        raise invalid(
            f"The specified KMS key does not exist or is not allowed to be used with LogGroup '{arn}'"
        )


def _key_lets(request: Request, key: Any, action: str, group: str) -> bool:
    return service_may(
        LOGS,
        action,
        resource=str(key.arn),
        policy=document(key.policy),
        account=request.account,
        region=request.region,
        source=group,
        more={"kms:EncryptionContext:aws:logs:arn": group},
    )


def _takes_a_test_message(request: Request, stream: str, role: str, own: str) -> bool:
    """Whether a stream is there, and Logs may write to it under the role; `own`: on behalf of what."""
    service = stream.split(":")[2] if stream.startswith("arn:") else ""
    source = f"arn:aws:logs:{request.region}:{request.account}:{own}"
    return (
        service in STREAMS
        and moto_streams.stream_is_there(stream)
        and can_be_assumed(role, LOGS, account=request.account, region=request.region, source=source)
        and role_may(role, f"{service}:PutRecord", stream)
    )


def search(request: Request) -> None:
    """FilterLogEvents: streams are named, or begin alike, and those that are named are there."""
    given = request.parameters
    names = given.get("logStreamNames") or ()
    if names and given.get("logStreamNamePrefix"):
        raise invalid("LogStreamNamePrefix and LogStreamNames can't be used together")
    group = _group(request)
    if group is not None and not set(names) <= set(group.streams):
        raise Refused("ResourceNotFoundException", "The specified log stream does not exist.")


def deleted_stream(request: Request) -> None:
    """DeleteLogStream: the stream is there."""
    group = _group(request)
    if group is not None and request.parameters["logStreamName"] not in group.streams:
        raise Refused("ResourceNotFoundException", "The specified log stream does not exist.")


def deleted_filter(request: Request) -> None:
    """DeleteMetricFilter: the filter is there."""
    group = group_named(request.parameters["logGroupName"])
    known = {each["filterName"] for each in moto_state.metric_filters(request.account, request.region, group)}
    if request.parameters["filterName"] not in known:
        raise Refused("ResourceNotFoundException", "The specified metric filter does not exist.")


def _group(request: Request) -> Any | None:
    given = request.parameters
    named = given.get("logGroupName") or given.get("logGroupIdentifier", "")
    return moto_state.log_group(request.account, request.region, group_named(named))


def policy_document(request: Request) -> None:
    """What lets services into the account's groups: there must be one."""
    if not request.parameters.get("policyDocument"):
        raise invalid("policyDocument is a required parameter")


def _lets_in(request: Request, function_arn: str) -> bool:
    """Logs tries a function on behalf of the group, whose ARN ends in `:*`.

    Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html
    """
    function = moto_lambda.lambda_function(request.account, request.region, function_arn)
    policy = moto_lambda.lambda_policy(function) if function is not None else None
    group = group_named(request.parameters["logGroupName"])
    return policy is not None and service_may(
        LOGS,
        "lambda:InvokeFunction",
        resource=function_arn,
        policy=policy,
        account=request.account,
        region=request.region,
        source=f"arn:aws:logs:{request.region}:{request.account}:log-group:{group}:*",
    )


def _check_dimensions(transformation: Mapping[str, Any], pattern: LogPattern) -> None:
    dimensions = transformation.get("dimensions") or {}
    if dimensions and transformation.get("defaultValue") is not None:
        raise invalid("Invalid metric transformation: dimensions and a default value exclude each other")
    if len(dimensions) > MOST_DIMENSIONS:
        raise invalid(f"Invalid metric transformation: at most {MOST_DIMENSIONS} dimensions")
    if dimensions and pattern.language not in ("json", "space-delimited"):
        raise invalid("The specified filter pattern does not support dimensions")


def _selectors(transformation: Mapping[str, Any]) -> Iterator[str]:
    """What reads a field of the pattern; a value is such a selector, or a number."""
    value = transformation["metricValue"]
    if value.startswith("$"):
        yield value
    elif not _is_number(value):
        raise invalid(f"Invalid metric transformation: the metric value {value!r} is no number and no field")
    yield from (transformation.get("dimensions") or {}).values()


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


VALIDATION = Validation(
    code="InvalidParameterException",
    rules={
        "AssociateKmsKey": (group_key,),
        "CreateLogGroup": (group_key,),
        "DeleteLogStream": (deleted_stream,),
        "DeleteMetricFilter": (deleted_filter,),
        "FilterLogEvents": (search,),
        "PutDestination": (destination,),
        "PutMetricFilter": (metric_filter,),
        "PutResourcePolicy": (
            policy_document,
            resource_policy("policyDocument", "InvalidParameterException"),
        ),
        "PutRetentionPolicy": (retention,),
        "PutSubscriptionFilter": (subscription_filter,),
    },
)
