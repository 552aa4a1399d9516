"""What happened, the newest ten thousand lines of it: calls, deliveries, functions, mail."""

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from scenarios.cloud.kernel.caller import ApiCall, CallerKind
from scenarios.cloud.setting import Moment
from scenarios.cloud.world import World

MOST_LINES = 10_000
_PEOPLE = frozenset(
    {CallerKind.IAM_USER, CallerKind.ROOT, CallerKind.ASSUMED_ROLE, CallerKind.FEDERATED_USER}
)


@dataclass(frozen=True, slots=True)
class Line:
    """One line. `number`: counts from 1, over all that ever happened in this world."""

    number: int
    at: datetime
    kind: str
    words: str

    def as_json(self) -> dict[str, Any]:
        """For `/_world/timeline`."""
        return {"number": self.number, "at": self.at.isoformat(), "kind": self.kind, "words": self.words}


class Timeline:
    """Takes the lines out of the world's trace as they come."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._lines: deque[Line] = deque(maxlen=MOST_LINES)
        self._mails = 0
        self.last = 0
        self.changed = world.clock.now
        self._names = _names(world)
        world.calls.after_everything(self._note)

    def take(self) -> None:
        """Take what the world noted since; its own list stays empty, and memory flat."""
        trace, inbox = self._world.setting.trace, self._world.topics.inbox
        mails = [Moment(at=each.at, kind="mail", words=each.subject) for each in inbox[self._mails :]]
        self._mails = len(inbox)
        if not trace and not mails:
            return
        for moment in sorted([*trace, *mails], key=lambda each: each.at):
            self.last += 1
            self._lines.append(Line(self.last, moment.at, moment.kind, self._named(moment.words)))
        trace.clear()
        self.changed = self._world.clock.now

    def after(self, number: int, most: int) -> Iterator[Line]:
        """The lines behind this number, the newest `most` of them, in the order of time."""
        first = max(number, self.last - most)
        missing = self.last - len(self._lines)
        return (line for line in list(self._lines)[max(0, first - missing) :])

    def _note(self, call: ApiCall) -> None:
        """What somebody calls, functions and services apart: these have lines of their own."""
        caller = call.caller
        if caller.kind not in _PEOPLE or caller.function_arn or caller.invoked_by:
            return
        refused = f", and is refused: {call.error[0]}" if call.error else ""
        who = caller.session or caller.name or "root"
        self._world.setting.note("call", f"{who} calls {call.service} {call.operation}{refused}")

    def _named(self, words: str) -> str:
        """The template's own names say more to a reader than CloudFormation's."""
        for physical, logical in self._names.items():
            if physical in words:
                words = words.replace(physical, logical)
        return words


def _names(world: World) -> Mapping[str, str]:
    names: dict[str, str] = {}
    for stack in world.stacks.values():
        for logical_id, resource in stack.resources.items():
            if len(resource.physical_id) > len(logical_id):
                names.setdefault(resource.physical_id, logical_id)
    return names
