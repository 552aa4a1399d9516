"""How a stack stands: its status, that of each resource, what happened to it, and whether it may be deleted.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final, Protocol

from scenarios.cloud.kernel.caller import Caller
from scenarios.cloud.kernel.stack import Stack

SERVICE: Final = "cloudformation.amazonaws.com"
FAILED: Final = ("CREATE_FAILED", "UPDATE_FAILED")  # and not taken back, since nobody wanted that


@dataclass(frozen=True, slots=True)
class Status:
    """A status, why it is so, and since when."""

    name: str
    since: datetime
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StackEvent:
    """What happened: to a resource, or to the stack itself (`logical_id` "")."""

    logical_id: str
    physical_id: str
    type: str
    status: Status
    token: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What somebody wants a stack to be.

    `original`: the template before its transforms. `imports`: what it imports, by the exports' names. `role`:
    the ARN of the role in whose name its resources are made, "" for whoever asks. `notified`: the ARNs of the
    topics that are told what becomes of it.
    """

    template: Mapping[str, Any]
    original: str | Mapping[str, Any]
    parameters: Mapping[str, str]
    tags: Mapping[str, str]
    capabilities: tuple[str, ...]
    description: str
    imports: Mapping[str, str]
    role: str
    notified: tuple[str, ...]

    def of(self, stack: Stack) -> Stack:
        """The stack with this template under these parameters; its resources are what they were."""
        return replace(stack, template=self.template, parameters=self.parameters, imports=self.imports)


@dataclass(slots=True, kw_only=True)
class Standing:
    """A stack as CloudFormation knows it now.

    `resources`: the status of each, by logical id, those under way included; `events`: the oldest first.
    `original`: the template as it was handed in, before its transforms. `replaced`: how often a resource was
    replaced by another one, by logical id. `salt`: what its resources' generated names are made from, beside
    its own name. `role`: the ARN of the role in whose name its resources are made, "" for whoever asks.
    `notified`: the ARNs of topics. `policy`: the text of its stack policy, "" for none. `update`: the one
    that failed and was not taken back, or not as a whole. `unchanged`: the properties of the resources that
    such an update has not come to, by logical id. `packaged`: functions' code is on this machine, and only
    the template says that it is in S3.
    """

    stack: Stack
    created: datetime
    status: Status
    resources: dict[str, Status] = field(default_factory=dict)
    protected: bool = False
    events: list[StackEvent] = field(default_factory=list)
    original: str | Mapping[str, Any] = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    capabilities: tuple[str, ...] = ()
    description: str = ""
    updated: datetime | None = None
    disable_rollback: bool = False
    salt: str = ""
    replaced: dict[str, int] = field(default_factory=dict)
    role: str = ""
    notified: tuple[str, ...] = ()
    policy: str = ""
    update: "Undone | None" = None
    unchanged: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    packaged: bool = False

    @property
    def deleted(self) -> bool:
        """Whether the stack is gone; only its id still finds it then."""
        return self.status.name == "DELETE_COMPLETE"

    @property
    def was_complete(self) -> bool:
        """Whether its creation, or an update, has ever come to an end."""
        ends = {"CREATE_COMPLETE", "UPDATE_COMPLETE"}
        return any(not each.logical_id and each.status.name in ends for each in self.events)

    @property
    def busy(self) -> bool:
        """Whether an operation is under way, so that no other may begin."""
        return self.status.name.endswith("_IN_PROGRESS") and self.status.name != "REVIEW_IN_PROGRESS"

    def type_of(self, logical_id: str) -> str:
        """The type of a resource, made or not; of the stack itself for ""."""
        if not logical_id:
            return "AWS::CloudFormation::Stack"
        made = self.stack.resources.get(logical_id)
        declared = self.stack.template.get("Resources", {}).get(logical_id, {})
        return made.type if made is not None else str(declared.get("Type", ""))

    def physical_id_of(self, logical_id: str) -> str:
        """The id of a resource, "" before it is made; of the stack itself for ""."""
        if not logical_id:
            return self.stack.stack_id
        made = self.stack.resources.get(logical_id)
        return made.physical_id if made is not None else ""

    def becomes_as(self, wanted: Wanted) -> None:
        """The stack is declared, and described, in this way now."""
        self.stack = wanted.of(self.stack)
        self.original, self.description = wanted.original, wanted.description
        self.tags, self.capabilities = wanted.tags, wanted.capabilities
        self.role, self.notified = wanted.role, wanted.notified

    def becomes(self, logical_id: str, status: Status, token: str = "") -> None:
        """A resource, or the stack itself for "", has another status now."""
        if logical_id:
            self.resources[logical_id] = status
        else:
            self.status = status
        self.events.append(
            StackEvent(
                logical_id=logical_id,
                physical_id=self.physical_id_of(logical_id),
                type=self.type_of(logical_id),
                status=status,
                token=token,
            )
        )


class Undone(Protocol):
    """An update that failed, and that can be taken back, or taken back further."""

    def roll_back(self, caller: Caller, tell: "Tell") -> None:
        """Take back what it has done, in somebody's name."""

    def go_on_rolling_back(self, caller: Caller, tell: "Tell", skip: Collection[str]) -> None:
        """Go on where that failed, without these resources."""


Tell = Callable[[Standing, str, str, str], None]
"""(stack, logical id or "" for the stack itself, status, reason)."""


def created(stack: Stack, now: datetime) -> Standing:
    """A stack that was just made."""
    complete = Status("CREATE_COMPLETE", now)
    standing = Standing(
        stack=stack,
        created=now,
        status=complete,
        resources=dict.fromkeys(stack.resources, complete),
        original=stack.template,
    )
    standing.becomes("", complete)
    return standing
