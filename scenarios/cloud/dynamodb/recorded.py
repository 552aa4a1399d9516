"""How CloudTrail records DynamoDB."""

from scenarios.cloud.cloudtrail.records.resources import arn_of, typed
from scenarios.cloud.kernel.caller import ApiCall
from scenarios.cloud.kernel.recorded import Recorded, Resource, Style


def _table(call: ApiCall) -> list[Resource]:
    name: str | None = call.parameters.get("TableName")
    if name is None:
        return []
    arn = name if name.startswith("arn:") else arn_of(call, "dynamodb", f"table/{name}")
    return [typed(call, "AWS::DynamoDB::Table", arn)]


RECORDED = (
    Recorded(
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
        resources=_table,
        history={"tableName": "AWS::DynamoDB::Table"},
    ),
    Recorded(
        service="dynamodbstreams",
        api_version="2012-08-10",
        data_events=frozenset({"GetRecords", "GetShardIterator"}),
    ),
)
