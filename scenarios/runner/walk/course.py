"""One play of a scenario, with or without a fault, and what happened in it."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from chalicelib.catalog import CATALOG
from chalicelib.ledger.entries import LedgerEntry, entry_from
from chalicelib.ledger.table import PK, Kind
from chalicelib.seal import Item
from chalicelib.settings import ACTS_PER_HOUR
from chalicelib.template.parts import logical_id
from scenarios.cloud.apigateway.requests import Request
from scenarios.cloud.functions.runtime_environment import PROJECT
from scenarios.cloud.kernel import garbage
from scenarios.cloud.kernel.arns import function_name
from scenarios.cloud.kernel.caller import ApiCall
from scenarios.cloud.kernel.fault_points import OUTAGES, FaultKind, FaultPoint
from scenarios.cloud.kernel.faults import Faults
from scenarios.cloud.kernel.service_models import operation_model
from scenarios.cloud.one_fault import LATE_SECONDS, LATER_SECONDS, OUTAGE_SECONDS, Spot
from scenarios.cloud.setting import Moment
from scenarios.cloud.sns.topics import Mail
from scenarios.cloud.world import World
from scenarios.runner.acts import note_acts, note_denials
from scenarios.runner.run import act, begin, deployment_of, timeline_of, told_where
from scenarios.runner.scenario import Check, Scenario, TimedAction, span

PROFILE = "walk"
# Lambda's retries, the queues' timeouts and the alarms on dead letters are over by then.
SETTLED_SECONDS = 1200
# Somebody who is answered that it can't be done now asks again, so often and after so long.
ASKS_AGAIN, ASKS_AGAIN_SECONDS = 4, 240
ANSWERED = "answered"  # the kind of a moment: what somebody is answered at last
_RAISES = "it raises "
# Operations that change nothing: the verbs their names begin with.
_READS = ("Get", "List", "Describe", "Filter", "Lookup", "Query", "Scan", "Head", "BatchGet", "Select")
_DRAWS = re.compile(r"(\w)(\w+)(?:Id|Arn)")  # what a field of an answer names: detectorId, BackupArn
_ALARM = re.compile(r'(\w+): "([^"]+)"')  # the subject of an alarm's mail
# KMS makes and checks the ledger's seals; STS says who we are.
CHANGES_NOTHING = ("kms", "sts")


def tail_seconds(kind: FaultKind) -> float:
    """How long a play goes on after the scenario's end, until everything has settled."""
    more = {FaultKind.TWICE_LATER: LATER_SECONDS, FaultKind.LATE: LATE_SECONDS}
    return SETTLED_SECONDS + more.get(kind, OUTAGE_SECONDS if kind in OUTAGES else 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeCall:
    """A call that reached AWS. `invocation`, `call`: of a function, 0 for other callers; both from 1.

    `attempt`: of that invocation. `error`: AWS's code; "" where it succeeded. `made`: ids of what it made,
    which AWS drew. `names`: of such ids in the parameters, what each is, as `name_of` says it.
    """

    invocation: int
    attempt: int
    call: int
    who: str
    service: str
    operation: str
    parameters: Mapping[str, Any]
    error: str
    at: datetime
    made: Sequence[str] = ()
    names: Mapping[str, str] = field(default_factory=dict)

    @property
    def changes(self) -> bool:
        """Whether anything is otherwise after it."""
        reads = self.operation.startswith(_READS) or self.service in CHANGES_NOTHING
        return not reads and not self.error

    def __str__(self) -> str:
        return f"{self.service} {self.operation}"


@dataclass(frozen=True, kw_only=True)
class Course:
    """What happened in one play. `ledger`: its items at the end; `dead_letters`: the queue's bodies then.

    `checks`: the scenario's own, by their words, as they stand at the end: None where they hold. `struck`:
    whether the fault came. `requests`: what people asked the API, and its answers. `spots`: where one
    could have struck. `stopped`: what ended the play too early.
    By remediation: `acts_per_hour`, its cap, and `roles`, the ARN of its function's role.
    """

    scenario: Scenario
    point: FaultPoint | None
    calls: Sequence[MadeCall]
    mail: Sequence[Mail]
    trace: Sequence[Moment]
    ledger: Sequence[Item]
    dead_letters: Sequence[str]
    checks: Mapping[str, str | None]
    struck: bool
    requests: Sequence[Request] = ()
    spots: Sequence[Spot] = ()
    stopped: str = ""
    acts_per_hour: Mapping[str, int] = field(default_factory=dict)
    roles: Mapping[str, str] = field(default_factory=dict)
    timeline: Sequence[Moment] = field(default=(), repr=False)

    @property
    def lasting(self) -> bool:
        """Whether the fault stays longer than Lambda tries."""
        return self.point is not None and self.point.lasting

    @property
    def raising(self) -> str:
        """The first of the scenario's own checks that raises an error, and which; "" where none does."""
        wrong = ((words, said) for words, said in self.checks.items() if said and said.startswith(_RAISES))
        return next((f"the check {words!r}: {said}" for words, said in wrong), "")

    def findings(self) -> Sequence[LedgerEntry]:
        """The findings in the ledger at the end."""
        return self._findings

    def finding(self, identity: str) -> LedgerEntry | None:
        """One of them, by its id."""
        return self._by_id.get(identity)

    @cached_property
    def _findings(self) -> Sequence[LedgerEntry]:
        return tuple(entry_from(item) for item in self.ledger if is_finding(item))

    @cached_property
    def _by_id(self) -> Mapping[str, LedgerEntry]:
        return {entry.id: entry for entry in self._findings}

    def alerts(self) -> list[Mail]:
        """The functions' own mail."""
        return [message for message in self.mail if "remediation" in message.attributes]

    def alarms(self, *, went_off: bool = False) -> list[str]:
        """The alarms that SNS took word of, by name, each as often as it did, or as it `went_off`."""
        told = [
            _ALARM.match(moment.words)
            for moment in self.trace
            if moment.kind == "published" and moment.facts.get("sender") == "cloudwatch.amazonaws.com"
        ]
        return [each[2] for each in told if each and (each[1] == "ALARM" or not went_off)]


def is_finding(item: Item) -> bool:
    """Whether an item of the ledger is a finding."""
    return str(item[PK]["S"]).startswith(f"{Kind.FINDING}#")


def play(
    scenario: Scenario,
    *,
    seed: int,
    code: Path = PROJECT,
    point: FaultPoint | None = None,
    tail: float = 0,
    visit: Callable[[World, Spot], None] | None = None,
    judged: Callable[[Course], object] | None = None,
) -> Course:
    """Play a scenario to its end and `tail` seconds on; with a fault, as long as that needs to settle.

    `code`: the folder of app.py and chalicelib. `visit`: is told of each spot before it is passed. `judged`:
    gets the course at the end, inside the world.
    """
    with _world(scenario, seed, code, point) as world:
        ((_, course),) = _played(world, scenario, (tail,), visit)
        if judged is not None:
            judged(course)
    return course


def play_and_look(
    scenario: Scenario, tails: Iterable[float], *, seed: int, code: Path = PROJECT
) -> Mapping[float, Course]:
    """Play a scenario without a fault: the course until each of `tails`, in seconds after its end."""
    with _world(scenario, seed, code, None) as world:
        return dict(_played(world, scenario, sorted(tails), None))


@contextmanager
def _world(scenario: Scenario, seed: int, code: Path, point: FaultPoint | None) -> Iterator[World]:
    name = f"{PROFILE}:{point}" if point else PROFILE
    faults = Faults(name=name, point=point, tells_again=True, draws_apart=True)
    deployment = replace(deployment_of(scenario), code=code)
    with garbage.can_wait(), World(deployment, seed=seed, faults=faults) as world:
        yield world


def _played(
    world: World, scenario: Scenario, tails: Iterable[float], visit: Callable[[World, Spot], None] | None
) -> Iterator[tuple[float, Course]]:
    """The course at each of `tails`, which rise; where a fault has come, its own tail is the only one."""
    watched, stopped = Watched(world, visit), ""
    try:
        end = begin(world, scenario, patiently) + span(scenario.lasts)
        world.clock.run(end)
    except Exception as error:  # noqa: BLE001 - any error is the play's result
        stopped = f"{type(error).__name__}: {error}{told_where(error)}"
    world.one_fault.visit = lambda _: None
    struck = world.one_fault.point
    for tail in (tail_seconds(struck.kind),) if struck else tails:
        try:
            if not stopped:
                world.clock.run(end + timedelta(seconds=tail))
        except Exception as error:  # noqa: BLE001 - as above
            stopped = f"{type(error).__name__}: {error}{told_where(error)}"
        yield tail, watched.course(scenario, stopped)


def patiently(world: World, timed: TimedAction, number: int, tries: int = ASKS_AGAIN) -> None:
    """Do an action as a person would who meets a fault: who gets another answer, or an error, asks again.

    Without a fault it rises at once, so that a scenario that is wrong by itself is not excused.
    """
    try:
        act(world, timed, number)
    except (AssertionError, StopIteration, ClientError) as error:
        if not world.one_fault.struck:
            raise
        if tries:
            again = partial(patiently, world, timed, number, tries - 1)
            world.clock.after(ASKS_AGAIN_SECONDS, again, timed.action.words)
        else:
            world.setting.note(ANSWERED, f"{timed.action.words}: {error}")


class Watched:
    """A world that is played in, and what happens in it from now on. `visit`: is told of each spot."""

    def __init__(self, world: World, visit: Callable[[World, Spot], None] | None = None) -> None:
        self._world = world
        self._calls: list[MadeCall] = []
        self._names: dict[str, str] = {}
        self._spots: list[Spot] = []
        self._visit = visit
        world.one_fault.visit = self._seen
        world.calls.after_everything(self._called)
        note_acts(world)
        note_denials(world)

    def _called(self, call: ApiCall) -> None:
        made = _made(self._world, call, self._names)
        self._calls.append(made)
        self._names |= dict.fromkeys(made.made, name_of(made)) if made.made else {}

    def _seen(self, spot: Spot) -> None:
        self._spots.append(spot)
        if self._visit is not None:
            self._visit(self._world, spot)

    def course(self, scenario: Scenario, stopped: str = "") -> Course:
        """What has happened until now."""
        with self._world.calls.muted():
            return _course(self._world, scenario, self._calls, self._spots, stopped)


def _course(
    world: World, scenario: Scenario, calls: Sequence[MadeCall], spots: Sequence[Spot], stopped: str
) -> Course:
    return Course(
        scenario=scenario,
        point=world.one_fault.point,
        calls=tuple(calls),
        mail=tuple(world.topics.inbox),
        trace=tuple(world.setting.trace),
        ledger=tuple(_ledger(world)),
        dead_letters=_dead_letters(world),
        checks={
            each.check.words: _judged(each.check, world)
            for each in scenario.expectations
            if not each.check.counts
        },
        struck=world.one_fault.struck,
        requests=tuple(world.api.answered),
        spots=spots,
        stopped=stopped,
        acts_per_hour=_caps(world),
        roles=_roles(world),
        timeline=timeline_of(world) if world.setting.faults.point else (),
    )


def _judged(check: Check, world: World) -> str | None:
    """What is wrong; a check that AWS gives no answer to, since the thing is gone, does not hold.

    One that raises anything else does not either, and is wrong itself: see `Course.raising`.
    """
    try:
        return check.judge(world)
    except ClientError as error:
        return str(error)
    except Exception as error:  # noqa: BLE001 - any error of a scenario's own code is the play's result
        return f"{_RAISES}{type(error).__name__}: {error}{told_where(error)}"


def but_for_tokens(service: str, operation: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
    """A call's parameters without the idempotency tokens that botocore draws where none is given.

    Those are other ones in each play, and no plan names them. `operation`: AWS's name.
    """
    tokens = operation_model(service, operation).idempotent_members
    return {name: value for name, value in parameters.items() if name not in tokens}


def name_of(call: MadeCall) -> str:
    """What a thing is called that a call made and whose id AWS drew: by whom it was made, and of what."""
    given = [call.names.get(value, value) for value in call.parameters.values() if isinstance(value, str)]
    return f"what {call.who} made by {call.operation} of {', '.join(given)}".replace('"', "'")


def made_by(operation: str, answer: object) -> Iterator[str]:
    """The ids and ARNs in an answer of what the call made: `SnapshotId` of CreateSnapshot, not `VolumeId`."""
    if isinstance(answer, Mapping):
        for name, value in answer.items():
            if isinstance(value, str):
                what = _DRAWS.fullmatch(name)
                yield from [value] if what and what[1].capitalize() + what[2] in operation else []
            else:
                yield from made_by(operation, value)
    elif isinstance(answer, list):
        for each in answer:
            yield from made_by(operation, each)


def _made(world: World, call: ApiCall, names: Mapping[str, str]) -> MadeCall:
    running = world.functions.running
    ours = running is not None
    asked = str(call.parameters) if names else ""
    return MadeCall(
        invocation=running.number if running else 0,
        attempt=running.attempts_begun if running else 0,
        call=running.calls if running else 0,
        who=function_name(running.arn) if ours and running else call.caller.name,
        service=call.service,
        operation=call.operation,
        parameters=but_for_tokens(call.service, call.operation, call.parameters),
        error=call.error[0] if call.error else "",
        at=call.moment,
        made=tuple(made_by(call.operation, call.response)) if call.operation.startswith("Create") else (),
        names={identity: name for identity, name in names.items() if identity in asked},
    )


def _ledger(world: World) -> Iterator[Item]:
    resource = world.home.resources.get("Ledger")
    if resource is None:
        return
    client = world.client(world.user("reader"), "dynamodb")
    try:
        for page in client.get_paginator("scan").paginate(TableName=resource.physical_id):
            yield from page["Items"]
    except client.exceptions.ResourceNotFoundException:
        return  # a scenario in which somebody deletes it


def _caps(world: World) -> Mapping[str, int]:
    functions = {each.logical_id: each for each in world.home.of_type("AWS::Lambda::Function")}
    found = {each.name: functions.get(logical_id(each.name)) for each in CATALOG if each.acts}
    return {
        name: int(function.properties["Environment"]["Variables"][ACTS_PER_HOUR])
        for name, function in found.items()
        if function is not None
    }


def _roles(world: World) -> Mapping[str, str]:
    named = {each.logical_id: each.physical_id for each in world.home.of_type("AWS::IAM::Role")}
    found = {each.name: named.get(f"{logical_id(each.name)}Role") for each in CATALOG}
    account = world.setting.account
    return {name: f"arn:aws:iam::{account}:role/{role}" for name, role in found.items() if role}


def _dead_letters(world: World) -> Sequence[str]:
    resource = world.home.resources.get("DeadLetters")
    return tuple(world.queues.bodies(resource.attributes["Arn"])) if resource else ()
