"""Log events as people have them in files, for queries: CloudTrail's records, JSON lines, lines of any log.

A record of CloudTrail, and each JSON value of a list or a line, is one event, with its text as the message.
What `aws logs filter-log-events` and `get-log-events` print, what a subscription is sent, and files that a
log group was exported to are taken apart into the events that they hold.

An event's time is the one it says itself: `eventTime` and such in JSON, in a line the time it begins with, or
where a service's log has it: a flow log's start, the time of a load balancer, CloudFront, Route 53 or S3. One
that says none is of the time 0. The lines at the head of a file, which name the fields, are no events.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/S3Export.html
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from itertools import chain
from typing import Any, Final

import msgspec

from scenarios.files import NotRead, why_not
from scenarios.queries.insights import Event
from scenarios.records.blocks import Block, Broken, Value, blocks
from scenarios.records.packing import Text
from scenarios.records.sources import EVER, File, Range, Unreadable, files, read_texts
from scenarios.service_logs.times import Clock, clock_of, is_comment, time_of

LONGEST_LINE_BYTES = 1 << 20
_BESIDE: Final = ("/CloudTrail-Digest/", "CloudTrail-Digest/")
_LISTS: Final = ("Records", "events", "logEvents")
_EXPORTED = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) ")
_TIMED = re.compile(r"[\[\"]?(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?)")
_MILLISECONDS_FROM = 100_000_000_000  # a number below counts seconds


class _Times(msgspec.Struct):
    """The fields in which JSON says when it happened."""

    event_time: Any = msgspec.field(default=None, name="eventTime")
    timestamp: Any = None
    at_timestamp: Any = msgspec.field(default=None, name="@timestamp")
    time: Any = None
    query_timestamp: Any = None


_decode_times = msgspec.json.Decoder(_Times).decode


@dataclass(slots=True)
class LogFiles:
    """The events in files, folders, a bucket in S3 or standard input, in their order.

    `within`: the time that is asked for; what says no time is always in it. `complaints` are what could not
    be read, while and after `events` is gone through. `came` hears of every file and of the bytes of it.
    """

    names: tuple[str, ...]
    within: Range = EVER
    came: Callable[[File, int], object] = lambda _file, _bytes: None
    complaints: list[str] = field(default_factory=list)

    def events(self) -> Iterator[Event]:
        """Every event. It can be gone through again, and reads again."""
        since, until = (
            None if moment is None else int(moment.timestamp() * 1000)
            for moment in (self.within.since, self.within.until)
        )
        for file in files(self.names, self.within):
            if isinstance(file, Unreadable):
                self.complaints.append(f"{file.name}: {file.why}")
            elif not any(each in file.name for each in _BESIDE):
                for event in self._of_file(file):
                    at = event.timestamp
                    if not at or ((since is None or at >= since) and (until is None or at <= until)):
                        yield event

    def _of_file(self, file: File) -> Iterator[Event]:
        try:
            for text in read_texts(file, lambda count: self.came(file, count)):
                for found in _events(text):
                    if isinstance(found, Broken):
                        where = f"{text.name}:{found.line}" if found.line else text.name
                        self.complaints.append(f"{where}: {found.why}")
                    else:
                        yield found
        except (OSError, NotRead) as error:
            self.complaints.append(f"{file.shown}: {why_not(error)}")


def _events(text: Text) -> Iterator[Event | Broken]:
    """The events of a text."""
    pieces = iter(text.pieces)
    head = next((piece for piece in pieces if piece.strip()), b"")
    if not head:
        raise NotRead("it is empty")
    whole = chain([head], pieces)
    yield from _of_json(text.name, whole) if head.lstrip()[:1] in b"{[" else _of_lines(text.name, whole)


# ---- JSON ----------------------------------------------------------------------------------------


class _Texts:
    """Of each value its text, and nothing decoded."""

    def of_list(self, data: bytes) -> Sequence[Any] | None:
        """Of a JSON list; None where it is none."""
        try:
            return _decode_texts(data)
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            return None

    def of_lines(self, data: bytes) -> Sequence[Any]:
        """Of a value in each line."""
        return data.split(b"\n")


_decode_texts = msgspec.json.Decoder(list[msgspec.Raw]).decode
_TEXTS = _Texts()


def _of_json(name: str, pieces: Iterable[bytes]) -> Iterator[Event | Broken]:
    for part in blocks(pieces, _TEXTS):
        if isinstance(part, Block):
            for each in part.few if part.few is not None else [part.data]:
                yield from _of_part(name, str(each, "utf-8", "replace"))
        elif isinstance(part, Value):
            yield from _of_value(name, part.value, part.text)
        else:
            yield part


def _of_part(name: str, text: str) -> Iterator[Event]:
    if not text or text.isspace():
        return
    if _may_be_wrapped(text):
        value = _json(text)
        if isinstance(value, dict):
            yield from _of_value(name, value, text)
            return
    yield Event(_time_of(text), text, name)


def _may_be_wrapped(text: str) -> bool:
    """Whether a JSON text looks like an event of CloudWatch Logs' API, or like a document of several."""
    head = text[:300]
    return '"ingestionTime"' in text or '"Records"' in head or '"logEvents"' in head


