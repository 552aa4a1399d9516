"""Somebody made an access key for somebody else, or for root, or switched such a key on again.

A key outlives the session that made it. So whoever has got in makes one, for a user whom nobody watches, or
for root, whom nothing restrains.

What we do: after CreateAccessKey, and UpdateAccessKey to Active, for another user than the caller, report the
key, whose it is, how many that user has, and whether it was used since: HIGH. In mode enforce it is
deactivated, once CloudTrail's event history knows the call, some minutes after it; the undo activates it
again. By the parameter `AccessKeyCreatedQuarantine` the user who made the key is put into quarantine besides:
AWS's policy AWSDenyAll is attached, and the undo detaches it. A key for root is CRITICAL, and told with the
steps: only root, or a session of AssumeRoot from the organization's management account, may act on it.

What we leave alone: a key that users make for themselves; a key that is gone or inactive by the time we
look (a user who is gone is told: users can be renamed); the user and what it may do; refused attempts. A
user with the tag of the parameter `ExpectedTag` is told as LOW. A key that is deactivated stays, and is
evidence. Root, roles, operators and users of other accounts are never put into quarantine; sessions of
roles that a user has assumed go on.

Sources: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateAccessKey.html,
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user-privileged-task.html
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from chalicelib import delayed, user_quarantine
from chalicelib.aws import Aws
from chalicelib.counting import COUNTING
from chalicelib.events import ApiCallEvent, api_call, optional_mapping
from chalicelib.evidence.call import NOT_RECORDED
from chalicelib.evidence.excuse import SETTING as EXPECTED_TAG_KEY
from chalicelib.evidence.lately import GRANTS as LATELY
from chalicelib.evidence.seen import Seen, blind, see, tags_of, tell
from chalicelib.looking import Unseen, answer, renamed
from chalicelib.references import EXPECTED_PRINCIPALS, EXPECTED_TAG
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
from chalicelib.settings import IGNORED_PRINCIPALS, Settings
from chalicelib.triggers import OnEvent
from chalicelib.user_quarantine import Suspect
from chalicelib.wording import aws_command, when

NAME = "access_key_created"
PUT_OFF = "AccessKeyCreatedPutOff"  # the queue of calls that event history doesn't know yet
CREATE, UPDATE = "CreateAccessKey", "UpdateAccessKey"
QUARANTINE = user_quarantine.parameter("AccessKeyCreatedQuarantine")
_CALLS = {"eventName": [CREATE, UPDATE], "errorCode": [{"exists": False}]}
_OWN = {"eventName": list(user_quarantine.OWN_CALLS)}
_ROLE = {"Fn::GetAtt": ["AccessKeyCreatedRole", "Arn"]}
_BY_US = {"userIdentity": {"sessionContext": {"sessionIssuer": {"arn": [_ROLE]}}}}
_VIA = {"source": ["aws.iam"], "detail-type": ["AWS API Call via CloudTrail"]}
# Calls of our own role come by the same rule; a spoke doesn't know the role.
PATTERN = {**_VIA, "detail": {"eventSource": ["iam.amazonaws.com"], "$or": [_CALLS, {**_OWN, **_BY_US}]}}
FORWARDED = {**_VIA, "detail": {"eventSource": ["iam.amazonaws.com"], "$or": [_CALLS, _OWN]}}

_USERS = "arn:${AWS::Partition}:iam::${AWS::AccountId}:user/*"
_ANY_USER = "whose key it will be isn't known before"
GRANTS = (
    *(
        Grant(action=f"iam:{action}", resource=_USERS, because=_ANY_USER)
        for action in ("ListAccessKeys", "GetAccessKeyLastUsed", "ListUserTags")
    ),
    *user_quarantine.READS,
    *LATELY,
    Grant(action="iam:UpdateAccessKey", resource=_USERS, because=_ANY_USER, acting=True),
    user_quarantine.ATTACHES,
    user_quarantine.DETACHES,
    *delayed.putting_off(PUT_OFF),
)
_TO_UNDO = (
    DeclaredCall(
        operation="iam.update_access_key",
        needs=(("iam:UpdateAccessKey", "arn:{partition}:iam::{account}:user/{UserName}"),),
    ),
)

DECLARED_CALLS = (*_TO_UNDO, *user_quarantine.DECLARED_CALLS)

ROOT = "root"
_NO_USER = "NoSuchEntity"
_ADVICE = """\
Ask the caller and the user whether this was meant. If the caller is unknown, disable their credentials first.
The command at "What it did" shows the calls that were made with the key."""
_FOR_ROOT = """\
Nobody but root may take this key away. Sign in as root, delete it under "My security credentials", change \
root's password, and check root's MFA devices and the account's e-mail address.
In an organization the management account can do it without root's password: aws sts assume-root \
--target-principal ACCOUNT --task-policy-arn \
arn=arn:aws:iam::aws:policy/root-task/IAMDeleteRootUserCredentials, then aws iam delete-access-key with \
these credentials.
Until then a service control policy that denies everything to the account's root holds the key back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """An access key that is active. `user`: its name, or ROOT; `used`: what for, last; "" for never.

    `suspect`: who made it, where that user is to be put into quarantine.
    """

    id: str
    user: str
    of_user: int = 0  # how many active keys the user has
    used: str = ""
    suspect: Suspect | None = None


# ---- look ---------------------------------------------------------------------------------------


def look(aws: Aws, event: ApiCallEvent, settings: Settings) -> Seen[Key]:
    """The key as it is now; nothing where users do it to themselves, or where it is not active any more."""
    iam, user, key = aws.client("iam", event.region), user_of(event), key_of(event)

    def read() -> Key | Unseen | None:
        if user == ROOT:
            return Key(id=key, user=ROOT)  # nobody else may look
        if is_own(event) or event.parameters.get("status") == "Inactive":
            return None
        if not key:
            return Unseen(why="the record doesn't say which key it was")
        listed = _keys(iam, user)
        if listed is None:
            return renamed("user", user)
        found = _active(iam, user, key, listed)
        return replace(found, suspect=user_quarantine.suspect(iam, event, settings)) if found else None

    def tags(found: Key) -> Mapping[str, str]:
        return tags_of(iam.list_user_tags(UserName=user)["Tags"]) if found.user != ROOT else {}

    return see(aws, event, settings, remediation=NAME, read=read, tags=tags)


def _active(iam: Any, user: str, key: str, listed: list[Mapping[str, Any]]) -> Key | None:
    active = [each["AccessKeyId"] for each in listed if each["Status"] == "Active"]
    if key not in active:
        return None
    used = iam.get_access_key_last_used(AccessKeyId=key)["AccessKeyLastUsed"]
    at = used.get("LastUsedDate")
    return Key(
        id=key,
        user=user,
        of_user=len(active),
        used=f"{used['ServiceName']} in {used['Region']}, {when(at)}" if at else "",
    )


def _keys(iam: Any, user: str) -> list[Mapping[str, Any]] | None:
    """The user's keys; None where there is no such user."""
    return answer(
        lambda: iam.list_access_keys(UserName=user)["AccessKeyMetadata"], unless=(_NO_USER,), otherwise=None
    )


