"""Queries: what stands around and between SELECTs, as DuckDB's SQL: WITH, set operations, VALUES.

Every relation gets a name of our own in DuckDB, every column the name `cN` or `oN`; how they are called for
people is kept beside. So no name of the text gets into what DuckDB runs.

Source: https://trino.io/docs/current/sql/select.html
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlglot import exp

from scenarios.queries.sql import aggregates
from scenarios.queries.sql.errors import SqlNotSimulated
from scenarios.queries.sql.expressions.nodes import HANDLERS
from scenarios.queries.sql.expressions.translating import Expressions, Frame
from scenarios.queries.sql.ordering import limits, order_by
from scenarios.queries.sql.relations import Find, Relations, Result
from scenarios.queries.sql.scopes import Field, Relation, Scan, Scope
from scenarios.queries.sql.select import Select
from scenarios.queries.sql.types import Type, common

LONGEST_SQL = 4 << 20  # characters of DuckDB's text, for what grows with every level


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A query in DuckDB's SQL, what its columns are called, their types, and the tables that it reads.

    `unnamed`: the numbers of columns, from 1, that the text gives no name. `views`: those that it reads.
    """

    sql: str
    names: tuple[str, ...]
    types: tuple[Type, ...]
    scans: tuple[Scan, ...]
    unnamed: tuple[int, ...] = ()
    views: frozenset[tuple[str, str]] = frozenset()


