"""Executions of state machines: started, gone through under the machine's role, ended, stopped.

Sources: https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html,
https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartSyncExecution.html,
https://docs.aws.amazon.com/step-functions/latest/dg/choosing-workflow-type.html,
https://docs.aws.amazon.com/step-functions/latest/dg/procedure-create-iam-role.html
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from scenarios.cloud.asked import Asked
from scenarios.cloud.kernel import moto_state
from scenarios.cloud.kernel.caller import Caller, session_on
from scenarios.cloud.kernel.errors import NotSimulated, Refused
from scenarios.cloud.kernel.processes import Process, Signal, run_now
from scenarios.cloud.setting import Setting
from scenarios.cloud.stepfunctions.definitions import InvalidDefinition, read
from scenarios.cloud.stepfunctions.errors import StateError
from scenarios.cloud.stepfunctions.interpreter import MOST_BYTES, Interpreter
from scenarios.cloud.stepfunctions.state import RUNNING, Execution, Line, text_of
from scenarios.cloud.stepfunctions.telling import SERVICE, status_changed

EXPRESS_SECONDS: Final = 300
STANDARD_SECONDS: Final = 365 * 24 * 3600


class Executions:
    """Every execution of the account, by ARN."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self.every: dict[str, Execution] = {}
        self.tokens: dict[str, Signal] = {}

    def found(self, arn: str) -> Execution:
        """An execution; raises Refused where there is none."""
        execution = self.every.get(arn)
        if execution is None or execution.express:
            raise Refused("ExecutionDoesNotExist", f"Execution Does Not Exist: '{arn}'")
        return execution

    def start(self, asked: Asked) -> Execution:
        """Start an execution; the same one for a name that runs with the same input already."""
        model = self._machine(asked)
        name = str(asked.parameters.get("name") or self._setting.new_uuid("states.execution"))
        given = str(asked.parameters.get("input", "{}"))
        _check_input(given)
        arn = _arn(model, name)
        if model.type == "EXPRESS":
            execution = self._new(model, asked, self._express_arn(model, name), name, given)
        else:
            again = self.every.get(arn)
            if again is not None:
                if again.status == RUNNING and again.input == given:
                    return again
                raise Refused("ExecutionAlreadyExists", f"Execution Already Exists: '{arn}'")
            execution = self._new(model, asked, arn, name, given)
        self._begin(execution)
        return execution

    def start_and_wait(self, asked: Asked) -> Execution:
        """Carry out an express workflow while its caller waits."""
        model = self._machine(asked)
        if model.type != "EXPRESS":
            raise Refused(
                "StateMachineTypeNotSupported",
                "This operation is not supported by this type of state machine",
            )
        name = str(asked.parameters.get("name") or self._setting.new_uuid("states.execution"))
        given = str(asked.parameters.get("input", "{}"))
        _check_input(given)
        execution = self._new(model, asked, self._express_arn(model, name), name, given)
        status_changed(self._setting, execution)
        work = Interpreter(self._setting, execution, self.tokens).run(json.loads(given))
        try:
            result = run_now(
                self._setting.clock, work, lambda: NotSimulated("states", "a task token in a sync execution")
            )
        except StateError as error:
            self._ended(execution, "FAILED", error=error)
        else:
            took = (self._setting.clock.now - execution.started).total_seconds()
            limit = execution.machine.timeout_seconds or EXPRESS_SECONDS
            if took > min(limit, EXPRESS_SECONDS):
                self._ended(execution, "TIMED_OUT", error=StateError("States.Timeout"))
            else:
                self._ended(execution, "SUCCEEDED", output=text_of(result))
        return execution

    def stop(self, execution: Execution, error: str | None, cause: str | None) -> None:
        """Stop an execution where it is; one that is over stays as it ended."""
        if execution.status != RUNNING:
            return
        if execution.process is not None:
            execution.process.stop()
        self._ended(execution, "ABORTED", error=StateError(error or "", cause or ""))

    # ---- beginning and end ------------------------------------------------------------------------

    def _machine(self, asked: Asked) -> Any:
        """A machine as moto keeps it: `.arn`, `.name`, `.definition`, `.roleArn`, `.type`."""
        arn = str(asked.parameters["stateMachineArn"])
        return machine(self._setting.account, asked.region, arn)

    def _new(self, model: Any, asked: Asked, arn: str, name: str, given: str) -> Execution:
        try:
            read_machine = read(model.definition)
        except InvalidDefinition as error:
            raise NotSimulated("states", f"a machine that was not created here: {error}") from error
        execution = Execution(
            arn=arn,
            name=name,
            machine_arn=str(model.arn),
            machine_name=str(model.name),
            machine=read_machine,
            definition=str(model.definition),
            role=str(model.roleArn),
            caller=self._session(str(model.roleArn)),
            region=asked.region,
            started=self._setting.clock.now,
            input=given,
            express=model.type == "EXPRESS",
        )
        self.every[arn] = execution
        return execution

    def _session(self, role: str) -> Caller:
        name = self._setting.new_uuid("states.session").replace("-", "")
        session = session_on(role, name).on_service_role(SERVICE)
        return replace(session, session_created=self._setting.clock.now)

    def _express_arn(self, model: Any, name: str) -> str:
        begin = str(model.arn).replace(":stateMachine:", ":express:")
        return f"{begin}:{name}:{self._setting.new_uuid('states.express')}"

    def _begin(self, execution: Execution) -> None:
        clock = self._setting.clock
        status_changed(self._setting, execution)
        interpreter = Interpreter(self._setting, execution, self.tokens)

        def done(result: Any, error: Exception | None) -> None:
            too_late.cancelled = True
            if isinstance(error, StateError):
                self._ended(execution, "FAILED", error=error)
            elif error is not None:
                raise error  # no state does that: it is a fault of ours
            else:
                self._ended(execution, "SUCCEEDED", output=text_of(result))

        def time_is_up() -> None:
            if execution.status == RUNNING and execution.process is not None:
                execution.process.stop()
                self._ended(execution, "TIMED_OUT", error=StateError("States.Timeout"))

        longest = EXPRESS_SECONDS if execution.express else STANDARD_SECONDS
        seconds = min(execution.machine.timeout_seconds or longest, longest)
        what = f"execution of {execution.machine_name}"
        work = interpreter.run(json.loads(execution.input))
        execution.process = Process(clock, work, done, what)
        execution.process.start()
        too_late = clock.after(seconds, time_is_up, what)

    def _ended(
        self, execution: Execution, status: str, *, output: str | None = None, error: StateError | None = None
    ) -> None:
        execution.status, execution.stopped = status, self._setting.clock.now
        execution.output = output
        told: dict[str, Any] = {"output": output} if output is not None else {}
        if error is not None:
            told = {name: each for name, each in (("error", error.name), ("cause", error.cause)) if each}
            execution.error, execution.cause = told.get("error"), told.get("cause")
        kind = _ENDS[status]
        line = Line(len(execution.history))
        details = f"execution{kind.removeprefix('Execution')}EventDetails"
        execution.log(line, self._setting.clock.now, kind, (details, told))
        because = f": {error}" if error is not None else ""
        self._setting.note("execution", f"{execution.machine_name}, {execution.name}: {status}{because}")
        status_changed(self._setting, execution)


