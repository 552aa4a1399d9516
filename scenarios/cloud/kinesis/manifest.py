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
    simulated="records in streams, stream policies",
    missing="functions fed by a stream, resharding",
    permissions=PERMISSIONS,
    recorded=(RECORDED,),
    kinds=KINDS,
    metrics=KINESIS_METRICS,
    validation=Validation(code="ValidationException"),
    register=register,
)
