"""IAM's rows for S3: buckets and objects. What lies behind an access point is not simulated."""

from functools import partial

from scenarios.cloud.authorization.rows import (
    Arn,
    DenialStyle,
    Document,
    Permissions,
    Place,
    document,
)
from scenarios.cloud.kernel import moto_s3
from scenarios.cloud.kernel.errors import NotSimulated
from scenarios.cloud.s3.acls import might_allow
from scenarios.cloud.s3.condition_keys import CONTEXT, object_tags
from scenarios.cloud.s3.sources import copied

_LINES = """
ListBuckets                              s3:ListAllMyBuckets              *
CreateBucket                             =                                bucket(Bucket)
CreateBucket +ACL                        s3:PutBucketAcl                  bucket(Bucket)
CreateBucket +ObjectLockEnabledForBucket s3:PutBucketObjectLockConfiguration bucket(Bucket)
CreateBucket +ObjectLockEnabledForBucket s3:PutBucketVersioning           bucket(Bucket)
CreateBucket +ObjectOwnership            s3:PutBucketOwnershipControls    bucket(Bucket)
DeleteBucket                             =                                bucket(Bucket)
HeadBucket                               s3:ListBucket                    bucket(Bucket)
ListObjects                              s3:ListBucket                    bucket(Bucket)
ListObjectsV2                            s3:ListBucket                    bucket(Bucket)
ListObjectVersions                       s3:ListBucketVersions            bucket(Bucket)
ListMultipartUploads                     s3:ListBucketMultipartUploads    bucket(Bucket)
GetObject -VersionId                     s3:GetObject                     object(Bucket,Key)
GetObject +VersionId                     s3:GetObjectVersion              object(Bucket,Key)
HeadObject -VersionId                    s3:GetObject                     object(Bucket,Key)
HeadObject +VersionId                    s3:GetObjectVersion              object(Bucket,Key)
GetObjectAttributes -VersionId           s3:GetObjectAttributes           object(Bucket,Key)
GetObjectAttributes -VersionId           s3:GetObject                     object(Bucket,Key)
GetObjectAttributes +VersionId           s3:GetObjectVersionAttributes    object(Bucket,Key)
GetObjectAttributes +VersionId           s3:GetObjectVersion              object(Bucket,Key)
SelectObjectContent                      s3:GetObject                     object(Bucket,Key)
PutObject                                =                                object(Bucket,Key)
PutObject +ACL                           s3:PutObjectAcl                  object(Bucket,Key)
PutObject +Tagging                       s3:PutObjectTagging              object(Bucket,Key)
PutObject +ObjectLockMode                s3:PutObjectRetention            object(Bucket,Key)
PutObject +ObjectLockLegalHoldStatus     s3:PutObjectLegalHold            object(Bucket,Key)
CopyObject                               s3:PutObject                     object(Bucket,Key)
CopyObject                               s3:GetObject                     copied(CopySource)
CopyObject                               s3:GetObjectVersion              copied_version(CopySource)
CopyObject +ACL                          s3:PutObjectAcl                  object(Bucket,Key)
CopyObject +Tagging                      s3:PutObjectTagging              object(Bucket,Key)
CreateMultipartUpload                    s3:PutObject                     object(Bucket,Key)
CreateMultipartUpload +ACL               s3:PutObjectAcl                  object(Bucket,Key)
UploadPart                               s3:PutObject                     object(Bucket,Key)
UploadPartCopy                           s3:PutObject                     object(Bucket,Key)
UploadPartCopy                           s3:GetObject                     copied(CopySource)
UploadPartCopy                           s3:GetObjectVersion              copied_version(CopySource)
CompleteMultipartUpload                  s3:PutObject                     object(Bucket,Key)
AbortMultipartUpload                     =                                object(Bucket,Key)
ListParts                                s3:ListMultipartUploadParts      object(Bucket,Key)
DeleteObject -VersionId                  s3:DeleteObject                  object(Bucket,Key)
DeleteObject +VersionId                  s3:DeleteObjectVersion           object(Bucket,Key)
DeleteObject +BypassGovernanceRetention  s3:BypassGovernanceRetention     object(Bucket,Key)
DeleteObjects                            s3:DeleteObject         object(Bucket,Delete.Objects[-VersionId].Key)
DeleteObjects                            s3:DeleteObjectVersion  object(Bucket,Delete.Objects[+VersionId].Key)
DeleteObjects +BypassGovernanceRetention s3:BypassGovernanceRetention object(Bucket,Delete.Objects[].Key)
RestoreObject                            =                                object(Bucket,Key)
GetObjectAcl -VersionId                  s3:GetObjectAcl                  object(Bucket,Key)
GetObjectAcl +VersionId                  s3:GetObjectVersionAcl           object(Bucket,Key)
PutObjectAcl -VersionId                  s3:PutObjectAcl                  object(Bucket,Key)
PutObjectAcl +VersionId                  s3:PutObjectVersionAcl           object(Bucket,Key)
GetObjectTagging -VersionId              s3:GetObjectTagging              object(Bucket,Key)
GetObjectTagging +VersionId              s3:GetObjectVersionTagging       object(Bucket,Key)
PutObjectTagging -VersionId              s3:PutObjectTagging              object(Bucket,Key)
PutObjectTagging +VersionId              s3:PutObjectVersionTagging       object(Bucket,Key)
DeleteObjectTagging -VersionId           s3:DeleteObjectTagging           object(Bucket,Key)
DeleteObjectTagging +VersionId           s3:DeleteObjectVersionTagging    object(Bucket,Key)
GetObjectRetention                       =                                object(Bucket,Key)
PutObjectRetention                       =                                object(Bucket,Key)
PutObjectRetention +BypassGovernanceRetention s3:BypassGovernanceRetention object(Bucket,Key)
GetObjectLegalHold                       =                                object(Bucket,Key)
PutObjectLegalHold                       =                                object(Bucket,Key)
GetObjectLockConfiguration               s3:GetBucketObjectLockConfiguration bucket(Bucket)
PutObjectLockConfiguration               s3:PutBucketObjectLockConfiguration bucket(Bucket)
GetBucketLocation                        =                                bucket(Bucket)
GetBucketPolicy                          =                                bucket(Bucket)
PutBucketPolicy                          =                                bucket(Bucket)
DeleteBucketPolicy                       =                                bucket(Bucket)
GetBucketPolicyStatus                    =                                bucket(Bucket)
GetBucketAcl                             =                                bucket(Bucket)
PutBucketAcl                             =                                bucket(Bucket)
GetBucketVersioning                      =                                bucket(Bucket)
PutBucketVersioning                      =                                bucket(Bucket)
GetBucketLogging                         =                                bucket(Bucket)
PutBucketLogging                         =                                bucket(Bucket)
GetBucketAbac                            s3:GetBucketAbac                 bucket(Bucket)
PutBucketAbac                            s3:PutBucketAbac                 bucket(Bucket)
GetBucketTagging                         =                                bucket(Bucket)
PutBucketTagging                         =                                bucket(Bucket)
DeleteBucketTagging                      s3:PutBucketTagging              bucket(Bucket)
GetBucketWebsite                         =                                bucket(Bucket)
PutBucketWebsite                         =                                bucket(Bucket)
DeleteBucketWebsite                      =                                bucket(Bucket)
GetBucketAccelerateConfiguration         s3:GetAccelerateConfiguration    bucket(Bucket)
PutBucketAccelerateConfiguration         s3:PutAccelerateConfiguration    bucket(Bucket)
GetBucketCors                            s3:GetBucketCORS                 bucket(Bucket)
PutBucketCors                            s3:PutBucketCORS                 bucket(Bucket)
DeleteBucketCors                         s3:PutBucketCORS                 bucket(Bucket)
GetBucketLifecycleConfiguration          s3:GetLifecycleConfiguration     bucket(Bucket)
PutBucketLifecycleConfiguration          s3:PutLifecycleConfiguration     bucket(Bucket)
DeleteBucketLifecycle                    s3:PutLifecycleConfiguration     bucket(Bucket)
GetBucketNotificationConfiguration       s3:GetBucketNotification         bucket(Bucket)
PutBucketNotificationConfiguration       s3:PutBucketNotification         bucket(Bucket)
GetBucketEncryption                      s3:GetEncryptionConfiguration    bucket(Bucket)
PutBucketEncryption                      s3:PutEncryptionConfiguration    bucket(Bucket)
DeleteBucketEncryption                   s3:PutEncryptionConfiguration    bucket(Bucket)
GetBucketReplication                     s3:GetReplicationConfiguration   bucket(Bucket)
PutBucketReplication                     s3:PutReplicationConfiguration   bucket(Bucket)
PutBucketReplication                     iam:PassRole                     role(ReplicationConfiguration.Role)
DeleteBucketReplication                  s3:PutReplicationConfiguration   bucket(Bucket)
GetBucketOwnershipControls               =                                bucket(Bucket)
PutBucketOwnershipControls               =                                bucket(Bucket)
DeleteBucketOwnershipControls            s3:PutBucketOwnershipControls    bucket(Bucket)
GetPublicAccessBlock                     s3:GetBucketPublicAccessBlock    bucket(Bucket)
PutPublicAccessBlock                     s3:PutBucketPublicAccessBlock    bucket(Bucket)
DeletePublicAccessBlock                  s3:PutBucketPublicAccessBlock    bucket(Bucket)
"""


