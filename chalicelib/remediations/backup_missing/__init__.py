"""A volume, a database or a table has no recent backup: nobody made one, or the backups have stopped.

Ransom and mistakes are survived by those who have a backup. That there is none is seen only when it is
needed, so we look each night, and make what is missing.

What we do: look at 02:10 UTC at the volumes that instances use, at RDS databases and at DynamoDB tables, in
the stack's region and in those that `BackupRegions` names. What is older than `BackupHours` without a backup
as young as that is reported: MEDIUM, with the command that makes one, and again after a week, or when others
are among them. In mode enforce a snapshot of each volume, and a backup on demand of each table without
point-in-time recovery, is made whenever the newest is older than three quarters of that, and of those that we
made ourselves the newest `BackupsKept` of each volume or table stay; that is told once a week. A snapshot
that AWS could not finish is reported at once, whoever began it.

What we leave alone: volumes that nothing is attached to; databases, where a snapshot or a change of the
retention may stop writing for a while; members of Aurora clusters, which always keep backups. A snapshot or
a table's backup is deleted only where CloudTrail's event history says that our own role made it, so one of
somebody else's never is, and none that is older than the 90 days of that history; a snapshot only where it
has the tag, too, that ours get when they are made. One that an image was made of stays. What has the tag of
the parameter `ExpectedTag` is told as LOW and gets no backup. Of more than 200 tables in a region others are
looked at each night.

Sources: https://docs.aws.amazon.com/ebs/latest/userguide/ebs-creating-snapshot.html,
https://docs.aws.amazon.com/ebs/latest/userguide/ebs-cloud-watch-events.html,
https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_WorkingWithAutomatedBackups.html,
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/backuprestore_IAM.html,
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/supported-iam-actions-tagging.html (tags at creation)
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from chalicelib.aws import Aws
from chalicelib.events import Tick, mapping_in, moment, single, text_of, tick
from chalicelib.evidence.call import NOT_RECORDED
from chalicelib.evidence.excuse import SETTING as EXPECTED_TAG_KEY
from chalicelib.evidence.lately import GRANTS as LATELY
from chalicelib.own_calls import own_calls
from chalicelib.references import EXPECTED_TAG
from chalicelib.remediation import (
    Alert,
    Call,
    DeclaredCall,
    Grant,
    Plan,
    Proof,
    ProvenBy,
    Quiet,
    Remediation,
    Severity,
    Way,
)
from chalicelib.remediations.backup_missing.kept import NAME, TAG, Kept, OldBackup
from chalicelib.remediations.backup_missing.reading import (
    HOURS,
    KEPT,
    REGIONS,
    ROLE,
    Facts,
    blind,
    look,
)
from chalicelib.settings import Mode, Settings
from chalicelib.stack import Parameter
from chalicelib.triggers import OnEvent, OnSchedule
from chalicelib.wording import aws_command, number_of, some, span, when

NIGHTLY = "cron(10 2 * * ? *)"
FAILED_PATTERN: Mapping[str, Any] = {
    "source": ["aws.ec2"],
    "detail-type": ["EBS Snapshot Notification"],
    "detail": {"event": ["createSnapshot"], "result": ["failed"]},
}
HOURS_PARAMETER = Parameter(
    name="BackupHours",
    type="Number",
    default="30",
    minimum=1,
    maximum=720,
    description="So old a backup of a volume, a database or a table may be before it is missing.",
)
KEPT_PARAMETER = Parameter(
    name="BackupsKept",
    type="Number",
    default="7",
    minimum=1,
    maximum=60,
    description="So many backups of ours are kept of each volume and table, where backup_missing may act.",
)
REGIONS_PARAMETER = Parameter(
    name="BackupRegions",
    type="CommaDelimitedList",
    default="",
    description="Regions that backup_missing looks at; empty for the stack's own.",
    pattern="[a-z]{2}(-[a-z]+)+-[0-9]",
    constraint="Names of regions with commas between.",
)

_DESCRIBES = "EC2's describe calls take no resource"
_ANY = "which volume it is, and in which region, isn't known before"
_VOLUMES = "arn:${AWS::Partition}:ec2:*:${AWS::AccountId}:volume/*"
_TABLES = "arn:${AWS::Partition}:dynamodb:*:${AWS::AccountId}:table/*"
# A snapshot's ARN names no account.
_SNAPSHOTS = "arn:${AWS::Partition}:ec2:*::snapshot/*"
GRANTS = (
    Grant(action="ec2:DescribeVolumes", resource="*", because=_DESCRIBES),
    Grant(action="ec2:DescribeSnapshots", resource="*", because=_DESCRIBES),
    Grant(
        action="rds:DescribeDBInstances",
        resource="arn:${AWS::Partition}:rds:*:${AWS::AccountId}:db:*",
        because="all databases are looked at",
    ),
    Grant(
        action="rds:DescribeDBSnapshots", resource="*", because="snapshots are asked for by their database"
    ),
    *(
        Grant(action=f"dynamodb:{action}", resource="*", because="DynamoDB's lists take no resource")
        for action in ("ListTables", "ListBackups")
    ),
    *(
        Grant(action=f"dynamodb:{action}", resource=_TABLES, because="all tables are looked at")
        for action in ("DescribeTable", "DescribeContinuousBackups", "ListTagsOfResource")
    ),
    *LATELY,
    Grant(action="ec2:CreateSnapshot", resource=_VOLUMES, because=_ANY, acting=True),
    Grant(action="ec2:CreateSnapshot", resource=_SNAPSHOTS, because="AWS chooses its id", acting=True),
    Grant(
        action="ec2:CreateTags",
        resource=_SNAPSHOTS,
        because="AWS chooses its id; only a snapshot that is just being made can be tagged",
        acting=True,
        only=(("StringEquals", "ec2:CreateAction", "CreateSnapshot"),),
    ),
    Grant(
        action="ec2:DeleteSnapshot",
        resource=_SNAPSHOTS,
        because="AWS chose its id; only those with our tag, and event history says which of them are ours",
        acting=True,
        only=(("StringEquals", f"aws:ResourceTag/{TAG['Key']}", TAG["Value"]),),
    ),
    Grant(action="dynamodb:CreateBackup", resource=_TABLES, because=_ANY, acting=True),
    Grant(
        action="dynamodb:DeleteBackup",
        resource=f"{_TABLES}/backup/*",
        because="AWS chose its id, and backups have no tags; event history says which of them are ours",
        acting=True,
    ),
)
_EC2 = "arn:{partition}:ec2:{region}"


_TAGGED = ({"ResourceType": "snapshot", "Tags": [dict(TAG)]},)


def _only(*names: str) -> Callable[[Call], bool]:
    return lambda call: call.parameters.keys() == {*names}


def _is_tagged(call: Call) -> bool:
    given = call.parameters
    expected = {"VolumeId", "Description", "TagSpecifications"}
    return given.keys() == expected and list(given["TagSpecifications"]) == list(_TAGGED)


DECLARED_CALLS = (
    DeclaredCall(
        operation="ec2.create_snapshot",
        needs=(
            ("ec2:CreateSnapshot", f"{_EC2}:{{account}}:volume/{{VolumeId}}"),
            ("ec2:CreateSnapshot", f"{_EC2}::snapshot/*"),
            ("ec2:CreateTags", f"{_EC2}::snapshot/*"),
        ),
        fits=_is_tagged,
    ),
    DeclaredCall(
        operation="ec2.delete_snapshot",
        needs=(("ec2:DeleteSnapshot", f"{_EC2}::snapshot/{{SnapshotId}}"),),
        fits=_only("SnapshotId"),
    ),
    DeclaredCall(
        operation="dynamodb.create_backup",
        needs=(("dynamodb:CreateBackup", "arn:{partition}:dynamodb:{region}:{account}:table/{TableName}"),),
        fits=_only("TableName", "BackupName"),
    ),
    DeclaredCall(
        operation="dynamodb.delete_backup",
        needs=(("dynamodb:DeleteBackup", "{BackupArn}"),),
        fits=_only("BackupArn"),
    ),
)
# So much of that time earlier than it is missing: a night's look may be late, a snapshot takes its time.
_EARLIER = 0.25
# What one run of 50 seconds can do; who has more is told.
_MOST_CALLS = 60
_DESCRIBED_AS = "Trailwarden's backup of {}"
_CALLED = "trailwarden"  # the name of a table's backup; many may have it
_TOLD_AGAIN = 7 * 86_400
_ADVICE = """\
Find out why there is no backup: is the schedule gone, or was it never set up? Make one now, then let \
BackupMissingMode be enforce, or use AWS Backup. A table is best kept by point-in-time recovery: \
aws dynamodb update-continuous-backups --point-in-time-recovery-specification \
PointInTimeRecoveryEnabled=true --table-name TABLE"""


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotFailed:
    """AWS could not finish a snapshot. `key` is the snapshot's ARN and that it failed."""

    key: str
    at: datetime
    account: str
    region: str
    snapshot: str
    volume: str
    cause: str
    principal: str = ""


