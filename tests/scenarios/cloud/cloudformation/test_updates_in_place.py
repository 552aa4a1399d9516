"""Each type that is changed in place: what the service then says of it."""

import json

import pytest

from scenarios.cloud.cloudformation.resources.only_stand import KINDS as ONLY_STAND
from scenarios.cloud.deployment import Deployment
from scenarios.cloud.functions.code import placeholder
from scenarios.cloud.services import REGISTRY
from scenarios.cloud.world import World
from tests.scenarios.cloud.firehose.stream_worlds import lake
from tests.scenarios.cloud.small_worlds import document, lets, may, role

NAME = "app"


def trusted_by(service):
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": f"{service}.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


TRUST = trusted_by("lambda")
ROLE = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": TRUST}}
QUEUE, TOPIC = {"Type": "AWS::SQS::Queue"}, {"Type": "AWS::SNS::Topic"}
GROUP = {"Type": "AWS::Logs::LogGroup"}
FUNCTION = {"Code": {"S3Bucket": "code", "S3Key": "k"}, "Handler": "app.f", "Runtime": "python3.12"}
R_ARN = {"Fn::GetAtt": ["R", "Arn"]}
ALL = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
SCHEDULED = {
    "FlexibleTimeWindow": {"Mode": "OFF"},
    "Target": {
        "Arn": {"Fn::Sub": "arn:aws:events:${AWS::Region}:${AWS::AccountId}:event-bus/default"},
        "EventBridgeParameters": {"DetailType": "tick", "Source": "clock"},
        "RoleArn": {"Fn::GetAtt": ["Scheduler", "Arn"]},
    },
}
SCHEDULER = {
    "Type": "AWS::IAM::Role",
    "Properties": {
        "AssumeRolePolicyDocument": trusted_by("scheduler"),
        "Policies": [
            {
                "PolicyName": "puts",
                "PolicyDocument": document(
                    {"Effect": "Allow", "Action": "events:PutEvents", "Resource": "*"}
                ),
            }
        ],
    },
}
METRIC = {"MetricNamespace": "N", "MetricName": "M", "MetricValue": "1"}
ALARM = {
    "ComparisonOperator": "GreaterThanThreshold",
    "EvaluationPeriods": 1,
    "MetricName": "M",
    "Namespace": "N",
    "Period": 60,
    "Statistic": "Sum",
}
TABLE = {
    "AttributeDefinitions": [{"AttributeName": "k", "AttributeType": "S"}],
    "BillingMode": "PAY_PER_REQUEST",
    "KeySchema": [{"AttributeName": "k", "KeyType": "HASH"}],
}


# Its policy is needed by the trail, which says so by the way that it names the bucket.
LOGS = {"Fn::Select": [0, [{"Ref": "Logs"}, {"Ref": "LogsPolicy"}]]}
LOGS_POLICY = {
    "Type": "AWS::S3::BucketPolicy",
    "Properties": {
        "Bucket": {"Ref": "Logs"},
        "PolicyDocument": document(
            {
                "Effect": "Allow",
                "Principal": {"Service": "cloudtrail.amazonaws.com"},
                "Action": ["s3:GetBucketAcl", "s3:PutObject"],
                "Resource": [
                    {"Fn::GetAtt": ["Logs", "Arn"]},
                    {"Fn::Join": ["", [{"Fn::GetAtt": ["Logs", "Arn"]}, "/*"]]},
                ],
            }
        ),
    },
}


CONFIG_ROLE = {"RoleARN": {"Fn::GetAtt": ["Config", "Arn"]}}
CONFIG = {
    "Type": "AWS::IAM::Role",
    "Properties": {
        "AssumeRolePolicyDocument": trusted_by("config"),
        "ManagedPolicyArns": ["arn:aws:iam::aws:policy/service-role/AWS_ConfigRole"],
        "Policies": [
            {
                "PolicyName": "writes",
                "PolicyDocument": document({**ALL, "Action": ["s3:PutObject", "s3:GetBucketAcl"]}),
            }
        ],
    },
}
RECORDER = {"Type": "AWS::Config::ConfigurationRecorder", "Properties": CONFIG_ROLE}
RULE = {
    "Type": "AWS::Config::ConfigRule",
    "DependsOn": ["Recorder"],
    "Properties": {"Source": {"Owner": "AWS", "SourceIdentifier": "ENCRYPTED_VOLUMES"}},
}
RECORDED = {"Config": CONFIG, "Recorder": RECORDER}


