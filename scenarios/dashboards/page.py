"""A dashboard as one page of HTML that needs nothing else: graphs are SVG in it, and it runs no script.

What of it can't be drawn says so and why, each widget for itself. Names and texts are strangers': all of
it is escaped.
"""

import html
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from chalicelib.http.html import STYLE
from scenarios.dashboards.body import Dashboard
from scenarios.dashboards.drawing import Graph, draw, newest
from scenarios.dashboards.markdown import as_html
from scenarios.dashboards.series import Ask, Line, Span, lines
from scenarios.dashboards.times import span_of

COLUMN_PIXELS, ROW_PIXELS = 50, 50
DEFAULT_SIZE: Final = 6
_STYLE: Final = """
main { max-width: none; }
.board { display: grid; grid-template-columns: repeat(24, minmax(0, 1fr)); gap: 0.5rem; }
.widget { background: var(--paper); border: 1px solid var(--line); padding: 0.5rem; overflow: auto; }
.widget h2 { font-size: 0.95rem; margin: 0 0 0.3rem; }
.widget svg { width: 100%; height: auto; background: white; }
.number { font-size: 2rem; font-variant-numeric: tabular-nums; } .undrawn { color: var(--muted, #666); }
.ALARM { color: #d13212; } .OK { color: #1d8102; } .INSUFFICIENT_DATA { color: #687078; }
.alarms { columns: 24rem; margin: 0; padding: 0; list-style: none; overflow-wrap: anywhere; }
@media (max-width: 60rem) { .board { display: block; } .widget { margin-bottom: 0.5rem; } }
"""
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"
_REFERENCE = re.compile(r'(\bid="|url\(#|href="#)')


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where the data comes from.

    `alarms`: what DescribeAlarms tells of these ARNs; `logs`: the rows that a query of Logs Insights gives in
    a region; `troubles`: what any of them may raise for one widget's sake.
    """

    metrics: Ask
    alarms: Callable[[Sequence[str]], Sequence[Mapping[str, Any]]]
    logs: Callable[[str, str, Span], Sequence[Mapping[str, str]]]
    troubles: tuple[type[BaseException], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page, and how many widgets could not be drawn."""

    text: str
    undrawn: tuple[str, ...]


def page(name: str, dashboard: Dashboard, source: Source, now: datetime) -> Page:
    """Draw a dashboard as it is at a moment."""
    span = _span(dashboard.content, now)
    drawing = _Drawing(dashboard, source, span, now)
    widgets = "".join(drawing.widget(number, each) for number, each in enumerate(dashboard.widgets))
    shown = f"{span.start:%Y-%m-%d %H:%M} to {span.end:%Y-%m-%d %H:%M} UTC"
    title = html.escape(name)
    return Page(
        text=(
            f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
            f'<meta name="viewport" content="width=device-width"><style>{STYLE}{_STYLE}</style></head>'
            f'<body><main><h1>{title}</h1><p>{shown}</p><div class="board">{widgets}</div></main>'
            "</body></html>\n"
        ),
        undrawn=tuple(drawing.undrawn),
    )


def _span(content: Mapping[str, Any], now: datetime) -> Span:
    """What a dashboard shows; times that CloudWatch only warns of, or an end alone, count as none.

    Source: https://github.com/aws/aws-cdk/pull/27124 (an end without a start is passed over)
    """
    try:
        return span_of(content if "start" in content else {}, now)
    except ValueError:
        return span_of({}, now)


class _NotDrawn(Exception):
    """A widget that has no picture here."""


