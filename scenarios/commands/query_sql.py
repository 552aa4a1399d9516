"""The part of `trailwarden query` that answers SQL, as Athena would."""

import zlib
from collections.abc import Sequence
from datetime import UTC, datetime

import click
import msgspec

from chalicelib.wording import safe, size
from scenarios.commands import query_hints
from scenarios.commands.answer_rows import counted, print_rows
from scenarios.commands.given_files import text_in
from scenarios.files import NotRead
from scenarios.queries.sql import ddl
from scenarios.queries.sql.errors import BadFile, MalformedSql, QueryFailed, SqlNotSimulated
from scenarios.queries.sql.loose import LooseFiles
from scenarios.queries.sql.price import dollars
from scenarios.records.sources import STANDARD_INPUT, Unreadable, files, read_bytes
from scenarios.service_logs.api_gateway import is_template

LARGEST_DEFINITION_BYTES = 1 << 16
LARGEST_FILE_BYTES = 1 << 30
LARGEST_LINE_BYTES = 1 << 20


def ask(text: str, names: Sequence[str], *, definition: str, form: str) -> int:
    """Answer a query over files; returns the exit code.

    Args:
        text: the query.
        names: files, folders and prefixes in S3.
        definition: a file with the CREATE EXTERNAL TABLE of the one table, or "" for CloudTrail's.
        form: `table`, `csv` or `json`.
    """
    # DuckDB and sqlglot take a while to load, and only SQL needs them.
    from scenarios.queries.sql.engine import Engine  # noqa: PLC0415

    kept = query_hints.not_of_files(text)
    if kept:
        raise click.UsageError(kept)
    found, unreadable = _files(names)
    if unreadable:
        for each in unreadable:
            hint = query_hints.of_file(each.name)
            click.echo(f"trailwarden: {each.name}: {safe(each.why)}{hint and f' ({hint})'}", err=True)
        return 2
    given = text_in(definition, LARGEST_DEFINITION_BYTES) if definition else None
    if given is not None and not is_template(given):
        _must_define(definition, given)
    loose = LooseFiles(files=found, read=_read, text=text, definition=given)
    try:
        result = Engine(loose, loose, datetime.now(UTC)).run(text)
    except (MalformedSql, QueryFailed, SqlNotSimulated) as error:
        hint = query_hints.of_sql(text, str(error)) or (
            _about(error.file) if isinstance(error, BadFile) and given is None else ""
        )
        click.echo(f"trailwarden: {safe(str(error), 1000)}{hint and f' ({hint})'}", err=True)
        return 2
    print_rows(result.names, result.rows, form, absent_is_null=True)
    price = dollars(result.scanned_bytes)
    read = f"{len(result.files):,} of {len(found):,} files read ({size(result.scanned_bytes)})"
    click.echo(f"{counted(len(result.rows), 'row')}; {read}; on Athena about ${price:.5f}", err=True)
    for name in result.without_records:
        click.echo(
            f'trailwarden: {safe(name)}: no records of CloudTrail are in it, for it has no "Records"',
            err=True,
        )
    return 2 if result.without_records else 0


def _must_define(name: str, text: str) -> None:
    """Raises UsageError where the file defines no table: else its places would seem to be the query's."""
    try:
        ddl.read(text)
    except MalformedSql as error:
        raise click.UsageError(f"--table {safe(name)}: {safe(str(error), 400)}") from None


def _files(names: Sequence[str]) -> tuple[list[tuple[str, int]], list[Unreadable]]:
    if STANDARD_INPUT in names:
        raise click.UsageError(
            "SQL reads files, a folder or an s3:// prefix behind the query; standard input is none of them"
        )
    found = list(files(names))
    good = [(each.name, each.size or 1) for each in found if not isinstance(each, Unreadable)]
    return good, [each for each in found if isinstance(each, Unreadable)]


def _read(name: str) -> bytes:
    try:
        return read_bytes(name, LARGEST_FILE_BYTES)
    except (OSError, NotRead) as error:
        raise QueryFailed(
            "HIVE_CANNOT_OPEN_SPLIT", f"{getattr(error, 'strerror', None) or error}: {name}"
        ) from error


def _about(name: str) -> str:
    """What a file that can't be read as a table's seems to be."""
    try:
        data = read_bytes(name, LARGEST_FILE_BYTES)
    except (OSError, NotRead):
        return ""
    packed = data.startswith(b"\x1f\x8b")
    if not data or (packed and not _unpacked(data)):
        return "the file is empty"
    if name.endswith(".gz") and not packed:
        return "its name ends in .gz, and it is no gzip"
    begin = _unpacked(data, LARGEST_LINE_BYTES) if packed else data[:LARGEST_LINE_BYTES]
    if not packed and begin.lstrip()[:1] not in (b"{", b"["):
        return "it is no JSON: of logs that are not CloudTrail's, --table FILE gives the table's definition"
    return _other_json(begin.lstrip())


def _other_json(begin: bytes) -> str:
    """What is JSON, and none as CloudTrail writes it."""
    if begin.startswith(b"["):
        return 'it is a list; a file of CloudTrail is {"Records": [...]}'
    line, _, rest = begin.partition(b"\n")
    try:
        alone = isinstance(msgspec.json.decode(line), dict)
    except msgspec.DecodeError:
        return ""
    if not (alone and rest.strip()):
        return ""
    return (
        'it has an object a line; a file of CloudTrail is {"Records": [...]}. --table FILE gives a table of '
        "JSON lines, and in the language of Logs Insights they are read as they are"
    )


def _unpacked(data: bytes, most: int = 64) -> bytes:
    """The first bytes of what is packed; `?` where it is damaged."""
    try:
        return zlib.decompressobj(31).decompress(data, most)
    except zlib.error:
        return b"?"
