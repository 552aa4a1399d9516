"""Somebody makes an access key for somebody else."""

from dataclasses import replace
from typing import Any

from chalicelib.remediation import Outcome
from scenarios.cloud.authorization.identity import ADMINISTRATOR
from scenarios.cloud.deployment import ACCOUNT
from scenarios.cloud.kernel.caller import Caller, session_on
from scenarios.cloud.world import World
from scenarios.runner.scenario import Action, Check, Given, Scenario, at, at_the_end, by, until
from scenarios.runner.words.actors import Actor, arrives
from scenarios.runner.words.checks import alert, heard_of, no_more_alerts_than, outcome, state
from scenarios.runner.words.people import decides
from scenarios.runner.words.undoing import undoes_by_hand
from scenarios.runner.words.users import DENY_ALL, by_own_key, is_denied, keyed_user

NAME = "access_key_created"
ACTING = (
    ("AccessKeyCreatedMode", "enforce"),
    ("IgnoredPrincipals", f"arn:aws:iam::{ACCOUNT}:user/deploy-bot"),
    ("ExpectedTag", "expected"),
)

CHOSEN = ("AccessKeyCreatedQuarantine", "caller")
QUARANTINING = (
    ACTING[0],
    CHOSEN,
    ("Operators", f"arn:aws:iam::{ACCOUNT}:user/alice"),
)

mallory = Actor(name="mallory", address="203.0.113.66")
alice = Actor(name="alice", address="198.51.100.4")
deployer = Actor(name="deploy-bot", address="198.51.100.9")
intern = Actor(name="intern", address="192.0.2.15", policies=())


def user(name: str, *, tag: str = "") -> Given:
    """A user who has no key yet."""

    def do(world: World) -> None:
        iam: Any = world.client(world.user("builder"), "iam")
        iam.create_user(UserName=name, Tags=[{"Key": "expected", "Value": tag}] if tag else [])

    return Given(f"a user {name}", do)


def makes_a_key(actor: Actor, name: str = "", *, refused: str = "") -> Action:
    """CreateAccessKey; `name` empty: for themselves."""
    for_whom = {"UserName": name} if name else {}
    words = f"makes an access key for {name or 'themselves'}"
    return actor.calls("iam", "create_access_key", refused=refused, words=words, **for_whom)


def drops_its_keys(actor: Actor, name: str) -> Action:
    """DeleteAccessKey of all there are."""

    def do(world: World, caller: Caller) -> None:
        iam = world.client(caller, "iam")
        for each in _keys(iam, name):
            iam.delete_access_key(UserName=name, AccessKeyId=each["AccessKeyId"])

    return actor.does(f"deletes the keys of {name}", do)


def sets_its_keys(actor: Actor, name: str, status: str) -> Action:
    """UpdateAccessKey of all there are."""

    def do(world: World, caller: Caller) -> None:
        iam = world.client(caller, "iam")
        for each in _keys(iam, name):
            iam.update_access_key(UserName=name, AccessKeyId=each["AccessKeyId"], Status=status)

    return actor.does(f"makes the keys of {name} {status}", do)


def by_a_role(name: str) -> Action:
    """CreateAccessKey by a session of a role."""

    def do(world: World) -> None:
        session = session_on(f"arn:aws:iam::{ACCOUNT}:role/admin", "mallory")
        session = world.identity.enrol(replace(session, policies=(ADMINISTRATOR,)))
        world.client(session, "iam").create_access_key(UserName=name)

    return Action(f"a session of the role admin makes an access key for {name}", do)


def deletes_user(name: str) -> Action:
    """What IAM asks for before it deletes a user, and that."""

    def do(world: World, caller: Caller) -> None:
        iam = world.client(caller, "iam")
        for each in _keys(iam, name):
            iam.delete_access_key(UserName=name, AccessKeyId=each["AccessKeyId"])
        for policy in iam.list_attached_user_policies(UserName=name)["AttachedPolicies"]:
            iam.detach_user_policy(UserName=name, PolicyArn=policy["PolicyArn"])
        iam.delete_user(UserName=name)

    return deployer.does(f"deletes the user {name}", do)


