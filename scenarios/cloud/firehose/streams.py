"""Delivery streams: they gather records, and deliver a batch when it is large or old enough.

A stream that reads a Kinesis stream takes no other records. It starts with what arrives after it was made,
under its own role. A batch for a bucket is one object, its records side by side. What S3 does not take is
tried again for 24 hours, then it is lost; AWS names no pace, here it doubles up to five minutes.

Sources: https://docs.aws.amazon.com/firehose/latest/dev/basic-deliver.html,
https://docs.aws.amazon.com/firehose/latest/dev/retry.html,
https://docs.aws.amazon.com/firehose/latest/dev/writing-with-kinesis-streams.html,
https://docs.aws.amazon.com/firehose/latest/dev/controlling-access.html
"""

import base64
import gzip
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final

from scenarios.cloud.authorization import trust
from scenarios.cloud.calls import Asked
from scenarios.cloud.firehose.configured import Configured, configured
from scenarios.cloud.firehose.emitted import (
    BACKUP,
    TO_OPENSEARCH,
    TO_S3,
    bytes_of,
    delivered,
    measured,
    records_of,
    written,
)
from scenarios.cloud.firehose.names import object_name
from scenarios.cloud.firehose.opensearch import FAILED, SERVICE, Document, Domains, documents
from scenarios.cloud.firehose.processors import NotProcessed, Record, processed
from scenarios.cloud.firehose.transforming import Transformed, Transforming
from scenarios.cloud.functions.stream_records import behind, is_there, key_of, newest, shards
from scenarios.cloud.kernel import moto_state
from scenarios.cloud.kernel.caller import ApiCall
from scenarios.cloud.kernel.clock import Entry
from scenarios.cloud.kernel.deliveries import (
    AssumedRole,
    Delivery,
    Door,
    LogLines,
    Need,
    Object,
    StreamRecord,
)
from scenarios.cloud.kernel.errors import Refused
from scenarios.cloud.kinesis.streams import Streams
from scenarios.cloud.setting import Setting

POLL_SECONDS, REFUSED_SECONDS = 1.0, 60.0
KEPT: Final = timedelta(hours=24)
# No buffering takes some seconds too: https://docs.aws.amazon.com/firehose/latest/dev/buffering-hints.html
LEAST_SECONDS, FIRST_PAUSE, LONGEST_PAUSE = 1.0, 10.0, 300.0
LONGEST_INDEX_PAUSE: Final = 60.0
READS = ("kinesis:DescribeStream", "kinesis:GetShardIterator", "kinesis:GetRecords")
MEGABYTE: Final = 1024 * 1024


@dataclass(slots=True)
class _Gathering:
    """What a delivery stream has gathered. `due`: when it is delivered."""

    records: list[Record] = field(default_factory=list)
    size: int = 0
    due: Entry | None = None


@dataclass(slots=True)
class _Source:
    """How far a delivery stream has read a Kinesis stream: the last number of each shard."""

    passed: dict[str, str] = field(default_factory=dict)
    look: Entry | None = None


