"""What the services of the simulated AWS emit by themselves: which metrics, and which events.

Each service's manifest lists them. A service measures with `Measurements.note`; the samples
wait until a metric of that namespace is read, so unread metrics cost almost nothing.
"""

import itertools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Final, Protocol

from scenarios.cloud.kernel.errors import WorldError

Dimensions = Mapping[str, str]
OF_EVERY_SERVICE: Final = ""
MOST_WAITING: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class EmittedMetrics:
    """Metrics that a service emits under the same dimensions.

    Args:
        namespace: such as `AWS/Lambda`.
        units: the unit of each, by its name.
        dimensions: the sets of dimensions' names that each of them comes under; () stands for none.
    """

    namespace: str
    units: Mapping[str, str]
    dimensions: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EmittedEvents:
    """Events that a service puts on the default bus, such as `EC2 Instance State-change Notification`.

    `source`: such as `aws.ec2`; OF_EVERY_SERVICE for what CloudTrail tells of them all.
    """

    source: str
    detail_types: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NeverEmitted:
    """An alarm, or a rule, that waits for what the simulated AWS never emits.

    `kind`: alarm or rule. `wants`: the metric or the event, in words.
    """

    kind: str
    name: str
    region: str
    wants: str

    def __str__(self) -> str:
        verb = "watches" if self.kind == "alarm" else "waits for"
        return f"the {self.kind} {self.name} {verb} {self.wants}, which the simulated AWS never emits"


class Emitted:
    """What all services together emit."""

    def __init__(
        self,
        metrics: Iterable[EmittedMetrics] = (),
        events: Iterable[EmittedEvents] = (),
        sources: Callable[[], Iterable[str]] = tuple,
    ) -> None:
        """`sources`: of the services that can be called, such as `aws.iam`; asked when needed.

        Raises ValueError where a metric is told of twice.
        """
        self._sources = sources
        self.units: dict[tuple[str, str], str] = {}
        self._sets: dict[tuple[str, str], frozenset[frozenset[str]]] = {}
        for each in metrics:
            sets = frozenset(frozenset(names) for names in each.dimensions)
            for name, unit in each.units.items():
                if (each.namespace, name) in self.units:
                    raise ValueError(f"{each.namespace} {name} is emitted twice")
                self.units[each.namespace, name] = unit
                self._sets[each.namespace, name] = sets
        self.events = tuple((each.source, kind) for each in events for kind in each.detail_types)

    @cached_property
    def sources(self) -> frozenset[str]:
        """Of all services whose calls are known."""
        return frozenset(self._sources())

    def has_metric(self, namespace: str, name: str, dimensions: Iterable[str]) -> bool:
        """Whether some service emits it under a set of dimensions of these names."""
        return frozenset(dimensions) in self._sets.get((namespace, name), ())


class Store(Protocol):
    """Where samples go: see `cloudwatch.metrics.metrics`."""

    def put(
        self,
        namespace: str,
        name: str,
        dimensions: Dimensions | None = None,
        *,
        value: float | None = None,
        unit: str = "None",
        timestamp: datetime,
    ) -> None:
        """Take in a sample."""


@dataclass(frozen=True, slots=True)
class _Sample:
    values: Mapping[str, float]
    sets: tuple[Dimensions, ...]
    at: datetime


@dataclass(slots=True)
class Measurements:
    """Samples of services' own metrics, kept until they are read, or until too many wait.

    `store`: where a region's samples go then.
    """

    emitted: Emitted = field(default_factory=Emitted)
    store: Callable[[str], Store] | None = None
    _known: set[tuple[str, tuple[str, ...], tuple[tuple[str, ...], ...]]] = field(default_factory=set)
    _waiting: dict[tuple[str, str], list[_Sample]] = field(default_factory=dict)

    def note(
        self, region: str, namespace: str, values: Mapping[str, float], *sets: Dimensions, at: datetime
    ) -> None:
        """A service measured something.

        `values` by metric's name; each comes under each of `sets` of dimensions, by default under none.

        Raises WorldError for a metric, or dimensions, that no manifest names: an alarm on it would be taken
        for one that never gets data.
        """
        sets = sets or ({},)
        shape = (namespace, tuple(values), tuple(tuple(names) for names in sets))
        if shape not in self._known:
            self._check(*shape)
            self._known.add(shape)
        waiting = self._waiting.setdefault((region, namespace), [])
        waiting.append(_Sample(values, sets, at))
        if len(waiting) >= MOST_WAITING and self.store is not None:
            self.settle(region, namespace, self.store(region))

    def settle(self, region: str, namespace: str | None, store: Store) -> None:
        """Put the waiting samples into a region's store, of one namespace or of all."""
        if namespace is None:
            for key in [key for key in self._waiting if key[0] == region]:
                self.settle(region, key[1], store)
            return
        key = (region, namespace)
        if key in self._waiting:
            for sample in self._waiting.pop(key):
                for name, value in sample.values.items():
                    unit = self.emitted.units[namespace, name]
                    for dimensions in sample.sets:
                        store.put(namespace, name, dimensions, value=value, unit=unit, timestamp=sample.at)

    def _check(self, namespace: str, names: Iterable[str], sets: Iterable[tuple[str, ...]]) -> None:
        for name, dimensions in itertools.product(names, sets):
            if not self.emitted.has_metric(namespace, name, dimensions):
                told = ", ".join(dimensions) or "no dimension"
                raise WorldError(f"{namespace} {name} by {told} is in no service's manifest")


Settle = Callable[[str | None], None]
"""Called with the namespace that somebody is about to read; None for all."""
