"""The list: a hundred forms, by source, the commonest first."""

import json

from tests.forms.forms import (
    ACCOUNT,
    ALARM,
    ANSWERS,
    BUCKET,
    GROUP,
    KEEPS_STATE,
    POOL,
    QUEUE,
    READS_QUEUE,
    READS_STREAM,
    READS_TABLE,
    REGION,
    RETURNS,
    STREAM,
    TABLE,
    TOPIC,
    Form,
    alarm,
    allow,
    att,
    calls,
    chats,
    deletes_object,
    event,
    fetches,
    fetches_and_is_logged,
    fetches_as_user,
    fetches_with_key,
    fetches_with_token,
    invokes,
    lets,
    logs,
    measures,
    one,
    plain,
    produces_record,
    publishes,
    puts_event,
    puts_item,
    puts_object,
    puts_record,
    queue_policy,
    reads,
    ref,
    role,
    runs_instance,
    sam,
    sends,
    sub,
    topic_policy,
    waits,
)

MINE = {"source": ["mine"]}
URI = sub("arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Fn.Arn}/invocations")
RULE_LETS = lets("events", att("R"))


def form(of, words, template, fires=None, /, *, loud="", **sees):
    """A form; the fields of its event are named by path, with `__` for a dot."""
    paths = {name.replace("__", "."): value for name, value in sees.items()}
    given = {"fires": fires} if fires else {}
    return Form(source=of, words=words, template=template, sees=paths, loud=loud, **given)


def rule(**properties):
    target = {"Arn": att("Fn"), "Id": "fn", **properties.pop("target", {})}
    return one("AWS::Events::Rule", Targets=[target], **properties)


