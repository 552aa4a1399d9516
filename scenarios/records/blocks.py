"""A text as blocks of JSON values: JSON lines, a document, several, CSV, lines with a prefix.

A block is as many values as fit in a piece, as bytes, so that whoever wants a few fields of each can have
just those decoded. Where values can't be told apart that quickly (they are of many kinds, or broken), they
come one by one. A text may be longer than memory; one value may not.
"""

import csv
import json
import re
from codecs import getincrementaldecoder
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import msgspec

from chalicelib.wording import no_json, size
from scenarios.files import NotRead
from scenarios.records.feeds import BLANKS, LARGEST_VALUE_BYTES, Feed, RollingText, blank_end, has_lines
from scenarios.records.packing import NO_TEXT, PIECE_BYTES

WHOLE_BYTES = 4 << 20  # a text up to this long is tried as one document
MOST_VALUES = 3_000_000
"""Values in one JSON document: an empty list takes two bytes of a file, and sixty of memory."""
_FEW_BYTES = 1 << 20  # a text that is not longer can't hold too many values to be read
_LIST = re.compile(rb'[ \t\r\n]*(?:\{[ \t\r\n]*"\w{1,40}"[ \t\r\n]*:[ \t\r\n]*)?\[')
_NEXT_BEGINS = re.compile(rb'[ \t\r\n]*,[ \t\r\n]*\{[ \t\r\n]*"[^"\\]*"')
MOST_CUTS = 20  # that are tried before the elements of a list come one by one
_RAW_LIST = msgspec.json.Decoder(list[msgspec.Raw])


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Several values: a JSON list of them (`lines` false), or one in each line.

    `first`: the number of the first value in the text; for lines its line. `line`: where a list's document
    began. `few`: what the decoder of a few fields made of each value, if it could.
    """

    data: bytes
    lines: bool
    first: int
    line: int = 0
    few: Sequence[Any] | None = None

    def parts(self) -> list[bytes] | None:
        """The values one by one as bytes; None where they are no list after all."""
        if self.lines:
            return self.data.split(b"\n")
        try:
            return [bytes(each) for each in _RAW_LIST.decode(self.data)]
        except (msgspec.MsgspecError, RecursionError, UnicodeError):
            return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """One value, decoded, and its text. `number`: which of a list's, if it is one of those."""

    value: Any
    line: int = 0
    number: int = 0
    text: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """What is no value, and why."""

    line: int
    why: str


Part = Block | Value | Broken


class FewFields(Protocol):
    """Decodes a few fields of every value, and nothing else; None where the values are of another shape."""

    def of_list(self, data: bytes) -> Sequence[Any] | None:
        """Of a JSON list."""

    def of_lines(self, data: bytes) -> Sequence[Any] | None:
        """Of a value in each line; one for each line, blank or not."""


class _Whole:
    """For whoever wants the values whole."""

    def of_list(self, _: bytes) -> None:
        return None

    of_lines = of_list


WHOLE_ONLY = _Whole()


def json_of(text: str | bytes) -> Any:
    """What a JSON text says, unless it says too many things; raises ValueError and RecursionError."""
    if len(text) > _FEW_BYTES:
        marks = (b",", b"[", b"{") if isinstance(text, bytes) else (",", "[", "{")
        if sum(map(text.count, marks)) > MOST_VALUES:  # type: ignore[arg-type]
            raise ValueError(f"it holds more than {MOST_VALUES} values")
    return json.loads(text)


def reason(error: Exception) -> str:
    """Why a text is no JSON, in few words: from `json`'s ValueError or RecursionError."""
    message, column = getattr(error, "msg", no_json(error)), getattr(error, "colno", None)
    return f"{message[:1].lower()}{message[1:]}" + (f" at column {column}" if column else "")


def blocks(pieces: Iterable[bytes], few: FewFields = WHOLE_ONLY) -> Iterator[Part]:
    """The values of a text, in their order. Raises NotRead where the text can't be read at all."""
    feed = Feed(iter(pieces))
    feed.skip_blanks()
    if not feed.fill(PIECE_BYTES):
        raise NotRead("it is empty")
    if feed.data[:1] in b"{[":
        yield from _json(feed, few)
    elif _is_table(feed):
        yield from _rows(feed)
    else:
        yield from _lines(feed, few)


