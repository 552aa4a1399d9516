"""Somebody has a KMS key deleted, or disables it."""

import json
from dataclasses import replace
from typing import Any

from chalicelib.remediation import Outcome
from scenarios.cloud.deployment import ACCOUNT
from scenarios.cloud.kernel.caller import Caller
from scenarios.cloud.world import World
from scenarios.runner.scenario import Action, Check, Given, Scenario, at, at_the_end, by
from scenarios.runner.words.actors import Actor, refused_by
from scenarios.runner.words.checks import alert, heard_of, no_more_alerts_than, outcome, state

NAME = "key_deletion_scheduled"
ACTING = (
    ("KeyDeletionScheduledMode", "enforce"),
    ("IgnoredPrincipals", f"arn:aws:iam::{ACCOUNT}:user/deploy-bot"),
    ("ExpectedTag", "expected"),
)

STRANGER, PARTNER = "999988887777", "210987654321"

mallory = Actor(name="mallory", address="203.0.113.66")
deployer = Actor(name="deploy-bot", address="198.51.100.9")
intern = Actor(name="intern", address="192.0.2.15", policies=())


def _policy(*others: str) -> str:
    """A key's policy that lets these accounts in beside its own."""
    statements = [
        {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
            "Action": "kms:*" if account == ACCOUNT else ["kms:Decrypt", "kms:CreateGrant"],
            "Resource": "*",
        }
        for account in (ACCOUNT, *others)
    ]
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def key(name: str, *, region: str = "", tag: str = "") -> Given:
    """A key with an alias."""

    def do(world: World) -> None:
        kms: Any = world.client(world.user("builder"), "kms", region)
        tags = [{"TagKey": "expected", "TagValue": tag}] if tag else []
        made = kms.create_key(Description=f"encrypts {name}", Tags=tags)["KeyMetadata"]["KeyId"]
        kms.create_alias(AliasName=f"alias/{name}", TargetKeyId=made)

    return Given(f"a key {name}", do)


def on_key(
    actor: Actor, name: str, operation: str, *, region: str = "", refused: str = "", **more: Any
) -> Action:
    """A call about the key of this alias, by its id."""

    def do(world: World, caller: Caller) -> None:
        with world.calls.muted():
            reader = world.client(world.user("reader"), "kms", region)
            identity = reader.describe_key(KeyId=f"alias/{name}")["KeyMetadata"]["KeyId"]
        with refused_by(refused, f"{actor.name} was to be refused"):
            getattr(world.client(caller, "kms", region), operation)(KeyId=identity, **more)

    refusal = ", and is refused" if refused else ""
    return actor.does(f"calls {operation.replace('_', ' ')} {name}{refusal}", do)


def key_is(name: str, wanted: str, *, region: str = "") -> Check:
    """Enabled, Disabled or PendingDeletion."""

    def judge(kms: Any) -> str | None:
        found = kms.describe_key(KeyId=f"alias/{name}")["KeyMetadata"]["KeyState"]
        return None if found == wanted else f"it is {found}"

    return state(f"the key {name} is {wanted}", judge, "kms", region)


SCENARIO = Scenario(
    name="key_deletion_scheduled",
    title="Somebody schedules the deletion of the key of the backups",
    given=[key("backups")],
    when=[at("00:00", on_key(mallory, "backups", "schedule_key_deletion", PendingWindowInDays=7))],
    then=[
        by(
            "02:30",
            alert(NAME, "HIGH", "PendingDeletion", "encrypts backups", "user/mallory", "2026-03-09"),
        ),
        at_the_end(
            key_is("backups", "PendingDeletion"),
            outcome(NAME, Outcome.OBSERVED),
            no_more_alerts_than(1, of=NAME),
        ),
    ],
)

ENFORCED = Scenario(
    name="key_deletion_scheduled.enforced",
    title="Cancelled and enabled once event history knows it, in Sydney too; expected or tagged: left",
    home="eu-west-1",
    spokes=("us-east-1", "ap-southeast-2"),
    parameters=ACTING,
    lasts="40:00",
    given=[
        key("backups"),
        key("far", region="ap-southeast-2"),
        key("old"),
        key("test", tag=NAME),
        key("brief"),
    ],
    when=[
        at(
            "00:00",
            on_key(mallory, "backups", "schedule_key_deletion", PendingWindowInDays=7),
            on_key(deployer, "old", "disable_key"),
            on_key(intern, "old", "disable_key", refused="AccessDeniedException"),
            on_key(mallory, "brief", "disable_key"),
            on_key(mallory, "brief", "enable_key"),
        ),
        at("02:00", on_key(mallory, "far", "disable_key", region="ap-southeast-2")),
        at("04:00", on_key(mallory, "test", "disable_key")),
    ],
    then=[
        by("02:30", alert(NAME, "HIGH", "does not know this call yet", "schedule-key-deletion")),
        by("07:00", alert(NAME, "LOW", f"expected={NAME}")),
        at_the_end(
            key_is("backups", "Enabled"),
            key_is("far", "Enabled", region="ap-southeast-2"),
            key_is("old", "Disabled"),
            key_is("test", "Disabled"),
            heard_of(NAME, "HIGH", "cancel-key-deletion", "enable-key", "Trailwarden did:"),
            heard_of(NAME, "HIGH", "Trailwarden did:", "ap-southeast-2", subject="was disabled"),
            outcome(NAME, Outcome.ACTED, times=2),
            no_more_alerts_than(5, of=NAME),
        ),
    ],
)

OPENED = Scenario(
    name="key_deletion_scheduled.opened",
    title="A key's policy lets a stranger in: an alert; a partner, or the account alone: none",
    parameters=(("TrustedAccounts", PARTNER), ("ExpectedTag", "expected")),
    given=[key("backups"), key("shared"), key("own"), key("test", tag=NAME)],
    when=[
        at(
            "00:00",
            on_key(mallory, "backups", "put_key_policy", Policy=_policy(STRANGER)),
            on_key(mallory, "shared", "put_key_policy", Policy=_policy(PARTNER)),
            on_key(mallory, "own", "put_key_policy", Policy=_policy()),
            on_key(mallory, "test", "put_key_policy", Policy=_policy(STRANGER)),
        ),
    ],
    then=[
        by(
            "02:30",
            alert(NAME, "HIGH", STRANGER, "user/mallory", "get-key-policy", subject="lets strangers in"),
        ),
        at_the_end(
            alert(NAME, "LOW", f"expected={NAME}"),
            outcome(NAME, Outcome.TOLD, times=2),
            no_more_alerts_than(2, of=NAME),
        ),
    ],
)

SCENARIOS = (SCENARIO, ENFORCED, OPENED)

READS = (
    ("kms", "DescribeKey"),
    ("kms", "GetKeyPolicy"),
    ("kms", "ListResourceTags"),
    ("cloudtrail", "LookupEvents"),
)
READING = replace(
    ENFORCED,
    when=(*ENFORCED.when, at("06:00", on_key(mallory, "old", "put_key_policy", Policy=_policy(STRANGER)))),
)
