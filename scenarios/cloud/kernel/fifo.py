"""What FIFO queues and FIFO topics have in common."""

import hashlib
from typing import Any


def deduplication_id(place: Any, text: str, given: str | None) -> str:
    """What tells a message from others: the given id, else a digest of its text; "" where it has neither.

    `place`: the queue or the topic, as moto has it.
    """
    if given or not place.content_based_deduplication:
        return given or ""
    return hashlib.sha256(text.encode()).hexdigest()
