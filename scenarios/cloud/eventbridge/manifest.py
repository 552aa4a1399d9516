"""EventBridge as one value: what IAM, CloudTrail, CloudFormation and a world know of it."""

from scenarios.cloud.eventbridge.emitted import METRICS
from scenarios.cloud.eventbridge.laws import register
from scenarios.cloud.eventbridge.mends import MENDS
from scenarios.cloud.eventbridge.permissions import PERMISSIONS
from scenarios.cloud.eventbridge.recorded import RECORDED
from scenarios.cloud.eventbridge.requests import VALIDATION
from scenarios.cloud.eventbridge.resources import KINDS
from scenarios.cloud.service import Service

SERVICE = Service(
    name="events",
    simulated=(
        "rules as they stand, schedules, inputs; targets Lambda, SNS, SQS, Logs, Kinesis, Firehose, "
        "runbooks of Systems Manager, state machines, other buses and regions, instances and volumes of EC2, "
        "API destinations with their connections, whose answers a scenario gives; partner event sources and "
        "their buses; what other accounts put by a bus's policy; retries, dead letters, archive and replay, "
        "limits"
    ),
    missing="what rules of other accounts do, encrypted or private connections",
    permissions=PERMISSIONS,
    recorded=(RECORDED,),
    kinds=KINDS,
    mends=MENDS,
    direct=True,
    validation=VALIDATION,
    metrics=METRICS,
    register=register,
)
