"""Aggregates and window functions.

approx_distinct is answered exactly, which is within the error that Trino promises. approx_percentile is
SqlNotSimulated: which of the values near a percentile Trino answers isn't documented.

Source: https://trino.io/docs/current/functions/aggregate.html,
https://trino.io/docs/current/functions/window.html
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from sqlglot import exp

from scenarios.queries.sql import types
from scenarios.queries.sql.errors import SqlNotSimulated
from scenarios.queries.sql.expressions.translating import Expressions
from scenarios.queries.sql.functions import calls
from scenarios.queries.sql.parsing import whole_literal
from scenarios.queries.sql.scopes import Typed
from scenarios.queries.sql.types import (
    BIGINT,
    BOOLEAN,
    DOUBLE,
    INTEGER,
    INTERVALS,
    NUMERIC,
    ORDERED,
    UNKNOWN,
    VARCHAR,
    WHOLE,
    Type,
    array,
    decimal,
    map_of,
)


@dataclass(frozen=True, slots=True)
class _Call:
    """One call: DuckDB's SQL of it, what stands around it with FILTER and OVER, and the type of the whole."""

    sql: str
    type: Type
    around: str = "{}"


def call(where: Expressions, name: str, node: exp.Expression, arguments: Sequence[exp.Expression]) -> Typed:
    """Any call of a function."""
    if isinstance(node, (exp.Window, exp.Filter, exp.GroupConcat)):
        return _whole(where, node)
    if name in _WINDOWS and name not in _AGGREGATES:
        raise where.fails("MISSING_OVER", node, f"Window function {name} requires OVER clause")
    if name == "grouping":
        return _grouping(where, node, arguments)
    if name in _AGGREGATES or name in _NOT_SIMULATED:
        return _whole(where, node)
    return calls.call(where, name, node, arguments)


def _whole(where: Expressions, node: exp.Expression) -> Typed:
    inner, over, condition = node, "", ""
    frame = where.frame
    if isinstance(inner, exp.Window):
        if not frame.windows:
            raise _misplaced(where, node)
        over, inner = f" OVER ({_window(where, inner)})", inner.this
    if isinstance(inner, exp.Filter):
        with _inside(where, window=bool(over)):
            condition = f" FILTER (WHERE {where.boolean(inner.expression.this, 'Filter expression')})"
        inner = inner.this
    if not over and not frame.aggregates:
        raise _misplaced(where, node)
    if not over:
        frame.aggregated = True
    found = _called(where, inner, window=bool(over))
    return Typed(found.around.format(f"{found.sql}{condition}{over}"), found.type)


def _misplaced(where: Expressions, node: exp.Expression) -> Exception:
    shown = node.sql("trino")
    if where.frame.in_aggregate:
        return where.fails(
            "NESTED_AGGREGATION", node, f"Cannot nest aggregations inside aggregation: [{shown}]"
        )
    return where.fails(
        "EXPRESSION_NOT_SCALAR",
        node,
        f"{where.frame.clause} clause cannot contain aggregations, window functions or grouping operations:"
        f" [{shown}]",
    )


@contextmanager
def _inside(where: Expressions, *, window: bool) -> Iterator[None]:
    """In an aggregate's parentheses columns need not be grouped by; in a window function's they must."""
    frame = where.frame
    before = frame.in_aggregate, frame.aggregates, frame.windows
    if not window:
        frame.in_aggregate, frame.aggregates = True, False
    frame.windows = False
    try:
        yield
    finally:
        frame.in_aggregate, frame.aggregates, frame.windows = before


def _called(where: Expressions, node: exp.Expression, *, window: bool) -> _Call:
    if isinstance(node, exp.GroupConcat):
        with _inside(where, window=window):
            return _listagg(where, node)
    if not isinstance(node, exp.Anonymous):
        raise SqlNotSimulated(f"{node.sql('trino')[:60]} as an aggregate or a window function")
    name = str(node.this if isinstance(node.this, str) else node.this.name).lower()
    if window and name in _WINDOWS:
        with _inside(where, window=True):
            return _window_function(where, name, node)
    how = _AGGREGATES.get(name)
    if how is None:
        raise SqlNotSimulated(f"the aggregate {name}")
    with _inside(where, window=window):
        return _aggregate(where, name, node, how)


