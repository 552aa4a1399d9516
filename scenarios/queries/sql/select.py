"""Queries: SELECT with all its clauses, joins, UNNEST, set operations, WITH, as DuckDB's SQL.

Every relation gets a name of our own in DuckDB, every column the name `cN` or `oN`; how they are called for
people is kept beside. So no name of the text gets into what DuckDB runs.

Source: https://trino.io/docs/current/sql/select.html
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from sqlglot import exp

from scenarios.queries.sql import aggregates
from scenarios.queries.sql.casts import guarded, may_fail
from scenarios.queries.sql.errors import MalformedSql, QueryFailed, SqlNotSimulated
from scenarios.queries.sql.expressions.nodes import HANDLERS
from scenarios.queries.sql.expressions.translating import Expressions, Frame
from scenarios.queries.sql.parsing import parsed, whole_literal
from scenarios.queries.sql.scopes import HIDDEN, PATH, Field, Relation, Scan, Scope, Typed
from scenarios.queries.sql.tables import Table, View
from scenarios.queries.sql.types import BIGINT, UNKNOWN, Type, common
from scenarios.queries.sql.views import stale

LONGEST_SQL = 4 << 20  # characters of DuckDB's text, for what grows with every level
LARGEST_LIMIT = 2**63 - 1

Find = Callable[[str, str], Table | View]


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


@dataclass(slots=True, kw_only=True)
class _Result:
    """A query within: its columns, which may come from a table as they are."""

    sql: str
    fields: list[Field]
    order: list[str] = field(default_factory=list)


class Queries:
    """Translates one text.

    Args:
        text: the text of the query.
        find: a table by its database, or "", and its name; raises QueryFailed where there is none.
        now: the moment of the query.
    """

    def __init__(self, text: str, find: Find, now: datetime) -> None:
        self._find = find
        self._expressions = Expressions(text, now, HANDLERS, aggregates.call, self._inner)
        self._scans: list[Scan] = []
        self._ctes: list[dict[str, exp.CTE]] = []
        self._schema = ""
        self._inside: list[tuple[str, str]] = []
        self._views: set[tuple[str, str]] = set()

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
            scans=tuple(self._scans),
            unnamed=tuple(number for number, each in enumerate(found.fields, 1) if not each.name),
            views=frozenset(self._views),
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

    def _query(self, node: exp.Expression, outer: Scope | None) -> _Result:
        with_ = node.args.get("with_")
        ctes = {} if with_ is None else {each.alias.lower(): each for each in with_.expressions}
        self._ctes.append(ctes)
        try:
            if isinstance(node, exp.Select):
                return _Select(self, node, outer).result()
            if isinstance(node, exp.SetOperation):
                return self._set_operation(node, outer)
            if isinstance(node, exp.Subquery):
                return self._ordered(node, self._query(node.this, outer))
            if isinstance(node, exp.Values):
                return self._ordered(node, self._values(node, outer))
            raise SqlNotSimulated(f"the statement {type(node).__name__.upper()}")
        finally:
            self._ctes.pop()

    # ---- set operations -------------------------------------------------------------------------------

    def _set_operation(self, node: exp.SetOperation, outer: Scope | None) -> _Result:
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
        return self._ordered(node, _Result(sql=sql, fields=fields))

    def _as(self, result: _Result, kinds: Sequence[Type], names: Sequence[str]) -> str:
        alias = self._expressions.fresh("q")
        columns = ", ".join(f'"x{number}"' for number in range(len(kinds)))
        casts = ", ".join(
            f'CAST({alias}."x{number}" AS {kind.duckdb}) AS "{name}"'
            for number, (kind, name) in enumerate(zip(kinds, names, strict=True))
        )
        return f"SELECT {casts} FROM ({result.sql}) AS {alias}({columns})"

    def _ordered(self, node: exp.Expression, result: _Result) -> _Result:
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
                order = self.order(node.args["order"].expressions, fields, [each.sql for each in fields])
        sql = f"SELECT * FROM ({result.sql}) AS {alias}({', '.join(names)}){order}{self.limits(node)}"
        return _Result(sql=sql, fields=fields)

    def order(self, nodes: Iterable[exp.Expression], fields: Sequence[Field], outputs: Sequence[str]) -> str:
        """ORDER BY: an output's number or name, or an expression."""
        parts = []
        for each in nodes:
            value = self.ordered_value(each.this, fields, outputs)
            if value.type.name in ("json", "map"):
                why = f"Type {value.type.shown} is not orderable, and therefore cannot be used in ORDER BY"
                raise self._expressions.fails("TYPE_MISMATCH", each.this, why)
            if value.type.name in ("ipaddress", "row", "varbinary"):
                raise SqlNotSimulated(f"ORDER BY of values of the type {value.type.shown}")
            parts.append(aggregates.ordered(value, each))
        return f" ORDER BY {', '.join(parts)}"

    def ordered_value(self, node: exp.Expression, fields: Sequence[Field], outputs: Sequence[str]) -> Typed:
        """What one value of ORDER BY stands for."""
        return self._output(node, fields, outputs) or self._expressions.typed(node)

    def _output(self, node: exp.Expression, fields: Sequence[Field], outputs: Sequence[str]) -> Typed | None:
        number = whole_literal(node)
        if number is not None:
            if not 1 <= number <= len(fields):
                raise self._expressions.fails(
                    "INVALID_COLUMN_REFERENCE", node, f"ORDER BY position {number} is not in select list"
                )
            return Typed(outputs[number - 1], fields[number - 1].type)
        if isinstance(node, exp.Column) and node.args.get("table") is None:
            found = [at for at, each in enumerate(fields) if each.name == node.name.lower()]
            if len({outputs[at] for at in found}) > 1:
                raise self._expressions.fails("AMBIGUOUS_NAME", node, f"Column '{node.name}' is ambiguous")
            return Typed(outputs[found[0]], fields[found[0]].type) if found else None
        return None

    def limits(self, node: exp.Expression) -> str:
        """OFFSET and LIMIT, or FETCH FIRST."""
        parts = ""
        limit = node.args.get("limit") or node.args.get("fetch")
        if limit is not None:
            count = limit.args.get("count") if isinstance(limit, exp.Fetch) else limit.expression
            if not (isinstance(count, exp.Column) and count.name.lower() == "all"):
                parts += f" LIMIT {self._whole(count)}"
        offset = node.args.get("offset")
        if offset is not None:
            parts += f" OFFSET {self._whole(offset.expression)}"
        return parts

    def _whole(self, node: exp.Expression | None) -> int:
        number = whole_literal(node)
        if number is None:
            raise SqlNotSimulated("LIMIT or OFFSET that is no literal")
        return min(number, LARGEST_LIMIT)

    def _values(self, node: exp.Values, outer: Scope | None) -> _Result:
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
        return _Result(sql=f"SELECT * FROM (VALUES {lines}) AS {alias}({', '.join(names)})", fields=fields)

    # ---- relations -----------------------------------------------------------------------------------

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

    def _derived(self, result: _Result, node: exp.Expression, *, optional: bool) -> tuple[str, Relation]:
        alias = self._expressions.fresh("d")
        names = [self._expressions.fresh("c") for _ in result.fields]
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
            raise self._expressions.fails(missing.name, node, missing.message) from None
        if isinstance(found, View):
            return self._view(found, node, optional=optional)
        return self._scan(found, node, optional=optional)

    def _view(self, view: View, node: exp.Table, *, optional: bool) -> tuple[str, Relation]:
        """A view: its query again. It sees none of the names of WITH around it."""
        called = f"awsdatacatalog.{view.database}.{view.name}"
        key = (view.database, view.name)
        self._views.add(key)
        if key in self._inside:
            raise self._expressions.fails("VIEW_IS_RECURSIVE", node, f"View is recursive: {called}")
        hidden, schema, self._ctes, self._schema = self._ctes, self._schema, [], view.schema
        self._inside.append(key)
        try:
            with self._expressions.about(view.query):
                tree: Any = parsed(view.query)
                result = self._query(tree, None)
        except (QueryFailed, MalformedSql) as failed:
            words = failed.message if isinstance(failed, QueryFailed) else str(failed)
            why = f"Failed analyzing stored view '{called}': {words}"
            raise self._expressions.fails("INVALID_VIEW", node, why) from None
        finally:
            self._inside.pop()
            self._ctes, self._schema = hidden, schema
        changed = stale(view, [(each.name, each.type) for each in result.fields])
        if changed:
            why = f"View '{called}' is stale or in invalid state: {changed}"
            raise self._expressions.fails("VIEW_IS_STALE", node, why)
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
        scan = Scan(len(self._scans), table, optional=optional)
        self._scans.append(scan)
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
        with self._expressions.within(Frame(scope, clause="UNNEST")):
            given = [self._expressions.typed(each) for each in node.expressions]
        alias = self._expressions.fresh("u")
        selected, wide, narrow, lengths = [], [], [], []
        for number, value in enumerate(given):
            if value.type.name not in ("array", "map"):
                why = f"Cannot unnest type: {value.type.shown}"
                raise self._expressions.fails("INVALID_FUNCTION_ARGUMENT", node, why)
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
            raise self._expressions.fails("MISMATCHED_COLUMN_ALIASES", node, why)
        return [replace(each, name=name) for each, name in zip(fields, names, strict=True)]

    @property
    def expressions(self) -> Expressions:
        """How its expressions are translated."""
        return self._expressions


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


