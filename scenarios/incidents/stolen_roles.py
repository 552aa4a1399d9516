"""Somebody holds a stolen session of one of Trailwarden's own roles, and does their worst with it.

A role reaches no other function's items and makes no seal of theirs. What an acting role may do is done, and
told: no plan holds the call.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from chalicelib.ledger.ledger import state_key
from chalicelib.template.parts import logical_id
from scenarios.cloud.deployment import ACCOUNT
from scenarios.cloud.kernel.caller import Caller, session_on
from scenarios.cloud.world import World
from scenarios.incidents.function_opened import function
from scenarios.incidents.one_right import (
    AFTER_THE_FIRST,
    NAME,
    must_be_denied,
    planted_plan,
    trail_is_untouched,
)
from scenarios.incidents.trail_stopped import BLIND, ENFORCE
from scenarios.runner.scenario import Action, Given, Scenario, at, at_the_end, by
from scenarios.runner.words.checks import alert, no_more_alerts_than
from scenarios.runner.words.givens import table
from scenarios.runner.words.trail_settings import trail_arn
from scenarios.runner.words.users import ADMINISTRATOR, DENY_ALL, keyed_user

_READS = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}


def tries_with_the_role_of(function: str) -> Action:
    """With a stolen session of another function's role: plant a plan, take the good state, make a seal."""

    def do(world: World) -> None:
        caller = session_of(world, function)
        ledger = world.home.resources["Ledger"].physical_id
        key = world.home.resources["TrailStoppedSealKey"].physical_id
        table, kms = world.client(caller, "dynamodb"), world.client(caller, "kms")
        (plan,) = planted_plan(world)
        must_be_denied(table.put_item, TableName=ledger, Item=plan)
        must_be_denied(table.delete_item, TableName=ledger, Key=state_key(NAME))
        must_be_denied(kms.generate_mac, KeyId=key, Message=b"trailwarden", MacAlgorithm="HMAC_SHA_256")

    words = f"tries {function}'s role on what is TrailStopped's, and is refused"
    return Action(f"mallory {words}", do)


def session_of(world: World, function: str) -> Caller:
    """Whoever holds a session of that function's role."""
    role = world.home.resources[f"{function}Role"].attributes["Arn"]
    return world.identity.enrol(replace(session_on(role, "stolen"), session_created=world.clock.now))


def blinds_with_the_role_of(function: str) -> Action:
    """With a stolen session of the function's role, which may act: have the trail record reads only."""

    def do(world: World) -> None:
        caller = session_of(world, function)
        world.client(caller, "cloudtrail").put_event_selectors(TrailName=trail_arn(world), **BLIND)

    return Action(f"mallory blinds the trail with {function}'s role", do)


POSTGRES = {
    "IpProtocol": "tcp",
    "FromPort": 5432,
    "ToPort": 5432,
    "IpRanges": [{"CidrIp": "192.0.2.0/24"}],
}
EVERYTHING = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
ABROAD = "us-east-1"  # where calls of IAM are recorded too; the stack of this scenario is in another region


def _volume(world: World) -> str:
    ec2: Any = world.client(world.user("reader"), "ec2", ABROAD)
    return str(ec2.describe_volumes()["Volumes"][0]["VolumeId"])


def _key(world: World) -> str:
    kms: Any = world.client(world.user("reader"), "kms", ABROAD)
    return str(kms.describe_key(KeyId="alias/company")["KeyMetadata"]["KeyId"])


def _backup(world: World) -> str:
    dynamodb: Any = world.client(world.user("reader"), "dynamodb", ABROAD)
    return str(dynamodb.list_backups()["BackupSummaries"][0]["BackupArn"])


def _group(world: World) -> str:
    ec2: Any = world.client(world.user("reader"), "ec2", ABROAD)
    (group,) = ec2.describe_security_groups(GroupNames=["company"])["SecurityGroups"]
    return str(group["GroupId"])


def _trail_group(world: World) -> str:
    return world.home.resources["TrailGroup"].physical_id


# What the roles of functions that may act can do, with no plan that holds it.
STOLEN: Sequence[tuple[str, str, str, Mapping[str, Any]]] = (
    ("backup_missing", "dynamodb", "create_backup", {"TableName": "orders", "BackupName": "mine"}),
    ("backup_missing", "ec2", "create_snapshot", {"VolumeId": _volume}),
    ("detector_disabled", "ec2", "enable_ebs_encryption_by_default", {}),
    ("administrator_made", "iam", "detach_user_policy", {"UserName": "carla", "PolicyArn": ADMINISTRATOR}),
    ("administrator_made", "iam", "remove_user_from_group", {"UserName": "carla", "GroupName": "tellers"}),
    ("password_or_mfa_changed", "iam", "attach_user_policy", {"UserName": "carla", "PolicyArn": DENY_ALL}),
    ("password_or_mfa_changed", "iam", "detach_user_policy", {"UserName": "carla", "PolicyArn": DENY_ALL}),
    ("password_or_mfa_changed", "iam", "delete_login_profile", {"UserName": "carla"}),
    ("access_key_created", "iam", "attach_user_policy", {"UserName": "carla", "PolicyArn": DENY_ALL}),
    ("access_key_created", "iam", "detach_user_policy", {"UserName": "carla", "PolicyArn": DENY_ALL}),
    ("instance_credentials", "iam", "delete_role_policy", {"RoleName": "billing", "PolicyName": "all"}),
    (
        "instance_credentials",
        "ec2",
        "revoke_security_group_egress",
        {"GroupId": _group, "IpPermissions": [EVERYTHING]},
    ),
    ("key_deletion_scheduled", "kms", "enable_key", {"KeyId": _key}),
    (
        "table_deleted",
        "dynamodb",
        "restore_table_from_backup",
        {"TargetTableName": "mine", "BackupArn": _backup},
    ),
    ("trail_stopped", "logs", "create_log_group", {"logGroupName": _trail_group}),
    ("function_opened", "lambda", "remove_permission", {"FunctionName": "rates", "StatementId": "shop"}),
    (
        "security_group_opened",
        "ec2",
        "revoke_security_group_ingress",
        {"GroupId": _group, "IpPermissions": [POSTGRES]},
    ),
)
STOLEN_FROM = {remediation: sum(each[0] == remediation for each in STOLEN) for remediation, *_ in STOLEN}


