"""Shapes of JSON, and what is wrong with a value that should have one.

AWS holds a dashboard's body against a JSON schema, and complains in the words of the validator Ajv with a
capital letter. What is an error and what a warning, the words and their order (what is required, then the
properties by their names) are those of recordings; AWS's page has none of it.

Sources: recorded on AWS,
https://github.com/radkawar/stackd/blob/main/testdata/aws/cloudwatch/dashboard_widgets.json and
https://github.com/radkawar/stackd/blob/main/testdata/aws/cloudwatch/dashboards.json;
reported, https://github.com/aws-samples/aws-eda-slurm-cluster/issues/116 and
https://github.com/pulumi/pulumi/issues/13059
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Final, Protocol

NOT_ONE: Final = "Should match exactly one schema in oneOf"
_SHORT_PERIODS: Final = (1, 5, 10, 30)
_MINUTE: Final = 60
_UNEXPECTED: Final = 'The "{}" property is not expected, will be ignored'
_UNEXPECTED_IN_WIDGET: Final = (
    'The "{}" property is not expected to be part of a widget definition, will be ignored'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """What is wrong at one place. `path`: such as `/widgets/0`; `fatal`: an error, not a warning.

    `passed_over`: it is about a property that the shape doesn't have.
    """

    path: str
    message: str
    fatal: bool = True
    passed_over: bool = False


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
    """A string. `pattern`: what is found in it, in JavaScript's form."""

    pattern: str = ""
    longest: int = 0
    fewest: int = 0

    def complaints(self, value: Any, path: str) -> Iterator[Complaint]:
        """What is wrong with a value at this path."""
        if not isinstance(value, str):
            yield wrong(path, "Should be string")
        elif self.pattern and not _compiled(self.pattern).search(value):
            yield wrong(path, f'Should match pattern "{self.pattern}"')
        elif self.longest and len(value) > self.longest:
            yield wrong(path, f"Should NOT be longer than {self.longest} characters")
        elif len(value) < self.fewest:
            yield wrong(path, f"Should NOT be shorter than {self.fewest} characters")


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """A pattern as JavaScript means it: `$` is the very end, and digits are ASCII's."""
    return re.compile(re.sub(r"(?<!\\)\$", r"\\Z", pattern), re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One of several strings. CloudWatch only warns of another one, unless `fatal`.

    `words`: what it says before the list; "" for what it says of most.
    """

    of: Sequence[str]
    words: str = ""
    fatal: bool = False

    def complaints(self, value: Any, path: str) -> Iterator[Complaint]:
        """What is wrong with a value at this path."""
        if not isinstance(value, str):
            yield wrong(path, "Should be string")
        elif value not in self.of:
            name = path.rpartition("/")[2]
            words = self.words or (
                f'The value of "{name}" property is not valid. Should be equal to one of the allowed values:'
            )
            yield Complaint(path=path, message=f"{words} {','.join(self.of)}", fatal=self.fatal)


@dataclass(frozen=True, slots=True)
class Advice:
    """A form that CloudWatch only warns about."""

    of: Form

    def complaints(self, value: Any, path: str) -> Iterator[Complaint]:
        """What is odd about a value at this path."""
        return (replace(each, fatal=False) for each in self.of.complaints(value, path))


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A number; `whole`: without a fraction."""

    low: float | None = None
    high: float | None = None
    whole: bool = False

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


@dataclass(frozen=True, slots=True)
class Period:
    """1, 5, 10, 30 or a multiple of 60 seconds."""

    def complaints(self, value: Any, path: str) -> Iterator[Complaint]:
        """What is wrong with a period."""
        if not is_number(value) or value % 1:
            yield wrong(path, "Should be integer")
        elif value not in _SHORT_PERIODS and (value < _MINUTE or value % _MINUTE):
            if value < _MINUTE:
                yield wrong(path, f"Should be >= {_MINUTE}")
            if value % _MINUTE:
                yield wrong(path, f"Should be multiple of {_MINUTE}")
            yield wrong(path, NOT_ONE)


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
            yield wrong(path, f"Should NOT have less than {self.fewest} items")
        if self.most is not None and len(value) > self.most:
            yield wrong(path, f"Should NOT have more than {self.most} items")
            return
        for number, each in enumerate(value):
            yield from self.of.complaints(each, f"{path}/{number}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """An object; another property than its own is a warning.

    `rules`: what holds among its fields, asked when each field has its form.
    """

    fields: Mapping[str, Form]
    required: Sequence[str] = ()
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
        yield from lacking(self.required, value, path)
        words = _UNEXPECTED_IN_WIDGET if path.startswith("/widgets/") else _UNEXPECTED
        for name in (each for each in value if each not in self.fields):
            yield Complaint(path=path, message=words.format(name), fatal=False, passed_over=True)
        for name in sorted(value.keys() & self.fields.keys()):
            yield from self.fields[name].complaints(value[name], f"{path}/{name}")


def lacking(names: Sequence[str], value: Mapping[str, Any], path: str) -> Iterator[Complaint]:
    """Which of these properties an object doesn't have."""
    return (wrong(path, f"Should have required property '{each}'") for each in names if each not in value)


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
