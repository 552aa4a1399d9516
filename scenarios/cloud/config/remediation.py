"""Remediation: a runbook of Systems Manager is started for a resource that is not compliant.

By hand it acts with the rights of who asks, which is unconfirmed; automatically under Config's own role,
which passes the runbook's role on. One that fails is tried again; after `MaximumAutomaticAttempts` attempts
within `RetryAttemptSeconds` Config puts an exception for the resource, and leaves it alone. That ends a fight
with somebody who changes it back, too.

Sources: https://docs.aws.amazon.com/config/latest/developerguide/remediation.html,
https://docs.aws.amazon.com/config/latest/APIReference/API_RemediationConfiguration.html,
https://docs.aws.amazon.com/config/latest/APIReference/API_SsmControls.html,
https://docs.aws.amazon.com/config/latest/APIReference/API_StartRemediationExecution.html
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from botocore.exceptions import ClientError

from scenarios.cloud.api_calls import call
from scenarios.cloud.asked import Asked
from scenarios.cloud.config.compliance import Compliance
from scenarios.cloud.config.managed.verdicts import NON_COMPLIANT, Verdict
from scenarios.cloud.config.remediation_kept import SERVICE, keep, kept, make_role, role_arn
from scenarios.cloud.kernel import moto_state
from scenarios.cloud.kernel.caller import Caller, session_on
from scenarios.cloud.kernel.errors import Refused
from scenarios.cloud.kernel.paging import Paging
from scenarios.cloud.kernel.service_models import operation_model
from scenarios.cloud.setting import Setting

DEFAULT_ATTEMPTS, DEFAULT_WINDOW_SECONDS = 5, 60
DEFAULT_CONCURRENCY_PERCENT, DEFAULT_ERROR_PERCENT = 10, 50
_START_SECONDS, _LOOK_SECONDS, _AGAIN_SECONDS = 3.0, 2.0, 3.0
_STATES: Final[Mapping[str, str]] = {
    "Success": "SUCCEEDED",
    "Failed": "FAILED",
    "TimedOut": "FAILED",
    "Cancelled": "FAILED",
    "Pending": "PENDING",
}
_MESSAGE: Final = "Exceeded the maximum number of automatic remediation attempts"
_PAGES: Final = Paging(
    onward="NextToken",
    limit="Limit",
    default=100,
    most=100,
    code="InvalidNextTokenException",
    message="The nextToken provided is invalid",
)
_Key = tuple[str, str]


@dataclass(slots=True)
class _Execution:
    """The last execution for one resource."""

    state: str
    invoked: datetime
    updated: datetime
    automation: str = ""
    error: str = ""
    steps: Sequence[Mapping[str, Any]] = ()

    @property
    def over(self) -> bool:
        """Whether nothing more comes of it."""
        return self.state in ("SUCCEEDED", "FAILED")


@dataclass(frozen=True, slots=True)
class _Exception:
    """A resource that is left alone, until a moment or for ever."""

    message: str
    until: datetime | None


@dataclass(slots=True)
class _Known:
    """What became of one rule's remediation."""

    executions: dict[_Key, _Execution] = field(default_factory=dict)
    attempts: dict[_Key, list[datetime]] = field(default_factory=dict)
    exceptions: dict[_Key, _Exception] = field(default_factory=dict)


@dataclass(slots=True)
class _Batch:
    """Several resources that were asked for at once."""

    waiting: list[_Key]
    running: int
    most_running: int
    errors_left: int


