"""Reads a stack and each of its resources as they are now; a call that is refused is a fact too."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from chalicelib.brakes import kill_switch, mode_of
from chalicelib.settings import MODE
from chalicelib.stack import CLOSED
from chalicelib.template.parameters import RESERVED
from scenarios.doctor.asking import Answer, Asker
from scenarios.doctor.facts import (
    Alarm,
    Brake,
    Closed,
    EventSource,
    Function,
    Key,
    LogFilter,
    Missing,
    Permission,
    Queue,
    Rule,
    StackFacts,
    Table,
    Told,
    Topic,
    Unknown,
)

_NUMBERS = ("Threshold", "Period", "EvaluationPeriods", "DatapointsToAlarm")
_DECIDING = (*_NUMBERS, "MetricName", "Namespace", "Statistic", "ComparisonOperator", "TreatMissingData")
# https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameters.html
_PARAMETERS_A_CALL = 10


# The statements of each function's policy, by the function's name.
Policies = Mapping[str, Told[frozenset[str]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """A stack's resources: physical id by logical id, by type; and what the template says of each."""

    physical: Mapping[str, str]
    types: Mapping[str, str]
    template: Mapping[str, Any]
    parameters: Mapping[str, str] = field(default_factory=dict)

    def of(self, kind: str) -> list[tuple[str, str]]:
        """(logical id, physical id) of one type, in the order of the stack."""
        return [(name, self.physical[name]) for name, each in self.types.items() if each == kind]

    def declared(self, logical_id: str) -> Mapping[str, Any]:
        """The properties that the template gives a resource."""
        found: Mapping[str, Any] = (
            self.template.get("Resources", {}).get(logical_id, {}).get("Properties", {})
        )
        return found

    def plain(self, value: Any) -> Any:
        """A value as it was deployed; None where a CloudFormation function other than Ref makes it."""
        match value:
            case {"Ref": str(name)}:
                return self.parameters.get(name)
            case dict() if any(key.startswith("Fn::") for key in value):
                return None
            case dict() | list():
                parts = value.values() if isinstance(value, dict) else value
                return None if any(self.plain(part) is None for part in parts) else value
        return value

    def refer(self, value: Any) -> str:
        """The physical id of what a Ref or a GetAtt of an ARN names; "" where it names something else."""
        match value:
            case {"Ref": str(name)} | {"Fn::GetAtt": [str(name), "Arn"]}:
                return self.physical.get(name, "")
        return value if isinstance(value, str) else ""


def read_stack(asker: Asker, name: str, account: str) -> tuple[StackFacts, Resources]:
    """The stack, and everything of it that a check looks at."""
    described = asker.ask("cloudformation", "describe_stacks", StackName=name)
    nothing = Resources(physical={}, types={}, template={})
    if isinstance(described, Missing | Unknown):
        return StackFacts(name=name, region=asker.region, account=account, status=described), nothing
    [stack] = described["Stacks"]
    listed = asker.pages("cloudformation", "list_stack_resources", "StackResourceSummaries", StackName=name)
    processed = asker.ask("cloudformation", "get_template", StackName=name, TemplateStage="Processed")
    template = _template(processed)
    unread = tuple(each for each in (listed, template) if isinstance(each, Unknown))
    parameters = {
        each["ParameterKey"]: each.get("ParameterValue", "") for each in stack.get("Parameters", ())
    }
    resources = _resources([] if isinstance(listed, Missing | Unknown) else listed, template, parameters)
    policies = {each: _statements(asker, each) for _, each in resources.of("AWS::Lambda::Function")}
    facts = StackFacts(
        name=name,
        region=asker.region,
        account=account,
        status=str(stack["StackStatus"]),
        parameters=parameters,
        unread=unread,
        functions=tuple(_function(asker, resources, *each) for each in resources.of("AWS::Lambda::Function")),
        rules=tuple(_rule(asker, resources, *each) for each in resources.of("AWS::Events::Rule")),
        permissions=tuple(_permissions(policies, resources)),
        closed=tuple(_closed(policies, resources)),
        filters=tuple(_filters(asker, resources)),
        event_sources=tuple(_event_sources(asker, resources)),
        alarms=tuple(_alarms(asker, resources)),
        topics=tuple(_topic(asker, arn) for _, arn in resources.of("AWS::SNS::Topic")),
        keys=tuple(_key(asker, each) for _, each in resources.of("AWS::KMS::Key")),
        tables=tuple(_table(asker, each) for _, each in resources.of("AWS::DynamoDB::Table")),
        brakes=tuple(_brakes(asker, resources, f"/{name}")),
        queues=tuple(_queue(asker, url) for url in _dead_letters(resources)),
    )
    return facts, resources


