"""AWS Config as one value: what IAM, CloudTrail, CloudFormation and a world know of it."""

from scenarios.cloud.config.channel import EVENTS
from scenarios.cloud.config.laws import register
from scenarios.cloud.config.mends import MENDS
from scenarios.cloud.config.permissions import PERMISSIONS
from scenarios.cloud.config.resources import KINDS
from scenarios.cloud.config.validation import VALIDATION
from scenarios.cloud.service import Service

SERVICE = Service(
    name="config",
    simulated=(
        "the recorder under its role, recording groups and modes; items of 21 types in EC2, IAM, S3, Lambda, "
        "KMS, DynamoDB, CloudTrail, SNS, SQS and RDS, with their relations, and what is told of types that "
        "aren't recorded; history files and snapshots in "
        "S3, messages and events; queries in Config's part of SQL; 57 managed rules and those of functions, "
        "on changes and by the clock, compliance, its changes and its history; remediation by runbooks, by "
        "hand and automatic"
    ),
    missing=(
        "items of other types; other managed rules, Guard policies, "
        "proactive evaluation, stored queries, conformance packs, aggregators"
    ),
    permissions=PERMISSIONS,
    kinds=KINDS,
    mends=MENDS,
    events=EVENTS,
    validation=VALIDATION,
    register=register,
)
