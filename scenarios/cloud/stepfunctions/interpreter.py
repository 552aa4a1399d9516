"""Goes through the states of a machine: work over simulated time, as `kernel.processes` carries it out.

moto's interpreter is left aside: it needs antlr and JSONPath libraries, runs in threads and waits in real
time, and its tasks would reach moto behind all laws. Each state takes ten milliseconds here; AWS names no
number.

Sources: https://states-language.net/spec.html and the pages of the states,
https://docs.aws.amazon.com/step-functions/latest/dg/workflow-states.html;
https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html (Retry, Catch);
https://docs.aws.amazon.com/step-functions/latest/dg/limits-overview.html (256 KB)
"""

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from scenarios.cloud.kernel.moments import iso_milliseconds
from scenarios.cloud.kernel.processes import UNANSWERED, Answer, Pause, Signal, Together, Work
from scenarios.cloud.setting import Setting
from scenarios.cloud.stepfunctions import tasks
from scenarios.cloud.stepfunctions.choices import chosen
from scenarios.cloud.stepfunctions.definitions import Machine, machine_of, moment_of
from scenarios.cloud.stepfunctions.errors import TIMEOUT, TOO_MUCH_DATA, StateError, runtime
from scenarios.cloud.stepfunctions.payloads import Scope, with_result
from scenarios.cloud.stepfunctions.state import Execution, Line, text_of

STATE_SECONDS: Final = 0.01
MOST_BYTES: Final = 256 * 1024
MOST_AT_ONCE: Final = 40  # iterations of an inline map
_After = tuple[Any, str | None]
"""A state's output, and the state that comes next; None for the end."""
_Went = Generator[Any, Any, _After]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Limits:
    """How long a task may take: until a moment, and `heartbeat` seconds without a sign of life."""

    deadline: datetime | None
    heartbeat: float | None

    @classmethod
    def of(cls, state: Mapping[str, Any], scope: Scope, now: datetime) -> "_Limits":
        seconds = _limit(state, scope, "TimeoutSeconds")
        deadline = None if seconds is None else now + timedelta(seconds=seconds)
        return cls(deadline=deadline, heartbeat=_limit(state, scope, "HeartbeatSeconds"))

    def seconds_left(self, now: datetime) -> float | None:
        """How long to wait for an answer; None for ever."""
        left = None if self.deadline is None else (self.deadline - now).total_seconds()
        waits = [each for each in (left, self.heartbeat) if each is not None]
        return max(min(waits), 0.0) if waits else None

    def check(self, now: datetime) -> None:
        """Raises StateError where the time is up."""
        if self.deadline is not None and now >= self.deadline:
            raise StateError(TIMEOUT, of_task=True)


