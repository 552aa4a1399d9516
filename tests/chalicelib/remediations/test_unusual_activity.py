"""What an Insights record says, and what is told of it."""

import json
from datetime import UTC, datetime

import pytest
from botocore.exceptions import ClientError

from chalicelib.errors import MalformedEvent
from chalicelib.looking import Unseen
from chalicelib.matching import EventPattern
from chalicelib.remediation import Severity
from chalicelib.remediations.unusual_activity import PATTERN, Origins, decide, insight, look
from chalicelib.settings import Settings
from scenarios.cloud.cloudtrail.records.envelope import event_bridge_envelope

NOW = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
BOT, MALLORY = (f"arn:aws:iam::123456789012:user/{name}" for name in ("deploy-bot", "mallory"))
SETTINGS = Settings(topic_arn="t", ledger="l", values={}, ignored_principals=(BOT,))


def record(*, during=(MALLORY,), before=(), state="Start", **about):
    """A record as AWS's page has it, for management events."""
    who = {
        "attribute": "userIdentityArn",
        "insight": [{"value": each, "average": 2.0} for each in during],
        "baseline": [{"value": each, "average": 0.0001} for each in before],
    }
    context = {
        "statistics": {
            "baseline": {"average": 0.0020979},
            "insight": {"average": 12.0},
            "insightDuration": 1,
            "baselineDuration": 10080,
        },
        "attributions": [who],
    }
    return {
        "eventVersion": "1.08",
        "eventTime": "2026-03-02T02:40:00Z",
        "awsRegion": "us-east-1",
        "eventID": "e",
        "eventType": "AwsCloudTrailInsight",
        "recipientAccountId": "123456789012",
        "sharedEventID": "s",
        "insightDetails": {
            "state": state,
            "eventSource": "iam.amazonaws.com",
            "eventName": "CreateAccessKey",
            "insightType": "ApiCallRateInsight",
            "insightContext": context,
            **about,
        },
        "eventCategory": "Insight",
    }


def event(**more):
    return insight(event_bridge_envelope(record(**more), "id"))


def told(*, facts=None, **more):
    return decide(event(**more), facts or Origins(), NOW, SETTINGS)


@pytest.mark.parametrize(("state", "wakes"), [("Start", True), ("End", False)])
def test_the_beginning_wakes_it(state, wakes):
    assert EventPattern(PATTERN).matches(event_bridge_envelope(record(state=state), "id")) is wakes


def test_an_event_of_ones_own_making_does_not_wake_it():
    """Whoever may put events on the bus may choose all but a source that begins with `aws.`."""
    forged = {**event_bridge_envelope(record(), "id"), "source": "cloudtrail"}

    assert not EventPattern(PATTERN).matches(forged)


@pytest.mark.parametrize(
    ("during", "before", "severity"),
    [
        pytest.param((MALLORY,), (), Severity.HIGH, id="new"),
        pytest.param((MALLORY, BOT), (BOT,), Severity.HIGH, id="one of them new"),
        pytest.param((MALLORY,), (MALLORY, BOT), Severity.MEDIUM, id="known"),
        pytest.param((), (), Severity.HIGH, id="nobody named"),
        pytest.param(("null",), (), Severity.HIGH, id="null"),
        pytest.param((BOT,), (), None, id="expected"),
        # Five are listed at most, so there may be a sixth.
        pytest.param((BOT,) * 5, (BOT,), Severity.MEDIUM, id="a full list"),
    ],
)
def test_who_is_new_makes_it_grave(during, before, severity):
    alerts = told(during=during, before=before).alerts

    assert [each.severity for each in alerts] == ([severity] if severity else [])


def test_it_says_what_is_usual():
    facts = dict(told().alerts[0].facts)

    assert facts["Now"] == "12 a minute"
    assert facts["Usual"] == "0.002098 a minute, over the 7 d before"
    assert facts["API"] == "CreateAccessKey of iam.amazonaws.com"


@pytest.mark.parametrize(
    "about",
    [
        {"insightContext": None},
        {"insightContext": {"statistics": [], "attributions": {}}},
        {"insightContext": {"statistics": {"baselineDuration": 1e308}, "attributions": [None, {}]}},
        {
            "insightContext": {
                "attributions": [{"attribute": "userIdentityArn", "insight": [7, {"value": 7}]}]
            }
        },
    ],
)
def test_what_it_does_not_say_is_told_no_less_severe(about):
    (alert,) = told(**about).alerts

    assert alert.severity is Severity.HIGH
    assert dict(alert.facts)["Now"] == "not recorded"


def test_errors_are_said_as_errors():
    (alert,) = told(insightType="ApiErrorRateInsight", errorCode="AccessDenied").alerts

    assert alert.title == "CreateAccessKey fails with AccessDenied far more often than usual"


@pytest.mark.parametrize("raw", [{}, {"detail": {}}, {"detail": {**record(), "eventID": ""}}])
def test_what_is_no_record_is_kept(raw):
    with pytest.raises(MalformedEvent):
        insight(raw)


# ---- from where ----------------------------------------------------------------------------------


class History:
    """CloudTrail's client: a page of records, or an error."""

    def __init__(self, *addresses, code=""):
        self.addresses, self.code = addresses, code

    def client(self, _service, _region):
        return self

    def lookup_events(self, **_asked):
        if self.code:
            raise ClientError({"Error": {"Code": self.code, "Message": "no"}}, "LookupEvents")
        call = {"eventID": "e", "eventTime": "2026-03-02T02:40:00Z", "eventName": "CreateAccessKey"}
        records = [
            {**call, "eventSource": source, "sourceIPAddress": address} for source, address in self.addresses
        ]
        return {"Events": [{"CloudTrailEvent": json.dumps(each)} for each in records]}


def test_the_addresses_of_these_calls_are_counted():
    iam, other = "iam.amazonaws.com", "workspaces.amazonaws.com"
    found = look(
        History((iam, "203.0.113.66"), (iam, "203.0.113.66"), (other, "192.0.2.1")), event(), SETTINGS
    )

    assert found.addresses == (("203.0.113.66", 2),)
    assert dict(told(facts=found).alerts[0].facts)["From"] == "203.0.113.66 (2)"


def test_a_record_that_cannot_be_read_leaves_the_others():
    found = look(History(("", "192.0.2.1"), ("iam.amazonaws.com", "203.0.113.66")), event(), SETTINGS)

    assert found.addresses == (("203.0.113.66", 1),)


def test_history_that_is_denied_is_said():
    found = look(History(code="AccessDeniedException"), event(), SETTINGS)

    assert found.could_not_read[0].denied
    assert "Could not look" in dict(told(facts=found).alerts[0].facts)


def test_the_own_words_of_unseen_are_told():
    facts = told(facts=Origins(could_not_read=(Unseen(why="throttled"),))).alerts[0].facts

    assert ("Could not look", "throttled") in facts