def snapshot_failed(raw: Mapping[str, Any]) -> SnapshotFailed:
    """EventBridge's event of a snapshot that failed; raises MalformedEvent."""
    detail = mapping_in(raw, "detail")
    snapshot = text_of(detail.get("snapshot_id"))
    return SnapshotFailed(
        key=f"{snapshot}@failed",
        at=moment(text_of(raw.get("time")), snapshot),
        account=text_of(raw.get("account")),
        region=text_of(raw.get("region")),
        snapshot=snapshot.rpartition("/")[2] or NOT_RECORDED,
        volume=text_of(detail.get("source")).rpartition("/")[2] or NOT_RECORDED,
        cause=text_of(detail.get("cause")) or NOT_RECORDED,
    )


# ---- decide -------------------------------------------------------------------------------------


def decide(event: Tick, facts: Facts, now: datetime, settings: Settings) -> Plan:
    """Tell what has no backup, make the snapshots that are due, and delete ours that are too many."""
    hours = timedelta(hours=settings.number(HOURS))
    missing = [each for each in (*facts.volumes, *facts.databases, *facts.tables) if each.lacks(now - hours)]
    late = now - hours * (1 - _EARLIER)
    due = [each for each in facts.volumes if each.due(late)]
    due_tables = [each for each in facts.tables if each.due(late)]
    calls = [
        *(_made(event, each) for each in due),
        *(_made_of_table(event, each) for each in due_tables),
        *(_deleted(event, each) for each in facts.old),
        *(_deleted_of_table(event, each) for each in facts.old_of_tables),
    ]
    left, calls = len(calls[_MOST_CALLS:]), calls[:_MOST_CALLS]
    planned = (*_undone(due), *_undone_of_tables(due_tables), *_left(left))
    alerts = []
    if missing or facts.could_not_read:
        alerts.append(_missing(event, facts, missing, hours, planned))
    if calls and settings.mode is not Mode.OBSERVE:
        alerts.append(_routine(event, facts, [*due, *due_tables], planned, settings))
    return Plan.alert(*alerts, calls=calls)


