"""Root signs in to the console at three in the morning."""

from typing import Any

from chalicelib.remediation import Outcome, Severity
from scenarios.runner.scenario import Scenario, at, at_the_end, by
from scenarios.runner.words.actors import Actor, arrives
from scenarios.runner.words.checks import alarm_mail, alert, no_more_alerts_than, outcome
from scenarios.runner.words.dashboards import measured
from scenarios.runner.words.existing_trail import EXISTING_TRAIL, PARAMETERS

root = Actor(name="root", address="203.0.113.7")
alice = Actor(name="alice", address="198.51.100.4")

SCENARIO = Scenario(
    name="root_login",
    title="Root signs in at three in the morning, without a second factor",
    when=[at("00:00", root.signs_in(mfa=False))],
    then=[
        by(
            "02:30",
            alert("root_login", "CRITICAL", "Root signed in", "203.0.113.7", "123456789012", "Firefox/140.0"),
            outcome("root_login", Outcome.TOLD),
        ),
        by("14:00", alarm_mail("RootUsageAlarm")),
        at_the_end(no_more_alerts_than(1)),
    ],
)

DEGREES = Scenario(
    name="root_login.degrees",
    title="A sign-in with MFA and a failed one are reported; a user's sign-in is not",
    when=[
        at("00:00", root.signs_in(mfa=True)),
        at("01:00", root.signs_in(mfa=False, succeeds=False)),
        at("02:00", alice.signs_in(mfa=False)),
        at("03:00", root.calls("iam", "list_users")),
    ],
    then=[
        by(
            "03:10",
            # What to ask next names the log group in which the trail's records are.
            alert("root_login", "HIGH", "with MFA", "--log-group trailwarden-TrailGroup-"),
            alert("root_login", "MEDIUM", "failed"),
        ),
        at_the_end(
            measured(Severity.HIGH, within_seconds=125), measured(Severity.MEDIUM, within_seconds=125)
        ),
        at_the_end(no_more_alerts_than(2, of="root_login")),
    ],
)


def _sign_in(**changes: Any) -> dict[str, Any]:
    """Root's sign-in as EventBridge carries it, with something changed."""
    detail = {
        "eventVersion": "1.08",
        "userIdentity": {
            "type": "Root",
            "arn": "arn:aws:iam::123456789012:root",
            "accountId": "123456789012",
        },
        "eventTime": "2026-03-02T03:00:00Z",
        "eventSource": "signin.amazonaws.com",
        "eventName": "ConsoleLogin",
        "awsRegion": "us-east-1",
        "sourceIPAddress": "203.0.113.7",
        "responseElements": {"ConsoleLogin": "Success"},
        "additionalEventData": {"MFAUsed": "YES"},
        "eventID": f"00000000-0000-4000-8000-{len(str(changes)):012d}",
    }
    return {
        "version": "0",
        "id": f"10000000-0000-4000-8000-{len(str(changes)):012d}",
        "detail-type": "AWS Console Sign In via CloudTrail",
        "source": "aws.signin",
        "account": "123456789012",
        "time": "2026-03-02T03:00:00Z",
        "region": "us-east-1",
        "resources": [],
        "detail": {**detail, **changes.pop("detail", {})},
        **changes,
    }


SPELLINGS = Scenario(
    name="root_login.spellings",
    title="AWS spells the detail-type in two ways; events that only look like a sign-in send no alert",
    when=[
        at(
            "00:00",
            arrives(
                "a sign-in arrives, spelled the other way",
                _sign_in(**{"detail-type": "AWS Console Signin via CloudTrail"}),
            ),
            arrives("root switches roles", _sign_in(detail={"eventName": "SwitchRole"})),
            arrives(
                "another service says ConsoleLogin", _sign_in(detail={"eventSource": "sso.amazonaws.com"})
            ),
            arrives("an application says the same", _sign_in(source="com.example.portal")),
            arrives("an API call says the same", _sign_in(**{"detail-type": "AWS API Call via CloudTrail"})),
        )
    ],
    then=[
        by("00:30", alert("root_login", "HIGH", "with MFA")),
        at_the_end(no_more_alerts_than(1)),
    ],
)

ELSEWHERE = Scenario(
    name="root_login.elsewhere",
    title="The stack is in Ireland; AWS records root's sign-ins in us-east-1",
    home="eu-west-1",
    spokes=("us-east-1",),
    when=[
        at("00:00", root.signs_in(mfa=False)),
        at(
            "05:00",
            arrives(
                "a sign-in arrives in us-east-1, spelled the other way",
                _sign_in(**{"detail-type": "AWS Console Signin via CloudTrail"}),
                region="us-east-1",
            ),
        ),
    ],
    then=[
        by("02:30", alert("root_login", "CRITICAL", "Recorded in:      us-east-1")),
        by("05:30", alert("root_login", "HIGH", "Recorded in:      us-east-1")),
        by("14:00", alarm_mail("RootUsageAlarm")),
        at_the_end(no_more_alerts_than(2)),
    ],
)

EXISTING = Scenario(
    name="root_login.existing_trail",
    title="The account has a trail already, and the stack listens to its log group",
    before=EXISTING_TRAIL,
    parameters=PARAMETERS,
    when=[at("00:00", root.signs_in(mfa=False))],
    then=[
        by("02:30", alert("root_login", "CRITICAL", "Root signed in")),
        by("14:00", alarm_mail("RootUsageAlarm")),
        at_the_end(no_more_alerts_than(1)),
    ],
)

SCENARIOS = (SCENARIO, DEGREES, SPELLINGS, ELSEWHERE, EXISTING)
