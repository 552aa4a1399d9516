"""What a validation says: findings as they are met, a summary at the end, progress on a terminal."""

import json
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import click

from chalicelib.trail.integrity.findings import IntegrityFinding, Weight
from chalicelib.wording import safe
from scenarios.validator.tally import Tally

_WEIGHTS = {Weight.NOTICE: "notice", Weight.UNDECIDED: "could not tell", Weight.BROKEN: "not sound"}
_EVERY_SECONDS = 0.2
_WIDEST = max(map(len, _WEIGHTS.values()))
_LONGEST = 4000
_ERASE = "\r\x1b[2K"


class Progress:
    """One line on a terminal, rewritten; in a pipe nothing."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._shown = clock, False
        self._began, self._next = clock(), clock()
        self._on = sys.stderr.isatty()

    def show(self, tally: Tally) -> None:
        """Show rate and remaining time, a few times a second."""
        now = self._clock()
        if not self._on or now < self._next:
            return
        self._next, self._shown = now + _EVERY_SECONDS, True
        click.echo(f"{_ERASE}  {describe(tally, now - self._began)}", err=True, nl=False)

    def erase(self) -> None:
        """Make room for a line that stays."""
        if self._shown:
            click.echo(_ERASE, err=True, nl=False)
            self._shown = False


def describe(tally: Tally, seconds: float) -> str:
    """Progress in words: `1,200 log files, 24 digests, 850 log files a second, about 40 s left`."""
    rate = tally.logs / seconds if seconds else 0
    words = f"{tally.logs:,} log files, {tally.digests:,} digests, {rate:,.0f} log files a second"
    if tally.days and seconds > 1:
        words += f", about {seconds * (tally.days_asked - tally.days) / tally.days:,.0f} s left"
    return words


class Text:
    """Tells in lines: findings and verdict on standard output, as the AWS CLI does with what is valid."""

    def __init__(self, *, verbose: bool) -> None:
        self._verbose, self._progress = verbose, Progress()

    def begin(self, arn: str, since: datetime, until: datetime) -> None:
        """Say what is about to be validated."""
        click.echo(f"Validating log files of {arn} between {stamp(since)} and {stamp(until)}\n")

    def warning(self, sentence: str) -> None:
        """Say what may make the verdict weaker than it looks."""
        self._progress.erase()
        click.echo(f"trailwarden: {safe(sentence, _LONGEST)}", err=True)

    def finding(self, finding: IntegrityFinding) -> None:
        """One line a finding."""
        self._progress.erase()
        shown = safe(finding.sentence, _LONGEST)
        click.echo(f"{_WEIGHTS[finding.weight]:<{_WIDEST}}  {finding.what.value}: {shown}")

    def valid(self, kind: str, bucket: str, key: str) -> None:
        """With --verbose, a line for what is sound."""
        if self._verbose:
            self._progress.erase()
            sys.stdout.write(f"{kind}\ts3://{_shown(bucket)}/{_shown(key)}\tvalid\n")

    def progress(self, tally: Tally) -> None:
        """On a terminal."""
        self._progress.show(tally)

    def end(self, tally: Tally) -> None:
        """The summary."""
        self._progress.erase()
        for sentence in tally.problems:
            click.echo(f"trailwarden: {safe(sentence, _LONGEST)}", err=True)
        click.echo("\n" + summary(tally))


def _shown(text: str) -> str:
    """A name on one line; most need nothing done, and there may be millions."""
    return text if text.isprintable() and len(text) < _LONGEST else safe(text, _LONGEST)


def summary(tally: Tally) -> str:
    """The summary in lines."""
    span = (
        f"from {stamp(tally.oldest)} to {stamp(tally.newest)}"
        if tally.oldest and tally.newest
        else "none found"
    )
    counts = ", ".join(
        f"{tally.weights[weight]:,} {_WEIGHTS[weight]}"
        for weight in reversed(Weight)
        if tally.weights[weight]
    )
    lines = [
        f"Digests        {tally.digests_sound:,} of {tally.digests:,} are what CloudTrail delivered; {span}",
        f"Log files      {tally.logs_sound:,} of {tally.logs:,} are what CloudTrail delivered"
        + (f"; {tally.logs_unverifiable:,} could not be verified" if tally.logs_unverifiable else ""),
        f"Findings       {counts or 'none'}",
        f"Verdict        {tally.verdict}" + (f", {interrupted(tally)}" if tally.interrupted else ""),
    ]
    return "\n".join(lines)


def interrupted(tally: Tally) -> str:
    """How far it came."""
    return f"interrupted after {tally.days:,} of {tally.days_asked:,} days: the rest was not looked at"


class Json:
    """Tells in JSON, an object a line: `finding`, with --verbose `valid`, and at the end `summary`."""

    def __init__(self, *, verbose: bool) -> None:
        self._verbose, self._progress = verbose, Progress()
        self._asked: dict[str, Any] = {}

    def begin(self, arn: str, since: datetime, until: datetime) -> None:
        """Keep for the summary what is asked."""
        self._asked = {"trail": arn, "since": stamp(since), "until": stamp(until)}

    def warning(self, sentence: str) -> None:
        """Part of the summary; on standard error a line of its own at once."""
        self._progress.erase()
        click.echo(f"trailwarden: {safe(sentence, _LONGEST)}", err=True)

    def finding(self, finding: IntegrityFinding) -> None:
        """One object a finding."""
        self._progress.erase()
        click.echo(json.dumps({"finding": as_json(finding)}))

    def valid(self, kind: str, bucket: str, key: str) -> None:
        """With --verbose, an object for what is sound."""
        if self._verbose:
            self._progress.erase()
            sys.stdout.write(json.dumps({"valid": {"kind": kind, "bucket": bucket, "key": key}}) + "\n")

    def progress(self, tally: Tally) -> None:
        """On a terminal."""
        self._progress.show(tally)

    def end(self, tally: Tally) -> None:
        """The summary."""
        self._progress.erase()
        shown = {
            **self._asked,
            "verdict": tally.verdict,
            "interrupted": tally.interrupted,
            "days": tally.days,
            "days_asked": tally.days_asked,
            "oldest": stamp(tally.oldest) if tally.oldest else None,
            "newest": stamp(tally.newest) if tally.newest else None,
            "digests": tally.digests,
            "digests_sound": tally.digests_sound,
            "logs": tally.logs,
            "logs_sound": tally.logs_sound,
            "logs_unverifiable": tally.logs_unverifiable,
            "findings": {_WEIGHTS[weight]: tally.weights[weight] for weight in Weight},
            "problems": tally.problems,
            "warnings": tally.warnings,
        }
        click.echo(json.dumps({"summary": shown}))


def as_json(finding: IntegrityFinding) -> dict[str, Any]:
    """A finding as JSON."""
    return {
        "what": finding.what.value,
        "weight": _WEIGHTS[finding.weight],
        "bucket": finding.bucket,
        "key": finding.key,
        "since": stamp(finding.since) if finding.since else None,
        "until": stamp(finding.until) if finding.until else None,
        "expected": finding.expected,
        "found": finding.found,
        "sentence": finding.sentence,
    }


def stamp(moment: datetime) -> str:
    """A time as AWS writes it: `2024-01-01T02:00:00Z`."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
