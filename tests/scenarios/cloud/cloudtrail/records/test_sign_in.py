"""Console sign-ins, compared with the examples on AWS's page and a record published with stratus-red-team."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from scenarios.cloud.cloudtrail.records.sign_in import (
    check_mfa,
    console_sign_in,
    password_updated,
    switch_role,
)
from scenarios.cloud.kernel.caller import Caller, CallerKind
from scenarios.cloud.kernel.errors import WorldError

ACCOUNT = "111122223333"
MOMENT = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
EVENT_ID = "3fcfb182-0000-4000-8000-000000000001"
FIREFOX = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:142.0) Gecko/20100101 Firefox/142.0"

ROOT = Caller(
    kind=CallerKind.ROOT, account=ACCOUNT, arn=f"arn:aws:iam::{ACCOUNT}:root", access_key_id="AKIAROOT"
)
ANAYA = Caller(
    kind=CallerKind.IAM_USER,
    account=ACCOUNT,
    arn=f"arn:aws:iam::{ACCOUNT}:user/anaya",
    principal_id="AIDAANAYA",
    name="anaya",
    access_key_id="AKIAANAYA",
    user_agent=FIREFOX,
)
FEDERATED = Caller(
    kind=CallerKind.ASSUMED_ROLE,
    account=ACCOUNT,
    arn=f"arn:aws:sts::{ACCOUNT}:assumed-role/sso/anaya",
    principal_id="AROASSO",
    name="sso",
    session="anaya",
)

ROOT_IDENTITY = {
    "type": "Root",
    "principalId": ACCOUNT,
    "arn": f"arn:aws:iam::{ACCOUNT}:root",
    "accountId": ACCOUNT,
    "accessKeyId": "",
}
USER_IDENTITY = {
    "type": "IAMUser",
    "principalId": "AIDAANAYA",
    "arn": f"arn:aws:iam::{ACCOUNT}:user/anaya",
    "accountId": ACCOUNT,
    "userName": "anaya",
}
FAILED_USER = {
    "type": "IAMUser",
    "principalId": "AIDAANAYA",
    "accountId": ACCOUNT,
    "accessKeyId": "",
    "userName": "anaya",
}
NOBODY = {
    "type": "IAMUser",
    "accountId": ACCOUNT,
    "accessKeyId": "",
    "userName": "HIDDEN_DUE_TO_SECURITY_REASONS",
}
ROLE_IDENTITY = {
    "type": "AssumedRole",
    "principalId": "AROASSO:anaya",
    "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/sso/anaya",
    "accountId": ACCOUNT,
    "sessionContext": {
        "sessionIssuer": {
            "type": "Role",
            "principalId": "AROASSO",
            "arn": f"arn:aws:iam::{ACCOUNT}:role/sso",
            "accountId": ACCOUNT,
            "userName": "sso",
        },
        "attributes": {"creationDate": "2026-03-02T03:00:00Z", "mfaAuthenticated": "false"},
    },
}


def signed_in(caller: Caller, **circumstances: Any) -> dict[str, Any]:
    told = {"succeeded": True, "mfa_used": False} | circumstances
    return console_sign_in(caller, moment=MOMENT, event_id=EVENT_ID, **told)


SIGN_INS = [
    pytest.param(ROOT, {}, ROOT_IDENTITY, "Success", None, id="root"),
    pytest.param(
        ROOT, {"succeeded": False}, ROOT_IDENTITY, "Failure", "Failed authentication", id="root, failed"
    ),
    pytest.param(ANAYA, {}, USER_IDENTITY, "Success", None, id="a user"),
    pytest.param(
        ANAYA,
        {"succeeded": False},
        FAILED_USER,
        "Failure",
        "Failed authentication",
        id="a user, failed: no arn",
    ),
    pytest.param(
        ANAYA,
        {"succeeded": True, "unknown_user": True},
        NOBODY,
        "Failure",
        "No username found in supplied account",
        id="nobody the account knows: not even the name, and never a success",
    ),
    pytest.param(
        ANAYA,
        {"succeeded": False, "error_message": "Account locked"},
        FAILED_USER,
        "Failure",
        "Account locked",
        id="another reason",
    ),
    pytest.param(FEDERATED, {}, ROLE_IDENTITY, "Success", None, id="a role, from an identity provider"),
]


@pytest.mark.parametrize(("caller", "circumstances", "identity", "outcome", "error"), SIGN_INS)
def test_who_signed_in_and_how_it_went(caller, circumstances, identity, outcome, error):
    record = signed_in(caller, **circumstances)

    assert record["userIdentity"] == identity
    assert record["responseElements"] == {"ConsoleLogin": outcome}
    assert record.get("errorMessage") == error
    assert "errorCode" not in record
    assert record["requestParameters"] is None


REGIONS = [
    pytest.param(ROOT, None, "us-east-1", id="root"),
    pytest.param(ROOT, "eu-west-1", "us-east-1", id="root, wherever"),
    pytest.param(ANAYA, None, "us-east-1", id="a user at the global endpoint"),
    pytest.param(ANAYA, "eu-north-1", "eu-north-1", id="a user in a region"),
]


@pytest.mark.parametrize(("caller", "region", "recorded"), REGIONS)
def test_where_a_sign_in_is_recorded(caller, region, recorded):
    assert signed_in(caller, region=region)["awsRegion"] == recorded


FACTORS = [
    pytest.param(ANAYA, {}, {"MFAUsed": "No"}, id="none"),
    pytest.param(
        ANAYA,
        {"mfa_used": True},
        {"MFAIdentifier": f"arn:aws:iam::{ACCOUNT}:mfa/anaya", "MFAUsed": "Yes"},
        id="a user's device",
    ),
    pytest.param(
        ROOT,
        {"mfa_used": True},
        {"MFAIdentifier": f"arn:aws:iam::{ACCOUNT}:mfa/root-account-mfa-device", "MFAUsed": "Yes"},
        id="root's device",
    ),
    pytest.param(ANAYA, {"mfa_used": True, "succeeded": False}, {"MFAUsed": "Yes"}, id="a wrong code"),
    pytest.param(FEDERATED, {"mfa_used": True}, {"MFAUsed": "No"}, id="a role's is the provider's business"),
]


@pytest.mark.parametrize(("caller", "circumstances", "expected"), FACTORS)
def test_what_is_said_of_the_second_factor(caller, circumstances, expected):
    assert signed_in(caller, **circumstances)["additionalEventData"] == {
        "LoginTo": "https://console.aws.amazon.com/console/home",
        "MobileVersion": "No",
        **expected,
    }


def test_a_sign_in_whole():
    record = signed_in(ANAYA, region="eu-north-1")

    assert record == {
        "eventVersion": "1.11",
        "userIdentity": USER_IDENTITY,
        "eventTime": "2026-03-02T03:00:00Z",
        "eventSource": "signin.amazonaws.com",
        "eventName": "ConsoleLogin",
        "awsRegion": "eu-north-1",
        "sourceIPAddress": "198.51.100.20",
        "userAgent": FIREFOX,
        "requestParameters": None,
        "responseElements": {"ConsoleLogin": "Success"},
        "additionalEventData": {
            "LoginTo": "https://eu-north-1.console.aws.amazon.com/console/home",
            "MobileVersion": "No",
            "MFAUsed": "No",
        },
        "eventID": EVENT_ID,
        "readOnly": False,
        "eventType": "AwsConsoleSignIn",
        "managementEvent": True,
        "recipientAccountId": ACCOUNT,
        "eventCategory": "Management",
        "tlsDetails": {
            "tlsVersion": "TLSv1.3",
            "cipherSuite": "TLS_AES_128_GCM_SHA256",
            "clientProvidedHostHeader": "eu-north-1.signin.aws.amazon.com",
        },
    }


def test_whoever_names_no_browser_has_one():
    assert signed_in(ROOT)["userAgent"].startswith("Mozilla/5.0")
    assert signed_in(replace(ROOT, user_agent="Go-http-client/1.1"))["userAgent"] == "Go-http-client/1.1"


def test_a_switch_of_roles_names_both_sides():
    record = switch_role(
        FEDERATED, switched_from=ANAYA.arn, moment=MOMENT, event_id=EVENT_ID, region="eu-west-1"
    )

    assert record["eventName"] == "SwitchRole"
    assert record["awsRegion"] == "eu-west-1"
    assert record["userIdentity"] == {
        "type": "AssumedRole",
        "principalId": "AROASSO:anaya",
        "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/sso/anaya",
        "accountId": ACCOUNT,
    }
    assert record["responseElements"] == {"SwitchRole": "Success"}
    assert record["additionalEventData"] == {
        "SwitchFrom": ANAYA.arn,
        "RedirectTo": "https://eu-west-1.console.aws.amazon.com/console/home",
    }


def test_a_second_factor_asked_for():
    right = check_mfa(ANAYA, moment=MOMENT, event_id=EVENT_ID, mfa_type="U2F MFA")
    wrong = check_mfa(ANAYA, moment=MOMENT, event_id=EVENT_ID, succeeded=False)

    assert right["eventName"] == "CheckMfa"
    assert right["userIdentity"] == FAILED_USER
    assert right["responseElements"] == {"CheckMfa": "Success"}
    assert right["additionalEventData"] == {"MfaType": "U2F MFA"}
    assert wrong["responseElements"] == {"CheckMfa": "Failure"}


def test_roots_password_changed():
    record = password_updated(ROOT, moment=MOMENT, event_id=EVENT_ID)

    assert record["eventName"] == "PasswordUpdated"
    assert record["userIdentity"] == ROOT_IDENTITY
    assert record["responseElements"] == {"PasswordUpdated": "Success"}
    assert "additionalEventData" not in record


def test_a_service_does_not_sign_in():
    service = Caller(kind=CallerKind.AWS_SERVICE, account=ACCOUNT, service="lambda.amazonaws.com")

    with pytest.raises(WorldError, match=r"lambda\.amazonaws\.com does not sign in"):
        signed_in(service)
