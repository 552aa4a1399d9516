"""Executions of runbooks: started by somebody, a rule or a schedule; step after step under the assumed role.

Without a role an execution acts with the rights of whoever started it. A failed step is tried again as often
as it says, at once; then its `onFailure` decides. A failed step that is critical makes the execution fail.
AWS names no pause between two steps: here it is half a second.

Sources: https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_StartAutomationExecution.html,
https://docs.aws.amazon.com/systems-manager/latest/userguide/automation-actions.html,
https://docs.aws.amazon.com/systems-manager/latest/userguide/automation-setup-iam.html (the assumed role),
https://docs.aws.amazon.com/systems-manager/latest/userguide/automation-variables.html (system variables)
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from scenarios.cloud.asked import Asked
from scenarios.cloud.authorization.denied import access_denied
from scenarios.cloud.authorization.rows import JSON
from scenarios.cloud.kernel import moto_state
from scenarios.cloud.kernel.caller import Caller, session_on
from scenarios.cloud.kernel.errors import NotSimulated, Refused
from scenarios.cloud.kernel.processes import Pause, Process, Work
from scenarios.cloud.setting import Setting
from scenarios.cloud.ssm.automation import owned, telling
from scenarios.cloud.ssm.automation.documents import InvalidDocument, Runbook, Step, read
from scenarios.cloud.ssm.automation.expressions import Unknown, resolved
from scenarios.cloud.ssm.automation.parameters import given_to
from scenarios.cloud.ssm.automation.state import Execution, StepRun
from scenarios.cloud.ssm.automation.steps import (
    DEFAULT_TIMEOUTS,
    Doing,
    Done,
    StepFailed,
    StepTimedOut,
    act,
)

SSM: Final = "ssm.amazonaws.com"
STEP_SECONDS: Final = 0.5
MOST_RUNNING: Final = 100
# What starts several executions at once, or one that waits for people at every step.
_NOT_SIMULATED: Final = (
    *("TargetParameterName", "Targets", "TargetMaps", "TargetLocations", "TargetLocationsURL"),
    *("MaxConcurrency", "MaxErrors", "AlarmConfiguration"),
)


class Executions:
    """Every execution of the account, by region and id."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._every: dict[tuple[str, str], Execution] = {}

    def of(self, region: str) -> list[Execution]:
        """The executions of a region, the newest first."""
        return [each for (where, _), each in reversed(self._every.items()) if where == region]

    def found(self, region: str, identity: str) -> Execution:
        """An execution; raises Refused where there is none of that id."""
        try:
            return self._every[region, identity]
        except KeyError:
            raise Refused(
                "AutomationExecutionNotFoundException",
                "There is no automation execution information for the requested automation execution ID.",
            ) from None

    def start(self, asked: Asked) -> str:
        """Start an execution; its id."""
        given, region = asked.parameters, asked.region
        _refuse_what_is_not_simulated(given)
        name, version, runbook = self._runbook(
            str(given["DocumentName"]), given.get("DocumentVersion"), region
        )
        again = self._started_before(asked)
        if again is not None:
            return again.identity
        if sum(not each.over for each in self.of(region)) >= MOST_RUNNING:
            raise NotSimulated("ssm", f"more than {MOST_RUNNING} executions at once, which AWS lets wait")
        identity = self._setting.new_uuid("ssm.automation")
        known = given_to(runbook, given.get("Parameters") or {})
        known |= self._system_variables(region, identity)
        role = self._role(runbook, known)
        self._may_pass(asked, role)
        caller = self._session(role, identity) if role else asked.caller.through(SSM)
        execution = Execution(
            identity=identity,
            region=region,
            document=name,
            version=version,
            runbook=runbook,
            given=given.get("Parameters") or {},
            known=known,
            role=role,
            by=asked.caller,
            caller=caller,
            started=self._setting.clock.now,
            token=str(given.get("ClientToken", "")),
            tags=given.get("Tags") or (),
        )
        self._every[region, identity] = execution
        self._begin(execution)
        return identity

    def check(self, given: Mapping[str, Any], region: str) -> None:
        """Raises Refused where an execution could not be started so, whoever asks."""
        name, version = str(given["DocumentName"]), given.get("DocumentVersion")
        _, _, runbook = self._runbook(name, version, region)
        known = given_to(runbook, given.get("Parameters") or {})
        self._role(runbook, known | self._system_variables(region, ""))

    def stop(self, execution: Execution, *, after_this_step: bool) -> None:
        """Stop an execution, at once or after the step that is under way."""
        if execution.over:
            raise Refused(
                "InvalidAutomationStatusUpdateException",
                "The specified update status operation is not valid.",
            )
        if after_this_step:
            execution.ends_soon = True
            return
        if execution.process is not None:
            execution.process.stop()
        if execution.current is not None:
            self._step_ended(execution, execution.current, "Cancelled")
        self._ended(execution, "Cancelled")

    # ---- what is needed to begin ------------------------------------------------------------------

    def _runbook(self, name: str, version: str | None, region: str) -> tuple[str, str, Runbook]:
        """Name, version and content of a document."""
        if name.startswith("arn:"):
            if ":document/" not in name:
                raise _no_document()
            if name.split(":")[4] not in ("", self._setting.account):
                raise NotSimulated("ssm", f"a document of another account ({name})")
            name = name.partition(":document/")[2]
        if owned.is_owned(name):
            return self._owned(name, version)
        documents = moto_state.ssm_document(self._setting.account, region, name)
        if documents is None:
            raise _no_document()
        found = documents.find(None if version == "$DEFAULT" else version, strict=False)
        if found is None:
            raise Refused(
                "AutomationDefinitionVersionNotFoundException",
                "An Automation runbook with the specified name and version couldn't be found.",
            )
        if found.document_type != "Automation":
            raise _no_document()
        try:
            return name, str(found.document_version), read(found.content)
        except InvalidDocument as error:  # a stack's, or one that moto took before
            raise Refused("InvalidAutomationExecutionParametersException", str(error)) from error

    def _owned(self, name: str, version: str | None) -> tuple[str, str, Runbook]:
        if name not in owned.names():
            raise NotSimulated("ssm", f"the runbook {name}; those that there are: {', '.join(owned.names())}")
        if version not in (None, "$DEFAULT", "$LATEST", "1"):
            raise NotSimulated("ssm", f"version {version} of {name}")
        return name, "1", owned.runbook(name)

    def _started_before(self, asked: Asked) -> Execution | None:
        """The execution that a client token stands for."""
        token = str(asked.parameters.get("ClientToken", ""))
        same = (each for each in self.of(asked.region) if token and each.token == token)
        found = next(same, None)
        if found is not None and dict(found.given) != dict(asked.parameters.get("Parameters") or {}):
            raise Refused(
                "IdempotentParameterMismatch",
                "Error returned when an idempotent operation is retried and the parameters don't match the "
                "original call to the API with the same idempotency token.",
            )
        return found

    def _system_variables(self, region: str, identity: str) -> dict[str, Any]:
        now = self._setting.clock.now
        return {
            "global:ACCOUNT_ID": self._setting.account,
            "global:AWS_PARTITION": "aws",
            "global:DATE": f"{now:%Y-%m-%d}",
            "global:DATE_TIME": f"{now:%Y-%m-%d_%H.%M.%S}",
            "global:REGION": region,
            "automation:EXECUTION_ID": identity,
        }

    def _role(self, runbook: Runbook, known: Mapping[str, Any]) -> str:
        """The role that the document names, "" for none; it must be one that Systems Manager can assume."""
        try:
            role = str(resolved(runbook.assume_role, known)).strip()
        except Unknown as error:
            raise Refused("InvalidAutomationExecutionParametersException", str(error)) from error
        if not role:
            return ""
        context = {
            "aws:SourceAccount": self._setting.account,
            "aws:SourceArn": f"arn:aws:ssm:*:{self._setting.account}:automation-execution/*",
        }
        trusted = self._setting.identity.service_may(SSM, "sts:AssumeRole", role, context)
        if not role.startswith("arn:") or not trusted.allowed:
            raise Refused(
                "InvalidAutomationExecutionParametersException",
                "The defined assume role is unable to be assumed.",
            )
        return role

    def _may_pass(self, asked: Asked, role: str) -> None:
        if not role:
            return
        decision = self._setting.identity.judge(
            asked.caller, "iam:PassRole", role, {"iam:PassedToService": SSM}
        )
        if not decision.allowed:
            code, message, status = access_denied(
                JSON,
                asked.operation,
                asked.caller,
                action="iam:PassRole",
                resource=role,
                because=decision.because,
            )
            raise Refused(code, message, status)

    def _session(self, role: str, identity: str) -> Caller:
        session = session_on(role, f"Automation-{identity}").on_service_role(SSM)
        return replace(session, session_created=self._setting.clock.now)

    # ---- the way through the steps ----------------------------------------------------------------

    def _begin(self, execution: Execution) -> None:
        def done(_: Any, error: Exception | None) -> None:
            if error is not None:
                raise error  # no step does that: it is a fault of ours

        telling.execution(self._setting, execution)
        what = f"automation {execution.document}"
        execution.process = Process(self._setting.clock, self._steps(execution), done, what)
        execution.process.start(STEP_SECONDS)

    def _steps(self, execution: Execution) -> Work:
        """All steps, in the order that they come to."""
        step: Step | None = execution.runbook.steps[0]
        while step is not None:
            run = yield from self._step(execution, step)
            failed = run.status != "Success"
            if failed and (step.is_critical or step.on_failure == "Abort"):
                execution.failure = run.failure
                execution.status = run.status
            step = self._next(execution.runbook, run)
            run.next_step = step.name if step is not None else ""
            if execution.ends_soon or (failed and run.step.on_failure == "Abort"):
                break
            if step is not None:
                yield Pause(STEP_SECONDS)
        execution.outputs = {
            name: execution.known[name] for name in execution.runbook.outputs if name in execution.known
        }
        self._ended(execution, "Success" if execution.status == "InProgress" else execution.status)

    @staticmethod
    def _next(runbook: Runbook, run: StepRun) -> Step | None:
        """Which step follows one that is over."""
        step = run.step
        if run.status != "Success" and step.on_failure.startswith("step:"):
            return runbook.step(step.on_failure.removeprefix("step:"))
        wanted = run.next_step or ("" if step.is_end else step.next_step)
        if wanted:
            return next((each for each in runbook.steps if each.name == wanted), None)
        return None if step.is_end else runbook.behind(step)

    def _step(self, execution: Execution, step: Step) -> Work:
        """One step with all of its attempts."""
        now, attempts = self._setting.clock.now, step.max_attempts
        identity = self._setting.new_uuid("ssm.automation.step")
        run = StepRun(step=step, identity=identity, started=now)
        execution.runs.append(run)
        telling.step(self._setting, execution, run)
        while attempts:
            attempts -= 1
            try:
                done = yield from self._attempt(execution, run)
            except (StepFailed, StepTimedOut, Unknown) as error:
                run.failure = str(error)
                status = "TimedOut" if isinstance(error, StepTimedOut) else "Failed"
                if attempts == 0 or isinstance(error, StepTimedOut):
                    self._step_ended(execution, run, status)
                    return run
            else:
                self._succeeded(execution, run, done)
                return run
        return run

    def _attempt(self, execution: Execution, run: StepRun) -> Work:
        step, clock = run.step, self._setting.clock
        run.inputs = resolved(step.inputs, execution.known)
        seconds = step.timeout_seconds or DEFAULT_TIMEOUTS.get(step.action)
        if step.action == "aws:approve":
            run.status = "Waiting"
        doing = Doing(
            setting=self._setting,
            caller=execution.caller,
            region=execution.region,
            step=step,
            inputs=run.inputs,
            deadline=clock.now + timedelta(seconds=seconds) if seconds else None,
            signal=run.signal,
        )
        done = yield from act(doing, owned.SCRIPTS if owned.is_owned(execution.document) else {})
        if doing.deadline is not None and clock.now > doing.deadline:
            raise StepTimedOut(f"The step {step.name} didn't end within its time.")
        return done

    def _succeeded(self, execution: Execution, run: StepRun, done: Done) -> None:
        run.outputs, run.response = done.outputs, done.response
        run.next_step, run.failure = done.next_step or "", ""
        execution.known |= {f"{run.step.name}.{name}": value for name, value in done.outputs.items()}
        self._step_ended(execution, run, "Success")

    def _step_ended(self, execution: Execution, run: StepRun, status: str) -> None:
        run.status, run.ended = status, self._setting.clock.now
        telling.step(self._setting, execution, run)
        if status != "Success":
            because = f": {run.failure}" if run.failure else ""
            self._setting.note("automation", f"{execution.document}, {run.step.name}: {status}{because}")

    def _ended(self, execution: Execution, status: str) -> None:
        execution.status, execution.ended = status, self._setting.clock.now
        self._setting.note("automation", f"{execution.document}: {status}")
        telling.execution(self._setting, execution)


def _no_document() -> Refused:
    return Refused(
        "AutomationDefinitionNotFoundException",
        "An Automation runbook with the specified name couldn't be found.",
    )


def _refuse_what_is_not_simulated(given: Mapping[str, Any]) -> None:
    for name in _NOT_SIMULATED:
        if given.get(name):
            raise NotSimulated("ssm", f"StartAutomationExecution with {name}")
    if given.get("Mode", "Auto") != "Auto":
        raise NotSimulated("ssm", "StartAutomationExecution in interactive mode")
