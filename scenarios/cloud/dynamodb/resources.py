"""AWS::DynamoDB: tables.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/AWS_DynamoDB.html
"""

from collections.abc import Mapping
from typing import Any

from scenarios.cloud.cloudformation.resources.kind import Identity, Kind, Order, Removal, only, text_of
from scenarios.cloud.cloudformation.resources.shapes import (
    TAGS,
    Flag,
    Many,
    PolicyDocument,
    Refused,
    Shape,
    Text,
    Whole,
)
from scenarios.cloud.kernel.stack import Resource

_NAME = Text(pattern=r"[a-zA-Z0-9_.-]{3,255}")
_KEYS = Many(
    of=Shape(
        fields={"AttributeName": Text(longest=255), "KeyType": Text(choices=("HASH", "RANGE"))},
        required=("AttributeName", "KeyType"),
    ),
    least=1,
    most=2,
)
_PROJECTION = Shape(
    fields={
        "NonKeyAttributes": Many(of=Text(longest=255), most=20),
        "ProjectionType": Text(choices=("ALL", "INCLUDE", "KEYS_ONLY")),
    }
)
_THROUGHPUT = Shape(
    fields={"ReadCapacityUnits": Whole(low=1), "WriteCapacityUnits": Whole(low=1)},
    required=("ReadCapacityUnits", "WriteCapacityUnits"),
)

TABLE = Shape(
    fields={
        "AttributeDefinitions": Many(
            of=Shape(
                fields={"AttributeName": Text(longest=255), "AttributeType": Text(choices=("B", "N", "S"))},
                required=("AttributeName", "AttributeType"),
            )
        ),
        "BillingMode": Text(choices=("PAY_PER_REQUEST", "PROVISIONED")),
        "ContributorInsightsSpecification": Refused(because="contributor insights"),
        "DeletionProtectionEnabled": Flag(),
        "GlobalSecondaryIndexes": Many(
            of=Shape(
                fields={
                    "IndexName": _NAME,
                    "KeySchema": _KEYS,
                    "Projection": _PROJECTION,
                    "ProvisionedThroughput": _THROUGHPUT,
                },
                required=("IndexName", "KeySchema", "Projection"),
            ),
            most=20,
        ),
        "ImportSourceSpecification": Refused(because="imports from S3"),
        "KeySchema": _KEYS,
        "KinesisStreamSpecification": Refused(because="changes in a Kinesis stream"),
        "LocalSecondaryIndexes": Refused(because="local indexes"),
        "OnDemandThroughput": Refused(because="throughput limits"),
        "PointInTimeRecoverySpecification": Shape(
            fields={"PointInTimeRecoveryEnabled": Flag(), "RecoveryPeriodInDays": Whole(low=1, high=35)}
        ),
        "ProvisionedThroughput": _THROUGHPUT,
        "ResourcePolicy": Shape(
            fields={"PolicyDocument": PolicyDocument(of_resource=True)}, required=("PolicyDocument",)
        ),
        "SSESpecification": Shape(
            fields={"KMSMasterKeyId": Text(), "SSEEnabled": Flag(), "SSEType": Text(choices=("KMS",))},
            required=("SSEEnabled",),
        ),
        "StreamSpecification": Shape(
            fields={
                "ResourcePolicy": Refused(because="policies of streams"),
                "StreamViewType": Text(choices=("KEYS_ONLY", "NEW_AND_OLD_IMAGES", "NEW_IMAGE", "OLD_IMAGE")),
            },
            required=("StreamViewType",),
        ),
        "TableClass": Refused(because="table classes"),
        "TableName": _NAME,
        "Tags": TAGS,
        "TimeToLiveSpecification": Shape(
            fields={"AttributeName": Text(longest=255), "Enabled": Flag()}, required=("Enabled",)
        ),
        "WarmThroughput": Refused(because="warm throughput"),
    },
    required=("KeySchema", "AttributeDefinitions"),
)


