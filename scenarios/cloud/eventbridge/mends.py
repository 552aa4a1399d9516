"""What moto gets wrong in EventBridge: names of buses with slashes, policies, and secrets that it tells."""

from collections.abc import Mapping
from typing import Any

import moto.events.models as events_models

from scenarios.cloud.eventbridge.connections import without_secrets
from scenarios.cloud.eventbridge.requests import name_of_bus
from scenarios.cloud.kernel.moto_mends import Mend

_create_bus = events_models.EventsBackend.create_event_bus
_describe = events_models.Connection.describe
_init = events_models.Archive.__init__


def _bus(_backend: Any, bus: str | None) -> str:
    """A bus by name or ARN; a partner's bus has slashes in its name."""
    return name_of_bus(bus) if bus else "default"


def _archive(archive: Any, *given: Any, **more: Any) -> None:
    _init(archive, *given, **more)
    archive.event_bus_name = _bus(None, archive.source_arn)


class _Statement:
    """One statement of a bus's policy, as it was given."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self.given = dict(given)
        self.principal = self.given.get("Principal")

    def describe(self) -> dict[str, Any]:
        return self.given


def _whole_policy(bus: Any, policy: Mapping[str, Any]) -> None:
    """A policy takes the place of the whole; moto keeps what other principals were allowed."""
    given = policy["Statement"]
    statements = given if isinstance(given, list) else [given]
    bus._statements = {  # noqa: SLF001 - moto offers no other way
        str(each.get("Sid") or number): _Statement(each) for number, each in enumerate(statements)
    }


def _permission(
    bus: Any, sid: str, action: str, principal: Mapping[str, str], condition: Mapping[str, Any] | None
) -> None:
    """One statement under its id; `*` is everybody, and no account of that name."""
    everybody = ":*:" in principal["AWS"]
    bus._statements[sid] = _Statement(  # noqa: SLF001 - likewise
        {
            "Sid": sid,
            "Effect": "Allow",
            "Principal": "*" if everybody else principal,
            "Action": action,
            "Resource": bus.arn,
            **({"Condition": condition} if condition else {}),
        }
    )


def _offered_bus(backend: Any, name: str, event_source_name: str | None = None, **more: Any) -> Any:
    """A stack's partner bus stands as if its source had been offered; see `eventbridge.partners`."""
    if event_source_name and event_source_name not in backend.event_sources:
        backend.create_partner_event_source(event_source_name, backend.account_id)
    return _create_bus(backend, name, event_source_name, **more)


def _described(connection: Any) -> dict[str, Any]:
    """A connection without its secrets.

    Source: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_DescribeConnection.html
    """
    found: dict[str, Any] = without_secrets(_describe(connection))
    return found


MENDS: tuple[Mend, ...] = (
    (events_models.EventsBackend, "_normalize_event_bus_arn", _bus),
    (events_models.EventsBackend, "create_event_bus", _offered_bus),
    (events_models.EventBus, "add_policy", _whole_policy),
    (events_models.EventBus, "add_permission", _permission),
    (events_models.Archive, "__init__", _archive),
    (events_models.Connection, "describe", _described),
)
