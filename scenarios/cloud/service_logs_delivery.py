"""AWS's log delivery: in whose name it writes, files of lines, and how it is let in where it writes.

Sources: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-and-resource-policy.html,
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-infrastructure-S3.html
"""

import gzip
import json
from collections.abc import Iterable
from typing import Any, Final

from botocore.exceptions import ClientError

from scenarios.cloud.kernel.deliveries import Object, Refusal
from scenarios.cloud.setting import Setting

DELIVERY: Final = "delivery.logs.amazonaws.com"
_GROUPS: Final = "AWSLogDeliveryWrite20150319"


def source_of(account: str, region: str) -> str:
    """On behalf of what log delivery writes: the `aws:SourceArn` of its requests."""
    return f"arn:aws:logs:{region}:{account}:*"


def put_file(
    setting: Setting,
    region: str,
    key: str,
    lines: Iterable[str],
    *,
    by: str = DELIVERY,
    source: str = "",
    packed: bool = True,
    plain: bool = False,
) -> Refusal | None:
    """Write lines as `BUCKET/KEY`; returns why it may not.

    `by`, `source`: in whose name, and on whose behalf; log delivery's own by default. `packed`: with gzip.
    `plain`: without a look at the bucket's ACL.
    """
    text = "".join(f"{each}\n" for each in lines).encode()
    return setting.deliveries.hand_over(
        f"arn:aws:s3:::{key}",
        Object(body=gzip.compress(text, mtime=0) if packed else text, requester=by, plain=plain),
        by=by,
        source=source or source_of(setting.account, region),
    )


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
        "Condition": _on_behalf(account, region),
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
    on_behalf = _on_behalf(account, region)
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


def _on_behalf(account: str, region: str) -> dict[str, dict[str, str]]:
    return {
        "StringEquals": {"aws:SourceAccount": account},
        "ArnLike": {"aws:SourceArn": source_of(account, region)},
    }
