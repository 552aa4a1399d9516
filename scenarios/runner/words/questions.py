"""Words about people who ask the trail's log group, with the questions of `trailwarden query --questions`."""

from typing import Any

from chalicelib.questions import questions
from scenarios.cloud.kernel.caller import Caller
from scenarios.cloud.world import World
from scenarios.runner.scenario import Action, Check
from scenarios.runner.words.actors import Actor
from scenarios.runner.words.trail_settings import trail_group

POLL_SECONDS = 5
BACK_SECONDS = 3600
ANSWERED = "answered"


def asks(actor: Actor, question: str, **values: str) -> Action:
    """Start a query of the last hour and wait for it, as a person at the console does.

    The timeline says what was answered, a line a row.
    """

    def do(world: World, caller: Caller) -> None:
        logs: Any = world.client(caller, "logs")
        now = int(world.clock.now.timestamp())
        started = logs.start_query(
            logGroupName=trail_group(world),
            startTime=now - BACK_SECONDS,
            endTime=now,
            queryString=questions()[question].filled(values),
        )

        def look() -> None:
            found = logs.get_query_results(queryId=started["queryId"])
            if found["status"] in ("Scheduled", "Running"):
                world.clock.after(POLL_SECONDS, look, f"{actor.name} waits for {question}")
                return
            for row in found["results"]:
                fields = {each["field"]: each["value"] for each in row}
                words = ", ".join(f"{name} {value}" for name, value in fields.items())
                world.setting.note(ANSWERED, f"{question}: {words}", question=question, row=fields)

        world.clock.after(POLL_SECONDS, look, f"{actor.name} waits for {question}")

    given = ", ".join(values.values())
    return actor.does(f"asks the trail's log group {question}{f' ({given})' if given else ''}", do)


def answered(question: str, **fields: str) -> Check:
    """A row with these values was answered; a dot in a field's name is two underscores here."""
    wanted = {name.replace("__", "."): value for name, value in fields.items()}

    def judge(world: World) -> str | None:
        rows = [
            moment.facts["row"]
            for moment in world.setting.trace
            if moment.kind == ANSWERED and moment.facts["question"] == question
        ]
        if any(wanted.items() <= row.items() for row in rows):
            return None
        return f"answered were {rows or 'no rows'}"

    said = ", ".join(f"{name} {value}" for name, value in wanted.items())
    return Check(f"{question} is answered: {said}", judge)
