"""GetMetricWidgetImage: a widget's metrics as a PNG.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricWidgetImage.html. The
codes of its errors are on no page: unconfirmed.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from scenarios.cloud.asked import Asked
from scenarios.cloud.kernel.errors import Refused
from scenarios.cloud.setting import Setting
from scenarios.dashboards.drawing import Graph, draw
from scenarios.dashboards.metric_widget import DEFAULT_HEIGHT, DEFAULT_WIDTH, InvalidWidget, read
from scenarios.dashboards.series import lines
from scenarios.dashboards.times import span_of

FORMATS: Final = ("png", "image/png")


class WidgetImages:
    """Answers GetMetricWidgetImage; `metric_data` answers GetMetricData."""

    def __init__(self, setting: Setting, metric_data: Callable[[Asked], Mapping[str, Any]]) -> None:
        self._setting = setting
        self._metric_data = metric_data
        setting.calls.answer("cloudwatch", "GetMetricWidgetImage", self._draw)

    def _draw(self, asked: Asked) -> dict[str, Any]:
        given = asked.parameters
        if given.get("OutputFormat", FORMATS[0]) not in FORMATS:
            raise _invalid(f"OutputFormat is png or image/png, not {given['OutputFormat']}")

        def ask(region: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
            if region != asked.region:
                raise _invalid(f"MetricWidget names the region {region}, and this one is {asked.region}")
            return self._metric_data(replace(asked, operation="GetMetricData", parameters=parameters))

        try:
            properties = read(given["MetricWidget"], asked.region)
            span = span_of(properties, self._setting.clock.now)
        except (InvalidWidget, ValueError) as error:
            raise _invalid(str(error)) from error
        graph = Graph(
            properties=properties,
            lines=lines(properties, span, ask),
            span=span,
            width=int(properties.get("width", DEFAULT_WIDTH)),
            height=int(properties.get("height", DEFAULT_HEIGHT)),
        )
        try:
            return {"MetricWidgetImage": draw(graph, "png")}
        except (ValueError, OverflowError) as error:
            raise _invalid(f"MetricWidget has a value that can't be drawn: {error}") from error


def _invalid(why: str) -> Refused:
    return Refused("ValidationError", why)
