"""Graphs: what is asked of GetMetricData, and that what it answered is what the picture has."""

from datetime import UTC, datetime, timedelta

import pytest

from scenarios.dashboards.drawing import Graph, draw
from scenarios.dashboards.metric_widget import InvalidWidget, read
from scenarios.dashboards.series import Line, Span, lines
from scenarios.dashboards.times import span_of

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
SPAN = Span(start=NOON - timedelta(hours=3), end=NOON)
CPU = ["AWS/EC2", "CPUUtilization", "InstanceId", "i-1", {"id": "m1", "visible": False}]
WIDGET = {
    "region": "us-east-1",
    "stat": "p99",
    "metrics": [
        CPU,
        [".", "NetworkIn", ".", ".", {"yAxis": "right", "color": "#123456", "period": 60}],
        [{"expression": "m1*2", "label": "twice"}],
        ["...", "i-2", {"region": "eu-west-1", "stat": "Sum"}],
    ],
}


def answering(asked, values=(3.0, 1.0)):
    """GetMetricData that remembers what was asked, newest first, a page each."""

    def ask(region, parameters):
        asked.append((region, parameters))
        first = "NextToken" not in parameters
        at = NOON - timedelta(minutes=5 if first else 10)
        told = [
            {"Id": each["Id"], "Label": "l", "Timestamps": [at], "Values": [values[0 if first else 1]]}
            for each in parameters["MetricDataQueries"]
            if each.get("ReturnData", True)
        ]
        return {"MetricDataResults": told, **({"NextToken": "more"} if first else {})}

    return ask


def test_each_row_is_asked_for_in_its_region_and_lines_are_what_came():
    asked = []

    found = lines(WIDGET, SPAN, answering(asked))

    (here, first), _, (there, other), _ = asked
    cpu, network, twice = first["MetricDataQueries"]
    assert (here, there) == ("us-east-1", "eu-west-1")
    assert cpu["ReturnData"] is False
    assert (cpu["MetricStat"]["Stat"], cpu["MetricStat"]["Period"]) == ("p99", 300)
    assert network["MetricStat"]["Metric"]["MetricName"] == "NetworkIn"
    assert twice["Expression"] == "m1*2"
    assert other["MetricDataQueries"][0]["MetricStat"]["Metric"]["Dimensions"] == [
        {"Name": "InstanceId", "Value": "i-2"}
    ]
    assert [each.label for each in found] == ["i-1 NetworkIn", "twice", "i-2 NetworkIn"]
    assert [value for _, value in found[0].points] == [1.0, 3.0]
    assert (found[0].right, found[0].colour, found[0].period) == (True, "#123456", 60)


def test_a_long_time_has_longer_periods_unless_the_dashboard_inherits_them():
    long = Span(start=NOON - timedelta(days=30), end=NOON)
    asked = []

    longer = lines(WIDGET, long, answering(asked))
    own = lines(WIDGET, long, answering(asked), inherits=True)

    periods = [each[1]["MetricDataQueries"][0]["MetricStat"]["Period"] for each in asked]
    assert (periods[0], periods[4]) == (1800, 300)
    assert ([each.period for each in longer], [each.period for each in own]) == ([1800] * 3, [60, 300, 300])


@pytest.mark.parametrize(
    ("given", "start"),
    [
        ({}, NOON - timedelta(hours=3)),
        ({"start": "-PT5M"}, NOON - timedelta(minutes=5)),
        ({"start": "-P1DT6H"}, NOON - timedelta(hours=30)),
        ({"start": "-P3M"}, NOON - timedelta(days=90)),
        ({"start": "2026-03-01T00:00:00.000Z"}, datetime(2026, 3, 1, tzinfo=UTC)),
    ],
)
def test_a_time_may_be_absolute_or_relative(given, start):
    assert span_of(given, NOON) == Span(start=start, end=NOON)


@pytest.mark.parametrize(
    "given", [{"start": "-PT0H"}, {"start": "-P9999999999Y"}, {"start": "2027-01-01T00:00:00Z"}]
)
def test_a_time_that_ends_before_it_begins_is_told(given):
    with pytest.raises(ValueError, match=r"begins|ago"):
        span_of(given, NOON)


def svg(lines, **properties):
    graph = Graph(properties=properties, lines=lines, span=SPAN, width=600, height=300)
    return draw(graph, "svg").decode()


def line(label, *values, **more):
    points = tuple((SPAN.start.timestamp() + 300 * at, value) for at, value in enumerate(values))
    return Line(label=label, points=points, period=300, colour="#1f77b4", **more)


@pytest.mark.slow
def test_a_picture_has_its_texts_as_they_are_and_is_the_same_each_time():
    notes = {
        "horizontal": [{"value": 9, "label": "limit"}, {"value": 1, "label": "hidden", "visible": False}],
        "vertical": [{"value": "2026-03-02T10:00:00Z", "label": "deploy"}],
    }
    given = [line("$_<b>&_$", 1.0, 2.0), line("_own", 3.0, right=True)]

    found = svg(given, title="T & T", annotations=notes, timezone="+0130")

    assert all(
        each in found for each in ("$_&lt;b&gt;&amp;_$", "_own", "T &amp; T", "limit", "deploy", "10:30")
    )
    assert "hidden" not in found
    assert found == svg(given, title="T & T", annotations=notes, timezone="+0130")


@pytest.mark.parametrize("view", ["timeSeries", "pie"])
def test_a_picture_without_data_says_so(view):
    assert "no data in this time" in svg([line("a")], view=view)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("lines", "top"), [([line("a")], "1.0"), ([line("a", 0.0, 0.0)], "1.0"), ([line("a", 0.0, 8.0)], "8")]
)
def test_nothing_but_zeros_stands_on_the_ground(lines, top):
    found = svg(lines)

    assert f">{top}<" in found
    assert "0.04" not in found


@pytest.mark.slow
def test_a_picture_is_as_large_as_was_asked_for():
    graph = Graph(
        properties={"stacked": True, "theme": "dark", "legend": {"position": "right"}},
        lines=[line("a", 1.0, 2.0), line("b", 3.0)],
        span=SPAN,
        width=320,
        height=200,
    )

    png = draw(graph, "png")

    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    assert (int.from_bytes(png[16:20]), int.from_bytes(png[20:24])) == (320, 200)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[]", "Should be object"),
        ("{", "valid JSON"),
        ("{}", "required property 'metrics'"),
        ('{"metrics": []}', "less than 1"),
        ('{"metrics": [["a", "b"]], "width": 2001}', "/width: Should be <= 2000"),
        ('{"metrics": [["a", "b"]], "view": "gauge"}', "allowed values"),
        ('{"metrics": [["a", "b"]], "region": "eu-west-1"}', "local region"),
        ('{"metrics": [["a", "b", "c"]]}', "more than 2 items"),
        ('{"metrics": [["a", "b"]], "period": 45}', "/period"),
    ],
)
def test_what_is_no_metric_widget_is_told(text, says):
    with pytest.raises(InvalidWidget, match=says):
        read(text, "us-east-1")


def test_a_metric_widget_may_have_short_periods():
    assert (
        read('{"metrics": [["a", "b", {"period": 1}]], "period": 10}', "us-east-1")["region"] == "us-east-1"
    )
