"""A dashboard as a page: each widget in its place, strangers' texts as text, and what isn't drawn says so."""

import json
import re
from datetime import UTC, datetime

import pytest

from scenarios.dashboards.account import source
from scenarios.dashboards.body import read
from scenarios.dashboards.markdown import as_html
from scenarios.dashboards.page import page

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
ALARM = "arn:aws:cloudwatch:us-east-1:111122223333:alarm:too-many"
CPU = ["AWS/EC2", "CPUUtilization"]


class CloudWatch:
    """An account with one alarm and one number."""

    def get_metric_data(self, **asked):
        told = [
            {"Id": each["Id"], "Label": "x", "Timestamps": [NOON], "Values": [41.5]}
            for each in asked["MetricDataQueries"]
            if each.get("ReturnData", True)
        ]
        return {"MetricDataResults": told}

    def describe_alarms(self, **asked):
        assert asked["AlarmNames"] == ["too-many"]
        alarm = {
            "AlarmName": "<too-many>",
            "StateValue": "ALARM",
            "Namespace": "AWS/EC2",
            "MetricName": "m",
            "Statistic": "Sum",
            "Period": 60,
            "Threshold": 7.5,
            "ComparisonOperator": "GreaterThanThreshold",
        }
        return {"MetricAlarms": [alarm], "CompositeAlarms": []}


class Logs:
    """Logs that answer at the second look, or fail."""

    def __init__(self):
        self.asked, self.looks = [], 0

    def start_query(self, **asked):
        self.asked.append(asked)
        return {"queryId": asked["queryString"]}

    def get_query_results(self, queryId):  # noqa: N803 - AWS's name
        self.looks += 1
        if "fail" in queryId:
            return {"status": "Failed", "results": []}
        row = [{"field": "who", "value": "<eve>"}, {"field": "@ptr", "value": "p"}]
        return {"status": "Complete" if self.looks > 1 else "Running", "results": [row]}


def drawn(*widgets, logs=None, **more):
    clients = {"cloudwatch": CloudWatch(), "logs": logs or Logs()}
    body = read(json.dumps({"widgets": list(widgets), **more}))
    return page("<board>", body, source(lambda service, _: clients[service], lambda: None), NOON)


def of(kind, *, place=None, **properties):
    return {"type": kind, "properties": properties, **(place or {})}


def metric(**properties):
    return of("metric", region="us-east-1", metrics=[CPU], **properties)


@pytest.mark.slow
def test_every_kind_of_widget_that_can_be_drawn_is():
    logs = Logs()
    found = drawn(
        of("text", markdown="# Hello <i>\n* one\n* `two`", place={"x": 3, "y": 2, "width": 4, "height": 5}),
        metric(title="<graph>"),
        metric(view="singleValue"),
        metric(view="gauge", yAxis={"left": {"min": 0, "max": 100}}),
        metric(view="table"),
        of("metric", region="us-east-1", annotations={"alarms": [ALARM]}),
        of("alarm", alarms=[ALARM]),
        of("log", region="us-east-1", query="SOURCE 'a' | SOURCE 'b' | fields who | limit 1"),
        logs=logs,
    )

    assert found.undrawn == ()
    assert "grid-column: 4 / span 4; grid-row: 3 / span 5" in found.text
    assert "<h2>Hello &lt;i&gt;</h2><ul><li>one</li><li><code>two</code></li></ul>" in found.text
    assert "&lt;graph&gt;" in found.text
    assert '<span class="number">41.5</span> CPUUtilization' in found.text
    assert '<meter min="0" max="100" value="41.5">' in found.text
    assert found.text.count("<td>41.5</td>") == 4  # lowest, highest, sum and average
    assert "GreaterThanThreshold 7.5" in found.text
    assert '<li class="ALARM">ALARM: &lt;too-many&gt;</li>' in found.text
    assert "<td>&lt;eve&gt;</td>" in found.text
    assert "@ptr" not in found.text
    assert logs.asked[0]["logGroupNames"] == ["a", "b"]
    assert logs.asked[0]["queryString"] == "fields who | limit 1"


@pytest.mark.slow
def test_a_page_runs_nothing_needs_nothing_and_names_nothing_twice():
    found = drawn(metric(), metric()).text

    ids = re.findall(r'\bid="([^"]+)"', found)
    assert len(ids) == len(set(ids)) > 10
    assert "default-src 'none'" in found
    assert not re.search(r"<(script|img|link|iframe)\b|<[^>]+\bon\w+=", found)


@pytest.mark.slow
def test_what_is_not_drawn_says_so_in_its_place():
    explorer = of("explorer", metrics=[{"metricName": "m", "resourceType": "AWS::S3::Bucket"}], labels=[])
    found = drawn(explorer, of("log", title="refused", region="r", query="SOURCE 'g' | fail"), metric())

    assert found.undrawn == (
        "widget 1: widgets of the kind explorer are not drawn here",
        "refused: the query ended as Failed",
    )
    assert found.text.count("Not drawn:") == 2
    assert "<svg" in found.text


def test_what_cloudwatch_takes_and_does_not_show_breaks_no_page():
    found = drawn(
        of("log", title="asks nothing"),
        of("future-widget", title="of tomorrow"),
        of("metric", title="of nowhere", metrics=[CPU], annotations={}),
        start="bogus",
        end="2026-03-02T11:59:00Z",
    )

    assert found.undrawn == (
        "asks nothing: the widget has no region, or no query",
        "of tomorrow: widgets of the kind future-widget are not drawn here",
        "of nowhere: the widget names no region",
    )
    assert "2026-03-02 09:00 to 2026-03-02 12:00 UTC" in found.text
    assert "09:00 to 2026-03-02 12:00" in drawn(end="2026-03-02T11:59:00Z").text


def test_markdown_of_a_stranger_is_no_markup():
    found = as_html('[a](https://x.example/"onclick=1) [b](javascript:alert(1)) <script>**bold**</script>')

    assert "<script" not in found
    assert found.count("<a ") <= 1
    assert "javascript:alert(1)" in found
    assert '"onclick' not in found
    assert "<strong>bold</strong>" in found
