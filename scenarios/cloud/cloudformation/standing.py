"""How a stack stands: its status, that of each resource, what happened to it, and whether it may be deleted.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from scenarios.cloud.kernel.stack import Stack

SERVICE: Final = "cloudformation.amazonaws.com"


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
    """What somebody wants a stack to be. `original`: the template before its transforms."""

    template: Mapping[str, Any]
    original: str | Mapping[str, Any]
    parameters: Mapping[str, str]
    tags: Mapping[str, str]
    capabilities: tuple[str, ...]
    description: str

    def of(self, stack: Stack) -> Stack:
        """The stack with this template under these parameters; its resources are what they were."""
        return replace(stack, template=self.template, parameters=self.parameters)


@dataclass(slots=True, kw_only=True)
class Standing:
    """A stack as CloudFormation knows it now.

    `resources`: the status of each, by logical id, those under way included; `events`: the oldest first.
    `original`: the template as it was handed in, before its transforms. `replaced`: how often a resource was
    replaced by another one, by logical id. `salt`: what its resources' generated names are made from, beside
    its own name.
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

    @property
    def deleted(self) -> bool:
        """Whether the stack is gone; only its id still finds it then."""
        return self.status.name == "DELETE_COMPLETE"

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
