"""Users that stand in IAM and sign with keys of their own, so that what IAM says of them counts at once."""

from dataclasses import replace
from typing import Any

from scenarios.cloud.deployment import ACCOUNT
from scenarios.cloud.kernel import moto_iam
from scenarios.cloud.world import World
from scenarios.runner.scenario import Action, Check, Given
from scenarios.runner.words.actors import refused_by
from scenarios.runner.words.checks import state

DENY_ALL = "arn:aws:iam::aws:policy/AWSDenyAll"
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"


def keyed_user(name: str) -> Given:
    """An administrator with an access key."""

    def do(world: World) -> None:
        iam: Any = world.client(world.user("builder"), "iam")
        iam.create_user(UserName=name)
        moto_iam.know_managed_policy_of_aws(ACCOUNT, ADMINISTRATOR)  # what is given is no call that tells
        iam.attach_user_policy(UserName=name, PolicyArn=ADMINISTRATOR)
        iam.create_access_key(UserName=name)

    return Given(f"an administrator {name} with an access key", do)


def by_own_key(
    name: str, service: str, operation: str, *, address: str = "203.0.113.66", refused: str = "", **given: Any
) -> Action:
    """A call that is signed with the first key of a user who stands in IAM."""

    def do(world: World) -> None:
        with world.calls.muted():
            iam = world.harness.client("iam")
            key = iam.list_access_keys(UserName=name)["AccessKeyMetadata"][0]["AccessKeyId"]
            arn = iam.get_user(UserName=name)["User"]["Arn"]
        caller = replace(world.user(name), arn=arn, access_key_id=key, source_ip=address)
        with refused_by(refused, f"{service}.{operation} was to be refused"):
            getattr(world.client(caller, service), operation)(**given)

    words = f"{name} calls {service} {operation.replace('_', ' ')} by a key of IAM's"
    return Action(f"{words}{', and is refused' if refused else ''}", do)


def is_denied(name: str, *, yes: bool) -> Check:
    """Whether AWSDenyAll is attached to a user."""

    def judge(iam: Any) -> str | None:
        attached = iam.list_attached_user_policies(UserName=name)["AttachedPolicies"]
        found = DENY_ALL in {each["PolicyArn"] for each in attached}
        return None if found is yes else f"it has {[each['PolicyName'] for each in attached]}"

    return state(f"the user {name} is {'' if yes else 'not '}in quarantine", judge, "iam")