def encrypted(algorithm):
    rule = {"ServerSideEncryptionByDefault": {"SSEAlgorithm": algorithm}}
    return {"ServerSideEncryptionConfiguration": [rule]}


def remedies(document_name):
    return {"ConfigRuleName": {"Ref": "Rule"}, "TargetType": "SSM_DOCUMENT", "TargetId": document_name}


def of_bucket(client, ref):
    s3 = client("s3")
    try:
        expires = bool(s3.get_bucket_lifecycle_configuration(Bucket=ref)["Rules"])
    except s3.exceptions.ClientError:
        expires = False
    [rule] = s3.get_bucket_encryption(Bucket=ref)["ServerSideEncryptionConfiguration"]["Rules"]
    blocked = s3.get_public_access_block(Bucket=ref)["PublicAccessBlockConfiguration"]
    return (
        s3.get_bucket_versioning(Bucket=ref)["Status"],
        expires,
        rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"],
        "EventBridgeConfiguration" in s3.get_bucket_notification_configuration(Bucket=ref),
        blocked["BlockPublicPolicy"],
    )


def of_stream(client, ref):
    return client("kinesis").describe_stream_summary(StreamName=ref)["StreamDescriptionSummary"][
        "RetentionPeriodHours"
    ]


def of_trail(client, ref):
    cloudtrail = client("cloudtrail")
    [selector] = cloudtrail.get_event_selectors(TrailName=ref)["EventSelectors"]
    trail = cloudtrail.get_trail(Name=ref)["Trail"]
    logging = cloudtrail.get_trail_status(Name=ref)["IsLogging"]
    return logging, trail["LogFileValidationEnabled"], selector["ReadWriteType"]


def sleeps(seconds):
    """A runbook of one step."""
    step = {"name": "waits", "action": "aws:sleep", "inputs": {"Duration": f"PT{seconds}S"}}
    return {"schemaVersion": "0.3", "mainSteps": [step]}


def of_document(client, ref):
    return json.loads(client("ssm").get_document(Name=ref)["Content"])["mainSteps"][0]["inputs"]["Duration"]


def target(number):
    return {"Arn": {"Fn::GetAtt": ["Queue", "Arn"]}, "Id": str(number)}


def policy(action):
    return document({"Effect": "Allow", "Action": action, "Resource": "*"})


def inline(*names):
    return [{"PolicyName": name, "PolicyDocument": policy("s3:GetObject")} for name in names]


def of_role(client, ref):
    names = client("iam").list_role_policies(RoleName=ref)["PolicyNames"]
    return names, client("iam").get_role(RoleName=ref)["Role"].get("Description")


def sends(action):
    return document(lets("sns", action, resource="*"))


def queue_policy(client, _):
    [url] = client("sqs").list_queues()["QueueUrls"]
    told = client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])["Attributes"]
    return json.loads(told["Policy"])["Statement"][0]["Action"]


def topic_policy(client, _):
    [topic] = client("sns").list_topics()["Topics"]
    told = client("sns").get_topic_attributes(TopicArn=topic["TopicArn"])["Attributes"]
    return json.loads(told["Policy"])["Statement"][0]["Action"]


def of_function(client, ref):
    told = client("lambda").get_function_configuration(FunctionName=ref)
    reserved = client("lambda").get_function_concurrency(FunctionName=ref)
    return (
        told.get("Environment", {}).get("Variables", {}),
        told["Timeout"],
        reserved.get("ReservedConcurrentExecutions"),
    )


def of_table(client, ref):
    return client("dynamodb").describe_table(TableName=ref)["Table"]["DeletionProtectionEnabled"]


