"""The stack's own dashboard: CloudWatch takes its text, whichever alarms are there, and it shows all."""

import re

import pytest

from chalicelib.references import TRAIL_GROUP
from chalicelib.remediation import Severity
from scenarios.dashboards.body import read
from scenarios.dashboards.rows import rows_of
from scenarios.packaging import sam as packaging

RESOURCES = packaging.sam_template("prod")["Resources"]
TEXT, VARIABLES = RESOURCES["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
ALARMS = {name: each.get("Condition") for name, each in RESOURCES.items() if each["Type"].endswith("Alarm")}


def text(*, whole):
    """The text as CloudFormation makes it, with what may be absent or without."""
    given = TEXT.replace("${TrailLogGroup}", "group")
    for name, value in VARIABLES.items():
        if "Fn::If" in value and name != "TrailLogGroup":
            given = given.replace(f"${{{name}}}", value["Fn::If"][1]["Fn::Sub"] if whole else "")
    return re.sub(r"\$\{([\w:.]+)\}", r"\1", given)


@pytest.mark.parametrize("whole", [True, False])
def test_cloudwatch_takes_it(whole):
    dashboard = read(text(whole=whole))

    shown = dashboard.widgets[-1]["properties"]["alarms"]
    wanted = {name for name, condition in ALARMS.items() if whole or not condition}
    assert dashboard.warnings == ()
    assert {each.removesuffix(".Arn") for each in shown} == wanted
    assert any(ALARMS.values())


def test_every_severity_has_its_line():
    widget = next(
        each["properties"]
        for each in read(text(whole=True)).widgets
        if each["properties"].get("title") == "Findings by severity"
    )

    assert {each.dimensions["Severity"] for each in rows_of(widget["metrics"])} == set(Severity)


def test_each_graph_names_what_is_the_stacks_own():
    graphs = {
        each["properties"]["title"]: each["properties"]
        for each in read(text(whole=True)).widgets
        if each["type"] == "metric"
    }
    named = {
        title: {(row.namespace, *dict(row.dimensions).items()) for row in rows_of(properties["metrics"])}
        for title, properties in graphs.items()
    }
    severities = {("Severity", str(each)) for each in Severity}

    assert {each["region"] for each in graphs.values()} == {"AWS::Region"}
    assert named == {
        "Findings by severity": {("Trailwarden/AWS::StackName", each) for each in severities},
        "From event to alert, in seconds": {("Trailwarden/AWS::StackName",)},
        "Dead letters that wait": {("AWS/SQS", ("QueueName", "DeadLetters.QueueName"))},
        "Functions of this account that fail": {("AWS/Lambda",)},
        "Events that the trail delivers to its log group": {("AWS/Logs", ("LogGroupName", "group"))},
    }
    assert VARIABLES["TrailLogGroup"] == TRAIL_GROUP
    assert "# Trailwarden: ${AWS::StackName}" in TEXT


def test_its_widgets_stand_side_by_side():
    places = [
        {
            (column, row)
            for column in range(each["x"], each["x"] + each["width"])
            for row in range(each["y"], each["y"] + each["height"])
        }
        for each in read(text(whole=True)).widgets
    ]

    assert sum(map(len, places)) == len(set().union(*places))
    assert max(column for place in places for column, _ in place) < 24
