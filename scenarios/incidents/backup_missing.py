"""Volumes and databases without a recent backup, and the nightly snapshots."""

import json
from typing import Any

from chalicelib.remediation import Outcome
from scenarios.cloud.deployment import ACCOUNT
from scenarios.cloud.eventbridge.scheduled import scheduled_event
from scenarios.cloud.kernel.caller import Caller
from scenarios.cloud.world import World
from scenarios.runner.scenario import Action, Check, Given, Scenario, at, at_the_end, by
from scenarios.runner.words.actors import Actor, arrives
from scenarios.runner.words.checks import alert, no_more_alerts_than, outcome, state
from scenarios.runner.words.givens import no_looks_for_floods, table

NAME = "backup_missing"
# With an hour for thirty, a scenario needs no night: who operates the stack has the function look again.
HOURLY = (("BackupHours", "1"), ("Operators", f"arn:aws:iam::{ACCOUNT}:user/alice"))
ACTING = (
    ("BackupHours", "2"),
    *HOURLY[1:],
    ("BackupMissingMode", "enforce"),
    ("BackupsKept", "1"),
    ("ExpectedTag", "expected"),
)
IMAGE = "ami-12c6146b"

alice = Actor(name="alice", address="198.51.100.4")
mallory = Actor(name="mallory", address="203.0.113.66")
intern = Actor(name="intern", address="192.0.2.15", policies=())

# EC2's names of the instances and volumes in the run that goes on.
_IDS: dict[str, str] = {}


def instance(name: str, *, region: str = "", tag: str = "") -> Given:
    """An instance with a volume."""

    def do(world: World) -> None:
        ec2: Any = world.client(world.user("builder"), "ec2", region)
        (made,) = ec2.run_instances(ImageId=IMAGE, InstanceType="t4g.nano", MinCount=1, MaxCount=1)[
            "Instances"
        ]
        _IDS[name] = made["InstanceId"]
        (volume,) = ec2.describe_volumes(
            Filters=[{"Name": "attachment.instance-id", "Values": [made["InstanceId"]]}]
        )["Volumes"]
        _IDS[f"{name}'s volume"] = volume["VolumeId"]
        if tag:
            ec2.create_tags(Resources=[volume["VolumeId"]], Tags=[{"Key": "expected", "Value": tag}])

    return Given(f"an instance {name} with a volume{f' in {region}' if region else ''}", do)


def database(name: str, *, days: int) -> Given:
    """A database with automated backups of so many days."""

    def do(world: World) -> None:
        world.client(world.user("builder"), "rds").create_db_instance(
            DBInstanceIdentifier=name,
            DBInstanceClass="db.t4g.micro",
            Engine="postgres",
            BackupRetentionPeriod=days,
        )

    return Given(f"a database {name} with backups of {days} days", do)


def snapshots(actor: Actor, name: str, *, refused: bool = False) -> Action:
    """CreateSnapshot of an instance's volume."""

    def do(world: World, caller: Caller) -> None:
        ec2 = world.client(caller, "ec2")
        try:
            ec2.create_snapshot(VolumeId=_IDS[f"{name}'s volume"], Description="by hand")
        except ec2.exceptions.ClientError as error:
            if not refused or error.response["Error"]["Code"] != "UnauthorizedOperation":
                raise

    return actor.does(f"makes a snapshot of {name}{', and is refused' if refused else ''}", do)


def terminates(actor: Actor, name: str) -> Action:
    """TerminateInstances: the volume goes with it."""

    def do(world: World, caller: Caller) -> None:
        world.client(caller, "ec2").terminate_instances(InstanceIds=[_IDS[name]])

    return actor.does(f"terminates {name}", do)


def looks_again(actor: Actor) -> Action:
    """An operator hands the function what the schedule would."""

    def do(world: World, caller: Caller) -> None:
        rule = world.home.resources["BackupMissingTrigger1"].attributes["Arn"]
        payload = scheduled_event(
            rule, world.clock.now, region=world.deployment.home, account=ACCOUNT, event_id="by-hand"
        )
        world.client(caller, "lambda").invoke(
            FunctionName=world.home.resources["BackupMissing"].physical_id,
            InvocationType="Event",
            Payload=json.dumps(payload),
        )

    return actor.does("has backup_missing look again", do)


def snapshot_ends(result: str, *, region: str = "us-east-1") -> Action:
    """EBS's event of a snapshot that ended so.

    Source: https://docs.aws.amazon.com/ebs/latest/userguide/ebs-cloud-watch-events.html
    """
    arn = f"arn:aws:ec2::{region}:snapshot/snap-0123456789abcdef0"
    event = {
        "version": "0",
        "id": f"01234567-0123-0123-0123-0123456789{result[:2].encode().hex()[:2]}",
        "detail-type": "EBS Snapshot Notification",
        "source": "aws.ec2",
        "account": ACCOUNT,
        "time": "2026-03-02T03:02:00Z",
        "region": region,
        "resources": [arn],
        "detail": {
            "event": "createSnapshot",
            "result": result,
            "cause": "" if result == "succeeded" else "The volume could not be read",
            "request-id": "",
            "snapshot_id": arn,
            "source": f"arn:aws:ec2::{region}:volume/vol-0123456789abcdef0",
            "startTime": "2026-03-02T02:58:00Z",
            "endTime": "2026-03-02T03:02:00Z",
        },
    }
    return arrives(f"a snapshot in {region} has {result}", event, region=region)


