"""Somebody was made an administrator, or strangers were let into a role.

An intruder who may change IAM a little makes that much more: attaches a policy or writes one, makes another
version of one the default, joins a group, takes a boundary away, rewrites whom a role trusts.

What we do: after such a call we read what is there now, and report whom it made an administrator and by
what: everything on everything, or a right by which one gives oneself the rest
(`chalicelib/evidence/powers.py`). HIGH; CRITICAL where callers did it to themselves. A role that strangers
or everybody may assume, an identity provider or a trust anchor of Roles Anywhere that was added or changed,
and a boundary that is gone are HIGH. Of a group that a user joined we read 100 policies, attached and inline;
that it has more, and none of these makes an administrator, is told as what could not be looked at.

In mode enforce a policy that was attached is detached, one written into the user, role or group is deleted,
and a user leaves the group, once CloudTrail's event history knows the call. These take rights away; nothing
here can give any, and so a person undoes it, with the command that the alert has. By the parameter
`AdministratorMadeQuarantine` the user who did it is put into quarantine besides: AWS's policy AWSDenyAll is
attached, and `trailwarden undo` detaches it.

What we leave alone, and tell with the command: versions of a policy, since many may hold it; whom a role
trusts; boundaries; identity providers. Without a word: policies that make nobody an administrator,
`iam:PassRole` among them; users, roles and groups that are new and hold nothing; what is gone by the time
we look (a user or group that is gone is told: they can be renamed); refused attempts. A user or role with
the tag of the parameter `ExpectedTag` is told as LOW. Root, roles, operators and users of other accounts
are never put into quarantine; sessions of roles that a user has assumed go on.

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_manage-attach-detach.html,
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-versioning.html
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from chalicelib import delayed, user_quarantine
from chalicelib.aws import Aws
from chalicelib.counting import COUNTING
from chalicelib.events import ApiCallEvent, api_call
from chalicelib.evidence.call import NOT_RECORDED
from chalicelib.evidence.excuse import SETTING as EXPECTED_TAG_KEY
from chalicelib.evidence.lately import GRANTS as LATELY
from chalicelib.evidence.outsiders import GRANTS as OUTSIDERS
from chalicelib.evidence.outsiders import SETTING as TRUSTED
from chalicelib.evidence.powers import EVERYTHING
from chalicelib.evidence.seen import Seen, blind, tell
from chalicelib.own_calls import own_calls
from chalicelib.references import EXPECTED_PRINCIPALS, EXPECTED_TAG, TRUSTED_ACCOUNTS
from chalicelib.remediation import (
    Asked,
    Call,
    DeclaredCall,
    Grant,
    Plan,
    Proof,
    ProvenBy,
    Remediation,
    Severity,
    Undoing,
    Way,
)
from chalicelib.remediations.administrator_made.reading import (
    KINDS,
    NAME,
    NONE,
    PROVIDERS,
    TRUSTS,
    UNBOUND,
    VERSIONS,
    Promotion,
    kind_of,
    look,
)
from chalicelib.settings import IGNORED_PRINCIPALS, Settings
from chalicelib.triggers import OnEvent, successful_calls
from chalicelib.wording import aws_command, some, whole

PUT_OFF = "AdministratorMadePutOff"  # the queue of calls that event history doesn't know yet
QUARANTINE = user_quarantine.parameter("AdministratorMadeQuarantine")
PATTERN = successful_calls(
    ("iam", "rolesanywhere"),
    (
        *(f"Attach{kind}Policy" for kind in KINDS),
        *(f"Put{kind}Policy" for kind in KINDS),
        "AddUserToGroup",
        *VERSIONS,
        *TRUSTS,
        *UNBOUND,
        "PutUserPermissionsBoundary",
        "PutRolePermissionsBoundary",
        *PROVIDERS,
    ),
)

_ANY = "who is made an administrator, by which policy, isn't known before"
_READS = {
    "user": ("ListAttachedUserPolicies", "GetUserPolicy", "ListGroupsForUser", "ListUserTags"),
    "role": ("ListAttachedRolePolicies", "GetRolePolicy", "GetRole", "ListRoleTags"),
    "group": ("ListAttachedGroupPolicies", "GetGroupPolicy", "ListGroupPolicies"),
}
# Each takes rights away, and none of them can give any.
_TAKES = {
    "user": ("DetachUserPolicy", "DeleteUserPolicy"),
    "role": ("DetachRolePolicy", "DeleteRolePolicy"),
    "group": ("DetachGroupPolicy", "DeleteGroupPolicy", "RemoveUserFromGroup"),
}


def _of(kind: str) -> str:
    return f"arn:${{AWS::Partition}}:iam::${{AWS::AccountId}}:{kind}/*"


GRANTS = (
    *(
        Grant(action=f"iam:{action}", resource=_of(kind), because=_ANY)
        for kind, actions in _READS.items()
        for action in actions
    ),
    *(
        Grant(action=f"iam:{action}", resource="arn:${AWS::Partition}:iam::*:policy/*", because=_ANY)
        for action in ("GetPolicy", "GetPolicyVersion", "ListEntitiesForPolicy")
    ),
    *OUTSIDERS,
    *LATELY,
    *(
        Grant(action=f"iam:{action}", resource=_of(kind), because=_ANY, acting=True)
        for kind, actions in _TAKES.items()
        for action in actions
    ),
    user_quarantine.ATTACHES,  # what is attached may be read and detached anyway
    *delayed.putting_off(PUT_OFF),
)
DECLARED_CALLS = (
    *user_quarantine.DECLARED_CALLS,
    *(
        DeclaredCall(
            operation=f"iam.{operation}_{kind}_policy",
            needs=(
                (
                    f"iam:{operation.capitalize()}{kind.capitalize()}Policy",
                    f"arn:{{partition}}:iam::{{account}}:{kind}/{{{kind.capitalize()}Name}}",
                ),
            ),
        )
        for kind in _TAKES
        for operation in ("detach", "delete")
    ),
    DeclaredCall(
        operation="iam.remove_user_from_group",
        needs=(("iam:RemoveUserFromGroup", "arn:{partition}:iam::{account}:group/{GroupName}"),),
    ),
)
_INLINE = tuple(f"Put{kind}Policy" for kind in KINDS)
_NOT_KNOWN_BEFORE = "not known from event history: look in AWS Config or in your templates, for POLICY"
_ADVICE = """\
Ask the caller whether this was meant. If the caller is unknown, disable their credentials first, then look \
at what was done with the new permissions."""


def decide(event: ApiCallEvent, facts: Seen[Promotion], _now: datetime, _settings: Settings) -> Plan:
    """Tell who may do what now, and take back what only gave rights."""
    if event.failed or facts.nothing:
        return Plan.nothing()
    found = facts.state
    whom = some(found.whom) if found else f"{kind_of(event).lower()} {_about(event)}".strip()
    return tell(
        event,
        facts,
        severity=Severity.CRITICAL if _is_own(event) else Severity.HIGH,
        title=_title(event, whom, sure=found is not None),
        facts=_facts(event, found, whom),
        advice=_ADVICE,
        calls=_calls(event, found) if found else (),
        asks=_asks(event),
    )


def _asks(event: ApiCallEvent) -> Iterator[Asked]:
    """What the new administrator does with it; a role's sessions have its name in their ARN."""
    if user := event.said("userName"):
        yield Asked("what-did-principal-do", f"user/{user}")
    if role := event.said("roleName"):
        yield Asked("what-was-done-to", role)


