"""A query that was read, and its answer."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

from scenarios.queries.errors import QueryFailed
from scenarios.queries.insights.compiler import Clock
from scenarios.queries.insights.events import Event
from scenarios.queries.insights.parser import parse
from scenarios.queries.insights.pipeline import DEFAULT_LIMIT, Counts, Events, PipelineCompiler
from scenarios.queries.insights.switches import DEFAULT, Switches
from scenarios.queries.insights.syntax import Limit, Source

Window = Clock

_DEFAULT_COLUMNS = ("@timestamp", "@message")


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """What a query read: events, bytes of their messages, and how many events passed its filters."""

    matched: int = 0
    scanned: int = 0
    bytes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """An answer. A row has the texts of its fields in the order of `columns`; what is absent isn't in it.

    `pointers` has one for each row, and is empty after stats: a group is no event. `wanted`: the fields of
    events that the query names.
    """

    columns: tuple[str, ...]
    rows: list[dict[str, str]]
    pointers: tuple[str, ...]
    statistics: Statistics
    wanted: tuple[str, ...] = ()


class Query:
    """A query of Logs Insights.

    Raises:
        MalformedQuery: AWS would refuse the text.
        QueryNotSimulated: AWS has a command or a function here that this has not.
    """

    def __init__(self, text: str, switches: Switches = DEFAULT) -> None:
        self.text = text
        self._switches = switches
        self._pipeline = parse(text)
        PipelineCompiler(switches, Clock(), _nothing, Counts()).compiled(self._pipeline)

    @property
    def source(self) -> Source | None:
        """Where the text says that its events are."""
        return self._pipeline.source

    def run(
        self,
        events: Iterable[Event] | Events,
        window: Window | None = None,
        limit: int | None = None,
    ) -> Result:
        """Answer, from events or from what gives those of a source.

        Raises QueryFailed where a limit of AWS's is met, and MalformedQuery where a name turns out to be one
        that the events have.
        """
        counts = Counts()
        work = PipelineCompiler(self._switches, window or Clock(), _by_source(events), counts)
        most = self._most(limit)
        compiled = work.compiled(self._pipeline, most=most)
        columns = tuple(compiled.shown) or _DEFAULT_COLUMNS
        for name in columns:
            if not compiled.scope.closed:
                compiled.scope.want(name)
        text = work.compiler.values.text
        rows, pointers = [], []
        for row in islice(work.rows(compiled, self.source), most):
            texts = ((name, text(row.get(name))) for name in columns)
            rows.append({name: value for name, value in texts if value is not None})
            pointers.append(row.get("@ptr") or "")
        return Result(
            columns=columns,
            rows=rows,
            pointers=() if compiled.grouped else tuple(pointers),
            statistics=Statistics(matched=counts.matched, scanned=counts.scanned, bytes=counts.bytes),
            wanted=tuple(compiled.scope.wanted),
        )

    def _most(self, limit: int | None) -> int:
        """Rows that are shown: 10,000 unless the text or whoever asks says otherwise."""
        said = [each.count for each in self._pipeline.commands if isinstance(each, Limit)]
        limits = said + ([limit] if limit is not None else [])
        return min(limits, default=DEFAULT_LIMIT)


def _nothing(_: Source | None) -> Iterable[Event]:
    return ()


def _by_source(events: Iterable[Event] | Events) -> Events:
    if callable(events):
        return events
    own = events

    def of(source: Source | None) -> Iterable[Event]:
        if source is not None and source.groups:
            raise QueryFailed(f"there is no log group {source.groups[0]} here")
        return own

    return of
