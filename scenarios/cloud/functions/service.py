"""Lambda: handlers run in process, through the handler string in the template, under their role.

Asynchronous invocations are accepted at once and run from the clock: a failure is tried
again after one minute and, two minutes later, once more; after that the event goes to
the function's on-failure destination and its dead-letter queue (destinations.py). Queues
and streams are read for the functions mapped to them (event_sources.py, stream_sources.py).
One event is handled at a time: anything due while a function runs starts late.

What the platform itself writes to a function's log (START, END, REPORT) is written where
`writes_platform_lines` asks for it: scenarios that aren't about it pay nothing for it.

Sources: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html,
https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html,
https://docs.aws.amazon.com/lambda/latest/dg/invocation-retries.html
"""

import base64
import io
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from botocore.response import StreamingBody

from scenarios.cloud.authorization.identity import TOKEN_OF_ROLE
from scenarios.cloud.calls import Asked
from scenarios.cloud.functions.code import DeployedCode
from scenarios.cloud.functions.concurrency import has_no_concurrency, throttled
from scenarios.cloud.functions.destinations import Destinations
from scenarios.cloud.functions.emitted import NAMESPACE, dimensions_of
from scenarios.cloud.functions.event_sources import EventSources
from scenarios.cloud.functions.invocations import (
    TASK_ROOT,
    THROTTLED,
    Context,
    Invocation,
    Result,
    TimedOut,
    died,
    in_brief,
    logged,
    raised,
    returned,
    timed_out,
    turned_away,
)
from scenarios.cloud.functions.kafka_sources import KafkaSources
from scenarios.cloud.functions.platform_lines import PlatformLines, Ran
from scenarios.cloud.functions.pollers import Poller
from scenarios.cloud.functions.runtime_environment import ExecutionEnvironment, InitError
from scenarios.cloud.functions.stream_sources import StreamSources
from scenarios.cloud.functions.versions import Runs, standing, what_runs
from scenarios.cloud.kernel import moto_state
from scenarios.cloud.kernel.arns import account_of, function_name, qualifier_of, region_of, unqualified
from scenarios.cloud.kernel.blobs import bytes_of
from scenarios.cloud.kernel.caller import Caller, session_on
from scenarios.cloud.kernel.deliveries import Delivery, Door, Event, LogLines, Need
from scenarios.cloud.kernel.errors import NotSimulated, Refused, WorldError
from scenarios.cloud.kernel.faults import Crash
from scenarios.cloud.kernel.isolation import NO_AWS_FILES
from scenarios.cloud.kernel.stack import Stack
from scenarios.cloud.setting import Setting

Deliver = Callable[[Invocation, Callable[[Invocation], None]], None]

RETRY_DELAYS_SECONDS = (60, 120)
DEFAULT_MAXIMUM_RETRY_ATTEMPTS = 2
DEFAULT_MAXIMUM_EVENT_AGE_SECONDS = 6 * 3600
# An idle environment is taken down after some minutes; AWS names no number.
KEPT_WARM = timedelta(minutes=10)
COLD_START_SECONDS = 0.6
CALL_SECONDS = 0.02
# botocore's read_timeout: then it sends the request once more, and the function runs twice.
CLIENT_WAITS_SECONDS = 60
MOST_WAITING = 16
OLDEST_PYTHON = (3, 10)  # what is older is said to run on another one
MOST_BYTES = {"RequestResponse": 6 * 1024 * 1024, "Event": 1024 * 1024}
NOT_BY_URL = {"lambda:InvokedViaFunctionUrl": False}
LOG_TAIL_BYTES = 4096  # what Invoke hands back of a log


@dataclass(slots=True)
class _Warm:
    """An execution environment between two invocations; all that runs in it writes to one log stream."""

    environment: ExecutionEnvironment
    stream: str
    state: tuple[Any, ...]
    last_used: datetime
    fresh: bool = True  # nothing ran in it yet


