"""What a scenario is: an incident told in time. Given / when / then, as frozen values.

Times are spans from the scenario's beginning, written `MM:SS` or `HH:MM:SS`.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from scenarios.cloud.world import World

Do = Callable[[World], None]
Judge = Callable[[World], str | None]

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
    """Something that stands before the incident begins; done by nobody, recorded nowhere."""

    words: str
    do: Do = field(repr=False)


@dataclass(frozen=True, slots=True)
class Deed:
    """Something somebody does, in words and in deed."""

    words: str
    do: Do = field(repr=False)


@dataclass(frozen=True, slots=True)
class Step:
    """A deed at its time."""

    after: timedelta
    deed: Deed


@dataclass(frozen=True, slots=True)
class Check:
    """Something that must hold: `judge` returns None, or one sentence about what is wrong."""

    words: str
    judge: Judge = field(repr=False)


@dataclass(frozen=True, slots=True)
class Expectation:
    """A check with its deadline; `after` None means at the end.

    `prompt`: it must hold at that very moment, whatever grace a fault profile gives.
    """

    check: Check
    after: timedelta | None = None
    prompt: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """An incident. `lasts` is how long the run goes on; every expectation's deadline lies within.

    `parameters`: the stack's, where they differ from their defaults. `home`: the region the stack is in;
    `spokes`: where the forwarding template is deployed; `regions`: further regions this world holds.
    `before`: CloudFormation of what is there before the stack comes.
    `loses`: what the incident itself makes undeliverable; by default nothing may be.
    """

    name: str
    title: str
    when: tuple[Step, ...]
    then: tuple[Expectation, ...]
    given: tuple[Given, ...] = ()
    lasts: str = "15:00"
    parameters: tuple[tuple[str, str], ...] = ()
    home: str = "us-east-1"
    spokes: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    before: Mapping[str, Any] = field(default_factory=dict)
    loses: bool = False

    def __post_init__(self) -> None:
        late = [step.after for step in self.when if step.after > span(self.lasts)]
        late += [each.after for each in self.then if each.after and each.after > span(self.lasts)]
        if late:
            raise ValueError(f"{self.name} lasts {self.lasts}, and something in it comes after that")


def at(when: str, *deeds: Deed) -> tuple[Step, ...]:
    """These deeds, at that time, in this order."""
    return tuple(Step(span(when), deed) for deed in deeds)


def by(when: str, *checks: Check) -> tuple[Expectation, ...]:
    """These hold at that time."""
    return tuple(Expectation(check, span(when)) for check in checks)


def until(when: str, *checks: Check) -> tuple[Expectation, ...]:
    """These still hold at that very moment, such as that nobody has been told yet."""
    return tuple(Expectation(check, span(when), prompt=True) for check in checks)


def at_the_end(*checks: Check) -> tuple[Expectation, ...]:
    """These hold when everything is over."""
    return tuple(Expectation(check) for check in checks)


def told(*parts: tuple[Step, ...]) -> tuple[Step, ...]:
    """Several times, one after the other: the `when` of a scenario."""
    return tuple(step for part in parts for step in part)


def holds(*parts: tuple[Expectation, ...]) -> tuple[Expectation, ...]:
    """Several expectations: the `then` of a scenario."""
    return tuple(each for part in parts for each in part)
