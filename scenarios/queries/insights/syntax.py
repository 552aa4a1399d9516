"""What a query says, as values: expressions, commands, and the pipeline they stand in.

`start` and `end` are places in the query's text, `end` being the first that is behind.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from scenarios.queries.insights.scanner import Steps, flat


@dataclass(frozen=True, slots=True, kw_only=True)
class Expression:
    """A part of a command that has a value."""

    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Literal(Expression):
    """A string, a number, true or false."""

    value: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Regex(Expression):
    """A regular expression, without its slashes."""

    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Period(Expression):
    """So many of a unit of time."""

    count: int
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Field(Expression):
    """A field's name, in steps."""

    steps: Steps

    @property
    def name(self) -> str:
        """The name as it is shown: steps joined by dots."""
        return flat(self.steps)


@dataclass(frozen=True, slots=True, kw_only=True)
class Access(Expression):
    """What lies below the value of an expression."""

    of: Expression
    steps: Steps


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Expression):
    """A function, its name in small letters."""

    name: str
    arguments: tuple[Expression, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Star(Expression):
    """The star of `count(*)`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation(Expression):
    """Two expressions and what is between them."""

    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class Not(Expression):
    """The contrary."""

    of: Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class ListOf(Expression):
    """A list in brackets."""

    items: tuple[Expression, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Subquery(Expression):
    """A query in parentheses: what `in` looks for."""

    pipeline: "Pipeline"


def fields_of(expression: Any) -> Iterator[Field]:
    """Every field that an expression names."""
    if isinstance(expression, Field):
        yield expression
    for name in getattr(expression, "__dataclass_fields__", ()):
        inner = getattr(expression, name)
        for each in inner if isinstance(inner, tuple) else (inner,):
            if isinstance(each, Expression):
                yield from fields_of(each)


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """An expression and the name that its value gets: an alias, or the text as it stands."""

    expression: Expression
    name: str
    aliased: bool
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Alias:
    """A name that a command gives."""

    name: str
    start: int
    end: int


# ---- commands ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One command, from its word on."""

    start: int
    word: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields(Command):
    """`fields`, and `display`, which shows its columns instead of those before."""

    columns: tuple[Column, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter(Command):
    """`filter`, or `where`."""

    condition: Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class Parse(Command):
    """`parse`. `mode`: glob, regex, logfmt, csv, json. `pattern` is a glob, a regex, or a path in JSON."""

    source: Expression
    mode: str
    pattern: str
    aliases: tuple[Alias, ...]
    multi: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Stats(Command):
    """`stats`."""

    columns: tuple[Column, ...]
    by: tuple[Column, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sort(Command):
    """`sort`: each key, and whether it descends. A key may name a column as stats has it: `sort count(*)`."""

    keys: tuple[tuple[Column, bool], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit(Command):
    """`limit`; `first_found` for `limit any`."""

    count: int
    first_found: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Dedup(Command):
    """`dedup`."""

    fields: tuple[Expression, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unnest(Command):
    """`unnest ... into ...`."""

    field: Expression
    into: Alias


@dataclass(frozen=True, slots=True, kw_only=True)
class Join(Command):
    """`join`: `key` of the rows so far equals `other_key` of the other query's rows."""

    keep_all: bool
    left: str
    right: str
    key: Field
    other_key: Field
    other: "Pipeline"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a query's events are: log groups by name or ARN, or those that the prefixes and accounts say.

    `begin` and `end` shift the time asked for, as they stand in the text; empty where they don't.
    """

    groups: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    group_class: tuple[str, ...] = ()
    begin: str = ""
    end: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipeline:
    """A whole query."""

    source: Source | None
    commands: tuple[Command, ...]
