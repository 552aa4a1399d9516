"""Automation's API, and the way in for EventBridge's rules.

Sources: https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetAutomationExecution.html,
https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_SendAutomationSignal.html,
https://docs.aws.amazon.com/systems-manager/latest/userguide/running-automations-event-bridge.html,
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-targets.html
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from botocore.exceptions import ClientError, ParamValidationError

from scenarios.cloud.api_calls import call
from scenarios.cloud.asked import Asked
from scenarios.cloud.authorization.rows import Place
from scenarios.cloud.kernel import moto_state
from scenarios.cloud.kernel.arns import region_of
from scenarios.cloud.kernel.caller import Caller
from scenarios.cloud.kernel.deliveries import Delivery, Door, Event, Need, session_of
from scenarios.cloud.kernel.errors import NotSimulated, Refused
from scenarios.cloud.kernel.paging import Paging
from scenarios.cloud.kernel.service_models import operation_model
from scenarios.cloud.setting import Setting
from scenarios.cloud.ssm.arns import document_arn
from scenarios.cloud.ssm.automation import owned
from scenarios.cloud.ssm.automation.executions import Executions
from scenarios.cloud.ssm.automation.expressions import written
from scenarios.cloud.ssm.automation.state import Execution, StepRun
from scenarios.cloud.ssm.automation.steps import DEFAULT_TIMEOUTS, Approval, approvers

_PAGES: Final = Paging(
    onward="NextToken",
    limit="MaxResults",
    default=50,
    most=50,
    code="InvalidNextToken",
    message="The specified token isn't valid.",
)
_Kept = Callable[[Any, Sequence[str]], bool]


class Automation(Door[Event]):
    """What callers ask of Automation, and what rules start."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self.executions = Executions(setting)
        answers = {
            "StartAutomationExecution": self._start,
            "GetAutomationExecution": self._get,
            "DescribeAutomationExecutions": self._describe,
            "DescribeAutomationStepExecutions": self._describe_steps,
            "StopAutomationExecution": self._stop,
            "SendAutomationSignal": self._signal,
            "GetDocument": self._get_document,
            "DescribeDocument": self._describe_document,
        }
        for operation, answer in answers.items():
            setting.calls.answer("ssm", operation, answer)
        setting.deliveries.register("ssm:automation-definition", Event, self)

    # ---- the API ----------------------------------------------------------------------------------

    def _start(self, asked: Asked) -> dict[str, Any]:
        return {"AutomationExecutionId": self.executions.start(asked)}

    def _get(self, asked: Asked) -> dict[str, Any]:
        execution = self._found(asked)
        about = {
            **_about(execution),
            "StepExecutions": [_step(each) for each in execution.runs],
            "StepExecutionsTruncated": False,
            "Parameters": {name: list(values) for name, values in execution.given.items()},
            "Outputs": _in_lists(execution.outputs),
        }
        return {"AutomationExecution": about}

    def _describe(self, asked: Asked) -> dict[str, Any]:
        found: Iterable[Execution] = self.executions.of(asked.region)
        for each in asked.parameters.get("Filters") or ():
            found = _filtered(found, each, _FILTERS)
        page, onward = _PAGES.page(list(found), asked.parameters)
        listed = [{**_about(each), "Outputs": _in_lists(each.outputs)} for each in page]
        for each in listed:
            each.pop("ProgressCounters")
        return {"AutomationExecutionMetadataList": listed, **onward}

    def _describe_steps(self, asked: Asked) -> dict[str, Any]:
        runs: Iterable[StepRun] = self._found(asked).runs
        for each in asked.parameters.get("Filters") or ():
            runs = _filtered(runs, each, _STEP_FILTERS)
        ordered = list(runs)[::-1] if asked.parameters.get("ReverseOrder") else list(runs)
        page, onward = _PAGES.page(ordered, asked.parameters)
        return {"StepExecutions": [_step(each) for each in page], **onward}

    def _stop(self, asked: Asked) -> dict[str, Any]:
        after_this_step = asked.parameters.get("Type", "Cancel") == "Complete"
        self.executions.stop(self._found(asked), after_this_step=after_this_step)
        return {}

    def _signal(self, asked: Asked) -> dict[str, Any]:
        execution, kind = self._found(asked), asked.parameters["SignalType"]
        if kind not in ("Approve", "Reject"):
            raise NotSimulated("ssm", f"the signal {kind}")
        run = execution.current
        if run is None or run.status != "Waiting":
            raise Refused(
                "AutomationStepNotFoundException",
                "The specified step name and execution ID don't exist. Verify the information and try again.",
            )
        if not _approves(asked.caller, approvers(run.inputs)):
            raise Refused(
                "InvalidAutomationSignalException",
                "The signal isn't valid for the current Automation execution.",
            )
        comment = (asked.parameters.get("Payload") or {}).get("Comment", [""])
        now = self._setting.clock.now
        approval = Approval(
            by=asked.caller.arn, approves=kind == "Approve", comment=" ".join(comment), at=now
        )
        run.signal.say(approval)
        return {}

    def _found(self, asked: Asked) -> Execution:
        return self.executions.found(asked.region, str(asked.parameters["AutomationExecutionId"]))

    # ---- documents that AWS owns ------------------------------------------------------------------

    def _get_document(self, asked: Asked) -> dict[str, Any]:
        name = _named(asked)
        if not owned.is_owned(name):
            backend = self._documents(asked)
            found: dict[str, Any] = backend.get_document(*self._wanted(asked, name), _format(asked))
            return found
        _known(name)
        return {
            "Name": name,
            "DocumentVersion": "1",
            "Status": "Active",
            "Content": owned.content(name),
            "DocumentType": "Automation",
            "DocumentFormat": "YAML",
        }

    def _describe_document(self, asked: Asked) -> dict[str, Any]:
        name = _named(asked)
        if not owned.is_owned(name):
            return {"Document": self._documents(asked).describe_document(*self._wanted(asked, name))}
        _known(name)
        book = owned.runbook(name)
        document = {
            "Name": name,
            "Owner": "Amazon",
            "Status": "Active",
            "DocumentVersion": "1",
            "DefaultVersion": "1",
            "LatestVersion": "1",
            "Description": book.description,
            "DocumentType": "Automation",
            "DocumentFormat": "YAML",
            "SchemaVersion": "0.3",
        }
        return {"Document": document}

    def _documents(self, asked: Asked) -> Any:
        """moto's, which says itself when a document isn't there."""
        if moto_state.ssm_document(self._setting.account, asked.region, _named(asked)) is None:
            raise Refused("InvalidDocument", "The specified document does not exist.")
        return moto_state.backend("ssm", self._setting.account, asked.region)

    def _wanted(self, asked: Asked, name: str) -> tuple[str, str | None, str | None]:
        """Name, version and version name; a version that isn't there is refused."""
        version, version_name = asked.parameters.get("DocumentVersion"), asked.parameters.get("VersionName")
        version = None if version == "$DEFAULT" else version
        found = moto_state.ssm_document(self._setting.account, asked.region, name)
        if found is None or not found.exists(version, version_name):
            raise Refused("InvalidDocument", "The specified document does not exist.")
        return name, version, version_name

    # ---- EventBridge ------------------------------------------------------------------------------

    def is_there(self, delivery: Delivery[Event]) -> bool:
        """Whether there is such a document."""
        name, _ = _definition(delivery.arn)
        region = region_of(delivery.arn)
        if owned.is_owned(name):
            _known(name)
            return True
        return moto_state.ssm_document(self._setting.account, region, name) is not None

    def needs(self, delivery: Delivery[Event]) -> Iterable[Need]:
        """What the target's role must be allowed."""
        region, (name, _) = region_of(delivery.arn), _definition(delivery.arn)
        execution = f"arn:aws:ssm:{region}:{self._setting.account}:automation-execution/*"
        document = document_arn(Place(region=region, account=self._setting.account), name)
        return [Need("ssm:StartAutomationExecution", each) for each in (document, execution)]

    def objection(self, delivery: Delivery[Event]) -> str:
        """Parameters that the document does not take, or a role that can't be assumed."""
        try:
            self.executions.check(_given(delivery), region_of(delivery.arn))
        except Refused as refused:
            return f"{refused.code}: {refused.message}"
        return ""

    def take(self, delivery: Delivery[Event]) -> None:
        """Start an execution with the target's input as parameters, as the role's session."""
        given = _given(delivery)
        session = session_of(delivery, self._setting.new_uuid("events.session").replace("-", ""))
        operation, region = operation_model("ssm", "StartAutomationExecution"), region_of(delivery.arn)
        try:
            call(self._setting, session, operation, region, given)
        except (ClientError, ParamValidationError) as error:
            self._setting.note("undelivered", f"{given['DocumentName']} was not started: {error}")


