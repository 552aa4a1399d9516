"""IAM's rows for Data Firehose: delivery streams."""

from scenarios.cloud.authorization.rows import JSON, Permissions

_OPENSEARCH = "AmazonopensearchserviceDestinationConfiguration"
_HTTP = "HttpEndpointDestinationConfiguration"
_LINES = f"""
ListDeliveryStreams             =                         *
CreateDeliveryStream            =                         deliverystream(DeliveryStreamName)
CreateDeliveryStream            iam:PassRole              role(S3DestinationConfiguration.RoleARN)
CreateDeliveryStream            iam:PassRole              role(ExtendedS3DestinationConfiguration.RoleARN)
CreateDeliveryStream            iam:PassRole              role(KinesisStreamSourceConfiguration.RoleARN)
CreateDeliveryStream iam:PassRole role({_OPENSEARCH}.RoleARN)
CreateDeliveryStream iam:PassRole role({_OPENSEARCH}.S3Configuration.RoleARN)
CreateDeliveryStream iam:PassRole role({_HTTP}.RoleARN)
CreateDeliveryStream iam:PassRole role({_HTTP}.S3Configuration.RoleARN)
DescribeDeliveryStream          =                         deliverystream(DeliveryStreamName)
DeleteDeliveryStream            =                         deliverystream(DeliveryStreamName)
PutRecord                       =                         deliverystream(DeliveryStreamName)
PutRecordBatch                  =                         deliverystream(DeliveryStreamName)
StartDeliveryStreamEncryption   =                         deliverystream(DeliveryStreamName)
StopDeliveryStreamEncryption    =                         deliverystream(DeliveryStreamName)
UpdateDestination               =                         deliverystream(DeliveryStreamName)
"""


PERMISSIONS = Permissions(
    prefix="firehose",
    denial=JSON,
    lines=_LINES,
)
