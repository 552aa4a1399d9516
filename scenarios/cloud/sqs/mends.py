"""What moto gets wrong in a queue."""

from typing import Any

import moto.sqs.models as sqs_models

from scenarios.cloud.kernel.moto_mends import Mend

_receive = sqs_models.SQSBackend.receive_message


def _receive_at_once(
    backend: Any, queue_name: str, count: int, _wait_seconds: int, *given: Any, **more: Any
) -> Any:
    """What moto waits for under frozen time never comes."""
    return _receive(backend, queue_name, count, 0, *given, **more)


MENDS: tuple[Mend, ...] = ((sqs_models.SQSBackend, "receive_message", _receive_at_once),)
