"""One event on its way through a Lambda function: what the handler is given, and how its attempts end.

Sources: the context, https://docs.aws.amazon.com/lambda/latest/dg/python-context.html; errors of the runtime,
https://docs.aws.amazon.com/lambda/latest/dg/python-exceptions.html, and `make_error` in
https://github.com/aws/aws-lambda-python-runtime-interface-client/blob/main/awslambdaric/bootstrap.py; the
record of an invocation, https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
"""

import json
import re
import traceback
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from scenarios.cloud.functions.runtime_environment import InitError
from scenarios.cloud.functions.versions import LATEST
from scenarios.cloud.kernel.arns import qualifier_of
from scenarios.cloud.kernel.moments import iso_milliseconds

TASK_ROOT = "/var/task"
LAYER_ROOT = "/opt/python"
THROTTLED = "TooManyRequestsException"


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
    function_version: str = LATEST
    identity: None = None
    client_context: None = None

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until Lambda ends this run."""
        return max(0, int((self.deadline - self.now()).total_seconds() * 1000))


@dataclass(slots=True, kw_only=True)
class Invocation:
    """One event on its way through a function, over all its attempts.

    `number`: counts what functions are given in a run, from 1. `queued`: messages of a queue. `waited_for`:
    somebody waits for the answer, and Lambda tries once. `attempts`: as Lambda or the queue counts them;
    `attempts_begun`: those of this very invocation. `version`, `runs`: what the attempt that runs now, or the
    last one, runs: the version, and its ARN.
    """

    arn: str
    event: Any
    request_id: str
    accepted: datetime
    number: int = 0
    queued: bool = False
    waited_for: bool = False
    attempts: int = 0
    attempts_begun: int = 0
    calls: int = 0  # API calls of the attempt that runs now
    ended: BaseException | None = None  # what killed the attempt that runs now
    version: str = LATEST
    runs: str = ""

    def again(self, number: int) -> "Invocation":
        """The same event, accepted once more."""
        return replace(
            self, event=deepcopy(self.event), number=number, attempts=0, attempts_begun=0, calls=0, ended=None
        )


@dataclass(frozen=True, slots=True)
class Result:
    """How one attempt ended. `log`: the lines that it wrote."""

    payload: Any
    error: Mapping[str, Any] | None = None
    log: tuple[str, ...] = ()

    @property
    def failed(self) -> bool:
        """Whether the handler raised, timed out or died."""
        return self.error is not None


# ---- how an attempt ends ------------------------------------------------------------------------


def returned(payload: Any) -> Result:
    """The handler returned; what it returned travels as JSON, or not at all."""
    try:
        return Result(json.loads(json.dumps(payload)))
    except (TypeError, ValueError) as error:
        return Result(None, _error("Runtime.MarshalError", f"Unable to marshal response: {error}"))


def raised(error: Exception, code: Path, layers: Sequence[Path] = ()) -> Result:
    """The handler raised, or could not be loaded from the folder `code`, or those of its layers."""
    if isinstance(error, InitError):
        return Result(None, _error(error.kind, str(error)))
    return Result(
        None, {**_error(type(error).__name__, str(error)), "stackTrace": _trace(error, code, layers)}
    )


def timed_out(request_id: str, seconds: int) -> Result:
    """Lambda ended the attempt at its timeout."""
    message = f"RequestId: {request_id} Error: Task timed out after {seconds}.00 seconds"
    return Result(None, _error("Sandbox.Timedout", message))


def died(request_id: str, reason: str = "signal: killed") -> Result:
    """The process crashed."""
    message = f"RequestId: {request_id} Error: Runtime exited with error: {reason}"
    return Result(None, _error("Runtime.ExitError", message))


def turned_away() -> Result:
    """The function has no concurrency."""
    return Result(None, _error(THROTTLED, "Rate Exceeded."))


def logged(error: Mapping[str, Any]) -> str:
    """What Lambda writes to the function's log, one event of several lines."""
    lines = [f"[ERROR] {error['errorType']}: {error['errorMessage']}"]
    if error["stackTrace"]:
        lines += ["Traceback (most recent call last):", *error["stackTrace"]]
    return "\n".join(line.rstrip("\n") for line in lines)


def in_brief(error: Mapping[str, Any]) -> str:
    """`ValueError: no such luck, app.py line 3`: the innermost place in the function's own code, if any."""
    said = error["errorMessage"]
    if not error["errorType"].startswith(("Sandbox.", "Runtime.")):
        said = f"{error['errorType']}: {said}"
    places = re.findall(rf'File "{TASK_ROOT}/([^"]+)", line (\d+)', "".join(error["stackTrace"]))
    own = [place for place in places if place[0].startswith(("app.", "chalicelib/"))]
    return f"{said}, {own[-1][0]} line {own[-1][1]}" if own else said


def _error(kind: str, message: str) -> dict[str, Any]:
    return {"errorMessage": message, "errorType": kind, "stackTrace": []}


def _trace(error: Exception, code: Path, layers: Sequence[Path]) -> list[str]:
    """From the function's own first frame on; its files lie where Lambda unpacks them."""
    frames = traceback.extract_tb(error.__traceback__)
    own = next((place for place, frame in enumerate(frames) if _is_of(frame.filename, code)), len(frames))
    # Fewer lines than frames: what repeats itself is counted, as in a recursion without an end.
    lines = traceback.format_list(frames[own:])
    for filename in {frame.filename for frame in frames[own:]}:
        lines = [line.replace(f'"{filename}"', f'"{_unpacked(filename, code, layers)}"') for line in lines]
    return lines


def _is_of(filename: str, code: Path) -> bool:
    """Whether a file is the function's own; the virtual environment may lie in the same folder."""
    return filename.startswith(f"{code}/") and "site-packages/" not in filename


def _unpacked(filename: str, code: Path, layers: Sequence[Path]) -> str:
    for layer in layers:
        if filename.startswith(f"{layer}/"):
            return f"{LAYER_ROOT}/{Path(filename).relative_to(layer)}"
    if "site-packages/" in filename:
        return f"{TASK_ROOT}/{filename.rpartition('site-packages/')[2]}"
    return f"{TASK_ROOT}/{Path(filename).relative_to(code)}" if _is_of(filename, code) else filename


# ---- what a destination is told -----------------------------------------------------------------


def invocation_record(
    invocation: Invocation, result: Result, condition: str, moment: datetime
) -> dict[str, Any]:
    """What a destination is sent. `condition`: Success, RetriesExhausted or EventAgeExceeded."""
    response = {"statusCode": 200, "executedVersion": invocation.version}
    arn = invocation.arn
    return {
        "version": "1.0",
        "timestamp": iso_milliseconds(moment),
        "requestContext": {
            "requestId": invocation.request_id,
            "functionArn": arn if qualifier_of(arn) else f"{arn}:{LATEST}",
            "condition": condition,
            "approximateInvokeCount": invocation.attempts,
        },
        "requestPayload": invocation.event,
        "responseContext": {**response, "functionError": "Unhandled"} if result.failed else response,
        "responsePayload": result.error if result.failed else result.payload,
    }
