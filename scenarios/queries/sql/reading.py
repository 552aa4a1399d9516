"""Brings the rows of one table into DuckDB: those of the partitions, columns and rows that a query reads."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import compress
from typing import Final

import duckdb

from scenarios.queries.sql import loading, parquet, partitions
from scenarios.queries.sql.casts import cast, guarded, of_hive
from scenarios.queries.sql.duck import Database
from scenarios.queries.sql.errors import QueryFailed
from scenarios.queries.sql.loading import Chunk, Column, Loader
from scenarios.queries.sql.partitions import Placed, Storage
from scenarios.queries.sql.scopes import PATH, Scan
from scenarios.queries.sql.tables import DELIMITED, PARQUET, REGEX
from scenarios.queries.sql.types import VARCHAR, Type, text

_HOLDS: Final = "1"


class Reading:
    """One table's rows.

    Args:
        database: where they go.
        scan: the table, and what is asked of it.
        sql: the query in DuckDB's SQL, which says the columns.
        storage: the files.
        now: the moment of the query.
    """

    def __init__(self, database: Database, scan: Scan, sql: str, storage: Storage, now: datetime) -> None:
        self._database = database
        self._connection = database.connection
        self._scan = scan
        self._storage = storage
        self._now = now
        whole = " ".join([sql, *scan.filters])
        self._columns = [
            Column(name=name, type=self._cut(name, kind))
            for name, kind in scan.table.columns.items()
            if scan.column(name) in whole
        ]
        self.without_records: list[str] = []
        self._keys = [name for name in (*scan.table.keys, PATH) if scan.column(name) in whole]

    def _cut(self, name: str, kind: Type) -> Type:
        """A column's type with what is read of it; Parquet is read as it is."""
        if self._scan.table.format == PARQUET:
            return kind
        return loading.cut_to(kind, frozenset(self._scan.read.get(name, {()})))

    def files(self) -> list[Placed]:
        """The files of the partitions that are asked for."""
        table = self._scan.table
        missing = [each for each in partitions.injected(table) if each not in self._scan.pinned]
        if missing:
            why = (
                f"For the injected projected partition column {missing[0]}, the WHERE clause must contain "
                "only static equality conditions, and at least one such condition must be present."
            )
            raise QueryFailed("CONSTRAINT_VIOLATION", why)
        return self._wanted(partitions.placed(table, self._storage, self._now))

    def load(self) -> list[Placed]:
        """Read the files of the partitions that are asked for; returns them."""
        files = self.files()
        if self._scan.table.format == PARQUET:
            self._load_parquet(files)
            return files
        loader = Loader(self._scan.table, self._columns)
        self._connection.execute(
            f"CREATE TEMP TABLE {self._scan.alias} ({', '.join(self._definitions(loader))})"
        )
        self._bring_in(loader, files)
        self.without_records = loader.without_records
        return files

    def _bring_in(self, loader: Loader, files: list[Placed]) -> None:
        """The rows for which the conditions hold; where few are, only their values are taken over."""
        inputs = list(self._inputs(loader))
        early = self._asked_first(inputs)
        marks = self._marks(early) if early else ""
        whole, kept = self._insert(inputs, filtered=True), self._insert(inputs)
        for several in _together(loader.chunks(files, self._storage)):
            values = self._values(several)
            where = several[0].file.object.address
            if not marks:
                self._run(whole, [loader.texts(at, each) for at, each in enumerate(values)], where)
                continue
            asked = [loader.texts(each.number, values[each.number]) for each in early]
            marked = self._run(marks, asked, where).fetchall()[0][0] or ""
            if _HOLDS in marked:
                few = [_those(each, marked) for each in values]
                self._run(kept, [loader.texts(at, each) for at, each in enumerate(few)], where)
            if marked.count(_HOLDS) * 2 > len(marked):
                marks = ""

    def _asked_first(self, inputs: list["_Input"]) -> list["_Input"]:
        """What the conditions speak of, where everything else is text, which always can be taken over."""
        asked = [each for each in inputs if any(each.column in one for one in self._scan.filters)]
        others = [each for each in inputs if each not in asked]
        return asked if others and all(each.plain for each in others) else []

    def _load_parquet(self, files: list[Placed]) -> None:
        columns = [(each.name, each.type) for each in self._columns]
        names = [self._name(name) for name in (*(each.name for each in self._columns), *self._keys)]
        kinds = [each.type for each in self._columns]
        kinds += [self._scan.table.keys.get(name, VARCHAR) for name in self._keys]
        listed = [f"{name} {kind.duckdb}" for name, kind in zip(names, kinds, strict=True)]
        alias = self._scan.alias
        self._connection.execute(f"CREATE TEMP TABLE {alias} ({', '.join(listed or ['rows INTEGER'])})")
        where = f" WHERE {guarded(self._scan.filters)}" if self._scan.filters else ""
        for each in files:
            address = each.object.address
            inner = parquet.rows(self._database, self._storage.read(address), address, columns)
            values = dict(zip(self._scan.table.keys, each.values, strict=True)) | {PATH: address}
            keys = [
                cast(text(values[name]), VARCHAR, self._scan.table.keys.get(name, VARCHAR))
                for name in self._keys
            ]
            read = [f"f.v{number}" for number in range(len(columns))] + keys
            given = ", ".join(f"v{number}" for number in range(max(len(columns), 1)))
            source = f"SELECT {', '.join(read or ['f.v0'])} FROM ({inner}) AS f({given})"
            source = f"({source}) AS {alias}({', '.join(names or ['rows'])})"
            self._connection.execute(f"INSERT INTO {alias} SELECT * FROM {source}{where}")

    def _wanted(self, files: list[Placed]) -> list[Placed]:
        """The files of the partitions that the conditions hold for."""
        if not self._scan.conditions:
            return files
        table, alias = self._scan.table, self._scan.alias
        by_path = any(self._scan.column(PATH) in each for each in self._scan.conditions)
        keyed = {(*each.values, each.object.address if by_path else ""): True for each in files}
        if not keyed:
            return []
        names = [*table.keys, PATH]
        kinds = [*table.keys.values(), VARCHAR]
        columns = ", ".join(self._scan.column(name).partition(".")[2] for name in names)
        casts = ", ".join(f"{cast(f'k[{number}]', VARCHAR, kind)}" for number, kind in enumerate(kinds, 1))
        data = loading.array([list(each) for each in keyed]).decode()
        numbers = "generate_subscripts(from_json(?, '[\"JSON\"]'), 1)"
        source = f"SELECT unnest(from_json(?, '[[\"VARCHAR\"]]')) AS k, {numbers} AS i"
        found = self._connection.execute(
            f"SELECT i FROM (SELECT i, {casts} FROM ({source})) AS {alias}(i, {columns})"
            f" WHERE {guarded(self._scan.conditions)} ORDER BY i",
            [data, data],
        ).fetchall()
        every = list(keyed)
        kept = {every[at - 1] for (at,) in found}
        return [each for each in files if (*each.values, each.object.address if by_path else "") in kept]

    def _definitions(self, loader: Loader) -> Iterator[str]:
        for each in self._columns:
            kind = (
                each.type.duckdb
                if self._scan.table.format in (DELIMITED, REGEX)
                else loader.duckdb_type(each)
            )
            yield f"{self._name(each.name)} {kind}"
        for name in self._keys:
            yield f"{self._name(name)} {self._scan.table.keys.get(name, VARCHAR).duckdb}"
        if not self._columns and not self._keys:
            yield '"rows" TINYINT'

    def _name(self, column: str) -> str:
        return self._scan.column(column).partition(".")[2]

    def _inputs(self, loader: Loader) -> Iterator["_Input"]:
        """The columns and keys that are brought in."""
        lines = self._scan.table.format in (DELIMITED, REGEX)
        for number, each in enumerate(self._columns):
            kind = "VARCHAR" if lines else loader.duckdb_type(each)
            value = of_hive(f"v{number}", each.type) if lines else f"v{number}"
            plain = each.type.name == "varchar"
            yield _Input(number, self._scan.column(each.name), _unnested(kind, number), value, plain)
        for number, name in enumerate(self._keys, len(self._columns)):
            value = cast(f"v{number}", VARCHAR, self._scan.table.keys.get(name, VARCHAR))
            yield _Input(number, self._scan.column(name), _unnested("VARCHAR", number), value, False)

    def _source(self, inputs: list["_Input"]) -> str:
        """Some rows: each column comes as a JSON array."""
        read = ", ".join(each.read for each in inputs)
        values = ", ".join(each.value for each in inputs)
        names = ", ".join(each.column.partition(".")[2] for each in inputs)
        given = _given(each.number for each in inputs)
        return f"(SELECT {values} FROM (SELECT {read} FROM {given})) AS {self._scan.alias}({names})"

    def _marks(self, early: list["_Input"]) -> str:
        """The statement that says of each of some rows, with a letter, whether the conditions hold for it.

        One thread reads the rows in their order, so the letters are in it, too.
        """
        letter = f"CASE WHEN {guarded(self._scan.filters)} THEN '{_HOLDS}' ELSE '0' END"
        return f"SELECT string_agg({letter}, '') FROM {self._source(early)}"

    def _insert(self, inputs: list["_Input"], *, filtered: bool = False) -> str:
        """The statement that takes in some rows."""
        alias = self._scan.alias
        if not inputs:
            return f"INSERT INTO {alias} SELECT {_unnested('TINYINT', 0)} FROM {_given([0])}"
        where = f" WHERE {guarded(self._scan.filters)}" if filtered and self._scan.filters else ""
        return f"INSERT INTO {alias} SELECT * FROM {self._source(inputs)}{where}"

    def _run(self, statement: str, columns: list[bytes], where: str) -> duckdb.DuckDBPyConnection:
        """Run it with these columns; `where`: a file that they are from."""
        try:
            return self._connection.execute(statement, [each.decode("utf-8", "replace") for each in columns])
        except duckdb.Error as error:
            if not isinstance(error, duckdb.InvalidInputException) or "TRINO:" in str(error):
                raise
            return self._connection.execute(statement, [loading.cleaned(each, where) for each in columns])

    def _values(self, several: list[Chunk]) -> list[bytes]:
        """Each column and key of some rows, as a JSON array."""
        found = [loading.joined(chunk.values[at] for chunk in several) for at in range(len(self._columns))]
        for name in self._keys:
            at = list(self._scan.table.keys).index(name) if name != PATH else -1
            found.append(
                loading.joined(
                    loading.repeated(
                        chunk.file.values[at] if at >= 0 else chunk.file.object.address, chunk.count
                    )
                    for chunk in several
                )
            )
        return found or [loading.array([0] * sum(chunk.count for chunk in several))]


