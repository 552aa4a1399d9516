"""Commands as stages that rows run through, one after the other.

A stage takes rows and gives rows. Which fields have to be found in events is only known when every command
was read, so the events come last.
"""

import heapq
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

from scenarios.queries.errors import MalformedQuery, QueryFailed
from scenarios.queries.insights import extracting, rules
from scenarios.queries.insights.compiler import Clock, Compiler, Read, Scope
from scenarios.queries.insights.discovery import Discovery
from scenarios.queries.insights.events import Event, Row
from scenarios.queries.insights.grouping import grouped
from scenarios.queries.insights.scanner import flat, known_part
from scenarios.queries.insights.switches import Switches
from scenarios.queries.insights.syntax import (
    Alias,
    Column,
    Command,
    Dedup,
    Expression,
    Field,
    Fields,
    Filter,
    Join,
    Limit,
    Parse,
    Pipeline,
    Sort,
    Source,
    Stats,
    Subquery,
    Unnest,
    fields_of,
)
from scenarios.queries.insights.values import Moment

Stage = Callable[[Iterator[Row]], Iterator[Row]]
Events = Callable[[Source | None], Iterable[Event]]
"""The events of a source; of the query's own without one."""

DEFAULT_LIMIT: Final = 10_000
LARGEST: Final = 1_000_000
"""Rows that are held at most where nothing limits them."""
MOST_JOINED_KEYS = 50_000


@dataclass(slots=True)
class Counts:
    """What was read, and what of it passed the filters."""

    scanned: int = 0
    bytes: int = 0
    matched: int = 0


@dataclass(slots=True)
class Compiled:
    """A pipeline that is ready to run: its stages, and what its rows show."""

    scope: Scope
    stages: list[Stage] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)
    grouped: bool = False
    watched: dict[str, tuple[int, int]] = field(default_factory=dict)


class PipelineCompiler:
    """Makes stages of commands."""

    def __init__(self, switches: Switches, clock: Clock, events: Events, counts: Counts) -> None:
        self._switches, self._clock, self._events, self._counts = switches, clock, events, counts
        self.compiler = Compiler(switches, clock, self._subquery)

    def compiled(
        self, pipeline: Pipeline, wanted: dict[str, bool] | None = None, most: int | None = None
    ) -> Compiled:
        """The stages of a pipeline.

        `wanted` are fields that somebody else asks of its events; `most` rows of it are looked at.
        """
        rules.check(pipeline.commands)
        found = Compiled(Scope(wanted={} if wanted is None else wanted))
        work = _Commands(self, found, self._switches, self._counts)
        for command in pipeline.commands:
            work.add(command)
        work.end(LARGEST if most is None else most)
        return found

    def rows(self, compiled: Compiled, source: Source | None) -> Iterator[Row]:
        """The rows that come out."""
        rows = self._scan(compiled, source)
        for stage in compiled.stages:
            rows = stage(rows)
        return rows

    def _scan(self, compiled: Compiled, source: Source | None) -> Iterator[Row]:
        watched, counts = compiled.watched, self._counts
        wanted = compiled.scope.wanted | dict.fromkeys(watched, False)
        discovery = Discovery(wanted, self._switches.most_discovered)
        find = None if discovery.finds_nothing else discovery.find
        for event in self._events(source):
            message = event.message
            counts.scanned += 1
            counts.bytes += len(message) if message.isascii() else len(message.encode(errors="replace"))
            row: Row = {
                "@timestamp": Moment(event.timestamp),
                "@message": message,
                "@logStream": event.stream,
                "@log": event.log,
                "@ingestionTime": Moment(event.ingested),
                "@ptr": event.pointer,
            }
            if find is not None:
                find(message, event.kind, row)
                if watched and not watched.keys().isdisjoint(row):
                    name = next(name for name in watched if name in row)
                    raise already_defined(name, *watched[name])
            yield row

    def _subquery(self, subquery: Subquery) -> Callable[[], Iterable[Any]]:
        """What gives the values of a subquery's first column."""
        compiled = self.compiled(subquery.pipeline)
        column = (compiled.shown or ["@message"])[0]
        compiled.scope.want(column)
        source = subquery.pipeline.source
        return lambda: (row.get(column) for row in self.rows(compiled, source))


def already_defined(name: str, start: int, end: int) -> MalformedQuery:
    """AWS's words for a name that is given twice."""
    return MalformedQuery(f"Ephemeral field is already defined: {name} ([{start},{end}])", start, end)


def newest_first(rows: Iterable[Row], most: int) -> list[Row]:
    """The newest so many rows."""
    return heapq.nlargest(most, rows, key=lambda row: row.get("@timestamp") or 0)