def _of_value(name: str, value: Any, text: str) -> Iterator[Event]:
    if isinstance(value, dict):
        for key in _LISTS:
            listed = value.get(key)
            if isinstance(listed, list):
                for each in listed:
                    yield from _of_value(value.get("logStream") or name, each, _written(each))
                return
        if isinstance(value.get("message"), str) and isinstance(value.get("timestamp"), int):
            stream = value.get("logStreamName") or name
            ingested = value.get("ingestionTime")
            yield Event(
                value["timestamp"],
                value["message"],
                stream if isinstance(stream, str) else name,
                "",
                ingested if isinstance(ingested, int) else 0,
            )
            return
    elif isinstance(value, list):
        for each in value:
            yield from _of_value(name, each, _written(each))
        return
    yield Event(_time_of(text), text, name)


def _written(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _time_of(text: str) -> int:
    """When a JSON text says that it happened; 0 where it says nothing."""
    try:
        times = _decode_times(text)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return 0
    if times.event_time.__class__ is str and (found := _of_iso(times.event_time)):
        return found
    said = (times.event_time, times.timestamp, times.at_timestamp, times.time, times.query_timestamp)
    return next((found for each in said if each is not None and (found := _milliseconds(each))), 0)


def _milliseconds(said: Any) -> int:
    if isinstance(said, str):
        return _of_iso(said)
    if isinstance(said, (int, float)) and not isinstance(said, bool) and 0 < said < 1e15:
        return int(said if said >= _MILLISECONDS_FROM else said * 1000)
    return 0


@lru_cache(maxsize=4096)
def _of_iso(text: str) -> int:
    try:
        moment = datetime.fromisoformat(text.replace(",", "."))
    except ValueError:
        return 0
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return round(moment.timestamp() * 1000)


# ---- lines ---------------------------------------------------------------------------------------


def _of_lines(name: str, pieces: Iterable[bytes]) -> Iterator[Event]:
    texts = (line.decode(errors="replace").rstrip("\r") for line in _lines(pieces))
    lines = (text for text in texts if text.strip())
    first = next(lines, "")
    clock = clock_of(first)
    for text in lines if clock is not None else chain([first] if first else [], lines):
        if not is_comment(text):
            yield _of_line(name, text, clock or time_of)


def _lines(pieces: Iterable[bytes]) -> Iterator[bytes]:
    left = b""
    for piece in pieces:
        *whole, left = (left + piece).split(b"\n")
        yield from whole
        if len(left) > LONGEST_LINE_BYTES:
            raise NotRead(f"a line in it is longer than {LONGEST_LINE_BYTES >> 20} MB")
    if left:
        yield left


def _of_line(name: str, text: str, clock: Clock) -> Event:
    exported = _EXPORTED.match(text)
    if exported:
        return Event(_of_iso(exported[1]), text[exported.end() :], name)
    if text.lstrip().startswith("{"):
        return Event(_time_of(text), text, name)
    timed = _TIMED.match(text)
    if timed:
        return Event(_of_iso(timed[1]), text, name)
    return Event(clock(text), text, name)
