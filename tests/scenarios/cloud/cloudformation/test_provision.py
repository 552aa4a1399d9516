import json
import os
import subprocess
import sys

import pytest
from moto import mock_aws
from moto.backends import get_backend
from moto.core.base_backend import BackendDict

from scenarios.cloud.cloudformation.transform import translate
from scenarios.cloud.kernel.errors import InvalidTemplate
from tests.project import PROJECT
from tests.scenarios.cloud.cloudformation.stacks import (
    ACCOUNT,
    BUCKET,
    GROUP,
    KEY,
    LAMBDA,
    QUEUE,
    QUEUE_ARN,
    REGION,
    TOPIC,
    allow,
    build,
    client,
    function,
    one,
    role,
    trust,
)


@pytest.fixture(autouse=True)
def aws():
    with mock_aws():
        yield


# --- AWS::Lambda


@pytest.mark.slow
def test_a_function_is_as_its_properties_say():
    properties = {
        "Architectures": ["arm64"],
        "DeadLetterConfig": {"TargetArn": QUEUE_ARN},
        "Description": "looks",
        "Environment": {"Variables": {"QUEUE": {"Ref": "Queue"}, "DAYS": 3}},
        "EphemeralStorage": {"Size": 1024},
        "FunctionName": "look",
        "KmsKeyArn": {"Fn::GetAtt": ["Key", "Arn"]},
        "LoggingConfig": {"LogFormat": "JSON"},
        "MemorySize": 256,
        "PackageType": "Zip",
        "ReservedConcurrentExecutions": 2,
        "Timeout": "50",
        "TracingConfig": {"Mode": "Active"},
    }

    stack = build(
        {"Queue": QUEUE, "Key": KEY, "Role": role("lambda", allow()), "One": function(**properties)}
    )

    found = client("lambda").get_function(FunctionName="look")
    configuration = found["Configuration"]
    assert stack.resources["One"].physical_id == "look"
    assert stack.resources["One"].attributes == {"Arn": configuration["FunctionArn"]}
    assert stack.resources["One"].properties["LoggingConfig"] == {"LogFormat": "JSON"}
    assert stack.resources["One"].properties["DeadLetterConfig"]["TargetArn"].startswith("arn:aws:sqs:")
    assert configuration["Environment"]["Variables"] == {
        "QUEUE": stack.resources["Queue"].physical_id,
        "DAYS": "3",
    }
    assert configuration["Architectures"] == ["arm64"]
    assert configuration["Description"] == "looks"
    assert configuration["EphemeralStorage"] == {"Size": 1024}
    assert configuration["Handler"] == "app.look"
    assert configuration["KMSKeyArn"] == stack.resources["Key"].attributes["Arn"]
    assert configuration["MemorySize"] == 256
    assert configuration["PackageType"] == "Zip"
    assert configuration["Role"] == stack.resources["Role"].attributes["Arn"]
    assert configuration["Runtime"] == "python3.12"
    assert configuration["Timeout"] == 50
    assert configuration["TracingConfig"] == {"Mode": "Active"}
    assert found["Concurrency"] == {"ReservedConcurrentExecutions": 2}


def test_a_permission_stands_in_the_function_s_policy():
    permission = {
        "Type": "AWS::Lambda::Permission",
        "Properties": {
            "Action": "lambda:InvokeFunction",
            "FunctionName": {"Ref": "One"},
            "Principal": "events.amazonaws.com",
            "SourceAccount": {"Ref": "AWS::AccountId"},
            "SourceArn": "arn:aws:events:eu-west-1:123456789012:rule/r",
        },
    }

    stack = build(LAMBDA | {"May": permission})

    policy = json.loads(
        client("lambda").get_policy(FunctionName=stack.resources["One"].physical_id)["Policy"]
    )
    [statement] = policy["Statement"]
    assert statement["Sid"] == stack.resources["May"].physical_id
    assert statement["Principal"] == {"Service": "events.amazonaws.com"}
    assert statement["Condition"] == {
        "ArnLike": {"AWS:SourceArn": "arn:aws:events:eu-west-1:123456789012:rule/r"},
        "StringEquals": {"AWS:SourceAccount": ACCOUNT},
    }


def test_what_becomes_of_failed_events_is_kept():
    config = {
        "Type": "AWS::Lambda::EventInvokeConfig",
        "Properties": {
            "DestinationConfig": {"OnFailure": {"Destination": QUEUE_ARN}},
            "FunctionName": {"Ref": "One"},
            "MaximumEventAgeInSeconds": 3600,
            "MaximumRetryAttempts": 0,
            "Qualifier": "$LATEST",
        },
    }

    stack = build(LAMBDA | {"Queue": QUEUE, "Fails": config})

    name = stack.resources["One"].physical_id
    kept = client("lambda").get_function_event_invoke_config(FunctionName=name)
    assert (kept["MaximumRetryAttempts"], kept["MaximumEventAgeInSeconds"]) == (0, 3600)
    assert kept["DestinationConfig"]["OnFailure"]["Destination"] == stack.resources["Queue"].attributes["Arn"]


