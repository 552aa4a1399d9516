"""IAM's rows for EventBridge: buses, rules, archives and replays."""

import json
from collections.abc import Mapping
from functools import partial
from typing import Any

from scenarios.cloud.authorization.rows import (
    JSON,
    Arn,
    Asking,
    ContextKey,
    Document,
    KeyValue,
    Permissions,
    Place,
)
from scenarios.cloud.kernel import moto_events, moto_state

_LINES = """
PutEvents                       =                         event-bus(Entries[].EventBusName=default)
ListEventBuses                  =                         *
CreateEventBus                  =                         event-bus(Name)
DescribeEventBus                =                         event-bus(Name=default)
UpdateEventBus                  =                         event-bus(Name=default)
DeleteEventBus                  =                         event-bus(Name)
PutPermission                   =                         *
RemovePermission                =                         *
TestEventPattern                =                         *
ListRules                       =                         *
ListRuleNamesByTarget           =                         *
PutRule                         =                         rule(Name,EventBusName=default)
PutRule +RoleArn                iam:PassRole              role(RoleArn)
DescribeRule                    =                         rule(Name,EventBusName=default)
EnableRule                      =                         rule(Name,EventBusName=default)
DisableRule                     =                         rule(Name,EventBusName=default)
DeleteRule                      =                         rule(Name,EventBusName=default)
PutTargets                      =                         rule(Rule,EventBusName=default)
PutTargets                      iam:PassRole              role(Targets[+RoleArn].RoleArn)
RemoveTargets                   =                         rule(Rule,EventBusName=default)
ListTargetsByRule               =                         rule(Rule,EventBusName=default)
ListArchives                    =                         *
CreateArchive                   =                         archive(ArchiveName)
DescribeArchive                 =                         archive(ArchiveName)
UpdateArchive                   =                         archive(ArchiveName)
DeleteArchive                   =                         archive(ArchiveName)
ListReplays                     =                         *
StartReplay                     =                         replay(ReplayName)
DescribeReplay                  =                         replay(ReplayName)
CancelReplay                    =                         replay(ReplayName)
CreateConnection                =                         connection(Name)
DescribeConnection              =                         connection(Name)
UpdateConnection                =                         connection(Name)
DeauthorizeConnection           =                         connection(Name)
CreatePartnerEventSource        =                         event-source(Name)
DeletePartnerEventSource        =                         event-source(Name)
DescribePartnerEventSource      =                         event-source(Name)
ListPartnerEventSources         =                         *
ListPartnerEventSourceAccounts  =                         event-source(EventSourceName)
PutPartnerEvents                =                         *
DescribeEventSource             =                         event-source(Name)
ListEventSources                =                         *
ActivateEventSource             =                         event-source(Name)
DeactivateEventSource           =                         event-source(Name)
DeleteConnection                =                         connection(Name)
CreateApiDestination            =                         api-destination(Name)
CreateApiDestination            =                         connection(ConnectionArn)
DescribeApiDestination          =                         api-destination(Name)
UpdateApiDestination            =                         api-destination(Name)
DeleteApiDestination            =                         api-destination(Name)
TagResource                     =                         given(ResourceARN)
UntagResource                   =                         given(ResourceARN)
ListTagsForResource             =                         given(ResourceARN)
"""


def _rule(place: Place, rule: str, bus: str) -> str:
    """A rule; the bus is in its ARN unless it is the default one."""
    start = f"arn:aws:events:{place.region}:{place.account}"
    if bus.startswith("arn:"):
        start, _, bus = bus.rpartition(":event-bus/")
    return f"{start}:rule/{rule}" if bus == "default" else f"{start}:rule/{bus}/{rule}"


def _bus_policy(arn: Arn) -> Document | None:
    return moto_events.bus_policy(arn.account, arn.region, arn.rest.removeprefix("event-bus/"))


def _tags(arn: Arn) -> dict[str, str]:
    return moto_state.tags_by_arn("events", arn.account, arn.region, arn.text)


def _entries(asking: Asking, field: str) -> KeyValue:
    """The values in the entries of a PutEvents to this bus, or those in a rule's pattern."""
    if asking.operation != "PutEvents":
        return _asked_for(asking, field)
    return tuple(
        str(entry[_ENTRY[field]])
        for entry in asking.parameters["Entries"]
        if _ENTRY[field] in entry and _bus(asking.place, entry.get("EventBusName", "")) == asking.resource
    )


def _bus(place: Place, name: str) -> str:
    return name if name.startswith("arn:") else _bus_arn(place, name or "default")


def _bus_arn(place: Place, name: str) -> str:
    return f"arn:aws:events:{place.region}:{place.account}:event-bus/{name}"


def _of_pattern(field: str, asking: Asking, _name: str) -> KeyValue:
    return _asked_for(asking, field)


def _asked_for(asking: Asking, field: str) -> KeyValue:
    """The values that a rule's pattern lists for a field; one that compares otherwise has no value here."""
    try:
        step: Any = json.loads(asking.parameters.get("EventPattern") or "{}")
    except ValueError:
        return None  # EventBridge refuses it, once IAM has answered
    for name in field.split("."):
        step = step.get(name, {}) if isinstance(step, Mapping) else {}
    values = step if isinstance(step, list) else ()
    return tuple(value for value in values if isinstance(value, str))


def _found_rule(asking: Asking) -> Any | None:
    arn = asking.arn
    if arn is None:
        return None
    bus, _, name = arn.rest.removeprefix("rule/").rpartition("/")
    rules = moto_events.rules(arn.account, arn.region, bus or "default")
    return next((rule for rule in rules if rule.name == name), None)


def _creator(asking: Asking, _name: str) -> KeyValue:
    """The account that made the rule; absent while there is none."""
    arn = asking.arn
    return arn.account if arn is not None and _found_rule(asking) is not None else None


def _managed_by(asking: Asking, _name: str) -> KeyValue:
    rule = _found_rule(asking)
    return (rule.managed_by or None) if rule is not None else None


_ENTRY = {"source": "Source", "detail-type": "DetailType"}

PERMISSIONS = Permissions(
    prefix="events",
    denial=JSON,
    lines=_LINES,
    kinds={
        "rule": _rule,
    },
    context=(
        ContextKey(key="events:source", value=lambda asking, _name: _entries(asking, "source")),
        ContextKey(key="events:detail-type", value=lambda asking, _name: _entries(asking, "detail-type")),
        *(
            ContextKey(key=f"events:{field}", value=partial(_of_pattern, field))
            for field in ("detail.service", "detail.eventTypeCode", "detail.userIdentity.principalId")
        ),
        ContextKey(key="events:creatorAccount", value=_creator),
        ContextKey(key="events:ManagedBy", value=_managed_by),
        ContextKey(key="events:TargetArn", parameter="Targets[].Arn"),
        ContextKey(key="events:eventBusInvocation", value=lambda _asking, _name: False),
    ),
    policy_of=_bus_policy,
    tags_of=_tags,
)
