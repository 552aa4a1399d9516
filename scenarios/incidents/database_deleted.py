"""Somebody deletes a database, or takes its protection away."""

from dataclasses import replace
from typing import Any

from chalicelib.remediation import Outcome
from scenarios.cloud.deployment import ACCOUNT
from scenarios.cloud.world import World
from scenarios.runner.scenario import Check, Given, Scenario, at, at_the_end, by
from scenarios.runner.words.actors import Actor
from scenarios.runner.words.checks import alert, no_more_alerts_than, outcome, state
from scenarios.runner.words.undoing import undoes_by_hand

NAME = "database_deleted"
ACTING = (
    ("DatabaseDeletedMode", "enforce"),
    ("IgnoredPrincipals", f"arn:aws:iam::{ACCOUNT}:user/deploy-bot"),
    ("ExpectedTag", "expected"),
)

mallory = Actor(name="mallory", address="203.0.113.66")
deployer = Actor(name="deploy-bot", address="198.51.100.9")
intern = Actor(name="intern", address="192.0.2.15", policies=())


def database(name: str, *, snapshot: str = "", tag: str = "", region: str = "") -> Given:
    """A database with deletion protection, or else with a snapshot, or neither."""

    def do(world: World) -> None:
        rds: Any = world.client(world.user("builder"), "rds", region)
        rds.create_db_instance(
            DBInstanceIdentifier=name,
            DBInstanceClass="db.t4g.micro",
            Engine="postgres",
            DeletionProtection=not snapshot,
            Tags=[{"Key": "expected", "Value": tag}] if tag else [],
        )
        if snapshot:
            rds.create_db_snapshot(DBSnapshotIdentifier=snapshot, DBInstanceIdentifier=name)

    return Given(f"a database {name}{f' with a snapshot {snapshot}' if snapshot else ''}", do)


def cluster(name: str, *, protected: bool = False, snapshot: str = "") -> Given:
    """A cluster, with deletion protection or without, perhaps with a snapshot."""

    def do(world: World) -> None:
        rds: Any = world.client(world.user("builder"), "rds")
        rds.create_db_cluster(
            DBClusterIdentifier=name,
            Engine="aurora-postgresql",
            MasterUsername="postgres",
            MasterUserPassword="only-here-7",
            DeletionProtection=protected,
        )
        if snapshot:
            rds.create_db_cluster_snapshot(DBClusterSnapshotIdentifier=snapshot, DBClusterIdentifier=name)

    return Given(f"a cluster {name}", do)


def modifies(actor: Actor, name: str, *, refused: str = "", region: str = "", **more: Any) -> Any:
    """ModifyDBInstance."""
    words = f"modifies {name}: {', '.join(more)}"
    return actor.calls(
        "rds",
        "modify_db_instance",
        refused=refused,
        region=region,
        words=words,
        DBInstanceIdentifier=name,
        **more,
    )


def is_protected(name: str, *, wanted: bool, region: str = "", kind: str = "instance") -> Check:
    """Whether deletion protection of an `instance` or a `cluster` is on."""

    def judge(rds: Any) -> str | None:
        described = (
            rds.describe_db_clusters(DBClusterIdentifier=name)["DBClusters"]
            if kind == "cluster"
            else rds.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"]
        )
        (found,) = described
        return (
            None if found["DeletionProtection"] is wanted else f"protection is {found['DeletionProtection']}"
        )

    return state(f"{name} is {'protected' if wanted else 'not protected'}", judge, "rds", region)


SCENARIO = Scenario(
    name="database_deleted",
    title="Somebody deletes a database: the alert has the snapshot and the command",
    given=[database("orders", snapshot="nightly")],
    when=[
        at(
            "00:00",
            mallory.calls("rds", "delete_db_instance", DBInstanceIdentifier="orders", SkipFinalSnapshot=True),
        )
    ],
    then=[
        by(
            "02:30",
            alert(
                NAME,
                "HIGH",
                "user/mallory",
                "203.0.113.66",
                "restore-db-instance-from-db-snapshot --db-instance-identifier orders "
                "--db-snapshot-identifier nightly",
            ),
        ),
        at_the_end(outcome(NAME, Outcome.TOLD), no_more_alerts_than(1, of=NAME)),
    ],
)