def test_a_function_reads_a_queue():
    mapping = {
        "Type": "AWS::Lambda::EventSourceMapping",
        "Properties": {
            "BatchSize": 5,
            "Enabled": True,
            "EventSourceArn": QUEUE_ARN,
            "FunctionName": {"Ref": "One"},
            "FunctionResponseTypes": ["ReportBatchItemFailures"],
            "MaximumBatchingWindowInSeconds": 1,
        },
    }

    stack = build(LAMBDA | {"Queue": QUEUE, "Reads": mapping})

    kept = client("lambda").get_event_source_mapping(UUID=stack.resources["Reads"].physical_id)
    assert kept["EventSourceArn"] == stack.resources["Queue"].attributes["Arn"]
    assert kept["FunctionArn"] == stack.resources["One"].attributes["Arn"]
    assert kept["BatchSize"] == 5
    assert stack.resources["Reads"].properties["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


# --- AWS::IAM


@pytest.mark.slow
def test_a_role_has_its_policies_and_attachments():
    properties = {
        "AssumeRolePolicyDocument": trust("lambda"),
        "Description": "looks",
        "ManagedPolicyArns": [
            "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole",
            {"Ref": "Shared"},
        ],
        "MaxSessionDuration": 7200,
        "Path": "/watch/",
        "Policies": [{"PolicyName": "p", "PolicyDocument": allow("s3:GetObject")}],
        "RoleName": "looker",
    }
    shared = {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": allow("sqs:SendMessage")}}

    stack = build({"Shared": shared, "One": {"Type": "AWS::IAM::Role", "Properties": properties}})

    iam = client("iam")
    found = iam.get_role(RoleName="looker")["Role"]
    assert stack.resources["One"].physical_id == "looker"
    assert stack.resources["One"].attributes == {"Arn": found["Arn"], "RoleId": found["RoleId"]}
    assert found["Arn"] == f"arn:aws:iam::{ACCOUNT}:role/watch/looker"
    assert (found["Description"], found["MaxSessionDuration"]) == ("looks", 7200)
    assert found["AssumeRolePolicyDocument"] == trust("lambda")
    assert iam.list_role_policies(RoleName="looker")["PolicyNames"] == ["p", "AWSLambdaBasicExecutionRole"]
    [attached] = iam.list_attached_role_policies(RoleName="looker")["AttachedPolicies"]
    assert attached["PolicyArn"] == stack.resources["Shared"].physical_id


def test_a_policy_is_put_into_its_roles():
    properties = {"PolicyName": "more", "PolicyDocument": allow("s3:GetObject"), "Roles": [{"Ref": "Role"}]}

    stack = build({"Role": role(), **one("AWS::IAM::Policy", **properties)})

    name = stack.resources["Role"].physical_id
    found = client("iam").get_role_policy(RoleName=name, PolicyName="more")
    assert found["PolicyDocument"] == allow("s3:GetObject")


def test_a_managed_policy_is_attached_to_its_roles():
    properties = {
        "Description": "d",
        "ManagedPolicyName": "shared",
        "Path": "/watch/",
        "PolicyDocument": allow("s3:GetObject"),
        "Roles": [{"Ref": "Role"}],
    }

    stack = build({"Role": role(), **one("AWS::IAM::ManagedPolicy", **properties)})

    arn = f"arn:aws:iam::{ACCOUNT}:policy/watch/shared"
    attached = client("iam").list_attached_role_policies(RoleName=stack.resources["Role"].physical_id)
    assert stack.resources["One"].physical_id == stack.resources["One"].attributes["PolicyArn"] == arn
    assert attached["AttachedPolicies"] == [{"PolicyName": "shared", "PolicyArn": arn}]


# --- AWS::Events


@pytest.mark.slow
def test_a_rule_has_its_pattern_and_targets():
    target = {
        "Arn": QUEUE_ARN,
        "DeadLetterConfig": {"Arn": QUEUE_ARN},
        "Id": "queue",
        "InputTransformer": {"InputPathsMap": {"who": "$.detail.who"}, "InputTemplate": '"<who>"'},
        "RetryPolicy": {"MaximumEventAgeInSeconds": 600, "MaximumRetryAttempts": 3},
        "RoleArn": {"Fn::GetAtt": ["Role", "Arn"]},
    }
    properties = {
        "Description": "d",
        "EventBusName": {"Ref": "Bus"},
        "EventPattern": {"source": ["aws.signin"]},
        "Name": "signed-in",
        "RoleArn": {"Fn::GetAtt": ["Role", "Arn"]},
        "State": "DISABLED",
        "Targets": [target],
    }
    bus = {"Type": "AWS::Events::EventBus", "Properties": {"Name": "security"}}

    stack = build(
        {"Queue": QUEUE, "Role": role("events"), "Bus": bus, **one("AWS::Events::Rule", **properties)}
    )

    events = client("events")
    found = events.describe_rule(Name="signed-in", EventBusName="security")
    queue, assumed = (stack.resources[name].attributes["Arn"] for name in ("Queue", "Role"))
    assert stack.resources["One"].physical_id == "security|signed-in"
    assert stack.resources["One"].attributes["Arn"] == found["Arn"]
    assert json.loads(found["EventPattern"]) == {"source": ["aws.signin"]}
    assert (found["State"], found["Description"], found["RoleArn"]) == ("DISABLED", "d", assumed)
    [kept] = events.list_targets_by_rule(Rule="signed-in", EventBusName="security")["Targets"]
    assert kept == target | {"Arn": queue, "DeadLetterConfig": {"Arn": queue}, "RoleArn": assumed}


@pytest.mark.parametrize("constant", [{"Input": "{}"}, {"InputPath": "$.detail"}])
def test_a_schedule_may_send_something_else_than_its_event(constant):
    properties = {
        "ScheduleExpression": "rate(1 hour)",
        "Targets": [{"Arn": QUEUE_ARN, "Id": "q", **constant}],
    }

    stack = build({"Queue": QUEUE, **one("AWS::Events::Rule", **properties)})

    events = client("events")
    name = stack.resources["One"].physical_id
    assert events.describe_rule(Name=name)["ScheduleExpression"] == "rate(1 hour)"
    [kept] = events.list_targets_by_rule(Rule=name)["Targets"]
    assert constant.items() <= kept.items()


def test_a_bus_has_the_policy_of_all_its_policies():
    first = {
        "EventBusName": {"Ref": "One"},
        "StatementId": "a",
        "Action": "events:PutEvents",
        "Principal": "*",
    }
    own = {
        "Effect": "Allow",
        "Principal": {"AWS": "111122223333"},
        "Action": "events:PutEvents",
        "Resource": "*",
    }
    second = {"EventBusName": {"Ref": "One"}, "StatementId": "b", "Statement": own}

    stack = build(
        {
            **one("AWS::Events::EventBus", Name="security"),
            "A": {"Type": "AWS::Events::EventBusPolicy", "Properties": first},
            "B": {"Type": "AWS::Events::EventBusPolicy", "Properties": second},
        }
    )

    found = client("events").describe_event_bus(Name="security")
    assert stack.resources["One"].attributes == {"Arn": found["Arn"], "Name": "security"}
    assert [statement["Sid"] for statement in json.loads(found["Policy"])["Statement"]] == ["a", "b"]


# --- AWS::Logs


@pytest.mark.slow
def test_a_log_group_forgets_after_its_retention():
    properties = {
        "KmsKeyId": {"Fn::GetAtt": ["Key", "Arn"]},
        "LogGroupClass": "STANDARD",
        "LogGroupName": "/watch",
        "RetentionInDays": 30,
    }

    lets_logs = {"Effect": "Allow", "Principal": {"Service": f"logs.{REGION}.amazonaws.com"}}
    root = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}}
    policy = {
        "Version": "2012-10-17",
        "Statement": [{**each, "Action": "kms:*", "Resource": "*"} for each in (root, lets_logs)],
    }
    key = {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": policy}}
    stack = build({"Key": key, **one("AWS::Logs::LogGroup", **properties)})

    [found] = client("logs").describe_log_groups()["logGroups"]
    assert (found["logGroupName"], found["retentionInDays"]) == ("/watch", 30)
    assert found["kmsKeyId"] == stack.resources["Key"].attributes["Arn"]
    assert stack.resources["One"].physical_id == "/watch"
    assert stack.resources["One"].attributes == {"Arn": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/watch:*"}


MAY_LOG = {
    "Type": "AWS::Lambda::Permission",
    "Properties": {
        "Action": "lambda:InvokeFunction",
        "FunctionName": {"Ref": "One"},
        "Principal": "logs.amazonaws.com",
        "SourceArn": {"Fn::GetAtt": ["Group", "Arn"]},
    },
}
SUBSCRIPTION = {
    "Type": "AWS::Logs::SubscriptionFilter",
    "DependsOn": "May",
    "Properties": {
        "DestinationArn": {"Fn::GetAtt": ["One", "Arn"]},
        "Distribution": "ByLogStream",
        "FilterName": "failures",
        "FilterPattern": "Failed",
        "LogGroupName": {"Ref": "Group"},
    },
}


def test_a_subscription_filter_sends_to_a_function_that_accepts_it():
    stack = build(LAMBDA | {"Group": GROUP, "May": MAY_LOG, "Filter": SUBSCRIPTION})

    group = stack.resources["Group"].physical_id
    [found] = client("logs").describe_subscription_filters(logGroupName=group)["subscriptionFilters"]
    assert (found["filterName"], found["filterPattern"]) == ("failures", "Failed")
    assert found["destinationArn"] == stack.resources["One"].attributes["Arn"]


@pytest.mark.parametrize(
    "resources",
    [
        pytest.param(
            {"Filter": SUBSCRIPTION | {"DependsOn": []}, "May": MAY_LOG}, id="nothing waits for the grant"
        ),
        pytest.param({"Filter": SUBSCRIPTION | {"DependsOn": []}}, id="no grant"),
        pytest.param(
            {
                "Filter": SUBSCRIPTION,
                "May": {**MAY_LOG, "Properties": MAY_LOG["Properties"] | {"Principal": "sns.amazonaws.com"}},
            },
            id="a grant for somebody else",
        ),
        pytest.param(
            {
                "Filter": SUBSCRIPTION,
                "May": {
                    **MAY_LOG,
                    "Properties": MAY_LOG["Properties"]
                    | {"SourceArn": "arn:aws:logs:eu-west-1:123456789012:log-group:other:*"},
                },
            },
            id="a grant for another group",
        ),
    ],
)
def test_a_subscription_filter_fails_when_the_function_does_not_accept_it(resources):
    with pytest.raises(InvalidTemplate, match=r"Filter .*: Could not execute the lambda function"):
        build(LAMBDA | {"Group": GROUP} | resources)


def test_a_metric_filter_counts():
    transformation = {
        "Dimensions": [{"Key": "Who", "Value": "$.user"}],
        "MetricName": "Failures",
        "MetricNamespace": "Watch",
        "MetricValue": "1",
        "Unit": "Count",
    }
    properties = {
        "FilterName": "failures",
        "FilterPattern": "{ $.eventName = ConsoleLogin }",
        "LogGroupName": {"Ref": "Group"},
        "MetricTransformations": [transformation],
    }

    build({"Group": GROUP, **one("AWS::Logs::MetricFilter", **properties)})

    [found] = client("logs").describe_metric_filters()["metricFilters"]
    assert found["filterPattern"] == "{ $.eventName = ConsoleLogin }"
    assert found["metricTransformations"] == [
        {
            "dimensions": {"Who": "$.user"},
            "metricName": "Failures",
            "metricNamespace": "Watch",
            "metricValue": "1",
            "unit": "Count",
        }
    ]


def test_services_may_write_to_logs_by_resource_policy():
    document = allow("logs:PutLogEvents", service="events")

    build(one("AWS::Logs::ResourcePolicy", PolicyName="p", PolicyDocument=document))

    [found] = client("logs").describe_resource_policies()["resourcePolicies"]
    assert json.loads(found["policyDocument"]) == document


# --- AWS::CloudWatch


def test_an_alarm_is_as_its_properties_say():
    properties = {
        "ActionsEnabled": True,
        "AlarmActions": [{"Ref": "Topic"}],
        "AlarmDescription": "d",
        "AlarmName": "failures",
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "DatapointsToAlarm": 1,
        "Dimensions": [{"Name": "Who", "Value": "x"}],
        "EvaluationPeriods": 2,
        "InsufficientDataActions": [{"Ref": "Topic"}],
        "MetricName": "Failures",
        "Namespace": "Watch",
        "OKActions": [{"Ref": "Topic"}],
        "Period": 300,
        "Statistic": "Sum",
        "Threshold": 3.0,
        "TreatMissingData": "notBreaching",
        "Unit": "Count",
    }

    stack = build({"Topic": TOPIC, **one("AWS::CloudWatch::Alarm", **properties)})

    [found] = client("cloudwatch").describe_alarms()["MetricAlarms"]
    topic = [stack.resources["Topic"].physical_id]
    actions = {"AlarmActions": topic, "InsufficientDataActions": topic, "OKActions": topic}
    assert {name: found[name] for name in properties} == properties | actions
    assert stack.resources["One"].attributes == {"Arn": found["AlarmArn"]}


def test_a_composite_alarm_must_have_a_rule_that_is_one():
    with pytest.raises(InvalidTemplate, match=r"One .*: Error in AlarmRule .* at char 7"):
        build(one("AWS::CloudWatch::CompositeAlarm", AlarmRule="ALARM(a"))


# --- AWS::SNS


@pytest.mark.slow
def test_a_topic_has_its_key_policy_and_subscriptions():
    document = allow("sns:Publish", service="cloudwatch")
    properties = {
        "DisplayName": "Alerts",
        "KmsMasterKeyId": {"Ref": "Key"},
        "Subscription": [{"Protocol": "email", "Endpoint": "oncall@example.com"}],
        "TopicName": "alerts",
    }
    policy = {
        "Type": "AWS::SNS::TopicPolicy",
        "Properties": {"Topics": [{"Ref": "One"}], "PolicyDocument": document},
    }

    stack = build({"Key": KEY, **one("AWS::SNS::Topic", **properties), "Policy": policy})

    arn = f"arn:aws:sns:{REGION}:{ACCOUNT}:alerts"
    attributes = client("sns").get_topic_attributes(TopicArn=arn)["Attributes"]
    [subscription] = client("sns").list_subscriptions()["Subscriptions"]
    assert stack.resources["One"].physical_id == arn
    assert stack.resources["One"].attributes == {"TopicArn": arn, "TopicName": "alerts"}
    assert attributes["DisplayName"] == "Alerts"
    assert attributes["KmsMasterKeyId"] == stack.resources["Key"].physical_id
    assert json.loads(attributes["Policy"]) == document
    assert (subscription["Protocol"], subscription["Endpoint"]) == ("email", "oncall@example.com")


def test_a_subscription_has_its_filter_and_dead_letters():
    properties = {
        "Endpoint": QUEUE_ARN,
        "FilterPolicy": {"severity": ["high"]},
        "FilterPolicyScope": "MessageBody",
        "Protocol": "sqs",
        "RawMessageDelivery": True,
        "RedrivePolicy": {"deadLetterTargetArn": QUEUE_ARN},
        "TopicArn": {"Ref": "Topic"},
    }

    stack = build({"Queue": QUEUE, "Topic": TOPIC, **one("AWS::SNS::Subscription", **properties)})

    arn = stack.resources["One"].physical_id
    found = client("sns").get_subscription_attributes(SubscriptionArn=arn)["Attributes"]
    queue = stack.resources["Queue"].attributes["Arn"]
    assert stack.resources["One"].attributes == {"Arn": arn}
    assert (found["Endpoint"], found["Protocol"], found["RawMessageDelivery"]) == (queue, "sqs", "true")
    assert json.loads(found["FilterPolicy"]) == {"severity": ["high"]}
    assert found["FilterPolicyScope"] == "MessageBody"
    assert json.loads(found["RedrivePolicy"]) == {"deadLetterTargetArn": queue}


# --- AWS::SQS


@pytest.mark.slow
def test_a_queue_is_as_its_properties_say():
    properties = {
        "DelaySeconds": 1,
        "KmsDataKeyReusePeriodSeconds": 600,
        "KmsMasterKeyId": {"Ref": "Key"},
        "MaximumMessageSize": 2048,
        "MessageRetentionPeriod": 1209600,
        "QueueName": "later",
        "ReceiveMessageWaitTimeSeconds": 2,
        "RedrivePolicy": {"deadLetterTargetArn": QUEUE_ARN, "maxReceiveCount": 3},
        "VisibilityTimeout": 300,
    }
    document = allow("sqs:SendMessage", service="events")
    policy = {
        "Type": "AWS::SQS::QueuePolicy",
        "Properties": {"Queues": [{"Ref": "One"}], "PolicyDocument": document},
    }

    stack = build({"Queue": QUEUE, "Key": KEY, **one("AWS::SQS::Queue", **properties), "Policy": policy})

    url = client("sqs").get_queue_url(QueueName="later")["QueueUrl"]
    found = client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert stack.resources["One"].physical_id == url
    assert stack.resources["One"].attributes == {
        "Arn": found["QueueArn"],
        "QueueName": "later",
        "QueueUrl": url,
    }
    assert {
        name: found[name] for name in ("DelaySeconds", "MessageRetentionPeriod", "VisibilityTimeout")
    } == {
        "DelaySeconds": "1",
        "MessageRetentionPeriod": "1209600",
        "VisibilityTimeout": "300",
    }
    assert (found["MaximumMessageSize"], found["ReceiveMessageWaitTimeSeconds"]) == ("2048", "2")
    assert found["KmsMasterKeyId"] == stack.resources["Key"].physical_id
    assert found["KmsDataKeyReusePeriodSeconds"] == "600"
    assert json.loads(found["RedrivePolicy"]) == {
        "deadLetterTargetArn": stack.resources["Queue"].attributes["Arn"],
        "maxReceiveCount": 3,
    }
    assert json.loads(found["Policy"]) == document


def test_a_queue_may_be_encrypted_by_sqs():
    stack = build(one("AWS::SQS::Queue", SqsManagedSseEnabled=True))

    url = stack.resources["One"].physical_id
    found = client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["SqsManagedSseEnabled"])
    assert found["Attributes"] == {"SqsManagedSseEnabled": "true"}


# --- AWS::DynamoDB


@pytest.mark.slow
def test_a_table_is_as_its_properties_say():
    key = [{"AttributeName": "id", "KeyType": "HASH"}]
    properties = {
        "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in ("id", "who")],
        "BillingMode": "PAY_PER_REQUEST",
        "DeletionProtectionEnabled": True,
        "GlobalSecondaryIndexes": [
            {
                "IndexName": "by-who",
                "KeySchema": [{"AttributeName": "who", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["when"]},
            }
        ],
        "KeySchema": key,
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
        "SSESpecification": {"SSEEnabled": True, "SSEType": "KMS", "KMSMasterKeyId": {"Ref": "Key"}},
        "TableName": "ledger",
        "TimeToLiveSpecification": {"AttributeName": "expires", "Enabled": True},
    }

    stack = build({"Key": KEY, **one("AWS::DynamoDB::Table", **properties)})

    dynamodb = client("dynamodb")
    found = dynamodb.describe_table(TableName="ledger")["Table"]
    [index] = found["GlobalSecondaryIndexes"]
    expiry = dynamodb.describe_time_to_live(TableName="ledger")["TimeToLiveDescription"]
    backups = dynamodb.describe_continuous_backups(TableName="ledger")["ContinuousBackupsDescription"]
    assert stack.resources["One"].physical_id == "ledger"
    assert stack.resources["One"].attributes == {"Arn": found["TableArn"]}
    assert found["KeySchema"] == key
    assert found["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert found["DeletionProtectionEnabled"] is True
    assert found["SSEDescription"]["Status"] == "ENABLED"
    assert index["IndexName"] == "by-who"
    assert index["Projection"] == {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["when"]}
    assert expiry == {"AttributeName": "expires", "TimeToLiveStatus": "ENABLED"}
    assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"


# --- AWS::S3


@pytest.mark.slow
def test_a_bucket_is_as_its_properties_say():
    everything = dict.fromkeys(
        ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"), True
    )
    properties = {
        "BucketEncryption": {
            "ServerSideEncryptionConfiguration": [
                {
                    "BucketKeyEnabled": True,
                    "ServerSideEncryptionByDefault": {
                        "KMSMasterKeyID": {"Ref": "Key"},
                        "SSEAlgorithm": "aws:kms",
                    },
                }
            ]
        },
        "BucketName": "watch-trail",
        "LifecycleConfiguration": {
            "Rules": [
                {
                    "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1},
                    "ExpirationInDays": 400,
                    "Id": "old",
                    "NoncurrentVersionExpiration": {"NoncurrentDays": 30},
                    "Prefix": "AWSLogs/",
                    "Status": "Enabled",
                    "Transitions": [{"StorageClass": "GLACIER", "TransitionInDays": 90}],
                }
            ]
        },
        "NotificationConfiguration": {"EventBridgeConfiguration": {"EventBridgeEnabled": True}},
        "ObjectLockConfiguration": {
            "ObjectLockEnabled": "Enabled",
            "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 7}},
        },
        "ObjectLockEnabled": True,
        "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerPreferred"}]},
        "PublicAccessBlockConfiguration": everything,
        "VersioningConfiguration": {"Status": "Enabled"},
    }
    document = allow("s3:PutObject", "arn:aws:s3:::watch-trail/*", service="cloudtrail")
    policy = {
        "Type": "AWS::S3::BucketPolicy",
        "Properties": {"Bucket": {"Ref": "One"}, "PolicyDocument": document},
    }

    stack = build({"Key": KEY, **one("AWS::S3::Bucket", **properties), "Policy": policy})

    s3 = client("s3")
    on = {"Bucket": "watch-trail"}
    [encryption] = s3.get_bucket_encryption(**on)["ServerSideEncryptionConfiguration"]["Rules"]
    [rule] = s3.get_bucket_lifecycle_configuration(**on)["Rules"]
    assert stack.resources["One"].attributes["Arn"] == "arn:aws:s3:::watch-trail"
    assert stack.resources["One"].attributes["DomainName"] == "watch-trail.s3.amazonaws.com"
    assert s3.get_bucket_location(**on)["LocationConstraint"] == REGION
    assert encryption["ApplyServerSideEncryptionByDefault"] == {
        "KMSMasterKeyID": stack.resources["Key"].physical_id,
        "SSEAlgorithm": "aws:kms",
    }
    assert rule == {
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1},
        "Expiration": {"Days": 400},
        "Filter": {"Prefix": "AWSLogs/"},
        "ID": "old",
        "NoncurrentVersionExpiration": {"NoncurrentDays": 30},
        "Status": "Enabled",
        "Transitions": [{"Days": 90, "StorageClass": "GLACIER"}],
    }
    assert (
        get_backend("s3")[ACCOUNT]["aws"].buckets["watch-trail"].notification_configuration.event_bridge == {}
    )
    lock = s3.get_object_lock_configuration(**on)["ObjectLockConfiguration"]["Rule"]["DefaultRetention"]
    assert (lock["Mode"], lock["Days"]) == ("GOVERNANCE", 7)
    assert s3.get_bucket_ownership_controls(**on)["OwnershipControls"] == properties["OwnershipControls"]
    assert s3.get_public_access_block(**on)["PublicAccessBlockConfiguration"] == everything
    assert s3.get_bucket_versioning(**on)["Status"] == "Enabled"
    assert json.loads(s3.get_bucket_policy(**on)["Policy"]) == document


