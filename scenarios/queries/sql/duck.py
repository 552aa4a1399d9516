"""DuckDB, closed: it runs SQL of ours on rows that it is handed, and can reach nothing else.

Neither the disk nor the network, no extension, no secret, no spill file; and its settings can't be changed.
Parquet alone it reads and writes itself, in a folder that is made for it and deleted after the query.

Source: https://duckdb.org/docs/stable/operations_manual/securing_duckdb/overview
"""

import functools
import ipaddress
import json
import os
import re
import sys
import tempfile
import urllib.parse
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import duckdb

from scenarios.queries.sql import regexes, udfs
from scenarios.queries.sql.casts import END, HOLE, MARK
from scenarios.queries.sql.errors import QueryFailed, SqlNotSimulated
from scenarios.queries.sql.types import text

MEMORY: Final = "4GB"
_SETTINGS: Final = (
    "SET GLOBAL autoinstall_known_extensions = false",
    "SET GLOBAL autoload_known_extensions = false",
    "SET GLOBAL python_enable_replacements = false",
    "SET GLOBAL python_scan_all_frames = false",
    "SET GLOBAL temp_directory = ''",
    f"SET GLOBAL memory_limit = '{MEMORY}'",
    "SET GLOBAL enable_external_access = false",
    "SET GLOBAL TimeZone = 'UTC'",
    "SET GLOBAL threads = 1",  # so that equal questions have equal answers, whatever the machine
    "SET GLOBAL integer_division = true",
    "SET GLOBAL lock_configuration = true",
)
# What DuckDB asks for at every value that goes to Python or comes back; looking for one that isn't installed
# takes ten times as long as the rest.
_LOOKED_FOR: Final = ("pandas", "polars", "pyarrow", "tensorflow", "torch")


def connected(folder: str = "") -> duckdb.DuckDBPyConnection:
    """A database in memory, closed, with the functions that Trino's need.

    Args:
        folder: the one that it may read and write; "" for none.
    """
    connection = duckdb.connect(":memory:")
    for name, (function, takes, gives) in _FUNCTIONS.items():
        connection.create_function(name, _told(function), list(takes), gives)
    # DuckDB draws one at a prompt, on a database's first connection only; this setting is never global.
    connection.execute("SET enable_progress_bar = false")
    if folder:
        connection.execute(f"SET GLOBAL allowed_directories = [{text(folder + '/')}]")
    for each in _SETTINGS:
        connection.execute(each)
    return connection


@functools.lru_cache
def _kept(process: int) -> duckdb.DuckDBPyConnection:
    """The closed database of this process; a fork makes one of its own.

    To make one takes longer than most questions, so queries share it: each has a connection of its own, with
    temporary tables that no other sees and that go with it. Settings are global, so each connection has them.
    """
    return connected()


@dataclass(slots=True)
class Database:
    """A closed database. `folder`: the one that it may reach, or ""."""

    connection: duckdb.DuckDBPyConnection
    folder: str
    number: int = 0

    def file(self) -> Path:
        """A file of its folder that isn't there yet."""
        self.number += 1
        return Path(self.folder) / f"{self.number}.parquet"


@contextmanager
def opened(*, with_folder: bool) -> Iterator[Database]:
    """A closed database, for the temporary tables of one query; its errors become Trino's."""
    with ExitStack() as stack:
        folder = (
            stack.enter_context(tempfile.TemporaryDirectory(prefix="trailwarden-")) if with_folder else ""
        )
        stack.enter_context(without_guessing())
        connection = connected(folder) if folder else _kept(os.getpid()).cursor()
        stack.callback(connection.close)
        try:
            yield Database(connection, folder)
        except duckdb.Error as error:
            if isinstance(error, (duckdb.FatalException, duckdb.InternalException)):
                _kept.cache_clear()  # DuckDB refuses everything after such an error
            raise failure(error) from error


