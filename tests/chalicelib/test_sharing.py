"""Who is a stranger among those that something is shared with."""

import pytest

from chalicelib.events import api_call
from chalicelib.evidence.seen import Seen
from chalicelib.looking import Unseen
from chalicelib.remediation import Severity
from chalicelib.remediations import database_snapshot_shared, image_shared, snapshot_shared
from chalicelib.settings import Settings
from chalicelib.sharing import Shared, added_by, moved, shared

OURS, TRUSTED, STRANGER, PARTNER = "123456789012", "210987654321", "999988887777", "333344445555"
SETTINGS = Settings(topic_arn="t", ledger="l", values={})
ORGANIZATION = f"arn:aws:organizations::{STRANGER}:organization/o-1"


@pytest.mark.parametrize(
    ("now", "added", "strangers"),
    [
        pytest.param([STRANGER], [STRANGER], (STRANGER,), id="a stranger"),
        pytest.param(["all"], ["all"], ("all",), id="everybody"),
        pytest.param([PARTNER, STRANGER], [STRANGER], (STRANGER,), id="a partner who had it before"),
        pytest.param([PARTNER], None, (PARTNER,), id="a call that says nothing"),
        pytest.param([ORGANIZATION], None, (ORGANIZATION,), id="an organization of others"),
    ],
)
def test_strangers(now, added, strangers):
    assert shared(now, added, (OURS, TRUSTED)).strangers == strangers


@pytest.mark.parametrize(
    ("now", "added"),
    [
        pytest.param([TRUSTED, OURS], [TRUSTED], id="ours"),
        pytest.param([], [STRANGER], id="gone again"),
        pytest.param([f"arn:aws:organizations::{TRUSTED}:ou/o-1/ou-2"], None, id="our organization"),
        pytest.param([PARTNER], [TRUSTED], id="another was added"),
        pytest.param([PARTNER], [], id="nobody was added"),
    ],
)
def test_no_strangers(now, added):
    assert shared(now, added, (OURS, TRUSTED)) is None


def called(name, parameters):
    detail = {
        "eventID": "e",
        "eventTime": "2026-03-02T03:00:00Z",
        "eventSource": "s.amazonaws.com",
        "eventName": name,
        "recipientAccountId": OURS,
        "awsRegion": "us-east-1",
        "requestParameters": parameters,
    }
    (event,) = api_call({"detail": detail})
    return event


@pytest.mark.parametrize(
    ("parameters", "whom"),
    [
        ({"p": {"add": {"items": [{"userId": STRANGER}, {"group": "all"}, "odd"]}}}, [STRANGER, "all"]),
        ({"p": {"remove": {"items": [{"userId": STRANGER}]}}}, []),
        ({"p": {"add": {"items": "odd"}}}, []),
        ({"description": {"value": "golden"}}, []),
        ({"operationType": "remove"}, []),
        ({"operationType": "add"}, None),
    ],
)
def test_whom_a_record_says_that_a_call_added(parameters, whom):
    assert added_by(called("ModifyImageAttribute", parameters), "p") == whom


def test_an_undo_is_none_where_it_is_shared_again():
    assert moved({"UserIds": [STRANGER], "SnapshotId": "snap-1"}, [PARTNER]) == ""
    assert "999988887777" in moved({"UserIds": [STRANGER]}, [PARTNER, STRANGER])


EACH = [
    (snapshot_shared, "ModifySnapshotAttribute", {"snapshotId": "snap-1"}),
    (image_shared, "ModifyImageAttribute", {"imageId": "ami-1"}),
    (database_snapshot_shared, "ModifyDBSnapshotAttribute", {"dBSnapshotIdentifier": "nightly"}),
    (database_snapshot_shared, "ModifyDBClusterSnapshotAttribute", {"dBClusterSnapshotIdentifier": "all"}),
]


def planned(module, name, parameters, seen):
    event = called(name, parameters)
    return module.decide(event, seen, event.at, SETTINGS)


@pytest.mark.parametrize(("module", "name", "parameters"), EACH)
def test_each_stranger_is_taken_back_by_a_declared_call_and_can_have_it_again(module, name, parameters):
    plan = planned(module, name, parameters, Seen(state=Shared(strangers=("all", STRANGER))))

    declared = {each.operation: each for each in module.DECLARED_CALLS}
    for call, whom in zip(plan.calls, ("all", STRANGER), strict=True):
        assert whom in str(call.parameters)
        assert declared[f"{call.service}.{call.operation}"].fits(call)
        assert declared[f"{call.undo.service}.{call.undo.operation}"].fits(call.undo)
        assert call.undo.parameters != call.parameters


@pytest.mark.parametrize(("module", "name", "parameters"), EACH)
def test_what_could_not_be_read_is_told_as_grave_and_nothing_is_done(module, name, parameters):
    plan = planned(module, name, parameters, Seen(unread=Unseen(why="denied", denied=True)))

    assert (plan.alerts[0].severity, plan.calls) == (Severity.HIGH, ())