class Queries:
    """Translates one text.

    Args:
        text: the text of the query.
        find: a table by its database, or "", and its name; raises QueryFailed where there is none.
        now: the moment of the query.
    """

    def __init__(self, text: str, find: Find, now: datetime) -> None:
        self._expressions = Expressions(text, now, HANDLERS, aggregates.call, self._inner)
        self._relations = Relations(self._expressions, find, self._query)

    def translate(self, tree: Any) -> Query:
        """The whole query; raises QueryFailed and SqlNotSimulated.

        `tree`: of `parsing.parsed`, which has refused every part that `grammar.py` doesn't list.
        """
        found = self._query(tree, None)
        if len(found.sql) > LONGEST_SQL:
            raise SqlNotSimulated("expressions that are nested so deeply")
        names = [each.name or f"_col{number}" for number, each in enumerate(found.fields)]
        return Query(
            sql=found.sql,
            names=tuple(names),
            types=tuple(each.type for each in found.fields),
            scans=tuple(self._relations.scans),
            unnamed=tuple(number for number, each in enumerate(found.fields, 1) if not each.name),
            views=frozenset(self._relations.views),
        )

    def _inner(self, node: exp.Expression, scope: Scope) -> tuple[str, list[tuple[str, Type]]]:
        """A query inside of an expression."""
        inner = node
        while isinstance(inner, (exp.Subquery, exp.Paren)):
            inner = inner.this
        if not isinstance(inner, exp.Query):
            raise SqlNotSimulated(f"{node.sql('trino')[:60]} as a query")
        found = self._query(inner, scope)
        return found.sql, [(each.name or "", each.type) for each in found.fields]

    def _query(self, node: exp.Expression, outer: Scope | None) -> Result:
        with_ = node.args.get("with_")
        ctes = {} if with_ is None else {each.alias.lower(): each for each in with_.expressions}
        with self._relations.named_with(ctes):
            if isinstance(node, exp.Select):
                return Select(self._expressions, self._relations, node, outer).result()
            if isinstance(node, exp.SetOperation):
                return self._set_operation(node, outer)
            if isinstance(node, exp.Subquery):
                return self._ordered(node, self._query(node.this, outer))
            if isinstance(node, exp.Values):
                return self._ordered(node, self._values(node, outer))
            raise SqlNotSimulated(f"the statement {type(node).__name__.upper()}")

    def _set_operation(self, node: exp.SetOperation, outer: Scope | None) -> Result:
        word = {exp.Union: "UNION", exp.Intersect: "INTERSECT", exp.Except: "EXCEPT"}[type(node)]
        one, other = self._query(node.this, outer), self._query(node.expression, outer)
        if len(one.fields) != len(other.fields):
            why = f"{word} query has different number of fields: {len(one.fields)}, {len(other.fields)}"
            raise self._expressions.fails("TYPE_MISMATCH", node, why)
        kinds = []
        for number, (mine, yours) in enumerate(zip(one.fields, other.fields, strict=True), 1):
            kind = common(mine.type, yours.type)
            if kind is None:
                shown = f"{mine.type.shown}, {yours.type.shown}"
                why = f"column {number} in {word} query has incompatible types: {shown}"
                raise self._expressions.fails("TYPE_MISMATCH", node, why)
            kinds.append(kind)
        names = [self._expressions.fresh("o") for _ in kinds]
        everything = "" if node.args.get("distinct") else " ALL"
        sql = f" {word}{everything} ".join(f"({self._as(each, kinds, names)})" for each in (one, other))
        fields = [
            Field(name=mine.name, type=kind, sql=f'"{name}"')
            for mine, kind, name in zip(one.fields, kinds, names, strict=True)
        ]
        return self._ordered(node, Result(sql=sql, fields=fields))

    def _as(self, result: Result, kinds: Sequence[Type], names: Sequence[str]) -> str:
        alias = self._expressions.fresh("q")
        columns = ", ".join(f'"x{number}"' for number in range(len(kinds)))
        casts = ", ".join(
            f'CAST({alias}."x{number}" AS {kind.duckdb}) AS "{name}"'
            for number, (kind, name) in enumerate(zip(kinds, names, strict=True))
        )
        return f"SELECT {casts} FROM ({result.sql}) AS {alias}({columns})"

    def _ordered(self, node: exp.Expression, result: Result) -> Result:
        """ORDER BY, OFFSET and LIMIT behind a set operation or a query in parentheses."""
        if not any(node.args.get(each) for each in ("order", "offset", "limit", "fetch")):
            return result
        alias = self._expressions.fresh("q")
        names = [self._expressions.fresh("o") for _ in result.fields]
        fields = [
            replace(each, sql=f'{alias}."{name}"', scan=None)
            for each, name in zip(result.fields, names, strict=True)
        ]
        scope = Scope([Relation(alias=None, fields=fields)])
        order = ""
        if node.args.get("order") is not None:
            with self._expressions.within(Frame(scope, clause="ORDER BY")):
                order = order_by(
                    self._expressions, node.args["order"].expressions, fields, [each.sql for each in fields]
                )
        sql = f"SELECT * FROM ({result.sql}) AS {alias}({', '.join(names)}){order}{limits(node)}"
        return Result(sql=sql, fields=fields)

    def _values(self, node: exp.Values, outer: Scope | None) -> Result:
        rows = [each.expressions if isinstance(each, exp.Tuple) else [each] for each in node.expressions]
        width = len(rows[0])
        if any(len(each) != width for each in rows):
            raise self._expressions.fails("TYPE_MISMATCH", node, "Values rows have mismatched sizes")
        with self._expressions.within(Frame(Scope([], outer), clause="VALUES")):
            columns = [
                self._expressions.alike([each[at] for each in rows], "Values rows have mismatched types")
                for at in range(width)
            ]
        lines = ", ".join(
            f"({', '.join(f'CAST({values[at]} AS {kind.duckdb})' for values, kind in columns)})"
            for at in range(len(rows))
        )
        names = [self._expressions.fresh("o") for _ in columns]
        alias = self._expressions.fresh("v")
        fields = [
            Field(name=None, type=kind, sql=f'"{name}"')
            for (_, kind), name in zip(columns, names, strict=True)
        ]
        return Result(sql=f"SELECT * FROM (VALUES {lines}) AS {alias}({', '.join(names)})", fields=fields)
