"""What IAM has about the caller: policies, boundary, and the condition keys that follow from them.

An actor of a scenario brings policies along; what the account's IAM holds for a user of that name counts as
well, so that a policy attached to a user during an incident counts from then on.

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html and
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from scenarios.cloud.authorization.policy import NO_LIMITS, Limits
from scenarios.cloud.authorization.request_keys import UNKNOWN, Found
from scenarios.cloud.authorization.rows import Document, document
from scenarios.cloud.kernel import moto_iam, moto_organizations
from scenarios.cloud.kernel.caller import Caller, CallerKind

_PRINCIPAL_TAG = "aws:principaltag/"
_ORGANIZATION_KEYS = {"aws:principalorgid": "id", "aws:principalorgpaths": "paths"}


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
    role = moto_iam.role(account, role_name)
    return _documents([role]) if role is not None else []


def _user_policies(account: str, name: str) -> Iterator[Document]:
    user = moto_iam.user(account, name)
    if user is not None:
        yield from _documents([user, *moto_iam.groups_of(account, name)])


def _documents(holders: Iterable[Any]) -> list[Document]:
    return [document(text) for holder in holders for text in moto_iam.policies_of(holder)]


def limits_of(
    caller: Caller,
    boundaries: Mapping[tuple[str, str], str],
    place: moto_organizations.OrganizationPath | None,
) -> Limits:
    """What limits the caller: its boundary, its session, its organization.

    `boundaries`: the users', by account and name. `place`: where the caller's account is in its organization.
    """
    arn = _boundary_arn(caller, boundaries)
    boundary = moto_iam.managed_policy(caller.account, arn) if arn else None
    # Service control policies don't limit the management account's principals, but those of all other
    # accounts.
    scps = place.scps if place is not None and place.management != caller.account else ()
    return Limits(
        boundary=document(boundary) if boundary is not None else None,
        session=caller.session_policies,
        scps=scps,
    )


def _boundary_arn(caller: Caller, boundaries: Mapping[tuple[str, str], str]) -> str:
    if caller.kind is CallerKind.ASSUMED_ROLE:
        role = moto_iam.role(caller.account, caller.name)
        return (role.permissions_boundary_arn or "") if role is not None else ""
    return boundaries.get((caller.account, caller.name), "")


def limits_of_resource(
    place: moto_organizations.OrganizationPath | None, limits: Limits = NO_LIMITS
) -> Limits:
    """The limits with what the organization of the resource's owner adds."""
    if place is None:
        return limits
    return replace(limits, rcps=place.rcps, management_account=place.management)


def key_of_caller(caller: Caller, key: str) -> Found:
    """A condition key that follows from who calls; one that is absent here is absent on AWS."""
    if key.startswith(_PRINCIPAL_TAG):
        name = key.removeprefix(_PRINCIPAL_TAG)
        return next((value for tag, value in _tags_of(caller).items() if tag.lower() == name), None)
    if key in _ORGANIZATION_KEYS:
        place = moto_organizations.organization_path(caller.account)
        return getattr(place, _ORGANIZATION_KEYS[key]) if place is not None else None
    return _OF_CALLER[key](caller) if key in _OF_CALLER else UNKNOWN


def _of_instance(caller: Caller) -> Found:
    """The keys of an instance's credentials, which can't be told here from those of an assumed role."""
    return UNKNOWN if caller.kind is CallerKind.ASSUMED_ROLE and not caller.function_arn else None


_TYPES = {
    CallerKind.ROOT: "Account",
    CallerKind.IAM_USER: "User",
    CallerKind.ASSUMED_ROLE: "AssumedRole",
    CallerKind.FEDERATED_USER: "FederatedUser",
    CallerKind.AWS_SERVICE: "Service",
}

_OF_CALLER: dict[str, Callable[[Caller], Found]] = {
    "aws:userid": lambda caller: caller.principal_id,
    "aws:principaltype": lambda caller: _TYPES[caller.kind],
    "aws:sourceidentity": lambda caller: caller.source_identity or None,
    "kms:calleraccount": lambda caller: caller.account,
    "lambda:sourcefunctionarn": lambda caller: caller.function_arn or None,
    "ec2:sourceinstancearn": _of_instance,
    "ec2:roledelivery": lambda caller: caller.ec2_role_delivery or _of_instance(caller),
}


def key_of_session(caller: Caller, now: datetime, key: str) -> Found:
    """A condition key that follows from when a session began, and whether with MFA.

    `aws:MultiFactorAuthPresent` is there for temporary credentials only: a user's own access key has none.
    """
    if key not in {"aws:multifactorauthpresent", "aws:multifactorauthage", "aws:tokenissuetime"}:
        return UNKNOWN
    if caller.kind is not CallerKind.ASSUMED_ROLE and caller.session_created is None and not caller.mfa:
        return None
    began = caller.session_created or now
    match key:
        case "aws:multifactorauthpresent":
            return str(caller.mfa).lower()
        case "aws:tokenissuetime":
            return began.strftime("%Y-%m-%dT%H:%M:%SZ")
        case _:
            return str(int((now - began).total_seconds())) if caller.mfa else None


def _tags_of(caller: Caller) -> Mapping[str, str]:
    """The tags of the user or role; those of the session win."""
    match caller.kind:
        case CallerKind.ASSUMED_ROLE:
            return moto_iam.role_tags(caller.account, caller.name) | dict(caller.tags)
        case CallerKind.IAM_USER:
            return moto_iam.user_tags(caller.account, caller.arn)
        case _:
            return caller.tags
