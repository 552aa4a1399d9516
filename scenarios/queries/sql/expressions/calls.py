"""Calls of functions, those that are written in another way than name(..), and elements by their place."""

from typing import Final

from sqlglot import exp

from scenarios.queries.sql.casts import raised
from scenarios.queries.sql.errors import SqlNotSimulated
from scenarios.queries.sql.expressions.translating import Expressions, Handlers
from scenarios.queries.sql.scopes import Typed
from scenarios.queries.sql.types import UNKNOWN, VARCHAR, WHOLE, common


def _joined(where: Expressions, node: exp.DPipe) -> Typed:
    """||: it is the function concat."""
    return where.call(where, "concat", node, [node.this, node.expression])


def _extraction(where: Expressions, node: exp.Extract) -> Typed:
    """EXTRACT(YEAR FROM x): the function year."""
    return where.call(where, node.name.lower(), node, [node.expression])


def _element(where: Expressions, node: exp.Bracket) -> Typed:
    """a[i] of an array, a map or a row; outside of it is an error."""
    if len(node.expressions) != 1:
        raise SqlNotSimulated("a subscript with several values")
    value, at = where.typed(node.this), where.typed(node.expressions[0])
    if value.type.name == "map":
        return _of_map(where, value, at, node)
    if value.type.name == "row" and isinstance(at.value, int):
        if not 1 <= at.value <= len(value.type.of):
            raise where.fails(
                "INVALID_FUNCTION_ARGUMENT",
                node,
                f"Invalid subscript index: {at.value}. ROW indices start at 1",
            )
        return Typed(f"struct_extract_at({value.sql}, {at.value})", value.type.of[at.value - 1])
    if value.type.name != "array" or at.type.name not in WHOLE:
        raise where.fails(
            "TYPE_MISMATCH", node, f"Cannot use {at.type.shown} for subscript of {value.type.shown}"
        )
    kind = value.type.of[0]
    name = "INVALID_FUNCTION_ARGUMENT"
    zero = raised(name, "'SQL array indices start at 1'", kind)
    negative = raised(name, f"'Array subscript is negative: ' || {at.sql}", kind)
    most = f"len({value.sql})"
    beyond = f"'Array subscript must be less than or equal to array length: ' || {at.sql} || ' > ' || {most}"
    sql = (
        f"CASE WHEN {value.sql} IS NULL OR {at.sql} IS NULL THEN NULL WHEN {at.sql} = 0 THEN {zero}"
        f" WHEN {at.sql} < 0 THEN {negative} WHEN {at.sql} > {most} THEN {raised(name, beyond, kind)}"
        f" ELSE {value.sql}[{at.sql}] END"
    )
    return Typed(sql, kind)


def _of_map(where: Expressions, value: Typed, at: Typed, node: exp.Expression) -> Typed:
    key, kind = value.type.of
    if common(key, at.type) is None:
        raise where.fails(
            "TYPE_MISMATCH", node, f"Cannot use {at.type.shown} for subscript of {value.type.shown}"
        )
    wanted = where.coerced(at, key)
    missing = raised("INVALID_FUNCTION_ARGUMENT", f"'Key not present in map: ' || {wanted}", kind)
    return Typed(
        f"CASE WHEN {value.sql} IS NULL OR {wanted} IS NULL THEN NULL"
        f" WHEN NOT map_contains({value.sql}, {wanted}) THEN {missing} ELSE {value.sql}[{wanted}] END",
        kind,
    )


def _call(where: Expressions, node: exp.Anonymous) -> Typed:
    """name(..)."""
    name = node.this if isinstance(node.this, str) else node.this.name
    return where.call(where, str(name).lower(), node, node.expressions)


def _special(where: Expressions, node: exp.Expression) -> Typed:
    """Functions whose arguments are not plain: TRIM(x), POSITION(a IN b), SUBSTRING(a FROM 1)."""
    if isinstance(node, exp.Trim):
        return _trimmed(where, node)
    if isinstance(node, exp.StrPosition):
        return where.call(where, "strpos", node, [node.this, node.args["substr"]])
    given = [node.this, node.args.get("start"), node.args.get("length")]
    return where.call(where, "substr", node, [each for each in given if each is not None])


def _trimmed(where: Expressions, node: exp.Trim) -> Typed:
    """TRIM; with characters it takes away each of them, at one end or at both."""
    how = {"LEADING": "ltrim", "TRAILING": "rtrim"}.get(str(node.args.get("position") or "").upper(), "trim")
    value = where.call(where, how, node, [node.this])
    characters = node.args.get("expression")
    if characters is None:
        return value
    whole, taken = where.typed(node.this), where.typed(characters)
    if taken.type.bare not in (VARCHAR, UNKNOWN):
        raise where.unfit("trim", node, [whole.type, taken.type])
    return Typed(f"{how}({whole.sql}, {taken.sql})", VARCHAR)


def _aggregate_with(where: Expressions, node: exp.Expression) -> Typed:
    """An aggregate with FILTER, a window function, LISTAGG."""
    return where.call(where, "", node, [])


HANDLERS: Final[Handlers] = {
    exp.DPipe: _joined,
    exp.Extract: _extraction,
    exp.Bracket: _element,
    exp.Anonymous: _call,
    exp.Trim: _special,
    exp.StrPosition: _special,
    exp.Substring: _special,
    exp.Filter: _aggregate_with,
    exp.Window: _aggregate_with,
    exp.GroupConcat: _aggregate_with,
}
