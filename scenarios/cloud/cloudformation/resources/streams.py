"""AWS::Kinesis and AWS::KinesisFirehose: where records are collected.

Sources: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/AWS_Kinesis.html,
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/AWS_KinesisFirehose.html
"""

from collections.abc import Mapping

from scenarios.cloud.cloudformation.resources.access import require_assumable
from scenarios.cloud.cloudformation.resources.kind import Identity, Kind, Order
from scenarios.cloud.cloudformation.resources.shapes import (
    TAGS,
    Inert,
    Refused,
    Shape,
    Text,
    Whole,
    arn,
)

STREAM = Shape(
    fields={
        "DesiredShardLevelMetrics": Inert(because="streams have no metrics in the simulated AWS"),
        "Name": Text(pattern=r"[a-zA-Z0-9_.-]{1,128}"),
        "RetentionPeriodHours": Whole(low=24, high=8760),
        "ShardCount": Whole(low=1),
        "StreamEncryption": Refused(because="encrypted streams"),
        "StreamModeDetails": Shape(
            fields={"StreamMode": Text(choices=("ON_DEMAND", "PROVISIONED"))}, required=("StreamMode",)
        ),
        "Tags": TAGS,
    }
)

_BUFFERING = Inert(because="the simulated Firehose writes each record at once")

DELIVERY_STREAM = Shape(
    fields={
        "DeliveryStreamEncryptionConfigurationInput": Refused(because="encrypted streams"),
        "DeliveryStreamName": Text(pattern=r"[a-zA-Z0-9_.-]{1,64}"),
        "DeliveryStreamType": Text(choices=("DirectPut",)),
        "ExtendedS3DestinationConfiguration": Shape(
            fields={
                "BucketARN": arn("s3"),
                "BufferingHints": _BUFFERING,
                "CompressionFormat": Text(choices=("UNCOMPRESSED",)),
                "Prefix": Text(),
                "RoleARN": arn("iam"),
            },
            required=("BucketARN", "RoleARN"),
        ),
        "Tags": TAGS,
    },
    required=("ExtendedS3DestinationConfiguration",),
)


def create_stream(order: Order) -> Identity:
    """Create a data stream, on demand unless shards are counted."""
    name, properties = order.name("Name", 128), order.properties
    mode = properties.get("StreamModeDetails", {}).get("StreamMode")
    mode = mode or ("PROVISIONED" if "ShardCount" in properties else "ON_DEMAND")
    shards = {"ShardCount": properties["ShardCount"]} if "ShardCount" in properties else {}
    if bool(shards) != (mode == "PROVISIONED"):
        raise order.refuse("ShardCount", f"a stream whose mode is {mode} has it or has it not")
    kinesis = order.client("kinesis")
    kinesis.create_stream(StreamName=name, StreamModeDetails={"StreamMode": mode}, **shards)
    if properties.get("RetentionPeriodHours", 24) > 24:
        hours = properties["RetentionPeriodHours"]
        kinesis.increase_stream_retention_period(StreamName=name, RetentionPeriodHours=hours)
    return Identity(ref=name, attributes={"Arn": order.site.arn("kinesis", f"stream/{name}")})


def create_delivery_stream(order: Order) -> Identity:
    """Create a delivery stream that writes to a bucket, under a role that Firehose may assume."""
    name, properties = order.name("DeliveryStreamName", 64), order.properties
    bucket = properties["ExtendedS3DestinationConfiguration"]
    at = f"{order.logical_id}.ExtendedS3DestinationConfiguration.RoleARN"
    require_assumable(order.site, bucket["RoleARN"], "firehose.amazonaws.com", at)
    order.client("firehose").create_delivery_stream(
        DeliveryStreamName=name,
        DeliveryStreamType=properties.get("DeliveryStreamType", "DirectPut"),
        ExtendedS3DestinationConfiguration=bucket,
    )
    return Identity(ref=name, attributes={"Arn": order.site.arn("firehose", f"deliverystream/{name}")})


KINDS: Mapping[str, Kind] = {
    "AWS::Kinesis::Stream": Kind(shape=STREAM, create=create_stream),
    "AWS::KinesisFirehose::DeliveryStream": Kind(shape=DELIVERY_STREAM, create=create_delivery_stream),
}
