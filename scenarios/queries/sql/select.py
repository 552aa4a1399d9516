"""One SELECT with its clauses and joins, as DuckDB's SQL.

What WHERE says of one table alone is asked where that table is read.

Source: https://trino.io/docs/current/sql/select.html
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from sqlglot import exp

from scenarios.queries.sql.casts import guarded, may_fail
from scenarios.queries.sql.errors import SqlNotSimulated
from scenarios.queries.sql.expressions.translating import Expressions, Frame
from scenarios.queries.sql.ordering import limits, order_by, ordered_value
from scenarios.queries.sql.parsing import whole_literal
from scenarios.queries.sql.relations import Relations, Result
from scenarios.queries.sql.scopes import PATH, Field, Relation, Scan, Scope
from scenarios.queries.sql.types import UNKNOWN, common


class Select:
    """One SELECT.

    Args:
        expressions: how its expressions are translated.
        relations: what the names in its FROM stand for.
        node: the SELECT.
        outer: what the query around it may name.
    """

    def __init__(
        self, expressions: Expressions, relations: Relations, node: exp.Select, outer: Scope | None
    ) -> None:
        self._of = expressions
        self._relations = relations
        self._node = node
        self._scope = Scope([], outer)

    def result(self) -> Result:
        """Its SQL and its columns; raises QueryFailed and SqlNotSimulated."""
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
                order_by(self._of, node.args["order"].expressions, fields, outputs)
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
        limited = limits(node)
        sql = f"SELECT {distinct}{listed}{source}{where}{group}{condition}{order}{limited}"
        plain = not (grouped or distinct or limited or node.find(exp.Window))
        return Result(sql=sql, fields=[replace(each, scan=each.scan if plain else None) for each in fields])

    def _ordered_by(self, fields: Sequence[Field], outputs: Sequence[str]) -> list[str]:
        """The SQL of what ORDER BY says."""
        with self._of.within(Frame(self._scope, aggregates=True, windows=True)):
            return [
                ordered_value(self._of, each.this, fields, outputs).sql
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
        sql, relation = self._relations.relation(node, self._scope, optional=optional)
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
