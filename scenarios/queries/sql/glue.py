"""A table of Glue's catalog, as GetTable and GetPartitions answer it, for the engine.

A view of Athena's is a table of the type VIRTUAL_VIEW whose ViewOriginalText is JSON in base64, in a comment.

Sources: https://docs.aws.amazon.com/glue/latest/webapi/API_Table.html,
https://docs.aws.amazon.com/athena/latest/ug/views.html. No page has the form of a view's text; modules
that make views with Terraform (https://github.com/iconara/terraform-aws-athena-view) write it so.
"""

import base64
import binascii
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from scenarios.queries.sql import types
from scenarios.queries.sql.errors import QueryFailed, SqlNotSimulated
from scenarios.queries.sql.tables import LAZY_SIMPLE, TEXT_INPUT, Partition, Table, View
from scenarios.queries.sql.types import INTERVALS, TIMESTAMP, TIMESTAMP_TZ, Type

VIRTUAL_VIEW: Final = "VIRTUAL_VIEW"
_VIEW: Final = re.compile(r"/\* Presto View: (\S+) \*/")


def table_of(found: Mapping[str, Any], partitions: Iterable[Mapping[str, Any]] = ()) -> Table | View:
    """A table and its partitions, or a view."""
    if found.get("TableType") == VIRTUAL_VIEW:
        return _view(found)
    storage = found.get("StorageDescriptor") or {}
    serde = storage.get("SerdeInfo") or {}
    if found.get("TableType", "EXTERNAL_TABLE") != "EXTERNAL_TABLE":
        raise SqlNotSimulated(f"a table of the type {found['TableType']}")
    return Table(
        database=str(found["DatabaseName"]),
        name=str(found["Name"]),
        columns={each["Name"].lower(): types.read(each["Type"]) for each in storage.get("Columns") or ()},
        keys={each["Name"].lower(): types.read(each["Type"]) for each in found.get("PartitionKeys") or ()},
        location=str(storage.get("Location", "")),
        serde=str(serde.get("SerializationLibrary") or LAZY_SIMPLE),
        input_format=str(storage.get("InputFormat") or TEXT_INPUT),
        properties=dict(found.get("Parameters") or {}),
        serde_properties=dict(serde.get("Parameters") or {}),
        partitions=tuple(
            Partition(values=tuple(each["Values"]), location=str(each["StorageDescriptor"]["Location"]))
            for each in partitions
        ),
    )


def view_text(view: View) -> str:
    """A view's ViewOriginalText."""
    columns = [{"name": name, "type": kind} for name, kind in view.columns]
    described = {
        "originalSql": view.query,
        "catalog": "awsdatacatalog",
        "schema": view.schema,
        "columns": columns,
    }
    return f"/* Presto View: {base64.b64encode(json.dumps(described).encode()).decode()} */"


def _view(found: Mapping[str, Any]) -> View:
    database, name = str(found["DatabaseName"]), str(found["Name"])
    packed = _VIEW.fullmatch(str(found.get("ViewOriginalText", "")).strip())
    if packed is None:
        raise SqlNotSimulated(f"the view {database}.{name}, which Athena didn't make")
    try:
        described = json.loads(base64.b64decode(packed[1], validate=True))
        return View(
            database=database,
            name=name,
            query=str(described["originalSql"]),
            schema=str(described.get("schema") or database),
            columns=tuple((str(each["name"]), str(each["type"])) for each in described["columns"]),
        )
    except (binascii.Error, ValueError, KeyError, TypeError) as error:
        words = f"Invalid view JSON: {database}.{name}"
        raise QueryFailed("INVALID_VIEW", words) from error


_HIVE: Final = {"varchar": "string", "integer": "int", "real": "float", "varbinary": "binary"}
_NOT_HIVES: Final = frozenset({"json", "ipaddress", "unknown", TIMESTAMP_TZ.name, *INTERVALS})


def hive(kind: Type) -> str:
    """A type as Hive writes it.

    Raises QueryFailed for one that Hive has not. The words are Trino's, with Hive's milliseconds.
    """
    if kind.name in _NOT_HIVES:
        raise QueryFailed("NOT_SUPPORTED", f"Unsupported Hive type: {kind.shown}")
    if kind.name == "timestamp" and kind.length != TIMESTAMP.length:
        words = f"Incorrect timestamp precision for {kind.shown}; the configured precision is MILLISECONDS"
        raise QueryFailed("NOT_SUPPORTED", words)
    if kind.name == "array":
        return f"array<{hive(kind.of[0])}>"
    if kind.name == "map":
        return f"map<{hive(kind.of[0])},{hive(kind.of[1])}>"
    if kind.name == "row":
        if None in kind.names:
            words = (
                f"Anonymous row type is not supported in Hive. Please give each field a name: {kind.shown}"
            )
            raise QueryFailed("NOT_SUPPORTED", words)
        return f"struct<{','.join(f'{name}:{hive(each)}' for name, each in kind.fields())}>"
    if kind.name == "decimal":
        return f"decimal({kind.length},{kind.scale})"
    if kind.name == "varchar" and kind.length is not None:
        return f"varchar({kind.length})"
    return _HIVE.get(kind.name, kind.name)
