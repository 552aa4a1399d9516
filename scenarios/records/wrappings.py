"""What records are wrapped in: service's envelopes, queues, streams, subscriptions, exports, SIEMs.

A record is found by its own fields. What is around it doesn't matter: objects, lists, JSON as text, base64,
gzip in base64. So there is no table of products here; what has a name is what would be mistaken for a record,
or is told better by its name.

Sources: https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-create.html (and its neighbours),
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html,
https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html,
https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
"""

import base64
import binascii
import json
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from scenarios.records.blocks import Row, json_of, reason
from scenarios.records.record import (
    Beside,
    Found,
    FoundRecord,
    NotARecord,
    Place,
    is_deep,
    is_name,
    is_record,
    past_a_bound,
)
from scenarios.records.tables import record_of_row, rows_of_answer

MOST_LAYERS = 8
MOST_LOOKED_AT = 100_000  # values in one, of which none is a record
LARGEST_PAYLOAD_BYTES = 16 << 20

_BASE64 = re.compile(r"[A-Za-z0-9+/\r\n]{16,}={0,2}\s*")
_GZIP = b"\x1f\x8b"
_LISTS = ("Records", "records", "Events", "events", "logEvents", "Messages", "deliveryAttempts")
_WRAPPING = ("kinesis", "Sns", "Body", "body", "awslogs", "data", "message", "Message", "CloudTrailEvent")


def unwrapped(value: Any, where: Place, *, suspect: bool) -> Iterator[Found]:
    """The records in a value of JSON, or why there is none.

    `suspect`: the value is so large or so nested that each record in it is held against its bounds.
    """
    if isinstance(value, list) and not value:
        if where.number:  # one of a list; a whole document that is an empty list lacks nothing
            yield NotARecord(where=where, why=_no_record(value))
        return
    if isinstance(value, list):
        several: list[Any] | None = value
    else:
        several = _listed(value) if isinstance(value, dict) and not isinstance(value, Row) else None
    if several is not None:
        for number, each in enumerate(several, where.number or 1):
            yield from _one(each, where.record(number), suspect=suspect)
    else:
        yield from _one(value, where, suspect=suspect)


def _listed(value: Mapping[str, Any]) -> list[Any] | None:
    """The members of a log file, of a batch, or of what an AWS command printed."""
    if is_record(value) or "detail-type" in value or value.get("messageType") == "CONTROL_MESSAGE":
        return None
    if (rows := rows_of_answer(value)) is not None:
        return [Row(each) for each in rows]
    for name in _LISTS:
        if isinstance(value.get(name), list):
            found: list[Any] = value[name]
            return found
    return None


def _one(value: Any, where: Place, *, suspect: bool) -> Iterator[Found]:
    any_yet = False
    search = _Search()
    for each in search.found(value, where):
        any_yet = True
        why = past_a_bound(each.envelope or each.record) if suspect and isinstance(each, FoundRecord) else ""
        yield NotARecord(where=where, why=why) if why else each
    if not any_yet and not search.empty:
        yield NotARecord(where=where, why=search.why or _no_record(value))


@dataclass(slots=True)
class _Search:
    """One look for records in a value. `why`: the best reason so far that there is none."""

    why: str = ""
    empty: bool = False  # it is a wrapping, and there is nothing in it
    looked_at: int = 0

    def found(self, value: Any, where: Place, layers: int = 0) -> Iterator[Found]:
        """Each record once, although a SIEM may hold it as text and as an object."""
        self.looked_at += 1
        if layers > MOST_LAYERS or self.looked_at > MOST_LOOKED_AT:
            return
        if isinstance(value, str):
            yield from self._in_text(value, where, layers)
        elif isinstance(value, list):
            for each in value:
                yield from self.found(each, where, layers + 1)
        elif isinstance(value, Row):
            yield from self._in_row(value, where, layers)
        elif isinstance(value, dict):
            yield from self._in_object(value, where, layers)

    def _in_object(self, value: dict[str, Any], where: Place, layers: int) -> Iterator[Found]:
        known = _known(value, where)
        if isinstance(known, str):
            self.why = self.why or known
            self.empty = self.empty or not known
        elif known is not None:
            yield known
        else:
            yield from self._below(value, where, layers)

    def _below(self, value: Mapping[str, Any], where: Place, layers: int) -> Iterator[Found]:
        seen: set[str] = set()
        for name, inner in value.items():
            if not isinstance(inner, (str, dict, list)):
                continue
            if inner in ([], "") and name in (*_LISTS, *_WRAPPING):
                self.empty = True
            for each in self.found(inner, where, layers + 1):
                if isinstance(each, FoundRecord):
                    if each.event_id in seen:
                        continue
                    seen.add(each.event_id)
                yield each

    def _in_row(self, row: Row, where: Place, layers: int) -> Iterator[Found]:
        record = record_of_row(row)
        if record is not None and is_record(record):
            yield FoundRecord(where=where, record=record)
        else:
            yield from self._below(row, where, layers)

    def _in_text(self, text: str, where: Place, layers: int) -> Iterator[Found]:
        try:
            values = _payload(text)
        except (ValueError, RecursionError) as error:
            self.why = self.why or f"the text in it is not JSON ({reason(error)})"
            return
        for each in values:
            yield from self.found(each, where, layers + 1)


