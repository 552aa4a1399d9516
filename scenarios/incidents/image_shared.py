"""Somebody shares an image with strangers."""

from typing import Any

from chalicelib.remediation import Outcome
from scenarios.cloud.deployment import ACCOUNT
from scenarios.cloud.kernel.caller import Caller
from scenarios.cloud.world import World
from scenarios.runner.scenario import Action, Check, Given, Scenario, at, at_the_end, by
from scenarios.runner.words.actors import Actor, refused_by
from scenarios.runner.words.checks import alert, no_more_alerts_than, outcome, state
from scenarios.runner.words.undoing import undoes_by_hand

NAME = "image_shared"
STRANGER, TRUSTED = "999988887777", "210987654321"
ACTING = (
    ("ImageSharedMode", "enforce"),
    ("IgnoredPrincipals", f"arn:aws:iam::{ACCOUNT}:user/deploy-bot"),
    ("ExpectedTag", "expected"),
    ("TrustedAccounts", TRUSTED),
)

mallory = Actor(name="mallory", address="203.0.113.66")
deployer = Actor(name="deploy-bot", address="198.51.100.9")
intern = Actor(name="intern", address="192.0.2.15", policies=())

# EC2's name of each in the run that goes on; to look for one otherwise makes 1,300 that are AWS's.
_IDS: dict[str, str] = {}


def image(name: str, *, region: str = "", tag: str = "") -> Given:
    """An image of ours."""

    def do(world: World) -> None:
        ec2: Any = world.client(world.user("builder"), "ec2", region)
        made = ec2.register_image(Name=name, Architecture="x86_64", RootDeviceName="/dev/xvda")["ImageId"]
        _IDS[name] = made
        if tag:
            ec2.create_tags(Resources=[made], Tags=[{"Key": "expected", "Value": tag}])

    return Given(f"an image {name}", do)


def shares(
    actor: Actor, name: str, *, how: str = "Add", region: str = "", refused: str = "", **permission: str
) -> Action:
    """ModifyImageAttribute: `UserId="..."` or `Group="all"`; `how`: Add or Remove."""

    def do(world: World, caller: Caller) -> None:
        with refused_by(refused, f"{actor.name} was to be refused"):
            world.client(caller, "ec2", region).modify_image_attribute(
                ImageId=_IDS[name], LaunchPermission={how: [permission]}
            )

    done = "shares" if how == "Add" else "stops sharing"
    refusal = ", and is refused" if refused else ""
    return actor.does(f"{done} {name} with {', '.join(permission.values())}{refusal}", do)


def is_shared_with(name: str, *whom: str, region: str = "") -> Check:
    """With exactly these."""

    def judge(ec2: Any) -> str | None:
        found = ec2.describe_image_attribute(ImageId=_IDS[name], Attribute="launchPermission")
        users = sorted(value for each in found["LaunchPermissions"] for value in each.values())
        return None if users == sorted(whom) else f"it is shared with {users or 'nobody'}"

    return state(f"{name} is shared with {', '.join(whom) or 'nobody'}", judge, "ec2", region)


SCENARIO = Scenario(
    name="image_shared",
    title="Somebody shares an image with a stranger; with an account of ours it is no alert",
    parameters=ACTING[1:],
    given=[image("golden")],
    when=[at("00:00", shares(mallory, "golden", UserId=TRUSTED), shares(mallory, "golden", UserId=STRANGER))],
    then=[
        by("02:30", alert(NAME, "HIGH", STRANGER, "user/mallory", "203.0.113.66", without=[TRUSTED])),
        at_the_end(
            is_shared_with("golden", TRUSTED, STRANGER),
            outcome(NAME, Outcome.OBSERVED),
            no_more_alerts_than(1, of=NAME),
        ),
    ],
)

ENFORCED = Scenario(
    name="image_shared.enforced",
    title="Shared with everybody: taken back, and shared again by who is expected; one is excused by its tag",
    parameters=ACTING,
    lasts="30:00",
    given=[image("golden"), image("public", tag=NAME)],
    when=[
        at("00:00", shares(mallory, "public", Group="all"), shares(deployer, "golden", UserId=STRANGER)),
        at("05:00", shares(mallory, "golden", Group="all")),
        at("20:00", undoes_by_hand(deployer, NAME, "all")),
    ],
    then=[
        by("02:30", alert(NAME, "LOW", f"expected={NAME}")),
        by("07:30", is_shared_with("golden", STRANGER), alert(NAME, "HIGH", "To undo it:", "everybody")),
        at_the_end(
            is_shared_with("golden", STRANGER, "all"),
            is_shared_with("public", "all"),
            outcome(NAME, Outcome.ACTED),
            no_more_alerts_than(2, of=NAME),
        ),
    ],
)

SILENT = Scenario(
    name="image_shared.silent",
    title="With who is trusted, refused, taken back, by who is expected: no alert; in Sydney: taken back",
    home="eu-west-1",
    spokes=("us-east-1", "ap-southeast-2"),
    parameters=ACTING,
    given=[image("far", region="ap-southeast-2"), image("brief"), image("golden")],
    when=[
        at(
            "00:00",
            shares(mallory, "golden", UserId=TRUSTED),
            shares(intern, "golden", UserId=STRANGER, refused="UnauthorizedOperation"),
            shares(deployer, "golden", Group="all"),
            shares(mallory, "brief", UserId=STRANGER),
            shares(mallory, "brief", UserId=STRANGER, how="Remove"),
        ),
        at("05:00", shares(mallory, "far", UserId=STRANGER, region="ap-southeast-2")),
    ],
    then=[
        by("02:30", no_more_alerts_than(0, of=NAME)),
        by(
            "07:30",
            alert(NAME, "HIGH", STRANGER, "ap-southeast-2", "Trailwarden did:"),
            is_shared_with("far", region="ap-southeast-2"),
        ),
        at_the_end(
            is_shared_with("golden", TRUSTED, "all"),
            outcome(NAME, Outcome.ACTED),
            no_more_alerts_than(1, of=NAME),
        ),
    ],
)

SCENARIOS = (SCENARIO, ENFORCED, SILENT)

READS = (
    ("ec2", "DescribeImageAttribute"),
    ("ec2", "DescribeImages"),
    ("cloudtrail", "LookupEvents"),
)
READING = ENFORCED
