"""Everything that a service's API refuses is refused in a template too, and the reverse.

A row is one bad value, as a call and as a resource. One world stands for all of them: a template is
provisioned inside it.
"""

import io
import json
import zipfile
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError, ParamValidationError

from scenarios.cloud.cloudformation.provision import provision
from scenarios.cloud.deployment import ACCOUNT
from scenarios.cloud.kernel.errors import InvalidTemplate
from scenarios.cloud.services import REGISTRY
from tests.scenarios.cloud.small_worlds import (
    HOME,
    admin,
    arn,
    bucket,
    function,
    group,
    may,
    queue,
    role,
    topic,
    world,
)

QUEUE, FUNCTION, TOPIC = arn("sqs", "Heard"), arn("lambda", "function:look"), arn("sns", "Alerts")
LOOK_ROLE, OTHER_ROLE = f"arn:aws:iam::{ACCOUNT}:role/lookRole", f"arn:aws:iam::{ACCOUNT}:role/other"


@dataclass(frozen=True, slots=True)
class Row:
    """One bad value.

    `call` is (service, method, parameters), `resource` (type, properties); `says` both doors say. `code` is
    None where botocore itself refuses the call. `page`: where AWS documents it, below
    https://docs.aws.amazon.com/.
    """

    call: tuple[str, str, dict[str, Any]]
    code: str | None
    resource: tuple[str, dict[str, Any]]
    says: str
    page: str


def row(name, *fields):
    return pytest.param(Row(*fields), id=name)


# ---- alarms -------------------------------------------------------------------------------------

ALARM = {
    "AlarmName": "a",
    "Namespace": "App",
    "MetricName": "m",
    "Statistic": "Sum",
    "Period": 60,
    "EvaluationPeriods": 1,
    "Threshold": 1,
    "ComparisonOperator": "GreaterThanThreshold",
}
PUT_ALARM = "AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html"
QUERY = {
    "Id": "m",
    "MetricStat": {"Metric": {"Namespace": "A", "MetricName": "m"}, "Period": 60, "Stat": "Sum"},
}


def alarm(name, says, *, code="ValidationError", without=(), **bad):
    given = {key: value for key, value in (ALARM | bad).items() if key not in without}
    call = ("cloudwatch", "put_metric_alarm", given)
    return row(f"alarm: {name}", call, code, ("AWS::CloudWatch::Alarm", given), says, PUT_ALARM)


ALARMS = [
    alarm("2 of 1", "DatapointsToAlarm must be less than or equal to EvaluationPeriods", DatapointsToAlarm=2),
    alarm("missing data", "TreatMissingData are breaching", TreatMissingData="nope"),
    alarm("few samples", "LowSampleCount", EvaluateLowSampleCountPercentile="never"),
    alarm("45 seconds", "multiple of 60 seconds", Period=45),
    alarm("two days", "more than a day", Period=300, EvaluationPeriods=600),
    alarm("two weeks by the hour", "a week", Period=3600, EvaluationPeriods=336),
    alarm("a comparison", "'comparisonOperator' .* enum value set", ComparisonOperator="Above"),
    alarm("anomalies", "anomaly detection", ComparisonOperator="LessThanLowerThreshold"),
    alarm("a statistic", "'statistic' .* enum value set", Statistic="Median"),
    alarm("two statistics", "Exactly one of Statistic", ExtendedStatistic="p90"),
    alarm("no statistic", "Exactly one of Statistic", without=("Statistic",)),
    alarm(
        "no percentile",
        "ExtendedStatistic is not supported",
        code="InvalidParameterValue",
        without=("Statistic",),
        ExtendedStatistic="p101",
    ),
    alarm("a unit", "'unit' .* enum value set", Unit="Furlongs"),
    alarm("no metric", "MetricName must be set", without=("MetricName",)),
    alarm("a namespace", r"'namespace' .* pattern", Namespace=":App"),
    alarm("a long name", "'alarmName' .* 255", AlarmName="a" * 256),
    alarm("a long description", "'alarmDescription' .* 1024", AlarmDescription="a" * 1025),
    alarm(
        "31 dimensions", "'dimensions' .* 30", Dimensions=[{"Name": f"d{n}", "Value": "v"} for n in range(31)]
    ),
    alarm(
        "six actions",
        "'alarmActions' .* less than or equal to 5",
        AlarmActions=[f"{TOPIC}{n}" for n in range(6)],
    ),
    alarm("an action elsewhere", "Invalid region", AlarmActions=[arn("sns", "Alerts", "eu-west-1")]),
    alarm("a queue as action", "can't do", AlarmActions=[QUEUE]),
    alarm("metrics and a metric", "should not be set", Metrics=[QUERY]),
    row(
        "composite: a child that isn't there",
        ("cloudwatch", "put_composite_alarm", {"AlarmName": "c", "AlarmRule": "ALARM(nowhere)"}),
        "ValidationError",
        ("AWS::CloudWatch::CompositeAlarm", {"AlarmName": "c", "AlarmRule": "ALARM(nowhere)"}),
        r"alarms \[nowhere\] in the alarm rule do not exist",
        "AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html",
    ),
]

PUT_DASHBOARD = "AmazonCloudWatch/latest/APIReference/API_PutDashboard.html"


def dashboard(name, says, code, **bad):
    given = {"DashboardName": "d", "DashboardBody": '{"widgets": []}'} | bad
    call = ("cloudwatch", "put_dashboard", given)
    return row(f"dashboard: {name}", call, code, ("AWS::CloudWatch::Dashboard", given), says, PUT_DASHBOARD)


DASHBOARDS = [
    dashboard("a name", "contains invalid characters", "InvalidParameterValue", DashboardName="a b"),
    dashboard("a long name", "less than or equal to 255", "InvalidParameterValue", DashboardName="a" * 256),
    dashboard("no object", "must be a valid JSON object", "InvalidParameterInput", DashboardBody="[]"),
    dashboard("no widgets", "there are 1 validation errors", "InvalidParameterInput", DashboardBody="{}"),
]

