"""The stack's dashboard: findings, how late alerts are, what was lost, alarms, and what the trail delivers.

One resource. Its name is CloudFormation's: dashboards are of all regions, and a name of ours could be that of
another region's stack. What it shows is AWS's own metrics and those of `runtime.measures`; nothing else hangs
on it, so who changes it silences nobody. `stack_changed` doesn't watch it.

CloudTrail emits no metric: that events arrive in the trail's log group is what shows that it delivers.

Sources: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html,
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Dashboards.html (of all regions)
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from chalicelib.references import NAMESPACE, TRAIL_GROUP
from chalicelib.remediation import Severity
from chalicelib.stack import FINDINGS, LATENCY, SEVERITY
from chalicelib.template.parts import Template

MOST_ALARMS = 100  # of one widget
PROMISED_SECONDS = 120
_ALARMS = ("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm")
# Where the text of the alarms goes: those that may be absent can't stand in JSON.
_HERE = "@alarms@"
_COLOURS: Mapping[Severity, str] = {
    Severity.CRITICAL: "#7b1fa2",
    Severity.HIGH: "#d32f2f",
    Severity.MEDIUM: "#f57c00",
    Severity.LOW: "#1976d2",
    Severity.INFO: "#757575",
}
_WORDS = """\
# Trailwarden: ${AWS::StackName}
What happened: `trailwarden findings`. What is not watched: `trailwarden doctor`. These graphs come from \
metrics, and metrics may be late: the ledger is what holds."""


def dashboard(resources: Mapping[str, Template]) -> Template:
    """The dashboard over these resources of the stack, all alarms among them."""
    names = [name for name, each in resources.items() if each.get("Type") in _ALARMS][:MOST_ALARMS]
    conditions = {name: resources[name].get("Condition", "") for name in names}
    sure = [f'"${{{name}.Arn}}"' for name, condition in conditions.items() if not condition]
    perhaps = {f"{name}IfThere": _if_there(name, each) for name, each in conditions.items() if each}
    listed = ", ".join(sure) + "".join(f"${{{name}}}" for name in perhaps)
    body = json.dumps(_body()).replace(f'"{_HERE}"', listed)
    variables = {"TrailLogGroup": TRAIL_GROUP, **perhaps}
    return {
        "Dashboard": {
            "Type": "AWS::CloudWatch::Dashboard",
            "Properties": {"DashboardBody": {"Fn::Sub": [body, variables]}},
        }
    }


OUTPUT: Template = {"DashboardName": {"Value": {"Ref": "Dashboard"}}}


def _if_there(name: str, condition: str) -> Template:
    """One more item of a list, where the alarm is there."""
    return {"Fn::If": [condition, {"Fn::Sub": f', "${{{name}.Arn}}"'}, ""]}


def _body() -> Template:
    by_severity = [
        [NAMESPACE, FINDINGS, SEVERITY, str(each), {"label": str(each), "color": colour}]
        for each, colour in _COLOURS.items()
    ]
    latency = [
        [NAMESPACE, LATENCY, {"stat": stat, "label": label}]
        for stat, label in (("p50", "half within"), ("p90", "9 of 10 within"), ("Maximum", "the slowest"))
    ]
    promised = {"value": PROMISED_SECONDS, "label": "two minutes", "color": "#757575"}
    queue = ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", "${DeadLetters.QueueName}"]
    failed = [["AWS/Lambda", name, {"label": name}] for name in ("Errors", "Throttles")]
    arrived = ["AWS/Logs", "IncomingLogEvents", "LogGroupName", "${TrailLogGroup}", {"label": "events"}]
    widgets = [
        _widget("text", 0, 0, 24, 2, markdown=_WORDS),
        _graph(0, 2, 12, "Findings by severity", by_severity, stat="Sum", stacked=True),
        _graph(
            *(12, 2, 12, "From event to alert, in seconds", latency),
            annotations={"horizontal": [promised]},
            yAxis={"left": {"min": 0}},
        ),
        _graph(0, 8, 8, "Dead letters that wait", [[*queue, {"label": "waiting"}]], stat="Maximum"),
        _graph(8, 8, 8, "Functions of this account that fail", failed, stat="Sum"),
        _graph(16, 8, 8, "Events that the trail delivers to its log group", [arrived], stat="Sum"),
        _widget("alarm", 0, 14, 24, 6, alarms=[_HERE], sortBy="stateUpdatedTimestamp", title="Alarms"),
    ]
    return {"start": "-PT12H", "widgets": widgets}


def _graph(x: int, y: int, width: int, title: str, metrics: Sequence[Any], **more: Any) -> Template:
    shown = {"title": title, "region": "${AWS::Region}", "period": 300, "view": "timeSeries"}
    return _widget("metric", x, y, width, 6, metrics=metrics, **shown, **more)


def _widget(kind: str, x: int, y: int, width: int, height: int, **properties: Any) -> Template:
    return {"type": kind, "x": x, "y": y, "width": width, "height": height, "properties": properties}
