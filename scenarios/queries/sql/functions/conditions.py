"""Functions of values of any type: which of several, whether there is one, and of what type it is.

Source: https://trino.io/docs/current/functions/conditional.html
"""

from collections.abc import Sequence
from typing import Final

from sqlglot import exp

from scenarios.queries.sql.expressions.translating import Expressions
from scenarios.queries.sql.functions.arguments import How, Special
from scenarios.queries.sql.scopes import Typed
from scenarios.queries.sql.types import VARCHAR, row, text


def _coalesce(where: Expressions, node: exp.Expression, arguments: Sequence[exp.Expression]) -> Typed:
    values, kind = where.alike(arguments, "All COALESCE operands must be the same type")
    return Typed(f"coalesce({', '.join(values)})", kind)


def _nullif(where: Expressions, node: exp.Expression, arguments: Sequence[exp.Expression]) -> Typed:
    first = where.typed(arguments[0])
    values, _ = where.alike(arguments, "Types are not comparable with NULLIF")
    return Typed(f"CASE WHEN {values[0]} = {values[1]} THEN NULL ELSE {first.sql} END", first.type)


def _try(where: Expressions, node: exp.Expression, arguments: Sequence[exp.Expression]) -> Typed:
    value = where.typed(arguments[0])
    return Typed(f"TRY({value.sql})", value.type)


def _typeof(where: Expressions, node: exp.Expression, arguments: Sequence[exp.Expression]) -> Typed:
    return Typed(text(where.typed(arguments[0]).type.shown), VARCHAR)


def _row(where: Expressions, node: exp.Expression, arguments: Sequence[exp.Expression]) -> Typed:
    given = [where.typed(each) for each in arguments]
    packed = ", ".join(f'"f{number}" := {each.sql}' for number, each in enumerate(given))
    return Typed(f"struct_pack({packed})", row(*((None, each.type) for each in given)))


def _extreme(name: str) -> How:
    """Greatest and least: NULL where one is; DuckDB takes no notice of NULLs."""

    def how(where: Expressions, node: exp.Expression, arguments: Sequence[exp.Expression]) -> Typed:
        values, kind = where.alike(arguments, f"All arguments of {name} must be of the same type")
        nulls = " OR ".join(f"{each} IS NULL" for each in values)
        return Typed(f"CASE WHEN {nulls} THEN NULL ELSE {name}({', '.join(values)}) END", kind)

    return how


FUNCTIONS: Final = {
    "greatest": Special(_extreme("greatest"), 1, 99),
    "least": Special(_extreme("least"), 1, 99),
    "coalesce": Special(_coalesce, 2, 99),
    "nullif": Special(_nullif, 2, 2),
    "try": Special(_try, 1, 1),
    "typeof": Special(_typeof, 1, 1),
    "row": Special(_row, 1, 99),
}