PUT_STREAM = "AmazonCloudWatch/latest/APIReference/API_PutMetricStream.html"


def metric_stream(name, says, code="InvalidParameterValue", **bad):
    given = {"Name": "s", "FirehoseArn": arn("firehose", "deliverystream/none"), "RoleArn": LOOK_ROLE}
    given |= {"OutputFormat": "json", **bad}
    call = ("cloudwatch", "put_metric_stream", given)
    return row(
        f"metric stream: {name}", call, code, ("AWS::CloudWatch::MetricStream", given), says, PUT_STREAM
    )


BOTH = {"IncludeFilters": [{"Namespace": "a"}], "ExcludeFilters": [{"Namespace": "b"}]}
METRIC_STREAMS = [
    metric_stream("both filters", "cannot both be present", "InvalidParameterCombination", **BOTH),
    metric_stream("no delivery stream", "does not exist"),
    metric_stream("a format", "enum value set", "ValidationError", OutputFormat="xml"),
]

# ---- rules and targets --------------------------------------------------------------------------

PUT_RULE = "eventbridge/latest/APIReference/API_PutRule.html"
PUT_TARGETS = "eventbridge/latest/APIReference/API_PutTargets.html"
INVALID = "ValidationException"


def event_rule(name, says, code=INVALID, **bad):
    resource = {
        key: {"source": ["x"]} if value == '{"source": ["x"]}' else value for key, value in bad.items()
    }
    call = ("events", "put_rule", {"Name": "r", **bad})
    return row(f"rule: {name}", call, code, ("AWS::Events::Rule", {"Name": "r", **resource}), says, PUT_RULE)


def target(name, says, *more, code=INVALID, page=PUT_TARGETS, **bad):
    targets = [{"Id": "t", "Arn": QUEUE, **bad}, *more]
    call = ("events", "put_targets", {"Rule": "Standing", "Targets": targets})
    resource = {"Name": "r", "EventPattern": {"source": ["x"]}, "Targets": targets}
    return row(f"target: {name}", call, code, ("AWS::Events::Rule", resource), says, page)


EVERY_SOURCE = '{"source": ["x"]}'
BY_KEY = {"ApiKeyAuthParameters": {"ApiKeyName": "k", "ApiKeyValue": "v"}}
BASIC_BY_KEY = {"Name": "c", "AuthorizationType": "BASIC", "AuthParameters": BY_KEY}
UNSAFE = {
    "Name": "d",
    "ConnectionArn": arn("events", "connection/c/1"),
    "HttpMethod": "POST",
    "InvocationEndpoint": "http://api.example/",
}
RULES = [
    row(
        "connection: parameters of another kind",
        ("events", "create_connection", BASIC_BY_KEY),
        INVALID,
        ("AWS::Events::Connection", BASIC_BY_KEY),
        "BasicAuthParameters must be given",
        "eventbridge/latest/APIReference/API_CreateConnection.html",
    ),
    row(
        "API destination: without HTTPS",
        ("events", "create_api_destination", UNSAFE),
        INVALID,
        ("AWS::Events::ApiDestination", UNSAFE),
        "it must be an HTTPS endpoint",
        "eventbridge/latest/APIReference/API_CreateApiDestination.html",
    ),
    event_rule("without a cause", "EventPattern or ScheduleExpression must be specified", State="ENABLED"),
    event_rule("no schedule", "ScheduleExpression is not valid", ScheduleExpression="rate(1 hours)"),
    event_rule(
        "all management events by the clock",
        "not supported with scheduled rule expressions",
        ScheduleExpression="rate(1 hour)",
        State="ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS",
    ),
    event_rule(
        "a schedule on another bus",
        "only on the default",
        ScheduleExpression="rate(1 hour)",
        EventBusName="Bus",
    ),
    event_rule("a state", "'state' .* enum value set", EventPattern=EVERY_SOURCE, State="ON"),
    event_rule("a name", "'name' .* pattern", EventPattern=EVERY_SOURCE, Name="a b"),
    event_rule(
        "a long description", "'description' .* 512", EventPattern=EVERY_SOURCE, Description="a" * 513
    ),
    event_rule("a role", "cannot be assumed by principal", EventPattern=EVERY_SOURCE, RoleArn=LOOK_ROLE),
    row(
        "rule: a pattern",
        ("events", "put_rule", {"Name": "r", "EventPattern": '{"source": [{"prefixx": "a"}]}'}),
        "InvalidEventPatternException",
        ("AWS::Events::Rule", {"Name": "r", "EventPattern": {"source": [{"prefixx": "a"}]}}),
        "Unrecognized match type prefixx",
        PUT_RULE,
    ),
    target(
        "a placeholder",
        "invalid placeholder zz",
        InputTransformer={"InputPathsMap": {"a": "$.detail.a"}, "InputTemplate": '"<zz>"'},
    ),
    target("no path", "InputPath for target t", InputPath="detail.a"),
    target("two inputs", "Only one of Input", Input="{}", InputPath="$"),
    target("no JSON", "JSON syntax error", Input="{"),
    target(
        "186 attempts",
        "'targets.1.member.retryPolicy.maximumRetryAttempts' .* 185",
        RetryPolicy={"MaximumRetryAttempts": 186},
    ),
    target(
        "a minute at least",
        "aximumEventAgeInSeconds.* 60",
        code=None,
        RetryPolicy={"MaximumEventAgeInSeconds": 59},
    ),
    target(
        "six",
        "exceeds the maximum",
        *({"Id": f"t{n}", "Arn": QUEUE} for n in range(5)),
        code="LimitExceededException",
    ),
    target("of one id", "same Id", {"Id": "t", "Arn": QUEUE}),
    target("an id", "'targets.1.member.id' .* pattern", Id="a b"),
    target("dead letters to a topic", "is no queue", DeadLetterConfig={"Arn": TOPIC}),
    target("a stream without a role", "RoleArn is required", Arn=arn("kinesis", "stream/s")),
    target("a role that trusts another", "cannot be assumed by principal", RoleArn=LOOK_ROLE),
]