class _Select:
    """One SELECT."""

    def __init__(self, queries: Queries, node: exp.Select, outer: Scope | None) -> None:
        self._queries = queries
        self._of = queries.expressions
        self._node = node
        self._scope = Scope([], outer)

    def result(self) -> _Result:
        source = self._from()
        where = self._where()
        node = self._node
        group, keys = self._group()
        frame = Frame(self._scope, aggregates=True, windows=True, keys=keys)
        with self._of.within(frame):
            fields, outputs = self._selected()
            having = node.args.get("having")
            frame.clause, frame.windows = "HAVING", False
            condition = (
                f" HAVING {self._of.boolean(having.this, 'HAVING clause')}" if having is not None else ""
            )
            frame.clause, frame.windows = "ORDER BY", True
            order = (
                self._queries.order(node.args["order"].expressions, fields, outputs)
                if node.args.get("order")
                else ""
            )
        # Without GROUP BY a query is grouped too where an aggregate stands in SELECT, HAVING or ORDER BY.
        grouped = keys is not None or frame.aggregated or having is not None
        if grouped:
            self._all_grouped(frame)
        names = [self._of.fresh("o") for _ in fields]
        distinct = "DISTINCT " if node.args.get("distinct") else ""
        listed = ", ".join(f'{value} AS "{name}"' for value, name in zip(outputs, names, strict=True))
        if distinct and order and not set(self._ordered_by(fields, outputs)) <= set(outputs):
            words = "For SELECT DISTINCT, ORDER BY expressions must appear in select list"
            raise self._of.fails("EXPRESSION_NOT_IN_DISTINCT", node.args["order"], words)
        limits = self._queries.limits(node)
        sql = f"SELECT {distinct}{listed}{source}{where}{group}{condition}{order}{limits}"
        plain = not (grouped or distinct or limits or node.find(exp.Window))
        return _Result(sql=sql, fields=[replace(each, scan=each.scan if plain else None) for each in fields])

    def _ordered_by(self, fields: Sequence[Field], outputs: Sequence[str]) -> list[str]:
        """The SQL of what ORDER BY says."""
        with self._of.within(Frame(self._scope, aggregates=True, windows=True)):
            return [
                self._queries.ordered_value(each.this, fields, outputs).sql
                for each in self._node.args["order"].expressions
            ]

    def _all_grouped(self, frame: Frame) -> None:
        if frame.loose:
            _, node = frame.loose[0]
            shown = node.sql("trino")
            raise self._of.fails(
                "EXPRESSION_NOT_AGGREGATE",
                node,
                f"'{shown}' must be an aggregate expression or appear in GROUP BY clause",
            )

    # ---- what is selected -------------------------------------------------------------------------------

    def _selected(self) -> tuple[list[Field], list[str]]:
        fields: list[Field] = []
        outputs: list[str] = []
        for each in self._node.expressions:
            inner = each.this if isinstance(each, exp.Alias) else each
            if _is_star(inner):
                found = self._star(inner)
                fields += found
                outputs += [one.sql for one in found]
                continue
            value = self._of.typed(inner)
            name = each.alias.lower() if isinstance(each, exp.Alias) else _own_name(inner)
            origin = self._origin(value.sql)
            sql = value.sql if value.type != UNKNOWN else f"CAST({value.sql} AS INTEGER)"
            fields.append(
                Field(
                    name=name,
                    type=value.type,
                    sql=sql,
                    scan=origin.scan if origin else None,
                    column=origin.column if origin else "",
                )
            )
            outputs.append(sql)
        return fields, outputs

    def _origin(self, sql: str) -> Field | None:
        return next(
            (each for relation in self._scope.relations for each in relation.fields if each.sql == sql), None
        )

    def _star(self, node: exp.Expression) -> list[Field]:
        if isinstance(node, exp.Column):
            called = node.args["table"].name.lower()
            relations = [each for each in self._scope.relations if each.alias == called]
            if not relations and any(each.named(called) for each in self._scope.relations):
                raise SqlNotSimulated(f"the fields of a row as columns ({called}.*)")
            if not relations:
                raise self._of.fails(
                    "INVALID_FUNCTION_ARGUMENT", node, f"Unable to resolve reference {called}"
                )
        else:
            relations = self._scope.relations
            if not relations:
                raise self._of.fails(
                    "COLUMN_NOT_FOUND", node, "SELECT * not allowed in queries without FROM clause"
                )
        found = [each for relation in relations for each in relation.fields if not each.hidden]
        for each in found:
            if each.scan is not None:
                each.scan.read.setdefault(each.column, set()).add(())
            if each.sql not in (self._of.frame.keys or ()):
                self._of.frame.loose.append((each.sql, exp.column(each.name or "_col")))
        return found

    # ---- FROM -------------------------------------------------------------------------------------------

    def _from(self) -> str:
        source = self._node.args.get("from_")
        joins = self._node.args.get("joins") or []
        if source is None:
            return ""
        filled = self._filled_from_the_left(joins)
        sql = f" FROM {self._add(source.this, optional=filled > 0)}"
        for number, each in enumerate(joins, 1):
            sql += self._join(each, optional=number < filled)
        return sql

    def _filled_from_the_left(self, joins: Sequence[exp.Join]) -> int:
        """The number of the last join that fills what stands before it with NULLs."""
        sides = [str(each.args.get("side") or "").upper() for each in joins]
        return max((number for number, side in enumerate(sides, 1) if side in ("RIGHT", "FULL")), default=0)

    def _add(self, node: exp.Expression, *, optional: bool) -> str:
        sql, relation = self._queries.relation(node, self._scope, optional=optional)
        if relation.alias and any(
            each.alias == relation.alias and each.database == relation.database
            for each in self._scope.relations
        ):
            raise SqlNotSimulated(f"the name {relation.alias} for two relations")
        self._scope.relations.append(relation)
        return sql

    def _join(self, node: exp.Join, *, optional: bool) -> str:
        side, kind = (str(node.args.get(each) or "").upper() for each in ("side", "kind"))
        if kind not in ("", "INNER", "CROSS", "OUTER"):
            raise SqlNotSimulated(f"{kind} JOIN")
        before = len(self._scope.relations)
        sql = self._add(node.this, optional=optional or side in ("LEFT", "FULL"))
        condition, using = node.args.get("on"), node.args.get("using")
        if using:
            return self._using(node, side, sql, before)
        if condition is None:
            if side:
                raise self._of.fails("SYNTAX_ERROR", node, "an outer join needs ON or USING")
            return f" CROSS JOIN {sql}"
        with self._of.within(Frame(self._scope, clause="JOIN")):
            test = self._of.boolean(condition, "JOIN ON clause")
        return f" {side} JOIN {sql} ON {test}"

    def _using(self, node: exp.Join, side: str, sql: str, before: int) -> str:
        """USING: each of its columns stands once, in front, as the one that isn't NULL."""
        right = self._scope.relations[before]
        tests, joined = [], []
        for each in node.args["using"]:
            name = each.name.lower()
            mine = [one for relation in self._scope.relations[:before] for one in relation.named(name)]
            yours = right.named(name)
            if len(mine) != 1 or len(yours) != 1:
                raise self._of.fails(
                    "COLUMN_NOT_FOUND",
                    each,
                    f"Column '{name}' is missing from one side of join, or ambiguous",
                )
            kind = common(mine[0].type, yours[0].type)
            if kind is None:
                raise self._of.fails(
                    "TYPE_MISMATCH", each, f"Column types of left and right side are incompatible for {name}"
                )
            for one in (*mine, *yours):
                if one.scan is not None:
                    one.scan.read.setdefault(one.column, set()).add(())
            tests.append(f"CAST({mine[0].sql} AS {kind.duckdb}) = CAST({yours[0].sql} AS {kind.duckdb})")
            joined.append(Field(name=name, type=kind, sql=f"coalesce({mine[0].sql}, {yours[0].sql})"))
        names = {each.name for each in joined}
        for relation in self._scope.relations:
            relation.fields = [each for each in relation.fields if each.name not in names]
        self._scope.relations.insert(0, Relation(alias=None, fields=joined))
        return f" {side} JOIN {sql} ON {' AND '.join(tests)}"

    # ---- WHERE, GROUP BY ----------------------------------------------------------------------------------

    def _where(self) -> str:
        """The conditions that are left; what speaks of one table alone is asked where that is read."""
        where = self._node.args.get("where")
        if where is None:
            return ""
        kept: list[str] = []
        for each in _conjuncts(where.this):
            frame = Frame(self._scope, clause="WHERE")
            with self._of.within(frame):
                sql = self._of.boolean(each, "WHERE clause")
            if (kept and may_fail(sql)) or not self._pushed(frame, each, sql):
                kept.append(sql)
        return f" WHERE {guarded(kept)}" if kept else ""

    def _pushed(self, frame: Frame, node: exp.Expression, sql: str) -> bool:
        scans = {each[0] for each in frame.touched if each is not None}
        if None in frame.touched or len(scans) != 1 or node.find(exp.Query):
            return False
        (scan,) = scans
        columns = {each[1] for each in frame.touched if each is not None}
        if scan.optional or any(f"{scan.alias}." not in each.sql for each in self._fields(scan, columns)):
            return self._pushed_through(scan, columns, node, sql)
        if columns <= {*scan.table.keys, PATH}:
            _prune(scan, columns, node, sql)
        else:
            scan.filters.append(sql)
        return True

    def _pushed_through(self, scan: Scan, columns: set[str], node: exp.Expression, sql: str) -> bool:
        """A condition on columns of a query within that are a table's partition keys: it prunes there."""
        if scan.optional or not columns <= set(scan.table.keys):
            return False
        for each in self._fields(scan, columns):
            sql = sql.replace(each.sql, scan.column(each.column))
        _prune(scan, columns, node, sql)
        return True

    def _fields(self, scan: Scan, columns: set[str]) -> list[Field]:
        return [
            each
            for relation in self._scope.relations
            for each in relation.fields
            if each.scan is scan and each.column in columns
        ]

    def _group(self) -> tuple[str, frozenset[str] | None]:
        group = self._node.args.get("group")
        if group is None:
            return "", None
        # sqlglot's word for DISTINCT; where nothing is grouped in several ways, there are no doubles.
        if group.args.get("all") is False and group.find(*_SEVERAL):
            raise SqlNotSimulated("GROUP BY DISTINCT of grouping sets")
        keys: set[str] = set()
        with self._of.within(Frame(self._scope, clause="GROUP BY")):
            parts = [self._grouping(each, keys) for each in group.expressions]
            for word in ("cube", "rollup", "grouping_sets"):
                parts += [self._grouping(each, keys) for each in group.args.get(word) or ()]
        return (f" GROUP BY {', '.join(parts)}" if parts else ""), frozenset(keys)

    def _grouping(self, node: exp.Expression, keys: set[str]) -> str:
        word = _SEVERAL.get(type(node))
        if word is not None:
            return f"{word} ({', '.join(self._grouping(each, keys) for each in node.expressions)})"
        if isinstance(node, exp.Tuple):
            return f"({', '.join(self._grouping(each, keys) for each in node.expressions)})"
        if isinstance(node, exp.Paren) and isinstance(node.parent, exp.GroupingSets):
            return f"({self._grouping(node.this, keys)})"
        inner = node
        number = whole_literal(node)
        if number is not None:
            listed = self._node.expressions
            if not 1 <= number <= len(listed):
                raise self._of.fails(
                    "INVALID_COLUMN_REFERENCE", node, f"GROUP BY position {number} is not in select list"
                )
            inner = listed[number - 1]
            inner = inner.this if isinstance(inner, exp.Alias) else inner
        value = self._of.typed(inner)
        if value.type.name in ("json", "ipaddress", "varbinary"):
            raise SqlNotSimulated(f"GROUP BY of values of the type {value.type.shown}")
        keys.add(value.sql)
        return value.sql


