"""Statements about databases and tables: what Athena does in Glue's catalog for them.

Source: https://docs.aws.amazon.com/athena/latest/ug/ddl-reference.html. The words of errors are unconfirmed;
so is the layout of SHOW CREATE VIEW, which Athena writes anew and which here is the text as it was given.
"""

import fnmatch
from collections.abc import Callable, Mapping
from typing import Any, Final

from scenarios.cloud.athena.reader import Reader, stored_table
from scenarios.cloud.kernel import moto_state
from scenarios.queries.sql import ddl
from scenarios.queries.sql.errors import QueryFailed
from scenarios.queries.sql.glue import VIRTUAL_VIEW, hive
from scenarios.queries.sql.tables import PARQUET, Table, View
from scenarios.queries.sql.types import Type, read

_OUTPUT: Final = "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat"
_PARQUET_OUTPUT: Final = "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat"


class Definitions:
    """Carries out statements of DDL, with the rights of the caller.

    Args:
        reader: the query's way to the catalog.
        account, region: where the catalog is.
    """

    def __init__(self, reader: Reader, account: str, region: str) -> None:
        self._reader = reader
        self._backend = moto_state.backend("glue", account, region)
        self._hows: Mapping[type[Any], Callable[[Any], list[str]]] = {
            ddl.CreateDatabase: self._create_database,
            ddl.CreateTable: self._create_table,
            ddl.Drop: self._drop,
            ddl.AddPartitions: self._add,
            ddl.Show: self._show,
        }

    def carry_out(self, statement: ddl.Statement) -> list[str]:
        """Do it; returns the lines that it answers. Raises QueryFailed."""
        self._reader.databases()
        return self._hows[type(statement)](statement)

    def _create_database(self, given: ddl.CreateDatabase) -> list[str]:
        self._reader.must("glue:CreateDatabase", *self._reader.in_glue(given.name))
        if given.name not in self._backend.databases:
            self._backend.create_database(given.name, {"Name": given.name})
        elif not given.if_not_exists:
            raise _failed(f"Database {given.name} already exists")
        return []

    def _create_table(self, given: ddl.CreateTable) -> list[str]:
        database = self._existing(given.table.database)
        self._reader.must("glue:CreateTable", *self._reader.in_glue(database, given.table.name))
        if given.table.name not in self._backend.databases[database].tables:
            self._backend.create_table(database, given.table.name, table_input(given.table))
        elif not given.if_not_exists:
            raise _failed(f"AlreadyExistsException(message:Table {given.table.name} already exists.)")
        return []

    def _drop(self, given: ddl.Drop) -> list[str]:
        if given.kind == "DATABASE":
            return self._drop_database(given)
        database = self._existing(given.database)
        self._reader.must("glue:DeleteTable", *self._reader.in_glue(database, given.name))
        found = self._backend.databases[database].tables.get(given.name)
        if found is None:
            if given.if_exists:
                return []
            raise _failed(f"{given.kind.capitalize()} not found {database}.{given.name}")
        if (given.kind == "VIEW") != is_view(found):
            wrong, right = ("table", "DROP TABLE") if given.kind == "VIEW" else ("view", "DROP VIEW")
            raise _failed(f"{database}.{given.name} is a {wrong}: {right} drops it")
        self._backend.delete_table(database, given.name)
        return []

    def _drop_database(self, given: ddl.Drop) -> list[str]:
        self._reader.must("glue:DeleteDatabase", *self._reader.in_glue(given.name))
        found = self._backend.databases.get(given.name)
        if found is None:
            if given.if_exists:
                return []
            raise _failed(f"Database does not exist: {given.name}")
        if found.tables and not given.cascade:
            words = f"Database {given.name} is not empty. One or more tables exist."
            raise _failed(f"InvalidOperationException(message:{words})")
        del self._backend.databases[given.name]
        return []

    def _add(self, given: ddl.AddPartitions) -> list[str]:
        database = self._existing(given.database)
        table = self._table(database, given.name)
        if isinstance(table, View):
            raise _failed(f"{database}.{given.name} is a view, and has no partitions")
        action = "glue:BatchCreatePartition"
        self._reader.must(action, *self._reader.in_glue(database, given.name))
        before = {each.values for each in table.partitions}
        try:
            partitions = ddl.with_partitions(table, given)
        except KeyError as missing:
            raise _failed(f"partition spec lacks {missing}") from None
        except ValueError as there:
            raise _failed(f"AlreadyExistsException(message:{there})") from None
        for each in partitions:
            if each.values not in before:
                storage = table_input(table)["StorageDescriptor"] | {"Location": each.location}
                made = {"Values": list(each.values), "StorageDescriptor": storage}
                self._backend.databases[database].tables[given.name].create_partition(made)
        return []

    def _show(self, given: ddl.Show) -> list[str]:
        if given.what == "DATABASES":
            self._reader.must("glue:GetDatabases", *self._reader.in_glue())
            return [each for each in sorted(self._backend.databases) if _like(each, given.like)]
        database = self._existing(given.database)
        if given.what in ("TABLES", "VIEWS"):
            self._reader.must("glue:GetTables", *self._reader.in_glue(database))
            tables = self._backend.databases[database].tables
            names = [each for each in sorted(tables) if given.what == "TABLES" or is_view(tables[each])]
            return [each for each in names if _like(each, given.like)]
        table = self._table(database, given.name)
        if isinstance(table, View):
            return self._of_view(given, table)
        if given.what == "CREATE VIEW":
            raise _failed(f"{database}.{given.name} is a table, not a view")
        if given.what == "PARTITIONS":
            return [_partition(table, each.values) for each in table.partitions]
        return _described(table.columns, table.keys)

    def _of_view(self, given: ddl.Show, view: View) -> list[str]:
        if given.what == "CREATE VIEW":
            return [f"CREATE VIEW {view.database}.{view.name} AS", *view.query.strip().splitlines()]
        if given.what == "PARTITIONS":
            raise _failed(f"{view.database}.{view.name} is a view, and has no partitions")
        return _described({name: read(kind) for name, kind in view.columns}, {})

    def _existing(self, named: str) -> str:
        database = self._reader.database(named)
        if database not in self._backend.databases:
            raise _failed(f"Database does not exist: {database}")
        return database

    def _table(self, database: str, name: str) -> Table | View:
        self._reader.must("glue:GetTable", *self._reader.in_glue(database, name))
        found = self._backend.databases[database].tables.get(name)
        if found is None:
            raise _failed(f"SemanticException [Error 10001]: Table not found {database}.{name}")
        return stored_table(found)


