"""What stands in a FROM: tables, views, the names of WITH, queries within, UNNEST.

Source: https://trino.io/docs/current/sql/select.html
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from sqlglot import exp

from scenarios.queries.sql.errors import MalformedSql, QueryFailed, SqlNotSimulated
from scenarios.queries.sql.expressions.translating import Expressions, Frame
from scenarios.queries.sql.parsing import parsed
from scenarios.queries.sql.scopes import HIDDEN, PATH, Field, Relation, Scan, Scope
from scenarios.queries.sql.tables import Table, View
from scenarios.queries.sql.types import BIGINT, Type
from scenarios.queries.sql.views import stale

Find = Callable[[str, str], Table | View]


@dataclass(slots=True, kw_only=True)
class Result:
    """A query within: its columns, which may come from a table as they are."""

    sql: str
    fields: list[Field]


QueryOf = Callable[[exp.Expression, Scope | None], Result]


class Relations:
    """What the names in the FROMs of one query text stand for.

    Args:
        expressions: how its expressions are translated.
        find: a table by its database, or "", and its name; raises QueryFailed where there is none.
        query: translates a query within.
    """

    def __init__(self, expressions: Expressions, find: Find, query: QueryOf) -> None:
        self._of = expressions
        self._find = find
        self._query = query
        self.scans: list[Scan] = []
        self.views: set[tuple[str, str]] = set()
        self._ctes: list[dict[str, exp.CTE]] = []
        self._schema = ""
        self._inside: list[tuple[str, str]] = []

    @contextmanager
    def named_with(self, ctes: Mapping[str, exp.CTE]) -> Iterator[None]:
        """The names of a WITH stand for its queries inside."""
        self._ctes.append(dict(ctes))
        try:
            yield
        finally:
            self._ctes.pop()

    def relation(self, node: exp.Expression, scope: Scope, *, optional: bool) -> tuple[str, Relation]:
        """What stands in a FROM: its SQL, and its names."""
        if isinstance(node, exp.Table):
            return self._table(node, optional=optional)
        if (
            isinstance(node, exp.Subquery)
            and isinstance(node.this, (exp.Table, exp.Subquery))
            and not node.this.args.get("with_")
        ):
            raise SqlNotSimulated("a join in parentheses")
        if isinstance(node, exp.Subquery):
            return self._derived(self._query(node.this, scope.parent), node, optional=optional)
        if isinstance(node, exp.Values):
            return self._derived(self._query(node, scope.parent), node, optional=optional)
        if isinstance(node, exp.Unnest):
            return self._unnest(node, scope)
        raise SqlNotSimulated(f"{type(node).__name__.upper()} in FROM")

    def _derived(self, result: Result, node: exp.Expression, *, optional: bool) -> tuple[str, Relation]:
        alias = self._of.fresh("d")
        names = [self._of.fresh("c") for _ in result.fields]
        fields = [
            replace(each, sql=f'{alias}."{name}"', scan=None if optional else each.scan)
            for each, name in zip(self._renamed(result.fields, node), names, strict=True)
        ]
        called = node.alias.lower() if node.alias else None
        sql = f"({result.sql}) AS {alias}({', '.join(names)})"
        return sql, Relation(alias=called, fields=fields)

    def _table(self, node: exp.Table, *, optional: bool) -> tuple[str, Relation]:
        if not isinstance(node.this, exp.Identifier):
            raise SqlNotSimulated(f"{node.sql('trino')[:60]} in FROM")
        name, database = node.name.lower(), node.db.lower()
        if not database:
            for level in reversed(range(len(self._ctes))):
                if name in self._ctes[level]:
                    return self._cte(self._ctes[level][name], level, node, optional=optional)
        if database == "information_schema":
            raise SqlNotSimulated("information_schema")
        if node.catalog and node.catalog.lower() != "awsdatacatalog":
            raise SqlNotSimulated(f"the catalog {node.catalog}")
        try:
            found = self._find(database or self._schema, name)
        except QueryFailed as missing:
            raise self._of.fails(missing.name, node, missing.message) from None
        if isinstance(found, View):
            return self._view(found, node, optional=optional)
        return self._scan(found, node, optional=optional)

    def _view(self, view: View, node: exp.Table, *, optional: bool) -> tuple[str, Relation]:
        """A view: its query again. It sees none of the names of WITH around it."""
        called = f"awsdatacatalog.{view.database}.{view.name}"
        key = (view.database, view.name)
        self.views.add(key)
        if key in self._inside:
            raise self._of.fails("VIEW_IS_RECURSIVE", node, f"View is recursive: {called}")
        hidden, schema, self._ctes, self._schema = self._ctes, self._schema, [], view.schema
        self._inside.append(key)
        try:
            with self._of.about(view.query):
                tree: Any = parsed(view.query)
                result = self._query(tree, None)
        except (QueryFailed, MalformedSql) as failed:
            words = failed.message if isinstance(failed, QueryFailed) else str(failed)
            why = f"Failed analyzing stored view '{called}': {words}"
            raise self._of.fails("INVALID_VIEW", node, why) from None
        finally:
            self._inside.pop()
            self._ctes, self._schema = hidden, schema
        changed = stale(view, [(each.name, each.type) for each in result.fields])
        if changed:
            why = f"View '{called}' is stale or in invalid state: {changed}"
            raise self._of.fails("VIEW_IS_STALE", node, why)
        sql, relation = self._derived(result, node, optional=optional)
        if relation.alias is None:
            relation.alias, relation.database = view.name, view.database
        return sql, relation

    def _cte(self, cte: exp.CTE, level: int, node: exp.Table, *, optional: bool) -> tuple[str, Relation]:
        """A name of WITH: its query again, wherever it is named. It sees the names before it alone."""
        hidden, name = self._ctes[level:], cte.alias.lower()
        before = dict(list(hidden[0].items())[: list(hidden[0]).index(name)])
        self._ctes[level:] = [before]
        try:
            result = self._query(cte.this, None)
        finally:
            self._ctes[level:] = hidden
        result.fields = self._renamed(result.fields, cte)
        sql, relation = self._derived(result, node, optional=optional)
        relation.alias = relation.alias or cte.alias.lower()
        return sql, relation

    def _scan(self, table: Table, node: exp.Table, *, optional: bool) -> tuple[str, Relation]:
        scan = Scan(len(self.scans), table, optional=optional)
        self.scans.append(scan)
        fields = [
            Field(name=column, type=kind, sql=scan.column(column), scan=scan, column=column)
            for column, kind in (*table.columns.items(), *table.keys.items())
        ]
        fields = self._renamed(fields, node, f"'{table.name}' has {len(fields)} columns available")
        fields.append(
            Field(name=PATH, type=HIDDEN[PATH], sql=scan.column(PATH), scan=scan, column=PATH, hidden=True)
        )
        alias = node.alias.lower() if node.alias else None
        database = None if alias else table.database
        return scan.alias, Relation(alias=alias or table.name, database=database, fields=fields)

    def _unnest(self, node: exp.Unnest, scope: Scope) -> tuple[str, Relation]:
        """UNNEST of arrays and maps side by side; the shorter ones are filled up with NULL."""
        with self._of.within(Frame(scope, clause="UNNEST")):
            given = [self._of.typed(each) for each in node.expressions]
        alias = self._of.fresh("u")
        selected, wide, narrow, lengths = [], [], [], []
        for number, value in enumerate(given):
            if value.type.name not in ("array", "map"):
                why = f"Cannot unnest type: {value.type.shown}"
                raise self._of.fails("INVALID_FUNCTION_ARGUMENT", node, why)
            entries = value.sql if value.type.name == "array" else f"map_entries({value.sql})"
            selected.append(f'unnest({entries}) AS "e{number}"')
            lengths.append(f"coalesce(len({entries}), 0)")
            element = f'{alias}."e{number}"'
            wide += _elements(value.type, element)
            is_map = value.type.name == "map"
            narrow += (
                _elements(value.type, element)
                if is_map
                else [Field(name=None, type=value.type.of[0], sql=element)]
            )
        names = _column_aliases(node)
        if node.args.get("offset"):
            longest = f"greatest({', '.join(lengths)})" if len(lengths) > 1 else lengths[0]
            selected.append(f'unnest(range(1, {longest} + 1)) AS "n"')
            ordinal = Field(name=None, type=BIGINT, sql=f'{alias}."n"')
            wide, narrow = [*wide, ordinal], [*narrow, ordinal]
            if isinstance(node.args["offset"], exp.Identifier) and names:
                names.append(node.args["offset"].name.lower())
        fields = self._named(node, names, wide, narrow)
        sql = f"LATERAL (SELECT {', '.join(selected)}) AS {alias}"
        called = (
            node.args["alias"].this.name.lower()
            if node.args.get("alias") and node.args["alias"].this
            else None
        )
        return sql, Relation(alias=called, fields=fields)

    def _named(
        self, node: exp.Expression, names: Sequence[str], wide: list[Field], narrow: list[Field]
    ) -> list[Field]:
        """The columns of an UNNEST by the names that are given.

        AWS's pages have both: a name for each field of an array's rows, as in Trino, and one for the whole
        row; the number of names tells them apart.

        Source: https://docs.aws.amazon.com/athena/latest/ug/filtering-nested-with-dot.html
        """
        if not names:
            return wide
        fields = narrow if len(names) == len(narrow) != len(wide) else wide
        return self._by_names(fields, names, node)

    def _renamed(self, fields: list[Field], node: exp.Expression, available: str = "") -> list[Field]:
        """The columns of a relation by its alias's names, where it has any."""
        names = _column_aliases(node)
        return self._by_names(fields, names, node, available) if names else fields

    def _by_names(
        self, fields: list[Field], names: Sequence[str], node: exp.Expression, available: str = ""
    ) -> list[Field]:
        if len(names) != len(fields):
            available = available or f"relation has {len(fields)} columns"
            why = f"Column alias list has {len(names)} entries but {available}"
            raise self._of.fails("MISMATCHED_COLUMN_ALIASES", node, why)
        return [replace(each, name=name) for each, name in zip(fields, names, strict=True)]


def _column_aliases(node: exp.Expression) -> list[str]:
    alias = node.args.get("alias")
    return [each.name.lower() for each in alias.columns] if alias else []


def _elements(kind: Type, sql: str) -> list[Field]:
    """The columns of one value that is unnested: a row's fields, a map's key and value, else the value."""
    if kind.name == "map":
        return [
            Field(name=None, type=each, sql=f"{sql}.{part}")
            for part, each in zip(("key", "value"), kind.of, strict=True)
        ]
    inside = kind.of[0]
    if inside.name != "row":
        return [Field(name=None, type=inside, sql=sql)]
    given = zip(inside.names, inside.fields(), strict=True)
    return [Field(name=name, type=each, sql=f'{sql}."{real}"') for name, (real, each) in given]
