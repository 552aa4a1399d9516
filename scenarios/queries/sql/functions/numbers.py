"""Functions of numbers whose result's type follows from the digits of what they are given.

Source: https://trino.io/docs/current/functions/math.html
"""

from collections.abc import Sequence
from typing import Final

from sqlglot import exp

from scenarios.queries.sql import types
from scenarios.queries.sql.errors import SqlNotSimulated
from scenarios.queries.sql.expressions.arithmetic import calculated
from scenarios.queries.sql.expressions.translating import Expressions
from scenarios.queries.sql.functions.arguments import How, Special
from scenarios.queries.sql.scopes import Typed
from scenarios.queries.sql.types import WHOLE


def _rounded(name: str) -> How:
    def how(where: Expressions, node: exp.Expression, arguments: Sequence[exp.Expression]) -> Typed:
        value = where.typed(arguments[0])
        kind = value.type
        if kind.name in WHOLE and len(arguments) == 1:
            return value
        if kind.name in ("double", "real"):
            places = f", CAST({where.typed(arguments[1]).sql} AS INTEGER)" if len(arguments) > 1 else ""
            return Typed(f"{name}({value.sql}{places})", kind)
        if kind.name == "decimal" and name == "round":
            return _round_decimal(where, value, arguments)
        if kind.name == "decimal" and len(arguments) == 1:
            wanted = types.decimal((kind.length or 38) - kind.scale + min(1, kind.scale), 0)
            return Typed(f"CAST({name}({value.sql}) AS {wanted.duckdb})", wanted)
        if kind.name in (*WHOLE, "decimal"):
            raise SqlNotSimulated(f"{name} of {kind.shown} with these arguments")
        raise where.unfit(name, node, [kind])

    return how


def _round_decimal(where: Expressions, value: Typed, arguments: Sequence[exp.Expression]) -> Typed:
    """Trino keeps the digits behind the point of a decimal that is rounded to some of them."""
    digits, scale = value.type.length or 38, value.type.scale
    if len(arguments) == 1:
        wanted = types.decimal(digits - scale + min(1, scale), 0)
        return Typed(f"CAST(round({value.sql}) AS {wanted.duckdb})", wanted)
    places = where.typed(arguments[1]).value
    if not isinstance(places, int) or places < 0:
        raise SqlNotSimulated("round of a decimal to places that are no literal")
    wanted = types.decimal(digits + 1, scale)
    rounded = value.sql if places >= scale else f"round({value.sql}, {places})"
    return Typed(f"CAST({rounded} AS {wanted.duckdb})", wanted)


def _sign(where: Expressions, node: exp.Expression, arguments: Sequence[exp.Expression]) -> Typed:
    value = where.typed(arguments[0])
    if value.type.name not in (*WHOLE, "double"):
        raise SqlNotSimulated(f"sign of {value.type.shown}")
    return Typed(f"CAST(sign({value.sql}) AS {value.type.duckdb})", value.type)


def _mod(where: Expressions, node: exp.Expression, arguments: Sequence[exp.Expression]) -> Typed:
    return calculated(where, "%", where.typed(arguments[0]), where.typed(arguments[1]), node)


FUNCTIONS: Final = {
    "round": Special(_rounded("round"), 1, 2),
    "ceil": Special(_rounded("ceil"), 1, 1),
    "ceiling": Special(_rounded("ceil"), 1, 1),
    "floor": Special(_rounded("floor"), 1, 1),
    "truncate": Special(_rounded("trunc"), 1, 2),
    "sign": Special(_sign, 1, 1),
    "mod": Special(_mod, 2, 2),
}
