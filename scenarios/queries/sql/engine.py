"""The way in: a text of SQL, and its rows.

    Engine(catalog, storage, now).run("SELECT eventname, count(*) FROM cloudtrail_logs GROUP BY 1")

Files are opened for those partitions alone that WHERE leaves, and of their records only what the query reads
is kept. A condition that speaks of one table drops its rows while they come in.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import duckdb

from scenarios.queries.sql import writing
from scenarios.queries.sql.duck import Database, opened
from scenarios.queries.sql.errors import SqlNotSimulated
from scenarios.queries.sql.parsing import parsed
from scenarios.queries.sql.partitions import Placed, Storage
from scenarios.queries.sql.queries import Queries, Query
from scenarios.queries.sql.reading import Reading
from scenarios.queries.sql.rows import Intake, of_ours
from scenarios.queries.sql.shown import as_text
from scenarios.queries.sql.tables import PARQUET, Table, View
from scenarios.queries.sql.types import Type
from scenarios.queries.sql.writing import File, Form, Plan


class Catalog(Protocol):
    """Which tables there are."""

    def table(self, database: str, name: str) -> Table | View:
        """A table or view, in the query's database for ""; raises QueryFailed if there is none."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """The files that a query writes, and the size of those that it read."""

    files: tuple[File, ...]
    scanned_bytes: int


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
        with self._opened(query) as database:
            return [each for reading in self._readings(database, query) for each in reading.files()]

    def run(self, sql: str, parameters: Sequence[str] = ()) -> Result:
        """Answer a query.

        Raises:
            MalformedSql: the text is no query.
            QueryFailed: Athena would say FAILED, with this reason.
            SqlNotSimulated: something of it is not simulated.
        """
        query = self.translated(sql, parameters)
        with self._opened(query) as database:
            return self._answer(database, query)

    def write(self, query: Query, plan: Plan, form: Form) -> Written:
        """The files that a query writes; nothing is put anywhere. Raises what `run` raises."""
        with self._opened(query, writes=form.format == PARQUET) as database:
            opened = self._load(database, query)
            return Written(
                files=tuple(writing.write(database, query, plan, form)),
                scanned_bytes=sum(each.object.size for each in opened),
            )

    def _opened(self, query: Query, *, writes: bool = False) -> AbstractContextManager[Database]:
        folder = writes or any(each.table.format == PARQUET for each in query.scans)
        return opened(with_folder=folder)

    def _readings(self, database: Database, query: Query) -> Iterator[Reading]:
        for scan in query.scans:
            if re.search(rf"\b{scan.alias}\b", query.sql):
                yield Reading(database, scan, query.sql, self._storage, self._now)

    def _load(self, database: Database, query: Query) -> list[Placed]:
        """Bring every table's rows into DuckDB; returns the files that were opened."""
        return [each for reading in self._readings(database, query) for each in reading.load()]

    def _answer(self, database: Database, query: Query) -> Result:
        readings = list(self._readings(database, query))
        files = [each for reading in readings for each in reading.load(alone=len(readings) == 1)]
        outer = ", ".join(f'q."{number}"' + _as_fetched(kind) for number, kind in enumerate(query.types))
        names = ", ".join(f'"{number}"' for number in range(len(query.types)))
        selected = f"SELECT {outer} FROM ({query.sql}) AS q({names})"
        rows = _rows(database, selected, [each.waiting for each in readings if each.waiting])
        return Result(
            names=query.names,
            types=query.types,
            rows=[
                tuple(as_text(value, kind) for value, kind in zip(each, query.types, strict=True))
                for each in rows
            ],
            scanned_bytes=sum(each.object.size for each in files),
            files=tuple(each.object.address for each in files),
            without_records=tuple(each for reading in readings for each in reading.without_records),
        )


def _rows(database: Database, selected: str, waiting: list[Intake]) -> list[tuple[Any, ...]]:
    """The rows of a query that takes over those that wait; where one of these can't be read, from a table."""
    run = database.connection.execute
    if waiting:
        relations = [each.relation() for each in waiting]
        given = [each for _, parameters in relations for each in parameters]
        try:
            return run(f"WITH {', '.join(sql for sql, _ in relations)} {selected}", given).fetchall()
        except duckdb.InvalidInputException as error:
            if of_ours(error):
                raise
        for each in waiting:
            each.create()
    return run(selected).fetchall()


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
