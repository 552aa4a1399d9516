"""API keys and usage plans: who may ask, how often at once, and how often a day."""

import pytest
from botocore.exceptions import ClientError

from scenarios.cloud.kernel.errors import NotSimulated
from scenarios.runner.imperative import open_world
from tests.scenarios.cloud.apigateway.test_apis import plain

VALUE = "the-key-of-the-first-client"


def keyed(*, enabled=True, source="HEADER", stage="dev", **plan):
    """A REST API whose only method asks for a key, and a plan with one key."""
    given = plain(key=True)
    given["Resources"]["Api"]["Properties"]["ApiKeySourceType"] = source
    key = {"Name": "first", "Enabled": enabled, "Value": VALUE}
    stages = [{"ApiId": {"Ref": "Api"}, "Stage": stage, **plan.pop("of_stage", {})}]
    given["Resources"] |= {
        "Key": {"Type": "AWS::ApiGateway::ApiKey", "Properties": key},
        "Plan": {
            "Type": "AWS::ApiGateway::UsagePlan",
            "Properties": {"UsagePlanName": "basic", "ApiStages": stages, **plan},
            "DependsOn": "Stage",
        },
        "Put": {
            "Type": "AWS::ApiGateway::UsagePlanKey",
            "Properties": {"KeyId": {"Ref": "Key"}, "KeyType": "API_KEY", "UsagePlanId": {"Ref": "Plan"}},
        },
    }
    return given


def ask(world, value=VALUE):
    headers = {"X-API-Key": value} if value else {}
    return world.simulated.api.request(None, "GET", "/items/7", headers=headers)


def told(answer):
    return answer.status, answer.json.get("message")


@pytest.mark.slow
def test_who_sends_the_key_is_let_in_and_the_function_learns_which():
    with open_world(template=keyed()) as each:
        answer = ask(each)

        identity = answer.json["requestContext"]["identity"]
        assert (answer.status, identity["apiKey"], identity["apiKeyId"]) == (
            200,
            VALUE,
            each.physical_id("Key"),
        )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("template", "value"),
    [
        pytest.param(keyed(), "", id="no key"),
        pytest.param(keyed(), "another-key-than-that", id="another key"),
        pytest.param(keyed(enabled=False), VALUE, id="a key that is off"),
        pytest.param(keyed(stage="prod"), VALUE, id="a plan of another stage"),
    ],
)
def test_everybody_else_is_forbidden(template, value):
    with open_world(template=template) as each:
        answer = ask(each, value)

        assert told(answer) == (403, "Forbidden")
        assert answer.headers["x-amzn-errortype"] == "ForbiddenException"


@pytest.mark.slow
def test_a_plan_limits_how_often_a_key_asks_at_once():
    with open_world(template=keyed(Throttle={"RateLimit": 1, "BurstLimit": 2})) as each:
        statuses = [told(ask(each)) for _ in range(3)]
        each.run(seconds=1)

        assert statuses == [(200, None), (200, None), (429, "Too Many Requests")]
        assert ask(each).status == 200


@pytest.mark.slow
def test_a_plan_may_limit_one_method_of_a_stage():
    throttle = {"/items/{id}/GET": {"RateLimit": 1, "BurstLimit": 1}}
    with open_world(template=keyed(of_stage={"Throttle": throttle})) as each:
        assert [ask(each).status for _ in range(2)] == [200, 429]


@pytest.mark.slow
def test_a_quota_is_used_up_until_the_next_day_and_usage_tells_it():
    with open_world(template=keyed(Quota={"Limit": 2, "Period": "DAY"})) as each:
        answers = [told(ask(each)) for _ in range(3)]
        each.run(hours=21, minutes=1)
        next_day = ask(each).status
        usage = each.client("ann", "apigateway").get_usage(
            usagePlanId=each.physical_id("Plan"), startDate="2026-03-02", endDate="2026-03-03"
        )

        assert answers == [(200, None), (200, None), (429, "Limit Exceeded")]
        assert next_day == 200
        assert usage["items"] == {each.physical_id("Key"): [[2, 0], [1, 1]]}


@pytest.mark.slow
@pytest.mark.parametrize(("period", "hours"), [("WEEK", 6 * 24), ("MONTH", 30 * 24)])
def test_a_quota_of_a_week_or_a_month_begins_with_it(period, hours):
    """Monday, 2 March: the week began yesterday."""
    with open_world(template=keyed(Quota={"Limit": 1, "Period": period})) as each:
        first = [ask(each).status for _ in range(2)]
        each.run(hours=hours - 4)
        before = ask(each).status
        each.run(hours=4)

        assert (first, before, ask(each).status) == ([200, 429], 429, 200)


@pytest.mark.slow
def test_keys_are_made_put_into_a_plan_and_switched_off_by_the_api():
    with open_world(template=keyed()) as each:
        gateway, plan = each.client("ann", "apigateway"), each.physical_id("Plan")
        made = gateway.create_api_key(name="second", enabled=True)
        alone = ask(each, made["value"]).status
        gateway.create_usage_plan_key(usagePlanId=plan, keyId=made["id"], keyType="API_KEY")
        within = ask(each, made["value"]).status
        with pytest.raises(ClientError, match="already exists"):
            gateway.create_usage_plan_key(usagePlanId=plan, keyId=made["id"], keyType="API_KEY")
        off = [{"op": "replace", "path": "/enabled", "value": "false"}]
        gateway.update_api_key(apiKey=made["id"], patchOperations=off)
        switched_off = ask(each, made["value"]).status
        gateway.delete_api_key(apiKey=made["id"])

        assert (alone, within, switched_off) == (403, 200, 403)
        assert [key["name"] for key in gateway.get_api_keys()["items"]] == ["first"]
        assert "value" not in gateway.get_api_keys()["items"][0]
        assert gateway.get_api_key(apiKey=each.physical_id("Key"), includeValue=True)["value"] == VALUE
        assert [one["name"] for one in gateway.get_usage_plans()["items"]] == ["basic"]
        assert [one["id"] for one in gateway.get_usage_plan_keys(usagePlanId=plan)["items"]] == [
            each.physical_id("Key")
        ]


@pytest.mark.slow
def test_iam_says_who_may_read_keys_and_what_is_not_there_is_refused():
    with open_world(template=keyed()) as each:
        bob = each.user("bob", policies=())
        with pytest.raises(ClientError, match=r"apigateway:GET on resource: .*/apikeys"):
            each.client(bob, "apigateway").get_api_keys(includeValues=True)
        with pytest.raises(ClientError, match="Invalid API Key identifier"):
            each.client("ann", "apigateway").get_api_key(apiKey="nothing")
        with pytest.raises(NotSimulated, match="CreateUsagePlan"):
            each.client("ann", "apigateway").create_usage_plan(name="x")
