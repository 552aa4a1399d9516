"""What `stats` makes of the values in a group.

Each aggregate hears of every row of its group, and answers at the end. None: the value is absent.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Stats.html
"""

import math
from collections import Counter
from collections.abc import Callable
from typing import Any, ClassVar, Final, Protocol

from scenarios.queries.insights.events import Row
from scenarios.queries.insights.switches import Switches
from scenarios.queries.insights.values import Moment, Number, Values, is_structure, number_of

Read = Callable[[Row], Any]


class Aggregate(Protocol):
    """One aggregate of one group."""

    def add(self, row: Row) -> None:
        """Hear of one more row."""

    def result(self) -> Any:
        """The value of all of them."""


class Count:
    """All rows."""

    def __init__(self) -> None:
        self._count = 0

    def add(self, _: Row) -> None:
        """Hear of one more row."""
        self._count += 1

    def result(self) -> int:
        """How many there were."""
        return self._count


class _CountOf:
    def __init__(self, read: Read) -> None:
        self._read = read
        self._count = 0

    def add(self, row: Row) -> None:
        if self._read(row) is not None:
            self._count += 1

    def result(self) -> int:
        return self._count


class _Distinct:
    def __init__(self, read: Read, values: Values) -> None:
        self._read, self._text = read, values.text
        self._seen: dict[str | None, Any] = {}

    def add(self, row: Row) -> None:
        value = self._read(row)
        if value is not None and not is_structure(value):
            self._seen.setdefault(value if value.__class__ is str else self._text(value), value)

    def result(self) -> Any:
        return len(self._seen)


class _Values(_Distinct):
    """The distinct values, in the order they came."""

    def result(self) -> list[Any]:
        return list(self._seen)


class _TopK:
    def __init__(self, count: int, read: Read, values: Values) -> None:
        self._count, self._read, self._text = count, read, values.plain_text
        self._seen: Counter[str] = Counter()

    def add(self, row: Row) -> None:
        text = self._text(self._read(row))
        if text is not None:
            self._seen[text] += 1

    def result(self) -> list[str]:
        return [text for text, _ in self._seen.most_common(self._count)]


class _Sum:
    def __init__(self, read: Read, *, of_nothing: bool) -> None:
        self._read = read
        self._total: Number = 0
        self._any = of_nothing

    def add(self, row: Row) -> None:
        number = number_of(self._read(row))
        if number is not None:
            self._total += number
            self._any = True

    def result(self) -> Number | None:
        return self._total if self._any else None


class _Mean:
    def __init__(self, read: Read) -> None:
        self._read = read
        self._total: Number = 0
        self._count = 0

    def add(self, row: Row) -> None:
        number = number_of(self._read(row))
        if number is not None:
            self._total += number
            self._count += 1

    def result(self) -> float | None:
        return self._total / self._count if self._count else None


class _Numbers:
    def __init__(self, read: Read) -> None:
        self._read = read
        self._values: list[Number] = []

    def add(self, row: Row) -> None:
        number = number_of(self._read(row))
        if number is not None:
            self._values.append(number)


class _Variance(_Numbers):
    def __init__(self, read: Read, *, of_population: bool) -> None:
        super().__init__(read)
        self._less = 0 if of_population else 1

    def result(self) -> float | None:
        count = len(self._values)
        if count <= self._less:
            return None
        mean = sum(self._values) / count
        total = sum((each - mean) * (each - mean) for each in self._values)
        return total / (count - self._less)


class _Deviation(_Variance):
    def result(self) -> float | None:
        variance = super().result()
        return None if variance is None else math.sqrt(variance)


class _Percentile(_Numbers):
    def __init__(self, read: Read, percent: Number, *, nearest_rank: bool) -> None:
        super().__init__(read)
        self._percent, self._nearest_rank = percent, nearest_rank

    def result(self) -> Number | None:
        if not self._values:
            return None
        ordered = sorted(self._values)
        share = len(ordered) * self._percent / 100
        place = math.ceil(share) - 1 if self._nearest_rank else int(share)
        return ordered[max(0, min(len(ordered) - 1, place))]


