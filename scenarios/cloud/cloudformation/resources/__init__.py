"""The types of resources that the simulated AWS can create, one module for each service."""

from collections.abc import Mapping

from scenarios.cloud.cloudformation.resources import (
    apigateway,
    awslambda,
    cloudtrail,
    cloudwatch,
    dynamodb,
    ec2,
    events,
    iam,
    kms,
    logs,
    s3,
    sns,
    sqs,
    ssm,
    streams,
)
from scenarios.cloud.cloudformation.resources.kind import Kind

KINDS: Mapping[str, Kind] = {
    **apigateway.KINDS,
    **awslambda.KINDS,
    **cloudtrail.KINDS,
    **cloudwatch.KINDS,
    **dynamodb.KINDS,
    **ec2.KINDS,
    **events.KINDS,
    **iam.KINDS,
    **kms.KINDS,
    **logs.KINDS,
    **s3.KINDS,
    **sns.KINDS,
    **sqs.KINDS,
    **ssm.KINDS,
    **streams.KINDS,
}
