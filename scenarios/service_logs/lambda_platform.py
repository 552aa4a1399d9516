"""What Lambda itself writes into a function's log: lines of text, or JSON where the function says so.

One table names what is measured, in the text's words, in Logs Insights' and in JSON's. A line of text has
tabs between its parts.

Sources: https://docs.aws.amazon.com/lambda/latest/dg/python-logging.html (the report line's fields),
https://docs.aws.amazon.com/lambda/latest/dg/runtimes-logs.html (INIT_START),
https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html (JSON),
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_AnalyzeLogData-discoverable-fields.html.
Unconfirmed: the text's `Status`, which users' logs show and no page, and that it leaves out errors that a
handler raises.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

MEGABYTE: Final = 1_000_000
_UUID: Final = r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"
_LINE: Final = re.compile(rf"(START|END|REPORT) RequestId: ({_UUID})")
_INIT: Final = "INIT_START"
_ID: Final = re.compile(rf"(?:^|\t)({_UUID})(?:\t|$)", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One thing that a report tells: its words in the text, and its names in Logs Insights and in JSON.

    `unit`: the text's, `ms` or `MB`; Logs Insights has bytes for megabytes, by the thousand.
    """

    words: str
    unit: str
    insights: str
    metric: str

    @property
    def pattern(self) -> re.Pattern[str]:
        """Finds the number in a report line."""
        return re.compile(rf"(?:^|\t){self.words}: ([\d.]+) {self.unit}")


MEASURES: Final = (
    Measure(words="Duration", unit="ms", insights="@duration", metric="durationMs"),
    Measure(words="Billed Duration", unit="ms", insights="@billedDuration", metric="billedDurationMs"),
    Measure(words="Memory Size", unit="MB", insights="@memorySize", metric="memorySizeMB"),
    Measure(words="Max Memory Used", unit="MB", insights="@maxMemoryUsed", metric="maxMemoryUsedMB"),
    Measure(words="Init Duration", unit="ms", insights="@initDuration", metric="initDurationMs"),
)
_PATTERNS: Final = {each: each.pattern for each in MEASURES}
_TRACES: Final = {
    "@xrayTraceId": re.compile(r"XRAY TraceId: (\S+)"),
    "@xraySegmentId": re.compile(r"SegmentId: (\S+)"),
}
INSIGHTS_NAMES: Final = frozenset({"@type", "@requestId", *(each.insights for each in MEASURES), *_TRACES})
"""The fields that Logs Insights finds in these lines by itself."""
DURATIONS: Final = frozenset(each.insights for each in MEASURES if each.unit == "ms")
"""Those that are numbers with decimals."""


def read(message: str) -> dict[str, str | int]:
    """What Logs Insights finds in a line of a function's log; durations as written, memory in bytes."""
    line = _LINE.match(message)
    found: dict[str, str | int] = {}
    if line:
        found = {"@type": line[1], "@requestId": line[2]}
        found |= _measured(message) if line[1] == "REPORT" else {}
    elif request := _ID.search(message):
        found = {"@requestId": request[1]}
    for name, pattern in _TRACES.items():
        trace = pattern.search(message)
        if trace:
            found[name] = trace[1]
    return found


def _measured(message: str) -> dict[str, str | int]:
    found = ((each, pattern.search(message)) for each, pattern in _PATTERNS.items())
    return {
        each.insights: int(match[1]) * MEGABYTE if each.unit == "MB" else match[1]
        for each, match in found
        if match
    }


# ---- what is written ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the platform tells of one invocation.

    `metrics`: by the JSON's names, in milliseconds and megabytes; `initDurationMs` where the environment was
    started for it. `status`: success, error or timeout; `error`: the type of an error of the runtime, such as
    `Runtime.ExitError`.
    """

    request: str
    version: str
    metrics: Mapping[str, float]
    status: str = "success"
    error: str = ""


def init_as_text(runtime: str, arn: str) -> str:
    """`runtime`: such as `python:3.12.v1`."""
    return f"{_INIT} Runtime Version: {runtime}\tRuntime Version ARN: {arn}"


def start_as_text(told: Told) -> str:
    """The line before what the function writes."""
    return f"START RequestId: {told.request} Version: {told.version}"


def end_as_text(told: Told) -> list[str]:
    """The lines behind it: the end, and the report."""
    parts = [f"REPORT RequestId: {told.request}"]
    parts += [
        f"{each.words}: {_number(each, told.metrics[each.metric])} {each.unit}"
        for each in MEASURES
        if each.metric in told.metrics
    ]
    if told.error or told.status == "timeout":
        parts.append(f"Status: {told.status}")
    if told.error:
        parts.append(f"Error Type: {told.error}")
    return [f"END RequestId: {told.request}", "\t".join([*parts, ""])]


def init_as_json(at: datetime, runtime: str, arn: str) -> str:
    """The same as an event of the platform."""
    record = {
        "initializationType": "on-demand",
        "phase": "init",
        "runtimeVersion": runtime,
        "runtimeVersionArn": arn,
    }
    return _event(at, "platform.initStart", record)


def start_as_json(at: datetime, told: Told) -> str:
    """The event before what the function writes."""
    return _event(at, "platform.start", {"requestId": told.request, "version": told.version})


def end_as_json(at: datetime, told: Told) -> list[str]:
    """The report behind it; at the level INFO there is no event of the end."""
    metrics = {each.metric: told.metrics[each.metric] for each in MEASURES if each.metric in told.metrics}
    record = {"requestId": told.request, "metrics": metrics, "status": told.status}
    if told.error:
        record["errorType"] = told.error
    return [_event(at, "platform.report", record)]


def _event(at: datetime, kind: str, record: Mapping[str, Any]) -> str:
    moment = f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"
    return json.dumps({"time": moment, "type": kind, "record": record}, separators=(",", ":"))


def _number(measure: Measure, value: float) -> str:
    """Durations with two digits, what is billed and memory without."""
    whole = measure.unit == "MB" or measure.metric == "billedDurationMs"
    return str(round(value)) if whole else f"{value:.2f}"
