"""One run of one scenario: a world, the actions at their times, the expectations at theirs."""

import json
import sysconfig
import time
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache, partial
from pathlib import Path

from scenarios.cloud.deployment import START, Deployment
from scenarios.cloud.eventbridge.near_misses import NearMiss
from scenarios.cloud.kernel import garbage
from scenarios.cloud.kernel.errors import InvalidTemplate, NotSimulated
from scenarios.cloud.kernel.faults import NONE, Faults
from scenarios.cloud.setting import Moment
from scenarios.cloud.world import World
from scenarios.runner.acts import note_acts, note_denials
from scenarios.runner.alert_questions import answer_questions, unanswerable
from scenarios.runner.packaged import packaged_spoke, packaged_template
from scenarios.runner.scenario import Expectation, Scenario, TimedAction, span
from scenarios.runner.show.alarm_course import AlarmCourse, courses
from scenarios.runner.words.checks import nothing_denied, nothing_lost

ON_CALL = "on-call@example.com"
# Every minute would cost more than most scenarios do, and say nothing of what they are about. Those about
# being silenced ask for it.
NO_HEARTBEAT = ("SendHeartbeat", "no")
_BETWEEN = "\x00"  # stands in no words and no names
_SCENARIOS = Path(__file__).resolve().parents[1]
# Folders of code that no scenario's author wrote: ours, libraries, Python itself.
_NOT_THEIRS = (
    _SCENARIOS / "cloud",
    _SCENARIOS / "runner",
    *(Path(sysconfig.get_path(name)) for name in ("stdlib", "purelib", "platlib")),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """How a run went. `timeline`: actions, trace, mail in the order of time; `alarms`: those that went off.

    `hole`: what the simulated AWS was asked and does not do. The run ended there.
    `near`: rules that never ran, and which one field of the nearest event kept them; of a run that failed, or
    where they were asked for.
    """

    scenario: Scenario
    seed: int
    faults: str
    began: datetime
    timeline: tuple[Moment, ...]
    failures: tuple[str, ...]
    simulated_seconds: float
    wall_seconds: float
    alarms: tuple[AlarmCourse, ...] = ()
    hole: NotSimulated | None = None
    near: tuple[NearMiss, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether every expectation held."""
        return not self.failures and self.hole is None

    def as_json(self) -> dict[str, object]:
        """What `trailwarden run --format json` prints."""
        return {
            "name": self.scenario.name,
            "seed": self.seed,
            "faults": self.faults,
            "passed": self.passed,
            "failures": list(self.failures),
            "simulated_seconds": self.simulated_seconds,
            "wall_seconds": round(self.wall_seconds, 3),
        }


def run(
    scenario: Scenario,
    *,
    seed: int = 1,
    faults: Faults = NONE,
    deployment: Deployment | None = None,
    before_leaving: Callable[[World], object] | None = None,
    explained: bool | None = None,
    answered: bool = False,
) -> Report:
    """Run a scenario in a fresh world; an expectation that fails is reported, not raised.

    `before_leaving` may look at the world once more, its calls muted. `explained`: tell of near misses; None
    for where something fails. `answered`: end the timeline with what the alerts' questions come to.

    NotSimulated rises: a hole in the simulation is no failure of the product.
    """
    report = rehearse(
        scenario,
        seed=seed,
        faults=faults,
        deployment=deployment,
        before_leaving=before_leaving,
        explained=explained,
        answered=answered,
    )
    if report.hole is not None:
        raise report.hole
    return report


def rehearse(
    scenario: Scenario,
    *,
    seed: int = 1,
    faults: Faults = NONE,
    deployment: Deployment | None = None,
    before_leaving: Callable[[World], object] | None = None,
    explained: bool | None = None,
    answered: bool = False,
) -> Report:
    """Run a scenario as `run` does, but keep NotSimulated in the report, with the timeline up to there.

    A stack that CloudFormation would refuse is a failure like any other.
    """
    wall = time.perf_counter()
    try:
        with garbage.can_wait():
            world = World(deployment or deployment_of(scenario), seed=seed, faults=faults)
            report = _in_world(world, scenario, before_leaving, explained=explained, answered=answered)
    except InvalidTemplate as error:
        report = Report(
            scenario=scenario,
            seed=seed,
            faults=faults.name,
            began=deployment.start if deployment else START,
            timeline=(),
            failures=(f"the stack can't be made: {error}",),
            simulated_seconds=0,
            wall_seconds=0,
        )
    # freezegun has let go: perf_counter tells real time again.
    return replace(report, wall_seconds=time.perf_counter() - wall)


def _in_world(
    world: World,
    scenario: Scenario,
    before_leaving: Callable[[World], object] | None,
    *,
    explained: bool | None,
    answered: bool,
) -> Report:
    """Enter a world, play the scenario in it, leave it; the caller fills in how long that took."""
    failures: list[str] = []
    hole: NotSimulated | None = None
    with world:
        began = world.clock.now
        note_acts(world)
        note_denials(world)
        try:
            _play(world, scenario, world.setting.faults, failures)
        except NotSimulated as error:
            hole = error
        except Exception as error:  # noqa: BLE001 - any error is the run's result
            failures.append(f"the run stopped: {type(error).__name__}: {error}{told_where(error)}")
        if not hole:
            failures += never_answered(world, scenario.not_emitted, "scenario")
            failures += unanswerable(world)
            if answered:
                answer_questions(world)
        ended = world.clock.now
        near = _near_misses(world) if (failures if explained is None else explained) else ()
        timeline = timeline_of(world)
        alarms = () if hole else courses(world, began)
        if before_leaving is not None and not hole:
            with world.calls.muted():
                before_leaving(world)
    return Report(
        scenario=scenario,
        seed=world.setting.seed,
        faults=world.setting.faults.name,
        began=began,
        timeline=timeline,
        failures=tuple(failures),
        simulated_seconds=(ended - began).total_seconds(),
        wall_seconds=0,
        alarms=tuple(replace(course, name=_named(course.name, _names(world))) for course in alarms),
        hole=hole,
        near=near,
    )


def never_answered(world: World, not_emitted: Iterable[str], where: str) -> list[str]:
    """A failure for each alarm or rule that could hear nothing; `not_emitted` names the excused."""
    names = _names(world)
    return [
        f"{_named(str(each), names)}: put it with aws_measures or aws_tells, "
        f"or name {_named(each.name, names)} in the {where}'s not_emitted"
        for each in world.never_emitted()
        if not {each.name, _named(each.name, names)} & set(not_emitted)
    ]


def _near_misses(world: World) -> tuple[NearMiss, ...]:
    names = _names(world)
    return tuple(
        replace(each, rule=_named(each.rule, names), why=_named(each.why, names))
        for each in world.eventbridge.near_misses.found()
    )


def _play(world: World, scenario: Scenario, faults: Faults, failures: list[str]) -> None:
    began = begin(world, scenario)
    grace = timedelta(seconds=faults.grace_seconds)
    end = began + span(scenario.lasts) + grace
    due = [
        (each.after + (timedelta() if each.prompt else grace), each)
        for each in scenario.expectations
        if each.after is not None
    ]
    for after, expectation in sorted(due, key=lambda pair: pair[0]):
        world.clock.run(began + after)
        _judge(world, expectation, failures)
    world.clock.run(end)
    at_the_end = [each for each in scenario.expectations if each.after is None]
    always = [Expectation(nothing_denied(but=scenario.denied))]
    always += [] if scenario.loses else [Expectation(nothing_lost())]
    for expectation in [*at_the_end, *always]:
        _judge(world, expectation, failures)


def begin(
    world: World, scenario: Scenario, do: Callable[[World, TimedAction, int], object] | None = None
) -> datetime:
    """Do what was there before, and put the actions on the clock; returns the moment they count from.

    `do`: how an action is done, which is given its number; as it is told if None.
    """
    began = world.clock.now
    with world.calls.muted():
        for given in scenario.given:
            given.do(world)
    for number, timed in enumerate(scenario.actions):
        world.clock.at(began + timed.after, partial(do or act, world, timed, number), timed.action.words)
    return began


def act(world: World, timed: TimedAction, number: int) -> None:
    """Do an action now."""
    world.begin_action(number)
    world.setting.note("action", timed.action.words)
    timed.action.do(world)


def _judge(world: World, expectation: Expectation, failures: list[str]) -> None:
    wrong = expectation.check.judge(world)
    if wrong is None:
        world.setting.note("holds", expectation.check.words)
        return
    world.setting.note("fails", f"{expectation.check.words}: {wrong}")
    failures.append(f"{expectation.check.words}: {wrong}")


def timeline_of(world: World) -> tuple[Moment, ...]:
    """Everything that happened in a world so far, mail too, in the template's own names.

    A subject that was published stays as it was sent, like the text of its mail.
    """
    names = _names(world)
    causes = {(each.at, each.words): each.cause for each in world.setting.trace if each.kind == "published"}
    mail = [
        Moment(
            at=message.at,
            kind="mail",
            words=message.subject,
            facts={
                "text": message.text,
                "sender": message.sender,
                "remediation": message.attributes.get("remediation", ""),
            },
            cause=causes.get((message.at, message.subject)),
        )
        for message in world.topics.inbox
    ]
    trace = world.setting.trace
    # In one text: a run has many moments and many names.
    words = _named(_BETWEEN.join(each.words for each in trace), names).split(_BETWEEN) if trace else []
    told = [
        each if each.kind == "published" else replace(each, words=said)
        for each, said in zip(trace, words, strict=True)
    ]
    return tuple(sorted([*told, *mail], key=lambda moment: moment.at))


def _names(world: World) -> dict[str, str]:
    """Logical ids by physical ones, but for Config's `default`: the word stands for other things, too."""
    names: dict[str, str] = {}
    for stack in world.stacks.values():
        for logical_id, resource in stack.resources.items():
            # A bucket's policy has the bucket's name, and comes after it.
            names.setdefault(resource.physical_id, logical_id)
    return {physical: logical for physical, logical in names.items() if physical not in {"", "default"}}


def _named(words: str, names: dict[str, str]) -> str:
    """CloudFormation's generated names say less to a reader than the template's own."""
    for physical, logical in names.items():
        words = words.replace(physical, logical)
    return words


def told_where(error: Exception) -> str:
    """The file and line of the action or the check that failed, where it is not our own code."""
    theirs = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if not any(Path(frame.filename).is_relative_to(folder) for folder in _NOT_THEIRS)
    ]
    return f" ({Path(theirs[-1].filename).name}:{theirs[-1].lineno})" if theirs else ""


# ---- deployments --------------------------------------------------------------------------------


def deployment_of(scenario: Scenario) -> Deployment:
    """What the packaged template becomes under the scenario's parameters and regions."""
    before = json.dumps(scenario.before) if scenario.before else ""
    parameters = tuple(dict(scenario.parameters).items())
    return _deployment(parameters, scenario.home, tuple(scenario.spokes), tuple(scenario.regions), before)


@lru_cache(maxsize=64)
def _deployment(
    parameters: tuple[tuple[str, str], ...],
    home: str,
    spokes: tuple[str, ...],
    more: tuple[str, ...],
    before: str,
) -> Deployment:
    return Deployment(
        template=packaged_template(home),
        before=before,
        spoke=packaged_spoke(),
        parameters=(("AlertEmail", ON_CALL), NO_HEARTBEAT, *parameters),
        home=home,
        spokes=spokes,
        regions=tuple(_unique((home, *spokes, *more))),
        stands=True,
    )


def _unique(names: Iterable[str]) -> Iterable[str]:
    return dict.fromkeys(names)
