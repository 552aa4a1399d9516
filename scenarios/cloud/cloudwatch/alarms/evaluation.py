"""When metric alarms are looked at, and what is seen then.

Every minute, 15 seconds into it; alarms with a period below a minute every ten seconds. For every period the
window moves by one minute. It covers two periods more than are evaluated, so that a datapoint that arrives
late still counts. Nothing is scheduled where there is no alarm. An alarm with an empty window gets its state
for missing data, and is then skipped until new data comes: nothing else can change it. The same holds for
metric math over empty windows, unless a function of it looks at the time (HOUR, EPOCH).

Sources: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html,
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/percentiles-with-low-samples.html
"""

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from scenarios.cloud.alarms import AlarmCondition, enough_samples, evaluation_range
from scenarios.cloud.cloudwatch.alarms.requests import set_state
from scenarios.cloud.cloudwatch.alarms.words import Datapoint, reason_data, state_reason
from scenarios.cloud.cloudwatch.metrics.math_functions import CALENDAR
from scenarios.cloud.cloudwatch.metrics.metric_math import Result, Window, compute
from scenarios.cloud.cloudwatch.metrics.metrics import Metric, MetricStore, metric_of
from scenarios.cloud.cloudwatch.metrics.queries import in_order
from scenarios.cloud.kernel import moto_state
from scenarios.cloud.kernel.errors import NotSimulated
from scenarios.cloud.setting import Setting

EVALUATED_AT_SECOND = 15
SLOW_SECONDS, FAST_SECONDS = 60, 10

_TIME_WORD = re.compile(rf"\b(?:{'|'.join(CALENDAR)})\b", re.IGNORECASE)

Become = Callable[[str, Any, str, str, Mapping[str, Any]], None]


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


@dataclass(slots=True, kw_only=True)
class Watch:
    """An alarm, read once. `settled`: the state in which an empty window left it, None while it isn't empty.

    `sources` and `expressions` by their ids, an expression after those it names; `result` is what counts.
    """

    alarm: Any
    condition: AlarmCondition
    period: int
    sources: Mapping[str, Source]
    expressions: Mapping[str, str]
    result: str
    settled: str | None = None
    metrics: tuple[Metric, ...] = field(init=False)
    reach: int = field(init=False)  # seconds: how long its window is
    seconds: int = field(init=False)  # how often it is looked at
    looks_at_the_time: bool = field(init=False)  # whether its metric math tells different times apart

    def __post_init__(self) -> None:
        self.metrics = tuple(each.metric for each in self.sources.values())
        self.reach = self.period * evaluation_range(self.condition.evaluation_periods)
        self.seconds = FAST_SECONDS if self.period < SLOW_SECONDS else SLOW_SECONDS
        self.looks_at_the_time = any(_TIME_WORD.search(each) for each in self.expressions.values())

    @property
    def percentile(self) -> float | None:
        """Of a percentile alarm that keeps its state when there are few samples, as a fraction."""
        statistic = self.sources[self.result].statistic if self.result in self.sources else ""
        if self.alarm.evaluate_low_sample_count_percentile != "ignore" or not statistic.startswith("p"):
            return None
        return float(statistic[1:]) / 100