@pytest.mark.slow
def test_a_bucket_that_says_nothing_is_closed_to_the_public():
    stack = build({"One": BUCKET}, region="us-east-1")

    name = stack.resources["One"].physical_id
    blocked = client("s3").get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"]
    assert name == name.lower()
    assert all(blocked.values())


# --- AWS::CloudTrail


def trail(**properties):
    given = {"IsLogging": True, "S3BucketName": {"Ref": "Bucket"}, "TrailName": "audit"}
    return {"Type": "AWS::CloudTrail::Trail", "DependsOn": "Policy", "Properties": given | properties}


def bucket_policy(*actions, **more):
    document = allow(list(actions), "*", service="cloudtrail", **more)
    return {
        "Type": "AWS::S3::BucketPolicy",
        "Properties": {"Bucket": {"Ref": "Bucket"}, "PolicyDocument": document},
    }


CLOUDTRAIL_WRITES = bucket_policy("s3:GetBucketAcl", "s3:PutObject")
EVERYBODY = {
    "Effect": "Allow",
    "Principal": {"AWS": {"Fn::Sub": "arn:aws:iam::${AWS::AccountId}:root"}},
    "Action": "kms:*",
    "Resource": "*",
}
ENCRYPTS = {
    "Effect": "Allow",
    "Principal": {"Service": "cloudtrail.amazonaws.com"},
    "Action": "kms:GenerateDataKey*",
    "Resource": "*",
    "Condition": {
        "StringLike": {"kms:EncryptionContext:aws:cloudtrail:arn": "arn:aws:cloudtrail:*:*:trail/*"}
    },
}
TRAIL_KEY = {
    "Type": "AWS::KMS::Key",
    "Properties": {"KeyPolicy": {"Version": "2012-10-17", "Statement": [EVERYBODY, ENCRYPTS]}},
}


