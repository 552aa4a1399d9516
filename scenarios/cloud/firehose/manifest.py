"""Data Firehose as one value: what IAM, CloudTrail, CloudFormation and a world know of it."""

from scenarios.cloud.firehose.emitted import METRICS
from scenarios.cloud.firehose.laws import register
from scenarios.cloud.firehose.mends import MENDS
from scenarios.cloud.firehose.permissions import PERMISSIONS
from scenarios.cloud.firehose.resources import KINDS
from scenarios.cloud.kernel.recorded import Recorded
from scenarios.cloud.kernel.validation import Validation
from scenarios.cloud.service import Service

SERVICE = Service(
    name="firehose",
    simulated=(
        "records that are put, or read from a Kinesis stream, gathered by size and time, and delivered under "
        "the stream's role: to buckets, by prefixes with expressions, to indexes of OpenSearch that rotate, "
        "and to HTTP endpoints, whose answers a scenario gives; retries, what failed in the bucket, errors "
        "in a log group; compressed records and those of CloudWatch Logs unpacked, functions that transform"
    ),
    missing=(
        "other formats and partitions by content, other or changed destinations, encrypted streams; "
        "a buffer of its own for the function that transforms"
    ),
    permissions=PERMISSIONS,
    validation=Validation(code="ValidationException"),
    recorded=(Recorded(service="firehose", data_events=frozenset({"PutRecord", "PutRecordBatch"})),),
    kinds=KINDS,
    metrics=METRICS,
    mends=MENDS,
    register=register,
)
