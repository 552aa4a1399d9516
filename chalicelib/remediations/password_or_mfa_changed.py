"""A console password was set for somebody else, or a second factor taken away.

With a password of their own making, intruders come back by the console, as somebody whom nobody suspects;
and without a second factor a stolen password is enough.

What we do: after CreateLoginProfile and UpdateLoginProfile for another user than the caller report whose
password it is: HIGH. After DeactivateMFADevice and DeleteVirtualMFADevice report whose factor is gone, and
how many are left: HIGH where none is left, MEDIUM where some are, CRITICAL for root. A password policy of
the account that was deleted is MEDIUM. In mode enforce a login profile that was made (not one that was
changed) is deleted, once CloudTrail's event history knows the call, some minutes after it: nobody signs in
to the console with it then. That can't be undone, since nobody here knows the password; a new one is set by
hand. By the parameter `PasswordOrMfaChangedQuarantine` the user who did any of this to another one is put
into quarantine besides: AWS's policy AWSDenyAll is attached, and `trailwarden undo` detaches it.

What we leave alone, and tell: a password that was changed, since the user may need the console; factors,
which only their owner can bring back; the password policy. Without a word: users who do it to themselves
with a password; a login profile that is gone by the time we look (a user who is gone is told: users can be
renamed); refused attempts. A user with the tag of the parameter `ExpectedTag` is told as LOW. Root, roles,
operators and users of other accounts are never put into quarantine, nor who takes away a factor of their
own; sessions of roles that a user has assumed go on.

Sources: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateLoginProfile.html,
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_disable.html
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from chalicelib import delayed, user_quarantine
from chalicelib.aws import Aws
from chalicelib.counting import COUNTING
from chalicelib.events import ApiCallEvent, api_call
from chalicelib.evidence.call import NOT_RECORDED
from chalicelib.evidence.excuse import SETTING as EXPECTED_TAG_KEY
from chalicelib.evidence.lately import GRANTS as LATELY
from chalicelib.evidence.seen import Seen, blind, see, tags_of, tell
from chalicelib.looking import Unseen, answer, renamed
from chalicelib.own_calls import own_calls
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
from chalicelib.triggers import OnEvent, successful_calls
from chalicelib.user_quarantine import Suspect
from chalicelib.wording import aws_command, when

NAME = "password_or_mfa_changed"
PUT_OFF = "PasswordOrMfaChangedPutOff"  # the queue of calls that event history doesn't know yet
QUARANTINE = user_quarantine.parameter("PasswordOrMfaChangedQuarantine")
MADE, CHANGED = "CreateLoginProfile", "UpdateLoginProfile"
_FACTORS = ("DeactivateMFADevice", "DeleteVirtualMFADevice")
_RULES = "DeleteAccountPasswordPolicy"
PATTERN = successful_calls(("iam",), (MADE, CHANGED, *_FACTORS, _RULES))
_USERS = "arn:${AWS::Partition}:iam::${AWS::AccountId}:user/*"
_ANY_USER = "whose password or factor it is isn't known before"
GRANTS = (
    *(
        Grant(action=f"iam:{action}", resource=_USERS, because=_ANY_USER)
        for action in ("GetLoginProfile", "ListMFADevices", "ListUserTags")
    ),
    *user_quarantine.READS,
    *LATELY,
    Grant(action="iam:DeleteLoginProfile", resource=_USERS, because=_ANY_USER, acting=True),
    user_quarantine.ATTACHES,
    user_quarantine.DETACHES,
    *delayed.putting_off(PUT_OFF),
)
DECLARED_CALLS = (
    DeclaredCall(
        operation="iam.delete_login_profile",
        needs=(("iam:DeleteLoginProfile", "arn:{partition}:iam::{account}:user/{UserName}"),),
    ),
    *user_quarantine.DECLARED_CALLS,
)
ROOT = "root"
_NO_USER = "NoSuchEntity"
_ADVICE = """\
Ask the caller and the user whether this was meant. If the caller is unknown, disable their credentials \
first, and look for sign-ins of that user since: aws cloudtrail lookup-events --lookup-attributes \
AttributeKey=EventName,AttributeValue=ConsoleLogin"""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """How a user signs in now. `since`: when the login profile was made; `factors`: how many there are.

    `suspect`: who did it to that user, where the doer is to be put into quarantine.
    """

    user: str
    since: datetime | None = None
    factors: int = 0
    suspect: Suspect | None = None


def look(aws: Aws, event: ApiCallEvent, settings: Settings) -> Seen[SignIn]:
    """How the user signs in now; nothing where users set their own password, or where it is gone again."""
    iam, user = aws.client("iam", event.region), user_of(event)

    def read() -> SignIn | Unseen | None:
        if event.name == _RULES or user in ("", ROOT):
            return SignIn(user=user)  # nobody may look at root's
        found = _sign_in(iam, event, user)
        if not isinstance(found, SignIn) or _is_own(event, user):
            return found
        return replace(found, suspect=user_quarantine.suspect(iam, event, settings))

    def tags(found: SignIn) -> Mapping[str, str]:
        if found.user in ("", ROOT):
            return {}
        return tags_of(iam.list_user_tags(UserName=found.user)["Tags"])

    return see(aws, event, settings, remediation=NAME, read=read, gone=(_NO_USER,), tags=tags)


def _sign_in(iam: Any, event: ApiCallEvent, user: str) -> SignIn | Unseen | None:
    of_password = event.name in (MADE, CHANGED)
    if of_password and _is_own(event, user):
        return None
    factors = answer(
        lambda: len(iam.list_mfa_devices(UserName=user)["MFADevices"]), unless=(_NO_USER,), otherwise=None
    )
    if factors is None:
        return renamed("user", user)
    since = iam.get_login_profile(UserName=user)["LoginProfile"]["CreateDate"] if of_password else None
    return SignIn(user=user, since=since, factors=factors)


def _is_own(event: ApiCallEvent, user: str) -> bool:
    return event.actor.type == "IAMUser" and event.actor.name == user


def user_of(event: ApiCallEvent) -> str:
    """Whose it is. A device that is deleted is named by its serial number, which its owner chose."""
    if named := event.said("userName"):
        return named
    if event.name == _FACTORS[1] or event.name == _RULES:
        serial = str(event.parameters.get("serialNumber") or "")
        return ROOT if serial.endswith(":mfa/root-account-mfa-device") else ""
    return ROOT if event.actor.type in ("Root", "AssumedRoot") else event.actor.name


def decide(event: ApiCallEvent, facts: Seen[SignIn], _now: datetime, _settings: Settings) -> Plan:
    """Tell whose password or factor it is; delete a login profile that was made."""
    if event.failed or facts.nothing:
        return Plan.nothing()
    user = user_of(event)
    return tell(
        event,
        facts,
        severity=_severity(event, facts.state, user),
        title=_title(event, user),
        facts=_facts(event, facts.state, user),
        advice=_ADVICE,
        calls=_calls(event, facts.state, user) if facts.state else (),
        asks=[Asked("who-signed-in"), *([Asked("what-was-done-to", user)] if user != ROOT else ())],
    )


def _severity(event: ApiCallEvent, found: SignIn | None, user: str) -> Severity:
    if user == ROOT:
        return Severity.CRITICAL
    if event.name == _RULES or (event.name in _FACTORS and found is not None and found.factors):
        return Severity.MEDIUM
    return Severity.HIGH


def _title(event: ApiCallEvent, user: str) -> str:
    whom = "the root user" if user == ROOT else f"the user {user}" if user else "somebody"
    if event.name == _RULES:
        return "The account's password policy was deleted"
    if event.name in _FACTORS:
        return f"An MFA device of {whom} was taken away"
    return f"A console password was {'set' if event.name == MADE else 'changed'} for {whom}"


def _facts(event: ApiCallEvent, found: SignIn | None, user: str) -> Iterator[tuple[str, str]]:
    yield "User", user or NOT_RECORDED
    yield "Call", event.name
    if serial := event.parameters.get("serialNumber"):
        yield "Device", str(serial)
    if found and user not in ("", ROOT):
        yield "MFA devices left", str(found.factors)
    if found and found.since:
        yield "Password since", when(found.since)
    if user not in ("", ROOT) and (event.name == CHANGED or (event.name == MADE and not found)):
        named = {"--user-name": user}
        yield "Take it away with", aws_command("iam", "delete-login-profile", named)
    yield from user_quarantine.facts(found.suspect if found else None)


def _calls(event: ApiCallEvent, found: SignIn, user: str) -> Iterator[Call]:
    """The password first: who can't be put into quarantine has set it all the same."""
    if event.name == MADE and user != ROOT:
        yield _deleted(event, user)
    yield from user_quarantine.deny(found.suspect, account=event.account, region=event.region)


