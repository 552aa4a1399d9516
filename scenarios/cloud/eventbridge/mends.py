"""What moto gets wrong in EventBridge: names of buses with slashes, and secrets that it tells."""

from typing import Any

import moto.events.models as events_models

from scenarios.cloud.eventbridge.connections import without_secrets
from scenarios.cloud.kernel.moto_mends import Mend

_describe = events_models.Connection.describe
_init = events_models.Archive.__init__


def _bus(_backend: Any, bus: str | None) -> str:
    """A bus by name or ARN; a partner's bus has slashes in its name."""
    return bus.partition(":event-bus/")[2] or bus if bus else "default"


def _archive(archive: Any, *given: Any, **more: Any) -> None:
    _init(archive, *given, **more)
    archive.event_bus_name = _bus(None, archive.source_arn)


def _described(connection: Any) -> dict[str, Any]:
    """A connection without its secrets.

    Source: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_DescribeConnection.html
    """
    found: dict[str, Any] = without_secrets(_describe(connection))
    return found


MENDS: tuple[Mend, ...] = (
    (events_models.EventsBackend, "_normalize_event_bus_arn", _bus),
    (events_models.Archive, "__init__", _archive),
    (events_models.Connection, "describe", _described),
)
