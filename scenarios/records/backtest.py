"""A new rule held against old records: how often it would have matched, when, whose calls, how often told.

Windows are those of an alarm: periods of equal length that begin on full ones. What reaches the threshold
within one is told once, and again only after a period that didn't.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from chalicelib.matching import EventPattern, LogPattern
from scenarios.records.record import FoundRecord, NotARecord
from scenarios.records.sieve import Sieve
from scenarios.records.sift import Counts, Hit, Progress, Sift
from scenarios.records.sources import EVER, Range
from scenarios.records.who import actor_of, details_of, time_of

MOST_ACTORS = 10_000  # of one pattern
OTHERS, NOBODY, NO_DAY = "others", "nobody named", "without a time"

Pattern = EventPattern | LogPattern


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """When a pattern is told: at so many matches within so many seconds."""

    threshold: int = 1
    seconds: int = 300


@dataclass(slots=True, kw_only=True)
class Tried:
    """What one pattern would have matched."""

    name: str
    window: Window
    matches: int = 0
    by_day: Counter[str] = field(default_factory=Counter)
    by_actor: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)
    periods: Counter[int] = field(default_factory=Counter)

    def add(self, found: FoundRecord, most_examples: int) -> None:
        """Count a record."""
        self.matches += 1
        at, actor = time_of(found), actor_of(found.record) or NOBODY
        self.by_day[f"{at:%Y-%m-%d}" if at else NO_DAY] += 1
        self.by_actor[actor if actor in self.by_actor or len(self.by_actor) < MOST_ACTORS else OTHERS] += 1
        if at is not None:
            self.periods[int(at.timestamp()) // self.window.seconds] += 1
        if len(self.examples) < most_examples:
            self.examples.append(f"{found.where}  {details_of(found)}")

    @property
    def told(self) -> int:
        """How often it would have been told."""
        high = {period for period, count in self.periods.items() if count >= self.window.threshold}
        return sum(period - 1 not in high for period in high)

    def as_json(self) -> dict[str, object]:
        """What `backtest --format json` prints of it."""
        return {
            "pattern": self.name,
            "matches": self.matches,
            "told": self.told,
            "threshold": self.window.threshold,
            "window_seconds": self.window.seconds,
            "by_day": dict(sorted(self.by_day.items())),
            "by_actor": dict(self.by_actor.most_common()),
            "examples": self.examples,
        }


class Backtest:
    """Patterns by name, tried on many records at once."""

    def __init__(
        self,
        patterns: Mapping[str, Pattern],
        *,
        window: Window,
        within: Range = EVER,
        most_examples: int = 3,
        progress: Progress = lambda *_: None,
    ) -> None:
        self.tried = {name: Tried(name=name, window=window) for name in patterns}
        self._most_examples = most_examples
        filters = {name: each for name, each in patterns.items() if isinstance(each, LogPattern)}
        rules: dict[str, Any] = {
            name: each for name, each in patterns.items() if isinstance(each, EventPattern)
        }
        self._sift = Sift(Sieve(rules, filters), filters, within=within, progress=progress)

    @property
    def counts(self) -> Counts:
        """What was read so far."""
        return self._sift.counts

    def read(self, names: Sequence[str]) -> Iterator[NotARecord]:
        """Read everything; what is no record comes at once. It may be left at any time."""
        for each in self._sift.through(names):
            if isinstance(each, NotARecord):
                yield each
            elif isinstance(each, Hit) and not each.duplicate:
                for name in each.rules | each.filters:
                    self.tried[name].add(each.found, self._most_examples)
