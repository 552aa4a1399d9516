"""What every law of the simulated AWS is given: clock, callers, calls, deliveries, faults, trace."""

import random
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import boto3

from scenarios.cloud.authorization.actions import Actions
from scenarios.cloud.authorization.identity import Identity
from scenarios.cloud.calls import Calls
from scenarios.cloud.kernel.clock import Clock
from scenarios.cloud.kernel.deliveries import Deliveries, Event, Refusal
from scenarios.cloud.kernel.emitted import Dimensions, Measurements
from scenarios.cloud.kernel.faults import Faults
from scenarios.cloud.kernel.laws import Laws
from scenarios.cloud.kernel.randomness import stream
from scenarios.cloud.kernel.recorded import Records
from scenarios.cloud.kernel.threads import Threads
from scenarios.cloud.kernel.web import Web


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One line of a trace: when, what kind of thing, and the words. No bytes, sizes or ETags in it.

    `cause`: the number of the action that led to it, where that is known (`Clock.cause`).
    """

    at: datetime
    kind: str
    words: str
    facts: dict[str, Any] = field(default_factory=dict)
    cause: int | None = None


@dataclass(slots=True, kw_only=True)
class Setting:
    """The shared parts of a world: every law gets this.

    `home` is the region the stack is deployed in; `actions`, `records` and `kinds` what is known of the
    services, as `Registry` has it.
    """

    clock: Clock
    identity: Identity
    calls: Calls
    deliveries: Deliveries
    actions: Actions
    records: Records
    faults: Faults
    seed: int
    account: str
    home: str
    regions: tuple[str, ...]
    session: boto3.Session
    code: Path
    threads: Threads
    kinds: Mapping[str, Any]  # CloudFormation's types, which this module must not know
    stands: bool = False  # whether the stacks are old, so that their alarms have settled
    laws: Laws = field(default_factory=Laws)
    measurements: Measurements = field(default_factory=Measurements)
    web: Web = field(default_factory=Web)
    trace: list[Moment] = field(default_factory=list)
    _streams: dict[str, random.Random] = field(default_factory=dict)

    def note(self, kind: str, words: str, **facts: Any) -> None:
        """Add a line to the trace."""
        moment = Moment(at=self.clock.now, kind=kind, words=words, facts=facts, cause=self.clock.cause)
        self.trace.append(moment)

    def note_lost(self, count: int, what: str, refusal: Refusal | str | None) -> None:
        """Add a line to the trace where a delivery of log lines was refused.

        `what` and why as in "3 lines of the access log of web: ..."; nothing is added for None or "".
        """
        if refusal:
            because = refusal if isinstance(refusal, str) else refusal.because
            self.note("lost", f"{count} {what}: {because}")

    def measured(
        self,
        region: str,
        namespace: str,
        values: Mapping[str, float],
        *sets: Dimensions,
        at: datetime | None = None,
    ) -> None:
        """A service measured something, by default now; see `Measurements.note`."""
        self.measurements.note(region, namespace, values, *sets, at=at or self.clock.now)

    def announce(self, region: str, event: Mapping[str, Any], *, by: str) -> None:
        """Put an AWS service's event on a region's default event bus; services need no permission for it."""
        bus = f"arn:aws:events:{region}:{self.account}:event-bus/default"
        self.deliveries.hand_over(bus, Event(content=event), by=by)

    def service_event(
        self, region: str, source: str, detail_type: str, resources: Sequence[str], detail: Mapping[str, Any]
    ) -> dict[str, Any]:
        """An event of an AWS service, as it is now; `source` such as `aws.ec2`."""
        return {
            "version": "0",
            "id": self.new_uuid("events.id"),
            "detail-type": detail_type,
            "source": source,
            "account": self.account,
            "time": f"{self.clock.now:%Y-%m-%dT%H:%M:%SZ}",
            "region": region,
            "resources": list(resources),
            "detail": dict(detail),
        }

    def random(self, name: str) -> random.Random:
        """The stream of random numbers with this name; a draw from it shifts no other.

        Where a profile draws apart, each action of a scenario has streams of its own, and what functions ask
        because of it has others: so a retry shifts nothing for the actions after it.
        """
        if self.faults.draws_apart:
            name = f"{name}|{self.clock.cause}|{self.clock.limited}"
        if name not in self._streams:
            self._streams[name] = stream(self.seed, name)
        return self._streams[name]

    def new_uuid(self, name: str) -> str:
        """The next UUID of a stream, as `uuid4` would write it."""
        return str(uuid.UUID(int=self.random(name).getrandbits(128), version=4))
