"""The text of a dashboard, as PutDashboard takes it: what is wrong with it, and what would be ignored.

CloudWatch takes a dashboard whose `start`, `end` or `periodOverride` is none of the page's, or whose `end`
has no `start`: recorded, as `shapes` says. Of the widgets, `type` is only warned of too.

Sources: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html,
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutDashboard.html
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from scenarios.dashboards.shapes import (
    NOT_ONE,
    Advice,
    Choice,
    Complaint,
    Fields,
    Flag,
    Items,
    Number,
    Scalar,
    Text,
    lacking,
    wrong,
)
from scenarios.dashboards.widgets import KINDS

MOST_WIDGETS, MOST_VARIABLES, COLUMNS = 500, 25, 24
NO_OBJECT: Final = "The field DashboardBody must be a valid JSON object"
_POSITIONS: Final = ("x", "y")
_DAY: Final = (
    r"(?:[1-9]\d{3}-(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)|"
    r"(?:0[13578]|1[02])-31)|(?:[1-9]\d(?:0[48]|[2468][048]|[13579][26])|"
    r"(?:[2468][048]|[13579][26])00)-02-29)"
)
_MOMENT: Final = rf"^{_DAY}T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{{1,9}})?(?:Z|[+-][01]\d:[0-5]\d)$"


class InvalidBody(ValueError):
    """A text that is no dashboard. `complaints`: the errors in it, none where it is no JSON object."""

    def __init__(self, complaints: Sequence[Complaint] = ()) -> None:
        """The words are CloudWatch's."""
        self.complaints = tuple(complaints)
        super().__init__(_told(self.complaints) if self.complaints else NO_OBJECT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dashboard:
    """A dashboard's content, and what CloudWatch warns of."""

    content: Mapping[str, Any]
    warnings: tuple[Complaint, ...] = ()

    @property
    def text(self) -> str:
        """The text that GetDashboard answers: the same JSON without blanks, what is warned of included."""
        return json.dumps(self.content, ensure_ascii=False, separators=(",", ":"))

    @property
    def widgets(self) -> Sequence[Mapping[str, Any]]:
        """Its widgets, in order."""
        found: Sequence[Mapping[str, Any]] = self.content["widgets"]
        return found


def read(text: str) -> Dashboard:
    """A dashboard of its text; raises InvalidBody."""
    try:
        content = json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise InvalidBody from error
    if not isinstance(content, dict):
        raise InvalidBody
    found = [*_BODY.complaints(content, ""), *_twice(content.get("variables"))]
    errors = [each for each in found if each.fatal]
    if errors:
        raise InvalidBody(errors)
    return Dashboard(content=content, warnings=tuple(found))


def _no_number(word: str) -> Any:
    raise ValueError(f"{word} is not JSON")


def _told(complaints: Sequence[Complaint]) -> str:
    listed = [{"dataPath": each.path, "message": each.message} for each in complaints]
    return (
        f"The dashboard body is invalid, there are {len(listed)} validation errors:\n"
        f"{json.dumps(listed, indent=2)}"
    )


# ---- the whole ----------------------------------------------------------------------------------


def _default(given: Mapping[str, Any], path: str) -> Iterator[Complaint]:
    """The default of a variable that is chosen from a list is on it."""
    default, values = given.get("defaultValue"), given.get("values")
    if (
        given["inputType"] != "input"
        and values is not None
        and default is not None
        and default not in [each["value"] for each in values]
    ):
        yield wrong(f"{path}/defaultValue", "Should be equal to one of the values")


class _Variable:
    """A variable names what it changes; one that is chosen from a list has one source of values."""

    _sources: Final = (("values",), ("tag",), ("search", "populateFrom"), ("searchLabelValues",))

    def complaints(self, value: Any, path: str) -> Iterator[Complaint]:
        """What is wrong with a variable."""
        yield from _VARIABLE.complaints(value, path)
        if not isinstance(value, dict):
            return
        yield from lacking(("pattern" if value.get("type") == "pattern" else "property",), value, path)
        if value.get("inputType") in ("select", "radio"):
            fitting = sum(value.keys() >= set(each) for each in self._sources)
            if fitting != 1:
                for each in self._sources if not fitting else ():
                    yield from lacking(each, value, path)
                yield wrong(path, NOT_ONE)


def _twice(variables: Any) -> Iterator[Complaint]:
    """Two variables can't change the same property."""
    seen: set[str] = set()
    for number, each in enumerate(variables if isinstance(variables, list) else ()):
        name = each.get("property") if isinstance(each, dict) else None
        if isinstance(name, str) and each.get("type") == "property":
            if name in seen:
                yield wrong(f"/variables/{number}/property", f'Duplicated property in variable: "{name}"')
            seen.add(name)


class _Object:
    """Any object."""

    def complaints(self, value: Any, path: str) -> Iterator[Complaint]:
        """What is wrong with a value at this path."""
        if not isinstance(value, dict):
            yield wrong(path, "Should be object")


class _Widget:
    """A widget of any kind; its properties have the form of its kind."""

    _common: Final = Fields(
        fields={
            "type": Choice(
                of=tuple(KINDS),
                words="The specified widget type is unknown. Use one of the allowed values:",
            ),
            "x": Number(whole=True, low=0, high=COLUMNS - 1),
            "y": Number(whole=True, low=0),
            "width": Number(whole=True, low=1, high=COLUMNS),
            "height": Number(whole=True, low=1, high=1000),
            "properties": _Object(),
        },
        required=("type", "properties"),
    )

    def complaints(self, value: Any, path: str) -> Iterator[Complaint]:
        """What is wrong with a widget."""
        yield from self._common.complaints(value, path)
        if not isinstance(value, dict):
            return
        given = [each for each in _POSITIONS if each in value]
        if len(given) == 1:
            other = next(each for each in _POSITIONS if each not in value)
            yield wrong(path, f"Should have property {other} when property {given[0]} is present")
        kind = value.get("type")
        if isinstance(kind, str) and kind in KINDS and isinstance(value.get("properties"), dict):
            yield from KINDS[kind].complaints(value["properties"], f"{path}/properties")


_VALUE: Final = Fields(fields={"value": Scalar(longest=255), "label": Text(longest=255)}, required=("value",))
_VARIABLE: Final = Fields(
    fields={
        "type": Choice(
            of=("property", "pattern"),
            words="The specified variable type is unknown. Use one of the allowed values:",
            fatal=True,
        ),
        "property": Text(fewest=1),
        "pattern": Text(fewest=1),
        "inputType": Choice(
            of=("input", "select", "radio"),
            words="The specified variable inputType is unknown. Use one of the allowed values:",
            fatal=True,
        ),
        "values": Items(of=_VALUE, fewest=1, most=500),
        "id": Text(pattern="^[0-9A-Za-z_-]+$", longest=32),
        "label": Text(longest=30),
        "defaultValue": Scalar(longest=255),
        "search": Text(longest=2048),
        "populateFrom": Text(fewest=1),
        "searchLabelValues": Text(),
        "tag": Text(),
        "visible": Flag(),
    },
    required=("type", "inputType", "id"),
    rules=(_default,),
)
_BODY: Final = Fields(
    fields={
        "widgets": Items(of=_Widget(), most=MOST_WIDGETS),
        "variables": Items(of=_Variable(), most=MOST_VARIABLES),
        "start": Advice(Text(pattern=rf"({_MOMENT})|(^\-?P(T|\d))")),
        "end": Advice(Text(pattern=_MOMENT)),
        "periodOverride": Advice(Text(pattern="^(inherit|auto)$")),
    },
    required=("widgets",),
)
