"""How long work takes beside another: both in turn, round after round, in one process.

A machine that others use is faster in one second than in the next; work that is measured beside its neighbour
in time wavers with it, so the ratio wavers less than either. Time is the processor's, of this process, of all
its threads and of its children, in user's and in system's mode.
"""

import resource
import statistics
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Beside:
    """Seconds of the processor in each round: of the work, and of what it is measured beside."""

    work: tuple[float, ...]
    other: tuple[float, ...]

    @property
    def ratios(self) -> list[float]:
        """Times the other, in each round."""
        return [mine / its for mine, its in zip(self.work, self.other, strict=True)]

    @property
    def ratio(self) -> float:
        """The middle of the ratios."""
        return statistics.median(self.ratios)


def beside(work: Callable[[], object], other: Callable[[], object], *, rounds: int) -> Beside:
    """Measure them in turn, first the other. Each runs once before: what is read or made once is there."""
    other()
    work()
    taken = [(seconds(other), seconds(work)) for _ in range(rounds)]
    return Beside(tuple(each for _, each in taken), tuple(each for each, _ in taken))


def seconds(do: Callable[[], object]) -> float:
    """Seconds of the processor."""
    begun = _spent()
    do()
    return _spent() - begun


def rates(count: int, taken: tuple[float, ...]) -> str:
    """So many a second: the middle of the rounds, then the lowest and the highest."""
    found = sorted(count / each for each in taken)
    return f"{statistics.median(found):>9,.0f} ({found[0]:>9,.0f} to {found[-1]:>9,.0f})"


def _spent() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)