ENFORCED = Scenario(
    name="database_deleted.enforced",
    title="Protection is on again until who is expected takes it off; a password is told; a tag is LOW",
    parameters=ACTING,
    lasts="35:00",
    given=[database("orders"), database("test", tag=NAME), database("quiet")],
    when=[
        at(
            "00:00",
            modifies(mallory, "orders", DeletionProtection=False),
            modifies(mallory, "quiet", BackupRetentionPeriod=7),
            modifies(deployer, "quiet", DeletionProtection=False),
            modifies(intern, "orders", refused="AccessDenied", DeletionProtection=False),
        ),
        at("05:00", modifies(mallory, "orders", MasterUserPassword="mine-now-7")),
        at("10:00", modifies(mallory, "test", DeletionProtection=False)),
        at("25:00", undoes_by_hand(deployer, NAME)),
    ],
    then=[
        by(
            "02:30",
            is_protected("orders", wanted=True),
            alert(NAME, "HIGH", "To undo it:", subject="protection is off"),
        ),
        by("07:30", alert(NAME, "HIGH", subject="a new master password")),
        by("12:30", alert(NAME, "LOW", f"expected={NAME}")),
        at_the_end(
            is_protected("orders", wanted=False),
            is_protected("test", wanted=False),
            is_protected("quiet", wanted=False),
            outcome(NAME, Outcome.ACTED),
            no_more_alerts_than(3, of=NAME),
        ),
    ],
)

CLUSTERS = Scenario(
    name="database_deleted.clusters",
    title="A cluster's protection is on again; of another one that was deleted the alert has the snapshot",
    parameters=ACTING,
    given=[cluster("ledger", protected=True), cluster("old", snapshot="weekly")],
    when=[
        at(
            "00:00",
            mallory.calls("rds", "modify_db_cluster", DBClusterIdentifier="ledger", DeletionProtection=False),
        ),
        at(
            "05:00",
            mallory.calls("rds", "delete_db_cluster", DBClusterIdentifier="old", SkipFinalSnapshot=True),
        ),
    ],
    then=[
        by("02:30", alert(NAME, "HIGH", "Trailwarden did:", "cluster", subject="protection is off")),
        by("07:30", alert(NAME, "HIGH", "restore-db-cluster-from-snapshot", "weekly", subject="deleted")),
        at_the_end(
            is_protected("ledger", wanted=True, kind="cluster"),
            outcome(NAME, Outcome.ACTED),
            no_more_alerts_than(2, of=NAME),
        ),
    ],
)

ELSEWHERE = Scenario(
    name="database_deleted.elsewhere",
    title="The stack is in Ireland; in Sydney protection is on again; off and on, or kept on: no alert",
    home="eu-west-1",
    spokes=("us-east-1", "ap-southeast-2"),
    parameters=ACTING,
    given=[database("far", region="ap-southeast-2"), database("brief"), database("quiet")],
    when=[
        at(
            "00:00",
            modifies(mallory, "brief", DeletionProtection=False),
            modifies(mallory, "brief", DeletionProtection=True),
            modifies(mallory, "quiet", DeletionProtection=True, BackupRetentionPeriod=3),
        ),
        at("05:00", modifies(mallory, "far", region="ap-southeast-2", DeletionProtection=False)),
    ],
    then=[
        by("02:30", no_more_alerts_than(0, of=NAME)),
        by(
            "07:30",
            is_protected("far", wanted=True, region="ap-southeast-2"),
            alert(NAME, "HIGH", "ap-southeast-2", "Trailwarden did:", subject="protection is off"),
        ),
        at_the_end(outcome(NAME, Outcome.ACTED), no_more_alerts_than(1, of=NAME)),
    ],
)

SCENARIOS = (SCENARIO, ENFORCED, CLUSTERS, ELSEWHERE)

READS = (
    ("rds", "DescribeDBInstances"),
    ("rds", "DescribeDBClusters"),
    ("rds", "DescribeDBSnapshots"),
    ("rds", "DescribeDBClusterSnapshots"),
    ("cloudtrail", "LookupEvents"),
)
READING = replace(
    ENFORCED,
    given=(*ENFORCED.given, database("old", snapshot="nightly"), cluster("ledger"), cluster("brief")),
    when=(
        *ENFORCED.when,
        at(
            "12:00",
            mallory.calls("rds", "delete_db_instance", DBInstanceIdentifier="old", SkipFinalSnapshot=True),
        ),
        at(
            "14:00",
            mallory.calls("rds", "modify_db_cluster", DBClusterIdentifier="ledger", DeletionProtection=False),
        ),
        at(
            "16:00",
            mallory.calls("rds", "delete_db_cluster", DBClusterIdentifier="brief", SkipFinalSnapshot=True),
        ),
    ),
)
