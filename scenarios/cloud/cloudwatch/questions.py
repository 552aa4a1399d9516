"""GetMetricStatistics, GetMetricData and ListMetrics, answered from what the store keeps.

Sources: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricStatistics.html,
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html,
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_ListMetrics.html
"""

import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from scenarios.cloud.calls import Asked
from scenarios.cloud.cloudwatch.math_syntax import InvalidExpression, parse, references
from scenarios.cloud.cloudwatch.metric_math import Series, Window, compute
from scenarios.cloud.cloudwatch.metrics import OLDEST, InvalidMetric, MetricStore
from scenarios.cloud.errors import Refused
from scenarios.cloud.setting import Setting

MOST_STATISTICS = 1_440
MOST_QUERIES, MOST_DATAPOINTS = 500, 100_800
METRICS_A_PAGE = 500
RECENTLY = timedelta(hours=3)


class Questions:
    """Answers what is asked of a region's metrics."""

    def __init__(self, setting: Setting, store: Callable[[str], MetricStore]) -> None:
        self._setting = setting
        self._store = store
        setting.calls.answer("cloudwatch", "GetMetricStatistics", self._get_metric_statistics)
        setting.calls.answer("cloudwatch", "GetMetricData", self._get_metric_data)
        setting.calls.answer("cloudwatch", "ListMetrics", self._list_metrics)

    def _get_metric_statistics(self, asked: Asked) -> dict[str, Any]:
        given = asked.parameters
        if bool(given.get("Statistics")) == bool(given.get("ExtendedStatistics")):
            raise Refused("InvalidParameterCombination", "Either Statistics or ExtendedStatistics is given")
        _few_enough(given)
        rows: dict[datetime, dict[str, Any]] = {}
        try:
            for statistic in given.get("Statistics", ()):
                for at, value in self._points(asked, statistic):
                    self._row(rows, at, given)[statistic] = value
            for statistic in given.get("ExtendedStatistics", ()):
                for at, value in self._points(asked, statistic):
                    self._row(rows, at, given).setdefault("ExtendedStatistics", {})[statistic] = value
        except InvalidMetric as error:
            raise Refused("InvalidParameterValue", str(error)) from error
        return {"Label": given["MetricName"], "Datapoints": [rows[at] for at in sorted(rows)]}

    def _row(
        self, rows: dict[datetime, dict[str, Any]], at: datetime, given: Mapping[str, Any]
    ) -> dict[str, Any]:
        return rows.setdefault(at, {"Timestamp": at, "Unit": given.get("Unit", "None")})

    def _points(self, asked: Asked, statistic: str) -> list[tuple[datetime, float]]:
        given = asked.parameters
        return self._store(asked.region).statistic(
            given["Namespace"],
            given["MetricName"],
            {each["Name"]: each["Value"] for each in given.get("Dimensions", ())},
            statistic,
            period=given["Period"],
            start=given["StartTime"],
            end=given["EndTime"],
            unit=given.get("Unit"),
            now=self._setting.clock.now,
        )

    def _list_metrics(self, asked: Asked) -> dict[str, Any]:
        given = asked.parameters
        found = self._store(asked.region).metrics(
            given.get("Namespace"),
            given.get("MetricName"),
            {each["Name"]: each.get("Value") for each in given.get("Dimensions", ())},
            now=self._setting.clock.now,
            within=RECENTLY if given.get("RecentlyActive") == "PT3H" else OLDEST,
        )
        begin = int(given.get("NextToken", "0"))
        more = {"NextToken": str(begin + METRICS_A_PAGE)} if begin + METRICS_A_PAGE < len(found) else {}
        told = [
            {
                "Namespace": metric.namespace,
                "MetricName": metric.name,
                "Dimensions": [{"Name": name, "Value": value} for name, value in metric.dimensions],
            }
            for metric in found[begin : begin + METRICS_A_PAGE]
        ]
        return {"Metrics": told, **more}

    def _get_metric_data(self, asked: Asked) -> dict[str, Any]:
        queries = {query["Id"]: query for query in asked.parameters["MetricDataQueries"]}
        if len(asked.parameters["MetricDataQueries"]) > MOST_QUERIES:
            raise Refused("ValidationError", f"At most {MOST_QUERIES} MetricDataQueries are answered at once")
        try:
            metrics = {
                name: self._series(asked, query["MetricStat"])
                for name, query in queries.items()
                if "MetricStat" in query
            }
            results = [
                _told(query, series, asked.parameters.get("ScanBy", "TimestampDescending"))
                for name, query in queries.items()
                if query.get("ReturnData", True)
                for series in _several(_value(name, queries, metrics, asked.parameters, ()))
            ]
        except (InvalidMetric, InvalidExpression) as error:
            raise Refused("ValidationError", str(error)) from error
        return {**_page(results, asked.parameters), "Messages": []}

    def _series(self, asked: Asked, stat: Mapping[str, Any]) -> Series:
        metric = stat["Metric"]
        found = self._store(asked.region).statistic(
            metric["Namespace"],
            metric["MetricName"],
            {each["Name"]: each["Value"] for each in metric.get("Dimensions", ())},
            stat["Stat"],
            period=stat["Period"],
            start=asked.parameters["StartTime"],
            end=asked.parameters["EndTime"],
            unit=stat.get("Unit"),
            now=self._setting.clock.now,
        )
        return {int(at.timestamp()): value for at, value in found}


