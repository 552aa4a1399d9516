"""What the stack asks of records: event rules, and the metric filters and alarms on the trail's log group.

Read from the packaged template, without making anything. Names that only AWS gives (of the stack's own bucket
or group) aren't known here: `as_asked` lets through whatever begins like a name of this stack, and the
simulated AWS decides.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from chalicelib.matching import LogPattern
from chalicelib.remediations import stack_changed
from chalicelib.remediations.cis_alarms.controls import control_of
from chalicelib.template.parts import logical_id
from scenarios.cloud.cloudformation.template import Declared, Template
from scenarios.cloud.deployment import ACCOUNT, Deployment
from scenarios.runner.replay.ours import Ours

_MADE = "\x00made"  # stands in a pattern for a name that only AWS gives
_MARK = re.compile(rf"{_MADE}/(\w+)")
# What has an id that doesn't say whose it is.
_BY_ID = (
    "AWS::KMS::Key",
    "AWS::SSM::Association",
    "AWS::ApiGateway::RestApi",
    "AWS::Lambda::EventSourceMapping",
)
# What parts are called that tell most of such a stack, whatever its name, and whose calls name them.
_FUNCTIONS = ("aws.events", "aws.lambda", "aws.iam", "aws.logs", "aws.kms", "aws.monitoring")
_TELLING = {
    **dict.fromkeys(("StackChanged", "TrailStopped", "TableDeleted"), _FUNCTIONS),
    "AlertTopic": ("aws.sns",),
    "Ledger-": ("aws.dynamodb",),
    "DeadLetters": ("aws.sqs",),
}
PERHAPS = "?"  # before the name of a rule that would match if an id that isn't known were ours
OBJECTS = "*objects*"  # the name of the pattern of calls that S3 tells itself
# Calls that S3 tells itself, where they are recorded as data events, and in which words.
DELETING, WRITING = ("DeleteObject",), ("PutObject", "CopyObject", "CompleteMultipartUpload")


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedAlarm:
    """A metric filter on the trail's log group, and the alarm on what it counts.

    `label`: the control, such as `CIS 4.3`, or the alarm's own name in the template. `topics`: the logical
    ids of those it notifies.
    """

    name: str
    label: str
    metric: str
    namespace: str
    pattern: LogPattern
    threshold: float
    period_seconds: int
    topics: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """Everything that a record can wake. `environments`: each function's variables, by logical id.

    `rules`: with marks where only AWS gives a name. `types`: of all parts, by logical id.
    """

    rules: Mapping[str, Mapping[str, Any]]
    alarms: Mapping[str, WatchedAlarm]  # by the filter's logical id
    environments: Mapping[str, Mapping[str, str]]
    types: Mapping[str, str]

    @property
    def filters(self) -> dict[str, LogPattern]:
        """The filter patterns by the filter's logical id."""
        return {name: alarm.pattern for name, alarm in self.alarms.items()}


@lru_cache(maxsize=8)
def watched_by(deployment: Deployment) -> Watched:
    """What a deployment's stack asks of records."""
    document = json.loads(deployment.template)
    template = Template(
        document,
        region=deployment.home,
        account=ACCOUNT,
        stack_name=deployment.stack_name,
        stack_id=f"arn:aws:cloudformation:{deployment.home}:{ACCOUNT}:stack/{deployment.stack_name}/{_MADE}/Stack",
        parameters=dict(deployment.parameters),
    )
    resolved = {
        each.logical_id: (each.type, _properties(template, each)) for each in template.resources.values()
    }
    return Watched(
        rules=dict(_rules(resolved)),
        alarms=dict(_alarms(resolved)),
        environments={
            name: {key: str(value) for key, value in _variables(found).items()}
            for name, (kind, found) in resolved.items()
            if kind == "AWS::Lambda::Function"
        },
        types={name: kind for name, (kind, _) in resolved.items()},
    )


def as_asked(watched: Watched, ours: Ours) -> dict[str, dict[str, Any]]:
    """The rules by name, as they ask records before anything is made, and so rather too much than too little.

    Beside them stand those that would ask if an id that isn't known were ours, or another stack of this kind,
    under names with PERHAPS, and the calls that change objects of the trail's bucket, if it is known.
    """
    asked: dict[str, dict[str, Any]] = {}
    for name, pattern in watched.rules.items():
        asked[name] = _in_records(_with_names(pattern, ours, watched.types), ours)
        perhaps = _in_records(_with_names(pattern, ours, watched.types, unknown=[{"exists": True}]), ours)
        if ours.stack and perhaps != asked[name]:
            asked[PERHAPS + name] = perhaps
        if name.startswith(logical_id(stack_changed.NAME)):
            for part in (each for each, by in _TELLING.items() if {*by} & {*pattern["source"]}):
                asked[f"{PERHAPS}{part}/{name}"] = _of_any_stack(asked[name], ours.stack_name, part)
    bucket = watched.environments["TrailDigest"]["TRAIL_DIGEST_BUCKET"]
    if ours.any_named:
        changed = {
            "source": ["aws.s3"],
            "detail": {
                "eventName": [*DELETING, *WRITING],
                "errorCode": [{"exists": False}],
                "requestParameters": {"bucketName": [bucket]},
            },
        }
        asked[OBJECTS] = _in_records(_with_names(changed, ours, watched.types), ours)
    return asked


