"""How CloudTrail records S3.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudtrail-logging-s3-info.html
"""

from scenarios.cloud.cloudtrail.records.resources import typed
from scenarios.cloud.kernel.caller import ApiCall
from scenarios.cloud.kernel.recorded import Forms, Recorded, Resource
from scenarios.cloud.s3 import record_forms
from scenarios.cloud.s3.requests import host, recorded_calls

_DATA_EVENTS = frozenset(
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
    }
)


def _bucket_and_object(call: ApiCall) -> list[Resource]:
    bucket: str | None = call.parameters.get("Bucket")
    if bucket is None:
        return []
    owner = typed(call, "AWS::S3::Bucket", f"arn:aws:s3:::{bucket}")
    key = call.parameters.get("Key")
    if key is not None:
        return [{"type": "AWS::S3::Object", "ARN": f"{owner['ARN']}/{key}"}, owner]
    if call.operation not in _DATA_EVENTS:
        return [owner]
    about_many = f"{owner['ARN']}/{call.parameters.get('Prefix') or ''}"
    return [{"type": "AWS::S3::Object", "ARNPrefix": about_many}, owner]


RECORDED = (
    Recorded(
        service="s3",
        names={
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
        data_events=_DATA_EVENTS,
        shows_what_was_denied=True,
        forms=Forms(
            request=record_forms.request_parameters,
            response=record_forms.response_elements,
            additional=record_forms.additional_event_data,
            host=host,
            user_agent=record_forms.user_agent,
        ),
        calls=recorded_calls,
        resources=_bucket_and_object,
        history={"bucketName": "AWS::S3::Bucket"},
    ),
    Recorded(
        service="s3control",
        source="s3.amazonaws.com",
        names={
            "DeletePublicAccessBlock": "DeleteAccountPublicAccessBlock",
            "GetPublicAccessBlock": "GetAccountPublicAccessBlock",
            "PutPublicAccessBlock": "PutAccountPublicAccessBlock",
        },
    ),
)
