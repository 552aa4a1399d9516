"""Kinesis Data Streams as one value: what IAM, CloudTrail, CloudFormation and a world know of it."""

from scenarios.cloud.kernel.validation import Validation
from scenarios.cloud.kinesis.emitted import KINESIS_METRICS
from scenarios.cloud.kinesis.laws import register
from scenarios.cloud.kinesis.permissions import PERMISSIONS
from scenarios.cloud.kinesis.recorded import RECORDED
from scenarios.cloud.kinesis.resources import KINDS
from scenarios.cloud.service import Service

SERVICE = Service(
    name="kinesis",
    simulated="records in streams, and functions that read them; stream policies",
    missing="resharding, consumers with a throughput of their own",
    permissions=PERMISSIONS,
    recorded=(RECORDED,),
    kinds=KINDS,
    metrics=KINESIS_METRICS,
    validation=Validation(code="ValidationException"),
    register=register,
)
