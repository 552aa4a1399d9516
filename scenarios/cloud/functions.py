"""Lambda: handlers run in process, through the handler string in the template, under their role.

Asynchronous invocations are accepted at once and run from the clock: a failure is tried
again after one minute and, two minutes later, once more; what still fails goes to the
function's on-failure destination.

Sources: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html,
https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
"""

import json
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from scenarios.cloud import moto_hooks
from scenarios.cloud.caller import Caller, CallerKind
from scenarios.cloud.calls import Asked, Refused
from scenarios.cloud.errors import NotSimulated, WorldError
from scenarios.cloud.faults import Crash
from scenarios.cloud.runtime_environment import ExecutionEnvironment
from scenarios.cloud.setting import Setting

RETRY_DELAYS_SECONDS = (60, 120)
DEFAULT_MAXIMUM_RETRY_ATTEMPTS = 2
# An idle environment is taken down after some minutes; AWS names no number.
KEPT_WARM = timedelta(minutes=10)
COLD_START_SECONDS = 0.6
CALL_SECONDS = 0.02

Deliver = Callable[[str, str, Caller, Mapping[str, str]], bool]


class LogWriter(Protocol):
    """Where a function's output goes."""

    def write(self, region: str, group: str, stream: str, lines: Sequence[tuple[datetime, str]]) -> None:
        """Ingest lines."""


class TimedOut(BaseException):
    """Lambda ended the run; a BaseException, since nothing in the function could have caught it."""


