"""Every record of the files named, whole; everything else with its place and the reason."""

from collections.abc import Iterable, Iterator
from itertools import chain

from scenarios.files import NotRead, why_not
from scenarios.records.blocks import Block, Broken, Part, Value, blocks, json_of, reason
from scenarios.records.record import (
    DEEPEST,
    LARGEST_RECORD_BYTES,
    Beside,
    Found,
    FoundRecord,
    NotARecord,
    Place,
)
from scenarios.records.sources import EVER, File, Range, Unreadable, files, read_texts
from scenarios.records.wrappings import unwrapped

MOST_COMPLAINTS = 10_000  # of one file, which is left then
MOST_TOLD = 20  # reasons of a text without a record

__all__ = ["Beside", "Found", "FoundRecord", "NotARecord", "Place", "read"]


def read(*names: str, within: Range = EVER) -> Iterator[Found]:
    """The records of files, folders, prefixes in S3, or of standard input for `-`, in their order."""
    for file in files(names, within):
        if isinstance(file, Unreadable):
            yield NotARecord(where=Place(file.name), why=file.why)
            continue
        for each in of_file(file):
            if not isinstance(each, FoundRecord) or within.has_time(each.record.get("eventTime")):
                yield each


def of_file(file: File) -> Iterator[Found]:
    """The records of one file, with those of every text that is packed in it."""
    shown = file.shown
    try:
        for text in read_texts(file):
            shown = text.name
            yield from until_hopeless(chain.from_iterable(_found(text.pieces, shown)), shown)
    except (NotRead, OSError) as error:
        yield NotARecord(where=Place(shown if isinstance(error, NotRead) else file.shown), why=why_not(error))


class Complaints:
    """What was no record in one text, told as it comes; where no record is there at all, told once."""

    def __init__(self, shown: str) -> None:
        self._shown = shown
        self._held: list[NotARecord] = []
        self._count = 0
        self._any_record = False

    @property
    def hopeless(self) -> bool:
        """Whether so much of the text is no record that the rest is not worth reading."""
        return self._count >= MOST_COMPLAINTS

    def a_record_came(self) -> list[NotARecord]:
        """Say that there are records; what was held back can be told."""
        held, self._held, self._any_record = self._held, [], True
        return held

    def add(self, complaint: NotARecord) -> list[NotARecord]:
        """What is to be told now."""
        self._count += 1
        if self._any_record:
            return [complaint]
        self._held.append(complaint)
        return []

    def at_the_end(self) -> list[NotARecord]:
        """What is left to be told."""
        if self.hopeless and self._any_record:
            why = f"{self._count} things in it are no records; the rest was not read"
            return [NotARecord(where=Place(self._shown), why=why)]
        alike = len({each.why for each in self._held}) == 1 and len(self._held) > 1
        if len(self._held) <= MOST_TOLD and not alike:
            return self._held
        first, others = self._held[0], f"{len(self._held) - 1}{' or more' if self.hopeless else ''}"
        return [
            NotARecord(where=first.where, why=f"{first.why}; so are {others} others, and no record is there")
        ]


def until_hopeless(found: Iterable[Found], shown: str) -> Iterator[Found]:
    """Leave a text in which thousands of things are no records; where none is one, say so once."""
    complaints = Complaints(shown)
    for each in found:
        if isinstance(each, NotARecord):
            yield from complaints.add(each)
            if complaints.hopeless:
                break
        else:
            yield from complaints.a_record_came()
            yield each
    yield from complaints.at_the_end()


def _found(pieces: Iterable[bytes], shown: str) -> Iterator[Iterator[Found]]:
    for part in blocks(pieces):
        yield of_part(part, shown)


def of_part(part: Part, shown: str) -> Iterator[Found]:
    """The records of a part of a text."""
    if isinstance(part, Broken):
        return iter((NotARecord(where=Place(shown, part.line), why=part.why),))
    if isinstance(part, Value):
        where = Place(shown, part.line, part.number)
        return unwrapped(part.value, where, suspect=may_be_past_a_bound(part.text))
    return _of_block(part, shown)


def _of_block(block: Block, shown: str) -> Iterator[Found]:
    anything = not block.lines
    for place, data in places(block, shown):
        for each in of_bytes(data, place):
            anything = True
            yield each
    if not anything:
        yield NotARecord(where=Place(shown, block.first), why="no line from here on holds a record")


def places(block: Block, shown: str) -> Iterator[tuple[Place, bytes]]:
    """Each value of a block as bytes, and where it stands; blank lines are none."""
    for number, data in enumerate(block.parts() or (), block.first):
        if block.lines:
            if data and not data.isspace():
                yield Place(shown, number), data
        else:
            yield Place(shown, block.line, number), data


def of_bytes(data: bytes, where: Place) -> Iterator[Found]:
    """The records in one value, given as bytes: JSON, or a line with JSON behind a prefix."""
    try:
        text = data.decode()
    except UnicodeError:
        yield NotARecord(where=where, why="it is no text in UTF-8")
        return
    try:
        value = json_of(text)
    except (ValueError, RecursionError) as error:
        yield from _of_a_prefixed_line(text, where, error)
        return
    yield from unwrapped(value, where, suspect=may_be_past_a_bound(text))


def _of_a_prefixed_line(text: str, where: Place, error: Exception) -> Iterator[Found]:
    """An export of CloudWatch Logs begins each line with a time, syslog with much more."""
    found = list(unwrapped(text.strip(), where, suspect=may_be_past_a_bound(text)))
    if any(not isinstance(each, NotARecord) for each in found):
        yield from found
    else:
        yield NotARecord(where=where, why=f"it is not JSON ({reason(error)})")


def may_be_past_a_bound(text: str) -> bool:
    """Whether a record in this text may be too deep or too large: in a small text none is."""
    return len(text) > LARGEST_RECORD_BYTES or text.count("[") + text.count("{") > DEEPEST
