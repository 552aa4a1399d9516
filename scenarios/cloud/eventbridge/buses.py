"""The door to event buses: AWS services send to the default bus, rules forward to another bus under a role.

A bus of another account takes what its policy allows, and the rule's role. What arrives there is kept for
who wants to know; rules can't be made there, so nothing more happens.

Sources: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event.html,
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-bus-to-bus.html
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from scenarios.cloud.kernel import moto_events
from scenarios.cloud.kernel.deliveries import AssumedRole, Delivery, Door, Event, Need
from scenarios.cloud.setting import Setting

DEFAULT_BUS = "default"
FORWARDED_AFTER_SECONDS = 0.5
_RULES = "events.amazonaws.com"


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """An event that arrived on a bus of another account, by the bus's ARN."""

    bus: str
    event: Mapping[str, Any]


Emit = Callable[..., None]
"""(region, event, bus, forwarded=True)."""


class Buses(Door[Event]):
    """Every event bus of the account."""

    def __init__(self, setting: Setting, emit: Emit) -> None:
        self._setting = setting
        self._emit = emit
        self.elsewhere: list[Elsewhere] = []
        setting.deliveries.register("events:event-bus", Event, self)

    def is_there(self, delivery: Delivery[Event]) -> bool:
        """Whether there is such a bus."""
        region, account, bus = _parts(delivery.arn)
        return bus in moto_events.buses(account, region)

    def needs(self, delivery: Delivery[Event]) -> Sequence[Need]:
        """An AWS service needs no permission for the default bus; a role must be allowed."""
        tells = isinstance(delivery.by, str) and delivery.arn.endswith(f"/{DEFAULT_BUS}")
        return () if tells else (Need("events:PutEvents", delivery.arn),)

    def take(self, delivery: Delivery[Event]) -> None:
        """Put an event on a bus; one that a rule forwards takes a moment to get there."""
        region, account, bus = _parts(delivery.arn)
        if account != self._setting.account:
            self.elsewhere.append(Elsewhere(delivery.arn, delivery.payload.content))
            return
        # A role that a rule assumes: what Scheduler puts, it puts as anybody would.
        forwarded = isinstance(delivery.by, AssumedRole) and delivery.by.service == _RULES
        emit = partial(self._emit, region, delivery.payload.content, bus, forwarded=forwarded)
        if forwarded:
            self._setting.clock.after(FORWARDED_AFTER_SECONDS, emit, "forwarded")
        else:
            emit()


def _parts(arn: str) -> tuple[str, str, str]:
    """Region, account and name."""
    _, _, _, region, account, rest = arn.split(":", 5)
    return region, account, rest.removeprefix("event-bus/")
