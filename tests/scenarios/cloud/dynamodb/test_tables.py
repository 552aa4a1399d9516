"""What DynamoDB leaves behind of a table that is deleted, and the policies of streams."""

import json

import pytest
from botocore.exceptions import ClientError

from tests.scenarios.cloud.small_worlds import admin, document, world


def table(*, recovers=True, **properties):
    given = {
        "TableName": "orders",
        "AttributeDefinitions": [{"AttributeName": "k", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "k", "KeyType": "HASH"}],
        "BillingMode": "PAY_PER_REQUEST",
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": recovers},
    }
    return {"Orders": {"Type": "AWS::DynamoDB::Table", "Properties": given | properties}}


def backups(world):
    listed = admin(world, "dynamodb").list_backups(TableName="orders", BackupType="ALL")
    return [(each["BackupName"], each["BackupType"]) for each in listed["BackupSummaries"]]


SYSTEM = [("orders$DeletedTableBackup", "SYSTEM")]


@pytest.mark.parametrize(
    ("recovers", "expected"),
    [
        pytest.param(True, SYSTEM, id="point in time recovery on"),
        pytest.param(False, [], id="off"),
    ],
)
def test_a_deleted_table_leaves_a_system_backup_where_it_could_be_recovered(recovers, expected):
    with world(table(recovers=recovers)) as cloud:
        admin(cloud, "dynamodb").delete_table(TableName="orders")

        assert backups(cloud) == expected


def test_a_table_may_be_named_by_its_arn():
    with world(table()) as cloud:
        arn = admin(cloud, "dynamodb").describe_table(TableName="orders")["Table"]["TableArn"]
        admin(cloud, "dynamodb").delete_table(TableName=arn)

        assert backups(cloud) == SYSTEM


def test_a_protected_table_stays_and_leaves_no_backup():
    with world(table(DeletionProtectionEnabled=True)) as cloud:
        with pytest.raises(ClientError, match="DeletionProtectionEnabled"):
            admin(cloud, "dynamodb").delete_table(TableName="orders")

        assert backups(cloud) == []


def test_a_denied_deletion_leaves_no_backup():
    with world(table()) as cloud:
        mallory = cloud.user("mallory", policies=(document(),))
        with pytest.raises(ClientError, match="AccessDenied"):
            cloud.client(mallory, "dynamodb").delete_table(TableName="orders")

        assert backups(cloud) == []


def test_a_system_backup_restores_the_table():
    with world(table()) as cloud:
        dynamodb = admin(cloud, "dynamodb")
        dynamodb.put_item(TableName="orders", Item={"k": {"S": "1"}})
        dynamodb.delete_table(TableName="orders")
        (backup,) = dynamodb.list_backups(TableName="orders", BackupType="ALL")["BackupSummaries"]
        dynamodb.restore_table_from_backup(TargetTableName="orders", BackupArn=backup["BackupArn"])

        assert dynamodb.scan(TableName="orders")["Items"] == [{"k": {"S": "1"}}]


def test_a_tables_stream_has_a_policy_of_its_own():
    with world(table()) as cloud:
        dynamodb = admin(cloud, "dynamodb")
        created = dynamodb.create_table(
            TableName="games",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
        )["TableDescription"]
        stream = created["LatestStreamArn"]
        denies = {"Effect": "Deny", "Principal": "*", "Action": "dynamodb:GetRecords", "Resource": stream}
        dynamodb.put_resource_policy(ResourceArn=stream, Policy=json.dumps(document(denies)))

        assert json.loads(dynamodb.get_resource_policy(ResourceArn=stream)["Policy"])["Statement"] == [denies]
        with pytest.raises(ClientError, match="PolicyNotFoundException"):
            dynamodb.get_resource_policy(ResourceArn=created["TableArn"])
        caller = cloud.user("reader")
        assert cloud.identity.judge(caller, "dynamodb:GetRecords", stream).explicit
        assert cloud.identity.judge(caller, "dynamodb:GetItem", created["TableArn"]).allowed


def test_each_change_of_a_policy_has_a_revision_of_its_own():
    with world(table()) as cloud:
        dynamodb = admin(cloud, "dynamodb")
        arn = dynamodb.describe_table(TableName="orders")["Table"]["TableArn"]
        first, second = (
            dynamodb.put_resource_policy(
                ResourceArn=arn,
                Policy=json.dumps(
                    document(
                        {
                            "Effect": "Deny",
                            "Principal": "*",
                            "Action": action,
                            "Resource": "*",
                        }
                    )
                ),
            )["RevisionId"]
            for action in ("dynamodb:Scan", "dynamodb:Query")
        )

        assert first != second
        with pytest.raises(dynamodb.exceptions.PolicyNotFoundException):
            dynamodb.delete_resource_policy(ResourceArn=arn, ExpectedRevisionId=first)
