"""Requests to REST APIs, HTTP APIs and functions' URLs: who may make them, and what everybody is handed."""

import pytest

from scenarios.cloud.kernel.errors import WorldError
from scenarios.runner.imperative import open_world
from tests.scenarios.cloud.small_worlds import document, total

# It returns what it was handed, unless the path says otherwise.
CODE = """
import json
import time

ANSWERS = {
    "/breaks": None,
    "/empty": {},
    "/text": "Hello, world!",
    "/dict-body": {"statusCode": 200, "body": {"a": 1}},
    "/status": {"statusCode": 600},
    "/made": {"statusCode": "201", "headers": {"X-Own": "1"}, "body": "made", "isBase64Encoded": False},
    "/base64": {"statusCode": 200, "body": "aGVsbG8=", "isBase64Encoded": True},
}

def handler(event, context):
    path = (event.get("path") or event["rawPath"]).removeprefix("/dev")
    if path == "/raises":
        raise ValueError("no such luck")
    if path == "/sleeps":
        time.sleep(29.5)
    if path in ANSWERS:
        return ANSWERS[path]
    return {"statusCode": 200, "body": json.dumps(event), "cookies": ["seen=1"]}
"""


def function(events=None, **properties):
    given = {"InlineCode": CODE, "Handler": "index.handler", "Runtime": "python3.12", "Timeout": 60}
    return {
        "Type": "AWS::Serverless::Function",
        "Properties": {**given, **({"Events": events} if events else {}), **properties},
    }


def on(api, method="any", path="/{proxy+}", kind="Api", **more):
    where = {"RestApiId" if kind == "Api" else "ApiId": {"Ref": api}} if api else {}
    return {"Type": kind, "Properties": {"Method": method, "Path": path, **where, **more}}


def api(kind, **properties):
    return {"Type": f"AWS::Serverless::{kind}", "Properties": properties}


# Two of each: one open, one under IAM.
SAM = {
    "Transform": "AWS::Serverless-2016-10-31",
    "Resources": {
        "Open": function(
            {
                "Rest": on("", "get", "/items/{id}"),
                "RestAny": on("", "any", "/{proxy+}"),
                "RestNew": on("", "get", "/items/new"),
                "Http": on("", "get", "/items/{id}", "HttpApi"),
                "HttpNew": on("", "get", "/items/new", "HttpApi"),
                "HttpBelow": on("", "any", "/deep/{proxy+}", "HttpApi"),
                "HttpElse": {"Type": "HttpApi"},
            },
            AutoPublishAlias="live",
            FunctionUrlConfig={"AuthType": "NONE", "Cors": {"AllowOrigins": ["https://a.example"]}},
        ),
        "Shut": function(
            {
                "Rest": on("ShutRest", "post", "/items", Auth={"Authorizer": "AWS_IAM"}),
                "Http": on("ShutHttp", "post", "/items", "HttpApi"),
            },
            FunctionUrlConfig={"AuthType": "AWS_IAM"},
        ),
        "ShutRest": api("Api", StageName="dev", Cors="'*'"),
        "ShutHttp": api(
            "HttpApi",
            StageName="dev",
            Auth={"EnableIamAuthorizer": True, "DefaultAuthorizer": "AWS_IAM"},
            CorsConfiguration={"AllowOrigins": ["https://a.example"], "AllowMethods": ["POST"], "MaxAge": 60},
            DefaultRouteSettings={"ThrottlingRateLimit": 1, "ThrottlingBurstLimit": 3},
            StageVariables={"colour": "green"},
        ),
    },
}


@pytest.fixture(scope="module")
def world():
    with open_world(template=SAM) as each:
        yield each


def asks(world, at, path="/", method="GET", who=None, **more):
    return world.fetch(who, method, world.url(at) + path, **more)


REST, HTTP, URL = "ServerlessRestApi", "ServerlessHttpApi", "OpenUrl"


# ---- events, as AWS's pages show them -------------------------------------------------------------


@pytest.mark.slow
def test_a_rest_api_hands_over_an_event_of_format_1(world):
    """https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html."""
    event = asks(world, REST, "/items/a%20b?name=me&multi=1&multi=2", headers={"X-Own": "yes"}).json

    assert (event["resource"], event["path"], event["httpMethod"]) == ("/items/{id}", "/items/a%20b", "GET")
    assert event["pathParameters"] == {"id": "a b"}
    assert event["queryStringParameters"] == {"name": "me", "multi": "2"}
    assert event["multiValueQueryStringParameters"] == {"name": ["me"], "multi": ["1", "2"]}
    assert event["headers"]["X-Own"] == "yes"
    assert event["multiValueHeaders"]["X-Forwarded-Proto"] == ["https"]
    context = event["requestContext"]
    assert (context["stage"], context["resourcePath"], context["path"]) == (
        "Prod",
        "/items/{id}",
        "/Prod/items/a%20b",
    )
    assert context["identity"]["userArn"] is None
    assert event["body"] is None
    assert "version" not in event


