"""Events through the deployed rules and handlers, one after the other, in one world.

Each is put on the home region's bus, even if it names another account or region: these stay data for the
handler, and so does its time. What became of it is read from what the functions returned and from the ledger.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import Any, Self

from chalicelib.errors import MalformedEvent
from chalicelib.ledger.entries import LedgerEntry
from chalicelib.ledger.ledger import Ledger
from chalicelib.remediation import Outcome
from chalicelib.remediations import trail_stopped
from chalicelib.template.parts import logical_id
from chalicelib.triggers import OnSchedule
from scenarios.cloud.deployment import ACCOUNT, Deployment
from scenarios.cloud.dynamodb.table_in_memory import TableInMemory
from scenarios.cloud.eventbridge.scheduled import scheduled_event
from scenarios.cloud.kernel.endpoints import only_where_aws_is
from scenarios.cloud.setting import Moment
from scenarios.cloud.world import World
from scenarios.packaging.sam import application
from scenarios.runner.replay.at_once import AnsweredAtOnce
from scenarios.runner.replay.followed import Trail, follow
from scenarios.runner.replay.objects import happen, told_by_s3
from scenarios.runner.replay.ours import Ours
from scenarios.runner.replay.parts import Names
from scenarios.runner.run import deployment_of
from scenarios.runner.scenario import Scenario

# Longer than EventBridge's latency, a cold start and a handler's calls together.
BETWEEN_SECONDS = 5
# A handler that failed is tried again after one minute and two more; then the event is kept.
UNTIL_GIVEN_UP_SECONDS = 300
MOST_MOMENTS = 10_000  # of the world's trace that are kept
# What has one name in each account: field, service, and what an ARN has before the name.
_OWN_NAMES = {
    "cloudtrail.amazonaws.com": (("name", "cloudtrail", "trail/"), ("trailName", "cloudtrail", "trail/")),
    "logs.amazonaws.com": (("logGroupName", "logs", "log-group:"),),
}


def deployment_for(ours: Ours) -> Deployment:
    """The stack that is deployed beside that trail."""
    deployed = deployment_of(
        Scenario(
            name="replay",
            title="The records of the files",
            when=(),
            then=(),
            home=ours.home,
            parameters=ours.stack_parameters,
            before=ours.before,
        )
    )
    return replace(deployed, stack_name=ours.stack_name)


@dataclass(slots=True, kw_only=True)
class Handled:
    """What became of one event. `plans`: findings by remediation; `failed`: why a handler gave up."""

    fired: dict[str, Outcome] = field(default_factory=dict)
    plans: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)


class Rehearsal:
    """One world for all events. Raises NotSimulated where a handler asks for what isn't simulated.

    `quick`: calls that are made for every event are answered without the whole simulated AWS, with the same
    outcome.
    """

    def __init__(self, ours: Ours, *, quick: bool = True) -> None:
        self._ours, self._quick = ours, quick
        self._world = World(deployment_for(ours))
        self._inside = ExitStack()
        self._dead_letters = 0
        self.followed = False  # whether the last event changed our trail
        self._not_followed = ""  # why it couldn't be

    def __enter__(self) -> Self:
        with ExitStack() as entering:
            entering.enter_context(self._world)
            entering.enter_context(only_where_aws_is())
            self._inside = entering.pop_all()
        world = self._world
        self._remediations = {each.name: each for each in application().remediations}
        self._names = {
            world.home.resources[logical_id(remediation.name)].attributes["Arn"]: remediation.name
            for remediation in application().remediations
        }
        self._queue = world.home.resources["DeadLetters"].attributes["Arn"]
        with world.calls.muted():
            client = world.client(world.user("reader"), "dynamodb")
        table = world.home.resources["Ledger"].physical_id
        if self._quick:
            TableInMemory(world.setting, client, table)
            AnsweredAtOnce(world.setting)
            world.functions.logs.writes = False  # nobody reads them
        self._ledger = Ledger(client, table)
        self._part_names = Names(world.home, self._ours.parts) if self._ours.stack else None
        variables = world.home.resources["TrailStopped"].properties["Environment"]["Variables"]
        self._trail = Trail(
            arn=variables[trail_stopped.ARN],
            bucket=variables[trail_stopped.BUCKET],
            group=variables[trail_stopped.GROUP],
        )
        if self._ours.any_named:
            self._look_once()
        return self

    def _look_once(self) -> None:
        """The hourly look keeps what is good: without it nothing of what is there before is known to be."""
        (number,) = (
            number
            for number, way in enumerate(trail_stopped.REMEDIATION.ways, 1)
            if isinstance(way.on, OnSchedule)
        )
        world, name = self._world, logical_id(trail_stopped.NAME)
        rule = world.home.resources[f"{name}Trigger{number}"].attributes["Arn"]
        tick = scheduled_event(
            rule,
            world.clock.now,
            region=world.deployment.home,
            account=ACCOUNT,
            event_id="before-the-records",
        )
        world.functions.accept(world.home.resources[name].attributes["Arn"], tick)
        world.run(BETWEEN_SECONDS)

    def __exit__(self, *_: object) -> None:
        self._inside.close()

    def handle(self, delivered: Mapping[str, Any]) -> Handled:
        """Put an event on the bus, and what S3 tells of it, and wait until every handler is done."""
        event = self.follow(delivered)
        event["time"] = event["time"] or f"{self._world.clock.now:%Y-%m-%dT%H:%M:%SZ}"
        handled = self._handled(event)
        if self._not_followed:
            why = f"so it is told of the trail as it was before ({self._not_followed})"
            handled.failed.setdefault("the simulated AWS", self._outward(why))
        told = told_by_s3(event, self._trail.bucket) if self._ours.any_named else None
        if told is not None:
            happen(self._world, told)
            also = self._handled(told)
            handled.fired |= also.fired
            handled.plans |= also.plans
            handled.failed |= also.failed
        return handled

    def _handled(self, event: dict[str, Any]) -> Handled:
        world = self._world
        before = len(world.setting.trace)
        world.eventbridge.emit(world.deployment.home, event)
        world.run(BETWEEN_SECONDS)
        handled = Handled()
        if _any_failed(world.setting.trace[before:]):
            world.run(UNTIL_GIVEN_UP_SECONDS)
            handled.failed = self._given_up(str(event["id"]))
        parsed = dict(self._parsed(event))
        for name, key_of_it, outcome in _outcomes(world.setting.trace[before:]):
            if outcome is not Outcome.DUPLICATE and any(
                each.key == key_of_it for each in parsed.get(name, ())
            ):
                handled.fired[name] = outcome
        handled.fired |= self._told_unseen({name: parsed.get(name, ()) for name in handled.failed})
        handled.plans = self._found({name: parsed[name] for name in handled.fired})
        if len(world.setting.trace) > MOST_MOMENTS:
            del world.setting.trace[:]
        return handled

    def follow(self, delivered: Mapping[str, Any]) -> dict[str, Any]:
        """Do to our trail what an event says was done to it; returns the event as this world has it."""
        event = {"time": "", **json.loads(self._inward(delivered))}
        self.followed, self._not_followed = False, ""
        detail = event.get("detail")
        if isinstance(detail, dict) and self._ours.any_named:
            if event.get("account", "") not in ("", ACCOUNT):
                event["detail"] = detail = _of_another_account(detail, str(event["account"]))
            else:
                why = follow(self._world, self._trail, detail)
                self.followed, self._not_followed = why is not None, why or ""
        return event

    def _inward(self, delivered: Mapping[str, Any]) -> str:
        """An event as this world has it, in JSON."""
        text, detail = self._ours.swapped(json.dumps(delivered)), delivered.get("detail")
        if self._part_names is None or not isinstance(detail, dict):
            return text
        place = (str(delivered.get("account")), str(delivered.get("region")), str(detail.get("eventSource")))
        return self._part_names.inward(text) if self._ours.has(*place) else text

    def _outward(self, text: str) -> str:
        """A text of this world as the records would have it."""
        return self._ours.swapped(self._part_names.outward(text) if self._part_names else text)

    def _parsed(self, event: Mapping[str, Any]) -> Iterator[tuple[str, tuple[Any, ...]]]:
        """The events that each remediation makes of one; by their keys it is known what became of them."""
        for name, remediation in self._remediations.items():
            for way in remediation.ways:
                if way.on.woke(event):
                    try:
                        yield name, tuple(way.parse(event))
                    except MalformedEvent:
                        continue

    def _told_unseen(self, failed: Mapping[str, Iterable[Any]]) -> dict[str, Outcome]:
        """What is told of events that can't be looked at, such as in a region that AWS doesn't have."""
        with self._world.calls.muted():
            stored = {
                name: self._ledger.stored(name, each) for name, events in failed.items() for each in events
            }
        return {
            name: entry.outcome
            for name, entry in stored.items()
            if entry is not None and entry.outcome is Outcome.UNSEEN
        }

    def _found(self, fired: Mapping[str, Iterable[Any]]) -> dict[str, Mapping[str, Any]]:
        """The plans that the ledger holds of events, as JSON."""
        plans = {}
        with self._world.calls.muted():
            for name, events in fired.items():
                for each in events:
                    entry = self._ledger.stored(name, each)
                    if entry is not None:
                        plans[name] = json.loads(self._outward(json.dumps(_plan(entry))))
        return plans

    def _given_up(self, key: str) -> dict[str, str]:
        """Events that a function gave up on lie in the dead-letter queue, each with the error it died of."""
        failed = {}
        bodies = self._world.queues.bodies(self._queue)
        for body in bodies[self._dead_letters :]:
            kept = json.loads(body)
            if str(kept.get("requestPayload", kept).get("id")) != key:
                continue
            arn = kept.get("requestContext", {}).get("functionArn", "").removesuffix(":$LATEST")
            why = (kept.get("responsePayload") or {}).get("errorMessage", "the rule could not deliver it")
            failed[self._names.get(arn, "a rule")] = self._outward(str(why))
        self._dead_letters = len(bodies)
        return failed


def _of_another_account(detail: Mapping[str, Any], account: str) -> dict[str, Any]:
    """A record in which names of an account's own trails and groups say that they are not ours."""
    given = detail.get("requestParameters")
    if not isinstance(given, dict):
        return dict(detail)
    region = detail.get("awsRegion", "")
    qualified = {
        name: f"arn:aws:{kind}:{region}:{account}:{before}{given[name]}"
        for name, kind, before in _OWN_NAMES.get(str(detail.get("eventSource")), ())
        if isinstance(given.get(name), str) and not given[name].startswith("arn:")
    }
    return {**detail, "requestParameters": {**given, **qualified}}


def _plan(finding: LedgerEntry) -> dict[str, object]:
    plan = finding.plan
    return {
        "remediation": finding.remediation,
        "outcome": finding.outcome,
        "alerts": [{"severity": alert.severity, "title": alert.title} for alert in plan.alerts],
        "calls": [call.as_json() for call in plan.calls],
        "would_do": [call.command for call in plan.calls],
    }


def _any_failed(trace: Iterable[Moment]) -> bool:
    return any(moment.kind == "failed" for moment in trace)


def _outcomes(trace: Iterable[Moment]) -> Iterator[tuple[str, str, Outcome]]:
    """What functions answered: which remediation, about the event with which key, and with what outcome."""
    for moment in trace:
        answer = moment.facts.get("outcome") if moment.kind == "ran" else None
        if not isinstance(answer, Mapping):
            continue
        for event in answer.get("events", ()):
            yield str(answer["remediation"]), str(event["event"]), Outcome(event["outcome"])
