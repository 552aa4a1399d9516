"""The line of the table that fits a call's arguments: what T stands for, and what is converted."""

from collections.abc import Mapping, Sequence
from typing import Final

from sqlglot import exp

from scenarios.queries.sql import types
from scenarios.queries.sql.casts import raised
from scenarios.queries.sql.errors import SqlNotSimulated
from scenarios.queries.sql.expressions.translating import Expressions
from scenarios.queries.sql.functions.table import FAILURES, LINES, VARIABLES, Line
from scenarios.queries.sql.scopes import Typed
from scenarios.queries.sql.trino_names import NAMES
from scenarios.queries.sql.types import BIGINT, MOMENTS, NUMERIC, UNKNOWN, Type, common


def by_line(where: Expressions, name: str, node: exp.Expression, given: Sequence[Typed]) -> Typed:
    """A call by the line that fits best, with arguments that are translated; raises what `call` raises."""
    kinds = [each.type for each in given]
    fitting = [each for each in LINES.get(name, ()) if len(each.takes) == len(given)]
    fitting.sort(key=lambda line: -_exactly(line, kinds))
    for line in fitting:
        bindings: dict[str, Type] = {}
        if all(_bound(takes, kind, bindings) for takes, kind in zip(line.takes, kinds, strict=True)):
            return _written(where, line, given, bindings)
    if name not in LINES:
        if name in NAMES:
            raise SqlNotSimulated(f"the function {name}")
        raise where.fails("FUNCTION_NOT_FOUND", node, f"Function '{name}' not registered")
    if _only_there(name, kinds):
        raise SqlNotSimulated(f"{name} of ({', '.join(each.shown for each in kinds)})")
    expected = ", ".join(f"{name}({', '.join(t.shown for t in line.takes)})" for line in LINES.get(name, ()))
    raise where.unfit(name, node, kinds, f". Expected: {expected}" if expected else "")


_PARTS_OF_INTERVALS: Final = ("year", "month", "day", "hour", "minute", "second", "millisecond")
_OF_BINARY: Final = ("reverse", "lpad", "rpad", "substr")


def _only_there(name: str, given: Sequence[Type]) -> bool:
    """Whether Trino has another form of a function of the table, which takes these."""
    first = given[0].name if given else ""
    return (
        (name == "from_unixtime" and len(given) in (2, 3))
        or (name == "from_utf8" and len(given) == 2)
        or (name == "map_concat" and len(given) > 2 and first == "map")
        or (name in _PARTS_OF_INTERVALS and first in types.INTERVALS)
        or (name in _OF_BINARY and first == "varbinary")
    )


def _written(where: Expressions, line: Line, given: Sequence[Typed], bindings: Mapping[str, Type]) -> Typed:
    wanted = [_filled(takes, bindings) for takes in line.takes]
    values = [where.coerced(each, kind) for each, kind in zip(given, wanted, strict=True)]
    gives = _filled(line.gives, bindings)
    failures = {name: raised(*error, gives) for name, error in FAILURES.items() if f"{{{name}}}" in line.sql}
    sql = line.sql.format(*values, **failures)
    if gives in (BIGINT, types.INTEGER):
        sql = f"CAST({sql} AS {gives.duckdb})"
    return Typed(sql, gives)


def _bound(takes: Type, given: Type, bindings: dict[str, Type]) -> bool:
    """Whether an argument may stand there; what T stands for is noted."""
    if takes.name in VARIABLES:
        met = common(bindings.get(takes.name, UNKNOWN), given)
        if met is None or (takes.name == "N" and met.name not in (*NUMERIC, "unknown")):
            return False
        if takes.name == "M" and met.name not in (*MOMENTS, "unknown"):
            return False
        bindings[takes.name] = met
        return True
    if given == UNKNOWN:
        return True
    if takes.of:
        return given.name == takes.name and all(
            _bound(mine, yours, bindings) for mine, yours in zip(takes.of, given.of, strict=True)
        )
    return types.fits(given, takes)


def _filled(kind: Type, bindings: Mapping[str, Type]) -> Type:
    if kind.name in VARIABLES:
        return bindings.get(kind.name, UNKNOWN)
    return Type(
        kind.name, tuple(_filled(each, bindings) for each in kind.of), kind.names, kind.length, kind.scale
    )


def _exactly(line: Line, given: Sequence[Type]) -> int:
    """How many arguments need no conversion: the more, the better the line fits."""
    return sum(
        takes.name in (each.bare.name, *VARIABLES) for takes, each in zip(line.takes, given, strict=True)
    )