def _template(processed: Answer) -> Answer:
    """What was deployed, with SAM's part carried out; CloudFormation hands it back as it was written."""
    if isinstance(processed, Missing | Unknown):
        return processed
    body = processed["TemplateBody"]
    if isinstance(body, Mapping):
        return body
    try:
        template: Mapping[str, Any] = json.loads(body)
    except ValueError:
        return Unknown("the template is not JSON, as `trailwarden package` writes it")
    return template


def _resources(listed: Any, template: Answer, parameters: Mapping[str, str]) -> Resources:
    there = [each for each in listed if each.get("PhysicalResourceId")]
    return Resources(
        physical={each["LogicalResourceId"]: each["PhysicalResourceId"] for each in there},
        types={each["LogicalResourceId"]: each["ResourceType"] for each in there},
        template={} if isinstance(template, Missing | Unknown) else template,
        parameters=parameters,
    )


# ---- each kind ----------------------------------------------------------------------------------


def _function(asker: Asker, resources: Resources, logical_id: str, name: str) -> Function:
    # Not GetFunction, which returns the code as well: a doctor needs no permission for that.
    reply = asker.ask("lambda", "get_function_configuration", FunctionName=name)
    reserved = asker.ask("lambda", "get_function_concurrency", FunctionName=name)
    for answer in (reply, reserved):
        if isinstance(answer, Missing | Unknown):
            return Function(name=name, state=answer)
    assert isinstance(reply, Mapping)
    assert isinstance(reserved, Mapping)
    return Function(
        name=name,
        state=str(reply.get("State", "Active")),
        reserved=reserved.get("ReservedConcurrentExecutions"),
        promised=_promised_concurrency(resources, logical_id),
        mode=reply.get("Environment", {}).get("Variables", {}).get(MODE, ""),
    )


def _promised_concurrency(resources: Resources, logical_id: str) -> int | None:
    match resources.declared(logical_id).get("ReservedConcurrentExecutions"):
        case {"Fn::If": [_, at_once, _]} if resources.parameters.get(RESERVED, "0") != "0":
            return int(resources.plain(at_once))
    return None


def _rule(asker: Asker, resources: Resources, logical_id: str, name: str) -> Rule:
    reply = asker.ask("events", "describe_rule", Name=name)
    if isinstance(reply, Missing | Unknown):
        return Rule(name=name, state=reply)
    listed = asker.ask("events", "list_targets_by_rule", Rule=name)
    if isinstance(listed, Missing | Unknown):
        return Rule(name=name, state=listed)
    declared = resources.declared(logical_id)
    return Rule(
        name=name,
        state=str(reply["State"]),
        targets={each["Id"]: each["Arn"] for each in listed["Targets"]},
        promised_targets={
            each["Id"]: _end_of_arn(resources.refer(each.get("Arn"))) for each in declared.get("Targets", ())
        },
        pattern=json.loads(reply["EventPattern"]) if reply.get("EventPattern") else None,
        promised_pattern=resources.plain(declared.get("EventPattern")),
    )


def _end_of_arn(physical_id: str) -> str:
    """How a resource's ARN ends: a queue's physical id is its URL."""
    return physical_id.rpartition("/")[2] if physical_id.startswith("https://") else physical_id


def _permissions(policies: Policies, resources: Resources) -> Iterator[Permission]:
    for function, statement, there in _promised_statements(policies, resources):
        if statement != CLOSED:
            yield Permission(statement=statement, function=function, there=there)


def _closed(policies: Policies, resources: Resources) -> Iterator[Closed]:
    for function, statement, there in _promised_statements(policies, resources):
        if statement == CLOSED:
            yield Closed(function=function, there=there)


