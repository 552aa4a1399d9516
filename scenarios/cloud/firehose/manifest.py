"""Data Firehose as one value: what IAM, CloudTrail, CloudFormation and a world know of it."""

from scenarios.cloud.firehose.permissions import PERMISSIONS
from scenarios.cloud.firehose.resources import KINDS
from scenarios.cloud.kernel.recorded import Recorded
from scenarios.cloud.kernel.validation import Validation
from scenarios.cloud.kinesis.emitted import FIREHOSE_METRICS
from scenarios.cloud.service import Service

SERVICE = Service(
    name="firehose",
    simulated="records that are put",
    missing="buffers and destinations",
    permissions=PERMISSIONS,
    validation=Validation(code="ValidationException"),
    recorded=(Recorded(service="firehose", data_events=frozenset({"PutRecord", "PutRecordBatch"})),),
    kinds=KINDS,
    metrics=FIREHOSE_METRICS,
)
