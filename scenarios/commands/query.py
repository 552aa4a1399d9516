"""`trailwarden query`: a question to logs in files, in the language of Logs Insights or in Athena's SQL."""

import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from chalicelib.questions import Question, questions
from chalicelib.wording import safe, size
from scenarios.commands import query_hints, query_on_aws, query_sql
from scenarios.commands.answer_rows import CHART, FORMS, counted, print_rows
from scenarios.commands.caret import caret
from scenarios.commands.common_options import named_values
from scenarios.commands.given_files import bytes_in
from scenarios.commands.query_on_aws import OnAws, on_aws_options
from scenarios.commands.record_options import INTERRUPTED, Pace, left_by_interrupt, range_of, ranged
from scenarios.queries.insights import (
    Event,
    MalformedQuery,
    Query,
    QueryFailed,
    QueryNotSimulated,
    Source,
    Window,
)
from scenarios.queries.insights.parser import LARGEST_LIMIT
from scenarios.records.log_events import LogFiles
from scenarios.records.sift import Counts
from scenarios.records.sources import STANDARD_INPUT, File, Range
from scenarios.runner.show.progress import progress

LARGEST_TEXT_BYTES = 1 << 16
SAMPLE = 1_000  # events whose fields are held against the names in the query


@click.command()
@click.argument("question", metavar="QUERY", required=False)
@click.argument("names", metavar="[FILE]...", nargs=-1)
@click.option("--questions", "lists", is_flag=True, help="List the questions that have a name.")
@click.option(
    "--set",
    "values",
    multiple=True,
    callback=named_values,
    metavar="NAME=VALUE",
    help="A value that a question needs.",
)
@click.option(
    "--text", "only_text", is_flag=True, help="Print the query's text, to paste into the console, and stop."
)
@click.option(
    "--table",
    "definition",
    default="",
    metavar="FILE",
    help="For SQL: the CREATE EXTERNAL TABLE of the one table, or an access log format of API Gateway.",
)
@click.option(
    "--limit", type=click.IntRange(1, LARGEST_LIMIT), help="At most so many rows.  [default: 10000]"
)
@ranged
@on_aws_options
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMS),
    default="table",
    show_default=True,
    help="The form of what is printed; a chart is drawn of text.",
)
@click.option("--chart", is_flag=True, help="The same as --format chart.")
def command(
    question: str | None,
    names: Sequence[str],
    *,
    lists: bool,
    values: Mapping[str, str],
    only_text: bool,
    definition: str,
    limit: int | None,
    since: str,
    until: str,
    form: str,
    chart: bool,
    on_aws: bool,
    **account: Any,
) -> int:
    """Ask logs in files, in the language of CloudWatch Logs Insights or in Athena's SQL.

    QUERY is such a query, a file with one, or the name of a question (--questions lists them). A FILE is a
    log file of CloudTrail, JSON lines, lines of any log, packed or not, or a folder or s3:// prefix of them;
    '-' is standard input, which is also read when there is none. With --on-aws there is no FILE: Logs
    Insights or Athena answers, after the price was said and agreed to. Exits with 2 if the query is
    malformed, or something could not be read.
    """
    if lists:
        _list_questions()
        return 0
    if question is None or not question.strip():
        raise click.UsageError("there is no query; --questions lists those that have a name")
    text = _text(question, values)
    if only_text:
        click.echo(text)
        return 0
    asked = OnAws(**account)
    if asked.given and not on_aws:
        raise click.UsageError(f"{asked.given[0]} is for --on-aws")
    if on_aws and (names or definition):
        raise click.UsageError("with --on-aws AWS has the logs: leave files and --table out")
    return _answer(
        text,
        tuple(names),
        definition=definition,
        time_range=(since, until),
        limit=limit,
        form=CHART if chart else form,
        on_aws=asked if on_aws else None,
    )


def _answer(
    text: str,
    names: tuple[str, ...],
    *,
    definition: str,
    time_range: tuple[str, str],
    limit: int | None,
    form: str,
    on_aws: OnAws | None,
) -> int:
    """Ask in the language of the text, on AWS or of files."""
    if query_hints.is_sql(text):
        if limit or any(time_range):
            raise click.UsageError(
                "in SQL, LIMIT and WHERE say how many and from when; leave these options out"
            )
        if on_aws:
            return query_on_aws.athena(text, on_aws, form)
        return query_sql.ask(text, _named(names), definition=definition, form=form)
    if definition:
        raise click.UsageError("--table is for SQL, and this query is in the language of Logs Insights")
    if on_aws:
        return query_on_aws.insights(text, on_aws, range_of(*time_range), limit, form)
    return _ask(text, _named(names), range_of(*time_range), limit, form)


