"""GetMetricStatistics and ListMetrics, answered from what the store keeps.

A new metric is listed at once, where AWS may take 15 minutes, and "recently" is exact, where AWS allows for
50 minutes more.

Sources: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricStatistics.html,
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_ListMetrics.html
"""

import math
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from scenarios.cloud.asked import Asked
from scenarios.cloud.cloudwatch.metrics.metrics import OLDEST, InvalidMetric, MetricStore
from scenarios.cloud.kernel.errors import NotSimulated, Refused
from scenarios.cloud.setting import Setting

MOST_STATISTICS: Final = 1_440
METRICS_A_PAGE: Final = 500
RECENTLY: Final = timedelta(hours=3)
_MOST: Final = {"Statistics": 5, "ExtendedStatistics": 10}
_MOST_FILTERS: Final = 10


class Questions:
    """Answers what is asked of a region's metrics."""

    def __init__(self, setting: Setting, store: Callable[[str], MetricStore]) -> None:
        self._setting = setting
        self._store = store
        setting.calls.answer("cloudwatch", "GetMetricStatistics", self._get_metric_statistics)
        setting.calls.answer("cloudwatch", "ListMetrics", self._list_metrics)

    def _get_metric_statistics(self, asked: Asked) -> dict[str, Any]:
        given = asked.parameters
        _check(given)
        rows: dict[tuple[datetime, str], dict[str, Any]] = {}
        try:
            for unit in self._units(asked):
                for statistic in given.get("Statistics", ()):
                    for at, value in self._points(asked, statistic, unit):
                        _row(rows, at, unit)[statistic] = value
                for statistic in given.get("ExtendedStatistics", ()):
                    for at, value in self._points(asked, statistic, unit):
                        _row(rows, at, unit).setdefault("ExtendedStatistics", {})[statistic] = value
        except InvalidMetric as error:
            raise Refused("InvalidParameterValue", str(error)) from error
        return {"Label": given["MetricName"], "Datapoints": [rows[key] for key in sorted(rows)]}

    def _units(self, asked: Asked) -> list[str]:
        """The one asked for, or all there is data in: each has datapoints of its own."""
        given = asked.parameters
        found = self._store(asked.region).units(given["Namespace"], given["MetricName"], _dimensions(given))
        return [given["Unit"]] if "Unit" in given else found or ["None"]

    def _points(self, asked: Asked, statistic: str, unit: str) -> list[tuple[datetime, float]]:
        given = asked.parameters
        return self._store(asked.region).statistic(
            given["Namespace"],
            given["MetricName"],
            _dimensions(given),
            statistic,
            period=given["Period"],
            start=given["StartTime"],
            end=given["EndTime"],
            unit=unit,
            now=self._setting.clock.now,
        )

    def _list_metrics(self, asked: Asked) -> dict[str, Any]:
        given = asked.parameters
        if given.get("IncludeLinkedAccounts") or "OwningAccount" in given:
            raise NotSimulated("cloudwatch", "the metrics of linked accounts")
        if len(given.get("Dimensions", ())) > _MOST_FILTERS:
            raise _invalid(f"At most {_MOST_FILTERS} dimensions can be filtered by")
        token = given.get("NextToken", "0")
        if not token.isdecimal():
            raise _invalid("The value for parameter NextToken is invalid.")
        found = self._store(asked.region).metrics(
            given.get("Namespace"),
            given.get("MetricName"),
            {each["Name"]: each.get("Value") for each in given.get("Dimensions", ())},
            now=self._setting.clock.now,
            within=RECENTLY if given.get("RecentlyActive") == "PT3H" else OLDEST,
        )
        end = int(token) + METRICS_A_PAGE
        told = [
            {
                "Namespace": metric.namespace,
                "MetricName": metric.name,
                "Dimensions": [{"Name": name, "Value": value} for name, value in metric.dimensions],
            }
            for metric in found[int(token) : end]
        ]
        return {"Metrics": told, **({"NextToken": str(end)} if end < len(found) else {})}


def _check(given: Mapping[str, Any]) -> None:
    if bool(given.get("Statistics")) == bool(given.get("ExtendedStatistics")):
        raise Refused("InvalidParameterCombination", "Must specify either Statistics or ExtendedStatistics")
    for name, most in _MOST.items():
        if len(given.get(name, ())) > most:
            raise _invalid(f"The collection {name} must not have a size greater than {most}.")
    if given["StartTime"] >= given["EndTime"]:
        raise _invalid("The parameter StartTime must be less than the parameter EndTime.")
    count = math.ceil((given["EndTime"] - given["StartTime"]).total_seconds() / given["Period"])
    if count > MOST_STATISTICS:
        raise Refused(
            "InvalidParameterCombination",
            f"You have requested up to {count} datapoints, which exceeds the limit of {MOST_STATISTICS}. "
            "You may reduce the datapoints requested by increasing Period, or decreasing the time range.",
        )


def _row(rows: dict[tuple[datetime, str], dict[str, Any]], at: datetime, unit: str) -> dict[str, Any]:
    return rows.setdefault((at, unit), {"Timestamp": at, "Unit": unit})


def _dimensions(given: Mapping[str, Any]) -> dict[str, str]:
    return {each["Name"]: each["Value"] for each in given.get("Dimensions", ())}


def _invalid(why: str) -> Refused:
    return Refused("InvalidParameterValue", why)