def _promised_statements(policies: Policies, resources: Resources) -> Iterator[tuple[str, str, Told[bool]]]:
    """Of each function's policy: the function, the id of a statement, and whether it is there."""
    for logical_id, _ in resources.of("AWS::Lambda::ResourcePolicy"):
        declared = resources.declared(logical_id)
        function = resources.refer(declared.get("ResourceArn"))
        if function not in policies:
            continue
        known = policies[function]
        for statement in declared.get("PolicyDocument", {}).get("Statement", ()):
            sid = _sid(statement, resources)
            if sid:
                yield function, sid, sid in known if isinstance(known, frozenset) else known


def _sid(statement: Mapping[str, Any], resources: Resources) -> str:
    """The id of a statement; "" where it is only there with a rule of that name, and this stack has none."""
    match statement:
        case {"Fn::If": [_, {"Sid": str(rule)}, _]}:
            return rule if rule in resources.physical else ""
    return str(statement["Sid"])


def _statements(asker: Asker, function: str) -> Told[frozenset[str]]:
    reply = asker.ask("lambda", "get_policy", FunctionName=function)
    if isinstance(reply, Missing | Unknown):
        return reply
    return frozenset(each.get("Sid", "") for each in json.loads(reply["Policy"])["Statement"])


def _filters(asker: Asker, resources: Resources) -> Iterator[LogFilter]:
    metric_filters = resources.of("AWS::Logs::MetricFilter")
    # All of the region's at once: AWS answers five such questions a second, and the stack has more.
    listed = asker.pages("logs", "describe_metric_filters", "metricFilters") if metric_filters else []
    for logical_id, name in metric_filters:
        yield _filter("metric filter", name, listed, resources.declared(logical_id), resources)
    for logical_id, name in resources.of("AWS::Logs::SubscriptionFilter"):
        declared = resources.declared(logical_id)
        group = resources.refer(declared.get("LogGroupName"))
        found = asker.pages(
            "logs", "describe_subscription_filters", "subscriptionFilters", logGroupName=group
        )
        yield _filter("subscription filter", name, found, declared, resources)


def _filter(
    kind: str, name: str, listed: Any, declared: Mapping[str, Any], resources: Resources
) -> LogFilter:
    if isinstance(listed, Missing | Unknown):
        return LogFilter(kind=kind, name=name, there=listed)
    found = next((each for each in listed if each["filterName"] == name), None)
    return LogFilter(
        kind=kind,
        name=name,
        there=found is not None,
        pattern=str(found["filterPattern"]) if found else "",
        promised_pattern=resources.plain(declared.get("FilterPattern")),
    )


def _alarms(asker: Asker, resources: Resources) -> Iterator[Alarm]:
    declared = {name: logical_id for logical_id, name in resources.of("AWS::CloudWatch::Alarm")}
    listed = (
        asker.pages("cloudwatch", "describe_alarms", "MetricAlarms", AlarmNames=list(declared))
        if declared
        else []
    )
    for name, logical_id in declared.items():
        if isinstance(listed, Missing | Unknown):
            yield Alarm(name=name, actions_enabled=listed)
            continue
        found = next((each for each in listed if each["AlarmName"] == name), None)
        yield (
            _alarm(found, resources.declared(logical_id), resources)
            if found
            else Alarm(name=name, actions_enabled=Missing())
        )


def _alarm(alarm: Mapping[str, Any], declared: Mapping[str, Any], resources: Resources) -> Alarm:
    return Alarm(
        name=alarm["AlarmName"],
        actions_enabled=bool(alarm["ActionsEnabled"]),
        actions=frozenset(alarm["AlarmActions"]),
        promised_actions=frozenset(map(resources.refer, declared.get("AlarmActions", ()))) - {""},
        changed=tuple(_changed(alarm, declared, resources)),
    )


def _changed(alarm: Mapping[str, Any], declared: Mapping[str, Any], resources: Resources) -> Iterator[str]:
    """The settings that decide when an alarm goes off; numbers may be text in a template."""
    for setting in _DECIDING:
        promised, now = resources.plain(declared.get(setting)), alarm.get(setting)
        same = _number(promised) == _number(now) if setting in _NUMBERS else str(promised) == str(now)
        if promised is not None and not same:
            yield f"{setting} {now} instead of {promised}"


