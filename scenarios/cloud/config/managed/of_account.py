"""Periodic rules: they ask the account's APIs when their time comes.

Pages, below https://docs.aws.amazon.com/config/latest/developerguide/: cloudtrail-enabled.html,
multi-region-cloudtrail-enabled.html, cloud-trail-log-file-validation-enabled.html,
cloud-trail-encryption-enabled.html, cloud-trail-cloud-watch-logs-enabled.html,
cmk-backing-key-rotation-enabled.html, kms-cmk-not-scheduled-for-deletion.html, root-account-mfa-enabled.html,
iam-root-access-key-check.html, iam-password-policy.html, access-keys-rotated.html, iam-user-mfa-enabled.html,
mfa-enabled-for-iam-console-access.html, vpc-flow-logs-enabled.html,
ec2-security-group-attached-to-eni-periodic.html, ec2-ebs-encryption-by-default.html,
cw-loggroup-retention-period-check.html, cloudwatch-log-group-encrypted.html, securityhub-enabled.html
"""

import csv
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from scenarios.cloud.config.managed.verdicts import (
    ACCOUNT,
    Judged,
    OfAccount,
    Verdict,
    is_true,
    listed,
    verdict,
)
from scenarios.cloud.config.resource_types.ec2 import GROUP, VPC
from scenarios.cloud.config.resource_types.iam import USER
from scenarios.cloud.config.resource_types.others import KEY, TRAIL
from scenarios.cloud.config.resource_types.view import View

_LOG_GROUP: Final = "AWS::Logs::LogGroup"
_Given = Mapping[str, str]
_DEFAULT_RETENTION_DAYS: Final = 365
_MANAGEMENT: Final = [("eventCategory", ["Management"])]


def _of_account(view: View, said: Verdict) -> Iterator[Judged]:
    yield ACCOUNT, view.account, said


# ---- trails -------------------------------------------------------------------------------------


def trail_enabled(view: View, given: _Given) -> Iterable[Judged]:
    """Some trail logs, to where the parameters say."""
    return _of_account(view, verdict(any(_logs(view, each, given) for each in _trails(view))))


def multi_region_trail_enabled(view: View, given: _Given) -> Iterable[Judged]:
    """Some trail of all regions logs, to where the parameters say, every management event."""
    found = any(
        each.get("IsMultiRegionTrail") and _logs(view, each, given) and _has_all(view, each, given)
        for each in _trails(view)
    )
    return _of_account(view, verdict(found))


def _has_all(view: View, trail: Mapping[str, Any], given: _Given) -> bool:
    """Whether no management events are left out, and those are logged that the parameters name.

    A trail's advanced selectors count where one of them selects management events and nothing narrower
    (unconfirmed: the page is about the others).
    """
    selectors = view("cloudtrail", "GetEventSelectors", TrailName=trail["TrailARN"])
    wanted = (given.get("readWriteType") or "").lower()
    for each in selectors.get("EventSelectors", ()):
        is_whole = each.get("IncludeManagementEvents", True) and not each.get("ExcludeManagementEventSources")
        if is_whole and (not wanted or each.get("ReadWriteType", "All").lower() in ("all", wanted)):
            return True
    for each in selectors.get("AdvancedEventSelectors", ()):
        if [(one["Field"], one.get("Equals")) for one in each["FieldSelectors"]] == _MANAGEMENT:
            return True
    return not is_true(given.get("includeManagementEvents", "true"))


def _logs(view: View, trail: Mapping[str, Any], given: _Given) -> bool:
    wanted = (
        (given.get("s3BucketName"), trail.get("S3BucketName")),
        (given.get("snsTopicArn"), trail.get("SnsTopicARN")),
        (given.get("cloudWatchLogsLogGroupArn"), trail.get("CloudWatchLogsLogGroupArn")),
    )
    logging = view("cloudtrail", "GetTrailStatus", Name=trail["TrailARN"])["IsLogging"]
    return bool(logging) and all(asked in (None, "", found) for asked, found in wanted)


def trails_validate(view: View, _: _Given) -> Iterator[Judged]:
    """Each trail signs digests of its files."""
    for each in _trails(view):
        yield TRAIL, each["Name"], verdict(each.get("LogFileValidationEnabled"))


def trails_encrypt(view: View, _: _Given) -> Iterator[Judged]:
    """Each trail encrypts with a KMS key."""
    for each in _trails(view):
        yield TRAIL, each["Name"], verdict(each.get("KmsKeyId"))


def trails_have_log_groups(view: View, given: _Given) -> Iterator[Judged]:
    """Each trail writes to a log group: within the parameter's hours, where it names some."""
    hours = given.get("expectedDeliveryWindowAge")
    for each in _trails(view):
        writes = bool(each.get("CloudWatchLogsLogGroupArn"))
        if writes and hours:
            status = view("cloudtrail", "GetTrailStatus", Name=each["TrailARN"])
            last = status.get("LatestCloudWatchLogsDeliveryTime")
            writes = last is not None and last >= datetime.now(UTC) - timedelta(hours=int(hours))
        yield TRAIL, each["Name"], verdict(writes)