_SEVERAL: Final = {exp.Rollup: "ROLLUP", exp.Cube: "CUBE", exp.GroupingSets: "GROUPING SETS"}


def _prune(scan: Scan, columns: set[str], node: exp.Expression, sql: str) -> None:
    """Open only the partitions for which the condition holds."""
    scan.conditions.append(sql)
    if len(columns) == 1 and isinstance(_bare(node), (exp.EQ, exp.In)):
        scan.pinned |= columns


def _conjuncts(node: exp.Expression) -> list[exp.Expression]:
    waiting, found = [node], []
    while waiting:
        each = waiting.pop()
        inner = _bare(each)
        if isinstance(inner, exp.And):
            waiting += [inner.expression, inner.this]
        else:
            found.append(each)
    return found


def _bare(node: exp.Expression) -> exp.Expression:
    while isinstance(node, exp.Paren):
        node = node.this
    return node


def _is_star(node: exp.Expression) -> bool:
    """`*` or `t.*`."""
    return isinstance(node, exp.Star) or (isinstance(node, exp.Column) and isinstance(node.this, exp.Star))


def _own_name(node: exp.Expression) -> str | None:
    """What a column is called that has no alias: its own name, or the last field's."""
    if isinstance(node, exp.Column):
        return str(node.name).lower()
    if isinstance(node, exp.Dot):
        return str(node.expression.name).lower()
    return None
