"""Functions of any values."""

from typing import Any

from scenarios.queries.insights.functions.function import Function
from scenarios.queries.insights.values import Values, truth

MOST_BRANCHES = 10


def functions(values: Values) -> dict[str, Function]:
    """By name."""
    return {
        "ispresent": Function(lambda value: value is not None, 1, 1, True),
        "coalesce": Function(_first, 1, 100, True),
        "if": Function(_chosen, 3, 3, True),
        "case": Function(_chosen, 2, 2 * MOST_BRANCHES + 1, True),
        # Nothing is masked here: a group's data protection policy is not simulated.
        "unmask": Function(values.text, 1, 1),
    }


def _first(*values: Any) -> Any:
    return next((value for value in values if value is not None), None)


def _chosen(*values: Any) -> Any:
    """Conditions and values in turn; what is left over is for when no condition holds."""
    for condition, value in zip(values[::2], values[1::2], strict=False):
        if truth(condition):
            return value
    return values[-1] if len(values) % 2 else None