# ---- JSON ----------------------------------------------------------------------------------------


def _json(feed: Feed, few: FewFields) -> Iterator[Part]:
    if _first_line_is_a_value(feed):
        yield from _lines(feed, few)
        return
    feed.fill(WHOLE_BYTES)
    if feed.ended:
        yield from _whole(feed, few)
    elif (head := _LIST.match(feed.data)) is not None:
        yield from _long_list(feed, head.end(), few)
    else:
        yield from _sequence(feed)


def _first_line_is_a_value(feed: Feed) -> bool:
    """Whether these are JSON lines: the first line is a value, and something follows it."""
    end = feed.data.find(b"\n")
    if end < 0 or (feed.ended and not feed.data[end:].strip(BLANKS)):
        return False
    try:
        msgspec.json.decode(feed.data[:end], type=msgspec.Raw)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return False
    return True


def _whole(feed: Feed, few: FewFields) -> Iterator[Part]:
    """A text that is wholly there: a list of values, another document, several, or broken lines."""
    data, line = feed.data, feed.line
    listed = _list_in(data)
    if listed is not None and (block := _listed(listed, 1, line, few)) is not None:
        yield block
        return
    try:
        text = data.decode()
    except UnicodeError as error:
        raise NotRead(NO_TEXT) from error
    try:
        yield Value(value=json_of(text), text=text, line=line if line > 1 else 0)
    except (ValueError, RecursionError) as error:
        if _begins_with_a_value(text):
            yield from _sequence(feed)
        elif any(_is_object(part) for part in text.split("\n")):
            yield from _lines(feed, few)
        else:
            at = line + error.lineno - 1 if isinstance(error, json.JSONDecodeError) else 0
            yield Broken(line=at, why=f"it is not JSON ({reason(error)})")


def _list_in(data: bytes) -> bytes | None:
    """The list that is all of a text, alone or as an object's only member; None where it is neither.

    Only the frame is looked at; decoding it shows whether it is one.
    """
    head, end = _LIST.match(data), data.rfind(b"]")
    if head is None or end < head.end() - 1:
        return None
    after = data[end + 1 :].strip(BLANKS)
    if after != (b"" if data[head.start() : head.end()].lstrip(BLANKS)[:1] == b"[" else b"}"):
        return None
    return data[head.end() - 1 : end + 1]


def _listed(data: bytes, first: int, line: int, few: FewFields) -> Block | None:
    """A block of what looks like a list; None where it is none."""
    block = Block(data=data, lines=False, first=first, line=line if line > 1 else 0, few=few.of_list(data))
    return block if block.few is not None or block.parts() is not None else None


def _begins_with_a_value(text: str) -> bool:
    try:
        json.JSONDecoder().raw_decode(text, blank_end(text, 0))
    except (ValueError, RecursionError):
        return False
    return True


def _is_object(line: str) -> bool:
    try:
        return isinstance(json_of(line), dict)
    except (ValueError, RecursionError):
        return False


# ---- lists longer than memory --------------------------------------------------------------------


def _long_list(feed: Feed, begin: int, few: FewFields) -> Iterator[Part]:
    """The elements of a long list in blocks, cut where an element ends as the first one did.

    A cut at the wrong place leaves brackets that don't match, which is seen; then the values come one by one.
    """
    line = feed.line
    feed.take(begin)
    joint, number = _joint(feed), 1
    while joint:
        feed.fill(PIECE_BYTES * 2)
        block, end = _cut(feed.data, joint, number, line, few)
        if block is None:
            break
        yield block
        number += len(block.few if block.few is not None else block.parts() or ())
        feed.take(end)
        feed.skip_blanks()
        if feed.data[:1] == b",":
            feed.take(1)
    yield from _sequence(feed, number=number)


def _cut(data: bytes, joint: bytes, number: int, line: int, few: FewFields) -> tuple[Block | None, int]:
    """As many elements as there are whole ones, and where they end."""
    end = len(data)
    for _ in range(MOST_CUTS):
        end = data.rfind(joint, 0, end)
        if end < 0:
            break
        block = _listed(b"[" + data[: end + 1] + b"]", number, line, few)
        if block is not None:
            return block, end + 1
    return None, 0


