"""What CloudWatch remembers of metrics, and the statistics it makes of them. Callers give the time.

    >>> noon = datetime(2024, 3, 5, 12, tzinfo=UTC)
    >>> store = MetricStore()
    >>> store.put("App", "Errors", {"Stage": "prod"}, value=3, timestamp=noon + timedelta(seconds=42))
    >>> end = noon + timedelta(minutes=5)
    >>> store.statistic("App", "Errors", {"Stage": "prod"}, "Sum", period=60, start=noon, end=end)
    [(datetime.datetime(2024, 3, 5, 12, 0, tzinfo=datetime.timezone.utc), 3.0)]

A metric is its namespace, its name and its very set of dimensions: nothing is rolled up over dimensions.
Data comes in any order and is kept by the minute (by the second, at high resolution) as count, sum, minimum
and maximum; single values are kept beside them only where a minute has different ones, since only
percentiles need them. Percentiles are exact (nearest rank), where CloudWatch approximates.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html (resolution,
periods, retention) and https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDatum.html
"""

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final, NamedTuple

from scenarios.cloud.cloudwatch.metrics.buckets import Bucket, Series, StatisticSet
from scenarios.cloud.kernel.emitted import Settle
from scenarios.cloud.kernel.errors import NotSimulated

__all__ = [
    "FARTHEST_AHEAD",
    "MOST_DIMENSIONS",
    "OLDEST",
    "UNITS",
    "InvalidMetric",
    "Metric",
    "MetricStore",
    "StatisticSet",
    "aligned",
    "measure_of",
]

_PREFIXES: Final = ("", "Kilo", "Mega", "Giga", "Tera")
_SIZES: Final = [f"{prefix}{kind}" for kind in ("bytes", "bits") for prefix in _PREFIXES]
UNITS: Final = frozenset(
    ["Seconds", "Microseconds", "Milliseconds", "Percent", "Count", "Count/Second", "None"]
    + [f"{size[0].upper()}{size[1:]}{per}" for size in _SIZES for per in ("", "/Second")]
)
MOST_DIMENSIONS: Final = 30
OLDEST: Final = timedelta(weeks=2)
FARTHEST_AHEAD: Final = timedelta(hours=2)

_MOST_VALUES: Final = 150
_LARGEST: Final = 2.0**360
_LONGEST_NAME: Final = 255
_LONGEST_DIMENSION_VALUE: Final = 1024
_LONGEST_PERIOD: Final = 86400
_NAMESPACE = re.compile(r"(?=.*\S)[A-Za-z0-9._/#: -]{1,255}")
_PRINTED = re.compile(r"(?=.*\S)[ -~]+")
_PERCENTILE = re.compile(r"p([0-9]{1,3}(?:\.[0-9]{1,10})?)")
_OTHER_STATISTIC = re.compile(r"(?:tm|wm|tc|ts)[0-9.]+|(?:TM|WM|TC|TS|PR)\(.*\)|IQM")
_RESOLUTIONS: Final = (1, 60)
_SHORT_PERIODS: Final = (1, 5, 10, 20, 30)
_KEPT: Final = (
    # A multiple of so many seconds can be asked for until the data has that age.
    (3600, timedelta(days=455)),
    (300, timedelta(days=63)),
    (60, timedelta(days=15)),
    (1, timedelta(hours=3)),
)

_Dimensions = tuple[tuple[str, str], ...]


class InvalidMetric(ValueError):
    """CloudWatch would refuse this datum or this question; the message says why."""


class Metric(NamedTuple):
    """The identity of a metric. `dimensions` are (name, value) pairs in the order of their names.

    A tuple, as it is the key that every alarm looks for, every minute.
    """

    namespace: str
    name: str
    dimensions: _Dimensions


_STATISTICS: Final[Mapping[str, Callable[[Bucket], float]]] = {
    "SampleCount": lambda bucket: bucket.count,
    "Sum": lambda bucket: bucket.total,
    "Average": lambda bucket: bucket.total / bucket.count,
    "Minimum": lambda bucket: bucket.low,
    "Maximum": lambda bucket: bucket.high,
}


