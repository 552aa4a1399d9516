"""`trailwarden match`: a pattern tried on events, and for a no match which field failed against what."""

import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import click

from chalicelib.matching import EventPattern, EventRules, InvalidPattern
from chalicelib.matching.trial import MatchResult, NotAnEvent, Pattern, compiled, language_of, tried
from chalicelib.wording import safe
from scenarios.commands.caret import caret
from scenarios.commands.common_options import formatted
from scenarios.records.blocks import reason
from scenarios.records.events import event_of, line_of
from scenarios.records.reader import FoundRecord, NotARecord, read
from scenarios.runner.replay.files import (
    MOST_LINES,
    STANDARD_INPUT,
    Unreadable,
    json_of,
    shown_name,
    text_of,
)

# The name of a file, and no pattern: an unquoted term of a log pattern has neither dots nor slashes.
_FILE_NAME = re.compile(r"[\w~+-]*[./][\w./~+-]*|.*[.]json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """One event to be tried, and where it stood; `unread` says why there is none."""

    where: str
    event: object = None
    unread: str = ""


@click.command()
@click.argument("pattern")
@click.argument("events", metavar="[EVENT]...", nargs=-1)
@formatted
def command(pattern: str, events: Sequence[str], form: str) -> int:
    """Try an event pattern of EventBridge, or a filter pattern of CloudWatch Logs, on events.

    PATTERN is a file, or the pattern itself; its language is recognised. An EVENT is a file of JSON, JSON
    lines or log lines, CloudTrail records in any form that replay reads, or a JSON object itself; '-' is
    standard input, which is also read when there is none. Exits with 0 when all match, 1 when some don't, 2
    when the pattern or an event is invalid.
    """
    text = _pattern_text(pattern)
    try:
        right = compiled(text)
    except (InvalidPattern, RecursionError) as error:
        _refuse(text, error)
        return 2
    names = events or (() if sys.stdin.isatty() else (STANDARD_INPUT,))
    # Without a named event and with an empty standard input, only the pattern is checked.
    given = [each for name in names for each in _given(right, name, may_be_empty=not events)]
    if form == "text" and not (given and all(each.unread for each in given)):
        click.echo(language_of(right))
    return _try_all(right, given, as_json=form == "json")


# ---- the pattern --------------------------------------------------------------------------------


def _pattern_text(pattern: str) -> str:
    """What stands in the file of that name, if there is one; else the words themselves."""
    if pattern != STANDARD_INPUT and not _is_file(pattern) and not _FILE_NAME.fullmatch(pattern):
        return pattern
    try:
        text = text_of(pattern).strip()
    except Unreadable as error:
        raise click.UsageError(str(error)) from error
    if not text:
        raise click.UsageError(f"{shown_name(pattern)}: it is empty")
    return text


def _is_file(name: str) -> bool:
    try:
        return Path(name).is_file()
    except (OSError, ValueError):  # too long for a name, or with a NUL in it
        return False


def _refuse(text: str, error: InvalidPattern | RecursionError) -> None:
    """Say why, and put a caret under the place."""
    if isinstance(error, RecursionError):
        click.echo("trailwarden: invalid pattern: it is nested too deeply", err=True)
        return
    click.echo(f"trailwarden: invalid pattern: {safe(str(error))}", err=True)
    if error.position is not None:
        for line in caret(text, error.position):
            click.echo(f"  {line}", err=True)


# ---- the events ---------------------------------------------------------------------------------


def _given(pattern: Pattern, name: str, *, may_be_empty: bool = False) -> Iterator[Given]:
    if name.lstrip().startswith("{") and not _is_file(name):
        yield from (
            _objects(name, "the event given")
            if isinstance(pattern, EventPattern)
            else [Given(where="the event given", event=name)]
        )
        return
    try:
        text = text_of(name)
    except Unreadable as error:
        yield from _records(pattern, name) or [Given(where=error.name, unread=error.why)]
        return
    shown = shown_name(name)
    if name != STANDARD_INPUT and _wraps_records(pattern, text) and (found := _records(pattern, name)):
        yield from found
        return
    if not may_be_empty and not text.strip():
        yield Given(where=shown, unread="it is empty")
    found = list(_objects(text, shown) if isinstance(pattern, EventPattern) else _messages(text, shown))
    if text.strip() and not found:
        yield Given(where=shown, unread="it is a list without an event")
    yield from found


def _wraps_records(pattern: Pattern, text: str) -> bool:
    """Whether a text may hold records of CloudTrail that are no events or log lines as they stand."""
    if "eventsource" not in text.lower() or "detail-type" in text:
        return False
    if isinstance(pattern, EventPattern):
        return any(field.split(".")[0] in _OF_ENVELOPES for field in EventRules({"": pattern}).fields)
    try:
        return "eventSource" not in json_of(text.lstrip().split("\n", 1)[0])
    except (ValueError, RecursionError):
        return True


_OF_ENVELOPES = ("detail", "source", "detail-type", "account", "region")


def _records(pattern: Pattern, name: str) -> list[Given]:
    """The records of CloudTrail in a file, as events or as lines of a log group; none if it has none."""
    found = [each for each in islice(read(name), MOST_LINES) if isinstance(each, (FoundRecord, NotARecord))]
    if not any(isinstance(each, FoundRecord) for each in found):
        return []
    return [_of_record(pattern, each) for each in found]


def _of_record(pattern: Pattern, found: FoundRecord | NotARecord) -> Given:
    where = str(found.where)
    if isinstance(found, NotARecord):
        return Given(where=where, unread=found.why)
    if not isinstance(pattern, EventPattern):
        return Given(where=where, event=line_of(found))
    event = event_of(found, "")
    return Given(where=where, event=event) if event else Given(where=where, unread=_NOT_CARRIED)


_NOT_CARRIED = "EventBridge does not carry records of its kind"


def _objects(text: str, shown: str) -> Iterator[Given]:
    """Events of EventBridge: one, a list of them, or one in each line."""
    try:
        whole = json_of(text)
    except (ValueError, RecursionError) as error:
        lines = _lines(text)
        if len(lines) <= 1:
            if lines:
                yield Given(where=shown, unread=f"it is not JSON ({reason(error)})")
            return
        yield from (Given(where=f"{shown}:{number}", event=line) for number, line in lines)
        return
    if isinstance(whole, list) and len(whole) > MOST_LINES:
        yield Given(where=shown, unread=f"it holds more than {MOST_LINES} events; split it")
    elif isinstance(whole, list):
        yield from (Given(where=f"{shown}, event {n}", event=each) for n, each in enumerate(whole, 1))
    else:
        yield Given(where=shown, event=whole)


def _messages(text: str, shown: str) -> Iterator[Given]:
    """Log events: one in each line, unless the lines together are one object, or a list of them."""
    lines = _lines(text)
    if len(lines) > 1:
        try:
            whole = json_of(text)
        except (ValueError, RecursionError):
            whole = None
        if isinstance(whole, (dict, list)):
            yield from _objects(text, shown)
            return
    yield from (Given(where=f"{shown}:{number}", event=line) for number, line in lines)


def _lines(text: str) -> list[tuple[int, str]]:
    return [(number, line.rstrip("\r")) for number, line in enumerate(text.split("\n"), 1) if line.strip()]


# ---- the answers --------------------------------------------------------------------------------


def _try_all(pattern: Pattern, given: Sequence[Given], *, as_json: bool) -> int:
    counts = {True: 0, False: 0}
    unread = 0
    width = max((len(each.where) for each in given), default=0)
    for each in given:
        verdict = _verdict(pattern, each)
        if isinstance(verdict, str):
            click.echo(f"trailwarden: {each.where}: {safe(verdict)}", err=True)
            unread += 1
            continue
        counts[verdict.match] += 1
        if as_json:
            click.echo(json.dumps({"event": each.where, "match": verdict.match, "why": list(verdict.why)}))
        else:
            _tell(f"{each.where:<{width}}", match=verdict.match, why=verdict.why)
    if not as_json and len(given) > unread:
        click.echo(f"\n{counts[True]} match, {counts[False]} don't.")
    return 2 if unread else int(counts[False] > 0)


def _verdict(pattern: Pattern, given: Given) -> MatchResult | str:
    """What the pattern says of the event, or why it can't be asked."""
    if given.unread:
        return given.unread
    try:
        return tried(pattern, given.event)
    except NotAnEvent as error:
        return str(error)
    except RecursionError as error:
        return reason(error)


def _tell(where: str, *, match: bool, why: Sequence[Mapping[str, Any]]) -> None:
    click.echo(f"{'✓ match   ' if match else '✗ no match'}  {where.rstrip()}")
    for each in why:
        click.echo(f"              {safe(_in_words(each))}")


def _in_words(why: Mapping[str, Any]) -> str:
    """An event pattern tells field, wanted and found; a log pattern has a sentence already."""
    if "path" in why:
        return f"{why['path']}: wants {why['wanted']}, found {why['found']}"
    return f"{why['condition']}: {why['reason']}"
