"""Event source mappings on topics of Amazon MSK: batches from all partitions, each partition in order.

A batch that fails is tried again as a whole, and nothing comes before it is handled: until its records are
no longer kept, or ten times where the mapping has an on-failure destination, which is then told where the
batch was. Records that no filter takes are passed over. A cluster that a template names by its ARN alone is
taken to be there.

Left out: provisioned pollers, and what only they do (limits of attempts and age, bisecting, partial
responses), several consumers of a group at once, schema registries, Kafka of one's own, destinations in S3
and Kafka. AWS names no pace of retries; here it doubles up to a minute.

Sources: https://docs.aws.amazon.com/lambda/latest/dg/with-msk.html and the pages it links:
with-msk-configure.html, with-msk-permissions.html, kafka-on-failure.html, kafka-retry-configurations.html
and kafka-on-failure-destination.html; https://docs.aws.amazon.com/lambda/latest/dg/kafka-filtering.html
"""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from typing import Any, Final

from scenarios.cloud.functions.concurrency import has_no_concurrency, throttled
from scenarios.cloud.functions.destinations import Destinations, batch_record, on_failure
from scenarios.cloud.functions.event_filters import takes
from scenarios.cloud.functions.pollers import (
    LONGEST_PAUSE_SECONDS,
    Poller,
    many_records,
    name_of,
    pause_after,
)
from scenarios.cloud.kafka.topics import KEPT, KafkaTopics, Record
from scenarios.cloud.kernel.arns import region_of
from scenarios.cloud.kernel.caller import ApiCall
from scenarios.cloud.kernel.clock import Entry
from scenarios.cloud.kernel.moments import iso_milliseconds, moment
from scenarios.cloud.setting import Setting

KAFKA: Final = ("kafka",)
# What reading a cluster in a network takes.
_OF_CLUSTER: Final = ("kafka:DescribeClusterV2",)
_OF_NETWORK: Final = (
    "kafka:GetBootstrapBrokers",
    *("ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DescribeVpcs"),
    *("ec2:DeleteNetworkInterface", "ec2:DescribeSubnets", "ec2:DescribeSecurityGroups"),
)
_WINDOW_SECONDS: Final = 0.5  # by default, for a batch to gather
_REFUSED_SECONDS: Final = 60.0
_MOST_RETRIES: Final = 10  # with an on-failure destination


@dataclass(slots=True, kw_only=True)
class _Consumer:
    """How far a mapping has come: the next offset by partition. `batch`: what isn't handled yet."""

    offsets: dict[int, int] = field(default_factory=dict)
    batch: Sequence[Record] = ()
    attempts: int = 0
    look: Entry | None = None
    until: datetime | None = None  # when a batch that gathers must be whole


