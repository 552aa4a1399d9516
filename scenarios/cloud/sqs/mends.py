"""What moto gets wrong in a queue, and leaves out."""

from collections.abc import Mapping, Sequence
from typing import Any

import moto.sqs.models as sqs_models
import moto.sqs.responses as sqs_responses
from moto.core.utils import unix_time_millis
from moto.moto_api._internal import mock_random

from scenarios.cloud.kernel.errors import Refused
from scenarios.cloud.kernel.fifo import deduplication_id
from scenarios.cloud.kernel.moto_mends import Mend
from scenarios.cloud.sqs import fifo
from scenarios.cloud.sqs.validation import entry_refusal, receipt_refusal

_send = sqs_models.SQSBackend.send_message
_send_several = sqs_models.SQSBackend.send_message_batch
_delete_several = sqs_models.SQSBackend.delete_message_batch
_receive = sqs_models.SQSBackend.receive_message
_answered = sqs_responses.SQSResponse.receive_message
_attributes = sqs_models.SQSBackend.get_queue_attributes
_ALLOWED = "RedriveAllowPolicy"
_SOURCE = "DeadLetterQueueSourceArn"


def _receive_at_once(
    backend: Any, queue_name: str, count: int, _wait_seconds: int, *given: Any, **more: Any
) -> Any:
    """What moto waits for under frozen time never comes. A dead letter remembers its first queue."""
    queue = backend.get_queue(queue_name)
    before = list(queue._messages)  # noqa: SLF001 - moto offers no other way
    if queue.fifo_queue:
        received = _receive_in_order(backend, queue, count, *given, **more)
    else:
        received = _receive(backend, queue_name, count, 0, *given, **more)
    if queue.dead_letter_queue is not None:
        left = {each.id for each in queue._messages}  # noqa: SLF001 - likewise
        for message in before:
            if message.id not in left:
                message.source = queue.queue_arn
    return received


def _receive_in_order(
    backend: Any, queue: Any, count: int, hidden_seconds: int, names: Sequence[str] = ()
) -> list[Any]:
    """What a FIFO queue gives; of each message only the attributes that are asked for."""
    queue._messages = [  # noqa: SLF001 - likewise
        each
        for each in queue._messages  # noqa: SLF001 - likewise
        if backend.is_message_valid_based_on_retention_period(queue.name, each)
    ]
    received = fifo.receive(queue, count, int(hidden_seconds))
    for each in received:
        sqs_models._filter_message_attributes(each, list(names))  # noqa: SLF001 - as moto does
    return received


def _send_in_order(backend: Any, queue_name: str, message_body: str, *given: Any, **more: Any) -> Any:
    """A FIFO queue takes a message once; the queue's own delay is the only one it knows."""
    queue = backend.get_queue(queue_name)
    if not queue.fifo_queue:
        return _send(backend, queue_name, message_body, *given, **more)
    message = sqs_models.Message(str(mock_random.uuid4()), message_body, more.get("system_attributes"))
    message.message_attributes = (given[0] if given else more.get("message_attributes")) or {}
    message.group_id = more["group_id"]
    message.deduplication_id = deduplication_id(queue, message_body, more.get("deduplication_id"))
    message.mark_sent(delay_seconds=queue.delay_seconds)
    first = fifo.first_of(queue, message)
    if first is not None:
        return first
    fifo.remember(queue, message)
    queue.add_message(message)
    return message


def _send_those_that_are_taken(
    backend: Any, queue_name: str, entries: Mapping[str, Mapping[str, Any]]
) -> tuple[list[Any], list[Any]]:
    """SQS refuses the entries of a batch one by one; moto all of them with the first."""
    queue = backend.get_queue(queue_name)
    refused = {name: why for name, each in entries.items() if (why := entry_refusal(queue, each))}
    taken = {name: each for name, each in entries.items() if name not in refused}
    # Of a batch as a whole moto refuses what SQS does: too many entries, ids that are twice in it.
    sent, failed = _send_several(backend, queue_name, taken) if taken else ([], [])
    return sent, [*failed, *(_failed(entries[name]["Id"], why) for name, why in refused.items())]


