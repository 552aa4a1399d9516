"""Shapes of the agent's configuration: what its schema asks of a value, and the sentence if it isn't so."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol


class InvalidConfiguration(ValueError):
    """The agent would refuse to start with this; one sentence."""


class Shape(Protocol):
    """What a value must be."""

    def wrong(self, value: object, at: str) -> Iterator[str]:
        """What is wrong with a value; `at` names it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A text with as many characters, of these choices where there are some."""

    least: int = 1
    most: int = 4096
    choices: tuple[str, ...] = ()

    def wrong(self, value: object, at: str) -> Iterator[str]:
        """A text that is none, too short, too long or no choice."""
        if not isinstance(value, str):
            yield f"{at} is {_shown(value)}, not a text"
        elif not self.least <= len(value) <= self.most:
            yield f"{at} has {len(value)} characters, not {self.least} to {self.most}"
        elif self.choices and value not in self.choices:
            yield f"{at} is {value!r}, not one of {', '.join(self.choices)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """An integer in these limits, or of these choices."""

    least: int = 1
    most: int = 172_800
    choices: tuple[int, ...] = ()

    def wrong(self, value: object, at: str) -> Iterator[str]:
        """A number that is none, too small, too large or no choice."""
        if not isinstance(value, int) or isinstance(value, bool):
            yield f"{at} is {_shown(value)}, not a number"
        elif self.choices and value not in self.choices:
            yield f"{at} is {value}, which it can't be"
        elif not self.choices and not self.least <= value <= self.most:
            yield f"{at} is {value}, not {self.least} to {self.most}"


@dataclass(frozen=True, slots=True)
class Flag:
    """True or false."""

    def wrong(self, value: object, at: str) -> Iterator[str]:
        """Anything else."""
        if not isinstance(value, bool):
            yield f"{at} is {_shown(value)}, not true or false"


@dataclass(frozen=True, slots=True)
class Anything:
    """A value that the schema says nothing of."""

    def wrong(self, value: object, at: str) -> Iterator[str]:  # noqa: ARG002 - the protocol's names
        """Nothing."""
        yield from ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Array:
    """A list of one kind of values; `unique`: none of them twice."""

    of: Shape
    least: int = 0
    most: int = 16_384
    unique: bool = False

    def wrong(self, value: object, at: str) -> Iterator[str]:
        """A list that is none, too short, too long, or has a wrong or a repeated value."""
        if not isinstance(value, list):
            yield f"{at} is no list"
            return
        if not self.least <= len(value) <= self.most:
            yield f"{at} has {len(value)} entries, not {self.least} to {self.most}"
        if self.unique and len({json.dumps(each, sort_keys=True) for each in value}) < len(value):
            yield f"{at} has an entry twice"
        for number, each in enumerate(value):
            yield from self.of.wrong(each, f"{at}[{number}]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """An object. `fields`: what is known in it; `others`: what any other may be, None where none may be.

    `required`: must be there; `one_of`: one of these must; `least`, `most`: how many there are.
    """

    fields: Mapping[str, Shape] = field(default_factory=dict)
    others: Shape | None = None
    required: tuple[str, ...] = ()
    one_of: tuple[str, ...] = ()
    least: int = 0
    most: int = 16_384

    def wrong(self, value: object, at: str) -> Iterator[str]:
        """An object that is none, lacks something, or has a wrong or an unknown field."""
        if not isinstance(value, dict):
            yield f"{at} is no object"
            return
        yield from (f"{at} has no {each}" for each in self.required if each not in value)
        if self.one_of and not any(each in value for each in self.one_of):
            yield f"{at} has none of {', '.join(self.one_of)}"
        if not self.least <= len(value) <= self.most:
            yield f"{at} has {len(value)} fields, not {self.least} to {self.most}"
        for name, each in value.items():
            shape = self.fields.get(name, self.others)
            if shape is None:
                yield f"{at} has {name}, which is not known there"
            else:
                yield from shape.wrong(each, f"{at}.{name}")


@dataclass(frozen=True, slots=True)
class TextOr:
    """A text or another shape, as a measurement may be given by its name alone."""

    other: Shape

    def wrong(self, value: object, at: str) -> Iterator[str]:
        """Wrong as a text if it is one, and as the other shape otherwise."""
        return (Text(most=255) if isinstance(value, str) else self.other).wrong(value, at)


def require(shape: Shape, value: Any, at: str) -> None:
    """Hold a value against its shape; raises InvalidConfiguration with the first thing that is wrong."""
    for sentence in shape.wrong(value, at):
        raise InvalidConfiguration(sentence)


def _shown(value: object) -> str:
    return json.dumps(value) if isinstance(value, int | float | bool | str | None) else "an object or a list"
