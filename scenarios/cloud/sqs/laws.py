"""Registers the laws of SQS: how it behaves beyond what moto does."""

from scenarios.cloud.setting import Setting
from scenarios.cloud.sqs.polling import Polling
from scenarios.cloud.sqs.queue_metrics import QueueMetrics
from scenarios.cloud.sqs.queues import Queues


def register(setting: Setting) -> None:
    """The laws of SQS."""
    setting.laws.add(Queues(setting))
    setting.laws.add(Polling(setting))
    setting.laws.when_entered(QueueMetrics(setting).start)