def of_key(client, ref):
    kms = client("kms")
    return kms.get_key_rotation_status(KeyId=ref)["KeyRotationEnabled"], kms.describe_key(KeyId=ref)[
        "KeyMetadata"
    ]["Enabled"]


def roles_with(client, name):
    iam = client("iam")
    roles = [role["RoleName"] for role in iam.list_roles()["Roles"]]
    return len([role for role in roles if name in iam.list_role_policies(RoleName=role)["PolicyNames"]])


# (type, other resources, properties before, properties after, how to read it, before, after)
BUS = {"Fn::Sub": "arn:aws:events:${AWS::Region}:${AWS::AccountId}:event-bus/default"}


def by_key(value):
    """A connection that authorises by this key."""
    parameters = {"ApiKeyAuthParameters": {"ApiKeyName": "X-Key", "ApiKeyValue": value}}
    return {"AuthorizationType": "API_KEY", "AuthParameters": parameters}


def sends_to(url):
    """An API destination there."""
    connection = {"Fn::GetAtt": ["C", "Arn"]}
    return {"ConnectionArn": connection, "HttpMethod": "POST", "InvocationEndpoint": url}


def of_connection(client, ref):
    told = client("events").describe_connection(Name=ref)
    secret = client("secretsmanager").get_secret_value(SecretId=told["SecretArn"])["SecretString"]
    return told.get("Description") or "", json.loads(secret)["api_key_value"]


def of_destination(client, ref):
    told = client("events").describe_api_destination(Name=ref)
    return told["InvocationEndpoint"], told.get("InvocationRateLimitPerSecond")


def of_archive(client, ref):
    told = client("events").describe_archive(ArchiveName=ref)
    pattern = json.loads(told.get("EventPattern") or "{}")
    return told["RetentionDays"], pattern.get("source", "")


def passes(result):
    state = {"Type": "Pass", "Result": result, "End": True}
    return json.dumps({"StartAt": "Only", "States": {"Only": state}})


def rotates(days):
    return {
        "SecretId": {"Ref": "Secret"},
        "RotationLambdaARN": {"Fn::GetAtt": ["Fn", "Arn"]},
        "RotationRules": {"AutomaticallyAfterDays": days},
        "RotateImmediatelyOnUpdate": False,
    }


def board(text):
    return json.dumps({"widgets": [{"type": "text", "properties": {"markdown": text}}]})


STREAM = {
    "Name": "all",
    "FirehoseArn": {"Fn::GetAtt": ["Lake", "Arn"]},
    "RoleArn": {"Fn::GetAtt": ["streams", "Arn"]},
}

