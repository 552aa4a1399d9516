"""A call of a function that is no aggregate: one of its own, or a line of the table."""

from collections.abc import Sequence
from typing import Final

from sqlglot import exp

from scenarios.queries.sql.expressions.translating import Expressions
from scenarios.queries.sql.functions import arrays, conditions, jsons, moments, numbers, regexps, texts
from scenarios.queries.sql.functions.arguments import Special
from scenarios.queries.sql.functions.lines import by_line
from scenarios.queries.sql.scopes import Typed

_SAME: Final = {"substring": "substr", "char_length": "length"}
_SPECIAL: Final[dict[str, Special]] = {
    **texts.FUNCTIONS,
    **regexps.FUNCTIONS,
    **jsons.FUNCTIONS,
    **moments.FUNCTIONS,
    **numbers.FUNCTIONS,
    **conditions.FUNCTIONS,
    **arrays.FUNCTIONS,
}


def call(where: Expressions, name: str, node: exp.Expression, arguments: Sequence[exp.Expression]) -> Typed:
    """A call of a function that is no aggregate.

    Raises:
        QueryFailed: FUNCTION_NOT_FOUND, where Trino has none of that name, or none that takes these.
        SqlNotSimulated: where Trino has it, and nothing here does.
    """
    name = _SAME.get(name, name)
    special = _SPECIAL.get(name)
    if special is not None:
        if not special.least <= len(arguments) <= special.most:
            raise where.fails("FUNCTION_NOT_FOUND", node, f"Unexpected parameters for function {name}")
        return special.how(where, node, arguments)
    given = [where.typed(each) for each in arguments]
    return by_line(where, name, node, given)
