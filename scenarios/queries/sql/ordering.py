"""ORDER BY, OFFSET and LIMIT: behind a SELECT, a set operation, or a query in parentheses."""

from collections.abc import Iterable, Sequence

from sqlglot import exp

from scenarios.queries.sql import aggregates
from scenarios.queries.sql.errors import SqlNotSimulated
from scenarios.queries.sql.expressions.translating import Expressions
from scenarios.queries.sql.parsing import whole_literal
from scenarios.queries.sql.scopes import Field, Typed

LARGEST_LIMIT = 2**63 - 1


def order_by(
    where: Expressions, nodes: Iterable[exp.Expression], fields: Sequence[Field], outputs: Sequence[str]
) -> str:
    """ORDER BY: an output's number or name, or an expression."""
    parts = []
    for each in nodes:
        value = ordered_value(where, each.this, fields, outputs)
        if value.type.name in ("json", "map"):
            why = f"Type {value.type.shown} is not orderable, and therefore cannot be used in ORDER BY"
            raise where.fails("TYPE_MISMATCH", each.this, why)
        if value.type.name in ("ipaddress", "row", "varbinary"):
            raise SqlNotSimulated(f"ORDER BY of values of the type {value.type.shown}")
        parts.append(aggregates.ordered(value, each))
    return f" ORDER BY {', '.join(parts)}"


def ordered_value(
    where: Expressions, node: exp.Expression, fields: Sequence[Field], outputs: Sequence[str]
) -> Typed:
    """What one value of ORDER BY stands for."""
    return _output(where, node, fields, outputs) or where.typed(node)


def _output(
    where: Expressions, node: exp.Expression, fields: Sequence[Field], outputs: Sequence[str]
) -> Typed | None:
    number = whole_literal(node)
    if number is not None:
        if not 1 <= number <= len(fields):
            raise where.fails(
                "INVALID_COLUMN_REFERENCE", node, f"ORDER BY position {number} is not in select list"
            )
        return Typed(outputs[number - 1], fields[number - 1].type)
    if isinstance(node, exp.Column) and node.args.get("table") is None:
        found = [at for at, each in enumerate(fields) if each.name == node.name.lower()]
        if len({outputs[at] for at in found}) > 1:
            raise where.fails("AMBIGUOUS_NAME", node, f"Column '{node.name}' is ambiguous")
        return Typed(outputs[found[0]], fields[found[0]].type) if found else None
    return None


def limits(node: exp.Expression) -> str:
    """OFFSET and LIMIT, or FETCH FIRST."""
    parts = ""
    limit = node.args.get("limit") or node.args.get("fetch")
    if limit is not None:
        count = limit.args.get("count") if isinstance(limit, exp.Fetch) else limit.expression
        if not (isinstance(count, exp.Column) and count.name.lower() == "all"):
            parts += f" LIMIT {_whole(count)}"
    offset = node.args.get("offset")
    if offset is not None:
        parts += f" OFFSET {_whole(offset.expression)}"
    return parts


def _whole(node: exp.Expression | None) -> int:
    number = whole_literal(node)
    if number is None:
        raise SqlNotSimulated("LIMIT or OFFSET that is no literal")
    return min(number, LARGEST_LIMIT)
