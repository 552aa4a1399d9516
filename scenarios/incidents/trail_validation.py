"""Somebody asks for a full validation of the audit trail."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from chalicelib.http.validation_requests import asked_for, begin
from chalicelib.ledger.ledger import Ledger
from chalicelib.ledger.validations import newest, slices, summary
from scenarios.cloud.kernel.caller import session_on
from scenarios.cloud.world import World
from scenarios.runner.scenario import Action, Check, Scenario, at, at_the_end, by
from scenarios.runner.words.actors import Actor
from scenarios.runner.words.checks import alert, no_more_alerts_than
from scenarios.runner.words.givens import no_looks_for_floods
from scenarios.runner.words.trail_actions import DIGESTS, LOGS, destroys, edits, lifts_the_policy

alice = Actor(name="alice", address="198.51.100.4")
mallory = Actor(name="mallory", address="203.0.113.66")


def asks(actor: Actor, hours: float) -> Action:
    """What `POST /validations` does for the last so many hours, under the HTTP function's role."""

    def do(world: World, _: Any) -> None:
        now, resources = world.clock.now, world.home.resources
        role = session_on(resources["ApiHandlerRole"].attributes["Arn"], resources["APIHandler"].physical_id)
        caller = world.identity.enrol(role)
        body = {"since": (now - timedelta(hours=hours)).isoformat(), "until": now.isoformat()}
        begin(
            world.client(caller, "sqs"),
            world.home.resources["Validations"].physical_id,
            Ledger(world.client(caller, "dynamodb"), world.home.resources["Ledger"].physical_id),
            asked_for(body, now, "request"),
        )

    return actor.does(f"asks for a full validation of the last {hours:g} hours", do)


def validation_is(**wanted: Any) -> Check:
    """What `GET /validations/{id}` says of the newest one."""

    def judge(world: World) -> str | None:
        with world.calls.muted():
            client = world.client(world.user("reader"), "dynamodb")
            ledger = Ledger(client, world.home.resources["Ledger"].physical_id)
            jobs = newest(ledger, 1)
            said: Mapping[str, Any] = (
                summary(jobs[0], slices(ledger, jobs[0].id), world.clock.now) if jobs else {}
            )
        wrong = {name: said.get(name) for name, value in wanted.items() if said.get(name) != value}
        return f"it says {wrong}" if wrong else None

    return Check(
        f"the validation says {', '.join(f'{name} {value}' for name, value in wanted.items())}", judge
    )


def works(actor: Actor, name: str) -> Action:
    """Something that CloudTrail records."""
    return actor.calls("iam", "create_user", UserName=name, words=f"creates the user {name}")


# A step whose function died waits five minutes for its next try, and a small validation takes three steps.
SCENARIO = Scenario(
    name="trail_validation",
    title="After a break-in somebody asks for a full validation: what was edited and deleted is reported",
    lasts="03:00:00",
    given=(no_looks_for_floods(),),
    when=[
        at("05:00", works(mallory, "backdoor")),
        at("01:20:00", lifts_the_policy(mallory), edits(mallory, "backdoor")),
        at(
            "02:20:00", destroys(mallory, DIGESTS, "the newest digest"), destroys(mallory, LOGS, "a log file")
        ),
        at("02:30:00", asks(alice, 2.6)),
    ],
    then=[
        by(
            "02:50:00",
            alert("trail_validation", "CRITICAL", "log file modified", subject="is not sound"),
            validation_is(state="done", verdict="not sound"),
        ),
        at_the_end(no_more_alerts_than(1, of="trail_validation")),
    ],
)

SOUND = Scenario(
    name="trail_validation.sound",
    title="A full validation of an untouched trail: done, sound, and no alert",
    lasts="02:40:00",
    given=(no_looks_for_floods(),),
    when=[at("05:00", works(alice, "bob")), at("02:20:00", asks(alice, 1.3))],
    then=[
        by("02:40:00", validation_is(state="done", verdict="sound")),
        at_the_end(no_more_alerts_than(0)),
    ],
)

SCENARIOS = (SCENARIO, SOUND)
