"""APIs by resources, methods, routes and integrations; policies, limits, and what is loud when asked."""

import pytest
from botocore.exceptions import ClientError

from scenarios.cloud.kernel.errors import NotSimulated, WorldError
from scenarios.cloud.kernel.faults import PROFILES
from scenarios.runner.imperative import open_world
from tests.sample import in_turn
from tests.scenarios.cloud.apigateway.test_requests import function
from tests.scenarios.cloud.small_worlds import document, refusal


def plain(
    authorization="NONE", *, policy=None, lets_in=True, settings=(), key=False, kind="AWS_PROXY", **of_stage
):
    """A REST API by resources and methods, as CDK and plain CloudFormation write it."""
    look = {"Fn::GetAtt": ["Look", "Arn"]}
    uri = {"Fn::Sub": "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/${Look.Arn}/invocations"}
    method = {
        "RestApiId": {"Ref": "Api"},
        "ResourceId": {"Ref": "Item"},
        "HttpMethod": "GET",
        "AuthorizationType": authorization,
        "ApiKeyRequired": key,
        "Integration": {"Type": kind, "IntegrationHttpMethod": "POST", "Uri": uri},
    }
    item = {"RestApiId": {"Ref": "Api"}, "PathPart": "{id}", "ParentId": {"Ref": "Items"}}
    items = {**item, "PathPart": "items", "ParentId": {"Fn::GetAtt": ["Api", "RootResourceId"]}}
    stage = {
        "RestApiId": {"Ref": "Api"},
        "StageName": "dev",
        "DeploymentId": {"Ref": "Deployed"},
        "MethodSettings": list(settings),
        **of_stage,
    }
    permission = {
        "FunctionName": look,
        "Action": "lambda:InvokeFunction",
        "Principal": "apigateway.amazonaws.com",
        "SourceArn": {"Fn::Sub": "arn:aws:execute-api:${AWS::Region}:${AWS::AccountId}:${Api}/*/GET/items/*"},
    }
    resources = {
        "Look": function(),
        "Api": {
            "Type": "AWS::ApiGateway::RestApi",
            "Properties": {"Name": "app", **({"Policy": policy} if policy else {})},
        },
        "Items": {"Type": "AWS::ApiGateway::Resource", "Properties": items},
        "Item": {"Type": "AWS::ApiGateway::Resource", "Properties": item},
        "Get": {"Type": "AWS::ApiGateway::Method", "Properties": method},
        "Deployed": {
            "Type": "AWS::ApiGateway::Deployment",
            "DependsOn": "Get",
            "Properties": {"RestApiId": {"Ref": "Api"}},
        },
        "Stage": {"Type": "AWS::ApiGateway::Stage", "Properties": stage},
    }
    if lets_in:
        resources["Lets"] = {"Type": "AWS::Lambda::Permission", "Properties": permission}
    return {"Transform": "AWS::Serverless-2016-10-31", "Resources": resources}


def of(world, who=None, path="/items/7"):
    return world.simulated.api.request(who, "GET", path)


@pytest.mark.slow
@pytest.mark.parametrize("faults", in_turn(PROFILES, of=4))
def test_an_api_by_resources_and_methods_answers_under_every_fault(faults):
    with open_world(template=plain(), faults=faults) as each:
        assert of(each).json["pathParameters"] == {"id": "7"}


@pytest.mark.slow
def test_without_the_functions_leave_nothing_is_invoked():
    with open_world(template=plain(lets_in=False)) as each:
        assert (of(each).status, of(each).json) == (500, {"message": "Internal server error"})


@pytest.mark.slow
def test_a_function_without_concurrency_is_too_busy():
    with open_world(template=plain()) as each:
        each.client("ann", "lambda").put_function_concurrency(
            FunctionName=each.physical_id("Look"), ReservedConcurrentExecutions=0
        )
        assert of(each).status == 500


LOGS = "arn:aws:logs:us-east-1:123456789012:log-group:requests"
OFFICE = "203.0.113.0/24"


def policy(effect, **condition):
    statement = {"Effect": effect, "Principal": "*", "Action": "execute-api:Invoke", "Resource": "*"}
    return document({**statement, **({"Condition": condition} if condition else {})})


@pytest.mark.slow
def test_a_resource_policy_decides_who_may_ask_at_all():
    """https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-resource-policies-examples.html."""
    from_office = policy("Allow", IpAddress={"aws:SourceIp": OFFICE})
    with open_world(template=plain(policy=from_office)) as each:
        refused = of(each)
        assert refused.status == 403
        assert refused.json["Message"].startswith("User: anonymous is not authorized to perform: execute-api")
    with open_world(template=plain(policy=policy("Allow"))) as each:
        assert of(each).status == 200


@pytest.mark.slow
def test_a_resource_policy_keeps_a_signer_out():
    """https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-authorization-flow.html."""
    outside = policy("Deny", NotIpAddress={"aws:SourceIp": OFFICE})
    with open_world(template=plain("AWS_IAM", policy=outside)) as each:
        assert of(each, each.user("ann", address="203.0.113.9")).status == 200
        assert of(each, each.user("bob", address="198.51.100.1")).status == 403


