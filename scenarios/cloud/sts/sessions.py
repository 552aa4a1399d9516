"""Temporary credentials: AssumeRole, GetFederationToken, GetSessionToken.

Whether the caller may, IAM has decided when a law is asked: trust policy and identity policies, as for any
call. Here the parameters are checked, and a session begins: its credentials sign calls until they expire,
carry the session policies, the tags and the source identity. Transitive tags and the source identity go on
through a chain of roles, and no later session can change them.

Left out: PolicyArns of policies that IAM doesn't hold, ProvidedContexts, MFA devices with a code.

Sources: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html,
.../API_GetFederationToken.html, .../API_GetSessionToken.html and
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html#id_session-tags_role-chaining
"""

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from scenarios.cloud.asked import Asked
from scenarios.cloud.authorization.document import MalformedPolicy, parse
from scenarios.cloud.authorization.rows import Document, document
from scenarios.cloud.kernel import moto_iam
from scenarios.cloud.kernel.caller import Caller, CallerKind
from scenarios.cloud.kernel.errors import NotSimulated, Refused
from scenarios.cloud.setting import Setting

_NAME = re.compile(r"[\w+=,.@-]*", re.ASCII)
SHORTEST_SECONDS, LONGEST_SECONDS = 900, 43_200
CHAINED_SECONDS = 3_600
FEDERATED_SECONDS = 129_600
MOST_TAGS, MOST_POLICIES, LONGEST_POLICY = 50, 10, 2_048
USUAL_SECONDS = {"AssumeRole": 3_600, "GetFederationToken": 43_200, "GetSessionToken": 43_200}


