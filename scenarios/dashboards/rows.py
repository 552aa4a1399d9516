"""The rows of a widget's `metrics`: namespace, name, dimensions, and how the row is drawn.

A field "." repeats what stands there in the row above, "..." all that the rest of the row doesn't say. The
page has "."; "..." is what the console writes. Where it ends is unconfirmed: here the fields that are given
are the last.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
(Metric Widget: Format for Each Metric in the Array)
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from scenarios.dashboards.shapes import Complaint, Fields, wrong

REPEATED, ALL_REPEATED = ".", "..."
NOT_A_STRING: Final = 'Invalid metric field type, only "String" type is allowed'
NO_ROW: Final = (
    'Field "metrics" has to be an array of array of strings, with an optional metricRenderer object as last '
    "element"
)
_INSIGHTS = re.compile(r"\s*SELECT\s", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row, its fields as they are meant. `expression`: in place of namespace, name and dimensions."""

    namespace: str = ""
    name: str = ""
    dimensions: Mapping[str, str] = field(default_factory=dict)
    expression: str = ""
    look: Mapping[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """By which an expression names it, "" for none."""
        return str(self.look.get("id", ""))

    @property
    def is_drawn(self) -> bool:
        """Whether it is shown, and not only computed with."""
        return bool(self.look.get("visible", True))


def rows_of(metrics: Sequence[Sequence[Any]]) -> list[Row]:
    """The rows of a widget that nothing was complained of."""
    found: list[Row] = []
    above: list[str] = []
    for given in metrics:
        words, look = _parted(given)
        if "expression" in look and not words:
            found.append(Row(expression=str(look["expression"]), look=look))
            continue
        above = _meant(words, above)
        dimensions = dict(zip(above[2::2], above[3::2], strict=True))
        found.append(Row(namespace=above[0], name=above[1], dimensions=dimensions, look=look))
    return found


def complaints(metrics: Sequence[Any], path: str, look: Fields) -> Iterator[Complaint]:
    """What is wrong with rows; `look`: the form of how a row is drawn.

    An object that stands where a row's look stands but has properties of other kinds counts as a field that
    is too much, as reported of `["AWS/ECS", "CPUUtilization", {"ClusterName": "c"}]`.
    """
    above: list[str] | None = []
    for number, given in enumerate(metrics):
        at = f"{path}/{number}"
        found = list(_in_row(given, above, at, look))
        yield from found
        if any(each.fatal for each in found):
            above = None  # what the rows below repeat isn't known
        elif above is not None and (words := _parted(given)[0]):
            above = _meant(words, above)
    yield from _among(metrics, path)


def _in_row(given: Any, above: Sequence[str] | None, at: str, look: Fields) -> Iterator[Complaint]:
    if not isinstance(given, list):
        yield wrong(at, "Should be array")
        yield wrong(at, NO_ROW)
        return
    if not given:
        yield wrong(at, "Should NOT have less than 1 items")
        return
    words, drawn = _parted(given)
    for place, each in enumerate(given[: len(given) - isinstance(given[-1], dict)]):
        if not isinstance(each, str) or not each:
            yield wrong(f"{at}/{place}", NOT_A_STRING)
            return
    if isinstance(given[-1], dict):
        yield from _of_look(given, at, look)
    if not words:
        if "expression" not in drawn:
            yield wrong(f"{at}/0", "Should have required property 'expression'")
        return
    if above is not None:
        yield from _repeated(words, above, at, len(given))


def _of_look(given: Sequence[Any], at: str, look: Fields) -> Iterator[Complaint]:
    place = f"{at}/{len(given) - 1}"
    if len(given) > 1 and not given[-1].keys() <= look.fields.keys():
        yield wrong(at, f"Should NOT have more than {len(given) - 1} items")
        return
    yield from look.complaints(given[-1], place)


def _repeated(words: Sequence[str], above: Sequence[str], at: str, size: int) -> Iterator[Complaint]:
    """What is wrong with what a row says itself and what it repeats."""
    if ALL_REPEATED in words[1:]:
        yield wrong(f"{at}/{words.index(ALL_REPEATED, 1)}", 'Only the first item may be "..."')
    elif words[0] == ALL_REPEATED:
        if len(words) - 1 >= len(above):
            yield wrong(at, "There is no row above of which fields could be repeated")
    elif len(words) % 2:
        if len(words) == 1:
            yield wrong(at, "Should NOT have less than 2 items")
        else:
            yield wrong(at, f"Should NOT have more than {size - 1} items")
    else:
        for place, each in enumerate(words):
            if each == REPEATED and place >= len(above):
                yield wrong(f"{at}/{place}", "There is no field in the row above that could be repeated")


def _among(metrics: Sequence[Any], path: str) -> Iterator[Complaint]:
    """What is wrong among rows: ids that come twice, more than one query of Metrics Insights."""
    seen: set[str] = set()
    queries = 0
    for number, given in enumerate(metrics):
        drawn = _parted(given)[1] if isinstance(given, list) and given else {}
        name, expression = drawn.get("id"), drawn.get("expression")
        if isinstance(name, str) and name in seen:
            yield wrong(f"{path}/{number}", f'The id "{name}" is not unique in this widget')
        seen |= {name} if isinstance(name, str) else set()
        queries += isinstance(expression, str) and bool(_INSIGHTS.match(expression))
    if queries > 1:
        yield wrong(path, "A widget can have only one Metrics Insights query")


def _parted(given: Sequence[Any]) -> tuple[list[Any], Mapping[str, Any]]:
    """The fields of a row, and how it is drawn."""
    if given and isinstance(given[-1], dict):
        return list(given[:-1]), given[-1]
    return list(given), {}


def _meant(words: Sequence[str], above: Sequence[str]) -> list[str]:
    """The fields of a row with what it repeats."""
    if words[0] == ALL_REPEATED:
        own = words[1:]
        kept = len(above) - len(own)
        return [*above[:kept], *(_one(each, above, kept + place) for place, each in enumerate(own))]
    return [_one(each, above, place) for place, each in enumerate(words)]


def _one(word: str, above: Sequence[str], place: int) -> str:
    return above[place] if word == REPEATED else word
