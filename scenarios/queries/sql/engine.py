"""The way in: a text of SQL, and its rows.

    Engine(catalog, storage, now).run("SELECT eventname, count(*) FROM cloudtrail_logs GROUP BY 1")

Files are opened for those partitions alone that WHERE leaves, and of their records only what the query reads
is kept. A condition that speaks of one table drops its rows while they come in.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol

import duckdb

from scenarios.queries.sql import loading, partitions
from scenarios.queries.sql.casts import cast, guarded, of_hive
from scenarios.queries.sql.duck import connected, failure, without_guessing
from scenarios.queries.sql.errors import QueryFailed, SqlNotSimulated
from scenarios.queries.sql.loading import Chunk, Column, Loader
from scenarios.queries.sql.parsing import parsed
from scenarios.queries.sql.partitions import Placed, Storage
from scenarios.queries.sql.scopes import PATH, Scan
from scenarios.queries.sql.select import Queries, Query
from scenarios.queries.sql.shown import as_text
from scenarios.queries.sql.tables import DELIMITED, REGEX, Table
from scenarios.queries.sql.types import VARCHAR, Type, text

MOST_PARTITIONS_AT_ONCE: Final = 1000


class Catalog(Protocol):
    """Which tables there are."""

    def table(self, database: str, name: str) -> Table:
        """A table, in the query's database where `database` is ""; raises QueryFailed if there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a query answers.

    Args:
        names, types: of the columns.
        rows: each value as text, or None for NULL.
        scanned_bytes: of the files that were opened, as they are stored.
        files: their addresses.
        without_records: those of a table over CloudTrail's files in which no list of records is.
    """

    names: tuple[str, ...]
    types: tuple[Type, ...]
    rows: list[tuple[str | None, ...]]
    scanned_bytes: int
    files: tuple[str, ...]
    without_records: tuple[str, ...] = ()


class Engine:
    """Answers queries.

    Args:
        catalog: the tables.
        storage: their files.
        now: the moment of the query.
    """

    def __init__(self, catalog: Catalog, storage: Storage, now: datetime) -> None:
        self._catalog = catalog
        self._storage = storage
        self._now = now

    def translated(self, sql: str, parameters: Sequence[str] = ()) -> Query:
        """A query in DuckDB's SQL, and the tables that it reads; no file is opened."""
        return Queries(sql, self._catalog.table, self._now).translate(parsed(sql, parameters))

    def would_read(self, sql: str, parameters: Sequence[str] = ()) -> list[Placed]:
        """The files that a query reads, of those partitions that its conditions leave; none is opened.

        Raises what `run` raises.
        """
        query = self.translated(sql, parameters)
        with without_guessing():
            connection = connected()
            try:
                return [each for reading in self._readings(connection, query) for each in reading.files()]
            except duckdb.Error as error:
                raise failure(error) from error
            finally:
                connection.close()

    def run(self, sql: str, parameters: Sequence[str] = ()) -> Result:
        """Answer a query.

        Raises:
            MalformedSql: the text is no query.
            QueryFailed: Athena would say FAILED, with this reason.
            SqlNotSimulated: something of it is not simulated.
        """
        query = self.translated(sql, parameters)
        with without_guessing():
            connection = connected()
            try:
                return self._answer(connection, query)
            except duckdb.Error as error:
                raise failure(error) from error
            finally:
                connection.close()

    def _readings(self, connection: duckdb.DuckDBPyConnection, query: Query) -> Iterator["_Reading"]:
        for scan in query.scans:
            if re.search(rf"\b{scan.alias}\b", query.sql):
                yield _Reading(connection, scan, query.sql, self._storage, self._now)

    def _answer(self, connection: duckdb.DuckDBPyConnection, query: Query) -> Result:
        opened: list[Placed] = []
        odd: list[str] = []
        for reading in self._readings(connection, query):
            opened += reading.load()
            odd += reading.without_records
        outer = ", ".join(f'q."{number}"' + _as_fetched(kind) for number, kind in enumerate(query.types))
        names = ", ".join(f'"{number}"' for number in range(len(query.types)))
        rows = connection.execute(f"SELECT {outer} FROM ({query.sql}) AS q({names})").fetchall()
        return Result(
            names=query.names,
            types=query.types,
            rows=[
                tuple(as_text(value, kind) for value, kind in zip(each, query.types, strict=True))
                for each in rows
            ],
            scanned_bytes=sum(each.object.size for each in opened),
            files=tuple(each.object.address for each in opened),
            without_records=tuple(odd),
        )


