"""The walk of one scenario: every point that can differ, and a seeded part of those that cannot."""

import os
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil
from pathlib import Path

from scenarios.cloud.functions.runtime_environment import PROJECT
from scenarios.cloud.kernel.fault_points import FaultPoint
from scenarios.cloud.one_fault import Spot
from scenarios.cloud.world import World
from scenarios.runner.run import told_where
from scenarios.runner.scenario import Scenario
from scenarios.runner.walk.course import SETTLED_SECONDS, Course, play, play_and_look, tail_seconds
from scenarios.runner.walk.invariants import broken
from scenarios.runner.walk.points import Found, Known, all_points
from scenarios.runner.walk.snapshots import Snapshots, Told

# Of the points that a rule skips, so many are walked all the same: of one scenario, and at most.
PROVED, MOST_PROVED = 0.05, 5
FOREVER = float("inf")


def real_seconds() -> float:
    """Real seconds since some moment, inside a world too, where the clocks of `time` are simulated."""
    return os.times().elapsed


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """How a walk went. `skipped`: points that a rule skips and that were not walked; `left_out`: others.

    `proved`: points that a rule would skip, and that were walked. `cut_short`: points for which there was no
    time. `cpu_seconds`: of all points. `stopped`: why there was no walk: what the scenario's own code raises
    without any fault.
    """

    scenario: Scenario
    seed: int
    tried: int = 0
    broken: Sequence[Told] = ()
    skipped: int = 0
    left_out: int = 0
    proved: int = 0
    cut_short: int = 0
    cpu_seconds: float = 0
    stopped: str = ""

    @property
    def passed(self) -> bool:
        """Whether every invariant held at every point."""
        return not self.broken and not self.stopped


@dataclass(slots=True)
class _Tally:
    progress: Callable[[int], object]
    tried: int = 0
    broken: list[Told] = field(default_factory=list)
    cpu_seconds: float = 0

    def take(self, told: Told) -> None:
        self.tried += 1
        self.cpu_seconds += told.cpu_seconds
        if told.broken:
            self.broken.append(told)
        self.progress(self.tried)


def walk(
    scenario: Scenario,
    *,
    seed: int = 1,
    code: Path = PROJECT,
    jobs: int = 1,
    share: float = 1,
    of_the_day: int = 0,
    known: Known | None = None,
    ends: float = FOREVER,
    progress: Callable[[int, int], object] = lambda _done, _of: None,
) -> Walk:
    """Walk a scenario, `jobs` points at a time.

    `code`: the folder of app.py and chalicelib. `share`: of its points, chosen by the seed `of_the_day`; 1 is
    all of them. `known`: what is walked by now, in other scenarios too; what is walked here is added to it,
    where that was done to the end. `ends`: the moment of `real_seconds` after which no point is begun.
    `progress` is told how many points of how many are done. Raises NotSimulated where the play does.
    """
    try:
        without = play(scenario, seed=seed, code=code, tail=SETTLED_SECONDS)
        stopped = without.stopped or without.raising
    except Exception as error:  # noqa: BLE001 - what is given may raise anything, and others are to be walked
        stopped = f"{type(error).__name__}: {error}{told_where(error)}"
    if stopped:
        return Walk(scenario=scenario, seed=seed, stopped=stopped)
    found = all_points(without, known)
    draw = random.Random(f"{scenario.name}|{seed}|{of_the_day}")
    proven = _proven(found, share, draw)
    chosen = [
        each
        for number, each in enumerate(found)
        if (number in proven if each.rule else draw.random() < share)
    ]
    tally = _Tally(lambda done: progress(done, len(chosen)))
    points = [each.point for each in chosen]
    _walk_points(without, points, seed=seed, code=code, jobs=jobs, tell=tally.take, ends=ends)
    if known is not None and tally.tried == len(chosen):
        known |= {each.stands_for for each in chosen if not each.rule}
    skipped, proved = (sum(bool(each.rule) for each in some) for some in (found, chosen))
    return Walk(
        scenario=scenario,
        seed=seed,
        tried=tally.tried,
        broken=sorted(tally.broken, key=lambda told: told.point),
        skipped=skipped - proved,
        left_out=len(found) - skipped - (len(chosen) - proved),
        proved=proved,
        cut_short=len(chosen) - tally.tried,
        cpu_seconds=tally.cpu_seconds,
    )


def _proven(found: Sequence[Found], share: float, draw: random.Random) -> set[int]:
    """Which of the skipped points are walked all the same, by their place in `found`."""
    skipped = [number for number, each in enumerate(found) if each.rule]
    return set(draw.sample(skipped, min(MOST_PROVED, ceil(share * PROVED * len(skipped)))))


def walk_one(
    scenario: Scenario, point: FaultPoint, *, seed: int = 1, code: Path = PROJECT
) -> tuple[Course, Sequence[str]]:
    """One point, from the scenario's beginning: the course it takes, and what doesn't hold.

    Raises LookupError for a point that the scenario never comes to.
    """
    without = play(scenario, seed=seed, code=code, tail=tail_seconds(point.kind))
    course = play(scenario, seed=seed, code=code, point=point)
    if not course.struck:
        last = max((spot.invocation for spot in without.spots), default=0)
        raise LookupError(f"{scenario.name} has no point {point}: functions are given {last} events")
    return course, broken(without, course)


def _walk_points(
    settled: Course,
    points: Sequence[FaultPoint],
    *,
    seed: int,
    code: Path,
    jobs: int,
    tell: Callable[[Told], object],
    ends: float,
) -> None:
    """Play the scenario of a course without a fault once more, with a snapshot before each point.

    `settled`: its course until `SETTLED_SECONDS` after its end. A fault that takes longer to settle is held
    against a play of the same length.
    """
    if not points or real_seconds() > ends:
        return
    scenario, without = settled.scenario, {float(SETTLED_SECONDS): settled}
    if longer := {tail_seconds(point.kind) for point in points} - set(without):
        without |= play_and_look(scenario, longer, seed=seed, code=code)
    at: dict[tuple[int, int], list[FaultPoint]] = {}
    for point in points:
        at.setdefault((point.invocation, point.call), []).append(point)
    with Snapshots(jobs, tell).open() as snapshots:
        play(
            scenario,
            seed=seed,
            code=code,
            visit=_Visitor(at, snapshots, ends),
            judged=lambda course: _judge(without, course, snapshots),
        )


@dataclass(frozen=True, slots=True)
class _Visitor:
    """Takes a snapshot at each spot that has points, and has the child go on with the fault."""

    at: Mapping[tuple[int, int], Sequence[FaultPoint]]
    snapshots: Snapshots
    ends: float

    def __call__(self, world: World, spot: Spot) -> None:
        if self.snapshots.mine is not None:
            return
        for point in self.at.get((spot.invocation, spot.call), ()):
            if real_seconds() > self.ends:
                return
            if self.snapshots.go_on_with(point):
                world.one_fault.point = point
                return


def _judge(without: Mapping[float, Course], course: Course, snapshots: Snapshots) -> None:
    point = snapshots.mine
    if point is not None:
        not_struck = [] if course.struck else ["the fault never struck: the play took another course"]
        snapshots.end(broken=not_struck or broken(without[tail_seconds(point.kind)], course))
