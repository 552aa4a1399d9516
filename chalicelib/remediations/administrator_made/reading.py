"""What a call of IAM gave, as far as it is still there: who may do what by it now."""

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from itertools import chain
from typing import Any

from chalicelib import user_quarantine
from chalicelib.aws import Aws
from chalicelib.errors import AWS_ERRORS
from chalicelib.events import ApiCallEvent
from chalicelib.evidence.call import NOT_RECORDED
from chalicelib.evidence.earlier import earlier_calls
from chalicelib.evidence.outsiders import let_in
from chalicelib.evidence.powers import EVERYTHING, powers
from chalicelib.evidence.seen import Seen, see, tags_of
from chalicelib.looking import Unseen, answer, renamed
from chalicelib.settings import Settings
from chalicelib.user_quarantine import Suspect

NAME = "administrator_made"
KINDS = ("User", "Role", "Group")
_TRUSTS_ANEW = "UpdateAssumeRolePolicy"
TRUSTS = (_TRUSTS_ANEW, "CreateRole")
# The calls that write a role's trust policy, and the parameter of each that holds it.
_WROTE_A_TRUST = ((_TRUSTS_ANEW, "policyDocument"), ("CreateRole", "assumeRolePolicyDocument"))
VERSIONS = ("CreatePolicyVersion", "SetDefaultPolicyVersion")
UNBOUND = ("DeleteUserPermissionsBoundary", "DeleteRolePermissionsBoundary")
PROVIDERS = (
    "CreateSAMLProvider",
    "UpdateSAMLProvider",
    "CreateOpenIDConnectProvider",
    "CreateTrustAnchor",
    "UpdateTrustAnchor",
)
NONE = "NoSuchEntity"
# So many policies of a group are read: a few seconds. Inline ones have 5,120 characters together, and no
# number of theirs is a limit. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
MOST_POLICIES = 100
_MORE_TRIES = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Promotion:
    """What a call gave, as far as it is still there.

    `whom`: who has it, such as `user alice`; `by`: the policy, group or provider; `allows`: what makes an
    administrator of them, or strangers whom a role trusts. `document`: an inline policy, as JSON. `before`:
    whom the role trusted before, as JSON, where event history knows it. `suspect`: who did it, where that
    user is to be put into quarantine.
    """

    whom: tuple[str, ...]
    by: str
    allows: tuple[str, ...]
    document: str = ""
    before: str = ""
    suspect: Suspect | None = None


def look(aws: Aws, event: ApiCallEvent, settings: Settings) -> Seen[Promotion]:
    """What the call gave, where it makes an administrator of somebody or lets a stranger in."""
    iam = aws.client("iam", event.region)

    def read() -> Promotion | Unseen | None:
        found = answer(lambda: _read(aws, event, settings), unless=(NONE,), otherwise=None)
        if found is None:
            return _gone(iam, event)
        if not isinstance(found, Promotion):
            return found
        return replace(found, suspect=user_quarantine.suspect(iam, event, settings))

    def tags(_: Promotion) -> Mapping[str, str]:
        kind = kind_of(event)
        if kind not in ("User", "Role"):
            return {}
        name = {f"{kind}Name": event.said(f"{kind.lower()}Name")}
        return tags_of((iam.list_user_tags if kind == "User" else iam.list_role_tags)(**name)["Tags"])

    return see(
        aws,
        event,
        settings,
        remediation=NAME,
        about="" if event.parameters else NOT_RECORDED,
        read=read,
        tags=tags,
    )


def _gone(iam: Any, event: ApiCallEvent) -> Unseen | None:
    """Nothing to tell, unless users and groups are no longer there: these can be renamed."""
    if not _may_promote(iam, event):
        return None
    for kind, listing in (("user", iam.list_groups_for_user), ("group", iam.list_group_policies)):
        name = event.said(f"{kind}Name")
        ask = partial(listing, **{f"{kind.capitalize()}Name": name})
        if name and answer(ask, unless=(NONE,), otherwise=None) is None:
            return renamed(kind, name)
    return None


def _may_promote(iam: Any, event: ApiCallEvent) -> bool:
    """Whether what the call says that it gives makes an administrator, whoever has it now."""
    if event.name.startswith("Attach"):
        policy = event.said("policyArn")
        return bool(powers(answer(partial(_managed, iam, policy), unless=(NONE,), otherwise=None)))
    written = event.parameters.get("policyDocument")
    return not isinstance(written, str) or bool(powers(written))


def kind_of(event: ApiCallEvent) -> str:
    """User, Role or Group: whom the call is about; "" where it is about none of them."""
    return next((kind for kind in KINDS if event.said(f"{kind.lower()}Name")), "")


def _read(aws: Aws, event: ApiCallEvent, settings: Settings) -> Promotion | Unseen | None:
    iam, name = aws.client("iam", event.region), event.name
    if name.startswith("Attach"):
        return _attached(iam, event)
    if name in ("PutUserPolicy", "PutRolePolicy", "PutGroupPolicy"):
        return _written(iam, event)
    if name == "AddUserToGroup":
        return _joined(iam, event)
    if name in VERSIONS:
        return _another_version(iam, event)
    if name in TRUSTS:
        return _trusted(aws, event, settings)
    return _bound(iam, event)


def _attached(iam: Any, event: ApiCallEvent) -> Promotion | None:
    kind, policy = kind_of(event), event.said("policyArn")
    name = event.said(f"{kind.lower()}Name")
    listing = iam.get_paginator(f"list_attached_{kind.lower()}_policies")
    pages = listing.paginate(**{f"{kind}Name": name})
    arns = {each["PolicyArn"] for page in pages for each in page["AttachedPolicies"]}
    found = powers(_managed(iam, policy)) if policy in arns else ()
    return _promotion(event, policy, found)


