"""What CloudTrail would have written of real boto3 calls: made on moto, compared with AWS's own examples."""

import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from unittest.mock import ANY
from urllib.parse import quote

import boto3
import pytest
from botocore.exceptions import ClientError
from freezegun import freeze_time

from scenarios.cloud.cloudtrail.records.records import error_code, record_of
from scenarios.cloud.cloudtrail.records.shapes import printed_date
from scenarios.cloud.kernel.caller import ApiCall, Caller, CallerKind
from scenarios.cloud.kernel.service_models import operation_model, service_model
from scenarios.cloud.services import REGISTRY
from tests.moto_alone import moto_alone

RECORDS = REGISTRY.records
ACCOUNT = "123456789012"
REGION = "eu-west-1"
MOMENT = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
EVENT_ID = "5f3c1d2e-0000-4000-8000-000000000001"
REQUEST_ID = "8c1a2b3c-0000-4000-8000-000000000002"
HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS"
XMLNS = "http://s3.amazonaws.com/doc/2006-03-01/"

MALLORY = Caller(
    kind=CallerKind.IAM_USER,
    account=ACCOUNT,
    arn=f"arn:aws:iam::{ACCOUNT}:user/mallory",
    principal_id="AIDAMALLORY",
    name="mallory",
    access_key_id="AKIAMALLORY",
)


class Account:
    """An account in moto; `did` makes a call and gives it back as the simulated AWS would see it."""

    def __init__(self) -> None:
        self._clients: dict[str, Any] = {}

    def did(self, service: str, operation: str, **parameters: Any) -> ApiCall:
        client = self._clients.get(service) or boto3.client(
            service,
            region_name=REGION,
            aws_access_key_id="AKIAMALLORY",
            aws_secret_access_key="a-secret",
        )
        self._clients[service] = client
        call = called(service, operation, **parameters)
        method = client.meta.method_to_api_mapping
        name = next(python for python, api in method.items() if api == operation)
        try:
            with freeze_time(MOMENT):
                response = getattr(client, name)(**parameters)
        except ClientError as failure:
            error = failure.response["Error"]
            return replace(call, error=(error["Code"], error["Message"]))
        return replace(call, response={k: v for k, v in response.items() if k != "ResponseMetadata"})


def called(service: str, operation: str, **parameters: Any) -> ApiCall:
    return ApiCall(
        sequence=1,
        service=service,
        operation=operation,
        parameters=parameters,
        region=REGION,
        caller=MALLORY,
        moment=MOMENT,
    )


def denied(call: ApiCall, code: str) -> ApiCall:
    return replace(call, response=None, error=(code, "User: mallory is not authorized"))


def recorded(call: ApiCall) -> dict[str, Any]:
    return record_of(call, RECORDS[call.service], event_id=EVENT_ID, request_id=REQUEST_ID)


@pytest.fixture(scope="module")
def account() -> Iterator[Account]:
    with moto_alone():
        yield Account()


# DynamoDB

TABLE = {
    "TableName": "Music",
    "KeySchema": [{"AttributeName": "Artist", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "Artist", "AttributeType": "S"}],
    "BillingMode": "PAY_PER_REQUEST",
    "SSESpecification": {"Enabled": True},
}


@pytest.mark.slow
def test_a_table_that_was_created_and_deleted(account):
    created = recorded(account.did("dynamodb", "CreateTable", **TABLE))
    deleted = recorded(account.did("dynamodb", "DeleteTable", TableName="Music"))
    gone = recorded(account.did("dynamodb", "DeleteTable", TableName="Music"))

    assert created["requestParameters"] == {
        "tableName": "Music",
        "keySchema": [{"attributeName": "Artist", "keyType": "HASH"}],
        "attributeDefinitions": [{"attributeName": "Artist", "attributeType": "S"}],
        "billingMode": "PAY_PER_REQUEST",
        "sSESpecification": {"enabled": True},
    }
    assert created["responseElements"]["tableDescription"]["creationDateTime"] == "Mar 2, 2026, 3:00:00 AM"
    assert deleted["requestParameters"] == {"tableName": "Music"}
    assert deleted["responseElements"]["tableDescription"]["tableName"] == "Music"
    assert deleted["responseElements"]["tableDescription"]["provisionedThroughput"].keys() == {
        "numberOfDecreasesToday",
        "readCapacityUnits",
        "writeCapacityUnits",
    }
    assert deleted["apiVersion"] == "2012-08-10"
    assert "errorCode" not in deleted
    assert gone["errorCode"] == "ResourceNotFoundException"
    assert gone["requestParameters"] == {"tableName": "Music"}
    assert gone["responseElements"] is None


def test_a_denied_deletion_names_the_table_only_among_its_resources():
    record = recorded(denied(called("dynamodb", "DeleteTable", TableName="Music"), "AccessDeniedException"))

    assert record["errorCode"] == "AccessDenied"
    assert record["errorMessage"] == "User: mallory is not authorized"
    assert record["requestParameters"] is None
    assert record["responseElements"] is None
    assert record["resources"] == [
        {
            "accountId": ACCOUNT,
            "type": "AWS::DynamoDB::Table",
            "ARN": f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/Music",
        },
    ]


def test_an_item_is_known_by_its_key_and_its_content_stays_private(account):
    key = {"Artist": {"S": "Acme"}}

    read = recorded(called("dynamodb", "GetItem", TableName="Music", Key=key))
    changed = recorded(
        called(
            "dynamodb",
            "UpdateItem",
            TableName="Music",
            Key=key,
            UpdateExpression="SET a = :a",
            ExpressionAttributeValues={":a": {"S": "private"}},
        ),
    )

    assert read["requestParameters"] == {"tableName": "Music", "key": {"Artist": "Acme"}}
    assert (read["readOnly"], read["managementEvent"], read["eventCategory"]) == (True, False, "Data")
    assert changed["requestParameters"] == {
        "tableName": "Music",
        "key": {"Artist": "Acme"},
        "updateExpression": "SET a = :a",
    }


# EC2

SSH = {
    "IpProtocol": "tcp",
    "FromPort": 22,
    "ToPort": 22,
    "IpRanges": [{"CidrIp": "0.0.0.0/0", "Description": "for me"}],
}
SSH_PRINTED = {
    "items": [
        {
            "ipProtocol": "tcp",
            "fromPort": 22,
            "toPort": 22,
            "groups": {},
            "ipRanges": {"items": [{"cidrIp": "0.0.0.0/0", "description": "for me"}]},
            "ipv6Ranges": {},
            "prefixListIds": {},
        },
    ],
}


