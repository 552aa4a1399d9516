import pytest

from scenarios.cloud.cloudformation.resources.shapes import (
    Document,
    Flag,
    Inert,
    Many,
    Number,
    Refused,
    Shape,
    Table,
    Text,
    Whole,
)
from scenarios.cloud.kernel.errors import InvalidTemplate, NotSimulated
from scenarios.cloud.services import REGISTRY
from tests.moto_alone import moto_alone
from tests.scenarios.cloud.cloudformation.stacks import (
    ACCOUNT,
    GROUP,
    LAMBDA,
    QUEUE,
    QUEUE_ARN,
    REGION,
    TOPIC,
    VERSION,
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
    with moto_alone():
        yield


# --- what is refused

LOOK = {"Type": "AWS::Events::Rule"}
RULE = {"EventPattern": {"source": ["x"]}}
TARGET = {"Id": "a", "Arn": "arn:aws:sqs:eu-west-1:123456789012:q"}
ALARM = {
    "ComparisonOperator": "GreaterThanThreshold",
    "EvaluationPeriods": 1,
    "MetricName": "m",
    "Namespace": "n",
    "Period": 60,
    "Statistic": "Sum",
    "Threshold": 1,
}
METRIC = {"MetricName": "m", "MetricNamespace": "n", "MetricValue": "1"}
TABLE = {
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    "BillingMode": "PAY_PER_REQUEST",
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
}

REFUSED = [
    ("an unknown type", {"One": {"Type": "AWS::SQS::Queu"}}, "One.Type", "has no type AWS::SQS::Queu"),
    ("an unknown property", one("AWS::SQS::Queue", Colour=1), "One.Colour", "no such property"),
    (
        "an unknown property, nested",
        one("AWS::Events::Rule", **RULE, Targets=[TARGET | {"Retry": 1}]),
        r"One.Targets\[0\].Retry",
        "no such property",
    ),
    ("a missing property", one("AWS::Events::EventBus"), "One.Name", "required"),
    ("a word for a number", one("AWS::SQS::Queue", DelaySeconds="x"), "One.DelaySeconds", "whole number"),
    ("a number too great", one("AWS::SQS::Queue", DelaySeconds=901), "One", "parameter DelaySeconds"),
    ("a word for a flag", one("AWS::SQS::Queue", SqsManagedSseEnabled="x"), "Enabled", "true or false"),
    ("a list for a string", one("AWS::SQS::Queue", QueueName=["x"]), "One.QueueName", "expected a string"),
    ("a retention AWS has not", one("AWS::Logs::LogGroup", RetentionInDays=31), "One", "enum value set"),
    (
        "two encryptions",
        one("AWS::SQS::Queue", SqsManagedSseEnabled=True, KmsMasterKeyId="x"),
        "One",
        "one type",
    ),
    (
        "a reference to nothing",
        one("AWS::SQS::Queue", QueueName={"Ref": "No"}),
        "One.QueueName",
        "No",
    ),
    (
        "an attribute nobody has",
        {"Queue": QUEUE, **one("AWS::SQS::Queue", QueueName={"Fn::GetAtt": ["Queue", "X"]})},
        "One.QueueName",
        "no attribute X; known are: Arn",
    ),
    (
        "a service's refusal",
        {
            "A": one("AWS::SQS::Queue", QueueName="q")["One"],
            "B": one("AWS::SQS::Queue", QueueName="q", DelaySeconds=3)["One"],
        },
        "B",
        "QueueNameExists|already exists",
    ),
    # Lambda
    (
        "a role of somebody else",
        {"Role": role("ec2"), "One": function()},
        "One",
        "cannot be assumed by Lambda",
    ),
    (
        "a role that is not there",
        {"One": function(Role=f"arn:aws:iam::{ACCOUNT}:role/no")},
        "One",
        "cannot be assumed by Lambda",
    ),
    ("a role that is no ARN", {"One": function(Role="role")}, "One.Role", "does not match"),
    (
        "a runtime of the past",
        {"Role": role(), "One": function(Runtime="python2.7")},
        "One.Runtime",
        "none of",
    ),
    (
        "a reserved variable",
        {"Role": role(), "One": function(Environment={"Variables": {"AWS_REGION": "x"}})},
        "One",
        "reserved keys .*: AWS_REGION",
    ),
    (
        "too much environment",
        {"Role": role(), "One": function(Environment={"Variables": {"AB": "x" * 5000}})},
        "One",
        "4KB",
    ),
    (
        "dead letters it may not send",
        {"Queue": QUEUE, "Role": role(), "One": function(DeadLetterConfig={"TargetArn": QUEUE_ARN})},
        "One",
        "permissions to call SendMessage",
    ),
    (
        "a destination granted too late",
        {
            "Queue": QUEUE,
            "Role": role(),
            "One": function(),
            "Grant": {
                "Type": "AWS::IAM::Policy",
                "Properties": {
                    "PolicyName": "p",
                    "PolicyDocument": allow("sqs:SendMessage"),
                    "Roles": [{"Ref": "Role"}],
                },
            },
            "Fails": {
                "Type": "AWS::Lambda::EventInvokeConfig",
                "Properties": {
                    "DestinationConfig": {"OnFailure": {"Destination": QUEUE_ARN}},
                    "FunctionName": {"Ref": "One"},
                    "Qualifier": "$LATEST",
                },
            },
        },
        "Fails",
        "permissions to call SendMessage",
    ),
    (
        "four attempts",
        LAMBDA
        | {
            "Fails": {
                "Type": "AWS::Lambda::EventInvokeConfig",
                "Properties": {
                    "FunctionName": {"Ref": "One"},
                    "MaximumRetryAttempts": 3,
                    "Qualifier": "$LATEST",
                },
            }
        },
        "Fails",
        "'maximumRetryAttempts' .* less than or equal to 2",
    ),
    (
        "a queue that hides too short",
        {
            "Role": role("lambda", allow()),
            "One": function(Timeout=60),
            "Queue": QUEUE,
            "Reads": {
                "Type": "AWS::Lambda::EventSourceMapping",
                "Properties": {"EventSourceArn": QUEUE_ARN, "FunctionName": {"Ref": "One"}},
            },
        },
        "Reads",
        "visibility timeout: 30 seconds is less than Function timeout: 60",
    ),
    (
        "a queue it may not read",
        {
            "Role": role(),
            "One": function(),
            "Queue": QUEUE,
            "Reads": {
                "Type": "AWS::Lambda::EventSourceMapping",
                "Properties": {"EventSourceArn": QUEUE_ARN, "FunctionName": {"Ref": "One"}},
            },
        },
        "Reads",
        "permissions to call ReceiveMessage",
    ),
    (
        "a permission for no function",
        one(
            "AWS::Lambda::Permission",
            Action="lambda:InvokeFunction",
            FunctionName="nobody",
            Principal="sns.amazonaws.com",
        ),
        "One",
        "ResourceNotFound",
    ),
    (
        "a principal that is none",
        LAMBDA
        | {
            "May": {
                "Type": "AWS::Lambda::Permission",
                "Properties": {
                    "Action": "lambda:InvokeFunction",
                    "FunctionName": {"Ref": "One"},
                    "Principal": "events.amazon.com",
                },
            }
        },
        "May",
        "principal was invalid",
    ),
    (
        "a source that is no ARN",
        LAMBDA
        | {
            "May": {
                "Type": "AWS::Lambda::Permission",
                "Properties": {
                    "Action": "lambda:InvokeFunction",
                    "FunctionName": {"Ref": "One"},
                    "Principal": "sns.amazonaws.com",
                    "SourceArn": "topic",
                },
            }
        },
        "May.SourceArn",
        "does not match",
    ),
    (
        "a name of one letter",
        {"Role": role(), "One": function(Environment={"Variables": {"A": "x"}})},
        "One",
        "Value at 'environment.variables'",
    ),
    (
        "code in the template's words",
        {"Role": role(), "One": function(Code={"S3Bucket": "b"})},
        "One.Code.S3Key",
        "required",
    ),
    (
        "many messages at once",
        LAMBDA
        | {
            "Queue": QUEUE,
            "Reads": {
                "Type": "AWS::Lambda::EventSourceMapping",
                "Properties": {
                    "BatchSize": 11,
                    "EventSourceArn": QUEUE_ARN,
                    "FunctionName": {"Ref": "One"},
                },
            },
        },
        "Reads",
        "batch window in seconds must be greater than 0",
    ),
    # IAM
    (
        "an action without a service",
        one("AWS::IAM::ManagedPolicy", PolicyDocument=allow("PutObject")),
        r"PolicyDocument.Statement\[0\].Action",
        "names its service",
    ),
    (
        "a typo in a statement",
        one("AWS::IAM::ManagedPolicy", PolicyDocument=allow("s3:*", Resources="*")),
        r"Statement\[0\].Resources",
        "no such element",
    ),
    (
        "a principal in a role's policy",
        {"One": role("lambda", allow("s3:*", service="s3"))},
        "PolicyDocument",
        "MalformedPolicyDocument",
    ),
    (
        "a trust policy without a principal",
        one(
            "AWS::IAM::Role",
            AssumeRolePolicyDocument={
                "Version": VERSION,
                "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole"}],
            },
        ),
        "AssumeRolePolicyDocument",
        "Principal",
    ),
    (
        "a trust policy with a resource",
        one("AWS::IAM::Role", AssumeRolePolicyDocument=allow("sts:AssumeRole", service="lambda")),
        "AssumeRolePolicyDocument",
        "prohibited field Resource",
    ),
    # EventBridge
    (
        "six targets",
        one("AWS::Events::Rule", **RULE, Targets=[TARGET | {"Id": str(i)} for i in range(6)]),
        "One",
        "LimitExceededException",
    ),
    (
        "targets of one id",
        one("AWS::Events::Rule", **RULE, Targets=[TARGET, TARGET]),
        "One",
        "same Id",
    ),
    (
        "a target that is no ARN",
        one("AWS::Events::Rule", **RULE, Targets=[{"Id": "a", "Arn": "q"}]),
        r"One.Targets\[0\].Arn",
        "does not match",
    ),
    (
        "two inputs",
        one("AWS::Events::Rule", **RULE, Targets=[TARGET | {"Input": "{}", "InputPath": "$"}]),
        "One",
        "Only one of Input",
    ),
    (
        "a bus without a role",
        one(
            "AWS::Events::Rule",
            **RULE,
            Targets=[{"Id": "a", "Arn": "arn:aws:events:us-east-1:123456789012:event-bus/default"}],
        ),
        "One",
        "RoleArn is required",
    ),
    (
        "a role that events cannot assume",
        {
            "Role": role(),
            **one(
                "AWS::Events::Rule", **RULE, Targets=[TARGET | {"RoleArn": {"Fn::GetAtt": ["Role", "Arn"]}}]
            ),
        },
        "One",
        "cannot be assumed by principal 'events",
    ),
    (
        "a pattern with a typo",
        one("AWS::Events::Rule", EventPattern={"source": [{"prefixx": "a"}]}),
        "One",
        "Event pattern is not valid. Reason: Unrecognized match type prefixx",
    ),
    (
        "a pattern too long",
        one("AWS::Events::Rule", EventPattern={"source": ["x" * 2048]}),
        "One",
        "2048",
    ),
    (
        "a schedule that is none",
        one("AWS::Events::Rule", ScheduleExpression="rate(1 hours)"),
        "One",
        r"Parameter ScheduleExpression is not valid\. \(.*hours",
    ),
    ("a rule without a cause", one("AWS::Events::Rule", State="ENABLED"), "One", "EventPattern or Schedule"),
    ("a rule on no bus", one("AWS::Events::Rule", **RULE, EventBusName="nowhere"), "One", "nowhere"),
    (
        "a reserved variable of a transformer",
        one(
            "AWS::Events::Rule",
            **RULE,
            Targets=[
                TARGET | {"InputTransformer": {"InputPathsMap": {"AWS.x": "$.a"}, "InputTemplate": "1"}}
            ],
        ),
        "One",
        "AWS.x.* at 'targets.1.member.inputTransformer.inputPathsMap",
    ),
    (
        "a bus policy that says nothing",
        one("AWS::Events::EventBusPolicy", StatementId="a"),
        "One.Statement",
        "a Statement, or an Action",
    ),
    # Logs and CloudWatch
    (
        "a filter that is none",
        {
            "Group": GROUP,
            **one(
                "AWS::Logs::MetricFilter",
                FilterPattern="{ $.x = ",
                LogGroupName={"Ref": "Group"},
                MetricTransformations=[METRIC],
            ),
        },
        "One",
        "Invalid filter pattern",
    ),
    (
        "a filter on no group",
        one("AWS::Logs::MetricFilter", FilterPattern="x", LogGroupName="no", MetricTransformations=[METRIC]),
        "One",
        "does not exist",
    ),
    (
        "default and dimensions",
        {
            "Group": GROUP,
            **one(
                "AWS::Logs::MetricFilter",
                FilterPattern="x",
                LogGroupName={"Ref": "Group"},
                MetricTransformations=[
                    METRIC | {"DefaultValue": 0, "Dimensions": [{"Key": "a", "Value": "$.a"}]}
                ],
            ),
        },
        "One",
        "exclude each other",
    ),
    (
        "a period that is none",
        one("AWS::CloudWatch::Alarm", **ALARM | {"Period": 45}),
        "One",
        "ValidationError: The period must be .* multiple of 60",
    ),
    (
        "a look back of nine days",
        one("AWS::CloudWatch::Alarm", **ALARM | {"Period": 3600, "EvaluationPeriods": 216}),
        "One",
        "more than a day",
    ),
    (
        "more than there are",
        one("AWS::CloudWatch::Alarm", **ALARM, DatapointsToAlarm=2),
        "One",
        "DatapointsToAlarm must be less than or equal to EvaluationPeriods",
    ),
    (
        "an action that is no ARN",
        one("AWS::CloudWatch::Alarm", **ALARM, AlarmActions=["topic"]),
        "One",
        "Invalid arn syntax: topic",
    ),
    # messaging
    (
        "an address that is none",
        {
            "Topic": TOPIC,
            **one("AWS::SNS::Subscription", TopicArn={"Ref": "Topic"}, Protocol="email", Endpoint="oncall"),
        },
        "One",
        "Invalid parameter: Email address",
    ),
    (
        "an inline address that is none",
        one("AWS::SNS::Topic", Subscription=[{"Protocol": "sqs", "Endpoint": "q"}]),
        "One",
        "Invalid parameter: SQS endpoint ARN",
    ),
    (
        "a subscription to no topic",
        one(
            "AWS::SNS::Subscription",
            Protocol="email",
            Endpoint="a@b.example",
            TopicArn=f"arn:aws:sns:{REGION}:{ACCOUNT}:no",
        ),
        "One",
        "NotFound",
    ),
    # state
    (
        "a key that is not defined",
        one("AWS::DynamoDB::Table", **TABLE | {"AttributeDefinitions": []}),
        "One.AttributeDefinitions",
        "differing: id",
    ),
    (
        "expiry without an attribute",
        one("AWS::DynamoDB::Table", **TABLE, TimeToLiveSpecification={"Enabled": True}),
        "TimeToLiveSpecification.AttributeName",
        "attribute",
    ),
    (
        "a table without a price",
        one("AWS::DynamoDB::Table", **{k: v for k, v in TABLE.items() if k[0] != "B"}),
        "One.ProvisionedThroughput",
        "given exactly when",
    ),
    (
        "a policy for no bucket",
        one("AWS::S3::BucketPolicy", Bucket="no", PolicyDocument=allow("s3:*", service="s3")),
        "One",
        "NoSuchBucket",
    ),
    ("a bucket's name", one("AWS::S3::Bucket", BucketName="Upper"), "One", "InvalidBucketName"),
    (
        "a lock without a lock",
        one("AWS::S3::Bucket", ObjectLockConfiguration={"ObjectLockEnabled": "Enabled"}),
        "One.ObjectLockEnabled",
        "created with it",
    ),
    (
        "a lock for no time",
        one(
            "AWS::S3::Bucket",
            ObjectLockEnabled=True,
            ObjectLockConfiguration={"Rule": {"DefaultRetention": {"Mode": "GOVERNANCE"}}},
        ),
        "ObjectLockConfiguration.Rule.DefaultRetention",
        "either Days or Years",
    ),
    (
        "a scope of no filter",
        {
            "Topic": TOPIC,
            **one(
                "AWS::SNS::Subscription",
                Endpoint="a@b.example",
                FilterPolicyScope="MessageBody",
                Protocol="email",
                TopicArn={"Ref": "Topic"},
            ),
        },
        "One",
        "a scope needs a FilterPolicy",
    ),
    (
        "a key nobody can change",
        one("AWS::KMS::Key", KeyPolicy=allow("kms:Encrypt", service="sns")),
        "One.KeyPolicy",
        "not allow you to update the key policy",
    ),
    (
        "a key for MACs that turns",
        one("AWS::KMS::Key", KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC", EnableKeyRotation=True),
        "One",
        "UnsupportedOperationException",
    ),
    (
        "a key for MACs that doesn't say so",
        one("AWS::KMS::Key", KeySpec="HMAC_256"),
        "One",
        "not compatible",
    ),
    ("an alias of no key", one("AWS::KMS::Alias", AliasName="alias/a", TargetKeyId="no"), "One", "NotFound"),
    (
        "an API without routes",
        one("AWS::ApiGateway::RestApi", Body={"swagger": "2.0"}),
        "One.Body.paths",
        "has paths",
    ),
    (
        "a route without a slash",
        one("AWS::ApiGateway::RestApi", Body={"paths": {"health": {}}}),
        "One.Body.paths.health",
        "starts with a slash",
    ),
    (
        "a method that is none",
        one("AWS::ApiGateway::RestApi", Body={"paths": {"/": {"fetch": {}}}}),
        "One.Body.paths./.fetch",
        "no method",
    ),
    (
        "a route without a handler",
        one("AWS::ApiGateway::RestApi", Body={"paths": {"/": {"get": {}}}}),
        "One.Body.paths./.get",
        "No integration",
    ),
    (
        "a rule for no address",
        one("AWS::EC2::SecurityGroup", GroupDescription="d", SecurityGroupIngress=[{"IpProtocol": "tcp"}]),
        "One.SecurityGroupIngress",
        "CidrIp",
    ),
]


