"""Kinesis streams that delivery streams read: what arrives after these were made, under a role.

Sources: https://docs.aws.amazon.com/firehose/latest/dev/writing-with-kinesis-streams.html,
https://docs.aws.amazon.com/firehose/latest/dev/controlling-access.html
"""

import base64
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any

from scenarios.cloud.firehose.configured import Configured, standing
from scenarios.cloud.firehose.emitted import measured
from scenarios.cloud.firehose.roles import denied
from scenarios.cloud.functions.stream_records import behind, is_there, key_of, newest, shards
from scenarios.cloud.kernel import moto_streams
from scenarios.cloud.kernel.clock import Entry
from scenarios.cloud.kinesis.streams import Streams
from scenarios.cloud.setting import Setting

POLL_SECONDS, REFUSED_SECONDS = 1.0, 60.0
READS = ("kinesis:DescribeStream", "kinesis:GetShardIterator", "kinesis:GetRecords")


@dataclass(slots=True)
class _Source:
    """How far a delivery stream has read a Kinesis stream: the last number of each shard."""

    passed: dict[str, str] = field(default_factory=dict)
    look: Entry | None = None


class KinesisSources:
    """What delivery streams read; `gather` takes in records by the delivery stream's ARN."""

    def __init__(
        self, setting: Setting, streams: Streams, gather: Callable[[str, Iterable[bytes]], object]
    ) -> None:
        self._setting = setting
        self._gather = gather
        self._sources: dict[str, _Source] = {}
        self._told: set[str] = set()
        streams.when_written(self._arrived)

    def _arrived(self, stream: str) -> None:
        """A record was put into a Kinesis stream."""
        region, account = stream.split(":")[3:5]
        for arn in moto_streams.delivery_streams_from(account, region, stream):
            self._look_after(arn, POLL_SECONDS)

    def _look_after(self, arn: str, seconds: float) -> None:
        source = self._sources.setdefault(arn, _Source())
        if source.look is None:
            words = "Firehose reads a Kinesis stream"
            source.look = self._setting.clock.after(seconds, partial(self._look, arn), words)

    def _look(self, arn: str) -> None:
        source = self._sources[arn]
        source.look = None
        found = standing(arn)
        if found is None or not is_there(found.source):
            return
        if why := self._may_not_read(found):
            self._tell(f"{found.name} does not read {found.source.rpartition('/')[2]}: {why}")
            self._look_after(arn, REFUSED_SECONDS)
            return
        records = [one for shard in shards(found.source) for one in self._behind(found, source, shard)]
        if records:
            size = sum(map(len, records))
            values = {"Records": len(records), "Bytes": size}
            values = {f"DataReadFromKinesisStream.{name}": value for name, value in values.items()}
            measured(self._setting, found.region, found.name, values)
            self._gather(arn, records)

    def _behind(self, found: Configured, source: _Source, shard: str) -> Iterable[bytes]:
        """What a shard holds that wasn't read; at first, what arrived since the delivery stream was made."""
        if shard not in source.passed:
            source.passed[shard] = newest(found.source, shard, before=self._made(found.arn))
        now = self._setting.clock.now
        for each in behind(found.source, shard, source.passed[shard], role_arn=found.source_role, now=now):
            source.passed[shard] = each.sequence
            yield base64.b64decode(each.event["kinesis"]["data"])

    def _made(self, arn: str) -> datetime:
        """When a delivery stream was made."""
        model: Any = moto_streams.delivery_stream(arn)
        made: datetime = model.create_timestamp
        return made.replace(tzinfo=UTC)

    def _may_not_read(self, found: Configured) -> str:
        key = key_of(found.source)
        asked = [*((each, found.source) for each in READS), *([("kms:Decrypt", key)] if key else [])]
        return denied(self._setting, found.source_role, asked)

    def _tell(self, words: str) -> None:
        """Say it, once."""
        if words not in self._told:
            self._told.add(words)
            self._setting.note("lost", words)