class Evaluations:
    """Looks at metric alarms in time. `become` changes an alarm's state."""

    def __init__(
        self, setting: Setting, store: Callable[[str], MetricStore], become: Become, *, naive: bool = False
    ) -> None:
        self._setting = setting
        self._store = store
        self._become = become
        self._naive = naive  # look at every alarm every time: what the tests compare with
        self._watches: dict[tuple[str, str], Watch] = {}
        self._ticking: set[int] = set()
        self.looks = 0

    def begin(self) -> None:
        """Schedule evaluations if there is an alarm; called again when an alarm is put."""
        for _, watch in self._all():
            if watch.seconds not in self._ticking:
                self._ticking.add(watch.seconds)
                self._next(watch.seconds)

    def settle(self, region: str, alarm: Any) -> None:
        """Give an alarm the state that it has had since long ago, without any data; nobody is told."""
        self._look(region, self._watch(region, alarm), become=self._has_become)

    def _has_become(self, _: str, alarm: Any, state: str, reason: str, data: Mapping[str, Any]) -> None:
        set_state(alarm, state, reason, self._setting.clock.now, data)

    def _next(self, seconds: int) -> None:
        now = self._setting.clock.now
        if seconds == SLOW_SECONDS:
            moment = now.replace(second=0, microsecond=0) + timedelta(minutes=1, seconds=EVALUATED_AT_SECOND)
        else:
            moment = now + timedelta(seconds=seconds)
        self._setting.clock.at(moment, lambda: self._tick(seconds), "alarms are evaluated")

    def _tick(self, seconds: int) -> None:
        due = [(region, watch) for region, watch in self._all() if watch.seconds == seconds]
        until = self._until(seconds).timestamp()
        # What is measured while alarms change their states is of this moment, and so in no window yet.
        newest = {region: self._store(region).newest_of_all() for region in {region for region, _ in due}}
        for region, watch in due:
            if self._naive or not self._still(watch, newest[region], until):
                self._look(region, watch)
        if due:
            self._next(seconds)
        else:
            self._ticking.discard(seconds)

    def _all(self) -> Iterator[tuple[str, Watch]]:
        for region in self._setting.regions:
            for alarm in list(moto_state.alarms(self._setting.account, region).values()):
                if alarm.rule is None:
                    yield region, self._watch(region, alarm)

    def _watch(self, region: str, alarm: Any) -> Watch:
        """The watch of an alarm. When an alarm is put again, moto makes a new object of it."""
        found = self._watches.get((region, alarm.name))
        if found is None or found.alarm is not alarm:
            found = self._watches[region, alarm.name] = watch_of(alarm)
        return found

    # ---- one alarm ------------------------------------------------------------------------------

    def _still(self, watch: Watch, newest: Mapping[Metric, float], until: float) -> bool:
        """Whether its window is as empty as when it was last looked at, and its state what that made it.

        `newest`: the start of each metric's newest minute with data, `until`: where the window ends; both
        in seconds since 1970.
        """
        if watch.settled is None or watch.settled != watch.alarm.state_value:
            return False
        start = until - watch.reach
        for metric in watch.metrics:  # noqa: SIM110 - every alarm, every minute of a world
            if newest.get(metric, -math.inf) >= start:
                return False
        return True

    def _span(self, watch: Watch) -> tuple[datetime, datetime]:
        end = self._until(watch.seconds)
        return end - timedelta(seconds=watch.reach), end

    def _until(self, seconds: int) -> datetime:
        """Where the window of an alarm ends now that is looked at every so many seconds."""
        end = self._setting.clock.now.replace(microsecond=0)
        return end.replace(second=0) if seconds == SLOW_SECONDS else end

    def _look(self, region: str, watch: Watch, become: Become | None = None) -> None:
        self.looks += 1
        start, end = self._span(watch)
        series = {
            name: self._series(region, source, watch.period, start, end)
            for name, source in watch.sources.items()
        }
        values = self._values(watch, series, start, end)
        count = evaluation_range(watch.condition.evaluation_periods)
        times = [start + timedelta(seconds=watch.period * number) for number in range(count)]
        points = [Datapoint(timestamp=at, value=values.get(at)) for at in times]
        alarm, before = watch.alarm, watch.alarm.state_value
        assessment = watch.condition.assess([point.value for point in points], alarm.state_value)
        state = assessment.state
        if state != alarm.state_value and self._too_few(
            region, watch, [times[at] for at in assessment.counted]
        ):
            state = alarm.state_value
        if state != alarm.state_value:
            data = reason_data(
                watch.condition,
                points,
                assessment,
                query_date=self._setting.clock.now,
                period=watch.period,
                statistic=alarm.statistic or alarm.extended_statistic or "",
                unit=alarm.unit,
            )
            reason = state_reason(watch.condition, points, assessment)
            (become or self._become)(region, alarm, state, reason, data)
        # Looked at once more it would stay: what it is made of is the same, and so is the state before.
        stays = not watch.expressions or (state == before and not watch.looks_at_the_time)
        watch.settled = state if stays and not any(series.values()) else None

    def _values(
        self, watch: Watch, series: Mapping[str, dict[datetime, float]], start: datetime, end: datetime
    ) -> dict[datetime, float]:
        if not watch.expressions:
            return series[watch.result]
        if watch.looks_at_the_time or any(series.values()):
            began = int(start.timestamp())
            metrics = {
                name: {int(at.timestamp()): value for at, value in found.items()}
                for name, found in series.items()
            }
            window = Window(start=began, end=int(end.timestamp()), period=watch.period)
            result = _computed(watch.expressions, metrics, window, watch.result)
        else:
            began = 0
            expressions = tuple(watch.expressions.items())
            result = _without_data(expressions, tuple(series), watch.reach, watch.period, watch.result)
        if not isinstance(result, dict):
            raise NotSimulated("cloudwatch", f"an alarm on several time series ({watch.alarm.name})")
        return {start + timedelta(seconds=at - began): value for at, value in result.items()}

    def _series(
        self, region: str, source: Source, period: int, start: datetime, end: datetime
    ) -> dict[datetime, float]:
        found = self._store(region).statistic(
            source.namespace,
            source.name,
            source.dimensions,
            source.statistic,
            period=period,
            start=start,
            end=end,
            unit=source.unit,
        )
        return dict(found)

    def _too_few(self, region: str, watch: Watch, counted: list[datetime]) -> bool:
        """Whether a datapoint that counts rests on too few samples for its percentile to mean something."""
        percentile = watch.percentile
        if percentile is None or not counted:
            return False
        start, end = self._span(watch)
        source = watch.sources[watch.result]
        samples = self._store(region).statistic(
            source.namespace,
            source.name,
            source.dimensions,
            "SampleCount",
            period=watch.period,
            start=start,
            end=end,
            unit=source.unit,
        )
        return any(not enough_samples(percentile, count) for at, count in samples if at in counted)


