"""WebSocket APIs: who connects, which route a message takes, and how a backend reaches a client."""

import json

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from scenarios.cloud.kernel.errors import NotSimulated, WorldError
from scenarios.runner.imperative import CannotOpen, open_world
from tests.forms.forms import allow, att, one, plain, ref
from tests.forms.hundred import chat

# It keeps who is there in memory, and answers by the message.
CODE = """
import boto3, json, os

def handler(event, context):
    print(json.dumps(event))
    about = event["requestContext"]
    if about["routeKey"] == "$connect":
        wanted = (event.get("queryStringParameters") or {}).get("status")
        if wanted == "none":
            return "no status"
        if wanted == "raise":
            raise ValueError("no")
        return {"statusCode": int(wanted or 200)}
    body = event.get("body") or ""
    said = json.loads(body) if body.startswith("{") else {}
    if said.get("raises"):
        raise ValueError("no")
    if "to" in said:
        endpoint = f"https://{about['domainName']}/{about['stage']}"
        client = boto3.client("apigatewaymanagementapi", endpoint_url=endpoint)
        try:
            getattr(client, said.get("does", "post_to_connection"))(
                ConnectionId=said["to"], **({"Data": said["text"].encode()} if "text" in said else {}))
        except client.exceptions.GoneException:
            return {"statusCode": 200, "body": "gone"}
    return {"statusCode": 200, "body": f"{about['routeKey']} heard"}
"""
SENDS = allow("execute-api:ManageConnections")


def api(*statements, routes=("$connect", "$disconnect", "$default", "join"), **resources):
    template = plain({**chat(*routes), **resources}, *statements)
    template["Resources"]["Fn"]["Properties"]["Code"] = {"ZipFile": CODE}
    return template


def responding():
    """The route `join` answers its client."""
    given = api()
    given["Resources"]["R3"]["Properties"]["RouteResponseSelectionExpression"] = "$default"
    given["Resources"]["RR"] = one(
        "AWS::ApiGatewayV2::RouteResponse", ApiId=ref("Chat"), RouteId=ref("R3"), RouteResponseKey="$default"
    )
    return given


def asked(world):
    found = world.client("ann", "logs").filter_log_events(
        logGroupName=f"/aws/lambda/{world.physical_id('Fn')}"
    )["events"]
    events = [json.loads(each["message"]) for each in found if each["message"].startswith("{")]
    return [each["requestContext"] for each in events]


@pytest.mark.slow
def test_a_client_connects_sends_and_goes_and_each_is_told_as_aws_tells_it():
    with open_world(template=responding()) as world:
        visitor = world.connect(None, world.url("Chat") + "?name=bea", headers={"X-A": "b"})
        visitor.send({"action": "join"})
        visitor.send("no JSON at all")
        visitor.close()

        first, join, default, last = asked(world)
    assert (first["routeKey"], first["eventType"], first["messageDirection"]) == ("$connect", "CONNECT", "IN")
    assert first["connectionId"] == visitor.id == last["connectionId"]
    assert (join["routeKey"], join["eventType"], default["routeKey"]) == ("join", "MESSAGE", "$default")
    assert "messageId" in join
    assert (last["eventType"], last["disconnectStatusCode"]) == ("DISCONNECT", 1000)
    assert visitor.received == ["join heard"]  # $default has no response
    assert visitor.code == 1000


@pytest.mark.parametrize(
    ("wanted", "status"), [("200", 101), ("403", 403), ("none", 502), ("raise", 502)], ids=str
)
def test_the_function_behind_connect_says_who_may(wanted, status):
    with open_world(template=api()) as world:
        visitor = world.connect(None, f"{world.url('Chat')}?status={wanted}")

        assert visitor.status == status
        if status != 101:
            with pytest.raises(WorldError, match="closed"):
                visitor.send("x")


@pytest.mark.slow
def test_without_routes_or_leave_clients_are_told():
    with open_world(template=api(routes=("join",))) as world:
        visitor = world.connect(None, world.url("Chat"))
        visitor.send({"action": "other"})
        visitor.send({"action": "join", "raises": True})
        told = [json.loads(each) for each in visitor.received]
        assert [each["message"] for each in told] == ["Forbidden", "Internal server error"]
        assert told[0]["connectionId"] == visitor.id
    template = api()
    del template["Resources"]["P"]
    with open_world(template=template) as world:
        assert world.connect(None, world.url("Chat")).status == 500


@pytest.mark.slow
def test_a_function_reaches_other_clients_until_they_are_gone():
    with open_world(template=api(SENDS)) as world:
        one_, other = (world.connect(None, world.url("Chat")) for _ in range(2))
        one_.send({"action": "join", "to": other.id, "text": "hello"})
        received = list(other.received)
        one_.send({"action": "join", "to": other.id, "does": "delete_connection"})
        world.run(seconds=1)
        one_.send({"action": "join", "to": other.id, "text": "again"})

        assert received == other.received == ["hello"]
        assert other.code == 1000
        assert [each["eventType"] for each in asked(world)].count("DISCONNECT") == 1


def management(world, who="ann", stage="live"):
    caller = world.user(who, policies=()) if who == "bob" else world.user(who)
    endpoint = world.url("Chat").replace("wss://", "https://").rpartition("/")[0] + f"/{stage}"
    session = world.simulated.session(caller)
    return session.client(
        "apigatewaymanagementapi", endpoint_url=endpoint, config=Config(region_name="us-east-1")
    )


