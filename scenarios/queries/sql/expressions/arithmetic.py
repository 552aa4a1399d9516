"""Arithmetic: numbers with Trino's types of the results, and moments with intervals.

Source: https://trino.io/docs/current/functions/decimal.html
"""

from typing import Final

from sqlglot import exp

from scenarios.queries.sql.casts import raised
from scenarios.queries.sql.expressions.translating import Expressions, Handlers
from scenarios.queries.sql.scopes import Typed
from scenarios.queries.sql.types import (
    DAY_TO_SECOND,
    MOMENTS,
    NUMERIC,
    UNKNOWN,
    WHOLE,
    YEAR_TO_MONTH,
    Type,
    as_decimal,
    common,
    decimal,
)

_SIGNS: Final[dict[type[exp.Expression], str]] = {
    exp.Add: "+",
    exp.Sub: "-",
    exp.Mul: "*",
    exp.Div: "/",
    exp.Mod: "%",
}


def _arithmetic(where: Expressions, node: exp.Expression) -> Typed:
    """+, -, *, /, %."""
    return calculated(where, _SIGNS[type(node)], where.typed(node.this), where.typed(node.expression), node)


def calculated(where: Expressions, sign: str, one: Typed, other: Typed, node: exp.Expression) -> Typed:
    """Two values and a sign between them."""
    kind = common(one.type, other.type)
    if kind == UNKNOWN:
        return Typed("NULL", UNKNOWN)
    if kind is not None and kind.name in NUMERIC:
        return _numbers(where, sign, one, other, kind)
    moments = _with_interval(where, sign, one, other)
    if moments is None:
        raise where.fails(
            "TYPE_MISMATCH", node, f"Cannot apply operator: {one.type.shown} {sign} {other.type.shown}"
        )
    return moments


def _numbers(where: Expressions, sign: str, one: Typed, other: Typed, kind: Type) -> Typed:
    if kind.name == "decimal":
        return _decimals(where, sign, one, other)
    left, right = where.coerced(one, kind), where.coerced(other, kind)
    if kind.name in WHOLE:
        if sign not in "/%":
            return Typed(f"({left} {sign} {right})", kind)
        good = f"({left} {'//' if sign == '/' else '%'} {right})"
        return Typed(good if other.value else _by_zero(right, good, kind), kind)
    if sign == "/":
        by_zero = (
            f"CASE WHEN {left} = 0 THEN 'NaN'::DOUBLE WHEN {left} > 0 THEN 'Infinity'::DOUBLE"
            " ELSE '-Infinity'::DOUBLE END"
        )
        return Typed(
            f"CASE WHEN {right} = 0 AND {left} IS NOT NULL THEN {by_zero} ELSE ({left} / {right}) END",
            kind,
        )
    return Typed(f"({left} {sign} {right})", kind)


def _by_zero(right: str, good: str, kind: Type) -> str:
    failing = raised("DIVISION_BY_ZERO", "'Division by zero'", kind)
    return f"CASE WHEN {right} = 0 THEN {failing} ELSE {good} END"


def _decimals(where: Expressions, sign: str, one: Typed, other: Typed) -> Typed:
    """Trino's digits of each result: https://trino.io/docs/current/functions/decimal.html."""
    mine, yours = as_decimal(one.type), as_decimal(other.type)
    digits, scale = _digits(sign, mine, yours)
    kind = decimal(digits, scale)
    left, right = where.coerced(one, mine), where.coerced(other, yours)
    if sign == "/":
        good = _divided(left, mine.scale, right, yours.scale, kind)
        return Typed(_by_zero(right, good, kind), kind)
    good = f"CAST(({left} {sign} {right}) AS {kind.duckdb})"
    return Typed(_by_zero(right, good, kind) if sign == "%" else good, kind)


def _with_interval(where: Expressions, sign: str, one: Typed, other: Typed) -> Typed | None:
    intervals = (DAY_TO_SECOND, YEAR_TO_MONTH)
    if sign in "+-" and one.type.name in MOMENTS and other.type in intervals:
        return Typed(f"CAST(({one.sql} {sign} {other.sql}) AS {one.type.duckdb})", one.type)
    if sign == "+" and one.type in intervals and other.type.name in MOMENTS:
        return _with_interval(where, sign, other, one)
    if sign == "-" and one.type.name in MOMENTS and other.type.name in MOMENTS:
        kind = common(one.type, other.type) or one.type
        left, right = where.coerced(one, kind), where.coerced(other, kind)
        return Typed(f"to_microseconds(epoch_us({left}) - epoch_us({right}))", DAY_TO_SECOND)
    if sign in "+-" and one.type in intervals and one.type == other.type:
        return Typed(f"({one.sql} {sign} {other.sql})", one.type)
    if sign == "*" and one.type in intervals and other.type.name in WHOLE:
        return Typed(f"({one.sql} * {other.sql})", one.type)
    return None


def _minus(where: Expressions, node: exp.Neg) -> Typed:
    """-x."""
    if isinstance(node.this, exp.Literal) and not node.this.is_string:
        found = where.typed(node.this)
        negative = -found.value if isinstance(found.value, (int, float)) else None
        return Typed(f"(- {found.sql})", found.type, negative)
    value = where.typed(node.this)
    if value.type.name not in NUMERIC and value.type not in (DAY_TO_SECOND, YEAR_TO_MONTH, UNKNOWN):
        raise where.fails("TYPE_MISMATCH", node, f"Cannot negate {value.type.shown}")
    return Typed(f"(- {value.sql})", value.type)


def _digits(sign: str, mine: Type, yours: Type) -> tuple[int, int]:
    one, other = mine.length or 38, yours.length or 38
    scale = max(mine.scale, yours.scale)
    if sign in "+-":
        return max(one - mine.scale, other - yours.scale) + scale + 1, scale
    if sign == "*":
        return one + other, mine.scale + yours.scale
    if sign == "/":
        return one + yours.scale + max(0, yours.scale - mine.scale), scale
    return min(one - mine.scale, other - yours.scale) + scale, scale


def _divided(left: str, left_scale: int, right: str, right_scale: int, kind: Type) -> str:
    """A quotient of decimals, the half rounded away from zero, which DuckDB has only in floating point."""
    above = f"(CAST({left} * {10**left_scale} AS HUGEINT) * {10 ** (kind.scale - left_scale + right_scale)})"
    below = f"CAST({right} * {10**right_scale} AS HUGEINT)"
    size = f"((2 * abs({above}) + abs({below})) // (2 * abs({below})))"
    sign = f"CASE WHEN ({above} < 0) <> ({below} < 0) THEN -1 ELSE 1 END"
    unit = f"CAST('{10**-kind.scale:.{kind.scale}f}' AS DECIMAL({kind.scale + 1}, {kind.scale}))"
    return f"CAST(CAST({size} * {sign} AS DECIMAL({38 - kind.scale - 1}, 0)) * {unit} AS {kind.duckdb})"


HANDLERS: Final[Handlers] = {
    **dict.fromkeys(_SIGNS, _arithmetic),
    exp.Neg: _minus,
}
