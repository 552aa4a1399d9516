"""Functions of regular expressions; a pattern that is a literal is read when the query is translated.

Source: https://trino.io/docs/current/functions/regexp.html
"""

from collections.abc import Sequence
from typing import Final

from sqlglot import exp

from scenarios.queries.sql.errors import SqlNotSimulated
from scenarios.queries.sql.expressions.translating import Expressions
from scenarios.queries.sql.functions.arguments import Special, all_texts
from scenarios.queries.sql.regexes import compiled
from scenarios.queries.sql.scopes import Typed
from scenarios.queries.sql.types import BIGINT, BOOLEAN, VARCHAR, array, text


def _pattern(where: Expressions, value: Typed) -> str:
    if isinstance(value.value, str):
        compiled(value.value)
    return value.sql


def _regexp_like(where: Expressions, node: exp.Expression, arguments: Sequence[exp.Expression]) -> Typed:
    value, pattern = all_texts(where, node, arguments, "regexp_like")
    sql = _pattern(where, pattern)
    if isinstance(pattern.value, str) and (fast := compiled(pattern.value).re2) is not None:
        return Typed(f"regexp_matches({value.sql}, {text(fast)})", BOOLEAN)
    return Typed(f"tw_like({value.sql}, {sql})", BOOLEAN)


def _regexp_extract(where: Expressions, node: exp.Expression, arguments: Sequence[exp.Expression]) -> Typed:
    value, pattern = all_texts(where, node, arguments[:2], "regexp_extract")
    group = where.typed(arguments[2]).sql if len(arguments) > 2 else "0"
    return Typed(f"tw_extract({value.sql}, {_pattern(where, pattern)}, CAST({group} AS INTEGER))[1]", VARCHAR)


def _regexp_all(where: Expressions, node: exp.Expression, arguments: Sequence[exp.Expression]) -> Typed:
    value, pattern = all_texts(where, node, arguments[:2], "regexp_extract_all")
    group = where.typed(arguments[2]).sql if len(arguments) > 2 else "0"
    return Typed(
        f"tw_extract_all({value.sql}, {_pattern(where, pattern)}, CAST({group} AS INTEGER))", array(VARCHAR)
    )


def _regexp_replace(where: Expressions, node: exp.Expression, arguments: Sequence[exp.Expression]) -> Typed:
    if len(arguments) > 2 and isinstance(arguments[2], exp.Lambda):
        raise SqlNotSimulated("regexp_replace with a function")
    given = all_texts(where, node, arguments, "regexp_replace")
    by = given[2].sql if len(given) > 2 else "''"
    return Typed(f"tw_replace({given[0].sql}, {_pattern(where, given[1])}, {by})", VARCHAR)


def _regexp_split(where: Expressions, node: exp.Expression, arguments: Sequence[exp.Expression]) -> Typed:
    value, pattern = all_texts(where, node, arguments, "regexp_split")
    return Typed(f"tw_split({value.sql}, {_pattern(where, pattern)})", array(VARCHAR))


def _regexp_count(where: Expressions, node: exp.Expression, arguments: Sequence[exp.Expression]) -> Typed:
    value, pattern = all_texts(where, node, arguments, "regexp_count")
    return Typed(f"CAST(tw_count({value.sql}, {_pattern(where, pattern)}) AS BIGINT)", BIGINT)


FUNCTIONS: Final = {
    "regexp_like": Special(_regexp_like, 2, 2),
    "regexp_extract": Special(_regexp_extract, 2, 3),
    "regexp_extract_all": Special(_regexp_all, 2, 3),
    "regexp_replace": Special(_regexp_replace, 2, 3),
    "regexp_split": Special(_regexp_split, 2, 2),
    "regexp_count": Special(_regexp_count, 2, 2),
}
