"""Words for what people do to a trail's settings, and for what is to hold of them afterwards."""

from collections.abc import Callable, Mapping
from typing import Any

from chalicelib.aws import Aws
from chalicelib.ledger.ledger import Ledger
from chalicelib.trail.settings.reader import TrailResources, read_settings
from chalicelib.trail.settings.settings import TrailSettings, weaker
from scenarios.cloud.kernel.caller import Caller
from scenarios.cloud.world import World
from scenarios.runner.scenario import Action, Check
from scenarios.runner.words.actors import Actor
from scenarios.runner.words.existing_trail import ARN, GROUP
from scenarios.runner.words.trail_actions import trail_bucket

OWN_TRAIL = "trailwarden-trail"

Given = Callable[[World], Mapping[str, Any]]


def trail_arn(world: World) -> str:
    """The ARN of the stack's own trail, or of the one that was there before."""
    own = world.home.resources.get("Trail")
    return str(own.attributes["Arn"]) if own else ARN


def trail_group(world: World) -> str:
    """The name of the trail's log group, likewise."""
    own = world.home.resources.get("TrailGroup")
    return own.physical_id if own else GROUP


def on_bucket(actor: Actor, operation: str, **parameters: Any) -> Action:
    """An S3 call on the trail's bucket."""
    return _call(
        actor,
        "s3",
        operation,
        "the trail's bucket",
        lambda world: {"Bucket": trail_bucket(world), **parameters},
    )


def on_group(actor: Actor, operation: str, **parameters: Any) -> Action:
    """A CloudWatch Logs call on the trail's log group."""
    return _call(
        actor,
        "logs",
        operation,
        "the trail's log group",
        lambda world: {"logGroupName": trail_group(world), **parameters},
    )


def on_trail(actor: Actor, operation: str, **parameters: Any) -> Action:
    """A CloudTrail call on the trail."""
    key = "TrailName" if operation == "put_event_selectors" else "Name"
    return _call(
        actor,
        "cloudtrail",
        operation,
        "the trail",
        lambda world: {key: trail_arn(world).rpartition("/")[2], **parameters},
    )


def unrecorded(action: Action) -> Action:
    """The same, but no event of it ever comes: it was lost, or it was made before the stack watched."""

    def do(world: World) -> None:
        with world.calls.muted():
            action.do(world)

    return Action(f"{action.words}, and no event of it arrives", do)


def nothing_is_weaker() -> Check:
    """The trail, its bucket and its group are set as the ledger's last good state says."""

    def judge(world: World) -> str | None:
        # Not muted: laws answer what moto forgets.
        aws = _Clients(world)
        ledger = Ledger(aws.client("dynamodb"), world.home.resources["Ledger"].physical_id)
        good = ledger.remembered("trail_stopped")
        place = TrailResources(
            trail_arn=trail_arn(world), bucket=trail_bucket(world), log_group=trail_group(world)
        )
        now, could_not_read = read_settings(aws, place)
        if not good:
            return "no good state was ever recorded"
        wrong = [
            f"{each.label}: {each.was} -> {each.became}"
            for each in weaker(TrailSettings.from_text(good), now)
        ]
        return "; ".join([*wrong, *map(str, could_not_read)]) or None

    return Check("the trail, its bucket and its log group are set as they were", judge)


class _Clients(Aws):
    """The reader's way into a world."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self._world = world

    def client(self, service: str, region: str = "") -> Any:
        """A client of somebody who may look at everything."""
        return self._world.client(self._world.user("reader"), service, region)


def _call(actor: Actor, service: str, operation: str, on: str, given: Given) -> Action:
    def do(world: World, caller: Caller) -> None:
        method = getattr(world.client(caller, service, _region(world, service)), operation)
        method(**given(world))

    return actor.does(f"calls {service} {operation.replace('_', ' ')} on {on}", do)


def _region(world: World, service: str) -> str:
    return "" if service == "s3" else trail_arn(world).split(":")[3]
