"""The metrics that SNS emits of topics; those of text messages and mobile push are not simulated.

Source: https://docs.aws.amazon.com/sns/latest/dg/sns-monitoring-using-cloudwatch.html
"""

from typing import Final

from scenarios.cloud.kernel.emitted import EmittedMetrics
from scenarios.cloud.setting import Setting

NAMESPACE: Final = "AWS/SNS"
METRICS = (
    EmittedMetrics(
        namespace=NAMESPACE,
        units={
            "NumberOfMessagesPublished": "Count",
            "NumberOfNotificationsDelivered": "Count",
            "NumberOfNotificationsFailed": "Count",
            "NumberOfNotificationsFailedToRedriveToDlq": "Count",
            "NumberOfNotificationsFilteredOut": "Count",
            "NumberOfNotificationsRedrivenToDlq": "Count",
            "PublishSize": "Bytes",
        },
        dimensions=(("TopicName",),),
    ),
)


def measure(setting: Setting, topic_arn: str, **values: float) -> None:
    """Something happened to a topic's messages."""
    _, _, _, region, _, name = topic_arn.split(":", 5)
    setting.measured(region, NAMESPACE, values, {"TopicName": name})
