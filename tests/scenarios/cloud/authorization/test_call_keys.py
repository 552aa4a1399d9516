"""The condition keys that calls bring, as policies hear of them."""

import json

import pytest
from boto3.dynamodb.conditions import Key

from scenarios.cloud.authorization.request_keys import UNKNOWN
from scenarios.cloud.authorization.rows import Asking, Place
from scenarios.cloud.kernel import moto_state
from scenarios.cloud.services import REGISTRY
from tests.scenarios.cloud.small_worlds import (
    ACCOUNT,
    HOME,
    admin,
    arn,
    bucket,
    function,
    queue,
    topic,
    world,
)

OBJECT = "arn:aws:s3:::tw-logs/k"
BUCKET = "arn:aws:s3:::tw-logs"
KEY = arn("kms", "key/1")
TABLE = arn("dynamodb", "table/Games")
LOOK = arn("lambda", "function:look")
DEFAULT_BUS = arn("events", "event-bus/default")


def key_of(service, operation, parameters, asked, key):
    """What is asked: an action, on a resource."""
    asking = Asking(
        operation=operation,
        parameters=parameters,
        place=Place(region=HOME, account=ACCOUNT),
        caller=f"arn:aws:iam::{ACCOUNT}:root",
        action=asked[0],
        resource=asked[1],
    )
    return REGISTRY.actions.keys(service, asking)(key.lower())


def row(service, operation, parameters, resource, *, action="", keys):
    named = action or f"{REGISTRY.actions.services[service].prefix}:{operation}"
    identity = f"{named} {json.dumps(parameters, default=str)[:60]}"
    return pytest.param(service, operation, parameters, (named, resource), keys, id=identity)


