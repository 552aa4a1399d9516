"""What each action of a runbook does. An action is work over simulated time (`kernel.processes`).

AWS names no pace at which it asks again whether a property has the wanted value, or an instance the wanted
state: here it is every 15 seconds. The words of failures are AWS's where published automations show them.

Sources, one page for each action, such as
https://docs.aws.amazon.com/systems-manager/latest/userguide/automation-action-executeAwsApi.html,
https://docs.aws.amazon.com/systems-manager/latest/userguide/automation-action-lamb.html,
https://docs.aws.amazon.com/systems-manager/latest/userguide/automation-action-branch.html,
https://docs.aws.amazon.com/systems-manager/latest/userguide/automation-action-sleep.html,
https://docs.aws.amazon.com/systems-manager/latest/userguide/automation-action-assertAwsResourceProperty.html,
https://docs.aws.amazon.com/systems-manager/latest/userguide/automation-action-waitForAwsResourceProperty.html,
https://docs.aws.amazon.com/systems-manager/latest/userguide/automation-action-changestate.html
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from botocore.exceptions import ClientError, ParamValidationError

from scenarios.cloud.api_calls import as_json, call, in_botocore, operation_of
from scenarios.cloud.kernel.caller import Caller
from scenarios.cloud.kernel.errors import NotSimulated
from scenarios.cloud.kernel.json_paths import InvalidPath, NothingThere, select
from scenarios.cloud.kernel.processes import UNANSWERED, Answer, Pause, Signal, Work
from scenarios.cloud.kernel.texts import is_true
from scenarios.cloud.setting import Setting
from scenarios.cloud.ssm.automation.documents import SIMULATED, Step

POLL_SECONDS: Final = 15.0
DEFAULT_TIMEOUTS: Final[Mapping[str, int]] = {
    "aws:approve": 7 * 24 * 3600,
    "aws:changeInstanceState": 3600,
    "aws:waitForAwsResourceProperty": 3600,
}
_API: Final = ("Service", "Api")
_PROPERTY: Final = (*_API, "PropertySelector", "DesiredValues")
_GUIDE: Final = "Please refer to Automation Service Troubleshooting Guide for more diagnosis details."
_DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?")


class StepFailed(Exception):
    """A step fails, and says why."""


class StepTimedOut(Exception):
    """A step's time is up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Doing:
    """A step that is under way: in whose name, where, until when. `inputs` have no references any more.

    `signal`: what people say to it (SendAutomationSignal).
    """

    setting: Setting
    caller: Caller
    region: str
    step: Step
    inputs: Mapping[str, Any]
    deadline: datetime | None
    signal: Signal

    @property
    def seconds_left(self) -> float | None:
        """How long it may still take."""
        if self.deadline is None:
            return None
        return max((self.deadline - self.setting.clock.now).total_seconds(), 0.0)

    def needed(self, name: str) -> Any:
        """An input that there must be."""
        if name not in self.inputs:
            raise StepFailed(f"The input {name} of the step {self.step.name} is missing.")
        return self.inputs[name]

    def pause(self, seconds: float) -> Pause:
        """A pause that fits into the step's time; raises StepTimedOut where none is left."""
        left = self.seconds_left
        if left is not None and left <= 0:
            raise StepTimedOut(f"The step {self.step.name} didn't end within its time.")
        return Pause(seconds if left is None else min(seconds, left))

    def call(self, service: str, api: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Call AWS's API in the execution's name; the answer as JSON has it."""
        operation = operation_of(in_botocore(service), api)
        if operation is None:
            raise StepFailed(_worded(f"{service} has no API operation {api}."))
        try:
            made = call(
                self.setting, self.caller, operation, self.region, parameters, service=in_botocore(service)
            )
        except (ClientError, ParamValidationError) as error:
            raise StepFailed(_worded(str(error))) from error
        answer: dict[str, Any] = as_json(made)
        return answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What a step came to. `next_step`: where a branch leads, "" for nowhere."""

    outputs: Mapping[str, Any] = field(default_factory=dict)
    response: Any = None
    next_step: str | None = None


def _worded(error: str) -> str:
    return f"Step fails when it is Execute/Cancelling action. {error} {_GUIDE}"


Script = Callable[[Doing], dict[str, Any]]


def act(doing: Doing, scripts: Mapping[str, Script]) -> Work:
    """Carry out a step; the work's result is a `Done`.

    Args:
        doing: the step.
        scripts: what stands for the scripts of a runbook that AWS owns.

    Raises:
        StepFailed, StepTimedOut: it does not succeed.
        NotSimulated: its action isn't simulated.
    """
    if doing.step.action == "aws:executeScript" and scripts:
        return _run_script(doing, scripts)
    action = doing.step.action
    if action in _IN_TIME:
        return (yield from _IN_TIME[action](doing))
    if action not in SIMULATED:
        raise NotSimulated("ssm", f"the action {action} of the step {doing.step.name}")
    return _AT_ONCE[action](doing)


# ---- calls --------------------------------------------------------------------------------------


def _execute_aws_api(doing: Doing) -> Done:
    answer = _asked(doing, _API)
    outputs = {each.name: _selected(doing, each.selector, answer) for each in doing.step.outputs}
    return Done(outputs=outputs, response=answer)


def _asked(doing: Doing, own: Iterable[str]) -> dict[str, Any]:
    """Make the call that a step's inputs name; `own` inputs are the action's, all others the call's."""
    given = {name: value for name, value in doing.inputs.items() if name not in own}
    return doing.call(str(doing.needed("Service")), str(doing.needed("Api")), given)


def _selected(doing: Doing, selector: str, answer: Any) -> Any:
    try:
        return select(selector, answer)
    except InvalidPath as error:
        raise StepFailed(_worded(f"The selector {selector} of {doing.step.name} is none.")) from error
    except NothingThere:
        return ""


def _invoke_lambda_function(doing: Doing) -> Done:
    known = ("FunctionName", "Qualifier", "InvocationType", "LogType", "ClientContext", "Payload")
    given = {name: doing.inputs[name] for name in known if name in doing.inputs}
    payload = doing.inputs.get("InputPayload", given.get("Payload"))
    if payload is not None:
        given["Payload"] = payload if isinstance(payload, str) else json.dumps(payload)
    doing.needed("FunctionName")
    answer = doing.call("lambda", "Invoke", given)
    outputs = {name: answer.get(name, "") for name in ("StatusCode", "LogResult", "Payload")}
    if "FunctionError" in answer:
        raise StepFailed(
            _worded(f"Lambda function returned {answer['FunctionError']} error: {answer['Payload']}")
        )
    return Done(outputs={**outputs, "FunctionError": ""}, response=answer)


def _run_script(doing: Doing, scripts: Mapping[str, Script]) -> Done:
    return Done(response=scripts[str(doing.needed("Script"))](doing))


# ---- properties ---------------------------------------------------------------------------------


def _assert_property(doing: Doing) -> Done:
    found = _property(doing)
    if not _is_wanted(doing, found):
        wanted = json.dumps(doing.needed("DesiredValues"))
        raise StepFailed(
            "Step fails when it is Poll action status for resources. Property value from the API output is "
            f"not in desired values. PropertyValue: {json.dumps(found)}, DesiredValues: {wanted}. {_GUIDE}"
        )
    return Done(response=found)


def _wait_for_property(doing: Doing) -> Work:
    while not _is_wanted(doing, _property(doing)):
        yield doing.pause(POLL_SECONDS)
    return Done()


def _property(doing: Doing) -> Any:
    answer = _asked(doing, _PROPERTY)
    return _selected(doing, str(doing.needed("PropertySelector")), answer)


def _is_wanted(doing: Doing, found: Any) -> bool:
    """Whether every value that was found is a desired one; nothing found is none."""
    wanted = doing.needed("DesiredValues")
    texts = {_text(each) for each in (wanted if isinstance(wanted, list) else [wanted])}
    values = found if isinstance(found, list) else [found]
    return bool(values) and all(_text(each) in texts for each in values)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) or value in ("True", "False") else str(value)


