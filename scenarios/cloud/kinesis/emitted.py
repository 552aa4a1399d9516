"""The metrics that Kinesis emits of what is written to it.

Reading and shards have metrics too, which are not simulated.

Source: https://docs.aws.amazon.com/streams/latest/dev/monitoring-with-cloudwatch.html
"""

from collections.abc import Sequence
from typing import Final

from scenarios.cloud.kernel.blobs import bytes_of
from scenarios.cloud.kernel.caller import ApiCall
from scenarios.cloud.kernel.emitted import EmittedMetrics
from scenarios.cloud.setting import Setting

KINESIS: Final = "AWS/Kinesis"
KINESIS_METRICS = (
    EmittedMetrics(
        namespace=KINESIS,
        units={
            "IncomingBytes": "Bytes",
            "IncomingRecords": "Count",
            "PutRecord.Bytes": "Bytes",
            "PutRecord.Success": "Count",
        },
        dimensions=(("StreamName",),),
    ),
)


def written(setting: Setting, region: str, stream: str, records: Sequence[bytes]) -> None:
    """One request wrote these records to a stream."""
    size = sum(len(each) for each in records)
    incoming = {"IncomingRecords": len(records), "IncomingBytes": size}
    setting.measured(region, KINESIS, incoming, {"StreamName": stream})


def put_record(setting: Setting, region: str, stream: str, data: bytes) -> None:
    """One request wrote one record to a stream."""
    written(setting, region, stream, [data])
    values = {"PutRecord.Success": 1, "PutRecord.Bytes": len(data)}
    setting.measured(region, KINESIS, values, {"StreamName": stream})


def hear(setting: Setting) -> None:
    """Count what calls write."""
    after = setting.calls.after

    def one(call: ApiCall) -> None:
        put_record(setting, call.region, stream_of(call), bytes_of(call.parameters["Data"]))

    def several(call: ApiCall) -> None:
        records = [bytes_of(each["Data"]) for each in call.parameters["Records"]]
        written(setting, call.region, stream_of(call), records)

    after("kinesis", "PutRecord", one)
    after("kinesis", "PutRecords", several)


def stream_of(call: ApiCall) -> str:
    """The name of the stream that a call is about."""
    given = call.parameters
    name = given.get("StreamName") or given["StreamARN"]
    return str(name).rpartition("/")[2]
