"""Somebody shares a snapshot of a database with strangers."""

from typing import Any

from chalicelib.remediation import Outcome
from scenarios.cloud.deployment import ACCOUNT
from scenarios.cloud.world import World
from scenarios.runner.scenario import Action, Check, Given, Scenario, at, at_the_end, by
from scenarios.runner.words.actors import Actor
from scenarios.runner.words.checks import alert, no_more_alerts_than, outcome, state
from scenarios.runner.words.undoing import undoes_by_hand

NAME = "database_snapshot_shared"
STRANGER, TRUSTED = "999988887777", "210987654321"
ACTING = (
    ("DatabaseSnapshotSharedMode", "enforce"),
    ("IgnoredPrincipals", f"arn:aws:iam::{ACCOUNT}:user/deploy-bot"),
    ("ExpectedTag", "expected"),
    ("TrustedAccounts", TRUSTED),
)

mallory = Actor(name="mallory", address="203.0.113.66")
deployer = Actor(name="deploy-bot", address="198.51.100.9")
intern = Actor(name="intern", address="192.0.2.15", policies=())


def snapshots(*, region: str = "") -> Given:
    """A database's snapshot `nightly`, one `open` with a tag, and a cluster's `ledger`."""

    def do(world: World) -> None:
        rds: Any = world.client(world.user("builder"), "rds", region)
        rds.create_db_instance(
            DBInstanceIdentifier="orders", DBInstanceClass="db.t4g.micro", Engine="postgres"
        )
        rds.create_db_snapshot(DBSnapshotIdentifier="nightly", DBInstanceIdentifier="orders")
        excused = [{"Key": "expected", "Value": NAME}]
        rds.create_db_snapshot(DBSnapshotIdentifier="open", DBInstanceIdentifier="orders", Tags=excused)
        rds.create_db_cluster(
            DBClusterIdentifier="ledger",
            Engine="aurora-postgresql",
            MasterUsername="admin",
            MasterUserPassword="a-password",
        )
        rds.create_db_cluster_snapshot(DBClusterSnapshotIdentifier="ledger", DBClusterIdentifier="ledger")

    return Given("snapshots nightly and open of a database, and ledger of a cluster", do)


def shares(actor: Actor, name: str, whom: str, *, region: str = "", refused: str = "") -> Action:
    """ModifyDBSnapshotAttribute, or the cluster's for the snapshot `ledger`."""
    operation, identifier = _calls(name, "modify", "attribute")
    return actor.calls(
        "rds",
        operation,
        region=region,
        refused=refused,
        words=f"shares {name} with {whom}",
        AttributeName="restore",
        ValuesToAdd=[whom],
        **{identifier: name},
    )


def _calls(name: str, verb: str, rest: str) -> tuple[str, str]:
    if name == "ledger":
        return f"{verb}_db_cluster_snapshot_{rest}", "DBClusterSnapshotIdentifier"
    return f"{verb}_db_snapshot_{rest}", "DBSnapshotIdentifier"


def is_shared_with(name: str, *whom: str, region: str = "") -> Check:
    """With exactly these."""

    def judge(rds: Any) -> str | None:
        operation, identifier = _calls(name, "describe", "attributes")
        attributes = f"{identifier.removesuffix('Identifier')}Attributes"
        found = getattr(rds, operation)(**{identifier: name})[f"{attributes}Result"][attributes]
        users = sorted(value for each in found for value in each["AttributeValues"])
        return None if users == sorted(whom) else f"it is shared with {users or 'nobody'}"

    return state(f"{name} is shared with {', '.join(whom) or 'nobody'}", judge, "rds", region)


SCENARIO = Scenario(
    name="database_snapshot_shared",
    title="Somebody shares a database's snapshot with a stranger",
    given=[snapshots()],
    when=[at("00:00", shares(mallory, "nightly", STRANGER))],
    then=[
        by(
            "02:30",
            alert(
                NAME,
                "HIGH",
                STRANGER,
                "user/mallory",
                "203.0.113.66",
                "describe-db-snapshot-attributes",
            ),
        ),
        at_the_end(
            is_shared_with("nightly", STRANGER),
            outcome(NAME, Outcome.OBSERVED),
            no_more_alerts_than(1, of=NAME),
        ),
    ],
)

ENFORCED = Scenario(
    name="database_snapshot_shared.enforced",
    title="A database's and a cluster's snapshot: taken back; who is expected shares one again",
    parameters=ACTING,
    lasts="30:00",
    given=[snapshots()],
    when=[
        at("00:00", shares(mallory, "nightly", "all"), shares(mallory, "open", "all")),
        at("05:00", shares(mallory, "ledger", STRANGER)),
        at("20:00", undoes_by_hand(deployer, NAME, "ledger")),
    ],
    then=[
        by("02:30", is_shared_with("nightly"), alert(NAME, "HIGH", "everybody", "To undo it:")),
        by("07:30", is_shared_with("ledger"), alert(NAME, "HIGH", STRANGER, "To undo it:")),
        at_the_end(
            is_shared_with("nightly"),
            is_shared_with("open", "all"),
            is_shared_with("ledger", STRANGER),
            alert(NAME, "LOW", f"expected={NAME}"),
            outcome(NAME, Outcome.ACTED, times=2),
            no_more_alerts_than(3, of=NAME),
        ),
    ],
)

SILENT = Scenario(
    name="database_snapshot_shared.silent",
    title="With who is trusted, by who is expected, refused, gone: no alert; in Sydney: taken back",
    home="eu-west-1",
    spokes=("us-east-1", "ap-southeast-2"),
    parameters=ACTING,
    given=[snapshots(region="ap-southeast-2")],
    when=[
        at(
            "00:00",
            shares(mallory, "nightly", TRUSTED, region="ap-southeast-2"),
            shares(intern, "nightly", "all", region="ap-southeast-2", refused="AccessDenied"),
            shares(deployer, "ledger", STRANGER, region="ap-southeast-2"),
            shares(mallory, "open", "all", region="ap-southeast-2"),
            mallory.calls("rds", "delete_db_snapshot", region="ap-southeast-2", DBSnapshotIdentifier="open"),
        ),
        at("10:00", shares(mallory, "nightly", STRANGER, region="ap-southeast-2")),
    ],
    then=[
        by("12:30", alert(NAME, "HIGH", "ap-southeast-2", STRANGER)),
        at_the_end(
            is_shared_with("nightly", TRUSTED, region="ap-southeast-2"), no_more_alerts_than(1, of=NAME)
        ),
    ],
)

SCENARIOS = (SCENARIO, ENFORCED, SILENT)

READS = (
    ("rds", "DescribeDBSnapshotAttributes"),
    ("rds", "DescribeDBSnapshots"),
    ("rds", "DescribeDBClusterSnapshotAttributes"),
    ("rds", "DescribeDBClusterSnapshots"),
    ("cloudtrail", "LookupEvents"),
)
READING = ENFORCED