class _Commands:
    """The commands of one pipeline, one after the other."""

    def __init__(
        self, pipelines: PipelineCompiler, compiled: Compiled, switches: Switches, counts: Counts
    ) -> None:
        self._pipelines, self._compiled = pipelines, compiled
        self._switches, self._counts = switches, counts
        self._compiler, self._scope = pipelines.compiler, compiled.scope
        self._displayed: list[str] | None = None
        self._ordered = self._counted = False
        self._adders: dict[type[Command], Callable[[Any], None]] = {
            Fields: self._add_fields,
            Filter: self._add_filter,
            Parse: self._add_parse,
            Unnest: self._add_unnest,
            Stats: self._add_stats,
            Sort: self._add_sort,
            Limit: self._add_limit,
            Dedup: self._add_dedup,
            Join: self._add_join,
        }

    def add(self, command: Command) -> None:
        """Add the stage of one more command."""
        if isinstance(command, (Stats, Sort, Limit, Dedup)):
            self._count()
        self._adders[type(command)](command)

    def end(self, most: int) -> None:
        """Put the rows in order where no command did."""
        self._count()
        if self._displayed is not None:
            self._compiled.shown = self._displayed
        if not self._ordered:
            self._stage(lambda rows: iter(newest_first(rows, most)))

    def _stage(self, stage: Stage) -> None:
        self._compiled.stages.append(stage)

    def _count(self) -> None:
        """Count the rows that come here, once: those that passed the filters."""
        if self._counted:
            return
        self._counted = True
        counts = self._counts

        def count(rows: Iterator[Row]) -> Iterator[Row]:
            for row in rows:
                counts.matched += 1
                yield row

        self._stage(count)

    def _define(self, name: str, start: int, end: int) -> None:
        """Give a name. Raises MalformedQuery where it is taken."""
        span = (start, end - 1)
        if name in self._scope.made:
            raise already_defined(name, *span)
        self._scope.made[name] = span
        if self._switches.alias_of_json_key_is_refused and not self._scope.closed:
            self._compiled.watched[name] = span

    # ---- fields ----------------------------------------------------------------------------------

    def _add_fields(self, command: Fields) -> None:
        shown = [] if command.word == "display" else self._compiled.shown
        computed: list[tuple[str, Read]] = []
        for column in command.columns:
            read = self._column(column, refuses=command.word == "fields")
            if read is not None:
                computed.append((column.name, read))
            if column.name not in shown:
                shown.append(column.name)
        for column in command.columns:
            self._name(column)
        if command.word == "display":
            self._displayed = shown
        if computed:
            self._stage(lambda rows: _computed(rows, computed))

    def _column(self, column: Column, *, refuses: bool) -> Read | None:
        """What computes a column; None for one that the row has by that name."""
        expression = column.expression
        if column.aliased or column.name not in self._scope.made:
            plain = isinstance(expression, Field) and not column.aliased
            read = self._compiler.value(expression, self._scope)
            return None if plain and not self._below_made(column.name) else read
        refuses = refuses and isinstance(expression, Field) and not self._scope.closed
        if refuses and self._switches.listing_parsed_field_is_refused:
            raise already_defined(column.name, column.start, column.end - 1)
        return None

    def _below_made(self, name: str) -> bool:
        return any(name.startswith(f"{made}.") for made in self._scope.made)

    def _name(self, column: Column) -> None:
        if column.aliased:
            self._define(column.name, column.start, column.end)
        elif not isinstance(column.expression, Field) or self._below_made(column.name):
            self._scope.made.setdefault(column.name, (column.start, column.end - 1))

    def _add_filter(self, command: Filter) -> None:
        holds = self._compiler.condition(command.condition, self._scope)
        self._stage(lambda rows: (row for row in rows if holds(row)))

    # ---- parse, unnest ---------------------------------------------------------------------------

    def _add_parse(self, command: Parse) -> None:
        structured = command.mode == "json"
        read = self._compiler.value(command.source, self._scope, structure=structured)
        text = (lambda value: value) if structured else self._compiler.values.plain_text
        extract = extracting.extractor(command, lazy=self._switches.inner_star_is_lazy)
        aliases = {alias.name: alias for alias in command.aliases}
        for name in extracting.names(command):
            alias = aliases.get(name) or Alias(
                name=name, start=command.start, end=command.start + len(command.word)
            )
            self._define(name, alias.start, alias.end)

        def parsed(rows: Iterator[Row]) -> Iterator[Row]:
            for row in rows:
                value = text(read(row))
                found = False
                for fields in () if value is None else extract(value):
                    yield {**row, **fields} if command.multi else _updated(row, fields)
                    found = True
                if not found:
                    yield row

        self._stage(parsed)

    def _add_unnest(self, command: Unnest) -> None:
        read = self._compiler.value(command.field, self._scope)
        into = command.into.name
        self._define(into, command.into.start, command.into.end)

        def unnested(rows: Iterator[Row]) -> Iterator[Row]:
            for row in rows:
                value = read(row)
                for item in value if isinstance(value, list) else (value,):
                    yield {**row, into: item}

        self._stage(unnested)

    # ---- stats -----------------------------------------------------------------------------------

    def _add_stats(self, command: Stats) -> None:
        self._check_names(command)
        stage = grouped(command, self._compiler, self._scope, self._switches)
        names: list[str] = []
        for column in (*command.by, *command.columns):
            if column.aliased:
                self._define(column.name, column.start, column.end)
            if column.name not in names:
                names.append(column.name)
        self._stage(stage)
        self._scope.made = dict.fromkeys(names, (command.start, command.start + 4))
        self._scope.closed = True
        self._compiled.shown, self._displayed = names, None
        self._compiled.grouped = self._ordered = True

    def _check_names(self, command: Stats) -> None:
        """A stats behind another has only the names which that one made."""
        if not self._scope.closed:
            return
        known = set(self._scope.made)
        for column in (*command.by, *command.columns):
            for field_ in fields_of(column.expression):
                if not known_part(field_.steps, known):
                    raise MalformedQuery(
                        f"unexpected symbol found {field_.name}: the stats before it has no such field",
                        field_.start,
                        field_.end - 1,
                    )
            known.add(column.name)

    # ---- sort, limit, dedup ----------------------------------------------------------------------

    def _add_sort(self, command: Sort) -> None:
        keys: list[tuple[Read, bool]] = []
        for column, descending in command.keys:
            made = column.name in self._scope.made
            expression: Expression = column.expression
            if made:
                expression = Field(steps=(column.name,), start=column.start, end=column.end)
            keys.append((self._compiler.value(expression, self._scope), descending))
        order = self._compiler.values.order
        self._ordered = True

        def in_order(rows: Iterator[Row]) -> Iterator[Row]:
            found = list(rows)
            for read, descending in reversed(keys):
                found.sort(key=lambda row, read=read: order(read(row)), reverse=descending)  # type: ignore[misc]
            return iter(found)

        self._stage(in_order)

    def _add_limit(self, command: Limit) -> None:
        most = command.count
        if command.first_found or self._ordered:
            self._stage(lambda rows: islice(rows, most))
            self._ordered = self._ordered or not command.first_found
            return
        self._ordered = True
        self._stage(lambda rows: iter(newest_first(rows, most)))

    def _add_dedup(self, command: Dedup) -> None:
        reads = [self._compiler.value(each, self._scope) for each in command.fields]
        text = self._compiler.values.plain_text
        if not self._ordered:
            self._stage(lambda rows: iter(newest_first(rows, LARGEST)))
        self._ordered = True

        def deduplicated(rows: Iterator[Row]) -> Iterator[Row]:
            seen: set[tuple[str | None, ...]] = set()
            for row in rows:
                key = tuple(text(read(row)) for read in reads)
                if None in key or key not in seen:
                    seen.add(key)
                    yield row

        self._stage(deduplicated)

    # ---- join ------------------------------------------------------------------------------------

    def _add_join(self, command: Join) -> None:
        others: dict[str, bool] = {}
        other = self._pipelines.compiled(command.other, others)
        self._scope.sides = {command.left: self._scope.wanted, command.right: others}
        key, other_key = (flat(each.steps[1:]) for each in (command.key, command.other_key))
        self._scope.want(f"{command.left}.{key}")
        self._scope.want(f"{command.right}.{other_key}")
        text, pipelines = self._compiler.values.plain_text, self._pipelines

        def joined(rows: Iterator[Row]) -> Iterator[Row]:
            index: dict[str, list[Row]] = {}
            for row in pipelines.rows(other, command.other.source):
                found = text(row.get(other_key))
                if found is not None:
                    index.setdefault(found, []).append(_prefixed(row, command.right))
            if len(index) > MOST_JOINED_KEYS:
                raise QueryFailed(f"join: the other query has more than {MOST_JOINED_KEYS} keys")
            for row in rows:
                left = {**row, **_prefixed(row, command.left)}
                matches = index.get(text(row.get(key)) or "", [])
                for match in matches or ([{}] if command.keep_all else []):
                    yield {**left, **match}

        self._stage(joined)


def _updated(row: Row, fields: Row) -> Row:
    row.update(fields)
    return row


def _computed(rows: Iterator[Row], columns: list[tuple[str, Read]]) -> Iterator[Row]:
    for row in rows:
        for name, read in columns:
            row[name] = read(row)
        yield row


def _prefixed(row: Row, prefix: str) -> Row:
    return {f"{prefix}.{name}": value for name, value in row.items()}
