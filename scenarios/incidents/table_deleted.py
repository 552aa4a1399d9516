"""Somebody deletes a DynamoDB table."""

import json
from contextlib import suppress
from typing import Any

from botocore.exceptions import ClientError

from chalicelib.remediation import Outcome
from scenarios.cloud.world import World
from scenarios.runner.scenario import Action, Check, Given, Scenario, at, at_the_end, by, until
from scenarios.runner.words.actors import Actor, arrives
from scenarios.runner.words.checks import (
    alarm_mail,
    alert,
    findings,
    heard_of,
    no_more_alerts_than,
    outcome,
    state,
    unless_it_dies,
)
from scenarios.runner.words.givens import table
from scenarios.runner.words.keys import seal_keys_are_only_managed
from scenarios.runner.words.outages import throttles
from scenarios.runner.words.people import on_call, redrives

mallory = Actor(name="mallory", address="203.0.113.66")
READ_ONLY = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": ["dynamodb:ListTables", "dynamodb:DescribeTable"], "Resource": "*"}
    ],
}
intern = Actor(name="intern", address="192.0.2.15", policies=(READ_ONLY,))
ONLY_SCRATCH = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": "dynamodb:DeleteTable",
            "Resource": "arn:aws:dynamodb:*:*:table/scratch",
        }
    ],
}
ONLY_INVOKE = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": "*"}],
}
invoker = Actor(name="eve", address="203.0.113.67", policies=(ONLY_INVOKE,))
deployer = Actor(name="deploy-bot", address="198.51.100.9")
ann = on_call("ann")
temp = Actor(name="temp", address="192.0.2.16", policies=(ONLY_SCRATCH,))


def table_is(name: str, *, there: bool, region: str = "") -> Check:
    """Whether the table stands."""

    def judge(dynamodb: object) -> str | None:
        tables = dynamodb.list_tables()["TableNames"]  # type: ignore[attr-defined]  # boto3 makes its methods
        return None if (name in tables) == there else f"the tables are {tables}"

    return state(f"the table {name} is {'there' if there else 'gone'}", judge, "dynamodb", region)


SCENARIO = Scenario(
    name="table_deleted",
    title="Somebody deletes the orders table; point-in-time recovery was on",
    given=(table("orders", recoverable=True),),
    when=[at("00:00", mallory.calls("dynamodb", "delete_table", TableName="orders"))],
    then=[
        by(
            "02:30",
            alert(
                "table_deleted",
                "HIGH",
                "orders",
                "arn:aws:iam::123456789012:user/mallory",
                "203.0.113.66",
                "aws dynamodb restore-table-from-backup --target-table-name orders --backup-arn "
                "arn:aws:dynamodb:us-east-1:123456789012:table/orders/backup/",
                "In mode enforce Trailwarden would do:",
            ),
            outcome("table_deleted", Outcome.OBSERVED),
        ),
        at_the_end(table_is("orders", there=False), no_more_alerts_than(1)),
    ],
)

REFUSED = Scenario(
    name="table_deleted.refused",
    title="An intern tries to delete a table and may not",
    given=(table("orders", recoverable=True),),
    when=[
        at(
            "00:00",
            intern.calls("dynamodb", "delete_table", TableName="orders", refused="AccessDeniedException"),
        )
    ],
    then=[
        by(
            "02:30",
            alert("table_deleted", "MEDIUM", "orders", "user/intern", "192.0.2.15", "no (AccessDenied"),
        ),
        at_the_end(table_is("orders", there=True), no_more_alerts_than(1, of="table_deleted")),
    ],
)

RESTORED = Scenario(
    name="table_deleted.enforced",
    title="The orders table is deleted: it is restored once event history knows the call",
    parameters=(("TableDeletedMode", "enforce"),),
    given=(table("orders", backup="orders-nightly"),),
    when=[at("00:00", mallory.calls("dynamodb", "delete_table", TableName="orders"))],
    then=[
        by("02:30", alert("table_deleted", "HIGH", "orders-nightly", "does not know this call yet")),
        until("00:50", table_is("orders", there=False)),
        by(
            "11:00",
            alert("table_deleted", "HIGH", "Confirmed", "Trailwarden did:", "To undo it:", "delete-table"),
            table_is("orders", there=True),
            outcome("table_deleted", Outcome.ACTED),
        ),
        # Its own call comes back, and the plan holds it.
        at_the_end(outcome("table_deleted", Outcome.SUPPRESSED), no_more_alerts_than(2)),
    ],
)