ROWS = [
    (
        "AWS::CloudWatch::Alarm",
        {},
        {**ALARM, "Threshold": 1},
        {**ALARM, "Threshold": 5},
        lambda client, ref: client("cloudwatch").describe_alarms(AlarmNames=[ref])["MetricAlarms"][0][
            "Threshold"
        ],
        1.0,
        5.0,
    ),
    (
        "AWS::CloudWatch::Dashboard",
        {},
        {"DashboardName": "board", "DashboardBody": board("before")},
        {"DashboardName": "board", "DashboardBody": board("after")},
        lambda client, ref: json.loads(
            client("cloudwatch").get_dashboard(DashboardName=ref)["DashboardBody"]
        ),
        json.loads(board("before")),
        json.loads(board("after")),
    ),
    (
        "AWS::CloudWatch::MetricStream",
        {**lake(), **role("streams", "streams.metrics.cloudwatch", may(["firehose:PutRecord*"]))},
        {**STREAM, "OutputFormat": "json"},
        {**STREAM, "OutputFormat": "opentelemetry1.0"},
        lambda client, ref: client("cloudwatch").get_metric_stream(Name=ref)["OutputFormat"],
        "json",
        "opentelemetry1.0",
    ),
    (
        "AWS::Events::Rule",
        {"Queue": QUEUE},
        {"EventPattern": {"source": ["a"]}, "Targets": [target(1), target(2)]},
        {"EventPattern": {"source": ["b"]}, "Targets": [target(2)]},
        lambda client, ref: (
            client("events").describe_rule(Name=ref)["EventPattern"],
            [each["Id"] for each in client("events").list_targets_by_rule(Rule=ref)["Targets"]],
        ),
        ('{"source":["a"]}', ["1", "2"]),
        ('{"source":["b"]}', ["2"]),
    ),
    (
        "AWS::Logs::LogGroup",
        {},
        {"RetentionInDays": 7},
        {},
        lambda client, ref: (
            client("logs").describe_log_groups(logGroupNamePrefix=ref)["logGroups"][0].get("retentionInDays")
        ),
        7,
        None,
    ),
    (
        "AWS::Logs::MetricFilter",
        {"Group": GROUP},
        {"LogGroupName": {"Ref": "Group"}, "FilterPattern": "one", "MetricTransformations": [METRIC]},
        {"LogGroupName": {"Ref": "Group"}, "FilterPattern": "two", "MetricTransformations": [METRIC]},
        lambda client, _: [
            each["filterPattern"] for each in client("logs").describe_metric_filters()["metricFilters"]
        ],
        ["one"],
        ["two"],
    ),
    (
        "AWS::Logs::QueryDefinition",
        {},
        {"Name": "mine/refused", "QueryString": "fields a"},
        {"Name": "mine/refused", "QueryString": "fields b"},
        lambda client, ref: [
            (each["queryDefinitionId"] == ref, each["queryString"])
            for each in client("logs").describe_query_definitions()["queryDefinitions"]
        ],
        [(True, "fields a")],
        [(True, "fields b")],
    ),
    (
        "AWS::SNS::Topic",
        {},
        {"DisplayName": "old"},
        {"DisplayName": "new"},
        lambda client, ref: client("sns").get_topic_attributes(TopicArn=ref)["Attributes"]["DisplayName"],
        "old",
        "new",
    ),
    (
        "AWS::SNS::TopicPolicy",
        {"Topic": TOPIC},
        {"Topics": [{"Ref": "Topic"}], "PolicyDocument": sends("sns:Publish")},
        {"Topics": [{"Ref": "Topic"}], "PolicyDocument": sends("sns:Subscribe")},
        topic_policy,
        ["sns:Publish"],
        ["sns:Subscribe"],
    ),
    (
        "AWS::SQS::QueuePolicy",
        {"Queue": QUEUE},
        {"Queues": [{"Ref": "Queue"}], "PolicyDocument": sends("sqs:SendMessage")},
        {"Queues": [{"Ref": "Queue"}], "PolicyDocument": sends("sqs:ReceiveMessage")},
        queue_policy,
        ["sqs:SendMessage"],
        ["sqs:ReceiveMessage"],
    ),
    (
        "AWS::IAM::Role",
        {},
        {"AssumeRolePolicyDocument": TRUST, "Policies": inline("a", "b"), "Description": "old"},
        {"AssumeRolePolicyDocument": TRUST, "Policies": inline("b", "c"), "Description": "new"},
        of_role,
        (["a", "b"], "old"),
        (["b", "c"], "new"),
    ),
    (
        "AWS::IAM::Policy",
        {"A": ROLE, "B": ROLE},
        {"PolicyName": "p", "PolicyDocument": policy("s3:GetObject"), "Roles": [{"Ref": "A"}, {"Ref": "B"}]},
        {"PolicyName": "q", "PolicyDocument": policy("s3:GetObject"), "Roles": [{"Ref": "B"}]},
        lambda client, _: (roles_with(client, "p"), roles_with(client, "q")),
        (2, 0),
        (0, 1),
    ),
    (
        "AWS::Scheduler::Schedule",
        {"Queue": QUEUE, "Scheduler": SCHEDULER},
        {**SCHEDULED, "ScheduleExpression": "rate(1 hour)"},
        {**SCHEDULED, "ScheduleExpression": "rate(2 hours)"},
        lambda client, ref: client("scheduler").get_schedule(Name=ref)["ScheduleExpression"],
        "rate(1 hour)",
        "rate(2 hours)",
    ),
    (
        "AWS::IoT::TopicRule",
        {},
        {"TopicRulePayload": {"Sql": "SELECT * FROM 'a'", "Actions": []}},
        {"TopicRulePayload": {"Sql": "SELECT * FROM 'b'", "Actions": []}},
        lambda client, ref: client("iot").get_topic_rule(ruleName=ref)["rule"]["sql"],
        "SELECT * FROM 'a'",
        "SELECT * FROM 'b'",
    ),
    (
        "AWS::Lambda::Url",
        {
            "Fn": {
                "Type": "AWS::Lambda::Function",
                "Properties": {**FUNCTION, "Role": {"Fn::GetAtt": ["R", "Arn"]}},
            },
            "R": ROLE,
        },
        {"TargetFunctionArn": {"Ref": "Fn"}, "AuthType": "AWS_IAM"},
        {"TargetFunctionArn": {"Ref": "Fn"}, "AuthType": "NONE"},
        lambda client, ref: client("lambda").get_function_url_config(FunctionName=ref)["AuthType"],
        "AWS_IAM",
        "NONE",
    ),
    (
        "AWS::SSM::Parameter",
        {},
        {"Type": "String", "Value": "old"},
        {"Type": "String", "Value": "new"},
        lambda client, ref: client("ssm").get_parameter(Name=ref)["Parameter"]["Value"],
        "old",
        "new",
    ),
    (
        "AWS::DynamoDB::Table",
        {},
        {**TABLE, "DeletionProtectionEnabled": True},
        TABLE,
        of_table,
        True,
        False,
    ),
    (
        "AWS::Lambda::Function",
        {"Role": ROLE},
        {
            **FUNCTION,
            "Role": {"Fn::GetAtt": ["Role", "Arn"]},
            "Environment": {"Variables": {"AB": "1"}},
            "Timeout": 9,
        },
        {**FUNCTION, "Role": {"Fn::GetAtt": ["Role", "Arn"]}, "ReservedConcurrentExecutions": 2},
        of_function,
        ({"AB": "1"}, 9, None),
        ({}, 3, 2),
    ),
    (
        "AWS::KMS::Key",
        {},
        {"EnableKeyRotation": True},
        {"EnableKeyRotation": False, "Enabled": False},
        of_key,
        (True, True),
        (False, False),
    ),
    (
        "AWS::S3::Bucket",
        {},
        {
            "BucketEncryption": encrypted("AES256"),
            "VersioningConfiguration": {"Status": "Enabled"},
            "LifecycleConfiguration": {"Rules": [{"Status": "Enabled", "ExpirationInDays": 9}]},
        },
        {
            "BucketEncryption": encrypted("aws:kms"),
            "NotificationConfiguration": {"EventBridgeConfiguration": {"EventBridgeEnabled": True}},
            "PublicAccessBlockConfiguration": {"BlockPublicAcls": True},
        },
        of_bucket,
        ("Enabled", True, "AES256", False, True),
        ("Suspended", False, "aws:kms", True, False),
    ),
    (
        "AWS::Kinesis::Stream",
        {},
        {"ShardCount": 1, "RetentionPeriodHours": 48},
        {"ShardCount": 1, "RetentionPeriodHours": 72},
        of_stream,
        48,
        72,
    ),
    (
        "AWS::CloudTrail::Trail",
        {"Logs": {"Type": "AWS::S3::Bucket"}, "LogsPolicy": LOGS_POLICY},
        {"S3BucketName": LOGS, "IsLogging": True},
        {
            "S3BucketName": LOGS,
            "IsLogging": False,
            "EnableLogFileValidation": True,
            "EventSelectors": [{"ReadWriteType": "WriteOnly"}],
        },
        of_trail,
        (True, False, "All"),
        (False, True, "WriteOnly"),
    ),
    (
        "AWS::Events::Connection",
        {},
        by_key("before"),
        {**by_key("after"), "Description": "another key"},
        of_connection,
        ("", "before"),
        ("another key", "after"),
    ),
    (
        "AWS::Events::ApiDestination",
        {"C": {"Type": "AWS::Events::Connection", "Properties": by_key("k")}},
        sends_to("https://api.example/before"),
        {**sends_to("https://api.example/after"), "InvocationRateLimitPerSecond": 5},
        of_destination,
        ("https://api.example/before", None),
        ("https://api.example/after", 5),
    ),
    (
        "AWS::Events::Archive",
        {},
        {"SourceArn": BUS, "RetentionDays": 1},
        {"SourceArn": BUS, "RetentionDays": 7, "EventPattern": {"source": ["shop"]}},
        of_archive,
        (1, ""),
        (7, ["shop"]),
    ),
    (
        "AWS::SSM::Document",
        {},
        {"Content": sleeps(1), "DocumentType": "Automation", "UpdateMethod": "NewVersion"},
        {"Content": sleeps(2), "DocumentType": "Automation", "UpdateMethod": "NewVersion"},
        of_document,
        "PT1S",
        "PT2S",
    ),
    (
        "AWS::StepFunctions::StateMachine",
        {"Flows": {**ROLE, "Properties": {"AssumeRolePolicyDocument": trusted_by("states")}}},
        {"RoleArn": {"Fn::GetAtt": ["Flows", "Arn"]}, "DefinitionString": passes("old")},
        {"RoleArn": {"Fn::GetAtt": ["Flows", "Arn"]}, "DefinitionString": passes("new")},
        lambda client, ref: client("stepfunctions").describe_state_machine(stateMachineArn=ref)["definition"],
        passes("old"),
        passes("new"),
    ),
    (
        "AWS::SecretsManager::Secret",
        {},
        {"SecretString": "old"},
        {"SecretString": "new"},
        lambda client, ref: client("secretsmanager").get_secret_value(SecretId=ref)["SecretString"],
        "old",
        "new",
    ),
    (
        "AWS::SecretsManager::RotationSchedule",
        {
            "Secret": {"Type": "AWS::SecretsManager::Secret", "Properties": {"SecretString": "s"}},
            "Fn": {
                "Type": "AWS::Lambda::Function",
                "Properties": {**FUNCTION, "Role": {"Fn::GetAtt": ["R", "Arn"]}},
            },
            "R": ROLE,
        },
        rotates(1),
        rotates(2),
        lambda client, ref: client("secretsmanager").describe_secret(SecretId=ref)["RotationRules"],
        {"AutomaticallyAfterDays": 1},
        {"AutomaticallyAfterDays": 2},
    ),
    (
        "AWS::Config::ConfigurationRecorder",
        {"Config": CONFIG},
        {**CONFIG_ROLE, "RecordingGroup": {"AllSupported": False, "ResourceTypes": ["AWS::S3::Bucket"]}},
        {**CONFIG_ROLE, "RecordingGroup": {"AllSupported": False, "ResourceTypes": ["AWS::EC2::Volume"]}},
        lambda client, ref: next(
            each["recordingGroup"]["resourceTypes"]
            for each in client("config").describe_configuration_recorders()["ConfigurationRecorders"]
        ),
        ["AWS::S3::Bucket"],
        ["AWS::EC2::Volume"],
    ),
    (
        "AWS::Config::DeliveryChannel",
        {**RECORDED, "Logs": {"Type": "AWS::S3::Bucket"}},
        {"S3BucketName": {"Fn::Select": [0, [{"Ref": "Logs"}, {"Ref": "Recorder"}]]}, "S3KeyPrefix": "a"},
        {"S3BucketName": {"Fn::Select": [0, [{"Ref": "Logs"}, {"Ref": "Recorder"}]]}, "S3KeyPrefix": "b"},
        lambda client, ref: client("config").describe_delivery_channels()["DeliveryChannels"][0][
            "s3KeyPrefix"
        ],
        "a",
        "b",
    ),
    (
        "AWS::Config::ConfigRule",
        {**RECORDED, "Waits": {"Type": "AWS::SNS::Topic", "DependsOn": ["Recorder"]}},
        {**RULE["Properties"], "Description": {"Fn::Sub": ["old", {"w": {"Ref": "Waits"}}]}},
        {**RULE["Properties"], "Description": {"Fn::Sub": ["new", {"w": {"Ref": "Waits"}}]}},
        lambda client, ref: client("config").describe_config_rules()["ConfigRules"][0]["Description"],
        "old",
        "new",
    ),
    (
        "AWS::Config::RemediationConfiguration",
        {**RECORDED, "Rule": RULE},
        remedies("AWS-StopEC2Instance"),
        remedies("AWS-TerminateEC2Instance"),
        lambda client, ref: client("config").describe_remediation_configurations(ConfigRuleNames=[ref])[
            "RemediationConfigurations"
        ][0]["TargetId"],
        "AWS-StopEC2Instance",
        "AWS-TerminateEC2Instance",
    ),
]


