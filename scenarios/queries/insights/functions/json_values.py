"""Functions of maps and lists, and of the JSON they are written in."""

import json
from typing import Any

from scenarios.queries.insights.functions.function import Function
from scenarios.queries.insights.values import Values, is_structure


def functions(values: Values) -> dict[str, Function]:
    """By name."""

    def array(value: Any) -> list[Any] | None:
        found = value if is_structure(value) else parsed(value)
        return found if isinstance(found, list) else None

    def size(value: Any) -> int | None:
        found = array(value)
        return None if found is None else len(found)

    def contains(value: Any, wanted: Any) -> bool:
        text = values.text(wanted)
        return any(values.text(each) == text for each in array(value) or ())

    return {
        "jsonparse": Function(lambda value: value if is_structure(value) else parsed(value), 1, 1, True),
        "jsonstringify": Function(
            lambda value: values.text(value) if is_structure(value) else None, 1, 1, True
        ),
        "jsonarraysize": Function(size, 1, 1, True),
        "jsonarraycontains": Function(contains, 2, 2, True),
    }


def parsed(value: Any) -> dict[str, Any] | list[Any] | None:
    """The map or list that a text writes; None where it writes none."""
    if value.__class__ is not str or not value.lstrip().startswith(("{", "[")):
        return None
    try:
        found = json.loads(value)
    except (ValueError, RecursionError):
        return None
    return found if is_structure(found) else None
