"""Events through the deployed rules and handlers, one after the other, in one world.

Each is put on the home region's bus, even if it names another account or region: these stay data for the
handler, and so does its time. What became of it is read from what the functions returned and from the ledger.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any, Self

from chalicelib.errors import MalformedEvent
from chalicelib.ledger.entries import LedgerEntry
from chalicelib.ledger.ledger import Ledger
from chalicelib.remediation import Outcome
from chalicelib.template.parts import logical_id
from scenarios.cloud.dynamodb.table_in_memory import TableInMemory
from scenarios.cloud.kernel.endpoints import only_where_aws_is
from scenarios.cloud.setting import Moment
from scenarios.cloud.world import Deployment, World
from scenarios.packaging.sam import application
from scenarios.runner.replay.at_once import AnsweredAtOnce
from scenarios.runner.replay.ours import Ours
from scenarios.runner.run import deployment_of
from scenarios.runner.scenario import Scenario

# Longer than EventBridge's latency, a cold start and a handler's calls together.
BETWEEN_SECONDS = 5
# A handler that failed is tried again after one minute and two more; then the event is kept.
UNTIL_GIVEN_UP_SECONDS = 300
MOST_MOMENTS = 10_000  # of the world's trace that are kept


def deployment_for(ours: Ours) -> Deployment:
    """The stack that is deployed beside that trail."""
    return deployment_of(
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
            world.functions.writes_logs = False  # nobody reads them
        self._ledger = Ledger(client, table)
        return self

    def __exit__(self, *_: object) -> None:
        self._inside.close()

    def handle(self, delivered: Mapping[str, Any], key: str) -> Handled:
        """Put an event on the bus and wait until every handler is done with it."""
        world, swapped = self._world, self._ours.swapped
        event = self.follow(delivered)
        before = len(world.setting.trace)
        event["time"] = event["time"] or f"{world.clock.now:%Y-%m-%dT%H:%M:%SZ}"
        world.eventbridge.emit(world.deployment.home, event)
        world.run(BETWEEN_SECONDS)
        handled = Handled()
        if _any_failed(world.setting.trace[before:]):
            world.run(UNTIL_GIVEN_UP_SECONDS)
            handled.failed = self._given_up(swapped(key))
        parsed = dict(self._parsed(event))
        for name, key_of_it, outcome in _outcomes(world.setting.trace[before:]):
            if outcome is not Outcome.DUPLICATE and any(
                each.key == key_of_it for each in parsed.get(name, ())
            ):
                handled.fired[name] = outcome
        handled.plans = self._found({name: parsed[name] for name in handled.fired})
        if len(world.setting.trace) > MOST_MOMENTS:
            del world.setting.trace[:]
        return handled

    def follow(self, delivered: Mapping[str, Any]) -> dict[str, Any]:
        """Do to our trail what an event says was done to it; returns the event as this world has it."""
        event = {"time": "", **json.loads(self._ours.swapped(json.dumps(delivered)))}
        detail = event.get("detail")
        self.followed = isinstance(detail, dict) and self._ours.follow(self._world, detail)
        return event

    def _parsed(self, event: Mapping[str, Any]) -> Iterator[tuple[str, tuple[Any, ...]]]:
        """The events that each remediation makes of one; by their keys it is known what became of them."""
        for name, remediation in self._remediations.items():
            for way in remediation.ways:
                if way.on.woke(event):
                    try:
                        yield name, tuple(way.parse(event))
                    except MalformedEvent:
                        continue

    def _found(self, fired: Mapping[str, Iterable[Any]]) -> dict[str, Mapping[str, Any]]:
        """The plans that the ledger holds of events, as JSON."""
        plans = {}
        with self._world.calls.muted():
            for name, events in fired.items():
                for each in events:
                    entry = self._ledger.stored(name, each)
                    if entry is not None:
                        plans[name] = json.loads(self._ours.swapped(json.dumps(_plan(entry))))
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
            failed[self._names.get(arn, "a rule")] = self._ours.swapped(str(why))
        self._dead_letters = len(bodies)
        return failed


def _plan(finding: LedgerEntry) -> dict[str, object]:
    plan = finding.plan
    return {
        "remediation": finding.remediation,
        "outcome": finding.outcome,
        "alerts": [{"severity": alert.severity, "title": alert.title} for alert in plan.alerts],
        "calls": [call.as_json() for call in plan.calls],
        "would_do": [str(call) for call in plan.calls],
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
