"""Metric streams as they stand beside moto's state; moto has none of its own. Its mends put and tell them."""

from typing import Any, Final

from scenarios.cloud.kernel import moto_state
from scenarios.cloud.kernel.paging import Paging

RUNNING, STOPPED = "running", "stopped"
SAID: Final = ("Name", "FirehoseArn", "RoleArn", "OutputFormat")
MAY_BE_SAID: Final = ("IncludeFilters", "ExcludeFilters", "StatisticsConfigurations")
LISTED: Final = (*SAID[:2], "OutputFormat", "Arn", "State", "CreationDate", "LastUpdateDate")

PAGING: Final = Paging(
    onward="NextToken",
    limit="MaxResults",
    default=500,
    most=500,
    code="InvalidParameterValue",
    message="The value for parameter NextToken is invalid.",
)


def streams(account: str, region: str) -> dict[str, dict[str, Any]]:
    """Every metric stream of a region, by name. `Changed`: since when it streams, None while stopped."""
    return streams_of(moto_state.backend("cloudwatch", account, region))


def streams_of(backend: Any) -> dict[str, dict[str, Any]]:
    """The same, of moto's backend."""
    found: dict[str, dict[str, Any]] = vars(backend).setdefault("metric_streams", {})
    return found
