"""Applications of the account that an incident goes through: APIs, layers, schedules, streams to an index."""

import io
import json
import zipfile
from base64 import b64decode
from typing import Any, Final

from scenarios.cloud.deployment import ACCOUNT
from scenarios.cloud.kernel.caller import Caller
from scenarios.cloud.world import World
from scenarios.runner.scenario import Action, Check, Scenario, at, at_the_end, by, until
from scenarios.runner.words.actors import Actor
from scenarios.runner.words.checks import alert, no_more_alerts_than, state
from scenarios.runner.words.givens import table
from scenarios.runner.words.web import endpoint, was_sent

mallory = Actor(name="mallory", address="203.0.113.66")
alice = Actor(name="alice", address="198.51.100.4")
LOGS: Final = "/aws/lambda/shop"
TOKEN: Final = "a customer's"  # noqa: S105 - what the shop's authorizer asks for, and nobody else does


def _role(service: str, *actions: str) -> dict[str, Any]:
    """A role that a service assumes, for these actions."""
    trust = {
        "Effect": "Allow",
        "Principal": {"Service": f"{service}.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    allows = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    return {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]},
            "Policies": [
                {"PolicyName": "own", "PolicyDocument": {"Version": "2012-10-17", "Statement": [allows]}}
            ],
        },
    }


def _arn(logical_id: str) -> dict[str, Any]:
    return {"Fn::GetAtt": [logical_id, "Arn"]}


# ---- a shop: an HTTP API with an authorizer, and a function's URL ---------------------------------

_SELLS = """
import json
try:
    from pricing import price
except ImportError:
    def price(item):
        return 5

def handler(event, context):
    item = json.loads(event.get("body") or "{}").get("item", "")
    try:
        return {"statusCode": 200, "body": json.dumps({item: price(item)})}
    except Exception as error:
        print(f"ERROR: 500 {item} ({error})")
        return {"statusCode": 500, "body": "{}"}
"""
_LETS_IN = f"""
def handler(event, context):
    return {{"isAuthorized": event["headers"].get("authorization") == {TOKEN!r}}}
"""


def _function(code: str, name: str) -> dict[str, Any]:
    return {
        "Type": "AWS::Lambda::Function",
        "Properties": {
            "FunctionName": name,
            "Code": {"ZipFile": code},
            "Handler": "index.handler",
            "Role": _arn("FunctionRole"),
            "Runtime": "python3.13",
        },
    }


def _invocations(function: str) -> dict[str, Any]:
    """How API Gateway names a function to invoke."""
    place = "arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions"
    return {"Fn::Sub": f"{place}/${{{function}.Arn}}/invocations"}


def _invoked_by_the_api(function: str) -> dict[str, Any]:
    return {
        "Type": "AWS::Lambda::Permission",
        "Properties": {
            "Action": "lambda:InvokeFunction",
            "FunctionName": {"Ref": function},
            "Principal": "apigateway.amazonaws.com",
        },
    }


def _by_url(action: str, more: dict[str, Any]) -> dict[str, Any]:
    given = {"Action": action, "FunctionName": {"Ref": "Shop"}, "Principal": "*", **more}
    return {"Type": "AWS::Lambda::Permission", "Properties": given}