def _computed(
    expressions: Mapping[str, str], metrics: Mapping[str, dict[int, float]], window: Window, wanted: str
) -> Result | None:
    """What the expression or metric of the id `wanted` gives; None where there is neither."""
    computed: dict[str, Result] = {}
    for name, expression in expressions.items():
        computed[name] = compute(expression, metrics, window, computed)
    return computed.get(wanted, metrics.get(wanted))


@lru_cache(maxsize=1024)
def _without_data(
    expressions: tuple[tuple[str, str], ...], metrics: tuple[str, ...], reach: int, period: int, wanted: str
) -> Result | None:
    """The same of metrics without data, in seconds from the window's start.

    Every world begins with alarms whose window is empty, and unless the time counts all windows are alike.
    """
    window = Window(start=0, end=reach, period=period)
    return _computed(dict(expressions), {name: {} for name in metrics}, window, wanted)


def watch_of(alarm: Any) -> Watch:
    """What a metric alarm looks at, from moto's model of it."""
    condition = AlarmCondition(
        threshold=float(alarm.threshold),
        comparison=alarm.comparison_operator,
        evaluation_periods=int(alarm.evaluation_periods),
        datapoints_to_alarm=int(alarm.datapoints_to_alarm) if alarm.datapoints_to_alarm else None,
        treat_missing_data=alarm.treat_missing_data or "missing",
    )
    if alarm.metric_data_queries:
        return _math_watch(alarm, condition)
    source = Source(
        namespace=alarm.namespace,
        name=alarm.metric_name,
        dimensions={each.name: each.value for each in alarm.dimensions},
        statistic=alarm.statistic or alarm.extended_statistic,
        unit=alarm.unit,
    )
    return Watch(
        alarm=alarm,
        condition=condition,
        period=int(alarm.period),
        sources={"m1": source},
        expressions={},
        result="m1",
    )


def _math_watch(alarm: Any, condition: AlarmCondition) -> Watch:
    """An alarm over metric math: one period for all its metrics, one query that returns data."""
    sources, expressions, periods = {}, {}, set()
    for query in alarm.metric_data_queries:
        if query.expression:
            expressions[query.id] = query.expression
            continue
        stat = query.metric_stat
        periods.add(int(stat.period))
        sources[query.id] = Source(
            namespace=stat.metric.namespace,
            name=stat.metric.metric_name,
            dimensions={each.name: each.value for each in stat.metric.dimensions},
            statistic=stat.stat,
            unit=stat.unit,
        )
    periods |= {int(query.period) for query in alarm.metric_data_queries if query.period}
    (result,) = (query.id for query in alarm.metric_data_queries if query.return_data is not False)
    return Watch(
        alarm=alarm,
        condition=condition,
        period=max(periods),
        sources=sources,
        expressions=in_order(expressions),
        result=result,
    )
