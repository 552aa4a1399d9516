"""Functions of JSON, with a path that is a literal.

Source: https://trino.io/docs/current/functions/json.html
"""

from collections.abc import Sequence
from typing import Final

from sqlglot import exp

from scenarios.queries.sql.casts import checked
from scenarios.queries.sql.errors import SqlNotSimulated
from scenarios.queries.sql.expressions.translating import Expressions
from scenarios.queries.sql.functions.arguments import Special, all_texts, literal_text
from scenarios.queries.sql.json_paths import duckdb_path
from scenarios.queries.sql.scopes import Typed
from scenarios.queries.sql.types import BIGINT, BOOLEAN, JSON, UNKNOWN, VARCHAR, WHOLE, text


def _json(where: Expressions, node: exp.Expression, argument: exp.Expression, name: str) -> str:
    value = where.typed(argument)
    if value.type == JSON:
        return value.sql
    if value.type.bare not in (VARCHAR, UNKNOWN):
        raise where.unfit(name, node, [value.type])
    return f"CASE WHEN json_valid({value.sql}) THEN CAST({value.sql} AS JSON) END"


def _path(where: Expressions, node: exp.Expression, argument: exp.Expression) -> str:
    return text(duckdb_path(literal_text(where.typed(argument), "a JSON path")))


def _json_scalar(where: Expressions, node: exp.Expression, arguments: Sequence[exp.Expression]) -> Typed:
    value, path = _json(where, node, arguments[0], "json_extract_scalar"), _path(where, node, arguments[1])
    return Typed(
        f"CASE json_type({value}, {path}) WHEN 'OBJECT' THEN NULL WHEN 'ARRAY' THEN NULL"
        " WHEN 'NULL' THEN NULL"
        f" WHEN 'DOUBLE' THEN tw_json_number(CAST({value} AS VARCHAR), {path}) ELSE ({value}) ->> {path} END",
        VARCHAR,
    )


def _json_extract(where: Expressions, node: exp.Expression, arguments: Sequence[exp.Expression]) -> Typed:
    value, path = _json(where, node, arguments[0], "json_extract"), _path(where, node, arguments[1])
    return Typed(f"json_extract({value}, {path})", JSON)


def _json_exists(where: Expressions, node: exp.Expression, arguments: Sequence[exp.Expression]) -> Typed:
    value, path = _json(where, node, arguments[0], "json_exists"), _path(where, node, arguments[1])
    given = where.typed(arguments[0]).sql
    return Typed(
        f"(CASE WHEN ({given}) IS NOT NULL THEN json_type({value}, {path}) IS NOT NULL END)", BOOLEAN
    )


def _json_size(where: Expressions, node: exp.Expression, arguments: Sequence[exp.Expression]) -> Typed:
    value, path = _json(where, node, arguments[0], "json_size"), _path(where, node, arguments[1])
    return Typed(
        f"CAST(CASE json_type({value}, {path}) WHEN 'ARRAY' THEN json_array_length({value}, {path})"
        f" WHEN 'OBJECT' THEN len(json_keys({value}, {path})) WHEN NULL THEN NULL ELSE"
        f" CASE WHEN json_type({value}, {path}) IS NOT NULL THEN 0 END END AS BIGINT)",
        BIGINT,
    )


def _json_length(where: Expressions, node: exp.Expression, arguments: Sequence[exp.Expression]) -> Typed:
    value = _json(where, node, arguments[0], "json_array_length")
    return Typed(
        f"CAST(CASE WHEN json_type({value}) = 'ARRAY' THEN json_array_length({value}) END AS BIGINT)", BIGINT
    )


def _json_parse(where: Expressions, node: exp.Expression, arguments: Sequence[exp.Expression]) -> Typed:
    (value,) = all_texts(where, node, arguments, "json_parse")
    words = f"'Cannot convert value to JSON: ''' || {value.sql} || ''''"
    good = f"CAST(tw_canonical({value.sql}) AS JSON)"
    return Typed(
        checked(value.sql, f"json_valid({value.sql})", good, ("INVALID_FUNCTION_ARGUMENT", words), JSON), JSON
    )


def _json_scalar_check(
    where: Expressions, node: exp.Expression, arguments: Sequence[exp.Expression]
) -> Typed:
    value = _json(where, node, arguments[0], "is_json_scalar")
    return Typed(f"(json_type({value}) NOT IN ('OBJECT', 'ARRAY'))", BOOLEAN)


def _json_contains(where: Expressions, node: exp.Expression, arguments: Sequence[exp.Expression]) -> Typed:
    value, wanted = _json(where, node, arguments[0], "json_array_contains"), where.typed(arguments[1])
    if wanted.type.bare.name not in ("varchar", "boolean", *WHOLE):
        raise SqlNotSimulated(f"json_array_contains of {wanted.type.shown}")
    return Typed(
        f"CASE WHEN json_type({value}) = 'ARRAY'"
        f" THEN list_contains(from_json({value}, '[\"JSON\"]'), to_json({wanted.sql})) END",
        BOOLEAN,
    )


FUNCTIONS: Final = {
    "json_extract_scalar": Special(_json_scalar, 2, 2),
    "json_value": Special(_json_scalar, 2, 2),
    "json_extract": Special(_json_extract, 2, 2),
    "json_exists": Special(_json_exists, 2, 2),
    "json_size": Special(_json_size, 2, 2),
    "json_array_length": Special(_json_length, 1, 1),
    "json_parse": Special(_json_parse, 1, 1),
    "is_json_scalar": Special(_json_scalar_check, 1, 1),
    "json_array_contains": Special(_json_contains, 2, 2),
}
