"""Athena's table over a format: the CREATE EXTERNAL TABLE that its fields come to.

Columns have the names and types of AWS's pages where these have the field; lines with quotes are read by a
regular expression, whose last fields may be missing, since AWS adds fields at the end.

Sources: https://docs.aws.amazon.com/athena/latest/ug/querying-aws-service-logs.html,
https://docs.aws.amazon.com/athena/latest/ug/regex-serde.html
"""

from collections.abc import Iterator
from typing import Final

from scenarios.service_logs.api_gateway import AccessLog
from scenarios.service_logs.fields import Column, Field, Format, Shape

_JSON: Final = "ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe'"
_REGEX: Final = "org.apache.hadoop.hive.serde2.RegexSerDe"
_WORD, _QUOTED = "([^ ]*)", r'"((?:[^"\\]|\\.)*)"'


def create(form: Format, name: str, location: str) -> str:
    """The statement that makes a table of this name over the files at a location."""
    columns = ", ".join(f"`{each}` {kind}" for each, kind in _columns(form))
    return (
        f"CREATE EXTERNAL TABLE `{name}` ({columns}) {_rows(form)} LOCATION '{location}'{_properties(form)}"
    )


def of_parquet(form: Format, name: str, location: str) -> str:
    """The same over Parquet files, whose columns are found by their names."""
    columns = ", ".join(f"`{each}` {kind}" for each, kind in _columns(form))
    return f"CREATE EXTERNAL TABLE `{name}` ({columns}) STORED AS PARQUET LOCATION '{location}'"


def of_access_log(log: AccessLog, name: str, location: str) -> str:
    """The same over access logs of API Gateway, in the format that their stage has; every column is a text.

    A format that is a JSON object has its keys as columns, another one its variables, such as
    `identity_sourceip`. Raises NotThisFormat where two would have one name.
    """
    columns = ", ".join(f"`{each}` string" for each in log.columns)
    rows = _JSON if log.is_json else _by(log.pattern)
    return f"CREATE EXTERNAL TABLE `{name}` ({columns}) {rows} LOCATION '{location}'"


def _columns(form: Format) -> Iterator[tuple[str, str]]:
    for field in form.fields:
        parts = field.columns or (Column(name=field.in_sql, type=field.type),)
        for column in parts:
            yield column.name, field.holds or column.type.value


def _rows(form: Format) -> str:
    if form.shape is Shape.JSON:
        return _JSON
    if not any(field.around or field.columns for field in form.fields):
        delimiter = "\\t" if form.separator == "\t" else form.separator
        return f"ROW FORMAT DELIMITED FIELDS TERMINATED BY '{delimiter}'"
    return _by(_pattern(form))


def _by(pattern: str) -> str:
    written = pattern.replace("\\", "\\\\").replace("'", "\\'")
    return f"ROW FORMAT SERDE '{_REGEX}' WITH SERDEPROPERTIES ('input.regex' = '{written}')"


def _pattern(form: Format) -> str:
    """A regular expression for a line; a group for each column."""
    patterns = [_of_field(each) for each in form.fields]
    always = form.separator.join(patterns[: form.required])
    optional = "".join(f"(?:{form.separator}{each})?" for each in patterns[form.required :])
    return f"{always}{optional}.*"


def _of_field(field: Field) -> str:
    if field.pattern:
        return field.pattern
    if field.around == '""':
        return rf"(?:{_QUOTED}|-)"
    return r"\[(.*?)\]" if field.around else _WORD


def _properties(form: Format) -> str:
    lines = len(form.head())
    return f" TBLPROPERTIES ('skip.header.line.count' = '{lines}')" if lines else ""
