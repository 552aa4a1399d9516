"""What has which backup: volumes that instances use, databases, and the old snapshots that are ours."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from chalicelib.aws import Aws
from chalicelib.errors import AWS_ERRORS
from chalicelib.events import Tick, call_of_history
from chalicelib.evidence.event_history import EventHistory
from chalicelib.evidence.excuse import excuse
from chalicelib.evidence.seen import tags_of
from chalicelib.looking import Unseen, unseen
from chalicelib.settings import Settings

NAME = "backup_missing"
HOURS, KEPT, REGIONS, ROLE = (f"BACKUP_MISSING_{each}" for each in ("HOURS", "KEPT", "REGIONS", "ROLE"))

_MOST_PAGES = 10
# A record may be some minutes beside what EC2 says of when a snapshot began.
_BESIDE = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A volume or a database. `backup`: when its newest complete backup began; `begun`: of any state.

    `use`: the instance that the volume is attached to.
    """

    region: str
    name: str
    made: datetime
    backup: datetime | None = None
    begun: datetime | None = None
    use: str = ""
    excuse: str = ""

    def lacks(self, since: datetime) -> bool:
        """Whether it was there then and has had no backup since."""
        return self.made < since and (self.backup is None or self.backup < since)

    def due(self, since: datetime) -> bool:
        """Whether no backup was begun since then."""
        return not self.excuse and (self.begun is None or self.begun < since)


@dataclass(frozen=True, slots=True, kw_only=True)
class OldSnapshot:
    """A snapshot that our own role made, of which there are newer ones enough."""

    region: str
    id: str
    volume: str
    began: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything that a night's look has found."""

    volumes: tuple[Kept, ...] = ()
    databases: tuple[Kept, ...] = ()
    old: tuple[OldSnapshot, ...] = ()
    could_not_read: tuple[Unseen, ...] = ()


def look(aws: Aws, event: Tick, settings: Settings) -> Facts:
    """What there is in each region, with its newest backup; what can't be read is said of that region."""
    volumes: list[Kept] = []
    databases: list[Kept] = []
    old: list[OldSnapshot] = []
    unread: list[Unseen] = []
    for region in settings.names(REGIONS) or (event.region,):
        try:
            snapshots = _snapshots(aws.client("ec2", region), event.account)
            volumes += _volumes(aws, region, snapshots, settings)
            databases += _databases(aws, region, settings)
            old += _old(aws, region, snapshots, settings)
        except AWS_ERRORS as error:
            unread.append(unseen(error, f"looking at the backups in {region}: {{}}"))
    return Facts(
        volumes=tuple(volumes), databases=tuple(databases), old=tuple(old), could_not_read=tuple(unread)
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
    listed = rds.describe_db_snapshots(DBInstanceIdentifier=name)["DBSnapshots"]
    ready = [
        each["SnapshotCreateTime"]
        for each in listed
        if each["Status"] == "available" and each.get("SnapshotCreateTime") and _lasts(each)
    ]
    return max(ready, default=None)


def _old(aws: Aws, region: str, snapshots: Snapshots, settings: Settings) -> list[OldSnapshot]:
    """Those of ours beyond the newest that are kept, the oldest first."""
    kept = settings.number(KEPT)
    # Nobody's snapshot is ours where there are no more than are kept.
    perhaps = [each for every in snapshots.values() for each in _complete(every)[kept:]]
    if not perhaps:
        return []
    began = [each["StartTime"] for every in snapshots.values() for each in every]
    ours = _ours(aws, region, min(began) - _BESIDE, max(began) + _BESIDE, settings)
    return sorted(
        (
            OldSnapshot(
                region=region, id=each["SnapshotId"], volume=each["VolumeId"], began=each["StartTime"]
            )
            for every in snapshots.values()
            for each in [own for own in _complete(every) if own["SnapshotId"] in ours][kept:]
        ),
        key=lambda each: (each.began, each.id),
    )


def _ours(aws: Aws, region: str, first: datetime, last: datetime, settings: Settings) -> frozenset[str]:
    """The snapshots that our own role made, as CloudTrail's event history says; a few pages of it.

    Nobody but CloudTrail writes that. Tags and descriptions are anybody's.
    """
    pages = EventHistory(aws, region).pages(
        _MOST_PAGES,
        LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "CreateSnapshot"}],
        StartTime=first,
        EndTime=last,
    )
    calls = (call for page in pages for each in page["Events"] for call in call_of_history(each))
    role = settings.text(ROLE)
    return frozenset(str(call.response.get("snapshotId")) for call in calls if call.principal == role)
