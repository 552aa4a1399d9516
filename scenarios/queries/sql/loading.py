"""The rows of a table's files, column by column, as JSON that DuckDB takes in.

Python opens the files, so DuckDB needs no right to: it never touches the disk. msgspec picks out of each
record what the query reads, and hands the rest of it over unread: about as fast again as unpacking the files.
What is read of a file is written out before the next one is opened: what msgspec hands over unread points
into the file, and each file that stays in memory makes unpacking the next one dearer.

A file that is cut, damaged, or not in the table's format ends the query, as it does in Athena; it is never
skipped.

Source: https://docs.aws.amazon.com/athena/latest/ug/compression-formats.html
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from operator import attrgetter
from typing import Any, Final

import msgspec

from scenarios.queries.sql.decoding import Decoder, decoded
from scenarios.queries.sql.errors import BadFile, SqlNotSimulated
from scenarios.queries.sql.partitions import Placed, Storage
from scenarios.queries.sql.regexes import compiled
from scenarios.queries.sql.spellings import known
from scenarios.queries.sql.tables import CLOUDTRAIL, DELIMITED, JSON_LINES, REGEX, Table
from scenarios.queries.sql.types import Type, quoted
from scenarios.queries.sql.unpacking import unpacked

ROWS_AT_ONCE: Final = 16_384
_OPENINGS: Final = b"{["
_INNER: Final = re.compile(rb"[\[,]\s*[\[{]")  # in a JSON array; a text may hold it, too
_VALUES: Final = msgspec.json.Decoder(list[msgspec.Raw])

Paths = frozenset[tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column that a query reads: its type, cut to what is read of it, and how the files spell it."""

    name: str
    type: Type


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some rows: each column as a JSON array, in the order asked for, and the file that they are from."""

    values: Sequence[bytes]
    file: Placed
    count: int


def cut_to(kind: Type, paths: Paths) -> Type:
    """A row with only the fields that are read; everything else as it is."""
    if kind.name != "row" or () in paths:
        return kind
    kept = [
        (name, cut_to(each, frozenset(path[1:] for path in paths if path and path[0] == name)))
        for name, each in zip(kind.names, kind.of, strict=True)
        if any(path and path[0] == name for path in paths)
    ]
    return Type("row", tuple(each for _, each in kept), tuple(name for name, _ in kept))


class Loader:
    """Reads the files of one table.

    Args:
        table: the table.
        columns: what the query reads of it.
    """

    def __init__(self, table: Table, columns: Sequence[Column]) -> None:
        self._columns = columns
        self._format = table.format
        self._table = table
        self._names: dict[tuple[str, ...], str] = {}
        self.without_records: list[str] = []
        spelling = known(tuple(table.columns), cloudtrail=self._format == CLOUDTRAIL)
        of_properties = {
            name.removeprefix("mapping."): value
            for name, value in table.serde_properties.items()
            if name.startswith("mapping.")
        }
        self._all_spelled = True
        for column in columns:
            self._spell(
                column.type, (column.name,), lambda path: of_properties.get(path[0]) or spelling.of(path)
            )
        texts = [number for number, each in enumerate(columns) if each.type.name == "varchar"]
        fast = self._all_spelled and self._format in (CLOUDTRAIL, JSON_LINES)
        self._packed = frozenset(texts if fast else ())
        self._read: Callable[[bytes, str], list[Sequence[Any]]] = _FORMATS[self._format](self)

    def duckdb_type(self, column: Column) -> str:
        """What DuckDB reads a column's JSON as: names of fields are spelled as in the files."""
        return self._typed(column.type, (column.name,))

    def chunks(self, files: Sequence[Placed], storage: Storage) -> Iterator[Chunk]:
        """The rows of the files, one after the other.

        Raises BadFile for a file that can't be read as the table says.
        """
        for file in files:
            address = file.object.address
            values: list[Sequence[Any]] = self._read(unpacked(storage.read(address), address), address)
            count = len(values[0])
            for first in range(0, count, ROWS_AT_ONCE):
                last = min(first + ROWS_AT_ONCE, count)
                yield Chunk([array(each[first:last]) for each in values], file, last - first)
            del values  # with it goes the file that they point into, before the next one is unpacked

    # ---- names --------------------------------------------------------------------------------------

    def _spell(
        self, kind: Type, path: tuple[str, ...], spelled: Callable[[tuple[str, ...]], str | None]
    ) -> None:
        """Note how every name on the way is spelled; arrays stand in the path as what is in them."""
        name = spelled(path)
        self._all_spelled = self._all_spelled and name is not None
        self._names[path] = name or path[-1]
        inner = kind
        while inner.name == "array":
            inner = inner.of[0]
        if inner.name == "row":
            for field, each in inner.fields():
                self._spell(each, (*path, field), spelled)
        elif inner.name == "map" and inner.of[1].of:
            self._all_spelled = False

    def _typed(self, kind: Type, path: tuple[str, ...]) -> str:
        if kind.name == "array":
            return f"{self._typed(kind.of[0], path)}[]"
        if kind.name == "row":
            inside = (
                f"{quoted(self._spelled((*path, name)))} {self._typed(each, (*path, name))}"
                for name, each in kind.fields()
            )
            return f"STRUCT({', '.join(inside)})"
        return kind.duckdb

    def _spelled(self, path: tuple[str, ...]) -> str:
        return self._names[path] if self._all_spelled else path[-1]

    # ---- JSON ---------------------------------------------------------------------------------------

    def columns_of(self, records: Sequence[Any]) -> list[Sequence[Any]]:
        """The values of each column; the number of records where no column is read."""
        if not self._columns:
            return [[0] * len(records)]
        return [list(map(attrgetter(f"f{number}"), records)) for number in range(len(self._columns))]

    def texts(self, number: int, column: bytes) -> bytes:
        """A column's JSON array, as it is handed to DuckDB: where a table has a text, JSON is one."""
        if number not in self._packed or not _may_hold_inner(column) or not _INNER.search(column):
            return column
        return array([_as_text(each) for each in values_of(column)])

    def whatever_case(self, records: Sequence[Any]) -> list[Sequence[Any]]:
        """The same of records in plain Python, whose names are taken in any case."""
        lowered = [_lowered(each) for each in records]
        if not self._columns:
            return [[0] * len(records)]
        return [[each.get(column.name) for each in lowered] for column in self._columns]

    def cloudtrail(self) -> Callable[[bytes, str], list[Sequence[Any]]]:
        """CloudTrailInputFormat: the records of one JSON object's "Records"."""
        if not self._all_spelled:
            slow = msgspec.json.Decoder(dict[str, Any])
            return lambda data, name: self.whatever_case(
                self._records(decoded(slow.decode, data, name).get("Records"), name)
            )
        fast = self._decoder(lambda record: msgspec.json.Decoder(_file_of(record)).decode)
        return lambda data, name: self.columns_of(
            self._records(decoded(fast.decode, data, name).Records, name)
        )

    def _decoder(self, read: Callable[[Any], Callable[[bytes], Any]], *, texts: bool = True) -> Decoder:
        """Reads a record's columns, whose names are known."""
        columns = [((each.name,), each.type) for each in self._columns]
        return Decoder(columns, self._names, read, texts=texts)

    def _records(self, found: Sequence[Any] | None, name: str) -> Sequence[Any]:
        """The records of a file; one without any list of them is noted."""
        if found is None:
            self.without_records.append(name)
        return found or []

    def json_lines(self) -> Callable[[bytes, str], list[Sequence[Any]]]:
        """A JSON object on each line."""
        forgiving = self._table.serde_properties.get("ignore.malformed.json", "").lower() == "true"

        def reading(record: Any) -> Callable[[bytes], Any]:
            decoder = msgspec.json.Decoder(record)
            return partial(_lines_forgiving, decoder) if forgiving else decoder.decode_lines

        if not self._all_spelled:
            slow = reading(dict[str, Any])
            return lambda data, name: self.whatever_case(decoded(slow, data, name))
        fast = self._decoder(reading, texts=not forgiving)
        return lambda data, name: self.columns_of(decoded(fast.decode, data, name))

    # ---- lines --------------------------------------------------------------------------------------

    def delimited(self) -> Callable[[bytes, str], list[Sequence[Any]]]:
        """LazySimpleSerDe: fields between delimiters; what is missing at the end of a line is NULL."""
        given = self._table.serde_properties
        if "escape.delim" in given:
            raise SqlNotSimulated("ESCAPED BY in delimited lines")
        delimiter = given.get("field.delim", "\x01")
        null = given.get("serialization.null.format", "\\N")
        places = [list(self._table.columns).index(each.name) for each in self._columns]

        def fields(line: str) -> list[str | None]:
            found = line.split(delimiter)
            return [found[at] if at < len(found) and found[at] != null else None for at in places]

        return lambda data, _: self._of_lines(data, fields)

    def regex(self) -> Callable[[bytes, str], list[Sequence[Any]]]:
        """RegexSerDe: the groups of a pattern that matches all of a line; else each column is NULL."""
        given = self._table.serde_properties
        pattern = given.get("input.regex", "")
        if given.get("input.regex.case.insensitive", "").lower() == "true":
            pattern = f"(?i){pattern}"
        matches = compiled(pattern).python.fullmatch
        places = [list(self._table.columns).index(each.name) for each in self._columns]

        def fields(line: str) -> list[str | None]:
            match = matches(line)
            found = match.groups() if match else ()
            return [found[at] if at < len(found) else None for at in places]

        return lambda data, _: self._of_lines(data, fields)

    def _of_lines(self, data: bytes, fields: Callable[[str], list[str | None]]) -> list[Sequence[Any]]:
        lines = data.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n").split("\n")
        if lines and not lines[-1]:
            lines.pop()
        rows = [fields(line) for line in lines[self._table.header_lines :]]
        if not self._columns:
            return [[0] * len(rows)]
        return [list(each) for each in zip(*rows, strict=True)] if rows else [[] for _ in self._columns]


