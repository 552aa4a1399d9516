"""Somebody is made an administrator."""

import json
from dataclasses import replace
from typing import Any

from chalicelib.remediation import Outcome
from scenarios.cloud.deployment import ACCOUNT
from scenarios.cloud.world import World
from scenarios.runner.scenario import Action, Given, Scenario, at, at_the_end, by
from scenarios.runner.words.actors import Actor
from scenarios.runner.words.checks import alert, heard_of, no_more_alerts_than, outcome, state
from scenarios.runner.words.people import decides, ruled
from scenarios.runner.words.users import ADMINISTRATOR, by_own_key, is_denied, keyed_user

NAME = "administrator_made"
READER = "arn:aws:iam::aws:policy/ReadOnlyAccess"
DEPLOY = f"arn:aws:iam::{ACCOUNT}:policy/deploy"
ACTING = (
    ("AdministratorMadeMode", "enforce"),
    ("IgnoredPrincipals", f"arn:aws:iam::{ACCOUNT}:user/deploy-bot"),
    ("ExpectedTag", "expected"),
    ("TrustedAccounts", "210987654321"),
)

CHOSEN = ("AdministratorMadeQuarantine", "caller")

mallory = Actor(name="mallory", address="203.0.113.66")
deployer = Actor(name="deploy-bot", address="198.51.100.9")
alice = Actor(name="alice", address="198.51.100.4")
ops = Actor(name="ops", address="198.51.100.5")
intern = Actor(name="intern", address="192.0.2.15", policies=())


def _document(action: str, **more: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, **more}]})


EVERYTHING = _document("*", Resource="*")


def _trusts(account: str) -> str:
    return _document("sts:AssumeRole", Principal={"AWS": f"arn:aws:iam::{account}:root"})


def people() -> Given:
    """Users mallory and alice, a group of administrators, roles app and breakglass, a policy deploy."""

    def do(world: World) -> None:
        iam: Any = world.client(world.user("builder"), "iam")
        for name in ("mallory", "alice"):
            iam.create_user(UserName=name)
        iam.create_group(GroupName="admins")
        iam.put_group_policy(GroupName="admins", PolicyName="all", PolicyDocument=EVERYTHING)
        iam.create_role(RoleName="app", AssumeRolePolicyDocument=_trusts(ACCOUNT))
        iam.create_role(
            RoleName="breakglass",
            AssumeRolePolicyDocument=_trusts(ACCOUNT),
            Tags=[{"Key": "expected", "Value": NAME}],
        )
        iam.create_policy(PolicyName="deploy", PolicyDocument=_document("s3:PutObject", Resource="*"))
        iam.attach_role_policy(RoleName="app", PolicyArn=DEPLOY)

    return Given("users mallory and alice, a group admins, roles app and breakglass, a policy deploy", do)


def attaches(actor: Actor, policy: str, *, role: str = "", user: str = "", refused: str = "") -> Action:
    """AttachRolePolicy or AttachUserPolicy."""
    whom = {"RoleName": role} if role else {"UserName": user}
    operation = f"attach_{'role' if role else 'user'}_policy"
    words = f"attaches {policy.rpartition('/')[2]} to {role or user}"
    return actor.calls("iam", operation, refused=refused, words=words, PolicyArn=policy, **whom)


def _is_plain(iam: Any) -> str | None:
    attached = [
        each["PolicyName"] for each in iam.list_attached_role_policies(RoleName="app")["AttachedPolicies"]
    ]
    inline = iam.list_user_policies(UserName="alice")["PolicyNames"]
    groups = [each["GroupName"] for each in iam.list_groups_for_user(UserName="alice")["Groups"]]
    plain = (attached, inline, groups) == (["deploy"], [], [])
    return None if plain else f"app has {attached}; alice has {inline} and is in {groups}"