class Functions(Door[Event]):
    """All functions of the account, and who may run them."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._destinations = Destinations(setting)
        self._code = DeployedCode(setting)
        self._warm: dict[str, _Warm] = {}
        self._running: Invocation | None = None
        self._told_old: set[str] = set()
        self._waiting: list[str] = []  # functions that wait for one that they invoked
        self._deadline = setting.clock.now
        self._log_groups: Mapping[str, str] = {}
        self._platform = PlatformLines(setting)
        self.writes_platform_lines = False
        self.writes_logs = True  # what handlers print; where nobody reads it, it need not be kept
        self.given = 0  # how many events functions were given until now
        self.deliver: Deliver = self._deliver  # what has Lambda attempt an event it has accepted
        poller = Poller(setting, self.run, self._role, self.next_number)
        self.event_sources = EventSources(setting, poller)
        self.stream_sources = StreamSources(setting, poller, self._destinations)
        self.kafka_sources = KafkaSources(setting, poller, self._destinations)
        setting.deliveries.register("lambda", Event, self)
        setting.calls.answer("lambda", "Invoke", self._asked)
        setting.calls.around(self._before_call, self._behind_call)

    def start(self, _: Sequence[Stack]) -> None:
        """Begin."""
        self.event_sources.start()
        self.stream_sources.start()
        self.kafka_sources.start()

    def know(self, stacks: Sequence[Stack]) -> None:
        """The templates say which log group a function writes to, and its dead-letter queue."""
        self._log_groups = _of_functions(stacks, "LoggingConfig", "LogGroup")
        self._platform.formats = _of_functions(stacks, "LoggingConfig", "LogFormat")
        self._platform.levels = _of_functions(stacks, "LoggingConfig", "SystemLogLevel")
        self._destinations.dead_letters = _of_functions(stacks, "DeadLetterConfig", "TargetArn")

    @property
    def running(self) -> Invocation | None:
        """What runs now."""
        return self._running

    def next_number(self) -> int:
        """The number of one more event that a function of the account is given."""
        self.given += 1
        return self.given

    # ---- who asks -------------------------------------------------------------------------------

    def _asked(self, asked: Asked) -> dict[str, Any]:
        """The Invoke API."""
        arn = self._arn(str(asked.parameters["FunctionName"]), asked.region)
        if qualifier := str(asked.parameters.get("Qualifier", "")):
            arn = f"{unqualified(arn)}:{qualifier}"
        if self._model(arn) is None:
            raise Refused("ResourceNotFoundException", f"Function not found: {arn}", 404)
        sort = str(asked.parameters.get("InvocationType", "RequestResponse"))
        event = _payload(asked.parameters.get("Payload"), sort)
        if sort == "Event":
            self.accept(arn, event)
            return {"StatusCode": 202}
        if sort == "DryRun":
            return {"StatusCode": 204}
        if has_no_concurrency(self._model(arn)):
            throttled(self._setting, arn)
            raise Refused(THROTTLED, "Rate Exceeded.", 429)
        tail = asked.parameters.get("LogType") == "Tail"
        if self._running is None:
            return self._answer(arn, event, tail=tail)
        return self._answer_a_function(arn, event, tail=tail)

    def _answer_a_function(self, arn: str, event: Any, *, tail: bool) -> dict[str, Any]:
        """Run a function for another one, whose time goes on meanwhile.

        Raises:
            NotSimulated: functions wait for each other without an end, or one for longer than its client
                does: botocore would give up then, and invoke the function once more.
        """
        if len(self._waiting) >= MOST_WAITING:
            raise NotSimulated("lambda", f"{MOST_WAITING} functions that wait for each other")
        began = self._setting.clock.now
        with self._aside():
            answer = self._answer(arn, event, tail=tail)
        took = (self._setting.clock.now - began).total_seconds()
        if took >= CLIENT_WAITS_SECONDS:
            raise NotSimulated(
                "lambda", f"Invoke of {function_name(arn)} by a function: a client that waits {took:.0f} s"
            )
        return answer

    def _answer(self, arn: str, event: Any, *, tail: bool) -> dict[str, Any]:
        """Run a function for who waits for it: what it returned, its error, the end of its log.

        https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
        """
        invocation = Invocation(
            arn=arn,
            event=json.loads(json.dumps(event)),
            request_id=self._setting.new_uuid("lambda.request"),
            accepted=self._setting.clock.now,
            attempts=1,
        )
        with self._setting.calls.aloud():
            result = self.run(invocation)
        told = json.dumps(result.payload if result.error is None else result.error).encode()
        if len(told) > MOST_BYTES["RequestResponse"]:
            raise NotSimulated("lambda", "an answer of more than 6 MB, which Lambda turns into an error")
        answer: dict[str, Any] = {
            "StatusCode": 200,
            "ExecutedVersion": invocation.version,
            "Payload": StreamingBody(io.BytesIO(told), len(told)),
        }
        if result.error is not None:
            answer["FunctionError"] = "Unhandled"
        if tail:
            log = "".join(f"{line}\n" for line in result.log).encode()
            answer["LogResult"] = base64.b64encode(log[-LOG_TAIL_BYTES:]).decode()
        return answer

    def answer_to_service(self, invocation: Invocation) -> Result:
        """Run a function for a service that waits for it, maybe while a function waits for the service."""
        with self._setting.calls.aloud():
            if self._running is None:
                return self.run(invocation)
            with self._aside():
                return self.run(invocation)

    def is_there(self, delivery: Delivery[Event]) -> bool:
        """Whether there is such a function."""
        return self._model(delivery.arn) is not None

    def needs(self, delivery: Delivery[Event]) -> Sequence[Need]:
        """What a caller of Invoke must be allowed."""
        return (Need("lambda:InvokeFunction", delivery.arn, NOT_BY_URL),)

    def take(self, delivery: Delivery[Event]) -> None:
        """Invoke asynchronously: Lambda accepts the event."""
        arn, calls = delivery.arn, self._setting.calls
        parameters, region = {"FunctionName": arn, "InvocationType": "Event"}, arn.split(":")[3]
        if isinstance(delivery.by, Caller):
            calls.under_role(delivery.by, "lambda", "Invoke", parameters, region=region)
        else:
            calls.by_service(delivery.sender, "lambda", "Invoke", parameters, region=region)
        self.accept(arn, delivery.payload.content)

    def accept(self, arn: str, event: Any) -> None:
        """Take an event into the function's asynchronous queue."""
        invocation = Invocation(
            arn=arn,
            event=json.loads(json.dumps(event)),  # the event is JSON: the handler gets a copy
            request_id=self._setting.new_uuid("lambda.request"),
            accepted=self._setting.clock.now,
            number=self.next_number(),
        )
        self._setting.measured(region_of(arn), NAMESPACE, {"AsyncEventsReceived": 1}, *dimensions_of(arn))
        self.deliver(invocation, self._attempt)

    def _deliver(self, invocation: Invocation, attempt: Callable[[Invocation], None]) -> None:
        self._setting.clock.after(0.01, lambda: attempt(invocation), "Lambda attempts an event")

    def _turned_away(self, invocation: Invocation, configured: Mapping[str, Any]) -> None:
        """A function with a concurrency of 0 does not run: its events go where failures go, without a retry.

        Events that wait for a retry are turned away when their time comes. The words of the record are
        unconfirmed. Where there is some concurrency, and too little of it, Lambda would try again for six
        hours; no function here runs beside another.
        Source: AWS's notice of August 2021, https://github.com/SummitRoute/aws_breaking_changes/issues/48
        """
        throttled(self._setting, invocation.arn)
        self._finished(invocation, turned_away(), "RetriesExhausted", configured)

    # ---- attempts -------------------------------------------------------------------------------

    def _attempt(self, invocation: Invocation, failed: Result | None = None) -> None:
        """Run the function; `failed` is how the attempt before ended."""
        setting, model = self._setting, self._model(invocation.arn)
        if model is None:
            setting.note("lost", f"{function_name(invocation.arn)} was deleted with an event in its queue")
            return
        configured = self._configured(invocation.arn)
        if has_no_concurrency(model):
            self._turned_away(invocation, configured)
            return
        age = setting.clock.now - invocation.accepted
        oldest = int(configured.get("MaximumEventAgeInSeconds", DEFAULT_MAXIMUM_EVENT_AGE_SECONDS))
        if failed is not None and age > timedelta(seconds=oldest):
            self._finished(invocation, failed, "EventAgeExceeded", configured)
            return
        invocation.attempts += 1
        result = self.run(invocation)
        retries = int(configured.get("MaximumRetryAttempts", DEFAULT_MAXIMUM_RETRY_ATTEMPTS))
        if not result.failed:
            self._finished(invocation, result, "Success", configured)
        elif invocation.attempts > retries:
            self._finished(invocation, result, "RetriesExhausted", configured)
        else:
            delay = RETRY_DELAYS_SECONDS[invocation.attempts - 1]
            setting.clock.after(delay, lambda: self._attempt(invocation, result), "Lambda tries again")

    def _finished(
        self, invocation: Invocation, result: Result, condition: str, configured: Mapping[str, Any]
    ) -> None:
        role = self._role(self._model(invocation.arn))
        self._destinations.finished(invocation, result, condition=condition, configured=configured, role=role)

    def run(self, invocation: Invocation) -> Result:
        """One attempt, now."""
        if self._running is not None:
            raise WorldError("a function runs inside another; that is not how Lambda does it")
        setting = self._setting
        runs = what_runs(setting.account, invocation.arn, setting.random("lambda.alias").random)
        assert runs is not None  # who hands an event over has looked
        model, name = runs.model, runs.model.function_name
        invocation.version, invocation.runs = runs.version, runs.arn
        warm = self._environment(runs)
        began = setting.clock.now
        self._deadline = began + timedelta(seconds=int(model.timeout))
        context = Context(
            function_name=name,
            invoked_function_arn=invocation.arn,
            memory_limit_in_mb=str(model.memory_size),
            aws_request_id=invocation.request_id,
            log_group_name=self._log_group(name),
            log_stream_name=warm.stream,
            function_version=runs.version,
            deadline=self._deadline,
            now=lambda: setting.clock.now,
        )
        result = self._run(invocation, warm.environment, context, int(model.timeout))
        warm.last_used = setting.clock.now
        printed = _lines(warm.environment.take_output(), result)
        took = (setting.clock.now - began).total_seconds()
        timed = [(setting.clock.now, line) for line in printed]
        if self.writes_platform_lines:
            ran = Ran(
                invocation=invocation,
                model=model,
                result=result,
                began=began,
                took=took,
                init=COLD_START_SECONDS if warm.fresh else 0.0,
            )
            timed = self._platform.around(timed, ran)
        warm.fresh = False
        self._log(model, context, timed)
        lines = [line for _, line in timed]
        self._measure(invocation, began, took, failed=bool(result.error))
        if result.error:
            setting.note(
                "failed",
                f"{name}: {in_brief(result.error)} (attempt {invocation.attempts})",
                error=result.error,
                log=lines,
                event=invocation.event,
                function=invocation.arn,
            )
        else:
            setting.note("ran", f"{name} in {took:.2f} s", outcome=result.payload)
        return replace(result, log=tuple(lines))

    def _measure(self, invocation: Invocation, began: datetime, took: float, *, failed: bool) -> None:
        """Put an invocation's metrics, at the time when it began; one runs at a time."""
        values = {"Invocations": 1, "Errors": int(failed), "Throttles": 0, "Duration": took * 1000}
        version = invocation.version if qualifier_of(invocation.arn) else ""
        region, sets = region_of(invocation.arn), dimensions_of(invocation.arn, version)
        self._setting.measured(region, NAMESPACE, {**values, "ConcurrentExecutions": 1}, *sets, at=began)

    def _run(
        self, invocation: Invocation, environment: ExecutionEnvironment, context: Context, timeout: int
    ) -> Result:
        """Call the handler; after a failed start, a timeout or a crash the environment is thrown away."""
        invocation.calls, invocation.ended = 0, None
        invocation.attempts_begun += 1
        self._running = invocation
        try:
            with self._setting.clock.no_later_than(self._deadline, TimedOut):
                payload = environment.invoke(invocation.event, context, self._setting.threads.give_turns)
            self._still_alive(invocation)
            return returned(payload)
        except TimedOut:
            result = timed_out(invocation.request_id, timeout)
        except Crash:
            result = died(invocation.request_id)
        except SystemExit as error:
            result = died(invocation.request_id, f"exit status {error.code or 0}")
        except InitError as error:
            result = raised(error, environment.code, environment.layers)
        except Exception as error:  # noqa: BLE001 - Lambda reports every error of a handler
            return raised(error, environment.code, environment.layers)
        finally:
            self._running = None
        self._warm.pop(invocation.runs, None)
        return result

    def attempt_beside(self, invocation: Invocation) -> None:
        """Attempt an event in another environment while one of the same function waits for an answer."""
        with self._aside():
            (self.run if invocation.queued else self._attempt)(invocation)

    @contextmanager
    def _aside(self) -> Iterator[None]:
        """A function runs inside, in an environment of its own, while the one that runs now waits."""
        running, deadline = self._running, self._deadline
        self._waiting.append(running.runs if running is not None else "")
        busy = {each: self._warm.pop(each) for each in self._waiting if each in self._warm}
        self._running = None
        try:
            yield
        finally:
            self._running, self._deadline = running, deadline
            self._waiting.pop()
            self._warm.update(busy)

    # ---- what surrounds a run -------------------------------------------------------------------

    def _before_call(self, caller: Caller) -> None:
        del caller
        if self._running is None:
            return
        self._still_alive(self._running)
        self._running.calls += 1
        self._crash(self._running, before=True)

    def _behind_call(self, caller: Caller) -> None:
        del caller
        if self._running is None:
            return
        self._setting.clock.pass_time(CALL_SECONDS)
        self._crash(self._running, before=False)
        self._still_alive(self._running)

    def _crash(self, running: Invocation, *, before: bool) -> None:
        if self._setting.faults.crash_at == (running.calls, before) and running.attempts <= 1:
            running.ended = Crash()
            raise running.ended

    def _still_alive(self, running: Invocation) -> None:
        """After a crash or a timeout a function makes no more AWS calls, not even in `finally`."""
        if self._setting.clock.now >= self._deadline:
            running.ended = running.ended or TimedOut()
        if running.ended is not None:
            raise running.ended

    def _environment(self, runs: Runs) -> _Warm:
        """A warm environment where there is one of this version of the function, else a cold start."""
        setting, arn, model = self._setting, runs.arn, runs.model
        state = (
            model.last_modified,
            model.code_sha_256,
            model.handler,
            model.role,
            tuple(str(each["Arn"]) for each in model.layers),
            tuple(model.environment_vars.items()),
        )
        warm = self._warm.get(arn)
        if (
            warm is not None
            and warm.state == state
            and setting.clock.now - warm.last_used <= KEPT_WARM
            and not setting.faults.always_cold
        ):
            return warm
        self._must_run(model)
        setting.clock.pass_time(COLD_START_SECONDS)
        now = setting.clock.now
        stream = f"{now:%Y/%m/%d}/[{runs.version}]{setting.new_uuid('lambda.environment').replace('-', '')}"
        setting.identity.enrol(self._role(model))
        code = self._code.of(model)
        variables = self._variables(runs, stream)
        environment = ExecutionEnvironment(model.handler, variables, code.folder, code.modules, code.layers)
        self._warm[arn] = _Warm(environment, stream, state, now)
        return self._warm[arn]

    def _must_run(self, model: Any) -> None:
        """Python runs here, whatever its version; functions in other languages only stand.

        Raises:
            NotSimulated: the function is in another language.
        """
        name, version = model.function_name, _python(model.run_time)
        if version is None:
            raise NotSimulated("lambda", f"running {name}, which is written for {model.run_time}")
        if version < OLDEST_PYTHON and name not in self._told_old:
            self._told_old.add(name)
            here = f"Python {sys.version_info.major}.{sys.version_info.minor}"
            self._setting.note("runtime", f"{name} is written for {model.run_time}, and runs on {here} here")

    def _variables(self, runs: Runs, stream: str) -> dict[str, str]:
        """Lambda's own variables, then the template's; none of this machine's.

        Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
        """
        model, region = runs.model, region_of(runs.arn)
        identity = self._setting.identity
        key = identity.enrol(self._role(model)).access_key_id
        return {
            "AWS_ACCESS_KEY_ID": key,
            "AWS_SECRET_ACCESS_KEY": identity.secret_of(key),
            "AWS_SESSION_TOKEN": TOKEN_OF_ROLE,
            "AWS_REGION": region,
            "AWS_DEFAULT_REGION": region,
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{model.run_time}",
            "AWS_LAMBDA_FUNCTION_NAME": model.function_name,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(model.memory_size),
            "AWS_LAMBDA_FUNCTION_VERSION": runs.version,
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_LAMBDA_LOG_GROUP_NAME": self._log_group(model.function_name),
            "AWS_LAMBDA_LOG_STREAM_NAME": stream,
            "LAMBDA_TASK_ROOT": TASK_ROOT,
            "TZ": ":UTC",
            "_HANDLER": model.handler,
            # Lambda has no such files; without these, botocore would find those of this machine.
            **NO_AWS_FILES,
            **model.environment_vars,
        }

    def _log_group(self, name: str) -> str:
        return self._log_groups.get(name, f"/aws/lambda/{name}")

    def _log(self, model: Any, context: Context, lines: Sequence[tuple[datetime, str]]) -> None:
        """Lambda writes what the handler printed, and how it failed, to its log group, under its role.

        If the log group is missing, Lambda creates it, provided that the role may.
        Source: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html
        """
        if not (lines and self.writes_logs):
            return
        setting, region, role = self._setting, context.invoked_function_arn.split(":")[3], self._role(model)
        group = context.log_group_name
        if moto_state.log_group(setting.account, region, group) is None:
            for action, resource in setting.actions.required(
                "logs", "CreateLogGroup", {"logGroupName": group}, region=region, account=setting.account
            ):
                if not setting.identity.judge(role, action, resource).allowed:
                    self._lost(context, action)
                    return
            moto_state.backend("logs", setting.account, region).create_log_group(group, {})
        written = LogLines(stream=context.log_stream_name, lines=lines)
        arn = f"arn:aws:logs:{region}:{setting.account}:log-group:{group}"
        refusal = setting.deliveries.hand_over(arn, written, by=role)
        if refusal is not None:
            self._lost(context, refusal.action)

    def _lost(self, context: Context, action: str) -> None:
        self._setting.note("lost", f"{context.function_name} may not {action}: its output is gone")

    def _role(self, model: Any) -> Caller:
        """The session Lambda opens on the function's role: `assumed-role/ROLE/FUNCTION`."""
        return replace(
            session_on(str(model.role), model.function_name),
            source_ip="10.0.0.1",
            user_agent=f"Boto3/1.44.5 md/Botocore#1.44.5 exec-env/AWS_Lambda_{model.run_time}",
            session_created=self._setting.clock.now,
            function_arn=unqualified(str(model.function_arn)),
        )

    def _model(self, arn: str) -> Any:
        """The function, version or alias that an ARN names, as moto has it; None where there is none."""
        return standing(self._setting.account, arn)

    def _configured(self, arn: str) -> Mapping[str, Any]:
        """What becomes of asynchronous events; a version and an alias have settings of their own."""
        latest = moto_state.lambda_function(self._setting.account, region_of(arn), arn)
        return moto_state.event_invoke_config(latest, qualifier_of(arn)) if latest is not None else {}

    def _arn(self, name: str, region: str) -> str:
        """From a name, an ARN, or `ACCOUNT:function:NAME`, which Invoke takes as well."""
        if name.startswith("arn:"):
            return name
        named = name.rpartition(":function:")[2]
        return f"arn:aws:lambda:{region}:{self._setting.account}:function:{named}"