BROUGHT = [
    row("s3", "PutObject", {"ACL": "private"}, OBJECT, keys={"s3:x-amz-acl": "private"}),
    row("s3", "PutObject", {}, OBJECT, keys={"s3:x-amz-acl": None, "s3:TlsVersion": "1.3"}),
    row(
        "s3",
        "PutObject",
        {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": "k", "Tagging": "a=1&B=two%20words"},
        OBJECT,
        keys={
            "s3:x-amz-server-side-encryption": "aws:kms",
            "s3:x-amz-server-side-encryption-aws-kms-key-id": "k",
            "s3:RequestObjectTag/b": "two words",
            "s3:RequestObjectTagKeys": ("a", "B"),
            "s3:prefix": None,  # PutObject knows no such key
            "s3:prefx": UNKNOWN,  # and nobody knows this one
            "sqs:anything": None,
            "s3:signatureAge": UNKNOWN,
        },
    ),
    row(
        "s3",
        "PutObjectTagging",
        {"Tagging": {"TagSet": [{"Key": "a", "Value": "1"}]}},
        OBJECT,
        keys={"s3:RequestObjectTag/a": "1"},
    ),
    row(
        "s3",
        "ListObjectsV2",
        {"Prefix": "home/", "MaxKeys": 10},
        BUCKET,
        action="s3:ListBucket",
        keys={"s3:prefix": "home/", "s3:delimiter": None, "s3:max-keys": "10", "s3:x-amz-acl": None},
    ),
    row(
        "s3",
        "GetObject",
        {"VersionId": "v1"},
        OBJECT,
        action="s3:GetObjectVersion",
        keys={"s3:VersionId": "v1"},
    ),
    row(
        "s3",
        "CopyObject",
        {"CopySource": {"Bucket": "b", "Key": "k"}},
        OBJECT,
        action="s3:PutObject",
        keys={"s3:x-amz-copy-source": "b/k"},
    ),
    row(
        "s3",
        "CopyObject",
        {"CopySource": "b/k", "ACL": "private"},
        "arn:aws:s3:::b/k",
        action="s3:GetObject",
        keys={"s3:x-amz-acl": None, "s3:x-amz-copy-source": None},  # only what is written has them
    ),
    row(
        "sns",
        "Subscribe",
        {"Endpoint": "a@b.org", "Protocol": "email"},
        arn("sns", "Alerts"),
        keys={"sns:Endpoint": "a@b.org", "sns:Protocol": "email"},
    ),
    row("sns", "Publish", {}, arn("sns", "Alerts"), keys={"sns:Endpoint": None, "aws:TagKeys": None}),
    row("cloudwatch", "PutMetricData", {"Namespace": "W"}, "*", keys={"cloudwatch:namespace": "W"}),
    row("cloudwatch", "ListMetrics", {"Namespace": "W"}, "*", keys={"cloudwatch:namespace": None}),
    row(
        "kms",
        "Decrypt",
        {"EncryptionContext": {"aws:cloudtrail:arn": "a", "Team": "b"}},
        KEY,
        keys={
            "kms:EncryptionContext:aws:cloudtrail:arn": "a",
            "kms:EncryptionContext:team": "b",
            "kms:EncryptionContext:Other": None,
            "kms:EncryptionContextKeys": ("aws:cloudtrail:arn", "Team"),
            "kms:ViaService": None,
            "kms:EncryptionAlgorithm": "SYMMETRIC_DEFAULT",
            "kms:RecipientAttestation:ImageSha384": UNKNOWN,
        },
    ),
    row(
        "kms",
        "CreateGrant",
        {"Operations": ["Decrypt"], "GranteePrincipal": "p"},
        KEY,
        keys={
            "kms:GrantIsForAWSResource": "false",
            "kms:GrantOperations": ("Decrypt",),
            "kms:GranteePrincipal": "p",
        },
    ),
    row("kms", "Decrypt", {}, KEY, keys={"kms:GrantIsForAWSResource": None}),
    row(
        "lambda",
        "CreateFunction",
        {"Role": "r"},
        "r",
        action="iam:PassRole",
        keys={"iam:PassedToService": "lambda.amazonaws.com"},
    ),
    row("lambda", "CreateFunction", {}, LOOK, keys={"iam:PassedToService": None, "lambda:Layer": None}),
    row("lambda", "CreateFunction", {"Layers": ["l"]}, LOOK, keys={"lambda:Layer": ("l",)}),
    row("lambda", "AddPermission", {"Principal": "*"}, LOOK, keys={"lambda:Principal": "*"}),
    row(
        "lambda",
        "CreateFunctionUrlConfig",
        {"AuthType": "NONE"},
        LOOK,
        keys={"lambda:FunctionUrlAuthType": "NONE"},
    ),
    row(
        "lambda",
        "CreateEventSourceMapping",
        {"FunctionName": "look"},
        "*",
        keys={"lambda:FunctionArn": LOOK},
    ),
    row(
        "events",
        "PutEvents",
        {"Entries": [{"Source": "a", "DetailType": "x"}, {"Source": "b", "EventBusName": "other"}]},
        DEFAULT_BUS,
        keys={"events:source": ("a",), "events:detail-type": ("x",), "events:eventBusInvocation": "false"},
    ),
    row(
        "events",
        "PutRule",
        {
            "Name": "r",
            "EventPattern": '{"source": ["aws.ec2", {"prefix": "x"}], "detail": {"service": ["s"]}}',
        },
        arn("events", "rule/r"),
        keys={"events:source": ("aws.ec2",), "events:detail.service": ("s",), "events:detail-type": None},
    ),
    row(
        "events",
        "PutTargets",
        {"Targets": [{"Arn": "a"}, {"Arn": "b"}]},
        arn("events", "rule/r"),
        keys={"events:TargetArn": ("a", "b")},
    ),
    row(
        "iam",
        "CreateRole",
        {"PermissionsBoundary": "b", "Tags": [{"Key": "Team", "Value": "x"}]},
        f"arn:aws:iam::{ACCOUNT}:role/r",
        keys={"iam:PermissionsBoundary": "b", "aws:RequestTag/team": "x", "aws:TagKeys": ("Team",)},
    ),
    row(
        "iam",
        "AttachRolePolicy",
        {"PolicyArn": "p"},
        f"arn:aws:iam::{ACCOUNT}:role/r",
        keys={"iam:PolicyARN": "p"},
    ),
    row(
        "iam",
        "DeleteRole",
        {},
        f"arn:aws:iam::{ACCOUNT}:role/r",
        keys={"iam:PermissionsBoundary": UNKNOWN, "iam:ResourceTag/a": UNKNOWN},  # the resource knows
    ),
    row(
        "ec2",
        "RunInstances",
        {"InstanceType": "t3.micro"},
        arn("ec2", "instance/*"),
        keys={"ec2:InstanceType": "t3.micro", "ec2:Region": HOME},
    ),
    row(
        "ec2",
        "RunInstances",
        {"InstanceType": "t3.micro"},
        arn("ec2", "subnet/*"),
        keys={"ec2:InstanceType": None, "ec2:Vpc": UNKNOWN},
    ),
    row(
        "ec2",
        "RunInstances",
        {"TagSpecifications": [{"ResourceType": "instance", "Tags": [{"Key": "a", "Value": "1"}]}]},
        arn("ec2", "instance/*"),
        keys={"aws:RequestTag/a": "1"},
    ),
    row(
        "sqs",
        "CreateQueue",
        {"tags": {"a": "1"}},
        arn("sqs", "Q"),
        keys={"aws:RequestTag/a": "1", "aws:TagKeys": ("a",)},
    ),
    row(
        "sqs",
        "UntagQueue",
        {"TagKeys": ["a"]},
        arn("sqs", "Q"),
        keys={"aws:TagKeys": ("a",), "aws:RequestTag/a": None},
    ),
    row(
        "kms",
        "TagResource",
        {"Tags": [{"TagKey": "a", "TagValue": "1"}]},
        KEY,
        keys={"aws:RequestTag/a": "1"},
    ),
    row(
        "ssm", "PutParameter", {"Overwrite": True}, arn("ssm", "parameter/p"), keys={"ssm:Overwrite": "true"}
    ),
    row("ssm", "PutParameter", {}, arn("ssm", "parameter/p"), keys={"ssm:Overwrite": "false"}),
    row(
        "sts",
        "AssumeRole",
        {"ExternalId": "e", "TransitiveTagKeys": ["t"]},
        "r",
        keys={"sts:ExternalId": "e", "sts:TransitiveTagKeys": ("t",), "saml:aud": UNKNOWN},
    ),
    row(
        "secretsmanager",
        "GetSecretValue",
        {"SecretId": "s"},
        arn("secretsmanager", "secret:s-abcdef"),
        keys={
            "secretsmanager:SecretId": arn("secretsmanager", "secret:s-abcdef"),
            "secretsmanager:VersionStage": "AWSCURRENT",
        },
    ),
]


@pytest.mark.parametrize(("service", "operation", "parameters", "asked", "expected"), BROUGHT)
def test_a_call_brings_the_keys_of_its_action(service, operation, parameters, asked, expected):
    found = {key: key_of(service, operation, parameters, asked, key) for key in expected}

    assert found == expected


# ---- keys that follow from what stands in the account --------------------------------------------


@pytest.fixture(scope="module")
def standing():
    """A world with something of each kind, tagged."""
    with world({**queue("Q", by=""), **topic(), **bucket(), **function()}) as each:
        admin(each, "dynamodb").create_table(
            TableName="Games",
            AttributeDefinitions=[
                {"AttributeName": name, "AttributeType": "S"} for name in ("id", "at", "who")
            ],
            KeySchema=[
                {"AttributeName": "id", "KeyType": "HASH"},
                {"AttributeName": "at", "KeyType": "RANGE"},
            ],
            GlobalSecondaryIndexes=[
                {
                    "IndexName": "by-who",
                    "KeySchema": [{"AttributeName": "who", "KeyType": "HASH"}],
                    "Projection": {"ProjectionType": "ALL"},
                }
            ],
            BillingMode="PAY_PER_REQUEST",
            Tags=[{"Key": "team", "Value": "t"}],
        )
        admin(each, "sqs").tag_queue(
            QueueUrl=f"https://sqs.{HOME}.amazonaws.com/{ACCOUNT}/Q", Tags={"team": "q"}
        )
        admin(each, "sns").tag_resource(
            ResourceArn=arn("sns", "Alerts"), Tags=[{"Key": "team", "Value": "s"}]
        )
        admin(each, "lambda").tag_resource(Resource=LOOK, Tags={"team": "f"})
        admin(each, "s3").put_object(Bucket="tw-logs", Key="k", Body=b"", Tagging="team=o")
        admin(each, "ssm").put_parameter(
            Name="/p", Value="v", Type="String", Tags=[{"Key": "team", "Value": "p"}]
        )
        admin(each, "kms").create_key(Tags=[{"TagKey": "team", "TagValue": "k"}])
        admin(each, "logs").create_log_group(logGroupName="g", tags={"team": "l"})
        admin(each, "events").put_rule(
            Name="r", ScheduleExpression="rate(1 day)", Tags=[{"Key": "team", "Value": "r"}]
        )
        admin(each, "secretsmanager").create_secret(
            Name="s", SecretString="x", Tags=[{"Key": "team", "Value": "x"}]
        )
        admin(each, "iam").create_user(UserName="u", Tags=[{"Key": "team", "Value": "u"}])
        yield each


def _leading(operation, parameters, *, action="", resource=TABLE):
    return key_of(
        "dynamodb",
        operation,
        parameters,
        (action or f"dynamodb:{operation}", resource),
        "dynamodb:LeadingKeys",
    )


ITEM = {"id": {"S": "a"}, "at": {"S": "1"}}


@pytest.mark.parametrize(
    ("operation", "parameters", "expected"),
    [
        pytest.param("GetItem", {"TableName": "Games", "Key": ITEM}, ("a",), id="an item"),
        pytest.param(
            "GetItem", {"TableName": "Games", "Key": {"id": "a", "at": "1"}}, ("a",), id="by a resource"
        ),
        pytest.param("PutItem", {"TableName": "Games", "Item": ITEM | {"x": {"N": "1"}}}, ("a",), id="a put"),
        pytest.param(
            "Query",
            {
                "TableName": "Games",
                "KeyConditionExpression": "#i = :i AND at > :a",
                "ExpressionAttributeNames": {"#i": "id"},
                "ExpressionAttributeValues": {":i": {"S": "a"}, ":a": {"S": "1"}},
            },
            ("a",),
            id="a query",
        ),
        pytest.param(
            "Query",
            {"TableName": "Games", "KeyConditionExpression": Key("id").eq("a") & Key("at").gt("1")},
            ("a",),
            id="a query by a resource",
        ),
        pytest.param("Scan", {"TableName": "Games"}, None, id="a scan names none"),
        pytest.param(
            "BatchGetItem",
            {
                "RequestItems": {
                    "Games": {"Keys": [ITEM, ITEM | {"id": {"S": "b"}}]},
                    "Other": {"Keys": [{"id": {"S": "c"}}]},
                }
            },
            ("a", "b"),
            id="a batch, of this table alone",
        ),
        pytest.param(
            "BatchWriteItem",
            {
                "RequestItems": {
                    "Games": [{"PutRequest": {"Item": ITEM}}, {"DeleteRequest": {"Key": {"id": {"S": "b"}}}}]
                }
            },
            ("a", "b"),
            id="a batch of writes",
        ),
    ],
)
def test_the_partition_keys_of_a_call(standing, operation, parameters, expected):
    assert _leading(operation, parameters) == expected


def test_the_partition_key_of_an_index_is_the_indexs_own(standing):
    parameters = {
        "TableName": "Games",
        "IndexName": "by-who",
        "KeyConditionExpression": "who = :w",
        "ExpressionAttributeValues": {":w": {"S": "w"}},
    }

    assert _leading("Query", parameters, resource=f"{TABLE}/index/by-who") == ("w",)


def test_a_transaction_names_the_keys_of_each_action_and_itself(standing):
    parameters = {
        "TransactItems": [
            {"Put": {"TableName": "Games", "Item": ITEM}},
            {"Delete": {"TableName": "Games", "Key": ITEM | {"id": {"S": "b"}}}},
        ]
    }

    assert _leading("TransactWriteItems", parameters, action="dynamodb:PutItem") == ("a",)
    assert _leading("TransactWriteItems", parameters, action="dynamodb:DeleteItem") == ("b",)
    enclosing = "dynamodb:EnclosingOperation"
    found = key_of("dynamodb", "TransactWriteItems", parameters, ("dynamodb:PutItem", TABLE), enclosing)
    assert found == "TransactWriteItems"


@pytest.mark.parametrize(
    ("operation", "parameters", "attributes", "select"),
    [
        pytest.param(
            "GetItem",
            {
                "Key": ITEM,
                "ProjectionExpression": "#n, scores[0], home.street",
                "ExpressionAttributeNames": {"#n": "name"},
            },
            ("id", "at", "name", "scores", "home"),
            "SPECIFIC_ATTRIBUTES",
            id="a projection",
        ),
        pytest.param("GetItem", {"Key": ITEM}, ("id", "at"), "ALL_ATTRIBUTES", id="all"),
        pytest.param(
            "UpdateItem",
            {"Key": ITEM, "UpdateExpression": "SET score = if_not_exists(score, :z), seen = :s REMOVE old"},
            ("id", "at", "score", "seen", "old"),
            None,
            id="an update",
        ),
    ],
)
def test_the_attributes_of_a_call(standing, operation, parameters, attributes, select):
    for key, expected in (("dynamodb:Attributes", attributes), ("dynamodb:Select", select)):
        assert key_of("dynamodb", operation, parameters, (f"dynamodb:{operation}", TABLE), key) == expected


@pytest.mark.parametrize(
    ("resource", "tag"),
    [
        pytest.param(TABLE, "t", id="table"),
        pytest.param(f"{TABLE}-none", None, id="no such table"),
        pytest.param(arn("sqs", "Q"), "q", id="queue"),
        pytest.param(arn("sns", "Alerts"), "s", id="topic"),
        pytest.param(LOOK, "f", id="function"),
        pytest.param(OBJECT, "o", id="object"),
        pytest.param(arn("ssm", "parameter/p"), "p", id="parameter"),
        pytest.param("KEY", "k", id="key"),
        pytest.param(arn("logs", "log-group:g:log-stream:"), "l", id="log group"),
        pytest.param(arn("events", "rule/r"), "r", id="rule"),
        pytest.param("SECRET", "x", id="secret"),
        pytest.param(f"arn:aws:iam::{ACCOUNT}:user/u", "u", id="user"),
    ],
)
def test_a_resources_tags_are_condition_keys(standing, resource, tag):
    backend = moto_state.backend
    if resource == "KEY":
        resource = next(each.arn for each in backend("kms", ACCOUNT, HOME).keys.values())
    if resource == "SECRET":
        resource = next(each.arn for each in backend("secretsmanager", ACCOUNT, HOME).secrets.values())

    assert standing.identity.key_of_resource(resource, ACCOUNT, "aws:resourcetag/team") == tag


def test_a_bucket_has_no_tags_for_conditions_until_that_is_switched_on(standing):
    assert standing.identity.key_of_resource(BUCKET, ACCOUNT, "aws:resourcetag/team") is None


def test_an_existing_objects_tag(standing):
    assert key_of("s3", "GetObject", {}, ("s3:GetObject", OBJECT), "s3:ExistingObjectTag/Team") == "o"
    assert key_of("s3", "GetObject", {}, ("s3:GetObject", OBJECT), "s3:ExistingObjectTag/none") is None


@pytest.mark.parametrize(("rule", "creator"), [("r", ACCOUNT), ("x", None)])
def test_a_rule_that_stands_has_a_creator(standing, rule, creator):
    resource = arn("events", f"rule/{rule}")

    assert (
        key_of("events", "PutRule", {"Name": rule}, ("events:PutRule", resource), "events:creatorAccount")
        == creator
    )
