"""What a query leaves behind: views, and the files and tables of CREATE TABLE AS, INSERT INTO and UNLOAD.

Everything is done with the rights of whoever started the query: in Glue, and for each object in S3.

Sources: https://docs.aws.amazon.com/athena/latest/ug/ctas-considerations-limitations.html (where the files of
a new table lie, that the place must be empty), https://docs.aws.amazon.com/athena/latest/ug/insert-into.html,
https://docs.aws.amazon.com/athena/latest/ug/unload.html, https://docs.aws.amazon.com/athena/latest/ug/views.html,
https://docs.aws.amazon.com/athena/latest/ug/querying-finding-output-files.html (the manifest). The words of
errors are Trino's or what people report; that a file is called by its moment and a UUID is unconfirmed.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from scenarios.cloud.athena.definitions import table_input
from scenarios.cloud.athena.reader import Reader
from scenarios.cloud.kernel import moto_state
from scenarios.cloud.setting import Setting
from scenarios.queries.sql.ddl import partition_location
from scenarios.queries.sql.errors import QueryFailed
from scenarios.queries.sql.glue import VIRTUAL_VIEW, hive, view_text
from scenarios.queries.sql.statements import CreateTableAs, CreateView, InsertInto, Unload, Value, Writing
from scenarios.queries.sql.tables import (
    Table,
    View,
)
from scenarios.queries.sql.types import Type

if TYPE_CHECKING:
    from scenarios.queries.sql.engine import Engine
    from scenarios.queries.sql.queries import Query
    from scenarios.queries.sql.writing import File, Form

TABLES: Final = "tables/"
# Hive's own, https://github.com/apache/hive: FileUtils.escapePathName.
_ESCAPED: Final = frozenset("\"#%'*/:=?\\\x7f{[]^" + "".join(chr(each) for each in range(1, 32)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """What a query leaves: objects by address, the rows in them, what it read; `then` changes Glue."""

    objects: Mapping[str, bytes]
    rows: int
    scanned_bytes: int
    then: Callable[[], None]


class Writer:
    """Carries out statements that keep what a query answers.

    Args:
        setting: the world.
        reader: the way to the catalog and to buckets, with the caller's rights.
        region: where.
        folder: that the query's own files go to, with a slash at its end.
        enforced: whether the work group says that folder.
        identity: the query's.
    """

    def __init__(
        self, setting: Setting, reader: Reader, region: str, *, folder: str, enforced: bool, identity: str
    ) -> None:
        self._setting = setting
        self._reader = reader
        self._backend = moto_state.backend("glue", setting.account, region)
        self._folder = folder
        self._enforced = enforced
        self._identity = identity

    # ---- views --------------------------------------------------------------------------------------

    def create_view(self, given: CreateView, engine: "Engine") -> None:
        """Keep a query under a name; raises QueryFailed."""
        from scenarios.queries.sql.views import named  # noqa: PLC0415 - sqlglot takes a while to load

        database = self._existing(given.database)
        query = engine.translated(given.query)
        named(query.names, query.types, query.unnamed)
        if (database, given.name) in query.views:
            raise QueryFailed("VIEW_IS_RECURSIVE", "line 1:1: Statement would create a recursive view")
        tables = self._backend.databases[database].tables
        there = tables.get(given.name)
        action = "glue:UpdateTable" if there is not None and given.replace else "glue:CreateTable"
        self._reader.must(action, *self._reader.in_glue(database, given.name))
        if there is not None:
            is_view = there.as_dict().get("TableType") == VIRTUAL_VIEW
            if not (given.replace and is_view):
                kind = "View" if is_view else "Table"
                raise QueryFailed("ALREADY_EXISTS", f"{kind} already exists: '{database}.{given.name}'")
            self._backend.delete_table(database, given.name)
        columns = tuple((name, each.shown) for name, each in zip(query.names, query.types, strict=True))
        view = View(
            database=database,
            name=given.name,
            query=given.query.strip().rstrip(";"),
            schema=self._reader.database(""),
            columns=columns,
        )
        self._backend.create_table(database, given.name, _view_input(view, query.types))

    # ---- files --------------------------------------------------------------------------------------

    def write(self, given: Writing, engine: "Engine", parameters: tuple[str, ...]) -> Left:
        """What the statement will leave; nothing is changed yet. Raises QueryFailed."""
        query = engine.translated(given.query, parameters)
        if isinstance(given, CreateTableAs):
            return self._new_table(given, engine, query)
        if isinstance(given, InsertInto):
            return self._insert(given, engine, query)
        return self._unload(given, engine, query)

    def _new_table(self, given: CreateTableAs, engine: "Engine", query: "Query") -> Left:
        from scenarios.queries.sql import plans  # noqa: PLC0415

        database = self._existing(given.database)
        called = f"awsdatacatalog.{database}.{given.name}"
        self._reader.must("glue:CreateTable", *self._reader.in_glue(database, given.name))
        if given.name in self._backend.databases[database].tables:
            words = f"line 1:1: Destination table '{called}' already exists"
            raise QueryFailed("TABLE_ALREADY_EXISTS", words)
        plan, form = plans.of_table(given, query)
        location = self._new_location(given.properties, called)
        table = plans.table_of(given, plan, form, database=database, location=location)
        described = table_input(table)
        written = engine.write(query, plan, form) if given.with_data else None
        files = written.files if written else ()

        def then() -> None:
            self._backend.create_table(database, given.name, described)
            self._add(table, {each.values for each in files})

        return Left(
            objects=self._named(files, form, lambda values: _folder(table, values)),
            rows=sum(each.rows for each in files),
            scanned_bytes=written.scanned_bytes if written else 0,
            then=then,
        )

    def _new_location(self, properties: Mapping[str, Value], called: str) -> str:
        """Where a new table's files go, which must be empty."""
        given = str(properties.get("external_location", ""))
        if given and self._enforced:
            words = (
                "The Create Table As Select query failed because it was submitted with an "
                "'external_location' property to an Athena Workgroup that enforces a centralized output "
                "location for all queries. Please remove the 'external_location' property and resubmit the "
                "query."
            )
            raise QueryFailed("GENERIC_USER_ERROR", words)
        return self._empty(given or f"{self._folder}{TABLES}{self._identity}/", called)

    def _empty(self, location: str, called: str) -> str:
        """A location with a slash at its end; raises QueryFailed where something lies there."""
        if not location.startswith("s3://") or not location.partition("://")[2].partition("/")[0]:
            raise QueryFailed("INVALID_TABLE_PROPERTY", f"the location {location} is not in S3")
        folder = location if location.endswith("/") else f"{location}/"
        if next(iter(self._reader.under(folder)), None) is not None:
            words = (
                f"Target directory for table '{called}' already exists: {folder}. You may need to manually "
                f"clean the data at location '{folder}' before retrying. Athena will not delete data in your "
                "account."
            )
            raise QueryFailed("HIVE_PATH_ALREADY_EXISTS", words)
        return folder

    def _insert(self, given: InsertInto, engine: "Engine", query: "Query") -> Left:
        from scenarios.queries.sql import plans  # noqa: PLC0415

        database = self._existing(given.database)
        table = self._reader.table(database, given.name)
        if isinstance(table, View):
            raise QueryFailed("NOT_SUPPORTED", "line 1:1: Inserting into views is not supported")
        form, plan = plans.form_for(table), plans.inserted(table, given.columns, query)
        written = engine.write(query, plan, form)
        there = {each.values: each.location for each in table.partitions}
        new = {each.values for each in written.files if table.keys and each.values not in there}
        if new:
            self._reader.must("glue:BatchCreatePartition", *self._reader.in_glue(database, given.name))
        return Left(
            objects=self._named(
                written.files, form, lambda values: there.get(values) or _folder(table, values)
            ),
            rows=sum(each.rows for each in written.files),
            scanned_bytes=written.scanned_bytes,
            then=lambda: self._add(table, new),
        )

    def _unload(self, given: Unload, engine: "Engine", query: "Query") -> Left:
        from scenarios.queries.sql import plans  # noqa: PLC0415

        plan, form = plans.unloaded(given, query)
        location = self._empty(given.location, "unload")
        written = engine.write(query, plan, form)
        keys = [name for name, _, _ in plan.keys]
        return Left(
            objects=self._named(
                written.files,
                form,
                lambda values: "/".join([location.rstrip("/"), *_parts(keys, values)]),
            ),
            rows=sum(each.rows for each in written.files),
            scanned_bytes=written.scanned_bytes,
            then=lambda: None,
        )

    def _named(
        self, files: "tuple[File, ...]", form: "Form", folder: Callable[[tuple[str, ...]], str]
    ) -> dict[str, bytes]:
        """The files by their addresses."""
        chance = self._setting.random("athena.files")
        letters = "".join(chance.choices("abcdefghijkmnpqrstuvwxyz23456789", k=5))
        begins = f"{self._setting.clock.now:%Y%m%d_%H%M%S}_{chance.randrange(100_000):05}_{letters}"
        return {
            "".join(
                [
                    f"{folder(each.values).rstrip('/')}/",
                    f"{begins}_{self._setting.new_uuid('athena.files')}{form.ending}",
                ]
            ): each.body
            for each in files
        }

    def _add(self, table: Table, partitions: set[tuple[str, ...]]) -> None:
        """Tell Glue of new partitions."""
        storage = table_input(table)["StorageDescriptor"]
        stored = self._backend.databases[table.database].tables[table.name]
        for values in sorted(partitions):
            if values:
                location = {"Location": _folder(table, values)}
                stored.create_partition({"Values": list(values), "StorageDescriptor": storage | location})

    def _existing(self, named: str) -> str:
        database = self._reader.database(named)
        if database not in self._reader.databases():
            raise QueryFailed("SCHEMA_NOT_FOUND", f"line 1:1: Schema '{database}' does not exist")
        return database


