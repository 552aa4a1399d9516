"""What a person does about what Trailwarden did: its calls taken back, as the alert says."""

from scenarios.cloud.kernel.caller import Caller
from scenarios.cloud.world import World
from scenarios.runner.scenario import Action
from scenarios.runner.words.actors import Actor
from scenarios.runner.words.checks import findings


def undoes_by_hand(actor: Actor, remediation: str, about: str = "") -> Action:
    """The undo of each call of the newest finding that has some, the last one first, as its commands say.

    `about`: the newest whose calls name this; while there is none, there is nothing to take back yet, and the
    person says so (AssertionError). Without it, where nothing was planned there is nothing to do.
    """

    def do(world: World, caller: Caller) -> None:
        calls = next(
            (
                each.plan.calls
                for each in findings(world, remediation)
                if any(about in str(call.parameters) for call in each.plan.calls)
            ),
            (),
        )
        assert calls or not about, f"{remediation} has done nothing about {about} yet"
        for call in reversed(calls):
            assert call.undo is not None, f"nothing undoes {call.command}"
            client = world.client(caller, call.undo.service, call.undo.region)
            getattr(client, call.undo.operation)(**call.undo.parameters)

    return actor.does(f"takes back what {remediation} did", do)
