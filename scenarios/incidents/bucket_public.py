"""Somebody makes a bucket public, or takes away the block that keeps it from being so."""

import json
from typing import Any

from chalicelib.remediation import Outcome
from scenarios.cloud.deployment import ACCOUNT
from scenarios.cloud.kernel.caller import Caller
from scenarios.cloud.world import World
from scenarios.runner.scenario import Action, Check, Given, Scenario, at, at_the_end, by
from scenarios.runner.words.actors import Actor
from scenarios.runner.words.checks import alert, no_more_alerts_than, outcome, state
from scenarios.runner.words.organization import organization, our_organization
from scenarios.runner.words.undoing import undoes_by_hand

NAME = "bucket_public"
STRANGER = "999988887777"
WHOLE = dict.fromkeys(
    ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
)
NONE = dict.fromkeys(WHOLE, False)
ACTING = (
    ("BucketPublicMode", "enforce"),
    ("IgnoredPrincipals", f"arn:aws:iam::{ACCOUNT}:user/deploy-bot"),
    ("ExpectedTag", "expected"),
    ("TrustedAccounts", "210987654321"),
)

mallory = Actor(name="mallory", address="203.0.113.66")
alice = Actor(name="alice", address="198.51.100.4")
deployer = Actor(name="deploy-bot", address="198.51.100.9")
intern = Actor(name="intern", address="192.0.2.15", policies=())


def bucket(name: str, *, blocked: bool = True, region: str = "", tag: str = "") -> Given:
    """A bucket, as S3 makes them: with a whole block, unless `blocked` is False."""

    def do(world: World) -> None:
        s3: Any = world.client(world.user("builder"), "s3", region)
        where = {"CreateBucketConfiguration": {"LocationConstraint": region}} if region else {}
        ownership = {} if blocked else {"ObjectOwnership": "ObjectWriter"}  # with ACLs, as it was before 2023
        s3.create_bucket(Bucket=name, **where, **ownership)
        s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=WHOLE if blocked else NONE)
        if tag:
            s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": [{"Key": "expected", "Value": tag}]})

    return Given(f"a bucket {name}{'' if blocked else ' without a public access block'}", do)


