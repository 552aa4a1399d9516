"""What `parse` and `json` take out of a text.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Parse.html
"""

import csv
import re
from collections.abc import Callable, Iterator
from typing import Any

from scenarios.queries.errors import MalformedQuery
from scenarios.queries.insights import regexes
from scenarios.queries.insights.functions.json_values import parsed
from scenarios.queries.insights.syntax import Parse
from scenarios.queries.insights.values import Written, below, is_structure

Extract = Callable[[Any], Iterator[dict[str, Any]]]
"""The fields that come out of a value: once, or more often with `multi`; not at all where nothing fits."""

_PAIR = re.compile(r'([^\s="]+)(?:=(?:"((?:\\.|[^"\\])*)"|(\S*)))?')
_ESCAPED = re.compile(r"\\(.)")


def names(command: Parse) -> list[str]:
    """The names that a parse makes."""
    if command.mode == "regex" and not command.aliases:
        return list(_regex(command).groupindex)
    return [alias.name for alias in command.aliases]


def extractor(command: Parse, *, lazy: bool) -> Extract:
    """What takes the fields out of a text. Raises MalformedQuery for a pattern that doesn't fit its names."""
    made = names(command)
    if command.mode in ("glob", "regex"):
        pattern = regexes.glob(command.pattern, lazy=lazy) if command.mode == "glob" else _regex(command)
        if not made or pattern.groups < len(made):
            raise MalformedQuery(
                "parse needs a group in its regex for each name", command.start, command.start + 4
            )
        return _of_pattern(pattern, made, multi=command.multi)
    if command.mode == "logfmt":
        return lambda text: iter([{made[0]: _logfmt(text)}])
    if command.mode == "csv":
        return lambda text: iter([_csv(text, made)])
    return lambda value: _inside(value, command.pattern, made[0])


def _regex(command: Parse) -> re.Pattern[str]:
    return regexes.compiled(command.pattern, command.start, command.start + len(command.word))


def _of_pattern(pattern: re.Pattern[str], made: list[str], *, multi: bool) -> Extract:
    groups = [pattern.groupindex.get(name, number) for number, name in enumerate(made, start=1)]
    pairs = list(zip(made, groups, strict=True))

    def extract(text: str) -> Iterator[dict[str, Any]]:
        for found in pattern.finditer(text):
            yield {name: found[group] for name, group in pairs if found[group] is not None}
            if not multi:
                return

    return extract


def _logfmt(text: str) -> dict[str, Any]:
    return {
        name: _ESCAPED.sub(r"\1", quoted) if quoted else plain for name, quoted, plain in _PAIR.findall(text)
    }


def _csv(text: str, made: list[str]) -> dict[str, str]:
    try:
        row = next(csv.reader([text], skipinitialspace=True), [])
    except csv.Error:
        return {}
    return dict(zip(made, (cell.strip() for cell in row), strict=False))


def _inside(value: Any, path: str, name: str) -> Iterator[dict[str, Any]]:
    inside = below(value if is_structure(value) else parsed(value), path.split("."))
    if inside is not None:
        yield {name: Written(inside) if inside.__class__ is float else inside}
