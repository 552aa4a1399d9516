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
TLS = {**OPEN, "Effect": "Deny", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
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
    (SSH, GOOD, rules(tcp(22, 22, ANYWHERE_6)), {}, {}, {}),
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
