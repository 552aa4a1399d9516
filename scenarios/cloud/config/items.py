"""Configuration items: a resource as AWS Config saw it at one moment, in the two forms in which AWS shows it.

The API has `version`, `accountId`, `arn`, `relationshipName`, and `configuration` as JSON text. What Config
sends (to topics, buses, rules, buckets) has `configurationItemVersion`, `awsAccountId`, `ARN`, `name`, and
`configuration` as an object. Nobody stands in an item: `relatedEvents` is empty since version 1.3, and
CloudTrail's event history says who.

Sources: https://docs.aws.amazon.com/config/latest/developerguide/config-item-table.html,
https://docs.aws.amazon.com/config/latest/APIReference/API_ConfigurationItem.html,
https://docs.aws.amazon.com/config/latest/developerguide/evaluate-config_develop-rules_example-events.html,
https://github.com/awslabs/aws-config-rdk/tree/master/rdk/template/example_ci (recorded items)
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from scenarios.cloud.kernel.moments import iso_milliseconds

VERSION: Final = "1.3"
NOT_APPLICABLE, REGIONAL, SEVERAL_ZONES = "Not Applicable", "Regional", "Multiple Availability Zones"
GLOBAL: Final = "global"


class Status(StrEnum):
    """An item's status: the first of a resource, a later one, the last one."""

    DISCOVERED = "ResourceDiscovered"
    OK = "OK"
    DELETED = "ResourceDeleted"


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
        return self.status is Status.DELETED

    @property
    def state_id(self) -> int:
        """Milliseconds since 1970."""
        return int(self.captured.timestamp() * 1000)

    def base(self) -> dict[str, Any]:
        """As BatchGetResourceConfig shows it: everything but its relations."""
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
            "supplementaryConfiguration": {name: _text(each) for name, each in found.supplementary.items()},
            "configuration": None if self.is_deleted else _text(found.configuration),
        }
        return {name: value for name, value in shown.items() if value not in (None, "")}

    def api(self) -> dict[str, Any]:
        """As GetResourceConfigHistory shows it."""
        return {
            **self.base(),
            "configurationItemMD5Hash": self._hash(),
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
            "configuration": None if self.is_deleted else found.configuration,
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
            "availabilityZone": found.zone,
            "configurationStateMd5Hash": self._hash(),
            "resourceCreationTime": iso_milliseconds(found.created) if found.created else None,
        }

    def _hash(self) -> str:
        return hashlib.md5(_text(self.found.configuration).encode(), usedforsecurity=False).hexdigest()


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


def tags_of(
    listed: Iterable[Mapping[str, str]] | None, key: str = "Key", value: str = "Value"
) -> dict[str, str]:
    """Tags by their keys, of a list as AWS's APIs have it."""
    return {each[key]: each[value] for each in listed or ()}


def _without_empty(**members: str) -> dict[str, str]:
    return {name: value for name, value in members.items() if value}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"), sort_keys=False)
