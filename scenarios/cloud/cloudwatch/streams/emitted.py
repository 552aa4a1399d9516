"""The metrics that metric streams emit about themselves.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-metric-streams-monitoring.html
"""

from typing import Final

from scenarios.cloud.kernel.emitted import EmittedMetrics

NAMESPACE: Final = "AWS/CloudWatch/MetricStreams"
METRICS = (
    EmittedMetrics(
        namespace=NAMESPACE,
        units={"MetricUpdate": "None", "TotalMetricUpdate": "None", "PublishErrorRate": "None"},
        dimensions=(("MetricStreamName",),),
    ),
)
