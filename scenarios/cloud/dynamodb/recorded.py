"""How CloudTrail records DynamoDB: what is in an item stays out of its records, but for its key.

How it prints the parts of a batch or a transaction is left out, but for the tables they name. Statements in
PartiQL, whose tables stand inside, are not simulated at all.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/understanding-ddb-log-entries.html
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from scenarios.cloud.cloudtrail.records.resources import arn_of, typed
from scenarios.cloud.cloudtrail.records.shapes import request_parameters, response_elements
from scenarios.cloud.kernel import moto_state
from scenarios.cloud.kernel.caller import ApiCall
from scenarios.cloud.kernel.recorded import Elements, Forms, Recorded, Resource, Style


def _tables(call: ApiCall) -> list[Resource]:
    """Every table that a call names, once."""
    return [typed(call, "AWS::DynamoDB::Table", _arn(call, name)) for name in dict.fromkeys(_named(call))]


def _named(call: ApiCall) -> Iterator[str]:
    if "TableName" in call.parameters:
        yield call.parameters["TableName"]
    elif call.operation in {"BatchGetItem", "BatchWriteItem"}:
        yield from call.parameters["RequestItems"]
    for item in call.parameters.get("TransactItems", ()):
        yield from (each["TableName"] for each in item.values())


def _arn(call: ApiCall, name: str) -> str:
    return name if name.startswith("arn:") else arn_of(call, "dynamodb", f"table/{name}")


def _with_its_key(call: ApiCall) -> Iterable[ApiCall]:
    """An item that was put, with its key apart: only the table knows which attributes are the key."""
    item = call.parameters.get("Item")
    if call.operation != "PutItem" or item is None:
        return (call,)
    tables = moto_state.backend("dynamodb", call.caller.account, call.region).tables
    found = tables.get(call.parameters["TableName"].rpartition("/")[2])
    names = found.table_key_attrs if found else ()
    key = {name: item[name] for name in names if name in item}
    return (replace(call, parameters={**call.parameters, "Key": key}),)


def _request(call: ApiCall) -> Elements:
    """The parameters; of an item that was put, its key and the names of its attributes, no value."""
    printed = request_parameters(call, _PLAIN)
    if call.operation != "PutItem" or printed is None:
        return printed
    key = request_parameters(replace(call, operation="DeleteItem"), _PLAIN) or {}
    first = {
        "tableName": printed["tableName"],
        "key": key.get("key", {}),
        "item": list(call.parameters["Item"]),
    }
    return {**first, **printed}


def _response(call: ApiCall, _: str) -> Elements:
    return response_elements(call, _PLAIN)


_PLAIN = Recorded(
    service="dynamodb",
    api_version="2012-08-10",
    data_events=frozenset(
        {
            "BatchExecuteStatement",
            "BatchGetItem",
            "BatchWriteItem",
            "DeleteItem",
            "ExecuteStatement",
            "ExecuteTransaction",
            "GetItem",
            "PutItem",
            "Query",
            "Scan",
            "TransactGetItems",
            "TransactWriteItems",
            "UpdateItem",
        }
    ),
    unanswered_writes=frozenset(
        {
            "BatchExecuteStatement",
            "BatchWriteItem",
            "DeleteItem",
            "ExecuteStatement",
            "ExecuteTransaction",
            "PutItem",
            "TransactWriteItems",
            "UpdateItem",
        }
    ),
    style=Style(
        omitted=frozenset(
            {
                "AttributeUpdates",
                "Expected",
                "ExpressionAttributeValues",
                "Item",
                "RequestItems",
                "TransactItems",
            }
        ),
        plain_attribute_values=True,
    ),
    resources=_tables,
    calls=_with_its_key,
    history={"tableName": "AWS::DynamoDB::Table"},
)

RECORDED = (
    replace(_PLAIN, forms=Forms(request=_request, response=_response)),
    Recorded(
        service="dynamodbstreams",
        api_version="2012-08-10",
        data_events=frozenset({"GetRecords", "GetShardIterator"}),
    ),
)