class DeliveryStreams(Door[StreamRecord]):
    """Every delivery stream of the account."""

    def __init__(self, setting: Setting, streams: Streams, transforming: Transforming) -> None:
        self._setting = setting
        self._transforming = transforming
        self._domains = Domains(setting)
        self._gathering: dict[str, _Gathering] = {}
        self._sources: dict[str, _Source] = {}
        self._told: set[tuple[str, str]] = set()
        setting.deliveries.register("firehose", StreamRecord, self)
        setting.calls.check("firehose", "CreateDeliveryStream", self._check)
        for operation in ("PutRecord", "PutRecordBatch"):
            setting.calls.answer("firehose", operation, self._put)
            setting.calls.after("firehose", operation, self._count)
        streams.when_written(self._arrived)

    # ---- what is written ------------------------------------------------------------------------

    def is_there(self, delivery: Delivery[StreamRecord]) -> bool:
        """Whether there is such a delivery stream."""
        return moto_state.stream_is_there(delivery.arn)

    def needs(self, delivery: Delivery[StreamRecord]) -> Sequence[Need]:
        """What the role must be allowed."""
        return (Need("firehose:PutRecord", delivery.arn),)

    def objection(self, delivery: Delivery[StreamRecord]) -> str:
        """One that reads a Kinesis stream takes no other records."""
        found = self._configured(delivery.arn)
        return f"{found.name} reads a Kinesis stream" if found and found.source else ""

    def take(self, delivery: Delivery[StreamRecord]) -> None:
        """Take in one record."""
        _, _, _, region, _, _ = delivery.arn.split(":", 5)
        name = delivery.arn.rpartition("/")[2]
        written(self._setting, region, name, [delivery.payload.data])
        self._gather(delivery.arn, [delivery.payload.data])

    def _put(self, asked: Asked) -> dict[str, Any]:
        """PutRecord and PutRecordBatch."""
        given, account = asked.parameters, self._setting.account
        name = given["DeliveryStreamName"]
        found = self._configured(f"arn:aws:firehose:{asked.region}:{account}:deliverystream/{name}")
        if found is None:
            raise Refused("ResourceNotFoundException", f"Firehose {name} under account {account} not found.")
        if found.source:
            words = "This operation is not permitted on KinesisStreamAsSource delivery stream type."
            raise Refused("InvalidArgumentException", words)
        records = [bytes_of(each) for each in given.get("Records", [given.get("Record")])]
        self._gather(found.arn, records)
        ids = [{"RecordId": self._setting.new_uuid("firehose.record")} for _ in records]
        if asked.operation == "PutRecord":
            return {**ids[0], "Encrypted": False}
        return {"FailedPutCount": 0, "Encrypted": False, "RequestResponses": ids}

    def _count(self, call: ApiCall) -> None:
        name = call.parameters["DeliveryStreamName"]
        written(self._setting, call.region, name, records_of(call))

    def _check(self, asked: Asked) -> None:
        """Firehose must be able to assume each role that a new stream names."""
        for role in _roles(asked.parameters):
            if not trust.can_be_assumed(role, SERVICE, account=self._setting.account, region=asked.region):
                words = f"Firehose is unable to assume role {role}. Please check the role provided."
                raise Refused("InvalidArgumentException", words)

    # ---- the source -----------------------------------------------------------------------------

    def _arrived(self, stream: str) -> None:
        """A record was put into a Kinesis stream."""
        region, account = stream.split(":")[3:5]
        for arn in moto_state.delivery_streams_from(account, region, stream):
            self._look_after(arn, POLL_SECONDS)

    def _look_after(self, arn: str, seconds: float) -> None:
        source = self._sources.setdefault(arn, _Source())
        if source.look is None:
            words = "Firehose reads a Kinesis stream"
            source.look = self._setting.clock.after(seconds, partial(self._look, arn), words)

    def _look(self, arn: str) -> None:
        source = self._sources[arn]
        source.look = None
        found = self._configured(arn)
        if found is None or not is_there(found.source):
            return
        if why := self._may_not_read(found):
            self._tell(arn, "lost", f"{found.name} does not read {found.source.rpartition('/')[2]}: {why}")
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
        model: Any = moto_state.delivery_stream(arn)
        made: datetime = model.create_timestamp
        return made.replace(tzinfo=UTC)

    def _may_not_read(self, found: Configured) -> str:
        key = key_of(found.source)
        asked = [*((each, found.source) for each in READS), *([("kms:Decrypt", key)] if key else [])]
        for action, resource in asked:
            decision = self._setting.identity.role_may(found.source_role, SERVICE, action, resource)
            if not decision.allowed:
                name = found.source_role.rpartition("/")[2]
                return f"{name} may not {action} because {decision.because}"
        return ""

    # ---- batches --------------------------------------------------------------------------------

    def _gather(self, arn: str, records: Iterable[bytes]) -> None:
        found = self._configured(arn)
        assert found is not None  # whoever gave them has looked
        gathering = self._gathering.setdefault(arn, _Gathering())
        now = self._setting.clock.now
        for data in records:
            gathering.records.append(Record(data=data, arrived=now))
            gathering.size += len(data)
        full = gathering.size >= found.megabytes * MEGABYTE
        if gathering.due is not None and not full:
            return
        if gathering.due is not None:
            gathering.due.cancelled = True
        seconds = 0.0 if full else max(float(found.seconds), LEAST_SECONDS)
        words = f"Firehose delivers {found.name}"
        gathering.due = self._setting.clock.after(seconds, partial(self._deliver, arn), words)

    def _deliver(self, arn: str) -> None:
        """Process what was gathered, and send it on."""
        found, gathering = self._configured(arn), self._gathering.pop(arn)
        if found is None:
            self._setting.note("lost", f"{arn.rpartition('/')[2]} was deleted with what it had gathered")
            return
        records = self._processed(found, gathering.records)
        if not records:
            return
        if found.index is None:
            self._to_bucket(found, records, TO_S3)
            return
        if found.index.everything:
            self._to_bucket(found, records, BACKUP)
        new = partial(self._setting.new_uuid, "firehose.document")
        waiting = documents(records, found.index, new)
        self._to_index(found, waiting, self._setting.clock.now, FIRST_PAUSE)

    def _processed(self, found: Configured, records: Sequence[Record]) -> list[Record]:
        """What is left of them; what can't be processed goes to the bucket's folder of failures."""
        now, left, failed = self._setting.clock.now, list(records), list[bytes]()
        for kind, parameters in found.processors:
            left, wrong = self._step(found, kind, parameters, left)
            arn = parameters.get("LambdaArn", "")
            failed += [_not_processed(record, error, now, arn) for record, error in wrong]
            for code, message in dict.fromkeys((error.code, str(error)) for _, error in wrong):
                self._log(found, code, message)
        if failed:
            self._store(found, b"".join(failed), records[0].arrived, failed="processing-failed")
        return left

    def _step(
        self, found: Configured, kind: str, parameters: Mapping[str, str], records: Sequence[Record]
    ) -> Transformed:
        """What one processor makes of records."""
        if kind == "Lambda":
            return self._transforming.transformed(found, parameters, records)
        done: list[Record] = []
        failed: list[tuple[Record, NotProcessed]] = []
        for record in records:
            try:
                done += processed(kind, parameters, record)
            except NotProcessed as error:
                failed.append((record, error))
        return done, failed

    def _to_bucket(self, found: Configured, records: Sequence[Record], metric: str) -> None:
        body = b"".join(each.data for each in records)
        packed = gzip.compress(body, mtime=0) if found.bucket.packed else body
        self._store(found, packed, records[0].arrived, metric=metric, many=len(records))

    def _store(
        self,
        found: Configured,
        body: bytes,
        oldest: datetime,
        *,
        failed: str = "",
        metric: str = "",
        many: int = 0,
        pause: float = FIRST_PAUSE,
    ) -> None:
        """Put one object, now or later; after a day it is lost."""
        now = self._setting.clock.now
        new = partial(self._setting.new_uuid, "firehose.object")
        stream = f"{found.name}-{found.version}"
        key = object_name(found.bucket, stream, oldest, now, new, failed=failed)
        refusal = self._setting.deliveries.hand_over(
            f"{found.bucket.arn}/{key}",
            Object(body=body, plain=True),
            by=AssumedRole(arn=found.bucket.role, service=SERVICE),
            source=found.arn,
        )
        bucket = found.bucket.arn.rpartition(":")[2]
        if refusal is None:
            words = f"Firehose {found.name} to {bucket}"
            self._setting.note("delivered", f"{words} ({failed})" if failed else words)
            if metric:
                values = delivered(metric, many, len(body), (now - oldest).total_seconds(), 1)
                measured(self._setting, found.region, found.name, values)
            return
        self._tell(found.arn, "refused", f"{found.name} can't write to {bucket}: {refusal.because}")
        self._log(found, "S3.AccessDenied" if refusal.action else "S3.NoSuchBucket", refusal.because)
        if now - oldest > KEPT:
            self._setting.note("lost", f"{found.name} could not write to {bucket} for a day")
            return
        again = partial(
            self._store,
            found,
            body,
            oldest,
            failed=failed,
            metric=metric,
            many=many,
            pause=min(pause * 2, LONGEST_PAUSE),
        )
        self._setting.clock.after(pause, again, f"Firehose tries {bucket} again")

    def _to_index(
        self, found: Configured, waiting: Sequence[Document], since: datetime, pause: float
    ) -> None:
        """One bulk request, and what follows: another one, or the bucket."""
        assert found.index is not None  # its caller looked
        failed = [each for each in waiting if each.final]
        sent = [each for each in waiting if not each.final]
        left = self._domains.send(found.index, found.region, sent) if sent else []
        now = self._setting.clock.now
        there = len(sent) - len(left)
        if there:
            size = sum(len(each.record.data) for each in sent if each not in left)
            age = (now - min(each.record.arrived for each in sent)).total_seconds()
            measured(
                self._setting, found.region, found.name, delivered(TO_OPENSEARCH, there, size, age, there)
            )
            self._setting.note("delivered", f"Firehose {found.name}: {there} to the index {sent[0].index}")
        if left:
            self._log(found, f"OS.{left[0].code}", left[0].message)
            self._tell(found.arn, "refused", f"{found.name} can't index: {left[0].code} {left[0].message}")
        again = [each for each in left if not each.final]
        failed += [each for each in left if each.final]
        over = (now - since).total_seconds() + pause > found.index.retry_seconds
        if again and over:
            failed, again = [*failed, *again], []
        if failed:
            body = b"".join(each.failed(now) for each in failed)
            self._store(found, body, failed[0].record.arrived, failed=FAILED, metric=BACKUP, many=len(failed))
        if again:
            longer = min(pause * 2, LONGEST_INDEX_PAUSE)
            more = partial(self._to_index, found, again, since, longer)
            self._setting.clock.after(pause, more, f"Firehose tries {found.name} again")

    # ---- what is told ---------------------------------------------------------------------------

    def _tell(self, arn: str, kind: str, words: str) -> None:
        """Say it, once."""
        if (arn, words) not in self._told:
            self._told.add((arn, words))
            self._setting.note(kind, words)

    def _log(self, found: Configured, code: str, message: str) -> None:
        """Write an error to the group that the stream names, if the role may."""
        if found.log is None:
            return
        group, stream = found.log
        line = {
            "deliveryStreamARN": found.arn,
            "destination": found.bucket.arn if found.index is None else found.index.domain,
            "deliveryStreamVersionId": int(found.version),
            "message": message,
            "errorCode": code,
        }
        self._setting.deliveries.hand_over(
            f"arn:aws:logs:{found.region}:{self._setting.account}:log-group:{group}",
            LogLines(stream=stream, lines=[(self._setting.clock.now, json.dumps(line))]),
            by=AssumedRole(arn=found.role, service=SERVICE),
        )

    # ---- the streams ----------------------------------------------------------------------------

    def _configured(self, arn: str) -> Configured | None:
        model = moto_state.delivery_stream(arn)
        return configured(model) if model is not None else None


def _roles(parameters: Any) -> list[str]:
    """Every role that a request names, wherever it stands."""
    if isinstance(parameters, dict):
        own = [parameters["RoleARN"]] if isinstance(parameters.get("RoleARN"), str) else []
        return own + [one for each in parameters.values() for one in _roles(each)]
    return [one for each in parameters for one in _roles(each)] if isinstance(parameters, list) else []


def _not_processed(record: Record, error: NotProcessed, now: datetime, function: str) -> bytes:
    """The line that the bucket gets of a record that could not be processed."""
    told = {
        "attemptsMade": 1,
        "arrivalTimestamp": int(record.arrived.timestamp() * 1000),
        "errorCode": error.code,
        "errorMessage": str(error),
        "attemptEndingTimestamp": int(now.timestamp() * 1000),
        "rawData": base64.b64encode(record.data).decode(),
        **({"lambdaArn": function} if function else {}),
    }
    return f"{json.dumps(told)}\n".encode()
