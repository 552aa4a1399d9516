"""Long polls: ReceiveMessage waits in simulated time until a message can be seen, or its time is over.

The wait is WaitTimeSeconds, else the queue's ReceiveMessageWaitTimeSeconds. While an actor waits, the rest of
the world goes on. While a function waits, only time passes, because one thing runs after the other here: what
is due meanwhile, and the messages it sends, come after the function's wait.

Source:
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-short-and-long-polling.html
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from scenarios.cloud.asked import Asked
from scenarios.cloud.kernel import moto_messages
from scenarios.cloud.setting import Setting
from scenarios.cloud.sqs import fifo

LONGEST_SECONDS = 20


class Polling:
    """Makes ReceiveMessage wait for a message."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        setting.calls.wait("sqs", "ReceiveMessage", self._wait)

    def _wait(self, asked: Asked) -> None:
        queue = self._queue(asked)
        if queue is None:
            return  # SQS says so
        if fifo.can_be_repeated(queue, asked.parameters.get("ReceiveRequestAttemptId", "")):
            return
        seconds = asked.parameters.get("WaitTimeSeconds", int(queue.receive_message_wait_time_seconds or 0))
        if not 0 < seconds <= LONGEST_SECONDS:
            return
        clock = self._setting.clock
        until = clock.now + timedelta(seconds=seconds)
        while (seen := _seen_at(queue, until)) > clock.now:
            due = clock.next_moment
            if due is not None and due <= seen and not clock.limited:
                clock.step()
            else:
                clock.pass_time((seen - clock.now).total_seconds())

    def _queue(self, asked: Asked) -> Any:
        ((_, arn),) = self._setting.actions.required(
            "sqs", asked.operation, asked.parameters, region=asked.region, account=asked.caller.account
        )
        return moto_messages.queue(arn)


def _seen_at(queue: Any, until: datetime) -> datetime:
    """When the first message of a queue can be seen; `until`, where none can before."""
    moment = next_seen(queue)
    return until if moment is None else min(until, moment)


def next_seen(queue: Any) -> datetime | None:
    """When the next message of a queue can be received; None for an empty queue."""
    if queue.fifo_queue:
        moment = fifo.seen_at(queue)
    else:
        moments = (max(each.visible_at, each.delayed_until) for each in moto_messages.messages(queue))
        moment = min(moments, default=None)
    return None if moment is None else datetime.fromtimestamp(moment / 1000, UTC)
