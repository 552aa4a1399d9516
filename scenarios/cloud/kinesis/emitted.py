"""The metrics that Kinesis and Firehose emit of what is written to them.

Reading, shards and the deliveries of Firehose have metrics too, which are not simulated.

Sources: https://docs.aws.amazon.com/streams/latest/dev/monitoring-with-cloudwatch.html,
https://docs.aws.amazon.com/firehose/latest/dev/monitoring-with-cloudwatch-metrics.html
"""

from collections.abc import Sequence
from typing import Any, Final

from scenarios.cloud.kernel.caller import ApiCall
from scenarios.cloud.kernel.emitted import EmittedMetrics
from scenarios.cloud.setting import Setting

KINESIS: Final = "AWS/Kinesis"
FIREHOSE: Final = "AWS/Firehose"
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
FIREHOSE_METRICS = (
    EmittedMetrics(
        namespace=FIREHOSE,
        units={"IncomingBytes": "Bytes", "IncomingPutRequests": "Count", "IncomingRecords": "Count"},
        dimensions=(("DeliveryStreamName",),),
    ),
)


def written(setting: Setting, service: str, region: str, stream: str, records: Sequence[bytes]) -> None:
    """One request wrote these records to a stream or a delivery stream."""
    size = sum(len(each) for each in records)
    incoming = {"IncomingRecords": len(records), "IncomingBytes": size}
    if service == "firehose":
        values = {**incoming, "IncomingPutRequests": 1}
        setting.measured(region, FIREHOSE, values, {"DeliveryStreamName": stream})
    else:
        setting.measured(region, KINESIS, incoming, {"StreamName": stream})


def put_record(setting: Setting, region: str, stream: str, data: bytes) -> None:
    """One request wrote one record to a stream."""
    written(setting, "kinesis", region, stream, [data])
    values = {"PutRecord.Success": 1, "PutRecord.Bytes": len(data)}
    setting.measured(region, KINESIS, values, {"StreamName": stream})


def hear(setting: Setting) -> None:
    """Count what calls write."""
    after = setting.calls.after

    def one(call: ApiCall) -> None:
        put_record(setting, call.region, _stream(call), _data(call.parameters))

    def several(call: ApiCall) -> None:
        records = [_data(each) for each in call.parameters["Records"]]
        written(setting, call.service, call.region, _stream(call), records)

    def one_delivered(call: ApiCall) -> None:
        written(setting, call.service, call.region, _stream(call), [_data(call.parameters["Record"])])

    after("kinesis", "PutRecord", one)
    after("kinesis", "PutRecords", several)
    after("firehose", "PutRecord", one_delivered)
    after("firehose", "PutRecordBatch", several)


def _stream(call: ApiCall) -> str:
    given = call.parameters
    name = given.get("DeliveryStreamName") or given.get("StreamName") or given["StreamARN"]
    return str(name).rpartition("/")[2]


def _data(record: Any) -> bytes:
    data = record["Data"]
    return data.encode() if isinstance(data, str) else bytes(data)
