"""Functions of dates and timestamps: reading and writing them, units of time.

Source: https://trino.io/docs/current/functions/datetime.html
"""

from collections.abc import Callable, Sequence
from typing import Final

from sqlglot import exp

from scenarios.queries.sql.casts import ISO_MOMENT, cast, checked, in_utc
from scenarios.queries.sql.date_formats import java_format, mysql_format
from scenarios.queries.sql.errors import QueryFailed, SqlNotSimulated
from scenarios.queries.sql.expressions.translating import Expressions
from scenarios.queries.sql.functions.arguments import How, Special, all_texts, literal_text
from scenarios.queries.sql.scopes import Typed
from scenarios.queries.sql.types import (
    BIGINT,
    DATE,
    MOMENTS,
    TIMESTAMP,
    TIMESTAMP_TZ,
    VARCHAR,
    WHOLE,
    Type,
    common,
    text,
)


def _now(where: Expressions, _: exp.Expression, __: Sequence[exp.Expression]) -> Typed:
    return Typed(where.now_as(TIMESTAMP_TZ), TIMESTAMP_TZ)


def _iso(kind: Type) -> How:
    def how(where: Expressions, node: exp.Expression, arguments: Sequence[exp.Expression]) -> Typed:
        (value,) = all_texts(where, node, arguments, "from_iso8601_timestamp")
        good = f"TRY_CAST(tw_iso({value.sql}) AS {kind.duckdb})"
        holds = f"regexp_full_match({value.sql}, {text(ISO_MOMENT)}) AND {good} IS NOT NULL"
        words = f"'Invalid format: \"' || {value.sql} || '\"'"
        if kind != DATE:
            good = in_utc(value.sql, f"date_trunc('millisecond', {good})", kind)
        return Typed(checked(value.sql, holds, good, ("INVALID_FUNCTION_ARGUMENT", words), kind), kind)

    return how


def _date(where: Expressions, node: exp.Expression, arguments: Sequence[exp.Expression]) -> Typed:
    value = where.typed(arguments[0])
    if value.type.bare.name not in ("varchar", *MOMENTS, "unknown"):
        raise where.unfit("date", node, [value.type])
    return Typed(cast(value.sql, value.type, DATE), DATE)


def _parsed_by(formats: Callable[[str], str], kind: Type, name: str) -> How:
    def how(where: Expressions, node: exp.Expression, arguments: Sequence[exp.Expression]) -> Typed:
        value, form = all_texts(where, node, arguments, name)
        written = formats(literal_text(form, f"a format of {name}"))
        good = f"CAST(try_strptime({value.sql}, {text(written)}) AS {kind.duckdb})"
        if "%z" in written:
            if not written.endswith("%z"):
                raise SqlNotSimulated(f"an offset in the middle of the format of {name}")
            good = in_utc(value.sql, good, kind)
        words = f"'Invalid format: \"' || {value.sql} || '\"'"
        return Typed(
            checked(value.sql, f"{good} IS NOT NULL", good, ("INVALID_FUNCTION_ARGUMENT", words), kind), kind
        )

    return how


def _formatted_by(formats: Callable[[str], str], name: str) -> How:
    def how(where: Expressions, node: exp.Expression, arguments: Sequence[exp.Expression]) -> Typed:
        value, form = (where.typed(each) for each in arguments)
        if value.type.name not in (*MOMENTS, "unknown"):
            raise where.unfit(name, node, [value.type, form.type])
        written = formats(literal_text(form, f"a format of {name}"))
        written = written.replace("%z", "+0000")  # every moment here is in UTC
        moment = value.sql if value.type.name in MOMENTS else "CAST(NULL AS TIMESTAMP)"
        return Typed(f"strftime({moment}, {text(written)})", VARCHAR)

    return how


_PARTS: Final = ("millisecond", "second", "minute", "hour", "day", "week", "month", "quarter", "year")


_OF_DATES: Final = ("day", "week", "month", "quarter", "year")


def _unit(where: Expressions, argument: exp.Expression, kind: Type) -> str:
    """A unit of time that a value of this type has."""
    written = literal_text(where.typed(argument), "a unit of time")
    unit = written.lower()
    if unit not in (_OF_DATES if kind == DATE else _PARTS):
        named = "DATE" if kind == DATE else "TIMESTAMP"
        raise QueryFailed("INVALID_FUNCTION_ARGUMENT", f"'{written}' is not a valid {named} field")
    return unit


def _moment(
    where: Expressions, node: exp.Expression, arguments: Sequence[exp.Expression], place: int, name: str
) -> Typed:
    """The argument at this place, which must be a date or a timestamp."""
    value = where.typed(arguments[place])
    if value.type.name not in MOMENTS:
        raise where.unfit(name, node, [where.typed(each).type for each in arguments])
    return value


def _date_trunc(where: Expressions, node: exp.Expression, arguments: Sequence[exp.Expression]) -> Typed:
    value = _moment(where, node, arguments, 1, "date_trunc")
    unit = _unit(where, arguments[0], value.type)
    return Typed(f"CAST(date_trunc('{unit}', {value.sql}) AS {value.type.duckdb})", value.type)


def _date_add(where: Expressions, node: exp.Expression, arguments: Sequence[exp.Expression]) -> Typed:
    value, number = _moment(where, node, arguments, 2, "date_add"), where.typed(arguments[1])
    unit = _unit(where, arguments[0], value.type)
    if number.type.name not in WHOLE:
        raise where.unfit("date_add", node, [where.typed(each).type for each in arguments])
    each = "INTERVAL 3 MONTH" if unit == "quarter" else f"INTERVAL 1 {unit.upper()}"
    return Typed(f"CAST(({value.sql} + {each} * {number.sql}) AS {value.type.duckdb})", value.type)


def _date_diff(where: Expressions, node: exp.Expression, arguments: Sequence[exp.Expression]) -> Typed:
    one, other = (_moment(where, node, arguments, place, "date_diff") for place in (1, 2))
    kind = common(one.type, other.type)
    if kind is None:
        raise where.unfit("date_diff", node, [where.typed(each).type for each in arguments])
    unit = _unit(where, arguments[0], kind)
    return Typed(f"datesub('{unit}', {where.coerced(one, kind)}, {where.coerced(other, kind)})", BIGINT)


FUNCTIONS: Final = {
    "now": Special(_now, 0, 0),
    "from_iso8601_timestamp": Special(_iso(TIMESTAMP_TZ), 1, 1),
    "from_iso8601_date": Special(_iso(DATE), 1, 1),
    "date": Special(_date, 1, 1),
    "date_parse": Special(_parsed_by(mysql_format, TIMESTAMP, "date_parse"), 2, 2),
    "date_format": Special(_formatted_by(mysql_format, "date_format"), 2, 2),
    "parse_datetime": Special(_parsed_by(java_format, TIMESTAMP_TZ, "parse_datetime"), 2, 2),
    "format_datetime": Special(_formatted_by(java_format, "format_datetime"), 2, 2),
    "date_trunc": Special(_date_trunc, 2, 2),
    "date_add": Special(_date_add, 3, 3),
    "date_diff": Special(_date_diff, 3, 3),
}
