"""Who made a request: the record's `userIdentity`.

Source: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html
"""

from datetime import UTC, datetime
from typing import Any

from scenarios.cloud.kernel.caller import Caller, CallerKind
from scenarios.cloud.kernel.errors import NotSimulated


def iso(moment: datetime) -> str:
    """A moment as CloudTrail's own fields print it: UTC, to the second."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def user_identity(caller: Caller, moment: datetime) -> dict[str, Any]:
    """`userIdentity` of a call made at `moment` (a session whose start is not told began just then)."""
    if caller.kind is CallerKind.AWS_SERVICE:
        return {"type": "AWSService", "invokedBy": caller.service}
    if caller.kind is CallerKind.ANONYMOUS:
        raise NotSimulated("cloudtrail", "records of requests that nobody signed")
    identity: dict[str, Any] = {
        "type": caller.kind.value,
        "principalId": principal_id(caller),
        "arn": caller.arn,
        "accountId": caller.account,
    }
    if caller.access_key_id:
        identity["accessKeyId"] = caller.access_key_id
    if caller.kind is CallerKind.IAM_USER:
        identity["userName"] = caller.name
    session = _session_context(caller, moment)
    if session is not None:
        identity["sessionContext"] = session
    if caller.invoked_by:
        identity["invokedBy"] = caller.invoked_by
    return identity


def principal_id(caller: Caller) -> str:
    """`AIDA...` of a user, the account of root, `AROA...:session` of a role's session."""
    if caller.kind is CallerKind.ROOT:
        return caller.principal_id or caller.account
    if caller.kind is CallerKind.ASSUMED_ROLE and ":" not in caller.principal_id:
        return f"{caller.principal_id}:{caller.session}"
    return caller.principal_id


def _session_context(caller: Caller, moment: datetime) -> dict[str, Any] | None:
    """Temporary credentials have a session: a role's always, a user's or root's after a sign-in or MFA."""
    attributes = {
        "creationDate": iso(caller.session_created or moment),
        "mfaAuthenticated": "true" if caller.mfa else "false",
    }
    if caller.kind is CallerKind.ASSUMED_ROLE:
        issuer = {
            "type": "Role",
            "principalId": principal_id(caller).partition(":")[0],
            "arn": caller.role_arn,
            "accountId": caller.account,
            "userName": caller.name,
        }
        delivered = {"ec2RoleDelivery": caller.ec2_role_delivery} if caller.ec2_role_delivery else {}
        return {"sessionIssuer": issuer, "attributes": attributes, **delivered}
    if caller.session_created is None and not caller.mfa:
        return None
    return {"attributes": attributes}