def _only_held_is_denied(iam: Any) -> str | None:
    found = [each["UserName"] for each in iam.list_entities_for_policy(PolicyArn=DENY_ALL)["PolicyUsers"]]
    return None if found == ["held"] else f"in quarantine: {found}"


def _keys(iam: Any, name: str) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = iam.list_access_keys(UserName=name)["AccessKeyMetadata"]
    return listed


def keys_are(name: str, *statuses: str) -> Check:
    """The states of a user's keys."""

    def judge(iam: Any) -> str | None:
        found = [each["Status"] for each in _keys(iam, name)]
        return None if found == list(statuses) else f"they are {found}"

    return state(f"the keys of {name} are {', '.join(statuses) or 'none'}", judge, "iam")


OF_ROOT = {
    "version": "0",
    "id": "50000000-0000-4000-8000-000000000000",
    "detail-type": "AWS API Call via CloudTrail",
    "source": "aws.iam",
    "account": ACCOUNT,
    "time": "2026-03-02T03:05:00Z",
    "region": "us-east-1",
    "resources": [],
    "detail": {
        "eventVersion": "1.11",
        "userIdentity": {"type": "Root", "arn": f"arn:aws:iam::{ACCOUNT}:root", "accountId": ACCOUNT},
        "eventTime": "2026-03-02T03:05:00Z",
        "eventSource": "iam.amazonaws.com",
        "eventName": "CreateAccessKey",
        "awsRegion": "us-east-1",
        "sourceIPAddress": "203.0.113.7",
        "requestParameters": None,
        "responseElements": {"accessKey": {"accessKeyId": "AKIAIOSFODNN7EXAMPLE", "status": "Active"}},
        "eventID": "60000000-0000-4000-8000-000000000000",
        "recipientAccountId": ACCOUNT,
    },
}

SCENARIO = Scenario(
    name="access_key_created",
    title="Somebody makes keys for the backup user and for root: two alerts, one with what only root can do",
    given=[user("backup")],
    when=[
        at("00:00", makes_a_key(mallory, "backup")),
        at("05:00", arrives("root makes a key for root", OF_ROOT)),
    ],
    then=[
        by(
            "02:30",
            alert(
                NAME,
                "HIGH",
                "backup",
                "Active keys:      1",
                "not yet",
                "user/mallory",
                subject="user backup",
            ),
        ),
        by("07:30", alert(NAME, "CRITICAL", "assume-root", "203.0.113.7", subject="the root user")),
        at_the_end(
            keys_are("backup", "Active"),
            outcome(NAME, Outcome.OBSERVED),
            outcome(NAME, Outcome.TOLD),
            no_more_alerts_than(2, of=NAME),
        ),
    ],
)

ENFORCED = Scenario(
    name="access_key_created.enforced",
    title="The key is deactivated once event history knows the call; somebody expected activates it again",
    parameters=ACTING,
    lasts="45:00",
    given=[user("backup"), user("robot", tag=NAME)],
    when=[
        at("00:00", makes_a_key(mallory, "backup")),
        at("25:00", undoes_by_hand(deployer, NAME)),
        at("30:00", makes_a_key(mallory, "robot")),
    ],
    then=[
        by("02:30", alert(NAME, "HIGH", "does not know this call yet", subject="Unconfirmed")),
        until("00:50", keys_are("backup", "Active")),
        by("20:00", keys_are("backup", "Inactive"), heard_of(NAME, "HIGH", "Confirmed", "To undo it:")),
        at_the_end(
            keys_are("backup", "Active"),
            keys_are("robot", "Active"),
            alert(NAME, "LOW", f"expected={NAME}"),
            outcome(NAME, Outcome.ACTED),
            outcome(NAME, Outcome.SUPPRESSED, times=2),  # our own call, and what deploy-bot did
            no_more_alerts_than(3, of=NAME),
        ),
    ],
)

