"""Data Firehose: delivery streams."""

from scenarios.cloud.iam.arns import named
from scenarios.cloud.iam.rows import JSON, Permissions

_LINES = """
ListDeliveryStreams             =                         *
CreateDeliveryStream            =                         delivery_stream(DeliveryStreamName)
CreateDeliveryStream            iam:PassRole              role(S3DestinationConfiguration.RoleARN)
CreateDeliveryStream            iam:PassRole              role(ExtendedS3DestinationConfiguration.RoleARN)
CreateDeliveryStream            iam:PassRole              role(KinesisStreamSourceConfiguration.RoleARN)
DescribeDeliveryStream          =                         delivery_stream(DeliveryStreamName)
DeleteDeliveryStream            =                         delivery_stream(DeliveryStreamName)
PutRecord                       =                         delivery_stream(DeliveryStreamName)
PutRecordBatch                  =                         delivery_stream(DeliveryStreamName)
StartDeliveryStreamEncryption   =                         delivery_stream(DeliveryStreamName)
StopDeliveryStreamEncryption    =                         delivery_stream(DeliveryStreamName)
UpdateDestination               =                         delivery_stream(DeliveryStreamName)
"""


PERMISSIONS = Permissions(
    prefix="firehose",
    denial=JSON,
    lines=_LINES,
    kinds={
        "delivery_stream": named("arn:aws:firehose:{region}:{account}:deliverystream/{0}"),
    },
)
