"""What each managed rule says of an item, held against the conditions on its page."""

import json
from urllib.parse import quote

import pytest

from scenarios.cloud.config.items import Found, Relation
from scenarios.cloud.config.managed.all_rules import OF_ACCOUNT, OF_ITEMS, is_periodic, types_of
from scenarios.cloud.config.managed.verdicts import Subject
from scenarios.cloud.config.resource_types.all_types import TYPES

GOOD, BAD, NEITHER = "COMPLIANT", "NON_COMPLIANT", "NOT_APPLICABLE"
ANYWHERE, OFFICE = {"ipv4Ranges": [{"cidrIp": "0.0.0.0/0"}]}, {"ipv4Ranges": [{"cidrIp": "192.0.2.0/24"}]}
ANYWHERE_6 = {"ipv6Ranges": [{"cidrIpv6": "::/0"}]}


def rules(*permissions, name="web", egress=()):
    return {"groupName": name, "ipPermissions": list(permissions), "ipPermissionsEgress": list(egress)}


def tcp(first, last, to):
    return {"ipProtocol": "tcp", "fromPort": first, "toPort": last, **to}


def bucket(acl="", policy=None, **more):
    grants = [{"grantee": acl, "permission": "Read"}] if acl else []
    return {
        "AccessControlList": json.dumps({"grantList": grants}),
        "BucketPolicy": {"policyText": json.dumps({"Statement": policy}) if policy else None},
        "BucketVersioningConfiguration": {"status": "Off", "isMfaDeleteEnabled": None},
        "BucketLoggingConfiguration": {"destinationBucketName": None, "logFilePrefix": None},
        **more,
    }


def block(*on):
    names = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
    return {"PublicAccessBlockConfiguration": {name: name in on or "all" in on for name in names}}


