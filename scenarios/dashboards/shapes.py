"""Shapes of JSON, and what is wrong with a value that should have one.

AWS holds a dashboard's body against a JSON schema, and complains in the words of the validator Ajv with a
capital letter. In public reports are "Should NOT have more than 4 items", 'Invalid metric field type, only
"String" type is allowed' and 'The "x" property is not expected to be part of a widget definition, will be
ignored'. The other words are Ajv's, and unconfirmed.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

_UNEXPECTED: Final = 'The "{}" property is not expected to be part of a widget definition, will be ignored'


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """What is wrong at one place. `path`: such as `/widgets/0`; `fatal`: an error, not a warning."""

    path: str
    message: str
    fatal: bool = True


class Form(Protocol):
    """What a value may be."""

    def complaints(self, value: Any, path: str) -> Iterator[Complaint]:
        """What is wrong with a value at this path."""
        ...


def wrong(path: str, message: str) -> Complaint:
    """An error."""
    return Complaint(path=path, message=message)


def is_number(value: Any) -> bool:
    """Whether JSON had a number there."""
    return isinstance(value, int | float) and not isinstance(value, bool)


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A string. `pattern`: which it matches as a whole."""

    choices: Sequence[str] = ()
    pattern: str = ""
    longest: int = 0
    fewest: int = 0

    def complaints(self, value: Any, path: str) -> Iterator[Complaint]:
        """What is wrong with a value at this path."""
        if not isinstance(value, str):
            yield wrong(path, "Should be string")
        elif self.choices and value not in self.choices:
            yield wrong(path, "Should be equal to one of the allowed values")
        elif self.pattern and not re.fullmatch(self.pattern, value):
            yield wrong(path, f'Should match pattern "^{self.pattern}$"')
        elif self.longest and len(value) > self.longest:
            yield wrong(path, f"Should NOT be longer than {self.longest} characters")
        elif len(value) < self.fewest:
            yield wrong(path, f"Should NOT be shorter than {self.fewest} characters")


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A number; `whole`: without a fraction; `multiple`: of what it is a multiple."""

    low: float | None = None
    high: float | None = None
    whole: bool = False
    multiple: int = 0

    def complaints(self, value: Any, path: str) -> Iterator[Complaint]:
        """What is wrong with a value at this path."""
        if not is_number(value):
            yield wrong(path, f"Should be {'integer' if self.whole else 'number'}")
        elif self.whole and value % 1:
            yield wrong(path, "Should be integer")
        elif self.low is not None and value < self.low:
            yield wrong(path, f"Should be >= {self.low:g}")
        elif self.high is not None and value > self.high:
            yield wrong(path, f"Should be <= {self.high:g}")
        elif self.multiple and value % self.multiple:
            yield wrong(path, f"Should be multiple of {self.multiple}")


@dataclass(frozen=True, slots=True)
class Flag:
    """True or false."""

    def complaints(self, value: Any, path: str) -> Iterator[Complaint]:
        """What is wrong with a value at this path."""
        if not isinstance(value, bool):
            yield wrong(path, "Should be boolean")


@dataclass(frozen=True, slots=True)
class Anything:
    """Whatever JSON has."""

    def complaints(self, value: Any, path: str) -> Iterator[Complaint]:
        """Nothing is wrong."""
        del value, path
        yield from ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scalar:
    """A string of limited length, a number or a boolean."""

    longest: int

    def complaints(self, value: Any, path: str) -> Iterator[Complaint]:
        """What is wrong with a value at this path."""
        if isinstance(value, str):
            yield from Text(longest=self.longest).complaints(value, path)
        elif not (isinstance(value, bool) or is_number(value)):
            yield wrong(path, "Should be string,number,boolean")


@dataclass(frozen=True, slots=True, kw_only=True)
class Items:
    """An array."""

    of: Form
    fewest: int = 0
    most: int | None = None

    def complaints(self, value: Any, path: str) -> Iterator[Complaint]:
        """What is wrong with a value at this path."""
        if not isinstance(value, list):
            yield wrong(path, "Should be array")
            return
        if len(value) < self.fewest:
            yield wrong(path, f"Should NOT have fewer than {self.fewest} items")
        if self.most is not None and len(value) > self.most:
            yield wrong(path, f"Should NOT have more than {self.most} items")
            return
        for number, each in enumerate(value):
            yield from self.of.complaints(each, f"{path}/{number}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """An object. `closed`: another property is an error; otherwise it is a warning.

    `rules`: what holds among its fields, asked when each field has its form.
    """

    fields: Mapping[str, Form]
    required: Sequence[str] = ()
    closed: bool = False
    rules: Sequence[Callable[[Mapping[str, Any], str], Iterator[Complaint]]] = field(default=())

    def complaints(self, value: Any, path: str) -> Iterator[Complaint]:
        """What is wrong with a value at this path."""
        if not isinstance(value, dict):
            yield wrong(path, "Should be object")
            return
        found = list(self._own(value, path))
        yield from found
        if not any(each.fatal for each in found):
            for rule in self.rules:
                yield from rule(value, path)

    def _own(self, value: Mapping[str, Any], path: str) -> Iterator[Complaint]:
        for name in self.required:
            if name not in value:
                yield wrong(path, f"Should have required property '{name}'")
        for name, each in value.items():
            if name in self.fields:
                yield from self.fields[name].complaints(each, f"{path}/{_pointed(name)}")
            else:
                yield Complaint(path=path, message=_UNEXPECTED.format(name), fatal=self.closed)


@dataclass(frozen=True, slots=True, kw_only=True)
class OneOrBand:
    """One object, or an array of two: the edges of a band."""

    one: Form
    other_edge: Form

    def complaints(self, value: Any, path: str) -> Iterator[Complaint]:
        """What is wrong with a value at this path."""
        if not isinstance(value, list):
            yield from self.one.complaints(value, path)
            return
        yield from Items(of=Anything(), fewest=2, most=2).complaints(value, path)
        for number, (form, each) in enumerate(zip((self.one, self.other_edge), value, strict=False)):
            yield from form.complaints(each, f"{path}/{number}")


def _pointed(name: str) -> str:
    """A name as a part of a JSON pointer."""
    return name.replace("~", "~0").replace("/", "~1")
