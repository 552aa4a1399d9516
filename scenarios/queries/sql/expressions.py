"""Expressions: from sqlglot's tree, with Trino's types, to DuckDB's SQL.

Every kind of node has its method in a table; one that isn't there is SqlNotSimulated. Types are inferred as
Trino does it, so a text compared with a number is an error here as there, where DuckDB would convert it in
silence.

Source: https://trino.io/docs/current/functions.html
"""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from sqlglot import exp

from scenarios.queries.sql import types
from scenarios.queries.sql.casts import HOLE, cast, may_fail, raised
from scenarios.queries.sql.errors import QueryFailed, SqlNotSimulated
from scenarios.queries.sql.parsing import place, position
from scenarios.queries.sql.scopes import Field, Relation, Scan, Scope, Typed
from scenarios.queries.sql.types import (
    BIGINT,
    BOOLEAN,
    DATE,
    DAY_TO_SECOND,
    DOUBLE,
    INTEGER,
    MOMENTS,
    NUMERIC,
    ORDERED,
    TIMESTAMP,
    TIMESTAMP_TZ,
    UNKNOWN,
    VARBINARY,
    VARCHAR,
    WHOLE,
    YEAR_TO_MONTH,
    Type,
    array,
    as_decimal,
    common,
    decimal,
    quoted,
)