@pytest.mark.parametrize(
    ("resources", "where", "says"), [pytest.param(*row[1:], id=row[0]) for row in REFUSED]
)
def test_what_a_deploy_would_fail_on_is_refused_by_name(resources, where, says):
    with pytest.raises(InvalidTemplate, match=f"(?s)^[^ ]*{where}.*{says}"):
        build(resources)


NOT_SIMULATED = [
    ("a type", {"One": {"Type": "AWS::Glue::Job"}}),
    (
        "a property",
        one("AWS::Lambda::EventSourceMapping", EventSourceArn=TARGET["Arn"], FunctionName="f", Queues=["q"]),
    ),
    ("a property, nested", one("AWS::Events::Rule", **RULE, Targets=[TARGET | {"EcsParameters": {}}])),
    (
        "a property that another makes idle",
        one(
            "AWS::Events::EventBusPolicy",
            Action="events:PutEvents",
            Statement=allow("events:PutEvents", Principal="*")["Statement"][0],
            StatementId="a",
        ),
    ),
    (
        "a lifecycle that counts versions",
        one(
            "AWS::S3::Bucket",
            LifecycleConfiguration={
                "Rules": [
                    {
                        "Status": "Enabled",
                        "NoncurrentVersionExpiration": {"NoncurrentDays": 1, "NewerNoncurrentVersions": 3},
                    }
                ]
            },
        ),
    ),
    (
        "a policy that AWS may have and moto has not",
        one(
            "AWS::IAM::Role",
            AssumeRolePolicyDocument=trust("lambda"),
            ManagedPolicyArns=["arn:aws:iam::aws:policy/NobodyPublishesThis"],
        ),
    ),
]


