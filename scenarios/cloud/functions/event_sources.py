"""Event source mappings: Lambda reads a queue under the function's role, and invokes the function.

A message is read as soon as it is visible: when it arrives, when its delay is over, when its
visibility timeout has run out. Handled messages are deleted. Failed ones stay hidden
until the timeout has run out and then come again, until the queue's redrive policy
moves them to the dead-letter queue. The function is invoked synchronously: its own retries,
destinations and dead-letter queue have no part in it.

With a batching window messages are gathered, hidden from other readers meanwhile; where few
arrive, Lambda may wait up to 20 s even if the window is shorter.

Under the `duplicates` faults a queue shows a message once more although it was deleted, as
standard queues may: that counts as received twice. One batch is handled at a time, so
MaximumConcurrency (2 and more) never holds anything back, and there is nothing to scale down
after failures.

A FIFO queue's messages come in the order of their groups, and a group of which a batch failed waits for
its visibility timeout while the others go on. A batch may hold messages of several groups.

Mappings that Lambda refuses are in validation.py. Left out: queues of other accounts, provisioned pollers,
two batches at the same time.

Sources: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html,
https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html,
https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html,
https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html#sqs-polling-behavior (FIFO),
https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html,
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/standard-queues-at-least-once-delivery.html
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from scenarios.cloud.functions.concurrency import has_no_concurrency, throttled
from scenarios.cloud.functions.event_filters import takes
from scenarios.cloud.functions.invocations import Invocation
from scenarios.cloud.functions.pollers import Poller, name_of
from scenarios.cloud.functions.queue_batches import record, unprocessed
from scenarios.cloud.kernel import moto_messages
from scenarios.cloud.kernel.arns import region_of
from scenarios.cloud.kernel.caller import ApiCall
from scenarios.cloud.kernel.clock import Entry
from scenarios.cloud.kms.keys import key_arn
from scenarios.cloud.setting import Setting
from scenarios.cloud.sqs.polling import next_seen
from scenarios.cloud.sqs.queue_metrics import deleted, received

RECEIVE_SECONDS = 0.05
# A poller that is refused goes on asking; AWS names no pace.
REFUSED_SECONDS = 60.0
# "Lambda might wait for up to 20 seconds", even if a shorter window is configured: a long poll's length.
LONG_POLL_SECONDS = 20
_QUEUES = ("sqs",)

ComesAgain = Callable[[Invocation], float | None]


@dataclass(slots=True)
class _Gathering:
    """A batch that waits for its window to end."""

    messages: list[Any] = field(default_factory=list)
    ends: Entry | None = None


class EventSources:
    """All event source mappings on queues, as moto has them."""

    def __init__(self, setting: Setting, poller: Poller) -> None:
        self._setting = setting
        self._poller = poller
        self.comes_again: ComesAgain = _never  # seconds after which a batch is shown once more
        self._wakes: dict[str, Entry] = {}
        self._gathering: dict[str, _Gathering] = {}
        for operation in ("CreateEventSourceMapping", "UpdateEventSourceMapping"):
            setting.calls.after("lambda", operation, self._changed)
        for operation in ("ChangeMessageVisibility", "ChangeMessageVisibilityBatch"):
            setting.calls.after("sqs", operation, self._changed)
        for operation in ("DeleteMessage", "DeleteMessageBatch"):
            setting.calls.after("sqs", operation, self._may_free_a_group)

    def start(self) -> None:
        """Begin to read what lies in the queues."""
        for region in self._setting.regions:
            self._wake_all(region)

    def arrived(self, queue_arn: str) -> None:
        """A message was put into a queue."""
        if self._mappings(queue_arn):
            self._wake(queue_arn)

    # ---- when to look -----------------------------------------------------------------------------

    def _changed(self, call: ApiCall) -> None:
        self._wake_all(call.region)

    def _may_free_a_group(self, call: ApiCall) -> None:
        if call.parameters["QueueUrl"].endswith(".fifo"):
            self._wake_all(call.region)

    def _wake_all(self, region: str) -> None:
        for mapping in self._poller.mappings(region, _QUEUES):
            self._wake(mapping.event_source_arn)

    def _wake(self, queue_arn: str, at: datetime | None = None) -> None:
        """Look at a queue at this moment, or as soon as a poll takes; an earlier look is kept."""
        soonest = self._setting.clock.now + timedelta(seconds=RECEIVE_SECONDS)
        moment = max(at or soonest, soonest)
        look, words = partial(self._look, queue_arn), f"Lambda reads {name_of(queue_arn)}"
        known = self._wakes.get(queue_arn)
        self._wakes[queue_arn] = self._setting.clock.or_sooner(known, moment, look, words)

    def _sleep(self, queue: Any) -> None:
        """Look again when the next message becomes visible; never for an empty queue."""
        moment = next_seen(queue)
        if moment is not None:
            # A message shows itself when its moment is past, and moto counts in milliseconds.
            self._wake(queue.queue_arn, moment + timedelta(milliseconds=1))

    def _look(self, queue_arn: str) -> None:
        self._wakes.pop(queue_arn, None)
        queue, mappings = moto_messages.queue(queue_arn), self._mappings(queue_arn)
        if queue is None or not mappings:
            return
        read = [self._read(mapping, queue) for mapping in mappings]  # every one of them gets its turn
        if any(read):
            self._sleep(queue)
        elif moto_messages.messages(queue):
            self._wake(queue_arn, self._setting.clock.now + timedelta(seconds=REFUSED_SECONDS))

    # ---- reading ----------------------------------------------------------------------------------

    def _read(self, mapping: Any, queue: Any) -> bool:
        """Take what is visible, and hand it over when the batch is whole; False where that isn't allowed."""
        why = self._unable(mapping, queue)
        if why:
            self._poller.does_not_read(mapping, queue.name, why)
            return False
        gathering = self._gathering.setdefault(mapping.uuid, _Gathering())
        taken, given_up = moto_messages.receive(queue, mapping.batch_size - len(gathering.messages))
        if given_up:
            target = queue.dead_letter_queue.name
            self._setting.note("kept", f"{queue.name} gave up {_many(given_up)}; {target} keeps what it was")
        received(self._setting, queue.region, queue.name, len(taken))
        gathering.messages += self._filtered(mapping, taken)
        if not gathering.messages:
            return True
        if len(gathering.messages) >= mapping.batch_size or not mapping.max_batch_window:
            self._hand_over(mapping)
        elif gathering.ends is None:
            gathering.ends = self._setting.clock.after(
                self._window(mapping), partial(self._hand_over, mapping), "a batching window ends"
            )
        return True

    def _filtered(self, mapping: Any, messages: list[Any]) -> list[Any]:
        """The messages that the mapping's filters take; Lambda deletes the others."""
        arn, criteria = mapping.event_source_arn, mapping.filter_criteria
        taken = [each for each in messages if takes(criteria, record(each, arn), "body")]
        left_out = [each for each in messages if each not in taken]
        if left_out:
            words = (
                f"{name_of(mapping.function_arn)} does not get {_many(len(left_out))}: no filter takes them"
            )
            self._setting.note("filtered", words)
            self._delete(mapping, left_out, None)
        return taken

    def _unable(self, mapping: Any, queue: Any) -> str:
        """Why Lambda can't read the queue for this mapping, or ""."""
        key = self._key(queue)
        asked = [("sqs:ReceiveMessage", queue.queue_arn), *([("kms:Decrypt", key)] if key else [])]
        return self._poller.denied(mapping, asked)

    def _key(self, queue: Any) -> str:
        """The key whose policy counts; AWS's own key for SQS lets everybody in the account."""
        configured = str(queue.kms_master_key_id or "")
        return "" if configured.endswith("alias/aws/sqs") else key_arn(configured, queue.queue_arn)

    def _window(self, mapping: Any) -> float:
        window = float(mapping.max_batch_window)
        return self._setting.random("lambda.window").uniform(window, max(window, LONG_POLL_SECONDS))

    # ---- handing over -----------------------------------------------------------------------------

    def _hand_over(self, mapping: Any) -> None:
        """Invoke the function with the batch, delete what it handled, and leave the rest to the queue."""
        gathering = self._gathering.pop(mapping.uuid)
        if gathering.ends is not None:
            gathering.ends.cancelled = True
        messages, queue_arn = gathering.messages, mapping.event_source_arn
        if has_no_concurrency(self._poller.function(mapping)):
            self._throttled(mapping, len(messages))
            return
        invocation = self._poller.invocation(
            mapping,
            [record(each, queue_arn) for each in messages],
            max(each.approximate_receive_count for each in messages),
        )
        again = self.comes_again(invocation)
        result = self._poller.run(invocation)
        back = unprocessed(
            result, [each.id for each in messages], partial=bool(mapping.function_response_types)
        )
        name, queue_name = name_of(mapping.function_arn), name_of(queue_arn)
        if back and not result.failed:
            words = f"{name} reports {len(back)} of {_many(len(messages))} as failed"
            self._setting.note("failed", words, event=invocation.event, function=invocation.arn)
        if back:
            self._setting.note("queued", f"{queue_name} shows {_many(len(back))} again after its timeout")
        self._delete(mapping, [each for each in messages if each.id not in back], again)

    def _throttled(self, mapping: Any, count: int) -> None:
        """The function has no concurrency: the batch shows itself again, and its receives go on counting.

        Source: https://aws.amazon.com/blogs/compute/introducing-maximum-concurrency-of-aws-lambda-functions-when-using-amazon-sqs-as-an-event-source/
        """
        throttled(self._setting, mapping.function_arn)
        name, queue_name = name_of(mapping.function_arn), name_of(mapping.event_source_arn)
        words = f"{name} has no concurrency: {queue_name} shows {_many(count)} again after its timeout"
        self._setting.note("queued", words)
        queue = moto_messages.queue(mapping.event_source_arn)
        if queue is not None:
            self._sleep(queue)

    def _delete(self, mapping: Any, messages: list[Any], again: float | None) -> None:
        queue = moto_messages.queue(mapping.event_source_arn)
        if queue is None or self._poller.function(mapping) is None or not messages:
            return
        why = self._poller.denied(mapping, [("sqs:DeleteMessage", queue.queue_arn)])
        if why:
            name = name_of(mapping.function_arn)
            self._setting.note("failed", f"what {name} handled comes again: {why}")
            return
        deleted(self._setting, queue.region, queue.name, len(messages))
        for message in messages:
            if again is not None:
                moto_messages.show_again(queue, message, again)
            elif (
                self._setting.faults.duplicates
                and not queue.fifo_queue
                and message.approximate_receive_count == 1
            ):
                seconds = self._setting.random("sqs.duplicates").uniform(1, 30)
                moto_messages.show_again(queue, message, seconds)
            else:
                moto_messages.delete_message(queue, message)
        self._sleep(queue)

    # ---- the mappings -----------------------------------------------------------------------------

    def _mappings(self, queue_arn: str) -> list[Any]:
        found = self._poller.mappings(region_of(queue_arn), _QUEUES)
        return [each for each in found if each.event_source_arn == queue_arn]


def _never(_invocation: Invocation) -> None:
    return None


def _many(messages: int) -> str:
    return "1 message" if messages == 1 else f"{messages} messages"
