"""Tables over files: columns, partition keys, the format of the files, and where they lie.

A table comes from the text of its CREATE EXTERNAL TABLE, as AWS's pages have it. A view is a query that
stands where a table may stand.

Source: https://docs.aws.amazon.com/athena/latest/ug/create-table.html,
https://docs.aws.amazon.com/athena/latest/ug/supported-serdes.html
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from scenarios.queries.sql.errors import SqlNotSimulated
from scenarios.queries.sql.types import Type

CLOUDTRAIL: Final = "cloudtrail"
JSON_LINES: Final = "json"
DELIMITED: Final = "delimited"
REGEX: Final = "regex"
PARQUET: Final = "parquet"

CLOUDTRAIL_INPUT: Final = "com.amazon.emr.cloudtrail.CloudTrailInputFormat"
TEXT_INPUT: Final = "org.apache.hadoop.mapred.TextInputFormat"
PARQUET_INPUT: Final = "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat"
PARQUET_SERDE: Final = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
JSON_SERDE: Final = "org.apache.hive.hcatalog.data.JsonSerDe"
_SERDES: Final = {
    "com.amazon.emr.hive.serde.CloudTrailSerde": JSON_LINES,
    JSON_SERDE: JSON_LINES,
    "org.openx.data.jsonserde.JsonSerDe": JSON_LINES,
    "org.apache.hadoop.hive.serde2.RegexSerDe": REGEX,
    "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe": DELIMITED,
    PARQUET_SERDE: PARQUET,
}
LAZY_SIMPLE: Final = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"


@dataclass(frozen=True, slots=True, kw_only=True)
class Partition:
    """One that ALTER TABLE ADD PARTITION made: its values, in the order of the keys, and its location."""

    values: tuple[str, ...]
    location: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One external table.

    Args:
        columns, keys: types by lower-case name; `keys` are those of the partitions.
        location: `s3://BUCKET/PREFIX`.
        serde, input_format: Java classes, as the DDL names them.
        properties: of TBLPROPERTIES.
        serde_properties: of the SerDe; a delimiter is `field.delim`.
        partitions: those that were added by hand.
    """

    database: str
    name: str
    columns: Mapping[str, Type]
    keys: Mapping[str, Type] = field(default_factory=dict)
    location: str
    serde: str = LAZY_SIMPLE
    input_format: str = TEXT_INPUT
    properties: Mapping[str, str] = field(default_factory=dict)
    serde_properties: Mapping[str, str] = field(default_factory=dict)
    partitions: tuple[Partition, ...] = ()

    @property
    def format(self) -> str:
        """How its files are read; raises SqlNotSimulated for a SerDe that nothing here reads."""
        if self.serde not in _SERDES:
            raise SqlNotSimulated(f"the SerDe {self.serde}")
        if self.input_format == CLOUDTRAIL_INPUT:
            return CLOUDTRAIL
        if self.input_format != (PARQUET_INPUT if self.serde == PARQUET_SERDE else TEXT_INPUT):
            raise SqlNotSimulated(f"the input format {self.input_format}")
        return _SERDES[self.serde]

    @property
    def projected(self) -> bool:
        """Whether its partitions are computed from properties."""
        return self.properties.get("projection.enabled", "").lower() == "true"

    @property
    def header_lines(self) -> int:
        """How many lines at the beginning of each file are no rows."""
        return int(self.properties.get("skip.header.line.count", "0"))


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A query that stands under a name.

    Args:
        query: its text.
        schema: the database that names without one are in.
        columns: names and types, as Trino writes them, from when it was created.
    """

    database: str
    name: str
    query: str
    schema: str
    columns: tuple[tuple[str, str], ...]
