"""Kinesis, Firehose, DynamoDB's streams: as moto has them."""

from typing import Any

from scenarios.cloud.kernel.moto_state import backend


def stream_is_there(arn: str) -> bool:
    """Whether there is such a Kinesis stream or Firehose delivery stream."""
    _, _, service, region, account, _ = arn.split(":", 5)
    found = backend(service, account, region)
    streams = found.streams if service == "kinesis" else found.delivery_streams
    return arn.rpartition("/")[2] in streams


def delivery_stream(arn: str) -> Any | None:
    """A delivery stream, or None: `.destinations`, `.source`, `.version_id`, `.create_timestamp`."""
    _, _, _, region, account, _ = arn.split(":", 5)
    return backend("firehose", account, region).delivery_streams.get(arn.rpartition("/")[2])


def delivery_streams_from(account: str, region: str, stream: str) -> list[str]:
    """The ARNs of the delivery streams that read a Kinesis stream."""
    found = backend("firehose", account, region).delivery_streams.values()
    return [
        str(each.delivery_stream_arn)
        for each in found
        if (each.source or {}).get("KinesisStreamARN") == stream
    ]


def kinesis_stream(arn: str) -> Any:
    """A Kinesis stream that is there: `.shards`, `.key_id`, `.retention_period_hours`."""
    _, _, _, region, account, _ = arn.split(":", 5)
    return backend("kinesis", account, region).streams[arn.rpartition("/")[2]]


def streaming_table(arn: str) -> Any | None:
    """The table of a stream, by the stream's ARN, while that stream is on: `.stream_shard`."""
    _, _, _, region, account, rest = arn.split(":", 5)
    _, name, _, label = [*rest.split("/", 3), "", "", ""][:4]
    found = backend("dynamodb", account, region).tables.get(name)
    on = found is not None and found.stream_shard is not None and found.stream_specification["StreamEnabled"]
    return found if on and found.latest_stream_label == label else None
