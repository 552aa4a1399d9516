"""SQS's own metric: how many messages wait, once a minute for every queue that is active.

A queue that nobody touched for six hours is inactive, and CloudWatch hears nothing of it; here a queue counts
as active while anything lies in it. Only where an alarm watches is anything counted.

Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
"""

from collections.abc import Callable, Sequence
from datetime import timedelta

from scenarios.cloud.cloudwatch.metrics.metrics import MetricStore
from scenarios.cloud.kernel import moto_hooks
from scenarios.cloud.kernel.stack import Stack
from scenarios.cloud.setting import Setting

NAMESPACE = "AWS/SQS"
VISIBLE = "ApproximateNumberOfMessagesVisible"


class QueueMetrics:
    """Counts what waits in the queues that alarms watch."""

    def __init__(self, setting: Setting, store: Callable[[str], MetricStore]) -> None:
        self._setting = setting
        self._store = store  # a region's metrics

    def start(self, _: Sequence[Stack]) -> None:
        """Count for the first time at the next full minute."""
        self._next()

    def _next(self) -> None:
        now = self._setting.clock.now
        self._setting.clock.at(
            now.replace(second=0, microsecond=0) + timedelta(minutes=1), self._count, "queues are counted"
        )

    def _count(self) -> None:
        for region in self._setting.regions:
            for name in self._watched(region):
                queue = moto_hooks.queue(f"arn:aws:sqs:{region}:{self._setting.account}:{name}")
                if queue is not None and queue.approximate_number_of_messages:
                    self._store(region).put(
                        NAMESPACE,
                        VISIBLE,
                        {"QueueName": name},
                        value=float(queue.approximate_number_of_messages),
                        unit="Count",
                        timestamp=self._setting.clock.now,
                    )
        self._next()

    def _watched(self, region: str) -> list[str]:
        alarms = moto_hooks.alarms(self._setting.account, region).values()
        return [
            dimension.value
            for alarm in alarms
            if (alarm.namespace, alarm.metric_name) == (NAMESPACE, VISIBLE)
            for dimension in alarm.dimensions
            if dimension.name == "QueueName"
        ]
