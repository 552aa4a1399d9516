"""One table's items kept as Python objects, for a world in which many events are handled one after the other.

A call to DynamoDB costs more than a millisecond here: botocore checks and writes the parameters, IAM
decides, moto parses expressions and looks through the whole table. Whoever replays records makes ten of
them for each record that fires, by the same code under the same role every time. Here such a call is a
look-up. What is answered, and how much simulated time it takes, is the same
(`tests/scenarios/cloud/dynamodb/test_table_in_memory.py` holds both beside each other); permissions,
throttles and records of the calls are what scenarios are for.

Only what the ledger's code asks is understood: items by their key, conditional writes, a partition's items
in the order of their sort keys. Everything else raises NotSimulated. An item that is unusually large, or
whose keys are, goes to moto too, which refuses what DynamoDB refuses.
"""

import re
from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Mapping
from functools import lru_cache
from operator import eq, ge, gt, le, lt
from typing import Any, Final

import msgspec
from botocore.client import BaseClient

from scenarios.cloud.asked import AtOnce, SendThese
from scenarios.cloud.boto3_calls import client_error
from scenarios.cloud.kernel.errors import NotSimulated
from scenarios.cloud.setting import Setting

Item = Mapping[str, Any]
_packed = msgspec.msgpack.Encoder().encode
_unpacked = msgspec.msgpack.Decoder().decode
_Holds = Callable[[Item, Mapping[str, str], Mapping[str, Item]], bool]

_PAGE_BYTES: Final = 1_000_000  # of a query's answer, as moto has it
_USUAL_BYTES: Final = 100_000  # of an item; DynamoDB takes 400 KB
_USUAL_KEY_CHARACTERS: Final = 250  # DynamoDB takes 1024 bytes
_NOTHING: Final[Mapping[str, Any]] = {}
_KNOWN: Final[Mapping[str, frozenset[str]]] = {
    "GetItem": frozenset(("TableName", "Key", "ConsistentRead")),
    "DeleteItem": frozenset(("TableName", "Key")),
    "BatchWriteItem": frozenset(("RequestItems",)),
    "PutItem": frozenset(
        (
            *("TableName", "Item", "ConditionExpression", "ReturnValues"),
            *("ReturnValuesOnConditionCheckFailure", "ExpressionAttributeNames", "ExpressionAttributeValues"),
        )
    ),
    "Query": frozenset(
        (
            *("TableName", "KeyConditionExpression", "ExpressionAttributeValues", "ConsistentRead"),
            *("ScanIndexForward", "Limit", "ExclusiveStartKey"),
        )
    ),
}