def _delete_those_that_can_be(
    backend: Any, queue_name: str, receipts: Sequence[Mapping[str, Any]]
) -> tuple[list[str], list[dict[str, Any]]]:
    """In a FIFO queue a receipt handle expires, each for itself."""
    queue = backend.get_queue(queue_name)
    refused = {each["Id"]: why for each in receipts if (why := receipt_refusal(queue, each["ReceiptHandle"]))}
    rest = [each for each in receipts if each["Id"] not in refused]
    deleted, failed = _delete_several(backend, queue_name, rest)
    return deleted, [*failed, *(_failed(name, why) for name, why in refused.items())]


def _failed(entry: str, why: Refused) -> dict[str, Any]:
    return {"Id": entry, "SenderFault": True, "Code": why.code, "Message": why.message}


def _answered_with_sources(response: Any) -> Any:
    """The queue that a dead letter comes from, which moto leaves out; a receive may have an attempt id.

    Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html
    """
    _note_attempt(response)
    answer = _answered(response)
    names = ("AttributeNames", "MessageSystemAttributeNames")
    asked = {each for name in names for each in response._get_param(name, [])}  # noqa: SLF001 - as moto asks
    if asked & {"All", _SOURCE}:
        queue = response.sqs_backend.get_queue(response._get_queue_name())  # noqa: SLF001 - likewise
        sources = {each.id: getattr(each, "source", "") for each in queue._messages}  # noqa: SLF001 - likewise
        for message in answer.result.get("Messages", ()):
            if source := sources.get(message["MessageId"]):
                message.setdefault("Attributes", {})[_SOURCE] = source
    return answer


def _told_attributes(backend: Any, queue_name: str, names: Sequence[str]) -> dict[str, Any]:
    """A queue's attributes, with who may use it for dead letters, which moto keeps and doesn't tell.

    Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueAttributes.html
    """
    rest = [each for each in names if each != _ALLOWED]
    found: dict[str, Any] = _attributes(backend, queue_name, rest) if rest else {}
    allowed = getattr(backend.get_queue(queue_name), "redrive_allow_policy", "")
    return {**found, _ALLOWED: allowed} if allowed and {_ALLOWED, "All"} & set(names) else found


def _note_attempt(response: Any) -> None:
    queue = response.sqs_backend.queues.get(response._get_queue_name())  # noqa: SLF001 - likewise
    attempt = response._get_param("ReceiveRequestAttemptId")  # noqa: SLF001 - likewise
    if queue is not None and queue.fifo_queue:
        fifo.memory_of(queue).attempt_id = str(attempt or "")


def _visible(message: Any) -> bool:
    """A message is seen from the very moment on to which it was hidden; in frozen time moto would wait on.

    Each question about a queue asks this of all its messages, most of which were never hidden.
    """
    return not message.visible_at or bool(unix_time_millis() >= message.visible_at)


def _delayed(message: Any) -> bool:
    """As moto has it, which asks for the time even where no delay was set."""
    return bool(message.delayed_until) and bool(unix_time_millis() < message.delayed_until)


MENDS: tuple[Mend, ...] = (
    (sqs_models.SQSBackend, "receive_message", _receive_at_once),
    (sqs_models.SQSBackend, "get_queue_attributes", _told_attributes),
    (sqs_models.SQSBackend, "send_message", _send_in_order),
    (sqs_models.SQSBackend, "send_message_batch", _send_those_that_are_taken),
    (sqs_models.SQSBackend, "delete_message_batch", _delete_those_that_can_be),
    (sqs_responses.SQSResponse, "receive_message", _answered_with_sources),
    (sqs_models.Message, "visible", property(_visible)),
    (sqs_models.Message, "delayed", property(_delayed)),
)
