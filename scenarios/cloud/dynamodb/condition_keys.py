"""The condition keys that DynamoDB's requests bring: whose items, which attributes, how much comes back.

Parameters are boto3's, a client's (`{"S": "a"}`) or a resource's (`"a"`, `Key("id").eq("a")`).

Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
"""

import base64
import re
from collections.abc import Iterator, Mapping
from typing import Any

from boto3.dynamodb.conditions import And, ConditionBase, Equals

from scenarios.cloud.authorization.rows import Arn, Asking, ContextKey, KeyValue
from scenarios.cloud.kernel import moto_state
from scenarios.cloud.kernel.errors import NotSimulated

_EXPRESSIONS = ("ProjectionExpression", "FilterExpression", "ConditionExpression", "UpdateExpression")
_ACTIONS = {"Get": "GetItem", "Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem"}
# What stands in an expression and names no attribute: a function with its bracket, a word of the language.
_WORDS = re.compile(
    r"\b(?:attribute_exists|attribute_not_exists|attribute_type|begins_with|contains|size|if_not_exists"
    r"|list_append)\s*\(|\b(?:AND|OR|NOT|BETWEEN|IN|SET|REMOVE|ADD|DELETE)\b|:\w+",
    re.IGNORECASE,
)
_PATH = re.compile(r"([#\w]+)(?:\[\d+\]|\.[#\w]+)*")
_COMPARED = re.compile(r"\(?\s*([#\w]+)\s*=\s*(:\w+)\s*\)?")


def _table(arn: Arn) -> Any | None:
    name = arn.rest.split("/")[1] if "/" in arn.rest else ""
    return moto_state.backend("dynamodb", arn.account, arn.region).tables.get(name)


def table_tags(arn: Arn) -> dict[str, str]:
    """A table's tags."""
    table = _table(arn)
    return moto_state.as_tags(table.tags) if table is not None else {}


def _partition_key(asking: Asking) -> str:
    """The name of the partition key of the table or index that is asked about."""
    arn = asking.arn
    table = _table(arn) if arn is not None else None
    if arn is None or table is None:
        return ""
    index = arn.rest.partition("/index/")[2]
    schema = table.schema if not index else _index(table, index)
    return next((each["AttributeName"] for each in schema if each["KeyType"] == "HASH"), "")


def _index(table: Any, name: str) -> Any:
    indexes = (*table.indexes, *table.global_indexes)
    return next((each.schema for each in indexes if each.name == name), ())


def _operations(asking: Asking) -> Iterator[Mapping[str, Any]]:
    """The requests for single items in a call, those that this action on this table is asked about."""
    arn, given = asking.arn, asking.parameters
    name = arn.rest.split("/")[1] if arn is not None else ""
    match asking.operation:
        case "BatchGetItem":
            for table, keys in given["RequestItems"].items():
                if table.rpartition("/")[2] == name:
                    yield from ({**keys, "Key": key} for key in keys["Keys"])
        case "BatchWriteItem":
            for table, requests in given["RequestItems"].items():
                if table.rpartition("/")[2] == name:
                    yield from (next(iter(each.values())) for each in requests)
        case "TransactGetItems" | "TransactWriteItems":
            parts = (part for each in given["TransactItems"] for part in each.items())
            for kind, item in parts:
                action = f"dynamodb:{_ACTIONS.get(kind, 'ConditionCheckItem')}"
                if (action, name) == (asking.action, item["TableName"].rpartition("/")[2]):
                    yield item
        case _:
            yield given


def _leading_keys(asking: Asking, _name: str) -> KeyValue:
    """The values of the partition key; a Scan names none."""
    name = _partition_key(asking)
    return tuple(value for item in _operations(asking) for value in _values_of(name, item))


def _values_of(name: str, item: Mapping[str, Any]) -> Iterator[str]:
    for part in ("Key", "Item"):
        if name in item.get(part, ()):
            yield _text(item[part][name])
    for condition in item.get("KeyConditions", {}).get(name, {}).get("AttributeValueList", ()):
        yield _text(condition)
    expression = item.get("KeyConditionExpression")
    if isinstance(expression, ConditionBase):
        yield from _compared(name, expression)
    elif expression:
        yield from _written(name, str(expression), item)


def _written(name: str, expression: str, item: Mapping[str, Any]) -> Iterator[str]:
    names, values = item.get("ExpressionAttributeNames", {}), item.get("ExpressionAttributeValues", {})
    for attribute, value in _COMPARED.findall(expression):
        if names.get(attribute, attribute) == name and value in values:
            yield _text(values[value])


def _compared(name: str, condition: ConditionBase) -> Iterator[str]:
    first, *others = condition.get_expression()["values"]
    if isinstance(condition, And):
        for each in (first, *others):
            yield from _compared(name, each)
    elif isinstance(condition, Equals) and first.name == name:
        yield _text(others[0])


def _text(value: Any) -> str:
    """A key's value as IAM compares it; bytes in base64."""
    if isinstance(value, Mapping):
        ((_, value),) = value.items()
    return base64.b64encode(value).decode() if isinstance(value, bytes) else str(value)


def _attributes(asking: Asking, _name: str) -> KeyValue:
    """The top-level attributes that a call names: keys, items, and those in expressions."""
    found = [name for item in _operations(asking) for name in _named(item)]
    return tuple(dict.fromkeys(found))


def _named(item: Mapping[str, Any]) -> Iterator[str]:
    for part in ("Key", "Item", "AttributeUpdates", "Expected", "KeyConditions", "QueryFilter", "ScanFilter"):
        yield from item.get(part, ())
    yield from item.get("AttributesToGet", ())
    names = item.get("ExpressionAttributeNames", {})
    for each in (*_EXPRESSIONS, "KeyConditionExpression"):
        expression = item.get(each, "")
        if isinstance(expression, ConditionBase):
            raise NotSimulated("dynamodb", f"dynamodb:Attributes of a {each} that is made of conditions")
        for attribute in _PATH.findall(_WORDS.sub(" ", expression)):
            yield names.get(attribute, attribute)


def _select(asking: Asking, _name: str) -> KeyValue:
    """How much of each item comes back, said or implied."""
    given = asking.parameters
    if "Select" in given:
        return str(given["Select"])
    if "ProjectionExpression" in given or "AttributesToGet" in given:
        return "SPECIFIC_ATTRIBUTES"
    return "ALL_PROJECTED_ATTRIBUTES" if "IndexName" in given else "ALL_ATTRIBUTES"


def _enclosing(asking: Asking, _name: str) -> KeyValue:
    return asking.operation if asking.operation.startswith("Transact") else None


CONTEXT = (
    ContextKey(key="dynamodb:LeadingKeys", value=_leading_keys),
    ContextKey(key="dynamodb:FirstPartitionKeyValues", value=_leading_keys),
    ContextKey(key="dynamodb:Attributes", value=_attributes),
    ContextKey(key="dynamodb:Select", value=_select),
    ContextKey(key="dynamodb:ReturnValues", parameter="ReturnValues"),
    ContextKey(key="dynamodb:ReturnConsumedCapacity", parameter="ReturnConsumedCapacity"),
    ContextKey(key="dynamodb:EnclosingOperation", value=_enclosing),
)