class TableInMemory:
    """The items of one table; from now on calls about them end here. `client` reads what is there already."""

    def __init__(
        self, setting: Setting, client: Any, name: str, *, partition: str = "pk", sort: str = "sk"
    ) -> None:
        self._name, self._partition, self._sort = name, partition, sort
        self._items: dict[str, dict[str, bytes]] = {}
        self._ordered: dict[str, list[str]] = {}
        answers = {
            "GetItem": self._get,
            "PutItem": self._put,
            "DeleteItem": self._delete,
            "BatchWriteItem": self._write,
            "Query": self._query,
        }
        with setting.calls.muted():
            for page in client.get_paginator("scan").paginate(TableName=name):
                for item in page["Items"]:
                    self._keep(*self._key(item), _packed(item))
        for operation, answer in answers.items():
            answering = self._answering(operation, answer)
            setting.calls.in_place_of_everything("dynamodb", operation, self._is_about, answering)

    def _is_about(self, parameters: Mapping[str, Any]) -> bool:
        return self._name in (parameters.get("RequestItems") or (parameters.get("TableName"),))

    def _answering(self, operation: str, answer: Callable[..., dict[str, Any]]) -> AtOnce:
        known = _KNOWN[operation]

        def answered(client: BaseClient, parameters: Mapping[str, Any], send: SendThese) -> dict[str, Any]:
            if not parameters.keys() <= known or len(parameters.get("RequestItems", "1")) > 1:
                raise NotSimulated(
                    "dynamodb", f"{operation} with {sorted(parameters)} on items kept in memory"
                )
            response = answer(client, parameters, send)
            response["ResponseMetadata"] = {"HTTPStatusCode": 200, "RetryAttempts": 0, "HTTPHeaders": {}}
            return response

        return answered

    # ---- items by their key -------------------------------------------------------------------------

    def _get(self, _: BaseClient, parameters: Mapping[str, Any], __: SendThese) -> dict[str, Any]:
        item = self._item(*self._key(parameters["Key"]))
        return {} if item is None else {"Item": item}

    def _delete(self, _: BaseClient, parameters: Mapping[str, Any], __: SendThese) -> dict[str, Any]:
        partition, sort = self._key(parameters["Key"])
        if self._items.get(partition, {}).pop(sort, None) is not None:
            self._ordered[partition].remove(sort)
        return {}

    def _put(self, client: BaseClient, parameters: Mapping[str, Any], send: SendThese) -> dict[str, Any]:
        item = parameters["Item"]
        partition, sort = self._key(item)
        packed = _packed(item)
        if not self._is_usual(partition, sort, packed):
            send({"TableName": self._name, "Item": item})
        before = self._item(partition, sort)
        condition = parameters.get("ConditionExpression")
        if condition and not _compiled(condition)(
            before or _NOTHING,
            parameters.get("ExpressionAttributeNames", _NOTHING),
            parameters.get("ExpressionAttributeValues", _NOTHING),
        ):
            error = client_error(
                client, "PutItem", "ConditionalCheckFailedException", "The conditional request failed", 400
            )
            if before and parameters.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD":
                error.response["Item"] = before  # type: ignore[typeddict-unknown-key]  # botocore's stubs know no such answer
            raise error
        self._keep(partition, sort, packed)
        return {"Attributes": before} if before and parameters.get("ReturnValues") == "ALL_OLD" else {}

    def _write(self, client: BaseClient, parameters: Mapping[str, Any], send: SendThese) -> dict[str, Any]:
        for request in parameters["RequestItems"][self._name]:
            if request.keys() != {"PutRequest"}:
                raise NotSimulated("dynamodb", "BatchWriteItem that deletes items kept in memory")
            self._put(client, request["PutRequest"], send)
        return {"UnprocessedItems": {}}

    def _is_usual(self, partition: str, sort: str, packed: bytes) -> bool:
        return (
            0 < len(partition) < _USUAL_KEY_CHARACTERS
            and 0 < len(sort) < _USUAL_KEY_CHARACTERS
            and len(packed) < _USUAL_BYTES
        )

    # ---- a partition's items ------------------------------------------------------------------------

    def _query(self, _: BaseClient, parameters: Mapping[str, Any], __: SendThese) -> dict[str, Any]:
        partition, since, until = self._span(parameters)
        sorts = self._ordered.get(partition, [])
        first = 0 if since is None else bisect_left(sorts, since)
        last = len(sorts) if until is None else bisect_right(sorts, until)
        backwards, after = parameters.get("ScanIndexForward") is False, parameters.get("ExclusiveStartKey")
        if after and backwards:
            last = min(last, bisect_left(sorts, self._key(after)[1]))
        elif after:
            first = max(first, bisect_right(sorts, self._key(after)[1]))
        span = sorts[first:last]
        return self._page(partition, span[::-1] if backwards else span, parameters.get("Limit"))

    def _page(self, partition: str, sorts: list[str], limit: int | None) -> dict[str, Any]:
        found: list[dict[str, Any]] = []
        size = 0
        for sort in sorts:
            packed = self._items[partition][sort]
            size += len(packed)
            if len(found) == limit or (size > _PAGE_BYTES and found):
                key = {self._partition: found[-1][self._partition], self._sort: found[-1][self._sort]}
                return {"Items": found, "Count": len(found), "LastEvaluatedKey": key}
            found.append(_unpacked(packed))
        return {"Items": found, "Count": len(found)}

    def _span(self, parameters: Mapping[str, Any]) -> tuple[str, str | None, str | None]:
        condition, values = parameters["KeyConditionExpression"], parameters["ExpressionAttributeValues"]
        asked = _KEY_CONDITION.fullmatch(condition)
        if asked is None or asked["pk"] != self._partition or asked["sk"] not in (None, self._sort):
            raise NotSimulated("dynamodb", f"Query with {condition!r} on items kept in memory")
        partition = values[asked["partition"]]["S"]
        if asked["since"] is None:
            return partition, None, None
        return partition, values[asked["since"]]["S"], values[asked["until"]]["S"]

    # ---- how they are kept --------------------------------------------------------------------------

    def _key(self, item: Item) -> tuple[str, str]:
        return item[self._partition]["S"], item[self._sort]["S"]

    def _item(self, partition: str, sort: str) -> dict[str, Any] | None:
        packed = self._items.get(partition, _NO_ITEMS).get(sort)
        return None if packed is None else _unpacked(packed)

    def _keep(self, partition: str, sort: str, packed: bytes) -> None:
        items = self._items.setdefault(partition, {})
        if sort not in items:
            insort(self._ordered.setdefault(partition, []), sort)
        items[sort] = packed


