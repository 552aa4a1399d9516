"""What the simulated AWS knows of one service, as one value, and how the engines are handed it.

Each service's folder has a `manifest.py` with its `SERVICE`, and `scenarios.cloud.services` lists them all.
The engines (who may call, what CloudTrail writes, what CloudFormation creates) import no service: a world
hands them their part of the registry.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from scenarios.cloud.authorization.actions import Actions
from scenarios.cloud.authorization.rows import Permissions
from scenarios.cloud.cloudformation.resources.kind import Kind
from scenarios.cloud.kernel.emitted import Emitted, EmittedEvents, EmittedMetrics
from scenarios.cloud.kernel.moto_mends import Mend
from scenarios.cloud.kernel.recorded import Recorded, Records
from scenarios.cloud.kernel.validation import Validation, Validators
from scenarios.cloud.setting import Setting

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One AWS service.

    Args:
        name: botocore's name for it, such as `events`.
        simulated: what is simulated of it, in the words of the guide.
        missing: what isn't, and says `NotSimulated`; "" for a service that only CloudTrail knows.
        permissions: what IAM knows of it; None: a call is judged by the action of its name in AWS's list,
            and one whose policy names a resource is NotSimulated.
        recorded: what CloudTrail knows of it, where the general rule doesn't do; one for each of its APIs.
        kinds: the CloudFormation types that are its own, by name.
        mends: what moto gets wrong in its state.
        direct: whether its calls may take the direct way to moto; see `kernel.moto_direct`.
        validation: what it refuses, of its API and of CloudFormation alike; see `kernel.validation`.
        metrics: those it emits. An alarm on any other metric of AWS is reported: it gets no data.
        events: those it puts on the default bus. A rule for any other event of AWS is reported too.
        register: registers its laws in a world that is being made; see `kernel.laws`.
    """

    name: str
    simulated: str = ""
    missing: str = ""
    permissions: Permissions | None = None
    recorded: tuple[Recorded, ...] = ()
    kinds: Mapping[str, Kind] = field(default_factory=dict)
    mends: tuple[Mend, ...] = ()
    direct: bool = False
    validation: Validation | None = None
    metrics: tuple[EmittedMetrics, ...] = ()
    events: tuple[EmittedEvents, ...] = ()
    register: Callable[[Setting], None] | None = None


class Registry:
    """Services, by what the engines ask: `actions`, `records`, `kinds`, `mends`, `direct`..."""

    def __init__(self, services: Iterable[Service]) -> None:
        """Raises ValueError where two services claim the same."""
        every = tuple(services)
        self.services = _once((each.name, each, each.name) for each in every)
        self.actions = Actions({each.name: each.permissions for each in every if each.permissions})
        recorded = _once((one.service, one, each.name) for each in every for one in each.recorded)
        self.records = Records(recorded.values())
        self.kinds = _once((*pair, each.name) for each in every for pair in each.kinds.items())
        self.direct = frozenset(each.name for each in every if each.direct)
        self.mends = tuple(mend for each in every for mend in each.mends)
        self.validators = Validators({each.name: each.validation for each in every if each.validation})
        self.emitted = Emitted(
            (metrics for each in every for metrics in each.metrics),
            (events for each in every for events in each.events),
            lambda: [_source(self.records, each.name) for each in every if each.permissions is not None],
        )
        self.policies = {
            each.permissions.prefix: each.permissions.policy_of
            for each in every
            if each.permissions and each.permissions.policy_of
        }
        self.tags = {
            each.permissions.prefix: each.permissions.tags_of
            for each in every
            if each.permissions and each.permissions.tags_of
        }
        self.doubts = {
            each.permissions.prefix: each.permissions.might_allow
            for each in every
            if each.permissions and each.permissions.might_allow
        }


def _source(records: Records, service: str) -> str:
    """The source of events about a service's calls."""
    return f"aws.{records[service].event_source.removesuffix('.amazonaws.com')}"


def _once(claims: Iterable[tuple[str, T, str]]) -> dict[str, T]:
    """Values by name; each claim is a name, its value and the service that makes it."""
    found: dict[str, T] = {}
    owners: dict[str, str] = {}
    for name, value, owner in claims:
        if name in found:
            raise ValueError(f"two services claim {name}: {owners[name]} and {owner}")
        found[name], owners[name] = value, owner
    return found
