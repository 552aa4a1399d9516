"""The metrics that AWS IoT's rules emit.

Source: https://docs.aws.amazon.com/iot/latest/developerguide/metrics_dimensions.html
"""

from typing import Final

from scenarios.cloud.kernel.emitted import EmittedMetrics

NAMESPACE: Final = "AWS/IoT"
METRICS = (
    EmittedMetrics(
        namespace=NAMESPACE,
        units=dict.fromkeys(("TopicMatch", "Success", "Failure"), "Count"),
        dimensions=(("RuleName",), ("RuleName", "ActionType")),
    ),
)
