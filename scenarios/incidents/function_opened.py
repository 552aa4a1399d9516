"""Somebody opens a function to everybody."""

import io
import json
import zipfile
from typing import Any

from chalicelib.remediation import Outcome
from scenarios.cloud.deployment import ACCOUNT
from scenarios.cloud.kernel.caller import Caller
from scenarios.cloud.world import World
from scenarios.runner.scenario import Action, Check, Given, Scenario, at, at_the_end, by
from scenarios.runner.words.actors import Actor
from scenarios.runner.words.checks import alert, no_more_alerts_than, outcome, state
from scenarios.runner.words.organization import organization, our_organization
from scenarios.runner.words.undoing import undoes_by_hand

NAME = "function_opened"
STRANGER, TRUSTED = "999988887777", "210987654321"
FAR = "ap-southeast-2"
ACTING = (
    ("FunctionOpenedMode", "enforce"),
    ("IgnoredPrincipals", f"arn:aws:iam::{ACCOUNT}:user/deploy-bot"),
    ("ExpectedTag", "expected"),
    ("TrustedAccounts", TRUSTED),
)

mallory = Actor(name="mallory", address="203.0.113.66")
deployer = Actor(name="deploy-bot", address="198.51.100.9")
intern = Actor(name="intern", address="192.0.2.15", policies=())

_TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}


def _function(name: str, **more: Any) -> dict[str, Any]:
    return {
        "Type": "AWS::Lambda::Function",
        "Properties": {
            "FunctionName": name,
            "Runtime": "python3.13",
            "Handler": "index.handler",
            "Role": {"Fn::GetAtt": ["Runs", "Arn"]},
            "Code": {"ZipFile": "def handler(event, context):\n    return {}\n"},
            **more,
        },
    }


FUNCTIONS: dict[str, Any] = {
    "Resources": {
        "Runs": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": _TRUST}},
        "Orders": _function("orders"),
        "Site": _function("site"),
    }
}


def tagged(name: str) -> Given:
    """The tag that excuses a function."""

    def do(world: World) -> None:
        arn = f"arn:aws:lambda:{world.deployment.home}:{ACCOUNT}:function:{name}"
        world.client(world.user("builder"), "lambda").tag_resource(Resource=arn, Tags={"expected": NAME})

    return Given(f"a tag that excuses the function {name}", do)


def function(name: str, *, region: str) -> Given:
    """One in a region where the stack isn't."""

    def do(world: World) -> None:
        builder = world.user("builder")
        role = f"runs-{name}"
        made = world.client(builder, "iam").create_role(
            RoleName=role, AssumeRolePolicyDocument=json.dumps(_TRUST)
        )
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("index.py", "def handler(event, context):\n    return {}\n")
        world.client(builder, "lambda", region).create_function(
            FunctionName=name,
            Runtime="python3.13",
            Handler="index.handler",
            Role=made["Role"]["Arn"],
            Code={"ZipFile": packed.getvalue()},
        )

    return Given(f"a function {name} in {region}", do)


def lets_in(
    actor: Actor,
    name: str,
    statement: str,
    principal: str,
    *,
    region: str = "",
    refused: str = "",
    **more: str,
) -> Action:
    """AddPermission."""
    return actor.calls(
        "lambda",
        "add_permission",
        region=region,
        refused=refused,
        words=f"lets {principal} invoke {name}",
        FunctionName=name,
        StatementId=statement,
        Action="lambda:InvokeFunction",
        Principal=principal,
        **more,
    )


def lets_our_organization_in(actor: Actor, name: str, statement: str) -> Action:
    """AddPermission for whoever is of the account's organization."""

    def do(world: World, caller: Caller) -> None:
        world.client(caller, "lambda").add_permission(
            FunctionName=name,
            StatementId=statement,
            Action="lambda:InvokeFunction",
            Principal="*",
            PrincipalOrgID=our_organization(world),
        )

    return actor.does(f"lets our organization invoke {name}", do)


def gives_a_url(actor: Actor, name: str, auth: str, *, region: str = "") -> Action:
    """CreateFunctionUrlConfig."""
    words = f"gives {name} a URL, sign-in {auth}"
    return actor.calls(
        "lambda",
        "create_function_url_config",
        region=region,
        words=words,
        FunctionName=name,
        AuthType=auth,
    )


def statements_are(name: str, *wanted: str, region: str = "") -> Check:
    """The ids of a function's permissions."""

    def judge(client: Any) -> str | None:
        try:
            found = json.loads(client.get_policy(FunctionName=name)["Policy"])["Statement"]
        except client.exceptions.ResourceNotFoundException:
            found = []
        ids = sorted(each["Sid"] for each in found)
        return None if ids == sorted(wanted) else f"they are {ids or 'none'}"

    words = f"the permissions of {name} are {', '.join(wanted) or 'none'}"
    return state(words, judge, "lambda", region)


