"""How AWS's log delivery is let in at a bucket or a log group: the statements that it adds, and its name.

Sources: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-and-resource-policy.html,
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-infrastructure-S3.html
"""

import json
from typing import Any, Final

from botocore.exceptions import ClientError

DELIVERY: Final = "delivery.logs.amazonaws.com"


_GROUPS: Final = "AWSLogDeliveryWrite20150319"


def let_in_at_group(logs: Any, group: str, account: str, region: str) -> None:
    """Let log delivery write to a log group, by its ARN, beside what it may write to already."""
    known = logs.describe_resource_policies()["resourcePolicies"]
    written = next((each["policyDocument"] for each in known if each["policyName"] == _GROUPS), "{}")
    statements = json.loads(written).get("Statement", [])
    resource = f"{group.removesuffix(':*')}:log-stream:*"
    if any(each["Resource"] == resource for each in statements):
        return
    statement = {
        "Sid": f"{_GROUPS}{len(statements)}",
        "Effect": "Allow",
        "Principal": {"Service": DELIVERY},
        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
        "Resource": resource,
        "Condition": {
            "StringEquals": {"aws:SourceAccount": account},
            "ArnLike": {"aws:SourceArn": f"arn:aws:logs:{region}:{account}:*"},
        },
    }
    document = {"Version": "2012-10-17", "Statement": [*statements, statement]}
    logs.put_resource_policy(policyName=_GROUPS, policyDocument=json.dumps(document))


def let_in_at_bucket(s3: Any, folder: str, account: str, region: str) -> None:
    """Let log delivery write below `BUCKET/KEYS`, beside what the bucket's policy says already."""
    bucket, _, keys = folder.partition("/")
    try:
        found = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchBucketPolicy":
            raise
        found = {"Version": "2012-10-17", "Statement": []}
    on_behalf = {
        "StringEquals": {"aws:SourceAccount": account},
        "ArnLike": {"aws:SourceArn": f"arn:aws:logs:{region}:{account}:*"},
    }
    write = {
        **on_behalf,
        "StringEquals": {**on_behalf["StringEquals"], "s3:x-amz-acl": "bucket-owner-full-control"},
    }
    statements = [
        {
            "Sid": "AWSLogDeliveryWrite",
            "Effect": "Allow",
            "Principal": {"Service": DELIVERY},
            "Action": "s3:PutObject",
            "Resource": f"arn:aws:s3:::{bucket}/{keys}*",
            "Condition": write,
        },
        {
            "Sid": "AWSLogDeliveryAclCheck",
            "Effect": "Allow",
            "Principal": {"Service": DELIVERY},
            "Action": "s3:GetBucketAcl",
            "Resource": f"arn:aws:s3:::{bucket}",
            "Condition": on_behalf,
        },
    ]
    document = {**found, "Statement": [*found["Statement"], *statements]}
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(document))
