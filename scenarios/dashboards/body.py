"""The text of a dashboard, as PutDashboard takes it: what is wrong with it, and what would be ignored.

Sources: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html,
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutDashboard.html
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from scenarios.dashboards.shapes import (
    Anything,
    Complaint,
    Fields,
    Flag,
    Items,
    Number,
    Scalar,
    Text,
    wrong,
)
from scenarios.dashboards.widgets import AGO, ISO, KINDS

MOST_WIDGETS, MOST_VARIABLES, COLUMNS = 500, 25, 24
NO_OBJECT: Final = "The field DashboardBody must be a valid JSON object"
_POSITIONS: Final = ("x", "y")


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
    found = list(_BODY.complaints(content, ""))
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


def _times(given: Mapping[str, Any], path: str) -> Iterator[Complaint]:
    """`end` needs `start`, and both are absolute then; `start` alone is relative."""
    start, end = given.get("start"), given.get("end")
    if end is not None and start is None:
        yield wrong(path, "Should have required property 'start'")
    elif end is not None and not re.fullmatch(ISO, str(start)):
        yield wrong(f"{path}/start", "Should be an absolute time, as end is given")
    elif end is None and start is not None and not re.fullmatch(AGO, str(start)):
        yield wrong(f"{path}/start", "Should be a relative time such as -PT6H, as end is not given")


def _chosen(given: Mapping[str, Any], path: str) -> Iterator[Complaint]:
    """A variable names what it changes; one that is chosen from a list has values, or a search for them."""
    kind = given["type"]
    if kind not in given:
        yield wrong(path, f"Should have required property '{kind}'")
    if given["inputType"] != "input" and "values" not in given:
        for name in ("search", "populateFrom"):
            if name not in given:
                yield wrong(path, f"Should have required property '{name}'")
    default, values = given.get("defaultValue"), given.get("values")
    if (
        given["inputType"] != "input"
        and values is not None
        and "search" not in given
        and default is not None
        and default not in [each["value"] for each in values]
    ):
        yield wrong(f"{path}/defaultValue", "Should be equal to one of the values")


class _Widget:
    """A widget of any kind; its properties have the form of its kind."""

    _common: Final = Fields(
        fields={
            "type": Text(choices=tuple(KINDS)),
            "x": Number(whole=True, low=0, high=COLUMNS - 1),
            "y": Number(whole=True, low=0),
            "width": Number(whole=True, low=1, high=COLUMNS),
            "height": Number(whole=True, low=1, high=1000),
            "properties": Anything(),
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
            yield wrong(path, f"Should have required property '{other}'")
        kind = value.get("type")
        if isinstance(kind, str) and kind in KINDS and "properties" in value:
            yield from KINDS[kind].complaints(value["properties"], f"{path}/properties")


_VALUE: Final = Fields(fields={"value": Scalar(longest=255), "label": Text(longest=255)}, required=("value",))
_VARIABLE: Final = Fields(
    fields={
        "type": Text(choices=("property", "pattern")),
        "property": Text(fewest=1),
        "pattern": Text(fewest=1),
        "inputType": Text(choices=("input", "select", "radio")),
        "values": Items(of=_VALUE, fewest=1, most=500),
        "id": Text(pattern="[0-9A-Za-z_-]{1,32}"),
        "label": Text(longest=30),
        "defaultValue": Scalar(longest=255),
        "search": Text(longest=2048),
        "populateFrom": Text(fewest=1),
        "visible": Flag(),
    },
    required=("type", "inputType", "id"),
    rules=(_chosen,),
)
_BODY: Final = Fields(
    fields={
        "widgets": Items(of=_Widget(), most=MOST_WIDGETS),
        "variables": Items(of=_VARIABLE, most=MOST_VARIABLES),
        "start": Text(pattern=f"{ISO}|{AGO}"),
        "end": Text(pattern=ISO),
        "periodOverride": Text(choices=("auto", "inherit")),
    },
    required=("widgets",),
    rules=(_times,),
)
