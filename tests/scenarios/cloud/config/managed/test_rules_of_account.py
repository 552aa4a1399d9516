"""What each periodic rule says of what the account's APIs answer, held against the conditions on its page."""

from datetime import UTC, datetime, timedelta

import pytest

from scenarios.cloud.config.managed.all_rules import OF_ACCOUNT

GOOD, BAD = ["COMPLIANT"], ["NON_COMPLIANT"]
NOW = datetime.now(UTC)


class Answers:
    """The account's APIs: what each operation answers."""

    account, region = "123456789012", "us-east-1"

    def __init__(self, answers):
        self._answers = answers

    def __call__(self, service, operation, **parameters):
        return self._answers[operation]

    def unless(self, absent, service, operation, **parameters):
        return self._answers.get(operation, {})


def trail(*, logging=True, selectors=None, delivered=None, **more):
    found = {"Name": "t", "TrailARN": "arn:t", "IsMultiRegionTrail": True, **more}
    status = {"IsLogging": logging, "LatestCloudWatchLogsDeliveryTime": delivered}
    selected = selectors or {"EventSelectors": [{"ReadWriteType": "All", "IncludeManagementEvents": True}]}
    return {"DescribeTrails": {"trailList": [found]}, "GetTrailStatus": status, "GetEventSelectors": selected}


def selecting(**more):
    whole = {"ReadWriteType": "All", "IncludeManagementEvents": True}
    return {"EventSelectors": [{**whole, **more}]}


def advanced(*fields):
    selectors = [{"FieldSelectors": [{"Field": name, "Equals": values} for name, values in fields]}]
    return {"AdvancedEventSelectors": selectors}


def key(*, rotates=True, **more):
    found = {
        "KeyId": "k",
        "Arn": "arn:k",
        "KeyManager": "CUSTOMER",
        "KeySpec": "SYMMETRIC_DEFAULT",
        "KeyState": "Enabled",
        "Origin": "AWS_KMS",
        **more,
    }
    return {
        "ListKeys": {"Keys": [{"KeyId": "k"}]},
        "DescribeKey": {"KeyMetadata": found},
        "GetKeyRotationStatus": {"KeyRotationEnabled": rotates},
    }


def passwords(**more):
    strict = {
        "RequireUppercaseCharacters": True,
        "RequireLowercaseCharacters": True,
        "RequireSymbols": True,
        "RequireNumbers": True,
        "MinimumPasswordLength": 14,
        "PasswordReusePrevention": 24,
        "MaxPasswordAge": 90,
    }
    return {"GetAccountPasswordPolicy": {"PasswordPolicy": {**strict, **more}}}


def user(*, keys=(), devices=0, password=False):
    rows = f"user,password_enabled\nann,{str(password).lower()}\n"
    return {
        "ListUsers": {"Users": [{"UserName": "ann", "UserId": "AIDA1"}]},
        "ListAccessKeys": {"AccessKeyMetadata": list(keys)},
        "ListMFADevices": {"MFADevices": [{}] * devices},
        "GenerateCredentialReport": {},
        "GetCredentialReport": {"Content": rows.encode()},
    }


def access_key(days, status="Active"):
    return {"Status": status, "CreateDate": NOW - timedelta(days=days)}


def flow_log(status="ACTIVE", traffic="ALL", of="vpc-1"):
    logs = [{"ResourceId": of, "FlowLogStatus": status, "TrafficType": traffic}]
    return {"DescribeVpcs": {"Vpcs": [{"VpcId": "vpc-1"}]}, "DescribeFlowLogs": {"FlowLogs": logs}}


def group(name, *on):
    return {
        "DescribeSecurityGroups": {"SecurityGroups": [{"GroupId": "sg-1", "GroupName": name}]},
        "DescribeNetworkInterfaces": {"NetworkInterfaces": [{"Groups": [{"GroupId": one}]} for one in on]},
    }


def log_group(**more):
    return {"DescribeLogGroups": {"logGroups": [{"logGroupName": "g", **more}]}}


MANAGEMENT, READS = ("eventCategory", ["Management"]), ("readOnly", ["true"])
TRAIL, EVERYWHERE, TO_LOGS = (
    "CLOUD_TRAIL_ENABLED",
    "MULTI_REGION_CLOUD_TRAIL_ENABLED",
    "CLOUD_TRAIL_CLOUD_WATCH_LOGS_ENABLED",
)
ROTATION, PASSWORDS, KEYS = "CMK_BACKING_KEY_ROTATION_ENABLED", "IAM_PASSWORD_POLICY", "ACCESS_KEYS_ROTATED"
CONSOLE, FLOWS = "MFA_ENABLED_FOR_IAM_CONSOLE_ACCESS", "VPC_FLOW_LOGS_ENABLED"
GROUPS, RETENTION = "EC2_SECURITY_GROUP_ATTACHED_TO_ENI_PERIODIC", "CW_LOGGROUP_RETENTION_PERIOD_CHECK"
ENCRYPTED_LOGS, DELETED_KEYS = "CLOUDWATCH_LOG_GROUP_ENCRYPTED", "KMS_CMK_NOT_SCHEDULED_FOR_DELETION"
WHERE = {"s3BucketName": "b", "snsTopicArn": "arn:s", "cloudWatchLogsLogGroupArn": "arn:g"}
THERE = {"S3BucketName": "b", "SnsTopicARN": "arn:s", "CloudWatchLogsLogGroupArn": "arn:g"}
WITHIN = {"expectedDeliveryWindowAge": "2"}

