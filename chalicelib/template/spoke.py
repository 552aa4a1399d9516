"""The template for every other watched region, and always for us-east-1: forward, and nothing else.

A rule sees only its own region's bus. For each event that may happen anywhere, a rule here
sends it to the home region's default bus, where the stack's own rule takes it from there.

Whoever disables such a rule silences that region, and a rule that is off forwards nothing about itself. So
two rules watch each other, as at home: `ForwardGuard` forwards what is done to the other rules and their
role, `StackChangedForward` what is done to the guard. Each has a role of its own, since a role that is denied
forwards nothing either. The guard and its role stay when the spoke is deleted, and tell it. At home
`stack_changed` knows these parts by their names.

Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-cross-region.html
"""

from collections.abc import Iterable
from typing import Any

from chalicelib.remediation import Remediation
from chalicelib.template.names import LONGEST_SPOKE, not_longer_than
from chalicelib.template.parts import STAYS, logical_id, trusting
from chalicelib.template.watch import OF_THE_STACK
from chalicelib.triggers import OnEvent

_HOME_BUS = {"Fn::Sub": "arn:${AWS::Partition}:events:${HomeRegion}:${AWS::AccountId}:event-bus/default"}
_CALLS = ["AWS API Call via CloudTrail"]


def spoke(remediations: Iterable[Remediation]) -> dict[str, Any]:
    """Rules and roles; CloudFormation, no SAM in it."""
    forwards: dict[str, Any] = {}
    watching = ""
    for each in remediations:
        for number, trigger in enumerate(_everywhere(each), start=1):
            name = forward_of(each.name, number)
            watching = watching or (name if each.name == OF_THE_STACK else "")
            about_guard = name == watching
            forwards[name] = _rule(
                _and_about_the_guard(trigger.forwarded) if about_guard else trigger.forwarded,
                state=trigger.state,
            )
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "Trailwarden: forwards what happens in this region to the home region's event bus",
        "Parameters": {
            "HomeRegion": {
                "Type": "String",
                "AllowedPattern": "[a-z]{2}(-[a-z]+)+-[0-9]",
                "Description": "The region that the main stack is deployed in.",
            },
            "HomeStack": {
                "Type": "String",
                "Default": "trailwarden",
                "Description": "The name of the main stack.",
            },
            "ExistingTrailRole": {
                "Type": "String",
                "Default": "none",
                "Description": "The main stack's parameter of this name: changes of that role are told.",
            },
        },
        "Resources": {
            **not_longer_than(LONGEST_SPOKE),
            "ForwardRole": _role(),
            **forwards,
            **(_guard(list(forwards)) if watching else {}),
        },
    }


def forward_of(remediation: str, number: int = 1) -> str:
    """The logical id of a spoke's rule; the rule's own name holds it, so `LONGEST_SPOKE` hangs on it."""
    return f"{logical_id(remediation)}Forward{number if number > 1 else ''}"


def _everywhere(remediation: Remediation) -> list[OnEvent]:
    return [each for each in remediation.triggers if isinstance(each, OnEvent) and each.everywhere]


def _role() -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": "events:PutEvents", "Resource": _HOME_BUS}
    return {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "AssumeRolePolicyDocument": trusting("events.amazonaws.com"),
            "Policies": [
                {
                    "PolicyName": "forward",
                    "PolicyDocument": {"Version": "2012-10-17", "Statement": [statement]},
                }
            ],
        },
    }


def _rule(pattern: Any, role: str = "ForwardRole", state: str = "ENABLED") -> dict[str, Any]:
    return {
        "Type": "AWS::Events::Rule",
        "Properties": {
            "EventPattern": pattern,
            "State": state,
            "Targets": [{"Id": "home", "Arn": _HOME_BUS, "RoleArn": {"Fn::GetAtt": [role, "Arn"]}}],
        },
    }


def _guard(rules: list[str]) -> dict[str, Any]:
    """What is done to the rules of this spoke; it comes last, so that a first deploy is not told by it."""
    named = [{"wildcard": {"Fn::Sub": "${AWS::StackName}-*Forward*"}}]
    pattern = {
        "source": ["aws.events", "aws.iam"],
        "detail-type": _CALLS,
        "detail": {
            "readOnly": [False],
            "$or": [
                *({"requestParameters": {field: named}} for field in ("name", "rule", "roleName")),
                {"errorMessage": [{"wildcard": {"Fn::Sub": "*${AWS::StackName}-*Forward*"}}]},
            ],
        },
    }
    return {
        "ForwardGuardRole": {**STAYS, **_role()},
        "ForwardGuard": {**STAYS, "DependsOn": rules, **_rule(pattern, "ForwardGuardRole")},
    }


def _and_about_the_guard(pattern: Any) -> dict[str, Any]:
    """What a rule forwards, and what is done to the guard besides."""
    named = [{"wildcard": {"Fn::Sub": "${AWS::StackName}-ForwardGuard-*"}}]
    about = {
        "source": ["aws.events"],
        "detail-type": _CALLS,
        "detail": {
            "readOnly": [False],
            "$or": [{"requestParameters": {field: named}} for field in ("name", "rule")],
        },
    }
    return {"$or": [pattern, about]}
