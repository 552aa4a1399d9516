"""The services' own metrics, as CloudWatch is told of them: one world in which everything happens once."""

import json

import pytest
from botocore.exceptions import ClientError

from scenarios.cloud.services import REGISTRY
from tests.scenarios.cloud.small_worlds import (
    ACCOUNT,
    admin,
    bucket,
    function,
    group,
    may,
    permission,
    queue,
    role,
    rule,
    topic,
    total,
    world,
)

FUNCTION, RULE, UNDELIVERED = "look", "Ran", "Refused"
ALARM = {
    "AlarmName": "errors",
    "Namespace": "AWS/Lambda",
    "MetricName": "Errors",
    "Dimensions": [{"Name": "FunctionName", "Value": FUNCTION}],
    "Statistic": "Sum",
    "Period": 60,
    "EvaluationPeriods": 1,
    "Threshold": 1,
    "ComparisonOperator": "GreaterThanOrEqualToThreshold",
    "TreatMissingData": "notBreaching",
}
STACK = {
    **function(FUNCTION),
    **permission("events", FUNCTION),
    **rule(RULE, {"source": ["mine"]}, FUNCTION),
    **queue("Locked", by=""),
    **queue("Dead"),
    **rule(
        UNDELIVERED,
        {"source": ["mine"]},
        "Locked",
        {"DeadLetterConfig": {"Arn": {"Fn::GetAtt": ["Dead", "Arn"]}}},
    ),
    **topic(),
    **group("/app", "Group"),
    **bucket(),
    **role("Feeds", "logs", may("kinesis:PutRecord")),
    **function("idle", ReservedConcurrentExecutions=0),
    "Filtered": {
        "Type": "AWS::SNS::Subscription",
        "Properties": {
            "TopicArn": {"Ref": "Alerts"},
            "Protocol": "sqs",
            "Endpoint": {"Fn::GetAtt": ["Locked", "Arn"]},
            "FilterPolicy": {"kind": ["other"]},
        },
    },
    "Stream": {"Type": "AWS::Kinesis::Stream", "Properties": {"Name": "events", "ShardCount": 1}},
    "Errors": {"Type": "AWS::CloudWatch::Alarm", "Properties": ALARM},
    "Forward": {
        "Type": "AWS::Logs::SubscriptionFilter",
        "Properties": {
            "LogGroupName": {"Ref": "Group"},
            "FilterName": "forward",
            "FilterPattern": "",
            "DestinationArn": {"Fn::GetAtt": ["Stream", "Arn"]},
            "RoleArn": {"Fn::GetAtt": ["Feeds", "Arn"]},
        },
    },
}


def happen(cloud):
    """Each service does what it does, once."""
    entry = {"Source": "mine", "DetailType": "d", "Detail": "{}"}
    admin(cloud, "events").put_events(Entries=[entry])
    admin(cloud, "lambda").invoke(FunctionName="idle", InvocationType="Event", Payload=b"{}")
    arn = f"arn:aws:sns:us-east-1:{ACCOUNT}:Alerts"
    admin(cloud, "sns").publish(TopicArn=arn, Message="four")
    logs = admin(cloud, "logs")
    logs.create_log_stream(logGroupName="/app", logStreamName="s")
    lines = [{"timestamp": int(cloud.clock.now.timestamp() * 1000), "message": text} for text in ("a", "bc")]
    logs.put_log_events(logGroupName="/app", logStreamName="s", logEvents=lines)
    admin(cloud, "kinesis").put_record(StreamName="events", Data=b"12345", PartitionKey="p")
    admin(cloud, "s3").put_object(Bucket="tw-logs", Key="k", Body=b"123")
    ask_a_table(admin(cloud, "dynamodb"))


