"""Step Functions' API as far as executions go, and the way in for rules and schedules.

Sources: https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeExecution.html,
https://docs.aws.amazon.com/step-functions/latest/apireference/API_GetExecutionHistory.html,
https://docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskSuccess.html,
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-targets.html
"""

import json
from collections.abc import Iterable
from typing import Any, Final

from botocore.exceptions import ClientError, ParamValidationError

from scenarios.cloud.api_calls import call
from scenarios.cloud.asked import Asked
from scenarios.cloud.kernel import moto_state
from scenarios.cloud.kernel.arns import region_of
from scenarios.cloud.kernel.deliveries import Delivery, Door, Event, Need, session_of
from scenarios.cloud.kernel.errors import NotSimulated, Refused
from scenarios.cloud.kernel.paging import Paging
from scenarios.cloud.kernel.processes import Signal
from scenarios.cloud.kernel.service_models import operation_model
from scenarios.cloud.setting import Setting
from scenarios.cloud.stepfunctions.errors import StateError
from scenarios.cloud.stepfunctions.executions import Executions, machine
from scenarios.cloud.stepfunctions.state import Execution

_PAGES: Final = Paging(
    onward="nextToken",
    limit="maxResults",
    default=100,
    most=1000,
    code="InvalidToken",
    message="Invalid Token",
)
# Work of others that would come and ask for it, executions begun anew, maps that are distributed.
_NOT_SIMULATED: Final = (
    *("CreateActivity", "GetActivityTask", "RedriveExecution", "TestState", "UpdateMapRun"),
    *("CreateStateMachineAlias", "UpdateStateMachineAlias", "DescribeMapRun", "ListMapRuns"),
)