def _of_any_stack(pattern: Any, stack_name: str, part: str) -> Any:
    """A pattern in which a name of this stack is that of a part of any stack."""
    if isinstance(pattern, Mapping):
        return {name: _of_any_stack(inner, stack_name, part) for name, inner in pattern.items()}
    if not isinstance(pattern, list):
        return pattern
    named = {"wildcard": f"*{stack_name}*"}
    return [
        {"wildcard": f"*-{part}*"} if each == named else _of_any_stack(each, stack_name, part)
        for each in pattern
    ]


def _in_records(pattern: Mapping[str, Any], ours: Ours) -> dict[str, Any]:
    """A pattern with the records' own account, regions and partition."""
    found: dict[str, Any] = json.loads(ours.swapped(json.dumps(pattern)))
    return found


def _with_names(pattern: Any, ours: Ours, types: Mapping[str, str], unknown: list[Any] | None = None) -> Any:
    """A pattern without marks: in their place stands the id if it is known, or else any name of this stack.

    `unknown`: what is asked in the place of an id that isn't known and doesn't say whose it is.
    """
    if isinstance(pattern, Mapping):
        return {
            name: [_with_names(each, ours, types, unknown) for each in part]
            if name == "$or"
            else _with_names(part, ours, types, unknown)
            for name, part in pattern.items()
        }
    if not isinstance(pattern, list):
        return pattern
    known, found = ours.parts.by_name, []
    for part in pattern:
        marks = _MARK.findall(json.dumps(part).replace("\\u0000", "\x00"))
        by_id = [mark for mark in marks if types.get(mark) in _BY_ID]
        if not marks:
            found.append(part)
        elif isinstance(part, Mapping) and "anything-but" in part:
            return [{"exists": True}]
        elif not by_id:
            found.append({"wildcard": f"*{ours.stack_name}*"})
        elif all(mark in known for mark in by_id):
            found.append(_replaced(part, known))
        elif unknown:
            return unknown
    # Nothing at all is asked for where no id is known.
    return found or ([{"wildcard": f"*{ours.stack_name}*"}] if pattern else [])


def _replaced(part: Any, known: Mapping[str, str]) -> Any:
    """An id, or a matcher of one, with known ids in the place of marks."""
    if isinstance(part, Mapping):
        return {operator: _replaced(value, known) for operator, value in part.items()}
    if isinstance(part, list):
        return [_replaced(each, known) for each in part]
    return _MARK.sub(lambda mark: known[mark[1]], part) if isinstance(part, str) else part


def made(logical_id: str) -> str:
    """What stands in `Watched` for the name or ARN that AWS gives a part."""
    return f"{_MADE}/{logical_id}"


@dataclass(frozen=True, slots=True)
class _Made:
    """A resource that was not made: whatever refers to it reads a mark with its name."""

    physical_id: str

    @property
    def attributes(self) -> Mapping[str, str]:
        return _Anything(self.physical_id)


class _Anything(dict[str, str]):
    def __init__(self, value: str) -> None:
        self._value = value

    def __missing__(self, _: str) -> str:
        return self._value

    def __contains__(self, _: object) -> bool:
        return True


def _properties(template: Template, declared: Declared) -> Mapping[str, Any]:
    all_of_them = {name: _Made(made(name)) for name in template.resources}
    found: Mapping[str, Any] = template.intrinsics.resolve(
        declared.properties, declared.logical_id, all_of_them
    )
    return found


_Resolved = Mapping[str, tuple[str, Mapping[str, Any]]]


def _rules(resolved: _Resolved) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, (kind, properties) in resolved.items():
        if kind == "AWS::Events::Rule" and properties.get("EventPattern"):
            yield name, properties["EventPattern"]


def _alarms(resolved: _Resolved) -> Iterator[tuple[str, WatchedAlarm]]:
    on_metric = {
        (found["Namespace"], found["MetricName"]): (name, found)
        for name, (kind, found) in resolved.items()
        if kind == "AWS::CloudWatch::Alarm" and "MetricName" in found
    }
    group = _group_of_the_trail(resolved)
    for name, (kind, properties) in resolved.items():
        if kind != "AWS::Logs::MetricFilter" or properties["LogGroupName"] != group:
            continue
        (transformation,) = properties["MetricTransformations"]
        metric = (transformation["MetricNamespace"], transformation["MetricName"])
        if metric in on_metric:
            yield name, _alarm(properties["FilterPattern"], *metric, *on_metric[metric])


def _alarm(pattern: str, namespace: str, metric: str, name: str, alarm: Mapping[str, Any]) -> WatchedAlarm:
    control = control_of(metric)
    return WatchedAlarm(
        name=name,
        label=f"CIS {control.number}" if control else metric,
        metric=metric,
        namespace=namespace,
        pattern=LogPattern(pattern),
        threshold=float(alarm["Threshold"]),
        period_seconds=int(alarm["Period"]),
        topics=tuple(action.removeprefix(f"{_MADE}/") for action in alarm.get("AlarmActions", ())),
    )


def _group_of_the_trail(resolved: _Resolved) -> object:
    """The log group that the benchmark's filters are on."""
    groups = [
        properties["LogGroupName"]
        for kind, properties in resolved.values()
        if kind == "AWS::Logs::MetricFilter"
        and control_of(properties["MetricTransformations"][0]["MetricName"])
    ]
    return groups[0] if groups else None


def _variables(function: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = function.get("Environment", {}).get("Variables", {})
    return found
