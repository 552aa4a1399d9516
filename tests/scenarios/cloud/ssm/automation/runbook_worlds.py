"""Worlds with a runbook, its role, and a queue that hears of its executions."""

from scenarios.cloud.deployment import ACCOUNT
from scenarios.cloud.kernel.faults import NONE
from tests.scenarios.cloud.small_worlds import admin, may, queue, role, rule, world

ROLE = f"arn:aws:iam::{ACCOUNT}:role/mends"


def runbook(*steps, **more):
    """A document of schema 0.3 under the role that its parameter names."""
    return {
        "schemaVersion": "0.3",
        "assumeRole": "{{ Role }}",
        "parameters": {"Role": {"type": "String", "default": ROLE}, **more.pop("parameters", {})},
        "mainSteps": list(steps),
        **more,
    }


def step(name, action, inputs=None, **more):
    return {"name": name, "action": f"aws:{action}", "inputs": inputs or {}, **more}


def api(name, service, operation, inputs=None, **more):
    return step(name, "executeAwsApi", {"Service": service, "Api": operation, **(inputs or {})}, **more)


def sends(name, body, **more):
    """A step that sends a message to the queue Kept."""
    url = f"https://sqs.us-east-1.amazonaws.com/{ACCOUNT}/Kept"
    return api(name, "sqs", "SendMessage", {"QueueUrl": url, "MessageBody": body}, **more)


def document(content, name="Mend"):
    properties = {"Name": name, "DocumentType": "Automation", "Content": content}
    return {name: {"Type": "AWS::SSM::Document", "Properties": properties}}


def standing(content, *statements, faults=NONE, seed=1, **resources):
    """A world with one runbook, and a rule that hears every event of Systems Manager."""
    return world(
        {
            **queue(),
            **rule(pattern={"source": ["aws.ssm"]}),
            **queue("Kept", by=""),
            **role("mends", "ssm", *(statements or (may("*"),))),
            **document(content),
            **resources,
        },
        faults=faults,
        seed=seed,
    )


def start(each, name="Mend", **parameters):
    """Start an execution; its id."""
    given = {"Parameters": parameters} if parameters else {}
    client = admin(each, "ssm")
    return client.start_automation_execution(DocumentName=name, **given)["AutomationExecutionId"]


def run(each, seconds=60, name="Mend", **parameters):
    """Start an execution, let time pass, and look at it."""
    identity = start(each, name, **parameters)
    each.run(seconds)
    return look(each, identity)


def look(each, identity):
    found = admin(each, "ssm").get_automation_execution(AutomationExecutionId=identity)
    return found["AutomationExecution"]


def statuses(execution):
    return [(each["StepName"], each["StepStatus"]) for each in execution["StepExecutions"]]


def kept(each):
    """What runbooks sent to the queue."""
    return each.queues.bodies(f"arn:aws:sqs:us-east-1:{ACCOUNT}:Kept")


def overheard(each):
    """The calls that are made from now on, as CloudTrail is told of them."""
    calls: list[object] = []
    each.calls.after_everything(calls.append)
    return calls