WITHOUT_BACKUP = Scenario(
    name="table_deleted.without_backup",
    title="The table had no backup: the alert says that nothing can be restored",
    given=(table("sessions"),),
    when=[at("00:00", mallory.calls("dynamodb", "delete_table", TableName="sessions"))],
    then=[
        by("02:30", alert("table_deleted", "CRITICAL", "sessions", "none found")),
        at_the_end(no_more_alerts_than(1)),
    ],
)

EXPECTED = Scenario(
    name="table_deleted.expected",
    title="The deployer deletes tables, as settings expect: no alert is sent",
    parameters=(
        (
            "IgnoredPrincipals",
            "arn:aws:iam::123456789012:user/nobody,arn:aws:iam::123456789012:user/deploy-*",
        ),
    ),
    given=(table("preview-17"), table("orders")),
    when=[
        at("00:00", Actor(name="deploy-bot").calls("dynamodb", "delete_table", TableName="preview-17")),
        at("00:30", mallory.calls("dynamodb", "delete_table", TableName="orders")),
    ],
    then=[
        by("03:00", alert("table_deleted", "CRITICAL", "orders", "user/mallory")),
        at_the_end(outcome("table_deleted", Outcome.SUPPRESSED), no_more_alerts_than(1)),
    ],
)


def _record(source: str, name: str) -> dict[str, object]:
    return {
        "version": "0",
        "id": f"00000000-0000-4000-8000-{len(source):012d}",
        "detail-type": "AWS API Call via CloudTrail",
        "source": f"aws.{source}",
        "account": "123456789012",
        "time": "2026-03-02T03:00:00Z",
        "region": "us-east-1",
        "resources": [],
        "detail": {
            "eventVersion": "1.11",
            "userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::123456789012:user/mallory"},
            "eventTime": "2026-03-02T03:00:00Z",
            "eventSource": f"{source}.amazonaws.com",
            "eventName": name,
            "awsRegion": "us-east-1",
            "requestParameters": {"tableName": "orders; shutdown -h now"},
            "eventID": f"00000000-0000-4000-8000-{len(name):012d}",
        },
    }


HOSTILE = Scenario(
    name="table_deleted.hostile",
    title="A table's name that is a shell command is quoted; Glue's tables and other calls send no alert",
    when=[
        at(
            "00:00",
            arrives(
                "a table called 'orders; shutdown -h now' is deleted", _record("dynamodb", "DeleteTable")
            ),
            arrives("a table of the Glue catalogue is deleted", _record("glue", "DeleteTable")),
            arrives("a DynamoDB table is updated", _record("dynamodb", "UpdateTable")),
            arrives(
                "an application of our own sends an event that looks the same",
                {**_record("dynamodb", "DeleteTable"), "detail-type": "Order placed", "id": "1"},
            ),
        )
    ],
    then=[
        by("00:30", alert("table_deleted", "CRITICAL", "--table-name 'orders; shutdown -h now'")),
        at_the_end(no_more_alerts_than(1), seal_keys_are_only_managed()),
    ],
)

ELSEWHERE = Scenario(
    name="table_deleted.elsewhere",
    title="The stack is in Ireland, the table is deleted in Sydney",
    home="eu-west-1",
    spokes=("us-east-1", "ap-southeast-2"),
    given=(table("orders", region="ap-southeast-2", recoverable=True),),
    when=[
        at("00:00", mallory.calls("dynamodb", "delete_table", region="ap-southeast-2", TableName="orders"))
    ],
    then=[
        by("02:30", alert("table_deleted", "HIGH", "--region ap-southeast-2", "table/orders/backup/")),
        at_the_end(no_more_alerts_than(1)),
    ],
)

