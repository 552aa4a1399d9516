"""AWS::Events: buses, their policies, rules and targets.

Sources: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/AWS_Events.html, PutRule, PutTargets.
"""

import json
from collections.abc import Mapping
from typing import Any

from chalicelib.matching.errors import InvalidPattern
from chalicelib.matching.events.pattern import EventPattern
from scenarios.cloud.cloudformation.resources.access import require_assumable
from scenarios.cloud.cloudformation.resources.kind import Identity, Kind, Order, text_of
from scenarios.cloud.cloudformation.resources.shapes import (
    TAGS,
    Document,
    Inert,
    Many,
    PolicyDocument,
    Refused,
    Shape,
    Table,
    Text,
    Whole,
    arn,
)
from scenarios.cloud.schedules import InvalidSchedule, Schedule

_NAME = r"[.\-_A-Za-z0-9]{1,%d}"
_MOST_TARGETS = 5  # per rule, https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html
_LONGEST_PATTERN = 2048
_ROLE_NEEDED = frozenset({"events", "kinesis", "firehose", "states", "ecs", "ssm", "codebuild", "batch"})

_TARGET = Shape(
    fields={
        "Arn": arn(),
        "DeadLetterConfig": Shape(fields={"Arn": arn("sqs")}),
        "Id": Text(pattern=_NAME % 64),
        "Input": Text(longest=8192),
        "InputPath": Text(longest=256),
        "InputTransformer": Shape(
            fields={"InputPathsMap": Table(of=Text()), "InputTemplate": Text(longest=8192)},
            required=("InputTemplate",),
        ),
        "RetryPolicy": Shape(
            fields={
                "MaximumEventAgeInSeconds": Whole(low=60, high=86400),
                "MaximumRetryAttempts": Whole(low=0, high=185),
            }
        ),
        "RoleArn": arn("iam"),
    },
    required=("Arn", "Id"),
)

RULE = Shape(
    fields={
        "Description": Text(longest=512),
        "EventBusName": Text(),
        "EventPattern": Document(),
        "Name": Text(pattern=_NAME % 64),
        "RoleArn": arn("iam"),
        "ScheduleExpression": Text(longest=256),
        "State": Text(choices=("DISABLED", "ENABLED")),
        "Tags": TAGS,
        "Targets": Many(of=_TARGET, most=_MOST_TARGETS),
    }
)

EVENT_BUS = Shape(
    fields={
        "DeadLetterConfig": Refused(because="a bus's own dead letters"),
        "Description": Inert(because="said to people only; moto keeps none"),
        "EventSourceName": Refused(because="partner event sources"),
        "KmsKeyIdentifier": Refused(because="encrypted buses"),
        "Name": Text(pattern=r"[/.\-_A-Za-z0-9]{1,256}"),
        "Policy": PolicyDocument(of_resource=True),
        "Tags": TAGS,
    },
    required=("Name",),
)

EVENT_BUS_POLICY = Shape(
    fields={
        "Action": Text(choices=("events:PutEvents",)),
        "Condition": Shape(
            fields={
                "Key": Text(choices=("aws:PrincipalOrgID",)),
                "Type": Text(choices=("StringEquals",)),
                "Value": Text(),
            },
            required=("Key", "Type", "Value"),
        ),
        "EventBusName": Text(),
        "Principal": Text(pattern=r"\d{12}|[*]"),
        "Statement": Document(),
        "StatementId": Text(pattern=r"[a-zA-Z0-9-_]{1,64}"),
    },
    required=("StatementId",),
)


def create_rule(order: Order) -> Identity:
    """Create a rule and its targets."""
    events = order.client("events")
    properties = order.properties
    name = order.name("Name", 64)
    bus = order.pick("EventBusName")
    _check_rule(order)
    given = order.pick("Description", "RoleArn", "ScheduleExpression", "State")
    if "EventPattern" in properties:
        given["EventPattern"] = text_of(properties["EventPattern"])
    rule_arn = events.put_rule(Name=name, **given, **bus)["RuleArn"]
    targets = properties.get("Targets", [])
    for index, target in enumerate(targets):
        _check_target(order, target, f"Targets[{index}]")
    if len({target["Id"] for target in targets}) < len(targets):
        raise order.refuse("Targets", "two targets have the same Id")
    if targets:
        failed = events.put_targets(Rule=name, Targets=targets, **bus)["FailedEntries"]
        for entry in failed:
            raise order.refuse("Targets", str(entry.get("ErrorMessage", entry)))
    short = properties.get("EventBusName", "default").rsplit("/", 1)[-1]
    return Identity(ref=name if short == "default" else f"{short}|{name}", attributes={"Arn": rule_arn})


