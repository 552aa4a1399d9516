"""Alarms drawn over time: metric, threshold, changes of state and messages, a panel for each alarm."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from scenarios.runner.run import Report
from scenarios.runner.show.alarm_course import AlarmCourse

FORMATS = (".png", ".svg")
# Okabe and Ito's colours, which the colour-blind tell apart.
STATE_COLOURS = {"OK": "#009E73", "ALARM": "#D55E00", "INSUFFICIENT_DATA": "#999999"}
LINE, MESSAGE = "#0072B2", "#CC79A7"


class NothingToDraw(ValueError):
    """No alarm went off in these runs."""


def draw(runs: Sequence[Report], path: Path) -> int:
    """Draw the alarms of these runs into a PNG or SVG; returns how many there were.

    Raises NothingToDraw, and OSError when the file can't be written.
    """
    # It takes a second to import, which no other command should pay; Agg needs no screen.
    import matplotlib as mpl  # noqa: PLC0415 - see above

    mpl.use("Agg")
    # The same run draws the same bytes: no ids from a random salt, no date in the file.
    mpl.rcParams["svg.hashsalt"] = "trailwarden"
    mpl.rcParams["svg.fonttype"] = "none"  # text stays text, to be searched and read aloud
    from matplotlib.figure import Figure  # noqa: PLC0415 - see above

    panels = [(run, course) for run in runs for course in run.alarms]
    if not panels:
        raise NothingToDraw("no alarm went off in what was run, so there is nothing to draw")
    figure = Figure(figsize=(10, 1 + 2.6 * len(panels)), layout="constrained")
    axes = figure.subplots(len(panels), 1, squeeze=False)[:, 0]
    for axis, (run, course) in zip(axes, panels, strict=True):
        _panel(axis, run, course)
    axes[-1].set_xlabel("minutes since the scenario began")
    figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)
    return len(panels)


def _panel(axis: Any, run: Report, course: AlarmCourse) -> None:
    def minutes(moment: datetime) -> float:
        return (moment - run.began).total_seconds() / 60

    last = run.simulated_seconds / 60
    faults = "" if run.faults == "none" else f" [{run.faults}]"
    axis.set_title(f"{run.scenario.name}{faults}: {course.name}", loc="left", fontsize=10)
    axis.set_xlim(0, last)
    if course.points:
        period = course.period.total_seconds() / 60
        axis.bar(
            [minutes(at) for at, _ in course.points],
            [value for _, value in course.points],
            width=period,
            align="edge",
            color=LINE,
            alpha=0.55,
            edgecolor=LINE,
            label=f"{course.metric} ({course.statistic}, {course.period.total_seconds():.0f} s)",
        )
    if course.threshold is not None:
        axis.axhline(
            course.threshold,
            color="black",
            linestyle="--",
            linewidth=1,
            label=f"threshold {course.threshold:g}",
        )
    if course.rule:
        axis.text(0.01, 0.5, course.rule, transform=axis.transAxes, fontsize=8)
        axis.set_yticks([])
    _states(axis, [(minutes(at), state) for at, state in course.states], last)
    for number, moment in enumerate(course.messages):
        axis.axvline(minutes(moment), color=MESSAGE, linewidth=1.5, label="" if number else "message left")
    axis.margins(y=0.15)
    axis.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=5, frameon=False, fontsize=8)


def _states(axis: Any, changes: Sequence[tuple[float, str]], last: float) -> None:
    """A coloured ground for each stretch of a state."""
    ends = [at for at, _ in changes[1:]] + [last]
    named: set[str] = set()
    for (at, state), end in zip(changes, ends, strict=True):
        axis.axvspan(
            at,
            end,
            color=STATE_COLOURS.get(state, "#FFFFFF"),
            alpha=0.15,
            linewidth=0,
            label="" if state in named else state,
        )
        named.add(state)