class Interpreter:
    """One execution's way. `tokens`: the signals of the task tokens that are out."""

    def __init__(self, setting: Setting, execution: Execution, tokens: dict[str, Signal]) -> None:
        self._setting = setting
        self._execution = execution
        self._tokens = tokens
        self._input: Any = None
        self._at_once: Mapping[str, Callable[[Mapping[str, Any], Scope], _After]] = {
            "Choice": self._choice,
            "Fail": self._fail,
            "Pass": self._pass,
            "Succeed": self._succeed,
        }
        self._in_time: Mapping[str, Callable[[Mapping[str, Any], Scope, Line], _Went]] = {
            "Map": self._map,
            "Parallel": self._parallel,
            "Task": self._task,
            "Wait": self._wait,
        }

    def run(self, given: Any) -> Work:
        """All states from the first; the work's result is the execution's output."""
        self._input = given
        line = Line()
        details = {"input": self._execution.input, "roleArn": self._execution.role}
        self._log(line, "ExecutionStarted", "executionStartedEventDetails", details)
        return (yield from self._machine(self._execution.machine, given, line))

    def _machine(self, machine: Machine, data: Any, line: Line) -> Work:
        name: str | None = machine.start_at
        while name is not None:
            yield Pause(STATE_SECONDS)
            data, name = yield from self._state(name, machine.states[name], data, line)
        return data

    # ---- one state --------------------------------------------------------------------------------

    def _state(self, name: str, state: Mapping[str, Any], data: Any, line: Line) -> _Went:
        """One state with its retries; an error that is caught leads elsewhere."""
        kind, entered = state["Type"], self._setting.clock.now
        given = {"name": name, "input": text_of(data)}
        self._log(line, f"{kind}StateEntered", "stateEnteredEventDetails", given)
        tried = [0] * len(state.get("Retry", ()))
        while True:
            scope = self._scope(name, entered, sum(tried), data, line)
            try:
                if kind in self._at_once:
                    output, following = self._at_once[kind](state, scope)
                else:
                    output, following = yield from self._in_time[kind](state, scope, line)
                self._fits(name, output)
                break
            except StateError as error:
                pause = self._retried(state, error, tried)
                if pause is not None:
                    yield Pause(pause)
                    continue
                output, following = self._caught(state, error, data)
                break
        exited = {"name": name, "output": text_of(output)}
        self._log(line, f"{kind}StateExited", "stateExitedEventDetails", exited)
        return output, following

    def _scope(self, name: str, entered: datetime, tried: int, data: Any, line: Line) -> Scope:
        execution = self._execution
        context: dict[str, Any] = {
            "Execution": {
                "Id": execution.arn,
                "Input": self._input,
                "Name": execution.name,
                "RoleArn": execution.role,
                "StartTime": iso_milliseconds(execution.started),
            },
            "StateMachine": {"Id": execution.machine_arn, "Name": execution.machine_name},
            "State": {"Name": name, "EnteredTime": iso_milliseconds(entered), "RetryCount": tried},
        }
        if line.item is not None:
            context["Map"] = {"Item": line.item}
        new_uuid = self._new_uuid
        return Scope(data=data, context=context, new_uuid=new_uuid)

    def _new_uuid(self) -> str:
        return self._setting.new_uuid("states.intrinsic")

    @staticmethod
    def _fits(name: str, output: Any) -> None:
        if len(text_of(output).encode()) > MOST_BYTES:
            raise StateError(
                TOO_MUCH_DATA,
                f"The state/task '{name}' returned a result with a size exceeding the maximum number of "
                "bytes service limit.",
            )

    def _retried(self, state: Mapping[str, Any], error: StateError, tried: list[int]) -> float | None:
        """How long to wait before the state is tried again; None where it isn't."""
        for place, retrier in enumerate(state.get("Retry", ())):
            if error.is_one_of(retrier["ErrorEquals"]):
                if tried[place] >= retrier.get("MaxAttempts", 3):
                    return None
                pause = float(retrier.get("IntervalSeconds", 1))
                pause *= float(retrier.get("BackoffRate", 2.0)) ** tried[place]
                pause = min(pause, float(retrier.get("MaxDelaySeconds", pause)))
                tried[place] += 1
                if retrier.get("JitterStrategy", "NONE") == "FULL":
                    pause = self._setting.random("states.jitter").uniform(0, pause)
                return pause
        return None

    @staticmethod
    def _caught(state: Mapping[str, Any], error: StateError, data: Any) -> tuple[Any, str]:
        for catcher in state.get("Catch", ()):
            if error.is_one_of(catcher["ErrorEquals"]):
                result = {"Error": error.name, "Cause": error.cause}
                return with_result(catcher, data, result), str(catcher["Next"])
        raise error

    def _log(self, line: Line, kind: str, name: str = "", details: Mapping[str, Any] | None = None) -> None:
        given = (name, details or {}) if name else None
        self._execution.log(line, self._setting.clock.now, kind, given)

    # ---- types of states --------------------------------------------------------------------------

    def _pass(self, state: Mapping[str, Any], scope: Scope) -> _After:
        given = scope.through(state.get("InputPath", "$"), "InputPath")
        within = _within(scope, given)
        result = within.filled(state["Parameters"]) if "Parameters" in state else given
        result = state.get("Result", result)
        return _out(state, scope, with_result(state, given, result))

    def _succeed(self, state: Mapping[str, Any], scope: Scope) -> _After:
        given = scope.through(state.get("InputPath", "$"), "InputPath")
        return _out({**state, "End": True}, scope, given)

    def _fail(self, state: Mapping[str, Any], scope: Scope) -> _After:
        raise StateError(*(_said(state, scope, name) for name in ("Error", "Cause")))

    def _choice(self, state: Mapping[str, Any], scope: Scope) -> _After:
        given = scope.through(state.get("InputPath", "$"), "InputPath")
        following = chosen(state, _within(scope, given))
        if following is None:
            raise StateError("States.NoChoiceMatched", "No choice rule matched, and there is no default.")
        return _out({**state, "Next": following}, scope, given)

    def _wait(self, state: Mapping[str, Any], scope: Scope, _line: Line) -> _Went:
        given = scope.through(state.get("InputPath", "$"), "InputPath")
        yield Pause(self._seconds(state, _within(scope, given)))
        return _out(state, scope, given)

    def _seconds(self, state: Mapping[str, Any], scope: Scope) -> float:
        for name in ("Seconds", "SecondsPath"):
            if name in state:
                found = _number(scope.at(state[name]), name) if name == "SecondsPath" else state[name]
                return float(found)
        text = state["Timestamp"] if "Timestamp" in state else scope.at(state["TimestampPath"])
        until = moment_of(text)
        if until is None:
            raise runtime(
                f"The TimestampPath parameter does not reference a valid ISO-8601 timestamp: {text}"
            )
        return max((until - self._setting.clock.now).total_seconds(), 0.0)

    def _task(self, state: Mapping[str, Any], scope: Scope, line: Line) -> _Went:
        given = scope.through(state.get("InputPath", "$"), "InputPath")
        token = self._setting.new_uuid("states.token")
        context = {**scope.context, "Task": {"Token": token}}
        within = Scope(data=given, context=context, new_uuid=scope.new_uuid)
        parameters = within.filled(state["Parameters"]) if "Parameters" in state else given
        of = tasks.integration(state["Resource"])
        limits = _Limits.of(state, within, self._setting.clock.now)
        said = _Said(partial(self._log, line), of, parameters, self._execution.region)
        try:
            result = yield from self._called(of, parameters, token, limits)
        except StateError as error:
            said.failed(error)
            raise
        said.succeeded(result)
        return self._with(state, scope, given, result)

    def _called(self, of: tasks.Integration, parameters: Any, token: str, limits: _Limits) -> Work:
        """Make a task's call, and wait for its token where it does; the result."""
        signal, execution = Signal(), self._execution
        if of.waits:
            self._tokens[token] = signal
        try:
            result = tasks.run(self._setting, execution.caller, execution.region, of, parameters)
            if of.waits:
                result = yield from self._answered(signal, limits)
            limits.check(self._setting.clock.now)
        finally:
            self._tokens.pop(token, None)
        return result

    def _answered(self, signal: Signal, limits: _Limits) -> Work:
        """What somebody says with the task's token; each heartbeat begins the time for the next one."""
        while True:
            said = yield Answer(signal, limits.seconds_left(self._setting.clock.now))
            if said is UNANSWERED:
                limits.check(self._setting.clock.now)
                raise StateError("States.HeartbeatTimeout", of_task=True)
            if isinstance(said, StateError):
                raise said
            if said is not None:
                return said[0]

    def _parallel(self, state: Mapping[str, Any], scope: Scope, line: Line) -> _Went:
        given = scope.through(state.get("InputPath", "$"), "InputPath")
        within = _within(scope, given)
        data = within.filled(state["Parameters"]) if "Parameters" in state else given
        self._log(line, "ParallelStateStarted")
        branches = [
            self._machine(machine_of(each), data, Line(line.previous, line.item))
            for each in state["Branches"]
        ]
        try:
            results = yield Together(branches)
        except StateError:
            self._log(line, "ParallelStateFailed")
            raise
        self._log(line, "ParallelStateSucceeded")
        return self._with(state, scope, given, results)

    def _map(self, state: Mapping[str, Any], scope: Scope, line: Line) -> _Went:
        given = scope.through(state.get("InputPath", "$"), "InputPath")
        within = _within(scope, given)
        items = within.through(state.get("ItemsPath", "$"), "ItemsPath")
        if not isinstance(items, list):
            raise runtime("Reference path in ItemsPath must point to array.")
        self._log(line, "MapStateStarted", "mapStateStartedEventDetails", {"length": len(items)})
        at_once = int(_limit(state, within, "MaxConcurrency") or 0) or MOST_AT_ONCE
        works = [self._iteration(state, within, line, place, each) for place, each in enumerate(items)]
        try:
            results = yield Together(works, min(at_once, MOST_AT_ONCE))
        except StateError:
            self._log(line, "MapStateFailed")
            raise
        self._log(line, "MapStateSucceeded")
        return self._with(state, scope, given, results)

    def _iteration(self, state: Mapping[str, Any], scope: Scope, line: Line, place: int, value: Any) -> Work:
        item = {"Index": place, "Value": value}
        own = Line(line.previous, item)
        about = {"name": scope.context["State"]["Name"], "index": place}
        self._log(own, "MapIterationStarted", "mapIterationStartedEventDetails", about)
        context = {**scope.context, "Map": {"Item": item}}
        within = Scope(data=scope.data, context=context, new_uuid=scope.new_uuid)
        selector = state.get("ItemSelector", state.get("Parameters"))
        data = within.filled(selector) if selector is not None else value
        processor = machine_of(state.get("ItemProcessor", state.get("Iterator")))
        try:
            result = yield from self._machine(processor, data, own)
        except StateError:
            self._log(own, "MapIterationFailed", "mapIterationFailedEventDetails", about)
            raise
        self._log(own, "MapIterationSucceeded", "mapIterationSucceededEventDetails", about)
        return result

    @staticmethod
    def _with(state: Mapping[str, Any], scope: Scope, given: Any, result: Any) -> _After:
        """A result selected, put into the input, and let out."""
        if "ResultSelector" in state:
            result = _within(scope, result).filled(state["ResultSelector"])
        return _out(state, scope, with_result(state, given, result))


