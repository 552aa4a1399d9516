"""The ledger's table: its keys, its times, and the only calls that read and write it.

Every item belongs to a `Kind`; `chalicelib.ledger` says what each kind is for. The partition key begins with
the kind. The sort key is different for each item of a partition, and sorts them in the order they are read.

Every item is written with a seal and read by it (`chalicelib.seal`). One that isn't sealed counts as
absent: it is not read, and it is written over. One that has a version is only written over the version that
we know, so that an older one that was put back meanwhile, or one that was taken away, is noticed.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from botocore.exceptions import ClientError

from chalicelib.errors import LedgerUnreachable
from chalicelib.seal import Item, Noticed, Oddity, Seal, seal_of

PK, SK, EXPIRES, VERSION, OVER = "pk", "sk", "expires", "version", "written_over"

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
    FLOOD = "flood"
    ACTS = "acts"
    STATE = "state"
    ANCHOR = "anchor"
    REQUEST = "request"
    INSTRUCTION = "instruction"
    VALIDATION = "validation"
    HEARTBEAT = "heartbeat"


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
    """The table through the ledger's own client. Every method raises LedgerUnreachable.

    In an expression `#word` stands for the attribute of `names`, `:word` for the value of `values`. Without a
    `seal` items are read unproven and written without: for who may not vouch for them, the HTTP side.
    """

    client: Any = field(repr=False)
    name: str
    seal: Seal | None = None

    def get(self, item_key: Item) -> Item | None:
        """The item as it is now; None where there is none, or none of ours."""
        answer = self.client.get_item(TableName=self.name, Key=item_key, ConsistentRead=True)
        return self._ours(answer.get("Item"))

    def put(self, item: Item) -> None:
        """Write an item; replaces one that was there."""
        self.client.put_item(TableName=self.name, Item=self._sealed(item))

    def put_new(self, item: Item) -> bool:
        """Write an item where there was none; False where there was another one, which stays."""
        return _stands(item, self.take(item))

    def put_over(
        self, item: Item, where: str, *, names: Mapping[str, str], values: Mapping[str, Item]
    ) -> bool:
        """Write an item where there was none or the one there meets a condition; False where it doesn't.

        Where AWS's answer is lost, botocore makes the call again, and then the item itself is what there is.
        Source: https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
        """
        return _stands(item, self.take(item, where, names=names, values=values))

    def take(
        self,
        item: Item,
        where: str = "",
        *,
        names: Mapping[str, str] | None = None,
        values: Mapping[str, Item] | None = None,
    ) -> "Taken":
        """As `put_over`, and says what there was, or is."""
        condition = f"{_NEW} OR {where}" if where else _NEW
        taken = self._conditional(item, condition, names=names, values=values)
        if taken.other is None:
            return taken
        if self._ours(taken.other):
            if not taken.written or OVER not in taken.other:
                return taken
            self.put({**item, OVER: taken.other[OVER]})
            return replace(taken, over=taken.other[OVER]["S"])
        # An item that isn't ours doesn't keep ours out. That it was there is kept until it is reported.
        over = seal_of(taken.other)
        self.put({**item, OVER: {"S": over}})
        return Taken(written=True, over=over)

    def renew(self, item: Item, known: int) -> Item | None:
        """Write an item over version `known` of it; returns a newer one of ours instead, if there is one."""
        versioned = {**item, VERSION: {"N": str(known + 1)}}
        taken = self._conditional(
            versioned, "#version = :known", names={"#version": VERSION}, values={":known": {"N": str(known)}}
        )
        if taken.written:
            return None
        if taken.other is None:
            self.notice(Oddity.GONE, item)
        elif self._ours(taken.other):
            if version_of(taken.other) > known:
                return taken.other
            self.notice(Oddity.OLDER, taken.other)
        self.put(versioned)
        return None

    def delete(self, item_key: Item) -> None:
        """Take an item away."""
        self.client.delete_item(TableName=self.name, Key=item_key)

    def write(self, items: Iterable[Item], *, remediation: str) -> None:
        """Write many items; replaces those that were there.

        Raises LedgerUnreachable when DynamoDB leaves items unprocessed again and again.
        """
        waiting, patience = [{"PutRequest": {"Item": self._sealed(item)}} for item in items], _PATIENCE
        while waiting:
            answer = self.client.batch_write_item(RequestItems={self.name: waiting[:_BATCH]})
            left = answer.get("UnprocessedItems", {}).get(self.name, [])
            patience = patience - 1 if left else _PATIENCE
            if not patience:
                raise LedgerUnreachable(
                    "BatchWriteItem left items over again and again", remediation=remediation
                )
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
        return [item for page in pages for item in page["Items"] if self._ours(item)]

    def newest(self, partition_key: str, most: int, *, since: str = "", before: str = "") -> list[Item]:
        """The last items of a partition, the last one first; what was written just now may be missing.

        `since`: from this sort key on. `before`: only those below this one.
        """
        condition, values = f"{PK} = :pk", {":pk": {"S": partition_key}}
        if since or before:
            # BETWEEN takes both ends in; every sort key is ASCII and longer than a blank.
            condition += f" AND {SK} BETWEEN :since AND :until"
            values |= {":since": {"S": since or " "}, ":until": {"S": _just_below(before) if before else "~"}}
        answer = self.client.query(
            TableName=self.name,
            KeyConditionExpression=condition,
            ExpressionAttributeValues=values,
            ScanIndexForward=False,
            Limit=most,
        )
        return [item for item in answer["Items"] if self._ours(item)]

    def _sealed(self, item: Item) -> Item:
        return self.seal.on(item) if self.seal else item

    def _ours(self, item: Item | None) -> Item | None:
        """The item if it is sealed; None, and noticed, if it isn't."""
        if item is None or self.seal is None:
            return item
        if self.seal.holds(item):
            if OVER in item:  # a run that died had no time to report what it wrote over
                over = Noticed(Oddity.FORGED, item[PK]["S"], item[SK]["S"], item[OVER]["S"])
                self.seal.notice(over)
            return item
        self.notice(Oddity.FORGED, item)
        return None

    def notice(self, oddity: Oddity, item: Item) -> None:
        """Have it reported that something is wrong with an item; of one that is gone, its key is enough."""
        if self.seal:
            self.seal.notice(Noticed(oddity, item[PK]["S"], item[SK]["S"], seal_of(item)))

    def _conditional(
        self,
        item: Item,
        condition: str,
        *,
        names: Mapping[str, str] | None = None,
        values: Mapping[str, Item] | None = None,
    ) -> "Taken":
        """Make a conditional write; `other` is what it wrote over, or what stands in its way."""
        given = {"ExpressionAttributeNames": names, "ExpressionAttributeValues": values}
        try:
            answer = self.client.put_item(
                TableName=self.name,
                Item=self._sealed(item),
                ConditionExpression=condition,
                ReturnValues="ALL_OLD",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
                **{name: value for name, value in given.items() if value},
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            standing: Item | None = error.response.get("Item")  # type: ignore[assignment]  # botocore's stubs know no such answer
            return Taken(written=False, other=standing)
        return Taken(written=True, other=answer.get("Attributes"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """How a conditional write went.

    `other`: the item of ours that it replaced, or that stands instead. `over`: the seal of one that isn't
    ours and that it wrote over.
    """

    written: bool
    other: Item | None = None
    over: str | None = None


def _stands(item: Item, taken: Taken) -> bool:
    """Whether an item is in the table after a conditional write: by it, or by an earlier call of it."""
    there = taken.other or {}
    return taken.written or all(there.get(name) == value for name, value in item.items())


def _just_below(sort_key: str) -> str:
    """A text below this sort key, and above each that could stand before it."""
    return f"{sort_key[:-1]}{chr(ord(sort_key[-1]) - 1)}~"


def version_of(item: Item) -> int:
    """How often an item was written; 0 for the first time."""
    return int(item.get(VERSION, {"N": "0"})["N"])
