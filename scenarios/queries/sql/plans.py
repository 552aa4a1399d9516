"""How a statement's columns and properties become a table's: CREATE TABLE AS, INSERT INTO, UNLOAD.

Sources: https://docs.aws.amazon.com/athena/latest/ug/create-table-as.html,
https://docs.aws.amazon.com/athena/latest/ug/insert-into.html,
https://docs.aws.amazon.com/athena/latest/ug/unload.html. The words of errors are Trino's.
"""

from collections.abc import Mapping
from typing import Final

from scenarios.queries.sql import types
from scenarios.queries.sql.errors import QueryFailed, SqlNotSimulated
from scenarios.queries.sql.glue import hive
from scenarios.queries.sql.queries import Query
from scenarios.queries.sql.statements import CreateTableAs, Unload, Value
from scenarios.queries.sql.tables import (
    DELIMITED,
    JSON_LINES,
    JSON_SERDE,
    LAZY_SIMPLE,
    PARQUET,
    PARQUET_INPUT,
    PARQUET_SERDE,
    TEXT_INPUT,
    Table,
)
from scenarios.queries.sql.views import named
from scenarios.queries.sql.writing import Form, Plan, form_of

_PACKINGS: Final = {"CTAS": ("write_compression", "parquet_compression"), "UNLOAD": ("compression",)}
_FILES: Final = frozenset({"format", "compression_level", "field_delimiter", "partitioned_by"})
_CTAS: Final = _FILES | {"external_location", "table_type", "is_external", *_PACKINGS["CTAS"]}
_UNLOAD: Final = _FILES | {*_PACKINGS["UNLOAD"]}
_NOT_WRITTEN: Final = ("bucketed_by", "bucket_count", "orc_compression", "location", "partitioning")
_SERDES: Final[Mapping[str, tuple[str, str]]] = {
    PARQUET: (PARQUET_SERDE, PARQUET_INPUT),
    JSON_LINES: (JSON_SERDE, TEXT_INPUT),
    DELIMITED: (LAZY_SIMPLE, TEXT_INPUT),
}


def of_table(given: CreateTableAs, query: Query) -> tuple[Plan, Form]:
    """What becomes of a query's columns in a new table, and how its files are written."""
    _known(given.properties, _CTAS)
    _only(given.properties, "table_type", "HIVE")
    _only(given.properties, "is_external", True)
    form = form_of(given.properties, default="PARQUET", packing=_PACKINGS["CTAS"])
    named(query.names, query.types, query.unnamed)
    return _plan(query, given.properties.get("partitioned_by", ())), form


def unloaded(given: Unload, query: Query) -> tuple[Plan, Form]:
    """The same for UNLOAD."""
    _known(given.properties, _UNLOAD)
    form = form_of(given.properties, packing=_PACKINGS["UNLOAD"])
    if query.unnamed:
        raise SqlNotSimulated("UNLOAD of a column without a name")
    return _plan(query, given.properties.get("partitioned_by", ())), form


def table_of(given: CreateTableAs, plan: Plan, form: Form, *, database: str, location: str) -> Table:
    """The table that CREATE TABLE AS makes."""
    serde, input_format = _SERDES[form.format]
    delimiter = {"field.delim": form.delimiter, "serialization.format": form.delimiter}
    return Table(
        database=database,
        name=given.name,
        columns={name: kind for name, kind, _ in plan.columns},
        keys={name: kind for name, kind, _ in plan.keys},
        location=location,
        serde=serde,
        input_format=input_format,
        serde_properties=delimiter if form.format == DELIMITED else {},
    )


def _known(properties: Mapping[str, Value], allowed: frozenset[str]) -> None:
    for each in properties:
        if each in _NOT_WRITTEN or each.startswith(("write_target", "optimize_", "vacuum_")):
            raise SqlNotSimulated(f"the property {each}")
        if each not in allowed:
            words = f"line 1:1: Catalog 'awsdatacatalog' table property '{each}' does not exist"
            raise QueryFailed("INVALID_TABLE_PROPERTY", words)


def _only(properties: Mapping[str, Value], name: str, value: Value) -> None:
    given = properties.get(name, value)
    if (given.upper() if isinstance(given, str) else given) != value:
        raise SqlNotSimulated(f"{name} = {given}")


def _plan(query: Query, keys: Value) -> Plan:
    """The query's columns as they are; the last ones are the keys of the partitions."""
    wanted = tuple(str(each).lower() for each in keys) if isinstance(keys, tuple) else (str(keys).lower(),)
    every = [(name, kind, at) for at, (name, kind) in enumerate(zip(query.names, query.types, strict=True))]
    for _, kind, _ in every:
        hive(kind)
    at = len(every) - len(wanted)
    if tuple(name for name, _, _ in every[max(at, 0) :]) != wanted:
        words = (
            "Partition keys must be the last columns in the table and in the same order as the table "
            f"properties: [{', '.join(wanted)}]"
        )
        raise QueryFailed("HIVE_COLUMN_ORDER_MISMATCH", words)
    if at < 1:
        raise QueryFailed("NOT_SUPPORTED", "Table contains only partition columns")
    return Plan(columns=tuple(every[:at]), keys=tuple(every[at:]))


def form_for(table: Table) -> Form:
    """How rows are added to a table."""
    if table.projected:
        raise SqlNotSimulated("INSERT INTO a table with partition projection")
    if (table.serde, table.input_format) not in _SERDES.values():
        words = (
            f"Inserting into a table of the SerDe {table.serde} over {table.input_format} is not supported"
        )
        raise QueryFailed("NOT_SUPPORTED", words)
    odd = {each for each in table.serde_properties if each.startswith(("mapping.", "escape.", "paths"))}
    if odd or table.header_lines:
        raise SqlNotSimulated(f"INSERT INTO a table with {min(odd, default='skip.header.line.count')}")
    return Form(
        format=table.format,
        delimiter=table.serde_properties.get("field.delim", "\x01"),
        null=table.serde_properties.get("serialization.null.format", "\\N"),
    )


def inserted(table: Table, columns: tuple[str, ...], query: Query) -> Plan:
    """Which column of the query becomes which of the table's."""
    every = {**table.columns, **table.keys}
    for number, each in enumerate(columns):
        if each not in every:
            words = f"line 1:1: Insert column name does not exist in target table: {each}"
            raise QueryFailed("COLUMN_NOT_FOUND", words)
        if each in columns[:number]:
            words = f"line 1:1: Insert column name is specified more than once: {each}"
            raise QueryFailed("DUPLICATE_COLUMN_NAME", words)
    into = columns or tuple(every)
    wanted = [every[each] for each in into]
    if len(wanted) != len(query.types) or not all(map(types.fits, query.types, wanted)):
        shown = [", ".join(each.shown for each in kinds) for kinds in (wanted, query.types)]
        words = (
            f"line 1:1: Insert query has mismatched column types: Table: [{shown[0]}], Query: [{shown[1]}]"
        )
        raise QueryFailed("TYPE_MISMATCH", words)
    if any(kind.length is not None for kind in wanted if kind.name == "varchar"):
        raise SqlNotSimulated("INSERT INTO a column of the type varchar(n)")
    places = {name: at for at, name in enumerate(into)}
    return Plan(
        columns=tuple((name, kind, places.get(name)) for name, kind in table.columns.items()),
        keys=tuple((name, kind, places.get(name)) for name, kind in table.keys.items()),
    )
