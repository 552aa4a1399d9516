"""Rules of AWS Config in the stack: the rule, its function, its permission, and how Config mends.

They are there only where the parameter `ConfigRules` says so: without a recorder in the account and region
Config takes no rule, and an account has one recorder, which is its owner's.

Sources: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-config-configrule.html,
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-config-remediationconfiguration.html
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from chalicelib.config_rule import ConfigRule, Mending
from chalicelib.remediation import Grant
from chalicelib.stack import CloudFormation, Parameter, log_group
from chalicelib.template.functions import bare_function
from chalicelib.template.parameters import HAS_RULES as CONDITION
from chalicelib.template.parameters import mode
from chalicelib.template.parts import Template, logical_id, only_from_here, union
from chalicelib.template.policies import document
from chalicelib.template.waking import invoked_by

CONFIG_RULES = Parameter(
    name="ConfigRules",
    default="no",
    allowed=("no", "yes"),
    description="Whether the stack brings its rules of AWS Config; the account must have a recorder here.",
)
_SERVICE = "config.amazonaws.com"
_ON_CHANGE = ("ConfigurationItemChangeNotification", "OversizedConfigurationItemChangeNotification")
# A rule's id is AWS's own, and there only once the rule is.
_ANY_RULE = "arn:${AWS::Partition}:config:${AWS::Region}:${AWS::AccountId}:config-rule/*"


def config_rules(rules: Iterable[ConfigRule]) -> Template:
    """Everything that the stack has for its rules, each under the condition that there are any."""
    return union(*(_rule(each) for each in rules))


def rule_parameters(rules: Iterable[ConfigRule]) -> Iterator[Parameter]:
    """Each rule's: how far Config may go, where it can mend, then its own."""
    for each in rules:
        if each.mending:
            yield _mode(each)
        yield from each.stack_parameters


def rule_conditions(rules: Iterable[ConfigRule]) -> Template:
    """Whether there are rules, and for each that can mend, whether it may, and by itself."""
    conditions: Template = {CONDITION: {"Fn::Equals": [CONFIG_RULES.ref, "yes"]}}
    for each in rules:
        if each.mending:
            name, chosen = logical_id(each.name), _mode(each).ref
            observes = {"Fn::Equals": [chosen, "observe"]}
            conditions[f"{name}Mends"] = {"Fn::And": [{"Condition": CONDITION}, {"Fn::Not": [observes]}]}
            conditions[f"{name}MendsByItself"] = {"Fn::Equals": [chosen, "enforce"]}
    return conditions


def rule_grants(rule: ConfigRule) -> tuple[Grant, ...]:
    """Everything that a rule's function may do beside writing its log."""
    return (
        Grant(action="config:PutEvaluations", resource="*", because="results go by a token, not by a rule"),
        Grant(
            action="config:GetResourceConfigHistory",
            resource="*",
            because="an item that is too large to send, or no longer the newest, may be any resource's",
        ),
        *(_every_so_often(rule) if rule.every else ()),
        *rule.grants,
        Grant(action="sqs:SendMessage", resource="${DeadLetters.Arn}"),
    )


def _every_so_often(rule: ConfigRule) -> Iterator[Grant]:
    """What it takes to find all resources, and those that are gone."""
    if not rule.look:
        yield Grant(action="config:SelectResourceConfig", resource="*", because="queries take no resource")
    yield Grant(
        action="config:GetComplianceDetailsByConfigRule",
        resource=_ANY_RULE,
        because="AWS chooses a rule's id when the rule is made",
    )


def _mode(rule: ConfigRule) -> Parameter:
    return mode(rule.name, "judge, let you start the runbook, or Config by itself")


def _rule(rule: ConfigRule) -> Template:
    name = logical_id(rule.name)
    permission = {"Principal": _SERVICE, "SourceAccount": {"Ref": "AWS::AccountId"}}
    parts: Template = {
        f"{name}Role": {},
        name: {"Properties": bare_function(name)},
        f"{name}LogGroup": log_group(),
        **invoked_by(name, {f"{name}Rule": permission}),
        f"{name}Rule": {
            "Type": "AWS::Config::ConfigRule",
            # Config asks whether it may invoke the function, and it is asked about resources at once.
            "DependsOn": [f"{name}Policy"],
            "Properties": _properties(rule, name),
        },
        **rule.resources,
    }
    whole = {part: {"Condition": CONDITION, **says} for part, says in parts.items()}
    return union(whole, _mending(name, rule.mending) if rule.mending else {})


def _properties(rule: ConfigRule, name: str) -> Template:
    on_change = [{"MessageType": each} for each in _ON_CHANGE] if rule.on_change else []
    by_clock = {"MessageType": "ScheduledNotification", "MaximumExecutionFrequency": rule.every}
    details = [*on_change, *([by_clock] if rule.every else [])]
    parameters = {"InputParameters": dict(rule.parameters)} if rule.parameters else {}
    # Changes have types that Config records; what a rule looks at by itself may be of others.
    scope = {"Scope": {"ComplianceResourceTypes": list(rule.types)}} if rule.on_change else {}
    return {
        "ConfigRuleName": {"Fn::Sub": f"${{AWS::StackName}}-{rule.name}"},
        "Description": rule.title,
        **scope,
        "Source": {
            "Owner": "CUSTOM_LAMBDA",
            "SourceIdentifier": {"Fn::GetAtt": [name, "Arn"]},
            "SourceDetails": [{"EventSource": "aws.config", **each} for each in details],
        },
        **parameters,
    }


def _mending(name: str, mending: Mending) -> Template:
    """The remediation and the role of its runbook, which nobody but Systems Manager assumes, for us."""
    role = f"{name}MendingRole"
    parts: dict[str, CloudFormation] = {
        role: {
            "Type": "AWS::IAM::Role",
            "Properties": {
                "AssumeRolePolicyDocument": _trusting_automation(),
                "Policies": [{"PolicyName": "mends", "PolicyDocument": document(mending.grants)}],
            },
        },
        f"{name}Mending": {
            "Type": "AWS::Config::RemediationConfiguration",
            "Properties": {
                "ConfigRuleName": {"Ref": f"{name}Rule"},
                "TargetType": "SSM_DOCUMENT",
                "TargetId": mending.runbook,
                "Automatic": {"Fn::If": [f"{name}MendsByItself", True, False]},
                "MaximumAutomaticAttempts": mending.attempts,
                "RetryAttemptSeconds": mending.seconds,
                "Parameters": {
                    "AutomationAssumeRole": _static({"Fn::GetAtt": [role, "Arn"]}),
                    mending.resource: {"ResourceValue": {"Value": "RESOURCE_ID"}},
                    **{key: _static(value) for key, value in mending.parameters.items()},
                },
            },
        },
        **mending.resources,
    }
    return {part: {"Condition": f"{name}Mends", **says} for part, says in parts.items()}


def _static(value: Any) -> Template:
    return {"StaticValue": {"Values": [value]}}


def _trusting_automation() -> Mapping[str, Any]:
    """Only an execution in this account.

    Source: https://docs.aws.amazon.com/systems-manager/latest/userguide/automation-setup-iam.html
    """
    executions = "arn:${AWS::Partition}:ssm:*:${AWS::AccountId}:automation-execution/*"
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "ssm.amazonaws.com"},
                "Action": "sts:AssumeRole",
                "Condition": {
                    **only_from_here(),
                    "ArnLike": {"aws:SourceArn": {"Fn::Sub": executions}},
                },
            }
        ],
    }
