"""Somebody shares a snapshot of a volume with strangers."""

from typing import Any

from chalicelib.remediation import Outcome
from scenarios.cloud.deployment import ACCOUNT
from scenarios.cloud.kernel.caller import Caller
from scenarios.cloud.world import World
from scenarios.runner.scenario import Action, Check, Given, Scenario, at, at_the_end, by
from scenarios.runner.words.actors import Actor
from scenarios.runner.words.checks import alert, no_more_alerts_than, outcome, state
from scenarios.runner.words.undoing import undoes_by_hand

NAME = "snapshot_shared"
STRANGER, PARTNER, TRUSTED = "999988887777", "333344445555", "210987654321"
ACTING = (
    ("SnapshotSharedMode", "enforce"),
    ("IgnoredPrincipals", f"arn:aws:iam::{ACCOUNT}:user/deploy-bot"),
    ("ExpectedTag", "expected"),
    ("TrustedAccounts", TRUSTED),
)

mallory = Actor(name="mallory", address="203.0.113.66")
deployer = Actor(name="deploy-bot", address="198.51.100.9")
intern = Actor(name="intern", address="192.0.2.15", policies=())

# EC2's name of each in the run that goes on; to look for one otherwise makes 1,300 that are AWS's.
_IDS: dict[str, str] = {}


def snapshot(name: str, *, region: str = "", tag: str = "", partner: str = "") -> Given:
    """A snapshot of a volume; `partner`: an account that it is shared with already."""

    def do(world: World) -> None:
        ec2: Any = world.client(world.user("builder"), "ec2", region)
        zone = f"{region or world.deployment.home}a"
        volume = ec2.create_volume(AvailabilityZone=zone, Size=8)["VolumeId"]
        made = _IDS[name] = ec2.create_snapshot(VolumeId=volume)["SnapshotId"]
        if tag:
            ec2.create_tags(Resources=[made], Tags=[{"Key": "expected", "Value": tag}])
        if partner:
            _modify(ec2, made, "add", partner)

    return Given(f"a snapshot {name}{f', shared with {partner}' if partner else ''}", do)


def _modify(ec2: Any, identity: str, how: str, whom: str) -> None:
    named = {"GroupNames": [whom]} if whom == "all" else {"UserIds": [whom]}
    ec2.modify_snapshot_attribute(
        SnapshotId=identity, Attribute="createVolumePermission", OperationType=how, **named
    )


def shares(
    actor: Actor, name: str, whom: str, *, how: str = "add", region: str = "", refused: bool = False
) -> Action:
    """ModifySnapshotAttribute: shared with one, or no more."""

    def do(world: World, caller: Caller) -> None:
        ec2 = world.client(caller, "ec2", region)
        try:
            _modify(ec2, _IDS[name], how, whom)
        except ec2.exceptions.ClientError as error:
            if not refused or error.response["Error"]["Code"] != "UnauthorizedOperation":
                raise

    done = "shares" if how == "add" else "stops sharing"
    return actor.does(f"{done} {name} with {whom}{', and is refused' if refused else ''}", do)


def is_shared_with(name: str, *whom: str, region: str = "") -> Check:
    """With exactly these."""

    def judge(ec2: Any) -> str | None:
        found = ec2.describe_snapshot_attribute(SnapshotId=_IDS[name], Attribute="createVolumePermission")
        users = sorted(each.get("Group") or each["UserId"] for each in found["CreateVolumePermissions"])
        return None if users == sorted(whom) else f"it is shared with {users or 'nobody'}"

    return state(f"{name} is shared with {', '.join(whom) or 'nobody'}", judge, "ec2", region)


SCENARIO = Scenario(
    name="snapshot_shared",
    title="Somebody shares a snapshot with an account that nobody knows",
    given=[snapshot("disk", partner=PARTNER)],
    when=[at("00:00", shares(mallory, "disk", STRANGER))],
    then=[
        by(
            "02:30",
            alert(
                NAME,
                "HIGH",
                STRANGER,
                "user/mallory",
                "203.0.113.66",
                "describe-snapshot-attribute",
                subject="shared with a stranger",
                without=[PARTNER],
            ),
        ),
        at_the_end(
            is_shared_with("disk", PARTNER, STRANGER),
            outcome(NAME, Outcome.OBSERVED),
            no_more_alerts_than(1, of=NAME),
        ),
    ],
)

ENFORCED = Scenario(
    name="snapshot_shared.enforced",
    title="Shared with everybody: taken back, a partner keeps it, who is expected shares it again",
    parameters=ACTING,
    lasts="30:00",
    given=[snapshot("disk", partner=PARTNER), snapshot("public", tag=NAME)],
    when=[
        at("00:00", shares(mallory, "disk", "all")),
        at("05:00", shares(mallory, "public", "all")),
        at("20:00", undoes_by_hand(deployer, NAME)),
    ],
    then=[
        by("02:30", alert(NAME, "HIGH", "To undo it:", subject="shared with everybody")),
        by("07:30", alert(NAME, "LOW", f"expected={NAME}")),
        at_the_end(
            is_shared_with("public", "all"),
            is_shared_with("disk", PARTNER, "all"),
            outcome(NAME, Outcome.ACTED),
            outcome(NAME, Outcome.SUPPRESSED, times=2),  # our own call, and what deploy-bot did
            no_more_alerts_than(2, of=NAME),
        ),
    ],
)

SILENT = Scenario(
    name="snapshot_shared.silent",
    title="With who is trusted, by who is expected, refused, taken back: no alert; in Sydney: taken back",
    home="eu-west-1",
    spokes=("us-east-1", "ap-southeast-2"),
    parameters=ACTING,
    given=[snapshot("disk", region="ap-southeast-2")],
    when=[
        at(
            "00:00",
            shares(mallory, "disk", TRUSTED, region="ap-southeast-2"),
            shares(intern, "disk", "all", region="ap-southeast-2", refused=True),
            shares(deployer, "disk", PARTNER, region="ap-southeast-2"),
            shares(mallory, "disk", "all", region="ap-southeast-2"),
            shares(mallory, "disk", "all", how="remove", region="ap-southeast-2"),
        ),
        at("10:00", shares(mallory, "disk", STRANGER, region="ap-southeast-2")),
    ],
    then=[
        by("12:30", alert(NAME, "HIGH", "ap-southeast-2", STRANGER, "Trailwarden did:")),
        at_the_end(
            is_shared_with("disk", TRUSTED, PARTNER, region="ap-southeast-2"),
            no_more_alerts_than(1, of=NAME),
        ),
    ],
)

SCENARIOS = (SCENARIO, ENFORCED, SILENT)

READS = (
    ("ec2", "DescribeSnapshotAttribute"),
    ("ec2", "DescribeSnapshots"),
    ("cloudtrail", "LookupEvents"),
)
READING = ENFORCED
