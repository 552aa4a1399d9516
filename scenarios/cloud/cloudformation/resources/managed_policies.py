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


MANAGED_POLICIES: Mapping[str, Mapping[str, Any]] = {
    "AWSXRayDaemonWriteAccess": _everywhere(*_XRAY),
    "AWSXrayWriteOnlyAccess": _everywhere(*_XRAY),
    "service-role/AWSLambdaBasicExecutionRole": _everywhere(*_LOGS),
    "service-role/AWSLambdaSQSQueueExecutionRole": _everywhere(
        "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", *_LOGS
    ),
}
