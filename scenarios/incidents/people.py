"""People decide: they approve, refuse and undo, with the right to ask the API and with nothing else."""

from typing import Any

from chalicelib.remediation import Outcome
from scenarios.cloud.kernel.caller import Caller
from scenarios.cloud.world import World
from scenarios.incidents.table_deleted import table_is
from scenarios.incidents.trail_stopped import ENFORCE, trail_logs
from scenarios.runner.scenario import Action, Scenario, at, at_the_end, by, until
from scenarios.runner.words.actors import Actor
from scenarios.runner.words.checks import alert, heard_of, kept, no_more_alerts_than, outcome
from scenarios.runner.words.givens import table
from scenarios.runner.words.outages import falls_ill, is_well_again
from scenarios.runner.words.people import decides, on_call, redrives, ruled
from scenarios.runner.words.trail_settings import on_trail

ann, bob, cleo = on_call("ann"), on_call("bob"), on_call("cleo")
mallory = Actor(name="mallory", address="203.0.113.66")
dave = Actor(name="dave", address="198.51.100.40")

NAME = "table_deleted"
APPROVE = (("TableDeletedMode", "approve"),)
TWO = (*APPROVE, ("ApprovalsNeeded", "2"))
ORDERS = (table("orders", backup="orders-nightly"),)
DELETED = mallory.calls("dynamodb", "delete_table", TableName="orders")


GRANTED = Scenario(
    name="people.approve",
    title="A table is deleted; somebody who may only ask the API approves, and the table is restored",
    parameters=APPROVE,
    given=ORDERS,
    when=[at("00:00", DELETED), at("05:00", decides(ann, "approve", NAME, reason="ticket 17"))],
    then=[
        by("02:30", alert(NAME, "HIGH", "waits for a yes", "To approve: trailwarden approve table_deleted:")),
        by(
            "06:00",
            alert(
                NAME, "HIGH", "approve by arn:aws:iam::123456789012:user/ann", "ticket 17", subject="Approved"
            ),
            table_is("orders", there=True),
        ),
        at_the_end(ruled(NAME, "granted"), outcome(NAME, Outcome.ACTED), no_more_alerts_than(2)),
    ],
)

REFUSED = Scenario(
    name="people.refuse",
    title="The plan is refused: it is never carried out, and can't be approved any more",
    parameters=APPROVE,
    given=ORDERS,
    when=[
        at("00:00", DELETED),
        at("05:00", decides(bob, "refuse", NAME, reason="it was meant")),
        at("10:00", decides(ann, "approve", NAME, status=409)),
    ],
    then=[
        by("06:00", alert(NAME, "HIGH", "it was meant", "so that it is never done", subject="Refused")),
        at_the_end(
            table_is("orders", there=False),
            ruled(NAME, "declined"),
            outcome(NAME, Outcome.DECLINED),
            no_more_alerts_than(2),
        ),
    ],
)

BY_THE_ACTOR = Scenario(
    name="people.approve_by_the_actor",
    title="Who deleted the table can neither refuse nor approve what answers it, and that is told",
    parameters=APPROVE,
    given=ORDERS,
    when=[
        at("00:00", DELETED),
        at("05:00", decides(mallory, "refuse", NAME)),
        at("06:00", decides(mallory, "approve", NAME)),
    ],
    then=[
        at_the_end(
            alert(
                NAME, "HIGH", "by arn:aws:iam::123456789012:user/mallory", subject="Who did it tried", times=2
            ),
            ruled(NAME, "rejected", "rejected", says="who did it can't decide"),
            table_is("orders", there=False),
            outcome(NAME, Outcome.AWAITING_APPROVAL),
        )
    ],
)

TWICE = Scenario(
    name="people.approve_twice",
    title="Two people are needed: the same one counts once, and the second one has it done",
    parameters=TWO,
    given=ORDERS,
    when=[
        at("00:00", DELETED),
        at("05:00", decides(ann, "approve", NAME)),
        at("09:00", decides(ann, "approve", NAME)),
        at("12:00", decides(bob, "approve", NAME)),
    ],
    then=[
        until(
            "11:30",
            alert(NAME, "HIGH", "1 of 2", subject="One more approval"),
            table_is("orders", there=False),
        ),
        at_the_end(
            ruled(
                NAME, "counted", "rejected", "granted", says="user/ann and arn:aws:iam::123456789012:user/bob"
            ),
            table_is("orders", there=True),
            outcome(NAME, Outcome.ACTED),
            no_more_alerts_than(3),
        ),
    ],
)

