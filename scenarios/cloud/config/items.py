"""Configuration items: a resource as AWS Config saw it at one moment, in the two forms in which AWS shows it.

The API has `version`, `accountId`, `arn`, `relationshipName`, and `configuration` as JSON text. What Config
sends (to topics, buses, rules, buckets) has `configurationItemVersion`, `awsAccountId`, `ARN`, `name`, and
`configuration` as an object. Nobody stands in an item: `relatedEvents` is empty since version 1.3, and
CloudTrail's event history says who. The hash is empty since then as well.

Sources: https://docs.aws.amazon.com/config/latest/developerguide/config-item-table.html,
https://docs.aws.amazon.com/config/latest/APIReference/API_ConfigurationItem.html,
https://docs.aws.amazon.com/config/latest/developerguide/evaluate-config_develop-rules_example-events.html,
https://github.com/awslabs/aws-config-rdk/tree/master/rdk/template/example_ci (recorded items)
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from scenarios.cloud.kernel.moments import iso_milliseconds

VERSION: Final = "1.3"
NOT_APPLICABLE, REGIONAL, SEVERAL_ZONES = "Not Applicable", "Regional", "Multiple Availability Zones"
GLOBAL: Final = "global"
_CAPITALS: Final = re.compile("^[A-Z]+")


class Status(StrEnum):
    """An item's status: the first of a resource, a later one, the last one; the two of an unrecorded type."""

    DISCOVERED = "ResourceDiscovered"
    OK = "OK"
    DELETED = "ResourceDeleted"
    NOT_RECORDED = "ResourceNotRecorded"
    DELETED_NOT_RECORDED = "ResourceDeletedNotRecorded"


@dataclass(frozen=True, slots=True, order=True)
class Relation:
    """How a resource is related to another: `Is attached to Instance`."""

    type: str
    id: str
    words: str
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A resource as it is now.

    `configuration`, `supplementary`: what JSON can hold. `settled`: whether it stays so by itself; an
    instance that is `pending` doesn't.
    """

    type: str
    id: str
    arn: str
    configuration: Mapping[str, Any]
    name: str = ""
    zone: str = NOT_APPLICABLE
    tags: Mapping[str, str] = field(default_factory=dict)
    supplementary: Mapping[str, Any] = field(default_factory=dict)
    relations: tuple[Relation, ...] = ()
    created: datetime | None = None
    settled: bool = True

    @property
    def key(self) -> tuple[str, str]:
        """Type and id."""
        return self.type, self.id


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A resource at one moment. `region`: `global` for what IAM has."""

    found: Found
    status: Status
    captured: datetime
    account: str
    region: str

    @property
    def is_deleted(self) -> bool:
        """Whether the resource was gone."""
        return self.status in (Status.DELETED, Status.DELETED_NOT_RECORDED)

    @property
    def is_recorded(self) -> bool:
        """Whether its type was recorded; of others there is no more than that it was made, or deleted."""
        return self.status not in (Status.NOT_RECORDED, Status.DELETED_NOT_RECORDED)

    @property
    def is_there(self) -> bool:
        """Whether it holds what the resource is."""
        return self.status in (Status.DISCOVERED, Status.OK)

    @property
    def state_id(self) -> int:
        """Milliseconds since 1970."""
        return int(self.captured.timestamp() * 1000)

    def base(self) -> dict[str, Any]:
        """As BatchGetResourceConfig shows it: everything but its relations and tags."""
        found = self.found
        shown = {
            "version": VERSION,
            "accountId": self.account,
            "configurationItemCaptureTime": self.captured,
            "configurationItemStatus": self.status.value,
            "configurationStateId": str(self.state_id),
            "arn": found.arn,
            "resourceType": found.type,
            "resourceId": found.id,
            "resourceName": found.name,
            "awsRegion": self.region,
            "availabilityZone": found.zone,
            "resourceCreationTime": found.created,
            "supplementaryConfiguration": {
                name: _text(each) for name, each in found.supplementary.items() if name != "Tags"
            },
            "configuration": _text(found.configuration) if self.is_there else None,
        }
        return {name: value for name, value in shown.items() if value not in (None, "")}

    def api(self) -> dict[str, Any]:
        """As GetResourceConfigHistory shows it."""
        supplementary = self.found.supplementary
        return {
            **self.base(),
            "supplementaryConfiguration": {name: _text(each) for name, each in supplementary.items()},
            "configurationItemMD5Hash": "",
            "tags": dict(self.found.tags),
            "relatedEvents": [],
            "relationships": [
                _without_empty(
                    resourceType=each.type,
                    resourceId=each.id,
                    resourceName=each.name,
                    relationshipName=each.words,
                )
                for each in self.found.relations
            ],
        }

    def sent(self) -> dict[str, Any]:
        """As Config sends it, with nulls for what it doesn't have."""
        found = self.found
        return {
            "relatedEvents": [],
            "relationships": [
                {
                    "resourceId": each.id,
                    "resourceName": each.name or None,
                    "resourceType": each.type,
                    "name": each.words,
                }
                for each in found.relations
            ],
            "configuration": found.configuration if self.is_there else None,
            "supplementaryConfiguration": found.supplementary,
            "tags": dict(found.tags),
            "configurationItemVersion": VERSION,
            "configurationItemCaptureTime": iso_milliseconds(self.captured),
            "configurationStateId": self.state_id,
            "awsAccountId": self.account,
            "configurationItemStatus": self.status.value,
            "resourceType": found.type,
            "resourceId": found.id,
            "resourceName": found.name or None,
            "ARN": found.arn or None,
            "awsRegion": self.region,
            "availabilityZone": found.zone or None,
            "configurationStateMd5Hash": "",
            "resourceCreationTime": iso_milliseconds(found.created) if found.created else None,
        }


def without_nulls(value: Any) -> Any:
    """The same without members that are null, as EventBridge gets it."""
    if isinstance(value, Mapping):
        return {name: without_nulls(each) for name, each in value.items() if each is not None}
    return [without_nulls(each) for each in value] if isinstance(value, list) else value


def camel(value: Any) -> Any:
    """An answer of an API as items have it: names begin in lower case, moments are text."""
    if isinstance(value, Mapping):
        return {f"{name[:1].lower()}{name[1:]}": camel(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [camel(each) for each in value]
    return iso_milliseconds(value) if isinstance(value, datetime) else value


def newer_camel(value: Any) -> Any:
    """The same as items of the newer types have it: `ssedescription`, `kmskeyArn`; moments are milliseconds.

    So it stands in recorded tables and keys, and in the schema of functions.
    """
    if isinstance(value, Mapping):
        return {
            _CAPITALS.sub(lambda first: first[0].lower(), name): newer_camel(each)
            for name, each in value.items()
        }
    if isinstance(value, list | tuple):
        return [newer_camel(each) for each in value]
    return int(value.timestamp() * 1000) if isinstance(value, datetime) else value


def tags_of(
    listed: Iterable[Mapping[str, str]] | None, key: str = "Key", value: str = "Value"
) -> dict[str, str]:
    """Tags by their keys, of a list as AWS's APIs have it."""
    return {each[key]: each[value] for each in listed or ()}


def _without_empty(**members: str) -> dict[str, str]:
    return {name: value for name, value in members.items() if value}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"), sort_keys=False)
