"""Trails to set worlds on, and what they delivered: to which bucket, in which words, how sound it is."""

import gzip
import json
from datetime import timedelta

from chalicelib.trail.integrity.digest import parse_digest
from chalicelib.trail.integrity.evidence import StoredObject, Window
from chalicelib.trail.integrity.public_keys import KeyRing
from chalicelib.trail.integrity.verdict import judge
from scenarios.cloud.deployment import ACCOUNT
from tests.scenarios.cloud.small_worlds import admin, arn, document, lets, trail

HOUR = 3600
TRAIL_ARN = arn("cloudtrail", "trail/main")
EVERYBODY = {
    "Effect": "Allow",
    "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
    "Action": "kms:*",
    "Resource": "*",
}


def encrypts(trails=f"arn:aws:cloudtrail:*:{ACCOUNT}:trail/*"):
    """What a key's policy says so that CloudTrail can encrypt for these trails."""
    context = {"StringLike": {"kms:EncryptionContext:aws:cloudtrail:arn": trails}}
    return lets("cloudtrail", "kms:GenerateDataKey*", Condition=context)


def encrypted_trail(*statements, **properties):
    """A trail with a key of its own, whose policy is everybody's and these statements."""
    policy = document(EVERYBODY, *(statements or (encrypts(),)))
    return {
        "Key": {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": policy}},
        **trail(KMSKeyId={"Fn::GetAtt": ["Key", "Arn"]}, **properties),
    }


def create_table(world, name="games", region=""):
    """Something that CloudTrail records."""
    admin(world, "dynamodb", region).create_table(
        TableName=name,
        AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )


def open_bucket(world, name):
    """Another bucket that any trail may deliver to."""
    allowed = lets("cloudtrail", "s3:GetBucketAcl", "s3:PutObject")
    with world.calls.muted():
        s3 = admin(world, "s3")
        s3.create_bucket(Bucket=name)
        s3.put_bucket_policy(Bucket=name, Policy=json.dumps(document(allowed)))


def objects(world, folder, bucket="tw-logs"):
    """The (key, GetObject answer) of what lies in a folder of CloudTrail's, of every account, by key."""
    with world.calls.muted():
        s3 = admin(world, "s3")
        listed = s3.list_objects_v2(Bucket=bucket).get("Contents", ())
        keys = sorted(each["Key"] for each in listed if f"/{folder}/" in each["Key"])
        return [(key, s3.get_object(Bucket=bucket, Key=key)) for key in keys]


def log_files(world, bucket="tw-logs"):
    """The log files' contents, by key."""
    found = objects(world, "CloudTrail", bucket)
    return {key: json.loads(gzip.decompress(got["Body"].read())) for key, got in found}


def digests(world, bucket="tw-logs", *, backfill=False):
    """The digests' contents in the order of their keys, with their metadata under `metadata`."""
    return [
        json.loads(gzip.decompress(got["Body"].read())) | {"metadata": got["Metadata"]}
        for key, got in objects(world, "CloudTrail-Digest", bucket)
        if key.endswith("_backfill.json.gz") == backfill
    ]


def verdict(world, since, buckets=("tw-logs",)):
    """What the deployed judge says about the buckets as they are now."""
    now = world.clock.now
    span = {"StartTime": since - timedelta(hours=1), "EndTime": now}
    keys = [
        key
        for region in world.deployment.regions
        for key in admin(world, "cloudtrail", region).list_public_keys(**span)["PublicKeyList"]
    ]
    found = [
        parse_digest(bucket, key, got["Body"].read(), got["Metadata"])
        for bucket in buckets
        for key, got in objects(world, "CloudTrail-Digest", bucket)
    ]
    with world.calls.muted():
        s3 = admin(world, "s3")
        listing = [
            StoredObject(
                bucket=bucket,
                key=each["Key"],
                modified_at=each["LastModified"],
                version=each["VersionId"],
                latest=each["IsLatest"],
                delete_marker=False,
            )
            for bucket in buckets
            for each in s3.list_object_versions(Bucket=bucket).get("Versions", ())
        ]

    def read(bucket, key):
        with world.calls.muted():
            return s3.get_object(Bucket=bucket, Key=key)["Body"].read()

    return judge(
        found,
        keys=KeyRing.of(keys),
        read=read,
        window=Window(since=since, until=now, now=now),
        listing=listing,
    )
