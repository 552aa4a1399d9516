"""PutMetricData: taken whole or not at all.

Its limit of 1 MB and the hours that old data takes to show are not simulated: data is there at once.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html. The page only
advises against a namespace of AWS's own: that it is refused is unconfirmed.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from scenarios.cloud.cloudwatch.metrics.metrics import InvalidMetric, MetricStore, StatisticSet
from scenarios.cloud.kernel.errors import NotSimulated, Refused

MOST_DATA: Final = 1_000
_EXCLUSIVE: Final = (("Value", "Values"), ("Value", "StatisticValues"), ("Values", "StatisticValues"))


def put_metric_data(store: MetricStore, given: Mapping[str, Any], now: datetime) -> None:
    """Take in what a call puts.

    Raises:
        Refused: one datum, or the call, is not as CloudWatch takes it.
        NotSimulated: it has entities.
    """
    if "EntityMetricData" in given:
        raise NotSimulated("cloudwatch", "PutMetricData with entities (EntityMetricData)")
    if "MetricData" not in given:
        raise Refused("MissingParameter", "The parameter MetricData is required.")
    data = given["MetricData"]
    if len(data) > MOST_DATA:
        raise Refused(
            "InvalidParameterValue", f"A call puts at most {MOST_DATA:,} metrics, not {len(data):,}"
        )
    if given["Namespace"].startswith("AWS/"):
        raise Refused(
            "InvalidParameterValue", f"The value {given['Namespace']} for parameter Namespace is invalid."
        )
    for number, datum in enumerate(data, 1):
        _check_together(datum, f"MetricData.member.{number}")
    try:
        # The first store only tries whether all would be taken.
        for each in (MetricStore(), store):
            for datum in data:
                _put(each, given["Namespace"], datum, now)
    except InvalidMetric as error:
        raise Refused("InvalidParameterValue", str(error)) from error


def _check_together(datum: Mapping[str, Any], at: str) -> None:
    for one, other in _EXCLUSIVE:
        if one in datum and other in datum:
            raise Refused(
                "InvalidParameterCombination",
                f"The parameters {at}.{one} and {at}.{other} are mutually exclusive options "
                "and you have specified both.",
            )
    if "Counts" in datum and len(datum["Counts"]) != len(datum.get("Values", ())):
        raise Refused(
            "InvalidParameterValue", f"The parameters {at}.Values and {at}.Counts must be of the same size."
        )


def _put(store: MetricStore, namespace: str, datum: Mapping[str, Any], now: datetime) -> None:
    statistics = datum.get("StatisticValues")
    store.put(
        namespace,
        datum["MetricName"],
        {each["Name"]: each["Value"] for each in datum.get("Dimensions", ())},
        value=datum.get("Value"),
        statistics=_statistic_set(statistics) if statistics else None,
        values=datum.get("Values"),
        counts=datum.get("Counts"),
        unit=datum.get("Unit", "None"),
        timestamp=datum.get("Timestamp", now),
        resolution=datum.get("StorageResolution", 60),
        now=now,
    )


def _statistic_set(given: Mapping[str, float]) -> StatisticSet:
    return StatisticSet(
        minimum=given["Minimum"],
        maximum=given["Maximum"],
        sample_count=given["SampleCount"],
        total=given["Sum"],
    )
