"""The API's stage: how much it takes at once, and what it writes down."""

import json

import pytest

from scenarios.cloud.world import World
from scenarios.packaging.sam import sam_template
from scenarios.runner.run import deployment_of
from scenarios.runner.scenario import Scenario


def stage(*parameters):
    """The deployed stage's properties, and the name of the log group of requests, if there is one."""
    scenario = Scenario(name="a.b", title="", parameters=parameters, lasts="00:01", when=[], then=[])
    with World(deployment_of(scenario)) as world:
        (found,) = world.home.of_type("AWS::ApiGateway::Stage")
        group = world.home.resources.get("ApiAccessLogGroup")
    return found.properties, group.attributes["Arn"] if group else ""


@pytest.mark.slow
def test_a_flood_of_requests_is_throttled_on_every_route():
    (settings,) = stage()[0]["MethodSettings"]

    assert (settings["ResourcePath"], settings["HttpMethod"]) == ("/*", "*")
    assert (settings["ThrottlingRateLimit"], settings["ThrottlingBurstLimit"]) == (10, 20)


@pytest.mark.slow
@pytest.mark.parametrize("wanted", ["yes", "no"])
def test_requests_are_logged_where_that_is_wanted(wanted):
    """An account has to let API Gateway write logs; a stack that asked for it elsewhere could not be made."""
    properties, group = stage(("ApiAccessLogs", wanted))
    setting = properties.get("AccessLogSetting")

    assert bool(setting) is bool(group) is (wanted == "yes")
    if setting:
        assert setting["DestinationArn"] == group
        assert json.loads(setting["Format"])["who"] == "$context.identity.userArn"


def test_each_route_is_answered_by_the_apis_function():
    paths = sam_template("prod")["Resources"]["RestAPI"]["Properties"]["DefinitionBody"]["paths"]
    asked = [
        method["x-amazon-apigateway-integration"]["uri"]
        for path in paths.values()
        for name, method in path.items()
        if name != "options"
    ]

    function = "arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions"
    assert len(asked) > 5
    assert asked == [{"Fn::Sub": f"{function}/${{APIHandler.Arn}}/invocations"}] * len(asked)
