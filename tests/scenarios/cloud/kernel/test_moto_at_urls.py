"""Calls of S3 that take the direct way to moto end where they end on the long one, through HTTP."""

import copy
import io
import uuid
from datetime import UTC, datetime

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from scenarios.cloud.kernel import moto_at_urls, moto_requests
from scenarios.cloud.kernel.clock import Clock
from scenarios.cloud.kernel.moto_direct import asked_directly
from scenarios.cloud.kernel.moto_hooks import moto_without_physics
from scenarios.cloud.kernel.randomness import seeded
from scenarios.cloud.services import REGISTRY

START = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
SESSION = boto3.Session(aws_access_key_id="A" * 20, aws_secret_access_key="x", region_name="eu-west-1")
CLIENT = SESSION.client("s3")
B = {"Bucket": "ours"}
K = {**B, "Key": "a b/c+ü%2F(1).json"}
POLICY = (
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": "*",'
    ' "Action": "s3:DeleteObject", "Resource": "arn:aws:s3:::ours/*"}]}'
)
PUT = ("PutObject", {**K, "Body": b"one", "Metadata": {"a_b": "1", "Word": "x"}, "ContentType": "text/plain"})
VERSIONED = ("PutBucketVersioning", {**B, "VersioningConfiguration": {"Status": "Enabled"}})
RULE = {"ID": "r", "Status": "Enabled", "Filter": {"Prefix": "a&b"}, "Expiration": {"Days": 3}}
SECRET = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "arn:aws:kms:eu-west-1:123456789012:key/1"}


def upload(found):
    return {"UploadId": found[0]["UploadId"]}