def _missing(
    event: Tick, facts: Facts, missing: Sequence[Kept], hours: timedelta, planned: Sequence[tuple[str, str]]
) -> Alert:
    told = [each for each in missing if not each.excuse]
    databases = [each for each in missing if each in facts.databases]
    volumes = [each for each in missing if each in facts.volumes]
    tables = [each for each in missing if each in facts.tables]
    names = sorted(f"{each.region}/{each.name}" for each in missing)
    subject = hashlib.sha256("\n".join(names).encode()).hexdigest()[:16]
    of_ours = some([f"{each.region}/{each.name}" for each in missing])
    return Alert(
        severity=Severity.MEDIUM if told or facts.could_not_read else Severity.LOW,
        title=(
            f"No backup in the last {span(hours)}: {of_ours}"
            if missing
            else "Whether there are backups could not be read"
        ),
        facts=(
            *(("Could not look", str(each)) for each in facts.could_not_read),
            *(("Volume", _described(each)) for each in volumes),
            *(("Database", _described(each)) for each in databases),
            *(("Table", _described(each)) for each in tables),
            *(("Make one with", _by_hand(each)) for each in databases),
            *planned,
            ("Looked at", when(event.at)),
            ("Account", event.account),
        ),
        advice=_ADVICE,
        quiet=None if facts.could_not_read else Quiet(subject=f"missing#{subject}", seconds=_TOLD_AGAIN),
    )


