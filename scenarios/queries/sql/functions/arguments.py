"""What a function that is no line of the table is given, and what it asks of it."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from sqlglot import exp

from scenarios.queries.sql.errors import SqlNotSimulated
from scenarios.queries.sql.expressions.translating import Expressions
from scenarios.queries.sql.scopes import Typed
from scenarios.queries.sql.types import UNKNOWN, VARCHAR

How = Callable[[Expressions, exp.Expression, Sequence[exp.Expression]], Typed]


class Special(NamedTuple):
    """A function of its own, and how many arguments it takes, at least and at most."""

    how: How
    least: int
    most: int


def all_texts(
    where: Expressions, node: exp.Expression, arguments: Sequence[exp.Expression], name: str
) -> list[Typed]:
    """The arguments, which must all be texts."""
    given = [where.typed(each) for each in arguments]
    for each in given:
        if each.type.bare not in (VARCHAR, UNKNOWN):
            raise where.unfit(name, node, [one.type for one in given])
    return given


def literal_text(value: Typed, what: str) -> str:
    """The text of a literal. `what`: what it is, for the error where it is none."""
    if not isinstance(value.value, str):
        raise SqlNotSimulated(f"{what} that is no literal")
    return value.value
