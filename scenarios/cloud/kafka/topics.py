"""Topics of Kafka clusters, and the records that a scenario produces.

A cluster is a stack's, moto's, or one that somebody names by its ARN; what produces and consumes over
Kafka's own protocol is the scenario's. A topic is there from its first record on, with one partition unless
somebody made it with more. A record with a key goes to the partition of its key; how keys are spread is our
guess.

Sources: https://docs.aws.amazon.com/msk/latest/developerguide/msk-default-configuration.html (partitions,
retention), https://kafka.apache.org/documentation/#intro_concepts_and_terms
"""

import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from scenarios.cloud.setting import Setting

KEPT: Final = timedelta(hours=168)


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One record of a topic's partition."""

    topic: str
    partition: int
    offset: int
    at: datetime
    value: bytes
    key: bytes | None = None
    headers: Mapping[str, bytes] = field(default_factory=dict)


class KafkaTopics:
    """Every topic of every cluster."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._partitions: dict[tuple[str, str], list[list[Record]]] = {}
        self._hears: list[Callable[[str], None]] = []

    def tell(self, hears: Callable[[str], None]) -> None:
        """Have somebody told of the ARN of each cluster that gets a record."""
        self._hears.append(hears)

    def make(self, cluster: str, topic: str, *, partitions: int = 1) -> None:
        """Make a topic."""
        self._partitions[cluster, topic] = [[] for _ in range(partitions)]

    def produce(
        self,
        cluster: str,
        topic: str,
        value: bytes,
        *,
        key: bytes | None = None,
        headers: Mapping[str, bytes] | None = None,
    ) -> Record:
        """Append a record; `cluster`: its ARN."""
        if (cluster, topic) not in self._partitions:
            self.make(cluster, topic)
        partitions = self._partitions[cluster, topic]
        number = zlib.crc32(key or b"") % len(partitions)
        record = Record(
            topic=topic,
            partition=number,
            offset=len(partitions[number]),
            at=self._setting.clock.now,
            value=value,
            key=key,
            headers=headers or {},
        )
        partitions[number].append(record)
        for hears in self._hears:
            hears(cluster)
        return record

    def partitions(self, cluster: str, topic: str) -> int:
        """How many partitions a topic has; 0 where it isn't there."""
        return len(self._partitions.get((cluster, topic), ()))

    def end(self, cluster: str, topic: str, partition: int) -> int:
        """The offset of a partition's next record."""
        found = self._partitions.get((cluster, topic), [])
        return len(found[partition]) if partition < len(found) else 0

    def since(self, cluster: str, topic: str, partition: int, offset: int) -> Iterator[Record]:
        """The records of a partition from an offset on that the topic still keeps."""
        oldest = self._setting.clock.now - KEPT
        found = self._partitions.get((cluster, topic), [])
        return (each for each in found[partition][offset:] if each.at > oldest)
