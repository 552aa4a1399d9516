"""Deliveries between AWS services: each one goes through `hand_over`.

Each service registers the door to what it owns: its queues, topics, functions, log groups, streams, buses,
buckets. A door says whether the resource is there, which permissions a delivery needs, and which key the
resource is encrypted with. Only this module checks them, with the condition keys `aws:SourceArn` and
`aws:SourceAccount`. A missing permission is a `Refusal`; the service that delivers has its own error codes
for it, its own retries and its own dead letters.

A resource's policy must allow an AWS service. Where a service delivers under a role, it must be able to
assume that role, and the role must be allowed; AWS checks that before it looks for the resource.
The key that AWS manages for SQS or SNS may be used by everybody in the account, but by no AWS service.

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html,
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html,
https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from scenarios.cloud.kernel import moto_secrets
from scenarios.cloud.kernel.caller import Caller, session_on
from scenarios.cloud.kernel.errors import NotSimulated, WorldError

Context = Mapping[str, str | bool]

# ---- what is handed over ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """To a queue. `attributes`: strings by name; `types`: the data types of those that are no String.

    The value of a Binary attribute is in base64. `group` and `deduplication`: the ids that a FIFO queue asks
    for; "" where the sender has none.
    """

    body: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    types: Mapping[str, str] = field(default_factory=dict)
    group: str = ""
    deduplication: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """To a topic."""

    text: str
    subject: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """To a function or an event bus: `content` is what JSON can hold."""

    content: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamRecord:
    """To a Kinesis stream, or to Firehose, which knows no partition key."""

    data: bytes
    partition_key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLines:
    """To a log group: lines with their times, all in one log stream."""

    stream: str
    lines: Sequence[tuple[datetime, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Object:
    """To a bucket, under the name in the ARN.

    `kms_key`: the ARN of the key it is encrypted with, "" where the bucket's settings decide.
    `encryption_context`: the service's part of it, `{"aws:cloudtrail:arn": ...}`. `requester`: whom S3 names
    in its events, where that isn't the service's principal. `plain`: the service neither looks at the
    bucket's ACL nor sets one on the object. `grantee`: the canonical user, or the group's
    URI, that the service is to ACLs; a bucket whose ACL lets it write asks no policy. `keyless`: the service
    does not write to a bucket that is encrypted with a KMS key.
    """

    body: bytes
    plain: bool = False
    keyless: bool = False
    metadata: Mapping[str, str] = field(default_factory=dict)
    kms_key: str = ""
    encryption_context: Mapping[str, str] = field(default_factory=dict)
    requester: str = ""
    grantee: str = ""


# ---- who hands it over --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class AssumedRole:
    """A role that an AWS service delivers under. `arn` is "" where none was named, and nothing is allowed."""

    arn: str
    service: str


By = str | AssumedRole | Caller
"""An AWS service by its principal (`events.amazonaws.com`), a role that one assumes, or an open session."""


# ---- what may stand in the way ------------------------------------------------------------------


class Missing(StrEnum):
    """What was missing for a delivery."""

    RESOURCE = "NO_RESOURCE"
    PERMISSION = "NO_PERMISSIONS"
    ROLE = "FAILED_TO_ASSUME_ROLE"
    KEY_PERMISSION = "KMS_ACCESS_DENIED"
    USABLE_KEY = "KMS_DISABLED"
    CLIENT_ERROR = "CLIENT_ERROR"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why nothing was handed over.

    `because`: in IAM's words. `action` and `resource`: what was denied on what; a resource or a key that is
    not there denies nothing, and `action` is "".
    """

    missing: Missing
    because: str
    resource: str
    action: str = ""


class Need(NamedTuple):
    """A permission that a delivery takes. `context`: further condition keys that this action has."""

    action: str
    resource: str
    context: Context = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """The key that a resource is encrypted with, by id, ARN or alias, and what a delivery does with it.

    `sourced`: whether KMS is told on whose behalf, with aws:SourceArn and aws:SourceAccount.
    """

    name: str
    sourced: bool = True
    actions: tuple[str, ...] = ("kms:GenerateDataKey", "kms:Decrypt")
    context: Context = field(default_factory=dict)