_ENDS: Final[Mapping[str, str]] = {
    "SUCCEEDED": "ExecutionSucceeded",
    "FAILED": "ExecutionFailed",
    "TIMED_OUT": "ExecutionTimedOut",
    "ABORTED": "ExecutionAborted",
}


def machine(account: str, region: str, arn: str) -> Any:
    """A machine, or a version of one, as moto keeps it.

    Raises:
        Refused: there is none.
        NotSimulated: it is an alias, or another account's.
    """
    parts = arn.split(":")
    if len(parts) < 7 or parts[5] != "stateMachine":
        raise Refused("InvalidArn", f"Invalid Arn: '{arn}'")
    if parts[4] != account:
        raise NotSimulated("states", f"a machine of another account ({arn})")
    found = moto_state.state_machine(account, parts[3], ":".join(parts[:7]))
    version = parts[7] if len(parts) > 7 else ""
    if found is not None and version:
        if not version.isdecimal():
            raise NotSimulated("states", f"an alias of a machine ({arn})")
        found = found.versions.get(int(version))
    if found is None or parts[3] != region:
        raise Refused("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{arn}'")
    return found


def _arn(model: Any, name: str) -> str:
    """An execution's ARN; a version's executions are the machine's."""
    parts = str(model.arn).split(":")
    return ":".join([*parts[:5], "execution", parts[6], name])


def _check_input(given: str) -> None:
    if len(given.encode()) > MOST_BYTES:
        raise Refused(
            "ValidationException",
            f"1 validation error detected: Value at 'input' failed to satisfy constraint: Member must have "
            f"length less than or equal to {MOST_BYTES}",
        )
    try:
        json.loads(given)
    except ValueError as error:
        raise Refused("InvalidExecutionInput", f"Invalid State Machine Execution Input: '{error}'") from None