SCHEDULES = [
    form(
        "Schedule",
        "SAM Schedule, a rate",
        sam(event("Schedule", Schedule="rate(5 minutes)")),
        waits(6),
        source="aws.events",
    ),
    form(
        "Schedule",
        "SAM Schedule, cron",
        sam(event("Schedule", Schedule="cron(30 3 * * ? *)")),
        waits(40),
        account=ACCOUNT,
    ),
    form(
        "Schedule",
        "SAM Schedule with an input",
        sam(
            event("Schedule", Schedule="rate(1 hour)", Input='{"job": "clean"}', Name="hourly", Enabled=True)
        ),
        waits(61),
        job="clean",
    ),
    form(
        "Schedule",
        "SAM Schedule with retries and dead letters",
        sam(
            event(
                "Schedule",
                Schedule="rate(1 minute)",
                DeadLetterConfig={"Arn": att("Q")},
                RetryPolicy={"MaximumRetryAttempts": 2},
            ),
            QUEUE,
        ),
        waits(2),
        source="aws.events",
    ),
    form(
        "Schedule",
        "rule and permission",
        plain({"R": rule(ScheduleExpression="rate(5 minutes)", State="ENABLED"), "P": RULE_LETS}),
        waits(6),
        source="aws.events",
    ),
    form(
        "Schedule",
        "rule of a version's alias",
        sam(event("Schedule", Schedule="rate(5 minutes)"), AutoPublishAlias="live"),
        waits(6),
        source="aws.events",
    ),
    form(
        "Scheduler",
        "SAM ScheduleV2, a rate",
        sam(event("ScheduleV2", ScheduleExpression="rate(5 minutes)", Input='{"job": "clean"}')),
        waits(6),
        job="clean",
    ),
    form(
        "Scheduler",
        "SAM ScheduleV2, cron in a time zone",
        sam(
            event(
                "ScheduleV2",
                ScheduleExpression="cron(30 4 * * ? *)",
                ScheduleExpressionTimezone="Europe/Paris",
                Input='{"at": "half past four"}',
            )
        ),
        waits(40),
        at="half past four",
    ),
    form(
        "Scheduler",
        "SAM ScheduleV2 with a flexible window",
        sam(
            event(
                "ScheduleV2",
                ScheduleExpression="rate(1 hour)",
                FlexibleTimeWindow={"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 5},
                Input='{"job": "x"}',
            )
        ),
        waits(70),
        job="x",
    ),
    form(
        "Scheduler",
        "schedule and role, once",
        plain(
            {
                "S": one(
                    "AWS::Scheduler::Schedule",
                    ScheduleExpression="at(2026-03-02T03:10:00)",
                    FlexibleTimeWindow={"Mode": "OFF"},
                    Target={"Arn": att("Fn"), "RoleArn": att("SR"), "Input": '{"once": true}'},
                ),
                "SR": role("scheduler", allow("lambda:InvokeFunction")),
            }
        ),
        waits(15),
        once=True,
    ),
]

EVENTS = [
    form(
        "EventBridge",
        "SAM EventBridgeRule, own source",
        sam(event("EventBridgeRule", Pattern=MINE)),
        puts_event(),
        source="mine",
        detail__id=7,
    ),
    form(
        "EventBridge",
        "SAM CloudWatchEvent",
        sam(event("CloudWatchEvent", Pattern={**MINE, "detail-type": ["Order"]})),
        puts_event(),
        source="mine",
    ),
    form(
        "EventBridge",
        "SAM rule on a bus of the stack",
        sam(
            event("EventBridgeRule", EventBusName=ref("Bus"), Pattern=MINE),
            {"Bus": one("AWS::Events::EventBus", Name="orders")},
        ),
        puts_event(bus="orders"),
        source="mine",
    ),
    form(
        "EventBridge",
        "SAM rule with a part of the event",
        sam(event("EventBridgeRule", Pattern=MINE, InputPath="$.detail")),
        puts_event(),
        id=7,
    ),
    form(
        "EventBridge",
        "SAM rule with a constant input",
        sam(event("EventBridgeRule", Pattern=MINE, Input='{"job": "x"}')),
        puts_event(),
        job="x",
    ),
    form(
        "EventBridge",
        "SAM rule with a transformed input",
        sam(
            event(
                "EventBridgeRule",
                Pattern=MINE,
                InputTransformer={"InputPathsMap": {"id": "$.detail.id"}, "InputTemplate": '{"order": <id>}'},
            )
        ),
        puts_event(),
        order=7,
    ),
    form(
        "EventBridge",
        "SAM rule with retries and dead letters",
        sam(
            event(
                "EventBridgeRule",
                Pattern=MINE,
                RetryPolicy={"MaximumEventAgeInSeconds": 900},
                DeadLetterConfig={"Type": "SQS"},
            )
        ),
        puts_event(),
        source="mine",
    ),
    form(
        "EventBridge",
        "rule and permission",
        plain({"R": rule(EventPattern={**MINE, "detail": {"id": [{"numeric": [">", 5]}]}}), "P": RULE_LETS}),
        puts_event(),
        detail__id=7,
    ),
    form(
        "EventBridge",
        "rule to a queue that the function reads",
        sam(
            event("SQS", Queue=att("Q")),
            {
                **QUEUE,
                "QP": queue_policy("events"),
                "R": one("AWS::Events::Rule", EventPattern=MINE, Targets=[{"Arn": att("Q"), "Id": "q"}]),
            },
        ),
        puts_event(),
        Records__0__eventSource="aws:sqs",
    ),
    form(
        "EventBridge",
        "rule to a topic that the function hears",
        sam(
            event("SNS", Topic=ref("T")),
            {
                **TOPIC,
                "TP": topic_policy("events"),
                "R": one("AWS::Events::Rule", EventPattern=MINE, Targets=[{"Arn": ref("T"), "Id": "t"}]),
            },
        ),
        puts_event(),
        Records__0__EventSource="aws:sns",
    ),
    form(
        "EventBridge",
        "state of EC2 instances",
        sam(
            event(
                "EventBridgeRule",
                Pattern={
                    "source": ["aws.ec2"],
                    "detail-type": ["EC2 Instance State-change Notification"],
                    "detail": {"state": ["stopped"]},
                },
            )
        ),
        runs_instance,
        detail__state="stopped",
    ),
    form(
        "EventBridge",
        "an object in S3",
        sam(
            event("EventBridgeRule", Pattern={"source": ["aws.s3"], "detail-type": ["Object Created"]}),
            {
                "B": one(
                    "AWS::S3::Bucket",
                    NotificationConfiguration={"EventBridgeConfiguration": {"EventBridgeEnabled": True}},
                )
            },
        ),
        puts_object(),
        source="aws.s3",
        detail__object__key="in/a b.jpg",
    ),
    form(
        "EventBridge",
        "a parameter changes",
        sam(
            event(
                "EventBridgeRule", Pattern={"source": ["aws.ssm"], "detail-type": ["Parameter Store Change"]}
            )
        ),
        calls("ssm", "put_parameter", Name="/a", Value="b", Type="String"),
        detail__operation="Create",
    ),
    form(
        "EventBridge",
        "an alarm's state",
        sam(
            event(
                "EventBridgeRule",
                Pattern={
                    "source": ["aws.cloudwatch"],
                    "detail-type": ["CloudWatch Alarm State Change"],
                    "detail": {"state": {"value": ["ALARM"]}},
                },
            ),
            ALARM,
        ),
        measures,
        detail__alarmName="too-many",
    ),
    form(
        "EventBridge",
        "a call that CloudTrail records",
        sam(
            event(
                "EventBridgeRule",
                Pattern={"source": ["aws.iam"], "detail-type": ["AWS API Call via CloudTrail"]},
            ),
            {
                "TB": one("AWS::S3::Bucket", BucketName="trail-of-forms"),
                "TBP": one(
                    "AWS::S3::BucketPolicy",
                    Bucket=ref("TB"),
                    PolicyDocument={
                        "Version": "2012-10-17",
                        "Statement": [
                            {
                                "Effect": "Allow",
                                "Principal": {"Service": "cloudtrail.amazonaws.com"},
                                "Action": "s3:GetBucketAcl",
                                "Resource": "arn:aws:s3:::trail-of-forms",
                            },
                            {
                                "Effect": "Allow",
                                "Principal": {"Service": "cloudtrail.amazonaws.com"},
                                "Action": "s3:PutObject",
                                "Resource": "arn:aws:s3:::trail-of-forms/*",
                                "Condition": {"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}},
                            },
                        ],
                    },
                ),
                "Trail": {
                    **one(
                        "AWS::CloudTrail::Trail",
                        S3BucketName=ref("TB"),
                        IsLogging=True,
                        IsMultiRegionTrail=True,
                        IncludeGlobalServiceEvents=True,
                    ),
                    "DependsOn": "TBP",
                },
            },
        ),
        calls("iam", "create_user", UserName="eve"),
        detail__eventName="CreateUser",
    ),
]

NOTIFIES = {"Event": "s3:ObjectCreated:*", "Function": att("Fn")}


def notified(**configuration):
    """A bucket with a name of its own, as AWS's page asks for: the permission comes first."""
    bucket = {
        **one("AWS::S3::Bucket", BucketName="uploads-of-forms", NotificationConfiguration=configuration),
        "DependsOn": "P",
    }
    return {
        "B": bucket,
        "P": lets("s3", "arn:aws:s3:::uploads-of-forms", SourceAccount=ref("AWS::AccountId")),
    }


OBJECT = {"Records__0__eventSource": "aws:s3", "Records__0__s3__object__key": "in/a+b.jpg"}
OBJECTS = [
    form(
        "S3",
        "SAM S3, an object",
        sam(event("S3", Bucket=ref("B"), Events="s3:ObjectCreated:*"), BUCKET),
        puts_object(),
        **OBJECT,
    ),
    form(
        "S3",
        "SAM S3 by suffix",
        sam(
            event(
                "S3",
                Bucket=ref("B"),
                Events="s3:ObjectCreated:*",
                Filter={"S3Key": {"Rules": [{"Name": "suffix", "Value": ".jpg"}]}},
            ),
            BUCKET,
        ),
        puts_object(),
        **OBJECT,
    ),
    form(
        "S3",
        "SAM S3 by prefix and two events",
        sam(
            event(
                "S3",
                Bucket=ref("B"),
                Events=["s3:ObjectCreated:Put", "s3:ObjectCreated:Post"],
                Filter={"S3Key": {"Rules": [{"Name": "prefix", "Value": "in/"}]}},
            ),
            BUCKET,
        ),
        puts_object(),
        **OBJECT,
    ),
    form(
        "S3",
        "SAM S3, an object is removed",
        sam(event("S3", Bucket=ref("B"), Events="s3:ObjectRemoved:*"), BUCKET),
        deletes_object,
        Records__0__eventName="ObjectRemoved:Delete",
    ),
    form(
        "S3",
        "bucket and permission",
        plain(notified(LambdaConfigurations=[NOTIFIES])),
        puts_object(),
        **OBJECT,
    ),
    form(
        "S3",
        "bucket and permission, filtered",
        plain(
            notified(
                LambdaConfigurations=[
                    {**NOTIFIES, "Filter": {"S3Key": {"Rules": [{"Name": "prefix", "Value": "in/"}]}}}
                ]
            )
        ),
        puts_object(),
        **OBJECT,
    ),
    form(
        "S3",
        "bucket to a queue that the function reads",
        sam(
            event("SQS", Queue=att("Q"), BatchSize=1),
            {
                **QUEUE,
                "QP": queue_policy("s3"),
                "B": {
                    **one(
                        "AWS::S3::Bucket",
                        NotificationConfiguration={
                            "QueueConfigurations": [{"Event": "s3:ObjectCreated:*", "Queue": att("Q")}]
                        },
                    ),
                    "DependsOn": "QP",
                },
            },
        ),
        puts_object(),
        Records__0__eventSource="aws:sqs",
    ),
    form(
        "S3",
        "bucket to a topic that the function hears",
        sam(
            event("SNS", Topic=ref("T")),
            {
                **TOPIC,
                "TP": topic_policy("s3"),
                "B": {
                    **one(
                        "AWS::S3::Bucket",
                        NotificationConfiguration={
                            "TopicConfigurations": [{"Event": "s3:ObjectCreated:*", "Topic": ref("T")}]
                        },
                    ),
                    "DependsOn": "TP",
                },
            },
        ),
        puts_object(),
        Records__0__EventSource="aws:sns",
    ),
]

HEARD = {"Records__0__EventSource": "aws:sns", "Records__0__Sns__Message": "hello"}
SUBSCRIBED = {"Protocol": "lambda", "Endpoint": att("Fn")}
TOPICS = [
    form("SNS", "SAM SNS", sam(event("SNS", Topic=ref("T")), TOPIC), publishes(), **HEARD),
    form(
        "SNS",
        "SAM SNS with a filter policy",
        sam(event("SNS", Topic=ref("T"), FilterPolicy={"kind": ["order"]}), TOPIC),
        publishes(kind="order"),
        **HEARD,
    ),
    form(
        "SNS",
        "SAM SNS, filtered by the message",
        sam(
            event("SNS", Topic=ref("T"), FilterPolicyScope="MessageBody", FilterPolicy={"kind": ["order"]}),
            TOPIC,
        ),
        publishes('{"kind": "order"}'),
        Records__0__EventSource="aws:sns",
    ),
    form(
        "SNS",
        "SAM SNS through a queue of its own",
        sam(event("SNS", Topic=ref("T"), SqsSubscription=True), TOPIC),
        publishes(),
        Records__0__eventSource="aws:sqs",
    ),
    form(
        "SNS",
        "subscription and permission",
        plain(
            {
                **TOPIC,
                "S": one("AWS::SNS::Subscription", TopicArn=ref("T"), **SUBSCRIBED),
                "P": lets("sns", ref("T")),
            }
        ),
        publishes(),
        **HEARD,
    ),
    form(
        "SNS",
        "subscription in the topic",
        plain({"T": one("AWS::SNS::Topic", Subscription=[SUBSCRIBED]), "P": lets("sns", ref("T"))}),
        publishes(),
        **HEARD,
    ),
    form(
        "SNS",
        "subscription with dead letters",
        plain(
            {
                **TOPIC,
                **QUEUE,
                "QP": queue_policy("sns"),
                "S": one(
                    "AWS::SNS::Subscription",
                    TopicArn=ref("T"),
                    RedrivePolicy={"deadLetterTargetArn": att("Q")},
                    **SUBSCRIBED,
                ),
                "P": lets("sns", ref("T")),
            }
        ),
        publishes(),
        **HEARD,
    ),
    form(
        "SNS",
        "topic to a queue, raw, that the function reads",
        sam(
            event("SQS", Queue=att("Q")),
            {
                **TOPIC,
                **QUEUE,
                "QP": queue_policy("sns"),
                "S": one(
                    "AWS::SNS::Subscription",
                    TopicArn=ref("T"),
                    Protocol="sqs",
                    Endpoint=att("Q"),
                    RawMessageDelivery=True,
                ),
            },
        ),
        publishes(),
        Records__0__body="hello",
    ),
]

READ = {"Records__0__eventSource": "aws:sqs", "Records__0__body": "hello"}
DLQ = {
    "DLQ": one("AWS::SQS::Queue"),
    "Q": one(
        "AWS::SQS::Queue",
        VisibilityTimeout=60,
        RedrivePolicy={"deadLetterTargetArn": att("DLQ"), "maxReceiveCount": 3},
    ),
}
QUEUES = [
    form("SQS", "SAM SQS", sam(event("SQS", Queue=att("Q"), BatchSize=10), QUEUE), sends(), **READ),
    form(
        "SQS",
        "SAM SQS with partial failures",
        sam(event("SQS", Queue=att("Q"), FunctionResponseTypes=["ReportBatchItemFailures"]), QUEUE),
        sends(),
        **READ,
    ),
    form(
        "SQS",
        "SAM SQS with a window",
        sam(event("SQS", Queue=att("Q"), BatchSize=100, MaximumBatchingWindowInSeconds=10), QUEUE),
        sends(),
        **READ,
    ),
    form(
        "SQS",
        "SAM SQS, filtered",
        sam(
            event(
                "SQS",
                Queue=att("Q"),
                FilterCriteria={"Filters": [{"Pattern": '{"body": {"kind": ["order"]}}'}]},
            ),
            QUEUE,
        ),
        sends('{"kind": "order"}'),
        Records__0__eventSource="aws:sqs",
    ),
    form(
        "SQS",
        "SAM SQS with a limit of concurrency",
        sam(event("SQS", Queue=att("Q"), ScalingConfig={"MaximumConcurrency": 5}), QUEUE),
        sends(),
        **READ,
    ),
    form("SQS", "SAM SQS with dead letters", sam(event("SQS", Queue=att("Q")), DLQ), sends(), **READ),
    form(
        "SQS",
        "SAM SQS, FIFO",
        sam(
            event("SQS", Queue=att("Q")),
            {"Q": one("AWS::SQS::Queue", FifoQueue=True, ContentBasedDeduplication=True)},
        ),
        sends(MessageGroupId="a"),
        Records__0__attributes__MessageGroupId="a",
        **READ,
    ),
    form(
        "SQS",
        "SAM SQS of an alias",
        sam(event("SQS", Queue=att("Q")), QUEUE, AutoPublishAlias="live"),
        sends(),
        **READ,
    ),
    form(
        "SQS",
        "mapping and role",
        plain({**QUEUE, "M": reads(att("Q"), BatchSize=5, Enabled=True)}, READS_QUEUE),
        sends(),
        **READ,
    ),
]

ROW = {"Records__0__eventSource": "aws:dynamodb", "Records__0__eventName": "INSERT"}
TABLES = [
    form(
        "DynamoDB",
        "SAM DynamoDB from the beginning",
        sam(
            event("DynamoDB", Stream=att("D", "StreamArn"), StartingPosition="TRIM_HORIZON", BatchSize=10),
            TABLE,
        ),
        puts_item(),
        **ROW,
    ),
    form(
        "DynamoDB",
        "SAM DynamoDB from now on",
        sam(event("DynamoDB", Stream=att("D", "StreamArn"), StartingPosition="LATEST"), TABLE),
        puts_item(),
        **ROW,
    ),
    form(
        "DynamoDB",
        "SAM DynamoDB, filtered",
        sam(
            event(
                "DynamoDB",
                Stream=att("D", "StreamArn"),
                StartingPosition="TRIM_HORIZON",
                FilterCriteria={
                    "Filters": [
                        {"Pattern": json.dumps({"dynamodb": {"NewImage": {"kind": {"S": ["order"]}}}})}
                    ]
                },
            ),
            TABLE,
        ),
        puts_item(kind="order"),
        **ROW,
    ),
    form(
        "DynamoDB",
        "SAM DynamoDB with bisecting and a destination",
        sam(
            event(
                "DynamoDB",
                Stream=att("D", "StreamArn"),
                StartingPosition="TRIM_HORIZON",
                BisectBatchOnFunctionError=True,
                MaximumRetryAttempts=2,
                DestinationConfig={"OnFailure": {"Type": "SQS", "Destination": att("Q")}},
            ),
            {**TABLE, **QUEUE},
        ),
        puts_item(),
        **ROW,
    ),
    form(
        "DynamoDB",
        "mapping and role",
        plain(
            {
                **TABLE,
                "M": reads(
                    att("D", "StreamArn"), StartingPosition="LATEST", MaximumBatchingWindowInSeconds=5
                ),
            },
            READS_TABLE,
        ),
        puts_item(),
        **ROW,
    ),
    form(
        "DynamoDB",
        "mapping with several batches at once",
        plain(
            {**TABLE, "M": reads(att("D", "StreamArn"), StartingPosition="LATEST", ParallelizationFactor=4)},
            READS_TABLE,
        ),
        puts_item(),
        Records__0__eventSource="aws:dynamodb",
    ),
]

RECORD = {"Records__0__eventSource": "aws:kinesis", "Records__0__kinesis__partitionKey": "a"}
STREAMS = [
    form(
        "Kinesis",
        "SAM Kinesis",
        sam(event("Kinesis", Stream=att("K"), StartingPosition="LATEST", BatchSize=100), STREAM),
        puts_record(),
        **RECORD,
    ),
    form(
        "Kinesis",
        "SAM Kinesis, on demand",
        sam(
            event("Kinesis", Stream=att("K"), StartingPosition="TRIM_HORIZON"),
            {"K": one("AWS::Kinesis::Stream", StreamModeDetails={"StreamMode": "ON_DEMAND"})},
        ),
        puts_record(),
        **RECORD,
    ),
    form(
        "Kinesis",
        "SAM Kinesis, filtered",
        sam(
            event(
                "Kinesis",
                Stream=att("K"),
                StartingPosition="TRIM_HORIZON",
                FilterCriteria={"Filters": [{"Pattern": '{"data": {"kind": ["order"]}}'}]},
            ),
            STREAM,
        ),
        puts_record(),
        **RECORD,
    ),
    form(
        "Kinesis",
        "mapping and role",
        plain(
            {**STREAM, "M": reads(att("K"), StartingPosition="TRIM_HORIZON", MaximumRetryAttempts=3)},
            READS_STREAM,
        ),
        puts_record(),
        **RECORD,
    ),
    form(
        "Kinesis",
        "SAM Kinesis with a tumbling window",
        sam(
            event("Kinesis", Stream=att("K"), StartingPosition="LATEST", TumblingWindowInSeconds=30),
            STREAM,
            code=KEEPS_STATE,
        ),
        puts_record(),
        isFinalInvokeForWindow=True,
        window__start=str,
    ),
]

LOGS = [
    form(
        "Logs",
        "SAM CloudWatchLogs",
        sam(event("CloudWatchLogs", LogGroupName=ref("L"), FilterPattern="ERROR"), GROUP),
        logs(),
        awslogs__data=str,
    ),
    form(
        "Logs",
        "subscription filter and permission",
        plain(
            {
                **GROUP,
                "S": {
                    **one(
                        "AWS::Logs::SubscriptionFilter",
                        LogGroupName=ref("L"),
                        FilterPattern="",
                        DestinationArn=att("Fn"),
                    ),
                    "DependsOn": "P",
                },
                "P": lets("logs", att("L")),
            }
        ),
        logs(),
        awslogs__data=str,
    ),
    form(
        "Logs",
        "metric filter, alarm and topic",
        sam(
            event("SNS", Topic=ref("T")),
            {
                **TOPIC,
                **GROUP,
                **alarm(ref("T")),
                "TP": topic_policy("cloudwatch"),
                "M": one(
                    "AWS::Logs::MetricFilter",
                    LogGroupName=ref("L"),
                    FilterPattern="ERROR",
                    MetricTransformations=[
                        {"MetricNamespace": "App", "MetricName": "Orders", "MetricValue": "5"}
                    ],
                ),
            },
        ),
        lambda world: (logs()(world), world.run(minutes=3)),
        Records__0__EventSource="aws:sns",
    ),
    form(
        "Alarm",
        "alarm to a topic",
        sam(event("SNS", Topic=ref("T")), {**TOPIC, **alarm(ref("T"))}),
        measures,
        Records__0__EventSource="aws:sns",
    ),
    form(
        "Alarm",
        "alarm to the function",
        plain({**alarm(att("Fn")), "P": lets("lambda.alarms.cloudwatch", att("A"))}),
        measures,
        source="aws.cloudwatch",
        alarmData__alarmName="too-many",
    ),
]

ASKED = {"httpMethod": "GET", "path": "/x"}
IAM_AUTH = {"DefaultAuthorizer": "AWS_IAM"}
METHOD = {
    "RestApiId": ref("Api"),
    "ResourceId": ref("X"),
    "HttpMethod": "GET",
    "AuthorizationType": "NONE",
    "Integration": {"Type": "AWS_PROXY", "IntegrationHttpMethod": "POST", "Uri": URI},
}
BY_RESOURCES = {
    "Api": one("AWS::ApiGateway::RestApi", Name="app", EndpointConfiguration={"Types": ["REGIONAL"]}),
    "X": one(
        "AWS::ApiGateway::Resource", RestApiId=ref("Api"), ParentId=att("Api", "RootResourceId"), PathPart="x"
    ),
    "Get": one("AWS::ApiGateway::Method", **METHOD),
    "Dep": {**one("AWS::ApiGateway::Deployment", RestApiId=ref("Api"), StageName="prod"), "DependsOn": "Get"},
    "P": lets("apigateway", sub("arn:aws:execute-api:${AWS::Region}:${AWS::AccountId}:${Api}/*/GET/x")),
}
SWAGGER = {
    "swagger": "2.0",
    "info": {"title": "app", "version": "1"},
    "paths": {
        "/x": {
            "get": {
                "responses": {},
                "x-amazon-apigateway-integration": {"type": "aws_proxy", "httpMethod": "POST", "uri": URI},
            }
        }
    },
}


def api(**properties):
    return {"Api": one("AWS::Serverless::Api", StageName="prod", **properties)}


OPENS = """
def handler(event, context):
    allow = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": event["methodArn"]}
    return {"principalId": "me", "policyDocument": {"Version": "2012-10-17", "Statement": [allow]}}
"""


def gate():
    """A function that lets everybody in who brings a token."""
    given = {"InlineCode": OPENS, "Handler": "index.handler", "Runtime": "python3.12"}
    return one("AWS::Serverless::Function", **given)


def rest(path="/x", method="get", **more):
    return event("Api", Path=path, Method=method, **more)


OF_API = {"RestApiId": ref("Api")}
RESTS = [
    form("REST API", "SAM Api, implicit", sam(rest()), fetches(), **ASKED),
    form(
        "REST API",
        "SAM Api with a path parameter",
        sam(rest("/x/{id}", **OF_API), api()),
        fetches("/x/7"),
        pathParameters__id="7",
    ),
    form(
        "REST API",
        "SAM Api, every path and method",
        sam(rest("/{proxy+}", "any", **OF_API), api()),
        fetches("/a/b", "POST", body={"a": 1}),
        pathParameters__proxy="a/b",
    ),
    form(
        "REST API",
        "SAM Api with CORS",
        sam(rest(**OF_API), api(Cors={"AllowOrigin": "'*'", "AllowMethods": "'GET'"})),
        fetches(),
        **ASKED,
    ),
    form(
        "REST API",
        "SAM Api under IAM",
        sam(rest(**OF_API), api(Auth=IAM_AUTH)),
        fetches(signed=True),
        requestContext__identity__accountId=ACCOUNT,
    ),
    form(
        "REST API",
        "SAM Api with stage variables, throttled",
        sam(
            rest(**OF_API),
            api(
                Variables={"colour": "green"},
                MethodSettings=[
                    {
                        "HttpMethod": "*",
                        "ResourcePath": "/*",
                        "ThrottlingBurstLimit": 5,
                        "ThrottlingRateLimit": 5,
                    }
                ],
            ),
        ),
        fetches(),
        stageVariables__colour="green",
    ),
    form(
        "REST API",
        "SAM Api with a definition",
        sam(None, {**api(DefinitionBody=SWAGGER), "P": lets("apigateway")}),
        fetches(),
        **ASKED,
    ),
    form(
        "REST API",
        "SAM Api of an alias",
        sam(rest(**OF_API), api(), AutoPublishAlias="live"),
        fetches(),
        **ASKED,
    ),
    form("REST API", "resources, methods and permission", plain(BY_RESOURCES), fetches(), **ASKED),
    form(
        "REST API",
        "SAM Api with an API key",
        sam(rest(**OF_API), api(Auth={"ApiKeyRequired": True, "UsagePlan": {"CreateUsagePlan": "PER_API"}})),
        fetches_with_key,
        requestContext__identity__apiKey=str,
    ),
    form(
        "REST API",
        "SAM Api under a user pool",
        sam(
            rest(**OF_API),
            {
                **api(Auth={"DefaultAuthorizer": "Pool", "Authorizers": {"Pool": {"UserPoolArn": att("U")}}}),
                **POOL,
            },
        ),
        fetches_as_user,
        requestContext__authorizer__claims__token_use="id",
    ),
    form(
        "REST API",
        "SAM Api under an authorizer's function",
        sam(
            rest(**OF_API),
            {
                **api(
                    Auth={"DefaultAuthorizer": "Own", "Authorizers": {"Own": {"FunctionArn": att("Gate")}}}
                ),
                "Gate": gate(),
            },
        ),
        fetches(headers={"Authorization": "me"}),
        requestContext__authorizer__principalId="me",
    ),
]

SECOND = {"version": "2.0", "rawPath": "/x"}
BY_ROUTES = {
    "Api": one("AWS::ApiGatewayV2::Api", Name="app", ProtocolType="HTTP"),
    "I": one(
        "AWS::ApiGatewayV2::Integration",
        ApiId=ref("Api"),
        IntegrationType="AWS_PROXY",
        IntegrationUri=att("Fn"),
        PayloadFormatVersion="2.0",
    ),
    "R": one(
        "AWS::ApiGatewayV2::Route", ApiId=ref("Api"), RouteKey="GET /x", Target=sub("integrations/${I}")
    ),
    "St": one("AWS::ApiGatewayV2::Stage", ApiId=ref("Api"), StageName="$default", AutoDeploy=True),
    "P": lets("apigateway", sub("arn:aws:execute-api:${AWS::Region}:${AWS::AccountId}:${Api}/*/*/x")),
}


def http(**properties):
    return {"Http": one("AWS::Serverless::HttpApi", **properties)}


def route(path="/x", method="get", **more):
    return event("HttpApi", Path=path, Method=method, **more)


OF_HTTP = {"ApiId": ref("Http")}
JWT = {
    "JwtConfiguration": {"issuer": "https://issuer.example", "audience": ["a"]},
    "IdentitySource": "$request.header.Authorization",
}


def chat(*keys):
    """A WebSocket API with these routes, all of one function."""
    socket = {"ProtocolType": "WEBSOCKET", "RouteSelectionExpression": "$request.body.action"}
    routes = {
        f"R{number}": one(
            "AWS::ApiGatewayV2::Route", ApiId=ref("Chat"), RouteKey=key, Target=sub("integrations/${I}")
        )
        for number, key in enumerate(keys)
    }
    return {
        "Chat": one("AWS::ApiGatewayV2::Api", Name="chat", **socket),
        "I": one(
            "AWS::ApiGatewayV2::Integration",
            ApiId=ref("Chat"),
            IntegrationType="AWS_PROXY",
            IntegrationUri=URI,
        ),
        **routes,
        "St": one("AWS::ApiGatewayV2::Stage", ApiId=ref("Chat"), StageName="live", AutoDeploy=True),
        "P": lets("apigateway", sub("arn:aws:execute-api:${AWS::Region}:${AWS::AccountId}:${Chat}/*/*")),
    }


HTTPS = [
    form("HTTP API", "SAM HttpApi, implicit", sam(route()), fetches(), **SECOND),
    form(
        "HTTP API",
        "SAM HttpApi, every request",
        sam(event("HttpApi")),
        fetches("/any/path", "POST", body={"a": 1}),
        routeKey="$default",
        rawPath="/any/path",
    ),
    form(
        "HTTP API",
        "SAM HttpApi with a path parameter",
        sam(route("/x/{id}", **OF_HTTP), http()),
        fetches("/x/7"),
        pathParameters__id="7",
    ),
    form(
        "HTTP API",
        "SAM HttpApi with a stage and CORS",
        sam(
            route(**OF_HTTP),
            http(StageName="prod", CorsConfiguration={"AllowOrigins": ["*"], "AllowMethods": ["GET"]}),
        ),
        fetches(),
        rawPath="/prod/x",
    ),
    form(
        "HTTP API",
        "SAM HttpApi under IAM",
        sam(route(**OF_HTTP), http(Auth={"EnableIamAuthorizer": True, **IAM_AUTH})),
        fetches(signed=True),
        requestContext__authorizer__iam__accountId=ACCOUNT,
    ),
    form(
        "HTTP API",
        "SAM HttpApi with format 1.0",
        sam(route(PayloadFormatVersion="1.0", **OF_HTTP), http()),
        fetches(),
        version="1.0",
        **ASKED,
    ),
    form("HTTP API", "routes, integrations and permission", plain(BY_ROUTES), fetches(), **SECOND),
    form(
        "HTTP API",
        "quick create",
        plain(
            {
                "Api": one("AWS::ApiGatewayV2::Api", Name="app", ProtocolType="HTTP", Target=att("Fn")),
                "P": lets("apigateway"),
            }
        ),
        fetches(),
        routeKey="$default",
    ),
    form(
        "HTTP API",
        "SAM HttpApi under JWT",
        sam(route(**OF_HTTP), http(Auth={"DefaultAuthorizer": "Own", "Authorizers": {"Own": JWT}})),
        fetches_with_token,
        requestContext__authorizer__jwt__claims__aud="a",
    ),
    form(
        "HTTP API",
        "SAM HttpApi with access logs",
        sam(
            route(**OF_HTTP),
            {**http(AccessLogSettings={"DestinationArn": att("L"), "Format": "$context.requestId"}), **GROUP},
        ),
        fetches_and_is_logged,
        **SECOND,
    ),
    form(
        "WebSocket API",
        "an API with its routes",
        plain(chat("$connect", "$disconnect", "$default", "join")),
        chats,
        requestContext__routeKey="join",
        requestContext__eventType="MESSAGE",
        body=str,
    ),
    form(
        "Function URL",
        "SAM FunctionUrlConfig, open",
        sam(FunctionUrlConfig={"AuthType": "NONE"}),
        fetches(),
        **SECOND,
    ),
    form(
        "Function URL",
        "SAM FunctionUrlConfig under IAM",
        sam(FunctionUrlConfig={"AuthType": "AWS_IAM", "Cors": {"AllowOrigins": ["*"]}}),
        fetches(signed=True),
        requestContext__authorizer__iam__accountId=ACCOUNT,
    ),
    form(
        "Function URL",
        "SAM FunctionUrlConfig of an alias",
        sam(FunctionUrlConfig={"AuthType": "NONE"}, AutoPublishAlias="live"),
        fetches(),
        **SECOND,
    ),
    form(
        "Function URL",
        "URL and both permissions",
        plain(
            {
                "U": one("AWS::Lambda::Url", TargetFunctionArn=ref("Fn"), AuthType="NONE"),
                "P1": one(
                    "AWS::Lambda::Permission",
                    FunctionName=ref("Fn"),
                    Action="lambda:InvokeFunctionUrl",
                    Principal="*",
                    FunctionUrlAuthType="NONE",
                ),
                "P2": one(
                    "AWS::Lambda::Permission",
                    FunctionName=ref("Fn"),
                    Action="lambda:InvokeFunction",
                    Principal="*",
                    InvokedViaFunctionUrl=True,
                ),
            }
        ),
        fetches(),
        **SECOND,
    ),
]

FIRST = "def handler(event, context): return {'first': event}"


def first(destination):
    """Another function whose results go somewhere."""
    config = {"DestinationConfig": {"OnSuccess": destination}}
    given = {
        "InlineCode": FIRST,
        "Handler": "index.handler",
        "Runtime": "python3.12",
        "EventInvokeConfig": config,
    }
    return {"First": one("AWS::Serverless::Function", **given)}


CDK = {
    "Parameters": {
        "BootstrapVersion": {
            "Type": "AWS::SSM::Parameter::Value<String>",
            "Default": "/cdk-bootstrap/hnb659fds/version",
        }
    },
    "Rules": {
        "CheckBootstrapVersion": {
            "Assertions": [
                {
                    "Assert": {
                        "Fn::Not": [{"Fn::Contains": [["1", "2", "3", "4", "5"], ref("BootstrapVersion")]}]
                    },
                    "AssertDescription": "CDK bootstrap stack version 6 required.",
                }
            ]
        }
    },
    "Conditions": {
        "CDKMetadataAvailable": {
            "Fn::Or": [
                {"Fn::Equals": [ref("AWS::Region"), REGION]},
                {"Fn::Equals": [ref("AWS::Region"), "eu-west-1"]},
            ]
        }
    },
}
META = {
    "CDKMetadata": {
        **one("AWS::CDK::Metadata", Analytics="v2:deflate64:H4s"),
        "Condition": "CDKMetadataAvailable",
    }
}
OTHERS = [
    form(
        "Lambda",
        "another function's result",
        sam(None, first({"Type": "Lambda", "Destination": att("Fn")})),
        invokes,
        requestContext__condition="Success",
    ),
    form(
        "Lambda",
        "another function's result, by a bus",
        sam(
            event("EventBridgeRule", Pattern={"source": ["lambda"]}),
            first(
                {
                    "Type": "EventBridge",
                    "Destination": sub("arn:aws:events:${AWS::Region}:${AWS::AccountId}:event-bus/default"),
                }
            ),
        ),
        invokes,
        source="lambda",
    ),
    form(
        "CDK",
        "a queue, as cdk synth writes it",
        plain({**QUEUE, **META, "M": reads(att("Q"))}, READS_QUEUE, sections=CDK),
        sends(),
        **READ,
    ),
    form(
        "Cognito",
        "SAM Cognito, before somebody signs up",
        sam(
            event("Cognito", UserPool=ref("U"), Trigger="PreSignUp"),
            POOL,
            code=RETURNS,
        ),
        calls("cognito-idp", "admin_create_user", UserPoolId="@U", Username="ann"),
        triggerSource="PreSignUp_AdminCreateUser",
        userName="ann",
    ),
    form(
        "IoT",
        "SAM IoTRule",
        sam(event("IoTRule", Sql="SELECT * FROM 'things/+' WHERE heat > 30")),
        calls("iot-data", "publish", topic="things/7", payload=b'{"heat": 31}'),
        heat=31,
    ),
    form(
        "MSK",
        "SAM MSK",
        sam(
            event(
                "MSK",
                Stream=f"arn:aws:kafka:{REGION}:{ACCOUNT}:cluster/a/b",
                StartingPosition="LATEST",
                Topics=["things"],
            )
        ),
        lambda world: produces_record(world, f"arn:aws:kafka:{REGION}:{ACCOUNT}:cluster/a/b"),
        eventSource="aws:kafka",
        records=dict,
    ),
    form(
        "Custom resource",
        "Custom::Thing",
        sam(None, {"C": one("Custom::Thing", ServiceToken=att("Fn"), Size=3)}, code=ANSWERS),
        RequestType="Create",
        ResourceType="Custom::Thing",
        ResourceProperties__Size="3",
    ),
]

FORMS = (*SCHEDULES, *EVENTS, *OBJECTS, *TOPICS, *QUEUES, *TABLES, *STREAMS, *LOGS, *RESTS, *HTTPS, *OTHERS)