@pytest.mark.slow
def test_a_security_group_that_was_opened_and_closed(account):
    created = recorded(account.did("ec2", "CreateSecurityGroup", GroupName="web", Description="the web"))
    group = created["responseElements"]["groupId"]

    opened = recorded(account.did("ec2", "AuthorizeSecurityGroupIngress", GroupId=group, IpPermissions=[SSH]))
    closed = recorded(account.did("ec2", "RevokeSecurityGroupIngress", GroupId=group, IpPermissions=[SSH]))

    assert created["requestParameters"] == {"groupName": "web", "groupDescription": "the web"}
    assert created["responseElements"]["_return"] is True
    assert opened["requestParameters"] == {"groupId": group, "ipPermissions": SSH_PRINTED}
    assert opened["responseElements"]["requestId"] == REQUEST_ID
    assert opened["responseElements"]["_return"] is True
    rule = opened["responseElements"]["securityGroupRuleSet"]["items"][0]
    assert rule["securityGroupRuleId"].startswith("sgr-")
    assert (rule["isEgress"], rule["fromPort"], rule["cidrIpv4"]) == (False, 22, "0.0.0.0/0")
    assert closed["requestParameters"] == {"groupId": group, "ipPermissions": SSH_PRINTED}
    assert closed["responseElements"]["_return"] is True


def test_a_rule_given_in_the_old_way_still_has_its_empty_set():
    call = called(
        "ec2",
        "AuthorizeSecurityGroupIngress",
        GroupId="sg-1",
        IpProtocol="tcp",
        FromPort=22,
        ToPort=22,
        CidrIp="0.0.0.0/0",
    )

    assert recorded(call)["requestParameters"] == {
        "ipPermissions": {},
        "groupId": "sg-1",
        "ipProtocol": "tcp",
        "fromPort": 22,
        "toPort": 22,
        "cidrIp": "0.0.0.0/0",
    }


@pytest.mark.slow
def test_an_instance_that_was_launched_looked_for_and_stopped(account):
    launched = recorded(
        account.did(
            "ec2",
            "RunInstances",
            ImageId="ami-12c6146b",
            MinCount=1,
            MaxCount=2,
            InstanceType="t3.micro",
            ClientToken="a-token",
            UserData="#!/bin/sh mine",
            TagSpecifications=[{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "web"}]}],
        ),
    )
    instance = launched["responseElements"]["instancesSet"]["items"][0]
    stopped = recorded(account.did("ec2", "StopInstances", InstanceIds=[instance["instanceId"]]))
    filters = [{"Name": "tag:Name", "Values": ["web"]}]
    described = recorded(account.did("ec2", "DescribeInstances", Filters=filters))

    assert launched["requestParameters"] == {
        "instancesSet": {"items": [{"imageId": "ami-12c6146b", "minCount": 1, "maxCount": 2}]},
        "instanceType": "t3.micro",
        "clientToken": "a-token",
        "userData": "<sensitiveDataRemoved>",
        "blockDeviceMapping": {},
        "monitoring": {"enabled": False},
        "disableApiStop": False,
        "disableApiTermination": False,
        "tagSpecificationSet": {
            "items": [{"resourceType": "instance", "tags": [{"key": "Name", "value": "web"}]}],
        },
    }
    assert launched["responseElements"].keys() >= {"requestId", "reservationId", "ownerId", "instancesSet"}
    assert instance["instanceState"] == {"code": 0, "name": "pending"}
    assert instance["tagSet"] == {"items": [{"key": "Name", "value": "web"}]}
    assert instance["launchTime"] == int(MOMENT.timestamp() * 1000)
    assert stopped["requestParameters"] == {
        "force": False,
        "instancesSet": {"items": [{"instanceId": instance["instanceId"]}]},
    }
    assert stopped["responseElements"]["instancesSet"]["items"][0]["currentState"]["name"] == "stopping"
    assert described["requestParameters"] == {
        "instancesSet": {},
        "filterSet": {"items": [{"name": "tag:Name", "valueSet": {"items": [{"value": "web"}]}}]},
    }
    assert described["responseElements"] is None
    assert described["readOnly"] is True


def test_a_denied_launch_still_shows_what_was_asked():
    call = called("ec2", "RunInstances", ImageId="ami-1", MinCount=1, MaxCount=1)

    record = recorded(denied(call, "UnauthorizedOperation"))

    assert record["errorCode"] == "Client.UnauthorizedOperation"
    assert record["requestParameters"]["instancesSet"]["items"][0]["imageId"] == "ami-1"
    assert record["responseElements"] is None


def test_newer_operations_of_ec2_print_the_wire_under_their_name():
    flow_logs = replace(called("ec2", "DeleteFlowLogs", FlowLogIds=["fl-1"]), response={"Unsuccessful": []})
    two = called("ec2", "DeleteFlowLogs", FlowLogIds=["fl-1", "fl-2"])
    serial = replace(
        called("ec2", "EnableSerialConsoleAccess"), response={"SerialConsoleAccessEnabled": True}
    )

    assert recorded(flow_logs)["requestParameters"] == {
        "DeleteFlowLogsRequest": {"FlowLogId": {"content": "fl-1", "tag": 1}},
    }
    assert recorded(flow_logs)["responseElements"] == {
        "DeleteFlowLogsResponse": {
            "xmlns": "http://ec2.amazonaws.com/doc/2016-11-15/",
            "requestId": REQUEST_ID,
            "unsuccessful": "",
        },
    }
    assert recorded(two)["requestParameters"]["DeleteFlowLogsRequest"]["FlowLogId"] == [
        {"content": "fl-1", "tag": 1},
        {"content": "fl-2", "tag": 2},
    ]
    assert recorded(serial)["requestParameters"] == {"EnableSerialConsoleAccessRequest": ""}
    response = recorded(serial)["responseElements"]["EnableSerialConsoleAccessResponse"]
    assert response["serialConsoleAccessEnabled"] is True


# S3

BUCKET = "audit-trail"
HOST = f"{BUCKET}.s3.{REGION}.amazonaws.com"
BUCKET_ITSELF = {"accountId": ACCOUNT, "type": "AWS::S3::Bucket", "ARN": f"arn:aws:s3:::{BUCKET}"}
AN_OBJECT = {"type": "AWS::S3::Object", "ARN": f"arn:aws:s3:::{BUCKET}/a/log"}
ITS_OBJECTS = {"type": "AWS::S3::Object", "ARNPrefix": f"arn:aws:s3:::{BUCKET}/"}
IN_BUCKET = {"bucketName": BUCKET, "Host": HOST}
POLICY = {"Version": "2012-10-17", "Statement": []}