def _bucket(_place: Place, bucket: str, key: str = "") -> str:
    if bucket.startswith("arn:"):
        raise NotSimulated("s3", f"the access point {bucket}")
    return f"arn:aws:s3:::{bucket}/{key}" if key else f"arn:aws:s3:::{bucket}"


def _copied(place: Place, source: str | dict[str, str], *, versioned: bool) -> str:
    """The object a copy reads, with a version or without one."""
    bucket, key, version = copied(source)
    return _bucket(place, bucket, key) if bool(version) is versioned else ""


def _bucket_policy(arn: Arn) -> Document | None:
    bucket = moto_s3.bucket(arn.account, arn.rest.split("/", 1)[0])
    return document(bucket.policy) if bucket is not None and bucket.policy else None


PERMISSIONS = Permissions(
    prefix="s3",
    denial=DenialStyle(
        code="AccessDenied", status=403, quotes=True, without_body=frozenset({"HeadBucket", "HeadObject"})
    ),
    lines=_LINES,
    kinds={
        "bucket": _bucket,
        "object": _bucket,
        "copied": partial(_copied, versioned=False),
        "copied_version": partial(_copied, versioned=True),
    },
    context=CONTEXT,
    policy_of=_bucket_policy,
    tags_of=object_tags,
    might_allow=might_allow,
)
