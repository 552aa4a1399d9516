"""The direct way to moto ends where the long one, through HTTP, does."""

import copy
import uuid
from datetime import UTC, datetime

import boto3
import pytest
from aws_lambda_powertools.shared.user_agent import register_feature_to_client
from botocore.config import Config
from botocore.exceptions import ClientError

from scenarios.cloud.kernel.clock import Clock
from scenarios.cloud.kernel.moto_direct import asked_directly
from scenarios.cloud.kernel.moto_hooks import moto_without_physics
from scenarios.cloud.kernel.randomness import seeded
from scenarios.cloud.services import REGISTRY

START = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
SESSION = boto3.Session(aws_access_key_id="A" * 20, aws_secret_access_key="x", region_name="eu-west-1")
CLIENT = SESSION.client("dynamodb")
TABLE = {
    "TableName": "t",
    "KeySchema": [
        {"AttributeName": "pk", "KeyType": "HASH"},
        {"AttributeName": "sk", "KeyType": "RANGE"},
    ],
    "AttributeDefinitions": [
        {"AttributeName": "pk", "AttributeType": "S"},
        {"AttributeName": "sk", "AttributeType": "S"},
    ],
    "BillingMode": "PAY_PER_REQUEST",
}
KEY = {"pk": {"S": "1"}, "sk": {"S": "a"}}
ITEM = {
    **KEY,
    "n": {"N": "1.50"},
    "yes": {"BOOL": True},
    "none": {"NULL": True},
    "words": {"SS": ["x", "ü"]},
    "map": {"M": {"list": {"L": [{"S": ""}, {"N": "2"}]}}},
}
PUT = ("PutItem", {"TableName": "t", "Item": ITEM})
OTHER = ("PutItem", {"TableName": "t", "Item": {"pk": {"S": "1"}, "sk": {"S": "b"}}})
UNLESS_THERE = {"ConditionExpression": "attribute_not_exists(pk)"}
PAGE = {
    "TableName": "t",
    "KeyConditionExpression": "pk = :pk",
    "ExpressionAttributeValues": {":pk": {"S": "1"}},
    "Limit": 1,
}
SET = {
    "UpdateExpression": "SET n = n + :one",
    "ExpressionAttributeValues": {":one": {"N": "1"}},
    "ReturnValues": "ALL_NEW",
}
ASKED = {
    "create": [("CreateTable", {**TABLE, "TableName": "other"}), ("ListTables", {})],
    "describe": [("DescribeTable", {"TableName": "t"})],
    "put": [PUT, ("GetItem", {"TableName": "t", "Key": KEY, "ConsistentRead": True})],
    "get nothing": [("GetItem", {"TableName": "t", "Key": KEY})],
    "put where there is one": [PUT, (PUT[0], {**PUT[1], **UNLESS_THERE})],
    "put where there is one, shown": [
        PUT,
        (PUT[0], {**PUT[1], **UNLESS_THERE, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}),
    ],
    "update": [PUT, ("UpdateItem", {"TableName": "t", "Key": KEY, **SET})],
    "update nothing": [("UpdateItem", {"TableName": "t", "Key": KEY, **SET})],
    "delete": [PUT, ("DeleteItem", {"TableName": "t", "Key": KEY, "ReturnValues": "ALL_OLD"})],
    "query by pages": [PUT, OTHER, ("Query", PAGE), ("Query", {**PAGE, "ExclusiveStartKey": KEY})],
    "scan": [PUT, OTHER, ("Scan", {"TableName": "t", "FilterExpression": "attribute_exists(n)"})],
    "batch": [("BatchWriteItem", {"RequestItems": {"t": [{"PutRequest": {"Item": ITEM}}]}})],
    "a table that isn't there": [("GetItem", {"TableName": "nowhere", "Key": KEY})],
    "a key that isn't one": [("GetItem", {"TableName": "t", "Key": {"pk": {"S": "1"}}})],
    "bytes": [
        ("PutItem", {"TableName": "t", "Item": {**KEY, "B": {"B": b"\xff"}, "set": {"BS": [b"1", "2"]}}}),
        ("PutItem", {"TableName": "t", "Item": {**KEY, "text": {"B": "text"}}}),
        ("GetItem", {"TableName": "t", "Key": KEY}),
    ],
    "backups": [("ListBackups", {"TableName": "t"})],
}


def by_the_long_way(client, operation, parameters):
    return client._make_api_call(operation, parameters)


