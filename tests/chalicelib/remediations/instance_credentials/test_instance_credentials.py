"""What is told of stolen credentials and what is done about them: values in, a plan out."""

import json
from dataclasses import replace

import pytest

from chalicelib import quarantine
from chalicelib.errors import MalformedEvent
from chalicelib.evidence.seen import Seen
from chalicelib.looking import Unseen
from chalicelib.quarantine import Interface, Isolation
from chalicelib.remediation import Severity
from chalicelib.remediations.instance_credentials import (
    BOTH,
    QUARANTINE,
    REMEDIATION,
    Stolen,
    decide,
)
from chalicelib.remediations.instance_credentials.finding import credential_finding
from chalicelib.remediations.instance_credentials.whereabouts import Machine
from chalicelib.settings import Settings
from scenarios.incidents.instance_credentials import MADE_UP
from tests.chalicelib.remediations.instance_credentials.calls import (
    ACCOUNT,
    INSTANCE,
    ROLE_ID,
    call,
)

MACHINE = Machine(instance=INSTANCE, region="eu-west-1", state="running", addresses=("10.0.0.4",), tags={})
STOLEN = Stolen(machine=MACHINE)


def settings(chosen="none"):
    return Settings(topic_arn="t", ledger="l", values={QUARANTINE: chosen})


def planned(facts=STOLEN, event=None, chosen="none"):
    made = event or call()
    return decide(made, Seen(state=facts), made.at, settings(chosen))


def test_the_sessions_of_this_instance_that_began_before_the_call_are_denied_everything():
    (made,) = planned().calls

    document = json.loads(made.parameters["PolicyDocument"])
    (statement,) = document["Statement"]
    assert (statement["Effect"], statement["Action"], statement["Resource"]) == ("Deny", ["*"], ["*"])
    assert statement["Condition"] == {
        "DateLessThan": {"aws:TokenIssueTime": "2026-03-02T03:00:01Z"},
        "StringEquals": {"aws:userid": f"{ROLE_ID}:{INSTANCE}"},
    }
    assert made.undo.operation == "delete_role_policy"
    assert made.undo.parameters["PolicyName"] == made.parameters["PolicyName"]


@pytest.mark.parametrize(
    ("began", "calls"),
    [
        pytest.param("2026-03-02T02:00:00Z", 0, id="credentials that are revoked"),
        pytest.param("2026-03-02T02:50:00Z", 1, id="newer ones, which were taken too"),
    ],
)
def test_what_is_revoked_is_not_revoked_again(began, calls):
    plan = planned(replace(STOLEN, revoked="2026-03-02T02:30:00Z"), call(began=began))

    assert len(plan.calls) == calls
    assert ("Revoked before", "its sessions up to 2026-03-02T02:30:00Z") in plan.alerts[0].facts


def test_the_undo_of_a_later_revocation_goes_back_to_the_earlier_one():
    (made,) = planned(
        replace(STOLEN, revoked="2026-03-02T02:30:00Z"), call(began="2026-03-02T02:50:00Z")
    ).calls

    assert made.undo.operation == "put_role_policy"
    assert "2026-03-02T02:30:00Z" in made.undo.parameters["PolicyDocument"]
    assert quarantine.denies_only(made.undo)


def test_a_refused_call_is_told_and_revoked_too():
    plan = planned(event=call(errorCode="AccessDenied"))

    assert plan.alerts[0].severity is Severity.HIGH
    assert len(plan.calls) == 1


def test_what_could_not_be_looked_at_is_no_less_severe_and_nothing_is_done():
    plan = decide(call(), Seen(unread=Unseen(why="throttled")), call().at, settings())

    assert plan.alerts[0].severity is Severity.HIGH
    assert not plan.calls


@pytest.mark.parametrize(
    "event",
    [
        pytest.param(call(session="alice"), id="a session of somebody's"),
        pytest.param(call(source="10.0.0.7"), id="from inside"),
    ],
)
def test_what_needs_no_look_is_nothing_to_tell_where_none_is_possible(event):
    assert decide(event, Seen(unread=Unseen(why="throttled")), event.at, settings()).empty


def test_both_go_into_quarantine_after_the_credentials_are_revoked():
    isolation = Isolation(
        instance=INSTANCE,
        account=ACCOUNT,
        region="eu-west-1",
        vpc="vpc-1",
        interfaces=(Interface(id="eni-1", groups=("sg-1",)),),
        volumes=1,
    )
    calls = planned(replace(STOLEN, isolation=isolation), chosen=BOTH).calls

    assert [each.operation for each in calls][:3] == [
        "put_role_policy",
        "put_role_policy",
        "create_snapshots",
    ]
    assert {each.region for each in calls[2:]} == {"eu-west-1"}
    assert planned(replace(STOLEN, denied=True), call(began="x"), BOTH).calls[0].undo


def test_every_call_of_a_plan_is_declared():
    operations = {each.operation for each in REMEDIATION.declared_calls}

    assert {"iam.put_role_policy", "ec2.modify_network_interface_attribute"} <= operations


def test_a_finding_is_the_call_that_it_tells_of():
    (event,) = credential_finding(MADE_UP)

    assert event.actor.name == "victim"
    assert event.actor.session == "i-0123456789abcdef0"
    assert event.source_ip == "203.0.113.9"
    assert event.key.endswith("@2026-03-02T03:00:00Z")


def test_a_finding_without_an_id_is_malformed():
    with pytest.raises(MalformedEvent, match="no id"):
        credential_finding({**MADE_UP, "detail": {**MADE_UP["detail"], "id": ""}})


def test_a_sample_is_low_and_nothing_is_done():
    (event,) = credential_finding(MADE_UP)
    plan = planned(event=replace(event, additional={**event.additional, "sample": True}))

    assert plan.alerts[0].severity is Severity.LOW
    assert not plan.calls
