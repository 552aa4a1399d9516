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
from scenarios.cloud.authorization.trust import service_may
from scenarios.cloud.kernel import moto_state
from scenarios.cloud.kernel.errors import Refused
from scenarios.cloud.kernel.validation import Request, Validation
from scenarios.cloud.logs.events import RETENTION_DAYS, group_named, invalid, no_such_group, pattern_of

MOST_FILTERS = 100
MOST_DIMENSIONS = 3
STREAMS = ("kinesis", "firehose")


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
    if service in STREAMS and not given.get("roleArn"):
        raise invalid(f"destinationArn for vendor {service} cannot be used without roleArn")


def policy_document(request: Request) -> None:
    """What lets services into the account's groups: there must be one."""
    if not request.parameters.get("policyDocument"):
        raise invalid("policyDocument is a required parameter")


def _lets_in(request: Request, function_arn: str) -> bool:
    """Logs tries a function on behalf of the group, whose ARN ends in `:*`.

    Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html
    """
    function = moto_state.lambda_function(request.account, request.region, function_arn)
    policy = moto_state.lambda_policy(function) if function is not None else None
    group = group_named(request.parameters["logGroupName"])
    return policy is not None and service_may(
        "logs.amazonaws.com",
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
        "PutMetricFilter": (metric_filter,),
        "PutResourcePolicy": (
            policy_document,
            resource_policy("policyDocument", "InvalidParameterException"),
        ),
        "PutRetentionPolicy": (retention,),
        "PutSubscriptionFilter": (subscription_filter,),
    },
)
