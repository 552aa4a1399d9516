"""What AWS Config answers of its items: history, the present state, lists, counts, queries.

A page of a history spans seven days at most, from its first item on: so a resource that seldom changes has
many pages with few items. Where the seven days begin no page says.

Sources: https://docs.aws.amazon.com/config/latest/APIReference/API_GetResourceConfigHistory.html,
https://docs.aws.amazon.com/config/latest/APIReference/API_BatchGetResourceConfig.html,
https://docs.aws.amazon.com/config/latest/APIReference/API_ListDiscoveredResources.html,
https://docs.aws.amazon.com/config/latest/APIReference/API_GetDiscoveredResourceCounts.html,
https://docs.aws.amazon.com/config/latest/APIReference/API_SelectResourceConfig.html,
https://docs.aws.amazon.com/config/latest/developerguide/delete-config-data-with-retention-period.html
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from scenarios.cloud.asked import Asked
from scenarios.cloud.config.items import Item
from scenarios.cloud.config.queries import documents_of, parse
from scenarios.cloud.config.query_values import InvalidExpression
from scenarios.cloud.config.recorder import Recorders
from scenarios.cloud.config.resource_types.all_types import RECORDED, must_be_simulated
from scenarios.cloud.kernel import moto_state
from scenarios.cloud.kernel.caller import ApiCall
from scenarios.cloud.kernel.errors import NotSimulated, Refused
from scenarios.cloud.kernel.paging import Paging
from scenarios.cloud.kernel.service_models import service_model
from scenarios.cloud.setting import Setting

_DEFAULT_RETENTION_DAYS: Final = 2557
_LONGEST_PAGE: Final = timedelta(days=7)


def _paging(default: int, onward: str = "nextToken", limit: str = "limit") -> Paging:
    return Paging(
        onward=onward,
        limit=limit,
        default=default,
        most=100,
        code="InvalidNextTokenException",
        message="The nextToken provided is invalid",
    )


_ITEMS, _RESOURCES, _ROWS = _paging(10), _paging(100), _paging(25, "NextToken", "Limit")

# moto answers these with nothing, as if there were nothing.
_SILENT: Final = (
    "ListAggregateDiscoveredResources",
    "BatchGetAggregateResourceConfig",
    "PutResourceConfig",
)


class History:
    """Answers questions about items."""

    def __init__(self, setting: Setting, recorders: Recorders) -> None:
        self._setting = setting
        self._recorders = recorders
        for operation, answer in (
            ("GetResourceConfigHistory", self._history),
            ("BatchGetResourceConfig", self._batch),
            ("ListDiscoveredResources", self._list),
            ("GetDiscoveredResourceCounts", self._counts),
            ("SelectResourceConfig", self._select),
        ):
            setting.calls.answer("config", operation, answer)
        setting.calls.after("config", "PutRetentionConfiguration", self._kept_for)
        for operation in _SILENT:
            setting.calls.answer("config", operation, partial(_not_simulated, operation))

    def _history(self, asked: Asked) -> dict[str, Any]:
        self._must_have_a_recorder(asked.region)
        given, recording = asked.parameters, self._recorders.of(asked.region)
        must_be_simulated([given["resourceType"]])
        key = (given["resourceType"], given["resourceId"])
        items = kept(recording.items.get(key, ()), self._retained(asked.region))
        if not items:
            raise Refused(
                "ResourceNotDiscoveredException",
                f"Resource {given['resourceId']} of resourceType:{given['resourceType']} is unknown or has "
                "not been discovered",
            )
        later, earlier = given.get("laterTime"), given.get("earlierTime")
        if later and earlier and earlier > later:
            raise Refused(
                "InvalidTimeRangeException",
                "The specified time range is not valid. The earlier time is not chronologically before the "
                "later time.",
            )
        found = [
            item
            for item in items
            if (later is None or item.captured <= later) and (earlier is None or item.captured >= earlier)
        ]
        if given.get("chronologicalOrder", "Reverse") == "Reverse":
            found.reverse()
        page, onward = _within_a_week(found, given)
        return {"configurationItems": [item.api() for item in page], **onward}

    def _kept_for(self, call: ApiCall) -> None:
        """What is older than the period is gone for good; how soon no page says, here at once."""
        since, items = self._retained(call.region), self._recorders.of(call.region).items
        for key, found in items.items():
            items[key] = kept(found, since)

    def _retained(self, region: str) -> datetime:
        """Items from before this moment are gone, but for the one that was in force then."""
        kept = moto_state.backend("config", self._setting.account, region).retention_configuration
        days = kept.retention_period_in_days if kept is not None else _DEFAULT_RETENTION_DAYS
        return self._setting.clock.now - timedelta(days=days)

    def _batch(self, asked: Asked) -> dict[str, Any]:
        self._must_have_a_recorder(asked.region)
        found, missing = [], []
        must_be_simulated(key["resourceType"] for key in asked.parameters["resourceKeys"])
        for key in asked.parameters["resourceKeys"]:
            last = self._recorders.of(asked.region).last((key["resourceType"], key["resourceId"]))
            if last is None or last.is_deleted:
                missing.append(dict(key))
            else:
                found.append(last.base())
        return {"baseConfigurationItems": found, "unprocessedResourceKeys": missing}

    def _list(self, asked: Asked) -> dict[str, Any]:
        """The resources of a type, those that are not recorded too."""
        self._must_have_a_recorder(asked.region)
        given = asked.parameters
        must_be_simulated([given["resourceType"]])
        ids, name = given.get("resourceIds"), given.get("resourceName")
        if ids and name:
            raise Refused(
                "InvalidParameterValueException",
                "Both Resource ID and Resource Name cannot be specified in the request",
            )
        last = [found[-1] for found in self._recorders.of(asked.region).items.values()]
        chosen = [
            item
            for item in last
            if item.found.type == given["resourceType"]
            and (not ids or item.found.id in ids)
            and (not name or item.found.name == name)
            and (not item.is_deleted or given.get("includeDeletedResources"))
        ]
        page, onward = _RESOURCES.page(chosen, given)
        return {"resourceIdentifiers": [_identified(item) for item in page], **onward}

    def _counts(self, asked: Asked) -> dict[str, Any]:
        """How many resources are recorded: of the types that are asked for alone, the total too."""
        wanted = asked.parameters.get("resourceTypes") or RECORDED
        must_be_simulated(wanted)
        counted = Counter(item.found.type for item in self._recorders.of(asked.region).present())
        found = [(kind, count) for kind, count in counted.most_common() if kind in wanted]
        page, onward = _RESOURCES.page(found, asked.parameters)
        shown = [{"resourceType": kind, "count": count} for kind, count in page]
        return {
            "totalDiscoveredResources": sum(count for _, count in found),
            "resourceCounts": shown,
            **onward,
        }

    def _select(self, asked: Asked) -> dict[str, Any]:
        region = asked.region
        try:
            query = parse(asked.parameters["Expression"])
            must_be_simulated(sorted(query.texts & _known_types()))
            items = documents_of(item.sent() for item in self._recorders.of(region).present())
            rows = query.answer(items)
        except (InvalidExpression, TypeError) as error:
            raise Refused(
                "InvalidExpressionException", f"The syntax of the query is incorrect: {error}"
            ) from None
        page, onward = _ROWS.page(rows, asked.parameters)
        fields = [{"Name": each.name} for each in query.columns]
        return {
            "Results": [json.dumps(row, separators=(",", ":")) for row in page],
            "QueryInfo": {"SelectFields": fields},
            **({} if query.is_one_page else onward),
        }

    def _must_have_a_recorder(self, region: str) -> None:
        if self._recorders.recorder(region) is None:
            raise Refused(
                "NoAvailableConfigurationRecorderException",
                "There are no configuration recorders available to provide the role needed to describe your "
                "resources.",
            )


def _known_types() -> frozenset[str]:
    """Every type that AWS Config has."""
    shape: Any = service_model("config").shape_for("ResourceType")
    return frozenset(shape.enum)


def _not_simulated(operation: str, _asked: Asked) -> dict[str, Any]:
    raise NotSimulated("config", operation)


def _within_a_week(found: list[Item], given: Mapping[str, Any]) -> tuple[list[Item], dict[str, str]]:
    """A page of a history, and the token where more follows."""
    page, onward = _ITEMS.page(found, given)
    near = [item for item in page if abs(item.captured - page[0].captured) <= _LONGEST_PAGE]
    if len(near) == len(page):
        return page, onward
    return near, {"nextToken": str(int(given.get("nextToken", "0")) + len(near))}


def kept(items: Sequence[Item], since: datetime) -> list[Item]:
    """The items (oldest first) that a retention period leaves: those of it, and the one in force before."""
    before = [item for item in items if item.captured < since]
    return [*before[-1:], *(item for item in items if item.captured >= since)]


def _identified(item: Item) -> dict[str, Any]:
    found = {
        "resourceType": item.found.type,
        "resourceId": item.found.id,
        "resourceName": item.found.name,
    }
    shown: dict[str, Any] = {name: value for name, value in found.items() if value}
    return {**shown, "resourceDeletionTime": item.captured} if item.is_deleted else shown