def outcomes(ask, calls):
    """What each call comes to, and what is drawn at random after all of them."""
    found = []
    with Clock(START), moto_without_physics(3, REGISTRY.mends), seeded(3):
        CLIENT.create_table(**TABLE)
        SESSION.client("s3").create_bucket(
            Bucket="of-trails", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
        )
        for operation, parameters in calls:
            try:
                found.append(ask(CLIENT, operation, copy.deepcopy(parameters)))
            except ClientError as error:
                found.append((type(error).__name__, str(error), error.response))
        return found, uuid.uuid4(), CLIENT.list_tables()["ResponseMetadata"]["RequestId"]


@pytest.mark.slow
@pytest.mark.parametrize("calls", ASKED.values(), ids=ASKED)
def test_a_call_comes_to_what_it_comes_to_on_the_long_way(calls):
    direct = outcomes(asked_directly, calls)

    assert direct == outcomes(by_the_long_way, calls)
    assert None not in direct[0]


ALARM = {
    "AlarmName": "a",
    "Namespace": "n",
    "MetricName": "m",
    "Statistic": "Sum",
    "Period": 60,
    "EvaluationPeriods": 1,
    "Threshold": 1.5,
    "ComparisonOperator": "GreaterThanThreshold",
    "Dimensions": [{"Name": "d", "Value": "ü"}],
}
DOCUMENT = '{"Version": "2012-10-17", "Statement": []}'
TRAIL = "arn:aws:cloudtrail:eu-west-1:123456789012:trail"
TOPIC = "arn:aws:sns:eu-west-1:123456789012:t"
FUNCTION_ARN = "arn:aws:lambda:eu-west-1:123456789012:function:f"
FUNCTION = {
    "FunctionName": "f",
    "Role": "arn:aws:iam::123456789012:role/r",
    "Code": {"ZipFile": b"PK"},
    "Handler": "app.f",
    "Runtime": "python3.13",
    "Environment": {"Variables": {"A": "ü"}},
}
PERMISSION = {"StatementId": "s", "Action": "lambda:InvokeFunction", "Principal": "events.amazonaws.com"}
RULE = {"Name": "r", "EventPattern": '{"source": ["aws.ec2"]}', "State": "ENABLED"}
OF_OTHERS = {
    "cloudtrail": [
        ("CreateTrail", {"Name": "t", "S3BucketName": "of-trails"}),
        ("DescribeTrails", {}),
        ("StartLogging", {"Name": "t"}),
        ("GetTrailStatus", {"Name": "t"}),
        ("GetTrail", {"Name": "t"}),
        ("GetTrail", {"Name": "none"}),
        ("PutEventSelectors", {"TrailName": "t", "EventSelectors": [{"ReadWriteType": "All"}]}),
        ("GetEventSelectors", {"TrailName": "t"}),
        ("AddTags", {"ResourceId": f"{TRAIL}/t", "TagsList": [{"Key": "k", "Value": "ü"}]}),
        ("ListTags", {"ResourceIdList": [f"{TRAIL}/t"]}),
        ("UpdateTrail", {"Name": "t", "IncludeGlobalServiceEvents": False}),
        ("GetTrailStatus", {"Name": "none"}),
        ("DeleteTrail", {"Name": "t"}),
    ],
    "events": [
        ("PutRule", RULE),
        ("PutTargets", {"Rule": "r", "Targets": [{"Id": "1", "Arn": "arn:aws:sns:eu-west-1:1:t"}]}),
        ("DescribeRule", {"Name": "r"}),
        ("ListTargetsByRule", {"Rule": "r"}),
        ("DescribeRule", {"Name": "none"}),
        ("DeleteRule", {"Name": "r"}),
    ],
    "logs": [
        ("CreateLogGroup", {"logGroupName": "g", "tags": {"a": "b"}}),
        ("CreateLogGroup", {"logGroupName": "g"}),
        ("PutRetentionPolicy", {"logGroupName": "g", "retentionInDays": 30}),
        ("DescribeLogGroups", {"logGroupNamePrefix": "g"}),
        ("PutRetentionPolicy", {"logGroupName": "none", "retentionInDays": 30}),
        ("DescribeMetricFilters", {"logGroupName": "g"}),
    ],
    "cloudwatch": [
        ("PutMetricAlarm", ALARM),
        ("DescribeAlarms", {"AlarmNames": ["a"]}),
        ("SetAlarmState", {"AlarmName": "a", "StateValue": "ALARM", "StateReason": "since"}),
        ("DescribeAlarms", {}),
        ("SetAlarmState", {"AlarmName": "none", "StateValue": "ALARM", "StateReason": "since"}),
        ("ListTagsForResource", {"ResourceARN": "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:none"}),
        ("DeleteAlarms", {"AlarmNames": ["a"]}),
    ],
    "ssm": [
        (
            "PutParameter",
            {"Name": "/a/b", "Value": "ü", "Type": "String", "Tags": [{"Key": "k", "Value": "v"}]},
        ),
        ("PutParameter", {"Name": "/a/b", "Value": "2", "Type": "String"}),
        ("PutParameter", {"Name": "/a/b", "Value": "2", "Type": "String", "Overwrite": True}),
        ("GetParameter", {"Name": "/a/b"}),
        ("GetParameters", {"Names": ["/a/b", "none"]}),
        ("GetParametersByPath", {"Path": "/a", "Recursive": True}),
        ("GetParameter", {"Name": "none"}),
        ("DeleteParameter", {"Name": "/a/b"}),
        ("DescribeParameters", {}),
    ],
    "iam": [
        ("CreateRole", {"RoleName": "r", "AssumeRolePolicyDocument": DOCUMENT, "MaxSessionDuration": 7200}),
        ("CreateRole", {"RoleName": "r", "AssumeRolePolicyDocument": DOCUMENT}),
        ("PutRolePolicy", {"RoleName": "r", "PolicyName": "p", "PolicyDocument": DOCUMENT}),
        ("GetRolePolicy", {"RoleName": "r", "PolicyName": "p"}),
        ("GetRole", {"RoleName": "r"}),
        (
            "TagRole",
            {"RoleName": "r", "Tags": [{"Key": "k", "Value": "a b&c=ü+\n"}, {"Key": "l", "Value": ""}]},
        ),
        ("ListRoleTags", {"RoleName": "r", "MaxItems": 1}),
        ("CreateUser", {"UserName": "ann", "Path": "/of/people/"}),
        ("CreateAccessKey", {"UserName": "ann"}),
        ("ListUsers", {}),
        ("UpdateAccountPasswordPolicy", {"MinimumPasswordLength": 14, "RequireNumbers": True}),
        ("GetAccountPasswordPolicy", {}),
        ("GetUser", {"UserName": "nobody"}),
        ("UntagRole", {"RoleName": "r", "TagKeys": []}),
        ("DeleteRole", {"RoleName": "r"}),
    ],
    "sns": [
        ("CreateTopic", {"Name": "t", "Attributes": {"DisplayName": "a b"}, "Tags": []}),
        ("CreateTopic", {"Name": "t.fifo", "Attributes": {}}),
        ("SetTopicAttributes", {"TopicArn": TOPIC, "AttributeName": "DisplayName", "AttributeValue": ""}),
        ("Subscribe", {"TopicArn": TOPIC, "Protocol": "email", "Endpoint": "a@example.com"}),
        ("ListSubscriptionsByTopic", {"TopicArn": TOPIC}),
        (
            "Publish",
            {
                "TopicArn": TOPIC,
                "Message": "two\nlines & more",
                "MessageAttributes": {"a": {"DataType": "Binary", "BinaryValue": b"\xff"}},
            },
        ),
        ("GetTopicAttributes", {"TopicArn": TOPIC}),
        ("GetTopicAttributes", {"TopicArn": f"{TOPIC}-none"}),
        ("ListTopics", {}),
    ],
    "lambda": [
        ("CreateFunction", FUNCTION),
        ("CreateFunction", FUNCTION),
        ("GetFunctionConfiguration", {"FunctionName": "f"}),
        ("GetFunctionConfiguration", {"FunctionName": f"{FUNCTION_ARN}:$LATEST"}),
        ("GetFunction", {"FunctionName": "f", "Qualifier": "9"}),
        ("AddPermission", {"FunctionName": "f", **PERMISSION}),
        ("GetPolicy", {"FunctionName": "f"}),
        ("RemovePermission", {"FunctionName": "f", "StatementId": "s"}),
        ("PutFunctionEventInvokeConfig", {"FunctionName": "f", "MaximumRetryAttempts": 1}),
        ("GetFunctionEventInvokeConfig", {"FunctionName": "f"}),
        ("PutFunctionConcurrency", {"FunctionName": "f", "ReservedConcurrentExecutions": 5}),
        ("ListTags", {"Resource": FUNCTION_ARN}),
        ("TagResource", {"Resource": FUNCTION_ARN, "Tags": {"k": "ü"}}),
        ("GetFunction", {"FunctionName": "none"}),
        ("ListFunctions", {"FunctionVersion": "ALL"}),
        ("DeleteFunction", {"FunctionName": "f"}),
    ],
}