def backups_are(name: str, *, ours: int, by_hand: int) -> Check:
    """So many of a table's backups are ours and others'."""

    def judge(dynamodb: Any) -> str | None:
        listed = dynamodb.list_backups(TableName=name)["BackupSummaries"]
        found = [each["BackupName"] for each in listed]
        wanted, counted = (ours, by_hand), (found.count("trailwarden"), found.count("by-hand"))
        return None if counted == wanted else f"{counted} instead of {wanted}: {found}"

    return state(f"{name} has {ours} backups of ours, {by_hand} of others", judge, "dynamodb")


def snapshots_are(name: str, *, ours: int, by_hand: int = 0) -> Check:
    """So many of a volume's snapshots are ours and others'."""

    def judge(ec2: Any) -> str | None:
        of_volume = [{"Name": "volume-id", "Values": [_IDS[f"{name}'s volume"]]}]
        own = [{"Name": "owner-id", "Values": [ACCOUNT]}]
        found = [
            each["Description"] for each in ec2.describe_snapshots(Filters=[*own, *of_volume])["Snapshots"]
        ]
        wanted = (ours, by_hand)
        counted = (len(found) - found.count("by hand"), found.count("by hand"))
        return None if counted == wanted else f"{counted} instead of {wanted}: {found}"

    return state(f"{name} has {ours} snapshots of ours, {by_hand} of others", judge, "ec2")


SCENARIO = Scenario(
    name=NAME,
    title="A volume, a database, a table have no recent backup: told; one that has, one that is gone: not",
    parameters=HOURLY,
    lasts="01:20:00",
    given=[
        no_looks_for_floods(),
        instance("web"),
        instance("kept"),
        instance("gone"),
        table("carts"),
        table("ledgers", recoverable=True),
        database("orders", days=0),
        database("books", days=7),
    ],
    when=[
        at("10:00", looks_again(alice)),
        at("30:00", snapshots(alice, "kept"), snapshots(intern, "web", refused=True)),
        at("40:00", terminates(mallory, "gone")),
        at("01:05:00", looks_again(alice)),
    ],
    then=[
        by("15:00", no_more_alerts_than(0, of=NAME)),  # everything is new
        by(
            "01:07:00",
            alert(
                NAME,
                "MEDIUM",
                "orders in us-east-1: no backup at all",
                "create-db-snapshot --db-instance-identifier orders",
                "carts in us-east-1: no backup at all",
                "Trailwarden would do",
                subject="No backup in the last 1 h",
                without=("books", "ledgers"),
            ),
            outcome(NAME, Outcome.OBSERVED, times=2),
        ),
        at_the_end(snapshots_are("web", ours=0), no_more_alerts_than(1, of=NAME)),
    ],
)

ENFORCED = Scenario(
    name="backup_missing.enforced",
    title="Snapshots are made, ours beyond those that are kept are deleted, one made by hand never is",
    parameters=ACTING,
    lasts="05:50:00",
    given=[no_looks_for_floods(), instance("web"), instance("scratch", tag=NAME), table("carts")],
    when=[
        at("01:00", snapshots(alice, "web")),
        at("02:00", alice.calls("dynamodb", "create_backup", TableName="carts", BackupName="by-hand")),
        # Each backup is due again at the next look, where the one before came late, too.
        at("02:05:00", looks_again(alice)),
        at("03:55:00", looks_again(alice)),
        at("05:45:00", looks_again(alice)),
    ],
    then=[
        by("02:07:00", snapshots_are("web", ours=1, by_hand=1), alert(NAME, "MEDIUM", "expected by tag")),
        by("03:57:00", snapshots_are("web", ours=2, by_hand=1), alert(NAME, "INFO", "2 are due")),
        at_the_end(
            snapshots_are("web", ours=2, by_hand=1),
            snapshots_are("scratch", ours=0),
            backups_are("carts", ours=2, by_hand=1),
            outcome(NAME, Outcome.ACTED, times=3),
        ),
    ],
)

ELSEWHERE = Scenario(
    name="backup_missing.elsewhere",
    title="Another region that the stack names is looked at, too",
    parameters=(*HOURLY, ("BackupRegions", "us-east-1,eu-west-1")),
    lasts="01:10:00",
    given=[no_looks_for_floods(), instance("far", region="eu-west-1")],
    when=[at("01:05:00", looks_again(alice))],
    then=[
        by("01:07:00", alert(NAME, "MEDIUM", "in eu-west-1, of i-", "no backup at all")),
        at_the_end(no_more_alerts_than(1, of=NAME)),
    ],
)

FAILED = Scenario(
    name="backup_missing.failed",
    title="A snapshot that fails is told at once, here and elsewhere; one that is done is not",
    spokes=("eu-west-1",),
    when=[
        at("00:00", snapshot_ends("succeeded"), snapshot_ends("failed")),
        at("05:00", snapshot_ends("failed", region="eu-west-1")),
    ],
    then=[
        by(
            "00:30", alert(NAME, "MEDIUM", "The volume could not be read", "create-snapshot --volume-id vol-")
        ),
        by("05:30", alert(NAME, "MEDIUM", "eu-west-1", times=1)),
        at_the_end(no_more_alerts_than(2, of=NAME)),
    ],
)

SCENARIOS = (SCENARIO, ENFORCED, ELSEWHERE, FAILED)

READS = (
    ("ec2", "DescribeVolumes"),
    ("ec2", "DescribeSnapshots"),
    ("rds", "DescribeDBInstances"),
    ("rds", "DescribeDBSnapshots"),
    ("dynamodb", "ListTables"),
    ("dynamodb", "ListBackups"),
    ("dynamodb", "DescribeTable"),
    ("dynamodb", "DescribeContinuousBackups"),
)
READING = SCENARIO
