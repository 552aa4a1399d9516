"""SQS as one value: what IAM, CloudTrail, CloudFormation and a world know of it."""

from scenarios.cloud.service import Service
from scenarios.cloud.sqs.laws import register
from scenarios.cloud.sqs.mends import MENDS
from scenarios.cloud.sqs.permissions import PERMISSIONS
from scenarios.cloud.sqs.queue_metrics import METRICS
from scenarios.cloud.sqs.recorded import RECORDED
from scenarios.cloud.sqs.resources import KINDS
from scenarios.cloud.sqs.validation import VALIDATION

SERVICE = Service(
    name="sqs",
    simulated="what lies in queues, long polls, redrive; FIFO: order by group, deduplication, attempts",
    missing="redrive from a dead-letter queue; quotas",
    permissions=PERMISSIONS,
    recorded=(RECORDED,),
    kinds=KINDS,
    mends=MENDS,
    metrics=METRICS,
    validation=VALIDATION,
    register=register,
)