def _nothing_is_left(iam: Any) -> str | None:
    found = {
        "team": iam.list_attached_group_policies(GroupName="team")["AttachedPolicies"],
        "team's own": iam.list_group_policies(GroupName="team")["PolicyNames"],
        "app's own": iam.list_role_policies(RoleName="app")["PolicyNames"],
        "alice": iam.list_attached_user_policies(UserName="alice")["AttachedPolicies"],
    }
    left = [f"{what}: {policies}" for what, policies in found.items() if policies]
    return "; ".join(left) or None


SCENARIO = Scenario(
    name="administrator_made",
    title="Somebody attaches AdministratorAccess to themselves, and lets a stranger into a role",
    given=[people()],
    when=[
        at("00:00", attaches(mallory, ADMINISTRATOR, user="mallory")),
        at(
            "05:00",
            mallory.calls(
                "iam", "update_assume_role_policy", RoleName="app", PolicyDocument=_trusts("999988887777")
            ),
        ),
    ],
    then=[
        by(
            "02:30",
            alert(
                NAME,
                "CRITICAL",
                "everything",
                "aws iam attach-user-policy",
                "203.0.113.66",
                subject="administrator: user mallory",
            ),
        ),
        by(
            "07:30",
            alert(NAME, "HIGH", "iam::999988887777:root", subject="Strangers may assume the role app"),
        ),
        at_the_end(
            outcome(NAME, Outcome.OBSERVED), outcome(NAME, Outcome.TOLD), no_more_alerts_than(2, of=NAME)
        ),
    ],
)

ENFORCED = Scenario(
    name="administrator_made.enforced",
    title="Attached, written, joined: taken back once event history knows it. Another version: told",
    parameters=ACTING,
    lasts="40:00",
    given=[people()],
    when=[
        at("00:00", attaches(mallory, ADMINISTRATOR, role="app")),
        at(
            "01:00",
            mallory.calls(
                "iam",
                "put_user_policy",
                UserName="alice",
                PolicyName="more",
                PolicyDocument=_document("iam:PutUserPolicy", Resource="*"),
            ),
        ),
        at("02:00", mallory.calls("iam", "add_user_to_group", GroupName="admins", UserName="alice")),
        at(
            "03:00",
            mallory.calls(
                "iam", "create_policy_version", PolicyArn=DEPLOY, PolicyDocument=EVERYTHING, SetAsDefault=True
            ),
        ),
    ],
    then=[
        by("06:00", alert(NAME, "HIGH", "list-policy-versions", "role app", "set-default-policy-version")),
        at_the_end(
            state("app and alice are what they were", _is_plain, "iam"),
            heard_of(NAME, "HIGH", "Confirmed", "iam attach-role-policy --role-name app", subject="role app"),
            heard_of(NAME, "HIGH", "iam:PutUserPolicy of anybody", "Trailwarden did:"),
            heard_of(NAME, "HIGH", "group admins", "iam add-user-to-group", "Trailwarden did:"),
            outcome(NAME, Outcome.ACTED, times=3),
            outcome(NAME, Outcome.SUPPRESSED, times=3),  # our own three calls
            no_more_alerts_than(7, of=NAME),
        ),
    ],
)

EVERY_WAY = Scenario(
    name="administrator_made.every_way",
    title="By a group's policies, a role's own and a user's: each is taken back where it was given",
    parameters=ACTING,
    lasts="40:00",
    given=[people()],
    when=[
        at("00:00", mallory.calls("iam", "create_group", GroupName="team")),
        at(
            "01:00",
            mallory.calls("iam", "attach_group_policy", GroupName="team", PolicyArn=ADMINISTRATOR),
            mallory.calls(
                "iam", "put_group_policy", GroupName="team", PolicyName="all", PolicyDocument=EVERYTHING
            ),
        ),
        at(
            "02:00",
            mallory.calls(
                "iam", "put_role_policy", RoleName="app", PolicyName="all", PolicyDocument=EVERYTHING
            ),
            attaches(mallory, ADMINISTRATOR, user="alice"),
        ),
    ],
    then=[
        at_the_end(
            state("nothing is left of it", _nothing_is_left, "iam"),
            outcome(NAME, Outcome.ACTED, times=4),
        ),
    ],
)

