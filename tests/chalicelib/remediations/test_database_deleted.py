"""What was taken from a database, and what comes back: values in, a plan out."""

import pytest

from chalicelib.events import api_call
from chalicelib.evidence.seen import Seen
from chalicelib.looking import Unseen
from chalicelib.remediation import Severity
from chalicelib.remediations.database_deleted import DECLARED_CALLS, PATTERN, Database, decide, identifier_of
from chalicelib.settings import Settings

SETTINGS = Settings(topic_arn="t", ledger="l", values={})


def event(name, **parameters):
    (one,) = api_call(
        {
            "detail": {
                "eventID": "e",
                "eventTime": "2026-03-02T03:00:00Z",
                "eventSource": "rds.amazonaws.com",
                "eventName": name,
                "recipientAccountId": "123456789012",
                "awsRegion": "us-east-1",
                "requestParameters": parameters,
            }
        }
    )
    return one


def plan_of(called, seen):
    return decide(called, seen, called.at, SETTINGS)


@pytest.mark.parametrize(
    ("called", "name"),
    [
        (event("ModifyDBInstance", dBInstanceIdentifier="orders"), "orders"),
        (event("ModifyDBInstance", dbInstanceIdentifier="orders"), "orders"),
        (event("DeleteDBCluster", dBClusterIdentifier="ledger"), "ledger"),
        (event("DeleteDBCluster"), "not recorded"),
    ],
)
def test_a_database_is_named_in_two_ways(called, name):
    assert identifier_of(called) == name


@pytest.mark.parametrize(
    ("snapshots", "severity"), [((("nightly", "now"),), Severity.HIGH), ((), Severity.CRITICAL)]
)
def test_a_deletion_is_told_and_nothing_is_done(snapshots, severity):
    plan = plan_of(
        event("DeleteDBInstance", dBInstanceIdentifier="orders"), Seen(state=Database(snapshots=snapshots))
    )

    assert (plan.alerts[0].severity, plan.calls) == (severity, ())
    assert ("Restore with" in dict(plan.alerts[0].facts)) is bool(snapshots)


@pytest.mark.parametrize("kind", ["Instance", "Cluster"])
def test_protection_is_switched_on_and_can_be_switched_off(kind):
    called = event(f"ModifyDB{kind}", **{f"dB{kind}Identifier": "orders"})

    (call,) = plan_of(called, Seen(state=Database(weaker=("off",), unprotected=True))).calls

    declared = {each.operation: each for each in DECLARED_CALLS}[f"rds.{call.operation}"]
    assert declared.fits(call)
    assert declared.fits(call.undo)
    assert call.parameters["DeletionProtection"] is True
    assert call.undo.parameters == {**call.parameters, "DeletionProtection": False}


def test_a_password_is_told():
    plan = plan_of(event("ModifyDBInstance"), Seen(state=Database(weaker=("a new master password",))))

    assert plan.calls == ()
    assert "a new master password" in plan.alerts[0].title


@pytest.mark.parametrize("name", PATTERN["detail"]["eventName"])
def test_what_could_not_be_read_is_told_as_grave_and_nothing_is_done(name):
    plan = plan_of(event(name), Seen(unread=Unseen(why="denied", denied=True)))

    assert plan.alerts[0].severity in (Severity.HIGH, Severity.CRITICAL)
    assert plan.calls == ()
