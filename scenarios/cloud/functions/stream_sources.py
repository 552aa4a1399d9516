"""Event source mappings on streams: Lambda reads each shard in order, and invokes the function.

A batch that fails is tried again, and nothing behind it in its shard comes before it is handled, too old or
given up: then the on-failure destination is told where it was, not what it held. With
BisectBatchOnFunctionError it is halved first, which is no retry. Where the function reports the first record
that failed, it goes on from there. Records that no filter takes are passed over.

Under the `duplicates` faults a batch comes once more before the shard goes on, as it does where Lambda did
not learn of its success. AWS names no pace of retries; here it doubles up to a minute.

Left out: tumbling windows, several batches of a shard at once, consumers with a throughput of their own,
destinations in S3 and Kafka, shards that are split or merged.

Sources: https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html,
https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-create.html,
https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html,
https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html,
https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from typing import Any, Final

from scenarios.cloud.functions.concurrency import has_no_concurrency, throttled
from scenarios.cloud.functions.destinations import Destinations
from scenarios.cloud.functions.emitted import NAMESPACE, dimensions_of
from scenarios.cloud.functions.event_filters import takes
from scenarios.cloud.functions.invocations import Result
from scenarios.cloud.functions.pollers import Poller, name_of
from scenarios.cloud.functions.queue_batches import unprocessed
from scenarios.cloud.functions.stream_records import (
    StreamedRecord,
    behind,
    is_there,
    kept_since,
    key_of,
    newest,
    shards,
)
from scenarios.cloud.functions.validation import STREAM_ACTIONS
from scenarios.cloud.kernel.arns import region_of, service_of
from scenarios.cloud.kernel.caller import ApiCall
from scenarios.cloud.kernel.clock import Entry
from scenarios.cloud.kernel.moments import iso_milliseconds, moment
from scenarios.cloud.setting import Setting

# How often Lambda asks a shard.
POLL_SECONDS: Final = {"dynamodb": 0.25, "kinesis": 1.0}
REFUSED_SECONDS: Final = 60.0
LONGEST_PAUSE_SECONDS: Final = 60.0


@dataclass(slots=True)
class _Batch:
    """Records that are given to the function together. `attempts`: those that counted."""

    records: Sequence[StreamedRecord]
    attempts: int = 0


@dataclass(slots=True)
class _Shard:
    """How far a mapping has come in one shard.

    `passed`: the number of the last record that was taken out; "" before the first. `batches`: what was taken
    out and isn't done, in order. `look`: when it is looked at next. `window`: when the batch that is gathered
    must be whole.
    """

    passed: str = ""
    batches: list[_Batch] = field(default_factory=list)
    look: Entry | None = None
    window: datetime | None = None


class StreamSources:
    """All event source mappings on streams, as moto has them."""

    def __init__(self, setting: Setting, poller: Poller, destinations: Destinations) -> None:
        self._setting = setting
        self._poller = poller
        self._destinations = destinations
        self._shards: dict[tuple[str, str], _Shard] = {}
        for operation in ("CreateEventSourceMapping", "UpdateEventSourceMapping"):
            setting.calls.after("lambda", operation, self._changed)

    def start(self) -> None:
        """Begin to read: each mapping knows from now on where it started."""
        for region in self._setting.regions:
            for mapping in self._mappings(region):
                self._wake(mapping)

    def arrived(self, arn: str) -> None:
        """A record was put into a stream."""
        for mapping in self._mappings(region_of(arn)):
            if mapping.event_source_arn == arn:
                self._wake(mapping)

    # ---- when to look -----------------------------------------------------------------------------

    def _changed(self, call: ApiCall) -> None:
        for mapping in self._mappings(call.region):
            self._wake(mapping)

    def _wake(self, mapping: Any) -> None:
        """Look at each shard at the next poll; the mapping's place in it is known from now on."""
        arn = mapping.event_source_arn
        for shard in shards(arn):
            key = (mapping.uuid, shard)
            if key not in self._shards:
                self._shards[key] = _Shard(passed=_starting_behind(mapping, shard))
            self._look_after(mapping, shard, POLL_SECONDS[service_of(arn)])

    def _look_after(self, mapping: Any, shard: str, seconds: float) -> None:
        """Look at a shard then, or earlier where that was said already."""
        at = self._setting.clock.now + timedelta(seconds=seconds)
        place = self._shards[mapping.uuid, shard]
        if place.look is not None:
            if place.look.moment <= at:
                return
            place.look.cancelled = True
        look = partial(self._look, mapping.uuid, mapping.event_source_arn, shard)
        place.look = self._setting.clock.at(at, look, f"Lambda reads {name_of(mapping.event_source_arn)}")

    def _look(self, uuid: str, arn: str, shard: str) -> None:
        place = self._shards[uuid, shard]
        place.look = None
        found = [each for each in self._mappings(region_of(arn)) if each.uuid == uuid]
        if not found:
            return
        (mapping,) = found
        why = self._unable(mapping)
        if why:
            self._poller.does_not_read(mapping, name_of(arn), why)
            self._look_after(mapping, shard, REFUSED_SECONDS)
            return
        if not place.batches:
            self._gather(mapping, shard, place)
        if place.batches:
            self._attempt(mapping, shard, place)

    # ---- reading ----------------------------------------------------------------------------------

    def _unable(self, mapping: Any) -> str:
        """Why Lambda can't read the stream for this mapping, or ""."""
        arn = mapping.event_source_arn
        if not is_there(arn):
            return "there is no such stream"
        key = key_of(arn)
        asked = [(action, arn) for action in STREAM_ACTIONS[service_of(arn)]]
        return self._poller.denied(mapping, [*asked, *([("kms:Decrypt", key)] if key else [])])

    def _gather(self, mapping: Any, shard: str, place: _Shard) -> None:
        """Take out the next batch, if it is whole or has waited for its window."""
        now, role_arn = self._setting.clock.now, self._poller.function(mapping).role
        following = behind(mapping.event_source_arn, shard, place.passed, role_arn=role_arn, now=now)
        found = list(islice(following, mapping.batch_size))
        if not found:
            return
        if len(found) < mapping.batch_size and mapping.max_batch_window:
            place.window = place.window or now + timedelta(seconds=float(mapping.max_batch_window))
            if now < place.window:
                self._look_after(mapping, shard, (place.window - now).total_seconds())
                return
        place.window = None
        place.passed = found[-1].sequence
        age = (now - found[-1].at).total_seconds()
        name, region = name_of(mapping.function_arn), region_of(mapping.function_arn)
        self._setting.measured(
            region, NAMESPACE, {"IteratorAge": age * 1000}, *dimensions_of(mapping.function_arn)
        )
        taken = [each for each in found if takes(mapping.filter_criteria, *each.filtered)]
        if len(taken) < len(found):
            words = f"{name} does not get {_many(len(found) - len(taken))}: no filter takes them"
            self._setting.note("filtered", words)
        if taken:
            place.batches.append(_Batch(taken))
        else:
            self._look_after(mapping, shard, POLL_SECONDS[service_of(mapping.event_source_arn)])

    # ---- handing over -----------------------------------------------------------------------------

    def _attempt(self, mapping: Any, shard: str, place: _Shard) -> None:
        """Invoke the function with the first batch that isn't done."""
        batch = place.batches[0]
        self._leave_out_the_old(mapping, shard, batch)
        if not batch.records:
            self._done(mapping, shard, place)
            return
        if has_no_concurrency(self._poller.function(mapping)):
            throttled(self._setting, mapping.function_arn)
            self._look_after(mapping, shard, LONGEST_PAUSE_SECONDS)
            return
        invocation = self._poller.invocation(
            mapping, [each.event for each in batch.records], batch.attempts + 1
        )
        result = self._poller.run(invocation)
        batch.attempts += 1
        back = _first_that_failed(result, batch.records, partial=bool(mapping.function_response_types))
        if back is None:
            again = self._setting.faults.duplicates and batch.attempts == 1
            if not again:
                self._done(mapping, shard, place)
            self._look_after(mapping, shard, POLL_SECONDS[service_of(mapping.event_source_arn)])
            return
        self._failed(mapping, shard, place, back, invocation.request_id)

    def _failed(self, mapping: Any, shard: str, place: _Shard, back: int, request_id: str) -> None:
        """What is left of the batch from record `back` on: halved, tried again, or given up."""
        batch = place.batches[0]
        left = _Batch(batch.records[back:], batch.attempts)
        most = -1 if mapping.max_retry_attempts is None else int(mapping.max_retry_attempts)
        name = name_of(mapping.function_arn)
        if mapping.bisect_on_error and len(batch.records) > 1:
            left.attempts = 0 if back else batch.attempts - 1
            place.batches[0:1] = [left] if back else _halves(left)
        elif 0 <= most < left.attempts:
            self._give_up(mapping, shard, left, "RetryAttemptsExhausted", request_id)
            self._done(mapping, shard, place)
        else:
            place.batches[0] = left
        if place.batches:
            again = f"{_many(len(place.batches[0].records))} of {name_of(mapping.event_source_arn)}"
            self._setting.note("queued", f"{name} gets {again} again")
        pause = min(2.0 ** max(left.attempts - 1, 0), LONGEST_PAUSE_SECONDS)
        self._look_after(mapping, shard, pause)

    def _done(self, mapping: Any, shard: str, place: _Shard) -> None:
        del place.batches[0]
        self._look_after(mapping, shard, POLL_SECONDS[service_of(mapping.event_source_arn)])

    def _leave_out_the_old(self, mapping: Any, shard: str, batch: _Batch) -> None:
        """Records that are too old by the mapping's limit, and those that the stream holds no more."""
        limit, now = mapping.max_record_age, self._setting.clock.now
        since = kept_since(mapping.event_source_arn, now)
        oldest = now - timedelta(seconds=int(limit)) if limit is not None and int(limit) >= 0 else since
        young = [each for each in batch.records if each.at > since and each.at >= oldest]
        if len(young) < len(batch.records):
            gone = _Batch(batch.records[: len(batch.records) - len(young)], batch.attempts)
            self._give_up(mapping, shard, gone, "RecordAgeExceeded", self._setting.new_uuid("lambda.request"))
            batch.records = young

    def _give_up(self, mapping: Any, shard: str, batch: _Batch, condition: str, request_id: str) -> None:
        """Tell the on-failure destination which records of which shard nobody handled."""
        name, stream = name_of(mapping.function_arn), name_of(mapping.event_source_arn)
        target = str(((mapping.destination_config or {}).get("OnFailure") or {}).get("Destination", ""))
        words = f"{name} gave up {_many(len(batch.records))} of {stream}"
        if not target:
            self._setting.note("lost", f"{words}, and has no on-failure destination")
            return
        record = json.dumps(self._record(mapping, shard, batch, condition, request_id))
        if self._destinations.send(target, record, self._poller.role(mapping)):
            self._setting.note("kept", f"{words}; {name_of(target)} says which")
        else:
            self._setting.note("lost", f"{words}, and may not write to its on-failure destination")

    def _record(
        self, mapping: Any, shard: str, batch: _Batch, condition: str, request_id: str
    ) -> dict[str, Any]:
        first, last, now = batch.records[0], batch.records[-1], self._setting.clock.now
        of_table = service_of(mapping.event_source_arn) == "dynamodb"
        return {
            "requestContext": {
                "requestId": request_id,
                "functionArn": mapping.function_arn,
                "condition": condition,
                "approximateInvokeCount": batch.attempts,
            },
            "responseContext": {
                "statusCode": 200,
                "executedVersion": "$LATEST",
                "functionError": "Unhandled",
            },
            "version": "1.0",
            "timestamp": iso_milliseconds(now),
            "DDBStreamBatchInfo" if of_table else "KinesisBatchInfo": {
                "shardId": shard,
                "startSequenceNumber": first.sequence,
                "endSequenceNumber": last.sequence,
                "approximateArrivalOfFirstRecord": iso_milliseconds(first.at),
                "approximateArrivalOfLastRecord": iso_milliseconds(last.at),
                "batchSize": len(batch.records),
                "streamArn": mapping.event_source_arn,
            },
        }

    # ---- the mappings -----------------------------------------------------------------------------

    def _mappings(self, region: str) -> list[Any]:
        return self._poller.mappings(region, POLL_SECONDS)


def _starting_behind(mapping: Any, shard: str) -> str:
    """The number of the record behind which a mapping starts; `LATEST` is where the stream ends now."""
    arn = mapping.event_source_arn
    match mapping.starting_position:
        case "LATEST":
            return newest(arn, shard)
        case "AT_TIMESTAMP":
            return newest(arn, shard, before=moment(mapping.starting_position_timestamp))
        case _:
            return ""


def _first_that_failed(result: Result, records: Sequence[StreamedRecord], *, partial: bool) -> int | None:
    """From which record on the batch is tried again; None where all of it is handled. See `unprocessed`."""
    numbers = [each.sequence for each in records]
    return min(map(numbers.index, unprocessed(result, numbers, partial=partial)), default=None)


def _halves(batch: _Batch) -> list[_Batch]:
    middle = (len(batch.records) + 1) // 2
    return [_Batch(batch.records[:middle], batch.attempts), _Batch(batch.records[middle:], batch.attempts)]


def _many(records: int) -> str:
    return "1 record" if records == 1 else f"{records} records"
