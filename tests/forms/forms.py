"""The hundred commonest forms of an event source with a Python function, in public templates.

Each is written here from what is counted, none is copied. A form is a template, an act that makes it fire,
and a few fields of the event that AWS's documentation shows; or it says which sentence is told of it.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from scenarios.runner.words.issuers import Issuer
from scenarios.runner.words.kafka import produces

SAM = "AWS::Serverless-2016-10-31"
ACCOUNT, REGION = "123456789012", "us-east-1"
# It answers what an API can send back, so that one handler serves every source.
CODE = """
import json

def handler(event, context):
    return {"statusCode": 200, "body": json.dumps(event)}
"""
# What a function in tumbling windows has to answer.
KEEPS_STATE = CODE.replace('"statusCode"', '"state": {}, "statusCode"')
# What a trigger of a user pool has to answer: the event itself.
RETURNS = """
import json

def handler(event, context):
    return {**event, "body": json.dumps(event)}
"""
# What a custom resource's function does beside that.
ANSWERS = """
import cfnresponse, json

def handler(event, context):
    cfnresponse.send(event, context, cfnresponse.SUCCESS, {"Answer": "42"}, "thing")
    return {"statusCode": 200, "body": json.dumps(event)}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """One form. `fires` makes it fire. `sees`: fields of the event, by path. `loud`: what is said instead."""

    source: str
    words: str
    template: Mapping[str, Any]
    fires: Callable[[Any], object] = field(default=lambda _: None)
    sees: Mapping[str, Any] = field(default_factory=dict)
    loud: str = ""

    @property
    def name(self) -> str:
        """For a test's id and for the table."""
        return f"{self.source}: {self.words}"


# ---- templates ------------------------------------------------------------------------------------


def att(name, attribute="Arn"):
    return {"Fn::GetAtt": [name, attribute]}


def ref(name):
    return {"Ref": name}


def sub(text):
    return {"Fn::Sub": text}


def one(kind, **properties):
    return {"Type": kind, **({"Properties": properties} if properties else {})}


def sam(events=None, resources=None, *, sections=None, code=CODE, **function):
    """A function with events, as SAM has it."""
    given: dict[str, Any] = {"InlineCode": code, "Handler": "index.handler", "Runtime": "python3.12"}
    if events:
        given["Events"] = {
            f"E{n}": {"Type": kind, "Properties": more} for n, (kind, more) in enumerate(events)
        }
    fn = one("AWS::Serverless::Function", **given, **function)
    return {"Transform": SAM, **(sections or {}), "Resources": {"Fn": fn, **(resources or {})}}


def event(kind, **properties):
    """A function with one event."""
    return [(kind, properties)]


def allow(*actions, on="*"):
    return {"Effect": "Allow", "Action": list(actions), "Resource": on}


def policy(*statements):
    return {"Version": "2012-10-17", "Statement": list(statements)}


def role(service, *statements):
    trust = {
        "Effect": "Allow",
        "Principal": {"Service": f"{service}.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    policies = [{"PolicyName": "p", "PolicyDocument": policy(*statements)}] if statements else []
    basic = ["arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"]
    return one(
        "AWS::IAM::Role",
        AssumeRolePolicyDocument=policy(trust),
        Policies=policies,
        ManagedPolicyArns=basic if service == "lambda" else [],
    )


def plain(resources, *statements, sections=None, **function):
    """A function as plain CloudFormation has it."""
    given = {
        "Code": {"ZipFile": CODE},
        "Handler": "index.handler",
        "Runtime": "python3.12",
        "Role": att("FnRole"),
        **function,
    }
    fn = {"FnRole": role("lambda", *statements), "Fn": one("AWS::Lambda::Function", **given)}
    return {**(sections or {}), "Resources": {**fn, **resources}}


def lets(service, source=None, function=None, **more):
    """The permission of a service to invoke the function."""
    return one(
        "AWS::Lambda::Permission",
        Action="lambda:InvokeFunction",
        FunctionName=function or ref("Fn"),
        Principal=f"{service}.amazonaws.com",
        **({"SourceArn": source} if source else {}),
        **more,
    )


def reads(source, **more):
    return one("AWS::Lambda::EventSourceMapping", EventSourceArn=source, FunctionName=ref("Fn"), **more)


def queue_policy(service, queue="Q"):
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": f"{service}.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": att(queue),
    }
    return one("AWS::SQS::QueuePolicy", Queues=[ref(queue)], PolicyDocument=policy(statement))


def topic_policy(service):
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": f"{service}.amazonaws.com"},
        "Action": "sns:Publish",
        "Resource": ref("T"),
    }
    return one("AWS::SNS::TopicPolicy", Topics=[ref("T")], PolicyDocument=policy(statement))


