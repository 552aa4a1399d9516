"""Console sign-ins, as CloudTrail records them.

They are no API calls: the source is `signin.amazonaws.com`, the type `AwsConsoleSignIn`, there are no request
parameters, and a failure is told by `responseElements` and `errorMessage`, without an `errorCode`.

Source: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-aws-console-sign-in-events.html
"""

from datetime import datetime
from typing import Any, Final

from scenarios.cloud.cloudtrail.records.records import EVENT_VERSION, tls_details
from scenarios.cloud.cloudtrail.records.user_identity import iso, principal_id, user_identity
from scenarios.cloud.kernel.caller import Caller, CallerKind
from scenarios.cloud.kernel.errors import WorldError
from scenarios.cloud.kernel.recorded import GLOBAL_REGION, HIDDEN

FAILED_AUTHENTICATION: Final = "Failed authentication"
NO_SUCH_USER: Final = "No username found in supplied account"

# People sign in to the console with a browser; so does a caller without another user agent.
_BROWSER: Final = "Mozilla/5.0 (X11; Linux x86_64; rv:142.0) Gecko/20100101 Firefox/142.0"


def console_sign_in(
    caller: Caller,
    *,
    moment: datetime,
    event_id: str,
    succeeded: bool,
    mfa_used: bool,
    region: str | None = None,
    error_message: str | None = None,
    unknown_user: bool = False,
) -> dict[str, Any]:
    """The `ConsoleLogin` record.

    Root's sign-ins are recorded in us-east-1 wherever they were made; a user's in `region`, or in us-east-1
    when signing in at the global endpoint (None). A failure has no ARN for a user, and for a name that the
    account doesn't have (`unknown_user`, which makes it a failure) not even the name. A role's session comes
    from an identity provider: AWS prints `MFAUsed` as No, even if the provider asked for a second factor.
    """
    succeeded = succeeded and not unknown_user
    mfa_used = mfa_used and caller.kind is not CallerKind.ASSUMED_ROLE
    console = f"{region}.console" if region else "console"
    extra = {"LoginTo": f"https://{console}.aws.amazon.com/console/home", "MobileVersion": "No"}
    if mfa_used and succeeded:
        extra["MFAIdentifier"] = _mfa_device(caller)
    extra["MFAUsed"] = "Yes" if mfa_used else "No"
    return _record(
        "ConsoleLogin",
        caller,
        identity=_unknown_user(caller) if unknown_user else _identity(caller, moment, succeeded=succeeded),
        moment=moment,
        event_id=event_id,
        region=region,
        error=None
        if succeeded
        else error_message or (NO_SUCH_USER if unknown_user else FAILED_AUTHENTICATION),
        extra=extra,
    )


def switch_role(
    caller: Caller,
    *,
    switched_from: str,
    moment: datetime,
    event_id: str,
    region: str | None = None,
) -> dict[str, Any]:
    """The `SwitchRole` record in the role's account; `caller` is the role's session.

    `switched_from` is the ARN of the identity that switched.
    """
    console = f"{region}.console" if region else "console"
    return _record(
        "SwitchRole",
        caller,
        identity={
            "type": caller.kind.value,
            "principalId": principal_id(caller),
            "arn": caller.arn,
            "accountId": caller.account,
        },
        moment=moment,
        event_id=event_id,
        region=region,
        extra={
            "SwitchFrom": switched_from,
            "RedirectTo": f"https://{console}.aws.amazon.com/console/home",
        },
    )


def check_mfa(
    caller: Caller,
    *,
    moment: datetime,
    event_id: str,
    succeeded: bool = True,
    mfa_type: str = "Virtual MFA",
    region: str | None = None,
) -> dict[str, Any]:
    """The `CheckMfa` record: the sign-in page asked for a second factor.

    `mfa_type` is AWS's word for it: `Virtual MFA`, `U2F MFA`, `Multiple MFA Devices`.
    """
    return _record(
        "CheckMfa",
        caller,
        identity=_identity(caller, moment, succeeded=False),
        moment=moment,
        event_id=event_id,
        region=region,
        error=None if succeeded else FAILED_AUTHENTICATION,
        extra={"MfaType": mfa_type},
    )


def password_updated(
    caller: Caller, *, moment: datetime, event_id: str, succeeded: bool = True
) -> dict[str, Any]:
    """The `PasswordUpdated` record: root's password was changed on the sign-in pages."""
    return _record(
        "PasswordUpdated",
        caller,
        identity=_identity(caller, moment, succeeded=True),
        moment=moment,
        event_id=event_id,
        region=None,
        error=None if succeeded else FAILED_AUTHENTICATION,
    )


def _record(
    name: str,
    caller: Caller,
    *,
    identity: dict[str, Any],
    moment: datetime,
    event_id: str,
    region: str | None,
    error: str | None = None,
    extra: dict[str, str] | None = None,
) -> dict[str, Any]:
    if caller.kind is CallerKind.AWS_SERVICE:
        raise WorldError(f"{caller.service} does not sign in to the console")
    from_cli = caller.user_agent.startswith("aws-cli/")
    record: dict[str, Any] = {
        "eventVersion": EVENT_VERSION,
        "userIdentity": identity,
        "eventTime": iso(moment),
        "eventSource": "signin.amazonaws.com",
        "eventName": name,
        "awsRegion": GLOBAL_REGION if caller.kind is CallerKind.ROOT or region is None else region,
        "sourceIPAddress": caller.source_ip,
        "userAgent": _BROWSER if from_cli else caller.user_agent,
    }
    if error is not None:
        record["errorMessage"] = error
    record["requestParameters"] = None
    record["responseElements"] = {name: "Success" if error is None else "Failure"}
    if extra is not None:
        record["additionalEventData"] = extra
    return record | {
        "eventID": event_id,
        "readOnly": False,
        "eventType": "AwsConsoleSignIn",
        "managementEvent": True,
        "recipientAccountId": caller.account,
        "eventCategory": "Management",
        "tlsDetails": tls_details(f"{region}.signin.aws.amazon.com" if region else "signin.aws.amazon.com"),
    }


def _identity(caller: Caller, moment: datetime, *, succeeded: bool) -> dict[str, Any]:
    """Who signed in, or tried to: there are no credentials yet, so no key and (but for a role) no session."""
    if caller.kind is CallerKind.ROOT:
        return {
            "type": "Root",
            "principalId": principal_id(caller),
            "arn": caller.arn,
            "accountId": caller.account,
            "accessKeyId": "",
        }
    if caller.kind is CallerKind.ASSUMED_ROLE:
        return user_identity(caller, moment)
    user = {"type": "IAMUser", "principalId": caller.principal_id}
    if succeeded:
        return user | {"arn": caller.arn, "accountId": caller.account, "userName": caller.name}
    return user | {"accountId": caller.account, "accessKeyId": "", "userName": caller.name}


def _unknown_user(caller: Caller) -> dict[str, Any]:
    """What was typed as a name may be a password, so it is hidden."""
    return {"type": "IAMUser", "accountId": caller.account, "accessKeyId": "", "userName": HIDDEN}


def _mfa_device(caller: Caller) -> str:
    device = "root-account-mfa-device" if caller.kind is CallerKind.ROOT else caller.name
    return f"arn:aws:iam::{caller.account}:mfa/{device}"
