"""When metric alarms are looked at, and what is seen then.

Every minute, 15 seconds into it; alarms with a period below a minute every ten seconds. For every period the
window moves by one minute. It covers two periods more than are evaluated, so that a datapoint that arrives
late still counts. Nothing is scheduled where there is no alarm. An alarm with an empty window gets its state
for missing data, and is then skipped until new data comes: nothing else can change it. The same holds for
metric math over empty windows, unless a function of it looks at the time (HOUR, EPOCH); where that is MINUTE
alone, each minute of an hour is tried once.

Sources: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html,
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/percentiles-with-low-samples.html
"""

import math
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from scenarios.cloud.alarms import AlarmCondition, enough_samples, evaluation_range
from scenarios.cloud.cloudwatch.alarms.requests import set_state
from scenarios.cloud.cloudwatch.alarms.watched import SLOW_SECONDS, Source, Wanted, Watch, watch_of
from scenarios.cloud.cloudwatch.alarms.words import Datapoint, reason_data, state_reason
from scenarios.cloud.cloudwatch.metrics.metric_math import Result, Window, compute
from scenarios.cloud.cloudwatch.metrics.metrics import Metric, MetricStore, measure_of
from scenarios.cloud.kernel import moto_state
from scenarios.cloud.kernel.errors import NotSimulated
from scenarios.cloud.setting import Setting

EVALUATED_AT_SECOND = 15
_HOUR = 3600

Become = Callable[[str, Any, str, str, Mapping[str, Any]], None]


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
            if watch.wanted.seconds not in self._ticking:
                self._ticking.add(watch.wanted.seconds)
                self._next(watch.wanted.seconds)

    def settle(self, region: str, alarm: Any) -> None:
        """Give an alarm the state that it has had since long ago, without any data; nobody is told."""
        newest = self._store(region).newest_of_all()
        self._look(region, self._watch(region, alarm), newest, become=self._has_become)

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
        due = [(region, watch) for region, watch in self._all() if watch.wanted.seconds == seconds]
        until = self._until(seconds).timestamp()
        # What is measured while alarms change their states is of this moment, and so in no window yet.
        newest = {region: self._store(region).newest_of_all() for region in {region for region, _ in due}}
        for region, watch in due:
            if self._naive or not self._still(watch, newest[region], until):
                self._look(region, watch, newest[region])
        if due:
            self._next(seconds)
        else:
            self._ticking.discard(seconds)

    def _all(self) -> list[tuple[str, Watch]]:
        found = []
        for region in self._setting.regions:
            for alarm in moto_state.alarms(self._setting.account, region).values():
                if alarm.rule is None:
                    watch = self._watches.get((region, alarm.name))
                    if watch is None or watch.alarm is not alarm:
                        watch = self._watch(region, alarm)
                    found.append((region, watch))
        return found

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
        start = until - watch.wanted.reach
        for metric in watch.wanted.metrics:  # noqa: SIM110 - every alarm, every minute of a world
            if newest.get(metric, -math.inf) >= start:
                return False
        return True

    def _span(self, watch: Watch) -> tuple[datetime, datetime]:
        end = self._until(watch.wanted.seconds)
        return end - timedelta(seconds=watch.wanted.reach), end

    def _until(self, seconds: int) -> datetime:
        """Where the window of an alarm ends now that is looked at every so many seconds."""
        end = self._setting.clock.now.replace(microsecond=0)
        return end.replace(second=0) if seconds == SLOW_SECONDS else end

    def _look(
        self, region: str, watch: Watch, newest: Mapping[Metric, float], become: Become | None = None
    ) -> None:
        """Look at an alarm. `newest`: as `_still` takes it; what never had data is asked for nothing."""
        self.looks += 1
        wanted, (start, end) = watch.wanted, self._span(watch)
        series = {
            name: self._series(region, source, wanted.period, start, end)
            if metric in newest
            else _no_data(source.statistic, wanted.period)
            for (name, source), metric in zip(wanted.sources.items(), wanted.metrics, strict=True)
        }
        values = self._values(watch, series, start, end)
        count = evaluation_range(wanted.condition.evaluation_periods)
        times = [start + timedelta(seconds=wanted.period * number) for number in range(count)]
        alarm, before = watch.alarm, watch.alarm.state_value
        assessment = wanted.condition.assess([values.get(at) for at in times], alarm.state_value)
        state = assessment.state
        if state != alarm.state_value and self._too_few(
            region, watch, [times[at] for at in assessment.counted]
        ):
            state = alarm.state_value
        if state != alarm.state_value:
            points = [Datapoint(timestamp=at, value=values.get(at)) for at in times]
            data = reason_data(
                wanted.condition,
                points,
                assessment,
                query_date=self._setting.clock.now,
                period=wanted.period,
                statistic=alarm.statistic or alarm.extended_statistic or "",
                unit=alarm.unit,
            )
            reason = state_reason(wanted.condition, points, assessment)
            (become or self._become)(region, alarm, state, reason, data)
        # Looked at once more it would stay: what it is made of is the same, and so is the state before.
        empty = not any(series.values())
        stays = not wanted.expressions or (state == before and empty and _whenever(wanted, state))
        watch.settled = state if stays and empty else None

    def _values(
        self, watch: Watch, series: Mapping[str, dict[datetime, float]], start: datetime, end: datetime
    ) -> dict[datetime, float]:
        wanted = watch.wanted
        if not wanted.expressions:
            return series[wanted.result]
        began = int(start.timestamp())
        if wanted.looks_at_the_time:
            metrics = {
                name: {int(at.timestamp()): value for at, value in found.items()}
                for name, found in series.items()
            }
            window = Window(start=began, end=int(end.timestamp()), period=wanted.period)
            result = _computed(wanted.expressions, metrics, window, wanted.result)
        else:
            expressions = tuple(wanted.expressions.items())
            metrics_by_age = tuple(
                (name, tuple([(int(at.timestamp()) - began, value) for at, value in found.items()]))
                if found
                else (name, ())
                for name, found in series.items()
            )
            began = 0
            result = _alike(expressions, metrics_by_age, wanted.reach, wanted.period, wanted.result)
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
        source = watch.wanted.sources[watch.wanted.result]
        samples = self._store(region).statistic(
            source.namespace,
            source.name,
            source.dimensions,
            "SampleCount",
            period=watch.wanted.period,
            start=start,
            end=end,
            unit=source.unit,
        )
        return any(not enough_samples(percentile, count) for at, count in samples if at in counted)