Payload = TypeVar("Payload")


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery(Generic[Payload]):
    """One delivery: to which resource, what, and by whom."""

    arn: str
    payload: Payload
    by: By

    @property
    def sender(self) -> str:
        """The sender's name, for a record or a trace: a service's principal, or an ARN."""
        return self.by if isinstance(self.by, str) else self.by.arn


def session_of(delivery: Delivery[Any], name: str) -> Caller:
    """The session that a delivery under a role is made in: an open one, or a new one of this name.

    Raises WorldError for a service that delivers under no role.
    """
    by = delivery.by
    if isinstance(by, str):
        raise WorldError(f"{by} delivers to {delivery.arn} under no role")
    return by if isinstance(by, Caller) else session_on(by.arn, name).on_service_role(by.service)


class Door(ABC, Generic[Payload]):
    """The way into the resources of one kind, kept by the service that owns them."""

    @abstractmethod
    def is_there(self, delivery: Delivery[Payload]) -> bool:
        """Whether there is such a resource."""

    @abstractmethod
    def needs(self, delivery: Delivery[Payload]) -> Iterable[Need]:
        """Which permissions it takes."""

    def key(self, delivery: Delivery[Payload]) -> Key | None:
        """The key that the resource is encrypted with; None where there is none, or a door has no such."""
        del delivery
        return None

    def objection(self, delivery: Delivery[Payload]) -> str:
        """Why the resource, which is there, does not take what is delivered; "" where it does."""
        del delivery
        return ""

    @abstractmethod
    def take(self, delivery: Delivery[Payload]) -> None:
        """Take in a delivery; it has been allowed already."""


class Decision(Protocol):
    """What IAM answers: see `iam.policy`."""

    @property
    def allowed(self) -> bool:
        """Whether it may be done."""

    @property
    def because(self) -> str:
        """Why, in the words of AWS's own messages."""


class Judge(Protocol):
    """Who knows the policies: see `iam.identity`."""

    def judge(self, caller: Caller, action: str, resource: str, context: Context | None = None) -> Decision:
        """Whether a caller may."""

    def service_may(self, service: str, action: str, resource: str, context: Context) -> Decision:
        """Whether an AWS service may."""

    def role_may(
        self, role_arn: str, service: str, action: str, resource: str, context: Context | None = None
    ) -> Decision:
        """Whether a role may, and whether the service may assume it."""