def _joint(feed: Feed) -> bytes:
    """What stands between the first element and the second one's first key; "" where it can't be told."""
    try:
        text = feed.data.decode(errors="ignore")
        _, end = json.JSONDecoder().raw_decode(text, blank_end(text, 0))
    except (ValueError, RecursionError):
        return b""
    found = _NEXT_BEGINS.match(feed.data, len(text[:end].encode()))
    return b"}" + found[0] if found else b""


# ---- values one by one ---------------------------------------------------------------------------


def _sequence(feed: Feed, *, number: int = 0) -> Iterator[Part]:
    """Values one after the other, with or without breaks; with `number` the rest of a list."""
    text = RollingText(feed)
    decode = json.JSONDecoder().raw_decode
    while text.skip(",]}" if number else ""):
        line = text.line
        try:
            value, end = decode(text.text, text.at)
        except (ValueError, RecursionError) as error:
            if isinstance(error, ValueError) and text.more():
                continue
            broken = line + getattr(error, "lineno", 1) - 1 - text.text.count("\n", 0, text.at)
            yield Broken(line=broken if has_lines(text) else 0, why=f"it is not JSON ({reason(error)})")
            if not text.to_next_object():
                return
            continue
        if end == len(text.text) and text.more():  # a number may go on
            continue
        yield Value(value=value, line=0 if number else line, number=number, text=text.text[text.at : end])
        number += bool(number)
        text.step(end)
    if number and not text.closed:
        yield Broken(line=0, why="it is not JSON (the list in it does not end)")


# ---- lines ---------------------------------------------------------------------------------------


def _lines(feed: Feed, few: FewFields) -> Iterator[Part]:
    """Blocks of whole lines."""
    while feed.fill(PIECE_BYTES):
        end = feed.data.rfind(b"\n") + 1
        while not end and feed.more():
            end = feed.data.rfind(b"\n") + 1
        line = feed.line
        data = feed.take(end or len(feed.data)).removesuffix(b"\n")
        yield Block(data=data, lines=True, first=line, few=few.of_lines(data))


# Of Athena, the console, CloudTrail Lake, Logs Insights, Splunk and Sumo, Sentinel.
# ---- CSV -----------------------------------------------------------------------------------------

_COLUMNS = (
    *("eventname", "eventsource", "eventid", "useridentity", "event name", "eventjson", "message", "_raw"),
    "rawevent",
)


def _is_table(feed: Feed) -> bool:
    """Whether the first line names columns that records have."""
    first = feed.data[:4096].split(b"\n", 1)[0].decode(errors="replace").lower()
    return "{" not in first and any(name in first for name in _COLUMNS) and bool(re.match(r'["@\w]', first))


def _rows(feed: Feed) -> Iterator[Part]:
    """The rows of CSV, each from a column's name to its text, as Athena and the console write them."""
    csv.field_size_limit(LARGEST_VALUE_BYTES)
    lines = _decoded_lines(feed)
    first = next(lines)
    separator = "\t" if first.count("\t") > first.count(",") else ","
    names = next(csv.reader([first], delimiter=separator))
    rows = csv.reader(lines, delimiter=separator, strict=True)
    try:
        for cells in rows:
            if cells:
                text = dict(zip(names, cells, strict=False))
                yield Value(value=Row(text), line=rows.line_num + 1)
    except csv.Error as error:
        yield Broken(line=rows.line_num + 1, why=f"it is no sound CSV ({error})")


class Row(dict[str, str]):
    """A row of CSV."""


def _decoded_lines(feed: Feed) -> Iterator[str]:
    decoder, rest = getincrementaldecoder("utf-8")(), ""
    try:
        for piece in feed.rest():
            rest += decoder.decode(piece)
            if len(rest) > LARGEST_VALUE_BYTES:
                raise NotRead(f"one line in it is longer than {size(LARGEST_VALUE_BYTES)}")
            lines = rest.split("\n")
            rest = lines.pop()
            for line in lines:
                yield f"{line}\n"
    except UnicodeError as error:
        raise NotRead(NO_TEXT) from error
    if rest:
        yield rest
