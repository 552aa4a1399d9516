"""Somebody sets a console password for somebody else, or takes a second factor away."""

from dataclasses import replace
from typing import Any

from chalicelib.remediation import Outcome
from scenarios.cloud.deployment import ACCOUNT
from scenarios.cloud.world import World
from scenarios.runner.scenario import Action, Check, Given, Scenario, at, at_the_end, by
from scenarios.runner.words.actors import Actor
from scenarios.runner.words.checks import alert, heard_of, no_more_alerts_than, outcome, state
from scenarios.runner.words.people import decides, ruled
from scenarios.runner.words.users import by_own_key, is_denied, keyed_user

NAME = "password_or_mfa_changed"
ACTING = (
    ("PasswordOrMfaChangedMode", "enforce"),
    ("IgnoredPrincipals", f"arn:aws:iam::{ACCOUNT}:user/deploy-bot"),
    ("ExpectedTag", "expected"),
)
CHOSEN = ("PasswordOrMfaChangedQuarantine", "caller")
PASSWORD = "correct-Horse-7"  # noqa: S105 - of a simulated user

FACTOR = f"arn:aws:iam::{ACCOUNT}:mfa/carol"

mallory = Actor(name="mallory", address="203.0.113.66")
alice = Actor(name="alice", address="198.51.100.4")
deployer = Actor(name="deploy-bot", address="198.51.100.9")
intern = Actor(name="intern", address="192.0.2.15", policies=())


def users() -> Given:
    """backup, without a password; carol, with a factor; robot, with a tag; mallory."""

    def do(world: World) -> None:
        iam: Any = world.client(world.user("builder"), "iam")
        for name in ("backup", "brief", "carol", "mallory"):
            iam.create_user(UserName=name)
        iam.create_user(UserName="robot", Tags=[{"Key": "expected", "Value": NAME}])
        device = iam.create_virtual_mfa_device(VirtualMFADeviceName="carol")["VirtualMFADevice"]
        iam.enable_mfa_device(
            UserName="carol",
            SerialNumber=device["SerialNumber"],
            AuthenticationCode1="123456",
            AuthenticationCode2="654321",
        )

    return Given("users backup, brief, carol with a second factor, and robot with a tag", do)


def sets_a_password(actor: Actor, name: str, *, refused: str = "") -> Action:
    """CreateLoginProfile."""
    words = f"sets a console password for {name}"
    return actor.calls(
        "iam", "create_login_profile", refused=refused, words=words, UserName=name, Password=PASSWORD
    )


def has_a_password(name: str, *, still: bool) -> Check:
    """Whether the user has a login profile."""

    def judge(iam: Any) -> str | None:
        try:
            iam.get_login_profile(UserName=name)
        except iam.exceptions.NoSuchEntityException:
            return "there is none" if still else None
        return None if still else "there is one"

    return state(f"{name} has {'a' if still else 'no'} console password", judge, "iam")


SCENARIO = Scenario(
    name="password_or_mfa_changed",
    title="A password is set for the backup user, carol's second factor is taken away",
    given=[users()],
    when=[
        at("00:00", sets_a_password(mallory, "backup")),
        at(
            "05:00",
            mallory.calls("iam", "deactivate_mfa_device", UserName="carol", SerialNumber=FACTOR),
        ),
    ],
    then=[
        by(
            "02:30",
            alert(NAME, "HIGH", "user/mallory", "delete-login-profile", subject="set for the user backup"),
        ),
        by("07:30", alert(NAME, "HIGH", "mfa/carol", "203.0.113.66", subject="MFA device of the user carol")),
        at_the_end(
            has_a_password("backup", still=True),
            outcome(NAME, Outcome.OBSERVED),
            outcome(NAME, Outcome.TOLD),
            no_more_alerts_than(2, of=NAME),
        ),
    ],
)

ENFORCED = Scenario(
    name="password_or_mfa_changed.enforced",
    title="The login profile is deleted once event history knows it; expected, gone, refused, tagged: left",
    home="eu-west-1",
    spokes=("us-east-1",),
    parameters=ACTING,
    lasts="35:00",
    given=[users()],
    when=[
        at(
            "00:00",
            sets_a_password(mallory, "backup"),
            sets_a_password(deployer, "carol"),
            sets_a_password(intern, "brief", refused="AccessDenied"),
            sets_a_password(mallory, "mallory"),
            sets_a_password(mallory, "brief"),
            mallory.calls("iam", "delete_login_profile", UserName="brief"),
        ),
        at("05:00", sets_a_password(mallory, "robot")),
    ],
    then=[
        by("02:30", alert(NAME, "HIGH", "does not know this call yet", "us-east-1", subject="Unconfirmed")),
        by("07:30", alert(NAME, "LOW", f"expected={NAME}")),
        at_the_end(
            has_a_password("backup", still=False),
            has_a_password("carol", still=True),
            has_a_password("robot", still=True),
            heard_of(NAME, "HIGH", "Confirmed", "Trailwarden did:", "the password, which nobody here knows"),
            outcome(NAME, Outcome.ACTED),
            no_more_alerts_than(3, of=NAME),
        ),
    ],
)

QUARANTINED = Scenario(
    name="password_or_mfa_changed.quarantined",
    title="Who took carol's second factor away is denied everything, until it is undone; an operator is not",
    parameters=(ACTING[0], CHOSEN, ("Operators", f"arn:aws:iam::{ACCOUNT}:user/ops")),
    lasts="35:00",
    given=[users(), keyed_user("eve"), keyed_user("ops")],
    when=[
        at("00:00", by_own_key("ops", "iam", "create_login_profile", UserName="backup", Password=PASSWORD)),
        at(
            "03:00",
            by_own_key("eve", "iam", "deactivate_mfa_device", UserName="carol", SerialNumber=FACTOR),
        ),
        at("23:30", by_own_key("eve", "iam", "list_users", refused="AccessDenied")),
        at("28:00", decides(alice, "undo", NAME)),
    ],
    then=[
        by(
            "23:00",
            is_denied("eve", yes=True),
            is_denied("ops", yes=False),
            has_a_password("backup", still=False),
            heard_of(NAME, "HIGH", "roles that eve has assumed", "detach-user-policy --user-name eve"),
        ),
        at_the_end(is_denied("eve", yes=False), ruled(NAME, "undone")),
    ],
)

SCENARIOS = (SCENARIO, ENFORCED, QUARANTINED)

READS = (
    ("iam", "GetLoginProfile"),
    ("iam", "ListMFADevices"),
    ("iam", "ListUserTags"),
    ("iam", "ListAttachedUserPolicies"),
    ("cloudtrail", "LookupEvents"),
)
READING = replace(ENFORCED, parameters=(*ACTING, CHOSEN))
