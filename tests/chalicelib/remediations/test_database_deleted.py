"""What was taken from a database, and what comes back: values in, a plan out."""

import pytest
from botocore.exceptions import ClientError

from chalicelib.events import api_call
from chalicelib.evidence.seen import Seen
from chalicelib.looking import Unseen
from chalicelib.remediation import Severity
from chalicelib.remediations.database_deleted import (
    DECLARED_CALLS,
    PATTERN,
    Database,
    decide,
    identifier_of,
    look,
)
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

    (call,) = plan_of(called, Seen(state=Database(name="orders", weaker=("off",), unprotected=True))).calls

    declared = {each.operation: each for each in DECLARED_CALLS}[f"rds.{call.operation}"]
    assert declared.fits(call)
    assert declared.fits(call.undo)
    assert call.parameters["DeletionProtection"] is True
    assert call.undo.parameters == {**call.parameters, "DeletionProtection": False}


class Rds:
    """An RDS with these instances, and whether they are protected."""

    def __init__(self, **protected):
        self.protected = protected

    def client(self, *_):
        return self

    def describe_db_instances(self, **asked):
        name = asked["DBInstanceIdentifier"]
        if name not in self.protected:
            raise ClientError(
                {"Error": {"Code": "DBInstanceNotFound", "Message": "no"}}, "DescribeDBInstances"
            )
        return {"DBInstances": [{"DBInstanceIdentifier": name, "DeletionProtection": self.protected[name]}]}

    def lookup_events(self, **_):
        return {"Events": []}


def test_a_database_that_the_call_renamed_is_protected_by_its_new_name():
    asked = {
        "dBInstanceIdentifier": "orders",
        "newDBInstanceIdentifier": "hidden",
        "deletionProtection": False,
    }
    called = event("ModifyDBInstance", **asked)

    plan = plan_of(called, look(Rds(hidden=False), called, SETTINGS))

    assert plan.calls[0].parameters == {"DBInstanceIdentifier": "hidden", "DeletionProtection": True}
    assert ("Called now", "hidden") in plan.alerts[0].facts


def test_a_database_that_is_not_there_under_its_name_is_told():
    called = event("ModifyDBInstance", dBInstanceIdentifier="orders", deletionProtection=False)

    plan = plan_of(called, look(Rds(hidden=False), called, SETTINGS))

    assert "deleted or renamed" in dict(plan.alerts[0].facts)["Could not look"]
    assert plan.calls == ()


def test_what_weakens_nothing_is_not_told_whatever_has_become_of_the_database():
    called = event("ModifyDBInstance", dBInstanceIdentifier="orders", allocatedStorage=100)

    assert plan_of(called, look(Rds(), called, SETTINGS)).empty


def test_a_password_is_told():
    plan = plan_of(event("ModifyDBInstance"), Seen(state=Database(weaker=("a new master password",))))

    assert plan.calls == ()
    assert "a new master password" in plan.alerts[0].title


@pytest.mark.parametrize("name", PATTERN["detail"]["eventName"])
def test_what_could_not_be_read_is_told_as_grave_and_nothing_is_done(name):
    plan = plan_of(event(name), Seen(unread=Unseen(why="denied", denied=True)))

    assert plan.alerts[0].severity in (Severity.HIGH, Severity.CRITICAL)
    assert plan.calls == ()