S3_CALLS = [
    pytest.param(
        "CreateBucket",
        {"CreateBucketConfiguration": {"LocationConstraint": REGION}},
        "CreateBucket",
        {"CreateBucketConfiguration": {"xmlns": XMLNS, "LocationConstraint": REGION}},
        id="a bucket created, with its region",
    ),
    pytest.param(
        "PutBucketPolicy",
        {"Policy": json.dumps(POLICY)},
        "PutBucketPolicy",
        {"policy": "", "bucketPolicy": POLICY},
        id="a policy is JSON, not text",
    ),
    pytest.param(
        "PutBucketVersioning",
        {"VersioningConfiguration": {"Status": "Enabled"}},
        "PutBucketVersioning",
        {"versioning": "", "VersioningConfiguration": {"xmlns": XMLNS, "Status": "Enabled"}},
        id="the query's flag beside the body",
    ),
    pytest.param(
        "PutBucketLifecycleConfiguration",
        {
            "LifecycleConfiguration": {
                "Rules": [
                    {"ID": "soon", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 1}},
                ],
            },
        },
        "PutBucketLifecycle",
        {
            "lifecycle": "",
            "LifecycleConfiguration": {
                "xmlns": XMLNS,
                "Rule": {
                    "ID": "soon",
                    "Status": "Enabled",
                    "Filter": {"Prefix": ""},
                    "Expiration": {"Days": 1},
                },
            },
        },
        id="an element that occurs once is no list, and the event has its older name",
    ),
    pytest.param(
        "PutBucketTagging",
        {"Tagging": {"TagSet": [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]}},
        "PutBucketTagging",
        {
            "tagging": "",
            "Tagging": {
                "xmlns": XMLNS,
                "TagSet": {"Tag": [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]},
            },
        },
        id="an element that occurs twice is a list",
    ),
    pytest.param(
        "PutPublicAccessBlock",
        {"PublicAccessBlockConfiguration": {"BlockPublicAcls": True}},
        "PutBucketPublicAccessBlock",
        {
            "publicAccessBlock": "",
            "PublicAccessBlockConfiguration": {"xmlns": XMLNS, "BlockPublicAcls": True},
        },
        id="the bucket's public access block",
    ),
    pytest.param("GetBucketAcl", {}, "GetBucketAcl", {"acl": ""}, id="a read of a sub-resource"),
    pytest.param("DeleteBucketPolicy", {}, "DeleteBucketPolicy", {"policy": ""}, id="a policy deleted"),
    pytest.param(
        "DeleteBucketLifecycle", {}, "DeleteBucketLifecycle", {"lifecycle": ""}, id="a lifecycle deleted"
    ),
    pytest.param("DeleteBucket", {}, "DeleteBucket", {}, id="a bucket deleted"),
    pytest.param(
        "DeleteBucketEncryption",
        {},
        "DeleteBucketEncryption",
        {"encryption": ""},
        id="its encryption deleted",
    ),
    pytest.param(
        "PutBucketVersioning",
        {"VersioningConfiguration": {"Status": "Suspended", "MFADelete": "Disabled"}, "MFA": "serial 123456"},
        "PutBucketVersioning",
        {
            "versioning": "",
            "VersioningConfiguration": {"xmlns": XMLNS, "Status": "Suspended", "MfaDelete": "Disabled"},
        },
        id="versioning suspended, without the MFA code",
    ),
    pytest.param(
        "PutBucketLifecycleConfiguration",
        {
            "LifecycleConfiguration": {
                "Rules": [
                    {
                        "ID": "all",
                        "Status": "Enabled",
                        "Filter": {},
                        "NoncurrentVersionExpiration": {"NoncurrentDays": 1},
                    },
                ],
            },
        },
        "PutBucketLifecycle",
        {
            "lifecycle": "",
            "LifecycleConfiguration": {
                "xmlns": XMLNS,
                "Rule": {
                    "ID": "all",
                    "Status": "Enabled",
                    "Filter": "",
                    "NoncurrentVersionExpiration": {"NoncurrentDays": 1},
                },
            },
        },
        id="an element without content is empty text",
    ),
    pytest.param(
        "PutBucketNotificationConfiguration",
        {"NotificationConfiguration": {}},
        "PutBucketNotification",
        {"notification": "", "NotificationConfiguration": {"xmlns": XMLNS}},
        id="notifications switched off",
    ),
    pytest.param(
        "PutBucketNotificationConfiguration",
        {"NotificationConfiguration": {"EventBridgeConfiguration": {}}},
        "PutBucketNotification",
        {
            "notification": "",
            "NotificationConfiguration": {"xmlns": XMLNS, "EventBridgeConfiguration": ""},
        },
        id="EventBridge switched on",
    ),
    pytest.param(
        "PutBucketEncryption",
        {
            "ServerSideEncryptionConfiguration": {
                "Rules": [
                    {
                        "ApplyServerSideEncryptionByDefault": {
                            "SSEAlgorithm": "aws:kms",
                            "KMSMasterKeyID": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/k",
                        },
                    },
                ],
            },
        },
        "PutBucketEncryption",
        {
            "encryption": "",
            "ServerSideEncryptionConfiguration": {
                "xmlns": XMLNS,
                "Rule": {
                    "ApplyServerSideEncryptionByDefault": {
                        "SSEAlgorithm": "aws:kms",
                        "KMSMasterKeyID": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/k",
                    },
                },
            },
        },
        id="encryption by a key that is named",
    ),
]


@pytest.mark.parametrize(("operation", "parameters", "name", "printed"), S3_CALLS)
def test_a_call_about_a_bucket(account, operation, parameters, name, printed):
    if operation != "CreateBucket":
        account.did(
            "s3", "CreateBucket", Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION}
        )

    record = recorded(account.did("s3", operation, Bucket=BUCKET, **parameters))

    assert record["eventName"] == name
    assert record["requestParameters"] == IN_BUCKET | printed
    assert record["responseElements"] is None
    assert record["resources"] == [BUCKET_ITSELF]
    assert (record["eventCategory"], record["managementEvent"]) == ("Management", True)
    assert record["userAgent"] == f"[{MALLORY.user_agent}]"
    assert record["tlsDetails"]["clientProvidedHostHeader"] == HOST