@contextmanager
def without_guessing() -> Iterator[None]:
    """While this lasts, a library that isn't loaded isn't looked for either."""
    absent = [each for each in _LOOKED_FOR if each not in sys.modules]
    for each in absent:
        sys.modules[each] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        for each in absent:
            if sys.modules.get(each) is None:
                sys.modules.pop(each, None)


def failure(error: duckdb.Error) -> Exception:
    """What an error of DuckDB's means in Trino."""
    words = str(error)
    marked = re.search(rf"{MARK}([A-Z_]+):(.*?){END}", words, re.DOTALL)
    if marked:
        return SqlNotSimulated(marked[2]) if marked[1] == HOLE else QueryFailed(marked[1], marked[2])
    overflow = _OVERFLOW.search(words)
    if overflow:
        kind = {"8": "tinyint", "16": "smallint", "32": "integer"}.get(overflow[2], "bigint")
        shown = f"{kind} {overflow[1]} overflow: {overflow[3]}"
        return QueryFailed("NUMERIC_VALUE_OUT_OF_RANGE", shown)
    if "INT128" in words and "out of range" in words:
        return QueryFailed("NUMERIC_VALUE_OUT_OF_RANGE", "bigint addition overflow")
    if "More than one row returned by a subquery" in words:
        return QueryFailed("SUBQUERY_MULTIPLE_ROWS", "Scalar sub-query has returned multiple rows")
    if isinstance(error, duckdb.OutOfMemoryException):
        return SqlNotSimulated(f"so many rows: more than {MEMORY} of memory")
    first = words.partition("\n")[0]
    return SqlNotSimulated(f"this combination, which DuckDB refuses ({first[:200]})")