@dataclass(frozen=True, slots=True)
class _Input:
    """One column or key on its way in.

    Args:
        number: its place.
        column: its name in the query.
        read: DuckDB's SQL that reads a JSON array as `vN`. `value`: what becomes of that.
        plain: whether any value of a file can be taken over.
    """

    number: int
    column: str
    read: str
    value: str
    plain: bool


def _those(column: bytes, marked: str) -> bytes:
    """The values of a JSON array that are marked."""
    return loading.array(list(compress(loading.values_of(column), map(_HOLDS.__eq__, marked))))


def _unnested(kind: str, number: int) -> str:
    return f"unnest(from_json(j{number}, {text(_structure(kind))})) AS v{number}"


def _given(numbers: Iterable[int]) -> str:
    """The JSON arrays, as one row: `jN` is that of the input N.

    `from_json(?)` itself would be a constant, which DuckDB works out while it plans, value by value: that
    takes twice as long as to run it.
    """
    return f"(SELECT {', '.join(f'? AS j{number}' for number in numbers)})"


def _structure(kind: str) -> str:
    """How from_json reads an array of that type."""
    return '["' + kind.replace("\\", "\\\\").replace('"', '\\"') + '"]'


def _together(chunks: Iterator[Chunk]) -> Iterator[list[Chunk]]:
    """Many small files at once, so that each statement has enough to do."""
    waiting: list[Chunk] = []
    count = 0
    for each in chunks:
        waiting.append(each)
        count += each.count
        if count >= loading.ROWS_AT_ONCE:
            yield waiting
            waiting, count = [], 0
    if waiting:
        yield waiting