class Sessions:
    """Begins sessions, and enrols their callers."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._begun = 0
        setting.calls.answer("sts", "AssumeRole", self._assume_role)
        setting.calls.answer("sts", "GetFederationToken", self._federation_token)
        setting.calls.answer("sts", "GetSessionToken", self._session_token)
        setting.calls.in_every_account("sts", "AssumeRole", "GetFederationToken", "GetSessionToken")

    def _assume_role(self, asked: Asked) -> dict[str, Any]:
        given, caller = asked.parameters, asked.caller
        if "SerialNumber" in given or "ProvidedContexts" in given:
            raise NotSimulated("sts", "AssumeRole with an MFA device's code or provided contexts")
        _named("roleSessionName", given["RoleSessionName"], 2, 64)
        if "SourceIdentity" in given:
            _named("sourceIdentity", given["SourceIdentity"], 2, 64)
        role = self._role(given["RoleArn"], caller)
        session = given["RoleSessionName"]
        chained = caller.kind is CallerKind.ASSUMED_ROLE
        seconds = _seconds(given, asked.operation, LONGEST_SECONDS)
        _fits_role(seconds, role, chained=chained)
        tags = _tags(given, caller)
        account = role.arn.split(":")[4]
        known = self._enrolled(
            Caller(
                kind=CallerKind.ASSUMED_ROLE,
                account=account,
                arn=f"arn:aws:sts::{account}:assumed-role/{role.name}/{session}",
                principal_id=f"{role.id}:{session}",
                name=role.name,
                path=role.path or "/",
                session=session,
                source_ip=caller.source_ip,
                user_agent=caller.user_agent,
                mfa=caller.mfa,
                session_policies=self._session_policies(given, account),
                tags=tags,
                transitive_tags=caller.transitive_tags | frozenset(given.get("TransitiveTagKeys", ())),
                source_identity=_source_identity(given, caller),
            ),
            seconds,
        )
        answer = {
            "Credentials": self._credentials(known),
            "AssumedRoleUser": {"AssumedRoleId": known.principal_id, "Arn": known.arn},
        }
        return answer | ({"SourceIdentity": known.source_identity} if known.source_identity else {})

    def _federation_token(self, asked: Asked) -> dict[str, Any]:
        given, caller = asked.parameters, asked.caller
        _named("name", given["Name"], 2, 32)
        _must_be_a_user(asked)
        known = self._enrolled(
            Caller(
                kind=CallerKind.FEDERATED_USER,
                account=caller.account,
                arn=f"arn:aws:sts::{caller.account}:federated-user/{given['Name']}",
                principal_id=f"{caller.account}:{given['Name']}",
                name=caller.name,
                path=caller.path,
                source_ip=caller.source_ip,
                user_agent=caller.user_agent,
                policies=caller.policies,
                session_policies=self._session_policies(given, caller.account) or (),
                tags=_tags(given, caller),
            ),
            _seconds(given, asked.operation, FEDERATED_SECONDS),
        )
        return {
            "Credentials": self._credentials(known),
            "FederatedUser": {"FederatedUserId": known.principal_id, "Arn": known.arn},
        }

    def _session_token(self, asked: Asked) -> dict[str, Any]:
        given, caller = asked.parameters, asked.caller
        if "SerialNumber" in given or "TokenCode" in given:
            raise NotSimulated("sts", "GetSessionToken with an MFA device's code")
        _must_be_a_user(asked)
        known = self._enrolled(
            Caller(
                kind=caller.kind,
                account=caller.account,
                arn=caller.arn,
                principal_id=caller.principal_id,
                name=caller.name,
                path=caller.path,
                source_ip=caller.source_ip,
                user_agent=caller.user_agent,
                policies=caller.policies,
            ),
            _seconds(given, asked.operation, FEDERATED_SECONDS),
        )
        return {"Credentials": self._credentials(known)}

    def _role(self, arn: str, caller: Caller) -> Any:
        """The role's model. Of one that isn't there AWS says what it says of one that trusts others."""
        if not re.fullmatch(r"arn:aws[\w-]*:iam::\d{12}:role/.+", arn):
            raise Refused("ValidationError", f"{arn} is invalid")
        role = moto_iam.role(arn.split(":")[4], arn.rpartition("/")[2])
        if role is None or role.arn != arn:
            raise Refused(
                "AccessDenied",
                f"User: {caller.arn} is not authorized to perform: sts:AssumeRole on resource: {arn}",
                403,
            )
        return role

    def _session_policies(self, given: Mapping[str, Any], account: str) -> tuple[Document, ...] | None:
        """What the session is limited to; None for a session that hands in nothing."""
        arns = [each.get("arn", "") for each in given.get("PolicyArns", ())]
        if "Policy" not in given and not arns:
            return None
        if len(arns) > MOST_POLICIES:
            raise Refused("ValidationError", f"A session takes at most {MOST_POLICIES} managed policies.")
        managed = [_managed(account, arn) for arn in arns]
        return (*([_inline(given["Policy"])] if "Policy" in given else []), *managed)

    def _enrolled(self, caller: Caller, seconds: int) -> Caller:
        """The session with its credentials, the same ones for the same seed."""
        self._begun += 1
        drawn = (
            hashlib.sha256(f"{self._setting.seed} {self._begun} {caller.arn}".encode()).hexdigest().upper()
        )
        now = self._setting.clock.now
        return self._setting.identity.enrol(
            caller.begun(
                access_key_id=f"ASIA{drawn[:16]}",
                token=f"SIMULATED{drawn}",
                at=now,
                until=now + timedelta(seconds=seconds),
            )
        )

    def _credentials(self, caller: Caller) -> dict[str, Any]:
        return {
            "AccessKeyId": caller.access_key_id,
            "SecretAccessKey": self._setting.identity.secret_of(caller.access_key_id),
            "SessionToken": caller.session_token,
            "Expiration": caller.expires,
        }


def _named(what: str, value: str, shortest: int, longest: int) -> None:
    """A name as STS takes it; its complaint quotes the value, the constraint and the rule."""
    rules = (
        (_NAME.fullmatch(value), r"Member must satisfy regular expression pattern: [\w+=,.@-]*"),
        (len(value) <= longest, f"Member must have length less than or equal to {longest}"),
        (len(value) >= shortest, f"Member must have length greater than or equal to {shortest}"),
    )
    broken = [rule for holds, rule in rules if not holds]
    if broken:
        raise Refused(
            "ValidationError",
            f"{len(broken)} validation error{'s' if len(broken) > 1 else ''} detected: "
            + "; ".join(
                f"Value '{value}' at '{what}' failed to satisfy constraint: {rule}" for rule in broken
            ),
        )


def _seconds(given: Mapping[str, Any], operation: str, longest: int) -> int:
    seconds = int(given.get("DurationSeconds", USUAL_SECONDS[operation]))
    if not SHORTEST_SECONDS <= seconds <= longest:
        bound, rule = (SHORTEST_SECONDS, "greater") if seconds < SHORTEST_SECONDS else (longest, "less")
        raise Refused(
            "ValidationError",
            f"1 validation error detected: Value '{seconds}' at 'durationSeconds' failed to satisfy "
            f"constraint: Member must have value {rule} than or equal to {bound}",
        )
    return seconds


def _fits_role(seconds: int, role: Any, *, chained: bool) -> None:
    if chained and seconds > CHAINED_SECONDS:
        raise Refused(
            "ValidationError",
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role "
            "chaining",
        )
    if seconds > int(role.max_session_duration or CHAINED_SECONDS):
        raise Refused(
            "ValidationError",
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
        )


def _tags(given: Mapping[str, Any], caller: Caller) -> Mapping[str, str]:
    """The session's tags: those handed in, and those of a chain of roles that go on."""
    asked = {tag["Key"]: tag["Value"] for tag in given.get("Tags", ())}
    if len(asked) > MOST_TAGS:
        raise Refused("ValidationError", f"A session takes at most {MOST_TAGS} tags.")
    lower = [key.lower() for key in asked]
    if len(set(lower)) != len(given.get("Tags", ())):
        raise Refused(
            "InvalidParameterValue",
            "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
        )
    if not set(given.get("TransitiveTagKeys", ())) <= set(asked):
        raise Refused(
            "ValidationError", "The specified transitive tag key must be included in the requested tags."
        )
    inherited = {key: caller.tags[key] for key in caller.transitive_tags if key in caller.tags}
    taken = sorted(key for key in asked if key.lower() in {each.lower() for each in inherited})
    if taken:
        raise Refused(
            "InvalidParameterValue",
            "One of the specified transitive tag keys can't be set because it conflicts with a transitive "
            "tag key from the calling session.",
        )
    return inherited | asked