@pytest.mark.parametrize("resources", [pytest.param(row[1], id=row[0]) for row in NOT_SIMULATED])
def test_what_aws_can_and_we_cannot_is_not_simulated(resources):
    with pytest.raises(NotSimulated, match="One"):
        build(resources)


def test_a_circle_of_resources_is_refused_before_anything_is_created():
    resources = {
        "A": one("AWS::SQS::Queue", QueueName={"Ref": "B"})["One"],
        "B": one("AWS::SQS::Queue", QueueName={"Ref": "A"})["One"],
        "C": {"Type": "AWS::Lambda::Versions"},
    }

    with pytest.raises(InvalidTemplate, match="has no type"):
        build(resources)
    with pytest.raises(InvalidTemplate, match="A -> B -> A"):
        build({name: resources[name] for name in "AB"})
    assert "QueueUrls" not in client("sqs").list_queues()


def test_what_a_condition_switches_off_is_not_created():
    stack = build(
        {"Queue": QUEUE | {"Condition": "Prod"}, "Topic": TOPIC},
        Parameters={"Stage": {"Type": "String"}},
        Conditions={"Prod": {"Fn::Equals": [{"Ref": "Stage"}, "prod"]}},
        parameters={"Stage": "dev"},
    )

    assert list(stack.resources) == ["Topic"]
    assert "QueueUrls" not in client("sqs").list_queues()