ASKED = {
    "objects": [
        PUT,
        ("GetObject", K),
        ("HeadObject", K),
        ("GetObject", {**K, "Range": "bytes=1-1"}),
        ("GetObject", {**K, "IfNoneMatch": '"f97c5d29941bfb1b2fdab0874906ab82"'}),
        ("GetObject", {**K, "IfMatch": '"0"'}),
        ("GetObject", {**B, "Key": "nowhere"}),
        ("HeadObject", {**B, "Key": "nowhere"}),
        ("GetObject", {**K, "VersionId": "none"}),
        ("CopyObject", {**B, "Key": "d", "CopySource": {"Bucket": "ours", "Key": K["Key"]}}),
        ("GetObject", {**B, "Key": "d", "ResponseContentType": "a/b"}),
        ("GetObjectAttributes", {**B, "Key": "d", "ObjectAttributes": ["ETag", "ObjectSize"]}),
        ("DeleteObject", {**B, "Key": "d"}),
        ("DeleteObjects", {**B, "Delete": {"Objects": [{"Key": "x & <y>\r"}, {"Key": K["Key"]}]}}),
    ],
    "bodies": [
        ("PutObject", {**K, "Body": "text ü"}),
        ("GetObject", K),
        ("PutObject", {**K, "Body": b"", "StorageClass": "STANDARD_IA"}),
        ("PutObject", {**K}),
        ("PutObject", {**K, "Body": io.BytesIO(b"\xff\x00"), "Expires": START, "CacheControl": "x"}),
        ("GetObject", K),
        (
            "PutObject",
            {**K, "Body": b"\xff" * 3000, "ChecksumAlgorithm": "SHA256", "ContentEncoding": "gzip"},
        ),
        ("GetObject", K),
        ("PutObject", {**K, "Body": b"x", "ContentType": "application/x-www-form-urlencoded"}),
        ("PutObject", {**K, "Body": b"x", "ChecksumSHA256": "LXEWQrcmsEQBYnyp4g7GuYF5aqYUJ6PSJ3k7P1xFsWo="}),
        ("GetObject", {**K, "SSECustomerKey": "k" * 32, "SSECustomerAlgorithm": "AES256"}),
    ],
    "versions": [
        VERSIONED,
        PUT,
        ("PutObject", {**K, "Body": b"two"}),
        ("DeleteObject", K),
        ("PutObject", {**B, "Key": "z/1", "Body": b"three"}),
        ("ListObjectVersions", B),
        ("ListObjectVersions", {**B, "MaxKeys": 1, "Prefix": "a b"}),
        ("ListObjectVersions", {**B, "MaxKeys": 2, "KeyMarker": K["Key"], "Delimiter": "/"}),
        ("ListObjectVersions", {**B, "EncodingType": "url"}),
        ("ListObjectsV2", {**B, "Delimiter": "/", "FetchOwner": True}),
        ("ListObjectsV2", {**B, "MaxKeys": 1, "StartAfter": "a"}),
        ("ListObjects", {**B, "Marker": "a"}),
        ("GetObject", K),
        ("GetBucketVersioning", B),
    ],
    "settings": [
        ("GetBucketPolicy", B),
        ("PutBucketPolicy", {**B, "Policy": POLICY}),
        ("GetBucketPolicy", B),
        ("GetPublicAccessBlock", B),
        ("PutPublicAccessBlock", {**B, "PublicAccessBlockConfiguration": {"BlockPublicAcls": True}}),
        ("GetPublicAccessBlock", B),
        ("GetBucketLifecycleConfiguration", B),
        ("PutBucketLifecycleConfiguration", {**B, "LifecycleConfiguration": {"Rules": [RULE]}}),
        ("GetBucketLifecycleConfiguration", B),
        ("GetBucketEncryption", B),
        (
            "PutBucketEncryption",
            {
                **B,
                "ServerSideEncryptionConfiguration": {
                    "Rules": [{"ApplyServerSideEncryptionByDefault": SECRET}]
                },
            },
        ),
        ("GetBucketEncryption", B),
        ("GetBucketTagging", B),
        ("PutBucketTagging", {**B, "Tagging": {"TagSet": [{"Key": "k", "Value": "ü & <v>"}]}}),
        ("GetBucketTagging", B),
        ("GetBucketAcl", B),
        ("PutBucketAcl", {**B, "ACL": "private"}),
        ("GetBucketLocation", B),
        ("GetBucketNotificationConfiguration", B),
        ("GetBucketLogging", B),
        ("GetObjectLockConfiguration", B),
        ("HeadBucket", B),
        ("CreateBucket", B),
        ("DeleteBucketPolicy", B),
        ("DeleteBucket", B),
    ],
    "a bucket that isn't there": [
        ("GetObject", {"Bucket": "nowhere", "Key": "k"}),
        ("HeadBucket", {"Bucket": "nowhere"}),
        ("ListObjectVersions", {"Bucket": "nowhere"}),
        ("PutObject", {"Bucket": "nowhere", "Key": "k", "Body": b""}),
        ("GetBucketPolicy", {"Bucket": "nowhere"}),
    ],
    "parts": [
        ("CreateMultipartUpload", K),
        ("ListMultipartUploads", B),
        ("UploadPart", lambda found: {**K, **upload(found), "PartNumber": 1, "Body": b"x"}),
        ("ListParts", lambda found: {**K, **upload(found)}),
        (
            "CompleteMultipartUpload",
            lambda found: {
                **K,
                **upload(found),
                "MultipartUpload": {"Parts": [{"PartNumber": 1, "ETag": found[4]["ETag"]}]},
            },
        ),
        ("GetObject", K),
        ("AbortMultipartUpload", {**K, "UploadId": "none"}),
    ],
    "tags and locks": [
        PUT,
        ("PutObjectTagging", {**K, "Tagging": {"TagSet": [{"Key": "a", "Value": "b"}]}}),
        ("GetObjectTagging", K),
        ("GetObjectAcl", K),
        (
            "PutObject",
            {**K, "Body": b"x", "ObjectLockMode": "GOVERNANCE", "ObjectLockRetainUntilDate": START},
        ),
        ("PutObjectRetention", {**K, "Retention": {"Mode": "GOVERNANCE", "RetainUntilDate": START}}),
        ("PutObjectLegalHold", {**K, "LegalHold": {"Status": "ON"}}),
    ],
}


