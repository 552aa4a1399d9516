"""What has which backup: volumes that instances use, databases, tables, and the old backups that are ours."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from chalicelib.aws import Aws
from chalicelib.errors import AWS_ERRORS
from chalicelib.events import Tick, call_of_history, optional_mapping
from chalicelib.evidence.event_history import EventHistory
from chalicelib.evidence.excuse import excuse
from chalicelib.evidence.seen import tags_of
from chalicelib.looking import Unseen, unseen
from chalicelib.remediations.backup_missing.kept import NAME, TAG, Kept, OldBackup, Ours, too_many
from chalicelib.remediations.backup_missing.tables import backups_of, on_demand, tables
from chalicelib.settings import Settings

HOURS, KEPT, REGIONS, ROLE = (f"BACKUP_MISSING_{each}" for each in ("HOURS", "KEPT", "REGIONS", "ROLE"))

_MOST_PAGES = 10
# A record may be some minutes beside what EC2 says of when a snapshot began.
_BESIDE = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything that a night's look has found."""

    volumes: tuple[Kept, ...] = ()
    databases: tuple[Kept, ...] = ()
    tables: tuple[Kept, ...] = ()
    old: tuple[OldBackup, ...] = ()
    old_of_tables: tuple[OldBackup, ...] = ()
    could_not_read: tuple[Unseen, ...] = ()


def look(aws: Aws, event: Tick, settings: Settings) -> Facts:
    """What there is in each region, with its newest backup; what can't be read is said of that region."""
    found, unread = Facts(), []
    for region in settings.names(REGIONS) or (event.region,):
        for read in (_disks, _in_dynamodb):
            try:
                found = read(aws, event, region, settings, found)
            except AWS_ERRORS as error:
                unread.append(unseen(error, f"looking at the backups in {region}: {{}}"))
    return replace(found, could_not_read=tuple(unread))


def _disks(aws: Aws, event: Tick, region: str, settings: Settings, found: Facts) -> Facts:
    snapshots, kept = _snapshots(aws.client("ec2", region), event.account), settings.number(KEPT)
    return replace(
        found,
        volumes=(*found.volumes, *_volumes(aws, region, snapshots, settings)),
        databases=(*found.databases, *_databases(aws, region, settings)),
        old=(
            *found.old,
            *too_many(
                _ours_perhaps(region, snapshots),
                kept,
                _asking(aws, region, "CreateSnapshot", settings),
                by=event.at,
            ),
        ),
    )


def _in_dynamodb(aws: Aws, event: Tick, region: str, settings: Settings, found: Facts) -> Facts:
    dynamodb = aws.client("dynamodb", region)
    backups, kept = backups_of(dynamodb), settings.number(KEPT)
    return replace(
        found,
        tables=(*found.tables, *tables(dynamodb, region, backups, settings, now=event.at)),
        old_of_tables=(
            *found.old_of_tables,
            *too_many(
                on_demand(region, backups),
                kept,
                _asking(aws, region, "CreateBackup", settings),
                by=event.at,
            ),
        ),
    )


def blind(_event: Tick, why: Unseen, _settings: Settings) -> Facts:
    """A look that saw nothing."""
    return Facts(could_not_read=(why,))


Snapshots = Mapping[str, Sequence[Mapping[str, Any]]]


def _snapshots(ec2: Any, account: str) -> Snapshots:
    """The account's own snapshots, by volume, the newest first."""
    pages = ec2.get_paginator("describe_snapshots").paginate(
        Filters=[{"Name": "owner-id", "Values": [account]}]
    )
    found: dict[str, list[Mapping[str, Any]]] = {}
    for page in pages:
        for each in page["Snapshots"]:
            if each["State"] != "error":
                found.setdefault(each["VolumeId"], []).append(each)
    return {
        volume: sorted(every, key=lambda each: (each["StartTime"], each["SnapshotId"]), reverse=True)
        for volume, every in found.items()
    }


def _complete(snapshots: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [each for each in snapshots if each["State"] == "completed"]


def _volumes(aws: Aws, region: str, snapshots: Snapshots, settings: Settings) -> Iterator[Kept]:
    pages = (
        aws.client("ec2", region)
        .get_paginator("describe_volumes")
        .paginate(Filters=[{"Name": "attachment.status", "Values": ["attached"]}])
    )
    for page in pages:
        for each in page["Volumes"]:
            own = snapshots.get(each["VolumeId"], ())
            complete = _complete(own)
            yield Kept(
                region=region,
                name=each["VolumeId"],
                made=each["CreateTime"],
                backup=complete[0]["StartTime"] if complete else None,
                begun=own[0]["StartTime"] if own else None,
                use=each["Attachments"][0].get("InstanceId", ""),
                excuse=excuse(NAME, tags_of(each.get("Tags", ())), settings),
            )


def _databases(aws: Aws, region: str, settings: Settings) -> Iterator[Kept]:
    rds = aws.client("rds", region)
    for page in rds.get_paginator("describe_db_instances").paginate():
        for each in page["DBInstances"]:
            if each.get("DBClusterIdentifier") or not each.get("InstanceCreateTime"):
                continue  # a member of a cluster; not there yet
            backup = each.get("LatestRestorableTime") if each.get("BackupRetentionPeriod") else None
            yield Kept(
                region=region,
                name=each["DBInstanceIdentifier"],
                made=each["InstanceCreateTime"],
                backup=backup or _newest_of_database(rds, each["DBInstanceIdentifier"]),
                excuse=excuse(NAME, tags_of(each.get("TagList", ())), settings),
            )


def _lasts(snapshot: Mapping[str, Any]) -> bool:
    """Automated ones go with the automated backups, which such a database doesn't make."""
    return snapshot.get("SnapshotType") != "automated"


def _newest_of_database(rds: Any, name: str) -> datetime | None:
    pages = rds.get_paginator("describe_db_snapshots").paginate(DBInstanceIdentifier=name)
    ready = [
        each["SnapshotCreateTime"]
        for page in pages
        for each in page["DBSnapshots"]
        if each["Status"] == "available" and each.get("SnapshotCreateTime") and _lasts(each)
    ]
    return max(ready, default=None)


def _ours_perhaps(region: str, snapshots: Snapshots) -> Iterator[list[OldBackup]]:
    """Of each volume the snapshots that we may delete, as they may be ours: the newest first."""
    for every in snapshots.values():
        yield [
            OldBackup(region=region, id=each["SnapshotId"], of=each["VolumeId"], began=each["StartTime"])
            for each in _tagged(every)
        ]


def _tagged(snapshots: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Those complete ones that we may delete: our policy asks for the tag that ours get."""
    return [each for each in _complete(snapshots) if dict(TAG) in each.get("Tags", ())]


def _asking(aws: Aws, region: str, call: str, settings: Settings) -> Ours:
    """What our own role made by this call, as CloudTrail's event history says; a few pages of it.

    Nobody but CloudTrail writes that. Tags, names and descriptions are anybody's.
    """

    def ours(first: datetime, last: datetime) -> frozenset[str]:
        pages = EventHistory(aws, region).pages(
            _MOST_PAGES,
            LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": call}],
            StartTime=first - _BESIDE,
            EndTime=last + _BESIDE,
        )
        calls = (each for page in pages for one in page["Events"] for each in call_of_history(one))
        role = settings.text(ROLE)
        return frozenset(_made(each.response) for each in calls if each.principal == role)

    return ours


def _made(response: Mapping[str, Any]) -> str:
    backup = optional_mapping(response.get("backupDetails"))
    return str(response.get("snapshotId") or backup.get("backupArn"))
