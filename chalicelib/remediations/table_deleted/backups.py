"""The backups DynamoDB keeps of a table, deleted or not, and the command that restores one.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ListBackups.html
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from chalicelib.looking import Unseen
from chalicelib.wording import aws_command

# ALL is documented as USER and SYSTEM; AWS_BACKUP is asked for by its own name.
KINDS = ("ALL", "AWS_BACKUP")
# A finding is one DynamoDB item of at most 400 KB, and people on call read no further.
MOST_KEPT = 25
MOST_READ = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """One backup. `kind`: USER (on demand), SYSTEM (left by point-in-time recovery) or AWS_BACKUP."""

    arn: str
    name: str
    kind: str
    status: str
    created: datetime
    size_bytes: int
    table_id: str = ""

    @property
    def available(self) -> bool:
        """Whether it can be restored now."""
        return self.status == "AVAILABLE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Backups:
    """The newest backups of a table, newest first; `could_not_read` says why they couldn't be read."""

    newest: tuple[Backup, ...] = ()
    left_out: int = 0
    could_not_read: Unseen | None = None

    def of_table(self, table_id: str) -> tuple[Backup, ...]:
        """Those of this very table, not of an earlier one of its name; where AWS doesn't say, all."""
        return tuple(one for one in self.newest if not table_id or one.table_id in ("", table_id))


def read_backups(dynamodb: Any, table: str) -> Backups:
    """Ask DynamoDB, in the table's region; raises what boto3 raises."""
    known: dict[str, Backup] = {}
    for kind in KINDS:
        for summary in islice(_summaries(dynamodb, table, kind), MOST_READ):
            backup = _backup(summary)
            if backup.status != "DELETED":
                known[backup.arn] = backup
    newest = sorted(known.values(), key=lambda backup: (backup.created, backup.arn), reverse=True)
    # What can be restored is never left out in favour of what can't.
    kept = sorted(newest, key=lambda backup: not backup.available)[:MOST_KEPT]
    return Backups(
        newest=tuple(backup for backup in newest if backup in kept), left_out=len(newest) - len(kept)
    )


def list_command(table: str, region: str) -> str:
    """The AWS CLI command that looks for backups again."""
    options = {"--table-name": table, "--backup-type": "ALL", "--region": region}
    return aws_command("dynamodb", "list-backups", options)


def _summaries(dynamodb: Any, table: str, kind: str) -> Iterator[Mapping[str, Any]]:
    for page in dynamodb.get_paginator("list_backups").paginate(TableName=table, BackupType=kind):
        yield from page["BackupSummaries"]


def _backup(summary: Mapping[str, Any]) -> Backup:
    created: datetime = summary["BackupCreationDateTime"]
    return Backup(
        arn=summary["BackupArn"],
        name=summary.get("BackupName", ""),
        kind=summary.get("BackupType", "USER"),
        status=summary.get("BackupStatus", ""),
        created=created.astimezone(UTC),
        size_bytes=summary.get("BackupSizeBytes", 0),
        table_id=summary.get("TableId", ""),
    )
