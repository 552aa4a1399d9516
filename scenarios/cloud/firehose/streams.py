"""Delivery streams: they gather records, and deliver a batch when it is large or old enough.

A stream that reads a Kinesis stream (sources.py) takes no other records. A batch for a bucket is one object,
its records side by side. What S3 does not take is tried again for 24 hours, then it is lost; AWS names no
pace, here it doubles up to five minutes.

Sources: https://docs.aws.amazon.com/firehose/latest/dev/basic-deliver.html,
https://docs.aws.amazon.com/firehose/latest/dev/retry.html,
https://docs.aws.amazon.com/firehose/latest/dev/writing-with-kinesis-streams.html,
https://docs.aws.amazon.com/firehose/latest/dev/controlling-access.html,
https://docs.aws.amazon.com/firehose/latest/APIReference/API_PutRecord.html (InvalidSourceException),
https://docs.aws.amazon.com/firehose/latest/APIReference/API_PutRecordBatch.html (4 MiB; the error's words are
reported: https://github.com/osquery/osquery/issues/3568). What the bucket gets of a record that was not
processed is recorded on AWS: https://github.com/radkawar/stackd/blob/main/docs/firehose.md
"""

import gzip
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from scenarios.cloud.asked import Asked
from scenarios.cloud.authorization import trust
from scenarios.cloud.firehose.configured import Configured, standing
from scenarios.cloud.firehose.emitted import (
    BACKUP,
    TO_ENDPOINT,
    TO_OPENSEARCH,
    TO_S3,
    delivered,
    measured,
    records_of,
    written,
)
from scenarios.cloud.firehose.http_endpoint import FAILED as ENDPOINT_FAILED
from scenarios.cloud.firehose.http_endpoint import HttpEndpoints, Trouble
from scenarios.cloud.firehose.names import object_name
from scenarios.cloud.firehose.opensearch import FAILED, Document, Domains, documents
from scenarios.cloud.firehose.processors import FOLDERS, NotProcessed, Record, failure, processed
from scenarios.cloud.firehose.roles import SERVICE
from scenarios.cloud.firehose.sources import KinesisSources
from scenarios.cloud.firehose.transforming import Transformed, Transforming
from scenarios.cloud.kernel import moto_streams
from scenarios.cloud.kernel.caller import ApiCall
from scenarios.cloud.kernel.clock import Entry
from scenarios.cloud.kernel.deliveries import (
    AssumedRole,
    Delivery,
    Door,
    LogLines,
    Need,
    Object,
    Refusal,
    StreamRecord,
)
from scenarios.cloud.kernel.errors import Refused
from scenarios.cloud.kinesis.streams import Streams
from scenarios.cloud.setting import Setting

KEPT: Final = timedelta(hours=24)
# No buffering takes some seconds too: https://docs.aws.amazon.com/firehose/latest/dev/buffering-hints.html
LEAST_SECONDS, FIRST_PAUSE, LONGEST_PAUSE = 1.0, 10.0, 300.0
LONGEST_INDEX_PAUSE: Final = 60.0
MEGABYTE: Final = 1024 * 1024
MOST_BYTES: Final = 4 * MEGABYTE  # of one request


@dataclass(slots=True)
class _Gathering:
    """What a delivery stream has gathered. `due`: when it is delivered."""

    records: list[Record] = field(default_factory=list)
    size: int = 0
    due: Entry | None = None


@dataclass(frozen=True, slots=True)
class _Parcel:
    """An object on its way into the bucket. `oldest`: when its first record arrived.

    `failed`: what kind of failure it is of, "" for none. `metric`, `many`: its metric, and its records.
    """

    body: bytes
    oldest: datetime
    failed: str = ""
    metric: str = ""
    many: int = 0


