"""Rules about IAM, functions, tables, topics and databases, and the one about tags.

Pages, below https://docs.aws.amazon.com/config/latest/developerguide/: required-tags.html,
iam-user-no-policies-check.html, iam-policy-no-statements-with-admin-access.html,
iam-user-group-membership-check.html, iam-group-has-users-check.html, iam-no-inline-policy-check.html,
lambda-function-public-access-prohibited.html, lambda-function-settings-check.html, lambda-inside-vpc.html,
lambda-dlq-check.html, dynamodb-pitr-enabled.html, dynamodb-table-encrypted-kms.html, sns-encrypted-kms.html,
rds-instance-public-access-check.html, rds-storage-encrypted.html, rds-multi-az-support.html,
rds-snapshots-public-prohibited.html, db-instance-backup-enabled.html,
rds-instance-deletion-protection-enabled.html
"""

import json
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import unquote

from scenarios.cloud.config.managed.verdicts import NOT_OURS, OfItem, Subject, Verdict, is_true, verdict
from scenarios.cloud.config.resource_types.iam import USER

_MOST_TAGS: Final = 6
_DEFAULT_TAG: Final = "CostCenter"
# Engines whose instances stand in a cluster, which has its own standbys.
_IN_CLUSTERS: Final = ("aurora", "docdb", "neptune")


def required_tags(subject: Subject) -> Verdict:
    """The resource has each tag that the parameters name, with one of its values where they name some."""
    for number in range(1, _MOST_TAGS + 1):
        key = subject.given.get(f"tag{number}Key") or (_DEFAULT_TAG if number == 1 else None)
        values = subject.listed(f"tag{number}Value")
        found = subject.found.tags.get(key) if key else None
        if key and (found is None or (values and found not in values)):
            return verdict(compliant=False)
    return verdict(compliant=True)


# ---- IAM ----------------------------------------------------------------------------------------


def user_has_no_policies(subject: Subject) -> Verdict:
    """Users get what they may from groups alone."""
    found = subject.configuration
    return verdict(not found.get("userPolicyList") and not found.get("attachedManagedPolicies"))


def no_inline_policy(subject: Subject) -> Verdict:
    """A user, group or role has no policy of its own."""
    names = ("userPolicyList", "groupPolicyList", "rolePolicyList")
    return verdict(not any(subject.configuration.get(name) for name in names))


def user_is_in_a_group(subject: Subject) -> Verdict:
    """The user is in a group: in one of those that the parameter names, where it names some."""
    found, wanted = subject.configuration.get("groupList", ()), subject.listed("groupNames")
    return verdict(set(wanted) & set(found) if wanted else found)


def group_has_users(subject: Subject) -> Verdict:
    """Somebody is in the group."""
    return verdict(any(each.type == USER for each in subject.found.relations))


def no_admin_access(subject: Subject) -> Verdict:
    """No statement of the policy in force allows everything on everything; a boundary may be left out."""
    leaves_out = is_true(subject.given.get("excludePermissionBoundaryPolicy", ""))
    if leaves_out and subject.configuration.get("permissionsBoundaryUsageCount"):
        return NOT_OURS
    versions = subject.configuration.get("policyVersionList", ())
    current = next((each for each in versions if each.get("isDefaultVersion")), None)
    document = json.loads(unquote(current["document"])) if current else {}
    return verdict(not any(_is_admin(each) for each in _several(document.get("Statement", []))))


def _is_admin(statement: Mapping[str, Any]) -> bool:
    return (
        statement.get("Effect") == "Allow"
        and "*" in _several(statement.get("Action", []))
        and "*" in _several(statement.get("Resource", []))
    )


