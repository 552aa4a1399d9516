"""The metrics that Lambda emits.

Provisioned concurrency and event source mappings have metrics of their own, which are not simulated.

Source: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
"""

from typing import Final

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
        },
        dimensions=((), ("FunctionName",), ("FunctionName", "Resource")),
    ),
)


def dimensions_of(function: str) -> tuple[Dimensions, ...]:
    """What the metrics of a function's unpublished version come under: all functions, it, and it again."""
    return {}, {"FunctionName": function}, {"FunctionName": function, "Resource": function}
