"""SQS's own metrics: messages sent, received and deleted, and once a minute the messages in each queue.

A queue that had no call for six hours is inactive and sends no metrics; here a queue counts as active while
it holds a message.

Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from scenarios.cloud.authorization.rows import Place
from scenarios.cloud.kernel import moto_messages
from scenarios.cloud.kernel.caller import ApiCall
from scenarios.cloud.kernel.emitted import EmittedMetrics
from scenarios.cloud.kernel.stack import Stack
from scenarios.cloud.setting import Setting
from scenarios.cloud.sqs import fifo
from scenarios.cloud.sqs.urls import queue_arn

NAMESPACE: Final = "AWS/SQS"
METRICS = (
    EmittedMetrics(
        namespace=NAMESPACE,
        units={
            "ApproximateAgeOfOldestMessage": "Seconds",
            "ApproximateNumberOfGroupsWithInflightMessages": "Count",
            "ApproximateNumberOfMessagesDelayed": "Count",
            "ApproximateNumberOfMessagesNotVisible": "Count",
            "ApproximateNumberOfMessagesVisible": "Count",
            "NumberOfDeduplicatedSentMessages": "Count",
            "NumberOfEmptyReceives": "Count",
            "NumberOfMessagesDeleted": "Count",
            "NumberOfMessagesReceived": "Count",
            "NumberOfMessagesSent": "Count",
            "SentMessageSize": "Bytes",
        },
        dimensions=(("QueueName",),),
    ),
)


def sent(setting: Setting, region: str, queue: str, body: str) -> None:
    """A message was put into a queue."""
    values = {"NumberOfMessagesSent": 1, "SentMessageSize": len(body.encode())}
    setting.measured(region, NAMESPACE, values, {"QueueName": queue})


def deduplicated(setting: Setting, region: str, queue: str, messages: int) -> None:
    """So many messages were sent to a FIFO queue that had them already, and were not added."""
    setting.measured(region, NAMESPACE, {"NumberOfDeduplicatedSentMessages": messages}, {"QueueName": queue})


def received(setting: Setting, region: str, queue: str, messages: int) -> None:
    """So many messages were taken from a queue."""
    values = {"NumberOfMessagesReceived": messages} if messages else {"NumberOfEmptyReceives": 1}
    setting.measured(region, NAMESPACE, values, {"QueueName": queue})


def deleted(setting: Setting, region: str, queue: str, messages: int) -> None:
    """So many messages were deleted from a queue."""
    setting.measured(region, NAMESPACE, {"NumberOfMessagesDeleted": messages}, {"QueueName": queue})


class QueueMetrics:
    """Counts what calls do to queues, and what lies in them."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        after = setting.calls.after
        after("sqs", "SendMessage", lambda call: self._sent(call, [call.parameters]))
        after("sqs", "SendMessageBatch", lambda call: self._sent(call, _that_worked(call)))
        after("sqs", "ReceiveMessage", lambda call: self._received(call, len(_of(call, "Messages"))))
        after("sqs", "DeleteMessage", lambda call: self._deleted(call, 1))
        after("sqs", "DeleteMessageBatch", lambda call: self._deleted(call, len(_of(call, "Successful"))))

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
            for queue in moto_messages.queues(self._setting.account, region):
                if moto_messages.messages(queue):
                    self._count_in(region, queue)
        self._next()

    def _count_in(self, region: str, queue: Any) -> None:
        now = self._setting.clock.now
        oldest = min(each.sent_timestamp for each in moto_messages.messages(queue)) / 1000
        values = {
            "ApproximateNumberOfMessagesVisible": queue.approximate_number_of_messages,
            "ApproximateNumberOfMessagesNotVisible": queue.approximate_number_of_messages_not_visible,
            "ApproximateNumberOfMessagesDelayed": queue.approximate_number_of_messages_delayed,
            "ApproximateAgeOfOldestMessage": int(now.timestamp() - oldest),
        }
        if queue.fifo_queue:
            waits = {each.group_id for each in moto_messages.messages(queue) if not each.visible}
            values["ApproximateNumberOfGroupsWithInflightMessages"] = len(waits)
        self._setting.measured(region, NAMESPACE, values, {"QueueName": queue.name})

    def _sent(self, call: ApiCall, entries: Sequence[Any]) -> None:
        queue = self._queue(call)
        again = fifo.take_deduplicated(queue) if queue is not None else 0
        if again:
            deduplicated(self._setting, call.region, _name(call), again)
        for entry in entries[again:]:  # which of a batch were new is not told: their sizes are a guess
            sent(self._setting, call.region, _name(call), entry["MessageBody"])

    def _queue(self, call: ApiCall) -> Any | None:
        """The queue of a call, in the region of its URL."""
        place = Place(region=call.region, account=self._setting.account)
        return moto_messages.queue(queue_arn(place, call.parameters["QueueUrl"]))

    def _received(self, call: ApiCall, messages: int) -> None:
        received(self._setting, call.region, _name(call), messages)

    def _deleted(self, call: ApiCall, messages: int) -> None:
        deleted(self._setting, call.region, _name(call), messages)


def _name(call: ApiCall) -> str:
    return str(call.parameters["QueueUrl"]).rpartition("/")[2]


def _of(call: ApiCall, part: str) -> Sequence[Any]:
    found: Sequence[Any] = (call.response or {}).get(part, ())
    return found


def _that_worked(call: ApiCall) -> list[Any]:
    worked = {each["Id"] for each in _of(call, "Successful")}
    return [each for each in call.parameters["Entries"] if each["Id"] in worked]
