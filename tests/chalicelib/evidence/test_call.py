"""What an alert says of the call behind it."""

from chalicelib.events import api_call
from chalicelib.evidence.call import call_facts, failure_fact
from tests.chalicelib.remediations.cloudtrail_records import ALICE, delivered

DELETION = {"eventSource": "dynamodb.amazonaws.com", "eventName": "DeleteTable", "userIdentity": ALICE}


def call(**detail):
    (event,) = api_call(delivered("AWS API Call via CloudTrail", "aws.dynamodb", **DELETION | detail))
    return event


def test_a_call_is_told_from_who_made_it_to_its_record():
    assert list(call_facts(call())) == [
        ("Who", "arn:aws:iam::111122223333:user/alice"),
        ("From", "203.0.113.7"),
        ("Agent", "Mozilla/5.0"),
        ("When", "2026-03-02 03:00:00 UTC"),
        ("Account", "111122223333"),
        ("Region", "us-east-1"),
        ("CloudTrail event", "7bf7c0de-0000-4000-8000-000000000001"),
    ]


def test_what_the_record_lacks_is_said():
    facts = dict(call_facts(call(sourceIPAddress=None, userAgent=None)))

    assert (facts["From"], facts["Agent"]) == ("not recorded", "not recorded")


def test_a_call_through_a_service_names_it_and_cloudformation_by_its_name():
    through = {
        service: dict(call_facts(call(userIdentity={**ALICE, "invokedBy": service})))["By way of"]
        for service in ("cloudformation.amazonaws.com", "backup.amazonaws.com")
    }

    assert through == {
        "cloudformation.amazonaws.com": "CloudFormation (cloudformation.amazonaws.com)",
        "backup.amazonaws.com": "backup.amazonaws.com",
    }


def test_a_failure_has_code_and_message_as_far_as_the_record_has_them():
    assert failure_fact(call(errorCode="AccessDenied", errorMessage="no")) == (
        "Succeeded",
        "no (AccessDenied: no)",
    )
    assert failure_fact(call(errorCode="AccessDenied")) == ("Succeeded", "no (AccessDenied)")
