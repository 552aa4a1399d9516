"""What Lambda itself writes around what a handler printed: as text, or as JSON where the function says so.

At the system log level WARN nothing is written of a run; DEBUG writes no more than INFO here. What a handler
prints stays as it is, also where the format is JSON. Nobody measures memory: `Max Memory Used` is a number
of ours, and so are the runtime's version and its ARN. The initialisation is billed, too.

Sources: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-advanced.html,
https://aws.amazon.com/blogs/compute/aws-lambda-standardizes-billing-for-init-phase/
"""

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from scenarios.cloud.functions.invocations import Invocation, Result
from scenarios.cloud.kernel.arns import region_of
from scenarios.cloud.setting import Setting
from scenarios.service_logs import lambda_platform
from scenarios.service_logs.lambda_platform import Told

USED_MEGABYTES: Final = 80
_Timed = tuple[datetime, str]


class PlatformLines:
    """The platform's lines of every function. `formats`, `levels`: by its name, where its template says."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self.formats: Mapping[str, str] = {}
        self.levels: Mapping[str, str] = {}

    def around(self, printed: Sequence[_Timed], ran: "Ran") -> list[_Timed]:
        """The lines of one invocation, with their times."""
        name, now = ran.model.function_name, self._setting.clock.now
        as_json = self.formats.get(name) == "JSON"
        if as_json and self.levels.get(name) == "WARN":
            return list(printed)
        told, began = _told(ran), ran.began
        starts = [self._initialised(ran, as_json=as_json)] if ran.init else []
        if as_json:
            start, ends = lambda_platform.start_as_json(began, told), lambda_platform.end_as_json(now, told)
        else:
            start, ends = lambda_platform.start_as_text(told), lambda_platform.end_as_text(told)
        return [*starts, (began, start), *printed, *((now, each) for each in ends)]

    def _initialised(self, ran: "Ran", *, as_json: bool) -> _Timed:
        at = ran.began - timedelta(seconds=ran.init)
        runtime = f"{ran.model.run_time.replace('python', 'python:')}.v1"
        hashed = hashlib.sha256(runtime.encode()).hexdigest()
        arn = f"arn:aws:lambda:{region_of(ran.invocation.runs)}::runtime:{hashed}"
        if as_json:
            return at, lambda_platform.init_as_json(at, runtime, arn)
        return at, lambda_platform.init_as_text(runtime, arn)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """One attempt that is over. `took`, `init`: seconds; `init` is 0 where the environment was warm."""

    invocation: Invocation
    model: Any
    result: Result
    began: datetime
    took: float
    init: float


def _told(ran: Ran) -> Told:
    memory = int(ran.model.memory_size)
    metrics = {
        "durationMs": round(ran.took * 1000, 2),
        "billedDurationMs": math.ceil(round((ran.took + ran.init) * 1000, 3)),
        "memorySizeMB": memory,
        "maxMemoryUsedMB": min(USED_MEGABYTES, memory),
    }
    if ran.init:
        metrics["initDurationMs"] = round(ran.init * 1000, 2)
    kind = str(ran.result.error["errorType"]) if ran.result.error else ""
    status = "timeout" if kind == "Sandbox.Timedout" else "error" if kind else "success"
    return Told(
        request=ran.invocation.request_id,
        version=ran.invocation.version,
        metrics=metrics,
        status=status,
        error=kind if kind.startswith("Runtime.") else "",
    )