def url_asks_for(name: str, wanted: str, *, region: str = "") -> Check:
    """AWS_IAM, or NONE."""

    def judge(client: Any) -> str | None:
        found = client.get_function_url_config(FunctionName=name)["AuthType"]
        return None if found == wanted else f"it asks for {found}"

    return state(f"the URL of {name} asks for {wanted}", judge, "lambda", region)


SCENARIO = Scenario(
    name="function_opened",
    title="Somebody lets everybody invoke a function",
    before=FUNCTIONS,
    when=[at("00:00", lets_in(mallory, "orders", "backdoor", "*"))],
    then=[
        by("02:30", alert(NAME, "HIGH", "everybody", "backdoor", "user/mallory", "lambda add-permission")),
        at_the_end(
            statements_are("orders", "backdoor"),
            outcome(NAME, Outcome.OBSERVED),
            no_more_alerts_than(1, of=NAME),
        ),
    ],
)

ENFORCED = Scenario(
    name="function_opened.enforced",
    title="A stranger's permission is removed, a URL asks for a sign-in, until who is expected undoes that",
    parameters=ACTING,
    before=FUNCTIONS,
    given=[tagged("site"), organization()],
    lasts="35:00",
    when=[
        at(
            "00:00",
            lets_in(mallory, "orders", "stranger", STRANGER),
            lets_in(mallory, "orders", "events", "events.amazonaws.com", SourceAccount=ACCOUNT),
            lets_in(mallory, "orders", "ours", TRUSTED),
            lets_in(intern, "orders", "intern", "*", refused="AccessDeniedException"),
            lets_in(deployer, "orders", "deployer", "*"),
            lets_in(mallory, "orders", "brief", "*"),
            mallory.calls("lambda", "remove_permission", FunctionName="orders", StatementId="brief"),
            lets_our_organization_in(mallory, "orders", "closed"),
        ),
        at("05:00", lets_in(mallory, "site", "all", "*")),
        at("07:00", lets_in(mallory, "orders", "theirs", "*", PrincipalOrgID="o-evil123456")),
        at("10:00", gives_a_url(mallory, "orders", "NONE"), gives_a_url(mallory, "site", "AWS_IAM")),
        at("25:00", undoes_by_hand(deployer, NAME)),
    ],
    then=[
        by("02:30", alert(NAME, "HIGH", STRANGER, "Trailwarden did:", subject="to a stranger")),
        by("07:30", alert(NAME, "LOW", f"expected={NAME}")),
        by("09:30", alert(NAME, "HIGH", "the organization o-evil123456", "Trailwarden did:")),
        by("12:30", url_asks_for("orders", "AWS_IAM"), alert(NAME, "HIGH", "no sign-in", "To undo it:")),
        at_the_end(
            statements_are("orders", "events", "ours", "deployer", "closed"),
            url_asks_for("orders", "NONE"),
            outcome(NAME, Outcome.ACTED, times=3),
            no_more_alerts_than(4, of=NAME),
        ),
    ],
)

ELSEWHERE = Scenario(
    name="function_opened.elsewhere",
    title="The stack is in Ireland; in Sydney a permission is removed, and a URL asks for a sign-in, there",
    home="eu-west-1",
    spokes=("us-east-1", FAR),
    parameters=ACTING,
    given=[function("far", region=FAR)],
    when=[
        at(
            "00:00",
            lets_in(mallory, "far", "backdoor", "*", region=FAR),
            lets_in(mallory, "far", "events", "events.amazonaws.com", SourceAccount=ACCOUNT, region=FAR),
        ),
        at("05:00", gives_a_url(mallory, "far", "NONE", region=FAR)),
    ],
    then=[
        by(
            "02:30",
            statements_are("far", "events", region=FAR),
            alert(NAME, "HIGH", FAR, f"--region {FAR}", "Trailwarden did:", subject="to everybody"),
        ),
        by(
            "07:30",
            url_asks_for("far", "AWS_IAM", region=FAR),
            alert(NAME, "HIGH", "no sign-in", f"lambda-url.{FAR}.on.aws", "To undo it:"),
        ),
        at_the_end(outcome(NAME, Outcome.ACTED, times=2), no_more_alerts_than(2, of=NAME)),
    ],
)

SCENARIOS = (SCENARIO, ENFORCED, ELSEWHERE)

READS = (
    ("lambda", "GetPolicy"),
    ("lambda", "GetFunctionUrlConfig"),
    ("lambda", "ListTags"),
    ("organizations", "DescribeOrganization"),
    ("cloudtrail", "LookupEvents"),
)
READING = ENFORCED
