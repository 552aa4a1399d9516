"""AWS::KinesisFirehose: delivery streams.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/AWS_KinesisFirehose.html
"""

from collections.abc import Mapping

from scenarios.cloud.cloudformation.resources.access import require_assumable
from scenarios.cloud.cloudformation.resources.kind import Identity, Kind, Order, Removal
from scenarios.cloud.cloudformation.resources.shapes import (
    TAGS,
    Flag,
    Form,
    Many,
    Refused,
    Shape,
    Text,
    Whole,
    arn,
)
from scenarios.cloud.firehose.configured import HTTP, OPENSEARCH, PROCESSORS

_HINTS = Shape(fields={"IntervalInSeconds": Whole(low=0, high=900), "SizeInMBs": Whole(low=1, high=128)})
_LOGGING = Shape(fields={"Enabled": Flag(), "LogGroupName": Text(), "LogStreamName": Text()})
_PROCESSING = Shape(
    fields={
        "Enabled": Flag(),
        "Processors": Many(
            of=Shape(
                fields={
                    "Parameters": Many(
                        of=Shape(
                            fields={"ParameterName": Text(), "ParameterValue": Text()},
                            required=("ParameterName", "ParameterValue"),
                        )
                    ),
                    "Type": Text(choices=PROCESSORS),
                },
                required=("Type",),
            )
        ),
    }
)
_BUCKET: Mapping[str, Form] = {
    "BucketARN": arn("s3"),
    "BufferingHints": _HINTS,
    "CloudWatchLoggingOptions": _LOGGING,
    "CompressionFormat": Text(choices=("UNCOMPRESSED", "GZIP")),
    "EncryptionConfiguration": Refused(because="objects under a key that the stream names"),
    "ErrorOutputPrefix": Text(),
    "Prefix": Text(),
    "RoleARN": arn("iam"),
}
_REQUIRED = ("BucketARN", "RoleARN")
DELIVERY_STREAM = Shape(
    fields={
        f"{OPENSEARCH}DestinationConfiguration": Shape(
            fields={
                "BufferingHints": _HINTS,
                "CloudWatchLoggingOptions": _LOGGING,
                "ClusterEndpoint": Text(pattern=r"https:.{1,506}"),
                "DocumentIdOptions": Shape(
                    fields={"DefaultDocumentIdFormat": Text(choices=("FIREHOSE_DEFAULT", "NO_DOCUMENT_ID"))},
                    required=("DefaultDocumentIdFormat",),
                ),
                "DomainARN": arn("es"),
                "IndexName": Text(pattern=r".{1,80}"),
                "IndexRotationPeriod": Text(
                    choices=("NoRotation", "OneHour", "OneDay", "OneWeek", "OneMonth")
                ),
                "ProcessingConfiguration": _PROCESSING,
                "RetryOptions": Shape(fields={"DurationInSeconds": Whole(low=0, high=7200)}),
                "RoleARN": arn("iam"),
                "S3BackupMode": Text(choices=("FailedDocumentsOnly", "AllDocuments")),
                "S3Configuration": Shape(fields=_BUCKET, required=_REQUIRED),
                "TypeName": Refused(because="types of documents, which OpenSearch has no more"),
                "VpcConfiguration": Refused(because="a domain in a VPC"),
            },
            required=("IndexName", "RoleARN", "S3Configuration"),
        ),
        "DeliveryStreamEncryptionConfigurationInput": Refused(because="encrypted streams"),
        "DeliveryStreamName": Text(pattern=r"[a-zA-Z0-9_.-]{1,64}"),
        "DeliveryStreamType": Text(choices=("DirectPut", "KinesisStreamAsSource")),
        "ExtendedS3DestinationConfiguration": Shape(
            fields={
                **_BUCKET,
                "CustomTimeZone": Text(),
                "DataFormatConversionConfiguration": Refused(because="other formats"),
                "DynamicPartitioningConfiguration": Refused(because="partitions by content"),
                "ProcessingConfiguration": _PROCESSING,
                "S3BackupMode": Text(choices=("Disabled",)),
            },
            required=_REQUIRED,
        ),
        f"{HTTP}DestinationConfiguration": Shape(
            fields={
                "BufferingHints": _HINTS,
                "CloudWatchLoggingOptions": _LOGGING,
                "EndpointConfiguration": Shape(
                    fields={
                        "AccessKey": Text(longest=4096),
                        "Name": Text(pattern=r"\S.{0,255}"),
                        "Url": Text(pattern=r"https://.{1,990}"),
                    },
                    required=("Url",),
                ),
                "ProcessingConfiguration": _PROCESSING,
                "RequestConfiguration": Shape(
                    fields={
                        "CommonAttributes": Many(
                            of=Shape(
                                fields={"AttributeName": Text(), "AttributeValue": Text()},
                                required=("AttributeName", "AttributeValue"),
                            )
                        ),
                        "ContentEncoding": Text(choices=("NONE",)),
                    }
                ),
                "RetryOptions": Shape(fields={"DurationInSeconds": Whole(low=0, high=7200)}),
                "RoleARN": arn("iam"),
                "S3BackupMode": Text(choices=("FailedDataOnly", "AllData")),
                "S3Configuration": Shape(fields=_BUCKET, required=_REQUIRED),
                "SecretsManagerConfiguration": Refused(because="an access key in Secrets Manager"),
            },
            required=("EndpointConfiguration", "S3Configuration"),
        ),
        "KinesisStreamSourceConfiguration": Shape(
            fields={"KinesisStreamARN": arn("kinesis"), "RoleARN": arn("iam")},
            required=("KinesisStreamARN", "RoleARN"),
        ),
        "S3DestinationConfiguration": Shape(fields=_BUCKET, required=_REQUIRED),
        "Tags": TAGS,
    }
)
_DESTINATIONS = (
    f"{HTTP}DestinationConfiguration",
    f"{OPENSEARCH}DestinationConfiguration",
    "ExtendedS3DestinationConfiguration",
    "S3DestinationConfiguration",
)
_SOURCE = "KinesisStreamSourceConfiguration"