Handler = Callable[["Expressions", Any], Typed]
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
        call: translates a call of a function.
        query: translates a query inside of an expression.
    """

    def __init__(self, text: str, now: datetime, call: Caller, query: QueryOf) -> None:
        self._text = text
        self.now = now.astimezone(UTC)
        self._call = call
        self._query = query
        self.frame = Frame(Scope())
        self.patterns: set[str] = set()
        self._names = 0

    def fails(self, name: str, node: exp.Expression | None, words: str) -> QueryFailed:
        """Trino's error about a place in the text."""
        return QueryFailed(name, f"{position(node, self._text)}: {words}")

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
        before, self._text = self._text, text
        try:
            with self.within(Frame(Scope())):
                yield
        finally:
            self._text = before

    def typed(self, node: exp.Expression | None) -> Typed:
        """Any expression."""
        if node is None:
            raise SqlNotSimulated("an argument that is empty")
        handler = _HANDLERS.get(type(node))
        if handler is None:
            raise SqlNotSimulated(_called(node))
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

    # ---- literals -----------------------------------------------------------------------------------

    def literal(self, node: exp.Literal) -> Typed:
        """A text or a number."""
        if node.is_string:
            kind = Type("varchar", length=len(node.this))
            return Typed(types.text(node.this), kind, node.this)
        return self._number(node, str(node.this))

    def _number(self, node: exp.Expression, written: str) -> Typed:
        if not _NUMBER.fullmatch(written):
            raise self.fails("SYNTAX_ERROR", node, f"Invalid numeric literal: {written}")
        if "e" in written.lower():
            return Typed(f"CAST({float(written)!r} AS DOUBLE)", DOUBLE, float(written))
        if "." in written:
            return self._decimal(written)
        number = int(written)
        if number > 2**63 - 1:
            raise self.fails("INVALID_LITERAL", node, f"Invalid numeric literal: {written}")
        kind = INTEGER if number < 2**31 else BIGINT
        return Typed(f"CAST({number} AS {kind.duckdb})", kind, number)

    def true(self, node: exp.Boolean) -> Typed:
        """TRUE or FALSE."""
        return Typed("true" if node.this else "false", BOOLEAN, bool(node.this))

    def null(self, _: exp.Null) -> Typed:
        """NULL."""
        return Typed("NULL", UNKNOWN)

    def hexadecimal(self, node: exp.HexString) -> Typed:
        """X'00FF'."""
        try:
            data = bytes.fromhex(node.name)
        except ValueError:
            raise self.fails("SYNTAX_ERROR", node, f"Invalid binary literal: {node.name}") from None
        return Typed("'" + "".join(f"\\x{each:02X}" for each in data) + "'::BLOB", VARBINARY)

    def interval(self, node: exp.Interval) -> Typed:
        """INTERVAL '1' DAY."""
        unit = node.text("unit").upper().rstrip("S")
        written = node.this.name if node.this is not None else ""
        sign = -1 if written.startswith("-") else 1
        if unit not in _UNITS or not written.lstrip("+-").isdigit():
            raise SqlNotSimulated(f"the interval {node.sql('trino')}")
        kind = YEAR_TO_MONTH if unit in ("MONTH", "YEAR") else DAY_TO_SECOND
        return Typed(f"INTERVAL '{sign * int(written.lstrip('+-'))} {unit}'", kind)

    def array(self, node: exp.Array) -> Typed:
        """ARRAY[..]."""
        values, kind = self.alike(node.expressions, "All ARRAY elements must be the same type")
        return Typed(f"CAST([{', '.join(values)}] AS {kind.duckdb}[])", array(kind))

    def moment(self, node: exp.Expression) -> Typed:
        """CURRENT_TIMESTAMP, CURRENT_DATE, LOCALTIMESTAMP."""
        if isinstance(node, exp.CurrentDate):
            return Typed(f"DATE '{self.now:%Y-%m-%d}'", DATE)
        kind = TIMESTAMP if isinstance(node, exp.Localtimestamp) else TIMESTAMP_TZ
        return Typed(self.now_as(kind), kind)

    def now_as(self, kind: Type) -> str:
        """The moment of the query, in milliseconds."""
        written = f"{self.now:%Y-%m-%d %H:%M:%S}.{self.now.microsecond // 1000:03}"
        return f"CAST('{written}{'+00' if kind == TIMESTAMP_TZ else ''}' AS {kind.duckdb})"

    # ---- names --------------------------------------------------------------------------------------

    def column(self, node: exp.Expression) -> Typed:
        """A name with what stands in front of and behind it: table, column, fields of a row."""
        parts = _parts(node)
        if parts is None:
            return self._field_of(node)
        if parts[0] in self.frame.lambdas:
            return self._fields(self.frame.lambdas[parts[0]], parts[1:], node)
        scope: Scope | None = self.frame.scope
        while scope is not None:
            found = self._found(scope, parts, node)
            if found is not None:
                return self._taken(*found, node, outer=scope is not self.frame.scope)
            scope = scope.parent
        shown = ".".join(parts)
        raise self.fails(
            "COLUMN_NOT_FOUND",
            node,
            f"Column '{shown}' cannot be resolved or requester is not authorized to access requested"
            " resources",
        )

    def _found(self, scope: Scope, parts: list[str], node: exp.Expression) -> tuple[Field, list[str]] | None:
        for relation in scope.relations:
            for length in (2, 1):
                if len(parts) > length and _names(relation, parts[:length]) and relation.named(parts[length]):
                    return self._one(relation.named(parts[length]), parts[: length + 1], node), parts[
                        length + 1 :
                    ]
        fields = [each for relation in scope.relations for each in relation.named(parts[0])]
        return (self._one(fields, parts[:1], node), parts[1:]) if fields else None

    def _one(self, fields: list[Field], parts: list[str], node: exp.Expression) -> Field:
        if len(fields) > 1:
            raise self.fails("AMBIGUOUS_NAME", node, f"Column '{'.'.join(parts)}' is ambiguous")
        return fields[0]

    def _taken(self, found: Field, rest: list[str], node: exp.Expression, *, outer: bool) -> Typed:
        frame = self.frame
        if found.scan is not None:
            found.scan.read.setdefault(found.column, set()).add(tuple(rest))
        frame.touched.add((found.scan, found.column) if found.scan is not None else None)
        typed = self._fields(Typed(found.sql, found.type), rest, node)
        keys = frame.keys or ()
        if not outer and not frame.in_aggregate and typed.sql not in keys and found.sql not in keys:
            frame.loose.append((typed.sql, node))
        return typed

    def _fields(self, value: Typed, names: Sequence[str], node: exp.Expression) -> Typed:
        for name in names:
            kind = value.type.field(name) if value.type.name == "row" else None
            if kind is None:
                if value.type.name == "row":
                    raise self.fails("COLUMN_NOT_FOUND", node, f"Column '{_shown(node)}' cannot be resolved")
                raise self.fails("TYPE_MISMATCH", node, f"Expression {_shown(node)} is not of type ROW")
            value = Typed(f"{value.sql}.{quoted(name)}", kind)
        return value

    def _field_of(self, node: exp.Expression) -> Typed:
        """A field of something computed, such as `resources[1].arn`."""
        inner, name = node.this, node.expression.name.lower()
        value = self.typed(inner)
        return self._fields(Typed(f"({value.sql})", value.type), [name], node)

    def identifier(self, node: exp.Identifier) -> Typed:
        """A bare name, which is what sqlglot calls a lambda's argument."""
        return self.column(exp.Column(this=node.copy()))

    def lambda_of(self, node: exp.Expression, kinds: Sequence[Type]) -> tuple[list[str], Typed]:
        """A lambda's argument names in DuckDB, and its body."""
        names = [self.fresh("l") for _ in kinds]
        return names, self.bound(node, [Typed(name, kind) for name, kind in zip(names, kinds, strict=True)])

    def bound(self, node: exp.Expression, values: Sequence[Typed]) -> Typed:
        """A lambda's body with values in place of its arguments."""
        if not isinstance(node, exp.Lambda) or len(node.expressions) != len(values):
            raise self.fails("TYPE_MISMATCH", node, f"Expected a lambda with {len(values)} arguments")
        before = dict(self.frame.lambdas)
        for given, value in zip(node.expressions, values, strict=True):
            self.frame.lambdas[given.name.lower()] = value
        try:
            return self.typed(node.this)
        finally:
            self.frame.lambdas = before

    # ---- logic and comparison -----------------------------------------------------------------------

    def parentheses(self, node: exp.Paren) -> Typed:
        """(..)."""
        inner = self.typed(node.this)
        return Typed(f"({inner.sql})", inner.type, inner.value)

    def logic(self, node: exp.Expression) -> Typed:
        """AND, OR."""
        word = "AND" if isinstance(node, exp.And) else "OR"
        both = [
            self.boolean(each, f"Logical expression {word} term") for each in (node.this, node.expression)
        ]
        sql = f"({both[0]} {word} {both[1]})"
        if may_fail(both[1]):
            first = f"NOT ({both[0]})" if word == "AND" else both[0]
            sql = f"CASE WHEN {first} THEN {'false' if word == 'AND' else 'true'} ELSE {sql} END"
        return Typed(sql, BOOLEAN)

    def negation(self, node: exp.Not) -> Typed:
        """NOT."""
        return Typed(f"(NOT {self.boolean(node.this, 'Value of logical NOT expression')})", BOOLEAN)

    def comparison(self, node: exp.Expression) -> Typed:
        """=, <>, <, <=, >, >=, IS [NOT] DISTINCT FROM."""
        if isinstance(node.expression, (exp.Any, exp.All)):
            return self._quantified(node)
        mark = _MARKS[type(node)]
        one, other = self.typed(node.this), self.typed(node.expression)
        kind = common(one.type, other.type)
        if kind is None or not self._comparable(kind, mark):
            shown = "=" if mark.startswith("IS") else mark
            raise self.fails(
                "TYPE_MISMATCH", node, f"Cannot apply operator: {one.type.shown} {shown} {other.type.shown}"
            )
        compared = f"({self.coerced(one, kind)} {mark} {self.coerced(other, kind)})"
        if kind.name == "array" and not mark.startswith("IS"):
            nulls = [f"len(list_filter({each.sql}, lambda tw_e: tw_e IS NULL)) > 0" for each in (one, other)]
            hole = raised(HOLE, "'a comparison of arrays with NULL in them'", BOOLEAN)
            compared = f"CASE WHEN {' OR '.join(nulls)} THEN {hole} ELSE {compared} END"
        return Typed(compared, BOOLEAN)

    def _comparable(self, kind: Type, mark: str) -> bool:
        if not mark.startswith("IS") and (kind.name in ("row", "map") or _is_deep(kind)):
            # NULL inside of both makes the answer NULL in Trino; DuckDB takes two NULLs for equal.
            raise SqlNotSimulated(f"{mark} between values of the type {kind.shown}")
        if kind.name in ("json", "map", "row", "ipaddress", "varbinary") and mark[0] in "<>" and mark != "<>":
            if kind.name in ("ipaddress", "row", "varbinary"):
                raise SqlNotSimulated(f"{mark} between values of the type {kind.shown}")
            return False
        return True

    def _quantified(self, node: exp.Expression) -> Typed:
        word = "ANY" if isinstance(node.expression, exp.Any) else "ALL"
        inner = node.expression.this
        sql, columns = self._query(inner, self.frame.scope)
        value = self.typed(node.this)
        kind = common(value.type, columns[0][1])
        if kind is None or len(columns) != 1:
            raise self.fails("TYPE_MISMATCH", node, "value and result of subquery must be of the same type")
        mark = _MARKS[type(node)]
        return Typed(f"({self.coerced(value, kind)} {mark} {word} ({_cast_query(sql, kind)}))", BOOLEAN)

    def between(self, node: exp.Between) -> Typed:
        """BETWEEN."""
        parts = [self.typed(each) for each in (node.this, node.args["low"], node.args["high"])]
        kind: Type | None = parts[0].type
        for each in parts[1:]:
            kind = common(kind, each.type) if kind else None
        if kind is None or (kind != UNKNOWN and kind.name not in ORDERED):
            shown = [each.type.shown for each in parts]
            raise self.fails(
                "TYPE_MISMATCH", node, f"Cannot check if {shown[0]} is BETWEEN {shown[1]} and {shown[2]}"
            )
        value, low, high = (self.coerced(each, kind) for each in parts)
        return Typed(f"({value} BETWEEN {low} AND {high})", BOOLEAN)

    def membership(self, node: exp.In) -> Typed:
        """IN, with a list or a query."""
        query = node.args.get("query")
        if query is not None:
            sql, columns = self._query(query, self.frame.scope)
            value = self.typed(node.this)
            kind = common(value.type, columns[0][1])
            if kind is None or len(columns) != 1:
                raise self.fails(
                    "TYPE_MISMATCH",
                    node,
                    "value and result of subquery must be of the same type for IN expression",
                )
            return Typed(f"({self.coerced(value, kind)} IN ({_cast_query(sql, kind)}))", BOOLEAN)
        values, _ = self.alike(
            [node.this, *node.expressions], "IN value and list items must be the same type"
        )
        return Typed(f"({values[0]} IN ({', '.join(values[1:])}))", BOOLEAN)

    def null_check(self, node: exp.Is) -> Typed:
        """IS NULL; NOT is around it."""
        if not isinstance(node.expression, exp.Null):
            raise SqlNotSimulated(f"IS {node.expression.sql('trino')}")
        negated = "NOT " if node.args.get("negate") else ""
        return Typed(f"({self.typed(node.this).sql} IS {negated}NULL)", BOOLEAN)

    def like(self, node: exp.Expression) -> Typed:
        """LIKE, with or without ESCAPE."""
        escape = ""
        if isinstance(node, exp.Escape):
            escape = f" ESCAPE {self._pattern(node.expression)}"
            node = node.this
        if not isinstance(node, exp.Like):
            raise SqlNotSimulated(_called(node))
        value = self.typed(node.this)
        if value.type.bare not in (VARCHAR, UNKNOWN):
            raise self.fails(
                "TYPE_MISMATCH",
                node,
                f"Left side of LIKE expression must evaluate to a varchar (actual: {value.type.shown})",
            )
        negated = "NOT " if node.args.get("negate") else ""
        return Typed(f"({value.sql} {negated}LIKE {self._pattern(node.expression)}{escape})", BOOLEAN)

    def _pattern(self, node: exp.Expression) -> str:
        value = self.typed(node)
        if value.type.bare not in (VARCHAR, UNKNOWN):
            raise self.fails(
                "TYPE_MISMATCH",
                node,
                f"Pattern for LIKE expression must evaluate to a varchar (actual: {value.type.shown})",
            )
        return value.sql

    def exists(self, node: exp.Exists) -> Typed:
        """EXISTS."""
        sql, _ = self._query(node.this, self.frame.scope)
        return Typed(f"EXISTS ({sql})", BOOLEAN)

    def subquery(self, node: exp.Expression) -> Typed:
        """A query as one value."""
        inner = node.this if isinstance(node, exp.Subquery) else node
        sql, columns = self._query(inner, self.frame.scope)
        if len(columns) != 1:
            raise self.fails(
                "TYPE_MISMATCH",
                node,
                f"Multiple columns returned by subquery are not yet supported. Found {len(columns)}",
            )
        return Typed(f"({sql})", columns[0][1])

    def case(self, node: exp.Case) -> Typed:
        """CASE, with or without a value."""
        branches = node.args["ifs"]
        results = [each.args["true"] for each in branches]
        default = node.args.get("default")
        values, kind = self.alike(
            [*results, *([default] if default is not None else [])], "All CASE results must be the same type"
        )
        conditions = []
        for each in branches:
            test = (
                each.this if node.this is None else exp.EQ(this=node.this.copy(), expression=each.this.copy())
            )
            conditions.append(self.boolean(test, "CASE WHEN clause"))
        whens = " ".join(f"WHEN {test} THEN {value}" for test, value in zip(conditions, values, strict=False))
        end = f" ELSE {values[-1]}" if default is not None else ""
        return Typed(f"CASE {whens}{end} END", kind)

    def conditional(self, node: exp.If) -> Typed:
        """if(condition, a, b)."""
        test = self.boolean(node.this, "IF condition")
        false = node.args.get("false") or exp.Null()
        values, kind = self.alike([node.args["true"], false], "Result types for IF must be the same")
        return Typed(f"CASE WHEN {test} THEN {values[0]} ELSE {values[1]} END", kind)

    # ---- arithmetic ---------------------------------------------------------------------------------

    def arithmetic(self, node: exp.Expression) -> Typed:
        """+, -, *, /, %."""
        return self.calculated(_SIGNS[type(node)], self.typed(node.this), self.typed(node.expression), node)

    def calculated(self, sign: str, one: Typed, other: Typed, node: exp.Expression) -> Typed:
        """Two values and a sign between them."""
        kind = common(one.type, other.type)
        if kind == UNKNOWN:
            return Typed("NULL", UNKNOWN)
        if kind is not None and kind.name in NUMERIC:
            return self._numbers(sign, one, other, kind)
        moments = self._with_interval(sign, one, other)
        if moments is None:
            raise self.fails(
                "TYPE_MISMATCH", node, f"Cannot apply operator: {one.type.shown} {sign} {other.type.shown}"
            )
        return moments

    def _numbers(self, sign: str, one: Typed, other: Typed, kind: Type) -> Typed:
        if kind.name == "decimal":
            return self._decimals(sign, one, other)
        left, right = self.coerced(one, kind), self.coerced(other, kind)
        if kind.name in WHOLE:
            if sign not in "/%":
                return Typed(f"({left} {sign} {right})", kind)
            good = f"({left} {'//' if sign == '/' else '%'} {right})"
            return Typed(good if other.value else self._by_zero(right, good, kind), kind)
        if sign == "/":
            by_zero = (
                f"CASE WHEN {left} = 0 THEN 'NaN'::DOUBLE WHEN {left} > 0 THEN 'Infinity'::DOUBLE"
                " ELSE '-Infinity'::DOUBLE END"
            )
            return Typed(
                f"CASE WHEN {right} = 0 AND {left} IS NOT NULL THEN {by_zero} ELSE ({left} / {right}) END",
                kind,
            )
        return Typed(f"({left} {sign} {right})", kind)

    def _by_zero(self, right: str, good: str, kind: Type) -> str:
        failing = raised("DIVISION_BY_ZERO", "'Division by zero'", kind)
        return f"CASE WHEN {right} = 0 THEN {failing} ELSE {good} END"

    def _decimals(self, sign: str, one: Typed, other: Typed) -> Typed:
        """Trino's digits of each result: https://trino.io/docs/current/functions/decimal.html."""
        mine, yours = as_decimal(one.type), as_decimal(other.type)
        digits, scale = _digits(sign, mine, yours)
        kind = decimal(digits, scale)
        left, right = self.coerced(one, mine), self.coerced(other, yours)
        if sign == "/":
            good = _divided(left, mine.scale, right, yours.scale, kind)
            return Typed(self._by_zero(right, good, kind), kind)
        good = f"CAST(({left} {sign} {right}) AS {kind.duckdb})"
        return Typed(self._by_zero(right, good, kind) if sign == "%" else good, kind)

    def _with_interval(self, sign: str, one: Typed, other: Typed) -> Typed | None:
        intervals = (DAY_TO_SECOND, YEAR_TO_MONTH)
        if sign in "+-" and one.type.name in MOMENTS and other.type in intervals:
            return Typed(f"CAST(({one.sql} {sign} {other.sql}) AS {one.type.duckdb})", one.type)
        if sign == "+" and one.type in intervals and other.type.name in MOMENTS:
            return self._with_interval(sign, other, one)
        if sign == "-" and one.type.name in MOMENTS and other.type.name in MOMENTS:
            kind = common(one.type, other.type) or one.type
            left, right = self.coerced(one, kind), self.coerced(other, kind)
            return Typed(f"to_microseconds(epoch_us({left}) - epoch_us({right}))", DAY_TO_SECOND)
        if sign in "+-" and one.type in intervals and one.type == other.type:
            return Typed(f"({one.sql} {sign} {other.sql})", one.type)
        if sign == "*" and one.type in intervals and other.type.name in WHOLE:
            return Typed(f"({one.sql} * {other.sql})", one.type)
        return None

    def minus(self, node: exp.Neg) -> Typed:
        """-x."""
        if isinstance(node.this, exp.Literal) and not node.this.is_string:
            found = self.typed(node.this)
            negative = -found.value if isinstance(found.value, (int, float)) else None
            return Typed(f"(- {found.sql})", found.type, negative)
        value = self.typed(node.this)
        if value.type.name not in NUMERIC and value.type not in (DAY_TO_SECOND, YEAR_TO_MONTH, UNKNOWN):
            raise self.fails("TYPE_MISMATCH", node, f"Cannot negate {value.type.shown}")
        return Typed(f"(- {value.sql})", value.type)

    def joined(self, node: exp.DPipe) -> Typed:
        """||: it is the function concat."""
        return self._call(self, "concat", node, [node.this, node.expression])

    # ---- conversions, elements, calls -----------------------------------------------------------------

    def conversion(self, node: exp.Cast) -> Typed:
        """CAST, TRY_CAST, and typed literals such as DATE '2026-01-01'."""
        value = self.typed(node.this)
        written = node.to.sql("trino")
        if written == "DECIMAL" and isinstance(value.value, str) and self._is_literal(node):
            if not _DECIMAL.fullmatch(value.value):
                raise self._no_literal(node, "decimal", value.value, "DECIMAL")
            return self._decimal(value.value)
        kind = _timestamp(node.to) or types.read(written)
        moment = kind.name in (TIMESTAMP.name, TIMESTAMP_TZ.name) and isinstance(value.value, str)
        if moment and not _is_moment(value.value) and self._typed_by(node, "timestamp") is not None:
            raise self._no_literal(node, "timestamp", value.value, "timestamp")
        if moment and _ZONED.fullmatch(value.value) and self._typed_by(node, "timestamp") is not None:
            kind = TIMESTAMP_TZ
        try:
            sql = cast(value.sql, value.type, kind)
        except QueryFailed as mismatch:
            raise self.fails(mismatch.name, node, mismatch.message) from None
        if isinstance(node, exp.TryCast):
            sql = f"TRY({sql})"
        return Typed(sql, kind)

    def _is_literal(self, node: exp.Cast) -> bool:
        """Whether it is DECIMAL '1.50', of two digits behind the point, which sqlglot reads like a CAST."""
        start, end = (node.this.meta.get(each, -1) for each in ("start", "end"))
        quoted_text = "'" + str(node.this.this).replace("'", "''") + "'"
        if self._text[start : end + 1] != quoted_text:
            raise SqlNotSimulated("a text as a decimal in a parameter")
        return self._typed_by(node, "decimal") is not None

    def _typed_by(self, node: exp.Cast, word: str) -> int | None:
        """Where the type stands in front of a literal's text; None for a CAST."""
        found = re.search(rf"\b{word}\s*\Z", self._text[: node.this.meta.get("start", 0)], re.IGNORECASE)
        return found.start() if found else None

    def _no_literal(self, node: exp.Cast, word: str, value: str, shown: str) -> QueryFailed:
        """Trino's error about the text of a literal with a type, from Trino's ExpressionAnalyzer."""
        at = place(self._text, self._typed_by(node, word) or 0)
        return QueryFailed("INVALID_LITERAL", f"{at}: '{value}' is not a valid {shown} literal")

    def _decimal(self, written: str) -> Typed:
        whole, _, behind = written.lstrip("+-").partition(".")
        kind = decimal(len((whole + behind).lstrip("0") or behind or "0"), len(behind))
        return Typed(f"CAST('{written}' AS {kind.duckdb})", kind)

    def extraction(self, node: exp.Extract) -> Typed:
        """EXTRACT(YEAR FROM x): the function year."""
        return self._call(self, node.name.lower(), node, [node.expression])

    def element(self, node: exp.Bracket) -> Typed:
        """a[i] of an array, a map or a row; outside of it is an error."""
        if len(node.expressions) != 1:
            raise SqlNotSimulated("a subscript with several values")
        value, at = self.typed(node.this), self.typed(node.expressions[0])
        if value.type.name == "map":
            return self._of_map(value, at, node)
        if value.type.name == "row" and isinstance(at.value, int):
            if not 1 <= at.value <= len(value.type.of):
                raise self.fails(
                    "INVALID_FUNCTION_ARGUMENT",
                    node,
                    f"Invalid subscript index: {at.value}. ROW indices start at 1",
                )
            return Typed(f"struct_extract_at({value.sql}, {at.value})", value.type.of[at.value - 1])
        if value.type.name != "array" or at.type.name not in WHOLE:
            raise self.fails(
                "TYPE_MISMATCH", node, f"Cannot use {at.type.shown} for subscript of {value.type.shown}"
            )
        kind = value.type.of[0]
        name = "INVALID_FUNCTION_ARGUMENT"
        zero = raised(name, "'SQL array indices start at 1'", kind)
        negative = raised(name, f"'Array subscript is negative: ' || {at.sql}", kind)
        most = f"len({value.sql})"
        beyond = (
            f"'Array subscript must be less than or equal to array length: ' || {at.sql} || ' > ' || {most}"
        )
        sql = (
            f"CASE WHEN {value.sql} IS NULL OR {at.sql} IS NULL THEN NULL WHEN {at.sql} = 0 THEN {zero}"
            f" WHEN {at.sql} < 0 THEN {negative} WHEN {at.sql} > {most} THEN {raised(name, beyond, kind)}"
            f" ELSE {value.sql}[{at.sql}] END"
        )
        return Typed(sql, kind)

    def _of_map(self, value: Typed, at: Typed, node: exp.Expression) -> Typed:
        key, kind = value.type.of
        if common(key, at.type) is None:
            raise self.fails(
                "TYPE_MISMATCH", node, f"Cannot use {at.type.shown} for subscript of {value.type.shown}"
            )
        wanted = self.coerced(at, key)
        missing = raised("INVALID_FUNCTION_ARGUMENT", f"'Key not present in map: ' || {wanted}", kind)
        return Typed(
            f"CASE WHEN {value.sql} IS NULL OR {wanted} IS NULL THEN NULL"
            f" WHEN NOT map_contains({value.sql}, {wanted}) THEN {missing} ELSE {value.sql}[{wanted}] END",
            kind,
        )

    def in_zone(self, node: exp.AtTimeZone) -> Typed:
        """AT TIME ZONE 'UTC': no other zone is kept here."""
        zone = node.args["zone"]
        value = self.typed(node.this)
        if not isinstance(zone, exp.Literal) or zone.name.upper() not in (
            "UTC",
            "GMT",
            "Z",
            "+00:00",
            "ETC/UTC",
        ):
            raise SqlNotSimulated("AT TIME ZONE with a zone that isn't UTC")
        if value.type.name not in ("timestamp", "timestamp with time zone"):
            raise self.fails(
                "TYPE_MISMATCH",
                node,
                "Type of value must be a time or timestamp with or without time zone"
                f" (actual {value.type.shown})",
            )
        return Typed(self.coerced(value, TIMESTAMP_TZ), TIMESTAMP_TZ)

    def call(self, node: exp.Anonymous) -> Typed:
        """name(..)."""
        name = node.this if isinstance(node.this, str) else node.this.name
        return self._call(self, str(name).lower(), node, node.expressions)

    def special(self, node: exp.Expression) -> Typed:
        """Functions whose arguments are not plain: TRIM(x), POSITION(a IN b), SUBSTRING(a FROM 1)."""
        if isinstance(node, exp.Trim):
            return self._trimmed(node)
        if isinstance(node, exp.StrPosition):
            return self._call(self, "strpos", node, [node.this, node.args["substr"]])
        given = [node.this, node.args.get("start"), node.args.get("length")]
        return self._call(self, "substr", node, [each for each in given if each is not None])

    def _trimmed(self, node: exp.Trim) -> Typed:
        """TRIM; with characters it takes away each of them, at one end or at both."""
        how = {"LEADING": "ltrim", "TRAILING": "rtrim"}.get(
            str(node.args.get("position") or "").upper(), "trim"
        )
        value = self._call(self, how, node, [node.this])
        characters = node.args.get("expression")
        if characters is None:
            return value
        whole, taken = self.typed(node.this), self.typed(characters)
        if taken.type.bare not in (VARCHAR, UNKNOWN):
            raise self.unfit("trim", node, [whole.type, taken.type])
        return Typed(f"{how}({whole.sql}, {taken.sql})", VARCHAR)

    def aggregate_with(self, node: exp.Expression) -> Typed:
        """An aggregate with FILTER, a window function, LISTAGG."""
        return self._call(self, "", node, [])