def _view_input(view: View, kinds: tuple[Type, ...]) -> dict[str, Any]:
    """A view as Glue takes it."""
    every = zip(view.columns, kinds, strict=True)
    columns = [{"Name": name, "Type": _hive_or_text(kind)} for (name, _), kind in every]
    return {
        "Name": view.name,
        "TableType": VIRTUAL_VIEW,
        "Parameters": {"comment": "Presto View", "presto_view": "true"},
        "PartitionKeys": [],
        "ViewOriginalText": view_text(view),
        "ViewExpandedText": "/* Presto View */",
        "StorageDescriptor": {"Columns": columns, "Location": "", "SerdeInfo": {}},
    }


def _hive_or_text(kind: Type) -> str:
    """A view's column as Glue shows it: Hive lacks some of Trino's types, and they are shown as texts."""
    try:
        return hive(kind)
    except QueryFailed:
        return "string"


def _folder(table: Table, values: tuple[str, ...]) -> str:
    """Where a partition's files go, or the table's where it has none."""
    if not values:
        return table.location
    escaped = {key: _escaped(value) for key, value in zip(table.keys, values, strict=True)}
    return partition_location(table, escaped)


def _parts(keys: list[str], values: tuple[str, ...]) -> list[str]:
    return [f"{key}={_escaped(value)}" for key, value in zip(keys, values, strict=True)]


def _escaped(value: str) -> str:
    return "".join(f"%{ord(each):02X}" if each in _ESCAPED else each for each in value)
