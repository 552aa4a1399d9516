"""EventBridge Scheduler as one value: what IAM, CloudTrail, CloudFormation and a world know of it."""

from scenarios.cloud.scheduler.emitted import METRICS
from scenarios.cloud.scheduler.laws import register
from scenarios.cloud.scheduler.permissions import PERMISSIONS
from scenarios.cloud.scheduler.resources import KINDS
from scenarios.cloud.scheduler.validation import VALIDATION
from scenarios.cloud.service import Service

SERVICE = Service(
    name="scheduler",
    simulated=(
        "schedules by rate, cron and single time, in time zones, groups and flexible windows; targets in "
        "functions, queues, topics, streams, state machines and event buses, and calls of AWS's API; "
        "retries, dead letters, deletion after completion"
    ),
    missing="targets in ECS, CodeBuild, SageMaker and others, FIFO topics, encryption",
    permissions=PERMISSIONS,
    kinds=KINDS,
    metrics=METRICS,
    validation=VALIDATION,
    register=register,
)
