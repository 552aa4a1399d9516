"""Lambda: handlers run in process, through the handler string in the template, under their role.

Asynchronous invocations are accepted at once and run from the clock: a failure is tried
again after one minute and, two minutes later, once more; after that the event goes to
the function's on-failure destination and its dead-letter queue (destinations.py). Queues
and streams are read for the functions mapped to them (event_sources.py, stream_sources.py).
One event is handled at a time: anything due while a function runs starts late.

Sources: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html,
https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html,
https://docs.aws.amazon.com/lambda/latest/dg/invocation-retries.html
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from scenarios.cloud.functions.concurrency import has_no_concurrency, throttled
from scenarios.cloud.functions.destinations import Destinations
from scenarios.cloud.functions.emitted import NAMESPACE, dimensions_of
from scenarios.cloud.functions.environments import COLD_START_SECONDS, Environments, session_of
from scenarios.cloud.functions.event_sources import EventSources
from scenarios.cloud.functions.invocations import (
    Context,
    Invocation,
    Result,
    TimedOut,
    died,
    in_brief,
    raised,
    returned,
    timed_out,
    turned_away,
)
from scenarios.cloud.functions.kafka_sources import KafkaSources
from scenarios.cloud.functions.logs import FunctionLogs, of_functions
from scenarios.cloud.functions.platform_lines import Ran
from scenarios.cloud.functions.pollers import Poller
from scenarios.cloud.functions.runtime_environment import ExecutionEnvironment, InitError
from scenarios.cloud.functions.stream_sources import StreamSources
from scenarios.cloud.functions.versions import standing, what_runs
from scenarios.cloud.kernel import moto_lambda
from scenarios.cloud.kernel.arns import account_of, function_name, qualifier_of, region_of
from scenarios.cloud.kernel.caller import Caller
from scenarios.cloud.kernel.deliveries import Delivery, Door, Event, Need
from scenarios.cloud.kernel.errors import WorldError
from scenarios.cloud.kernel.faults import Crash
from scenarios.cloud.kernel.stack import Stack
from scenarios.cloud.setting import Setting

Deliver = Callable[[Invocation, Callable[[Invocation], None]], None]

RETRY_DELAYS_SECONDS = (60, 120)
DEFAULT_MAXIMUM_RETRY_ATTEMPTS = 2
DEFAULT_MAXIMUM_EVENT_AGE_SECONDS = 6 * 3600
CALL_SECONDS = 0.02
NOT_BY_URL = {"lambda:InvokedViaFunctionUrl": False}


class Functions(Door[Event]):
    """All functions of the account, and who may run them."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._role = partial(session_of, setting)
        self._destinations = Destinations(setting)
        self.logs = FunctionLogs(setting, self._role)
        self._environments = Environments(setting, self.logs)
        self._running: Invocation | None = None
        self._waiting: list[str] = []  # functions that wait for one that they invoked
        self._deadline = setting.clock.now
        self.given = 0  # how many events functions were given until now
        self.deliver: Deliver = self._deliver  # what has Lambda attempt an event it has accepted
        poller = Poller(setting, self.run, self._role, self.next_number)
        self.event_sources = EventSources(setting, poller)
        self.stream_sources = StreamSources(setting, poller, self._destinations)
        self.kafka_sources = KafkaSources(setting, poller, self._destinations)
        setting.deliveries.register("lambda", Event, self)
        setting.calls.around(self._before_call, self._behind_call)

    def start(self, _: Sequence[Stack]) -> None:
        """Begin."""
        self.event_sources.start()
        self.stream_sources.start()
        self.kafka_sources.start()

    def know(self, stacks: Sequence[Stack]) -> None:
        """The templates say which log group a function writes to, and its dead-letter queue."""
        self.logs.know(stacks)
        self._destinations.dead_letters = of_functions(stacks, "DeadLetterConfig", "TargetArn")

    @property
    def running(self) -> Invocation | None:
        """What runs now."""
        return self._running

    @property
    def waiting(self) -> int:
        """How many functions wait for one that they invoked."""
        return len(self._waiting)

    def next_number(self) -> int:
        """The number of one more event that a function of the account is given."""
        self.given += 1
        return self.given

    # ---- who asks -------------------------------------------------------------------------------

    def answer_to_service(self, invocation: Invocation) -> Result:
        """Run a function for a service that waits for it, maybe while a function waits for the service."""
        with self._setting.calls.aloud():
            if self._running is None:
                return self.run(invocation)
            with self.aside():
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
        warm = self._environments.of(runs)
        began = setting.clock.now
        self._deadline = began + timedelta(seconds=int(model.timeout))
        context = Context(
            function_name=name,
            invoked_function_arn=invocation.arn,
            memory_limit_in_mb=str(model.memory_size),
            aws_request_id=invocation.request_id,
            log_group_name=self.logs.group_of(name),
            log_stream_name=warm.stream,
            function_version=runs.version,
            deadline=self._deadline,
            now=lambda: setting.clock.now,
        )
        result = self._run(invocation, warm.environment, context, int(model.timeout))
        warm.last_used = setting.clock.now
        took = (setting.clock.now - began).total_seconds()
        ran = Ran(
            invocation=invocation,
            model=model,
            result=result,
            began=began,
            took=took,
            init=COLD_START_SECONDS if warm.fresh else 0.0,
        )
        warm.fresh = False
        lines = self.logs.write(context, ran, warm.environment.take_output())
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
        self._environments.throw_away(invocation.runs)
        return result

    def attempt_beside(self, invocation: Invocation) -> None:
        """Attempt an event in another environment while one of the same function waits for an answer."""
        with self.aside():
            (self.run if invocation.queued else self._attempt)(invocation)

    @contextmanager
    def aside(self) -> Iterator[None]:
        """A function runs inside, in an environment of its own, while the one that runs now waits."""
        running, deadline = self._running, self._deadline
        self._waiting.append(running.runs if running is not None else "")
        self._running = None
        try:
            with self._environments.busy(self._waiting):
                yield
        finally:
            self._running, self._deadline = running, deadline
            self._waiting.pop()

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

    def _model(self, arn: str) -> Any:
        """The function, version or alias that an ARN names, as moto has it; None where there is none."""
        return standing(self._setting.account, arn)

    def _configured(self, arn: str) -> Mapping[str, Any]:
        """What becomes of asynchronous events; a version and an alias have settings of their own."""
        latest = moto_lambda.lambda_function(self._setting.account, region_of(arn), arn)
        return moto_lambda.event_invoke_config(latest, qualifier_of(arn)) if latest is not None else {}


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
