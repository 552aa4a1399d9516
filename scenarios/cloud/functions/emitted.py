"""The metrics that Lambda emits.

Provisioned concurrency and event source mappings have metrics of their own, which are not simulated.

Source: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
"""

from typing import Final

from scenarios.cloud.kernel.arns import function_name, qualifier_of
from scenarios.cloud.kernel.emitted import Dimensions, EmittedMetrics

NAMESPACE: Final = "AWS/Lambda"
METRICS = (
    EmittedMetrics(
        namespace=NAMESPACE,
        units={
            "Invocations": "Count",
            "Errors": "Count",
            "Throttles": "Count",
            "Duration": "Milliseconds",
            "ConcurrentExecutions": "Count",
            "AsyncEventsReceived": "Count",
            "AsyncEventsDropped": "Count",
            "DeadLetterErrors": "Count",
            "DestinationDeliveryFailures": "Count",
            "IteratorAge": "Milliseconds",
            "UrlRequestCount": "Count",
            "Url4xxCount": "Count",
            "Url5xxCount": "Count",
            "UrlRequestLatency": "Milliseconds",
        },
        dimensions=(
            (),
            ("FunctionName",),
            ("FunctionName", "Resource"),
            ("ExecutedVersion", "FunctionName", "Resource"),
        ),
    ),
)


def dimensions_of(arn: str, version: str = "") -> tuple[Dimensions, ...]:
    """What the metrics of an invocation by this ARN come under: nothing, the function, and what was named.

    `version`: what ran, for an alias.
    """
    name, qualifier = function_name(arn), qualifier_of(arn)
    resource = {"FunctionName": name, "Resource": f"{name}:{qualifier}" if qualifier else name}
    sets: tuple[Dimensions, ...] = ({}, {"FunctionName": name}, resource)
    return (*sets, {**resource, "ExecutedVersion": version}) if version and version != qualifier else sets
