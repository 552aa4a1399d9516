"""Real records through the deployed rules and handlers, one after the other, in one world.

Each is put on the home region's bus, even if it names another account or region: these stay data for the
handler, and so does its time. The result is read from what the functions returned and from the ledger.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from chalicelib.ledger.entries import LedgerEntry
from chalicelib.ledger.ledger import Ledger
from chalicelib.remediation import Outcome
from chalicelib.template.parts import logical_id
from scenarios.cloud.cloudtrail.records.envelope import event_bridge_envelope
from scenarios.cloud.kernel.endpoints import only_where_aws_is
from scenarios.cloud.kernel.errors import NotSimulated
from scenarios.cloud.setting import Moment
from scenarios.cloud.world import World
from scenarios.packaging.sam import application
from scenarios.runner.replay.record_files import FoundRecord
from scenarios.runner.run import deployment_of
from scenarios.runner.scenario import Scenario

# Longer than EventBridge's latency, a cold start and a handler's calls together.
BETWEEN_SECONDS = 5
# A handler that failed is tried again after one minute and two more; then the event is kept.
UNTIL_GIVEN_UP_SECONDS = 300
MOST_FINDINGS = 100_000
SIGN_IN = "signin.amazonaws.com"
NOTHING_TOLD = Scenario(name="replay", title="The records of the files", when=(), then=())


@dataclass(slots=True, kw_only=True)
class Replayed:
    """What became of one record. `plans`: findings by remediation; `failed`: why a handler gave up."""

    found: FoundRecord
    duplicate: bool = False
    carried: bool = True  # whether EventBridge delivers such records at all
    fired: dict[str, Outcome] = field(default_factory=dict)
    plans: dict[str, LedgerEntry] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, object]:
        """What `trailwarden replay --format json` prints."""
        return {
            "eventID": self.found.event_id,
            "eventName": self.found.name,
            "fired": list(self.fired),
            "plans": [_plan(self.plans[name]) for name in self.fired if name in self.plans],
            "duplicate": self.duplicate,
        }


def _plan(finding: LedgerEntry) -> dict[str, object]:
    plan = finding.plan
    return {
        "remediation": finding.remediation,
        "outcome": finding.outcome,
        "alerts": [{"severity": alert.severity, "title": alert.title} for alert in plan.alerts],
        "calls": [call.as_json() for call in plan.calls],
    }


def replay(
    records: Iterable[FoundRecord], progress: Callable[[int], object] = lambda _: None
) -> list[Replayed]:
    """Put the records through a freshly deployed stack, in their order; `progress` hears how many are done.

    Raises NotSimulated where a handler asks for what the simulated AWS doesn't do.
    """
    replayed = [Replayed(found=found) for found in records]
    seen: set[str] = set()
    for each in replayed:
        each.duplicate = each.found.event_id in seen
        seen.add(each.found.event_id)
    with World(deployment_of(NOTHING_TOLD)) as world, only_where_aws_is():
        for done, each in enumerate(replayed, 1):
            _deliver(world, each)
            progress(done)
        world.run(UNTIL_GIVEN_UP_SECONDS)
        _read_failures(world, replayed)
        _read_ledger(world, replayed)
    return replayed


def _deliver(world: World, each: Replayed) -> None:
    event = _event(world, each.found)
    if event is None:
        each.carried = False
        return
    before = len(world.setting.trace)
    world.eventbridge.emit(world.deployment.home, event)
    world.run(BETWEEN_SECONDS)
    for name, outcome in _outcomes(world.setting.trace[before:], each.found.event_id):
        if outcome is not Outcome.DUPLICATE:
            each.fired[name] = outcome


def _outcomes(trace: Iterable[Moment], key: str) -> Iterator[tuple[str, Outcome]]:
    """What functions answered about this event."""
    for moment in trace:
        answer = moment.facts.get("outcome") if moment.kind == "ran" else None
        if not isinstance(answer, Mapping):
            continue
        for event in answer.get("events", ()):
            if event["event"] == key:
                yield str(answer["remediation"]), Outcome(event["outcome"])


def _event(world: World, found: FoundRecord) -> dict[str, Any] | None:
    """The event that EventBridge would have carried; None for what it doesn't carry.

    An envelope that came with the record stays; what it or the record lacks is filled in as AWS would have.
    Its id is ours: it serves as the event's key where the record has none.
    """
    now = f"{world.clock.now:%Y-%m-%dT%H:%M:%SZ}"
    if found.envelope is not None and found.envelope.get("detail-type") and found.envelope.get("source"):
        return {"time": now, **_present(found.envelope), "id": found.event_id}
    known = _present(found.record)
    if not isinstance(known.get("userIdentity"), dict):
        known.pop("userIdentity", None)
    if "eventType" not in known and known["eventSource"] == SIGN_IN:
        known["eventType"] = "AwsConsoleSignIn"
    try:
        event = event_bridge_envelope(known, found.event_id)
    except NotSimulated:
        return None
    return {**event, "time": event["time"] or now, "detail": found.record}


def _present(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


# ---- what the stack remembers --------------------------------------------------------------------


def _read_failures(world: World, replayed: Iterable[Replayed]) -> None:
    """Events that a function gave up on lie in the dead-letter queue, each with the error it died of."""
    by_key: dict[str, Replayed] = {}
    for each in replayed:
        by_key.setdefault(each.found.event_id, each)
    names = {
        world.home.resources[logical_id(remediation.name)].attributes["Arn"]: remediation.name
        for remediation in application().remediations
    }
    for body in world.queues.bodies(world.home.resources["DeadLetters"].attributes["Arn"]):
        kept = json.loads(body)
        key = str(kept.get("requestPayload", kept).get("id"))
        if key in by_key:
            arn = kept.get("requestContext", {}).get("functionArn", "").removesuffix(":$LATEST")
            why = (kept.get("responsePayload") or {}).get("errorMessage", "the rule could not deliver it")
            by_key[key].failed[names.get(arn, "a rule")] = str(why)


def _read_ledger(world: World, replayed: Iterable[Replayed]) -> None:
    with world.calls.muted():
        client = world.client(world.user("reader"), "dynamodb")
        ledger = Ledger(client, world.home.resources["Ledger"].physical_id)
        findings = {
            (remediation.name, finding.event_key): finding
            for remediation in application().remediations
            for finding in ledger.newest(remediation.name, MOST_FINDINGS)
        }
    for each in replayed:
        for name in each.fired:
            if (name, each.found.event_id) in findings:
                each.plans[name] = findings[name, each.found.event_id]
