"""Which API calls CloudTrail records, as what kind of event, under which name, and in which region.

The tables hold what AWS documents; the general rule stands in the function beside each.

Sources:
- data events: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-data-events-with-cloudtrail.html
  and the pages it links for each service
- S3's names: https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudtrail-logging-s3-info.html
- Lambda's names: https://docs.aws.amazon.com/lambda/latest/dg/logging-using-cloudtrail.html
- EventBridge: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-cloudtrail.html
- CloudWatch Logs: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/logging_cw_api_calls_cwl.html
- SQS: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-logging-using-cloudtrail.html
- regions: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-concepts.html#cloudtrail-concepts-global-service-events
"""

from collections.abc import Mapping
from functools import cache
from typing import Final

from scenarios.cloud.kernel.service_models import service_model

GLOBAL_REGION: Final = "us-east-1"

# Services with one endpoint for the partition: their calls are recorded in us-east-1.
_GLOBAL_SERVICES: Final = frozenset(
    {
        "account",
        "budgets",
        "ce",
        "cloudfront",
        "iam",
        "organizations",
        "route53",
        "route53domains",
        "shield",
        "support",
        "waf",
    },
)

# Where CloudTrail's event source is not botocore's endpoint prefix (or signing name).
_EVENT_SOURCES: Final[Mapping[str, str]] = {
    "bedrock-runtime": "bedrock.amazonaws.com",
    "dynamodbstreams": "dynamodb.amazonaws.com",
    "mq": "amazonmq.amazonaws.com",
    "s3control": "s3.amazonaws.com",
    "ses": "ses.amazonaws.com",
    "sesv2": "ses.amazonaws.com",
}

# CloudTrail's name of an operation where it isn't the API's.
_EVENT_NAMES: Final[Mapping[str, Mapping[str, str]]] = {
    "lambda": {
        "AddPermission": "AddPermission20150331v2",
        "CreateAlias": "CreateAlias20150331",
        "CreateEventSourceMapping": "CreateEventSourceMapping20150331",
        "CreateFunction": "CreateFunction20150331",
        "DeleteAlias": "DeleteAlias20150331",
        "DeleteEventSourceMapping": "DeleteEventSourceMapping20150331",
        "DeleteFunction": "DeleteFunction20150331",
        "DeleteFunctionConcurrency": "DeleteFunctionConcurrency20171031",
        "GetAlias": "GetAlias20150331",
        "GetEventSourceMapping": "GetEventSourceMapping20150331",
        "GetFunction": "GetFunction20150331v2",
        "GetFunctionConfiguration": "GetFunctionConfiguration20150331v2",
        "GetPolicy": "GetPolicy20150331v2",
        "ListAliases": "ListAliases20150331",
        "ListEventSourceMappings": "ListEventSourceMappings20150331",
        "ListFunctions": "ListFunctions20150331",
        "ListTags": "ListTags20170331",
        "ListVersionsByFunction": "ListVersionsByFunction20150331",
        "PublishLayerVersion": "PublishLayerVersion20181031",
        "PublishVersion": "PublishVersion20150331",
        "PutFunctionConcurrency": "PutFunctionConcurrency20171031",
        "RemovePermission": "RemovePermission20150331v2",
        "TagResource": "TagResource20170331v2",
        "UntagResource": "UntagResource20170331v2",
        "UpdateAlias": "UpdateAlias20150331",
        "UpdateEventSourceMapping": "UpdateEventSourceMapping20150331",
        "UpdateFunctionCode": "UpdateFunctionCode20150331v2",
        "UpdateFunctionConfiguration": "UpdateFunctionConfiguration20150331v2",
    },
    "s3": {
        "DeletePublicAccessBlock": "DeleteBucketPublicAccessBlock",
        "GetBucketAccelerateConfiguration": "GetAccelerateConfiguration",
        "GetBucketLifecycleConfiguration": "GetBucketLifecycle",
        "GetBucketNotificationConfiguration": "GetBucketNotification",
        "GetObjectLockConfiguration": "GetBucketObjectLockConfiguration",
        "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
        "ListObjectsV2": "ListObjects",
        "PutBucketAccelerateConfiguration": "PutAccelerateConfiguration",
        "PutBucketLifecycleConfiguration": "PutBucketLifecycle",
        "PutBucketNotificationConfiguration": "PutBucketNotification",
        "PutObjectLockConfiguration": "PutBucketObjectLockConfiguration",
        "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
    },
    "s3control": {
        "DeletePublicAccessBlock": "DeleteAccountPublicAccessBlock",
        "GetPublicAccessBlock": "GetAccountPublicAccessBlock",
        "PutPublicAccessBlock": "PutAccountPublicAccessBlock",
    },
}