_Log = Callable[..., None]
"""(kind, name of the details, details)"""


class _Said:
    """What the history tells of a task. A function's own ARN has events of its own kinds."""

    def __init__(self, log: _Log, of: tasks.Integration, parameters: Any, region: str) -> None:
        self._log, self._of = log, of
        if of.direct:
            about = {"resource": of.direct, "input": text_of(parameters)}
            self._log("LambdaFunctionScheduled", "lambdaFunctionScheduledEventDetails", about)
            self._log("LambdaFunctionStarted")
            return
        about = {**self._named, "region": region, "parameters": text_of(parameters)}
        self._log("TaskScheduled", "taskScheduledEventDetails", about)
        self._log("TaskStarted", "taskStartedEventDetails", self._named)

    @property
    def _named(self) -> dict[str, str]:
        return {"resourceType": self._of.names[0], "resource": self._of.names[1]}

    def succeeded(self, result: Any) -> None:
        """It came to this."""
        about = {"output": text_of(result)}
        if self._of.direct:
            self._log("LambdaFunctionSucceeded", "lambdaFunctionSucceededEventDetails", about)
        else:
            self._log("TaskSucceeded", "taskSucceededEventDetails", {**self._named, **about})

    def failed(self, error: StateError) -> None:
        """It failed, or took too long."""
        how = "TimedOut" if error.name == TIMEOUT else "Failed"
        about = {"error": error.name, "cause": error.cause}
        if self._of.direct:
            self._log(f"LambdaFunction{how}", f"lambdaFunction{how}EventDetails", about)
        else:
            self._log(f"Task{how}", f"task{how}EventDetails", {**self._named, **about})


def _within(scope: Scope, data: Any) -> Scope:
    """The same context, with other data at `$`."""
    return Scope(data=data, context=scope.context, new_uuid=scope.new_uuid)


def _out(state: Mapping[str, Any], scope: Scope, output: Any) -> tuple[Any, str | None]:
    """The state's output through OutputPath, and what comes next."""
    told = _within(scope, output).through(state.get("OutputPath", "$"), "OutputPath")
    return told, None if state.get("End") else state["Next"]


def _said(state: Mapping[str, Any], scope: Scope, name: str) -> str:
    """A Fail state's Error or Cause, or what its path finds."""
    path = state.get(f"{name}Path")
    return str(scope.through(path, f"{name}Path")) if path is not None else str(state.get(name, ""))


def _limit(state: Mapping[str, Any], scope: Scope, name: str) -> float | None:
    """A number that a state names, or the path to it."""
    if name in state:
        return float(state[name])
    path = state.get(f"{name}Path")
    return None if path is None else _number(scope.through(path, f"{name}Path"), f"{name}Path")


def _number(value: Any, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        raise runtime(f"The {name} parameter does not reference a valid number: {value!r}")
    return float(value)
