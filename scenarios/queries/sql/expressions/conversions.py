"""CAST, literals with a type such as DATE '2026-01-01', and time zones."""

import re
from datetime import UTC, datetime
from typing import Final

from sqlglot import exp

from scenarios.queries.sql import types
from scenarios.queries.sql.casts import cast
from scenarios.queries.sql.errors import QueryFailed, SqlNotSimulated
from scenarios.queries.sql.expressions.literals import decimal_literal
from scenarios.queries.sql.expressions.translating import Expressions, Handlers
from scenarios.queries.sql.parsing import place
from scenarios.queries.sql.scopes import Typed
from scenarios.queries.sql.types import TIMESTAMP, TIMESTAMP_TZ, Type

_LITERAL: Final = re.compile(
    r"([-+]?\d{4,})-(\d{1,2})-(\d{1,2})(?: (?:(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.\d+)?)?)?\s*\S*)?"
)
_ZONED: Final = re.compile(r"\S+ (?:[\d:.]+\s*)?[^\d\s:.]\S*")
_DECIMAL: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)")


def _conversion(where: Expressions, node: exp.Cast) -> Typed:
    """CAST, TRY_CAST, and typed literals such as DATE '2026-01-01'."""
    value = where.typed(node.this)
    written = node.to.sql("trino")
    if written == "DECIMAL" and isinstance(value.value, str) and _is_literal(where, node):
        if not _DECIMAL.fullmatch(value.value):
            raise _no_literal(where, node, "decimal", value.value, "DECIMAL")
        return decimal_literal(value.value)
    kind = _timestamp(node.to) or types.read(written)
    moment = kind.name in (TIMESTAMP.name, TIMESTAMP_TZ.name) and isinstance(value.value, str)
    if moment and not _is_moment(value.value) and _typed_by(where, node, "timestamp") is not None:
        raise _no_literal(where, node, "timestamp", value.value, "timestamp")
    if moment and _ZONED.fullmatch(value.value) and _typed_by(where, node, "timestamp") is not None:
        kind = TIMESTAMP_TZ
    try:
        sql = cast(value.sql, value.type, kind)
    except QueryFailed as mismatch:
        raise where.fails(mismatch.name, node, mismatch.message) from None
    if isinstance(node, exp.TryCast):
        sql = f"TRY({sql})"
    return Typed(sql, kind)


def _is_literal(where: Expressions, node: exp.Cast) -> bool:
    """Whether it is DECIMAL '1.50', of two digits behind the point, which sqlglot reads like a CAST."""
    start, end = (node.this.meta.get(each, -1) for each in ("start", "end"))
    quoted_text = "'" + str(node.this.this).replace("'", "''") + "'"
    if where.text[start : end + 1] != quoted_text:
        raise SqlNotSimulated("a text as a decimal in a parameter")
    return _typed_by(where, node, "decimal") is not None


def _typed_by(where: Expressions, node: exp.Cast, word: str) -> int | None:
    """Where the type stands in front of a literal's text; None for a CAST."""
    found = re.search(rf"\b{word}\s*\Z", where.text[: node.this.meta.get("start", 0)], re.IGNORECASE)
    return found.start() if found else None


def _no_literal(where: Expressions, node: exp.Cast, word: str, value: str, shown: str) -> QueryFailed:
    """Trino's error about the text of a literal with a type, from Trino's ExpressionAnalyzer."""
    at = place(where.text, _typed_by(where, node, word) or 0)
    return QueryFailed("INVALID_LITERAL", f"{at}: '{value}' is not a valid {shown} literal")


def _in_zone(where: Expressions, node: exp.AtTimeZone) -> Typed:
    """AT TIME ZONE 'UTC': no other zone is kept here."""
    zone = node.args["zone"]
    value = where.typed(node.this)
    if not isinstance(zone, exp.Literal) or zone.name.upper() not in (
        "UTC",
        "GMT",
        "Z",
        "+00:00",
        "ETC/UTC",
    ):
        raise SqlNotSimulated("AT TIME ZONE with a zone that isn't UTC")
    if value.type.name not in ("timestamp", "timestamp with time zone"):
        raise where.fails(
            "TYPE_MISMATCH",
            node,
            "Type of value must be a time or timestamp with or without time zone"
            f" (actual {value.type.shown})",
        )
    return Typed(where.coerced(value, TIMESTAMP_TZ), TIMESTAMP_TZ)


def _is_moment(written: str) -> bool:
    """Whether a text is a timestamp as Trino reads it; one of a year that Python can't have counts as one."""
    found = _LITERAL.fullmatch(written)
    if found is None:
        return False
    year, month, day, hour, minute, second = (int(each or 0) for each in found.groups())
    try:
        datetime(year if 1 <= year <= 9999 else 2000, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return False
    return True


def _timestamp(kind: exp.DataType) -> Type | None:
    """A type of moments, which sqlglot has its own names for."""
    names = {
        exp.DataType.Type.TIMESTAMP: TIMESTAMP,
        exp.DataType.Type.TIMESTAMPNTZ: TIMESTAMP,
        exp.DataType.Type.TIMESTAMPTZ: TIMESTAMP_TZ,
    }
    found = names.get(kind.this)
    if found is None:
        return None
    digits = int(kind.expressions[0].name) if kind.expressions else 3
    return Type(found.name, length=digits)


HANDLERS: Final[Handlers] = {
    exp.Cast: _conversion,
    exp.TryCast: _conversion,
    exp.AtTimeZone: _in_zone,
}
