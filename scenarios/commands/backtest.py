"""`trailwarden backtest`: what a new pattern would have matched in existing records."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from chalicelib.matching import EventPattern, InvalidPattern, LogPattern
from chalicelib.wording import number_of, safe
from scenarios.commands.common_options import formatted
from scenarios.commands.given_files import bytes_in
from scenarios.commands.record_options import INTERRUPTED, Pace, left_by_interrupt, range_of, ranged
from scenarios.files import NotRead, bounded_bytes
from scenarios.records.backtest import Backtest, Pattern, Tried, Window
from scenarios.records.sources import S3, STANDARD_INPUT
from scenarios.runner.show.progress import progress

LARGEST_PATTERN_BYTES = 1 << 16
LARGEST_RULES_BYTES = 64 << 20
_MOST_SHOWN = 10
_WIDEST_PATTERN = 100


@click.command()
@click.argument("arguments", metavar="PATTERN... FILE...", nargs=-1, required=True)
@click.option("--rules", default="", metavar="FILE", help="More patterns: a JSON object of patterns by name.")
@click.option(
    "--threshold",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    help="An alert would come at so many matches...",
)
@click.option(
    "--window", type=click.IntRange(1), default=300, show_default=True, help="...within so many seconds."
)
@click.option(
    "--examples",
    type=click.IntRange(0),
    default=3,
    show_default=True,
    help="How many examples of each pattern are shown.",
)
@ranged
@formatted
def command(
    arguments: Sequence[str],
    *,
    rules: str,
    threshold: int,
    window: int,
    examples: int,
    since: str,
    until: str,
    form: str,
) -> int:
    """Try patterns on existing CloudTrail records: how often they match, when, whose calls, how often told.

    A PATTERN is an event pattern of EventBridge or a filter pattern of CloudWatch Logs, or a file with one. A
    FILE is anything with records in it, as for replay. Exits with 2 if a pattern is invalid, or something in
    the files was no record.
    """
    patterns, names = _told_apart(arguments)
    patterns |= _rules(rules) if rules else {}
    if not patterns:
        raise click.UsageError("there is no pattern; write one, or name a file with one")
    if not names:
        raise click.UsageError("there is no file with records; '-' is standard input")
    with progress() as line, left_by_interrupt() as left:
        pace = Pace(names, line)
        backtest = Backtest(
            patterns,
            window=Window(threshold=threshold, seconds=window),
            within=range_of(since, until),
            most_examples=examples,
            progress=pace.read,
        )
        for complaint in backtest.read(names):
            line.gone()
            click.echo(f"trailwarden: {complaint}", err=True)
    _tell(backtest, as_json=form == "json")
    if left:
        click.echo("trailwarden: interrupted: that is what was read until then", err=True)
        return INTERRUPTED
    return 2 if backtest.counts.unread else 0


# ---- patterns and files --------------------------------------------------------------------------


def _told_apart(arguments: Iterable[str]) -> tuple[dict[str, Pattern], list[str]]:
    """The patterns by their own text, or by the name of their file; and the files."""
    patterns: dict[str, Pattern] = {}
    names: list[str] = []
    for each in arguments:
        if each == STANDARD_INPUT or each.startswith(S3) or _exists(each):
            inside = _pattern_in(each)
            if inside is None:
                names.append(each)
            else:
                patterns[each] = inside
        else:
            patterns[" ".join(each.split())] = _compiled(each, each)
    return patterns, names


def _exists(name: str) -> bool:
    try:
        return Path(name).exists()
    except (OSError, ValueError):  # too long for a name, or with a NUL in it
        return False


def _pattern_in(name: str) -> Pattern | None:
    """The pattern that a file holds; None for a file of records."""
    if not Path(name).is_file() or Path(name).stat().st_size > LARGEST_PATTERN_BYTES:
        return None
    try:
        return _any_pattern(bounded_bytes(name, LARGEST_PATTERN_BYTES).decode().strip())
    except (OSError, NotRead, ValueError, RecursionError, InvalidPattern):
        return None


def _any_pattern(text: str) -> Pattern:
    """An event pattern, or a filter pattern in braces; raises InvalidPattern, ValueError, RecursionError."""
    if text.startswith("{"):
        try:
            return EventPattern(text)
        except InvalidPattern:
            if not text[1:].lstrip().startswith(("$", "(")):
                raise
    elif not text.startswith("["):
        raise ValueError("not in braces")
    return LogPattern(text)


def _compiled(text: str, shown: str) -> Pattern:
    try:
        if text.lstrip().startswith("{"):
            return _any_pattern(text.strip())
        return LogPattern(text)
    except (InvalidPattern, RecursionError) as error:
        words = f"{safe(shown, _WIDEST_PATTERN)}: neither a file nor a pattern: {safe(str(error))}"
        raise click.UsageError(words) from error


def _rules(name: str) -> dict[str, Pattern]:
    found = _json(bytes_in(name, LARGEST_RULES_BYTES))
    if not isinstance(found, dict):
        raise click.UsageError(f"{safe(name)}: it is no JSON object from a rule's name to its pattern")
    return {rule: _rule(rule, pattern) for rule, pattern in found.items()}


def _json(content: bytes) -> Any:
    """What the bytes say; None where they are no JSON, or nested too deeply."""
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def _rule(name: str, pattern: object) -> Pattern:
    if isinstance(pattern, Mapping):
        try:
            return EventPattern(dict[str, Any](pattern))
        except InvalidPattern as error:
            raise click.UsageError(f"rule {safe(name)}: {safe(str(error))}") from error
    return _compiled(str(pattern), f"rule {name}")


# ---- the answers ---------------------------------------------------------------------------------


def _tell(backtest: Backtest, *, as_json: bool) -> None:
    counts = backtest.counts
    if as_json:
        for each in backtest.tried.values():
            click.echo(json.dumps({**each.as_json(), "records": counts.records}))
        return
    for each in backtest.tried.values():
        if each.matches or len(backtest.tried) <= _MOST_SHOWN:
            _tell_one(each)
    silent = sum(not each.matches for each in backtest.tried.values())
    left_out = f" {silent} of {len(backtest.tried)} patterns match nothing." if silent else ""
    repeated = f", {counts.duplicates} of them duplicates" if counts.duplicates else ""
    click.echo(f"{number_of(counts.records, 'record')}{repeated}.{left_out}")


def _tell_one(tried: Tried) -> None:
    window = tried.window
    click.echo(safe(tried.name, _WIDEST_PATTERN))
    times = f"told {number_of(tried.told, 'time')}"
    click.echo(f"  {tried.matches} match; {times}, at {window.threshold} within {window.seconds} s")
    for words, counts in (
        ("by day", sorted(tried.by_day.items())),
        ("by actor", tried.by_actor.most_common()),
    ):
        if counts:
            click.echo(f"  {words}: {_listed(Counter(dict(counts)), [name for name, _ in counts])}")
    for example in tried.examples:
        click.echo(f"  {safe(example)}")
    click.echo()


def _listed(counts: Counter[str], names: Sequence[str]) -> str:
    shown = ", ".join(f"{safe(name)} {counts[name]}" for name in names[:_MOST_SHOWN])
    return f"{shown} and {len(names) - _MOST_SHOWN} more" if len(names) > _MOST_SHOWN else shown