_NO_ITEMS: Final[Mapping[str, bytes]] = {}
_KEY_CONDITION = re.compile(
    r"(?P<pk>\w+) = (?P<partition>:\w+)( AND (?P<sk>\w+) BETWEEN (?P<since>:\w+) AND (?P<until>:\w+))?"
)


# ---- conditions ----------------------------------------------------------------------------------

_TOKEN = re.compile(r"\s*(attribute_not_exists|AND|OR|<=|>=|<|>|=|[#:]?\w+|[()])")


@lru_cache(maxsize=64)
def _compiled(expression: str) -> _Holds:
    """What says whether an item meets a condition; raises NotSimulated for one of another form.

    Comparisons of an attribute with a value, `attribute_not_exists`, AND, OR and brackets.
    """
    tokens = _TOKEN.findall(expression)
    if "".join(tokens) != "".join(expression.split()):
        raise _unknown(expression)
    try:
        holds = _any_of(tokens)
    except (IndexError, KeyError):
        raise _unknown(expression) from None
    if tokens:
        raise _unknown(expression)
    return holds


def _unknown(expression: str) -> NotSimulated:
    return NotSimulated("dynamodb", f"the condition {expression!r} on items kept in memory")


def _any_of(tokens: list[str]) -> _Holds:
    parts = [_all_of(tokens)]
    while tokens and tokens[0] == "OR":
        tokens.pop(0)
        parts.append(_all_of(tokens))
    return parts[0] if len(parts) == 1 else lambda *given: any(part(*given) for part in parts)


def _all_of(tokens: list[str]) -> _Holds:
    parts = [_one(tokens)]
    while tokens and tokens[0] == "AND":
        tokens.pop(0)
        parts.append(_one(tokens))
    return parts[0] if len(parts) == 1 else lambda *given: all(part(*given) for part in parts)


def _one(tokens: list[str]) -> _Holds:
    first = tokens.pop(0)
    if first == "(":
        holds = _any_of(tokens)
        _closed(tokens)
        return holds
    if first == "attribute_not_exists":
        tokens.pop(0)
        absent = tokens.pop(0)
        _closed(tokens)
        return lambda item, names, _: names.get(absent, absent) not in item
    compares, value = _COMPARES[tokens.pop(0)], tokens.pop(0)
    return lambda item, names, values: compares(item.get(names.get(first, first)), values[value])


def _closed(tokens: list[str]) -> None:
    if tokens.pop(0) != ")":
        raise IndexError


def _comparison(compares: Callable[[Any, Any], bool]) -> Callable[[Item | None, Item], bool]:
    """Compares two attributes of the same type, texts or numbers; of different types, nothing holds."""

    def of_attributes(one: Item | None, other: Item) -> bool:
        ((kind, given),) = other.items()
        if one is None or kind not in one:
            return False
        if kind == "N":
            return compares(int(one[kind]), int(given))
        if kind != "S":
            raise NotSimulated("dynamodb", f"a condition on a {kind} of items kept in memory")
        return compares(one[kind], given)

    return of_attributes


_COMPARES = {
    "=": _comparison(eq),
    "<": _comparison(lt),
    "<=": _comparison(le),
    ">": _comparison(gt),
    ">=": _comparison(ge),
}
