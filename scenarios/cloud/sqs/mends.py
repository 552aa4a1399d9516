"""What moto gets wrong in a queue, and leaves out."""

from typing import Any

import moto.sqs.models as sqs_models
import moto.sqs.responses as sqs_responses
from moto.core.utils import unix_time_millis

from scenarios.cloud.kernel.moto_mends import Mend

_receive = sqs_models.SQSBackend.receive_message
_answered = sqs_responses.SQSResponse.receive_message
_SOURCE = "DeadLetterQueueSourceArn"


def _receive_at_once(
    backend: Any, queue_name: str, count: int, _wait_seconds: int, *given: Any, **more: Any
) -> Any:
    """What moto waits for under frozen time never comes. A dead letter remembers its first queue."""
    queue = backend.get_queue(queue_name)
    before = list(queue._messages)  # noqa: SLF001 - moto offers no other way
    received = _receive(backend, queue_name, count, 0, *given, **more)
    if queue.dead_letter_queue is not None:
        left = {each.id for each in queue._messages}  # noqa: SLF001 - likewise
        for message in before:
            if message.id not in left:
                message.source = queue.queue_arn
    return received


def _answered_with_sources(response: Any) -> Any:
    """The queue that a dead letter comes from, which moto leaves out.

    Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html
    """
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


def _visible(message: Any) -> bool:
    """A message is seen from the very moment on to which it was hidden; in frozen time moto would wait on."""
    return bool(unix_time_millis() >= message.visible_at)


MENDS: tuple[Mend, ...] = (
    (sqs_models.SQSBackend, "receive_message", _receive_at_once),
    (sqs_responses.SQSResponse, "receive_message", _answered_with_sources),
    (sqs_models.Message, "visible", property(_visible)),
)
