"""What CloudWatch refuses of a metric stream that is put.

The limits are the pages'. The words for filters, statistics and the delivery stream's place are what
PutMetricStream answered, as https://github.com/badmintoncryer/cdk-preflight/tree/main/rules/cloudwatch cites
it; the codes, the other words, and that a delivery stream which isn't there is refused, are ours.

Sources: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricStream.html,
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricStreamStatisticsConfiguration.html,
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-Metric-Streams.html (1,000 filters)
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from scenarios.cloud.cloudwatch.streams.kept import PAGING
from scenarios.cloud.kernel import moto_streams
from scenarios.cloud.kernel.errors import NotSimulated, Refused
from scenarios.cloud.kernel.validation import Request
from scenarios.dashboards.statistics import PERCENTILE, STATISTIC

MOST_FILTERS, MOST_CONFIGURATIONS, MOST_STATISTICS, MOST_METRICS = 1_000, 100, 20, 100
JSON: Final = "json"
_ALWAYS: Final = ("SampleCount", "Sum", "Minimum", "Maximum", "Average")


def metric_stream(request: Request) -> None:
    """Include or exclude, within the limits, statistics that its format has, and a delivery stream."""
    given = request.parameters
    if given.get("IncludeLinkedAccountsMetrics"):
        raise NotSimulated("cloudwatch", "metric streams of linked accounts")
    if given.get("IncludeFilters") and given.get("ExcludeFilters"):
        raise Refused(
            "InvalidParameterCombination", "IncludeFilters and ExcludeFilters cannot both be present"
        )
    filters = [*given.get("IncludeFilters", ()), *given.get("ExcludeFilters", ())]
    _check_filters(filters)
    _check_statistics(given.get("StatisticsConfigurations", ()), given["OutputFormat"])
    _check_firehose(given["FirehoseArn"], request)


def listed(request: Request) -> None:
    """A token that CloudWatch gave; its words for another are unconfirmed."""
    PAGING.page((), request.parameters)


def _check_filters(filters: Sequence[Mapping[str, Any]]) -> None:
    for each in filters:
        if "Namespace" not in each:
            raise _invalid("A filter needs a Namespace")
    count = sum(max(len(each.get("MetricNames") or ()), 1) for each in filters)
    if count > MOST_FILTERS:
        raise _invalid(f"A metric stream has at most {MOST_FILTERS:,} filters, not {count:,}")


def _check_statistics(configurations: Sequence[Mapping[str, Any]], form: str) -> None:
    if len(configurations) > MOST_CONFIGURATIONS:
        raise _invalid(f"StatisticsConfigurations has at most {MOST_CONFIGURATIONS} members")
    for each in configurations:
        statistics, metrics = each["AdditionalStatistics"], each["IncludeMetrics"]
        if not metrics:
            raise _invalid("IncludeMetrics less than 1")
        if not 1 <= len(statistics) <= MOST_STATISTICS or not 1 <= len(metrics) <= MOST_METRICS:
            raise _invalid(
                f"A StatisticsConfiguration has 1 to {MOST_STATISTICS} AdditionalStatistics and 1 to "
                f"{MOST_METRICS} IncludeMetrics"
            )
        for name in statistics:
            _check_statistic(name, form)


def _check_statistic(name: str, form: str) -> None:
    if re.fullmatch(PERCENTILE, name):
        return
    if name in _ALWAYS or form != JSON or not re.fullmatch(STATISTIC, name):
        raise _invalid(f"Unsupported statistic {name} for selected OutputFormat")
    raise NotSimulated("cloudwatch", f"the statistic {name} in a metric stream")


def _check_firehose(arn: str, request: Request) -> None:
    parts = (arn.split(":") + [""] * 6)[:6]
    if parts[:3] != ["arn", "aws", "firehose"] or not parts[5].startswith("deliverystream/"):
        raise _invalid(f"FirehoseArn {arn} is no ARN of a delivery stream")
    if parts[3] != request.region:
        raise _invalid("FirehoseArn must be in the same region and AWS partition as the Metric Stream")
    if parts[4] != request.account:
        raise _invalid("FirehoseArn must be in the same account as the Metric Stream")
    if not moto_streams.stream_is_there(arn):
        raise _invalid(f"The delivery stream {arn} does not exist")


def _invalid(why: str) -> Refused:
    return Refused("InvalidParameterValue", why)
