"""Who called, as a record says it."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from scenarios.cloud.kernel.caller import Caller, CallerKind
from tests.scenarios.cloud.cloudtrail.records.real_calls import ACCOUNT, BUCKET, MALLORY, called, recorded

ROOT = Caller(
    kind=CallerKind.ROOT, account=ACCOUNT, arn=f"arn:aws:iam::{ACCOUNT}:root", access_key_id="ASIAROOT"
)
SESSION = Caller(
    kind=CallerKind.ASSUMED_ROLE,
    account=ACCOUNT,
    arn=f"arn:aws:sts::{ACCOUNT}:assumed-role/admin/eve",
    principal_id="AROAADMIN:eve",
    name="admin",
    session="eve",
    access_key_id="ASIAADMIN",
    mfa=True,
    session_created=datetime(2026, 3, 2, 2, 30, tzinfo=UTC),
)
SERVICE = Caller(kind=CallerKind.AWS_SERVICE, account=ACCOUNT, service="cloudtrail.amazonaws.com")
ISSUER = {
    "type": "Role",
    "principalId": "AROAADMIN",
    "arn": f"arn:aws:iam::{ACCOUNT}:role/admin",
    "accountId": ACCOUNT,
    "userName": "admin",
}
IDENTITIES = [
    pytest.param(
        ROOT,
        {
            "type": "Root",
            "principalId": ACCOUNT,
            "arn": f"arn:aws:iam::{ACCOUNT}:root",
            "accountId": ACCOUNT,
            "accessKeyId": "ASIAROOT",
        },
        id="root",
    ),
    pytest.param(
        MALLORY,
        {
            "type": "IAMUser",
            "principalId": "AIDAMALLORY",
            "arn": f"arn:aws:iam::{ACCOUNT}:user/mallory",
            "accountId": ACCOUNT,
            "accessKeyId": "AKIAMALLORY",
            "userName": "mallory",
        },
        id="a user with a long-term key has no session",
    ),
    pytest.param(
        replace(MALLORY, mfa=True),
        {
            "type": "IAMUser",
            "principalId": "AIDAMALLORY",
            "arn": f"arn:aws:iam::{ACCOUNT}:user/mallory",
            "accountId": ACCOUNT,
            "accessKeyId": "AKIAMALLORY",
            "userName": "mallory",
            "sessionContext": {
                "attributes": {"creationDate": "2026-03-02T03:00:00Z", "mfaAuthenticated": "true"},
            },
        },
        id="a user with MFA has one",
    ),
    pytest.param(
        SESSION,
        {
            "type": "AssumedRole",
            "principalId": "AROAADMIN:eve",
            "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/admin/eve",
            "accountId": ACCOUNT,
            "accessKeyId": "ASIAADMIN",
            "sessionContext": {
                "sessionIssuer": ISSUER,
                "attributes": {"creationDate": "2026-03-02T02:30:00Z", "mfaAuthenticated": "true"},
            },
        },
        id="a role's session names its issuer, in strings",
    ),
    pytest.param(
        SERVICE,
        {"type": "AWSService", "invokedBy": "cloudtrail.amazonaws.com"},
        id="a service",
    ),
]


@pytest.mark.parametrize(("caller", "identity"), IDENTITIES)
def test_who_called(caller, identity):
    record = recorded(replace(called("sts", "GetCallerIdentity"), caller=caller))

    assert record["userIdentity"] == identity
    assert list(record["userIdentity"]) == list(identity)
    assert record["recipientAccountId"] == ACCOUNT


def test_a_service_calls_from_its_own_name_and_without_tls_details():
    record = recorded(replace(called("s3", "PutObject", Bucket=BUCKET, Key="k"), caller=SERVICE))

    assert record["sourceIPAddress"] == "cloudtrail.amazonaws.com"
    assert record["userAgent"] == "cloudtrail.amazonaws.com"
    assert "tlsDetails" not in record
