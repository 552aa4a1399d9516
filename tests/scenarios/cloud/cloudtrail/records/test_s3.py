"""What CloudTrail would have written of calls about buckets and objects."""

import json
from dataclasses import replace

import pytest

from tests.scenarios.cloud.cloudtrail.records.real_calls import (
    ACCOUNT,
    BUCKET,
    HIDDEN,
    HOST,
    MALLORY,
    MOMENT,
    REGION,
    called,
    recorded,
)

XMLNS = "http://s3.amazonaws.com/doc/2006-03-01/"
BUCKET_ITSELF = {"accountId": ACCOUNT, "type": "AWS::S3::Bucket", "ARN": f"arn:aws:s3:::{BUCKET}"}
AN_OBJECT = {"type": "AWS::S3::Object", "ARN": f"arn:aws:s3:::{BUCKET}/a/log"}
ITS_OBJECTS = {"type": "AWS::S3::Object", "ARNPrefix": f"arn:aws:s3:::{BUCKET}/"}
IN_BUCKET = {"bucketName": BUCKET, "Host": HOST}
POLICY = {"Version": "2012-10-17", "Statement": []}
S3_CALLS = [
    pytest.param(
        "CreateBucket",
        {"CreateBucketConfiguration": {"LocationConstraint": REGION}},
        "CreateBucket",
        {"CreateBucketConfiguration": {"xmlns": XMLNS, "LocationConstraint": REGION}},
        id="a bucket created, with its region",
    ),
    pytest.param(
        "PutBucketPolicy",
        {"Policy": json.dumps(POLICY)},
        "PutBucketPolicy",
        {"policy": "", "bucketPolicy": POLICY},
        id="a policy is JSON, not text",
    ),
    pytest.param(
        "PutBucketVersioning",
        {"VersioningConfiguration": {"Status": "Enabled"}},
        "PutBucketVersioning",
        {"versioning": "", "VersioningConfiguration": {"xmlns": XMLNS, "Status": "Enabled"}},
        id="the query's flag beside the body",
    ),
    pytest.param(
        "PutBucketLifecycleConfiguration",
        {
            "LifecycleConfiguration": {
                "Rules": [
                    {"ID": "soon", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 1}},
                ],
            },
        },
        "PutBucketLifecycle",
        {
            "lifecycle": "",
            "LifecycleConfiguration": {
                "xmlns": XMLNS,
                "Rule": {
                    "ID": "soon",
                    "Status": "Enabled",
                    "Filter": {"Prefix": ""},
                    "Expiration": {"Days": 1},
                },
            },
        },
        id="an element that occurs once is no list, and the event has its older name",
    ),
    pytest.param(
        "PutBucketTagging",
        {"Tagging": {"TagSet": [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]}},
        "PutBucketTagging",
        {
            "tagging": "",
            "Tagging": {
                "xmlns": XMLNS,
                "TagSet": {"Tag": [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]},
            },
        },
        id="an element that occurs twice is a list",
    ),
    pytest.param(
        "PutPublicAccessBlock",
        {"PublicAccessBlockConfiguration": {"BlockPublicAcls": True}},
        "PutBucketPublicAccessBlock",
        {
            "publicAccessBlock": "",
            "PublicAccessBlockConfiguration": {"xmlns": XMLNS, "BlockPublicAcls": True},
        },
        id="the bucket's public access block",
    ),
    pytest.param("GetBucketAcl", {}, "GetBucketAcl", {"acl": ""}, id="a read of a sub-resource"),
    pytest.param("DeleteBucketPolicy", {}, "DeleteBucketPolicy", {"policy": ""}, id="a policy deleted"),
    pytest.param(
        "DeleteBucketLifecycle", {}, "DeleteBucketLifecycle", {"lifecycle": ""}, id="a lifecycle deleted"
    ),
    pytest.param("DeleteBucket", {}, "DeleteBucket", {}, id="a bucket deleted"),
    pytest.param(
        "DeleteBucketEncryption",
        {},
        "DeleteBucketEncryption",
        {"encryption": ""},
        id="its encryption deleted",
    ),
    pytest.param(
        "PutBucketVersioning",
        {"VersioningConfiguration": {"Status": "Suspended", "MFADelete": "Disabled"}, "MFA": "serial 123456"},
        "PutBucketVersioning",
        {
            "versioning": "",
            "VersioningConfiguration": {"xmlns": XMLNS, "Status": "Suspended", "MfaDelete": "Disabled"},
        },
        id="versioning suspended, without the MFA code",
    ),
    pytest.param(
        "PutBucketLifecycleConfiguration",
        {
            "LifecycleConfiguration": {
                "Rules": [
                    {
                        "ID": "all",
                        "Status": "Enabled",
                        "Filter": {},
                        "NoncurrentVersionExpiration": {"NoncurrentDays": 1},
                    },
                ],
            },
        },
        "PutBucketLifecycle",
        {
            "lifecycle": "",
            "LifecycleConfiguration": {
                "xmlns": XMLNS,
                "Rule": {
                    "ID": "all",
                    "Status": "Enabled",
                    "Filter": "",
                    "NoncurrentVersionExpiration": {"NoncurrentDays": 1},
                },
            },
        },
        id="an element without content is empty text",
    ),
    pytest.param(
        "PutBucketNotificationConfiguration",
        {"NotificationConfiguration": {}},
        "PutBucketNotification",
        {"notification": "", "NotificationConfiguration": {"xmlns": XMLNS}},
        id="notifications switched off",
    ),
    pytest.param(
        "PutBucketNotificationConfiguration",
        {"NotificationConfiguration": {"EventBridgeConfiguration": {}}},
        "PutBucketNotification",
        {
            "notification": "",
            "NotificationConfiguration": {"xmlns": XMLNS, "EventBridgeConfiguration": ""},
        },
        id="EventBridge switched on",
    ),
    pytest.param(
        "PutBucketEncryption",
        {
            "ServerSideEncryptionConfiguration": {
                "Rules": [
                    {
                        "ApplyServerSideEncryptionByDefault": {
                            "SSEAlgorithm": "aws:kms",
                            "KMSMasterKeyID": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/k",
                        },
                    },
                ],
            },
        },
        "PutBucketEncryption",
        {
            "encryption": "",
            "ServerSideEncryptionConfiguration": {
                "xmlns": XMLNS,
                "Rule": {
                    "ApplyServerSideEncryptionByDefault": {
                        "SSEAlgorithm": "aws:kms",
                        "KMSMasterKeyID": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/k",
                    },
                },
            },
        },
        id="encryption by a key that is named",
    ),
]