@pytest.mark.slow
@pytest.mark.parametrize("service", OF_OTHERS)
def test_other_services_answer_as_on_the_long_way(service):
    client = SESSION.client(service)
    direct = outcomes(lambda _, *call: asked_directly(client, *call), OF_OTHERS[service])

    assert direct == outcomes(lambda _, *call: by_the_long_way(client, *call), OF_OTHERS[service])
    assert None not in direct[0]
    assert REGISTRY.direct >= {service}


def goes_directly(client, parameters=None):
    with Clock(START), moto_without_physics(0, REGISTRY.mends):
        client.create_table(**TABLE)
        return asked_directly(client, *(parameters or PUT)) is not None


@pytest.mark.slow
@pytest.mark.parametrize(
    "event", ["before-parameter-build.*.*", "before-call.dynamodb.PutItem", "before-send", "needs-retry"]
)
def test_a_call_that_somebody_listens_to_takes_the_long_way(event):
    client = SESSION.client("dynamodb")
    assert goes_directly(client)

    client.meta.events.register(event, lambda **_: None)

    assert not goes_directly(client)


def test_a_call_of_powertools_goes_directly():
    client = SESSION.client("dynamodb")
    register_feature_to_client(client, "idempotency")

    assert goes_directly(client)


@pytest.mark.parametrize(
    "client",
    [
        pytest.param(lambda: boto3.resource("dynamodb", "us-east-1").meta.client, id="a resource's"),
        pytest.param(
            lambda: SESSION.client("dynamodb", config=Config(retries={"mode": "adaptive"})), id="adaptive"
        ),
        pytest.param(lambda: SESSION.client("dynamodb", endpoint_url="http://localhost:1"), id="elsewhere"),
    ],
)
def test_other_clients_take_the_long_way(client):
    with moto_without_physics(0, REGISTRY.mends):
        assert asked_directly(client(), *PUT) is None