def _described(each: Kept) -> str:
    newest = f"newest backup {when(each.backup)}" if each.backup else "no backup at all"
    used = f", of {each.use}" if each.use else ""
    expected = (
        f"; expected by tag: {each.excuse}, which whoever may tag it may have put" if each.excuse else ""
    )
    return f"{each.name} in {each.region}{used}: {newest}{expected}"


def _by_hand(each: Kept) -> str:
    given = {"--db-instance-identifier": each.name, "--db-snapshot-identifier": f"{each.name}-by-hand"}
    return aws_command("rds", "create-db-snapshot", {**given, "--region": each.region})


def _routine(
    event: Tick, facts: Facts, due: Sequence[Kept], planned: Sequence[tuple[str, str]], settings: Settings
) -> Alert:
    quiet = Quiet(subject="routine", seconds=_TOLD_AGAIN) if settings.mode is Mode.ENFORCE else None
    old = (*facts.old, *facts.old_of_tables)
    return Alert(
        severity=Severity.INFO,
        title=f"Nightly backups: {len(due)} are due, {len(old)} of ours are too many",
        facts=(
            ("Due", some([f"{each.region}/{each.name}" for each in due]) if due else "none"),
            ("Too many", some([f"{each.region}/{each.id}" for each in old]) if old else "none"),
            *planned,
            ("Looked at", when(event.at)),
            ("Account", event.account),
        ),
        advice="Nothing is to be done. This is told once a week; what fails is told at once.",
        quiet=quiet,
    )


def _undone(due: Sequence[Kept]) -> Iterator[tuple[str, str]]:
    """A snapshot's id is AWS's to choose, so that no undo can name it before."""
    if due:
        described = f"Name=description,Values={_DESCRIBED_AS.format('*')}"
        find = aws_command("ec2", "describe-snapshots", {"--owner-ids": "self", "--filters": described})
        yield "Undo it with", f"aws ec2 delete-snapshot --snapshot-id ID, for each ID that this lists: {find}"


def _undone_of_tables(due: Sequence[Kept]) -> Iterator[tuple[str, str]]:
    if due:
        find = aws_command("dynamodb", "list-backups", {"--backup-type": "USER"})
        each = (
            f"aws dynamodb delete-backup --backup-arn ARN, for each called {_CALLED} that this lists as new"
        )
        yield "Undo a table's with", f"{each}: {find}"


def _left(count: int) -> Iterator[tuple[str, str]]:
    if count:
        yield "Left for the next night", f"{number_of(count, 'call')}: one night makes {_MOST_CALLS}"


def _made(event: Tick, volume: Kept) -> Call:
    return Call(
        service="ec2",
        operation="create_snapshot",
        parameters={
            "VolumeId": volume.name,
            "Description": _DESCRIBED_AS.format(volume.name),
            "TagSpecifications": list(_TAGGED),
        },
        account=event.account,
        region=volume.region,
        already=("InvalidVolume.NotFound",),
    )