def _about(event: ApiCallEvent) -> str:
    return event.said("userName", "roleName", "groupName", "policyArn") or NOT_RECORDED


def _is_own(event: ApiCallEvent) -> bool:
    """Whether callers did it to themselves: users, or sessions of the very role."""
    kind = kind_of(event)
    caller = {"User": "IAMUser", "Role": "AssumedRole"}.get(kind)
    return event.actor.type == caller and event.actor.name == event.said(f"{kind.lower()}Name")


def _title(event: ApiCallEvent, whom: str, *, sure: bool) -> str:
    if event.name in TRUSTS:
        told = f"Strangers may assume the {whom}"
    elif event.name in PROVIDERS:
        told = "An identity provider was added or changed"
    elif event.name in UNBOUND:
        told = f"The permissions boundary of {whom} was taken away"
    else:
        told = f"Now an administrator: {whom}"
    return told if sure else f"{told}? It could not be looked at"


def _facts(event: ApiCallEvent, found: Promotion | None, whom: str) -> Iterator[tuple[str, str]]:
    yield "Whom", whom
    yield "Call", event.name
    if found is None:
        return
    yield _label(event), found.by
    yield "Allows now", some(found.allows)
    if found.document and found.allows != (EVERYTHING,):
        yield "Policy document", found.document
    if event.name == TRUSTS[0]:
        yield "Trusted before", found.before or _NOT_KNOWN_BEFORE
    for label, command in _commands(event, found):
        yield label, whole(command)
    yield from user_quarantine.facts(found.suspect)


def _label(event: ApiCallEvent) -> str:
    """What gives the rights: a policy by its ARN, one written into somebody by its name, or another thing."""
    if event.name.startswith("Attach") or event.name in VERSIONS:
        return "Managed policy"
    return "Inline policy" if event.name in _INLINE else "Through"


