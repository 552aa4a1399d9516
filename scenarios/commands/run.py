"""`trailwarden run`: rehearse incidents; show what was done, what noticed it, which alerts were sent."""

import json
import sys
from collections.abc import Iterator, Sequence
from enum import Enum, auto
from pathlib import Path

import click

from chalicelib.wording import number_of
from scenarios.cloud.kernel import garbage
from scenarios.cloud.kernel.fault_points import FaultPoint
from scenarios.cloud.kernel.faults import PROFILES, Faults
from scenarios.commands.run_options import ALL, WALK, options
from scenarios.commands.scenarios import UNREADABLE, tell_unreadable
from scenarios.commands.walk import Extent, replay_point, today, walk_all
from scenarios.runner.library import UnknownScenario, library, named, unreadable
from scenarios.runner.run import Report, run
from scenarios.runner.scenario import Scenario
from scenarios.runner.show.plot import FORMATS, NothingToDraw, draw
from scenarios.runner.show.progress import progress
from scenarios.runner.show.report import Printer
from scenarios.runner.side_by_side import side_by_side

MOST_IN_BRIEF = 4


class Shape(Enum):
    """How much of each run is shown."""

    WHOLE = auto()
    BRIEF = auto()
    LINE = auto()


@click.command()
@options
def command(
    names: Sequence[str],
    seed: int,
    profile: str,
    *,
    trace: bool,
    form: str,
    picture: Path | None,
    jobs: int,
    minutes: float,
    share: float,
    of_the_day: int | None,
) -> int:
    """Rehearse incidents on the simulated AWS, provisioned from the packaged template.

    One scenario is shown with its whole alerts, two to four in a few lines each, more in a line each. Without
    a NAME all run. `*` stands for anything: 'table_deleted*'. 'my/incidents.py' and 'my/incidents.py::name'
    name what a module of your own holds. Exits with 1 when an expectation fails.
    """
    tell_unreadable()
    try:
        chosen = named(names) if names else library()
    except UnknownScenario as error:
        raise click.UsageError(str(error)) from error
    walked, _, point = profile.partition(":")
    chooses = bool(minutes) or share != 1 or of_the_day is not None
    _refuse_what_has_no_effect(picture, walked=walked == WALK, point=bool(point), chooses=chooses)
    if walked == WALK:
        if point:
            return _one_point(chosen, point, seed=seed, trace=trace)
        extent = Extent(jobs=jobs, share=share, minutes=minutes, of_the_day=of_the_day or today())
        return walk_all(chosen, seed=seed, extent=extent, form=form)
    profiles = tuple(PROFILES.values()) if profile == ALL else (PROFILES[profile],)
    drawn: list[Report] = []
    runs = [(scenario, faults) for faults in profiles for scenario in chosen]
    made = (
        _counted(side_by_side(runs, seed, jobs, explained=trace), len(runs))
        if jobs > 1 and len(runs) > 1
        else _run(runs, seed, explained=trace)
    )
    reports = _kept(made, drawn if picture else None)
    if form == "json":
        passed = _as_json(reports, trace=trace)
    else:
        few = bool(names) and len(runs) <= MOST_IN_BRIEF
        shape = Shape.WHOLE if trace or (few and len(runs) == 1) else Shape.BRIEF if few else Shape.LINE
        passed = _as_text(reports, chosen, shape, trace=trace)
    if picture is not None:
        _draw(drawn, picture)
    if unreadable() and not names:
        return UNREADABLE  # all were asked for, and some could not run
    return 0 if passed else 1


def _refuse_what_has_no_effect(picture: Path | None, *, walked: bool, point: bool, chooses: bool) -> None:
    """Raises UsageError for options that this run can't obey."""
    if chooses and (point or not walked):
        raise click.UsageError(
            f"--minutes, --share and --of-the-day choose among the points of --faults {WALK}"
        )
    if picture is None:
        return
    if walked:
        raise click.UsageError("--plot draws a run, and a walk has too many")
    if picture.suffix not in FORMATS:
        raise click.UsageError(f"--plot writes {' or '.join(FORMATS)}, not {picture.name!r}")
    if not picture.parent.is_dir():
        raise click.UsageError(f"{picture}: there is no directory {picture.parent}")


def _one_point(chosen: Sequence[Scenario], point: str, *, seed: int, trace: bool) -> int:
    if len(chosen) != 1:
        raise click.UsageError(f"{WALK}:{point} is a point of one scenario, not of {len(chosen)}")
    return replay_point(chosen[0], FaultPoint.parse(point), seed=seed, trace=trace)


def _kept(reports: Iterator[Report], into: list[Report] | None) -> Iterator[Report]:
    for report in reports:
        if into is not None:
            into.append(report)
        yield report


def _draw(reports: Sequence[Report], picture: Path) -> None:
    try:
        panels = draw(reports, picture)
    except NothingToDraw as error:
        raise click.UsageError(str(error)) from error
    except OSError as error:
        raise click.UsageError(f"{picture}: {(error.strerror or str(error)).lower()}") from error
    click.echo(f"{picture}: {number_of(panels, 'alarm')} drawn", err=True)


def _run(runs: Sequence[tuple[Scenario, Faults]], seed: int, *, explained: bool) -> Iterator[Report]:
    with garbage.can_wait():
        for number, (scenario, faults) in enumerate(runs, 1):
            with progress() as line:
                line.say(f"{number} of {len(runs)}: {scenario.name}")
                report = run(scenario, seed=seed, faults=faults, explained=explained or None, answered=True)
            yield report


def _counted(made: Iterator[Report], of: int) -> Iterator[Report]:
    """On a terminal, say how far the jobs have come."""
    for done in range(of):
        with progress() as line:
            line.say(f"{done} of {of} runs")
            report = next(made)
        yield report


def _as_json(reports: Iterator[Report], *, trace: bool) -> bool:
    passed = True
    printer = Printer(sys.stderr, trace=True)
    for report in reports:
        click.echo(json.dumps(report.as_json()))
        if trace:
            printer.timeline(report)
        passed = passed and report.passed
    return passed


def _as_text(reports: Iterator[Report], chosen: Sequence[Scenario], shape: Shape, *, trace: bool) -> bool:
    longest = max(len(scenario.name) for scenario in chosen)
    printer = Printer(sys.stdout, trace=trace, longest_name=longest)
    show = {Shape.WHOLE: printer.timeline, Shape.BRIEF: printer.brief, Shape.LINE: printer.line}[shape]
    kept: list[Report] = []
    if shape is Shape.LINE:
        printer.heading()
    for report in reports:
        kept.append(report)
        show(report)
    if shape is not Shape.LINE:
        printer.heading()
        for report in kept:
            printer.line(report, failures=False)
    printer.ending(kept)
    return all(report.passed for report in kept)