@lru_cache(maxsize=1024)
def _no_data(statistic: str, period: int) -> dict[datetime, float]:
    """The series of a metric that has no data; raises where the statistic or the period is none."""
    measure_of(statistic, period)
    return {}


def _whenever(wanted: Wanted, state: str) -> bool:
    """Whether an alarm on metric math keeps its state without data, at whatever time it is looked at."""
    if not wanted.looks_at_the_time:
        return True
    if not wanted.looks_at_minutes_alone:
        return False
    expressions = tuple(wanted.expressions.items())
    asked = _Asked(
        expressions, tuple(wanted.sources), wanted.reach, wanted.period, wanted.result, wanted.condition
    )
    return _at_each_minute(asked, state)


class _Asked(NamedTuple):
    """What of an alarm on metric math decides on its state while there is no data; `sources`: their ids."""

    expressions: tuple[tuple[str, str], ...]
    sources: tuple[str, ...]
    reach: int
    period: int
    result: str
    condition: AlarmCondition


@lru_cache(maxsize=1024)
def _at_each_minute(asked: _Asked, state: str) -> bool:
    """Whether the state stays at each minute of an hour, after which all is as it was an hour before."""
    count = evaluation_range(asked.condition.evaluation_periods)
    for start in range(0, _HOUR, SLOW_SECONDS):
        window = Window(start=start, end=start + asked.reach, period=asked.period)
        metrics: dict[str, dict[int, float]] = {name: {} for name in asked.sources}
        result = _computed(dict(asked.expressions), metrics, window, asked.result)
        if not isinstance(result, dict):
            return False
        values = [result.get(start + asked.period * number) for number in range(count)]
        if asked.condition.assess(values, state).state != state:
            return False
    return True


def _computed(
    expressions: Mapping[str, str], metrics: Mapping[str, dict[int, float]], window: Window, wanted: str
) -> Result | None:
    """What the expression or metric of the id `wanted` gives; None where there is neither."""
    computed: dict[str, Result] = {}
    for name, expression in expressions.items():
        computed[name] = compute(expression, metrics, window, computed)
    return computed.get(wanted, metrics.get(wanted))


@lru_cache(maxsize=8192)
def _alike(
    expressions: tuple[tuple[str, str], ...],
    metrics: tuple[tuple[str, tuple[tuple[int, float], ...]], ...],
    reach: int,
    period: int,
    wanted: str,
) -> Result | None:
    """The same, all in seconds from the window's start: unless the time counts, windows are alike.

    Most are: without data, or with the same data some periods ago.
    """
    window = Window(start=0, end=reach, period=period)
    return _computed(dict(expressions), {name: dict(found) for name, found in metrics}, window, wanted)
