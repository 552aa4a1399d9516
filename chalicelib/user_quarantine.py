"""Quarantine of an IAM user who did something: AWS's own policy AWSDenyAll, attached; the undo detaches it.

Attached and not written into the user: IAM can name the one policy that may be attached
(`iam:PolicyARN`), and can't narrow what a written one says. So who gets hold of the function's role can lock
users out with it, and can make nobody an administrator.

What it stops: what the user's access keys sign, console sessions that are open, and sessions that the user
got by GetSessionToken or GetFederationToken, since IAM evaluates a user's policies at each request; a change
may take some minutes. What it doesn't stop: sessions of roles that the user has assumed, and whatever else
the user made. A user has 10 attached policies at most, unless the quota was raised: one who has them all is
not put into quarantine, and the alert says that AWS refused it.

Never put there: root, whom no policy restrains; sessions of roles, so also ourselves; users of other
accounts; principals that settings expect; operators, who have to undo it.

Sources: https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSDenyAll.html,
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_disable-perms.html,
https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html,
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from chalicelib.events import ApiCallEvent
from chalicelib.looking import answer
from chalicelib.remediation import Call, DeclaredCall, Grant
from chalicelib.settings import Settings, matches_any
from chalicelib.stack import OPERATORS, Parameter

CALLER = "caller"
_CHOSEN, _OPERATORS = "TRAILWARDEN_QUARANTINE", "TRAILWARDEN_OPERATORS"
_POLICY = "iam::aws:policy/AWSDenyAll"
_NO_USER = "NoSuchEntity"
_USERS = "arn:${AWS::Partition}:iam::${AWS::AccountId}:user/*"
_ANY_USER = "who it will be isn't known before"
_THIS_POLICY = (("ArnEquals", "iam:PolicyARN", f"arn:${{AWS::Partition}}:{_POLICY}"),)

READS = (Grant(action="iam:ListAttachedUserPolicies", resource=_USERS, because=_ANY_USER),)
ATTACHES = Grant(
    action="iam:AttachUserPolicy", resource=_USERS, because=_ANY_USER, acting=True, only=_THIS_POLICY
)
DETACHES = Grant(
    action="iam:DetachUserPolicy", resource=_USERS, because=_ANY_USER, acting=True, only=_THIS_POLICY
)
OWN_CALLS = ("AttachUserPolicy", "DetachUserPolicy")  # come back to the function as events of their own


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """A user who may be put into quarantine. `partition`: of AWS (`aws`); `denied`: it is there."""

    name: str
    partition: str
    denied: bool = False


def _is_the_policy(arn: str) -> bool:
    return arn.split(":", 2)[2:] == [_POLICY]


def _declared(operation: str, action: str) -> DeclaredCall:
    return DeclaredCall(
        operation=f"iam.{operation}",
        needs=((f"iam:{action}", "arn:{partition}:iam::{account}:user/{UserName}"),),
        fits=lambda call: _is_the_policy(call.parameters["PolicyArn"]),
    )


DECLARED_CALLS = (_declared("attach_user_policy", "AttachUserPolicy"),)
UNDOING_CALLS = (_declared("detach_user_policy", "DetachUserPolicy"),)


def parameter(name: str) -> Parameter:
    """The stack's parameter that has callers put into quarantine; off unless it is chosen."""
    return Parameter(
        name=name,
        default="none",
        allowed=("none", CALLER),
        description="caller: the user who did it is denied everything besides, where the mode lets it act.",
    )


def settings_of(chosen: Parameter) -> Mapping[str, Any]:
    """The variables that `suspect` reads."""
    return {_CHOSEN: chosen.ref, _OPERATORS: {"Fn::Join": [",", {"Ref": OPERATORS}]}}


def suspect(iam: Any, event: ApiCallEvent, settings: Settings) -> Suspect | None:
    """The user who made a call, where settings have callers put into quarantine; None for nobody.

    Raises what IAM raises.
    """
    caller = event.actor
    if settings.values.get(_CHOSEN) != CALLER or caller.type != "IAMUser" or not caller.name:
        return None
    if caller.account != event.account or settings.ignores(caller.arn):
        return None
    if matches_any(caller.arn, settings.names(_OPERATORS)):
        return None
    attached = _attached(iam, caller.name)
    if attached is None:
        return None  # deleted meanwhile
    partition = caller.arn.split(":")[1]
    return Suspect(name=caller.name, partition=partition, denied=f"arn:{partition}:{_POLICY}" in attached)


def _attached(iam: Any, user: str) -> Collection[str] | None:
    """The ARNs of a user's policies; None for a user who is not there."""

    def read() -> list[str]:
        pages = iam.get_paginator("list_attached_user_policies").paginate(UserName=user)
        return [each["PolicyArn"] for page in pages for each in page["AttachedPolicies"]]

    return answer(read, unless=(_NO_USER,), otherwise=None)


def deny(found: Suspect | None, *, account: str, region: str) -> Iterator[Call]:
    """The call that puts a user into quarantine; none where nobody is to be, or who is there already."""
    if found is None or found.denied:
        return
    detached = Call(
        service="iam",
        operation="detach_user_policy",
        parameters={"UserName": found.name, "PolicyArn": f"arn:{found.partition}:{_POLICY}"},
        account=account,
        region=region,
        already=(_NO_USER,),
    )
    yield replace(
        detached,
        operation="attach_user_policy",
        lost=f"what {found.name} was doing: its keys, its console and its own sessions are denied everything",
        undo=detached,
        follows=True,
    )


def facts(found: Suspect | None) -> Iterator[tuple[str, str]]:
    """What an alert says of it: also what it doesn't stop."""
    if found is None:
        return
    if found.denied:
        yield "Quarantine", f"AWSDenyAll is attached to the user {found.name} already"
    yield "Not stopped by it", f"sessions of roles that {found.name} has assumed: revoke them role by role"


def moved(iam: Any, call: Call) -> str:
    """Whether a user is no longer denied what such a call denied; "" where it still is, or for another call.

    Raises what IAM raises.
    """
    user, policy = call.parameters.get("UserName"), call.parameters.get("PolicyArn", "")
    if not _is_the_policy(policy):
        return ""
    attached = _attached(iam, str(user))
    if attached is None:
        return f"there is no user {user} any more"
    return "" if policy in attached else f"the policy AWSDenyAll is attached to {user} no more"
