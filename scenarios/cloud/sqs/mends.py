"""What moto gets wrong in a queue."""

from typing import Any

import moto.sqs.models as sqs_models
from moto.core.utils import unix_time_millis

from scenarios.cloud.kernel.moto_mends import Mend

_receive = sqs_models.SQSBackend.receive_message


def _receive_at_once(
    backend: Any, queue_name: str, count: int, _wait_seconds: int, *given: Any, **more: Any
) -> Any:
    """What moto waits for under frozen time never comes."""
    return _receive(backend, queue_name, count, 0, *given, **more)


def _visible(message: Any) -> bool:
    """A message is seen from the very moment on to which it was hidden; in frozen time moto would wait on."""
    return bool(unix_time_millis() >= message.visible_at)


MENDS: tuple[Mend, ...] = (
    (sqs_models.SQSBackend, "receive_message", _receive_at_once),
    (sqs_models.Message, "visible", property(_visible)),
)
