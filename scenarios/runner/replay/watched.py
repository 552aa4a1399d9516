"""What the stack asks of records: event rules, and the metric filters and alarms on the trail's log group.

Read from the packaged template, without making anything. Names that only AWS gives (of the stack's own bucket
or group) aren't known here: the sieve lets through whatever begins like a name of this stack, and the
simulated AWS decides.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from chalicelib.matching import LogPattern
from chalicelib.remediations.cis_alarms.controls import control_of
from scenarios.cloud.cloudformation.template import Declared, Template
from scenarios.cloud.world import ACCOUNT, STACK_NAME, Deployment

_MADE = "\x00made"  # stands in a pattern for a name that only AWS gives


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
    """Everything that a record can wake. `environments`: each function's variables, by logical id."""

    rules: Mapping[str, Mapping[str, Any]]
    alarms: Mapping[str, WatchedAlarm]  # by the filter's logical id
    environments: Mapping[str, Mapping[str, str]]

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
        stack_name=STACK_NAME,
        stack_id=f"arn:aws:cloudformation:{deployment.home}:{ACCOUNT}:stack/{STACK_NAME}/0",
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
    )


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
    made = {name: _Made(f"{_MADE}/{name}") for name in template.resources}
    found: Mapping[str, Any] = template.intrinsics.resolve(declared.properties, declared.logical_id, made)
    return found


_Resolved = Mapping[str, tuple[str, Mapping[str, Any]]]


def _rules(resolved: _Resolved) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, (kind, properties) in resolved.items():
        if kind == "AWS::Events::Rule" and properties.get("EventPattern"):
            yield name, _with_likely_names(properties["EventPattern"])


def _with_likely_names(pattern: Any) -> Any:
    """A pattern in which a name that only AWS gives is any name of this stack."""
    if isinstance(pattern, Mapping):
        return {name: _with_likely_names(part) for name, part in pattern.items()}
    if isinstance(pattern, list):
        return [
            {"wildcard": f"*{STACK_NAME}*"}
            if isinstance(part, str) and _MADE in part
            else _with_likely_names(part)
            for part in pattern
        ]
    return pattern


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
