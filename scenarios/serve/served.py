"""One served world: what answers its requests, beside the world itself."""

import traceback
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from chalicelib.wording import safe
from scenarios.cloud.deployment import Deployment
from scenarios.cloud.kernel.errors import NotSimulated, WorldError
from scenarios.cloud.kernel.moto_hooks import forget_instances
from scenarios.cloud.world import World
from scenarios.runner.acts import note_acts, note_denials
from scenarios.serve.aws import Aws
from scenarios.serve.callers import Callers
from scenarios.serve.pace import Pace
from scenarios.serve.timeline import Timeline

# Longer than anything that Trailwarden waits for: event history knows a call after 20 minutes at the latest.
QUIET = timedelta(minutes=25)
MOST_UNTIL_IDLE = timedelta(hours=6)
_MOST_HOLES = 20
_TIDY_EVERY = 256  # runs of the clock: there is one before each request, and for whatever is due
_LONGEST, _FRAMES = 300, 6  # of what the console has about a failure


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is served. `speed`: simulated seconds to a real one, 0 for a clock that stands still.

    `begins`: when the world does. `follows_real_time`: a world that begins anew begins at the real moment.
    """

    deployment: Deployment
    begins: datetime
    follows_real_time: bool = False
    speed: float = 1
    verify: bool = False
    seed: int = 1

    @property
    def strangers(self) -> bool:
        """Whether unknown keys are let in: where signatures count, nobody has their secret."""
        return not self.verify


@dataclass(slots=True)
class Served:
    """A world that is entered. `say`: prints a line on the console. `holes`: what was not simulated.

    `is_idle`: whether the last `settling` came to its end by itself.
    """

    plan: Plan
    world: World
    say: Callable[[str], object] = field(repr=False)
    holes: deque[str] = field(default_factory=lambda: deque(maxlen=_MOST_HOLES))
    pace: Pace = field(init=False)
    timeline: Timeline = field(init=False)
    callers: Callers = field(init=False)
    aws: Aws = field(init=False)
    requests: int = 0
    is_idle: bool = False
    _runs: int = 0

    def __post_init__(self) -> None:
        self.pace = Pace(self.world.clock, self.plan.speed)
        self.timeline = Timeline(self.world)
        self.callers = Callers(self.world, strangers=self.plan.strangers)
        self.aws = Aws(self.world, self.pace, self.callers)
        if self.plan.verify:
            self.callers.administrator()
        if self.world.deployment.home in self.world.stacks:
            note_acts(self.world)
            note_denials(self.world)

    # ---- time -----------------------------------------------------------------------------------

    def run(self, until: datetime) -> None:
        """Let everything happen that is due; what goes wrong in it is told, and the rest goes on."""
        while True:
            try:
                self.world.clock.run(until)
            except NotSimulated as hole:
                self.hole(hole)
            except (WorldError, Exception) as error:  # noqa: BLE001 - the world goes on without it
                self.broke("in what was due", error)
            else:
                break
        self.timeline.take()
        self._runs += 1
        if self._runs % _TIDY_EVERY == 0:
            forget_instances()

    def catch_up(self) -> None:
        """Let everything happen that real time has made due."""
        self.run(self.pace.due)

    def advance(self, span: timedelta) -> None:
        """Move the clock on, and go on from there."""
        for _ in self.passing(self.world.clock.now + span):
            pass
        self.pace.go_on_from_here()

    def passing(self, until: datetime) -> Iterator[None]:
        """Move the clock on to a moment, a step at a time: requests may come between two of them."""
        clock = self.world.clock
        while (due := clock.next_moment) is not None and due < until:
            self.run(due)
            yield
        self.run(max(until, clock.now))

    def settling(self) -> Iterator[None]:
        """Let time pass, a step at a time, until nothing has happened for a while.

        Where something goes on and on, it ends all the same; `is_idle` tells which it was.
        """
        clock = self.world.clock
        last, quiet_since = clock.now + MOST_UNTIL_IDLE, clock.now
        while clock.now < min(last, quiet_since + QUIET):
            before = self.timeline.last
            self.run(min(each for each in (clock.next_moment, quiet_since + QUIET) if each is not None))
            if self.timeline.last != before:
                quiet_since = clock.now
            yield
        self.is_idle = clock.now < last

    # ---- what goes wrong ------------------------------------------------------------------------

    def hole(self, hole: NotSimulated) -> None:
        """Something was asked that isn't simulated: said on the console, in the timeline and by `health`."""
        words = safe(str(hole), _LONGEST)
        self.say(f"not simulated: {words}")
        self.holes.append(words)
        self.world.setting.note("not simulated", words)

    def broke(self, where: str, error: BaseException) -> None:
        """Something of ours failed; the console says where."""
        where = safe(where, _LONGEST)
        self.say(f"failed {where}: {safe(repr(error), _LONGEST)}")
        for frame in traceback.extract_tb(error.__traceback__)[-_FRAMES:]:
            self.say(f"  {frame.filename}:{frame.lineno} {frame.name}")
        self.world.setting.note("broken", f"{type(error).__name__} {where}")