EXPIRED = Scenario(
    name="people.approve_expired",
    title="Two people are needed, and the second comes after the first one's approval has expired",
    parameters=(*TWO, ("ApprovalHours", "1")),
    given=ORDERS,
    lasts="01:30:00",
    when=[
        at("00:00", DELETED),
        at("05:00", decides(ann, "approve", NAME)),
        at("01:10:00", decides(bob, "approve", NAME)),
        at("01:20:00", decides(cleo, "approve", NAME)),
    ],
    then=[
        until("01:15:00", table_is("orders", there=False), ruled(NAME, "counted", "counted", says="expired")),
        at_the_end(ruled(NAME, "counted", "counted", "granted"), table_is("orders", there=True)),
    ],
)


def _pauses(*, pause: bool) -> Action:
    """Leave the remediation's function no concurrency, or give it back."""

    def do(world: World, caller: Caller) -> None:
        functions: Any = world.client(caller, "lambda")
        name = world.home.resources["TableDeleted"].physical_id
        if pause:
            functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
        else:
            functions.delete_function_concurrency(FunctionName=name)

    return dave.does("pauses table_deleted's function" if pause else "lets it run again", do)


RULED_LATE = Scenario(
    name="people.approve_ruled_late",
    title="The function is paused when somebody approves: sent again an hour later, the approval has expired",
    parameters=(*APPROVE, ("ApprovalHours", "1")),
    given=ORDERS,
    lasts="01:35:00",
    when=[
        at("00:00", DELETED),
        at("09:00", _pauses(pause=True)),
        at("10:00", decides(ann, "approve", NAME)),
        at("01:12:00", _pauses(pause=False)),
        at("01:15:00", redrives(ann)),
        at("01:17:00", redrives(ann, attempt=2)),
        at("01:25:00", decides(ann, "approve", NAME)),
    ],
    then=[
        until("01:11:00", table_is("orders", there=False), ruled(NAME)),
        until("01:24:00", table_is("orders", there=False), ruled(NAME, "rejected", says="it expired")),
        at_the_end(
            ruled(NAME, "rejected", "granted"), table_is("orders", there=True), outcome(NAME, Outcome.ACTED)
        ),
    ],
)


def _makes_a_backup(name: str) -> Action:
    return dave.calls("dynamodb", "create_backup", TableName="orders", BackupName=name)


def _deletes_the_backup(name: str) -> Action:
    def do(world: World, caller: Caller) -> None:
        dynamodb: Any = world.client(caller, "dynamodb")
        kept = dynamodb.list_backups(TableName="orders")["BackupSummaries"]
        (arn,) = (each["BackupArn"] for each in kept if each["BackupName"] == name)
        dynamodb.delete_backup(BackupArn=arn)

    return dave.does(f"deletes the backup {name}", do)


REPLANNED = Scenario(
    name="people.approve_replanned",
    title="The backup that a plan names is gone when it is approved: the new plan waits for a new approval",
    parameters=APPROVE,
    given=ORDERS,
    when=[
        at("00:00", _makes_a_backup("orders-noon")),
        at("01:00", DELETED),
        at("04:00", _deletes_the_backup("orders-noon")),
        at("05:00", decides(ann, "approve", NAME)),
        at("09:00", decides(ann, "approve", NAME)),
    ],
    then=[
        until(
            "08:00",
            alert(
                NAME,
                "HIGH",
                "no longer: aws dynamodb restore",
                "new: aws dynamodb",
                subject="The plan has changed",
            ),
            table_is("orders", there=False),
        ),
        at_the_end(ruled(NAME, "replanned", "granted"), table_is("orders", there=True)),
    ],
)

