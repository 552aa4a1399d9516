"""What every expression is translated with: where it stands, its type, and Trino's errors about it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlglot import exp

from scenarios.queries.sql.errors import QueryFailed, SqlNotSimulated
from scenarios.queries.sql.parsing import position
from scenarios.queries.sql.scopes import Scan, Scope, Typed
from scenarios.queries.sql.types import BOOLEAN, TIMESTAMP_TZ, UNKNOWN, Type, common

Handler = Callable[["Expressions", Any], Typed]
Handlers = Mapping[type[exp.Expression], Handler]
QueryOf = Callable[[exp.Expression, Scope], tuple[str, list[tuple[str, Type]]]]
Caller = Callable[["Expressions", str, exp.Expression, Sequence[exp.Expression]], Typed]


@dataclass(slots=True)
class Frame:
    """Where an expression stands.

    Args:
        scope: what it may name.
        clause: the clause, in Trino's word, for errors.
        aggregates: whether aggregates may stand here.
        windows: whether window functions may.
        keys: the SQL of what the query is grouped by; None where it isn't grouped.
        loose: columns that stand outside of keys and aggregates: their SQL, and the node.
        touched: the columns of tables that were named, and None for each other column.
        lambdas: the names that stand for a lambda's arguments.
    """

    scope: Scope
    clause: str = "SELECT"
    aggregates: bool = False
    windows: bool = False
    keys: frozenset[str] | None = None
    loose: list[tuple[str, exp.Expression]] = field(default_factory=list)
    touched: set[tuple[Scan, str] | None] = field(default_factory=set)
    lambdas: dict[str, Typed] = field(default_factory=dict)
    aggregated: bool = False
    in_aggregate: bool = False


class Expressions:
    """Translates the expressions of one query text.

    Args:
        text: the text, for positions in errors.
        now: what `now()` answers.
        handlers: what translates each kind of node: those of `nodes.py`.
        call: translates a call of a function.
        query: translates a query inside of an expression.
    """

    def __init__(self, text: str, now: datetime, handlers: Handlers, call: Caller, query: QueryOf) -> None:
        self.text = text
        self.now = now.astimezone(UTC)
        self._handlers = handlers
        self.call = call
        self.query = query
        self.frame = Frame(Scope())
        self._names = 0

    def fails(self, name: str, node: exp.Expression | None, words: str) -> QueryFailed:
        """Trino's error about a place in the text."""
        return QueryFailed(name, f"{position(node, self.text)}: {words}")

    def unfit(self, name: str, node: exp.Expression, given: Sequence[Type], more: str = "") -> QueryFailed:
        """Trino's error about a function that takes no arguments of these types."""
        shown = ", ".join(each.shown for each in given)
        words = f"Unexpected parameters ({shown}) for function {name}{more}"
        return self.fails("FUNCTION_NOT_FOUND", node, words)

    def fresh(self, letter: str) -> str:
        """A name that stands nowhere else."""
        self._names += 1
        return f"{letter}{self._names}"

    @contextmanager
    def within(self, frame: Frame) -> Iterator[Frame]:
        """Translate in another place."""
        before, self.frame = self.frame, frame
        try:
            yield frame
        finally:
            self.frame = before

    @contextmanager
    def about(self, text: str) -> Iterator[None]:
        """Translate another text, a view's: errors name places in it, and it sees no names from outside."""
        before, self.text = self.text, text
        try:
            with self.within(Frame(Scope())):
                yield
        finally:
            self.text = before

    def typed(self, node: exp.Expression | None) -> Typed:
        """Any expression."""
        if node is None:
            raise SqlNotSimulated("an argument that is empty")
        handler = self._handlers.get(type(node))
        if handler is None:
            raise SqlNotSimulated(called(node))
        frame = self.frame
        before = len(frame.loose)
        found = handler(self, node)
        if frame.keys is not None and found.sql in frame.keys:
            del frame.loose[before:]
        return found

    def boolean(self, node: exp.Expression, what: str) -> str:
        """An expression that must be a truth."""
        found = self.typed(node)
        if found.type not in (BOOLEAN, UNKNOWN):
            raise self.fails(
                "TYPE_MISMATCH", node, f"{what} must evaluate to a boolean: actual type {found.type.shown}"
            )
        return found.sql if found.type == BOOLEAN else "CAST(NULL AS BOOLEAN)"

    def coerced(self, value: Typed, wanted: Type) -> str:
        """A value where another type is wanted that it can be taken for."""
        if value.type.bare == wanted.bare:
            return value.sql
        return f"CAST({value.sql} AS {wanted.duckdb})"

    def alike(self, nodes: Sequence[exp.Expression], what: str) -> tuple[list[str], Type]:
        """Values that meet in one type. `what`: the sentence that ends the error."""
        found = [self.typed(each) for each in nodes]
        kind = UNKNOWN
        for node, each in zip(nodes, found, strict=True):
            met = common(kind, each.type)
            if met is None:
                raise self.fails("TYPE_MISMATCH", node, f"{what}: {kind.shown} and {each.type.shown}")
            kind = met
        return [self.coerced(each, kind) for each in found], kind

    def now_as(self, kind: Type) -> str:
        """The moment of the query, in milliseconds."""
        written = f"{self.now:%Y-%m-%d %H:%M:%S}.{self.now.microsecond // 1000:03}"
        return f"CAST('{written}{'+00' if kind == TIMESTAMP_TZ else ''}' AS {kind.duckdb})"


def called(node: exp.Expression) -> str:
    """A node as errors name it: its kind, and how its text begins."""
    shown: str = node.sql("trino")
    return f"{type(node).__name__} ({shown[:60]})"
