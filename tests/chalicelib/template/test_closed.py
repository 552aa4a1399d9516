"""Functions, queues, topics and the ledger have a policy of their own that turns everybody else away."""

import pytest

from chalicelib.catalog import RULES
from chalicelib.template.parts import logical_id
from scenarios.cloud.authorization.policy import Principal, Request, decide
from scenarios.cloud.cloudformation.account_values import AccountValues
from scenarios.cloud.cloudformation.parameters import parameter_values
from scenarios.cloud.kernel.errors import InvalidTemplate
from scenarios.cloud.world import ACCOUNT, World
from scenarios.packaging.sam import sam_template
from scenarios.runner.run import deployment_of
from scenarios.runner.scenario import Scenario

EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}
ADMINISTRATOR = ({"Version": "2012-10-17", "Statement": [EVERYTHING]},)
USED = {
    "AWS::DynamoDB::Table": ("dynamodb:PutItem", "dynamodb:DeleteItem", "dynamodb:PartiQLInsert"),
    "AWS::Lambda::Function": ("lambda:InvokeFunction",),
    "AWS::SNS::Topic": ("sns:Publish",),
    "AWS::SQS::Queue": ("sqs:SendMessage", "sqs:ReceiveMessage", "sqs:PurgeQueue"),
}
MANAGED = {
    "AWS::DynamoDB::Table": ("dynamodb:PutResourcePolicy", "dynamodb:UpdateTable", "dynamodb:Query"),
    "AWS::Lambda::Function": ("lambda:PutResourcePolicy", "lambda:UpdateFunctionCode"),
    "AWS::SNS::Topic": ("sns:SetTopicAttributes", "sns:DeleteTopic"),
    "AWS::SQS::Queue": ("sqs:SetQueueAttributes", "sqs:GetQueueAttributes"),
}


@pytest.fixture(scope="module")
def closed():
    names = ("iam::{0}:role/on-call", "iam::{0}:user/op-*", "sts::{0}:assumed-role/visitor/*")
    parameters = (("Operators", ",".join(f"arn:aws:{each.format(ACCOUNT)}" for each in names)),)
    scenario = Scenario(name="a.b", title="", parameters=parameters, lasts="00:01", when=[], then=[])
    with World(deployment_of(scenario)) as world:
        yield world


def user(name):
    return Principal(account=ACCOUNT, arn=f"arn:aws:iam::{ACCOUNT}:user/{name}")


def session(role):
    return Principal(
        account=ACCOUNT,
        arn=f"arn:aws:sts::{ACCOUNT}:assumed-role/{role.rpartition('/')[2]}/s",
        role_arn=f"arn:aws:iam::{ACCOUNT}:role/{role}",
    )


def may(world, who, action, arn):
    """Whether a principal with the rights of an administrator may."""
    request = Request(principal=who, action=action, resource=arn)
    return decide(request, ADMINISTRATOR, world.identity.resource_policy(arn)).allowed


def parts(world, kinds):
    """The resources of the stack of these types: each with its ARN, and each action."""
    for kind, actions in kinds.items():
        for resource in world.home.of_type(kind):
            arn = resource.attributes.get("Arn") or resource.physical_id
            yield from ((resource.logical_id, arn, action) for action in actions)


@pytest.mark.parametrize(
    "who",
    [
        pytest.param(user("mallory"), id="an administrator"),
        pytest.param(Principal(account=ACCOUNT, arn=f"arn:aws:iam::{ACCOUNT}:root"), id="root"),
        pytest.param(session("other-RootLoginRole-1A2B3C"), id="a function of another stack"),
        pytest.param(session("path/trailwarden-RootLoginRole-1A2B3C"), id="a role with a path"),
        # As doctor says: IAM knows a session by its role.
        pytest.param(session("visitor"), id="a session that is named as one"),
    ],
)
def test_nobody_else_uses_a_part_of_the_stack(closed, who):
    let_in = [(name, action) for name, arn, action in parts(closed, USED) if may(closed, who, action, arn)]

    assert let_in == []


