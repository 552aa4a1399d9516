"""A run that failed, as a test runner shows it: what failed, the timeline around it, how to see it all.

What failed is marked in the timeline, the moments around it show what led there:

          03:00  action     root calls iam list users
    >     03:10  ✗ FAILS    root_login tells HIGH: with MFA: 0 instead of 1; of root_login there came none
          15:00  ✓ holds    no more than 2 alerts of root_login
"""

import itertools
import shlex
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta

from scenarios.cloud.setting import Moment
from scenarios.runner.run import Report
from scenarios.runner.show.delays import clock
from scenarios.runner.show.failed_run import event_command, is_failed_run, log_of
from scenarios.runner.show.near import near_in_lines
from scenarios.runner.show.report import LABEL_WIDTH, TIME_WIDTH, label_of, matters, words_of
from scenarios.runner.show.terminal import called_from_pytest

BEFORE, AFTER = 8, 3  # so many moments around one that failed
_STOPPED = "stopped"


def failure(report: Report, asked_as: str) -> str:
    """The whole text about a report that did not pass.

    `asked_as`: how `trailwarden run` finds the scenario.
    """
    scenario = report.scenario
    faults = "" if report.faults == "none" else f", faults: {report.faults}"
    where = f"{scenario.home}, {report.began:%Y-%m-%d %H:%M} UTC, seed {report.seed}{faults}"
    moments = [moment for moment in report.timeline if matters(moment)]
    moments += _endings(report)
    lines = [f"{scenario.name}  {scenario.title}", where, ""]
    lines += [f"{'':{TIME_WIDTH + 4}}given      {given.words}" for given in scenario.given]
    lines += _around(moments, report)
    replay = replay_command(asked_as, seed=report.seed, faults=report.faults)
    near = near_in_lines(report)
    return "\n".join([*lines, *(["", *near] if near else []), "", f"replay it: {replay}"])


def in_short(report: Report) -> str:
    """The first thing that went wrong, in one line."""
    wrong = [str(report.hole)] if report.hole is not None else []
    return " ".join([*report.failures, *wrong][0].split())


def replay_command(asked_as: str, *, seed: int, faults: str) -> str:
    """The command that runs one scenario again and tells everything that happens in it."""
    profile = "" if faults == "none" else f" --faults {faults}"
    return f"{called_from_pytest()} run {shlex.quote(asked_as)} --seed {seed}{profile} --trace"


def timeline_in_lines(moments: Sequence[Moment]) -> list[str]:
    """A line for each moment that matters; times from the first of all."""
    began = moments[0].at if moments else None
    lines: list[str] = []
    for moment in moments:
        if began and matters(moment):
            lines += [_line(moment, moment.at - began), *_run_that_failed(moment, moments)]
    return lines


def _endings(report: Report) -> Iterator[Moment]:
    """What ended the run before its time stands in no timeline."""
    at = report.began + timedelta(seconds=report.simulated_seconds)
    shown = sum(moment.kind == "fails" for moment in report.timeline)
    for words in report.failures[shown:]:
        yield Moment(at=at, kind=_STOPPED, words=words)
    if report.hole is not None:
        yield Moment(at=at, kind=_STOPPED, words=str(report.hole))


def _around(moments: Sequence[Moment], report: Report) -> Iterator[str]:
    wrong = [place for place, moment in enumerate(moments) if _is_wrong(moment)]
    last = -1
    for place in sorted(set(_near(wrong)) & set(range(len(moments)))):
        if place > last + 1:
            yield f"{'':{TIME_WIDTH + 4}}..."
        moment = moments[place]
        mark = "  > " if _is_wrong(moment) else "    "
        yield f"{mark}{_line(moment, moment.at - report.began)}"
        yield from _facts_of_mail(moment)
        yield from _run_that_failed(moment, report.timeline)
        last = place


def _near(places: Iterable[int]) -> Iterator[int]:
    for place in places:
        yield from range(place - BEFORE, place + AFTER + 1)


def _is_wrong(moment: Moment) -> bool:
    return moment.kind in ("fails", _STOPPED)


def _line(moment: Moment, since: timedelta) -> str:
    label, _ = label_of(moment)
    words = " ".join(words_of(moment).split())
    return f"{clock(since):>{TIME_WIDTH - 2}}  {label:<{LABEL_WIDTH}}  {words}"


def _run_that_failed(moment: Moment, timeline: Sequence[Moment]) -> Iterator[str]:
    """What a function wrote before it failed, and its event as a command."""
    if not is_failed_run(moment):
        return
    head = f"{'':{TIME_WIDTH + 4}}"
    for line in log_of(moment):
        yield f"{head}│ {line}"
    yield f"{head}its event: {event_command(moment, timeline, called_from_pytest())}"


def _facts_of_mail(moment: Moment) -> Iterator[str]:
    """The facts of an alert: what an expectation about it may have missed."""
    if moment.kind != "mail":
        return
    text = str(moment.facts.get("text", ""))
    if text.startswith("{"):  # an alarm's JSON: its subject says it
        return
    for line in itertools.takewhile(bool, text.splitlines()[2:]):
        yield f"{'':{TIME_WIDTH + 4}}│ {line}"
