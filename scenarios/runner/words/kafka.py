"""Words for Kafka: what is produced to a topic of a cluster, over Kafka's own protocol."""

from scenarios.cloud.kafka.topics import KafkaTopics
from scenarios.cloud.world import World
from scenarios.runner.scenario import Action


def produces(cluster: str, topic: str, value: str, *, key: str | None = None) -> Action:
    """Somebody produces a record; `cluster`: its ARN."""

    def do(world: World) -> None:
        topics = world.setting.laws[KafkaTopics]
        topics.produce(cluster, topic, value.encode(), key=None if key is None else key.encode())

    return Action(f"a record is produced to {topic}", do)