@pytest.mark.slow
@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_what_the_service_says_before_and_after(row):
    kind, others, was, will_be, read, before, after = row
    with World(Deployment(template="")) as world:
        ann = world.user("ann")

        def client(service):
            return world.client(ann, service)

        def body(properties):
            return json.dumps({"Resources": {**others, "One": {"Type": kind, "Properties": properties}}})

        client("s3").create_bucket(Bucket="code")
        client("s3").put_object(Bucket="code", Key="k", Body=placeholder())
        asked = {"StackName": NAME, "Capabilities": ["CAPABILITY_NAMED_IAM"]}
        client("cloudformation").create_stack(**asked, TemplateBody=body(was))
        world.run(120)
        ref = physical_id(client)
        assert read(client, ref) == before
        client("cloudformation").update_stack(**asked, TemplateBody=body(will_be))
        world.run(120)

        assert physical_id(client) == ref
        assert read(client, ref) == after


def physical_id(client):
    """Of the resource that is tried; its stack must stand."""
    [stack] = client("cloudformation").describe_stacks(StackName=NAME)["Stacks"]
    assert stack["StackStatus"] in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}, stack
    told = client("cloudformation").describe_stack_resource(StackName=NAME, LogicalResourceId="One")
    return told["StackResourceDetail"]["PhysicalResourceId"]