def _source_identity(given: Mapping[str, Any], caller: Caller) -> str:
    asked = str(given.get("SourceIdentity", ""))
    if caller.source_identity and asked not in {"", caller.source_identity}:
        raise Refused("AccessDenied", "The source identity of a session can't be changed.", 403)
    return caller.source_identity or asked


def _inline(text: str) -> Document:
    if len(text) > LONGEST_POLICY:
        raise Refused(
            "ValidationError",
            "1 validation error detected: Value at 'policy' failed to satisfy constraint: "
            f"Member must have length less than or equal to {LONGEST_POLICY}",
        )
    try:
        policy: Document = json.loads(text)
        parse(policy, attached_to_resource=False)
    except (ValueError, MalformedPolicy):
        raise Refused("MalformedPolicyDocument", "This policy contains invalid Json") from None
    return policy


def _managed(account: str, arn: str) -> Document:
    moto_iam.know_managed_policy_of_aws(account, arn)
    found = moto_iam.managed_policy(account, arn)
    if found is None:
        raise Refused("ValidationError", f"The policy {arn} does not exist.")
    return document(found)


def _must_be_a_user(asked: Asked) -> None:
    if asked.caller.kind not in {CallerKind.IAM_USER, CallerKind.ROOT} or asked.caller.session_token:
        raise Refused("AccessDenied", f"Cannot call {asked.operation} with session credentials", 403)
