"""The shapes of properties: which there are, what may be in them, and what becomes of them.

Every type of resource has one `Shape`, an allow-list: a property that is not in it is an error, at any depth.
Otherwise the rehearsal would accept a property that it never read. A property is read, or it is `Inert` with
a reason, or `Refused`.

CloudFormation is lenient about scalars ("60" is a number, "true" a boolean) and so are we.
"""

import json
import math
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from scenarios.cloud.authorization.document import MalformedPolicy, parse
from scenarios.cloud.authorization.policy_rules import misplaced
from scenarios.cloud.kernel.errors import InvalidTemplate, NotSimulated


class UnknownProperty(InvalidTemplate):
    """A property that isn't in its `Shape`; whether CloudFormation has it, the shape can't tell."""


class Form(Protocol):
    """What a value may be."""

    def check(self, value: Any, at: str) -> Any:
        """Return the value as boto3 wants it.

        Raises:
            InvalidTemplate: naming `at`, the logical id and the path of the property.
            NotSimulated: AWS would do something with it that the simulated AWS does not.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A string, of these choices or this pattern if any are given; numbers and booleans are spelled out."""

    choices: Collection[str] = ()
    pattern: str = ""
    longest: int = 0

    def check(self, value: Any, at: str) -> str:
        """Return the string."""
        if isinstance(value, bool):
            value = "true" if value else "false"
        if not isinstance(value, str | int | float):
            raise InvalidTemplate(at, f"expected a string, found {_kind(value)}")
        text = str(value)
        if self.choices and text not in self.choices:
            raise InvalidTemplate(at, f"{text!r} is none of {', '.join(sorted(self.choices))}")
        if self.pattern and not re.fullmatch(self.pattern, text):
            raise InvalidTemplate(at, f"{text!r} does not match {self.pattern}")
        if self.longest and len(text) > self.longest:
            raise InvalidTemplate(at, f"longer than {self.longest} characters")
        return text


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """A whole number between two bounds, or one of a few."""

    low: int = 0
    high: int | None = None
    choices: Collection[int] = ()

    def check(self, value: Any, at: str) -> int:
        """Return the number."""
        if isinstance(value, bool) or not re.fullmatch(r"-?\d+", str(value)):
            raise InvalidTemplate(at, f"expected a whole number, found {value!r}")
        number = int(value)
        if self.choices and number not in self.choices:
            raise InvalidTemplate(at, f"{number} is none of {', '.join(map(str, sorted(self.choices)))}")
        if number < self.low or (self.high is not None and number > self.high):
            raise InvalidTemplate(at, f"{number} is not between {self.low} and {self.high}")
        return number


@dataclass(frozen=True, slots=True)
class Number:
    """A number, whole or not."""

    def check(self, value: Any, at: str) -> float:
        """Return the number."""
        try:
            number = math.nan if isinstance(value, bool) else float(value)
        except (TypeError, ValueError):
            number = math.nan
        if not math.isfinite(number):
            raise InvalidTemplate(at, f"expected a number, found {value!r}")
        return number


@dataclass(frozen=True, slots=True)
class Flag:
    """True or false."""

    def check(self, value: Any, at: str) -> bool:
        """Return the boolean."""
        if isinstance(value, bool):
            return value
        if value in ("true", "false", "True", "False"):
            return str(value).lower() == "true"
        raise InvalidTemplate(at, f"expected true or false, found {value!r}")


@dataclass(frozen=True, slots=True)
class Document:
    """A JSON object whose inside is AWS's business: a policy, a pattern, an API's definition."""

    def check(self, value: Any, at: str) -> dict[str, Any]:
        """Return the object; text is parsed."""
        if isinstance(value, str):
            try:
                value = json.loads(value)
            except ValueError as error:
                raise InvalidTemplate(at, f"not JSON: {error}") from error
        if not isinstance(value, dict):
            raise InvalidTemplate(at, f"expected an object, found {_kind(value)}")
        return value


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyDocument:
    """An IAM policy document, by the grammar that will judge under it; `of_resource` ones name principals."""

    of_resource: bool

    def check(self, value: Any, at: str) -> dict[str, Any]:
        """Return the document."""
        document = Document().check(value, at)
        for path, why in misplaced(document):
            raise InvalidTemplate(f"{at}.{path}", why)
        try:
            parse(document, attached_to_resource=self.of_resource)
        except MalformedPolicy as error:
            raise InvalidTemplate(at, f"MalformedPolicyDocument: {error}") from error
        return document


@dataclass(frozen=True, slots=True, kw_only=True)
class Many:
    """A list."""

    of: Form
    least: int = 0
    most: int | None = None

    def check(self, value: Any, at: str) -> list[Any]:
        """Return the list."""
        if not isinstance(value, list):
            raise InvalidTemplate(at, f"expected a list, found {_kind(value)}")
        if self.most is not None and len(value) > self.most:
            raise InvalidTemplate(at, f"{len(value)} is more than {self.most}")
        if len(value) < self.least:
            raise InvalidTemplate(at, f"{len(value)} is less than {self.least}")
        return [self.of.check(item, f"{at}[{index}]") for index, item in enumerate(value)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """An object with names of the author's choosing."""

    of: Form

    def check(self, value: Any, at: str) -> dict[str, Any]:
        """Return the object."""
        if not isinstance(value, dict):
            raise InvalidTemplate(at, f"expected an object, found {_kind(value)}")
        return {name: self.of.check(item, f"{at}.{name}") for name, item in value.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Inert:
    """A property that changes nothing in the simulated AWS, and the reason; its form is checked."""

    because: str
    form: Form | None = None

    def check(self, value: Any, at: str) -> Any:
        """Return it; the function that creates the resource does not get it."""
        return value if self.form is None else self.form.check(value, at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A property of AWS's that the simulated AWS does not have."""

    because: str

    def check(self, value: Any, at: str) -> Any:
        """Refuse it."""
        raise NotSimulated("CloudFormation", f"{at}: {self.because} ({_kind(value)})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """An object with known properties."""

    fields: Mapping[str, Form]
    required: Collection[str] = ()

    def check(self, value: Any, at: str) -> dict[str, Any]:
        """Return the properties that have an effect."""
        if not isinstance(value, dict):
            raise InvalidTemplate(at, f"expected an object, found {_kind(value)}")
        for name in sorted(value.keys() - self.fields.keys()):
            raise UnknownProperty(f"{at}.{name}", "no such property")
        for name in sorted(set(self.required) - value.keys()):
            raise InvalidTemplate(f"{at}.{name}", "required, and missing")
        checked = {name: self.fields[name].check(part, f"{at}.{name}") for name, part in value.items()}
        return {name: part for name, part in checked.items() if not isinstance(self.fields[name], Inert)}


TAGS = Inert(because="nothing in the simulated AWS reads the tags of a stack's own resources")


def arn(*services: str) -> Text:
    """Return the form of an ARN of one of these services."""
    names = "|".join(services) or r"[a-z0-9-]+"
    return Text(pattern=rf"arn:aws[a-z-]*:(?:{names}):[a-z0-9-]*:(?:\d{{12}}|aws)?:\S+")


def _kind(value: Any) -> str:
    names = {dict: "an object", list: "a list", str: "a string", bool: "a boolean", type(None): "null"}
    return names.get(type(value), "a number")
