"""The template for an archive account: the bucket that another account's trail delivers to, and a watch.

An attacker who takes over the watched account can't reach the archive, which has other administrators. The
watched account may read it, so that the hourly check still holds every file against its digest; it can't
watch the bucket's own settings from there.

Source: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-set-bucket-policy-for-multiple-accounts.html
"""

from typing import Any

from chalicelib.stack import declared
from chalicelib.template.accepted import with_reasons
from chalicelib.template.bucket import LOCK_PARAMETERS, kept, trail_bucket, trail_bucket_policy
from chalicelib.template.watch import WATCH_CONDITION, WATCH_OUTPUT, WATCH_PARAMETERS, watch


def archive() -> dict[str, Any]:
    """A bucket and its policy, and a watch if one is wanted; CloudFormation, no SAM in it."""
    policy = trail_bucket_policy("ArchiveBucket", {"Ref": "TrailArn"}, "${WatchedAccount}")
    policy["Statement"] += [_reads("s3:ListBucketVersions", ""), _reads("s3:GetObject", "/*")]
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "Trailwarden: keeps another account's audit trail out of that account's reach",
        "Parameters": {
            "WatchedAccount": {
                "Type": "String",
                "AllowedPattern": "[0-9]{12}",
                "Description": "The account that the trail and the main stack are in.",
            },
            "TrailArn": {
                "Type": "String",
                "AllowedPattern": "arn:aws[a-z-]*:cloudtrail:[a-z0-9-]+:[0-9]{12}:trail/.+",
                "Description": "The trail that delivers here: STACK-trail in the main stack's region.",
            },
            **declared(LOCK_PARAMETERS),
            **WATCH_PARAMETERS,
        },
        "Conditions": WATCH_CONDITION,
        "Resources": {
            **with_reasons({"ArchiveBucket": kept(trail_bucket()), **watch()}),
            "ArchiveBucketPolicy": {
                "Type": "AWS::S3::BucketPolicy",
                "Properties": {"Bucket": {"Ref": "ArchiveBucket"}, "PolicyDocument": policy},
            },
        },
        "Outputs": {"ArchiveBucketName": {"Value": {"Ref": "ArchiveBucket"}}, **WATCH_OUTPUT},
    }


def _reads(action: str, below: str) -> dict[str, Any]:
    return {
        "Sid": f"TheWatchedAccountMay{action.partition(':')[2]}",
        "Effect": "Allow",
        "Principal": {"AWS": {"Fn::Sub": "arn:${AWS::Partition}:iam::${WatchedAccount}:root"}},
        "Action": action,
        "Resource": {"Fn::Sub": f"${{ArchiveBucket.Arn}}{below}"},
    }