# ---- instances ----------------------------------------------------------------------------------

_TO_STATE: Final[Mapping[str, str]] = {
    "running": "StartInstances",
    "stopped": "StopInstances",
    "terminated": "TerminateInstances",
}


def _change_instance_state(doing: Doing) -> Work:
    instances, desired = doing.needed("InstanceIds"), str(doing.needed("DesiredState"))
    ids = instances if isinstance(instances, list) else [instances]
    if desired not in _TO_STATE:
        raise StepFailed(f"The desired state {desired} is not running, stopped or terminated.")
    if not is_true(doing.inputs.get("CheckStateOnly", False)):
        force = {"Force": True} if desired == "stopped" and is_true(doing.inputs.get("Force", False)) else {}
        doing.call("ec2", _TO_STATE[desired], {"InstanceIds": ids, **force})
    while set(_states(doing, ids)) != {desired}:
        yield doing.pause(POLL_SECONDS)
    return Done(outputs={"InstanceIds": ids, "InstanceStates": [desired] * len(ids)})


def _states(doing: Doing, ids: list[str]) -> list[str]:
    asked = {"InstanceIds": ids, "IncludeAllInstances": True}
    answer = doing.call("ec2", "DescribeInstanceStatus", asked)
    return [each["InstanceState"]["Name"] for each in answer["InstanceStatuses"]]


# ---- time ---------------------------------------------------------------------------------------


def _sleep(doing: Doing) -> Work:
    seconds = _seconds(doing)
    left = doing.seconds_left
    if left is not None and seconds > left:
        yield Pause(left)
        raise StepTimedOut(f"The step {doing.step.name} didn't end within its time.")
    yield Pause(seconds)
    return Done()


