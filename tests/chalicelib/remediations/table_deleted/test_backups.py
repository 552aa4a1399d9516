"""Which backups of a table are read and kept, of those DynamoDB lists."""

from datetime import UTC, datetime, timedelta
from typing import Any

from chalicelib.remediations.table_deleted.backups import MOST_KEPT, read_backups

NOW = datetime(2026, 3, 2, 3, tzinfo=UTC)


class DynamoDB:
    """Lists backups as documented: ALL is USER and SYSTEM, AWS_BACKUP is asked for by name."""

    def __init__(self, *summaries: dict[str, Any]) -> None:
        self.summaries = summaries

    def get_paginator(self, operation: str) -> "DynamoDB":
        assert operation == "list_backups"
        return self

    def paginate(self, TableName: str, BackupType: str) -> list[dict[str, Any]]:  # noqa: N803 - boto3's names
        kinds = ("USER", "SYSTEM") if BackupType == "ALL" else (BackupType,)
        listed = [
            one for one in self.summaries if one["BackupType"] in kinds and one["TableName"] == TableName
        ]
        return [{"BackupSummaries": listed[start : start + 10]} for start in range(0, len(listed) + 1, 10)]


def summary(name: str, *, age_hours=1, kind="USER", status="AVAILABLE", table="orders") -> dict[str, Any]:
    return {
        "TableName": table,
        "BackupArn": f"arn:aws:dynamodb:eu-west-1:1:table/{table}/backup/{name}",
        "BackupName": name,
        "BackupCreationDateTime": NOW - timedelta(hours=age_hours),
        "BackupStatus": status,
        "BackupType": kind,
        "BackupSizeBytes": 7,
        "TableId": "t-1",
    }


def names(*summaries: dict[str, Any]) -> list[str]:
    return [backup.name for backup in read_backups(DynamoDB(*summaries), "orders").newest]


def test_backups_of_every_kind_are_found_newest_first():
    found = names(
        summary("weekly", age_hours=90, kind="AWS_BACKUP"),
        summary("orders$DeletedTableBackup", age_hours=0, kind="SYSTEM"),
        summary("mine", age_hours=5),
        summary("another table's", table="users"),
    )

    assert found == ["orders$DeletedTableBackup", "mine", "weekly"]


def test_a_deleted_backup_is_none():
    assert names(summary("gone", status="DELETED"), summary("there")) == ["there"]


def test_what_can_be_restored_is_kept_before_what_can_not():
    creating = [summary(f"creating-{number}", status="CREATING") for number in range(MOST_KEPT)]

    found = read_backups(DynamoDB(*creating, summary("ready", age_hours=50)), "orders")

    assert found.newest[-1].name == "ready"
    assert len(found.newest) == MOST_KEPT
    assert found.left_out == 1


def test_a_table_knows_its_own_backups_by_its_id():
    found = read_backups(DynamoDB(summary("mine")), "orders")

    assert found.of_table("t-1") == found.of_table("") == found.newest
    assert found.of_table("t-2") == ()
