"""A scenario: an incident with a time on every line. Given / when / then, as frozen values.

Times are spans from the scenario's beginning, written `MM:SS` or `HH:MM:SS`.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar

from scenarios.cloud.world import World

Do = Callable[[World], None]
Judge = Callable[[World], str | None]
Part = TypeVar("Part")

_SPAN = re.compile(r"(?:(\d+):)?(\d{1,2}):(\d{2})")


def span(text: str) -> timedelta:
    """`"02:00"` is two minutes, `"01:30:00"` an hour and a half.

    Raises ValueError for anything else: a scenario with a mistyped time must not run.
    """
    found = _SPAN.fullmatch(text)
    if not found:
        raise ValueError(f"{text!r} is not a time like 02:00 or 01:30:00")
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return timedelta(hours=hours, minutes=minutes, seconds=seconds)


@dataclass(frozen=True, slots=True)
class Given:
    """What is there before the incident begins: set-up without a caller, not recorded by CloudTrail."""

    words: str
    do: Do = field(repr=False)


@dataclass(frozen=True, slots=True)
class Action:
    """What an actor does: `words` for the timeline, `do` to carry it out."""

    words: str
    do: Do = field(repr=False)


@dataclass(frozen=True, slots=True)
class TimedAction:
    """An action at its time."""

    after: timedelta
    action: Action


@dataclass(frozen=True, slots=True)
class Check:
    """Something that must hold: `judge` returns None, or one sentence about what is wrong.

    `counts`: it counts alerts or findings, of which a fault may bring one more.
    """

    words: str
    judge: Judge = field(repr=False)
    counts: bool = False


@dataclass(frozen=True, slots=True)
class Expectation:
    """A check with its deadline; `after` None means at the end.

    `prompt`: it must hold at that very moment; a fault profile gives it no grace.
    """

    check: Check
    after: timedelta | None = None
    prompt: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """An incident. `lasts` is how long the run goes on; every expectation's deadline lies within.

    `parameters`: the stack's, where they differ from their defaults, as pairs or as a mapping. `home`: the
    region the stack is in; `spokes`: where the forwarding template is deployed; `regions`: further regions
    this world holds.
    `before`: CloudFormation of what is there before the stack comes.
    `loses`: what the incident itself makes undeliverable; by default nothing may be.
    `denied`: actions that a function of the stack may not do because of the incident; by default there is
    none: what a function asks and its policy doesn't grant is a mistake, though the function may cope.
    `not_emitted`: alarms and rules, by name or logical id, that wait for what the simulated AWS never emits,
    and that this scenario is not about. Any other that does fails the run.

    `when` and `then` are written as a list of `at(...)` and `by(...)`; `actions` and `expectations` are the
    same, one after the other.
    """

    name: str
    title: str
    when: Sequence[TimedAction | Sequence[TimedAction]]
    then: Sequence[Expectation | Sequence[Expectation]]
    given: Sequence[Given] = ()
    lasts: str = "15:00"
    parameters: Mapping[str, str] | tuple[tuple[str, str], ...] = ()
    home: str = "us-east-1"
    spokes: Sequence[str] = ()
    regions: Sequence[str] = ()
    before: Mapping[str, Any] = field(default_factory=dict)
    loses: bool = False
    denied: tuple[str, ...] = ()
    not_emitted: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        late = [timed.after for timed in self.actions if timed.after > span(self.lasts)]
        late += [each.after for each in self.expectations if each.after and each.after > span(self.lasts)]
        if late:
            raise ValueError(f"{self.name} lasts {self.lasts}, and something in it comes after that")

    @property
    def actions(self) -> tuple[TimedAction, ...]:
        """Every action of `when`, in the order in which they are written."""
        return tuple(_flat(self.when, TimedAction))

    @property
    def expectations(self) -> tuple[Expectation, ...]:
        """Every expectation of `then`, in the order in which they are written."""
        return tuple(_flat(self.then, Expectation))


_TIMED: Mapping[type, str] = {
    TimedAction: 'at("02:00", ...)',
    Expectation: 'by("02:30", ...) or at_the_end(...)',
}


def _flat(parts: Iterable[Part | Sequence[Part]], kind: type[Part]) -> Iterator[Part]:
    """The parts, and the parts of those that are lists or tuples; ValueError for anything else."""
    for part in parts:
        if isinstance(part, kind):
            yield part
        elif isinstance(part, list | tuple):
            yield from _flat(part, kind)
        else:
            raise ValueError(f"{part!r} has no time: write {_TIMED[kind]} around it")  # noqa: TRY004


def at(when: str, *actions: Action) -> tuple[TimedAction, ...]:
    """These actions, at that time, in this order."""
    return tuple(TimedAction(span(when), action) for action in actions)


def by(when: str, *checks: Check) -> tuple[Expectation, ...]:
    """These hold at that time."""
    return tuple(Expectation(check, span(when)) for check in checks)


def until(when: str, *checks: Check) -> tuple[Expectation, ...]:
    """These still hold at that very moment, such as that no alert has been sent yet."""
    return tuple(Expectation(check, span(when), prompt=True) for check in checks)


def at_the_end(*checks: Check) -> tuple[Expectation, ...]:
    """These hold when everything is over."""
    return tuple(Expectation(check) for check in checks)
