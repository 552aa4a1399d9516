"""The records of a table's stream or a Kinesis stream, as a function's event tells them.

Sources: https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html,
https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html,
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_StreamRecord.html,
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html (kept for 24 hours)
"""

import base64
import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from scenarios.cloud.kernel import moto_streams
from scenarios.cloud.kernel.arns import region_of, service_of
from scenarios.cloud.kms.keys import key_arn

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

    def lane(self, many: int) -> int:
        """Which of so many lanes it is in, by its partition key, or by its item's key."""
        if many == 1:
            return 0
        key = self.event["kinesis"]["partitionKey"] if "kinesis" in self.event else self._keys
        return zlib.crc32(key.encode()) % many

    @property
    def _keys(self) -> str:
        return json.dumps(self.event["dynamodb"].get("Keys", {}), sort_keys=True, default=str)


@dataclass(frozen=True, slots=True)
class _Held:
    """One record as moto keeps it, with its number and its time."""

    sequence: str
    at: datetime
    record: Any


def is_there(arn: str) -> bool:
    """Whether there is such a stream, and it is on."""
    if _is_of_a_table(arn):
        return moto_streams.streaming_table(arn) is not None
    return moto_streams.stream_is_there(arn)


def key_of(arn: str) -> str:
    """The ARN of the key that a Kinesis stream is encrypted with; "" where the role needs none for it."""
    if _is_of_a_table(arn):
        return ""  # DynamoDB's own grant lets Lambda read the stream of an encrypted table
    configured = str(moto_streams.kinesis_stream(arn).key_id or "")
    return "" if configured.endswith("alias/aws/kinesis") else key_arn(configured, arn)


def shards(arn: str) -> list[str]:
    """The ids of a stream's shards; none of a stream that isn't there."""
    if not is_there(arn):
        return []
    if _is_of_a_table(arn):
        return [_of_its_table(arn).id]
    return [shard.shard_id for shard in moto_streams.kinesis_stream(arn).shards.values()]


def kept_since(arn: str, now: datetime) -> datetime:
    """A stream holds no record of this moment, or from before it."""
    hours = _TABLE_HOURS if _is_of_a_table(arn) else moto_streams.kinesis_stream(arn).retention_period_hours
    return now - timedelta(hours=int(hours))


def newest(arn: str, shard: str, before: datetime | None = None) -> str:
    """The number of a shard's last record, or of its last one from before a moment; "" where it has none."""
    found = [each.sequence for each in _held(arn, shard) if before is None or each.at < before]
    return found[-1] if found else ""


def behind(arn: str, shard: str, passed: str, *, role_arn: str, now: datetime) -> Iterator[StreamedRecord]:
    """What a shard holds behind the record of this number, or all where it is "", oldest first.

    `role_arn`: the role that the function runs under, which a Kinesis record's event names.
    """
    oldest, of_table = kept_since(arn, now), _is_of_a_table(arn)
    for held in _held(arn, shard):
        if held.at <= oldest or (passed and int(held.sequence) <= int(passed)):
            continue
        event = _of_change(held, arn) if of_table else _of_record(held, shard, arn, role_arn)
        yield StreamedRecord(held.sequence, held.at, event)


def _is_of_a_table(arn: str) -> bool:
    return service_of(arn) == "dynamodb"


def _of_its_table(arn: str) -> Any:
    """The shard of a table's stream that is there: moto keeps one."""
    table: Any = moto_streams.streaming_table(arn)
    return table.stream_shard


def _held(arn: str, shard: str) -> Iterator[_Held]:
    if _is_of_a_table(arn):
        for record in (each.record for each in _of_its_table(arn).items):
            change = record["dynamodb"]
            at = change["ApproximateCreationDateTime"].replace(tzinfo=UTC)
            yield _Held(str(change["SequenceNumber"]), at, record)
        return
    for found in moto_streams.kinesis_stream(arn).shards.values():
        if found.shard_id == shard:
            for each in found.records.values():
                yield _Held(str(each.sequence_number), each.created_at_datetime.replace(tzinfo=UTC), each)


def _of_change(held: _Held, arn: str) -> dict[str, Any]:
    change = held.record
    return {
        **{name: change[name] for name in ("eventID", "eventName")},
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": region_of(arn),
        "dynamodb": {**change["dynamodb"], "ApproximateCreationDateTime": int(held.at.timestamp())},
        "eventSourceARN": arn,
    }


def _of_record(held: _Held, shard: str, arn: str, role_arn: str) -> dict[str, Any]:
    return {
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": held.record.partition_key,
            "sequenceNumber": held.sequence,
            "data": held.record.data,
            "approximateArrivalTimestamp": round(held.at.timestamp(), 3),
        },
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": f"{shard}:{held.sequence}",
        "eventName": "aws:kinesis:record",
        "invokeIdentityArn": role_arn,
        "awsRegion": region_of(arn),
        "eventSourceARN": arn,
    }
