"""SQS and SNS: queues and their messages, topics and their subscriptions, as moto has them."""

from typing import Any

from scenarios.cloud.kernel.arns import account_of, region_of
from scenarios.cloud.kernel.moto_state import backend, named_by


def queue(arn: str) -> Any | None:
    """A queue's model, by ARN."""
    found = named_by(arn, "sqs")
    return found.queues.get(arn.rpartition(":")[2]) if found is not None else None


def queues(account: str, region: str) -> list[Any]:
    """A region's queues: `.name`, `.queue_arn`."""
    return list(backend("sqs", account, region).queues.values())


def messages(queue: Any) -> list[Any]:
    """All that lies in a queue, hidden or not: `.visible_at` and `.delayed_until` in milliseconds."""
    return list(queue._messages)  # noqa: SLF001


def move_message(queue: Any, message: Any, to: Any) -> None:
    """Move a message from one queue to another."""
    queue._messages.remove(message)  # noqa: SLF001
    to.add_message(message)


def receive(queue: Any, most: int) -> tuple[list[Any], int]:
    """Receive what is visible, hidden from now on for the queue's visibility timeout.

    Also tells how many messages the redrive policy moved to the dead-letter queue. What the retention
    period has ended is gone; moto would go on holding it.
    """
    sqs = backend("sqs", queue.account_id, queue.region)
    queue._messages = [  # noqa: SLF001
        each
        for each in queue._messages  # noqa: SLF001
        if sqs.is_message_valid_based_on_retention_period(queue.name, each)
    ]
    before = len(queue._messages)  # noqa: SLF001
    received = sqs.receive_message(queue.name, most, 0, queue.visibility_timeout, ["All"])
    return received, before - len(queue._messages)  # noqa: SLF001


def delete_message(queue: Any, message: Any) -> None:
    """Delete a received message, if it is still there."""
    if any(each.id == message.id for each in queue._messages):  # noqa: SLF001
        queue.delete_message(message.receipt_handle)


def show_again(queue: Any, message: Any, seconds: float) -> None:
    """Have a received message seen again so many seconds from now."""
    for each in queue._messages:  # noqa: SLF001
        if each.id == message.id:
            each.change_visibility(int(seconds))


def topic(arn: str) -> Any | None:
    """A topic's model, by ARN."""
    found = named_by(arn, "sns")
    return found.topics.get(arn) if found is not None else None


def platform_endpoint(arn: str) -> Any | None:
    """An endpoint of a phone, by ARN: `.enabled`."""
    found = named_by(arn, "sns")
    return found.platform_endpoints.get(arn) if found is not None else None


def subscriptions(topic_arn: str) -> list[Any]:
    """What is subscribed to a topic."""
    _, _, _, region, account, _ = topic_arn.split(":", 5)
    return [
        each for each in backend("sns", account, region).subscriptions.values() if each.topic.arn == topic_arn
    ]


def subscription(arn: str) -> Any | None:
    """A subscription's model, by ARN: `.attributes`, `.endpoint`, `.protocol`."""
    found = named_by(arn, "sns")
    return found.subscriptions.get(arn) if found is not None else None


def forget_subscription(arn: str) -> None:
    """Delete a subscription, by ARN."""
    backend("sns", account_of(arn), region_of(arn)).subscriptions.pop(arn, None)


def remember_subscription(found: Any) -> None:
    """Have a subscription that was deleted stand again."""
    topic = found.topic
    backend("sns", topic.account_id, region_of(topic.arn)).subscriptions[found.arn] = found


def topic_tags(found: Any) -> dict[str, str]:
    """A topic's tags."""
    return dict(found._tags)  # noqa: SLF001