class MetricStore:
    """The metrics of one account and region.

    A copy (`copy.deepcopy`) is another store with the same data. `settle` is called before a namespace is
    read, and may put in what waited until then.
    """

    def __init__(self, settle: Settle | None = None) -> None:
        self._units: dict[Metric, dict[str, Series]] = {}
        self._newest: dict[Metric, float] = {}
        self._settle = settle

    def __deepcopy__(self, memo: dict[int, Any]) -> "MetricStore":
        # A generic deep copy looks at every number and takes ten times as long.
        self._settled(None)
        twin = memo[id(self)] = MetricStore()
        for metric, units in self._units.items():
            twin._units[metric] = {unit: series.copy() for unit, series in units.items()}
        twin._newest = dict(self._newest)
        return twin

    def put(
        self,
        namespace: str,
        name: str,
        dimensions: Mapping[str, str] | None = None,
        *,
        value: float | None = None,
        statistics: StatisticSet | None = None,
        values: Sequence[float] | None = None,
        counts: Sequence[float] | None = None,
        unit: str = "None",
        timestamp: datetime,
        resolution: int = 60,
        now: datetime | None = None,
    ) -> None:
        """Take in a datum: a `value`, `statistics`, or `values` with how often each came (once by default).

        Args:
            namespace: such as `AWS/EC2` or one of your own.
            name: the metric's name.
            dimensions: name to value, all of which make the metric's identity.
            value: a single sample.
            statistics: samples summed up.
            values: up to 150 different samples.
            counts: how often each of `values` came.
            unit: one of `UNITS`; units are kept apart.
            timestamp: aware; when it was measured.
            resolution: 60 seconds, or 1 for a high-resolution metric.
            now: aware; when given, older than two weeks or more than two hours ahead is refused.

        Raises:
            InvalidMetric: PutMetricData would refuse it.
        """
        metric = metric_of(namespace, name, dimensions or {})
        if metric not in self._units:
            _check_metric(metric)
        if unit not in UNITS:
            raise InvalidMetric(f"{unit} is no unit")
        if resolution not in _RESOLUTIONS:
            raise InvalidMetric(f"a storage resolution is 1 or 60 seconds, not {resolution}")
        if now is not None:
            _check_time(timestamp, now)
        samples = _samples(value, statistics, values, counts)
        second = _seconds(timestamp)
        series = self._units.setdefault(metric, {}).setdefault(unit, Series())
        start = second - second % resolution
        bucket = series.bucket(start)
        self._newest[metric] = max(start, self._newest.get(metric, start))
        if statistics is not None:
            bucket.add_set(statistics)
        for sample, count in samples:
            bucket.add(sample, count)

    def statistic(
        self,
        namespace: str,
        name: str,
        dimensions: Mapping[str, str] | None,
        statistic: str,
        *,
        period: int,
        start: datetime,
        end: datetime,
        unit: str | None = None,
        now: datetime | None = None,
    ) -> list[tuple[datetime, float]]:
        """The datapoints of a metric, oldest first; periods without data are left out.

        As in GetMetricStatistics, periods run from `start` as `aligned` rounds it, and each is stamped with
        its beginning. An alarm asks for its sliding window by its own start.

        Args:
            namespace: the metric's.
            name: the metric's.
            dimensions: the metric's, all of them.
            statistic: SampleCount, Sum, Average, Minimum, Maximum, or p0 to p100 with up to ten decimals.
            period: seconds: 1, 5, 10, 20, 30 or a multiple of 60, up to a day.
            start: aware; included.
            end: aware; not included.
            unit: None for the only one the metric has.
            now: aware; when given, what CloudWatch no longer keeps at this period is left out.

        Raises:
            NotSimulated: a trimmed mean or another of CloudWatch's rarer statistics; or the metric has
                several units and none is named, where AWS calls an alarm's behaviour undefined.
            InvalidMetric: no such statistic or period.
        """
        measure = measure_of(statistic, period)
        series = self._series(metric_of(namespace, name, dimensions or {}), unit)
        if series is None:
            return []
        fine = statistic not in _STATISTICS
        first = aligned(start, period, now)
        oldest = _seconds(now - _kept(period)) if now is not None else first
        found = (
            (at, measure(bucket)) for at, bucket in series.windows(first, _ceiling(end), period, fine=fine)
        )
        return [(_moment(at), value) for at, value in found if value is not None and at >= oldest]

    def newest(self, metric: Metric) -> float:
        """The start of the newest minute (or second) with data, in seconds since 1970; -inf without any."""
        self._settled(metric.namespace)
        return self._newest.get(metric, -math.inf)

    def newest_of_all(self) -> Mapping[Metric, float]:
        """`newest` of every metric that has data."""
        self._settled(None)
        return self._newest

    def units(self, namespace: str, name: str, dimensions: Mapping[str, str] | None = None) -> list[str]:
        """The units in which a metric has data."""
        self._settled(namespace)
        return sorted(self._units.get(metric_of(namespace, name, dimensions or {}), {}))

    def metrics(
        self,
        namespace: str | None = None,
        name: str | None = None,
        dimensions: Mapping[str, str | None] | None = None,
        *,
        now: datetime | None = None,
        within: timedelta | None = None,
    ) -> list[Metric]:
        """The metrics there are, in order, as ListMetrics finds them.

        Args:
            namespace: only those in it.
            name: only those of this name.
            dimensions: only those that have these among theirs; None stands for any value.
            now: aware; when given, metrics without data in the last two weeks are left out.
            within: or so long, in place of two weeks.
        """
        self._settled(namespace)
        wanted = (dimensions or {}).items()
        return sorted(
            metric
            for metric in self._units
            if namespace in (None, metric.namespace)
            and name in (None, metric.name)
            and all(_has(metric, key, value) for key, value in wanted)
            and (now is None or self._newest[metric] >= _seconds(now - (within or OLDEST)))
        )

    def minutes(self, since: int, until: int) -> Iterator[tuple[Metric, str, int, Bucket]]:
        """Metric, unit, beginning and data of each minute that has data, in the order of the metrics.

        From `since` up to, not including, `until`; both are full minutes in seconds since 1970.
        """
        self._settled(None)
        for metric in sorted(self._units):
            for unit, series in sorted(self._units[metric].items()):
                for at, bucket in series.windows(since, until, 60, fine=True):
                    yield metric, unit, at, bucket

    def _settled(self, namespace: str | None) -> None:
        if self._settle is not None:
            self._settle(namespace)

    def _series(self, metric: Metric, unit: str | None) -> Series | None:
        self._settled(metric.namespace)
        units = self._units.get(metric, {})
        if unit is not None:
            return units.get(unit)
        if len(units) > 1:
            raise NotSimulated(
                "cloudwatch", f"{metric.name} has data in {', '.join(sorted(units))}: name the unit"
            )
        return next(iter(units.values()), None)


