"""Functions of arrays and maps, with lambdas, and of what stands in them.

Source: https://trino.io/docs/current/functions/array.html,
https://trino.io/docs/current/functions/map.html
"""

from collections.abc import Sequence
from typing import Final

from sqlglot import exp

from scenarios.queries.sql.casts import raised
from scenarios.queries.sql.errors import SqlNotSimulated
from scenarios.queries.sql.expressions.names import bound, lambda_of
from scenarios.queries.sql.expressions.translating import Expressions
from scenarios.queries.sql.functions.arguments import How, Special
from scenarios.queries.sql.functions.lines import by_line
from scenarios.queries.sql.scopes import Typed
from scenarios.queries.sql.types import (
    BIGINT,
    BOOLEAN,
    IPADDRESS,
    UNKNOWN,
    VARCHAR,
    WHOLE,
    array,
    common,
    row,
)


def _contains(where: Expressions, node: exp.Expression, arguments: Sequence[exp.Expression]) -> Typed:
    """contains(network, address); of arrays it is a line of the table."""
    given = [where.typed(each) for each in arguments]
    if len(given) == 2 and given[0].type.bare == VARCHAR and given[1].type == IPADDRESS:
        return Typed(f"tw_in_network({given[0].sql}, {given[1].sql})", BOOLEAN)
    return by_line(where, "contains", node, given)


def _array_of(where: Expressions, node: exp.Expression, argument: exp.Expression, name: str) -> Typed:
    value = where.typed(argument)
    if value.type.name != "array":
        raise where.fails(
            "FUNCTION_NOT_FOUND",
            node,
            f"Unexpected parameters ({value.type.shown}, function) for function {name}",
        )
    return value


def _transform(where: Expressions, node: exp.Expression, arguments: Sequence[exp.Expression]) -> Typed:
    value = _array_of(where, node, arguments[0], "transform")
    (name,), body = lambda_of(where, arguments[1], value.type.of)
    return Typed(f"list_transform({value.sql}, lambda {name}: {body.sql})", array(body.type))


def _condition(
    where: Expressions, node: exp.Expression, arguments: Sequence[exp.Expression], name: str
) -> tuple[Typed, str, str]:
    value = _array_of(where, node, arguments[0], name)
    (argument,), body = lambda_of(where, arguments[1], value.type.of)
    if body.type not in (BOOLEAN, UNKNOWN):
        raise where.fails(
            "TYPE_MISMATCH", node, f"Expected a lambda that gives a boolean for function {name}"
        )
    return value, argument, f"CAST({body.sql} AS BOOLEAN)"


def _filter(where: Expressions, node: exp.Expression, arguments: Sequence[exp.Expression]) -> Typed:
    value, name, test = _condition(where, node, arguments, "filter")
    return Typed(f"list_filter({value.sql}, lambda {name}: {test})", value.type)


def _matches(which: str) -> How:
    """any_match, all_match, none_match: NULL where a NULL leaves it open."""

    def how(where: Expressions, node: exp.Expression, arguments: Sequence[exp.Expression]) -> Typed:
        value, name, test = _condition(where, node, arguments, f"{which}_match")
        deciding = f"(NOT {test})" if which == "all" else test
        some = f"len(list_filter({value.sql}, lambda {name}: {deciding})) > 0"
        unsure = f"len(list_filter({value.sql}, lambda {name}: ({test}) IS NULL)) > 0"
        found, otherwise = ("true", "false") if which == "any" else ("false", "true")
        return Typed(
            f"CASE WHEN {value.sql} IS NULL THEN NULL WHEN {some} THEN {found}"
            f" WHEN {unsure} THEN NULL ELSE {otherwise} END",
            BOOLEAN,
        )

    return how


def _reduce(where: Expressions, node: exp.Expression, arguments: Sequence[exp.Expression]) -> Typed:
    value, first = _array_of(where, node, arguments[0], "reduce"), where.typed(arguments[1])
    inside, output = value.type.of[0], arguments[3]
    kind = common(first.type, inside)
    if kind is None or not isinstance(output, exp.Lambda):
        raise SqlNotSimulated("reduce whose state is of another type than the array's values")
    names, body = lambda_of(where, arguments[2], (kind, kind))
    if body.type.bare != kind.bare:
        raise SqlNotSimulated("reduce whose state is of another type than the array's values")
    values, start = where.coerced(value, array(kind)), where.coerced(first, kind)
    reduced = f"list_reduce({values}, lambda {names[0]}, {names[1]}: {body.sql}, {start})"
    return bound(where, output, [Typed(reduced, kind)])


def _array_join(where: Expressions, node: exp.Expression, arguments: Sequence[exp.Expression]) -> Typed:
    value, delimiter = _array_of(where, node, arguments[0], "array_join"), where.typed(arguments[1])
    inside = value.type.of[0]
    if inside.bare.name not in ("varchar", "boolean", "unknown", *WHOLE):
        raise SqlNotSimulated(f"array_join of {value.type.shown}")
    texts = f"list_transform({value.sql}, lambda tw_e: CAST(tw_e AS VARCHAR))"
    if len(arguments) > 2:
        missing = where.typed(arguments[2]).sql
        texts = f"list_transform({texts}, lambda tw_e: coalesce(tw_e, {missing}))"
    filtered = f"list_filter({texts}, lambda tw_e: tw_e IS NOT NULL)"
    return Typed(
        f"CASE WHEN {value.sql} IS NOT NULL"
        f" THEN coalesce(array_to_string({filtered}, {delimiter.sql}), '') END",
        VARCHAR,
    )


