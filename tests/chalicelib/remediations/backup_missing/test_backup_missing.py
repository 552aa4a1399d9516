"""What lacks a backup, what is made, and which snapshots are ours to delete."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.errors import MalformedEvent
from chalicelib.events import Tick
from chalicelib.looking import Unseen
from chalicelib.remediation import Severity
from chalicelib.remediations.backup_missing import (
    FAILED_PATTERN,
    REMEDIATION,
    decide,
    decide_failure,
    snapshot_failed,
)
from chalicelib.remediations.backup_missing.kept import TAG, Kept, OldBackup
from chalicelib.remediations.backup_missing.reading import Facts, look
from chalicelib.remediations.backup_missing.tables import MOST_TABLES, turn
from chalicelib.settings import Mode, Settings

NOW = datetime(2026, 3, 2, 3, 10, tzinfo=UTC)
ACCOUNT, REGION = "123456789012", "us-east-1"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/trailwarden-BackupMissingRole-1"
TICK = Tick(key="rule@time", at=NOW, account=ACCOUNT, region=REGION)
SETTINGS = Settings(
    topic_arn="t",
    ledger="l",
    values={"BACKUP_MISSING_HOURS": "30", "BACKUP_MISSING_KEPT": "2", "BACKUP_MISSING_ROLE": ROLE},
)


def ago(hours):
    return NOW - timedelta(hours=hours)


def volume(*, made=100, backup=None, begun=None, **more):
    """A volume; `made`, `backup` and `begun` in hours before now."""
    return Kept(
        region=REGION,
        name="vol-1",
        made=ago(made),
        backup=None if backup is None else ago(backup),
        begun=ago(begun) if begun is not None else None if backup is None else ago(backup),
        **more,
    )


def planned(*volumes, mode=Mode.OBSERVE, **more):
    facts = Facts(volumes=volumes, **more)
    return decide(TICK, facts, NOW, replace(SETTINGS, mode=mode))


@pytest.mark.parametrize(
    ("found", "told", "made"),
    [
        pytest.param(volume(), True, True, id="never one"),
        pytest.param(volume(made=29), False, True, id="new"),
        pytest.param(volume(backup=31), True, True, id="too old"),
        # A nightly look finds last night's a second short of 24 hours.
        pytest.param(volume(backup=23.99), False, True, id="of last night"),
        pytest.param(volume(backup=22), False, False, id="young"),
        pytest.param(volume(begun=5), True, False, id="begun and not complete"),
        pytest.param(volume(backup=40, begun=2), True, False, id="the next one is under way"),
    ],
)
def test_what_is_old_is_told_and_what_gets_old_is_made(found, told, made):
    plan = planned(found)

    assert [each.severity for each in plan.alerts] == ([Severity.MEDIUM] if told else [])
    assert [each.operation for each in plan.calls] == (["create_snapshot"] if made else [])


def test_a_database_is_told_with_its_command_and_left_alone():
    plan = planned(databases=(replace(volume(), name="orders"),))

    (alert,) = plan.alerts
    assert "create-db-snapshot --db-instance-identifier orders" in dict(alert.facts)["Make one with"]
    assert plan.calls == ()


def test_what_a_tag_expects_is_low_and_gets_none():
    plan = planned(volume(excuse="expected=backup_missing"))

    assert [each.severity for each in plan.alerts] == [Severity.LOW]
    assert plan.calls == ()


def test_a_region_that_could_not_be_read_is_told_each_time():
    (alert,) = planned(could_not_read=(Unseen(why="denied"),)).alerts

    assert (alert.severity, alert.quiet) == (Severity.MEDIUM, None)
    assert ("Could not look", "denied") in alert.facts


def test_the_same_again_is_quiet_and_another_one_is_told():
    first, again, others = (
        planned(each).alerts[0].quiet.subject
        for each in (volume(), volume(backup=50), replace(volume(), name="vol-2"))
    )

    assert first == again != others


@pytest.mark.parametrize(("mode", "quiet"), [(Mode.APPROVE, False), (Mode.ENFORCE, True)])
def test_what_is_deleted_is_said_before_and_in_approve_each_night(mode, quiet):
    old = OldBackup(region=REGION, id="snap-1", of="vol-1", began=ago(200))
    plan = planned(volume(backup=1), mode=mode, old=(old,))

    ((alert,), (call,)) = plan.alerts, plan.calls
    assert (alert.severity, bool(alert.quiet)) == (Severity.INFO, quiet)
    assert dict(alert.facts)["Too many"] == f"{REGION}/snap-1"
    assert (call.operation, call.parameters) == ("delete_snapshot", {"SnapshotId": "snap-1"})
    assert "gone for good" in call.lost


def test_more_than_one_night_can_do_is_told():
    plan = planned(*(replace(volume(), name=f"vol-{number}") for number in range(70)))

    assert len(plan.calls) == 60
    assert dict(plan.alerts[0].facts)["Left for the next night"].startswith("10 calls")


@pytest.mark.parametrize(
    "given",
    [
        {"VolumeId": "v"},
        {"VolumeId": "v", "Description": ""},
        {"VolumeId": "v", "Description": "", "TagSpecifications": [{"ResourceType": "snapshot", "Tags": []}]},
    ],
)
def test_no_other_call_is_declared(given):
    (call,) = planned(volume()).calls
    (declared,) = (each for each in REMEDIATION.declared_calls if each.operation == "ec2.create_snapshot")

    assert declared.fits(call)
    assert not declared.fits(replace(call, parameters=given))


# ---- whose snapshots they are --------------------------------------------------------------------


class Account:
    """Pages of what EC2, RDS and CloudTrail would answer."""

    def __init__(self, snapshots, records, backups=()):
        self.pages = {
            "describe_snapshots": {"Snapshots": snapshots},
            "describe_volumes": {"Volumes": []},
            "describe_db_instances": {"DBInstances": []},
            "list_tables": {"TableNames": []},
            "list_backups": {"BackupSummaries": list(backups)},
            "lookup_events": {"Events": [{"CloudTrailEvent": json.dumps(each)} for each in records]},
        }
        self.asked = []

    def client(self, _service, _region):
        return self

    def get_paginator(self, name):
        self.asked.append(name)
        self.name = name
        return self

    def paginate(self, **_parameters):
        return [self.pages[self.name]]

    def lookup_events(self, **_asked):
        self.asked.append("lookup_events")
        return self.pages["lookup_events"]


def snapshot(number, *, days, state="completed"):
    return {
        "SnapshotId": f"snap-{number}",
        "VolumeId": "vol-1",
        "StartTime": NOW - timedelta(days=days),
        "State": state,
        "Description": "Trailwarden's backup of vol-1",  # anybody can write that
        "Tags": [dict(TAG)],  # and whoever may tag, this
    }


RECORD = {
    "eventSource": "ec2.amazonaws.com",
    "eventID": "e",
    "eventTime": "2026-03-01T03:10:00Z",
    "eventName": "CreateSnapshot",
}


def record(number, role=ROLE):
    issuer = {"sessionContext": {"sessionIssuer": {"arn": role}}}
    return {
        **RECORD,
        "userIdentity": {"type": "AssumedRole", "arn": f"{role}/session", **issuer},
        "responseElements": {"snapshotId": f"snap-{number}"},
    }


def test_what_our_policy_does_not_let_us_delete_is_not_planned():
    """One that was made before ours got a tag, or whose tag somebody took away."""
    snapshots = [snapshot(number, days=number) for number in range(1, 7)]
    del snapshots[4]["Tags"]

    facts = look(Account(snapshots, [record(number) for number in range(1, 7)]), TICK, SETTINGS)

    assert [each.id for each in facts.old] == ["snap-6", "snap-4", "snap-3"]


ORDERS = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/orders/backup"


def backup(number, *, kind="USER", status="AVAILABLE"):
    return {
        "TableName": "orders",
        "BackupArn": f"{ORDERS}/{number}",
        "BackupName": "trailwarden",  # anybody can call one so
        "BackupCreationDateTime": NOW - timedelta(days=number),
        "BackupStatus": status,
        "BackupType": kind,
    }


def backed_up(number, role=ROLE):
    made = {"backupDetails": {"backupArn": f"{ORDERS}/{number}"}}
    return {
        **record(number, role),
        "eventSource": "dynamodb.amazonaws.com",
        "eventName": "CreateBackup",
        "responseElements": made,
    }


def test_of_a_tables_backups_too_only_what_our_role_made_is_ours_to_delete():
    backups = [
        *(backup(number) for number in range(1, 7)),
        backup(8, kind="AWS_BACKUP"),
        backup(9, kind="SYSTEM"),
    ]
    records = [*(backed_up(number) for number in (2, 4, 5, 8, 9)), backed_up(6, role="arn:aws:iam::1:role/x")]

    facts = look(Account([], records, backups), TICK, SETTINGS)
    (call,) = decide(TICK, facts, NOW, SETTINGS).calls

    assert [each.id for each in facts.old_of_tables] == [f"{ORDERS}/5"]
    assert (call.operation, call.parameters) == ("delete_backup", {"BackupArn": f"{ORDERS}/5"})
    assert "gone for good" in call.lost


@pytest.mark.parametrize(
    ("found", "told", "made"),
    [
        pytest.param(replace(volume(), name="orders"), True, ["create_backup"], id="never one"),
        pytest.param(replace(volume(backup=1), name="orders"), False, [], id="recoverable, or backed up"),
        pytest.param(replace(volume(), name="orders", excuse="keep=backup_missing"), True, [], id="excused"),
    ],
)
def test_a_table_is_told_and_backed_up(found, told, made):
    plan = decide(TICK, Facts(tables=(found,)), NOW, SETTINGS)

    assert [dict(each.facts).get("Table", "").partition(" ")[0] for each in plan.alerts] == ["orders"] * told
    assert [each.operation for each in plan.calls] == made


def test_of_very_many_tables_all_have_their_turn():
    names = [f"t{number}" for number in range(3 * MOST_TABLES - 50)]
    nights = [turn(names, NOW + timedelta(days=day)) for day in range(3)]

    assert {name for night in nights for name in night} == set(names)
    assert {len(night) for night in nights} == {MOST_TABLES}
    assert turn(["a", "b"], NOW) in (["a", "b"], ["b", "a"])
    assert turn([], NOW) == []


def test_only_what_our_role_made_is_ours_to_delete():
    """Two stay of ours; those of others neither count nor go, whatever they are called."""
    snapshots = [snapshot(number, days=number) for number in range(1, 7)]
    account = Account(snapshots, [record(2), record(4), record(5), record(6, role="arn:aws:iam::1:role/x")])

    facts = look(account, TICK, SETTINGS)

    assert [each.id for each in facts.old] == ["snap-5"]


def test_one_that_is_not_complete_keeps_no_place():
    snapshots = [snapshot(1, days=1, state="pending"), snapshot(2, days=2), snapshot(3, days=3)]
    account = Account(snapshots, [record(1), record(2), record(3)])

    assert look(account, TICK, SETTINGS).old == ()


def test_what_this_very_look_made_before_it_died_takes_no_older_ones_place():
    made = {**snapshot(1, days=0), "StartTime": TICK.at + timedelta(seconds=1)}
    backups = [{**backup(1), "BackupCreationDateTime": TICK.at + timedelta(seconds=1)}]
    older = [snapshot(number, days=number) for number in (2, 3)]
    records = [*(record(number) for number in (1, 2, 3)), *(backed_up(number) for number in (1, 2, 3))]

    facts = look(Account([made, *older], records, [*backups, backup(2), backup(3)]), TICK, SETTINGS)

    assert (facts.old, facts.old_of_tables) == ((), ())


def test_event_history_is_asked_only_where_something_may_be_too_much():
    account = Account([snapshot(1, days=1), snapshot(2, days=2)], [])

    assert look(account, TICK, SETTINGS).old == ()
    assert "lookup_events" not in account.asked


@pytest.mark.parametrize("record", [{}, {"userIdentity": None}, {"userIdentity": {"sessionContext": None}}])
def test_a_record_without_a_role_is_nobodys(record):
    snapshots = [snapshot(number, days=number) for number in range(1, 5)]

    assert look(Account(snapshots, [{**RECORD, **record}]), TICK, SETTINGS).old == ()


# ---- one that failed -----------------------------------------------------------------------------

FAILED = {
    "time": "2026-03-02T03:02:00Z",
    "account": ACCOUNT,
    "region": REGION,
    "detail": {
        "snapshot_id": f"arn:aws:ec2::{REGION}:snapshot/snap-1",
        "source": f"arn:aws:ec2::{REGION}:volume/vol-1",
        "cause": "no key",
    },
}


def test_a_failure_says_what_and_why():
    event = snapshot_failed(FAILED)
    (alert,) = decide_failure(event, None, NOW, SETTINGS).alerts

    assert event.key == f"arn:aws:ec2::{REGION}:snapshot/snap-1@failed"
    assert "snap-1 of vol-1" in alert.title
    assert ("Cause", "no key") in alert.facts


def test_a_failure_without_its_parts_is_told_all_the_same():
    event = snapshot_failed({**FAILED, "detail": {}})

    assert (event.snapshot, event.volume, event.cause) == ("not recorded",) * 3


@pytest.mark.parametrize("raw", [{}, {**FAILED, "time": "soon"}, {**FAILED, "detail": []}])
def test_what_is_no_event_is_kept(raw):
    with pytest.raises(MalformedEvent):
        snapshot_failed(raw)


def test_only_failures_wake_it():
    assert FAILED_PATTERN["detail"]["result"] == ["failed"]