class KafkaSources:
    """All event source mappings on topics, as moto has them."""

    def __init__(self, setting: Setting, poller: Poller, destinations: Destinations) -> None:
        self._setting = setting
        self._poller = poller
        self._destinations = destinations
        self._consumers: dict[str, _Consumer] = {}
        for operation in ("CreateEventSourceMapping", "UpdateEventSourceMapping"):
            setting.calls.after("lambda", operation, self._changed)
        self._topics = setting.laws[KafkaTopics]
        self._topics.tell(self._arrived)

    def start(self) -> None:
        """Begin to read: each mapping knows from now on where it started."""
        for region in self._setting.regions:
            for mapping in self._mappings(region):
                self._wake(mapping)

    # ---- when to look -----------------------------------------------------------------------------

    def _arrived(self, cluster: str) -> None:
        for mapping in self._mappings(region_of(cluster)):
            if mapping.event_source_arn == cluster:
                self._wake(mapping)

    def _changed(self, call: ApiCall) -> None:
        for mapping in self._mappings(call.region):
            self._wake(mapping)

    def _wake(self, mapping: Any) -> None:
        consumer = self._consumers.get(mapping.uuid)
        if consumer is None:
            consumer = self._consumers[mapping.uuid] = _Consumer(offsets=self._starting(mapping))
        self._look_after(mapping, consumer, _WINDOW_SECONDS)

    def _starting(self, mapping: Any) -> dict[int, int]:
        """The offsets at which a mapping starts; partitions that aren't there yet start at 0."""
        cluster, topic = mapping.event_source_arn, _topic(mapping)
        offsets = {}
        for partition in range(self._topics.partitions(cluster, topic)):
            end = self._topics.end(cluster, topic, partition)
            match mapping.starting_position:
                case "LATEST":
                    offsets[partition] = end
                case "AT_TIMESTAMP":
                    since = moment(mapping.starting_position_timestamp)
                    every = self._topics.since(cluster, topic, partition, 0)
                    offsets[partition] = next((each.offset for each in every if each.at >= since), end)
                case _:
                    offsets[partition] = 0
        return offsets

    def _look_after(self, mapping: Any, consumer: _Consumer, seconds: float) -> None:
        at = self._setting.clock.now + timedelta(seconds=seconds)
        look = partial(self._look, mapping.uuid, region_of(mapping.event_source_arn))
        words = f"Lambda reads {_topic(mapping)}"
        consumer.look = self._setting.clock.or_sooner(consumer.look, at, look, words)

    def _look(self, uuid: str, region: str) -> None:
        consumer = self._consumers[uuid]
        consumer.look = None
        mapping = next((each for each in self._mappings(region) if each.uuid == uuid), None)
        if mapping is None:
            return
        cluster = mapping.event_source_arn
        asked = [(action, cluster) for action in _OF_CLUSTER] + [(action, "*") for action in _OF_NETWORK]
        why = self._poller.denied(mapping, asked)
        if why:
            self._poller.does_not_read(mapping, _topic(mapping), why)
            self._look_after(mapping, consumer, _REFUSED_SECONDS)
            return
        if not consumer.batch:
            self._gather(mapping, consumer)
        if consumer.batch:
            self._attempt(mapping, consumer)

    # ---- reading ----------------------------------------------------------------------------------

    def _gather(self, mapping: Any, consumer: _Consumer) -> None:
        """Take out the next batch, if it is whole or has waited for its window."""
        cluster, topic, now = mapping.event_source_arn, _topic(mapping), self._setting.clock.now
        found: list[Record] = []
        for partition in range(self._topics.partitions(cluster, topic)):
            offset = consumer.offsets.get(partition, 0)
            following = self._topics.since(cluster, topic, partition, offset)
            found += islice(following, mapping.batch_size - len(found))
        if not found:
            return
        window = float(mapping.max_batch_window or 0)
        if len(found) < mapping.batch_size and window:
            consumer.until = consumer.until or now + timedelta(seconds=window)
            if now < consumer.until:
                self._look_after(mapping, consumer, (consumer.until - now).total_seconds())
                return
        consumer.until = None
        for each in found:
            consumer.offsets[each.partition] = each.offset + 1
        taken = [each for each in found if takes(mapping.filter_criteria, _filtered(each), "value")]
        if len(taken) < len(found):
            words = f"{name_of(mapping.function_arn)} does not get {many_records(len(found) - len(taken))}"
            self._setting.note("filtered", f"{words}: no filter takes them")
        consumer.batch, consumer.attempts = tuple(taken), 0
        if not taken:
            self._look_after(mapping, consumer, _WINDOW_SECONDS)

    def _attempt(self, mapping: Any, consumer: _Consumer) -> None:
        """Invoke the function with the batch that isn't handled."""
        oldest = self._setting.clock.now - KEPT
        if kept := tuple(each for each in consumer.batch if each.at > oldest):
            consumer.batch = kept
        else:
            self._setting.note("lost", f"{_gave_up(mapping, consumer)}: the topic keeps them no more")
            self._done(mapping, consumer)
            return
        if has_no_concurrency(self._poller.function(mapping)):
            throttled(self._setting, mapping.function_arn)
            self._look_after(mapping, consumer, LONGEST_PAUSE_SECONDS)
            return
        invocation = self._poller.invocation(
            mapping, _event(mapping.event_source_arn, consumer.batch), consumer.attempts + 1
        )
        result = self._poller.run(invocation)
        consumer.attempts += 1
        if not result.failed:
            self._done(mapping, consumer)
            return
        if on_failure(mapping) and consumer.attempts > _MOST_RETRIES:
            self._give_up(mapping, consumer, invocation.request_id)
            self._done(mapping, consumer)
            return
        again = f"{many_records(len(consumer.batch))} of {_topic(mapping)}"
        self._setting.note("queued", f"{name_of(mapping.function_arn)} gets {again} again")
        self._look_after(mapping, consumer, pause_after(consumer.attempts))

    def _done(self, mapping: Any, consumer: _Consumer) -> None:
        consumer.batch, consumer.attempts = (), 0
        self._look_after(mapping, consumer, _WINDOW_SECONDS)

    def _give_up(self, mapping: Any, consumer: _Consumer, request_id: str) -> None:
        """Tell the on-failure destination which records nobody handled."""
        words = _gave_up(mapping, consumer)
        record = self._record(mapping, consumer, request_id)
        self._destinations.gave_up(mapping, words, record, self._poller.role(mapping))

    def _record(self, mapping: Any, consumer: _Consumer, request_id: str) -> dict[str, Any]:
        cluster, batch = mapping.event_source_arn, consumer.batch
        event = _event(cluster, batch)
        places = {}
        for place in event["records"]:
            own = [each for each in batch if _place(each) == place]
            places[place] = {
                "firstRecordOffset": str(own[0].offset),
                "lastRecordOffset": str(own[-1].offset),
                "firstRecordTimestamp": iso_milliseconds(own[0].at),
                "lastRecordTimestamp": iso_milliseconds(own[-1].at),
            }
        info = {
            "KafkaBatchInfo": {
                "batchSize": len(batch),
                "eventSourceArn": cluster,
                "bootstrapServers": event["bootstrapServers"],
                "payloadSize": len(json.dumps(event).encode()),
                "recordsInfo": places,
            }
        }
        now = self._setting.clock.now
        return batch_record(mapping, request_id, "RetryAttemptsExhausted", consumer.attempts, now, info)

    def _mappings(self, region: str) -> list[Any]:
        return self._poller.mappings(region, KAFKA)


