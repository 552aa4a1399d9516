"""What commands that read records have in common: the range of time, and how far the reading has come."""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import click

from chalicelib.wording import size, span
from scenarios.records.sift import Counts
from scenarios.records.sources import S3, File, Range, Unreadable, files
from scenarios.runner.show.progress import Progress

INTERRUPTED = 130  # as the command line reports Ctrl-C
_BETWEEN_SECONDS = 0.2


def ranged(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds --since and --until."""
    since = click.option(
        "--since",
        default="",
        metavar="TIME",
        help="Only records from this time on, such as 2026-03-02 or 2026-03-02T03:00Z.",
    )
    until = click.option(
        "--until", default="", metavar="TIME", help="Only records up to this time; a day to its end."
    )
    return since(until(command))


def range_of(since: str, until: str) -> Range:
    """The range of time; a day without a time is its beginning, or for `until` its end."""
    return Range(_moment(since, "--since"), _moment(until, "--until", end=True))


def _moment(text: str, option: str, *, end: bool = False) -> datetime | None:
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise click.UsageError(
            f"{option} {text!r} is no time such as 2026-03-02 or 2026-03-02T03:00Z"
        ) from error
    if end and len(text) == len("2026-03-02"):
        moment = moment.replace(hour=23, minute=59, second=59, microsecond=999_999)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


@contextmanager
def left_by_interrupt() -> Iterator[list[bool]]:
    """What is left by Ctrl-C goes on behind it; the list then has something in it."""
    left: list[bool] = []
    try:
        yield left
    except KeyboardInterrupt:
        left.append(True)


class Pace:
    """Says how many records were read, how quickly, and how long the rest may take."""

    def __init__(self, names: Sequence[str], line: Progress) -> None:
        self._line, self._began = line, _now()
        self._next = self._began
        self._total = _bytes_of(names) if sys.stderr.isatty() else 0

    def read(self, file: File, counts: Counts) -> None:
        """Called now and then while files are read."""
        now = _now()
        if now < self._next:
            return
        self._next = now + _BETWEEN_SECONDS
        seconds = max(now - self._began, 0.001)
        words = f"{counts.records:,} records, {counts.records / seconds:,.0f} a second, {size(counts.bytes)}"
        if self._total and counts.bytes:
            left = seconds * max(0, self._total - counts.bytes) / counts.bytes
            words += f" of {size(self._total)}, {_span(left)} left"
        self._line.say(f"{words}: {file.shown}")

    def handled(self, done: int, all_of_them: int) -> None:
        """Called after each record that a rule asked for."""
        now = _now()
        if now < self._next or not done:
            return
        self._next = now + _BETWEEN_SECONDS
        left = (now - self._began) / done * (all_of_them - done)
        self._line.say(f"{done:,} of {all_of_them:,} records handled, {_span(left)} left")


def _span(seconds: float) -> str:
    return span(timedelta(seconds=seconds))


def _now() -> float:
    """Real time, also in a world, where Python's clocks stand still."""
    return os.times().elapsed


def _bytes_of(names: Sequence[str]) -> int:
    local = [name for name in names if not name.startswith(S3)]
    return sum(each.size for each in files(local) if not isinstance(each, Unreadable))
