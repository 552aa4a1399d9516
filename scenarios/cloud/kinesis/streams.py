"""Kinesis streams as AWS services write to them: one record, under a role that lets the service.

Functions that read a stream are Lambda's.

Source: https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecord.html
"""

import base64
from collections.abc import Callable, Sequence

from scenarios.cloud.kernel import moto_state, moto_streams
from scenarios.cloud.kernel.caller import ApiCall
from scenarios.cloud.kernel.deliveries import Delivery, Door, Need, StreamRecord
from scenarios.cloud.kinesis.emitted import hear, put_record, stream_of
from scenarios.cloud.setting import Setting


class Streams(Door[StreamRecord]):
    """Every stream, in whichever account."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._told: list[Callable[[str], object]] = []
        hear(setting)
        setting.deliveries.register("kinesis", StreamRecord, self)
        for operation in ("PutRecord", "PutRecords"):
            setting.calls.after("kinesis", operation, self._called)

    def when_written(self, told: Callable[[str], object]) -> None:
        """Tell a law of every stream that gets a record, by its ARN."""
        self._told.append(told)

    def _called(self, call: ApiCall) -> None:
        self._written(f"arn:aws:kinesis:{call.region}:{self._setting.account}:stream/{stream_of(call)}")

    def _written(self, arn: str) -> None:
        for told in self._told:
            told(arn)

    def is_there(self, delivery: Delivery[StreamRecord]) -> bool:
        """Whether there is such a stream."""
        return moto_streams.stream_is_there(delivery.arn)

    def needs(self, delivery: Delivery[StreamRecord]) -> Sequence[Need]:
        """What the role must be allowed."""
        return (Need("kinesis:PutRecord", delivery.arn),)

    def take(self, delivery: Delivery[StreamRecord]) -> None:
        """Write one record."""
        _, _, service, region, account, _ = delivery.arn.split(":", 5)
        backend, name = moto_state.backend(service, account, region), delivery.arn.rpartition("/")[2]
        record = delivery.payload
        data = base64.b64encode(record.data).decode()
        backend.put_record(delivery.arn, name, record.partition_key, "", data)
        put_record(self._setting, region, name, record.data)
        self._written(delivery.arn)