def _given(delivery: Delivery[Event]) -> dict[str, Any]:
    """What StartAutomationExecution is asked: the target's input has the parameters by their names."""
    name, version = _definition(delivery.arn)
    content = delivery.payload.content
    given: dict[str, Any] = {"DocumentName": name, **({"DocumentVersion": version} if version else {})}
    if isinstance(content, Mapping) and content:
        given["Parameters"] = _in_lists(content)
    return given


def _definition(arn: str) -> tuple[str, str]:
    """Name and version in the ARN of an automation definition; "" for the default version."""
    name, _, version = arn.partition(":automation-definition/")[2].partition(":")
    return name, "" if version in ("", "$DEFAULT") else version


def _named(asked: Asked) -> str:
    name = str(asked.parameters["Name"])
    return name.partition(":document/")[2] if name.startswith("arn:") else name


def _format(asked: Asked) -> str:
    return str(asked.parameters.get("DocumentFormat", ""))


def _known(name: str) -> None:
    if name not in owned.names():
        raise NotSimulated("ssm", f"the document {name}")


def _approves(caller: Caller, named: Sequence[str]) -> bool:
    own = {caller.arn, caller.name}
    if caller.session:
        own.add(caller.role_arn)
    return any(each in own for each in named)


# ---- answers --------------------------------------------------------------------------------------