def _sets(which: str) -> How:
    """array_union, array_intersect, array_except, without doubles and in the order of the first array."""

    def how(where: Expressions, node: exp.Expression, arguments: Sequence[exp.Expression]) -> Typed:
        (one, other), kind = where.alike(arguments, f"Unexpected parameters for function array_{which}")
        if kind.name != "array":
            raise where.unfit(f"array_{which}", node, [kind])
        inside = f"len(list_filter({other}, lambda tw_f: tw_f IS NOT DISTINCT FROM tw_e)) > 0"
        tests = {"union": None, "intersect": inside, "except": f"NOT ({inside})"}
        base = (
            f"list_concat({one}, {other})"
            if which == "union"
            else f"list_filter({one}, lambda tw_e: {tests[which]})"
        )
        null = f"CASE WHEN {one} IS NULL OR {other} IS NULL THEN NULL ELSE {base} END"
        return by_line(where, "array_distinct", node, [Typed(null, kind)])

    return how


def _sequence(where: Expressions, node: exp.Expression, arguments: Sequence[exp.Expression]) -> Typed:
    given = [where.typed(each) for each in arguments]
    if any(each.type.name not in WHOLE for each in given):
        raise SqlNotSimulated("sequence of anything but whole numbers")
    kind, (first, last) = array(BIGINT), (f"CAST({each.sql} AS BIGINT)" for each in given[:2])
    if len(given) == 2:
        step = f"CASE WHEN {first} <= {last} THEN 1 ELSE -1 END"
        return Typed(f"CAST(generate_series({first}, {last}, {step}) AS BIGINT[])", kind)
    step = f"CAST({given[2].sql} AS BIGINT)"
    none = raised("INVALID_FUNCTION_ARGUMENT", "'step must not be zero'", kind)
    words = (
        "'sequence stop value should be greater than or equal to start value if step is greater than zero"
        " otherwise stop should be less than or equal to start'"
    )
    away = raised("INVALID_FUNCTION_ARGUMENT", words, kind)
    return Typed(
        f"CASE WHEN {step} = 0 THEN {none} WHEN ({step} > 0 AND {last} < {first})"
        f" OR ({step} < 0 AND {last} > {first}) THEN {away}"
        f" ELSE CAST(generate_series({first}, {last}, {step}) AS BIGINT[]) END",
        kind,
    )


def _map_entries(where: Expressions, node: exp.Expression, arguments: Sequence[exp.Expression]) -> Typed:
    value = where.typed(arguments[0])
    if value.type.name != "map":
        raise where.unfit("map_entries", node, [value.type])
    kind = array(row((None, value.type.of[0]), (None, value.type.of[1])))
    entry = "struct_pack(f0 := tw_e.key, f1 := tw_e.value)"
    return Typed(f"list_transform(map_entries({value.sql}), lambda tw_e: {entry})", kind)


def _map_filter(where: Expressions, node: exp.Expression, arguments: Sequence[exp.Expression]) -> Typed:
    value = where.typed(arguments[0])
    if value.type.name != "map":
        raise where.unfit("map_filter", node, [value.type])
    entry, (key, kind) = where.fresh("l"), value.type.of
    test = bound(where, arguments[1], [Typed(f"{entry}.key", key), Typed(f"{entry}.value", kind)])
    return Typed(
        f"map_from_entries(list_filter(map_entries({value.sql}), lambda {entry}: {test.sql}))", value.type
    )


def _zip(where: Expressions, node: exp.Expression, arguments: Sequence[exp.Expression]) -> Typed:
    given = [_array_of(where, node, each, "zip") for each in arguments]
    names = ", ".join(f"f{number} := tw_e[{number + 1}]" for number in range(len(given)))
    kind = array(row(*((None, each.type.of[0]) for each in given)))
    zipped = f"list_zip({', '.join(each.sql for each in given)})"
    return Typed(f"list_transform({zipped}, lambda tw_e: struct_pack({names}))", kind)


FUNCTIONS: Final = {
    "contains": Special(_contains, 2, 2),
    "transform": Special(_transform, 2, 2),
    "filter": Special(_filter, 2, 2),
    "any_match": Special(_matches("any"), 2, 2),
    "all_match": Special(_matches("all"), 2, 2),
    "none_match": Special(_matches("none"), 2, 2),
    "reduce": Special(_reduce, 4, 4),
    "array_join": Special(_array_join, 2, 3),
    "array_union": Special(_sets("union"), 2, 2),
    "array_intersect": Special(_sets("intersect"), 2, 2),
    "array_except": Special(_sets("except"), 2, 2),
    "sequence": Special(_sequence, 2, 3),
    "map_entries": Special(_map_entries, 1, 1),
    "map_filter": Special(_map_filter, 2, 2),
    "zip": Special(_zip, 2, 5),
}