def _event(cluster: str, batch: Sequence[Record]) -> dict[str, Any]:
    """The event that a function gets."""
    name = cluster.split("/")[1]
    host = f"{name}.kafka.{region_of(cluster)}.amazonaws.com:9092"
    records: dict[str, list[dict[str, Any]]] = {}
    for each in batch:
        records.setdefault(_place(each), []).append(_told(each))
    return {
        "eventSource": "aws:kafka",
        "eventSourceArn": cluster,
        "bootstrapServers": f"b-1.{host},b-2.{host}",
        "records": records,
    }


def _told(record: Record) -> dict[str, Any]:
    return {
        "topic": record.topic,
        "partition": record.partition,
        "offset": record.offset,
        "timestamp": int(record.at.timestamp() * 1000),
        "timestampType": "CREATE_TIME",
        **({"key": base64.b64encode(record.key).decode()} if record.key is not None else {}),
        "value": base64.b64encode(record.value).decode(),
        "headers": [{name: list(value)} for name, value in record.headers.items()],
    }


def _filtered(record: Record) -> Mapping[str, Any]:
    """What filters are held against: key and value are no base64."""
    key = {} if record.key is None else {"key": record.key.decode(errors="replace")}
    return {**_told(record), **key, "value": record.value.decode(errors="replace")}


def _place(record: Record) -> str:
    return f"{record.topic}-{record.partition}"


def _topic(mapping: Any) -> str:
    return str(mapping.topics[0])


def _gave_up(mapping: Any, consumer: _Consumer) -> str:
    what = f"{many_records(len(consumer.batch))} of {_topic(mapping)}"
    return f"{name_of(mapping.function_arn)} gave up {what}"
