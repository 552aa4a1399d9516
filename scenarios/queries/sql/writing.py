"""Files that a query writes, for CREATE TABLE AS, INSERT INTO and UNLOAD: JSON lines, text or Parquet.

Athena writes several files side by side; here each partition is one. What a table's reader would not read
back as it was (a delimiter inside of a text, a partition of NULL) is not written.

Sources: https://docs.aws.amazon.com/athena/latest/ug/create-table-as.html,
https://docs.aws.amazon.com/athena/latest/ug/ctas-considerations-limitations.html,
https://docs.aws.amazon.com/athena/latest/ug/unload.html. That JSON has a null for NULL is unconfirmed.
"""

import base64
import gzip
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from scenarios.queries.sql.duck import Database
from scenarios.queries.sql.errors import QueryFailed, SqlNotSimulated
from scenarios.queries.sql.queries import Query
from scenarios.queries.sql.shown import as_text
from scenarios.queries.sql.statements import Value
from scenarios.queries.sql.tables import DELIMITED, JSON_LINES, PARQUET
from scenarios.queries.sql.types import Type, quoted

MOST_PARTITIONS: Final = 100
_FORMATS: Final = {"PARQUET": PARQUET, "JSON": JSON_LINES, "TEXTFILE": DELIMITED}
_PACKED_LINES: Final = ("GZIP", "NONE")
_PACKED_PARQUET: Final = {"GZIP": "gzip", "SNAPPY": "snappy", "ZSTD": "zstd", "NONE": "uncompressed"}
ZSTD_LEVELS: Final = range(1, 23)


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """How the files are written.

    Args:
        format: a table's.
        packed: GZIP, SNAPPY, ZSTD or NONE.
        level: of ZSTD.
        delimiter, null: of delimited lines.
    """

    format: str
    packed: str = "GZIP"
    level: int = 3
    delimiter: str = "\x01"
    null: str = "\\N"

    @property
    def ending(self) -> str:
        """What a file's name ends with."""
        return ".gz" if self.format != PARQUET and self.packed == "GZIP" else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Which of the query's columns (by number; None is NULL) become which columns and partition keys."""

    columns: tuple[tuple[str, Type, int | None], ...]
    keys: tuple[tuple[str, Type, int | None], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """One file: the values of its partition, in the order of the keys, its body and how many rows it has."""

    values: tuple[str, ...]
    body: bytes
    rows: int


def form_of(properties: Mapping[str, Value], *, default: str = "", packing: Sequence[str]) -> Form:
    """The form that properties ask for.

    Args:
        properties: of WITH.
        default: the format where none is given; "" where one must be.
        packing: the names of the properties that say the compression.

    Raises:
        QueryFailed: one that Athena refuses.
        SqlNotSimulated: ORC, Avro, and packings that nothing here writes.
    """
    named = str(properties.get("format", default)).upper()
    if not named:
        raise QueryFailed("INVALID_TABLE_PROPERTY", "the property format is required")
    if named in ("ORC", "AVRO", "ION"):
        raise SqlNotSimulated(f"files written as {named}")
    if named not in _FORMATS:
        raise QueryFailed(
            "INVALID_TABLE_PROPERTY", f"format {named} is none of ORC, PARQUET, AVRO, JSON, TEXTFILE"
        )
    given = [each for each in packing if each in properties]
    if len(given) > 1:
        raise QueryFailed("INVALID_TABLE_PROPERTY", f"{' and '.join(given)} say the compression twice")
    packed = str(properties[given[0]]).upper() if given else "GZIP"
    if packed not in (_PACKED_PARQUET if named == "PARQUET" else _PACKED_LINES):
        raise SqlNotSimulated(f"{named} files packed as {packed}")
    level = properties.get("compression_level", 3)
    if (
        not isinstance(level, int)
        or level not in ZSTD_LEVELS
        or ("compression_level" in properties and packed != "ZSTD")
    ):
        raise QueryFailed("INVALID_TABLE_PROPERTY", "compression_level is 1 to 22, for ZSTD alone")
    delimiter = str(properties.get("field_delimiter", "\x01"))
    if len(delimiter) != 1:
        raise QueryFailed("INVALID_TABLE_PROPERTY", "field_delimiter must be one character")
    return Form(format=_FORMATS[named], packed=packed, level=level, delimiter=delimiter)


def write(database: Database, query: Query, plan: Plan, form: Form) -> list[File]:
    """The files with the query's rows, whose tables are loaded.

    Raises QueryFailed for more partitions than Athena writes at once.
    """
    every = [*plan.columns, *plan.keys]
    casts = ", ".join(
        f'CAST({"NULL" if at is None else f"""q."{at}" """} AS {kind.duckdb}) AS v{number}'
        for number, (_, kind, at) in enumerate(every)
    )
    names = ", ".join(f'"{number}"' for number in range(len(query.types)))
    run = database.connection.execute
    run(f"CREATE TEMP TABLE kept AS SELECT {casts} FROM ({query.sql}) AS q({names})")
    keys = [f"v{number}" for number in range(len(plan.columns), len(every))]
    if not keys:
        found = run("SELECT count(*) FROM kept").fetchall()[0][0]
        return [_file(database, plan, form, (), "")] if found else []
    listed = ", ".join(keys)
    run(
        f"CREATE TEMP TABLE parts AS SELECT row_number() OVER () AS n, * FROM "
        f"(SELECT DISTINCT {listed} FROM kept ORDER BY {listed})"
    )
    parts = run(f"SELECT {listed} FROM parts ORDER BY n").fetchall()
    if len(parts) > MOST_PARTITIONS:
        words = f"Exceeded limit of {MOST_PARTITIONS} open writers for partitions/buckets"
        raise QueryFailed("HIVE_TOO_MANY_OPEN_PARTITIONS", words)
    files = []
    for number, values in enumerate(parts, 1):
        same = " AND ".join(f"kept.{each} = parts.{each}" for each in keys)
        where = f", parts WHERE parts.n = {number} AND {same}"
        files.append(_file(database, plan, form, _texts(values, plan), where))
    return files


def _texts(values: Sequence[Any], plan: Plan) -> tuple[str, ...]:
    found = [as_text(value, kind) for value, (_, kind, _) in zip(values, plan.keys, strict=True)]
    if not all(found):
        raise SqlNotSimulated("a partition of NULL or of no text")
    return tuple(str(each) for each in found)


def _file(database: Database, plan: Plan, form: Form, values: tuple[str, ...], where: str) -> File:
    columns = ", ".join(
        f"kept.v{number} AS {quoted(name)}" for number, (name, _, _) in enumerate(plan.columns)
    )
    rows = f"SELECT {columns} FROM kept{where}"
    run = database.connection.execute
    if form.format == PARQUET:
        level = f", COMPRESSION_LEVEL {form.level}" if form.packed == "ZSTD" else ""
        place = database.file()
        packed = _PACKED_PARQUET[form.packed]
        (count,) = run(
            f"COPY ({rows}) TO '{place}' (FORMAT parquet, COMPRESSION {packed}{level})"
        ).fetchall()[0]
        body = place.read_bytes()
        place.unlink()
        return File(values=values, body=body, rows=int(count))
    found = run(rows).fetchall()
    line = _LINES[form.format](plan, form)
    text = "".join(f"{line(each)}\n" for each in found).encode("utf-8", "replace")
    body = gzip.compress(text, mtime=0) if form.packed == "GZIP" else text
    return File(values=values, body=body, rows=len(found))


# ---- lines ----------------------------------------------------------------------------------------

Line = Callable[[Sequence[Any]], str]


def _json_line(plan: Plan, _: Form) -> Line:
    row = Type("row", tuple(kind for _, kind, _ in plan.columns), tuple(name for name, _, _ in plan.columns))
    return lambda values: _json(values, row)


def _json(value: Any, kind: Type) -> str:
    """A value as JSON."""
    if value is None:
        return "null"
    if kind.name == "array":
        return f"[{','.join(_json(each, kind.of[0]) for each in value)}]"
    if kind.name == "map":
        pairs = value.items() if isinstance(value, Mapping) else value
        inside = (f"{json.dumps(as_text(key, kind.of[0]))}:{_json(each, kind.of[1])}" for key, each in pairs)
        return f"{{{','.join(inside)}}}"
    if kind.name == "row":
        values = value.values() if isinstance(value, Mapping) else value
        fields = zip(kind.fields(), values, strict=True)
        return f"{{{','.join(f'{json.dumps(name)}:{_json(each, of)}' for (name, of), each in fields)}}}"
    if kind.name == "varbinary":
        return json.dumps(base64.b64encode(bytes(value)).decode())
    text = as_text(value, kind)
    return (
        str(text) if kind.name in _BARE and text not in _NO_NUMBERS else json.dumps(text, ensure_ascii=False)
    )


_BARE: Final = ("boolean", "tinyint", "smallint", "integer", "bigint", "real", "double", "decimal")
_NO_NUMBERS: Final = ("NaN", "Infinity", "-Infinity")


def _delimited_line(plan: Plan, form: Form) -> Line:
    odd = next((kind for _, kind, _ in plan.columns if kind.of or kind.name == "varbinary"), None)
    if odd is not None:
        raise SqlNotSimulated(f"a column of the type {odd.shown} in a TEXTFILE")

    def line(values: Sequence[Any]) -> str:
        texts = [as_text(value, kind) for value, (_, kind, _) in zip(values, plan.columns, strict=True)]
        if any(each is not None and set(each) & {form.delimiter, "\n", "\r"} for each in texts):
            raise SqlNotSimulated("a text with the delimiter or the end of a line in a TEXTFILE")
        return form.delimiter.join(form.null if each is None else each for each in texts)

    return line


_LINES: Final[Mapping[str, Callable[[Plan, Form], Line]]] = {
    JSON_LINES: _json_line,
    DELIMITED: _delimited_line,
}
