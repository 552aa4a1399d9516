"""What names mean in a query: relations with their fields, and the files' tables behind them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from scenarios.queries.sql.tables import Table
from scenarios.queries.sql.types import TIMESTAMP, VARCHAR, Type


@dataclass(frozen=True, slots=True)
class Typed:
    """A piece of DuckDB's SQL, and Trino's type of it. `value`: a literal's own, in Python."""

    sql: str
    type: Type
    value: Any = None


@dataclass(slots=True, eq=False)
class Scan:
    """One reading of one table.

    Args:
        number: its alias in DuckDB is `scanN`.
        read: the paths into each column that the query reads.
        conditions: what WHERE says about partition keys alone; only such partitions are opened.
        filters: what else WHERE says about this table alone; rows are dropped while they are read.
        pinned: the keys that WHERE gives fixed values.
        optional: whether an outer join may fill it with NULLs; then WHERE speaks of other rows.
    """

    number: int
    table: Table
    read: dict[str, set[tuple[str, ...]]] = field(default_factory=dict)
    conditions: list[str] = field(default_factory=list)
    filters: list[str] = field(default_factory=list)
    pinned: set[str] = field(default_factory=set)
    optional: bool = False

    @property
    def alias(self) -> str:
        """Its name in DuckDB."""
        return f"scan{self.number}"

    def column(self, name: str) -> str:
        """A column's name in DuckDB."""
        names = [*self.table.columns, *self.table.keys, PATH]
        return f'{self.alias}."c{names.index(name)}"'


PATH = "$path"
HIDDEN = {PATH: VARCHAR, "$file_modified_time": TIMESTAMP}


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One column of a relation.

    `scan`: the table that it comes from as it is, with its name there; None for anything computed.
    """

    name: str | None
    type: Type
    sql: str
    scan: Scan | None = None
    column: str = ""
    hidden: bool = False


@dataclass(slots=True, kw_only=True)
class Relation:
    """What stands in a FROM: a table, a query, an UNNEST. Names are in lower case."""

    alias: str | None
    database: str | None = None
    fields: list[Field]

    def named(self, name: str) -> list[Field]:
        """Its columns of that name."""
        return [each for each in self.fields if each.name == name]


@dataclass(slots=True)
class Scope:
    """What a query's expressions may name: its own relations, then those of the query around it."""

    relations: list[Relation] = field(default_factory=list)
    parent: "Scope | None" = None

    def all(self) -> Iterator[Field]:
        """Every column that `*` stands for."""
        return (each for relation in self.relations for each in relation.fields if not each.hidden)