@pytest.mark.parametrize(
    "who",
    [
        pytest.param(session("trailwarden-RootLoginRole-1A2B3C"), id="a function of the stack"),
        pytest.param(session("on-call"), id="an operator's role"),
        pytest.param(user("op-1"), id="an operator by wildcard"),
    ],
)
def test_the_functions_and_operators_do_except_the_http_sides_function(closed, who):
    """Whoever hands that one an event says who asks: only API Gateway may."""
    kept_out = [
        (name, action) for name, arn, action in parts(closed, USED) if not may(closed, who, action, arn)
    ]

    assert kept_out == [("APIHandler", "lambda:InvokeFunction")]


def test_the_account_can_always_repair_a_part_and_its_policy(closed):
    kept_out = [
        (name, action)
        for name, arn, action in parts(closed, MANAGED)
        if not may(closed, user("admin"), action, arn)
    ]

    assert kept_out == []


@pytest.mark.parametrize(
    "wide",
    [
        "*",
        "arn:aws:iam::*:role/on-call",
        f"arn:aws:iam::{ACCOUNT}:*",
        f"arn:aws:iam::{ACCOUNT}:role/service-role/*",
        f"arn:aws:iam::{ACCOUNT}:user/alice,*",
    ],
)
def test_operators_who_may_be_anybody_are_refused_when_the_stack_is_deployed(wide):
    sentence = "three characters of the name at least, and a path alone is no name"
    here = AccountValues(ACCOUNT, "us-east-1")

    with pytest.raises(InvalidTemplate, match=sentence):
        parameter_values(sam_template("prod")["Parameters"], {"Operators": wide}, here)


LONGEST_STACK_NAME = 23  # as docs/deploying.md says it
SUFFIX = 13  # CloudFormation's own, at most


def test_the_roles_of_the_functions_have_names_that_the_policies_know(closed):
    """A name that is too long would be shortened, perhaps at its beginning."""
    roles = [
        each
        for each in closed.home.of_type("AWS::IAM::Role")
        if "lambda.amazonaws.com" in str(each.properties["AssumeRolePolicyDocument"])
    ]

    assert len(roles) == len(closed.home.of_type("AWS::Lambda::Function"))
    assert all(each.physical_id.startswith(f"{closed.home.name}-") for each in roles)
    assert all(LONGEST_STACK_NAME + len(each.logical_id) + SUFFIX + 2 <= 64 for each in roles)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_the_role_of_a_rules_function_has_one_too(rule):
    """It hands its dead letters over."""
    assert LONGEST_STACK_NAME + len(f"{logical_id(rule.name)}Role") + SUFFIX + 2 <= 64


def test_a_functions_policy_says_what_its_permissions_say(closed):
    """They are overwritten by it: what one of them allows and the policy doesn't, would not be allowed."""
    policies = {
        each.properties["ResourceArn"]: each.properties["PolicyDocument"]["Statement"]
        for each in closed.home.of_type("AWS::Lambda::ResourcePolicy")
    }
    by_name = {
        each.physical_id: each.attributes["Arn"] for each in closed.home.of_type("AWS::Lambda::Function")
    }
    for permission in closed.home.of_type("AWS::Lambda::Permission"):
        says = permission.properties
        function = by_name.get(says["FunctionName"], says["FunctionName"])
        (found,) = [each for each in policies[function] if each["Sid"] == permission.physical_id]
        assert found["Principal"] == {"Service": says["Principal"]}
        assert found["Action"] == says["Action"]
        assert found["Resource"] == function
        assert found["Condition"]["ArnLike"]["AWS:SourceArn"] == says["SourceArn"]
        account = found["Condition"].get("StringEquals", {}).get("AWS:SourceAccount")
        assert account == says.get("SourceAccount")
    assert policies.keys() == set(by_name.values())
