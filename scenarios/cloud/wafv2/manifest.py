"""AWS WAF (v2) as one value: logs of web ACLs."""

from scenarios.cloud.service import Service
from scenarios.cloud.wafv2.logging import register

SERVICE = Service(
    name="wafv2",
    simulated=(
        "web ACLs that stand; logs of the requests that a scenario tells, to S3, CloudWatch Logs and Firehose"
    ),
    missing="rules; logs with redacted fields or filters, and those of CloudFront's web ACLs",
    register=register,
)