def refusal(call, **given):
    with pytest.raises(ClientError) as caught:
        call(**given)
    return caught.value.response["Error"]["Code"], caught.value.response["ResponseMetadata"]["HTTPStatusCode"]


def test_calls_are_refused_as_aws_does():
    with open_world(template=api()) as world:
        visitor = world.connect(world.user("cleo", address="203.0.113.9"), world.url("Chat"))
        known = management(world).get_connection(ConnectionId=visitor.id)
        world.run(minutes=5)
        post = management(world).post_to_connection
        post(ConnectionId=visitor.id, Data=b"hello")

        assert known["Identity"]["SourceIp"] == "203.0.113.9"
        assert visitor.received == ["hello"]
        assert refusal(post, ConnectionId="nobody", Data=b"x") == ("GoneException", 410)
        assert refusal(post, ConnectionId=visitor.id, Data=b"x" * 131_073)[0] == "PayloadTooLargeException"
        other = management(world, stage="other").post_to_connection
        assert refusal(other, ConnectionId=visitor.id, Data=b"x") == ("ForbiddenException", 403)
        bob = management(world, "bob").post_to_connection
        assert refusal(bob, ConnectionId=visitor.id, Data=b"x") == ("AccessDeniedException", 403)
        plainly = world.client("ann", "apigatewaymanagementapi").post_to_connection
        assert refusal(plainly, ConnectionId=visitor.id, Data=b"x")[0] == "ForbiddenException"


@pytest.mark.slow
def test_a_connection_ends_when_it_is_idle_and_after_two_hours():
    with open_world(template=api()) as world:
        idle = world.connect(None, world.url("Chat"))
        busy = world.connect(None, world.url("Chat"))
        for _ in range(13):
            world.run(minutes=9)
            if not busy.code:
                busy.send({"action": "join"})
        before = busy.code
        world.run(minutes=9)

        assert (idle.code, before, busy.code) == (1001, 0, 1001)


def test_a_message_that_is_too_long_ends_the_connection():
    with open_world(template=api()) as world:
        visitor = world.connect(None, world.url("Chat"))
        visitor.send("x" * 131_073)

        assert visitor.code == 1009


GATE = """
def handler(event, context):
    name = event["headers"].get("Auth") or event["headers"].get("auth")
    effect = "Allow" if name == "bea" else "Deny"
    statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": event["methodArn"]}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    return {"principalId": name, "policyDocument": document, "context": {"tenant": "7"}}
"""


@pytest.mark.slow
def test_an_authorizer_or_iam_says_who_may_connect():
    start = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions"
    uri = {"Fn::Sub": f"{start}/${{Gate.Arn}}/invocations"}
    template = api()
    route = template["Resources"]["R0"]["Properties"]
    route |= {"AuthorizationType": "CUSTOM", "AuthorizerId": ref("Own")}
    template["Resources"] |= {
        "Gate": one(
            "AWS::Lambda::Function",
            Code={"ZipFile": GATE},
            Handler="index.handler",
            Runtime="python3.12",
            Role=att("FnRole"),
        ),
        "Own": one(
            "AWS::ApiGatewayV2::Authorizer",
            ApiId=ref("Chat"),
            AuthorizerType="REQUEST",
            AuthorizerUri=uri,
            IdentitySource=["route.request.header.Auth"],
            Name="own",
        ),
        "GateLets": one(
            "AWS::Lambda::Permission",
            Action="lambda:InvokeFunction",
            FunctionName=ref("Gate"),
            Principal="apigateway.amazonaws.com",
        ),
    }
    with open_world(template=template) as world:
        url = world.url("Chat")
        assert world.connect(None, url).status == 401
        assert world.connect(None, url, headers={"Auth": "dan"}).status == 403
        visitor = world.connect(None, url, headers={"Auth": "bea"})
        visitor.send({"action": "join"})
        assert asked(world)[-1]["authorizer"] == {"principalId": "bea", "tenant": "7"}
    template = api()
    template["Resources"]["R0"]["Properties"]["AuthorizationType"] = "AWS_IAM"
    with open_world(template=template) as world:
        assert world.connect(None, world.url("Chat")).status == 403
        assert world.connect(world.user("bob", policies=()), world.url("Chat")).status == 403
        assert world.connect("ann", world.url("Chat")).status == 101


@pytest.mark.slow
def test_what_is_not_simulated_is_loud_and_what_is_missing_is_refused():
    template = api()
    template["Resources"]["Chat"]["Properties"]["RouteSelectionExpression"] = "$request.header.x"
    with open_world(template=template) as world, pytest.raises(NotSimulated, match="selection expression"):
        world.connect(None, world.url("Chat")).send("x")
    del template["Resources"]["Chat"]["Properties"]["RouteSelectionExpression"]
    with (
        pytest.raises(CannotOpen, match="RouteSelectionExpression: required for a WebSocket API"),
        open_world(template=template),
    ):
        pass
    logs = {
        "DestinationArn": "arn:aws:logs:us-east-1:123456789012:log-group:g",
        "Format": "$context.requestId",
    }
    template = api()
    template["Resources"]["St"]["Properties"]["AccessLogSettings"] = logs
    with open_world(template=template) as world, pytest.raises(NotSimulated, match="access logs"):
        world.connect(None, world.url("Chat"))
    with open_world(template=api()) as world, pytest.raises(WorldError, match="no WebSocket API answers"):
        world.connect(None, "wss://nobody.example/live")