def _made_of_table(event: Tick, table: Kept) -> Call:
    return Call(
        service="dynamodb",
        operation="create_backup",
        parameters={"TableName": table.name, "BackupName": _CALLED},
        account=event.account,
        region=table.region,
        already=("TableNotFoundException",),
        lost="the space it takes, until somebody deletes it",
    )


def _deleted_of_table(event: Tick, backup: OldBackup) -> Call:
    return Call(
        service="dynamodb",
        operation="delete_backup",
        parameters={"BackupArn": backup.id},
        account=event.account,
        region=backup.region,
        # In use: a table is just being restored from it.
        already=("BackupNotFoundException", "BackupInUseException"),
        lost=f"the backup of {backup.of}, of {when(backup.began)}, is gone for good",
    )


def _deleted(event: Tick, snapshot: OldBackup) -> Call:
    return Call(
        service="ec2",
        operation="delete_snapshot",
        parameters={"SnapshotId": snapshot.id},
        account=event.account,
        region=snapshot.region,
        # Somebody has made an image of it, and so wants it kept.
        already=("InvalidSnapshot.NotFound", "InvalidSnapshot.InUse"),
        lost=f"{snapshot.id} of {snapshot.of}, of {when(snapshot.began)}, is gone for good",
    )


def look_at_failure(_aws: Aws, _event: SnapshotFailed, _settings: Settings) -> None:
    """Read nothing: the event says all."""


def decide_failure(event: SnapshotFailed, _facts: None, _now: datetime, _settings: Settings) -> Plan:
    """Tell that a snapshot could not be finished."""
    again = aws_command("ec2", "create-snapshot", {"--volume-id": event.volume, "--region": event.region})
    return Plan.alert(
        Alert(
            severity=Severity.MEDIUM,
            title=f"The snapshot {event.snapshot} of {event.volume} failed",
            facts=(
                ("Cause", event.cause),
                ("When", when(event.at)),
                ("Account", event.account),
                ("Region", event.region),
                ("Make one with", again),
            ),
            advice="Until another one is complete, the volume has its older snapshots only.",
        )
    )


REMEDIATION = Remediation(
    name=NAME,
    title="A volume, a database or a table has no recent backup",
    woken_by="02:10 UTC each night, and a snapshot of a volume that fails, anywhere",
    response=(
        "reports what has no recent backup; backs volumes and tables up each night, and keeps so many, where "
        "its mode is `enforce`"
    ),
    page=__doc__ or "",
    ways=(
        Way(
            on=OnSchedule(expression=NIGHTLY),
            parse=single(tick),
            look=look,
            decide=decide,
            blind=blind,
            proof=Proof(
                by=ProvenBy.STATE,
                because="a backup is made where there is none, and ours are deleted where there are others",
            ),
        ),
        Way(
            on=OnEvent(pattern=FAILED_PATTERN, everywhere=True),
            parse=single(snapshot_failed),
            look=look_at_failure,
            decide=decide_failure,
            proof=Proof(by=ProvenBy.STATE, because="it never acts"),
        ),
        own_calls(
            "BackupMissingRole",
            ("ec2", "dynamodb"),
            ("CreateSnapshot", "DeleteSnapshot", "CreateBackup", "DeleteBackup"),
        ),
    ),
    grants=GRANTS,
    declared_calls=DECLARED_CALLS,
    settings={
        HOURS: HOURS_PARAMETER.ref,
        KEPT: KEPT_PARAMETER.ref,
        REGIONS: REGIONS_PARAMETER.joined,
        ROLE: {"Fn::GetAtt": ["BackupMissingRole", "Arn"]},
        EXPECTED_TAG_KEY: EXPECTED_TAG.ref,
    },
    parameters=(HOURS_PARAMETER, KEPT_PARAMETER, REGIONS_PARAMETER),
    managed_rules=("DB_INSTANCE_BACKUP_ENABLED", "DYNAMODB_PITR_ENABLED"),
    controls=("Security Hub EC2.28", "Security Hub RDS.11", "ATT&CK T1490"),
)