@pytest.mark.parametrize(("operation", "parameters", "name", "printed"), S3_CALLS)
def test_a_call_about_a_bucket(account, operation, parameters, name, printed):
    if operation != "CreateBucket":
        account.did(
            "s3", "CreateBucket", Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION}
        )

    record = recorded(account.did("s3", operation, Bucket=BUCKET, **parameters))

    assert record["eventName"] == name
    assert record["requestParameters"] == IN_BUCKET | printed
    assert record["responseElements"] is None
    assert record["resources"] == [BUCKET_ITSELF]
    assert (record["eventCategory"], record["managementEvent"]) == ("Management", True)
    assert record["userAgent"] == f"[{MALLORY.user_agent}]"
    assert record["tlsDetails"]["clientProvidedHostHeader"] == HOST


OBJECT_CALLS = [
    pytest.param(
        "PutObject",
        {"Key": "a/log", "Body": b"12345", "ACL": "private"},
        "PutObject",
        {"key": "a/log", "x-amz-acl": "private"},
        [AN_OBJECT, BUCKET_ITSELF],
        id="written: the headers, never the body",
    ),
    pytest.param(
        "GetObject",
        {"Key": "a/log", "SSECustomerKey": "k", "SSECustomerAlgorithm": "AES256"},
        "GetObject",
        {
            "key": "a/log",
            "x-amz-server-side-encryption-customer-algorithm": "AES256",
            "x-amz-server-side-encryption-customer-key": HIDDEN,
        },
        [AN_OBJECT, BUCKET_ITSELF],
        id="read with a key of one's own",
    ),
    pytest.param(
        "DeleteObject",
        {"Key": "a/log", "VersionId": "v1"},
        "DeleteObject",
        {"key": "a/log", "versionId": "v1"},
        [AN_OBJECT, BUCKET_ITSELF],
        id="deleted, one version",
    ),
    pytest.param(
        "DeleteObjects",
        {"Delete": {"Objects": [{"Key": "a/log"}]}},
        "DeleteObjects",
        {"delete": ""},
        [ITS_OBJECTS, BUCKET_ITSELF],
        id="deleted by the dozen",
    ),
    pytest.param(
        "PutObjectRetention",
        {
            "Key": "a/log",
            "Retention": {"Mode": "GOVERNANCE", "RetainUntilDate": MOMENT},
            "BypassGovernanceRetention": True,
        },
        "PutObjectRetention",
        {
            "key": "a/log",
            "retention": "",
            "Retention": {"xmlns": XMLNS, "Mode": "GOVERNANCE", "RetainUntilDate": "2026-03-02T03:00:00Z"},
            "x-amz-bypass-governance-retention": "true",
        },
        [AN_OBJECT, BUCKET_ITSELF],
        id="its retention shortened past governance",
    ),
    pytest.param(
        "ListObjectsV2",
        {"Prefix": "a"},
        "ListObjects",
        {"list-type": "2", "prefix": "a"},
        [ITS_OBJECTS | {"ARNPrefix": f"arn:aws:s3:::{BUCKET}/a"}, BUCKET_ITSELF],
        id="listed",
    ),
    pytest.param(
        "CopyObject",
        {"Key": "a/log", "CopySource": {"Bucket": "other", "Key": "k"}},
        "CopyObject",
        {"key": "a/log", "x-amz-copy-source": "other/k"},
        [AN_OBJECT, BUCKET_ITSELF],
        id="copied",
    ),
]


@pytest.mark.parametrize(("operation", "parameters", "name", "printed", "resources"), OBJECT_CALLS)
def test_a_call_about_an_object_is_a_data_event(operation, parameters, name, printed, resources):
    record = recorded(called("s3", operation, Bucket=BUCKET, **parameters))

    assert record["eventName"] == name
    assert record["requestParameters"] == IN_BUCKET | printed
    assert record["resources"] == resources
    assert (record["eventCategory"], record["managementEvent"]) == ("Data", False)
    assert record["additionalEventData"]["bytesTransferredIn"] == len(parameters.get("Body", b""))


def test_a_deletion_in_a_versioned_bucket_tells_of_the_marker():
    answer = {"DeleteMarker": True, "VersionId": "v2"}

    record = recorded(replace(called("s3", "DeleteObject", Bucket=BUCKET, Key="a/log"), response=answer))

    assert record["responseElements"] == {"x-amz-delete-marker": "true", "x-amz-version-id": "v2"}