def test_what_botocore_draws_a_token_for_takes_the_long_way():
    assert not goes_directly(CLIENT, ("TransactWriteItems", {"TransactItems": [{"Put": PUT[1]}]}))


def test_a_service_that_is_asked_in_another_way_takes_the_long_one():
    with moto_without_physics(0, REGISTRY.mends):
        assert asked_directly(SESSION.client("ec2"), "DescribeVpcs", {}) is None
        assert asked_directly(SESSION.client("s3"), "ListBuckets", {}) is None


@pytest.mark.parametrize(
    ("operation", "parameters"),
    [
        pytest.param("Invoke", {"FunctionName": "f", "Payload": b"{}"}, id="a payload"),
        pytest.param("UntagResource", {"Resource": FUNCTION_ARN, "TagKeys": ["k"]}, id="a list in the query"),
    ],
)
def test_what_a_responder_can_not_be_told_takes_the_long_way(operation, parameters):
    with moto_without_physics(0, REGISTRY.mends):
        assert asked_directly(SESSION.client("lambda"), operation, parameters) is None


@pytest.mark.slow
def test_keys_answer_as_on_the_long_way():
    """A responder that reads the body itself; bytes, and text where bytes are meant, travel in base 64."""
    client = SESSION.client("kms")

    def answers(ask):
        with Clock(START), moto_without_physics(3, REGISTRY.mends), seeded(3):
            made = ask(
                client, "CreateKey", {"KeySpec": "HMAC_256", "KeyUsage": "GENERATE_VERIFY_MAC", "Tags": []}
            )
            key = made["KeyMetadata"]["KeyId"]
            mac = {"KeyId": key, "MacAlgorithm": "HMAC_SHA_256"}
            macs = [ask(client, "GenerateMac", {**mac, "Message": each}) for each in (b"\xff", "text")]
            with pytest.raises(ClientError) as refused:
                ask(client, "DescribeKey", {"KeyId": "alias/none"})
            return made, macs, type(refused.value).__name__, refused.value.response

    direct = answers(asked_directly)

    assert direct == answers(by_the_long_way)
    assert direct[1][0]["Mac"] != direct[1][1]["Mac"]
