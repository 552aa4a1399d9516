"""Columns side by side for a terminal: numbers at the right, and no control character gets through."""

import re
from collections.abc import Sequence

import click

from chalicelib.wording import safe

WIDEST_CELL = 200
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


def print_grid(names: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows of texts under their names; nothing where there is no row. A dash is no value."""
    if not rows:
        return
    cells = [[safe(each, WIDEST_CELL) for each in row] for row in rows]
    shown = [safe(name, WIDEST_CELL) for name in names]
    widths = [max(map(len, column)) for column in zip(shown, *cells, strict=True)]
    right = [
        all(_NUMBER.fullmatch(cell) or cell == "-" for cell in column) for column in zip(*cells, strict=True)
    ]
    rule = ["-" * width for width in widths]
    for row in (shown, rule, *cells):
        padded = (
            cell.rjust(width) if at_right else cell.ljust(width)
            for cell, width, at_right in zip(row, widths, right, strict=True)
        )
        click.echo("  ".join(padded).rstrip())
