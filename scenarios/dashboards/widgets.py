"""The properties of each kind of widget, as AWS's pages and recordings of PutDashboard have them.

`custom` is a widget that a Lambda function draws; it is on a page of its own. Of charts, timelines and the
widgets of X-Ray there are recordings alone. Where a page asks for a property and CloudWatch took a widget
without it (the query of a log widget, the metrics of an explorer), the recording counts. Whether CloudWatch
warns of a choice that is none, or refuses it, is recorded of `view`, `background` and a widget's `type`; that
it does so with all others is unconfirmed.

Sources: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html,
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/add_custom_widget_dashboard.html,
https://docs.aws.amazon.com/cdk/api/v2/python/aws_cdk.aws_cloudwatch/GraphWidget.html (start, end,
setPeriodToTimeRange, labels); the recordings are those of `shapes`
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from scenarios.dashboards import rows
from scenarios.dashboards.resource_types import RESOURCE_TYPES
from scenarios.dashboards.shapes import (
    Anything,
    Choice,
    Complaint,
    Fields,
    Flag,
    Form,
    Items,
    Number,
    OneOrBand,
    Period,
    Text,
    lacking,
    wrong,
)
from scenarios.dashboards.statistics import IN_A_WIDGET

ISO = r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})"
AGO = r"-P(?:\d+[YMWD])*(?:T(?:\d+[HMS])+)?(?<![PT])"
NO_DATA_SOURCE: Final = (
    "The metric widget should have specified a region and a data source or an alarm annotation"
)
_PARTITION: Final = "^arn:aws(-cn|-us-gov|-iso(-[bef])?|-eusc)?"
_FUNCTION: Final = (
    rf"{_PARTITION}:lambda:[a-z]{{2,}}(-[a-z]+)*-[0-9]{{1,2}}:[0-9]{{12}}:function:[a-zA-Z0-9-_]+"
    r"(:(\$LATEST|[a-zA-Z0-9-_]+))?$"
)
_ONE_ALARM: Final = (
    rf"{_PARTITION}:cloudwatch:([a-z]{{2}}|[a-z]{{4}})(-[a-z]+)*-[0-9]{{1,2}}:[0-9]{{12}}:alarm:.{{1,255}}$"
)
MOST_METRICS, MOST_ALARMS = 500, 100
_COLOUR: Final = Text(pattern="^#(?:[0-9a-fA-F]{3}){1,2}$")
_SIDE: Final = Choice(of=("left", "right"))
_WORDS: Final = Text()
_LEGEND: Final = Fields(fields={"position": Choice(of=("right", "bottom", "hidden"))})
_REGION: Final = Text(fewest=1)
_AXIS: Final = Fields(fields={"label": _WORDS, "min": Number(), "max": Number(), "showUnits": Flag()})
AXES: Final = Fields(fields={"left": _AXIS, "right": _AXIS})
LOOK: Final[Mapping[str, Form]] = {
    "accountId": _WORDS,
    "color": _COLOUR,
    "expression": Text(fewest=1),
    "id": Text(pattern="^[a-z][a-zA-Z0-9_]*$"),
    "label": _WORDS,
    "period": Period(),
    "region": _REGION,
    "stat": Text(pattern=IN_A_WIDGET),
    "visible": Flag(),
    "yAxis": _SIDE,
}


def _annotation(value: Form, fills: tuple[str, ...], **more: Form) -> OneOrBand:
    line = {"value": value, "label": _WORDS, "color": _COLOUR, "visible": Flag(), **more}
    one = Fields(fields={**line, "fill": Choice(of=fills)}, required=("value",))
    edge = Fields(fields={**line, "fill": Anything()}, required=("value",))
    return OneOrBand(one=one, other_edge=edge)


HORIZONTAL: Final = Items(of=_annotation(Number(), ("above", "below", "none"), yAxis=_SIDE))
VERTICAL: Final = Items(of=_annotation(Text(pattern=f"^{ISO}$"), ("before", "after", "none")))
_ANNOTATIONS: Final = Fields(
    fields={"alarms": Items(of=Text(fewest=1), most=1), "horizontal": HORIZONTAL, "vertical": VERTICAL}
)


def _metric_rules(given: Mapping[str, Any], path: str) -> Iterator[Complaint]:
    """Metrics of a region, or annotations; and a gauge says from where to where it goes."""
    if not {"metrics", "region"} <= given.keys() and "annotations" not in given:
        yield from list(lacking(("metrics", "region"), given, path))[:1]
        yield wrong(path, NO_DATA_SOURCE)
        yield from lacking(("annotations",), given, path)
    notes = given.get("annotations", {})
    has_alarm, has_lines = bool(notes.get("alarms")), bool(notes.get("horizontal") or notes.get("vertical"))
    if has_alarm and "metrics" in given:
        yield wrong(path, "A widget can't have both an alarm annotation and metrics")
    if has_alarm and has_lines:
        yield wrong(f"{path}/annotations", "A widget can't have both an alarm and other annotations")
    if given.get("view") == "gauge":
        left = given.get("yAxis", {}).get("left", {})
        for name in ("min", "max"):
            if name not in left:
                yield wrong(f"{path}/yAxis/left", f"Should have required property '{name}'")
    yield from rows.complaints(given.get("metrics", ()), f"{path}/metrics", Fields(fields=LOOK))


def _explorer_rules(given: Mapping[str, Any], path: str) -> Iterator[Complaint]:
    if len({each["resourceType"] for each in given.get("metrics", ())}) > 1:
        yield wrong(f"{path}/metrics", "All metrics must have the same resourceType")


METRIC: Final = Fields(
    fields={
        "accountId": _WORDS,
        "annotations": _ANNOTATIONS,
        "end": Text(pattern=f"^{ISO}$"),
        "labels": Fields(fields={"visible": Flag()}),
        "legend": _LEGEND,
        "liveData": Flag(),
        "metrics": Items(of=Anything(), most=MOST_METRICS),
        "period": Period(),
        "region": _REGION,
        "setPeriodToTimeRange": Flag(),
        "singleValueFullPrecision": Flag(),
        "sparkline": Flag(),
        "stacked": Flag(),
        "start": Text(pattern=f"^(?:{ISO}|{AGO})$"),
        "stat": Text(pattern=IN_A_WIDGET),
        "table": Fields(
            fields={
                "layout": Choice(of=("vertical", "horizontal")),
                "stickySummary": Flag(),
                "showTimeSeriesData": Flag(),
                "summaryColumns": Items(of=Choice(of=("MIN", "MAX", "SUM", "AVG"))),
            }
        ),
        "timezone": Text(pattern=r"^[+-]\d{4}$"),
        "title": _WORDS,
        "trend": Flag(),
        "view": Choice(of=("singleValue", "timeSeries", "bar", "pie", "gauge", "table")),
        "yAxis": AXES,
    },
    rules=(_metric_rules,),
)
TEXT: Final = Fields(
    fields={"markdown": _WORDS, "background": Choice(of=("solid", "transparent"))}, required=("markdown",)
)
LOG: Final = Fields(
    fields={
        "accountId": _WORDS,
        "query": Text(fewest=1),
        "queryLanguage": Choice(of=("CWLI", "SQL", "PPL")),
        "region": _REGION,
        "stacked": Flag(),
        "title": _WORDS,
        "view": Choice(of=("table", "timeSeries", "bar", "pie")),
    },
)
ALARM: Final = Fields(
    fields={
        "alarms": Items(of=Text(fewest=1), fewest=1, most=MOST_ALARMS),
        "sortBy": Choice(of=("default", "stateUpdatedTimestamp", "timestamp")),
        "states": Items(of=Text(pattern="OK|ALARM|INSUFFICIENT_DATA")),
        "title": _WORDS,
    },
    required=("alarms",),
)
EXPLORER: Final = Fields(
    fields={
        "aggregateBy": Fields(
            fields={"key": _WORDS, "func": Choice(of=("AVG", "MIN", "MAX", "STDDEV", "SUM"))}
        ),
        "labels": Items(of=Fields(fields={"key": Text(fewest=1), "value": _WORDS}, required=("key",))),
        "metrics": Items(
            of=Fields(
                fields={
                    "metricName": Text(fewest=1),
                    "resourceType": Choice(of=RESOURCE_TYPES),
                    "stat": Text(pattern=IN_A_WIDGET),
                },
                required=("metricName", "resourceType"),
            ),
            fewest=1,
            most=100,
        ),
        "period": Period(),
        "region": _REGION,
        "splitBy": _WORDS,
        "title": _WORDS,
        "widgetOptions": Fields(
            fields={
                "legend": _LEGEND,
                "rowsPerPage": Number(whole=True, low=1),
                "stacked": Flag(),
                "view": Choice(of=("timeSeries", "bar", "pie")),
                "widgetsPerRow": Number(whole=True, low=1),
            }
        ),
    },
    rules=(_explorer_rules,),
)
CUSTOM: Final = Fields(
    fields={
        "endpoint": Text(pattern=_FUNCTION),
        "params": Anything(),
        "title": _WORDS,
        "updateOn": Fields(fields={"refresh": Flag(), "resize": Flag(), "timeRange": Flag()}),
    },
    required=("endpoint",),
)


class _Chart:
    """A chart; what it lacks is told one by one, its title and view after its data."""

    _fields: Final = Fields(
        fields={
            "data": Fields(fields={"queries": Items(of=Anything())}, required=("queries",)),
            "description": _WORDS,
            "plotOptions": Anything(),
            "region": _REGION,
            "title": _WORDS,
            "view": Choice(
                of=(
                    *("line", "bar", "pie", "number", "solidgauge", "column", "legend", "histogram"),
                    *("heatmap", "scatter"),
                )
            ),
        }
    )

    def complaints(self, value: Any, path: str) -> Iterator[Complaint]:
        """What is wrong with a chart's properties."""
        found = list(self._fields.complaints(value, path))
        yield from found
        if not any(each.fatal for each in found):
            yield from list(lacking(("data", "title", "view"), value, path))[:1]


_OF_TRACES: Final = Fields(
    fields=dict.fromkeys(("accountId", "filterExpression", "groupARN", "region", "title", "traceId"), _WORDS)
)
KINDS: Final[Mapping[str, Form]] = {
    "chart": _Chart(),
    "custom": CUSTOM,
    "metric": METRIC,
    "service": Anything(),
    "text": TEXT,
    "log": LOG,
    "alarm": ALARM,
    "explorer": EXPLORER,
    "timeline": Fields(fields={"alarm": Text(pattern=_ONE_ALARM), "title": _WORDS}, required=("alarm",)),
    "serviceMap": _OF_TRACES,
    "serviceTable": _OF_TRACES,
    "trace": _OF_TRACES,
}
"""The kinds, in CloudWatch's own order."""
