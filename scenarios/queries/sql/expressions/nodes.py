"""Every kind of node that an expression may have, and what translates it."""

from typing import Final

from scenarios.queries.sql.expressions import arithmetic, calls, conditions, conversions, literals, names
from scenarios.queries.sql.expressions.translating import Handlers

HANDLERS: Final[Handlers] = {
    **literals.HANDLERS,
    **names.HANDLERS,
    **conditions.HANDLERS,
    **arithmetic.HANDLERS,
    **conversions.HANDLERS,
    **calls.HANDLERS,
}
