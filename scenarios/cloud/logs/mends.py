"""What moto gets wrong in a log group: its metric filters and subscription filters; and saved queries."""

import json
from typing import Any

import moto.logs.metric_filters as metric_filters_models
import moto.logs.models as logs_models
import moto.logs.responses as logs_responses
from moto.moto_api._internal import mock_random

from scenarios.cloud.kernel.moto_mends import Mend
from scenarios.cloud.logs.saved_queries import saved_queries

_add_metric_filter = metric_filters_models.MetricFilters.add_filter
_delete_log_group = logs_models.LogsBackend.delete_log_group
_subscribe = logs_models.LogsBackend.put_subscription_filter
_answer_subscribe = logs_responses.LogsResponse.put_subscription_filter
_describe_subscription = logs_models.SubscriptionFilter.to_json


def _replaced_metric_filter(filters: Any, name: str, pattern: str, group: str, transformations: Any) -> None:
    """Put a metric filter; moto would keep the one of that name beside it."""
    filters.delete_filter(name, group)
    _add_metric_filter(filters, name, pattern, group, transformations)


def _delete_group_and_filters(backend: Any, log_group_name: str) -> None:
    """Delete a log group; moto would hand its metric filters on to the next of that name."""
    _delete_log_group(backend, log_group_name)
    kept = backend.filters.metric_filters
    kept[:] = [each for each in kept if each["logGroupName"] != log_group_name]


def _subscribed(backend: Any, group_name: str, name: str, *what: str) -> None:
    """Put a subscription filter; moto knows no logical destinations, and takes no change of a second one.

    `what`: pattern, destination and role.
    """
    group = backend.groups.get(group_name)
    known = group.subscription_filters.get(name) if group is not None else None
    if known is not None:
        known.update(*what)
    elif group is not None and ":destination:" in what[1]:
        group.put_subscription_filter(name, *what)
    else:
        _subscribe(backend, group_name, name, *what)


def _subscribed_with_distribution(response: Any) -> Any:
    """Put a subscription filter as it was asked for; moto forgets the distribution."""
    answer = _answer_subscribe(response)
    asked = response._get_param  # noqa: SLF001 - as its own methods do
    group = response.logs_backend.groups[asked("logGroupName")]
    group.subscription_filters[asked("filterName")].distribution = asked("distribution") or "ByLogStream"
    return answer


def _described_subscription(subscription: Any) -> dict[str, Any]:
    return {**_describe_subscription(subscription), "distribution": subscription.distribution}


def _saved_query(response: Any) -> str:
    """Save a query; moto has no PutQueryDefinition."""
    given = json.loads(response.body)
    found = given.pop("queryDefinitionId", "") or str(mock_random.uuid4())
    given.pop("clientToken", None)
    known = {"queryLanguage": "CWLI", "queryDefinitionId": found, "lastModified": _now()}
    saved_queries(response.logs_backend)[found] = known | given
    return json.dumps({"queryDefinitionId": found})


def _now() -> int:
    return int(logs_models.unix_time_millis())


MENDS: tuple[Mend, ...] = (
    (logs_responses.LogsResponse, "put_query_definition", _saved_query),
    (metric_filters_models.MetricFilters, "add_filter", _replaced_metric_filter),
    (logs_models.LogsBackend, "delete_log_group", _delete_group_and_filters),
    (logs_models.LogsBackend, "put_subscription_filter", _subscribed),
    (logs_responses.LogsResponse, "put_subscription_filter", _subscribed_with_distribution),
    (logs_models.SubscriptionFilter, "to_json", _described_subscription),
    (logs_models.SubscriptionFilter, "distribution", "ByLogStream"),
)
