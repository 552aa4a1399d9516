"""Access logs: a line for each request, who may write it, and what it says."""

import json

import pytest

from scenarios.runner.imperative import CannotOpen, open_world
from tests.forms.forms import GROUP, allow, att, event, one, ref, role, sam
from tests.scenarios.cloud.apigateway.test_apis import plain
from tests.scenarios.cloud.firehose.stream_worlds import LAKE, lake

FORMAT = json.dumps(
    {
        name: f"$context.{name}"
        for name in (
            *("requestId", "status", "routeKey", "httpMethod", "path", "identity.sourceIp", "error.message"),
            *("integrationLatency", "authorizer.claims.sub", "responseLength", "requestTimeEpoch"),
        )
    }
)


def http(text=FORMAT):
    settings = {"DestinationArn": att("L"), "Format": text}
    api = {"Http": one("AWS::Serverless::HttpApi", AccessLogSettings=settings), **GROUP}
    return sam(event("HttpApi", Path="/x", Method="get", ApiId=ref("Http")), api)


def lines(world):
    found = world.client("ann", "logs").filter_log_events(logGroupName=world.physical_id("L"))["events"]
    return [json.loads(each["message"]) for each in found]


@pytest.mark.slow
def test_each_request_is_a_line_those_that_no_route_takes_too():
    with open_world(template=http()) as world:
        answer = world.fetch(None, "GET", world.url("Http") + "/x")
        world.fetch(None, "GET", world.url("Http") + "/nothing")

        first, second = lines(world)
    assert (first["status"], first["routeKey"], first["httpMethod"], first["path"]) == (
        "200",
        "GET /x",
        "GET",
        "/x",
    )
    assert first["requestId"] == answer.json["requestContext"]["requestId"]
    assert first["identity.sourceIp"] == answer.json["requestContext"]["http"]["sourceIp"]
    assert int(first["integrationLatency"]) > 0
    assert (first["authorizer.claims.sub"], first["error.message"]) == ("-", "-")
    assert (second["status"], second["routeKey"], second["error.message"]) == ("404", "-", "Not Found")


@pytest.mark.slow
def test_a_line_that_may_not_be_written_is_lost_and_says_so():
    with open_world(template=http()) as world:
        world.client("ann", "logs").delete_resource_policy(policyName="AWSLogDeliveryWrite20150319")

        assert world.fetch(None, "GET", world.url("Http") + "/x").status == 200
        assert lines(world) == []
        assert any("may not write its access log" in moment.words for moment in world.timeline)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param("$context.status", "must include \\$context.requestId", id="no request"),
        pytest.param("$context.requestId" + "x" * 3072, "longer than 3072", id="long"),
    ],
)
def test_a_format_is_refused(text, says):
    with pytest.raises(CannotOpen, match=says), open_world(template=http(text)):
        pass


def of_rest(*statements):
    text = "$context.requestId $context.status"
    given = plain(AccessLogSetting={"DestinationArn": att("L"), "Format": text})
    given["Resources"] |= {
        **GROUP,
        "Role": role("apigateway", *statements),
        "Account": one("AWS::ApiGateway::Account", CloudWatchRoleArn=att("Role")),
    }
    return given


@pytest.mark.slow
def test_a_rest_api_writes_under_the_accounts_role():
    writes = allow("logs:CreateLogStream", "logs:PutLogEvents")
    for statements, many in (((writes,), 1), ((), 0)):
        with open_world(template=of_rest(*statements)) as world:
            world.simulated.api.request(None, "GET", "/items/7")
            found = world.client("ann", "logs").filter_log_events(logGroupName=world.physical_id("L"))
            assert len(found["events"]) == many
            assert all(each["message"].endswith(" 200") for each in found["events"])


def to_firehose(name):
    given = plain(
        AccessLogSetting={"DestinationArn": att("Lake"), "Format": "$context.requestId $context.status"}
    )
    given["Resources"] |= lake(stream={"DeliveryStreamName": name})
    return given


@pytest.mark.slow
def test_a_rest_api_writes_to_firehose_under_its_service_linked_role():
    with open_world(template=to_firehose("amazon-apigateway-lake")) as world:
        world.simulated.api.request(None, "GET", "/items/7")
        world.run(minutes=2)
        s3 = world.client("ann", "s3")
        (key,) = [each["Key"] for each in s3.list_objects_v2(Bucket=LAKE)["Contents"]]
        assert s3.get_object(Bucket=LAKE, Key=key)["Body"].read().endswith(b" 200")


@pytest.mark.slow
def test_a_stream_of_another_name_is_refused():
    with (
        pytest.raises(CannotOpen, match="must begin amazon-apigateway-"),
        open_world(template=to_firehose("lake")),
    ):
        pass
