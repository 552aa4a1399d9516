import json
import re
from pathlib import Path

import pytest

from chalicelib.catalog import CATALOG
from chalicelib.matching import EventPattern
from chalicelib.template.spoke import spoke
from chalicelib.triggers import OnEvent

TEMPLATE = spoke(CATALOG)
RULES = {
    name: each["Properties"]
    for name, each in TEMPLATE["Resources"].items()
    if each["Type"] == "AWS::Events::Rule"
}
HOME_BUS = {"Fn::Sub": "arn:${AWS::Partition}:events:${HomeRegion}:${AWS::AccountId}:event-bus/default"}
EVERYWHERE = [
    (each.name, trigger.forwarded)
    for each in CATALOG
    for trigger in each.triggers
    if isinstance(trigger, OnEvent) and trigger.everywhere
]


def test_what_may_happen_in_any_region_is_forwarded_as_the_stacks_own_rule_asks_for_it():
    forwarded = [rule["EventPattern"] for name, rule in RULES.items() if name != "ForwardGuard"]

    assert [each["$or"][0] if "$or" in each else each for each in forwarded] == [
        pattern for _, pattern in EVERYWHERE
    ]
    assert {name for name, _ in EVERYWHERE} >= {"root_login", "table_deleted"}


def test_what_is_written_down_at_home_is_forwarded_though_it_wakes_nobody():
    (forward,) = [
        rule["EventPattern"]
        for rule in RULES.values()
        if rule["EventPattern"].get("detail-type") == ["EC2 Instance State-change Notification"]
    ]

    assert "detail" not in forward


@pytest.mark.parametrize("name", RULES)
def test_a_rule_sends_home_and_nowhere_else(name):
    reads = name == "InstanceCredentialsForward"
    assert RULES[name]["State"] == ("ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS" if reads else "ENABLED")
    (target,) = RULES[name]["Targets"]
    assert target["Arn"] == HOME_BUS
    role = "ForwardGuardRole" if name == "ForwardGuard" else "ForwardRole"
    assert target["RoleArn"] == {"Fn::GetAtt": [role, "Arn"]}


@pytest.mark.parametrize("name", ["ForwardRole", "ForwardGuardRole"])
def test_the_role_may_put_events_on_the_home_bus_and_nothing_else(name):
    role = TEMPLATE["Resources"][name]["Properties"]

    (policy,) = role["Policies"]
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert statement == {"Effect": "Allow", "Action": "events:PutEvents", "Resource": HOME_BUS}
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "events.amazonaws.com"}


def call(called, /, **parameters):
    return {
        "source": "aws.iam" if "roleName" in parameters else "aws.events",
        "detail-type": "AWS API Call via CloudTrail",
        "detail": {
            "eventName": called,
            "readOnly": False,
            "managementEvent": True,
            "requestParameters": parameters,
        },
    }


def heard_by(event):
    """The rules of a spoke called trailwarden-spoke that forward an event, our own two kinds of them."""
    text = json.dumps({name: RULES[name]["EventPattern"] for name in ("ForwardGuard", "StackChangedForward")})
    text = re.sub(r'\{"Fn::Sub": ("[^"]*")\}', r"\1", text)
    text = text.replace("${AWS::StackName}", "trailwarden-spoke").replace("${HomeStack}", "trailwarden")
    text = text.replace("${ExistingTrailRole}", "company-audit")
    return {name for name, pattern in json.loads(text).items() if EventPattern(pattern).matches(event)}


@pytest.mark.parametrize(
    "event",
    [
        call("DisableRule", name="trailwarden-spoke-RootLoginForward-1A"),
        call("RemoveTargets", rule="trailwarden-spoke-StackChangedForward-1A"),
        call("PutRolePolicy", roleName="trailwarden-spoke-ForwardRole-1A"),
    ],
)
def test_what_is_done_to_what_forwards_comes_by_a_rule_and_a_role_of_its_own(event):
    assert "ForwardGuard" in heard_by(event)


@pytest.mark.parametrize(
    "event",
    [
        call("DisableRule", name="trailwarden-spoke-ForwardGuard-1A"),
        call("RemoveTargets", rule="trailwarden-spoke-ForwardGuard-1A"),
        call("PutRolePolicy", roleName="trailwarden-spoke-ForwardGuardRole-1A"),
    ],
)
def test_what_is_done_to_the_guard_comes_by_another_rule(event):
    event["detail"]["managementEvent"] = True

    assert "StackChangedForward" in heard_by(event)


def test_others_rules_are_not_forwarded():
    assert heard_by(call("DisableRule", name="my-own-Forward-1A")) == set()


def test_the_guard_stays_and_tells_when_the_spoke_is_deleted():
    kept = {name for name, each in TEMPLATE["Resources"].items() if each.get("DeletionPolicy") == "Retain"}

    assert kept == {"ForwardGuard", "ForwardGuardRole"}


def test_the_spoke_is_plain_cloudformation_with_rules_a_role_and_its_names_limit():
    kinds = {each["Type"] for each in TEMPLATE["Resources"].values()}

    assert "Transform" not in TEMPLATE
    assert kinds == {"AWS::IAM::Role", "AWS::Events::Rule", "AWS::SSM::Parameter"}


@pytest.mark.parametrize(
    ("region", "valid"),
    [
        pytest.param("us-east-1", True, id="us-east-1"),
        pytest.param("ap-southeast-4", True, id="ap-southeast-4"),
        pytest.param("us-gov-west-1", True, id="us-gov-west-1"),
        pytest.param("", False, id="none"),
        pytest.param("US-EAST-1", False, id="in capitals"),
        pytest.param("us-east-1a", False, id="a zone"),
        pytest.param("us-east-1:1:event-bus/x", False, id="half an ARN"),
    ],
)
def test_the_home_region_is_a_region(region, valid):
    pattern = TEMPLATE["Parameters"]["HomeRegion"]["AllowedPattern"]

    assert bool(re.fullmatch(pattern, region)) == valid


def test_a_remediation_that_only_looks_at_home_is_not_forwarded():
    at_home = [each for each in CATALOG if each.name == "failed_login"]

    assert list(spoke(at_home)["Resources"]) == ["StackNameHas21CharactersAtMost", "ForwardRole"]


def test_the_role_of_an_existing_trail_and_a_region_switched_off_are_forwarded():
    assert heard_by(call("PutRolePolicy", roleName="company-audit")) == {"StackChangedForward"}
    assert heard_by(call("PutRolePolicy", roleName="company-other")) == set()

    disabled = call("DisableRegion", RegionName="eu-south-1")
    assert heard_by({**disabled, "source": "aws.account"}) == {"StackChangedForward"}


def test_a_spokes_name_as_long_as_the_guide_allows_leaves_every_name_whole():
    (longest,) = re.findall(
        r"`trailwarden-spoke`, at most (\d+) characters", Path("docs/deploying.md").read_text()
    )
    named = [name for name, each in TEMPLATE["Resources"].items() if each["Type"] != "AWS::SSM::Parameter"]
    names = [f"{'x' * int(longest)}-{name}-{'0' * 12}" for name in named]

    # What EventBridge and IAM take; CloudFormation cuts what is longer, and the guards know rules by name.
    assert max(len(name) for name in names) <= 64
