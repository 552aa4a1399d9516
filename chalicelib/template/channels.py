"""The channels beside the topic: each switched on by a parameter, with its permission only then."""

from collections.abc import Iterable
from typing import Any

from chalicelib.remediation import Remediation
from chalicelib.settings import CHAT_TOPIC, SECURITY_HUB
from chalicelib.stack import Parameter
from chalicelib.template.parts import Template, logical_id

PARAMETERS = (
    Parameter(
        name="SecurityHubFindings",
        default="no",
        allowed=("no", "yes"),
        description="Whether each alert becomes a Security Hub finding, too; Security Hub must be enabled.",
    ),
    Parameter(
        name="ChatNotifications",
        default="no",
        allowed=("no", "yes"),
        description="Whether to make a topic for Slack and Teams, by Amazon Q in chat applications.",
    ),
)

CONDITIONS: Template = {
    "TellsSecurityHub": {"Fn::Equals": [{"Ref": "SecurityHubFindings"}, "yes"]},
    "TellsChat": {"Fn::Equals": [{"Ref": "ChatNotifications"}, "yes"]},
}

_PRODUCT = {
    "Fn::Sub": "arn:${AWS::Partition}:securityhub:${AWS::Region}:${AWS::AccountId}"
    ":product/${AWS::AccountId}/default"
}

VARIABLES: Template = {
    SECURITY_HUB: {"Fn::If": ["TellsSecurityHub", _PRODUCT, {"Ref": "AWS::NoValue"}]},
    CHAT_TOPIC: {"Fn::If": ["TellsChat", {"Ref": "ChatTopic"}, {"Ref": "AWS::NoValue"}]},
}

OUTPUTS: Template = {"ChatTopicArn": {"Value": {"Fn::If": ["TellsChat", {"Ref": "ChatTopic"}, "none"]}}}


def channels(remediations: Iterable[Remediation]) -> Template:
    """The chat's topic, and what lets every remediation's function tell each channel."""
    roles = [{"Ref": f"{logical_id(each.name)}Role"} for each in remediations]
    return {
        "ChatTopic": {
            "Type": "AWS::SNS::Topic",
            "Condition": "TellsChat",
            "Properties": {"KmsMasterKeyId": {"Ref": "AlertKey"}},
        },
        "ChatPolicy": _policy("TellsChat", "sns:Publish", {"Ref": "ChatTopic"}, roles),
        "SecurityHubPolicy": _policy("TellsSecurityHub", "securityhub:BatchImportFindings", _PRODUCT, roles),
    }


def _policy(condition: str, action: str, resource: Any, roles: list[Any]) -> Template:
    return {
        "Type": "AWS::IAM::Policy",
        "Condition": condition,
        "Properties": {
            "PolicyName": condition,
            "PolicyDocument": {
                "Version": "2012-10-17",
                "Statement": [{"Effect": "Allow", "Action": action, "Resource": resource}],
            },
            "Roles": roles,
        },
    }
