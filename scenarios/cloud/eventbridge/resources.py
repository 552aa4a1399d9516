"""AWS::Events: buses, their policies, rules and targets.

The shapes list the properties; values that EventBridge refuses are in `requests`.

Sources: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/AWS_Events.html, PutRule, PutTargets.
"""

import json
from collections.abc import Mapping
from typing import Any

from scenarios.cloud.cloudformation.resources.kind import (
    Identity,
    Kind,
    Order,
    Removal,
    made_again,
    only,
    text_of,
)
from scenarios.cloud.cloudformation.resources.shapes import (
    TAGS,
    Document,
    Flag,
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
from scenarios.cloud.eventbridge.requests import bus_name
from scenarios.cloud.kernel.stack import Resource

_TARGET = Shape(
    fields={
        "Arn": arn(),
        "DeadLetterConfig": Shape(fields={"Arn": arn()}),
        "HttpParameters": Shape(
            fields={
                "HeaderParameters": Table(of=Text()),
                "PathParameterValues": Many(of=Text()),
                "QueryStringParameters": Table(of=Text()),
            }
        ),
        "Id": Text(),
        "Input": Text(),
        "InputPath": Text(),
        "InputTransformer": Shape(
            fields={"InputPathsMap": Table(of=Text()), "InputTemplate": Text()}, required=("InputTemplate",)
        ),
        "RetryPolicy": Shape(
            fields={"MaximumEventAgeInSeconds": Whole(), "MaximumRetryAttempts": Whole()},
        ),
        "RoleArn": arn("iam"),
        "SqsParameters": Shape(fields={"MessageGroupId": Text()}, required=("MessageGroupId",)),
    },
    required=("Arn", "Id"),
)

RULE = Shape(
    fields={
        "Description": Text(),
        "EventBusName": Text(),
        "EventPattern": Document(),
        "Name": Text(),
        "RoleArn": arn("iam"),
        "ScheduleExpression": Text(),
        "State": Text(),
        "Tags": TAGS,
        "Targets": Many(of=_TARGET),
    }
)

EVENT_BUS = Shape(
    fields={
        "DeadLetterConfig": Refused(because="a bus's own dead letters"),
        "Description": Inert(because="said to people only; moto keeps none"),
        "EventSourceName": Text(),
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


_PARAMETER = Many(
    of=Shape(
        fields={"IsValueSecret": Flag(), "Key": Text(), "Value": Text()},
        required=("Key", "Value"),
    )
)
_HTTP_PARAMETERS = Shape(
    fields={
        "BodyParameters": _PARAMETER,
        "HeaderParameters": _PARAMETER,
        "QueryStringParameters": _PARAMETER,
    }
)

CONNECTION = Shape(
    fields={
        "AuthorizationType": Text(),
        "AuthParameters": Shape(
            fields={
                "ApiKeyAuthParameters": Shape(
                    fields={"ApiKeyName": Text(), "ApiKeyValue": Text()},
                    required=("ApiKeyName", "ApiKeyValue"),
                ),
                "BasicAuthParameters": Shape(
                    fields={"Password": Text(), "Username": Text()}, required=("Password", "Username")
                ),
                "ConnectivityParameters": Refused(because="private endpoints"),
                "InvocationHttpParameters": _HTTP_PARAMETERS,
                "OAuthParameters": Shape(
                    fields={
                        "AuthorizationEndpoint": Text(),
                        "ClientParameters": Shape(
                            fields={"ClientID": Text(), "ClientSecret": Text()},
                            required=("ClientID", "ClientSecret"),
                        ),
                        "HttpMethod": Text(),
                        "OAuthHttpParameters": _HTTP_PARAMETERS,
                    },
                    required=("AuthorizationEndpoint", "ClientParameters", "HttpMethod"),
                ),
            }
        ),
        "Description": Text(),
        "InvocationConnectivityParameters": Refused(because="private endpoints"),
        "KmsKeyIdentifier": Refused(because="encrypted connections"),
        "Name": Text(),
    },
    required=("AuthorizationType", "AuthParameters"),
)

API_DESTINATION = Shape(
    fields={
        "ConnectionArn": arn("events"),
        "Description": Text(),
        "HttpMethod": Text(),
        "InvocationEndpoint": Text(),
        "InvocationRateLimitPerSecond": Whole(),
        "Name": Text(),
    },
    required=("ConnectionArn", "HttpMethod", "InvocationEndpoint"),
)

ARCHIVE = Shape(
    fields={
        "ArchiveName": Text(),
        "Description": Text(),
        "EventPattern": Document(),
        "KmsKeyIdentifier": Refused(because="encrypted archives"),
        "RetentionDays": Whole(),
        "SourceArn": arn("events"),
    },
    required=("SourceArn",),
)


def create_rule(order: Order) -> Identity:
    """Create a rule and its targets."""
    events = order.client("events")
    properties = order.properties
    name = order.name("Name", 64)
    bus = order.pick("EventBusName")
    given = order.pick("Description", "RoleArn", "ScheduleExpression", "State")
    if "EventPattern" in properties:
        given["EventPattern"] = text_of(properties["EventPattern"])
    rule_arn = events.put_rule(Name=name, **given, **bus)["RuleArn"]
    targets = properties.get("Targets", [])
    if targets:
        failed = events.put_targets(Rule=name, Targets=targets, **bus)["FailedEntries"]
        for entry in failed:
            raise order.refuse("Targets", str(entry.get("ErrorMessage", entry)))
    short = bus_name(properties)
    return Identity(ref=name if short == "default" else f"{short}|{name}", attributes={"Arn": rule_arn})


def create_event_bus(order: Order) -> Identity:
    """Create a bus."""
    events = order.client("events")
    name = order.properties["Name"]
    bus_arn = events.create_event_bus(Name=name, **order.pick("EventSourceName"))["EventBusArn"]
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


def create_connection(order: Order) -> Identity:
    """Create a connection; its secret is EventBridge's own."""
    events = order.client("events")
    name = order.name("Name", 64)
    given = order.pick("AuthorizationType", "AuthParameters", "Description")
    made = events.create_connection(Name=name, **given)["ConnectionArn"]
    secret = events.describe_connection(Name=name)["SecretArn"]
    return Identity(
        ref=name, attributes={"Arn": made, "ArnForPolicy": _for_policy(made), "SecretArn": secret}
    )


_OF_DESTINATION = (
    *("ConnectionArn", "Description", "HttpMethod", "InvocationEndpoint", "InvocationRateLimitPerSecond"),
)


def create_api_destination(order: Order) -> Identity:
    """Create an API destination."""
    name = order.name("Name", 64)
    given = order.pick(*_OF_DESTINATION)
    made = order.client("events").create_api_destination(Name=name, **given)["ApiDestinationArn"]
    return Identity(ref=name, attributes={"Arn": made, "ArnForPolicy": _for_policy(made)})


def update_connection(order: Order, before: Resource) -> Identity:
    """Say again how a connection authorises; its secret is what that says."""
    only(order, before, "AuthorizationType", "AuthParameters", "Description")
    given = order.pick("AuthorizationType", "AuthParameters", "Description")
    order.client("events").update_connection(Name=before.physical_id, **given)
    return Identity(ref=before.physical_id, attributes=before.attributes)


def update_api_destination(order: Order, before: Resource) -> Identity:
    """Say the whole destination again."""
    given = order.pick(*_OF_DESTINATION)
    only(order, before, *_OF_DESTINATION)
    order.client("events").update_api_destination(Name=before.physical_id, **given)
    return Identity(ref=before.physical_id, attributes=before.attributes)


def update_archive(order: Order, before: Resource) -> Identity:
    """Have an archive keep other events, or keep them for another time."""
    only(order, before, "Description", "EventPattern", "RetentionDays")
    given = order.pick("Description", "RetentionDays")
    if "EventPattern" in order.properties:
        given["EventPattern"] = text_of(order.properties["EventPattern"])
    order.client("events").update_archive(ArchiveName=before.physical_id, **given)
    return Identity(ref=before.physical_id, attributes=before.attributes)


def _for_policy(made: str) -> str:
    """The ARN without the id at its end, which a policy can name before the resource is there."""
    return made.rpartition("/")[0]


def create_archive(order: Order) -> Identity:
    """Create an archive of a bus."""
    name = order.name("ArchiveName", 48)
    given = order.pick("Description", "RetentionDays")
    if "EventPattern" in order.properties:
        given["EventPattern"] = text_of(order.properties["EventPattern"])
    source = order.properties["SourceArn"]
    made = order.client("events").create_archive(ArchiveName=name, EventSourceArn=source, **given)
    return Identity(ref=name, attributes={"Arn": made["ArchiveArn"]})


def delete_connection(removal: Removal) -> None:
    """Delete a connection with its secret."""
    removal.client("events").delete_connection(Name=removal.ref)


def delete_api_destination(removal: Removal) -> None:
    """Delete an API destination."""
    removal.client("events").delete_api_destination(Name=removal.ref)


def delete_archive(removal: Removal) -> None:
    """Delete an archive with its events."""
    removal.client("events").delete_archive(ArchiveName=removal.ref)


def delete_rule(removal: Removal) -> None:
    """Delete a rule, which must have no targets then."""
    events = removal.client("events")
    bus, _, name = removal.ref.rpartition("|")
    where = {"EventBusName": bus} if bus else {}
    targets = [target["Id"] for target in removal.properties.get("Targets", [])]
    if targets:
        events.remove_targets(Rule=name, Ids=targets, **where)
    events.delete_rule(Name=name, **where)


def delete_event_bus(removal: Removal) -> None:
    """Delete a bus."""
    removal.client("events").delete_event_bus(Name=removal.ref)


def delete_event_bus_policy(removal: Removal) -> None:
    """Take one statement out of a bus's policy."""
    bus, _, statement = removal.ref.partition("|")
    removal.client("events").remove_permission(EventBusName=bus, StatementId=statement)


def update_rule(order: Order, before: Resource) -> Identity:
    """Put a rule again, and take away the targets that it has no longer."""
    identity = create_rule(order)
    now = {target["Id"] for target in order.properties.get("Targets", [])}
    gone = [each["Id"] for each in before.properties.get("Targets", []) if each["Id"] not in now]
    if gone:
        bus, _, name = before.physical_id.rpartition("|")
        where = {"EventBusName": bus} if bus else {}
        order.client("events").remove_targets(Rule=name, Ids=gone, **where)
    return identity


KINDS: Mapping[str, Kind] = {
    "AWS::Events::ApiDestination": Kind(
        shape=API_DESTINATION,
        create=create_api_destination,
        delete=delete_api_destination,
        update=update_api_destination,
    ),
    "AWS::Events::Archive": Kind(
        shape=ARCHIVE, create=create_archive, delete=delete_archive, update=update_archive
    ),
    "AWS::Events::Connection": Kind(
        shape=CONNECTION, create=create_connection, delete=delete_connection, update=update_connection
    ),
    "AWS::Events::EventBus": Kind(shape=EVENT_BUS, create=create_event_bus, delete=delete_event_bus),
    "AWS::Events::EventBusPolicy": Kind(
        shape=EVENT_BUS_POLICY,
        create=create_event_bus_policy,
        delete=delete_event_bus_policy,
        grants=True,
        update=made_again(create_event_bus_policy),
    ),
    "AWS::Events::Rule": Kind(shape=RULE, create=create_rule, delete=delete_rule, update=update_rule),
}