def _told(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function whose QueryFailed DuckDB hands on as text."""

    @functools.wraps(function)
    def told(*values: Any) -> Any:
        try:
            return function(*values)
        except QueryFailed as failed:
            raise ValueError(f"{MARK}{failed.name}:{failed.message}{END}") from None
        except SqlNotSimulated as hole:
            raise ValueError(f"{MARK}{HOLE}:{hole.what}{END}") from None

    return told


_OVERFLOW: Final = re.compile(
    r"Overflow in (addition|subtraction|multiplication) of INT(8|16|32|64) \((-?\d+ . -?\d+)\)"
)
_ISO: Final = re.compile(
    r"(?P<day>\d{4}-(?:\d\d-\d\d|\d{3}|W\d\d(?:-[1-7])?|\d\d))"
    r"(?:T(\d\d)?(?::(\d\d)(?::(\d\d)(?:[.,](\d+))?)?)?(Z|[+-]\d\d(?::?\d\d)?)?)?"
)

# ---- functions ------------------------------------------------------------------------------------


def _ip(value: str) -> str:
    try:
        return str(ipaddress.ip_address(value))
    except ValueError:
        return ""


def _in_network(network: str, address: str) -> bool:
    try:
        found = ipaddress.ip_network(network, strict=False)
    except ValueError:
        raise QueryFailed("INVALID_FUNCTION_ARGUMENT", f"Invalid CIDR: {network}") from None
    return ipaddress.ip_address(address) in found


def _iso(value: str) -> str:
    """A moment of ISO 8601 with everything in it that may be left out."""
    found = _ISO.fullmatch(value)
    if found is None:
        return value
    day, hour, minute, second, fraction, zone = found.groups()
    time = f"{hour or '00'}:{minute or '00'}:{second or '00'}.{(fraction or '0')[:6]}"
    moment = f"{_iso_day(day)} {time}"
    if zone in (None, "Z"):
        return f"{moment}+00"
    return f"{moment}{zone if len(zone) == 3 or ':' in zone else f'{zone[:3]}:{zone[3:]}'}"


def _iso_day(written: str) -> str:
    """The day of `2026-01`, `2026-01-31`, `2026-031`, `2026-W05` or `2026-W05-6`; one that isn't stays."""
    year, _, rest = written.partition("-")
    try:
        if rest.startswith("W"):
            return date.fromisocalendar(int(year), int(rest[1:3]), int(rest[4:] or 1)).isoformat()
        if len(rest) == len("031"):
            day = date(int(year), 1, 1) + timedelta(days=int(rest) - 1)
            return day.isoformat() if day.year == int(year) else written
    except ValueError:
        return written
    return f"{written}-01" if len(rest) == len("01") else written


def _url(value: str, part: str) -> list[str]:
    """A part of a URL, or nothing: Java's URI refuses what Python's takes, and then every part is NULL."""
    if part == "decode":
        return [urllib.parse.unquote_plus(value)]
    if part == "encode":
        return [urllib.parse.quote_plus(value, safe="*-._")]
    try:
        found = urllib.parse.urlsplit(value)
        port = found.port
    except ValueError:
        return []
    if re.search(r"[\s\"<>\\^`{|}]", value):
        return []
    parts = {
        "host": found.hostname
        if found.hostname is None
        else found.netloc.rpartition("@")[2].rsplit(":", 1)[0]
        if port is not None
        else found.netloc.rpartition("@")[2],
        "path": urllib.parse.unquote(found.path),
        "query": urllib.parse.unquote(found.query),
        "protocol": found.scheme,
        "fragment": urllib.parse.unquote(found.fragment),
        "port": None if port is None else str(port),
    }
    answer = parts[part]
    return [] if answer is None else [answer]


class _Number(str):
    """A number as it stands in JSON."""

    __slots__ = ()


def _json_number(value: str, path: str) -> str:
    """A number with a point, as it is written: DuckDB would write 1.50 as 1.5."""
    found = json.loads(value, parse_float=_Number)
    for name, place in re.findall(r'\."([^"]*)"|\[(\d+)\]', path):
        found = found[int(place)] if place else found[name]
    return str(found)


_TEXT: Final = "VARCHAR"
_FUNCTIONS: Final[dict[str, tuple[Callable[..., Any], tuple[str, ...], str]]] = {
    "tw_like": (regexes.like, (_TEXT, _TEXT), "BOOLEAN"),
    "tw_extract": (regexes.extract, (_TEXT, _TEXT, "INTEGER"), "VARCHAR[]"),
    "tw_extract_all": (regexes.extract_all, (_TEXT, _TEXT, "INTEGER"), "VARCHAR[]"),
    "tw_replace": (regexes.replace, (_TEXT, _TEXT, _TEXT), _TEXT),
    "tw_split": (regexes.split, (_TEXT, _TEXT), "VARCHAR[]"),
    "tw_count": (regexes.count, (_TEXT, _TEXT), "BIGINT"),
    "tw_ip": (_ip, (_TEXT,), _TEXT),
    "tw_in_network": (_in_network, (_TEXT, _TEXT), "BOOLEAN"),
    "tw_json_number": (_json_number, (_TEXT, _TEXT), _TEXT),
    "tw_iso": (_iso, (_TEXT,), _TEXT),
    "tw_url": (_url, (_TEXT, _TEXT), "VARCHAR[]"),
    "tw_reverse": (lambda value: value[::-1], (_TEXT,), _TEXT),
    "tw_strpos": (udfs.strpos, (_TEXT, _TEXT, "BIGINT"), "BIGINT"),
    "tw_parts": (udfs.split, (_TEXT, _TEXT, "BIGINT"), "VARCHAR[]"),
    "tw_pairs": (udfs.pairs, (_TEXT, _TEXT, _TEXT), "VARCHAR[]"),
    "tw_parameter": (udfs.parameter, (_TEXT, _TEXT), "VARCHAR[]"),
    "tw_from_base": (udfs.from_base, (_TEXT, "BIGINT"), "BIGINT"),
    "tw_to_base": (udfs.to_base, ("BIGINT", "BIGINT"), _TEXT),
    "tw_formatted": (udfs.formatted, (_TEXT, _TEXT), _TEXT),
    "tw_canonical": (udfs.canonical, (_TEXT,), _TEXT),
    "tw_cbrt": (udfs.cbrt, ("DOUBLE",), "DOUBLE"),
}
