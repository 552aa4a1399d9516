"""What CloudTrail would have written of real boto3 calls: made on moto, compared with AWS's own examples."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from unittest.mock import ANY
from urllib.parse import quote

import pytest

from scenarios.cloud.cloudtrail.records.shapes import printed_date
from tests.scenarios.cloud.cloudtrail.records.real_calls import (
    ACCOUNT,
    BUCKET,
    EVENT_ID,
    HIDDEN,
    HOST,
    MALLORY,
    MOMENT,
    REGION,
    REQUEST_ID,
    called,
    code,
    denied,
    recorded,
)

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


# Everything else: the API's names with a small first letter

ROLE = f"arn:aws:iam::{ACCOUNT}:role/worker"
HANDS = f"arn:aws:iam::{ACCOUNT}:role/hands"
TRUST = '{"Version":"2012-10-17","Statement":[]}'
NOTHING = None
ANYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
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
            ("iam", "CreateRole", {"RoleName": "hands", "AssumeRolePolicyDocument": TRUST}),
            (
                "lambda",
                "CreateFunction",
                {
                    "FunctionName": "f",
                    "Runtime": "python3.13",
                    "Role": HANDS,
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
            "role": HANDS,
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


# CloudWatch


def test_the_text_of_a_dashboard_is_not_printed():
    put = recorded(called("cloudwatch", "PutDashboard", DashboardName="d", DashboardBody="{}"))

    assert put["requestParameters"] == {
        "dashboardName": "d",
        "dashboardBody": "HIDDEN_DUE_TO_SECURITY_REASONS",
    }
