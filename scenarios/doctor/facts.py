"""What was found in the account, as values. Each answer of AWS's is the value, `Missing`, or `Unknown`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar

from chalicelib.trail.description import Part, Trail

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Missing:
    """AWS knows no such thing."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """AWS was asked and didn't say: no permission, mostly."""

    why: str


Told: TypeAlias = Value | Missing | Unknown


# ---- the stack ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """`state` as Lambda names it. `mode`: "" for who can't act.

    `reserved`: how many concurrent runs are kept for it, which is its limit too; beside what is `promised`.
    None: no number at all.
    """

    name: str
    state: Told[str]
    reserved: int | None = None
    promised: int | None = None
    mode: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule and what it should be: target ids with what their ARNs end in, and a pattern if it is plain."""

    name: str
    state: Told[str]
    targets: Mapping[str, str] = field(default_factory=dict)
    promised_targets: Mapping[str, str] = field(default_factory=dict)
    pattern: Any = None
    promised_pattern: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Permission:
    """One statement of a function's policy, which lets a service invoke it."""

    statement: str
    function: str
    there: Told[bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """Whether a function's policy still turns others away."""

    function: str
    there: Told[bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFilter:
    """A metric filter or a subscription filter; `promised_pattern` is None where the template computes it."""

    kind: str
    name: str
    there: Told[bool]
    pattern: str = ""
    promised_pattern: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """`actions_enabled` and whom it tells now, beside whom it should tell, by ARN.

    `changed`: each setting that is not as deployed, as `Threshold 1000 instead of 1`.
    """

    name: str
    actions_enabled: Told[bool]
    actions: frozenset[str] = frozenset()
    promised_actions: frozenset[str] = frozenset()
    changed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """How many of a topic's subscriptions are confirmed, and how many wait for it."""

    arn: str
    confirmed: Told[int]
    pending: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """`state`: Enabled, Disabled, PendingDeletion."""

    key_id: str
    state: Told[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """The ledger. `expires`, `restorable`: AWS's words, ENABLED or DISABLED."""

    name: str
    expires: Told[str]
    restorable: Told[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Brake:
    """The kill switch or a mode in Parameter Store: its value now, and the `deployed` one."""

    name: str
    value: Told[str]
    deployed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """How many messages wait in a dead-letter queue."""

    url: str
    waiting: Told[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class EventSource:
    """A queue that a function reads. `state` as Lambda names it: Enabled, Disabled, Updating."""

    uuid: str
    function: str
    state: Told[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class StackFacts:
    """The stack, and all that hangs on it."""

    name: str
    region: str
    account: str
    status: Told[str]
    parameters: Mapping[str, str] = field(default_factory=dict)
    unread: tuple[Unknown, ...] = ()
    functions: tuple[Function, ...] = ()
    rules: tuple[Rule, ...] = ()
    event_sources: tuple[EventSource, ...] = ()
    permissions: tuple[Permission, ...] = ()
    closed: tuple[Closed, ...] = ()
    filters: tuple[LogFilter, ...] = ()
    alarms: tuple[Alarm, ...] = ()
    topics: tuple[Topic, ...] = ()
    keys: tuple[Key, ...] = ()
    tables: tuple[Table, ...] = ()
    brakes: tuple[Brake, ...] = ()
    queues: tuple[Queue, ...] = ()

    @property
    def partition(self) -> str:
        """The partition of its ARNs."""
        return partition_of(self.region)


def partition_of(region: str) -> str:
    """The partition that a region is in: `aws`, `aws-cn` or `aws-us-gov`."""
    prefixes = {"cn": "aws-cn", "us-gov": "aws-us-gov"}
    return next((name for prefix, name in prefixes.items() if region.startswith(f"{prefix}-")), "aws")


# ---- the trail ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedTrail:
    """The trail that the stack listens to, as AWS describes it; whether its log group is there.

    `promised_group`: the log group that the stack's filters are on. `parts`: the stack's parts that have data
    events, ARNs by type. `own`: the stack made the trail. `asked`: the stack's parameter RecordDataEvents
    wants their data events recorded.
    """

    described: Trail
    group_there: Told[bool]
    promised_group: str = ""
    parts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    own: bool = True
    asked: bool = True

    @property
    def arn(self) -> str:
        """Its ARN."""
        return self.described.arn.text

    @property
    def region(self) -> str:
        """Its home region."""
        return self.described.arn.region

    def unread(self, part: Part) -> Unknown:
        """Why a part of its description could not be read."""
        return Unknown(" ".join(self.described.why_not(part).split()) or "it was not asked for")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """The bucket the trail delivers to now, beside the `promised` one.

    `own`: the stack made it. `notification`: the whole configuration, to be kept.
    """

    name: str
    promised: str
    own: bool
    events: Told[bool]
    notification: Mapping[str, Any]
    versioning: Told[str]
    mfa_delete: bool
    lock: Told[bool]
    public_access_blocked: Told[bool]
    policy: Told[Mapping[str, Any]]
    lifecycle: Told[tuple[Mapping[str, Any], ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditGroup:
    """Which IAM groups a policy of AWS's is attached to. `promised`: the stack makes one."""

    policy: str
    groups: Told[tuple[str, ...]]
    promised: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """Another region: its rules that forward to the home region's bus, by name, with their state."""

    name: str
    forwards: Told[Mapping[str, str]]


# ---- AWS Config -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """What AWS Config records in a region, as its API describes it; Missing where there is no such thing.

    `types`: those that rules of the stack judge there.
    """

    region: str
    recorder: Told[Mapping[str, Any]]
    status: Told[Mapping[str, Any]]
    delivery: Told[Mapping[str, Any]]
    types: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigRuleNow:
    """One of the stack's rules of AWS Config. `failed`: why it could not be evaluated lately; "" if it could.

    `function`, `types`: whom it asks, about what; beside what is promised. `mends`: whether its remediation
    is there; None where none is promised.
    """

    name: str
    state: Told[str]
    function: str = ""
    promised_function: str = ""
    types: tuple[str, ...] = ()
    promised_types: tuple[str, ...] = ()
    failed: str = ""
    mends: Told[bool] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountFacts:
    """All that a check may want. `promised_forwards`: logical ids of the rules every other region needs."""

    stack: StackFacts
    trail: WatchedTrail | None = None
    bucket: Bucket | None = None
    groups: tuple[AuditGroup, ...] = ()
    regions: Told[tuple[Region, ...]] = ()
    promised_forwards: frozenset[str] = frozenset()
    members: Told[tuple[str, ...]] = ()
    recordings: tuple[Recording, ...] = ()
    config_rules: tuple[ConfigRuleNow, ...] = ()