# (rule, what it says, what the APIs answer, parameters)
ROWS = [
    (TRAIL, GOOD, trail(), {}),
    (TRAIL, BAD, trail(logging=False), {}),
    (TRAIL, BAD, {"DescribeTrails": {"trailList": []}}, {}),
    (TRAIL, GOOD, trail(**THERE), WHERE),
    *((TRAIL, BAD, trail(**{**THERE, name: "other"}), WHERE) for name in THERE),
    (EVERYWHERE, GOOD, trail(), {}),
    (EVERYWHERE, BAD, trail(IsMultiRegionTrail=False), {}),
    (EVERYWHERE, BAD, trail(logging=False), {}),
    (EVERYWHERE, BAD, trail(selectors=selecting(ExcludeManagementEventSources=["kms.amazonaws.com"])), {}),
    (EVERYWHERE, BAD, trail(selectors=selecting(IncludeManagementEvents=False)), {}),
    (
        EVERYWHERE,
        GOOD,
        trail(selectors=selecting(IncludeManagementEvents=False)),
        {"includeManagementEvents": "false"},
    ),
    (EVERYWHERE, GOOD, trail(selectors=selecting(ReadWriteType="WriteOnly")), {"readWriteType": "WriteOnly"}),
    (EVERYWHERE, BAD, trail(selectors=selecting(ReadWriteType="WriteOnly")), {"readWriteType": "ReadOnly"}),
    (EVERYWHERE, BAD, trail(selectors=selecting(ReadWriteType="WriteOnly")), {"readWriteType": "ALL"}),
    (EVERYWHERE, GOOD, trail(selectors=advanced(MANAGEMENT)), {}),
    (EVERYWHERE, BAD, trail(selectors=advanced(MANAGEMENT, READS)), {}),
    ("CLOUD_TRAIL_LOG_FILE_VALIDATION_ENABLED", GOOD, trail(LogFileValidationEnabled=True), {}),
    ("CLOUD_TRAIL_LOG_FILE_VALIDATION_ENABLED", BAD, trail(LogFileValidationEnabled=False), {}),
    ("CLOUD_TRAIL_ENCRYPTION_ENABLED", GOOD, trail(KmsKeyId="k"), {}),
    ("CLOUD_TRAIL_ENCRYPTION_ENABLED", BAD, trail(), {}),
    (TO_LOGS, GOOD, trail(**THERE), {}),
    (TO_LOGS, BAD, trail(), {}),
    (TO_LOGS, GOOD, trail(delivered=NOW - timedelta(hours=1), **THERE), WITHIN),
    (TO_LOGS, BAD, trail(delivered=NOW - timedelta(hours=3), **THERE), WITHIN),
    (TO_LOGS, BAD, trail(**THERE), WITHIN),
    (ROTATION, GOOD, key(), {}),
    (ROTATION, BAD, key(rotates=False), {}),
    (ROTATION, [], key(rotates=False, KeySpec="RSA_2048"), {}),
    (ROTATION, [], key(rotates=False, KeySpec="HMAC_256"), {}),
    (ROTATION, [], key(rotates=False, Origin="EXTERNAL"), {}),
    (ROTATION, [], key(rotates=False, Origin="AWS_CLOUDHSM"), {}),
    (ROTATION, [], key(rotates=False, KeyManager="AWS"), {}),
    (DELETED_KEYS, GOOD, key(), {}),
    (DELETED_KEYS, BAD, key(KeyState="PendingDeletion"), {}),
    (DELETED_KEYS, [], key(KeyState="PendingDeletion"), {"kmsKeyIds": "other"}),
    (DELETED_KEYS, BAD, key(KeyState="PendingDeletion"), {"kmsKeyIds": "other,k"}),
    ("ROOT_ACCOUNT_MFA_ENABLED", GOOD, {"GetAccountSummary": {"SummaryMap": {"AccountMFAEnabled": 1}}}, {}),
    ("ROOT_ACCOUNT_MFA_ENABLED", BAD, {"GetAccountSummary": {"SummaryMap": {"AccountMFAEnabled": 0}}}, {}),
    (
        "IAM_ROOT_ACCESS_KEY_CHECK",
        GOOD,
        {"GetAccountSummary": {"SummaryMap": {"AccountAccessKeysPresent": 0}}},
        {},
    ),
    (
        "IAM_ROOT_ACCESS_KEY_CHECK",
        BAD,
        {"GetAccountSummary": {"SummaryMap": {"AccountAccessKeysPresent": 1}}},
        {},
    ),
    (PASSWORDS, BAD, {}, {}),
    (PASSWORDS, GOOD, passwords(), {}),
    (PASSWORDS, BAD, passwords(MinimumPasswordLength=13), {}),
    (PASSWORDS, BAD, passwords(PasswordReusePrevention=23), {}),
    (PASSWORDS, BAD, passwords(MaxPasswordAge=91), {}),
    (PASSWORDS, BAD, passwords(MaxPasswordAge=0), {}),
    (PASSWORDS, GOOD, passwords(MinimumPasswordLength=8), {"MinimumPasswordLength": "8"}),
    *(
        (PASSWORDS, BAD, passwords(**{name: False}), {})
        for name in (
            "RequireUppercaseCharacters",
            "RequireLowercaseCharacters",
            "RequireSymbols",
            "RequireNumbers",
        )
    ),
    (PASSWORDS, GOOD, passwords(RequireSymbols=False), {"RequireSymbols": "false"}),
    (PASSWORDS, BAD, passwords(RequireSymbols=False), {"RequireSymbols": "true"}),
    (PASSWORDS, GOOD, passwords(RequireSymbols=False), {"RequireSymbols": "True"}),
    (KEYS, GOOD, user(keys=[access_key(89)]), {"maxAccessKeyAge": "90"}),
    (KEYS, BAD, user(keys=[access_key(91)]), {"maxAccessKeyAge": "90"}),
    (KEYS, BAD, user(keys=[access_key(1), access_key(8)]), {"maxAccessKeyAge": "7"}),
    (KEYS, GOOD, user(keys=[access_key(91, "Inactive")]), {"maxAccessKeyAge": "90"}),
    (KEYS, GOOD, user(), {"maxAccessKeyAge": "90"}),
    ("IAM_USER_MFA_ENABLED", GOOD, user(devices=1), {}),
    ("IAM_USER_MFA_ENABLED", BAD, user(), {}),
    (CONSOLE, BAD, user(password=True), {}),
    (CONSOLE, GOOD, user(password=True, devices=1), {}),
    (CONSOLE, GOOD, user(), {}),
    (FLOWS, GOOD, flow_log(), {}),
    (FLOWS, BAD, flow_log(status="INACTIVE"), {}),
    (FLOWS, BAD, flow_log(of="subnet-1"), {}),
    (FLOWS, BAD, flow_log(traffic="ACCEPT"), {"trafficType": "REJECT"}),
    (FLOWS, GOOD, flow_log(traffic="REJECT"), {"trafficType": "REJECT"}),
    (GROUPS, GOOD, group("web", "sg-1"), {}),
    (GROUPS, BAD, group("web", "sg-2"), {}),
    (GROUPS, [], group("default"), {}),
    (
        "EC2_EBS_ENCRYPTION_BY_DEFAULT",
        GOOD,
        {"GetEbsEncryptionByDefault": {"EbsEncryptionByDefault": True}},
        {},
    ),
    (
        "EC2_EBS_ENCRYPTION_BY_DEFAULT",
        BAD,
        {"GetEbsEncryptionByDefault": {"EbsEncryptionByDefault": False}},
        {},
    ),
    (RETENTION, GOOD, log_group(), {}),
    (RETENTION, GOOD, log_group(retentionInDays=365), {}),
    (RETENTION, BAD, log_group(retentionInDays=180), {}),
    (RETENTION, GOOD, log_group(retentionInDays=180), {"MinRetentionTime": "180"}),
    (RETENTION, [], log_group(retentionInDays=1), {"LogGroupNames": "other"}),
    (ENCRYPTED_LOGS, GOOD, log_group(kmsKeyId="k"), {}),
    (ENCRYPTED_LOGS, BAD, log_group(), {}),
    (ENCRYPTED_LOGS, BAD, log_group(kmsKeyId="k"), {"KmsKeyId": "other"}),
    ("SECURITYHUB_ENABLED", GOOD, {"DescribeHub": {"HubArn": "arn:h"}}, {}),
    ("SECURITYHUB_ENABLED", BAD, {}, {}),
]


@pytest.mark.parametrize(
    "row", [pytest.param(row, id=f"{row[0]} {row[1]} {number}") for number, row in enumerate(ROWS)]
)
def test_what_a_rule_says_of_the_account(row):
    name, says, answers, given = row

    assert [said.compliance for _, _, said in OF_ACCOUNT[name](Answers(answers), given)] == says


def test_every_periodic_rule_has_a_row_for_each_outcome():
    told = {(row[0], *row[1]) for row in ROWS}

    assert [name for name in OF_ACCOUNT if not {(name, *GOOD), (name, *BAD)} <= told] == []