def ask_a_table(dynamodb):
    dynamodb.create_table(
        TableName="games",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    put = {
        "TableName": "games",
        "Item": {"id": {"S": "1"}},
        "ConditionExpression": "attribute_not_exists(id)",
    }
    dynamodb.put_item(**put)
    with pytest.raises(ClientError, match="ConditionalCheckFailedException"):
        dynamodb.put_item(**put)
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        dynamodb.put_item(TableName="none", Item={"id": {"S": "1"}})
    dynamodb.scan(TableName="games")


@pytest.fixture(scope="module")
def measured():
    """The sum of a metric, by namespace, name and dimensions; and what became of the alarm."""
    with world(STACK) as cloud:
        happen(cloud)
        cloud.run(180)
        states = [change.after for change in cloud.cloudwatch.changes]
        cloud.run(24 * 3600)
        found = {
            (namespace, name, json.dumps(dimensions)): total(cloud, namespace, name, **dimensions)
            for namespace, name, dimensions, _ in MEASURED
        }
        yield found, states


BY_FUNCTION, BY_RULE, BY_REFUSED = {"FunctionName": FUNCTION}, {"RuleName": RULE}, {"RuleName": UNDELIVERED}
FORWARDED = {"LogGroupName": "/app", "DestinationType": "Kinesis", "FilterName": "forward"}
MEASURED = [
    ("AWS/Lambda", "Invocations", BY_FUNCTION, 1),
    ("AWS/Lambda", "Errors", BY_FUNCTION, 1),
    ("AWS/Lambda", "Errors", {**BY_FUNCTION, "Resource": FUNCTION}, 1),
    ("AWS/Lambda", "Errors", {}, 1),
    ("AWS/Lambda", "Throttles", BY_FUNCTION, 0),
    ("AWS/Lambda", "ConcurrentExecutions", BY_FUNCTION, 1),
    ("AWS/Lambda", "AsyncEventsReceived", BY_FUNCTION, 1),
    ("AWS/Lambda", "AsyncEventsDropped", BY_FUNCTION, 1),
    ("AWS/Lambda", "DeadLetterErrors", BY_FUNCTION, None),
    ("AWS/Events", "MatchedEvents", BY_RULE, 1),
    ("AWS/Events", "TriggeredRules", BY_RULE, 1),
    ("AWS/Events", "Invocations", BY_RULE, 1),
    ("AWS/Events", "FailedInvocations", BY_RULE, None),
    ("AWS/Events", "FailedInvocations", BY_REFUSED, 1),
    ("AWS/Events", "Invocations", BY_REFUSED, 1),
    ("AWS/Events", "InvocationsSentToDlq", BY_REFUSED, 1),
    ("AWS/Events", "TriggeredRules", {}, 2),
    ("AWS/SQS", "NumberOfMessagesSent", {"QueueName": "Dead"}, 1),
    ("AWS/SNS", "NumberOfMessagesPublished", {"TopicName": "Alerts"}, 1),
    ("AWS/SNS", "PublishSize", {"TopicName": "Alerts"}, 4),
    ("AWS/SNS", "NumberOfNotificationsDelivered", {"TopicName": "Alerts"}, 1),
    ("AWS/Lambda", "Throttles", {"FunctionName": "idle"}, 1),
    ("AWS/Lambda", "Invocations", {"FunctionName": "idle"}, None),
    ("AWS/SNS", "NumberOfNotificationsFilteredOut", {"TopicName": "Alerts"}, 1),
    ("AWS/SNS", "NumberOfNotificationsFailed", {"TopicName": "Alerts"}, None),
    ("AWS/Logs", "IncomingLogEvents", {"LogGroupName": "/app"}, 2),
    ("AWS/Logs", "IncomingBytes", {"LogGroupName": "/app"}, 3 + 2 * 26),
    ("AWS/Logs", "ForwardedLogEvents", FORWARDED, 2),
    ("AWS/Kinesis", "IncomingRecords", {"StreamName": "events"}, 2),
    ("AWS/Kinesis", "PutRecord.Success", {"StreamName": "events"}, 2),
    ("AWS/S3", "NumberOfObjects", {"BucketName": "tw-logs", "StorageType": "AllStorageTypes"}, 1),
    ("AWS/S3", "BucketSizeBytes", {"BucketName": "tw-logs", "StorageType": "StandardStorage"}, 3),
    ("AWS/DynamoDB", "ConditionalCheckFailedRequests", {"TableName": "games"}, 1),
    ("AWS/DynamoDB", "UserErrors", {}, 1),
    ("AWS/DynamoDB", "ReturnedItemCount", {"TableName": "games", "Operation": "Scan"}, 1),
]


@pytest.mark.parametrize(
    ("namespace", "name", "dimensions", "value"),
    [pytest.param(*row, id=f"{row[0]} {row[1]} {' '.join(row[2].values())}") for row in MEASURED],
)
def test_a_service_measures_what_it_does(measured, namespace, name, dimensions, value):
    found, _ = measured

    assert found[namespace, name, json.dumps(dimensions)] == value
    assert REGISTRY.emitted.has_metric(namespace, name, dimensions)


def test_an_alarm_on_a_functions_errors_goes_off(measured):
    _, states = measured

    assert "ALARM" in states