_DEFINITION: dict[str, Any] = {
    "openapi": "3.0.1",
    "info": {"title": "shop", "version": "1"},
    "paths": {
        "/orders": {
            "post": {
                "security": [{"Gate": []}],
                "x-amazon-apigateway-integration": {
                    "type": "aws_proxy",
                    "httpMethod": "POST",
                    "payloadFormatVersion": "2.0",
                    "uri": _invocations("Shop"),
                },
            }
        }
    },
    "components": {
        "securitySchemes": {
            "Gate": {
                "type": "apiKey",
                "name": "Unused",
                "in": "header",
                "x-amazon-apigateway-authorizer": {
                    "type": "request",
                    "authorizerUri": _invocations("Gate"),
                    "authorizerPayloadFormatVersion": "2.0",
                    "enableSimpleResponses": True,
                    "identitySource": ["$request.header.Authorization"],
                },
            }
        }
    },
}
SHOP: dict[str, Any] = {
    "Resources": {
        "Logs": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": LOGS}},
        "FunctionRole": _role("lambda", "logs:CreateLogStream", "logs:PutLogEvents"),
        "Shop": _function(_SELLS, "shop"),
        "Gate": _function(_LETS_IN, "gate"),
        "Url": {
            "Type": "AWS::Lambda::Url",
            "Properties": {"AuthType": "NONE", "TargetFunctionArn": _arn("Shop")},
        },
        "ByUrl": _by_url("lambda:InvokeFunctionUrl", {"FunctionUrlAuthType": "NONE"}),
        "ByUrlToo": _by_url("lambda:InvokeFunction", {"InvokedViaFunctionUrl": True}),
        "Api": {"Type": "AWS::ApiGatewayV2::Api", "Properties": {"Body": _DEFINITION}},
        "Stage": {
            "Type": "AWS::ApiGatewayV2::Stage",
            "Properties": {"ApiId": {"Ref": "Api"}, "AutoDeploy": True, "StageName": "$default"},
        },
        "ShopByApi": _invoked_by_the_api("Shop"),
        "GateByApi": _invoked_by_the_api("Gate"),
        # They only stand: where customers sign up, and the name that they know the shop by.
        "Customers": {"Type": "AWS::Cognito::UserPool", "Properties": {"UserPoolName": "customers"}},
        "Zone": {"Type": "AWS::Route53::HostedZone", "Properties": {"Name": "shop.example."}},
    }
}


def _orders(status: int, *, times: int = 1, token: str = TOKEN) -> Action:
    """Customers order by the API and by the function's URL; each is answered so."""

    def do(world: World) -> None:
        there = world.stacks["before"].resources
        places = {
            f"{world.api.url(there['Api'].physical_id, '')}/orders": status,
            there["Url"].attributes["FunctionUrl"]: 200 if token != TOKEN else status,
        }
        for _ in range(times):
            for url, wanted in places.items():
                answer = world.api.fetch(
                    None, "POST", url, body={"item": "tea"}, headers={"Authorization": token}
                )
                if answer.status != wanted:
                    raise AssertionError(f"{url} answered {answer.status} {answer.body}, not {wanted}")

    who = "customers order" if token == TOKEN else "somebody orders with a wrong token"
    return Action(f"{who} {times} times, and the API answers {status}", do)


def _layer(code: str) -> bytes:
    """A layer's zip with one module."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as into:
        into.writestr(zipfile.ZipInfo("python/pricing.py"), code)
    return packed.getvalue()


def _poisons(actor: Actor) -> Action:
    """Publish a layer, and have the shop's function import from it."""

    def do(world: World, caller: Caller) -> None:
        functions = world.client(caller, "lambda")
        code = 'def price(item):\n    raise RuntimeError("pay in coins to 203.0.113.66")\n'
        made = functions.publish_layer_version(
            LayerName="pricing", Content={"ZipFile": _layer(code)}, CompatibleRuntimes=["python3.13"]
        )
        functions.update_function_configuration(FunctionName="shop", Layers=[made["LayerVersionArn"]])

    return actor.does("publishes a layer, and puts it into the shop's function", do)


POISONED = Scenario(
    name="applications.poisoned_layer",
    title="Somebody puts a layer into the shop's function: its API and its URL fail, the log tells it",
    before=SHOP,
    parameters=(
        ("ErrorBurstGroup", LOGS),
        ("ErrorBurstPattern", '"ERROR: 500"'),
        ("ErrorBurstThreshold", "10"),
    ),
    when=[
        at("00:00", _orders(200, times=3), _orders(403, token="a stranger's")),  # noqa: S106 - no secret
        at("01:00", _poisons(mallory)),
        at("02:10", _orders(500, times=6)),
        at("09:00", alice.calls("lambda", "update_function_configuration", FunctionName="shop", Layers=[])),
        at("10:00", _orders(200)),
    ],
    then=[
        until("02:00", no_more_alerts_than(0)),
        by("08:00", alert("error_burst", "MEDIUM", LOGS, subject="12 lines")),
        at_the_end(no_more_alerts_than(1)),
    ],
)