def _parts(node: exp.Expression) -> list[str] | None:
    """The names of a chain of dots from its beginning; None where it begins with something else."""
    if isinstance(node, exp.Dot):
        before = _parts(node.this) if isinstance(node.this, (exp.Dot, exp.Column, exp.Identifier)) else None
        if before is None or not isinstance(node.expression, exp.Identifier):
            if not isinstance(node.expression, exp.Identifier):
                raise SqlNotSimulated(_called(node.expression))
            return None
        return [*before, node.expression.name.lower()]
    if isinstance(node, exp.Identifier):
        return [node.name.lower()]
    if isinstance(node.this, exp.Star):
        raise SqlNotSimulated("* in an expression")
    given = [node.args.get(each) for each in ("catalog", "db", "table", "this")]
    return [each.name.lower() for each in given if each is not None]


def _shown(node: exp.Expression) -> str:
    return ".".join(_parts(node) or ["expression"])


def _names(relation: Relation, parts: list[str]) -> bool:
    """Whether `t` or `db.t` is the relation."""
    if len(parts) == 1:
        return relation.alias == parts[0]
    return relation.database == parts[0] and relation.alias == parts[1]


def _called(node: exp.Expression) -> str:
    shown: str = node.sql("trino")
    return f"{type(node).__name__} ({shown[:60]})"