def _aggregate(where: Expressions, name: str, node: exp.Anonymous, how: "Aggregate") -> _Call:
    arguments, distinct, order = list(node.expressions), "", ""
    if len(arguments) == 1 and isinstance(arguments[0], exp.Distinct):
        arguments, distinct = list(arguments[0].expressions), "DISTINCT "
    if arguments and isinstance(arguments[-1], exp.Order):
        order = f" ORDER BY {ordering(where, arguments[-1].expressions)}"
        arguments[-1] = arguments[-1].this
    if arguments and isinstance(arguments[0], exp.Distinct):
        distinct, arguments = "DISTINCT ", list(arguments[0].expressions)
    if name == "count" and len(arguments) == 1 and isinstance(arguments[0], exp.Star):
        return _Call("count(*)", BIGINT)
    if name == "count" and not arguments:
        return _Call("count(*)", BIGINT)
    given = [where.typed(each) for each in arguments]
    found = how(given)
    if found is None:
        raise where.unfit(name, node, [each.type for each in given])
    kind, duckdb, values, around = found
    return _Call(f"{duckdb}({distinct}{', '.join(values)}{order})", kind, around)


def ordering(where: Expressions, nodes: Sequence[exp.Expression]) -> str:
    """ORDER BY; NULLs are last where nothing else is said, up or down."""
    return ", ".join(ordered(where.typed(each.this), each) for each in nodes)


def ordered(value: Typed, node: exp.Expression) -> str:
    """One value of ORDER BY."""
    direction = "DESC" if node.args.get("desc") else "ASC"
    nulls = "FIRST" if node.args.get("nulls_first") else "LAST"
    return f"{value.sql} {direction} NULLS {nulls}"


def _listagg(where: Expressions, node: exp.GroupConcat) -> _Call:
    inner, order = node.this, ""
    if isinstance(inner, exp.Order):
        order = f" ORDER BY {ordering(where, inner.expressions)}"
        inner = inner.this
    separator = node.args.get("separator")
    if not isinstance(separator, (exp.Literal, type(None))):
        raise SqlNotSimulated("LISTAGG with a separator that is no literal")
    distinct = ""
    if isinstance(inner, exp.Distinct):
        distinct, inner = "DISTINCT ", inner.expressions[0]
    value = where.typed(inner)
    if value.type.bare != VARCHAR:
        raise where.unfit("listagg", node, [value.type])
    between = types.text(separator.name if separator is not None else "")
    return _Call(f"string_agg({distinct}{value.sql}, {between}{order})", VARCHAR)


def _grouping(where: Expressions, node: exp.Expression, arguments: Sequence[exp.Expression]) -> Typed:
    if not where.frame.keys:
        raise where.fails(
            "MISSING_GROUP_BY",
            node,
            "A GROUPING() operation can only be used with a corresponding GROUPING SET/"
            "CUBE/ROLLUP/GROUP BY clause",
        )
    keys = ", ".join(where.typed(each).sql for each in arguments)
    return Typed(f"CAST(grouping({keys}) AS INTEGER)", INTEGER)


# ---- windows --------------------------------------------------------------------------------------


def _window(where: Expressions, node: exp.Window) -> str:
    parts = []
    if node.args.get("partition_by"):
        parts.append("PARTITION BY " + ", ".join(where.typed(each).sql for each in node.args["partition_by"]))
    order = node.args.get("order")
    if order is not None:
        parts.append("ORDER BY " + ordering(where, order.expressions))
    spec = node.args.get("spec")
    if spec is not None:
        parts.append(_bounds(spec))
    return " ".join(parts)


def _bounds(spec: exp.WindowSpec) -> str:
    kind = str(spec.args.get("kind") or "").upper()
    ends = [_bound(spec, "start"), _bound(spec, "end")]
    if kind not in ("ROWS", "RANGE"):
        raise SqlNotSimulated("a window frame of groups")
    return f"{kind} BETWEEN {ends[0]} AND {ends[1]}"


def _bound(spec: exp.WindowSpec, end: str) -> str:
    value, side = spec.args.get(end), str(spec.args.get(f"{end}_side") or "").upper()
    if value is None:
        return "CURRENT ROW"
    if isinstance(value, str):
        return value.upper() if value.upper() == "CURRENT ROW" else f"UNBOUNDED {side}"
    number = whole_literal(value)
    if number is None:
        raise SqlNotSimulated("a window frame whose end is no literal")
    return f"{number} {side}"


def _window_function(where: Expressions, name: str, node: exp.Anonymous) -> _Call:
    given = [where.typed(each) for each in node.expressions]
    least, most, kind = _WINDOWS[name]
    if not least <= len(given) <= most:
        raise where.fails("FUNCTION_NOT_FOUND", node, f"Unexpected parameters for function {name}")
    gives = kind or given[0].type
    values = [given[0].sql if kind is None else f"CAST({given[0].sql} AS BIGINT)"] if given else []
    values += [f"CAST({each.sql} AS BIGINT)" for each in given[1:2]]
    values += [where.coerced(each, gives) for each in given[2:]]
    sql = f"{name}({', '.join(values)})"
    return _Call(sql, gives, "CAST({} AS BIGINT)" if gives == BIGINT and kind else "{}")


