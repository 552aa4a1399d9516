"""Functions of texts that a line of the table can't say: joining, splitting, format.

Source: https://trino.io/docs/current/functions/string.html
"""

import functools
import re
from collections.abc import Sequence
from typing import Final

from sqlglot import exp

from scenarios.queries.sql.casts import raised
from scenarios.queries.sql.errors import SqlNotSimulated
from scenarios.queries.sql.expressions.translating import Expressions
from scenarios.queries.sql.functions.arguments import Special, all_texts, literal_text
from scenarios.queries.sql.scopes import Typed
from scenarios.queries.sql.types import BIGINT, UNKNOWN, VARCHAR, WHOLE, array, common, text


def _concat(where: Expressions, node: exp.Expression, arguments: Sequence[exp.Expression]) -> Typed:
    given = [where.typed(each) for each in arguments]
    if any(each.type.name == "array" for each in given):
        return _concat_arrays(where, node, given)
    if any(each.type.bare not in (VARCHAR, UNKNOWN) for each in given):
        raise where.unfit("concat", node, [each.type for each in given])
    return Typed(
        "("
        + " || ".join(f"CAST({each.sql} AS VARCHAR)" if each.type == UNKNOWN else each.sql for each in given)
        + ")",
        VARCHAR,
    )


def _concat_arrays(where: Expressions, node: exp.Expression, given: Sequence[Typed]) -> Typed:
    inside = UNKNOWN
    for each in given:
        met = common(inside, each.type.of[0] if each.type.name == "array" else each.type)
        if met is None:
            raise where.unfit("concat", node, [one.type for one in given])
        inside = met
    kind = array(inside)
    parts = [
        where.coerced(each, kind) if each.type.name == "array" else f"[{where.coerced(each, inside)}]"
        for each in given
    ]
    nulls = " OR ".join(f"{each} IS NULL" for each in parts)
    joined = functools.reduce(lambda one, other: f"list_concat({one}, {other})", parts)
    return Typed(f"CASE WHEN {nulls} THEN NULL ELSE {joined} END", kind)


def _concat_ws(where: Expressions, node: exp.Expression, arguments: Sequence[exp.Expression]) -> Typed:
    first, second = where.typed(arguments[0]), where.typed(arguments[1])
    if len(arguments) == 2 and second.type.name == "array" and second.type.of[0].bare in (VARCHAR, UNKNOWN):
        texts = f"list_filter({where.coerced(second, array(VARCHAR))}, lambda tw_e: tw_e IS NOT NULL)"
        joined = f"coalesce(array_to_string({texts}, {first.sql}), '')"
        return Typed(
            f"CASE WHEN {first.sql} IS NOT NULL AND {second.sql} IS NOT NULL THEN {joined} END", VARCHAR
        )
    given = all_texts(where, node, arguments, "concat_ws")
    return Typed(f"concat_ws({', '.join(each.sql for each in given)})", VARCHAR)


def _split_text(where: Expressions, node: exp.Expression, arguments: Sequence[exp.Expression]) -> Typed:
    value, delimiter = all_texts(where, node, arguments[:2], "split")
    if len(arguments) == 3:
        limit = where.coerced(where.typed(arguments[2]), BIGINT)
        return Typed(f"tw_parts({value.sql}, {delimiter.sql}, {limit})", array(VARCHAR))
    failing = raised(
        "INVALID_FUNCTION_ARGUMENT", "'The delimiter may not be the empty string'", array(VARCHAR)
    )
    good = f"string_split({value.sql}, {delimiter.sql})"
    if delimiter.value:
        return Typed(good, array(VARCHAR))
    return Typed(f"CASE WHEN {delimiter.sql} = '' THEN {failing} ELSE {good} END", array(VARCHAR))


def _split_part(where: Expressions, node: exp.Expression, arguments: Sequence[exp.Expression]) -> Typed:
    given = [where.typed(each) for each in arguments]
    if [each.type.bare.name in ("varchar", "unknown", *WHOLE) for each in given] != [True] * 3:
        raise where.unfit("split_part", node, [each.type for each in given])
    value, delimiter, index = (each.sql for each in given)
    failing = raised("INVALID_FUNCTION_ARGUMENT", "'Index must be greater than zero'", VARCHAR)
    parts = f"string_split({value}, {delimiter})"
    return Typed(f"CASE WHEN {index} < 1 THEN {failing} ELSE {parts}[{index}] END", VARCHAR)


_FORMATS: Final = {"d": WHOLE, "f": ("double", "real", "decimal"), "s": ("varchar", "boolean", *WHOLE)}


def _format(where: Expressions, node: exp.Expression, arguments: Sequence[exp.Expression]) -> Typed:
    given = [where.typed(each) for each in arguments]
    form = literal_text(given[0], "a format")
    pieces = re.split(r"(%[-0,]*\d*(?:\.\d+)?[sdf]|%%)", form)
    if any("%" in each for each in pieces[::2]):
        raise SqlNotSimulated(f"the format {form!r}, beyond %s, %d and %f")
    values = iter(given[1:])
    parts: list[str] = []
    for each in pieces:
        if each.startswith("%") and each != "%%":
            value = next(values, None)
            if value is None:
                raise where.fails("INVALID_FUNCTION_ARGUMENT", node, f"Invalid format string: {form}")
            if value.type.bare.name not in (*_FORMATS[each[-1]], "unknown"):
                raise SqlNotSimulated(f"format() of {value.type.shown} with {each}")
            shown = f"CAST({value.sql} AS VARCHAR)"
            shown = (
                shown if len(each) == len("%s") and each != "%f" else f"tw_formatted({text(each)}, {shown})"
            )
            parts.append(f"coalesce({shown}, 'null')")
        elif each:
            parts.append(text("%" if each == "%%" else each))
    return Typed(f"({' || '.join(parts) or text('')})", VARCHAR)


FUNCTIONS: Final = {
    "concat": Special(_concat, 1, 99),
    "concat_ws": Special(_concat_ws, 2, 99),
    "split": Special(_split_text, 2, 3),
    "split_part": Special(_split_part, 3, 3),
    "format": Special(_format, 1, 99),
}
