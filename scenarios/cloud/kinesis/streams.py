"""Kinesis and Firehose as AWS services write to them: one record, under a role that lets the service.

Firehose's own buffering, its transformations and the events of what it writes to S3 are not simulated; a
stream that feeds a function is NotSimulated.

Sources: https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecord.html,
https://docs.aws.amazon.com/firehose/latest/APIReference/API_PutRecord.html
"""

import base64

from scenarios.cloud.kernel import moto_hooks
from scenarios.cloud.kernel.errors import NotSimulated

PUT_RECORD = {"kinesis": "kinesis:PutRecord", "firehose": "firehose:PutRecord"}
"""The action that a role must allow, by the service in the stream's ARN."""


def is_there(arn: str) -> bool:
    """Whether a stream, or a delivery stream, with this ARN exists, in whichever account."""
    _, _, service, region, account, _ = arn.split(":", 5)
    backend = moto_hooks.backend(service, account, region)
    streams = backend.streams if service == "kinesis" else backend.delivery_streams
    return arn.rpartition("/")[2] in streams


def put_record(arn: str, data: bytes, partition_key: str) -> bool:
    """Write one record; False where the stream is gone. Firehose knows no partition key."""
    if not is_there(arn):
        return False
    _, _, service, region, account, _ = arn.split(":", 5)
    backend, name = moto_hooks.backend(service, account, region), arn.rpartition("/")[2]
    if service == "firehose":
        backend.put_record(name, {"Data": data})
        return True
    if backend.streams[name].lambda_event_source_mappings:
        raise NotSimulated("lambda", f"an event source mapping on {arn}")
    backend.put_record(arn, name, partition_key, "", base64.b64encode(data).decode())
    return True