def create_delivery_stream(order: Order) -> Identity:
    """Create a delivery stream, whose roles Firehose may assume."""
    name, properties = order.name("DeliveryStreamName", 64), order.properties
    given = [each for each in _DESTINATIONS if each in properties]
    if len(given) != 1:
        raise order.refuse("", "exactly one destination configuration is supported for a Firehose stream")
    kind = properties.get("DeliveryStreamType", "DirectPut")
    if (kind == "KinesisStreamAsSource") != (_SOURCE in properties):
        raise order.refuse(_SOURCE, f"a stream whose type is {kind} has it or has it not")
    parts = {each: properties[each] for each in (*given, *((_SOURCE,) if _SOURCE in properties else ()))}
    for each, configuration in parts.items():
        for place, role in _roles(each, configuration):
            require_assumable(order.site, role, "firehose.amazonaws.com", f"{order.logical_id}.{place}")
    order.client("firehose").create_delivery_stream(DeliveryStreamName=name, DeliveryStreamType=kind, **parts)
    return Identity(ref=name, attributes={"Arn": order.site.arn("firehose", f"deliverystream/{name}")})


def _roles(place: str, configuration: Mapping[str, object]) -> list[tuple[str, str]]:
    """Each role that a configuration names, and where."""
    found = [(f"{place}.RoleARN", str(configuration["RoleARN"]))] if "RoleARN" in configuration else []
    backup = configuration.get("S3Configuration")
    if isinstance(backup, Mapping):
        found.append((f"{place}.S3Configuration.RoleARN", str(backup["RoleARN"])))
    return found


def delete_delivery_stream(removal: Removal) -> None:
    """Delete a delivery stream."""
    removal.client("firehose").delete_delivery_stream(DeliveryStreamName=removal.ref)


KINDS: Mapping[str, Kind] = {
    "AWS::KinesisFirehose::DeliveryStream": Kind(
        shape=DELIVERY_STREAM, create=create_delivery_stream, delete=delete_delivery_stream
    )
}
