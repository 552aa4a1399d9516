"""The text of GetMetricWidgetImage's MetricWidget: what it may say.

CloudWatch's own words for a text that is none are unconfirmed; here they are those of a dashboard.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Metric-Widget-Structure.html
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from scenarios.dashboards import rows
from scenarios.dashboards.shapes import (
    Anything,
    Choice,
    Complaint,
    Fields,
    Flag,
    Items,
    Number,
    Period,
    Text,
    wrong,
)
from scenarios.dashboards.statistics import IN_A_WIDGET
from scenarios.dashboards.widgets import AGO, AXES, HORIZONTAL, ISO, LOOK, VERTICAL

DEFAULT_WIDTH, DEFAULT_HEIGHT = 600, 400
MOST_METRICS: Final = 100


class InvalidWidget(ValueError):
    """A text that is no metric widget; the message says what is wrong first."""


def _rows(given: Mapping[str, Any], path: str) -> Iterator[Complaint]:
    yield from rows.complaints(given["metrics"], f"{path}/metrics", Fields(fields=LOOK))


_PIXELS: Final = Number(whole=True, low=1, high=2000)
_TIME: Final = Text(pattern=f"^(?:{ISO}|{AGO}|-PT0H)$")
_WIDGET: Final = Fields(
    fields={
        "annotations": Fields(fields={"horizontal": HORIZONTAL, "vertical": VERTICAL}),
        "end": _TIME,
        "height": _PIXELS,
        "legend": Fields(fields={"position": Choice(of=("bottom", "right", "hidden"))}),
        "liveData": Flag(),
        "metrics": Items(of=Anything(), fewest=1, most=MOST_METRICS),
        "period": Period(),
        "region": Text(fewest=1),
        "stacked": Flag(),
        "start": _TIME,
        "stat": Text(pattern=IN_A_WIDGET),
        "theme": Choice(of=("light", "dark")),
        "timezone": Text(pattern=r"^[+-]\d{4}$"),
        "title": Text(),
        "view": Choice(of=("timeSeries", "bar", "pie")),
        "width": _PIXELS,
        "yAxis": AXES,
    },
    required=("metrics",),
    rules=(_rows,),
)


def read(text: str, region: str) -> Mapping[str, Any]:
    """The properties of a widget of its text; raises InvalidWidget. `region`: the only one it may name."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidWidget("MetricWidget must be a valid JSON object") from error
    errors = [each for each in _WIDGET.complaints(found, "") if not each.passed_over]
    if not errors and found.get("region", region) != region:
        errors = [wrong("/region", f"Should be the local region, {region}")]
    if errors:
        raise InvalidWidget(f"Invalid MetricWidget at {errors[0].path or '/'}: {errors[0].message}")
    return {"region": region, **found}