def _named(names: tuple[str, ...]) -> tuple[str, ...]:
    """What is asked: the files, or standard input, unless that is a keyboard."""
    if not names and sys.stdin.isatty():
        raise click.UsageError(
            "no FILE is named: name log files, a folder or an s3:// prefix behind the query"
        )
    return names or (STANDARD_INPUT,)


# ---- the query -----------------------------------------------------------------------------------


def _list_questions() -> None:
    for each in questions().values():
        needs = "".join(f" --set {name}=..." for name in each.needs)
        click.echo(f"{each.name}{needs}\n    {each.title}")


def _text(question: str, values: Mapping[str, str]) -> str:
    named = questions().get(question)
    if named is not None:
        return _filled(named, values)
    if values:
        raise click.UsageError("--set gives values to a question that has a name; this query has none")
    return _in_file(question) if _is_file(question) else question


def _in_file(name: str) -> str:
    """The query in a file; a log file in the query's place is said to be one."""
    try:
        text = bytes_in(name, LARGEST_TEXT_BYTES).decode()
    except UnicodeError:
        text = None
    if text is None or text.lstrip()[:1] in ("{", "["):
        raise click.UsageError(f"{safe(name)} has no query in it; the query comes first, its files behind it")
    return text


def _filled(question: Question, values: Mapping[str, str]) -> str:
    missing = question.needs.keys() - values.keys()
    if missing:
        name = min(missing)
        raise click.UsageError(f"{question.name} needs --set {name}=..., {question.needs[name]}")
    unknown = values.keys() - question.needs.keys()
    if unknown:
        raise click.UsageError(f"{question.name} has no value {safe(min(unknown))}")
    empty = sorted(name for name, value in values.items() if not value.strip())
    if empty:
        raise click.UsageError(
            f"--set {empty[0]}= is empty, and would fit everything: {question.needs[empty[0]]} is wanted"
        )
    return question.filled(values)


def _is_file(name: str) -> bool:
    try:
        return Path(name).is_file()
    except (OSError, ValueError):  # too long for a name, or with a NUL in it
        return False


# ---- asking --------------------------------------------------------------------------------------


def _ask(text: str, names: tuple[str, ...], within: Range, limit: int | None, form: str) -> int:
    complaints: list[str] = []
    counts = Counts()
    sample: list[str] = []
    with progress() as line, left_by_interrupt() as left:
        pace = Pace(names, line)

        def came(file: File, count: int) -> None:
            counts.bytes += count
            pace.read(file, counts)

        def events(source: Source | None) -> Iterable[Event]:
            """The files of the command, or those that the query's SOURCE names."""
            of = names if source is None or not source.groups else source.groups
            read = LogFiles(tuple(of), within, came, complaints)
            for event in read.events():
                counts.records += 1
                if len(sample) < SAMPLE:
                    sample.append(event.message)
                yield event

        try:
            query = Query(text)
            result = query.run(events, _window(within), limit)
        except (MalformedQuery, QueryNotSimulated, QueryFailed) as error:
            line.gone()
            _refuse(text, error)
            return 2
    if left:
        click.echo("trailwarden: interrupted", err=True)
        return INTERRUPTED
    rows = [[row.get(name) for name in result.columns] for row in result.rows]
    print_rows(result.columns, rows, form, absent_is_null=False)
    for complaint in dict.fromkeys(complaints):
        hint = query_hints.of_file(complaint.partition(": no such file")[0])
        click.echo(f"trailwarden: {safe(complaint, 400)}{hint and f' ({hint})'}", err=True)
    read = result.statistics
    if complaints and not read.scanned:
        return 2
    click.echo(
        f"{counted(len(rows), 'row')}; {counted(read.scanned, 'event')} read ({size(counts.bytes)}), "
        f"{read.matched:,} matched",
        err=True,
    )
    some_empty = not rows or any(all(row[at] is None for row in rows) for at in range(len(result.columns)))
    every = some_empty and read.scanned <= len(sample)
    for note in query_hints.of_fields(text, result.wanted, sample, every=every):
        click.echo(f"trailwarden: {note}", err=True)
    return 2 if complaints else 0


def _window(within: Range) -> Window:
    now = int(time.time())
    start = 0 if within.since is None else int(within.since.timestamp() * 1000)
    end = now * 1000 if within.until is None else int(within.until.timestamp() * 1000)
    return Window(now=now, start=start, end=end)


def _refuse(text: str, error: Exception) -> None:
    """Say why, and put a caret under the place."""
    if not isinstance(error, MalformedQuery):
        click.echo(f"trailwarden: {safe(str(error), 400)}", err=True)
        return
    hint = query_hints.of_insights(text, text[error.start : error.end + 1])
    click.echo(f"trailwarden: the query: {safe(str(error), 400)}{hint and f': {hint}'}", err=True)
    for line in caret(text, error.start):
        click.echo(f"  {line}", err=True)
