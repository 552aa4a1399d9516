"""The parts of a remediation: frozen values, no behaviour that touches AWS.

A remediation *looks* (reads), *decides* (thinks, pure) and yields a `Plan`: an
optional `Alert` and a tuple of `Call`s. Because a plan is data, a dry run, an
approval, a test's assertion, a log line and an undo all use one value.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import combinations
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Generic, Protocol, Self, TypeVar

from botocore import xform_name

from chalicelib.errors import MalformedEvent
from chalicelib.stack import CloudFormation, LogAlarm, Parameter
from chalicelib.triggers import OnQueue, Trigger, may_be_confused
from chalicelib.wording import aws_command

if TYPE_CHECKING:
    from chalicelib.aws import Aws
    from chalicelib.looking import Unseen
    from chalicelib.settings import Settings


class Severity(StrEnum):
    """How urgent an alert is."""

    INFO = "INFO"
    LOW = "LOW"
    MEDIUM = "MEDIUM"
    HIGH = "HIGH"
    CRITICAL = "CRITICAL"


class Outcome(StrEnum):
    """The result of handling one event."""

    NOTHING = "nothing"  # there was nothing to say and nothing to do
    UNDER_WAY = "under way"  # the plan is stored; its calls are being made, or else its alerts sent
    SUPPRESSED = "suppressed"  # settings, or our own call: recorded, without an alert
    REFUSED = "refused"  # no event of AWS's: that is reported, and nothing is done
    UNCONFIRMED = "unconfirmed"  # not proven yet: event history is asked again before anything is done
    DUPLICATE = "duplicate"  # handled before
    TOLD = "told"  # an alert was sent, and there was nothing to do
    QUIET = "quiet"  # there was nothing to do, and every alert was about something reported lately
    OBSERVED = "observed"  # the mode is observe: the calls stay a plan
    AWAITING_APPROVAL = "awaiting approval"
    SUPERSEDED = (
        "superseded"  # nothing was done: what the plan was made from had changed before its first call
    )
    CAPPED = "capped"  # the hour's cap or the kill switch held the calls back
    UNSEEN = "unseen"  # the look failed; the event is kept for another try
    UNRECORDED = "unrecorded"  # the ledger can't be reached: reported without it, and nothing acts
    FAILED = "failed"  # a call failed; the event is kept for another try
    ACTED = "acted"  # every call of the plan is settled
    DECLINED = "declined"  # a person refused the plan: it is never carried out
    UNDONE = "undone"  # a person had what was done undone


class CallProgress(StrEnum):
    """How far one call of a plan has come; a call that hasn't begun has no entry."""

    BEGUN = "begun"  # no answer noted: the function died meanwhile, or AWS's answer says nothing certain
    REFUSED = "refused"  # AWS refused it, so that it is not in effect
    DONE = "done"  # by us, so its undo is ours to offer
    FOUND = "found"  # AWS answered that it was so already: somebody else did it first
    UNSURE = "unsure"  # we had begun it, and then it was so already or not called for: it may have been us
    DROPPED = "dropped"  # not made: fresh facts didn't call for it any more
    UNDOING = "undoing"  # its undo has begun; no answer noted
    UNDONE = "undone"
    PERHAPS_UNDONE = "perhaps undone"  # its undo had begun, and then it was not as we made it: it may be us


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """One thing a function may do.

    `action`: IAM's name (`dynamodb:ListBackups`). `resource`: an ARN, "*", or text for CloudFormation's
    Fn::Sub (`${Ledger.Arn}`), which also knows `${TrailBucketName}` and `${TrailGroupName}`, own or existing.
    `because` says why it can't be narrower. An `acting` grant changes something: the stack gives it only
    where the remediation's mode is approve or enforce. `leading_keys`: of a table, the only partition keys
    that it may reach, `*` and `?` allowed; empty for all. `only`: conditions that all hold, each IAM's
    operator, a key and a value, such as `("StringEquals", "ec2:CreateAction", "CreateSnapshot")`; the value
    is text for Fn::Sub, too.
    """

    action: str
    resource: str
    because: str = ""
    leading_keys: tuple[str, ...] = ()
    acting: bool = False
    only: tuple[tuple[str, str, str], ...] = ()


