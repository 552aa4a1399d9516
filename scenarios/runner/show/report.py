"""How a run is shown: a timeline for one, a line each for many, and what to do next.

Times are whole seconds since the scenario began.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import IO

from scenarios.cloud.setting import Moment
from scenarios.runner.run import Report
from scenarios.runner.show.brief import brief
from scenarios.runner.show.delays import clock, counts, in_words, is_act
from scenarios.runner.show.failed_run import event_command, is_failed_run, log_of
from scenarios.runner.show.near import near_in_lines
from scenarios.runner.show.terminal import COLUMNS, Terminal, called, cut

TIME_WIDTH, LABEL_WIDTH = 9, 9
INDENT = TIME_WIDTH + LABEL_WIDTH + 4
BRIEF_TIME_WIDTH, BRIEF_LABEL_WIDTH = 7, 7
BRIEF_INDENT = BRIEF_TIME_WIDTH + BRIEF_LABEL_WIDTH + 4

# What each kind of moment is called here, and how it is coloured.
LABELS: Mapping[str, tuple[str, str]] = {
    "action": ("action", "bold"),
    "matched": ("noticed", "cyan"),
    "forwarded": ("forwarded", "cyan"),
    "denied": ("denied", "yellow"),
    "refused": ("refused", "yellow"),
    "mail": ("alert", "bold yellow"),
    "answered": ("answered", "bold cyan"),
    "alarm": ("alarm", "magenta"),
    "did": ("did", "bold green"),
    "could not": ("could not", "bold red"),
    "holds": ("✓ holds", "green"),
    "fails": ("✗ FAILS", "bold red"),
    "failed": ("error", "red"),
    "kept": ("kept", "red"),
    "lost": ("lost", "bold red"),
    "filtered": ("filtered", "yellow"),
    "runtime": ("runtime", "yellow"),
    "undelivered": ("no target", "red"),
    "pending": ("pending", "yellow"),
    "no data": ("no data", "bold yellow"),
    "no event": ("no event", "bold yellow"),
    "no trail": ("no trail", "bold yellow"),
    "fault": ("fault", "bold red"),
}
WHOLE = ("✗ FAILS", "error", "could not", "lost", "more")  # of these not a word is left out in brief
SEVERITY_STYLES = {"CRITICAL": "bold red", "HIGH": "bold yellow", "MEDIUM": "bold cyan"}


class Printer:
    """Writes runs to a stream. `longest_name` aligns the lines of many."""

    def __init__(self, stream: IO[str], *, trace: bool = False, longest_name: int = 0) -> None:
        self._terminal = Terminal(stream)
        self._trace = trace
        self._longest_name = max(longest_name, len("scenario"))

    # ---- one, whole -----------------------------------------------------------------------------

    def timeline(self, report: Report) -> None:
        """Everything a person wants to know about one run; with a trace, everything that happened."""
        scenario = report.scenario
        self._terminal.wrapped(f"{scenario.name}  ", scenario.title, head_style="bold")
        where = f"{scenario.home}, {report.began:%Y-%m-%d %H:%M} UTC, seed {report.seed}"
        faults = "" if report.faults == "none" else f", faults: {report.faults}"
        self._terminal.print((f"{where}{faults}", "dim"))
        for given in scenario.given:
            self._row("", "given", given.words, "dim")
        for moment in report.timeline:
            self._moment(moment, report)
        self._terminal.print()
        self._alarms(report)
        self._terminal.wrapped("", in_words(report), "bold")
        # Expectations that failed stand in the timeline; what stopped the run comes after them.
        for failure in report.failures[sum(moment.kind == "fails" for moment in report.timeline) :]:
            self._terminal.wrapped("", failure, "bold red")
        for miss in map(str, report.near) if self._trace else near_in_lines(report):
            self._terminal.wrapped("", miss, "yellow")
        self._terminal.print()

    def _alarms(self, report: Report) -> None:
        """Where the time went on the log path: to the metric, to the alarm, to the message."""
        if not report.alarms:
            return
        width = max(len("alarm"), *(len(course.name) for course in report.alarms))
        heading = f"  {'alarm':<{width}}  {'metric breached':>15}  {'in ALARM':>9}  {'message left':>12}"
        self._terminal.print((heading, "dim"))
        for course in report.alarms:
            times = [
                clock(at - report.began) if at else "-"
                for at in (course.breached, course.changed, course.message_left)
            ]
            figures = f"  {times[0]:>15}  {times[1]:>9}  {times[2]:>12}"
            self._terminal.print("  ", (f"{course.name:<{width}}", "magenta"), figures)
        self._terminal.print()

    def _moment(self, moment: Moment, report: Report) -> None:
        if not self._trace and not matters(moment):
            return
        label, style = label_of(moment)
        words = words_of(moment)
        if moment.kind == "holds" and not self._trace:
            words = self._terminal.cut(words, INDENT)
        self._row(clock(moment.at - report.began), label, words, style)
        if moment.kind == "mail":
            head = f"{'':{TIME_WIDTH + 2}}│ "
            for line in self._letter(moment):
                self._terminal.wrapped(head, line, "dim", indent="  ")
        if self._trace and is_failed_run(moment):
            self._failed_run(moment, report)

    def _failed_run(self, moment: Moment, report: Report) -> None:
        """A function's log, and its event: one line however long, since it is to be copied."""
        head = f"{'':{TIME_WIDTH + 2}}"
        for line in log_of(moment):
            self._terminal.print((f"{head}│ ", "dim"), (line, "red"))
        command = event_command(moment, report.timeline, called())
        self._terminal.print((f"{head}its event: {command}", "dim"))

    def _letter(self, moment: Moment) -> list[str]:
        """An alert's text below its subject; of an alarm's JSON, the reason."""
        text = str(moment.facts.get("text", ""))
        try:
            reason = str(json.loads(text)["NewStateReason"])
        except (ValueError, KeyError, TypeError):
            return text.splitlines()[2:]  # the subject says what the first line says
        return [reason] if self._trace else []

    # ---- a few, each in brief --------------------------------------------------------------------

    def brief(self, report: Report) -> None:
        """A headline, and the few lines that tell what happened; how to see the rest."""
        scenario = report.scenario
        self._terminal.wrapped(f"{scenario.name}  ", scenario.title, head_style="bold", width=COLUMNS)
        shown = brief(report)
        for moment in shown.moments:
            label, style = label_of(moment)
            self._brief_row(clock(moment.at - report.began), label, words_of(moment), style)
        if shown.left_out:
            faults = "" if report.faults == "none" else f" --faults {report.faults}"
            command = f"{called()} run {scenario.name}{faults}"
            self._brief_row("", "more", f"{shown.left_out}: {command}", "dim")
        self._terminal.print()

    def _brief_row(self, time: str, label: str, words: str, style: str) -> None:
        head = f"{time:>{BRIEF_TIME_WIDTH}}  {label:<{BRIEF_LABEL_WIDTH}}  "
        room = (self._terminal.width or COLUMNS) - len(head)
        self._terminal.wrapped(head, words if label in WHOLE else cut(words, room), style, width=COLUMNS)

    # ---- many, a line each ----------------------------------------------------------------------

    def heading(self) -> None:
        """Names the columns of `line`."""
        columns = f"  {'scenario':<{self._longest_name}}    delay  alerts alarms acts  simulated     wall"
        self._terminal.print((columns, "dim"))

    def line(self, report: Report, *, failures: bool = True) -> None:
        """One run in a line, and below it what failed in it, unless that was shown already.

        The delay is that of the first message, counted from the action that it follows.
        """
        news = counts(report)
        delay = news.first.seconds if news.first else None
        mark = ("✓", "green") if report.passed else ("✗", "bold red")
        faults = "" if report.faults == "none" else f"  [{report.faults}]"
        simulated, wall = timedelta(seconds=report.simulated_seconds), round(report.wall_seconds * 1000)
        figures = (
            f"  {'-' if delay is None else clock(timedelta(seconds=delay)):>7}"
            f"  {news.alerts or '-':>6} {news.alarms or '-':>6} {news.acts or '-':>4}"
            f"  {clock(simulated):>9}  {wall:>4} ms"
        )
        name = f"{report.scenario.name:<{self._longest_name}}"
        self._terminal.print(mark, " ", (name, "bold"), figures, (faults, "dim"))
        for failure in report.failures if failures else ():
            self._terminal.wrapped("    ", failure, "red")

    # ---- the end --------------------------------------------------------------------------------

    def ending(self, reports: Sequence[Report]) -> None:
        """How many passed, and what to do next."""
        failed = [report for report in reports if not report.passed]
        wall = sum(report.wall_seconds for report in reports)
        self._terminal.print()
        if failed:
            sentence = f"{len(failed)} of {len(reports)} failed, in {wall:.1f} s."
            self._terminal.print((sentence, "bold red"))
            first = failed[0]
            faults = "" if first.faults == "none" else f" --faults {first.faults}"
            self._next(
                (
                    f"{called()} run {first.scenario.name} --seed {first.seed}{faults} --trace",
                    "everything that happened in it, the same every time",
                )
            )
            return
        self._terminal.print((f"{_all(len(reports))} passed, in {wall:.1f} s.", "bold green"))
        self._next(
            (f"{called()} replay FILE", "your own CloudTrail records, same handlers"),
            ("make test", "the tests"),
            (f"{called()} package OUT", "what AWS is given"),
        )

    def _next(self, *commands: tuple[str, str]) -> None:
        width = max(len(command) for command, _ in commands)
        for command, what in commands:
            self._terminal.wrapped(f"  {command:<{width}}  ", what, "dim", head_style="bold cyan")

    # ---- lines ----------------------------------------------------------------------------------

    def _row(self, time: str, label: str, words: str, style: str) -> None:
        self._terminal.wrapped(f"{time:>{TIME_WIDTH}}  {label:<{LABEL_WIDTH}}  ", words, style)


def words_of(moment: Moment) -> str:
    """What happened; of an act, without what its label says."""
    return moment.words.replace(" acts: ", ": ") if is_act(moment) else moment.words


def label_of(moment: Moment) -> tuple[str, str]:
    """What a moment is called in front of its words, and its style."""
    kind = "did" if is_act(moment) else moment.kind
    label, style = LABELS.get(kind, (kind, "dim"))
    if kind == "mail":
        style = SEVERITY_STYLES.get(moment.words.partition(":")[0], style)
    return label, style


def matters(moment: Moment) -> bool:
    """Without a trace, an alarm that becomes quiet says nothing, nor does what a mail tells anyway."""
    if moment.kind == "alarm":
        return moment.words.endswith("-> ALARM") or is_act(moment)
    return moment.kind in LABELS


def _all(count: int) -> str:
    return "It" if count == 1 else f"All {count}"