BUCKET, TOPIC, QUEUE, GROUP = (
    {name: one(f"AWS::{kind}")}
    for name, kind in (("B", "S3::Bucket"), ("T", "SNS::Topic"), ("Q", "SQS::Queue"), ("L", "Logs::LogGroup"))
)
TABLE = {
    "D": one(
        "AWS::DynamoDB::Table",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamViewType": "NEW_AND_OLD_IMAGES"},
    )
}
STREAM = {"K": one("AWS::Kinesis::Stream", ShardCount=1)}
READS_QUEUE = allow("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
READS_TABLE = allow(
    *("dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:DescribeStream", "dynamodb:ListStreams")
)
READS_STREAM = allow(
    *("kinesis:GetRecords", "kinesis:GetShardIterator", "kinesis:DescribeStream", "kinesis:ListShards"),
    *("kinesis:DescribeStreamSummary", "kinesis:ListStreams"),
)
ALARM = {
    "A": one(
        "AWS::CloudWatch::Alarm",
        AlarmName="too-many",
        Namespace="App",
        MetricName="Orders",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
    )
}


def alarm(action):
    return {"A": one("AWS::CloudWatch::Alarm", **{**ALARM["A"]["Properties"], "AlarmActions": [action]})}


# ---- what makes them fire ---------------------------------------------------------------------------


def waits(minutes):
    return lambda world: world.run(minutes=minutes)


def client(world, service):
    return world.client("ann", service)


def then(world, seconds=30):
    world.run(seconds=seconds)


def puts_object(key="in/a b.jpg", name="B", **more):
    def fires(world):
        client(world, "s3").put_object(Bucket=world.physical_id(name), Key=key, Body=b"x", **more)
        then(world, 90)

    return fires


def deletes_object(world):
    client(world, "s3").put_object(Bucket=world.physical_id("B"), Key="a", Body=b"x")
    client(world, "s3").delete_object(Bucket=world.physical_id("B"), Key="a")
    then(world)


def publishes(text="hello", **attributes):
    def fires(world):
        given = {name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()}
        client(world, "sns").publish(TopicArn=world.physical_id("T"), Message=text, MessageAttributes=given)
        then(world)

    return fires


def sends(text="hello", name="Q", minutes=1, **more):
    def fires(world):
        client(world, "sqs").send_message(QueueUrl=world.physical_id(name), MessageBody=text, **more)
        world.run(minutes=minutes)

    return fires


def puts_event(source="mine", bus="default", **detail):
    def fires(world):
        entry = {
            "Source": source,
            "DetailType": "Order",
            "Detail": json.dumps(detail or {"id": 7}),
            "EventBusName": bus,
        }
        client(world, "events").put_events(Entries=[entry])
        world.run(minutes=1)

    return fires


def puts_item(**item):
    def fires(world):
        for value in ("1", "2"):
            given = {"id": {"S": value}, **{name: {"S": text} for name, text in item.items()}}
            client(world, "dynamodb").put_item(TableName=world.physical_id("D"), Item=given)
        world.run(minutes=2)

    return fires


def puts_record(data=b'{"kind": "order"}'):
    def fires(world):
        world.run(seconds=30)
        client(world, "kinesis").put_record(StreamName=world.physical_id("K"), Data=data, PartitionKey="a")
        world.run(minutes=2)

    return fires


def logs(text="ERROR no such luck"):
    def fires(world):
        events = [{"timestamp": int(world.now.timestamp() * 1000), "message": text}]
        given = {"logGroupName": world.physical_id("L"), "logStreamName": "s"}
        client(world, "logs").create_log_stream(**given)
        client(world, "logs").put_log_events(**given, logEvents=events)
        world.run(minutes=2)

    return fires


def measures(world):
    client(world, "cloudwatch").put_metric_data(
        Namespace="App", MetricData=[{"MetricName": "Orders", "Value": 5}]
    )
    world.run(minutes=4)


def fetches(path="/x", method="GET", *, signed=False, **more):
    """Ask the API or the URL of the stack, as everybody or as a user who may do everything."""

    def fires(world):
        asked = ("AWS::Lambda::Url", "AWS::ApiGateway::RestApi", "AWS::ApiGatewayV2::Api")
        stack = world.simulated.home
        name = next(each.logical_id for kind in asked for each in stack.of_type(kind))
        answer = world.fetch("ann" if signed else None, method, world.url(name) + path, **more)
        assert answer.status == 200, answer

    return fires


POOL = {
    "U": one(
        "AWS::Cognito::UserPool",
        UserPoolName="people",
        AutoVerifiedAttributes=["email"],
        Policies={"PasswordPolicy": {"MinimumLength": 8}},
    ),
    "Cl": one(
        "AWS::Cognito::UserPoolClient",
        UserPoolId=ref("U"),
        ExplicitAuthFlows=["ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
    ),
}


def signed_in(world):
    """The tokens of a user of the stack's pool."""
    cognito, pool = client(world, "cognito-idp"), world.physical_id("U")
    cognito.admin_create_user(UserPoolId=pool, Username="bea", MessageAction="SUPPRESS")
    cognito.admin_set_user_password(UserPoolId=pool, Username="bea", Password="Long-enough1", Permanent=True)
    return cognito.admin_initiate_auth(
        UserPoolId=pool,
        ClientId=world.physical_id("Cl"),
        AuthFlow="ADMIN_USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": "bea", "PASSWORD": "Long-enough1"},
    )["AuthenticationResult"]


def fetches_as_user(world):
    fetches(headers={"Authorization": signed_in(world)["IdToken"]})(world)


def fetches_with_key(world):
    [key] = client(world, "apigateway").get_api_keys(includeValues=True)["items"]
    fetches(headers={"x-api-key": key["value"]})(world)


def fetches_with_token(world):
    issuer = Issuer("https://issuer.example")
    world.do(issuer.answers)
    token = issuer.token(world.now, aud="a")
    fetches(headers={"Authorization": f"Bearer {token}"})(world)


def fetches_and_is_logged(world):
    fetches()(world)
    found = client(world, "logs").filter_log_events(logGroupName=world.physical_id("L"))["events"]
    assert len(found) == 1


def produces_record(world, cluster):
    world.run(seconds=5)
    world.do(produces(cluster, "things", "hello", key="k"))
    then(world)


def chats(world):
    visitor = world.connect(None, world.url("Chat"))
    assert visitor.status == 101
    visitor.send({"action": "join", "room": 7})
    visitor.close()


def calls(service, operation, **parameters):
    def fires(world):
        known = {
            name: world.physical_id(value[1:]) if str(value).startswith("@") else value
            for name, value in parameters.items()
        }
        getattr(client(world, service), operation)(**known)
        world.run(minutes=3)

    return fires


def runs_instance(world):
    ec2 = client(world, "ec2")
    image = ec2.describe_images()["Images"][0]["ImageId"]
    made = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]
    world.run(minutes=2)
    ec2.stop_instances(InstanceIds=[made])
    world.run(minutes=2)


def invokes(world):
    client(world, "lambda").invoke(
        FunctionName=world.physical_id("First"), InvocationType="Event", Payload=b'{"a": 1}'
    )
    world.run(minutes=1)
