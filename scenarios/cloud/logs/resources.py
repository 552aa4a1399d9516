"""AWS::Logs: groups, their filters and their destinations, saved queries.

The shapes list the properties; values that Logs refuses are in `validation`.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/AWS_Logs.html
"""

from collections.abc import Mapping

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
    Inert,
    Many,
    Number,
    PolicyDocument,
    Refused,
    Shape,
    Text,
    Whole,
    arn,
)
from scenarios.cloud.kernel.stack import Resource
from scenarios.cloud.kernel.texts import lowered

LOG_GROUP = Shape(
    fields={
        "DataProtectionPolicy": Refused(because="masking"),
        "DeletionProtectionEnabled": Inert(because="a stack is never deleted from the simulated AWS"),
        "FieldIndexPolicies": Refused(because="field indexes"),
        "KmsKeyId": arn("kms"),
        "LogGroupClass": Text(choices=("STANDARD",)),
        "LogGroupName": Text(),
        "RetentionInDays": Whole(),
        "Tags": TAGS,
    }
)

SUBSCRIPTION_FILTER = Shape(
    fields={
        "ApplyOnTransformedLogs": Refused(because="log transformers"),
        "DestinationArn": arn("lambda", "kinesis", "firehose", "logs"),
        "Distribution": Text(),
        "FilterName": Text(),
        "FilterPattern": Text(),
        "LogGroupName": Text(),
        "RoleArn": arn("iam"),
    },
    required=("DestinationArn", "FilterPattern", "LogGroupName"),
)

METRIC_FILTER = Shape(
    fields={
        "ApplyOnTransformedLogs": Refused(because="log transformers"),
        "FilterName": Text(),
        "FilterPattern": Text(),
        "LogGroupName": Text(),
        "MetricTransformations": Many(
            of=Shape(
                fields={
                    "DefaultValue": Number(),
                    "Dimensions": Many(
                        of=Shape(
                            fields={"Key": Text(), "Value": Text()},
                            required=("Key", "Value"),
                        ),
                    ),
                    "MetricName": Text(),
                    "MetricNamespace": Text(),
                    "MetricValue": Text(),
                    "Unit": Text(),
                },
                required=("MetricName", "MetricNamespace", "MetricValue"),
            ),
        ),
    },
    required=("FilterPattern", "LogGroupName", "MetricTransformations"),
)

DESTINATION = Shape(
    fields={
        "DestinationName": Text(),
        "DestinationPolicy": PolicyDocument(of_resource=True),
        "RoleArn": arn("iam"),
        "TargetArn": arn("kinesis", "firehose"),
        "Tags": TAGS,
    },
    required=("DestinationName", "RoleArn", "TargetArn"),
)

QUERY_DEFINITION = Shape(
    fields={
        "LogGroupNames": Many(of=Text()),
        "Name": Text(longest=255),
        "Parameters": Many(
            of=Shape(
                fields={"DefaultValue": Text(), "Description": Text(), "Name": Text()}, required=("Name",)
            ),
        ),
        "QueryLanguage": Text(choices=("CWLI",)),
        "QueryString": Text(),
    },
    required=("Name", "QueryString"),
)

RESOURCE_POLICY = Shape(
    fields={"PolicyDocument": PolicyDocument(of_resource=True), "PolicyName": Text(longest=255)},
    required=("PolicyDocument", "PolicyName"),
)


def create_log_group(order: Order) -> Identity:
    """Create a log group, with its retention in days; none means forever."""
    logs = order.client("logs")
    name = order.name("LogGroupName", 512)
    given = {"logGroupClass": order.properties.get("LogGroupClass", "STANDARD")}
    if "KmsKeyId" in order.properties:
        given["kmsKeyId"] = order.properties["KmsKeyId"]
    logs.create_log_group(logGroupName=name, **given)
    if "RetentionInDays" in order.properties:
        logs.put_retention_policy(logGroupName=name, retentionInDays=order.properties["RetentionInDays"])
    return Identity(ref=name, attributes={"Arn": order.site.arn("logs", f"log-group:{name}:*")})


def create_subscription_filter(order: Order) -> Identity:
    """Send what matches on; Logs tries whether it may, so the permission must be there before."""
    properties = order.properties
    name = order.name("FilterName", 512)
    group, destination = properties["LogGroupName"], properties["DestinationArn"]
    role = {"roleArn": properties["RoleArn"]} if "RoleArn" in properties else {}
    spread = {"distribution": properties["Distribution"]} if "Distribution" in properties else {}
    order.client("logs").put_subscription_filter(
        logGroupName=group,
        filterName=name,
        filterPattern=properties["FilterPattern"],
        destinationArn=destination,
        **role,
        **spread,
    )
    return Identity(ref=name)