# ---- AWS Config ---------------------------------------------------------------------------------

RULE = {"ConfigRuleName": "r", "Source": {"Owner": "AWS", "SourceIdentifier": "INCOMING_SSH_DISABLED"}}
DAILY = {"resourceTypes": ["AWS::Config::ResourceCompliance"], "recordingFrequency": "DAILY"}
RECORDS = [
    row(
        "recorder: a type that is recorded continuously alone",
        (
            "config",
            "put_configuration_recorder",
            {
                "ConfigurationRecorder": {
                    "roleARN": OTHER_ROLE,
                    "recordingMode": {
                        "recordingFrequency": "CONTINUOUS",
                        "recordingModeOverrides": [DAILY],
                    },
                }
            },
        ),
        "ValidationException",
        (
            "AWS::Config::ConfigurationRecorder",
            {
                "RoleARN": OTHER_ROLE,
                "RecordingMode": {
                    "RecordingFrequency": "CONTINUOUS",
                    "RecordingModeOverrides": [
                        {name[0].upper() + name[1:]: value for name, value in DAILY.items()}
                    ],
                },
            },
        ),
        "Daily recording is not supported for",
        "config/latest/APIReference/API_RecordingModeOverride.html",
    ),
    row(
        "delivery channel: no recorder",
        ("config", "put_delivery_channel", {"DeliveryChannel": {"s3BucketName": "tw-logs"}}),
        "NoAvailableConfigurationRecorderException",
        ("AWS::Config::DeliveryChannel", {"S3BucketName": "tw-logs"}),
        "not available to put delivery channel",
        "config/latest/APIReference/API_PutDeliveryChannel.html",
    ),
    row(
        "config rule: no recorder",
        ("config", "put_config_rule", {"ConfigRule": RULE}),
        "NoAvailableConfigurationRecorderException",
        ("AWS::Config::ConfigRule", RULE),
        "not available to put config rule",
        "config/latest/APIReference/API_PutConfigRule.html",
    ),
]

# ---- logs ---------------------------------------------------------------------------------------

GROUP = "/host/secure"
LOGS = "AmazonCloudWatchLogs/latest/APIReference/"
NO_KEY, NO_STREAM = arn("kms", "key/nowhere"), arn("kinesis", "stream/nowhere")
REFUSED_BY_LOGS = "InvalidParameterException"
COUNTED = {"metricNamespace": "App", "metricName": "m", "metricValue": "1"}


def metric_filter(name, says, pattern="ERROR", **bad):
    transformation = COUNTED | bad
    call = {
        "logGroupName": GROUP,
        "filterName": "f",
        "filterPattern": pattern,
        "metricTransformations": [transformation],
    }
    spelled = {key[0].upper() + key[1:]: value for key, value in transformation.items()}
    if "dimensions" in bad:
        spelled["Dimensions"] = [{"Key": key, "Value": value} for key, value in bad["dimensions"].items()]
    resource = {
        "LogGroupName": GROUP,
        "FilterName": "f",
        "FilterPattern": pattern,
        "MetricTransformations": [spelled],
    }
    return row(
        f"metric filter: {name}",
        ("logs", "put_metric_filter", call),
        REFUSED_BY_LOGS,
        ("AWS::Logs::MetricFilter", resource),
        says,
        f"{LOGS}API_PutMetricFilter.html",
    )


FIELDS = "{ $.a = 1 }"
FILTERS = [
    metric_filter(
        "dimensions of words", "does not support dimensions", "?ERROR ?WARN", dimensions={"A": "$.a"}
    ),
    metric_filter(
        "dimensions and a default", "exclude each other", FIELDS, dimensions={"A": "$.a"}, defaultValue=0.0
    ),
    metric_filter("four dimensions", "at most 3", FIELDS, dimensions=dict.fromkeys("ABCD", "$.a")),
    metric_filter("a pattern", "Invalid filter pattern", "{ $.a = "),
    row(
        "group: a key that is not there",
        ("logs", "create_log_group", {"logGroupName": "g", "kmsKeyId": NO_KEY}),
        REFUSED_BY_LOGS,
        ("AWS::Logs::LogGroup", {"LogGroupName": "g", "KmsKeyId": NO_KEY}),
        "does not exist or is not allowed to be used with LogGroup",
        f"{LOGS}API_CreateLogGroup.html",
    ),
    row(
        "destination: no stream",
        ("logs", "put_destination", {"destinationName": "d", "targetArn": NO_STREAM, "roleArn": OTHER_ROLE}),
        REFUSED_BY_LOGS,
        (
            "AWS::Logs::Destination",
            {"DestinationName": "d", "TargetArn": NO_STREAM, "RoleArn": OTHER_ROLE},
        ),
        "Could not deliver test message to specified destination",
        f"{LOGS}API_PutDestination.html",
    ),
    row(
        "subscription filter: no stream",
        (
            "logs",
            "put_subscription_filter",
            {
                "logGroupName": GROUP,
                "filterName": "f",
                "filterPattern": "",
                "destinationArn": NO_STREAM,
                "roleArn": OTHER_ROLE,
            },
        ),
        REFUSED_BY_LOGS,
        (
            "AWS::Logs::SubscriptionFilter",
            {
                "LogGroupName": GROUP,
                "FilterName": "f",
                "FilterPattern": "",
                "DestinationArn": NO_STREAM,
                "RoleArn": OTHER_ROLE,
            },
        ),
        "Could not deliver test message to specified Kinesis stream",
        f"{LOGS}API_PutSubscriptionFilter.html",
    ),
    metric_filter("a field of words", "Invalid metric transformation", metricValue="$.a"),
    metric_filter("a word for a number", "is no number", metricValue="one"),
    metric_filter("a metric's name", "metricName' .* pattern", metricName="a:b"),
    metric_filter("a unit", "unit' .* enum value set", unit="Furlongs"),
    row(
        "group: a retention",
        ("logs", "put_retention_policy", {"logGroupName": GROUP, "retentionInDays": 31}),
        REFUSED_BY_LOGS,
        ("AWS::Logs::LogGroup", {"LogGroupName": "g", "RetentionInDays": 31}),
        "'retentionInDays' .* enum value set",
        f"{LOGS}API_PutRetentionPolicy.html",
    ),
    row(
        "group: a name",
        ("logs", "create_log_group", {"logGroupName": "a b"}),
        REFUSED_BY_LOGS,
        ("AWS::Logs::LogGroup", {"LogGroupName": "a b"}),
        "'logGroupName' .* pattern",
        f"{LOGS}API_CreateLogGroup.html",
    ),
    row(
        "subscription filter: a function whose permission lacks :*",
        (
            "logs",
            "put_subscription_filter",
            {"logGroupName": GROUP, "filterName": "f", "filterPattern": "", "destinationArn": FUNCTION},
        ),
        REFUSED_BY_LOGS,
        (
            "AWS::Logs::SubscriptionFilter",
            {"LogGroupName": GROUP, "FilterName": "f", "FilterPattern": "", "DestinationArn": FUNCTION},
        ),
        "Could not execute the lambda function",
        f"{LOGS}API_PutSubscriptionFilter.html",
    ),
]