_DATA_EVENTS: Final[Mapping[str, frozenset[str]]] = {
    "bedrock-agent-runtime": frozenset(
        {"InvokeAgent", "InvokeInlineAgent", "Retrieve", "RetrieveAndGenerate"}
    ),
    "cloudwatch": frozenset({"GetMetricData", "GetMetricWidgetImage", "PutMetricData"}),
    "dynamodb": frozenset(
        {
            "BatchExecuteStatement",
            "BatchGetItem",
            "BatchWriteItem",
            "DeleteItem",
            "ExecuteStatement",
            "ExecuteTransaction",
            "GetItem",
            "PutItem",
            "Query",
            "Scan",
            "TransactGetItems",
            "TransactWriteItems",
            "UpdateItem",
        },
    ),
    "dynamodbstreams": frozenset({"GetRecords", "GetShardIterator"}),
    "ebs": frozenset({"GetSnapshotBlock", "ListChangedBlocks", "ListSnapshotBlocks", "PutSnapshotBlock"}),
    "events": frozenset({"PutEvents", "PutPartnerEvents"}),
    "firehose": frozenset({"PutRecord", "PutRecordBatch"}),
    "kinesis": frozenset({"GetRecords", "GetShardIterator", "PutRecord", "PutRecords", "SubscribeToShard"}),
    "lambda": frozenset({"Invoke", "InvokeAsync", "InvokeWithResponseStream"}),
    "s3": frozenset(
        {
            "AbortMultipartUpload",
            "CompleteMultipartUpload",
            "CopyObject",
            "CreateMultipartUpload",
            "DeleteObject",
            "DeleteObjectTagging",
            "DeleteObjects",
            "GetObject",
            "GetObjectAcl",
            "GetObjectAttributes",
            "GetObjectLegalHold",
            "GetObjectRetention",
            "GetObjectTagging",
            "GetObjectTorrent",
            "HeadBucket",
            "HeadObject",
            "ListMultipartUploads",
            "ListObjectVersions",
            "ListObjects",
            "ListObjectsV2",
            "ListParts",
            "PutObject",
            "PutObjectAcl",
            "PutObjectLegalHold",
            "PutObjectRetention",
            "PutObjectTagging",
            "RestoreObject",
            "SelectObjectContent",
            "UploadPart",
            "UploadPartCopy",
            "WriteGetObjectResponse",
        },
    ),
    "ses": frozenset({"SendBulkTemplatedEmail", "SendEmail", "SendRawEmail", "SendTemplatedEmail"}),
    "sesv2": frozenset({"SendBulkEmail", "SendEmail"}),
    "sns": frozenset({"Publish", "PublishBatch"}),
    "sqs": frozenset(
        {
            "ChangeMessageVisibility",
            "ChangeMessageVisibilityBatch",
            "DeleteMessage",
            "DeleteMessageBatch",
            "GetQueueAttributes",
            "GetQueueUrl",
            "ListDeadLetterSourceQueues",
            "ListQueueTags",
            "ListQueues",
            "ReceiveMessage",
            "SendMessage",
            "SendMessageBatch",
        },
    ),
    "xray": frozenset({"PutTraceSegments"}),
}

# Calls CloudTrail knows neither as management nor as data events.
_UNRECORDED: Final[Mapping[str, frozenset[str]]] = {
    "logs": frozenset({"PutLogEvents"}),
}

_READ_VERBS: Final = (
    "BatchDescribe",
    "BatchGet",
    "Check",
    "Describe",
    "Detect",
    "Estimate",
    "Filter",
    "Get",
    "Head",
    "List",
    "Lookup",
    "Preview",
    "Query",
    "Scan",
    "Search",
    "Select",
    "Simulate",
    "Test",
    "TransactGet",
    "Validate",
    "View",
)

# readOnly as records show it, where the verb says otherwise.
_READS_BY_ANOTHER_VERB: Final[Mapping[str, frozenset[str]]] = {
    "bedrock-runtime": frozenset(
        {"Converse", "ConverseStream", "InvokeModel", "InvokeModelWithResponseStream"}
    ),
    "kms": frozenset(
        {
            "Decrypt",
            "Encrypt",
            "GenerateDataKey",
            "GenerateDataKeyPair",
            "GenerateDataKeyPairWithoutPlaintext",
            "GenerateDataKeyWithoutPlaintext",
            "GenerateMac",
            "GenerateRandom",
            "ReEncrypt",
            "Sign",
            "Verify",
            "VerifyMac",
        },
    ),
    "logs": frozenset({"StartLiveTail", "StartQuery"}),
    "sqs": frozenset({"ReceiveMessage"}),
    "sts": frozenset(
        {"AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity", "DecodeAuthorizationMessage"},
    ),
}
_WRITES_BY_A_READ_VERB: Final[Mapping[str, frozenset[str]]] = {"sts": frozenset({"GetFederationToken"})}


@cache
def event_source(service: str) -> str:
    """`eventSource`: the endpoint's prefix, `monitoring.amazonaws.com` for botocore's `cloudwatch`.

    A prefix with a dot (`api.ecr`) names a host, not the service; there the signing name stands.
    """
    if service in _EVENT_SOURCES:
        return _EVENT_SOURCES[service]
    model = service_model(service)
    prefix = model.endpoint_prefix
    return f"{model.signing_name if '.' in prefix else prefix}.amazonaws.com"


def event_name(service: str, operation: str) -> str:
    """`eventName`: `CreateFunction20150331` for Lambda's CreateFunction, mostly the API's own name."""
    return _EVENT_NAMES.get(service, {}).get(operation, operation)


def is_data_event(service: str, operation: str) -> bool:
    """Whether the call is a data event, which trails do not log unless asked to."""
    return operation in _DATA_EVENTS.get(service, ())


def is_recorded(service: str, operation: str) -> bool:
    """Whether CloudTrail makes an event of the call at all, be it management or data."""
    return operation not in _UNRECORDED.get(service, ())


def is_read_only(service: str, operation: str) -> bool:
    """CloudTrail's `readOnly`: by the operation's verb, but for those where records show otherwise."""
    if operation in _READS_BY_ANOTHER_VERB.get(service, ()):
        return True
    return operation.startswith(_READ_VERBS) and operation not in _WRITES_BY_A_READ_VERB.get(service, ())


def is_global(service: str, region: str) -> bool:
    """Whether a call goes to an endpoint without a region: IAM's, or STS's global one.

    `aws-global` is botocore's region of such an endpoint.
    """
    return service in _GLOBAL_SERVICES or region == "aws-global"


def recorded_region(service: str, region: str) -> str:
    """`awsRegion`, which is also the region of the EventBridge bus that hears of the call."""
    return GLOBAL_REGION if is_global(service, region) else region
