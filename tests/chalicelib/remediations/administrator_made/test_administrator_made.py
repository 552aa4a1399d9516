"""Who was made an administrator, and what takes it back: values in, a plan out."""

from unittest.mock import MagicMock

import pytest

from chalicelib.events import api_call
from chalicelib.evidence.powers import EVERYTHING
from chalicelib.evidence.seen import Seen
from chalicelib.looking import Unseen
from chalicelib.matching import EventPattern
from chalicelib.remediation import Severity
from chalicelib.remediations.administrator_made import DECLARED_CALLS, PATTERN, Promotion, decide, look
from chalicelib.settings import Settings

SETTINGS = Settings(topic_arn="t", ledger="l", values={})
ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
MALLORY = {"type": "IAMUser", "userName": "mallory"}
FOUND = Seen(state=Promotion(whom=("user alice",), by=ADMIN, allows=(EVERYTHING,)))


def event(name, identity=None, **parameters):
    (one,) = api_call(
        {
            "detail": {
                "eventID": "e",
                "eventTime": "2026-03-02T03:00:00Z",
                "eventSource": "iam.amazonaws.com",
                "eventName": name,
                "recipientAccountId": "123456789012",
                "awsRegion": "us-east-1",
                "userIdentity": identity or MALLORY,
                "requestParameters": parameters,
            }
        }
    )
    return one


def plan_of(called, seen=FOUND):
    return decide(called, seen, called.at, SETTINGS)


@pytest.mark.parametrize(
    ("called", "operation"),
    [
        (event("AttachUserPolicy", userName="alice", policyArn=ADMIN), "detach_user_policy"),
        (event("AttachRolePolicy", roleName="app", policyArn=ADMIN), "detach_role_policy"),
        (event("AttachGroupPolicy", groupName="all", policyArn=ADMIN), "detach_group_policy"),
        (event("PutUserPolicy", userName="alice", policyName="p"), "delete_user_policy"),
        (event("PutRolePolicy", roleName="app", policyName="p"), "delete_role_policy"),
        (event("PutGroupPolicy", groupName="all", policyName="p"), "delete_group_policy"),
        (event("AddUserToGroup", userName="alice", groupName="all"), "remove_user_from_group"),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_what_was_given_is_taken_back_by_a_call_that_gives_nothing(called, operation):
    (call,) = plan_of(called).calls

    assert f"iam.{call.operation}" == f"iam.{operation}"
    assert f"iam.{operation}" in {each.operation for each in DECLARED_CALLS}
    assert call.undo is None


@pytest.mark.parametrize(
    "name", ["CreatePolicyVersion", "SetDefaultPolicyVersion", "UpdateAssumeRolePolicy", "CreateSAMLProvider"]
)
def test_what_many_may_need_is_told(name):
    plan = plan_of(event(name, roleName="app"))

    assert (len(plan.alerts), plan.calls) == (1, ())


@pytest.mark.parametrize(
    ("identity", "parameters", "severity"),
    [
        pytest.param(MALLORY, {"userName": "mallory"}, Severity.CRITICAL, id="oneself"),
        pytest.param(MALLORY, {"userName": "alice"}, Severity.HIGH, id="another"),
        pytest.param(MALLORY, {"roleName": "mallory"}, Severity.HIGH, id="a role of the same name"),
        pytest.param(
            {"type": "AssumedRole", "sessionContext": {"sessionIssuer": {"userName": "app"}}},
            {"roleName": "app"},
            Severity.CRITICAL,
            id="the session's own role",
        ),
    ],
)
def test_who_does_it_to_themselves_is_critical(identity, parameters, severity):
    name = "AttachUserPolicy" if "userName" in parameters else "AttachRolePolicy"

    (alert,) = plan_of(event(name, identity, policyArn=ADMIN, **parameters)).alerts

    assert alert.severity is severity


@pytest.mark.parametrize("name", PATTERN["detail"]["eventName"])
def test_what_could_not_be_read_is_told_as_grave_and_nothing_is_done(name):
    plan = plan_of(event(name, userName="alice"), Seen(unread=Unseen(why="denied", denied=True)))

    assert (plan.alerts[0].severity, plan.calls) == (Severity.HIGH, ())


@pytest.mark.parametrize("name", sorted(PATTERN["detail"]["eventName"]))
def test_a_record_without_parameters_is_told_and_nothing_is_done(name):
    """CloudTrail leaves out what is too large for a record."""
    called = event(name)

    plan = plan_of(called, look(MagicMock(), called, SETTINGS))

    assert plan.alerts[0].severity in (Severity.HIGH, Severity.CRITICAL)
    assert "doesn't say what the call was about" in dict(plan.alerts[0].facts)["Could not look"]
    assert not plan.calls


@pytest.mark.parametrize(
    ("before", "told", "policy"),
    [
        pytest.param('{"a": 1}', '{"a": 1}', """'{"a": 1}'""", id="known"),
        pytest.param("", "not known from event history", "POLICY", id="not known"),
    ],
)
def test_a_trust_that_was_changed_is_told_with_what_stood_there_before(before, told, policy):
    given = Promotion(whom=("role app",), by="its trust policy", allows=("1 may assume it",), before=before)

    facts = dict(plan_of(event("UpdateAssumeRolePolicy", roleName="app"), Seen(state=given)).alerts[0].facts)

    assert facts["Trusted before"].startswith(told)
    assert facts["Take it back with"].endswith(f" --role-name app --policy-document {policy}")


def test_a_trust_anchor_lets_certificates_of_others_into_roles():
    """IAM Roles Anywhere: whoever has a certificate of that authority assumes the roles that trust it."""
    made = event("CreateTrustAnchor", enabled=True, trustAnchorId="rogue")
    record = {"source": "aws.rolesanywhere", "detail-type": "AWS API Call via CloudTrail"}
    detail = {"eventSource": "rolesanywhere.amazonaws.com", "eventName": made.name}

    assert EventPattern(PATTERN).matches({**record, "detail": detail})
    plan = plan_of(made, look(MagicMock(), made, SETTINGS))
    assert ("Through", "rogue") in plan.alerts[0].facts
    assert not plan.calls