# ---- functions ----------------------------------------------------------------------------------

LAMBDA = "lambda/latest/api/"
WRONG = "InvalidParameterValueException"
buffer = io.BytesIO()
with zipfile.ZipFile(buffer, "w") as archive:
    archive.writestr("app.py", "")
NEW = {"FunctionName": "new", "Handler": "app.look", "Role": LOOK_ROLE, "Runtime": "python3.13"}


def a_function(name, says, code=INVALID, **bad):
    call = {**NEW, "Code": {"ZipFile": buffer.getvalue()}, **bad}
    resource = {**NEW, "Code": {"S3Bucket": "b", "S3Key": "k"}, **bad}
    return row(
        f"function: {name}",
        ("lambda", "create_function", call),
        code,
        ("AWS::Lambda::Function", resource),
        says,
        f"{LAMBDA}API_CreateFunction.html",
    )


def mapping(name, says, code, **bad):
    given = {"FunctionName": "look", "EventSourceArn": QUEUE, **bad}
    return row(
        f"mapping: {name}",
        ("lambda", "create_event_source_mapping", given),
        code,
        ("AWS::Lambda::EventSourceMapping", given),
        says,
        f"{LAMBDA}API_CreateEventSourceMapping.html",
    )


def permission(name, says, code, **bad):
    given = {
        "FunctionName": "look",
        "Action": "lambda:InvokeFunction",
        "Principal": "events.amazonaws.com",
        **bad,
    }
    return row(
        f"permission: {name}",
        ("lambda", "add_permission", {"StatementId": "s", **given}),
        code,
        ("AWS::Lambda::Permission", given),
        says,
        f"{LAMBDA}API_AddPermission.html",
    )


def destination(name, says, arn):
    given = {"FunctionName": "look", "DestinationConfig": {"OnFailure": {"Destination": arn}}}
    return row(
        f"destination: {name}",
        ("lambda", "put_function_event_invoke_config", given),
        WRONG,
        ("AWS::Lambda::EventInvokeConfig", {**given, "Qualifier": "$LATEST"}),
        says,
        f"{LAMBDA}API_PutFunctionEventInvokeConfig.html",
    )


def alias(name, says, code, version, weights):
    given = {"FunctionName": "look", "Name": "live", "FunctionVersion": version}
    shares = [{"FunctionVersion": each, "FunctionWeight": weight} for each, weight in weights.items()]
    return row(
        f"alias: {name}",
        (
            "lambda",
            "create_alias",
            {**given, "RoutingConfig": {"AdditionalVersionWeights": weights}},
        ),
        code,
        ("AWS::Lambda::Alias", {**given, "RoutingConfig": {"AdditionalVersionWeights": shares}}),
        says,
        "lambda/latest/dg/configuring-alias-routing.html",
    )


