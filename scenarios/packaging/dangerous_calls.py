"""Calls of AWS that public rule sets watch, and which remediation wakes on each: a table of the docs.

The list is kept by hand. What wakes is read from the catalogue: rules on the event bus by their patterns, and
CIS's metric filters by trying one record of the call. A rule that asks for more than the call's name, such as
the stack's own bucket, is about our own parts; that does not count as watching the call. A call that nothing
wakes on has its reason here, and a test holds that it has one or the other.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self

from chalicelib import own_calls
from chalicelib.matching import EventPattern, LogPattern
from chalicelib.remediation import Remediation
from chalicelib.triggers import OnEvent

_VIA = "AWS API Call via CloudTrail"
_ASKED_FOR_BY_NAME = ("eventSource", "eventName", "errorCode", "readOnly", "managementEvent", "eventType")

_OWN_ONLY = "common in other people's stacks; of Trailwarden's own parts it is watched"
_DATA = "a read, or a data event: too many by far, and most of them wanted"
_HARMLESS_ALONE = "gives nobody anything by itself: what makes it dangerous is watched"

# Event source, without .amazonaws.com, and the call; with the reason where nothing wakes on it.
CALLS: Mapping[str, Mapping[str, str]] = {
    "cloudtrail": {
        "StopLogging": "",
        "DeleteTrail": "",
        "UpdateTrail": "",
        "PutEventSelectors": "",
        "PutInsightSelectors": "",
        "DeleteEventDataStore": "",
        "StopEventDataStoreIngestion": "",
        "DeregisterOrganizationDelegatedAdmin": "",
    },
    "guardduty": {
        "DeleteDetector": "",
        "UpdateDetector": "",
        "CreateIPSet": "",
        "CreateFilter": "",
        "DeleteMembers": "",
        "StopMonitoringMembers": "",
    },
    "securityhub": {
        "DisableSecurityHub": "",
        "BatchDisableStandards": "",
        "BatchUpdateFindings": "how findings are worked on every day",
    },
    "config": {
        "StopConfigurationRecorder": "",
        "DeleteConfigurationRecorder": "",
        "DeleteDeliveryChannel": "",
        "PutConfigurationRecorder": "",
        "PutDeliveryChannel": "",
        "DeleteConfigRule": "",
        "PutConfigRule": "",
        "PutEvaluations": "functions put results all day; of others, `noncompliant` tells",
        "PutExternalEvaluation": "",
        "DeleteEvaluationResults": "",
        "PutRemediationConfigurations": "",
        "DeleteRemediationConfiguration": "",
        "PutRemediationExceptions": "",
        "PutRetentionConfiguration": "",
        "DeleteRetentionConfiguration": "AWS Config keeps its items as long as it can again",
        "DeleteRemediationExceptions": "AWS Config mends again what it had left alone",
    },
    "macie2": {"DisableMacie": "", "UpdateMacieSession": ""},
    "access-analyzer": {"DeleteAnalyzer": ""},
    "inspector2": {"Disable": ""},
    "wafv2": {"DeleteWebACL": ""},
    "iam": {
        "CreateAccessKey": "",
        "UpdateAccessKey": "",
        "CreateLoginProfile": "",
        "UpdateLoginProfile": "",
        "DeactivateMFADevice": "",
        "DeleteVirtualMFADevice": "",
        "DeleteAccountPasswordPolicy": "",
        "CreateUser": _HARMLESS_ALONE,
        "AddUserToGroup": "",
        "AttachUserPolicy": "",
        "AttachRolePolicy": "",
        "AttachGroupPolicy": "",
        "PutUserPolicy": "",
        "PutRolePolicy": "",
        "PutGroupPolicy": "",
        "CreatePolicyVersion": "",
        "SetDefaultPolicyVersion": "",
        "UpdateAssumeRolePolicy": "",
        "PutUserPermissionsBoundary": "",
        "DeleteUserPermissionsBoundary": "",
        "DeleteRolePermissionsBoundary": "",
        "UpdateSAMLProvider": "",
        "CreateSAMLProvider": "",
        "CreateOpenIDConnectProvider": "",
    },
    "signin": {"ConsoleLogin": ""},
    "sts": {
        "GetFederationToken": "a session of one's own that lasts; ordinary where tools use it",
        "AssumeRoot": "its own use is the management account's; what is done in it is told by what it is",
    },
    "ec2": {
        "AuthorizeSecurityGroupIngress": "",
        "ModifySecurityGroupRules": "",
        "ModifySnapshotAttribute": "",
        "ModifyImageAttribute": "",
        "DisableEbsEncryptionByDefault": "",
        "DeleteFlowLogs": "",
        "ModifyInstanceAttribute": "daily work; a script in user data runs at a start, which is told",
        "ModifyInstanceMetadataOptions": _HARMLESS_ALONE,
        "GetPasswordData": _DATA,
        "DeleteRoute": "",
        "CreateNatGateway": "",
        "CreateVpnGateway": "",
        "CreateEgressOnlyInternetGateway": "",
        "CreateTransitGatewayVpcAttachment": "",
        "AssociateRouteTable": "",
        "CreateInternetGateway": "",
        "CreateNetworkAclEntry": "",
        "TerminateInstances": "",
        "StopInstances": "",
    },
    "rds": {
        "ModifyDBSnapshotAttribute": "",
        "ModifyDBClusterSnapshotAttribute": "",
        "ModifyDBInstance": "",
        "DeleteDBInstance": "",
        "DeleteDBCluster": "",
    },
    "s3": {
        "PutBucketPolicy": "",
        "PutBucketAcl": "",
        "DeleteBucketPublicAccessBlock": "",
        "PutBucketPublicAccessBlock": "",
        "PutAccountPublicAccessBlock": "",
        "DeleteAccountPublicAccessBlock": "",
        "PutBucketOwnershipControls": "",
        "PutBucketVersioning": _OWN_ONLY,
        "DeleteBucketEncryption": _OWN_ONLY,
        "PutBucketLogging": _OWN_ONLY,
        "DeleteBucket": _OWN_ONLY,
        "PutBucketLifecycle": "",
    },
    "kms": {
        "ScheduleKeyDeletion": "",
        "DisableKey": "",
        "PutKeyPolicy": "",
        "CreateGrant": "services make them all the time, in their callers' names",
    },
    "lambda": {
        "AddPermission20150331v2": "",
        "CreateFunctionUrlConfig": "",
        "UpdateFunctionUrlConfig": "",
        "UpdateFunctionCode20150331v2": "every deployment does it",
    },
    "dynamodb": {
        "DeleteTable": "",
        "DeleteBackup": "daily where backups are rotated; `table_deleted` tells of a table with none left",
        "UpdateContinuousBackups": "both ways by one call: that it is off is seen where a table is deleted",
        "ExportTableToPointInTime": _DATA,
    },
    "logs": {
        "DeleteLogGroup": _OWN_ONLY,
        "DeleteLogStream": _OWN_ONLY,
        "DeleteMetricFilter": _OWN_ONLY,
    },
    "monitoring": {"DeleteAlarms": _OWN_ONLY, "DisableAlarmActions": _OWN_ONLY},
    "events": {"DisableRule": _OWN_ONLY, "DeleteRule": _OWN_ONLY, "RemoveTargets": _OWN_ONLY},
    "sns": {"Unsubscribe": _OWN_ONLY},
    "organizations": {"LeaveOrganization": "", "DetachPolicy": ""},
    "account": {"EnableRegion": "nothing by itself; `trailwarden doctor` tells of one without a spoke"},
    "backup": {"DeleteBackupVault": "AWS deletes empty vaults only, and refuses a locked one"},
    "ssm": {"SendCommand": "how instances are managed every day"},
    "secretsmanager": {"GetSecretValue": _DATA},
}


def dangerous_calls(remediations: Iterable[Remediation]) -> str:
    """The table, in Markdown."""
    known = tuple(map(_Watcher.of, remediations))
    lines = ["| call | of | wakes | or why nothing does |", "|---|---|---|---|"]
    for source, calls in CALLS.items():
        for name, reason in calls.items():
            woken = ", ".join(f"`{each.name}`" for each in known if each.wakes(source, name))
            lines.append(f"| `{name}` | `{source}` | {woken} | {reason} |")
    return "\n".join(lines) + "\n"


def watchers(remediations: Iterable[Remediation], source: str, name: str) -> list[str]:
    """The remediations that wake on this call, whatever it is about."""
    return [each.name for each in map(_Watcher.of, remediations) if each.wakes(source, name)]


@dataclass(frozen=True, slots=True)
class _Watcher:
    """A remediation by its name, with its patterns, each read once for all calls."""

    name: str
    rules: tuple[EventPattern, ...]
    filters: tuple[LogPattern, ...]

    @classmethod
    def of(cls, remediation: Remediation) -> Self:
        return cls(
            remediation.name,
            tuple(map(EventPattern, _by_name(remediation))),
            tuple(map(LogPattern, _filters(remediation))),
        )

    def wakes(self, source: str, name: str) -> bool:
        """Whether it wakes on this call."""
        detail = {"eventSource": f"{source}.amazonaws.com", "eventName": name}
        via = "AWS Console Sign In via CloudTrail" if name == "ConsoleLogin" else _VIA
        event = {
            "source": f"aws.{source}",
            "detail-type": via,
            "detail": {**detail, "readOnly": False, "managementEvent": True},
        }
        record = json.dumps({**detail, "userIdentity": {"type": "Root"}})
        by_rule = any(each.matches(event) for each in self.rules)
        return by_rule or any(each.matches(record) for each in self.filters)


def _by_name(remediation: Remediation) -> Iterator[Mapping[str, Any]]:
    """The patterns that ask for names and nothing else; who signs in as whom is asked for, too."""
    for way in remediation.ways:
        if not isinstance(way.on, OnEvent) or way.decide is own_calls.decide:
            continue
        pattern = way.on.pattern
        for detail in _alternatives(pattern.get("detail", {})):
            asked = {name for name in detail if name not in _ASKED_FOR_BY_NAME}
            if set(pattern) <= {"source", "detail-type", "detail"} and asked <= {"userIdentity"} and detail:
                yield {**pattern, "detail": {name: detail[name] for name in detail if name not in asked}}


def _alternatives(detail: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """A pattern's detail, once for each branch of its `$or` that doesn't ask who makes the call."""
    always = {name: value for name, value in detail.items() if name != "$or"}
    for each in detail.get("$or", ({},)):
        if "userIdentity" not in each:
            yield {**always, **each}


def _filters(remediation: Remediation) -> Iterator[str]:
    """CIS's filters; one that whoever deploys chooses is about something else."""
    return (each.pattern for each in remediation.alarms if isinstance(each.pattern, str))