_WINDOWS: Final[dict[str, tuple[int, int, Type | None]]] = {
    "row_number": (0, 0, BIGINT),
    "rank": (0, 0, BIGINT),
    "dense_rank": (0, 0, BIGINT),
    "percent_rank": (0, 0, DOUBLE),
    "cume_dist": (0, 0, DOUBLE),
    "ntile": (1, 1, BIGINT),
    "lag": (1, 3, None),
    "lead": (1, 3, None),
    "first_value": (1, 1, None),
    "last_value": (1, 1, None),
    "nth_value": (2, 2, None),
}

# ---- aggregates -------------------------------------------------------------------------------------

Found = tuple[Type, str, list[str], str] | None
Aggregate = Callable[[Sequence[Typed]], Found]


def _one(kind: Type | None, duckdb: str, takes: Sequence[str] | None = None, around: str = "{}") -> Aggregate:
    """An aggregate of one value; `kind` None: of the value's own type."""

    def how(given: Sequence[Typed]) -> Found:
        if len(given) != 1 or (takes is not None and given[0].type.bare.name not in (*takes, "unknown")):
            return None
        return kind or given[0].type, duckdb, [given[0].sql], around

    return how


def _of_double(duckdb: str) -> Aggregate:
    def how(given: Sequence[Typed]) -> Found:
        if len(given) != 1 or given[0].type.name not in (*NUMERIC, "unknown"):
            return None
        return DOUBLE, duckdb, [f"CAST({given[0].sql} AS DOUBLE)"], "{}"

    return how


def _count_if(given: Sequence[Typed]) -> Found:
    if len(given) != 1 or given[0].type not in (BOOLEAN, UNKNOWN):
        return None
    return BIGINT, "count", [f"CASE WHEN {given[0].sql} THEN 1 END"], "{}"


def _sum(given: Sequence[Typed]) -> Found:
    if len(given) == 1 and given[0].type.name in INTERVALS:
        raise SqlNotSimulated("sum of an interval")
    if len(given) != 1 or given[0].type.name not in (*NUMERIC, "unknown"):
        return None
    kind = given[0].type
    if kind.name == "decimal":
        return decimal(38, kind.scale), "sum", [given[0].sql], "{}"
    if kind.name in ("double", "real"):
        return kind, "sum", [given[0].sql], "{}"
    return BIGINT, "sum", [given[0].sql], "CAST({} AS BIGINT)"


def _avg(given: Sequence[Typed]) -> Found:
    if len(given) == 1 and given[0].type.name in INTERVALS:
        raise SqlNotSimulated("avg of an interval")
    if len(given) == 1 and given[0].type.name == "decimal":
        raise SqlNotSimulated("avg of a decimal; take that of a double")
    return _of_double("avg")(given)


def _several(given: Typed) -> int:
    """How many values are asked for, as a literal."""
    if not isinstance(given.value, int) or not 0 < given.value <= _MOST_VALUES:
        raise SqlNotSimulated("the largest or the smallest of a number of values that is no literal")
    return given.value


def _sorted_by(value: Typed, key: Typed, count: int, order: str) -> Found:
    """The first values by a key, those without one left out."""
    packed = f"struct_pack(v := {value.sql}, k := {key.sql}) ORDER BY {key.sql} {order} NULLS LAST"
    kept = f"list_filter({{0}}, lambda tw_e: tw_e.k IS NOT NULL)[1:{count}]"
    cut = f"list_transform({kept}, lambda tw_e: tw_e.v)"
    return array(value.type), "list", [packed], f"CASE WHEN len({cut}) > 0 THEN {cut} END"


def _extreme(duckdb: str) -> Aggregate:
    def how(given: Sequence[Typed]) -> Found:
        if given and given[0].type.name in ("array", "row", "ipaddress", "varbinary"):
            raise SqlNotSimulated(f"{duckdb} of {given[0].type.shown}")
        if len(given) == 2 and given[0].type.bare.name in ORDERED:
            return _sorted_by(given[0], given[0], _several(given[1]), _ORDERS[duckdb])
        return _one(None, duckdb, tuple(ORDERED))(given)

    return how


