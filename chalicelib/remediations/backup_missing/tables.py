"""Which DynamoDB table has which backup, and the old backups that are ours.

With point-in-time recovery a table can be restored to any moment up to some five minutes ago.

Sources: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeContinuousBackups.html
(10 calls a second), https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ListBackups.html,
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_PointInTimeRecoveryDescription.html
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from chalicelib.evidence.excuse import excuse, matters
from chalicelib.evidence.seen import tags_of
from chalicelib.looking import answer
from chalicelib.remediations.backup_missing.kept import NAME, Kept, OldBackup
from chalicelib.settings import Settings

# ALL is documented as USER and SYSTEM; AWS_BACKUP is asked for by its own name.
_KINDS = ("ALL", "AWS_BACKUP")
# One night's look at a region; the others have their turn the next nights.
MOST_TABLES = 200
_NO_TABLE = ("ResourceNotFoundException", "TableNotFoundException")
Backups = Mapping[str, Sequence[Mapping[str, Any]]]


def backups_of(dynamodb: Any) -> Backups:
    """All backups of a region, by the name of their table, the newest first; raises what boto3 raises."""
    known = {
        each["BackupArn"]: each
        for kind in _KINDS
        for page in dynamodb.get_paginator("list_backups").paginate(BackupType=kind)
        for each in page["BackupSummaries"]
        if each["BackupStatus"] != "DELETED"
    }
    found: dict[str, list[Mapping[str, Any]]] = {}
    for each in sorted(known.values(), key=_age, reverse=True):
        found.setdefault(each["TableName"], []).append(each)
    return found


def _age(backup: Mapping[str, Any]) -> tuple[datetime, str]:
    return backup["BackupCreationDateTime"], backup["BackupArn"]


def _complete(backups: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [each for each in backups if each["BackupStatus"] == "AVAILABLE"]


def tables(
    dynamodb: Any, region: str, backups: Backups, settings: Settings, *, now: datetime
) -> Iterator[Kept]:
    """The region's tables with their newest backup; of very many those whose turn it is."""
    names = [name for page in dynamodb.get_paginator("list_tables").paginate() for name in page["TableNames"]]
    for name in turn(names, now):
        found = answer(
            lambda name=name: _table(dynamodb, region, name, backups.get(name, ()), settings),  # type: ignore[misc]
            unless=_NO_TABLE,
            otherwise=None,
        )
        if found is not None:
            yield found


def turn(names: Sequence[str], now: datetime) -> list[str]:
    """As many as one night looks at, others each night."""
    first = now.toordinal() * MOST_TABLES % max(1, len(names))
    return [*names[first:], *names[:first]][:MOST_TABLES]


def _table(
    dynamodb: Any, region: str, name: str, backups: Sequence[Mapping[str, Any]], settings: Settings
) -> Kept:
    table = dynamodb.describe_table(TableName=name)["Table"]
    # A backup of an earlier table of that name brings back other items; where AWS doesn't say, it counts.
    own = [each for each in backups if each.get("TableId") in (None, table.get("TableId"))]
    restorable = _restorable(dynamodb, name)
    complete = [each["BackupCreationDateTime"] for each in _complete(own)[:1]]
    begun = [each["BackupCreationDateTime"] for each in own[:1]]
    tags = (
        tags_of(dynamodb.list_tags_of_resource(ResourceArn=table["TableArn"])["Tags"])
        if matters(settings)
        else {}
    )
    return Kept(
        region=region,
        name=name,
        made=table["CreationDateTime"],
        backup=max((*complete, *restorable), default=None),
        begun=max((*begun, *restorable), default=None),
        excuse=excuse(NAME, tags, settings),
    )


def _restorable(dynamodb: Any, name: str) -> list[datetime]:
    """Up to when point-in-time recovery can restore it; empty where it is off."""
    described = dynamodb.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
    recovery = described.get("PointInTimeRecoveryDescription", {})
    latest = recovery.get("LatestRestorableDateTime")
    return [latest] if recovery.get("PointInTimeRecoveryStatus") == "ENABLED" and latest else []


def on_demand(region: str, backups: Backups) -> Iterator[list[OldBackup]]:
    """Of each table the backups that somebody made on demand, as they may be ours: the newest first."""
    for every in backups.values():
        yield [
            OldBackup(
                region=region,
                id=each["BackupArn"],
                of=each["TableName"],
                began=each["BackupCreationDateTime"],
            )
            for each in _complete(every)
            if each.get("BackupType", "USER") == "USER"
        ]