class DeliveryStreams(Door[StreamRecord]):
    """Every delivery stream of the account."""

    def __init__(self, setting: Setting, streams: Streams, transforming: Transforming) -> None:
        self._setting = setting
        self._transforming = transforming
        self._domains = Domains(setting)
        self._endpoints = HttpEndpoints(setting, self)
        self._gathering: dict[str, _Gathering] = {}
        self._told: set[tuple[str, str]] = set()
        setting.deliveries.register("firehose", StreamRecord, self)
        setting.calls.check("firehose", "CreateDeliveryStream", self._check)
        for operation in ("PutRecord", "PutRecordBatch"):
            setting.calls.answer("firehose", operation, self._put)
            setting.calls.after("firehose", operation, self._count)
        KinesisSources(setting, streams, self._gather)

    # ---- what is written ------------------------------------------------------------------------

    def is_there(self, delivery: Delivery[StreamRecord]) -> bool:
        """Whether there is such a delivery stream."""
        return moto_streams.stream_is_there(delivery.arn)

    def needs(self, delivery: Delivery[StreamRecord]) -> Sequence[Need]:
        """What the role must be allowed."""
        return (Need("firehose:PutRecord", delivery.arn),)

    def objection(self, delivery: Delivery[StreamRecord]) -> str:
        """One that reads a Kinesis stream takes no other records."""
        found = standing(delivery.arn)
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
        found = standing(f"arn:aws:firehose:{asked.region}:{account}:deliverystream/{name}")
        if found is None:
            raise Refused("ResourceNotFoundException", f"Firehose {name} under account {account} not found.")
        if found.source:
            words = "This operation is not permitted on KinesisStreamAsSource delivery stream type."
            raise Refused("InvalidArgumentException", words)
        if found.unpacks:
            words = "Only requests from CloudWatch Logs are supported when CloudWatch Logs decompression is "
            words += "enabled."
            raise Refused("InvalidSourceException", words)
        records = records_of(given)
        if sum(map(len, records)) > MOST_BYTES:
            raise Refused("InvalidArgumentException", "Records size exceeds 4 MB limit")
        self._gather(found.arn, records)
        ids = [{"RecordId": self._setting.new_uuid("firehose.record")} for _ in records]
        if asked.operation == "PutRecord":
            return {**ids[0], "Encrypted": False}
        return {"FailedPutCount": 0, "Encrypted": False, "RequestResponses": ids}

    def _count(self, call: ApiCall) -> None:
        name = call.parameters["DeliveryStreamName"]
        written(self._setting, call.region, name, records_of(call.parameters))

    def _check(self, asked: Asked) -> None:
        """Firehose must be able to assume each role that a new stream names."""
        for role in _roles(asked.parameters):
            if not trust.can_be_assumed(role, SERVICE, account=self._setting.account, region=asked.region):
                words = f"Firehose is unable to assume role {role}. Please check the role provided."
                raise Refused("InvalidArgumentException", words)

    # ---- batches --------------------------------------------------------------------------------

    def _gather(self, arn: str, records: Iterable[bytes]) -> None:
        found = standing(arn)
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
        found, gathering = standing(arn), self._gathering.pop(arn)
        if found is None:
            self._setting.note("lost", f"{arn.rpartition('/')[2]} was deleted with what it had gathered")
            return
        records = self._processed(found, gathering.records)
        if not records:
            return
        if found.endpoint is not None:
            if found.endpoint.everything:
                self._to_bucket(found, records, BACKUP)
            self._endpoints.send(arn, records)
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
        now, left, failed = self._setting.clock.now, list(records), dict[str, bytes]()
        for kind, parameters in found.processors:
            left, wrong = self._step(found, kind, parameters, left)
            folder, arn = FOLDERS.get(kind, ""), parameters.get("LambdaArn", "")
            told = b"".join(_not_processed(record, error, now, arn) for record, error in wrong)
            failed[folder] = failed.get(folder, b"") + told
            for code, message in dict.fromkeys((error.code, str(error)) for _, error in wrong):
                self._log(found, code, message)
        for folder, body in failed.items():
            if body:
                self._store(found, _Parcel(body, records[0].arrived, failed=folder))
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
        body = found.between.join(each.data for each in records)
        packed = gzip.compress(body, mtime=0) if found.bucket.packed else body
        self._store(found, _Parcel(packed, records[0].arrived, metric=metric, many=len(records)))

    def _store(self, found: Configured, parcel: _Parcel, pause: float = FIRST_PAUSE) -> None:
        """Put one object, now or later; after a day it is lost."""
        refusal = self._put_object(found, parcel)
        if refusal is None:
            self._stored(found, parcel)
            return
        bucket = _name(found.bucket.arn)
        self._tell(found.arn, "refused", f"{found.name} can't write to {bucket}: {refusal.because}")
        self._log(found, "S3.AccessDenied" if refusal.action else "S3.NoSuchBucket", refusal.because)
        if self._setting.clock.now - parcel.oldest > KEPT:
            self._setting.note("lost", f"{found.name} could not write to {bucket} for a day")
            return
        again = partial(self._store, found, parcel, min(pause * 2, LONGEST_PAUSE))
        self._setting.clock.after(pause, again, f"Firehose tries {bucket} again")

    def _put_object(self, found: Configured, parcel: _Parcel) -> Refusal | None:
        now, new = self._setting.clock.now, partial(self._setting.new_uuid, "firehose.object")
        stream = f"{found.name}-{found.version}"
        key = object_name(found.bucket, stream, parcel.oldest, now, new, failed=parcel.failed)
        return self._setting.deliveries.hand_over(
            f"{found.bucket.arn}/{key}",
            Object(body=parcel.body, plain=True),
            by=AssumedRole(arn=found.bucket.role, service=SERVICE),
            source=found.arn,
        )

    def _stored(self, found: Configured, parcel: _Parcel) -> None:
        words = f"Firehose {found.name} to {_name(found.bucket.arn)}"
        self._setting.note("delivered", f"{words} ({parcel.failed})" if parcel.failed else words)
        if parcel.metric:
            age = (self._setting.clock.now - parcel.oldest).total_seconds()
            values = delivered(parcel.metric, parcel.many, len(parcel.body), age, 1)
            measured(self._setting, found.region, found.name, values)

    def _to_index(
        self, found: Configured, waiting: Sequence[Document], since: datetime, pause: float
    ) -> None:
        """One bulk request, then others until the retry duration is over; the rest goes to the bucket."""
        assert found.index is not None  # its caller looked
        sent = [each for each in waiting if not each.final]
        left = self._domains.send(found.index, found.region, sent) if sent else []
        self._indexed(found, [each for each in sent if each not in left])
        if left:
            self._log(found, f"OS.{left[0].code}", left[0].message)
            self._tell(found.arn, "refused", f"{found.name} can't index: {left[0].code} {left[0].message}")
        now = self._setting.clock.now
        over = (now - since).total_seconds() + pause > found.index.retry_seconds
        again = [] if over else [each for each in left if not each.final]
        self._keep(found, [each for each in waiting if (each.final or each in left) and each not in again])
        if again:
            more = partial(self._to_index, found, again, since, min(pause * 2, LONGEST_INDEX_PAUSE))
            self._setting.clock.after(pause, more, f"Firehose tries {found.name} again")

    def _indexed(self, found: Configured, there: Sequence[Document]) -> None:
        """Measure what a domain took."""
        if not there:
            return
        many, size = len(there), sum(len(each.record.data) for each in there)
        age = (self._setting.clock.now - min(each.record.arrived for each in there)).total_seconds()
        values = delivered(TO_OPENSEARCH, many, size, age, many)
        measured(self._setting, found.region, found.name, values)
        self._setting.note("delivered", f"Firehose {found.name}: {many} to the index {there[0].index}")

    def _keep(self, found: Configured, failed: Sequence[Document]) -> None:
        """Put the documents into the bucket that no index has."""
        if failed:
            body = b"".join(each.failed(self._setting.clock.now) for each in failed)
            oldest = failed[0].record.arrived
            self._store(found, _Parcel(body, oldest, failed=FAILED, metric=BACKUP, many=len(failed)))

    # ---- HTTP endpoints ------------------------------------------------------------------------

    def endpoint_took(self, found: Configured, records: Sequence[Record]) -> None:
        """Measure what an endpoint took."""
        age = (self._setting.clock.now - min(each.arrived for each in records)).total_seconds()
        size = sum(len(each.data) for each in records)
        measured(self._setting, found.region, found.name, delivered(TO_ENDPOINT, len(records), size, age, 1))
        self._setting.note("delivered", f"Firehose {found.name}: {len(records)} to its endpoint")

    def endpoint_refused(self, found: Configured, trouble: Trouble) -> None:
        """Say why an endpoint didn't take a batch."""
        self._log(found, trouble.code, trouble.message)
        words = f"{found.name} can't write to its endpoint: {trouble.code}"
        self._tell(found.arn, "refused", words)

    def keep_for_endpoint(self, found: Configured, records: Sequence[Record], body: bytes) -> None:
        """Put what an endpoint didn't take into the bucket, unless all of it is there."""
        if found.endpoint is not None and found.endpoint.everything:
            return
        parcel = _Parcel(body, records[0].arrived, failed=ENDPOINT_FAILED, metric=BACKUP, many=len(records))
        self._store(found, parcel)

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
            "destination": _destination(found),
            "deliveryStreamVersionId": int(found.version),
            "message": message,
            "errorCode": code,
        }
        self._setting.deliveries.hand_over(
            f"arn:aws:logs:{found.region}:{self._setting.account}:log-group:{group}",
            LogLines(stream=stream, lines=[(self._setting.clock.now, json.dumps(line))]),
            by=AssumedRole(arn=found.role, service=SERVICE),
        )


def _destination(found: Configured) -> str:
    if found.endpoint is not None:
        return found.endpoint.url
    return found.bucket.arn if found.index is None else found.index.domain


def _name(arn: str) -> str:
    """The name of a bucket."""
    return arn.rpartition(":")[2]


def _roles(parameters: Any) -> list[str]:
    """Every role that a request names, wherever it stands."""
    if isinstance(parameters, dict):
        own = [parameters["RoleARN"]] if isinstance(parameters.get("RoleARN"), str) else []
        return own + [one for each in parameters.values() for one in _roles(each)]
    return [one for each in parameters for one in _roles(each)] if isinstance(parameters, list) else []


def _not_processed(record: Record, error: NotProcessed, now: datetime, function: str) -> bytes:
    """The line that the bucket gets of a record that could not be processed."""
    more = {"lambdaARN": function} if function else {}
    return failure(record, attempts=1, code=error.code, message=str(error), ended=now, **more)
