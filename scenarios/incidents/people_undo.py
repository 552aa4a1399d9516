"""People undo what was done, with the right to ask the API and with nothing else."""

from typing import Any

from chalicelib.remediation import Outcome
from scenarios.cloud.kernel.caller import Caller
from scenarios.cloud.world import World
from scenarios.incidents.brakes import SWITCH, sets
from scenarios.incidents.people import DELETED, NAME, ORDERS, ann, bob, cleo, dave, mallory
from scenarios.incidents.table_deleted import table_is
from scenarios.incidents.trail_stopped import ENFORCE, trail_logs
from scenarios.runner.scenario import Scenario, at, at_the_end, by, until
from scenarios.runner.words.checks import alert, heard_of, kept, no_more_alerts_than, outcome, unless_it_dies
from scenarios.runner.words.outages import falls_ill, is_well_again
from scenarios.runner.words.people import decides, redrives, ruled
from scenarios.runner.words.trail_actions import deletes_the_policy
from scenarios.runner.words.trail_settings import on_group, on_trail

RESTORED = (("TableDeletedMode", "enforce"),)
# What dave does to the table is no incident here.
DAVE_MAY = (*RESTORED, ("IgnoredPrincipals", "arn:aws:iam::123456789012:user/dave"))
TWO = (*RESTORED, ("ApprovalsNeeded", "2"))

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


TAKEN_DOWN = Scenario(
    name="people.undo_taken_down",
    title="The trail and its log group were to be taken down: what was put back of them is undone",
    parameters=ENFORCE,
    lasts="02:00:00",
    loses=True,  # what was on its way to the group while it was gone
    when=[
        at("01:05:00", on_group(dave, "delete_log_group")),
        at("01:20:00", decides(ann, "undo", "trail_stopped")),
        at("01:25:00", on_group(dave, "create_log_group")),  # alerts name it
        at("01:30:00", on_trail(dave, "delete_trail")),
        at("01:45:00", decides(ann, "undo", "trail_stopped")),
    ],
    then=[
        by("01:10:00", alert("trail_stopped", "HIGH", "logs delete-log-group", subject="log group")),
        by("01:35:00", alert("trail_stopped", "CRITICAL", "cloudtrail delete-trail", subject="was deleted")),
        at_the_end(outcome("trail_stopped", Outcome.UNDONE, times=2)),
    ],
)

LAID_OPEN = Scenario(
    name="people.undo_laid_open",
    title="The bucket was to be without a policy: the one that was put back is deleted again",
    parameters=ENFORCE,
    lasts="01:40:00",
    loses=True,  # without the policy CloudTrail may not write there
    when=[
        at("01:05:00", deletes_the_policy(dave)),
        at("01:20:00", decides(ann, "undo", "trail_stopped")),
    ],
    then=[
        by("01:10:00", alert("trail_stopped", "HIGH", "s3api delete-bucket-policy")),
        at_the_end(outcome("trail_stopped", Outcome.UNDONE)),
    ],
)


def makes_it_anew(world: World, caller: Caller) -> None:
    """Create a table orders that holds nothing."""
    dynamodb: Any = world.client(caller, "dynamodb")
    dynamodb.create_table(
        TableName="orders",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )


def _replaces_it(world: World, caller: Caller) -> None:
    world.client(caller, "dynamodb").delete_table(TableName="orders")
    makes_it_anew(world, caller)


