"""Log lines as a Parquet file: a column for each field, by its name and type in Athena, packed with gzip.

Source: https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-s3-path.html. Unconfirmed: what stands for
an absent value; here it is NULL for a number, and a dash for a text, as in lines.
"""

from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from scenarios.service_logs.fields import ABSENT, Format, Type

_TYPES: Final = {Type.TEXT: "VARCHAR", Type.INTEGER: "INTEGER", Type.LONG: "BIGINT"}


def written(form: Format, lines: Iterable[str]) -> bytes:
    """The file. The format's fields are texts, ints and bigints."""
    import duckdb  # noqa: PLC0415 - it takes a while to load, and few logs are in Parquet

    columns = ", ".join(f'"{each.in_sql}" {_TYPES[each.type]}' for each in form.fields)
    rows = [_row(form, each) for each in lines]
    with TemporaryDirectory(prefix="trailwarden-") as folder, duckdb.connect(":memory:") as connection:
        connection.execute("SET threads = 1")  # so that equal lines are equal files
        connection.execute(f"CREATE TABLE records ({columns})")
        marks = ", ".join("?" for _ in form.fields)
        connection.executemany(f"INSERT INTO records VALUES ({marks})", rows)  # noqa: S608 - marks alone
        place = Path(folder) / "records.parquet"
        connection.execute(f"COPY records TO '{place}' (FORMAT parquet, COMPRESSION gzip)")
        return place.read_bytes()


def _row(form: Format, line: str) -> list[Any]:
    read = form.read(line)
    return [
        ABSENT
        if each.type is Type.TEXT and read[each.name] is None
        else form.value(each.name, read[each.name])
        for each in form.fields
    ]
