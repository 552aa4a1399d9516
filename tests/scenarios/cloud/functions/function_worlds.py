"""Worlds with one function whose code a test writes itself, and what may be seen of it."""

import json
import textwrap

from scenarios.cloud.deployment import Deployment
from scenarios.cloud.kernel.faults import NONE
from scenarios.cloud.world import World
from tests.scenarios.cloud.small_worlds import HOME, arn, group, may, permission, queue, role

LOOK = arn("lambda", "function:look")
FAILS = """
    def look(event, context):
        raise ValueError("no such luck")
"""
LOOPS = """
    import boto3

    def look(event, context):
        while True:
            try:
                boto3.client("sqs").get_queue_url(QueueName="nowhere")
            except Exception:
                pass
"""
WRITES_LOGS = may(["logs:CreateLogStream", "logs:PutLogEvents"])
SENDS = may("sqs:SendMessage")


def code(folder, app, **modules):
    """A folder as Chalice would package it: app.py, and modules of chalicelib."""
    (folder / "app.py").write_text(textwrap.dedent(app))
    if modules:
        (folder / "chalicelib").mkdir()
        (folder / "chalicelib" / "__init__.py").write_text("")
    for name, text in modules.items():
        (folder / "chalicelib" / f"{name}.py").write_text(textwrap.dedent(text))
    return folder


def function(name="look", statements=(WRITES_LOGS, SENDS), **properties):
    """A function, its role, and the log group it writes to."""
    given = {
        "FunctionName": name,
        "Code": {"S3Bucket": "b", "S3Key": "k"},
        "Handler": f"app.{name}",
        "Role": {"Fn::GetAtt": [f"{name}Role", "Arn"]},
        "Runtime": "python3.13",
        "Timeout": 30,
    }
    return {
        **role(f"{name}Role", "lambda", *statements),
        **group(f"/aws/lambda/{name}", f"{name}Group"),
        name: {"Type": "AWS::Lambda::Function", "Properties": given | properties},
    }


def asynchronous(name="look", failures="Failures", **properties):
    """How events are retried, and the queue that is told of those that fail for good."""
    target = {"Fn::GetAtt": [failures, "Arn"]}
    given = {
        "FunctionName": {"Ref": name},
        "Qualifier": "$LATEST",
        "DestinationConfig": {"OnFailure": {"Destination": target}} if failures else {},
    }
    resources = {
        f"{name}Asynchronous": {"Type": "AWS::Lambda::EventInvokeConfig", "Properties": given | properties}
    }
    return {**resources, **queue(failures, by="")} if failures else resources


def world(folder, resources=None, *, seed=1, faults=NONE):
    """A world with these resources, or with one function and what it needs, and the code in this folder."""
    standing = resources if resources is not None else {**function(), **asynchronous()}
    template = json.dumps({"Resources": standing})
    return World(Deployment(template=template, home=HOME, code=folder), seed=seed, faults=faults)


def invoked_by_events(name="look"):
    return permission("events", name, SourceArn=arn("events", "rule/watch"))


def told(each):
    """What the handlers printed and how they failed: the events of their log groups, in order."""
    backend = each.client(each.user("reader"), "logs")
    with each.calls.muted():
        groups = [found["logGroupName"] for found in backend.describe_log_groups()["logGroups"]]
        return [
            event["message"]
            for found in groups
            for event in backend.filter_log_events(logGroupName=found)["events"]
        ]


def outcomes(each):
    """What the runs that went well returned."""
    return [moment.facts["outcome"] for moment in each.setting.trace if moment.kind == "ran"]


def failures(each, name="Failures"):
    return [json.loads(body) for body in each.queues.bodies(arn("sqs", name))]


def sends(each, event=None, arn=LOOK, seconds=10):
    each.functions.accept(arn, event)
    each.run(seconds)


def moments(each, kind):
    start = each.deployment.start
    return [
        round((moment.at - start).total_seconds(), 2) for moment in each.setting.trace if moment.kind == kind
    ]