class _Extreme:
    """The first or the last in the natural order."""

    def __init__(self, read: Read, values: Values, *, last: bool) -> None:
        self._read, self._order, self._last = read, values.order, last
        self._best: Any = None
        self._key: Any = None

    def add(self, row: Row) -> None:
        value = self._read(row)
        if value is None or is_structure(value):
            return
        key = self._order(value)
        if self._best is None or (key > self._key if self._last else key < self._key):
            self._best, self._key = value, key

    def result(self) -> Any:
        return self._best


class _InTime:
    """The value of the earliest or the latest event that has one."""

    def __init__(self, read: Read, *, last: bool) -> None:
        self._read, self._last = read, last
        self._best: Any = None
        self._at: int | None = None

    def add(self, row: Row) -> None:
        at = row.get("@timestamp")
        if at is None or (self._at is not None and (at < self._at if self._last else at >= self._at)):
            return
        value = self._read(row)
        if value is not None and not is_structure(value):
            self._best, self._at = value, at

    def result(self) -> Any:
        return self._best


class Aggregates:
    """Makes aggregates. Each is made anew for every group."""

    ARGUMENTS: ClassVar[dict[str, tuple[int, int]]] = {
        **dict.fromkeys(("count", "count_over_time", "countovertime"), (0, 1)),
        **dict.fromkeys(("pct", "topk"), (2, 2)),
        **dict.fromkeys(
            (
                *("sum", "sum_over_time", "sumovertime", "avg", "min", "max", "stddev", "variance", "values"),
                *("count_distinct", "countdistinct", "earliest", "latest", "sortsfirst", "sortslast"),
            ),
            (1, 1),
        ),
    }
    """How many arguments each takes, by its name in small letters."""

    def __init__(self, values: Values, switches: Switches) -> None:
        self._values, self._switches = values, switches

    def maker(self, name: str, reads: list[Read], numbers: list[Any]) -> Callable[[], Aggregate]:
        """What makes the aggregate of a name. `numbers`: its arguments where they are literals."""
        if not reads:
            return Count
        make = self._number_aggregate(name, reads, numbers) or self._value_aggregate(name, reads[0])
        if name in ("min", "max", "earliest", "latest") and self._switches.aggregate_time_is_number:
            return lambda: _TimeAsNumber(make())
        return make

    def _number_aggregate(
        self, name: str, reads: list[Read], numbers: list[Any]
    ) -> Callable[[], Aggregate] | None:
        read, switches = reads[0], self._switches
        nearest, population = switches.percentile_is_nearest_rank, switches.deviation_is_of_population
        makers: dict[str, Callable[[], Aggregate]] = {
            "sum": lambda: _Sum(read, of_nothing=switches.sum_of_nothing),
            "avg": lambda: _Mean(read),
            "stddev": lambda: _Deviation(read, of_population=population),
            "variance": lambda: _Variance(read, of_population=population),
            "pct": lambda: _Percentile(read, numbers[1], nearest_rank=nearest),
        }
        return makers.get(_SAME.get(name, name))

    def _value_aggregate(self, name: str, read: Read) -> Callable[[], Aggregate]:
        values = self._values
        makers: dict[str, Callable[[], Aggregate]] = {
            "count": lambda: _CountOf(read),
            "count_distinct": lambda: _Distinct(read, values),
            "values": lambda: _Values(read, values),
            "min": lambda: _Extreme(read, values, last=False),
            "max": lambda: _Extreme(read, values, last=True),
            "sortsfirst": lambda: _Extreme(read, values, last=False),
            "sortslast": lambda: _Extreme(read, values, last=True),
            "earliest": lambda: _InTime(read, last=False),
            "latest": lambda: _InTime(read, last=True),
        }
        return makers[_SAME.get(name, name)]

    def top(self, count: int, read: Read) -> Callable[[], Aggregate]:
        """What makes a list of the values that come most often."""
        return lambda: _TopK(count, read, self._values)


class _TimeAsNumber:
    def __init__(self, of: Aggregate) -> None:
        self.add, self._of = of.add, of

    def result(self) -> Any:
        found = self._of.result()
        return int(found) if found.__class__ is Moment else found


_SAME: Final = {
    **dict.fromkeys(("count_over_time", "countovertime"), "count"),
    **dict.fromkeys(("sum_over_time", "sumovertime"), "sum"),
    "countdistinct": "count_distinct",
}