FUNCTIONS = [
    alias("weights beside the latest", "pointing to more than 1 version", WRONG, "$LATEST", {"1": 0.1}),
    alias("no such version", "Function not found", "ResourceNotFoundException", "1", {"2": 0.1}),
    a_function("no such layer", "does not exist", WRONG, Layers=[arn("lambda", "layer:none:1")]),
    a_function(
        "no such subnet",
        "InvalidSubnetID.NotFound",
        WRONG,
        VpcConfig={"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]},
    ),
    a_function("901 seconds", "'timeout' .* less than or equal to 900", Timeout=901),
    a_function("no second", "imeout", code=None, Timeout=0),
    a_function("127 MB", "emory", code=None, MemorySize=127),
    a_function("20 GB", "'memorySize' .* 10240", MemorySize=20_480),
    a_function("a handler with a blank", "'handler' .* pattern", Handler="app look"),
    a_function(
        "a variable's name", "'environment.variables' .* pattern", Environment={"Variables": {"1A": "x"}}
    ),
    a_function("a reserved variable", "reserved keys", WRONG, Environment={"Variables": {"AWS_REGION": "x"}}),
    a_function("5 KB of variables", "4KB limit", WRONG, Environment={"Variables": {"AB": "x" * 5000}}),
    a_function("a role that trusts another", "cannot be assumed by Lambda", WRONG, Role=OTHER_ROLE),
    a_function(
        "dead letters to a function", "is none of sqs, sns", WRONG, DeadLetterConfig={"TargetArn": FUNCTION}
    ),
    a_function("a runtime", "untime", WRONG, Runtime="python9.9"),
    a_function("a runtime of old", "untime", WRONG, Runtime="python2.7"),
    a_function("no mode", "'tracingConfig.mode' .* enum value set", TracingConfig={"Mode": "On"}),
    mapping("10001", "'batchSize' .* 10000", INVALID, BatchSize=10_001, MaximumBatchingWindowInSeconds=1),
    mapping(
        "five minutes at most",
        "'maximumBatchingWindowInSeconds' .* 300",
        INVALID,
        MaximumBatchingWindowInSeconds=301,
    ),
    mapping("11 without a window", "batch window in seconds must be greater than 0", WRONG, BatchSize=11),
    mapping("hidden too short", "60 seconds is less than Function timeout: 120", WRONG, FunctionName="slow"),
    mapping("no queue", "NonExistentQueue", WRONG, EventSourceArn=arn("sqs", "Nowhere")),
    mapping(
        "one at a time",
        "aximumConcurrency.* 2",
        None,
        ScalingConfig={"MaximumConcurrency": 1},
    ),
    destination("nowhere", "is none of", TOPIC.replace(":sns:", ":kinesis:")),
    permission("a principal", "principal was invalid", WRONG, Principal="events.example.com"),
    permission("an action", "'action' .* pattern", INVALID, Action="s3:GetObject"),
    permission("an account", "'sourceAccount' .* pattern", INVALID, SourceAccount="12345"),
]

# ---- queues, topics, the rest -------------------------------------------------------------------


def a_queue(name, says, code="InvalidAttributeValue", **bad):
    attributes = {key: value for key, value in bad.items() if key != "QueueName"}
    call = {
        "QueueName": bad.get("QueueName", "q"),
        "Attributes": {key: str(value) for key, value in attributes.items()},
    }
    return row(
        f"queue: {name}",
        ("sqs", "create_queue", call),
        code,
        ("AWS::SQS::Queue", {"QueueName": "q", **bad}),
        says,
        "AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html",
    )


def subscription(name, says, *, more=None, **bad):
    given = {"TopicArn": TOPIC, "Protocol": "email", "Endpoint": "a@b.example", **bad}
    attributes = {
        key: str(value).lower() if isinstance(value, bool) else value for key, value in (more or {}).items()
    }
    return row(
        f"subscription: {name}",
        ("sns", "subscribe", {**given, "Attributes": attributes}),
        "InvalidParameter",
        ("AWS::SNS::Subscription", {**given, **(more or {})}),
        says,
        "sns/latest/api/API_Subscribe.html",
    )


FIFO_QUEUE = {"QueueName": "q.fifo", "FifoQueue": "true"}
OTHERS = [
    a_queue(
        "deduplication of a standard queue",
        "Unknown Attribute ContentBasedDeduplication",
        code="InvalidAttributeName",
        ContentBasedDeduplication="true",
    ),
    a_queue(
        "the scope of a standard queue",
        "You can specify the DeduplicationScope only when FifoQueue is set to true",
        code="InvalidAttributeName",
        DeduplicationScope="queue",
    ),
    a_queue(
        "a limit by group without the scope",
        "allowed only when the value for DeduplicationScope is messageGroup",
        **FIFO_QUEUE,
        FifoThroughputLimit="perMessageGroupId",
    ),
    a_queue(
        "FIFO by its attribute alone", "must end with .fifo", code="InvalidParameterValue", FifoQueue="true"
    ),
    a_queue("901 seconds late", "parameter DelaySeconds", DelaySeconds=901),
    a_queue("hidden for a day", "parameter VisibilityTimeout", VisibilityTimeout=86_400),
    a_queue("kept for a month", "parameter MessageRetentionPeriod", MessageRetentionPeriod=2_592_000),
    a_queue("a long poll", "parameter ReceiveMessageWaitTimeSeconds", ReceiveMessageWaitTimeSeconds=21),
    a_queue("small messages", "parameter MaximumMessageSize", MaximumMessageSize=1023),
    a_queue("a name", "alphanumeric characters", "InvalidParameterValue", QueueName="a b"),
    subscription("an address", "Email address", Endpoint="on-call"),
    subscription("a protocol", "does not support this protocol string: pigeon", Protocol="pigeon"),
    subscription("no function", "Lambda endpoint ARN", Protocol="lambda", Endpoint=QUEUE),
    subscription(
        "raw mail", r"Delivery protocol \[email\] does not support raw", more={"RawMessageDelivery": True}
    ),
    subscription("a scope", "FilterPolicyScope", more={"FilterPolicyScope": "MessageBody"}),
    row(
        "topic: a name",
        ("sns", "create_topic", {"Name": "a b"}),
        "InvalidParameter",
        ("AWS::SNS::Topic", {"TopicName": "a b"}),
        "Topic Name",
        "sns/latest/api/API_CreateTopic.html",
    ),
    row(
        "parameter: a name",
        ("ssm", "put_parameter", {"Name": "a b", "Value": "1", "Type": "String"}),
        INVALID,
        ("AWS::SSM::Parameter", {"Name": "a b", "Value": "1", "Type": "String"}),
        "Parameter name",
        "systems-manager/latest/APIReference/API_PutParameter.html",
    ),
    row(
        "state machine: a definition without a state",
        ("stepfunctions", "create_state_machine", {"name": "f", "definition": "{}", "roleArn": OTHER_ROLE}),
        "InvalidDefinition",
        ("AWS::StepFunctions::StateMachine", {"DefinitionString": "{}", "RoleArn": OTHER_ROLE}),
        "SCHEMA_VALIDATION_FAILED",
        "step-functions/latest/apireference/API_CreateStateMachine.html",
    ),
    row(
        "document: a runbook without a step",
        (
            "ssm",
            "create_document",
            {"Name": "Mend", "DocumentType": "Automation", "Content": '{"schemaVersion": "0.3"}'},
        ),
        "InvalidDocumentContent",
        (
            "AWS::SSM::Document",
            {"Name": "Mend", "DocumentType": "Automation", "Content": {"schemaVersion": "0.3"}},
        ),
        "at least one step",
        "systems-manager/latest/userguide/documents-schemas-features.html",
    ),
    row(
        "parameter: another value than allowed",
        ("ssm", "put_parameter", {"Name": "a", "Value": "x", "Type": "String", "AllowedPattern": r"\d+"}),
        "ParameterPatternMismatchException",
        ("AWS::SSM::Parameter", {"Name": "a", "Value": "x", "Type": "String", "AllowedPattern": r"\d+"}),
        "allowedPattern",
        "systems-manager/latest/APIReference/API_PutParameter.html",
    ),
    row(
        "bucket: a name",
        ("s3", "create_bucket", {"Bucket": "Upper"}),
        "InvalidBucketName",
        ("AWS::S3::Bucket", {"BucketName": "Upper"}),
        "bucket is not valid",
        "AmazonS3/latest/userguide/bucketnamingrules.html",
    ),
    row(
        "bucket: server access logs to nowhere",
        (
            "s3",
            "put_bucket_logging",
            {
                "Bucket": "tw-logs",
                "BucketLoggingStatus": {"LoggingEnabled": {"TargetBucket": "none", "TargetPrefix": ""}},
            },
        ),
        "InvalidTargetBucketForLogging",
        ("AWS::S3::Bucket", {"LoggingConfiguration": {"DestinationBucketName": "none"}}),
        "target bucket for logging does not exist",
        "AmazonS3/latest/userguide/enable-server-access-logging.html",
    ),
]

# ---- what the models alone say ------------------------------------------------------------------

TABLE = {
    "TableName": "orders",
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    "BillingMode": "PAY_PER_REQUEST",
}
ROLE = {"RoleName": "r", "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": []}}