class Remediations:
    """The remediations of the account's rules."""

    def __init__(self, setting: Setting, compliance: Compliance) -> None:
        self._setting = setting
        self._known: dict[tuple[str, str], _Known] = {}
        compliance.when_judged(self._judged)
        calls = setting.calls
        for operation, answer in (
            ("PutRemediationConfigurations", self._put),
            ("DescribeRemediationConfigurations", self._describe),
            ("DeleteRemediationConfiguration", self._delete),
            ("StartRemediationExecution", self._start_asked),
            ("DescribeRemediationExecutionStatus", self._status),
            ("PutRemediationExceptions", self._put_exceptions),
            ("DescribeRemediationExceptions", self._describe_exceptions),
            ("DeleteRemediationExceptions", self._delete_exceptions),
        ):
            calls.answer("config", operation, answer)
        calls.check("config", "DeleteConfigRule", self._is_free)

    # ---- what is put --------------------------------------------------------------------------------

    def _put(self, asked: Asked) -> dict[str, Any]:
        for each in asked.parameters["RemediationConfigurations"]:
            keep(self._setting.account, asked.region, each)
        if any(each.get("Automatic") for each in asked.parameters["RemediationConfigurations"]):
            make_role(self._setting.account)
        return {"FailedBatches": []}

    def _describe(self, asked: Asked) -> dict[str, Any]:
        found = [self._of(asked.region, name) for name in asked.parameters["ConfigRuleNames"]]
        return {"RemediationConfigurations": [each for each in found if each is not None]}

    def _delete(self, asked: Asked) -> dict[str, Any]:
        name = asked.parameters["ConfigRuleName"]
        self._must(asked.region, name)
        known = self._known.get((asked.region, name), _Known())
        if any(not each.over for each in known.executions.values()):
            raise Refused(
                "RemediationInProgressException", "Remediation action is in progress. Please try again later."
            )
        keep(self._setting.account, asked.region, {"ConfigRuleName": name}, delete=True)
        self._known.pop((asked.region, name), None)
        return {}

    def _is_free(self, asked: Asked) -> None:
        if self._of(asked.region, asked.parameters["ConfigRuleName"]) is not None:
            raise Refused(
                "ResourceInUseException",
                "A remediation action is associated with the rule. Delete the remediation action first.",
            )

    def _of(self, region: str, rule: str) -> Mapping[str, Any] | None:
        return kept(self._setting.account, region, rule)

    def _must(self, region: str, rule: str) -> Mapping[str, Any]:
        found = self._of(region, rule)
        if found is None:
            raise Refused(
                "NoSuchRemediationConfigurationException",
                f"No RemediationConfiguration for rule '{rule}' exists.",
            )
        return found

    # ---- by hand ------------------------------------------------------------------------------------

    def _start_asked(self, asked: Asked) -> dict[str, Any]:
        rule, region = asked.parameters["ConfigRuleName"], asked.region
        wanted = self._must(region, rule)
        keys = [(each["resourceType"], each["resourceId"]) for each in asked.parameters["ResourceKeys"]]
        controls = wanted.get("ExecutionControls", {}).get("SsmControls", {})
        batch = _Batch(
            waiting=keys,
            running=0,
            most_running=concurrent(len(keys), controls.get("ConcurrentExecutionRatePercentage")),
            errors_left=stops_at(len(keys), controls.get("ErrorPercentage")),
        )
        known, now = self._known.setdefault((region, rule), _Known()), self._setting.clock.now
        for key in keys:
            known.executions[key] = _Execution("QUEUED", now, now)
        caller = asked.caller.through("config.amazonaws.com")
        go_on = partial(self._go_on, region, rule, batch, caller)
        self._setting.clock.after(_START_SECONDS, go_on, "AWS Config remediates")
        return {"FailedItems": []}

    def _go_on(self, region: str, rule: str, batch: _Batch, caller: Caller) -> None:
        while batch.waiting and batch.running < batch.most_running and batch.errors_left:
            key = batch.waiting.pop(0)
            batch.running += 1
            self._start(region, rule, key, caller, partial(self._one_done, region, rule, batch, caller))
        if batch.waiting and not batch.errors_left:
            for key in batch.waiting:
                known = self._known[region, rule].executions[key]
                known.state, known.error = "FAILED", "Too many executions failed."
            batch.waiting.clear()

    def _one_done(self, region: str, rule: str, batch: _Batch, caller: Caller, done: _Execution) -> None:
        batch.running -= 1
        batch.errors_left -= done.state == "FAILED" and batch.errors_left > 0
        self._go_on(region, rule, batch, caller)

    # ---- automatically ------------------------------------------------------------------------------

    def _judged(self, region: str, rule: str, key: _Key, said: Verdict) -> None:
        wanted = self._of(region, rule)
        if said.compliance == NON_COMPLIANT and wanted is not None and wanted.get("Automatic"):
            attempt = partial(self._attempt, region, rule, key)
            self._setting.clock.after(_START_SECONDS, attempt, "AWS Config remediates")

    def _attempt(self, region: str, rule: str, key: _Key) -> None:
        wanted = self._of(region, rule)
        known, now = self._known.setdefault((region, rule), _Known()), self._setting.clock.now
        running = known.executions.get(key)
        if wanted is None or self._is_excepted(known, key) or (running is not None and not running.over):
            return
        if self._gives_up(wanted, known, key):
            return
        known.attempts.setdefault(key, []).append(now)
        caller = session_on(role_arn(self._setting.account), "AwsConfigRemediation")
        caller = replace(caller, source_ip=SERVICE, user_agent=SERVICE, invoked_by=SERVICE)
        self._start(region, rule, key, caller, partial(self._attempted, region, rule, key))

    def _attempted(self, region: str, rule: str, key: _Key, done: _Execution) -> None:
        wanted, known = self._of(region, rule), self._known.setdefault((region, rule), _Known())
        if done.state == "FAILED" and wanted is not None and not self._gives_up(wanted, known, key):
            again = partial(self._attempt, region, rule, key)
            self._setting.clock.after(_AGAIN_SECONDS, again, "AWS Config remediates again")

    def _gives_up(self, wanted: Mapping[str, Any], known: _Known, key: _Key) -> bool:
        """Whether there were too many attempts; then an exception is put."""
        now = self._setting.clock.now
        window = timedelta(seconds=wanted.get("RetryAttemptSeconds", DEFAULT_WINDOW_SECONDS))
        recent = [at for at in known.attempts.get(key, ()) if at > now - window]
        known.attempts[key] = recent
        if len(recent) < wanted.get("MaximumAutomaticAttempts", DEFAULT_ATTEMPTS):
            return False
        known.exceptions[key] = _Exception(_MESSAGE, None)
        self._setting.note("config", f"{key[1]} is left alone: {_MESSAGE.lower()}")
        return True

    def _is_excepted(self, known: _Known, key: _Key) -> bool:
        found = known.exceptions.get(key)
        if found is not None and found.until is not None and found.until <= self._setting.clock.now:
            del known.exceptions[key]
            found = None
        return found is not None

    # ---- an execution -------------------------------------------------------------------------------

    def _start(
        self, region: str, rule: str, key: _Key, caller: Caller, done: Callable[[_Execution], None]
    ) -> None:
        wanted, now = self._of(region, rule), self._setting.clock.now
        execution = _Execution("IN_PROGRESS", now, now)
        self._known[region, rule].executions[key] = execution
        if wanted is None:
            return
        version = {"DocumentVersion": wanted["TargetVersion"]} if wanted.get("TargetVersion") else {}
        given = {"DocumentName": wanted["TargetId"], "Parameters": _parameters(wanted, key), **version}
        try:
            start = operation_model("ssm", "StartAutomationExecution")
            started = call(self._setting, caller, start, region, given)
        except ClientError as error:
            execution.error = f"{error.response['Error']['Code']}: {error.response['Error']['Message']}"
            self._ended(execution, "FAILED", rule, key)
            done(execution)
            return
        execution.automation = started["AutomationExecutionId"]
        look = partial(self._look, region, rule, key, execution, done)
        self._setting.clock.after(_LOOK_SECONDS, look, "AWS Config looks at an execution")

    def _look(
        self, region: str, rule: str, key: _Key, execution: _Execution, done: Callable[[_Execution], None]
    ) -> None:
        client = self._setting.session.client("ssm", region_name=region)
        with self._setting.calls.muted():
            found = client.get_automation_execution(AutomationExecutionId=execution.automation)
        about = found["AutomationExecution"]
        execution.steps = about["StepExecutions"]
        state = _STATES.get(about["AutomationExecutionStatus"], "IN_PROGRESS")
        if state not in ("SUCCEEDED", "FAILED"):
            look = partial(self._look, region, rule, key, execution, done)
            self._setting.clock.after(_LOOK_SECONDS, look, "AWS Config looks at an execution")
            return
        execution.error = about.get("FailureMessage", "")
        self._ended(execution, state, rule, key)
        done(execution)

    def _ended(self, execution: _Execution, state: str, rule: str, key: _Key) -> None:
        execution.state, execution.updated = state, self._setting.clock.now
        why = f" ({execution.error})" if execution.error else ""
        self._setting.note("config", f"remediation of {key[1]} by {rule}: {state}{why}")

    def _status(self, asked: Asked) -> dict[str, Any]:
        given = asked.parameters
        self._must(asked.region, given["ConfigRuleName"])
        known = self._known.get((asked.region, given["ConfigRuleName"]), _Known())
        wanted = [(each["resourceType"], each["resourceId"]) for each in given.get("ResourceKeys", ())]
        found = [_shown(key, each) for key, each in known.executions.items() if not wanted or key in wanted]
        page, onward = _PAGES.page(found, given)
        return {"RemediationExecutionStatuses": page, **onward}

    # ---- exceptions ---------------------------------------------------------------------------------

    def _put_exceptions(self, asked: Asked) -> dict[str, Any]:
        given = asked.parameters
        if self._rule(asked.region, given["ConfigRuleName"]) is None:
            raise Refused("InvalidParameterValueException", "The ConfigRule provided is invalid.")
        known = self._known.setdefault((asked.region, given["ConfigRuleName"]), _Known())
        for key in _keys(given):
            known.exceptions[key] = _Exception(given.get("Message", ""), given.get("ExpirationTime"))
        return {"FailedBatches": []}

    def _describe_exceptions(self, asked: Asked) -> dict[str, Any]:
        given, name = asked.parameters, asked.parameters["ConfigRuleName"]
        known = self._known.get((asked.region, name), _Known())
        wanted = list(_keys(given))
        found = []
        for key, each in list(known.exceptions.items()):
            if self._is_excepted(known, key) and (not wanted or key in wanted):
                shown = {"ConfigRuleName": name, "ResourceType": key[0], "ResourceId": key[1]}
                more = {"Message": each.message, "ExpirationTime": each.until}
                found.append({**shown, **{member: value for member, value in more.items() if value}})
        page, onward = _PAGES.page(found, given)
        return {"RemediationExceptions": page, **onward}

    def _delete_exceptions(self, asked: Asked) -> dict[str, Any]:
        known = self._known.get((asked.region, asked.parameters["ConfigRuleName"]), _Known())
        keys = list(_keys(asked.parameters))
        if not any(key in known.exceptions for key in keys):
            raise Refused(
                "NoSuchRemediationExceptionException",
                "You tried to delete a remediation exception that does not exist.",
            )
        for key in keys:
            known.exceptions.pop(key, None)
            known.attempts.pop(key, None)
        return {"FailedBatches": []}

    def _rule(self, region: str, name: str) -> Any | None:
        return moto_state.backend("config", self._setting.account, region).config_rules.get(name)