@pytest.mark.slow
def test_a_trail_is_as_its_properties_say():
    properties = {
        "CloudWatchLogsLogGroupArn": {"Fn::GetAtt": ["Group", "Arn"]},
        "CloudWatchLogsRoleArn": {"Fn::GetAtt": ["Role", "Arn"]},
        "EnableLogFileValidation": True,
        "EventSelectors": [
            {
                "DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3"]}],
                "IncludeManagementEvents": True,
                "ReadWriteType": "All",
            }
        ],
        "IncludeGlobalServiceEvents": True,
        "IsMultiRegionTrail": True,
        "KMSKeyId": {"Fn::GetAtt": ["Key", "Arn"]},
        "S3KeyPrefix": "trail",
        "SnsTopicName": {"Fn::GetAtt": ["Topic", "TopicName"]},
    }
    topic_policy = {
        "Type": "AWS::SNS::TopicPolicy",
        "Properties": {
            "Topics": [{"Ref": "Topic"}],
            "PolicyDocument": allow("sns:Publish", service="cloudtrail"),
        },
    }

    stack = build(
        {
            "Bucket": BUCKET,
            "Group": GROUP,
            "Key": TRAIL_KEY,
            "Policy": CLOUDTRAIL_WRITES,
            "Role": role("cloudtrail", allow(["logs:CreateLogStream", "logs:PutLogEvents"])),
            "Topic": TOPIC,
            "TopicPolicy": topic_policy,
            "One": trail(**properties) | {"DependsOn": ["Policy", "TopicPolicy"]},
        }
    )

    cloudtrail = client("cloudtrail")
    found = cloudtrail.get_trail(Name="audit")["Trail"]
    made = stack.resources
    assert made["One"].attributes == {"Arn": found["TrailARN"], "SnsTopicArn": made["Topic"].physical_id}
    assert found["S3BucketName"] == made["Bucket"].physical_id
    assert found["CloudWatchLogsLogGroupArn"] == made["Group"].attributes["Arn"]
    assert found["CloudWatchLogsRoleArn"] == made["Role"].attributes["Arn"]
    assert found["KmsKeyId"] == made["Key"].attributes["Arn"]
    assert found["S3KeyPrefix"] == "trail"
    assert found["SnsTopicName"] == made["Topic"].attributes["TopicName"]
    assert found["LogFileValidationEnabled"]
    assert found["IncludeGlobalServiceEvents"]
    assert found["IsMultiRegionTrail"]
    assert cloudtrail.get_trail_status(Name="audit")["IsLogging"]
    [selector] = cloudtrail.get_event_selectors(TrailName="audit")["EventSelectors"]
    assert selector["DataResources"] == [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3"]}]


@pytest.mark.parametrize(
    ("resources", "says"),
    [
        pytest.param(
            {"One": trail() | {"DependsOn": []}}, "there is none yet", id="nothing waits for the policy"
        ),
        pytest.param({"Policy": bucket_policy("s3:PutObject")}, "s3:GetBucketAcl", id="may not look"),
        pytest.param({"Policy": bucket_policy("s3:GetBucketAcl")}, "s3:PutObject", id="may not write"),
        pytest.param(
            {
                "Policy": bucket_policy(
                    "s3:GetBucketAcl",
                    "s3:PutObject",
                    Condition={
                        "StringEquals": {"aws:SourceArn": "arn:aws:cloudtrail:eu-west-1:1:trail/other"}
                    },
                )
            },
            "Incorrect S3 bucket policy",
            id="for another trail",
        ),
        pytest.param(
            {"One": trail(CloudWatchLogsLogGroupArn={"Fn::GetAtt": ["Group", "Arn"]}), "Group": GROUP},
            "come together",
            id="a log group without a role",
        ),
        pytest.param(
            {
                "One": trail(
                    CloudWatchLogsLogGroupArn={"Fn::GetAtt": ["Group", "Arn"]},
                    CloudWatchLogsRoleArn={"Fn::GetAtt": ["Role", "Arn"]},
                ),
                "Group": GROUP,
                "Role": role("cloudtrail", allow("logs:CreateLogStream")),
            },
            "Access denied.*logs:PutLogEvents",
            id="a role that may not write",
        ),
        pytest.param(
            {"One": trail(IsMultiRegionTrail=True, IncludeGlobalServiceEvents=False)},
            "must include global service events",
            id="every region, but not the global services",
        ),
        pytest.param(
            {"One": trail(SnsTopicName={"Fn::GetAtt": ["Topic", "TopicName"]}), "Topic": TOPIC},
            "topic policy is incorrect",
            id="a topic it may not publish to",
        ),
    ],
)
def test_a_trail_that_cannot_write_is_refused(resources, says):
    with pytest.raises(InvalidTemplate, match=says):
        build({"Bucket": BUCKET, "Policy": CLOUDTRAIL_WRITES, "One": trail()} | resources)


# --- AWS::KMS, AWS::SSM, AWS::ApiGateway, AWS::EC2


@pytest.mark.slow
def test_a_key_turns_and_has_a_name():
    document = allow("kms:*", Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"})
    properties = {
        "Description": "d",
        "EnableKeyRotation": True,
        "Enabled": True,
        "KeyPolicy": document,
        "KeySpec": "SYMMETRIC_DEFAULT",
        "KeyUsage": "ENCRYPT_DECRYPT",
        "Origin": "AWS_KMS",
    }
    alias = {
        "Type": "AWS::KMS::Alias",
        "Properties": {"AliasName": "alias/watch", "TargetKeyId": {"Ref": "One"}},
    }

    stack = build({**one("AWS::KMS::Key", **properties), "Alias": alias})

    kms = client("kms")
    found = kms.describe_key(KeyId="alias/watch")["KeyMetadata"]
    assert stack.resources["One"].physical_id == found["KeyId"]
    assert stack.resources["One"].attributes == {"Arn": found["Arn"], "KeyId": found["KeyId"]}
    assert found["Description"] == "d"
    assert kms.get_key_rotation_status(KeyId=found["KeyId"])["KeyRotationEnabled"]
    assert json.loads(kms.get_key_policy(KeyId=found["KeyId"], PolicyName="default")["Policy"]) == document


@pytest.mark.slow
def test_a_key_may_be_for_macs():
    stack = build(one("AWS::KMS::Key", KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC"))

    found = client("kms").describe_key(KeyId=stack.resources["One"].physical_id)["KeyMetadata"]
    assert (found["KeySpec"], found["KeyUsage"]) == ("HMAC_256", "GENERATE_VERIFY_MAC")


def test_a_parameter_is_stored():
    properties = {"Name": "/watch/mode", "Type": "String", "Value": "observe", "Description": "d"}

    stack = build(one("AWS::SSM::Parameter", **properties))

    found = client("ssm").get_parameter(Name="/watch/mode")["Parameter"]
    assert (found["Value"], found["Type"]) == ("observe", "String")
    assert stack.resources["One"].attributes == {"Type": "String", "Value": "observe"}


@pytest.mark.slow
def test_a_security_group_is_open_as_it_says():
    properties = {
        "GroupDescription": "d",
        "GroupName": "web",
        "SecurityGroupEgress": [{"CidrIpv6": "::/0", "FromPort": 443, "IpProtocol": "tcp", "ToPort": 443}],
        "SecurityGroupIngress": [
            {"CidrIp": "10.0.0.0/8", "Description": "in", "FromPort": 22, "IpProtocol": "tcp", "ToPort": 22}
        ],
    }

    stack = build(one("AWS::EC2::SecurityGroup", **properties))

    group = stack.resources["One"].physical_id
    [found] = client("ec2").describe_security_groups(GroupIds=[group])["SecurityGroups"]
    [ingress], [egress] = found["IpPermissions"], found["IpPermissionsEgress"]
    assert (found["GroupName"], found["Description"], found["GroupId"]) == ("web", "d", group)
    assert ingress["IpRanges"] == [{"CidrIp": "10.0.0.0/8", "Description": "in"}]
    assert egress["Ipv6Ranges"] == [{"CidrIpv6": "::/0"}]


# --- a whole application

INVOKE = (
    "arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Look.Arn}/invocations"
)
SAM = {
    "Transform": "AWS::Serverless-2016-10-31",
    "Parameters": {"Stage": {"Type": "String", "AllowedValues": ["api", "dev"], "Default": "api"}},
    "Globals": {"Function": {"Environment": {"Variables": {"TOPIC": {"Ref": "Topic"}}}}},
    "Resources": {
        "Role": role("lambda", allow(["sqs:*", "logs:*"])),
        "Queue": QUEUE,
        "Topic": TOPIC,
        "Group": GROUP,
        "Look": {
            "Type": "AWS::Serverless::Function",
            "Properties": {
                "CodeUri": "./deployment.zip",
                "EventInvokeConfig": {
                    "DestinationConfig": {"OnFailure": {"Type": "SQS", "Destination": QUEUE_ARN}},
                    "MaximumRetryAttempts": 1,
                },
                "Events": {
                    "Lines": {
                        "Type": "CloudWatchLogs",
                        "Properties": {"LogGroupName": {"Ref": "Group"}, "FilterPattern": "Failed"},
                    },
                    "Signed": {
                        "Type": "EventBridgeRule",
                        "Properties": {
                            "DeadLetterConfig": {"Arn": QUEUE_ARN},
                            "Pattern": {"source": ["aws.signin"]},
                            "RetryPolicy": {"MaximumRetryAttempts": 5},
                        },
                    },
                    "Hourly": {"Type": "Schedule", "Properties": {"Schedule": "rate(1 hour)"}},
                },
                "Handler": "app.look",
                "Role": {"Fn::GetAtt": ["Role", "Arn"]},
                "Runtime": "python3.12",
                "Timeout": 50,
                "Tracing": "PassThrough",
            },
        },
        "Rest": {
            "Type": "AWS::Serverless::Api",
            "Properties": {
                "DefinitionBody": {
                    "swagger": "2.0",
                    "info": {"title": "watch", "version": "1.0"},
                    "paths": {
                        "/health": {
                            "get": {
                                "x-amazon-apigateway-integration": {
                                    "type": "aws_proxy",
                                    "uri": {"Fn::Sub": INVOKE},
                                }
                            }
                        }
                    },
                },
                "EndpointConfiguration": "EDGE",
                "StageName": {"Ref": "Stage"},
            },
        },
    },
    "Outputs": {
        "Url": {"Value": {"Fn::Sub": "https://${Rest}.execute-api.${AWS::Region}.${AWS::URLSuffix}/"}}
    },
}


@pytest.mark.slow
def test_a_packaged_application_stands_as_its_template_says():
    plain = translate(SAM, region=REGION)

    stack = build(plain.pop("Resources"), **plain)

    look = stack.resources["Look"]
    [schedule] = [
        rule for rule in stack.of_type("AWS::Events::Rule") if "ScheduleExpression" in rule.properties
    ]
    [config] = stack.of_type("AWS::Lambda::EventInvokeConfig")
    [api] = stack.of_type("AWS::ApiGateway::RestApi")
    integration = api.properties["Body"]["paths"]["/health"]["get"]["x-amazon-apigateway-integration"]
    assert schedule.properties["Targets"][0]["Arn"] == look.attributes["Arn"]
    assert config.properties["MaximumRetryAttempts"] == 1
    assert look.properties["Environment"]["Variables"]["TOPIC"] == stack.resources["Topic"].physical_id
    assert integration["uri"].endswith(f"{look.attributes['Arn']}/invocations")
    assert {stage.physical_id for stage in stack.of_type("AWS::ApiGateway::Stage")} == {"api"}
    assert stack.outputs == {"Url": f"https://{api.physical_id}.execute-api.{REGION}.amazonaws.com/"}
    assert stack.stack_id.startswith(f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/watch/")
    [lines] = client("logs").describe_subscription_filters(logGroupName=stack.resources["Group"].physical_id)[
        "subscriptionFilters"
    ]
    assert lines["destinationArn"] == look.attributes["Arn"]


@pytest.mark.slow
def test_the_same_template_gives_the_same_stack():
    plain = translate(SAM, region=REGION)
    resources = plain["Resources"] | {"Key": KEY, "Fire": {"Type": "AWS::SNS::Topic"}}
    resources["Tell"] = {
        "Type": "AWS::SNS::Subscription",
        "Properties": {"Endpoint": QUEUE_ARN, "Protocol": "sqs", "TopicArn": {"Ref": "Fire"}},
    }
    first = build(resources, Parameters=plain["Parameters"])

    BackendDict.reset()
    client("kms").create_key()  # whatever is created before draws no id away
    second = build(dict(reversed(resources.items())), Parameters=plain["Parameters"])

    assert first == second


_FRESH = """
import boto3, json
from moto import mock_aws
from moto.backends import get_backend
from moto.core.base_backend import BackendDict
from scenarios.cloud.cloudformation.provision import provision
from scenarios.cloud.services import REGISTRY
session = boto3.Session(aws_access_key_id="A", aws_secret_access_key="b", region_name="eu-west-1")
resources = {name: {"Type": kind} for name, kind in
             {"Key": "AWS::KMS::Key", "Queue": "AWS::SQS::Queue", "Bucket": "AWS::S3::Bucket"}.items()}
with mock_aws():
    stack = provision({"Resources": resources}, region="eu-west-1", account="123456789012", parameters={},
                      stack_name="watch", session=session, kinds=REGISTRY.kinds,
                      validators=REGISTRY.validators)
print(json.dumps([[r.physical_id, dict(r.attributes)] for r in stack.resources.values()]))
"""


@pytest.mark.slow
def test_a_fresh_process_agrees_on_every_id(capsys):
    """With this one, whose hash seed is another, as is what it did before."""
    exec(_FRESH, {})
    here = capsys.readouterr().out

    there = subprocess.run(
        [sys.executable, "-c", _FRESH],
        env=os.environ | {"PYTHONHASHSEED": "2", "TZ": "Pacific/Auckland"},
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )

    assert here == there.stdout
    assert "watch-Queue-" in here


@pytest.mark.parametrize("stack_name", ["watch", "a-very-long-name-of-a-stack-" * 4], ids=["short", "long"])
def test_names_are_stack_logical_id_and_suffix(stack_name):
    logical_id = "TheFunctionThatLooksAtSignIns"
    stack = build({"Role": role(), logical_id: function(), "Bucket": BUCKET}, stack_name=stack_name)

    name = stack.resources[logical_id].physical_id
    bucket = stack.resources["Bucket"].physical_id
    start, middle, suffix = name.rsplit("-", 2)
    assert len(name) <= 64
    assert len(bucket) <= 63
    assert stack_name.startswith(start)
    assert logical_id.startswith(middle)
    assert len(suffix) == 12


def test_two_stacks_share_no_names():
    first, second = (build({"One": QUEUE, "Two": TOPIC}, stack_name=name) for name in ("watch", "guard"))

    ids = [resource.physical_id for stack in (first, second) for resource in stack.resources.values()]
    assert len(set(ids)) == 4