def allows(
    actor: Actor, name: str, principal: Any, *, refused: str = "", region: str = "", **more: Any
) -> Action:
    """PutBucketPolicy that lets this principal read."""
    statement = {
        "Effect": "Allow",
        "Principal": principal,
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{name}/*",
        **more,
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    words = f"lets {json.dumps(principal)} read {name}{', with a condition' if more else ''}"
    return actor.calls(
        "s3", "put_bucket_policy", region=region, refused=refused, words=words, Bucket=name, Policy=policy
    )


def lets_our_organization_read(actor: Actor, name: str) -> Action:
    """PutBucketPolicy for whoever is of the account's organization."""

    def do(world: World) -> None:
        condition = {"StringEquals": {"aws:PrincipalOrgID": our_organization(world)}}
        allows(actor, name, "*", Condition=condition).do(world)

    return Action(f"{actor.name} lets our organization read {name}", do)


def unblocks(actor: Actor, name: str) -> Action:
    """DeletePublicAccessBlock."""
    return actor.calls("s3", "delete_public_access_block", Bucket=name)


def sets_account_block(actor: Actor, block: dict[str, bool]) -> Action:
    """PutPublicAccessBlock of the account."""

    def do(world: World, caller: Caller) -> None:
        world.client(caller, "s3control").put_public_access_block(
            AccountId=ACCOUNT, PublicAccessBlockConfiguration=block
        )

    return actor.does(f"sets the account's block {'whole' if all(block.values()) else 'to nothing'}", do)


def is_blocked(name: str, *, whole: bool, region: str = "") -> Check:
    """Whether the bucket's block is whole."""

    def judge(s3: Any) -> str | None:
        try:
            found = s3.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"]
        except s3.exceptions.ClientError:
            found = {}
        return None if (found == WHOLE) == whole else f"its block is {found}"

    return state(f"the bucket {name} is {'blocked' if whole else 'not blocked'}", judge, "s3", region)


def _account_blocked(control: Any) -> str | None:
    found = control.get_public_access_block(AccountId=ACCOUNT)["PublicAccessBlockConfiguration"]
    return None if found == WHOLE else f"it is {found}"


SCENARIO = Scenario(
    name="bucket_public",
    title="Somebody takes a bucket's block away and lets everybody read: two alerts say so",
    given=[bucket("invoices")],
    when=[
        at("00:00", unblocks(mallory, "invoices")),
        at("05:00", allows(mallory, "invoices", "*")),
    ],
    then=[
        by("02:30", alert(NAME, "MEDIUM", "user/mallory", "203.0.113.66", subject="nothing in it is public")),
        by("07:30", alert(NAME, "HIGH", "its policy lets everybody in", subject="invoices is public")),
        at_the_end(
            is_blocked("invoices", whole=False),
            outcome(NAME, Outcome.OBSERVED, times=2),
            no_more_alerts_than(2, of=NAME),
        ),
    ],
)

ENFORCED = Scenario(
    name="bucket_public.enforced",
    title="A policy and an ACL for everybody: the block is put back, alice undoes one, a tag excuses one",
    parameters=ACTING,
    lasts="40:00",
    given=[
        bucket("invoices", blocked=False),
        bucket("reports", blocked=False),
        bucket("site", blocked=False, tag=NAME),
    ],
    when=[
        at("00:00", allows(mallory, "invoices", {"AWS": "*"})),
        at("10:00", mallory.calls("s3", "put_bucket_acl", Bucket="reports", ACL="authenticated-read")),
        at("20:00", undoes_by_hand(deployer, NAME, "reports")),
        at("30:00", allows(alice, "site", "*")),
    ],
    then=[
        by("02:30", is_blocked("invoices", whole=True), alert(NAME, "HIGH", "To undo it:", "invoices")),
        by("12:30", is_blocked("reports", whole=True), alert(NAME, "HIGH", "READ to everybody who has any")),
        at_the_end(
            is_blocked("invoices", whole=True),
            is_blocked("reports", whole=False),
            is_blocked("site", whole=False),
            alert(NAME, "LOW", f"expected={NAME}"),
            outcome(NAME, Outcome.ACTED, times=2),
            outcome(NAME, Outcome.SUPPRESSED, times=3),  # our own two calls, and what deploy-bot did
            no_more_alerts_than(3, of=NAME),
        ),
    ],
)

ACCOUNT_WIDE = Scenario(
    name="bucket_public.account",
    title="The account's block is taken away: it is put back as event history saw it set",
    parameters=ACTING,
    lasts="35:00",
    when=[
        at("00:00", sets_account_block(alice, WHOLE)),
        at("20:00", sets_account_block(mallory, NONE)),
    ],
    then=[
        by(
            "23:00",
            alert(NAME, "HIGH", "Before:", "all four settings are on", "Trailwarden did:", subject="is off"),
        ),
        at_the_end(
            state("the account's block is whole", _account_blocked, "s3control"),
            no_more_alerts_than(1, of=NAME),
        ),
    ],
)

SILENT = Scenario(
    name="bucket_public.silent",
    title="Closed by a condition, to ourselves, to who we trust, refused: no alert. A stranger: one",
    parameters=ACTING,
    given=[bucket("open", blocked=False), bucket("closed"), bucket("site", blocked=False), organization()],
    when=[
        at(
            "00:00",
            lets_our_organization_read(mallory, "open"),
            allows(mallory, "open", {"AWS": f"arn:aws:iam::{ACCOUNT}:user/alice"}),
            allows(mallory, "open", {"AWS": "arn:aws:iam::210987654321:root"}),
            allows(intern, "open", "*", refused="AccessDenied"),
            mallory.calls("s3", "put_bucket_acl", Bucket="open", ACL="private"),
            mallory.calls("s3", "create_bucket", Bucket="another"),
            mallory.calls(
                "s3", "put_public_access_block", Bucket="closed", PublicAccessBlockConfiguration=WHOLE
            ),
            allows(deployer, "site", "*"),
        ),
        at("05:00", allows(mallory, "open", {"AWS": f"arn:aws:iam::{STRANGER}:root"})),
    ],
    then=[
        by("07:30", alert(NAME, "HIGH", f"arn:aws:iam::{STRANGER}:root", subject="a stranger in")),
        at_the_end(
            is_blocked("open", whole=False), is_blocked("site", whole=False), no_more_alerts_than(1, of=NAME)
        ),
    ],
)

ELSEWHERE = Scenario(
    name="bucket_public.elsewhere",
    title="The stack is in Ireland; a bucket in Sydney is opened, another is gone before we look",
    home="eu-west-1",
    spokes=("us-east-1", "ap-southeast-2"),
    parameters=ACTING,
    given=[
        bucket("far", blocked=False, region="ap-southeast-2"),
        bucket("brief", blocked=False, region="ap-southeast-2"),
    ],
    when=[
        at(
            "00:00",
            allows(mallory, "far", "*", region="ap-southeast-2"),
            allows(mallory, "brief", "*", region="ap-southeast-2"),
            mallory.calls("s3", "delete_bucket", region="ap-southeast-2", Bucket="brief"),
        )
    ],
    then=[
        by("02:30", alert(NAME, "HIGH", "ap-southeast-2", subject="far is public")),
        at_the_end(is_blocked("far", whole=True, region="ap-southeast-2"), no_more_alerts_than(1, of=NAME)),
    ],
)

SCENARIOS = (SCENARIO, ENFORCED, ACCOUNT_WIDE, SILENT, ELSEWHERE)

READS = (
    ("s3", "GetBucketPolicy"),
    ("s3", "GetBucketAcl"),
    ("s3", "GetPublicAccessBlock"),
    ("s3", "GetBucketTagging"),
    ("s3control", "GetPublicAccessBlock"),
    ("cloudtrail", "LookupEvents"),
)
READING = ENFORCED