def _known(value: dict[str, Any], where: Place) -> Found | str | None:
    """What an object is by its own fields; a sentence for what is no record; None where one may lie in it."""
    detail = value.get("detail")
    if is_record(value):
        return FoundRecord(where=where, record=value)
    if "digestStartTime" in value and isinstance(value.get("logFiles"), list):
        return Beside(where=where, kind="digest")
    if isinstance(detail, dict):
        if is_record(detail):
            return FoundRecord(where=where, record=detail, envelope=value)
        if is_name(value.get("detail-type")) and is_name(value.get("source")):
            return FoundRecord(where=where, envelope=value)
    if (named := _log_files(value)) is not None:
        return f"it is a notification of {named}, and the records are there: replay that"
    return (
        "" if value.get("messageType") == "CONTROL_MESSAGE" or value.get("Event") == "s3:TestEvent" else None
    )


def _log_files(value: Mapping[str, Any]) -> str | None:
    """The log files that S3's or CloudTrail's own notification names."""
    s3 = value.get("s3")
    if isinstance(s3, dict) and isinstance(s3.get("bucket"), dict) and isinstance(s3.get("object"), dict):
        return f"s3://{s3['bucket'].get('name')}/{s3['object'].get('key')}"
    keys = value.get("s3ObjectKey")
    if is_name(value.get("s3Bucket")) and isinstance(keys, list):
        return " ".join(f"s3://{value['s3Bucket']}/{key}" for key in keys[:10])
    return None


# ---- text ----------------------------------------------------------------------------------------


def _payload(text: str) -> list[Any]:
    """The values that a text holds: JSON, several, JSON behind a prefix, any of these in base64 or gzip.

    Nothing for a text that is none of these; raises ValueError and RecursionError for JSON that is broken.
    """
    begun = text.lstrip()
    if begun[:1] in ("{", "[") and begun:
        return _values(begun)
    if _BASE64.fullmatch(begun):
        return _of_base64(begun)
    at = begun.find("{")
    if at > 0 and '"event' in begun:
        return _values(begun[at:], may_be_followed=True)
    return []


def _values(text: str, *, may_be_followed: bool = False) -> list[Any]:
    """One value, or several with or without blanks between them, as Firehose writes them."""
    try:
        return [json_of(text)]
    except json.JSONDecodeError as error:
        if not error.msg.startswith("Extra data"):
            raise
    values: list[Any] = []
    at, decode = 0, json.JSONDecoder().raw_decode
    while at < len(text):
        try:
            value, at = decode(text, at)
        except ValueError:
            if may_be_followed and values:
                break
            raise
        values.append(value)
        at += len(text[at:]) - len(text[at:].lstrip()) if text[at : at + 1].isspace() else 0
    return values


def _of_base64(text: str) -> list[Any]:
    try:
        data = base64.b64decode(text, validate=False)
        if data.startswith(_GZIP):
            stream = zlib.decompressobj(zlib.MAX_WBITS | 16)
            data = stream.decompress(data, LARGEST_PAYLOAD_BYTES)
            if not stream.eof:
                raise ValueError("gzip in base64, which is cut short or too large")
        inner = data.decode()
    except zlib.error as error:
        raise ValueError("gzip in base64, which is damaged") from error
    except (binascii.Error, UnicodeError):
        return []  # some other word of these letters
    return _payload(inner) if inner.lstrip()[:1] in ("{", "[") else []


# ---- why not -------------------------------------------------------------------------------------


def _no_record(value: Any) -> str:
    if isinstance(value, Row):
        return "this row is no CloudTrail record: it has no column eventsource and eventname"
    if not isinstance(value, dict):
        return f"a record is an object, and this is {_begun(value)}"
    source = value.get("eventSource")
    if isinstance(source, str) and source.startswith("aws:"):
        return f"it is a record of {source}, and there is none of CloudTrail in it"
    missing = [name for name in ("eventSource", "eventName") if not is_name(value.get(name))]
    return f"a CloudTrail record needs {' and '.join(missing)}"


def _begun(value: Any) -> str:
    """How a value begins, as JSON."""
    return "a list of many lists" if is_deep(value) else json.dumps(value)[:40]
