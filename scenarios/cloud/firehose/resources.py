"""AWS::KinesisFirehose: delivery streams.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/AWS_KinesisFirehose.html
"""

from collections.abc import Mapping

from scenarios.cloud.cloudformation.resources.access import require_assumable
from scenarios.cloud.cloudformation.resources.kind import Identity, Kind, Order, Removal
from scenarios.cloud.cloudformation.resources.shapes import TAGS, Inert, Refused, Shape, Text, arn

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


def delete_delivery_stream(removal: Removal) -> None:
    """Delete a delivery stream."""
    removal.client("firehose").delete_delivery_stream(DeliveryStreamName=removal.ref)


KINDS: Mapping[str, Kind] = {
    "AWS::KinesisFirehose::DeliveryStream": Kind(
        shape=DELIVERY_STREAM, create=create_delivery_stream, delete=delete_delivery_stream
    )
}
