"""The data of a metric by the minute or second: what is kept of samples, and how a period is summed up."""

import math
from bisect import bisect_left, insort
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True, kw_only=True)
class StatisticSet:
    """Datapoints that came already summed up."""

    sample_count: float
    total: float
    minimum: float
    maximum: float


class Bucket:
    """The data of one minute, or one second."""

    __slots__ = ("count", "high", "low", "total", "values", "whole")

    def __init__(self) -> None:
        self.count = 0.0
        self.total = 0.0
        self.low = math.inf
        self.high = -math.inf
        self.values: dict[float, float] | None = None
        """How often each value came. None while all are the same, which is `low`."""
        self.whole = True
        """Whether the single values are known: they are not after a statistic set of different ones."""

    def add(self, value: float, count: float) -> None:
        """Add a value that came `count` times."""
        if self.whole and self.values is None and self.count and value != self.low:
            self.values = {self.low: self.count}
        if self.values is not None:
            self.values[value] = self.values.get(value, 0.0) + count
        self._widen(value, value, count, value * count)

    def add_set(self, given: StatisticSet) -> None:
        """Add a statistic set; one of equal values, its sum agreeing, is as good as the values.

        Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html
        """
        agrees = math.isclose(given.total, given.minimum * given.sample_count)
        if given.minimum == given.maximum and agrees:
            self.add(given.minimum, given.sample_count)
            return
        self.whole = False
        self._widen(given.minimum, given.maximum, given.sample_count, given.total)

    def absorb(self, other: Self) -> None:
        """Add all that another bucket has."""
        if not other.count:
            return
        self.whole = self.whole and other.whole
        if not self.whole:
            self._widen(other.low, other.high, other.count, other.total)
            return
        for value, count in other.histogram():
            self.add(value, count)

    def _widen(self, low: float, high: float, count: float, total: float) -> None:
        self.count += count
        self.total += total
        self.low = min(self.low, low)
        self.high = max(self.high, high)

    def histogram(self) -> list[tuple[float, float]]:
        """(value, how often), unordered."""
        return [(self.low, self.count)] if self.values is None else list(self.values.items())

    def percentile(self, percent: float) -> float | None:
        """The smallest value that `percent` of the samples do not exceed; None where CloudWatch has none."""
        if not self.whole or self.low < 0:
            return None
        rank, seen = percent / 100 * self.count, 0.0
        for value, count in sorted(self.histogram()):
            seen += count
            if seen >= rank:
                return value
        return self.high

    def copy(self) -> "Bucket":
        """Another one with the same data."""
        twin = Bucket()
        twin.count, twin.total, twin.low, twin.high = self.count, self.total, self.low, self.high
        twin.values = None if self.values is None else dict(self.values)
        twin.whole = self.whole
        return twin


class Series:
    """The buckets of one metric in one unit, by their start in seconds since 1970."""

    __slots__ = ("buckets", "starts")

    def __init__(self) -> None:
        self.buckets: dict[int, Bucket] = {}
        self.starts: list[int] = []

    def bucket(self, start: int) -> Bucket:
        """The bucket that starts then, made if need be."""
        found = self.buckets.get(start)
        if found is None:
            found = self.buckets[start] = Bucket()
            insort(self.starts, start)
        return found

    def windows(self, start: int, end: int, period: int, *, fine: bool) -> Iterator[tuple[int, Bucket]]:
        """The data from `start` up to, not including, `end`, by periods from `start` on, the empty left out.

        Single values come along only if `fine`.
        """
        at, stop = bisect_left(self.starts, start), bisect_left(self.starts, end)
        while at < stop:
            first = start + (self.starts[at] - start) // period * period
            after = bisect_left(self.starts, first + period, at, stop)
            yield first, self._sum(self.starts[at:after], fine=fine)
            at = after

    def _sum(self, starts: Sequence[int], *, fine: bool) -> Bucket:
        if len(starts) == 1:
            return self.buckets[starts[0]]
        together = Bucket()
        together.whole = fine
        for start in starts:
            together.absorb(self.buckets[start])
        return together

    def copy(self) -> "Series":
        """Another one with the same data."""
        twin = Series()
        twin.buckets = {start: bucket.copy() for start, bucket in self.buckets.items()}
        twin.starts = list(self.starts)
        return twin
