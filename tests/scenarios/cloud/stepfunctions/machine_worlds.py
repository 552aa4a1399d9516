"""Worlds with a state machine, its role, and queues that hear of it."""

import json

from scenarios.cloud.deployment import ACCOUNT
from scenarios.cloud.kernel.faults import NONE
from tests.scenarios.cloud.small_worlds import admin, arn, may, queue, role, rule, world

MACHINE = arn("states", "stateMachine:flow")
KEPT = f"https://sqs.us-east-1.amazonaws.com/{ACCOUNT}/Kept"


def machine(definition, **more):
    properties = {
        "StateMachineName": "flow",
        "DefinitionString": json.dumps(definition),
        "RoleArn": {"Fn::GetAtt": ["flows", "Arn"]},
        **more,
    }
    return {"Flow": {"Type": "AWS::StepFunctions::StateMachine", "Properties": properties}}


def resources(definition, *statements, **more):
    """A machine, its role, the queue Kept and a rule that hears every event of Step Functions."""
    return {
        **queue(),
        **rule(pattern={"source": ["aws.states"]}),
        **queue("Kept", by=""),
        **role("flows", "states", *(statements or (may("*"),))),
        **machine(definition, **more),
    }


def standing(definition, *statements, faults=NONE, besides=None, **more):
    return world({**resources(definition, *statements, **more), **(besides or {})}, faults=faults)


def flow(**states):
    """A definition whose states come one after another, but for those that say what comes next."""
    names, ready = list(states), {}
    for name, following in zip(names, [*names[1:], None], strict=True):
        state = states[name]
        if state["Type"] in ("Choice", "Succeed", "Fail") or "Next" in state or "End" in state:
            ready[name] = state
        else:
            ready[name] = {**state, **({"Next": following} if following else {"End": True})}
    return {"StartAt": names[0], "States": ready}


def only(**state):
    """A definition of one state."""
    return flow(Only=state)


def sends(body, **more):
    """A task that sends to the queue Kept; `body` with `.$` where it is a path."""
    name = "MessageBody.$" if isinstance(body, str) and body.startswith("$") else "MessageBody"
    parameters = {"QueueUrl": KEPT, name: body}
    return {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "Parameters": parameters, **more}


def start(each, given=None, **more):
    """Start an execution; its ARN."""
    client = admin(each, "stepfunctions")
    asked = {"input": json.dumps(given)} if given is not None else {}
    return client.start_execution(stateMachineArn=MACHINE, **asked, **more)["executionArn"]


def run(each, given=None, seconds=60, **more):
    """Start an execution, let time pass, and look at it."""
    execution = start(each, given, **more)
    each.run(seconds)
    return look(each, execution)


def look(each, execution):
    return admin(each, "stepfunctions").describe_execution(executionArn=execution)


def outcome(definition, given=None, seconds=60):
    """What an execution of a machine comes to: its output, or the name of its error."""
    with standing(definition) as each:
        ended = run(each, given, seconds)
    return json.loads(ended["output"]) if ended["status"] == "SUCCEEDED" else ended.get("error")


def history(each, execution):
    client = admin(each, "stepfunctions")
    return client.get_execution_history(executionArn=execution, maxResults=1000)["events"]


def kept(each):
    """What machines sent to the queue."""
    return each.queues.bodies(arn("sqs", "Kept"))