def metric_of(namespace: str, name: str, dimensions: Mapping[str, str]) -> Metric:
    """The metric of that name, with these dimensions in any order."""
    return Metric(namespace, name, tuple(sorted(dimensions.items())))


def _check_metric(metric: Metric) -> None:
    if not _NAMESPACE.fullmatch(metric.namespace) or metric.namespace.startswith(":"):
        raise InvalidMetric(
            f"{metric.namespace!r} is no namespace: 1 to 255 letters, digits, blanks and . - _ / # :"
        )
    if not 1 <= len(metric.name) <= _LONGEST_NAME:
        raise InvalidMetric(f"a metric's name has 1 to {_LONGEST_NAME} characters, not {len(metric.name)}")
    if len(metric.dimensions) > MOST_DIMENSIONS:
        raise InvalidMetric(
            f"a metric has at most {MOST_DIMENSIONS} dimensions, not {len(metric.dimensions)}"
        )
    for key, value in metric.dimensions:
        if not (1 <= len(key) <= _LONGEST_NAME and 1 <= len(value) <= _LONGEST_DIMENSION_VALUE):
            raise InvalidMetric(f"dimension {key!r} or its value {value!r} is empty or too long")
        if not (_PRINTED.fullmatch(key) and _PRINTED.fullmatch(value)) or key.startswith(":"):
            raise InvalidMetric(
                f"dimension {key!r} or its value {value!r} is blank, not printed ASCII or starts with :"
            )


