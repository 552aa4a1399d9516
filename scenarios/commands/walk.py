"""`trailwarden run --faults walk`: one fault at every call and every delivery, and what broke.

`--faults walk:7.3.crash-after` puts one of them, and shows the run.
"""

import json
import random
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

import click

from chalicelib.wording import span
from scenarios.cloud.kernel.fault_points import FaultPoint
from scenarios.runner.run import Report, deployment_of
from scenarios.runner.scenario import Scenario
from scenarios.runner.show.progress import Progress, progress
from scenarios.runner.show.report import Printer
from scenarios.runner.show.walked import figures_of, lines_of, replay_of
from scenarios.runner.walk.course import PROFILE
from scenarios.runner.walk.points import Known
from scenarios.runner.walk.walk import FOREVER, Walk, real_seconds, walk, walk_one

EVERY_SECONDS = 60.0
"""How often a walk says in a pipe how far it is: the log of a CI else shows nothing for minutes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """How much is walked: `share` of the points, for at most so many `minutes`; 0: as long as it takes.

    `of_the_day` is the seed by which that part is chosen.
    """

    jobs: int
    share: float
    minutes: float
    of_the_day: int


def today() -> int:
    """The seed of the day: 20260302."""
    return int(f"{datetime.now(UTC):%Y%m%d}")


def walk_all(chosen: Sequence[Scenario], *, seed: int, extent: Extent, form: str) -> int:
    """Walk the scenarios, and print what broke; 1 where anything did."""
    began, walks = time.perf_counter(), list[Walk]()
    for each in _walks(chosen, seed, extent):
        walks.append(each)
        _print(each, form)
    if form == "text":
        _summary(walks, of=len(chosen), seconds=time.perf_counter() - began, extent=extent)
    return 0 if all(each.passed for each in walks) else 1


def _walks(chosen: Sequence[Scenario], seed: int, extent: Extent) -> Iterator[Walk]:
    known: Known = set()
    began = real_seconds()
    ends = real_seconds() + extent.minutes * 60 if extent.minutes else FOREVER
    order = list(chosen)
    if extent.minutes:
        random.Random(extent.of_the_day).shuffle(order)
    for number, scenario in enumerate(order, 1):
        if real_seconds() > ends:
            return
        with progress(EVERY_SECONDS, real_seconds) as line:
            say = partial(_say, line, scenario.name, number=number, scenarios=len(order), began=began)
            yield walk(
                scenario,
                seed=seed,
                jobs=extent.jobs,
                share=extent.share,
                of_the_day=extent.of_the_day,
                known=known,
                ends=ends,
                progress=say,
            )


def _say(line: Progress, name: str, done: int, of: int, *, number: int, scenarios: int, began: float) -> None:
    so_far = number - 1 + (done / of if of else 1)
    left = time_left(real_seconds() - began, so_far / scenarios)
    line.say(f"{number} of {scenarios}: {name}, {done} of {of} points{left}")


def time_left(seconds: float, share: float) -> str:
    """How long it goes on, where a `share` took so many `seconds`: at most, since later ones skip more."""
    if not 0 < share < 1:
        return ""
    return f"; at most {span(timedelta(seconds=seconds / share - seconds))} left"


def _print(walked: Walk, form: str) -> None:
    name = walked.scenario.name
    if form == "text":
        click.echo("\n".join(lines_of(walked, name)))
        return
    broken = [
        {"point": str(told.point), "broken": list(told.broken), "replay": replay_of(walked, told, name)}
        for told in walked.broken
    ]
    shown = {"name": name, "seed": walked.seed, "faults": PROFILE, "passed": walked.passed}
    figures = {name: getattr(walked, name) for name in ("tried", "skipped", "left_out", "cut_short")}
    cpu_seconds = round(walked.cpu_seconds, 1)
    click.echo(
        json.dumps(
            {**shown, **figures, "cpu_seconds": cpu_seconds, "stopped": walked.stopped, "broken": broken}
        )
    )


def _summary(walks: Sequence[Walk], *, of: int, seconds: float, extent: Extent) -> None:
    cpu = sum(each.cpu_seconds for each in walks)
    tried = sum(each.tried for each in walks)
    each_took = f", {1000 * cpu / tried:.0f} ms of a processor each" if tried else ""
    whole = sum(not each.cut_short for each in walks)
    part = f"; {whole} of {of} scenarios to the end within the time" if whole < of else ""
    chosen = f"; seed of the day {extent.of_the_day}"
    click.echo(f"{figures_of(walks)}; {seconds:.0f} s{each_took}{part}{chosen}")


def replay_point(scenario: Scenario, point: FaultPoint, *, seed: int, trace: bool) -> int:
    """Put one fault, show the run, and say what doesn't hold; 1 where something doesn't."""
    wall = time.perf_counter()
    try:
        course, broken = walk_one(scenario, point, seed=seed)
    except LookupError as error:
        raise click.UsageError(str(error)) from error
    began = deployment_of(scenario).start
    ended = max((moment.at for moment in course.timeline), default=began)
    report = Report(
        scenario=scenario,
        seed=seed,
        faults=f"{PROFILE}:{point}",
        began=began,
        timeline=tuple(course.timeline),
        failures=tuple(broken),
        simulated_seconds=(ended - began).total_seconds(),
        wall_seconds=time.perf_counter() - wall,
    )
    printer = Printer(sys.stdout, trace=trace, longest_name=len(scenario.name))
    printer.timeline(report)
    printer.heading()
    printer.line(report)
    return 0 if report.passed else 1
