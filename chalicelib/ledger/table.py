"""The ledger's table: its shape, its keys, its times, and the only calls that read and write it.

Every item belongs to a `Kind`; `chalicelib.ledger` says what each kind is for. The partition key begins with
the kind. The sort key is different for each item of a partition, and sorts them in the order they are read.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from botocore.exceptions import ClientError

from chalicelib.errors import Throttled

PK, SK, EXPIRES = "pk", "sk", "expires"

Item = Mapping[str, Any]

# The table as CreateTable and CloudFormation are told of it.
SHAPE: Mapping[str, Any] = {
    "BillingMode": "PAY_PER_REQUEST",
    "AttributeDefinitions": [{"AttributeName": each, "AttributeType": "S"} for each in (PK, SK)],
    "KeySchema": [{"AttributeName": PK, "KeyType": "HASH"}, {"AttributeName": SK, "KeyType": "RANGE"}],
}
TIME_TO_LIVE: Mapping[str, Any] = {"AttributeName": EXPIRES, "Enabled": True}

_NEW = f"attribute_not_exists({PK})"
_BATCH = 25  # items that BatchWriteItem takes
# How many times in a row DynamoDB may leave items of a batch unprocessed before we leave it to Lambda's
# retry.
_PATIENCE = 4


class Kind(StrEnum):
    """What kinds of items there are: the first word of the partition key."""

    CLAIM = "claim"
    FINDING = "finding"
    SIGHTING = "sighting"
    QUIET = "quiet"
    ACTS = "acts"
    STATE = "state"
    SWITCH = "switch"
    ANCHOR = "anchor"
    VALIDATION = "validation"


def partition(kind: Kind, *of: str) -> str:
    """A partition key: `finding#table_deleted`."""
    return "#".join((kind, *of))


def key(partition_key: str, sort_key: str) -> dict[str, Any]:
    """The key of one item."""
    return {PK: {"S": partition_key}, SK: {"S": sort_key}}


def stamp(moment: datetime) -> str:
    """ISO 8601 in UTC with milliseconds, so that text order is time order."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def expiry(moment: datetime) -> dict[str, str]:
    """As DynamoDB's time to live wants it: seconds since 1970."""
    return {"N": str(int(moment.timestamp()))}


def expired(item: Item, now: datetime) -> bool:
    """Whether an item's time is up; DynamoDB may keep it for days after."""
    return int(item[EXPIRES]["N"]) <= now.timestamp()


def in_shell(item_key: Mapping[str, Any]) -> str:
    """A key as `aws dynamodb ... --key` takes it."""
    return json.dumps(item_key)


@dataclass(frozen=True, slots=True)
class Table:
    """The table through a low-level DynamoDB client. Every method raises ClientError.

    In an expression `#word` stands for the attribute of `names`, `:word` for the value of `values`.
    """

    client: Any = field(repr=False)
    name: str

    def get(self, item_key: Item) -> Item | None:
        """The item as it is now; None where there is none."""
        answer = self.client.get_item(TableName=self.name, Key=item_key, ConsistentRead=True)
        found: Item | None = answer.get("Item")
        return found

    def put(self, item: Item) -> None:
        """Write an item; replaces one that was there."""
        self.client.put_item(TableName=self.name, Item=item)

    def put_new(self, item: Item) -> bool:
        """Write an item where there was none; False where there was one, which stays."""
        return self._conditional(self.client.put_item, Item=item, ConditionExpression=_NEW)

    def put_over(
        self, item: Item, where: str, *, names: Mapping[str, str], values: Mapping[str, Item]
    ) -> bool:
        """Write an item where there was none or the one there meets a condition; False where it doesn't."""
        return self._conditional(
            self.client.put_item,
            Item=item,
            ConditionExpression=f"{_NEW} OR {where}",
            ExpressionAttributeNames=names,
            ExpressionAttributeValues=values,
        )

    def update(
        self,
        item_key: Item,
        change: str,
        *,
        names: Mapping[str, str],
        values: Mapping[str, Item],
        where: str = "",
    ) -> bool:
        """Change some attributes of an item; False where it doesn't meet the condition."""
        return self._conditional(
            self.client.update_item,
            Key=item_key,
            UpdateExpression=change,
            ExpressionAttributeNames=names,
            ExpressionAttributeValues=values,
            **({"ConditionExpression": where} if where else {}),
        )

    def write(self, items: Iterable[Item], *, remediation: str) -> None:
        """Write many items; replaces those that were there.

        Raises Throttled when DynamoDB leaves items unprocessed again and again.
        """
        waiting, patience = [{"PutRequest": {"Item": item}} for item in items], _PATIENCE
        while waiting:
            answer = self.client.batch_write_item(RequestItems={self.name: waiting[:_BATCH]})
            left = answer.get("UnprocessedItems", {}).get(self.name, [])
            patience = patience - 1 if left else _PATIENCE
            if not patience:
                raise Throttled("BatchWriteItem left items over again and again", remediation=remediation)
            waiting = [*left, *waiting[_BATCH:]]

    def all(self, partition_key: str, since: str = "", until: str = "") -> list[Item]:
        """Every item of a partition as it is now, or those whose sort keys lie in a span, both ends too."""
        condition, values = f"{PK} = :pk", {":pk": {"S": partition_key}}
        if until:
            condition += f" AND {SK} BETWEEN :since AND :until"
            values |= {":since": {"S": since}, ":until": {"S": until}}
        pages = self.client.get_paginator("query").paginate(
            TableName=self.name,
            KeyConditionExpression=condition,
            ExpressionAttributeValues=values,
            ConsistentRead=True,
        )
        return [item for page in pages for item in page["Items"]]

    def newest(self, partition_key: str, most: int) -> list[Item]:
        """The last items of a partition, the last one first; what was written just now may be missing."""
        answer = self.client.query(
            TableName=self.name,
            KeyConditionExpression=f"{PK} = :pk",
            ExpressionAttributeValues={":pk": {"S": partition_key}},
            ScanIndexForward=False,
            Limit=most,
        )
        found: list[Item] = answer["Items"]
        return found

    def _conditional(self, write: Any, **request: Any) -> bool:
        """Make a write; False where its condition didn't hold: somebody else was there before."""
        try:
            write(TableName=self.name, **request)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            return False
        return True
