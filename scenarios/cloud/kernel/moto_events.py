"""EventBridge and its Scheduler: buses, rules, schedules, connections, as moto has them."""

import json
from collections.abc import Mapping
from typing import Any

from scenarios.cloud.kernel.arns import account_of, region_of
from scenarios.cloud.kernel.moto_state import backend


def rules(account: str, region: str, bus: str) -> list[Any]:
    """The rules of a bus, or none where there is no such bus."""
    found = backend("events", account, region).event_buses.get(bus)
    return list(found.rules.values()) if found else []


def buses(account: str, region: str) -> list[str]:
    """The names of a region's event buses."""
    return list(backend("events", account, region).event_buses)


def schedules(account: str, region: str) -> list[Any]:
    """The schedules of a region, in all groups: `.name`, `.group_name`, `.arn`, `.state`, `.target`."""
    groups = backend("scheduler", account, region).schedule_groups.values()
    return [each for group in groups for each in group.schedules.values()]


def schedule_groups(account: str, region: str) -> list[str]:
    """The names of a region's groups of schedules."""
    return list(backend("scheduler", account, region).schedule_groups)


def delete_schedule(account: str, region: str, group: str, name: str) -> None:
    """Delete a schedule, as Scheduler itself does."""
    backend("scheduler", account, region).delete_schedule(group, name)


def bus_policy(account: str, region: str, bus: str) -> Mapping[str, Any] | None:
    """The resource policy of a bus."""
    found = backend("events", account, region).event_buses.get(bus)
    described = found.policy if found else None
    return json.loads(described) if described else None


def connection_named(account: str, region: str, name: str) -> Any | None:
    """A connection of EventBridge: `.arn`, `.state`, `.secret_arn`, `.authorization_type`."""
    return backend("events", account, region).connections.get(name)


def connection(arn: str) -> Any | None:
    """A connection of EventBridge by its ARN."""
    name = arn.split("/")[1] if arn.count("/") > 1 else ""
    found = connection_named(account_of(arn), region_of(arn), name)
    return found if found is not None and found.arn == arn else None


def api_destination(arn: str) -> Any | None:
    """An API destination by its ARN: `.invocation_endpoint`, `.http_method`, `.connection_arn`."""
    found = backend("events", account_of(arn), region_of(arn)).destinations.values()
    return next((each for each in found if each.arn == arn), None)


def offer_event_source(account: str, region: str, name: str) -> None:
    """Have a region's EventBridge know a partner's event source, so that a bus can be made of it."""
    backend("events", account, region).create_partner_event_source(name, account)


def archives(account: str, region: str) -> dict[str, Any]:
    """The event archives of a region by name: `.event_pattern`, `.source_arn`, `.retention`, `.events`."""
    return dict(backend("events", account, region).archives)