def _commands(event: ApiCallEvent, found: Promotion) -> Iterator[tuple[str, str]]:
    """What a person needs: to undo what is taken back, or to take back what isn't."""
    kind = kind_of(event)
    named = {f"--{kind.lower()}-name": event.said(f"{kind.lower()}Name")}
    if event.name.startswith("Attach"):
        given = {**named, "--policy-arn": found.by}
        yield "Give it back with", aws_command("iam", f"attach-{kind.lower()}-policy", given)
    elif found.document:
        given = {**named, "--policy-name": found.by, "--policy-document": found.document}
        yield "Give it back with", aws_command("iam", f"put-{kind.lower()}-policy", given)
    elif event.name == "AddUserToGroup":
        given = {"--user-name": event.said("userName"), "--group-name": event.said("groupName")}
        yield "Give it back with", aws_command("iam", "add-user-to-group", given)
    elif event.name in VERSIONS:
        yield "Versions", aws_command("iam", "list-policy-versions", {"--policy-arn": found.by})
        given = {"--policy-arn": found.by, "--version-id": "VERSION"}
        yield "Take it back with", aws_command("iam", "set-default-policy-version", given)
    elif event.name in TRUSTS:
        given = {**named, "--policy-document": found.before or "POLICY"}
        yield "Take it back with", aws_command("iam", "update-assume-role-policy", given)


def _calls(event: ApiCallEvent, found: Promotion) -> Iterator[Call]:
    """What was given is taken back first: who can't be put into quarantine has given it all the same."""
    yield from _taken_back(event)
    yield from user_quarantine.deny(found.suspect, account=event.account, region=event.region)


def _taken_back(event: ApiCallEvent) -> Iterator[Call]:
    kind = kind_of(event)
    named = {f"{kind}Name": event.said(f"{kind.lower()}Name")}
    if event.name.startswith("Attach"):
        yield _call(event, f"detach_{kind.lower()}_policy", {**named, "PolicyArn": event.said("policyArn")})
    elif event.name in _INLINE:
        yield _call(
            event,
            f"delete_{kind.lower()}_policy",
            {**named, "PolicyName": event.said("policyName")},
            lost="what stood under this policy's name before",
        )
    elif event.name == "AddUserToGroup":
        member = {"GroupName": event.said("groupName"), "UserName": event.said("userName")}
        yield _call(event, "remove_user_from_group", member)


def _call(event: ApiCallEvent, operation: str, parameters: Mapping[str, Any], lost: str = "") -> Call:
    """Nothing here can give a right: a person undoes it, and the alert has the command."""
    return Call(
        service="iam",
        operation=operation,
        parameters=parameters,
        account=event.account,
        region=event.region,
        already=(NONE,),
        lost=lost,
    )


def moved(aws: Aws, call: Call, _settings: Settings) -> str:
    """Whether a quarantine has ended; what takes rights away is nothing that we undo. Raises IAM's errors."""
    return user_quarantine.moved(aws.client("iam", call.region), call)


_PROMOTION = Way(
    on=OnEvent(pattern=PATTERN, everywhere=True),
    parse=api_call,
    look=look,
    decide=decide,
    blind=blind,
    proof=Proof(
        by=ProvenBy.HISTORY,
        because="every account has administrators: only the event says that somebody became one now",
    ),
)
_OWN = tuple(f"{call}{kind}Policy" for kind in KINDS for call in ("Detach", "Delete"))

REMEDIATION = Remediation(
    name=NAME,
    title="Somebody was made an administrator, or a role trusts strangers",
    woken_by="a call of IAM that attaches or writes a policy, or changes a group, a boundary or trust",
    response="reports who may do what now; takes back what was attached where its mode is `enforce`",
    page=__doc__ or "",
    ways=(
        _PROMOTION,
        delayed.delayed(_PROMOTION, PUT_OFF),
        COUNTING,
        own_calls(
            "AdministratorMadeRole",
            ("iam",),
            (*_OWN, "RemoveUserFromGroup"),
        ),
    ),
    grants=GRANTS,
    declared_calls=DECLARED_CALLS,
    undoing=Undoing(calls=user_quarantine.UNDOING_CALLS, moved=moved),
    settings={
        EXPECTED_TAG_KEY: EXPECTED_TAG.ref,
        TRUSTED: TRUSTED_ACCOUNTS.joined,
        IGNORED_PRINCIPALS: EXPECTED_PRINCIPALS.joined,
        **user_quarantine.settings_of(QUARANTINE),
        **delayed.settings_of(PUT_OFF),
    },
    parameters=(QUARANTINE,),
    resources=delayed.resources(PUT_OFF),
    managed_rules=("IAM_POLICY_NO_STATEMENTS_WITH_ADMIN_ACCESS",),
    controls=(
        "CIS 1.16",
        "CIS 4.4",
        "Security Hub IAM.1",
        "ATT&CK T1098.003",
        "ATT&CK T1484.002",
        "ATT&CK T1548",
    ),
)