def _several(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


# ---- functions ----------------------------------------------------------------------------------


def function_is_not_public(subject: Subject) -> Verdict:
    """No statement of the function's policy lets everybody in, or S3 without saying whose bucket."""
    text = subject.supplementary.get("Policy")
    statements = json.loads(text).get("Statement", []) if text else []
    return verdict(not any(_is_open(each) for each in statements))


def _is_open(statement: Mapping[str, Any]) -> bool:
    if statement.get("Effect") != "Allow":
        return False
    principal, condition = statement.get("Principal"), json.dumps(statement.get("Condition", {}))
    if principal in ("*", {"AWS": "*"}, {"AWS": ["*"]}):
        return "PrincipalOrgID" not in condition and "SourceAccount" not in condition
    return principal == {"Service": "s3.amazonaws.com"} and "ourceAccount" not in condition


def function_settings(subject: Subject) -> Verdict:
    """Runtime, role (by name or ARN), memory and timeout are as the parameters say; images are left out."""
    found, given = subject.configuration, subject.given
    if found.get("packageType") == "Image":
        return NOT_OURS
    role = found.get("role", "")
    wrong = (
        found.get("runtime") not in subject.listed("runtime"),
        given.get("role") not in (None, "", role, role.rpartition("/")[2]),
        int(given.get("memorySize") or 128) != found.get("memorySize"),
        int(given.get("timeout") or 3) != found.get("timeout"),
    )
    return verdict(not any(wrong))


def function_in_vpc(subject: Subject) -> Verdict:
    """The function is in a VPC: in the subnets of the parameter, where it names some."""
    subnets, wanted = (
        subject.configuration.get("vpcConfig", {}).get("subnetIds", ()),
        subject.listed("subnetIds"),
    )
    return verdict(set(subnets) <= set(wanted) if wanted and subnets else subnets)


def function_has_dead_letters(subject: Subject) -> Verdict:
    """The function has a dead-letter queue or topic: one of the parameter's, where it names some."""
    target, wanted = (
        subject.configuration.get("deadLetterConfig", {}).get("targetArn"),
        subject.listed("dlqArns"),
    )
    return verdict(target in wanted if wanted else target)


# ---- tables and topics --------------------------------------------------------------------------


def table_can_be_restored(subject: Subject) -> Verdict:
    """Point-in-time recovery is on."""
    backups = subject.supplementary["ContinuousBackupsDescription"]["pointInTimeRecoveryDescription"]
    return verdict(backups["pointInTimeRecoveryStatus"] == "ENABLED")


def table_has_a_key(subject: Subject) -> Verdict:
    """The table is encrypted with a KMS key: one of the parameter's, where it names some."""
    found = subject.configuration.get("ssedescription", {})
    wanted = subject.listed("kmsKeyArns")
    uses = found.get("ssetype") == "KMS"
    return verdict(uses and (not wanted or found.get("kmsmasterKeyArn") in wanted))


def topic_has_a_key(subject: Subject) -> Verdict:
    """The topic is encrypted: with one of the parameter's keys, where it names some."""
    key, wanted = subject.configuration.get("KmsMasterKeyId"), subject.listed("kmsKeyIds")
    return verdict(key in wanted if wanted else key)


# ---- databases ----------------------------------------------------------------------------------


def database_is_not_public(subject: Subject) -> Verdict:
    """The instance can't be reached from outside."""
    return verdict(not subject.configuration.get("publiclyAccessible"))


def database_is_encrypted(subject: Subject) -> Verdict:
    """Storage is encrypted: with the parameter's key, where it names one by its id or ARN."""
    wanted = subject.given.get("kmsKeyId")
    key = subject.configuration.get("kmsKeyId", "")
    known = (None, "", key, key.rpartition("/")[2])
    return verdict(subject.configuration.get("storageEncrypted") and wanted in known)


def database_in_zones(subject: Subject) -> Verdict:
    """The instance stands in more than one zone; those of clusters are left out."""
    if str(subject.configuration.get("engine", "")).startswith(_IN_CLUSTERS):
        return NOT_OURS
    return verdict(subject.configuration.get("multiAZ"))


def snapshot_is_not_public(subject: Subject) -> Verdict:
    """Not everybody may restore the snapshot."""
    attributes = subject.supplementary.get("DBSnapshotAttributes", ())
    return verdict(not any("all" in each.get("attributeValues", ()) for each in attributes))


def database_has_backups(subject: Subject) -> Verdict:
    """Backups are kept, for as long as the parameters say at least, and made when they say.

    Read replicas are looked at where the parameter says so (unconfirmed: the page names no default).
    """
    found, given = subject.configuration, subject.given
    if found.get("readReplicaSourceDBInstanceIdentifier") and not is_true(given.get("checkReadReplicas", "")):
        return NOT_OURS
    least = given.get("backupRetentionMinimum") or given.get("backupRetentionPeriod") or 1
    window = given.get("preferredBackupWindow")
    return verdict(
        found.get("backupRetentionPeriod", 0) >= int(least)
        and window in (None, "", found.get("preferredBackupWindow"))
    )


def database_is_protected(subject: Subject) -> Verdict:
    """The instance can't be deleted as it is; engines that the parameter doesn't name are left out."""
    engines = subject.listed("databaseEngines")
    if engines and subject.configuration.get("engine") not in engines:
        return NOT_OURS
    return verdict(subject.configuration.get("deletionProtection"))


RULES: Mapping[str, OfItem] = {
    "REQUIRED_TAGS": required_tags,
    "IAM_USER_NO_POLICIES_CHECK": user_has_no_policies,
    "IAM_NO_INLINE_POLICY_CHECK": no_inline_policy,
    "IAM_USER_GROUP_MEMBERSHIP_CHECK": user_is_in_a_group,
    "IAM_GROUP_HAS_USERS_CHECK": group_has_users,
    "IAM_POLICY_NO_STATEMENTS_WITH_ADMIN_ACCESS": no_admin_access,
    "LAMBDA_FUNCTION_PUBLIC_ACCESS_PROHIBITED": function_is_not_public,
    "LAMBDA_FUNCTION_SETTINGS_CHECK": function_settings,
    "LAMBDA_INSIDE_VPC": function_in_vpc,
    "LAMBDA_DLQ_CHECK": function_has_dead_letters,
    "DYNAMODB_PITR_ENABLED": table_can_be_restored,
    "DYNAMODB_TABLE_ENCRYPTED_KMS": table_has_a_key,
    "SNS_ENCRYPTED_KMS": topic_has_a_key,
    "RDS_INSTANCE_PUBLIC_ACCESS_CHECK": database_is_not_public,
    "RDS_STORAGE_ENCRYPTED": database_is_encrypted,
    "RDS_MULTI_AZ_SUPPORT": database_in_zones,
    "RDS_SNAPSHOTS_PUBLIC_PROHIBITED": snapshot_is_not_public,
    "DB_INSTANCE_BACKUP_ENABLED": database_has_backups,
    "RDS_INSTANCE_DELETION_PROTECTION_ENABLED": database_is_protected,
}
