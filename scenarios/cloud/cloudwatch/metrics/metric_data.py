"""GetMetricData: metrics and metric math, a page at a time.

Which results a page fills first is unconfirmed: here one after another. So are AWS's words for too many
queries.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from scenarios.cloud.asked import Asked
from scenarios.cloud.cloudwatch.metrics import queries as check
from scenarios.cloud.cloudwatch.metrics.metric_math import InvalidExpression, Result, Series, Window, compute
from scenarios.cloud.cloudwatch.metrics.metrics import InvalidMetric, MetricStore, aligned
from scenarios.cloud.kernel.errors import NotSimulated, Refused
from scenarios.cloud.setting import Setting

MOST_QUERIES: Final = 500
MOST_DATAPOINTS: Final = 100_800
_USUAL_PERIOD: Final = 60


class MetricData:
    """Answers GetMetricData."""

    def __init__(self, setting: Setting, store: Callable[[str], MetricStore]) -> None:
        self._setting = setting
        self._store = store
        setting.calls.answer("cloudwatch", "GetMetricData", self.answer)

    def answer(self, asked: Asked) -> dict[str, Any]:
        """What GetMetricData is answered; raises Refused and NotSimulated."""
        given = asked.parameters
        _check(given)
        try:
            results = self._results(asked)
        except (InvalidMetric, InvalidExpression) as error:
            raise Refused("ValidationError", str(error)) from error
        told = [
            _told(query, series, given.get("ScanBy", "TimestampDescending"))
            for query in given["MetricDataQueries"]
            if query.get("ReturnData", True)
            for series in _several(results[query["Id"]])
        ]
        return {**_page(told, given), "Messages": []}

    def _results(self, asked: Asked) -> dict[str, Result]:
        """What each query gives, by its id."""
        queries = asked.parameters["MetricDataQueries"]
        metrics = {
            query["Id"]: self._series(asked, query["MetricStat"])
            for query in queries
            if "MetricStat" in query
        }
        computed: dict[str, Result] = {}
        for name, expression in check.in_order(check.expressions_of(queries)).items():
            window = self._window(asked, name)
            try:
                computed[name] = compute(expression, metrics, window, computed)
            except InvalidExpression as error:
                raise InvalidExpression(f"Error in expression '{name}': {error}") from error
        return {**metrics, **computed}

    def _window(self, asked: Asked, name: str) -> Window:
        """The periods of an expression: those of the metrics it is made of."""
        queries = asked.parameters["MetricDataQueries"]
        ids = [query["Id"] for query in queries]
        parts = check.needed(name, check.expressions_of(queries), ids)
        periods = check.periods_of([query for query in queries if query["Id"] in parts])
        if len(periods) > 1:
            raise NotSimulated("cloudwatch", f"metric math over the periods {sorted(periods)} together")
        period = min(periods, default=_USUAL_PERIOD)
        start = aligned(asked.parameters["StartTime"], period, self._setting.clock.now)
        return Window(start=start, end=int(asked.parameters["EndTime"].timestamp()), period=period)

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


def _check(given: Mapping[str, Any]) -> None:
    queries = given["MetricDataQueries"]
    if not 1 <= len(queries) <= MOST_QUERIES:
        raise _invalid(f"A call has 1 to {MOST_QUERIES} MetricDataQueries, not {len(queries)}")
    if given["StartTime"] >= given["EndTime"]:
        raise _invalid("The parameter StartTime must be less than the parameter EndTime.")
    if not 1 <= given.get("MaxDatapoints", 1) <= MOST_DATAPOINTS:
        raise _invalid(f"MaxDatapoints is 1 to {MOST_DATAPOINTS:,}, not {given['MaxDatapoints']:,}")
    check.check(queries, "MetricDataQueries")
    for query in queries:
        if "${" in query.get("Label", ""):
            raise NotSimulated("cloudwatch", f"the dynamic label {query['Label']}")


def _page(results: list[dict[str, Any]], asked: Mapping[str, Any]) -> dict[str, Any]:
    """As many datapoints as fit, result after result; what is cut is PartialData, and goes on by token."""
    room = int(asked.get("MaxDatapoints", MOST_DATAPOINTS))
    skip = begin = _begin(asked)
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
    if end >= sum(len(result["Timestamps"]) for result in results):
        return {"MetricDataResults": told}
    if any("Expression" in query for query in asked["MetricDataQueries"]):
        # AWS gives no token "if you are performing a math expression", and doesn't say what it does instead.
        raise NotSimulated("cloudwatch", "metric math of more datapoints than fit into one answer")
    return {"MetricDataResults": told, "NextToken": str(end)}


def _begin(asked: Mapping[str, Any]) -> int:
    token = asked.get("NextToken", "0")
    if not token.isdecimal():
        raise Refused("InvalidNextToken", "The next token specified is invalid.")
    return int(token)


def _several(value: Result) -> list[Series]:
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


def _invalid(why: str) -> Refused:
    return Refused("ValidationError", why)
