"""What the page about deploying says of costs is counted in the template, as it is deployed at first."""

import json
import re

import pytest

from scenarios.runner.run import packaged_template
from tests.project import PROJECT

# Conditions that do not hold at first.
OFF = {"HasErrorBurst", "HasPortScan", "HasDnsTunnel", "HasPathTraversal", "HasSurgeOfErrors"}


@pytest.fixture(scope="module")
def table():
    """The page's rows by what they name, as texts."""
    page = (PROJECT / "docs" / "deploying.md").read_text().partition("## What it costs")[2]
    return {row[0]: row for row in re.findall(r"^\| (.+?) \| (.+?) \| (.+?) \|$", page, re.MULTILINE)}


@pytest.fixture(scope="module")
def properties():
    """Of each resource that there is at first, by its type."""
    resources = json.loads(packaged_template("us-east-1"))["Resources"].values()
    there = [each for each in resources if each.get("Condition") not in OFF]
    return lambda kind: [each["Properties"] for each in there if each["Type"] == kind]


@pytest.mark.slow
def test_alarms_are_counted_and_so_are_their_metrics(table, properties):
    alarms = properties("AWS::CloudWatch::Alarm")
    maths = [each["Metrics"] for each in alarms if "Metrics" in each]
    metrics = sum("MetricStat" in metric for each in maths for metric in each)

    plain = len(alarms) - len(maths)
    assert table[f"{plain} alarms on what filters count in log groups"][1] == f"${plain / 10:.2f}"
    row = table[f"{len(maths)} alarms on AWS's own metrics"]
    assert row[1] == f"${metrics / 10:.2f}"
    assert f"each of their {metrics} metrics" in row[2]


@pytest.mark.slow
def test_keys_are_counted(table, properties):
    keys = len(properties("AWS::KMS::Key"))

    row = table[f"{keys} KMS keys"]
    assert row[1] == f"${keys}"
    assert f"{keys - 2} seal the ledger" in row[2]


@pytest.mark.slow
def test_functions_that_wake_by_the_hour_are_counted(table, properties):
    hourly = [
        each for each in properties("AWS::Events::Rule") if each.get("ScheduleExpression") == "rate(1 hour)"
    ]

    row = table["Lambda, SQS, SNS, DynamoDB"]
    assert f"{len(hourly)} functions wake by the hour, {round(len(hourly) * 0.73)},000 invocations" in row[2]