def _managed(iam: Any, policy: str) -> Any:
    """The document of a policy's default version; another try where that was deleted between two calls."""
    for _ in range(_MORE_TRIES):
        if found := answer(partial(_default, iam, policy), unless=(NONE,), otherwise=None):
            return found
    return _default(iam, policy)


def _default(iam: Any, policy: str) -> Any:
    version = iam.get_policy(PolicyArn=policy)["Policy"]["DefaultVersionId"]
    return iam.get_policy_version(PolicyArn=policy, VersionId=version)["PolicyVersion"]["Document"]


def _written(iam: Any, event: ApiCallEvent) -> Promotion | None:
    kind, policy = kind_of(event), event.said("policyName")
    read = {"User": iam.get_user_policy, "Role": iam.get_role_policy, "Group": iam.get_group_policy}[kind]
    document = read(**{f"{kind}Name": event.said(f"{kind.lower()}Name")}, PolicyName=policy)["PolicyDocument"]
    return _promotion(event, policy, powers(document), json.dumps(document))


def _joined(iam: Any, event: ApiCallEvent) -> Promotion | Unseen | None:
    user, group = event.said("userName"), event.said("groupName")
    pages = iam.get_paginator("list_groups_for_user").paginate(UserName=user)
    if group not in {each["GroupName"] for page in pages for each in page["Groups"]}:
        return None
    found: dict[str, None] = {}
    for read, document in enumerate(_documents(iam, group)):
        if read == MOST_POLICIES and not found:
            why = f"the group {group} has more than {MOST_POLICIES} policies, and the first make nobody one"
            return Unseen(why=why)
        found |= dict.fromkeys(powers(document))
        if read == MOST_POLICIES or EVERYTHING in found:
            break
    return _promotion(event, f"group {group}", (EVERYTHING,) if EVERYTHING in found else tuple(found))


def _documents(iam: Any, group: str) -> Iterator[Any]:
    """The policies of a group, attached and inline. One that is gone by the time it is read is left out.

    Else whoever may write policies there, and deletes one all the time, would hide what the others say.
    """
    attached = iam.get_paginator("list_attached_group_policies").paginate(GroupName=group)
    inline = iam.get_paginator("list_group_policies").paginate(GroupName=group)
    reads = chain(
        (partial(_managed, iam, each["PolicyArn"]) for page in attached for each in page["AttachedPolicies"]),
        (partial(_inline, iam, group, name) for page in inline for name in page["PolicyNames"]),
    )
    for read in reads:
        document = answer(read, unless=(NONE,), otherwise=None)
        if document is not None:
            yield document


def _inline(iam: Any, group: str, policy: str) -> Any:
    return iam.get_group_policy(GroupName=group, PolicyName=policy)["PolicyDocument"]


def _another_version(iam: Any, event: ApiCallEvent) -> Promotion | None:
    """A version that isn't the default gives nobody anything."""
    policy = event.said("policyArn")
    found = powers(_managed(iam, policy))
    if not found or (event.name == VERSIONS[0] and event.parameters.get("setAsDefault") is not True):
        return None
    pages = list(iam.get_paginator("list_entities_for_policy").paginate(PolicyArn=policy))
    whom = [
        f"{kind.lower()} {each[f'{kind}Name']}"
        for kind in KINDS
        for page in pages
        for each in page[f"Policy{kind}s"]
    ]
    return Promotion(whom=tuple(whom), by=policy, allows=found) if whom else None


def _trusted(aws: Aws, event: ApiCallEvent, settings: Settings) -> Promotion | None:
    trust = aws.client("iam", event.region).get_role(RoleName=event.said("roleName"))["Role"][
        "AssumeRolePolicyDocument"
    ]
    strangers = let_in(aws, event, trust, settings)
    found = _promotion(event, "its trust policy", tuple(f"{each} may assume it" for each in strangers))
    return replace(found, before=_trusted_before(aws, event)) if found else None


def _trusted_before(aws: Aws, event: ApiCallEvent) -> str:
    """The role's trust policy before the call, from CloudTrail's event history; "" where that doesn't know.

    It helps who takes the change back, and nothing is decided by it: no error rises.
    """
    role, known = event.said("roleName"), list[tuple[datetime, str]]()
    if event.name != _TRUSTS_ANEW:
        return ""
    with suppress(*AWS_ERRORS):
        for name, where in _WROTE_A_TRUST:
            calls = (call for call in earlier_calls(aws, event, name) if call.said("roleName") == role)
            known += [(call.at, call.said(where)) for call in calls]
    return max(known, default=(event.at, ""))[1]


def _bound(iam: Any, event: ApiCallEvent) -> Promotion | None:
    if event.name in PROVIDERS:
        provider = event.said("sAMLProviderArn", "name", "url", "trustAnchorId")
        return Promotion(whom=("an identity provider",), by=provider, allows=("roles that trust it",))
    if event.name in UNBOUND:
        return _promotion(event, "its permissions boundary, which is gone", ("all that its policies say",))
    boundary = event.said("permissionsBoundary")
    return _promotion(event, f"the permissions boundary {boundary}", powers(_managed(iam, boundary)))


def _promotion(event: ApiCallEvent, by: str, allows: tuple[str, ...], document: str = "") -> Promotion | None:
    kind = "User" if event.name == "AddUserToGroup" else kind_of(event)
    whom = f"{kind.lower()} {event.said(f'{kind.lower()}Name')}"
    return Promotion(whom=(whom,), by=by, allows=allows, document=document) if allows else None
