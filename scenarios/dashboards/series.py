"""What a metric widget shows: the questions to GetMetricData, and the answers as lines.

A row of another region is asked for there, beside the others. A period is what the row or the widget says,
and longer where more than 1,440 points would come of it, unless the dashboard inherits periods; CloudWatch's
own measure is unconfirmed. A label of ours is the metric's name, with what tells it apart from the others.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from scenarios.dashboards.rows import Row, rows_of

Ask = Callable[[str, Mapping[str, Any]], Mapping[str, Any]]
"""GetMetricData of a region, with these parameters."""

DEFAULT_PERIOD, DEFAULT_STATISTIC = 300, "Average"
MOST_POINTS: Final = 1_440
_MINUTE: Final = 60
# The first ten of matplotlib's, which CloudWatch's own graphs resemble.
COLOURS: Final = (
    *("#1f77b4", "#ff7f0e", "#2ca02c", "#d62728", "#9467bd"),
    *("#8c564b", "#e377c2", "#7f7f7f", "#bcbd22", "#17becf"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a graph: (seconds since 1970, value), oldest first. `right`: on the right axis."""

    label: str
    points: tuple[tuple[float, float], ...]
    period: int
    colour: str
    right: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """From when to when a graph goes."""

    start: datetime
    end: datetime

    @property
    def seconds(self) -> float:
        """How long it is."""
        return (self.end - self.start).total_seconds()


def lines(properties: Mapping[str, Any], span: Span, ask: Ask, *, inherits: bool = False) -> list[Line]:
    """The lines of a widget; `inherits`: periods stay as they are. Raises what `ask` raises."""
    rows = rows_of(properties.get("metrics", ()))
    home = str(properties.get("region", ""))
    ids = dict(enumerate(_ids(rows)))
    periods = [_period(row, properties, span, inherits=inherits) for row in rows]
    answered: dict[str, list[Mapping[str, Any]]] = {}
    for region in dict.fromkeys(str(row.look.get("region", home)) for row in rows):
        queries = [
            _query(row, ids[number], properties, periods[number])
            for number, row in enumerate(rows)
            if row.look.get("region", home) == region
        ]
        for each in _answers(region, queries, span, ask):
            answered.setdefault(str(each["Id"]), []).append(each)
    names = _labels(rows)
    found: list[Line] = []
    for number, row in enumerate(rows):
        if row.is_drawn:
            found += _drawn(row, names[number], answered.get(ids[number], ()), periods[number], len(found))
    return found


def _drawn(
    row: Row,
    label: str,
    results: Sequence[Mapping[str, Any]],
    period: int,
    before: int,
) -> Iterator[Line]:
    merged: dict[str, dict[float, float]] = {}
    for each in results or ({"Label": label, "Timestamps": (), "Values": ()},):
        # An expression may give several, told apart by their labels; a page goes on with the same one.
        points = merged.setdefault(str(each["Label"]), {})
        points |= {
            at.timestamp(): float(value) for at, value in zip(each["Timestamps"], each["Values"], strict=True)
        }
    for place, (own, points) in enumerate(merged.items()):
        yield Line(
            label=label if len(merged) == 1 else f"{label}: {own}",
            points=tuple(sorted(points.items())),
            period=period,
            colour=str(row.look.get("color", COLOURS[(before + place) % len(COLOURS)])),
            right=row.look.get("yAxis") == "right",
        )


def _answers(
    region: str, queries: Sequence[Mapping[str, Any]], span: Span, ask: Ask
) -> Iterator[Mapping[str, Any]]:
    """The results, page by page."""
    if not any(each.get("ReturnData", True) for each in queries):
        return
    asked: dict[str, Any] = {"MetricDataQueries": queries, "StartTime": span.start, "EndTime": span.end}
    while True:
        page = ask(region, asked)
        yield from page["MetricDataResults"]
        if not page.get("NextToken"):
            return
        asked = {**asked, "NextToken": page["NextToken"]}


def _ids(rows: Sequence[Row]) -> Iterator[str]:
    """The rows' own ids, and others for those that have none."""
    taken = {row.id for row in rows}
    free = (f"row{number}" for number in range(2 * len(rows)) if f"row{number}" not in taken)
    return (row.id or next(free) for row in rows)


def _period(row: Row, properties: Mapping[str, Any], span: Span, *, inherits: bool) -> int:
    """How far apart a row's points are, in seconds."""
    said = int(row.look.get("period", properties.get("period", DEFAULT_PERIOD)))
    fewest = 0 if inherits else math.ceil(span.seconds / MOST_POINTS / _MINUTE) * _MINUTE
    return said if said < _MINUTE >= fewest else max(said, fewest)


def _query(row: Row, name: str, properties: Mapping[str, Any], period: int) -> dict[str, Any]:
    shown = {"Id": name, **({} if row.is_drawn else {"ReturnData": False})}
    if account := row.look.get("accountId", properties.get("accountId")):
        shown["AccountId"] = account
    if row.expression:
        return {**shown, "Expression": row.expression}
    metric: dict[str, Any] = {"Namespace": row.namespace, "MetricName": row.name}
    if row.dimensions:
        metric["Dimensions"] = [{"Name": each, "Value": value} for each, value in row.dimensions.items()]
    stat = str(row.look.get("stat", properties.get("stat", DEFAULT_STATISTIC)))
    return {**shown, "MetricStat": {"Metric": metric, "Period": period, "Stat": stat}}


def _labels(rows: Sequence[Row]) -> list[str]:
    """What each row is called: by itself, or by what tells it apart."""
    metrics = [row for row in rows if not row.expression]
    several = len({(row.namespace, row.name) for row in metrics}) > 1
    divided = len({tuple(row.dimensions.items()) for row in metrics}) > 1
    return [_label(row, several=several, divided=divided) for row in rows]


def _label(row: Row, *, several: bool, divided: bool) -> str:
    if "label" in row.look:
        return str(row.look["label"])
    if row.expression:
        return row.id or row.expression
    apart = " ".join(row.dimensions.values()) if divided else ""
    return " ".join(filter(None, (apart, row.name if several or not apart else "")))


def moment(text: str) -> datetime:
    """A moment in ISO 8601, such as widgets have; raises ValueError."""
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)
