"""A table of Glue's catalog, as GetTable and GetPartitions answer it, for the engine.

Source: https://docs.aws.amazon.com/glue/latest/webapi/API_Table.html
"""

from collections.abc import Iterable, Mapping
from typing import Any

from scenarios.queries.sql import types
from scenarios.queries.sql.errors import SqlNotSimulated
from scenarios.queries.sql.tables import LAZY_SIMPLE, TEXT_INPUT, Partition, Table


def table_of(found: Mapping[str, Any], partitions: Iterable[Mapping[str, Any]] = ()) -> Table:
    """A table and its partitions; raises SqlNotSimulated for a view."""
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
