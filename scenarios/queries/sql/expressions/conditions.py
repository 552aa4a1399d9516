"""Truths, and what is chosen by them: comparisons, membership, LIKE, CASE, queries within."""

from typing import Final

from sqlglot import exp

from scenarios.queries.sql.casts import HOLE, may_fail, raised
from scenarios.queries.sql.errors import SqlNotSimulated
from scenarios.queries.sql.expressions.translating import Expressions, Handlers, called
from scenarios.queries.sql.scopes import Typed
from scenarios.queries.sql.types import BOOLEAN, ORDERED, UNKNOWN, VARCHAR, Type, common

_MARKS: Final[dict[type[exp.Expression], str]] = {
    exp.EQ: "=",
    exp.NEQ: "<>",
    exp.GT: ">",
    exp.GTE: ">=",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.NullSafeEQ: "IS NOT DISTINCT FROM",
    exp.NullSafeNEQ: "IS DISTINCT FROM",
}


def _parentheses(where: Expressions, node: exp.Paren) -> Typed:
    """(..)."""
    inner = where.typed(node.this)
    return Typed(f"({inner.sql})", inner.type, inner.value)


def _logic(where: Expressions, node: exp.Expression) -> Typed:
    """AND, OR."""
    word = "AND" if isinstance(node, exp.And) else "OR"
    both = [where.boolean(each, f"Logical expression {word} term") for each in (node.this, node.expression)]
    sql = f"({both[0]} {word} {both[1]})"
    if may_fail(both[1]):
        first = f"NOT ({both[0]})" if word == "AND" else both[0]
        sql = f"CASE WHEN {first} THEN {'false' if word == 'AND' else 'true'} ELSE {sql} END"
    return Typed(sql, BOOLEAN)


def _negation(where: Expressions, node: exp.Not) -> Typed:
    """NOT."""
    return Typed(f"(NOT {where.boolean(node.this, 'Value of logical NOT expression')})", BOOLEAN)


def _comparison(where: Expressions, node: exp.Expression) -> Typed:
    """=, <>, <, <=, >, >=, IS [NOT] DISTINCT FROM."""
    if isinstance(node.expression, (exp.Any, exp.All)):
        return _quantified(where, node)
    mark = _MARKS[type(node)]
    one, other = where.typed(node.this), where.typed(node.expression)
    kind = common(one.type, other.type)
    if kind is None or not _comparable(kind, mark):
        shown = "=" if mark.startswith("IS") else mark
        raise where.fails(
            "TYPE_MISMATCH", node, f"Cannot apply operator: {one.type.shown} {shown} {other.type.shown}"
        )
    compared = f"({where.coerced(one, kind)} {mark} {where.coerced(other, kind)})"
    if kind.name == "array" and not mark.startswith("IS"):
        nulls = [f"len(list_filter({each.sql}, lambda tw_e: tw_e IS NULL)) > 0" for each in (one, other)]
        hole = raised(HOLE, "'a comparison of arrays with NULL in them'", BOOLEAN)
        compared = f"CASE WHEN {' OR '.join(nulls)} THEN {hole} ELSE {compared} END"
    return Typed(compared, BOOLEAN)


def _comparable(kind: Type, mark: str) -> bool:
    if not mark.startswith("IS") and (kind.name in ("row", "map") or _is_deep(kind)):
        # NULL inside of both makes the answer NULL in Trino; DuckDB takes two NULLs for equal.
        raise SqlNotSimulated(f"{mark} between values of the type {kind.shown}")
    if kind.name in ("json", "map", "row", "ipaddress", "varbinary") and mark[0] in "<>" and mark != "<>":
        if kind.name in ("ipaddress", "row", "varbinary"):
            raise SqlNotSimulated(f"{mark} between values of the type {kind.shown}")
        return False
    return True


def _quantified(where: Expressions, node: exp.Expression) -> Typed:
    word = "ANY" if isinstance(node.expression, exp.Any) else "ALL"
    inner = node.expression.this
    sql, columns = where.query(inner, where.frame.scope)
    value = where.typed(node.this)
    kind = common(value.type, columns[0][1])
    if kind is None or len(columns) != 1:
        raise where.fails("TYPE_MISMATCH", node, "value and result of subquery must be of the same type")
    mark = _MARKS[type(node)]
    return Typed(f"({where.coerced(value, kind)} {mark} {word} ({_cast_query(sql, kind)}))", BOOLEAN)


def _between(where: Expressions, node: exp.Between) -> Typed:
    """BETWEEN."""
    parts = [where.typed(each) for each in (node.this, node.args["low"], node.args["high"])]
    kind: Type | None = parts[0].type
    for each in parts[1:]:
        kind = common(kind, each.type) if kind else None
    if kind is None or (kind != UNKNOWN and kind.name not in ORDERED):
        shown = [each.type.shown for each in parts]
        raise where.fails(
            "TYPE_MISMATCH", node, f"Cannot check if {shown[0]} is BETWEEN {shown[1]} and {shown[2]}"
        )
    value, low, high = (where.coerced(each, kind) for each in parts)
    return Typed(f"({value} BETWEEN {low} AND {high})", BOOLEAN)