OBJECT_CALLS = [
    pytest.param(
        "PutObject",
        {"Key": "a/log", "Body": b"12345", "ACL": "private"},
        "PutObject",
        {"key": "a/log", "x-amz-acl": "private"},
        [AN_OBJECT, BUCKET_ITSELF],
        id="written: the headers, never the body",
    ),
    pytest.param(
        "GetObject",
        {"Key": "a/log", "SSECustomerKey": "k", "SSECustomerAlgorithm": "AES256"},
        "GetObject",
        {
            "key": "a/log",
            "x-amz-server-side-encryption-customer-algorithm": "AES256",
            "x-amz-server-side-encryption-customer-key": HIDDEN,
        },
        [AN_OBJECT, BUCKET_ITSELF],
        id="read with a key of one's own",
    ),
    pytest.param(
        "DeleteObject",
        {"Key": "a/log", "VersionId": "v1"},
        "DeleteObject",
        {"key": "a/log", "versionId": "v1"},
        [AN_OBJECT, BUCKET_ITSELF],
        id="deleted, one version",
    ),
    pytest.param(
        "DeleteObjects",
        {"Delete": {"Objects": [{"Key": "a/log"}]}},
        "DeleteObjects",
        {"delete": ""},
        [ITS_OBJECTS, BUCKET_ITSELF],
        id="deleted by the dozen",
    ),
    pytest.param(
        "PutObjectRetention",
        {
            "Key": "a/log",
            "Retention": {"Mode": "GOVERNANCE", "RetainUntilDate": MOMENT},
            "BypassGovernanceRetention": True,
        },
        "PutObjectRetention",
        {
            "key": "a/log",
            "retention": "",
            "Retention": {"xmlns": XMLNS, "Mode": "GOVERNANCE", "RetainUntilDate": "2026-03-02T03:00:00Z"},
            "x-amz-bypass-governance-retention": "true",
        },
        [AN_OBJECT, BUCKET_ITSELF],
        id="its retention shortened past governance",
    ),
    pytest.param(
        "ListObjectsV2",
        {"Prefix": "a"},
        "ListObjects",
        {"list-type": "2", "prefix": "a"},
        [ITS_OBJECTS | {"ARNPrefix": f"arn:aws:s3:::{BUCKET}/a"}, BUCKET_ITSELF],
        id="listed",
    ),
    pytest.param(
        "CopyObject",
        {"Key": "a/log", "CopySource": {"Bucket": "other", "Key": "k"}},
        "CopyObject",
        {"key": "a/log", "x-amz-copy-source": "other/k"},
        [AN_OBJECT, BUCKET_ITSELF],
        id="copied",
    ),
]


@pytest.mark.parametrize(("operation", "parameters", "name", "printed", "resources"), OBJECT_CALLS)
def test_a_call_about_an_object_is_a_data_event(operation, parameters, name, printed, resources):
    record = recorded(called("s3", operation, Bucket=BUCKET, **parameters))

    assert record["eventName"] == name
    assert record["requestParameters"] == IN_BUCKET | printed
    assert record["resources"] == resources
    assert (record["eventCategory"], record["managementEvent"]) == ("Data", False)
    assert record["additionalEventData"]["bytesTransferredIn"] == len(parameters.get("Body", b""))


def test_a_deletion_in_a_versioned_bucket_tells_of_the_marker():
    answer = {"DeleteMarker": True, "VersionId": "v2"}

    record = recorded(replace(called("s3", "DeleteObject", Bucket=BUCKET, Key="a/log"), response=answer))

    assert record["responseElements"] == {"x-amz-delete-marker": "true", "x-amz-version-id": "v2"}


# Everything else: the API's names with a small first letter

ROLE = f"arn:aws:iam::{ACCOUNT}:role/worker"
TRUST = '{"Version":"2012-10-17","Statement":[]}'
NOTHING = None
ANYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


def code() -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as package:
        package.writestr("handler.py", "")
    return archive.getvalue()