UNDONE = Scenario(
    name="people.undo",
    title="A stop of the trail was meant: its restart is undone, after a dry run, and no look takes it back",
    parameters=ENFORCE,
    lasts="02:10:00",
    when=[
        at("01:05:00", on_trail(dave, "stop_logging")),
        at("01:20:00", decides(ann, "undo", "trail_stopped", dry_run=True)),
        at("01:25:00", decides(ann, "undo", "trail_stopped")),
    ],
    then=[
        by(
            "01:10:00",
            alert("trail_stopped", "CRITICAL", "To undo it: trailwarden undo trail_stopped:"),
            trail_logs(on=True),
        ),
        until(
            "01:24:00",
            ruled("trail_stopped", "would undo", says="aws cloudtrail stop-logging"),
            trail_logs(on=True),
        ),
        by(
            "01:30:00",
            alert("trail_stopped", "CRITICAL", "and then undid it", subject="Undone"),
            trail_logs(on=False),
        ),
        at_the_end(
            trail_logs(on=False),
            ruled("trail_stopped", "would undo", "undone"),
            outcome("trail_stopped", Outcome.UNDONE),
        ),
    ],
)


def _makes_it_anew(world: World, caller: Caller) -> None:
    dynamodb: Any = world.client(caller, "dynamodb")
    dynamodb.delete_table(TableName="orders")
    dynamodb.create_table(
        TableName="orders",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )


TOO_LATE = Scenario(
    name="people.undo_too_late",
    title="The restored table was replaced by another one meanwhile: it is left alone",
    parameters=(
        ("TableDeletedMode", "enforce"),
        ("IgnoredPrincipals", "arn:aws:iam::123456789012:user/dave"),
    ),
    given=ORDERS,
    when=[
        at("00:00", DELETED),
        at("12:30", dave.does("replaces the table orders", _makes_it_anew)),
        at("13:00", decides(ann, "undo", NAME)),
    ],
    then=[
        by("12:00", outcome(NAME, Outcome.ACTED)),
        at_the_end(
            ruled(NAME, "rejected", says="the state has moved on since"),
            table_is("orders", there=True),
            no_more_alerts_than(2),
        ),
    ],
)


root = Actor(name="root", address="203.0.113.7")

REDRIVEN = Scenario(
    name="people.redrive",
    title="While SNS is overloaded what can't be told becomes a dead letter; somebody sends it again",
    lasts="25:00",
    when=[
        at("00:00", falls_ill("sns")),
        at("00:30", root.signs_in(mfa=True), mallory.calls("dynamodb", "delete_table", TableName="orders")),
        at("10:00", is_well_again("sns")),
        at("11:00", redrives(ann, only="no such reason", status=400)),
        at("12:00", redrives(ann)),
        at("14:00", redrives(ann, attempt=2)),
    ],
    given=(table("orders"),),
    then=[
        until("11:30", kept(2, "Publish", "RetriesExhausted")),
        by("19:00", heard_of("root_login", "HIGH"), heard_of(NAME, "CRITICAL", "orders"), kept(0)),
    ],
)

PUT_OFF = Scenario(
    name="people.redrive_put_off",
    title="Event history fails for half an hour: the deletion that waits for it is sent again, and restored",
    parameters=(("TableDeletedMode", "enforce"),),
    given=ORDERS,
    lasts="01:10:00",
    when=[
        at("00:00", falls_ill("cloudtrail"), DELETED),
        at("45:00", is_well_again("cloudtrail")),
        at("50:00", redrives(ann, only="tried it too often")),
        at("52:00", redrives(ann, attempt=2)),
    ],
    then=[
        by("02:30", alert(NAME, "HIGH", "could not be asked")),
        until("49:00", table_is("orders", there=False)),
        at_the_end(table_is("orders", there=True), outcome(NAME, Outcome.ACTED), kept(0)),
    ],
)

SCENARIOS = (
    GRANTED,
    REFUSED,
    BY_THE_ACTOR,
    TWICE,
    EXPIRED,
    REPLANNED,
    UNDONE,
    TOO_LATE,
    REDRIVEN,
    PUT_OFF,
    RULED_LATE,
)
