"""FIFO queues: what is sent twice counts once, and a group waits for what was received of it.

moto's queues know groups too, but forget a deduplication id with its message, and may hand out a group's
second message before its first once both are visible again. So the rules are here:

- a deduplication id counts for five minutes, in the whole queue or in its group as DeduplicationScope says,
  and also after its message was deleted; who sends it again gets the id of the first message;
- a receive takes as much of one group as it may, then of the next; a group of which a message is hidden, by a
  receive or by a delay, gives no other;
- a receive that is asked for again under the same attempt id gives the same messages and receipt handles, and
  hides them anew, as long as nobody changed one of them;
- a receipt handle whose visibility timeout is over deletes nothing;
- a message that moves to a dead-letter queue counts as sent at that moment.

The quotas of 300 calls a second (more for high throughput) and 120,000 messages in flight are not simulated.

Sources:
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/FIFO-queues-understanding-logic.html,
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/using-messagededuplicationid-property.html,
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/high-throughput-fifo.html,
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html,
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
"""

from collections.abc import Sequence
from copy import copy, deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from scenarios.cloud.kernel import moto_messages

INTERVAL_MS: Final = 5 * 60 * 1000
PER_GROUP: Final = "messageGroup"
NO_GROUP: Final = "The request must contain the parameter MessageGroupId."
NO_DEDUPLICATION: Final = (
    "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided "
    "explicitly"
)
# AWS's numbers have 20 digits, and grow within a group; how they grow is not said.
_FIRST_NUMBER: Final = 18_870_000_000_000_000_000
_STEP: Final = 256


@dataclass(frozen=True, slots=True)
class _Attempt:
    """What was received under an attempt id. `hidden`: each message, and until when it is hidden.

    Who receives a message again, or changes how long it is hidden, changes that moment.
    """

    at: float
    hidden: tuple[tuple[Any, float], ...]


@dataclass(slots=True)
class Memory:
    """What a FIFO queue remembers beside its messages; all moments in milliseconds."""

    sent: dict[tuple[str, str], Any] = field(default_factory=dict)
    attempts: dict[str, _Attempt] = field(default_factory=dict)
    attempt_id: str = ""
    number: int = _FIRST_NUMBER
    deduplicated: int = 0


def _now() -> float:
    """The simulated time as moto writes it into messages: milliseconds since 1970."""
    return datetime.now(UTC).timestamp() * 1000


def memory_of(queue: Any) -> Memory:
    """The memory of a queue (moto's model), which is kept with it."""
    found = getattr(queue, "trailwarden_memory", None)
    if found is None:
        found = queue.trailwarden_memory = Memory()
    memory: Memory = found
    return memory


def take_deduplicated(queue: Any) -> int:
    """How many messages were not added since this was last asked, because they had been sent before."""
    if not queue.fifo_queue:
        return 0
    memory = memory_of(queue)
    count, memory.deduplicated = memory.deduplicated, 0
    return count


# ---- sending ------------------------------------------------------------------------------------


def first_of(queue: Any, message: Any) -> Any | None:
    """The message that was sent first under the same deduplication id, if that is five minutes ago at most.

    It comes with the body and attributes of the one that is sent now, since SQS answers with their digests.
    """
    first = memory_of(queue).sent.get(_key(queue, message))
    if first is None or message.sent_timestamp - first.sent_timestamp >= INTERVAL_MS:
        return None
    memory_of(queue).deduplicated += 1
    told = copy(first)
    told.body, told.message_attributes = message.body, message.message_attributes
    return told


def remember(queue: Any, message: Any) -> None:
    """Number a message that is new to the queue, and keep its deduplication id."""
    memory = memory_of(queue)
    memory.number += _STEP
    message.sequence_number = str(memory.number)
    now = message.sent_timestamp
    memory.sent = {key: each for key, each in memory.sent.items() if now - each.sent_timestamp < INTERVAL_MS}
    memory.sent[_key(queue, message)] = copy(message)