def _companys() -> Given:
    """A role with a policy, carla's password, a volume, a key, a group and a grant, of the company's own."""

    def do(world: World) -> None:
        builder = world.user("builder")
        iam, kms = world.client(builder, "iam"), world.client(builder, "kms", ABROAD)
        ec2 = world.client(builder, "ec2", ABROAD)
        nobody = {"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole"}
        trust, reads = ({"Version": "2012-10-17", "Statement": [each]} for each in (nobody, _READS))
        iam.create_role(RoleName="billing", AssumeRolePolicyDocument=json.dumps(trust))
        iam.put_role_policy(RoleName="billing", PolicyName="all", PolicyDocument=json.dumps(reads))
        iam.create_group(GroupName="tellers")
        iam.add_user_to_group(GroupName="tellers", UserName="carla")
        iam.create_login_profile(UserName="carla", Password="a-Long-one-1")  # noqa: S106
        ec2.create_volume(AvailabilityZone=f"{ABROAD}a", Size=1)
        ec2.create_security_group(GroupName="company", Description="company")
        ec2.authorize_security_group_ingress(GroupName="company", IpPermissions=[POSTGRES])
        key = kms.create_key(Description="company")["KeyMetadata"]["KeyId"]
        kms.create_alias(AliasName="alias/company", TargetKeyId=key)
        world.client(builder, "lambda", ABROAD).add_permission(
            FunctionName="rates",
            StatementId="shop",
            Action="lambda:InvokeFunction",
            Principal=f"arn:aws:iam::{ACCOUNT}:role/shop",
        )

    return Given("a role billing, carla's password, a volume, a group, a key, a grant: the company's own", do)


def acts_with_the_role_of(remediation: str, service: str, operation: str, given: Mapping[str, Any]) -> Action:
    """With a stolen session of a role that may act: one call in another region, which no plan holds."""

    def do(world: World) -> None:
        with world.calls.muted():
            asked = {name: each(world) if callable(each) else each for name, each in given.items()}
        client = world.client(session_of(world, logical_id(remediation)), service, ABROAD)
        getattr(client, operation)(**asked)

    return Action(f"mallory calls {service} {operation} with {remediation}'s role", do)


STOLEN_ROLE = Scenario(
    name="one_right.stolen_role",
    title="Another function's role: it reaches no item of trail_stopped's, and makes no seal of it",
    lasts="02:10:00",
    when=[at(AFTER_THE_FIRST, *map(tries_with_the_role_of, ("ApiHandler", "RootLogin", "TableDeleted")))],
    then=[at_the_end(no_more_alerts_than(0, of=NAME))],
)

STOLEN_ACTING_ROLE = Scenario(
    name="one_right.stolen_acting_role",
    title="The acting function's own role: a call that no plan of it holds is told, and taken back",
    parameters=ENFORCE,
    lasts="01:15:00",
    when=[
        at(AFTER_THE_FIRST, blinds_with_the_role_of("TrailStopped")),
    ],
    then=[
        by(
            "01:08:00",
            alert(NAME, "CRITICAL", "PutEventSelectors", subject="own role made a call"),
            alert(NAME, "CRITICAL", "Trailwarden did:", subject="records was changed"),
        ),
        at_the_end(trail_is_untouched(), no_more_alerts_than(2, of=NAME)),
    ],
)

STOLEN_ACTING_ROLES = Scenario(
    name="one_right.stolen_acting_roles",
    title="Acting functions' own roles, in another region: each tells a call that no plan of it holds",
    home="eu-west-1",
    spokes=(ABROAD,),
    parameters=tuple((f"{logical_id(each)}Mode", "enforce") for each in STOLEN_FROM),
    given=[
        table("orders", region=ABROAD, backup="nightly"),
        keyed_user("carla"),
        function("rates", region=ABROAD),
        _companys(),
    ],
    when=[at("00:00", *(acts_with_the_role_of(*each) for each in STOLEN))],
    then=[
        by(
            "02:30",
            *(
                alert(remediation, "CRITICAL", subject="own role made a call", times=times)
                for remediation, times in STOLEN_FROM.items()
            ),
        )
    ],
)

SCENARIOS = (STOLEN_ROLE, STOLEN_ACTING_ROLE, STOLEN_ACTING_ROLES)
