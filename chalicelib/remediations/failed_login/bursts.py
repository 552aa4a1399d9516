"""How many attempts fit into a window of time: the densest window, for attempts reported in any order."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One attempt, at the time of the first line it logged. `process`: the sshd that served it."""

    process: str
    at: datetime
    host: str
    user: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Burst:
    """Attempts that lie within one window, oldest first; at least one."""

    attempts: tuple[Attempt, ...]

    @property
    def first(self) -> datetime:
        """When it began."""
        return self.attempts[0].at

    @property
    def last(self) -> datetime:
        """When the last attempt of it was seen."""
        return self.attempts[-1].at

    @property
    def a_minute(self) -> float:
        """Attempts a minute; what took less than a second counts as a second."""
        seconds = max(1.0, (self.last - self.first).total_seconds())
        return len(self.attempts) * 60 / seconds

    @property
    def hosts(self) -> tuple[str, ...]:
        """Where it was tried, most tried first."""
        return _by_count(attempt.host for attempt in self.attempts)

    @property
    def users(self) -> tuple[str, ...]:
        """The user names that were tried, most tried first; unknown ones left out."""
        return _by_count(attempt.user for attempt in self.attempts if attempt.user)


def densest(attempts: Sequence[Attempt], window: timedelta, including: frozenset[str]) -> Burst | None:
    """The most attempts that lie within `window`, both ends counted, of those with one of `including`.

    Late and out-of-order reports count like any other, because every window is looked at, not only the one
    that ends now. Of equally dense ones it is the latest; None where none of `including` is among them.
    """
    ordered = sorted(attempts, key=lambda attempt: (attempt.at, attempt.process))
    best: Burst | None = None
    begin = 0
    for end, newest in enumerate(ordered):
        while newest.at - ordered[begin].at > window:
            begin += 1
        inside = ordered[begin : end + 1]
        if best and len(inside) < len(best.attempts):
            continue
        if any(attempt.process in including for attempt in inside):
            best = Burst(attempts=tuple(inside))
    return best


def _by_count(names: Iterable[str]) -> tuple[str, ...]:
    counted = Counter(names)
    return tuple(sorted(counted, key=lambda name: (-counted[name], name)))
