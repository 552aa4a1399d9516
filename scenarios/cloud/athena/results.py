"""What a query answers: the file in S3, and the pages of GetQueryResults.

Sources: https://docs.aws.amazon.com/athena/latest/ug/querying-finding-output-files.html,
https://docs.aws.amazon.com/athena/latest/APIReference/API_GetQueryResults.html. That every value stands in
quotes and NULL is nothing at all is what people report of the files, no page says it. The file of metadata is
binary on AWS and nobody reads it; here it is JSON.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from scenarios.queries.sql.types import Type

Rows = Sequence[Sequence[str | None]]
_DIGITS: Final[Mapping[str, tuple[int, int]]] = {
    "boolean": (0, 0),
    "tinyint": (3, 0),
    "smallint": (5, 0),
    "integer": (10, 0),
    "bigint": (19, 0),
    "real": (17, 0),
    "double": (17, 0),
    "varchar": (2147483647, 0),
    "date": (0, 0),
    "timestamp": (3, 0),
    "timestamp with time zone": (3, 0),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The columns and rows of a query; `lines` for a statement of DDL, which has no columns.

    `count`: the rows that a statement wrote, which has neither. That such an answer has one column, `rows`,
    and no row is unconfirmed; the number is GetQueryResults' UpdateCount.
    """

    names: tuple[str, ...] = ()
    types: tuple[Type, ...] = ()
    rows: Rows = ()
    lines: tuple[str, ...] = ()
    is_query: bool = True
    scanned_bytes: int = 0
    count: int | None = None

    def file(self) -> bytes:
        """The file."""
        if not self.is_query:
            return "".join(f"{each}\n" for each in self.lines).encode()
        return "".join(_line(each) for each in [self.names, *self.rows]).encode("utf-8", "replace")

    def metadata(self) -> bytes:
        """The file beside it."""
        return json.dumps({"ColumnInfo": self.columns()}).encode()

    def columns(self) -> list[dict[str, Any]]:
        """ResultSetMetadata's ColumnInfo."""
        if self.count is not None:
            return [_column("rows", Type("bigint"))]
        if not self.is_query:
            return [_column("result", Type("varchar"))] if self.lines else []
        return [_column(name, kind) for name, kind in zip(self.names, self.types, strict=True)]

    def data(self) -> list[dict[str, Any]]:
        """Every row of GetQueryResults; that of a query's names comes first."""
        rows: list[Sequence[str | None]] = (
            [self.names, *self.rows] if self.is_query else [[x] for x in self.lines]
        )
        return [{"Data": [{} if each is None else {"VarCharValue": each} for each in row]} for row in rows]


EMPTY: Final = Answer(is_query=False)


def _line(values: Sequence[str | None]) -> str:
    return ",".join("" if each is None else '"' + each.replace('"', '""') + '"' for each in values) + "\n"


def _column(name: str, kind: Type) -> dict[str, Any]:
    precision, scale = (
        (kind.length or 0, kind.scale) if kind.name == "decimal" else _DIGITS.get(kind.name, (0, 0))
    )
    return {
        "CatalogName": "hive",
        "SchemaName": "",
        "TableName": "",
        "Name": name,
        "Label": name,
        "Type": kind.name,
        "Precision": precision,
        "Scale": scale,
        "Nullable": "UNKNOWN",
        "CaseSensitive": kind.name == "varchar",
    }