def _few_enough(given: Mapping[str, Any]) -> None:
    """GetMetricStatistics answers no more than so many datapoints."""
    count = math.ceil((given["EndTime"] - given["StartTime"]).total_seconds() / given["Period"])
    if count > MOST_STATISTICS:
        raise Refused(
            "InvalidParameterCombination",
            f"You have requested up to {count:,} datapoints, which exceeds the limit of {MOST_STATISTICS:,}. "
            "You may reduce the datapoints requested by increasing Period, or decreasing the time range.",
        )


def _page(results: list[dict[str, Any]], asked: Mapping[str, Any]) -> dict[str, Any]:
    """As many datapoints as fit, result after result; what is cut is PartialData, and goes on by token."""
    room = min(int(asked.get("MaxDatapoints", MOST_DATAPOINTS)), MOST_DATAPOINTS)
    skip = begin = int(asked.get("NextToken", "0"))
    told = []
    for result in results:
        size = len(result["Timestamps"])
        start, end = min(skip, size), min(skip + room, size)
        skip -= start
        room -= end - start
        if end > start or (size == 0 and begin == 0):
            part = {name: result[name][start:end] for name in ("Timestamps", "Values")}
            told.append({**result, **part, "StatusCode": "Complete" if end == size else "PartialData"})
    end = begin + sum(len(each["Timestamps"]) for each in told)
    total = sum(len(result["Timestamps"]) for result in results)
    return {"MetricDataResults": told, **({"NextToken": str(end)} if end < total else {})}


def _value(
    name: str,
    queries: Mapping[str, Any],
    metrics: Mapping[str, Series],
    asked: Mapping[str, Any],
    above: tuple[str, ...],
) -> Series | list[Series]:
    """A query's series; what an expression names is computed first, and may not lead back to it."""
    if name in metrics:
        return metrics[name]
    if name in above:
        raise InvalidExpression(f"Error in expression '{name}': it leads back to itself")
    expression, computed = queries[name]["Expression"], {}
    for other in references(parse(expression)):
        if other in queries and other not in metrics and other not in computed:
            computed[other] = _value(other, queries, metrics, asked, (*above, name))
    try:
        return compute(expression, metrics, _window(queries, queries[name], asked), computed)
    except InvalidExpression as error:
        raise InvalidExpression(f"Error in expression '{name}': {error}") from error


def _window(queries: Mapping[str, Any], query: Mapping[str, Any], asked: Mapping[str, Any]) -> Window:
    periods = [each["MetricStat"]["Period"] for each in queries.values() if "MetricStat" in each]
    period = query.get("Period") or min(periods, default=60)
    grid = min(period, 60)
    start = int(asked["StartTime"].timestamp()) // grid * grid
    return Window(start=start, end=int(asked["EndTime"].timestamp()), period=period)


def _several(value: Series | list[Series]) -> list[Series]:
    return value if isinstance(value, list) else [value]


def _told(query: Mapping[str, Any], series: Series, order: str) -> dict[str, Any]:
    times = sorted(series, reverse=order == "TimestampDescending")
    label = query.get("Label") or (
        query["MetricStat"]["Metric"]["MetricName"] if "MetricStat" in query else query["Id"]
    )
    return {
        "Id": query["Id"],
        "Label": label,
        "Timestamps": [datetime.fromtimestamp(at, UTC) for at in times],
        "Values": [series[at] for at in times],
        "StatusCode": "Complete",
    }
