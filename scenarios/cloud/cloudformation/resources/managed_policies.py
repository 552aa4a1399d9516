"""The AWS managed policies a stack may attach to its roles, by the path in their ARN.

The simulated IAM does not carry AWS's thousand documents; these few become inline policies of the role under
the same name, with the same effect. Source: AWS Managed Policy Reference,
https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html
"""

from collections.abc import Mapping
from typing import Any

_LOGS = ("logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents")
_XRAY = (
    "xray:PutTraceSegments",
    "xray:PutTelemetryRecords",
    "xray:GetSamplingRules",
    "xray:GetSamplingTargets",
    "xray:GetSamplingStatisticSummaries",
)


def _everywhere(*actions: str) -> Mapping[str, Any]:
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    return {"Version": "2012-10-17", "Statement": [statement]}


def _allowing(*statements: tuple[str, list[str]]) -> Mapping[str, Any]:
    """Of each statement its resource, then its actions."""
    allowed = [{"Effect": "Allow", "Action": what, "Resource": where} for where, what in statements]
    return {"Version": "2012-10-17", "Statement": allowed}


MANAGED_POLICIES: Mapping[str, Mapping[str, Any]] = {
    # Without what its console page needs of other services' lists.
    "AWSCloudTrail_FullAccess": _allowing(
        ("*", ["cloudtrail:*"]),
        (
            "arn:aws:s3:::aws-cloudtrail-logs*",
            ["s3:CreateBucket", "s3:PutBucketPolicy", "s3:PutBucketPublicAccessBlock"],
        ),
        ("arn:aws:logs:*:*:log-group:aws-cloudtrail-logs*", ["logs:CreateLogGroup"]),
    ),
    "AWSCloudTrail_ReadOnlyAccess": _everywhere(
        "cloudtrail:Get*", "cloudtrail:Describe*", "cloudtrail:List*", "cloudtrail:LookupEvents"
    ),
    "AWSXRayDaemonWriteAccess": _everywhere(*_XRAY),
    "AWSXrayWriteOnlyAccess": _everywhere(*_XRAY),
    "service-role/AWSLambdaBasicExecutionRole": _everywhere(*_LOGS),
    "service-role/AWSLambdaSQSQueueExecutionRole": _everywhere(
        "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", *_LOGS
    ),
}
