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
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final

from scenarios.cloud.functions.concurrency import has_no_concurrency, throttled
from scenarios.cloud.functions.destinations import Destinations
from scenarios.cloud.functions.emitted import NAMESPACE, dimensions_of
from scenarios.cloud.functions.event_filters import takes
from scenarios.cloud.functions.invocations import Invocation, Result
from scenarios.cloud.functions.stream_records import StreamedRecord, is_there, key_of, shards
from scenarios.cloud.functions.validation import STREAM_ACTIONS
from scenarios.cloud.kernel import moto_state
from scenarios.cloud.kernel.arns import service_of
from scenarios.cloud.kernel.caller import ApiCall, Caller
from scenarios.cloud.kernel.clock import Entry
from scenarios.cloud.kernel.errors import NotSimulated
from scenarios.cloud.setting import Setting

# How often Lambda asks a shard.
POLL_SECONDS: Final = {"dynamodb": 0.25, "kinesis": 1.0}
REFUSED_SECONDS: Final = 60.0
LONGEST_PAUSE_SECONDS: Final = 60.0
LARGEST_PAYLOAD_BYTES: Final = 6 * 1024 * 1024


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

    def __init__(
        self,
        setting: Setting,
        run: Callable[[Invocation], Result],
        role: Callable[[Any], Caller],
        next_number: Callable[[], int],
        destinations: Destinations,
    ) -> None:
        self._setting = setting
        self._run = run
        self._role = role
        self._next_number = next_number
        self._destinations = destinations
        self._shards: dict[tuple[str, str], _Shard] = {}
        self._told: set[tuple[str, str]] = set()
        for operation in ("CreateEventSourceMapping", "UpdateEventSourceMapping"):
            setting.calls.after("lambda", operation, self._changed)

    def start(self) -> None:
        """Begin to read: each mapping knows from now on where it started."""
        for region in self._setting.regions:
            for mapping in self._mappings(region):
                self._wake(mapping)

    def arrived(self, arn: str) -> None:
        """A record was put into a stream."""
        for mapping in self._mappings(arn.split(":")[3]):
            if mapping.event_source_arn == arn:
                self._wake(mapping)

    # ---- when to look -----------------------------------------------------------------------------

    def _changed(self, call: ApiCall) -> None:
        for mapping in self._mappings(call.region):
            self._wake(mapping)

    def _wake(self, mapping: Any) -> None:
        """Look at each shard at the next poll; the mapping's place in it is known from now on."""
        arn = mapping.event_source_arn
        for shard, records in self._records(mapping).items():
            self._place(mapping, shard, records)
            self._look_after(mapping, shard, POLL_SECONDS[service_of(arn)])

    def _place(self, mapping: Any, shard: str, records: Sequence[StreamedRecord]) -> _Shard:
        """Where the mapping stands in a shard; at its starting position where it never was there."""
        key = (mapping.uuid, shard)
        if key not in self._shards:
            before = [each for each in records if _comes_before(each, mapping)]
            self._shards[key] = _Shard(passed=before[-1].sequence if before else "")
        return self._shards[key]

    def _look_after(self, mapping: Any, shard: str, seconds: float) -> None:
        """Look at a shard then, or earlier where that was said already."""
        at = self._setting.clock.now + timedelta(seconds=seconds)
        place = self._shards[mapping.uuid, shard]
        if place.look is not None:
            if place.look.moment <= at:
                return
            place.look.cancelled = True
        look = partial(self._look, mapping.uuid, mapping.event_source_arn, shard)
        place.look = self._setting.clock.at(at, look, f"Lambda reads {_name(mapping.event_source_arn)}")

    def _look(self, uuid: str, arn: str, shard: str) -> None:
        place = self._shards[uuid, shard]
        place.look = None
        found = [each for each in self._mappings(arn.split(":")[3]) if each.uuid == uuid]
        if not found:
            return
        (mapping,) = found
        why = self._unable(mapping)
        if why:
            if (uuid, why) not in self._told:
                self._told.add((uuid, why))
                words = f"{_name(mapping.function_arn)} does not read {_name(arn)}: {why}"
                self._setting.note("lost", words)
            self._look_after(mapping, shard, REFUSED_SECONDS)
            return
        if not place.batches:
            self._gather(mapping, shard, place)
        if place.batches:
            self._attempt(mapping, shard, place)

    # ---- reading ----------------------------------------------------------------------------------

    def _unable(self, mapping: Any) -> str:
        """Why Lambda can't read the stream for this mapping, or ""."""
        model, arn = self._model(mapping), mapping.event_source_arn
        if model is None:
            return "the function is gone"
        if not is_there(arn):
            return "there is no such stream"
        role, key = self._role(model), key_of(arn)
        asked = [(action, arn) for action in STREAM_ACTIONS[service_of(arn)]]
        for action, resource in [*asked, *([("kms:Decrypt", key)] if key else [])]:
            decision = self._setting.identity.judge(role, action, resource)
            if not decision.allowed:
                return f"{role.name} may not {action} because {decision.because}"
        return ""

    def _gather(self, mapping: Any, shard: str, place: _Shard) -> None:
        """Take out the next batch, if it is whole or has waited for its window."""
        records = self._records(mapping).get(shard, [])
        behind = _behind(records, place.passed)[: mapping.batch_size]
        if not behind:
            return
        now = self._setting.clock.now
        if len(behind) < mapping.batch_size and mapping.max_batch_window:
            place.window = place.window or now + timedelta(seconds=float(mapping.max_batch_window))
            if now < place.window:
                self._look_after(mapping, shard, (place.window - now).total_seconds())
                return
        place.window = None
        place.passed = behind[-1].sequence
        age = (now - behind[-1].at).total_seconds()
        region, sets = mapping.function_arn.split(":")[3], dimensions_of(_name(mapping.function_arn))
        self._setting.measured(region, NAMESPACE, {"IteratorAge": age * 1000}, *sets)
        taken = [each for each in behind if takes(mapping.filter_criteria, *each.filtered)]
        if len(taken) < len(behind):
            words = f"{_name(mapping.function_arn)} does not get {_many(len(behind) - len(taken))}"
            self._setting.note("filtered", f"{words}: no filter takes them")
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
        model = self._model(mapping)
        if has_no_concurrency(model):
            throttled(self._setting, mapping.function_arn)
            self._look_after(mapping, shard, LONGEST_PAUSE_SECONDS)
            return
        invocation = self._invocation(mapping, batch)
        result = self._run(invocation)
        batch.attempts += 1
        back = _first_that_failed(result, batch.records, partial=bool(mapping.function_response_types))
        if back is None:
            again = self._setting.faults.duplicates and batch.attempts == 1
            if not again:
                self._done(mapping, shard, place)
            self._look_after(mapping, shard, POLL_SECONDS[service_of(mapping.event_source_arn)])
            return
        self._failed(mapping, shard, place, back, invocation)

    def _invocation(self, mapping: Any, batch: _Batch) -> Invocation:
        text = json.dumps({"Records": [each.event for each in batch.records]})
        if len(text.encode()) > LARGEST_PAYLOAD_BYTES:
            raise NotSimulated("lambda", "a batch of more than 6 MB, which Lambda would cut in pieces")
        return Invocation(
            arn=mapping.function_arn,
            event=json.loads(text),
            request_id=self._setting.new_uuid("lambda.request"),
            accepted=self._setting.clock.now,
            number=self._next_number(),
            queued=True,
            attempts=batch.attempts + 1,
        )

    def _failed(self, mapping: Any, shard: str, place: _Shard, back: int, invocation: Invocation) -> None:
        """What is left of the batch from record `back` on: halved, tried again, or given up."""
        batch = place.batches[0]
        left = _Batch(batch.records[back:], batch.attempts)
        most = -1 if mapping.max_retry_attempts is None else int(mapping.max_retry_attempts)
        name = _name(mapping.function_arn)
        if mapping.bisect_on_error and len(batch.records) > 1:
            left.attempts = 0 if back else batch.attempts - 1
            place.batches[0:1] = [left] if back else _halves(left)
        elif 0 <= most < left.attempts:
            self._give_up(mapping, shard, left, "RetryAttemptsExhausted", invocation)
            self._done(mapping, shard, place)
        else:
            place.batches[0] = left
        if place.batches:
            again = f"{_many(len(place.batches[0].records))} of {_name(mapping.event_source_arn)}"
            self._setting.note("queued", f"{name} gets {again} again")
        pause = min(2.0 ** max(left.attempts - 1, 0), LONGEST_PAUSE_SECONDS)
        self._look_after(mapping, shard, pause)

    def _done(self, mapping: Any, shard: str, place: _Shard) -> None:
        del place.batches[0]
        self._look_after(mapping, shard, POLL_SECONDS[service_of(mapping.event_source_arn)])

    def _leave_out_the_old(self, mapping: Any, shard: str, batch: _Batch) -> None:
        """Records that are too old by the mapping's limit, and those that the stream holds no more."""
        limit = -1 if mapping.max_record_age is None else int(mapping.max_record_age)
        held = {each.sequence for each in self._records(mapping).get(shard, [])}
        oldest = self._setting.clock.now - timedelta(seconds=limit)
        young = [each for each in batch.records if each.sequence in held and (limit < 0 or each.at >= oldest)]
        if len(young) < len(batch.records):
            gone = _Batch(batch.records[: len(batch.records) - len(young)], batch.attempts)
            self._give_up(mapping, shard, gone, "RecordAgeExceeded", self._invocation(mapping, gone))
            batch.records = young

    def _give_up(
        self, mapping: Any, shard: str, batch: _Batch, condition: str, invocation: Invocation
    ) -> None:
        """Tell the on-failure destination which records of which shard nobody handled."""
        name, stream = _name(mapping.function_arn), _name(mapping.event_source_arn)
        target = str(((mapping.destination_config or {}).get("OnFailure") or {}).get("Destination", ""))
        words = f"{name} gave up {_many(len(batch.records))} of {stream}"
        if not target:
            self._setting.note("lost", f"{words}, and has no on-failure destination")
            return
        record = json.dumps(self._record(mapping, shard, batch, condition, invocation))
        role = self._role(self._model(mapping))
        if self._destinations.send(target, record, role):
            self._setting.note("kept", f"{words}; {_name(target)} says which")
        else:
            self._setting.note("lost", f"{words}, and may not write to its on-failure destination")

    def _record(
        self, mapping: Any, shard: str, batch: _Batch, condition: str, invocation: Invocation
    ) -> dict[str, Any]:
        first, last, now = batch.records[0], batch.records[-1], self._setting.clock.now
        of_table = service_of(mapping.event_source_arn) == "dynamodb"
        return {
            "requestContext": {
                "requestId": invocation.request_id,
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
            "timestamp": _milliseconds(now),
            "DDBStreamBatchInfo" if of_table else "KinesisBatchInfo": {
                "shardId": shard,
                "startSequenceNumber": first.sequence,
                "endSequenceNumber": last.sequence,
                "approximateArrivalOfFirstRecord": _milliseconds(first.at),
                "approximateArrivalOfLastRecord": _milliseconds(last.at),
                "batchSize": len(batch.records),
                "streamArn": mapping.event_source_arn,
            },
        }

    # ---- the mappings -----------------------------------------------------------------------------

    def _mappings(self, region: str) -> list[Any]:
        found = moto_state.event_source_mappings(self._setting.account, region)
        return [each for each in found if service_of(each.event_source_arn) in POLL_SECONDS and each.enabled]

    def _records(self, mapping: Any) -> Mapping[str, list[StreamedRecord]]:
        model = self._model(mapping)
        role = model.role if model is not None else ""
        return shards(mapping.event_source_arn, role, self._setting.clock.now)

    def _model(self, mapping: Any) -> Any:
        arn = mapping.function_arn
        return moto_state.lambda_function(self._setting.account, arn.split(":")[3], arn)


def _comes_before(record: StreamedRecord, mapping: Any) -> bool:
    """Whether a record lies before the mapping's starting position; `LATEST` is where the stream ends now."""
    match mapping.starting_position:
        case "LATEST":
            return True
        case "AT_TIMESTAMP":
            return record.at < _moment(mapping.starting_position_timestamp)
        case _:
            return False


def _moment(given: Any) -> datetime:
    if isinstance(given, datetime):
        return given if given.tzinfo else given.replace(tzinfo=UTC)
    return datetime.fromtimestamp(float(given), UTC)


def _behind(records: Sequence[StreamedRecord], passed: str) -> list[StreamedRecord]:
    return [each for each in records if not passed or int(each.sequence) > int(passed)]


def _first_that_failed(result: Result, records: Sequence[StreamedRecord], *, partial: bool) -> int | None:
    """From which record on the batch is tried again; None where all of it is handled.

    `partial`: the mapping has ReportBatchItemFailures. Then the function names the records that failed, and
    the first of them counts; an answer that can't be read, or that names no record of the batch, is a failure
    of the whole batch.
    """
    if result.failed:
        return 0
    if not partial or not result.payload:
        return None
    answer = result.payload
    failures = answer.get("batchItemFailures", []) if isinstance(answer, Mapping) else None
    if failures is None or failures == []:
        return None
    if not isinstance(failures, list):
        return 0
    named = {str(each.get("itemIdentifier")) if isinstance(each, Mapping) else "" for each in failures}
    places = {each.sequence: place for place, each in enumerate(records)}
    return min(places[each] for each in named) if named <= places.keys() else 0


def _halves(batch: _Batch) -> list[_Batch]:
    middle = (len(batch.records) + 1) // 2
    return [_Batch(batch.records[:middle], batch.attempts), _Batch(batch.records[middle:], batch.attempts)]


def _milliseconds(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def _name(arn: str) -> str:
    """The last name in an ARN; of a table's stream the table's."""
    if ":table/" in arn:
        return arn.split("/")[1]
    return arn.rpartition(":")[2].rpartition("/")[2]


def _many(records: int) -> str:
    return "1 record" if records == 1 else f"{records} records"
