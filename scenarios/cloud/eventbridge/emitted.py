"""The metrics that EventBridge emits.

A rule of the default bus comes under its name, one of a custom bus under the bus as well. That a custom bus's
events come under the bus alone, too, is unconfirmed, and left out.

Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-monitoring.html
"""

from typing import Any, Final

from scenarios.cloud.eventbridge.buses import DEFAULT_BUS
from scenarios.cloud.kernel.emitted import Dimensions, EmittedMetrics

NAMESPACE: Final = "AWS/Events"
METRICS = (
    EmittedMetrics(
        namespace=NAMESPACE,
        units=dict.fromkeys(
            (
                "FailedInvocations",
                "InvocationAttempts",
                "Invocations",
                "InvocationsFailedToBeSentToDlq",
                "InvocationsSentToDlq",
                "MatchedEvents",
                "RetryInvocationAttempts",
                "SuccessfulInvocationAttempts",
                "TriggeredRules",
            ),
            "Count",
        ),
        dimensions=((), ("RuleName",), ("EventBusName", "RuleName")),
    ),
)


def dimensions_of(rule: Any) -> tuple[Dimensions, ...]:
    """What the metrics of a rule (moto's model) come under: all rules, and it."""
    if rule.event_bus_name == DEFAULT_BUS:
        return {}, {"RuleName": rule.name}
    return {}, {"EventBusName": rule.event_bus_name, "RuleName": rule.name}
