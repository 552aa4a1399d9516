"""Configuration items as AWS Config shows them, read into one record: there are two spellings.

What Config sends has `awsAccountId`, `ARN`, a relation's `name` and the configuration as an object; its API
has `accountId`, `arn`, `relationshipName`, and the configuration as JSON text. Queries have the API's names,
objects, and tags as a list.

Sources: https://docs.aws.amazon.com/config/latest/developerguide/example-sns-notification.html,
https://docs.aws.amazon.com/config/latest/APIReference/API_ConfigurationItem.html,
https://docs.aws.amazon.com/config/latest/developerguide/query-components.html
"""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from chalicelib.config_rule import Item, Relation
from chalicelib.errors import MalformedEvent
from chalicelib.events import moment, text_of

_SELECTED = (
    "accountId",
    "awsRegion",
    "resourceType",
    "resourceId",
    "resourceName",
    "arn",
    "configurationItemCaptureTime",
    "configurationItemStatus",
    "configuration",
    "supplementaryConfiguration",
    "relationships",
    "tags",
)


def items_selected(kind: str) -> str:
    """The query for all resources of a type, as SelectResourceConfig takes it."""
    return f"SELECT {', '.join(_SELECTED)} WHERE resourceType = '{kind}'"


def item_sent(raw: Any) -> Item:
    """An item, or the summary of one, in a message of Config's; raises MalformedEvent."""
    if not isinstance(raw, Mapping):
        raise MalformedEvent("the message holds no configuration item")
    return _item(raw, account="awsAccountId", arn="ARN", words="name")


def item_of_api(raw: Mapping[str, Any]) -> Item:
    """An item as GetResourceConfigHistory or SelectResourceConfig answers it; raises MalformedEvent."""
    return _item(raw, account="accountId", arn="arn", words="relationshipName")


def _item(raw: Mapping[str, Any], *, account: str, arn: str, words: str) -> Item:
    kind, identity = text_of(raw.get("resourceType")), text_of(raw.get("resourceId"))
    if not kind or not identity:
        raise MalformedEvent("a configuration item names no resource")
    return Item(
        type=kind,
        id=identity,
        name=text_of(raw.get("resourceName")),
        arn=text_of(raw.get(arn)),
        account=text_of(raw.get(account)),
        region=text_of(raw.get("awsRegion")),
        captured=_captured(raw.get("configurationItemCaptureTime"), identity),
        status=text_of(raw.get("configurationItemStatus")),
        configuration=_object(raw.get("configuration")),
        supplementary={
            name: _unpacked(each) for name, each in _object(raw.get("supplementaryConfiguration")).items()
        },
        tags=_tags(raw.get("tags")),
        relations=tuple(_relations(raw.get("relationships"), words)),
    )


def _captured(value: Any, identity: str) -> datetime:
    return value if isinstance(value, datetime) else moment(value, identity)


def _object(value: Any) -> Mapping[str, Any]:
    found = _unpacked(value)
    return found if isinstance(found, Mapping) else {}


def _unpacked(value: Any) -> Any:
    """What JSON text holds, and anything else as it is: which parts are text differs by type and by way."""
    if not isinstance(value, str) or value[:1] not in ("{", "["):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value


def _tags(value: Any) -> dict[str, str]:
    if isinstance(value, Mapping):
        return {str(key): text_of(each) for key, each in value.items()}
    listed = value if isinstance(value, list) else ()
    return {
        text_of(each.get("key")): text_of(each.get("value")) for each in listed if isinstance(each, Mapping)
    }


def _relations(value: Any, words: str) -> Iterator[Relation]:
    for each in value if isinstance(value, list) else ():
        if isinstance(each, Mapping):
            yield Relation(
                type=text_of(each.get("resourceType")),
                id=text_of(each.get("resourceId")) or text_of(each.get("resourceName")),
                name=text_of(each.get("resourceName")),
                words=text_of(each.get(words))
                or text_of(each.get("name"))
                or text_of(each.get("relationshipName")),
            )
