"""Authorizers that are functions: what they are asked, what their answers open, and for how long."""

import pytest

from scenarios.runner.imperative import open_world
from tests.scenarios.cloud.apigateway.test_requests import function, on

# As in https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-use-lambda-authorizer.html.
GATE = """
SEEN = []

def handler(event, context):
    SEEN.append(event["type"])
    token = event.get("authorizationToken") or event["headers"].get("authorization")
    if token == "unauthorized":
        raise Exception("Unauthorized")
    if token == "breaks":
        return None
    arn = event.get("methodArn") or event["routeArn"]
    effect = {"allow": "Allow", "deny": "Deny"}.get(token)
    statements = [{"Action": "execute-api:Invoke", "Effect": effect, "Resource": arn}] if effect else [
        {"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": arn + "/other"}
    ]
    return {
        "isAuthorized": token == "allow",
        "principalId": "me",
        "policyDocument": {"Version": "2012-10-17", "Statement": statements},
        "context": {"tenant": 7, "asked": len(SEEN), "kind": event["type"]},
    }
"""


GATE_ARN = {"Fn::GetAtt": ["Gate", "Arn"]}


def authorizer(**more):
    return {"DefaultAuthorizer": "Own", "Authorizers": {"Own": {"FunctionArn": GATE_ARN, **more}}}


TOKENS = authorizer(Identity={"ValidationExpression": "[a-z]+"})


# https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html
PLAIN = authorizer(
    AuthorizerPayloadFormatVersion="2.0",
    EnableSimpleResponses=True,
    EnableFunctionDefaultPermissions=True,
    Identity={"Headers": ["Authorization"]},
)
SAM = {
    "Transform": "AWS::Serverless-2016-10-31",
    "Resources": {
        "Gate": function(InlineCode=GATE),
        "Look": function(
            {"Rest": on("Rest", "get", "/items"), "Http": on("Http", "get", "/items", "HttpApi")}
        ),
        "Rest": {"Type": "AWS::Serverless::Api", "Properties": {"StageName": "dev", "Auth": TOKENS}},
        "Http": {"Type": "AWS::Serverless::HttpApi", "Properties": {"Auth": PLAIN}},
    },
}


@pytest.fixture(scope="module")
def world():
    with open_world(template=SAM) as each:
        yield each


def asks(world, api, token):
    headers = {"Authorization": token} if token else {}
    return world.fetch(None, "GET", f"{world.url(api)}/items", headers=headers)


@pytest.mark.slow
def test_what_the_authorizer_says_reaches_the_function(world):
    rest, http = asks(world, "Rest", "allow").json, asks(world, "Http", "allow").json

    said = rest["requestContext"]["authorizer"]
    assert (said["principalId"], said["tenant"], said["kind"]) == ("me", "7", "TOKEN")
    assert http["requestContext"]["authorizer"]["lambda"]["kind"] == "REQUEST"


@pytest.mark.parametrize(
    ("token", "rest", "http"),
    [
        ("", (401, "Unauthorized"), (401, "Unauthorized")),
        ("ALLOW", (401, "Unauthorized"), (403, "Forbidden")),
        (
            "deny",
            (403, "User is not authorized to access this resource with an explicit deny"),
            (403, "Forbid"),
        ),
        ("other", (403, '"User is not authorized to access this resource"'), (403, "Forbidden")),
        ("unauthorized", (401, "Unauthorized"), (401, "Unauthorized")),
        ("breaks", (500, "null"), (500, "Internal Server Error")),
    ],
)
def test_what_the_client_is_told(world, token, rest, http):
    for api, (status, says) in (("Rest", rest), ("Http", http)):
        answer = asks(world, api, token)

        assert answer.status == status, api
        assert says in answer.body, api


def asked(world, api):
    """How many times the authorizer had been asked when it said what the function was told."""
    said = asks(world, api, "allow").json["requestContext"]["authorizer"]
    return int(said["asked"] if api == "Rest" else said["lambda"]["asked"])


def test_a_rest_api_remembers_an_answer_for_five_minutes_and_an_http_api_none(world):
    """https://docs.aws.amazon.com/apigateway/latest/developerguide/configure-api-gateway-lambda-authorization.html."""
    first, second = asked(world, "Rest"), asked(world, "Rest")
    world.run(minutes=6)
    later = asked(world, "Rest")

    assert first == second
    assert later != second
    assert len({asked(world, "Http") for _ in range(3)}) == 3