def _about(execution: Execution) -> dict[str, Any]:
    about: dict[str, Any] = {
        "AutomationExecutionId": execution.identity,
        "DocumentName": execution.document,
        "DocumentVersion": execution.version,
        "ExecutionStartTime": execution.started,
        "AutomationExecutionStatus": execution.status,
        "Mode": "Auto",
        "ExecutedBy": execution.by.arn,
        "ResolvedTargets": {"ParameterValues": [], "Truncated": False},
        "Targets": [],
        "ProgressCounters": {},
    }
    if execution.ended is not None:
        about["ExecutionEndTime"] = execution.ended
    if execution.failure:
        about["FailureMessage"] = execution.failure
    current = execution.current
    if current is not None:
        about |= {"CurrentStepName": current.step.name, "CurrentAction": current.step.action}
    return about


def _step(run: StepRun) -> dict[str, Any]:
    step = run.step
    about: dict[str, Any] = {
        "StepName": step.name,
        "Action": step.action,
        "OnFailure": step.on_failure,
        "MaxAttempts": step.max_attempts,
        "ExecutionStartTime": run.started,
        "StepStatus": run.status,
        "Inputs": {name: json.dumps(value) for name, value in run.inputs.items()},
        "Outputs": _in_lists(run.outputs),
        "StepExecutionId": run.identity,
        "IsEnd": step.is_end,
        "IsCritical": step.is_critical,
        "ValidNextSteps": [],
        "OverriddenParameters": {},
    }
    timeout = step.timeout_seconds or DEFAULT_TIMEOUTS.get(step.action)
    if timeout:
        about["TimeoutSeconds"] = timeout
    if run.ended is not None:
        about["ExecutionEndTime"] = run.ended
    if run.status == "Success":
        about["ResponseCode"] = "0"
    if run.response is not None:
        about["Response"] = written(run.response)
    if run.failure:
        about["FailureMessage"] = run.failure
        about["FailureDetails"] = {"FailureStage": "Invocation", "FailureType": "Verification"}
    if run.next_step:
        about["NextStep"] = run.next_step
    return about


def _in_lists(given: Mapping[str, Any]) -> dict[str, list[str]]:
    """Values as Automation writes parameters and outputs: each a list of texts."""
    return {
        name: [written(each) for each in value] if isinstance(value, list) else [written(value)]
        for name, value in given.items()
    }


def _filtered(found: Iterable[Any], given: Mapping[str, Any], known: Mapping[str, _Kept]) -> list[Any]:
    keep = known.get(given["Key"])
    if keep is None:
        raise NotSimulated("ssm", f"executions by {given['Key']}")
    return [each for each in found if keep(each, given["Values"])]


_FILTERS: Final[Mapping[str, _Kept]] = {
    "DocumentNamePrefix": lambda each, values: each.document.startswith(tuple(values)),
    "ExecutionStatus": lambda each, values: each.status in values,
    "ExecutionId": lambda each, values: each.identity in values,
    "CurrentAction": lambda each, values: bool(each.current) and each.current.step.action in values,
}
_STEP_FILTERS: Final[Mapping[str, _Kept]] = {
    "Action": lambda each, values: each.step.action in values,
    "StepExecutionId": lambda each, values: each.identity in values,
    "StepExecutionStatus": lambda each, values: each.status in values,
    "StepName": lambda each, values: each.step.name in values,
}
