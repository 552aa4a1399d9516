"""CloudTrail records from many kinds of files: log files, .gz, JSON lines, events, one record.

A record is taken unchanged. It needs an event source and an event name; all else may be absent. Everything
else is reported with its place, and the reading goes on.

Source: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
"""

import hashlib
import json
import marshal
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.wording import safe, size
from scenarios.runner.replay.files import Unreadable, json_of, reason, shown_name, text_of

LARGEST_RECORD_BYTES = 1 << 20
"""CloudTrail's records are of 256 KB, or of 1 MB where they are told in full."""
LONGEST_ID = 256
DEEPEST = 100
MOST_COMPLAINTS = 10_000  # of one file, which is left then


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
    suspect = _may_be_past_a_bound(text)
    if isinstance(several, list):
        for number, each in enumerate(several, 1):
            yield _one(each, f"{where}, record {number}", suspect=suspect)
    else:
        yield _one(value, where, suspect=suspect)


def _one(value: Any, where: str, *, suspect: bool) -> FoundRecord | NotARecord:
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
    if suspect and (why := _past_a_bound(value)):
        return NotARecord(where=where, why=why)
    return FoundRecord(where=where, record=record, envelope=value if record is detail else None)


def _begun(value: Any) -> str:
    """How a value begins, as JSON."""
    return "a list of many lists" if _is_deep(value) else json.dumps(value)[:40]


# ---- bounds of a record --------------------------------------------------------------------------


def _may_be_past_a_bound(text: str) -> bool:
    """Whether a record in this text may be too deep or too large: in a small text none is."""
    return text.count("[") + text.count("{") > DEEPEST or len(text) > LARGEST_RECORD_BYTES


def _past_a_bound(value: Any) -> str:
    """Why a record is refused; nothing for one that isn't. Quick, for there may be a hundred thousand."""
    packed = marshal.dumps(value, 2)  # nearly as long as its JSON, and made four times as fast
    if len(packed) > LARGEST_RECORD_BYTES:
        return f"it is larger than {size(LARGEST_RECORD_BYTES)}, the largest that CloudTrail's are"
    # There are at most as many lists and objects in it as bytes that mark one.
    if packed.count(b"[") + packed.count(b"{") > DEEPEST and _is_deep(value):
        return "it is nested too deeply"
    return ""


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


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and bool(value)