def create_metric_filter(order: Order) -> Identity:
    """Count what matches, in a metric."""
    group = order.properties["LogGroupName"]
    name = order.name("FilterName", 512)
    transformations = []
    for transformation in order.properties["MetricTransformations"]:
        asked = {lowered(key): value for key, value in transformation.items()}
        if "dimensions" in asked:
            asked["dimensions"] = {one["Key"]: one["Value"] for one in asked["dimensions"]}
        transformations.append(asked)
    order.client("logs").put_metric_filter(
        logGroupName=group,
        filterName=name,
        filterPattern=order.properties["FilterPattern"],
        metricTransformations=transformations,
    )
    return Identity(ref=name)


def create_destination(order: Order) -> Identity:
    """Let other accounts subscribe to a stream; the role must be there, and assumable, before."""
    properties, name = order.properties, order.properties["DestinationName"]
    role, target = properties["RoleArn"], properties["TargetArn"]
    logs = order.client("logs")
    made = logs.put_destination(destinationName=name, targetArn=target, roleArn=role)["destination"]
    if "DestinationPolicy" in properties:
        policy = text_of(properties["DestinationPolicy"])
        logs.put_destination_policy(destinationName=name, accessPolicy=policy)
    return Identity(ref=name, attributes={"Arn": made["arn"]})


def create_resource_policy(order: Order) -> Identity:
    """Let AWS services write to the account's log groups."""
    name = order.properties["PolicyName"]
    document = text_of(order.properties["PolicyDocument"])
    order.client("logs").put_resource_policy(policyName=name, policyDocument=document)
    return Identity(ref=name)


def create_query_definition(order: Order) -> Identity:
    """Save a query."""
    return _saved(order)


def update_query_definition(order: Order, before: Resource) -> Identity:
    """Save it anew under its id; what the template leaves out is gone."""
    return _saved(order, queryDefinitionId=before.physical_id)


def _saved(order: Order, **more: str) -> Identity:
    properties = order.properties
    given = {lowered(name): value for name, value in properties.items() if name != "Parameters"}
    if "Parameters" in properties:
        given["parameters"] = [
            {lowered(name): value for name, value in each.items()} for each in properties["Parameters"]
        ]
    found = order.client("logs").put_query_definition(**given, **more)["queryDefinitionId"]
    return Identity(ref=found, attributes={"QueryDefinitionId": found})


def delete_query_definition(removal: Removal) -> None:
    """Forget a saved query."""
    removal.client("logs").delete_query_definition(queryDefinitionId=removal.ref)


def delete_log_group(removal: Removal) -> None:
    """Delete a log group with all that is in it."""
    removal.client("logs").delete_log_group(logGroupName=removal.ref)


def delete_subscription_filter(removal: Removal) -> None:
    """Send nothing on any more."""
    group = removal.properties["LogGroupName"]
    removal.client("logs").delete_subscription_filter(logGroupName=group, filterName=removal.ref)


def delete_metric_filter(removal: Removal) -> None:
    """Count nothing any more."""
    group = removal.properties["LogGroupName"]
    removal.client("logs").delete_metric_filter(logGroupName=group, filterName=removal.ref)


def delete_destination(removal: Removal) -> None:
    """Take other accounts' destination away."""
    removal.client("logs").delete_destination(destinationName=removal.ref)


def delete_resource_policy(removal: Removal) -> None:
    """Take back what AWS services may write."""
    removal.client("logs").delete_resource_policy(policyName=removal.ref)


def update_log_group(order: Order, before: Resource) -> Identity:
    """Keep what is in a log group for another time."""
    logs, name = order.client("logs"), before.physical_id
    if "RetentionInDays" in only(order, before, "RetentionInDays"):
        days = order.properties.get("RetentionInDays")
        if days is None:
            logs.delete_retention_policy(logGroupName=name)
        else:
            logs.put_retention_policy(logGroupName=name, retentionInDays=days)
    return Identity(ref=name, attributes=before.attributes)


KINDS: Mapping[str, Kind] = {
    "AWS::Logs::Destination": Kind(
        shape=DESTINATION,
        create=create_destination,
        delete=delete_destination,
        update=made_again(create_destination),
    ),
    "AWS::Logs::LogGroup": Kind(
        shape=LOG_GROUP, create=create_log_group, delete=delete_log_group, update=update_log_group
    ),
    "AWS::Logs::MetricFilter": Kind(
        shape=METRIC_FILTER,
        create=create_metric_filter,
        delete=delete_metric_filter,
        update=made_again(create_metric_filter),
    ),
    "AWS::Logs::QueryDefinition": Kind(
        shape=QUERY_DEFINITION,
        create=create_query_definition,
        delete=delete_query_definition,
        update=update_query_definition,
    ),
    "AWS::Logs::ResourcePolicy": Kind(
        shape=RESOURCE_POLICY,
        create=create_resource_policy,
        delete=delete_resource_policy,
        grants=True,
        update=made_again(create_resource_policy),
    ),
    "AWS::Logs::SubscriptionFilter": Kind(
        shape=SUBSCRIPTION_FILTER,
        create=create_subscription_filter,
        delete=delete_subscription_filter,
        update=made_again(create_subscription_filter),
    ),
}
