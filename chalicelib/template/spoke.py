"""The template for every other watched region, and always for us-east-1: forward, and nothing else.

A rule sees only its own region's bus. For each event that may happen anywhere, a rule here
sends it to the home region's default bus, where the stack's own rule takes it from there.

Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-cross-region.html
"""

from collections.abc import Iterable
from typing import Any

from chalicelib.remediation import Remediation
from chalicelib.template.parts import logical_id
from chalicelib.triggers import OnEvent

_HOME_BUS = {"Fn::Sub": "arn:${AWS::Partition}:events:${HomeRegion}:${AWS::AccountId}:event-bus/default"}


def spoke(remediations: Iterable[Remediation]) -> dict[str, Any]:
    """Rules and a role; CloudFormation, no SAM in it."""
    forwards = {
        f"{logical_id(each.name)}Forward{number if number > 1 else ''}": _rule(trigger)
        for each in remediations
        for number, trigger in enumerate(_everywhere(each), start=1)
    }
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
        },
        "Resources": {
            "ForwardRole": {
                "Type": "AWS::IAM::Role",
                "Properties": {
                    "AssumeRolePolicyDocument": {
                        "Version": "2012-10-17",
                        "Statement": [
                            {
                                "Effect": "Allow",
                                "Principal": {"Service": "events.amazonaws.com"},
                                "Action": "sts:AssumeRole",
                            }
                        ],
                    },
                    "Policies": [
                        {
                            "PolicyName": "forward",
                            "PolicyDocument": {
                                "Version": "2012-10-17",
                                "Statement": [
                                    {"Effect": "Allow", "Action": "events:PutEvents", "Resource": _HOME_BUS}
                                ],
                            },
                        }
                    ],
                },
            },
            **forwards,
        },
    }


def _everywhere(remediation: Remediation) -> list[OnEvent]:
    return [each for each in remediation.triggers if isinstance(each, OnEvent) and each.everywhere]


def _rule(trigger: OnEvent) -> dict[str, Any]:
    return {
        "Type": "AWS::Events::Rule",
        "Properties": {
            "EventPattern": trigger.forwarded,
            "State": "ENABLED",
            "Targets": [{"Id": "home", "Arn": _HOME_BUS, "RoleArn": {"Fn::GetAtt": ["ForwardRole", "Arn"]}}],
        },
    }
