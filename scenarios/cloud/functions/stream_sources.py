"""Event source mappings on streams: Lambda reads each shard in order, and invokes the function.

A batch that fails is tried again, and nothing behind it in its shard comes before it is handled, too old or
given up: then the on-failure destination is told where it was, not what it held. With
BisectBatchOnFunctionError it is halved first, which is no retry. Where the function reports the first record
that failed, it goes on from there. Records that no filter takes are passed over.

With a ParallelizationFactor a shard has so many lanes, each for a part of the partition keys: records of one
key come in order, and a batch that fails holds up its own lane alone. Which key goes where is our guess.

Under the `duplicates` faults a batch comes once more before the shard goes on, as it does where Lambda did
not learn of its success. AWS names no pace of retries; here it doubles up to a minute.

Left out: lanes and tumbling windows together, another number of lanes while records wait, consumers with a
throughput of their own, destinations in S3 and Kafka, shards that are split or merged.

Sources: https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html,
https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-create.html,
https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html,
https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html,
https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import chain, islice, takewhile
from typing import Any, Final, NamedTuple

from scenarios.cloud.functions.concurrency import has_no_concurrency, throttled
from scenarios.cloud.functions.destinations import Destinations, batch_record, on_failure
from scenarios.cloud.functions.emitted import NAMESPACE, dimensions_of
from scenarios.cloud.functions.event_filters import takes
from scenarios.cloud.functions.invocations import Result
from scenarios.cloud.functions.pollers import (
    LONGEST_PAUSE_SECONDS,
    Poller,
    many_records,
    name_of,
    pause_after,
)
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
from scenarios.cloud.functions.stream_windows import Window, window_of
from scenarios.cloud.functions.validation import STREAM_ACTIONS
from scenarios.cloud.kernel.arns import region_of, service_of
from scenarios.cloud.kernel.caller import ApiCall
from scenarios.cloud.kernel.clock import Entry
from scenarios.cloud.kernel.errors import NotSimulated
from scenarios.cloud.kernel.moments import iso_milliseconds, moment
from scenarios.cloud.setting import Setting

# How often Lambda asks a shard.
POLL_SECONDS: Final = {"dynamodb": 0.25, "kinesis": 1.0}
REFUSED_SECONDS: Final = 60.0


@dataclass(slots=True)
class _Batch:
    """Records that are given to the function together. `attempts`: those that counted.

    `window`: theirs, where the mapping has windows; a batch without records is the window's last.
    """

    records: Sequence[StreamedRecord]
    attempts: int = 0
    window: Window | None = None


class _Place(NamedTuple):
    """Where a mapping reads: in which shard, and of its keys which part, counted from 0."""

    uuid: str
    shard: str
    lane: int


@dataclass(slots=True)
class _Lane:
    """How far a mapping has come in one shard, or in one part of its keys.

    `passed`: the number of the last record that was taken out; "" before the first. `batches`: what was taken
    out and isn't done, in order. `look`: when it is looked at next. `window`: when the batch that is gathered
    must be whole. `open`: the tumbling window whose last batch has not come.
    """

    passed: str = ""
    batches: list[_Batch] = field(default_factory=list)
    look: Entry | None = None
    window: datetime | None = None
    open: Window | None = None


class StreamSources:
    """All event source mappings on streams, as moto has them."""

    def __init__(self, setting: Setting, poller: Poller, destinations: Destinations) -> None:
        self._setting = setting
        self._poller = poller
        self._destinations = destinations
        self._lanes: dict[_Place, _Lane] = {}
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
            self._have_lanes(mapping, shard)
            for lane in range(_factor(mapping)):
                self._look_after(mapping, _Place(mapping.uuid, shard, lane), POLL_SECONDS[service_of(arn)])

    def _have_lanes(self, mapping: Any, shard: str) -> None:
        """Have as many lanes as the mapping says, each where the mapping stands in the shard."""
        known = [place for place in self._lanes if (place.uuid, place.shard) == (mapping.uuid, shard)]
        factor, arn = _factor(mapping), mapping.event_source_arn
        if len(known) == factor:
            return
        if not known:
            passed = _starting_behind(mapping, shard)
        elif all(self._is_through(mapping, place, lanes=len(known)) for place in known):
            passed = newest(arn, shard)
        else:
            raise NotSimulated("lambda", "another ParallelizationFactor while records of the shard wait")
        for place in known:
            look = self._lanes.pop(place).look
            if look is not None:
                look.cancelled = True
        for lane in range(factor):
            self._lanes[_Place(mapping.uuid, shard, lane)] = _Lane(passed=passed)

    def _is_through(self, mapping: Any, place: _Place, *, lanes: int) -> bool:
        """Whether nothing of a lane waits."""
        lane = self._lanes[place]
        following = self._following(mapping, place, lane, lanes=lanes)
        return not lane.batches and next(iter(following), None) is None

    def _look_after(self, mapping: Any, place: _Place, seconds: float) -> None:
        """Look at a lane then, or earlier where that was said already."""
        at = self._setting.clock.now + timedelta(seconds=seconds)
        lane, arn = self._lanes[place], mapping.event_source_arn
        look, words = partial(self._look, arn, place), f"Lambda reads {name_of(arn)}"
        lane.look = self._setting.clock.or_sooner(lane.look, at, look, words)

    def _look(self, arn: str, place: _Place) -> None:
        lane = self._lanes[place]
        lane.look = None
        found = [each for each in self._mappings(region_of(arn)) if each.uuid == place.uuid]
        if not found:
            return
        (mapping,) = found
        why = self._unable(mapping)
        if why:
            self._poller.does_not_read(mapping, name_of(arn), why)
            self._look_after(mapping, place, REFUSED_SECONDS)
            return
        if not lane.batches:
            self._gather(mapping, place, lane)
        if lane.batches:
            self._attempt(mapping, place, lane)

    # ---- reading ----------------------------------------------------------------------------------

    def _unable(self, mapping: Any) -> str:
        """Why Lambda can't read the stream for this mapping, or ""."""
        arn = mapping.event_source_arn
        if not is_there(arn):
            return "there is no such stream"
        key = key_of(arn)
        asked = [(action, arn) for action in STREAM_ACTIONS[service_of(arn)]]
        return self._poller.denied(mapping, [*asked, *([("kms:Decrypt", key)] if key else [])])

    def _following(
        self, mapping: Any, place: _Place, lane: _Lane, *, lanes: int = 0
    ) -> Iterator[StreamedRecord]:
        """What a lane holds behind what was taken out."""
        now, role_arn = self._setting.clock.now, self._poller.function(mapping).role
        following = behind(mapping.event_source_arn, place.shard, lane.passed, role_arn=role_arn, now=now)
        many = lanes or _factor(mapping)
        return (each for each in following if each.lane(many) == place.lane)

    def _gather(self, mapping: Any, place: _Place, lane: _Lane) -> None:
        """Take out the next batch, if it is whole or has waited for its window."""
        now = self._setting.clock.now
        following = self._following(mapping, place, lane)
        if mapping.tumbling_window:
            following = self._in_window(mapping, place, lane, following)
        found = list(islice(following, mapping.batch_size))
        if not found:
            return
        if len(found) < mapping.batch_size and mapping.max_batch_window:
            lane.window = lane.window or now + timedelta(seconds=float(mapping.max_batch_window))
            if now < lane.window:
                self._look_after(mapping, place, (lane.window - now).total_seconds())
                return
        lane.window = None
        lane.passed = found[-1].sequence
        age = (now - found[-1].at).total_seconds()
        name, region = name_of(mapping.function_arn), region_of(mapping.function_arn)
        self._setting.measured(
            region, NAMESPACE, {"IteratorAge": age * 1000}, *dimensions_of(mapping.function_arn)
        )
        taken = [each for each in found if takes(mapping.filter_criteria, *each.filtered)]
        if len(taken) < len(found):
            words = f"{name} does not get {many_records(len(found) - len(taken))}: no filter takes them"
            self._setting.note("filtered", words)
        if taken:
            lane.batches.append(_Batch(taken, window=lane.open if mapping.tumbling_window else None))
        else:
            self._look_after(mapping, place, POLL_SECONDS[service_of(mapping.event_source_arn)])

    def _in_window(
        self, mapping: Any, place: _Place, lane: _Lane, following: Iterator[StreamedRecord]
    ) -> Iterator[StreamedRecord]:
        """The records of the window that is open; where it is over, its last batch comes in their place."""
        first = next(following, None)
        if lane.open is None and first is not None:
            lane.open = window_of(first, int(mapping.tumbling_window))
            self._look_after(mapping, place, (lane.open.end - self._setting.clock.now).total_seconds())
        if lane.open is None:
            return iter(())
        if first is not None and lane.open.holds(first):
            return takewhile(lane.open.holds, chain([first], following))
        if first is not None or self._setting.clock.now >= lane.open.end:
            lane.batches.append(_Batch((), window=lane.open))
        else:
            self._look_after(mapping, place, (lane.open.end - self._setting.clock.now).total_seconds())
        return iter(())

    # ---- handing over -----------------------------------------------------------------------------

    def _attempt(self, mapping: Any, place: _Place, lane: _Lane) -> None:
        """Invoke the function with the first batch that isn't done."""
        batch = lane.batches[0]
        final = batch.window is not None and not batch.records
        self._leave_out_the_old(mapping, place.shard, batch)
        if not batch.records and not final:
            self._done(mapping, place, lane)
            return
        if has_no_concurrency(self._poller.function(mapping)):
            throttled(self._setting, mapping.function_arn)
            self._look_after(mapping, place, LONGEST_PAUSE_SECONDS)
            return
        window, arn = batch.window, mapping.event_source_arn
        invocation = self._poller.invocation(
            mapping,
            [each.event for each in batch.records],
            batch.attempts + 1,
            window.told(place.shard, arn, final=final) if window is not None else {},
        )
        result = self._poller.run(invocation)
        batch.attempts += 1
        reports = bool(mapping.function_response_types)
        back = _first_that_failed(result, batch.records, partial=reports, window=window)
        if back is None:
            again = self._setting.faults.duplicates and batch.attempts == 1
            if final:
                lane.open = None
            if not again or final:
                self._done(mapping, place, lane)
            self._look_after(mapping, place, POLL_SECONDS[service_of(arn)])
        elif final:
            self._look_after(mapping, place, pause_after(batch.attempts))
        else:
            self._failed(mapping, place, lane, back, invocation.request_id)

    def _failed(self, mapping: Any, place: _Place, lane: _Lane, back: int, request_id: str) -> None:
        """What is left of the batch from record `back` on: halved, tried again, or given up."""
        batch = lane.batches[0]
        left = _Batch(batch.records[back:], batch.attempts, batch.window)
        most = -1 if mapping.max_retry_attempts is None else int(mapping.max_retry_attempts)
        name = name_of(mapping.function_arn)
        if mapping.bisect_on_error and len(batch.records) > 1:
            left.attempts = 0 if back else batch.attempts - 1
            lane.batches[0:1] = [left] if back else _halves(left)
        elif 0 <= most < left.attempts:
            self._give_up(mapping, place.shard, left, "RetryAttemptsExhausted", request_id)
            self._done(mapping, place, lane)
        else:
            lane.batches[0] = left
        if lane.batches:
            again = f"{many_records(len(lane.batches[0].records))} of {name_of(mapping.event_source_arn)}"
            self._setting.note("queued", f"{name} gets {again} again")
        self._look_after(mapping, place, pause_after(left.attempts))

    def _done(self, mapping: Any, place: _Place, lane: _Lane) -> None:
        del lane.batches[0]
        self._look_after(mapping, place, POLL_SECONDS[service_of(mapping.event_source_arn)])

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
        words = f"{name} gave up {many_records(len(batch.records))} of {stream}"
        if not on_failure(mapping):
            self._setting.note("lost", f"{words}, and has no on-failure destination")
            return
        record = self._record(mapping, shard, batch, condition, request_id)
        self._destinations.gave_up(mapping, words, record, self._poller.role(mapping))

    def _record(
        self, mapping: Any, shard: str, batch: _Batch, condition: str, request_id: str
    ) -> dict[str, Any]:
        first, last, now = batch.records[0], batch.records[-1], self._setting.clock.now
        of_table = service_of(mapping.event_source_arn) == "dynamodb"
        info = {
            "DDBStreamBatchInfo" if of_table else "KinesisBatchInfo": {
                "shardId": shard,
                "startSequenceNumber": first.sequence,
                "endSequenceNumber": last.sequence,
                "approximateArrivalOfFirstRecord": iso_milliseconds(first.at),
                "approximateArrivalOfLastRecord": iso_milliseconds(last.at),
                "batchSize": len(batch.records),
                "streamArn": mapping.event_source_arn,
            }
        }
        return batch_record(mapping, request_id, condition, batch.attempts, now, info)

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


def _first_that_failed(
    result: Result, records: Sequence[StreamedRecord], *, partial: bool, window: Window | None = None
) -> int | None:
    """From which record on the batch is tried again; None where all of it is handled. See `unprocessed`.

    In a window an answer without a state has handled nothing.
    """
    numbers = [each.sequence for each in records]
    if window is not None and (result.failed or not window.keep(result)):
        return 0
    return min(map(numbers.index, unprocessed(result, numbers, partial=partial)), default=None)


def _factor(mapping: Any) -> int:
    return int(mapping.parallelization_factor or 1)


def _halves(batch: _Batch) -> list[_Batch]:
    middle = (len(batch.records) + 1) // 2
    halves = batch.records[:middle], batch.records[middle:]
    return [_Batch(each, batch.attempts, batch.window) for each in halves]
