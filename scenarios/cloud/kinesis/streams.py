"""Kinesis and Firehose as AWS services write to them: one record, under a role that lets the service.

Firehose's own buffering, its transformations and the events of what it writes to S3 are not simulated.
Functions that read a stream are Lambda's.

Sources: https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecord.html,
https://docs.aws.amazon.com/firehose/latest/APIReference/API_PutRecord.html
"""

import base64
from collections.abc import Sequence

from scenarios.cloud.kernel import moto_state
from scenarios.cloud.kernel.deliveries import Delivery, Door, Need, StreamRecord
from scenarios.cloud.kinesis.emitted import hear, put_record, written
from scenarios.cloud.setting import Setting


class Streams(Door[StreamRecord]):
    """Every stream and every delivery stream, in whichever account."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        hear(setting)
        setting.deliveries.register("kinesis", StreamRecord, self)
        setting.deliveries.register("firehose", StreamRecord, self)

    def is_there(self, delivery: Delivery[StreamRecord]) -> bool:
        """Whether there is such a stream."""
        return moto_state.stream_is_there(delivery.arn)

    def needs(self, delivery: Delivery[StreamRecord]) -> Sequence[Need]:
        """What the role must be allowed."""
        service = delivery.arn.split(":")[2]
        return (Need(f"{service}:PutRecord", delivery.arn),)

    def take(self, delivery: Delivery[StreamRecord]) -> None:
        """Write one record."""
        _, _, service, region, account, _ = delivery.arn.split(":", 5)
        backend, name = moto_state.backend(service, account, region), delivery.arn.rpartition("/")[2]
        record = delivery.payload
        if service == "firehose":
            backend.put_record(name, {"Data": record.data})
            written(self._setting, service, region, name, [record.data])
            return
        data = base64.b64encode(record.data).decode()
        backend.put_record(delivery.arn, name, record.partition_key, "", data)
        put_record(self._setting, region, name, record.data)
