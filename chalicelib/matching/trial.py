"""Trying a pattern on events: in which language it is written, what matches, and why the rest does not."""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from chalicelib.matching import EventPattern
from chalicelib.matching.logs.pattern import LogPattern

_LONGEST_TEXT = 500  # of a value that is shown: a pattern's list or an event's field can be long
_MOST_REASONS = 25

# JSON selectors start with `{ $.` or `{ (`; an object of JSON with a quote.
_JSON_OBJECT = re.compile(r"\s*\{\s*(?:[\"}]|\Z)")

Pattern = EventPattern | LogPattern


class NotAnEvent(ValueError):
    """What was to be matched is no event of the pattern's language; the message says what one is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchResult:
    """What a pattern says of one event. `why`: each unmet condition as plain values, none on a match."""

    match: bool
    why: tuple[Mapping[str, Any], ...] = ()


def compiled(pattern: str | Mapping[str, Any]) -> Pattern:
    """The pattern in its own language: an object, or the text of one, is an event pattern.

    Raises:
        InvalidPattern: AWS would refuse it; says why and where.
    """
    if isinstance(pattern, str) and not _JSON_OBJECT.match(pattern):
        return LogPattern(pattern)
    return EventPattern(pattern)


def language_of(pattern: Pattern) -> str:
    """`event pattern`, or `log pattern` with which of the three: `log pattern (terms)`."""
    return f"log pattern ({pattern.language})" if isinstance(pattern, LogPattern) else "event pattern"


def tried(pattern: Pattern, event: object) -> MatchResult:
    """Match one event: for an event pattern an object or its JSON text; for a log pattern a message.

    An object given to a log pattern is matched as its JSON text, which is what an agent would have logged.

    Raises:
        NotAnEvent: It is nothing the pattern could be matched against.
    """
    if isinstance(pattern, LogPattern):
        message = _message(event)
        return _verdict(pattern.matches(message), pattern.explain(message))
    if not isinstance(event, (str, Mapping)):
        raise NotAnEvent("An event is a JSON object, or the text of one")
    try:
        return _verdict(pattern.matches(event), pattern.explain(event))
    except ValueError as error:
        raise NotAnEvent(str(error)) from error


def _message(event: object) -> str:
    if isinstance(event, str):
        return event
    if isinstance(event, (Mapping, list)):
        return json.dumps(event, ensure_ascii=False, separators=(",", ":"))
    raise NotAnEvent("A log event is a text, or an object that is matched as its JSON text")


def _verdict(match: bool, unmet: tuple[Any, ...]) -> MatchResult:  # noqa: FBT001 - the answer, not a switch
    if match:
        return MatchResult(match=True)
    return MatchResult(match=False, why=tuple(_shown(asdict(each)) for each in unmet[:_MOST_REASONS]))


def _shown(reason: Mapping[str, Any]) -> Mapping[str, Any]:
    return {
        name: f"{value[: _LONGEST_TEXT - 1]}…"
        if isinstance(value, str) and len(value) > _LONGEST_TEXT
        else value
        for name, value in reason.items()
    }