def test_an_http_api_hands_over_an_event_of_format_2(world):
    """https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html."""
    sent = {"X-Own": "yes", "Cookie": "cookie1=1; cookie2=2"}

    event = asks(world, HTTP, "/items/7?parameter1=value1&parameter1=value2&p=v", headers=sent).json

    assert (event["version"], event["routeKey"], event["rawPath"]) == ("2.0", "GET /items/{id}", "/items/7")
    assert event["rawQueryString"] == "parameter1=value1&parameter1=value2&p=v"
    assert event["queryStringParameters"] == {"parameter1": "value1,value2", "p": "v"}
    assert event["cookies"] == ["cookie1=1", "cookie2=2"]
    assert event["headers"]["x-own"] == "yes"
    assert event["pathParameters"] == {"id": "7"}
    context = event["requestContext"]
    assert (context["stage"], context["http"]["method"], context["http"]["path"]) == (
        "$default",
        "GET",
        "/items/7",
    )
    assert "authorizer" not in context
    assert "body" not in event


def test_a_url_hands_over_an_event_of_format_2_for_the_alias(world):
    """https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html."""
    answer = asks(world, URL, "/my/path?a=1", "POST", body={"a": 1})

    event = answer.json
    assert (event["routeKey"], event["rawPath"], event["body"]) == ("$default", "/my/path", '{"a": 1}')
    assert event["requestContext"]["domainName"].endswith(".lambda-url.us-east-1.on.aws")
    assert answer.cookies == ("seen=1",)


def test_bytes_that_are_no_text_come_in_base64(world):
    event = asks(world, HTTP, "/deep/x", "POST", body=b"\xff\x00", headers={"Content-Type": "image/png"}).json

    assert (event["body"], event["isBase64Encoded"]) == ("/wA=", True)


# ---- which route ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "method", "path", "route"),
    [
        (REST, "GET", "/items/new", "/items/new"),
        (REST, "GET", "/items/9", "/items/{id}"),
        (REST, "POST", "/other/deep", "/{proxy+}"),
        (HTTP, "GET", "/items/new", "GET /items/new"),
        (HTTP, "GET", "/items/9", "GET /items/{id}"),
        (HTTP, "PUT", "/deep/a/b", "ANY /deep/{proxy+}"),
        (HTTP, "POST", "/items/9", "$default"),
        (HTTP, "GET", "/", "$default"),
    ],
)
def test_the_most_certain_route_takes_a_request(world, at, method, path, route):
    """https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html."""
    event = asks(world, at, path, method).json

    assert event["routeKey" if at == HTTP else "resource"] == route


@pytest.mark.parametrize(
    ("at", "request_", "status", "says"),
    [
        (REST, ("/items/9", "POST"), 403, "Missing Authentication Token"),
        (REST, ("", "GET"), 403, "Missing Authentication Token"),
        ("ShutRest", ("/none", "GET"), 403, "Missing Authentication Token"),
        ("ShutHttp", ("/none", "GET"), 404, "Not Found"),
    ],
)
def test_what_no_route_takes_is_refused(world, at, request_, status, says):
    answer = asks(world, at, *request_)

    assert (answer.status, answer.json) == (status, {"message": says})


def test_another_stage_is_refused(world):
    rest, http = world.url(REST, "Test"), world.url("ShutHttp", "x")
    assert world.fetch(None, "GET", f"{rest}/items/1").status == 403
    assert world.fetch(None, "GET", f"{http}/items").status == 404
    with pytest.raises(WorldError, match="nothing in this world answers at example"):
        world.fetch(None, "GET", "https://example.com/")


# ---- answers --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "rest", "http", "url"),
    [
        ("/raises", (502, "Internal server error"), (500, "Internal Server Error"), (502, "")),
        ("/status", (502, "Internal server error"), (500, "Internal Server Error"), (502, "")),
        ("/dict-body", (502, "Internal server error"), (500, "Internal Server Error"), (502, "")),
        ("/empty", (502, "Internal server error"), (200, "{}"), (200, "{}")),
        ("/breaks", (502, "Internal server error"), (200, "null"), (200, "null")),
        ("/text", (502, "Internal server error"), (200, '"Hello, world!"'), (200, '"Hello, world!"')),
        ("/made", (201, "made"), (201, "made"), (201, "made")),
        ("/base64", (200, "hello"), (200, "hello"), (200, "hello")),
    ],
)
def test_what_the_client_gets_of_what_the_function_returned(world, path, rest, http, url):
    """https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads, and as above."""
    for at, (status, says) in ((REST, rest), (HTTP, http), (URL, url)):
        answer = asks(world, at, path)

        assert answer.status == status, at
        assert says in answer.body, at
    if path == "/made":
        assert answer.headers["x-own"] == "1"