@dataclass(slots=True)
class Context:
    """What a Python handler gets as its second argument."""

    function_name: str
    invoked_function_arn: str
    memory_limit_in_mb: str
    aws_request_id: str
    log_group_name: str
    log_stream_name: str
    deadline: datetime
    now: Callable[[], datetime] = field(repr=False)
    function_version: str = "$LATEST"
    identity: None = None
    client_context: None = None

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until Lambda ends this run."""
        return max(0, int((self.deadline - self.now()).total_seconds() * 1000))


@dataclass(slots=True, kw_only=True)
class Invocation:
    """One event on its way through a function, over all its attempts."""

    arn: str
    event: Any
    request_id: str
    accepted: datetime
    attempts: int = 0
    calls: int = 0  # API calls of the attempt that runs now


@dataclass(frozen=True, slots=True)
class Result:
    """How one attempt ended."""

    payload: Any
    error: Mapping[str, Any] | None = None

    @property
    def failed(self) -> bool:
        """Whether the handler raised, timed out or died."""
        return self.error is not None


@dataclass(slots=True)
class _Warm:
    environment: ExecutionEnvironment
    last_used: datetime
    version: str


class Functions:
    """All functions of the account, and who may run them."""

    def __init__(self, setting: Setting, deliver: Deliver) -> None:
        self._setting = setting
        self._deliver = deliver  # (queue ARN, body, sender, attributes) -> did the queue take it
        self._warm: dict[str, _Warm] = {}
        self._running: Invocation | None = None
        self._deadline = setting.clock.now
        self._logs: LogWriter | None = None
        self._log_groups: Mapping[str, str] = {}
        setting.calls.answer("lambda", "Invoke", self._asked)
        setting.calls.around(self._before_call, self._behind_call)

    def start(self, logs: LogWriter, log_groups: Mapping[str, str]) -> None:
        """Begin: what functions print goes to these log groups, by function name."""
        self._logs = logs
        self._log_groups = log_groups

    # ---- who asks -------------------------------------------------------------------------------

    def _asked(self, asked: Asked) -> dict[str, Any]:
        """The Invoke API."""
        arn = self._arn(str(asked.parameters["FunctionName"]), asked.region)
        if self._model(arn) is None:
            raise Refused("ResourceNotFoundException", f"Function not found: {arn}", 404)
        event = json.loads(asked.parameters.get("Payload", b"null") or b"null")
        if asked.parameters.get("InvocationType", "RequestResponse") == "Event":
            self.accept(arn, event)
            return {"StatusCode": 202}
        raise NotSimulated("lambda", "Invoke with RequestResponse from inside a world; ask functions.run")

    def invoke_by_service(self, service: str, arn: str, event: Any, *, source_arn: str) -> str | None:
        """An AWS service invokes asynchronously; returns why it may not, or None when Lambda accepted."""
        if self._model(arn) is None:
            return "NO_RESOURCE"
        context = {"aws:SourceArn": source_arn, "aws:SourceAccount": self._setting.account}
        decision = self._setting.identity.service_may(service, "lambda:InvokeFunction", arn, context)
        if not decision.allowed:
            return "NO_PERMISSIONS"
        self.accept(arn, event)
        return None

    def accept(self, arn: str, event: Any) -> None:
        """Take an event into the function's asynchronous queue."""
        invocation = Invocation(
            arn=arn,
            event=json.loads(json.dumps(event)),  # what travels is JSON, and nobody shares objects with it
            request_id=self._setting.new_uuid("lambda.request"),
            accepted=self._setting.clock.now,
        )
        self._setting.clock.after(0.01, lambda: self._attempt(invocation), "Lambda attempts an event")

    # ---- attempts -------------------------------------------------------------------------------

    def _attempt(self, invocation: Invocation) -> None:
        if self._model(invocation.arn) is None:
            return  # deleted meanwhile: AWS drops what it had queued
        invocation.attempts += 1
        result = self.run(invocation)
        if not result.failed:
            return
        configured = self._retries(invocation.arn)
        if invocation.attempts <= configured:
            delay = RETRY_DELAYS_SECONDS[invocation.attempts - 1]
            self._setting.clock.after(delay, lambda: self._attempt(invocation), "Lambda tries again")
            return
        self._give_up(invocation, result)

    def _give_up(self, invocation: Invocation, result: Result) -> None:
        """Hand the event, and what became of it, to the function's on-failure destination."""
        setting, name = self._setting, _name(invocation.arn)
        configured = moto_hooks.event_invoke_config(self._model(invocation.arn))
        queue = configured.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination", "")
        message = str((result.error or {}).get("errorMessage", ""))
        if not queue:
            setting.note("lost", f"{name} failed for good and has no on-failure destination: {message}")
            return
        if ":sqs:" not in queue:
            raise NotSimulated("lambda", f"an on-failure destination that is not a queue ({queue})")
        caller = self._role_caller(invocation.arn)
        if self._deliver(queue, json.dumps(self._record(invocation, result)), caller, {}):
            setting.note("kept", f"{name} failed for good; {_name(queue)} keeps the event: {message}")
        else:
            setting.note("lost", f"{name} may not write to its on-failure destination: {message}")

    def _record(self, invocation: Invocation, result: Result) -> dict[str, Any]:
        """What a destination is told."""
        return {
            "version": "1.0",
            "timestamp": f"{self._setting.clock.now:%Y-%m-%dT%H:%M:%S.000Z}",
            "requestContext": {
                "requestId": invocation.request_id,
                "functionArn": f"{invocation.arn}:$LATEST",
                "condition": "RetriesExhausted",
                "approximateInvokeCount": invocation.attempts,
            },
            "requestPayload": invocation.event,
            "responseContext": {
                "statusCode": 200,
                "executedVersion": "$LATEST",
                "functionError": "Unhandled",
            },
            "responsePayload": result.error,
        }

    def run(self, invocation: Invocation) -> Result:
        """One attempt, now."""
        if self._running is not None:
            raise WorldError("a function runs inside another; that is not how Lambda does it")
        setting, model = self._setting, self._model(invocation.arn)
        name = model.function_name
        environment = self._environment(invocation.arn, model)
        self._deadline = setting.clock.now + timedelta(seconds=int(model.timeout))
        context = Context(
            function_name=name,
            invoked_function_arn=invocation.arn,
            memory_limit_in_mb=str(model.memory_size),
            aws_request_id=invocation.request_id,
            log_group_name=self._log_group(name),
            log_stream_name=f"{setting.clock.now:%Y/%m/%d}/[$LATEST]{invocation.request_id.replace('-', '')}",
            deadline=self._deadline,
            now=lambda: setting.clock.now,
        )
        invocation.calls = 0
        self._running = invocation
        began = setting.clock.now
        try:
            payload = environment.invoke(invocation.event, context)
            self._out_of_time()
            result = Result(json.loads(json.dumps(payload)))
        except TimedOut:
            self._warm.pop(invocation.arn, None)
            result = Result(
                None, _error("Sandbox.Timedout", f"Task timed out after {model.timeout}.00 seconds")
            )
        except Crash:
            self._warm.pop(invocation.arn, None)
            result = Result(None, _error("Runtime.ExitError", "RequestId: Error: Runtime exited"))
        except Exception as error:  # noqa: BLE001 - whatever a handler raises is Lambda's to report
            result = Result(None, _error(type(error).__name__, str(error), error))
        finally:
            self._running = None
        self._log(invocation.arn, context, environment)
        took = (setting.clock.now - began).total_seconds()
        if result.error:
            setting.note("failed", f"{name}: {result.error['errorMessage']} (attempt {invocation.attempts})")
        else:
            setting.note("ran", f"{name} in {took:.2f} s", outcome=result.payload)
        return result

    def _log_group(self, name: str) -> str:
        return self._log_groups.get(name, f"/aws/lambda/{name}")

    def _log(self, arn: str, context: Context, environment: ExecutionEnvironment) -> None:
        """Lambda writes what the handler printed to the function's log group, under the function's role."""
        lines = environment.take_output()
        if not lines or self._logs is None:
            return
        region = arn.split(":")[3]
        group, stream = context.log_group_name, context.log_stream_name
        resource = f"arn:aws:logs:{region}:{self._setting.account}:log-group:{group}:log-stream:{stream}"
        for action in ("logs:CreateLogStream", "logs:PutLogEvents"):
            if not self._setting.identity.judge(self._role_caller(arn), action, resource).allowed:
                self._setting.note("lost", f"{context.function_name} may not {action}: its output is gone")
                return
        self._logs.write(region, group, stream, [(self._setting.clock.now, line) for line in lines])

    # ---- what surrounds a run -------------------------------------------------------------------

    def _before_call(self, caller: Caller) -> None:
        del caller
        if self._running is None:
            return
        self._out_of_time()
        self._running.calls += 1
        self._crash(before=True)

    def _behind_call(self, caller: Caller) -> None:
        del caller
        if self._running is None:
            return
        self._setting.clock.pass_time(CALL_SECONDS)
        self._crash(before=False)
        self._out_of_time()

    def _crash(self, *, before: bool) -> None:
        running, planned = self._running, self._setting.faults.crash_at
        if running and planned == (running.calls, before) and running.attempts <= 1:
            raise Crash

    def _out_of_time(self) -> None:
        if self._setting.clock.now >= self._deadline:
            raise TimedOut

    @property
    def running(self) -> Invocation | None:
        """What runs now."""
        return self._running

    def _environment(self, arn: str, model: Any) -> ExecutionEnvironment:
        """A warm environment where there is one of this version of the function, else a cold start."""
        now, version = (
            self._setting.clock.now,
            f"{model.last_modified}{model.handler}{model.environment_vars}",
        )
        warm = self._warm.get(arn)
        usable = warm is not None and now - warm.last_used <= KEPT_WARM and warm.version == version
        if warm is None or not usable or self._setting.faults.always_cold:
            self._setting.clock.pass_time(COLD_START_SECONDS)
            warm = _Warm(ExecutionEnvironment(model.handler, self._variables(arn, model)), now, version)
            self._warm[arn] = warm
        warm.last_used = now
        return warm.environment

    def _variables(self, arn: str, model: Any) -> dict[str, str]:
        """What Lambda itself defines, then what the template does.

        Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
        """
        caller = self._role_caller(arn)
        return {
            "AWS_ACCESS_KEY_ID": caller.access_key_id,
            "AWS_SECRET_ACCESS_KEY": "simulated",
            "AWS_SESSION_TOKEN": "simulated",
            "AWS_REGION": arn.split(":")[3],
            "AWS_DEFAULT_REGION": arn.split(":")[3],
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{model.run_time}",
            "AWS_LAMBDA_FUNCTION_NAME": model.function_name,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(model.memory_size),
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_LOG_GROUP_NAME": self._log_group(model.function_name),
            "LAMBDA_TASK_ROOT": "/var/task",
            "TZ": ":UTC",
            "_HANDLER": model.handler,
            **model.environment_vars,
        }

    def _role_caller(self, arn: str) -> Caller:
        """The session Lambda opens on the function's role: `assumed-role/ROLE/FUNCTION`."""
        model = self._model(arn)
        role = str(model.role).rpartition("/")[2]
        return self._setting.identity.enrol(
            Caller(
                kind=CallerKind.ASSUMED_ROLE,
                account=self._setting.account,
                arn=f"arn:aws:sts::{self._setting.account}:assumed-role/{role}/{model.function_name}",
                name=role,
                session=model.function_name,
                source_ip="10.0.0.1",
                user_agent="Boto3/1.44.5 md/Botocore#1.44.5 exec-env/AWS_Lambda_python3.13",
                session_created=self._setting.clock.now,
            )
        )

    def _model(self, arn: str) -> Any:
        return moto_hooks.lambda_function(self._setting.account, arn.split(":")[3], arn)

    def _arn(self, name: str, region: str) -> str:
        if name.startswith("arn:"):
            return name
        return f"arn:aws:lambda:{region}:{self._setting.account}:function:{name}"

    def _retries(self, arn: str) -> int:
        configured = moto_hooks.event_invoke_config(self._model(arn))
        return int(configured.get("MaximumRetryAttempts", DEFAULT_MAXIMUM_RETRY_ATTEMPTS))


def _name(arn: str) -> str:
    return arn.rpartition(":")[2]


def _error(kind: str, message: str, error: BaseException | None = None) -> dict[str, Any]:
    return {
        "errorMessage": message,
        "errorType": kind,
        "stackTrace": traceback.format_exception(error) if error else [],
    }