TOO_LATE = Scenario(
    name="people.undo_too_late",
    title="The restored table was replaced by another one meanwhile: it is left alone",
    parameters=DAVE_MAY,
    given=ORDERS,
    when=[
        at("00:00", DELETED),
        at("12:30", dave.does("replaces the table orders", _replaces_it)),
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

BY_THE_ACTOR = Scenario(
    name="people.undo_by_the_actor",
    title="Who deleted the table can't have its restore undone, nor try it, and that is told",
    parameters=RESTORED,
    given=ORDERS,
    lasts="17:00",
    when=[
        at("00:00", DELETED),
        at("13:00", decides(mallory, "undo", NAME, dry_run=True)),
        at("14:00", decides(mallory, "undo", NAME)),
    ],
    then=[
        by("12:00", table_is("orders", there=True)),
        at_the_end(
            ruled(NAME, "rejected", "rejected", says="who did it can't decide"),
            alert(NAME, "HIGH", "undo by arn:aws:iam::123456789012:user/mallory", subject="tried", times=2),
            table_is("orders", there=True),
            outcome(NAME, Outcome.ACTED),
        ),
    ],
)

TWICE = Scenario(
    name="people.undo_twice",
    title="Two people are needed for an undo: the same one counts once; what is undone isn't undone again",
    parameters=TWO,
    given=ORDERS,
    lasts="22:00",
    when=[
        at("00:00", DELETED),
        at("13:00", decides(ann, "undo", NAME)),
        at("15:00", decides(ann, "undo", NAME)),
        at("17:00", decides(bob, "undo", NAME)),
        at("19:00", decides(cleo, "undo", NAME, status=409)),
    ],
    then=[
        until(
            "16:45",
            alert(NAME, "HIGH", "1 of 2", subject="One more person has to ask for the undo"),
            ruled(NAME, "counted", "rejected", says="counts once"),
            table_is("orders", there=True),
        ),
        at_the_end(
            ruled(
                NAME, "counted", "rejected", "undone", says="user/ann and arn:aws:iam::123456789012:user/bob"
            ),
            table_is("orders", there=False),
            outcome(NAME, Outcome.UNDONE),
            no_more_alerts_than(4),
        ),
    ],
)

EXPIRED = Scenario(
    name="people.undo_expired",
    title="Two people are needed for an undo, and the second comes after the first one's word has expired",
    parameters=(*TWO, ("ApprovalHours", "1")),
    given=ORDERS,
    lasts="01:30:00",
    when=[
        at("00:00", DELETED),
        at("13:00", decides(ann, "undo", NAME)),
        at("01:15:00", decides(bob, "undo", NAME)),
        at("01:22:00", decides(cleo, "undo", NAME)),
    ],
    then=[
        until("01:20:00", table_is("orders", there=True), ruled(NAME, "counted", "counted", says="expired")),
        at_the_end(ruled(NAME, "counted", "counted", "undone"), table_is("orders", there=False)),
    ],
)

REFUSED = Scenario(
    name="people.undo_refused",
    title="The kill switch is on: nothing is undone either, and the same person asks again when it is off",
    parameters=RESTORED,
    given=ORDERS,
    lasts="20:00",
    when=[
        at("00:00", DELETED),
        at("13:00", sets(SWITCH, "on")),
        at("13:30", decides(ann, "undo", NAME)),
        at("16:00", sets(SWITCH, "off")),
        at("16:30", decides(ann, "undo", NAME)),
    ],
    then=[
        until(
            "15:30",
            ruled(NAME, "rejected", says=f"the kill switch {SWITCH} is on: nothing is undone"),
            table_is("orders", there=True),
        ),
        at_the_end(ruled(NAME, "rejected", "undone"), table_is("orders", there=False)),
    ],
)

APPROVED = Scenario(
    name="people.undo_approved",
    title="What one person approved another one undoes: it can't be approved again, and nothing restores it",
    parameters=(("TableDeletedMode", "approve"),),
    given=ORDERS,
    when=[
        at("00:00", DELETED),
        at("05:00", decides(ann, "approve", NAME)),
        at("08:00", decides(bob, "undo", NAME, reason="ticket 18")),
        at("11:00", decides(ann, "approve", NAME, status=409)),
    ],
    then=[
        until("07:00", table_is("orders", there=True)),
        by("09:00", alert(NAME, "HIGH", "undo by arn:aws:iam::123456789012:user/bob", subject="Undone")),
        at_the_end(
            ruled(NAME, "granted", "undone", says="by arn:aws:iam::123456789012:user/bob"),
            table_is("orders", there=False),
            outcome(NAME, Outcome.UNDONE),
            no_more_alerts_than(3),
        ),
    ],
)

REDRIVEN = Scenario(
    name="people.undo_redriven",
    title="SNS fails while something is undone; it is told by a redrive, which deletes no table made since",
    parameters=DAVE_MAY,
    given=ORDERS,
    lasts="30:00",
    when=[
        at("00:00", DELETED),
        at("12:30", falls_ill("sns")),
        at("13:00", decides(ann, "undo", NAME)),
        at("21:00", is_well_again("sns")),
        at("22:00", dave.does("makes another table orders", makes_it_anew)),
        at("23:00", redrives(bob)),
        at("25:00", redrives(bob, attempt=2)),
    ],
    then=[
        until(
            "20:00",
            ruled(NAME, "undone"),
            table_is("orders", there=False),
            unless_it_dies(kept(1, "Publish")),
        ),
        at_the_end(
            heard_of(NAME, "HIGH", "undo by arn:aws:iam::123456789012:user/ann", subject="Undone"),
            ruled(NAME, "undone"),
            table_is("orders", there=True),
            outcome(NAME, Outcome.UNDONE),
            kept(0),
        ),
    ],
)

SCENARIOS = (
    UNDONE,
    TAKEN_DOWN,
    LAID_OPEN,
    TOO_LATE,
    BY_THE_ACTOR,
    TWICE,
    EXPIRED,
    REFUSED,
    APPROVED,
    REDRIVEN,
)
