"""FIFO topics: what is published twice counts once, and every message has a number.

A deduplication id counts for five minutes, in the whole topic or in its group as FifoThroughputScope says;
who publishes it again gets the first message's id and number, and nobody gets the message. The group and the
deduplication id go along to FIFO queues; standard queues get neither. A message archive is not simulated.

Sources: https://docs.aws.amazon.com/sns/latest/dg/fifo-message-dedup.html,
https://docs.aws.amazon.com/sns/latest/dg/fifo-message-grouping.html,
https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from scenarios.cloud.kernel.fifo import deduplication_id

INTERVAL: Final = timedelta(minutes=5)
PER_GROUP: Final = "MessageGroup"
SCOPES: Final = ("Topic", PER_GROUP)
# The first of the numbers that AWS's own examples show; how they grow is not said.
_FIRST_NUMBER: Final = 10_000_000_000_000_000_000
_STEP: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What SNS answers to a message: its id and number, of the first one where it came again."""

    at: datetime
    message_id: str
    number: str
    is_new: bool = True


@dataclass(slots=True)
class Memory:
    """What a FIFO topic remembers."""

    sent: dict[tuple[str, str], Receipt] = field(default_factory=dict)
    number: int = _FIRST_NUMBER


def deduplication_of(topic: Any, given: Mapping[str, Any]) -> str:
    """What tells a message that is published from others; "" where it has nothing of the kind."""
    return deduplication_id(topic, given["Message"], given.get("MessageDeduplicationId"))


def receive(topic: Any, given: Mapping[str, Any], message_id: str, now: datetime) -> Receipt:
    """Take a message into a FIFO topic (moto's model)."""
    memory = _memory_of(topic)
    scope = getattr(topic, "fifo_throughput_scope", "Topic")
    key = given["MessageGroupId"] if scope == PER_GROUP else "", deduplication_of(topic, given)
    memory.sent = {each: first for each, first in memory.sent.items() if now - first.at < INTERVAL}
    first = memory.sent.get(key)
    if first is not None:
        return Receipt(at=first.at, message_id=first.message_id, number=first.number, is_new=False)
    memory.number += _STEP
    receipt = memory.sent[key] = Receipt(at=now, message_id=message_id, number=str(memory.number))
    return receipt


def _memory_of(topic: Any) -> Memory:
    found = getattr(topic, "trailwarden_memory", None)
    if found is None:
        found = topic.trailwarden_memory = Memory()
    memory: Memory = found
    return memory