def _trails(view: View) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = view("cloudtrail", "DescribeTrails", includeShadowTrails=True)[
        "trailList"
    ]
    return found


# ---- keys ---------------------------------------------------------------------------------------


def keys_rotate(view: View, _: _Given) -> Iterator[Judged]:
    """Each symmetric key of the account's own rotates; one with imported material, or in a store, can't."""
    for each in _own_keys(view):
        can = each.get("KeySpec") == "SYMMETRIC_DEFAULT" and each.get("Origin", "AWS_KMS") == "AWS_KMS"
        if can and each["KeyState"] == "Enabled":
            rotation = view("kms", "GetKeyRotationStatus", KeyId=each["KeyId"])
            yield KEY, each["KeyId"], verdict(rotation.get("KeyRotationEnabled"))


def keys_stay(view: View, given: _Given) -> Iterator[Judged]:
    """No key of the account's own is to be deleted."""
    wanted = listed(given, "kmsKeyIds")
    for each in _own_keys(view):
        if not wanted or each["KeyId"] in wanted or each["Arn"] in wanted:
            yield KEY, each["KeyId"], verdict(each["KeyState"] != "PendingDeletion")


def _own_keys(view: View) -> Iterator[Mapping[str, Any]]:
    for listed_key in view("kms", "ListKeys")["Keys"]:
        found = view("kms", "DescribeKey", KeyId=listed_key["KeyId"])["KeyMetadata"]
        if found["KeyManager"] == "CUSTOMER":
            yield found


# ---- IAM ----------------------------------------------------------------------------------------


def root_has_mfa(view: View, _: _Given) -> Iterable[Judged]:
    """The root user has MFA."""
    return _of_account(view, verdict(_summary(view).get("AccountMFAEnabled")))


def root_has_no_key(view: View, _: _Given) -> Iterable[Judged]:
    """The root user has no access key."""
    return _of_account(view, verdict(not _summary(view).get("AccountAccessKeysPresent")))


def _summary(view: View) -> Mapping[str, int]:
    found: Mapping[str, int] = view("iam", "GetAccountSummary")["SummaryMap"]
    return found


def password_policy(view: View, given: _Given) -> Iterable[Judged]:
    """The account's password policy asks for at least what the parameters say; none asks for nothing.

    A parameter that isn't `true`, in lower case, counts as false.
    """
    policy = view.unless("NoSuchEntity", "iam", "GetAccountPasswordPolicy").get("PasswordPolicy")
    return _of_account(view, verdict(policy is not None and _is_strict(policy, given)))


def _is_strict(policy: Mapping[str, Any], given: _Given) -> bool:
    required = ("UppercaseCharacters", "LowercaseCharacters", "Symbols", "Numbers")
    asked = {f"Require{name}": given.get(f"Require{name}", "true") == "true" for name in required}
    age, wanted_age = policy.get("MaxPasswordAge", 0), int(given.get("MaxPasswordAge", 90))
    return (
        all(policy.get(name) for name, wanted in asked.items() if wanted)
        and policy.get("MinimumPasswordLength", 0) >= int(given.get("MinimumPasswordLength", 14))
        and policy.get("PasswordReusePrevention", 0) >= int(given.get("PasswordReusePrevention", 24))
        and 0 < age <= wanted_age
    )


def access_keys_rotated(view: View, given: _Given) -> Iterator[Judged]:
    """No active access key of a user is older than the parameter says."""
    oldest = datetime.now(UTC) - timedelta(days=int(given.get("maxAccessKeyAge", 90)))
    for user in _users(view):
        keys = view("iam", "ListAccessKeys", UserName=user["UserName"])["AccessKeyMetadata"]
        old = [each for each in keys if each["Status"] == "Active" and each["CreateDate"] < oldest]
        yield USER, user["UserId"], verdict(not old)


def users_have_mfa(view: View, _: _Given) -> Iterator[Judged]:
    """Each user has MFA."""
    for user in _users(view):
        yield USER, user["UserId"], verdict(_devices(view, user))


def console_users_have_mfa(view: View, _: _Given) -> Iterator[Judged]:
    """Each user with a password has MFA, as the credential report says."""
    view("iam", "GenerateCredentialReport")
    report = view("iam", "GetCredentialReport")["Content"].decode()
    rows = csv.DictReader(report.splitlines())
    at_the_console = {row["user"] for row in rows if row["password_enabled"].lower() == "true"}
    for user in _users(view):
        yield USER, user["UserId"], verdict(user["UserName"] not in at_the_console or _devices(view, user))


