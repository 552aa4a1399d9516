"""The properties of each kind of widget, as AWS's page has them.

`custom` is a widget that a Lambda function draws; it is on a page of its own. What the page for China has
besides, charts, isn't known here.

Sources: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html,
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/add_custom_widget_dashboard.html,
https://docs.aws.amazon.com/cdk/api/v2/python/aws_cdk.aws_cloudwatch/GraphWidget.html (start, end,
setPeriodToTimeRange, labels)
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from scenarios.dashboards import rows
from scenarios.dashboards.resource_types import RESOURCE_TYPES
from scenarios.dashboards.shapes import (
    Anything,
    Complaint,
    Fields,
    Flag,
    Form,
    Items,
    Number,
    OneOrBand,
    Text,
    wrong,
)
from scenarios.dashboards.statistics import STATISTIC

ISO = r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})"
AGO = r"-P(?:\d+[YMWD])*(?:T(?:\d+[HMS])+)?(?<![PT])"
MOST_METRICS, MOST_ALARMS = 500, 100
_COLOUR: Final = Text(pattern="#(?:[0-9a-fA-F]{3}){1,2}")
_SIDE: Final = Text(choices=("left", "right"))
_WORDS: Final = Text()
_PERIOD: Final = Number(whole=True, low=60, multiple=60)
_LEGEND: Final = Fields(fields={"position": Text(choices=("right", "bottom", "hidden"))})
_REGION: Final = Text(fewest=1)
_AXIS: Final = Fields(fields={"label": _WORDS, "min": Number(), "max": Number(), "showUnits": Flag()})
AXES: Final = Fields(fields={"left": _AXIS, "right": _AXIS})
LOOK: Final[Mapping[str, Form]] = {
    "accountId": _WORDS,
    "color": _COLOUR,
    "expression": Text(fewest=1),
    "id": Text(pattern="[a-z][a-zA-Z0-9_]*"),
    "label": _WORDS,
    "period": _PERIOD,
    "region": _REGION,
    "stat": Text(pattern=STATISTIC),
    "visible": Flag(),
    "yAxis": _SIDE,
}


def _annotation(value: Form, fills: tuple[str, ...], **more: Form) -> OneOrBand:
    line = {"value": value, "label": _WORDS, "color": _COLOUR, "visible": Flag(), **more}
    one = Fields(fields={**line, "fill": Text(choices=fills)}, required=("value",))
    edge = Fields(fields={**line, "fill": Anything()}, required=("value",))
    return OneOrBand(one=one, other_edge=edge)


HORIZONTAL: Final = Items(of=_annotation(Number(), ("above", "below", "none"), yAxis=_SIDE))
VERTICAL: Final = Items(of=_annotation(Text(pattern=ISO), ("before", "after", "none")))
_ANNOTATIONS: Final = Fields(
    fields={"alarms": Items(of=Text(fewest=1), most=1), "horizontal": HORIZONTAL, "vertical": VERTICAL}
)


def _metric_rules(given: Mapping[str, Any], path: str) -> Iterator[Complaint]:
    """Metrics or an alarm; and a gauge says from where to where it goes."""
    notes = given.get("annotations", {})
    has_alarm, has_lines = bool(notes.get("alarms")), bool(notes.get("horizontal") or notes.get("vertical"))
    if has_alarm and "metrics" in given:
        yield wrong(path, "A widget can't have both an alarm annotation and metrics")
    if has_alarm and has_lines:
        yield wrong(f"{path}/annotations", "A widget can't have both an alarm and other annotations")
    if not has_alarm and "metrics" not in given:
        yield wrong(path, "Should have required property 'metrics'")
    if given.get("view") == "gauge":
        left = given.get("yAxis", {}).get("left", {})
        for name in ("min", "max"):
            if name not in left:
                yield wrong(f"{path}/yAxis/left", f"Should have required property '{name}'")
    yield from rows.complaints(given.get("metrics", ()), f"{path}/metrics", Fields(fields=LOOK))


def _explorer_rules(given: Mapping[str, Any], path: str) -> Iterator[Complaint]:
    if len({each["resourceType"] for each in given["metrics"]}) > 1:
        yield wrong(f"{path}/metrics", "All metrics must have the same resourceType")


METRIC: Final = Fields(
    fields={
        "accountId": _WORDS,
        "annotations": _ANNOTATIONS,
        "end": Text(pattern=ISO),
        "labels": Fields(fields={"visible": Flag()}),
        "legend": _LEGEND,
        "liveData": Flag(),
        "metrics": Items(of=Anything(), most=MOST_METRICS),
        "period": _PERIOD,
        "region": _REGION,
        "setPeriodToTimeRange": Flag(),
        "singleValueFullPrecision": Flag(),
        "sparkline": Flag(),
        "stacked": Flag(),
        "start": Text(pattern=f"{ISO}|{AGO}"),
        "stat": Text(pattern=STATISTIC),
        "table": Fields(
            fields={
                "layout": Text(choices=("vertical", "horizontal")),
                "stickySummary": Flag(),
                "showTimeSeriesData": Flag(),
                "summaryColumns": Items(of=Text(choices=("MIN", "MAX", "SUM", "AVG"))),
            }
        ),
        "timezone": Text(pattern=r"[+-]\d{4}"),
        "title": _WORDS,
        "trend": Flag(),
        "view": Text(choices=("timeSeries", "singleValue", "gauge", "bar", "pie", "table")),
        "yAxis": AXES,
    },
    required=("region",),
    rules=(_metric_rules,),
)
TEXT: Final = Fields(
    fields={"markdown": _WORDS, "background": Text(choices=("transparent", "solid"))}, required=("markdown",)
)
LOG: Final = Fields(
    fields={
        "accountId": _WORDS,
        "query": Text(fewest=1),
        "queryLanguage": Text(choices=("CWLI", "SQL", "PPL")),
        "region": _REGION,
        "stacked": Flag(),
        "title": _WORDS,
        "view": Text(choices=("table", "timeSeries", "bar", "pie")),
    },
    required=("region", "query"),
)
ALARM: Final = Fields(
    fields={
        "alarms": Items(of=Text(fewest=1), fewest=1, most=MOST_ALARMS),
        "sortBy": Text(choices=("default", "stateUpdatedTimestamp", "timestamp")),
        "states": Items(of=Text(choices=("ALARM", "INSUFFICIENT_DATA", "OK"))),
        "title": _WORDS,
    },
    required=("alarms",),
)
EXPLORER: Final = Fields(
    fields={
        "aggregateBy": Fields(
            fields={"key": _WORDS, "func": Text(choices=("AVG", "MIN", "MAX", "STDDEV", "SUM"))}
        ),
        "labels": Items(of=Fields(fields={"key": Text(fewest=1), "value": _WORDS}, required=("key",))),
        "metrics": Items(
            of=Fields(
                fields={
                    "metricName": Text(fewest=1),
                    "resourceType": Text(choices=RESOURCE_TYPES),
                    "stat": Text(pattern=STATISTIC),
                },
                required=("metricName", "resourceType"),
            ),
            fewest=1,
            most=100,
        ),
        "period": _PERIOD,
        "region": _REGION,
        "splitBy": _WORDS,
        "title": _WORDS,
        "widgetOptions": Fields(
            fields={
                "legend": _LEGEND,
                "rowsPerPage": Number(whole=True, low=1),
                "stacked": Flag(),
                "view": Text(choices=("timeSeries", "bar", "pie")),
                "widgetsPerRow": Number(whole=True, low=1),
            }
        ),
    },
    required=("metrics", "labels"),
    rules=(_explorer_rules,),
)
CUSTOM: Final = Fields(
    fields={
        "endpoint": Text(fewest=1),
        "params": Anything(),
        "title": _WORDS,
        "updateOn": Fields(fields={"refresh": Flag(), "resize": Flag(), "timeRange": Flag()}),
    },
    required=("endpoint",),
)
KINDS: Final[Mapping[str, Fields]] = {
    "metric": METRIC,
    "text": TEXT,
    "log": LOG,
    "alarm": ALARM,
    "explorer": EXPLORER,
    "custom": CUSTOM,
}