class Deliveries:
    """Every door of the account."""

    def __init__(self, identity: Judge, account: str) -> None:
        self._identity = identity
        self._account = account
        self._doors: dict[str, tuple[type[Any], Door[Any]]] = {}

    def register(self, kind: str, takes: type[Payload], door: Door[Payload]) -> None:
        """Register the door to all resources of a kind.

        `kind`: the service as its ARNs name it, `sqs`; with the type of resource where a service has several,
        `logs:log-group`.
        """
        self._doors[kind] = (takes, door)

    def hand_over(self, arn: str, payload: object, *, by: By, source: str = "") -> Refusal | None:
        """Hand something to a resource; otherwise return why that was refused.

        Args:
            arn: the resource.
            payload: what its door takes, such as a `Message` for a queue.
            by: who delivers.
            source: on whose behalf, as an ARN: a rule, a topic, an alarm. It becomes aws:SourceArn.

        Raises:
            NotSimulated: no door leads to such a resource.
        """
        door, delivery = self._door(arn, payload, by)
        refusal = self._refusal(door, delivery, self._context(source))
        if refusal is None:
            door.take(delivery)
        return refusal

    def refusal(self, arn: str, payload: object, *, by: By, source: str = "") -> Refusal | None:
        """Why a delivery would be refused; delivers nothing. Some services try that with a test message."""
        return self._refusal(*self._door(arn, payload, by), self._context(source))

    def key_refusal(self, arn: str, payload: object, *, by: By, source: str = "") -> Refusal | None:
        """Why the resource's key alone would refuse the delivery."""
        door, delivery = self._door(arn, payload, by)
        return self._locked(door, delivery, self._context(source))

    # ---- the questions --------------------------------------------------------------------------

    def _door(self, arn: str, payload: object, by: By) -> tuple[Door[Any], Delivery[Any]]:
        parts = arn.split(":", 5)
        service, rest = (parts[2], parts[5]) if len(parts) == 6 else ("", "")
        found = self._doors.get(f"{service}:{re.split('[:/]', rest)[0]}") or self._doors.get(service)
        if found is None:
            raise NotSimulated(service or "aws", f"handing something over to {arn!r}")
        takes, door = found
        if not isinstance(payload, takes):
            raise WorldError(f"{arn} takes a {takes.__name__}, not a {type(payload).__name__}")
        return door, Delivery(arn=arn, payload=payload, by=by)

    def _refusal(self, door: Door[Any], delivery: Delivery[Any], context: Context) -> Refusal | None:
        there = door.is_there(delivery)
        gone = Refusal(missing=Missing.RESOURCE, because=f"there is no {delivery.arn}", resource=delivery.arn)
        if isinstance(delivery.by, str) and not there:  # neither is its policy, which alone could let it in
            return gone
        for need in door.needs(delivery):
            denied = self._denied(delivery.by, need, context, Missing.PERMISSION)
            if denied is not None:
                return denied
        return (self._locked(door, delivery, context) or _objection(door, delivery)) if there else gone

    def _locked(self, door: Door[Any], delivery: Delivery[Any], context: Context) -> Refusal | None:
        """Why the key of the resource can't be used."""
        key, by = door.key(delivery), delivery.by
        if key is None:
            return None
        if _is_managed_by_aws(key.name):
            return _lets_no_service(key.name) if isinstance(by, str) else None
        named = key.name if key.name.startswith("arn:") else delivery.arn
        region, account = named.split(":")[3:5]
        found = moto_secrets.kms_key(key.name, account, region)
        if found is None or not found.enabled:
            because = f"the key {key.name} can't be used"
            return Refusal(missing=Missing.USABLE_KEY, because=because, resource=key.name)
        for action in key.actions:
            need = Need(action, str(found.arn), key.context)
            denied = self._denied(by, need, context if key.sourced else {}, Missing.KEY_PERMISSION)
            if denied is not None:
                return denied
        return None

    def _denied(self, by: By, need: Need, context: Context, missing: Missing) -> Refusal | None:
        decision = self._decision(by, need, {**context, **need.context})
        if decision.allowed:
            return None
        if isinstance(by, AssumedRole) and not self._assumed(by, context):
            missing = Missing.ROLE
        return Refusal(missing=missing, because=decision.because, resource=need.resource, action=need.action)

    def _decision(self, by: By, need: Need, context: Context) -> Decision:
        match by:
            case str():
                return self._identity.service_may(by, need.action, need.resource, context)
            case AssumedRole():
                return self._identity.role_may(by.arn, by.service, need.action, need.resource, context)
            case _:  # a session acts for itself: no confused deputy
                return self._identity.judge(by, need.action, need.resource, need.context)

    def _assumed(self, role: AssumedRole, context: Context) -> bool:
        return self._identity.service_may(role.service, "sts:AssumeRole", role.arn, context).allowed

    def _context(self, source: str) -> Context:
        """The keys against confused deputies; a bucket's ARN names no account, and it is the world's own."""
        if not source:
            return {}
        return {"aws:SourceArn": source, "aws:SourceAccount": source.split(":")[4] or self._account}


def _objection(door: Door[Any], delivery: Delivery[Any]) -> Refusal | None:
    because = door.objection(delivery)
    if not because:
        return None
    return Refusal(missing=Missing.CLIENT_ERROR, because=because, resource=delivery.arn)


def _is_managed_by_aws(key: str) -> bool:
    return key.rpartition(":")[2].startswith("alias/aws/")


def _lets_no_service(key: str) -> Refusal:
    because = f"the policy of {key} lets no AWS service, and can't be changed"
    return Refusal(
        missing=Missing.KEY_PERMISSION, because=because, resource=key, action="kms:GenerateDataKey"
    )