def create_table(order: Order) -> Identity:
    """Create a table, then what moto's CreateTable does not take: expiry, recovery, its policy."""
    dynamodb = order.client("dynamodb")
    name = order.name("TableName", 255)
    _check_keys(order)
    given = order.pick(
        "AttributeDefinitions",
        "BillingMode",
        "DeletionProtectionEnabled",
        "GlobalSecondaryIndexes",
        "KeySchema",
        "ProvisionedThroughput",
    )
    if "SSESpecification" in order.properties:
        encryption = dict(order.properties["SSESpecification"])
        given["SSESpecification"] = {"Enabled": encryption.pop("SSEEnabled"), **encryption}
    if "StreamSpecification" in order.properties:
        given["StreamSpecification"] = {"StreamEnabled": True, **order.properties["StreamSpecification"]}
    created = dynamodb.create_table(TableName=name, **given)["TableDescription"]
    expiry = order.properties.get("TimeToLiveSpecification", {})
    if expiry.get("Enabled"):
        dynamodb.update_time_to_live(TableName=name, TimeToLiveSpecification=expiry)
    recovery = order.properties.get("PointInTimeRecoverySpecification")
    if recovery:
        dynamodb.update_continuous_backups(TableName=name, PointInTimeRecoverySpecification=recovery)
    if "ResourcePolicy" in order.properties:
        policy = text_of(order.properties["ResourcePolicy"]["PolicyDocument"])
        dynamodb.put_resource_policy(ResourceArn=created["TableArn"], Policy=policy)
    stream = {"StreamArn": created["LatestStreamArn"]} if "LatestStreamArn" in created else {}
    return Identity(ref=name, attributes={"Arn": created["TableArn"], **stream})


def _check_keys(order: Order) -> None:
    """Refuse attributes that are defined and in no key, or the other way round, as DynamoDB does."""
    properties = order.properties
    defined = {one["AttributeName"] for one in properties["AttributeDefinitions"]}
    schemas: list[list[dict[str, Any]]] = [
        properties["KeySchema"],
        *(index["KeySchema"] for index in properties.get("GlobalSecondaryIndexes", [])),
    ]
    used = {key["AttributeName"] for schema in schemas for key in schema}
    if defined != used:
        odd = ", ".join(sorted(defined ^ used))
        raise order.refuse(
            "AttributeDefinitions", f"attributes are defined exactly for the keys; differing: {odd}"
        )
    if properties.get("TimeToLiveSpecification", {}).get("Enabled") and not properties[
        "TimeToLiveSpecification"
    ].get("AttributeName"):
        raise order.refuse("TimeToLiveSpecification.AttributeName", "expiry needs an attribute")
    on_demand = properties.get("BillingMode") == "PAY_PER_REQUEST"
    if on_demand == ("ProvisionedThroughput" in properties):
        raise order.refuse(
            "ProvisionedThroughput", "given exactly when the billing mode is not PAY_PER_REQUEST"
        )


def delete_table(removal: Removal) -> None:
    """Delete a table, unless it is protected."""
    removal.client("dynamodb").delete_table(TableName=removal.ref)


def update_table(order: Order, before: Resource) -> Identity:
    """Change a table's protection, recovery, expiry or policy."""
    dynamodb, name, properties = order.client("dynamodb"), before.physical_id, order.properties
    recovery, expiry = "PointInTimeRecoverySpecification", "TimeToLiveSpecification"
    differ = only(order, before, "DeletionProtectionEnabled", recovery, expiry, "ResourcePolicy")
    if "DeletionProtectionEnabled" in differ:
        protected = properties.get("DeletionProtectionEnabled", False)
        dynamodb.update_table(TableName=name, DeletionProtectionEnabled=protected)
    if recovery in differ:
        off = {"PointInTimeRecoveryEnabled": False}
        given = properties.get(recovery, off)
        dynamodb.update_continuous_backups(TableName=name, PointInTimeRecoverySpecification=given)
    if expiry in differ:
        off_by = {"AttributeName": before.properties.get(expiry, {}).get("AttributeName"), "Enabled": False}
        given = properties.get(expiry, off_by)
        dynamodb.update_time_to_live(TableName=name, TimeToLiveSpecification=given)
    if "ResourcePolicy" in differ:
        arn_of_table = before.attributes["Arn"]
        if "ResourcePolicy" in properties:
            policy = text_of(properties["ResourcePolicy"]["PolicyDocument"])
            dynamodb.put_resource_policy(ResourceArn=arn_of_table, Policy=policy)
        else:
            dynamodb.delete_resource_policy(ResourceArn=arn_of_table)
    return Identity(ref=name, attributes=before.attributes)


KINDS: Mapping[str, Kind] = {
    "AWS::DynamoDB::Table": Kind(shape=TABLE, create=create_table, delete=delete_table, update=update_table)
}
