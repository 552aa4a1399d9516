"""CloudTrail records from many kinds of files: log files, .gz, JSON lines, events, one record.

A record is taken unchanged. It needs an event source and an event name; all else may be absent. Everything
else is reported with its place, and the reading goes on.

Source: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from scenarios.runner.replay.files import Unreadable, reason, shown_name, text_of


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
    """What could not be read, where, and why, as one sentence."""

    where: str
    why: str

    def __str__(self) -> str:
        return f"{self.where}: {self.why}"


def read(name: str) -> Iterator[FoundRecord | NotARecord]:
    """The records of one file, or of standard input for `-`, in their order."""
    try:
        text = text_of(name)
    except Unreadable as error:
        yield NotARecord(where=error.name, why=error.why)
    else:
        yield from _records(text, shown_name(name))


def _records(text: str, shown: str) -> Iterator[FoundRecord | NotARecord]:
    if not text.strip():
        yield NotARecord(where=shown, why="it is empty")
        return
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError) as error:
        yield from _lines(text, shown, error)
    else:
        yield from _unwrapped(whole, shown)


def _lines(text: str, shown: str, error: Exception) -> Iterator[FoundRecord | NotARecord]:
    """JSON lines, if any line is an object by itself; otherwise one document that is broken."""
    lines = [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
    parsed = [(number, _parsed(line)) for number, line in lines]
    if not any(isinstance(value, dict) for _, value in parsed):
        line = f":{error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        yield NotARecord(where=f"{shown}{line}", why=f"it is not JSON ({reason(error)})")
        return
    for number, value in parsed:
        where = f"{shown}:{number}"
        if isinstance(value, Exception):
            yield NotARecord(where=where, why=f"it is not JSON ({reason(value)})")
        else:
            yield from _unwrapped(value, where)


def _parsed(line: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:
        return error


def _unwrapped(value: Any, where: str) -> Iterator[FoundRecord | NotARecord]:
    """A log file's `Records`, a list, an event with the record in its `detail`, or the record itself."""
    several = value.get("Records") if isinstance(value, dict) else value
    if isinstance(several, list):
        for number, each in enumerate(several, 1):
            yield _one(each, f"{where}, record {number}")
    else:
        yield _one(value, where)


def _one(value: Any, where: str) -> FoundRecord | NotARecord:
    if not isinstance(value, dict):
        return NotARecord(where=where, why=f"a record is an object, and this is {json.dumps(value)[:40]}")
    detail = value.get("detail")
    record = detail if isinstance(detail, dict) and "eventName" not in value else value
    missing = [name for name in ("eventSource", "eventName") if not _is_name(record.get(name))]
    if missing:
        return NotARecord(where=where, why=f"a CloudTrail record needs {' and '.join(missing)}")
    return FoundRecord(where=where, record=record, envelope=value if record is detail else None)


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and bool(value)
