"""root_login: every root sign-in is reported; severity rises as fewer protections applied."""

import pytest

from chalicelib.matching import EventPattern
from chalicelib.remediation import Alert, Outcome, Severity
from chalicelib.remediations.root_login import PATTERN, REMEDIATION, decide
from chalicelib.runtime.notify import message_of, subject_of
from tests.chalicelib.remediations.cloudtrail_records import (
    ACCOUNT,
    ADDRESS,
    ALICE,
    NOW,
    console_login,
    facts_of,
    only,
    settings,
    typed,
)


def told(**about) -> Alert:
    return only(decide(typed(console_login(**about)), None, NOW, settings()))


LOUDNESS = [
    pytest.param({"mfa": "No"}, Severity.CRITICAL, "no", "yes", id="in, without MFA"),
    pytest.param({"mfa": "Yes"}, Severity.HIGH, "yes", "yes", id="in, with MFA"),
    pytest.param({"mfa": "YES"}, Severity.HIGH, "yes", "yes", id="in, with MFA, shouted"),
    pytest.param({"mfa": None}, Severity.CRITICAL, "not recorded", "yes", id="in, MFA null"),
    pytest.param(
        {"additionalEventData": None}, Severity.CRITICAL, "not recorded", "yes", id="in, no additional data"
    ),
    pytest.param(
        {"mfa": "No", "result": "Failure"}, Severity.MEDIUM, "no", "no", id="failed, without message"
    ),
    pytest.param(
        {"result": "Failure", "errorMessage": "Failed authentication"},
        Severity.MEDIUM,
        "no",
        "no (Failed authentication)",
        id="failed, with message",
    ),
    pytest.param(
        {"result": None, "errorMessage": "Failed authentication"},
        Severity.MEDIUM,
        "no",
        "no (Failed authentication)",
        id="failed, message only",
    ),
    pytest.param({"result": None}, Severity.CRITICAL, "no", "not recorded", id="outcome not recorded"),
    pytest.param(
        {"result": None, "mfa": "Yes"}, Severity.HIGH, "yes", "not recorded", id="unknown, with MFA"
    ),
]


@pytest.mark.parametrize(("about", "severity", "mfa", "succeeded"), LOUDNESS)
def test_severity_follows_from_mfa_and_outcome(about, severity, mfa, succeeded):
    alert = told(**about)

    assert alert.severity is severity
    assert facts_of(alert)["MFA used"] == mfa
    assert facts_of(alert)["Succeeded"] == succeeded


def test_the_alert_says_who_where_when_and_with_what():
    alert = told(mfa="No")

    assert alert.title == f"Root signed in without MFA in account {ACCOUNT}"
    assert facts_of(alert) == {
        "Who": f"arn:aws:iam::{ACCOUNT}:root",
        "Account": ACCOUNT,
        "When": "2026-03-02 03:00:00 UTC",
        "From": ADDRESS,
        "Agent": "Mozilla/5.0",
        "MFA used": "no",
        "Succeeded": "yes",
        "Recorded in": "us-east-1",
        "CloudTrail event": "7bf7c0de-0000-4000-8000-000000000001",
    }


def test_a_record_that_lacks_almost_everything_is_still_told():
    bare = {"userIdentity": {"type": "Root"}, "sourceIPAddress": None, "userAgent": None}

    facts = facts_of(told(**bare))

    assert facts["Who"] == "root"
    assert facts["From"] == facts["Agent"] == "not recorded"


def test_an_agent_can_forge_no_line_of_the_alert():
    alert = told(userAgent="curl\n\nMFA used: yes\x1b[2J")

    lines = message_of(alert, "f", Outcome.TOLD).splitlines()

    assert [line for line in lines if line.startswith("MFA used")] == ["MFA used:         no"]
    assert subject_of(alert).isascii()


MATCHES = [
    pytest.param(console_login(), id="as working rules say it"),
    pytest.param(
        {**console_login(), "detail-type": "AWS Console Signin via CloudTrail"}, id="as AWS's list prints it"
    ),
    pytest.param(console_login(result="Failure", errorMessage="Failed authentication"), id="failed"),
]
MATCHES_NOT = [
    pytest.param(console_login(userIdentity=ALICE), id="a user"),
    pytest.param(console_login(eventName="CheckMfa"), id="another sign-in event"),
    pytest.param({**console_login(), "source": "custom.signin"}, id="somebody's own event"),
    pytest.param(console_login(eventSource="sso.amazonaws.com"), id="another event source"),
    pytest.param({**console_login(), "detail-type": "AWS API Call via CloudTrail"}, id="an API call"),
]


@pytest.mark.parametrize("event", MATCHES)
def test_the_rule_lets_roots_sign_ins_through(event):
    assert EventPattern(PATTERN).matches(event)


@pytest.mark.parametrize("event", MATCHES_NOT)
def test_the_rule_holds_everything_else_back(event):
    assert not EventPattern(PATTERN).matches(event)


def test_it_can_only_tell():
    assert not REMEDIATION.acts
    assert REMEDIATION.grants == ()
    assert REMEDIATION.page.startswith("The root user signed in")
