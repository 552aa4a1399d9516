"""The rows that answer a query, in the shape that is asked for."""

import csv
import io
import json
import shutil
from collections.abc import Sequence

import click

from scenarios.commands.chart import NotAChart, chart
from scenarios.commands.grid import print_grid

CHART = "chart"
FORMS = ("table", "csv", "json", CHART)


def print_rows(
    names: Sequence[str], rows: Sequence[Sequence[str | None]], form: str, *, absent_is_null: bool
) -> None:
    """Print rows of texts under their names.

    Args:
        names: of the columns.
        rows: with a text, or None where there is none, for each column.
        form: one of FORMS. In a table what is absent is a dash; JSON is a line for each row.
        absent_is_null: whether JSON has null for what is absent, or leaves it out.

    Where a chart is wanted and no column has numbers, a table is printed, and a sentence says why.
    """
    if form == "json":
        for row in rows:
            said = zip(names, row, strict=True)
            found = {name: each for name, each in said if absent_is_null or each is not None}
            click.echo(json.dumps(found, ensure_ascii=False))
    elif form == "csv":
        written = io.StringIO()
        csv.writer(written, lineterminator="\n").writerows([names, *rows])
        click.echo(written.getvalue(), nl=False)
    elif form == CHART:
        _print_chart(names, rows)
    else:
        _print_table(names, rows)


def _print_chart(names: Sequence[str], rows: Sequence[Sequence[str | None]]) -> None:
    try:
        lines = chart(names, rows, shutil.get_terminal_size().columns)
    except NotAChart as error:
        click.echo(f"trailwarden: {error}; here is the table", err=True)
        _print_table(names, rows)
        return
    for line in lines:
        click.echo(line)


def _print_table(names: Sequence[str], rows: Sequence[Sequence[str | None]]) -> None:
    print_grid(names, [["-" if each is None else each for each in row] for row in rows])


def counted(count: int, what: str) -> str:
    """`1 row`, `1,234 rows`."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"