def a_table(name, says, **bad):
    given = {**TABLE, **bad}
    page = "amazondynamodb/latest/APIReference/API_CreateTable.html"
    call = ("dynamodb", "create_table", given)
    return row(f"table: {name}", call, INVALID, ("AWS::DynamoDB::Table", given), says, page)


def a_role(name, says, **bad):
    given = {**ROLE, **bad}
    text = json.dumps(given["AssumeRolePolicyDocument"])
    call = ("iam", "create_role", {**given, "AssumeRolePolicyDocument": text})
    page = "IAM/latest/APIReference/API_CreateRole.html"
    return row(f"role: {name}", call, "ValidationError", ("AWS::IAM::Role", given), says, page)


LIMITS = [
    row(
        "stream: a name",
        ("kinesis", "create_stream", {"StreamName": "a b", "ShardCount": 1}),
        INVALID,
        ("AWS::Kinesis::Stream", {"Name": "a b", "ShardCount": 1}),
        "pattern|does not match",
        "kinesis/latest/APIReference/API_CreateStream.html",
    ),
    a_table("a name", "pattern|does not match", TableName="a b!"),
    a_table("a short name", "at least 3|does not match", TableName="ab"),
    a_table("a mode", "illingMode", BillingMode="FREE"),
    a_role("a name", "pattern|does not match", RoleName="a b"),
    a_role("thirteen hours", "axSessionDuration", MaxSessionDuration=46_800),
]

# ---- policies -----------------------------------------------------------------------------------