def is_own(event: ApiCallEvent) -> bool:
    """Whether users do it to themselves. A role that is called like a user is not that user."""
    return event.actor.type == "IAMUser" and event.actor.name == user_of(event)


def user_of(event: ApiCallEvent) -> str:
    """Whose it is. A caller who names nobody means themselves."""
    named = event.parameters.get("userName") or _answered(event).get("userName")
    if isinstance(named, str) and named:
        return named
    return ROOT if event.actor.type in ("Root", "AssumedRoot") else event.actor.name


def key_of(event: ApiCallEvent) -> str:
    """The id of the key."""
    found = event.parameters.get("accessKeyId") or _answered(event).get("accessKeyId")
    return found if isinstance(found, str) else ""


def _answered(event: ApiCallEvent) -> Mapping[str, Any]:
    return optional_mapping(event.response.get("accessKey"))


# ---- decide -------------------------------------------------------------------------------------


def decide(event: ApiCallEvent, facts: Seen[Key], _now: datetime, _settings: Settings) -> Plan:
    """Tell whose key it is; deactivate it, unless it is root's."""
    if event.failed or facts.nothing or event.name in user_quarantine.OWN_CALLS:
        return Plan.nothing()
    user = user_of(event) or NOT_RECORDED
    of_root = user == ROOT
    done = "An access key was made" if event.name == CREATE else "An access key was switched on"
    return tell(
        event,
        facts,
        severity=Severity.CRITICAL if of_root else Severity.HIGH,
        title=f"{done} for {'the root user' if of_root else f'the user {user}'}",
        facts=_facts(event, facts.state, user),
        advice=_FOR_ROOT if of_root else _ADVICE,
        calls=_calls(event, facts.state) if facts.state and not of_root else (),
        asks=[Asked("what-did-principal-do", key_of(event))] if key_of(event) else (),
    )