def by_the_long_way(client, operation, parameters):
    return client._make_api_call(operation, parameters)


def shown(value):
    """A parameter as botocore's handlers left it."""
    return (type(value).__name__, value.tell()) if hasattr(value, "tell") else value


def read(response):
    """An answer with its body, and how that is checked as it is read."""
    body = response.get("Body")
    return response if body is None else {**response, "Body": (type(body).__name__, body.read())}


def outcomes(ask, client, calls):
    """What each call comes to, and what is drawn at random after all of them."""
    found = []
    with Clock(START), moto_without_physics(3, REGISTRY.mends), seeded(3):
        where = {"CreateBucketConfiguration": {"LocationConstraint": "eu-west-1"}}
        CLIENT.create_bucket(**B, **where)
        for operation, parameters in calls:
            given = parameters(found) if callable(parameters) else copy.deepcopy(parameters)
            try:
                found.append(read(ask(client, operation, given)))
            except ClientError as error:
                found.append((type(error).__name__, str(error), error.response))
            found.append({name: shown(value) for name, value in given.items()})
        return found, uuid.uuid4(), CLIENT.list_buckets()["ResponseMetadata"]


@pytest.mark.slow
@pytest.mark.parametrize("calls", ASKED.values(), ids=ASKED)
def test_a_call_comes_to_what_it_comes_to_on_the_long_way(calls):
    assert outcomes(asked_directly, CLIENT, calls) == outcomes(by_the_long_way, CLIENT, calls)


@pytest.mark.slow
@pytest.mark.parametrize(
    "client",
    [
        pytest.param(lambda: SESSION.client("s3", region_name="us-east-1"), id="us-east-1"),
        pytest.param(
            lambda: SESSION.client("s3", config=Config(s3={"addressing_style": "path"})), id="paths"
        ),
        pytest.param(
            lambda: SESSION.client("s3", config=Config(response_checksum_validation="when_required")),
            id="unchecked",
        ),
    ],
)
def test_clients_with_other_settings_end_there_too(client):
    calls = [*ASKED["versions"], *ASKED["objects"]]

    assert outcomes(asked_directly, client(), calls) == outcomes(by_the_long_way, client(), calls)


@pytest.mark.parametrize(
    ("client", "parameters"),
    [
        pytest.param(
            lambda: SESSION.client("s3", config=Config(signature_version=UNSIGNED)), K, id="unsigned"
        ),
        pytest.param(lambda: SESSION.client("s3", endpoint_url="http://localhost:1"), K, id="elsewhere"),
        pytest.param(
            lambda: CLIENT, {**K, "Bucket": "arn:aws:s3:eu-west-1:123456789012:accesspoint/p"}, id="an ARN"
        ),
        pytest.param(lambda: CLIENT, {**K, "Bucket": "ours--euw1-az1--x-s3"}, id="a directory bucket"),
        pytest.param(lambda: CLIENT, {**K, "Bucket": "Ours.of.old"}, id="an odd name"),
    ],
)
def test_what_is_asked_otherwise_takes_the_long_way(client, parameters):
    with Clock(START), moto_without_physics(0, REGISTRY.mends):
        assert asked_directly(client(), "GetObject", parameters) is None
        assert asked_directly(CLIENT, "ListBuckets", {}) is None


def test_an_answer_after_which_botocore_asks_again_is_loud(monkeypatch):
    def busy(url):
        return moto_requests.way_of(url)._replace(answer=lambda *_: (503, {}, ""))

    monkeypatch.setattr(moto_at_urls, "way_of", busy)
    with (
        Clock(START),
        moto_without_physics(0, REGISTRY.mends),
        pytest.raises(NotImplementedError, match="503"),
    ):
        asked_directly(CLIENT, "HeadBucket", B)