CAPPED = Scenario(
    name="table_deleted.capped",
    title="Eleven tables are deleted within the hour: ten are restored, then the hourly cap stops the stack",
    parameters=(("TableDeletedMode", "enforce"),),
    given=tuple(table(f"shard-{number:02}", backup="nightly") for number in range(11)),
    when=[
        at(f"{number:02}:00", mallory.calls("dynamodb", "delete_table", TableName=f"shard-{number:02}"))
        for number in range(11)
    ],
    lasts="25:00",
    then=[
        at_the_end(
            outcome("table_deleted", Outcome.ACTED, times=10),
            outcome("table_deleted", Outcome.CAPPED),
            alert("table_deleted", "HIGH", "Trailwarden held back"),
            # Told when they happened, all but the last, which is one of many; and how each ended.
            no_more_alerts_than(21),
        )
    ],
)

BUSY = Scenario(
    name="table_deleted.busy",
    title="DynamoDB doesn't say at first what backups there are: that is told at once, the table is restored",
    parameters=(("TableDeletedMode", "enforce"),),
    given=(table("orders", backup="orders-nightly"),),
    when=[
        at(
            "00:00",
            throttles("dynamodb", "ListBackups", calls=1),
            mallory.calls("dynamodb", "delete_table", TableName="orders"),
        )
    ],
    then=[
        by(
            "03:30",
            unless_it_dies(alert("table_deleted", "CRITICAL", "Could not look", "Rate exceeded")),
            unless_it_dies(alert("table_deleted", "HIGH", "this is what it has seen now")),
        ),
        by("13:00", table_is("orders", there=True)),
        at_the_end(outcome("table_deleted", Outcome.ACTED), no_more_alerts_than(3)),
    ],
)


def _put_away(name: str, backup: str) -> Given:
    """A table that was deleted long ago, on purpose; its backup is still there."""
    made = table(name, backup=backup)

    def do(world: World) -> None:
        made.do(world)
        world.client(world.user("builder"), "dynamodb").delete_table(TableName=name)

    return Given(f"{made.words}, deleted long ago", do)


def _makes_up_a_deletion(name: str) -> Action:
    """Invoke the function with a deletion that never was."""

    def do(world: World, caller: Any) -> None:
        record = _record("dynamodb", "DeleteTable")
        now = f"{world.clock.now:%Y-%m-%dT%H:%M:%SZ}"
        detail = {**record["detail"], "eventTime": now, "requestParameters": {"tableName": name}}  # type: ignore[dict-item]  # a record's detail is a mapping
        world.client(caller, "lambda").invoke(
            FunctionName=world.home.resources["TableDeleted"].physical_id,
            InvocationType="Event",
            Payload=json.dumps({**record, "time": now, "detail": detail}),
        )

    return invoker.does(f"makes up that the table {name} is deleted", do)


FORGED = Scenario(
    name="table_deleted.forged",
    title="A made up deletion of a table that was deleted long ago: event history doesn't know it",
    parameters=(("TableDeletedMode", "enforce"), ("Operators", "arn:aws:iam::123456789012:user/eve")),
    given=(_put_away("old-orders", "yearly"),),
    lasts="30:00",
    when=[at("00:00", _makes_up_a_deletion("old-orders"))],
    then=[
        by("00:30", alert("table_deleted", "HIGH", "Unconfirmed", "once CloudTrail's event history knows")),
        by(
            "26:00",
            alert(
                "table_deleted", "CRITICAL", "does not know this call, ", "refused to do:", subject="made up"
            ),
        ),
        at_the_end(
            table_is("old-orders", there=False),
            outcome("table_deleted", Outcome.REFUSED),
            no_more_alerts_than(2, of="table_deleted"),
        ),
    ],
)

UNCONFIRMED = Scenario(
    name="table_deleted.unconfirmed",
    title="Event history can't be asked: nothing is restored, that is told, and the event is kept",
    parameters=(("TableDeletedMode", "enforce"),),
    given=(table("orders", backup="orders-nightly"),),
    lasts="55:00",
    when=[
        at(
            "00:00",
            throttles("cloudtrail", "LookupEvents", calls=99),
            mallory.calls("dynamodb", "delete_table", TableName="orders"),
        )
    ],
    then=[
        by("02:30", alert("table_deleted", "HIGH", "could not be asked", "once CloudTrail's event history")),
        at_the_end(
            table_is("orders", there=False),
            outcome("table_deleted", Outcome.UNCONFIRMED),
            alarm_mail("DeadLettersAlarm"),
            no_more_alerts_than(1),
        ),
    ],
)