# --- the forms of values

VALUES = [
    pytest.param(Text(), True, "true", id="a boolean as text"),
    pytest.param(Text(), 3, "3", id="a number as text"),
    pytest.param(Whole(), "60", 60, id="text as a number"),
    pytest.param(Number(), "0.5", 0.5, id="text as a fraction"),
    pytest.param(Flag(), "true", True, id="text as true"),
    pytest.param(Flag(), "false", False, id="text as false"),
    pytest.param(Document(), '{"a": 1}', {"a": 1}, id="text as an object"),
    pytest.param(
        Shape(fields={"a": Inert(because="idle"), "b": Whole()}), {"a": 1, "b": 2}, {"b": 2}, id="idle"
    ),
]
NO_VALUES = [
    pytest.param(Text(longest=2), "abc", "longer than 2", id="long text"),
    pytest.param(Whole(), True, "whole number", id="a boolean for a number"),
    pytest.param(Number(), "nan", "expected a number", id="not a number"),
    pytest.param(Flag(), 1, "true or false", id="a number for a flag"),
    pytest.param(Document(), [], "found a list", id="a list for a document"),
    pytest.param(Document(), "{", "not JSON", id="half a document"),
    pytest.param(Many(of=Text()), "a", "expected a list, found a string", id="text for a list"),
    pytest.param(Many(of=Text(), least=1), [], "less than 1", id="an empty list"),
    pytest.param(Table(of=Text()), ["a"], "expected an object, found a list", id="a list for a table"),
    pytest.param(Shape(fields={}), "a", "expected an object, found a string", id="text for a shape"),
    pytest.param(Inert(because="idle", form=Flag()), 3, "true or false", id="an idle one's form"),
]


