"""People send dead letters again, with the right to ask the API and with nothing else.

That is no decision: it may be whoever may ask, the actor too. Each event is handled as it would have been.
"""

from chalicelib.remediation import Outcome
from scenarios.cloud.kernel.caller import Caller
from scenarios.cloud.world import World
from scenarios.incidents.group_unused import GROUP, INTERFACE, makes_group
from scenarios.incidents.people import (
    APPROVE,
    DELETED,
    NAME,
    ORDERS,
    ann,
    bob,
    dave,
    deletes_the_backup,
    mallory,
)
from scenarios.incidents.table_deleted import table_is
from scenarios.runner.scenario import Action, Scenario, at, at_the_end, by, until
from scenarios.runner.words.actors import Actor
from scenarios.runner.words.checks import alert, heard_of, kept, outcome, unless_it_dies
from scenarios.runner.words.givens import table
from scenarios.runner.words.outages import fails, falls_ill, is_well_again
from scenarios.runner.words.people import decides, redrives, ruled
from scenarios.runner.words.recorder import RECORDS, judged, recorder

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

RULE = Scenario(
    name="people.redrive_rule",
    title="AWS Config takes no results for a while: what a rule's function gave up on is sent again",
    before=recorder(GROUP, INTERFACE),
    parameters=RECORDS,
    lasts="25:00",
    when=[
        at("00:00", falls_ill("config-service"), makes_group(mallory, "left")),
        at("12:00", is_well_again("config-service")),
        at("13:00", redrives(ann)),
        at("15:00", redrives(ann, attempt=2)),
    ],
    then=[
        until("12:30", judged("group_unused", "left", "")),
        by("19:00", judged("group_unused", "left", "NON_COMPLIANT"), kept(0)),
    ],
)


def _puts_a_message_there() -> Action:
    def do(world: World, caller: Caller) -> None:
        queue = world.home.resources["DeadLetters"].physical_id
        world.client(caller, "sqs").send_message(QueueUrl=queue, MessageBody="anything")

    return dave.does("puts a message of his own among the dead letters", do)


STRANGE = "nothing of Trailwarden's put it there"

ONE_SOME_ALL = Scenario(
    name="people.redrive_one_some_all",
    title="Dead letters show their reasons; one, some, all are sent again, but what somebody else put there",
    parameters=(("Operators", "arn:aws:iam::123456789012:user/dave"),),
    lasts="25:00",
    given=(table("orders"),),
    when=[
        at("00:00", falls_ill("sns")),
        at("00:30", root.signs_in(mfa=True), mallory.calls("dynamodb", "delete_table", TableName="orders")),
        at("00:40", root.signs_in(mfa=False)),
        at("09:00", _puts_a_message_there()),
        at("10:00", is_well_again("sns")),
        at("11:00", redrives(ann, only="root_login", one=True, shows=("root_login", NAME, STRANGE))),
        at("13:00", redrives(bob, only="root_login")),
        at("14:30", redrives(bob, only="root_login", attempt=2)),
        at("16:30", redrives(mallory)),
        at("18:00", redrives(mallory, attempt=2)),
    ],
    then=[
        until("10:30", kept(4)),
        until("12:30", unless_it_dies(kept(3))),
        until("16:00", kept(2)),
        at_the_end(
            alert("root_login", "HIGH"),
            alert("root_login", "CRITICAL"),
            heard_of(NAME, "CRITICAL", "orders"),
            kept(1, "anything"),
        ),
    ],
)

TWICE = Scenario(
    name="people.redrive_twice",
    title="A dead letter can't be taken away once it was sent, so it is sent twice, and handled once",
    lasts="20:00",
    when=[
        at("00:00", falls_ill("sns")),
        at("00:30", root.signs_in(mfa=True)),
        at("10:00", is_well_again("sns"), fails("sqs", "DeleteMessage", 1)),
        at("11:00", redrives(ann)),
        at("13:00", redrives(bob)),
        at("15:00", redrives(ann, attempt=2)),
        at("17:00", redrives(bob, attempt=2)),
    ],
    then=[
        until("12:30", kept(1, "Publish")),
        at_the_end(alert("root_login", "HIGH"), outcome("root_login", Outcome.TOLD), kept(0)),
    ],
)

REPLANNED = Scenario(
    name="people.redrive_replanned",
    title="An approved restore fails; until it is sent again the backup is gone: it isn't tried again",
    parameters=APPROVE,
    given=ORDERS,
    lasts="20:00",
    when=[
        at("00:00", DELETED),
        at("04:00", fails("dynamodb", "RestoreTableFromBackup", 100)),
        at("05:00", decides(ann, "approve", NAME)),
        at("11:00", deletes_the_backup("orders-nightly"), fails("dynamodb", "RestoreTableFromBackup", 0)),
        at("12:00", redrives(bob)),
        at("14:00", redrives(bob, attempt=2)),
        at("16:00", decides(ann, "approve", NAME, status=409)),
    ],
    then=[
        until("10:00", ruled(NAME, "granted"), unless_it_dies(kept(1, "RestoreTableFromBackup"))),
        at_the_end(
            table_is("orders", there=False),
            heard_of(NAME, "HIGH", "what is not called for any more is not done", "Perhaps done"),
            ruled(NAME, "granted"),
            kept(0),
        ),
    ],
)

SCENARIOS = (REDRIVEN, PUT_OFF, RULE, ONE_SOME_ALL, TWICE, REPLANNED)