def _seconds(doing: Doing) -> float:
    """How long to sleep: a `Duration` such as PT10M, or until a `Timestamp`."""
    if "Duration" in doing.inputs:
        found = _DURATION.fullmatch(str(doing.inputs["Duration"]))
        if found is None or not any(found.groups()):
            raise StepFailed(f"The Duration {doing.inputs['Duration']} of {doing.step.name} is not ISO 8601.")
        days, hours, minutes, seconds = (float(each or 0) for each in found.groups())
        try:
            return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds).total_seconds()
        except OverflowError:
            raise StepFailed(f"The Duration of {doing.step.name} is too long.") from None
    try:
        until = datetime.fromisoformat(str(doing.needed("Timestamp")))
    except ValueError:
        raise StepFailed(f"The Timestamp of {doing.step.name} is not ISO 8601.") from None
    if until.tzinfo is None:
        until = until.replace(tzinfo=doing.setting.clock.now.tzinfo)
    return max((until - doing.setting.clock.now).total_seconds(), 0.0)


# ---- branches -----------------------------------------------------------------------------------

_COMPARED: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "StringEquals": lambda given, wanted: str(given) == str(wanted),
    "EqualsIgnoreCase": lambda given, wanted: str(given).lower() == str(wanted).lower(),
    "StartsWith": lambda given, wanted: str(given).startswith(str(wanted)),
    "EndsWith": lambda given, wanted: str(given).endswith(str(wanted)),
    "Contains": lambda given, wanted: str(wanted) in str(given),
    "NumericEquals": lambda given, wanted: float(given) == float(wanted),
    "NumericGreater": lambda given, wanted: float(given) > float(wanted),
    "NumericLesser": lambda given, wanted: float(given) < float(wanted),
    "NumericGreaterOrEquals": lambda given, wanted: float(given) >= float(wanted),
    "NumericLesserOrEquals": lambda given, wanted: float(given) <= float(wanted),
    "BooleanEquals": lambda given, wanted: is_true(given) is is_true(wanted),
}


def _branch(doing: Doing) -> Done:
    for choice in doing.needed("Choices"):
        if _holds(doing, choice):
            return Done(next_step=str(choice["NextStep"]))
    return Done(next_step=str(doing.inputs.get("Default", "")))


def _holds(doing: Doing, choice: Any) -> bool:
    if not isinstance(choice, Mapping):
        raise StepFailed(f"A choice of {doing.step.name} is no object.")
    if "And" in choice:
        return all(_holds(doing, each) for each in choice["And"])
    if "Or" in choice:
        return any(_holds(doing, each) for each in choice["Or"])
    if "Not" in choice:
        return not _holds(doing, choice["Not"])
    sign = next((each for each in choice if each in _COMPARED), "")
    if not sign or "Variable" not in choice:
        raise StepFailed(f"A choice of {doing.step.name} has no Variable, or no operator that there is.")
    try:
        return _COMPARED[sign](choice["Variable"], choice[sign])
    except (TypeError, ValueError):
        raise StepFailed(f"{sign} of {doing.step.name} can't compare {choice['Variable']!r}.") from None


# ---- approvals ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """What an approver says. `by`: their ARN."""

    by: str
    approves: bool
    comment: str
    at: datetime


def approvers(inputs: Mapping[str, Any]) -> list[str]:
    """Whom an approval step names: ARNs of users and roles, or names of users."""
    given = inputs.get("Approvers", [])
    return [str(each) for each in (given if isinstance(given, list) else [given])]


def _approve(doing: Doing) -> Work:
    """Source: https://docs.aws.amazon.com/systems-manager/latest/userguide/automation-action-approve.html."""
    doing.needed("Approvers")
    wanted = int(doing.inputs.get("MinRequiredApprovals", 1))
    if "NotificationArn" in doing.inputs:
        message = str(doing.inputs.get("Message", f"{doing.step.name} waits for an approval."))
        topic = doing.inputs["NotificationArn"]
        doing.call("sns", "Publish", {"TopicArn": topic, "Subject": "Approval requested", "Message": message})
    said: list[Approval] = []
    while sum(each.approves for each in said) < wanted:
        approval = yield Answer(doing.signal, doing.seconds_left)
        if approval is UNANSWERED:
            raise StepTimedOut(f"The step {doing.step.name} was not approved within its time.")
        said = [*(each for each in said if each.by != approval.by), approval]
        if not approval.approves:
            raise StepFailed(f"The step {doing.step.name} was rejected by {approval.by}.")
    return Done(
        outputs={"ApprovalStatus": "Approved", "ApproverDecisions": [_decision(each) for each in said]}
    )


def _decision(said: Approval) -> dict[str, Any]:
    return {"approver": said.by, "decision": "Approve", "comments": said.comment}


_AT_ONCE: Final[Mapping[str, Callable[[Doing], Done]]] = {
    "aws:assertAwsResourceProperty": _assert_property,
    "aws:branch": _branch,
    "aws:executeAwsApi": _execute_aws_api,
    "aws:invokeLambdaFunction": _invoke_lambda_function,
}
_IN_TIME: Final[Mapping[str, Callable[[Doing], Work]]] = {
    "aws:approve": _approve,
    "aws:changeInstanceState": _change_instance_state,
    "aws:sleep": _sleep,
    "aws:waitForAwsResourceProperty": _wait_for_property,
}
