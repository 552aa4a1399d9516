"""Literals: texts, numbers, truths, intervals, arrays, and the words for the moment of the query."""

import re
from typing import Final

from sqlglot import exp

from scenarios.queries.sql import types
from scenarios.queries.sql.errors import SqlNotSimulated
from scenarios.queries.sql.expressions.translating import Expressions, Handlers
from scenarios.queries.sql.scopes import Typed
from scenarios.queries.sql.types import (
    BIGINT,
    BOOLEAN,
    DATE,
    DAY_TO_SECOND,
    DOUBLE,
    INTEGER,
    TIMESTAMP,
    TIMESTAMP_TZ,
    UNKNOWN,
    VARBINARY,
    YEAR_TO_MONTH,
    Type,
    array,
    decimal,
)

_NUMBER: Final = re.compile(r"\d+|(\d+\.\d*|\.\d+|\d+)([eE][+-]?\d+)?")
_UNITS: Final = ("SECOND", "MINUTE", "HOUR", "DAY", "WEEK", "MONTH", "YEAR")


def _literal(where: Expressions, node: exp.Literal) -> Typed:
    """A text or a number."""
    if node.is_string:
        kind = Type("varchar", length=len(node.this))
        return Typed(types.text(node.this), kind, node.this)
    return _number(where, node, str(node.this))


def _number(where: Expressions, node: exp.Expression, written: str) -> Typed:
    if not _NUMBER.fullmatch(written):
        raise where.fails("SYNTAX_ERROR", node, f"Invalid numeric literal: {written}")
    if "e" in written.lower():
        return Typed(f"CAST({float(written)!r} AS DOUBLE)", DOUBLE, float(written))
    if "." in written:
        return decimal_literal(written)
    number = int(written)
    if number > 2**63 - 1:
        raise where.fails("INVALID_LITERAL", node, f"Invalid numeric literal: {written}")
    kind = INTEGER if number < 2**31 else BIGINT
    return Typed(f"CAST({number} AS {kind.duckdb})", kind, number)


def _true(where: Expressions, node: exp.Boolean) -> Typed:
    """TRUE or FALSE."""
    return Typed("true" if node.this else "false", BOOLEAN, bool(node.this))


def _null(where: Expressions, _: exp.Null) -> Typed:
    """NULL."""
    return Typed("NULL", UNKNOWN)


def _hexadecimal(where: Expressions, node: exp.HexString) -> Typed:
    """X'00FF'."""
    try:
        data = bytes.fromhex(node.name)
    except ValueError:
        raise where.fails("SYNTAX_ERROR", node, f"Invalid binary literal: {node.name}") from None
    return Typed("'" + "".join(f"\\x{each:02X}" for each in data) + "'::BLOB", VARBINARY)


def _interval(where: Expressions, node: exp.Interval) -> Typed:
    """INTERVAL '1' DAY."""
    unit = node.text("unit").upper().rstrip("S")
    written = node.this.name if node.this is not None else ""
    sign = -1 if written.startswith("-") else 1
    if unit not in _UNITS or not written.lstrip("+-").isdigit():
        raise SqlNotSimulated(f"the interval {node.sql('trino')}")
    kind = YEAR_TO_MONTH if unit in ("MONTH", "YEAR") else DAY_TO_SECOND
    return Typed(f"INTERVAL '{sign * int(written.lstrip('+-'))} {unit}'", kind)


def _array(where: Expressions, node: exp.Array) -> Typed:
    """ARRAY[..]."""
    values, kind = where.alike(node.expressions, "All ARRAY elements must be the same type")
    return Typed(f"CAST([{', '.join(values)}] AS {kind.duckdb}[])", array(kind))


def _moment(where: Expressions, node: exp.Expression) -> Typed:
    """CURRENT_TIMESTAMP, CURRENT_DATE, LOCALTIMESTAMP."""
    if isinstance(node, exp.CurrentDate):
        return Typed(f"DATE '{where.now:%Y-%m-%d}'", DATE)
    kind = TIMESTAMP if isinstance(node, exp.Localtimestamp) else TIMESTAMP_TZ
    return Typed(where.now_as(kind), kind)


def decimal_literal(written: str) -> Typed:
    """A decimal of as many digits as are written."""
    whole, _, behind = written.lstrip("+-").partition(".")
    kind = decimal(len((whole + behind).lstrip("0") or behind or "0"), len(behind))
    return Typed(f"CAST('{written}' AS {kind.duckdb})", kind)


HANDLERS: Final[Handlers] = {
    exp.Literal: _literal,
    exp.Boolean: _true,
    exp.Null: _null,
    exp.HexString: _hexadecimal,
    exp.Interval: _interval,
    exp.Array: _array,
    exp.CurrentTimestamp: _moment,
    exp.CurrentDate: _moment,
    exp.Localtimestamp: _moment,
}
