"""`stats`: rows in groups, and what is told of each group."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from scenarios.queries.errors import MalformedQuery
from scenarios.queries.insights.aggregates import Aggregate, Aggregates
from scenarios.queries.insights.compiler import Compiler, Read, Scope
from scenarios.queries.insights.events import Row
from scenarios.queries.insights.switches import Switches
from scenarios.queries.insights.syntax import Call, Column, Expression, Field, Literal, Star, Stats, fields_of
from scenarios.queries.insights.values import is_structure

Make = Callable[[], Aggregate]


def grouped(
    command: Stats, compiler: Compiler, scope: Scope, switches: Switches
) -> Callable[[Iterator[Row]], Iterator[Row]]:
    """The stage of a stats command."""
    return _Grouping(command, compiler, scope, switches).stage


class _Grouping:
    def __init__(self, command: Stats, compiler: Compiler, scope: Scope, switches: Switches) -> None:
        makes = _Makes(compiler, scope, switches, [column.name for column in command.by])
        self._columns = [(column.name, makes.column(column)) for column in command.columns]
        self._makes = makes.makes
        self._by = [(column.name, compiler.value(column.expression, scope)) for column in command.by]
        self._text = compiler.values.text
        self._switches = switches

    def stage(self, rows: Iterator[Row]) -> Iterator[Row]:
        """A row for each group, in the order in which the groups came."""
        for key, group in self._groups(rows).items():
            row: Row = {
                name: value for (name, _), value in zip(self._by, key, strict=True) if value is not None
            }
            slots = {f"{_SLOT}{number}": each.result() for number, each in enumerate(group)} | row
            for name, read in self._columns:
                value = slots[name] = read(slots)
                if value is not None:
                    row[name] = value
            yield row

    def _groups(self, rows: Iterator[Row]) -> dict[tuple[Any, ...], list[Aggregate]]:
        groups: dict[tuple[Any, ...], list[Aggregate]] = {}
        reads, kept = [read for _, read in self._by], self._switches.null_group_kept
        for row in rows:
            key = tuple([self._key(read(row)) for read in reads])
            group = groups.get(key)
            if group is None:
                if None in key and not kept:
                    continue
                group = groups[key] = [make() for make in self._makes]
            for aggregate in group:
                aggregate.add(row)
        if not groups and not reads and self._switches.stats_of_nothing:
            groups[()] = [make() for make in self._makes]
        return groups

    def _key(self, value: Any) -> Any:
        """True and 1 are two groups; a map or a list is none."""
        if value.__class__ is bool:
            return self._text(value)
        return None if is_structure(value) else value


_SLOT = "\0"


class _Makes:
    """The aggregates in a command's expressions; in their place, the expressions get the name of a slot.

    `known`: the names that a column may use beside aggregates: those of the groups, and of columns before it,
    as in AWS's sample `stats max(a) as most, min(a) as least, most - least as spread`.
    """

    def __init__(self, compiler: Compiler, scope: Scope, switches: Switches, known: list[str]) -> None:
        self._compiler, self._scope, self._known = compiler, scope, known
        self._aggregates = Aggregates(compiler.values, switches)
        self.makes: list[Make] = []

    def column(self, column: Column) -> Read:
        before = len(self.makes)
        expression = self._replaced(column.expression)
        slots = [f"{_SLOT}{number}" for number in range(len(self.makes))]
        inside = Scope(closed=True, made=dict.fromkeys((*slots, *self._known), (0, 0)))
        read = self._compiler.value(expression, inside)
        if len(self.makes) == before and not self._uses_known(expression):
            raise MalformedQuery(
                f"unexpected symbol found {column.name}: stats takes aggregates",
                column.start,
                column.end - 1,
            )
        self._known.append(column.name)
        return read

    def _uses_known(self, expression: Expression) -> bool:
        names = [field.name for field in fields_of(expression)]
        return bool(names) and set(names) <= set(self._known)

    def _replaced(self, expression: Expression) -> Expression:
        """The expression with slots for its aggregates."""
        if isinstance(expression, Call) and expression.name in Aggregates.ARGUMENTS:
            self.makes.append(self._make(expression))
            name = f"{_SLOT}{len(self.makes) - 1}"
            return Field(steps=(name,), start=expression.start, end=expression.end)
        changed: dict[str, Any] = {}
        for name in expression.__dataclass_fields__:
            inner = getattr(expression, name)
            if isinstance(inner, Expression):
                changed[name] = self._replaced(inner)
            elif isinstance(inner, tuple) and inner and isinstance(inner[0], Expression):
                changed[name] = tuple(self._replaced(each) for each in inner)
        return replace(expression, **changed) if changed else expression

    def _make(self, call: Call) -> Make:
        least, most = Aggregates.ARGUMENTS[call.name]
        arguments = [each for each in call.arguments if not isinstance(each, Star)]
        if not least <= len(arguments) <= most:
            raise MalformedQuery(
                f"{call.name} takes {least if least == most else f'{least} to {most}'} arguments",
                call.start,
                call.end - 1,
            )
        literals = [each.value if isinstance(each, Literal) else None for each in arguments]
        if call.name == "topk":
            return self._top(call, literals)
        if call.name == "pct" and not _is_percent(literals[1]):
            raise MalformedQuery("pct takes a number from 0 to 100", call.start, call.end - 1)
        fields = arguments[: 1 if call.name == "pct" else None]
        reads = [self._compiler.value(each, self._scope) for each in fields]
        return self._aggregates.maker(call.name, reads, literals)

    def _top(self, call: Call, literals: list[Any]) -> Make:
        """`topk(k, field)`."""
        if not isinstance(literals[0], int):
            raise MalformedQuery("topk takes a number first", call.start, call.end - 1)
        return self._aggregates.top(literals[0], self._compiler.value(call.arguments[1], self._scope))


def _is_percent(value: Any) -> bool:
    return isinstance(value, (int, float)) and 0 <= value <= 100
