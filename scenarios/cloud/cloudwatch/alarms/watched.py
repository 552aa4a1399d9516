"""What a metric alarm looks at, read once for all alarms that are put alike."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from scenarios.cloud.alarms import AlarmCondition, evaluation_range
from scenarios.cloud.cloudwatch.metrics.math_functions import CALENDAR
from scenarios.cloud.cloudwatch.metrics.metrics import Metric, metric_of
from scenarios.cloud.cloudwatch.metrics.queries import in_order

SLOW_SECONDS, FAST_SECONDS = 60, 10

_TIME_WORD = re.compile(rf"\b(?:{'|'.join(CALENDAR)})\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One metric an alarm looks at, as MetricStore is asked for it."""

    namespace: str
    name: str
    dimensions: Mapping[str, str]
    statistic: str
    unit: str | None = None

    @property
    def metric(self) -> Metric:
        """The metric itself."""
        return metric_of(self.namespace, self.name, self.dimensions)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What an alarm looks at: the same for all alarms that are put alike.

    `sources` and `expressions` by their ids, an expression after those it names; `result` is what counts.
    """

    condition: AlarmCondition
    period: int
    sources: Mapping[str, Source]
    expressions: Mapping[str, str]
    result: str
    metrics: tuple[Metric, ...] = field(init=False)
    reach: int = field(init=False)  # seconds: how long its window is
    seconds: int = field(init=False)  # how often it is looked at
    looks_at_the_time: bool = field(init=False)  # whether its metric math tells different times apart
    looks_at_minutes_alone: bool = field(init=False)  # and those of any other hour are alike to it

    def __post_init__(self) -> None:
        words = {each.upper() for text in self.expressions.values() for each in _TIME_WORD.findall(text)}
        found = {
            "metrics": tuple(each.metric for each in self.sources.values()),
            "reach": self.period * evaluation_range(self.condition.evaluation_periods),
            "seconds": FAST_SECONDS if self.period < SLOW_SECONDS else SLOW_SECONDS,
            "looks_at_the_time": bool(words),
            "looks_at_minutes_alone": words == {"MINUTE"} and self.period >= SLOW_SECONDS,
        }
        for name, value in found.items():
            object.__setattr__(self, name, value)


@dataclass(slots=True, kw_only=True)
class Watch:
    """An alarm. `settled`: the state in which an empty window left it, None while it isn't empty."""

    alarm: Any
    wanted: Wanted
    settled: str | None = None

    @property
    def percentile(self) -> float | None:
        """Of a percentile alarm that keeps its state when there are few samples, as a fraction."""
        wanted = self.wanted
        statistic = wanted.sources[wanted.result].statistic if wanted.result in wanted.sources else ""
        if self.alarm.evaluate_low_sample_count_percentile != "ignore" or not statistic.startswith("p"):
            return None
        return float(statistic[1:]) / 100


def watch_of(alarm: Any) -> Watch:
    """What a metric alarm looks at, from moto's model of it."""
    return Watch(alarm=alarm, wanted=_wanted(*_as_put(alarm)))


def wanted_of(alarm: Any) -> Wanted:
    """The same without the alarm."""
    return _wanted(*_as_put(alarm))


def _as_put(alarm: Any) -> tuple[Any, ...]:
    """All that decides on what an alarm looks at."""
    condition = (
        alarm.threshold,
        alarm.comparison_operator,
        alarm.evaluation_periods,
        alarm.datapoints_to_alarm,
        alarm.treat_missing_data,
    )
    if alarm.metric_data_queries:
        return condition, (), tuple([_query(each) for each in alarm.metric_data_queries])
    metric = (
        alarm.namespace,
        alarm.metric_name,
        tuple([(each.name, each.value) for each in alarm.dimensions]),
        alarm.statistic or alarm.extended_statistic,
        alarm.unit,
        alarm.period,
    )
    return condition, metric, ()


def _query(query: Any) -> tuple[Any, ...]:
    if query.expression:
        return query.id, query.return_data is not False, query.period, query.expression, ()
    stat = query.metric_stat
    dimensions = tuple([(each.name, each.value) for each in stat.metric.dimensions])
    metric = stat.metric.namespace, stat.metric.metric_name, dimensions, stat.stat, stat.unit, stat.period
    return query.id, query.return_data is not False, query.period, "", metric


@lru_cache(maxsize=4096)
def _wanted(condition: tuple[Any, ...], metric: tuple[Any, ...], queries: tuple[Any, ...]) -> Wanted:
    """What is looked at, read once for alarms that are put alike: each world has the template's."""
    threshold, comparison, periods, needed, missing = condition
    read = AlarmCondition(
        threshold=float(threshold),
        comparison=comparison,
        evaluation_periods=int(periods),
        datapoints_to_alarm=int(needed) if needed else None,
        treat_missing_data=missing or "missing",
    )
    if queries:
        return _by_math(read, queries)
    return Wanted(
        condition=read,
        period=int(metric[-1]),
        sources={"m1": _source(metric)},
        expressions={},
        result="m1",
    )


def _by_math(condition: AlarmCondition, queries: tuple[Any, ...]) -> Wanted:
    """Of an alarm over metric math: one period for all its metrics, one query that returns data."""
    sources, expressions, periods, returned = {}, {}, set(), []
    for name, returns, period, expression, metric in queries:
        if expression:
            expressions[name] = expression
        else:
            sources[name] = _source(metric)
            periods.add(int(metric[-1]))
        if period:
            periods.add(int(period))
        if returns:
            returned.append(name)
    (result,) = returned
    return Wanted(
        condition=condition,
        period=max(periods),
        sources=sources,
        expressions=in_order(expressions),
        result=result,
    )


def _source(metric: tuple[Any, ...]) -> Source:
    namespace, name, dimensions, statistic, unit, _ = metric
    return Source(namespace=namespace, name=name, dimensions=dict(dimensions), statistic=statistic, unit=unit)
