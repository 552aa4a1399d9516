"""Runs of scenarios on `chalice local`, each with findings of its own, and what people then ask about them.

Each run begins a week after the one before, so the ids of its findings are its own. A run's world is gone
when it is over. Whoever decides about one of its findings has the run told again, from the same seed, with
all that was asked so far and the new request at its end, through the API of that world: so every route does
what it does on AWS.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Any

from chalicelib.ledger.entries import LedgerEntry
from scenarios.cloud.apigateway.messages import HttpAnswer
from scenarios.cloud.deployment import START
from scenarios.cloud.kernel.caller import Caller
from scenarios.cloud.kernel.faults import PROFILES
from scenarios.cloud.kernel.moto_snapshots import Snapshot
from scenarios.cloud.world import World
from scenarios.runner.run import Report, deployment_of, run
from scenarios.runner.scenario import Action, Scenario, TimedAction, span
from scenarios.runner.words.people import ask, on_call

# Between two requests, and after the last one: whatever is asked is done by then.
_BETWEEN = timedelta(minutes=5)
_READS = "the local page reads the dead letters"
Entries = Callable[[World], list[LedgerEntry]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request of somebody's to the API of a run's world."""

    who: str
    method: str
    path: str
    body: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A scenario that was run, how it went, and what it left in its ledger and its queue.

    `answer`: of the API, to the last request.
    """

    number: int
    scenario: Scenario
    seed: int
    faults: str
    report: Report
    entries: tuple[LedgerEntry, ...]
    letters: tuple[dict[str, Any], ...] = ()
    asked: tuple[Asked, ...] = ()
    answer: HttpAnswer | None = None

    def holds(self, finding: str) -> bool:
        """Whether a finding is one of its own."""
        return any(each.id == finding for each in self.entries)

    @property
    def timeline(self) -> list[dict[str, Any]]:
        """What happened in it, in order."""
        began = self.report.began
        return [
            {"seconds": (each.at - began).total_seconds(), "kind": each.kind, "words": each.words}
            for each in self.report.timeline
            if each.words != _READS
        ]


def told(
    scenario: Scenario,
    seed: int,
    faults: str,
    entries_of: Entries,
    *,
    number: int,
    asked: Sequence[Asked] = (),
) -> Run:
    """Run a scenario in a world of its own, then ask all this; raises NotSimulated."""
    answers: list[HttpAnswer] = []
    letters: list[dict[str, Any]] = []
    entries: list[LedgerEntry] = []
    local = Snapshot.taken()
    longer = _longer(scenario, [*(_asking(each, answers) for each in asked), _reading(letters)])
    deployment = deployment_of(scenario)
    try:
        report = run(
            longer,
            seed=seed,
            faults=PROFILES[faults],
            deployment=replace(deployment, start=START + timedelta(weeks=number)),
            before_leaving=lambda world: entries.extend(entries_of(world)),
        )
    finally:
        local.restore()
    return Run(
        number=number,
        scenario=scenario,
        seed=seed,
        faults=faults,
        report=replace(report, scenario=scenario),
        entries=tuple(entries),
        letters=tuple(letters),
        asked=tuple(asked),
        answer=answers[-1] if answers else None,
    )


def _longer(scenario: Scenario, actions: Sequence[Action]) -> Scenario:
    """The scenario, and then these actions; the last one at its very end.

    What is to hold at the end is about the incident alone: after requests it is not asked.
    """
    lasts = span(scenario.lasts) + _BETWEEN * (len(actions) - 1)
    late = [TimedAction(lasts - _BETWEEN * at, each) for at, each in enumerate(reversed(actions))][::-1]
    minutes, seconds = divmod(int(lasts.total_seconds()), 60)
    asks = len(actions) > 1
    return replace(
        scenario,
        lasts=f"{minutes // 60:02}:{minutes % 60:02}:{seconds:02}",
        when=[*scenario.when, late],
        then=[each for each in scenario.expectations if each.after is not None] if asks else scenario.then,
    )


def _asking(asked: Asked, answers: list[HttpAnswer]) -> Action:
    def do(world: World, caller: Caller) -> None:
        answers.append(ask(world, caller, asked.method, asked.path, asked.body))

    return on_call(asked.who).does(f"asks {asked.method} {asked.path}", do)


def _reading(letters: list[dict[str, Any]]) -> Action:
    def do(world: World) -> None:
        queue = world.home.resources["DeadLetters"]
        if world.queues.bodies(queue.attributes["Arn"]):
            caller = on_call("reader").caller(world)
            letters.extend(ask(world, caller, "GET", "/dead-letters").json["dead_letters"])

    return Action(_READS, do)


@dataclass(slots=True)
class Runs:
    """All runs of this server, and how each is told again."""

    entries_of: Entries
    kept: list[Run]

    def begin(self, scenario: Scenario, seed: int, faults: str) -> Run:
        """Run a scenario; raises NotSimulated."""
        number = len(self.kept)
        self.kept.append(told(scenario, seed, faults, self.entries_of, number=number))
        return self.kept[number]

    def ask(self, run_of: Run, asked: Asked) -> Run:
        """Tell a run again, with one more request at its end."""
        again = partial(told, run_of.scenario, run_of.seed, run_of.faults, self.entries_of)
        self.kept[run_of.number] = again(number=run_of.number, asked=(*run_of.asked, asked))
        return self.kept[run_of.number]

    def of_finding(self, finding: str) -> Run | None:
        """The run that a finding belongs to; the newest, where an incident itself names its time."""
        return next((each for each in reversed(self.kept) if each.holds(finding)), None)

    def of_letter(self, letter: str) -> Run | None:
        """The run that a dead letter belongs to."""
        return next((each for each in reversed(self.kept) if letter in _ids(each)), None)


def _ids(of: Run) -> set[str]:
    return {letter["id"] for letter in of.letters}
