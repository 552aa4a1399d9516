"""How a run is shown: a timeline for one, a line each for many, and what to do next.

Times are told from the scenario's beginning, in whole seconds.
"""

import itertools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import IO

from scenarios.cloud.setting import Moment
from scenarios.runner.run import Report
from scenarios.runner.show.terminal import Terminal

TIME_WIDTH, LABEL_WIDTH = 9, 9
INDENT = TIME_WIDTH + LABEL_WIDTH + 4
CLOUDWATCH = "cloudwatch.amazonaws.com"

# What each kind of moment is called here, and how it is coloured.
LABELS: Mapping[str, tuple[str, str]] = {
    "deed": ("deed", "bold"),
    "matched": ("noticed", "cyan"),
    "forwarded": ("forwarded", "cyan"),
    "refused": ("refused", "yellow"),
    "mail": ("told", "bold yellow"),
    "alarm": ("alarm", "magenta"),
    "holds": ("✓ holds", "green"),
    "fails": ("✗ FAILS", "bold red"),
    "failed": ("error", "red"),
    "kept": ("kept", "red"),
    "lost": ("lost", "bold red"),
    "undelivered": ("no target", "red"),
}
SEVERITY_STYLES = {"CRITICAL": "bold red", "HIGH": "bold yellow", "MEDIUM": "bold cyan"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Who was told how often, and how long after the first deed; None where nobody was. Seconds."""

    alerts: int
    alarms: int
    alert_after: float | None
    alarm_after: float | None


def told(report: Report) -> Told:
    """The mail of a run: alerts are what a function sent, alarms what CloudWatch sent by itself."""
    deeds = [moment.at for moment in report.timeline if moment.kind == "deed"]
    first = min(deeds, default=report.began)
    senders = {
        (moment.at, moment.words): str(moment.facts.get("sender", ""))
        for moment in report.timeline
        if moment.kind == "published"
    }
    mail = [moment for moment in report.timeline if moment.kind == "mail"]
    alarms = [moment for moment in mail if senders.get((moment.at, moment.words)) == CLOUDWATCH]
    alerts = [moment for moment in mail if moment not in alarms]
    return Told(
        alerts=len(alerts),
        alarms=len(alarms),
        alert_after=min(((each.at - first).total_seconds() for each in alerts), default=None),
        alarm_after=min(((each.at - first).total_seconds() for each in alarms), default=None),
    )


class Teller:
    """Writes runs to a stream. `longest_name` aligns the lines of many.

    `letters`: tell alerts to their last line, not only their facts.
    """

    def __init__(
        self, stream: IO[str], *, trace: bool = False, letters: bool = True, longest_name: int = 0
    ) -> None:
        self._terminal = Terminal(stream)
        self._trace = trace
        self._letters = letters
        self._longest_name = max(longest_name, len("scenario"))

    # ---- one, whole -----------------------------------------------------------------------------

    def timeline(self, report: Report) -> None:
        """Everything a person wants to know about one run; with a trace, everything that happened."""
        scenario = report.scenario
        self._terminal.print((scenario.name, "bold"), "  ", scenario.title)
        where = f"{scenario.home}, {report.began:%Y-%m-%d %H:%M} UTC, seed {report.seed}"
        faults = "" if report.faults == "none" else f", faults: {report.faults}"
        self._terminal.print((f"{where}{faults}", "dim"))
        for given in scenario.given:
            self._row("", "given", given.words, "dim")
        for moment in report.timeline:
            self._moment(moment, report)
        self._terminal.print()
        self._alarms(report)
        sentence = _paths(told(report))
        if sentence:
            self._terminal.wrapped("", sentence, "bold")
        # Expectations that failed stand in the timeline; what stopped the run comes after them.
        for failure in report.failures[sum(moment.kind == "fails" for moment in report.timeline) :]:
            self._terminal.wrapped("", failure, "bold red")
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
                for at in (course.breached, course.changed, course.told)
            ]
            figures = f"  {times[0]:>15}  {times[1]:>9}  {times[2]:>12}"
            self._terminal.print("  ", (f"{course.name:<{width}}", "magenta"), figures)
        self._terminal.print()

    def _moment(self, moment: Moment, report: Report) -> None:
        if not self._trace and not _matters(moment):
            return
        label, style = LABELS.get(moment.kind, (moment.kind, "dim"))
        if moment.kind == "mail":
            style = SEVERITY_STYLES.get(moment.words.partition(":")[0], style)
        words = moment.words
        if moment.kind == "holds" and not self._trace:
            words = self._terminal.cut(words, INDENT)
        self._row(clock(moment.at - report.began), label, words, style)
        if moment.kind == "mail":
            self._tell_letter(self._letter(moment))

    def _tell_letter(self, lines: list[str]) -> None:
        head = f"{'':{TIME_WIDTH + 2}}│ "
        if self._letters:
            for line in lines:
                self._terminal.wrapped(head, line, "dim", indent="  ")
            return
        for line in itertools.takewhile(bool, lines):  # the facts end at the first empty line
            self._terminal.print((head, "dim"), (self._terminal.cut(line, len(head)), "dim"))

    def _letter(self, moment: Moment) -> list[str]:
        """An alert's text below its subject; of an alarm's JSON, the reason."""
        text = str(moment.facts.get("text", ""))
        try:
            reason = str(json.loads(text)["NewStateReason"])
        except (ValueError, KeyError, TypeError):
            return text.splitlines()[2:]  # the subject says what the first line says
        return [reason] if self._trace else []

    # ---- many, a line each ----------------------------------------------------------------------

    def heading(self) -> None:
        """Names the columns of `line`."""
        columns = (
            f"  {'scenario':<{self._longest_name}}  {'first told':>10}  alerts  alarms  simulated      wall"
        )
        self._terminal.print((columns, "dim"))

    def line(self, report: Report, *, failures: bool = True) -> None:
        """One run in a line, and below it what failed in it, unless that was told already."""
        news = told(report)
        mail = [moment.at for moment in report.timeline if moment.kind == "mail"]
        first = clock(min(mail) - report.began) if mail else "-"
        mark = ("✓", "green") if report.passed else ("✗", "bold red")
        faults = "" if report.faults == "none" else f"  [{report.faults}]"
        simulated, wall = timedelta(seconds=report.simulated_seconds), round(report.wall_seconds * 1000)
        figures = (
            f"  {first:>10}  {news.alerts or '-':>6}  {news.alarms or '-':>6}"
            f"  {clock(simulated):>9}  {wall:>5} ms"
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
                f"trailwarden run {first.scenario.name} --seed {first.seed}{faults} --trace",
                "everything that happened in it, the same every time",
            )
            return
        self._terminal.print((f"{_all(len(reports))} passed, in {wall:.1f} s.", "bold green"))
        self._next("trailwarden replay FILE", "your own CloudTrail records through the same handlers")
        self._next("make test", "every test")
        self._next("trailwarden package OUT", "what AWS is given")

    def _next(self, command: str, what: str) -> None:
        self._terminal.print("  ", (f"{command:<26}", "bold cyan"), "  ", (what, "dim"))

    # ---- lines ----------------------------------------------------------------------------------

    def _row(self, time: str, label: str, words: str, style: str) -> None:
        self._terminal.wrapped(f"{time:>{TIME_WIDTH}}  {label:<{LABEL_WIDTH}}  ", words, style)


def _matters(moment: Moment) -> bool:
    """Without a trace, an alarm that becomes quiet says nothing, nor does what a mail tells anyway."""
    if moment.kind == "alarm":
        return moment.words.endswith("-> ALARM")
    return moment.kind in LABELS


def _paths(news: Told) -> str:
    """How long it took to be told, on each way there is."""
    alert, alarm = news.alert_after, news.alarm_after
    if alert is not None and alarm is not None:
        later = "later" if alarm >= alert else "earlier"
        return (
            f"Told by alert {span_of(alert)} after the first deed, by alarm {span_of(alarm)} after it: "
            f"{span_of(abs(alarm - alert))} {later}."
        )
    if alert is not None:
        return f"Told by alert {span_of(alert)} after the first deed."
    if alarm is not None:
        return f"Told by alarm {span_of(alarm)} after the first deed."
    return "Nobody was told anything."


def _all(count: int) -> str:
    return "It" if count == 1 else f"All {count}"


def clock(passed: timedelta) -> str:
    """`00:08`, `1:02:30`; whole seconds."""
    seconds = round(passed.total_seconds())
    hours, rest = divmod(seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes:02}:{seconds:02}"


def span_of(seconds: float) -> str:
    """`8 s`, `1 min 15 s`, `2 h 5 min`."""
    whole = round(seconds)
    minutes, rest = divmod(whole, 60)
    hours, minutes_left = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes_left} min" if minutes_left else f"{hours} h"
    if minutes:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    return f"{rest} s"
