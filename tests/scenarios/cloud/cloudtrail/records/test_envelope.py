"""The event that EventBridge makes of a record."""

import json
from datetime import UTC, datetime

import pytest

from scenarios.cloud.cloudtrail.records.envelope import event_bridge_envelope
from scenarios.cloud.cloudtrail.records.records import record_of
from scenarios.cloud.cloudtrail.records.sign_in import console_sign_in
from scenarios.cloud.kernel.caller import ApiCall, Caller, CallerKind
from scenarios.cloud.kernel.errors import NotSimulated
from scenarios.cloud.services import REGISTRY

ACCOUNT = "123456789012"
MOMENT = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
ROOT = Caller(kind=CallerKind.ROOT, account=ACCOUNT, arn=f"arn:aws:iam::{ACCOUNT}:root")


def test_a_call_is_carried_under_an_id_of_its_own():
    call = ApiCall(
        sequence=1,
        service="cloudwatch",
        operation="DeleteAlarms",
        parameters={"AlarmNames": ["a"]},
        region="eu-west-1",
        caller=ROOT,
        moment=MOMENT,
    )
    record = record_of(call, REGISTRY.records["cloudwatch"], event_id="the-record", request_id="r")

    event = event_bridge_envelope(record, "the-event")

    assert event == {
        "version": "0",
        "id": "the-event",
        "detail-type": "AWS API Call via CloudTrail",
        "source": "aws.monitoring",
        "account": ACCOUNT,
        "time": "2026-03-02T03:00:00Z",
        "region": "eu-west-1",
        "resources": [],
        "detail": record,
    }
    assert event["detail"]["eventID"] == "the-record"
    assert json.loads(json.dumps(event)) == event


def test_roots_sign_in_is_heard_in_us_east_1():
    record = console_sign_in(
        ROOT,
        moment=MOMENT,
        event_id="e",
        succeeded=True,
        mfa_used=False,
        region="eu-west-1",
    )

    event = event_bridge_envelope(record, "i")

    assert event["source"] == "aws.signin"
    assert event["detail-type"] == "AWS Console Sign In via CloudTrail"
    assert event["region"] == "us-east-1"


DETAIL_TYPES = [
    pytest.param("AwsApiCall", "AWS API Call via CloudTrail", id="a call"),
    pytest.param("AwsConsoleSignIn", "AWS Console Sign In via CloudTrail", id="a sign-in"),
    pytest.param("AwsConsoleSignin", "AWS Console Sign In via CloudTrail", id="a sign-in, spelt otherwise"),
    pytest.param("AwsConsoleAction", "AWS Console Action via CloudTrail", id="a console action"),
    pytest.param("AwsServiceEvent", "AWS Service Event via CloudTrail", id="a service's own"),
    pytest.param("AwsCloudTrailInsight", "AWS Insight via CloudTrail", id="an insight"),
]


@pytest.mark.parametrize(("event_type", "detail_type"), DETAIL_TYPES)
def test_the_detail_type_follows_the_kind_of_record(event_type, detail_type):
    record = {"eventType": event_type, "eventSource": "kms.amazonaws.com"}

    assert event_bridge_envelope(record, "i")["detail-type"] == detail_type


SOURCES = [
    pytest.param("dynamodb.amazonaws.com", "aws.dynamodb", id="dynamodb"),
    pytest.param("signin.amazonaws.com", "aws.signin", id="sign-in"),
    pytest.param("monitoring.amazonaws.com", "aws.monitoring", id="cloudwatch"),
    pytest.param("states.amazonaws.com", "aws.states", id="step functions"),
]


@pytest.mark.parametrize(("event_source", "source"), SOURCES)
def test_the_source_follows_the_event_source(event_source, source):
    assert event_bridge_envelope({"eventSource": event_source}, "i")["source"] == source


def test_an_insight_names_no_source_of_its_own():
    record = {"eventType": "AwsCloudTrailInsight", "recipientAccountId": ACCOUNT}

    assert event_bridge_envelope(record, "i")["source"] == "aws.cloudtrail"


def test_a_record_from_elsewhere_needs_little():
    event = event_bridge_envelope({"eventSource": "s3.amazonaws.com", "eventName": "DeleteBucket"}, "i")

    assert event["detail-type"] == "AWS API Call via CloudTrail"
    assert (event["account"], event["time"], event["region"]) == ("", "", "")


def test_a_record_without_recipient_belongs_to_its_caller():
    record = {"eventSource": "s3.amazonaws.com", "userIdentity": {"accountId": ACCOUNT}}

    assert event_bridge_envelope(record, "i")["account"] == ACCOUNT


def test_a_kind_that_eventbridge_does_not_carry_is_said_aloud():
    with pytest.raises(NotSimulated, match="AwsVpceEvent"):
        event_bridge_envelope({"eventType": "AwsVpceEvent"}, "i")