# Changed in place in test_updating, test_custom_resources or test_versions, or by the create call alone.
ELSEWHERE = {
    "AWS::ApiGateway::Account",
    "AWS::ApiGateway::ApiKey",
    "AWS::ApiGateway::Authorizer",
    "AWS::ApiGateway::Method",
    "AWS::ApiGateway::RestApi",
    "AWS::ApiGateway::Stage",
    "AWS::ApiGateway::UsagePlan",
    "AWS::ApiGatewayV2::Api",
    "AWS::ApiGatewayV2::Integration",
    "AWS::ApiGatewayV2::Route",
    "AWS::ApiGatewayV2::Stage",
    "AWS::CloudFormation::CustomResource",
    "AWS::CloudWatch::CompositeAlarm",
    "AWS::Cognito::UserPool",
    "AWS::Cognito::UserPoolClient",
    "AWS::Events::EventBusPolicy",
    "AWS::Lambda::Alias",
    "AWS::Lambda::EventInvokeConfig",
    "AWS::Lambda::EventSourceMapping",
    "AWS::Lambda::ResourcePolicy",
    "AWS::Logs::Destination",
    "AWS::Logs::ResourcePolicy",
    "AWS::Logs::SubscriptionFilter",
    "AWS::S3::BucketPolicy",
    "AWS::SNS::Subscription",
    "AWS::SQS::Queue",
    "AWS::SecretsManager::ResourcePolicy",
}


def test_every_type_that_is_changed_in_place_is_tried():
    changed = {name for name, kind in REGISTRY.kinds.items() if kind.update is not None}
    known = changed - ONLY_STAND.keys()  # nothing of theirs can differ
    assert known == {row[0] for row in ROWS} | ELSEWHERE
