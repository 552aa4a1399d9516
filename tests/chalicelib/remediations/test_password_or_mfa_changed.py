"""Whose password or factor it is, and how grave: values in, a plan out."""

from dataclasses import replace

import pytest
from botocore.exceptions import ClientError

from chalicelib.events import api_call
from chalicelib.evidence.seen import Seen
from chalicelib.looking import Unseen
from chalicelib.remediation import Severity
from chalicelib.remediations.password_or_mfa_changed import PATTERN, ROOT, SignIn, decide, look, user_of
from chalicelib.settings import Settings

SETTINGS = Settings(topic_arn="t", ledger="l", values={})
MALLORY, ROOT_USER = {"type": "IAMUser", "userName": "mallory"}, {"type": "Root"}
EVE = {
    "type": "IAMUser",
    "userName": "eve",
    "accountId": "123456789012",
    "arn": "arn:aws:iam::123456789012:user/eve",
}
ROLE = {
    "type": "AssumedRole",
    "accountId": "123456789012",
    "arn": "arn:aws:sts::123456789012:assumed-role/admin/eve",
    "sessionContext": {"sessionIssuer": {"type": "Role", "userName": "admin"}},
}
ROOTS_DEVICE = "arn:aws:iam::123456789012:mfa/root-account-mfa-device"


def event(name, identity=MALLORY, **parameters):
    (one,) = api_call(
        {
            "detail": {
                "eventID": "e",
                "eventTime": "2026-03-02T03:00:00Z",
                "eventSource": "iam.amazonaws.com",
                "eventName": name,
                "recipientAccountId": "123456789012",
                "awsRegion": "us-east-1",
                "userIdentity": identity,
                "requestParameters": parameters,
            }
        }
    )
    return one


def plan_of(called, seen):
    return decide(called, seen, called.at, SETTINGS)


@pytest.mark.parametrize(
    ("called", "user"),
    [
        (event("CreateLoginProfile", userName="alice"), "alice"),
        (event("DeactivateMFADevice"), "mallory"),
        (event("DeactivateMFADevice", ROOT_USER), ROOT),
        (event("DeleteVirtualMFADevice", serialNumber="arn:aws:iam::1:mfa/phone"), ""),
        (event("DeleteVirtualMFADevice", serialNumber=ROOTS_DEVICE), ROOT),
    ],
)
def test_whose_it_is(called, user):
    assert user_of(called) == user


@pytest.mark.parametrize(
    ("called", "factors", "severity"),
    [
        (event("CreateLoginProfile", userName="alice"), 1, Severity.HIGH),
        (event("DeactivateMFADevice", userName="alice"), 0, Severity.HIGH),
        (event("DeactivateMFADevice", userName="alice"), 1, Severity.MEDIUM),
        (event("DeactivateMFADevice", ROOT_USER), 0, Severity.CRITICAL),
        (event("DeleteAccountPasswordPolicy"), 0, Severity.MEDIUM),
    ],
)
def test_how_grave_it_is(called, factors, severity):
    (alert,) = plan_of(called, Seen(state=SignIn(user="alice", factors=factors))).alerts

    assert alert.severity is severity


@pytest.mark.parametrize(("name", "deleted"), [("CreateLoginProfile", True), ("UpdateLoginProfile", False)])
def test_only_a_password_that_was_not_there_is_taken_away(name, deleted):
    calls = plan_of(event(name, userName="alice"), Seen(state=SignIn(user="alice"))).calls

    assert [each.parameters for each in calls] == [{"UserName": "alice"}] * deleted
    assert all(each.undo is None and "password" in each.lost for each in calls)


@pytest.mark.parametrize("name", PATTERN["detail"]["eventName"][:4])
def test_what_could_not_be_read_is_told_as_grave_and_nothing_is_done(name):
    plan = plan_of(event(name, userName="alice"), Seen(unread=Unseen(why="denied", denied=True)))

    assert (plan.alerts[0].severity, plan.calls) == (Severity.HIGH, ())


class Iam:
    """Carol, who has one factor left; nobody has policies."""

    def client(self, *_):
        return self

    def list_mfa_devices(self, **_):
        return {"MFADevices": [{}]}

    def get_paginator(self, _):
        return self

    def paginate(self, **_):
        return [{"AttachedPolicies": []}]

    def lookup_events(self, **_):
        return {"Events": []}


class NoSuchUser(Iam):
    """Carol is called something else by now."""

    def list_mfa_devices(self, **_):
        raise ClientError({"Error": {"Code": "NoSuchEntity", "Message": "no"}}, "ListMFADevices")


@pytest.mark.parametrize("name", ["CreateLoginProfile", "UpdateLoginProfile", "DeactivateMFADevice"])
def test_a_user_who_is_not_there_under_that_name_is_told(name):
    called = event(name, userName="carol")

    plan = plan_of(called, look(NoSuchUser(), called, SETTINGS))

    facts = dict(plan.alerts[0].facts)
    assert "deleted or renamed" in facts["Could not look"]
    assert ("Take it away with" in facts) == name.endswith("LoginProfile")
    assert (plan.alerts[0].severity, plan.calls) == (Severity.HIGH, ())


@pytest.mark.parametrize(
    ("called", "denied"),
    [
        pytest.param(event("DeactivateMFADevice", EVE, userName="carol"), ["eve"], id="another one's"),
        pytest.param(event("DeactivateMFADevice", EVE, userName="eve"), [], id="their own"),
        pytest.param(event("DeactivateMFADevice", EVE), [], id="their own, without the name"),
        pytest.param(event("DeactivateMFADevice", ROLE, userName="carol"), [], id="by a role"),
    ],
)
def test_only_a_user_who_did_it_to_another_one_is_put_into_quarantine(called, denied):
    chosen = replace(SETTINGS, values={"TRAILWARDEN_QUARANTINE": "caller"})
    calls = plan_of(called, look(Iam(), called, chosen)).calls

    assert [each.parameters["UserName"] for each in calls] == denied
    assert {each.operation for each in calls} <= {"attach_user_policy"}
