"""A bucket that keeps a trail: closed, versioned, locked; and its policy, by which only CloudTrail writes.

Each version is locked for the days of `TrailLockDays`: in governance mode only principals with
s3:BypassGovernanceRetention can delete one, in compliance mode no principal can. CloudTrail delivers to a
bucket with a default retention, since it sends the checksum that S3 asks for then. Files above 128 KB move to
Glacier Instant Retrieval, which a validation can still read; it can't read the other Glacier classes. Old
versions, which only tampering makes, expire after more than a year, so that the bucket doesn't grow for ever.

Sources: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html,
https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html,
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html
"""

from collections.abc import Mapping
from typing import Any

from chalicelib.stack import Parameter
from chalicelib.template.parts import Template

# The parameters of a stack that holds such a bucket: the main stack, or the archive's.
LOCK_PARAMETERS = (
    Parameter(
        name="TrailLock",
        default="GOVERNANCE",
        allowed=("GOVERNANCE", "COMPLIANCE"),
        description="Who may delete a locked log: principals that may bypass it, or no one, not even root.",
    ),
    Parameter(
        name="TrailLockDays",
        type="Number",
        default="365",
        minimum=1,
        description="So many days no version of a log or digest can be deleted.",
    ),
    Parameter(
        name="TrailArchiveDays",
        type="Number",
        default="90",
        minimum=1,
        description="After so many days what is larger than 128 KB moves to Glacier Instant Retrieval.",
    ),
    Parameter(
        name="TrailOldVersionsDays",
        type="Number",
        default="400",
        minimum=1,
        description="After so many days an overwritten or hidden version expires, if its lock is over.",
    ),
)


def trail_bucket() -> Template:
    """The bucket's properties; Object Lock is for a new bucket to begin with."""
    return {
        "VersioningConfiguration": {"Status": "Enabled"},
        "ObjectLockEnabled": True,
        "ObjectLockConfiguration": {
            "ObjectLockEnabled": "Enabled",
            "Rule": {"DefaultRetention": {"Mode": {"Ref": "TrailLock"}, "Days": {"Ref": "TrailLockDays"}}},
        },
        "LifecycleConfiguration": {
            "Rules": [
                {
                    "Id": "archive",
                    "Status": "Enabled",
                    "Transitions": [
                        {"StorageClass": "GLACIER_IR", "TransitionInDays": {"Ref": "TrailArchiveDays"}}
                    ],
                    "NoncurrentVersionExpiration": {"NoncurrentDays": {"Ref": "TrailOldVersionsDays"}},
                }
            ]
        },
        "BucketEncryption": {
            "ServerSideEncryptionConfiguration": [
                {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
            ]
        },
        "PublicAccessBlockConfiguration": {
            "BlockPublicAcls": True,
            "BlockPublicPolicy": True,
            "IgnorePublicAcls": True,
            "RestrictPublicBuckets": True,
        },
        "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
    }


def trail_bucket_policy(bucket: str, trail_arn: Any, account: str) -> Template:
    """Only CloudTrail writes, only this trail's, and only below the account's folder.

    `bucket` is the logical id, `trail_arn` what CloudFormation makes the trail's ARN of, `account` the text
    for Fn::Sub that stands for the account the trail belongs to.
    """
    from_this_trail = {"aws:SourceArn": trail_arn}
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "CloudTrailLooks",
                "Effect": "Allow",
                "Principal": {"Service": "cloudtrail.amazonaws.com"},
                "Action": "s3:GetBucketAcl",
                "Resource": {"Fn::GetAtt": [bucket, "Arn"]},
                "Condition": {"StringEquals": from_this_trail},
            },
            {
                "Sid": "CloudTrailWrites",
                "Effect": "Allow",
                "Principal": {"Service": "cloudtrail.amazonaws.com"},
                "Action": "s3:PutObject",
                "Resource": {"Fn::Sub": f"${{{bucket}.Arn}}/AWSLogs/{account}/*"},
                "Condition": {
                    "StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control", **from_this_trail}
                },
            },
            {
                "Sid": "NobodyElseWrites",
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:PutObject",
                "Resource": {"Fn::Sub": f"${{{bucket}.Arn}}/*"},
                "Condition": {"StringNotEquals": {"aws:PrincipalServiceName": "cloudtrail.amazonaws.com"}},
            },
        ],
    }


def kept(properties: Mapping[str, Any]) -> Template:
    """A bucket that outlives its stack: it holds evidence."""
    return {
        "Type": "AWS::S3::Bucket",
        "DeletionPolicy": "Retain",
        "UpdateReplacePolicy": "Retain",
        "Properties": dict(properties),
    }