class StepFunctions(Door[Event]):
    """What callers ask of executions, and what rules and schedules start."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self.executions = Executions(setting)
        answers = {
            "StartExecution": self._start,
            "StartSyncExecution": self._start_and_wait,
            "StopExecution": self._stop,
            "DescribeExecution": self._describe,
            "ListExecutions": self._list,
            "GetExecutionHistory": self._history,
            "DescribeStateMachineForExecution": self._machine_of,
            "SendTaskSuccess": self._task_succeeded,
            "SendTaskFailure": self._task_failed,
            "SendTaskHeartbeat": self._task_lives,
        }
        for operation, answer in answers.items():
            setting.calls.answer("stepfunctions", operation, answer)
        for operation in _NOT_SIMULATED:
            setting.calls.check("stepfunctions", operation, _refuse)
        setting.deliveries.register("states:stateMachine", Event, self)

    # ---- executions -------------------------------------------------------------------------------

    def _start(self, asked: Asked) -> dict[str, Any]:
        execution = self.executions.start(asked)
        return {"executionArn": execution.arn, "startDate": execution.started}

    def _start_and_wait(self, asked: Asked) -> dict[str, Any]:
        about = self._about(self.executions.start_and_wait(asked))
        for name in ("redriveCount", "redriveStatus", "redriveStatusReason"):
            about.pop(name, None)
        return {**about, "billingDetails": {"billedMemoryUsedInMB": 64, "billedDurationInMilliseconds": 100}}

    def _stop(self, asked: Asked) -> dict[str, Any]:
        execution = self._found(asked)
        self.executions.stop(execution, asked.parameters.get("error"), asked.parameters.get("cause"))
        return {"stopDate": execution.stopped}

    def _describe(self, asked: Asked) -> dict[str, Any]:
        return self._about(self._found(asked))

    def _list(self, asked: Asked) -> dict[str, Any]:
        if "stateMachineArn" not in asked.parameters:
            raise NotSimulated("states", "ListExecutions without a machine")
        model = machine(self._setting.account, asked.region, str(asked.parameters["stateMachineArn"]))
        status = asked.parameters.get("statusFilter")
        found = [
            each
            for each in reversed(self.executions.every.values())
            if each.machine_arn == model.arn and not each.express and status in (None, each.status)
        ]
        page, onward = _PAGES.page(found, asked.parameters)
        return {"executions": [_listed(each) for each in page], **onward}

    def _history(self, asked: Asked) -> dict[str, Any]:
        events = self._found(asked).history
        ordered = events[::-1] if asked.parameters.get("reverseOrder") else events
        page, onward = _PAGES.page(ordered, asked.parameters)
        return {"events": page, **onward}

    def _machine_of(self, asked: Asked) -> dict[str, Any]:
        execution = self._found(asked)
        return {
            "stateMachineArn": execution.machine_arn,
            "name": execution.machine_name,
            "definition": execution.definition,
            "roleArn": execution.role,
            "updateDate": execution.started,
        }

    def _found(self, asked: Asked) -> Execution:
        return self.executions.found(str(asked.parameters["executionArn"]))

    @staticmethod
    def _about(execution: Execution) -> dict[str, Any]:
        about: dict[str, Any] = {
            "executionArn": execution.arn,
            "stateMachineArn": execution.machine_arn,
            "name": execution.name,
            "status": execution.status,
            "startDate": execution.started,
            "input": execution.input,
            "inputDetails": {"included": True},
            "redriveCount": 0,
            "redriveStatus": "NOT_REDRIVABLE",
            "redriveStatusReason": f"Execution is {execution.status} and cannot be redriven",
        }
        told = {
            "stopDate": execution.stopped,
            "output": execution.output,
            "error": execution.error,
            "cause": execution.cause,
        }
        about |= {name: value for name, value in told.items() if value is not None}
        if execution.output is not None:
            about["outputDetails"] = {"included": True}
        return about

    # ---- task tokens ------------------------------------------------------------------------------

    def _task_succeeded(self, asked: Asked) -> dict[str, Any]:
        try:
            output = json.loads(asked.parameters["output"])
        except ValueError as error:
            raise Refused("InvalidOutput", f"Invalid Output: '{error}'") from None
        self._task(asked).say((output,))
        return {}

    def _task_failed(self, asked: Asked) -> dict[str, Any]:
        name, cause = asked.parameters.get("error", ""), asked.parameters.get("cause", "")
        self._task(asked).say(StateError(str(name), str(cause), of_task=True))
        return {}

    def _task_lives(self, asked: Asked) -> dict[str, Any]:
        self._task(asked).say(None)
        return {}

    def _task(self, asked: Asked) -> Signal:
        """The signal that a token stands for. The words are those of the API reference."""
        signal = self.executions.tokens.get(str(asked.parameters["taskToken"]))
        if signal is None:
            raise Refused("TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'")
        return signal

    # ---- rules and schedules ----------------------------------------------------------------------

    def is_there(self, delivery: Delivery[Event]) -> bool:
        """Whether there is such a machine."""
        region = region_of(delivery.arn)
        return moto_state.state_machine(self._setting.account, region, delivery.arn) is not None

    def needs(self, delivery: Delivery[Event]) -> Iterable[Need]:
        """What the role of the target must be allowed."""
        return (Need("states:StartExecution", delivery.arn),)

    def take(self, delivery: Delivery[Event]) -> None:
        """Start an execution with the target's input, as the role's session."""
        given = {"stateMachineArn": delivery.arn, "input": json.dumps(delivery.payload.content)}
        session = session_of(delivery, self._setting.new_uuid("states.delivery").replace("-", ""))
        operation, region = operation_model("stepfunctions", "StartExecution"), region_of(delivery.arn)
        try:
            call(self._setting, session, operation, region, given)
        except (ClientError, ParamValidationError) as error:
            self._setting.note("undelivered", f"{delivery.arn} was not started: {error}")


def _listed(execution: Execution) -> dict[str, Any]:
    about = {
        "executionArn": execution.arn,
        "stateMachineArn": execution.machine_arn,
        "name": execution.name,
        "status": execution.status,
        "startDate": execution.started,
        "redriveCount": 0,
    }
    return about if execution.stopped is None else {**about, "stopDate": execution.stopped}


def _refuse(asked: Asked) -> None:
    raise NotSimulated("states", asked.operation)