def _as_fetched(kind: Type) -> str:
    """How a column goes to Python; a zone would need a library, and every moment here is UTC's."""
    if kind.name == "timestamp with time zone":
        return "::TIMESTAMP"
    if kind.name in ("interval day to second", "interval year to month") and kind.name.startswith(
        "interval year"
    ):
        raise SqlNotSimulated("an interval of months in a result")
    if "timestamp with time zone" in kind.shown:
        raise SqlNotSimulated(f"a result of the type {kind.shown}")
    return ""


class _Reading:
    """Brings the rows of one table into DuckDB."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, scan: Scan, sql: str, storage: Storage, now: datetime
    ) -> None:
        self._connection = connection
        self._scan = scan
        self._storage = storage
        self._now = now
        whole = " ".join([sql, *scan.filters])
        self._columns = [
            Column(name=name, type=loading.cut_to(kind, frozenset(scan.read.get(name, {()}))))
            for name, kind in scan.table.columns.items()
            if scan.column(name) in whole
        ]
        self.without_records: list[str] = []
        self._keys = [name for name in (*scan.table.keys, PATH) if scan.column(name) in whole]

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
        loader = Loader(self._scan.table, self._columns)
        self._connection.execute(f"CREATE TABLE {self._scan.alias} ({', '.join(self._definitions(loader))})")
        insert = self._insert(loader)
        for several in _together(loader.chunks(files, self._storage)):
            self._put(insert, several)
        self.without_records = loader.without_records
        return files

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
        data = loading.as_json([list(each) for each in keyed])
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

    def _insert(self, loader: Loader) -> str:
        """The statement that takes in the values of some rows: each column as a JSON array."""
        lines = self._scan.table.format in (DELIMITED, REGEX)
        read, casts, names = [], [], []
        for number, each in enumerate(self._columns):
            kind = "VARCHAR" if lines else loader.duckdb_type(each)
            read.append(f"unnest(from_json(?, {text(_structure(kind))})) AS v{number}")
            casts.append(of_hive(f"v{number}", each.type) if lines else f"v{number}")
            names.append(self._name(each.name))
        for number, name in enumerate(self._keys, len(self._columns)):
            read.append(f"unnest(from_json(?, '[\"VARCHAR\"]')) AS v{number}")
            casts.append(cast(f"v{number}", VARCHAR, self._scan.table.keys.get(name, VARCHAR)))
            names.append(self._name(name))
        if not read:
            return f"INSERT INTO {self._scan.alias} SELECT unnest(from_json(?, '[\"TINYINT\"]'))"
        where = f" WHERE {guarded(self._scan.filters)}" if self._scan.filters else ""
        inner = f"SELECT {', '.join(casts)} FROM (SELECT {', '.join(read)})"
        alias = self._scan.alias
        return f"INSERT INTO {alias} SELECT * FROM ({inner}) AS {alias}({', '.join(names)}){where}"

    def _put(self, insert: str, several: list[Chunk]) -> None:
        values = self._values(several)
        try:
            self._connection.execute(insert, [loading.as_json(each) for each in values])
        except duckdb.Error as error:
            if not isinstance(error, duckdb.InvalidInputException) or "TRINO:" in str(error):
                raise
            where = several[0].file.object.address
            self._connection.execute(insert, [loading.cleaned(each, where) for each in values])

    def _values(self, several: list[Chunk]) -> list[list[Any]]:
        number = max(len(several[0].values), 1) if self._columns else 0
        found: list[list[Any]] = [
            [value for chunk in several for value in chunk.values[at]] for at in range(number)
        ]
        for name in self._keys:
            at = list(self._scan.table.keys).index(name) if name != PATH else -1
            found.append(
                [
                    value
                    for chunk in several
                    for value in [chunk.file.values[at] if at >= 0 else chunk.file.object.address]
                    * chunk.count
                ]
            )
        return found or [[0 for chunk in several for _ in range(chunk.count)]]


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
