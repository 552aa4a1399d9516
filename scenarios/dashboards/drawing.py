"""Graphs of metrics, as PNG or SVG: lines, stacked areas, bars and pies with axes, legend and annotations.

What is drawn is what GetMetricData answered: where a period has no data a line is broken, and a point without
neighbours is a dot. The look is ours and not CloudWatch's.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Metric-Widget-Structure.html
"""

import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final

from scenarios.dashboards.series import Line, Span, moment

DOTS_PER_INCH: Final = 100
_STEPS: Final = (60, 300, 900, 1800, 3600, 3 * 3600, 6 * 3600, 12 * 3600, 86400, 7 * 86400, 30 * 86400)
_MOST_TICKS: Final = 8
_LONGEST: Final = 60  # characters of a label
_THEMES: Final = {"light": ("white", "#16191f", "#d5dbdb"), "dark": ("#16191f", "#eaeded", "#414d5c")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """What is to be drawn. `properties`: those of the widget; `width`, `height`: pixels."""

    properties: Mapping[str, Any]
    lines: Sequence[Line]
    span: Span
    width: int
    height: int


def draw(graph: Graph, form: str) -> bytes:
    """The picture; `form` is `png` or `svg`."""
    # It takes a second to import, which no other command should pay; Agg needs no screen.
    import matplotlib as mpl  # noqa: PLC0415 - see above

    settings: Any = {
        "svg.hashsalt": "trailwarden",  # the same graph draws the same bytes
        "svg.fonttype": "none",  # text stays text, to be searched and read aloud
        "text.parse_math": False,  # a dollar in a label is a dollar
        "font.size": 8,
    }
    with mpl.rc_context(settings):
        from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415 - see above
        from matplotlib.figure import Figure  # noqa: PLC0415 - see above

        back, text, grid = _THEMES[graph.properties.get("theme", "light")]
        size = (graph.width / DOTS_PER_INCH, graph.height / DOTS_PER_INCH)
        figure = Figure(figsize=size, dpi=DOTS_PER_INCH, facecolor=back, layout="constrained")
        FigureCanvasAgg(figure)
        axis = figure.subplots()
        axis.set_facecolor(back)
        _title(axis, str(graph.properties.get("title", "")), text)
        if graph.properties.get("view") == "pie":
            _pie(axis, graph, text)
        elif graph.properties.get("view") == "bar":
            _bars(axis, graph, text)
        else:
            _times(axis, graph, text, grid)
        out = io.BytesIO()
        figure.savefig(out, format=form, metadata={"Date": None} if form == "svg" else None)
        return out.getvalue()


def _title(axis: Any, title: str, colour: str) -> None:
    if title:
        axis.set_title(_cut(title), loc="left", fontsize=9, color=colour)


def _cut(text: str) -> str:
    """A label as it can stand there; matplotlib leaves out those that begin with an underscore."""
    shown = text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."
    return f" {shown}" if shown.startswith("_") else shown


# ---- lines over time ----------------------------------------------------------------------------


def _times(axis: Any, graph: Graph, text: str, grid: str) -> None:
    right = axis.twinx() if any(each.right for each in graph.lines) else None
    if graph.properties.get("stacked"):
        _stacked(axis, [each for each in graph.lines if not each.right])
        if right is not None:
            _stacked(right, [each for each in graph.lines if each.right])
    else:
        for each in graph.lines:
            _line(right if each.right and right is not None else axis, each)
    axis.set_xlim(graph.span.start.timestamp(), graph.span.end.timestamp())
    limits = graph.properties.get("yAxis", {})
    for side, its in (("left", axis), ("right", right)):
        if its is not None:
            _limited(its, limits.get(side, {}), text)
    _annotate(axis, right, graph)
    _ticks(axis, graph.span, str(graph.properties.get("timezone", "+0000")), text)
    axis.grid(visible=True, color=grid, linewidth=0.5)
    axis.set_axisbelow(True)
    for spine in axis.spines.values():
        spine.set_color(grid)
    if not any(each.points for each in graph.lines):
        middle = {"transform": axis.transAxes, "ha": "center", "va": "center"}
        axis.text(0.5, 0.5, "no data in this time", color=text, **middle)
    _legend(axis, graph, text)


def _line(axis: Any, line: Line) -> None:
    at: list[float] = []
    values: list[float] = []
    for number, (when, value) in enumerate(line.points):
        if number and when - at[-1] > 1.5 * line.period:
            at.append(when)
            values.append(math.nan)
        at.append(when)
        values.append(value)
    axis.plot(at, values, color=line.colour, linewidth=1.3)
    known = {when for when, _ in line.points}
    alone = [
        (when, value) for when, value in line.points if not {when - line.period, when + line.period} & known
    ]
    axis.plot([when for when, _ in alone], [value for _, value in alone], ".", color=line.colour)


def _stacked(axis: Any, lines: Sequence[Line]) -> None:
    """Areas one above the other; where one has no data it adds nothing."""
    times = sorted({at for each in lines for at, _ in each.points})
    if not times:
        return
    period = max(each.period for each in lines)
    edges: list[float] = []
    values: list[list[float]] = [[] for _ in lines]
    for number, at in enumerate(times):
        # An area ends at once where its data does, and a single point is as wide as its period.
        end = min([at + period, *times[number + 1 : number + 2]])
        last = number + 1 == len(times) or times[number + 1] > end
        edges += [at, at, end, end] if last else [at, at, end]
        for each, own in zip(lines, values, strict=True):
            value = dict(each.points).get(at, 0.0)
            before = own[-1] if own else 0.0
            own.extend([before, value, value, 0.0] if last else [before, value, value])
    axis.stackplot(edges, values, colors=[each.colour for each in lines], alpha=0.75)


def _limited(axis: Any, limits: Mapping[str, Any], text: str) -> None:
    bottom, top = limits.get("min"), limits.get("max")
    if bottom is not None and top is not None and bottom >= top:
        bottom = top = None
    flat = axis.dataLim.ymin == axis.dataLim.ymax == 0 or not math.isfinite(axis.dataLim.ymin)
    if flat and bottom is None and top is None:
        bottom, top = 0, 1  # else matplotlib shows a hundredth on both sides of nothing
    axis.set_ylim(bottom=bottom, top=top)
    axis.set_ylabel(_cut(str(limits.get("label", ""))), color=text)
    axis.tick_params(colors=text, labelsize=7)


def _ticks(axis: Any, span: Span, zone: str, text: str) -> None:
    ahead = timedelta(hours=int(zone[1:3]), minutes=int(zone[3:5])) * (-1 if zone[0] == "-" else 1)
    step = next((each for each in _STEPS if span.seconds / each <= _MOST_TICKS), _STEPS[-1])
    shift = ahead.total_seconds()
    first = math.ceil((span.start.timestamp() + shift) / step) * step - shift
    places = [first + step * number for number in range(int(span.seconds // step) + 1)]
    places = [each for each in places if each <= span.end.timestamp()]
    form = "%m-%d" if step >= 86400 else "%H:%M"
    at = timezone(ahead) if ahead else UTC
    axis.set_xticks(places, [f"{datetime.fromtimestamp(each, at):{form}}" for each in places])
    axis.tick_params(colors=text, labelsize=7)


def _annotate(axis: Any, right: Any, graph: Graph) -> None:
    notes = graph.properties.get("annotations", {})
    for given in notes.get("horizontal", ()):
        one, *rest = given if isinstance(given, list) else [given]
        its = right if one.get("yAxis") == "right" and right is not None else axis
        values = [float(each["value"]) for each in (one, *rest)]
        if one.get("visible", True):
            low, high = its.get_ylim()
            its.set_ylim(min(low, *values), max(high, *values))
            far = its.get_ylim()[1 if one.get("fill") == "above" else 0]
            _note(its, [one, *rest], values, far, "h")
    for given in notes.get("vertical", ()):
        one, *rest = given if isinstance(given, list) else [given]
        values = [moment(str(each["value"])).timestamp() for each in (one, *rest)]
        if one.get("visible", True):
            low, high = axis.get_xlim()
            axis.set_xlim(min(low, *values), max(high, *values))
            far = axis.get_xlim()[1 if one.get("fill") == "after" else 0]
            _note(axis, [one, *rest], values, far, "v")


def _note(
    axis: Any, notes: Sequence[Mapping[str, Any]], values: Sequence[float], far: float, way: str
) -> None:
    """Lines with labels, and what is filled between them or to one side."""
    colour = str(notes[0].get("color", "#d62728"))
    line, area = (axis.axhline, axis.axhspan) if way == "h" else (axis.axvline, axis.axvspan)
    for note, value in zip(notes, values, strict=True):
        line(value, color=colour, linewidth=1, linestyle="--")
        if label := _cut(str(note.get("label", ""))):
            at = (0.01, value) if way == "h" else (value, 0.98)
            over = axis.get_yaxis_transform() if way == "h" else axis.get_xaxis_transform()
            turned = {"va": "bottom"} if way == "h" else {"rotation": 90, "va": "top", "ha": "right"}
            axis.text(*at, label, color=colour, fontsize=7, transform=over, **turned)
    if len(values) > 1:
        area(min(values), max(values), color=colour, alpha=0.15, linewidth=0)
    elif notes[0].get("fill", "none") != "none":
        area(min(values[0], far), max(values[0], far), color=colour, alpha=0.15, linewidth=0)


# ---- bars and pies ------------------------------------------------------------------------------


def newest(line: Line) -> float | None:
    """What a number, a bar or a slice shows: the newest value; None without any."""
    return line.points[-1][1] if line.points else None


def _bars(axis: Any, graph: Graph, text: str) -> None:
    values = [newest(each) or 0.0 for each in graph.lines]
    labels = [_cut(each.label) for each in graph.lines]
    axis.bar(range(len(values)), values, color=[each.colour for each in graph.lines])
    axis.set_xticks(range(len(values)), labels, color=text, fontsize=7)
    _limited(axis, graph.properties.get("yAxis", {}).get("left", {}), text)


def _pie(axis: Any, graph: Graph, text: str) -> None:
    slices = [(each, newest(each) or 0.0) for each in graph.lines]
    shown = [(each, value) for each, value in slices if value > 0]
    if not shown:
        axis.axis("off")
        axis.text(0.5, 0.5, "no data in this time", color=text, ha="center", transform=axis.transAxes)
        return
    axis.pie(
        [value for _, value in shown],
        colors=[each.colour for each, _ in shown],
        labels=[_cut(each.label) for each, _ in shown],
        textprops={"color": text, "fontsize": 7},
    )


def _legend(axis: Any, graph: Graph, text: str) -> None:
    position = graph.properties.get("legend", {}).get("position", "bottom")
    if position == "hidden" or not graph.lines:
        return
    from matplotlib.lines import Line2D  # noqa: PLC0415 - as above

    handles = [Line2D([], [], color=each.colour, linewidth=3) for each in graph.lines]
    where: dict[str, Any] = {"loc": "outside lower left", "ncols": 3}
    if position == "right":
        where = {"loc": "outside right upper"}
    labels = [_cut(each.label) for each in graph.lines]
    axis.figure.legend(handles, labels, frameon=False, fontsize=7, labelcolor=text, **where)