def _extreme_by(duckdb: str) -> Aggregate:
    def how(given: Sequence[Typed]) -> Found:
        if len(given) == 3 and given[1].type.bare.name in ORDERED:
            order = _ORDERS[duckdb.removeprefix("arg_").removesuffix("_null")]
            return _sorted_by(given[0], given[1], _several(given[2]), order)
        if len(given) != 2 or given[1].type.bare.name not in ORDERED:
            return None
        return given[0].type, duckdb, [each.sql for each in given], "{}"

    return how


def _array_agg(given: Sequence[Typed]) -> Found:
    return (array(given[0].type), "list", [given[0].sql], "{}") if len(given) == 1 else None


def _histogram(given: Sequence[Typed]) -> Found:
    if len(given) != 1:
        return None
    kind = map_of(given[0].type, BIGINT)
    return kind, "histogram", [given[0].sql], f"CAST({{}} AS {kind.duckdb})"


def _map_agg(given: Sequence[Typed]) -> Found:
    """Of a key that comes again the first value is kept; a key that is NULL is left out."""
    if len(given) != 2:
        return None
    kind = map_of(given[0].type, given[1].type)
    return kind, "list", [_entry(given)], _or_null(f"map_from_entries({_FIRST_OF_KEYS})")


def _multimap_agg(given: Sequence[Typed]) -> Found:
    if len(given) != 2:
        return None
    kind = map_of(given[0].type, array(given[1].type))
    same = "list_filter({0}, lambda tw_g: tw_g.k IS NOT DISTINCT FROM tw_e.k)"
    values = f"list_transform({same}, lambda tw_g: tw_g.v)"
    entries = f"list_transform({_FIRST_OF_KEYS}, lambda tw_e: struct_pack(k := tw_e.k, v := {values}))"
    return kind, "list", [_entry(given)], _or_null(f"map_from_entries({entries})")


def _entry(given: Sequence[Typed]) -> str:
    return f"struct_pack(k := {given[0].sql}, v := {given[1].sql})"


def _or_null(sql: str) -> str:
    """NULL where there was no row."""
    return f"CASE WHEN {{0}} IS NOT NULL THEN {sql} END"


_BEFORE: Final = "len(list_filter({0}[1:tw_i - 1], lambda tw_f: tw_f.k IS NOT DISTINCT FROM tw_e.k))"
_FIRST_OF_KEYS: Final = f"list_filter({{0}}, lambda tw_e, tw_i: tw_e.k IS NOT NULL AND {_BEFORE} = 0)"
_MOST_VALUES: Final = 10_000
_ORDERS: Final = {"max": "DESC", "min": "ASC"}
_TRUTHS: Final = ("boolean",)
_AGGREGATES: Final[dict[str, Aggregate]] = {
    "count": _one(BIGINT, "count"),
    "count_if": _count_if,
    "sum": _sum,
    "avg": _avg,
    "min": _extreme("min"),
    "max": _extreme("max"),
    "min_by": _extreme_by("arg_min_null"),
    "max_by": _extreme_by("arg_max_null"),
    "array_agg": _array_agg,
    "approx_distinct": lambda given: (
        (BIGINT, "count", [f"DISTINCT {given[0].sql}"], "{}") if len(given) == 1 else None
    ),
    "bool_and": _one(BOOLEAN, "bool_and", _TRUTHS),
    "every": _one(BOOLEAN, "bool_and", _TRUTHS),
    "bool_or": _one(BOOLEAN, "bool_or", _TRUTHS),
    "arbitrary": _one(None, "any_value"),
    "any_value": _one(None, "any_value"),
    "stddev": _of_double("stddev_samp"),
    "stddev_samp": _of_double("stddev_samp"),
    "stddev_pop": _of_double("stddev_pop"),
    "variance": _of_double("var_samp"),
    "var_samp": _of_double("var_samp"),
    "var_pop": _of_double("var_pop"),
    "histogram": _histogram,
    "map_agg": _map_agg,
    "multimap_agg": _multimap_agg,
    "geometric_mean": _of_double("geomean"),
    "bitwise_or_agg": _one(BIGINT, "bit_or", WHOLE, "CAST({} AS BIGINT)"),
    "bitwise_and_agg": _one(BIGINT, "bit_and", WHOLE, "CAST({} AS BIGINT)"),
}
_WORDS: Final = """
approx_percentile approx_most_frequent approx_set bitwise_xor_agg checksum corr covar_pop covar_samp
kurtosis map_union max_n merge numeric_histogram qdigest_agg
reduce_agg regr_intercept regr_slope skewness tdigest_agg
"""
_NOT_SIMULATED: Final = frozenset(_WORDS.split())