# What the CLI calls a service, where boto3 calls it otherwise.
_IN_THE_CLI: Mapping[str, str] = MappingProxyType({"config": "configservice", "s3": "s3api"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One boto3 call that would change something.

    `operation` is boto3's method name (`restore_table_from_backup`). `already`: error codes that mean the
    resource already is as wanted. `undo`: the call that reverts it. `lost`: what this call can't bring back,
    or loses for good, such as an id that AWS renews; told before it is made. `gives`: by a field of its
    answer, such as a new group's id, the text that stands for it in its own undo and in later calls of the
    plan until it is known. `follows`: it is made because of the same event as the calls before it, and once
    these are in effect no look finds a reason for it; a retry makes it as long as one of them still is.
    `once`: each time it makes another thing, so a retry never makes it again once it was answered.
    """

    service: str
    operation: str
    parameters: Mapping[str, Any]
    account: str
    region: str
    already: tuple[str, ...] = ()
    undo: "Call | None" = None
    lost: str = ""
    gives: Mapping[str, str] = field(default_factory=dict)
    follows: bool = False
    once: bool = False

    def as_json(self) -> dict[str, Any]:
        """Plain values for the ledger."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """The call that `as_json` wrote."""
        undo = value.get("undo")
        return cls(
            **{**value, "already": tuple(value["already"]), "undo": cls.from_json(undo) if undo else None}
        )

    def knowing(self, known: Mapping[str, str]) -> "Call":
        """The same with what is known by now in the place of the texts that stand for it, its undo too."""
        if not known:
            return self
        return replace(
            self,
            parameters=_filled(self.parameters, known),
            gives={name: known.get(text, text) for name, text in self.gives.items()},
            undo=self.undo.knowing(known) if self.undo else None,
        )

    @property
    def command(self) -> str:
        """The same for the AWS CLI: `aws s3api put-bucket-versioning --bucket ...`."""
        service = _IN_THE_CLI.get(self.service, self.service)
        options, flags = {}, []
        for name, value in self.parameters.items():
            option = xform_name(name, "-")
            if isinstance(value, bool):
                flags.append(f"--{option}" if value else f"--no-{option}")
            else:
                options[f"--{option}"] = value if isinstance(value, str) else json.dumps(value)
        return aws_command(
            service, self.operation.replace("_", "-"), {**options, "--region": self.region}, *flags
        )


def _filled(value: Any, known: Mapping[str, str]) -> Any:
    if isinstance(value, Mapping):
        return {name: _filled(each, known) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_filled(each, known) for each in value]
    return known.get(value, value) if isinstance(value, str) else value


def _any_call(_call: Call) -> bool:
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredCall:
    """One kind of call that a remediation may make; a plan with any other call is not carried out.

    `operation`: the service and boto3's method name (`s3.put_bucket_policy`). `needs`: the IAM actions that
    AWS asks for it, each with its resource; there `{Bucket}` stands for that parameter of the call, and
    `{partition}`, `{region}` and `{account}` for the call's own. Without that parameter in the call a need
    doesn't arise, but for the first. `fits`: what else is true of every such call.
    """

    operation: str
    needs: tuple[tuple[str, str], ...]
    fits: Callable[[Call], bool] = _any_call


@dataclass(frozen=True, slots=True, kw_only=True)
class Undoing:
    """How what a remediation did is undone, by the undo of each call, the last one first.

    `calls`: every kind of call that may be such an undo, beside those of plans. `moved(aws, call, settings)`:
    a sentence where what a call made is no longer as it made it, since its undo would take back somebody
    else's work; "" where it is.
    `accepted(aws, calls, settings)`: the state that is good after these calls were undone; None for none.
    `made(aws, call, settings)`: of a call that no answer is known of, what AWS would answer (`Call.gives`),
    where what it makes is there and can be told from anybody else's; None else.
    """

    calls: tuple[DeclaredCall, ...]
    moved: Callable[["Aws", Call, "Settings"], str]
    accepted: Callable[["Aws", Sequence[Call], "Settings"], str | None] | None = None
    made: Callable[["Aws", Call, "Settings"], Mapping[str, Any] | None] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Quiet:
    """Alert about one `subject` (an address, say) once in `seconds`, over all events."""

    subject: str
    seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Flood:
    """Alerts of one `subject` (who does it, and what) may be too many to read: count them.

    The first `most` are sent one by one. Of the rest one is sent whenever the count has grown `factor` times
    since the last one sent; the hourly look sends what is left. Each says how many there were.
    """

    subject: str
    most: int = 1
    factor: int = 10


@dataclass(frozen=True, slots=True)
class Asked:
    """A question of `chalicelib.questions` that fits an alert, and the value it needs, if any."""

    name: str
    value: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """A message to the person on call: a title, then facts, the most important first.

    `quiet`: the same was said lately; `flood`: there are many like it. `asks`: the questions to go on with,
    before those that fit whatever a principal does.
    """

    severity: Severity
    title: str
    facts: tuple[tuple[str, str], ...] = ()
    advice: str = ""
    quiet: Quiet | None = None
    flood: Flood | None = None
    asks: tuple[Asked, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Plain values for the ledger."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """The alert that `as_json` wrote."""
        quiet, flood = value.get("quiet"), value.get("flood")
        return cls(
            severity=Severity(value["severity"]),
            title=value["title"],
            facts=tuple((label, fact) for label, fact in value["facts"]),
            advice=value["advice"],
            quiet=Quiet(subject=quiet["subject"], seconds=quiet["seconds"]) if quiet else None,
            flood=Flood(**flood) if flood else None,
            asks=tuple(Asked(**each) for each in value.get("asks", ())),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The alerts and calls for one event. Nothing to do is an empty plan, not an error."""

    alerts: tuple[Alert, ...] = ()
    calls: tuple[Call, ...] = ()

    @classmethod
    def nothing(cls) -> Self:
        """The event needs no alert and no action."""
        return cls()

    @classmethod
    def alert(cls, *alerts: Alert, calls: Sequence[Call] = ()) -> Self:
        """Send these alerts, and make these calls where the mode allows it."""
        return cls(alerts=alerts, calls=tuple(calls))

    def knowing(self, index: int, answer: Mapping[str, Any]) -> "Plan":
        """The plan once AWS has answered call `index`: what it gives stands in its undo and later calls."""
        known = {text: str(answer[name]) for name, text in self.calls[index].gives.items() if name in answer}
        return replace(
            self,
            calls=(*self.calls[:index], *(each.knowing(known) for each in self.calls[index:])),
        )

    @property
    def empty(self) -> bool:
        """No alert and nothing to do."""
        return not self.alerts and not self.calls

    @property
    def digest(self) -> str:
        """What names exactly these calls; an approval is of them and of no others."""
        calls = json.dumps([call.as_json() for call in self.calls], sort_keys=True)
        return hashlib.sha256(calls.encode()).hexdigest()

    def as_json(self) -> dict[str, Any]:
        """Plain values for the ledger."""
        return {
            "alerts": [alert.as_json() for alert in self.alerts],
            "calls": [call.as_json() for call in self.calls],
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """The plan that `as_json` wrote."""
        return cls(
            alerts=tuple(Alert.from_json(alert) for alert in value["alerts"]),
            calls=tuple(Call.from_json(call) for call in value["calls"]),
        )


class Event(Protocol):
    """The attributes that the runtime needs of every typed event of `chalicelib.events`."""

    @property
    def key(self) -> str:
        """The event's identity: the same for every delivery."""

    @property
    def at(self) -> datetime:
        """When it happened; aware, UTC."""

    @property
    def account(self) -> str:
        """The account it happened in."""

    @property
    def region(self) -> str:
        """The region it happened in."""

    @property
    def principal(self) -> str:
        """The ARN of who did it, or "" where the event doesn't say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """Something seen once that counts only with others of its kind, such as one failed login.

    `id` is the same for every delivery of the event, so it counts once; `subject` is what is counted (an
    address); `detail` is stored with it, as plain text values.
    """

    subject: str
    id: str
    at: datetime
    detail: Mapping[str, str] = field(default_factory=dict)


# The results of a way's `parse` and of its `look`.
AnEvent = TypeVar("AnEvent", bound=Event)
Facts = TypeVar("Facts")


class ProvenBy(StrEnum):
    """What shows that an event tells the truth, before what it tells of leads to an act."""

    STATE = "state"  # what is done is right for the state that was found, whatever the event says
    HISTORY = "history"  # CloudTrail's event history holds this very call


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """How a way's events are proven before it acts, and why that is enough."""

    by: ProvenBy
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept(Generic[Facts]):
    """What a way's `records` needs of the facts, kept as text with the plan until it is written.

    `facts(text(some))` may hold less than `some`, but no less than `records` reads.
    """

    text: Callable[[Facts], str]
    facts: Callable[[str], Facts]


@dataclass(frozen=True, slots=True, kw_only=True)
class Way(Generic[AnEvent, Facts]):
    """One trigger of a remediation, with the functions that handle its events.

    `parse(raw) -> events` types what Lambda is handed; `look(aws, event, settings) -> facts` reads;
    `decide(event, facts, now, settings) -> Plan` thinks. `sightings(event)` names what is to be counted, and
    how long (`sightings_kept`). `remembers(event, facts, expected) -> state` says what to keep in the ledger
    as the last good state, if anything; it is also called for actions that settings expect. `records(aws,
    event, facts, settings)` writes what may be written only after the plan is stored in the ledger; where the
    plan may hold an alert, `kept` says what of the facts a retry needs that finds the plan and not this.

    `blind(event, why, settings) -> facts`: the facts of a look that saw nothing, for what is reported before
    a retry looks again, or without a ledger. What `decide` makes of them is no less severe than what it could
    make of any others. A way without it is reported in general words.

    `proof`: how an event is proven before it leads to an act. A way without one is proven by history.
    """

    on: Trigger
    parse: Callable[[Mapping[str, Any]], Iterable[AnEvent]]
    look: Callable[["Aws", AnEvent, "Settings"], Facts]
    decide: Callable[[AnEvent, Facts, datetime, "Settings"], Plan]
    sightings: Callable[[AnEvent], Sequence[Sighting]] | None = None
    sightings_kept: timedelta = timedelta(hours=2)
    remembers: Callable[[AnEvent, Facts, bool], str | None] | None = None
    records: Callable[["Aws", AnEvent, Facts, "Settings"], None] | None = None
    kept: Kept[Facts] | None = None
    blind: Callable[[AnEvent, "Unseen", "Settings"], Facts] | None = None
    proof: Proof | None = None


class UnclearWays(ValueError):
    """A payload could belong to two ways of one remediation; the message names both triggers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remediation:
    """One entry of the catalogue: everything about a remediation, as data.

    `woken_by` and `response`: its row in README, what happens in the account and what we do then. `ways`: one
    for each trigger; raises UnclearWays where two of them can't be told apart by the payload.
    `declared_calls`: every kind of call that its plans may hold. `undoing`: how these are undone; None where
    a person has to. `names`: for each `${Name}` in the resources
    of its acting grants, the environment variable that holds the value. `settings`: environment variables
    beyond the runtime's that the function reads, each with the CloudFormation value it gets. What is its own
    in the stack comes with it: `parameters`, `conditions`, `alarms`, `resources` and `outputs`, each by its
    logical id. `managed_rules`: the rules of AWS Config, by AWS's identifiers, that find what was so before.
    """

    name: str
    title: str
    woken_by: str
    response: str
    page: str  # the module's docstring
    ways: tuple[Way[Any, Any], ...]
    grants: tuple[Grant, ...]
    declared_calls: tuple[DeclaredCall, ...] = ()
    undoing: Undoing | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    parameters: tuple[Parameter, ...] = ()
    conditions: Mapping[str, CloudFormation] = field(default_factory=dict)
    alarms: tuple[LogAlarm, ...] = ()
    resources: Mapping[str, CloudFormation] = field(default_factory=dict)
    outputs: Mapping[str, CloudFormation] = field(default_factory=dict)
    controls: tuple[str, ...] = ()
    managed_rules: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for one, other in combinations(self.triggers, 2):
            if may_be_confused(one, other):
                raise UnclearWays(f"{self.name}: a payload could be of both {one} and {other}")

    @property
    def triggers(self) -> tuple[Trigger, ...]:
        """The triggers of all its ways."""
        return tuple(way.on for way in self.ways)

    @property
    def invoked_asynchronously(self) -> bool:
        """Whether Lambda itself keeps its events, tries them again, and gives up on them in the end.

        What comes from a queue is the queue's to keep.
        """
        return not all(isinstance(trigger, OnQueue) for trigger in self.triggers)

    @property
    def acts(self) -> bool:
        """Whether it can do more than send alerts."""
        return any(grant.acting for grant in self.grants)

    def way_of(self, raw: Any) -> Way[Any, Any]:
        """The way that a payload belongs to; raises MalformedEvent if there is none: the queue keeps it."""
        for way in self.ways if isinstance(raw, Mapping) else ():
            if way.on.woke(raw):
                return way
        raise MalformedEvent("what woke the function is none of its triggers", remediation=self.name)