def _lines(printed: Sequence[str], result: Result) -> list[str]:
    """What an attempt writes to its log: what the handler printed, and how it failed."""
    return [*printed, logged(result.error)] if result.error else list(printed)


def may_invoke(setting: Setting, service: str, function: str, source: str, *, role: str = "") -> bool:
    """Whether a service may invoke a function, by itself or under a role; `source`: the ARN of what asks."""
    context: dict[str, str | bool] = {
        "aws:SourceArn": source,
        "aws:SourceAccount": account_of(source),
        **NOT_BY_URL,
    }
    asked = service, "lambda:InvokeFunction", function, context
    identity = setting.identity
    return (identity.role_may(role, *asked) if role else identity.service_may(*asked)).allowed


def _python(runtime: str) -> tuple[int, int] | None:
    """The version of a Python runtime; None for another language's."""
    major, dot, minor = runtime.removeprefix("python").partition(".")
    return (int(major), int(minor)) if runtime.startswith("python") and dot else None


def _payload(given: Any, sort: str) -> Any:
    """The event in an Invoke of this type; boto3 takes bytes, text or something to read from.

    https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
    """
    text = bytes_of(given or b"")
    most = MOST_BYTES.get(sort)
    if most is not None and len(text) > most:
        message = f"{len(text)} byte payload is too large for the {sort} invocation type (limit {most} bytes)"
        raise Refused("RequestEntityTooLargeException", message, 413)
    try:
        return json.loads(text) if text else None
    except ValueError as error:
        message = f"Could not parse request body into json: {error}"
        raise Refused("InvalidRequestContentException", message) from None


def _of_functions(stacks: Iterable[Stack], part: str, name: str) -> dict[str, str]:
    """A property that moto doesn't keep, by the function's name."""
    return {
        resource.physical_id: resource.properties[part][name]
        for stack in stacks
        for resource in stack.of_type("AWS::Lambda::Function")
        if name in resource.properties.get(part, {})
    }
