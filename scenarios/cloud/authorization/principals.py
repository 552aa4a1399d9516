"""What stands in IAM about whoever calls: policies, boundary, and the condition keys that follow from them.

An actor of a scenario brings policies along; what the account's IAM holds for a user of that name counts as
well, so that a policy put on a user in the middle of an incident holds from then on.

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html and
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from scenarios.cloud.authorization.policy import Limits
from scenarios.cloud.authorization.rows import Document, document
from scenarios.cloud.kernel import moto_hooks
from scenarios.cloud.kernel.caller import Caller, CallerKind

Keys = dict[str, "str | bool | Sequence[str]"]


def policies_of(caller: Caller) -> tuple[Document, ...]:
    """Every identity policy of the caller, its own and those that stand in IAM."""
    match caller.kind:
        case CallerKind.ASSUMED_ROLE:
            return caller.policies or tuple(role_policies(caller.account, caller.name))
        case CallerKind.IAM_USER | CallerKind.FEDERATED_USER:
            return (*caller.policies, *_user_policies(caller.account, caller.name))
        case _:
            return caller.policies


def role_policies(account: str, role_name: str) -> list[Document]:
    """A role's inline and attached policies, as documents; none for a role that isn't there."""
    role = moto_hooks.role(account, role_name)
    return _documents([role]) if role is not None else []


def _user_policies(account: str, name: str) -> Iterator[Document]:
    user = moto_hooks.user(account, name)
    if user is not None:
        yield from _documents([user, *moto_hooks.groups_of(account, name)])


def _documents(holders: Iterable[Any]) -> list[Document]:
    return [document(text) for holder in holders for text in moto_hooks.policies_of(holder)]


def limits_of(caller: Caller, boundaries: Mapping[tuple[str, str], str]) -> Limits:
    """The caller's boundary and session policies. `boundaries`: the users', by account and name."""
    arn = _boundary_arn(caller, boundaries)
    boundary = moto_hooks.managed_policy(caller.account, arn) if arn else None
    return Limits(
        boundary=document(boundary) if boundary is not None else None, session=caller.session_policies
    )


def _boundary_arn(caller: Caller, boundaries: Mapping[tuple[str, str], str]) -> str:
    if caller.kind is CallerKind.ASSUMED_ROLE:
        role = moto_hooks.role(caller.account, caller.name)
        return (role.permissions_boundary_arn or "") if role is not None else ""
    return boundaries.get((caller.account, caller.name), "")


def keys_of(caller: Caller, now: datetime) -> Keys:
    """The condition keys that follow from who calls; one that is absent here is absent on AWS.

    `aws:MultiFactorAuthPresent` is there for temporary credentials only: a user's own access key has none.
    """
    keys: Keys = {"aws:userid": caller.principal_id, "aws:PrincipalType": _TYPES[caller.kind]}
    for name, value in _tags_of(caller).items():
        keys[f"aws:PrincipalTag/{name}"] = value
    if caller.source_identity:
        keys["aws:SourceIdentity"] = caller.source_identity
    if caller.kind is CallerKind.ASSUMED_ROLE or caller.session_created is not None or caller.mfa:
        keys["aws:MultiFactorAuthPresent"] = caller.mfa
        began = caller.session_created or now
        keys["aws:TokenIssueTime"] = began.strftime("%Y-%m-%dT%H:%M:%SZ")
        if caller.mfa:
            keys["aws:MultiFactorAuthAge"] = str(int((now - began).total_seconds()))
    return keys


def _tags_of(caller: Caller) -> Mapping[str, str]:
    """The tags of the user or role; those of the session win."""
    match caller.kind:
        case CallerKind.ASSUMED_ROLE:
            return moto_hooks.role_tags(caller.account, caller.name) | dict(caller.tags)
        case CallerKind.IAM_USER:
            return moto_hooks.user_tags(caller.account, caller.arn)
        case _:
            return caller.tags


_TYPES = {
    CallerKind.ROOT: "Account",
    CallerKind.IAM_USER: "User",
    CallerKind.ASSUMED_ROLE: "AssumedRole",
    CallerKind.FEDERATED_USER: "FederatedUser",
    CallerKind.AWS_SERVICE: "Service",
}
