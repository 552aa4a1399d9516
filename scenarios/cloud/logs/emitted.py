"""The metrics that CloudWatch Logs emits of incoming events, and of those that subscriptions forward.

An event counts with the 26 bytes that PutLogEvents counts beside its text. Unconfirmed: the values of
DestinationType, and that forwarded events count as packed.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch-Logs-Monitoring-CloudWatch-Metrics.html
"""

from typing import Final

from scenarios.cloud.kernel.emitted import EmittedMetrics

NAMESPACE: Final = "AWS/Logs"
METRICS = (
    EmittedMetrics(
        namespace=NAMESPACE,
        units={"IncomingBytes": "Bytes", "IncomingLogEvents": "None"},
        dimensions=((), ("LogGroupName",)),
    ),
    EmittedMetrics(
        namespace=NAMESPACE, units={"EMFValidationErrors": "None"}, dimensions=(("LogGroupName",),)
    ),
    EmittedMetrics(
        namespace=NAMESPACE,
        units={"DeliveryErrors": "None", "ForwardedBytes": "Bytes", "ForwardedLogEvents": "None"},
        dimensions=(("LogGroupName", "DestinationType", "FilterName"),),
    ),
)