CALLS = [
    pytest.param(
        [("iam", "CreateUser", {"UserName": "eve", "Tags": [{"Key": "a", "Value": "b"}]})],
        "CreateUser",
        {"userName": "eve", "tags": [{"key": "a", "value": "b"}]},
        {
            "user": {
                "path": "/",
                "userName": "eve",
                "userId": ANY,
                "arn": f"arn:aws:iam::{ACCOUNT}:user/eve",
                "createDate": "Mar 2, 2026 3:00:00 AM",
                "tags": [{"key": "a", "value": "b"}],
            },
        },
        id="iam: a user, with IAM's own date format",
    ),
    pytest.param(
        [("iam", "CreateUser", {"UserName": "u1"}), ("iam", "CreateAccessKey", {"UserName": "u1"})],
        "CreateAccessKey",
        {"userName": "u1"},
        {
            "accessKey": {
                "userName": "u1",
                "accessKeyId": ANY,
                "status": "Active",
                "createDate": "Mar 2, 2026 3:00:00 AM",
            },
        },
        id="iam: an access key without its secret",
    ),
    pytest.param(
        [
            ("iam", "CreateUser", {"UserName": "u2"}),
            ("iam", "CreateLoginProfile", {"UserName": "u2", "Password": "hunter2!"}),
        ],
        "CreateLoginProfile",
        {"userName": "u2"},
        {
            "loginProfile": {
                "userName": "u2",
                "createDate": "Mar 2, 2026 3:00:00 AM",
                "passwordResetRequired": False,
            },
        },
        id="iam: a console password, without the password",
    ),
    pytest.param(
        [
            ("iam", "CreateUser", {"UserName": "u3"}),
            ("iam", "CreatePolicy", {"PolicyName": "all", "PolicyDocument": json.dumps(ANYTHING)}),
            (
                "iam",
                "AttachUserPolicy",
                {"UserName": "u3", "PolicyArn": f"arn:aws:iam::{ACCOUNT}:policy/all"},
            ),
        ],
        "AttachUserPolicy",
        {"userName": "u3", "policyArn": f"arn:aws:iam::{ACCOUNT}:policy/all"},
        NOTHING,
        id="iam: a policy attached",
    ),
    pytest.param(
        [
            (
                "iam",
                "CreateRole",
                {"RoleName": "worker", "AssumeRolePolicyDocument": TRUST},
            ),
        ],
        "CreateRole",
        {"roleName": "worker", "assumeRolePolicyDocument": TRUST},
        {
            "role": {
                "path": "/",
                "roleName": "worker",
                "roleId": ANY,
                "arn": ROLE,
                "createDate": "Mar 2, 2026 3:00:00 AM",
                "assumeRolePolicyDocument": quote(TRUST, safe=""),
                "maxSessionDuration": 3600,
                "roleLastUsed": {},
            },
        },
        id="iam: a policy comes back URL-encoded",
    ),
    pytest.param(
        [
            ("cloudtrail", "CreateTrail", {"Name": "trail-1", "S3BucketName": BUCKET}),
            ("cloudtrail", "StopLogging", {"Name": "trail-1"}),
        ],
        "StopLogging",
        {"name": "trail-1"},
        NOTHING,
        id="cloudtrail: logging stopped",
    ),
    pytest.param(
        [
            ("cloudtrail", "CreateTrail", {"Name": "trail-2", "S3BucketName": BUCKET}),
            ("cloudtrail", "UpdateTrail", {"Name": "trail-2", "IncludeGlobalServiceEvents": False}),
        ],
        "UpdateTrail",
        {"name": "trail-2", "includeGlobalServiceEvents": False},
        {
            "name": "trail-2",
            "s3BucketName": BUCKET,
            "includeGlobalServiceEvents": False,
            "isMultiRegionTrail": False,
            "trailARN": f"arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail/trail-2",
            "logFileValidationEnabled": False,
            "isOrganizationTrail": False,
        },
        id="cloudtrail: a trail changed",
    ),
    pytest.param(
        [
            ("cloudtrail", "CreateTrail", {"Name": "trail-3", "S3BucketName": BUCKET}),
            ("cloudtrail", "DeleteTrail", {"Name": "trail-3"}),
        ],
        "DeleteTrail",
        {"name": "trail-3"},
        NOTHING,
        id="cloudtrail: a trail deleted",
    ),
    pytest.param(
        [
            (
                "lambda",
                "CreateFunction",
                {
                    "FunctionName": "f",
                    "Runtime": "python3.13",
                    "Role": ROLE,
                    "Handler": "handler.go",
                    "Code": {"ZipFile": code()},
                    "Environment": {"Variables": {"TOKEN": "private"}},
                },
            ),
        ],
        "CreateFunction20150331",
        {
            "functionName": "f",
            "runtime": "python3.13",
            "role": ROLE,
            "handler": "handler.go",
            "code": {},
            "environment": {},
        },
        ANY,
        id="lambda: a function without its code and its variables",
    ),
    pytest.param(
        [("sts", "AssumeRole", {"RoleArn": ROLE, "RoleSessionName": "night"})],
        "AssumeRole",
        {"roleArn": ROLE, "roleSessionName": "night"},
        {
            "credentials": {
                "accessKeyId": ANY,
                "sessionToken": ANY,
                "expiration": "Mar 2, 2026, 4:00:00 AM",
            },
            "assumedRoleUser": {
                "assumedRoleId": ANY,
                "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/worker/night",
            },
            "packedPolicySize": ANY,
        },
        id="sts: a read whose answer is printed, but for the secret",
    ),
    pytest.param(
        [("sts", "GetCallerIdentity", {})],
        "GetCallerIdentity",
        NOTHING,
        NOTHING,
        id="sts: nothing asked, nothing printed",
    ),
    pytest.param(
        [
            ("logs", "CreateLogGroup", {"logGroupName": "/g"}),
            ("logs", "DeleteLogGroup", {"logGroupName": "/g"}),
        ],
        "DeleteLogGroup",
        {"logGroupName": "/g"},
        NOTHING,
        id="logs: a group deleted",
    ),
    pytest.param(
        [("events", "PutRule", {"Name": "r", "EventPattern": '{"source":["a"]}', "State": "ENABLED"})],
        "PutRule",
        {"name": "r", "eventPattern": '{"source":["a"]}', "state": "ENABLED"},
        {"ruleArn": f"arn:aws:events:{REGION}:{ACCOUNT}:rule/r"},
        id="events: a rule",
    ),
    pytest.param(
        [
            ("events", "PutRule", {"Name": "r2", "EventPattern": '{"source":["a"]}'}),
            ("events", "DisableRule", {"Name": "r2"}),
        ],
        "DisableRule",
        {"name": "r2"},
        NOTHING,
        id="events: a rule disabled",
    ),
    pytest.param(
        [("events", "PutEvents", {"Entries": [{"Source": "a", "DetailType": "b", "Detail": "{}"}]})],
        "PutEvents",
        {"entries": [{"source": "a", "detailType": "b", "detail": HIDDEN}]},
        {"failedEntryCount": 0, "entries": [{"eventId": ANY}]},
        id="events: what an event says is hidden",
    ),
    pytest.param(
        [
            ("sns", "CreateTopic", {"Name": "alerts"}),
            (
                "sns",
                "Publish",
                {"TopicArn": f"arn:aws:sns:{REGION}:{ACCOUNT}:alerts", "Message": "m", "Subject": "s"},
            ),
        ],
        "Publish",
        {"topicArn": f"arn:aws:sns:{REGION}:{ACCOUNT}:alerts", "message": HIDDEN, "subject": HIDDEN},
        {"messageId": ANY},
        id="sns: what a message says is hidden",
    ),
    pytest.param(
        [("sqs", "CreateQueue", {"QueueName": "q", "Attributes": {"DelaySeconds": "0"}})],
        "CreateQueue",
        {"queueName": "q", "attributes": {"DelaySeconds": "0"}},
        {"queueUrl": f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/q"},
        id="sqs: the keys of a map stay as they are",
    ),
    pytest.param(
        [
            (
                "secretsmanager",
                "CreateSecret",
                {"Name": "s", "SecretString": "private", "ClientRequestToken": "t" * 32},
            )
        ],
        "CreateSecret",
        {"name": "s", "clientRequestToken": "t" * 32},
        {"aRN": ANY, "name": "s", "versionId": ANY},
        id="secretsmanager: a secret stays one",
    ),
    pytest.param(
        [("ssm", "PutParameter", {"Name": "/p", "Value": "private", "Type": "SecureString"})],
        "PutParameter",
        {"name": "/p", "value": HIDDEN, "type": "SecureString"},
        {"version": 1, "tier": ANY},
        id="ssm: a parameter's value is masked",
    ),
]


@pytest.mark.parametrize(("calls", "name", "request_parameters", "response_elements"), CALLS)
def test_a_call(account, calls, name, request_parameters, response_elements):
    if calls[0][0] == "cloudtrail":
        account.did(
            "s3", "CreateBucket", Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION}
        )

    *_, last = [account.did(service, operation, **parameters) for service, operation, parameters in calls]
    record = recorded(last)

    assert "errorCode" not in record
    assert record["eventName"] == name
    assert record["requestParameters"] == request_parameters
    assert record["responseElements"] == response_elements
    assert "private" not in json.dumps(record)


@pytest.mark.slow
def test_a_key_condemned(account):
    created = account.did("kms", "CreateKey")
    key_id = created.response["KeyMetadata"]["KeyId"]

    record = recorded(account.did("kms", "ScheduleKeyDeletion", KeyId=key_id, PendingWindowInDays=7))

    assert record["requestParameters"] == {"keyId": key_id, "pendingWindowInDays": 7}
    assert record["responseElements"]["deletionDate"] == "Mar 9, 2026 3:00:00 AM"
    arn = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{key_id}"
    assert record["resources"] == [{"accountId": ACCOUNT, "type": "AWS::KMS::Key", "ARN": arn}]