def _number(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def _event_sources(asker: Asker, resources: Resources) -> Iterator[EventSource]:
    for logical_id, uuid in resources.of("AWS::Lambda::EventSourceMapping"):
        reply = asker.ask("lambda", "get_event_source_mapping", UUID=uuid)
        function = resources.refer(resources.declared(logical_id).get("FunctionName"))
        state = reply if isinstance(reply, Missing | Unknown) else str(reply["State"])
        yield EventSource(uuid=uuid, function=function, state=state)


def _dead_letters(resources: Resources) -> Iterator[str]:
    """The queues that nothing of the stack fills or reads otherwise: what lies in them waits for a person.

    Heartbeats and the calls that touch the first way are delivered to queues that an alarm counts.
    """
    read = [
        resources.declared(logical_id).get("EventSourceArn")
        for logical_id, _ in resources.of("AWS::Lambda::EventSourceMapping")
    ]
    told = [
        resources.declared(logical_id).get("Endpoint")
        for logical_id, _ in resources.of("AWS::SNS::Subscription")
    ]
    sent = [
        target.get("Arn")
        for logical_id, _ in resources.of("AWS::Events::Rule")
        for target in resources.declared(logical_id).get("Targets", ())
    ]
    other = {resources.refer(each) for each in (*read, *told, *sent)}
    return (url for _, url in resources.of("AWS::SQS::Queue") if url not in other)


def _topic(asker: Asker, arn: str) -> Topic:
    listed = asker.pages("sns", "list_subscriptions_by_topic", "Subscriptions", TopicArn=arn)
    if isinstance(listed, Missing | Unknown):
        return Topic(arn=arn, confirmed=listed)
    # Until its mail is answered, a subscription's ARN is the word PendingConfirmation.
    confirmed = [each for each in listed if str(each["SubscriptionArn"]).startswith("arn:")]
    return Topic(arn=arn, confirmed=len(confirmed), pending=len(listed) - len(confirmed))


def _key(asker: Asker, key_id: str) -> Key:
    reply = asker.ask("kms", "describe_key", KeyId=key_id)
    state = reply if isinstance(reply, Missing | Unknown) else str(reply["KeyMetadata"]["KeyState"])
    return Key(key_id=key_id, state=state)


def _table(asker: Asker, name: str) -> Table:
    expires = asker.ask("dynamodb", "describe_time_to_live", TableName=name)
    backups = asker.ask("dynamodb", "describe_continuous_backups", TableName=name)
    return Table(
        name=name,
        expires=expires
        if isinstance(expires, Missing | Unknown)
        else str(expires["TimeToLiveDescription"]["TimeToLiveStatus"]),
        restorable=backups
        if isinstance(backups, Missing | Unknown)
        else str(
            backups["ContinuousBackupsDescription"]
            .get("PointInTimeRecoveryDescription", {})
            .get("PointInTimeRecoveryStatus", "DISABLED")
        ),
    )


def _brakes(asker: Asker, resources: Resources, stack: str) -> Iterator[Brake]:
    deployed = {
        name: str(resources.plain(resources.declared(logical_id).get("Value")))
        for logical_id, name in resources.of("AWS::SSM::Parameter")
        if name == kill_switch(stack) or name.startswith(mode_of("", stack))
    }
    for start in range(0, len(deployed), _PARAMETERS_A_CALL):
        names = list(deployed)[start : start + _PARAMETERS_A_CALL]
        reply = asker.ask("ssm", "get_parameters", Names=names)
        values = (
            {}
            if isinstance(reply, Missing | Unknown)
            else {p["Name"]: p["Value"] for p in reply["Parameters"]}
        )
        for name in names:
            value = reply if isinstance(reply, Unknown) else values.get(name, Missing())
            yield Brake(name=name, value=value, deployed=deployed[name])


def _queue(asker: Asker, url: str) -> Queue:
    reply = asker.ask(
        "sqs", "get_queue_attributes", QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"]
    )
    if isinstance(reply, Missing | Unknown):
        return Queue(url=url, waiting=reply)
    return Queue(url=url, waiting=int(reply["Attributes"]["ApproximateNumberOfMessages"]))