def _facts(event: ApiCallEvent, key: Key | None, user: str) -> Iterator[tuple[str, str]]:
    yield "Key", key_of(event) or NOT_RECORDED
    yield "User", user
    if key and user != ROOT:
        yield "Active keys", str(key.of_user)
        yield "Used since", key.used or "not yet, as far as IAM knows"
        yield from user_quarantine.facts(key.suspect)
    asked = {
        "--lookup-attributes": f"AttributeKey=AccessKeyId,AttributeValue={key_of(event)}",
        "--region": event.region,
    }
    yield "What it did", aws_command("cloudtrail", "lookup-events", asked)


def _calls(event: ApiCallEvent, key: Key) -> Iterator[Call]:
    """The key first: who can't be put into quarantine has made it all the same."""
    yield _update(event, key, "Inactive")
    yield from user_quarantine.deny(key.suspect, account=event.account, region=event.region)


def _update(event: ApiCallEvent, key: Key, status: str) -> Call:
    undo = _update(event, key, "Active") if status == "Inactive" else None
    return Call(
        service="iam",
        operation="update_access_key",
        parameters={"UserName": key.user, "AccessKeyId": key.id, "Status": status},
        account=event.account,
        region=event.region,
        already=(_NO_USER,),
        undo=undo,
    )


def moved(aws: Aws, call: Call, _settings: Settings) -> str:
    """Whether the key is gone or active again, or the quarantine has ended; raises what IAM raises."""
    if "AccessKeyId" not in call.parameters:
        return user_quarantine.moved(aws.client("iam", call.region), call)
    user, key = call.parameters["UserName"], call.parameters["AccessKeyId"]
    listed = _keys(aws.client("iam", call.region), user)
    if listed is None:
        return f"there is no user {user} any more"
    status = next((each["Status"] for each in listed if each["AccessKeyId"] == key), "gone")
    return "" if status == call.parameters["Status"] else f"the key {key} is {status}"


_CREATION = Way(
    on=OnEvent(pattern=PATTERN, everywhere=True, forwards=FORWARDED),
    parse=api_call,
    look=look,
    decide=decide,
    blind=blind,
    proof=Proof(
        by=ProvenBy.HISTORY,
        because="an active key is nothing wrong by itself: only the event says who made it",
    ),
)

REMEDIATION = Remediation(
    name=NAME,
    title="An access key was made for somebody else, or for root",
    woken_by="`CreateAccessKey` and `UpdateAccessKey` of IAM",
    response="reports whose key it is and whether it was used; deactivates it where its mode is `enforce`",
    page=__doc__ or "",
    ways=(_CREATION, delayed.delayed(_CREATION, PUT_OFF), COUNTING),
    grants=GRANTS,
    declared_calls=DECLARED_CALLS,
    undoing=Undoing(calls=(*_TO_UNDO, *user_quarantine.UNDOING_CALLS), moved=moved),
    settings={
        EXPECTED_TAG_KEY: EXPECTED_TAG.ref,
        IGNORED_PRINCIPALS: EXPECTED_PRINCIPALS.joined,
        **user_quarantine.settings_of(QUARANTINE),
        **delayed.settings_of(PUT_OFF),
    },
    parameters=(QUARANTINE,),
    resources=delayed.resources(PUT_OFF),
    managed_rules=("ACCESS_KEYS_ROTATED", "IAM_ROOT_ACCESS_KEY_CHECK"),
    controls=("CIS 1.4", "Security Hub IAM.4", "ATT&CK T1098.001"),
)