def _is_moment(written: str) -> bool:
    """Whether a text is a timestamp as Trino reads it; one of a year that Python can't have counts as one."""
    found = _LITERAL.fullmatch(written)
    if found is None:
        return False
    year, month, day, hour, minute, second = (int(each or 0) for each in found.groups())
    try:
        datetime(year if 1 <= year <= 9999 else 2000, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return False
    return True


def _is_deep(kind: Type) -> bool:
    """Whether it is an array of arrays, maps or rows."""
    return kind.name == "array" and bool(kind.of[0].of)


def _timestamp(kind: exp.DataType) -> Type | None:
    """A type of moments, which sqlglot has its own names for."""
    names = {
        exp.DataType.Type.TIMESTAMP: TIMESTAMP,
        exp.DataType.Type.TIMESTAMPNTZ: TIMESTAMP,
        exp.DataType.Type.TIMESTAMPTZ: TIMESTAMP_TZ,
    }
    found = names.get(kind.this)
    if found is None:
        return None
    digits = int(kind.expressions[0].name) if kind.expressions else 3
    return Type(found.name, length=digits)


def _cast_query(sql: str, kind: Type) -> str:
    """A query of one column, as the type that it is compared in."""
    return f'SELECT CAST(q."x" AS {kind.duckdb}) FROM ({sql}) AS q("x")'


def _digits(sign: str, mine: Type, yours: Type) -> tuple[int, int]:
    one, other = mine.length or 38, yours.length or 38
    scale = max(mine.scale, yours.scale)
    if sign in "+-":
        return max(one - mine.scale, other - yours.scale) + scale + 1, scale
    if sign == "*":
        return one + other, mine.scale + yours.scale
    if sign == "/":
        return one + yours.scale + max(0, yours.scale - mine.scale), scale
    return min(one - mine.scale, other - yours.scale) + scale, scale


def _divided(left: str, left_scale: int, right: str, right_scale: int, kind: Type) -> str:
    """A quotient of decimals, the half rounded away from zero, which DuckDB has only in floating point."""
    above = f"(CAST({left} * {10**left_scale} AS HUGEINT) * {10 ** (kind.scale - left_scale + right_scale)})"
    below = f"CAST({right} * {10**right_scale} AS HUGEINT)"
    size = f"((2 * abs({above}) + abs({below})) // (2 * abs({below})))"
    sign = f"CASE WHEN ({above} < 0) <> ({below} < 0) THEN -1 ELSE 1 END"
    unit = f"CAST('{10**-kind.scale:.{kind.scale}f}' AS DECIMAL({kind.scale + 1}, {kind.scale}))"
    return f"CAST(CAST({size} * {sign} AS DECIMAL({38 - kind.scale - 1}, 0)) * {unit} AS {kind.duckdb})"


_LITERAL: Final = re.compile(
    r"([-+]?\d{4,})-(\d{1,2})-(\d{1,2})(?: (?:(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.\d+)?)?)?\s*\S*)?"
)
_ZONED: Final = re.compile(r"\S+ (?:[\d:.]+\s*)?[^\d\s:.]\S*")
_DECIMAL: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)")
_NUMBER: Final = re.compile(r"\d+|(\d+\.\d*|\.\d+|\d+)([eE][+-]?\d+)?")
_UNITS: Final = ("SECOND", "MINUTE", "HOUR", "DAY", "WEEK", "MONTH", "YEAR")
_MARKS: Final[dict[type[exp.Expression], str]] = {
    exp.EQ: "=",
    exp.NEQ: "<>",
    exp.GT: ">",
    exp.GTE: ">=",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.NullSafeEQ: "IS NOT DISTINCT FROM",
    exp.NullSafeNEQ: "IS DISTINCT FROM",
}
_SIGNS: Final[dict[type[exp.Expression], str]] = {
    exp.Add: "+",
    exp.Sub: "-",
    exp.Mul: "*",
    exp.Div: "/",
    exp.Mod: "%",
}
_HANDLERS: Final[dict[type[exp.Expression], Handler]] = {
    exp.Literal: Expressions.literal,
    exp.Boolean: Expressions.true,
    exp.Null: Expressions.null,
    exp.HexString: Expressions.hexadecimal,
    exp.Interval: Expressions.interval,
    exp.Array: Expressions.array,
    exp.CurrentTimestamp: Expressions.moment,
    exp.CurrentDate: Expressions.moment,
    exp.Localtimestamp: Expressions.moment,
    exp.Column: Expressions.column,
    exp.Dot: Expressions.column,
    exp.Identifier: Expressions.identifier,
    exp.Paren: Expressions.parentheses,
    exp.And: Expressions.logic,
    exp.Or: Expressions.logic,
    exp.Not: Expressions.negation,
    **dict.fromkeys(_MARKS, Expressions.comparison),
    exp.Between: Expressions.between,
    exp.In: Expressions.membership,
    exp.Is: Expressions.null_check,
    exp.Like: Expressions.like,
    exp.Escape: Expressions.like,
    exp.Exists: Expressions.exists,
    exp.Subquery: Expressions.subquery,
    exp.Select: Expressions.subquery,
    exp.Case: Expressions.case,
    exp.If: Expressions.conditional,
    **dict.fromkeys(_SIGNS, Expressions.arithmetic),
    exp.Neg: Expressions.minus,
    exp.DPipe: Expressions.joined,
    exp.Cast: Expressions.conversion,
    exp.TryCast: Expressions.conversion,
    exp.Extract: Expressions.extraction,
    exp.Bracket: Expressions.element,
    exp.AtTimeZone: Expressions.in_zone,
    exp.Anonymous: Expressions.call,
    exp.Trim: Expressions.special,
    exp.StrPosition: Expressions.special,
    exp.Substring: Expressions.special,
    exp.Filter: Expressions.aggregate_with,
    exp.Window: Expressions.aggregate_with,
    exp.GroupConcat: Expressions.aggregate_with,
}
