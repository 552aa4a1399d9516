"""Brings the rows of one table into DuckDB: those of the partitions, columns and rows that a query reads."""

from collections.abc import Iterator
from datetime import datetime
from itertools import compress

from scenarios.queries.sql import loading, parquet, partitions
from scenarios.queries.sql.casts import cast, guarded, of_hive
from scenarios.queries.sql.duck import Database
from scenarios.queries.sql.errors import QueryFailed
from scenarios.queries.sql.loading import Chunk, Column, Loader
from scenarios.queries.sql.partitions import Placed, Storage
from scenarios.queries.sql.rows import HOLDS, Input, Intake, Rows
from scenarios.queries.sql.scopes import PATH, Scan
from scenarios.queries.sql.tables import DELIMITED, PARQUET, REGEX
from scenarios.queries.sql.types import VARCHAR, Type, text


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
        self.waiting: Intake | None = None
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

    def load(self, *, alone: bool = False) -> list[Placed]:
        """Read the files of the partitions that are asked for; returns them.

        `alone`: the query has no other table. Then it may take the rows over itself, and they are `waiting`.
        """
        files = self.files()
        if self._scan.table.format == PARQUET:
            self._load_parquet(files)
            return files
        loader = Loader(self._scan.table, self._columns)
        self._take_in(list(self._inputs(loader)), loader, files, alone=alone)
        self.without_records = loader.without_records
        return files

    def _take_in(self, inputs: list[Input], loader: Loader, files: list[Placed], *, alone: bool) -> None:
        """Take in the rows for which the conditions hold; where few are, only their values are taken over."""
        intake = Intake(self._connection, self._scan, inputs)
        early = self._asked_first(inputs)
        groups = _together(loader.chunks(files, self._storage))
        if alone and not early and intake.hold(self._rows(loader, each) for each in groups):
            self.waiting = intake
            return
        intake.create()
        for several in groups:
            if not early:
                intake.insert(self._rows(loader, several))
                continue
            values = self._values(several)
            where = several[0].file.object.address
            asked = [loader.texts(each.number, values[each.number]) for each in early]
            marked = intake.holding(early, Rows(asked, where))
            if HOLDS in marked:
                few = [_those(each, marked) for each in values]
                intake.insert_all(Rows([loader.texts(at, each) for at, each in enumerate(few)], where))
            if marked.count(HOLDS) * 2 > len(marked):
                early = []

    def _rows(self, loader: Loader, several: list[Chunk]) -> Rows:
        columns = [loader.texts(at, each) for at, each in enumerate(self._values(several))]
        return Rows(columns, several[0].file.object.address)

    def _asked_first(self, inputs: list[Input]) -> list[Input]:
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

    def _name(self, column: str) -> str:
        return self._scan.column(column).partition(".")[2]

    def _inputs(self, loader: Loader) -> Iterator[Input]:
        """The columns and keys that are brought in; a number where none is, so that rows can be counted."""
        lines = self._scan.table.format in (DELIMITED, REGEX)
        for number, each in enumerate(self._columns):
            read = "VARCHAR" if lines else loader.duckdb_type(each)
            yield Input(
                number=number,
                column=self._scan.column(each.name),
                kind=read,
                type=each.type.duckdb if lines else read,
                value=of_hive(f"v{number}", each.type) if lines else f"v{number}",
                plain=each.type.name == "varchar",
            )
        for number, name in enumerate(self._keys, len(self._columns)):
            kind = self._scan.table.keys.get(name, VARCHAR)
            yield Input(
                number=number,
                column=self._scan.column(name),
                kind="VARCHAR",
                type=kind.duckdb,
                value=cast(f"v{number}", VARCHAR, kind),
            )
        if not self._columns and not self._keys:
            yield Input(
                number=0, column=f'{self._scan.alias}."rows"', kind="TINYINT", type="TINYINT", value="v0"
            )

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


def _those(column: bytes, marked: str) -> bytes:
    """The values of a JSON array that are marked."""
    return loading.array(list(compress(loading.values_of(column), map(HOLDS.__eq__, marked))))


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