def test_nobody_waits_longer_than_29_seconds(world):
    """https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html."""
    rest, url = asks(world, REST, "/sleeps"), asks(world, URL, "/sleeps")

    assert (rest.status, rest.json) == (504, {"message": "Endpoint request timed out"})
    assert url.status == 200  # a URL waits as long as the function may run


# ---- who may --------------------------------------------------------------------------------------

POSTS = {
    "Effect": "Allow",
    "Action": "execute-api:Invoke",
    "Resource": "arn:aws:execute-api:*:*:*/*/POST/items",
}
# SAM has the function invoked by who signs:
# https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-function-apifunctionauth.html
MAY = document(POSTS, {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": "*"})
BY_URL = document(
    {"Effect": "Allow", "Action": ["lambda:InvokeFunctionUrl", "lambda:InvokeFunction"], "Resource": "*"}
)
OLD = document({"Effect": "Allow", "Action": "lambda:InvokeFunctionUrl", "Resource": "*"})


def test_a_signature_and_a_policy_open_a_route_under_iam(world):
    """https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-control-access-using-iam-policies-to-invoke-api.html."""
    ann, bob = world.user("ann", policies=[MAY]), world.user("bob", policies=[])

    event = asks(world, "ShutRest", "/items", "POST", ann, body={"a": 1}).json
    assert event["requestContext"]["identity"]["userArn"] == ann.arn
    context = asks(world, "ShutHttp", "/items", "POST", ann, body={"a": 1}).json["requestContext"]
    assert context["authorizer"]["iam"]["userArn"] == ann.arn

    assert asks(world, "ShutRest", "/items", "POST").json == {"message": "Missing Authentication Token"}
    half = world.user("half", policies=[document(POSTS)])
    assert asks(world, "ShutRest", "/items", "POST", half).status == 500
    denied = asks(world, "ShutRest", "/items", "POST", bob)
    assert denied.status == 403
    assert denied.json["Message"].startswith(
        f"User: {bob.arn} is not authorized to perform: execute-api:Invoke on resource: "
        "arn:aws:execute-api:us-east-1:********9012:"
    )
    for who in (None, bob):
        refused = asks(world, "ShutHttp", "/items", "POST", who)
        assert (refused.status, refused.json) == (403, {"message": "Forbidden"})


def test_a_url_under_iam_asks_two_permissions(world):
    """https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html."""
    ann, old = world.user("ann", policies=[BY_URL]), world.user("old", policies=[OLD])

    answer = asks(world, "ShutUrl", "/x", who=ann)

    assert answer.json["requestContext"]["authorizer"]["iam"]["userArn"] == ann.arn
    for who in (None, old):
        refused = asks(world, "ShutUrl", "/x", who=who)
        assert (refused.status, refused.json) == (403, {"Message": "Forbidden"})


def test_a_stage_lets_so_many_through(world):
    """https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-throttling.html."""
    ann = world.user("ann", policies=[MAY])
    world.run(seconds=10)
    begun = world.now

    statuses = [asks(world, "ShutHttp", "/items", "POST", ann).status for _ in range(5)]

    assert world.now == begun
    assert statuses == [200, 200, 200, 429, 429]
    world.run(seconds=1)
    assert asks(world, "ShutHttp", "/items", "POST", ann).status == 200


def test_another_origin_is_answered_by_the_api_itself(world):
    """https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html."""
    browser = {"Origin": "https://a.example", "Access-Control-Request-Method": "POST"}

    early = asks(world, "ShutHttp", "/items", "OPTIONS", headers=browser)
    assert (early.status, early.headers) == (
        204,
        {
            "access-control-allow-origin": "https://a.example",
            "access-control-allow-methods": "POST",
            "access-control-max-age": "60",
        },
    )
    for origin, allowed in (("https://a.example", "https://a.example"), ("https://b.example", None)):
        answer = asks(world, URL, "/x", headers={"Origin": origin})
        assert answer.status == 200
        assert answer.headers.get("access-control-allow-origin") == allowed
    mocked = asks(world, "ShutRest", "/items", "OPTIONS")
    assert (mocked.status, mocked.headers["Access-Control-Allow-Origin"]) == (200, "*")


@pytest.mark.slow
def test_what_is_asked_is_measured(world):
    """https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-metrics-and-dimensions.html."""
    name = {"ApiName": "trailwarden"}
    before = total(world.simulated, "AWS/ApiGateway", "5XXError", **name) or 0
    world.run(minutes=2)
    for at in (REST, HTTP, URL):
        asks(world, at, "/raises")
    world.run(minutes=2)

    assert total(world.simulated, "AWS/ApiGateway", "5XXError", **name) == before + 1
    assert total(world.simulated, "AWS/ApiGateway", "Count", **name) >= before + 1
    host = world.url(HTTP).removeprefix("https://").partition(".")[0]
    assert total(world.simulated, "AWS/ApiGateway", "5xx", ApiId=host) >= 1
    own = {"FunctionName": world.physical_id("Open")}
    assert total(world.simulated, "AWS/Lambda", "Url5xxCount", **own) >= 1
