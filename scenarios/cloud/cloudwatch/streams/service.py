"""Metric streams at work: each minute, what has come in since is sent to Firehose under the stream's role.

A minute's data is sent when the minute is over, and again, whole, where more of it comes in later. Data of
the time before a stream runs is not sent. How long CloudWatch takes is not on its pages; two to three minutes
are reported with Firehose's own, here it is up to one.

Sources: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-Metric-Streams.html,
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-metric-streams-statistics.html,
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-metric-streams-trustpolicy.html,
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-metric-streams-monitoring.html
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final

from scenarios.cloud.cloudwatch.metrics.buckets import Bucket
from scenarios.cloud.cloudwatch.metrics.metrics import Metric, MetricStore
from scenarios.cloud.cloudwatch.streams.emitted import NAMESPACE
from scenarios.cloud.cloudwatch.streams.kept import streams
from scenarios.cloud.cloudwatch.streams.opentelemetry import as_opentelemetry
from scenarios.cloud.cloudwatch.streams.updates import Update, as_json
from scenarios.cloud.cloudwatch.streams.validation import JSON
from scenarios.cloud.kernel.caller import ApiCall
from scenarios.cloud.kernel.deliveries import AssumedRole, StreamRecord
from scenarios.cloud.setting import Setting

SERVICE: Final = "streams.metrics.cloudwatch.amazonaws.com"
MINUTE: Final = 60
MOST_BYTES: Final = 1_000_000  # a record of Firehose's has 1,000 KiB at most
_AT_ONCE: Final = 500  # updates in a record; the pages name no number
_TURNS: Final = ("PutMetricStream", "StartMetricStreams")
_BILLED_TOGETHER: Final = 5  # additional statistics

# How many samples of a minute were sent, by metric, unit and the minute's beginning.
_Sent = dict[tuple[Metric, str, int], float]


class MetricStreams:
    """Every metric stream of the account."""

    def __init__(self, setting: Setting, store: Callable[[str], MetricStore]) -> None:
        self._setting = setting
        self._store = store
        self._sent: dict[str, _Sent] = {}
        self._ticking: set[str] = set()
        self._told: set[str] = set()
        for operation in _TURNS:
            setting.calls.after("cloudwatch", operation, self._turned)

    def start(self) -> None:
        """Set those going that the world begins with."""
        for region in self._setting.regions:
            self._tick_on(region)

    def _turned(self, call: ApiCall) -> None:
        self._tick_on(call.region)

    def _tick_on(self, region: str) -> None:
        """Look again at the next full minute, as long as a stream runs."""
        if region in self._ticking or not self._running(region):
            return
        self._ticking.add(region)
        over = MINUTE - self._setting.clock.now.timestamp() % MINUTE
        self._setting.clock.after(over, partial(self._tick, region), "metric streams")

    def _running(self, region: str) -> list[Mapping[str, Any]]:
        return [each for each in streams(self._setting.account, region).values() if each["Changed"]]

    def _tick(self, region: str) -> None:
        self._ticking.discard(region)
        for each in self._running(region):
            self._send(region, each)
        self._tick_on(region)

    def _send(self, region: str, stream: Mapping[str, Any]) -> None:
        updates = list(self._updates(region, stream))
        refused = sum(not self._put(stream, data) for data in _records(updates, stream["OutputFormat"]))
        if updates:
            more = sum(math.ceil(len(each.more) / _BILLED_TOGETHER) for each in updates)
            values = {
                "MetricUpdate": len(updates),
                "TotalMetricUpdate": len(updates) + more,
                "PublishErrorRate": float(refused > 0),
            }
            self._setting.measured(region, NAMESPACE, values, {"MetricStreamName": stream["Name"]})

    def _put(self, stream: Mapping[str, Any], data: bytes) -> bool:
        refusal = self._setting.deliveries.hand_over(
            stream["FirehoseArn"],
            StreamRecord(data=data),
            by=AssumedRole(arn=stream["RoleArn"], service=SERVICE),
            source=stream["Arn"],
        )
        if refusal is not None:
            words = f"the metric stream {stream['Name']} can't write to Firehose: {refusal.because}"
            if words not in self._told:
                self._told.add(words)
                self._setting.note("refused", words)
        return refusal is None

    def _updates(self, region: str, stream: Mapping[str, Any]) -> Iterator[Update]:
        """What came in since the last look, of minutes that are over and that the stream was running in."""
        sent = self._sent.setdefault(f"{stream['Arn']} {stream['CreationDate']}", {})
        since = int(stream["Changed"].timestamp()) // MINUTE * MINUTE
        until = int(self._setting.clock.now.timestamp()) // MINUTE * MINUTE
        for metric, unit, at, bucket in self._store(region).minutes(since, until):
            if not _is_wanted(stream, metric) or sent.get((metric, unit, at)) == bucket.count:
                continue
            sent[metric, unit, at] = bucket.count
            yield Update(
                stream=stream["Name"],
                account=self._setting.account,
                region=region,
                namespace=metric.namespace,
                name=metric.name,
                dimensions=dict(metric.dimensions),
                at=at * 1000,
                unit=unit,
                count=bucket.count,
                total=bucket.total,
                low=bucket.low,
                high=bucket.high,
                more=_more(stream, metric, bucket),
            )


def _is_wanted(stream: Mapping[str, Any], metric: Metric) -> bool:
    if stream["IncludeFilters"]:
        return any(_fits(each, metric) for each in stream["IncludeFilters"])
    return not any(_fits(each, metric) for each in stream["ExcludeFilters"])


def _fits(given: Mapping[str, Any], metric: Metric) -> bool:
    names = given.get("MetricNames")
    return given["Namespace"] == metric.namespace and (not names or metric.name in names)


def _more(stream: Mapping[str, Any], metric: Metric, bucket: Bucket) -> dict[str, float]:
    """The additional statistics of a metric; a percentile that it doesn't have is left out."""
    asked = {
        name: bucket.percentile(float(name[1:]))
        for each in stream["StatisticsConfigurations"]
        if {"Namespace": metric.namespace, "MetricName": metric.name} in each["IncludeMetrics"]
        for name in each["AdditionalStatistics"]
    }
    return {name: value for name, value in asked.items() if value is not None}


def _records(updates: Sequence[Update], form: str) -> Iterator[bytes]:
    """The updates as records, none larger than Firehose takes."""
    for begin in range(0, len(updates), _AT_ONCE):
        yield from _fitting(updates[begin : begin + _AT_ONCE], form)


def _fitting(updates: Sequence[Update], form: str) -> Iterator[bytes]:
    data = as_json(updates) if form == JSON else as_opentelemetry(updates, form)
    if len(data) <= MOST_BYTES or len(updates) == 1:
        yield data
        return
    half = len(updates) // 2
    yield from _fitting(updates[:half], form)
    yield from _fitting(updates[half:], form)