# ---- a schedule that somebody left ----------------------------------------------------------------

MAINTENANCE: dict[str, Any] = {"Resources": {"Maintenance": _role("scheduler", "dynamodb:DeleteTable")}}


def _leaves_a_schedule(actor: Actor) -> Action:
    """At ten past four in Zurich, ten past three in UTC, Scheduler deletes a table, and the schedule."""

    def do(world: World, caller: Caller) -> None:
        role = world.stacks["before"].resources["Maintenance"].attributes["Arn"]
        world.client(caller, "scheduler").create_schedule(
            Name="nightly",
            ScheduleExpression="at(2026-03-02T04:10:00)",
            ScheduleExpressionTimezone="Europe/Zurich",
            FlexibleTimeWindow={"Mode": "OFF"},
            ActionAfterCompletion="DELETE",
            Target={
                "Arn": "arn:aws:scheduler:::aws-sdk:dynamodb:deleteTable",
                "RoleArn": role,
                "Input": json.dumps({"TableName": "orders"}),
            },
        )

    return actor.does("leaves a schedule that deletes the orders table, and itself", do)


def _no_schedule_is_left() -> Check:
    def judge(scheduler: Any) -> str | None:
        left = scheduler.list_schedules(NamePrefix="nightly")["Schedules"]
        return f"there is {left[0]['Name']}" if left else None

    return state("no schedule is left", judge, "scheduler")


TIME_BOMB = Scenario(
    name="applications.time_bomb",
    title="Somebody leaves a schedule that deletes the orders table: the alert says under which role it did",
    before=MAINTENANCE,
    given=(table("orders", recoverable=True),),
    when=[at("00:00", _leaves_a_schedule(mallory))],
    then=[
        until("09:59", no_more_alerts_than(0)),
        by(
            "12:30",
            alert("table_deleted", "HIGH", "orders", "assumed-role/", "scheduler.amazonaws.com"),
        ),
        at_the_end(_no_schedule_is_left(), no_more_alerts_than(1)),
    ],
)

# ---- logs on their way to an index ----------------------------------------------------------------

GROUP, ERRORS, BUCKET = "shop/audit", "/aws/kinesisfirehose/audit", "shop-audit-backup"
DOMAIN: Final = f"arn:aws:es:us-east-1:{ACCOUNT}:domain/audit"
BULK: Final = "https://audit.us-east-1.es.amazonaws.com/_bulk"


def _processor(kind: str, parameter: str, value: str) -> dict[str, Any]:
    return {"Type": kind, "Parameters": [{"ParameterName": parameter, "ParameterValue": value}]}