SILENT = Scenario(
    name="administrator_made.silent",
    title="To read, for oneself, no default, who we trust, refused, expected, gone: no alert; a tag: LOW",
    home="eu-west-1",
    spokes=("us-east-1",),
    parameters=ACTING,
    given=[people()],
    when=[
        at(
            "00:00",
            attaches(mallory, READER, role="app"),
            mallory.calls(
                "iam",
                "put_user_policy",
                UserName="alice",
                PolicyName="own-keys",
                PolicyDocument=_document(
                    "iam:CreateAccessKey", Resource=f"arn:aws:iam::{ACCOUNT}:user/${{aws:username}}"
                ),
            ),
            mallory.calls("iam", "create_policy_version", PolicyArn=DEPLOY, PolicyDocument=EVERYTHING),
            mallory.calls(
                "iam", "update_assume_role_policy", RoleName="app", PolicyDocument=_trusts("210987654321")
            ),
            mallory.calls("iam", "create_user", UserName="new"),
            attaches(intern, ADMINISTRATOR, role="app", refused="AccessDenied"),
            attaches(mallory, ADMINISTRATOR, user="alice"),
            mallory.calls("iam", "detach_user_policy", UserName="alice", PolicyArn=ADMINISTRATOR),
            attaches(deployer, ADMINISTRATOR, role="app"),
        ),
        at("05:00", attaches(mallory, ADMINISTRATOR, role="breakglass")),
    ],
    then=[
        by("07:30", alert(NAME, "LOW", f"expected={NAME}", "us-east-1", subject="role breakglass")),
        at_the_end(no_more_alerts_than(1, of=NAME)),
    ],
)

QUARANTINED = Scenario(
    name="administrator_made.quarantined",
    title="Who made an administrator is denied everything; the undo ends that, and gives nobody a right back",
    parameters=(ACTING[0], CHOSEN, ("Operators", f"arn:aws:iam::{ACCOUNT}:user/ops")),
    lasts="35:00",
    given=[people(), keyed_user("eve"), keyed_user("ops")],
    when=[
        at("00:00", attaches(ops, ADMINISTRATOR, user="alice")),
        at(
            "03:00",
            by_own_key("eve", "iam", "attach_role_policy", RoleName="app", PolicyArn=ADMINISTRATOR),
        ),
        at("23:30", by_own_key("eve", "iam", "list_users", refused="AccessDenied")),
        at("28:00", decides(alice, "undo", NAME)),
    ],
    then=[
        by(
            "23:00",
            is_denied("eve", yes=True),
            is_denied("ops", yes=False),
            heard_of(NAME, "HIGH", "roles that eve has assumed", "detach-user-policy --user-name eve"),
        ),
        at_the_end(
            is_denied("eve", yes=False),
            ruled(NAME, "undone"),
            state("app and alice are what they were", _is_plain, "iam"),
        ),
    ],
)

SCENARIOS = (SCENARIO, ENFORCED, EVERY_WAY, SILENT, QUARANTINED)

READS = (
    ("iam", "ListAttachedRolePolicies"),
    ("iam", "GetPolicy"),
    ("iam", "GetPolicyVersion"),
    ("iam", "ListRoleTags"),
    ("iam", "GetUserPolicy"),
    ("iam", "ListUserTags"),
    ("iam", "ListGroupsForUser"),
    ("iam", "ListAttachedGroupPolicies"),
    ("iam", "ListGroupPolicies"),
    ("iam", "GetGroupPolicy"),
    ("iam", "ListEntitiesForPolicy"),
    ("iam", "ListAttachedUserPolicies"),
    ("cloudtrail", "LookupEvents"),
)
READING = replace(ENFORCED, parameters=(*ACTING, CHOSEN))
