"""What whoever deploys may choose, and what follows from it."""

from collections.abc import Iterable

from chalicelib.remediation import Remediation
from chalicelib.template.bucket import LOCK_PARAMETERS
from chalicelib.template.parts import Template, logical_id

PARAMETERS: Template = {
    "AlertEmail": {
        "Type": "String",
        "Default": "",
        "Description": "Where alerts go by e-mail; the address must confirm. Empty: subscribe yourself.",
    },
    "ExistingTrailArn": {
        "Type": "String",
        "Default": "",
        "Description": "A trail that is there already. Empty: the stack makes one, with bucket and group.",
    },
    # Not empty where there is no such trail: cfn-lint judges names by their defaults too, used or not.
    "ExistingTrailBucket": {
        "Type": "String",
        "Default": "none",
        "Description": "That trail's bucket; EventBridge must be switched on for it.",
    },
    "ExistingTrailGroup": {
        "Type": "String",
        "Default": "none",
        "Description": "That trail's log group, by name.",
    },
    "ExistingTrailRole": {
        "Type": "String",
        "Default": "none",
        "Description": "The role, by name, under which that trail writes to its log group.",
    },
    "ArchiveBucket": {
        "Type": "String",
        "Default": "none",
        "Description": "Another account's bucket that the stack's trail delivers to; archive.json makes one.",
    },
    **LOCK_PARAMETERS,
    "AuditGroups": {
        "Type": "String",
        "Default": "no",
        "AllowedValues": ["no", "yes"],
        "Description": "Whether to make two IAM groups: one for who runs the trail, one for who looks.",
    },
    "CisThreshold": {
        "Type": "Number",
        "Default": "1",
        "MinValue": 1,
        "Description": "So many matches within five minutes raise a CIS alarm; the benchmark asks for 1.",
    },
    "CisExpectedSources": {
        "Type": "CommaDelimitedList",
        "Default": "delivery.logs.amazonaws.com",
        "Description": "Addresses whose calls raise no CIS alert, such as scanners'; wildcards allowed.",
    },
    "IgnoredPrincipals": {
        "Type": "CommaDelimitedList",
        "Default": "",
        "Description": "ARNs whose deeds are expected, wildcards allowed: recorded, not told.",
    },
    "ErrorBurstGroup": {
        "Type": "String",
        "Default": "none",
        "Description": "The log group, there already, in which error_burst counts; none: it doesn't.",
    },
    "ErrorBurstPattern": {
        "Type": "String",
        "Default": '"ERROR: 400"',
        "Description": "What it counts there: a CloudWatch Logs filter pattern.",
    },
    "ErrorBurstThreshold": {
        "Type": "Number",
        "Default": "50",
        "MinValue": 1,
        "Description": "So many within the period raise an alert.",
    },
    "ErrorBurstPeriodSeconds": {
        "Type": "Number",
        "Default": "300",
        "AllowedValues": ["60", "300", "900", "3600"],
        "Description": "The period in which they are counted.",
    },
    "InstanceStatesTold": {
        "Type": "CommaDelimitedList",
        "Default": "stopped,terminated",
        "Description": "Which of running, stopped and terminated instance_state tells; all are written down.",
    },
    "FailedLoginThreshold": {
        "Type": "Number",
        "Default": "5",
        "MinValue": 2,
        "Description": "So many failed SSH logins from one address within the window raise an alert.",
    },
    "FailedLoginWindowSeconds": {
        "Type": "Number",
        "Default": "600",
        "MinValue": 60,
        "MaxValue": 3600,
        "Description": "The window in which failed SSH logins are counted.",
    },
    "ConsoleFailuresThreshold": {
        "Type": "Number",
        "Default": "3",
        "MinValue": 1,
        "Description": "So many failed console sign-ins within five minutes raise an alert.",
    },
}

CONDITIONS: Template = {
    "HasAlertEmail": {"Fn::Not": [{"Fn::Equals": [{"Ref": "AlertEmail"}, ""]}]},
    "HasErrorBurst": {"Fn::Not": [{"Fn::Equals": [{"Ref": "ErrorBurstGroup"}, "none"]}]},
    "OwnTrail": {"Fn::Equals": [{"Ref": "ExistingTrailArn"}, ""]},
    "OwnBucket": {"Fn::And": [{"Condition": "OwnTrail"}, {"Fn::Equals": [{"Ref": "ArchiveBucket"}, "none"]}]},
    "HasAuditGroups": {"Fn::Equals": [{"Ref": "AuditGroups"}, "yes"]},
}


def mode_parameters(remediations: Iterable[Remediation]) -> Template:
    """One mode for each remediation that can act. A fresh deploy observes."""
    return {
        f"{logical_id(each.name)}Mode": {
            "Type": "String",
            "Default": "observe",
            "AllowedValues": ["observe", "approve", "enforce"],
            "Description": f"How far {each.name} may go: plan and tell, wait for a yes, or act.",
        }
        for each in remediations
        if each.acts
    }


def mode_conditions(remediations: Iterable[Remediation]) -> Template:
    """Whether each remediation that can act may: not where it only observes."""
    return {
        f"{logical_id(each.name)}Acts": {
            "Fn::Not": [{"Fn::Equals": [{"Ref": f"{logical_id(each.name)}Mode"}, "observe"]}]
        }
        for each in remediations
        if each.acts
    }