def _check_time(timestamp: datetime, now: datetime) -> None:
    if timestamp < now - OLDEST:
        raise InvalidMetric(f"{timestamp} is more than two weeks before {now}")
    if timestamp > now + FARTHEST_AHEAD:
        raise InvalidMetric(f"{timestamp} is more than two hours after {now}")


def _samples(
    value: float | None,
    statistics: StatisticSet | None,
    values: Sequence[float] | None,
    counts: Sequence[float] | None,
) -> list[tuple[float, float]]:
    """The (value, count) pairs of a datum, none for a statistic set; all of it checked."""
    if value is not None and statistics is None and values is None and not counts:  # as nearly always
        _check_number(value)
        return [(float(value), 1.0)]
    if sum(given is not None for given in (value, statistics, values)) != 1 or (counts and values is None):
        raise InvalidMetric("a datum has a value, or statistics, or values with counts")
    if statistics is not None:
        _check_set(statistics)
        return []
    samples = [value] if value is not None else list(values or ())
    times = [1.0] * len(samples) if counts is None else list(counts)
    if len(samples) != len(times):
        raise InvalidMetric(f"{len(samples)} values do not go with {len(times)} counts")
    if not 1 <= len(samples) <= _MOST_VALUES:
        raise InvalidMetric(f"a datum has 1 to {_MOST_VALUES} values, not {len(samples)}")
    for sample, count in zip(samples, times, strict=True):
        _check_number(sample)
        if not 0 < count < math.inf:
            raise InvalidMetric(f"a value cannot come {count} times")
    return [(float(sample), float(count)) for sample, count in zip(samples, times, strict=True)]


def _check_set(given: StatisticSet) -> None:
    for number in (given.sample_count, given.total, given.minimum, given.maximum):
        _check_number(number)
    if given.sample_count <= 0 or given.minimum > given.maximum:
        raise InvalidMetric(f"a statistic set has samples, and its minimum is not above its maximum: {given}")


def _check_number(number: float) -> None:
    if not -_LARGEST <= number <= _LARGEST:  # False for what is not a number, too
        raise InvalidMetric(f"{number} is not a number within -2^360 to 2^360")


@lru_cache(maxsize=1024)
def measure_of(statistic: str, period: int) -> Callable[[Bucket], float | None]:
    """What a statistic makes of a period's data; raises what `MetricStore.statistic` raises for either."""
    if not (period in _SHORT_PERIODS or (period > 0 and period % 60 == 0)) or period > _LONGEST_PERIOD:
        raise InvalidMetric(f"a period of {period} s is not 1, 5, 10, 20, 30 or a multiple of 60 up to a day")
    if statistic in _STATISTICS:
        return _STATISTICS[statistic]
    percentile = _PERCENTILE.fullmatch(statistic)
    if _OTHER_STATISTIC.fullmatch(statistic):
        raise NotSimulated("cloudwatch", f"the statistic {statistic}")
    if percentile is None or float(percentile[1]) > 100:
        raise InvalidMetric(
            f"{statistic} is none of {', '.join(_STATISTICS)}, p0 to p100; others are not simulated"
        )
    percent = float(percentile[1])
    return lambda bucket: bucket.percentile(percent)


def aligned(start: datetime, period: int, now: datetime | None) -> int:
    """Where the first period begins: `start`, rounded down by its age at `now`, in seconds since 1970.

    To the minute, or to a period below one; if it is 15 days ago to five minutes, after 63 days to the hour.
    """
    grid = min(period, 60)
    if now is not None:
        age = now - start
        grid = max(grid, 3600 if age > timedelta(days=63) else 300 if age > timedelta(days=15) else 1)
    return _seconds(start) // grid * grid


def _kept(period: int) -> timedelta:
    """How long data can be asked for at a period."""
    return next(age for seconds, age in _KEPT if period % seconds == 0)


def _has(metric: Metric, key: str, value: str | None) -> bool:
    return any(own == key and value in (None, its) for own, its in metric.dimensions)


def _seconds(moment: datetime) -> int:
    if moment.tzinfo is None:
        raise InvalidMetric(f"{moment} has no time zone")
    return math.floor(moment.timestamp())


def _ceiling(moment: datetime) -> int:
    return _seconds(moment) + (moment.microsecond > 0)


def _moment(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)
