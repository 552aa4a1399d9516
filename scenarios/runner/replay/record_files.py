"""CloudTrail records from many kinds of files: log files, .gz, JSON lines, events, one record.

A record is taken unchanged. It needs an event source and an event name; all else may be absent. Everything
else is reported with its place, and the reading goes on.

Source: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.wording import safe, size
from scenarios.runner.replay.files import Unreadable, json_of, reason, shown_name, text_of

LARGEST_RECORD_BYTES = 1 << 20
"""CloudTrail's records are of 256 KB, or of 1 MB where they are told in full."""
LONGEST_ID = 256
DEEPEST = 100
MOST_COMPLAINTS = 10_000  # of one file, which is left then
_TOO_LARGE = f"it is larger than {size(LARGEST_RECORD_BYTES)}, the largest that CloudTrail's are"

Bounds = tuple[tuple[Callable[[Any], bool], str], ...]
"""What says whether a record is past a bound, each with the reason that is told then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundRecord:
    """A record and where it stood (`trail.jsonl:12`).

    `envelope`: the EventBridge event it came in, if any.
    """

    where: str
    record: Mapping[str, Any]
    envelope: Mapping[str, Any] | None = None

    @property
    def name(self) -> str:
        """The event's name, such as `ConsoleLogin`."""
        return str(self.record["eventName"])

    @property
    def event_id(self) -> str:
        """CloudTrail's `eventID`; where there is none, one made from the record itself, always the same."""
        given = self.record.get("eventID")
        if isinstance(given, str) and given:
            return given
        text = json.dumps(self.record, sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True, kw_only=True)
class NotARecord:
    """What could not be read, where, and why, as one sentence that is safe to be printed."""

    where: str
    why: str

    def __str__(self) -> str:
        return f"{self.where}: {safe(self.why)}"


def read(name: str) -> Iterator[FoundRecord | NotARecord]:
    """The records of one file, or of standard input for `-`, in their order."""
    try:
        text = text_of(name)
    except Unreadable as error:
        yield NotARecord(where=error.name, why=error.why)
    else:
        yield from _until_hopeless(_records(text, shown_name(name)), shown_name(name))


def _until_hopeless(
    found: Iterator[FoundRecord | NotARecord], shown: str
) -> Iterator[FoundRecord | NotARecord]:
    complaints = 0
    for each in found:
        yield each
        complaints += isinstance(each, NotARecord)
        if complaints >= MOST_COMPLAINTS:
            why = f"{complaints} things in it are no records; the rest was not read"
            yield NotARecord(where=shown, why=why)
            return


def _records(text: str, shown: str) -> Iterator[FoundRecord | NotARecord]:
    if not text.strip():
        yield NotARecord(where=shown, why="it is empty")
        return
    try:
        whole = json_of(text)
    except (ValueError, RecursionError) as error:
        yield from _lines(text, shown, error)
    else:
        yield from _unwrapped(whole, shown, text)


def _lines(text: str, shown: str, error: Exception) -> Iterator[FoundRecord | NotARecord]:
    """JSON lines, if any line is an object by itself; otherwise one document that is broken."""
    lines = [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
    if not any(isinstance(_parsed(line), dict) for _, line in lines):
        line = f":{error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        yield NotARecord(where=f"{shown}{line}", why=f"it is not JSON ({reason(error)})")
        return
    for number, text_of_line in lines:
        value = _parsed(text_of_line)
        where = f"{shown}:{number}"
        if isinstance(value, Exception):
            yield NotARecord(where=where, why=f"it is not JSON ({reason(value)})")
        else:
            yield from _unwrapped(value, where, text_of_line)


def _parsed(line: str) -> Any:
    try:
        return json_of(line)
    except (ValueError, RecursionError) as error:
        return error


def _unwrapped(value: Any, where: str, text: str) -> Iterator[FoundRecord | NotARecord]:
    """A log file's `Records`, a list, an event with the record in its `detail`, or the record itself."""
    several = value.get("Records") if isinstance(value, dict) else value
    bounds = _bounds_to_check(text)
    if isinstance(several, list):
        for number, each in enumerate(several, 1):
            yield _one(each, f"{where}, record {number}", bounds)
    else:
        yield _one(value, where, bounds)


def _one(value: Any, where: str, bounds: Bounds) -> FoundRecord | NotARecord:
    if not isinstance(value, dict):
        return NotARecord(where=where, why=f"a record is an object, and this is {_begun(value)}")
    detail = value.get("detail")
    record = detail if isinstance(detail, dict) and "eventName" not in value else value
    missing = [name for name in ("eventSource", "eventName") if not _is_name(record.get(name))]
    if missing:
        return NotARecord(where=where, why=f"a CloudTrail record needs {' and '.join(missing)}")
    given = record.get("eventID")
    if isinstance(given, str) and len(given) > LONGEST_ID:
        return NotARecord(where=where, why=f"its eventID is longer than {LONGEST_ID} characters")
    for is_past, why in bounds:
        if is_past(value):
            return NotARecord(where=where, why=why)
    return FoundRecord(where=where, record=record, envelope=value if record is detail else None)


def _begun(value: Any) -> str:
    """How a value begins, as JSON."""
    return "a list of many lists" if _is_deep(value) else json.dumps(value)[:40]


# ---- bounds of a record --------------------------------------------------------------------------


def _bounds_to_check(text: str) -> Bounds:
    """The bounds that a record in this text may be past; a small text needs no look at each record."""
    deep = ((_is_deep, "it is nested too deeply"),) if text.count("[") + text.count("{") > DEEPEST else ()
    large = ((_is_large, _TOO_LARGE),) if len(text) > LARGEST_RECORD_BYTES else ()
    return (*deep, *large)


def _is_deep(value: Any) -> bool:
    """Whether more than `DEEPEST` lists and objects lie in each other; found without recursion."""
    level, depth = [value], 0
    while level and depth <= DEEPEST:
        depth += 1
        level = [
            each
            for outer in level
            if isinstance(outer, (dict, list))
            for each in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(each, (dict, list))
        ]
    return depth > DEEPEST


def _is_large(value: Any) -> bool:
    return len(json.dumps(value)) > LARGEST_RECORD_BYTES


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and bool(value)
