"""How a stack stands: its status, that of each resource, and whether it may be deleted.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html
"""

from dataclasses import dataclass, field
from datetime import datetime

from scenarios.cloud.kernel.stack import Stack


@dataclass(frozen=True, slots=True)
class Status:
    """A status, why it is so, and since when."""

    name: str
    since: datetime
    reason: str = ""


@dataclass(slots=True, kw_only=True)
class Standing:
    """A stack as CloudFormation knows it now.

    `resources`: by logical id; `before`: the stack's own earlier statuses.
    """

    stack: Stack
    created: datetime
    status: Status
    resources: dict[str, Status] = field(default_factory=dict)
    protected: bool = False
    before: list[Status] = field(default_factory=list)

    def becomes(self, status: Status) -> None:
        """The stack itself has another status now."""
        self.before.append(self.status)
        self.status = status

    @property
    def deleted(self) -> bool:
        """Whether the stack is gone; only its id still finds it then."""
        return self.status.name == "DELETE_COMPLETE"


def created(stack: Stack, now: datetime) -> Standing:
    """A stack that was just made."""
    complete = Status("CREATE_COMPLETE", now)
    return Standing(
        stack=stack, created=now, status=complete, resources=dict.fromkeys(stack.resources, complete)
    )
