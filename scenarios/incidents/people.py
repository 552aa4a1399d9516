"""People decide: they approve and refuse, with the right to ask the API and with nothing else.

How they undo and redrive stands in `people_undo` and `people_redrive`.
"""

from typing import Any

from chalicelib.remediation import Outcome
from scenarios.cloud.kernel.caller import Caller
from scenarios.cloud.world import World
from scenarios.incidents.table_deleted import table_is
from scenarios.runner.scenario import Action, Scenario, at, at_the_end, by, until
from scenarios.runner.words.actors import Actor
from scenarios.runner.words.checks import alert, heard_of, no_more_alerts_than, outcome
from scenarios.runner.words.givens import table
from scenarios.runner.words.people import decides, on_call, redrives, ruled

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
        at("08:00", decides(bob, "refuse", NAME, status=409)),
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
    name="people.approve_and_refuse_ruled_late",
    title="The function is paused while people decide: sent again an hour later, what they said has expired",
    parameters=(*APPROVE, ("ApprovalHours", "1")),
    given=ORDERS,
    lasts="01:35:00",
    when=[
        at("00:00", DELETED),
        at("09:00", _pauses(pause=True)),
        at("10:00", decides(ann, "approve", NAME)),
        at("10:30", decides(bob, "refuse", NAME)),
        at("01:12:00", _pauses(pause=False)),
        at("01:15:00", redrives(ann)),
        at("01:17:00", redrives(ann, attempt=2)),
        at("01:25:00", decides(ann, "approve", NAME)),
    ],
    then=[
        until("01:11:00", table_is("orders", there=False), ruled(NAME)),
        until(
            "01:24:00",
            table_is("orders", there=False),
            ruled(NAME, "rejected", "rejected", says="it expired"),
        ),
        at_the_end(
            heard_of(NAME, "HIGH", "approve by arn:aws:iam::123456789012:user/ann", subject="Approved"),
            table_is("orders", there=True),
            outcome(NAME, Outcome.ACTED),
        ),
    ],
)


def _makes_a_backup(name: str) -> Action:
    return dave.calls("dynamodb", "create_backup", TableName="orders", BackupName=name)


def deletes_the_backup(name: str) -> Action:
    """The backup of orders that has this name is gone."""

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
        at("00:30", _makes_a_backup("orders-noon")),
        at("01:00", DELETED),
        at("04:00", deletes_the_backup("orders-noon")),
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

REPLANNED_REFUSED = Scenario(
    name="people.refuse_replanned",
    title="A plan has changed when it is approved, and the new one is refused: none can be approved any more",
    parameters=APPROVE,
    given=ORDERS,
    when=[
        at("00:30", _makes_a_backup("orders-noon")),
        at("01:00", DELETED),
        at("04:00", deletes_the_backup("orders-noon")),
        at("05:00", decides(ann, "approve", NAME)),
        at("08:00", decides(bob, "refuse", NAME, plan="0" * 64, status=409)),
        at("09:00", decides(bob, "refuse", NAME)),
        at("11:00", decides(ann, "approve", NAME, status=409)),
    ],
    then=[
        until("07:30", ruled(NAME, "replanned"), outcome(NAME, Outcome.AWAITING_APPROVAL)),
        at_the_end(
            ruled(NAME, "replanned", "declined"),
            outcome(NAME, Outcome.DECLINED),
            table_is("orders", there=False),
        ),
    ],
)

REFUSED_BY_THE_SECOND = Scenario(
    name="people.approve_refused",
    title="Two people are needed: one approves, the other one refuses, and nobody can approve it any more",
    parameters=TWO,
    given=ORDERS,
    when=[
        at("00:00", DELETED),
        at("05:00", decides(ann, "approve", NAME)),
        at("08:00", decides(bob, "refuse", NAME)),
        at("11:00", decides(cleo, "approve", NAME, status=409)),
    ],
    then=[
        at_the_end(
            ruled(NAME, "counted", "declined"),
            outcome(NAME, Outcome.DECLINED),
            table_is("orders", there=False),
            no_more_alerts_than(3),
        ),
    ],
)

SCENARIOS = (
    GRANTED,
    REFUSED,
    BY_THE_ACTOR,
    TWICE,
    EXPIRED,
    REPLANNED,
    RULED_LATE,
    REPLANNED_REFUSED,
    REFUSED_BY_THE_SECOND,
)
