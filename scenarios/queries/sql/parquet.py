"""Parquet files, read by DuckDB from a folder of ours that it may reach and that nothing else is in.

Source: https://docs.aws.amazon.com/athena/latest/ug/parquet-serde.html. A column is found by its name; one
that a file lacks is NULL; an int of a file may be a bigint of the table.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import duckdb

from scenarios.queries.sql.duck import Database
from scenarios.queries.sql.errors import BadFile, SqlNotSimulated
from scenarios.queries.sql.types import Type, quoted

_MAGIC: Final = b"PAR1"


def rows(database: Database, data: bytes, name: str, columns: Sequence[tuple[str, Type]]) -> str:
    """A SELECT of these columns, in their order, of one file, which lies in the folder from then on.

    Raises BadFile where it is no Parquet or is cut, SqlNotSimulated where a column has another type there.
    """
    if not (data.startswith(_MAGIC) and data.endswith(_MAGIC)):
        raise BadFile(name, "Not valid Parquet file")
    place = database.file()
    place.write_bytes(data)
    try:
        found = database.connection.execute(f"DESCRIBE SELECT * FROM read_parquet('{place}')").fetchall()
    except duckdb.Error as error:
        raise BadFile(name, f"Not valid Parquet file ({str(error).partition(chr(10))[0][:200]})") from error
    there = {each[0].lower(): (str(each[0]), str(each[1])) for each in found}
    values = [_value(database, there, column, kind, name) for column, kind in columns]
    return f"SELECT {', '.join(values or ['0'])} FROM read_parquet('{place}')"


def _value(
    database: Database, there: Mapping[str, tuple[str, str]], column: str, kind: Type, name: str
) -> str:
    """One column of the file."""
    written, found = there.get(column, ("", ""))
    if not written:
        return f"CAST(NULL AS {kind.duckdb})"
    wanted = database.connection.execute(f"SELECT typeof(CAST(NULL AS {kind.duckdb}))").fetchall()[0][0]
    if (found, wanted) == ("INTEGER", "BIGINT"):  # as in AWS's own table over flow logs
        return f"CAST({quoted(written)} AS BIGINT)"
    if found != wanted:
        raise SqlNotSimulated(
            f"the column {column}, which is {kind.shown} in the table and {found} in {name}"
        )
    return quoted(written)