def _key(queue: Any, message: Any) -> tuple[str, str]:
    group = message.group_id if queue.deduplication_scope == PER_GROUP else ""
    return group, message.deduplication_id


# ---- receiving ----------------------------------------------------------------------------------


def receive(queue: Any, most: int, hidden_seconds: int) -> list[Any]:
    """Receive at most so many messages, and hide them; messages of moto's that may be changed."""
    memory = memory_of(queue)
    attempt_id, memory.attempt_id = memory.attempt_id, ""
    again = _received_before(queue, attempt_id)
    received = _again(again, hidden_seconds) if again else _anew(queue, most, hidden_seconds)
    if attempt_id:
        at = memory.attempts[attempt_id].at if again else _now()
        hidden = tuple((each, each.visible_at) for each in received)
        memory.attempts[attempt_id] = _Attempt(at, hidden)
    return [deepcopy(each) for each in received]


def can_be_repeated(queue: Any, attempt_id: str) -> bool:
    """Whether a receive under this attempt id gives what it gave before."""
    return bool(queue.fifo_queue and _received_before(queue, attempt_id))


def _received_before(queue: Any, attempt_id: str) -> list[Any]:
    """What the same attempt received, if every message is still as the attempt left it."""
    attempt, now = memory_of(queue).attempts.get(attempt_id), _now()
    if attempt is None or now - attempt.at >= INTERVAL_MS:
        return []
    standing = moto_messages.messages(queue)
    unchanged = all(each in standing and now < until == each.visible_at for each, until in attempt.hidden)
    return [each for each, _ in attempt.hidden] if unchanged else []


def _again(messages: Sequence[Any], hidden_seconds: int) -> list[Any]:
    for each in messages:
        each.change_visibility(hidden_seconds)
    return list(messages)


def _anew(queue: Any, most: int, hidden_seconds: int) -> list[Any]:
    _give_up(queue)
    received = _by_group(_available(queue))[:most]
    for each in received:
        each.mark_received(visibility_timeout=hidden_seconds)
    return received


def _available(queue: Any) -> list[Any]:
    """What can be received, the oldest first: all messages of the groups that nothing blocks."""
    messages, now = moto_messages.messages(queue), _now()
    blocked: set[str] = {each.group_id for each in messages if each.visible_at > now}
    found = []
    for each in messages:
        if each.delayed_until > now:
            blocked.add(each.group_id)
        if each.group_id not in blocked:
            found.append(each)
    return found


def _by_group(messages: Sequence[Any]) -> list[Any]:
    """As much as possible of the oldest message's group, then of the next group."""
    groups = list(dict.fromkeys(each.group_id for each in messages))
    return sorted(messages, key=lambda each: groups.index(each.group_id))


def _give_up(queue: Any) -> None:
    """Move what was received too often to the dead-letter queue, where it counts as sent now."""
    if queue.dead_letter_queue is None or not queue.redrive_policy:
        return
    most = queue.redrive_policy["maxReceiveCount"]
    for each in [one for one in _available(queue) if one.approximate_receive_count >= most]:
        each.sent_timestamp = int(_now())
        moto_messages.move_message(queue, each, queue.dead_letter_queue)


def seen_at(queue: Any) -> float | None:
    """When the next message can be received, in milliseconds since 1970; None for an empty queue."""
    groups: dict[str, float] = {}
    first: dict[str, float] = {}
    for each in moto_messages.messages(queue):
        first.setdefault(each.group_id, each.delayed_until)
        groups[each.group_id] = max(groups.get(each.group_id, 0), each.visible_at)
    return min((max(hidden, first[group]) for group, hidden in groups.items()), default=None)


# ---- deleting -----------------------------------------------------------------------------------


def has_expired(queue: Any, handle: str) -> bool:
    """Whether a receipt handle no longer deletes: its timeout is over, or the message was received again."""
    now = _now()
    return any(
        each.had_receipt_handle(handle) and (each.visible_at <= now or each.receipt_handle != handle)
        for each in moto_messages.messages(queue)
    )
