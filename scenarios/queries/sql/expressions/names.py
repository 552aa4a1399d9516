"""Names: what a column, a field of a row or a lambda's argument stands for.

Every column that is taken is noted: where its table is read, and whether it stands outside of the keys.
"""

from collections.abc import Sequence
from typing import Final

from sqlglot import exp

from scenarios.queries.sql.errors import SqlNotSimulated
from scenarios.queries.sql.expressions.translating import Expressions, Handlers, called
from scenarios.queries.sql.scopes import Field, Relation, Scope, Typed
from scenarios.queries.sql.types import Type, quoted


def _column(where: Expressions, node: exp.Expression) -> Typed:
    """A name with what stands in front of and behind it: table, column, fields of a row."""
    parts = _parts(node)
    if parts is None:
        return _field_of(where, node)
    if parts[0] in where.frame.lambdas:
        return _fields(where, where.frame.lambdas[parts[0]], parts[1:], node)
    scope: Scope | None = where.frame.scope
    while scope is not None:
        found = _found(where, scope, parts, node)
        if found is not None:
            return _taken(where, *found, node, outer=scope is not where.frame.scope)
        scope = scope.parent
    shown = ".".join(parts)
    raise where.fails(
        "COLUMN_NOT_FOUND",
        node,
        f"Column '{shown}' cannot be resolved or requester is not authorized to access requested resources",
    )


def _found(
    where: Expressions, scope: Scope, parts: list[str], node: exp.Expression
) -> tuple[Field, list[str]] | None:
    for relation in scope.relations:
        for length in (2, 1):
            if len(parts) > length and _names(relation, parts[:length]) and relation.named(parts[length]):
                field = _one(where, relation.named(parts[length]), parts[: length + 1], node)
                return field, parts[length + 1 :]
    fields = [each for relation in scope.relations for each in relation.named(parts[0])]
    return (_one(where, fields, parts[:1], node), parts[1:]) if fields else None


def _one(where: Expressions, fields: list[Field], parts: list[str], node: exp.Expression) -> Field:
    if len(fields) > 1:
        raise where.fails("AMBIGUOUS_NAME", node, f"Column '{'.'.join(parts)}' is ambiguous")
    return fields[0]


def _taken(where: Expressions, found: Field, rest: list[str], node: exp.Expression, *, outer: bool) -> Typed:
    frame = where.frame
    if found.scan is not None:
        found.scan.read.setdefault(found.column, set()).add(tuple(rest))
    frame.touched.add((found.scan, found.column) if found.scan is not None else None)
    typed = _fields(where, Typed(found.sql, found.type), rest, node)
    keys = frame.keys or ()
    if not outer and not frame.in_aggregate and typed.sql not in keys and found.sql not in keys:
        frame.loose.append((typed.sql, node))
    return typed


def _fields(where: Expressions, value: Typed, names: Sequence[str], node: exp.Expression) -> Typed:
    for name in names:
        kind = value.type.field(name) if value.type.name == "row" else None
        if kind is None:
            if value.type.name == "row":
                raise where.fails("COLUMN_NOT_FOUND", node, f"Column '{_shown(node)}' cannot be resolved")
            raise where.fails("TYPE_MISMATCH", node, f"Expression {_shown(node)} is not of type ROW")
        value = Typed(f"{value.sql}.{quoted(name)}", kind)
    return value


def _field_of(where: Expressions, node: exp.Expression) -> Typed:
    """A field of something computed, such as `resources[1].arn`."""
    inner, name = node.this, node.expression.name.lower()
    value = where.typed(inner)
    return _fields(where, Typed(f"({value.sql})", value.type), [name], node)


def _identifier(where: Expressions, node: exp.Identifier) -> Typed:
    """A bare name, which is what sqlglot calls a lambda's argument."""
    return _column(where, exp.Column(this=node.copy()))


def lambda_of(where: Expressions, node: exp.Expression, kinds: Sequence[Type]) -> tuple[list[str], Typed]:
    """A lambda's argument names in DuckDB, and its body."""
    names = [where.fresh("l") for _ in kinds]
    return names, bound(where, node, [Typed(name, kind) for name, kind in zip(names, kinds, strict=True)])


def bound(where: Expressions, node: exp.Expression, values: Sequence[Typed]) -> Typed:
    """A lambda's body with values in place of its arguments."""
    if not isinstance(node, exp.Lambda) or len(node.expressions) != len(values):
        raise where.fails("TYPE_MISMATCH", node, f"Expected a lambda with {len(values)} arguments")
    before = dict(where.frame.lambdas)
    for given, value in zip(node.expressions, values, strict=True):
        where.frame.lambdas[given.name.lower()] = value
    try:
        return where.typed(node.this)
    finally:
        where.frame.lambdas = before


def _parts(node: exp.Expression) -> list[str] | None:
    """The names of a chain of dots from its beginning; None where it begins with something else."""
    if isinstance(node, exp.Dot):
        before = _parts(node.this) if isinstance(node.this, (exp.Dot, exp.Column, exp.Identifier)) else None
        if before is None or not isinstance(node.expression, exp.Identifier):
            if not isinstance(node.expression, exp.Identifier):
                raise SqlNotSimulated(called(node.expression))
            return None
        return [*before, node.expression.name.lower()]
    if isinstance(node, exp.Identifier):
        return [node.name.lower()]
    if isinstance(node.this, exp.Star):
        raise SqlNotSimulated("* in an expression")
    given = [node.args.get(each) for each in ("catalog", "db", "table", "this")]
    return [each.name.lower() for each in given if each is not None]


def _shown(node: exp.Expression) -> str:
    return ".".join(_parts(node) or ["expression"])


def _names(relation: Relation, parts: list[str]) -> bool:
    """Whether `t` or `db.t` is the relation."""
    if len(parts) == 1:
        return relation.alias == parts[0]
    return relation.database == parts[0] and relation.alias == parts[1]


HANDLERS: Final[Handlers] = {
    exp.Column: _column,
    exp.Dot: _column,
    exp.Identifier: _identifier,
}
