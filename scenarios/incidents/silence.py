"""What might keep Trailwarden silent: the way to the person on call fails, or the ledger does."""

from typing import Any

from scenarios.cloud.world import World
from scenarios.incidents.failed_login import bastion, knock
from scenarios.incidents.trail_stopped import trail_logs
from scenarios.runner.scenario import Action, Check, Scenario, at, at_the_end, by, until
from scenarios.runner.words.actors import Actor
from scenarios.runner.words.checks import alerts, heard_of
from scenarios.runner.words.outages import falls_ill, is_well_again
from scenarios.runner.words.trail_actions import LOGS, destroys, lifts_the_policy
from scenarios.runner.words.trail_settings import on_trail, unrecorded

root = Actor(name="root", address="203.0.113.7")
mallory = Actor(name="mallory", address="203.0.113.66")


def _unheard(world: World) -> str | None:
    told = [each.subject for each in alerts(world) if each.attributes["remediation"] == "trail_digest"]
    return told[0] if told else None


SNS_ILL = Scenario(
    name="silence.sns_ill",
    title="SNS is ill for eight minutes while somebody goes on guessing: it is told once it is well",
    when=[
        at("00:00", falls_ill("sns")),
        *(
            at(f"{number * 40 // 60:02}:{number * 40 % 60:02}", knock(bastion, "admin", 700 + number))
            for number in range(12)
        ),
        at("08:00", is_well_again("sns")),
    ],
    then=at_the_end(heard_of("failed_login", "MEDIUM", "bastion", "admin")),
)

ILL_BY_THE_HOUR = Scenario(
    name="silence.ill_by_the_hour",
    title="SNS is ill while a missing log file is found by the hour: the next hour's look still tells",
    lasts="03:10:00",
    when=[
        at("00:05:00", mallory.calls("dynamodb", "list_tables")),
        at(
            "00:50:00",
            unrecorded(lifts_the_policy(mallory)),
            unrecorded(destroys(mallory, LOGS, "a log file")),
        ),
        at("01:59:50", falls_ill("sns")),
        at("02:07:50", is_well_again("sns")),
    ],
    then=[
        until("02:59:00", Check("nothing of it has been told", _unheard)),
        at_the_end(heard_of("trail_digest", "CRITICAL", subject="log file was deleted")),
    ],
)


def _deletes_the_ledger() -> Action:
    def do(world: World, caller: Any) -> None:
        name = world.home.resources["Ledger"].physical_id
        dynamodb = world.client(caller, "dynamodb")
        dynamodb.update_table(TableName=name, DeletionProtectionEnabled=False)
        dynamodb.delete_table(TableName=name)

    return mallory.does("takes the ledger's protection away and deletes it", do)


def _kept_at_least(count: int, *says: str) -> Check:
    def judge(world: World) -> str | None:
        bodies = world.queues.bodies(world.home.resources["DeadLetters"].attributes["Arn"])
        right = [body for body in bodies if all(word in body for word in says)]
        return None if len(right) >= count else f"it holds {len(right)} like that"

    return Check(f"the dead-letter queue keeps {count} events at least", judge)


NO_LEDGER = Scenario(
    name="silence.no_ledger",
    title="Somebody deletes the ledger first: all is told nonetheless, perhaps twice, and nothing acts",
    parameters=(("TrailStoppedMode", "enforce"),),
    lasts="12:00",
    # Of a table that isn't there IAM can't see which of its keys are asked for.
    denied=("dynamodb:PutItem", "dynamodb:GetItem", "dynamodb:Query"),
    when=[
        at("00:00", _deletes_the_ledger()),
        at("01:00", root.signs_in(mfa=False)),
        at("02:00", on_trail(mallory, "stop_logging")),
    ],
    then=[
        by("02:30", heard_of("table_deleted", "HIGH", "No ledger", "user/mallory")),
        by("03:30", heard_of("root_login", "CRITICAL", "No ledger", "203.0.113.7")),
        by(
            "04:30",
            heard_of(
                "trail_stopped",
                "CRITICAL",
                "No ledger",
                "user/mallory",
                "because its ledger could not be reached:",
                "start_logging",
            ),
        ),
        at_the_end(_kept_at_least(3, "LedgerUnreachable", "RetriesExhausted"), trail_logs(on=False)),
    ],
)

BUSY_LEDGER = Scenario(
    name="silence.busy_ledger",
    title="DynamoDB throttles our every call: root's sign-in is told all the same, and kept",
    lasts="06:00",
    when=[at("00:00", falls_ill("dynamodb"), root.signs_in(mfa=True))],
    then=[
        by("02:00", heard_of("root_login", "HIGH", "No ledger", "203.0.113.7")),
        at_the_end(_kept_at_least(1, "LedgerUnreachable", "RetriesExhausted")),
    ],
)

SCENARIOS = (SNS_ILL, ILL_BY_THE_HOUR, NO_LEDGER, BUSY_LEDGER)
