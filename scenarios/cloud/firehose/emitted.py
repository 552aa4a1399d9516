"""The metrics that Data Firehose emits: of what is written to it, what it reads and what it delivers.

Left out: quotas, throttled requests, what a transformation needs.

Source: https://docs.aws.amazon.com/firehose/latest/dev/monitoring-with-cloudwatch-metrics.html
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from scenarios.cloud.kernel.blobs import bytes_of
from scenarios.cloud.kernel.emitted import EmittedMetrics
from scenarios.cloud.setting import Setting

NAMESPACE: Final = "AWS/Firehose"
TO_S3, TO_OPENSEARCH = "DeliveryToS3", "DeliveryToAmazonOpenSearchService"
TO_ENDPOINT: Final = "DeliveryToHttpEndpoint"
BACKUP: Final = "BackupToS3"
_DELIVERIES: Final = (TO_S3, TO_OPENSEARCH, TO_ENDPOINT, BACKUP)
METRICS = (
    EmittedMetrics(
        namespace=NAMESPACE,
        units={
            "IncomingBytes": "Bytes",
            "IncomingPutRequests": "Count",
            "IncomingRecords": "Count",
            "DataReadFromKinesisStream.Bytes": "Bytes",
            "DataReadFromKinesisStream.Records": "Count",
            **{f"{each}.Bytes": "Bytes" for each in _DELIVERIES},
            **{f"{each}.Records": "Count" for each in _DELIVERIES},
            **{f"{each}.Success": "Count" for each in _DELIVERIES},
            **{f"{each}.DataFreshness": "Seconds" for each in _DELIVERIES},
        },
        dimensions=(("DeliveryStreamName",),),
    ),
)


def measured(setting: Setting, region: str, stream: str, values: Mapping[str, float]) -> None:
    """A delivery stream measured something, now."""
    setting.measured(region, NAMESPACE, values, {"DeliveryStreamName": stream})


def written(setting: Setting, region: str, stream: str, records: Sequence[bytes]) -> None:
    """One request wrote these records to a delivery stream."""
    size = sum(len(each) for each in records)
    values = {"IncomingRecords": len(records), "IncomingBytes": size, "IncomingPutRequests": 1}
    measured(setting, region, stream, values)


def delivered(to: str, records: int, size: int, seconds: float, success: float) -> dict[str, float]:
    """What a delivery measures; `seconds`: the age of its oldest record."""
    return {
        f"{to}.Records": records,
        f"{to}.Bytes": size,
        f"{to}.DataFreshness": seconds,
        f"{to}.Success": success,
    }


def records_of(parameters: Mapping[str, Any]) -> list[bytes]:
    """What a PutRecord or a PutRecordBatch with these parameters writes."""
    return [bytes_of(each["Data"]) for each in parameters.get("Records", [parameters.get("Record")])]