class _Drawing:
    """One dashboard on its way to a page."""

    def __init__(self, dashboard: Dashboard, source: Source, span: Span, now: datetime) -> None:
        self._inherits = dashboard.content.get("periodOverride") == "inherit"
        self._source = source
        self._span = span
        self._now = now
        self._troubles: tuple[type[BaseException], ...] = (
            *(_NotDrawn, ValueError, OverflowError),
            *source.troubles,
        )
        self.undrawn: list[str] = []

    def widget(self, number: int, widget: Mapping[str, Any]) -> str:
        """A widget in its place."""
        properties = widget["properties"]
        title = str(properties.get("title", ""))
        try:
            within = self._within(number, widget)
        except self._troubles as error:
            self.undrawn.append(f"{title or 'widget ' + str(number + 1)}: {' '.join(str(error).split())}")
            within = f'<p class="undrawn">Not drawn: {html.escape(str(error))}</p>'
        heading = f"<h2>{html.escape(title)}</h2>" if title else ""
        return f'<section class="widget" style="{_place(widget)}">{heading}{within}</section>'

    def _within(self, number: int, widget: Mapping[str, Any]) -> str:
        properties = widget["properties"]
        match widget["type"]:
            case "text":
                return as_html(properties["markdown"])
            case "metric":
                return self._metric(number, widget)
            case "alarm":
                return self._alarms(properties)
            case "log" if not {"region", "query"} <= properties.keys():
                raise _NotDrawn("the widget has no region, or no query")
            case "log":
                return _table(self._source.logs(properties["region"], properties["query"], self._span))
            case other:
                raise _NotDrawn(f"widgets of the kind {other} are not drawn here")

    def _metric(self, number: int, widget: Mapping[str, Any]) -> str:
        properties = dict(widget["properties"])
        if alarms := properties.get("annotations", {}).get("alarms"):
            properties |= self._of_alarm(alarms[0])
        elif properties.get("metrics") and "region" not in properties:
            raise _NotDrawn("the widget names no region")
        span = span_of(properties, self._now) if "start" in properties else self._span
        found = lines(properties, span, self._source.metrics, inherits=self._inherits)
        match properties.get("view"):
            case "singleValue":
                return _numbers(found)
            case "gauge":
                return _gauges(found, properties["yAxis"]["left"])
            case "table":
                return _table([_summed(each) for each in found])
        width = int(widget.get("width", DEFAULT_SIZE)) * COLUMN_PIXELS
        height = max(int(widget.get("height", DEFAULT_SIZE)) * ROW_PIXELS - 40, 80)
        untitled = {name: value for name, value in properties.items() if name != "title"}
        graph = Graph(properties=untitled, lines=found, span=span, width=max(width, 200), height=height)
        svg = draw(graph, "svg").decode()
        return _REFERENCE.sub(rf"\1w{number}-", svg[svg.index("<svg") :])

    def _of_alarm(self, arn: str) -> dict[str, Any]:
        """The metrics and the threshold of an alarm."""
        alarm = next(iter(self._source.alarms([arn])), None)
        if alarm is None or ("MetricName" not in alarm and not alarm.get("Metrics")):
            raise _NotDrawn(f"the alarm {arn.rpartition(':')[2]} has no metric, or is not there")
        told = f"{alarm.get('ComparisonOperator', '')} {alarm.get('Threshold', 0):g}"
        line = {"value": alarm.get("Threshold", 0), "label": told}
        region = (arn.split(":") + [""] * 4)[3]
        return {"region": region, "metrics": _rows_of_alarm(alarm), "annotations": {"horizontal": [line]}}

    def _alarms(self, properties: Mapping[str, Any]) -> str:
        order = ("ALARM", "INSUFFICIENT_DATA", "OK")
        wanted = properties.get("states") or order
        told = [each for each in self._source.alarms(properties["alarms"]) if each["StateValue"] in wanted]
        told = sorted(told, key=lambda each: (order.index(each["StateValue"]), each["AlarmName"]))
        rows = "".join(
            f'<li class="{each["StateValue"]}">{each["StateValue"]}: {html.escape(each["AlarmName"])}</li>'
            for each in told
        )
        return f'<ul class="alarms">{rows}</ul>' if rows else "<p>No alarm is in these states.</p>"


def _rows_of_alarm(alarm: Mapping[str, Any]) -> list[list[Any]]:
    if "MetricName" in alarm:
        stat = alarm.get("ExtendedStatistic") or alarm.get("Statistic", "Average")
        return [[*_named(alarm), {"stat": stat, "period": alarm["Period"]}]]
    rows: list[list[Any]] = []
    for each in alarm["Metrics"]:
        look: dict[str, Any] = {"id": each["Id"], "visible": each.get("ReturnData", True)}
        if "Expression" in each:
            rows.append([{**look, "expression": each["Expression"], "label": each.get("Label", each["Id"])}])
            continue
        stat = each["MetricStat"]
        look |= {"stat": stat["Stat"], "period": stat["Period"]}
        rows.append([*_named(stat["Metric"]), look])
    return rows


def _named(metric: Mapping[str, Any]) -> list[str]:
    """The fields of a metric's row."""
    dimensions = [part for each in metric.get("Dimensions", ()) for part in (each["Name"], each["Value"])]
    return [metric["Namespace"], metric["MetricName"], *dimensions]


def _place(widget: Mapping[str, Any]) -> str:
    width, height = (int(widget.get(each, DEFAULT_SIZE)) for each in ("width", "height"))
    column, row = f"span {width}", f"span {height}"
    if "x" in widget:
        column, row = f"{int(widget['x']) + 1} / {column}", f"{int(widget['y']) + 1} / {row}"
    return f"grid-column: {column}; grid-row: {row}; min-height: {height * ROW_PIXELS // 2}px"


def _value(line: Line) -> str:
    value = newest(line)
    return "no data" if value is None else f"{value:.6g}"


def _numbers(found: Sequence[Line]) -> str:
    return "".join(
        f'<p><span class="number">{_value(each)}</span> {html.escape(each.label)}</p>' for each in found
    )


def _gauges(found: Sequence[Line], limits: Mapping[str, float]) -> str:
    return "".join(
        f'<p>{html.escape(each.label)}: {_value(each)}<br><meter min="{limits["min"]}" max="{limits["max"]}" '
        f'value="{newest(each) or 0}"></meter></p>'
        for each in found
    )


def _summed(line: Line) -> dict[str, str]:
    values = [value for _, value in line.points]
    if not values:
        return {"metric": line.label, "points": "0"}
    numbers = {"min": min(values), "max": max(values), "sum": sum(values), "avg": sum(values) / len(values)}
    told = {name: f"{value:.6g}" for name, value in numbers.items()}
    return {"metric": line.label, "points": str(len(values)), **told}


def _table(rows: Sequence[Mapping[str, str]]) -> str:
    if not rows:
        return "<p>No rows.</p>"
    names = list(dict.fromkeys(name for row in rows for name in row if name != "@ptr"))
    head = "".join(f"<th>{html.escape(each)}</th>" for each in names)
    body = "".join(
        "<tr>" + "".join(f"<td>{html.escape(str(row.get(each, '')))}</td>" for each in names) + "</tr>"
        for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