@pytest.mark.slow
def test_a_stage_may_limit_one_method():
    settings = [
        {
            "HttpMethod": "GET",
            "ResourcePath": "/items/{id}",
            "ThrottlingRateLimit": 1,
            "ThrottlingBurstLimit": 1,
        }
    ]
    with open_world(template=plain(settings=settings)) as each:
        assert [of(each).status for _ in range(2)] == [200, 429]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"authorization": "COGNITO_USER_POOLS"}, "an authorizer"),
        ({"kind": "HTTP_PROXY"}, "the integration of GET"),
        (
            {"AccessLogSetting": {"Format": "$context.requestId", "DestinationArn": LOGS}},
            "no stack sets the role of AWS::ApiGateway::Account",
        ),
    ],
)
def test_what_is_not_simulated_is_loud_when_it_is_asked(given, says):
    with open_world(template=plain(**given)) as each, pytest.raises(NotSimulated, match=says):
        of(each)


@pytest.mark.slow
def test_a_url_is_made_changed_and_deleted_by_the_api():
    """https://docs.aws.amazon.com/lambda/latest/dg/urls-configuration.html."""
    with open_world(template=plain()) as each:
        lambda_, name = each.client("ann", "lambda"), each.physical_id("Look")
        made = lambda_.create_function_url_config(FunctionName=name, AuthType="NONE")
        fetch = each.fetch
        assert fetch(None, "GET", made["FunctionUrl"]).status == 403
        given = {"FunctionName": name, "Principal": "*"}
        lambda_.add_permission(
            StatementId="url", Action="lambda:InvokeFunctionUrl", FunctionUrlAuthType="NONE", **given
        )
        assert fetch(None, "GET", made["FunctionUrl"]).status == 403
        lambda_.add_permission(
            StatementId="call", Action="lambda:InvokeFunction", InvokedViaFunctionUrl=True, **given
        )
        assert fetch(None, "GET", made["FunctionUrl"]).status == 200
        assert refusal(lambda_.create_function_url_config, FunctionName=name, AuthType="NONE") == (
            "ResourceConflictException"
        )
        lambda_.update_function_url_config(FunctionName=name, AuthType="AWS_IAM")
        assert fetch(None, "GET", made["FunctionUrl"]).status == 403
        assert fetch(each.user("ann"), "GET", made["FunctionUrl"]).status == 200
        assert [
            one["AuthType"]
            for one in lambda_.list_function_url_configs(FunctionName=name)["FunctionUrlConfigs"]
        ] == ["AWS_IAM"]
        lambda_.delete_function_url_config(FunctionName=name)
        with pytest.raises(ClientError, match="does not exist"):
            lambda_.get_function_url_config(FunctionName=name)
        with pytest.raises(WorldError):
            fetch(None, "GET", made["FunctionUrl"])


# https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigatewayv2-api.html
BY_HAND = {
    "Transform": "AWS::Serverless-2016-10-31",
    "Resources": {
        "Look": function(),
        "Quick": {
            "Type": "AWS::ApiGatewayV2::Api",
            "Properties": {
                "Name": "quick",
                "ProtocolType": "HTTP",
                "Target": {"Fn::GetAtt": ["Look", "Arn"]},
            },
        },
        "Api": {"Type": "AWS::ApiGatewayV2::Api", "Properties": {"Name": "app", "ProtocolType": "HTTP"}},
        "Look1": {
            "Type": "AWS::ApiGatewayV2::Integration",
            "Properties": {
                "ApiId": {"Ref": "Api"},
                "IntegrationType": "AWS_PROXY",
                "IntegrationUri": {"Fn::GetAtt": ["Look", "Arn"]},
                "PayloadFormatVersion": "1.0",
            },
        },
        "Get": {
            "Type": "AWS::ApiGatewayV2::Route",
            "Properties": {
                "ApiId": {"Ref": "Api"},
                "RouteKey": "GET /items/{id}",
                "Target": {"Fn::Sub": "integrations/${Look1}"},
            },
        },
        "Stage": {
            "Type": "AWS::ApiGatewayV2::Stage",
            "Properties": {"ApiId": {"Ref": "Api"}, "StageName": "dev", "AutoDeploy": True},
        },
        "Lets": {
            "Type": "AWS::Lambda::Permission",
            "Properties": {
                "FunctionName": {"Ref": "Look"},
                "Action": "lambda:InvokeFunction",
                "Principal": "apigateway.amazonaws.com",
            },
        },
    },
}


@pytest.mark.slow
def test_an_http_api_by_hand_hands_over_the_format_that_it_names():
    with open_world(template=BY_HAND) as each:
        first = each.fetch(None, "GET", f"{each.url('Api')}/items/7").json
        second = each.fetch(None, "GET", f"{each.url('Quick')}/anything").json
        with pytest.raises(LookupError, match="nobody can ask one over HTTP"):
            each.url("Look")

    assert (first["version"], first["pathParameters"], first["path"]) == ("1.0", {"id": "7"}, "/dev/items/7")
    assert (second["version"], second["routeKey"]) == ("2.0", "$default")
