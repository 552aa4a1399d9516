"""What Step Functions tells of executions: events of each status, and metrics.

Express workflows send no events.

Sources: https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html,
https://docs.aws.amazon.com/step-functions/latest/dg/procedure-cw-metrics.html
"""

from functools import partial
from typing import Any, Final

from scenarios.cloud.kernel.emitted import EmittedEvents, EmittedMetrics
from scenarios.cloud.setting import Setting
from scenarios.cloud.stepfunctions.state import RUNNING, Execution

CHANGE: Final = "Step Functions Execution Status Change"
SERVICE: Final = "states.amazonaws.com"
NAMESPACE: Final = "AWS/States"
EVENTS = (EmittedEvents(source="aws.states", detail_types=(CHANGE,)),)
EVENT_SECONDS: Final = 1.0
# Together, input and output of an event are at most so long.
MOST_BYTES: Final = 248 * 1024
_COUNTED: Final = {
    RUNNING: "ExecutionsStarted",
    "SUCCEEDED": "ExecutionsSucceeded",
    "FAILED": "ExecutionsFailed",
    "TIMED_OUT": "ExecutionsTimedOut",
    "ABORTED": "ExecutionsAborted",
}
METRICS = (
    EmittedMetrics(
        namespace=NAMESPACE,
        units={**dict.fromkeys(_COUNTED.values(), "Count"), "ExecutionTime": "Milliseconds"},
        dimensions=(("StateMachineArn",),),
    ),
)


def status_changed(setting: Setting, of: Execution) -> None:
    """An execution began or ended."""
    values = {_COUNTED[of.status]: 1.0}
    if of.stopped is not None:
        values["ExecutionTime"] = (of.stopped - of.started).total_seconds() * 1000
    setting.measured(of.region, NAMESPACE, values, {"StateMachineArn": of.machine_arn})
    if of.express:
        return
    event = setting.service_event(of.region, "aws.states", CHANGE, [of.arn], _detail(of))
    tell = partial(setting.announce, of.region, event, by=SERVICE)
    setting.clock.after(EVENT_SECONDS, tell, CHANGE)


def _detail(of: Execution) -> dict[str, Any]:
    included = len(of.input.encode()) + len((of.output or "").encode()) <= MOST_BYTES
    ended = of.output is not None
    return {
        "executionArn": of.arn,
        "stateMachineArn": of.machine_arn,
        "name": of.name,
        "status": of.status,
        "startDate": round(of.started.timestamp() * 1000),
        "stopDate": round(of.stopped.timestamp() * 1000) if of.stopped is not None else None,
        "input": of.input if included else None,
        "output": of.output if included else None,
        "inputDetails": {"included": included},
        "outputDetails": {"included": included} if ended else None,
        "error": of.error,
        "cause": of.cause,
    }