def _deleted(event: ApiCallEvent, user: str) -> Call:
    return Call(
        service="iam",
        operation="delete_login_profile",
        parameters={"UserName": user},
        account=event.account,
        region=event.region,
        already=(_NO_USER,),
        lost="the password, which nobody here knows: a new one is set by hand",
    )


def moved(aws: Aws, call: Call, _settings: Settings) -> str:
    """Whether a quarantine has ended; a deleted password is nothing that we undo. Raises IAM's errors."""
    return user_quarantine.moved(aws.client("iam", call.region), call)


_CHANGE = Way(
    on=OnEvent(pattern=PATTERN, everywhere=True),
    parse=api_call,
    look=look,
    decide=decide,
    blind=blind,
    proof=Proof(
        by=ProvenBy.HISTORY,
        because="most users have a password: only the event says who set it",
    ),
)

REMEDIATION = Remediation(
    name=NAME,
    title="A console password was set for somebody else, or an MFA device taken away",
    woken_by="a call of IAM that sets a password, takes a factor away, or deletes the password policy",
    response="reports whose it is; deletes a login profile that was made where its mode is `enforce`",
    page=__doc__ or "",
    ways=(
        _CHANGE,
        delayed.delayed(_CHANGE, PUT_OFF),
        COUNTING,
        own_calls("PasswordOrMfaChangedRole", ("iam",), ("DeleteLoginProfile", *user_quarantine.OWN_CALLS)),
    ),
    grants=GRANTS,
    declared_calls=DECLARED_CALLS,
    undoing=Undoing(calls=user_quarantine.UNDOING_CALLS, moved=moved),
    settings={
        EXPECTED_TAG_KEY: EXPECTED_TAG.ref,
        IGNORED_PRINCIPALS: EXPECTED_PRINCIPALS.joined,
        **user_quarantine.settings_of(QUARANTINE),
        **delayed.settings_of(PUT_OFF),
    },
    parameters=(QUARANTINE,),
    resources=delayed.resources(PUT_OFF),
    managed_rules=("MFA_ENABLED_FOR_IAM_CONSOLE_ACCESS", "IAM_PASSWORD_POLICY"),
    controls=("CIS 1.8", "CIS 1.10", "Security Hub IAM.5", "ATT&CK T1098", "ATT&CK T1556.006"),
)