def _devices(view: View, user: Mapping[str, Any]) -> list[Any]:
    found: list[Any] = view("iam", "ListMFADevices", UserName=user["UserName"])["MFADevices"]
    return found


def _users(view: View) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = view("iam", "ListUsers")["Users"]
    return found


# ---- EC2 ----------------------------------------------------------------------------------------


def vpcs_have_flow_logs(view: View, given: _Given) -> Iterator[Judged]:
    """Each VPC has an active flow log: of the kind of traffic that the parameter names, where it does."""
    wanted = given.get("trafficType")
    logs = [each for each in view("ec2", "DescribeFlowLogs")["FlowLogs"] if each["FlowLogStatus"] == "ACTIVE"]
    having = {each["ResourceId"] for each in logs if not wanted or each["TrafficType"] in (wanted, "ALL")}
    for each in view("ec2", "DescribeVpcs")["Vpcs"]:
        yield VPC, each["VpcId"], verdict(each["VpcId"] in having)


def groups_have_interfaces(view: View, _: _Given) -> Iterator[Judged]:
    """Each group, but the default ones, is on some network interface."""
    interfaces = view("ec2", "DescribeNetworkInterfaces")["NetworkInterfaces"]
    used = {group["GroupId"] for each in interfaces for group in each.get("Groups", ())}
    for each in view("ec2", "DescribeSecurityGroups")["SecurityGroups"]:
        if each["GroupName"] != "default":
            yield GROUP, each["GroupId"], verdict(each["GroupId"] in used)


def volumes_are_encrypted_by_default(view: View, _: _Given) -> Iterable[Judged]:
    """New volumes are encrypted."""
    found = view("ec2", "GetEbsEncryptionByDefault")["EbsEncryptionByDefault"]
    return _of_account(view, verdict(found))


# ---- logs and Security Hub ----------------------------------------------------------------------


def log_groups_keep(view: View, given: _Given) -> Iterator[Judged]:
    """Each log group keeps what it has for as long as the parameter says; one without an end does."""
    wanted = listed(given, "LogGroupNames")
    least = int(given.get("MinRetentionTime") or _DEFAULT_RETENTION_DAYS)
    for each in view("logs", "DescribeLogGroups")["logGroups"]:
        if not wanted or each["logGroupName"] in wanted:
            days = each.get("retentionInDays")
            yield _LOG_GROUP, each["logGroupName"], verdict(days is None or days >= least)


def log_groups_are_encrypted(view: View, given: _Given) -> Iterator[Judged]:
    """Each log group has a key: the parameter's, where it names one."""
    wanted = given.get("KmsKeyId")
    for each in view("logs", "DescribeLogGroups")["logGroups"]:
        key = each.get("kmsKeyId")
        yield _LOG_GROUP, each["logGroupName"], verdict(key and wanted in (None, "", key))


def security_hub_enabled(view: View, _: _Given) -> Iterable[Judged]:
    """Security Hub is on."""
    return _of_account(view, verdict(view.unless("InvalidAccess", "securityhub", "DescribeHub")))


RULES: Mapping[str, OfAccount] = {
    "CLOUD_TRAIL_ENABLED": trail_enabled,
    "MULTI_REGION_CLOUD_TRAIL_ENABLED": multi_region_trail_enabled,
    "CLOUD_TRAIL_LOG_FILE_VALIDATION_ENABLED": trails_validate,
    "CLOUD_TRAIL_ENCRYPTION_ENABLED": trails_encrypt,
    "CLOUD_TRAIL_CLOUD_WATCH_LOGS_ENABLED": trails_have_log_groups,
    "CMK_BACKING_KEY_ROTATION_ENABLED": keys_rotate,
    "KMS_CMK_NOT_SCHEDULED_FOR_DELETION": keys_stay,
    "ROOT_ACCOUNT_MFA_ENABLED": root_has_mfa,
    "IAM_ROOT_ACCESS_KEY_CHECK": root_has_no_key,
    "IAM_PASSWORD_POLICY": password_policy,
    "ACCESS_KEYS_ROTATED": access_keys_rotated,
    "IAM_USER_MFA_ENABLED": users_have_mfa,
    "MFA_ENABLED_FOR_IAM_CONSOLE_ACCESS": console_users_have_mfa,
    "VPC_FLOW_LOGS_ENABLED": vpcs_have_flow_logs,
    "EC2_SECURITY_GROUP_ATTACHED_TO_ENI_PERIODIC": groups_have_interfaces,
    "EC2_EBS_ENCRYPTION_BY_DEFAULT": volumes_are_encrypted_by_default,
    "CW_LOGGROUP_RETENTION_PERIOD_CHECK": log_groups_keep,
    "CLOUDWATCH_LOG_GROUP_ENCRYPTED": log_groups_are_encrypted,
    "SECURITYHUB_ENABLED": security_hub_enabled,
}