def _membership(where: Expressions, node: exp.In) -> Typed:
    """IN, with a list or a query."""
    query = node.args.get("query")
    if query is not None:
        sql, columns = where.query(query, where.frame.scope)
        value = where.typed(node.this)
        kind = common(value.type, columns[0][1])
        if kind is None or len(columns) != 1:
            raise where.fails(
                "TYPE_MISMATCH",
                node,
                "value and result of subquery must be of the same type for IN expression",
            )
        return Typed(f"({where.coerced(value, kind)} IN ({_cast_query(sql, kind)}))", BOOLEAN)
    values, _ = where.alike([node.this, *node.expressions], "IN value and list items must be the same type")
    return Typed(f"({values[0]} IN ({', '.join(values[1:])}))", BOOLEAN)


def _null_check(where: Expressions, node: exp.Is) -> Typed:
    """IS NULL; NOT is around it."""
    if not isinstance(node.expression, exp.Null):
        raise SqlNotSimulated(f"IS {node.expression.sql('trino')}")
    negated = "NOT " if node.args.get("negate") else ""
    return Typed(f"({where.typed(node.this).sql} IS {negated}NULL)", BOOLEAN)


def _like(where: Expressions, node: exp.Expression) -> Typed:
    """LIKE, with or without ESCAPE."""
    escape = ""
    if isinstance(node, exp.Escape):
        escape = f" ESCAPE {_pattern(where, node.expression)}"
        node = node.this
    if not isinstance(node, exp.Like):
        raise SqlNotSimulated(called(node))
    value = where.typed(node.this)
    if value.type.bare not in (VARCHAR, UNKNOWN):
        raise where.fails(
            "TYPE_MISMATCH",
            node,
            f"Left side of LIKE expression must evaluate to a varchar (actual: {value.type.shown})",
        )
    negated = "NOT " if node.args.get("negate") else ""
    return Typed(f"({value.sql} {negated}LIKE {_pattern(where, node.expression)}{escape})", BOOLEAN)


def _pattern(where: Expressions, node: exp.Expression) -> str:
    value = where.typed(node)
    if value.type.bare not in (VARCHAR, UNKNOWN):
        raise where.fails(
            "TYPE_MISMATCH",
            node,
            f"Pattern for LIKE expression must evaluate to a varchar (actual: {value.type.shown})",
        )
    return value.sql


def _exists(where: Expressions, node: exp.Exists) -> Typed:
    """EXISTS."""
    sql, _ = where.query(node.this, where.frame.scope)
    return Typed(f"EXISTS ({sql})", BOOLEAN)


def _subquery(where: Expressions, node: exp.Expression) -> Typed:
    """A query as one value."""
    inner = node.this if isinstance(node, exp.Subquery) else node
    sql, columns = where.query(inner, where.frame.scope)
    if len(columns) != 1:
        raise where.fails(
            "TYPE_MISMATCH",
            node,
            f"Multiple columns returned by subquery are not yet supported. Found {len(columns)}",
        )
    return Typed(f"({sql})", columns[0][1])


def _case(where: Expressions, node: exp.Case) -> Typed:
    """CASE, with or without a value."""
    branches = node.args["ifs"]
    results = [each.args["true"] for each in branches]
    default = node.args.get("default")
    values, kind = where.alike(
        [*results, *([default] if default is not None else [])], "All CASE results must be the same type"
    )
    conditions = []
    for each in branches:
        test = each.this if node.this is None else exp.EQ(this=node.this.copy(), expression=each.this.copy())
        conditions.append(where.boolean(test, "CASE WHEN clause"))
    whens = " ".join(f"WHEN {test} THEN {value}" for test, value in zip(conditions, values, strict=False))
    end = f" ELSE {values[-1]}" if default is not None else ""
    return Typed(f"CASE {whens}{end} END", kind)


def _conditional(where: Expressions, node: exp.If) -> Typed:
    """if(condition, a, b)."""
    test = where.boolean(node.this, "IF condition")
    false = node.args.get("false") or exp.Null()
    values, kind = where.alike([node.args["true"], false], "Result types for IF must be the same")
    return Typed(f"CASE WHEN {test} THEN {values[0]} ELSE {values[1]} END", kind)


def _is_deep(kind: Type) -> bool:
    """Whether it is an array of arrays, maps or rows."""
    return kind.name == "array" and bool(kind.of[0].of)


def _cast_query(sql: str, kind: Type) -> str:
    """A query of one column, as the type that it is compared in."""
    return f'SELECT CAST(q."x" AS {kind.duckdb}) FROM ({sql}) AS q("x")'


HANDLERS: Final[Handlers] = {
    exp.Paren: _parentheses,
    exp.And: _logic,
    exp.Or: _logic,
    exp.Not: _negation,
    **dict.fromkeys(_MARKS, _comparison),
    exp.Between: _between,
    exp.In: _membership,
    exp.Is: _null_check,
    exp.Like: _like,
    exp.Escape: _like,
    exp.Exists: _exists,
    exp.Subquery: _subquery,
    exp.Select: _subquery,
    exp.Case: _case,
    exp.If: _conditional,
}