SILENT = Scenario(
    name="access_key_created.silent",
    title="For themselves, by somebody expected, refused, deleted again: no alert; switched on again: one",
    home="eu-west-1",
    spokes=("us-east-1",),
    parameters=ACTING[1:],
    given=[user("alice"), user("backup"), user("brief"), user("old")],
    when=[
        at(
            "00:00",
            makes_a_key(alice),
            makes_a_key(deployer, "backup"),
            makes_a_key(intern, "backup", refused="AccessDenied"),
            makes_a_key(mallory, "brief"),
            drops_its_keys(mallory, "brief"),
            makes_a_key(deployer, "old"),
            sets_its_keys(deployer, "old", "Inactive"),
        ),
        at("05:00", sets_its_keys(mallory, "old", "Active")),
    ],
    then=[
        by("07:30", alert(NAME, "HIGH", "user/mallory", "us-east-1", subject="switched on for the user old")),
        at_the_end(keys_are("brief"), no_more_alerts_than(1, of=NAME)),
    ],
)

QUARANTINED = Scenario(
    name="access_key_created.quarantined",
    title="Who made the key is denied everything, by keys that stand in IAM; an operator undoes it",
    parameters=QUARANTINING,
    lasts="35:00",
    given=[user("backup"), keyed_user("mallory")],
    when=[
        at("00:00", by_own_key("mallory", "iam", "create_access_key", UserName="backup")),
        at("20:30", by_own_key("mallory", "iam", "list_users", refused="AccessDenied")),
        at("25:00", decides(alice, "undo", NAME)),
        at("30:00", by_own_key("mallory", "iam", "list_users")),
    ],
    then=[
        until("00:50", is_denied("mallory", yes=False)),
        by(
            "20:00",
            is_denied("mallory", yes=True),
            keys_are("backup", "Inactive"),
            heard_of(
                NAME,
                "HIGH",
                "roles that mallory has assumed",
                "its keys, its console and its own sessions",
                "aws iam detach-user-policy --user-name mallory",
            ),
        ),
        at_the_end(
            is_denied("mallory", yes=False), keys_are("backup", "Active"), outcome(NAME, Outcome.UNDONE)
        ),
    ],
)

SPARED = Scenario(
    name="access_key_created.spared",
    title="An operator, a role, somebody denied before, somebody gone: the keys go, nobody is put away",
    parameters=QUARANTINING,
    lasts="25:00",
    given=[
        user("backup"),
        keyed_user("alice"),
        keyed_user("held"),
        user("old"),
        user("new"),
        user("stray"),
        keyed_user("brief"),
    ],
    when=[
        at(
            "00:00",
            makes_a_key(alice, "backup"),
            makes_a_key(Actor(name="held"), "old"),
            deployer.calls("iam", "attach_user_policy", UserName="held", PolicyArn=DENY_ALL),
            by_a_role("new"),
            makes_a_key(Actor(name="brief"), "stray"),
        ),
        at("00:01", deletes_user("brief")),
    ],
    then=[
        at_the_end(
            *(keys_are(name, "Inactive") for name in ("backup", "old", "new", "stray")),
            is_denied("alice", yes=False),
            heard_of(NAME, "HIGH", "AWSDenyAll is attached to the user held already"),
            state("nobody but held is in quarantine", _only_held_is_denied, "iam"),
            outcome(NAME, Outcome.ACTED, times=4),
        ),
    ],
)

SCENARIOS = (SCENARIO, ENFORCED, SILENT, QUARANTINED, SPARED)

READS = (
    ("iam", "ListAccessKeys"),
    ("iam", "GetAccessKeyLastUsed"),
    ("iam", "ListUserTags"),
    ("iam", "ListAttachedUserPolicies"),
    ("cloudtrail", "LookupEvents"),
)
READING = replace(ENFORCED, parameters=(*ACTING, CHOSEN))
