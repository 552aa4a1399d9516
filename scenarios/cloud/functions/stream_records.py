"""The records of a table's stream or a Kinesis stream, as a function's event tells them.

Sources: https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html,
https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html,
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_StreamRecord.html,
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html (kept for 24 hours)
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from scenarios.cloud.kernel import moto_state
from scenarios.cloud.kernel.arns import region_of, service_of

_TABLE_HOURS: Final = 24


@dataclass(frozen=True, slots=True)
class StreamedRecord:
    """One record of a shard. `sequence`: its number there; `event`: as a function gets it."""

    sequence: str
    at: datetime
    event: Mapping[str, Any]

    @property
    def filtered(self) -> tuple[Mapping[str, Any], str | None]:
        """What filters are held against, and its field of the sender's own text.

        Of Kinesis that is the record itself, whose `data` is no base64 any more.
        https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis-filtering.html
        """
        if "kinesis" not in self.event:
            return self.event, None
        record = self.event["kinesis"]
        text = base64.b64decode(record["data"]).decode(errors="replace")
        return {**self.event, **record, "data": text}, "data"


def is_there(arn: str) -> bool:
    """Whether there is such a stream, and it is on."""
    if service_of(arn) == "dynamodb":
        return moto_state.streaming_table(arn) is not None
    return moto_state.stream_is_there(arn)


def shards(arn: str, role_arn: str, now: datetime) -> dict[str, list[StreamedRecord]]:
    """What each shard holds now, oldest first; `role_arn`: the role that the function runs under."""
    if service_of(arn) == "dynamodb":
        return _of_table(arn, now - timedelta(hours=_TABLE_HOURS))
    return _of_stream(arn, role_arn, now)


def key_of(arn: str) -> str:
    """The key that a Kinesis stream is encrypted with; "" where the role needs none for it."""
    if service_of(arn) == "dynamodb":
        return ""  # DynamoDB's own grant lets Lambda read the stream of an encrypted table
    key = str(moto_state.kinesis_stream(arn).key_id or "")
    return "" if key.endswith("alias/aws/kinesis") else key


def _of_table(arn: str, oldest: datetime) -> dict[str, list[StreamedRecord]]:
    table = moto_state.streaming_table(arn)
    if table is None:
        return {}
    region = region_of(arn)
    found = [_of_change(each.record, arn, region) for each in table.stream_shard.items]
    return {table.stream_shard.id: [each for each in found if each.at > oldest]}


def _of_change(change: Mapping[str, Any], arn: str, region: str) -> StreamedRecord:
    at = change["dynamodb"]["ApproximateCreationDateTime"].replace(tzinfo=UTC)
    event = {
        **{name: change[name] for name in ("eventID", "eventName")},
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": region,
        "dynamodb": {**change["dynamodb"], "ApproximateCreationDateTime": int(at.timestamp())},
        "eventSourceARN": arn,
    }
    return StreamedRecord(str(change["dynamodb"]["SequenceNumber"]), at, event)


def _of_stream(arn: str, role_arn: str, now: datetime) -> dict[str, list[StreamedRecord]]:
    if not moto_state.stream_is_there(arn):
        return {}
    stream = moto_state.kinesis_stream(arn)
    oldest = now - timedelta(hours=int(stream.retention_period_hours))
    found = {
        shard.shard_id: [_of_record(each, shard.shard_id, arn, role_arn) for each in shard.records.values()]
        for shard in stream.shards.values()
    }
    return {shard: [each for each in records if each.at > oldest] for shard, records in found.items()}


def _of_record(record: Any, shard: str, arn: str, role_arn: str) -> StreamedRecord:
    at, sequence = record.created_at_datetime.replace(tzinfo=UTC), str(record.sequence_number)
    event = {
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": record.partition_key,
            "sequenceNumber": sequence,
            "data": record.data,
            "approximateArrivalTimestamp": round(at.timestamp(), 3),
        },
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": f"{shard}:{sequence}",
        "eventName": "aws:kinesis:record",
        "invokeIdentityArn": role_arn,
        "awsRegion": region_of(arn),
        "eventSourceARN": arn,
    }
    return StreamedRecord(sequence, at, event)
