"""Rows on their way to DuckDB: each column is a JSON array, a text that a statement takes apart.

One thread takes them in, so they keep their order.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import duckdb

from scenarios.queries.sql import loading
from scenarios.queries.sql.casts import MARK, guarded
from scenarios.queries.sql.scopes import Scan
from scenarios.queries.sql.types import text

HOLDS: Final = "1"
MOST_WAITING: Final = 64 << 20  # bytes of JSON; a record's name of an event is some twenty


@dataclass(frozen=True, slots=True)
class Rows:
    """Some rows: each column as a JSON array, and a file that they are from."""

    columns: Sequence[bytes]
    file: str

    @property
    def size(self) -> int:
        """In bytes."""
        return sum(map(len, self.columns))

    def texts(self) -> list[str]:
        """Each column as a text."""
        return [each.decode("utf-8", "replace") for each in self.columns]

    def cleaned(self) -> list[str]:
        """The same of what DuckDB refused; raises BadFile where a column is no JSON."""
        return [loading.cleaned(each, self.file) for each in self.columns]


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One column or key on its way in.

    Args:
        number: its place.
        column: its name in the query.
        kind: the type in DuckDB that its JSON is read as.
        type: the one that it has in the table.
        value: DuckDB's SQL of what becomes of that, which is called `vN`.
        plain: whether any value of a file can be taken over.
    """

    number: int
    column: str
    kind: str
    type: str
    value: str
    plain: bool = False

    @property
    def name(self) -> str:
        """Its name in the table."""
        return self.column.partition(".")[2]

    @property
    def read(self) -> str:
        """DuckDB's SQL that takes the JSON array `jN` apart."""
        structure = '["' + self.kind.replace("\\", "\\\\").replace('"', '\\"') + '"]'
        return f"unnest(from_json(j{self.number}, {text(structure)})) AS v{self.number}"


class Intake:
    """Takes in the rows of one table.

    Rows are put into a table of DuckDB's, or wait until the query takes them over: a table takes longer to
    fill than most queries take.

    Args:
        connection: the database.
        scan: the table in the query.
        inputs: its columns.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, scan: Scan, inputs: Sequence[Input]) -> None:
        self._connection = connection
        self._scan = scan
        self._inputs = inputs
        self._waiting: list[Rows] = []
        self._insert, self._insert_all = (self._inserting(filtered=each) for each in (True, False))

    def create(self) -> None:
        """Make the table, and put into it what waits."""
        columns = ", ".join(f"{each.name} {each.type}" for each in self._inputs)
        self._connection.execute(f"CREATE TEMP TABLE {self._scan.alias} ({columns})")
        for each in self._waiting:
            self.insert(each)
        self._waiting = []

    def insert(self, rows: Rows) -> None:
        """Put those into the table for which the conditions hold."""
        self._run(self._insert, rows)

    def insert_all(self, rows: Rows) -> None:
        """Put rows into the table for which the conditions hold."""
        self._run(self._insert_all, rows)

    def holding(self, asked: Sequence[Input], rows: Rows) -> str:
        """Which rows the conditions hold for, with a letter for each; `asked`: what they speak of."""
        letter = f"CASE WHEN {guarded(self._scan.filters)} THEN '{HOLDS}' ELSE '0' END"
        statement = f"SELECT string_agg({letter}, '') FROM {self._source(asked)}"
        return self._run(statement, rows).fetchall()[0][0] or ""

    def hold(self, several: Iterable[Rows]) -> bool:
        """Let rows wait; whether that was all of them, and the query can take them over."""
        size = 0
        for each in several:
            self._waiting.append(each)
            size += each.size
            if size > MOST_WAITING:
                return False
        return bool(self._waiting)

    def relation(self) -> tuple[str, list[str]]:
        """What stands in the query's WITH for the table, and its parameters."""
        names = ", ".join(each.name for each in self._inputs)
        selected = self._selected(len(self._waiting), filtered=True)
        return (
            f"{self._scan.alias}({names}) AS MATERIALIZED ({selected})",
            [text for each in self._waiting for text in each.texts()],
        )

    def _inserting(self, *, filtered: bool) -> str:
        return f"INSERT INTO {self._scan.alias} {self._selected(1, filtered=filtered)}"

    def _selected(self, times: int, *, filtered: bool) -> str:
        where = f" WHERE {guarded(self._scan.filters)}" if filtered and self._scan.filters else ""
        return f"SELECT * FROM {self._source(self._inputs, times)}{where}"

    def _source(self, inputs: Sequence[Input], times: int = 1) -> str:
        read = ", ".join(each.read for each in inputs)
        values = ", ".join(each.value for each in inputs)
        names = ", ".join(each.name for each in inputs)
        given = _given([each.number for each in inputs], times)
        return f"(SELECT {values} FROM (SELECT {read} FROM {given})) AS {self._scan.alias}({names})"

    def _run(self, statement: str, rows: Rows) -> duckdb.DuckDBPyConnection:
        try:
            return self._connection.execute(statement, rows.texts())
        except duckdb.InvalidInputException as error:
            if of_ours(error):
                raise
            return self._connection.execute(statement, rows.cleaned())


def of_ours(error: duckdb.Error) -> bool:
    """Whether it is one that our SQL raised, in Trino's words."""
    return MARK in str(error)


def _given(numbers: Sequence[int], times: int) -> str:
    """The JSON arrays, as rows: `jN` is that of the input N.

    `from_json(?)` itself would be a constant, which DuckDB works out while it plans, value by value: that
    takes twice as long as to run it.
    """
    one = f"SELECT {', '.join(f'? AS j{number}' for number in numbers)}"
    return f"({' UNION ALL '.join([one] * times)})"