DATES = [
    pytest.param(datetime(2026, 3, 2, 0, 5, 9, tzinfo=UTC), "Mar 2, 2026, 12:05:09 AM", id="after midnight"),
    pytest.param(datetime(2026, 3, 2, 12, 0, tzinfo=UTC), "Mar 2, 2026, 12:00:00 PM", id="noon"),
    pytest.param(datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC), "Dec 31, 2026, 11:59:59 PM", id="late"),
    pytest.param(
        datetime.fromisoformat("2026-03-02T01:00:00+02:00"), "Mar 1, 2026, 11:00:00 PM", id="elsewhere"
    ),
    pytest.param(
        datetime.fromisoformat("2026-03-02T01:00:00"), "Mar 2, 2026, 1:00:00 AM", id="no zone is UTC"
    ),
    pytest.param(1772420400, 1772420400, id="seconds stay seconds"),
]


@pytest.mark.parametrize(("moment", "printed"), DATES)
def test_a_date_as_most_services_print_it(moment, printed):
    assert printed_date(moment, comma_after_year=True) == printed


ANOTHER_ROLE = "arn:aws:iam::444455556666:role/admin"
RESOURCES = [
    pytest.param(
        called("sts", "AssumeRole", RoleArn=ANOTHER_ROLE, RoleSessionName="s"),
        [{"accountId": "444455556666", "type": "AWS::IAM::Role", "ARN": ANOTHER_ROLE}],
        id="a role of another account",
    ),
    pytest.param(
        denied(called("sts", "AssumeRole", RoleArn=ANOTHER_ROLE, RoleSessionName="s"), "AccessDenied"),
        None,
        id="none for a role that was refused",
    ),
    pytest.param(
        called("lambda", "Invoke", FunctionName="f"),
        [
            {
                "accountId": ACCOUNT,
                "type": "AWS::Lambda::Function",
                "ARN": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:f",
            },
        ],
        id="a function that was invoked",
    ),
    pytest.param(
        called("lambda", "DeleteFunction", FunctionName="f"), None, id="none for one that was deleted"
    ),
    pytest.param(
        called(
            "sqs", "SendMessage", QueueUrl=f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/q", MessageBody="m"
        ),
        [{"accountId": ACCOUNT, "type": "AWS::SQS::Queue", "ARN": f"arn:aws:sqs:{REGION}:{ACCOUNT}:q"}],
        id="a queue",
    ),
    pytest.param(
        called("kinesis", "PutRecord", StreamName="s", Data=b"d", PartitionKey="p"),
        [
            {
                "accountId": ACCOUNT,
                "type": "AWS::Kinesis::Stream",
                "ARN": f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/s",
            },
        ],
        id="a stream",
    ),
    pytest.param(
        called("events", "PutEvents", Entries=[{"Source": "a"}, {"Source": "b"}, {"EventBusName": "own"}]),
        [
            {"type": "AWS::Events::EventBus", "ARN": f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/default"},
            {"type": "AWS::Events::EventBus", "ARN": f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/own"},
        ],
        id="each bus once, without an account",
    ),
    pytest.param(
        called("ssm", "GetParameters", Names=["/a/b"]),
        [{"accountId": ACCOUNT, "ARN": f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/a/b"}],
        id="parameters, without a type",
    ),
]


@pytest.mark.parametrize(("call", "expected"), RESOURCES)
def test_the_resources_that_a_call_touched(call, expected):
    assert recorded(call).get("resources") == expected


# Who

ROOT = Caller(
    kind=CallerKind.ROOT, account=ACCOUNT, arn=f"arn:aws:iam::{ACCOUNT}:root", access_key_id="ASIAROOT"
)
SESSION = Caller(
    kind=CallerKind.ASSUMED_ROLE,
    account=ACCOUNT,
    arn=f"arn:aws:sts::{ACCOUNT}:assumed-role/admin/eve",
    principal_id="AROAADMIN:eve",
    name="admin",
    session="eve",
    access_key_id="ASIAADMIN",
    mfa=True,
    session_created=datetime(2026, 3, 2, 2, 30, tzinfo=UTC),
)
SERVICE = Caller(kind=CallerKind.AWS_SERVICE, account=ACCOUNT, service="cloudtrail.amazonaws.com")

ISSUER = {
    "type": "Role",
    "principalId": "AROAADMIN",
    "arn": f"arn:aws:iam::{ACCOUNT}:role/admin",
    "accountId": ACCOUNT,
    "userName": "admin",
}
IDENTITIES = [
    pytest.param(
        ROOT,
        {
            "type": "Root",
            "principalId": ACCOUNT,
            "arn": f"arn:aws:iam::{ACCOUNT}:root",
            "accountId": ACCOUNT,
            "accessKeyId": "ASIAROOT",
        },
        id="root",
    ),
    pytest.param(
        MALLORY,
        {
            "type": "IAMUser",
            "principalId": "AIDAMALLORY",
            "arn": f"arn:aws:iam::{ACCOUNT}:user/mallory",
            "accountId": ACCOUNT,
            "accessKeyId": "AKIAMALLORY",
            "userName": "mallory",
        },
        id="a user with a long-term key has no session",
    ),
    pytest.param(
        replace(MALLORY, mfa=True),
        {
            "type": "IAMUser",
            "principalId": "AIDAMALLORY",
            "arn": f"arn:aws:iam::{ACCOUNT}:user/mallory",
            "accountId": ACCOUNT,
            "accessKeyId": "AKIAMALLORY",
            "userName": "mallory",
            "sessionContext": {
                "attributes": {"creationDate": "2026-03-02T03:00:00Z", "mfaAuthenticated": "true"},
            },
        },
        id="a user with MFA has one",
    ),
    pytest.param(
        SESSION,
        {
            "type": "AssumedRole",
            "principalId": "AROAADMIN:eve",
            "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/admin/eve",
            "accountId": ACCOUNT,
            "accessKeyId": "ASIAADMIN",
            "sessionContext": {
                "sessionIssuer": ISSUER,
                "attributes": {"creationDate": "2026-03-02T02:30:00Z", "mfaAuthenticated": "true"},
            },
        },
        id="a role's session names its issuer, in strings",
    ),
    pytest.param(
        SERVICE,
        {"type": "AWSService", "invokedBy": "cloudtrail.amazonaws.com"},
        id="a service",
    ),
]


@pytest.mark.parametrize(("caller", "identity"), IDENTITIES)
def test_who_called(caller, identity):
    record = recorded(replace(called("sts", "GetCallerIdentity"), caller=caller))

    assert record["userIdentity"] == identity
    assert list(record["userIdentity"]) == list(identity)
    assert record["recipientAccountId"] == ACCOUNT


def test_a_service_calls_from_its_own_name_and_without_tls_details():
    record = recorded(replace(called("s3", "PutObject", Bucket=BUCKET, Key="k"), caller=SERVICE))

    assert record["sourceIPAddress"] == "cloudtrail.amazonaws.com"
    assert record["userAgent"] == "cloudtrail.amazonaws.com"
    assert "tlsDetails" not in record


# The record as a whole


def test_the_fields_come_in_cloudtrails_order():
    record = recorded(denied(called("s3", "DeleteObject", Bucket=BUCKET, Key="k"), "AccessDenied"))

    assert list(record) == [
        "eventVersion",
        "userIdentity",
        "eventTime",
        "eventSource",
        "eventName",
        "awsRegion",
        "sourceIPAddress",
        "userAgent",
        "errorCode",
        "errorMessage",
        "requestParameters",
        "responseElements",
        "additionalEventData",
        "requestID",
        "eventID",
        "readOnly",
        "resources",
        "eventType",
        "managementEvent",
        "recipientAccountId",
        "eventCategory",
        "tlsDetails",
    ]


def test_a_plain_record_whole():
    assert recorded(called("cloudtrail", "StopLogging", Name="audit")) == {
        "eventVersion": "1.11",
        "userIdentity": ANY,
        "eventTime": "2026-03-02T03:00:00Z",
        "eventSource": "cloudtrail.amazonaws.com",
        "eventName": "StopLogging",
        "awsRegion": REGION,
        "sourceIPAddress": "198.51.100.20",
        "userAgent": MALLORY.user_agent,
        "requestParameters": {"name": "audit"},
        "responseElements": None,
        "requestID": REQUEST_ID,
        "eventID": EVENT_ID,
        "readOnly": False,
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": ACCOUNT,
        "eventCategory": "Management",
        "tlsDetails": {
            "tlsVersion": "TLSv1.3",
            "cipherSuite": "TLS_AES_128_GCM_SHA256",
            "clientProvidedHostHeader": f"cloudtrail.{REGION}.amazonaws.com",
        },
    }


def test_time_is_utc_in_whole_seconds():
    call = replace(
        called("sts", "GetCallerIdentity"),
        moment=datetime.fromisoformat("2026-03-02T05:00:00.999+02:00"),
    )

    assert recorded(call)["eventTime"] == "2026-03-02T03:00:00Z"


def test_a_long_error_is_cut_as_aws_cuts_it():
    call = replace(called("ec2", "RunInstances"), error=("UnauthorizedOperation", "x" * 3000))

    assert recorded(call)["errorMessage"] == "x" * 1023 + "..."


def test_an_iam_call_belongs_to_us_east_1_wherever_it_was_made():
    record = recorded(called("iam", "DeleteUser", UserName="eve"))

    assert record["awsRegion"] == "us-east-1"
    assert record["tlsDetails"]["clientProvidedHostHeader"] == "iam.amazonaws.com"


ERROR_CODES = [
    pytest.param(
        "iam", "DeleteUser", "NoSuchEntity", "NoSuchEntityException", id="iam: the exception's name"
    ),
    pytest.param("sns", "Publish", "NotFound", "NotFoundException", id="sns: likewise"),
    pytest.param("iam", "DeleteUser", "Throttling", "Throttling", id="a code the model does not know stays"),
    pytest.param(
        "dynamodb", "DeleteTable", "AccessDeniedException", "AccessDenied", id="a JSON service's denial"
    ),
    pytest.param("sns", "Publish", "AuthorizationError", "AccessDenied", id="a query service's denial"),
    pytest.param("logs", "DeleteLogGroup", "AccessDeniedException", "AccessDenied", id="a denial by logs"),
    pytest.param(
        "ec2", "RunInstances", "UnauthorizedOperation", "Client.UnauthorizedOperation", id="ec2's denial"
    ),
    pytest.param("ec2", "RunInstances", "DryRunOperation", "Client.DryRunOperation", id="ec2: a dry run"),
    pytest.param("ec2", "RunInstances", "InternalError", "Server.InternalError", id="ec2: its own fault"),
    pytest.param(
        "cloudtrail", "StopLogging", "TrailNotFoundException", "TrailNotFoundException", id="as it is"
    ),
    pytest.param("s3", "GetObject", "NoSuchKey", "NoSuchKey", id="s3: as it is"),
]


@pytest.mark.parametrize(("service", "operation", "code", "printed"), ERROR_CODES)
def test_an_error_code_as_cloudtrail_prints_it(service, operation, code, printed):
    assert error_code(RECORDS[service], operation, code) == printed


DENIED_PARAMETERS = [
    pytest.param(called("iam", "DeleteUser", UserName="eve"), "AccessDenied", None, id="iam: null"),
    pytest.param(
        called("logs", "DeleteLogGroup", logGroupName="g"), "AccessDeniedException", None, id="logs: null"
    ),
    pytest.param(called("sns", "DeleteTopic", TopicArn="arn:t"), "AuthorizationError", None, id="sns: null"),
    pytest.param(
        called("s3", "DeleteBucket", Bucket=BUCKET),
        "AccessDenied",
        {"bucketName": BUCKET, "Host": HOST},
        id="s3: shown",
    ),
]


@pytest.mark.parametrize(("call", "code", "printed"), DENIED_PARAMETERS)
def test_what_was_asked_when_it_was_denied(call, code, printed):
    assert recorded(denied(call, code))["requestParameters"] == printed


# What is recorded, as what

SOURCES = [
    pytest.param("cloudwatch", "monitoring.amazonaws.com", id="cloudwatch"),
    pytest.param("events", "events.amazonaws.com", id="events"),
    pytest.param("logs", "logs.amazonaws.com", id="logs"),
    pytest.param("stepfunctions", "states.amazonaws.com", id="step functions"),
    pytest.param("ses", "ses.amazonaws.com", id="ses, not its endpoint's email"),
    pytest.param("elbv2", "elasticloadbalancing.amazonaws.com", id="both load balancers have one"),
    pytest.param("ecr", "ecr.amazonaws.com", id="ecr, not api.ecr"),
    pytest.param("sso-admin", "sso.amazonaws.com", id="identity center"),
    pytest.param("s3control", "s3.amazonaws.com", id="the account's side of s3"),
    pytest.param("dynamodbstreams", "dynamodb.amazonaws.com", id="streams belong to their tables"),
]


@pytest.mark.parametrize(("service", "source"), SOURCES)
def test_the_event_source_of_a_service(service, source):
    assert RECORDS[service].event_source == source


NAMES = [
    pytest.param("lambda", "UpdateFunctionCode", "UpdateFunctionCode20150331v2", id="lambda, second edition"),
    pytest.param("lambda", "Invoke", "Invoke", id="lambda, plain"),
    pytest.param("s3control", "PutPublicAccessBlock", "PutAccountPublicAccessBlock", id="an account's block"),
    pytest.param("s3", "GetBucketLifecycleConfiguration", "GetBucketLifecycle", id="s3, by its older name"),
    pytest.param("dynamodb", "DeleteTable", "DeleteTable", id="mostly the api's name"),
]


@pytest.mark.parametrize(("service", "operation", "name"), NAMES)
def test_the_event_name_of_an_operation(service, operation, name):
    assert RECORDS[service].event_name(operation) == name


KINDS = [
    pytest.param("s3", "DeleteObject", True, False, id="an object's deletion"),
    pytest.param("s3", "HeadBucket", True, True, id="a look at a bucket"),
    pytest.param("s3", "DeleteBucket", False, False, id="a bucket's deletion"),
    pytest.param("dynamodb", "Query", True, True, id="a query"),
    pytest.param("dynamodb", "TransactWriteItems", True, False, id="a transaction"),
    pytest.param("dynamodb", "DeleteTable", False, False, id="a table's deletion"),
    pytest.param("lambda", "Invoke", True, False, id="an invocation"),
    pytest.param("sns", "Publish", True, False, id="a message published"),
    pytest.param("sns", "Subscribe", False, False, id="a subscription"),
    pytest.param("sqs", "ReceiveMessage", True, True, id="a message received"),
    pytest.param("sqs", "PurgeQueue", False, False, id="a queue purged"),
    pytest.param("kinesis", "PutRecords", True, False, id="records put"),
    pytest.param("events", "PutEvents", True, False, id="events put"),
    pytest.param("cloudwatch", "PutMetricData", True, False, id="metrics put"),
    pytest.param("kms", "Decrypt", False, True, id="a decryption is management, and a read"),
    pytest.param("sts", "AssumeRole", False, True, id="a role assumed is a read"),
    pytest.param("sts", "GetFederationToken", False, False, id="a federation token is a write"),
    pytest.param("secretsmanager", "GetSecretValue", False, True, id="a secret read"),
    pytest.param("cloudtrail", "LookupEvents", False, True, id="a look into the history"),
]


@pytest.mark.parametrize(("service", "operation", "data", "read_only"), KINDS)
def test_what_kind_of_event_a_call_is(service, operation, data, read_only):
    assert RECORDS[service].is_data_event(operation) is data
    assert RECORDS[service].is_read_only(operation) is read_only
    assert RECORDS[service].is_recorded(operation)


def test_log_lines_put_are_in_no_trail():
    assert not RECORDS["logs"].is_recorded("PutLogEvents")
    assert RECORDS["logs"].is_recorded("DeleteLogGroup")


REGIONS = [
    pytest.param("iam", "eu-west-1", "us-east-1", id="iam"),
    pytest.param("organizations", "eu-west-1", "us-east-1", id="organizations"),
    pytest.param("route53", "aws-global", "us-east-1", id="route 53"),
    pytest.param("sts", "eu-west-1", "eu-west-1", id="sts in a region"),
    pytest.param("sts", "aws-global", "us-east-1", id="sts at its global endpoint"),
    pytest.param("dynamodb", "eu-west-1", "eu-west-1", id="a regional service"),
]


@pytest.mark.parametrize(("service", "region", "expected"), REGIONS)
def test_where_a_call_is_recorded(service, region, expected):
    assert RECORDS[service].region(region) == expected


# Every operation

SECRET = "do-not-print-me"


# The name of a KMS key: sensitive to botocore, but S3's records show it.
NO_SECRET = {"SSEKMSKeyId", "NonEmptyKmsKeyArnString"}
NUMBERS = {"integer", "long", "float", "double"}
PLAIN = {"timestamp": MOMENT, "blob": SECRET.encode(), "boolean": True} | dict.fromkeys(NUMBERS, 1)


def sample(shape: Any, depth: int = 0) -> Any:
    """A value for any shape, with SECRET wherever the model says sensitive."""
    deep = depth > 5
    if shape.type_name == "structure":
        return {name: sample(member, depth + 1) for name, member in shape.members.items() if not deep}
    if shape.type_name == "list":
        return [] if deep else [sample(shape.member, depth + 1)]
    if shape.type_name == "map":
        return {} if deep else {sample(shape.key): sample(shape.value, depth + 1)}
    secret = shape.metadata.get("sensitive") and shape.name not in NO_SECRET
    return PLAIN.get(shape.type_name, SECRET if secret else "text")


SERVICES = [
    "cloudtrail",
    "dynamodb",
    "ec2",
    "events",
    "iam",
    "kinesis",
    "kms",
    "lambda",
    "logs",
    "rds",
    "s3",
    "secretsmanager",
    "sns",
    "sqs",
    "ssm",
    "sts",
]


@pytest.mark.parametrize("service", SERVICES)
def test_every_operation_gives_the_same_json_twice_and_no_secret(service):
    # EC2 has some eight hundred operations: every ninth will do.
    for operation in service_model(service).operation_names[:: 9 if service == "ec2" else 1]:
        model = operation_model(service, operation)
        call = replace(
            called(service, operation),
            parameters=sample(model.input_shape) if model.input_shape else {},
            response=sample(model.output_shape) if model.output_shape else {},
        )

        printed = json.dumps(recorded(call))

        assert SECRET not in printed, operation
        assert printed == json.dumps(recorded(call)), operation


def test_the_order_in_which_parameters_were_given_does_not_show():
    forth = called("sqs", "CreateQueue", QueueName="q", tags={"a": "1", "b": "2"})
    back = called("sqs", "CreateQueue", tags={"b": "2", "a": "1"}, QueueName="q")

    assert json.dumps(recorded(forth)) == json.dumps(recorded(back))


# CloudWatch


def test_the_text_of_a_dashboard_is_not_printed():
    put = recorded(called("cloudwatch", "PutDashboard", DashboardName="d", DashboardBody="{}"))

    assert put["requestParameters"] == {
        "dashboardName": "d",
        "dashboardBody": "HIDDEN_DUE_TO_SECURITY_REASONS",
    }