OPEN = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}
WRITE = {**OPEN, "Action": ["s3:Put*"]}
TLS = {**OPEN, "Effect": "Deny", "Action": "s3:*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
ADMIN = {"Effect": "Allow", "Action": "*", "Resource": "*"}


def policy(statement):
    text = quote(json.dumps({"Statement": [statement]}))
    return {"policyVersionList": [{"document": text, "isDefaultVersion": True}]}


def invoked_by(principal, **more):
    statement = {"Effect": "Allow", "Principal": principal, "Action": "lambda:InvokeFunction", **more}
    return {"Policy": json.dumps({"Statement": [statement]})}


ATTACHED = {"attachments": [{"instanceId": "i-1", "deleteOnTermination": True}]}
MONITORED = "EC2_INSTANCE_DETAILED_MONITORING_ENABLED"
ATTACHED_TO_ENI, SSH = "EC2_SECURITY_GROUP_ATTACHED_TO_ENI", "INCOMING_SSH_DISABLED"
PORTS, AUTHORIZED = "RESTRICTED_INCOMING_TRAFFIC", "VPC_SG_OPEN_ONLY_TO_AUTHORIZED_PORTS"
DEFAULT, READ, WRITES = (
    "VPC_DEFAULT_SECURITY_GROUP_CLOSED",
    "S3_BUCKET_PUBLIC_READ_PROHIBITED",
    "S3_BUCKET_PUBLIC_WRITE_PROHIBITED",
)
ENI = Relation("AWS::EC2::NetworkInterface", "eni-1", "Is associated with NetworkInterface")
VPC = Relation("AWS::EC2::VPC", "vpc-1", "Is contained in Vpc")
SOMEBODY = Relation("AWS::IAM::User", "AIDA1", "Contains User", "somebody")
PITR = "ContinuousBackupsDescription"

# (rule, what it says, configuration, supplementary configuration, parameters, more of the resource)
ROWS = [
    (MONITORED, GOOD, {"monitoring": {"state": "enabled"}}, {}, {}, {}),
    (MONITORED, BAD, {"monitoring": {"state": "disabled"}}, {}, {}, {}),
    (ATTACHED_TO_ENI, GOOD, {}, {}, {}, {"relations": (ENI, VPC)}),
    (ATTACHED_TO_ENI, BAD, {}, {}, {}, {"relations": (VPC,)}),
    (SSH, BAD, rules(tcp(22, 22, ANYWHERE)), {}, {}, {}),
    (SSH, BAD, rules(tcp(0, 65535, ANYWHERE)), {}, {}, {}),
    (SSH, BAD, rules({"ipProtocol": "-1", **ANYWHERE}), {}, {}, {}),
    (SSH, GOOD, rules(tcp(22, 22, OFFICE)), {}, {}, {}),
    (SSH, BAD, rules(tcp(22, 22, ANYWHERE_6)), {}, {}, {}),
    (SSH, GOOD, rules(tcp(443, 443, ANYWHERE)), {}, {}, {}),
    (PORTS, BAD, rules(tcp(3389, 3389, ANYWHERE)), {}, {}, {}),
    (PORTS, GOOD, rules(tcp(22, 22, ANYWHERE)), {}, {}, {}),
    (PORTS, BAD, rules(tcp(22, 22, ANYWHERE)), {}, {"blockedPort1": "22"}, {}),
    (AUTHORIZED, BAD, rules(tcp(443, 443, ANYWHERE)), {}, {}, {}),
    (AUTHORIZED, GOOD, rules(tcp(443, 443, ANYWHERE)), {}, {"authorizedTcpPorts": "80,443-444"}, {}),
    (DEFAULT, GOOD, rules(name="default"), {}, {}, {}),
    (DEFAULT, BAD, rules(name="default", egress=[{"ipProtocol": "-1", **ANYWHERE}]), {}, {}, {}),
    (DEFAULT, NEITHER, rules(tcp(22, 22, ANYWHERE)), {}, {}, {}),
    ("EC2_INSTANCE_NO_PUBLIC_IP", BAD, {"publicIpAddress": "203.0.113.5"}, {}, {}, {}),
    ("EC2_INSTANCE_NO_PUBLIC_IP", GOOD, {"networkInterfaces": [{}]}, {}, {}, {}),
    ("ENCRYPTED_VOLUMES", NEITHER, {"attachments": [], "encrypted": False}, {}, {}, {}),
    ("ENCRYPTED_VOLUMES", BAD, {**ATTACHED, "encrypted": False}, {}, {}, {}),
    ("ENCRYPTED_VOLUMES", GOOD, {**ATTACHED, "encrypted": True}, {}, {}, {}),
    ("ENCRYPTED_VOLUMES", BAD, {**ATTACHED, "encrypted": True, "kmsKeyId": "a"}, {}, {"kmsId": "b"}, {}),
    ("EC2_VOLUME_INUSE_CHECK", GOOD, ATTACHED, {}, {}, {}),
    ("EC2_VOLUME_INUSE_CHECK", BAD, {"attachments": []}, {}, {}, {}),
    ("EC2_IMDSV2_CHECK", GOOD, {"metadataOptions": {"httpTokens": "required"}}, {}, {}, {}),
    ("EC2_IMDSV2_CHECK", BAD, {"metadataOptions": {"httpTokens": "optional"}}, {}, {}, {}),
    ("INSTANCES_IN_VPC", GOOD, {"vpcId": "vpc-1"}, {}, {}, {}),
    ("INSTANCES_IN_VPC", BAD, {"vpcId": "vpc-1"}, {}, {"vpcId": "vpc-2"}, {}),
    (READ, GOOD, {}, bucket(), {}, {}),
    (READ, BAD, {}, bucket(policy=[OPEN]), {}, {}),
    (READ, BAD, {}, bucket(acl="AllUsers"), {}, {}),
    (READ, BAD, {}, bucket(policy=[OPEN], **block("blockPublicAcls")), {}, {}),
    (READ, GOOD, {}, bucket(acl="AllUsers", policy=[OPEN], **block("all")), {}, {}),
    (READ, GOOD, {}, bucket(policy=[WRITE]), {}, {}),
    (WRITES, BAD, {}, bucket(policy=[WRITE]), {}, {}),
    (WRITES, GOOD, {}, bucket(policy=[OPEN]), {}, {}),
    ("S3_BUCKET_SERVER_SIDE_ENCRYPTION_ENABLED", BAD, {}, bucket(), {}, {}),
    (
        "S3_BUCKET_SERVER_SIDE_ENCRYPTION_ENABLED",
        GOOD,
        {},
        bucket(ServerSideEncryptionConfiguration={"rules": [1]}),
        {},
        {},
    ),
    ("S3_BUCKET_VERSIONING_ENABLED", BAD, {}, bucket(), {}, {}),
    (
        "S3_BUCKET_VERSIONING_ENABLED",
        GOOD,
        {},
        bucket(BucketVersioningConfiguration={"status": "Enabled"}),
        {},
        {},
    ),
    ("S3_BUCKET_LOGGING_ENABLED", BAD, {}, bucket(), {}, {}),
    (
        "S3_BUCKET_LOGGING_ENABLED",
        GOOD,
        {},
        bucket(BucketLoggingConfiguration={"destinationBucketName": "l", "logFilePrefix": ""}),
        {},
        {},
    ),
    ("S3_BUCKET_SSL_REQUESTS_ONLY", BAD, {}, bucket(policy=[OPEN]), {}, {}),
    ("S3_BUCKET_SSL_REQUESTS_ONLY", GOOD, {}, bucket(policy=[TLS]), {}, {}),
    ("S3_BUCKET_LEVEL_PUBLIC_ACCESS_PROHIBITED", GOOD, {}, bucket(**block("all")), {}, {}),
    ("S3_BUCKET_LEVEL_PUBLIC_ACCESS_PROHIBITED", BAD, {}, bucket(**block("blockPublicAcls")), {}, {}),
    (
        "S3_ACCOUNT_LEVEL_PUBLIC_ACCESS_BLOCKS",
        GOOD,
        block("all")["PublicAccessBlockConfiguration"],
        {},
        {},
        {},
    ),
    (
        "S3_ACCOUNT_LEVEL_PUBLIC_ACCESS_BLOCKS",
        BAD,
        block("blockPublicAcls")["PublicAccessBlockConfiguration"],
        {},
        {},
        {},
    ),
    ("REQUIRED_TAGS", GOOD, {}, {}, {"tag1Key": "app", "tag1Value": "shop,web"}, {"tags": {"app": "web"}}),
    ("REQUIRED_TAGS", BAD, {}, {}, {"tag1Key": "app", "tag1Value": "shop"}, {"tags": {"app": "web"}}),
    ("REQUIRED_TAGS", BAD, {}, {}, {"tag1Key": "app", "tag2Key": "team"}, {"tags": {"app": "web"}}),
    ("IAM_USER_NO_POLICIES_CHECK", GOOD, {"attachedManagedPolicies": []}, {}, {}, {}),
    ("IAM_USER_NO_POLICIES_CHECK", BAD, {"attachedManagedPolicies": [{}]}, {}, {}, {}),
    ("IAM_NO_INLINE_POLICY_CHECK", GOOD, {"rolePolicyList": [], "attachedManagedPolicies": [{}]}, {}, {}, {}),
    ("IAM_NO_INLINE_POLICY_CHECK", BAD, {"rolePolicyList": [{}]}, {}, {}, {}),
    ("IAM_USER_GROUP_MEMBERSHIP_CHECK", GOOD, {"groupList": ["a"]}, {}, {}, {}),
    ("IAM_USER_GROUP_MEMBERSHIP_CHECK", BAD, {"groupList": ["a"]}, {}, {"groupNames": "b"}, {}),
    ("IAM_GROUP_HAS_USERS_CHECK", GOOD, {}, {}, {}, {"relations": (SOMEBODY,)}),
    ("IAM_GROUP_HAS_USERS_CHECK", BAD, {}, {}, {}, {}),
    ("IAM_POLICY_NO_STATEMENTS_WITH_ADMIN_ACCESS", BAD, policy(ADMIN), {}, {}, {}),
    ("IAM_POLICY_NO_STATEMENTS_WITH_ADMIN_ACCESS", GOOD, policy({**ADMIN, "Action": "s3:*"}), {}, {}, {}),
    ("LAMBDA_FUNCTION_PUBLIC_ACCESS_PROHIBITED", GOOD, {}, {}, {}, {}),
    ("LAMBDA_FUNCTION_PUBLIC_ACCESS_PROHIBITED", BAD, {}, invoked_by("*"), {}, {}),
    (
        "LAMBDA_FUNCTION_PUBLIC_ACCESS_PROHIBITED",
        BAD,
        {},
        invoked_by({"Service": "s3.amazonaws.com"}),
        {},
        {},
    ),
    (
        "LAMBDA_FUNCTION_PUBLIC_ACCESS_PROHIBITED",
        GOOD,
        {},
        invoked_by({"Service": "events.amazonaws.com"}),
        {},
        {},
    ),
    (
        "LAMBDA_FUNCTION_SETTINGS_CHECK",
        GOOD,
        {"runtime": "python3.13", "memorySize": 128, "timeout": 3},
        {},
        {"runtime": "python3.13,nodejs22.x"},
        {},
    ),
    (
        "LAMBDA_FUNCTION_SETTINGS_CHECK",
        BAD,
        {"runtime": "python3.8", "memorySize": 128, "timeout": 3},
        {},
        {"runtime": "python3.13"},
        {},
    ),
    ("LAMBDA_INSIDE_VPC", BAD, {}, {}, {}, {}),
    ("LAMBDA_INSIDE_VPC", GOOD, {"vpcConfig": {"subnetIds": ["s"]}}, {}, {}, {}),
    ("LAMBDA_DLQ_CHECK", BAD, {}, {}, {}, {}),
    ("LAMBDA_DLQ_CHECK", GOOD, {"deadLetterConfig": {"targetArn": "q"}}, {}, {"dlqArns": "p,q"}, {}),
    (
        "DYNAMODB_PITR_ENABLED",
        GOOD,
        {},
        {PITR: {"pointInTimeRecoveryDescription": {"pointInTimeRecoveryStatus": "ENABLED"}}},
        {},
        {},
    ),
    (
        "DYNAMODB_PITR_ENABLED",
        BAD,
        {},
        {PITR: {"pointInTimeRecoveryDescription": {"pointInTimeRecoveryStatus": "DISABLED"}}},
        {},
        {},
    ),
    ("DYNAMODB_TABLE_ENCRYPTED_KMS", BAD, {}, {}, {}, {}),
    ("DYNAMODB_TABLE_ENCRYPTED_KMS", GOOD, {"ssedescription": {"ssetype": "KMS"}}, {}, {}, {}),
    ("SNS_ENCRYPTED_KMS", BAD, {}, {}, {}, {}),
    ("SNS_ENCRYPTED_KMS", GOOD, {"KmsMasterKeyId": "k"}, {}, {}, {}),
    ("RDS_INSTANCE_PUBLIC_ACCESS_CHECK", BAD, {"publiclyAccessible": True}, {}, {}, {}),
    ("RDS_INSTANCE_PUBLIC_ACCESS_CHECK", GOOD, {"publiclyAccessible": False}, {}, {}, {}),
    ("RDS_STORAGE_ENCRYPTED", BAD, {"storageEncrypted": False}, {}, {}, {}),
    ("RDS_STORAGE_ENCRYPTED", GOOD, {"storageEncrypted": True}, {}, {}, {}),
    ("RDS_MULTI_AZ_SUPPORT", BAD, {"multiAZ": False}, {}, {}, {}),
    ("RDS_MULTI_AZ_SUPPORT", GOOD, {"multiAZ": True}, {}, {}, {}),
    (
        "RDS_SNAPSHOTS_PUBLIC_PROHIBITED",
        BAD,
        {},
        {"DBSnapshotAttributes": [{"attributeValues": ["all"]}]},
        {},
        {},
    ),
    (
        "RDS_SNAPSHOTS_PUBLIC_PROHIBITED",
        GOOD,
        {},
        {"DBSnapshotAttributes": [{"attributeValues": []}]},
        {},
        {},
    ),
    ("DB_INSTANCE_BACKUP_ENABLED", BAD, {"backupRetentionPeriod": 0}, {}, {}, {}),
    ("DB_INSTANCE_BACKUP_ENABLED", GOOD, {"backupRetentionPeriod": 7}, {}, {}, {}),
    ("RDS_INSTANCE_DELETION_PROTECTION_ENABLED", BAD, {"deletionProtection": False}, {}, {}, {}),
    ("RDS_INSTANCE_DELETION_PROTECTION_ENABLED", GOOD, {"deletionProtection": True}, {}, {}, {}),
]


# What the pages say beyond the plain cases, and near misses.
ENCRYPTS = {"StringNotEquals": {"s3:x-amz-server-side-encryption": "AES256"}}
DENIES_PLAIN = {"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Condition": ENCRYPTS}
SSE, ONLY_TLS = "S3_BUCKET_SERVER_SIDE_ENCRYPTION_ENABLED", "S3_BUCKET_SSL_REQUESTS_ONLY"
ADMINS, PUBLIC_FUNCTION = (
    "IAM_POLICY_NO_STATEMENTS_WITH_ADMIN_ACCESS",
    "LAMBDA_FUNCTION_PUBLIC_ACCESS_PROHIBITED",
)
FUNCTION = {"runtime": "python3.13", "memorySize": 128, "timeout": 3, "role": "arn:aws:iam::1:role/r"}
SETTINGS, BACKUPS, KEPT = (
    "LAMBDA_FUNCTION_SETTINGS_CHECK",
    "DB_INSTANCE_BACKUP_ENABLED",
    "RDS_STORAGE_ENCRYPTED",
)
PROTECTED, ZONES, IN_USE = (
    "RDS_INSTANCE_DELETION_PROTECTION_ENABLED",
    "RDS_MULTI_AZ_SUPPORT",
    "EC2_VOLUME_INUSE_CHECK",
)
STAYS = {"attachments": [{"instanceId": "i-1", "deleteOnTermination": False}]}
LOGS = "S3_BUCKET_LOGGING_ENABLED"
LOGGED = {"BucketLoggingConfiguration": {"destinationBucketName": "l", "logFilePrefix": "p/"}}
RUNTIME = {"runtime": "python3.13"}
STORED = {"storageEncrypted": True, "kmsKeyId": "arn:aws:kms:r:1:key/k-1"}
ROWS += [
    (ATTACHED_TO_ENI, NEITHER, {}, {}, {}, {"name": "default", "relations": (VPC,)}),
    (ATTACHED_TO_ENI, BAD, {}, {}, {}, {"name": "defaults", "relations": (VPC,)}),
    (SSH, GOOD, rules({**tcp(22, 22, ANYWHERE), "ipProtocol": "udp"}), {}, {}, {}),
    (SSH, BAD, rules(tcp(20, 22, ANYWHERE)), {}, {}, {}),
    (SSH, GOOD, rules(tcp(23, 80, ANYWHERE)), {}, {}, {}),
    (SSH, GOOD, rules(egress=[tcp(22, 22, ANYWHERE)]), {}, {}, {}),
    *((PORTS, BAD, rules(tcp(port, port, ANYWHERE)), {}, {}, {}) for port in (20, 21, 3306, 4333)),
    (PORTS, BAD, rules(tcp(3389, 3389, ANYWHERE_6)), {}, {}, {}),
    (PORTS, GOOD, rules(tcp(3389, 3389, OFFICE)), {}, {}, {}),
    (PORTS, GOOD, rules({**tcp(3389, 3389, ANYWHERE), "ipProtocol": "udp"}), {}, {}, {}),
    (PORTS, GOOD, rules(tcp(3389, 3389, ANYWHERE)), {}, {"blockedPorts": "20,21"}, {}),
    (AUTHORIZED, GOOD, rules(tcp(1020, 1025, ANYWHERE)), {}, {"authorizedTcpPorts": "443,1020-1025"}, {}),
    (AUTHORIZED, BAD, rules(tcp(1020, 1026, ANYWHERE)), {}, {"authorizedTcpPorts": "443,1020-1025"}, {}),
    (AUTHORIZED, BAD, rules(tcp(500, 500, ANYWHERE)), {}, {"authorizedUdpPorts": "500"}, {}),
    (AUTHORIZED, GOOD, rules(tcp(500, 500, OFFICE)), {}, {}, {}),
    (DEFAULT, BAD, rules(tcp(22, 22, OFFICE), name="default"), {}, {}, {}),
    (
        "EC2_INSTANCE_NO_PUBLIC_IP",
        BAD,
        {"networkInterfaces": [{"association": {"publicIp": "a"}}]},
        {},
        {},
        {},
    ),
    ("EC2_INSTANCE_NO_PUBLIC_IP", GOOD, {"ipv6Address": "2001:db8::1"}, {}, {}, {}),
    (
        "ENCRYPTED_VOLUMES",
        GOOD,
        {**ATTACHED, "encrypted": True, "kmsKeyId": "arn:k"},
        {},
        {"kmsId": "arn:k"},
        {},
    ),
    (IN_USE, GOOD, STAYS, {}, {}, {}),
    (IN_USE, BAD, STAYS, {}, {"deleteOnTermination": "True"}, {}),
    (IN_USE, GOOD, STAYS, {}, {"deleteOnTermination": "False"}, {}),
    (IN_USE, BAD, ATTACHED, {}, {"deleteOnTermination": "perhaps"}, {}),
    ("INSTANCES_IN_VPC", BAD, {}, {}, {}, {}),
    ("REQUIRED_TAGS", BAD, {}, {}, {}, {"tags": {"app": "web"}}),
    ("REQUIRED_TAGS", GOOD, {}, {}, {}, {"tags": {"CostCenter": "1"}}),
    ("REQUIRED_TAGS", BAD, {}, {}, {"tag1Key": "app"}, {"tags": {"App": "web"}}),
    (READ, GOOD, {}, bucket(policy=[OPEN], **block("restrictPublicBuckets")), {}, {}),
    (READ, GOOD, {}, bucket(acl="AllUsers", **block("ignorePublicAcls")), {}, {}),
    (READ, BAD, {}, bucket(acl="AuthenticatedUsers", **block("blockPublicPolicy")), {}, {}),
    (READ, GOOD, {}, bucket(policy=[{**OPEN, "Principal": {"AWS": "arn:aws:iam::1:root"}}]), {}, {}),
    (READ, GOOD, {}, bucket(policy=[{**OPEN, "Effect": "Deny"}]), {}, {}),
    (SSE, GOOD, {}, bucket(policy=[DENIES_PLAIN]), {}, {}),
    (SSE, BAD, {}, bucket(policy=[{**DENIES_PLAIN, "Effect": "Allow"}]), {}, {}),
    (SSE, BAD, {}, bucket(policy=[{**DENIES_PLAIN, "Action": "s3:GetObject"}]), {}, {}),
    (ONLY_TLS, BAD, {}, bucket(policy=[{**TLS, "Action": "s3:GetObject"}]), {}, {}),
    (ONLY_TLS, BAD, {}, bucket(policy=[{**TLS, "Principal": {"AWS": "arn:aws:iam::1:root"}}]), {}, {}),
    (ONLY_TLS, BAD, {}, bucket(policy=[{**TLS, "Effect": "Allow"}]), {}, {}),
    (LOGS, BAD, {}, bucket(**LOGGED), {"targetBucket": "other"}, {}),
    (LOGS, BAD, {}, bucket(**LOGGED), {"targetPrefix": "other/"}, {}),
    (LOGS, GOOD, {}, bucket(**LOGGED), {"targetBucket": "l", "targetPrefix": "p/"}, {}),
    (
        "S3_BUCKET_VERSIONING_ENABLED",
        BAD,
        {},
        bucket(BucketVersioningConfiguration={"status": "Enabled", "isMfaDeleteEnabled": None}),
        {"isMfaDeleteEnabled": "true"},
        {},
    ),
    ("S3_BUCKET_LEVEL_PUBLIC_ACCESS_PROHIBITED", GOOD, {}, bucket(), {"excludedPublicBuckets": "a, x"}, {}),
    (
        "S3_ACCOUNT_LEVEL_PUBLIC_ACCESS_BLOCKS",
        GOOD,
        block("blockPublicAcls")["PublicAccessBlockConfiguration"],
        {},
        {"BlockPublicPolicy": "False", "IgnorePublicAcls": "False", "RestrictPublicBuckets": "False"},
        {},
    ),
    ("IAM_USER_NO_POLICIES_CHECK", BAD, {"userPolicyList": [{}]}, {}, {}, {}),
    ("IAM_NO_INLINE_POLICY_CHECK", BAD, {"userPolicyList": [{}]}, {}, {}, {}),
    ("IAM_NO_INLINE_POLICY_CHECK", BAD, {"groupPolicyList": [{}]}, {}, {}, {}),
    ("IAM_USER_GROUP_MEMBERSHIP_CHECK", BAD, {"groupList": []}, {}, {}, {}),
    ("IAM_USER_GROUP_MEMBERSHIP_CHECK", GOOD, {"groupList": ["a"]}, {}, {"groupNames": "a,b"}, {}),
    (ADMINS, GOOD, policy({**ADMIN, "Effect": "Deny"}), {}, {}, {}),
    (ADMINS, GOOD, policy({**ADMIN, "Resource": "arn:aws:s3:::b"}), {}, {}, {}),
    (ADMINS, BAD, {**policy(ADMIN), "permissionsBoundaryUsageCount": 1}, {}, {}, {}),
    (
        ADMINS,
        NEITHER,
        {**policy(ADMIN), "permissionsBoundaryUsageCount": 1},
        {},
        {"excludePermissionBoundaryPolicy": "true"},
        {},
    ),
    (PUBLIC_FUNCTION, BAD, {}, invoked_by({"AWS": ["*"]}), {}, {}),
    (PUBLIC_FUNCTION, GOOD, {}, invoked_by({"AWS": "arn:aws:iam::1:root"}), {}, {}),
    (SETTINGS, NEITHER, {"packageType": "Image"}, {}, RUNTIME, {}),
    (SETTINGS, GOOD, FUNCTION, {}, {**RUNTIME, "role": "r"}, {}),
    (SETTINGS, GOOD, FUNCTION, {}, {**RUNTIME, "role": "arn:aws:iam::1:role/r"}, {}),
    (SETTINGS, BAD, FUNCTION, {}, {**RUNTIME, "role": "other"}, {}),
    (SETTINGS, BAD, FUNCTION, {}, {**RUNTIME, "timeout": "10"}, {}),
    (SETTINGS, BAD, FUNCTION, {}, {**RUNTIME, "memorySize": "256"}, {}),
    ("LAMBDA_INSIDE_VPC", BAD, {"vpcConfig": {"subnetIds": ["s", "t"]}}, {}, {"subnetIds": "s"}, {}),
    ("LAMBDA_DLQ_CHECK", BAD, {"deadLetterConfig": {"targetArn": "r"}}, {}, {"dlqArns": "p,q"}, {}),
    ("DYNAMODB_TABLE_ENCRYPTED_KMS", BAD, {"ssedescription": {"ssetype": "AES256"}}, {}, {}, {}),
    (
        "DYNAMODB_TABLE_ENCRYPTED_KMS",
        BAD,
        {"ssedescription": {"ssetype": "KMS", "kmsmasterKeyArn": "c"}},
        {},
        {"kmsKeyArns": "a,b"},
        {},
    ),
    ("SNS_ENCRYPTED_KMS", BAD, {"KmsMasterKeyId": "k"}, {}, {"kmsKeyIds": "a,b"}, {}),
    (KEPT, GOOD, STORED, {}, {"kmsKeyId": "k-1"}, {}),
    (KEPT, GOOD, STORED, {}, {"kmsKeyId": "arn:aws:kms:r:1:key/k-1"}, {}),
    (KEPT, BAD, STORED, {}, {"kmsKeyId": "k-2"}, {}),
    (ZONES, NEITHER, {"multiAZ": False, "engine": "aurora-mysql"}, {}, {}, {}),
    (ZONES, NEITHER, {"multiAZ": False, "engine": "docdb"}, {}, {}, {}),
    (BACKUPS, BAD, {"backupRetentionPeriod": 6}, {}, {"backupRetentionMinimum": "7"}, {}),
    (
        BACKUPS,
        BAD,
        {"backupRetentionPeriod": 7, "preferredBackupWindow": "01:00-01:30"},
        {},
        {"preferredBackupWindow": "02:00-02:30"},
        {},
    ),
    (BACKUPS, NEITHER, {"readReplicaSourceDBInstanceIdentifier": "a"}, {}, {}, {}),
    (BACKUPS, BAD, {"readReplicaSourceDBInstanceIdentifier": "a"}, {}, {"checkReadReplicas": "true"}, {}),
    (PROTECTED, NEITHER, {"engine": "mysql"}, {}, {"databaseEngines": "postgres, mariadb"}, {}),
    (PROTECTED, BAD, {"engine": "postgres"}, {}, {"databaseEngines": "postgres, mariadb"}, {}),
]


@pytest.mark.parametrize(
    "row", [pytest.param(row, id=f"{row[0]} {row[1]} {number}") for number, row in enumerate(ROWS)]
)
def test_what_a_rule_says_of_an_item(row):
    name, says, configuration, supplementary, given, more = row
    found = Found(type="", id="x", arn="", configuration=configuration, supplementary=supplementary, **more)

    assert OF_ITEMS[name](Subject(found, given)).compliance == says


def test_the_accounts_block_counts_for_a_bucket_too():
    found = Found(type="", id="b", arn="", configuration={}, supplementary=bucket(policy=[OPEN]))
    above = Found(type="", id="1", arn="", configuration=block("all")["PublicAccessBlockConfiguration"])

    assert OF_ITEMS[READ](Subject(found, {}, lambda _: [above])).compliance == GOOD


def test_every_rule_of_items_has_a_row_for_each_outcome():
    told = {(row[0], row[1]) for row in ROWS}

    assert [name for name in OF_ITEMS if not {(name, GOOD), (name, BAD)} <= told] == []


def test_every_rule_looks_at_types_that_are_recorded():
    assert [name for name in OF_ITEMS if not set(types_of(name)) & set(TYPES)] == []
    assert [name for name in OF_ACCOUNT if not is_periodic(name)] == []
