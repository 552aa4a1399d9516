"""The condition keys that S3's requests bring.

A request of boto3 is signed in a header, with AWS4-HMAC-SHA256, over TLS 1.3.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/amazon-s3-policy-keys.html and
https://docs.aws.amazon.com/AmazonS3/latest/API/bucket-policy-s3-sigv4-conditions.html
"""

from collections.abc import Iterator
from urllib.parse import parse_qsl

from scenarios.cloud.authorization.rows import Arn, Asking, ContextKey, KeyValue
from scenarios.cloud.kernel import moto_s3, moto_state


def object_tags(arn: Arn) -> dict[str, str] | None:
    """An object's tags; a bucket's count only where attribute-based access is switched on."""
    bucket, _, key = arn.rest.partition("/")
    if not key:
        return _bucket_tags(arn.account, bucket)
    found = moto_s3.object_version(arn.account, bucket, key)
    return moto_state.tags_by_arn("s3", arn.account, "aws", found.arn) if found is not None else {}


def _bucket_tags(account: str, name: str) -> dict[str, str]:
    bucket = moto_s3.bucket(account, name)
    on = bucket is not None and moto_s3.has_bucket_abac(bucket)
    return moto_s3.bucket_tags(bucket) if on else {}


def _bucket_tag(asking: Asking, name: str) -> KeyValue:
    arn = asking.arn
    if arn is None:
        return None
    bucket = arn.rest.partition("/")[0]
    tags = _bucket_tags(moto_s3.bucket_owner(bucket) or arn.account, bucket)
    return next((value for tag, value in tags.items() if tag.lower() == name), None)


def _existing_tag(asking: Asking, name: str) -> KeyValue:
    arn = asking.arn
    if arn is None:
        return None
    owned = arn._replace(account=moto_s3.bucket_owner(arn.rest.partition("/")[0]) or arn.account)
    tags = object_tags(owned) or {}
    return next((value for tag, value in tags.items() if tag.lower() == name), None)


def _handed_in(asking: Asking) -> Iterator[tuple[str, str]]:
    """The tags that a request puts on an object: as a query in a header, or as a list."""
    tagging = asking.parameters.get("Tagging", "")
    if isinstance(tagging, str):
        yield from parse_qsl(tagging, keep_blank_values=True)
    else:
        yield from ((tag["Key"], tag["Value"]) for tag in tagging.get("TagSet", ()))


def _requested_tag(asking: Asking, name: str) -> KeyValue:
    return next((value for tag, value in _handed_in(asking) if tag.lower() == name), None)


def _requested_tag_keys(asking: Asking, _name: str) -> KeyValue:
    return tuple(tag for tag, _ in _handed_in(asking))


def _copied_from(asking: Asking, _name: str) -> KeyValue:
    """`/bucket/key` or `bucket/key`, as the header had it."""
    source = asking.parameters.get("CopySource")
    if source is None or isinstance(source, str):
        return source
    return f"{source['Bucket']}/{source['Key']}"


CONTEXT = (
    ContextKey(key="s3:prefix", parameter="Prefix"),
    ContextKey(key="s3:delimiter", parameter="Delimiter"),
    ContextKey(key="s3:max-keys", parameter="MaxKeys"),
    ContextKey(key="s3:versionid", parameter="VersionId"),
    ContextKey(key="s3:x-amz-acl", parameter="ACL"),
    ContextKey(key="s3:x-amz-grant-full-control", parameter="GrantFullControl"),
    ContextKey(key="s3:x-amz-grant-read", parameter="GrantRead"),
    ContextKey(key="s3:x-amz-grant-read-acp", parameter="GrantReadACP"),
    ContextKey(key="s3:x-amz-grant-write", parameter="GrantWrite"),
    ContextKey(key="s3:x-amz-grant-write-acp", parameter="GrantWriteACP"),
    ContextKey(key="s3:x-amz-server-side-encryption", parameter="ServerSideEncryption"),
    ContextKey(key="s3:x-amz-server-side-encryption-aws-kms-key-id", parameter="SSEKMSKeyId"),
    ContextKey(key="s3:x-amz-server-side-encryption-customer-algorithm", parameter="SSECustomerAlgorithm"),
    ContextKey(key="s3:x-amz-storage-class", parameter="StorageClass"),
    ContextKey(key="s3:x-amz-website-redirect-location", parameter="WebsiteRedirectLocation"),
    ContextKey(key="s3:x-amz-metadata-directive", parameter="MetadataDirective"),
    ContextKey(key="s3:x-amz-object-ownership", parameter="ObjectOwnership"),
    ContextKey(key="s3:x-amz-copy-source", value=_copied_from),
    ContextKey(key="s3:if-match", parameter="IfMatch"),
    ContextKey(key="s3:if-none-match", parameter="IfNoneMatch"),
    ContextKey(key="s3:object-lock-mode", parameter="ObjectLockMode"),
    ContextKey(key="s3:object-lock-legal-hold", parameter="ObjectLockLegalHoldStatus"),
    ContextKey(key="s3:locationconstraint", parameter="CreateBucketConfiguration.LocationConstraint"),
    ContextKey(key="s3:RequestObjectTag/", value=_requested_tag),
    ContextKey(key="s3:RequestObjectTagKeys", value=_requested_tag_keys),
    ContextKey(key="s3:ExistingObjectTag/", value=_existing_tag),
    ContextKey(key="s3:BucketTag/", value=_bucket_tag),
    ContextKey(key="s3:TlsVersion", value=lambda _asking, _name: "1.3"),
    ContextKey(key="s3:signatureversion", value=lambda _asking, _name: "AWS4-HMAC-SHA256"),
    ContextKey(key="s3:authType", value=lambda _asking, _name: "REST-HEADER"),
)