@pytest.mark.parametrize(("form", "value", "taken"), VALUES)
def test_a_value_is_taken_as_cloudformation_takes_it(form, value, taken):
    assert form.check(value, "One.P") == taken


@pytest.mark.parametrize(("form", "value", "says"), NO_VALUES)
def test_a_value_of_another_form_is_refused(form, value, says):
    with pytest.raises(InvalidTemplate, match=f"One.P.*{says}"):
        form.check(value, "One.P")


# --- the allow-lists


def forms(form, path):
    yield path, form
    if isinstance(form, Shape):
        for name, part in form.fields.items():
            yield from forms(part, f"{path}.{name}")
    elif isinstance(form, Many | Table):
        yield from forms(form.of, path)


def every_form():
    return (found for name, kind in REGISTRY.kinds.items() for found in forms(kind.shape, name))


def test_every_property_without_effect_says_why():
    reasons = {path: form.because for path, form in every_form() if isinstance(form, Inert | Refused)}

    assert reasons
    assert {path: because for path, because in reasons.items() if len(because) <= 3} == {}


def test_what_is_required_is_known():
    shapes = [(path, form) for path, form in every_form() if isinstance(form, Shape)]

    assert shapes
    assert [path for path, form in shapes if not set(form.required) <= form.fields.keys()] == []