def _check_rule(order: Order) -> None:
    properties = order.properties
    if "EventPattern" not in properties and "ScheduleExpression" not in properties:
        raise order.refuse("EventPattern", "a rule has an EventPattern or a ScheduleExpression")
    if len(text_of(properties.get("EventPattern", {}))) > _LONGEST_PATTERN:
        raise order.refuse("EventPattern", f"longer than {_LONGEST_PATTERN} characters")
    if "EventPattern" in properties:
        try:
            EventPattern(properties["EventPattern"])
        except InvalidPattern as error:
            raise order.refuse("EventPattern", f"Event pattern is not valid. Reason: {error}") from error
    if "ScheduleExpression" in properties:
        try:
            Schedule(properties["ScheduleExpression"])
        except InvalidSchedule as error:
            raise order.refuse("ScheduleExpression", str(error)) from error


def _check_target(order: Order, target: Mapping[str, Any], at: str) -> None:
    """Refuse what PutTargets refuses and moto stores."""
    inputs = [name for name in ("Input", "InputPath", "InputTransformer") if name in target]
    if len(inputs) > 1:
        raise order.refuse(
            at, f"Only one of Input, InputPath, or InputTransformer must be provided, not {inputs}"
        )
    transformer = target.get("InputTransformer", {})
    for name in transformer.get("InputPathsMap", {}):
        if name.startswith("AWS."):
            raise order.refuse(
                f"{at}.InputTransformer.InputPathsMap.{name}", "names that start with AWS. are reserved"
            )
    service = target["Arn"].split(":")[2]
    if service in _ROLE_NEEDED and "RoleArn" not in target:
        raise order.refuse(f"{at}.RoleArn", f"RoleArn is required for target {target['Arn']}.")
    if "RoleArn" in target:
        require_assumable(
            order.site, target["RoleArn"], "events.amazonaws.com", f"{order.logical_id}.{at}.RoleArn"
        )


def create_event_bus(order: Order) -> Identity:
    """Create a bus."""
    events = order.client("events")
    name = order.properties["Name"]
    bus_arn = events.create_event_bus(Name=name)["EventBusArn"]
    if "Policy" in order.properties:
        events.put_permission(EventBusName=name, Policy=text_of(order.properties["Policy"]))
    return Identity(ref=name, attributes={"Arn": bus_arn, "Name": name})


def create_event_bus_policy(order: Order) -> Identity:
    """Let others put events on a bus: one statement, given whole or as principal and condition."""
    events = order.client("events")
    bus = order.properties.get("EventBusName", "default")
    found = events.describe_event_bus(Name=bus)
    statement_id = order.properties["StatementId"]
    # PutPermission with a policy replaces the whole, so what other resources said is said again.
    said = json.loads(found["Policy"])["Statement"] if "Policy" in found else []
    others = [statement for statement in said if statement.get("Sid") != statement_id]
    statement = {"Sid": statement_id, **_statement(order, found["Arn"])}
    document = {"Version": "2012-10-17", "Statement": [*others, statement]}
    PolicyDocument(of_resource=True).check(document, f"{order.logical_id}.Statement")
    events.put_permission(EventBusName=bus, Policy=text_of(document))
    return Identity(ref=f"{bus}|{statement_id}")


def _statement(order: Order, bus_arn: str) -> dict[str, Any]:
    properties = order.properties
    if "Statement" in properties:
        return dict(properties["Statement"])
    if not {"Action", "Principal"} <= properties.keys():
        raise order.refuse("Statement", "a policy has a Statement, or an Action and a Principal")
    who = properties["Principal"]
    root = f"arn:{order.site.partition}:iam::{who}:root"
    statement: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": "*" if who == "*" else {"AWS": root},
        "Action": properties["Action"],
        "Resource": bus_arn,
    }
    if "Condition" in properties:
        condition = properties["Condition"]
        statement["Condition"] = {condition["Type"]: {condition["Key"]: condition["Value"]}}
    return statement


KINDS: Mapping[str, Kind] = {
    "AWS::Events::EventBus": Kind(shape=EVENT_BUS, create=create_event_bus),
    "AWS::Events::EventBusPolicy": Kind(shape=EVENT_BUS_POLICY, create=create_event_bus_policy, grants=True),
    "AWS::Events::Rule": Kind(shape=RULE, create=create_rule),
}
