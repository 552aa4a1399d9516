"""What is in an account before anything happens: templates, parameters, regions, and when it begins."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from scenarios.cloud.functions.runtime_environment import PROJECT

ACCOUNT = "123456789012"  # moto's own; no real account
STACK_NAME = "trailwarden"
# Three in the morning, when such things happen. Every world starts here unless its scenario says otherwise.
START = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class OneChange:
    """A template differs from another one, `of`, in this resource alone."""

    of: str
    resource: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """What is in the account before anything happens.

    `template` and `spoke` are plain CloudFormation as JSON text; where `template` is "" there is no stack.
    `home` is where the stack is, `spokes` the regions the forwarding template is deployed in, `regions` all
    that this world holds. `before`: a template of what was there before the stack, such as somebody's trail.
    `host`: the template of a host's alarms, if it isn't the packaged one. `stands`: the stacks were made long
    before the start, so alarms for which missing data is good have been OK since, and nobody is told of it.
    `change`: where the template is one of many that differ from another one in one resource, so that all else
    of the stack is made once for all of them.
    """

    template: str
    before: str = ""
    stack_name: str = STACK_NAME
    spoke: str = "{}"
    host: str = ""
    parameters: tuple[tuple[str, str], ...] = ()
    home: str = "us-east-1"
    spokes: tuple[str, ...] = ()
    regions: tuple[str, ...] = ("us-east-1",)
    start: datetime = START
    code: Path = PROJECT
    stands: bool = False
    change: OneChange | None = None