AUDIT: dict[str, Any] = {
    "Resources": {
        "Group": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": GROUP}},
        "Errors": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": ERRORS}},
        "Stream": {"Type": "AWS::Kinesis::Stream", "Properties": {"Name": "audit", "ShardCount": 1}},
        "Feeds": _role("logs", "kinesis:PutRecord"),
        "Subscription": {
            "Type": "AWS::Logs::SubscriptionFilter",
            "Properties": {
                "LogGroupName": {"Ref": "Group"},
                "FilterPattern": "",
                "DestinationArn": _arn("Stream"),
                "RoleArn": _arn("Feeds"),
            },
        },
        "Domain": {"Type": "AWS::OpenSearchService::Domain", "Properties": {"DomainName": "audit"}},
        "Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": BUCKET}},
        "Delivers": _role(
            "firehose",
            *("kinesis:DescribeStream", "kinesis:GetShardIterator", "kinesis:GetRecords"),
            *("es:DescribeDomain", "es:ESHttpPost", "s3:PutObject"),
            *("logs:CreateLogStream", "logs:PutLogEvents"),
        ),
        "Delivery": {
            "Type": "AWS::KinesisFirehose::DeliveryStream",
            "Properties": {
                "DeliveryStreamName": "audit",
                "DeliveryStreamType": "KinesisStreamAsSource",
                "KinesisStreamSourceConfiguration": {
                    "KinesisStreamARN": _arn("Stream"),
                    "RoleARN": _arn("Delivers"),
                },
                "AmazonopensearchserviceDestinationConfiguration": {
                    "DomainARN": _arn("Domain"),
                    "IndexName": "audit",
                    "RoleARN": _arn("Delivers"),
                    "BufferingHints": {"IntervalInSeconds": 60, "SizeInMBs": 1},
                    "RetryOptions": {"DurationInSeconds": 60},
                    "CloudWatchLoggingOptions": {
                        "Enabled": True,
                        "LogGroupName": {"Ref": "Errors"},
                        "LogStreamName": "DestinationDelivery",
                    },
                    "ProcessingConfiguration": {
                        "Enabled": True,
                        "Processors": [
                            _processor("Decompression", "CompressionFormat", "GZIP"),
                            _processor("CloudWatchLogProcessing", "DataMessageExtraction", "true"),
                        ],
                    },
                    "S3Configuration": {"BucketARN": _arn("Bucket"), "RoleARN": _arn("Delivers")},
                },
            },
        },
    }
}


def _is_logged(*users: str) -> Action:
    """The shop logs who did something, a line of JSON for each."""

    def do(world: World) -> None:
        lines = [(world.clock.now, json.dumps({"user": user, "did": "refund"})) for user in users]
        world.logs.write(world.deployment.home, GROUP, "web-1", lines)

    return Action(f"the shop logs what {' and '.join(users)} did", do)


def _domain_says(actor: Actor, effect: str, words: str) -> Action:
    """Change who may send requests to the domain."""

    def do(world: World, caller: Caller) -> None:
        statement = {"Effect": effect, "Principal": "*", "Action": "es:ESHttp*", "Resource": f"{DOMAIN}/*"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        world.client(caller, "opensearch").update_domain_config(DomainName="audit", AccessPolicies=policy)

    return actor.does(words, do)


def _is_kept(*users: str) -> Check:
    """What could not be indexed is in the bucket, in the folder for that."""

    def judge(s3: Any) -> str | None:
        found = s3.list_objects_v2(Bucket=BUCKET, Prefix="AmazonOpenSearchService_failed/").get(
            "Contents", ()
        )
        there = {
            json.loads(b64decode(json.loads(line)["rawData"]))["user"]
            for each in found
            for line in s3.get_object(Bucket=BUCKET, Key=each["Key"])["Body"].read().splitlines()
        }
        return None if there == set(users) else f"what {sorted(there)} did is in the bucket"

    return state(f"what {' and '.join(users)} did is kept in the bucket", judge, "s3")


BLINDED = Scenario(
    name="applications.blinded_index",
    title="Somebody shuts the index that logs go to: that is told, and what came meanwhile is kept",
    before=AUDIT,
    given=(endpoint(BULK),),
    parameters=(
        ("ErrorBurstGroup", ERRORS),
        ("ErrorBurstPattern", '"OS.403"'),
        ("ErrorBurstThreshold", "2"),
    ),
    lasts="20:00",
    when=[
        at("00:10", _is_logged("ann")),
        at("03:00", _domain_says(mallory, "Deny", "lets nobody send requests to the index")),
        at("03:10", _is_logged("mallory", "eve")),
        at("12:00", _domain_says(alice, "Allow", "opens the index again")),
        at("12:10", _is_logged("bob")),
    ],
    then=[
        by("02:30", was_sent(BULK, '"ann"')),
        until("03:00", no_more_alerts_than(0)),
        by(
            "11:00",
            alert("error_burst", "MEDIUM", "DestinationDelivery", ERRORS),
            _is_kept("mallory", "eve"),
        ),
        at_the_end(was_sent(BULK, '"bob"'), was_sent(BULK, '"mallory"', times=0), no_more_alerts_than(1)),
    ],
)

SCENARIOS = (POISONED, TIME_BOMB, BLINDED)