_FORMATS: Final[Mapping[str, Callable[[Loader], Callable[[bytes, str], list[Sequence[Any]]]]]] = {
    CLOUDTRAIL: Loader.cloudtrail,
    JSON_LINES: Loader.json_lines,
    DELIMITED: Loader.delimited,
    REGEX: Loader.regex,
}


def _file_of(record: Any) -> Any:
    """A file of CloudTrail's with such records."""
    return msgspec.defstruct("File", [("Records", list[record] | None, None)])


def _may_hold_inner(column: bytes) -> bool:
    """Whether a JSON array has another opening bracket at all: most have none, and a regex takes longer."""
    return b"{" in column or column.find(b"[", 1) > 0


def _as_text(value: Any) -> Any:
    """An object or a list where a table has a text: the JSON as it is written, as a text."""
    return bytes(value).decode("utf-8", "replace") if memoryview(value)[0] in _OPENINGS else value


def _lowered(value: Any) -> Any:
    if isinstance(value, dict):
        return {name.lower(): _lowered(each) for name, each in value.items()}
    return [_lowered(each) for each in value] if isinstance(value, list) else value


def _lines_forgiving(decoder: Any, data: bytes) -> list[Any]:
    found = []
    for line in data.splitlines():
        try:
            found.append(decoder.decode(line))
        except msgspec.DecodeError:
            continue
    return found


# ---- columns ----------------------------------------------------------------------------------------


def array(values: Sequence[Any]) -> bytes:
    """Values as a JSON array."""
    return msgspec.json.encode(values)


def values_of(column: bytes) -> list[msgspec.Raw]:
    """The values of a JSON array, as they stand in it."""
    return _VALUES.decode(column)


def joined(columns: Iterable[bytes]) -> bytes:
    """JSON arrays as one."""
    return b"[%b]" % b",".join([each[1:-1] for each in columns if len(each) > len(b"[]")])


def repeated(value: str, count: int) -> bytes:
    """A JSON array with the same value in every place."""
    return b"[%b]" % b",".join([msgspec.json.encode(value)] * count)


def cleaned(column: bytes, file: str) -> str:
    """What DuckDB can't read: half a surrogate pair becomes a question mark, as in Java."""
    try:
        found = json.loads(column)
    except (ValueError, RecursionError) as error:
        raise BadFile(file, f"Row is not a valid JSON Object - JSONException: {error}") from error
    return json.dumps(found, ensure_ascii=False).encode("utf-8", "replace").decode()