def stops_at(resources: int, percentage: int | None) -> int:
    """At which failed execution no more are started: the first one above the percentage.

    >>> stops_at(10, 40)
    5
    """
    return resources * (DEFAULT_ERROR_PERCENT if percentage is None else percentage) // 100 + 1


def concurrent(resources: int, percentage: int | None) -> int:
    """How many executions run at the same time: at least one."""
    share = DEFAULT_CONCURRENCY_PERCENT if percentage is None else percentage
    return max(1, -(-resources * share // 100))


def _parameters(wanted: Mapping[str, Any], key: _Key) -> dict[str, list[str]]:
    """What the runbook is given: fixed values, and the resource's id."""
    return {
        name: [key[1]] if "ResourceValue" in value else list(value["StaticValue"]["Values"])
        for name, value in wanted.get("Parameters", {}).items()
    }


def _keys(given: Mapping[str, Any]) -> Iterator[_Key]:
    for each in given.get("ResourceKeys", ()):
        yield each.get("ResourceType", ""), each.get("ResourceId", "")


def _shown(key: _Key, execution: _Execution) -> dict[str, Any]:
    return {
        "ResourceKey": {"resourceType": key[0], "resourceId": key[1]},
        "State": execution.state,
        "StepDetails": [_step(each) for each in execution.steps],
        "InvocationTime": execution.invoked,
        "LastUpdatedTime": execution.updated,
    }


def _step(step: Mapping[str, Any]) -> dict[str, Any]:
    found = {
        "Name": step["StepName"],
        "State": _STATES.get(step["StepStatus"], "IN_PROGRESS"),
        "ErrorMessage": step.get("FailureMessage"),
        "StartTime": step.get("ExecutionStartTime"),
        "StopTime": step.get("ExecutionEndTime"),
    }
    return {name: value for name, value in found.items() if value}