TYPO = {
    "Version": "2012-10-17",
    "Statement": [{"Efect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}],
}


def policy(name, call, code, resource, page):
    """A policy with a typo, in the one parameter and the one property that are given as None."""
    service, method, parameters = call
    filled = {key: json.dumps(TYPO) if value is None else value for key, value in parameters.items()}
    kind, properties = resource
    given = {key: TYPO if value is None else value for key, value in properties.items()}
    return row(
        f"policy: {name}", (service, method, filled), code, (kind, given), r"Statement\[0\].Efect", page
    )


POLICIES = [
    policy(
        "a function's",
        ("lambda", "put_resource_policy", {"ResourceArn": FUNCTION, "Policy": None}),
        WRONG,
        ("AWS::Lambda::ResourcePolicy", {"ResourceArn": FUNCTION, "PolicyDocument": None}),
        "lambda/latest/api/API_PutResourcePolicy.html",
    ),
    policy(
        "a key's",
        ("kms", "create_key", {"Policy": None}),
        "MalformedPolicyDocumentException",
        ("AWS::KMS::Key", {"KeyPolicy": None}),
        "kms/latest/APIReference/API_CreateKey.html",
    ),
    policy(
        "a bucket's",
        ("s3", "put_bucket_policy", {"Bucket": "tw-logs", "Policy": None}),
        "MalformedPolicy",
        ("AWS::S3::BucketPolicy", {"Bucket": "tw-logs", "PolicyDocument": None}),
        "AmazonS3/latest/API/API_PutBucketPolicy.html",
    ),
    policy(
        "the log groups'",
        ("logs", "put_resource_policy", {"policyName": "p", "policyDocument": None}),
        REFUSED_BY_LOGS,
        ("AWS::Logs::ResourcePolicy", {"PolicyName": "p", "PolicyDocument": None}),
        f"{LOGS}API_PutResourcePolicy.html",
    ),
    policy(
        "a bus's",
        ("events", "put_permission", {"EventBusName": "Bus", "Policy": None}),
        INVALID,
        ("AWS::Events::EventBus", {"Name": "Second", "Policy": None}),
        "eventbridge/latest/APIReference/API_PutPermission.html",
    ),
]

# ---- schedules ----------------------------------------------------------------------------------


def schedule(name, says, *, when="rate(1 minute)", **target):
    to = {
        "Arn": arn("events", "event-bus/default"),
        "RoleArn": OTHER_ROLE,
        "EventBridgeParameters": {"DetailType": "Beat", "Source": "shop"},
        **target,
    }
    given = {
        "Name": "s",
        "ScheduleExpression": when,
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "Target": to,
    }
    return row(
        f"schedule: {name}",
        ("scheduler", "create_schedule", given),
        "ValidationException",
        ("AWS::Scheduler::Schedule", given),
        says,
        "scheduler/latest/APIReference/API_CreateSchedule.html",
    )


SCHEDULES = [
    schedule("no expression", "Invalid Schedule Expression soon", when="soon"),
    schedule("an input", "not a valid JSON object", Input="[1]"),
    schedule("a role that trusts another", "must allow AWS EventBridge Scheduler", RoleArn=LOOK_ROLE),
    schedule(
        "AWS's source",
        "'target.eventBridgeParameters.source' .* pattern",
        EventBridgeParameters={"DetailType": "Beat", "Source": "aws.events"},
    ),
]


def topic_rule(name, code, says, sql, *actions):
    lower = [{kind[0].lower() + kind[1:]: {} for kind in each} for each in actions]
    return row(
        f"topic rule: {name}",
        (
            "iot",
            "create_topic_rule",
            {"ruleName": "r", "topicRulePayload": {"sql": sql, "actions": lower}},
        ),
        code,
        ("AWS::IoT::TopicRule", {"TopicRulePayload": {"Sql": sql, "Actions": list(actions)}}),
        says,
        "iot/latest/apireference/API_CreateTopicRule.html",
    )


TOPIC_RULES = [
    topic_rule("no statement", "SqlParseException", "Error parsing SQL", "SELECT * FROM x"),
    topic_rule(
        "an action that is none", "InvalidRequestException", "names one thing", "SELECT * FROM 'x'", {}
    ),
]
ROWS = [
    *TOPIC_RULES,
    *ALARMS,
    *DASHBOARDS,
    *METRIC_STREAMS,
    *RULES,
    *FILTERS,
    *FUNCTIONS,
    *OTHERS,
    *LIMITS,
    *POLICIES,
    *SCHEDULES,
    *RECORDS,
]

PERMISSION = {
    "FunctionName": {"Ref": "look"},
    "Action": "lambda:InvokeFunction",
    "Principal": "logs.amazonaws.com",
    "SourceArn": arn("logs", f"log-group:{GROUP}"),
}
STANDING = {
    **queue("Heard", by=""),
    **function(Timeout=30),
    "slow": {
        "Type": "AWS::Lambda::Function",
        "Properties": {
            "FunctionName": "slow",
            "Code": {"S3Bucket": "b", "S3Key": "k"},
            "Handler": "nowhere.look",
            "Role": {"Fn::GetAtt": ["lookRole", "Arn"]},
            "Runtime": "python3.13",
            "Timeout": 120,
        },
    },
    **role("other", "ec2", may("*")),
    **topic(),
    **group(GROUP),
    **bucket(),
    "May": {"Type": "AWS::Lambda::Permission", "Properties": PERMISSION},
    "Bus": {"Type": "AWS::Events::EventBus", "Properties": {"Name": "Bus"}},
    "Standing": {
        "Type": "AWS::Events::Rule",
        "Properties": {"Name": "Standing", "EventPattern": {"source": ["x"]}},
    },
}
STANDING["Heard"]["Properties"]["VisibilityTimeout"] = 60


@pytest.fixture(scope="module")
def cloud():
    with world(STANDING) as each:
        yield each


def asked(cloud, row):
    """The call, by an administrator."""
    service, method, parameters = row.call
    return getattr(admin(cloud, service), method)(**parameters)


def created(cloud, row):
    """A stack of the one resource, in the same account."""
    kind, properties = row.resource
    with cloud.calls.muted():
        return provision(
            {"Resources": {"One": {"Type": kind, "Properties": properties}}},
            region=HOME,
            account=ACCOUNT,
            parameters={},
            stack_name="second",
            session=cloud.harness,
            kinds=REGISTRY.kinds,
            validators=REGISTRY.validators,
        )


@pytest.mark.parametrize("row", ROWS)
def test_the_api_refuses_it_with_awss_code(cloud, row):
    with pytest.raises((ClientError, ParamValidationError), match=row.says) as refused:
        asked(cloud, row)

    assert getattr(refused.value, "response", {"Error": {"Code": None}})["Error"]["Code"] == row.code


@pytest.mark.parametrize("row", ROWS)
def test_a_template_is_refused_for_it_and_the_resource_named(cloud, row):
    with pytest.raises(InvalidTemplate, match=row.says) as refused:
        created(cloud, row)

    assert refused.value.where.startswith("One")


# Rules that another operation of the table has as well.
SIBLINGS = {
    "AssociateKmsKey": "CreateLogGroup",
    "UpdateApiDestination": "CreateApiDestination",
    "UpdateConnection": "CreateConnection",
    "PutKeyPolicy": "CreateKey",
    "SetQueueAttributes": "CreateQueue",
    "SetSubscriptionAttributes": "Subscribe",
    "ReplaceTopicRule": "CreateTopicRule",
    "SetTopicAttributes": "CreateTopic",
    "UpdateAlias": "CreateAlias",
    "UpdateEventSourceMapping": "CreateEventSourceMapping",
    "UpdateFunctionConfiguration": "CreateFunction",
    "UpdateFunctionEventInvokeConfig": "PutFunctionEventInvokeConfig",
    "UpdateSchedule": "CreateSchedule",
    "UpdateStateMachine": "CreateStateMachine",
    "UpdateDocument": "CreateDocument",
}
# Each asks first whether the key is enabled: tests/scenarios/cloud/kms.
USES_OF_A_KEY = (
    *("Encrypt", "Decrypt", "ReEncrypt", "Sign", "Verify", "DeriveSharedSecret"),
    *("GenerateDataKey", "GenerateDataKeyWithoutPlaintext", "GenerateMac", "VerifyMac"),
    *("GenerateDataKeyPair", "GenerateDataKeyPairWithoutPlaintext"),
)
# No type of CloudFormation makes these calls, or none that is simulated.
API_ALONE = {
    *(("cloudwatch", each) for each in ("DeleteDashboards", "ListDashboards", "ListMetricStreams")),
    ("iam", "AttachUserPolicy"),
    ("iam", "DeleteUser"),
    ("logs", "DeleteLogStream"),
    ("logs", "DeleteMetricFilter"),
    ("logs", "FilterLogEvents"),
    ("lambda", "PutFunctionConcurrency"),
    ("sqs", "DeleteMessage"),
    ("sqs", "ReceiveMessage"),
    ("sqs", "SendMessage"),
    ("kms", "EnableKeyRotation"),
    *(("kms", each) for each in USES_OF_A_KEY),
    ("scheduler", "CreateScheduleGroup"),
    ("scheduler", "DeleteScheduleGroup"),
    ("s3", "CopyObject"),
    ("s3", "CreateMultipartUpload"),
    ("s3", "PutBucketAcl"),
    ("s3", "PutBucketNotificationConfiguration"),
    ("s3", "PutObject"),
    ("s3", "PutObjectAcl"),
    ("sns", "Publish"),
    ("sns", "PublishBatch"),
    ("ssm", "ListDocuments"),
    ("ssm", "SendCommand"),
}


def test_every_operation_with_rules_has_its_rows(cloud):
    tried = set()
    for each in ROWS:
        service, method, _ = each.values[0].call
        tried.add((service, admin(cloud, service).meta.method_to_api_mapping[method]))
    ruled = {(service, SIBLINGS.get(each, each)) for service, each in REGISTRY.validators.operations}

    assert ruled - tried == API_ALONE


QUEUE_URL = f"https://sqs.{HOME}.amazonaws.com/{ACCOUNT}/Heard"
NOT_THERE = "ResourceNotFoundException"
BY_THE_API_ALONE = [
    ("logs", "filter_log_events", {"logGroupName": GROUP, "logStreamNames": ["none"]}, NOT_THERE),
    (
        "logs",
        "filter_log_events",
        {"logGroupName": GROUP, "logStreamNames": ["a"], "logStreamNamePrefix": "a"},
        REFUSED_BY_LOGS,
    ),
    ("logs", "delete_log_stream", {"logGroupName": GROUP, "logStreamName": "none"}, NOT_THERE),
    ("logs", "delete_metric_filter", {"logGroupName": GROUP, "filterName": "none"}, NOT_THERE),
    ("sqs", "send_message", {"QueueUrl": QUEUE_URL, "MessageBody": ""}, "MissingParameter"),
    ("sqs", "send_message", {"QueueUrl": QUEUE_URL, "MessageBody": "a\x00"}, "InvalidMessageContents"),
    ("sqs", "create_queue", {"QueueName": "a.fifo"}, "InvalidParameterValue"),
    (
        "sqs",
        "create_queue",
        {"QueueName": "a", "Attributes": {"FifoQueue": "true"}},
        "InvalidParameterValue",
    ),
    (
        "lambda",
        "put_function_concurrency",
        {"FunctionName": "look", "ReservedConcurrentExecutions": 901},
        WRONG,
    ),
    (
        "s3",
        "put_bucket_notification_configuration",
        {
            "Bucket": "tw-logs",
            "NotificationConfiguration": {
                "QueueConfigurations": [{"QueueArn": QUEUE, "Events": ["s3:ObjectCreated:*"]}]
            },
        },
        "InvalidArgument",
    ),
]
BY_THE_MODEL = [
    *BY_THE_API_ALONE,
    ("sts", "get_federation_token", {"Name": "a b"}, "ValidationError"),
    (
        "ec2",
        "run_instances",
        {"ImageId": "ami-1", "MinCount": 1, "MaxCount": 1, "InstanceType": "t9.huge"},
        "InvalidParameterValue",
    ),
    ("s3", "put_object", {"Bucket": "tw-logs", "Key": "k", "StorageClass": "COLD"}, "InvalidStorageClass"),
    (
        "s3",
        "put_object",
        {"Bucket": "tw-logs", "Key": "k", "ServerSideEncryption": "rot13"},
        "InvalidArgument",
    ),
    (
        "s3",
        "put_bucket_versioning",
        {"Bucket": "tw-logs", "VersioningConfiguration": {"Status": "On"}},
        "MalformedXML",
    ),
    (
        "sqs",
        "create_queue",
        {"QueueName": "q", "Attributes": {"VisibilityTimeOut": "3"}},
        "InvalidAttributeName",
    ),
    (
        "sns",
        "tag_resource",
        {"ResourceArn": TOPIC, "Tags": [{"Key": "k" * 129, "Value": "v"}]},
        "InvalidParameter",
    ),
    ("cloudtrail", "add_tags", {"ResourceId": "t", "TagsList": [{"Key": "k" * 129}]}, "ValidationException"),
    ("secretsmanager", "create_secret", {"Name": "s" * 513}, "ValidationException"),
]


@pytest.mark.parametrize(("service", "method", "parameters", "code"), BY_THE_MODEL)
def test_a_service_holds_calls_against_the_limits_of_its_model(cloud, service, method, parameters, code):
    with pytest.raises(ClientError) as refused:
        getattr(admin(cloud, service), method)(**parameters)

    assert refused.value.response["Error"]["Code"] == code


def test_a_command_to_an_instance_that_is_not_there_is_refused(cloud):
    with pytest.raises(ClientError, match=r"InvalidInstanceId.*not in a valid state"):
        admin(cloud, "ssm").send_command(
            DocumentName="AWS-RunShellScript", InstanceIds=["i-0123456789abcdef0"]
        )


def test_a_statement_id_that_a_functions_policy_has_is_a_conflict(cloud):
    statement = {
        "FunctionName": "slow",
        "StatementId": "s",
        "Action": "lambda:InvokeFunction",
        "Principal": "events.amazonaws.com",
    }
    lambdas = admin(cloud, "lambda")
    lambdas.add_permission(**statement)
    with pytest.raises(ClientError, match=r"ResourceConflictException.*The statement id \(s\) provided"):
        lambdas.add_permission(**statement)


def test_a_functions_new_configuration_is_held_against_the_same_rules(cloud):
    with pytest.raises(ClientError, match=r"ValidationException.*less than or equal to 900"):
        admin(cloud, "lambda").update_function_configuration(FunctionName="slow", Timeout=901)