def _made_anew(made: Any) -> str | None:
    """The deployer's table has another key than the old one."""
    (key,) = made.describe_table(TableName="orders")["Table"]["KeySchema"]
    return None if key["AttributeName"] == "number" else f"its key is {key['AttributeName']}"


# DynamoDB is too busy to restore, until the queue gives up: five tries, two minutes apart or more.
REDRIVEN_LATE = Scenario(
    name="table_deleted.redriven_late",
    title="What could not be restored is sent again after a deployer made the table anew: that one stays",
    parameters=(
        ("TableDeletedMode", "enforce"),
        ("IgnoredPrincipals", "arn:aws:iam::123456789012:user/deploy-*"),
    ),
    given=(table("orders", backup="orders-nightly"),),
    lasts="01:15:00",
    when=[
        at(
            "00:00",
            throttles("dynamodb", "RestoreTableFromBackup", calls=999),
            mallory.calls("dynamodb", "delete_table", TableName="orders"),
        ),
        at("45:00", throttles("dynamodb", "RestoreTableFromBackup", calls=0)),
        at(
            "50:00",
            deployer.calls(
                "dynamodb",
                "create_table",
                TableName="orders",
                KeySchema=[{"AttributeName": "number", "KeyType": "HASH"}],
                AttributeDefinitions=[{"AttributeName": "number", "AttributeType": "N"}],
                BillingMode="PAY_PER_REQUEST",
            ),
        ),
        at("01:05:00", redrives(ann)),
        at("01:07:00", redrives(ann, attempt=2)),
    ],
    then=[
        by("02:30", alert("table_deleted", "HIGH", "orders-nightly", "does not know this call yet")),
        until("49:00", table_is("orders", there=False)),
        by("50:00", heard_of("table_deleted", "HIGH", "could not do:", "Rate exceeded")),
        at_the_end(
            state("the table orders is the deployer's", _made_anew, "dynamodb"),
            # Whether one of the tries was taken after all, their answers don't say.
            heard_of("table_deleted", "HIGH", "user/mallory", "Perhaps done by an earlier try"),
        ),
    ],
)


def _not_so_many(count: int, world: World) -> str | None:
    kept = len(findings(world, "table_deleted"))
    return None if kept == count else f"there are {kept}"


def _tries(table_name: str, times: int) -> Action:
    def do(world: World, caller: Any) -> None:
        for _ in range(times):
            with suppress(ClientError):
                world.client(caller, "dynamodb").delete_table(TableName=table_name)

    return temp.does(f"tries to delete the table {table_name} {times} times, and may not", do)


FLOOD = Scenario(
    name="table_deleted.flood",
    title="Somebody is refused eighteen times: one alert, then counts, and the one success among them",
    given=(table("orders"), table("scratch")),
    lasts="01:10:00",
    when=[
        at("00:00", _tries("orders", 12)),
        at("05:00", temp.calls("dynamodb", "delete_table", TableName="scratch")),
        at("06:00", _tries("orders", 6)),
    ],
    then=[
        by("02:30", heard_of("table_deleted", "MEDIUM", "orders", "user/temp", subject="An attempt")),
        by("07:30", heard_of("table_deleted", "CRITICAL", "user/temp", subject="scratch was deleted")),
        at_the_end(
            heard_of(
                "table_deleted",
                *("MEDIUM", "Counted", "trailwarden query what-did-principal-do"),
                subject="not sent one by one: An attempt",
            ),
            # The first, the tenth, the success, the rest by the hour.
            no_more_alerts_than(4, of="table_deleted"),
            Check("each of them is a finding", lambda world: _not_so_many(19, world)),
        ),
    ],
)

SCENARIOS = (
    SCENARIO,
    REFUSED,
    RESTORED,
    WITHOUT_BACKUP,
    EXPECTED,
    CAPPED,
    HOSTILE,
    ELSEWHERE,
    BUSY,
    FLOOD,
    FORGED,
    UNCONFIRMED,
    REDRIVEN_LATE,
)
