"""Functions, queues, topics and the ledger have a policy of their own that turns everybody else away."""

import pytest

from chalicelib.catalog import RULES
from chalicelib.template.parts import logical_id
from scenarios.cloud.authorization.policy import Principal, Request, decide
from scenarios.cloud.cloudformation.account_values import AccountValues
from scenarios.cloud.cloudformation.parameters import parameter_values
from scenarios.cloud.deployment import ACCOUNT
from scenarios.cloud.kernel.errors import InvalidTemplate
from scenarios.cloud.world import World
from scenarios.packaging.sam import sam_template
from scenarios.runner.run import deployment_of
from scenarios.runner.scenario import Scenario

EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}
ADMINISTRATOR = ({"Version": "2012-10-17", "Statement": [EVERYTHING]},)
USED = {
    "AWS::DynamoDB::Table": (
        "dynamodb:PutItem",
        "dynamodb:UpdateItem",
        "dynamodb:DeleteItem",
        "dynamodb:BatchWriteItem",
        "dynamodb:PartiQLInsert",
        "dynamodb:PartiQLUpdate",
        "dynamodb:PartiQLDelete",
    ),
    "AWS::Lambda::Function": ("lambda:InvokeFunction", "lambda:InvokeAsync"),
    "AWS::SNS::Topic": ("sns:Publish",),
    "AWS::SQS::Queue": (
        "sqs:SendMessage",
        "sqs:ReceiveMessage",
        "sqs:ChangeMessageVisibility",
        "sqs:DeleteMessage",
        "sqs:PurgeQueue",
    ),
}
OF_SAM = {*USED, "AWS::Serverless::Function"}
MANAGED = {
    "AWS::DynamoDB::Table": ("dynamodb:PutResourcePolicy", "dynamodb:UpdateTable", "dynamodb:Query"),
    "AWS::Lambda::Function": ("lambda:PutResourcePolicy", "lambda:UpdateFunctionCode"),
    "AWS::SNS::Topic": ("sns:SetTopicAttributes", "sns:DeleteTopic"),
    "AWS::SQS::Queue": ("sqs:SetQueueAttributes", "sqs:GetQueueAttributes"),
}


@pytest.fixture(scope="module")
def closed():
    names = ("iam::{0}:role/on-call", "iam::{0}:user/op-*", "sts::{0}:assumed-role/visitor/*")
    parameters = (
        ("Operators", ",".join(f"arn:aws:{each.format(ACCOUNT)}" for each in names)),
        ("SendHeartbeat", "yes"),
    )
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


def test_every_part_of_the_template_is_asked_for(closed):
    """But for the topic of chats, whose publishers IAM alone names, and functions of rules, see below."""
    parts_of = {name for name, each in sam_template("prod")["Resources"].items() if each["Type"] in OF_SAM}
    here = {resource.logical_id for kind in USED for resource in closed.home.of_type(kind)}

    assert parts_of - here == {"ChatTopic", *(logical_id(rule.name) for rule in RULES)}


@pytest.mark.slow
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

    assert kept_out == [("APIHandler", "lambda:InvokeFunction"), ("APIHandler", "lambda:InvokeAsync")]


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


def _who_wakes(home):
    """Of each function's ARN: the service and the ARN of everything in the stack that wakes it."""
    woken = {each.attributes["Arn"]: set() for each in home.of_type("AWS::Lambda::Function")}
    for rule in home.of_type("AWS::Events::Rule"):
        for target in rule.properties["Targets"]:
            if target["Arn"] in woken:
                woken[target["Arn"]].add(("events.amazonaws.com", rule.attributes["Arn"]))
    for each in home.of_type("AWS::SNS::Subscription"):
        if each.properties["Protocol"] == "lambda":
            woken[each.properties["Endpoint"]].add(("sns.amazonaws.com", each.properties["TopicArn"]))
    for each in home.of_type("AWS::Logs::SubscriptionFilter"):
        group = f"arn:aws:logs:{home.region}:{ACCOUNT}:log-group:{each.properties['LogGroupName']}:*"
        woken[each.properties["DestinationArn"]].add(("logs.amazonaws.com", group))
    (api,) = home.of_type("AWS::ApiGateway::RestApi")
    execute = f"arn:aws:execute-api:{home.region}:{ACCOUNT}:{api.physical_id}/*"
    woken[home.resources["APIHandler"].attributes["Arn"]].add(("apigateway.amazonaws.com", execute))
    return woken


def test_a_functions_policy_lets_in_what_wakes_it_and_nothing_else(closed):
    """No service by another resource, which may be another account's; AddPermission has added nothing."""
    allowed = {
        each.properties["ResourceArn"]: [
            statement
            for statement in each.properties["PolicyDocument"]["Statement"]
            if statement["Effect"] == "Allow"
        ]
        for each in closed.home.of_type("AWS::Lambda::ResourcePolicy")
    }

    assert {
        function: {
            (each["Principal"]["Service"], each["Condition"]["ArnLike"]["AWS:SourceArn"])
            for each in statements
        }
        for function, statements in allowed.items()
    } == _who_wakes(closed.home)
    for function, statements in allowed.items():
        assert {(each["Action"], each["Resource"]) for each in statements} <= {
            ("lambda:InvokeFunction", function)
        }
    assert not closed.home.of_type("AWS::Lambda::Permission")


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_config_may_wake_the_function_of_a_rule_for_this_account_only(rule):
    """A rule's ARN is AWS's own, and there only once the rule is, which asks for the policy."""
    policy = sam_template("prod")["Resources"][f"{logical_id(rule.name)}Policy"]["Properties"][
        "PolicyDocument"
    ]
    allowed = [each for each in policy["Statement"] if each["Effect"] == "Allow"]

    assert [each["Principal"] for each in allowed] == [{"Service": "config.amazonaws.com"}]
    assert allowed[0]["Condition"] == {"StringEquals": {"AWS:SourceAccount": {"Ref": "AWS::AccountId"}}}