def is_view(found: Any) -> bool:
    """Whether what moto keeps for Glue is a view."""
    return bool(found.as_dict().get("TableType") == VIRTUAL_VIEW)


def _failed(words: str) -> QueryFailed:
    return QueryFailed(
        "FAILED", f"Execution Error, return code 1 from org.apache.hadoop.hive.ql.exec.DDLTask. {words}"
    )


def _like(name: str, pattern: str) -> bool:
    """Hive's pattern: `*` is anything, `|` stands between several."""
    return not pattern or any(fnmatch.fnmatchcase(name, each.lower()) for each in pattern.split("|"))


def _partition(table: Table, values: tuple[str, ...]) -> str:
    return "/".join(f"{key}={value}" for key, value in zip(table.keys, values, strict=True))


def _described(columns: Mapping[str, Type], keys: Mapping[str, Type]) -> list[str]:
    every = {**columns, **keys}
    lines = [f"{name:<20}\t{hive(kind):<20}\t{'':<20}" for name, kind in every.items()]
    if keys:
        lines += [
            "\t \t ",
            "# Partition Information\t \t ",
            "# col_name            \tdata_type           \tcomment",
        ]
        lines += ["\t \t ", *(f"{name:<20}\t{hive(kind):<20}\t{'':<20}" for name, kind in keys.items())]
    return lines


def table_input(table: Table) -> dict[str, Any]:
    """A table as Glue takes it."""
    return {
        "Name": table.name,
        "TableType": "EXTERNAL_TABLE",
        "Parameters": {"EXTERNAL": "TRUE", **table.properties},
        "PartitionKeys": [{"Name": name, "Type": hive(kind)} for name, kind in table.keys.items()],
        "StorageDescriptor": {
            "Columns": [{"Name": name, "Type": hive(kind)} for name, kind in table.columns.items()],
            "Location": table.location,
            "InputFormat": table.input_format,
            "OutputFormat": _PARQUET_OUTPUT if table.format == PARQUET else _OUTPUT,
            "SerdeInfo": {"SerializationLibrary": table.serde, "Parameters": dict(table.serde_properties)},
        },
    }
