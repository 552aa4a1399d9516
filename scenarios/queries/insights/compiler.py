"""Expressions as functions of a row.

Names are looked up once, here: a name that an earlier command gave is a value of the row, and what is asked
for below it is inside that value; every other name is a field of the event, which is found by its flat name.
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from scenarios.queries.errors import MalformedQuery, QueryNotSimulated
from scenarios.queries.insights import periods, regexes
from scenarios.queries.insights.events import Row
from scenarios.queries.insights.functions import functions
from scenarios.queries.insights.functions.function import Function
from scenarios.queries.insights.scanner import Steps, flat, known_part
from scenarios.queries.insights.switches import Switches
from scenarios.queries.insights.syntax import (
    Access,
    Call,
    Expression,
    Field,
    ListOf,
    Literal,
    Not,
    Operation,
    Period,
    Regex,
    Subquery,
)
from scenarios.queries.insights.values import Moment, Number, Values, below, is_structure, number_of, truth

Read = Callable[[Row], Any]
Condition = Callable[[Row], bool]
_COMPARISONS: Final = ("=", "!=", "<", "<=", ">", ">=")


@dataclass(slots=True, kw_only=True)
class Scope:
    """The names that an expression may use.

    `made`: those that commands before it gave, each with the first and last character of where. `wanted`:
    fields of the event, and whether as a map or a list too. `sides`: after a join, the fields that are wanted
    of each side. `closed`: after stats, only what it made is there.
    """

    made: dict[str, tuple[int, int]] = field(default_factory=dict)
    wanted: dict[str, bool] = field(default_factory=dict)
    sides: dict[str, dict[str, bool]] = field(default_factory=dict)
    closed: bool = False

    def want(self, name: str, *, structure: bool = False) -> None:
        """Note that a field of the event is used."""
        side, _, rest = name.partition(".")
        wanted = self.sides.get(side, self.wanted)
        name = rest if side in self.sides else name
        wanted[name] = wanted.get(name, False) or structure


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """When a query began, in seconds, and the time it asks for, in milliseconds."""

    now: int = 0
    start: int = 0
    end: int = 0


Subqueries = Callable[[Subquery], Callable[[], Iterable[Any]]]


class Compiler:
    """Makes functions of expressions."""

    def __init__(self, switches: Switches, clock: Clock, subqueries: Subqueries) -> None:
        self.values = Values(switches)
        self._switches = switches
        self._clock = clock
        self._subqueries = subqueries
        self._functions = functions(self.values, switches)

    def value(self, expression: Expression, scope: Scope, *, structure: bool = False) -> Read:
        """What reads an expression's value in a row.

        `structure`: a map or a list of the event's own JSON is wanted too; else its flat fields alone are.
        """
        read: Read | None = None
        if isinstance(expression, Field):
            read = self._field(expression, scope, structure=structure)
        elif isinstance(expression, Literal):
            read = _constant(expression.value)
        elif isinstance(expression, Call):
            read = self._call(expression, scope)
        elif isinstance(expression, Access):
            read = _below(self.value(expression.of, scope), expression.steps)
        elif isinstance(expression, Operation) and expression.operator in _ARITHMETIC:
            read = self._arithmetic(expression, scope)
        elif isinstance(expression, (Operation, Not)):
            read = self.condition(expression, scope)
        elif isinstance(expression, ListOf):
            items = [self.value(item, scope) for item in expression.items]
            read = _list_of(items)
        if read is None:
            raise MalformedQuery("a value is expected", expression.start, expression.end - 1)
        return read

    def condition(self, expression: Expression, scope: Scope) -> Condition:
        """What says whether an expression holds for a row."""
        if isinstance(expression, Not):
            inside = self.condition(expression.of, scope)
            return lambda row: not inside(row)
        if isinstance(expression, Operation):
            operator = expression.operator
            if operator in ("and", "or"):
                return self._both(expression, scope)
            if operator in _COMPARISONS:
                return self._comparison(expression, scope)
            if operator in ("like", "=~"):
                return self._like(expression, scope)
            if operator == "in":
                return self._in(expression, scope)
        read = self.value(expression, scope)
        return lambda row: truth(read(row))

    # ---- names -----------------------------------------------------------------------------------

    def _field(self, asked: Field, scope: Scope, *, structure: bool) -> Read:
        made = known_part(asked.steps, scope.made)
        if made:
            return _below(_getter(flat(asked.steps[:made])), asked.steps[made:])
        name = asked.name
        if not scope.closed:
            scope.want(name, structure=structure or self._switches.objects_shown)
        return _getter(name)

    # ---- conditions ------------------------------------------------------------------------------

    def _both(self, operation: Operation, scope: Scope) -> Condition:
        left, right = self.condition(operation.left, scope), self.condition(operation.right, scope)
        if operation.operator == "and":
            return lambda row: left(row) and right(row)
        return lambda row: left(row) or right(row)

    def _comparison(self, operation: Operation, scope: Scope) -> Condition:
        left, right = self.value(operation.left, scope), self.value(operation.right, scope)
        compare = self.values.comparer(operation.operator)
        constant = operation.right.value if isinstance(operation.right, Literal) else None
        if operation.operator == "=" and isinstance(constant, str) and number_of(constant) is None:
            return self._is_text(left, constant)
        return lambda row: compare(left(row), right(row))

    def _is_text(self, read: Read, text: str) -> Condition:
        """Whether a value is a text that is no number: the comparison that is made most often."""
        equal = self.values.equal

        def is_text(row: Row) -> bool:
            value = read(row)
            if value.__class__ is str:
                return bool(value == text)
            return equal(value, text)

        return is_text

    def _like(self, operation: Operation, scope: Scope) -> Condition:
        left, text = self.value(operation.left, scope), self.values.plain_text
        if isinstance(operation.right, Regex):
            regex = operation.right
            search = regexes.compiled(regex.source, regex.start, regex.end).search

            def found(row: Row) -> bool:
                value = text(left(row))
                return value is not None and search(value) is not None

            return found
        if operation.operator == "=~":
            raise MalformedQuery(
                "=~ takes a regex between slashes", operation.right.start, operation.right.end - 1
            )
        right = self.value(operation.right, scope)

        def contains(row: Row) -> bool:
            value, part = text(left(row)), text(right(row))
            return value is not None and part is not None and part in value

        return contains

    def _in(self, operation: Operation, scope: Scope) -> Condition:
        left = self.value(operation.left, scope)
        if isinstance(operation.right, Subquery):
            return self._in_subquery(left, operation.right)
        if not isinstance(operation.right, ListOf):
            raise MalformedQuery(
                "in takes a list in brackets", operation.right.start, operation.right.end - 1
            )
        items, equal = [self.value(item, scope) for item in operation.right.items], self.values.equal

        def is_one(row: Row) -> bool:
            value = left(row)
            return any(equal(value, item(row)) for item in items)

        return is_one

    def _in_subquery(self, left: Read, subquery: Subquery) -> Condition:
        answers, text = self._subqueries(subquery), self.values.plain_text
        found: set[str | None] = set()
        asked: list[bool] = []

        def is_one(row: Row) -> bool:
            if not asked:
                asked.append(True)
                found.update(text(value) for value in answers())
                found.discard(None)
            return text(left(row)) in found

        return is_one

    # ---- arithmetic ------------------------------------------------------------------------------

    def _arithmetic(self, operation: Operation, scope: Scope) -> Read:
        left, right = self.value(operation.left, scope), self.value(operation.right, scope)
        return _computed(left, right, _ARITHMETIC[operation.operator])

    # ---- functions -------------------------------------------------------------------------------

    def _call(self, call: Call, scope: Scope) -> Read:
        special = self._special(call, scope)
        if special is not None:
            return special
        function = self._functions.get(call.name)
        if function is None:
            raise MalformedQuery(f"unknown function {call.name}", call.start, call.end - 1)
        _count(call, function.least, function.most)
        reads = [self.value(each, scope) for each in call.arguments]
        return _applied(function, reads)

    def _special(self, call: Call, scope: Scope) -> Read | None:
        """The functions that depend on the query, not on values alone."""
        if call.name in _OF_CLOCK:
            _count(call, 0, 0)
            moment = _OF_CLOCK[call.name](self._clock)
            return lambda _: moment
        if call.name in ("bin", "datefloor", "dateceil"):
            return self._cut(call, scope)
        if call.name == "histogram":
            return self._bucket(call, scope)
        if call.name == "rate":
            raise QueryNotSimulated("the function rate")
        return None

    def _cut(self, call: Call, scope: Scope) -> Read:
        period = call.arguments[-1] if call.arguments else None
        _count(call, *((1, 1) if call.name == "bin" else (2, 2)))
        if not isinstance(period, Period):
            raise MalformedQuery(f"{call.name} takes a period such as 5m", call.start, call.end - 1)
        if call.name == "bin" and scope.closed and "@timestamp" not in scope.made:
            raise MalformedQuery("bin needs @timestamp, which stats left out", call.start, call.end - 1)
        make = periods.ceil if call.name == "dateceil" else periods.floor
        cut = make(period.count, period.unit, week_begins_monday=self._switches.week_begins_monday)
        time: Expression = Field(steps=("@timestamp",), start=call.start, end=call.end)
        read = self.value(time if call.name == "bin" else call.arguments[0], scope)

        def moment(row: Row) -> Moment | None:
            number = number_of(read(row))
            return None if number is None else cut(int(number))

        return moment

    def _bucket(self, call: Call, scope: Scope) -> Read:
        _count(call, 2, 2)
        if not self._switches.histogram_takes_width:
            raise QueryNotSimulated("histogram with a number of buckets")
        read, width = (self.value(each, scope) for each in call.arguments)
        return _computed(read, width, lambda number, wide: math.floor(number / wide) * wide)


_OF_CLOCK: Final[dict[str, Callable[[Clock], int]]] = {
    "now": lambda clock: clock.now,
    "querystarttime": lambda clock: clock.start,
    "queryendtime": lambda clock: clock.end,
    "querytimerange": lambda clock: clock.end - clock.start,
}


def _count(call: Call, least: int, most: int) -> None:
    if not least <= len(call.arguments) <= most:
        wanted = str(least) if least == most else f"{least} to {most}"
        raise MalformedQuery(
            f"{call.name} takes {wanted} arguments, not {len(call.arguments)}", call.start, call.end - 1
        )


def _constant(value: Any) -> Read:
    return lambda _: value


def _list_of(items: list[Read]) -> Read:
    return lambda row: [item(row) for item in items]


def _getter(name: str) -> Read:
    return lambda row: row.get(name)


def _below(read: Read, steps: Steps) -> Read:
    """What reads a value inside a map or a list."""
    if not steps:
        return read

    def inside(row: Row) -> Any:
        return below(read(row), steps)

    return inside


def _computed(left: Read, right: Read, compute: Callable[[Number, Number], Number]) -> Read:
    """What computes with two numbers; where one is none, or there is no answer, that is absent."""

    def computed(row: Row) -> Number | None:
        first, second = number_of(left(row)), number_of(right(row))
        if first is None or second is None:
            return None
        try:
            return compute(first, second)
        except (ArithmeticError, ValueError):
            return None

    return computed


def _applied(function: Function, reads: list[Read]) -> Read:
    call = function.call
    if len(reads) == 1:
        read = reads[0]
        return lambda row: call(read(row))
    if function.of_structures:
        return lambda row: call(*(read(row) for read in reads))

    def applied(row: Row) -> Any:
        values = [read(row) for read in reads]
        return call(*(None if is_structure(value) else value for value in values))

    return applied


_ARITHMETIC: Final[dict[str, Callable[[Number, Number], Number]]] = {
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
    "*": lambda left, right: left * right,
    "/": lambda left, right: left / right,
    # The remainder has the sign of what is divided, as in Java.
    "%": math.fmod,
    "^": math.pow,
}
